"""What the report shows: a module per section, with the same names as its texts."""

from naveval.exhibits import appendix as every
from naveval.exhibits.declare import Report
from naveval.studies.indicator.exhibits import (
    alternatives,
    appendix,
    comparison,
    counties,
    design,
    drivers,
    groups,
    measures,
    model,
    offices,
    programmes,
    recovery,
    results,
    summary,
    uncertainty,
)
from naveval.studies.indicator.exhibits.common import CODES, COMMON

REPORT = Report(
    study="indicator",
    exhibits=(
        *design.EXHIBITS,
        *results.EXHIBITS,
        *counties.EXHIBITS,
        *groups.EXHIBITS,
        *programmes.EXHIBITS,
        *measures.EXHIBITS,
        *offices.EXHIBITS,
        *drivers.EXHIBITS,
        *uncertainty.EXHIBITS,
        *model.EXHIBITS,
        *alternatives.EXHIBITS,
        *comparison.EXHIBITS,
        *recovery.EXHIBITS,
        *appendix.EXHIBITS,
        *every.exhibits("indicator"),
    ),
    sentences=(
        *summary.SENTENCES,
        *design.SENTENCES,
        *programmes.SENTENCES,
        *measures.SENTENCES,
        *offices.SENTENCES,
        *drivers.SENTENCES,
        *uncertainty.SENTENCES,
        *model.SENTENCES,
        *comparison.SENTENCES,
        *recovery.SENTENCES,
    ),
    common=COMMON,
    codes=CODES,
    printed=lambda parameters: not parameters.county,
)
