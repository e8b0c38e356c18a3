"""Synthetic control and synthetic DiD against other libraries and published numbers.

`tests/reference/synthetic_control.py` made the stored numbers with pysyncon and diff-diff.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from naveval.estimators.synthetic_control import estimate, placebo, simplex_least_squares
from naveval.project.errors import EstimationError

REFERENCE = Path(__file__).parents[1] / "reference"
STORED = json.loads((REFERENCE / "synthetic_control.json").read_text())


def california() -> tuple[np.ndarray, np.ndarray]:
    rows = pd.read_csv(REFERENCE / "california_prop99.csv")
    wide = rows.pivot(index="Year", columns="State", values="PacksPerCapita")
    return wide.pop("California").to_numpy(), wide.to_numpy()


def made_up() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(20141115)
    factor = generator.normal(size=(2, 40)).cumsum(1) * 0.1
    loading = generator.uniform(0, 1, (12, 2))
    values = 2 + loading @ factor + 0.05 * generator.normal(size=(12, 40))
    values[0, 30:] -= 0.2
    return values[0], values[1:].T


CASES = {"california": (california, 19), "made_up": (made_up, 30)}


@pytest.mark.parametrize("case", CASES)
def test_synthetic_control_is_no_worse_than_pysyncon(case: str) -> None:
    make, before = CASES[case]
    treated, controls = make()
    found = estimate(treated, controls, before, "synthetic_control")
    stored = STORED[case]["synthetic_control"]
    other = np.array(stored["weights"])

    def loss(weights: np.ndarray) -> float:
        return float(((controls[:before] @ weights - treated[:before]) ** 2).sum())

    assert loss(found.unit_weights) <= loss(other) + 1e-9
    assert loss(found.unit_weights) == pytest.approx(loss(other), rel=1e-4)
    assert found.effect == pytest.approx(stored["effect"], rel=1e-3)


@pytest.mark.parametrize("case", CASES)
def test_synthetic_did_agrees_with_diff_diff(case: str) -> None:
    make, before = CASES[case]
    found = estimate(*make(), before, "synthetic_did")
    stored = STORED[case]["synthetic_did"]
    assert found.effect == pytest.approx(stored["effect"], rel=2e-4)
    np.testing.assert_allclose(found.unit_weights, stored["unit_weights"], atol=5e-3)
    np.testing.assert_allclose(found.period_weights, stored["period_weights"], atol=5e-3)


def test_california_published_effects() -> None:
    """Arkhangelsky and others (2021), table 1: −15.6 (8.4) and −19.6 (9.9) packs."""
    treated, controls = california()
    did = estimate(treated, controls, 19, "synthetic_did")
    assert did.effect == pytest.approx(-15.6, abs=0.05)
    assert placebo(treated, controls, 19, "synthetic_did").std_error == pytest.approx(8.4, abs=1.5)
    control = estimate(treated, controls, 19, "synthetic_control")
    assert control.effect == pytest.approx(-19.6, abs=0.15)


@pytest.mark.parametrize("ridge", [0.0, 0.7])
@pytest.mark.parametrize("seed", range(4))
def test_simplex_least_squares_is_the_optimum(seed: int, ridge: float) -> None:
    generator = np.random.default_rng(seed)
    design, target = generator.normal(size=(30, 8)), generator.normal(size=30)
    found = simplex_least_squares(design, target, ridge=ridge)

    def loss(w: np.ndarray) -> float:
        return float(((design @ w - target) ** 2).sum() + ridge * (w**2).sum())

    other = minimize(
        loss,
        np.full(8, 1 / 8),
        method="SLSQP",
        bounds=[(0, 1)] * 8,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 1000},
    ).x
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert (found >= 0).all()
    assert loss(found) <= loss(other) + 1e-9
    np.testing.assert_allclose(found, other, atol=1e-5)
    gradient = 2 * design.T @ (design @ found - target) + 2 * ridge * found
    active = found > 1e-9
    multiplier = gradient[active].mean()
    np.testing.assert_allclose(gradient[active], multiplier, atol=1e-7)
    assert (gradient[~active] >= multiplier - 1e-7).all()


def test_a_true_effect_is_found_when_a_control_is_the_same() -> None:
    generator = np.random.default_rng(2)
    controls = generator.normal(size=(40, 6)).cumsum(0)
    treated = controls[:, 3] + 5 * (np.arange(40) >= 30)
    found = estimate(treated, controls, 30, "synthetic_control")
    assert found.effect == pytest.approx(5, abs=1e-6)
    assert found.unit_weights[3] == pytest.approx(1, abs=1e-6)
    did = estimate(treated + 7, controls, 30, "synthetic_did")
    assert did.effect == pytest.approx(5, abs=2.0)


def test_did_ignores_a_level_and_control_does_not() -> None:
    treated, controls = made_up()
    for kind, same in (("synthetic_did", True), ("synthetic_control", False)):
        plain = estimate(treated, controls, 30, kind).effect
        raised = estimate(treated + 0.5, controls, 30, kind).effect
        assert (abs(plain - raised) < 1e-8) is same


def test_placebo_ranks_the_treated_unit() -> None:
    treated, controls = made_up()
    found = placebo(treated, controls, 30, "synthetic_control")
    assert len(found.effects) == 11
    assert found.p_value >= 1 / 12
    null = placebo(controls[:, 0], controls[:, 1:], 30, "synthetic_control")
    assert null.p_value > found.p_value


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros(5), np.zeros((5, 3)), 3, "matching"), "not among synthetic_control"),
        (
            (np.zeros(5), np.zeros((5, 1)), 3, "synthetic_did"),
            "controls: one; expected at least two",
        ),
        ((np.zeros(5), np.zeros((5, 3)), 5, "synthetic_did"), "5 periods before of 5"),
        ((np.full(5, np.nan), np.zeros((5, 3)), 3, "synthetic_did"), "missing"),
    ],
)
def test_faults_are_told(arguments: tuple, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        estimate(*arguments)


def test_the_reference_script_is_kept() -> None:
    source = (REFERENCE / "synthetic_control.py").read_text()
    assert "pysyncon" in source
    assert set(STORED["versions"]) == {"pysyncon", "diff-diff"}


@pytest.mark.slow
def test_placebo_interval_covers_and_null_is_null() -> None:
    """Without effect the rank test rejects in at most one of ten panels (400 draws)."""
    generator = np.random.default_rng(8)
    rejected = []
    for _ in range(400):
        factor = generator.normal(size=(2, 40)).cumsum(1) * 0.1
        values = generator.uniform(0, 1, (12, 2)) @ factor + 0.1 * generator.normal(size=(12, 40))
        found = placebo(values[0], values[1:].T, 30, "synthetic_did")
        rejected.append(found.p_value <= 0.1)
    assert np.mean(rejected) == pytest.approx(1 / 12, abs=3 * np.sqrt(1 / 12 * 11 / 12 / 400))


@pytest.mark.parametrize("kind", ["synthetic_control", "synthetic_did"])
def test_the_gap_is_the_effect_after_and_what_the_weights_leave_before(kind) -> None:
    controls = np.array([[1.0, 3.0], [2.0, 4.0], [3.0, 5.5], [4.0, 6.0], [5.0, 7.5]])
    treated = np.array([2.0, 3.0, 4.5, 9.0, 10.0])
    found = estimate(treated, controls, 3, kind)
    raw = treated - controls @ found.unit_weights
    level = found.period_weights @ raw[:3] if kind == "synthetic_did" else 0.0
    assert found.gap == pytest.approx(raw - level)
    assert found.effect == pytest.approx(found.gap[3:].mean())
    assert found.rmse_before == pytest.approx(np.sqrt((found.gap[:3] ** 2).mean()))


def test_the_largest_of_all_units_has_the_smallest_p_value() -> None:
    """One of five, as many as the treated and its four controls are."""
    generator = np.random.default_rng(4)
    controls = generator.normal(0, 0.1, (8, 4)) + np.arange(8)[:, None]
    treated = controls.mean(1) + np.where(np.arange(8) >= 5, 50.0, 0.0)
    found = placebo(treated, controls, 5, "synthetic_did")
    assert found.p_value == pytest.approx(1 / 5)
    assert found.p_value_ratio == pytest.approx(1 / 5)
    assert found.effects.shape == (4,)
    assert found.std_error == pytest.approx(np.std(found.effects, ddof=1))


def test_what_is_refused_is_told_by_name() -> None:
    with pytest.raises(EstimationError, match=r"^synthetic comparison: controls: "):
        estimate(np.ones(5), np.full((5, 2), np.nan), 3, "synthetic_control")
    with pytest.raises(EstimationError, match=r"^synthetic comparison: treated: "):
        estimate(np.full(5, np.nan), np.ones((5, 2)), 3, "synthetic_control")


def test_what_cannot_be_weighted_is_told_by_name() -> None:
    with pytest.raises(EstimationError, match=r"^weights of a simplex: design"):
        simplex_least_squares(np.array([[1.0, np.nan]]), np.ones(1))
    with pytest.raises(EstimationError, match=r"^weights of a simplex: target"):
        simplex_least_squares(np.ones((1, 2)), np.array([np.nan]))
    with pytest.raises(EstimationError, match=r"^synthetic comparison: .*magic"):
        estimate(np.ones(5), np.ones((5, 2)), 3, "magic")  # type: ignore[arg-type]
