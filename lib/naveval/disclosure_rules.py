"""Primary rules of disclosure control: which cells may not be shown, whatever stands around."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure_tables import Column
from naveval.disclosure_thresholds import Thresholds
from naveval.errors import DisclosureError


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
