"""The basic amount of the National Insurance Scheme (grunnbeløpet, G) per date, and prices."""

import numpy as np
from numpy.typing import NDArray

from naveval.project import paths
from naveval.project.errors import ParameterError
from naveval.project.parameters import read_yaml

YEARS = read_yaml(paths.params_dir() / "basic_amount.yml")
FROM_MAY: dict[int, int] = YEARS["from_may"]
CPI: dict[int, float] = YEARS["consumer_prices"]


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
