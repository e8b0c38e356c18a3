"""Section «Diagnostikk»: other starts, other counties, other comparisons, other choices."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from naveval.exhibits import figures, views
from naveval.exhibits.declare import (
    Exhibit,
    Fact,
    Intervals,
    Lines,
    Picture,
    Sentence,
    Value,
)
from naveval.exhibits.protect import Descriptive
from naveval.exhibits.reader import Reader
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.estimate.choice import CHOSEN_LEVEL, STRICT
from naveval.studies.hedmark.estimate.regression import CHOICES
from naveval.studies.hedmark.exhibits.common import PERCENT, RATE
from naveval.studies.hedmark.panel import GROUPS
from naveval.studies.hedmark.results import HedmarkResults

STOCK = {"outcome": ("stock",)}
OWN, NONE = "own", "none"


def _placebo(estimand: str) -> dict[str, Value]:
    return {
        "effect": Value(
            "pct1_s",
            PERCENT,
            se="std_error",
            low="ci_low",
            high="ci_high",
            p="p_exact",
            estimand=estimand,
        ),
        "p_crv1": Value("p"),
        "n_clusters": Value("int", source="design"),
    }


def months(results: HedmarkResults) -> pd.DataFrame:
    """Placebo by month, with the month as text."""
    return results.months.assign(month=[windows.text(month) for month in results.months["month"]])


def counties(results: HedmarkResults) -> pd.DataFrame:
    """Placebo by county, the treated one first."""
    return results.counties.drop(columns="treated")


def left_out(results: HedmarkResults) -> pd.DataFrame:
    """The effect without each control county; first without leaving out any."""
    return results.left_out.assign(county=results.left_out["county"].replace("", NONE))


def _group(reader: Reader, group: str) -> pd.DataFrame:
    return reader.rows[reader.rows["group"] == group]


def _by_group(
    name: str, get: Callable[[pd.DataFrame], Any], form: str = "pct1_s", unit: str = ""
) -> dict[str, Fact]:
    """A fact for each group, `<name>_<group>`, of the group's shown rows."""
    return {f"{name}_{group}": Fact(partial(_apply, get, group), form, unit) for group in GROUPS}


def _apply(get: Callable[[pd.DataFrame], Any], group: str, reader: Reader) -> Any:
    return get(_group(reader, group))


def _rejected(column: str, level: float, *, first: int = 0) -> Any:
    return lambda rows: int((rows[column].iloc[first:] <= level).sum())


def draw_months(reader: Reader) -> Figure:
    """The effect of a hypothetical start in each month, beside the real one."""
    figure, found = views.panels(reader, "group", height=3.3, sharey=True)
    for (ax, part), group in zip(found, GROUPS, strict=True):
        real = reader(f"tbl-5.effect[stock,{group},effect]")
        ax.fill_between(part.index, part["ci_low"], part["ci_high"], color=views.BAND)
        ax.plot(part.index, part["effect"], color=views.color("control"), marker="o", markersize=3)
        ax.axhline(0, color=figures.INK, linewidth=0.8)
        ax.axhline(real, color=views.color("treated"), linestyle="--")
        if np.isfinite(real):
            name(ax, reader.named("", reader.common("mark")), (0, real), (0, 3))
        ticks = list(range(0, len(part), 4))
        ax.set_xticks(ticks, [short_month(part["month"][i]) for i in ticks])
        figures.norwegian_axis(ax, y=0)
    found[0][0].set_ylabel(reader.named("", "y"))
    return figure


def name(ax: Axes, text: str, at: tuple[float, float], shift: tuple[int, int]) -> None:
    """Write a name in the colour of the treated county beside a point."""
    ax.annotate(
        text,
        at,
        color=views.color("treated"),
        xytext=shift,
        textcoords="offset points",
        fontsize=figures.SMALL,
    )


def short_month(month: str) -> str:
    """Text such as 03.13 from 2013-03."""
    return f"{month[5:7]}.{month[2:4]}"


def draw_specifications(reader: Reader) -> Figure:
    """All specifications in order of effect, with what each chose."""
    figure, axes = figures.axes(
        2, 2, height=6.2, sharex="col", gridspec_kw={"height_ratios": [1, 2.2]}
    )
    for column, group in enumerate(GROUPS):
        part = _group(reader, group).dropna(subset=["effect"])
        part = part.sort_values("effect", ignore_index=True)
        _curve(reader, axes[0, column], part)
        _choices(reader, axes[1, column], part, titled=column == 0)
        axes[0, column].set_title(reader.named("group", group))
    axes[0, 0].set_ylabel(reader.named("", "y"))
    return figure


def _curve(reader: Reader, ax: Axes, part: pd.DataFrame) -> None:
    ax.plot(part.index, part["effect"], color=views.color("control"), linewidth=1.6)
    main = part[part["main"] == "yes"]
    ax.plot(main.index, main["effect"], "D", color=views.color("treated"), markersize=6)
    for place, effect in main["effect"].items():
        name(ax, reader.named("", "main"), (float(str(place)), effect), (6, -10))
    ax.axhline(0, color=figures.INK, linewidth=0.8)
    figures.norwegian_axis(ax, y=0)


def _choices(reader: Reader, ax: Axes, part: pd.DataFrame, *, titled: bool) -> None:
    ticks, names, place = [], [], 0.0
    for choice in CHOICES:
        for value in part[choice].unique():
            used = part.index[part[choice] == value]
            ax.plot(
                used,
                np.full(len(used), place),
                "|",
                color=views.color("control"),
                markersize=5,
                alpha=0.7,
            )
            ticks.append(place)
            names.append(reader.named(choice, str(value)))
            place -= 1
        place -= 0.7
    ax.set_yticks(ticks, names if titled else [""] * len(names), fontsize=figures.SMALL)
    ax.set_xlabel(reader.named("", "x"))
    ax.grid(visible=False)


def synthetic_paths(results: HedmarkResults) -> pd.DataFrame:
    """The county, its synthetic control and the pooled control group by month."""
    return results.paths.assign(month=[windows.text(month) for month in results.paths["month"]])


def weights(results: HedmarkResults) -> pd.DataFrame:
    """Weights of the control counties in per cent."""
    numeric = [name for name in results.weights if name not in ("county", "n_persons")]
    return results.weights.assign(**{name: 100 * results.weights[name] for name in numeric})


def events(results: HedmarkResults) -> pd.DataFrame:
    """Effects by month, with the band that most control counties lie in."""
    found = results.events[0]
    return found.assign(month=[windows.text(month) for month in found["month"]])


def specifications(results: HedmarkResults) -> pd.DataFrame:
    """All specifications; `main` tells which is the run's own."""
    found = results.specifications
    return found.assign(main=found["main"].map({True: "yes", False: "no"}))


def _after(rows: pd.DataFrame) -> float:
    return float(rows.loc[rows["event_time"] >= 0, "estimate"].mean())


def _spread(first: int = 0) -> dict[str, Fact]:
    """Least and greatest effect of each group, from a row on."""
    return {
        **_by_group("from", lambda rows: float(rows["effect"].iloc[first:].min())),
        **_by_group("to", lambda rows: float(rows["effect"].iloc[first:].max())),
    }


def _stock(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["outcome"] == "stock"]


def _weighted(group: str, reader: Reader) -> int:
    """Control counties that the table shows with a weight in the synthetic control."""
    return int((reader.rows[f"{SYNTHETIC[0]}_{group}"].round(1) > 0).sum())


def _beyond(rows: pd.DataFrame) -> int:
    """Control counties whose effect is at least as large as the first row's, either way."""
    size = rows["effect"].abs()
    return int((size.iloc[1:] >= size.iloc[0]).sum())


SYNTHETIC = ("synthetic_control", "synthetic_did")
PLACEBO = {"effect": _placebo("placebo"), "left_out": _placebo("effect")}

EXHIBITS: tuple[Exhibit[HedmarkResults], ...] = (
    Exhibit(
        "fig-placebo-month",
        data=months,
        keys=("outcome", "group", "month"),
        values=PLACEBO["effect"],
        protect=Descriptive(noise=False),
        view=Picture(draw_months),
        only=STOCK,
        facts={
            "months": Fact(lambda reader: reader.rows["month"].nunique()),
            **_by_group("conventional", _rejected("p_crv1", STRICT), "int"),
            **_by_group("exact", _rejected("p_exact", CHOSEN_LEVEL), "int"),
        },
    ),
    Exhibit(
        "fig-placebo-county",
        data=counties,
        keys=("outcome", "group", "county"),
        values=PLACEBO["effect"],
        protect=Descriptive(noise=False),
        view=Intervals("county", "effect", panels="group"),
        only=STOCK,
        facts={
            **_by_group("own", lambda rows: float(rows["effect"].iloc[0])),
            **_by_group("beyond", _beyond, "int"),
            **_spread(first=1),
            **_by_group("conventional", _rejected("p_crv1", STRICT, first=1), "int"),
        },
    ),
    Exhibit(
        "fig-leave-one-out",
        data=left_out,
        keys=("outcome", "group", "county"),
        values=PLACEBO["left_out"],
        protect=Descriptive(noise=False),
        view=Intervals("county", "effect", panels="group"),
        only=STOCK,
        facts=_spread(first=1),
    ),
    Exhibit(
        "fig-synthetic",
        data=synthetic_paths,
        keys=("group", "month"),
        values=dict.fromkeys(
            ("treated", "synthetic_control", "control"), Value("num2", RATE, estimand="rate")
        ),
        protect=Descriptive(
            {"treated": "n_persons", "synthetic_control": "n_control", "control": "n_control"}
        ),
        view=Lines(
            "month",
            ("treated", "synthetic_control", "control"),
            panels="group",
            mark="start",
            decimals=1,
        ),
    ),
    Exhibit(
        "tbl-synthetic",
        data=lambda results: results.comparisons,
        keys=("outcome", "group", "method"),
        values={
            "effect": Value(
                "pct1_s", PERCENT, se="std_error", low="ci_low", high="ci_high", p="p_value"
            ),
            "p_ratio": Value("p"),
            "fit_before": Value("num1", PERCENT, estimand="fit before"),
            "n_units": Value("int", source="design"),
        },
        protect=Descriptive(noise=False),
        facts={
            **_by_group("least", lambda rows: float(_stock(rows)["effect"].min())),
            **_by_group("most", lambda rows: float(_stock(rows)["effect"].max())),
        },
    ),
    Exhibit(
        "tbl-weights",
        data=weights,
        keys=("county",),
        values={
            "labour_force": Value("num1", "percent of control group", estimand="weight"),
            **{
                f"{kind}_{group}": Value("num1", "percent of weights", estimand="weight")
                for group in GROUPS
                for kind in SYNTHETIC
            },
        },
        protect=Descriptive(noise=False),
        facts={f"used_{group}": Fact(partial(_weighted, group)) for group in GROUPS},
    ),
    Exhibit(
        "fig-event",
        data=events,
        keys=("outcome", "group", "month"),
        values={
            "estimate": Value("pct1_s", PERCENT, estimand="effect by month"),
            "band_low": Value("pct1_s", PERCENT, estimand="lower end of control counties"),
            "band_high": Value("pct1_s", PERCENT, estimand="upper end of control counties"),
            "event_time": Value("int", source="design"),
        },
        protect=Descriptive(noise=False),
        view=Lines(
            "month",
            ("estimate",),
            panels="group",
            band=("band_low", "band_high"),
            mark="start",
            decimals=0,
        ),
        only=STOCK,
        facts=_by_group("after", _after),
    ),
    Exhibit(
        "tbl-pre-trend",
        data=lambda results: results.events[1],
        keys=("outcome", "group"),
        values={
            "rms_before": Value("num1", PERCENT, p="p_before", estimand="deviation before"),
            "slope_before": Value("num1_s", "percent a year", p="p_slope", estimand="slope before"),
            "n_units": Value("int", source="design"),
        },
        protect=Descriptive(noise=False),
    ),
    Exhibit(
        "fig-specification",
        data=specifications,
        keys=("outcome", "group", *CHOICES),
        values={
            "effect": Value("pct1_s", PERCENT, p="p_exact"),
            "n_clusters": Value("int", source="design"),
            "main": Value("name"),
        },
        protect=Descriptive(noise=False),
        view=Picture(draw_specifications),
        only=STOCK,
        facts={
            "specifications": Fact(lambda reader: len(_group(reader, GROUPS[0]))),
            **_by_group(
                "count", lambda rows: int(rows["effect"].notna().sum()), "int", "specifications"
            ),
            **_spread(),
            **_by_group("median", lambda rows: float(rows["effect"].median())),
            **_by_group(
                "negative", lambda rows: float(100 * (rows["effect"].dropna() < 0).mean()), "num0"
            ),
        },
    ),
)


def _signs(reader: Reader) -> str:
    """Whether every choice gives an estimate below zero, or above it, in both groups."""
    effects = reader.frame("fig-specification")["effect"].dropna()
    if (effects < 0).all():
        return "all_negative"
    return "all_positive" if (effects > 0).all() else "text"


SENTENCES = (Sentence("result-robustness", then=(Sentence("result-robustness-signs", _signs),)),)
