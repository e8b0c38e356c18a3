"""Two attackers: one wants certainty (linear programs), one is content with odds (beliefs)."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog
from view import View

WIDEST = 60


def intervals(known: View, cells: Iterable[int]) -> pd.DataFrame:
    """Smallest and largest value each cell can have given everything published at once.

    Returns
    -------
    cell, low, high; whole numbers, since counts are.
    """
    low, high = tightened(known)
    bounds = np.column_stack([low, high]).astype(float)
    rows = []
    for cell in cells:
        edge = []
        links, near = neighbourhood(known.equations, cell)
        for sign in (1.0, -1.0):
            if links.shape[0] == 0 or low[cell] == high[cell]:
                edge.append(float(low[cell] if sign > 0 else high[cell]))
                continue
            goal = sign * (near == cell)
            zero = np.zeros(links.shape[0])
            found = linprog(goal, A_eq=links, b_eq=zero, bounds=bounds[near], method="highs")
            if not found.success:
                raise ValueError(f"the published numbers contradict each other: {found.message}")
            edge.append(sign * found.fun)
        rows.append((cell, int(np.ceil(edge[0] - 1e-6)), int(np.floor(edge[1] + 1e-6))))
    return pd.DataFrame(rows, columns=["cell", "low", "high"])


def neighbourhood(
    links: sparse.csr_array, cell: int, most: int = 3000
) -> tuple[sparse.csr_array, np.ndarray]:
    """The equations around a cell, from the nearest out, and the cells that they hold."""
    columns = links.tocsc()
    near, rows = np.array([cell]), np.array([], dtype=int)
    while True:
        found = np.unique(columns[:, near].tocoo().row)
        wider = np.union1d(near, links[found].tocoo().col)
        if len(found) == len(rows) or len(wider) > most:
            return links[rows][:, near], near
        near, rows = wider, found


def _around(links: sparse.csr_array, cells: list[int], hops: int = 2) -> sparse.csr_array:
    """The equations that lead to some cells, and those that lead to the cells in these."""
    near, columns = np.array(cells), links.tocsc()
    for _ in range(hops):
        rows = np.unique(columns[:, near].tocoo().row)
        near = np.unique(links[rows].tocoo().col)
    return links[rows]


def tightened(known: View, rounds: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Bounds after passing them back and forth through every equation."""
    low, high = known.low.astype(float), known.high.astype(float)
    plus, minus = known.equations.maximum(0), (-known.equations).maximum(0)
    matrix = known.equations.tocoo()
    for _ in range(rounds):
        least = plus @ low - minus @ high
        most = plus @ high - minus @ low
        before = low.sum() - high.sum()
        for row, cell, sign in zip(matrix.row, matrix.col, matrix.data, strict=True):
            own = (low[cell], high[cell]) if sign > 0 else (-high[cell], -low[cell])
            floor, ceiling = -(most[row] - own[1]), -(least[row] - own[0])
            if sign < 0:
                floor, ceiling = -ceiling, -floor
            low[cell] = max(low[cell], np.ceil(floor - 1e-9))
            high[cell] = min(high[cell], np.floor(ceiling + 1e-9))
        if low.sum() - high.sum() == before:
            break
    return low, high


def narrowed(known: View, widest: int = WIDEST) -> View:
    """The same knowledge within the bounds that follow from the equations.

    A count of which nothing is published gets even chances where its bounds are near each other:
    so beliefs are formed of differences too.
    """
    low, high = (np.round(one).astype(int) for one in tightened(known))
    chances = tuple(
        chance[start - first : stop - first + 1]
        if len(chance)
        else np.ones(stop - start + 1 if stop - start < widest else 0)
        for first, start, stop, chance in zip(known.low, low, high, known.chances, strict=True)
    )
    return View(low, high, chances, known.equations)


def beliefs(known: View, prior: np.ndarray, rounds: int = 12) -> list[np.ndarray]:
    """Posterior over low..high of every count, by loopy belief propagation.

    Parameters
    ----------
    prior
        (k,) or (n, k) chances of small counts 0 to k − 1, known to the attacker from elsewhere;
        larger counts are as likely as the last. The stronger the prior, the stronger the attack.

    Notes
    -----
    A total and its parts exchange messages; a sum's distribution is the convolution of its
    parts'. Exact where the equations form a tree.
    """
    every = np.broadcast_to(prior, (len(known.low), np.shape(prior)[-1]))
    own = [
        _normal(chance * odds[np.minimum(np.arange(low, low + len(chance)), len(odds) - 1)])
        for low, chance, odds in zip(known.low, known.chances, every, strict=True)
    ]
    factors = [
        _Factor(known, row) for row in range(known.equations.shape[0]) if _closed(known, row)
    ]
    messages = {
        (f, cell): np.ones(len(own[cell]))
        for f, factor in enumerate(factors)
        for cell in factor.cells
    }
    by_cell: dict[int, list[int]] = {}
    for f, cell in messages:
        by_cell.setdefault(cell, []).append(f)
    for _ in range(rounds):
        for f, factor in enumerate(factors):
            incoming = [
                _normal(
                    own[cell]
                    * np.prod([messages[g, cell] for g in by_cell[cell] if g != f], axis=0)
                )
                for cell in factor.cells
            ]
            for cell, found in zip(factor.cells, factor.messages(incoming), strict=True):
                messages[f, cell] = _normal(np.sqrt(messages[f, cell] * found))
    return [
        _normal(chance * np.prod([messages[f, cell] for f in by_cell.get(cell, [])], axis=0))
        for cell, chance in enumerate(own)
    ]


def _closed(known: View, row: int) -> bool:
    """Whether something is published of every cell in an equation."""
    cells = known.equations[[row]].tocoo().col
    return all(len(known.chances[cell]) for cell in cells)


def _normal(chance: np.ndarray) -> np.ndarray:
    total = chance.sum()
    return chance / total if total > 0 else np.full(len(chance), 1 / max(len(chance), 1))


class _Factor:
    """One equation: the first cell is the sum of the others."""

    def __init__(self, known: View, row: int) -> None:
        line = known.equations[[row]].tocoo()
        order = np.argsort(-line.data)
        self.cells = [int(cell) for cell in line.col[order]]
        low = known.low[self.cells]
        # Where the total's range starts, counted from the smallest sum of the parts.
        self.offset = int(low[0] - low[1:].sum())
        self.sizes = [len(known.chances[cell]) for cell in self.cells]

    def messages(self, incoming: list[np.ndarray]) -> list[np.ndarray]:
        total, parts = incoming[0], incoming[1:]
        ahead = [np.ones(1)]
        for part in parts:
            ahead.append(np.convolve(ahead[-1], part))
        behind = [np.ones(1)]
        for part in reversed(parts):
            behind.append(np.convolve(behind[-1], part))
        found = [_window(ahead[-1], self.offset, self.sizes[0])]
        for k in range(len(parts)):
            rest = np.convolve(ahead[k], behind[len(parts) - 1 - k])
            # part = total − rest, in counts above their smallest.
            both = np.convolve(total, rest[::-1])
            start = len(rest) - 1 - self.offset
            found.append(_window(both, start, self.sizes[1 + k]))
        return [np.maximum(one, 0) + 1e-15 for one in found]


def _window(values: np.ndarray, start: int, size: int) -> np.ndarray:
    found = np.zeros(size)
    first, last = max(0, -start), min(size, len(values) - start)
    if last > first:
        found[first:last] = values[start + first : start + last]
    return found


def report(known: View, truth: np.ndarray, prior: np.ndarray, cells: Iterable[int]) -> pd.DataFrame:
    """What the two attackers learn of some cells, beside the truth.

    Returns
    -------
    cell, truth, low, high, width (high − low), certain (one value is left, and it is right),
    believed (a value has more than 0.95), right (that value is the truth).
    """
    chosen, known = list(cells), narrowed(known)
    found = intervals(known, chosen)
    posterior = beliefs(replace(known, equations=_around(known.equations, chosen)), prior)
    found["truth"] = truth[chosen]
    found["width"] = found["high"] - found["low"]
    found["certain"] = (found["width"] == 0) & (found["low"] == found["truth"])
    best = [
        int(known.low[c] + np.argmax(posterior[c])) if len(posterior[c]) else -1 for c in chosen
    ]
    odds = [float(posterior[c].max()) if len(posterior[c]) else 0.0 for c in chosen]
    found["believed"] = np.array(odds) > 0.95
    found["right"] = found["believed"] & (np.array(best) == found["truth"])
    return found


def routes(known: View, cells: Iterable[int]) -> np.ndarray:
    """Number of equations that lead to each cell from other cells of which all is published."""
    closed = [row for row in range(known.equations.shape[0]) if _closed(known, row)]
    used = known.equations[closed] if closed else known.equations[:0]
    return np.asarray((used != 0).sum(axis=0)).ravel()[list(cells)]
