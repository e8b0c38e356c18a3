"""The shortest fixed-length interval: exact answers, other packages, and what it promises."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from diff_diff.honest_did import _compute_optimal_flci
from scipy import stats

from naveval.estimators.sensitivity import smoothness
from naveval.project.errors import EstimationError

REFERENCE = Path(__file__).parents[2] / "reference"
SPEC = importlib.util.spec_from_file_location("bounds", REFERENCE / "honest_did_bounds.py")
SCRIPT = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(SCRIPT)
STORED = pd.read_csv(REFERENCE / "honest_did_bounds.csv")


def interval(before: int, after: int, bound: float, level: float = 0.95) -> tuple[float, float]:
    estimate, covariance = SCRIPT.example(before, after)
    weights = np.full(after, 1 / after)
    return smoothness.fixed_length(estimate, covariance, before, weights, bound, level)


@pytest.mark.parametrize(("before", "after"), [(1, 2), (5, 2), (16, 8), (24, 12)])
def test_without_bends_it_is_generalised_least_squares(before: int, after: int) -> None:
    """M = 0: the estimate of a path that is a line before and a line plus effects after."""
    estimate, covariance = SCRIPT.example(before, after)
    times = np.concatenate([np.arange(-before, 0), np.arange(1, after + 1)])
    effects = np.vstack([np.zeros((before, after)), np.eye(after)])
    design = np.column_stack([times, effects])
    inverse = np.linalg.inv(covariance)
    bread = np.linalg.inv(design.T @ inverse @ design)
    chosen = np.append(0.0, np.full(after, 1 / after))
    centre = chosen @ bread @ design.T @ inverse @ estimate
    half = stats.norm.ppf(0.975) * np.sqrt(chosen @ bread @ chosen)
    low, high = interval(before, after, 0.0)
    assert low == pytest.approx(centre - half, abs=1e-11)
    assert high == pytest.approx(centre + half, abs=1e-11)


@pytest.mark.parametrize(
    "row", list(STORED.itertuples()), ids=lambda row: f"P{row.before}-M{row.bound}"
)
def test_agrees_with_honestdid_and_is_never_longer(row) -> None:
    low, high = interval(row.before, row.after, row.bound)
    own, theirs = high - low, row.high - row.low
    assert own == pytest.approx(theirs, rel=1.5e-3)
    assert low == pytest.approx(row.low, abs=5e-3 * theirs)
    if row.bound > 0:
        assert own <= theirs


@pytest.mark.parametrize(("before", "after"), SCRIPT.CASES[:3])
@pytest.mark.parametrize("bound", SCRIPT.BOUNDS)
def test_agrees_with_diff_diff(before: int, after: int, bound: float) -> None:
    estimate, covariance = SCRIPT.example(before, after)
    weights = np.full(after, 1 / after)
    theirs = _compute_optimal_flci(
        estimate[:before], estimate[before:], covariance, weights, before, after, bound
    )
    found = interval(before, after, bound)
    np.testing.assert_allclose(found, theirs, atol=1e-3 * (found[1] - found[0]))
    assert found[1] - found[0] <= (theirs[1] - theirs[0]) * (1 + 1e-7)


@pytest.mark.parametrize("bound", [0.0005, 0.005, 0.05])
def test_no_other_weights_give_a_shorter_interval(bound: float) -> None:
    before, after = 6, 3
    _, covariance = SCRIPT.example(before, after)
    times = np.arange(-before, 0.0)
    path = np.concatenate([times, [0], np.arange(1.0, after + 1)])
    found = interval(before, after, bound)

    def half(free: np.ndarray) -> float:
        """Half length with the largest bias by brute force over all bent paths."""
        last = -(2 + free @ times[:-1]) / times[-1]  # 2 is the mean of 1, 2, 3
        chosen = np.concatenate([free, [last], np.full(after, 1 / after)])
        whole = np.insert(chosen, before, 0.0)
        kinks = [np.maximum(path - at, 0) for at in path[1:-1]]
        bent = [kink - kink[before] for kink in kinks]
        bias = bound * sum(abs(whole @ kink) for kink in bent)
        error = np.sqrt(chosen @ covariance @ chosen)
        return error * smoothness.critical(bias / error, 0.95)

    weights = np.full(after, 1 / after)
    limits = [
        smoothness.fixed_length(unit, covariance, before, weights, bound)
        for unit in np.eye(before + after)[: before - 1]
    ]
    chosen = np.mean(limits, axis=1)  # the centre is linear in the estimates
    assert half(chosen) == pytest.approx((found[1] - found[0]) / 2, rel=1e-9)
    rng = np.random.default_rng(4)
    for size in (1e-4, 1e-2, 1.0):
        for _ in range(15):  # the half length is convex: no neighbour better, none at all
            assert half(chosen + size * rng.normal(size=before - 1)) > half(chosen) * (1 - 1e-9)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("bias", [0.0, 0.3, 2.0, 30.0, 1e4])
def test_critical_value_is_that_of_a_folded_normal(bias: float, level: float) -> None:
    found = smoothness.critical(bias, level)
    inside = stats.norm.cdf(found - bias) - stats.norm.cdf(-found - bias)
    assert inside == pytest.approx(level, abs=1e-9)
    if bias < 100:
        assert found**2 == pytest.approx(stats.ncx2.ppf(level, 1, bias**2), rel=1e-6)


def test_level_and_bound_lengthen_and_units_do_not_matter() -> None:
    lengths = [np.ptp(interval(5, 3, bound)) for bound in (0, 0.001, 0.01, 0.1, 10.0)]
    assert (np.diff(lengths) > 0).all()
    assert np.ptp(interval(5, 3, 0.01, 0.99)) > np.ptp(interval(5, 3, 0.01, 0.9))
    estimate, covariance = SCRIPT.example(5, 3)
    weights = np.full(3, 1 / 3)
    small = smoothness.fixed_length(estimate * 1e-6, covariance * 1e-12, 5, weights, 1e-8)
    np.testing.assert_allclose(small, 1e-6 * np.array(interval(5, 3, 0.01)), rtol=1e-6)


def test_a_covariance_without_full_rank_is_refused() -> None:
    with pytest.raises(EstimationError, match="too few clusters"):
        smoothness.fixed_length(np.zeros(4), np.ones((4, 4)), 2, np.full(2, 0.5), 0.1)


def test_planes_too_alike_for_the_solver_are_not_needed() -> None:
    """A draw in three thousand on which the solver stops before the bounds have met."""
    generator = np.random.default_rng(1321)
    covariance = np.cov(generator.standard_normal((40, 7)).T) * 3.6e-5
    estimate = generator.standard_normal(7) * 0.006
    weights, bound = np.full(4, 0.25), 4.8e-4
    found = smoothness.fixed_length(estimate, covariance, 3, weights, bound)
    beside = smoothness.fixed_length(estimate, covariance, 3, weights, bound * (1 + 1e-6))
    assert found == pytest.approx(beside, abs=1e-6)
