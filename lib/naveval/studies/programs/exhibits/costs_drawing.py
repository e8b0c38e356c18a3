"""Figures of «Nytte og kostnad», from released rows: net benefit, its parts, ranges, duration."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from naveval.exhibits import figures
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.studies.programs.exhibits.drawing import panel_title, panels, x_label

BARS = 6
"""Inputs that are shown of each programme in the figure of ranges."""
DARK, TEAL, PINK, ORANGE, GREY, PURPLE = figures.COLORS
ITEM_STYLE = {
    "value_creation": (DARK, ""),
    "saved_benefits": (TEAL, "..."),
    "program_cost": (PINK, "///"),
    "other_sectors": (ORANGE, "\\\\\\"),
    "counsellor": (GREY, "xxx"),
    "tiltakspenger": (PURPLE, "---"),
}
ENDS = (("low", ORANGE, "///"), ("high", DARK, ""))
ZERO: dict[str, Any] = {"color": figures.INK, "linewidth": 0.9}


def net_benefit(reader: Reader) -> Figure:
    """Net benefit per programme, largest first, with 95 per cent intervals of the draws."""
    frame = reader.rows.sort_values("net_benefit").reset_index(drop=True)
    figure, ax = figures.axes(height=4.0)
    y, net = np.arange(len(frame)), frame["net_benefit"] / 1000
    ax.hlines(y, frame["ci_low"] / 1000, frame["ci_high"] / 1000, color=DARK, linewidth=1.2)
    wide = [frame[name] / 1000 for name in ("effect_low", "effect_high")]
    ax.hlines(y, *wide, color=TEAL, linewidth=4.5, alpha=0.55)
    ax.plot(net, y, "o", color=DARK, markersize=5.5)
    ax.axvline(0, **ZERO)
    ax.set_yticks(y, frame["program"])
    ax.set_xlabel(reader.named("", "x"))
    _horizontal(ax)
    for height, value in zip(y, net, strict=True):
        ax.annotate(
            formats.number(value, 0),
            (value, height),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=8,
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
    ax.set_yticks(y, frame["program"])
    ax.set_xlabel(reader.named("", "x"))
    _horizontal(ax)
    patches = [_patch(reader, item, *style) for item, style in ITEM_STYLE.items()]
    figure.legend(handles=patches, loc="outside lower center", ncols=3, fontsize=8.5)
    return figure


def widest(reader: Reader) -> Any:
    """The row of the figure of ranges with the longest range."""
    rows = reader.rows
    return rows.loc[(rows["high"] - rows["low"]).abs().idxmax()]


def tornado(reader: Reader) -> Figure:
    """For every programme the inputs that move its net benefit most."""
    frame = reader.rows
    programs = list(dict.fromkeys(frame["program"]))
    figure, grid = panels(len(programs), columns=2, height=1.7, alike=False)
    for ax, program in zip(grid, programs, strict=True):
        rows = frame[frame["program"] == program].iloc[::-1]
        y, base = np.arange(len(rows)), rows["base"].to_numpy() / 1000
        for name, color, hatch in ENDS:
            _bar(ax, y, rows[name].to_numpy() / 1000 - base, base, color, hatch, 0.66)
        ax.axvline(base[0], color=figures.INK, linewidth=0.9)
        ax.axvline(0, color="#8A9199", linewidth=0.8, linestyle=":")
        ax.set_yticks(y, [reader.named("", name) for name in rows["input"]], fontsize=8)
        ax.use_sticky_edges = False
        panel_title(ax, program)
        ax.tick_params(axis="x", labelsize=8)
        ax.locator_params(axis="x", nbins=5)
        _horizontal(ax)
    handles = [_patch(reader, *end) for end in ENDS]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, fontsize=8.5)
    return figure


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
        panel_title(ax, program)
        figures.norwegian_axis(ax, x=0, y=0)
        ax.tick_params(labelsize=8)
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
