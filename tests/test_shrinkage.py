import numpy as np
import pytest

from naveval import shrinkage
from naveval.errors import EstimationError


def units(between=0.5, n=400, seed=3):
    rng = np.random.default_rng(seed)
    noise = rng.uniform(0.1, 1.5, n)
    truth = 1.0 + between * rng.normal(size=n)
    return truth, truth + noise * rng.normal(size=n), noise


def test_variance_between_units_is_found():
    _, y, s = units(n=5000)
    assert np.sqrt(shrinkage.between_variance(y, s)) == pytest.approx(0.5, abs=0.03)


def test_no_difference_between_units_gives_zero():
    _, y, s = units(between=0.0, seed=8)
    assert np.sqrt(shrinkage.between_variance(y, s)) < 0.12


def test_shrunken_estimates_are_closer_to_the_truth():
    truth, y, s = units()
    got = shrinkage.shrink(y, s)
    assert np.mean((got.estimate - truth) ** 2) < 0.6 * np.mean((y - truth) ** 2)


def test_intervals_cover():
    hits = []
    for seed in range(40):
        truth, y, s = units(seed=seed)
        got = shrinkage.shrink(y, s)
        hits.append(np.mean(np.abs(got.estimate - truth) < 1.96 * got.std_error))
    assert np.mean(hits) == pytest.approx(0.95, abs=0.01)


def test_plain_formula():
    _, y, s = units()
    got = shrinkage.shrink(y, s)
    k = got.between**2 / (got.between**2 + s**2)
    assert np.allclose(got.estimate, got.mean + k * (y - got.mean))
    assert np.allclose(got.reliability, k)


def test_missing_units_stay_missing():
    _, y, s = units()
    y[0], s[1] = np.nan, 0.0
    got = shrinkage.shrink(y, s)
    assert np.isnan(got.estimate[[0, 1]]).all()
    assert np.isfinite(got.estimate[2:]).all()


def test_two_units_are_refused():
    with pytest.raises(EstimationError, match="three units"):
        shrinkage.shrink(np.array([1.0, 2.0]), np.array([1.0, 1.0]))


def test_funnel_counts_units_outside():
    _, y, s = units(between=0.0, n=4000)
    got = shrinkage.funnel(y, s, mean=1.0)
    assert got.expected[0] == pytest.approx(200)
    assert got.observed[0] == pytest.approx(200, abs=45)
    assert got.observed[1] == pytest.approx(8, abs=9)
    _, y, s = units(between=1.0, n=4000)
    assert shrinkage.funnel(y, s).observed[0] > 600
