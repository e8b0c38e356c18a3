"""Noise in the indicator's curves: every point is made of protected numbers, wherever it stands.

Persons of a group and month are a count; those in work are a count; hours, and what the model
expects of them, are sums over persons. Each gets its noise by the persons in it, so a county's
curve is the same in every report, and an adjusted, relative or averaged curve is a function of
protected points. So are tables of characteristics, decompositions and calibration. A point with
fewer than 20 protected persons is shown nowhere, but counts in the mean of several months.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure import counts as counting
from naveval.disclosure import keys, magnitudes
from naveval.disclosure.keys import Secret

Sums = NDArray[np.float64]
HIDEABLE = 5
"""Largest count of persons that can be shown as nobody."""


@dataclass(frozen=True)
class Noise:
    """The secret, and the record keys of the panel's persons by dense number.

    hours, model: what differs from the main way to count hours, and from the main model. Their
    sums get noise of their own, or the difference of two of the same persons would have none.
    """

    secret: Secret
    record_keys: NDArray[np.int64] = field(repr=False)
    hours: str = ""
    model: str = ""


@dataclass(frozen=True)
class Points:
    """Sums by month and group, (T, G), and the keys of those counted and of those with some.

    noise: variance that protection adds to the difference between total and expected.
    dominated: where one person may have most of the total.
    """

    n: Sums
    total: Sums
    gap: Sums
    square: Sums
    n_with: Sums
    key: Sums
    key_with: Sums
    noise: Sums | float = 0.0
    dominated: NDArray[np.bool_] | bool = False


def least_shown(noise: Noise | None) -> int:
    """Fewest persons of a point that is shown; 0 without noise, when nothing is."""
    return counting.least_denominator() if noise else 0


def noise_for(
    persons: NDArray[np.int64], secret: Secret, *, subsidised: bool = True, days: bool = False
) -> Noise:
    """Noise for a panel whose persons have these pseudonyms, and whose hours are counted so."""
    hours = ("" if subsidised else " paid") + (" days" if days else "")
    return Noise(secret, keys.record_keys(persons, secret), hours)


def labelled(months: Sequence[str], groups: Sequence[str]) -> pd.DataFrame:
    """Labels of cells by month and group, (T, G), in their order."""
    return pd.DataFrame(
        {"month": np.repeat(months, len(groups)), "group": list(groups) * len(months)}
    )


def protected(
    points: Points, noise: Noise, outcome: str, labels: pd.DataFrame, *, share: bool
) -> Points:
    """The sums with noise; a cell whose protected number of persons is 0 has nobody.

    Parameters
    ----------
    labels
        Of the cells, `labelled`.
    share
        Whether the outcome is 0 or 1 (then its sum is a count), or hours a week.
    """
    shape = points.n.shape
    cells, cells_with = (whole.ravel().astype(np.int64) for whole in (points.key, points.key_with))
    n, n_with = (
        counting.protected_counts(counts.ravel(), own, noise.secret, what, labels=labels)
        for counts, own, what in (
            (points.n, cells, f"n {outcome}"),
            (points.n_with, cells_with, f"n with {outcome}{noise.hours}"),
        )
    )
    cap = 1.0 if share else magnitudes.hours_cap()
    name = outcome + noise.hours
    person = _fewer(n, points.n.ravel())
    total, square = n_with.astype(float), n_with.astype(float)
    if not share:
        worker = person * _fewer(n_with, points.n_with.ravel())
        total, square = (
            _sum(values.ravel() * worker, n_with, cells_with, noise, most, f"{name} {what}")
            for values, most, what in (
                (points.total, cap, "hours"),
                (points.square, cap**2, "square"),
            )
        )
    expected = (points.total - points.gap).ravel() * person
    expected = with_noise(expected, cells, noise, cap, f"{name} expected{noise.model}")
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
        noise=_variance(points, share=share),
        dominated=False if share else magnitudes.dominated(points.total, points.square),
    )


def _variance(points: Points, *, share: bool) -> Sums:
    """Variance of the noise in the difference between actual and expected, from true sums.

    Standard errors are told with two digits, so this tells no count.
    """
    cap = 1.0 if share else magnitudes.hours_cap()
    sums = magnitudes.noise_variance() * cap**2
    expected = np.where(points.n > 0, sums, 0.0) + _few_variance(
        points.total - points.gap, points.n
    )
    if share:
        return expected + counting.noise_variance(points.n_with, true=True)
    actual = np.where(points.n_with > 0, sums, 0.0) + _few_variance(points.total, points.n_with)
    return np.asarray(expected + actual)


def _few_variance(sums: Sums, persons: Sums) -> Sums:
    """What a varying number of persons adds, where they are few: see `_fewer`."""
    mean = np.divide(sums, persons, out=np.zeros(sums.shape), where=persons > 0)
    few = (persons > 0) & (persons <= HIDEABLE)
    return np.where(few, counting.noise_variance(persons, true=True) * mean**2, 0.0)


def _fewer(shown: NDArray[np.int64], true: Sums) -> Sums:
    """Protected over true persons where these are so few that they may be shown as nobody, else 1.

    A sum over few persons is then their mean times the protected number: as a count, right on
    average. Without it sums of few persons, which are 0 where nobody is shown, would be too small
    together.
    """
    few = (true > 0) & (true <= HIDEABLE)
    return np.divide(shown, true, out=np.ones(true.shape), where=few)


def _sum(
    values: Sums, n_with: NDArray, cells: NDArray[np.int64], noise: Noise, cap: float, what: str
) -> Sums:
    """A sum with noise: nobody with some, no sum."""
    noisy = with_noise(values, cells, noise, cap, what)
    return np.where(n_with == 0, 0.0, np.maximum(noisy, 0.0))


def with_noise(sums: Sums, cells: NDArray[np.int64], noise: Noise, cap: float, what: str) -> Sums:
    """Sums with the noise of their cells, none where nobody is; `cap`: the most one person adds."""
    return sums + np.where(cells > 0, cap * magnitudes.noise(cells, noise.secret, what), 0.0)
