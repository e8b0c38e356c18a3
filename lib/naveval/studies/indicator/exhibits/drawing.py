"""Figures of the work indicator that are no monthly curves: intervals, offices, drivers, fit."""

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from naveval.disclosure import gate
from naveval.estimators import multiplier
from naveval.estimators.categorical.design import Fit
from naveval.exhibits import figures
from naveval.exhibits.figures import COLORS
from naveval.exhibits.output import Block, Output
from naveval.project import formats, places
from naveval.project.normal import Z95, reach
from naveval.studies.indicator.characteristics import OUTCOMES
from naveval.studies.indicator.drivers import PARTS
from naveval.studies.indicator.exhibits.figures import GREY, in_years
from naveval.studies.indicator.frames import pick
from naveval.studies.indicator.study import Study, place_grouping

SOFT = ("#12436D", "#5D81A5", "#A9BDD1")
OFFICE_COLUMNS = (
    "office",
    "county",
    "n_month",
    "n",
    "actual",
    "expected",
    "indicator",
    "std_error",
    "shrunken",
    "shrunken_low",
    "shrunken_high",
    "shrunken_error",
    "reliability",
    "mean",
)


def employment(output: Output, study: Study) -> Block:
    """Coefficients of expected employment, the document's figure 3 (report version)."""
    rows = []
    for outcome in OUTCOMES:
        fit: Fit = study.fits[f"report:{outcome}"]
        for k, name in enumerate(fit.design.names):
            if name.startswith("employment=") and name not in fit.dropped:
                category = int(name.split("=")[1])
                rows.append(
                    {
                        "outcome": outcome,
                        "category": category,
                        "n": fit.n,
                        "value": fit.coefficients[k],
                        "df": fit.n - len(fit.design.names),
                    }
                )
    frame = pd.DataFrame(rows)
    released = gate.model(
        frame, label="fig-3", n="n", residual_df="df", keys=["outcome", "category"]
    )
    figure, axes = figures.axes(2, 1, height=5.0, sharex=True)
    for ax, kind in zip(axes, ("atid", "jobb"), strict=True):
        ends = {}
        for k, outcome in enumerate(o for o in OUTCOMES if o.startswith(kind)):
            own = released.frame[released.frame["outcome"] == outcome]
            ax.plot(
                own["category"],
                own["value"],
                color=COLORS[k],
                marker="os"[k],
                markersize=4,
                linestyle=figures.LINESTYLES[k],
            )
            ends[output.texts["names"][outcome]] = (
                own["category"].iloc[-1],
                own["value"].iloc[-1],
                COLORS[k],
            )
        ax.axhline(0, color="#6B7178", linewidth=0.8)
        ax.set_ylabel(output.label("fig-3", f"y_{kind}"))
        figures.norwegian_axis(ax, y=1 if kind == "atid" else 2)
        figures.label_ends(ax, ends)
    axes[1].set_xticks([2, 5, 10, 15, 20])
    axes[1].set_xlabel(output.label("fig-3", "x"))
    top = released.frame[released.frame["outcome"] == "atid3"]["value"]
    return figures.show(output, figure, released, "fig-3", low=top.min(), high=top.max())


def fan(output: Output, study: Study) -> Block:
    """The place's adjusted indicator with 50, 80 and 95 percent intervals."""
    grouping, group = place_grouping(output.place.code)
    own = pick(study.curves, "atid3", grouping, [group])
    frame = own[["month", "n"]].assign(
        value=own["indicator_sa"], std_error=own["std_error_sa"], published=own["half_published"]
    )
    released = gate.release(
        frame,
        label="fig-fan",
        count="n",
        keys=["month"],
        values=["value", "std_error", "published"],
    )
    data = released.frame.astype({"value": float, "std_error": float, "published": float})
    figure, ax = figures.axes(height=3.6)
    x = in_years(data["month"])
    bands = multiplier.normal_intervals(data["value"].to_numpy(), data["std_error"].to_numpy())
    for band, color in zip(reversed(bands), reversed(SOFT), strict=True):
        ax.fill_between(x, band.low, band.high, color=color, linewidth=0)
    ax.plot(x, data["value"], color="white", linewidth=1.2)
    for sign in (-1, 1):
        ax.plot(
            x,
            data["value"] + sign * data["published"],
            color=COLORS[3],
            linestyle="--",
            linewidth=1,
        )
    ax.axhline(0, color="#6B7178", linewidth=0.8)
    ax.set_ylabel(output.label("fig-fan", "y"))
    ax.set_xlim(x.min(), x.max())
    years = np.arange(np.ceil(x.min()), np.floor(x.max()) + 1)
    ax.set_xticks(years, [f"{year:.0f}" for year in years])
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    figures.norwegian_axis(ax, y=1)
    last = len(data) - 1
    ax.annotate(
        output.label("fig-fan", "published"),
        (x[last], data["value"].iloc[last] + data["published"].iloc[last]),
        xytext=(4, 0),
        textcoords="offset points",
        color=COLORS[3],
        fontsize=8.5,
        va="center",
        annotation_clip=False,
    )
    ax.annotate(
        output.label("fig-fan", "clustered"),
        (x[last], data["value"].iloc[last]),
        xytext=(4, 0),
        textcoords="offset points",
        color=SOFT[0],
        fontsize=8.5,
        va="center",
        annotation_clip=False,
    )
    end = data.iloc[-1]
    return figures.show(
        output,
        figure,
        released,
        "fig-fan",
        last=end["value"],
        half=Z95 * end["std_error"],
        published=end["published"],
        last_month=end["month"],
    )


def county_levels(output: Output, study: Study) -> Block:
    """Counties over the last twelve months with 95 percent intervals."""
    own = study.levels[
        (study.levels["outcome"] == "atid3")
        & (study.levels["grouping"] == "county")
        & (study.levels["period"] == "last12")
    ]
    frame = own[["group", "n_month", "indicator", "std_error"]].sort_values("indicator")
    released = gate.release(
        frame.reset_index(drop=True),
        label="fig-county-levels",
        count="n_month",
        keys=["group"],
        values=["indicator", "std_error"],
    )
    data = released.frame.astype({"indicator": float, "std_error": float})
    figure, ax = figures.axes(height=4.6)
    place = output.place.code
    for y, (_, row) in enumerate(data.iterrows()):
        color = COLORS[3] if row["group"] == place else COLORS[0]
        half = Z95 * row["std_error"]
        ax.plot(
            [row["indicator"] - half, row["indicator"] + half], [y, y], color=color, linewidth=2.2
        )
        ax.plot(
            row["indicator"],
            y,
            marker="D" if row["group"] == place else "o",
            color=color,
            markersize=6,
        )
    ax.axvline(0, color="#6B7178", linewidth=0.8)
    ax.set_yticks(range(len(data)), [places.name(code) for code in data["group"]])
    ax.grid(axis="x")
    ax.set_xlabel(output.label("fig-county-levels", "x"))
    figures.norwegian_axis(ax, x=1, y=None)
    high, low = data.iloc[-1], data.iloc[0]
    return figures.show(
        output,
        figure,
        released,
        "fig-county-levels",
        high=high["indicator"],
        high_name=places.name(high["group"]),
        low=low["indicator"],
        low_name=places.name(low["group"]),
    )


def release_offices(study: Study, place: str, label: str) -> gate.Released:
    """Offices of the whole country or a county; all are released together.

    A county's offices hold everybody in it, so that one office on too few needs another hidden;
    offices without standard error are left out afterwards.
    """
    frame = study.offices.reset_index(drop=True)
    known = ["office", "county", "n_month", "mean"]
    values = [name for name in OFFICE_COLUMNS if name not in known]
    released = gate.release(
        frame[list(OFFICE_COLUMNS)],
        label=label,
        count="n_month",
        keys=["office", "county"],
        values=values,
        labels=["mean"],
        exhaustive="office",
    )
    rows = frame["std_error"].notna() & (not place or frame["county"] == place)
    found = gate.subset(released, rows)
    return replace(
        found,
        frame=found.frame.reset_index(drop=True),
        suppressed=found.suppressed.reset_index(drop=True),
    )


def largest_offices(frame: pd.DataFrame, count: int) -> list[str]:
    """The offices with most rows among those that are shown."""
    return list(frame.dropna(subset=["n"]).nlargest(count, "n")["office"])


def funnel(output: Output, study: Study) -> Block:
    """Offices against their precision, with control limits."""
    released = release_offices(study, "", "fig-funnel")
    data = released.frame.dropna(subset=["indicator"]).copy()
    mean = float(data["mean"].iloc[0])
    figure, ax = figures.axes(height=4.2)
    place = output.place.code
    own = data["county"] == place
    error = data["std_error"].to_numpy(dtype=float)
    ax.scatter(
        1 / error[~own],
        data["indicator"][~own],
        s=13,
        color=GREY if place else COLORS[0],
        linewidth=0,
        alpha=0.8,
    )
    if place:
        ax.scatter(
            1 / error[own],
            data["indicator"][own],
            s=26,
            color=COLORS[3],
            marker="D",
            linewidth=0,
            zorder=3,
        )
    grid = np.linspace((1 / error).min(), (1 / error).max(), 200)
    for z, style, name in ((Z95, "--", "limit95"), (reach(0.998), ":", "limit998")):
        for sign in (-1, 1):
            ax.plot(grid, mean + sign * z / grid, color=COLORS[4], linestyle=style, linewidth=1.1)
        ax.annotate(
            output.label("fig-funnel", name),
            (grid[-1], mean + z / grid[-1]),
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=8.5,
            va="center",
            color=COLORS[4],
            annotation_clip=False,
        )
    ax.axhline(mean, color="#6B7178", linewidth=0.8)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    spread = float(np.abs(data["indicator"] - mean).max()) * 1.15
    ax.set_ylim(mean - spread, mean + spread)
    ax.set_xlabel(output.label("fig-funnel", "x"))
    ax.set_ylabel(output.label("fig-funnel", "y"))
    figures.norwegian_axis(ax, x=1, y=1)
    outside = int((np.abs(data["indicator"] - mean) > Z95 * error).sum())
    return figures.show(
        output,
        figure,
        released,
        "fig-funnel",
        offices=len(data),
        outside=outside,
        by_chance=0.05 * len(data),
    )


def office_levels(output: Output, study: Study) -> Block:
    """Offices before and after shrinkage, with intervals: the county's, or the largest ones."""
    place = output.place.code
    released = release_offices(study, place, "fig-offices")
    data = released.frame.dropna(subset=["shrunken"]).sort_values("shrunken")
    if not place:
        data = data[data["office"].isin(largest_offices(data, 30))]
    figure, ax = figures.axes(height=max(2.6, 0.19 * len(data) + 0.9))
    y = np.arange(len(data))
    half = Z95 * data["shrunken_error"].to_numpy(dtype=float)
    ax.hlines(y, data["shrunken"] - half, data["shrunken"] + half, color=COLORS[0], linewidth=2)
    ax.plot(
        data["shrunken"],
        y,
        "o",
        color=COLORS[0],
        markersize=4.5,
        label=output.label("fig-offices", "shrunken"),
    )
    ax.plot(
        data["indicator"],
        y,
        "x",
        color=COLORS[3],
        markersize=4.5,
        label=output.label("fig-offices", "raw"),
    )
    ax.axvline(0, color="#6B7178", linewidth=0.8)
    ax.set_yticks(y, data["office"])
    ax.tick_params(axis="y", labelsize=7.5)
    ax.grid(axis="x")
    ax.legend(loc="lower right", fontsize=8.5)
    ax.set_xlabel(output.label("fig-offices", "x"))
    figures.norwegian_axis(ax, x=1, y=None)
    return figures.show(
        output,
        figure,
        released,
        "fig-offices",
        offices=len(data),
        reliability=float(data["reliability"].median()),
    )


def drivers(output: Output, study: Study) -> Block:
    """What the change in actual hours consists of."""
    place = output.place.code
    own = study.drivers[study.drivers["county"] == place]
    grouping, group = place_grouping(place)
    curves = pick(study.curves, "atid3", grouping, [group]).set_index("month")["n"]
    least = float(min(curves[own["first"].iloc[0]], curves[own["last"].iloc[0]]))
    frame = own[["part", "change"]].assign(n=least).reset_index(drop=True)
    released = gate.release(frame, label="fig-drivers", count="n", keys=["part"], values=["change"])
    data = released.frame.set_index("part")["change"].astype(float)
    figure, ax = figures.axes(height=3.6)
    order = [*PARTS, "indicator", "total"]
    y = np.arange(len(order))[::-1]
    colors = [COLORS[0]] * len(PARTS) + [COLORS[1], COLORS[4]]
    ax.barh(y, [data[name] for name in order], color=colors, height=0.65)
    for place_y, name in zip(y, order, strict=True):
        value = data[name]
        ax.annotate(
            formats.number(value, 2, signed=True),
            (value, place_y),
            xytext=(4 if value >= 0 else -4, 0),
            textcoords="offset points",
            ha="left" if value >= 0 else "right",
            va="center",
            fontsize=8.5,
        )
    ax.axvline(0, color="#6B7178", linewidth=0.8)
    ax.margins(x=0.15)
    ax.set_yticks(y, [output.texts["names"][f"part_{name}"] for name in order])
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(output.label("fig-drivers", "x"))
    figures.norwegian_axis(ax, x=1, y=None)
    return figures.show(
        output,
        figure,
        released,
        "fig-drivers",
        total=data["total"],
        indicator=data["indicator"],
        market=data["market"],
        first=own["first"].iloc[0],
        last=own["last"].iloc[0],
    )


def release_calibration(study: Study, place: str) -> gate.Released:
    """Actual and expected by tenth; the country and all counties are released together.

    The number of rows is over all months: a person stands for at most one row a month, which
    gives the fewest persons there can be.
    """
    key = ["outcome", "decile"]
    own = study.calibration[[*key, "county", "n", "actual", "expected"]]
    own = own.assign(n_least=(own["n"] // len(study.months)).astype(float))
    counted = own[own["county"] != ""].groupby(key)["n_least"].sum()
    country = counted.reindex(pd.MultiIndex.from_frame(own[key])).to_numpy()
    own["n_least"] = own["n_least"].where(own["county"] != "", country)
    released = gate.release(
        own.reset_index(drop=True),
        label="fig-calibration",
        count=dict.fromkeys(("n", "actual", "expected"), "n_least"),
        keys=["outcome", "county", "decile"],
        totals={"county": ""},
        exhaustive="decile",
    )
    chosen = released.frame["county"].isin({"", place}) & released.frame["n"].ne(0)
    columns = ["outcome", "county", "decile", "n", "actual", "expected"]
    found = gate.subset(released, chosen, columns=columns)
    return replace(
        found,
        frame=found.frame.reset_index(drop=True),
        suppressed=found.suppressed.reset_index(drop=True),
    )


def calibration(output: Output, study: Study) -> Block:
    """Actual against expected by tenth of the expected value; county beside country."""
    place = output.place.code
    released = release_calibration(study, place)
    figure, axes = figures.axes(1, 4, height=2.6)
    for ax, outcome in zip(axes, OUTCOMES, strict=True):
        own = released.frame[released.frame["outcome"] == outcome]
        scale = 100 if outcome.startswith("jobb") else 1
        top = float(own[["actual", "expected"]].max().max()) * scale * 1.05
        ax.plot([0, top], [0, top], color="#6B7178", linewidth=0.8)
        for k, code in enumerate(dict.fromkeys(("", place))):
            part = own[own["county"] == code]
            ax.plot(
                part["expected"] * scale,
                part["actual"] * scale,
                "oD"[k],
                markersize=4,
                color=(COLORS[0], COLORS[3])[k],
            )
        ax.set_title(output.texts["names"][outcome], fontsize=9)
        ax.set_xlabel(output.label("fig-calibration", "x"))
        figures.norwegian_axis(ax, x=0, y=0)
    axes[0].set_ylabel(output.label("fig-calibration", "y"))
    hours = released.frame[
        (released.frame["outcome"] == "atid3") & (released.frame["county"] == place)
    ]
    worst = float((hours["actual"] - hours["expected"]).abs().max())
    return figures.show(output, figure, released, "fig-calibration", worst=worst)
