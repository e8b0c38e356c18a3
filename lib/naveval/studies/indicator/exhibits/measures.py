"""Section «Målene ved siden av hverandre»: figures 25 to 28, longer horizons, two adjustments."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure.released import Released
from naveval.estimators import seasonal
from naveval.exhibits.declare import Exhibit, Fact, Lines, Sentence, Value
from naveval.exhibits.protect import Public, Together
from naveval.exhibits.reader import Reader
from naveval.project import formats
from naveval.project.errors import EstimationError
from naveval.studies.indicator.exhibits.common import HOURS, place_grouping, released
from naveval.studies.indicator.exhibits.curves import Line, curve
from naveval.studies.indicator.exhibits.results import HOURS_3, four, of_place
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.results import IndicatorResults

RISE = 1.0
WAYS = ("document", "trend")


def _monthly(parameters: Parameters) -> list[Line]:
    own = place_grouping(parameters.county)
    return [Line("month", "atid3", *own), Line("tertial", "atid3", *own, "tertial")]


def _horizons(parameters: Parameters) -> list[Line]:
    """Actual hours over 3, 12, 24 and 36 months, where observed."""
    own = place_grouping(parameters.county)
    every = [f"atid{horizon}" for horizon in (3, 12, *parameters.long_horizons)]
    return [Line(outcome, outcome, *own, "actual") for outcome in every]


def both_ways(values: NDArray, months: list[str], parameters: Parameters) -> pd.DataFrame:
    """A curve adjusted as in the document, and with its trend left in peace."""
    made = {
        name: seasonal.adjust(values, months, parameters.base3, trend=name == "trend")
        for name in WAYS
    }
    return pd.DataFrame({"month": months, **made})


def _adjusted(results: IndicatorResults) -> Released:
    """The place's indicator, adjusted in both ways."""
    grouping, group = place_grouping(results.parameters.county)
    own = results.curves
    own = own[(own["grouping"] == grouping) & (own["group"] == group)]
    own = own[(own["outcome"] == "atid3") & (own["specification"] == "")]
    months = list(own["month"])
    values = own["indicator"].to_numpy()
    try:
        found = both_ways(values, months, results.parameters)
    except EstimationError:
        if np.isfinite(values).any():
            raise
        # In a very small county every month is hidden.
        found = pd.DataFrame({"month": months, **dict.fromkeys(WAYS, np.nan)})
    found = found.assign(n_persons=own["n_persons"].to_numpy())
    return released(found, results, "fig-seasonal", ("month",))


def _staircase(results: IndicatorResults) -> pd.DataFrame:
    """A curve that rises by one hour a year and has no season, adjusted in both ways."""
    months = list(results.months)
    trend = RISE * np.arange(len(months)) / 12
    return both_ways(trend, months, results.parameters).assign(unadjusted=trend)


def _largest(reader: Reader) -> float:
    """The largest distance between the two ways."""
    return float((reader.rows["document"] - reader.rows["trend"]).abs().max())


def _changes(reader: Reader) -> pd.Series:
    """Changes of the steady rise from month to month after the document's adjustment."""
    return reader.rows.set_index("month")["document"].diff().dropna().abs()


def _steps(reader: Reader) -> str:
    """Names of the calendar months in which it steps."""
    found = _changes(reader)
    months = sorted({int(m[5:]) for m in found.index[found > found.max() / 2]})
    return " og ".join(formats.MONTHS[month - 1] for month in months)


RISES = "change of a steady rise, adjusted"
EXHIBITS: tuple[Exhibit[IndicatorResults], ...] = (
    curve("fig-25", four("indicator_sa"), finding=of_place()),
    curve("fig-26", four("relative", panels=False), kind="relative", finding=of_place()),
    curve("fig-27", _monthly, finding=HOURS_3),
    curve("fig-28", four("tertial_relative", panels=False), kind="relative", finding=of_place()),
    curve("fig-horizons", _horizons, kind="actual", every=False),
    Exhibit(
        "fig-staircase",
        data=_staircase,
        keys=("month",),
        values=dict.fromkeys(
            ("unadjusted", *WAYS), Value("num2", HOURS, estimand="a steady rise", source="design")
        ),
        protect=Public("a straight line"),
        view=Lines("month", WAYS, decimals=0),
        facts={
            "flat": Fact(lambda reader: float(_changes(reader).median()), "num2", HOURS, RISES),
            "step": Fact(lambda reader: float(_changes(reader).max()), "num2", HOURS, RISES),
            "steps": Fact(_steps, "text"),
        },
    ),
    Exhibit(
        "fig-seasonal",
        data=_adjusted,
        keys=("month",),
        values=dict.fromkeys(WAYS, Value("num2_s", HOURS, estimand="adjusted indicator")),
        protect=Together("n_persons"),
        view=Lines("month", WAYS, decimals=1),
        facts={"largest": Fact(_largest, "num2", HOURS, "largest distance between adjustments")},
    ),
)
SENTENCES = (Sentence("staircase"),)
