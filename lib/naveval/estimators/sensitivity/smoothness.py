"""Fixed-length intervals when the difference in trends is nearly a straight line.

The slope of the difference in trends changes by at most M per period. An estimate that is the
weighted effect after the start, corrected by weighted coefficients from before, then has a
largest possible bias; the weights are chosen so that the interval around it, wide enough for
that bias, is as short as possible. With M = 0 a straight line from before is taken out.

The half length is F(b, s) = s·c(b / s) for largest bias b and standard error s. Its critical
value has c'(t) = tanh(t·c(t)), which grows with t: F is convex and homogeneous, the smallest
upper bound of the planes that touch it. The shortest interval is therefore found exactly: a
second-order cone programme (Clarabel) minimises the highest of the planes drawn so far, which
is a lower bound of the answer, and a new plane is drawn where it found its minimum, until lower
and upper bound meet.

Source: Rambachan and Roth (2023), section 4.1, after Armstrong and Kolesár (2018, 2020).
"""

import clarabel
import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, sparse, special

from naveval.project.errors import EstimationError

Array = NDArray[np.float64]
PLANES = 60
SOLVED = ("Solved", "AlmostSolved")
GAP, NEAR = 1e-9, 1e-6
TOLERANCES = (1e-11, 1e-10, 1e-9)  # the next where the solver cannot reach the one before


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

    Raises
    ------
    EstimationError
        When the covariance has not full rank or the solver finds no optimum.
    """
    scale = float(np.sqrt(np.diag(covariance).mean()))
    root = _root(covariance / scale**2)
    base, free = _unseen(n_before, weights)
    bends = _bends(n_before, weights.size)
    chosen = _shortest(base, free, root, bends * (bound / scale), level)
    centre = float(chosen @ estimate)
    half = _half_length(chosen, root, bends * (bound / scale), level) * scale
    return centre - half, centre + half


def critical(bias: float, level: float) -> float:
    """How many standard errors an interval needs when bias is at most `bias` of them.

    The c with Φ(c − bias) − Φ(−c − bias) = level.
    """
    low, high = special.ndtri(level) - 1e-9, special.ndtri(0.5 + level / 2) + 1e-9

    def missing(reach: float) -> float:
        return float(special.ndtr(reach) - special.ndtr(-reach - 2 * bias) - level)

    return bias + float(optimize.brentq(missing, low, high, xtol=1e-14, rtol=1e-14))


def _root(covariance: Array) -> Array:
    """Matrix R with R'R the covariance: the standard error of w is |R w|."""
    try:
        return linalg.cholesky(covariance)
    except linalg.LinAlgError:
        raise EstimationError(
            "the covariance of the event study has not full rank: too few clusters; use fewer, "
            "longer periods"
        ) from None


def _unseen(n_before: int, weights: Array) -> tuple[Array, Array]:
    """All weights that a straight line through the reference passes unseen: base + free·v.

    The base takes out the least-squares line; `free` (P + T, P − 1) spans what leaves it alone.
    """
    n = n_before + weights.size
    before, after = np.arange(-n_before, 0.0), np.arange(1.0, weights.size + 1)
    slope = weights @ after / (before @ before)
    base = np.concatenate([-slope * before, weights])
    free = np.zeros((n, n_before - 1))
    free[:n_before] = linalg.null_space(before[None, :])
    return base, free


def _shortest(base: Array, free: Array, root: Array, bends: Array, level: float) -> Array:
    """Weights (P + T,) of the shortest interval."""
    if not free.shape[1]:
        return base
    seen = root @ free
    # No bias: the smallest variance is a least-squares problem.
    least = base - free @ np.linalg.lstsq(seen, root @ base, rcond=None)[0]
    if not bends.any():
        return least
    planes, best, shortest, lower = [_plane(least, root, bends, level)], least, np.inf, 0.0
    for _ in range(PLANES):
        try:
            lower, found = _lowest(base, free, root, bends, np.array(planes))
        except EstimationError:
            if shortest < np.inf and shortest - lower <= NEAR * shortest:
                return best  # the last planes are too alike for the solver
            raise
        length = _half_length(found, root, bends, level)
        if length < shortest:
            best, shortest = found, length
        if shortest - lower <= GAP * shortest:
            return best
        planes.append(_plane(found, root, bends, level))
    raise EstimationError(
        f"smoothness bounds: shortest interval known only to {(shortest - lower) / shortest:.1g}"
    )


def _size(chosen: Array, root: Array, bends: Array) -> tuple[float, float]:
    """Largest bias and standard error of a weighted sum."""
    return float(np.abs(bends @ chosen).sum()), float(np.linalg.norm(root @ chosen))


def _half_length(chosen: Array, root: Array, bends: Array, level: float) -> float:
    bias, error = _size(chosen, root, bends)
    return error * critical(bias / error, level)


def _plane(chosen: Array, root: Array, bends: Array, level: float) -> tuple[float, float]:
    """Derivatives of the half length by bias and by standard error, where it touches."""
    bias, error = _size(chosen, root, bends)
    ratio = bias / error
    reach = critical(ratio, level)
    by_bias = float(np.tanh(ratio * reach))
    return by_bias, reach - ratio * by_bias


def _lowest(
    base: Array, free: Array, root: Array, bends: Array, planes: Array
) -> tuple[float, Array]:
    """Minimum of the highest plane, and the weights there.

    Variables: v (free weights), u (K, size of each bend's bias), s (standard error), t (the
    highest plane). Minimise t subject to |bends (base + free v)| ≤ u, |R (base + free v)| ≤ s
    and t ≥ a·Σu + b·s for each plane (a, b).
    """
    k, q, n = free.shape[1], len(bends), len(base)
    bent, seen = bends @ free, root @ free
    zero = np.zeros
    linear = np.block(
        [
            [bent, -np.eye(q), zero((q, 2))],
            [-bent, -np.eye(q), zero((q, 2))],
            [
                zero((len(planes), k)),
                np.repeat(planes[:, :1], q, axis=1),
                planes[:, 1:],
                -np.ones((len(planes), 1)),
            ],
        ]
    )
    cone = np.zeros((n + 1, k + q + 2))
    cone[0, k + q] = -1.0
    cone[1:, :k] = -seen
    limits = np.concatenate([-bends @ base, bends @ base, zero(len(planes)), [0.0], root @ base])
    goal = np.zeros(k + q + 2)
    goal[-1] = 1.0
    matrix = sparse.csc_matrix(np.vstack([linear, cone]))
    cones = [clarabel.NonnegativeConeT(len(linear)), clarabel.SecondOrderConeT(n + 1)]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    for tolerance in TOLERANCES:
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
        none = sparse.csc_matrix((len(goal), len(goal)))
        solution = clarabel.DefaultSolver(none, goal, matrix, limits, cones, settings).solve()
        if str(solution.status) in SOLVED:
            break
    else:
        raise EstimationError(f"smoothness bounds: the solver stopped with {solution.status}")
    v = np.array(solution.x)[:k]
    return float(solution.obj_val), base + free @ v


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
