"""Figures of monthly curves: which lines each has, and how they are drawn, the same everywhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from naveval.disclosure import series
from naveval.disclosure.models import rounded_errors
from naveval.disclosure.released import Released
from naveval.exhibits import figures, words
from naveval.exhibits.declare import Exhibit, Fact, Picture, Value, When
from naveval.exhibits.figures import COLORS, INK, LINESTYLES
from naveval.exhibits.protect import Together
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.project import months as calendar_months
from naveval.studies.indicator.exhibits.common import PARTS_OF, PERSONS, by_outcome
from naveval.studies.indicator.exhibits.common import released as release
from naveval.studies.indicator.frames import critical, relative, tertials
from naveval.studies.indicator.models import is_share
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.results import IndicatorResults

GREY = "#B8BEC5"
SOFT_INK = "#6B7178"
WHOLE = "nav"
ACROSS, MANY, LEAST_POINTS, YEAR = 4, 6, 3, 12
PANEL_HEIGHT = {1: 3.5, 2: 5.4, 3: 7.2}
ERRORS = {"indicator": "std_error", "indicator_sa": "std_error_sa"}
TERTIAL_ENDS = {"1": "04", "2": "08", "3": "12"}


@dataclass(frozen=True)
class Line:
    """A line of a figure: the curve it comes from, which of its numbers, and its panel.

    `value` is a column of `frames.curve_frame`; "relative" and "tertial" are computed from the
    whole curve, "tertial_relative" both.
    """

    line: str
    outcome: str
    grouping: str
    group: str
    value: str = "indicator_sa"
    panel: str = ""
    specification: str = ""


Lines = Callable[[Parameters], Sequence[Line]]
CURVE = ["specification", "outcome", "grouping", "group"]


def frame(results: IndicatorResults, lines: Sequence[Line]) -> pd.DataFrame:
    """Points of the lines that rest on enough persons, in order.

    A line is left out when fewer than ten persons in work (for shares also not in work) stand
    behind its typical month, and when it has hardly any points, as adjusted curves have that lack
    base months.

    Returns
    -------
    panel, line, outcome, month, value, n_persons, std_error, ci_low, ci_high.
    """
    wanted = pd.DataFrame([asdict(line) for line in lines])
    found = wanted.merge(results.curves, on=CURVE, how="left")
    parts = []
    for _, own in found.groupby(["panel", "line", "outcome"], sort=False):
        own = own[own["n_persons"] > 0]
        if not len(own) or not _enough(own):
            continue
        own = _valued(own, results.parameters.relative_month)
        if own["result"].notna().sum() >= LEAST_POINTS:
            parts.append(own)
    columns = ["panel", "line", "outcome", "month", "value", "n_persons", *PARTS_OF.values()]
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    table["value"] = table["result"].astype(float)
    table["std_error"] = rounded_errors(table["error"])
    half = critical(table["n_persons"]) * table["std_error"]
    return table.assign(ci_low=table["value"] - half, ci_high=table["value"] + half)[columns]


def _enough(own: pd.DataFrame) -> bool:
    """Whether a line is not mostly noise; persons themselves are told however few they are."""
    share = is_share(own["outcome"].iloc[0])
    counted = own["value"].iloc[0] == "n_persons"
    return counted or series.enough(own, "n_with", "n_persons" if share else "")


def _valued(own: pd.DataFrame, month: str) -> pd.DataFrame:
    """One line's points with `result` and `error`."""
    value = own["value"].iloc[0]
    if value.startswith("tertial"):
        table = tertials(own.drop(columns="value"))
        ends = [t[:4] + "-" + TERTIAL_ENDS[t[5]] for t in table["tertial"]]
        column = "relative" if value.endswith("relative") else "indicator_sa"
        fixed = own[["panel", "line"]].iloc[[0] * len(table)].reset_index(drop=True)
        return table.assign(
            panel=fixed["panel"],
            line=fixed["line"],
            month=ends,
            result=table[column],
            error=np.nan,
            n_persons=own["n_persons"].min(),
        )
    if value == "relative":
        return own.assign(result=relative(own, month)["relative"], error=np.nan)
    error = own[ERRORS[value]] if value in ERRORS else np.nan
    return own.assign(result=own[value], error=error)


KINDS: Mapping[str, Value] = {
    "actual": by_outcome("num1", "share1", estimand="actual"),
    "indicator": by_outcome("num2_s", "pp1_s", estimand="indicator", **PARTS_OF),
    "level": by_outcome("num2", "share1", estimand="actual, expected or their difference"),
    "relative": Value("share1_s", "share of the mean level", estimand="indicator"),
    "persons": Value("int", PERSONS, estimand="persons"),
}
KEYS = ("panel", "outcome", "month")


def curve(
    label: str,
    lines: Lines,
    *,
    kind: str = "indicator",
    by: str = "line",
    every: bool = True,
    multiples: bool = False,
    finding: Callable[[Reader], str] | None = None,
) -> Exhibit[IndicatorResults]:
    """A figure of monthly curves.

    Parameters
    ----------
    kind
        What the values are, a name in `KINDS`.
    by
        Key that names the lines: "line", or "county" with "" for the whole country.
    every
        Whether the figure's words name all lines, so that it is not shown without one of them;
        else it is shown with at least one beside the whole country, and says which are not there.
    multiples
        A small panel per line, the others behind it.
    finding
        Rule of the title; by default it tells numbers and compares none.
    """
    keys = (by, *KEYS)

    def data(results: IndicatorResults) -> Released:
        found = frame(results, lines(results.parameters)).rename(columns={"line": by})
        return release(found, results, label, keys, ("value",) if kind == "persons" else ())

    def holds(results: IndicatorResults) -> bool:
        wanted = lines(results.parameters)
        there = set(frame(results, wanted)["line"])
        named = {line.line for line in wanted}
        return there >= named if every else bool(there - {WHOLE, ""})

    form = KINDS[kind].kinds["atid3"].format if KINDS[kind].by else KINDS[kind].format
    if KINDS[kind].by and is_share(lines(Parameters())[0].outcome):
        form = KINDS[kind].kinds["jobb3"].format
    return Exhibit(
        label,
        data=data,
        keys=keys,
        values={"value": KINDS[kind]},
        protect=Together("n_persons"),
        view=Picture(partial(_draw, by=by, kind=kind, multiples=multiples)),
        facts=_facts(by, form, lines),
        when=When(holds, "too-few"),
        finding=finding,
    )


def _main(reader: Reader, by: str) -> pd.DataFrame:
    """Points of the line that captions speak of: the county's own, else the first."""
    rows = reader.rows[reader.rows["value"].notna()]
    county = reader.parameters.county if by == "county" else None
    chosen = county if county in set(rows[by]) else rows[by].iloc[0]
    rows = rows[rows[by] == chosen]
    first = rows[["panel", "outcome"]].iloc[0]
    return rows[(rows["panel"] == first["panel"]) & (rows["outcome"] == first["outcome"])]


def _facts(by: str, form: str, lines: Lines) -> dict[str, Fact]:
    """First, last, lowest and highest of the main line, and which lines there are."""

    def of(get: Callable[[pd.DataFrame], Any], form: str) -> Fact:
        return Fact(lambda reader: get(_main(reader, by)), form)

    def left_out(reader: Reader) -> str:
        wanted = dict.fromkeys(line.line for line in lines(reader.parameters))
        there = set(reader.rows[by])
        names = [reader.named(by, name) for name in wanted if name not in there]
        return f"{reader.named('', 'left_out')} {', '.join(names)}." if names else ""

    def second(reader: Reader) -> pd.DataFrame:
        rows = reader.rows
        others = rows[rows[by] != _main(reader, by)[by].iloc[0]]
        return others[others[by] == others[by].iloc[0]]

    return {
        "main": Fact(lambda reader: reader.named(by, _main(reader, by)[by].iloc[0]), "text"),
        "first_value": of(lambda rows: rows["value"].iloc[0], form),
        "first_month": of(lambda rows: rows["month"].iloc[0], "month"),
        "last_value": of(lambda rows: rows["value"].iloc[-1], form),
        "last_month": of(lambda rows: rows["month"].iloc[-1], "month"),
        "year": of(lambda rows: _last_year(rows)["value"].mean(), form),
        "second": Fact(lambda reader: reader.named(by, second(reader)[by].iloc[0]), "text"),
        "second_year": Fact(lambda reader: _last_year(second(reader))["value"].mean(), form),
        "bold": Fact(
            lambda reader: "bold_county" if reader.parameters.county else "bold_country", "name"
        ),
        "lowest": of(lambda rows: rows["value"].min(), form),
        "highest": of(lambda rows: rows["value"].max(), form),
        "lines": Fact(lambda reader: reader.rows[by].nunique()),
        "left_out": Fact(left_out, "text"),
        "title": Fact(lambda reader: reader.fill(_caption(reader)), "text"),
    }


def _last_year(rows: pd.DataFrame) -> pd.DataFrame:
    """The months of a line that titles speak of: single months swing too much."""
    return rows.tail(YEAR)


def _caption(reader: Reader) -> str:
    return str(words.entry(reader.output.texts, reader.label)["caption"])


def _draw(reader: Reader, *, by: str, kind: str, multiples: bool) -> Figure:
    rows = reader.rows
    if multiples:
        return _multiples(reader, rows, by, kind)
    panels = list(dict.fromkeys(rows["panel"]))
    figure, found = figures.axes(len(panels), 1, height=PANEL_HEIGHT[len(panels)], sharex=True)
    for ax, panel in zip(np.atleast_1d(found), panels, strict=True):
        own = rows[rows["panel"] == panel]
        _panel(reader, ax, own, by, kind)
        _months(ax, rows)
        ax.set_ylabel(reader.named("", f"y_{panel}" if panel else "y"))
    return figure


def _panel(reader: Reader, ax: Axes, rows: pd.DataFrame, by: str, kind: str) -> None:
    """Lines with their names at the end; among many counties most are grey."""
    names = list(dict.fromkeys(rows[by]))
    bold = names if len(names) <= MANY else extremes(rows, by, reader.parameters.county)
    for name in names:
        if name not in bold:
            own = rows[rows[by] == name]
            ax.plot(in_years(own["month"]), own["value"], color=GREY, linewidth=0.7, zorder=1)
    ends = {}
    for k, name in enumerate(bold):
        own = rows[rows[by] == name]
        color, style = COLORS[k % len(COLORS)], LINESTYLES[(k + k // len(COLORS)) % 6]
        x = in_years(own["month"])
        ax.plot(x, own["value"], color=color, linestyle=style, linewidth=1.7, zorder=2 + (k == 0))
        end = float(own["value"].dropna().iloc[-1])
        ends[reader.named(by, name)] = (float(in_years(reader.rows["month"]).max()), end, color)
    _zero(ax, kind)
    _scale(ax, rows, kind)
    figures.label_ends(ax, ends)


def _multiples(reader: Reader, rows: pd.DataFrame, by: str, kind: str) -> Figure:
    """A panel per line; the others are grey behind it, the whole country dashed in all."""
    names = [name for name in dict.fromkeys(rows[by]) if name != WHOLE]
    down = -(-len(names) // ACROSS)
    figure, found = figures.axes(down, ACROSS, height=1.75 * down + 0.4, sharex=True, sharey=True)
    spots = np.atleast_1d(found).ravel()
    for ax, name in zip(spots, names, strict=False):
        for other, own in rows.groupby(by, sort=False):
            x = in_years(own["month"])
            if other == name:
                ax.plot(x, own["value"], color=COLORS[0], linewidth=1.6, zorder=3)
            elif other == WHOLE:
                ax.plot(x, own["value"], color=INK, linewidth=1.1, linestyle="--", zorder=2)
            else:
                ax.plot(x, own["value"], color=GREY, linewidth=0.5, zorder=1)
        ax.set_title(reader.named(by, str(name)), fontsize=figures.SMALL)
        _zero(ax, kind)
        _scale(ax, rows, kind)
        _months(ax, rows)
        even = [year for year in ax.get_xticks() if year % 2 == 0]
        ax.set_xticks(even, [f"{year:.0f}" for year in even])
        ax.tick_params(labelsize=figures.SMALL)
    for ax in spots[len(names) :]:
        ax.set_visible(False)
    figure.supylabel(reader.named("", "y"), fontsize=9)
    return figure


def extremes(rows: pd.DataFrame, by: str, own: str) -> list[str]:
    """Counties to bring out among many: the country, the own one, the highest and the lowest.

    By the mean of the last year, which the ends of the lines show.
    """
    known = rows[(rows[by] != "") & rows["value"].notna()]
    level = known.groupby(by)["value"].apply(lambda own: own.tail(YEAR).mean())
    ordered = [str(name) for name in level.sort_values().index]
    ends = 1 if own else 2
    chosen = ["", *([own] if own in ordered else []), *ordered[-ends:][::-1], *ordered[:ends]]
    return [name for name in dict.fromkeys(chosen) if name in set(rows[by])]


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


def _scale(ax: Axes, rows: pd.DataFrame, kind: str) -> None:
    """Ticks with as many decimals as they need; shares in percent."""
    values = rows["value"].dropna()
    share = kind == "relative" or (kind != "persons" and is_share(rows["outcome"].iloc[0]))
    factor = 100 if share else 1
    span = float(values.max() - values.min()) * factor if len(values) else 1.0
    decimals = 0 if span > 4 else 1
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: formats.number(factor * value, decimals))
    )


def by_group(outcome: str, kind: str, names: Sequence[str], value: str = "indicator_sa") -> Lines:
    """A line per group of the place, in these names' order."""

    def lines(parameters: Parameters) -> list[Line]:
        county = parameters.county
        grouping, start = (f"county × {kind}", f"{county} × ") if county else (kind, "")
        return [Line(name, outcome, grouping, start + name, value) for name in names]

    return lines
