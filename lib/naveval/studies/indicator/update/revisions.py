"""Published values that move: what is compared, what is too much, and the changelog's say.

A past value that moves by more than the tolerance stops the publication unless the indicator's
changelog has an entry for the version that is being published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from naveval.project.errors import NavevalError
from naveval.studies.indicator.models import is_share
from naveval.studies.indicator.series import Curves

TOLERANCE_HOURS, TOLERANCE_SHARE = 0.05, 0.002
CHANGELOG = "changelog.csv"
CHANGELOG_COLUMNS = ["version", "date", "note"]
KEYS = ["outcome", "grouping", "group", "month", "measure"]
MEASURES = ("actual", "expected", "indicator")
PUBLISHED_GROUPS = ("nav", "county")
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
        Whether the changelog has a note for the version.
    """

    frame: pd.DataFrame
    hours: float
    share: float
    noted: bool

    @property
    def beyond(self) -> int:
        return int(self.frame["beyond"].sum())


def value_table(curves: Mapping[str, Mapping[str, Curves]]) -> pd.DataFrame:
    """National and county values as published: the keys and `value`."""
    blocks = []
    for outcome, found in curves.items():
        for name in PUBLISHED_GROUPS:
            curve = found[name]
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
                            "value": getattr(curve, measure).ravel(),
                        }
                    )
                )
    return pd.concat(blocks, ignore_index=True).dropna(subset=["value"])


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
        beyond=~(change.abs() <= tolerance),
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
        f"(columns {', '.join(CHANGELOG_COLUMNS)}) to publish all the same."
    )


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
