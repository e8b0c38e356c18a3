"""How much may trends differ before a conclusion falls? Rambachan and Roth's sensitivity.

An event study's coefficients before the start show how far from parallel the trends were.
Two ways of letting them differ afterwards:

- *relative magnitudes*: from one period to the next, the difference in trends after the
  start is at most M̄ times the largest one seen before it;
- *smoothness*: the slope of the difference in trends changes by at most M per period; M = 0
  is a straight line continued.

For each, the robust confidence interval holds the effect averaged with given weights, and the
breakdown value is the smallest M whose interval holds a given value, usually zero.

Inference follows the paper's advice. Relative magnitudes: the conditional test with a
least-favourable first stage (hybrid, C-LF) of Andrews, Roth and Pakes; the vertices of the test's
linear programme are known in closed form, so that every grid point costs one matrix product,
however many periods there are. Smoothness: the fixed-length interval of `sensitivity_smoothness`.

Sources: Rambachan and Roth (2023), Review of Economic Studies 90, sections 2–3; Andrews,
Roth and Pakes (2023), Review of Economic Studies 90.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from naveval.estimators.did import CONTROLLER
from naveval.estimators.sensitivity import smoothness
from naveval.project.errors import EstimationError
from naveval.project.given import numbers

Array = NDArray[np.float64]
Restriction = Literal["relative", "smoothness"]
RESTRICTIONS: tuple[Restriction, ...] = ("relative", "smoothness")
FIRST_STAGE_SHARE = 0.1
LF_DRAWS = 2000
GRID = 401
SMALLEST_LOG = -700.0
WHO = "honest intervals"


@dataclass(frozen=True)
class Study:
    """Event-study coefficients in order of time, without the reference period.

    Attributes
    ----------
    estimate, covariance
        (P + T,) and (P + T, P + T): P periods before the reference, T after it.
    n_before
        P. The reference is the period right after these.
    weights
        (T,) weights of the effect of interest, for example 1/T each.
    """

    estimate: Array
    covariance: Array
    n_before: int
    weights: Array


@dataclass(frozen=True)
class Interval:
    """Robust confidence interval at one bound; `open_ended` when it left the grid.

    Limits are NaN when no value tried is accepted.
    """

    bound: float
    ci_low: float
    ci_high: float
    open_ended: bool


@dataclass(frozen=True)
class Piece:
    """One polyhedron of allowed differences in trends, ready to test any value.

    `level` (K,) and `slope` (K,): the dual vertices' statistics are level − slope·θ;
    `spread` (K, K) their covariance; `first_stage` the least-favourable critical value.
    """

    level: Array
    slope: Array
    spread: Array
    first_stage: float


def study(estimate: Array, covariance: Array, n_before: int, weights: Array | None = None) -> Study:
    """Check and gather an event study; equal weights on all periods after by default.

    Raises
    ------
    EstimationError
        When shapes disagree, there are no periods before or after, or a variance is zero.
    """
    beta = numbers(WHO, "estimate", estimate)
    sigma = numbers(WHO, "covariance", covariance, (beta.size, beta.size))
    n_after = beta.size - n_before
    if n_before < 1 or n_after < 1:
        raise EstimationError(f"{n_before} periods before and {n_after} after; each needs one")
    if not (np.diag(sigma) > 0).all():
        raise EstimationError(f"{WHO}: covariance: a coefficient has no variance")
    given = np.full(n_after, 1 / n_after) if weights is None else weights
    chosen = numbers(WHO, "weights", given, (n_after,))
    if not chosen.any():
        raise EstimationError(f"{WHO}: weights: all are zero")
    return Study(beta, sigma, n_before, chosen)


def restrictions(
    found: Study, restriction: Restriction, bound: float
) -> Iterator[tuple[Array, Array]]:
    """Polyhedra (A, d), A·δ ≤ d, whose union is the allowed differences in trends δ.

    Raises
    ------
    EstimationError
        For an unknown restriction or a negative bound.
    """
    _require(restriction, bound)
    before, n = found.n_before, found.estimate.size
    path = np.insert(np.eye(n), before, 0.0, axis=0)
    steps = np.diff(path, axis=0)
    if restriction == "smoothness":
        bends = np.diff(steps, axis=0)
        yield np.vstack([bends, -bends]), np.full(2 * len(bends), float(bound))
    else:
        pre, post = steps[:before], steps[before:]
        for largest in range(before):
            for sign in (1.0, -1.0):
                top = sign * pre[largest]
                rows = [*(pre - top), *(-pre - top), *(post - bound * top), *(-post - bound * top)]
                stacked = np.array(rows)
                stacked = stacked[np.abs(stacked).max(axis=1) > 0]
                yield stacked, np.zeros(len(stacked))


def piece(found: Study, a: Array, d: Array, level: float, seed: int) -> Piece:
    """Vertices of the test's dual programme for one polyhedron, and the first stage.

    Only restrictions that involve periods after the start are tested, as Rambachan and Roth
    do: the others say nothing about the effect and cost power. What is left is a regular matrix
    of the periods after and its opposite.
    """
    about_after = np.abs(a[:, found.n_before :]).max(axis=1) > 0
    a, d = a[about_after], d[about_after]
    spread = a @ found.covariance @ a.T
    sd = np.sqrt(np.diag(spread))
    if not (sd > 0).all():
        raise EstimationError("a restriction has no variance; the test is not defined")
    after, weights = a[:, found.n_before :], found.weights
    vertices = _vertices(after[: weights.size], weights, sd)
    draws = np.random.default_rng(seed).standard_normal((LF_DRAWS, len(sd)))
    values, vectors = np.linalg.eigh(spread)
    normal = draws @ (vectors * np.sqrt(np.clip(values, 0, None))).T
    alpha = 1 - level
    first_stage = np.quantile((normal @ vertices.T).max(axis=1), 1 - FIRST_STAGE_SHARE * alpha)
    return Piece(
        vertices @ (a @ found.estimate - d),
        vertices @ after @ weights / (weights @ weights),
        vertices @ spread @ vertices.T,
        float(first_stage),
    )


def _vertices(half: Array, weights: Array, sd: Array) -> Array:
    """Vertices of {γ ≥ 0, γ'A a multiple of the weights, γ'sd = 1}, (T + 2, 2T).

    A is `half` (T, T) and below it its opposite. The difference between the two halves of γ then
    has one direction: the vertices are that and its opposite, with nothing in both halves, and
    each row together with its own opposite.
    """
    direction = np.linalg.solve(half.T, weights)
    signed = np.concatenate([np.maximum(direction, 0), np.maximum(-direction, 0)])
    pairs = np.tile(np.eye(weights.size), 2)
    found = np.vstack([signed, np.roll(signed, weights.size), pairs])
    scaled: Array = found / (found @ sd)[:, None]
    return scaled


def accepted(tested: Piece, values: Array, level: float) -> NDArray[np.bool_]:
    """Which values of the effect the hybrid conditional test does not reject."""
    alpha = 1 - level
    kappa = FIRST_STAGE_SHARE * alpha
    size = (alpha - kappa) / (1 - kappa)
    statistics = tested.level[:, None] - tested.slope[:, None] * values
    best = statistics.argmax(axis=0)
    top = statistics[best, np.arange(values.size)]
    variance = np.maximum(tested.spread[best, best], 0.0)
    ratio = tested.spread[:, best] / np.where(variance > 0, variance, 1)
    slack = 1 - ratio
    rest = statistics - ratio * top
    scale = 1e-9
    limit = np.where(np.abs(slack) > scale, rest / np.where(slack == 0, 1, slack), np.nan)
    low = np.nanmax(np.where(slack > scale, limit, -np.inf), axis=0)
    high = np.nanmin(np.where(slack < -scale, limit, np.inf), axis=0)
    high = np.minimum(high, tested.first_stage)
    sd = np.sqrt(variance)
    critical = np.maximum(0.0, _truncated_quantile(1 - size, low, high, sd))
    reject = (top > tested.first_stage) | np.where(sd > 0, top > critical, top > 0)
    return ~reject


def _truncated_quantile(p: float, low: Array, high: Array, sd: Array) -> Array:
    """Quantile of a normal with mean zero cut off at `low` and `high`."""
    a, b = low / np.where(sd > 0, sd, 1), high / np.where(sd > 0, sd, 1)
    flip = a > 0
    lower, upper = np.where(flip, -b, a), np.where(flip, -a, b)
    quantile = np.where(flip, 1 - p, p)
    log_low, log_high = special.log_ndtr(lower), special.log_ndtr(upper)
    mix = np.logaddexp(np.log(quantile) + log_high, np.log1p(-quantile) + log_low)
    found = np.where(
        mix > SMALLEST_LOG,
        special.ndtri(np.exp(np.maximum(mix, SMALLEST_LOG))),
        -np.sqrt(-2 * np.minimum(mix, -1.0)),
    )
    return np.where(flip, -found, found) * sd


def pieces(
    found: Study, restriction: Restriction, bound: float, level: float, seed: int = 0
) -> list[Piece]:
    """All polyhedra of a restriction, ready to test."""
    with CONTROLLER.limit(limits=1, user_api="blas"):
        return [piece(found, a, d, level, seed) for a, d in restrictions(found, restriction, bound)]


def interval(
    found: Study, restriction: Restriction, bound: float, level: float = 0.95, seed: int = 0
) -> Interval:
    """Robust confidence interval of the weighted effect at one bound.

    Raises
    ------
    EstimationError
        For an unknown restriction or a negative bound.
    """
    _require(restriction, bound)
    if restriction == "smoothness":
        return Interval(bound, *_fixed_length(found, bound, level), False)
    tested = pieces(found, restriction, bound, level, seed)
    after = slice(found.n_before, None)
    centre = float(found.weights @ found.estimate[after])
    error = float(np.sqrt(found.weights @ found.covariance[after, after] @ found.weights))
    width = 6 * error + bound * error
    for _ in range(12):
        grid = centre + np.linspace(-width, width, GRID)
        inside = np.any([accepted(item, grid, level) for item in tested], axis=0)
        if not inside.any():
            return Interval(bound, np.nan, np.nan, False)
        edge = inside[0] or inside[-1]
        if not edge and grid[inside].max() - grid[inside].min() > 0.15 * width:
            break
        width *= 2 if edge else 0.5
    low, high = np.flatnonzero(inside)[[0, -1]]
    ends = [
        _end(tested, grid[at], grid[min(max(at + way, 0), GRID - 1)], level)
        for at, way in ((low, -1), (high, 1))
    ]
    return Interval(bound, ends[0], ends[1], bool(edge))


def _end(tested: Sequence[Piece], inside: float, outside: float, level: float) -> float:
    """Where acceptance ends, between an accepted value and its neighbour that is not.

    Finer than the grid, so that an interval and `breakdown` agree on what it holds.
    """
    for _ in range(10):
        middle = (inside + outside) / 2
        if any(accepted(item, np.array([middle]), level)[0] for item in tested):
            inside = middle
        else:
            outside = middle
    return float(inside)


def _fixed_length(found: Study, bound: float, level: float) -> tuple[float, float]:
    return smoothness.fixed_length(
        found.estimate, found.covariance, found.n_before, found.weights, bound, level
    )


def _require(restriction: str, bound: float) -> None:
    if restriction not in RESTRICTIONS:
        raise EstimationError(f"restriction {restriction!r}; allowed: {', '.join(RESTRICTIONS)}")
    if bound < 0:
        raise EstimationError(f"bound {bound}: expected zero or more")


def breakdown(
    found: Study,
    restriction: Restriction,
    value: float = 0.0,
    *,
    largest: float,
    level: float = 0.95,
    seed: int = 0,
) -> float:
    """Smallest bound whose interval holds `value`; infinite when even `largest` does not.

    Zero means that the value cannot be ruled out even if trends were exactly as the bound
    zero says: parallel after the start (relative) or a straight line (smoothness).
    """

    def holds(bound: float) -> bool:
        if restriction == "smoothness":
            low, high = _fixed_length(found, bound, level)
            return low <= value <= high
        one = np.array([value])
        return any(
            accepted(item, one, level)[0] for item in pieces(found, restriction, bound, level, seed)
        )

    if holds(0.0):
        return 0.0
    if not holds(largest):
        return float("inf")
    low, high = 0.0, largest
    while high - low > largest / 512:
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
