"""Rankings of six persons judged by hand: who comes first, what their mean is, who is drawn."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from naveval.estimators import scores
from naveval.estimators.crossfit import Nuisances
from naveval.estimators.rate import rank_weighted, rate
from naveval.project.errors import EstimationError

SCORE = np.array([4.0, 0.0, 6.0, 2.0, -3.0, 3.0])  # in all 2
PRIORITY = np.array([5.0, 2.0, 6.0, 3.0, 1.0, 4.0])  # by it 6, 4, 3, 2, 0, -3


def test_autoc_and_qini_of_six_persons() -> None:
    # Means of the first 1 to 6: 6, 5, 13/3, 15/4, 3, 2.
    toc = np.array([4, 3, 7 / 3, 7 / 4, 1, 0])
    found = rank_weighted(SCORE, PRIORITY, share=np.arange(1, 7) / 6, draws=0)
    np.testing.assert_allclose(found.toc, toc)
    np.testing.assert_allclose(found.share, np.arange(1, 7) / 6)
    assert found.estimate == pytest.approx(toc.mean())
    assert found.target == "autoc"
    assert found.n_clusters == 6
    assert np.isnan([found.std_error, found.p_value, *found.toc_error]).all()
    qini = rank_weighted(SCORE, PRIORITY, target="qini", draws=0)
    assert qini.estimate == pytest.approx((toc * np.arange(1, 7) / 6).mean())
    assert qini.target == "qini"
    # The first tenth is six tenths of a person, the first half three.
    np.testing.assert_allclose(qini.share, np.arange(1, 11) / 10)
    assert qini.toc[[0, 4, 9]].tolist() == pytest.approx([4, 7 / 3, 0])
    assert qini.toc[1] == pytest.approx((6 + 0.2 * 4) / 1.2 - 2)


def test_persons_of_one_priority_share_their_mean() -> None:
    tied = np.array([2.0, 1.0, 2.0, 1.0, 0.0, 2.0])
    found = rank_weighted(SCORE, tied, share=np.arange(1, 7) / 6, draws=0)
    means = np.array([13, 13, 13, 3, 3, -9]) / 3
    toc = np.cumsum(means) / np.arange(1, 7) - 2
    np.testing.assert_allclose(found.toc, toc)
    assert found.estimate == pytest.approx(toc.mean())


def test_weights_count_persons() -> None:
    weights = np.array([2.0, 1.0, 1.0, 3.0, 1.0, 2.0])
    order = np.argsort(-PRIORITY)
    w, s = weights[order], SCORE[order]
    toc = np.cumsum(w * s) / np.cumsum(w) - (w * s).sum() / 10
    found = rank_weighted(SCORE, PRIORITY, weights=weights, share=[0.1, 0.3, 1], draws=0)
    np.testing.assert_allclose(found.toc, toc[[0, 1, 5]], atol=1e-12)
    assert found.estimate == pytest.approx((w * toc).sum() / 10)
    qini = rank_weighted(SCORE, PRIORITY, weights=weights, target="qini", draws=0)
    assert qini.estimate == pytest.approx((np.cumsum(w) / 10 * w * toc).sum() / 10)
    tied = rank_weighted(SCORE, np.repeat([1.0, 0.0], 3), weights=weights, share=[0.4, 1], draws=0)
    assert tied.toc[0] == pytest.approx((8 + 0 + 6) / 4 - (w * s).sum() / 10)


@pytest.mark.parametrize("target", ["autoc", "qini"])
@pytest.mark.parametrize("seed", [1, 5])
def test_errors_are_the_spread_of_half_samples(target: str, seed: int) -> None:
    person = np.array([*"abcdebb"])
    score, priority = np.append(SCORE, 1.0), np.append(PRIORITY, 2.5)
    weights, share = np.arange(1.0, 8), np.array([0.3, 1.0])
    given = {"weights": weights, "share": share, "target": target}
    rng = np.random.default_rng(seed)
    drawn, curves = [], []
    for _ in range(7):
        picked = rng.permutation(5)[:2]
        own = np.isin(np.unique(person, return_inverse=True)[1], picked)
        half = {**given, "weights": weights[own], "draws": 0}
        part = rank_weighted(
            np.tile(score[own], 4),
            np.tile(priority[own], 4),
            **{**half, "weights": np.tile(weights[own], 4)},
        )
        drawn.append(plain(score[own], priority[own], weights[own], target))
        curves.append(part.toc)
    found = rank_weighted(score, priority, cluster=person, draws=7, seed=seed, **given)
    assert found.n_clusters == 5
    assert found.std_error == pytest.approx(np.std(drawn, ddof=1))
    np.testing.assert_allclose(found.toc_error, np.std(curves, axis=0, ddof=1), atol=1e-12)
    z = abs(found.estimate) / found.std_error
    assert found.p_value == pytest.approx(2 * norm.sf(z))
    if seed == 1:
        same = rank_weighted(score, priority, cluster=person, draws=7, **given)
        assert same.std_error == found.std_error


def plain(score, priority, weights, target: str) -> float:
    """The rank-weighted effect of persons without ties."""
    order = np.argsort(-priority)
    w, s = weights[order], score[order]
    toc = np.cumsum(w * s) / np.cumsum(w) - (w * s).sum() / w.sum()
    by_rank = np.cumsum(w) / w.sum() if target == "qini" else 1.0
    return float((by_rank * w * toc).sum() / w.sum())


def test_two_hundred_half_samples_when_nothing_is_said() -> None:
    found = rank_weighted(SCORE, PRIORITY)
    rng, drawn = np.random.default_rng(1), []
    for _ in range(200):
        own = np.isin(np.argsort(np.argsort(np.arange(6))), rng.permutation(6)[:3])
        drawn.append(plain(SCORE[own], PRIORITY[own], np.ones(3), "autoc"))
    assert found.std_error == pytest.approx(np.std(drawn, ddof=1))


def test_one_half_sample_has_no_spread() -> None:
    one = rank_weighted(SCORE, PRIORITY, draws=1)
    assert np.isnan([one.std_error, one.p_value, *one.toc_error]).all()


def study() -> scores.Scores:
    n = 9
    rng = np.random.default_rng(3)
    arm = np.arange(n) % 3
    p = rng.dirichlet([5, 5, 5], n)
    given = Nuisances(
        ("none", "course", "training"), ("a", "b"), p, rng.normal(size=(n, 3, 2)), arm
    )
    return scores.doubly_robust(rng.normal(size=(n, 2)), arm, given)


def test_an_arm_and_an_outcome_are_those_of_the_scores() -> None:
    made = replace(study(), kept=np.tile(np.arange(9)[:, None] != 4, 3))
    priority = np.sin(np.arange(9.0))
    kept = np.arange(9) != 4
    values, _ = scores.contrast(made, 2)
    found = rate(made, 2, priority, "b", target="qini", draws=9, seed=4)
    own = rank_weighted(values[kept, 1], priority[kept], target="qini", draws=9, seed=4)
    assert (found.estimate, found.std_error) == (own.estimate, own.std_error)
    assert found.n_clusters == 8
    first = rate(made, 2, priority, "a")
    own = rank_weighted(values[kept, 0], priority[kept])
    assert (first.estimate, first.std_error) == (own.estimate, own.std_error)
    alone = scores.average_outcomes(made, [0], "a")
    assert rate(alone, np.int64(2), priority).estimate == first.estimate
    person = np.array([*"aabbccdde"])
    clustered = rate(replace(made, cluster=person), 2, priority, "a")
    own = rank_weighted(values[kept, 0], priority[kept], cluster=person[kept])
    assert (clustered.std_error, clustered.n_clusters) == (own.std_error, 5)


REFUSED = [
    ({"arm": 0}, "RATE: arm 0: allowed: 1 (course), 2 (training)"),
    ({"arm": 3}, "RATE: arm 3: allowed: 1 (course), 2 (training)"),
    ({"arm": "course"}, "RATE: arm 'course': allowed: 1 (course), 2 (training)"),
    ({"outcome": None}, "outcome None; allowed: a, b"),
    ({"outcome": "c"}, "outcome 'c'; allowed: a, b"),
    ({"priority": np.arange(8.0)}, "RATE: priority of shape (8,); expected (9,)"),
    (
        {"priority": np.full(9, np.nan)},
        "RATE: priority: missing or infinite, rows 0, 1, 2, 3, 4, …",
    ),
]


@pytest.mark.parametrize(("change", "said"), REFUSED)
def test_what_the_scores_do_not_have_is_named(change: dict, said: str) -> None:
    given = {"scores": study(), "arm": 1, "priority": np.arange(9.0), "outcome": "a"} | change
    with pytest.raises(EstimationError) as told:
        rate(**given)
    assert str(told.value) == said


SHARES = "RATE: share: expected numbers that increase from above 0 to 1"
BAD = [
    ({"target": "toc"}, "RATE: target='toc': is not among autoc, qini"),
    ({"draws": -1}, "RATE: draws=-1: expected a whole number from 0"),
    ({"draws": 1.5}, "RATE: draws=1.5: expected a whole number from 0"),
    ({"score": np.full(6, np.inf)}, "RATE: score: missing or infinite, rows 0, 1, 2, 3, 4, …"),
    ({"score": np.ones(6)}, "RATE: score: the same for everybody, which ranks nobody"),
    ({"seed": -1}, "RATE: seed=-1: expected a whole number from 0"),
    ({"priority": np.arange(3.0)}, "RATE: priority of shape (3,); expected (6,)"),
    ({"priority": np.ones(6)}, "RATE: everybody has the same priority, which is no ranking"),
    ({"weights": np.arange(6.0)}, "RATE: weights: 0, rows 0; expected above 0"),
    ({"weights": np.ones(5)}, "RATE: weights of shape (5,); expected (6,)"),
    ({"share": [0.0, 1.0]}, "RATE: share: 0, rows 0; expected above 0"),
    ({"share": [0.5, 0.5, 1.0]}, SHARES),
    ({"share": [0.5, 0.9]}, SHARES),
    ({"cluster": [1, 1, 2, 2, 3, 3]}, "RATE: 3 clusters; at least 4 are needed"),
    ({"cluster": [1, 2]}, "RATE: cluster of shape (2,); expected (6,)"),
]


@pytest.mark.parametrize(("change", "said"), BAD)
def test_bad_input_is_named(change: dict, said: str) -> None:
    given = {"score": SCORE, "priority": PRIORITY} | change
    with pytest.raises(EstimationError) as told:
        rank_weighted(given.pop("score"), given.pop("priority"), **given)
    assert str(told.value) == said
    assert rank_weighted(SCORE, PRIORITY, cluster=[1, 1, 2, 2, 3, 4]).n_clusters == 4
