"""Quick bounds on how wide the range of an unknown cell is, so that few need linear programming.

Exchanges along rectangles of unknown cells show that a range is at least so wide; sums with the
other unknowns at their limits show that it is at most so wide. Between the two, the interval
audit decides (`disclosure_cells`).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
ROUNDS = 8


def at_least(block: sparse.csr_array, x: Floats, low: Floats, high: Floats) -> Floats:
    """Width that each unknown's range has at least, (m,).

    Where unknowns stand in two sums each (a row and a column), an amount can be moved around a
    rectangle of them without any sum changing: up in two opposite corners, down in the other
    two. Zeros for unknowns in sums of another kind, and when the true values `x` lie outside
    the limits.

    Parameters
    ----------
    block
        Sums of the unknowns, (sums, m).
    x, low, high
        True values, and limits the attacker knows.
    """
    width = np.zeros(len(x))
    table = block.toarray()
    plain = np.flatnonzero(
        (table.sum(axis=0) == 2)
        & ((table == 1).sum(axis=0) == 2)
        & (np.abs(table).sum(axis=0) == 2)
    )
    if not ((x >= low) & (x <= high)).all():
        return width
    place = np.full((len(table), len(table)), -1)
    ends = [np.flatnonzero(table[:, cell]) for cell in plain]
    for cell, (a, b) in zip(plain, ends, strict=True):
        place[a, b] = place[b, a] = cell
    up, down = high - x, x - low
    for cell, (a, b) in zip(plain, ends, strict=True):
        if place[a, b] != cell:
            continue
        across, along = (np.flatnonzero(place[end] >= 0) for end in (b, a))
        opposite = place[np.ix_(across, along)]
        beside, below = place[b, across][:, None], place[a, along][None, :]
        known = (opposite >= 0) & (beside != cell) & (below != cell)
        rise = np.minimum(np.minimum(up[cell], up[opposite]), np.minimum(down[beside], down[below]))
        fall = np.minimum(np.minimum(down[cell], down[opposite]), np.minimum(up[beside], up[below]))
        width[cell] = np.where(known, rise, 0.0).max() + np.where(known, fall, 0.0).max()
    return width


def at_most(block: sparse.csr_array, right: Floats, low: Floats, high: Floats) -> Floats:
    """Width that each unknown's range has at most, (m,); all limits finite.

    From each sum, an unknown is at most what is left when the others are as small as they can
    be; the limits found so tighten those of the other sums.
    """
    table = block.toarray()
    plus, minus = np.maximum(table, 0), np.minimum(table, 0)
    used = table != 0
    signs = np.where(used, table, 1.0)
    low, high = low.copy(), high.copy()
    for _ in range(ROUNDS):
        least, most = plus * low + minus * high, plus * high + minus * low
        rest_least = least.sum(axis=1, keepdims=True) - least
        rest_most = most.sum(axis=1, keepdims=True) - most
        one, two = (right[:, None] - rest_most) / signs, (right[:, None] - rest_least) / signs
        bottom = np.where(used, np.minimum(one, two), -np.inf).max(axis=0)
        top = np.where(used, np.maximum(one, two), np.inf).min(axis=0)
        if (bottom <= low).all() and (top >= high).all():
            break
        low, high = np.maximum(low, bottom), np.minimum(high, top)
    return np.asarray(high - low)
