"""Two attackers: one wants certainty (linear programs), one is content with odds (beliefs)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import fft, sparse
from scipy.optimize import linprog
from view import View

WIDEST = 60
ROUNDS = 50
CONFIDENT = 0.95
LEAST = 1e-13
AT_ONCE = 4_000_000


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
    links: sparse.csr_array, cell: int, most: int = 800
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


def _around(links: sparse.csr_array, cells: np.ndarray, hops: int = 2) -> sparse.csr_array:
    """The equations that lead to some cells, and those that lead to the cells in these."""
    near, columns = cells, links.tocsc()
    for _ in range(hops):
        rows = np.unique(columns[:, near].tocoo().row)
        near = np.unique(links[rows].tocoo().col)
    return links[rows]


def tightened(known: View, rounds: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Bounds after passing them back and forth through every equation."""
    low, high = known.low.astype(float), known.high.astype(float)
    plus, minus = known.equations.maximum(0), (-known.equations).maximum(0)
    every = known.equations.tocoo()
    total = every.data > 0
    for _ in range(rounds):
        least, most = plus @ low - minus @ high, plus @ high - minus @ low
        least, most = least[every.row], most[every.row]
        own = low[every.col], high[every.col]
        floor = np.where(total, own[1] - most, own[1] + least)
        ceiling = np.where(total, own[0] - least, own[0] + most)
        before = low.sum() - high.sum()
        np.maximum.at(low, every.col, np.ceil(floor - 1e-9))
        np.minimum.at(high, every.col, np.floor(ceiling + 1e-9))
        if low.sum() - high.sum() == before:
            break
    return low, high


def narrowed(known: View, widest: int = WIDEST) -> View:
    """The same knowledge within the bounds that follow from the equations.

    A count of which nothing is published gets even chances where its bounds are near each other:
    so beliefs are formed of differences too. Two published counts that differ are not of the same
    persons, or they would have the same noise: what one has more than the other is not zero.
    """
    low = known.low.copy()
    total, part, rest = nested(known)
    np.maximum.at(low, rest[known.shown[total] != known.shown[part]], 1)
    low, high = (np.round(one).astype(int) for one in tightened(replace(known, low=low)))
    chances = tuple(
        chance[start - first : stop - first + 1]
        if len(chance)
        else np.ones(stop - start + 1 if stop - start < widest else 0)
        for first, start, stop, chance in zip(known.low, low, high, known.chances, strict=True)
    )
    return replace(known, low=low, high=high, chances=chances)


def nested(known: View) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Total, part and rest wherever both the total and the part are told with noise."""
    pairs = known.equations[np.diff(known.equations.indptr) == 3]
    cells, signs = pairs.indices.reshape(-1, 3), pairs.data.reshape(-1, 3)
    order = np.argsort(-signs, axis=1)
    cells, signs = (np.take_along_axis(one, order, axis=1) for one in (cells, signs))
    cells = cells[(signs == [1, -1, -1]).all(axis=1)]
    every = np.concatenate([cells, cells[:, [0, 2, 1]]])
    told = ~np.isnan(known.shown)
    return tuple(every[told[every[:, 0]] & told[every[:, 1]]].T)


def beliefs(known: View, prior: np.ndarray, rounds: int = ROUNDS) -> list[np.ndarray]:
    """Posterior over low..high of every count, by loopy belief propagation.

    Parameters
    ----------
    prior
        (k,) or (n, k) chances of small counts 0 to k − 1, known to the attacker from elsewhere;
        larger counts are as likely as the last. The stronger the prior, the stronger the attack.

    Notes
    -----
    A total and its parts exchange messages; a sum's distribution is the convolution of its
    parts'. Exact where the equations form a tree. All messages of a round go out at once, each
    as the geometric mean of the old and the new.
    """
    sizes = np.array([len(one) for one in known.chances])
    width = np.arange(max(1, sizes.max()))
    own = np.zeros((len(sizes), len(width)))
    own[width < sizes[:, None]] = np.concatenate(known.chances)
    every = np.broadcast_to(prior, (len(sizes), np.shape(prior)[-1]))
    place = np.minimum(known.low[:, None] + width, every.shape[1] - 1)
    with np.errstate(divide="ignore"):
        own = np.log(_normal(own * np.take_along_axis(every, place, axis=1)))
    groups = list(_groups(known, sizes))
    cells = np.concatenate([np.array([], dtype=int), *(one.cells.ravel() for one in groups)])
    stops = np.cumsum([one.cells.size for one in groups])
    shape = (len(sizes), len(cells))
    edges = sparse.csr_array((np.ones(len(cells)), (cells, np.arange(len(cells)))), shape=shape)
    told, believed = np.zeros((len(cells), len(width))), own
    for _ in range(rounds):
        heard = _chances(believed[cells] - told)
        for one, stop in zip(groups, stops, strict=True):
            at = slice(stop - one.cells.size, stop), slice(one.width)
            fresh = _messages(one, heard[at].reshape(*one.cells.shape, one.width))
            told[at] = (told[at] + np.log(fresh).reshape(-1, one.width)) / 2
        believed = own + edges @ told
    found = _chances(believed)
    return [one[:size] for one, size in zip(found, sizes, strict=True)]


def _chances(logarithms: np.ndarray) -> np.ndarray:
    top = logarithms.max(axis=1, keepdims=True)
    return _normal(np.exp(logarithms - np.where(np.isfinite(top), top, 0)))


def _normal(chance: np.ndarray) -> np.ndarray:
    total = chance.sum(axis=1, keepdims=True)
    return np.divide(chance, total, out=np.zeros_like(chance), where=total > 0)


def closed(known: View) -> np.ndarray:
    """Whether an equation is a total of parts of which all is published, or follows."""
    silent = np.array([len(one) == 0 for one in known.chances], dtype=float)
    once = known.equations.multiply(known.equations).sum(axis=1) == np.diff(known.equations.indptr)
    one_total = (known.equations > 0).sum(axis=1) == 1
    return ((abs(known.equations) @ silent) == 0) & one_total & once


@dataclass(frozen=True)
class Group:
    """Equations of as many parts.

    Attributes
    ----------
    cells, low
        (m, 1 + parts) cells, the total first, and their smallest counts.
    width
        Most counts that a cell of them can have.
    shared
        (m, 2, width) for equations of two parts: by how many times what is told of the total,
        less one, counts too little where it is the part's noise: see `_told_once`.
    """

    cells: np.ndarray
    low: np.ndarray
    width: int
    shared: np.ndarray | None


def _groups(known: View, sizes: np.ndarray) -> Iterator[Group]:
    links = known.equations[closed(known)].tocoo()
    order = np.lexsort((links.col, -links.data, links.row))
    row, col = links.row[order], links.col[order]
    parts = np.bincount(row, minlength=links.shape[0])
    widest = np.zeros(links.shape[0], dtype=int)
    np.maximum.at(widest, row, sizes[col])
    for n, width in sorted(set(zip(parts.tolist(), (-(-widest // 12) * 12).tolist(), strict=True))):
        cells = col[((parts == n) & (-(-widest // 12) * 12 == width))[row]].reshape(-1, n)
        own = min(width, int(sizes.max()))
        shared = _told_once(known, cells, own) if n == 3 else None
        yield Group(cells, known.low[cells], own, shared)


def _told_once(known: View, cells: np.ndarray, width: int) -> np.ndarray:
    """Where the total is all in one part it has the part's noise: what both tell is told once."""
    found = np.zeros((len(cells), 2, width))
    for part in (1, 2):
        for i in np.flatnonzero(known.shown[cells[:, 0]] == known.shown[cells[:, part]]):
            chance = known.chances[cells[i, 0]]
            found[i, part - 1, : len(chance)] = 1 / np.maximum(chance, 1e-9) - 1
    return found


def _messages(group: Group, heard: np.ndarray) -> np.ndarray:
    """What equations tell their cells, (m, 1 + parts, width), from what these tell them."""
    m, k, width = heard.shape
    length = fft.next_fast_len(k * width + 1, real=True)
    step = max(1, AT_ONCE // (k * length))
    found = np.empty(heard.shape)
    for start in range(0, m, step):
        own = slice(start, start + step)
        found[own] = _sums(heard[own], group.low[own], length)
    if group.shared is not None:
        for part in (1, 2):
            _correct(found, heard, group.low, part, group.shared[:, part - 1])
    return np.maximum(found, 0) + LEAST


def _sums(heard: np.ndarray, low: np.ndarray, length: int) -> np.ndarray:
    m, k, width = heard.shape
    spread = fft.rfft(heard, length, axis=2)
    ahead, behind = np.ones_like(spread), np.ones_like(spread)
    for j in range(2, k):
        ahead[:, j] = ahead[:, j - 1] * spread[:, j - 1]
    for j in range(k - 2, -1, -1):
        behind[:, j] = behind[:, j + 1] * spread[:, j + 1]
    sums = fft.irfft(behind[:, 0], length, axis=1)
    # A part is the total less the rest.
    parts = fft.irfft(spread[:, :1] * np.conj(ahead[:, 1:] * behind[:, 1:]), length, axis=2)
    offset = (low[:, 0] - low[:, 1:].sum(axis=1))[:, None]
    up, down = np.arange(width) + offset, np.arange(width) - offset
    found = np.empty(heard.shape)
    inside = (up >= 0) & (up <= (k - 1) * (width - 1))
    found[:, 0] = np.where(inside, np.take_along_axis(sums, up % length, axis=1), 0)
    inside = ((down >= -(k - 2) * (width - 1)) & (down < width))[:, None]
    at = np.broadcast_to((down % length)[:, None], (m, k - 1, width))
    found[:, 1:] = np.where(inside, np.take_along_axis(parts, at, axis=2), 0)
    return found


def _correct(
    found: np.ndarray, heard: np.ndarray, low: np.ndarray, part: int, shared: np.ndarray
) -> None:
    """Add to the messages of total, part and rest what is missing where the rest is nobody."""
    width, rest = heard.shape[2], 3 - part
    # Where in the part's range a count of the total lies.
    at = np.arange(width) + (low[:, 0] - low[:, part])[:, None]
    inside = (at >= 0) & (at < width)
    at = at.clip(0, width - 1)
    of_part = np.where(inside, np.take_along_axis(heard[:, part], at, axis=1), 0) * shared
    of_total = np.where(inside, heard[:, 0], 0) * shared
    nobody = heard[:, rest, :1] * (low[:, rest] == 0)[:, None]
    found[:, 0] += of_part * nobody
    row, column = np.nonzero(inside)
    found[row, part, at[row, column]] += (of_total * nobody)[row, column]
    found[:, rest, 0] += np.where(low[:, rest] == 0, (heard[:, 0] * of_part).sum(axis=1), 0)


def report(
    known: View, truth: np.ndarray, prior: np.ndarray, cells: Iterable[int], most: int = 60
) -> pd.DataFrame:
    """What the two attackers learn of some cells, beside the truth.

    Linear programs are solved for the `most` cells with the narrowest bounds; the others keep the
    bounds, in which what linear programs find lies.

    Returns
    -------
    cell, truth, low, high, width (high − low), certain (one value is left, and it is right),
    base (the truth's chance before anything is published), believed (a value has more than
    0.95), right (that value is the truth).
    """
    chosen, known = np.array(list(cells), dtype=int), narrowed(known)
    found = pd.DataFrame({"cell": chosen, "low": known.low[chosen], "high": known.high[chosen]})
    nearest = (found["high"] - found["low"]).sort_values(kind="stable").index[:most]
    solved = intervals(known, chosen[nearest])
    found.loc[nearest, ["low", "high"]] = solved[["low", "high"]].to_numpy()
    posterior = beliefs(replace(known, equations=_around(known.equations, chosen)), prior)
    found["truth"] = truth[chosen]
    found["width"] = found["high"] - found["low"]
    found["certain"] = (found["width"] == 0) & (found["low"] == found["truth"])
    every = np.broadcast_to(prior, (len(truth), np.shape(prior)[-1]))
    chances = every / every.sum(axis=1, keepdims=True)
    found["base"] = chances[chosen, np.minimum(truth[chosen], chances.shape[1] - 1)]
    best = [known.low[c] + np.argmax(posterior[c]) if len(posterior[c]) else -1 for c in chosen]
    odds = [posterior[c].max() if len(posterior[c]) else 0.0 for c in chosen]
    found["believed"] = np.array(odds) > CONFIDENT
    found["right"] = found["believed"] & (np.array(best) == found["truth"])
    return found


def routes(known: View, cells: Iterable[int]) -> np.ndarray:
    """Number of equations that lead to each cell from other cells of which all is published."""
    used = known.equations[closed(known)]
    return np.asarray((used != 0).sum(axis=0)).ravel()[list(cells)]
