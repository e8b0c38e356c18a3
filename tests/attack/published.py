"""Counts of persons as a reader finds them in result folders, beside the truth of the control.

A published count is a number of persons, or a share times its base; of seasonally adjusted shares
as far as their constants follow from being whole. The same rows of the control,
which was run without protection, hold the truth. Nothing here reads anything but what has been
published; the truth only judges, and tells which relations between counts hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from naveval.disclosure.scan.tables import counts_persons
from naveval.disclosure.thresholds import thresholds
from naveval.exhibits.protect import Model
from naveval.project import catalogue

NO_KEYS = ("step",)
MONTH, ADJUSTED, TO_TEN = "month", ", adjusted", ", to ten"
UNCERTAIN = ("std_error", "ci_", "half_")
FEWEST = 3
WHOLE = 1e-6


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
            own = _counts(both, exhibit.keys, f"{where}/{exhibit.label}")
            found += map(_to_ten, own) if isinstance(exhibit.protect, Model) else own
    # Told alike without protection: printed or drawn (`union.exact` sees to it). By more than one
    # count can be changed: a sum of protected counts, which tells no more than they, or no count.
    most = thresholds().counts.largest_change
    away = [(one.rows["shown"] - one.rows["true"]).abs() for one in found]
    return [one for one, by in zip(found, away, strict=True) if by.any() and by.max() <= most]


def _to_ten(one: Family) -> Family:
    """Persons behind a model, named so where each is the true number to ten."""
    step = thresholds().counts.persons_to
    away = one.rows["true"] - one.rows["shown"]
    rounded = (one.rows["shown"] % step == 0) & away.between(-step // 2, step // 2 - 1)
    return replace(one, where=one.where + TO_TEN) if rounded.all() else one


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
        if name in counts or not true.notna().any() or name.startswith(UNCERTAIN):
            continue
        for base, pair in counts.items():
            found = _shares(shown, true, pair)
            if found is not None and not _same(found[1], counts):
                yield _family(both, own, f"{where}.{name}×{base}", *found)
                break
            if MONTH in own:
                told = _adjusted(both, own, shown, true, pair)
                if told is not None:
                    yield _family(both, own, f"{where}.{name}×{base}{ADJUSTED}", *told)
                    break


def _shares(
    shown: pd.Series, true: pd.Series, base: list[pd.Series]
) -> tuple[pd.Series, pd.Series] | None:
    """Shares or percentages times their base, in the rows in which that is a number of persons."""
    for scale in (1.0, 100.0):
        part = true * base[1] / scale
        rows = true.between(0, scale) & ((part - part.round()).abs() < WHOLE)
        told = (shown * base[0] / scale).round().where(rows & shown.between(0, scale))
        of_persons = (rows & (part > 0)).sum() >= FEWEST and part[rows].nunique() > 2
        if of_persons and not told.between(1, 4).any():
            return told, part.round().where(rows)
    return None


def _adjusted(
    both: pd.DataFrame,
    own: tuple[str, ...],
    shown: pd.Series,
    true: pd.Series,
    base: list[pd.Series],
) -> tuple[pd.Series, pd.Series] | None:
    """Seasonally adjusted shares times their base, where only one constant gives whole numbers.

    The adjustment is one constant per calendar month and line.
    """
    rest = [name for name in own if name != MONTH]
    lines = both.groupby([*rest, both[MONTH].astype(str).str[-2:]]).indices
    found = [pd.Series(np.nan, index=both.index) for _ in range(2)]
    for rows in lines.values():
        for out, value, n in zip(found, (shown, true), base, strict=True):
            out.iloc[rows] = by_constant(value.to_numpy()[rows], n.to_numpy()[rows])
    # What protected shares tell are protected numbers, if anything.
    return None if found[1].notna().sum() < FEWEST else (found[0], found[1])


def by_constant(shares: np.ndarray, persons: np.ndarray) -> np.ndarray:
    """Whole numbers (shares + c) × persons for the only c that gives them; missing without."""
    known = np.isfinite(shares) & np.isfinite(persons) & (persons > 0)
    nothing = np.full(len(shares), np.nan)
    if known.sum() < FEWEST or not ((shares[known] > -0.5) & (shares[known] < 1.5)).all():
        return nothing
    share, n = shares[known], persons[known]
    constants = np.arange(n[0] + 1) / n[0] - share[0]
    numbers = (share + constants[:, None]) * n
    fits = (np.abs(numbers - numbers.round()) < WHOLE) & (numbers > -0.5) & (numbers < n + 0.5)
    good = fits.all(axis=1)
    if good.sum() != 1:
        return nothing
    nothing[known] = numbers[good][0].round()
    return nothing


def _whole(values: pd.Series) -> bool:
    known = values.dropna()
    return len(known) > 0 and bool((np.abs(known - known.round()) < WHOLE).all())


def _same(values: pd.Series, counts: dict[str, list[pd.Series]]) -> bool:
    return any(np.allclose(values.fillna(-1), pair[1].fillna(-1)) for pair in counts.values())


def _family(
    both: pd.DataFrame, keys: tuple[str, ...], where: str, shown: pd.Series, true: pd.Series
) -> Family:
    """Rows without those keys that the count does not vary over."""
    rows = both[list(keys)].assign(shown=shown, true=true)
    rows = rows[rows["true"].notna()]
    rows = rows[rows["shown"].notna()] if rows["shown"].notna().any() else rows
    kept = list(keys)
    for key in keys:
        rest = [name for name in kept if name != key]
        groups = rows.groupby(rest) if rest else rows.assign(all=0).groupby("all")
        if len(kept) > 1 and groups[["true", "shown"]].nunique().max().max() <= 1:
            kept = rest
    return Family(where, tuple(kept), rows.drop_duplicates(kept)[[*kept, "shown", "true"]])
