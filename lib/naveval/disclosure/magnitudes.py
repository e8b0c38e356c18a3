"""Sums of hours and periods over persons: sum + e × cap.

The noise follows from the cell key: its sign and size, with |e| between one half and one, so a
sum never gives back one person's part. The cap is the most that one person can add.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from naveval.disclosure import keys
from naveval.disclosure.counts import protected_counts
from naveval.disclosure.keys import SUFFIX, Secret
from naveval.disclosure.thresholds import thresholds
from naveval.project.errors import DisclosureError


def hours_cap() -> float:
    """The cap for hours a week."""
    return thresholds().sums.weekly_hours


def protected_sums(
    sums: ArrayLike,
    positive: ArrayLike,
    cell_keys: ArrayLike,
    secret: Secret,
    *,
    cap: float,
    where: str = "sum",
) -> NDArray[np.float64]:
    """Sums with noise, missing where they rest on too few persons.

    Parameters
    ----------
    sums
        (n,) sum of each cell, every person's part cut at the cap.
    positive, cell_keys
        (n,) persons with a positive part, and the sum of their record keys.
    cap
        The most one person can add.

    Returns
    -------
    Zero exactly where the protected number of persons with a positive part is 0.

    Raises
    ------
    DisclosureError
        For sums that are not finite or above what so many persons can add.
    """
    rules = thresholds()
    total = np.asarray(sums, dtype=float)
    persons = np.asarray(positive)
    bad = ~np.isfinite(total) | (total < 0) | (total > persons * cap * (1 + 1e-9))
    if bad.any():
        raise DisclosureError(
            f"{where}: {int(bad.sum())} sums (row {int(np.argmax(bad)) + 1} first) are not between "
            f"0 and persons × {cap:g}; cut every person's part at the cap first"
        )
    cells = keys.whole_keys(cell_keys, where + SUFFIX)
    shown = protected_counts(persons, cells, secret, where)
    found = np.maximum(total + cap * noise(cells, secret, where), 0)
    enough = shown >= rules.sums.least_persons
    return np.where(shown == 0, 0.0, np.where(enough, found, np.nan))


def noise(cells: NDArray[np.int64], secret: Secret, what: str) -> NDArray[np.float64]:
    """Signed noise between the least allowed and one, in caps; `what` names the sum."""
    least = thresholds().sums.least_noise
    size = least + (1 - least) * keys.uniform(cells, secret, "sum", what)
    return np.where(keys.uniform(cells, secret, "sign", what) < 0.5, -size, size)


def noise_variance() -> float:
    """Variance of the noise in a sum, in caps squared."""
    least = thresholds().sums.least_noise
    return (1 - least**3) / (3 * (1 - least))


def periods(
    shown: ArrayLike,
    persons: ArrayLike,
    number: ArrayLike,
    cell_keys: ArrayLike,
    secret: Secret,
    *,
    cap: ArrayLike,
    what: str,
) -> NDArray[np.float64]:
    """Periods, starts or spells of a cell: protected persons times the mean per person.

    The mean comes from a protected sum, so nobody's own number of periods shows.

    Parameters
    ----------
    shown
        (n,) protected persons.
    persons, number, cell_keys
        (n,) persons, their periods, and the sum of their record keys.
    cap
        The most one person can add, a number or (n,): `periods_cap`, or a high quantile at
        which every person's number was cut.
    what
        Name of the number: two of the same persons get noise of their own.
    """
    rules = thresholds().sums
    cells = keys.whole_keys(cell_keys, what + SUFFIX)
    most = np.maximum(1.0, np.asarray(cap, dtype=float))
    truth = np.asarray(persons, dtype=float)
    total = np.minimum(np.asarray(number, dtype=float), truth * most)
    noisy = np.maximum(total + most * noise(cells, secret, what), 0)
    mean = np.divide(noisy, truth, out=np.ones(truth.shape), where=truth > 0)
    protected = np.asarray(shown, dtype=float)
    few = (protected > 0) & (protected < rules.least_persons)
    found = np.floor(protected * np.minimum(mean, most) + 0.5)
    return np.where(few, np.nan, found)


def periods_cap(months: float) -> float:
    """The most periods one person can have in so many months."""
    return max(1.0, thresholds().sums.periods_a_month * months)


def dominated(total: ArrayLike, square: ArrayLike) -> NDArray[np.bool_]:
    """Whether one person may have more than the allowed share of a sum.

    Parameters
    ----------
    total, square
        (n,) true sums of the persons' parts and of their squares. The sum of squared shares is
        at most the largest share, and at least its square: above the square of the limit one
        person may have too much, below it nobody has.

    Notes
    -----
    Whether the second largest can estimate the largest (the p-per-cent rule) is not asked: the
    noise of a sum is at least half of what one person can add.

    >>> dominated([40.0, 400.0], [37.5**2 + 2.5**2, 20 * 20.0**2]).tolist()
    [True, False]
    """
    sums, squares = np.asarray(total, dtype=float), np.asarray(square, dtype=float)
    return (sums > 0) & (squares > (thresholds().largest_share * sums) ** 2)


def too_near(nested: ArrayLike, whole: ArrayLike) -> NDArray[np.bool_]:
    """Whether a sum and one that holds it differ by so few protected persons that both tell them.

    >>> too_near([100, 100], [110, 140]).tolist()
    [True, False]
    """
    apart = np.asarray(whole, dtype=float) - np.asarray(nested, dtype=float)
    return apart < thresholds().sums.nested_difference
