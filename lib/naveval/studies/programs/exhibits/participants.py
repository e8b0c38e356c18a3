"""Section «Hvem deltar på tiltak» (chapters 3 and 4): figures 4-1 to 4-10, tables 3-1 to B-1."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from naveval.disclosure.thresholds import thresholds
from naveval.exhibits.declare import Exhibit, Fact, Picture, Sentence, Table, Value, When
from naveval.exhibits.protect import Public
from naveval.exhibits.reader import Reader
from naveval.studies.programs import published
from naveval.studies.programs.codes import month_code
from naveval.studies.programs.exhibits import participants_drawing as drawn
from naveval.studies.programs.exhibits.common import (
    LONGEST,
    STATUSES,
    both_ends,
    described,
    extreme,
    has,
    modal,
    plainly,
    treated,
)
from naveval.studies.programs.exhibits.definitions import (
    LENGTH,
    LENGTHS,
    doubted,
    grouping,
    groups_of_need,
    length,
    printed_whole,
    programs_of_analysis,
)
from naveval.studies.programs.panel.persons import CATEGORIES
from naveval.studies.programs.panel.use import MONTHS
from naveval.studies.programs.results import ProgramResults

GROUP = ("characteristic", "category")
REGISTERED = ("all", *(c for group in CATEGORIES.values() for c in group if c != STATUSES[-1]))
"""Categories of those who are registered with Nav."""
Data = Callable[[ProgramResults], pd.DataFrame]
PAIR = ("program_1", "program_2")


def _of(results: ProgramResults, name: str) -> pd.DataFrame:
    assert results.people is not None
    found: pd.DataFrame = getattr(results.people, name)
    return found


def stock(results: ProgramResults) -> pd.DataFrame:
    """Persons per group and month, the month as 201101."""
    frame = _of(results, "stock")
    return frame.assign(m=month_code(frame["m"].to_numpy(int)))


def _part(reader: Reader, side: str, group: str, month: int = -1) -> float:
    """Percent of all flows that come from or go to a group; missing for few persons."""
    rows = replace(reader, noisy=True).rows
    rows = rows[rows["month"] == month] if month >= 0 else rows
    persons = rows.loc[rows[side] == group, "n"].sum()
    enough = persons >= thresholds().counts.noisy_below
    return 100 * float(persons / rows["n"].sum()) if enough else float("nan")


def _panels(reader: Reader) -> int:
    """Heat maps of figure 4-10, which see noisy numbers too."""
    return int(drawn.starters(replace(reader, noisy=True))["characteristic"].nunique())


def country_groups(_: ProgramResults) -> pd.DataFrame:
    """Table 2-1: the countries of each group, and the rule for those it does not list."""
    table = published.read("table_2_1")
    names = table["country_group"].astype(str)
    listed = table["member"].where(table["member_type"] == "country").groupby(names)
    countries = listed.agg(lambda members: ", ".join(members.dropna()))
    ruled = table["member_type"].eq("rule").groupby(names).any()
    rule = ("rule_" + ruled.index.to_series()).where(ruled, "no_rule")
    found = pd.DataFrame({"rule": rule, "countries": countries})
    return found.rename_axis("category").reset_index()


def _exhibit(
    label: str, name: str, *how: Any, data: Data | None = None, **more: Any
) -> Exhibit[ProgramResults]:
    """An exhibit of a frame of part 1; for the rest see `common.described`."""
    return described(label, data or (lambda results: _of(results, name)), *how, **more)


def _some(name: str, otherwise: str) -> When[ProgramResults]:
    """Shown where the frame has rows with enough persons."""
    return When(lambda results: len(_of(results, name)) > 0, otherwise)


def _percent(estimand: str, form: str = "pct0") -> Value:
    return Value(form, "percent", estimand=estimand)


def _persons(estimand: str) -> Value:
    return Value("int", "persons", estimand=estimand)


def _begun(which: str, month: int, reader: Reader) -> float:
    """Least or most of the groups' shares that have started after some months."""
    percent = reader.rows.loc[reader.rows["k"] == month, "percent"]
    return float(percent.min() if which == "least" else percent.max())


def _clear_modes(reader: Reader) -> pd.Series:
    """In how many groups each programme is surely the most usual, the most often so first."""
    found = modal(reader.rows)
    return found[found != ""].value_counts()


STARTED = {"percent": "n_started"}
WAITED = Value("num1", "months", estimand="waiting")
COUNTRY = When[ProgramResults](lambda results: not results.parameters.county)
PEOPLE = {"n": Value("int")}


EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    Exhibit(
        "tbl-3-1",
        data=programs_of_analysis,
        keys=("program",),
        values={
            "measure_in_regulation": Value("text"),
            **{name: Value("name") for name in ("purpose", "target", "unit")},
            **dict.fromkeys(LENGTHS, LENGTH),
        },
        protect=Public("table 3-1"),
        facts={
            "shortest": Fact(partial(length, 0), "text"),
            "longest_told": Fact(partial(length, -1), "text"),
        },
    ),
    Exhibit(
        "tbl-4-1",
        data=groups_of_need,
        keys=("status",),
        values={"meaning": Value("name")},
        protect=Public("table 4-1"),
    ),
    _exhibit(
        "fig-4-1",
        "stock",
        ("m", "status"),
        {"n": _persons("registered")},
        view=Picture(drawn.stock),
        data=stock,
        facts={
            **extreme("n", "status", "int", last="m"),
            "step": Fact(lambda reader: f"step_{reader.frame()['step'].iloc[0]}", "name"),
            "last": Fact(lambda reader: int(reader.rows["m"].max()), "month"),
        },
        when=_some("stock", "fig-4-1-few"),
    ),
    _exhibit(
        "fig-4-2",
        "composition",
        ("k", "status"),
        {"share": _percent("group")},
        {"share": "n"},
        view=Picture(drawn.composition),
        counts=("total",),
    ),
    _exhibit(
        "fig-4-3",
        "flows",
        ("month", "source", "target"),
        {"n": _persons("moves")},
        view=Picture(drawn.flows),
        facts={"left": Fact(lambda reader: _part(reader, "target", STATUSES[-1], 12), "pct0")},
    ),
    _exhibit(
        "tbl-4-2",
        "users",
        (*GROUP, "population"),
        {**PEOPLE, "percent": _percent("characteristic", "num1")},
        {"percent": "n"},
        view=Table(spread=("population",)),
        printed=("percent",),
        only={"category": REGISTERED},
    ),
    _exhibit(
        "fig-4-4",
        "participation",
        ("status",),
        {
            "n": _persons("registered"),
            "n_program": _persons("started"),
            "percent": _percent("started"),
        },
        {"percent": "n_program"},
        view=Picture(drawn.participation),
        facts=extreme("percent", "status", "pct0") | {"beside": Fact(drawn.of_source, "text")},
    ),
    _exhibit(
        "fig-4-5",
        "cumulative",
        ("status", "k"),
        {"percent": _percent("started")},
        STARTED,
        view=Picture(drawn.cumulative),
        facts=extreme("percent", "status", "pct0", last="k")
        | {
            f"{name}_{month}": Fact(partial(_begun, name, month), "pct0")
            for name in ("least", "most")
            for month in (6, 24)
        },
        when=_some("cumulative", "fig-4-5-few"),
    ),
    _exhibit(
        "tbl-4-3",
        "cumulative_table",
        (*GROUP, "month"),
        {**PEOPLE, "percent": _percent("started", "num0")},
        STARTED,
        view=Table(spread=("month",), once=("n",)),
        printed=("percent",),
        only={"category": REGISTERED},
    ),
    _exhibit(
        "tbl-waiting",
        "waiting",
        ("status",),
        {"n": _persons("started"), "months": WAITED},
        {"months": "n"},
    ),
    _exhibit(
        "tbl-county-waiting",
        "county_waiting",
        ("county",),
        {"months": WAITED},
        {"months": "n"},
        view=None,
        when=COUNTRY,
    ),
    *(
        _exhibit(
            label,
            name,
            keys,
            {"percent": _percent(estimand, "num1")},
            {"percent": n},
            view=None,
            counts=counts,
            when=COUNTRY,
        )
        for label, name, keys, estimand, n, counts in (
            ("tbl-counties", "counties", ("county", "month"), "started", "n_started", ("n",)),
            (
                "tbl-county-programs",
                "county_programs",
                ("county", "program"),
                "starters",
                "n",
                ("total",),
            ),
            ("tbl-country-programs", "country_programs", ("program",), "starters", "n", ("total",)),
        )
    ),
    _exhibit(
        "fig-4-6",
        "groups_at_start",
        ("source", "target"),
        {"n": _persons("moves")},
        view=Picture(drawn.groups_at_start),
        facts={
            "before": Fact(lambda reader: _part(reader, "source", "standard"), "pct0"),
            "after": Fact(lambda reader: _part(reader, "target", "standard"), "pct0"),
        },
    ),
    _exhibit(
        "tbl-4-4",
        "participants",
        (*GROUP, "population"),
        {**PEOPLE, "percent": _percent("characteristic", "num1")},
        {"percent": "n"},
        view=Table(spread=("population",)),
        printed=("percent",),
    ),
    _exhibit(
        "fig-4-7",
        "use_by_program",
        ("program",),
        {"starts_percent": _percent("starts"), "months_percent": _percent("program_months")},
        {"starts_percent": "n_starts", "months_percent": "n_months"},
        view=Picture(drawn.use_by_program),
        facts=extreme("starts_percent", "program", "pct0"),
    ),
    _exhibit(
        "fig-4-8",
        "mean_months",
        ("program",),
        {"months": Value("num1", "months", estimand="months_on_program")},
        {"months": "n"},
        view=Picture(drawn.mean_months),
        facts=both_ends("months", "program", "num1"),
    ),
    _exhibit(
        "fig-4-9",
        "use_over_time",
        ("year", "program"),
        {"months": Value("int", "months", estimand="program_months")},
        {"months": "n"},
        view=Picture(drawn.use_over_time),
        facts=extreme("months", "program", "int", last="year")
        | {"last": Fact(lambda reader: str(reader.rows["year"].max()), "text")},
    ),
    _exhibit(
        "tbl-any-program",
        "on_any_program",
        ("year",),
        {"n": _persons("on_any_program")},
        facts={
            "last": Fact(lambda reader: str(reader.rows["year"].max()), "text"),
            "last_n": Fact(lambda reader: reader.rows.sort_values("year")["n"].iloc[-1]),
        },
    ),
    _exhibit(
        "fig-4-10",
        "who_gets_what",
        (*GROUP, "program"),
        {"percent": _percent("starters")},
        {"percent": "n"},
        view=Picture(drawn.who_gets_what),
        counts=("total",),
        facts={
            **extreme("percent", "program", "pct0"),
            "best_group": extreme("percent", "category", "pct0")["best"],
            "panels": Fact(_panels),
            "modal": Fact(lambda reader: plainly(reader, _clear_modes(reader).index[0]), "text"),
            "modal_groups": Fact(lambda reader: int(_clear_modes(reader).iloc[0])),
            "groups": Fact(lambda reader: len(modal(reader.rows))),
        },
        finding=lambda reader: "told" if len(_clear_modes(reader)) else "",
    ),
    _exhibit(
        "tbl-4-5",
        "staying",
        (*GROUP, "month"),
        {
            **PEOPLE,
            "value": Value(
                "num0",
                by="month",
                kinds={
                    "mean": Value("num1", "months", estimand="months_on_program"),
                    **{str(k): _percent("on_program", "num0") for k in MONTHS},
                },
            ),
        },
        {"value": "n_on"},
        view=Table(spread=("month",), once=("n",)),
        printed=("value",),
        facts={
            "doubt": Fact(doubted, "text"),
            "parts": Fact(lambda _: printed_whole(12), "num0"),
        },
    ),
    _exhibit(
        "tbl-b-1",
        "intensity",
        GROUP,
        {**PEOPLE, "percent": _percent("intensity", "num0")},
        {"percent": "n_months"},
        printed=("percent",),
        facts=both_ends("percent", "category", "pct0"),
        only={"category": REGISTERED},
    ),
    _exhibit(
        "tbl-4-6",
        "course_types",
        ("kind",),
        {
            "courses": Value("int", "courses", estimand="courses"),
            "percent": _percent("courses", "num1"),
            "months": Value("num1", "months", estimand="length"),
        },
        dict.fromkeys(("courses", "percent", "months"), "n"),
        printed=("percent", "months"),
    ),
    _exhibit(
        "tbl-4-7",
        "combinations",
        PAIR,
        {
            "months": Value("int", "months", estimand="program_months"),
            "percent": _percent("share", "num0"),
        },
        {"months": "n", "percent": "n"},
        facts={
            **extreme("months", "program_1", "int"),
            "with": extreme("months", "program_2", "int")["best"],
        },
        printed=("percent",),
        when=_some("combinations", "tbl-4-7-few"),
    ),
    _exhibit(
        "tbl-4-8",
        "chains",
        (*PAIR, "program_3"),
        {
            "starts": Value("int", "starts", estimand="starts"),
            "percent": _percent("share", "num1"),
        },
        {"starts": "n", "percent": "n"},
        facts={
            **extreme("starts", "program_1", "int"),
            "then": extreme("starts", "program_2", "int")["best"],
        },
        printed=("percent",),
        when=_some("chains", "tbl-4-8-few"),
    ),
    Exhibit(
        "tbl-2-1",
        data=country_groups,
        keys=("category",),
        values={"rule": Value("name"), "countries": Value("text")},
        protect=Public("table 2-1"),
    ),
    Exhibit(
        "tbl-a-1",
        data=grouping,
        keys=("program", "code", "activity", "start"),
        values={"stop": Value("text")},
        protect=Public("table A-1"),
        view=Table(longest=LONGEST),
        facts={"programs": Fact(lambda reader: reader.rows["program"].nunique())},
    ),
)
SENTENCES: tuple[Sentence, ...] = (
    Sentence(
        "participants-summary",
        facts={"opening": Fact(lambda reader: f"opening_{reader.output.origin}", "name")},
        then=(Sentence("most-used"), Sentence("waiting")),
    ),
    Sentence(
        "participants-counts",
        lambda reader: "text" if has(reader, "people", "outcomes", "effects") else "",
        facts={"treated": Fact(treated)},
    ),
    Sentence("noise"),
)
