"""Sections on how sure the numbers are and how good the model is: intervals, fit, coefficients."""

import re
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from naveval.disclosure.models import rounded_errors
from naveval.disclosure.released import Released
from naveval.estimators import multiplier
from naveval.estimators.categorical.design import COMBINED
from naveval.exhibits import figures
from naveval.exhibits.declare import Exhibit, Fact, Picture, Sentence, Table, Value, When
from naveval.exhibits.figures import COLORS
from naveval.exhibits.protect import Model, Public, Together
from naveval.exhibits.reader import Reader
from naveval.project.normal import Z95
from naveval.studies.indicator.characteristics import MARKET_LEVELS, OUTCOMES
from naveval.studies.indicator.exhibits.common import (
    ACTUAL,
    EXPECTED,
    HOURS,
    SHARE,
    by_outcome,
    place_grouping,
    released,
    with_printed,
)
from naveval.studies.indicator.exhibits.drawing import SOFT_INK, in_years
from naveval.studies.indicator.models import is_share
from naveval.studies.indicator.published import printed_rows
from naveval.studies.indicator.results import IndicatorResults

SOFT = ("#12436D", "#5D81A5", "#A9BDD1")
WAYS = ("published", "clustered", "bootstrap")
OF_ROWS = ("clustered", "rows")


def _fan(results: IndicatorResults) -> Released:
    grouping, group = place_grouping(results.parameters.county)
    own = results.curves
    own = own[(own["grouping"] == grouping) & (own["group"] == group)]
    own = own[(own["outcome"] == "atid3") & (own["specification"] == "")]
    error = rounded_errors(own["std_error_sa"])
    found = own[["month", "n_persons"]].assign(
        value=own["indicator_sa"],
        std_error=error,
        ci_low=own["indicator_sa"] - Z95 * error,
        ci_high=own["indicator_sa"] + Z95 * error,
        half_published=own["half_published"],
    )
    return released(found, results, "fig-fan", ("month",))


def _intervals(results: IndicatorResults, shown: tuple[str, ...]) -> pd.DataFrame:
    found = results.intervals.rename(columns={"grouping": "by", "quantity": "span"})
    found = found[["outcome", "by", "span", *shown]]
    return found.assign(n_persons=results.persons, residual_df=results.parameters.person_groups - 1)


def _draw(reader: Reader) -> Figure:
    """The place's adjusted indicator with 50, 80 and 95 percent intervals."""
    rows = reader.rows
    figure, ax = figures.axes(height=3.6)
    x, value = in_years(rows["month"]), rows["value"].to_numpy(float)
    bands = multiplier.normal_intervals(value, rows["std_error"].to_numpy(float))
    for band, color in zip(reversed(bands), reversed(SOFT), strict=True):
        ax.fill_between(x, band.low, band.high, color=color, linewidth=0)
    ax.plot(x, value, color="white", linewidth=1.2)
    half = rows["half_published"].to_numpy(float)
    for sign in (-1, 1):
        ax.plot(x, value + sign * half, color=COLORS[3], linestyle="--", linewidth=1)
    ax.axhline(0, color=SOFT_INK, linewidth=0.8)
    ax.set_ylabel(reader.named("", "y"))
    ax.set_xlim(x.min(), x.max())
    years = np.arange(np.ceil(x.min()), np.floor(x.max()) + 1)
    ax.set_xticks(years, [f"{year:.0f}" for year in years])
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    figures.norwegian_axis(ax, y=1)
    last = np.flatnonzero(np.isfinite(value))[-1]
    figures.label_ends(
        ax,
        {
            reader.named("", "published"): (x[-1], value[last] + half[last], COLORS[3]),
            reader.named("", "clustered"): (x[-1], value[last], SOFT[0]),
        },
    )
    return figure


def _last(column: str, factor: float = 1.0, form: str = "num2") -> Fact:
    """A number of the last month that is shown."""
    return Fact(
        lambda reader: factor * float(reader.rows.dropna(subset=["value"])[column].iloc[-1]), form
    )


UNCERTAINTY: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "fig-fan",
        data=_fan,
        keys=("month",),
        values={
            "value": Value(
                "num2_s",
                HOURS,
                se="std_error",
                low="ci_low",
                high="ci_high",
                estimand="adjusted indicator",
                method="clustered by person",
            ),
            "half_published": Value("num2", HOURS, estimand="half width by the published formula"),
        },
        protect=Together("n_persons"),
        view=Picture(_draw),
        facts={
            "shown_last": Fact(
                lambda reader: reader.rows.dropna(subset=["value"])["month"].iloc[-1], "month"
            ),
            "last_value": _last("value", form="num2_s"),
            "half": _last("std_error", Z95),
            "published": _last("half_published"),
        },
    ),
    Exhibit(
        "tbl-intervals",
        data=partial(_intervals, shown=(*WAYS, "ratio")),
        keys=("outcome", "by", "span"),
        values={
            **{
                name: by_outcome("num2", "hundred2", estimand=f"half width, {name}")
                for name in WAYS
            },
            "ratio": Value("num2", "ratio", estimand="clustered over published"),
        },
        protect=Model(digits=(*WAYS, "ratio")),
        facts={
            "narrowest": Fact(lambda reader: float(reader.rows["ratio"].min()), "num2"),
            "widest": Fact(lambda reader: float(reader.rows["ratio"].max()), "num2"),
        },
        only={"outcome": ("atid3", "jobb12")},
    ),
    Exhibit(
        "tbl-rows",
        data=partial(_intervals, shown=(*OF_ROWS, "rows_ratio")),
        keys=("outcome", "by", "span"),
        values={
            **{
                name: by_outcome("num2", "hundred2", estimand=f"half width, {name}")
                for name in OF_ROWS
            },
            "rows_ratio": Value("num2", "ratio", estimand="rows over clustered"),
        },
        protect=Model(digits=(*OF_ROWS, "rows_ratio")),
        facts={
            "narrowest": Fact(lambda reader: float(reader.rows["rows_ratio"].min()), "num2"),
            "widest": Fact(lambda reader: float(reader.rows["rows_ratio"].max()), "num2"),
            "draws": Fact(lambda reader: reader.parameters.row_draws),
        },
        when=When(lambda results: results.parameters.row_draws > 0),
    ),
)
UNCERTAINTY_SENTENCES = (Sentence("narrow"),)


DIGIT_FREE = {"yes": "", "none": "0", "later": "0"}


def _rests(results: IndicatorResults, frame: pd.DataFrame, columns: int) -> pd.DataFrame:
    """With the persons behind a model, and its degrees of freedom if each counts once."""
    return frame.assign(n_persons=results.persons, residual_df=results.persons - columns)


def _columns(results: IndicatorResults) -> int:
    return len(results.fits["atid3"].design.names)


def _stability(results: IndicatorResults) -> pd.DataFrame:
    """The coefficient that moves most when a year is left out, and how much all do."""
    found = results.stability
    named = found["column"].str.split("=", expand=True)
    level = named.reindex(columns=[0, 1])[1].astype(object).fillna("")  # the constant has no level
    level = level.map(lambda text: DIGIT_FREE.get(text, re.sub("decile_", "", text)))
    found = found.drop(columns="column").assign(
        variable="column_" + named[0], level=level.str.replace("_", " ").str.replace(":", ", ")
    )
    return _rests(results, found, _columns(results))


def coefficients(results: IndicatorResults) -> pd.DataFrame:
    """Rows of the printed table 4 with estimates of the report version, one per outcome.

    A row rests on the fewest persons with and without the outcome over its columns. That nobody is
    in a category is hidden as if a few were; missing are combinations of other columns.
    """
    parts = []
    for outcome in OUTCOMES:
        fit = results.fits[f"report:{outcome}"]
        rows = printed_rows(fit.design.names)
        uses = rows.matrix != 0
        own = results.events[results.events["outcome"] == outcome]
        lost = np.array([fit.dropped.get(name, "") == COMBINED for name in fit.design.names])
        variance = np.einsum("rk,kl,rl->r", rows.matrix, fit.covariance, rows.matrix)
        frame = rows.frame[["group", "category"]].rename(columns={"group": "section"})
        frame = frame.assign(
            outcome=outcome,
            coefficient=np.where(uses[:, lost].any(axis=1), np.nan, rows.matrix @ fit.coefficients),
            std_error=np.sqrt(np.maximum(variance, 0)),
            order=range(len(frame)),
        )
        for name in ("events", "others"):
            least = np.where(uses, own[name].to_numpy(), np.inf).min(axis=1)
            frame[name] = np.minimum(least, results.persons)
        parts.append(frame)
    found = pd.concat(parts).sort_values("order", kind="stable", ignore_index=True)
    columns = len(results.fits["report:atid3"].design.names)
    return _rests(results, found.drop(columns="order"), columns)


def _employment(results: IndicatorResults) -> pd.DataFrame:
    """Coefficients of expected employment, the document's figure 3."""
    found = coefficients(results)
    found = found[found["section"].str.startswith("Forventet sysselsettingsvekst")]
    place = found.groupby("outcome").cumcount() + 1
    found = found.assign(category=place.astype(str))
    return found[place > 1].drop(columns="section")


def _calibration(results: IndicatorResults) -> Released:
    """Tenths of the country, and of the county beside it."""
    own = results.calibration
    own = own[own["county"].isin({"", results.parameters.county}) & (own["n_persons"] > 0)]
    return released(own, results, "fig-calibration", ("outcome", "county", "decile"))


def _draw_employment(reader: Reader) -> Figure:
    rows = reader.rows
    figure, axes = figures.axes(2, 1, height=5.0, sharex=True)
    for ax, kind in zip(axes, ("atid", "jobb"), strict=True):
        ends = {}
        for k, outcome in enumerate(o for o in OUTCOMES if o.startswith(kind)):
            own = rows[rows["outcome"] == outcome]
            x = own["category"].astype(int)
            style = figures.LINESTYLES[k]
            ax.plot(x, own["coefficient"], "os"[k], color=COLORS[k], markersize=4, ls=style)
            end = float(own["coefficient"].dropna().iloc[-1])
            ends[reader.named("outcome", outcome)] = (float(x.iloc[-1]), end, COLORS[k])
        ax.axhline(0, color=SOFT_INK, linewidth=0.8)
        ax.set_ylabel(reader.named("", f"y_{kind}"))
        figures.norwegian_axis(ax, y=1 if kind == "atid" else 2)
        figures.label_ends(ax, ends)
    axes[1].set_xticks([2, 5, 10, 15, MARKET_LEVELS])
    axes[1].set_xlabel(reader.named("", "x"))
    return figure


def _draw_calibration(reader: Reader) -> Figure:
    """Actual against expected by tenth; county beside country."""
    rows = reader.rows
    figure, axes = figures.axes(1, 4, height=2.6)
    for ax, outcome in zip(axes, OUTCOMES, strict=True):
        own, scale = rows[rows["outcome"] == outcome], 100 if is_share(outcome) else 1
        top = float(own[["actual", "expected"]].max().max()) * scale * 1.05
        ax.plot([0, top], [0, top], color=SOFT_INK, linewidth=0.8)
        for k, (_, part) in enumerate(own.groupby("county", sort=False)):
            color, mark = (COLORS[0], COLORS[3])[k], "oD"[k]
            ax.plot(part["expected"] * scale, part["actual"] * scale, mark, color=color, ms=4)
        ax.set_title(reader.named("outcome", outcome), fontsize=9)
        ax.set_xlabel(reader.named("", "x"))
        figures.norwegian_axis(ax, x=0, y=0)
    axes[0].set_ylabel(reader.named("", "y"))
    return figure


def _worst(reader: Reader) -> float:
    """Largest distance between actual and expected hours in a tenth of the place."""
    rows = reader.rows
    own = rows[(rows["outcome"] == "atid3") & (rows["county"] == reader.parameters.county)]
    return float((own["actual"] - own["expected"]).abs().max())


def _ends(which: str) -> Fact:
    def get(reader: Reader) -> float:
        own = reader.rows[reader.rows["outcome"] == "atid3"]["coefficient"]
        return float(own.min() if which == "low" else own.max())

    return Fact(get, "num1")


def _occupied(name: str) -> Fact:
    return Fact(lambda reader: int((reader.rows[name] > 0).sum()))


COEFFICIENT = Value("num2", "coefficient", se="std_error", estimand="coefficient")
BY_EVENTS = Model(events="events", others="others")
LIMIT = Value("hundred2", SHARE, estimand="limit of category", source="design")
REGIONS = Value("int", "regions × months", estimand="in category", source="design")
MODEL: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "tbl-explained",
        data=lambda results: _rests(results, results.explained, _columns(results)),
        keys=("outcome",),
        values={
            "r2": Value("num2", SHARE, estimand="R²"),
            "pseudo_r2": Value("num2", SHARE, estimand="pseudo-R²"),
        },
        protect=Model(digits=("r2", "pseudo_r2")),
    ),
    Exhibit(
        "fig-calibration",
        data=_calibration,
        keys=("outcome", "county", "decile"),
        values={"actual": ACTUAL, "expected": EXPECTED},
        protect=Together("n_persons"),
        view=Picture(_draw_calibration),
        facts={"worst": Fact(_worst, "num2")},
    ),
    Exhibit(
        "tbl-stability",
        data=_stability,
        keys=("year",),
        values={
            "variable": Value("name"),
            "level": Value("text"),
            "largest": Value("num2_s", "coefficient", se="std_error", estimand="largest change"),
            "mean_change": Value("num2", "coefficient", estimand="mean change"),
        },
        protect=Model(along={"mean_change": ""}, events="events", others="others"),
        facts={"most": Fact(lambda reader: float(reader.rows["largest"].abs().max()), "num2")},
    ),
    Exhibit(
        "tbl-market",
        data=lambda results: results.market.astype({"category": str}),
        keys=("category",),
        values={
            **{
                f"{name}_{end}": LIMIT
                for name in ("inflow", "employment")
                for end in ("low", "high")
            },
            **dict.fromkeys(("inflow3", "inflow12", "employment"), REGIONS),
        },
        protect=Public("the regions' rates, in categories", registers=True),
        facts={name: _occupied(name) for name in ("inflow3", "inflow12")},
    ),
    Exhibit(
        "fig-3",
        data=_employment,
        keys=("outcome", "category"),
        values={"coefficient": COEFFICIENT},
        protect=BY_EVENTS,
        view=Picture(_draw_employment),
        facts={"low": _ends("low"), "high": _ends("high")},
    ),
    Exhibit(
        "tbl-4",
        data=lambda results: with_printed(
            coefficients(results), "tbl-4", "coefficient", ("section", "category", "outcome")
        ),
        keys=("section", "category", "outcome"),
        values={"coefficient": COEFFICIENT, "published": Value("num2", source="published")},
        protect=BY_EVENTS,
        view=Table(spread=("outcome",)),
        facts={
            "missing": Fact(lambda reader: int(_hours(reader)["coefficient"].isna().sum())),
            "coefficients": Fact(lambda reader: len(_hours(reader))),
        },
    ),
)


def _hours(reader: Reader) -> pd.DataFrame:
    rows = reader.frame("tbl-4")
    return rows[rows["outcome"] == "atid3"]


def _cut(reader: Reader) -> str:
    return str(reader.parameters.market_categories)


def _empty(reader: Reader) -> str:
    return "text" if reader("tbl-market.inflow12") < MARKET_LEVELS else ""


MODEL_SENTENCES = (
    Sentence("model"),
    Sentence("market", _cut, then=(Sentence("market-empty", _empty),)),
)


EXHIBITS = (*UNCERTAINTY, *MODEL)


SENTENCES = (*UNCERTAINTY_SENTENCES, *MODEL_SENTENCES)
