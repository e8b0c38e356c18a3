"""Two-group difference-in-differences with absorbed effects and clustered covariance.

Linear regression of one outcome on a few regressors and any number of sets of fixed effects
(durations, months), with standard errors clustered by unit (CRV1). Made for millions of rows
with few levels per effect: effects are swept out exactly through the normal equations of the
dummies, without iteration, and rows that share regressors and effects may be described once
(`cell`).

Estimand: with a treated group, two or more periods and parallel trends, the coefficient of
treated × post is the average effect on the treated (att) weighted by the regression's own
weights. Inference: sums of scores by cluster; the same scores serve joint tests and the
cluster bootstrap. With few clusters these errors are too small; `jackknife` leaves out one
cluster at a time (CRV3; MacKinnon, Nielsen and Webb 2023), which errs on the safe side. With
one treated cluster neither says anything, and `fit` warns.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import ThreadpoolController

from naveval.project import given, student
from naveval.project.errors import EstimationError, EstimationWarning

Array = np.ndarray
Sets = Sequence[np.ndarray]
WHO = "regression"
MAX_LEVELS = 3000
COLLINEAR = 1e-10
LEAST_CLUSTERS = 2
# A cluster with this share of what identifies a regressor decides it alone: with one treated
# among G equal clusters, or one untreated, its share is (G − 1) / G.
ALONE = 0.75
# Small matrices: threads would only wait for each other.
CONTROLLER = ThreadpoolController()


@dataclass(frozen=True)
class Fit:
    """A fitted regression with k regressors and G clusters.

    Attributes
    ----------
    names
        The k regressors.
    coefficients, covariance
        (k,) and (k, k); the covariance is clustered and small-sample corrected.
    influence
        (G, k): each cluster's contribution to the coefficients' sampling error, unscaled;
        its cross product times `correction` is the covariance.
    clusters
        (G,) the clusters' own labels, sorted.
    correction
        G/(G−1) · (N−1)/(N−K), where K counts regressors and effects, but not those nested in
        clusters, as the units' own are when units are clusters: their uncertainty is in the
        clustered scores already. As in fixest and pyfixest.
    n_obs, r_squared
        Number of rows; share of the outcome's variance explained, effects included.
    kind
        "CRV1", or "CRV3" after `jackknife`.
    alone
        Regressors that rest on a single cluster, as a treatment of one: `one` gives their
        coefficient without inference.
    """

    names: tuple[str, ...]
    coefficients: Array
    covariance: Array
    influence: Array
    clusters: Array
    correction: float
    n_obs: int
    r_squared: float
    kind: str = "CRV1"
    alone: tuple[str, ...] = ()

    @property
    def n_clusters(self) -> int:
        return int(self.clusters.size)

    @property
    def std_errors(self) -> Array:
        return np.sqrt(np.diag(self.covariance))


@dataclass(frozen=True)
class Estimate:
    """One coefficient with its inference (t distribution with G − 1 degrees of freedom)."""

    estimate: float
    std_error: float
    ci_low: float
    ci_high: float
    p_value: float


def fit(
    outcome: Array,
    regressors: Array,
    effects: Sets,
    cluster: Array,
    names: Sequence[str],
    cell: Array | None = None,
) -> Fit:
    """Regress an outcome on regressors and absorbed effects, clustering the covariance.

    Parameters
    ----------
    outcome
        (n,) numbers.
    regressors
        (n, k), or (m, k) when `cell` is given.
    effects
        Sets of fixed effects, each (n,) or (m,) labels.
    cluster
        (n,) labels.
    names
        The k regressors' names.
    cell
        (n,) row of `regressors` and `effects` that each observation belongs to; None when
        they have a row per observation.

    Raises
    ------
    EstimationError
        When shapes disagree, a value is not finite, a cluster is missing, there are fewer than
        two clusters, no degrees of freedom are left, or a regressor is collinear with effects
        or others.

    Warns
    -----
    EstimationWarning
        When a regressor rests on one cluster, as with one treated unit: its clustered error
        leaves out the noise of that cluster. `naveval.estimators.one_treated` is made for it.
    """
    with CONTROLLER.limit(limits=1, user_api="blas"):
        found = _fit(outcome, regressors, effects, cluster, names, cell)
    if found.alone:
        warnings.warn(
            f"{', '.join(found.alone)}: rests on one of {found.n_clusters} clusters; clustered "
            "errors leave its noise out and no p-value is given. Use "
            "naveval.estimators.one_treated",
            EstimationWarning,
            stacklevel=2,
        )
    return found


def jackknife(
    fitted: Fit,
    outcome: Array,
    regressors: Array,
    effects: Sets,
    cluster: Array,
    cell: Array | None = None,
    *,
    small_sample: bool = False,
) -> Fit:
    """The same fit with CRV3: the spread of the estimates that leave out one cluster each.

    One small regression per cluster, from sums of products less the cluster's own: effects that
    are nested in clusters are swept out within them. Deviations are from the estimate on all.

    Parameters
    ----------
    fitted
        What `fit` found from the arguments that follow.
    small_sample
        False gives the jackknife's own factor (G − 1) / G; True the factor of CRV1, which is
        what pyfixest multiplies by unless told otherwise.

    Raises
    ------
    EstimationError
        When a regressor cannot be estimated without one of the clusters.
    """
    y, rows, effects, cluster, cell = _given(
        outcome, regressors, effects, cluster, cell, len(fitted.names)
    )
    labels, group = np.unique(cluster, return_inverse=True)
    if not np.array_equal(labels, fitted.clusters):
        raise EstimationError(f"CRV3: cluster: expected the {fitted.n_clusters} of what was fitted")
    at = np.arange(len(y)) if cell is None else cell
    left_out = np.empty((fitted.n_clusters, len(fitted.names)))
    with CONTROLLER.limit(limits=1, user_api="blas"):
        design, squares = _design(rows, effects, group, cell), (rows[at] ** 2).sum(axis=0)
        order = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
        whole = _products(design, y, at)
        for g, own in enumerate(order):
            parts = _products(design, y[own], at[own])
            rest = [total - part for total, part in zip(whole, parts, strict=True)]
            try:
                left_out[g] = _without(rest, squares, fitted.names)
            except EstimationError as error:
                raise EstimationError(
                    f"CRV3: without one of {fitted.n_clusters} clusters: {error}; what rests on "
                    "one cluster has no clustered error, use naveval.estimators.one_treated"
                ) from None
    influence = left_out - fitted.coefficients
    correction = fitted.correction if small_sample else 1 - 1 / fitted.n_clusters
    return replace(
        fitted,
        covariance=influence.T @ influence * correction,
        influence=influence,
        correction=correction,
        kind="CRV3",
    )


def _design(rows: Array, effects: Sets, group: Array, cell: Array | None) -> Array:
    """Regressors and dummies, less their means by a set of effects that is nested in clusters."""
    nested = [_nested([effect], group, cell) for effect in effects]
    swept = int(np.argmax(nested)) if max(nested, default=0) else -1
    codes = [np.unique(effect, return_inverse=True)[1] for effect in effects]
    dummies = [c[:, None] == range(c.max() + 1) for i, c in enumerate(codes) if i != swept]
    design = np.column_stack([rows, *dummies]).astype(float)
    weight = np.ones(len(rows)) if cell is None else np.bincount(cell, minlength=len(rows))
    code = codes[swept] if swept >= 0 else np.zeros(len(rows), dtype=int)
    means = [np.bincount(code, weight * x) / np.bincount(code, weight) for x in design.T]
    return design - np.column_stack(means)[code] if swept >= 0 else design


def _products(design: Array, outcome: Array, at: Array) -> list[Array]:
    """Sums of products of the design's rows `at` with each other and the outcome."""
    used, where = np.unique(at, return_inverse=True)
    rows = design[used]
    gram = rows.T @ (rows * np.bincount(where)[:, None])
    return [gram, rows.T @ np.bincount(where, outcome)]


def _without(products: list[Array], squares: Array, names: Sequence[str]) -> Array:
    """Coefficients of the regressors, the first in `products`, with the dummies swept out."""
    k, (gram, cross) = len(names), products
    dummies = np.linalg.pinv(gram[k:, k:], rcond=1e-11, hermitian=True) @ gram[k:, :k]
    left = gram[:k, :k] - gram[:k, k:] @ dummies
    _require_rank(left, squares, names)
    return np.asarray(np.linalg.solve(left, cross[:k] - dummies.T @ cross[k:]))


def _fit(
    outcome: Array,
    regressors: Array,
    effects: Sets,
    cluster: Array,
    names: Sequence[str],
    cell: Array | None,
) -> Fit:
    outcome, regressors, effects, cluster, cell = _given(
        outcome, regressors, effects, cluster, cell, len(names)
    )
    beta, swept, bread, fitted, rank = _coefficients(outcome, regressors, effects, names, cell)
    residual = outcome - (fitted if cell is None else fitted[cell])
    labels, group = np.unique(cluster, return_inverse=True)
    influence = _by_cluster(swept, residual, group, labels.size, cell) @ bread
    n_used = rank + regressors.shape[1] - _nested(effects, group, cell)
    correction = _correction(outcome.size, n_used, labels.size)
    alone = _alone(regressors, swept, bread, group, labels.size, cell)
    total = outcome - outcome.mean()
    return Fit(
        names=tuple(names),
        coefficients=beta,
        covariance=influence.T @ influence * correction,
        influence=influence,
        clusters=labels,
        correction=correction,
        n_obs=int(outcome.size),
        r_squared=float(1 - residual @ residual / (total @ total)) if total.any() else 0.0,
        alone=tuple(name for name, is_alone in zip(names, alone, strict=True) if is_alone),
    )


def _coefficients(
    outcome: Array, regressors: Array, effects: Sets, names: Sequence[str], cell: Array | None
) -> tuple[Array, Array, Array, Array, int]:
    """Coefficients, swept regressors, inverse Gram matrix, fitted values, rank of the effects."""
    weight = (
        np.ones(len(regressors))
        if cell is None
        else np.bincount(cell, minlength=len(regressors)).astype(float)
    )
    codes = [np.unique(effect, return_inverse=True)[1] for effect in effects]
    sums = outcome if cell is None else np.bincount(cell, outcome, minlength=len(weight))
    inverse, rank = _dummy_inverse(codes, weight)
    swept = regressors - _fitted(codes, inverse, regressors * weight[:, None])
    gram = swept.T @ (swept * weight[:, None])
    _require_rank(gram, np.einsum("ij,ij,i->j", regressors, regressors, weight), names)
    bread = np.linalg.inv(gram)
    beta = bread @ (swept.T @ sums)
    fitted = swept @ beta + _fitted(codes, inverse, sums[:, None])[:, 0]
    return beta, swept, bread, fitted, rank


def _nested(effects: Sets, group: Array, cell: Array | None) -> int:
    """How many levels, beside one per set, belong to sets whose levels lie in one cluster each."""
    count = 0
    for effect in effects:
        code = np.unique(effect, return_inverse=True)[1]
        own = code if cell is None else code[cell]
        first = np.zeros(int(code.max()) + 1, dtype=group.dtype)
        first[own] = group
        if (first[own] == group).all():
            count += len(first) - 1
    return count


def _alone(
    regressors: Array, swept: Array, bread: Array, group: Array, n_groups: int, cell: Array | None
) -> Array:
    """Which regressors rest on one cluster: zero in all others, or most of the leverage there."""
    # A regressor swept of the effects and of the other regressors.
    partial = swept @ bread / np.sqrt(np.diag(bread))
    found = np.zeros(regressors.shape[1], dtype=bool)
    for j in range(regressors.shape[1]):
        present, share = regressors[:, j] != 0, partial[:, j] ** 2
        if cell is not None:
            present, share = present[cell], share[cell]
        where = np.bincount(group, present, minlength=n_groups) > 0
        most = np.bincount(group, share, minlength=n_groups).max()
        found[j] = where.sum() == 1 or (n_groups > LEAST_CLUSTERS and most > ALONE - 1e-9)
    return found


def compress(*keys: Array) -> tuple[Array, Array]:
    """Cells of rows that agree in all keys (non-negative whole numbers, (n,) each).

    Returns
    -------
    (cell of each row (n,), one row of each cell (m,))
    """
    sizes = [int(key.max(initial=0)) + 1 for key in keys]
    code = np.ravel_multi_index([np.asarray(key, dtype=np.int64) for key in keys], sizes)
    _, first, cell = np.unique(code, return_index=True, return_inverse=True)
    return cell, first


def one(fitted: Fit, name: str, level: float = 0.95, df: float | None = None) -> Estimate:
    """Estimate, standard error, confidence interval and p-value of one regressor.

    Interval and p-value are missing for a regressor that rests on one cluster.

    Parameters
    ----------
    df
        Degrees of freedom, by default one less than there are clusters.
    """
    if name not in fitted.names:
        raise EstimationError(f"no regressor «{name}»; fitted: {', '.join(fitted.names)}")
    i = fitted.names.index(name)
    value, error = float(fitted.coefficients[i]), float(fitted.std_errors[i])
    df = fitted.n_clusters - 1 if df is None else df
    if name in fitted.alone:
        return Estimate(value, error, np.nan, np.nan, np.nan)
    half = float(student.reach(level, df)) * error
    p_value = float(student.two_sided(value / error, df)) if error > 0 else np.nan
    return Estimate(value, error, value - half, value + half, p_value)


def _dummy_inverse(codes: Sets, weight: Array) -> tuple[Array, int]:
    """Pseudo-inverse of the dummies' weighted Gram matrix, and its rank."""
    if not codes:
        return np.zeros((0, 0)), 0
    levels = [int(code.max()) + 1 for code in codes]
    if sum(levels) > MAX_LEVELS:
        raise EstimationError(
            f"absorbed effects: {sum(levels)} levels; at most {MAX_LEVELS} are supported"
        )
    starts = np.concatenate([[0], np.cumsum(levels)])
    gram = np.zeros((starts[-1], starts[-1]))
    for i, left in enumerate(codes):
        for j, right in enumerate(codes):
            counts = np.bincount(
                left * levels[j] + right, weight, minlength=levels[i] * levels[j]
            ).reshape(levels[i], levels[j])
            gram[starts[i] : starts[i + 1], starts[j] : starts[j + 1]] = counts
    scale = 1 / np.sqrt(np.diag(gram))
    values, vectors = np.linalg.eigh(gram * scale[:, None] * scale)
    keep = values > 1e-11 * values[-1]
    root = vectors[:, keep] * scale[:, None] / np.sqrt(values[keep])
    return root @ root.T, int(keep.sum())


def _fitted(codes: Sets, inverse: Array, sums: Array) -> Array:
    """Fitted effects per row, from weighted sums (m, k) of what is swept."""
    if not codes:
        return np.zeros_like(sums)
    columns = [
        np.concatenate([np.bincount(code, sums[:, j]) for code in codes])
        for j in range(sums.shape[1])
    ]
    alpha = inverse @ np.column_stack(columns)
    start, found = 0, np.zeros_like(sums)
    for code in codes:
        found += alpha[start + code]
        start += int(code.max()) + 1
    return found


def _by_cluster(
    swept: Array, residual: Array, group: Array, n_groups: int, cell: Array | None
) -> Array:
    """Sum of scores by cluster, (G, k)."""
    columns = (column if cell is None else column[cell] for column in swept.T)
    return np.column_stack([np.bincount(group, c * residual, minlength=n_groups) for c in columns])


def _correction(n_obs: int, n_used: int, n_clusters: int) -> float:
    if n_clusters < LEAST_CLUSTERS:
        raise EstimationError(f"{n_clusters} cluster; at least {LEAST_CLUSTERS} are needed")
    if n_obs <= n_used:
        raise EstimationError(f"{n_obs} observations for {n_used} coefficients: none left")
    return n_clusters / (n_clusters - 1) * (n_obs - 1) / (n_obs - n_used)


def _require_rank(gram: Array, total: Array, names: Sequence[str]) -> None:
    """Raise EstimationError naming regressors that effects or other regressors explain."""
    flat = np.diag(gram) <= COLLINEAR * np.maximum(total, 1e-300)
    if flat.any():
        which = ", ".join(name for name, bad in zip(names, flat, strict=True) if bad)
        raise EstimationError(f"collinear with the absorbed effects: {which}")
    scale = 1 / np.sqrt(np.diag(gram))
    values = np.linalg.eigvalsh(gram * scale[:, None] * scale)
    if values[0] <= COLLINEAR * values[-1]:
        raise EstimationError(f"collinear with each other: {', '.join(names)}")


def _given(
    outcome: Array,
    regressors: Array,
    effects: Sets,
    cluster: Array,
    cell: Array | None,
    k: int,
) -> tuple[Array, Array, Sets, Array, Array | None]:
    """What was given, as numbers and labels of shapes that agree."""
    y, x = given.numbers(WHO, "outcome", outcome), given.columns(WHO, "regressors", regressors, k=k)
    if cell is not None:
        cell = given.codes(WHO, "cell", cell, len(x), len(y))
    elif len(x) != len(y):
        raise EstimationError(f"{WHO}: regressors of shape {x.shape}; expected ({len(y)}, {k})")
    sets = [
        given.labels(WHO, f"effect {i + 1}", effect, len(x)) for i, effect in enumerate(effects)
    ]
    return y, x, sets, given.labels(WHO, "cluster", cluster, len(y)), cell
