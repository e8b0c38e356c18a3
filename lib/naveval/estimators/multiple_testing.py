"""Many tests at once: p-values that hold the family-wise error rate.

Holm needs nothing but the p-values. Romano–Wolf uses how the estimates hang together, drawn
by a bootstrap over clusters, and is less strict when tests are related.

Sources: Holm (1979), Scandinavian Journal of Statistics 6; Romano and Wolf (2005),
Econometrica 73, and (2016), Statistics & Probability Letters 113, for the adjusted p-values.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from naveval.project.errors import EstimationError
from naveval.project.given import labels, numbers, require_number, rows

Array = NDArray[np.floating]
CHUNK = 4_000_000
WHO = "cluster bootstrap"


def holm(p_values: Array) -> NDArray[np.float64]:
    """Holm's adjusted p-values; NaN stays NaN and does not count as a test.

    Raises
    ------
    EstimationError
        When a p-value is outside 0 to 1.
    """
    p = numbers("Holm", "p_values", p_values, None, least=0, gaps=True)
    known = ~np.isnan(p)
    if (p > 1).any():
        raise EstimationError(f"Holm: p_values: expected numbers from 0 to 1, {rows(p > 1)}")
    order = np.argsort(p[known], kind="stable")
    factors = known.sum() - np.arange(known.sum())
    steps = np.minimum(np.maximum.accumulate(p[known][order] * factors), 1)
    adjusted = np.full(p.shape, np.nan)
    back = np.empty(order.size)
    back[order] = steps
    adjusted[known] = back
    return adjusted


def romano_wolf(statistics: Array, draws: Array) -> NDArray[np.float64]:
    """Romano–Wolf step-down adjusted p-values, two-sided.

    Parameters
    ----------
    statistics
        (k,) t-statistics; NaN is not a test and stays NaN.
    draws
        (B, k) t-statistics drawn under the null: bootstrap deviations from the estimates,
        divided by standard errors.

    Raises
    ------
    EstimationError
        When shapes disagree or draws of a test are missing.
    """
    t = np.abs(numbers("Romano–Wolf", "statistics", statistics, gaps=True))
    drawn = np.abs(numbers("Romano–Wolf", "draws", draws, (None, t.size), gaps=True))
    known = np.flatnonzero(~np.isnan(t))
    numbers("Romano–Wolf", "draws of a test with a statistic", drawn[:, known], None)
    order = known[np.argsort(-t[known], kind="stable")]
    adjusted = np.full(t.shape, np.nan)
    if not order.size:
        return adjusted
    # Largest statistic among this and all less significant tests, draw by draw.
    largest = np.maximum.accumulate(drawn[:, order[::-1]], axis=1)[:, ::-1]
    above = (largest >= t[order]).sum(axis=0)
    adjusted[order] = np.maximum.accumulate((1 + above) / (1 + len(drawn)))
    return adjusted


def cluster_draws(
    influences: Sequence[Array],
    clusters: Sequence[NDArray[np.generic]],
    n_draws: int,
    seed: int,
) -> NDArray[np.float64]:
    """Draw deviations of several estimates together by a cluster bootstrap of their scores.

    Each cluster gets one random weight (two-point, mean 0 and variance 1) in all regressions
    it is part of, so that estimates from overlapping samples move together as they should.

    Parameters
    ----------
    influences
        For each of k estimates, (G_j,) each cluster's influence, scaled so that the sum of
        squares is the estimate's variance.
    clusters
        For each estimate, (G_j,) the clusters' labels.

    Returns
    -------
    (n_draws, k) deviations from the estimates.
    """
    require_number(WHO, 1, whole=True, n_draws=n_draws)
    if len(clusters) != len(influences):
        raise EstimationError(f"{WHO}: {len(influences)} estimates, clusters of {len(clusters)}")
    influences = [numbers(WHO, "influences", part) for part in influences]
    pairs = zip(clusters, influences, strict=True)
    clusters = [labels(WHO, "clusters", own, len(part)) for own, part in pairs]
    known = np.unique(np.concatenate(clusters))
    table = np.zeros((known.size, len(influences)), dtype=np.float32)
    for j, (part, own) in enumerate(zip(influences, clusters, strict=True)):
        table[np.searchsorted(known, own), j] = part
    rng = np.random.default_rng(seed)
    drawn = np.empty((n_draws, len(influences)))
    step = max(1, CHUNK // max(known.size, 1))
    for start in range(0, n_draws, step):
        rows = min(step, n_draws - start)
        bits = np.unpackbits(
            rng.integers(0, 256, (rows, (known.size + 7) // 8), dtype=np.uint8), axis=1
        )[:, : known.size]
        drawn[start : start + rows] = (bits.astype(np.float32) * 2 - 1) @ table
    return drawn


def sup_t(covariance: Array, level: float, n_draws: int, seed: int) -> float:
    """Critical value of a simultaneous band for normal estimates with this covariance.

    The band estimate ± value × standard error holds all k coefficients at once with
    probability `level` (Montiel Olea and Plagborg-Møller 2019, Journal of Applied
    Econometrics 34).
    """
    if not 0 < level < 1:
        raise EstimationError(f"level {level}: expected between 0 and 1")
    size = len(np.atleast_2d(covariance))
    given = numbers("simultaneous band", "covariance", np.atleast_2d(covariance), (size, size))
    if not (np.diag(given) > 0).all():
        raise EstimationError("simultaneous band: covariance: a coefficient has no variance")
    scale = np.sqrt(np.diag(given))
    values, vectors = np.linalg.eigh(given / np.outer(scale, scale))
    root = vectors * np.sqrt(np.clip(values, 0, None))
    normal = np.random.default_rng(seed).standard_normal((n_draws, scale.size))
    return float(np.quantile(np.abs(normal @ root.T).max(axis=1), level))
