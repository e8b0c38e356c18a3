"""Cross-fitted nuisances: the probability of each arm, and the outcome under each arm.

Every person's nuisances come from forests that never saw the person: the sample is split into
folds, the forests of a fold are grown on all other folds. People who appear twice stay in one
fold. Each forest's predictions are written to disk when they are done, so that an interrupted
run goes on where it stopped.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naveval.estimators import forests
from naveval.estimators.forests import Floats, ForestOptions
from naveval.project.errors import EstimationError

MIN_ARM_PER_FOLD = 4
NOT_IN_KEY = ("jobs", "backend")


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
    """
    rng = np.random.default_rng([seed, 77])
    if cluster is None:
        cluster = np.arange(len(arm))
    _, first, member = np.unique(cluster, return_index=True, return_inverse=True)
    order = rng.permutation(len(first))
    order = order[np.argsort(arm[first][order], kind="stable")]
    fold = np.empty(len(first), dtype=np.int64)
    fold[order] = np.arange(len(first)) % n_folds
    return fold[member]


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
        (n, k) outcomes.
    cache
        Folder for finished forests; None keeps nothing.
    progress
        Called with a line of text after each forest.

    Raises
    ------
    EstimationError
        For arms without people, shapes that do not agree, or missing values.
    """
    arm = np.asarray(arm, dtype=np.int64)
    y = np.asarray(y, dtype=float)
    if not len(x) == len(arm) == len(y) or y.shape[1] != len(outcomes):
        raise EstimationError(
            f"cross-fitting: {len(x)} rows of covariates, {len(arm)} of arms and {y.shape} of "
            f"outcomes for {len(outcomes)} names"
        )
    if arm.min() < 0 or arm.max() >= len(arms):
        raise EstimationError(f"cross-fitting: arms must be 0 to {len(arms) - 1}")
    require_arms(arm, arms, n_folds, options.subsample * options.honesty_share)
    fold = folds(arm, n_folds, options.seed, cluster)
    store = None if cache is None else cache / fingerprint(x, arm, y, fold, options)
    propensity = np.empty((len(x), len(arms)))
    outcome_model = np.empty((len(x), len(arms), y.shape[1]))
    for k in range(n_folds):
        out, rest = fold == k, fold != k

        def grow_propensity(out: Any = out, rest: Any = rest, k: int = k) -> Floats:
            return forests.probability_forest(
                x[rest], arm[rest], len(arms), x[out], options, seed=1000 * k
            )

        propensity[out] = _kept(store, f"fold-{k}-propensity", grow_propensity, progress)
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

            outcome_model[out, w] = _kept(store, f"fold-{k}-arm-{w}", grow_outcome, progress, name)
    return Nuisances(tuple(arms), tuple(outcomes), propensity, outcome_model, fold)


def small_arm(options: ForestOptions, n: int) -> ForestOptions:
    """Options that can grow a tree on `n` observations: fewer per leaf where n is tiny."""
    growing = int(n * options.subsample * options.honesty_share)
    if growing >= 2 * options.min_leaf:
        return options
    return ForestOptions(**{**asdict(options), "min_leaf": max(1, growing // 2)})


def fingerprint(
    x: Floats, arm: NDArray[np.int64], y: Floats, fold: NDArray[np.int64], options: ForestOptions
) -> str:
    """Hash of everything the forests depend on; not of how many workers grow them."""
    digest = hashlib.sha256()
    for array in (x, arm, y, fold):
        digest.update(str((array.shape, array.dtype)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    settings = {key: value for key, value in asdict(options).items() if key not in NOT_IN_KEY}
    digest.update(json.dumps(settings, sort_keys=True).encode())
    return digest.hexdigest()[:20]


def _kept(
    store: Path | None,
    name: str,
    grow: Callable[[], Floats],
    progress: Callable[[str], None] | None,
    label: str = "",
) -> Floats:
    """Read a finished forest's predictions, or grow it and keep them."""
    file = None if store is None else store / f"{name}.npy"
    if file is not None and file.exists():
        return np.load(file)
    predicted = grow()
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}.tmp")
        with unfinished.open("wb") as stream:
            np.save(stream, predicted)
        unfinished.replace(file)
    if progress is not None:
        progress(f"{name} {label}".strip())
    return predicted
