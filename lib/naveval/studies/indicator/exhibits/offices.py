"""Section «Kontorene»: funnel, shrunken offices, whether they differ, and what a change is."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from naveval.disclosure.released import Released
from naveval.exhibits import figures
from naveval.exhibits.claims import Judged
from naveval.exhibits.declare import Bars, Exhibit, Fact, Picture, Sentence, Value, When
from naveval.exhibits.figures import COLORS
from naveval.exhibits.protect import Derived, Model, Together
from naveval.exhibits.reader import Reader
from naveval.project.normal import Z95, reach
from naveval.studies.indicator.descriptives import PARTS
from naveval.studies.indicator.exhibits.common import HOURS, SHARE, released
from naveval.studies.indicator.exhibits.drawing import GREY, SOFT_INK, dots
from naveval.studies.indicator.results import IndicatorResults

LARGEST = 30
LIMITS = {"95": (Z95, "--"), "998": (reach(0.998), ":")}
SHRUNKEN = {
    "shrunken": Value(
        "num2_s",
        HOURS,
        se="shrunken_error",
        low="shrunken_low",
        high="shrunken_high",
        estimand="indicator",
        method="empirical Bayes",
    )
}
INDICATOR = Value("num2_s", HOURS, se="std_error", estimand="indicator")


def offices(results: IndicatorResults, label: str) -> Released:
    """Offices with a standard error: the county's, or the country's largest, by what is shown."""
    county, frame = results.parameters.county, results.offices
    own = frame[frame["std_error"].notna()]
    own = own[own["county"] == county] if county else own.nlargest(LARGEST, "n_persons")
    own = own.drop(columns=["between", "between_low", "between_high"])
    order = "shrunken" if label == "fig-offices" else "office"
    return released(own.sort_values(order), results, label, ("office",))


def _funnel(results: IndicatorResults) -> Released:
    frame = results.offices[results.offices["std_error"].notna()]
    columns = ["office", "county", "indicator", "std_error", "mean", "n_persons"]
    return released(frame[columns], results, "fig-funnel", ("office",))


def _counted(reader: Reader) -> pd.DataFrame:
    """Offices outside the limits, and how many to expect there by chance alone."""
    rows = reader.frame("fig-funnel").dropna(subset=["indicator"])
    away = (rows["indicator"] - rows["mean"]).abs() / rows["std_error"]
    return pd.DataFrame(
        {
            "level": list(LIMITS),
            "offices": len(rows),
            "expected": [len(rows) * share for share in (0.05, 0.002)],
            "observed": [int((away > z).sum()) for z, _ in LIMITS.values()],
        }
    )


def _between(results: IndicatorResults) -> pd.DataFrame:
    """How far apart offices are when chance is taken away, and how much of what is seen is that."""
    own = results.offices[results.offices["std_error"].notna()]
    first = results.offices.iloc[0]
    return pd.DataFrame(
        {
            "outcome": ["atid3"],
            "between": [first["between"]],
            "between_low": [first["between_low"]],
            "between_high": [first["between_high"]],
            "reliability": [own["reliability"].median()],
            "month_reliability": [results.office_months["reliability"].median()],
            "n_persons": [results.persons],
            "residual_df": [len(own) - 1],
        }
    )


def _draw_funnel(reader: Reader) -> Figure:
    """Offices against their precision, with control limits."""
    rows, place = reader.rows.dropna(subset=["indicator"]), reader.parameters.county
    mean, precision = float(rows["mean"].iloc[0]), 1 / rows["std_error"].to_numpy(float)
    figure, ax = figures.axes(height=4.2)
    own = (rows["county"] == place).to_numpy()
    for chosen, size, mark, color in (
        (~own, 13, "o", GREY if place else COLORS[0]),
        (own, 26, "D", COLORS[3]),
    ):
        values = rows["indicator"][chosen]
        ax.scatter(precision[chosen], values, s=size, marker=mark, color=color, linewidth=0)
    grid = np.linspace(precision.min(), precision.max(), 200)
    for name, (z, style) in LIMITS.items():
        for sign in (-1, 1):
            ax.plot(grid, mean + sign * z / grid, color=COLORS[4], linestyle=style, linewidth=1.1)
        ax.annotate(
            reader.named("level", name),
            (grid[-1], mean + z / grid[-1]),
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=figures.SMALL,
            va="center",
            color=COLORS[4],
            annotation_clip=False,
        )
    ax.axhline(mean, color=SOFT_INK, linewidth=0.8)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    spread = float(np.abs(rows["indicator"] - mean).max()) * 1.15
    ax.set_ylim(mean - spread, mean + spread)
    ax.set_xlabel(reader.named("", "x"))
    ax.set_ylabel(reader.named("", "y"))
    figures.norwegian_axis(ax, x=1, y=1)
    return figure


JUDGED = Judged("fig-offices", "shrunken")


def _draw_offices(reader: Reader) -> Figure:
    """Offices before and after shrinkage."""
    rows = reader.rows.dropna(subset=["shrunken"])
    figure, ax = figures.axes(height=max(2.6, 0.165 * len(rows) + 0.9))
    names = {"shrunken": "indicator", "shrunken_low": "ci_low", "shrunken_high": "ci_high"}
    sure = JUDGED.rows(reader)
    filled = set(sure.loc[sure["several"].eq(True), "office"])
    dots(ax, rows.drop(columns="indicator").rename(columns=names), "office", reader, filled)
    ax.plot(rows["indicator"], range(len(rows)), "x", color=COLORS[3], markersize=4.5)
    ax.set_xlabel(reader.named("", "x"))
    figures.norwegian_axis(ax, x=1, y=None)
    return figure


def _any(results: IndicatorResults) -> bool:
    return bool(results.offices["std_error"].notna().any())


def _any_here(results: IndicatorResults) -> bool:
    own = results.offices[results.offices["std_error"].notna()]
    county = results.parameters.county
    return len(own[own["county"] == county] if county else own) > 0


def _rows(reader: Reader) -> int:
    return len(reader.rows.dropna(subset=["indicator"]))


def _differ(reader: Reader) -> str:
    """Whether the interval of the spread between offices leaves zero out."""
    low, high = (reader(f"tbl-between.between[atid3].{part}") for part in ("low", "high"))
    return "clear" if low > 0 else "unclear" if high > 0 else "none"


LARGEST_JUDGED = Judged("tbl-offices", "shrunken")
OFFICES: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "tbl-between",
        data=_between,
        keys=("outcome",),
        values={
            "between": Value(
                "num2",
                HOURS,
                low="between_low",
                high="between_high",
                estimand="standard deviation between offices",
            ),
            "between_low": Value("num2"),
            "between_high": Value("num2"),
            "reliability": Value("share0", SHARE, estimand="reliability of twelve months"),
            "month_reliability": Value("share0", SHARE, estimand="reliability of a month"),
        },
        protect=Model(
            along=dict.fromkeys(
                ("between", "between_low", "between_high", "reliability", "month_reliability"), ""
            ),
        ),
        when=When(_any),
        finding=_differ,
    ),
    Exhibit(
        "fig-funnel",
        data=_funnel,
        keys=("office",),
        values={"indicator": INDICATOR},
        protect=Together("n_persons"),
        view=Picture(_draw_funnel),
        facts={"offices": Fact(_rows)},
        when=When(_any),
    ),
    Exhibit(
        "tbl-funnel",
        data=_counted,
        keys=("level",),
        values={
            "offices": Value("int", "offices", estimand="offices"),
            "expected": Value("num1", "offices", estimand="expected outside"),
            "observed": Value("int", "offices", estimand="outside"),
        },
        protect=Derived("figure funnel"),
        when=When(_any),
    ),
    Exhibit(
        "fig-offices",
        data=partial(offices, label="fig-offices"),
        keys=("office",),
        values={**SHRUNKEN, "indicator": INDICATOR},
        protect=Together("n_persons"),
        view=Picture(_draw_offices),
        facts={"offices": Fact(_rows), **JUDGED.counts()},
        when=When(_any_here, "too-few-offices"),
        finding=JUDGED,
    ),
    Exhibit(
        "tbl-offices",
        data=partial(offices, label="tbl-offices"),
        keys=("office",),
        values={
            "n_persons": Value("int", "persons", estimand="persons in twelve months"),
            "actual": Value("num2", HOURS, estimand="actual"),
            "expected": Value("num2", HOURS, estimand="expected"),
            "indicator": INDICATOR,
            **SHRUNKEN,
            "reliability": Value("share0", SHARE, estimand="reliability"),
        },
        protect=Together("n_persons"),
        when=When(_any_here, "too-few-offices"),
        finding=LARGEST_JUDGED,
        facts=LARGEST_JUDGED.counts(),
    ),
)


OFFICES_SENTENCES = (Sentence("offices", then=(Sentence("offices-differ", _differ),)),)


def _parts(results: IndicatorResults) -> Released:
    own = results.drivers[results.drivers["county"] == results.parameters.county]
    found = own[["part", "change", "n_persons"]].iloc[::-1]
    return released(found, results, "fig-drivers", ("part",))


def _people(reader: Reader) -> float:
    """Sum of the parts that are about who the users are."""
    change = reader.frame("fig-drivers").set_index("part")["change"]
    return float(change[[part for part in PARTS if part != "market"]].sum(skipna=False))


def _parted(reader: Reader) -> tuple[str, float, float]:
    """The part that is furthest from zero, its contribution, and that of all the others."""
    change = reader.frame("fig-drivers").set_index("part")["change"]
    parts = change.drop("total")
    if parts.isna().any():
        return "total", np.nan, np.nan
    name = str(parts.abs().idxmax())
    return name, float(parts[name]), float(change["total"] - parts[name])


DRIVERS: tuple[Exhibit[IndicatorResults], ...] = (
    Exhibit(
        "fig-drivers",
        data=_parts,
        keys=("part",),
        values={"change": Value("num2_s", HOURS, estimand="contribution")},
        protect=Together("n_persons"),
        view=Bars("part", "change", height=3.6, decimals=1),
        facts={
            "people": Fact(_people, "num2_s", HOURS, "contribution of who the users are"),
            "part": Fact(lambda reader: reader.named("part", _parted(reader)[0]), "text"),
            "own": Fact(lambda reader: _parted(reader)[1], "num2_s"),
            "rest": Fact(lambda reader: _parted(reader)[2], "num2_s"),
        },
    ),
)
DRIVERS_SENTENCES = (Sentence("drivers"),)


EXHIBITS = (*OFFICES, *DRIVERS)


SENTENCES = (*OFFICES_SENTENCES, *DRIVERS_SENTENCES)
