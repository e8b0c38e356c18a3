"""Intervals by test inversion."""

import numpy as np
import pytest

from naveval.estimators.one_treated.inference import invert, named_tests, smallest_p
from naveval.estimators.one_treated.regression import fit, prepare, residualise
from naveval.project.errors import EstimationError

UNITS, PERIODS = 12, 30
POST = (np.arange(PERIODS) >= 22).astype(float)


def case() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(11)
    y = generator.normal(size=(UNITS, PERIODS)).cumsum(1) * 0.1
    y[0] -= 2 * POST
    return y, generator.uniform(1, 5, UNITS)


@pytest.mark.parametrize(
    ("method", "level"),
    [
        ("randomisation_coefficient", 0.90),
        ("randomisation_t", 0.90),
        ("ferman_pinto", 0.95),
        ("conley_taber", 0.90),
        ("crv1", 0.95),
    ],
)
def test_ends_are_where_the_test_starts_to_reject(method: str, level: float) -> None:
    y, weights = case()
    setup = prepare(POST, weights)
    test = named_tests(weights, draws=199)[method]
    found = invert(test, setup, y, level=level)
    effect = fit(setup, y).effect[0]
    assert found.low < effect < found.high
    residual = residualise(setup, y)
    width = found.high - found.low
    for end, sign in ((found.low, -1), (found.high, 1)):
        inside = residual - (end - sign * 1e-3 * width) * setup.direction[0]
        outside = residual - (end + sign * 1e-3 * width) * setup.direction[0]
        assert test(setup, inside) > 1 - level
        assert test(setup, outside) <= 1 - level + 1e-12


def test_crv1_interval_is_the_textbook_one() -> None:
    from scipy import stats

    y, weights = case()
    setup = prepare(POST, weights)
    found = invert(named_tests(weights)["crv1"], setup, y, level=0.95)
    own = fit(setup, y)
    reach = stats.t.ppf(0.975, UNITS - 1) * own.std_error[0]
    assert found.low == pytest.approx(own.effect[0] - reach, abs=1e-4 * reach)
    assert found.high == pytest.approx(own.effect[0] + reach, abs=1e-4 * reach)


def test_no_95_per_cent_interval_with_twelve_units() -> None:
    y, weights = case()
    setup = prepare(POST, weights)
    found = invert(named_tests(weights)["randomisation_coefficient"], setup, y, level=0.95)
    assert found.low == -np.inf
    assert found.high == np.inf


@pytest.mark.parametrize("method", ["randomisation_coefficient", "conley_taber"])
def test_interval_carries_the_level_that_twelve_units_can_give(method: str) -> None:
    """Eleven controls: 11/12, the hull of the effects that are not the most extreme."""
    y, weights = case()
    setup = prepare(POST, weights)
    test = named_tests(weights)[method]
    found = invert(test, setup, y, level=0.95, smallest=smallest_p(method, setup))
    assert found.level == pytest.approx(11 / 12)
    assert np.isfinite([found.low, found.high]).all()
    lower = invert(test, setup, y, level=11 / 12)
    assert (found.low, found.high) == (lower.low, lower.high)
    if method == "conley_taber":
        effect = fit(setup, y).effect[0]
        errors = y - effect * np.outer(np.arange(UNITS) == 0, POST)
        residual = residualise(setup, errors)
        gaps = residual[:, POST == 1].mean(1) - residual[:, POST == 0].mean(1)
        reach = np.abs(gaps[1:]).max()
        assert found.low == pytest.approx(effect - reach, abs=1e-3 * reach)
        assert found.high == pytest.approx(effect + reach, abs=1e-3 * reach)
    unchanged = invert(test, setup, y, level=0.9, smallest=smallest_p(method, setup))
    assert unchanged.level == 0.9


def test_level_and_shape_are_checked() -> None:
    y, weights = case()
    setup = prepare(POST, weights)
    test = named_tests(weights)["crv1"]
    with pytest.raises(EstimationError, match="between 0 and 1"):
        invert(test, setup, y, level=95)
    with pytest.raises(EstimationError, match="one panel"):
        invert(test, setup, np.stack([y, y]))
    with pytest.raises(EstimationError, match="from 0 to below 1"):
        invert(test, setup, y, smallest=1.0)


@pytest.mark.slow
def test_coverage_of_the_randomisation_interval() -> None:
    """White noise and a true effect: 90 per cent intervals cover in 11/12 of 300 panels."""
    generator = np.random.default_rng(5)
    setup = prepare(POST, np.ones(UNITS))
    test = named_tests(np.ones(UNITS))["randomisation_coefficient"]
    covered = []
    for _ in range(300):
        y = generator.normal(size=(UNITS, PERIODS))
        y[0] += 0.5 * POST
        found = invert(test, setup, y, level=0.90)
        covered.append(found.low <= 0.5 <= found.high)
    expected = 11 / 12
    error = 3 * np.sqrt(expected * (1 - expected) / 300)
    assert np.mean(covered) == pytest.approx(expected, abs=error)
