"""Series over time: the finest step of time that is not mostly noise."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import pandas as pd

from naveval.disclosure.thresholds import thresholds

Step = Literal["month", "quarter", "half_year", "year", "all"]
MONTHS: Mapping[Step, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


def period(months: pd.Series, step: Step, first: int) -> pd.Series:
    """First month (number) of the period each month lies in; "all" is the first month.

    Periods are whole from `first` on, so that every one has as many months.
    """
    width = MONTHS.get(step)
    return months * 0 + first if width is None else first + (months - first) // width * width


def finest(
    at: Callable[[Step], pd.DataFrame],
    numerator: str,
    denominator: str = "",
    steps: tuple[Step, ...] = ("month", "quarter", "half_year", "year", "all"),
) -> pd.DataFrame | None:
    """The frame of the finest step with enough in the median numerator and complement.

    With the step in the column `step`; None when no step has enough.

    Parameters
    ----------
    at
        Gives the protected frame of a step. Persons are counted anew for each step: a person
        with an event in two months of a quarter is one person of that quarter.
    numerator, denominator
        Columns of protected counts; without a denominator only the numerator is asked for.

    Notes
    -----
    The choice looks at protected counts only, so it tells nothing more. One step is published.
    """
    for step in steps:
        frame = at(step)
        if enough(frame, numerator, denominator):
            return frame.assign(step=step)
    return None


def enough(frame: pd.DataFrame, numerator: str, denominator: str = "") -> bool:
    """Whether the median protected numerator and complement are at least ten."""
    medians = _with_and_without(frame, numerator, denominator).median()
    return bool((medians >= thresholds().counts.series_median).all())


def enough_in(
    frame: pd.DataFrame, by: Sequence[str], numerator: str, denominator: str = ""
) -> pd.Series:
    """`enough` of each series of a frame, by the columns that tell series apart.

    Examples
    --------
    >>> months = pd.DataFrame({"group": [*"aab"], "n": [9, 20, 9]})
    >>> enough_in(months, ["group"], "n").to_dict()
    {'a': True, 'b': False}
    """
    numbers = _with_and_without(frame, numerator, denominator)
    medians = numbers.groupby([frame[name] for name in by], sort=False).median()
    return (medians >= thresholds().counts.series_median).all(axis=1)


def _with_and_without(frame: pd.DataFrame, numerator: str, denominator: str) -> pd.DataFrame:
    numbers = {"with": frame[numerator]}
    if denominator:
        numbers["without"] = frame[denominator] - frame[numerator]
    return pd.DataFrame(numbers)
