"""Sentences of «Nytte og kostnad», and how it comes out beside the printed numbers."""

from typing import Any

import pandas as pd

from naveval.estimators.cost_benefit.inputs import PROGRAMS
from naveval.exhibits.appendix import file_table
from naveval.exhibits.declare import Exhibit, Fact, Sentence, Table, Value
from naveval.exhibits.reader import Reader
from naveval.studies.programs.costs.analysis import Analysis
from naveval.studies.programs.costs.readings import DOUBTS as DOUBTED
from naveval.studies.programs.costs.reconcile import BASES, TOLERANCE, UNITS, files
from naveval.studies.programs.exhibits.common import (
    LONGEST,
    SIGNS,
    by_program,
    has,
    plainly,
    ranked,
)
from naveval.studies.programs.exhibits.costs import (
    COUNT,
    SIGNED,
    WAGE_EFFECTS,
    costs_exhibit,
)
from naveval.studies.programs.results import ProgramResults

AUTOMATIC = ("equal", "rounding", "within_2_percent", "chosen", "unexplained")
CELL_KEYS = {"label": "where", "row": "subject", "column": "cell"}
KINDS = ("equal", "within_2_percent", "rounding", "chosen", "explained", "unexplained")


def _kinds(*, estimates: bool = False, **parts: Any) -> Value:
    """A number whose column decides what it is; in estimates.csv where that is asked for."""
    kinds = {
        column: Value(
            form,
            unit if estimates else "",
            estimand="computed",
            method="published",
            source="" if estimates else "published",
            **parts,
        )
        for column, (form, unit) in UNITS.items()
    }
    return Value(by="cell", kinds=kinds)


def cells(analysis: Analysis) -> pd.DataFrame:
    """Every printed number beside the computed one, with what it rests on."""
    found = analysis.cells.rename(columns=CELL_KEYS)
    return found.assign(percent=100 * found["share"])


def deviations(analysis: Analysis) -> pd.DataFrame:
    """Numbers off by more than 2 per cent and by the rounding of their table; no durations."""
    found = cells(analysis)
    large = (found["share"].abs() > TOLERANCE) & (found["explanation"] != "equal")
    return found[large & (found["cell"] != "duration")]


def counted(analysis: Analysis) -> pd.DataFrame:
    """How many printed numbers come out, by what they rest on."""
    found = analysis.cells
    kind = found["explanation"].where(found["explanation"].isin(AUTOMATIC), "explained")
    counts = pd.crosstab(found["basis"], kind).reindex(
        index=list(BASES), columns=list(KINDS), fill_value=0
    )
    counts.loc["all"] = counts.sum()
    return counts.assign(cells=counts.sum(axis=1)).reset_index(names="basis")


def readings(analysis: Analysis) -> pd.DataFrame:
    """Both readings of every doubtful input."""
    return analysis.readings.rename(columns=CELL_KEYS)


def _signs(reader: Reader, sign: str) -> list[str]:
    """Programmes whose net benefit has a sign that is tested, in the order of the document."""
    signs = by_program(reader, "tbl-uncertainty", "sign")
    return [program for program in PROGRAMS if signs.get(program) == sign]


def _effects(reader: Reader) -> str:
    return str(reader.frame("tbl-uncertainty")["effects"].iloc[0])


def _notice(reader: Reader) -> str:
    """In a report on registers: that this part does not rest on them."""
    origin = reader.output.origin
    return origin if origin != "published" and _effects(reader) == "published" else ""


def _left_out(reader: Reader) -> list[str]:
    have = set(reader.frame("tbl-uncertainty")["program"])
    return [program for program in PROGRAMS if program not in have]


def _lowest(reader: Reader) -> Any:
    """The programme of uncertain sign that is least likely to gain."""
    return by_program(reader, "tbl-uncertainty", "p_positive")[_signs(reader, "unclear")]


def _losing(reader: Reader) -> list[str]:
    net = by_program(reader, "tbl-uncertainty", "net_benefit")
    return [program for program in PROGRAMS if net.get(program, 0) < 0]


def _loss(reader: Reader) -> str:
    value = by_program(reader, "tbl-7-6", "value_creation")[_losing(reader)]
    return "none" if value.empty else "lower" if (value < 0).all() else "some"


def _ratio(reader: Reader) -> float:
    """Value created over costs, both without sign, summed over programmes."""
    frame = reader.frame("tbl-7-6")
    costs = frame[["program_cost", "other_sectors", "tiltakspenger", "counsellor"]]
    return float(frame["value_creation"].abs().sum() / costs.abs().sum().sum())


def _drivers(reader: Reader) -> str:
    net = by_program(reader, "tbl-uncertainty", "net_benefit")
    return "gain" if net.get("Oppfølging", 0) > 0 else "loss"


def _most_displaced(reader: Reader) -> pd.DataFrame:
    rows = reader.frame("tbl-scenarios")
    rows = rows[rows["assumption"] == "displacement"]
    return rows[rows["level"] == rows["level"].max()]


def _turns(effects: pd.Series, *, less: int, more: int) -> bool:
    """Whether wages are estimated lower so many years, and higher from a later one only."""
    own = effects[list(WAGE_EFFECTS)].to_numpy(float)
    return bool((own[:less] < 0).all() and (own[less:more] <= 0).all() and (own[more:] > 0).all())


def _lasting(reader: Reader) -> str:
    """How the gain of education comes, where published effects are used; else nothing."""
    rows = reader.frame("tbl-7-5").set_index("program")
    if _effects(reader) != "published" or not {"AMO", "Utdanning"} <= set(rows.index):
        return ""
    lasts = rows["effect_years"]
    usual = (lasts.drop("Utdanning") == lasts["AMO"]).mean()
    late = _turns(rows.loc["Utdanning"], less=2, more=3)
    return "later" if late and usual > 1 / 2 else "other"


def _alternative(reader: Reader) -> str:
    """Whether wages fall the first year and rise in the next in AFT's other sample."""
    effects = reader.frame("tbl-aft-alternative").iloc[0]
    return "later" if _turns(effects, less=1, more=1) else "other"


def _durations(reader: Reader) -> str:
    return "text" if has(reader, "people") else ""


def _names(get: Any) -> Fact:
    return Fact(lambda reader: plainly(reader, *get(reader)), "text")


def _bracketed(sign: str) -> Fact:
    """The programmes of a sign in brackets, to follow their number; "" for none."""

    def told(reader: Reader) -> str:
        names = plainly(reader, *_signs(reader, sign))
        return f" ({names})" if names else ""

    return Fact(told, "text")


def _cells_fact(*, basis: tuple[str, ...] = BASES, kinds: tuple[str, ...] = ()) -> Fact:
    """How many printed numbers rest on something and come out in some way."""
    columns = list(kinds) or ["cells"]

    def count(reader: Reader) -> int:
        table = reader.frame("tbl-reconciliation-summary").set_index("basis")
        return int(table.loc[list(basis), columns].to_numpy().sum())

    return Fact(count)


def _first_months(which: str) -> Fact:
    def deviation(reader: Reader) -> Any:
        return reader.frame("tbl-first-month").set_index("convention")["deviation"][which]

    return Fact(deviation, "share2")


NEAR = ("within_2_percent", "rounding")
INPUT_FORMATS = {
    "duration": "num2",
    "school_months": "num1",
    "limit_table_3_1": "num1",
    "wage_subsidy_24300": "share0",
    "tiltakspenger_share": "share0",
}
DOUBTS = (*dict.fromkeys(one.doubt for one in DOUBTED), "limit_table_3_1", "first_month")
READ = Value(by="doubt", kinds={doubt: Value(INPUT_FORMATS.get(doubt, "int")) for doubt in DOUBTS})
CELL = ("where", "subject", "cell")
BESIDE = {"printed": _kinds(), "computed": _kinds(), "difference": _kinds()}
EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    costs_exhibit(
        "tbl-readings",
        readings,
        ("doubt", *CELL),
        {
            "input": READ,
            "other_input": READ,
            **dict.fromkeys(("printed", "used", "other"), _kinds()),
            "closer": Value("name"),
        },
        view=Table(rows=("doubt", "subject", "cell"), longest=LONGEST),
        facts={
            "kept": Fact(lambda reader: int(reader.rows["closer"].isin(("used", "equal")).sum())),
            "numbers": Fact(lambda reader: len(reader.rows)),
        },
    ),
    costs_exhibit(
        "tbl-first-month",
        lambda analysis: analysis.first_month,
        ("convention",),
        {"deviation": Value("share2", "share", estimand="root mean square deviation")},
        view=None,
    ),
    costs_exhibit(
        "tbl-durations",
        lambda analysis: analysis.durations.rename(columns={"label": "where"}),
        ("program", "where"),
        {
            "printed": Value("num1", source="published"),
            "used": Value("num2"),
            **dict.fromkeys(("low", "high"), Value("num2")),
        },
        view=Table(spread=("where",), once=("printed", "used")),
        facts={
            "totals": Fact(lambda reader: len(reader.frame())),
            "used": Fact(lambda reader: int(reader.frame()["holds_used"].sum())),
            "printed": Fact(lambda reader: int(reader.frame()["holds_printed"].sum())),
        },
    ),
    costs_exhibit(
        "tbl-reconciliation-summary",
        counted,
        ("basis",),
        dict.fromkeys(("cells", *KINDS), Value("int")),
    ),
    costs_exhibit(
        "tbl-reconciliation-deviations",
        deviations,
        CELL,
        {
            **BESIDE,
            "percent": Value("pct1"),
            "alternative": _kinds(),
            "explanation": Value("name"),
        },
    ),
    costs_exhibit(
        "tbl-reconciliation",
        cells,
        CELL,
        {
            **BESIDE,
            "computed": _kinds(estimates=True, published="printed"),
            "percent": Value("pct1"),
            "basis": Value("name"),
            "explanation": Value("name"),
        },
        view=Table(longest=LONGEST),
    ),
    file_table(lambda results: files(results.parameters.costs_file())),
)
SENTENCES: tuple[Sentence, ...] = (
    Sentence("costs-notice", _notice),
    Sentence("costs-source", _effects),
    Sentence("costs-errors", _effects),
    Sentence(
        "costs-summary",
        _effects,
        facts={
            **SIGNED,
            "programs": COUNT,
            **{f"{sign}_names": _bracketed(sign) for sign in SIGNS[:2]},
            **ranked("best", 0),
            **ranked("worst", -1),
        },
        then=(Sentence("costs-lasting", _lasting),),
    ),
    Sentence("costs-price", then=(Sentence("costs-durations", _durations),)),
    Sentence(
        "costs-left-out",
        lambda reader: "text" if _left_out(reader) else "",
        facts={"names": _names(lambda reader: _left_out(reader))},
    ),
    Sentence(
        "costs-uncertain",
        lambda reader: "some" if _signs(reader, "unclear") else "none",
        facts={
            "names": _names(lambda reader: _signs(reader, "unclear")),
            "lowest": Fact(lambda reader: plainly(reader, _lowest(reader).idxmin()), "text"),
            "p": Fact(lambda reader: _lowest(reader).min(), "chance"),
        },
    ),
    Sentence("costs-losses", _loss, facts={"names": _names(_losing)}),
    Sentence("costs-alternative", _alternative),
    Sentence("costs-drivers", _drivers, facts={"ratio": Fact(_ratio, "num1")}),
    Sentence(
        "costs-displacement",
        _effects,
        facts={
            "share": Fact(lambda reader: float(_most_displaced(reader)["level"].iloc[0]), "share0"),
            "positive": Fact(
                lambda reader: int((_most_displaced(reader)["net_benefit"] > 0).sum())
            ),
            "without": Fact(
                lambda reader: int((by_program(reader, "tbl-uncertainty", "net_benefit") > 0).sum())
            ),
            "programs": COUNT,
        },
    ),
    Sentence("costs-public", facts={"programs": COUNT}),
    Sentence(
        "costs-mix",
        lambda reader: "text" if len(reader.frame("tbl-mix")) else "",
        then=(Sentence("costs-mix-basis", _notice),),
    ),
    Sentence(
        "costs-first-month",
        facts={"zero": _first_months("month_0"), "one": _first_months("month_1")},
    ),
    Sentence(
        "costs-reconciliation",
        facts={
            "cells": _cells_fact(),
            "equal": _cells_fact(kinds=("equal",)),
            "near": _cells_fact(kinds=NEAR),
            "chosen": _cells_fact(kinds=("chosen",)),
            "explained": _cells_fact(kinds=("explained",)),
            "unexplained": _cells_fact(kinds=("unexplained",)),
            "inputs": _cells_fact(basis=("input", "zero")),
            "fitted": _cells_fact(basis=("fitted",)),
            "independent": _cells_fact(basis=("independent",)),
            "independent_equal": _cells_fact(basis=("independent",), kinds=("equal",)),
            "independent_near": _cells_fact(basis=("independent",), kinds=NEAR),
        },
    ),
)
