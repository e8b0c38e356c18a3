"""Norwegian names of codes in tables and figures, from the texts.

Drawings the programme study uses more than once: areas, flows, intervals, small panels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from naveval.exhibits import figures
from naveval.exhibits.output import Output
from naveval.studies.programs.codes import STATES, STATUS_CODES

CODES = "names"


def name(output: Output, code: object) -> str:
    """Name of a code; programmes are their own names."""
    labels = output.texts[CODES]["labels"]
    return str(labels.get(str(code), code))


def named(output: Output, frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The frame with codes in the given columns replaced by names."""
    return frame.assign(
        **{column: [name(output, code) for code in frame[column]] for column in columns}
    )


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
STATUS_ORDER = (*STATUS_CODES.values(), "not_registered")
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


def legend(
    figure: Figure,
    output: Output,
    styles: Mapping[str, Style],
    parts: Sequence[str],
    *,
    columns: int = 3,
) -> None:
    """One legend above the panels, in the order of the stack."""
    handles = [
        Patch(
            facecolor=styles[part][0],
            alpha=styles[part][1],
            hatch=styles[part][2],
            edgecolor="white",
            label=name(output, part),
        )
        for part in parts
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=columns, fontsize=8)


def panels(n: int, *, columns: int = 3, height: float = 1.9) -> tuple[Figure, list[Axes]]:
    """Figure with n small panels that share their axes; unused ones are taken away."""
    rows = -(-n // columns)
    figure, grid = figures.axes(
        rows, columns, height=height * rows + 0.9, sharex=True, sharey=True, squeeze=False
    )
    flat = list(grid.ravel())
    for ax in flat[n:]:
        ax.remove()
    return figure, flat[:n]


def panel_title(ax: Axes, text: str, width: int = 30) -> None:
    """Title of a small panel, broken where it is long."""
    ax.set_title(text if len(text) <= width else text.replace(" ", "\n", 1), fontsize=8.5)


def x_label(grid: Sequence[Axes], columns: int, text: str) -> None:
    """Write the x label below the lowest panel of the middle column."""
    lowest = {i % columns: ax for i, ax in enumerate(grid)}
    lowest[min(columns // 2, max(lowest))].set_xlabel(text)
    for ax in lowest.values():
        ax.tick_params(labelbottom=True)


def states_panels(output: Output, label: str, frame: pd.DataFrame, groups: Sequence[str]) -> Figure:
    """Nine states by month since start, one panel per group."""
    columns = len(groups) if len(groups) in (1, 3) else 3 if len(groups) > 4 else 2
    figure, grid = panels(len(groups), columns=columns, height=3.4 if columns == 1 else 2.0)
    for ax, group in zip(grid, groups, strict=True):
        table = frame[frame.group == group].set_index("k")[list(STATES)]
        areas(ax, table, STATE_STYLES)
        figures.norwegian_axis(ax, y=0, unit=" %")
        ax.set_xticks([0, 6, 12, 18, 24])
        if len(groups) > 1:
            panel_title(ax, name(output, group))
    x_label(grid, columns, output.label(label, "x"))
    legend(figure, output, STATE_STYLES, STATES)
    return figure


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
    ax: Axes,
    flows: Sequence[pd.DataFrame],
    names: Sequence[Sequence[str]],
    styles: Mapping[str, Style],
    titles: Sequence[str],
) -> list[dict[str, tuple[float, float]]]:
    """Flows between groups at successive points in time, as bands between columns.

    Parameters
    ----------
    flows
        One frame per step with source, target and n.
    names
        Groups of each column, from the top down.

    Returns
    -------
    Per column: group to (lower, upper) edge, in percent of all.
    """
    total = float(flows[0].n.sum())
    gap, width = 1.2, 0.09
    columns: list[dict[str, tuple[float, float]]] = []
    for position, groups in enumerate(names):
        side = "source" if position < len(flows) else "target"
        frame = flows[min(position, len(flows) - 1)]
        sizes = frame.groupby(side).n.sum() / total * 100
        top, edges = 100 + gap * len(groups), {}
        for group in groups:
            size = float(sizes.get(group, 0.0))
            edges[group] = (top - size, top)
            top -= size + gap
            if size > 0:
                color, alpha, _ = styles[group]
                corner = (position - width / 2, edges[group][0])
                ax.add_patch(Rectangle(corner, width, size, facecolor=color, alpha=alpha))
        columns.append(edges)
        ax.text(position, 104 + gap * len(groups), titles[position], ha="center", fontsize=9)
    for step, frame in enumerate(flows):
        left = {group: upper for group, (_, upper) in columns[step].items()}
        right = {group: upper for group, (_, upper) in columns[step + 1].items()}
        for source in names[step]:
            for target in names[step + 1]:
                rows = frame[(frame.source == source) & (frame.target == target)]
                size = float(rows.n.sum()) / total * 100
                if size <= 0:
                    continue
                _band(
                    ax,
                    step + width / 2,
                    step + 1 - width / 2,
                    left[source],
                    right[target],
                    size,
                    styles[source],
                )
                left[source] -= size
                right[target] -= size
    ax.set_xlim(-0.55, len(names) - 0.45)
    ax.set_ylim(-4, 110 + gap * max(len(groups) for groups in names))
    ax.set_axis_off()
    return columns


def _band(
    ax: Axes, x0: float, x1: float, top0: float, top1: float, size: float, style: Style
) -> None:
    middle = (x0 + x1) / 2
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
