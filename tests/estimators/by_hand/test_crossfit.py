"""Cross-fitting by hand: who is in which fold, which forest predicts whom, what is kept."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from naveval.estimators import crossfit, forests
from naveval.estimators.crossfit import Nuisances
from naveval.estimators.forests import ForestOptions
from naveval.project.errors import EstimationError, EstimationWarning

SMALL = ForestOptions(trees=2, chunk=2, min_leaf=1, jobs=1, seed=7, subsample=0.8)
ARMS, OUTCOMES = ("none", "course", "training"), ("months", "pay")


def sample(n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(n, 2))
    arm = np.arange(n) % 3
    return x, arm, np.column_stack([x[:, 0] + arm, 5 * x[:, 1]]) + rng.normal(size=(n, 2))


def refused(call, *given, **options) -> str:
    with pytest.raises(EstimationError) as told:
        call(*given, **options)
    return str(told.value)


def test_persons_are_dealt_to_folds_arm_by_arm() -> None:
    arm, person = np.array([2, 0, 1, 0, 1, 0, 0, 2]), np.array([4, 4, 9, 1, 3, 7, 5, 8])
    order = np.random.default_rng([11, 77]).permutation(7)
    first = {p: arm[np.flatnonzero(person == p)[0]] for p in np.unique(person)}
    dealt = sorted((first[p], order.tolist().index(i), p) for i, p in enumerate(sorted(first)))
    own = {p: at % 3 for at, (_, _, p) in enumerate(dealt)}
    found = crossfit.folds(arm, 3, 11, person)
    np.testing.assert_array_equal(found, [own[p] for p in person])
    alone = crossfit.folds(arm, 2, 11)
    assert sorted(np.bincount(alone).tolist()) == [4, 4]
    for w in range(3):
        assert np.ptp(np.bincount(alone[arm == w], minlength=2)) <= 1
    np.testing.assert_array_equal(crossfit.folds(arm, 8, 1) * 0, np.zeros(8))
    assert sorted(crossfit.folds(arm, 8, 1)) == list(range(8))


def test_folds_that_cannot_be_dealt_are_named() -> None:
    arm = np.zeros(6)
    said = refused(crossfit.folds, arm, 3, 1, np.arange(6) // 3)
    assert said == (
        "clusters: 2 in 6 rows; expected at least 3, one for each fold, such as one per person"
    )
    said = refused(crossfit.folds, [0, np.nan], 2, 1)
    assert said == "cross-fitting: arm: missing or infinite, rows 1"
    said = refused(crossfit.folds, arm, 3, 1, np.arange(5))
    assert said == "cross-fitting: cluster of shape (5,); expected (6,)"
    said = refused(crossfit.folds, arm[:2], 2, 1, ["a", None])
    assert said == "cross-fitting: cluster: missing, rows 1; expected a label in each row"


def test_few_clusters_are_told_and_one_is_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        names = [f"p{i % 30}" for i in range(40)]
        assert crossfit.require_clusters(names, 40).tolist() == names
    for few in (2, 29):
        with pytest.warns(EstimationWarning) as told:
            crossfit.require_clusters(np.arange(40) % few, 40)
        assert str(told[0].message) == (
            f"only {few} clusters: errors clustered by so few are too small"
        )
    said = refused(crossfit.require_clusters, np.ones(40), 40)
    assert said == "clusters: one in 40 rows; expected many, such as one per person"
    said = refused(crossfit.require_clusters, np.arange(39), 40)
    assert said == "cross-fitting: cluster of shape (39,); expected (40,)"
    said = refused(crossfit.require_clusters, [1, np.nan], 2)
    assert said == "cross-fitting: cluster: missing, rows 1; expected a label in each row"


def test_arms_that_are_too_small_are_named() -> None:
    arm = np.repeat([0, 1, 2], [40, 21, 20])
    crossfit.require_arms(arm, ARMS, 5, 0.25)  # 16 of 20 train, and 4 of them grow
    said = refused(crossfit.require_arms, arm[:-1], ARMS, 5, 0.25)
    assert said == "arms too small to estimate: training (19 persons); merge them first"
    said = refused(crossfit.require_arms, arm, ARMS, 5, 0.2)
    assert said == (
        "arms too small to estimate: course (21 persons), training (20 persons); merge them first"
    )
    said = refused(crossfit.require_arms, np.zeros(9, int), ARMS, 5, 1)
    assert said == "no treated persons in the sample: there is no effect to estimate"
    said = refused(crossfit.require_arms, np.ones(9, int), ARMS[:2], 5, 1)
    assert said == "no persons in the control arm «none»"
    crossfit.require_arms(np.array([0, 1] * 8), ARMS[:2], 2, 1)  # 4 of 8 train and grow
    one = np.repeat([0, 1], [20, 1])
    said = refused(crossfit.require_arms, one, ARMS[:2], 2, 1)
    assert said == "arms too small to estimate: course (1 persons); merge them first"


def by_hand(x, arm, y, fold, options: ForestOptions) -> tuple[np.ndarray, np.ndarray]:
    propensity, model = np.empty((len(x), 3)), np.empty((len(x), 3, y.shape[1]))
    for k in np.unique(fold):
        out, rest = fold == k, fold != k
        propensity[out] = forests.probability_forest(
            x[rest], arm[rest], 3, x[out], options, seed=1000 * k
        )
        for w in range(3):
            rows = rest & (arm == w)
            n = int(rows.sum() * options.subsample * options.honesty_share)
            small = replace(options, min_leaf=max(1, min(options.min_leaf, n // 2)))
            model[out, w] = forests.regression_forest(
                x[rows], y[rows], x[out], small, seed=1000 * k + w + 1
            )
    return propensity, model


@pytest.mark.parametrize("options", [SMALL, replace(SMALL, min_leaf=4)])
def test_every_fold_is_predicted_by_forests_of_the_others(options: ForestOptions) -> None:
    x, arm, y = sample()
    given = {"arms": ARMS, "outcomes": OUTCOMES, "options": options}
    found = crossfit.crossfit(x, arm, y, n_folds=3, **given)
    np.testing.assert_array_equal(found.fold, crossfit.folds(arm, 3, 7))
    propensity, model = by_hand(x, arm, y, found.fold, options)
    np.testing.assert_array_equal(found.propensity, propensity)
    np.testing.assert_array_equal(found.outcome_model, model)
    assert (found.arms, found.outcomes) == (ARMS, OUTCOMES)
    assert crossfit.crossfit(x, arm, y, **given).fold.max() == 4
    person = np.arange(60) // 2
    paired = crossfit.crossfit(x, arm, y, n_folds=3, cluster=person, **given)
    np.testing.assert_array_equal(paired.fold, crossfit.folds(arm, 3, 7, person))


def test_an_arm_that_is_just_large_enough_is_estimated() -> None:
    """Of 13 rows 10 train, and 4 of them grow a tree; of 12 too few."""
    x, arm, y = sample()
    options = replace(SMALL, subsample=0.8, honesty_share=0.5)
    given = {"arms": ARMS[:2], "outcomes": OUTCOMES, "options": options}
    arm = np.where(np.arange(60) < 13, 1, 0)
    crossfit.crossfit(x, arm, y, **given)
    arm[0] = 0
    said = refused(crossfit.crossfit, x, arm, y, **given)
    assert said == "arms too small to estimate: course (12 persons); merge them first"


LACKING = [
    ({"x": np.full((60, 2), np.nan)}, "x: missing or infinite, rows 0, 1, 2, 3, 4, …"),
    ({"arm": np.full(60, 3)}, "arm: holds 3, rows 0, 1, 2, 3, 4, …; expected whole numbers 0 to 2"),
    ({"arm": np.zeros(59, int)}, "arm of shape (59,); expected (60,)"),
    ({"y": np.ones((59, 2))}, "y of shape (59, 2); expected (60, 2)"),
    ({"y": np.ones((60, 3))}, "y of shape (60, 3); expected (60, 2)"),
    ({"y": np.full((60, 2), np.inf)}, "y: missing or infinite, rows 0, 1, 2, 3, 4, …"),
]


@pytest.mark.parametrize(("change", "said"), LACKING)
def test_what_cannot_be_used_is_named(change: dict, said: str) -> None:
    x, arm, y = sample()
    given = {"x": x, "arm": arm, "y": y} | change
    told = refused(crossfit.crossfit, **given, arms=ARMS, outcomes=OUTCOMES, options=SMALL)
    assert told == f"cross-fitting: {said}"


def test_forests_that_are_done_are_told_and_kept(tmp_path: Path) -> None:
    x, arm, y = sample()
    given = {"arms": ARMS, "outcomes": OUTCOMES, "options": SMALL, "n_folds": 2}
    lines: list[str] = []
    plain = crossfit.crossfit(x, arm, y, **given, progress=lines.append)
    assert lines == [
        line
        for k in (0, 1)
        for line in (
            f"fold-{k}-propensity",
            f"fold-{k}-arm-0 none",
            f"fold-{k}-arm-1 course",
            f"fold-{k}-arm-2 training",
        )
    ]
    assert crossfit.crossfit(x, arm, y, **given).fold.tolist() == plain.fold.tolist()
    crossfit.crossfit(x, arm, y, **given, cache=tmp_path)
    assert len([*tmp_path.rglob("forest-fold-1-arm-2-*.lock")]) == 1
    again: list[str] = []
    kept = crossfit.crossfit(x, arm, y, **given, cache=tmp_path, progress=again.append)
    assert again == []
    np.testing.assert_array_equal(kept.propensity, plain.propensity)
    np.testing.assert_array_equal(kept.outcome_model, plain.outcome_model)
    for change in ({"x": x + 1}, {"arm": (arm + 1) % 3}, {"y": y + 1}):
        again.clear()
        other = {"x": x, "arm": arm, "y": y} | change
        crossfit.crossfit(**other, **given, cache=tmp_path, progress=again.append)
        assert len(again) == 8


def test_a_fingerprint_is_of_all_that_forests_depend_on() -> None:
    x, arm, y = sample()
    fold = np.arange(60) % 2
    base = crossfit.fingerprint(x, arm, y, fold, SMALL)
    assert len(base) == 20
    assert crossfit.fingerprint(np.asfortranarray(x), arm, y, fold, SMALL) == base
    for same in ({"jobs": 2}, {"backend": "processes"}):
        assert crossfit.fingerprint(x, arm, y, fold, replace(SMALL, **same)) == base
    others = [
        crossfit.fingerprint(*given)
        for given in (
            (x + 1, arm, y, fold, SMALL),
            (x, arm + 1, y, fold, SMALL),
            (x, arm, y + 1, fold, SMALL),
            (x, arm, y, 1 - fold, SMALL),
            (x, arm, y, fold, replace(SMALL, seed=8)),
            (x, arm, y, fold, replace(SMALL, trees=3)),
            (x.reshape(30, 4), arm, y, fold, SMALL),
            (x.view(np.int64), arm, y, fold, SMALL),
        )
    ]
    assert len({base, *others}) == 9


def test_repetitions_have_seeds_far_apart() -> None:
    x, arm, y = sample()
    given = {"arms": ARMS, "outcomes": OUTCOMES, "n_folds": 2}
    runs = [*crossfit.repeated(x, arm, y, times=3, options=SMALL, **given)]
    assert len(runs) == 3
    for i, run in enumerate(runs):
        own = crossfit.crossfit(x, arm, y, options=replace(SMALL, seed=7 + 100_003 * i), **given)
        np.testing.assert_array_equal(run.fold, own.fold)
        np.testing.assert_array_equal(run.outcome_model, own.outcome_model)
    assert len([*crossfit.repeated(x, arm, y, times=1, options=SMALL, **given)]) == 1
    said = refused(lambda: next(crossfit.repeated(x, arm, y, times=0, options=SMALL, **given)))
    assert said == "repeated cross-fitting: times=0: expected a whole number from 1"
    said = refused(lambda: next(crossfit.repeated(x, arm, y, times=1.5, options=SMALL, **given)))
    assert said == "repeated cross-fitting: times=1.5: expected a whole number from 1"


def test_small_arms_have_small_leaves() -> None:
    options = ForestOptions(min_leaf=5, subsample=0.5, honesty_share=0.5)
    assert crossfit.small_arm(options, 40) is options  # ten grow
    assert crossfit.small_arm(options, 39) == replace(options, min_leaf=4)
    assert crossfit.small_arm(options, 16) == replace(options, min_leaf=2)
    assert crossfit.small_arm(options, 4) == replace(options, min_leaf=1)
    other = replace(options, subsample=0.8, honesty_share=0.25, trees=3)
    assert crossfit.small_arm(other, 49) == replace(other, min_leaf=4)


def given_nuisances() -> tuple[np.ndarray, Nuisances]:
    """Nine persons in three folds."""
    arm = np.array([0, 1, 2, 1, 0, 2, 2, 1, 0])
    p = np.array([1, 6, 2, 5, 2, 4, 3, 8, 1]) / 10
    q = np.array([1, 2, 5, 2, 3, 5, 6, 1, 3]) / 10
    propensity = np.column_stack([1 - p - q, p, q])
    model = np.arange(27.0).reshape(9, 3, 1)
    return arm, Nuisances(ARMS, ("pay",), propensity, model, np.arange(9) % 3)


def test_calibration_by_hand() -> None:
    arm, given = given_nuisances()
    found = crossfit.calibrated(given, arm)
    raw = np.empty((9, 3))
    for k in range(3):
        out = given.fold == k
        for w in range(3):
            fit = IsotonicRegression(out_of_bounds="clip")
            fit.fit(given.propensity[~out, w], (arm[~out] == w).astype(float))
            raw[out, w] = fit.predict(given.propensity[out, w])
    total = raw.sum(axis=1, keepdims=True)
    assert (total > 0).all()
    assert (total != 1).any()
    np.testing.assert_allclose(found.propensity, raw / total)
    assert found.outcome_model is given.outcome_model
    assert found.fold is given.fold


def test_where_calibration_learns_nothing_the_propensities_stay() -> None:
    """Nobody of one fold has the arm that the other fold was said to have, nor the reverse."""
    arm = np.array([0, 1, 0, 1])
    propensity = np.array([[0.6, 0.4], [0.5, 0.5], [0.4, 0.6], [0.3, 0.7]])
    fold = np.array([0, 0, 1, 1])
    given = Nuisances(ARMS[:2], ("pay",), propensity, np.zeros((4, 2, 1)), fold)
    found = crossfit.calibrated(given, arm).propensity
    # Fold 0 by fold 1: 0.6 and below have no arm 1; of arm 0, 0.4 and above has.
    np.testing.assert_allclose(found, [[1, 0], [1, 0], [0, 1], [0, 1]])
    turned = replace(given, propensity=np.array([[0.5, 0.5], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]]))
    pooled = crossfit.calibrated(turned, np.array([1, 0, 1, 0])).propensity
    assert np.isfinite(pooled).all()
    np.testing.assert_allclose(pooled.sum(axis=1), 1)


def test_levels_beyond_those_fitted_are_cut() -> None:
    arm = np.array([0, 1, 1, 0, 1, 1])
    p = np.array([0.4, 0.5, 0.6, 0.1, 0.9, 0.95])
    fold = np.array([0, 0, 0, 1, 1, 1])
    given = Nuisances(ARMS[:2], ("y",), np.column_stack([1 - p, p]), np.zeros((6, 2, 1)), fold)
    found = crossfit.calibrated(given, arm).propensity
    np.testing.assert_allclose(found[3:, 1], [0, 1, 1])
    np.testing.assert_allclose(found[:3, 1], [0.375, 0.5, 0.625])  # on the line from 0.1 to 0.9


def test_calibration_needs_all_arms() -> None:
    arm, given = given_nuisances()
    for wrong, held in ((np.minimum(arm, 1), "0, 1"), (arm + 1, "1, 2, 3")):
        assert refused(crossfit.calibrated, given, wrong) == (
            "calibration: expected arms 0 to 2, positions in none, course, training, each with "
            f"persons; there are {held}"
        )
    assert refused(crossfit.calibrated, given, np.arange(9)).endswith("are 0, 1, 2, 3, 4, 5, 6, 7")
    said = refused(crossfit.calibrated, given, arm[1:])
    assert said == "calibration: arm of shape (8,); expected (9,)"


def test_the_median_rule_by_hand() -> None:
    theta = np.array([[1.0, 5.0], [2.0, 5.0], [4.0, 5.0]])
    error = np.array([[1.0, 3.0], [2.0, 1.0], [2.0, 2.0]])
    middle, spread = crossfit.median_rule(theta, error)
    np.testing.assert_allclose(middle, [2, 5])
    # 1 + 1, 4 + 0 and 4 + 4: the median is 4; without spread 9, 1 and 4.
    np.testing.assert_allclose(spread, [2, 2])
    _, spread = crossfit.median_rule(theta, error, "variance")
    np.testing.assert_allclose(spread, [2, 2])
    middle, spread = crossfit.median_rule(theta, error, "bounds")
    np.testing.assert_allclose(middle, [2, 5])
    # Upper limits 1 + z, 2 + 2z, 4 + 2z: the median is 2 + 2z.
    np.testing.assert_allclose(spread, [2, 2])
    low, high = crossfit.median_rule([1.0, 2.0], [1.0, 0.0])
    assert (low, high) == (1.5, pytest.approx(np.sqrt(0.75)))  # of 1 + 1/4 and 1/4
    ends = crossfit.median_rule([1.0, 2.0, 6.0], [1.0, 3.0, 1.0], "bounds")
    # 2.96, 7.88 and 7.96: (7.88 − 2) / 1.96.
    assert ends[1] == pytest.approx(5.88 / 1.96)
    deep = crossfit.median_rule(np.ones((3, 2, 2)), np.ones((3, 2, 2)))
    assert deep[0].shape == deep[1].shape == (2, 2)
    np.testing.assert_array_equal(crossfit.median_rule([3.0], [0.0]), (3, 0))


def test_the_median_rule_names_what_is_wrong() -> None:
    rule = crossfit.median_rule
    assert refused(rule, [np.nan], [1]) == "median rule: estimates: missing or infinite, rows 0"
    assert refused(rule, 1.0, [1]) == "median rule: estimates of shape (); expected (n,)"
    assert refused(rule, [1], [-1]) == "median rule: std_errors: -1, rows 0; expected at least 0"
    assert refused(rule, [1], [1, 2]) == "median rule: std_errors of shape (2,); expected (1,)"
    assert refused(rule, [1], [1], "mean") == (
        "median rule: rule='mean': is not among variance, bounds"
    )
