import numpy as np
import pytest
from scipy import optimize, special, stats

from naveval.estimators import shrinkage
from naveval.project.errors import EstimationError


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
    with pytest.raises(EstimationError, match="at least 4 units"):
        shrinkage.shrink(np.array([1.0, 2.0]), np.array([1.0, 1.0]))


def test_funnel_counts_units_outside():
    _, y, s = units(between=0.0, n=4000)
    got = shrinkage.funnel(y, s, mean=1.0)
    assert got.expected[0] == pytest.approx(200)
    assert got.observed[0] == pytest.approx(200, abs=45)
    assert got.observed[1] == pytest.approx(8, abs=9)
    _, y, s = units(between=1.0, n=4000)
    assert shrinkage.funnel(y, s).observed[0] > 600


def measured(n_units=600, persons=8, seed=5):
    """Units on few persons, whose spread is measured with noise that goes with their level."""
    rng = np.random.default_rng(seed)
    rows = rng.gamma(2.0, 4.5, (n_units, persons))
    return rows.mean(axis=1), rows.var(axis=1, ddof=1), np.full(n_units, persons - 1.0)


def test_squeezed_variances_pull_the_mean_down_less():
    y, variance, df = measured()
    raw, steady = (
        shrinkage.shrink(y, np.sqrt(v / 8)).mean
        for v in (variance, shrinkage.squeeze(variance, df))
    )
    assert raw < steady < y.mean()
    assert y.mean() - steady < 0.6 * (y.mean() - raw)


def test_squeezing_is_complete_for_equal_units_and_slight_for_large_ones():
    rng = np.random.default_rng(2)
    equal = 4.0 * rng.chisquare(10, 5000) / 10
    got = shrinkage.squeeze(equal, np.full(5000, 10.0))
    assert np.ptp(got) < 0.5
    assert got.mean() == pytest.approx(4.0, rel=0.03)
    true = rng.uniform(1, 20, 300)
    large = true * rng.chisquare(5000, 300) / 5000
    assert np.allclose(shrinkage.squeeze(large, np.full(300, 5000.0)), large, rtol=0.01)
    assert np.isnan(shrinkage.squeeze(np.array([np.nan, 1, 2, 3]), np.full(4, 5.0))[0])


def test_squeezing_is_by_the_prior_degrees_of_freedom():
    """By hand: (d0·common + d·v) / (d0 + d), where trigamma(d0/2) is what logs vary beyond noise.

    The common level is the mean of the variances weighted by degrees of freedom.
    """
    rng = np.random.default_rng(6)
    df = rng.integers(4, 30, 200).astype(float)
    variance = 3.0 * 6 / rng.chisquare(6, 200) * rng.chisquare(df) / df
    got = shrinkage.squeeze(variance, df)
    common = np.average(variance, weights=df)
    logs = np.log(variance) - special.digamma(df / 2) + np.log(df / 2)
    extra = logs.var(ddof=1) - special.polygamma(1, df / 2).mean()
    assert extra > 0
    prior = 2 * optimize.brentq(lambda half: special.polygamma(1, half) - extra, 1e-3, 1e6)
    np.testing.assert_allclose(got, (prior * common + df * variance) / (prior + df), rtol=1e-7)
    assert 3 < prior < 12  # the variances were drawn with 6


def test_standard_error_by_hand():
    """Known mean and variance leave the posterior's; else the mean and the variance are unsure."""
    _, y, s = units(n=30)
    known = shrinkage.shrink(y, s, mean=1.0, between=0.25)
    k = 0.25 / (0.25 + s**2)
    weight = 1 / (0.25 + s**2)
    plain = k * s**2 + (1 - k) ** 2 / weight.sum()
    np.testing.assert_allclose(known.std_error**2, plain)
    got = shrinkage.shrink(y, s)
    tau2 = got.between**2
    k, weight = tau2 / (tau2 + s**2), 1 / (tau2 + s**2)
    mean = weight @ y / weight.sum()
    assert got.mean == pytest.approx(mean)
    unsure = 2 / (30 - 3) * (30 / weight.sum()) / (s**2 + tau2)
    expected = k * s**2 + (1 - k) ** 2 / weight.sum() + unsure * ((1 - k) * (y - mean)) ** 2
    np.testing.assert_allclose(got.std_error**2, expected)


def test_funnel_limits_by_hand():
    y, s = np.array([1.0, 2.0, 4.0, np.nan]), np.array([0.5, 1.0, 0.25, 1.0])
    got = shrinkage.funnel(y, s, levels=(0.9,))
    mean = np.average(y[:3], weights=1 / s[:3] ** 2)
    reach = stats.norm.ppf(0.95) * s[:3]
    assert got.mean == pytest.approx(mean)
    np.testing.assert_allclose(got.low[0, :3], mean - reach)
    np.testing.assert_allclose(got.high[0, :3], mean + reach)
    assert got.outside[0].tolist() == [*(np.abs(y[:3] - mean) > reach), False]
    assert got.expected[0] == pytest.approx(0.1 * 3)
    assert got.observed[0] == got.outside.sum()
    with pytest.raises(EstimationError, match="no unit has a standard error"):
        shrinkage.funnel(y, np.zeros(4))


def test_variance_between_units_solves_its_equation():
    _, y, s = units(n=25)
    tau2 = shrinkage.between_variance(y, s)
    weight = 1 / (s**2 + tau2)
    mean = weight @ y / weight.sum()
    assert weight @ (y - mean) ** 2 == pytest.approx(24)
    y[3] = np.nan
    assert shrinkage.between_variance(y, s) == pytest.approx(
        shrinkage.between_variance(np.delete(y, 3), np.delete(s, 3))
    )


def test_one_variance_common_to_many_sets():
    rng = np.random.default_rng(4)
    noise = rng.uniform(0.5, 1.5, (60, 40))
    level = rng.normal(0, 5, (60, 1))
    y = level + 0.4 * rng.normal(size=(60, 40)) + noise * rng.normal(size=(60, 40))
    assert np.sqrt(shrinkage.between_variance(y, noise)) == pytest.approx(0.4, abs=0.08)
    null = level + noise * rng.normal(size=(60, 40))
    assert np.sqrt(shrinkage.between_variance(null, noise)) < 0.2


def test_known_mean_and_variance_are_used():
    _, y, s = units()
    got = shrinkage.shrink(y, s, mean=3.0, between=0.25)
    k = 0.25 / (0.25 + s**2)
    assert np.allclose(got.estimate, 3.0 + k * (y - 3.0))
    assert (got.mean, got.between) == (3.0, 0.5)


BCG = """4 119 11 128|6 300 29 274|3 228 11 209|62 13536 248 12619|33 5036 47 5761|180 1361 372 1079
8 2537 10 619|505 87886 499 87892|29 7470 45 7232|17 1699 65 1600|186 50448 141 27197|5 2493 3 2338
27 16886 29 17825"""
"""Cases and others of 13 trials of vaccination, vaccinated and not (Colditz and others 1994)."""


def trials():
    rows = [row.split() for line in BCG.splitlines() for row in line.split("|")]
    cases, others, control, rest = np.array(rows, dtype=float).T
    ratio = np.log(cases / (cases + others)) - np.log(control / (control + rest))
    variance = 1 / cases - 1 / (cases + others) + 1 / control - 1 / (control + rest)
    return ratio, np.sqrt(variance)


def test_interval_between_units_is_that_of_a_published_example():
    """The Q profile interval of the variance that R's metafor documents: 0.1197 to 1.1115."""
    low, high = shrinkage.between_interval(*trials())
    assert (low**2, high**2) == pytest.approx((0.1197, 1.1115), abs=5e-5)


def test_interval_between_units_holds_the_truth_as_often_as_it_says():
    held = []
    for seed in range(300):
        _, y, s = units(between=0.4, n=30, seed=seed)
        low, high = shrinkage.between_interval(y, s)
        held.append(low <= 0.4 <= high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.04)


def test_interval_of_a_boundary_estimate_says_how_far_apart_units_may_be():
    _, y, s = units(between=0.0, n=60, seed=2)
    low, high = shrinkage.between_interval(y, s)
    assert low == 0
    assert 0 < high < 1
    far = np.where(np.arange(60) % 2 == 0, 0.5, -0.5) * 1e-3
    assert shrinkage.between_interval(far, np.ones(60)) == (0.0, 0.0)


def test_levels_and_variances_that_cannot_be_are_refused():
    estimate, error = np.arange(6.0), np.ones(6)
    with pytest.raises(EstimationError, match="level 95: expected a share such as"):
        shrinkage.funnel(estimate, error, levels=(95,))
    with pytest.raises(EstimationError, match="between_interval: level 95"):
        shrinkage.between_interval(estimate, error, level=95)
    with pytest.raises(EstimationError, match="between=-1: expected a variance"):
        shrinkage.shrink(estimate, error, between=-1)


def test_two_variances_are_not_squeezed() -> None:
    given = np.array([1.0, np.nan, 4.0])
    found = shrinkage.squeeze(given, np.array([5.0, 5.0, 5.0]))
    assert found == pytest.approx([1.0, np.nan, 4.0], nan_ok=True)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 95.0])
def test_a_level_is_a_share(level: float) -> None:
    with pytest.raises(EstimationError, match=rf"here: level {level}: expected a share such as"):
        shrinkage.require_levels("here", [0.5, level])


def test_three_variances_are_squeezed() -> None:
    given = np.array([1.0, 4.0, 9.0])
    found = shrinkage.squeeze(given, np.full(3, 5.0))
    assert np.ptp(found) < np.ptp(given)


def test_units_without_a_standard_error_stay_missing() -> None:
    estimate = np.array([1.0, 2.0, 3.0, 5.0, 9.0])
    error = np.array([1.0, 1.0, 1.0, 1.0, np.nan])
    found = shrinkage.shrink(estimate, error)
    assert np.isnan(found.estimate[4])
    assert found.mean == pytest.approx(shrinkage.shrink(estimate[:4], error[:4]).mean)


def test_a_funnel_holds_its_levels() -> None:
    found = shrinkage.funnel(np.arange(6.0), np.ones(6), levels=(0.9, 0.99))
    assert found.levels == (0.9, 0.99)
