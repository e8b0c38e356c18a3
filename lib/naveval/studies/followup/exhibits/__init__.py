"""What the report shows: a module per section, with the same names as its texts."""

from naveval.exhibits import appendix as every
from naveval.exhibits.declare import Report
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

REPORT = Report(
    study="followup",
    exhibits=(
        *description.EXHIBITS,
        *effects.EXHIBITS,
        *diagnostics.EXHIBITS,
        *robustness.EXHIBITS,
        *comparison.EXHIBITS,
        *appendix.EXHIBITS,
        *every.exhibits("followup"),
    ),
    sentences=(
        *summary.SENTENCES,
        *effects.SENTENCES,
        *diagnostics.SENTENCES,
        *robustness.SENTENCES,
        *comparison.SENTENCES,
        *appendix.SENTENCES,
    ),
    common=COMMON,
    codes=CODES,
    printed=lambda _: True,
)
