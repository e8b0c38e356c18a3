"""Means for the figures: by duration, and by month and group, with the persons behind each."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from naveval.studies.followup.panel import CHANNEL_COLUMNS, KIND_COLUMNS, persons_in

COUNTRY = ""
HALF_YEARS = {"target": (1, 26), "other": (27, 52)}
THRESHOLD = {"target": (24, 26), "other": (30, 32), "second": (20, 22)}
FOLLOW_UP = ("program", "phone", "meeting", "question")
EXITS = ("work", "ended", "health")
BY_DURATION = {"fig-1": CHANNEL_COLUMNS, "fig-2": KIND_COLUMNS, "fig-3": ("digital",)}
BY_MONTH: Mapping[str, tuple[Sequence[str], Mapping[str, tuple[int, int]]]] = {
    "fig-4": (FOLLOW_UP, HALF_YEARS),
    "fig-5": (FOLLOW_UP, THRESHOLD),
    "fig-6": (EXITS, HALF_YEARS),
}
COUNTS = ["n_obs", "n_persons", "n_persons_key", "n_with", "n_with_key"]
MONTHLY = [*COUNTS, "total", "cap"]


def by_duration(profiles: pd.DataFrame, measures: Sequence[str], county: str) -> pd.DataFrame:
    """Raw counts of each measure by duration, for one county or the country.

    Returns
    -------
    DataFrame with measure, duration (two-week periods), weeks, total, n_obs, n_persons, n_with,
    and the keys of the two numbers of persons.
    """
    part = profiles[profiles["measure"].isin(measures)]
    if county:
        part = part[part["county"] == county]
    found = part.groupby(["measure", "duration"], sort=False, as_index=False)[
        ["total", *COUNTS]
    ].sum()
    found["weeks"] = 2 * found["duration"]
    return found[["measure", "duration", "weeks", "total", *COUNTS]]


def by_month(
    window: pd.DataFrame,
    measures: Sequence[str],
    groups: Mapping[str, tuple[int, int]],
    record_keys: np.ndarray,
    caps: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Raw counts of each measure by month and group of weeks left.

    Parameters
    ----------
    window
        Person-periods of the place.
    groups
        Name to first and last week left.
    record_keys
        By running number of the person.
    caps
        Most that one person adds to a cell's total, by measure; default: the most that anybody
        has in these rows (take the country's for all places).

    Returns
    -------
    DataFrame with measure, group, month (201707), n_obs, n_persons, n_with, total (the sum over
    persons), cap, and the keys of the two numbers of persons.
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
    n_obs = np.bincount(cell, minlength=size)
    n_persons, persons_key = persons_in(cell, person, size, record_keys)
    parts = []
    for measure in measures:
        value = rows[measure].to_numpy(float)
        own = value > 0
        n_with, with_key = persons_in(cell[own], person[own], size, record_keys)
        place, each = _of_persons(cell[own], person[own], value[own])
        cap = _cap(each) if caps is None else caps[measure]
        part = pd.DataFrame(
            {
                "measure": measure,
                "group": np.repeat(list(groups), months.size),
                "month": np.tile(months, len(groups)),
                "n_obs": n_obs,
                "n_persons": n_persons,
                "n_persons_key": persons_key,
                "n_with": n_with,
                "n_with_key": with_key,
                "total": np.bincount(place, np.minimum(each, cap), size),
                "cap": cap,
            }
        )
        parts.append(part[n_obs > 0])
    columns = ["measure", "group", "month", *MONTHLY]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _of_persons(
    cell: np.ndarray, person: np.ndarray, value: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cell and sum of every person in every cell."""
    pair = person.astype(np.int64) << 32 | cell
    distinct, at = np.unique(pair, return_inverse=True)
    return distinct & 0xFFFFFFFF, np.bincount(at, value, distinct.size)


def _cap(each: np.ndarray) -> float:
    return float(each.max(initial=1.0))
