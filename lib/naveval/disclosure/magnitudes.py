"""Sums of hours and periods over persons: sum + e × cap.

The noise follows from the cell key: its sign and size, with |e| between one half and one, so a
sum never gives back one person's part. The cap is the most that one person can add.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
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
    largest: ArrayLike | None = None,
    second: ArrayLike | None = None,
    where: str = "sum",
) -> NDArray[np.float64]:
    """Sums with noise, missing where they rest on too few persons or on one or two of them.

    Parameters
    ----------
    sums
        (n,) sum of each cell, every person's part cut at the cap.
    positive, cell_keys
        (n,) persons with a positive part, and the sum of their record keys.
    cap
        The most one person can add.
    largest, second
        (n,) the largest and second largest part, where parts are not cut at a cap that makes
        them alike: a sum in which one person dominates is missing.

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
    few = (shown > 0) & (shown < rules.sums.least_persons)
    if largest is not None:
        few |= _dominated(total, largest, second)
    return np.where(shown == 0, 0.0, np.where(few, np.nan, found))


def noise(cells: NDArray[np.int64], secret: Secret, what: str) -> NDArray[np.float64]:
    """Signed noise between the least allowed and one, in caps; `what` names the sum."""
    least = thresholds().sums.least_noise
    size = least + (1 - least) * keys.uniform(cells, secret, "sum", what)
    return np.where(keys.uniform(cells, secret, "sign", what) < 0.5, -size, size)


def noise_variance() -> float:
    """Variance of the noise in a sum, in caps squared."""
    least = thresholds().sums.least_noise
    return (1 - least**3) / (3 * (1 - least))


def _dominated(
    total: NDArray[np.float64], largest: ArrayLike, second: ArrayLike | None
) -> NDArray[np.bool_]:
    """Whether one person has too much of a sum, or the second can tell the largest."""
    limits = thresholds().dominance
    first = np.asarray(largest, dtype=float)
    found = first > limits.largest_share * total
    if second is not None:
        rest = total - first - np.asarray(second, dtype=float)
        found |= rest < first * limits.p_percent / 100
    return found & (total > 0)


def protect(
    frame: pd.DataFrame, sums: Mapping[str, tuple[str, float]], secret: Secret
) -> pd.DataFrame:
    """The frame with sums protected, `{"hours": ("n_hours", 37.5)}`: persons behind and cap.

    Reads `n_hours` and `n_hours_key`; leaves both in place for `counts.protect`.
    """
    found = {
        name: protected_sums(frame[name], frame[n], frame[n + SUFFIX], secret, cap=cap, where=name)
        for name, (n, cap) in sums.items()
    }
    return frame.assign(**found)


def periods(
    shown: ArrayLike,
    persons: ArrayLike,
    number: ArrayLike,
    cell_keys: ArrayLike,
    secret: Secret,
    *,
    cap: ArrayLike,
    what: str = "periods",
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


def require_apart(persons: Sequence[float], where: str) -> None:
    """Raise unless the protected persons behind nested sums differ by enough.

    The difference of two nested sums would be the sum of those few.
    """
    ordered = np.sort(np.asarray(persons, dtype=float))
    gaps = np.diff(ordered)
    least = thresholds().sums.nested_difference
    if ((gaps > 0) & (gaps < least)).any():
        raise DisclosureError(
            f"{where}: two nested sums differ by fewer than {least} protected persons; publish one"
        )
