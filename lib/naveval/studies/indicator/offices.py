"""Offices: levels over a period, shrinkage, reliability and funnel limits."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure import counts as counting
from naveval.disclosure import models
from naveval.estimators import multiplier, shrinkage
from naveval.project.errors import EstimationError
from naveval.project.normal import Z95
from naveval.studies.indicator.panel import Panel, with_outcome
from naveval.studies.indicator.protection import Noise
from naveval.studies.indicator.series import Curves, months_mean

LAST_MONTHS = 12
LEAST_PERSONS = 5
TOGETHER = (
    *("shrunken", "shrunken_error", "shrunken_low", "shrunken_high", "reliability"),
    *("between", "between_low", "between_high"),
)


def office_table(
    found: Mapping[str, Curves],
    county_of: NDArray[np.int16],
    counties: tuple[str, ...],
    persons: NDArray[np.float64],
) -> pd.DataFrame:
    """One row per office: the last twelve months, shrunken, with reliability and limits.

    Offices with too few persons to be shown, or fewer than five in some month, have no standard
    error and take no part: a spread cannot be measured on so few.

    Parameters
    ----------
    found
        Curves by "office" and "nav".
    persons
        Protected distinct persons of each office over these months.

    Columns: office, county, n_persons, actual, expected, indicator, std_error (steadied, with the
    noise), mean (of everybody: what offices are pulled towards, and the middle of the funnel), and
    those of TOGETHER: shrunken with its error and interval, reliability, and the standard deviation
    between offices with its interval; all missing with fewer than four offices that take part.

    Raises
    ------
    EstimationError
        Without influence tables.
    """
    curve = found["office"]
    if curve.influence is None:
        raise EstimationError("offices: curves without influence tables have no standard errors")
    last = np.zeros(len(curve.months), dtype=bool)
    last[-LAST_MONTHS:] = True
    level = months_mean(curve, last)
    least = curve.n[last].min(axis=0)
    noise = level["noise_error"].to_numpy()
    own = np.sqrt(np.maximum(level["std_error"].to_numpy() ** 2 - noise**2, 0))
    own = np.where((least >= LEAST_PERSONS) & (persons >= curve.least), own, np.nan)
    error = np.hypot(steadied(own, level["n"].to_numpy(), least), noise)
    everybody = float(months_mean(found["nav"], last)["indicator"].iloc[0])
    value = level["indicator"].to_numpy()
    frame = level.rename(columns={"group": "office"}).drop(columns=["n", "noise_error"])
    frame = frame.assign(
        county=[counties[k] for k in county_of],
        n_persons=persons,
        std_error=models.rounded_errors(error),
        mean=everybody,
    )
    if np.isfinite(error).sum() < shrinkage.LEAST_UNITS:
        return frame.assign(std_error=np.nan, **dict.fromkeys(TOGETHER, np.nan))
    shrunk = shrinkage.shrink(value, error, mean=everybody)
    low, high = shrinkage.between_interval(value, error)
    half = Z95 * shrunk.std_error
    return frame.assign(
        shrunken=models.rounded(shrunk.estimate, shrunk.std_error),
        shrunken_error=models.rounded_errors(shrunk.std_error),
        shrunken_low=models.rounded(shrunk.estimate - half, shrunk.std_error),
        shrunken_high=models.rounded(shrunk.estimate + half, shrunk.std_error),
        reliability=shrunk.reliability.round(2),
        between=shrunk.between,
        between_low=low,
        between_high=high,
    )


def persons(panel: Panel, noise: Noise, months: int = LAST_MONTHS) -> NDArray[np.float64]:
    """Protected number of distinct persons of each office over the last months with atid3."""
    chunks = list(with_outcome(panel, "atid3"))[-months:]
    pairs = [c.groups["office"].astype(np.int64) * panel.n_persons + c.person for c in chunks]
    office, person = np.divmod(np.unique(np.concatenate(pairs)), panel.n_persons)
    size = len(panel.levels["office"])
    key = np.bincount(office, weights=noise.record_keys[person], minlength=size).astype(np.int64)
    n = np.bincount(office, minlength=size)
    return counting.protected_counts(n, key, noise.secret, "n").astype(float)


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
    noises = np.broadcast_to(found.noise, found.n.shape)
    raw = np.stack(
        [
            multiplier.clustered_errors(found.influence[:, t].astype(float))
            for t in range(len(found.months))
        ]
    )
    error = np.stack(
        [
            np.hypot(steadied(np.where(own, e, np.nan), n, n), np.sqrt(noise))
            for own, e, n, noise in zip(usable, raw, found.n, noises, strict=True)
        ]
    )
    value = np.where(usable, found.indicator, np.nan)
    if (np.isfinite(error) & np.isfinite(value)).sum(axis=1).max() < shrinkage.LEAST_UNITS:
        return pd.DataFrame({"month": found.months, "reliability": np.nan})
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
