"""What the report shows: a module per section, with the same names as its texts."""

from naveval.exhibits import appendix as every
from naveval.studies.followup.exhibits import (
    appendix,
    comparison,
    description,
    diagnostics,
    effects,
    robustness,
    summary,
)
from naveval.studies.followup.exhibits.common import CODES, COMMON
from naveval.studies.followup.measures import BY_DURATION, BY_MONTH

REPORT = every.report(
    "followup",
    (summary, description, effects, diagnostics, robustness, comparison, appendix),
    common=COMMON,
    codes=CODES,
    printed=lambda _: True,
    menus=(*BY_DURATION, *BY_MONTH),
)
