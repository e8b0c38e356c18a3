"""Counts of persons, changed at random by their cell keys, and what is computed from them.

A frame of raw counts has, beside every count `n`, the cell's key `n_key` (`disclosure.keys`).
`protect` gives the same frame with protected counts and without keys; shares, differences,
indices and means are computed from that. See `design.md`.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from naveval.disclosure import editions, keys, perturbation
from naveval.disclosure.editions import Whole
from naveval.disclosure.keys import SUFFIX, Secret
from naveval.disclosure.thresholds import thresholds
from naveval.project.errors import DisclosureError

FEW, NOISY = "few", "noisy"


def protected_counts(
    counts: ArrayLike,
    cell_keys: ArrayLike,
    secret: Secret,
    where: str = "count",
    *,
    labels: pd.DataFrame | None = None,
) -> NDArray[np.int64]:
    """Counts with their noise: each differs by at most five, none is 1 to 4, zero stays zero.

    Parameters
    ----------
    counts, cell_keys
        (n,) distinct persons of each cell, and the sum of their record keys.
    where
        Name used in messages.
    labels
        (n,) labels of the cells, by which a later edition knows them; their order where not given.

    Raises
    ------
    DisclosureError
        For counts that are no counts, and keys that cannot belong to them.

    >>> from naveval.disclosure.keys import secret
    >>> protected_counts([0, 3, 700], [0, 2_100_000_000, 700_000_000_000], secret("simulated"))
    array([  0,   5, 699])
    """
    found = whole_counts(counts, where)
    cells = keys.whole_keys(cell_keys, where + SUFFIX)
    if found.shape != cells.shape:
        raise DisclosureError(f"{where}: {len(found)} counts and {len(cells)} cell keys")
    wrong = (cells < found) | (cells > found * keys.LARGEST)
    if wrong.any():
        raise DisclosureError(
            f"{where}: {int(wrong.sum())} cell keys (row {int(np.argmax(wrong)) + 1} first) cannot "
            "be the sum of the record keys of that many persons; expected both over the same "
            "distinct persons"
        )
    if secret.editions is None:
        return _noisy(found, cells, secret)
    own = pd.DataFrame({"row": range(len(found))}) if labels is None else labels
    return _in_edition(editions.names(own, f"{secret.cells}{where}"), found, cells, secret)


def _noisy(counts: Whole, cells: Whole, secret: Secret) -> Whole:
    return counts + perturbation.changes(counts, keys.uniform(cells, secret, "count"))


def _in_edition(named: Whole, counts: Whole, cells: Whole, secret: Secret) -> Whole:
    """Protected counts, as they were told before where fewer than five persons have changed."""
    assert secret.editions is not None
    own = np.stack([named, counts, cells], axis=1)
    before, known = editions.nearest(secret.editions, own)
    shown = _noisy(counts, cells, secret)
    told = _noisy(before[:, 1], before[:, 2], secret)
    keeps = known & editions.kept(before, own, told, shown)
    editions.note(secret.editions, np.where(keeps[:, None], before, own))
    return np.where(keeps, told, shown)


def whole_counts(values: ArrayLike, where: str) -> NDArray[np.int64]:
    """Counts as whole numbers; DisclosureError for missing, negative or broken numbers."""
    given = np.asarray(values)
    if given.dtype.kind not in "iuf" or given.ndim != 1:
        raise DisclosureError(f"{where}: expected one column of counts, found {given.dtype}")
    with np.errstate(invalid="ignore"):
        bad = (given < 0) | (given % 1 != 0)  # a missing or endless number leaves no 0 either
    if bad.any():
        raise DisclosureError(
            f"{where}: {int(bad.sum())} values (row {int(np.argmax(bad)) + 1} first) are no "
            "counts; expected whole numbers of at least 0, with 0 where nobody is"
        )
    return given.astype(np.int64)


def protect(frame: pd.DataFrame, names: Iterable[str], secret: Secret) -> pd.DataFrame:
    """The frame with every named count protected and its key column dropped.

    Parameters
    ----------
    frame
        Has, for every count `n` in `names`, a column `n_key`; other whole numbers and text are the
        labels of its rows.

    Raises
    ------
    DisclosureError
        When a key column is missing or left over, or a count is no count.
    """
    wanted = list(names)
    left = [c for c in frame.columns if str(c).endswith(SUFFIX) and str(c)[:-4] in frame.columns]
    lacking = [n for n in wanted if n not in frame.columns or n + SUFFIX not in frame.columns]
    if lacking:
        raise DisclosureError(
            f"expected the columns {', '.join(f'{n} and {n}{SUFFIX}' for n in lacking)}; "
            f"found {', '.join(map(str, frame.columns))}"
        )
    over = [name for name in left if str(name)[: -len(SUFFIX)] not in wanted]
    if over:
        raise DisclosureError(f"cell keys of counts that are not named: {', '.join(over)}")
    used = {n + SUFFIX for n in wanted}
    labels = frame.drop(columns=[*used, *wanted]).select_dtypes(exclude="floating")
    found = {
        n: protected_counts(frame[n], frame[n + SUFFIX], secret, n, labels=labels) for n in wanted
    }
    kept = frame[[name for name in frame.columns if name not in used]]
    for name, values in found.items():
        kept[name] = values
    return kept


def least_denominator() -> int:
    """Fewest protected persons behind a share or a mean."""
    return thresholds().counts.least_denominator


def share(numerator: ArrayLike, denominator: ArrayLike) -> NDArray[np.float64]:
    """Protected numerator over protected denominator, within 0 and 1.

    Missing where the protected denominator is below the smallest allowed, and where either is
    missing.

    >>> share([12, 30, 3], [40, 29, 15])
    array([0.3, 1. , nan])
    """
    top = np.asarray(numerator, dtype=float)
    base = np.asarray(denominator, dtype=float)
    enough = base >= least_denominator()
    return np.clip(np.divide(top, base, out=np.full(top.shape, np.nan), where=enough), 0, 1)


def cumulative(frame: pd.DataFrame, names: Sequence[str], by: Sequence[str]) -> pd.DataFrame:
    """Protected cumulative counts that never fall: the running maximum within `by`.

    Every point is protected itself, in the frame's order; protected steps are never summed.
    """
    columns = list(names)
    within = frame.groupby(list(by)) if by else frame
    return frame.assign(**{name: within[name].cummax() for name in columns})


def marks(values: ArrayLike, numerator: ArrayLike, *, is_count: bool) -> NDArray[np.str_]:
    """Marks of shown numbers: "few" for a protected count of 0, "noisy" below ten.

    Parameters
    ----------
    values
        What is shown.
    numerator
        Protected persons it rests on.
    is_count
        Whether the value is that count itself: a 0 is then shown as «0–5».
    """
    top = np.asarray(numerator, dtype=float)
    noisy = np.where(top < thresholds().counts.noisy_below, NOISY, "")
    found = np.where((top == 0) & is_count, FEW, noisy)
    return np.where(np.isnan(np.asarray(values, dtype=float)), "", found)


def about(persons: float) -> int:
    """Persons to the nearest ten, for logs, captions and tables."""
    return int(about_each([persons])[0])


def about_each(persons: ArrayLike) -> NDArray[np.float64]:
    """Numbers of persons to the nearest ten; missing stays missing."""
    step = thresholds().counts.persons_to
    return np.floor(np.asarray(persons, dtype=float) / step + 0.5) * step


def noise_variance(counts: ArrayLike, *, true: bool = False) -> NDArray[np.float64]:
    """Variance of the noise in protected counts, for intervals of what is computed from them.

    It depends on the true count; from the protected one it is known to within 1 to 4 for counts
    below ten and is 3 above.

    Parameters
    ----------
    true
        Whether these are the counts before protection: zero has no noise.
    """
    rules = thresholds().counts
    given = np.asarray(counts, dtype=float)
    small = [perturbation.target_variance(n, rules) for n in range(1, rules.least_shown)]
    if true:
        table = np.array([0.0, *small, rules.variance])
        return table[np.minimum(given, rules.least_shown).astype(int)]
    return np.where(given >= rules.noisy_below, rules.variance, max(small))
