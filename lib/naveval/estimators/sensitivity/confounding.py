"""How strong would an unobserved confounder have to be? Omitted-variable bounds for DML.

Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis (2022), "Long story short: omitted variable
bias in causal machine learning". If a confounder explains a share `cf_y` of what is left of
the outcome, and a share `cf_d` of the variation in the weights of the estimate, then the bias
is at most

    sqrt(σ² ν²) · sqrt(cf_y · cf_d / (1 − cf_d)),

where σ² is the residual variance of the outcome and ν² the second moment of the weights. With
more arms than the two compared, σ² counts the persons in those two only: the weights of all
others are zero with or without the confounder.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from naveval.estimators.scores import Scores, ate_influence, att_influence, odds_of, std_errors
from naveval.project.errors import EstimationError
from naveval.project.given import numbers
from naveval.project.normal import Z95

Estimand = Literal["ate", "att"]


@dataclass(frozen=True)
class Bounds:
    """Bounds of one arm's effect on k outcomes.

    Attributes
    ----------
    estimate, std_error
        (k,) as estimated.
    largest_bias
        (k,) largest bias of a confounder of the assumed strength.
    lower, upper
        (k,) bounds of the effect.
    ci_low, ci_high
        (k,) 95 percent confidence bounds around them.
    robustness_value
        (k,) strength, equal in both directions, that would take the estimate to zero.
    robustness_value_ci
        (k,) strength that would make the 95 percent interval touch zero.
    """

    estimate: NDArray[np.float64]
    std_error: NDArray[np.float64]
    largest_bias: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    robustness_value: NDArray[np.float64]
    robustness_value_ci: NDArray[np.float64]


def bounds(
    scores: Scores, arm: int, estimand: Estimand = "att", *, cf_y: float = 0.03, cf_d: float = 0.03
) -> Bounds:
    """Bounds of an effect under an unobserved confounder of a given strength.

    Parameters
    ----------
    cf_y
        Share of the residual variance of the outcome it explains, 0 to 1.
    cf_d
        Share of the variation in the weights it explains, 0 to below 1.

    Raises
    ------
    EstimationError
        For strengths outside these ranges or an unknown estimand.
    """
    if not (0 <= cf_y <= 1 and 0 <= cf_d < 1):
        raise EstimationError("confounder: cf_y must be 0 to 1, cf_d 0 to below 1")
    if estimand not in get_args(Estimand):
        raise EstimationError(f"confounder: estimand {estimand!r}; allowed: ate, att")
    influence_of = ate_influence if estimand == "ate" else att_influence
    estimate, influence = influence_of(scores, arm)
    error = std_errors(influence, scores.cluster)
    scale = bias_scale(scores, arm, estimand)
    bias = scale * np.sqrt(cf_y * cf_d / (1 - cf_d))
    z = float(ndtri(0.95))
    low, high = estimate - bias, estimate + bias
    reach = np.maximum(np.abs(estimate) - Z95 * error, 0)
    return Bounds(
        estimate,
        error,
        bias,
        low,
        high,
        low - z * error,
        high + z * error,
        robustness_value(estimate, scale),
        robustness_value(reach, scale),
    )


def bias_scale(scores: Scores, arm: int, estimand: Estimand) -> NDArray[np.float64]:
    """sqrt(σ² ν²) of each outcome: the bias of a confounder with strength one in both.

    ν² is the debiased 2 E[m(α)] − E[α²] of the paper, as in DoubleML: m(α) is 1/e_w + 1/e_0 for
    the ATE, and (1 + e_w/e_0) / P(W=w)² for those treated, zero for others, for the ATET. The
    plain second moment of the weights where that is not positive.
    """
    weight = weights(scores, arm, estimand)
    kept = scores.kept[:, arm]
    compared = ((scores.arm == arm) | (scores.arm == 0)) & kept
    n = kept.sum()
    own = scores.outcome_model[np.arange(len(scores.arm)), scores.arm]
    residual = ((scores.y - own)[compared] ** 2).sum(axis=0) / n
    squared = float((weight[kept] ** 2).sum() / n)
    if estimand == "ate":
        moment = 1 / scores.propensity[kept, arm] + 1 / scores.propensity[kept, 0]
    else:
        treated = scores.arm[kept] == arm
        moment = treated / treated.mean() ** 2 * (1 + odds_of(scores, arm)[kept])
    debiased = 2 * float(moment.mean()) - squared
    return np.sqrt(residual * (debiased if debiased > 0 else squared))


def weights(scores: Scores, arm: int, estimand: Estimand) -> NDArray[np.float64]:
    """The Riesz representer: what each person's outcome counts for, weights not normalised."""
    treated, control = scores.arm == arm, scores.arm == 0
    if estimand == "ate":
        return treated / scores.propensity[:, arm] - control / scores.propensity[:, 0]
    kept = scores.kept[:, arm]
    share = (treated & kept).sum() / kept.sum()
    return kept * (treated - control * odds_of(scores, arm)) / share


def robustness_value(
    effect: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Strength c, in both directions, with scale · c / sqrt(1 − c) = |effect|."""
    effect = numbers("robustness value", "effect", effect)
    scale = numbers("robustness value", "scale", scale, effect.shape, least=0)
    ratio = np.divide(np.abs(effect), scale, out=np.zeros_like(scale), where=scale > 0) ** 2
    return (np.sqrt(ratio**2 + 4 * ratio) - ratio) / 2
