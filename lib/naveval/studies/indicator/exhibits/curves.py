"""Figures of monthly curves: which lines each has, and how they are drawn, the same everywhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure import series
from naveval.disclosure.counts import FEW, NOISY
from naveval.disclosure.models import rounded_errors
from naveval.disclosure.released import Released
from naveval.estimators.detectable import multiplier
from naveval.exhibits import claims, words
from naveval.exhibits.declare import Exhibit, Fact, Picture, Value, When
from naveval.exhibits.protect import Together
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.studies.indicator.exhibits.common import PARTS_OF, PERSONS, by_outcome
from naveval.studies.indicator.exhibits.common import released as release
from naveval.studies.indicator.exhibits.drawing import (
    WHOLE,
    YEAR_PARTS,
    Drawn,
    certain,
    draw,
    latest,
)
from naveval.studies.indicator.frames import critical, relative, tertials
from naveval.studies.indicator.models import is_share
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.results import IndicatorResults

LEAST_POINTS, MOST_NAMED, LEAST_GROUPS = 3, 3, 2
ERRORS = {"indicator": "std_error", "indicator_sa": "std_error_sa"}
YEAR_ERRORS = {"actual": "std_error_actual", "indicator": "std_error_year"}
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
    panel, line, outcome, month, value, n_persons, std_error, ci_low, ci_high, and the mean of the
    twelve months up to each in year, year_error, year_low, year_high.
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
    columns += ["year", *YEAR_PARTS.values()]
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    table["value"] = table["result"].astype(float)
    for name, parts_of, error in (
        ("value", PARTS_OF, "error"),
        ("year", YEAR_PARTS, "whole_error"),
    ):
        table[parts_of["se"]] = rounded_errors(table[error].astype(float))
        half = critical(table["n_persons"]) * table[parts_of["se"]]
        table[parts_of["low"]], table[parts_of["high"]] = table[name] - half, table[name] + half
    return table[columns]


def _enough(own: pd.DataFrame) -> bool:
    """Whether a line is not mostly noise; persons themselves are told however few they are."""
    share = is_share(own["outcome"].iloc[0])
    counted = own["value"].iloc[0] == "n_persons"
    return counted or series.enough(own, "n_with", "n_persons" if share else "")


def _valued(own: pd.DataFrame, month: str) -> pd.DataFrame:
    """One line's points with `result` and `error`, and the same of a whole year.

    The error of a year takes the persons of the largest month for those it rests on.
    """
    value = own["value"].iloc[0]
    own = own.assign(year=np.nan, whole_error=np.nan)
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
            year=np.nan,
            whole_error=np.nan,
            n_persons=own["n_persons"].min(),
        )
    if value == "relative":
        found = relative(own, month)
        year = found["indicator_year"] / found["level"]
        return own.assign(result=found["relative"], error=np.nan, year=year)
    name = value.removesuffix("_sa")
    if f"{name}_year" in own:
        error = own[YEAR_ERRORS[name]] if name in YEAR_ERRORS else np.nan
        own = own.assign(year=own[f"{name}_year"], whole_error=error)
    error = own[ERRORS[value]] if value in ERRORS else np.nan
    return own.assign(result=own[value], error=error)


KINDS: Mapping[str, Value] = {
    "actual": by_outcome("num1", "share1", estimand="actual"),
    "indicator": by_outcome("num2_s", "pp1_s", estimand="indicator", **PARTS_OF),
    "level": by_outcome("num2", "share1", estimand="actual, expected or their difference"),
    "relative": Value("share1_s", "share of the mean level", estimand="indicator"),
    "persons": Value("int", PERSONS, estimand="persons"),
}
YEARS: Mapping[str, Value] = {
    "actual": by_outcome("num2", "share1", estimand="actual, twelve months", **YEAR_PARTS),
    "indicator": by_outcome("num2_s", "pp1_s", estimand="indicator, twelve months", **YEAR_PARTS),
    "level": by_outcome("num2", "share1", estimand="actual or expected, twelve months"),
    "relative": Value("share1_s", "share of the mean level", estimand="indicator, twelve months"),
}
KEYS = ("panel", "outcome", "month")


def curve(
    label: str,
    lines: Lines,
    *,
    kind: str = "indicator",
    by: str = "line",
    every: bool = True,
    drawn: Drawn = "lines",
    finding: Callable[[Reader], str] | None = None,
) -> Exhibit[IndicatorResults]:
    """A figure of monthly curves, with the means of the twelve months up to each.

    Parameters
    ----------
    kind
        What the values are, a name in `KINDS`.
    by
        Key that names the lines: "line", or "county" with "" for the whole country.
    every
        Whether the figure's words name all lines, so that it is not shown without one of them;
        else it is shown with at least one beside the whole country, and says which are not there.
    drawn
        "lines" month by month; "years" with twelve-month means and their bands; "multiples" with
        a small panel per line and the months behind; "dots" with the last twelve months and the
        first, and no curve.
    finding
        Rule of the title. By default figures of several groups say how many differ from what is
        expected, or how far apart they lie, and others tell numbers.
    """
    keys, means = (by, *KEYS), drawn != "lines" and kind in YEARS

    def points(results: IndicatorResults) -> pd.DataFrame:
        found = frame(results, lines(results.parameters))
        if not means:
            return found
        year = found["year"]
        if drawn == "dots":  # side by side, they must be of the same months
            year = year.where(found["month"] == found["month"].max())
        known = year.groupby([found["panel"], found["line"]]).transform("count") > 0
        return found[known].reset_index(drop=True)

    def data(results: IndicatorResults) -> Released:
        found = points(results).rename(columns={"line": by})
        return release(found, results, label, keys, ("value",) if kind == "persons" else ())

    def holds(results: IndicatorResults) -> bool:
        found = data(results)
        unsure = found.marks.reindex_like(found.frame)["value"].isin([FEW, NOISY])
        there = set(found.frame.loc[found.frame["value"].notna() & ~unsure, by])
        named = {line.line for line in lines(results.parameters)}
        return there >= named if every else bool(there - {WHOLE, ""})

    first = lines(Parameters())[0]
    share = is_share(first.outcome)
    form = KINDS[kind].kinds["jobb3" if share else "atid3"] if KINDS[kind].by else KINDS[kind]
    values = {"value": KINDS[kind]}
    if kind in YEARS and not first.value.startswith("tertial"):
        values["year"] = YEARS[kind]
        form = YEARS[kind].kinds["jobb3" if share else "atid3"] if YEARS[kind].by else YEARS[kind]
    if finding is None and drawn != "lines":
        finding = apart(by) if kind == "actual" else differ(by) if kind == "indicator" else None
    return Exhibit(
        label,
        data=data,
        keys=keys,
        values=values,
        protect=Together("n_persons"),
        view=Picture(partial(draw, by=by, kind=kind, drawn=drawn)),
        facts=_facts(by, form.format, lines),
        when=When(holds, "too-few"),
        finding=finding,
    )


def differ(by: str) -> Callable[[Reader], str]:
    """How many groups differ from what is expected: "none", "some" who are named, or "many".

    "" of less than two groups, and "told", with numbers alone, where nothing says how uncertain
    they are.
    """

    def rule(reader: Reader) -> str:
        if reader.rows["year_error"].isna().all():
            return "told"
        if len(latest(reader, by)) < LEAST_GROUPS:
            return ""
        count = len(certain(reader, by))
        return "none" if not count else "some" if count <= MOST_NAMED else "many"

    return rule


def apart(by: str) -> Callable[[Reader], str]:
    """Whether the highest group differs from the lowest, else whether any pair does.

    All pairs are tested together: "apart", "some" or "alike"; "" of less than two groups.
    """

    def rule(reader: Reader) -> str:
        found = latest(reader, by)
        if len(found) < LEAST_GROUPS:
            return ""
        if claims.ends_apart(found):
            return "apart"
        return "some" if claims.pairs_apart(found)[0] else "alike"

    return rule


def _main(reader: Reader, by: str) -> pd.DataFrame:
    """Points of the line that captions speak of: the county's own, else the first."""
    rows = reader.rows[reader.rows["value"].notna()]
    county = reader.parameters.county if by == "county" else None
    chosen = county if county in set(rows[by]) else rows[by].iloc[0]
    rows = rows[rows[by] == chosen]
    first = rows[["panel", "outcome"]].iloc[0]
    return rows[(rows["panel"] == first["panel"]) & (rows["outcome"] == first["outcome"])]


def _facts(by: str, form: str, lines: Lines) -> dict[str, Fact]:
    """Ends and extremes of the main line, where all lines end, and which lines there are."""

    def of(get: Callable[[pd.DataFrame], Any], form: str) -> Fact:
        return Fact(lambda reader: get(_main(reader, by)), form)

    def left_out(reader: Reader) -> str:
        wanted = dict.fromkeys(line.line for line in lines(reader.parameters))
        there = set(reader.rows[by])
        names = [reader.named(by, name) for name in wanted if name not in there]
        return f"{reader.named('', 'left_out')} {', '.join(names)}." if names else ""

    def second(reader: Reader) -> pd.DataFrame:
        rows, main = reader.rows, _main(reader, by)
        others = rows[(rows[by] != main[by].iloc[0]) & (rows["panel"] == main["panel"].iloc[0])]
        return others[others[by] == others[by].iloc[0]]

    def gap(reader: Reader) -> float:
        """The largest distance between the first two lines of a panel in the last twelve months."""
        rows = reader.rows.dropna(subset=["year"])
        ends = rows.groupby(["panel", by], sort=False)["year"].last()
        return float(ends.groupby("panel", sort=False).diff().abs().max())

    def end(place: int, column: str) -> Fact:
        def get(reader: Reader) -> Any:
            found = latest(reader, by)
            if len(found) < LEAST_GROUPS:
                return "" if column == "code" else np.nan
            value = found[column].iloc[place]
            return reader.named(by, value) if column == "code" else float(value)

        return Fact(get, "text" if column == "code" else form)

    def which(reader: Reader) -> str:
        return formats.listed([reader.named(by, code) for code in certain(reader, by)["code"]])

    def missed(reader: Reader) -> str:
        found, sure = latest(reader, by), certain(reader, by)
        errors = found.loc[~found["code"].isin(sure["code"]), "std_error"].dropna()
        share = is_share(str(reader.rows["outcome"].iloc[0]))
        sizes = errors * multiplier(1 - claims.LEVEL / max(len(found), 1)) * (100 if share else 1)
        unit = "points" if share else "hours"
        return claims.missed(reader, sizes, 1 if share else 2, reader.named("", unit))

    return {
        "missed": Fact(missed, "text"),
        "main": Fact(lambda reader: reader.named(by, _main(reader, by)[by].iloc[0]), "text"),
        "first_value": of(lambda rows: rows["value"].iloc[0], form),
        "first_month": of(lambda rows: rows["month"].iloc[0], "month"),
        "last_value": of(lambda rows: rows["value"].iloc[-1], form),
        "last_month": of(lambda rows: rows["month"].iloc[-1], "month"),
        "year": of(_last_year, form),
        "second": Fact(lambda reader: reader.named(by, second(reader)[by].iloc[0]), "text"),
        "second_year": Fact(lambda reader: _last_year(second(reader)), form),
        "gap": Fact(gap, form.removesuffix("_s")),
        "lowest": of(lambda rows: rows["value"].min(), form),
        "highest": of(lambda rows: rows["value"].max(), form),
        "low": end(0, "estimate"),
        "low_name": end(0, "code"),
        "high": end(-1, "estimate"),
        "high_name": end(-1, "code"),
        "groups": Fact(lambda reader: len(latest(reader, by))),
        "certain": Fact(lambda reader: len(certain(reader, by))),
        "which": Fact(which, "text"),
        "pairs_apart": Fact(lambda reader: claims.pairs_apart(latest(reader, by))[0]),
        "pairs": Fact(lambda reader: claims.pairs_apart(latest(reader, by))[1]),
        "lines": Fact(lambda reader: reader.rows[by].nunique()),
        "left_out": Fact(left_out, "text"),
        "title": Fact(lambda reader: reader.fill(_caption(reader)), "text"),
    }


def _last_year(rows: pd.DataFrame) -> float:
    """The last mean of twelve months of a line: single months swing too much."""
    known = rows["year"].dropna()
    return float(known.iloc[-1]) if len(known) else np.nan


def _caption(reader: Reader) -> str:
    return str(words.entry(reader.output.texts, reader.label)["caption"])


def by_group(outcome: str, kind: str, names: Sequence[str], value: str = "indicator_sa") -> Lines:
    """A line per group of the place, in these names' order."""

    def lines(parameters: Parameters) -> list[Line]:
        county = parameters.county
        grouping, start = (f"county × {kind}", f"{county} × ") if county else (kind, "")
        return [Line(name, outcome, grouping, start + name, value) for name in names]

    return lines
