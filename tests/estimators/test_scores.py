"""The score object against a plain re-implementation, DoubleML, NSW and simulated truth."""

from dataclasses import replace
from pathlib import Path

import doubleml
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from naveval.estimators import crossfit, scores
from naveval.estimators.crossfit import Nuisances
from naveval.estimators.forests import ForestOptions
from naveval.project.errors import EstimationError, EstimationWarning

ARMS = ("none", "course", "training")
OUTCOMES = ("months", "pay")


def draw(n: int = 900, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, Nuisances]:
    """Three arms, two outcomes and imperfect nuisances that are known exactly."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4))
    logits = np.column_stack([np.zeros(n), x[:, 0] - 0.5, 0.5 * x[:, 1] - 1])
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    arm = (rng.random(n)[:, None] > true.cumsum(axis=1)).sum(axis=1)
    base = np.column_stack([x[:, 0] + x[:, 2], 2 * x[:, 1]])
    effect = np.array([[0.0, 0.0], [1.0, 0.5], [-0.5, 2.0]])
    y = base + effect[arm] + rng.normal(size=(n, 2))
    model = base[:, None, :] * 0.8 + effect + 0.1
    propensity = 0.9 * true + 0.1 / 3
    fold = np.arange(n) % 5
    return x, arm, y, Nuisances(ARMS, OUTCOMES, propensity, model, fold)


@pytest.mark.parametrize("normalize", [True, False])
def test_ate_equals_doubleml_with_the_same_nuisances(normalize: bool) -> None:
    x, arm, y, nuisances = draw()
    made = scores.doubly_robust(y, arm, nuisances, normalize=normalize)
    mine, apo = scores.effects(made, "ate"), scores.effects(made, "apo")
    for j, outcome in enumerate(OUTCOMES):
        data = doubleml.DoubleMLData.from_arrays(x, y[:, j], arm)
        model = doubleml.DoubleMLAPOS(
            data,
            LinearRegression(),
            LogisticRegression(),
            treatment_levels=[0, 1, 2],
            normalize_ipw=normalize,
            draw_sample_splitting=False,
            ps_processor_config=doubleml.utils.PSProcessorConfig(clipping_threshold=1e-12),
        )
        every = np.arange(len(y))
        model.set_sample_splitting(
            [(every[nuisances.fold != k], every[nuisances.fold == k]) for k in range(5)]
        )
        given = {
            level: {
                "ml_g_d_lvl0": nuisances.outcome_model[:, level, [j]],
                "ml_g_d_lvl1": nuisances.outcome_model[:, level, [j]],
                "ml_m": nuisances.propensity[:, [level]],
            }
            for level in (0, 1, 2)
        }
        model.fit(external_predictions=given)
        contrast = model.causal_contrast(reference_levels=0)
        own = mine[mine.outcome == outcome]
        np.testing.assert_allclose(own.estimate, contrast.thetas, atol=1e-8)
        np.testing.assert_allclose(own.std_error, contrast.ses, atol=1e-8)
        levels = apo[apo.outcome == outcome]
        np.testing.assert_allclose(levels.estimate, model.coef, atol=1e-8)
        np.testing.assert_allclose(levels.std_error, model.se, atol=1e-8)


def test_att_equals_a_plain_reimplementation() -> None:
    _, arm, y, nuisances = draw()
    mine = scores.effects(scores.doubly_robust(y, arm, nuisances), "att")
    for w in (1, 2):
        for j, outcome in enumerate(OUTCOMES):
            total_odds, treated = 0.0, 0
            for i in range(len(y)):
                if arm[i] == 0:
                    total_odds += nuisances.propensity[i, w] / nuisances.propensity[i, 0]
                treated += int(arm[i] == w)
            share = treated / len(y)
            parts = []
            for i in range(len(y)):
                gap = y[i, j] - nuisances.outcome_model[i, 0, j]
                if arm[i] == w:
                    parts.append(gap / share)
                elif arm[i] == 0:
                    odds = nuisances.propensity[i, w] / nuisances.propensity[i, 0]
                    parts.append(-odds * treated / total_odds * gap / share)
                else:
                    parts.append(0.0)
            estimate = sum(parts) / len(y)
            squares = sum(
                (part - (arm[i] == w) / share * estimate) ** 2 for i, part in enumerate(parts)
            )
            own = mine[(mine.arm == ARMS[w]) & (mine.outcome == outcome)].iloc[0]
            assert own.estimate == pytest.approx(estimate, abs=1e-10)
            assert own.std_error == pytest.approx(squares**0.5 / len(y), abs=1e-10)
            assert own.n_treated == treated


def test_gate_equals_robust_regression() -> None:
    import statsmodels.api as sm

    x, arm, y, nuisances = draw()
    made = scores.doubly_robust(y, arm, nuisances)
    groups = pd.Series(pd.cut(x[:, 0], [-9, -0.5, 0.5, 9], labels=["low", "middle", "high"]))
    mine = scores.gate(made, 1, groups, "months")
    dummies = pd.get_dummies(groups, drop_first=True, dtype=float)
    target = made.gamma[:, 1, 0] - made.gamma[:, 0, 0]
    plain = sm.OLS(target, sm.add_constant(dummies)).fit(cov_type="HC0")
    np.testing.assert_allclose(mine.estimate, plain.params, atol=1e-10)
    np.testing.assert_allclose(mine.std_error, plain.bse, atol=1e-10)
    assert list(mine.type) == ["constant", "difference", "difference"]
    assert mine.n_persons.sum() == len(x)


def test_gate_averages_to_the_ate() -> None:
    x, arm, y, nuisances = draw()
    made = scores.doubly_robust(y, arm, nuisances)
    groups = pd.Series(pd.Categorical(np.where(x[:, 0] > 0, "high", "low")))
    table = scores.gate(made, 2, groups, "pay")
    level = table.estimate.iloc[0] + np.array([0, table.estimate.iloc[1]])
    overall = scores.effects(made, "ate").query("arm == 'training' and outcome == 'pay'")
    average = (level * table.n_persons).sum() / table.n_persons.sum()
    assert average == pytest.approx(overall.estimate.item(), abs=1e-10)


def test_clip_trim_and_normalisation_change_what_they_say() -> None:
    _, arm, y, nuisances = draw()
    plain = scores.doubly_robust(y, arm, nuisances)
    clipped = scores.doubly_robust(y, arm, nuisances, clip=0.2)
    trimmed = scores.doubly_robust(y, arm, nuisances, trim=0.2)
    assert (clipped.clipped == (nuisances.propensity < 0.2).sum(axis=0)).all()
    assert clipped.kept.all()
    assert (clipped.propensity >= 0.2).all()
    expected = (nuisances.propensity[:, 1] >= 0.2) & (nuisances.propensity[:, 0] >= 0.2)
    assert (trimmed.kept[:, 1] == expected).all()
    assert (trimmed.propensity == nuisances.propensity).all()
    for estimand in ("ate", "att"):
        whole = scores.effects(plain, estimand)
        for other in (clipped, trimmed):
            assert (scores.effects(other, estimand).estimate != whole.estimate).all()
    dropped = scores.effects(trimmed, "ate").n_obs
    assert (dropped < len(y)).all()
    raw = scores.doubly_robust(y, arm, nuisances, normalize=False)
    for estimand in ("ate", "apo"):
        normal = scores.effects(plain, estimand).estimate
        assert (scores.effects(raw, estimand).estimate != normal).all()


def test_weights_count_for_as_many_persons_as_there_are() -> None:
    """With an outcome model of zero the score's mean is a weighted mean, whatever its level."""
    _, arm, y, nuisances = draw()
    level = 50.0
    given = replace(nuisances, outcome_model=np.zeros_like(nuisances.outcome_model))
    made = scores.doubly_robust(y + level, arm, given)
    table = scores.effects(made, "apo")
    for w, name in enumerate(ARMS):
        weight = 1 / given.propensity[arm == w, w]
        for j, outcome in enumerate(OUTCOMES):
            own = table[(table["arm"] == name) & (table["outcome"] == outcome)]["estimate"].item()
            expected = np.average(y[arm == w, j] + level, weights=weight)
            assert own == pytest.approx(expected, abs=1e-9)
    raw = scores.effects(scores.doubly_robust(y + level, arm, given, normalize=False), "apo")
    assert (np.abs(raw["estimate"] - table["estimate"]) > 0.3).any()
    groups = np.where(np.arange(len(y)) % 3 == 0, "a", "b")
    by_group = scores.gate(made, 1, groups, "months")
    shifted = scores.gate(scores.doubly_robust(y, arm, given), 1, groups, "months")
    sizes = by_group["n_persons"].to_numpy()
    for table in (by_group, shifted):  # the groups' mean is the normalised effect in all
        levels = table["estimate"].to_numpy() * [1, 1] + [0, table["estimate"].iloc[0]]
        whole = np.average(levels, weights=sizes)
        control = np.average(y[arm == 0, 0], weights=1 / given.propensity[arm == 0, 0])
        course = np.average(y[arm == 1, 0], weights=1 / given.propensity[arm == 1, 1])
        assert whole == pytest.approx(course - control, abs=1e-9)


def test_clipping_gives_no_weight_to_controls_without_a_chance_of_the_arm() -> None:
    _, arm, y, nuisances = draw()
    propensity = nuisances.propensity.copy()
    never = (arm == 0) & (np.arange(len(arm)) % 4 == 0)
    propensity[never, 1] = 0
    given = replace(nuisances, propensity=propensity)
    made = scores.doubly_robust(y, arm, given, clip=0.05)
    weight = scores.control_weights(made, 1)
    assert (weight[never] == 0).all()
    assert weight.sum() == pytest.approx((arm == 1).sum())
    control = arm == 0
    odds = propensity[control, 1] / np.maximum(propensity[control, 0], 0.05)
    np.testing.assert_allclose(weight[control], odds * (arm == 1).sum() / odds.sum())


def test_trimming_equals_estimating_on_the_remaining_persons() -> None:
    _, arm, y, nuisances = draw()
    trimmed = scores.doubly_robust(y, arm, nuisances, trim=0.15)
    left = trimmed.kept[:, 1]
    part = Nuisances(
        ARMS,
        OUTCOMES,
        nuisances.propensity[left],
        nuisances.outcome_model[left],
        nuisances.fold[left],
    )
    alone = scores.doubly_robust(y[left], arm[left], part)
    for estimand in ("ate", "att"):
        a = scores.effects(trimmed, estimand).query("arm == 'course'")
        b = scores.effects(alone, estimand).query("arm == 'course'")
        np.testing.assert_allclose(a.estimate, b.estimate, atol=1e-10)
        np.testing.assert_allclose(a.std_error, b.std_error, atol=1e-10)


def test_clustered_errors_equal_plain_ones_for_single_rows_and_grow_for_doubled() -> None:
    _, arm, y, nuisances = draw()
    plain = scores.effects(scores.doubly_robust(y, arm, nuisances), "att")
    single = scores.doubly_robust(y, arm, nuisances, cluster=np.arange(len(y)))
    np.testing.assert_allclose(scores.effects(single, "att").std_error, plain.std_error)
    twice = Nuisances(
        ARMS,
        OUTCOMES,
        np.tile(nuisances.propensity, (2, 1)),
        np.tile(nuisances.outcome_model, (2, 1, 1)),
        np.tile(nuisances.fold, 2),
    )
    person = np.tile(np.arange(len(y)), 2)
    doubled = scores.doubly_robust(np.tile(y, (2, 1)), np.tile(arm, 2), twice, cluster=person)
    table = scores.effects(doubled, "att")
    np.testing.assert_allclose(table.std_error, plain.std_error)
    assert (table.n_obs == 2 * table.n_persons).all()


def test_scores_among_some_arms_use_the_probability_given_those_arms() -> None:
    _, arm, y, nuisances = draw(4000)
    wrong = replace(nuisances, outcome_model=nuisances.outcome_model + 1.0)
    made = scores.doubly_robust(y, arm, wrong)
    among = scores.only_arms(made, [2, 0])
    assert among.arms == ("none", "training")
    rows = arm != 1
    assert len(among.y) == rows.sum()
    np.testing.assert_allclose(among.propensity.sum(axis=1), 1)
    p = made.propensity[rows, 2] / (made.propensity[rows, 0] + made.propensity[rows, 2])
    weight = (arm[rows] == 2) / p
    weight *= rows.sum() / weight.sum()
    own = weight * (y[rows, 0] - wrong.outcome_model[rows, 2, 0])
    np.testing.assert_allclose(among.gamma[:, 1, 0], wrong.outcome_model[rows, 2, 0] + own)
    right = nuisances.outcome_model[rows, 0, 0] / 0.8  # the mean without error, up to a constant
    gap = among.gamma[:, 0, 0].mean() - (right - 0.125).mean()
    assert abs(gap) < 0.15  # doubly robust: a model wrong by one does not matter
    naive = scores.doubly_robust(y, arm, wrong).gamma[rows, 0, 0].mean()
    assert abs(naive - (right - 0.125).mean()) > 0.15


def test_intervals_and_p_values_by_hand() -> None:
    table = scores.estimate_frame(np.array([2.0, -1.0, 0.0, 3.0]), np.array([1.0, 0.25, 0.0, 0.0]))
    z = 1.959963984540054
    np.testing.assert_allclose(table["ci_low"], [2 - z, -1 - 0.25 * z, 0, 3])
    np.testing.assert_allclose(table["ci_high"], [2 + z, -1 + 0.25 * z, 0, 3])
    expected = [0.04550026389635842, 6.334248366623996e-05, 1.0, 0.0]
    np.testing.assert_allclose(table["p_value"], expected, rtol=1e-9)


def test_att_minus_ate_is_their_difference() -> None:
    _, arm, y, nuisances = draw()
    made = scores.doubly_robust(y, arm, nuisances)
    table = scores.att_minus_ate(made, 1)
    att = scores.effects(made, "att").query("arm == 'course'")
    ate = scores.effects(made, "ate").query("arm == 'course'")
    np.testing.assert_allclose(table.estimate, att.estimate.values - ate.estimate.values)
    assert (table.std_error > 0).all()


@pytest.mark.parametrize("as_categorical", [False, True])
def test_groups_may_be_text_numbers_or_categories(as_categorical: bool) -> None:
    x, arm, y, nuisances = draw()
    made = scores.doubly_robust(y, arm, nuisances)
    words = np.where(x[:, 0] > 0.5, "høy", np.where(x[:, 0] > -0.5, "middels", "lav"))
    groups = pd.Series(words, index=np.arange(len(x)) + 7).astype(object)
    table = scores.gate(made, 1, groups.astype("category") if as_categorical else groups, "pay")
    assert table["category"].tolist() == ["høy", "lav", "middels"]
    difference, _ = scores.contrast(made, 1)
    means = [difference[words == word, 1].mean() for word in table["category"]]
    np.testing.assert_allclose(table["estimate"], [means[0], *(np.array(means[1:]) - means[0])])
    numbers = scores.gate(made, 1, (x[:, 0] > 0).astype(int))
    assert numbers["category"].unique().tolist() == [0, 1]
    partly = groups.mask(words == "lav")
    left = scores.gate(made, 1, partly, "pay")
    assert left["category"].tolist() == ["høy", "middels"]
    assert left["n_persons"].sum() == (words != "lav").sum()


def test_one_outcome_may_be_one_dimensional() -> None:
    x, arm, y, nuisances = draw(400)
    one = scores.only_outcome(nuisances, 0)
    flat = scores.effects(scores.doubly_robust(y[:, 0], arm, one), "ate")
    column = scores.effects(scores.doubly_robust(y[:, [0]], arm, one), "ate")
    pd.testing.assert_frame_equal(flat, column)
    given = {"arms": ARMS, "outcomes": ("months",), "options": SMALL}
    a = crossfit.crossfit(x, arm, y[:, 0], **given)
    b = crossfit.crossfit(x, arm, y[:, [0]], **given)
    np.testing.assert_array_equal(a.outcome_model, b.outcome_model)


def test_persons_without_a_chance_of_their_arm_may_be_trimmed() -> None:
    _, arm, y, nuisances = draw()
    lost = (arm == 1) & (np.arange(len(arm)) % 7 == 0)
    propensity = nuisances.propensity.copy()
    propensity[lost, 1] = 0
    given = replace(nuisances, propensity=propensity)
    with pytest.raises(EstimationError, match=f"{lost.sum()} persons have propensity zero"):
        scores.doubly_robust(y, arm, given)
    made = scores.doubly_robust(y, arm, given, trim=0.02)
    assert np.isfinite(made.gamma).all()
    kept = made.kept[:, 1]
    assert not kept[lost].any()
    rest = replace(
        given,
        propensity=propensity[kept],
        outcome_model=given.outcome_model[kept],
        fold=given.fold[kept],
    )
    alone = scores.effects(scores.doubly_robust(y[kept], arm[kept], rest), "ate")
    whole = scores.effects(made, "ate")
    assert whole["estimate"][0] == pytest.approx(alone["estimate"][0], abs=1e-12)


def binary(n: int = 600, seed: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray, Nuisances]:
    """Two arms and distorted propensities."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    true = 1 / (1 + np.exp(-x[:, 0]))
    arm = (rng.random(n) < true).astype(int)
    y = x[:, 0] + arm + rng.normal(size=n)
    wrong = 0.1 + 0.6 * true**2
    model = np.tile((0.8 * x[:, 0])[:, None, None], (1, 2, 1)) + np.array([0.0, 1.0])[:, None]
    fold = np.arange(n) % 5
    return (
        x,
        arm,
        y,
        Nuisances(("0", "1"), ("y",), np.column_stack([1 - wrong, wrong]), model, fold),
    )


def test_calibration_equals_that_of_doubleml() -> None:
    _, arm, _, nuisances = binary()
    every = np.arange(len(arm))
    cv = [(every[nuisances.fold != k], every[nuisances.fold == k]) for k in range(5)]
    other = doubleml.utils.PSProcessor(
        clipping_threshold=1e-12, calibration_method="isotonic", cv_calibration=True
    )
    expected = other.adjust_ps(nuisances.propensity[:, 1], arm, cv=cv)
    found = crossfit.calibrated(nuisances, arm)
    np.testing.assert_allclose(found.propensity[:, 1], expected, atol=1e-9)
    np.testing.assert_allclose(found.propensity.sum(axis=1), 1)
    assert found.outcome_model is nuisances.outcome_model


def test_calibrated_propensities_are_right_on_average_at_every_level() -> None:
    _, arm, y, nuisances = binary(6000)
    found = crossfit.calibrated(nuisances, arm)
    for given, worst in ((nuisances, 0.4), (found, 0.06)):
        level = np.digitize(given.propensity[:, 1], np.quantile(given.propensity[:, 1], [0.3, 0.7]))
        gaps = [(arm - given.propensity[:, 1])[level == k].mean() for k in range(3)]
        assert np.abs(gaps).max() < worst
    assert np.abs(gaps).max() < 0.05
    nothing = np.zeros_like(nuisances.outcome_model)
    wrong = [replace(n, outcome_model=nothing) for n in (nuisances, found)]
    raw, right = (
        scores.effects(scores.doubly_robust(y, arm, n, clip=0.01), "ate").iloc[0] for n in wrong
    )
    assert abs(right.estimate - 1) < 3 * right.std_error < abs(raw.estimate - 1)


def test_calibration_of_three_arms_and_its_refusal() -> None:
    _, arm, _, nuisances = draw()
    found = crossfit.calibrated(nuisances, arm)
    np.testing.assert_allclose(found.propensity.sum(axis=1), 1)
    assert (found.propensity != nuisances.propensity).any()
    moved = arm.copy()
    moved[:5] = (moved[:5] + 1) % 3  # the first person of each fold: own arm must not matter
    again = crossfit.calibrated(nuisances, np.where(nuisances.fold == 0, moved, arm))
    np.testing.assert_array_equal(
        again.propensity[nuisances.fold == 0], found.propensity[nuisances.fold == 0]
    )
    with pytest.raises(EstimationError, match=r"arm of shape \(5,\); expected \(900,\)"):
        crossfit.calibrated(nuisances, arm[:5])
    for wrong in (np.zeros(len(arm), dtype=int), arm + 1, np.array(["a"] * len(arm))):
        with pytest.raises(
            EstimationError,
            match=r"calibration: (expected arms 0 to 2|arm: holds .*text|arm: holds)",
        ):
            crossfit.calibrated(nuisances, wrong)


def test_median_rule_agrees_with_doubleml_on_repeated_crossfitting() -> None:
    x, arm, y, nuisances = binary(300)
    data = doubleml.DoubleMLData.from_arrays(x, y, arm)
    model = doubleml.DoubleMLIRM(data, LinearRegression(), LogisticRegression(), n_rep=5)
    model.fit()
    estimates, errors = model.all_coef[0], model.all_se[0]
    theta, error = crossfit.median_rule(estimates, errors, "bounds")
    assert theta == pytest.approx(model.coef[0], abs=1e-12)
    assert error == pytest.approx(model.se[0], abs=1e-12)
    theta, error = crossfit.median_rule(estimates, errors)
    middle = np.median(estimates)
    assert theta == middle
    spread = np.sqrt(np.median(errors**2 + (estimates - middle) ** 2))
    assert error == pytest.approx(spread, abs=1e-12)
    assert nuisances.fold.max() == 4


def test_repetitions_differ_and_the_median_lies_between(tmp_path: Path) -> None:
    x, arm, y, _ = binary(300)
    given = {"arms": ("0", "1"), "outcomes": ("y",), "options": SMALL}
    runs = list(crossfit.repeated(x, arm, y, times=3, cache=tmp_path, **given))
    assert len(runs) == 3
    assert not np.array_equal(runs[0].fold, runs[1].fold)
    first = crossfit.crossfit(x, arm, y, **given)
    np.testing.assert_array_equal(runs[0].propensity, first.propensity)
    tables = [scores.effects(scores.doubly_robust(y, arm, n, clip=0.01), "ate") for n in runs]
    estimates = np.array([table["estimate"] for table in tables])
    errors = np.array([table["std_error"] for table in tables])
    theta, error = crossfit.median_rule(estimates, errors)
    assert theta.shape == error.shape == (1,)
    assert estimates.min() < theta[0] < estimates.max()
    assert error[0] >= np.median(errors)
    with pytest.raises(EstimationError, match="times=0: expected a whole number from 1"):
        list(crossfit.repeated(x, arm, y, times=0, **given))
    with pytest.raises(EstimationError, match="not among variance, bounds"):
        crossfit.median_rule(estimates, errors, "mean")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match=r"std_errors of shape \(2, 1\); expected \(3, 1\)"):
        crossfit.median_rule(estimates, errors[:2])


def test_a_null_effect_is_rejected_about_one_time_in_twenty() -> None:
    rejected = []
    for seed in range(120):
        rng = np.random.default_rng([seed, 4])
        x = rng.normal(size=600)
        e = 1 / (1 + np.exp(-x))
        arm = (rng.random(600) < e).astype(int)
        y = (x + rng.normal(size=600))[:, None]
        model = np.tile((0.9 * x)[:, None, None], (1, 2, 1))
        given = Nuisances(("0", "1"), ("y",), np.column_stack([1 - e, e]), model, arm * 0)
        made = scores.doubly_robust(y, arm, given)
        rejected.append([scores.effects(made, k).p_value.item() < 0.05 for k in ("ate", "att")])
    assert (np.mean(rejected, axis=0) < 0.11).all()


def test_bad_input_is_named() -> None:
    _, arm, y, nuisances = draw()
    with pytest.raises(EstimationError, match="allowed: ate, att, apo"):
        scores.effects(scores.doubly_robust(y, arm, nuisances), "late")  # type: ignore[arg-type]
    zero = replace(nuisances, propensity=nuisances.propensity * (arm[:, None] != 1))
    with pytest.raises(EstimationError, match=f"{(arm == 1).sum()} persons have propensity zero"):
        scores.doubly_robust(y, arm, zero)
    with pytest.raises(EstimationError, match="clip and trim"):
        scores.doubly_robust(y, arm, nuisances, clip=0.7)
    with pytest.raises(EstimationError, match=r"y of shape \(900, 1\); expected \(900, 2\)"):
        scores.doubly_robust(y[:, :1], arm, nuisances)
    with pytest.raises(EstimationError, match=r"cluster of shape \(3,\); expected \(900,\)"):
        scores.doubly_robust(y, arm, nuisances, cluster=np.arange(3))
    with pytest.raises(EstimationError, match="clusters: one in 900 rows"):
        scores.doubly_robust(y, arm, nuisances, cluster=np.zeros(900))
    with pytest.warns(EstimationWarning, match="only 8 clusters: errors"):
        scores.doubly_robust(y, arm, nuisances, cluster=np.arange(900) % 8)
    with pytest.raises(EstimationError, match="clusters: 2 in 900 rows; expected at least 5"):
        crossfit.folds(arm, 5, 1, np.arange(900) % 2)
    person = np.arange(900.0)
    person[[4, 8]] = np.nan
    with pytest.raises(EstimationError, match="cluster: missing, rows 4, 8"):
        scores.doubly_robust(y, arm, nuisances, cluster=person)
    with pytest.raises(EstimationError, match="cluster: missing, rows 4, 8"):
        crossfit.folds(arm, 2, 1, cluster=person)
    unknown = y.copy()
    unknown[[3, 3, 7], [0, 1, 1]] = np.nan
    with pytest.raises(EstimationError, match="y: missing or infinite, rows 3, 7"):
        scores.doubly_robust(unknown, arm, nuisances)
    made = scores.doubly_robust(y, arm, nuisances)
    with pytest.raises(EstimationError, match=r"groups of shape \(2,\); expected \(900,\)"):
        scores.gate(made, 1, np.array(["a", "b"]))
    with pytest.raises(EstimationError, match="no person belongs"):
        scores.gate(made, 1, pd.Series([None] * 900))
    with pytest.raises(EstimationError, match="outcome 'work'; allowed: months, pay"):
        scores.gate(made, 1, arm, "work")
    with pytest.raises(EstimationError, match="trimming left nobody"):
        scores.effects(scores.doubly_robust(y, arm, nuisances, trim=0.49), "ate")


SMALL = ForestOptions(trees=40, chunk=20)


def test_crossfit_never_predicts_a_person_from_the_person(tmp_path: Path) -> None:
    x, arm, y, _ = draw(400)
    made = crossfit.crossfit(x, arm, y, arms=ARMS, outcomes=OUTCOMES, options=SMALL)
    moved = y.copy()
    moved[7] += 1000
    again = crossfit.crossfit(x, arm, moved, arms=ARMS, outcomes=OUTCOMES, options=SMALL)
    np.testing.assert_array_equal(made.outcome_model[7], again.outcome_model[7])
    np.testing.assert_array_equal(made.propensity, again.propensity)
    assert np.abs(again.outcome_model - made.outcome_model).max() > 1
    np.testing.assert_allclose(made.propensity.sum(axis=1), 1)
    sizes = pd.crosstab(made.fold, arm)
    assert (sizes.max() - sizes.min() <= 1).all()


def test_finished_forests_are_kept_and_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    x, arm, y, _ = draw(400)
    done: list[str] = []

    def stop_after_three(line: str) -> None:
        done.append(line)
        if len(done) == 3:
            raise KeyboardInterrupt

    given = {"arms": ARMS, "outcomes": OUTCOMES, "options": SMALL, "cache": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        crossfit.crossfit(x, arm, y, **given, progress=stop_after_three)
    rest: list[str] = []
    whole = crossfit.crossfit(x, arm, y, **given, progress=rest.append)
    assert len(done) == 3
    assert len(rest) == 5 * (1 + len(ARMS)) - 3
    assert not set(rest) & set(done)
    fresh = crossfit.crossfit(x, arm, y, arms=ARMS, outcomes=OUTCOMES, options=SMALL)
    np.testing.assert_array_equal(whole.outcome_model, fresh.outcome_model)
    again: list[str] = []
    workers = replace(SMALL, jobs=1)
    crossfit.crossfit(x, arm, y, **{**given, "options": workers}, progress=again.append)
    assert again == []
    other: list[str] = []
    crossfit.crossfit(x, arm, y + 1, **given, progress=other.append)
    assert len(other) == 5 * (1 + len(ARMS))


def test_people_who_enter_twice_stay_in_one_fold() -> None:
    arm = np.tile([0, 1, 0], 40)
    person = np.repeat(np.arange(60), 2)
    fold = crossfit.folds(arm, 5, 1, person)
    assert (fold[::2] == fold[1::2]).all()


def test_samples_that_cannot_be_estimated_stop_at_once() -> None:
    x, arm, y, _ = draw(400)
    given = {"arms": ARMS, "outcomes": OUTCOMES, "options": SMALL}
    with pytest.raises(EstimationError, match="no treated persons"):
        crossfit.crossfit(x, arm * 0, y, **given)
    with pytest.raises(EstimationError, match="no persons in the control arm"):
        crossfit.crossfit(x, np.maximum(arm, 1), y, **given)
    few = np.where(arm == 2, 0, arm)
    few[:6] = 2
    with pytest.raises(EstimationError, match=r"too small to estimate: training \(6 persons\)"):
        crossfit.crossfit(x, few, y, **given)
    with pytest.raises(
        EstimationError, match=r"arm: holds 3, rows .*expected whole numbers 0 to 2"
    ):
        crossfit.crossfit(x, arm + 1, y, **given)
