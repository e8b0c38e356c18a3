"""The studies' own counts as an attacker may see them: raw frames with keys, and who makes up whom.

The attacker is given more than reports hold: every protected count that any exhibit is computed
from, of all counties at once.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from attackers import report
from scipy import sparse
from view import CHANGED, EXACT, HIDDEN, equations, view

LARGEST = 1_000_000


def cells(*frames: pd.DataFrame) -> pd.DataFrame:
    """One row per cell: name (text), n, n_key, shown (the protected count)."""
    return pd.concat(frames, ignore_index=True)[["name", "n", "shown"]]


def linked(found: pd.DataFrame, sums: Sequence[tuple[str, Sequence[str]]]) -> sparse.csr_array:
    """Equations between named cells; those with a cell that is not there are left out."""
    place = {name: i for i, name in enumerate(found["name"])}
    rows = [
        (place[total], [place[part] for part in parts])
        for total, parts in sums
        if total in place and all(part in place for part in parts)
    ]
    return equations(rows, len(found))


def attack(
    found: pd.DataFrame, links: sparse.csr_array, *, protected: bool, small: int = 30
) -> pd.DataFrame:
    """What the attackers learn of some small counts; without protection, only these are hidden."""
    truth = found["n"].to_numpy()
    every = np.flatnonzero((truth > 0) & (truth < 5))
    chosen = np.random.default_rng(0).permutation(every)[:small]
    if protected:
        shown, kinds = found["shown"].to_numpy(), np.full(len(found), CHANGED)
    else:
        shown, kinds = truth, np.full(len(found), EXACT, dtype=object)
        kinds[chosen] = HIDDEN
    prior = np.bincount(np.minimum(truth, 10), minlength=11) / len(truth) + 1e-3
    return report(view(shown, kinds, links, LARGEST), truth, prior, chosen)
