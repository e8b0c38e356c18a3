"""Panels in which nothing happened, with shocks like those of the units at hand.

How often a test rejects without an effect depends on how much units move on their own, how long
a movement lasts, and how much more the small ones move. All three are measured on units where
nothing happened, and panels are drawn with them. Residuals after effects of units and periods
move less, and forget sooner, than the shocks behind them: what is compared is therefore the
residuals' autocovariance with what shocks of a given kind would leave of it, not with the shocks'
own (as in indirect inference; Nickell 1981 for the bias that is thus avoided).

Shapes: N units, T periods, D draws. Model of unit i's shocks: variance A + B / size (Ferman and
Pinto 2019); a share of it lasts, as a first-order autoregressive series, and the rest is new in
every period.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls
from scipy.signal import lfilter

from naveval.estimators.one_treated.regression import Array
from naveval.project.errors import EstimationError

LAGS = 18
FEWEST_UNITS, FEWEST_PERIODS = 3, 12
GRID = 1 - np.geomspace(1, 0.005, 100)
"""Persistence tried, from 0 to 0.995, finer where it matters."""


@dataclass(frozen=True)
class Shocks:
    """How units move on their own, in the unit of the outcome.

    Attributes
    ----------
    common, by_size
        A and B of the variance A + B / size.
    persistence
        Correlation between neighbouring periods of the part that lasts.
    lasting
        Share of the variance that lasts, from 0 to 1.
    """

    common: float
    by_size: float
    persistence: float
    lasting: float


def spread(shocks: Shocks, size: Array) -> Array:
    """Standard deviation of each unit's shocks, (N,)."""
    return np.asarray(np.sqrt(shocks.common + shocks.by_size / np.asarray(size, dtype=float)))


def fit_shocks(outcome: Array, size: Array, weights: Array | None = None) -> Shocks:
    """Shocks that would leave residuals like those of these units.

    Parameters
    ----------
    outcome
        (N, T) of units where nothing happened.
    size
        (N,) positive sizes.
    weights
        (N,) of the periods' effects; default: equal.

    Raises
    ------
    EstimationError
        For missing values, fewer than 3 units or 12 periods, or units that do not move.
    """
    outcome, size = np.asarray(outcome, dtype=float), np.asarray(size, dtype=float)
    n, periods = outcome.shape
    if n < FEWEST_UNITS or periods < FEWEST_PERIODS or not np.isfinite(outcome).all():
        raise EstimationError(
            f"shocks: {n} units, {periods} periods; expected at least {FEWEST_UNITS} and "
            f"{FEWEST_PERIODS}, none missing"
        )
    share = np.full(n, 1 / n) if weights is None else np.asarray(weights, float) / np.sum(weights)
    residual = outcome - outcome.mean(1, keepdims=True)
    residual = residual - share @ residual
    variance = (residual**2).mean(1)
    if not (variance > 0).all() or not (size > 0).all():
        raise EstimationError("shocks: a unit that does not move, or a size that is not positive")
    # The residual of a unit less the weighted mean of all: (1 − 2w) own + Σ w² of everybody's.
    mixing = np.diag(1 - 2 * share) + share**2
    design = mixing @ np.column_stack([np.ones(n), 1 / size])
    moved = nnls(design, variance)[0]  # A and B but for a factor that all units have in common
    lags = min(LAGS, periods // 3)
    found = _autocovariance(residual / np.sqrt(design @ moved)[:, None], lags)
    new = _left(np.eye(periods), lags)
    tried = [_left(_correlation(periods, value), lags) for value in GRID]
    fits = [nnls(np.column_stack([one, new]), found) for one in tried]
    best = int(np.argmin([error for _, error in fits]))
    lasting = float(fits[best][0][0] / fits[best][0].sum())
    left = lasting * tried[best][0] + (1 - lasting) * new[0]
    common, by_size = moved / left
    return Shocks(float(common), float(by_size), float(GRID[best]), lasting)


def draw_shocks(shocks: Shocks, size: Array, periods: int, draws: int, seed: int) -> Array:
    """Panels of these shocks alone, (D, N, T); the same seed gives the same draws.

    Raises
    ------
    EstimationError
        For no draws.
    """
    if draws < 1:
        raise EstimationError(f"draws: {draws}; expected at least 1")
    generator = np.random.default_rng(seed)
    shape = (draws, len(size), periods)
    new = generator.standard_normal(shape)
    new[..., 1:] *= np.sqrt(1 - shocks.persistence**2)
    lasting = lfilter([1.0], [1.0, -shocks.persistence], new, axis=-1)
    mixed = np.sqrt(shocks.lasting) * lasting
    mixed += np.sqrt(1 - shocks.lasting) * generator.standard_normal(shape)
    return np.asarray(mixed * spread(shocks, size)[:, None])


def _correlation(periods: int, persistence: float) -> Array:
    gap = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    return np.asarray(persistence**gap)


def _autocovariance(residual: Array, lags: int) -> Array:
    """Mean over units of the products a lag apart, summed over periods and divided by T."""
    n, periods = residual.shape
    return np.array(
        [(residual[:, : periods - k] * residual[:, k:]).sum() / (n * periods) for k in range(lags)]
    )


def _left(covariance: Array, lags: int) -> Array:
    """Expected autocovariance of what a series with this covariance leaves after its mean."""
    centred = covariance - covariance.mean(0)
    centred = centred - centred.mean(1, keepdims=True)
    return np.array([np.trace(centred, offset=k) for k in range(lags)]) / len(covariance)
