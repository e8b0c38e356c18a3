"""Figures of part 1: who takes part (chapter 4)."""

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.disclosure.gate import Released
from naveval.exhibits import figures
from naveval.exhibits.output import Block, Output
from naveval.project import formats
from naveval.studies.programs.codes import GROUPS, STATUS_CODES
from naveval.studies.programs.exhibits.drawing import (
    DARK,
    STATUS_ORDER,
    STATUS_STYLES,
    TEAL,
    Style,
    areas,
    legend,
    name,
    panel_title,
    sankey,
    whole_ticks,
)
from naveval.studies.programs.panel.persons import CATEGORIES
from naveval.studies.programs.study import Participation

STATUSES = tuple(STATUS_CODES.values())
MIX_COLORS = figures.COLORS
FIRST_YEAR = 2009


def stock(output: Output, data: Participation) -> Block:
    """fig-4-1: persons per group each month 2011–2022."""
    released = _release(data, data.stock, "fig-4-1", ["m", "status"], "status")
    table = _wide(released.frame, "m", "status", "n") / 1000
    figure, ax = figures.axes(height=3.8)
    table.index = FIRST_YEAR + table.index / 12
    areas(ax, table, STATUS_STYLES)
    figures.norwegian_axis(ax, y=0)
    whole_ticks(ax.yaxis)
    ax.set_ylabel(output.label("fig-4-1", "y"))
    legend(figure, output, STATUS_STYLES, list(table.columns))
    top = _largest(released.frame, "m", "n")
    return figures.show(
        output, figure, released, "fig-4-1", group=name(output, top["status"]), n=top["n"]
    )


def composition(output: Output, data: Participation) -> Block:
    """fig-4-2: groups by month since first registration."""
    released = gate.release(
        data.composition[["k", "status", "n", "total", "share"]],
        label="fig-4-2",
        count={"n": "n", "share": "n", "total": "total"},
        keys=["k", "status"],
        labels=["k"],
        exhaustive="status",
        coarse=bool(data.county),
    )
    table = _wide(released.frame, "k", "status", "share")
    figure, ax = figures.axes(height=3.6)
    areas(ax, table, STATUS_STYLES)
    figures.norwegian_axis(ax, y=0, unit=" %")
    ax.set_xlabel(output.label("fig-4-2", "x"))
    ax.set_xticks(range(0, 25, 6))
    legend(figure, output, STATUS_STYLES, list(table.columns))
    return figures.show(
        output,
        figure,
        released,
        "fig-4-2",
        left=table["not_registered"].iloc[-1],
        standard=table["standard"].iloc[0],
    )


def flows(output: Output, data: Participation) -> Block:
    """fig-4-3: moves between groups at 0, 6, 12 and 18 months."""
    released = _release(data, data.flows, "fig-4-3", ["month", "source", "target"], "target")
    frame = released.frame.fillna({"n": 0})
    steps = [frame[frame.month == month] for month in (0, 6, 12)]
    figure, ax = figures.axes(height=4.6)
    titles = [output.label("fig-4-3", f"month_{month}") for month in (0, 6, 12, 18)]
    order = [[g for g in STATUS_ORDER if g in set(steps[0].source)], *[list(STATUS_ORDER)] * 3]
    columns = sankey(ax, steps, order, STATUS_STYLES, titles)
    for position, align, at in ((0, "right", -0.08), (3, "left", 3.08)):
        for group, (low, high) in columns[position].items():
            if high - low > 2:
                text = f"{name(output, group)}\n{formats.number(high - low, 0)} %"
                ax.text(at, (low + high) / 2, text, ha=align, va="center", fontsize=8)
    ax.set_xlim(-1.0, 4.0)
    low, high = columns[3]["not_registered"]
    return figures.show(output, figure, released, "fig-4-3", left=high - low)


def participation(output: Output, data: Participation) -> Block:
    """fig-4-4: persons by first group, and how many start a programme within two years."""
    frame = data.participation.assign(n_without=lambda table: table.n - table.n_program)
    counts = ("n", "n_program", "n_without")
    released = gate.release(
        frame,
        label="fig-4-4",
        count=dict(zip(counts, counts, strict=True)),
        additive={"n": ["n_program", "n_without"]},
        percent={"percent": "n"},
        keys=["status"],
        exhaustive="status",
        coarse=bool(data.county),
    )
    shown = released.frame.iloc[::-1].reset_index(drop=True)
    figure, ax = figures.axes(height=3.0)
    y = np.arange(len(shown))
    ax.barh(y, shown.n / 1000, color="#C9CED6")
    ax.barh(y, shown.n_program / 1000, color=DARK)
    for height, row in zip(y, shown.itertuples(), strict=True):
        ax.annotate(
            f"{formats.number(row.percent, 0)} %",
            (row.n / 1000, height),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    ax.set_yticks(y, [name(output, code) for code in shown.status])
    ax.set_xlabel(output.label("fig-4-4", "x"))
    figures.norwegian_axis(ax, x=0, y=None)
    best = shown.loc[shown.percent.fillna(-1).idxmax()]
    return figures.show(
        output,
        figure,
        released,
        "fig-4-4",
        best=name(output, best.status).lower(),
        percent=best.percent,
    )


def cumulative(output: Output, data: Participation) -> Block:
    """fig-4-5: cumulative share that has started, by first group."""
    frame = data.cumulative[["status", "k", "n", "percent"]]
    released = gate.release(
        frame,
        label="fig-4-5",
        count="n",
        percent={"percent": "n"},
        keys=["status", "k"],
        labels=["k"],
        coarse=bool(data.county),
    )
    figure, ax = figures.axes(height=3.6)
    ends = {}
    for i, status in enumerate(s for s in STATUSES if s in set(frame.status)):
        rows = released.frame[released.frame.status == status]
        color = STATUS_STYLES[status][0]
        ax.plot(rows.k, rows.percent, color=color, linestyle=figures.LINESTYLES[i % 6])
        if rows.percent.notna().any():
            ends[name(output, status)] = (24.0, float(rows.percent.iloc[-1]), color)
    ax.set_xlim(0, 24)
    ax.set_ylim(0, None)
    ax.set_xticks(range(0, 25, 6))
    figures.norwegian_axis(ax, y=0, unit=" %")
    ax.set_xlabel(output.label("fig-4-5", "x"))
    figures.label_ends(ax, ends)
    last = released.frame[frame.k == 24].set_index("status").percent
    return figures.show(
        output,
        figure,
        released,
        "fig-4-5",
        situational=last.get("situational", np.nan),
        standard=last.get("standard", np.nan),
    )


def groups_at_start(output: Output, data: Participation) -> Block:
    """fig-4-6: first group and group when the first programme starts."""
    released = _release(data, data.groups_at_start, "fig-4-6", ["source", "target"], "target")
    frame = released.frame.fillna({"n": 0})
    figure, ax = figures.axes(height=4.0)
    order = [[g for g in STATUS_ORDER if g in set(frame[side])] for side in ("source", "target")]
    titles = [output.label("fig-4-6", side) for side in ("left", "right")]
    columns = sankey(ax, [frame], order, STATUS_STYLES, titles)
    for position, align, at in ((0, "right", -0.08), (1, "left", 1.08)):
        for group, (low, high) in columns[position].items():
            if high - low > 1.5:
                text = f"{name(output, group)} {formats.number(high - low, 0)} %"
                ax.text(at, (low + high) / 2, text, ha=align, va="center", fontsize=8.5)
    ax.set_xlim(-0.8, 1.8)
    low, high = columns[0].get("standard", (0.0, 0.0))
    low_2, high_2 = columns[1].get("standard", (0.0, 0.0))
    return figures.show(
        output, figure, released, "fig-4-6", before=high - low, after=high_2 - low_2
    )


def released_use(data: Participation) -> Released:
    """Starts and programme months by programme as fig-4-7 shows them."""
    return _release(data, data.use_by_program, "fig-4-7", ["program"], "program")


def use_by_program(output: Output, data: Participation) -> Block:
    """fig-4-7: shares of starts and of programme months."""
    released = released_use(data)
    frame = released.frame.sort_values("starts_percent", na_position="first", ignore_index=True)
    figure, ax = figures.axes(height=5.0)
    y = np.arange(len(frame))
    ax.barh(
        y + 0.2, frame.starts_percent, 0.38, color=DARK, label=output.label("fig-4-7", "starts")
    )
    ax.barh(
        y - 0.2,
        frame.months_percent,
        0.38,
        color=TEAL,
        hatch="///",
        edgecolor="white",
        label=output.label("fig-4-7", "months"),
    )
    ax.set_yticks(y, frame.program)
    figures.norwegian_axis(ax, x=0, y=None)
    ax.set_xlabel(output.label("fig-4-7", "x"))
    ax.legend(loc="lower right")
    top = frame.iloc[-1]
    return figures.show(
        output, figure, released, "fig-4-7", top=top.program, percent=top.starts_percent
    )


def released_months(data: Participation) -> Released:
    """Mean months as fig-4-8 shows them; counts are those of fig-4-7, and hidden where they are."""
    return _release(data, data.mean_months, "fig-4-8", ["program"], linked=released_use(data))


def mean_months(output: Output, data: Participation) -> Block:
    """fig-4-8: mean months on a programme within two years of the start."""
    released = released_months(data)
    frame = released.frame
    figure, ax = figures.axes(height=4.2)
    y = np.arange(len(frame))
    ax.barh(y, frame.months, color=DARK)
    for height, value in zip(y, frame.months, strict=True):
        ax.annotate(
            formats.number(value, 1),
            (value, height),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    ax.set_yticks(y, frame.program)
    figures.norwegian_axis(ax, x=0, y=None)
    whole_ticks(ax.xaxis)
    ax.set_xlabel(output.label("fig-4-8", "x"))
    return figures.show(
        output,
        figure,
        released,
        "fig-4-8",
        longest=frame.program.iloc[-1],
        months=frame.months.iloc[-1],
    )


def use_over_time(output: Output, data: Participation) -> Block:
    """fig-4-9: programme months a year; small programmes are put together in the picture."""
    released = _release(data, data.use_over_time, "fig-4-9", ["year", "program"], "program")
    wide = _wide_programs(released.frame)
    big = list(wide.sum().sort_values(ascending=False).index[:8])
    table = wide[big].assign(rest=wide.drop(columns=big).sum(axis=1)) / 1000
    styles: dict[str, Style] = {
        column: (MIX_COLORS[i % 6], 0.9, "" if i < 6 else "///")
        for i, column in enumerate(table.columns)
    }
    figure, ax = figures.axes(height=4.2)
    areas(ax, table, styles)
    figures.norwegian_axis(ax, y=0)
    ax.set_ylabel(output.label("fig-4-9", "y"))
    ax.set_xticks(list(table.index[::2]), [str(year) for year in table.index[::2]])
    legend(figure, output, styles, list(table.columns))
    top = _largest(released.frame, "year", "months")
    return figures.show(
        output, figure, released, "fig-4-9", program=top["program"], months=top["months"]
    )


def who_gets_what(output: Output, data: Participation) -> Block:
    """fig-4-10: programmes by group, age, country group and unemployment, in percent."""
    columns = ["characteristic", "program", "category", "n", "starts", "percent"]
    frame = data.who_gets_what[columns]
    keys = ["characteristic", "program", "category"]
    released = _release(data, frame, "fig-4-10", keys, "program")
    programs = [p for p in GROUPS if p in set(frame.program)][::-1]
    figure, grid = figures.axes(2, 2, height=8.6, sharey=True)
    for ax, part in zip(grid.ravel(), ("status", "age_group", "country", "spell"), strict=True):
        rows = released.frame[released.frame.characteristic == part]
        table = rows.pivot(index="program", columns="category", values="percent")
        order = [c for c in CATEGORIES[part] if c in table.columns]
        table = table.reindex(index=programs, columns=order)
        image = np.ma.masked_invalid(table.to_numpy(dtype=float))
        ax.imshow(image, cmap="Blues", vmin=0, vmax=45, aspect="auto")
        for i, j in np.ndindex(*table.shape):
            value = table.iloc[i, j]
            if value == value and value >= 0.5:
                ax.text(
                    j,
                    i,
                    formats.number(value, 0),
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="white" if value > 27 else figures.INK,
                )
        ax.set_xticks(
            range(len(order)),
            [name(output, c) for c in order],
            rotation=35,
            ha="right",
            fontsize=7.5,
        )
        ax.set_yticks(range(len(programs)), programs, fontsize=8)
        ax.grid(visible=False)
        panel_title(ax, name(output, part))
    known = released.frame[released.frame.characteristic == "status"]
    top = known.sort_values("percent", na_position="first").iloc[-1]
    return figures.show(
        output,
        figure,
        released,
        "fig-4-10",
        program=top.program,
        percent=top.percent,
        group=name(output, top.category).lower(),
    )


def _release(
    data: Participation,
    frame: pd.DataFrame,
    label: str,
    keys: list[str],
    exhaustive: str | None = None,
    linked: Released | None = None,
) -> Released:
    """Release a frame with one count, rounded for a county."""
    numeric_keys = [key for key in keys if pd.api.types.is_numeric_dtype(frame[key])]
    return gate.release(
        frame,
        label=label,
        count="n",
        keys=keys,
        labels=numeric_keys,
        exhaustive=exhaustive,
        linked=linked,
        coarse=bool(data.county),
    )


def _largest(frame: pd.DataFrame, time: str, value: str) -> pd.Series:
    """The row with the largest value shown at the last time; missing where none is shown."""
    last = frame[frame[time] == frame[time].max()]
    return last.sort_values(value, ascending=False, na_position="last").iloc[0]


def _wide(frame: pd.DataFrame, index: str, columns: str, values: str) -> pd.DataFrame:
    table = frame.pivot(index=index, columns=columns, values=values).fillna(0)
    return table[[code for code in STATUS_ORDER if code in table.columns]]


def _wide_programs(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.pivot(index="year", columns="program", values="months").fillna(0)
