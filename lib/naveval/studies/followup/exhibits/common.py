"""Values of a run that concern no person, units, and the codes that texts may name."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from naveval.exhibits import appendix
from naveval.exhibits.declare import Codes, Fact, Value
from naveval.exhibits.protect import Model
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.studies.followup.checks import LIMIT, PLACEBO_GROUPS, count_found
from naveval.studies.followup.events import OUTCOMES
from naveval.studies.followup.measures import BY_MONTH, EXITS, FOLLOW_UP, THRESHOLD
from naveval.studies.followup.panel import CHANNEL_COLUMNS
from naveval.studies.followup.parameters import LONGEST_GAPS
from naveval.studies.followup.spells import HEALTH_WEEKS, HOURS_PER_WEEK, STAGES

METHOD = "did, clustered by person"
SHARE, DIALOGUES = "share per two-week period", "dialogues per two-week period"
NEAR = "_threshold"
FLOW = (
    "no_cards",
    *STAGES,
    "last_year",
    "long",
    "short",
    "threshold_long",
    "threshold_short",
)


def unit(outcome: str) -> str:
    """Unit of an outcome: dialogues are counted, the others are shares."""
    return (
        DIALOGUES
        if outcome.removesuffix(NEAR) in (*CHANNEL_COLUMNS, "digital", "dialogue")
        else SHARE
    )


EVERY = (*OUTCOMES, *(f"{name}{NEAR}" for name in ("program", "dialogue")))


def by_outcome(**value: Any) -> Value:
    """A value of a regression, whose unit the outcome decides."""
    kinds = {name: Value(unit=unit(name), **{"method": METHOD} | value) for name in EVERY}
    return Value(by="outcome", kinds=kinds, **value)


def effect(**value: Any) -> Value:
    """An effect with its standard error, interval and p-value."""
    parts = {"se": "std_error", "low": "ci_low", "high": "ci_high", "p": "p_value"}
    return by_outcome(**{"format": "hundred2_s", "estimand": "att", **parts, **value})


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """Outcomes at the threshold told apart, where several tables are in one exhibit."""
    near = frame["table"] == "tbl-2"
    return frame.assign(outcome=frame["outcome"].where(~near, frame["outcome"] + NEAR))


def without_refused(frame: pd.DataFrame) -> pd.DataFrame:
    """Blank what may not be shown about a regression that was refused."""
    hidden = [name for name in ("mean", "r_squared", "mde", "mde_relative") if name in frame]
    refused = frame["refused"] != ""
    return frame.assign(**{name: frame[name].mask(refused) for name in hidden})


def freedom(frame: pd.DataFrame) -> pd.DataFrame:
    """With residual degrees of freedom: persons less one."""
    return frame.assign(residual_df=frame["n_persons"].fillna(0) - 1)


FINEST = 0.0001
"""A hundredth of a percentage point: outcomes are shares between 0 and 1, or dialogues."""


def model(**more: Any) -> Model:
    """Output of the regressions: what coefficients rest on, and how finely they are told."""
    behind = {"n": ("n_persons", "smallest_cell"), "events": "events", "others": "others"}
    return Model(points=FINEST, **behind | {"digits": ("mde",)} | more)


SMALL = model(n=("n_persons", "smallest_cell", "n_obs"))
CHANGED = model(
    n=("n_persons", "smallest_cell", "n_obs"),
    also={"alike": ("difference", "difference_error", "difference_p")},
)
"""Regressions with what another choice of persons or periods changes."""


def described(**more: Any) -> Model:
    """Event studies and what follows from them: computed from protected means."""
    return Model(points=FINEST, **more)


def counted(p_values: Callable[[Reader], pd.Series], unit: str = "tests") -> dict[str, Fact]:
    """How many tests there are and how many stand (`count_found`), as facts."""
    names = ("n_tests", "n_found", "n_holm", "n_missing", "expected")

    def one(name: str) -> Fact:
        form = "num1" if name == "expected" else "int"
        return Fact(
            lambda reader: count_found(p_values(reader))[name], form, unit, "number of tests"
        )

    return {name: one(name) for name in names}


def apart(label: str, reader: Reader, shown: str = "estimate") -> str:
    """What an exhibit's tests say together: "differs", "same", "untested" or "refused".

    Refused only where no estimate is shown either: differences can lack a test beside them.
    """
    if reader(f"{label}.n_tests"):
        return "differs" if reader(f"{label}.n_holm") else "same"
    return "untested" if reader.frame(label)[shown].notna().any() else "refused"


def moved(reader: Reader, outcome: str) -> bool:
    """Whether the gap between the groups moved before July 2017: evenly, or by the joint test.

    The joint tests are taken together, one for each outcome that has one.
    """
    slope, joint = (
        reader(f"tbl-pretrend.{value}[{outcome}].p") for value in ("slope", "statistic")
    )
    return bool(slope < LIMIT or joint < LIMIT / len(OUTCOMES))


COMMON: Mapping[str, Fact] = {
    "power": Fact(lambda results: results.parameters.power, "share0"),
    "level": Fact(lambda results: results.parameters.level, "share0"),
    "simulated": Fact(lambda results: not results.truth.empty),
    "hours": Fact(lambda _: HOURS_PER_WEEK, "num2"),
    "health_weeks": Fact(lambda _: HEALTH_WEEKS),
    "gap_weeks": Fact(lambda results: results.parameters.longest_gap_weeks),
    "county": Fact(lambda results: results.parameters.county, "text"),
}


def placebo_month(start: str) -> str:
    """Month of a hypothetical start, from 201610."""
    return formats.month(start)


CODES: Mapping[str, Codes] = {
    **appendix.CODES,
    "outcome": EVERY,
    "horizon": ("short", "long", "before", "all", "until_2017"),
    "start": placebo_month,
    "figure": tuple(BY_MONTH),
    "measure": (*FOLLOW_UP, *EXITS),
    "group": tuple(THRESHOLD),
    "when": ("before", "after"),
    "gap": tuple(map(str, LONGEST_GAPS)),
    "other": tuple(PLACEBO_GROUPS),
    "step": FLOW,
}
