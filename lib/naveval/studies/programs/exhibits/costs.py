"""Section «Nytte og kostnad» (chapter 7): what a programme spell costs and gives.

The numbers are computed from published inputs, and from the run's own released effects where
`effects: estimated` asks for them: then they are told as what the effects are.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from naveval.disclosure import released
from naveval.disclosure.released import Released
from naveval.estimators.cost_benefit.net_benefit import ITEMS
from naveval.exhibits import figures
from naveval.exhibits.declare import Exhibit, Fact, Picture, Value
from naveval.exhibits.protect import Public
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.studies.programs.costs.analysis import Analysis
from naveval.studies.programs.exhibits.common import (
    both_ends,
    counted_signs,
    ranked,
    wording,
)
from naveval.studies.programs.exhibits.drawing import panel_title, panels, x_label
from naveval.studies.programs.results import ProgramResults

LARGER = 10.5
"""Points of the text in the figure of ranges."""
BARS = 6
"""Inputs that are shown of each programme in the figure of ranges."""
DARK, TEAL, PINK, ORANGE, GREY, PURPLE = figures.COLORS
ITEM_STYLE = {
    "value_creation": (DARK, ""),
    "saved_benefits": (TEAL, "..."),
    "program_cost": (PINK, "//"),
    "other_sectors": (ORANGE, "\\\\"),
    "counsellor": (GREY, ""),
    "tiltakspenger": (PURPLE, ""),
}
ENDS = (("low", TEAL, "///"), ("high", DARK, ""))
ZERO: dict[str, Any] = {"color": figures.INK, "linewidth": 0.9}


def net_benefit(reader: Reader) -> Figure:
    """Net benefit per programme, largest first, with 95 per cent intervals of the draws."""
    frame = reader.rows.sort_values("net_benefit").reset_index(drop=True)
    figure, ax = figures.axes(height=3.4)
    y, net = np.arange(len(frame)), frame["net_benefit"] / 1000
    ax.hlines(y, frame["ci_low"] / 1000, frame["ci_high"] / 1000, color=DARK, linewidth=1.2)
    wide = [frame[name] / 1000 for name in ("effect_low", "effect_high")]
    ax.hlines(y, *wide, color=TEAL, linewidth=4.5, alpha=0.55)
    ax.plot(net, y, "o", color=DARK, markersize=5.5)
    ax.axvline(0, **ZERO)
    ax.set_yticks(y, [reader.named("program", code) for code in frame["program"]])
    ax.set_xlabel(reader.named("", "x"))
    _horizontal(ax)
    for height, value in zip(y, net, strict=True):
        ax.annotate(
            formats.number(value, 0),
            (value, height),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=figures.SMALL,
        )
    return figure


def composition(reader: Reader) -> Figure:
    """Benefits to the right and costs to the left of zero, item by item."""
    frame = reader.rows.sort_values("net_benefit").reset_index(drop=True)
    figure, ax = figures.axes(height=4.8)
    y = np.arange(len(frame))
    right, left = np.zeros(len(frame)), np.zeros(len(frame))
    for item, (color, hatch) in ITEM_STYLE.items():
        value = frame[item].to_numpy() / 1000
        start = np.where(value >= 0, right, left)
        _bar(ax, y, value, start, color, hatch, 0.62)
        right, left = right + np.maximum(value, 0), left + np.minimum(value, 0)
    ax.plot(
        frame["net_benefit"] / 1000,
        y,
        "D",
        color="white",
        markeredgecolor=figures.INK,
        markersize=5.5,
        zorder=5,
    )
    ax.axvline(0, **ZERO)
    ax.use_sticky_edges = False
    ax.margins(x=0.04)
    ax.set_yticks(y, [reader.named("program", code) for code in frame["program"]])
    ax.set_xlabel(reader.named("", "x"))
    _horizontal(ax)
    patches = [_patch(reader, item, *style) for item, style in ITEM_STYLE.items()]
    figure.legend(
        handles=patches,
        loc="outside upper center",
        ncols=figures.legend_columns(3),
        handlelength=2.4,
        handleheight=1.3,
    )
    return figure


def widest(reader: Reader) -> Any:
    """The row of the figure of ranges with the longest range."""
    rows = reader.rows
    return rows.loc[(rows["high"] - rows["low"]).abs().idxmax()]


def tornado(reader: Reader) -> Figure:
    """For every programme the inputs that move its net benefit most."""
    frame = reader.rows
    programs = list(dict.fromkeys(frame["program"]))
    # A phone's names stand in two lines; on a page the letters would be small in so large a figure.
    height, size = (1.6, figures.SMALL) if figures.on_phone() else (1.3, LARGER)
    figure, grid = panels(len(programs), columns=2, height=height, alike=False)
    for ax, program in zip(grid, programs, strict=True):
        rows = frame[frame["program"] == program].iloc[::-1]
        y, base = np.arange(len(rows)), rows["base"].to_numpy() / 1000
        for name, color, hatch in ENDS:
            _bar(ax, y, rows[name].to_numpy() / 1000 - base, base, color, hatch, 0.66)
            top = float(rows[name].iloc[-1]) / 1000
            told = reader.named("", f"near_{name}")
            _end_name(ax, told, top, y[-1], right=top > base[-1], size=size)
        ax.axvline(base[0], color=figures.INK, linewidth=0.9)
        ax.axvline(0, color="#8A9199", linewidth=0.8, linestyle=":")
        ax.set_yticks(y, [reader.named("", name) for name in rows["input"]], fontsize=size)
        ax.use_sticky_edges = False
        ax.margins(x=0.2)  # room for the names of the ends
        panel_title(ax, reader.named("program", program), size=size)
        ax.tick_params(axis="x", labelsize=size)
        ax.locator_params(axis="x", nbins=5)
        _horizontal(ax)
    return figure


def _end_name(ax: Axes, text: str, x: float, y: float, *, right: bool, size: float) -> None:
    """Which end of the longest bar is which, written beside it."""
    shift, side = ((3, 0), "left") if right else ((-3, 0), "right")
    ax.annotate(
        text,
        (x, y),
        shift,
        textcoords="offset points",
        ha=side,
        va="center",
        fontsize=size,
    )


def break_even(reader: Reader) -> Figure:
    """Net benefit by how long the effects last, one panel per programme."""
    frame = reader.rows
    programs = list(dict.fromkeys(frame["program"]))
    figure, grid = panels(len(programs), height=1.9, alike=False)
    for ax, program in zip(grid, programs, strict=True):
        curve = frame[frame["program"] == program]
        first = curve.iloc[0]
        ax.plot(curve["months"] / 12, curve["net_benefit"] / 1000, color=DARK)
        ax.plot(first["effect_months"] / 12, first["base"] / 1000, "o", color=PINK, markersize=5.5)
        ax.axhline(0, **ZERO)
        if np.isfinite(first["break_even_months"]):
            ax.axvline(first["break_even_months"] / 12, color=TEAL, linestyle="--", linewidth=1.3)
        panel_title(ax, reader.named("program", program))
        figures.norwegian_axis(ax, x=0, y=0)
        ax.tick_params(labelsize=figures.SMALL)
    x_label(grid, 3, reader.named("", "x"))
    figure.supylabel(reader.named("", "y"), fontsize=9)
    return figure


def _bar(ax: Axes, y: Any, width: Any, left: Any, color: str, hatch: str, height: float) -> None:
    style: dict[str, Any] = {
        "color": color,
        "hatch": hatch,
        "edgecolor": "white",
        "linewidth": 0.4,
    }
    ax.barh(y, width, left=left, height=height, **style)


def _patch(reader: Reader, name: str, color: str, hatch: str) -> Patch:
    return Patch(facecolor=color, hatch=hatch, edgecolor="white", label=reader.named("", name))


def _horizontal(ax: Axes) -> None:
    """Grid and Norwegian numbers along x for horizontal bars and ranges."""
    figures.norwegian_axis(ax, x=0, y=None)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")


SOURCE = "published tables and inputs of the programme evaluation, and released estimates"
SPELL, MONTH = "NOK per programme spell", "NOK per month"
PRICED_ROWS = tuple(f"item_{number}" for number in range(1, 16))
"""Table 7-1, whose rows are named in the texts."""
COSTS = ("program_cost", "other_sectors", "tiltakspenger", "counsellor")
Rows = Callable[[Analysis], pd.DataFrame]


def costs_exhibit(
    label: str,
    data: Rows,
    keys: tuple[str, ...],
    values: Mapping[str, Value],
    **more: Any,
) -> Exhibit[ProgramResults]:
    """An exhibit of the analysis: published numbers, or derived from the run's released effects.

    The column `effects` tells which of them lie behind.
    """

    def made(results: ProgramResults) -> pd.DataFrame | Released:
        assert results.costs is not None
        frame = data(results.costs).reset_index(drop=True).assign(effects=results.costs.effects)
        if results.costs.effects == "published":
            return frame
        return released.derived(frame, label=label, source=SOURCE)

    return Exhibit(label, made, keys, values, Public(SOURCE, told=True), **more)


def money(estimand: str, form: str = "thousand", unit: str = SPELL, **parts: Any) -> Value:
    """An amount of kroner; the method is which effects lie behind."""
    return Value(form, unit, estimand=estimand, method="effects", **parts)


def printed(analysis: Analysis, label: str, column: str) -> list[float]:
    """Printed numbers of the programmes at hand."""
    cells = analysis.cells.set_index(["label", "row", "column"])["printed"].to_dict()
    return [cells.get((label, program, column), np.nan) for program in analysis.programs]


def priced(
    label: str, item: str, columns: Mapping[str, str], values: Mapping[str, Value], total: str = ""
) -> Exhibit[ProgramResults]:
    """A table of one item: what it is made of, its sum, and what is printed of both.

    Parameters
    ----------
    item
        Column of the flows; costs are shown as positive.
    columns
        Columns of the inputs to names of their own.
    values
        What the columns are; a duration with the printed one beside it.
    total
        Name of the printed sum where it is a benefit.
    """
    whole = money("value creation" if total else "cost", "int", published="printed")

    def made(analysis: Analysis) -> pd.DataFrame:
        frame = analysis.inputs[["program", *columns]].rename(columns=dict(columns))
        return frame.assign(
            total=(1 if total else -1) * analysis.flows[item] + 0.0,
            printed=printed(analysis, label, total or "total"),
            printed_duration=printed(analysis, label, "duration"),
        )

    shown = {**values, "total": whole, "printed": PRINTED}
    return costs_exhibit(label, made, PROGRAM, shown, facts=both_ends("total", "program", "nok"))


def totals(analysis: Analysis) -> pd.DataFrame:
    """All priced items, their sum, and the printed sum."""
    found = analysis.flows.assign(printed=printed(analysis, "tbl-7-6", "net_benefit"))
    other = found["other_sectors"] + found["tiltakspenger"] + found["counsellor"]
    return found.assign(
        other_costs=other,
        benefits=found["value_creation"] + found["saved_benefits"],
        overall=np.where(found["net_benefit"] > 0, "positive", "negative"),
    ).replace(-0.0, 0.0)


def prices(analysis: Analysis) -> pd.DataFrame:
    """What a participant costs: the programme's own price, and all costs, in a month and in all."""
    spent = -analysis.flows[list(COSTS)].sum(axis=1)
    found = analysis.inputs[["program", "duration", "monthly_budget_cost"]]
    budget = found["monthly_budget_cost"] * found["duration"]
    return found.assign(budget=budget, cost=spent, cost_month=spent / found["duration"])


def uncertainty(analysis: Analysis) -> pd.DataFrame:
    """Net benefit with its draws, largest first."""
    found = analysis.uncertainty.merge(analysis.flows[["program", "net_benefit"]])
    return found.assign(n_draws=analysis.draws).sort_values("net_benefit", ascending=False)


PROGRAM = ("program",)
PRINTED = Value("int", source="published")
HOURS = Value("num2", "hours per month", estimand="counselling")
PAID = Value("share0", "share", estimand="share of months")
WAGE_EFFECTS = {
    f"effect_{name}": f"wage effect, {name.replace('_', ' ')}"
    for name in ("year_1", "year_2", "year_3", "later")
}
LENGTH = {
    "duration": Value("num2", "months", estimand="duration", published="printed_duration"),
    "printed_duration": Value("num1", source="published"),
    "monthly_budget_cost": money("budget cost", "int", MONTH),
}


def _sign(reader: Reader) -> str:
    """Which signs hold when all programmes are tested together."""
    return wording(reader.frame("tbl-uncertainty")["sign"])


def _enough(reader: Reader) -> int:
    """For how many programmes the value created is more than all costs."""
    rows = reader.rows
    return int((rows["value_creation"] > rows[list(COSTS)].abs().sum(axis=1)).sum())


COUNT = Fact(lambda reader: len(reader.frame("tbl-uncertainty")))
SIGNED = counted_signs(lambda reader: reader.frame("tbl-uncertainty"))
EXHIBITS: tuple[Exhibit[ProgramResults], ...] = (
    Exhibit(
        "tbl-7-1",
        data=lambda _: pd.DataFrame(
            {
                "item": PRICED_ROWS,
                "side": [f"side_{name}" for name in PRICED_ROWS],
                "valuation": [f"valuation_{name}" for name in PRICED_ROWS],
            }
        ),
        keys=("item",),
        values={"side": Value("name"), "valuation": Value("name")},
        protect=Public("table 7-1"),
    ),
    costs_exhibit(
        "fig-net-benefit",
        uncertainty,
        PROGRAM,
        dict.fromkeys(
            ("net_benefit", "ci_low", "ci_high", "effect_low", "effect_high"), Value("thousand")
        ),
        view=Picture(net_benefit),
        facts={**ranked("best", 0), **ranked("worst", -1), "programs": COUNT, **SIGNED},
        finding=_sign,
    ),
    costs_exhibit(
        "tbl-1-1",
        totals,
        PROGRAM,
        {
            **dict.fromkeys(
                ("program_cost", "other_costs", "benefits", "net_benefit"), Value("thousand")
            ),
            "overall": Value("name"),
        },
        facts={
            "plus": Fact(lambda reader: int((reader.rows["net_benefit"] > 0).sum())),
            "minus": Fact(lambda reader: int((reader.rows["net_benefit"] < 0).sum())),
            "programs": COUNT,
        },
    ),
    costs_exhibit(
        "tbl-uncertainty",
        uncertainty,
        PROGRAM,
        {
            "net_benefit": money(
                "net benefit", se="std", low="ci_low", high="ci_high", p="p_value"
            ),
            "effects_only": money(
                "net benefit", of="net_benefit", low="effect_low", high="effect_high"
            ),
            "p_positive": Value(
                "chance", "share", estimand="probability of a gain", method="effects"
            ),
            "sign": Value("name"),
        },
        facts={
            "draws": Fact(lambda reader: int(reader.rows["n_draws"].iloc[0])),
            **both_ends("p_positive", "program", "chance"),
        },
    ),
    costs_exhibit(
        "fig-composition",
        totals,
        PROGRAM,
        dict.fromkeys((*ITEMS, "net_benefit"), Value("thousand")),
        view=Picture(composition),
        facts={"enough": Fact(_enough), "programs": COUNT},
    ),
    costs_exhibit(
        "tbl-price",
        prices,
        PROGRAM,
        {
            "monthly_budget_cost": money("budget cost", "int", MONTH),
            "duration": Value("num1", estimand="duration"),
            "budget": money("budget cost", "int"),
            "cost_month": money("cost", "int", MONTH),
            "cost": money("cost", "int"),
        },
        facts=both_ends("cost_month", "program", "nok"),
    ),
    costs_exhibit(
        "tbl-7-6",
        totals,
        PROGRAM,
        {
            **{name: money(name.replace("_", " ")) for name in ITEMS},
            "net_benefit": money("net benefit", published="printed"),
            "printed": Value("thousand", source="published"),
        },
        facts=both_ends("net_benefit", "program", "nok1000"),
    ),
    *(
        priced(
            label,
            item,
            {monthly: "monthly_budget_cost", **{name: name for name in ("duration", *own)}},
            {**LENGTH, **own},
        )
        for label, item, monthly, own in (
            ("tbl-7-2", "program_cost", "monthly_budget_cost", {}),
            ("tbl-7-3", "counsellor", "monthly_counsellor", {"counsellor_hours": HOURS}),
            ("tbl-7-4", "tiltakspenger", "monthly_tiltakspenger", {"tiltakspenger_share": PAID}),
        )
    ),
    priced(
        "tbl-7-5",
        "value_creation",
        {name: name for name in (*WAGE_EFFECTS, "effect_years")},
        {name: money(text, "int", MONTH) for name, text in WAGE_EFFECTS.items()}
        | {"effect_years": Value("num0", "years", estimand="duration of the effect")},
        "value_creation",
    ),
)
