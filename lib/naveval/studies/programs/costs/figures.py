"""Figures of the cost-benefit part: net benefit, its composition, tornado, break-even."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from naveval.estimators.cost_benefit.net_benefit import ITEMS
from naveval.exhibits import figures
from naveval.exhibits.output import Block, Output
from naveval.project import formats
from naveval.studies.programs.costs.analysis import Analysis
from naveval.studies.programs.costs.tables import release

BARS = 6
DARK, TEAL, PINK, ORANGE, GREY, PURPLE = figures.COLORS
ITEM_STYLE = {
    "value_creation": (DARK, ""),
    "saved_benefits": (TEAL, "..."),
    "program_cost": (PINK, "///"),
    "other_sectors": (ORANGE, "\\\\\\"),
    "counsellor": (GREY, "xxx"),
    "tiltakspenger": (PURPLE, "---"),
}
ZERO = {"color": figures.INK, "linewidth": 0.9}


def net_benefit(output: Output, analysis: Analysis) -> Block:
    """Net benefit per programme, largest first, with 95 per cent intervals of the draws."""
    draws = analysis.uncertainty.assign(net_benefit=analysis.flows["net_benefit"])
    frame = draws.sort_values("net_benefit").reset_index(drop=True)
    figure, ax = figures.axes(height=4.0)
    y = np.arange(len(frame))
    thin = [frame["ci_low"] / 1000, frame["ci_high"] / 1000]
    thick = [frame["effect_low"] / 1000, frame["effect_high"] / 1000]
    ax.hlines(y, *thin, color=DARK, linewidth=1.2)
    ax.hlines(y, *thick, color=TEAL, linewidth=4.5, alpha=0.55)
    ax.plot(frame["net_benefit"] / 1000, y, "o", color=DARK, markersize=5.5)
    ax.axvline(0, **ZERO)
    ax.set_yticks(y, frame["program"])
    ax.set_xlabel(output.label("fig-net-benefit", "x"))
    _horizontal(ax)
    for height, net in zip(y, frame["net_benefit"] / 1000, strict=True):
        ax.annotate(
            formats.number(net, 0),
            (net, height),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
    best, worst = frame.iloc[-1], frame.iloc[0]
    released = release(frame, "fig-net-benefit", analysis)
    return figures.show(
        output,
        figure,
        released,
        "fig-net-benefit",
        draws=analysis.draws,
        best=best["program"],
        best_net=best["net_benefit"],
        worst=worst["program"],
        worst_net=worst["net_benefit"],
    )


def composition(output: Output, analysis: Analysis) -> Block:
    """Benefits to the right and costs to the left of zero, item by item."""
    frame = analysis.flows.drop(columns="total_cost").sort_values("net_benefit")
    frame = frame.reset_index(drop=True)
    figure, ax = figures.axes(height=4.8)
    y = np.arange(len(frame))
    right, left = np.zeros(len(frame)), np.zeros(len(frame))
    for item, (color, hatch) in ITEM_STYLE.items():
        value = frame[item].to_numpy() / 1000
        start = np.where(value >= 0, right, left)
        ax.barh(
            y,
            value,
            left=start,
            height=0.62,
            color=color,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.4,
        )
        right, left = right + np.maximum(value, 0), left + np.minimum(value, 0)
    ax.plot(
        frame["net_benefit"] / 1000,
        y,
        "D",
        color="white",
        markeredgecolor=figures.INK,
        markersize=5.5,
        zorder=5,
    )
    ax.axvline(0, **ZERO)
    ax.margins(x=0.04)
    ax.set_yticks(y, frame["program"])
    ax.set_xlabel(output.label("fig-composition", "x"))
    _horizontal(ax)
    patches = [
        Patch(
            facecolor=color,
            hatch=hatch,
            edgecolor="white",
            label=output.label("fig-composition", item),
        )
        for item, (color, hatch) in ITEM_STYLE.items()
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=3, fontsize=8.5)
    total = analysis.flows[list(ITEMS)].abs().to_numpy().sum()
    share = analysis.flows["value_creation"].abs().sum() / total
    released = release(frame, "fig-composition", analysis)
    return figures.show(output, figure, released, "fig-composition", share=share)


def tornado(output: Output, analysis: Analysis) -> Block:
    """For every programme the inputs that move its net benefit most."""
    frame = analysis.tornado.groupby("program", sort=False).head(BARS).reset_index(drop=True)
    figure, axes = figures.axes(5, 2, height=9.3)
    for ax, program in zip(axes.flat, analysis.programs, strict=False):
        _tornado_panel(output, ax, frame[frame["program"] == program], program)
    key = axes.flat[-1]
    key.axis("off")
    handles = [
        Patch(
            facecolor=color, hatch=hatch, edgecolor="white", label=output.label("fig-tornado", name)
        )
        for name, color, hatch in (("low", ORANGE, "///"), ("high", DARK, ""))
    ]
    key.legend(handles=handles, loc="center left", fontsize=9)
    widest = frame.sort_values("swing").iloc[-1]
    first = frame.groupby("program", sort=False).first()["input"]
    released = release(frame, "fig-tornado", analysis)
    return figures.show(
        output,
        figure,
        released,
        "fig-tornado",
        program=widest["program"],
        low=min(widest["low"], widest["high"]),
        high=max(widest["low"], widest["high"]),
        input=output.label("fig-tornado", widest["input"]).lower(),
        effects_first=int(first.isin(["effects", "effect_months"]).sum()),
        programs=len(first),
    )


def _tornado_panel(output: Output, ax: Axes, frame: pd.DataFrame, program: str) -> None:
    rows = frame.iloc[::-1]
    y, base = np.arange(len(rows)), rows["base"].to_numpy() / 1000
    for name, color, hatch in (("low", ORANGE, "///"), ("high", DARK, "")):
        width = rows[name].to_numpy() / 1000 - base
        ax.barh(
            y,
            width,
            left=base,
            height=0.66,
            color=color,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.4,
        )
    ax.axvline(base[0], color=figures.INK, linewidth=0.9)
    ax.axvline(0, color="#8A9199", linewidth=0.8, linestyle=":")
    ax.set_yticks(y, [output.label("fig-tornado", name) for name in rows["input"]], fontsize=8)
    ax.set_title(program)
    ax.tick_params(axis="x", labelsize=8)
    ax.locator_params(axis="x", nbins=5)
    _horizontal(ax)


def break_even(output: Output, analysis: Analysis) -> Block:
    """Net benefit by how long the effects last, one panel per programme."""
    figure, axes = figures.axes(3, 3, height=6.4, sharex=True)
    months = analysis.break_even.set_index("program")["break_even_months"]
    used = analysis.inputs.set_index("program")["effect_months"]
    base = analysis.flows.set_index("program")["net_benefit"]
    for ax, program in zip(axes.flat, analysis.programs, strict=False):
        curve = analysis.curve[analysis.curve["program"] == program]
        ax.plot(curve["months"] / 12, curve["net_benefit"] / 1000, color=DARK)
        ax.plot(used[program] / 12, base[program] / 1000, "o", color=PINK, markersize=5.5)
        ax.axhline(0, **ZERO)
        if np.isfinite(months[program]):
            ax.axvline(months[program] / 12, color=TEAL, linestyle="--", linewidth=1.3)
        ax.set_title(program, fontsize=8.5)
        figures.norwegian_axis(ax, x=0, y=0)
        ax.tick_params(labelsize=8)
    for ax in axes.flat[len(analysis.programs) :]:
        ax.axis("off")
    for ax in axes[-1]:
        ax.set_xlabel(output.label("fig-break-even", "x"), fontsize=9)
    axes[1, 0].set_ylabel(output.label("fig-break-even", "y"), fontsize=9)
    finite = months[np.isfinite(months)].sort_values()
    released = release(analysis.curve, "fig-break-even", analysis)
    return figures.show(
        output,
        figure,
        released,
        "fig-break-even",
        reached=len(finite),
        programs=len(analysis.programs),
        first="–" if finite.empty else finite.index[0],
        first_months=np.nan if finite.empty else finite.iloc[0],
        last="–" if finite.empty else finite.index[-1],
        last_months=np.nan if finite.empty else finite.iloc[-1],
    )


def _horizontal(ax: Axes) -> None:
    """Grid and Norwegian numbers along x for horizontal bars and ranges."""
    figures.norwegian_axis(ax, x=0, y=None)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
