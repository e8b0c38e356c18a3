"""What the report shows: a module per section or for some that follow each other."""

from naveval.exhibits import appendix
from naveval.studies.indicator.exhibits import (
    comparison,
    measures,
    model,
    offices,
    programmes,
    results,
    summary,
)
from naveval.studies.indicator.exhibits.common import CODES, COMMON

REPORT = appendix.report(
    "indicator",
    (summary, results, programmes, measures, offices, model, comparison),
    common=COMMON,
    codes=CODES,
    printed=lambda parameters: not parameters.county,
    menus=("fig-1", "fig-6", "fig-7", "fig-8", "fig-9", "fig-10", "fig-14", "fig-15"),
)
