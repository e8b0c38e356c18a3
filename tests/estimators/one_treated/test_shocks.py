"""Shocks measured on units where nothing happened, and panels drawn with them."""

import numpy as np
import pytest

from naveval.estimators.one_treated.inference import p_values
from naveval.estimators.one_treated.regression import (
    Shocks,
    draw_shocks,
    fit_shocks,
    prepare,
    spread,
)
from naveval.project.errors import EstimationError

SIZE = np.array([40.0, 60, 80, 90, 100, 120, 140, 160, 250, 350])
TRUE = Shocks(common=0.004, by_size=0.5, persistence=0.9, lasting=0.7)


def panel(shocks: Shocks, repeats: int, periods: int = 59) -> tuple[np.ndarray, np.ndarray]:
    """Many units with effects of units and periods on top."""
    size = np.tile(SIZE, repeats)
    generator = np.random.default_rng(2)
    found = draw_shocks(shocks, size, periods, 1, seed=5)[0]
    return found + generator.normal(2, 1, (len(size), 1)) + generator.normal(0, 1, periods), size


def test_shocks_are_recovered_although_residuals_forget_sooner() -> None:
    outcome, size = panel(TRUE, 300)
    found = fit_shocks(outcome, size)
    assert found.persistence == pytest.approx(TRUE.persistence, abs=0.015)
    assert found.lasting == pytest.approx(TRUE.lasting, abs=0.03)
    np.testing.assert_allclose(spread(found, SIZE), spread(TRUE, SIZE), rtol=0.04)
    residual = outcome - outcome.mean(1, keepdims=True) - outcome.mean(0) + outcome.mean()
    naive = (residual[:, 1:] * residual[:, :-1]).sum() / (residual**2).sum()
    assert naive < TRUE.lasting * TRUE.persistence - 0.03


@pytest.mark.parametrize(
    ("persistence", "lasting"), [(0.0, 1.0), (0.45, 1.0), (0.95, 1.0), (0.9, 0.3)]
)
def test_registers_that_differ_in_memory_are_told_apart(persistence: float, lasting: float) -> None:
    outcome, size = panel(Shocks(0.01, 0.2, persistence, lasting), 300)
    found = fit_shocks(outcome, size)
    assert found.lasting * found.persistence == pytest.approx(lasting * persistence, abs=0.03)
    np.testing.assert_allclose(spread(found, SIZE), np.sqrt(0.01 + 0.2 / SIZE), rtol=0.06)


def test_weights_of_the_period_effects_change_what_is_left_and_not_what_is_found() -> None:
    outcome, size = panel(TRUE, 1)
    equal, sized = fit_shocks(outcome, size), fit_shocks(outcome, size, weights=size)
    assert equal != sized
    many, sizes = panel(TRUE, 300)
    found = fit_shocks(many, sizes, weights=sizes)
    np.testing.assert_allclose(spread(found, SIZE), spread(TRUE, SIZE), rtol=0.05)


def test_draws_have_the_spread_and_memory_they_are_given() -> None:
    made = draw_shocks(TRUE, SIZE, 24, 20_000, seed=1)
    assert made.shape == (20_000, 10, 24)
    np.testing.assert_allclose(made.std((0, 2)), spread(TRUE, SIZE), rtol=0.02)
    np.testing.assert_allclose(made.std((0, 1)), made.std((0, 1)).mean(), rtol=0.02)
    for lag in (1, 6):
        found = (made[..., lag:] * made[..., :-lag]).mean() / (made**2).mean()
        assert found == pytest.approx(TRUE.lasting * TRUE.persistence**lag, abs=0.01)
    np.testing.assert_array_equal(made, draw_shocks(TRUE, SIZE, 24, 20_000, seed=1))
    assert not np.array_equal(made[:5], draw_shocks(TRUE, SIZE, 24, 5, seed=2))


def test_a_longer_memory_makes_conventional_tests_reject_more_and_the_exact_one_not() -> None:
    post = (np.arange(59) >= 46).astype(float)
    setup = prepare(post, SIZE)
    rates = {}
    for persistence in (0.45, 0.9):
        made = draw_shocks(Shocks(0.01, 0.0, persistence, 1.0), SIZE, 59, 2000, seed=3)
        p = p_values(setup, made, SIZE, methods=("classical", "randomisation_coefficient"))
        rates[persistence] = {name: float((value <= 0.1).mean()) for name, value in p.items()}
    assert rates[0.9]["classical"] > rates[0.45]["classical"] + 0.15
    for found in rates.values():
        assert found["randomisation_coefficient"] == pytest.approx(0.1, abs=0.025)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (np.ones((2, 30)), "2 units, 30 periods"),
        (np.ones((5, 6)), "5 units, 6 periods"),
        (np.full((5, 30), np.nan), "outcome: missing"),
        (np.ones((5, 30)), "units that do not move, rows 0"),
    ],
)
def test_panels_that_tell_nothing_are_refused(outcome: np.ndarray, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        fit_shocks(outcome, np.ones(len(outcome)))
    with pytest.raises(EstimationError, match="at least 1"):
        draw_shocks(TRUE, SIZE, 24, 0, seed=1)


def test_sizes_and_weights_are_those_of_the_units() -> None:
    outcome = np.random.default_rng(1).normal(size=(4, 15))
    for given in ({"size": np.ones(5)}, {"size": np.ones(4), "weights": np.ones(3)}):
        name = [*given][-1]
        with pytest.raises(EstimationError, match=rf"^shocks: {name} of shape .*; expected \(4,\)"):
            fit_shocks(outcome, **given)
