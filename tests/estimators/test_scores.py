"""The score object against a plain re-implementation, DoubleML, NSW and simulated truth."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.estimators import crossfit, scores
from naveval.estimators.crossfit import Nuisances
from naveval.estimators.forests import ForestOptions
from naveval.project.errors import EstimationError

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


def test_ate_equals_doubleml_with_the_same_nuisances() -> None:
    import doubleml
    from sklearn.linear_model import LinearRegression, LogisticRegression

    x, arm, y, nuisances = draw()
    mine = scores.effects(scores.doubly_robust(y, arm, nuisances), "ate")
    apo = scores.effects(scores.doubly_robust(y, arm, nuisances), "apo")
    for j, outcome in enumerate(OUTCOMES):
        data = doubleml.DoubleMLData.from_arrays(x, y[:, j], arm)
        model = doubleml.DoubleMLAPOS(
            data,
            LinearRegression(),
            LogisticRegression(),
            treatment_levels=[0, 1, 2],
            normalize_ipw=False,
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
    normal = scores.doubly_robust(y, arm, nuisances, normalize=True)
    assert (scores.effects(normal, "ate").estimate != scores.effects(plain, "ate").estimate).all()


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
    own = (arm[rows] == 2) * (y[rows, 0] - wrong.outcome_model[rows, 2, 0]) / p
    np.testing.assert_allclose(among.gamma[:, 1, 0], wrong.outcome_model[rows, 2, 0] + own)
    right = nuisances.outcome_model[rows, 0, 0] / 0.8  # the mean without error, up to a constant
    gap = among.gamma[:, 0, 0].mean() - (right - 0.125).mean()
    assert abs(gap) < 0.15  # doubly robust: a model wrong by one does not matter
    naive = scores.doubly_robust(y, arm, wrong).gamma[rows, 0, 0].mean()
    assert abs(naive - (right - 0.125).mean()) > 0.15


def test_att_minus_ate_is_their_difference() -> None:
    _, arm, y, nuisances = draw()
    made = scores.doubly_robust(y, arm, nuisances)
    table = scores.att_minus_ate(made, 1)
    att = scores.effects(made, "att").query("arm == 'course'")
    ate = scores.effects(made, "ate").query("arm == 'course'")
    np.testing.assert_allclose(table.estimate, att.estimate.values - ate.estimate.values)
    assert (table.std_error > 0).all()


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
    with pytest.raises(EstimationError, match="outcomes"):
        scores.doubly_robust(y[:, :1], arm, nuisances)
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
    with pytest.raises(EstimationError, match="arms must be 0 to 2"):
        crossfit.crossfit(x, arm + 1, y, **given)
