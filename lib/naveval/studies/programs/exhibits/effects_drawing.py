"""Figures of «Hva tiltakene endret», from released rows."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from naveval.exhibits import figures
from naveval.exhibits.reader import Reader
from naveval.studies.programs.exhibits.drawing import (
    ARM_STYLES,
    DARK,
    GREY,
    PINK,
    interval_axes,
    intervals,
    panel_title,
    panels,
    x_label,
)


def years(reader: Reader) -> Figure:
    """Effects with intervals, one column of panels per year; earnings in thousands."""
    rows = reader.rows
    value = next(iter(reader.report.exhibit(reader.label).values))
    scale = 1000 if value == "earnings" else 1
    arms, horizons = list(dict.fromkeys(rows["arm"])), sorted(set(rows["year"]))
    keys = list(dict.fromkeys(rows["series"])) if "series" in rows else [""]
    marked = set(rows.loc[rows["mark"] != "", "arm"]) if "mark" in rows else set()
    figure, grid = figures.axes(
        1, len(horizons), height=0.36 * len(arms) + 1.5, sharex=True, squeeze=False
    )
    offsets = np.linspace(0.18, -0.18, len(keys)) if len(keys) > 1 else np.zeros(1)
    for column, year in enumerate(horizons):
        ax = grid[0, column]
        for key, shift, style in zip(keys, offsets, ARM_STYLES, strict=False):
            here = rows[rows["year"] == year]
            here = here[here["series"] == key] if key else here
            table = here.set_index("arm")[[value, "ci_low", "ci_high"]] / scale
            named = reader.named("series", key) if len(keys) > 1 else ""
            table = table.rename(columns={value: "estimate"})
            intervals(ax, table, arms, shift=shift, style=style, label=named)
        told = [f"{arm} †" if arm in marked else arm for arm in arms]
        interval_axes(ax, told, reader.named("", f"year_{year}"), names=column == 0)
        figures.norwegian_axis(ax, x=0 if scale > 1 else 1, y=None)
    grid[0, len(horizons) // 2].set_xlabel(reader.named("", "x"))
    if len(keys) > 1:
        _one_legend(figure, grid[0, 0])
    return figure


def monthly(reader: Reader) -> Figure:
    """Effect on work month by month with its interval, one panel per programme."""
    rows = reader.rows
    arms = list(dict.fromkeys(rows["arm"]))
    columns = len(arms) if len(arms) <= 3 else 4
    figure, grid = panels(len(arms), columns=columns, height=2.3 if columns < 4 else 1.7)
    for ax, arm in zip(grid, arms, strict=True):
        part = rows[rows["arm"] == arm]
        ax.fill_between(
            part["m"], 100 * part["ci_low"], 100 * part["ci_high"], color=DARK, alpha=0.18
        )
        ax.plot(part["m"], 100 * part["work"], color=DARK)
        ax.axhline(0, color=figures.INK, linewidth=0.8)
        ax.set_xlim(1, 36)
        ax.set_xticks([1, 12, 24, 36])
        figures.norwegian_axis(ax, y=0)
        panel_title(ax, arm, 20)
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
        panel_title(ax, arm)
    x_label(grid, 3, reader.named("", "x"))
    _one_legend(figure, grid[0])
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
    ax.set_yticks(range(len(arms)), list(reversed(arms)))
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
        panel_title(ax, arm, 20)
    x_label(grid, 4, reader.named("", "x"))
    _one_legend(figure, grid[0])
    return figure


def _one_legend(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
