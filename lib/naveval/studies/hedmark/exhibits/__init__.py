"""What the report shows: a module per section, with the same names as its texts."""

from naveval.exhibits import appendix as every
from naveval.exhibits.declare import Report
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

REPORT = Report(
    study="hedmark",
    exhibits=(
        *results.EXHIBITS,
        *mechanism.EXHIBITS,
        *diagnostics.EXHIBITS,
        *robustness.EXHIBITS,
        *comparison.EXHIBITS,
        *appendix.EXHIBITS,
        *every.exhibits("hedmark"),
    ),
    sentences=(
        *summary.SENTENCES,
        *design.SENTENCES,
        *results.SENTENCES,
        *mechanism.SENTENCES,
        *diagnostics.SENTENCES,
        *robustness.SENTENCES,
        *comparison.SENTENCES,
    ),
    common=COMMON,
    codes=CODES,
    printed=is_document_design,
)
