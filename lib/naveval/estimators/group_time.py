"""Effects by start date and period when units start at different times.

Two-way fixed effects compare units that start late with units that already are treated, so
that their coefficient can have the wrong sign even if every effect is positive. Here each
start date is compared with units that are never treated, or not yet, from the period before
its start; the effects are then averaged with weights that are known and positive.

Balanced panel of N units and T periods. With covariates parallel trends need only hold given
them: the comparison units' change is regressed on the covariates and predicted for the treated
(outcome regression). Every estimate comes with each unit's influence on it, so that averages
and their standard errors need no more than sums; weights of averages that are estimated are
part of it.

Sources: Callaway and Sant'Anna (2021), "Difference-in-differences with multiple time periods",
sections 2–4; Goodman-Bacon (2021) on two-way effects. Names and defaults follow the R package
did, whose printed example the tests reproduce.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from naveval.estimators.did import require_labels
from naveval.project.errors import EstimationError

Array = NDArray[np.floating[Any]]
Controls = Literal["never", "not_yet"]
Base = Literal["varying", "universal"]
Average = Literal["simple", "group", "dynamic", "calendar"]
NEVER = np.inf
LEAST_CONTROLS = 2


@dataclass(frozen=True)
class GroupTime:
    """Effects of each start date in each period.

    Attributes
    ----------
    start, period
        (K,) start date and period of each effect; periods before the start test the trends.
    estimate
        (K,) average effect on the units that started then.
    influence
        (N, K) each unit's contribution to the sampling error; clustered sums of it, over N,
        give the covariance.
    starts
        (N,) start date of each unit, NEVER for the untreated.
    cluster
        (N,) codes 0 … G − 1.
    """

    start: Array
    period: Array
    estimate: Array
    influence: Array
    starts: Array
    cluster: NDArray[np.integer]

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """Effects with standard errors, intervals and p-values, one row each."""
        frame = pd.DataFrame({"start": self.start, "period": self.period})
        errors = std_errors(self.influence, self.cluster)
        return frame.join(_inference(self.estimate, errors, level))


@dataclass(frozen=True)
class Averages:
    """Averages of group-time effects.

    Attributes
    ----------
    kind
        "simple", "group", "dynamic" or "calendar".
    at
        (K,) start date, time since the start, or period; empty for "simple".
    estimate, std_error
        (K,).
    overall, overall_error
        The average of those after the start.
    """

    kind: Average
    at: Array
    estimate: Array
    std_error: Array
    overall: float
    overall_error: float

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """The averages with inference; the overall one last, at NaN."""
        found = _inference(
            np.append(self.estimate, self.overall),
            np.append(self.std_error, self.overall_error),
            level,
        )
        return pd.DataFrame({"at": np.append(self.at, np.nan)}).join(found)


def group_time(
    outcome: Array,
    unit: NDArray[Any],
    period: NDArray[Any],
    start: Array,
    *,
    controls: Controls = "never",
    base: Base = "varying",
    covariates: Array | None = None,
    cluster: NDArray[Any] | None = None,
) -> GroupTime:
    """Effects of every start date in every period.

    Parameters
    ----------
    outcome, unit, period
        (n,) rows of a balanced panel; periods are numbers.
    start
        (n,) first period with treatment, NEVER (infinity) for units that never are treated.
    controls
        "never" compares with units never treated; "not_yet" also with units that have not
        started by the later of the two periods compared.
    base
        Before the start, compare with the period just before ("varying"), or with the period
        before the start as after it ("universal").
    covariates
        (n, p) values, of which those of the earlier of the two periods compared are used.
    cluster
        (n,) labels, constant within units; units are the clusters by default.

    Raises
    ------
    EstimationError
        When shapes disagree, values or labels are missing, the panel is not balanced, a start
        or cluster varies within a unit, or a start date has too few units to compare with.

    Examples
    --------
    >>> unit, period = np.repeat(np.arange(6), 3), np.tile(np.arange(3), 6)
    >>> start = np.repeat([1.0, 1.0, 2.0, 2.0, NEVER, NEVER], 3)
    >>> noise = np.random.default_rng(1).normal(size=18)
    >>> found = group_time(5.0 * (period >= start) + 0.01 * noise, unit, period, start)
    >>> average(found, "dynamic").estimate.round(1).tolist()
    [0.0, 5.0, 5.0]
    """
    _require_options(controls=(controls, Controls), base=(base, Base))
    y, starts, times, x, codes = _panel(outcome, unit, period, start, covariates, cluster)
    treated_at = np.unique(starts[np.isfinite(starts) & (starts <= times[-1])])
    treated_at = treated_at[treated_at > times[0]]
    if not treated_at.size:
        raise EstimationError("group-time effects: no unit starts after the first period")
    found = []
    for when in treated_at:
        last = int(np.searchsorted(times, when)) - 1
        for t in range(1 if base == "varying" else 0, len(times)):
            early = min(last, t - 1) if base == "varying" else last
            if t == early:
                continue
            untreated = np.isinf(starts) if controls == "never" else starts > times[max(t, early)]
            own, others = starts == when, untreated & (starts != when)
            _require_controls(others, when, times[t], x)
            design = np.ones((len(y), 1)) if x is None else x[:, min(early, t)]
            effect, influence = _two_by_two(y[:, t] - y[:, early], own, others, design)
            found.append((when, times[t], effect, influence))
    return GroupTime(
        np.array([row[0] for row in found]),
        np.array([row[1] for row in found]),
        np.array([row[2] for row in found]),
        np.column_stack([row[3] for row in found]),
        starts,
        codes,
    )


def _two_by_two(
    change: Array, own: NDArray[np.bool_], others: NDArray[np.bool_], design: Array
) -> tuple[float, Array]:
    """Effect on `own` by outcome regression on `others`, and each unit's influence (N,)."""
    n = len(change)
    x = design[others]
    gram = x.T @ x
    if np.linalg.matrix_rank(gram, hermitian=True) < len(gram):
        raise EstimationError("group-time effects: covariates are collinear among the controls")
    slopes = np.linalg.solve(gram, x.T @ change[others])
    gap = change - design @ slopes
    effect = float(gap[own].mean())
    influence = np.zeros(n)
    influence[own] = (gap[own] - effect) / own.sum()
    # What the estimated regression adds: the mean of the treated's covariates times its error.
    influence[others] = -(x * gap[others][:, None]) @ np.linalg.solve(
        gram, design[own].mean(axis=0)
    )
    return effect, n * influence


def average(found: GroupTime, kind: Average = "simple") -> Averages:
    """Averages over units: overall, by start date, by time since the start, or by period.

    Effects are weighted by how many units share the start date. The overall average is over
    all effects after the start ("simple"), over units ("group"), or over times since the start
    or periods with equal weight ("dynamic", "calendar").

    Raises
    ------
    EstimationError
        For an unknown kind.
    """
    _require_options(kind=(kind, Average))
    after = found.period >= found.start
    everything = np.flatnonzero(after)
    if kind == "simple":
        mean, whole = _weighted(found, everything)
        error = float(std_errors(whole[:, None], found.cluster)[0])
        return Averages(kind, np.empty(0), np.empty(0), np.empty(0), mean, error)
    label: Callable[[], Array] = {
        "group": lambda: found.start,
        "dynamic": lambda: found.period - found.start,
        "calendar": lambda: found.period,
    }[kind]
    which = label()
    at = np.unique(which if kind == "dynamic" else which[after])
    parts = [
        _weighted(found, np.flatnonzero((which == value) & (after | (kind == "dynamic"))))
        for value in at
    ]
    estimate = np.array([part[0] for part in parts])
    influence = np.column_stack([part[1] for part in parts])
    later = at >= 0 if kind == "dynamic" else np.ones(len(at), dtype=bool)
    if kind == "group":
        overall, whole = _by_size(found.starts, at, estimate, influence)
    else:
        overall, whole = float(estimate[later].mean()), influence[:, later].mean(axis=1)
    error = float(std_errors(whole[:, None], found.cluster)[0])
    errors = std_errors(influence, found.cluster)
    return Averages(kind, at, estimate, errors, overall, error)


def _weighted(found: GroupTime, index: NDArray[np.integer]) -> tuple[float, Array]:
    """Mean of some effects by size of their groups, whose shares count as estimated."""
    return _by_size(
        found.starts, found.start[index], found.estimate[index], found.influence[:, index]
    )


def _by_size(starts: Array, group: Array, estimate: Array, influence: Array) -> tuple[float, Array]:
    """Mean of (K,) estimates weighted by the units in their groups, and its influence (N,)."""
    member = starts[:, None] == group
    share = member.mean(axis=0)
    weight = share / share.sum()
    drawn = (member - share) / share.sum()
    drawn = drawn - np.outer(drawn.sum(axis=1), weight)
    return float(weight @ estimate), influence @ weight + drawn @ estimate


def std_errors(influence: Array, cluster: NDArray[np.integer]) -> Array:
    """Standard errors (K,) of means from (N, K) influence values summed within clusters."""
    summed = np.zeros((int(cluster.max()) + 1, influence.shape[1]))
    np.add.at(summed, cluster, influence)
    return np.sqrt((summed**2).sum(axis=0)) / len(influence)


def _inference(estimate: Array, error: Array, level: float) -> pd.DataFrame:
    known = error > 0
    z = np.divide(estimate, error, out=np.full(len(error), np.nan), where=known)
    reach = stats.norm.ppf(0.5 + level / 2) * error
    return pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": error,
            "ci_low": estimate - reach,
            "ci_high": estimate + reach,
            "p_value": 2 * stats.norm.sf(np.abs(z)),
        }
    )


def _panel(
    outcome: Array,
    unit: NDArray[Any],
    period: NDArray[Any],
    start: Array,
    covariates: Array | None,
    cluster: NDArray[Any] | None,
) -> tuple[Array, Array, Array, Array | None, NDArray[np.integer]]:
    """(N, T) outcomes, (N,) starts, (T,) periods, (N, T, p + 1) covariates, (N,) clusters."""
    y, when = np.asarray(outcome, dtype=float), np.asarray(start, dtype=float)
    time = np.asarray(period, dtype=float)
    x: Any = None if covariates is None else np.asarray(covariates, float).reshape(len(y), -1)
    group = np.asarray(unit if cluster is None else cluster)
    given = {"unit": np.asarray(unit), "period": time, "start": when, "cluster": group}
    wrong = [f"{name} has {len(values)}" for name, values in given.items() if len(values) != len(y)]
    if wrong:
        raise EstimationError(f"group-time effects: {len(y)} outcomes; {', '.join(wrong)} rows")
    require_labels(given)
    for name, values in {"outcome": y, "covariates": y if x is None else x}.items():
        bad = int((~np.isfinite(values)).reshape(len(y), -1).any(axis=1).sum())
        if bad:
            raise EstimationError(
                f"group-time effects: {name} missing or infinite in {bad} of {len(y)} rows"
            )
    _, first, units = np.unique(unit, return_index=True, return_inverse=True)
    times, periods = np.unique(time, return_inverse=True)
    n, n_periods = len(first), len(times)
    cell = units * n_periods + periods
    if len(y) != n * n_periods or len(np.unique(cell)) != len(y):
        raise EstimationError(
            f"group-time effects: {len(y)} rows for {n} units and {n_periods} periods; expected "
            "each unit once in each period"
        )
    for name, values in (("start", when), ("cluster", group)):
        varying = len(np.unique(units[values != values[first][units]]))
        if varying:
            raise EstimationError(f"group-time effects: {name} varies within {varying} units")
    order = np.argsort(cell)
    wide = y[order].reshape(n, n_periods)
    codes = np.unique(group[first], return_inverse=True)[1]
    if x is not None:
        x = np.column_stack([np.ones(len(y)), x])[order].reshape(n, n_periods, -1)
    return wide, when[first], times, x, codes


def _require_controls(others: NDArray[np.bool_], when: float, time: float, x: Array | None) -> None:
    needed = LEAST_CONTROLS if x is None else x.shape[2] + 1
    if others.sum() < needed:
        raise EstimationError(
            f"group-time effects: {int(others.sum())} units to compare those that start in "
            f"{when:g} with in {time:g}; at least {needed} are needed (controls 'not_yet' "
            "also takes those that start later)"
        )


def _require_options(**given: tuple[str, Any]) -> None:
    for name, (value, kinds) in given.items():
        if value not in get_args(kinds):
            raise EstimationError(f"{name} {value!r}; allowed: {', '.join(get_args(kinds))}")
