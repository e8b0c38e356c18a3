"""Small units: shrinkage, reliability and funnel limits.

Each unit's estimate is a noisy measure of its own level. Empirical Bayes pulls it towards the
mean of all units by as much as its noise deserves; reliability says how much of the observed
value is the unit's own.

Sources: Morris (1983) for empirical Bayes; DerSimonian and Laird (1986) and Paule and Mandel
(1982) for the variance between units; Spiegelhalter (2005) for funnel plots.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from naveval.errors import EstimationError

FUNNEL_LEVELS = (0.95, 0.998)


@dataclass(frozen=True)
class Shrunken:
    """Units after shrinkage; arrays have one element per unit.

    Attributes
    ----------
    estimate, std_error
        Posterior mean and its standard error (uncertainty of the mean of all units included).
    reliability
        Share of the variance of the observed value that is between units, 0 to 1.
    mean, between
        Mean of all units and standard deviation between units.
    """

    estimate: NDArray[np.float64]
    std_error: NDArray[np.float64]
    reliability: NDArray[np.float64]
    mean: float
    between: float


@dataclass(frozen=True)
class Funnel:
    """Control limits around the mean of all units.

    low, high: (levels, units); outside: (levels, units); expected: how many units would lie
    outside by chance alone if none differed; observed: how many do.
    """

    levels: tuple[float, ...]
    mean: float
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    outside: NDArray[np.bool_]
    expected: NDArray[np.float64]
    observed: NDArray[np.int64]


def between_variance(estimate: NDArray, std_error: NDArray) -> float:
    """Variance between units by Paule and Mandel: the value that makes the weighted spread
    equal its expectation; 0 when the units differ no more than their noise.
    """
    usable = np.isfinite(estimate) & np.isfinite(std_error) & (std_error > 0)
    y, v = estimate[usable], std_error[usable] ** 2
    if len(y) < 3:
        raise EstimationError(f"shrinkage needs at least three units with noise, not {len(y)}")

    def excess(tau2: float) -> float:
        weight = 1 / (v + tau2)
        mean = weight @ y / weight.sum()
        return float(weight @ (y - mean) ** 2) - (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    high = float(np.var(y)) + 1e-12
    while excess(high) > 0:
        high *= 2
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-14, rtol=1e-12))


def shrink(estimate: NDArray, std_error: NDArray) -> Shrunken:
    """Empirical Bayes with a normal distribution between units.

    Units without a usable standard error (missing or 0) get missing values.

    Raises
    ------
    EstimationError
        With fewer than three usable units.
    """
    tau2 = between_variance(estimate, std_error)
    usable = np.isfinite(estimate) & np.isfinite(std_error) & (std_error > 0)
    v = np.where(usable, std_error, np.nan) ** 2
    weight = np.where(usable, 1 / (v + tau2), 0.0)
    mean = float(weight @ np.where(usable, estimate, 0.0) / weight.sum())
    reliability = tau2 / (tau2 + v)
    posterior = mean + reliability * (estimate - mean)
    variance = reliability * v + (1 - reliability) ** 2 / weight.sum()
    return Shrunken(posterior, np.sqrt(variance), reliability, mean, float(np.sqrt(tau2)))


def funnel(
    estimate: NDArray, std_error: NDArray, *, mean: float | None = None,
    levels: tuple[float, ...] = FUNNEL_LEVELS,
) -> Funnel:  # fmt: skip
    """Control limits: mean ± quantile × the unit's standard error.

    Parameters
    ----------
    mean
        Level to compare with; None takes the precision-weighted mean of the units.
    """
    usable = np.isfinite(estimate) & np.isfinite(std_error) & (std_error > 0)
    if not usable.any():
        raise EstimationError("funnel limits: no unit has a standard error")
    if mean is None:
        weight = np.where(usable, 1 / np.where(usable, std_error, 1.0) ** 2, 0.0)
        mean = float(weight @ np.where(usable, estimate, 0.0) / weight.sum())
    z = stats.norm.ppf(0.5 + np.array(levels) / 2)[:, None]
    half = z * np.where(usable, std_error, np.nan)
    outside = np.abs(np.where(usable, estimate - mean, 0.0)) > np.nan_to_num(half, nan=np.inf)
    expected = (1 - np.array(levels)) * usable.sum()
    return Funnel(levels, mean, mean - half, mean + half, outside, expected,
                  outside.sum(axis=1))  # fmt: skip
