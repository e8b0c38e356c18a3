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
    np.testing.assert_allclose(multiple_testing.holm(np.array([0.0, 0.6, 0.7])), [0, 1, 1])
    np.testing.assert_allclose(multiple_testing.holm(np.array([1.0])), [1])
    with pytest.raises(
        EstimationError, match=r"^Holm: p_values: expected numbers from 0 to 1, rows 0$"
    ):
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
    tied = multiple_testing.romano_wolf(np.array([2.0]), np.array([[2.0], [1.0], [0.0]]))
    assert tied[0] == 0.5
    with pytest.raises(
        EstimationError, match="draws of a test with a statistic: missing or infinite, rows 0, 1"
    ):
        multiple_testing.romano_wolf(np.ones(2), np.full((10, 2), np.nan))
    found = multiple_testing.romano_wolf(np.array([np.nan, 3.0]), np.zeros((9, 2)))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(0.1)


def test_cluster_draws_have_the_covariance_of_the_scores() -> None:
    rng = np.random.default_rng(8)
    first, second = rng.normal(size=400), rng.normal(size=300)
    one, two = np.arange(400), np.arange(200, 500)
    drawn = multiple_testing.cluster_draws([first, second], [one, two], 20_000, 1)
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=0.8)
    covariance = np.cov(drawn.T)
    assert covariance[0, 0] == pytest.approx(first @ first, rel=0.05)
    assert covariance[1, 1] == pytest.approx(second @ second, rel=0.05)
    assert covariance[0, 1] == pytest.approx(first[200:] @ second[:200], abs=8)
    again = multiple_testing.cluster_draws([first, second], [one, two], 10, 1)
    np.testing.assert_allclose(
        again, multiple_testing.cluster_draws([first, second], [one, two], 10, 1)
    )


@pytest.mark.parametrize("chunk", [10, 10_000])
def test_every_cluster_counts_as_it_is_or_turned(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sums of powers of two tell which weight each of nine clusters had, in every draw."""
    monkeypatch.setattr(multiple_testing, "CHUNK", chunk)
    drawn = multiple_testing.cluster_draws([2.0 ** np.arange(9)], [np.arange(9) + 5], 400, 1)
    bits = (drawn[:, 0] + 511) / 2
    assert (bits == bits.round()).all()
    assert bits.min() >= 0
    assert bits.max() <= 511
    ones = (bits.astype(int)[:, None] >> np.arange(9)) & 1
    np.testing.assert_allclose(ones.mean(axis=0), 0.5, atol=0.1)
    one = multiple_testing.cluster_draws([np.array([2.0])], [np.array([7])], 1, 1)
    assert abs(one.item()) == 2
    with pytest.raises(EstimationError, match="n_draws=0: expected a whole number from 1"):
        multiple_testing.cluster_draws([np.ones(1)], [np.ones(1)], 0, 1)
    with pytest.raises(EstimationError, match="2 estimates, clusters of 1"):
        multiple_testing.cluster_draws([np.ones(1), np.ones(1)], [np.ones(1)], 2, 1)


def test_a_band_depends_on_correlations_and_seed_alone() -> None:
    related = np.array([[1.0, 0.9], [0.9, 1.0]])
    scaled = related * np.outer([2.0, 3.0], [2.0, 3.0])
    found = multiple_testing.sup_t(related, 0.95, 2000, 1)
    assert multiple_testing.sup_t(scaled, 0.95, 2000, 1) == pytest.approx(found, abs=1e-9)
    assert multiple_testing.sup_t(related, 0.95, 2000, 2) != found
    for level in (0.0, 1.0):
        with pytest.raises(EstimationError, match=rf"^level {level}: expected between 0 and 1$"):
            multiple_testing.sup_t(related, level, 10, 1)


def test_band_covers_all_at_once() -> None:
    assert multiple_testing.sup_t(np.eye(1), 0.95, 200_000, 1) == pytest.approx(1.96, abs=0.02)
    ten = multiple_testing.sup_t(np.eye(10), 0.95, 200_000, 1)
    assert ten == pytest.approx(2.80, abs=0.02)
    assert multiple_testing.sup_t(np.full((10, 10), 1.0), 0.95, 100_000, 1) < 2.0
    with pytest.raises(
        EstimationError, match=r"^simultaneous band: covariance: a coefficient has no variance$"
    ):
        multiple_testing.sup_t(np.zeros((2, 2)), 0.95, 10, 1)


def test_what_is_refused_is_told_with_the_method() -> None:
    with pytest.raises(EstimationError, match=r"^Holm: p_values: .*0"):
        multiple_testing.holm(np.array([0.5, -0.1]))
    with pytest.raises(EstimationError, match=r"^Romano–Wolf: draws of shape "):
        multiple_testing.romano_wolf(np.ones(2), np.ones((5, 3)))
    with pytest.raises(EstimationError, match=r"^Romano–Wolf: draws of a test with a statistic: "):
        multiple_testing.romano_wolf(np.ones(2), np.array([[1, np.nan]]))


def test_a_table_of_p_values_is_one_family() -> None:
    p = np.array([[0.01, 0.04], [0.03, np.nan]])
    found = multiple_testing.holm(p)
    assert found == pytest.approx(np.array([[0.03, 0.06], [0.06, np.nan]]), nan_ok=True)
