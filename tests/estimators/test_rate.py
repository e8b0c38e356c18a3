"""Rank-weighted effects against grf's numbers, plain loops and simulated truth."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.estimators import scores
from naveval.estimators.crossfit import Nuisances
from naveval.estimators.rate import rank_weighted, rate
from naveval.project.errors import EstimationError

REFERENCE = Path(__file__).parents[1] / "reference"
STORED = json.loads((REFERENCE / "rate_grf.json").read_text())
COLUMNS = {
    "continuous": ("priority", "weight", None),
    "tied": ("level", "weight", None),
    "clustered": ("level", "cluster_weight", "cluster"),
}


@pytest.mark.parametrize("target", ["autoc", "qini"])
@pytest.mark.parametrize("case", COLUMNS)
def test_equals_grf(case: str, target: str) -> None:
    rows = pd.read_csv(REFERENCE / "rate_grf.csv")
    if case == "tied":
        rows = rows.iloc[rows["other_order"] - 1]
    priority, weight, cluster = COLUMNS[case]
    found = rank_weighted(
        rows["score"].to_numpy(),
        rows[priority].to_numpy(),
        weights=rows[weight].to_numpy(),
        cluster=None if cluster is None else rows[cluster].to_numpy(),
        target=target,
        share=np.arange(1, 21) / 20,
        draws=1000,
    )
    stored = STORED[case][target.upper()]
    assert found.estimate == pytest.approx(stored["estimate"], abs=1e-10)
    np.testing.assert_allclose(found.toc, stored["toc"], atol=1e-10)
    # Both errors are drawn: grf's 2000 and these 1000 half-samples.
    assert found.std_error == pytest.approx(stored["std_err"], rel=0.1)
    assert found.n_clusters == (48 if cluster else 240)


@pytest.mark.parametrize("target", ["autoc", "qini"])
def test_equals_a_plain_loop(target: str) -> None:
    rng = np.random.default_rng(2)
    score, priority = rng.normal(size=60), rng.normal(size=60)
    found = rank_weighted(score, priority, target=target, draws=0)
    ranked = [s for _, s in sorted(zip(-priority, score, strict=True))]
    total = 0.0
    for k in range(1, 61):
        curve = sum(ranked[:k]) / k - sum(ranked) / 60
        total += curve * (k / 60 if target == "qini" else 1) / 60
    assert found.estimate == pytest.approx(total, abs=1e-12)
    assert found.toc[1] == pytest.approx(np.mean(ranked[:12]) - np.mean(ranked), abs=1e-12)
    assert found.toc[-1] == pytest.approx(0, abs=1e-12)
    assert np.isnan(found.std_error)


def effects(n: int, seed: int, gain: float) -> tuple[np.ndarray, scores.Scores]:
    """A covariate and exact scores; the effect is gain times the covariate."""
    rng = np.random.default_rng([seed, 3])
    x = rng.normal(size=n)
    e = 1 / (1 + np.exp(-0.5 * x))
    arm = (rng.random(n) < e).astype(int)
    y = x + arm * (1 + gain * x) + rng.normal(size=n)
    model = np.stack([x, 1 + (1 + gain) * x], axis=1)[:, :, None]
    given = Nuisances(("0", "1"), ("pay",), np.column_stack([1 - e, e]), model, arm * 0)
    return x, scores.doubly_robust(y, arm, given)


def test_recovers_the_truth_from_the_score_object() -> None:
    x, made = effects(4000, 1, 1.0)
    found = rate(made, 1, x)
    # Of a normal effect AUTOC is the mean of E[x | x > q] over q: 0.9 (to two decimals 0.90).
    q = (np.arange(1, 200_001) - 0.5) / 200_000
    from scipy.stats import norm

    true = (norm.pdf(norm.ppf(1 - q)) / q).mean()
    assert found.estimate == pytest.approx(true, abs=3 * found.std_error)
    assert found.p_value < 0.001
    qini = rate(made, 1, x, "pay", target="qini")
    assert qini.estimate == pytest.approx(norm.pdf(norm.ppf(1 - q)).mean(), abs=3 * qini.std_error)
    assert rate(made, 1, -x).estimate < 0


def test_options_change_what_they_say() -> None:
    x, made = effects(500, 4, 0.5)
    base = rate(made, 1, x)
    assert rate(made, 1, x, target="qini").estimate != base.estimate
    assert rate(made, 1, x, seed=2).std_error != base.std_error
    assert rate(made, 1, x, draws=50).std_error != base.std_error
    assert rate(made, 1, np.round(x)).estimate != base.estimate
    for arm, priority, said in ((1, x * 0, "the same priority"), (0, x, r"1 \("), (9, x, r"1 \(")):
        with pytest.raises(EstimationError, match=said):
            rate(made, arm, priority)
    values, _ = scores.contrast(made, 1)
    weighted = rank_weighted(values[:, 0], x, weights=np.linspace(1, 3, 500))
    assert weighted.estimate != base.estimate
    twice = rank_weighted(values[:, 0], x, share=np.array([0.5, 1.0]))
    assert twice.toc[0] == pytest.approx(base.toc[4], abs=1e-12)


def test_rows_of_one_person_are_drawn_together() -> None:
    x, made = effects(400, 5, 0.5)
    values = scores.contrast(made, 1)[0][:, 0]
    single = rank_weighted(values, x, draws=2000)
    double, person = np.tile(values, 2), np.tile(np.arange(400), 2)
    clustered = rank_weighted(double, np.tile(x, 2), cluster=person, draws=2000)
    naive = rank_weighted(double, np.tile(x, 2), draws=2000)
    assert clustered.std_error == pytest.approx(single.std_error, rel=0.1)
    assert naive.std_error < 0.8 * clustered.std_error


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "toc"}, "not among autoc, qini"),
        ({"priority": np.arange(3.0)}, r"priority of shape \(3,\)"),
        ({"priority": np.array([1, 2, np.nan, 4, 5, 6])}, "priority: missing or infinite, rows 2"),
        ({"score": np.array([1, np.inf, 3, 4, 5, 6])}, "score: missing or infinite, rows 1"),
        ({"weights": np.array([1, 0, 1, 1, -1, 1])}, "weights: 0, rows 1, 4; expected above 0"),
        ({"cluster": np.zeros(6)}, "1 clusters; at least 4"),
        ({"cluster": np.zeros(5)}, r"cluster of shape \(5,\)"),
        ({"cluster": np.array([0, 1, 2, 3, np.nan, 5])}, "cluster: missing, rows 4"),
        ({"share": np.array([0.5, 0.2, 1])}, "share: expected numbers that increase"),
        ({"share": np.array([0.5, 0.9])}, "share: expected numbers that increase"),
    ],
)
def test_bad_input_is_named(change: dict, message: str) -> None:
    given = {"score": np.arange(6.0), "priority": np.arange(6.0)} | change
    with pytest.raises(EstimationError, match=message):
        rank_weighted(given.pop("score"), given.pop("priority"), **given)


def test_outcome_and_persons_are_checked() -> None:
    x, made = effects(50, 1, 0.5)
    with pytest.raises(EstimationError, match="outcome 'work'; allowed: pay"):
        rate(made, 1, x, "work")
    with pytest.raises(EstimationError, match=r"priority of shape \(49,\); expected \(50,\)"):
        rate(made, 1, x[1:])


@pytest.mark.slow
def test_coverage_and_size_over_draws() -> None:
    """300 draws of 600 persons: a ranking that says nothing is rejected in 5 %."""
    p = [
        rate(made, 1, x, draws=100).p_value
        for x, made in (effects(600, s, 0.0) for s in range(300))
    ]
    error = 3 * np.sqrt(0.05 * 0.95 / 300)
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=error)
    from scipy.stats import norm

    q = (np.arange(1, 2001) - 0.5) / 2000
    true = 0.5 * norm.pdf(norm.ppf(1 - q)).mean()
    covered = []
    for seed in range(300):
        x, made = effects(600, seed, 0.5)
        found = rate(made, 1, x, target="qini", draws=100)
        covered.append(abs(found.estimate - true) < 1.96 * found.std_error)
    assert np.mean(covered) == pytest.approx(0.95, abs=error)
