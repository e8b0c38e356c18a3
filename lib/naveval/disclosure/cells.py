"""Quick bounds on how wide the range of an unknown cell is, so that few need linear programming.

Exchanges along rectangles of unknown cells show that a range is at least so wide; sums with the
other unknowns at their limits show that it is at most so wide. Between the two, the interval
audit decides (`disclosure.cells`).

What an attacker can work out about suppressed cells, and which more cells must go.

A table is a vector of cells tied by equations (parts add up to totals). The attacker knows the
equations, every published cell, that counts are not negative and, from the log, which cells
were suppressed for being small and which to protect them. The range of values a suppressed
cell can still have follows by linear programming (interval audit, Fischetti and Salazar 2000).
Cells are added, smallest first, until every range is wide enough; an added cell never makes
another range narrower, so the search ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

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


Bools = NDArray[np.bool_]
EXACT = 0.99
SLACK = 1e-6
SMALL_TABLE = 40


@dataclass(frozen=True)
class Cells:
    """Cells of one or more linked tables; all arrays have shape (m,).

    Attributes
    ----------
    x
        True values, NaN where unknown.
    primary
        Must not be known: too few persons, or another primary rule.
    hidden
        Never published, but follows from published cells (the step between two cumulative
        counts).
    width
        How wide the attacker's range must be where `primary`, in the unit of `x`.
    cap
        Largest value the attacker thinks possible (inf where there is no limit).
    primary_high
        Largest value the log gives away for a primary cell (min_cell − 1, or inf).
    secondary_low
        Smallest value the log gives away for a cell suppressed to protect others.
    leader
        Index of the cell whose suppression hides this one too, or −1.
    equations
        Index and sign arrays; the signed sum over an equation is zero.
    """

    x: Floats
    primary: Bools
    hidden: Bools
    width: Floats
    cap: Floats
    primary_high: Floats
    secondary_low: Floats
    leader: NDArray[np.int64]
    equations: Sequence[tuple[NDArray[np.int64], Floats]]


def matrix(cells: Cells) -> sparse.csr_array:
    """Equations as a sparse matrix of shape (equations, m)."""
    rows = np.repeat(np.arange(len(cells.equations)), [len(i) for i, _ in cells.equations])
    columns = np.concatenate([i for i, _ in cells.equations] or [np.zeros(0, dtype=np.int64)])
    signs = np.concatenate([s for _, s in cells.equations] or [np.zeros(0)])
    shape = (len(cells.equations), len(cells.x))
    return sparse.csr_array((signs, (rows, columns)), shape=shape)


def protect(cells: Cells) -> Bools:
    """Cells to suppress: the primary ones and those needed to protect them; shape (m,).

    Hidden cells are True throughout. Deterministic: the same table gives the same pattern.
    """
    unknown = _follow(cells, cells.primary | cells.hidden | np.isnan(cells.x))
    equations = matrix(cells)
    by_cell = equations.tocsc()
    audit = _Audit(cells, equations)
    while len(exposed := audit.exposed(unknown)):
        grown = unknown.copy()
        for cell in exposed:
            touched = by_cell.indices[by_cell.indptr[cell] : by_cell.indptr[cell + 1]]
            members = [cells.equations[e][0] for e in touched]
            if any((grown[m] & ~unknown[m]).any() for m in members):
                continue
            grown[_cheapest(cells, grown, by_cell, members, equations)] = True
        if (grown == unknown).all():
            break  # nothing published is left that could help
        unknown = _follow(cells, grown)
    return _relax(cells, unknown, audit)


def _follow(cells: Cells, unknown: Bools) -> Bools:
    led = cells.leader >= 0
    out = unknown.copy()
    out[led] |= unknown[cells.leader[led]]
    return out


def _cheapest(
    cells: Cells,
    unknown: Bools,
    by_cell: sparse.csc_array,
    members: list[NDArray[np.int64]],
    equations: sparse.csr_array,
) -> NDArray[np.int64]:
    """The published cell that costs least among those that share an equation.

    Cells that open no further equation come first (they close a rectangle), then small ones.
    """
    candidates = np.unique(np.concatenate(members)) if members else np.zeros(0, dtype=np.int64)
    candidates = candidates[~unknown[candidates]]
    if not len(candidates):
        candidates = _component_neighbours(unknown, members, by_cell, equations)
    opened = abs(equations) @ unknown.astype(float) == 0
    cost = [
        (
            int(opened[by_cell.indices[by_cell.indptr[c] : by_cell.indptr[c + 1]]].sum()),
            float(cells.x[c]),
            int(c),
        )
        for c in candidates
    ]
    return np.array([min(cost)[2]] if cost else [], dtype=np.int64)


def _component_neighbours(
    unknown: Bools,
    members: list[NDArray[np.int64]],
    by_cell: sparse.csc_array,
    equations: sparse.csr_array,
) -> NDArray[np.int64]:
    """Published cells in the nearest equations that can be reached over unknown cells."""
    reached = np.unique(np.concatenate(members)) if members else np.zeros(0, dtype=np.int64)
    while True:
        inside = np.zeros(len(unknown))
        inside[reached[unknown[reached]]] = 1
        touched = abs(equations) @ inside > 0
        wider = np.flatnonzero(abs(equations).T @ touched.astype(float) > 0)
        published = wider[~unknown[wider]]
        if len(published) or len(wider) == len(reached):
            return published
        reached = wider


def _relax(cells: Cells, unknown: Bools, audit: "_Audit") -> Bools:
    """Publish again what turned out not to be needed, largest first (small tables only)."""
    extra = np.flatnonzero(unknown & ~cells.primary & ~cells.hidden & ~np.isnan(cells.x))
    led = cells.leader[extra] >= 0
    extra = extra[~led | ~unknown[cells.leader[extra]]]
    if unknown.sum() > SMALL_TABLE:
        return unknown
    for cell in extra[np.argsort(-cells.x[extra], kind="stable")]:
        trial = unknown.copy()
        trial[cell] = False
        followers = (cells.leader == cell) & ~cells.primary & ~cells.hidden
        trial[followers & ~np.isnan(cells.x)] = False
        if not len(audit.exposed(trial)):
            unknown = trial
    return unknown


class _Audit:
    """Ranges of unknown cells, kept per connected component so that none is solved twice."""

    def __init__(self, cells: Cells, equations: sparse.csr_array) -> None:
        self.cells = cells
        self.equations = equations
        self.found: dict[tuple[bytes, bytes], Bools] = {}

    def exposed(self, unknown: Bools) -> NDArray[np.int64]:
        """Unknown cells whose range is too narrow, hidden cells without secret left out."""
        cells = self.cells
        alone = abs(self.equations) @ unknown.astype(float) == 1
        bad = (abs(self.equations).T @ alone.astype(float) > 0) & unknown
        bad &= cells.primary | ~cells.hidden
        if bad.any():  # without solving anything: an equation with one unknown gives it away
            return np.flatnonzero(bad)
        for members, rows in components(self.equations, unknown):
            secondary = unknown[members] & ~cells.primary[members]
            key = (members.tobytes(), np.packbits(secondary).tobytes())
            if key not in self.found:
                self.found[key] = self._narrow(members, rows, unknown)
            bad[members] = self.found[key]
        return np.flatnonzero(bad)

    def _narrow(self, members: NDArray[np.int64], rows: NDArray[np.int64], unknown: Bools) -> Bools:
        cells = self.cells
        secret = cells.primary[members] | ~cells.hidden[members]
        needed = np.where(cells.primary[members], cells.width[members], EXACT)
        block = self.equations[rows]
        known = np.where(unknown | np.isnan(cells.x), 0.0, cells.x)
        right = -(block @ known)
        block = block[:, members]
        cap = cells.cap[members]
        x = cells.x[members]
        wide = ranges(block, right, np.zeros(len(members)), cap, needed, secret, x)
        needed_informed = np.minimum(needed, EXACT)
        low = np.where(
            cells.primary[members] | cells.hidden[members], 0.0, cells.secondary_low[members]
        )
        high = np.minimum(
            cap, np.where(cells.primary[members], cells.primary_high[members], np.inf)
        )
        informed = ranges(block, right, low, high, needed_informed, secret & wide, x)
        return secret & ~(wide & informed)


def components(
    equations: sparse.csr_array, unknown: Bools
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Unknown cells and equations that hang together: (cells, equations) per component."""
    columns = np.flatnonzero(unknown)
    block = equations[:, columns]
    rows = np.flatnonzero(np.diff(block.indptr) > 0)
    block = block[rows]
    graph = sparse.block_array([[None, block], [block.T, None]]) if len(rows) else None
    if graph is None:
        return []
    _, label = connected_components(graph, directed=False)
    row_label, column_label = label[: len(rows)], label[len(rows) :]
    order_c = np.argsort(column_label, kind="stable")
    order_r = np.argsort(row_label, kind="stable")
    kinds = np.unique(row_label)
    found = []
    for kind in kinds:
        c = order_c[slice(*np.searchsorted(column_label[order_c], [kind, kind + 1]))]
        r = order_r[slice(*np.searchsorted(row_label[order_r], [kind, kind + 1]))]
        found.append((columns[c], rows[r]))
    return found


def ranges(
    block: sparse.csr_array,
    right: Floats,
    low: Floats,
    high: Floats,
    needed: Floats,
    wanted: Bools,
    x: Floats,
) -> Bools:
    """Whether each unknown's range is at least as wide as needed; True where not wanted.

    Parameters
    ----------
    block, right
        Equations `block @ x = right` on the unknown cells of one component.
    low, high
        Bounds the attacker has beforehand.
    x
        True values, NaN where unknown.
    """
    if block.shape[0] == 1:
        return ~wanted | (_one_equation(block.toarray()[0], right[0], low, high) >= needed)
    # A finite limit can only make ranges narrower, so what is wide enough stays so.
    limit = 2 * (float(np.abs(right).sum()) + float(needed.sum()) + float(low.sum()))
    high = np.minimum(high, np.maximum(limit, low + needed))
    left = wanted & ~(at_least(block, x, low, high) >= needed)
    tight = left & (at_most(block, right, low, high) < needed - SLACK)
    left &= ~tight
    bounds = Bounds(low, high)
    sums = LinearConstraint(block.tocsc(), right, right)
    smallest, largest = np.full(len(low), np.inf), np.full(len(low), -np.inf)

    def narrow(direction: Floats) -> Bools:
        for sign in (1.0, -1.0):
            # Without whole numbers this is a linear programme; `linprog` takes twice the time.
            result = milp(sign * direction, constraints=sums, bounds=bounds)
            if result.status == 0:
                np.minimum(smallest, result.x, out=smallest)
                np.maximum(largest, result.x, out=largest)
        return left & ~(largest - smallest >= needed - SLACK)

    # Many ranges show their width in a few random directions; the rest are solved one by one.
    generator = np.random.default_rng(0)
    before = len(wanted) + 1
    while 0 < left.sum() < before:
        before = left.sum()
        left = narrow(np.where(left, generator.normal(size=len(low)), 0.0))
    for cell in np.flatnonzero(left):
        if left[cell]:
            left = narrow(np.eye(1, len(low), int(cell))[0])
    return ~(left | tight)


def _one_equation(signs: Floats, right: float, low: Floats, high: Floats) -> Floats:
    """Width of each unknown's range when one equation holds them all; exact."""
    least = np.where(signs > 0, signs * low, signs * high)
    most = np.where(signs > 0, signs * high, signs * low)
    with np.errstate(invalid="ignore"):
        rest_least = np.array([np.delete(least, i).sum() for i in range(len(signs))])
        rest_most = np.array([np.delete(most, i).sum() for i in range(len(signs))])
        one, two = (right - rest_most) / signs, (right - rest_least) / signs
    bottom, top = np.maximum(low, np.minimum(one, two)), np.minimum(high, np.maximum(one, two))
    return top - bottom
