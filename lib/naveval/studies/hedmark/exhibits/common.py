"""Values of a run that concern no person, and the codes that texts may name."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from naveval.estimators.multiple_testing import holm
from naveval.estimators.one_treated.inference import METHODS
from naveval.exhibits import appendix, printed
from naveval.exhibits.declare import Codes, Fact
from naveval.exhibits.reader import Reader
from naveval.project import formats, places
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.estimate.choice import (
    ALL_OTHERS,
    CHOSEN_LEVEL,
    CONFIDENCE,
    POWER,
    STRICT,
    TOLERATED,
    recommend,
)
from naveval.studies.hedmark.estimate.means import all_others, force_before, months_of
from naveval.studies.hedmark.estimate.mechanism import DURATIONS, LEAD, PARTS
from naveval.studies.hedmark.estimate.regression import MODELS
from naveval.studies.hedmark.panel import GROUPS
from naveval.studies.hedmark.parameters import REVIEWED, Parameters
from naveval.studies.hedmark.published import MEANS

PERCENT, RATE = "percent of level before", "percent of labour force"
STEPS = ("register", "counties", "window", "used")
"""From the registers to the analysis."""
YEAR = 12
RANK = 5e-4
"""P-values by rank are told with three decimals."""
DRAWS, MONTHLY = "percent of draws", "percent a month"


def units(parameters: Parameters) -> int:
    """Counties compared, the treated one included."""
    return 1 + len(parameters.controls())


def kind(parameters: Parameters) -> str:
    """Whether the report is about the new practice or a placebo."""
    return "placebo" if parameters.is_placebo() else "reform"


def count_together(p_values: pd.Series) -> int:
    """How many stand out when all are tested together (Holm)."""
    return int((holm(p_values.dropna().to_numpy(float)) <= CHOSEN_LEVEL).sum())


def needed(p_values: pd.Series) -> float:
    """The lowest p-value must be this or less for one of these to stand out among all."""
    return CHOSEN_LEVEL / max(int(p_values.notna().sum()), 1)


def several(tests: Callable[[Reader], pd.Series], reader: Reader) -> str:
    """What several tests say together: "some", "none", or "few" counties to tell; "" of none.

    Counties are few where one stands out alone, and no ranking can give a p-value that is low
    enough among all.
    """
    p_values = tests(reader)
    if not p_values.notna().any():
        return ""
    if count_together(p_values):
        return "some"
    lowest = reader.common("lowest")
    ranked = lowest - RANK <= p_values.min() <= CHOSEN_LEVEL
    return "few" if ranked and lowest > needed(p_values) else "none"


def _of(get: Callable[[Parameters], Any], form: str) -> Fact:
    """Something that the parameters alone decide."""
    return Fact(lambda results: get(results.parameters), form)


def _month(get: Callable[[int, int, int], int]) -> Fact:
    """A month, from the numbers of start, first and last month."""
    return _of(lambda parameters: windows.text(get(*parameters.months())), "month")


COMMON: Mapping[str, Fact] = {
    "start": _month(lambda start, first, last: start),
    "before_last": _month(lambda start, first, last: start - 1),
    "after_first": _month(lambda start, first, last: start + 1),
    "first": _month(lambda start, first, last: first),
    "last": _month(lambda start, first, last: last),
    "year_end": _month(lambda start, first, last: min(start + 1 + YEAR, last)),
    "spring_last": _month(lambda start, first, last: windows.last_free("26-51", start, last)),
    "autumn_last": _month(lambda start, first, last: windows.last_free("52-77", start, last)),
    "inflow_last": Fact(
        lambda results: windows.text(months_of(results.panel, results.parameters, "inflow")[2]),
        "month",
    ),
    "placebo_first": _of(lambda parameters: windows.text(parameters.placebo_start()), "month"),
    "reviewed": _of(lambda _: REVIEWED, "month"),
    "mark": _of(lambda parameters: f"mark_{kind(parameters)}", "name"),
    "controls": _of(lambda parameters: len(parameters.controls()), "int"),
    "control_names": _of(
        lambda parameters: formats.listed([places.name(code) for code in parameters.controls()]),
        "text",
    ),
    "units": _of(units, "int"),
    "force": Fact(lambda results: force_before(results.panel, results.parameters)),
    "lowest": _of(lambda parameters: 1 / units(parameters), "p"),
    "lowest_all": _of(lambda parameters: 1 / (1 + len(all_others(parameters))), "p"),
    "level": _of(lambda _: CHOSEN_LEVEL, "share0"),
    "strict": _of(lambda _: STRICT, "share0"),
    "power": _of(lambda _: POWER, "share0"),
    "method": Fact(lambda results: results.method, "name"),
    "recommended": Fact(lambda results: recommend(results.size) or "none", "name"),
    "how": Fact(lambda results: f"how_{results.method}", "name"),
    "close": _of(lambda _: printed.NEAR / 100, "share0"),
    "apart": _of(lambda _: printed.FAR / 100, "share0"),
    "confidence": _of(lambda _: CONFIDENCE, "share0"),
    "tolerated": _of(lambda _: TOLERATED * CHOSEN_LEVEL, "share0"),
    "weighting": _of(lambda parameters: f"with_weights_{parameters.weights}", "name"),
    "time_effects": _of(lambda parameters: f"with_time_effects_{parameters.time_effects}", "name"),
    "composition": _of(lambda parameters: f"with_composition_{parameters.composition}", "name"),
    "basis": _of(lambda parameters: f"basis_{parameters.composition}", "name"),
}

CODES: Mapping[str, Codes] = {
    **appendix.CODES,
    "season": ("unadjusted", "matched", "regression", "placebo"),
    "outcome": (*windows.OUTCOMES, "all"),
    "group": (*GROUPS, "all"),
    "model": MODELS,
    "method": (*METHODS, ALL_OTHERS, "synthetic_control", "synthetic_did"),
    "part": (*PARTS, "total", "unexplained", LEAD),
    "duration": DURATIONS,
    "county": places.name,
    "step": STEPS,
    "exhibit": tuple(f"tbl-{number}" for number in range(1, 6)),
    "cell": MEANS,
    "line": ("before", "after", "change"),
    "area": ("treated", "control", "difference"),
    "of": ("along_row", "along_column"),
}
