"""Figures of the section «Hvem deltar på tiltak», from released rows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from naveval.exhibits import figures, printed
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.studies.programs.exhibits.drawing import (
    DARK,
    MIX_STYLES,
    STATUS_STYLES,
    TEAL,
    areas,
    legend,
    mark_noisy,
    panel_title,
    sankey,
    stacked,
    whole_ticks,
)

LARGEST = 8
"""Programmes with an area of their own in figure 4-9."""
LEAST_TOLD, MOST = 0.5, 45
"""Percent in figure 4-10: told from, and the darkest square."""
LIGHT = LinearSegmentedColormap.from_list("light", ("#F7FBFF", "#6BAED6"))
"""Colours on which dark numbers can be read."""


def stock(reader: Reader) -> Figure:
    """Stacked persons by year, in thousands."""
    figure, ax = stacked(reader, "status", "m", "n", STATUS_STYLES, height=3.8)
    months = sorted(set(reader.rows["m"]))
    ax.set_xticks(months[:: len(months) // 6], [str(m // 100) for m in months[:: len(months) // 6]])
    figures.number_ticks(ax.yaxis, 1 / 1000)
    ax.set_ylabel(reader.named("", "y"))
    return figure


def composition(reader: Reader) -> Figure:
    """Stacked shares by month since first registration."""
    figure, ax = stacked(reader, "status", "k", "share", STATUS_STYLES, height=3.6)
    figures.norwegian_axis(ax, y=0, unit=" %")
    ax.set_xlabel(reader.named("", "x"))
    ax.set_xticks(range(0, 25, 6))
    return figure


def flows(reader: Reader) -> Figure:
    """Flows between groups over the first 18 months."""
    rows = reader.rows
    steps = [rows[rows["month"] == month] for month in (0, 6, 12)]
    titles = [reader.named("", f"month_{month}") for month in (0, 6, 12, 18)]
    return sankey(reader, steps, titles, height=4.6)


def groups_at_start(reader: Reader) -> Figure:
    """Flows from the first group to the group when the programme starts."""
    titles = [reader.named("", side) for side in ("left", "right")]
    return sankey(reader, [reader.rows], titles, height=4.0)


def participation(reader: Reader) -> Figure:
    """Bars of persons by first group, those who start darker, with the share at the end."""
    rows = reader.rows.iloc[::-1].reset_index(drop=True)
    figure, ax = _bars(reader, rows["status"], "status", rows["n"], height=3.0, color="#C9CED6")
    ax.barh(rows.index, rows["n_program"], color=DARK)
    theirs = started_by_source(reader).reindex(rows["status"])
    _told(ax, rows["n"], rows["percent"], "pct0", [_of_source(reader, one) for one in theirs])
    if theirs.notna().any():
        ax.set_xlim(0, 1.3 * float(rows["n"].max()))
    figures.number_ticks(ax.xaxis, 1 / 1000)
    return figure


def started_by_source(reader: Reader) -> pd.Series:
    """Percent of each first group who have started after two years in the source; of the country.

    Printed in table 4-3.
    """
    table = printed.read("programs")
    wanted = {"label": "tbl-4-3", "characteristic": "status", "month": "24"}
    for name, code in wanted.items():
        table = table[table[name] == code]
    found = table.set_index("category")["printed"]
    return found.iloc[:0] if reader.parameters.county else found


def of_source(reader: Reader) -> str:
    """What the numbers of the source are; nothing where they are not shown."""
    return reader.named("", "beside") if len(started_by_source(reader)) else ""


def _of_source(reader: Reader, percent: float) -> str:
    told = f" ({reader.named('', 'printed')} {formats.FORMATS['pct0'](percent)})"
    return "" if formats.is_missing(percent) else told


def _bars(
    reader: Reader, codes: pd.Series, key: str, values: pd.Series, *, height: float, color: str
) -> tuple[Figure, Axes]:
    figure, ax = figures.axes(height=height)
    ax.barh(range(len(values)), values, color=color)
    ax.set_yticks(range(len(codes)), [reader.named(key, code) for code in codes])
    figures.norwegian_axis(ax, x=0, y=None)
    ax.set_xlabel(reader.named("", "x"))
    return figure, ax


def _told(
    ax: Axes, at: pd.Series, values: pd.Series, form: str, beside: Sequence[str] = ()
) -> None:
    """Numbers at the ends of bars, and what stands beside them; they need no grid then."""
    ax.grid(visible=False)
    more = beside or [""] * len(values)
    for height, (x, value, extra) in enumerate(zip(at, values, more, strict=True)):
        text = formats.FORMATS[form](value) + extra
        ax.annotate(
            text,
            (x, height),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=figures.SMALL,
        )


def cumulative(reader: Reader) -> Figure:
    """A line per first group, named at its end."""
    figure, ax = figures.axes(height=3.6)
    ends = {}
    for number, (status, rows) in enumerate(reader.rows.groupby("status", sort=False)):
        color = STATUS_STYLES[str(status)][0]
        ax.plot(rows["k"], rows["percent"], color=color, linestyle=figures.LINESTYLES[number])
        mark_noisy(ax, reader, rows, color)
        ends[reader.named("status", str(status))] = (24.0, float(rows["percent"].iloc[-1]), color)
    ax.set_xlim(0, 24)
    ax.set_ylim(0, None)
    ax.set_xticks(range(0, 25, 6))
    figures.norwegian_axis(ax, y=0, unit=" %")
    ax.set_xlabel(reader.named("", "x"))
    figures.label_ends(ax, ends)
    return figure


def use_by_program(reader: Reader) -> Figure:
    """Two bars per programme: its share of starts and of months."""
    rows = reader.rows.dropna(subset=["starts_percent"]).sort_values(
        "starts_percent", ignore_index=True
    )
    figure, ax = figures.axes(height=4.6)
    for name, shift, style in (
        ("starts", 0.2, {"color": DARK}),
        ("months", -0.2, {"color": TEAL, "hatch": "///", "edgecolor": "white"}),
    ):
        ax.barh(
            rows.index + shift,
            rows[f"{name}_percent"],
            0.38,
            label=reader.named("", name),
            **style,
        )
    ax.set_yticks(rows.index, [reader.named("program", code) for code in rows["program"]])
    figures.norwegian_axis(ax, x=0, y=None)
    ax.set_xlabel(reader.named("", "x"))
    ax.legend(loc="lower right")
    return figure


def mean_months(reader: Reader) -> Figure:
    """A bar per programme with its mean at the end."""
    rows = reader.rows.dropna(subset=["months"]).sort_values("months", ignore_index=True)
    figure, ax = _bars(reader, rows["program"], "program", rows["months"], height=3.7, color=DARK)
    _told(ax, rows["months"], rows["months"], "num1")
    whole_ticks(ax.xaxis)
    return figure


def use_over_time(reader: Reader) -> Figure:
    """Stacked programme months by year, the smaller programmes put together."""
    rows = reader.rows
    order = list(rows.groupby("program")["months"].sum().sort_values(ascending=False).index)
    big, small = order[:LARGEST], order[LARGEST:]
    table = rows.pivot(index="year", columns="program", values="months").fillna(0)
    table = table[big].assign(rest=table[small].sum(axis=1))
    figure, ax = figures.axes(height=4.2)
    styles = dict(zip(table.columns, MIX_STYLES, strict=False))
    areas(ax, table, styles)
    legend(figure, styles, {code: reader.named("program", code) for code in table.columns})
    figures.number_ticks(ax.yaxis, 1 / 1000)
    ax.set_ylabel(reader.named("", "y"))
    ax.set_xticks(list(table.index[::2]), [str(year) for year in table.index[::2]])
    return figure


def starters(reader: Reader) -> pd.DataFrame:
    """Rows of programmes and groups where a share is large enough to be told; all where none is."""
    rows = reader.rows
    for keys in (["program"], ["characteristic", "category"]):
        rows = rows[rows.groupby(keys)["percent"].transform("max") >= LEAST_TOLD]
    return rows if len(rows) else reader.rows


def who_gets_what(reader: Reader) -> Figure:
    """Heat maps with programmes down and groups across, of those where somebody starts."""
    parts = list(starters(reader).groupby("characteristic", sort=False))
    figure, grid = figures.axes(2, 2, height=7.8, sharey=True)
    for ax in grid.ravel()[len(parts) :]:
        ax.remove()
    for ax, (part, own) in zip(grid.ravel(), parts, strict=False):
        table = own.pivot(index="program", columns="category", values="percent")
        table = table.loc[table.index[::-1], list(dict.fromkeys(own["category"]))]
        ax.imshow(np.ma.masked_invalid(table), cmap=LIGHT, vmin=0, vmax=MOST, aspect="auto")
        for (i, j), value in np.ndenumerate(table.to_numpy(float)):
            if value >= LEAST_TOLD:
                text = formats.number(value, 0)
                ax.text(j, i, text, ha="center", va="center", fontsize=figures.SMALL)
        names = [reader.named("category", code) for code in table.columns]
        ax.set_xticks(range(len(names)), names, rotation=35, ha="right", fontsize=figures.SMALL)
        ax.set_yticks(
            range(len(table)),
            [reader.named("program", p) for p in table.index],
            fontsize=figures.SMALL,
        )
        ax.grid(visible=False)
        panel_title(ax, reader.named("characteristic", str(part)))
    return figure
