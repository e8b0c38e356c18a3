"""Least squares on categorical characteristics, from statistics that add up over parts.

Source: indicator document, chapter 4, equation 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from naveval.estimators.categorical.design import (
    Codes,
    Design,
    Fit,
    Rows,
    gram,
    independent,
    inverse,
    moments,
)
from naveval.project import threads
from naveval.project.errors import EstimationError
from naveval.project.given import numbers


@dataclass(frozen=True)
class OlsStatistics:
    """What least squares needs from the rows; statistics of parts of the data add up.

    gram (K, K), moments (K,), and sums of y, y² and rows.
    """

    gram: NDArray[np.float64]
    moments: NDArray[np.float64]
    y: float
    yy: float
    n: int

    def __add__(self, other: "OlsStatistics") -> "OlsStatistics":
        return OlsStatistics(
            self.gram + other.gram,
            self.moments + other.moments,
            self.y + other.y,
            self.yy + other.yy,
            self.n + other.n,
        )


def ols_statistics(design: Design, codes: Codes, outcome: NDArray) -> OlsStatistics:
    """Sufficient statistics of one part of the data.

    Raises
    ------
    EstimationError
        For outcomes that are missing or infinite, or not one for each row.
    """
    y = numbers("least squares", "outcome", outcome, (len(codes[0]),))
    return OlsStatistics(
        gram(design, codes),
        design.expand.T @ moments(design, codes, y),
        float(y.sum()),
        float(y @ y),
        len(y),
    )


def solve_ols(design: Design, statistics: OlsStatistics) -> Fit:
    """Least squares from sufficient statistics.

    Raises
    ------
    EstimationError
        With no more rows than columns.
    """
    keep, dropped = independent(statistics.gram, design.names)
    if statistics.n <= keep.sum():
        raise EstimationError(f"{statistics.n} rows cannot carry {int(keep.sum())} columns")
    bread = inverse(statistics.gram, keep)
    coefficients = bread @ statistics.moments
    coefficients += bread @ (statistics.moments - statistics.gram @ coefficients)
    rss = statistics.yy - float(coefficients @ statistics.moments)
    tss = statistics.yy - statistics.y**2 / statistics.n
    sigma2 = rss / (statistics.n - keep.sum())
    r2 = 1 - rss / tss if tss > 0 else np.nan
    return Fit(
        "ols", design, coefficients, bread, bread * sigma2, statistics.n, sigma2, r2, dropped, {}, 1
    )


def fit_ols(design: Design, parts: Iterable[Rows]) -> Fit:
    """Least squares over parts of the data, one at a time.

    Parameters
    ----------
    parts
        (codes, outcome) of each part; outcomes without missing values.
    """
    total: OlsStatistics | None = None
    for own in threads.in_order(lambda rows: ols_statistics(design, *rows), parts):
        total = own if total is None else total + own
    if total is None:
        raise EstimationError("no rows to estimate on")
    return solve_ols(design, total)
