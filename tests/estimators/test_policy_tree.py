"""Rules for who gets which programme: the best one is found, valued and described."""

import numpy as np
import pytest

from naveval.estimators import policy_tree
from naveval.estimators.policy_tree import Split, Tree
from naveval.project.errors import EstimationError


def test_policy_tree_finds_the_best_rule_and_its_value() -> None:
    rng = np.random.default_rng(3)
    x = np.column_stack([rng.integers(0, 2, 3000), rng.normal(size=3000), rng.normal(size=3000)])
    best = np.where(x[:, 0] == 0, np.where(x[:, 1] > 0, 1, 0), 2)
    gamma = rng.normal(size=(3000, 3)) * 0.3 + np.eye(3)[best]
    half = np.arange(3000) < 1500
    tree = policy_tree.grow(gamma[half], x[half])
    assert (tree.assign(x) == best).mean() > 0.9
    y = gamma[np.arange(3000), rng.integers(0, 3, 3000)]
    found = policy_tree.value(tree, gamma[~half], x[~half], y[~half])
    assert found.today == pytest.approx(y[~half].mean())
    assert found.difference == pytest.approx(found.rule - found.today)
    assert found.difference > 0.5
    assert found.shares.sum() == pytest.approx(1)
    rule = policy_tree.describe(tree, ["a", "b", "c"], ["none", "one", "two"])
    assert set(rule.action) == {"none", "one", "two"}


def test_depth_two_equals_trying_every_tree() -> None:
    rng = np.random.default_rng(4)
    x = rng.integers(0, 3, size=(60, 2)).astype(float)
    gamma = rng.normal(size=(60, 2))
    tree = policy_tree.grow(gamma, x, min_leaf=1)
    found = gamma[np.arange(60), tree.assign(x)].sum()
    best = gamma.sum(axis=0).max()
    cuts = [(j, c) for j in range(2) for c in (0.5, 1.5)]
    for j, c in cuts:
        left = x[:, j] <= c
        total = 0.0
        for side in (left, ~left):
            options = [gamma[side].sum(axis=0).max()]
            for k, d in cuts:
                low = x[side, k] <= d
                if low.any() and (~low).any():
                    part = gamma[side]
                    options.append(part[low].sum(0).max() + part[~low].sum(0).max())
            total += max(options) if side.any() else 0
        if left.any() and (~left).any():
            best = max(best, total)
    assert found == pytest.approx(best)


def test_policy_tree_options_change_and_bad_ones_are_refused() -> None:
    rng = np.random.default_rng(5)
    x, gamma = rng.normal(size=(400, 3)), rng.normal(size=(400, 3))
    values = [
        gamma[np.arange(400), policy_tree.grow(gamma, x, depth=d, min_leaf=20).assign(x)].mean()
        for d in (0, 1, 2)
    ]
    assert values[0] < values[1] < values[2]
    wide = policy_tree.grow(gamma, x, min_leaf=190)
    assert wide != policy_tree.grow(gamma, x, min_leaf=20)
    with pytest.raises(EstimationError, match=r"depth=.*not among 0, 1, 2"):
        policy_tree.grow(gamma, x, depth=3)


def test_of_rules_that_are_as_good_the_first_is_chosen_in_any_unit() -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        half = rng.integers(0, 2, (300, 4)).astype(float)
        x = np.hstack([half, 1 - half, half])  # each rule can be said in three ways
        gamma = rng.normal(size=(300, 4)) + x[:, [0]] * np.array([1, 0, -1, 0])
        tree = policy_tree.grow(gamma, x, min_leaf=20)
        assert tree == policy_tree.grow(gamma / 3, x, min_leaf=20)
        splits = [split for split in (tree.root, tree.left, tree.right) if split is not None]
        assert splits
        assert all(split.covariate < 4 for split in splits)


def test_thresholds_lie_between_values_and_at_eight_quantiles_of_many() -> None:
    few = np.array([[0.0], [1.0], [3.0]])
    assert policy_tree.candidates(few) == [Split(0, 0.5), Split(0, 2.0)]
    many = np.column_stack([np.zeros(91), np.arange(91.0)])
    found = policy_tree.candidates(many)
    assert [split.covariate for split in found] == [1] * 8
    assert [split.threshold for split in found] == pytest.approx([10 * k for k in range(1, 9)])
    nine = policy_tree.candidates(np.arange(9.0)[:, None])
    assert nine == [Split(0, k + 0.5) for k in range(8)]


@pytest.mark.parametrize(("min_leaf", "splits"), [(4, True), (5, False)])
def test_a_leaf_may_hold_just_as_many_as_asked_for(min_leaf: int, splits: bool) -> None:
    x = np.repeat([[0.0], [1.0]], [4, 6], axis=0)
    gamma = np.column_stack([x[:, 0], 1 - x[:, 0]])
    for sides in (x, 1 - x):  # the small leaf to the left, and to the right
        tree = policy_tree.grow(gamma, sides, depth=1, min_leaf=min_leaf)
        assert (tree.root is not None) == splits
        second = np.column_stack([np.zeros(10), sides])
        two = policy_tree.grow(gamma, second, min_leaf=min_leaf)
        assert (two.root is not None) == splits
    halves = np.hstack([np.tile([[0.0], [1.0]], (10, 1)), np.vstack([x, x])])
    scores = (halves[:, [0]] == [[0, 1]]) * 5.0 + (halves[:, [1]] == [[0, 1]]) * halves[:, [0]] * 9
    grown = policy_tree.grow(scores, halves, min_leaf=2)
    assert {split.covariate for split in (grown.root, grown.left, grown.right) if split} == {0, 1}


def test_a_rule_is_described_leaf_by_leaf() -> None:
    tree = Tree(Split(1, 2.5), None, Split(0, 0.5), (0, 0, 1, 2))
    table = policy_tree.describe(tree, ["women", "age"], ["none", "course", "job"])
    assert list(table.columns) == [
        *("covariate_1", "threshold_1", "side_1", "covariate_2", "threshold_2", "side_2", "action")
    ]
    assert table.fillna("").to_numpy().tolist() == [
        ["age", 2.5, "low", "", "", "", "none"],
        ["age", 2.5, "high", "women", 0.5, "low", "course"],
        ["age", 2.5, "high", "women", 0.5, "high", "job"],
    ]
    one, other = Split(1, 2.5), Split(0, 0.5)
    for parts, own in {
        (None, None, None): [0],
        (one, None, None): [0, 2],
        (one, other, None): [0, 1, 2],
        (one, None, other): [0, 2, 3],
        (one, other, other): [0, 1, 2, 3],
    }.items():
        assert policy_tree.leaves(Tree(*parts, (1,) * 4)) == own
    stump = policy_tree.describe(Tree(None, None, None, (1,) * 4), ["a"], ["none", "course"])
    assert stump["action"].tolist() == ["course"]
    assert stump.loc[0, ["covariate_1", "side_1", "covariate_2", "side_2"]].tolist() == [""] * 4


def test_scores_and_covariates_that_do_not_fit_are_named() -> None:
    gamma, x = np.ones((10, 2)), np.ones((10, 1))
    with pytest.raises(EstimationError, match="policy tree: gamma "):
        policy_tree.grow(gamma[:, 0], x)
    with pytest.raises(EstimationError, match="policy tree: x "):
        policy_tree.grow(gamma, x[:4])
    tree = policy_tree.grow(gamma, x, min_leaf=1)
    with pytest.raises(EstimationError, match="policy tree: gamma "):
        policy_tree.value(tree, gamma[:, 0], x, gamma[:, 0])
    with pytest.raises(EstimationError, match="policy tree: y "):
        policy_tree.value(tree, gamma, x, gamma[:4, 0])
