"""Noise in the indicator's curves: every point is made of protected numbers, wherever it stands.

Persons of a group and month are a count; those in work are a count; hours, and what the model
expects of them, are sums over persons. Each gets its noise by the persons in it, so a county's
curve is the same in every report, and an adjusted, relative or averaged curve is a function of
protected points. A point with fewer than 20 protected persons is shown nowhere, but counts in
the mean of several months.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from naveval.disclosure import keys, magnitudes
from naveval.disclosure.counts import protected_counts
from naveval.disclosure.keys import Secret
from naveval.disclosure.thresholds import thresholds

Sums = NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """The secret, and the record keys of the panel's persons by dense number."""

    secret: Secret
    record_keys: NDArray[np.int64] = field(repr=False)


@dataclass(frozen=True)
class Points:
    """Sums by month and group, (T, G), and the keys of those counted and of those with some."""

    n: Sums
    total: Sums
    gap: Sums
    square: Sums
    n_with: Sums
    key: Sums
    key_with: Sums


def least_shown(noise: Noise | None) -> int:
    """Fewest persons of a point that is shown; 0 without noise, when nothing is."""
    return thresholds().counts.least_denominator if noise else 0


def noise_for(persons: NDArray[np.int64], secret: Secret) -> Noise:
    """Noise for a panel whose persons have these pseudonyms."""
    return Noise(secret, keys.record_keys(persons, secret))


def protected(points: Points, noise: Noise, outcome: str, *, share: bool) -> Points:
    """The sums with noise; a cell whose protected number of persons is 0 has nobody.

    Parameters
    ----------
    share
        Whether the outcome is 0 or 1 (then its sum is a count), or hours a week.
    """
    shape = points.n.shape
    cells, cells_with = (whole.ravel().astype(np.int64) for whole in (points.key, points.key_with))
    n = protected_counts(points.n.ravel(), cells, noise.secret, "n")
    n_with = protected_counts(points.n_with.ravel(), cells_with, noise.secret, "n_with")
    cap = 1.0 if share else thresholds().sums.weekly_hours
    total, square = n_with.astype(float), n_with.astype(float)
    if not share:
        total, square = (
            _sum(values, n_with, cells_with, noise, most, f"{outcome} {what}")
            for values, most, what in (
                (points.total, cap, "hours"),
                (points.square, cap**2, "square"),
            )
        )
    expected = (points.total - points.gap).ravel()
    expected = expected + cap * magnitudes.noise(cells, noise.secret, f"{outcome} expected")
    found = (np.where(n > 0, one, 0.0) for one in (n, total, expected))
    people, actual, model = (one.reshape(shape) for one in found)
    return Points(
        n=people,
        total=np.minimum(actual, people) if share else actual,
        gap=(np.minimum(actual, people) if share else actual) - model,
        square=np.where(n > 0, square, 0.0).reshape(shape),
        n_with=n_with.reshape(shape).astype(float),
        key=np.zeros(shape),
        key_with=np.zeros(shape),
    )


def _sum(
    values: Sums, n_with: NDArray, cells: NDArray[np.int64], noise: Noise, cap: float, what: str
) -> Sums:
    """A sum with noise: nobody with some, no sum."""
    noisy = values.ravel() + cap * magnitudes.noise(cells, noise.secret, what)
    return np.where(n_with == 0, 0.0, np.maximum(noisy, 0.0))
