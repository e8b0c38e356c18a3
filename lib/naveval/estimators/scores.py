"""One score object; every effect is an average or a regression of it.

Knaus (2022), "Double machine learning-based programme evaluation under unconfoundedness".
The doubly robust score of person i under arm w is

    Γ_w = m_w(X) + 1{W=w} (Y − m_w(X)) / e_w(X).

Potential outcomes, effects in the whole population, effects in groups and the value of an
assignment rule are averages of Γ; the effect on the treated has its own score from the same
nuisances. The weights 1{W=w} / e_w are scaled to sum to the number of persons compared, as for
the effect on the treated, so that a few propensities that are too small do not count for more
persons than there are. Clipping bounds a weight and keeps the person; trimming drops the person
from the population the effect is about. They are separate options and both are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from naveval.estimators.crossfit import Nuisances, require_clusters
from naveval.estimators.forests import Floats
from naveval.project import given
from naveval.project.errors import EstimationError
from naveval.project.normal import Z95

Estimand = Literal["ate", "att", "apo"]


@dataclass(frozen=True)
class Scores:
    """Doubly robust scores of n persons, a arms and k outcomes.

    Attributes
    ----------
    arms, outcomes
        Names along the axes; the first arm is the control.
    arm
        (n,) the arm each person had.
    y
        (n, k) outcomes.
    propensity, unclipped
        (n, a) propensities after clipping and before: only what divides needs a floor.
    outcome_model
        (n, a, k) expected outcomes.
    gamma
        (n, a, k) scores.
    kept
        (n, a) False where a person is trimmed from the comparison of that arm with control.
    clipped
        (a,) how many propensities clipping raised.
    normalize
        Whether the weights of `gamma` are scaled.
    cluster
        (n,) person, when a person can enter more than once; else None.
    """

    arms: tuple[str, ...]
    outcomes: tuple[str, ...]
    arm: NDArray[np.int64]
    y: Floats
    propensity: NDArray[np.float64]
    outcome_model: NDArray[np.float64]
    gamma: NDArray[np.float64]
    kept: NDArray[np.bool_]
    clipped: NDArray[np.int64]
    unclipped: NDArray[np.float64]
    normalize: bool = True
    cluster: NDArray[Any] | None = None


def doubly_robust(
    y: Floats,
    arm: NDArray[np.int64],
    nuisances: Nuisances,
    *,
    clip: float = 0.0,
    trim: float = 0.0,
    normalize: bool = True,
    cluster: NDArray[Any] | None = None,
) -> Scores:
    """Compute the score of every person, arm and outcome.

    Parameters
    ----------
    y
        (n, k) outcomes, or (n,) of one.
    arm
        (n,) arm of each person.
    clip
        Propensities below this are raised to it.
    trim
        A person with a propensity for the arm or for the control below this is left out of
        that comparison; 0 leaves nobody out.
    normalize
        Scale the weights of each arm to sum to the number of persons compared (Knaus 2022).

    Raises
    ------
    EstimationError
        For shapes that do not agree, bounds outside 0 to 0.5, missing outcomes or clusters, or a
        treated person whose propensity is zero when there is no clipping.
    """
    n = len(nuisances.propensity)
    y = given.columns("scores", "y", y, n, len(nuisances.outcomes))
    arm = given.codes("scores", "arm", arm, len(nuisances.arms), n).astype(np.int64)
    if not (0 <= clip < 0.5 and 0 <= trim < 0.5):
        raise EstimationError("scores: clip and trim must be at least 0 and below 0.5")
    if cluster is not None:
        cluster = require_clusters(cluster, n)
    propensity = np.maximum(nuisances.propensity, clip)
    kept = nuisances.propensity >= trim
    kept &= kept[:, :1]
    # Who is compared with an arm, or for the control with any, needs a chance of the own arm.
    used = np.where(arm == 0, kept.any(axis=1), kept[np.arange(n), arm])
    impossible = int((used & (propensity[np.arange(n), arm] <= 0)).sum())
    if impossible:
        raise EstimationError(
            f"scores: {impossible} persons have propensity zero for the arm they "
            f"are in; set clip, or trim them"
        )
    gamma = _gamma(y, arm, propensity, nuisances.outcome_model, normalize=normalize)
    clipped = (nuisances.propensity < clip).sum(axis=0)
    return Scores(
        nuisances.arms,
        nuisances.outcomes,
        arm,
        y,
        propensity,
        nuisances.outcome_model,
        gamma,
        kept,
        clipped,
        nuisances.propensity,
        normalize,
        cluster,
    )


def _gamma(
    y: Floats,
    arm: NDArray[np.int64],
    propensity: Floats,
    outcome_model: Floats,
    *,
    normalize: bool,
) -> NDArray[np.float64]:
    """(n, a, k) scores from outcomes, arms and nuisances."""
    indicator = arm[:, None] == np.arange(propensity.shape[1])
    possible = indicator & (propensity > 0)
    weight = np.divide(indicator, propensity, out=np.zeros_like(propensity), where=possible)
    if normalize:
        weight *= len(arm) / np.maximum(weight.sum(axis=0), 1e-300)
    return outcome_model + weight[:, :, None] * (y[:, None, :] - outcome_model)


def only_arms(scores: Scores, arms: Sequence[int]) -> Scores:
    """Scores of the persons who had one of some arms, as if no other arm existed.

    Among them the probability of an arm is its share of the probability of all these arms;
    with the propensities of the whole sample the correction term would count too much.
    """
    chosen, rows = np.sort(np.asarray(arms, dtype=np.int64)), np.isin(scores.arm, arms)
    arm = np.searchsorted(chosen, scores.arm[rows])
    unclipped = scores.unclipped[rows][:, chosen]
    propensity = scores.propensity[rows][:, chosen]
    unclipped = unclipped / np.maximum(unclipped.sum(axis=1, keepdims=True), 1e-300)
    propensity = propensity / propensity.sum(axis=1, keepdims=True)
    y, model = scores.y[rows], scores.outcome_model[rows][:, chosen]
    return Scores(
        tuple(scores.arms[i] for i in chosen),
        scores.outcomes,
        arm,
        y,
        propensity,
        model,
        _gamma(y, arm, propensity, model, normalize=scores.normalize),
        scores.kept[rows][:, chosen],
        scores.clipped[chosen],
        unclipped,
        scores.normalize,
        None if scores.cluster is None else scores.cluster[rows],
    )


def contrast(scores: Scores, arm: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Score of an arm minus that of the control, (n, k), and who is compared (n,).

    Weights are scaled among those compared, so that trimming equals estimating without them.
    """
    kept = scores.kept[:, arm]
    return arm_scores(scores, arm, kept) - arm_scores(scores, 0, kept), kept


def arm_scores(scores: Scores, arm: int, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Scores (n, k) of an arm for an average over some persons; those of others are not used."""
    if kept.all() or not scores.normalize:
        return scores.gamma[:, arm]
    own = (scores.arm == arm) & kept
    weight = np.divide(1.0, scores.propensity[:, arm], out=np.zeros(len(own)), where=own)
    weight *= kept.sum() / max(weight.sum(), 1e-300)
    model = scores.outcome_model[:, arm]
    return model + weight[:, None] * (scores.y - model)


def ate_influence(scores: Scores, arm: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effect of an arm in the whole population, and each person's influence on it.

    Returns
    -------
    (k,) estimates and (n, k) influence values with mean zero (zero for trimmed persons).
    """
    return _mean_influence(*contrast(scores, arm))


def apo_influence(scores: Scores, arm: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean potential outcome under an arm, and each person's influence on it."""
    kept = scores.kept[:, arm]
    return _mean_influence(arm_scores(scores, arm, kept), kept)


def att_influence(scores: Scores, arm: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effect of an arm on those who had it, and each person's influence on it.

    The mean over persons of
    [1{W=w}(Y − m_0) − 1{W=0} e_w/e_0 (Y − m_0)] / P(W=w), with the control weights scaled to
    sum to the number of treated; the influence takes the estimated share into account.
    """
    kept = scores.kept[:, arm]
    residual = scores.y - scores.outcome_model[:, 0]
    treated = (scores.arm == arm) & kept
    if not treated.any():
        raise EstimationError(f"no persons in arm «{scores.arms[arm]}» within the overlap")
    weight = control_weights(scores, arm)
    share = treated.sum() / kept.sum()
    signed = (treated.astype(float) - weight)[:, None] * residual / share
    estimate = signed[kept].mean(axis=0)
    influence = signed - treated[:, None] / share * estimate
    return estimate, _scaled(influence, kept)


def control_weights(scores: Scores, arm: int) -> NDArray[np.float64]:
    """Weights e_w/e_0 that make controls look like an arm; they sum to its size."""
    kept = scores.kept[:, arm]
    control = (scores.arm == 0) & kept
    odds = np.where(control, odds_of(scores, arm), 0.0)
    total = odds.sum()
    if total <= 0:
        raise EstimationError(f"no controls resemble arm «{scores.arms[arm]}»: no overlap")
    return odds * ((scores.arm == arm) & kept).sum() / total


def odds_of(scores: Scores, arm: int) -> NDArray[np.float64]:
    """e_w/e_0 of each person (n,); a floor on e_w would give weight to who is never in the arm."""
    return np.divide(
        scores.unclipped[:, arm],
        scores.propensity[:, 0],
        out=np.zeros(len(scores.arm)),
        where=scores.propensity[:, 0] > 0,
    )


def effects(scores: Scores, estimand: Estimand) -> pd.DataFrame:
    """Estimates of every arm (without the control, except for "apo") and outcome.

    Returns
    -------
    One row per arm and outcome: arm, outcome, estimand, estimate, std_error, ci_low, ci_high,
    p_value; n_obs rows, and of persons n_persons, n_clusters and n_treated.
    """
    influence_of = {"ate": ate_influence, "att": att_influence, "apo": apo_influence}
    if estimand not in influence_of:
        raise EstimationError(
            f"estimand {estimand!r}; allowed: {', '.join(get_args(Estimand))} (gate has its own)"
        )
    parts = []
    for arm in range(0 if estimand == "apo" else 1, len(scores.arms)):
        estimate, influence = influence_of[estimand](scores, arm)
        kept = scores.kept[:, arm]
        part = estimate_frame(estimate, std_errors(influence, scores.cluster))
        part.insert(0, "arm", scores.arms[arm])
        part.insert(1, "outcome", list(scores.outcomes))
        part.insert(2, "estimand", estimand)
        persons = n_persons(scores, kept)
        treated = n_persons(scores, (scores.arm == arm) & kept)
        parts.append(
            part.assign(
                n_obs=int(kept.sum()), n_persons=persons, n_clusters=persons, n_treated=treated
            )
        )
    return pd.concat(parts, ignore_index=True)


def n_persons(scores: Scores, which: NDArray[np.bool_]) -> int:
    """Persons (clusters, where there are any) with at least one of these rows."""
    return int(which.sum() if scores.cluster is None else len(np.unique(scores.cluster[which])))


def att_minus_ate(scores: Scores, arm: int) -> pd.DataFrame:
    """Test of whether an arm reaches those it helps most: effect on the treated minus overall.

    The two are estimated on the same persons; the standard error uses both influences.
    """
    att, att_part = att_influence(scores, arm)
    ate, ate_part = ate_influence(scores, arm)
    table = estimate_frame(att - ate, std_errors(att_part - ate_part, scores.cluster))
    return table.assign(arm=scores.arms[arm], outcome=list(scores.outcomes), att=att, ate=ate)


def gate(
    scores: Scores, arm: int, groups: pd.Series | NDArray[Any], outcome: str | None = None
) -> pd.DataFrame:
    """Effects in groups: regression of Γ_w − Γ_0 on group dummies, robust standard errors.

    Parameters
    ----------
    groups
        (n,) text, numbers or categorical; the first category, in order, is the reference.
        Persons whose group is missing are left out.

    Returns
    -------
    One row per category and outcome: category, type ("constant" for the reference,
    "difference" for the others), estimate with inference, and n_persons in the category.

    Raises
    ------
    EstimationError
        For groups of another length, an unknown outcome, or when nobody has a group.
    """
    values, kept = contrast(scores, arm)
    categories, codes = _categories(groups, kept)
    if outcome is not None and outcome not in scores.outcomes:
        raise EstimationError(f"outcome {outcome!r}; allowed: {', '.join(scores.outcomes)}")
    rows = kept & (codes >= 0)
    picked = slice(None) if outcome is None else [scores.outcomes.index(outcome)]
    names = list(scores.outcomes) if outcome is None else [outcome]
    difference = values[:, picked][rows]
    design = np.zeros((int(rows.sum()), len(categories)))
    design[:, 0] = 1.0
    for j in range(1, len(categories)):
        design[:, j] = codes[rows] == j
    bread = np.linalg.inv(design.T @ design)
    coefficients = bread @ design.T @ difference
    residual = difference - design @ coefficients
    cluster = None if scores.cluster is None else scores.cluster[rows]
    parts = []
    for j, category in enumerate(categories):
        influence = (design @ bread[:, j])[:, None] * residual * len(design)
        part = estimate_frame(coefficients[j], std_errors(influence, cluster))
        part = part.assign(
            arm=scores.arms[arm],
            category=category,
            outcome=names,
            type="constant" if j == 0 else "difference",
            n_persons=n_persons(scores, rows & (codes == j)),
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _categories(
    groups: pd.Series | NDArray[Any], kept: NDArray[np.bool_]
) -> tuple[list[Any], NDArray[np.integer[Any]]]:
    """Categories that somebody kept belongs to, in order, and each person's, −1 for none."""
    if np.shape(groups) != kept.shape:
        raise EstimationError(f"groups of shape {np.shape(groups)}; expected {kept.shape}")
    if not isinstance(getattr(groups, "dtype", None), pd.CategoricalDtype):
        groups = np.asarray(groups)
    known = ~np.asarray(pd.isna(groups))
    if known.any():
        given.labels("scores", "groups", np.asarray(groups)[known])
    found = pd.Categorical(groups)
    present = np.unique(found.codes[kept & (found.codes >= 0)])
    if not present.size:
        raise EstimationError("groups: no person belongs to any category")
    categories = [found.categories[code] for code in present]
    return categories, found.set_categories(categories).codes


def average_outcomes(scores: Scores, columns: Sequence[int], name: str) -> Scores:
    """Scores of the mean of some outcomes: scores are linear, so averages of scores are scores."""
    picked = list(columns)
    return replace(
        scores,
        outcomes=(name,),
        y=scores.y[:, picked].mean(axis=1, keepdims=True),
        outcome_model=scores.outcome_model[:, :, picked].mean(axis=2, keepdims=True),
        gamma=scores.gamma[:, :, picked].mean(axis=2, keepdims=True),
    )


def only_outcome(nuisances: Nuisances, column: int) -> Nuisances:
    """The nuisances of one outcome."""
    return replace(
        nuisances,
        outcomes=(nuisances.outcomes[column],),
        outcome_model=nuisances.outcome_model[:, :, [column]],
    )


def std_errors(influence: Floats, cluster: NDArray[Any] | None = None) -> NDArray[np.float64]:
    """Standard errors of means from (n, k) influence values, summed within clusters if given."""
    n = len(influence)
    if cluster is not None:
        _, member = np.unique(cluster, return_inverse=True)
        summed = np.zeros((member.max() + 1, influence.shape[1]))
        np.add.at(summed, member, influence)
        influence = summed
    return np.sqrt((influence**2).sum(axis=0)) / n


def estimate_frame(estimate: Floats, std_error: Floats) -> pd.DataFrame:
    """Estimates with 95 percent intervals and two-sided p-values of zero effect."""
    std_error = np.asarray(std_error)
    z = np.divide(
        np.abs(estimate), std_error, out=np.full(len(std_error), np.inf), where=std_error > 0
    )
    z = np.where((std_error == 0) & (np.asarray(estimate) == 0), 0.0, z)
    return pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": std_error,
            "ci_low": estimate - Z95 * std_error,
            "ci_high": estimate + Z95 * std_error,
            "p_value": 2 * ndtr(-z),
        }
    )


def _mean_influence(
    values: Floats, kept: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not kept.any():
        raise EstimationError("trimming left nobody")
    estimate = values[kept].mean(axis=0)
    return estimate, _scaled(values - estimate, kept)


def _scaled(influence: Floats, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Influence over the kept persons, written for a mean over all persons."""
    return np.where(kept[:, None], influence, 0.0) * (len(kept) / kept.sum())
