"""Means for the figures: by duration, and by month and group, with the persons behind each."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from naveval.studies.followup.estimate import START
from naveval.studies.followup.panel import CHANNEL_COLUMNS, KIND_COLUMNS, persons_in

COUNTRY = ""
HALF_YEARS = {"target": (1, 26), "other": (27, 52)}
THRESHOLD = {"target": (24, 26), "other": (30, 32), "placebo": (20, 22)}
FOLLOW_UP = ("program", "phone", "meeting", "question")
EXITS = ("work", "ended", "health")
BY_DURATION = {"fig-1": CHANNEL_COLUMNS, "fig-2": KIND_COLUMNS, "fig-3": ("digital",)}
BY_MONTH: Mapping[str, tuple[Sequence[str], Mapping[str, tuple[int, int]]]] = {
    "fig-4": (FOLLOW_UP, HALF_YEARS),
    "fig-5": (FOLLOW_UP, THRESHOLD),
    "fig-6": (EXITS, HALF_YEARS),
}
COUNTS = ["n_obs", "n_persons", "n_with"]
MONTHLY = [*COUNTS, "n_rest", "total"]


def by_duration(profiles: pd.DataFrame, measures: Sequence[str], county: str) -> pd.DataFrame:
    """Mean of each measure by duration, for one county or the country.

    Returns
    -------
    DataFrame with measure, duration (two-week periods), weeks, value, n_obs, n_persons, n_with.
    """
    part = profiles[profiles["measure"].isin(measures)]
    if county:
        part = part[part["county"] == county]
    found = part.groupby(["measure", "duration"], sort=False, as_index=False)[
        ["total", *COUNTS]
    ].sum()
    found["value"] = found.pop("total") / found["n_obs"]
    found["weeks"] = 2 * found["duration"]
    return found[["measure", "duration", "weeks", "value", *COUNTS]]


def by_month(
    window: pd.DataFrame, measures: Sequence[str], groups: Mapping[str, tuple[int, int]]
) -> pd.DataFrame:
    """Mean of each measure by month and group of weeks left.

    Parameters
    ----------
    window
        Person-periods of the place.
    groups
        Name to first and last week left.

    Returns
    -------
    DataFrame with measure, group, month (201707), value, n_obs, n_persons, n_with, n_rest,
    total. `total` is the sum behind the mean. `n_rest` is the number of persons that `ended`
    has beyond `work`, for a reader who sees both; elsewhere it is `n_with`.
    """
    left = window["weeks_left"].to_numpy()
    group = np.full(left.size, -1)
    for number, (first, last) in enumerate(groups.values()):
        group[(left >= first) & (left <= last)] = number
    rows = window[group >= 0]
    months, month = np.unique(rows["month"].to_numpy(), return_inverse=True)
    size = len(groups) * months.size
    cell = group[group >= 0] * months.size + month
    person = rows["person"].to_numpy()
    n_obs, n_persons = np.bincount(cell, minlength=size), persons_in(cell, person, size)
    parts = []
    for measure in measures:
        value = rows[measure].to_numpy(float)
        total = np.bincount(cell, value, size)
        rest = value > 0
        if measure == "ended":
            rest &= ~rows["work"].to_numpy(bool)
        part = pd.DataFrame(
            {
                "measure": measure,
                "group": np.repeat(list(groups), months.size),
                "month": np.tile(months, len(groups)),
                "value": total / np.maximum(n_obs, 1),
                "n_obs": n_obs,
                "n_persons": n_persons,
                "n_with": persons_in(cell[value > 0], person[value > 0], size),
                "n_rest": persons_in(cell[rest], person[rest], size),
                "total": total,
            }
        )
        parts.append(part[n_obs > 0])
    columns = ["measure", "group", "month", "value", *MONTHLY]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def before_and_after(frame: pd.DataFrame) -> dict[str, float]:
    """Mean of each measure and group before and after July 2017, of released means by month.

    Missing when a month is suppressed: the mean of the rest would be too high.
    """
    found: dict[str, float] = {}
    after = frame["month"] >= START
    for when, rows in (("before", frame[~after]), ("after", frame[after])):
        for (measure, group), part in rows.groupby(["measure", "group"], sort=False):
            whole = part["value"].notna().all()
            value = np.average(part["value"], weights=part["n_obs"]) if whole else np.nan
            found[f"{measure}_{group}_{when}"] = float(value)
    return found
