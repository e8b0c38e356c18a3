"""Tests of no effect when only one unit is treated.

Every function returns two-sided p-values with the leading axes of the outcome, so that one
panel and a thousand simulated ones take the same code. The observed value counts among those
it is compared with, so that no p-value is below one over their number: with eleven controls
that is 1/12, whatever the effect, and never zero (Davison and Hinkley 1997, section 4.2).

Sources: randomisation inference: Fisher (1935), Abadie, Diamond and Hainmueller (2010),
MacKinnon and Webb (2020) for the t-statistic; Conley and Taber (2011); Ferman and Pinto
(2019); wild cluster bootstrap: Cameron, Gelbach and Miller (2008), computed as in Roodman,
MacKinnon, Nielsen and Webb (2019); that it fails with one treated cluster: MacKinnon and Webb
(2017).

Confidence intervals by test inversion: the effects a test does not reject. Their level is no
higher than the smallest p-value allows, and `Interval.level` says which it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from naveval.estimators.one_treated.regression import (
    WHO,
    Array,
    Setup,
    contrast,
    fit_residuals,
    residualise,
)
from naveval.project import student
from naveval.project.errors import EstimationError
from naveval.project.given import numbers

TIE = 1e-9
CHUNK = 2_000_000
METHODS = (
    "classical",
    "crv1",
    "randomisation_coefficient",
    "randomisation_t",
    "conley_taber",
    "ferman_pinto",
    "wild_null",
    "wild_free",
    "in_time",
    "in_time_all",
)
Test = Callable[[Setup, Array], Array]


def require_method(method: str) -> str:
    """The method if it is one; EstimationError listing them otherwise."""
    if method not in METHODS:
        raise EstimationError(f"unknown method «{method}»; allowed: {', '.join(METHODS)}")
    return method


def named_tests(
    size: Array, *, treated: int = 0, draws: int = 999, seed: int = 0
) -> Mapping[str, Test]:
    """All tests by name, as functions of a setup and outcomes after `residualise`.

    Parameters
    ----------
    size
        (N,) size of the units, for Ferman and Pinto's variance.
    treated
        Index of the treated unit.
    draws, seed
        Bootstrap draws and their seed; the same draws serve every panel.
    """
    return {
        "classical": partial(classical, treated=treated),
        "crv1": partial(crv1, treated=treated),
        "randomisation_coefficient": partial(
            randomisation, treated=treated, statistic="coefficient"
        ),
        "randomisation_t": partial(randomisation, treated=treated, statistic="t"),
        "conley_taber": partial(conley_taber, treated=treated),
        "ferman_pinto": partial(ferman_pinto, size=size, treated=treated, draws=draws, seed=seed),
        "wild_null": partial(
            wild_cluster, treated=treated, draws=draws, seed=seed, impose_null=True
        ),
        "wild_free": partial(
            wild_cluster, treated=treated, draws=draws, seed=seed, impose_null=False
        ),
        "in_time": partial(in_time, treated=treated, units="treated"),
        "in_time_all": partial(in_time, treated=treated, units="all"),
    }


def p_values(
    setup: Setup,
    outcome: Array,
    size: Array,
    *,
    treated: int = 0,
    draws: int = 999,
    seed: int = 0,
    methods: tuple[str, ...] = METHODS,
) -> dict[str, Array]:
    """P-values of all methods for outcomes (…, N, T)."""
    size = numbers(WHO, "size", size, (setup.n_units,), above=0)
    known = named_tests(size, treated=treated, draws=draws, seed=seed)
    residual = residualise(setup, outcome)
    return {name: known[require_method(name)](setup, residual) for name in methods}


def classical(setup: Setup, residual: Array, *, treated: int = 0) -> Array:
    """T-test with independent errors of equal variance."""
    found = fit_residuals(setup, residual)
    freedom = setup.n_units * setup.n_periods - setup.n_absorbed
    return student.two_sided((found.effect / found.classical)[..., treated], freedom)


def crv1(setup: Setup, residual: Array, *, treated: int = 0) -> Array:
    """T-test clustered by unit, against t with N − 1 degrees of freedom."""
    return student.two_sided(fit_residuals(setup, residual).t[..., treated], setup.n_units - 1)


def share_as_large(reference: Array, observed: Array, *, counted: bool = True) -> Array:
    """Share of values at least as large as the observed, in size, itself among them.

    Parameters
    ----------
    reference
        (…, R) what the observed is compared with.
    observed
        (…).
    counted
        Whether the observed is one of the reference values already.
    """
    limit = np.abs(observed)[..., None]
    larger = (np.abs(reference) >= limit - TIE * (limit + 1e-300)).sum(-1)
    extra = 0 if counted else 1
    return (larger + extra) / (reference.shape[-1] + extra)


def smallest_p(method: str, setup: Setup, *, draws: int = 999) -> float:
    """The smallest p-value a method can give; zero for those with a distribution.

    Raises
    ------
    EstimationError
        For an unknown method.
    """
    n = setup.n_units
    values = {"classical": np.inf, "crv1": np.inf, "ferman_pinto": draws + 1}
    values |= {"randomisation_coefficient": n, "randomisation_t": n, "conley_taber": n}
    signs = min(2**n, draws)
    values |= {"wild_null": signs + (2**n > draws), "wild_free": signs + 1}
    if require_method(method).startswith("in_time"):
        windows = len(window_contrasts(setup.post))
        values |= {"in_time": windows + 1, "in_time_all": n * (windows + 1)}
    return float(1 / values[method])


def randomisation(
    setup: Setup, residual: Array, *, treated: int = 0, statistic: str = "coefficient"
) -> Array:
    """Each unit takes its turn as the treated one; the treated unit itself counts.

    The smallest p-value is 1/N. `statistic` is the coefficient or its clustered t-statistic.
    """
    if statistic not in ("coefficient", "t"):
        raise EstimationError(f"unknown statistic «{statistic}»; allowed: coefficient, t")
    found = fit_residuals(setup, residual)
    values = found.effect if statistic == "coefficient" else found.t
    return share_as_large(values, values[..., treated])


def conley_taber(setup: Setup, residual: Array, *, treated: int = 0) -> Array:
    """The effect against the controls' own residual contrasts and itself."""
    found = fit_residuals(setup, residual)
    effect = found.effect[..., treated]
    errors = residual - effect[..., None, None] * setup.direction[treated]
    controls = np.arange(setup.n_units) != treated
    return share_as_large(contrast(setup, errors)[..., controls], effect, counted=False)


def ferman_pinto(
    setup: Setup,
    residual: Array,
    *,
    size: Array,
    treated: int = 0,
    draws: int = 999,
    seed: int = 0,
) -> Array:
    """Residual contrasts rescaled to the treated unit's variance, A + B / size, then resampled.

    The null is imposed; variances are fitted by non-negative least squares on the squared
    contrasts.
    """
    size = np.asarray(size, dtype=float)
    if size.shape != (setup.n_units,) or not (size > 0).all():
        raise EstimationError(f"size: expected {setup.n_units} positive numbers")
    contrasts = contrast(setup, residual)
    spread = np.sqrt(fitted_variance(contrasts, size))
    scaled = contrasts / spread
    effect = fit_residuals(setup, residual).effect[..., treated]
    others = np.arange(setup.n_units) != treated
    pull = np.where(others, -setup.weights / setup.weights[others].sum(), 1.0)
    picks = np.random.default_rng(seed).integers(0, setup.n_units, (draws, setup.n_units))
    return _chunked(
        lambda scaled, spread, effect: share_as_large(
            np.einsum("...bi,...i->...b", scaled[..., picks], spread * pull),
            effect,
            counted=False,
        ),
        (scaled, spread, effect),
        draws * setup.n_units,
    )


def fitted_variance(contrasts: Array, size: Array) -> Array:
    """Variance of each unit's contrast as A + B / size with A, B ≥ 0, shape as `contrasts`.

    Least squares on the squared contrasts; where A or B were negative, the better fit without it.
    """
    share = size.min() / size
    flat = contrasts.reshape(-1, contrasts.shape[-1]) ** 2
    both = np.linalg.pinv(np.column_stack([np.ones_like(share), share]))
    level, slope = both @ flat.T
    inside = (level >= 0) & (slope >= 0)
    mean, ray = flat.mean(-1), flat @ share / (share @ share)
    flatter = mean**2 * len(share) >= ray**2 * (share @ share)
    level = np.where(inside, level, np.where(flatter, mean, 0.0))
    slope = np.where(inside, slope, np.where(flatter, 0.0, ray))
    fitted = level[:, None] + slope[:, None] * share
    floor = 1e-12 * flat.mean(-1, keepdims=True) + 1e-300
    return np.maximum(fitted, floor).reshape(contrasts.shape)


def wild_cluster(
    setup: Setup,
    residual: Array,
    *,
    treated: int = 0,
    draws: int = 999,
    seed: int = 0,
    impose_null: bool = True,
) -> Array:
    """Wild cluster bootstrap of the t-statistic with Rademacher signs.

    With few units all 2^N sign vectors are used when they are no more than `draws`.
    """
    signs = rademacher(setup.n_units, draws, seed)
    return _chunked(
        lambda part: _wild(setup, part, treated, signs, impose_null),
        (residual,),
        max(signs.size, setup.n_units * setup.n_units * setup.n_periods),
        trailing=(2,),
    )


def rademacher(units: int, draws: int, seed: int) -> Array:
    """Sign vectors, (draws, units): all of them if that is no more than `draws`."""
    if 2**units <= draws:
        bits = np.arange(2**units)[:, None] >> np.arange(units)[None, :]
        return 1.0 - 2.0 * (bits & 1)
    return np.random.default_rng(seed).choice((-1.0, 1.0), (draws, units))


def _wild(setup: Setup, residual: Array, treated: int, signs: Array, impose_null: bool) -> Array:
    found = fit_residuals(setup, residual)
    direction = setup.direction[treated] * setup.weights[:, None]
    own = np.einsum("it,it->i", direction, setup.direction[treated])
    effect = found.effect[..., treated]
    errors = residual
    if not impose_null:
        errors = residual - effect[..., None, None] * setup.direction[treated]
    scores = signs @ np.swapaxes(_shares(setup, direction, errors), -1, -2)
    effects = scores.sum(-1) / setup.norm[treated]
    scores = scores - effects[..., None] * own
    spread = np.sqrt((scores**2).sum(-1))
    observed = np.sqrt((found.scores[..., treated, :] ** 2).sum(-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.nan_to_num(effects / spread, nan=0.0, posinf=np.inf, neginf=-np.inf)
    # Under the null the first of all sign vectors leaves the data as they are: it is the
    # observed value. Around the estimate that vector gives zero, and the observed comes beside.
    others = t[..., 1:] if impose_null and len(signs) == 2**setup.n_units else t
    return share_as_large(others, effect / observed, counted=False)


def _shares(setup: Setup, direction: Array, errors: Array) -> Array:
    """What the errors of each unit h alone give to unit i's score, (…, i, h).

    The same as `residualise` of N panels in which all units but one are zero: effects of units
    touch the unit alone, those of time and of covariates all units by the weight of the one.
    """
    own = np.einsum("it,...it->...i", direction, errors - errors @ setup.unit_projection)
    pulled = setup.weights[:, None] * errors
    common = (direction @ setup.time_projection) @ np.swapaxes(pulled, -1, -2)
    found = own[..., None] * np.eye(setup.n_units) - common
    if len(setup.basis):
        slopes = np.einsum("kht,...ht->...kh", setup.basis, pulled)
        found -= np.einsum("it,kit->ik", direction, setup.basis) @ slopes
    return found


def in_time(setup: Setup, residual: Array, *, treated: int = 0, units: str = "treated") -> Array:
    """The effect against placebo effects of windows of the same length before the start.

    `units` is `treated`, or `all` to let every unit's windows count. The observed effect is
    one of the reference values. Windows overlap and neighbouring months are alike, so the
    values are far from independent.
    """
    if units not in ("treated", "all"):
        raise EstimationError(f"unknown units «{units}»; allowed: treated, all")
    windows = window_contrasts(setup.post)
    gap = residual / (1 - setup.weights)[:, None]
    effect = fit_residuals(setup, residual).effect
    before = np.flatnonzero(setup.post == 0)
    placebo = np.einsum("pt,...it->...ip", windows, gap[..., before])
    if units == "treated":
        reference = np.concatenate([placebo[..., treated, :], effect[..., treated, None]], axis=-1)
    else:
        reference = np.concatenate([placebo.reshape(*placebo.shape[:-2], -1), effect], axis=-1)
    return share_as_large(reference, effect[..., treated])


def window_contrasts(post: Array) -> Array:
    """Mean of a window minus mean of the other periods before, (windows, periods before)."""
    length, before = int(post.sum()), int((post == 0).sum())
    if before < length + 2:
        raise EstimationError(
            f"{before} periods before and {length} after: no placebo window of that length"
        )
    starts = np.arange(before - length + 1)
    inside = (np.arange(before) >= starts[:, None]) & (np.arange(before) < starts[:, None] + length)
    return inside / length - ~inside / (before - length)


def _chunked(
    function: Callable[..., Array],
    arrays: tuple[Array, ...],
    cost: int,
    trailing: tuple[int, ...] = (1, 1, 0),
) -> Array:
    """Apply over the leading axes in pieces of bounded memory.

    `trailing` says how many last axes of each array belong to one panel.
    """
    lead = arrays[0].shape[: arrays[0].ndim - trailing[0]]
    if not lead:
        return function(*arrays)
    flat = [
        array.reshape(-1, *array.shape[array.ndim - own :])
        for array, own in zip(arrays, trailing, strict=True)
    ]
    step = max(1, CHUNK // max(cost, 1))
    parts = [
        function(*(array[i : i + step] for array in flat)) for i in range(0, len(flat[0]), step)
    ]
    return np.concatenate(parts).reshape(lead)


GRID = 65
REFINED = 25
START_SPAN, LAST_SPAN = 4.0, 256.0
Accepted = Callable[[Array], Array]


@dataclass(frozen=True)
class Interval:
    """Limits of a confidence interval, infinite where no effect is rejected.

    `level` is the level they have: lower than what was asked for when the comparison is with
    too few values to give that.
    """

    low: float
    high: float
    level: float


def invert(
    test: Test,
    setup: Setup,
    outcome: Array,
    *,
    treated: int = 0,
    level: float = 0.95,
    smallest: float = 0.0,
) -> Interval:
    """Smallest interval that holds every effect with p-value above 1 − level.

    Parameters
    ----------
    test
        One of `named_tests(...)`, for the same treated unit.
    outcome
        (N, T), one panel.
    smallest
        The test's smallest p-value, from `smallest_p`. When it is above 1 − level no effect
        would ever be rejected; the interval then has the level 1 − smallest.

    Raises
    ------
    EstimationError
        For a level outside (0, 1), or an outcome that is not one panel.
    """
    if not 0 < level < 1:
        raise EstimationError(f"level {level}: expected between 0 and 1")
    if not 0 <= smallest < 1:
        raise EstimationError(f"smallest p-value {smallest}: expected from 0 to below 1")
    level = min(level, 1 - smallest)
    residual = residualise(setup, outcome)
    if residual.ndim != 2:
        raise EstimationError("expected one panel (units, periods)")
    effects = fit_residuals(setup, residual).effect
    centre = float(effects[treated])
    others = np.delete(effects, treated)
    unit = float(np.sqrt(np.mean(others**2))) or abs(centre) or 1.0

    def accepted(values: Array) -> Array:
        shifted = residual - values[:, None, None] * setup.direction[treated]
        return np.asarray(test(setup, shifted) > 1 - level + 1e-12)

    low = _edge(accepted, centre, -unit)
    high = _edge(accepted, centre, unit)
    return Interval(low, high, level)


def _edge(accepted: Accepted, centre: float, unit: float) -> float:
    """Farthest accepted value from the centre in the direction of `unit`."""
    span = START_SPAN
    while span <= LAST_SPAN:
        values = centre + unit * np.linspace(0, span, GRID)
        inside = accepted(values)
        if not inside[-1]:
            last = int(np.flatnonzero(inside).max(initial=0))
            return _refine(accepted, values[last], values[last + 1])
        span *= 8
    return float(np.sign(unit)) * np.inf


def _refine(accepted: Accepted, inner: float, outer: float) -> float:
    for _ in range(3):
        values = np.linspace(inner, outer, REFINED)
        inside = accepted(values)
        last = min(int(np.flatnonzero(inside).max(initial=0)), REFINED - 2)
        inner, outer = values[last], values[last + 1]
    return float((inner + outer) / 2)
