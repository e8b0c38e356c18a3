"""Minimum detectable effects."""

import numpy as np
import pytest
from scipy import stats

from naveval.estimators import detectable
from naveval.project.errors import EstimationError


def test_default_is_two_point_eight_standard_errors() -> None:
    assert detectable.multiplier() == pytest.approx(2.8016, abs=1e-3)
    assert detectable.minimum_detectable(0.0030) == pytest.approx(0.0084, abs=1e-5)
    found = detectable.minimum_detectable(np.array([1.0, 2.0]))
    assert found[1] == pytest.approx(2 * found[0])


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
def test_power_at_the_effect_is_the_power_asked_for(level: float, power: float) -> None:
    effect = detectable.minimum_detectable(0.7, level, power)
    critical, size = stats.norm.ppf(0.5 + level / 2), effect / 0.7
    rejected = stats.norm.sf(critical - size) + stats.norm.cdf(-critical - size)
    assert rejected == pytest.approx(power, abs=1e-8)


@pytest.mark.parametrize("freedom", [1, 3, 20])
@pytest.mark.parametrize("power", [0.052, 0.06, 0.8])
def test_power_counts_both_tails_with_few_degrees_of_freedom(freedom: int, power: float) -> None:
    """A small effect is often found with the wrong sign, which the power counts."""
    size = detectable.multiplier(power=power, freedom=freedom)
    critical = stats.t.ppf(0.975, freedom)
    right = stats.nct.sf(critical, freedom, size)
    wrong = stats.nct.cdf(-critical, freedom, size)
    assert right + np.nan_to_num(wrong) == pytest.approx(power, abs=1e-7)
    if power < 0.1:
        assert wrong > 0.005
    found = detectable.minimum_detectable(2.0, power=power, freedom=freedom)
    assert found == pytest.approx(2 * size)


def test_few_degrees_of_freedom_need_a_larger_effect() -> None:
    values = [detectable.multiplier(freedom=df) for df in (5, 20, np.inf)]
    assert values[0] > values[1] > values[2]


def test_by_simulation() -> None:
    rng = np.random.default_rng(3)
    drawn = detectable.multiplier() + rng.standard_normal(100_000)
    assert (np.abs(drawn) > 1.96).mean() == pytest.approx(0.8, abs=0.005)


def test_relative_refuses_a_mean_near_zero() -> None:
    assert detectable.relative(0.01, 0.2, 0.01) == pytest.approx(0.05)
    assert np.isnan(detectable.relative(0.01, 0.0))
    assert np.isnan(detectable.relative(0.01, 0.015, 0.01))
    assert detectable.relative(-0.01, -0.2) == pytest.approx(-0.05)


@pytest.mark.parametrize(
    "options", [{"level": 1.0}, {"level": 0.4}, {"power": 1.0}, {"power": 0.02}, {"freedom": 0}]
)
def test_bad_options_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(EstimationError, match="expected"):
        detectable.multiplier(**options)


def test_errors_below_zero_are_named() -> None:
    with pytest.raises(EstimationError) as told:
        detectable.minimum_detectable(np.array([0.0, -0.1]))
    assert str(told.value) == "detectable effect: std_error: -0.1, rows 1; expected at least 0"


def test_the_least_power_is_named() -> None:
    with pytest.raises(EstimationError, match=r"power 0.1: expected more than 0.1 and less than 1"):
        detectable.multiplier(level=0.9, power=0.1)
    with pytest.raises(EstimationError, match=r"level 0.5: expected more than 0.5"):
        detectable.multiplier(level=0.5)
    assert np.isnan(detectable.relative(0.01, 0.02, 0.01))


def test_what_has_no_standard_error_has_no_detectable_effect() -> None:
    found = detectable.minimum_detectable(np.array([1.0, np.nan]))
    assert found == pytest.approx([detectable.multiplier(), np.nan], nan_ok=True)
