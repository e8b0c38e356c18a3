"""Section «Usikkerhet»: the published formula beside clustered errors and the bootstrap."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from naveval.disclosure.models import rounded_errors
from naveval.disclosure.released import Released
from naveval.estimators import multiplier
from naveval.exhibits import figures
from naveval.exhibits.declare import Exhibit, Fact, Picture, Sentence, Value
from naveval.exhibits.figures import COLORS
from naveval.exhibits.protect import Model, Together
from naveval.exhibits.reader import Reader
from naveval.project.normal import Z95
from naveval.studies.indicator.exhibits.common import HOURS, by_outcome, place_grouping, released
from naveval.studies.indicator.exhibits.curves import SOFT_INK, in_years
from naveval.studies.indicator.results import IndicatorResults

SOFT = ("#12436D", "#5D81A5", "#A9BDD1")
WAYS = ("published", "clustered", "bootstrap")


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


def _intervals(results: IndicatorResults) -> pd.DataFrame:
    found = results.intervals.rename(columns={"grouping": "by", "quantity": "span"})
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


EXHIBITS: tuple[Exhibit[IndicatorResults], ...] = (
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
        data=_intervals,
        keys=("outcome", "by", "span"),
        values={
            **{
                name: by_outcome("num2", "hundred2", estimand=f"half width, {name}")
                for name in WAYS
            },
            "ratio": Value("num2", "ratio", estimand="clustered over published"),
        },
        protect=Model(digits=(*WAYS, "ratio")),
        only={"outcome": ("atid3", "jobb12")},
    ),
)
SENTENCES = (Sentence("narrow"),)
