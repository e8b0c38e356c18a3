"""Figures of part 3: what the programmes changed (chapter 6, annex B.4 to B.7)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure import gate
from naveval.estimators import overlap, scores
from naveval.exhibits import figures
from naveval.exhibits.output import Block, Output
from naveval.studies.programs.codes import REST
from naveval.studies.programs.effects import Estimated
from naveval.studies.programs.exhibits.drawing import (
    ARM_STYLES,
    DARK,
    GREY,
    PINK,
    interval_axes,
    intervals,
    name,
    panel_title,
    panels,
    x_label,
)
from naveval.studies.programs.sample.persons import BEFORE
from naveval.studies.programs.study import Effects

SLOW_PROGRAMS = ("AFT", "Arbeidsrettet rehabilitering", "Utdanning")
PATH = (-60, 36)
GROUPS = ("standard", "situational", "special")
KEYS = ["arm", "horizon", "series"]
Series = Mapping[str, pd.DataFrame]


def months_by_year(output: Output, data: Effects) -> Block:
    """fig-6-2: effect on months in work by year, for those treated."""
    return _years(output, "fig-6-2", {"att": data.main}, "months")


def earnings_by_year(output: Output, data: Effects) -> Block:
    """fig-6-3: effect on earnings by year, for those treated."""
    return _years(output, "fig-6-3", {"att": data.main}, "earnings", scale=1000)


def ate_and_att(output: Output, data: Effects) -> Block:
    """fig-6-8: effect on everyone beside effect on those treated, with a test of the difference."""
    frame = pd.concat(
        [
            _effects(data.main, estimand, "months").assign(series=estimand)
            for estimand in ("att", "ate")
        ]
    )
    tests = difference_tests(data.main)
    block = _draw(
        output, "fig-6-8", frame, n_different=int((tests.p_value < 0.05).sum()), n_tests=len(tests)
    )
    return block


def difference_tests(estimated: Estimated) -> pd.DataFrame:
    """Test of ATET against ATE per arm and year of months in work."""
    parts = [
        scores.att_minus_ate(estimated.scores, arm) for arm in range(1, len(estimated.scores.arms))
    ]
    table = pd.concat(parts, ignore_index=True)
    table = table[table.outcome.str.startswith("months_") & (table.arm != REST)]
    return table.reset_index(drop=True)


def variant(output: Output, data: Effects, which: str, label: str) -> Block:
    """Figures 6-6, 6-7, B-4 and two years: another sample beside the main one."""
    other = data.robust.get(which)
    if other is None:
        return Block("")
    series = {"main": data.main, which: other}
    arms = None
    if which == "chains":
        arms = [arm for arm in (*data.main.arms, *other.arms) if arm != REST]
        arms = list(dict.fromkeys(arms))
    return _years(
        output, label, series, "months", years=min(e.years for e in series.values()), arms=arms
    )


def by_first_group(output: Output, data: Effects) -> Block:
    """fig-b-5: separate estimates per first group; the note names what has none."""
    if not data.by_group:
        return Block("")
    lacking = [
        f"{name(output, f'series-{group}')}: "
        + (", ".join(_without(data, group)) or output.label("fig-b-5", "none"))
        for group in GROUPS
    ]
    return _years(output, "fig-b-5", data.by_group, "months", lacking="; ".join(lacking))


def _without(data: Effects, group: str) -> list[str]:
    """Programmes of the main sample without an estimate of their own in a first group."""
    arms = [arm for arm in data.main.arms if arm != REST]
    own = data.by_group.get(group)
    return [arm for arm in arms if own is None or arm not in own.arms]


def year_four(output: Output, data: Effects) -> Block:
    """fig-6-5: effect on earnings in year 4, from those registered 2016–2017."""
    other = data.robust.get("year_four")
    if other is None:
        return Block("")
    frame = _effects(other, "att", "earnings", years=[4]).assign(series="year_four")
    return _draw(output, "fig-6-5", frame, scale=1000)


def monthly(output: Output, data: Effects, label: str) -> Block:
    """Figures 6-4 (three slow programmes) and B-3 (all): effect on work month by month."""
    arms = [arm for arm in data.main.arms if arm != REST]
    if label == "fig-6-4":
        arms = [arm for arm in SLOW_PROGRAMS if arm in arms]
    if not arms:
        return Block("")
    table = data.main.effects
    rows = table[
        (table.estimand == "att") & table.arm.isin(arms) & table.outcome.str.startswith("work_")
    ]
    frame = pd.DataFrame(
        {
            "arm": rows.arm,
            "month": rows.outcome.str[5:].astype(int),
            "estimate": rows.estimate,
            "ci_low": rows.ci_low,
            "ci_high": rows.ci_high,
            "n": rows.n_treated,
        }
    ).reset_index(drop=True)
    released = gate.release(frame, label=label, count="n", keys=["arm", "month"], labels=["month"])
    columns = min(3, len(arms)) if label == "fig-6-4" else 4
    figure, grid = panels(len(arms), columns=columns, height=2.3 if columns < 4 else 1.7)
    for ax, arm in zip(grid, arms, strict=True):
        part = released.frame[released.frame.arm == arm]
        ax.fill_between(part.month, 100 * part.ci_low, 100 * part.ci_high, color=DARK, alpha=0.18)
        ax.plot(part.month, 100 * part.estimate, color=DARK)
        ax.axhline(0, color=figures.INK, linewidth=0.8)
        ax.set_xlim(1, 36)
        ax.set_xticks([1, 12, 24, 36])
        figures.norwegian_axis(ax, y=0)
        panel_title(ax, arm, 20)
    grid[0].set_ylabel(output.label(label, "y"))
    x_label(grid, columns, output.label(label, "x"))
    first = frame[frame.arm == arms[0]].set_index("month").estimate
    return figures.show(
        output, figure, released, label, arm=arms[0], month_1=first[1], month_36=first[36]
    )


def paths(output: Output, data: Effects) -> Block:
    """fig-6-1: share in work of treated and weighted controls, 60 months before to 36 after."""
    made = data.main.scores
    arms = [arm for arm in data.main.arms if arm != REST]
    k = np.arange(PATH[0], PATH[1] + 1)
    parts, gaps = [], {}
    for arm in arms:
        position = made.arms.index(arm)
        work = data.main.sample.work[:, BEFORE + k]
        treated, control = overlap.weighted_path(made, position, work)
        parts.append(
            pd.DataFrame(
                {
                    "arm": arm,
                    "month": k,
                    "treated": 100 * treated,
                    "control": 100 * control,
                    "n": int((made.arm == position).sum()),
                }
            )
        )
        gaps[arm] = 100 * float(np.abs(treated - control)[k < 0].mean())
    frame = pd.concat(parts, ignore_index=True)
    released = gate.release(
        frame, label="fig-6-1", count="n", keys=["arm", "month"], labels=["month"]
    )
    figure, grid = panels(len(arms), columns=3, height=1.9)
    for ax, arm in zip(grid, arms, strict=True):
        part = released.frame[released.frame.arm == arm]
        ax.plot(
            part.month,
            part.control,
            color=PINK,
            linestyle="--",
            label=output.label("fig-6-1", "control"),
        )
        ax.plot(part.month, part.treated, color=DARK, label=output.label("fig-6-1", "treated"))
        ax.axvline(0, color=figures.INK, linewidth=0.8)
        ax.set_xticks([-60, -36, -12, 0, 12, 36])
        ax.set_ylim(0, 100)
        figures.norwegian_axis(ax, x=0, y=0, unit=" %")
        panel_title(ax, arm)
    x_label(grid, 3, output.label("fig-6-1", "x"))
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    worst = max(gaps, key=lambda arm: gaps[arm])
    return figures.show(
        output,
        figure,
        released,
        "fig-6-1",
        worst=worst,
        gap=gaps[worst],
        mean_gap=float(np.mean(list(gaps.values()))),
    )


def balance(output: Output, data: Effects) -> Block:
    """fig-balance: standardised differences before and after weighting, per programme."""
    frame = balance_frame(data.main)
    released = gate.release(
        frame[["arm", "covariate", "smd_raw", "smd_weighted", "n"]],
        label="fig-balance",
        count="n",
        keys=["arm", "covariate"],
    )
    arms = list(dict.fromkeys(frame.arm))
    figure, ax = figures.axes(height=0.45 * len(arms) + 1.4)
    for i, arm in enumerate(reversed(arms)):
        part = released.frame[released.frame.arm == arm]
        for column, at, (color, marker), alpha in (
            ("smd_raw", 0.15, (GREY, "o"), 0.45),
            ("smd_weighted", -0.15, (PINK, "D"), 0.75),
        ):
            text = output.label("fig-balance", column) if i == 0 else ""
            height = np.full(len(part), i + at)
            ax.plot(
                part[column].abs(),
                height,
                marker,
                color=color,
                alpha=alpha,
                markersize=3.5,
                label=text,
            )
    ax.axvline(0.1, color=figures.INK, linewidth=0.9, linestyle="--")
    ax.set_yticks(range(len(arms)), list(reversed(arms)))
    ax.set_xlim(0, None)
    figures.norwegian_axis(ax, x=1, y=None)
    ax.set_xlabel(output.label("fig-balance", "x"))
    ax.legend(loc="lower right")
    return figures.show(
        output,
        figure,
        released,
        "fig-balance",
        raw=frame.smd_raw.abs().max(),
        weighted=frame.smd_weighted.abs().max(),
        above=int((frame.smd_weighted.abs() > 0.1).sum()),
        total=len(frame),
    )


def balance_frame(estimated: Estimated) -> pd.DataFrame:
    """Balance of every arm but Annet: arm, n and the columns of `overlap.balance`."""
    made = estimated.scores
    parts = []
    for position, arm in enumerate(made.arms):
        if position and arm != REST:
            table = overlap.balance(
                made, position, estimated.covariates.to_numpy(), estimated.covariates.columns
            )
            parts.append(table.assign(arm=arm, n=int((made.arm == position).sum())))
    return pd.concat(parts, ignore_index=True)


def overlap_density(output: Output, data: Effects) -> Block:
    """fig-overlap: distribution of propensities among treated and controls, in bins."""
    made, probability = data.main.scores, data.main.nuisances.propensity
    arms = [arm for arm in data.main.arms if arm != REST]
    parts = []
    for arm in arms:
        position = made.arms.index(arm)
        p = probability[:, position]
        edges = np.quantile(p, np.linspace(0, 1, 11))
        bins = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, 9)
        for bin_no in range(10):
            rows = bins == bin_no
            parts.append(
                {
                    "arm": arm,
                    "bin": bin_no + 1,
                    "treated": 100
                    * float((rows & (made.arm == position)).sum() / (made.arm == position).sum()),
                    "control": 100 * float((rows & (made.arm == 0)).sum() / (made.arm == 0).sum()),
                    "n": int((rows & (made.arm == position)).sum()),
                }
            )
    frame = pd.DataFrame(parts)
    released = gate.release(
        frame,
        label="fig-overlap",
        count="n",
        keys=["arm", "bin"],
        labels=["bin"],
        exhaustive="bin",
    )
    figure, grid = panels(len(arms), columns=4, height=1.6)
    for ax, arm in zip(grid, arms, strict=True):
        part = released.frame[released.frame.arm == arm]
        ax.bar(
            part.bin - 0.2,
            part.treated,
            0.4,
            color=DARK,
            label=output.label("fig-overlap", "treated"),
        )
        ax.bar(
            part.bin + 0.2,
            part.control,
            0.4,
            color=PINK,
            hatch="///",
            edgecolor="white",
            label=output.label("fig-overlap", "control"),
        )
        ax.set_xticks([1, 5, 10])
        figures.norwegian_axis(ax, y=0, unit=" %")
        panel_title(ax, arm, 20)
    x_label(grid, 4, output.label("fig-overlap", "x"))
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    top = released.frame[frame.bin == 10].set_index("arm").treated.fillna(-1)
    return figures.show(output, figure, released, "fig-overlap", arm=top.idxmax(), share=top.max())


def _effects(
    estimated: Estimated, estimand: str, kind: str, years: Sequence[int] | None = None
) -> pd.DataFrame:
    """Rows of one estimand and kind of yearly outcome with the horizon as a column."""
    table = estimated.effects
    wanted = [f"{kind}_{year}" for year in years or range(1, estimated.years + 1)]
    rows = table[(table.estimand == estimand) & table.outcome.isin(wanted) & (table.arm != REST)]
    return pd.DataFrame(
        {
            "arm": rows.arm,
            "horizon": rows.outcome.str.rsplit("_", n=1).str[1].astype(int),
            "estimate": rows.estimate,
            "ci_low": rows.ci_low,
            "ci_high": rows.ci_high,
            "n": rows.n_treated,
        }
    )


def _years(
    output: Output,
    label: str,
    series: Mapping[str, Estimated],
    kind: str,
    *,
    scale: float = 1.0,
    years: int = 3,
    arms: Sequence[str] | None = None,
    **values: Any,
) -> Block:
    """Effects on the treated by year, one column of intervals per year."""
    frames = [
        _effects(estimated, "att", kind, range(1, years + 1)).assign(series=key)
        for key, estimated in series.items()
    ]
    return _draw(output, label, pd.concat(frames), scale=scale, arms=arms, **values)


def _draw(
    output: Output,
    label: str,
    frame: pd.DataFrame,
    *,
    scale: float = 1.0,
    arms: Sequence[str] | None = None,
    **values: Any,
) -> Block:
    frame = frame.reset_index(drop=True)
    released = gate.release(frame, label=label, count="n", keys=KEYS, labels=["horizon"])
    horizons = sorted(frame.horizon.unique())
    shown = list(arms) if arms else list(dict.fromkeys(frame.arm))
    keys = list(dict.fromkeys(frame.series))
    figure, grid = figures.axes(
        1, len(horizons), height=0.36 * len(shown) + 1.5, sharex=True, squeeze=False
    )
    offsets = np.linspace(0.18, -0.18, len(keys)) if len(keys) > 1 else np.zeros(1)
    for column, horizon in enumerate(horizons):
        ax = grid[0, column]
        for key, shift, style in zip(keys, offsets, ARM_STYLES, strict=False):
            rows = released.frame[
                (released.frame.horizon == horizon) & (released.frame.series == key)
            ]
            table = rows.set_index("arm")[["estimate", "ci_low", "ci_high"]] / scale
            intervals(
                ax, table, shown, shift=shift, style=style, label=name(output, f"series-{key}")
            )
        interval_axes(ax, shown, output.label(label, f"year_{horizon}"), names=column == 0)
        figures.norwegian_axis(ax, x=0, y=None)
    grid[0, len(horizons) // 2].set_xlabel(output.label(label, "x"))
    if len(keys) > 1:
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(keys))
    last = frame[(frame.horizon == horizons[-1]) & (frame.series == keys[-1])].set_index("arm")
    return figures.show(
        output,
        figure,
        released,
        label,
        best=last.estimate.idxmax(),
        best_effect=last.estimate.max(),
        worst=last.estimate.idxmin(),
        worst_effect=last.estimate.min(),
        **values,
    )
