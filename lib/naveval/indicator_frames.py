"""Tidy frames of the indicator's curves: levels, seasonal adjustment, intervals, relative
versions, four-month periods. One row per outcome, grouping, group and month.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from naveval import multiplier, seasonal
from naveval.errors import EstimationError
from naveval.indicator_models import is_share
from naveval.indicator_series import Curves, half_width

Windows = Sequence[tuple[str, str]]
KEYS = ("outcome", "grouping", "group")


class EmptyGroupError(EstimationError):
    """A group that exists has nobody in it, or too few to be shown."""


Z95 = float(stats.norm.ppf(0.975))


def critical(persons: NDArray | pd.Series) -> NDArray[np.float64]:
    """95 percent quantile of Student's t with persons − 1 degrees of freedom.

    A small group's standard error is itself uncertain; with many persons this is 1.96.
    """
    return np.asarray(stats.t.ppf(0.975, np.maximum(np.asarray(persons, float) - 1, 1)))


def windows_of(outcome: str, base3: Windows, base12: Windows) -> Windows:
    """Base windows of an outcome: those of twelve months for longer horizons too."""
    return base3 if outcome.endswith("3") else base12


def curve_frame(found: Curves, windows: Windows) -> pd.DataFrame:
    """All points of the curves of one grouping.

    Columns: outcome, grouping, group, month, n, actual, expected, indicator, the same with
    `_sa` (seasonally adjusted; missing when the base months do not allow it), half_published,
    std_error and std_error_sa (clustered, missing without influence).
    """
    t, g = found.n.shape
    frame = pd.DataFrame(
        {
            "outcome": found.outcome,
            "grouping": found.grouping.name,
            "group": np.tile(found.grouping.names, t),
            "month": np.repeat(found.months, g),
            "n": found.n.ravel(),
            "actual": found.actual.ravel(),
            "expected": found.expected.ravel(),
            "indicator": found.indicator.ravel(),
            "half_published": half_width(found).ravel(),
        }
    )
    adjusted = {name: np.full((t, g), np.nan) for name in ("actual", "expected", "indicator")}
    error, error_sa = np.full((t, g), np.nan), np.full((t, g), np.nan)
    for k in range(g):
        observed = found.n[:, k] > 0
        matrix = _matrix(found.months, windows, observed)
        for name, result in adjusted.items():
            if matrix is not None:
                values = np.where(observed, getattr(found, name)[:, k], 0.0)
                result[:, k] = np.where(observed, matrix @ values, np.nan)
        if found.influence is not None:
            table = found.influence[:, :, k].astype(np.float64)
            error[:, k] = np.where(observed, multiplier.clustered_errors(table), np.nan)
            if matrix is not None:
                moved = multiplier.clustered_errors(table @ matrix.T)
                error_sa[:, k] = np.where(observed, moved, np.nan)
    for name, result in adjusted.items():
        frame[f"{name}_sa"] = result.ravel()
    return frame.assign(std_error=error.ravel(), std_error_sa=error_sa.ravel())


def _matrix(months: Sequence[str], windows: Windows, observed: NDArray) -> NDArray | None:
    try:
        return seasonal.adjustment(months, windows, observed)
    except EstimationError:
        return None


def require_adjusted(frame: pd.DataFrame, months: Sequence[str], windows: Windows) -> None:
    """Refuse when the whole country's curve cannot be adjusted.

    Raises
    ------
    EstimationError
        Says how many months there are and how many are needed.
    """
    own = frame[frame["grouping"] == "nav"]
    for outcome, rows in own.groupby("outcome"):
        if rows["indicator_sa"].isna().all():
            observed = np.isin(list(months), rows["month"])
            try:
                seasonal.adjustment(list(months), windows, observed)
            except EstimationError as error:
                raise EstimationError(f"{outcome}: {error}") from None


def relative(frame: pd.DataFrame, month: str = "") -> pd.DataFrame:
    """Add `relative`: the adjusted indicator divided by the group's mean actual level.

    Parameters
    ----------
    month
        Divide by the actual level of this month instead of the mean of all months.

    Raises
    ------
    EstimationError
        When a group's level is too near zero for a ratio to mean anything, or the month is
        not there.
    """
    table = frame.copy()
    if month:
        chosen = table[table["month"] == month].set_index(list(KEYS))["actual"]
        if chosen.empty:
            raise EstimationError(f"relative version: month {month} is not in the data")
        level = table.set_index(list(KEYS)).index.map(chosen).to_numpy(dtype=float)
    else:
        weighted = (table["actual"] * table["n"]).groupby([table[k] for k in KEYS])
        total = table.groupby(list(KEYS))["n"].transform("sum").to_numpy()
        level = weighted.transform("sum").to_numpy() / np.where(total > 0, total, np.nan)
    least = np.where(table["outcome"].map(is_share), 0.01, 0.25)
    small = level < least
    if small.any():
        named = table.loc[small, "group"].iloc[0]
        raise EstimationError(
            f"relative version: the actual level of {named} is too near zero to divide by"
        )
    return table.assign(level=level, relative=table["indicator_sa"].to_numpy() / level)


def tertials(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean of four months of the adjusted indicator, and relative to the level."""
    return seasonal.by_tertial(
        relative(frame), ["indicator_sa", "actual_sa", "expected_sa", "relative"], list(KEYS)
    )


def pick(
    frame: pd.DataFrame, outcome: str, grouping: str, groups: Sequence[str] = ()
) -> pd.DataFrame:
    """Rows of one outcome and grouping, and of chosen groups.

    Raises
    ------
    EstimationError
        When there is no such outcome or grouping; EmptyGroupError when a group has no rows.
    """
    own = frame[(frame["outcome"] == outcome) & (frame["grouping"] == grouping)]
    if own.empty:
        raise EstimationError(f"no curve for {outcome} by {grouping}")
    for group in groups:
        if own.loc[own["group"] == group, "n"].sum() == 0:
            raise EmptyGroupError(f"{outcome} by {grouping}: the group {group} has no rows")
    found = own[own["group"].isin(groups)] if len(groups) else own
    return found.reset_index(drop=True)
