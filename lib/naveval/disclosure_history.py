"""Consistent protection across tables and over time.

A cell that is hidden in one place must be hidden in every place, or the other gives it back:
a county's report against the national one, this month's publication against the last.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure_rules import numbers
from naveval.disclosure_tables import Column
from naveval.disclosure_thresholds import Thresholds
from naveval.errors import DisclosureError

SUPPRESSED = ":"


def forced(
    frame: pd.DataFrame,
    column: Column,
    keys: Sequence[str],
    linked: Any,
    previous: pd.DataFrame | Path | None,
    limits: Thresholds,
) -> Column:
    """The column with further cells that may not be shown: linked and earlier publications."""
    if linked is not None and column.name in linked.frame.columns:
        pattern = linked.suppressed[column.name].to_numpy(dtype=float)
        found = _match(frame, keys, linked.frame, pattern)
        column = _add(column, np.nan_to_num(found) > 0, "linked")
    if previous is None:
        return column
    earlier = published(previous) if isinstance(previous, Path) else previous
    if column.name not in earlier.columns or len(earlier) == 0:
        return column
    hidden = earlier[column.name].isna().to_numpy().astype(float)
    column = _add(column, np.nan_to_num(_match(frame, keys, earlier, hidden)) > 0, "previous")
    if column.whole:
        return column
    before = _match(frame, keys, earlier, numbers(earlier, column.name))
    change = np.abs(column.x - before)
    return _add(column, (change > 0) & (change < limits.min_cell), "revision")


def _add(column: Column, hide: NDArray[np.bool_], rule: str) -> Column:
    named = np.where(hide & ~column.primary, rule, column.rule)
    return replace(column, primary=column.primary | hide, rule=named)


def _match(
    frame: pd.DataFrame, keys: Sequence[str], other: pd.DataFrame, values: Any
) -> NDArray[np.float64]:
    """Values of another frame at the rows with the same keys, NaN where there is none."""
    if not keys or not set(keys) <= set(other.columns):
        raise DisclosureError("a linked or earlier table needs the same keys")
    there = pd.MultiIndex.from_frame(other[list(keys)].astype(str))
    here = pd.MultiIndex.from_frame(frame[list(keys)].astype(str))
    found = pd.Series(values, index=there).groupby(level=list(range(len(keys)))).max()
    return np.asarray(found.reindex(here), dtype=float)


def published(file: Path) -> pd.DataFrame:
    """A table or figure CSV as it was published: suppressed cells are NaN, codes stay text.

    An absent file gives an empty frame: nothing was published before.
    """
    if not file.exists():
        return pd.DataFrame()
    text = pd.read_csv(file, dtype=str, keep_default_na=False)
    out = {}
    for name in text.columns:
        blank = text[name].isin([SUPPRESSED, ""])
        numeric = pd.to_numeric(text[name].mask(blank), errors="coerce")
        is_code = text[name].str.match(r"0\d").any()
        readable = numeric.notna().sum() == (~blank).sum() and (~blank).any()
        out[name] = numeric if readable and not is_code else text[name]
    return pd.DataFrame(out)
