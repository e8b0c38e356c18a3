"""What the report shows: a module per section or for some that follow each other."""

from naveval.exhibits import appendix
from naveval.studies.followup.exhibits import (
    comparison,
    description,
    diagnostics,
    effects,
    robustness,
)
from naveval.studies.followup.exhibits.common import CODES, COMMON
from naveval.studies.followup.measures import BY_DURATION, BY_MONTH

REPORT = appendix.report(
    "followup",
    (description, effects, diagnostics, robustness, comparison),
    common=COMMON,
    codes=CODES,
    printed=lambda _: True,
    menus=(*BY_DURATION, *BY_MONTH),
)
