"""Figures of the follow-up study. Every function takes released data only."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from naveval.disclosure import gate
from naveval.disclosure.gate import Released
from naveval.exhibits import figures
from naveval.exhibits.output import Block, Output
from naveval.project import formats
from naveval.studies.followup import weeks as iso_weeks
from naveval.studies.followup.estimate import START
from naveval.studies.followup.events import OUTCOMES, Events
from naveval.studies.followup.measures import BY_MONTH, before_and_after

BREAK = 201801
DIALOGUE = ("phone", "meeting", "question", "dialogue")
PERCENT = 100.0
# A line is drawn when at least this share of its months is not suppressed.
LEAST_SHOWN = 0.5
HEADROOM = 1.12
SENSITIVITY = ("program", "work")


def durations(output: Output, released: Released, label: str) -> Block:
    """Figures 1–3: one line per measure by weeks since the spell's start."""
    frame = released.frame
    measures = list(dict.fromkeys(frame["measure"]))
    figure, ax = figures.axes(height=3.6 if len(measures) < 5 else 4.4)
    ends = {}
    for number, measure in enumerate(measures):
        part = frame[frame["measure"] == measure]
        color = figures.COLORS[number % len(figures.COLORS)]
        style = figures.LINESTYLES[number % len(figures.LINESTYLES)]
        ax.plot(part["weeks"], PERCENT * part["value"], color=color, ls=style, marker=".", ms=4)
        known = part[part["value"].notna()]
        if len(known):
            name = output.label(label, measure)
            ends[name] = (104.0, PERCENT * known["value"].iloc[-1], color)
    ax.set_xlim(0, 104)
    ax.set_ylim(bottom=0)
    ax.set_xticks(range(0, 105, 13))
    ax.set_xlabel(output.label(label, "x"))
    ax.set_ylabel(output.label(label, "y"))
    _percent_axis(ax)
    figures.label_ends(ax, ends)
    return figures.show(output, figure, released, label, **_duration_values(frame))


def _duration_values(frame: pd.DataFrame) -> dict[str, float]:
    """Values for captions: first measure at the start, after a half, one and two years."""
    found = {}
    for measure, part in frame.groupby("measure", sort=False):
        by_weeks = part.set_index("weeks")["value"]
        for weeks in (0, 26, 52, 102):
            found[f"{measure}_{weeks}"] = by_weeks.get(weeks, np.nan)
    return found


def months(output: Output, released: Released, label: str) -> Block:
    """Figures 4–6: a panel per measure, a line per group, July 2017 marked."""
    frame = released.frame
    measures, groups = BY_MONTH[label]
    rows, columns = (2, 2) if len(measures) == 4 else (len(measures), 1)
    figure, axes = figures.axes(rows, columns, height=5.6 if rows == 2 else 7.0)
    for ax, measure in zip(np.ravel(axes), measures, strict=True):
        part = frame[frame["measure"] == measure]
        _months_panel(ax, output, part, label, measure, tuple(groups))
    return figures.show(output, figure, released, label, **before_and_after(frame))


def _months_panel(
    ax: Axes, output: Output, frame: pd.DataFrame, label: str, measure: str, groups: Sequence[str]
) -> None:
    ends = {}
    for number, group in enumerate(groups):
        part = frame[frame["group"] == group]
        x = iso_weeks.month_index(part["month"].to_numpy())
        y = PERCENT * part["value"].to_numpy(float)
        color = figures.COLORS[number]
        known = np.flatnonzero(~np.isnan(y))
        if known.size >= LEAST_SHOWN * y.size > 0:
            ax.plot(x, y, color=color, ls=figures.LINESTYLES[number], marker=".", ms=4)
            ends[output.label(label, group)] = (float(x.max()), float(y[known[-1]]), color)
    ax.set_title(output.label(label, measure) + _step(output, frame, label))
    if not ends:
        _nothing(ax, output, label)
        return
    mark_time(ax, output, label, dialogue=measure in DIALOGUE)
    ax.set_ylim(0, ax.get_ylim()[1] * HEADROOM)
    _percent_axis(ax)
    figures.label_ends(ax, ends)


def _step(output: Output, frame: pd.DataFrame, label: str) -> str:
    """The step of time of a panel, where it is longer than a month."""
    steps = set(frame["step"]) - {"", "month"}
    return f", {output.label(label, steps.pop())}" if steps else ""


def _nothing(ax: Axes, output: Output, label: str) -> None:
    """Say that there are too few persons for this panel."""
    ax.text(0.5, 0.5, output.label(label, "nothing"), transform=ax.transAxes, ha="center")
    ax.set_xticks([])
    ax.set_yticks([])


def _percent_axis(ax: Axes) -> None:
    """Round tick values, and as many decimals as they need."""
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ticks = np.diff(ax.get_yticks())
    figures.norwegian_axis(ax, y=0 if ticks[0] >= 1 else 1 if ticks[0] >= 0.1 else 2)


def mark_time(ax: Axes, output: Output, label: str, *, dialogue: bool) -> None:
    """Mark July 2017, and January 2018 where the dialogue data change; label the months."""
    first, last = iso_weeks.month_index(201607), iso_weeks.month_index(201806)
    ax.set_xlim(first, last)
    ticks = [first, first + 6, first + 12, first + 18, last]
    ax.set_xticks(ticks, [_short_month(tick) for tick in ticks])
    start = iso_weeks.month_index(START) - 0.5
    ax.axvline(start, color=figures.INK, lw=1)
    ax.annotate(
        output.label(label, "start"),
        (start, 1),
        xycoords=("data", "axes fraction"),
        xytext=(3, -3),
        textcoords="offset points",
        fontsize=7.5,
        va="top",
    )
    if dialogue:
        ax.axvspan(iso_weeks.month_index(BREAK) - 0.5, last, color="#EDEFF1", zorder=0, lw=0)


def _short_month(index: int) -> str:
    return f"{formats.MONTHS[index % 12][:3]}. {15 + index // 12}"


def events(output: Output, found: Mapping[str, Events]) -> Block:
    """Event study: a panel per outcome with pointwise intervals and simultaneous bands."""
    label = "fig-events"
    parts = [
        item.frame.assign(outcome=name, n_persons=item.n_persons) for name, item in found.items()
    ]
    frame = pd.concat(parts, ignore_index=True)
    released = gate.model(
        frame,
        label=label,
        n=["n_persons", "n_month"],
        residual_df=_freedom(found),
        keys=["outcome", "event_time"],
        labels=["month"],
    )
    figure, axes = figures.axes(3, 2, height=7.6)
    for ax, outcome in zip(np.ravel(axes), OUTCOMES, strict=False):
        _event_panel(ax, output, released.frame, outcome)
    last = np.ravel(axes)[-1]
    last.axis("off")
    for height, name in ((0.8, "points"), (0.55, "bars"), (0.3, "band")):
        last.text(0.0, height, output.label(label, name), fontsize=9, va="center", wrap=True)
    return figures.show(output, figure, released, label, **event_values(found))


def _freedom(found: Mapping[str, Events]) -> int:
    return min(item.n_persons for item in found.values()) - 1


def _event_panel(ax: Axes, output: Output, frame: pd.DataFrame, outcome: str) -> None:
    part = frame[frame["outcome"] == outcome]
    x = iso_weeks.month_index(part["month"].to_numpy())
    known = part["estimate"].notna().to_numpy()
    ax.axhline(0, color=figures.INK, lw=0.8)
    if known.any():
        ax.fill_between(
            x,
            PERCENT * part["band_low"],
            PERCENT * part["band_high"],
            color=figures.COLORS[1],
            alpha=0.22,
            lw=0,
        )
        ax.vlines(
            x, PERCENT * part["ci_low"], PERCENT * part["ci_high"], color=figures.COLORS[0], lw=1.1
        )
        ax.plot(x, PERCENT * part["estimate"], "o", color=figures.COLORS[0], ms=3.2)
    ax.set_title(output.label("fig-events", outcome))
    if not known.any():
        _nothing(ax, output, "fig-events")
        return
    mark_time(ax, output, "fig-events", dialogue=outcome in DIALOGUE)
    ax.set_xlim(x.min() - 0.6, x.max() + 0.6)
    _percent_axis(ax)


def event_values(found: Mapping[str, Events]) -> dict[str, Any]:
    """Values for captions: p-values of the joint tests."""
    return {
        f"{name}_p": item.pre_trend.p_value if item.pre_trend else np.nan
        for name, item in found.items()
    }


def sensitivity(output: Output, intervals: pd.DataFrame) -> Block:
    """Robust intervals by how far trends may differ, relative magnitudes."""
    label = "fig-sensitivity"
    chosen = intervals[
        intervals["outcome"].isin(SENSITIVITY) & (intervals["restriction"] == "relative")
    ].drop(columns=["share", "restriction"])
    freedom = int(chosen["n_persons"].min()) - 1 if len(chosen) else 0
    released = gate.model(
        chosen, label=label, n="n_persons", residual_df=freedom, keys=["outcome", "bound"]
    )
    figure, axes = figures.axes(1, len(SENSITIVITY), height=3.0)
    for ax, outcome in zip(np.ravel(axes), SENSITIVITY, strict=True):
        part = released.frame[released.frame["outcome"] == outcome]
        ax.axhline(0, color=figures.INK, lw=0.8)
        ax.vlines(
            part["bound"],
            PERCENT * part["ci_low"],
            PERCENT * part["ci_high"],
            color=figures.COLORS[0],
            lw=3,
        )
        ax.set_title(output.label(label, outcome))
        ax.set_xlabel(output.label(label, "x"))
        ax.set_xlim(-0.3, 2.3)
        if part["ci_low"].notna().any():
            figures.norwegian_axis(ax, y=None, x=1)
            _percent_axis(ax)
        else:
            _nothing(ax, output, label)
    np.ravel(axes)[0].set_ylabel(output.label(label, "y"))
    return figures.show(output, figure, released, label, **_interval_values(released.frame))


def _interval_values(frame: pd.DataFrame) -> dict[str, float]:
    """Values for captions: programme intervals at no difference and at twice the largest."""
    part = frame[frame["outcome"] == SENSITIVITY[0]].set_index("bound")
    return {
        f"program_{side}_{bound}": part[f"ci_{side}"].get(float(bound), np.nan)
        for side in ("low", "high")
        for bound in (0, 2)
    }
