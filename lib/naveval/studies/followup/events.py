"""Event study of the follow-up study: the gap between the groups, month by month.

Each month's coefficient is the difference between target and comparison group beyond their
difference in June 2017. Coefficients before July 2017 test whether the groups moved together;
quarterly ones feed the sensitivity analysis.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

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
LARGEST = {"relative": 10.0, "smoothness": 20.0}


@dataclass(frozen=True)
class Events:
    """Event study of one outcome in the long window.

    Attributes
    ----------
    frame
        One row per month: `event_time` (months since July 2017), `month`, `estimate`,
        `std_error`, `ci_low`, `ci_high` and the simultaneous `band_low`, `band_high`; the
        reference month has zeros. `n_month` is the number of persons of the smaller group.
    pre_trend
        Joint test of the months before June 2017; None when it cannot be made.
    slope, slope_error, slope_p
        Change per month of the gap before July 2017 (a linear pre-trend), its standard error
        and p-value.
    refused
        Why there is no event study; "" when there is one.
    n_obs, n_persons
        Person-periods and persons.
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


def study(window: pd.DataFrame, outcome: str, parameters: Parameters) -> Events:
    """Monthly event study of an outcome with joint pre-trend test and simultaneous bands."""
    chosen = sample(window, COMPARISONS[OUTCOMES[outcome]], WINDOWS["long"])
    base = regress(chosen, OUTCOMES[outcome], outcome, "long", parameters.least_persons)
    times = _event_times(chosen, 1)
    every = np.arange(times.min(initial=-12), times.max(initial=11) + 1)
    empty = _frame(every, -1, None, parameters, 0.0).assign(n_month=0)
    n_persons = base.n_persons
    if base.fit is None:
        return Events(
            outcome, empty, None, np.nan, np.nan, np.nan, base.refused, base.n_obs, n_persons
        )
    try:
        fitted = _by_time(chosen, outcome, times)
        slope = _slope(chosen, outcome, times)
    except EstimationError:
        return Events(
            outcome, empty, None, np.nan, np.nan, np.nan, "collinear", base.n_obs, n_persons
        )
    covariance = fitted.covariance[:-1, :-1]
    usable = bool((np.diag(covariance) > 0).all())
    critical = (
        multiple_testing.sup_t(covariance, parameters.level, 10 * parameters.draws, parameters.seed)
        if usable
        else np.nan
    )
    return Events(
        outcome=outcome,
        frame=_frame(every, -1, fitted, parameters, critical).assign(
            n_month=lambda frame: _persons_by_month(chosen, frame["month"])
        ),
        pre_trend=_pre_trend(fitted),
        slope=slope.estimate,
        slope_error=slope.std_error,
        slope_p=slope.p_value,
        refused="",
        n_obs=base.n_obs,
        n_persons=n_persons,
    )


def studies(window: pd.DataFrame, parameters: Parameters) -> dict[str, Events]:
    """Event studies of the five outcomes, for 1–26 against 27–52 weeks left."""
    return {outcome: study(window, outcome, parameters) for outcome in OUTCOMES}


def _persons_by_month(chosen: Sample, months: pd.Series) -> np.ndarray:
    """Persons of the smaller of the two groups in each month (201707)."""
    rows = chosen.rows[["month", "person"]].assign(treated=chosen.treated)
    found = rows.groupby(["month", "treated"])["person"].nunique().unstack(fill_value=0)
    both = found.reindex(columns=[False, True], fill_value=0).min(axis=1)
    return both.reindex(months, fill_value=0).to_numpy()


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
    index = [i for i, name in enumerate(fitted.names[:-1]) if int(name) < -1]
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
    reference: int,
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
    for i, name in enumerate(fitted.names[:-1]):
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
        assert fitted.std_errors[i] == found.std_error
    frame.loc[frame["event_time"] == reference, frame.columns[2:]] = 0.0
    return frame


def quarterly(window: pd.DataFrame, outcome: str, parameters: Parameters) -> bounds.Study | None:
    """Event study by quarter for the sensitivity analysis; None when it is refused."""
    chosen = sample(window, COMPARISONS[OUTCOMES[outcome]], WINDOWS["long"])
    base: Regression = regress(chosen, OUTCOMES[outcome], outcome, "long", parameters.least_persons)
    if base.fit is None:
        return None
    try:
        fitted = _by_time(chosen, outcome, _event_times(chosen, MONTHS_PER_QUARTER))
        n_before = sum(int(name) < -1 for name in fitted.names[:-1])
        return bounds.study(fitted.coefficients[:-1], fitted.covariance[:-1, :-1], n_before)
    except EstimationError:
        return None


def intervals(window: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Robust intervals of the average effect over four quarters, by outcome and bound.

    Returns
    -------
    DataFrame with outcome, restriction, bound, share, ci_low, ci_high, n_persons. Bounds of
    smoothness are in the outcome's unit per quarter; those tried are shares of the estimate's
    standard error.
    """
    rows = []
    for outcome in OUTCOMES:
        found = quarterly(window, outcome, parameters)
        if found is None:
            continue
        for name in bounds.RESTRICTIONS:
            unit = 1.0 if name == "relative" else _average(found)[1]
            for share in BOUNDS[name]:
                part = bounds.interval(found, name, share * unit, parameters.level, parameters.seed)
                rows.append((outcome, name, part.bound, share, part.ci_low, part.ci_high))
    columns = ["outcome", "restriction", "bound", "share", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=columns).assign(n_persons=window["person"].nunique())


def breakdowns(window: pd.DataFrame, summary: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
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
    for outcome in OUTCOMES:
        row: dict[str, object] = {"outcome": outcome}
        found = quarterly(window, outcome, parameters)
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
