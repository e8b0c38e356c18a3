"""Hours worked month by month, and the outcomes made of them.

atid = hours in the months after the month of measurement divided by weeks (13 for three months,
52 for twelve); jobb = average weekly hours above 19 in the last of these months. An outcome
whose months are not all observed is missing, never partial.

Source: indicator document, chapter 3.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from naveval import months as calendar_months
from naveval.errors import ContractError
from naveval.indicator_extracts import PersonIndex, months_of, numbers, read_months

WEEKS_PER_MONTH = 13 / 3
JOB_LIMIT = 19.0
MOST_HOURS = 500.0
FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26))
EASTER_HOLIDAYS = (-3, -2, 1, 39, 50)


@dataclass(frozen=True)
class Hours:
    """Paid hours by month and person.

    hours: (months, persons) float32, 0 where the register has no row; counts: rows read, and
    rows of persons who are never in the stock (kept in the register, not used).
    """

    months: tuple[str, ...]
    hours: NDArray[np.float32]
    counts: dict[str, int]


def easter(year: int) -> dt.date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return dt.date(year, month, day + 1)


def working_days(month: str) -> int:
    """Mondays to Fridays of a month that are no Norwegian public holiday."""
    year, number = int(month[:4]), int(month[5:7])
    holidays = {dt.date(year, m, d) for m, d in FIXED_HOLIDAYS}
    holidays |= {easter(year) + dt.timedelta(days=shift) for shift in EASTER_HOLIDAYS}
    day, count = dt.date(year, number, 1), 0
    while day.month == number:
        count += day.weekday() < 5 and day not in holidays
        day += dt.timedelta(days=1)
    return count


def day_factors(months: Sequence[str]) -> NDArray[np.float32]:
    """What hours of each month are multiplied by: average working days over its own."""
    days = np.array([working_days(month) for month in months], dtype=float)
    return (days.mean() / days).astype(np.float32)


def read_hours(
    data: Path,
    index: PersonIndex,
    stock: Sequence[str],
    *,
    subsidised: bool = True,
    working_days: bool = False,
) -> Hours:
    """Read all months of hours from the first month of the stock on.

    Parameters
    ----------
    subsidised
        False subtracts hours paid by wage subsidy.
    working_days
        True scales each month to the average number of working days.

    Raises
    ------
    ContractError
        Negative or impossible hours, a person twice in a month, hours that end before the
        stock does.
    """
    months = tuple(month for month in months_of(data, "hours") if month >= stock[0])
    if not months or months[0] != stock[0] or months[-1] < stock[-1]:
        raise ContractError(
            f"hours, column month: expected every month from {stock[0]} to {stock[-1]} or later"
        )
    table = np.zeros((len(months), index.count), dtype=np.float32)
    factors = day_factors(months) if working_days else np.ones(len(months), dtype=np.float32)
    columns = ["person", "hours"] if subsidised else ["person", "hours", "subsidised_hours"]
    rows = outside = 0
    for t, (month, part) in enumerate(read_months(data, "hours", columns, months)):
        hours = numbers(part, "hours").astype(np.float32)
        _check(hours, month, "hours")
        if not subsidised:
            paid = numbers(part, "subsidised_hours").astype(np.float32)
            _check(paid, month, "subsidised_hours")
            hours = np.maximum(hours - paid, 0)
        place = index.find(numbers(part, "person"))
        own = place >= 0
        if np.bincount(place[own], minlength=1).max(initial=0) > 1:
            raise ContractError(f"hours, month {month}: a person is there twice")
        table[t, place[own]] = hours[own] * factors[t]
        rows += len(hours)
        outside += int((~own).sum())
    return Hours(months, table, {"hours_rows": rows, "hours_outside_stock": outside})


def _check(hours: NDArray, month: str, column: str) -> None:
    bad = ~((hours >= 0) & (hours <= MOST_HOURS))
    if bad.any():
        rows = np.flatnonzero(bad) + 1
        first = ", ".join(str(row) for row in rows[:5])
        raise ContractError(
            f"hours, month {month}, column {column}: {len(rows)} rows (first: {first}): "
            f"expected 0 to {MOST_HOURS:.0f} hours"
        )


def outcomes_of(
    hours: Hours, person: NDArray[np.int32], month: str, horizons: Sequence[int]
) -> dict[str, NDArray]:
    """Outcomes of the persons in one month's stock; horizons not fully observed are left out."""
    t = calendar_months.month_number(month) - calendar_months.month_number(hours.months[0])
    found: dict[str, NDArray] = {}
    for horizon in horizons:
        if t + horizon >= len(hours.months):
            continue
        window = hours.hours[t + 1 : t + 1 + horizon]
        weeks = 13 * horizon / 3
        if horizon <= 3:
            total = sum(month_hours[person] for month_hours in window)
        else:
            total = window.sum(axis=0)[person]
        found[f"atid{horizon}"] = (total / np.float32(weeks)).astype(np.float32)
        last = hours.hours[t + horizon][person]
        found[f"jobb{horizon}"] = (last > np.float32(JOB_LIMIT * WEEKS_PER_MONTH)).astype(np.uint8)
    return found
