"""Small units: shrinkage, reliability and funnel limits.

Each unit's estimate is a noisy measure of its own level. Empirical Bayes pulls it towards the
mean of all units by as much as its noise deserves; reliability says how much of the observed
value is the unit's own.

A small unit's noise is itself measured on few persons. Where hours are few the measured noise is
small too, so that weighting by it would pull the mean of all units down. Noise per row is
therefore first squeezed towards what is common to the units, the more the fewer persons.

Sources: Morris (1983) for empirical Bayes; DerSimonian and Laird (1986) and Paule and Mandel
(1982) for the variance between units, Viechtbauer (2007) for its interval;
Smyth (2004) for squeezed variances; Spiegelhalter (2005) for funnel plots.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from naveval.project.errors import EstimationError
from naveval.project.given import numbers

FUNNEL_LEVELS = (0.95, 0.998)
LEAST_UNITS = 4


@dataclass(frozen=True)
class Shrunken:
    """Units after shrinkage; arrays have one element per unit.

    Attributes
    ----------
    estimate, std_error
        Posterior mean and its standard error (uncertainty of the mean of all units and of the
        variance between them included).
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


def squeeze(variance: NDArray, df: NDArray) -> NDArray[np.float64]:
    """Variances of units pulled towards the value common to them, the more the smaller `df`.

    How much the units' true variances differ is found by moments of the logarithms; when they
    differ no more than their degrees of freedom explain, all get the common value.

    Parameters
    ----------
    variance, df
        Each unit's variance and its degrees of freedom; units without either stay missing.
    """
    variance = numbers("squeezed variances", "variance", variance, least=0, gaps=True)
    df = numbers("squeezed variances", "df", df, variance.shape, gaps=True)
    usable = np.isfinite(variance) & (variance > 0) & (df > 0)
    v, half = variance[usable], df[usable] / 2
    if len(v) < 3:
        return np.where(usable, variance, np.nan)
    common = float(half @ v / half.sum())
    level = np.log(v) - special.digamma(half) + np.log(half)
    extra = float(np.var(level, ddof=1) - special.polygamma(1, half).mean())
    result = np.full(len(variance), np.nan)
    if extra <= 0:
        result[usable] = common
        return result
    root = optimize.brentq(lambda t: special.polygamma(1, np.exp(t)) - extra, -10, 25)
    prior = float(np.exp(root))
    result[usable] = (prior * common + half * v) / (prior + half)
    return result


def between_variance(estimate: NDArray, std_error: NDArray) -> float:
    """Variance between units by Paule and Mandel: the value that makes the weighted spread
    equal its expectation; 0 when the units differ no more than their noise.

    Parameters
    ----------
    estimate, std_error
        (units,), or (sets, units) for one variance common to several sets, each with a mean of
        its own.
    """
    sets = _sets(estimate, std_error)

    def excess(tau2: float) -> float:
        return sum(_spread(y, v, tau2) - (len(y) - 1) for y, v in sets)

    if excess(0.0) <= 0:
        return 0.0
    high = max(float(np.var(y)) for y, _ in sets) + 1e-12
    while excess(high) > 0:
        high *= 2
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-14, rtol=1e-12))


def _units(
    what: str, estimate: NDArray, std_error: NDArray
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Estimates, their errors, and which units have both and noise."""
    y = numbers(what, "estimate", estimate, None, gaps=True)
    s = numbers(what, "std_error", std_error, y.shape, least=0, gaps=True)
    return y, s, ~np.isnan(y) & (s > 0)


def _sets(estimate: NDArray, std_error: NDArray) -> list[tuple[NDArray, NDArray]]:
    """Estimates and variances of units with noise, for each set with enough of them."""
    given = (np.atleast_2d(part) for part in _units("shrinkage", estimate, std_error))
    sets = [(y[own], s[own] ** 2) for y, s, own in zip(*given, strict=True)]
    sets = [(y, v) for y, v in sets if len(y) >= LEAST_UNITS]
    if not sets:
        raise EstimationError(f"shrinkage needs at least {LEAST_UNITS} units with noise")
    return sets


def require_levels(what: str, levels: Sequence[float]) -> None:
    """EstimationError for a level of confidence outside 0 to 1, such as 95."""
    if outside := [level for level in levels if not 0 < level < 1]:
        raise EstimationError(f"{what}: level {outside[0]}: expected a share such as 0.95")


def _spread(y: NDArray, v: NDArray, tau2: float) -> float:
    """Weighted spread of units, chi-squared when `tau2` is the variance between them."""
    weight = 1 / (v + tau2)
    mean = weight @ y / weight.sum()
    return float(weight @ (y - mean) ** 2)


def between_interval(
    estimate: NDArray, std_error: NDArray, level: float = 0.95
) -> tuple[float, float]:
    """Interval of the standard deviation between units by the Q profile (Viechtbauer 2007).

    Those standard deviations at which the weighted spread is no surprise. An estimate of 0 is a
    boundary: its upper end says how far apart the units may be all the same, and (0, 0) that they
    lie closer together than even their noise alone explains.

    Parameters
    ----------
    estimate, std_error
        (units,); units without a usable standard error are left out.
    """
    require_levels("between_interval", (level,))
    ((y, v),) = _sets(estimate, std_error)
    tails = special.chdtri(len(y) - 1, [0.5 - level / 2, 0.5 + level / 2])

    def root(quantile: float) -> float:
        if _spread(y, v, 0.0) <= quantile:
            return 0.0
        high = float(np.var(y)) + 1e-12
        while _spread(y, v, high) > quantile:
            high *= 2
        return float(optimize.brentq(lambda t: _spread(y, v, t) - quantile, 0.0, high))

    low, high = (float(np.sqrt(root(quantile))) for quantile in tails)
    return low, high


def shrink(
    estimate: NDArray,
    std_error: NDArray,
    *,
    mean: float | None = None,
    between: float | None = None,
) -> Shrunken:
    """Empirical Bayes with a normal distribution between units.

    Units without a usable standard error (missing or 0) get missing values.

    Parameters
    ----------
    mean
        Level to pull towards; None takes the precision-weighted mean of the units.
    between
        Variance between units when it is known from elsewhere; None estimates it.

    Raises
    ------
    EstimationError
        With fewer than four usable units, or a negative variance between units.
    """
    if between is not None and not between >= 0:
        raise EstimationError(f"shrinkage: between={between}: expected a variance, zero or more")
    estimate, std_error, usable = _units("shrinkage", estimate, std_error)
    tau2 = between_variance(estimate, std_error) if between is None else between
    v = np.where(usable, std_error, np.nan) ** 2
    weight = np.where(usable, 1 / (v + tau2), 0.0)
    if mean is None:
        mean = float(weight @ np.where(usable, estimate, 0.0) / weight.sum())
    reliability = tau2 / (tau2 + v)
    posterior = mean + reliability * (estimate - mean)
    variance = reliability * v + (1 - reliability) ** 2 / weight.sum()
    if between is None:
        typical = usable.sum() / weight.sum()
        unsure = 2 / (usable.sum() - 3) * typical / (v + tau2)
        variance += unsure * ((1 - reliability) * (estimate - mean)) ** 2
    return Shrunken(posterior, np.sqrt(variance), reliability, mean, float(np.sqrt(tau2)))


def funnel(
    estimate: NDArray,
    std_error: NDArray,
    *,
    mean: float | None = None,
    levels: tuple[float, ...] = FUNNEL_LEVELS,
) -> Funnel:
    """Control limits: mean ± quantile × the unit's standard error.

    Parameters
    ----------
    mean
        Level to compare with; None takes the precision-weighted mean of the units.

    Raises
    ------
    EstimationError
        Without a unit that has a standard error, and for levels outside 0 to 1.
    """
    require_levels("funnel limits", levels)
    estimate, std_error, usable = _units("funnel limits", estimate, std_error)
    if not usable.any():
        raise EstimationError("funnel limits: no unit has a standard error")
    if mean is None:
        weight = np.where(usable, 1 / np.where(usable, std_error, 1.0) ** 2, 0.0)
        mean = float(weight @ np.where(usable, estimate, 0.0) / weight.sum())
    z = special.ndtri(0.5 + np.array(levels) / 2)[:, None]
    half = z * np.where(usable, std_error, np.nan)
    outside = np.abs(np.where(usable, estimate - mean, 0.0)) > np.nan_to_num(half, nan=np.inf)
    expected = (1 - np.array(levels)) * usable.sum()
    return Funnel(levels, mean, mean - half, mean + half, outside, expected, outside.sum(axis=1))
