"""Bounds under an unobserved confounder, by their formula for eight persons."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from naveval.estimators import scores
from naveval.estimators.crossfit import Nuisances
from naveval.estimators.sensitivity import confounding
from naveval.project.errors import EstimationError

ARM = np.array([0, 1, 2, 0, 1, 2, 0, 1])
N = len(ARM)
P = np.column_stack(
    [
        np.array([5, 3, 4, 6, 2, 3, 7, 4]) / 10,
        np.array([3, 4, 2, 1, 5, 3, 2, 3]) / 10,
        np.array([2, 3, 4, 3, 3, 4, 1, 3]) / 10,
    ]
)
Y = np.array([1.0, 4, 2, 0, 7, 1, 3, 5])[:, None] * [1.0, -2.0]
MODEL = np.cos(np.arange(N * 6.0)).reshape(N, 3, 2)
GIVEN = Nuisances(("none", "course", "training"), ("a", "b"), P, MODEL, ARM * 0)


def by_hand(made: scores.Scores, w: int, estimand: str) -> tuple[np.ndarray, np.ndarray]:
    """Weights, and the root of residual variance times the weights' second moment."""
    kept = made.kept[:, w]
    n = kept.sum()
    share = sum(kept[i] for i in range(N) if ARM[i] == w) / n
    weight, residual, moment = np.zeros(N), np.zeros(2), 0.0
    for i in range(N):
        odds = made.unclipped[i, w] / made.propensity[i, 0]
        if estimand == "ate":
            weight[i] = {w: 1 / made.propensity[i, w], 0: -1 / made.propensity[i, 0]}.get(ARM[i], 0)
        elif kept[i]:
            weight[i] = {w: 1 / share, 0: -odds / share}.get(ARM[i], 0)
        if not kept[i]:
            continue
        if estimand == "ate":
            moment += (1 / made.propensity[i, w] + 1 / made.propensity[i, 0]) / n
        elif ARM[i] == w:
            moment += (1 + odds) / share**2 / n
        if ARM[i] in (0, w):
            residual += (Y[i] - MODEL[i, ARM[i]]) ** 2 / n
    squared = (weight[kept] ** 2).sum() / n
    debiased = 2 * moment - squared
    return weight, np.sqrt(residual * (debiased if debiased > 0 else squared))


@pytest.mark.parametrize("trim", [0.0, 0.2])
@pytest.mark.parametrize("estimand", ["ate", "att"])
@pytest.mark.parametrize("w", [1, 2])
def test_weights_and_bounds_are_their_formula(w: int, estimand: str, trim: float) -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN, trim=trim, clip=0.25)
    weight, scale = by_hand(made, w, estimand)
    np.testing.assert_allclose(confounding.weights(made, w, estimand), weight)
    np.testing.assert_allclose(confounding.bias_scale(made, w, estimand), scale)
    found = confounding.bounds(made, w, estimand, cf_y=0.2, cf_d=0.1)
    table = scores.effects(made, estimand).query(f"arm == '{GIVEN.arms[w]}'")
    estimate, error = table["estimate"].to_numpy(), table["std_error"].to_numpy()
    np.testing.assert_allclose(found.estimate, estimate)
    np.testing.assert_allclose(found.std_error, error)
    bias = scale * np.sqrt(0.2 * 0.1 / 0.9)
    np.testing.assert_allclose(found.largest_bias, bias)
    np.testing.assert_allclose(found.lower, estimate - bias)
    np.testing.assert_allclose(found.upper, estimate + bias)
    z = norm.ppf(0.95)
    np.testing.assert_allclose(found.ci_low, estimate - bias - z * error)
    np.testing.assert_allclose(found.ci_high, estimate + bias + z * error)
    c = found.robustness_value
    np.testing.assert_allclose(scale * c / np.sqrt(1 - c), np.abs(estimate))
    c = found.robustness_value_ci
    reach = np.maximum(np.abs(estimate) - norm.ppf(0.975) * error, 0)
    np.testing.assert_allclose(scale * c / np.sqrt(1 - c), reach, atol=1e-12)


def test_strengths_are_small_and_of_the_treated_when_nothing_is_said() -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN)
    found = confounding.bounds(made, 1)
    same = confounding.bounds(made, 1, "att", cf_y=0.03, cf_d=0.03)
    np.testing.assert_array_equal(found.lower, same.lower)
    for edge in ({"cf_y": 0.0}, {"cf_y": 1.0}, {"cf_d": 0.0}, {"cf_d": 0.99}):
        assert np.isfinite(confounding.bounds(made, 1, **edge).upper).all()


@pytest.mark.filterwarnings("ignore:only")
def test_rows_of_one_person_are_summed() -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN, cluster=np.arange(N) // 2)
    found = confounding.bounds(made, 1, "ate")
    table = scores.effects(made, "ate").query("arm == 'course'")
    np.testing.assert_allclose(found.std_error, table["std_error"])


def test_where_what_is_debiased_is_not_positive_the_plain_moment_counts() -> None:
    """One treated person who had next to no chance, among others who were likely to be treated."""
    propensity = np.column_stack([np.full(N, 0.5), np.full(N, 0.4), np.full(N, 0.1)])
    propensity[1, 1] = 0.01
    made = scores.doubly_robust(Y, ARM, replace(GIVEN, propensity=propensity))
    weight, scale = by_hand(made, 1, "ate")
    moment = (1 / propensity[:, 1] + 1 / propensity[:, 0]).mean()
    assert 2 * moment < (weight**2).mean()
    np.testing.assert_allclose(confounding.bias_scale(made, 1, "ate"), scale)


def test_robustness_by_hand() -> None:
    # c / sqrt(1 − c) = 1/2: c² = (1 − c) / 4, so that c = (−1 + √17) / 8.
    found = confounding.robustness_value(np.array([1.0, -1.0, 0.0]), np.array([2.0, 2.0, 3.0]))
    np.testing.assert_allclose(found, [(np.sqrt(17) - 1) / 8] * 2 + [0])
    del [np.full(3, 7.0) for _ in range(9)][:]  # memory that is not empty
    np.testing.assert_array_equal(
        confounding.robustness_value(np.ones(3), np.zeros(3)), np.zeros(3)
    )
    for given, said in {
        ((np.nan,), (1.0,)): "effect: missing or infinite, rows 0",
        ((1.0,), (-1.0,)): "scale: -1, rows 0; expected at least 0",
        ((1.0,), (1.0, 2.0)): "scale of shape (2,); expected (1,)",
    }.items():
        with pytest.raises(EstimationError) as told:
            confounding.robustness_value(*given)
        assert str(told.value) == f"robustness value: {said}"


@pytest.mark.parametrize("strength", [{"cf_y": -0.1}, {"cf_y": 1.1}, {"cf_d": -0.1}, {"cf_d": 1.0}])
def test_strengths_that_cannot_be_are_named(strength: dict) -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN)
    with pytest.raises(EstimationError) as told:
        confounding.bounds(made, 1, **strength)
    assert str(told.value) == "confounder: cf_y must be 0 to 1, cf_d 0 to below 1"
    with pytest.raises(EstimationError) as told:
        confounding.bounds(made, 1, "apo")  # type: ignore[arg-type]
    assert str(told.value) == "confounder: estimand 'apo'; allowed: ate, att"
