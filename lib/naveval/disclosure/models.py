"""Output of models: what a coefficient must rest on, and how finely it may be told.

A coefficient that is a function of cell means (saturated, nothing that varies within cells) is
no model in this sense but descriptive: compute it from protected counts.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from naveval.disclosure.thresholds import thresholds

ERROR_DIGITS = 2


def estimable(events: ArrayLike, others: ArrayLike, residual_df: ArrayLike) -> NDArray[np.bool_]:
    """Whether coefficients may be told.

    Parameters
    ----------
    events, others
        Persons with the outcome and without it, in truth: (n,) smallest over the cells behind
        each coefficient. For outcomes that are amounts: persons on either side of zero.
    residual_df
        Residual degrees of freedom of the model.
    """
    rules = thresholds()
    least = rules.models.least_events
    enough = (np.asarray(events) >= least) & (np.asarray(others) >= least)
    return enough & (np.asarray(residual_df) >= rules.residual_df)


def enough_persons(persons: ArrayLike) -> NDArray[np.bool_]:
    """Whether so many persons can have the events and the non-events that are asked for."""
    return np.asarray(persons) >= 2 * thresholds().models.least_events


def fewest(cells: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Fewest events and fewest non-events over the cells behind a coefficient."""
    events, others = np.transpose(list(cells))
    return float(events.min()), float(others.min())


def step(std_error: ArrayLike, points: float | None = None) -> NDArray[np.float64]:
    """The step an estimate is rounded to: 1, 2 or 5 times a power of ten.

    At least a tenth of the standard error and at least `points` (0.01 percentage point, or what
    corresponds to it in the unit). A step of a round number, since a multiple of a tenth of the
    error would give the error in full digits.

    >>> step([0.3, 0.031, 12.0]).tolist()
    [0.05, 0.01, 2.0]
    """
    rules = thresholds().models
    least = np.maximum(np.asarray(std_error) * rules.share_of_error, 0)
    floor = rules.points if points is None else points
    wanted = np.maximum(least, floor)
    with np.errstate(invalid="ignore", divide="ignore"):
        power = 10.0 ** np.floor(np.log10(wanted))
    scaled = wanted / power
    digit = np.select([scaled <= 1 + 1e-9, scaled <= 2 + 1e-9, scaled <= 5 + 1e-9], [1, 2, 5], 10)
    return np.where(np.isfinite(wanted), digit * power, np.nan)


def rounded(
    values: ArrayLike, std_error: ArrayLike, points: float | None = None
) -> NDArray[np.float64]:
    """Estimates, limits of intervals and other numbers in the unit of the error, rounded.

    >>> rounded([0.1234567, -7.26], [0.031, 1.9]).tolist()
    [0.12, -7.2]
    """
    return _to_steps(values, step(std_error, points))


def _to_steps(values: ArrayLike, size: ArrayLike) -> NDArray[np.float64]:
    given, steps = np.broadcast_arrays(np.asarray(values), size)
    # A whole number over a power of ten: 3 × 0.05 is 0.15000000000000002, and must not show.
    unit = 10.0 ** np.maximum(0, -np.floor(np.log10(steps) + 1e-9))
    found = np.round(given / steps) * np.round(steps * unit) / unit + 0.0
    return np.where(np.isfinite(given), found, np.nan)


def rounded_errors(std_error: ArrayLike) -> NDArray[np.float64]:
    """Standard errors to two digits.

    >>> rounded_errors([0.03149, 12.34]).tolist()
    [0.031, 12.0]
    """
    given = np.asarray(std_error)
    found = [float(f"{value:.{ERROR_DIGITS - 1}e}") for value in given.ravel()]
    return np.array(found).reshape(given.shape)


def rounded_p(p_values: ArrayLike) -> NDArray[np.float64]:
    """p-values to 0.001: in full digits they are the estimate over its error in full digits."""
    return _to_steps(p_values, thresholds().models.p_value)
