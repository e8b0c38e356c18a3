"""Offices: levels over a period, shrinkage, reliability and funnel limits."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.estimators import multiplier, shrinkage
from naveval.project.errors import EstimationError
from naveval.project.normal import Z95
from naveval.studies.indicator.series import Curves, months_mean

LAST_MONTHS = 12
LEAST_PERSONS = 5


def office_table(found: Curves, county_of: np.ndarray, counties: tuple[str, ...]) -> pd.DataFrame:
    """One row per office: the last twelve months, shrunken, with reliability and limits.

    Offices with fewer than five persons in some month have no standard error and take no part:
    a spread cannot be measured on so few.

    Columns: office, county, n (row-months), n_month (smallest month), actual, expected,
    indicator, std_error (steadied), mean (of everybody: what offices are pulled towards, and the
    middle of the funnel), shrunken, shrunken_error, shrunken_low, shrunken_high, reliability,
    between, low95, high95, low998, high998, outside95, outside998.

    Raises
    ------
    EstimationError
        Without influence tables, or with fewer than four offices with rows.
    """
    if found.influence is None:
        raise EstimationError("offices: curves without influence tables have no standard errors")
    last = np.zeros(len(found.months), dtype=bool)
    last[-LAST_MONTHS:] = True
    level = months_mean(found, last)
    least = found.n[last].min(axis=0)
    own = np.where(least >= LEAST_PERSONS, level["std_error"], np.nan)
    level["std_error"] = steadied(own, level["n"].to_numpy(), least)
    everybody = float(np.average(level["indicator"].fillna(0), weights=level["n"]))
    value, error = level["indicator"].to_numpy(), level["std_error"].to_numpy()
    shrunk = shrinkage.shrink(value, error, mean=everybody)
    limits = shrinkage.funnel(value, error, mean=everybody)
    frame = level.rename(columns={"group": "office"}).assign(
        county=[counties[k] for k in county_of],
        n_month=least,
        shrunken=shrunk.estimate,
        shrunken_error=shrunk.std_error,
        shrunken_low=shrunk.estimate - Z95 * shrunk.std_error,
        shrunken_high=shrunk.estimate + Z95 * shrunk.std_error,
        reliability=shrunk.reliability,
        mean=everybody,
        between=shrunk.between,
        low95=limits.low[0],
        high95=limits.high[0],
        low998=limits.low[1],
        high998=limits.high[1],
        outside95=limits.outside[0],
        outside998=limits.outside[1],
    )
    return frame.assign(outcome=found.outcome, first_month=found.months[-LAST_MONTHS])


def steadied(std_error: NDArray, rows: NDArray, persons: NDArray) -> NDArray[np.float64]:
    """Standard errors of offices after their variance per row is squeezed (see `shrinkage`).

    Parameters
    ----------
    rows, persons
        Rows behind each value, and persons, which decide how much its variance is trusted.
    """
    rows = np.where(rows > 0, rows, np.nan)
    return np.sqrt(shrinkage.squeeze(std_error**2 * rows, persons - 1) / rows)


def reliability_by_month(found: Curves) -> pd.DataFrame:
    """Reliability of a single month's value per office: month, office, n, reliability.

    The variance between offices is common to the months: a single month says too little of it.
    """
    if found.influence is None:
        raise EstimationError("offices: curves without influence tables have no standard errors")
    usable = found.n >= LEAST_PERSONS
    raw = np.stack(
        [
            multiplier.clustered_errors(found.influence[:, t].astype(float))
            for t in range(len(found.months))
        ]
    )
    error = np.stack(
        [
            steadied(np.where(own, e, np.nan), n, n)
            for own, e, n in zip(usable, raw, found.n, strict=True)
        ]
    )
    value = np.where(usable, found.indicator, np.nan)
    between = shrinkage.between_variance(value, error)
    rows = []
    for t, month in enumerate(found.months):
        shrunk = shrinkage.shrink(value[t], error[t], between=between)
        rows.append(
            pd.DataFrame(
                {
                    "month": month,
                    "office": found.grouping.names,
                    "n": found.n[t],
                    "reliability": shrunk.reliability,
                    "shrunken": shrunk.estimate,
                    "shrunken_error": shrunk.std_error,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def funnel_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Offices outside the limits, and how many to expect there by chance alone."""
    usable = int(table["std_error"].notna().sum())
    return pd.DataFrame(
        {
            "level": [0.95, 0.998],
            "offices": usable,
            "expected": [0.05 * usable, 0.002 * usable],
            "observed": [int(table["outside95"].sum()), int(table["outside998"].sum())],
        }
    )
