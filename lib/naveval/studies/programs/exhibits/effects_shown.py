"""Which effects may be told: one decision per number, also where numbers add up to others.

An effect rests on ten treated and ten controls with the outcome, and ten without it. Work and pay
of a year are sums over its months, and so are their effects. So a year whose months may all be told
may be told itself, for it is their sum; and where a year is told, the months of it that are not are
so many that what they add up to might be told too. Groups divide everybody: one group alone would
follow from the others and the whole.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure import models
from naveval.studies.programs.effects import Estimated

RANKED = "months_2"
MONTHS_A_YEAR = 12
Flags = NDArray[np.bool_]


def fewest(estimated: Estimated, arm: str, outcomes: Sequence[str], within: Any) -> list[float]:
    """Fewest with more than nothing of outcomes, and with nothing, of the treated and the controls.

    For outcomes that are sums over months, the fewest over the months where that is enough.

    Parameters
    ----------
    within
        (n,) true where somebody is in the group that the effect is of.
    """
    made = estimated.scores
    columns = [made.outcomes.index(name) for name in outcomes]
    sides = _sides(estimated, arm, within)
    own = _least([np.asarray((made.y[:, columns] > 0).any(axis=1), dtype=bool)], sides)
    if _enough(own):
        return own
    months = _least(_months(estimated, outcomes), sides)
    return months if _enough(months) else own


def with_counts(
    estimated: Estimated, frame: pd.DataFrame, outcomes: pd.Series | None = None
) -> pd.DataFrame:
    """A frame of effects by `arm` with `events` and `others` of its outcomes, or of `RANKED`.

    They are the `fewest` with the outcome and without it. An effect that one exhibit hides for them
    is so hidden in all.
    """
    every = np.ones(len(estimated.scores.arm), dtype=bool)
    if outcomes is None:
        outcomes = pd.Series(RANKED, index=frame.index)
    pairs = zip(frame["arm"], outcomes, strict=True)
    found = [fewest(estimated, arm, [outcome], every) for arm, outcome in pairs]
    return frame.assign(events=[one for one, _ in found], others=[other for _, other in found])


def without_lone_months(estimated: Estimated, frame: pd.DataFrame) -> pd.DataFrame:
    """Monthly effects with `events` of 0 where a month would tell what another one hides.

    Where a year is told, it less the months that are told is the sum of the hidden ones. If too few
    are behind that sum, the month with the fewest beside it is hidden too, and so on.

    Parameters
    ----------
    frame
        With arm, m (months since the start), events and others.
    """
    made = frame.assign(year=(frame["m"] - 1) // MONTHS_A_YEAR + 1)
    every = np.ones(len(estimated.scores.arm), dtype=bool)
    lone: list[Any] = []
    for (arm, year), rows in made.groupby(["arm", "year"], sort=False):
        if _enough(fewest(estimated, str(arm), [f"months_{year}"], every)):
            lone += _lone(estimated, str(arm), rows)
    return frame.assign(events=frame["events"].mask(frame.index.isin(lone), 0))


def _lone(estimated: Estimated, arm: str, rows: pd.DataFrame) -> list[Any]:
    """Index of the months of a told year that must be hidden with those that are."""
    order = np.minimum(rows["events"], rows["others"]).sort_values(kind="stable").index
    told = models.estimable(rows["events"], rows["others"], np.inf)
    hidden = list(rows.index[~told])
    extra: list[Any] = []
    sides = _sides(estimated, arm, np.ones(len(estimated.scores.arm), dtype=bool))
    left = [month for month in order if month not in hidden]
    while hidden and left:
        columns = rows.loc[hidden + extra, "m"].to_numpy(int) - 1
        some = np.asarray(estimated.monthly["months"][:, columns].any(axis=1), dtype=bool)
        if _enough(_least([some], sides)):
            break
        extra.append(left.pop(0))
    return extra


def without_lone_groups(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Effects in groups with `events` of 0 where a group would tell the only hidden one.

    Parameters
    ----------
    frame
        With n, events and others; the first group of each division is the one that the others
        differ from.
    by
        Columns that name a division and a programme.
    """
    told = models.estimable(frame["events"], frame["others"], frame["n"])
    told &= models.enough_persons(frame["n"])
    lone: list[Any] = []
    for _, rows in frame.assign(told=told).groupby(list(by), sort=False):
        if (~rows["told"]).sum() != 1:
            continue
        others = rows[rows["told"]].iloc[1:] if len(rows) > 2 else rows[rows["told"]]
        lone.append(np.minimum(others["events"], others["others"]).idxmin())
    return frame.assign(events=frame["events"].mask(frame.index.isin(lone), 0))


def _enough(cells: Sequence[float]) -> bool:
    events, others = cells
    return bool(models.estimable(events, others, np.inf))


def _sides(estimated: Estimated, arm: str, within: Any) -> list[Flags]:
    made = estimated.scores
    return [np.asarray(within) & (made.arm == code) for code in (made.arms.index(arm), 0)]


def _least(some: Iterable[Flags], sides: Sequence[Flags]) -> list[float]:
    """Fewest with and without over sides and outcomes, 0 where there are no outcomes."""
    cells = [(one[side].sum(), (~one[side]).sum()) for one in some for side in sides]
    return list(models.fewest(cells)) if cells else [0.0, 0.0]


def _months(estimated: Estimated, outcomes: Sequence[str]) -> list[Flags]:
    """Who had something of outcomes in each of their months; none if one is no sum of months."""
    found: list[Flags] = []
    for name in outcomes:
        kind, _, year = name.rpartition("_")
        if kind not in estimated.monthly:
            return []
        first = (int(year) - 1) * MONTHS_A_YEAR
        found += list(estimated.monthly[kind][:, first : first + MONTHS_A_YEAR].T)
    return found
