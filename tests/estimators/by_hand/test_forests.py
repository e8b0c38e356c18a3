"""Honest forests against trees grown by hand: which rows grow, which fill, and what is averaged."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from naveval.estimators import forests
from naveval.estimators.forests import STEP, ForestOptions
from naveval.project.errors import EstimationError

SMALL = ForestOptions(trees=5, chunk=2, min_leaf=2, seed=3, jobs=1, components=0)


def data(n: int = 44) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(n, 3)).astype(np.float32)
    y = np.column_stack([x[:, 0] > 0, 10 * x[:, 1]]) + rng.normal(size=(n, 2))
    return x, y, rng.normal(size=(7, 3)).astype(np.float32)


def by_hand(kind, x, target, fill, x_new, options: ForestOptions, seed: int) -> np.ndarray:
    """Every chunk of trees has a seed of its own; a tree's rows are drawn without replacement."""
    total, count = np.zeros((len(x_new), fill.shape[1])), np.zeros((len(x_new), 1))
    chunks = [options.chunk] * (options.trees // options.chunk)
    chunks += [options.trees % options.chunk] * (options.trees % options.chunk > 0)
    seeds = np.random.SeedSequence([options.seed, seed]).spawn(len(chunks))
    for size, chunk_seed in zip(chunks, seeds, strict=True):
        rng = np.random.default_rng(chunk_seed)
        seen = int(len(x) * options.subsample)
        growing = int(seen * options.honesty_share)
        for _ in range(size):
            rows = rng.permutation(len(x))
            grow, filling = rows[:growing], rows[growing:seen]
            tree = kind(
                max_features=options.n_candidates(x.shape[1]),
                min_samples_leaf=options.min_leaf,
                random_state=int(rng.integers(2**31)),
            ).fit(x[grow], target[grow])
            own, new = tree.apply(x[filling]), tree.apply(x_new)
            for i, leaf in enumerate(new):
                if (own == leaf).any():  # an empty leaf has no answer
                    total[i] += fill[filling][own == leaf].mean(axis=0)
                    count[i] += 1
    return np.where(count > 0, total / np.maximum(count, 1), fill.mean(axis=0))


CHANGES = [
    {},
    {"candidates": 2, "seed": 5},
    {"subsample": 0.8, "honesty_share": 0.3},
    {"trees": 4, "chunk": 4, "min_leaf": 1},
    {"trees": 1, "min_leaf": 1},
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", [0, 6])
def test_outcomes_are_means_of_the_rows_that_fill_a_leaf(change: dict, seed: int) -> None:
    x, y, x_new = data()
    options = replace(SMALL, **change)
    target = np.rint((y - y.mean(axis=0)) / y.std(axis=0) / STEP) * STEP
    expected = by_hand(DecisionTreeRegressor, x, target, y, x_new, options, seed)
    found = forests.regression_forest(x, y, x_new, options, seed=seed)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    if not seed:
        np.testing.assert_array_equal(forests.regression_forest(x, y, x_new, options), found)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", [0, 6])
def test_probabilities_are_shares_of_the_rows_that_fill_a_leaf(change: dict, seed: int) -> None:
    x, y, x_new = data()
    options = replace(SMALL, **change)
    classes = (x[:, 0] > 0).astype(int) + (y[:, 1] > 8)
    shares = np.eye(4)[classes]
    expected = by_hand(DecisionTreeClassifier, x, classes, shares, x_new, options, seed)
    found = forests.probability_forest(x, classes, 4, x_new, options, seed=seed)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert (found[:, 3] == 0).all()
    if not seed:
        again = forests.probability_forest(x, classes, 4, x_new, options)
        np.testing.assert_array_equal(again, found)


def test_a_tree_of_two_leaves_by_hand() -> None:
    """Whoever grows it, a tree splits what is 0 from what is 1, and every leaf has one value."""
    x = np.repeat([[0.0], [1.0]], 20, axis=0)
    y = np.where(x > 0, 7.0, 3.0)
    new = np.array([[0.0], [1.0], [0.49], [0.51]])
    found = forests.regression_forest(x, y[:, 0], new, replace(SMALL, min_leaf=1))
    np.testing.assert_array_equal(found, [[3], [7], [3], [7]])
    chances = forests.probability_forest(x, x[:, 0].astype(int), 2, new, replace(SMALL, min_leaf=1))
    np.testing.assert_array_equal(chances, [[1, 0], [0, 1], [1, 0], [0, 1]])


def test_where_no_tree_has_an_answer_it_is_the_mean_of_all() -> None:
    """Five rows: two grow the tree and none is left to fill it but one, of one leaf alone."""
    x, y = np.arange(5.0)[:, None], np.array([[0.0], [10], [20], [30], [40]])
    options = replace(SMALL, trees=1, min_leaf=1, subsample=0.6, honesty_share=0.7)
    found = forests.regression_forest(x, y, x, options)
    filled = found[found != 20.0]
    assert len(filled) < 5
    assert len(np.unique(filled)) == 1
    assert filled[0] in y


def test_what_splits_are_chosen_for_by_hand() -> None:
    y = np.array([[1.0, 10, 5], [3, 30, 5], [1, 30, 5], [3, 10, 5]])
    standard = [[-1, -1, 0], [1, 1, 0], [-1, 1, 0], [1, -1, 0]]
    np.testing.assert_array_equal(forests.splitting_target(y, 0), standard)
    np.testing.assert_array_equal(forests.splitting_target(y, 3), standard)
    assert forests.splitting_target(y, 2).shape == (4, 2)
    assert forests.splitting_target(y[:, :1], 3).shape == (4, 1)
    # Two that go together, and one by itself: the first component is their sum over √2.
    pair = np.array([[1.0, 2, 0], [1, 2, 1], [3, 6, 0], [3, 6, 1]])
    first = np.array([-1.0, -1, 1, 1]) * np.sqrt(2)
    found = forests.splitting_target(pair, 1)
    np.testing.assert_allclose(found * np.sign(found[2]), first[:, None], atol=2 * STEP)
    both = np.abs(forests.splitting_target(pair, 2))
    np.testing.assert_allclose(both, np.tile([np.sqrt(2), 1], (4, 1)), atol=2 * STEP)
    assert not (found / STEP % 1).any()
    assert found[2, 0] != np.sqrt(2) * np.sign(found[2, 0])


def test_leaves_without_rows_are_empty() -> None:
    leaves = np.array([4, 2, 4])
    means, filled = forests.leaf_means(leaves, np.array([[1.0, 8], [5, 6], [3, 4]]), 6)
    np.testing.assert_array_equal(means, [[0, 0], [0, 0], [5, 6], [0, 0], [2, 6], [0, 0]])
    np.testing.assert_array_equal(filled, [0, 0, 1, 0, 1, 0])
    assert filled.dtype == np.int64


@pytest.mark.parametrize(
    ("candidates", "covariates", "tried"), [(0, 100, 30), (0, 101, 31), (0, 9, 9), (4, 9, 4)]
)
def test_candidates(candidates: int, covariates: int, tried: int) -> None:
    assert ForestOptions(candidates=candidates).n_candidates(covariates) == tried


BAD = [
    ({"backend": "ray"}, "forests: backend 'ray'; allowed: threads, processes, dask"),
    ({"trees": 0}, "forests: trees=0: expected a whole number from 1"),
    ({"min_leaf": 0}, "forests: min_leaf=0: expected a whole number from 1"),
    ({"jobs": 0}, "forests: jobs=0: expected a whole number from 1"),
    ({"chunk": 0}, "forests: chunk=0: expected a whole number from 1"),
    ({"trees": 1.5}, "forests: trees=1.5: expected a whole number from 1"),
    ({"subsample": 1}, "forests: subsample must be between 0 and 1, exclusive"),
    ({"subsample": 0}, "forests: subsample must be between 0 and 1, exclusive"),
    ({"honesty_share": 1}, "forests: honesty_share must be between 0 and 1, exclusive"),
    ({"candidates": -1}, "forests: candidates and components cannot be negative"),
    ({"components": -1}, "forests: candidates and components cannot be negative"),
]


@pytest.mark.parametrize(("change", "said"), BAD)
def test_options_that_mean_nothing_are_named(change: dict, said: str) -> None:
    with pytest.raises(EstimationError) as refused:
        ForestOptions(**change)
    assert str(refused.value) == said
    ForestOptions(trees=1, min_leaf=1, jobs=1, chunk=1, candidates=1, components=1)


HUGE = 3.5e38
LACKING = [
    ({"x": np.full((44, 3), np.nan)}, "forests: x: missing or infinite, rows 0, 1, 2, 3, 4, …"),
    ({"x": np.ones(44)}, "forests: x of shape (44,); expected (n, n)"),
    ({"x_new": np.ones((7, 2))}, "forests: x_new of shape (7, 2); expected (n, 3)"),
    ({"x_new": [[0, np.inf, 0]]}, "forests: x_new: missing or infinite, rows 0"),
    ({"y": np.ones((43, 2))}, "forests: y of shape (43, 2); expected (44, n)"),
    (
        {"classes": np.full(44, 2)},
        "forests: classes: holds 2, rows 0, 1, 2, 3, 4, …; expected whole numbers 0 to 1",
    ),
    ({"classes": np.zeros(43, int)}, "forests: classes of shape (43,); expected (44,)"),
    *(
        (
            {name: np.full((44, 3), HUGE)},
            "forests: x and x_new: expected numbers of single precision, to 3e38",
        )
        for name in ("x", "x_new")
    ),
    (
        {"min_leaf": 6},
        "forests: 44 training observations leave 11 to grow a tree with at least 6 "
        "in each of two leaves",
    ),
]


@pytest.mark.parametrize(("change", "said"), LACKING)
def test_data_that_no_tree_grows_on_are_named(change: dict, said: str) -> None:
    x, y, x_new = data()
    given = {"x": x, "x_new": x_new} | {k: v for k, v in change.items() if k.startswith("x")}
    options = replace(SMALL, min_leaf=change.get("min_leaf", 5))
    calls = [
        lambda: forests.regression_forest(given["x"], change.get("y", y), given["x_new"], options),
        lambda: forests.probability_forest(
            given["x"], change.get("classes", np.zeros(44, int)), 2, given["x_new"], options
        ),
    ]
    for call in calls[:1] if "y" in change else calls[1:] if "classes" in change else calls:
        with pytest.raises(EstimationError) as refused:
            call()
        assert str(refused.value) == said


def test_the_largest_numbers_of_single_precision_will_do() -> None:
    x, y, x_new = data()
    most = np.finfo(np.float32).max
    x[0, 0], x_new[0, 0] = most, -most
    options = replace(SMALL, min_leaf=5)  # 11 rows grow: two leaves of 5 just fit
    assert np.isfinite(forests.regression_forest(x, y, x_new, options)).all()


def test_no_given_array_is_changed_and_any_order_of_memory_will_do() -> None:
    x, y, x_new = data()
    kept = x.copy(), y.copy(), x_new.copy()
    found = forests.regression_forest(x, y, x_new, SMALL)
    for one, other in zip((x, y, x_new), kept, strict=True):
        np.testing.assert_array_equal(one, other)
    turned = (np.asfortranarray(part) for part in (x.astype(float), y, x_new.astype(float)))
    np.testing.assert_array_equal(forests.regression_forest(*turned, SMALL), found)
