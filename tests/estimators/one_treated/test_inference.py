"""Tests of no effect against plain re-implementations, and their behaviour by simulation."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import nnls

from naveval.estimators.one_treated.inference import (
    METHODS,
    conley_taber,
    ferman_pinto,
    fitted_variance,
    in_time,
    p_values,
    rademacher,
    randomisation,
    smallest_p,
    wild_cluster,
    window_contrasts,
)
from naveval.estimators.one_treated.regression import TimeEffects, fit, prepare, residualise
from naveval.project.errors import EstimationError

UNITS, PERIODS = 6, 24
POST = (np.arange(PERIODS) >= 18).astype(float)
WEIGHTS = np.array([1.0, 2.0, 0.7, 1.5, 3.0, 1.1])


def outcome(seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(UNITS, PERIODS)).cumsum(1) * 0.3


def regression(y: np.ndarray, treated: int):
    """The same regression by brute force: coefficient, clustered t, residual, design."""
    unit = np.repeat(np.arange(UNITS), PERIODS)
    period = np.tile(np.arange(PERIODS), UNITS)
    d = (unit == treated) * POST[period]
    dummies = [unit[:, None] == np.arange(UNITS), period[:, None] == np.arange(1, PERIODS)]
    design = np.column_stack([d, *dummies]).astype(float)
    fitted = sm.WLS(y.ravel(), design, weights=np.repeat(WEIGHTS, PERIODS)).fit()
    clustered = fitted.get_robustcov_results("cluster", groups=unit)
    null = sm.WLS(y.ravel(), design[:, 1:], weights=np.repeat(WEIGHTS, PERIODS)).fit()
    return fitted, clustered, null, unit


@pytest.mark.parametrize("statistic", ["coefficient", "t"])
def test_randomisation_by_brute_force(statistic: str) -> None:
    y = outcome()
    setup = prepare(POST, WEIGHTS)
    values = []
    for treated in range(UNITS):
        fitted, clustered, _, _ = regression(y, treated)
        values.append(fitted.params[0] if statistic == "coefficient" else clustered.tvalues[0])
    for treated in range(UNITS):
        expected = np.mean(np.abs(values) >= abs(values[treated]) * (1 - 1e-9))
        found = randomisation(setup, residualise(setup, y), treated=treated, statistic=statistic)
        assert found == pytest.approx(expected)


@pytest.mark.parametrize("impose_null", [True, False])
def test_wild_bootstrap_by_brute_force(impose_null: bool) -> None:
    y = outcome(8)
    y[1] += 0.8 * POST
    setup = prepare(POST, WEIGHTS)
    fitted, clustered, null, unit = regression(y, 1)
    signs = rademacher(UNITS, 64, 0)
    assert len(signs) == 64
    base = null if impose_null else fitted
    statistics = []
    for sign in signs:
        again = base.fittedvalues + sign[unit] * base.resid
        fit_again, clustered_again, _, _ = regression(again.reshape(UNITS, PERIODS), 1)
        centre = 0.0 if impose_null else fitted.params[0]
        statistics.append((fit_again.params[0] - centre) / clustered_again.bse[0])
    larger = (np.abs(statistics) >= abs(clustered.tvalues[0]) * (1 - 1e-6)).sum()
    expected = larger / 64 if impose_null else (1 + larger) / 65
    found = wild_cluster(setup, residualise(setup, y), treated=1, draws=64, impose_null=impose_null)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("impose_null", [True, False])
@pytest.mark.parametrize("time_effects", ["period", "season", "unit_season"])
@pytest.mark.parametrize("covariates", [0, 2])
def test_wild_bootstrap_refits_each_panel(
    impose_null: bool, time_effects: TimeEffects, covariates: int
) -> None:
    """Whatever the model absorbs: each draw's residuals with signs, estimated anew."""
    generator = np.random.default_rng(5)
    x = generator.normal(size=(covariates, UNITS, PERIODS))
    setup = prepare(
        POST, WEIGHTS, season=np.arange(PERIODS) % 6, time_effects=time_effects, covariates=x
    )
    panels = generator.normal(size=(3, UNITS, PERIODS))
    panels[:, 1] += np.array([0.0, 0.5, 1.0])[:, None] * POST
    residual = residualise(setup, panels)
    signs, fitted = rademacher(UNITS, 64, 0), fit(setup, panels)
    errors = residual
    if not impose_null:
        errors = residual - fitted.effect[:, 1, None, None] * setup.direction[1]
    t = fit(setup, signs[:, None, :, None] * errors).t[..., 1]
    larger = (np.abs(t) >= np.abs(fitted.t[:, 1]) * (1 - 1e-9)).sum(0)
    expected = larger / 64 if impose_null else (1 + larger) / 65
    found = wild_cluster(setup, residual, treated=1, draws=64, impose_null=impose_null)
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("size", [[3.0, 40.0, 15.0, 30.0, 80.0, 20.0], [5.0] * 4, [1.0, 1.0, 50.0]])
def test_variances_are_least_squares_without_negative_parts(size: list[float]) -> None:
    generator, share = np.random.default_rng(2), min(size) / np.array(size)
    spread = np.sqrt(generator.choice([0.0, 0.5, 4.0], (200, 1)) + 2 * generator.random((200, 1)))
    gaps = generator.normal(size=(200, len(size))) * spread * share ** generator.random((200, 1))
    design = np.column_stack([np.ones_like(share), share])
    expected = [design @ nnls(design, row**2)[0] for row in gaps]
    found = fitted_variance(gaps, np.array(size))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    inside = np.linalg.lstsq(design, (gaps**2).T, rcond=None)[0]
    assert len(set(size)) == 1 or {(a > 0, b > 0) for a, b in inside.T} >= {
        (True, True),
        (False, True),
        (True, False),
    }


def test_conley_taber_by_hand() -> None:
    y = outcome(4)
    setup = prepare(POST, WEIGHTS)
    fitted = regression(y, 2)[0]
    errors = fitted.resid.reshape(UNITS, PERIODS)
    gaps = errors[:, POST == 1].mean(1) - errors[:, POST == 0].mean(1)
    larger = (np.abs(np.delete(gaps, 2)) >= abs(fitted.params[0])).sum()
    expected = (1 + larger) / UNITS
    assert conley_taber(setup, residualise(setup, y), treated=2) == pytest.approx(expected)


def test_ferman_pinto_by_hand() -> None:
    y, size = outcome(6), np.array([10.0, 40.0, 15.0, 30.0, 80.0, 20.0])
    setup = prepare(POST, WEIGHTS)
    _, _, null, _ = regression(y, 0)
    errors = null.resid.reshape(UNITS, PERIODS)
    gaps = errors[:, POST == 1].mean(1) - errors[:, POST == 0].mean(1)
    spread = np.sqrt(fitted_variance(gaps, size))
    picks = np.random.default_rng(7).integers(0, UNITS, (499, UNITS))
    drawn = (gaps / spread)[picks] * spread
    others = WEIGHTS[1:] / WEIGHTS[1:].sum()
    effects = drawn[:, 0] - drawn[:, 1:] @ others
    observed = fit(setup, y).effect[0]
    expected = (1 + (np.abs(effects) >= abs(observed)).sum()) / 500
    found = ferman_pinto(setup, residualise(setup, y), size=size, draws=499, seed=7)
    assert found == pytest.approx(expected)


def test_ferman_pinto_gives_small_units_more_variance() -> None:
    generator = np.random.default_rng(1)
    size = np.geomspace(1, 100, 30)
    gaps = generator.normal(size=30) * np.sqrt(0.1 + 4 / size)
    variance = fitted_variance(gaps, size)
    assert (np.diff(variance) <= 1e-12).all()
    assert variance[0] > 2 * variance[-1]


def test_in_time_windows_and_p_value() -> None:
    windows = window_contrasts(POST)
    assert windows.shape == (13, 18)
    np.testing.assert_allclose(windows.sum(1), 0, atol=1e-12)
    y = outcome(2)
    setup = prepare(POST, WEIGHTS)
    share = WEIGHTS / WEIGHTS.sum()
    gap = y[0] - (share @ y - share[0] * y[0]) / (1 - share[0])
    placebo = windows @ gap[:18]
    effect = gap[18:].mean() - gap[:18].mean()
    expected = np.mean(np.abs(np.append(placebo, effect)) >= abs(effect) * (1 - 1e-9))
    assert in_time(setup, residualise(setup, y)) == pytest.approx(expected)
    assert in_time(setup, residualise(setup, y), units="all") != pytest.approx(expected)


@pytest.mark.parametrize("units", ["treated", "all"])
def test_in_time_compares_gaps_to_all_other_units(units: str) -> None:
    """Every gap is to the weighted mean of the others, with nobody's own part left in it."""
    windows = window_contrasts(POST)
    share = WEIGHTS / WEIGHTS.sum()
    setup = prepare(POST, WEIGHTS)
    for seed in range(12):
        y = outcome(seed)
        y[0] += 0.3 * POST
        others = np.array(
            [np.average(np.delete(y, i, 0), 0, np.delete(share, i)) for i in range(UNITS)]
        )
        gap = y - others
        effects = gap[:, 18:].mean(1) - gap[:, :18].mean(1)
        placebo = gap[:, :18] @ windows.T
        values = np.append(placebo[0], effects[0]) if units == "treated" else None
        if values is None:
            values = np.concatenate([placebo.ravel(), effects])
        expected = np.mean(np.abs(values) >= abs(effects[0]) * (1 - 1e-9))
        found = in_time(setup, residualise(setup, y), units=units)
        assert found == pytest.approx(expected), seed


def test_no_placebo_window_of_that_length() -> None:
    with pytest.raises(EstimationError, match="no placebo window"):
        window_contrasts((np.arange(10) >= 5).astype(float))


def test_a_batch_gives_the_same_p_values_as_one_at_a_time() -> None:
    panels = np.stack([outcome(seed) for seed in range(7)])
    setup = prepare(POST, WEIGHTS)
    together = p_values(setup, panels, WEIGHTS, draws=99, seed=2)
    assert set(together) == set(METHODS)
    for k in range(7):
        alone = p_values(setup, panels[k], WEIGHTS, draws=99, seed=2)
        for method in METHODS:
            assert together[method][k] == pytest.approx(float(alone[method])), method


def test_options_change_what_they_say() -> None:
    y = outcome(9)
    y[0] += 0.7 * POST
    setup = prepare(POST, WEIGHTS)
    residual = residualise(setup, y)
    small = ferman_pinto(setup, residual, size=np.array([1.0, 50, 50, 50, 50, 50]), draws=999)
    large = ferman_pinto(setup, residual, size=np.array([500.0, 5, 5, 5, 5, 5]), draws=999)
    assert small != large
    assert wild_cluster(setup, residual, draws=31, seed=1) != wild_cluster(
        setup, residual, draws=31, seed=2
    )
    assert randomisation(setup, residual, treated=0) != randomisation(setup, residual, treated=2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s, r: randomisation(s, r, statistic="rank"), "allowed: coefficient, t"),
        (lambda s, r: in_time(s, r, units="none"), "allowed: treated, all"),
        (lambda s, r: ferman_pinto(s, r, size=np.ones(3)), "expected 6 positive numbers"),
        (lambda s, r: p_values(s, r, WEIGHTS, methods=("magic",)), "unknown method «magic»"),
    ],
)
def test_unknown_options_are_refused(call, message: str) -> None:
    setup = prepare(POST, WEIGHTS)
    with pytest.raises(EstimationError, match=message):
        call(setup, residualise(setup, outcome()))


def test_smallest_p_values_are_what_the_report_says() -> None:
    y = np.zeros((12, PERIODS)) + 0.01 * np.random.default_rng(1).normal(size=(12, PERIODS))
    y[0] -= 5 * POST
    setup = prepare(POST, np.ones(12))
    p = p_values(setup, y, np.ones(12), draws=999)
    assert p["randomisation_coefficient"] == pytest.approx(1 / 12)
    assert p["conley_taber"] == pytest.approx(1 / 12)
    assert p["wild_null"] > p["wild_free"]
    assert p["wild_free"] < 0.01


@pytest.mark.parametrize("units", [4, 12])
def test_no_p_value_is_below_one_over_what_it_is_compared_with(units: int) -> None:
    """An effect far beyond all noise: every counted method is at its smallest, none at zero."""
    y = 1e-9 * np.random.default_rng(units).normal(size=(units, PERIODS))
    y[0] -= 1e3 * POST
    size = np.ones(units)
    setup = prepare(POST, size)
    p = p_values(setup, y, size, draws=199, seed=3)
    assert min(p.values()) >= 0
    for method in ("randomisation_coefficient", "conley_taber", "in_time", "in_time_all"):
        assert p[method] == pytest.approx(smallest_p(method, setup)), method
    for method in METHODS[2:]:
        least = smallest_p(method, setup, draws=199)
        assert p[method] >= least * (1 - 1e-12) > 0, method
    assert smallest_p("conley_taber", setup) == 1 / units
    assert smallest_p("wild_free", setup, draws=199) == (1 / 17 if units == 4 else 1 / 200)
    assert smallest_p("wild_null", setup, draws=199) == (1 / 16 if units == 4 else 1 / 200)
    assert smallest_p("in_time", setup) == 1 / 14
    assert smallest_p("crv1", setup) == 0
    with pytest.raises(EstimationError, match="unknown method"):
        smallest_p("magic", setup)


def test_drawn_signs_count_the_observed_and_all_signs_hold_it() -> None:
    y = outcome(3)
    setup = prepare(POST, WEIGHTS)
    residual = residualise(setup, y)
    every = wild_cluster(setup, residual, draws=64)
    assert every == wild_cluster(setup, residual, treated=0, draws=64)  # the first where none is
    assert every != wild_cluster(setup, residual, treated=1, draws=64)  # named
    assert every * 64 == pytest.approx(round(float(every * 64)))
    some = wild_cluster(setup, residual, draws=63, seed=4)
    assert some * 64 == pytest.approx(round(float(some * 64)))


@pytest.mark.slow
def test_exact_test_holds_its_size_and_clustering_does_not() -> None:
    """White noise, equal units: exact by construction; 2000 panels."""
    panels = np.random.default_rng(12).normal(size=(2000, 20, PERIODS))
    setup = prepare(POST, np.ones(20))
    p = p_values(setup, panels, np.ones(20), draws=199, methods=METHODS[:8])
    error = 3 * np.sqrt(0.05 * 0.95 / 2000)
    assert np.mean(p["randomisation_coefficient"] <= 0.05) == pytest.approx(0.05, abs=error)
    assert np.mean(p["randomisation_t"] <= 0.05) == pytest.approx(0.05, abs=error)
    assert np.mean(p["classical"] <= 0.05) == pytest.approx(0.05, abs=error)
    assert np.mean(p["crv1"] <= 0.05) > 0.3
    assert np.mean(p["wild_null"] <= 0.05) < 0.01
    assert np.mean(p["ferman_pinto"] <= 0.05) < 0.09
