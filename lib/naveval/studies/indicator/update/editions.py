"""Editions of the published values: what is kept, what is revised, and what moved.

A published month keeps its values. It takes new ones only when the changelog announces the
edition, and at most eight times: editions beside each other must not tell what one does not. A
published value that the new estimates contradict by more than the tolerance stops the edition
until the changelog says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from naveval.disclosure.thresholds import thresholds
from naveval.project.errors import NavevalError, StoreError
from naveval.studies.indicator.models import is_share
from naveval.studies.indicator.series import Curves

TOLERANCE_HOURS, TOLERANCE_SHARE = 0.05, 0.002
DECIMALS_HOURS, DECIMALS_SHARE = 2, 4
CHANGELOG = "changelog.csv"
CHANGELOG_COLUMNS = ["version", "date", "note"]
KEYS = ["outcome", "grouping", "group", "month", "measure"]
COLUMNS = [*KEYS, "value", "edition", "revisions"]
MEASURES = ("actual", "expected", "indicator")
SHOWN = 10


@dataclass(frozen=True)
class Moved:
    """Published past values beside the new ones, largest change first.

    Attributes
    ----------
    frame
        outcome, grouping, group, month, measure, before, after, change, beyond (tolerance).
    hours, share
        Tolerances in hours a week, and in share.
    noted
        Whether the changelog has a note for the edition.
    """

    frame: pd.DataFrame
    hours: float
    share: float
    noted: bool

    @property
    def beyond(self) -> int:
        return int(self.frame["beyond"].sum())


def value_table(curves: Mapping[str, Mapping[str, Curves]]) -> pd.DataFrame:
    """Points of the curves that may be shown: the keys, `n` (protected persons) and `value`."""
    blocks = []
    for outcome, found in curves.items():
        for name, curve in found.items():
            t, g = curve.n.shape
            for measure in MEASURES:
                blocks.append(
                    pd.DataFrame(
                        {
                            "outcome": outcome,
                            "grouping": name,
                            "group": list(curve.grouping.names) * t,
                            "month": np.repeat(curve.months, g),
                            "measure": measure,
                            "n": curve.n.ravel(),
                            "value": getattr(curve, measure).ravel(),
                        }
                    )[curve.observed.ravel()]
                )
    return pd.concat(blocks, ignore_index=True)


def as_printed(values: pd.DataFrame) -> pd.DataFrame:
    """Values with the decimals they are published with: 0.01 hours, 0.01 percentage points."""
    share = values["outcome"].map(is_share)
    rounded = (
        values["value"].round(DECIMALS_HOURS).mask(share, values["value"].round(DECIMALS_SHARE))
    )
    return values.assign(value=rounded)


def moved(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    noted: bool = False,
    hours: float = TOLERANCE_HOURS,
    share: float = TOLERANCE_SHARE,
) -> Moved:
    """Compare published values with the new ones.

    A value published for a month that is still in the window and has no value any more counts
    as moved beyond tolerance.

    Parameters
    ----------
    before, after
        The keys and `value`, see `value_table`.
    """
    both = before.merge(after, on=KEYS, suffixes=("_before", "_after"), how="left")
    both = both[both["month"].isin(after["month"].unique())]
    change = both["value_after"] - both["value_before"]
    tolerance = np.where(both["outcome"].map(is_share), share, hours)
    frame = both[KEYS].assign(
        before=both["value_before"],
        after=both["value_after"],
        change=change,
        beyond=~(change.abs() <= tolerance + 1e-9),
    )
    ordered = frame.sort_values(
        "change", key=abs, ascending=False, na_position="first", ignore_index=True
    )
    return Moved(ordered, hours, share, noted)


def listing(found: Moved, rows: int = SHOWN) -> str:
    """The largest changes beyond tolerance, one a line; "" when there are none."""
    own = found.frame[found.frame["beyond"]].head(rows)
    return "\n".join(
        f"  {row.outcome} {row.measure} {row.group} {row.month}: {row.before:.3f} -> "
        + ("no value" if np.isnan(row.after) else f"{row.after:.3f}")
        for row in own.itertuples()
    )


def require_publishable(found: Moved, version: str) -> None:
    """Refuse to publish when past values moved beyond tolerance and the changelog is silent.

    Raises
    ------
    NavevalError
        Says how many moved, and shows the largest.
    """
    if not found.beyond or found.noted:
        return
    raise NavevalError(
        f"{found.beyond} published past values moved by more than {found.hours:g} hours or "
        f"{found.share:g} in share; nothing was written:\n{listing(found)}\n"
        f"Add a row for version {version} to {CHANGELOG} in the store "
        f"(columns {', '.join(CHANGELOG_COLUMNS)}) to announce a revision."
    )


def next_edition(
    before: pd.DataFrame, values: pd.DataFrame, version: str, *, noted: bool
) -> pd.DataFrame:
    """The table of an edition: published months as they were, new ones, and announced revisions.

    Months that have left the window keep their last values.

    Parameters
    ----------
    before
        The last edition (`COLUMNS`), without rows for the first.
    values
        The new estimates as printed, the keys and `value`.
    noted
        Whether a revision is announced.

    Raises
    ------
    NavevalError
        When a month would be revised for the ninth time.
    """
    own = ["outcome", "month"]
    fresh = values[KEYS].assign(value=values["value"], edition=version, revisions=0)
    if before.empty:
        return _ordered(fresh)
    known = before[own].drop_duplicates()
    added = fresh.merge(known, on=own, how="left", indicator=True)
    added = added[added["_merge"] == "left_only"].drop(columns="_merge")
    kept = before
    if noted:
        other = _revised(before, values)
        times = before.merge(other, on=own).groupby(own, as_index=False)["revisions"].max()
        most = thresholds().counts.revisions
        spent = times[times["revisions"] >= most]
        if len(spent):
            first = spent.iloc[0]
            raise NavevalError(
                f"{first['outcome']} {first['month']}: was revised {most} times already, "
                "the most a published month may be; start a new series in another folder"
            )
        again = fresh.drop(columns="revisions").merge(times, on=own)
        untouched = before.merge(other, on=own, how="left", indicator=True)
        kept = untouched[untouched["_merge"] == "left_only"].drop(columns="_merge")
        added = pd.concat([added, again.assign(revisions=again["revisions"] + 1)])
    return _ordered(pd.concat([kept, added]))


def _revised(before: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Outcome and month where a published value is another one now, comes, or goes."""
    own = ["outcome", "month"]
    both = before[[*KEYS, "value"]].merge(
        values[[*KEYS, "value"]], on=KEYS, how="outer", suffixes=("_before", "_after")
    )
    both = both.merge(before[own].drop_duplicates(), on=own)
    both = both.merge(values[own].drop_duplicates(), on=own)
    same = (both["value_before"] - both["value_after"]).abs() < 1e-9
    return both.loc[~same, own].drop_duplicates()


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    return table[COLUMNS].sort_values(KEYS, ignore_index=True)


def read_edition(file: Path) -> pd.DataFrame:
    """A published edition.

    Raises
    ------
    StoreError
        When the file is not one: names it.
    """
    try:
        table = pd.read_csv(file, dtype={"group": str, "edition": str}, keep_default_na=False)
        whole = list(table.columns) == COLUMNS and not table.duplicated(KEYS).any()
        table = table.assign(
            value=table["value"].astype(float), revisions=table["revisions"].astype(int)
        )
    except (OSError, ValueError, KeyError, pd.errors.ParserError):
        whole = False
    if not whole:
        raise StoreError(f"{file}: no edition with the columns {', '.join(COLUMNS)}")
    return table


def noted(folder: Path, version: str) -> bool:
    """Whether the changelog has a note for a version.

    Raises
    ------
    NavevalError
        When the changelog cannot be read or lacks a column.
    """
    file = folder / CHANGELOG
    if not file.exists():
        return False
    try:
        table = pd.read_csv(file, dtype=str).fillna("")
    except (ValueError, pd.errors.ParserError) as error:
        raise NavevalError(f"{file}: cannot be read as CSV: {error}") from None
    missing = [name for name in CHANGELOG_COLUMNS if name not in table.columns]
    if missing:
        raise NavevalError(f"{file}: column(s) {', '.join(missing)} missing")
    own = table[table["version"].str.strip() == version]
    return bool((own["note"].str.strip() != "").any())
