"""Cross-fitted nuisances: the probability of each arm, and the outcome under each arm.

Every person's nuisances come from forests that never saw the person: the sample is split into
folds, the forests of a fold are grown on all other folds. People who appear twice stay in one
fold. Each forest's predictions are written to disk when they are done, so that an interrupted
run goes on where it stopped.

Propensities can be calibrated out of fold, and the whole be repeated over several splits.
"""

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from naveval.estimators import forests
from naveval.estimators.forests import Floats, ForestOptions
from naveval.project.errors import EstimationError, EstimationWarning
from naveval.project.given import codes, columns, labels, numbers, require_choice, require_number
from naveval.project.store import cached

WHO = "cross-fitting"
MIN_ARM_PER_FOLD = 4
FEW_CLUSTERS = 30
NOT_IN_KEY = ("jobs", "backend")
MedianRule = Literal["variance", "bounds"]
DOUBLEML_Z = 1.96
REPETITION = 100_003  # seeds of repetitions lie far apart


@dataclass(frozen=True)
class Nuisances:
    """Cross-fitted predictions.

    Attributes
    ----------
    arms, outcomes
        Names along the axes; the first arm is the control.
    propensity
        (n, arms) probability of each arm; rows sum to one.
    outcome_model
        (n, arms, outcomes) expected outcome under each arm.
    fold
        (n,) fold of each person.
    """

    arms: tuple[str, ...]
    outcomes: tuple[str, ...]
    propensity: NDArray[np.float64]
    outcome_model: NDArray[np.float64]
    fold: NDArray[np.int64]


def folds(
    arm: NDArray[np.int64], n_folds: int, seed: int, cluster: NDArray[Any] | None = None
) -> NDArray[np.int64]:
    """Draw folds with nearly equal numbers of every arm in each.

    Parameters
    ----------
    arm
        (n,) arm of each row.
    cluster
        (n,) person of each row; rows of one person share a fold.

    Returns
    -------
    (n,) integers 0 … n_folds − 1.

    Raises
    ------
    EstimationError
        For missing clusters, and fewer of them than folds.
    """
    rng = np.random.default_rng([seed, 77])
    arm = numbers(WHO, "arm", arm).astype(np.int64)
    cluster = labels(WHO, "cluster", np.arange(len(arm)) if cluster is None else cluster, len(arm))
    _, first, member = np.unique(cluster, return_index=True, return_inverse=True)
    if len(first) < n_folds:
        raise EstimationError(
            f"clusters: {len(first)} in {len(arm)} rows; expected at least {n_folds}, one for each "
            "fold, such as one per person"
        )
    order = rng.permutation(len(first))
    order = order[np.argsort(arm[first][order], kind="stable")]
    fold = np.empty(len(first), dtype=np.int64)
    fold[order] = np.arange(len(first)) % n_folds
    return fold[member]


def require_clusters(cluster: NDArray[Any], n: int) -> NDArray[Any]:
    """The labels, if they name clusters of n rows; warns of so few that errors are too small.

    Raises
    ------
    EstimationError
        For another number of labels than rows, missing ones, or one cluster.
    """
    cluster = labels(WHO, "cluster", cluster, n)
    found = len(np.unique(cluster))
    if found < 2:
        raise EstimationError(f"clusters: one in {n} rows; expected many, such as one per person")
    if found < FEW_CLUSTERS:
        warnings.warn(
            f"only {found} clusters: errors clustered by so few are too small",
            EstimationWarning,
            stacklevel=3,
        )
    return cluster


def require_arms(arm: NDArray[np.int64], arms: Sequence[str], n_folds: int, growing: float) -> None:
    """Stop before an hour is wasted: every arm needs enough people in every training sample.

    Raises
    ------
    EstimationError
        Names the arms without people, and those too small for a tree with two leaves.
    """
    counts = np.bincount(arm, minlength=len(arms))
    if counts[1:].sum() == 0:
        raise EstimationError("no treated persons in the sample: there is no effect to estimate")
    if counts[0] == 0:
        raise EstimationError(f"no persons in the control arm «{arms[0]}»")
    training = counts * (n_folds - 1) // n_folds
    small = [
        f"{name} ({n} persons)"
        for name, n, m in zip(arms, counts, training, strict=True)
        if m * growing < MIN_ARM_PER_FOLD
    ]
    if small:
        raise EstimationError(f"arms too small to estimate: {', '.join(small)}; merge them first")


def crossfit(
    x: Floats,
    arm: NDArray[np.int64],
    y: Floats,
    *,
    arms: Sequence[str],
    outcomes: Sequence[str],
    options: ForestOptions,
    n_folds: int = 5,
    cluster: NDArray[Any] | None = None,
    cache: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> Nuisances:
    """Cross-fit the propensities of all arms and the outcomes under each arm.

    Parameters
    ----------
    x
        (n, p) covariates.
    arm
        (n,) integers 0 … len(arms) − 1; 0 is the control.
    y
        (n, k) outcomes, or (n,) of one.
    cache
        Folder for finished forests; None keeps nothing.
    progress
        Called with a line of text after each forest.

    Raises
    ------
    EstimationError
        For arms without people, shapes that do not agree, or missing values.
    """
    x = columns(WHO, "x", x)
    arm = codes(WHO, "arm", arm, len(arms), len(x)).astype(np.int64)
    y = columns(WHO, "y", y, len(x), len(outcomes))
    require_arms(arm, arms, n_folds, options.subsample * options.honesty_share)
    fold = folds(arm, n_folds, options.seed, cluster)
    made_from = fingerprint(x, arm, y, fold, options) if cache else ""
    kept = partial(_kept, cache, made_from, progress)
    propensity = np.empty((len(x), len(arms)))
    outcome_model = np.empty((len(x), len(arms), y.shape[1]))
    for k in range(n_folds):
        out, rest = fold == k, fold != k

        def grow_propensity(out: Any = out, rest: Any = rest, k: int = k) -> Floats:
            return forests.probability_forest(
                x[rest], arm[rest], len(arms), x[out], options, seed=1000 * k
            )

        propensity[out] = kept(f"fold-{k}-propensity", grow_propensity)
        for w, name in enumerate(arms):
            rows = rest & (arm == w)

            def grow_outcome(out: Any = out, rows: Any = rows, k: int = k, w: int = w) -> Floats:
                return forests.regression_forest(
                    x[rows],
                    y[rows],
                    x[out],
                    small_arm(options, int(rows.sum())),
                    seed=1000 * k + w + 1,
                )

            outcome_model[out, w] = kept(f"fold-{k}-arm-{w}", grow_outcome, name)
    return Nuisances(tuple(arms), tuple(outcomes), propensity, outcome_model, fold)


def calibrated(nuisances: Nuisances, arm: NDArray[np.int64]) -> Nuisances:
    """The nuisances with propensities that are right on average at every level.

    Each arm's propensity is replaced by the isotonic regression of having the arm on it, fitted
    on the other folds, so that nobody's own arm is used; with more than two arms rows are
    scaled to sum to one again. Isotonic steps can end at zero: clip or trim.

    Source: van der Laan, Lin, Carone and Luedtke (2024), "Stabilized inverse probability
    weighting via isotonic calibration"; as DoubleML does with `cv_calibration`.

    Parameters
    ----------
    arm
        (n,) arm of each person.

    Raises
    ------
    EstimationError
        When arms and nuisances differ in length, or an arm has nobody or is unknown.
    """
    fold = nuisances.fold
    arm = numbers("calibration", "arm", arm, fold.shape).astype(np.int64)
    if set(np.unique(arm)) != set(range(len(nuisances.arms))):
        raise EstimationError(
            f"calibration: expected arms 0 to {len(nuisances.arms) - 1}, positions in "
            f"{', '.join(nuisances.arms)}, each with persons; there are "
            f"{', '.join(map(str, np.unique(arm)[:8]))}"
        )
    found = np.empty_like(nuisances.propensity)
    for k in np.unique(fold):
        out = fold == k
        for w in range(len(nuisances.arms)):
            given = nuisances.propensity[:, w]
            isotonic = IsotonicRegression(out_of_bounds="clip")
            isotonic.fit(given[~out], arm[~out] == w)
            found[out, w] = isotonic.predict(given[out])
    total = found.sum(axis=1, keepdims=True)
    # Where every arm is at zero nothing was learnt: keep what was given.
    scaled = np.divide(found, total, out=nuisances.propensity.copy(), where=total > 0)
    return replace(nuisances, propensity=scaled)


def repeated(
    x: Floats,
    arm: NDArray[np.int64],
    y: Floats,
    *,
    times: int,
    options: ForestOptions,
    **given: Any,
) -> Iterator[Nuisances]:
    """Cross-fit several times, each with folds and forests of its own.

    Estimates depend on how the sample happened to be split; `median_rule` brings the
    repetitions together. Arguments as for `crossfit`.

    Parameters
    ----------
    times
        Repetitions, at least one; the first is that of `crossfit` with the same options.
    """
    require_number("repeated cross-fitting", 1, whole=True, times=times)
    for i in range(times):
        seeded = replace(options, seed=options.seed + REPETITION * i)
        yield crossfit(x, arm, y, options=seeded, **given)


def median_rule(
    estimates: Floats, std_errors: Floats, rule: MedianRule = "variance"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median over repetitions, with a standard error that counts how much they differ.

    Parameters
    ----------
    estimates, std_errors
        (repetitions, …) of each cross-fitting.
    rule
        "variance": the root of the median of σ² + (θ − median θ)², definition 3.3 of
        Chernozhukov and others (2018). "bounds": half the distance from the median to the
        median of the upper limits, as DoubleML does.

    Returns
    -------
    (…) estimates and standard errors.

    Raises
    ------
    EstimationError
        For shapes that disagree or an unknown rule.
    """
    shape = tuple(None for _ in np.shape(estimates)) or (None,)
    theta = numbers("median rule", "estimates", estimates, shape)
    error = numbers("median rule", "std_errors", std_errors, theta.shape, least=0)
    require_choice("median rule", get_args(MedianRule), rule=rule)
    middle = np.median(theta, axis=0)
    if rule == "bounds":
        return middle, (np.median(theta + DOUBLEML_Z * error, axis=0) - middle) / DOUBLEML_Z
    return middle, np.sqrt(np.median(error**2 + (theta - middle) ** 2, axis=0))


def small_arm(options: ForestOptions, n: int) -> ForestOptions:
    """Options that can grow a tree on `n` observations: fewer per leaf where n is tiny."""
    growing = int(n * options.subsample * options.honesty_share)
    if growing >= 2 * options.min_leaf:
        return options
    return ForestOptions(**{**asdict(options), "min_leaf": max(1, growing // 2)})


def deciding(options: ForestOptions) -> dict[str, Any]:
    """The options that forests depend on: all but how many workers grow them, and which."""
    return {name: value for name, value in asdict(options).items() if name not in NOT_IN_KEY}


def fingerprint(
    x: Floats, arm: NDArray[np.int64], y: Floats, fold: NDArray[np.int64], options: ForestOptions
) -> str:
    """Hash of everything the forests depend on; not of how many workers grow them."""
    digest = hashlib.sha256()
    for array in (x, arm, y, fold):
        digest.update(str((array.shape, array.dtype)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update(json.dumps(deciding(options), sort_keys=True).encode())
    return digest.hexdigest()[:20]


def _kept(
    cache: Path | None,
    made_from: str,
    progress: Callable[[str], None] | None,
    name: str,
    grow: Callable[[], Floats],
    label: str = "",
) -> Floats:
    """Read a finished forest's predictions, or grow it and keep them."""
    grown: list[str] = []

    def grow_now() -> Floats:
        grown.append(f"{name} {label}".strip())
        return grow()

    if cache is None:
        predicted = grow_now()
    else:
        key, code = {"data": made_from}, (__name__,)
        predicted = cached(f"forest-{name}", grow_now, key=key, code=code, below=cache)
    if progress is not None and grown:
        progress(grown[0])
    return predicted
