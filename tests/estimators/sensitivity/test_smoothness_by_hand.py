"""Fixed-length intervals of two to five coefficients: in closed form, or best of all weights."""

import numpy as np
import pytest
from scipy import optimize, stats

from naveval.estimators.sensitivity import smoothness
from naveval.project.errors import EstimationError

RNG = np.random.default_rng(6)


def covariance(n: int) -> np.ndarray:
    root = RNG.normal(size=(n, n + 2))
    return root @ root.T / 50


def critical(bias: float, level: float) -> float:
    """The upper point of |N(bias, 1)|."""
    if not bias:
        return float(stats.norm.ppf(0.5 + level / 2))
    return float(np.sqrt(stats.ncx2.ppf(level, 1, bias**2)))


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("bias", [0.0, 0.2, 1.5, 8.0])
def test_critical_values(bias: float, level: float) -> None:
    assert smoothness.critical(bias, level) == pytest.approx(critical(bias, level), abs=1e-7)


def size(weights: np.ndarray, before: int, bound: float, sigma: np.ndarray) -> tuple[float, float]:
    """Largest bias over all paths whose slope changes by at most `bound`, and standard error.

    A path is zero in the reference; every change of slope may have either sign.
    """
    after = len(weights) - before
    at = np.delete(np.arange(-before, after + 1), before)
    kinks = [np.maximum(at - k, 0.0) for k in range(after)]  # bends after, and in the reference
    kinks += [np.maximum(k - at, 0.0) for k in range(-before + 1, 0)]
    bias = bound * sum(abs(weights @ kink) for kink in kinks)
    return bias, float(np.sqrt(weights @ sigma @ weights))


def half(weights, before: int, bound: float, sigma, level: float) -> float:
    bias, error = size(weights, before, bound, sigma)
    return error * critical(bias / error, level)


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("bound", [0.0, 0.03, 2.0])
@pytest.mark.parametrize("effect", [[1.0], [0.5, 0.5], [1.0, 0.0, 0.0]])
def test_of_one_period_before_there_is_no_choice(effect, bound: float, level: float) -> None:
    effect = np.array(effect)
    sigma, estimate = covariance(1 + len(effect)), RNG.normal(size=1 + len(effect))
    # A line through −1 and the reference: its slope is minus the coefficient before.
    weights = np.append(effect @ np.arange(1, len(effect) + 1), effect)
    low, high = smoothness.fixed_length(estimate, sigma, 1, effect, bound, level)
    assert (low + high) / 2 == pytest.approx(weights @ estimate)
    assert (high - low) / 2 == pytest.approx(half(weights, 1, bound, sigma, level), rel=1e-6)
    if level == 0.95:
        assert smoothness.fixed_length(estimate, sigma, 1, effect, bound) == (low, high)


@pytest.mark.parametrize("bound", [0.0, 0.02, 0.15, 5.0])
@pytest.mark.parametrize(("before", "effect"), [(2, [1.0]), (2, [0.3, 0.7]), (3, [0.5, 0.5])])
def test_no_weights_are_better(before: int, effect: list[float], bound: float) -> None:
    effect = np.array(effect)
    sigma = covariance(before + len(effect))
    line = effect @ np.arange(1, len(effect) + 1)
    times = np.arange(-before, 0.0)

    def weights(free: np.ndarray) -> np.ndarray:
        last = -(line + free @ times[:-1]) / times[-1]
        return np.concatenate([free, [last], effect])

    def worst(free: np.ndarray) -> float:
        return half(weights(free), before, bound, sigma, 0.95)

    options = {"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000}
    starts = [
        optimize.minimize(worst, start, method="Nelder-Mead", options=options)
        for start in RNG.normal(size=(3, before - 1))
    ]
    best = min(starts, key=lambda found: found.fun)
    estimate = RNG.normal(size=before + len(effect))
    low, high = smoothness.fixed_length(estimate, sigma, before, effect, bound)
    assert (high - low) / 2 == pytest.approx(best.fun, rel=1e-7)
    assert (low + high) / 2 == pytest.approx(weights(best.x) @ estimate, abs=1e-3 * best.fun)


def test_units_do_not_matter() -> None:
    sigma, estimate, effect = covariance(4), RNG.normal(size=4), np.array([1.0, 0.0])
    plain = np.array(smoothness.fixed_length(estimate, sigma, 2, effect, 0.05))
    small = smoothness.fixed_length(estimate * 1e-5, sigma * 1e-10, 2, effect, 0.05e-5)
    np.testing.assert_allclose(small, plain * 1e-5, rtol=1e-7)


def test_a_covariance_without_full_rank_is_refused() -> None:
    with pytest.raises(EstimationError) as told:
        smoothness.fixed_length(np.zeros(3), np.ones((3, 3)), 2, np.ones(1), 0.1)
    assert str(told.value) == (
        "the covariance of the event study has not full rank: too few clusters; use fewer, longer "
        "periods"
    )


def test_a_solver_that_finds_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoothness, "SOLVED", ())
    with pytest.raises(EstimationError, match=r"^smoothness bounds: the solver stopped with S"):
        smoothness.fixed_length(np.zeros(3), np.eye(3), 2, np.ones(1), 0.1)


def test_a_search_that_does_not_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoothness, "PLANES", 1)
    with pytest.raises(EstimationError, match=r"^smoothness bounds: shortest interval known only "):
        smoothness.fixed_length(np.zeros(3), np.eye(3), 2, np.ones(1), 0.1)
