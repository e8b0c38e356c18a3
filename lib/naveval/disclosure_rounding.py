"""Rounding of what is shown for a part, when the whole and the other parts are shown elsewhere.

Suppression protects within one release. Reports of all counties beside that of the country would
give a cell hidden in one county only: the country's number less those of the others. With counts
rounded, what is left over from so many parts says nothing about a few persons.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

DECIMALS = 1


def nearest(values: ArrayLike, base: int) -> NDArray[np.float64]:
    """Values as the nearest multiples of `base`; NaN stays."""
    return np.asarray(base * np.rint(np.asarray(values, dtype=float) / base))


def rounded(frame: pd.DataFrame, columns: Collection[str], base: int) -> pd.DataFrame:
    """The frame with whole numbers as multiples of `base` and other numbers with one decimal.

    Parameters
    ----------
    columns
        Columns computed from persons; others stay as they are.
    """
    out = frame.copy()
    for name in columns:
        values = out[name].astype(float)
        known = values.dropna()
        whole = bool((known == np.rint(known)).all())
        out[name] = nearest(values, base) if whole else values.round(DECIMALS)
    return out
