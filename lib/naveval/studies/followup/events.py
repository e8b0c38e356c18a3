"""Event study of the follow-up study: the gap between the groups, month by month.

Each month's coefficient is the difference between target and comparison group beyond their
difference in June 2017. Coefficients before July 2017 test whether the groups moved together;
quarterly ones feed the sensitivity analysis.

But for what durations explain, a coefficient is a difference of differences of the means that
figures 4 and 6 show, and in full digits it would give back the counts behind them. So it is
computed from protected means: a constant that is added to the outcome in one month and group
moves the coefficients by its difference in differences and leaves residuals and the effects of
durations as they were. The noise of the means is part of the standard errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from naveval.disclosure.thresholds import thresholds
from naveval.estimators import did, multiple_testing
from naveval.estimators.event_study import Wald, joint_wald
from naveval.estimators.sensitivity import bounds
from naveval.project.errors import EstimationError
from naveval.project.months import to_code
from naveval.studies.followup import weeks
from naveval.studies.followup.estimate import (
    COMPARISONS,
    START,
    WINDOWS,
    Regression,
    Sample,
    regress,
    sample,
)
from naveval.studies.followup.parameters import Parameters

OUTCOMES: Mapping[str, str] = {
    "program": "tbl-1",
    "dialogue": "tbl-1",
    "work": "tbl-3",
    "ended": "tbl-3",
    "health": "tbl-3",
}
REFERENCE = weeks.month_index(START) - 1
MONTHS_PER_QUARTER = 3
BOUNDS = {"relative": (0.0, 0.5, 1.0, 1.5, 2.0), "smoothness": (0.0, 0.1, 0.25, 0.5)}
Cells = Mapping[str, pd.DataFrame]
Quarters = Mapping[str, bounds.Study | None]
LARGEST = {"relative": 10.0, "smoothness": 20.0}


@dataclass(frozen=True)
class Events:
    """Event study of one outcome in the long window.

    Attributes
    ----------
    frame
        One row per month: `event_time` (months since July 2017), `month`, `estimate`,
        `std_error`, `ci_low`, `ci_high` and the simultaneous `band_low`, `band_high`; the
        reference month has zeros. Missing where a group has fewer than ten with the outcome, or
        without it, by protected counts. `n_month` is the protected number of persons of the
        smaller group.
    pre_trend
        Joint test of the months before June 2017; None when it cannot be made.
    slope, slope_error, slope_p
        Change per month of the gap before July 2017 (a linear pre-trend), its standard error
        and p-value.
    refused
        Why there is no event study; "" when there is one.
    n_obs, n_persons, events, others
        Person-periods, persons, and the fewest with and without the outcome (`Regression`).
    """

    outcome: str
    frame: pd.DataFrame
    pre_trend: Wald | None
    slope: float
    slope_error: float
    slope_p: float
    refused: str
    n_obs: int
    n_persons: int
    events: int
    others: int


def study(window: pd.DataFrame, outcome: str, cells: Cells, parameters: Parameters) -> Events:
    """Monthly event study of an outcome with joint pre-trend test and simultaneous bands.

    Parameters
    ----------
    cells
        Protected means by step of time, from `protection.cells`.
    """
    chosen = sample(window, COMPARISONS[OUTCOMES[outcome]], WINDOWS["long"])
    base = regress(chosen, OUTCOMES[outcome], outcome, "long", parameters.least_persons)
    times = _event_times(chosen, 1)
    every = np.arange(times.min(initial=-12), times.max(initial=11) + 1)
    means = _by_group(cells["month"], outcome, 1)
    shown = pd.DataFrame({"event_time": every}).merge(
        means["n_persons"].min(axis=1).rename("n_month"), on="event_time", how="left"
    )
    nothing = Events(
        outcome,
        _frame(every, None, parameters, 0.0).assign(n_month=shown["n_month"].fillna(0)),
        None,
        np.nan,
        np.nan,
        np.nan,
        base.refused,
        base.n_obs,
        base.n_persons,
        base.events,
        base.others,
    )
    if base.fit is None:
        return nothing
    try:
        fitted = _protected(_by_time(chosen, outcome, times), chosen, outcome, times, means)
        slope = _slope(chosen, outcome, times)
    except EstimationError:
        return replace(nothing, refused="collinear")
    if not fitted.names:
        return replace(nothing, refused="few_events")
    usable = bool((np.diag(fitted.covariance) > 0).all())
    critical = (
        multiple_testing.sup_t(
            fitted.covariance, parameters.level, 10 * parameters.draws, parameters.seed
        )
        if usable
        else np.nan
    )
    return replace(
        nothing,
        frame=_frame(every, fitted, parameters, critical).assign(n_month=nothing.frame["n_month"]),
        pre_trend=_pre_trend(fitted),
        slope=slope.estimate,
        slope_error=slope.std_error,
        slope_p=slope.p_value,
    )


def studies(window: pd.DataFrame, cells: Cells, parameters: Parameters) -> dict[str, Events]:
    """Event studies of the five outcomes, for 1–26 against 27–52 weeks left."""
    return {outcome: study(window, outcome, cells, parameters) for outcome in OUTCOMES}


def _by_group(cells: pd.DataFrame, outcome: str, months: int) -> pd.DataFrame:
    """Protected means and counts with a row per time and columns by group."""
    own = cells[cells["measure"] == outcome]
    times = (weeks.month_index(own["month"].to_numpy()) - REFERENCE - 1) // months
    names = ["value", "variance", "n_persons", "n_with"]
    wide = own.assign(event_time=times).pivot(index="event_time", columns="group", values=names)
    return wide.reindex(columns=pd.MultiIndex.from_product([names, ("target", "other")]))


def _protected(
    fitted: did.Fit, chosen: Sample, outcome: str, times: np.ndarray, means: pd.DataFrame
) -> did.Fit:
    """The fit with protected means in place of the true ones, without times that rest on few.

    Without names when the reference rests on few.
    """
    least = thresholds().models.least_events
    without = means["n_persons"] - means["n_with"]
    enough = ((means["n_with"] >= least) & (without >= least)).all(axis=1)
    enough &= means["value"].notna().all(axis=1)
    kept = [time for time in map(int, fitted.names[:-1]) if enough.get(time, False)]
    if not enough.get(-1, False):
        kept = []
    group = np.where(chosen.treated, "target", "other")
    own = chosen.rows[outcome].to_numpy(float)
    true = pd.Series(own).groupby([times[chosen.cell], group]).mean().unstack()
    moved = (means["value"] - true).reindex([*kept, -1])
    gap = moved["target"] - moved["other"]
    noise = means["variance"].sum(axis=1).reindex([*kept, -1])
    at = [fitted.names.index(str(time)) for time in kept]
    covariance = fitted.covariance[np.ix_(at, at)] + np.diag(noise[kept])
    return replace(
        fitted,
        names=tuple(map(str, kept)),
        coefficients=fitted.coefficients[at] + (gap[kept] - gap[-1]).to_numpy(),
        covariance=covariance + noise[-1],
    )


def _event_times(chosen: Sample, months: int) -> np.ndarray:
    """Periods of `months` months since July 2017, for each cell."""
    month = chosen.rows["month"].to_numpy()[chosen.first]
    return (weeks.month_index(month) - REFERENCE - 1) // months


def _by_time(chosen: Sample, outcome: str, times: np.ndarray) -> did.Fit:
    """Regression with treated × time for every time but −1, then treated."""
    treated = chosen.treated[chosen.first].astype(float)
    kept = [time for time in np.unique(times) if time != -1]
    columns = [treated * (times == time) for time in kept] + [treated]
    names = [str(time) for time in kept] + ["treated"]
    return _fit(chosen, outcome, np.column_stack(columns), names)


def _fit(chosen: Sample, outcome: str, columns: np.ndarray, names: list[str]) -> did.Fit:
    rows = chosen.rows
    return did.fit(
        rows[outcome].to_numpy(float),
        columns,
        [rows[name].to_numpy()[chosen.first] for name in ("duration", "month")],
        rows["person"].to_numpy(),
        names,
        chosen.cell,
    )


def _slope(chosen: Sample, outcome: str, times: np.ndarray) -> did.Estimate:
    """Linear change per month of the gap before the start, with one effect after it."""
    treated = chosen.treated[chosen.first].astype(float)
    columns = np.column_stack([treated * np.minimum(times, 0), treated * (times >= 0), treated])
    return did.one(_fit(chosen, outcome, columns, ["slope", "after", "treated"]), "slope")


def _pre_trend(fitted: did.Fit) -> Wald | None:
    index = [i for i, name in enumerate(fitted.names) if int(name) < -1]
    if not index:
        return None
    try:
        return joint_wald(
            fitted.coefficients[index],
            fitted.covariance[np.ix_(index, index)],
            n_clusters=fitted.n_clusters,
        )
    except EstimationError:
        return None


def _frame(
    every: np.ndarray,
    fitted: did.Fit | None,
    parameters: Parameters,
    critical: float,
) -> pd.DataFrame:
    month = REFERENCE + 1 + every
    frame = pd.DataFrame({"event_time": every, "month": to_code(weeks.JANUARY_2015 + month)})
    for name in ("estimate", "std_error", "ci_low", "ci_high", "band_low", "band_high"):
        frame[name] = np.nan
    if fitted is None:
        return frame
    for name in fitted.names:
        found = did.one(fitted, name, parameters.level)
        half = critical * found.std_error
        frame.loc[frame["event_time"] == int(name), frame.columns[2:]] = [
            found.estimate,
            found.std_error,
            found.ci_low,
            found.ci_high,
            found.estimate - half,
            found.estimate + half,
        ]
    frame.loc[frame["event_time"] == -1, frame.columns[2:]] = 0.0
    return frame


def quarterly(
    window: pd.DataFrame, outcome: str, cells: Cells, parameters: Parameters
) -> bounds.Study | None:
    """Event study by quarter for the sensitivity analysis; None when it is refused."""
    chosen = sample(window, COMPARISONS[OUTCOMES[outcome]], WINDOWS["long"])
    base: Regression = regress(chosen, OUTCOMES[outcome], outcome, "long", parameters.least_persons)
    if base.fit is None:
        return None
    times = _event_times(chosen, MONTHS_PER_QUARTER)
    means = _by_group(cells["quarter"], outcome, MONTHS_PER_QUARTER)
    try:
        whole = _by_time(chosen, outcome, times)
        fitted = _protected(whole, chosen, outcome, times, means)
        if len(fitted.names) < len(whole.names) - 1:
            return None
        n_before = sum(int(name) < -1 for name in fitted.names)
        return bounds.study(fitted.coefficients, fitted.covariance, n_before)
    except EstimationError:
        return None


def quarters(window: pd.DataFrame, cells: Cells, parameters: Parameters) -> Quarters:
    """Event studies by quarter of all outcomes."""
    return {outcome: quarterly(window, outcome, cells, parameters) for outcome in OUTCOMES}


def intervals(window: pd.DataFrame, quarters: Quarters, parameters: Parameters) -> pd.DataFrame:
    """Robust intervals of the average effect over four quarters, by outcome and bound.

    Returns
    -------
    DataFrame with outcome, restriction, bound, share, ci_low, ci_high, std_error of the average,
    open_ended (an end is where the search stopped, not where it ends), n_persons. Bounds of
    smoothness are in the outcome's unit per quarter; those tried are shares of the estimate's
    standard error.
    """
    rows = []
    for outcome, found in quarters.items():
        if found is None:
            continue
        for name in bounds.RESTRICTIONS:
            unit = 1.0 if name == "relative" else _average(found)[1]
            for share in BOUNDS[name]:
                part = bounds.interval(found, name, share * unit, parameters.level, parameters.seed)
                ends = (part.ci_low, part.ci_high, _average(found)[1])
                rows.append((outcome, name, part.bound, share, *ends, part.open_ended))
    columns = ["outcome", "restriction", "bound", "share", "ci_low", "ci_high", "std_error"]
    columns += ["open_ended"]
    return pd.DataFrame(rows, columns=columns).assign(n_persons=window["person"].nunique())


def breakdowns(
    window: pd.DataFrame, quarters: Quarters, summary: pd.DataFrame, parameters: Parameters
) -> pd.DataFrame:
    """Breakdown values by outcome.

    Parameters
    ----------
    summary
        From `followup_estimates.summary`; gives each outcome's minimum detectable effect in
        the long window.

    Returns
    -------
    DataFrame with outcome, estimate, std_error, n_persons and, per restriction, the smallest
    bound at which the robust interval holds zero (`zero_…`), and at which it holds an increase
    as large as the minimum detectable effect (`mde_…`); missing where estimates are refused.
    """
    long = summary[(summary["horizon"] == "long") & summary["table"].isin(OUTCOMES.values())]
    mde = long.set_index("outcome")["mde"]
    rows = []
    for outcome, found in quarters.items():
        row: dict[str, object] = {"outcome": outcome}
        if found is not None:
            row["estimate"], row["std_error"] = _average(found)
            for name in bounds.RESTRICTIONS:
                unit = 1.0 if name == "relative" else _average(found)[1]
                for goal, value in (("zero", 0.0), ("mde", float(mde[outcome]))):
                    row[f"{goal}_{name}"] = bounds.breakdown(
                        found,
                        name,
                        value,
                        largest=LARGEST[name] * unit,
                        level=parameters.level,
                        seed=parameters.seed,
                    )
        rows.append(row)
    goals = [f"{goal}_{name}" for name in bounds.RESTRICTIONS for goal in ("zero", "mde")]
    frame = pd.DataFrame(rows).reindex(columns=["outcome", "estimate", "std_error", *goals])
    return frame.assign(n_persons=window["person"].nunique())


def _average(found: bounds.Study) -> tuple[float, float]:
    """Average effect after the start, and its standard error."""
    after = slice(found.n_before, None)
    variance = found.weights @ found.covariance[after, after] @ found.weights
    return float(found.weights @ found.estimate[after]), float(np.sqrt(variance))
