"""What the report shows: a module per section, with the same names as its texts."""

from naveval.exhibits import appendix
from naveval.studies.programs.exhibits import (
    costs,
    costs_assumptions,
    costs_summary,
    effects,
    effects_checks,
    effects_groups,
    effects_printed,
    effects_rule,
    effects_sample,
    outcomes,
    participants,
    summary,
)
from naveval.studies.programs.exhibits.common import CODES, COMMON

REPORT = appendix.report(
    "programs",
    (
        summary,
        participants,
        outcomes,
        effects,
        effects_sample,
        effects_printed,
        effects_checks,
        effects_groups,
        effects_rule,
        costs,
        costs_assumptions,
        costs_summary,
    ),
    common=COMMON,
    codes=CODES,
    printed=lambda parameters: not parameters.county,
)
