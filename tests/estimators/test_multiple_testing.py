"""Holm, Romano–Wolf, cluster draws and simultaneous bands."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from naveval.estimators import multiple_testing
from naveval.project.errors import EstimationError


def test_holm_equals_statsmodels() -> None:
    p_values = np.array([0.01, 0.04, 0.03, 0.5, 0.0001, 0.9])
    expected = multipletests(p_values, method="holm")[1]
    np.testing.assert_allclose(multiple_testing.holm(p_values), expected)


def test_holm_leaves_missing_out_of_the_count() -> None:
    found = multiple_testing.holm(np.array([0.02, np.nan, 0.5]))
    np.testing.assert_allclose(found, [0.04, np.nan, 0.5])
    with pytest.raises(EstimationError, match="0 to 1"):
        multiple_testing.holm(np.array([1.2]))


def step_down(t: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """The definition, one hypothesis at a time."""
    order = np.argsort(-np.abs(t))
    found, previous = np.empty(t.size), 0.0
    for position, test in enumerate(order):
        largest = np.abs(drawn[:, order[position:]]).max(axis=1)
        p = (1 + (largest >= abs(t[test])).sum()) / (1 + len(drawn))
        previous = max(previous, p)
        found[test] = previous
    return found


def test_romano_wolf_equals_its_definition() -> None:
    rng = np.random.default_rng(5)
    t, drawn = rng.normal(0, 2, 7), rng.standard_normal((500, 7))
    np.testing.assert_allclose(multiple_testing.romano_wolf(t, drawn), step_down(t, drawn))


def test_romano_wolf_is_less_strict_than_holm_for_related_tests() -> None:
    rng = np.random.default_rng(6)
    common = rng.standard_normal((4000, 1))
    drawn = common + 0.1 * rng.standard_normal((4000, 5))
    t = np.full(5, 2.2)
    wolf = multiple_testing.romano_wolf(t, drawn)
    assert (wolf < 0.05).all()
    assert (multiple_testing.holm(np.full(5, 0.028)) > 0.05).all()


def test_romano_wolf_holds_the_family_wise_error_rate() -> None:
    rng = np.random.default_rng(7)
    root = np.linalg.cholesky(0.5 * np.eye(6) + 0.5)
    drawn = rng.standard_normal((800, 6)) @ root.T
    tests = rng.standard_normal((1500, 6)) @ root.T
    rejected = [(multiple_testing.romano_wolf(t, drawn) < 0.05).any() for t in tests]
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.02)


def test_romano_wolf_needs_draws_for_every_test() -> None:
    with pytest.raises(EstimationError, match="draws of shape"):
        multiple_testing.romano_wolf(np.ones(2), np.ones((10, 3)))
    with pytest.raises(EstimationError, match="missing draws"):
        multiple_testing.romano_wolf(np.ones(2), np.full((10, 2), np.nan))
    found = multiple_testing.romano_wolf(np.array([np.nan, 3.0]), np.zeros((9, 2)))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(0.1)


def test_cluster_draws_have_the_covariance_of_the_scores() -> None:
    rng = np.random.default_rng(8)
    first, second = rng.normal(size=400), rng.normal(size=300)
    one, two = np.arange(400), np.arange(200, 500)
    drawn = multiple_testing.cluster_draws([first, second], [one, two], 20_000, 1)
    covariance = np.cov(drawn.T)
    assert covariance[0, 0] == pytest.approx(first @ first, rel=0.05)
    assert covariance[1, 1] == pytest.approx(second @ second, rel=0.05)
    assert covariance[0, 1] == pytest.approx(first[200:] @ second[:200], abs=8)
    again = multiple_testing.cluster_draws([first, second], [one, two], 10, 1)
    np.testing.assert_allclose(
        again, multiple_testing.cluster_draws([first, second], [one, two], 10, 1)
    )


def test_band_covers_all_at_once() -> None:
    assert multiple_testing.sup_t(np.eye(1), 0.95, 200_000, 1) == pytest.approx(1.96, abs=0.02)
    ten = multiple_testing.sup_t(np.eye(10), 0.95, 200_000, 1)
    assert ten == pytest.approx(2.80, abs=0.02)
    assert multiple_testing.sup_t(np.full((10, 10), 1.0), 0.95, 100_000, 1) < 2.0
    with pytest.raises(EstimationError, match="no variance"):
        multiple_testing.sup_t(np.zeros((2, 2)), 0.95, 10, 1)
