"""Seasonal adjustment of a monthly curve against chosen base months.

Adjusted value = value − mean of the same calendar month over the base months + mean over the
base months. The adjustment is linear, so it is also available as a matrix that carries
standard errors and bootstrap draws along.

A trend turns into a staircase: calendar months later in a base window have higher means, so the
adjusted curve is flat until the calendar month in which a window begins, and steps up there; with
windows that hold some months once and others twice it even falls. `trend=True` estimates the
calendar months' means beside a straight line, with a level of its own for each base window, and
leaves a line as it is.

Source: indicator document, chapter 4, equation 3.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project.errors import EstimationError
from naveval.project.given import numbers
from naveval.project.months import require_month

LEAST_MONTHS = 24


def in_base(months: Sequence[str], windows: Sequence[tuple[str, str]]) -> NDArray[np.bool_]:
    """Which months lie in one of the base windows (first and last month included)."""
    return np.array([any(first <= month <= last for first, last in windows) for month in months])


def adjustment(
    months: Sequence[str],
    windows: Sequence[tuple[str, str]],
    observed: NDArray | None = None,
    *,
    trend: bool = False,
) -> NDArray[np.float64]:
    """The (T, T) matrix that adjusts a curve of T consecutive months.

    Parameters
    ----------
    observed
        Months with a value; base months without one are left out of the means.
    trend
        Whether the calendar months' means are taken net of a straight line.

    Raises
    ------
    EstimationError
        With fewer than 24 months, months that do not follow each other, fewer than 24 base months
        with a value, a calendar month that no base month has, or a trend where no calendar month
        recurs within a window.
    """
    steps = np.diff([require_month(month) for month in months])
    if (steps != 1).any():
        k = int(np.flatnonzero(steps != 1)[0])
        raise EstimationError(
            f"seasonal adjustment: {months[k + 1]} follows {months[k]}; expected every month once"
        )
    base = in_base(months, windows)
    if observed is not None:
        base &= observed
    if len(months) < LEAST_MONTHS:
        raise EstimationError(
            f"seasonal adjustment needs at least {LEAST_MONTHS} months; there are {len(months)} "
            f"({months[0]} to {months[-1]})"
        )
    if base.sum() < LEAST_MONTHS:
        raise EstimationError(
            f"seasonal adjustment needs at least {LEAST_MONTHS} base months with values; there "
            f"are {int(base.sum())} in " + ", ".join(f"{a} to {b}" for a, b in windows)
        )
    calendar = np.array([int(month[5:7]) for month in months])
    missing = sorted(set(range(1, 13)) - set(calendar[base].tolist()))
    if missing:
        raise EstimationError(
            f"seasonal adjustment: no base month with a value for calendar month(s) {missing}"
        )
    if trend:
        effect = _season_net_of_trend(months, windows, base)[calendar - 1]
        return np.eye(len(months)) - effect + effect[base].mean(axis=0)
    same = (calendar[:, None] == calendar[None, :]) & base[None, :]
    return np.eye(len(months)) - same / same.sum(axis=1, keepdims=True) + base / base.sum()


def _season_net_of_trend(
    months: Sequence[str], windows: Sequence[tuple[str, str]], base: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Level of each calendar month as a function of the curve, (12, T)."""
    own = [month for month, inside in zip(months, base, strict=True) if inside]
    calendar = np.array([int(month[5:7]) for month in own])
    members = np.column_stack([in_base(own, [window]) for window in windows])
    columns = [
        calendar[:, None] == np.arange(1, 13),
        members[:, members.any(axis=0)][:, 1:],
        np.flatnonzero(base)[:, None] / 12,
    ]
    x = np.hstack([column.astype(float) for column in columns])
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise EstimationError(
            "seasonal adjustment net of a trend: no calendar month recurs within a base window"
        )
    effect = np.zeros((12, len(months)))
    effect[:, base] = np.linalg.pinv(x)[:12]
    return effect


def adjust(
    values: NDArray,
    months: Sequence[str],
    windows: Sequence[tuple[str, str]],
    *,
    trend: bool = False,
) -> NDArray[np.float64]:
    """Adjust one curve (T,), or several (T, G); months without a value stay missing.

    Raises
    ------
    EstimationError
        For another number of values than months, infinite ones, and as in `adjustment`.
    """
    shape = (len(months), None) if np.ndim(values) == 2 else (len(months),)
    values = numbers("seasonal adjustment", "values", values, shape, gaps=True)
    if values.ndim == 2:
        return np.column_stack([adjust(one, months, windows, trend=trend) for one in values.T])
    observed = ~np.isnan(values)
    matrix = adjustment(months, windows, observed, trend=trend)
    return np.where(observed, matrix @ np.where(observed, values, 0.0), np.nan)


def tertial(month: str) -> str:
    """Four-month period of a month: "2024-04" is "2024T1"."""
    year, place = divmod(require_month(month), 12)
    return f"{year}T{place // 4 + 1}"


def by_tertial(frame: pd.DataFrame, values: Sequence[str], keys: Sequence[str]) -> pd.DataFrame:
    """Plain mean of the four months; periods with fewer than four months are left out.

    Parameters
    ----------
    frame
        Columns `month`, the keys and the values.
    """
    grouped = (
        frame.dropna(subset=list(values))
        .assign(tertial=lambda table: table["month"].map(tertial))
        .groupby([*keys, "tertial"], sort=True)
    )
    full = grouped["month"].transform("nunique") == 4
    own = grouped.obj[full].groupby([*keys, "tertial"], sort=True)[list(values)].mean()
    return own.reset_index()
