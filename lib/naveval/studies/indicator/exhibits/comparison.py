"""Other choices, and the run beside printed tables 1 to 3 and coefficients; the appendix."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import pandas as pd

from naveval.disclosure.released import Released
from naveval.exhibits import printed
from naveval.exhibits.claims import Judged
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Table, Value
from naveval.exhibits.protect import Model, Together
from naveval.exhibits.reader import Reader
from naveval.studies.indicator.characteristics import COHORTS, OUTCOMES
from naveval.studies.indicator.descriptives import CAPS, EVERYBODY, SHARES
from naveval.studies.indicator.exhibits.common import (
    ACTUAL,
    HOURS,
    INDICATOR,
    PUBLISHED,
    SHARE,
    by_outcome,
    levels,
    place_grouping,
    place_levels,
    released,
    with_printed,
)
from naveval.studies.indicator.exhibits.curves import Line, curve
from naveval.studies.indicator.exhibits.results import ORIGIN, counties
from naveval.studies.indicator.models import MAIN_GROUPS
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.results import IndicatorResults


def _beside(label: str, specification: str, *outcomes: str) -> Exhibit[IndicatorResults]:
    """An alternative beside the main model, a panel per outcome."""

    def lines(parameters: Parameters) -> list[Line]:
        own, several = place_grouping(parameters.county), len(outcomes) > 1
        return [
            Line(name or "main", o, *own, panel=o if several else "", specification=name)
            for o in outcomes
            for name in ("", specification)
        ]

    return curve(label, lines)


def _separate(_: Parameters) -> list[Line]:
    """Main groups in the common model, and in models of their own."""
    return [
        Line(name, "atid3", "main_group", group, panel=group, specification=specification)
        for group in MAIN_GROUPS
        for name, specification in (("common", ""), ("separate", "separate"))
    ]


def _entrants(parameters: Parameters) -> list[Line]:
    """In work, of those who entered 6, 12, 24 and 60 months before."""
    own = place_grouping(parameters.county)
    outcomes = [f"jobb{horizon}" for horizon in COHORTS]
    return [Line(o, o, *own, "actual", specification="entrants") for o in outcomes]


ALTERNATIVES: tuple[Exhibit[IndicatorResults], ...] = (
    _beside("fig-2", "without_hours", "atid12"),
    _beside("fig-30", "without_pandemic", "atid3"),
    curve(
        "fig-31",
        counties("county", ("nav", "nav"), specification="month_dummies"),
        by="county",
        every=False,
        drawn="multiples",
    ),
    curve("fig-32", _separate),
    _beside("fig-linear", "linear", "jobb3", "jobb12"),
    _beside("fig-cohorts", "cohorts", "atid3", "atid12"),
    curve("fig-entrants", _entrants, kind="actual", every=False),
    _beside("fig-subsidised", "without_subsidised", "atid3", "atid12"),
    _beside("fig-days", "working_days", "atid3", "atid12"),
)


PARTICIPATION = (
    *("job_now", "jobb3", "jobb12", "hours_now", "atid3", "atid12"),
    *("observations", "share", "per_month"),
)
COMPOSITION = (
    *("age", "children", "woman", "married", "norge", "landgruppe_1", "landgruppe_2"),
    *("landgruppe_3", "residence", "hours_now", "disability", "health_benefit", "work_benefit"),
    *("unemployed", "history", "duration"),
)
UNITS = {
    **dict.fromkeys((*SHARES, "jobb3", "jobb12", "share"), ("share1", SHARE)),
    **dict.fromkeys(("hours_now", "atid3", "atid12"), ("num2", HOURS)),
    **dict.fromkeys(CAPS.keys() - {"hours_now"}, ("num1", "years, children or months")),
    "observations": ("int", "persons × months"),
    "per_month": ("int", "persons per month"),
}


def _described(results: IndicatorResults, label: str, wanted: Sequence[str]) -> Released:
    """Each variable for each status group and for all, and the printed one."""
    found = results.described
    status = levels(results, "status", "all")
    rows = pd.concat([status, levels(results, "nav", "all")]).rename(
        columns={"outcome": "variable", "group": "status", "actual": "value"}
    )
    rows["status"] = rows["status"].replace("nav", EVERYBODY)
    found = pd.concat([found, rows[found.columns]])
    found = found[found["variable"].isin(wanted)]
    order = {name: k for k, name in enumerate(wanted)}
    found = found.sort_values("variable", key=lambda v: v.map(order), kind="stable")
    keys = ("variable", "status")
    return released(with_printed(found, label, "value", keys), results, label, keys)


def _kinds(row: str, source: Literal["", "published"] = "") -> Value:
    """The unit that each variable has, in a row of the table."""
    kinds = {
        name: Value(form, "" if source else unit, (row, "level"), estimand="mean", source=source)
        for name, (form, unit) in UNITS.items()
    }
    return Value(at=(row, "level"), by="variable", kinds=kinds, source=source)


def _by_status(label: str, wanted: Sequence[str]) -> Exhibit[IndicatorResults]:
    return Exhibit(
        label,
        data=partial(_described, label=label, wanted=wanted),
        keys=("variable", "status"),
        values={"value": _kinds("here"), "published": _kinds("printed", "published")},
        protect=Together("n_persons"),
        view=Table(spread=("status",)),
    )


Frame = Callable[[IndicatorResults], pd.DataFrame]


def _of_groups(grouping: str, key: str, ending: str = "") -> Frame:
    """Levels of all groups over the whole period."""

    def frame(results: IndicatorResults) -> pd.DataFrame:
        own = levels(results, grouping, "all")
        own = own[own["group"].str.endswith(ending)]
        return own.assign(group=own["group"].str.removesuffix(ending)).rename(
            columns={"group": key}
        )

    return frame


def _hours(reader: Reader) -> pd.DataFrame:
    """Hours over three months that stand beside printed ones."""
    rows = reader.rows
    return rows[rows["outcome"] == "atid3"].dropna(subset=["actual", "published"])


def _near(reader: Reader) -> int:
    rows = _hours(reader)
    gap = (rows["actual"] - rows["published"]).abs()
    return int((gap <= printed.NEAR / 100 * rows["published"]).sum())


CLOSENESS = {
    "near": Fact(_near),
    "cells": Fact(lambda reader: len(_hours(reader))),
    "close": Fact(lambda _: printed.NEAR, "pct0"),
}
COUNTIES = Judged("tbl-3", "indicator", {"outcome": ("atid3",)}, shown=True)


def _levels(label: str, frame: Frame, key: str) -> Exhibit[IndicatorResults]:
    """A table of levels beside the printed ones."""
    keys = tuple(name for name in (key, "outcome") if name)

    def data(results: IndicatorResults) -> Released:
        return released(with_printed(frame(results), label, "actual", keys), results, label, keys)

    difference = by_outcome("num2_s", "hundred1_s", estimand="difference from the printed level")
    extra = {} if key else {"difference": difference}
    view = Table(rows=(key,), spread=("outcome",)) if key else Table(rows=("outcome",))
    values = {"actual": ACTUAL, "published": PUBLISHED, "indicator": INDICATOR, **extra}
    own = label == COUNTIES.label
    facts = COUNTIES.counts() if own else CLOSENESS if key else {}
    finding = COUNTIES if own else None
    protect = Together("n_persons")
    return Exhibit(label, data, keys, values, protect, view, facts=facts, finding=finding)


def _country(results: IndicatorResults) -> pd.DataFrame:
    whole = results.but(parameters=results.parameters.model_copy(update={"county": ""}))
    found = with_printed(place_levels(whole, "all"), "tbl-key", "actual", ("outcome",))
    return found.assign(difference=found["actual"] - found["published"]).drop(columns="published")


COMPARISON: tuple[Exhibit[IndicatorResults], ...] = (
    _levels("tbl-key", _country, ""),
    _by_status("tbl-1", PARTICIPATION),
    _by_status("tbl-2", COMPOSITION),
    _levels("tbl-3", _of_groups("county", "county"), "county"),
    _levels("tbl-3-young", _of_groups("county × young", "county", " × under"), "county"),
    _levels("tbl-3-origin", _of_groups(f"county | {ORIGIN}", "county"), "county"),
    _levels("tbl-3-groups", _of_groups("innsatsgruppe", "group"), "group"),
)
COMPARISON_SENTENCES = (Sentence("published-levels"),)
assert set(OUTCOMES) <= set(UNITS)


def _recovery(results: IndicatorResults) -> pd.DataFrame:
    """Share of coefficients beyond three standard errors, and the joint test, per outcome."""
    found = results.recovery.drop(columns=["wald"]).rename(columns={"df": "columns"})
    columns = found["columns"].max()
    return found.assign(n_persons=results.persons, residual_df=results.persons - columns)


def _of(column: str, which: str, form: str) -> Fact:
    def get(reader: Reader) -> float:
        return float(getattr(reader.rows[column], which)())

    return Fact(get, form)


RECOVERY: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "tbl-recovery",
        data=_recovery,
        keys=("outcome",),
        values={
            "rows": Value("int", source="design"),
            "columns": Value("int", source="design"),
            "beyond": Value("share1", "share", estimand="beyond three standard errors"),
            "largest": Value("num1", "standard errors", estimand="largest distance"),
            "p_value": Value("p", "p-value", estimand="joint test"),
        },
        protect=Model(along={"beyond": ""}, digits=("largest",), points=0.001),
        facts={
            "worst": _of("beyond", "max", "share1"),
            "p_low": _of("p_value", "min", "p"),
            "fewest": _of("rows", "min", "int"),
            "most": _of("rows", "max", "int"),
        },
    ),
)
RECOVERY_SENTENCES = (Sentence("recovery"),)


def _flow(results: IndicatorResults) -> Released:
    return released(results.flow, results, "tbl-flow", ("step",))


APPENDIX: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "tbl-flow",
        data=_flow,
        keys=("step",),
        values={"count": Value("int", "rows or persons", estimand="count")},
        protect=Together("n_persons"),
    ),
)


EXHIBITS = (*ALTERNATIVES, *COMPARISON, *RECOVERY, *APPENDIX)


SENTENCES = (*COMPARISON_SENTENCES, *RECOVERY_SENTENCES)
