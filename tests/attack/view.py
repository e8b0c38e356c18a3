"""What an attacker knows: published numbers, how they were changed, and how cells hang together.

The attacker knows the method and its table but not the secret, and reads published numbers
only. A cell is a set of persons. Cells that hold the same persons are one unknown, whatever
tables they stand in. Equations say which cells make up which total.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import sparse

from naveval.disclosure import perturbation
from naveval.disclosure.thresholds import thresholds

EXACT, CHANGED, ROUNDED, HIDDEN, SILENT = "exact", "changed", "rounded", "hidden", "silent"
KEPT, NEAR, MANY = "kept", "near", "many"


@dataclass(frozen=True)
class View:
    """The attacker's knowledge of n unknown counts.

    Attributes
    ----------
    low, high
        (n,) bounds of each count from what is published of it alone.
    chances
        For each count the likelihood of what is published, over low..high; empty where the
        range is open (`SILENT`: nothing is published of it).
    equations
        (m, n): a total less its parts is zero.
    shown
        (n,) what is told of counts with noise (`CHANGED`); missing for others.
    """

    low: np.ndarray
    high: np.ndarray
    chances: tuple[np.ndarray, ...]
    equations: sparse.csr_array
    shown: np.ndarray


@lru_cache
def kernel() -> np.ndarray:
    """P(shown | true) for true counts 0, 1, … in rows and shown counts in columns."""
    rules = thresholds().counts
    table = pd.read_csv(perturbation.stored_file())
    last = int(table["count"].max())
    found = np.zeros((last + 1, last + rules.largest_change + 1))
    found[table["count"], table["count"] + table["change"]] = table["probability"]
    return found


@lru_cache(maxsize=4096)
def likelihood(shown: int) -> tuple[int, np.ndarray]:
    """Smallest possible true count, and P(shown | true) from there on."""
    table, reach = kernel(), thresholds().counts.largest_change
    last = len(table) - 1
    possible = range(max(0, shown - reach), shown + reach + 1)
    chance = []
    for true in possible:
        row = table[min(true, last)]
        at = shown - true + min(true, last)
        chance.append(row[at] if 0 <= at < len(row) else 0.0)
    found = np.array(chance)
    known = np.flatnonzero(found > 0)
    return possible[0] + int(known[0]), found[known[0] : known[-1] + 1]


def view(
    shown: Sequence[float], kinds: Sequence[str], equations: sparse.csr_array, largest: int
) -> View:
    """Knowledge from shown numbers.

    Exact, changed by the method, told to ten, hidden (1 to 4), or silent; kept from an earlier
    edition, so that its chances are those of the count it had there. What one edition has more
    than another is near (fewer than five, as the number was kept) or many (five or more).
    """
    low, high, chances = [], [], []
    half, least = thresholds().counts.persons_to // 2, thresholds().min_cell
    reach = thresholds().counts.largest_change
    for value, kind in zip(shown, kinds, strict=True):
        if kind == SILENT:
            start, chance = 0, np.array([])
        elif kind == HIDDEN:
            start, chance = 1, np.ones(least - 1)
        elif kind in (NEAR, MANY):
            start, chance = (0, np.ones(least)) if kind == NEAR else (least, np.array([]))
        elif kind == KEPT:
            start = max(0, int(value) - reach)
            chance = np.ones(int(value) + reach + 1 - start)
        elif kind == ROUNDED:
            start = max(0, int(value) - half)
            chance = np.ones(int(value) + half - start)
        elif kind == EXACT:
            start, chance = int(value), np.ones(1)
        else:
            start, chance = likelihood(int(value))
        low.append(start)
        high.append(largest if kind in (SILENT, MANY) else start + len(chance) - 1)
        chances.append(chance)
    told = np.where(np.asarray(kinds) == CHANGED, np.asarray(shown, dtype=float), np.nan)
    return View(np.array(low), np.array(high), tuple(chances), equations, told)


def cells_of(
    tables: Sequence[pd.DataFrame], exhaustive: Mapping[str, int]
) -> tuple[pd.DataFrame, sparse.csr_array]:
    """Distinct cells of published tables, and every equation a reader can write between them.

    Parameters
    ----------
    tables
        Each with key columns and `shown` and `kind`; "" or a missing key column is the total
        over it. The same keys in two tables are the same persons.
    exhaustive
        Keys whose categories hold everybody once, with the number of categories: a total is
        the sum over them wherever all are published.

    Returns
    -------
    cells
        One row per distinct cell: keys, shown, kind.
    equations
        (m, cells).
    """
    keys = sorted({name for table in tables for name in table.columns} - {"shown", "kind"})
    every = pd.concat(tables, ignore_index=True)
    every[keys] = every[keys].fillna("").astype(str)
    cells = every.drop_duplicates(keys, ignore_index=True)
    rows: list[tuple[int, list[int]]] = []
    for key, size in exhaustive.items():
        if key not in keys:
            continue
        others = [name for name in keys if name != key]
        for _, part in cells.groupby(others, sort=False) if others else [((), cells)]:
            total = part.index[part[key] == ""]
            parts = part.index[part[key] != ""]
            if len(total) == 1 and len(parts) == size:
                rows.append((int(total[0]), [int(i) for i in parts]))
    return cells, equations(rows, len(cells))


def equations(rows: Sequence[tuple[int, Sequence[int]]], n: int) -> sparse.csr_array:
    """Matrix of equations from totals and their parts."""
    found = sparse.lil_array((len(rows), n))
    for at, (total, parts) in enumerate(rows):
        found[at, total] = 1
        for part in parts:
            found[at, part] -= 1
    return found.tocsr()
