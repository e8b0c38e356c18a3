"""One treated unit among controls, on a frame of one's own."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naveval.estimators import detectable
from naveval.estimators import synthetic_control as synthetic
from naveval.estimators.one_treated import inference, regression
from naveval.exhibits import figures
from naveval.frames.result import (
    ROUNDING,
    Result,
    require,
    require_order,
    require_roles,
    require_unique,
    require_value,
    require_variation,
)
from naveval.project.errors import EstimationError, EstimationWarning
from naveval.project.given import require_number

PANEL = """   unit     time  outcome
   Hedmark  2014     12.1
   Hedmark  2015     10.3
   Oslo     2014     11.8
   Oslo     2015     11.9"""
LEAST_UNITS = 4


def one_treated(
    frame: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    treated: Any,
    start: Any,
    level: float = 0.95,
) -> Result:
    """One treated unit among controls: effect, exact test, and synthetic comparisons beside.

    Parameters
    ----------
    frame
        A balanced panel: one row per unit and period.
    time
        Whole numbers, dates, pandas Periods, or text that sorts as time does (2014-01).
    treated
        The treated unit, a value of the column `unit`.
    start
        First period of treatment, a value of the column `time`.

    Returns
    -------
    One row per method (difference-in-differences, synthetic control, synthetic DiD): estimate,
    p_value, smallest_p (what so few controls can give at best), ci_low and ci_high from
    inverting the exact test (of difference-in-differences alone: the synthetic methods have no
    interval here), level: that of the interval, lower than asked for when so few units cannot give
    more, and detectable: the smallest effect found with a power of 80 percent, missing where the
    test never rejects. Every p-value is the share of the units, the treated one counted, whose
    effect is at least as large in size when they take its place; the treated unit is then among
    the controls. Fit before the start does not enter. `figure()` shows the treated unit's gap to
    its mean before among the controls'.

    Raises
    ------
    EstimationError
        For columns or values missing, two rows for a unit and period, units with other periods,
        periods in text that does not sort, an outcome without variation, an unknown unit or
        start, or fewer than four units.

    Warns
    -----
    EstimationWarning
        For a level that so few units cannot give, and controls that all move alike: without noise
        among them there is no interval.

    Source: Conley and Taber (2011); Abadie, Diamond and Hainmueller (2010); Arkhangelsky et al.
    (2021).

    Examples
    --------
    >>> import naveval as nv, numpy as np, pandas as pd
    >>> frame = pd.DataFrame({"unit": np.repeat(range(21), 12), "time": np.tile(range(12), 21)})
    >>> hit = (frame["unit"] == 10) & (frame["time"] >= 8)
    >>> noise = np.random.default_rng(1).normal(size=252)
    >>> frame["y"] = frame["unit"] + frame["time"] - 2.0 * hit + 0.1 * noise
    >>> found = nv.one_treated(frame, outcome="y", unit="unit", time="time", treated=10, start=8)
    >>> found.table()[["method", "estimate"]].round().values.tolist()
    [['did', -2.0], ['synthetic_control', -2.0], ['synthetic_did', -2.0]]
    >>> found.table()["p_value"].round(3).tolist()[0]
    0.048
    """
    who = "nv.one_treated"
    require_number(who, np.nextafter(0.5, 1), np.nextafter(1, 0), level=level)
    wide, at, post = matrix(frame, outcome, unit, time, treated, start, who)
    values, n = wide.to_numpy(), len(wide)
    setup = regression.prepare(post, np.ones(n))
    residual = regression.residualise(setup, values)
    effects = regression.fit_residuals(setup, residual).effect
    test = inference.named_tests(np.ones(n), treated=at)["randomisation_coefficient"]
    interval = inference.invert(test, setup, values, treated=at, level=level, smallest=1 / n)
    others = np.delete(effects, at)
    spread = float(np.sqrt(np.mean(others**2)))
    rows = [
        {
            "method": "did",
            "estimate": float(effects[at]),
            "p_value": float(test(setup, residual)),
            "smallest_p": 1 / n,
            "ci_low": interval.low,
            "ci_high": interval.high,
            "level": interval.level,
            "detectable": float(detectable.minimum_detectable(spread, level, 0.8, n - 2)),
        }
    ]
    beside = {kind: _synthetic(wide, at, post, kind) for kind in synthetic.KINDS}
    for kind, (made, placebo) in beside.items():
        found = float(detectable.minimum_detectable(placebo.std_error, level, 0.8, len(others) - 1))
        rows.append(
            {
                "method": kind,
                "estimate": made.effect,
                "p_value": placebo.p_value,
                "smallest_p": 1 / n,
                "detectable": found,
            }
        )
    table, told = pd.DataFrame(rows), []
    if 1 / n > 1 - level + ROUNDING:
        table["detectable"] = np.nan
        told.append(
            f"{n} units reject nothing at level {level:.4g}: the smallest p-value is {1 / n:.3f}. "
            f"The interval has the level {interval.level:.1%} and no effect is detectable"
        )
    rest = np.delete(values, at, 0) - values.mean()
    alike = rest - rest.mean(axis=1, keepdims=True) - rest.mean(axis=0) + rest.mean()
    if np.abs(alike).max() <= ROUNDING * np.abs(values).max():
        table[["ci_low", "ci_high", "detectable"]] = np.nan
        told.append(
            "all controls move alike: there is no noise among them to judge the effect by, and no "
            "interval or detectable effect is given"
        )
    for note in told:
        warnings.warn(f"{who}: {note}", EstimationWarning, stacklevel=2)
    gap = residual - residual[:, post == 0].mean(axis=1, keepdims=True)
    notes = (
        f"Each of {n} units takes its turn as the treated one; the smallest p-value is {1 / n:.3f}",
        f"The interval has the level {interval.level:.1%}; the synthetic methods have none",
    )
    return Result(
        f"Effect on {outcome} of {treated} from {start}",
        table,
        (*notes, *told),
        {"effects": dict(zip(wide.index, effects, strict=True)), "beside": beside},
        lambda: _placebo_figure(wide.columns, gap, at, post, (str(treated), outcome)),
    )


def _synthetic(wide: pd.DataFrame, at: int, post: np.ndarray, kind: synthetic.Kind) -> Any:
    series, controls = wide.to_numpy()[at], np.delete(wide.to_numpy(), at, 0).T
    before = int((post == 0).sum())
    made = synthetic.estimate(series, controls, before, kind)
    return made, synthetic.placebo(series, controls, before, kind)


def _placebo_figure(
    times: pd.Index, gap: np.ndarray, at: int, post: np.ndarray, named: tuple[str, str]
) -> Figure:
    figure, ax = figures.axes()
    x = np.arange(len(times))
    ax.plot(x, np.delete(gap, at, 0).T, color=figures.COLORS[4], alpha=0.35, linewidth=0.8)
    ax.plot(x, gap[at], color=figures.COLORS[0], linewidth=2.2)
    ax.axvline(np.argmax(post) - 0.5, color=figures.INK, linewidth=0.8, linestyle="--")
    ax.axhline(0, color=figures.INK, linewidth=0.8)
    ax.set_ylabel(named[1])
    ax.annotate(named[0], (x[-1], gap[at, -1]), xytext=(4, 0), textcoords="offset points")
    shown = x[:: max(1, len(x) // 8)]
    ax.set_xticks(shown, [str(times[i]) for i in shown])
    figures.norwegian_axis(ax, y=1)
    return figure


def synthetic_control(
    frame: pd.DataFrame, *, outcome: str, unit: str, time: str, treated: Any, start: Any
) -> Result:
    """Synthetic control of one treated unit; arguments as in `one_treated`, but for the level.

    Returns
    -------
    One row per period: time, observed, synthetic, gap. `found` has the weights and the placebo
    p-value; `figure()` shows both series.

    Source: Abadie, Diamond and Hainmueller (2010).

    Examples
    --------
    >>> import naveval as nv, numpy as np, pandas as pd
    >>> frame = pd.DataFrame({"unit": np.repeat(range(9), 8), "time": np.tile(range(8), 9)})
    >>> frame["y"] = frame["unit"] * frame["time"] * 1.0
    >>> names = {"outcome": "y", "unit": "unit", "time": "time"}
    >>> found = nv.synthetic_control(frame, **names, treated=4, start=6)
    >>> abs(found.table()["gap"]).max().round(6).item()
    0.0
    """
    return _series(frame, "synthetic_control", outcome, unit, time, treated, start)


def synthetic_did(
    frame: pd.DataFrame, *, outcome: str, unit: str, time: str, treated: Any, start: Any
) -> Result:
    """Synthetic difference-in-differences; arguments and result as in `synthetic_control`.

    Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021).
    """
    return _series(frame, "synthetic_did", outcome, unit, time, treated, start)


def _series(
    frame: pd.DataFrame,
    kind: synthetic.Kind,
    outcome: str,
    unit: str,
    time: str,
    treated: Any,
    start: Any,
) -> Result:
    wide, at, post = matrix(frame, outcome, unit, time, treated, start, who=f"nv.{kind}")
    made, placebo = _synthetic(wide, at, post, kind)
    observed = wide.to_numpy()[at]
    table = pd.DataFrame(
        {"time": wide.columns, "observed": observed, "synthetic": observed - made.gap}
    ).assign(gap=made.gap)
    weights = pd.Series(made.unit_weights, index=wide.index.delete(at), name="weight")

    def draw() -> Figure:
        figure, ax = figures.axes()
        x = np.arange(len(table))
        ax.plot(x, table["observed"], color=figures.COLORS[0])
        ax.plot(x, table["synthetic"], color=figures.COLORS[3], linestyle="--")
        ax.axvline(np.argmax(post) - 0.5, color=figures.INK, linewidth=0.8)
        shown = x[:: max(1, len(x) // 8)]
        ax.set_xticks(shown, [str(wide.columns[i]) for i in shown])
        ax.set_ylabel(outcome)
        return figure

    text = f"Mean effect after: {made.effect:.4g}; p = {placebo.p_value:.3f} among placebo units"
    title = f"{kind.replace('_', ' ').capitalize()}: {treated}"
    return Result(title, table, (text,), {"weights": weights, "placebo": placebo}, draw)


def matrix(
    frame: pd.DataFrame, outcome: str, unit: str, time: str, treated: Any, start: Any, who: str
) -> tuple[pd.DataFrame, int, np.ndarray]:
    """Units × periods, the place of the treated unit, and whether a period is after the start."""
    require_roles(who, PANEL, outcome=[outcome], unit=[unit], time=[time])
    require_value(who, treated=treated, start=start)
    frame = require(frame, [outcome, unit, time], who, PANEL, numeric=[outcome])
    frame = frame.assign(**{time: require_order(frame[time], who, PANEL)})
    require_unique(frame, [unit, time], who, PANEL)
    wide = frame.astype({outcome: float}).pivot(index=unit, columns=time, values=outcome)
    holes = wide.isna()
    if treated not in wide.index:
        known = ", ".join(map(repr, wide.index[:6]))
        raise EstimationError(f"{who}: treated={treated!r} is no {unit}; there are {known}, …")
    if holes.to_numpy().any():
        name = holes.any(axis=1).idxmax()
        lacks = ", ".join(map(str, wide.columns[holes.loc[name]][:3]))
        # Without the periods where somebody lacks when that is the treated unit; else the units.
        kept, told = (time, unit) if holes.loc[treated].any() else (unit, time)
        raise EstimationError(
            f"{who}: {int(holes.to_numpy().sum())} rows are missing: «{name}» has none for {time} "
            f"{lacks}; expected every unit in every period. To keep each {kept} that has all: "
            f'frame[frame.groupby("{kept}")["{told}"].transform("nunique") == '
            f'frame["{told}"].nunique()]; for example:\n{PANEL}'
        )
    if len(wide) < LEAST_UNITS:
        raise EstimationError(
            f"{who}: {len(wide)} units; expected one treated and at least three controls, so that "
            "each control can be compared with two others"
        )
    require_variation(frame, outcome, who, PANEL, within=[unit, time])
    at_start = wide.columns.get_indexer([start])[0]
    if at_start < 2:
        raise EstimationError(
            f"{who}: start={start!r}: expected a {time} of the frame with at least two before it; "
            f"it has {wide.columns[0]} to {wide.columns[-1]}"
        )
    post = (np.arange(wide.shape[1]) >= at_start).astype(float)
    return wide, int(wide.index.get_loc(treated)), post
