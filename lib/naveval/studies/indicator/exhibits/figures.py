"""Figures of the work indicator: monthly curves, drawn the same way everywhere."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from naveval.disclosure import gate
from naveval.exhibits import figures, words
from naveval.exhibits.figures import COLORS, LINESTYLES
from naveval.exhibits.output import Block, Output, sentence
from naveval.project import months as calendar_months
from naveval.studies.indicator.exhibits.lines import extremes, frame_of, line_name, summary_values
from naveval.studies.indicator.frames import EmptyGroupError
from naveval.studies.indicator.study import Study

GREY = "#B8BEC5"
COLUMNS = 4
LEAST_POINTS = 3
MULTIPLES = ("fig-14", "fig-15", "fig-17", "fig-18", "fig-19", "fig-29", "fig-in-model")
MANY = 8
PANEL_HEIGHT = {1: 3.5, 2: 5.4, 3: 7.2}
SHARES = ("fig-8", "fig-9", "fig-19", "fig-21", "fig-23", "fig-linear")
RELATIVE = ("fig-26", "fig-28")
ZERO = ("indicator", "gap", "relative")
WITHOUT_ZERO = ("fig-1", "fig-6", "fig-8", "fig-10", "fig-14", "fig-17", "fig-29", "fig-horizons")


def curve(output: Output, study: Study, label: str) -> Block:
    """A figure with monthly curves, and the data behind it.

    Parameters
    ----------
    label
        The document's number ("fig-6") or one of the added figures ("fig-linear").

    A group with nobody in it, or too few, gives a sentence that says so in place of the figure.
    """
    county = output.place.code
    try:
        frame = frame_of(study, county, label)
    except EmptyGroupError:
        return too_few(output, label)
    released = gate.release(
        frame,
        label=label,
        count="n",
        values=["value"],
        keys=["panel", "line", "month"],
    )
    shown = released.frame.assign(value=released.frame["value"].astype(float))
    if shown["value"].notna().sum() < LEAST_POINTS:
        return too_few(output, label)
    if label in MULTIPLES:
        figure = _multiples(output, shown, label)
        values = summary_values(shown, _main_line(shown, county))
        return figures.show(output, figure, released, label, **values)
    panels = list(dict.fromkeys(shown["panel"]))
    figure, found = figures.axes(len(panels), 1, height=PANEL_HEIGHT[len(panels)], sharex=True)
    for ax, panel in zip(np.atleast_1d(found), panels, strict=True):
        own = shown[shown["panel"] == panel]
        _draw(output, ax, own, label, county, shown)
        ax.set_ylabel(output.label(label, f"y_{panel}" if panel else "y"))
    values = summary_values(shown, _main_line(shown, county))
    return figures.show(output, figure, released, label, **values)


def too_few(output: Output, label: str) -> Block:
    """In place of a figure or table that rests on too few persons."""
    caption = words.fill(output.texts[label]["caption"], {"place": output.place}, label)
    return sentence(output, "too-few", caption=caption)


def _multiples(output: Output, frame: pd.DataFrame, label: str) -> Figure:
    """One small panel per line, with the other lines in grey behind it."""
    points = frame.groupby("line")["value"].count()
    lines = [line for line in dict.fromkeys(frame["line"]) if points[line] >= LEAST_POINTS]
    rows = -(-len(lines) // COLUMNS)
    figure, found = figures.axes(rows, COLUMNS, height=1.75 * rows + 0.4, sharex=True, sharey=True)
    places = np.atleast_1d(found).ravel()
    names = output.texts["names"]
    for ax, line in zip(places, lines, strict=False):
        for other in lines:
            own = frame[frame["line"] == other]
            if other != line:
                ax.plot(in_years(own["month"]), own["value"], color=GREY, linewidth=0.5, zorder=1)
        own = frame[frame["line"] == line]
        ax.plot(in_years(own["month"]), own["value"], color=COLORS[0], linewidth=1.6, zorder=3)
        ax.set_title(line_name(line, names), fontsize=8.5)
        if label not in WITHOUT_ZERO:
            ax.axhline(0, color="#6B7178", linewidth=0.8, zorder=0)
        _axes(ax, frame, label)
        _months(ax, frame)
        ax.set_xticks(
            [year for year in ax.get_xticks() if year % 2 == 0],
            [f"{year:.0f}" for year in ax.get_xticks() if year % 2 == 0],
        )
        ax.tick_params(labelsize=7.5)
    for ax in places[len(lines) :]:
        ax.set_visible(False)
    figure.supylabel(output.label(label, "y"), fontsize=9)
    return figure


def _main_line(frame: pd.DataFrame, county: str) -> str:
    lines = list(dict.fromkeys(frame["line"]))
    own = f"county:{county}"
    return own if own in lines else "nav" if "nav" in lines else lines[0]


def _draw(
    output: Output, ax: Axes, frame: pd.DataFrame, label: str, county: str, whole: pd.DataFrame
) -> None:
    _months(ax, whole)
    lines = list(dict.fromkeys(frame["line"]))
    bold = lines
    if any(line.startswith("county:") for line in lines) and len(lines) > MANY:
        bold = extremes(frame, f"county:{county}" if county else "")
    names = output.texts["names"]
    for line in lines:
        if line not in bold:
            own = frame[frame["line"] == line]
            ax.plot(in_years(own["month"]), own["value"], color=GREY, linewidth=0.7, zorder=1)
    ends = {}
    for k, line in enumerate(bold):
        own = frame[(frame["line"] == line)]
        color, style = COLORS[k % len(COLORS)], LINESTYLES[(k + k // len(COLORS)) % 6]
        x = in_years(own["month"])
        ax.plot(x, own["value"], color=color, linestyle=style, linewidth=1.7, zorder=2 + (k == 0))
        last = own[own["value"].notna()]
        if len(last):
            ends[line_name(line, names)] = (
                float(in_years(whole["month"]).max()),
                float(last["value"].iloc[-1]),
                color,
            )
    if label not in WITHOUT_ZERO and not (label == "fig-16" and "actual" in lines):
        ax.axhline(0, color="#6B7178", linewidth=0.8, zorder=0)
    _axes(ax, frame, label)
    figures.label_ends(ax, ends)


def in_years(months: Sequence[str] | pd.Series) -> np.ndarray:
    """Months as positions on an axis of years."""
    return np.array([calendar_months.month_number(str(month)) / 12 for month in months])


def _months(ax: Axes, frame: pd.DataFrame) -> None:
    """The same months on the horizontal axis of every panel."""
    x = in_years(frame["month"])
    ax.set_xlim(x.min() - 0.1, x.max() + 0.1)
    years = np.arange(np.ceil(x.min()), np.floor(x.max()) + 1)
    ax.set_xticks(years, [f"{year:.0f}" for year in years])


def _axes(ax: Axes, frame: pd.DataFrame, label: str) -> None:
    values = frame["value"].dropna()
    share = (
        label in SHARES
        or label in RELATIVE
        or (label in ("fig-1", "fig-25") and frame["panel"].iloc[0] == "jobb")
    )
    span = float(values.max() - values.min()) if len(values) else 1.0
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    decimals = 0 if span * (100 if share else 1) > 4 else 1
    if share:
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: _percent(v, decimals)))
    else:
        figures.norwegian_axis(ax, y=decimals)


def _percent(value: float, decimals: int) -> str:
    from naveval.project import formats

    return formats.number(100 * value, decimals)
