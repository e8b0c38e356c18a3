"""What the report shows: a module per section, with the same names as its texts."""

from naveval.exhibits import appendix as every
from naveval.studies.hedmark.estimate.means import is_document_design
from naveval.studies.hedmark.exhibits import (
    appendix,
    comparison,
    design,
    diagnostics,
    mechanism,
    results,
    robustness,
    summary,
)
from naveval.studies.hedmark.exhibits.common import CODES, COMMON

REPORT = every.report(
    "hedmark",
    (summary, design, results, mechanism, diagnostics, robustness, comparison, appendix),
    common=COMMON,
    codes=CODES,
    printed=is_document_design,
)
