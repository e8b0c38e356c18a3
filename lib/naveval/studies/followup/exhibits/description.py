"""Section «Oppfølging gjennom forløpet» and the figures by month: figures 1 to 6."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from naveval.disclosure.counts import NOISY
from naveval.exhibits import figures
from naveval.exhibits.declare import Exhibit, Fact, Picture, Table, Value
from naveval.exhibits.protect import Together
from naveval.exhibits.reader import Reader
from naveval.exhibits.views import open_points
from naveval.project import formats
from naveval.studies.followup import protection
from naveval.studies.followup import weeks as iso_weeks
from naveval.studies.followup.estimate import START
from naveval.studies.followup.exhibits.common import DIALOGUES, unit
from naveval.studies.followup.exhibits.effects import EXITED, FOLLOWED, NEAR_LIMIT
from naveval.studies.followup.measures import BY_DURATION, BY_MONTH, EXITS, FOLLOW_UP
from naveval.studies.followup.results import FollowupResults

BREAK = 201801
DIALOGUE = ("phone", "meeting", "question", "dialogue")
PERCENT = 100.0
# A line is drawn when at least this share of its months is not suppressed.
LEAST_SHOWN = 0.5
HEADROOM = 1.12
HALVES = (0, 26, 52, 102)
YEAR = 52
HEIGHTS = {1: 2.5, 3: 3.2, 7: 4.2}
"""Inches, by the number of lines whose names must have room beside each other."""


def draw_durations(reader: Reader) -> Figure:
    """One line per measure by weeks since the spell's start."""
    frame = reader.rows
    measures = list(dict.fromkeys(frame["measure"]))
    figure, ax = figures.axes(height=HEIGHTS[len(measures)])
    ends = {}
    shown = _firm(reader)
    for number, measure in enumerate(measures):
        part = frame[frame["measure"] == measure]
        if measure not in shown:
            continue
        color = figures.COLORS[number % len(figures.COLORS)]
        style = figures.LINESTYLES[number % len(figures.LINESTYLES)]
        _line(ax, part["weeks"], part["value"], _noisy(reader, part), (color, style))
        known = part[part["value"].notna()]
        if len(known):
            name = reader.named("", measure)
            last = known.iloc[-1]
            ends[name] = (float(last["weeks"]), PERCENT * last["value"], color)
    if not ends:
        nothing(ax, reader)
        return figure
    ax.set_xlim(0, 104)
    ax.set_ylim(bottom=0)
    ax.set_xticks(range(0, 105, 13))
    ax.set_xlabel(reader.named("", "x"))
    ax.set_ylabel(reader.named("", "y"))
    percent_axis(ax)
    figures.label_ends(ax, ends, at=104.0)
    return figure


def _line(ax: Axes, x: Any, shares: pd.Series, noisy: pd.Series, style: tuple[str, Any]) -> None:
    """A line in per cent, broken at open points: a slope to one of them would compare it."""
    color, dashes = style
    y = PERCENT * shares
    ax.plot(x, y.mask(noisy), color=color, ls=dashes, marker=".", ms=4)
    open_points(ax, x, y, noisy, color)


def _firm(reader: Reader) -> list[str]:
    """Measures whose line is drawn: those with enough points that are not mostly noise."""
    known = replace(reader, noisy=False).rows.groupby("measure", sort=False)["value"]
    return [str(name) for name, own in known if own.notna().mean() >= LEAST_SHOWN]


def _lines(reader: Reader) -> float:
    """How many lines are drawn; missing for none."""
    return len(_firm(reader)) or np.nan


def draw_months(reader: Reader) -> Figure:
    """A panel per measure, a line per group, July 2017 marked."""
    frame = reader.rows
    measures, groups = BY_MONTH[reader.label]
    rows, columns = (2, 2) if len(measures) == 4 else (len(measures), 1)
    figure, axes = figures.axes(rows, columns, height=5.0 if rows == 2 else 5.4)
    for ax, measure in zip(np.ravel(axes), measures, strict=True):
        _months_panel(ax, reader, frame[frame["measure"] == measure], measure, tuple(groups))
    return figure


def _months_panel(
    ax: Axes, reader: Reader, frame: pd.DataFrame, measure: str, groups: Sequence[str]
) -> None:
    ends = {}
    for number, group in enumerate(groups):
        part = frame[frame["group"] == group]
        x = iso_weeks.month_index(part["month"].to_numpy())
        y = PERCENT * part["value"].to_numpy(float)
        color = figures.COLORS[number]
        known = np.flatnonzero(~np.isnan(y))
        if known.size >= LEAST_SHOWN * y.size > 0:
            style = (color, figures.LINESTYLES[number])
            _line(ax, x, part["value"], _noisy(reader, part), style)
            ends[reader.named("", group)] = (float(x[known[-1]]), float(y[known[-1]]), color)
    ax.set_title(reader.named("", measure) + _step(reader, frame))
    if not ends:
        nothing(ax, reader)
        return
    mark_time(ax, reader, dialogue=measure in DIALOGUE)
    ax.set_ylim(0, ax.get_ylim()[1] * HEADROOM)
    percent_axis(ax)
    # Past the axis, also where a line of longer steps ends before it.
    figures.label_ends(ax, ends, at=ax.get_xlim()[1])


def _noisy(reader: Reader, rows: pd.DataFrame) -> pd.Series:
    return reader.marks["value"].eq(NOISY)[rows.index]


def _step(reader: Reader, frame: pd.DataFrame) -> str:
    """The step of time of a panel, where some panel has a longer one than a month."""
    steps = set(frame["step"]) - {""}
    told = steps and _finest(reader) != "finest_month"
    return f", {reader.named('', steps.pop())}" if told else ""


def _finest(reader: Reader) -> str:
    """Whether every panel goes month by month."""
    return "finest_longer" if set(reader.rows["step"]) - {"", "month"} else "finest_month"


def nothing(ax: Axes, reader: Reader) -> None:
    """Say that there are too few persons for this panel."""
    ax.text(0.5, 0.5, reader.named("", "nothing"), transform=ax.transAxes, ha="center")
    ax.set_xticks([])
    ax.set_yticks([])


def percent_axis(ax: Axes) -> None:
    """Round tick values, and as many decimals as they need."""
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ticks = np.diff(ax.get_yticks())
    figures.norwegian_axis(ax, y=0 if ticks[0] >= 1 else 1 if ticks[0] >= 0.1 else 2)


def mark_time(ax: Axes, reader: Reader, *, dialogue: bool) -> None:
    """Mark July 2017, and January 2018 where the dialogue data change; label the months."""
    first, last = iso_weeks.month_index(201607), iso_weeks.month_index(201806)
    ax.set_xlim(first, last)
    ticks = [first, first + 6, first + 12, first + 18, last]
    ax.set_xticks(ticks, [_short_month(tick) for tick in ticks])
    start = iso_weeks.month_index(START) - 0.5
    ax.axvline(start, color=figures.INK, lw=1)
    ax.annotate(
        reader.named("", "start"),
        (start, 1),
        xycoords=("data", "axes fraction"),
        xytext=(3, -3),
        textcoords="offset points",
        fontsize=figures.SMALL,
        va="top",
    )
    if dialogue:
        ax.axvspan(iso_weeks.month_index(BREAK) - 0.5, last, color="#EDEFF1", zorder=0, lw=0)


def _short_month(index: int) -> str:
    return f"{formats.MONTHS[index % 12][:3]}. {15 + index // 12}"


def _mean(measures: Sequence[str]) -> Value:
    """Means over person-periods, whose unit the measure decides."""
    method = "mean over person-periods"
    kinds = {
        name: Value("hundred2", unit(name), estimand="mean", method=method)
        if unit(name) == DIALOGUES
        else Value("share2", unit(name), estimand="mean", method=method)
        for name in measures
    }
    return Value(by="measure", kinds=kinds)


def _at(measure: str, weeks: int) -> Fact:
    """A measure's mean so many weeks after the start."""

    def get(reader: Reader) -> float:
        rows = reader.rows
        found = rows.loc[(rows["measure"] == measure) & (rows["weeks"] == weeks), "value"]
        return float(found.iloc[0]) if len(found) else float("nan")

    return Fact(get, "hundred1" if unit(measure) == DIALOGUES else "share1")


def _end(which: str) -> Fact:
    """The least or most of the measures a year after the start."""

    def get(reader: Reader) -> float:
        found = reader.rows.loc[reader.rows["weeks"] == YEAR, "value"]
        return float(found.min() if which == "least" else found.max())

    return Fact(get, "share1")


TITLES: Mapping[str, Callable[[Reader], str]] = {
    "fig-4": FOLLOWED,
    "fig-5": NEAR_LIMIT,
    "fig-6": EXITED,
}
"""The tests that tell whether what a figure shows by month has changed."""


def _durations(label: str) -> Exhibit[FollowupResults]:
    measures = BY_DURATION[label]
    return Exhibit(
        label,
        data=lambda results: protection.durations(results.panel, label, results.parameters),
        keys=("measure", "weeks"),
        values={"value": _mean(measures)},
        protect=Together("n_persons"),
        view=Picture(draw_durations),
        facts={f"{name}_{weeks}": _at(name, weeks) for name in measures for weeks in HALVES}
        | {f"{name}_{YEAR}": _end(name) for name in ("least", "most")}
        | {"lines": Fact(_lines, "int")},
        finding=lambda reader: "" if np.isnan(_lines(reader)) else "told",
    )


def _months(label: str) -> Exhibit[FollowupResults]:
    return Exhibit(
        label,
        data=lambda results: protection.months(results.protected, label, results.parameters.county),
        keys=("measure", "group", "month"),
        values={"value": _mean(BY_MONTH[label][0])},
        protect=Together("n_persons"),
        view=Picture(draw_months),
        facts={"finest": Fact(_finest, "name")},
        finding=TITLES[label],
    )


COUNTIES = Exhibit[FollowupResults](
    "tbl-counties",
    data=lambda results: results.protected.gaps,
    keys=("county", "measure"),
    values={
        **dict.fromkeys(protection.GAP_PARTS, _mean((*FOLLOW_UP, *EXITS))),
        "gap": _mean((*FOLLOW_UP, *EXITS)),
    },
    protect=Together({name: f"n_{name}" for name in (*protection.GAP_PARTS, "gap")}),
    view=None,
)
"""Released for the pages of the counties, and not drawn."""


EXHIBITS: tuple[Exhibit[FollowupResults], ...] = (
    *(_durations(label) for label in BY_DURATION),
    *(_months(label) for label in BY_MONTH),
    COUNTIES,
    Exhibit(
        "tbl-around",
        data=lambda results: protection.around(results.panel, results.parameters),
        keys=("figure", "measure", "group", "when"),
        values={"value": _mean((*FOLLOW_UP, *EXITS))},
        protect=Together("n_persons"),
        view=Table(spread=("group", "when"), joined=("measure", "figure")),
    ),
)
