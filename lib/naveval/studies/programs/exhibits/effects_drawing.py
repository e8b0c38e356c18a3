"""Figures of effects by programme and year, beside what the source prints."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from naveval.exhibits import figures
from naveval.exhibits.reader import Reader
from naveval.studies.programs.exhibits.drawing import (
    ARM_STYLES,
    LEAST_WHOLE,
    arm_name,
    interval_axes,
    intervals,
    one_legend,
)

OF_SOURCE: dict[str, Any] = {
    "color": figures.INK,
    "markerfacecolor": "white",
    "markersize": 6,
    "zorder": 1.5,
}
"""How what the source prints is marked, beside points with intervals."""


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
    printed = told_by_source(reader)
    offsets = np.linspace(0.18, -0.18, len(keys)) if len(keys) > 1 else np.zeros(1)
    for column, year in enumerate(horizons):
        ax = grid[0, column]
        for key, shift, style in zip(keys, offsets, ARM_STYLES, strict=False):
            here = rows[rows["year"] == year]
            here = here[here["series"] == key] if key else here
            table = here.set_index("arm")[[value, "ci_low", "ci_high"]] / scale
            named = reader.named("series", key) if len(keys) > 1 else ""
            named = reader.named("", "own") if len(printed) else named
            table = table.rename(columns={value: "estimate"})
            intervals(ax, table, arms, shift=shift, style=style, label=named)
        if len(printed):
            at = printed[printed["year"] == str(year)].set_index("arm")["printed"].reindex(arms)
            source = reader.named("", "printed")
            ax.plot(at / scale, np.arange(len(arms))[::-1], "D", **OF_SOURCE, label=source)
        called = {arm: arm_name(reader, arm) for arm in arms}
        told = [f"{name} †" if arm in marked else name for arm, name in called.items()]
        names = column == 0 or figures.on_phone()
        interval_axes(ax, told, reader.named("", f"year_{year}"), names=names)
    whole = float(np.ptp(grid[0, 0].get_xlim())) >= LEAST_WHOLE
    for ax in grid[0]:
        ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], integer=whole))
        figures.norwegian_axis(ax, x=0 if whole else 1, y=None)
    grid[0, len(horizons) // 2].set_xlabel(reader.named("", "x"))
    if len(keys) > 1 or len(printed):
        one_legend(figure, grid[0, 0])
    return figure


def told_by_source(reader: Reader) -> pd.DataFrame:
    """What the source tells of effects on a figure's outcome: arm, year, printed; none elsewhere.

    The figures of the main sample for the country have them, beside whom they are about.
    """
    outcome = {"fig-6-2": "months", "fig-6-3": "earnings"}.get(reader.label)
    table = reader.frame("tbl-effects") if outcome else pd.DataFrame({"printed": []})
    table = table[table["printed"].notna()]
    return table[table["outcome"] == outcome] if len(table) else table
