"""ISO weeks on one running scale, so that years with 53 weeks need no special case.

Week 0 is 2015-W01 (Monday 29 December 2014). A week belongs to the month and year of its
Thursday (ISO 8601).
"""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from naveval.project.months import from_code, month_number

EPOCH = dt.date(2014, 12, 29)
JANUARY_2015 = month_number("2015-01")
ORDINAL = EPOCH.toordinal()


def of_date(day: dt.date) -> int:
    """Running number of the week a day lies in."""
    return (day.toordinal() - ORDINAL) // 7


def to_year_week(week: int) -> int:
    """Year and week of a running number: 130 is 201726."""
    iso = monday(week).isocalendar()
    return iso.year * 100 + iso.week


def monday(week: int) -> dt.date:
    return dt.date.fromordinal(ORDINAL + 7 * int(week))


def month(week: int) -> int:
    """Month of the week's Thursday as a number: 201707."""
    thursday = monday(week) + dt.timedelta(days=3)
    return thursday.year * 100 + thursday.month


def month_index(yyyymm: Any) -> Any:
    """Months since January 2015 of a month written 201707; works on arrays too."""
    return from_code(yyyymm) - JANUARY_2015


def calendar(first: dt.date, last: dt.date) -> pd.DataFrame:
    """One row per week from the week of `first` to the week of `last`.

    Returns
    -------
    DataFrame with `week` (running number), `year_week` (201726), `monday` (date), `month`
    (201706, of the Thursday).
    """
    weeks = range(of_date(first), of_date(last) + 1)
    return pd.DataFrame(
        {
            "week": np.array(weeks, dtype="int32"),
            "year_week": np.array([to_year_week(w) for w in weeks], dtype="int32"),
            "monday": [monday(w) for w in weeks],
            "month": np.array([month(w) for w in weeks], dtype="int32"),
        }
    )
