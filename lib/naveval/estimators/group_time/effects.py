"""The effect of each start date in each period, with its influence."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project import student
from naveval.project.errors import EstimationError, EstimationWarning
from naveval.project.given import columns, labels, numbers, require_choice, rows

Array = NDArray[np.floating[Any]]
Controls = Literal["never", "not_yet"]
Base = Literal["varying", "universal"]
WHO = "group-time effects"
NEVER = np.inf
LEAST_CONTROLS = 2
FEW = 6
"""Clusters in a group, beside one per covariate, below which errors are told to be too small: with
five of a hundred treated a test at 5 percent by CRV1 or as R's did, which has five, rejects in 14
percent of draws."""


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
    n_treated, n_controls
        (K,) clusters among those that started then, and among those compared with.
    n_slopes
        Coefficients estimated of the controls: a constant, and one per covariate.
    names
        What periods are called, where not by their numbers.
    """

    start: Array
    period: Array
    estimate: Array
    influence: Array
    starts: Array
    cluster: NDArray[np.integer]
    n_treated: NDArray[np.integer]
    n_controls: NDArray[np.integer]
    n_slopes: int = 1
    names: Mapping[float, Any] = field(default_factory=dict)

    @property
    def alone(self) -> NDArray[np.bool_]:
        """(K,) effects on or by a single cluster, which have no standard error."""
        return np.minimum(self.n_treated, self.n_controls) < 2

    def scaled(self, small_sample: bool) -> Array:
        """(N, K) the influence, for few clusters each side's times √(G / (G − p))."""
        if not small_sample:
            return self.influence
        own = self.starts[:, None] == self.start
        used = np.where(own, 1, self.n_slopes)
        clusters = np.where(own, self.n_treated, self.n_controls)
        return self.influence * np.sqrt(clusters / np.maximum(clusters - used, 1))

    def table(self, level: float = 0.95, *, small_sample: bool = True) -> pd.DataFrame:
        """Effects with standard errors, intervals and p-values, one row each."""
        at = {"start": self.start, "period": self.period}
        frame = pd.DataFrame({name: self.named(values) for name, values in at.items()})
        influence = self.scaled(small_sample)
        errors = np.where(self.alone, np.nan, std_errors(influence, self.cluster))
        freedom = degrees_of_freedom(self, influence, small_sample)
        counts = {"n_treated": self.n_treated, "n_controls": self.n_controls}
        return frame.join(inference(self.estimate, errors, freedom, level)).assign(**counts)

    def named(self, periods: Array) -> list[Any]:
        """Periods by their names."""
        return [self.names.get(value, value) for value in periods]


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
    names: Mapping[float, Any] | None = None,
) -> GroupTime:
    """Effects of every start date in every period.

    Parameters
    ----------
    outcome, unit, period
        (n,) rows of a balanced panel; periods are numbers.
    start
        (n,) first period with treatment, NEVER (infinity) for units that never are treated.
        Units that start in the first period or before are left out.
    controls
        "never" compares with units never treated; "not_yet" also with units that have not
        started by the later of the two periods compared. When everybody starts in time, the last
        to start are the controls, and periods from their start on are left out.
    base
        Before the start, compare with the period just before ("varying"), or with the period
        before the start as after it ("universal").
    covariates
        (n, p) or (n,) values, of which those of the earlier of the two periods compared are used.
    cluster
        (n,) labels, constant within units; units are the clusters by default.
    names
        What tables and messages call periods, where not by their numbers.

    Raises
    ------
    EstimationError
        When shapes disagree, values or labels are missing, the panel is not balanced, a start
        or cluster varies within a unit, or a start date has too few units to compare with.

    Warns
    -----
    EstimationWarning
        Names groups of fewer than six clusters (and one per covariate), whose errors are too
        small, or missing for one; units and periods that are left out.

    Examples
    --------
    >>> unit, period = np.repeat(np.arange(15), 3), np.tile(np.arange(3), 15)
    >>> start = np.repeat([1.0, 2.0, NEVER], 15)
    >>> noise = np.random.default_rng(1).normal(size=45)
    >>> found = group_time(5.0 * (period >= start) + 0.01 * noise, unit, period, start)
    >>> average(found, "dynamic").estimate.round(1).tolist()
    [0.0, 5.0, 5.0]
    """
    require_choice(WHO, get_args(Controls), controls=controls)
    require_choice(WHO, get_args(Base), base=base)
    y, starts, times, x, codes = _panel(outcome, unit, period, start, covariates, cluster)
    names = names or {}
    if controls == "not_yet":
        y, times = _until_the_last(y, times, starts, names)
    treated_at = np.unique(starts[(starts > times[0]) & (starts <= times[-1])])
    if not treated_at.size:
        raise EstimationError(
            f"{WHO}: no unit starts after the first period with others to compare with"
        )
    always = int((starts <= times[0]).sum())
    if always:
        _warn(
            f"{always} units start in {_name(times[0], names)} or before, never seen untreated: "
            "left out"
        )
    found = []
    for when in treated_at:
        last = int(np.searchsorted(times, when)) - 1
        for t in range(1 if base == "varying" else 0, len(times)):
            early = min(last, t - 1) if base == "varying" else last
            if t == early:
                continue
            untreated = np.isinf(starts) if controls == "never" else starts > times[max(t, early)]
            own, others = starts == when, untreated & (starts != when)
            _require_controls(others, _name(when, names), _name(times[t], names), x, controls)
            design = np.ones((len(y), 1)) if x is None else x[:, min(early, t)]
            effect, influence = _two_by_two(y[:, t] - y[:, early], own, others, design)
            sides = (len(np.unique(codes[side])) for side in (own, others))
            found.append((influence, when, times[t], effect, *sides))
    influences, *columns = zip(*found, strict=True)
    when, at, effects, treated, compared = map(np.array, columns)
    slopes, influence = 1 if x is None else x.shape[2], np.column_stack(influences)
    made = GroupTime(when, at, effects, influence, starts, codes, treated, compared, slopes, names)
    _warn_of_few(made, FEW + slopes - 1)
    return made


def _name(period: float, names: Mapping[float, Any]) -> str:
    name = names.get(period, period)
    return f"{name:.12g}" if isinstance(name, float) else str(name)


def _until_the_last(
    y: Array, times: Array, starts: Array, names: Mapping[float, Any]
) -> tuple[Array, Array]:
    """Outcomes and periods before the last start when everybody has one, as R's did."""
    last = starts.max()
    kept = times < last
    if last > times[-1] or kept.sum() < 2:
        return y, times
    _warn(
        f"every unit starts by {_name(times[-1], names)}: the last, from {_name(last, names)}, are "
        f"the controls, and {int((~kept).sum())} periods from then on are left out",
        4,
    )
    return y[:, kept], times[kept]


def _warn_of_few(found: GroupTime, least: int) -> None:
    """Warn of groups with fewer clusters than `least`, by start date."""
    said = []
    for start in np.unique(found.start):
        here = found.start == start
        treated, compared = int(found.n_treated[here][0]), int(found.n_controls[here].min())
        if treated < least:
            said.append(f"start {_name(start, found.names)}: {treated} treated")
        if compared < least:
            said.append(f"start {_name(start, found.names)}: {compared} to compare with")
    if said:
        _warn(
            f"few units or clusters ({'; '.join(said)}): with fewer than {least} intervals and "
            "p-values lean on normal noise, and without the small-sample scale errors are too "
            "small; of one its noise is in none of them, and they are missing. nv.one_treated has "
            "an exact test of one unit",
            4,
        )


def _warn(text: str, level: int = 3) -> None:
    warnings.warn(f"{WHO}: {text}", EstimationWarning, stacklevel=level)


def _two_by_two(
    change: Array, own: NDArray[np.bool_], others: NDArray[np.bool_], design: Array
) -> tuple[float, Array]:
    """Effect on `own` by outcome regression on `others`, and each unit's influence (N,)."""
    n = len(change)
    x = design[others]
    gram = x.T @ x
    if np.linalg.matrix_rank(gram, hermitian=True) < len(gram):
        raise EstimationError(f"{WHO}: covariates are collinear among the controls")
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


def std_errors(influence: Array, cluster: NDArray[np.integer]) -> Array:
    """Standard errors (K,) of means from (N, K) influence values summed within clusters."""
    summed = np.zeros((int(cluster.max()) + 1, influence.shape[1]))
    np.add.at(summed, cluster, influence)
    return np.sqrt((summed**2).sum(axis=0)) / len(influence)


def degrees_of_freedom(found: GroupTime, influence: Array, small_sample: bool) -> Array:
    """Satterthwaite's degrees of freedom (K,): each start's variance has its clusters less one."""
    if not small_sample:
        return np.full(influence.shape[1], np.inf)
    pairs = np.column_stack([found.starts, found.cluster])
    pairs, member = np.unique(pairs, axis=0, return_inverse=True)
    summed = np.zeros((len(pairs), influence.shape[1]))
    np.add.at(summed, member, influence)
    return satterthwaite(summed, pairs[:, 0])


def satterthwaite(influence: Array, group: NDArray[Any]) -> Array:
    """Satterthwaite's degrees of freedom (k,) of a variance from clusters of several groups.

    Each group's share of the variance has as many as its clusters less one, so that few treated
    among many others count as few.

    Parameters
    ----------
    influence, group
        (G, k) each cluster's influence, and (G,) its group.
    """
    squares, codes = influence**2, np.unique(group, return_inverse=True)[1]
    shares = np.array([squares[codes == code].sum(axis=0) for code in range(codes.max() + 1)])
    clusters = np.maximum(np.bincount(codes) - 1, 1)
    lost = (shares**2 / clusters[:, None]).sum(axis=0)
    return np.divide(shares.sum(axis=0) ** 2, lost, out=np.ones_like(lost), where=lost > 0)


def inference(estimate: Array, error: Array, freedom: Array, level: float) -> pd.DataFrame:
    known = error > 0
    z = np.divide(estimate, error, out=np.full(len(error), np.nan), where=known)
    reach = student.reach(level, freedom) * error
    return pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": error,
            "ci_low": estimate - reach,
            "ci_high": estimate + reach,
            "p_value": student.two_sided(z, freedom),
            "df": freedom,
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
    y = numbers(WHO, "outcome", outcome)
    unit, time = labels(WHO, "unit", unit, len(y)), numbers(WHO, "period", period, y.shape)
    when = numbers(WHO, "start", start, y.shape, gaps=True, infinite=True)
    unknown = np.isnan(when)
    if unknown.any():
        raise EstimationError(
            f"{WHO}: start: missing, {rows(unknown)}; expected NEVER (numpy.inf) for units that "
            "are never treated"
        )
    x: Any = None if covariates is None else columns(WHO, "covariates", covariates, len(y))
    group = unit if cluster is None else labels(WHO, "cluster", cluster, len(y))
    _, first, units = np.unique(unit, return_index=True, return_inverse=True)
    times, periods = np.unique(time, return_inverse=True)
    n, n_periods = len(first), len(times)
    cell = units * n_periods + periods
    if len(y) != n * n_periods or len(np.unique(cell)) != len(y):
        raise EstimationError(
            f"{WHO}: {len(y)} rows for {n} units and {n_periods} periods; expected "
            "each unit once in each period"
        )
    for name, values in (("start", when), ("cluster", group)):
        varies = values != values[first][units]
        if varies.any():
            raise EstimationError(
                f"{WHO}: {name} varies within {len(np.unique(units[varies]))} units, {rows(varies)}"
            )
    order = np.argsort(cell)
    wide = y[order].reshape(n, n_periods)
    codes = np.unique(group[first], return_inverse=True)[1]
    if x is not None:
        spread = x.std(axis=0)  # rank must not depend on units of measurement
        x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        x = np.column_stack([np.ones(len(y)), x])[order].reshape(n, n_periods, -1)
    return wide, when[first], times, x, codes


def _require_controls(
    others: NDArray[np.bool_], when: str, time: str, x: Array | None, controls: Controls
) -> None:
    needed = LEAST_CONTROLS if x is None else x.shape[2] + 1
    if others.sum() < needed:
        road = " (controls 'not_yet' also takes those that start later)"
        road = road if controls == "never" else ""
        raise EstimationError(
            f"{WHO}: {int(others.sum())} units to compare those that start in "
            f"{when} with in {time}; at least {needed} are needed{road}"
        )
