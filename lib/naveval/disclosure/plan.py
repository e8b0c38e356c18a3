"""Steps of a release: which counts a number rests on, its cells, and what must be hidden.

Rounding of what is shown for a part, when the whole and the other parts are shown elsewhere.

Suppression protects within one release. Reports of all counties beside that of the country would
give a cell hidden in one county only: the country's number less those of the others. With counts
rounded, what is left over from so many parts says nothing about a few persons.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from naveval.disclosure import rules
from naveval.disclosure.cells import protect
from naveval.disclosure.tables import Column, Structure, cells
from naveval.disclosure.thresholds import Thresholds
from naveval.project.errors import DisclosureError

Bools = NDArray[np.bool_]


def needed_counts(
    frame: pd.DataFrame,
    count: str | Mapping[str, str | Sequence[str]],
    values: Sequence[str] | None,
    shares: Mapping[str, str],
    sums: Mapping[str, Sequence[str]],
    quantiles: Mapping[str, float],
    labels: Sequence[str],
) -> dict[str, tuple[str, ...]]:
    """Count columns behind each value column; every numeric column must be declared."""
    numeric = [name for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name].dtype)]
    numeric = [n for n in numeric if not pd.api.types.is_bool_dtype(frame[n].dtype)]
    contributions = {name for pair in sums.values() for name in pair}
    if isinstance(count, str):
        apart = {count, *labels, *shares, *contributions}
        given = values if values is not None else [name for name in numeric if name not in apart]
        needs: dict[str, tuple[str, ...]] = {
            name: (count,) for name in [*given, *sums, *quantiles] if name != count
        }
        needs[count] = ()
    else:
        needs = {
            name: (base,) if isinstance(base, str) else tuple(base) for name, base in count.items()
        }
        lacking = sorted({*(values or ()), *sums, *quantiles} - set(needs) - set(shares))
        if lacking:
            raise DisclosureError(f"no count column for {', '.join(lacking)}")
    needs |= {name: (whole,) for name, whole in shares.items()}
    for base in sorted({base for bases in needs.values() for base in bases}):
        needs.setdefault(base, ())
    needs = {name: tuple(b for b in bases if b != name) for name, bases in needs.items()}
    unknown = sorted(set(needs) - set(frame.columns))
    if unknown:
        raise DisclosureError(f"no such columns: {', '.join(unknown)}")
    undeclared = set(numeric) - set(needs) - set(labels) - contributions
    if undeclared:
        raise DisclosureError(
            f"numeric columns {', '.join(sorted(undeclared))} are not declared; expected each in "
            "count, values, shares, percent, sums, quantiles, keys or labels"
        )
    return needs


def person_columns(
    frame: pd.DataFrame,
    needs: Mapping[str, tuple[str, ...]],
    shares: Mapping[str, str],
    percent: Mapping[str, str],
    sums: Mapping[str, Sequence[str]],
    limits: Thresholds,
) -> list[Column]:
    """Cells with persons in them: counts first, then shares and sums of money."""
    bases = [name for name, needed in needs.items() if not needed]
    found = {name: rules.counts(frame, name, limits) for name in bases}
    more = [
        rules.share(frame, name, found[whole], limits, scale=scale)
        for given, scale in ((shares, 1.0), (percent, 100.0))
        for name, whole in given.items()
    ]
    more += [
        rules.money(frame, name, pair, found[needs[name][0]], limits) for name, pair in sums.items()
    ]
    return [*found.values(), *more]


def suppress(
    frame: pd.DataFrame, columns: Sequence[Column], structure: Structure, limits: Thresholds
) -> tuple[dict[str, Bools], dict[str, NDArray[np.str_]]]:
    """Suppressed cells per column after secondary suppression, and the rule of each."""
    unknown = protect(cells(frame, columns, structure, limits))
    n = len(frame)
    masks, named = {}, {}
    for k, column in enumerate(columns):
        masks[column.name] = unknown[k * n : (k + 1) * n].copy()
        first = np.where(column.primary, column.rule, "secondary")
        named[column.name] = np.where(masks[column.name], first, "")
    return masks, named


def hide_derived(
    needs: Mapping[str, tuple[str, ...]],
    masks: dict[str, Bools],
    named: dict[str, NDArray[np.str_]],
) -> None:
    """Hide values where one of their counts is hidden, with the same rule."""
    for name, bases in needs.items():
        for base in bases:
            if base not in masks:
                raise DisclosureError(f"column {base} is not a count column")
            earlier = masks.get(name, np.zeros_like(masks[base]))
            text = named.get(name, np.full(len(earlier), "", dtype=object))
            named[name] = np.where(earlier, text, named[base])
            masks[name] = earlier | masks[base]


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
