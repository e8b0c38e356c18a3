"""What the report shows: a module per section, with the same names as its texts."""

from naveval.exhibits import appendix as every
from naveval.exhibits.declare import Report
from naveval.studies.programs.costs import published
from naveval.studies.programs.exhibits import (
    costs,
    costs_assumptions,
    costs_summary,
    effects,
    effects_checks,
    effects_groups,
    effects_printed,
    effects_sample,
    outcomes,
    participants,
    summary,
)
from naveval.studies.programs.exhibits.common import CODES, COMMON

REPORT = Report(
    study="programs",
    exhibits=(
        *participants.EXHIBITS,
        *outcomes.EXHIBITS,
        *effects.EXHIBITS,
        *effects_sample.EXHIBITS,
        *effects_printed.EXHIBITS,
        *effects_checks.EXHIBITS,
        *effects_groups.EXHIBITS,
        *costs.EXHIBITS,
        *costs_assumptions.EXHIBITS,
        *costs_summary.EXHIBITS,
        *every.exhibits("programs"),
        every.file_table(lambda results: published.files(results.parameters.costs_file())),
    ),
    sentences=(
        *summary.SENTENCES,
        *participants.SENTENCES,
        *outcomes.SENTENCES,
        *effects.SENTENCES,
        *effects_groups.SENTENCES,
        *effects_checks.SENTENCES,
        *costs_summary.SENTENCES,
    ),
    common=COMMON,
    codes=CODES,
    printed=lambda parameters: not parameters.county,
)
