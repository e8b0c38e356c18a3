"""Counts of persons as a reader finds them in result folders, beside the truth of the control.

A published count is a number of persons, or a share times its base. The same rows of the control,
which was run without protection, hold the truth. Nothing here reads anything but what has been
published; the truth only judges, and tells which relations between counts hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from naveval.disclosure.scan.tables import counts_persons
from naveval.disclosure.thresholds import thresholds
from naveval.project import catalogue

NO_KEYS = ("step",)


@dataclass(frozen=True)
class Family:
    """One kind of count of one exhibit: its keys, and per row what is shown and what is true."""

    where: str
    keys: tuple[str, ...]
    rows: pd.DataFrame


def families(study: str, protected: Path, control: Path, where: str) -> list[Family]:
    """Every kind of count in the CSV files of two result folders of the same run."""
    report = catalogue.module(study, "report").REPORT
    found = []
    for exhibit in report.exhibits:
        files = [
            next(iter(sorted(folder.glob(f"*/{exhibit.label}.csv"))), None)
            for folder in (protected, control)
        ]
        if None in files:
            continue
        both = _joined(files[0], files[1], exhibit.keys)
        if both is not None:
            found += list(_counts(both, exhibit.keys, f"{where}/{exhibit.label}"))
    # Told alike without protection: printed, drawn, or persons to ten (`union.exact` sees to it).
    return [one for one in found if (one.rows["shown"] != one.rows["true"]).any()]


def small(found: list[Family]) -> list[str]:
    """Counts of one to four as they are published; protected counts are never that small."""
    return [
        f"{one.where}: {int(value)}"
        for one in found
        for value in one.rows.loc[one.rows["shown"].between(1, 4), "shown"]
    ]


def _joined(shown: Path, true: Path, keys: tuple[str, ...]) -> pd.DataFrame | None:
    frames = [pd.read_csv(file, dtype=str, keep_default_na=False) for file in (shown, true)]
    frames = [frame.assign(whole="") for frame in frames]
    own = ["whole", *(key for key in keys if key in frames[0] and key not in NO_KEYS)]
    if frames[0].duplicated(own).any() or frames[1].duplicated(own).any():
        return None
    return frames[0].merge(frames[1], on=own, suffixes=("", "_true"), how="inner")


def _counts(both: pd.DataFrame, keys: tuple[str, ...], where: str) -> Iterator[Family]:
    own = ("whole", *(key for key in keys if key in both and key not in NO_KEYS))
    names = [name for name in both if f"{name}_true" in both]
    numbers = {
        name: [pd.to_numeric(both[one], errors="coerce") for one in (name, f"{name}_true")]
        for name in names
        if name not in own
    }
    counts = {
        name: pair
        for name, pair in numbers.items()
        if counts_persons(name, thresholds()) or name == "total"
        if _whole(pair[1])
    }
    for name, (shown, true) in counts.items():
        yield _family(both, own, f"{where}.{name}", shown, true)
    for name, (shown, true) in numbers.items():
        if name in counts or not true.notna().any():
            continue
        scale = 100.0 if true.max() > 1 else 1.0
        if true.min() < 0 or true.max() > scale:
            continue
        for base, (n_shown, n_true) in counts.items():
            part = true * n_true / scale
            told = (shown * n_shown / scale).round()
            of_persons = _whole(part) and part.nunique() > 2 and not told.between(1, 4).any()
            if of_persons and not _same(part, counts):
                yield _family(both, own, f"{where}.{name}×{base}", told, part.round())
                break


def _whole(values: pd.Series) -> bool:
    known = values.dropna()
    return len(known) > 0 and bool((np.abs(known - known.round()) < 1e-6).all())


def _same(values: pd.Series, counts: dict[str, list[pd.Series]]) -> bool:
    return any(np.allclose(values.fillna(-1), pair[1].fillna(-1)) for pair in counts.values())


def _family(
    both: pd.DataFrame, keys: tuple[str, ...], where: str, shown: pd.Series, true: pd.Series
) -> Family:
    """Rows without those keys that the count does not vary over."""
    rows = both[list(keys)].assign(shown=shown, true=true)
    rows = rows[rows["shown"].notna() & rows["true"].notna()]
    kept = list(keys)
    for key in keys:
        rest = [name for name in kept if name != key]
        groups = rows.groupby(rest) if rest else rows.assign(all=0).groupby("all")
        if len(kept) > 1 and groups[["true", "shown"]].nunique().max().max() <= 1:
            kept = rest
    return Family(where, tuple(kept), rows.drop_duplicates(kept)[[*kept, "shown", "true"]])
