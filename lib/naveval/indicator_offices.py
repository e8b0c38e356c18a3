"""Offices: levels over a period, shrinkage, reliability and funnel limits."""

import numpy as np
import pandas as pd

from naveval import multiplier, shrinkage
from naveval.errors import EstimationError
from naveval.indicator_series import Curves, months_mean

LAST_MONTHS = 12
LEAST_PERSONS = 5


def office_table(found: Curves, county_of: np.ndarray, counties: tuple[str, ...]) -> pd.DataFrame:
    """One row per office: the last twelve months, shrunken, with reliability and limits.

    Offices with fewer than five persons in some month have no standard error and take no part:
    a spread cannot be measured on so few.

    Columns: office, county, n (row-months), n_month (smallest month), actual, expected,
    indicator, std_error, shrunken, shrunken_error, shrunken_low, shrunken_high, reliability,
    low95, high95, low998, high998, outside95, outside998.

    Raises
    ------
    EstimationError
        Without influence tables, or with fewer than three offices with rows.
    """
    if found.influence is None:
        raise EstimationError("offices: curves without influence tables have no standard errors")
    last = np.zeros(len(found.months), dtype=bool)
    last[-LAST_MONTHS:] = True
    level = months_mean(found, last)
    least = found.n[last].min(axis=0)
    level["std_error"] = level["std_error"].where(least >= LEAST_PERSONS)
    shrunk = shrinkage.shrink(level["indicator"].to_numpy(), level["std_error"].to_numpy())
    limits = shrinkage.funnel(level["indicator"].to_numpy(), level["std_error"].to_numpy(),
                              mean=shrunk.mean)  # fmt: skip
    frame = level.rename(columns={"group": "office"}).assign(
        county=[counties[k] for k in county_of],
        n_month=least,
        shrunken=shrunk.estimate, shrunken_error=shrunk.std_error,
        shrunken_low=shrunk.estimate - 1.959964 * shrunk.std_error,
        shrunken_high=shrunk.estimate + 1.959964 * shrunk.std_error,
        reliability=shrunk.reliability, mean=shrunk.mean, between=shrunk.between,
        low95=limits.low[0], high95=limits.high[0],
        low998=limits.low[1], high998=limits.high[1],
        outside95=limits.outside[0], outside998=limits.outside[1],
    )  # fmt: skip
    return frame.assign(outcome=found.outcome, first_month=found.months[-LAST_MONTHS])


def reliability_by_month(found: Curves) -> pd.DataFrame:
    """Reliability of a single month's value per office: month, office, n, reliability."""
    if found.influence is None:
        raise EstimationError("offices: curves without influence tables have no standard errors")
    rows = []
    for t, month in enumerate(found.months):
        error = multiplier.clustered_errors(found.influence[:, t].astype(float))
        usable = found.n[t] >= LEAST_PERSONS
        shrunk = shrinkage.shrink(np.where(usable, found.indicator[t], np.nan),
                                  np.where(usable, error, np.nan))  # fmt: skip
        rows.append(
            pd.DataFrame({"month": month, "office": found.grouping.names, "n": found.n[t],
                          "reliability": shrunk.reliability, "shrunken": shrunk.estimate,
                          "shrunken_error": shrunk.std_error})
        )  # fmt: skip
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
