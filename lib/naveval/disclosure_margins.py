"""Totals that a table does not show but its reader knows: percentages that add up to 100."""

from collections.abc import Mapping, Sequence

import pandas as pd

from naveval.disclosure_rules import numbers
from naveval.errors import DisclosureError

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
