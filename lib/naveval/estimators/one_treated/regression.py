"""Difference-in-differences with one treated unit: the regression, fast and for every unit.

The model is y_it = a_i + g_t + d·D_it + x_it'b + e_it on a balanced panel, weighted by unit.
Because the panel is balanced and weights do not vary over time, fixed effects are removed in
closed form, and the effect can be estimated for every unit as if it were the treated one, and
for many simulated panels at once.

Shapes: N units, T periods, K covariates; outcomes are (…, N, T) with any leading axes.
Sources: Frisch and Waugh (1933), Lovell (1963); cluster-robust variance with the small-sample
factor of Liang and Zeger (1986) as in Cameron and Miller (2015), fixed effects nested in the
cluster not counted.

Panels in which nothing happened, with shocks like those of the units at hand.

How often a test rejects without an effect depends on how much units move on their own, how long
a movement lasts, and how much more the small ones move. All three are measured on units where
nothing happened, and panels are drawn with them. Residuals after effects of units and periods
move less, and forget sooner, than the shocks behind them: what is compared is therefore the
residuals' autocovariance with what shocks of a given kind would leave of it, not with the shocks'
own (as in indirect inference; Nickell 1981 for the bias that is thus avoided).

Shapes: N units, T periods, D draws. Model of unit i's shocks: variance A + B / size (Ferman and
Pinto 2019); a share of it lasts, as a first-order autoregressive series, and the rest is new in
every period.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.signal import lfilter

from naveval.project.errors import EstimationError
from naveval.project.given import numbers, rows

Array = NDArray[np.floating]
TimeEffects = Literal["period", "season", "unit_season"]
TIME_EFFECTS: tuple[TimeEffects, ...] = ("period", "season", "unit_season")
SINGULAR = 1e-10
WHO = "one treated unit"


@dataclass(frozen=True)
class Setup:
    """Everything that does not depend on the outcome.

    Attributes
    ----------
    post
        (T,) one in treated periods.
    weights
        (N,) weights of the units, summing to one.
    unit_projection, time_projection
        (T, T) projections on the unit-specific and the common time effects.
    basis
        (K, N, T) covariates after fixed effects, orthonormal under the weights.
    direction
        (N, N, T): `direction[j]` is the regressor «unit j is treated» after fixed effects and
        covariates.
    norm
        (N,) weighted squared length of each direction.
    n_parameters, n_absorbed
        Parameters counted in the small-sample factor, and all fixed effects.
    """

    post: Array
    weights: Array
    unit_projection: Array
    time_projection: Array
    basis: Array
    direction: Array
    norm: Array
    n_parameters: int
    n_absorbed: int

    @property
    def n_units(self) -> int:
        return len(self.weights)

    @property
    def n_periods(self) -> int:
        return len(self.post)


@dataclass(frozen=True)
class Fit:
    """Effects of every unit as if treated, each (…, N).

    Attributes
    ----------
    effect
        Coefficient.
    std_error
        Clustered by unit (CRV1).
    classical
        Standard error under independent errors of equal variance.
    scores
        (…, N, N): `scores[j, i]` is unit i's contribution when j is treated.
    """

    effect: Array
    std_error: Array
    classical: Array
    scores: Array

    @property
    def t(self) -> Array:
        return self.effect / self.std_error


def prepare(
    post: Array,
    weights: Array,
    *,
    season: NDArray[np.integer] | None = None,
    time_effects: TimeEffects = "period",
    covariates: Array | None = None,
) -> Setup:
    """Build the regressors.

    Parameters
    ----------
    post
        (T,) zeros and ones, with both.
    weights
        (N,) positive weights of the units.
    season
        (T,) label of the season, needed unless `time_effects` is "period".
    time_effects
        `period`: one effect per period; `season`: one per season and one for after;
        `unit_season`: one per unit and season, and one for after.
    covariates
        (K, N, T) or None.

    Raises
    ------
    EstimationError
        For an unknown option, fewer than three units, no period before or after, weights that
        are not positive, or covariates that leave nothing of a unit's treatment.
    """
    post, weights = numbers(WHO, "post", post), numbers(WHO, "weights", weights, above=0)
    _check(post, weights, season, time_effects)
    weights = weights / weights.sum()
    seasons = None if season is None else tuple(int(label) for label in season)
    unit_projection, time_projection, n_seasons, n_time = _projections(
        tuple(post), seasons, time_effects
    )
    n, periods = len(weights), len(post)
    x = np.zeros((0, n, periods))
    if covariates is not None and np.shape(covariates) != x.shape:
        x = numbers(WHO, "covariates", covariates, (None, n, periods))
    within_x = _within(x, weights, unit_projection, time_projection)
    basis = _covariate_basis(within_x, weights)
    single = np.zeros((n, n, periods))
    single[np.arange(n), np.arange(n)] = post
    raw = _within(single, weights, unit_projection, time_projection)
    direction = _without(raw, basis, weights)
    norm = np.einsum("i,jit->j", weights, direction**2)
    before = np.einsum("i,jit->j", weights, raw**2)
    if (norm < SINGULAR * before).any() or (before <= 0).any():
        raise EstimationError("the covariates or time effects explain a unit's treatment fully")
    nested = n * n_seasons
    n_absorbed = nested + n_time
    return Setup(
        post,
        weights,
        unit_projection,
        time_projection,
        basis,
        direction,
        norm,
        n_parameters=n_absorbed - nested + len(basis) + 2,
        n_absorbed=n_absorbed + len(basis) + 1,
    )


def _check(
    post: Array, weights: Array, season: NDArray[np.integer] | None, time_effects: str
) -> None:
    if time_effects not in TIME_EFFECTS:
        raise EstimationError(
            f"unknown time effects «{time_effects}»; allowed: {', '.join(TIME_EFFECTS)}"
        )
    if len(weights) < 3:
        raise EstimationError(f"{len(weights)} units; expected the treated one and two others")
    if not np.isin(post, (0, 1)).all() or post.min() == post.max():
        raise EstimationError("no period before, or none after the start of treatment")
    if time_effects != "period" and (season is None or len(season) != len(post)):
        raise EstimationError(f"time effects «{time_effects}» need one season per period")


@lru_cache(maxsize=64)
def _projections(
    post: tuple[float, ...], season: tuple[int, ...] | None, time_effects: str
) -> tuple[Array, Array, int, int]:
    """(T, T) projections on unit-specific and common time effects, and their ranks."""
    after: Array = np.array(post)
    unit: Array = np.ones((len(after), 1))
    common: Array = np.eye(len(after))
    if time_effects != "period":
        labels = np.array(season or ())
        dummies = (labels[:, None] == np.unique(labels)[None, :]).astype(float)
        if time_effects == "season":
            common = np.column_stack([dummies, after])
        else:
            unit, common = dummies, after[:, None]
    unit = _orthonormal(unit)
    projection = unit @ unit.T
    common = _orthonormal(common - projection @ common)
    return projection, common @ common.T, unit.shape[1], common.shape[1]


def _orthonormal(matrix: Array) -> Array:
    """Orthonormal basis of the columns' space, from the cross-product and once more."""
    for limit in (SINGULAR, 0.5):
        values, vectors = np.linalg.eigh(matrix.T @ matrix)
        kept = values > limit * max(values[-1], 1e-300)
        matrix = matrix @ (vectors[:, kept] / np.sqrt(values[kept]))
    return matrix


def _within(values: Array, weights: Array, unit: Array, time: Array) -> Array:
    """Remove unit-specific and common time effects from (…, N, T)."""
    mean = np.einsum("i,...it->...t", weights, values)
    return values - values @ unit - (mean @ time)[..., None, :]


def _covariate_basis(within: Array, weights: Array) -> Array:
    """Orthonormal basis of the covariates under the weights, (rank, N, T)."""
    if not len(within):
        return within
    flat = (within * np.sqrt(weights)[:, None]).reshape(len(within), -1)
    scale = np.linalg.norm(flat, axis=1, keepdims=True)
    flat = flat[(scale > 1e-12).ravel()] / scale[scale > 1e-12][:, None]
    if not len(flat):  # none varies
        return within[:0]
    basis = _orthonormal(flat.T).T
    return basis.reshape(-1, *within.shape[1:]) / np.sqrt(weights)[:, None]


def _without(values: Array, basis: Array, weights: Array) -> Array:
    """Remove the covariates from (…, N, T)."""
    if not len(basis):
        return values
    slopes = np.einsum("i,kit,...it->...k", weights, basis, values)
    return values - np.einsum("...k,kit->...it", slopes, basis)


def residualise(setup: Setup, values: Array) -> Array:
    """Remove fixed effects and covariates from (…, N, T): residuals of the model without D."""
    leading = tuple(None for _ in np.shape(values)[:-2])
    shape = (*leading, setup.n_units, setup.n_periods)
    values = numbers(WHO, "outcome", values, shape)
    within = _within(values, setup.weights, setup.unit_projection, setup.time_projection)
    return _without(within, setup.basis, setup.weights)


def fit(setup: Setup, outcome: Array) -> Fit:
    """Estimate the effect for every unit as if it were the treated one."""
    return fit_residuals(setup, residualise(setup, outcome))


def fit_residuals(setup: Setup, residual: Array) -> Fit:
    """As `fit`, from outcomes that `residualise` has been applied to."""
    weighted = setup.direction * setup.weights[None, :, None]
    cross = np.einsum("jit,...it->...ji", weighted, residual)
    effect = cross.sum(-1) / setup.norm
    own = np.einsum("jit,jit->ji", weighted, setup.direction)
    scores = cross - effect[..., None] * own
    n, periods = setup.n_units, setup.n_periods
    observations = n * periods
    factor = n / (n - 1) * (observations - 1) / (observations - setup.n_parameters)
    std_error = np.sqrt(factor * (scores**2).sum(-1)) / setup.norm
    total = np.einsum("i,...it->...", setup.weights, residual**2)
    squares = np.maximum(total[..., None] - effect**2 * setup.norm, 0)
    classical = np.sqrt(squares / (observations - setup.n_absorbed) / setup.norm)
    return Fit(effect, std_error, classical, scores)


def contrast(setup: Setup, residual: Array) -> Array:
    """Difference between periods after and before of each unit's residuals, (…, N)."""
    tilted = setup.post - setup.unit_projection @ setup.post
    return np.einsum("t,...it->...i", tilted, residual) / (tilted @ tilted)


LAGS = 18
FEWEST_UNITS, FEWEST_PERIODS = 3, 12
GRID = 1 - np.geomspace(1, 0.005, 100)
"""Persistence tried, from 0 to 0.995, finer where it matters."""


@dataclass(frozen=True)
class Shocks:
    """How units move on their own, in the unit of the outcome.

    Attributes
    ----------
    common, by_size
        A and B of the variance A + B / size.
    persistence
        Correlation between neighbouring periods of the part that lasts.
    lasting
        Share of the variance that lasts, from 0 to 1.
    """

    common: float
    by_size: float
    persistence: float
    lasting: float


def spread(shocks: Shocks, size: Array) -> Array:
    """Standard deviation of each unit's shocks, (N,)."""
    return np.asarray(np.sqrt(shocks.common + shocks.by_size / np.asarray(size, dtype=float)))


def fit_shocks(outcome: Array, size: Array, weights: Array | None = None) -> Shocks:
    """Shocks that would leave residuals like those of these units.

    Parameters
    ----------
    outcome
        (N, T) of units where nothing happened.
    size
        (N,) positive sizes.
    weights
        (N,) of the periods' effects; default: equal.

    Raises
    ------
    EstimationError
        For missing values, fewer than 3 units or 12 periods, or units that do not move.
    """
    outcome = numbers("shocks", "outcome", outcome, (None, None))
    n, periods = outcome.shape
    size = numbers("shocks", "size", size, (n,), above=0)
    if n < FEWEST_UNITS or periods < FEWEST_PERIODS:
        raise EstimationError(
            f"shocks: outcome of {n} units, {periods} periods; expected at least {FEWEST_UNITS} "
            f"and {FEWEST_PERIODS}"
        )
    share = numbers("shocks", "weights", np.ones(n) if weights is None else weights, (n,), above=0)
    share = share / share.sum()
    residual = outcome - outcome.mean(1, keepdims=True)
    residual = residual - share @ residual
    variance = (residual**2).mean(1)
    if not (variance > 0).all():
        raise EstimationError(f"shocks: outcome: units that do not move, {rows(variance <= 0)}")
    # The residual of a unit less the weighted mean of all: (1 − 2w) own + Σ w² of everybody's.
    mixing = np.diag(1 - 2 * share) + share**2
    design = mixing @ np.column_stack([np.ones(n), 1 / size])
    moved = nnls(design, variance)[0]  # A and B but for a factor that all units have in common
    lags = min(LAGS, periods // 3)
    found = _autocovariance(residual / np.sqrt(design @ moved)[:, None], lags)
    new = _left(np.eye(periods), lags)
    tried = [_left(_correlation(periods, value), lags) for value in GRID]
    fits = [nnls(np.column_stack([one, new]), found) for one in tried]
    best = int(np.argmin([error for _, error in fits]))
    lasting = float(fits[best][0][0] / fits[best][0].sum())
    left = lasting * tried[best][0] + (1 - lasting) * new[0]
    common, by_size = moved / left
    return Shocks(float(common), float(by_size), float(GRID[best]), lasting)


def draw_shocks(shocks: Shocks, size: Array, periods: int, draws: int, seed: int) -> Array:
    """Panels of these shocks alone, (D, N, T); the same seed gives the same draws.

    Raises
    ------
    EstimationError
        For no draws.
    """
    if draws < 1:
        raise EstimationError(f"draws: {draws}; expected at least 1")
    generator = np.random.default_rng(seed)
    shape = (draws, len(size), periods)
    new = generator.standard_normal(shape)
    new[..., 1:] *= np.sqrt(1 - shocks.persistence**2)
    lasting = lfilter([1.0], [1.0, -shocks.persistence], new, axis=-1)
    mixed = np.sqrt(shocks.lasting) * lasting
    mixed += np.sqrt(1 - shocks.lasting) * generator.standard_normal(shape)
    return np.asarray(mixed * spread(shocks, size)[:, None])


def _correlation(periods: int, persistence: float) -> Array:
    gap = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    return np.asarray(persistence**gap)


def _autocovariance(residual: Array, lags: int) -> Array:
    """Mean over units of the products a lag apart, summed over periods and divided by T."""
    n, periods = residual.shape
    return np.array(
        [(residual[:, : periods - k] * residual[:, k:]).sum() / (n * periods) for k in range(lags)]
    )


def _left(covariance: Array, lags: int) -> Array:
    """Expected autocovariance of what a series with this covariance leaves after its mean."""
    centred = covariance - covariance.mean(0)
    centred = centred - centred.mean(1, keepdims=True)
    return np.array([np.trace(centred, offset=k) for k in range(lags)]) / len(covariance)
