"""Areas, flows, intervals and small panels, and the figures of «Hva tiltakene endret»."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from naveval.disclosure.counts import NOISY
from naveval.exhibits import figures, views
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.studies.programs.codes import STATES, STATUS_CODES

DARK, TEAL, PINK, ORANGE, GREY, PURPLE = figures.COLORS
Style = tuple[str, float, str]
STATE_STYLES: dict[str, Style] = {
    "work_program": (DARK, 1.0, "...."),
    "work_high": (DARK, 1.0, ""),
    "work_low": (DARK, 0.55, ""),
    "education": (TEAL, 0.9, ""),
    "program": (ORANGE, 0.9, ""),
    "disability": (PINK, 0.9, ""),
    "job_seeker": (PURPLE, 0.9, ""),
    "reduced_capacity": (PURPLE, 0.9, "////"),
    "other": (GREY, 0.30, ""),
}
STATUS_STYLES: dict[str, Style] = {
    "standard": (TEAL, 0.9, ""),
    "situational": (DARK, 0.9, ""),
    "special": (PINK, 0.9, ""),
    "permanent": (ORANGE, 0.9, ""),
    "sick": (PURPLE, 0.9, ""),
    "other": (GREY, 0.75, ""),
    "not_registered": (GREY, 0.20, ""),
}
MIX_STYLES: tuple[Style, ...] = tuple(
    (figures.COLORS[i % 6], 0.9, "" if i < 6 else "///") for i in range(9)
)
STATUS_ORDER = (*STATUS_CODES.values(), "not_registered")
LEAST_NAMED, TWO_LINES = 2.0, 6.0
"""Percent of all from which a group of a flow is named, and in two lines."""
LEAST_WHOLE = 3.0
"""Width of an axis from which its ticks are whole numbers."""
ARM_STYLES = ((DARK, "o"), (PINK, "s"), (TEAL, "D"), (ORANGE, "^"))


def whole_ticks(axis: Axis) -> None:
    """Ticks at whole numbers only."""
    axis.set_major_locator(MaxNLocator(nbins=7, integer=True))


def areas(ax: Axes, table: pd.DataFrame, styles: Mapping[str, Style]) -> None:
    """Stacked areas of a table with x as index and one column per part; shares sum to 100."""
    low = np.zeros(len(table))
    x = table.index.to_numpy(dtype=float)
    for part in table.columns:
        color, alpha, hatch = styles[part]
        high = low + table[part].fillna(0).to_numpy()
        area = ax.fill_between(
            x, low, high, facecolor=color, alpha=alpha, linewidth=0.4, edgecolor="white"
        )
        if hatch:
            area.set_hatch(hatch)
        low = high
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(0, max(1.0, float(low.max())))
    ax.grid(visible=False)


def legend(figure: Figure, styles: Mapping[str, Style], names: Mapping[str, str]) -> None:
    """One legend above the panels, in the order of the stack; code to name."""
    handles = [
        Patch(
            facecolor=styles[part][0],
            alpha=styles[part][1],
            hatch=styles[part][2],
            edgecolor="white",
            label=text,
        )
        for part, text in names.items()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=figures.legend_columns(3))


def stacked(
    reader: Reader, key: str, x: str, value: str, styles: Mapping[str, Style], *, height: float
) -> tuple[Figure, Axes]:
    """Stacked areas of a value along x, one per code of a key, with a legend above."""
    rows = reader.rows
    codes = list(dict.fromkeys(rows[key]))
    table = rows.pivot(index=x, columns=key, values=value)[codes]
    figure, ax = figures.axes(height=height)
    areas(ax, table, styles)
    legend(figure, styles, {code: reader.named(key, code) for code in codes})
    return figure, ax


def panels(
    n: int, *, columns: int = 3, height: float = 1.9, alike: bool = True
) -> tuple[Figure, list[Axes]]:
    """Figure with n small panels, with the same axes where `alike`; unused ones are taken away."""
    rows = -(-n // columns)
    how = {"sharex": alike, "sharey": alike, "squeeze": False}
    figure, grid = figures.axes(rows, columns, height=height * rows + 0.9, **how)
    flat = list(grid.ravel())
    for ax in flat[n:]:
        ax.remove()
    return figure, flat[:n]


def panel_title(ax: Axes, text: str, width: int = 30, size: float = figures.SMALL) -> None:
    """Title of a small panel, broken near the middle where it is long."""
    spaces = [place for place, letter in enumerate(text) if letter == " "]
    if len(text) > width and spaces:
        middle = min(spaces, key=lambda place: abs(2 * place - len(text)))
        text = text[:middle] + "\n" + text[middle + 1 :]
    ax.set_title(text, fontsize=size)


def x_label(grid: Sequence[Axes], columns: int, text: str) -> None:
    """Write the x label below the lowest panel of the middle column.

    The outermost ticks are told inside their panel, so that neighbours' do not meet.
    """
    lowest = {i % columns: ax for i, ax in enumerate(grid)}
    lowest[min(columns // 2, max(lowest))].set_xlabel(text)
    for ax in lowest.values():
        ax.tick_params(labelbottom=True)
        first, *_, last = ax.get_xticklabels()
        first.set_horizontalalignment("left")
        last.set_horizontalalignment("right")


def states_panels(reader: Reader) -> Figure:
    """Nine states by month since start, one panel per group."""
    frame = reader.rows
    groups = list(dict.fromkeys(frame["group"]))
    columns = len(groups) if len(groups) in (1, 3) else 3 if len(groups) > 4 else 2
    figure, grid = panels(len(groups), columns=columns, height=3.4 if columns == 1 else 2.0)
    for ax, group in zip(grid, groups, strict=True):
        rows = frame[frame["group"] == group]
        areas(
            ax,
            rows.pivot(index="k", columns="state", values="percent")[list(STATES)],
            STATE_STYLES,
        )
        ax.set_ylim(0, 100)
        figures.norwegian_axis(ax, y=0, unit=" %")
        ax.set_xticks([0, 6, 12, 18, 24])
        if len(groups) > 1:
            panel_title(ax, reader.named("group", group))
    x_label(grid, columns, reader.named("", "x"))
    legend(figure, STATE_STYLES, {state: reader.named("state", state) for state in STATES})
    return figure


def lines_panels(reader: Reader) -> Figure:
    """One share by month since start, a small panel per group."""
    frame = reader.rows
    groups = list(dict.fromkeys(frame["group"]))
    figure, grid = panels(len(groups), columns=4, height=1.6)
    for ax, group in zip(grid, groups, strict=True):
        rows = frame[frame["group"] == group]
        ax.plot(rows["k"], rows["percent"], color=DARK)
        mark_noisy(ax, reader, rows, DARK)
        ax.set_xlim(0, 24)
        ax.set_ylim(0, 100)
        ax.set_xticks([0, 12, 24])
        figures.norwegian_axis(ax, y=0, unit=" %")
        panel_title(ax, reader.named("group", group), 20)
    x_label(grid, 4, reader.named("", "x"))
    return figure


def mark_noisy(ax: Axes, reader: Reader, rows: pd.DataFrame, color: str) -> None:
    """Open points where a share rests on few persons."""
    noisy = reader.marks["percent"].loc[rows.index].eq(NOISY)
    views.open_points(ax, rows["k"], rows["percent"], noisy, color)


def intervals(
    ax: Axes,
    table: pd.DataFrame,
    arms: Sequence[str],
    *,
    shift: float = 0.0,
    style: tuple[str, str] = ARM_STYLES[0],
    label: str = "",
) -> None:
    """Estimates with 95 percent intervals, one row per arm from the top down."""
    y = np.arange(len(arms))[::-1] + shift
    rows = table.reindex(arms)
    color, marker = style
    ax.hlines(y, rows.ci_low, rows.ci_high, color=color, linewidth=1.6)
    ax.plot(rows.estimate, y, marker, color=color, markersize=4.5, label=label)


def interval_axes(ax: Axes, arms: Sequence[str], title: str, *, names: bool) -> None:
    """Axes of a column of intervals: zero line, arms as tick labels in the first column."""
    ax.axvline(0, color=figures.INK, linewidth=0.9)
    ax.set_title(title, fontsize=9)
    ax.set_ylim(-0.7, len(arms) - 0.3)
    ax.set_yticks(np.arange(len(arms))[::-1], list(arms) if names else [""] * len(arms))
    ax.grid(axis="x")
    ax.grid(axis="y", visible=False)


def sankey(
    reader: Reader, steps: Sequence[pd.DataFrame], titles: Sequence[str], *, height: float
) -> Figure:
    """Flows between groups at successive points in time, as bands between columns.

    Parameters
    ----------
    steps
        One frame per step with source, target and n.
    titles
        Names of the columns of groups; the outer ones tell their groups in percent of all.
    """
    total, gap, width = float(steps[0]["n"].sum()), 1.2, 0.09
    figure, ax = figures.axes(height=height)
    columns: list[dict[str, tuple[float, float]]] = []
    for position, title in enumerate(titles):
        frame = steps[min(position, len(steps) - 1)]
        sizes = frame.groupby("source" if position < len(steps) else "target")["n"].sum()
        top, edges = 100 + gap * len(sizes), {}
        for group in (code for code in STATUS_ORDER if sizes.get(code, 0) > 0):
            size = 100 * float(sizes[group]) / total
            edges[group] = (top - size, top)
            top -= size + gap
            color, alpha, _ = STATUS_STYLES[group]
            corner = (position - width / 2, edges[group][0])
            ax.add_patch(Rectangle(corner, width, size, facecolor=color, alpha=alpha))
        columns.append(edges)
        ax.text(position, 104 + gap * len(sizes), title, ha="center", fontsize=9)
    for step, frame in enumerate(steps):
        left = {group: upper for group, (_, upper) in columns[step].items()}
        right = {group: upper for group, (_, upper) in columns[step + 1].items()}
        flows = frame.set_index(["source", "target"])["n"] / total * 100
        for source, target in product(left, right):
            size = float(flows[source, target])
            if size > 0:
                ends = (left[source], right[target])
                _band(ax, step + width / 2, step + 1 - width / 2, ends, size, source)
                left[source] -= size
                right[target] -= size
    for position, align, at in ((0, "right", -0.08), (len(steps), "left", len(steps) + 0.08)):
        for group, (low, high) in columns[position].items():
            if high - low > LEAST_NAMED:
                between = "\n" if high - low > TWO_LINES else " "
                text = reader.named("status", group) + between + formats.percent(high - low, 0)
                ax.text(at, (low + high) / 2, text, ha=align, va="center", fontsize=figures.SMALL)
    ax.set_xlim(-1, len(steps) + 1)
    ax.set_ylim(-4, 110 + gap * len(STATUS_ORDER))
    ax.set_axis_off()
    return figure


def _band(
    ax: Axes, x0: float, x1: float, tops: tuple[float, float], size: float, group: str
) -> None:
    middle, (top0, top1), style = (x0 + x1) / 2, tops, STATUS_STYLES[group]
    points: list[Any] = [
        (x0, top0),
        (middle, top0),
        (middle, top1),
        (x1, top1),
        (x1, top1 - size),
        (middle, top1 - size),
        (middle, top0 - size),
        (x0, top0 - size),
        (x0, top0),
    ]
    codes = [
        Path.MOVETO,
        Path.CURVE4,
        Path.CURVE4,
        Path.CURVE4,
        Path.LINETO,
        Path.CURVE4,
        Path.CURVE4,
        Path.CURVE4,
        Path.CLOSEPOLY,
    ]
    ax.add_patch(
        PathPatch(Path(points, codes), facecolor=style[0], alpha=0.30 * style[1], linewidth=0)
    )


def arm_name(reader: Reader, arm: str) -> str:
    """The name of a programme, or of a chain of them, which names itself."""
    return arm if ", " in arm else reader.named("arm", arm)


def monthly(reader: Reader) -> Figure:
    """Effect on work month by month with its interval, one panel per programme."""
    rows = reader.rows
    arms = list(dict.fromkeys(rows["arm"]))
    columns = len(arms) if len(arms) <= 3 else 4
    figure, grid = panels(len(arms), columns=columns, height=2.3 if columns < 4 else 1.7)
    for ax, arm in zip(grid, arms, strict=True):
        part = rows[rows["arm"] == arm]
        ax.fill_between(
            part["m"],
            100 * part["ci_low"],
            100 * part["ci_high"],
            color=DARK,
            alpha=0.18,
            linewidth=0,
        )
        ax.plot(part["m"], 100 * part["work"], color=DARK)
        ax.axhline(0, color=figures.INK, linewidth=0.8)
        ax.set_xlim(1, 36)
        ax.set_xticks([1, 12, 24, 36])
        figures.norwegian_axis(ax, y=0)
        panel_title(ax, arm_name(reader, arm), 20)
    grid[0].set_ylabel(reader.named("", "y"))
    x_label(grid, columns, reader.named("", "x"))
    return figure


def paths(reader: Reader) -> Figure:
    """Percent in work of treated and weighted controls by month since registration."""
    rows = reader.rows
    arms = list(dict.fromkeys(rows["arm"]))
    figure, grid = panels(len(arms), columns=3, height=1.9)
    for ax, arm in zip(grid, arms, strict=True):
        part = rows[rows["arm"] == arm]
        for name, color, line in (("control", PINK, "--"), ("treated", DARK, "-")):
            label = reader.named("", name)
            ax.plot(part["m"], part[name], color=color, linestyle=line, label=label)
        ax.axvline(0, color=figures.INK, linewidth=0.8)
        ax.set_xticks([-60, -36, -12, 0, 12, 36])
        ax.set_ylim(0, 100)
        figures.norwegian_axis(ax, x=0, y=0, unit=" %")
        panel_title(ax, arm_name(reader, arm))
    x_label(grid, 3, reader.named("", "x"))
    one_legend(figure, grid[0])
    return figure


def balance(reader: Reader) -> Figure:
    """Standardised differences of every covariate before and after weighting."""
    rows = reader.rows
    arms = list(dict.fromkeys(rows["arm"]))
    figure, ax = figures.axes(height=0.45 * len(arms) + 1.4)
    series = (("smd_raw", 0.15, GREY, "o", 0.45), ("smd_weighted", -0.15, PINK, "D", 0.75))
    for i, arm in enumerate(reversed(arms)):
        part = rows[rows["arm"] == arm]
        for column, at, color, marker, alpha in series:
            ax.plot(
                part[column].abs(),
                np.full(len(part), i + at),
                marker,
                color=color,
                alpha=alpha,
                markersize=3.5,
                label=reader.named("", column) if i == 0 else "",
            )
    ax.axvline(0.1, color=figures.INK, linewidth=0.9, linestyle="--")
    ax.set_yticks(range(len(arms)), [arm_name(reader, arm) for arm in reversed(arms)])
    ax.set_xlim(0, None)
    figures.norwegian_axis(ax, x=1, y=None)
    ax.set_xlabel(reader.named("", "x"))
    ax.legend(loc="lower right")
    return figure


def density(reader: Reader) -> Figure:
    """Treated and controls by tenth of the propensity."""
    rows = reader.rows
    arms = list(dict.fromkeys(rows["arm"]))
    figure, grid = panels(len(arms), columns=4, height=1.6)
    sides = (("treated", -0.2, DARK, ""), ("control", 0.2, PINK, "///"))
    for ax, arm in zip(grid, arms, strict=True):
        for side, shift, color, hatch in sides:
            part = rows[(rows["arm"] == arm) & (rows["side"] == side)]
            ax.bar(
                part["bin"] + shift,
                part["percent"],
                0.4,
                color=color,
                hatch=hatch,
                edgecolor="white",
                label=reader.named("side", side),
            )
        ax.set_xticks([1, 5, 10])
        figures.norwegian_axis(ax, y=0, unit=" %")
        panel_title(ax, arm_name(reader, arm), 20)
    x_label(grid, 4, reader.named("", "x"))
    one_legend(figure, grid[0])
    return figure


def one_legend(figure: Figure, ax: Axes) -> None:
    """One legend above the panels, of what the first has."""
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=figures.legend_columns(3))
