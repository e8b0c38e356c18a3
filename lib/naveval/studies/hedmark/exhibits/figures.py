"""Figures of the Hedmark report that follow counties over time."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from naveval.disclosure import gate
from naveval.disclosure.gate import Released
from naveval.disclosure.thresholds import thresholds
from naveval.exhibits import figures
from naveval.exhibits.output import Block, Output
from naveval.project import places
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.exhibits.tables import month_span, name, shown_only
from naveval.studies.hedmark.panel import Panel
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.windows import Outcome

SERIES: dict[str, tuple[Outcome, str]] = {
    "fig-2": ("stock", "with"),
    "fig-3": ("stock", "without"),
    "fig-4": ("inflow", "with"),
    "fig-5": ("inflow", "without"),
    "fig-6": ("26-51", "with"),
    "fig-7": ("52-77", "with"),
    "fig-8": ("78-103", "with"),
    "fig-9": ("104+", "with"),
}
CHANGE_MONTHS = 12


def change(output: Output, panel: Panel, parameters: Parameters) -> Block:
    """Figure 1: change in job seekers from a month after the start to a year later, by county."""
    start, _, last = parameters.months()
    first = start + 1
    end = min(first + CHANGE_MONTHS, last)
    parts = [panels.persons(panel, "stock", group).loc[[first, end]] for group in panels.GROUPS]
    then, now = (sum(part.loc[month] for part in parts) for month in (first, end))
    # The change of the whole gives a hidden group back where the other group is shown.
    fewest = np.minimum.reduce([part.min() for part in parts])
    controls = set(parameters.controls())
    frame = pd.DataFrame(
        {
            "county": [places.name(code) for code in then.index],
            "role": [
                "treated"
                if code == parameters.county
                else "control"
                if code in controls
                else "other"
                for code in then.index
            ],
            "change": (100 * (now / then - 1)).to_numpy(),
            "n": fewest.astype(int),
        }
    ).sort_values("change", ignore_index=True)
    counted = gate.release(frame, label="fig-1", count={"change": "n"}, keys=["county"])
    # Without the counts: both groups together less one group would give the other back.
    everyone = np.ones(len(frame), dtype=bool)
    released = gate.subset(counted, everyone, columns=["county", "role", "change"])
    shown = released.frame.dropna(subset=["change"])
    figure, ax = figures.axes(height=5.0)
    for role, color, hatch in (
        ("treated", figures.COLORS[2], ""),
        ("control", figures.COLORS[0], ""),
        ("other", figures.COLORS[5], "///"),
    ):
        part = shown[shown["role"] == role]
        ax.barh(
            part.index,
            part["change"],
            color=color,
            hatch=hatch,
            edgecolor="white",
            label=output.label("fig-1", role),
            height=0.75,
        )
    ax.set_yticks(shown.index, shown["county"])
    ax.set_xlabel(output.label("fig-1", "x"))
    ax.axvline(0, color=figures.INK, linewidth=0.8)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    figures.norwegian_axis(ax, x=0, y=None)
    ax.legend(loc="lower right")
    own = shown.loc[shown["role"] == "treated", "change"]
    falling = int((shown["change"] < 0).sum())
    return figures.show(
        output,
        figure,
        released,
        "fig-1",
        first=windows.text(first),
        end=windows.text(end),
        change=float(own.iloc[0]) if len(own) else np.nan,
        falling=falling,
        counties=len(frame),
    )


def series_frame(
    panel: Panel, parameters: Parameters, outcome: Outcome, group: str, first: int, last: int
) -> pd.DataFrame:
    """Month, treated and pooled control in per cent of the labour force, with persons.

    Where a control county has too few persons to be shown in its own report, the pool counts as
    few too: what the other reports show of the other counties could be taken from it.
    """
    months = range(first, last + 1)
    persons, force = panels.persons(panel, outcome, group), panels.labour_force(panel)
    own = panels.block(persons, months, (parameters.county,))
    other = panels.block(persons, months, parameters.controls())
    own_force = panels.block(force, months, (parameters.county,))
    other_force = panels.block(force, months, parameters.controls())
    return pd.DataFrame(
        {
            "month": [windows.text(month) for month in months],
            "treated": 100 * own[0] / own_force[0],
            "control": 100 * other.sum(0) / other_force.sum(0),
            "n_treated": own[0].astype(int),
            "n_control": pool_count(other),
        }
    )


def pool_count(persons: np.ndarray) -> np.ndarray:
    """Persons of a pool of counties by month, or those of its smallest county if too few."""
    least = persons.min(0)
    return np.where(least < thresholds().min_cell, least, persons.sum(0)).astype(int)


def release_series(frame: pd.DataFrame, label: str) -> Released:
    """Release a series; every month rests on the persons of its area."""
    count = {"treated": "n_treated", "control": "n_control"}
    return gate.release(frame, label=label, count=count, keys=["month"])


def series(output: Output, panel: Panel, parameters: Parameters, label: str) -> Block:
    """Figures 2 to 9: the treated county against the control group."""
    outcome, group = SERIES[label]
    start, first, last = parameters.months()
    if outcome == "stock":
        first = int(panel.counts["month"].min())
    end = windows.last_free(outcome, start, last)
    frame = series_frame(panel, parameters, outcome, group, first, end)
    released = release_series(frame, label)
    figure, ax = figures.axes(height=3.4)
    lines(output, ax, released.frame, start - first, placebo=parameters.is_placebo())
    ax.set_ylabel(output.label("series", "y"))
    shown = released.frame
    before, after = shown.iloc[: start - first], shown.iloc[start - first + 1 :]
    before = before.iloc[-CHANGE_MONTHS:]
    return figures.show(
        output,
        figure,
        released,
        label,
        **month_span(parameters),
        figure_first=windows.text(first),
        figure_last=windows.text(end),
        treated_before=before["treated"].mean(),
        treated_after=after["treated"].mean(),
        control_before=before["control"].mean(),
        control_after=after["control"].mean(),
    )


def lines(output: Output, ax: Axes, frame: pd.DataFrame, start: int, *, placebo: bool) -> None:
    """Two lines with direct labels and a mark at the start month."""
    x = np.arange(len(frame))
    ends: dict[str, tuple[float, float, str]] = {}
    for k, area in enumerate(("treated", "control")):
        color = figures.COLORS[(2, 0)[k]]
        ax.plot(x, frame[area], color=color, linestyle=figures.LINESTYLES[k])
        seen = frame[area].dropna()
        if len(seen):
            ends[output.label("series", area)] = (float(x[-1]), float(seen.iloc[-1]), color)
    month_axis(ax, list(frame["month"]))
    mark_start(ax, start, output.label("series", "placebo" if placebo else "start"))
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    figures.norwegian_axis(ax, y=1 if frame["treated"].mean() > 1 else 2)
    figures.label_ends(ax, ends)


def month_axis(ax: Axes, months: list[str]) -> None:
    """A tick at every January."""
    ticks = [i for i, month in enumerate(months) if month.endswith("-01")]
    ax.set_xticks(ticks, [months[i][:4] for i in ticks])
    ax.set_xlim(-0.5, len(months) - 0.5)


def mark_start(ax: Axes, start: float, named: str) -> None:
    """A dashed line at the start of the practice, named at the bottom."""
    ax.axvline(start, color=figures.INK, linewidth=1, linestyle=(0, (2, 2)))
    ax.annotate(
        named,
        (start, 0),
        xycoords=("data", "axes fraction"),
        xytext=(-4, 5),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=8,
    )


def synthetic_paths(
    output: Output, frame: pd.DataFrame, parameters: Parameters, effects: pd.DataFrame
) -> Block:
    """The county against its synthetic control and the pooled control group."""
    wide = []
    for group in panels.GROUPS:
        part = frame[frame["group"] == group].set_index("month")
        wide.append(part.drop(columns="group").add_prefix(f"{group}_"))
    joined = pd.concat(wide, axis=1).reset_index()
    joined["month"] = [windows.text(month) for month in joined["month"]]
    kinds = ("treated", "synthetic_control", "control")
    count = {
        f"{g}_{k}": f"{g}_n_persons" if k == "treated" else f"{g}_n_control"
        for g in panels.GROUPS
        for k in kinds
    }
    released = gate.release(joined, label="fig-synthetic", count=count, keys=["month"])
    figure, axes = figures.axes(1, 2, height=3.4)
    start = parameters.months()[0] - parameters.months()[1]
    for ax, group in zip(axes, panels.GROUPS, strict=True):
        for k, kind in enumerate(kinds):
            ax.plot(
                released.frame[f"{group}_{kind}"].to_numpy(),
                color=figures.COLORS[(2, 1, 0)[k]],
                linestyle=figures.LINESTYLES[k],
                label=output.label("fig-synthetic", kind),
            )
        month_axis(ax, list(released.frame["month"]))
        ax.axvline(start - 0.5, color=figures.INK, linewidth=1, linestyle=(0, (2, 2)))
        ax.set_title(name(output, group))
        low, high = ax.get_ylim()
        ax.set_ylim(low - 0.3 * (high - low), high)
        figures.norwegian_axis(ax, y=1)
    axes[0].set_ylabel(output.label("series", "y"))
    axes[1].legend(loc="lower left", fontsize=8)
    own = shown_only(effects)
    own = own[own["outcome"] == "stock"].set_index(["group", "method"])["effect"]
    values: dict[str, Any] = {
        f"{kind}_{group}": float(own[group, kind])
        for group in panels.GROUPS
        for kind in ("synthetic_control", "synthetic_did")
    }
    return figures.show(output, figure, released, "fig-synthetic", **values)


def county_names(codes: tuple[str, ...]) -> str:
    """Names of counties as running text: «A, B og C»."""
    named = [places.name(code) for code in codes]
    return named[0] if len(named) == 1 else ", ".join(named[:-1]) + " og " + named[-1]
