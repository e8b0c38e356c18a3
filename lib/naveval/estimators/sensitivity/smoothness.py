"""Fixed-length intervals when the difference in trends is nearly a straight line.

The slope of the difference in trends changes by at most M per period. An estimate that is the
weighted effect after the start, corrected by weighted coefficients from before, then has a
largest possible bias; the weights are chosen so that the interval around it, wide enough for
that bias, is as short as possible. With M = 0 a straight line from before is taken out.

Source: Rambachan and Roth (2023), section 4.1, after Armstrong and Kolesár (2018, 2020).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from naveval.project.normal import reach

Array = NDArray[np.floating]
ITERATIONS = 4000


def fixed_length(
    estimate: Array,
    covariance: Array,
    n_before: int,
    weights: Array,
    bound: float,
    level: float = 0.95,
) -> tuple[float, float]:
    """Shortest interval of this kind for the weighted effect.

    Parameters
    ----------
    estimate, covariance
        (P + T,) and (P + T, P + T), the reference period left out.
    n_before
        P, at least 1; the reference is the period after these.
    weights
        (T,) weights of the effect.
    bound
        M, in units of the estimates per period and period.
    """
    n_after = weights.size
    times = np.concatenate([np.arange(-n_before, 0), np.arange(1, n_after + 1)]).astype(float)
    bends = _bends(n_before, n_after)
    scale = float(np.sqrt(np.diag(covariance).mean()))

    def whole(free: Array) -> Array:
        """Weights on all coefficients that a straight line passes through unseen."""
        rest = -(weights @ times[n_before:] + free @ times[: n_before - 1])
        return np.concatenate([free, [rest / times[n_before - 1]], weights])

    def half_length(free: Array) -> float:
        chosen = whole(free)
        sd = float(np.sqrt(chosen @ covariance @ chosen))
        return critical(bound * float(np.abs(bends @ chosen).sum()) / sd, level) * sd / scale

    start = _line(times[:n_before], float(weights @ times[n_before:]))[:-1]
    best = start
    if start.size:
        for first in (start, np.zeros_like(start)):
            found = optimize.minimize(
                half_length,
                first,
                method="Nelder-Mead",
                options={"maxiter": ITERATIONS, "xatol": 1e-8, "fatol": 1e-10},
            )
            best = found.x if half_length(found.x) < half_length(best) else best
    centre = float(whole(best) @ estimate)
    half = half_length(best) * scale
    return centre - half, centre + half


def critical(bias: float, level: float) -> float:
    """How many standard errors an interval needs when bias is at most `bias` of them."""
    return float(np.sqrt(stats.ncx2.ppf(level, 1, bias**2))) if bias > 0 else reach(level)


def _bends(n_before: int, n_after: int) -> Array:
    """Each change of slope as a path of coefficients: (P + T − 1, P + T).

    A change of slope after the reference moves the later coefficients, one before it the
    earlier ones; the change at the reference itself moves the later ones.
    """
    after = [np.maximum(np.arange(1, n_after + 1) - at, 0).astype(float) for at in range(n_after)]
    before = [
        np.maximum(at - np.arange(-n_before, 0), 0).astype(float) for at in range(-n_before + 1, 0)
    ]
    rows = [np.concatenate([np.zeros(n_before), row]) for row in after]
    rows += [np.concatenate([row, np.zeros(n_after)]) for row in before]
    return np.array(rows)


def _line(times: Array, after: float) -> Array:
    """Weights that take out the least-squares line through the reference."""
    return -after * times / (times @ times)
