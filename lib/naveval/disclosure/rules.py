"""Primary rules of disclosure control: which cells may not be shown, whatever stands around.

Totals that a table does not show but its reader knows: percentages that add up to 100.

Consistent protection across tables and over time.

A cell that is hidden in one place must be hidden in every place, or the other gives it back:
a county's report against the national one, this month's publication against the last.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure.tables import Column
from naveval.disclosure.thresholds import Thresholds
from naveval.project.errors import DisclosureError


def counts(frame: pd.DataFrame, name: str, limits: Thresholds) -> Column:
    """A column that counts persons; fewer than `min_cell` may not be shown.

    A missing count was suppressed before it came here.

    Raises
    ------
    DisclosureError
        For a missing column, text, negative or fractional counts.
    """
    x = numbers(frame, name)
    present = x[~np.isnan(x)]
    if (present < 0).any() or np.isinf(present).any() or (present != np.rint(present)).any():
        raise DisclosureError(f"column {name}: expected whole, non-negative numbers of persons")
    small = ~(x >= limits.min_cell)
    if limits.zero_cells == "show":
        small &= x != 0
    rule = np.where(np.isnan(x), "linked", np.where(small, "min_cell", ""))
    return Column(name, x, small, rule)


def share(
    frame: pd.DataFrame, name: str, whole: Column, limits: Thresholds, *, scale: float
) -> Column:
    """A share of a count; few persons with or without the property may not be shown."""
    value = numbers(frame, name) / scale
    if ((value < -1e-9) | (value > 1 + 1e-9)).any():
        raise DisclosureError(f"column {name}: expected shares between 0 and {scale:g}")
    having = np.rint(value * whole.x)
    few = ~(having >= limits.min_cell) | ~(whole.x - having >= limits.min_cell)
    if limits.zero_cells == "show":
        few &= (having != 0) & (having != whole.x)
    few |= whole.primary
    rule = np.where(whole.primary, whole.rule, np.where(few, "small_complement", ""))
    return Column(name, having, few, rule, whole.name)


def money(
    frame: pd.DataFrame, name: str, largest: Sequence[str], whole: Column, limits: Thresholds
) -> Column:
    """A sum of money; nobody may dominate it.

    Parameters
    ----------
    largest
        Columns with the largest and the second largest contribution to each sum.
    """
    x = numbers(frame, name)
    first, second = numbers(frame, largest[0]), numbers(frame, largest[1])
    rule = limits.dominance
    close = (x - first - second) < rule.p_percent / 100 * first
    dominated = ~(first <= rule.largest_share * x) | close
    primary = whole.primary | dominated
    named = np.where(whole.primary, whole.rule, np.where(dominated, "dominance", ""))
    return Column(name, x, primary, named, whole.name, sums=True)


def quantile(
    frame: pd.DataFrame, name: str, level: float, whole: Column, limits: Thresholds
) -> NDArray[np.bool_]:
    """Cells of a quantile with fewer than `min_cell` persons on one of its sides."""
    if not 0 < level < 1:
        raise DisclosureError(f"column {name}: a quantile at {level} is somebody's own value")
    numbers(frame, name)
    return ~(whole.x * min(level, 1 - level) >= limits.min_cell)


def numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A numeric column as floats; DisclosureError when it is missing or not numeric."""
    if name not in frame.columns:
        raise DisclosureError(
            f"no column {name} in the frame; it has {', '.join(map(str, frame.columns))}"
        )
    if not pd.api.types.is_numeric_dtype(frame[name].dtype):
        raise DisclosureError(f"column {name}: expected numbers")
    return frame[name].to_numpy(dtype=float, na_value=np.nan)


def require_names(names: Sequence[str], limits: Thresholds) -> None:
    """Refuse columns that identify persons or hold a smallest or largest observation.

    Raises
    ------
    DisclosureError
        Naming the columns.
    """
    lowered = {str(name): str(name).lower() for name in names}
    ids = [name for name, text in lowered.items() if text in limits.identifiers]
    if ids:
        raise DisclosureError(f"columns {', '.join(ids)} identify persons and may not be released")
    pattern = re.compile(rf"(^|_)({'|'.join(map(re.escape, limits.extremes))})(_|$)")
    extremes = [name for name, text in lowered.items() if pattern.search(text)]
    if extremes:
        raise DisclosureError(
            f"columns {', '.join(extremes)}: a smallest or largest observation is somebody's own "
            "value and may not be released"
        )


MARGIN = "«all categories»"


def add_margin(
    frame: pd.DataFrame,
    key: str,
    keys: Sequence[str],
    counts: Sequence[str],
    shares: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The frame with one more row per combination of the other keys: the sum over `key`.

    Rows come last and their `key` is `MARGIN`. Shares of a count are those of everybody; other
    columns are missing.

    Raises
    ------
    DisclosureError
        When `key` is not among the keys.
    """
    if key not in keys or key not in frame.columns:
        raise DisclosureError(f"exhaustive: {key} must be among the keys")
    for name in counts:
        numbers(frame, name)
    others = [name for name in keys if name != key]
    summed = {name: frame[name].astype(float) for name in counts}
    for name, whole in (shares or {}).items():
        summed[name] = numbers(frame, name) * summed[whole]
    table = frame[others].assign(**summed)
    if others:
        grouped = table.groupby(others, sort=False, dropna=False, observed=True)[list(summed)]
        margin = grouped.sum(min_count=1).reset_index()
    else:
        margin = table[list(summed)].sum(min_count=1).to_frame().T
    for name, whole in (shares or {}).items():
        margin[name] = margin[name] / margin[whole].where(margin[whole] > 0)
    margin = margin.assign(**{key: MARGIN}).reindex(columns=frame.columns)
    kinds = {name: frame[name].dtype for name in others}
    whole = frame.astype({key: str, **dict.fromkeys(counts, float)})
    return pd.concat([whole, margin.astype(kinds)], ignore_index=True)


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
