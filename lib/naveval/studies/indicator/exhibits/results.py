"""Section «Resultater»: the four measures of the place, figures 1 and 6 to 9."""

import pandas as pd

from naveval.disclosure.released import Released
from naveval.exhibits.claims import Judged
from naveval.exhibits.declare import Exhibit
from naveval.exhibits.protect import Together
from naveval.studies.indicator.characteristics import OUTCOMES
from naveval.studies.indicator.exhibits.common import (
    COUNT,
    NUMBERS,
    place_grouping,
    place_levels,
    released,
)
from naveval.studies.indicator.exhibits.curves import Line, Lines, curve
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.results import IndicatorResults


def four(value: str, *, panels: bool = True) -> Lines:
    """The four outcomes of the place: hours in one panel, shares in the other, or all in one."""

    def lines(parameters: Parameters) -> list[Line]:
        own = place_grouping(parameters.county)
        return [Line(o, o, *own, value, o[:4] if panels else "both") for o in OUTCOMES]

    return lines


def gap(outcome: str) -> Lines:
    """Actual and expected of the place."""

    def lines(parameters: Parameters) -> list[Line]:
        own = place_grouping(parameters.county)
        return [Line(name, outcome, *own, f"{name}_sa") for name in ("actual", "expected")]

    return lines


def single(outcome: str) -> Lines:
    """The indicator of the place; in a county's report the whole country too."""

    def lines(parameters: Parameters) -> list[Line]:
        codes = dict.fromkeys((parameters.county, ""))
        return [Line(code, outcome, *place_grouping(code)) for code in codes]

    return lines


def _measures(results: IndicatorResults) -> Released:
    found: pd.DataFrame = place_levels(results, "last12")
    return released(found, results, "tbl-place", ("outcome",))


def of_place(*outcomes: str) -> Judged:
    """Whether the place lies above or below what is expected, over the last twelve months."""
    return Judged("tbl-place", "indicator", {"outcome": outcomes} if outcomes else {})


HOURS_3, JOB_3, JOB_12 = (of_place(outcome) for outcome in ("atid3", "jobb3", "jobb12"))

EXHIBITS: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "tbl-place",
        data=_measures,
        keys=("outcome",),
        values={**NUMBERS, "n_persons": COUNT},
        protect=Together("n_persons"),
        finding=of_place(),
    ),
    curve("fig-1", four("actual_sa"), kind="actual"),
    curve("fig-6", gap("atid3"), kind="level", finding=HOURS_3),
    curve("fig-7", single("atid3"), by="county"),
    curve("fig-8", gap("jobb3"), kind="level", finding=JOB_3),
    curve("fig-9", single("jobb3"), by="county"),
)
