"""Honest forests: honesty, many outcomes, probabilities, and who runs them."""

from dataclasses import replace

import numpy as np
import pytest

from naveval.estimators import forests
from naveval.estimators.forests import ForestOptions
from naveval.project.errors import EstimationError

OPTIONS = ForestOptions(trees=60, chunk=20, seed=3)


def sample(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6))
    mean = np.column_stack([x[:, 0] > 0, 2 * x[:, 1], x[:, 0] * (x[:, 2] > 0)])
    return x, mean, mean + rng.normal(scale=0.5, size=mean.shape)


def test_predicts_every_outcome_better_than_its_mean() -> None:
    x, _, y = sample(1500)
    x_new, mean, _ = sample(400, seed=1)
    predicted = forests.regression_forest(x, y, x_new, OPTIONS)
    assert predicted.shape == mean.shape
    assert (((predicted - mean) ** 2).mean(0) < 0.35 * mean.var(0)).all()


def test_probabilities_sum_to_one_and_follow_the_covariates() -> None:
    x, _, _ = sample(1500)
    classes = (x[:, 0] > 0).astype(int) + (x[:, 1] > 1)
    predicted = forests.probability_forest(x, classes, 3, x, OPTIONS)
    np.testing.assert_allclose(predicted.sum(axis=1), 1)
    assert predicted[classes == 2, 2].mean() > 0.6 > 0.1 > predicted[classes == 0, 2].mean()


def test_leaves_are_filled_from_observations_the_tree_was_not_grown_on() -> None:
    leaves = np.array([3, 1, 3, 3])
    means, filled = forests.leaf_means(leaves, np.array([[1.0], [5.0], [2.0], [6.0]]), 5)
    np.testing.assert_allclose(means[:, 0], [0, 5, 0, 3, 0])
    np.testing.assert_array_equal(filled, [0, 1, 0, 1, 0])


def test_honest_trees_do_not_follow_noise() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(600, 5)), rng.normal(size=(600, 1))
    own = forests.regression_forest(x, y, x, OPTIONS)
    assert np.corrcoef(own[:, 0], y[:, 0])[0, 1] < 0.75
    fresh = forests.regression_forest(x, y, rng.normal(size=(2000, 5)), OPTIONS)
    assert abs(fresh.mean() - y.mean()) < 0.1


def test_one_set_of_trees_serves_related_outcomes_as_well_as_one_forest_each() -> None:
    rng = np.random.default_rng(2)

    def monthly_work(n: int) -> tuple[np.ndarray, np.ndarray]:
        x = rng.normal(size=(n, 6))
        month = np.arange(24)
        index = x[:, [0]] + 0.5 * x[:, [1]] * month / 24 - 0.3 * (x[:, [2]] > 0)
        noise = 0.8 * rng.normal(size=(n, 1)) + 0.1 * rng.normal(size=(n, 24)).cumsum(axis=1)
        work = (index + noise > 0).astype(float)
        return x, np.hstack([work, work[:, :12].sum(axis=1, keepdims=True)])

    x, y = monthly_work(2500)
    x_new, y_new = monthly_work(2500)
    options = replace(OPTIONS, trees=200)
    together = forests.regression_forest(x, y, x_new, options)
    for j in (0, 12, 24):
        alone = forests.regression_forest(x, y[:, [j]], x_new, options)[:, 0]
        error = ((together[:, j] - y_new[:, j]) ** 2).mean()
        assert error < 1.02 * ((alone - y_new[:, j]) ** 2).mean()


@pytest.mark.parametrize("change", [{"jobs": 1}, {"jobs": 2}, {"backend": "processes"}])
def test_result_does_not_depend_on_workers(change: dict) -> None:
    x, _, y = sample(300)
    reference = forests.regression_forest(x, y, x[:20], OPTIONS)
    other = forests.regression_forest(x, y, x[:20], replace(OPTIONS, **change))
    np.testing.assert_array_equal(reference, other)


@pytest.mark.parametrize("components", [0, 3])
def test_result_does_not_depend_on_the_last_digit_of_outcomes(components: int) -> None:
    """Other units, or another processor, round differently; here many splits are as good."""
    rng = np.random.default_rng(4)
    x = np.tile(rng.integers(0, 2, (800, 8)), 4) != (rng.random((800, 32)) < 0.02)
    y = (x[:, [0]] + rng.normal(size=(800, 1)) + rng.normal(size=(800, 24)) > 0).astype(float)
    options = replace(OPTIONS, components=components)
    months = forests.regression_forest(x, y, x[:50], options)
    weeks = forests.regression_forest(x, 4.3 * y + 0.1, x[:50], options)
    np.testing.assert_allclose(weeks, 4.3 * months + 0.1, rtol=1e-9)


def test_a_dask_cluster_takes_over_with_one_option() -> None:
    import distributed

    x, _, y = sample(300)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
    ):
        there = forests.regression_forest(x, y, x[:20], replace(OPTIONS, backend="dask"))
    here = forests.regression_forest(x, y, x[:20], OPTIONS)
    np.testing.assert_allclose(there, here, rtol=1e-12)


def test_dask_needs_no_open_client() -> None:
    import distributed

    x, _, y = sample(300)
    options = replace(OPTIONS, backend="dask")
    with forests.workers(options):
        client = distributed.default_client()
        assert len(client.scheduler_info()["workers"]) == options.jobs == 2
        there = forests.regression_forest(x, y, x[:20], options)
        with forests.workers(options):
            assert distributed.default_client() is client
    with pytest.raises(ValueError, match="client"):
        distributed.default_client()
    np.testing.assert_allclose(there, forests.regression_forest(x, y, x[:20], OPTIONS), rtol=1e-12)
    with forests.workers(OPTIONS), pytest.raises(ValueError, match="client"):
        distributed.default_client()


@pytest.mark.parametrize(
    "change",
    [
        {"trees": 61},
        {"candidates": 1},
        {"min_leaf": 20},
        {"subsample": 0.8},
        {"honesty_share": 0.3},
        {"components": 1},
        {"seed": 4},
    ],
)
def test_every_option_changes_the_result(change: dict) -> None:
    x, _, y = sample(300)
    reference = forests.regression_forest(x, y, x[:20], OPTIONS)
    changed = forests.regression_forest(x, y, x[:20], replace(OPTIONS, **change))
    assert np.abs(changed - reference).max() > 1e-6


def test_bad_options_and_data_are_refused() -> None:
    with pytest.raises(EstimationError, match="threads, processes, dask"):
        ForestOptions(backend="ray")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="between 0 and 1"):
        ForestOptions(subsample=1)
    with pytest.raises(EstimationError, match="trees=0: expected a whole number from 1"):
        ForestOptions(trees=0)
    x, _, y = sample(300)
    with pytest.raises(EstimationError, match="missing or infinite"):
        forests.regression_forest(np.where(x > 2, np.nan, x), y, x, OPTIONS)
    with pytest.raises(EstimationError, match="y: missing or infinite"):
        forests.regression_forest(x, np.where(y > 2, np.nan, y), x, OPTIONS)
    with pytest.raises(EstimationError, match="leave 4 to grow"):
        forests.regression_forest(x[:16], y[:16], x, OPTIONS)
    with pytest.raises(EstimationError, match=r"classes: holds 3, .*whole numbers 0 to 2"):
        forests.probability_forest(x, np.full(300, 3), 3, x, OPTIONS)
