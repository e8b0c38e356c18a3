"""Event studies: effects by time since the start, and a joint test of the time before.

Two variants. `event_study` is the regression with unit and period effects on any panel, with
variances clustered by unit, for studies with many treated units. `gap_study` is the same
regression when one unit is treated: then a coefficient is a difference of two gaps, the
treated unit's residuals are all zero, so that a clustered variance leaves its noise out, and
the time before is tested by letting every unit take its turn as the treated one.

Sources: Sun and Abraham (2021) on what the regression estimates with several start dates;
Abadie, Diamond and Hainmueller (2010) for the placebo test.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from naveval.project.errors import EstimationError

Array = NDArray[np.floating]
NEVER = -(10**6)


@dataclass(frozen=True)
class Wald:
    """Joint test that all coefficients are zero; F when `denominator` is finite."""

    statistic: float
    freedom: int
    denominator: float
    p_value: float


@dataclass(frozen=True)
class EventStudy:
    """Coefficients by event time, relative to the reference.

    Attributes
    ----------
    event_time
        (E,) in order, the reference left out.
    estimate, std_error
        (E,).
    covariance
        (E, E), clustered by unit.
    n_clusters, n_obs
        Units and rows.
    pre_trend
        Joint test of the event times before the reference and others below zero.
    """

    event_time: NDArray[np.integer]
    estimate: Array
    std_error: Array
    covariance: Array
    n_clusters: int
    n_obs: int
    pre_trend: Wald | None


@dataclass(frozen=True)
class GapStudy:
    """Event study of one treated unit.

    Attributes
    ----------
    estimate
        (T,) gap to the other units, minus its mean over the reference periods.
    placebo
        (N, T) the same for every unit in turn; row `treated` is the estimate.
    rms_before
        Root mean square of the estimates before the start, reference included.
    p_value_before
        Share of the units whose root mean square before is at least as large.
    slope_before
        Change of the gap per period before the start (least squares).
    p_value_slope
        Share of the units whose slope is at least as large in size.
    """

    estimate: Array
    placebo: Array
    rms_before: float
    p_value_before: float
    slope_before: float
    p_value_slope: float


def joint_wald(estimate: Array, covariance: Array, *, n_clusters: int | None = None) -> Wald:
    """Wald test that all coefficients are zero.

    Parameters
    ----------
    estimate, covariance
        (q,) and (q, q).
    n_clusters
        With clusters, F with n_clusters − 1 degrees of freedom in the denominator; otherwise
        chi-squared.

    Raises
    ------
    EstimationError
        When the covariance has not full rank, as with fewer clusters than coefficients: the
        statistic would mean nothing.
    """
    estimate = np.atleast_1d(np.asarray(estimate, dtype=float))
    covariance = np.atleast_2d(np.asarray(covariance, dtype=float))
    q = len(estimate)
    if covariance.shape != (q, q) or q == 0:
        raise EstimationError(f"{q} coefficients with a covariance of shape {covariance.shape}")
    scale = np.sqrt(np.diag(covariance))
    if not (scale > 0).all():
        raise EstimationError("a coefficient has no variance; the joint test is not defined")
    correlation = covariance / np.outer(scale, scale)
    rank = int(np.linalg.matrix_rank(correlation, tol=1e-8 * q))
    if rank < q:
        raise EstimationError(
            f"the covariance of {q} coefficients has rank {rank}: too few clusters for a joint "
            "test; test fewer coefficients or use a placebo test"
        )
    standard = estimate / scale
    statistic = float(standard @ np.linalg.solve(correlation, standard))
    if n_clusters is None:
        return Wald(statistic, q, np.inf, float(stats.chi2.sf(statistic, q)))
    freedom = n_clusters - 1
    return Wald(statistic / q, q, freedom, float(stats.f.sf(statistic / q, q, freedom)))


def event_study(
    outcome: Array,
    unit: NDArray[np.generic],
    period: NDArray[np.generic],
    event_time: NDArray[np.integer],
    *,
    reference: int = -1,
    weights: Array | None = None,
    window: tuple[int, int] | None = None,
) -> EventStudy:
    """Regression on event-time dummies with unit and period effects, clustered by unit.

    Parameters
    ----------
    outcome, unit, period
        (n,) rows of the panel, which may be unbalanced.
    event_time
        (n,) periods since the start; NEVER for units that are never treated.
    reference
        Event time that the coefficients are relative to.
    weights
        (n,) positive row weights.
    window
        First and last event time with a coefficient of its own; those beyond are binned into
        the ends.

    Raises
    ------
    EstimationError
        When the reference does not occur, only one unit is treated (use `gap_study`), or the
        dummies are collinear, as when nobody is untreated.
    """
    y = np.asarray(outcome, dtype=float)
    event = np.asarray(event_time).copy()
    ever = event != NEVER
    if window is not None:
        event[ever] = np.clip(event[ever], *window)
    times = np.unique(event[ever])
    if reference not in times:
        raise EstimationError(
            f"reference {reference} does not occur among {len(times)} event times"
        )
    kept = times[times != reference]
    if len(np.unique(np.asarray(unit)[ever])) < 2:
        raise EstimationError(
            "only one treated unit: clustered variances would leave its noise out; use gap_study"
        )
    _, units = np.unique(unit, return_inverse=True)
    _, periods = np.unique(period, return_inverse=True)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    dummies = (event[:, None] == kept[None, :]) & ever[:, None]
    time = periods[:, None] == np.arange(1, periods.max() + 1)[None, :]
    design = _demean(np.column_stack([dummies, time]).astype(float), units, w)
    target = _demean(y[:, None], units, w)[:, 0]
    cross = design.T @ (w[:, None] * design)
    if np.linalg.matrix_rank(cross, hermitian=True) < len(cross):
        raise EstimationError(
            "event-time dummies are collinear with unit and period effects: expected units "
            "that are never treated, or a second reference"
        )
    inverse = np.linalg.inv(cross)
    slopes = inverse @ (design.T @ (w * target))
    scores = np.zeros((units.max() + 1, len(cross)))
    np.add.at(scores, units, design * (w * (target - design @ slopes))[:, None])
    n, g = len(y), len(scores)
    factor = g / (g - 1) * (n - 1) / (n - len(cross) - 1)
    covariance = factor * inverse @ (scores.T @ scores) @ inverse
    k = len(kept)
    before = kept < min(reference, 0) if reference >= 0 else (kept < 0)
    pre_trend = None
    if before.any():
        index = np.flatnonzero(before)
        pre_trend = joint_wald(slopes[index], covariance[np.ix_(index, index)], n_clusters=g)
    return EventStudy(
        kept, slopes[:k], np.sqrt(np.diag(covariance)[:k]), covariance[:k, :k], g, n, pre_trend
    )


def _demean(values: Array, unit: NDArray[np.integer], weights: Array) -> Array:
    """Subtract weighted unit means from (n, k)."""
    total = np.bincount(unit, weights)
    sums = np.stack([np.bincount(unit, weights * column) for column in values.T], axis=1)
    return values - (sums / total[:, None])[unit]


def gap_study(
    outcome: Array,
    weights: Array,
    before: int,
    *,
    treated: int = 0,
    reference: Collection[int] | None = None,
) -> GapStudy:
    """Event study of one treated unit with placebo for every other.

    Parameters
    ----------
    outcome
        (N, T), the first `before` periods before the start.
    weights
        (N,) weights of the units when they are controls.
    reference
        Indices of the reference periods; default all before the start.

    Raises
    ------
    EstimationError
        For fewer than three units or periods before, or a reference outside the time before.
    """
    y, weights = np.asarray(outcome, dtype=float), np.asarray(weights, dtype=float)
    if y.ndim != 2 or len(y) < 3 or not 3 <= before <= y.shape[1]:
        raise EstimationError("expected three or more units, and three or more periods before")
    chosen = sorted(range(before) if reference is None else reference)
    if not chosen or chosen[0] < 0 or chosen[-1] >= before:
        raise EstimationError(f"reference periods {chosen}: expected 0 to {before - 1}")
    share = weights / weights.sum()
    others = (share @ y - share[:, None] * y) / (1 - share)[:, None]
    gap = y - others
    gap = gap - gap[:, chosen].mean(1, keepdims=True)
    size = np.sqrt((gap[:, :before] ** 2).mean(1))
    position = np.arange(before) - (before - 1) / 2
    slope = gap[:, :before] @ position / (position @ position)
    return GapStudy(
        gap[treated],
        gap,
        float(size[treated]),
        float((size >= size[treated] * (1 - 1e-12)).mean()),
        float(slope[treated]),
        float((np.abs(slope) >= abs(slope[treated]) * (1 - 1e-12)).mean()),
    )
