"""Outcomes after the (pseudo-)start, and the placebo before registration."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project.errors import EstimationError
from naveval.studies.programs import basic_amount
from naveval.studies.programs.codes import CONTROL
from naveval.studies.programs.sample.persons import BEFORE, Sample

PRICE_YEAR = 2022
PLACEBO = (13, 24)


def names(years: int) -> tuple[str, ...]:
    """Names of the outcomes: months in work and earnings by year, work by month."""
    return (
        *(f"months_{year}" for year in range(1, years + 1)),
        *(f"earnings_{year}" for year in range(1, years + 1)),
        *(f"work_{month}" for month in range(1, 12 * years + 1)),
    )


def outcomes(sample: Sample, years: int = 3) -> pd.DataFrame:
    """(n, 14 × years) outcomes from the month after the (pseudo-)start.

    Months in work a year; earnings a year in 2022 kroner; in work in each month.

    Raises
    ------
    EstimationError
        When controls have no pseudo-start yet.
    """
    start = sample.frame.start.to_numpy() - sample.frame.entry.to_numpy()
    if (start < 0).any():
        raise EstimationError(f"outcomes: {int((start < 0).sum())} controls lack a pseudo-start")
    n = len(start)
    offset = start[:, None] + np.arange(1, 12 * years + 1)
    cells = BEFORE + offset
    if cells.max() >= sample.work.shape[1]:
        raise EstimationError(f"outcomes: {years} years reach beyond the months in the sample")
    rows = np.arange(n)[:, None]
    work = sample.work[rows, cells].astype(float)
    price = basic_amount.to_prices_of(PRICE_YEAR)
    factor = np.vectorize(price.__getitem__)(
        2009 + (sample.frame.entry.to_numpy()[:, None] + offset) // 12
    )
    pay = sample.wage[rows, cells] * factor
    table = np.hstack(
        [_yearly(work, years), _yearly(pay, years), work],
    )
    return pd.DataFrame(table, columns=list(names(years)))


def placebo(sample: Sample) -> pd.DataFrame:
    """(n, 1) months in work 13 to 24 months before registration: no programme can change it."""
    near, far = PLACEBO
    months = sample.work[:, BEFORE - far : BEFORE - near + 1].sum(axis=1)
    return pd.DataFrame({"placebo": months.astype(float)})


def arm_codes(sample: Sample, arms: tuple[str, ...]) -> NDArray[np.int64]:
    """Position of each person's arm; the control is first."""
    codes = pd.Categorical(sample.frame.arm, categories=list(arms)).codes.astype(np.int64)
    if (codes < 0).any():
        raise EstimationError("arms: someone is in an arm that is not estimated")
    return codes


def arms_of(sample: Sample, order: tuple[str, ...]) -> tuple[str, ...]:
    """Control first, then the arms that have people, in the given order."""
    present = set(sample.frame.arm)
    return (CONTROL, *(arm for arm in order if arm in present))


def _yearly(values: NDArray[np.floating], years: int) -> NDArray[np.floating]:
    return values.reshape(len(values), years, 12).sum(axis=2)
