"""The basic amount of the National Insurance Scheme (grunnbeløpet, G) per date, and prices.

Source: Nav, "Grunnbeløpet i folketrygden" (amounts from 1 May each year), and Statistics
Norway's consumer price index, table 03014 (yearly mean, 2015 = 100).
"""

import numpy as np
from numpy.typing import NDArray

from naveval.project.errors import ParameterError

FROM_MAY = {
    2004: 58778,
    2005: 60699,
    2006: 62892,
    2007: 66812,
    2008: 70256,
    2009: 72881,
    2010: 75641,
    2011: 79216,
    2012: 82122,
    2013: 85245,
    2014: 88370,
    2015: 90068,
    2016: 92576,
    2017: 93634,
    2018: 96883,
    2019: 99858,
    2020: 101351,
    2021: 106399,
    2022: 111477,
    2023: 118620,
    2024: 124028,
}
CPI = {
    2005: 82.3,
    2006: 84.2,
    2007: 84.8,
    2008: 88.0,
    2009: 89.9,
    2010: 92.1,
    2011: 93.3,
    2012: 93.9,
    2013: 95.9,
    2014: 97.9,
    2015: 100.0,
    2016: 103.6,
    2017: 105.5,
    2018: 108.4,
    2019: 110.8,
    2020: 112.2,
    2021: 116.1,
    2022: 122.8,
    2023: 129.6,
}


def monthly(months: NDArray[np.int64]) -> NDArray[np.float64]:
    """Basic amount in force in each month (yyyymm), in kroner a year.

    Raises
    ------
    ParameterError
        For months outside the list.
    """
    year, month = np.asarray(months) // 100, np.asarray(months) % 100
    since = np.where(month >= 5, year, year - 1)
    known = np.array(sorted(FROM_MAY))
    if since.min() < known[0] or since.max() > known[-1]:
        raise ParameterError(f"basic amount: known from May {known[0]} to April {known[-1] + 1}")
    return np.array([float(FROM_MAY[y]) for y in known])[since - known[0]]


def annual(year: int) -> float:
    """Mean basic amount of a calendar year, as used for pensionable income."""
    return (4 * FROM_MAY[year - 1] + 8 * FROM_MAY[year]) / 12


def to_prices_of(year: int) -> dict[int, float]:
    """Factor from each year's kroner to the kroner of `year`."""
    return {other: CPI[year] / index for other, index in CPI.items()}
