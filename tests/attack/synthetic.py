"""Persons who never were, counted in many tables: the counts of a national report, of counties'
reports and of several editions, raw and with their keys.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from naveval.disclosure import keys

SECRET = keys.secret("simulated")
CODES = {"county": 5, "sex": 2, "age": 4, "outcome": 4, "month": 3}


def persons(n: int, seed: int) -> pd.DataFrame:
    """Rows of persons with skewed characteristics, so that many cells are small."""
    draw = np.random.default_rng(seed)
    columns = {
        name: draw.choice(
            [f"{name}{i}" for i in range(size)],
            n,
            p=(lambda w: w / w.sum())(0.55 ** np.arange(size)),
        )
        for name, size in CODES.items()
    }
    return pd.DataFrame({"person": np.arange(n), **columns})


def table(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Counts and keys by some characteristics with every cell of the product, and all totals."""
    found = []
    for mask in range(2 ** len(by)):
        used = [name for i, name in enumerate(by) if mask >> i & 1]
        if used:
            index = pd.MultiIndex.from_product(
                [[f"{name}{i}" for i in range(CODES[name])] for name in used], names=used
            )
            counted = keys.cell_keys(rows, used, SECRET)
            part = index.to_frame(index=False).merge(counted, on=used, how="left")
            part = part.fillna({"n": 0, "n_key": 0}).astype({"n": int, "n_key": int})
        else:
            part = keys.cell_keys(rows.assign(all=""), ["all"], SECRET).drop(columns="all")
        found.append(part)
    return pd.concat(found, ignore_index=True).fillna(dict.fromkeys(by, ""))
