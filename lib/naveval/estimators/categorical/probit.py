"""Probit on categorical characteristics: Newton with good starts and a reused Hessian.

The start is the solution on an evenly spaced subsample; on all rows one Hessian is then
usually enough, and later steps only need the score, which is several times cheaper.

A category whose rows all have the same outcome has no finite coefficient. Such categories
are named in `Fit.perfect`, their rows left out of the likelihood and given the expected
value 0 or 1 that they have; of a reference too, whose place the last of the other categories
takes (`Fit.dropped` names it). Where a combination of characteristics does the same, it is kept
in `Fit.deciding` and its rows are treated alike: the limit of the likelihood when the index of
the combination grows without end. Its columns have no coefficients of their own
(`Fit.dropped`), the other coefficients are those without these rows.

Source: indicator document, chapter 4, equation 2; Correia, Guimarães and Zylkin 2019.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.special import ndtr

from naveval.estimators.categorical.design import (
    COMBINED,
    INVERSE_ROOT_2PI,
    MAX_COEFFICIENT,
    MAX_LATENT,
    SUBSAMPLE_ROWS,
    Codes,
    Design,
    Fit,
    Rows,
    gram,
    independent,
    inverse,
    linear,
    moments,
    tabulated,
)
from naveval.estimators.categorical.separation import Separation, separation
from naveval.project import given, threads
from naveval.project.errors import EstimationError

TOLERANCE = 1e-9
REUSE_BELOW = 0.2
NEAR = 1e-3
MISSED = "probit: the information matrix cannot be inverted"


@dataclass(frozen=True)
class ProbitStatistics:
    """Score (K,), Hessian (K, K) or None, log-likelihood and rows at given coefficients."""

    score: NDArray[np.float64]
    hessian: NDArray[np.float64] | None
    loglik: float
    n: int


def density(index: NDArray) -> NDArray[np.float64]:
    """Standard normal density."""
    return np.exp(-0.5 * index * index) * INVERSE_ROOT_2PI


def generalized_residual(
    index: NDArray, outcome: NDArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Derivative of the log-likelihood by the index, and the probability of what happened."""
    index = np.clip(index, -MAX_LATENT, MAX_LATENT)
    sign = 2.0 * outcome - 1.0
    probability = np.maximum(ndtr(sign * index), 1e-300)
    return sign * density(index) / probability, probability


def fit_probit(
    design: Design,
    parts: Sequence[Rows] | Callable[[], Sequence[Rows]],
    *,
    start: NDArray | None = None,
    max_iterations: int = 40,
) -> Fit:
    """Maximum likelihood over parts of the data.

    Parameters
    ----------
    parts
        (codes, outcome 0/1) of each part; read several times. A function is called anew
        for each pass, so that parts need not stay in memory.
    start
        Coefficients to start from, for example last quarter's; else a subsample's.

    Raises
    ------
    EstimationError
        When outcomes are missing or not 0 or 1, all are equal, categories or a combination of
        them decide every outcome, or no finite maximum is found (names the largest coefficients).
    """
    given_once: Sequence[Rows] = []
    if not callable(parts):
        given_once = [(codes, _outcome(codes, y)) for codes, y in parts]
    read = parts if callable(parts) else lambda: given_once
    counts, ones, n = _counts(design, read())
    n_ones = float(ones[: design.offsets[1]].sum())
    if n == 0 or n_ones in (0.0, float(n)):
        raise EstimationError("probit: all outcomes are equal, nothing to estimate")
    perfect = perfect_levels(design, counts, ones)
    mask_table = _mask_table(design, perfect)
    if perfect:
        while True:
            counts, ones, n = _counts(design, _kept(design, read(), mask_table))
            more = perfect_levels(design, counts, ones)
            if not more:
                break
            perfect |= more
            mask_table = _mask_table(design, perfect)

    if n == 0:
        listed = ", ".join(perfect)
        raise EstimationError(f"probit: the categories {listed} decide every outcome")

    def rows() -> Sequence[Rows]:
        return _kept(design, read(), mask_table) if perfect else read()

    n_ones = float(ones[: design.offsets[1]].sum())
    found: Separation | None = None
    try:
        fitted = _finite(design, rows, (n, n_ones), start, max_iterations)
    except (EstimationError, linalg.LinAlgError) as failure:
        found = _deciding(design, rows(), failure)
        overlapping = _overlapping(design, rows, found.coefficients)
        _, ones, n = _counts(design, overlapping())
        n_ones = float(ones[: design.offsets[1]].sum())
        fitted = _finite(design, overlapping, (n, n_ones), None, max_iterations)
    coefficients, bread, _, dropped, loglik, iterations = fitted
    dropped |= dict.fromkeys(found.columns if found else (), COMBINED)
    share = n_ones / n
    null = n * (share * np.log(share) + (1 - share) * np.log(1 - share))
    lost = {name: f"all rows have outcome {value}" for name, value in perfect.items()}
    return Fit(
        "probit",
        design,
        coefficients,
        bread,
        bread,
        n,
        1.0,
        1 - loglik / null,
        {**dropped, **lost},
        perfect,
        iterations,
        found.coefficients if found else None,
    )


def _finite(
    design: Design,
    rows: Callable[[], Sequence[Rows]],
    counted: tuple[int, float],
    start: NDArray | None,
    max_iterations: int,
) -> tuple[NDArray, NDArray, NDArray[np.bool_], dict[str, str], float, int]:
    """The maximum by Newton's method from a start, or one of the rows and ones that are counted.

    Raises
    ------
    EstimationError
        When it is not finite.
    """
    if start is None:
        start = _subsample_start(design, rows(), *counted)
    found = _newton(design, rows, start, max_iterations)
    if np.abs(found[0]).max() > MAX_COEFFICIENT:
        raise _no_maximum(design, found[0])
    return found


def _deciding(design: Design, rows: Sequence[Rows], failure: Exception) -> Separation:
    """The combination of columns that a failure is due to; raises it when there is none."""
    found = separation(design, rows)
    if found is None:
        told = f"{failure}" if isinstance(failure, EstimationError) else MISSED
        raise EstimationError(told) from None
    left = [outcome for _, outcome in _overlapping(design, lambda: rows, found.coefficients)()]
    if len(np.unique(np.concatenate(left))) < 2:
        raise EstimationError(
            f"probit: no finite maximum: a combination of {', '.join(found.columns)} decides every "
            "outcome; merge categories of one of them or leave one out"
        ) from None
    return found


def _overlapping(
    design: Design, rows: Callable[[], Sequence[Rows]], deciding: NDArray
) -> Callable[[], Sequence[Rows]]:
    """Rows whose outcomes the combination does not decide."""

    def kept() -> Sequence[Rows]:
        found: list[Rows] = []
        for codes, outcome in rows():
            own = np.abs(linear(design, deciding, codes)) <= NEAR
            found.append(([code[own] for code in codes], outcome[own]))
        return found

    return kept


def _no_maximum(design: Design, coefficients: NDArray) -> EstimationError:
    largest = np.argsort(-np.abs(coefficients))[:3]
    named = ", ".join(f"{design.names[k]} ({coefficients[k]:.1f})" for k in largest)
    return EstimationError(f"probit: no finite maximum; growing without bound: {named}")


def expected(fit: Fit, codes: Codes) -> NDArray[np.float64]:
    """Expected value of each row: the index (OLS) or its normal probability (probit)."""
    index = linear(fit.design, fit.coefficients, codes)
    if fit.kind == "ols":
        return index
    probability = ndtr(index)
    if fit.deciding is not None:
        told = linear(fit.design, fit.deciding, codes)
        probability = np.where(np.abs(told) > NEAR, told > 0, probability)
    for name, value in reversed(fit.perfect.items()):
        table = _mask_table(fit.design, {name: value})
        probability[tabulated(fit.design, table, codes) > 0] = value
    return probability


def in_perfect(fit: Fit, codes: Codes) -> NDArray[np.bool_]:
    """Rows of a category or combination that decides the outcome: outside the likelihood."""
    found = np.zeros(len(codes[0]), dtype=bool)
    if fit.perfect:
        table = _mask_table(fit.design, fit.perfect)
        found |= np.asarray(tabulated(fit.design, table, codes) > 0)
    if fit.deciding is not None:
        found |= np.abs(linear(fit.design, fit.deciding, codes)) > NEAR
    return found


def slope(fit: Fit, codes: Codes) -> NDArray[np.float64]:
    """Derivative of the expected value by the index: 1 (OLS) or the density (probit)."""
    index = linear(fit.design, fit.coefficients, codes)
    if fit.kind == "ols":
        return np.ones(len(index))
    derivative = density(index)
    derivative[in_perfect(fit, codes)] = 0.0
    return derivative


def score_residual(
    fit: Fit, codes: Codes, outcome: NDArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per row: outcome minus expected, and what multiplies x in the score."""
    index = linear(fit.design, fit.coefficients, codes)
    if fit.kind == "ols":
        residual = outcome - index
        return residual, residual
    residual, _ = generalized_residual(index, outcome)
    gap = outcome - ndtr(index)
    lost = in_perfect(fit, codes)
    if lost.any():
        residual[lost] = 0.0
        gap[lost] = outcome[lost] - expected(fit, [code[lost] for code in codes])
    return gap, residual


def perfect_levels(design: Design, counts: NDArray, ones: NDArray) -> dict[str, int]:
    """Categories with rows whose outcomes are all 0 or all 1, references too."""
    found: dict[str, int] = {}
    for q, pack in enumerate(design.packs):
        own = slice(design.offsets[q], design.offsets[q + 1])
        shape = [len(design.variables[j].levels) for j in pack]
        for axis, j in enumerate(pack):
            others = tuple(k for k in range(len(pack)) if k != axis)
            rows = counts[own].reshape(shape).sum(axis=others)
            hits = ones[own].reshape(shape).sum(axis=others)
            variable = design.variables[j]
            for level in np.flatnonzero((rows > 0) & ((hits == 0) | (hits == rows))):
                found[f"{variable.name}={variable.levels[level]}"] = int(hits[level] > 0)
    return found


def _mask_table(design: Design, perfect: dict[str, int]) -> NDArray[np.float64]:
    """Over packed codes, in how many of these categories a row is."""
    table = np.zeros(design.offsets[-1])
    for q, pack in enumerate(design.packs):
        own = slice(design.offsets[q], design.offsets[q + 1])
        shape = [len(design.variables[j].levels) for j in pack]
        for axis, j in enumerate(pack):
            variable = design.variables[j]
            inside = [f"{variable.name}={level}" in perfect for level in variable.levels]
            along = [-1 if k == axis else 1 for k in range(len(pack))]
            table[own] += np.broadcast_to(np.reshape(inside, along), shape).ravel()
    return table


def _kept(design: Design, parts: Sequence[Rows], mask_table: NDArray) -> list[Rows]:
    kept: list[Rows] = []
    for codes, outcome in parts:
        own = tabulated(design, mask_table, codes) == 0
        kept.append(
            ([code[own] for code in codes], outcome[own]) if not own.all() else (codes, outcome)
        )
    return kept


def _outcome(codes: Codes, outcome: NDArray) -> NDArray:
    return given.codes("probit", "outcome", outcome, 2, len(codes[0]))


def _counts(design: Design, parts: Sequence[Rows]) -> tuple[NDArray, NDArray, int]:
    counts = np.zeros(design.offsets[-1])
    ones = np.zeros(design.offsets[-1])
    n = 0
    for codes, y in parts:
        outcome = _outcome(codes, y)
        counts += moments(design, codes)
        ones += moments(design, codes, outcome.astype(np.float64))
        n += len(outcome)
    return counts, ones, n


def _subsample_start(
    design: Design, parts: Sequence[Rows], n: int, n_ones: float
) -> NDArray[np.float64]:
    """Coefficients on every k-th row, from a start with the right mean."""
    from scipy.special import ndtri

    first = np.zeros(len(design.names))
    first[0] = ndtri(n_ones / n)
    every = n // SUBSAMPLE_ROWS
    if every < 4:
        return first
    thin: list[Rows] = [([code[::every] for code in codes], y[::every]) for codes, y in parts]
    counts, ones, _ = _counts(design, thin)
    perfect = perfect_levels(design, counts, ones)
    thin = _kept(design, thin, _mask_table(design, perfect))
    return _newton(design, lambda: thin, first, 25, tolerance=1e-2)[0]


def _newton(
    design: Design,
    rows: Callable[[], Sequence[Rows]],
    start: NDArray,
    max_iterations: int,
    tolerance: float = TOLERANCE,
) -> tuple[NDArray, NDArray, NDArray[np.bool_], dict[str, str], float, int]:
    """Newton steps; the Hessian is renewed when steps shrink too slowly and once at the end,
    so that the covariance belongs to the estimates.
    """
    coefficients = start.copy()
    bread, keep = np.zeros((0, 0)), np.ones(0, dtype=bool)
    dropped: dict[str, str] = {}
    fresh, near, previous, best = True, False, np.inf, -np.inf
    step = np.zeros_like(coefficients)
    halvings = 0
    for iteration in range(1, max_iterations + 1):
        now = _pass(design, rows(), coefficients, fresh)
        if now.loglik < best - 1e-7 * abs(best) and halvings < 6:
            step, halvings = step / 2, halvings + 1
            coefficients = coefficients - step
            continue
        halvings, best = 0, now.loglik
        if now.hessian is not None:
            near = bool(iteration > 1 and previous < NEAR)
            keep, dropped = independent(now.hessian, design.names)
            bread = inverse(now.hessian, keep)
        step = bread @ now.score
        size = float(np.abs(step).max())
        coefficients = np.where(keep, coefficients + step, 0.0)
        if size < tolerance and (near or tolerance > TOLERANCE):
            return coefficients, bread, keep, dropped, now.loglik, iteration
        fresh = (size < NEAR and not near) or size > max(REUSE_BELOW * previous, TOLERANCE)
        fresh = fresh or (iteration > 1 and size > 0.05)
        previous = size
    if np.abs(coefficients).max() > MAX_COEFFICIENT:
        raise _no_maximum(design, coefficients)
    raise EstimationError(f"probit: not converged in {max_iterations} steps")


def _pass(
    design: Design, parts: Sequence[Rows], coefficients: NDArray, hessian: bool
) -> ProbitStatistics:
    """Score, log-likelihood and, on request, the Hessian over all parts."""

    def one(rows: Rows) -> ProbitStatistics:
        codes, outcome = rows
        index = linear(design, coefficients, codes)
        residual, probability = generalized_residual(index, outcome)
        second = None
        if hessian:
            weight = residual * (residual + np.clip(index, -MAX_LATENT, MAX_LATENT))
            second = gram(design, codes, weight)
        score = design.expand.T @ moments(design, codes, residual)
        return ProbitStatistics(score, second, float(np.log(probability).sum()), len(outcome))

    score = np.zeros(len(coefficients))
    second: NDArray[np.float64] | None = None
    loglik, n = 0.0, 0
    for own in threads.in_order(one, parts):
        score += own.score
        if own.hessian is not None:
            second = own.hessian if second is None else second + own.hessian
        loglik += own.loglik
        n += own.n
    return ProbitStatistics(score, second, loglik, n)
