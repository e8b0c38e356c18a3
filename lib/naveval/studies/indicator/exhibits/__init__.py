"""What the report shows: a module per section, with the same names as its texts."""

from naveval.exhibits import appendix as every
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

REPORT = every.report(
    "indicator",
    (
        summary,
        design,
        results,
        counties,
        groups,
        programmes,
        measures,
        offices,
        drivers,
        uncertainty,
        model,
        alternatives,
        comparison,
        recovery,
        appendix,
    ),
    common=COMMON,
    codes=CODES,
    printed=lambda parameters: not parameters.county,
    menus=("fig-1", "fig-6", "fig-7", "fig-8", "fig-9", "fig-10", "fig-14", "fig-15"),
)
