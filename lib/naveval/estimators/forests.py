"""Honest random forests for many outcomes at once, and for many classes at once.

A forest is a set of trees, each grown on one random part of the observations; the values in
its leaves come from another part (honesty, Athey, Tibshirani and Wager 2019, "Generalized
random forests"). Once a tree is grown without the observations that fill its leaves, the same
tree may be filled with any number of outcomes: its leaves are a way of weighting
observations that does not depend on their outcomes. That is what makes one set of trees serve
many outcomes. What decides how well it serves them is what the splits are chosen for; here
they are chosen to explain the leading principal components of the standardised outcomes.

Trees are scikit-learn's. They are thrown away as soon as they have predicted, so memory does
not grow with their number, and every chunk of trees is an independent task for joblib: with
threads, with processes, or on a Dask cluster. Results do not depend on which, nor on the
number of workers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import sklearn
from joblib import Parallel, delayed, parallel_config
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from naveval.project.errors import EstimationError
from naveval.project.given import codes, columns, numbers, require_number

Backend = Literal["threads", "processes", "dask"]
JOBLIB_BACKENDS = {"threads": "threading", "processes": "loky", "dask": "dask"}
Floats = NDArray[np.floating[Any]]
Fit = Callable[[NDArray[np.float32], Floats, int], Any]
# Of what splits are chosen for, in standard deviations: sums of so coarse numbers are exact, so
# that of two splits that are equally good no processor's rounding chooses another one.
STEP = 2.0**-20


@dataclass(frozen=True)
class ForestOptions:
    """How forests are grown (defaults: chapter 6.1.2 of the programme report).

    Attributes
    ----------
    trees
        Number of trees.
    candidates
        Covariates tried per split; 0 means √p + 20, at most p.
    min_leaf
        Fewest growing observations in a leaf.
    subsample
        Share of the observations each tree sees, drawn without replacement.
    honesty_share
        Share of that subsample that grows the tree; the rest fills its leaves.
    components
        Principal components of the outcomes the splits are chosen for; 0 means every
        outcome, standardised.
    jobs, backend
        Workers, and what runs them: "threads", "processes" or "dask" (see `workers`).
    chunk
        Trees per task.
    seed
        Seed of all draws.
    """

    trees: int = 2000
    candidates: int = 0
    min_leaf: int = 5
    subsample: float = 0.5
    honesty_share: float = 0.5
    components: int = 3
    jobs: int = 2
    backend: Backend = "threads"
    chunk: int = 50
    seed: int = 1

    def __post_init__(self) -> None:
        if self.backend not in get_args(Backend):
            raise EstimationError(
                f"forests: backend {self.backend!r}; allowed: {', '.join(get_args(Backend))}"
            )
        for name, low in (("trees", 1), ("min_leaf", 1), ("jobs", 1), ("chunk", 1)):
            require_number("forests", low, whole=True, **{name: getattr(self, name)})
        for name in ("subsample", "honesty_share"):
            if not 0 < getattr(self, name) < 1:
                raise EstimationError(f"forests: {name} must be between 0 and 1, exclusive")
        if min(self.candidates, self.components) < 0:
            raise EstimationError("forests: candidates and components cannot be negative")

    def n_candidates(self, n_covariates: int) -> int:
        """Covariates tried per split when there are `n_covariates`."""
        wanted = self.candidates or int(np.ceil(np.sqrt(n_covariates))) + 20
        return min(wanted, n_covariates)


@contextmanager
def workers(options: ForestOptions) -> Iterator[None]:
    """Open the cluster that forests grow on, for as long as they do.

    With "dask" an open `distributed.Client` is used as it is. Otherwise one is opened to the
    scheduler that Dask's own settings name (DASK_SCHEDULER_ADDRESS), or to `jobs` local
    processes. With other backends nothing is opened.

    Raises
    ------
    EstimationError
        When the package distributed is missing.
    """
    if options.backend != "dask":
        yield
        return
    try:
        import dask
        from distributed import Client, LocalCluster, default_client
    except ModuleNotFoundError:
        raise EstimationError(
            "forests: backend 'dask' needs the package distributed (extra dask of naveval)"
        ) from None
    try:
        default_client()
    except ValueError:
        if dask.config.get("scheduler-address", None):
            with Client():
                yield
        else:
            with (
                LocalCluster(
                    n_workers=options.jobs, threads_per_worker=1, dashboard_address=None
                ) as cluster,
                Client(cluster),
            ):
                yield
    else:
        yield


def regression_forest(
    x: Floats, y: Floats, x_new: Floats, options: ForestOptions, *, seed: int = 0
) -> NDArray[np.float64]:
    """Predict the mean of each outcome at new covariates.

    Parameters
    ----------
    x, y
        (n, p) covariates and (n, k) outcomes of the training observations.
    x_new
        (m, p) covariates.
    seed
        Added to the options' seed, so that forests of one study differ.

    Returns
    -------
    (m, k) predictions. Columns that do not vary in training are predicted by their value.

    Raises
    ------
    EstimationError
        For missing or infinite values, shapes that do not agree, or too few observations.
    """
    x, x_new = _checked(x, x_new, options)
    y = np.ascontiguousarray(columns("forests", "y", y, len(x)))
    target = splitting_target(y, options.components)

    def fit(rows: NDArray[np.float32], wanted: Floats, tree_seed: int) -> Any:
        tree = DecisionTreeRegressor(
            max_features=options.n_candidates(rows.shape[1]),
            min_samples_leaf=options.min_leaf,
            random_state=tree_seed,
        )
        return tree.fit(rows, wanted, check_input=False).tree_

    return _predict(fit, x, target, y, x_new, options, seed)


def probability_forest(
    x: Floats,
    classes: NDArray[Any],
    n_classes: int,
    x_new: Floats,
    options: ForestOptions,
    *,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Predict the probability of each class; rows sum to one.

    Parameters
    ----------
    classes
        (n,) integers 0 … n_classes − 1.

    Returns
    -------
    (m, n_classes) probabilities.
    """
    x, x_new = _checked(x, x_new, options)
    classes = codes("forests", "classes", classes, n_classes, len(x))
    indicators = np.eye(n_classes)[classes]

    def fit(rows: NDArray[np.float32], wanted: Floats, tree_seed: int) -> Any:
        tree = DecisionTreeClassifier(
            max_features=options.n_candidates(rows.shape[1]),
            min_samples_leaf=options.min_leaf,
            random_state=tree_seed,
        )
        return tree.fit(rows, wanted[:, 0].astype(np.intp), check_input=False).tree_

    labels = classes[:, None].astype(float)
    return _predict(fit, x, labels, indicators, x_new, options, seed)


def splitting_target(y: Floats, components: int) -> NDArray[np.float64]:
    """What the splits of a many-outcome tree are chosen for.

    Parameters
    ----------
    y
        (n, k) outcomes.
    components
        Leading principal components of the standardised outcomes, scaled by their spread so
        that the first counts most; 0 gives the standardised outcomes themselves.

    Returns
    -------
    (n, min(components, k)) or (n, k) targets, in whole steps of `STEP`.
    """
    spread = y.std(axis=0)
    target = (y - y.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    if 0 < components < y.shape[1]:
        _, vectors = np.linalg.eigh(target.T @ target)
        target = target @ vectors[:, ::-1][:, :components]
    return np.ascontiguousarray(np.rint(target / STEP) * STEP)


def _checked(
    x: Floats, x_new: Floats, options: ForestOptions
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Covariates as scikit-learn's trees want them."""
    x = numbers("forests", "x", x, (None, None), single=True)
    x_new = numbers("forests", "x_new", x_new, (None, x.shape[1]), single=True)
    if max(np.abs(x).max(), np.abs(x_new).max()) > np.finfo(np.float32).max:
        raise EstimationError("forests: x and x_new: expected numbers of single precision, to 3e38")
    x, x_new = (np.ascontiguousarray(part, dtype=np.float32) for part in (x, x_new))
    growing = int(len(x) * options.subsample * options.honesty_share)
    if growing < 2 * options.min_leaf:
        raise EstimationError(
            f"forests: {len(x)} training observations leave {growing} to grow a tree with "
            f"at least {options.min_leaf} in each of two leaves"
        )
    return x, x_new


def _predict(
    fit: Fit,
    x: NDArray[np.float32],
    target: Floats,
    fill: Floats,
    x_new: NDArray[np.float32],
    options: ForestOptions,
    seed: int,
) -> NDArray[np.float64]:
    """Grow the trees in chunks and average their predictions."""
    fill = np.ascontiguousarray(fill, dtype=np.float64)
    n_chunks = -(-options.trees // options.chunk)
    seeds = np.random.SeedSequence([options.seed, seed]).spawn(n_chunks)
    sizes = [min(options.chunk, options.trees - i * options.chunk) for i in range(n_chunks)]
    with parallel_config(backend=JOBLIB_BACKENDS[options.backend], n_jobs=options.jobs):
        parts = Parallel()(
            delayed(_grow_chunk)(fit, x, target, fill, x_new, options, chunk_seed, size)
            for chunk_seed, size in zip(seeds, sizes, strict=True)
        )
    total = sum(part[0] for part in parts)
    count = sum(part[1] for part in parts)
    overall = fill.mean(axis=0)
    return np.where(count[:, None] > 0, total / np.maximum(count, 1)[:, None], overall)


def _grow_chunk(
    fit: Fit,
    x: NDArray[np.float32],
    target: Floats,
    fill: Floats,
    x_new: NDArray[np.float32],
    options: ForestOptions,
    chunk_seed: np.random.SeedSequence,
    size: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sum of the predictions of `size` trees, and how many of them had an answer."""
    rng = np.random.default_rng(chunk_seed)
    seen = int(len(x) * options.subsample)
    growing = int(seen * options.honesty_share)
    total = np.zeros((len(x_new), fill.shape[1]))
    count = np.zeros(len(x_new), dtype=np.int64)
    for _ in range(size):
        rows = rng.permutation(len(x))[:seen]
        grow, leaf_fill = rows[:growing], rows[growing:]
        with sklearn.config_context(skip_parameter_validation=True):  # a quarter of a small tree
            tree = fit(x[grow], target[grow], int(rng.integers(2**31)))
        means, filled = leaf_means(tree.apply(x[leaf_fill]), fill[leaf_fill], tree.node_count)
        leaves = tree.apply(x_new)
        total += means[leaves]
        count += filled[leaves]
    return total, count


def leaf_means(
    leaves: NDArray[np.intp], values: Floats, n_nodes: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean of each outcome in each leaf, zero where the leaf is empty.

    Returns
    -------
    (n_nodes, k) means and (n_nodes,) one where the leaf holds an observation, else zero.
    """
    order = np.argsort(leaves, kind="stable")
    found, starts, sizes = np.unique(leaves[order], return_index=True, return_counts=True)
    means = np.zeros((n_nodes, values.shape[1]))
    means[found] = np.add.reduceat(values[order], starts, axis=0) / sizes[:, None]
    filled = np.zeros(n_nodes, dtype=np.int64)
    filled[found] = 1
    return means, filled
