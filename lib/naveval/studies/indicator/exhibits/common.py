"""Values of a run that concern no person, units, codes, and what every section's tables use."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from naveval.disclosure import decisions
from naveval.disclosure.released import Released
from naveval.exhibits import appendix, printed
from naveval.exhibits.declare import Codes, Fact, Value
from naveval.project import places
from naveval.studies.indicator import descriptives
from naveval.studies.indicator.characteristics import GROUPS, OUTCOMES, PROGRAMS, STATUS
from naveval.studies.indicator.descriptives import PARTS
from naveval.studies.indicator.models import is_share
from naveval.studies.indicator.results import IndicatorResults

HOURS, SHARE, PERSONS = "hours per week", "share", "persons"
PARTS_OF = {"se": "std_error", "low": "ci_low", "high": "ci_high"}
NO_PROGRAM = "no_program"
WORKED_PROGRAM, WORKED_MONTH = "oppfolging", "2022-03"
LAST = 12


LATER = ("atid24", "atid36", "jobb6", "jobb24", "jobb60")
"""Outcomes over other horizons, which only some curves have."""


def by_outcome(hours: str, share: str, **value: Any) -> Value:
    """A value in hours a week, or a share, as the key `outcome` decides.

    Parameters
    ----------
    hours, share
        Formats of the two.
    """
    every = (*OUTCOMES, *LATER)
    kinds = {
        o: Value(share if is_share(o) else hours, SHARE if is_share(o) else HOURS, **value)
        for o in every
    }
    return Value(by="outcome", kinds=kinds, **value)


ACTUAL = by_outcome("num2", "share1", estimand="actual")
EXPECTED = by_outcome("num2", "share1", estimand="expected")
INDICATOR = by_outcome("num2_s", "hundred1_s", estimand="indicator", **PARTS_OF)
NUMBERS = {"actual": ACTUAL, "expected": EXPECTED, "indicator": INDICATOR}
COUNT = Value("int", PERSONS, estimand="persons in the largest month")


def place_grouping(county: str) -> tuple[str, str]:
    """Grouping and group of the place a report is about."""
    return ("county", county) if county else ("nav", "nav")


def released(
    frame: pd.DataFrame,
    results: IndicatorResults,
    label: str,
    keys: Sequence[str],
    counts: Sequence[str] = (),
) -> Released:
    """What `protection` has changed: numbers on fewer than 20 persons are missing.

    Parameters
    ----------
    frame
        Numbers in their columns, and n_persons with the protected persons they rest on.
    counts
        Columns that are such persons themselves, which are told however few they are.
    """
    known = {*keys, *counts, "n_persons", "published"}
    numbers = [str(name) for name in frame.select_dtypes("number").columns if name not in known]
    on = dict.fromkeys(numbers, "n_persons")
    return decisions.described(
        frame.reset_index(drop=True),
        label=label,
        protection=results.protection,
        keys=keys,
        rests_on=on,
        numerators=on,
        counts=["n_persons", *counts],
    )


def levels(
    results: IndicatorResults, grouping: str, period: str, outcomes: Sequence[str] = OUTCOMES
) -> pd.DataFrame:
    """Levels of a grouping over "all" months or the "last12": outcome, group and the numbers."""
    own = results.levels
    own = own[(own["grouping"] == grouping) & (own["period"] == period)]
    return own[own["outcome"].isin(outcomes)].drop(columns=["grouping", "period"])


def place_levels(results: IndicatorResults, period: str) -> pd.DataFrame:
    """Levels of the place, one row per outcome."""
    grouping, group = place_grouping(results.parameters.county)
    own = levels(results, grouping, period)
    return own[own["group"] == group].drop(columns="group")


def within_place(results: IndicatorResults, kind: str, outcome: str) -> pd.DataFrame:
    """Levels over the last twelve months of the place's groups, those with anybody."""
    county = results.parameters.county
    own = levels(results, f"county × {kind}" if county else kind, "last12", [outcome])
    if county:
        own = own[own["group"].str.startswith(f"{county} × ")]
    own = own.assign(group=own["group"].str.split(" × ").str[-1])
    return own[own["n_persons"] > 0]


@lru_cache(maxsize=1)
def _printed() -> pd.DataFrame:
    return printed.read("indicator")


def with_printed(frame: pd.DataFrame, label: str, value: str, keys: Sequence[str]) -> pd.DataFrame:
    """A frame with the printed numbers of an exhibit's value beside, in `published`."""
    own = _printed()
    own = own[(own["label"] == label) & (own["value"] == value)]
    keyed = frame.assign(**{key: frame[key].astype(str) for key in keys})
    found = keyed.merge(own[[*keys, printed.NUMBER]], on=list(keys), how="left")
    return found.rename(columns={printed.NUMBER: "published"})


PUBLISHED = by_outcome("num2", "share1", source="published")


def last_month(outcome: str, back: int = 0) -> Callable[[IndicatorResults], str]:
    """The last month whose outcome is observed, or one so many months before."""

    def get(results: IndicatorResults) -> str:
        own = results.curves
        own = own[(own["outcome"] == outcome) & (own["grouping"] == "nav")]
        return str(own.loc[own["specification"] == "", "month"].iloc[-1 - back])

    return get


def _of(name: str, form: str) -> Fact:
    """Something that the parameters alone decide."""
    return Fact(lambda results: getattr(results.parameters, name), form)


def _said(name: str) -> Fact:
    """Words that the notes of several figures share."""
    return Fact(lambda _: name, "name")


COMMON: Mapping[str, Fact] = {
    **{name: _said(name) for name in ("smooth", "filled", "first_twelve", "counted", "together")},
    "first": Fact(lambda results: results.months[0], "month"),
    "last": Fact(lambda results: results.months[-1], "month"),
    "last3": Fact(last_month("atid3"), "month"),
    "year3": Fact(last_month("atid3", LAST - 1), "month"),
    "last12": Fact(last_month("atid12"), "month"),
    "year12": Fact(last_month("atid12", LAST - 1), "month"),
    "worked_month": Fact(lambda _: WORKED_MONTH, "month"),
    "compare_from": _of("compare_from", "month"),
    "compare_to": _of("compare_to", "month"),
    "young_under": _of("young_under", "int"),
    "spell_break": _of("spell_break", "int"),
    "county": _of("county", "text"),
}

PROGRAM_CODES = (NO_PROGRAM, *PROGRAMS[1:])
CODES: Mapping[str, Codes] = {
    **appendix.CODES,
    "outcome": (*OUTCOMES, *LATER),
    "county": places.name,
    "group": GROUPS,
    "program": PROGRAM_CODES,
    "status": (descriptives.EVERYBODY, *STATUS),
    "variable": (
        *("job_now", "jobb3", "jobb12", "hours_now", "atid3", "atid12"),
        *("observations", "share", "per_month", *descriptives.CAPS, *descriptives.SHARES),
    ),
    "quantity": ("actual", "expected", "indicator"),
    "part": (*PARTS, "indicator", "total"),
    "by": ("nav", "county", "office", "innsatsgruppe"),
    "span": ("month", "year", "change"),
    "level": ("95", "998"),
    "step": (
        *("rows", "persons", "rows_atid3", "rows_atid12"),
        *("hours_rows", "hours_outside_stock"),
    ),
    **dict.fromkeys(("office", "section", "category", "characteristic", "year", "month"), str),
}
