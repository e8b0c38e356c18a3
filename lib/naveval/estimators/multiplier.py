"""Uncertainty of many averages at once, clustered by person.

The influence of each person on every average is summed over random groups of persons: all
months of a person fall in the same group, so the groups are independent and their spread
gives the clustered variance. One table (groups of persons × averages) then serves standard
errors, bootstrap draws and every linear combination of the averages (differences, means over
months, seasonally adjusted curves).

With as many groups as persons this is the ordinary cluster-robust variance; with 1 000 groups
a standard error has itself an uncertainty of about 2 percent.

Source: Kline and Santos (2012) for the score multiplier bootstrap; Cameron, Gelbach and Miller
(2008) for clustering.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from naveval.project.errors import EstimationError
from naveval.project.given import codes, numbers
from naveval.project.normal import reach

WHO = "averages by person"


@dataclass(frozen=True)
class Interval:
    """Limits of averages at one level of confidence."""

    level: float
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def person_groups(person: NDArray[np.integer], n_groups: int, seed: int) -> NDArray[np.int32]:
    """Spread persons over groups at random, the same way for the same person and seed.

    Parameters
    ----------
    person
        Whole numbers 0, 1, …; the same number is the same person.
    """
    if n_groups < 2:
        raise EstimationError(f"at least two groups of persons are needed, not {n_groups}")
    key = codes(WHO, "person", person, 2**62).astype(np.uint64)
    key += np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        key = (key ^ (key >> np.uint64(shift))) * np.uint64(factor)
    return ((key ^ (key >> np.uint64(31))) % np.uint64(n_groups)).astype(np.int32)


def clustered_errors(table: NDArray) -> NDArray[np.float64]:
    """Standard errors (G,) from an influence table (C, G), with the factor C / (C − 1)."""
    table = _table(table)
    groups = len(table)
    variance = np.einsum("cg,cg->g", table, table) * groups / (groups - 1)
    return np.sqrt(variance).astype(np.float64)


def clustered_covariance(table: NDArray) -> NDArray[np.float64]:
    """Covariance (G, G) of averages from their influence table."""
    table = _table(table)
    return (table.T @ table * (len(table) / (len(table) - 1))).astype(np.float64)


def _table(table: NDArray) -> NDArray:
    """Influences as numbers; averages may be missing, and then their errors are."""
    found = numbers(WHO, "table", table, (None, _any(table)), gaps=True, single=True)
    if len(found) < 2:
        raise EstimationError(f"{WHO}: table: at least two groups of persons are needed, not one")
    return found


def _any(given: NDArray) -> int | None:
    """How many averages are right: any number, and none where none are given."""
    return None if np.size(given) else 0


def draws(table: NDArray, n_draws: int, seed: int) -> NDArray[np.float64]:
    """Bootstrap deviations of the averages from their estimates, (n_draws, G).

    Groups of persons are weighted by −1 or 1 (Rademacher).
    """
    table = _table(table)
    weights = np.random.default_rng(seed).integers(0, 2, (n_draws, len(table))) * 2.0 - 1
    return weights.astype(table.dtype) @ table * np.sqrt(len(table) / (len(table) - 1))


def normal_intervals(
    estimate: NDArray, std_error: NDArray, levels: tuple[float, ...] = (0.5, 0.8, 0.95)
) -> tuple[Interval, ...]:
    """Estimate ± normal quantile × standard error, missing where either is."""
    estimate = numbers(WHO, "estimate", estimate, (_any(estimate),), gaps=True)
    std_error = numbers(WHO, "std_error", std_error, estimate.shape, least=0, gaps=True)
    return tuple(
        Interval(level, estimate - z * std_error, estimate + z * std_error)
        for level in levels
        for z in (reach(level),)
    )


def bootstrap_intervals(
    estimate: NDArray, deviations: NDArray, levels: tuple[float, ...] = (0.5, 0.8, 0.95)
) -> tuple[Interval, ...]:
    """Basic bootstrap: estimate minus quantiles of the drawn deviations."""
    estimate = numbers(WHO, "estimate", estimate, (_any(estimate),), gaps=True)
    deviations = numbers(
        WHO, "deviations", deviations, (None, len(estimate)), gaps=True, single=True
    )
    return tuple(
        Interval(
            level,
            estimate - np.quantile(deviations, 0.5 + level / 2, axis=0),
            estimate - np.quantile(deviations, 0.5 - level / 2, axis=0),
        )
        for level in levels
    )


def published_half_width(spread: NDArray, n: NDArray, *, share: bool) -> NDArray[np.float64]:
    """Half width of the document's interval: 1.96 standard errors, rounded as it prints it.

    Parameters
    ----------
    spread
        Standard deviation of hours, or the share itself when `share` is true.
    n
        Rows behind the average.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = spread * (1 - spread) if share else spread**2
        return 1.96 * np.sqrt(np.maximum(variance, 0) / n)
