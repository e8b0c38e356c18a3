"""The kinds of figures that a declaration can name, drawn from released rows only."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from naveval.disclosure.counts import NOISY
from naveval.exhibits import figures, words
from naveval.exhibits.declare import Bars, Exhibit, Intervals, Lines, Picture
from naveval.exhibits.reader import Reader

ROLES = {"treated": 2, "estimate": 2, "control": 0, "synthetic_control": 1, "other": 5}
"""What has the same colour wherever it is drawn."""
HATCHES = {"other": "///"}
BAND = "#DDE3EA"
MARKED = "_noisy"
OPEN = "_open"
"""What is open in a figure for resting on few persons is called; legends pass it by."""
DASHED = (0, (2, 2))
PER_ROW = 2


def draw(reader: Reader, exhibit: Exhibit[Any]) -> Figure:
    """The figure of an exhibit; what rests on few persons is drawn open, what hides all says so."""
    view, reader = exhibit.view, replace(reader, noisy=True)
    if reader.empty:
        return _empty(words.entry(reader.output.texts, "nothing-shown"))
    if isinstance(view, Picture):
        return view.draw(reader)
    if isinstance(view, Lines):
        return _lines(reader, view)
    if isinstance(view, Intervals):
        return _intervals(reader, view)
    assert isinstance(view, Bars)
    return _bars(reader, view)


def _empty(told: str) -> Figure:
    """A figure that says why nothing is drawn in it."""
    figure, ax = figures.axes(height=1.2)
    ax.set_axis_off()
    ax.text(0.5, 0.5, told, ha="center", va="center", transform=ax.transAxes)
    return figure


def color(name: str, place: int = 0) -> str:
    """The colour of a role, or else of a place in the order of lines."""
    return figures.COLORS[ROLES.get(name, place) % len(figures.COLORS)]


def panels(
    reader: Reader, key: str, *, height: float, sharey: bool = False
) -> tuple[Figure, list[tuple[Axes, pd.DataFrame]]]:
    """A figure with a titled panel per code of a key, with its rows; one panel without a key."""
    rows = reader.rows.join(reader.marks.eq(NOISY).add_suffix(MARKED))
    codes = list(dict.fromkeys(rows[key])) if key else [""]
    across = min(len(codes), PER_ROW)
    down = -(-len(codes) // PER_ROW)
    figure, grid = figures.axes(down, across, height=height * down, sharey=sharey, squeeze=False)
    found = []
    for ax, code in zip(grid.flat, codes, strict=False):
        if key:
            ax.set_title(reader.named(key, str(code)))
        own = rows[rows[key] == code] if key else rows
        found.append((ax, own.reset_index(drop=True)))
    for ax in grid.flat[len(codes) :]:
        ax.set_visible(False)
    return figure, found


def _lines(reader: Reader, view: Lines) -> Figure:
    figure, found = panels(reader, view.panels, height=view.height, sharey=bool(view.band))
    for ax, rows in found:
        lines = _series(view, rows)
        noisy = list(_series(replace(view, y=tuple(y + MARKED for y in view.y)), rows).values())
        months = list(dict.fromkeys(rows[view.x].astype(str)))
        if view.band:
            ax.fill_between(range(len(rows)), rows[view.band[0]], rows[view.band[1]], color=BAND)
        ends: dict[str, tuple[float, float, str]] = {}
        for k, (name, values) in enumerate(lines.items()):
            title = reader.named(view.by, name) if len(lines) > 1 else name
            (line,) = ax.plot(
                np.arange(len(values)),
                values,
                label=title,
                color=color(name, k),
                linestyle=figures.LINESTYLES[k],
            )
            if view.band:
                line.set_linewidth(1.5)
            open_points(ax, np.arange(len(values)), values, noisy[k], color(name, k))
            seen = values[np.isfinite(values)]
            if len(seen):
                ends[title] = (float(len(values) - 1), float(seen[-1]), color(name, k))
        _frame(reader, view, ax, months, lines, single=len(found) == 1)
        if len(found) == 1 and len(lines) > 1:
            figures.label_ends(ax, ends)
    if len(found) > 1 and not view.band:
        found[-1][0].legend(loc="lower left")
    found[0][0].set_ylabel(reader.named("", "y"))
    return figure


def open_points(ax: Axes, x: Any, y: Any, noisy: Any, colored: str) -> None:
    """Open circles where numbers rest on so few persons that they are mostly noise."""
    at = np.asarray(noisy, dtype=bool)
    if at.any():
        x, y = np.asarray(x)[at], np.asarray(y)[at]
        (points,) = ax.plot(x, y, "o", mfc="white", mec=colored, ms=4, ls="", clip_on=False)
        points.set(zorder=4, label=OPEN)


def has_open(figure: Figure) -> bool:
    """Whether a figure has a point or a bar that is open for resting on few persons."""
    return any(part.get_label() == OPEN for part in figure.findobj())


def _series(view: Lines, rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Name to values of each line, in order."""
    if not view.by:
        return {name: rows[name].to_numpy(float) for name in view.y}
    wide = rows.pivot(index=view.x, columns=view.by, values=view.y[0])
    return {str(code): wide[code].to_numpy(float) for code in dict.fromkeys(rows[view.by])}


def _frame(
    reader: Reader,
    view: Lines,
    ax: Axes,
    x: list[str],
    lines: dict[str, np.ndarray],
    *,
    single: bool,
) -> None:
    """Axes of a panel of lines."""
    first = next(iter(lines.values()))
    month_axis(ax, x)
    if view.mark:
        mark(ax, x, str(reader.common(view.mark)), reader.named("", "mark") if single else "")
    if view.zero:
        ax.set_ylim(bottom=0)
        ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    elif view.band:
        ax.axhline(0, color=figures.INK, linewidth=0.8)
    elif not single:  # room for the legend
        low, high = ax.get_ylim()
        ax.set_ylim(low - 0.3 * (high - low), high)
    decimals = view.decimals
    if decimals is None:
        decimals = 1 if np.nanmean(first) > 1 else 2
    figures.norwegian_axis(ax, y=decimals)


def month_axis(ax: Axes, months: list[str]) -> None:
    """A tick at every January."""
    ticks = [i for i, month in enumerate(months) if month.endswith("-01")]
    ax.set_xticks(ticks, [months[i][:4] for i in ticks])
    ax.set_xlim(-0.5, len(months) - 0.5)


def mark(ax: Axes, months: list[str], at: str, named: str) -> None:
    """A dashed line at a month, or before the first later one where it is left out."""
    place = float(months.index(at)) if at in months else sum(m < at for m in months) - 0.5
    ax.axvline(place, color=figures.INK, linewidth=1, linestyle=DASHED)
    if named:
        ax.annotate(
            named,
            (place, 0),
            xycoords=("data", "axes fraction"),
            xytext=(-4, 5),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=figures.SMALL,
        )


def _intervals(reader: Reader, view: Intervals) -> Figure:
    figure, found = panels(reader, view.panels, height=view.height, sharey=True)
    value = reader.report.exhibit(reader.label).values[view.value]
    for ax, rows in found:
        place = -rows.index.to_numpy()
        own = (rows.index == 0) & view.own
        for chosen, role, marker in ((own, "treated", "D"), (~own, "control", "o")):
            some = rows[chosen]
            middle = some[view.value].to_numpy()
            ax.errorbar(
                some[view.value],
                place[chosen],
                xerr=np.abs(some[[value.low, value.high]].to_numpy().T - middle),
                fmt=marker,
                color=color(role),
                markersize=5,
                elinewidth=1.2,
            )
            open_points(ax, middle, place[chosen], some[view.value + MARKED], color(role))
        ax.axvline(0, color=figures.INK, linewidth=0.8)
        ax.set_yticks(place, [reader.named(view.y, str(code)) for code in rows[view.y]])
        ax.set_xlabel(reader.named("", "x"))
        ax.grid(axis="x", visible=True)
        figures.norwegian_axis(ax, x=0, y=None)
    return figure


def _bars(reader: Reader, view: Bars) -> Figure:
    noisy = reader.marks[view.value].eq(NOISY).reset_index(drop=True)
    rows = reader.rows.reset_index(drop=True).dropna(subset=[view.value])
    figure, ax = figures.axes(height=view.height)
    groups = rows[view.color] if view.color else pd.Series("control", index=rows.index)
    for k, name in enumerate(sorted(set(groups), key=list(ROLES).index)):
        part = rows[groups == name]
        ax.barh(
            part.index,
            part[view.value],
            color=color(name, k),
            hatch=HATCHES.get(name, ""),
            edgecolor="white",
            label=reader.named(view.color, name) if view.color else "",
            height=0.75,
        )
    unsure = rows[noisy[rows.index]]
    for bar in ax.barh(unsure.index, unsure[view.value], color="white", height=0.4):
        bar.set_label(OPEN)
    ax.set_yticks(rows.index, [reader.named(view.y, str(code)) for code in rows[view.y]])
    ax.set_xlabel(reader.named("", "x"))
    ax.axvline(0, color=figures.INK, linewidth=0.8)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    figures.norwegian_axis(ax, x=view.decimals, y=None)
    if view.color:
        ax.legend(loc="lower right")
    return figure
