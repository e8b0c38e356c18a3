"""Does a ranking of persons tell who gains most? Rank-weighted average treatment effects.

A priority ranks persons, highest first. The targeting curve TOC(q) is the effect among the
share q with the highest priority, minus the effect in everybody; it ends at zero. Two numbers
sum it up: AUTOC, the area under it, which is large when a few gain much, and Qini, the area
under q·TOC(q), which is large when many differ. Both are zero when the ranking says nothing.

The effect is an average of doubly robust scores, from the score object. The ranking must not
have been made from the outcomes of the persons it is judged on: use a covariate, or effects
predicted on another sample. Persons with the same priority share their mean score, so that the
order of the rows does not matter (with unequal weights AUTOC still differs a little by it, as
in grf). Standard errors draw half of the clusters at a time.

Source: Yadlowsky, Fleming, Shah, Brunskill and Wager (2025), "Evaluating treatment
prioritization rules via rank-weighted average treatment effects"; defaults as in the R package
grf, whose numbers the tests reproduce.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from naveval.estimators.scores import Scores, contrast
from naveval.project.errors import EstimationError
from naveval.project.given import labels, numbers, require_choice, require_number

Array = NDArray[np.floating[Any]]
Target = Literal["autoc", "qini"]
LEAST_CLUSTERS = 4
WHO = "RATE"


@dataclass(frozen=True)
class Rate:
    """A rank-weighted effect and its targeting curve.

    Attributes
    ----------
    target
        "autoc" or "qini".
    estimate, std_error, p_value
        Two-sided test that the ranking says nothing.
    share
        (Q,) shares of the persons treated first.
    toc, toc_error
        (Q,) effect among them minus the effect in all, and its standard error.
    n_clusters
        Clusters that were resampled.
    """

    target: Target
    estimate: float
    std_error: float
    p_value: float
    share: Array
    toc: Array
    toc_error: Array
    n_clusters: int


def rate(
    scores: Scores,
    arm: int,
    priority: Array,
    outcome: str | None = None,
    *,
    target: Target = "autoc",
    draws: int = 200,
    seed: int = 1,
) -> Rate:
    """Judge a ranking by the effect of an arm, clustered by the scores' persons.

    Parameters
    ----------
    priority
        (n,) numbers, highest first; for effects on outcomes that should fall, give minus the
        predicted effect and read a negative result as success.
    outcome
        One of the scores' outcomes; may be left out when there is one.

    Raises
    ------
    EstimationError
        For an unknown outcome, an arm that is none or the control, or as `rank_weighted`.
    """
    if not isinstance(arm, int | np.integer) or not 0 < arm < len(scores.arms):
        allowed = ", ".join(f"{at} ({name})" for at, name in enumerate(scores.arms) if at)
        raise EstimationError(f"RATE: arm {arm!r}: allowed: {allowed}")
    names = scores.outcomes
    if (len(names) > 1) if outcome is None else (outcome not in names):
        raise EstimationError(f"outcome {outcome!r}; allowed: {', '.join(names)}")
    priority = numbers(WHO, "priority", priority, scores.arm.shape)
    column = 0 if outcome is None else names.index(outcome)
    values, kept = contrast(scores, arm)
    return rank_weighted(
        values[kept, column],
        priority[kept],
        cluster=None if scores.cluster is None else scores.cluster[kept],
        target=target,
        draws=draws,
        seed=seed,
    )


def rank_weighted(
    score: Array,
    priority: Array,
    *,
    weights: Array | None = None,
    cluster: NDArray[Any] | None = None,
    target: Target = "autoc",
    share: Array | None = None,
    draws: int = 200,
    seed: int = 1,
) -> Rate:
    """Judge a ranking by scores whose mean is the effect.

    Parameters
    ----------
    score, priority
        (n,) numbers.
    weights
        (n,) positive weights of the persons; equal by default.
    cluster
        (n,) labels that are drawn together; persons by default.
    share
        (Q,) increasing shares up to 1 at which the curve is kept; tenths by default.
    draws
        Half-samples drawn for the standard errors; 0 gives none (NaN).

    Raises
    ------
    EstimationError
        For an unknown target, shapes that disagree, missing values, weights that are not
        positive, shares that do not increase to 1, or fewer than four clusters.
    """
    require_choice(WHO, get_args(Target), target=target)
    require_number(WHO, 0, whole=True, draws=draws, seed=seed)
    score = numbers(WHO, "score", score)
    priority = numbers(WHO, "priority", priority, score.shape)
    if np.ptp(score) == 0:
        raise EstimationError(f"{WHO}: score: the same for everybody, which ranks nobody")
    if np.ptp(priority) == 0:
        raise EstimationError(f"{WHO}: everybody has the same priority, which is no ranking")
    given = np.ones(len(score)) if weights is None else weights
    weight = numbers(WHO, "weights", given, score.shape, above=0)
    at = numbers(WHO, "share", np.arange(1, 11) / 10 if share is None else share, above=0)
    if not ((np.diff(at) > 0).all() and at[-1] == 1):
        raise EstimationError(f"{WHO}: share: expected numbers that increase from above 0 to 1")
    member = np.arange(len(score))
    if cluster is not None:
        member = np.unique(labels(WHO, "cluster", cluster, len(score)), return_inverse=True)[1]
    n_clusters = int(member.max()) + 1
    if n_clusters < LEAST_CLUSTERS:
        raise EstimationError(f"RATE: {n_clusters} clusters; at least {LEAST_CLUSTERS} are needed")
    order = np.argsort(-priority, kind="stable")
    score, priority, weight = score[order], priority[order], weight[order]
    member = member[order]
    estimate, curve = _estimate(score, priority, weight, target, at)
    rng = np.random.default_rng(seed)
    drawn = np.full((max(draws, 2), 1 + len(at)), np.nan)
    for b in range(draws):
        picked = np.zeros(n_clusters, dtype=bool)
        picked[rng.permutation(n_clusters)[: n_clusters // 2]] = True
        own = picked[member]
        drawn[b, 0], drawn[b, 1:] = _estimate(score[own], priority[own], weight[own], target, at)
    errors = drawn.std(axis=0, ddof=1)
    p_value = 2 * float(ndtr(-abs(estimate) / errors[0])) if errors[0] > 0 else np.nan
    return Rate(target, estimate, float(errors[0]), p_value, at, curve, errors[1:], n_clusters)


def _estimate(
    score: Array, priority: Array, weight: Array, target: Target, at: Array
) -> tuple[float, Array]:
    """Rank-weighted effect and curve of persons in falling order of priority."""
    last = np.append(priority[1:] != priority[:-1], True)
    group = np.append(0, np.cumsum(last)[:-1])
    mean = np.bincount(group, weight * score) / np.bincount(group, weight)
    cumulated = np.cumsum(weight)
    total = cumulated[-1]
    sums = np.cumsum(weight * mean[group])
    effect = sums[-1] / total
    toc = sums / cumulated - effect
    by_rank = cumulated / total if target == "qini" else 1.0
    estimate = float((by_rank * weight * toc).sum() / total)
    # A share may end within a person's weight: then that person counts in part.
    curve = np.interp(at * total, np.append(0, cumulated), np.append(0, sums)) / (at * total)
    return estimate, curve - effect
