"""Figures of the Hedmark report that test the result."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from naveval.disclosure import gate
from naveval.exhibits import figures
from naveval.exhibits.output import Block, Output
from naveval.project import places
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.exhibits.figures import month_axis
from naveval.studies.hedmark.exhibits.tables import month_span, name, shown_only
from naveval.studies.hedmark.panel import GROUPS
from naveval.studies.hedmark.parameters import Parameters

TREATED, OTHER, BAND = figures.COLORS[2], figures.COLORS[0], "#DDE3EA"
CURVE_ROWS = ("controls", "window", "time_effects", "composition", "weights")


def placebo_months(
    output: Output, results: pd.DataFrame, regression: pd.DataFrame, parameters: Parameters
) -> Block:
    """Placebo by month: the effect of a hypothetical start in each month before the real one."""
    chosen = results[results["outcome"] == "stock"]
    frame = chosen.assign(month=[windows.text(month) for month in chosen["month"]])
    released = gate.model(
        frame,
        label="fig-placebo-month",
        n=["n_persons"],
        residual_df="residual_df",
    )
    real = shown_only(regression)
    real = real[(real["outcome"] == "stock") & (real["model"] == "effect")]
    real = real.set_index("group")["effect"]
    named = output.label("fig-placebo-month", "placebo" if parameters.is_placebo() else "real")
    figure, axes = figures.axes(1, 2, height=3.3, sharey=True)
    for ax, group in zip(axes, GROUPS, strict=True):
        part = released.frame[released.frame["group"] == group].reset_index(drop=True)
        ax.fill_between(part.index, part["ci_low"], part["ci_high"], color=BAND)
        ax.plot(part.index, part["effect"], color=OTHER, marker="o", markersize=3)
        ax.axhline(0, color=figures.INK, linewidth=0.8)
        ax.axhline(real[group], color=TREATED, linestyle="--")
        if np.isfinite(real[group]):
            ax.annotate(
                named,
                (0, real[group]),
                color=TREATED,
                xytext=(0, 3),
                textcoords="offset points",
                fontsize=8,
            )
        ticks = list(range(0, len(part), 4))
        ax.set_xticks(ticks, [short_month(part["month"][i]) for i in ticks])
        ax.set_title(name(output, group))
        figures.norwegian_axis(ax, y=0)
    axes[0].set_ylabel(output.label("fig-placebo-month", "y"))
    rejected = released.frame.groupby("group")["p_crv1"].agg(lambda p: int((p < 0.05).sum()))
    exact = released.frame.groupby("group")["p_exact"].agg(lambda p: int((p <= 0.10).sum()))
    return figures.show(
        output,
        figure,
        released,
        "fig-placebo-month",
        **month_span(parameters),
        months=len(frame) // 2,
        conventional_with=int(rejected["with"]),
        conventional_without=int(rejected["without"]),
        exact_with=int(exact["with"]),
        exact_without=int(exact["without"]),
    )


def short_month(month: str) -> str:
    """Text such as 03.13 from 2013-03."""
    return f"{month[5:7]}.{month[2:4]}"


def placebo_counties(output: Output, results: pd.DataFrame, parameters: Parameters) -> Block:
    """Placebo by county: every control county pretends to be treated."""
    return _county_figure(output, results, parameters, "fig-placebo-county")


def leave_one_out(output: Output, results: pd.DataFrame, parameters: Parameters) -> Block:
    """The effect without each control county in turn."""
    return _county_figure(output, results, parameters, "fig-leave-one-out")


def _county_figure(
    output: Output, results: pd.DataFrame, parameters: Parameters, label: str
) -> Block:
    chosen = results[results["outcome"] == "stock"].copy()
    whole = output.label(label, "whole")
    chosen["county"] = [places.name(code) if code else whole for code in chosen["county"]]
    released = gate.model(
        chosen, label=label, n=["n_persons"], residual_df="residual_df", labels=("n_clusters",)
    )
    figure, axes = figures.axes(1, 2, height=3.8, sharey=True)
    for ax, group in zip(axes, GROUPS, strict=True):
        part = released.frame[released.frame["group"] == group].reset_index(drop=True)
        place = -part.index.to_numpy()
        for rows, color, marker in (
            (part.index == 0, TREATED, "D"),
            (part.index > 0, OTHER, "o"),
        ):
            some = part[rows]
            reach = np.abs(some[["ci_low", "ci_high"]].to_numpy().T - some["effect"].to_numpy())
            ax.errorbar(
                some["effect"],
                place[rows],
                xerr=reach,
                fmt=marker,
                color=color,
                markersize=5,
                elinewidth=1.2,
            )
        ax.axvline(0, color=figures.INK, linewidth=0.8)
        ax.set_yticks(place, part["county"])
        ax.set_title(name(output, group))
        ax.set_xlabel(output.label(label, "x"))
        ax.grid(axis="x", visible=True)
        figures.norwegian_axis(ax, x=0, y=None)
    values: dict[str, float] = {}
    for group in GROUPS:
        part = released.frame[released.frame["group"] == group]
        own, others = part["effect"].iloc[0], part["effect"].iloc[1:]
        values[f"own_{group}"] = float(own)
        values[f"from_{group}"], values[f"to_{group}"] = float(others.min()), float(others.max())
        values[f"conventional_{group}"] = int((part["p_crv1"].iloc[1:] < 0.05).sum())
    return figures.show(
        output, figure, released, label, controls=len(parameters.controls()), **values
    )


def event_study(
    output: Output, months: pd.DataFrame, tests: pd.DataFrame, parameters: Parameters
) -> Block:
    """Effects on the stock by month, with the band that most control counties lie in."""
    chosen = months[months["outcome"] == "stock"]
    frame = chosen.assign(month=[windows.text(month) for month in chosen["month"]])
    released = gate.model(
        frame,
        label="fig-event",
        n=["n_persons"],
        residual_df="residual_df",
        labels=("event_time",),
    )
    figure, axes = figures.axes(1, 2, height=3.4, sharey=True)
    values: dict[str, float] = {}
    for ax, group in zip(axes, GROUPS, strict=True):
        part = released.frame[released.frame["group"] == group].reset_index(drop=True)
        ax.fill_between(part.index, part["band_low"], part["band_high"], color=BAND)
        ax.plot(part.index, part["estimate"], color=TREATED, linewidth=1.5)
        ax.axhline(0, color=figures.INK, linewidth=0.8)
        start = int((part["event_time"] < 0).sum())
        ax.axvline(start - 0.5, color=figures.INK, linewidth=1, linestyle=(0, (2, 2)))
        month_axis(ax, list(part["month"]))
        ax.set_title(name(output, group))
        figures.norwegian_axis(ax, y=0)
        own = tests[(tests["outcome"] == "stock") & (tests["group"] == group)]
        own = shown_only(own).iloc[0]
        values[f"p_{group}"] = float(own["p_before"])
        values[f"after_{group}"] = float(part["estimate"].iloc[start:].mean())
    axes[0].set_ylabel(output.label("fig-event", "y"))
    return figures.show(output, figure, released, "fig-event", **month_span(parameters), **values)


def specification_curve(output: Output, results: pd.DataFrame, parameters: Parameters) -> Block:
    """All specifications in order of effect, with what each chose."""
    chosen = results[results["outcome"] == "stock"]
    released = gate.model(
        chosen.reset_index(drop=True),
        label="fig-specification",
        n=["n_persons"],
        residual_df="residual_df",
        labels=("n_clusters",),
    )
    figure, axes = figures.axes(
        2, 2, height=6.2, sharex="col", gridspec_kw={"height_ratios": [1, 2.2]}
    )
    values: dict[str, float] = {"specifications": len(chosen) // 2}
    for column, group in enumerate(GROUPS):
        part = released.frame[released.frame["group"] == group].dropna(subset=["effect"])
        part = part.sort_values("effect", ignore_index=True)
        values |= _spread(part, group)
        _curve(output, axes[0, column], part)
        _choices(output, axes[1, column], part, titled=column == 0)
        axes[0, column].set_title(name(output, group))
    axes[0, 0].set_ylabel(output.label("fig-specification", "y"))
    return figures.show(output, figure, released, "fig-specification", **values)


def _spread(part: pd.DataFrame, group: str) -> dict[str, float]:
    """Ends, median and main choice of the specifications shown; missing where there are none."""
    effect = part["effect"]
    return {
        f"from_{group}": float(effect.min()),
        f"to_{group}": float(effect.max()),
        f"median_{group}": float(effect.median()),
        f"main_{group}": float(effect[part["main"]].mean()),
    }


def _curve(output: Output, ax: Axes, part: pd.DataFrame) -> None:
    ax.plot(part.index, part["effect"], color=OTHER, linewidth=1.6)
    main = part[part["main"]]
    ax.plot(main.index, main["effect"], "D", color=TREATED, markersize=6)
    for place, effect in main["effect"].items():
        ax.annotate(
            output.label("fig-specification", "main"),
            (place, effect),
            color=TREATED,
            xytext=(6, -10),
            textcoords="offset points",
            fontsize=8,
        )
    ax.axhline(0, color=figures.INK, linewidth=0.8)
    figures.norwegian_axis(ax, y=0)


def _choices(output: Output, ax: Axes, part: pd.DataFrame, *, titled: bool) -> None:
    ticks, names, place = [], [], 0.0
    for choice in CURVE_ROWS:
        for value in part[choice].unique():
            used = part.index[part[choice] == value]
            ax.plot(used, np.full(len(used), place), "|", color=OTHER, markersize=5, alpha=0.7)
            ticks.append(place)
            names.append(name(output, f"{choice}_{value}"))
            place -= 1
        place -= 0.7
    ax.set_yticks(ticks, names if titled else [""] * len(names), fontsize=8)
    ax.set_xlabel(output.label("fig-specification", "x"))
    ax.grid(visible=False)
