"""Event studies: effects by time since the start, and a joint test of the time before.

Two variants. `event_study` is the regression with unit and period effects on any panel, with
variances clustered by unit, for studies with many treated units that all start at once; with
several start dates its coefficients mix effects of different lengths with changing signs, and
`group_time` is the road. `gap_study` is the same
regression when one unit is treated: then a coefficient is a difference of two gaps, the
treated unit's residuals are all zero, so that a clustered variance leaves its noise out, and
the time before is tested by letting every unit take its turn as the treated one.

Sources: Sun and Abraham (2021) on what the regression estimates with several start dates;
Abadie, Diamond and Hainmueller (2010) for the placebo test.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import special

from naveval.project.errors import EstimationError
from naveval.project.given import labels, numbers, require_choice, rows

Array = NDArray[np.floating]
Covariance = Literal["crv1", "crv3"]
NEVER = -(10**6)
WHO = "event study"


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
        (E, E), clustered by unit (CRV1, or the cluster jackknife CRV3).
    n_clusters, n_obs
        Units and rows.
    pre_trend
        Joint test of the event times below zero, the reference left out.
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
    estimate = numbers("joint test", "estimate", np.atleast_1d(estimate))
    q = len(estimate)
    covariance = numbers("joint test", "covariance", np.atleast_2d(covariance), (q, q))
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
        return Wald(statistic, q, np.inf, float(special.chdtrc(q, statistic)))
    freedom = n_clusters - 1
    return Wald(statistic / q, q, freedom, float(special.fdtrc(q, freedom, statistic / q)))


def event_study(
    outcome: Array,
    unit: NDArray[np.generic],
    period: NDArray[np.generic],
    event_time: NDArray[np.integer],
    *,
    reference: int = -1,
    weights: Array | None = None,
    window: tuple[int, int] | None = None,
    covariance: Covariance = "crv1",
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
    covariance
        "crv1", or "crv3" for few units: the spread of the estimates that leave out one unit.

    Raises
    ------
    EstimationError
        For shapes that do not agree, missing outcomes, units or periods, weights of zero or
        below, several start dates (use `group_time`), a reference that does not occur, only one
        treated unit (use `gap_study`), or collinear dummies, as when nobody is untreated.
    """
    require_choice(WHO, get_args(Covariance), covariance=covariance)
    y = numbers(WHO, "outcome", outcome)
    unit, period = labels(WHO, "unit", unit, len(y)), labels(WHO, "period", period, len(y))
    times = numbers(WHO, "event_time", event_time, y.shape)
    given = np.ones(len(y)) if weights is None else weights
    w = numbers(WHO, "weights", given, y.shape, above=0)
    if (times % 1).any():
        raise EstimationError(f"{WHO}: event_time: expected whole numbers, {rows(times % 1 != 0)}")
    event = times.astype(np.int64)
    _require_one_start(unit, period, event)
    kept = _event_times(event, reference, window)
    _, units = np.unique(unit, return_inverse=True)
    _, periods = np.unique(period, return_inverse=True)
    ever = event != NEVER
    event = np.where(ever, np.clip(event, *window) if window else event, NEVER)
    dummies = (event[:, None] == kept[None, :]) & ever[:, None]
    time = periods[:, None] == np.arange(1, periods.max() + 1)[None, :]
    design = _demean(np.column_stack([dummies, time]).astype(float), units, w)
    target = _demean(y[:, None], units, w)[:, 0]
    slopes, spread = _clustered(design, target, units, w, covariance)
    k, g = len(kept), int(units.max()) + 1
    pre_trend = None
    if len(index := np.flatnonzero(kept < 0)):
        pre_trend = joint_wald(slopes[index], spread[np.ix_(index, index)], n_clusters=g)
    errors = np.sqrt(np.diag(spread)[:k])
    return EventStudy(kept, slopes[:k], errors, spread[:k, :k], g, len(y), pre_trend)


def _require_one_start(
    unit: NDArray[np.generic], period: NDArray[np.generic], event: NDArray[np.integer]
) -> None:
    """Treated units must be at the same event time in the same period, and be more than one."""
    ever = event != NEVER
    treated = np.unique(unit[ever])
    if np.isin(treated, unit[~ever]).any():
        raise EstimationError(
            "event study: units with an event time in some rows and not in others"
        )
    _, when = np.unique(period[ever], return_inverse=True)
    first = np.zeros(int(when.max(initial=0)) + 1, dtype=event.dtype)
    first[when] = event[ever]
    if (first[when] != event[ever]).any():
        raise EstimationError(
            "event study: treated units start at different times; two-way effects then compare "
            "treated with treated units. Use naveval.estimators.group_time"
        )
    if len(treated) == 1:
        raise EstimationError(
            "only one treated unit: clustered variances would leave its noise out; use gap_study"
        )


def _event_times(
    event: NDArray[np.integer], reference: int, window: tuple[int, int] | None
) -> NDArray[np.integer]:
    """Event times with a coefficient: all that occur, binned, without the reference."""
    own = event[event != NEVER]
    times = np.unique(np.clip(own, *window) if window is not None else own)
    if reference not in times:
        raise EstimationError(
            f"reference {reference} does not occur among {len(times)} event times"
        )
    return times[times != reference]


def _clustered(
    design: Array, target: Array, unit: NDArray[np.integer], weights: Array, kind: str
) -> tuple[Array, Array]:
    """Weighted least squares after unit effects, and its covariance clustered by unit."""
    cross = design.T @ (weights[:, None] * design)
    if np.linalg.matrix_rank(cross, hermitian=True) < len(cross):
        raise EstimationError(
            "event-time dummies are collinear with unit and period effects: expected units "
            "that are never treated, or a second reference"
        )
    inverse = np.linalg.inv(cross)
    slopes = inverse @ (design.T @ (weights * target))
    n, g = len(target), int(unit.max()) + 1
    scores = np.zeros((g, len(cross)))
    np.add.at(scores, unit, design * (weights * (target - design @ slopes))[:, None])
    if kind == "crv1":
        factor = g / (g - 1) * (n - 1) / (n - len(cross) - 1)
        return slopes, factor * inverse @ (scores.T @ scores) @ inverse
    gaps = np.empty_like(scores)
    for i in range(g):
        own = design[unit == i]
        rest = cross - own.T @ (weights[unit == i][:, None] * own)
        if np.linalg.matrix_rank(rest, hermitian=True) < len(rest):
            raise EstimationError(
                f"CRV3: without one of {g} units a coefficient cannot be estimated; use fewer "
                "event times (window)"
            )
        gaps[i] = np.linalg.solve(rest, scores[i])
    return slopes, gaps.T @ gaps * ((g - 1) / g)


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
        (N,) positive weights of the units when they are controls.
    reference
        Indices of the reference periods; default all before the start.

    Raises
    ------
    EstimationError
        For fewer than three units or periods before, a reference outside the time before, missing
        outcomes, or weights of zero or below.
    """
    y = numbers("gap study", "outcome", outcome, (None, None))
    weights = numbers("gap study", "weights", weights, (len(y),), above=0)
    if len(y) < 3 or not 3 <= before <= y.shape[1]:
        raise EstimationError(
            "gap study: outcome: expected three or more units, and three or more periods before"
        )
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
