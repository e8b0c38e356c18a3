"""Scores of twelve persons by their formula, person by person; and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from naveval.estimators import scores
from naveval.estimators.crossfit import Nuisances
from naveval.project.errors import EstimationError

ARMS, OUTCOMES = ("none", "course", "training"), ("months", "pay")
ARM = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 0])
N = len(ARM)
P = np.column_stack(
    [
        np.array([5, 3, 4, 6, 2, 3, 7, 4, 2, 5, 1, 8]) / 10,
        np.array([3, 4, 2, 1, 5, 3, 2, 3, 2, 4, 6, 1]) / 10,
        np.array([2, 3, 4, 3, 3, 4, 1, 3, 6, 1, 3, 1]) / 10,
    ]
)
Y = np.column_stack([np.arange(N) % 5 * 1.5, 10.0 - np.arange(N) ** 1.5])
MODEL = np.sin(np.arange(N * 6.0)).reshape(N, 3, 2) + np.array([0.0, 2.0])
GIVEN = Nuisances(ARMS, OUTCOMES, P, MODEL, np.arange(N) % 2)
Z = norm.ppf(0.975)


def refused(call, *given, **options) -> str:
    with pytest.raises(EstimationError) as told:
        call(*given, **options)
    return str(told.value)


def gamma(propensity=P, *, normalize: bool, kept=None, w: int, j: int) -> np.ndarray:
    """Γ = m + scaled 1{W = w} / e · (Y − m), among those kept."""
    kept = np.ones(N, bool) if kept is None else kept
    total = sum(1 / propensity[i, w] for i in range(N) if ARM[i] == w and kept[i])
    found = np.empty(N)
    for i in range(N):
        weight = 1 / propensity[i, w] if ARM[i] == w and kept[i] else 0.0
        weight *= kept.sum() / total if normalize else 1
        found[i] = MODEL[i, w, j] + weight * (Y[i, j] - MODEL[i, w, j])
    return found


@pytest.mark.parametrize("normalize", [True, False])
def test_scores_are_their_formula(normalize: bool) -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN, normalize=normalize)
    for w in range(3):
        for j in range(2):
            own = gamma(normalize=normalize, w=w, j=j)
            np.testing.assert_allclose(made.gamma[:, w, j], own)
    assert (made.arms, made.outcomes, made.normalize) == (ARMS, OUTCOMES, normalize)
    assert made.cluster is None
    assert made.kept.all()
    assert made.clipped.tolist() == [0, 0, 0]
    for name, own in {"arm": ARM, "y": Y, "propensity": P, "unclipped": P}.items():
        np.testing.assert_array_equal(getattr(made, name), own)
    assert made.outcome_model is MODEL
    assert scores.doubly_robust(Y, ARM, GIVEN).normalize


def test_clipping_raises_what_is_below_and_trimming_leaves_out() -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN, clip=0.3)
    np.testing.assert_array_equal(made.propensity, np.maximum(P, 0.3))
    np.testing.assert_array_equal(made.unclipped, P)
    assert made.clipped.tolist() == (P < 0.3).sum(axis=0).tolist()
    own = gamma(np.maximum(P, 0.3), normalize=True, w=1, j=1)
    np.testing.assert_allclose(made.gamma[:, 1, 1], own)
    trimmed = scores.doubly_robust(Y, ARM, GIVEN, trim=0.2)
    for w in range(3):
        expected = (P[:, w] >= 0.2) & (P[:, 0] >= 0.2)
        np.testing.assert_array_equal(trimmed.kept[:, w], expected)
    assert trimmed.clipped.tolist() == [0, 0, 0]


def influence(values: np.ndarray, kept: np.ndarray) -> tuple[float, float]:
    """Mean and standard error among those kept."""
    n = kept.sum()
    mean = values[kept].sum() / n
    return mean, np.sqrt(((values[kept] - mean) ** 2).sum()) / n


@pytest.mark.parametrize("trim", [0.0, 0.2])
@pytest.mark.parametrize("normalize", [True, False])
def test_effects_are_means_of_scores(trim: float, normalize: bool) -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN, trim=trim, normalize=normalize)
    ate, apo = scores.effects(made, "ate"), scores.effects(made, "apo")
    assert ate["arm"].tolist() == ["course"] * 2 + ["training"] * 2
    assert ate["outcome"].tolist() == [*OUTCOMES] * 2
    assert apo["arm"].tolist() == ["none"] * 2 + ate["arm"].tolist()
    assert set(ate["estimand"]) == {"ate"}
    assert ate.index.tolist() == [0, 1, 2, 3]
    for table, start in ((ate, 1), (apo, 0)):
        for row, (w, j) in enumerate((w, j) for w in range(start, 3) for j in range(2)):
            kept = (P[:, w] >= trim) & (P[:, 0] >= trim)
            values = gamma(normalize=normalize, kept=kept, w=w, j=j)
            if start:
                values = values - gamma(normalize=normalize, kept=kept, w=0, j=j)
            own, (mean, error) = table.iloc[row], influence(values, kept)
            assert own["estimate"] == pytest.approx(mean)
            assert own["std_error"] == pytest.approx(error)
            assert own["ci_low"] == pytest.approx(mean - Z * error)
            assert own["ci_high"] == pytest.approx(mean + Z * error)
            assert own["p_value"] == pytest.approx(2 * norm.sf(abs(mean / error)))
            numbers = own[["n_obs", "n_persons", "n_clusters", "n_treated"]].tolist()
            assert numbers == [kept.sum()] * 3 + [((w == ARM) & kept).sum()]


@pytest.mark.parametrize("trim", [0.0, 0.2])
def test_effects_on_the_treated_by_hand(trim: float) -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN, trim=trim)
    table = scores.effects(made, "att")
    for row, (w, j) in enumerate((w, j) for w in (1, 2) for j in range(2)):
        kept = (P[:, w] >= trim) & (P[:, 0] >= trim)
        treated, control = (w == ARM) & kept, (ARM == 0) & kept
        odds = P[:, w] / P[:, 0]
        weight = np.where(control, odds, 0) * treated.sum() / odds[control].sum()
        np.testing.assert_allclose(scores.control_weights(made, w), weight)
        share = treated.sum() / kept.sum()
        signed = (treated - weight) * (Y[:, j] - MODEL[:, 0, j]) / share
        estimate = signed[kept].mean()
        error = np.sqrt(((signed - treated / share * estimate)[kept] ** 2).sum()) / kept.sum()
        own = table.iloc[row]
        assert own["estimate"] == pytest.approx(estimate)
        assert own["std_error"] == pytest.approx(error)


def test_odds_are_zero_where_there_is_no_chance_of_the_control() -> None:
    propensity = P.copy()
    propensity[1, 0] = 0.0  # in the course, and compared with no control
    made = scores.doubly_robust(Y, ARM, replace(GIVEN, propensity=propensity), trim=0.05)
    expected = np.divide(P[:, 1], P[:, 0])
    expected[1] = 0
    np.testing.assert_allclose(scores.odds_of(made, 1), expected)


def test_effect_on_the_treated_less_that_on_all() -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN)
    table = scores.att_minus_ate(made, 2)
    (att, first), (ate, second) = scores.att_influence(made, 2), scores.ate_influence(made, 2)
    np.testing.assert_allclose(table["estimate"], att - ate)
    np.testing.assert_allclose(table["att"], att)
    np.testing.assert_allclose(table["ate"], ate)
    error = np.sqrt(((first - second) ** 2).sum(axis=0)) / N
    np.testing.assert_allclose(table["std_error"], error)
    assert table["arm"].tolist() == ["training"] * 2
    assert table["outcome"].tolist() == [*OUTCOMES]


PERSON = np.repeat(["a", "b", "c", "d", "e", "f"], 2)


@pytest.mark.filterwarnings("ignore:only")
def test_rows_of_one_person_are_summed() -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN, cluster=PERSON)
    plain = scores.doubly_robust(Y, ARM, GIVEN)
    _, own = scores.ate_influence(plain, 1)
    summed = own.reshape(6, 2, 2).sum(axis=1)
    error = np.sqrt((summed**2).sum(axis=0)) / N
    table = scores.effects(made, "ate").query("arm == 'course'")
    np.testing.assert_allclose(table["std_error"], error)
    assert table["n_obs"].tolist() == [12, 12]
    assert table["n_persons"].tolist() == table["n_clusters"].tolist() == [6, 6]
    assert table["n_treated"].tolist() == [len(np.unique(PERSON[ARM == 1]))] * 2
    both = scores.att_minus_ate(made, 1)["std_error"].to_numpy()
    assert (both != scores.att_minus_ate(plain, 1)["std_error"].to_numpy()).all()
    among = scores.only_arms(made, [0, 1])
    assert among.cluster.tolist() == PERSON[ARM < 2].tolist()
    groups = np.where(np.arange(N) < 6, "x", "y")
    table = scores.gate(made, 1, groups, "pay")
    assert table["n_persons"].tolist() == [3, 3]
    first = summed_error(plain, groups == "x")
    assert table["std_error"][0] == pytest.approx(first)


def summed_error(made: scores.Scores, own: np.ndarray) -> float:
    """Of the mean in one group, rows summed by person."""
    gap = (made.gamma[:, 1, 1] - made.gamma[:, 0, 1])[own]
    summed = (gap - gap.mean()).reshape(-1, 2).sum(axis=1)
    return np.sqrt((summed**2).sum()) / own.sum()


def test_effects_in_groups_are_means_and_their_differences() -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN)
    groups = np.array([*"bbacacbacbab"])
    table = scores.gate(made, 2, groups)
    gap = made.gamma[:, 2] - made.gamma[:, 0]
    assert table["category"].tolist() == ["a", "a", "b", "b", "c", "c"]
    assert table["type"].tolist() == ["constant"] * 2 + ["difference"] * 4
    assert table["outcome"].tolist() == [*OUTCOMES] * 3
    assert set(table["arm"]) == {"training"}
    assert table["n_persons"].tolist() == [4, 4, 5, 5, 3, 3]
    assert table.index.tolist() == list(range(6))
    for j in range(2):
        mean, variance = {}, {}
        for name in "abc":
            own = gap[groups == name, j]
            mean[name], variance[name] = own.mean(), ((own - own.mean()) ** 2).sum() / len(own) ** 2
        lines = table[table["outcome"] == OUTCOMES[j]]
        np.testing.assert_allclose(
            lines["estimate"], [mean["a"], mean["b"] - mean["a"], mean["c"] - mean["a"]]
        )
        np.testing.assert_allclose(
            lines["std_error"] ** 2,
            [variance["a"], variance["a"] + variance["b"], variance["a"] + variance["c"]],
        )
    one = scores.gate(made, 2, groups, "pay").reset_index(drop=True)
    pd.testing.assert_frame_equal(
        one, table[table["outcome"] == "pay"].reset_index(drop=True), check_names=False
    )


def test_groups_of_those_trimmed_and_missing_are_left_out() -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN, trim=0.2)
    groups = pd.Series(pd.Categorical([*"abcabcabcabc"], categories=[*"cabz"], ordered=True))
    groups[5] = None
    table = scores.gate(made, 1, groups, "pay")
    kept = made.kept[:, 1] & groups.notna().to_numpy()
    present = [name for name in "cab" if (kept & (groups == name).to_numpy()).any()]
    assert table["category"].tolist() == present
    assert table["n_persons"].tolist() == [
        int((kept & (groups == name).to_numpy()).sum()) for name in present
    ]


def test_scores_of_the_mean_of_outcomes_and_of_one() -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN)
    mean = scores.average_outcomes(made, [0, 1], "both")
    assert mean.outcomes == ("both",)
    np.testing.assert_allclose(mean.y[:, 0], Y.mean(axis=1))
    np.testing.assert_allclose(mean.gamma[:, :, 0], made.gamma.mean(axis=2))
    np.testing.assert_allclose(mean.outcome_model[:, :, 0], MODEL.mean(axis=2))
    assert mean.y.shape == (N, 1)
    assert mean.gamma.shape == mean.outcome_model.shape == (N, 3, 1)
    second = scores.average_outcomes(made, iter([1]), "one")
    np.testing.assert_allclose(second.gamma[:, :, 0], made.gamma[:, :, 1])
    one = scores.only_outcome(GIVEN, 1)
    assert one.outcomes == ("pay",)
    np.testing.assert_array_equal(one.outcome_model, MODEL[:, :, [1]])
    assert one.propensity is P


def test_scores_among_two_arms_by_hand() -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN, clip=0.15, trim=0.1)
    among = scores.only_arms(made, [2, 0])
    rows = ARM != 1
    assert (among.arms, among.outcomes) == (("none", "training"), OUTCOMES)
    assert among.arm.tolist() == (ARM[rows] // 2).tolist()
    np.testing.assert_array_equal(among.y, Y[rows])
    raw, cut = P[rows][:, [0, 2]], np.maximum(P, 0.15)[rows][:, [0, 2]]
    np.testing.assert_allclose(among.unclipped, raw / raw.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(among.propensity, cut / cut.sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(among.kept, made.kept[rows][:, [0, 2]])
    np.testing.assert_array_equal(among.clipped, made.clipped[[0, 2]])
    np.testing.assert_array_equal(among.outcome_model, MODEL[rows][:, [0, 2]])
    assert among.normalize
    assert among.cluster is None
    chance = cut[:, 1] / cut.sum(axis=1)
    own = (ARM[rows] == 2) / chance
    own *= rows.sum() / own.sum()
    model = MODEL[rows, 2]
    np.testing.assert_allclose(among.gamma[:, 1], model + own[:, None] * (Y[rows] - model))
    raw_scores = scores.doubly_robust(Y, ARM, GIVEN, normalize=False)
    assert not scores.only_arms(raw_scores, [0, 1]).normalize


def test_intervals_where_there_is_no_error() -> None:
    table = scores.estimate_frame(np.array([2.0, 0.0, 3.0]), [1.0, 0.0, 0.0])
    np.testing.assert_allclose(table["ci_low"], [2 - Z, 0, 3])
    np.testing.assert_allclose(table["ci_high"], [2 + Z, 0, 3])
    np.testing.assert_allclose(table["p_value"], [2 * norm.sf(2), 1, 0])
    assert [*table] == ["estimate", "std_error", "ci_low", "ci_high", "p_value"]


def test_standard_errors_by_hand() -> None:
    values = np.array([[3.0, 1.0], [-4.0, 1.0], [0.0, -2.0], [1.0, 0.0]])
    np.testing.assert_allclose(scores.std_errors(values), np.sqrt([26, 6]) / 4)
    summed = scores.std_errors(values, np.array(["b", "a", "b", "a"]))
    np.testing.assert_allclose(summed, np.sqrt([18, 2]) / 4)


BAD = [
    ({"clip": 0.5}, "scores: clip and trim must be at least 0 and below 0.5"),
    ({"clip": -0.1}, "scores: clip and trim must be at least 0 and below 0.5"),
    ({"trim": 0.5}, "scores: clip and trim must be at least 0 and below 0.5"),
    ({"trim": -0.1}, "scores: clip and trim must be at least 0 and below 0.5"),
    ({"y": Y[:, :1]}, "scores: y of shape (12, 1); expected (12, 2)"),
    ({"y": Y[1:]}, "scores: y of shape (11, 2); expected (12, 2)"),
    ({"arm": ARM + 1}, "scores: arm: holds 3, rows 2, 5, 8; expected whole numbers 0 to 2"),
    ({"arm": ARM[1:]}, "scores: arm of shape (11,); expected (12,)"),
    ({"cluster": np.arange(3)}, "cross-fitting: cluster of shape (3,); expected (12,)"),
    (
        {"nuisances": replace(GIVEN, propensity=np.where(np.arange(12)[:, None] < 3, 0.0, P))},
        "scores: 3 persons have propensity zero for the arm they are in; set clip, or trim them",
    ),
]


@pytest.mark.parametrize(("change", "said"), BAD)
def test_what_cannot_be_scored_is_named(change: dict, said: str) -> None:
    given = {"y": Y, "arm": ARM, "nuisances": GIVEN} | change
    assert refused(scores.doubly_robust, **given) == said


def test_a_person_that_no_comparison_uses_needs_no_chance() -> None:
    propensity = P.copy()
    propensity[2] = [0.6, 0.4, 0.0]  # in training, and trimmed from it
    made = scores.doubly_robust(Y, ARM, replace(GIVEN, propensity=propensity), trim=0.05)
    assert not made.kept[2, 2]
    assert np.isfinite(made.gamma).all()
    propensity[3] = [0.0, 0.5, 0.5]  # a control, trimmed from every comparison
    made = scores.doubly_robust(Y, ARM, replace(GIVEN, propensity=propensity), trim=0.05)
    assert not made.kept[3].any()
    edge = scores.doubly_robust(Y, ARM, GIVEN, clip=0.49, trim=0.0)
    assert edge.propensity.min() == 0.49


def test_effects_that_cannot_be_estimated_are_named() -> None:
    made = scores.doubly_robust(Y, ARM, GIVEN)
    assert refused(scores.effects, made, "late") == (
        "estimand 'late'; allowed: ate, att, apo (gate has its own)"
    )
    nobody = replace(made, kept=np.zeros((N, 3), bool))
    assert refused(scores.effects, nobody, "ate") == "trimming left nobody"
    said = "no persons in arm «course» within the overlap"
    without = replace(made, kept=made.kept & (ARM != 1)[:, None])
    assert refused(scores.att_influence, without, 1) == said
    without = replace(made, kept=made.kept & (ARM != 0)[:, None])
    said = "no controls resemble arm «course»: no overlap"
    assert refused(scores.control_weights, without, 1) == said
    assert refused(scores.gate, made, 1, ARM, "x") == "outcome 'x'; allowed: months, pay"
    said = "groups of shape (3,); expected (12,)"
    assert refused(scores.gate, made, 1, ARM[:3]) == said
    said = "groups: no person belongs to any category"
    assert refused(scores.gate, made, 1, np.full(N, None)) == said
    mixed = np.array([1, "a", *[None] * 10], dtype=object)
    said = "scores: groups: holds numbers and text; expected labels of one kind"
    assert refused(scores.gate, made, 1, mixed) == said
