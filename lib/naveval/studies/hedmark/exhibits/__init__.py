"""What the report shows: a module per section or for some that follow each other."""

from naveval.exhibits import appendix
from naveval.studies.hedmark.estimate.means import is_document_design
from naveval.studies.hedmark.exhibits import (
    comparison,
    diagnostics,
    results,
    robustness,
    summary,
)
from naveval.studies.hedmark.exhibits.common import CODES, COMMON

REPORT = appendix.report(
    "hedmark",
    (summary, results, diagnostics, robustness, comparison),
    common=COMMON,
    codes=CODES,
    printed=is_document_design,
)
