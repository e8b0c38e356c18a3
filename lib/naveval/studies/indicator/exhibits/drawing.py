"""How monthly curves are drawn, the same everywhere."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from naveval.exhibits import claims, figures
from naveval.exhibits.figures import COLORS, INK, LINESTYLES
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.project import months as calendar_months
from naveval.studies.indicator.exhibits.common import PARTS_OF
from naveval.studies.indicator.models import is_share

ACROSS = 4
YEAR_PARTS = {"se": "year_error", "low": "year_low", "high": "year_high"}
GREY = "#B8BEC5"
SOFT_INK = "#6B7178"
WHOLE = "nav"
PANEL_HEIGHT = {1: 3.2, 2: 4.3, 3: 6.4}


Drawn = Literal["lines", "years", "multiples", "dots"]


def draw(reader: Reader, *, by: str, kind: str, drawn: Drawn) -> Figure:
    rows = reader.rows
    if drawn == "multiples":
        return _multiples(reader, rows, by, kind)
    if drawn == "dots":
        return _dots(reader, rows, by, kind)
    panels = list(dict.fromkeys(rows["panel"]))
    figure, found = figures.axes(len(panels), 1, height=PANEL_HEIGHT[len(panels)], sharex=True)
    for ax, panel in zip(np.atleast_1d(found), panels, strict=True):
        _panel(reader, ax, rows[rows["panel"] == panel], by, kind, years=drawn == "years")
        _months(ax, rows)
        ax.set_ylabel(reader.named("", f"y_{panel}" if panel else "y"))
    return figure


def _panel(
    reader: Reader, ax: Axes, rows: pd.DataFrame, by: str, kind: str, *, years: bool
) -> None:
    """Lines with their names at the end; of two, the second lies thin on a broad first.

    So that both are seen where they coincide.
    """
    ends, column = {}, "year" if years else "value"
    pair = rows[by].nunique() == 2 and not years
    for k, (name, own) in enumerate(rows.groupby(by, sort=False)):
        color, style = COLORS[k % len(COLORS)], LINESTYLES[(k + k // len(COLORS)) % 6]
        x = in_years(own["month"])
        width, order = (3.0 - 1.7 * k, 2 + k) if pair else (1.7, 2 + (k == 0))
        ax.plot(x, own[column], color=color, linestyle=style, linewidth=width, zorder=order)
        if years:
            ax.fill_between(
                x, own["year_low"], own["year_high"], color=color, alpha=0.14, linewidth=0
            )
        end = float(own[column].dropna().iloc[-1])
        ends[reader.named(by, str(name))] = (float(in_years(rows["month"]).max()), end, color)
    _zero(ax, kind)
    figures.number_ticks(ax.yaxis, _factor(rows, kind))
    figures.label_ends(ax, ends)


def _multiples(reader: Reader, rows: pd.DataFrame, by: str, kind: str) -> Figure:
    """A panel per line: twelve-month means with their band, and the months behind, thin.

    The whole place is dashed in all. Persons, which have no such means, are drawn by the month.
    """
    names = [name for name in dict.fromkeys(rows[by]) if name not in (WHOLE, "")]
    means = rows["year"].notna().any()
    down = -(-len(names) // ACROSS)
    figure, found = figures.axes(down, ACROSS, height=1.38 * down + 0.4, sharex=True, sharey=True)
    spots = np.atleast_1d(found).ravel()
    whole = rows[rows[by].isin([WHOLE, ""])]
    for ax, name in zip(spots, names, strict=False):
        own = rows[rows[by] == name]
        x = in_years(own["month"])
        if means:
            ax.plot(x, own["value"], color=GREY, linewidth=0.7, zorder=1)
            ax.fill_between(
                x, own["year_low"], own["year_high"], color=COLORS[0], alpha=0.18, linewidth=0
            )
        ax.plot(x, own["year" if means else "value"], color=COLORS[0], linewidth=1.6, zorder=3)
        ax.plot(in_years(whole["month"]), whole["year"], color=INK, linewidth=1, linestyle="--")
        ax.set_title(reader.named(by, str(name)), fontsize=figures.SMALL)
        _zero(ax, kind)
        figures.number_ticks(ax.yaxis, _factor(rows, kind))
        _months(ax, rows)
        even = [year for year in ax.get_xticks() if year % 2 == 0]
        ax.set_xticks(even, [f"{year:.0f}" for year in even])
        ax.tick_params(labelsize=figures.SMALL)
    for ax in spots[len(names) :]:
        ax.set_visible(False)
    figure.supylabel(reader.named("", "y"), fontsize=9)
    return figure


def _dots(reader: Reader, rows: pd.DataFrame, by: str, kind: str) -> Figure:
    """The last twelve months of each line with their interval, and a ring for the first twelve."""
    known = rows.dropna(subset=["year"])
    ends = known.groupby(by, sort=False).last().sort_values("year").reset_index()
    first = known.groupby(by, sort=False)["year"].first()[ends[by]]
    names = {"year": "indicator", "year_low": "ci_low", "year_high": "ci_high"}
    figure, ax = figures.axes(height=0.2 * len(ends) + 0.9)
    sure = None if kind == "actual" else set(certain(reader, by)["code"])
    dots(ax, ends.drop(columns=["ci_low", "ci_high"]).rename(columns=names), by, reader, sure)
    ax.plot(first, range(len(ends)), "|", color=INK, markersize=9, zorder=4)
    ax.set_xlabel(reader.named("", "y"))
    figures.norwegian_axis(ax, x=1, y=None)
    return figure


def dots(
    ax: Axes, rows: pd.DataFrame, key: str, reader: Reader, sure: Collection[str] | None = None
) -> None:
    """A point with its interval per row, named; the report's own place and the whole set apart.

    Parameters
    ----------
    sure
        Codes whose points are filled: they differ from what is expected. None: all are.
    """
    for y, row in enumerate(rows.to_dict("records")):
        mine = bool(row[key]) and row[key] == reader.parameters.county
        color = COLORS[3] if mine else INK if row[key] in (WHOLE, "") else COLORS[0]
        ax.plot([row["ci_low"], row["ci_high"]], [y, y], color=color, linewidth=2.2)
        filled = sure is None or row[key] in sure
        ax.plot(
            row["indicator"],
            y,
            marker="D" if mine else "o",
            color=color,
            markerfacecolor=color if filled else "white",
            markersize=6,
        )
    if sure is not None:
        ax.axvline(0, color=SOFT_INK, linewidth=0.8)
    ax.grid(axis="x")
    ax.grid(axis="y", visible=False)
    names = [with_persons(reader, key, row) for row in rows.to_dict("records")]
    ax.set_yticks(range(len(rows)), names)
    ax.tick_params(axis="y", labelsize=figures.SMALL)


def with_persons(reader: Reader, key: str, row: Mapping[str, Any]) -> str:
    """The name of a row and, in brackets, how many persons are behind it."""
    name = reader.named(key, str(row[key]))
    persons = row["n_persons"]
    return name if formats.is_missing(persons) else f"{name} ({formats.number(persons, 0)})"


def in_years(months: Sequence[str] | pd.Series) -> np.ndarray:
    """Months as positions on an axis of years."""
    return np.array([calendar_months.month_number(str(month)) / 12 for month in months])


def _months(ax: Axes, rows: pd.DataFrame) -> None:
    """The same months on the horizontal axis of every panel."""
    x = in_years(rows["month"])
    ax.set_xlim(x.min() - 0.1, x.max() + 0.1)
    years = np.arange(np.ceil(x.min()), np.floor(x.max()) + 1)
    ax.set_xticks(years, [f"{year:.0f}" for year in years])


def _zero(ax: Axes, kind: str) -> None:
    if kind in ("indicator", "relative"):
        ax.axhline(0, color=SOFT_INK, linewidth=0.8, zorder=0)


def _factor(rows: pd.DataFrame, kind: str) -> int:
    """Shares are drawn in percent."""
    share = kind == "relative" or (kind != "persons" and is_share(rows["outcome"].iloc[0]))
    return 100 if share else 1


def latest(reader: Reader, by: str) -> pd.DataFrame:
    """Where each line but the whole place's ends, from the lowest: code, estimate and its errors.

    That is the mean of the last twelve months, or the last month where there are no such means.
    Lines that end earlier than others of the same outcome are left out.
    """
    rows = reader.rows
    column = "year" if rows["year"].notna().any() else "value"
    parts = YEAR_PARTS if column == "year" else PARTS_OF
    rows = rows[rows[column].notna()]
    rows = rows[rows["month"] == rows.groupby("outcome")["month"].transform("max")]
    rows = rows[~rows[by].isin([WHOLE, ""])].sort_values(column, kind="stable")
    names = {column: "estimate", parts["se"]: "std_error"}
    names |= {parts["low"]: "low", parts["high"]: "high", by: "code"}
    return rows[list(names)].rename(columns=names).reset_index(drop=True)


def certain(reader: Reader, by: str) -> pd.DataFrame:
    """The lines that differ from what is expected when all are tested together."""
    found = latest(reader, by)
    if not len(found):
        return found
    beyond = claims.beyond(found, "", "low", "high")(claims.LEVEL / len(found))
    return found[beyond.eq(True)]
