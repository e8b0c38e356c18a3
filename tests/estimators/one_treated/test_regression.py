"""The regression with one treated unit against other libraries, published numbers and itself."""

import causaldata
import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
import statsmodels.api as sm

from naveval.estimators.one_treated.inference import METHODS, p_values
from naveval.estimators.one_treated.regression import contrast, fit, prepare, residualise
from naveval.project.errors import EstimationError

UNITS, PERIODS = 7, 30
POST = (np.arange(PERIODS) >= 21).astype(float)
SEASON = np.arange(PERIODS) % 6


def panel(seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    outcome = generator.normal(size=(UNITS, PERIODS)).cumsum(1)
    weights = generator.uniform(0.5, 3, UNITS)
    covariates = generator.normal(size=(2, UNITS, PERIODS))
    return outcome, weights, covariates


def long(outcome: np.ndarray, weights: np.ndarray, covariates: np.ndarray, treated: int):
    unit = np.repeat(np.arange(UNITS), PERIODS)
    period = np.tile(np.arange(PERIODS), UNITS)
    return pd.DataFrame(
        {
            "y": outcome.ravel(),
            "unit": unit,
            "period": period,
            "season": SEASON[period],
            "post": POST[period],
            "d": (unit == treated) * POST[period],
            "w": np.repeat(weights, PERIODS),
            "x1": covariates[0].ravel(),
            "x2": covariates[1].ravel(),
        }
    )


FORMULAS = {
    "period": "y ~ d + x1 + x2 | unit + period",
    "season": "y ~ d + post + x1 + x2 | unit + season",
    "unit_season": "y ~ d + post + x1 + x2 | unit^season",
}


@pytest.mark.parametrize("time_effects", FORMULAS)
@pytest.mark.parametrize("treated", [0, 4])
def test_coefficient_agrees_with_pyfixest(time_effects: str, treated: int) -> None:
    outcome, weights, covariates = panel()
    setup = prepare(POST, weights, season=SEASON, time_effects=time_effects, covariates=covariates)
    found = fit(setup, outcome)
    rows = long(outcome, weights, covariates, treated)
    other = pf.feols(FORMULAS[time_effects], rows, weights="w", vcov={"CRV1": "unit"})
    assert found.effect[treated] == pytest.approx(other.coef()["d"], abs=1e-9)


def test_clustered_error_agrees_with_pyfixest_and_statsmodels() -> None:
    outcome, weights, covariates = panel()
    rows = long(outcome, weights, covariates, 2)
    found = fit(prepare(POST, weights, covariates=covariates), outcome)
    other = pf.feols(FORMULAS["period"], rows, weights="w", vcov={"CRV1": "unit"})
    assert found.std_error[2] == pytest.approx(other.se()["d"], rel=1e-8)
    dummies = pd.get_dummies(rows[["unit", "period"]].astype(str), drop_first=True).astype(float)
    design = pd.concat([rows[["d", "x1", "x2"]], dummies], axis=1).assign(constant=1.0)
    plain = sm.WLS(rows["y"], design, weights=rows["w"]).fit()
    clustered = plain.get_robustcov_results("cluster", groups=rows["unit"].to_numpy())
    n, k = design.shape
    nested = np.sqrt((n - k) / (n - (k - UNITS + 1)))
    assert found.std_error[2] == pytest.approx(clustered.bse[0] * nested, rel=1e-8)
    assert found.classical[2] == pytest.approx(plain.bse["d"], rel=1e-8)


def test_california_organ_donation_registrations() -> None:
    """Kessler and Roth (2014): −0.022 (0.006); exactly, chance does as well in 5 of 27 states."""
    data = causaldata.organ_donations.load_pandas().data
    wide = data.pivot(index="State", columns="Quarter_Num", values="Rate")
    treated = list(wide.index).index("California")
    setup = prepare((wide.columns.to_numpy() >= 4).astype(float), np.ones(len(wide)))
    found = fit(setup, wide.to_numpy())
    assert found.effect[treated] == pytest.approx(-0.022, abs=0.0005)
    assert found.std_error[treated] == pytest.approx(0.006, abs=0.0005)
    methods = tuple(m for m in METHODS if not m.startswith("in_time"))
    p = p_values(setup, wide.to_numpy(), np.ones(len(wide)), treated=treated, methods=methods)
    assert p["crv1"] < 0.01
    assert p["randomisation_coefficient"] == pytest.approx(5 / 27)


def test_season_and_period_effects_give_the_same_coefficient_without_covariates() -> None:
    outcome, weights, covariates = panel()
    season = prepare(POST, weights, season=SEASON, time_effects="season")
    period = prepare(POST, weights)
    np.testing.assert_allclose(fit(season, outcome).effect, fit(period, outcome).effect, atol=1e-12)
    with_covariates = [
        fit(prepare(POST, weights, season=SEASON, time_effects=t, covariates=covariates), outcome)
        for t in ("season", "period", "unit_season")
    ]
    effects = [found.effect[0] for found in with_covariates]
    assert len(set(np.round(effects, 6))) == 3


def test_every_option_changes_what_it_says() -> None:
    outcome, weights, covariates = panel()
    base = fit(prepare(POST, weights), outcome)
    equal = fit(prepare(POST, np.ones(UNITS)), outcome)
    controlled = fit(prepare(POST, weights, covariates=covariates), outcome)
    assert not np.allclose(base.effect, equal.effect)
    assert not np.allclose(base.effect, controlled.effect)
    doubled = fit(prepare(POST, 2 * weights), outcome)
    np.testing.assert_allclose(base.effect, doubled.effect)
    np.testing.assert_allclose(base.std_error, doubled.std_error)


def test_effect_is_the_difference_of_weighted_means() -> None:
    outcome, weights, _ = panel()
    change = outcome[:, POST == 1].mean(1) - outcome[:, POST == 0].mean(1)
    others = np.arange(1, UNITS)
    expected = change[0] - np.average(change[others], weights=weights[others])
    setup = prepare(POST, weights)
    assert fit(setup, outcome).effect[0] == pytest.approx(expected, abs=1e-12)
    residual = residualise(setup, outcome)
    assert contrast(setup, residual)[0] / (1 - setup.weights[0]) == pytest.approx(expected)


def test_many_panels_at_once_equal_one_at_a_time() -> None:
    panels = np.stack([panel(seed)[0] for seed in range(5)])
    setup = prepare(POST, panel()[1])
    together = fit(setup, panels)
    for k in range(5):
        np.testing.assert_allclose(together.effect[k], fit(setup, panels[k]).effect)
        np.testing.assert_allclose(together.std_error[k], fit(setup, panels[k]).std_error)


def test_a_true_effect_is_found() -> None:
    outcome, weights, covariates = panel()
    setup = prepare(POST, weights, covariates=covariates)
    raised = outcome.copy()
    raised[3] += 1.7 * POST
    gained = fit(setup, raised).effect[3] - fit(setup, outcome).effect[3]
    assert gained == pytest.approx(1.7, abs=1e-10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time_effects": "year"}, "allowed: period, season, unit_season"),
        ({"time_effects": "season"}, "need one season per period"),
        ({"post": np.ones(PERIODS)}, "no period before"),
        ({"weights": np.zeros(UNITS)}, "weights: 0, rows 0, .*expected above 0"),
        ({"weights": np.ones(2)}, "2 units"),
        ({"covariates": np.zeros((1, 2, 3))}, "expected \\(n, 7, 30\\)"),
        (
            {"covariates": np.full((2, UNITS, PERIODS), np.nan)},
            "covariates: missing or infinite, rows 0, 1",
        ),
    ],
)
def test_faults_are_told(change: dict, message: str) -> None:
    options = {"post": POST, "weights": np.ones(UNITS), **change}
    with pytest.raises(EstimationError, match=message):
        prepare(options.pop("post"), options.pop("weights"), **options)


def test_missing_values_and_wrong_shapes_are_refused() -> None:
    outcome, weights, _ = panel()
    setup = prepare(POST, weights)
    with pytest.raises(EstimationError, match=r"expected \(7, 30\)"):
        fit(setup, outcome.T)
    outcome[0, 0] = np.nan
    with pytest.raises(EstimationError, match="missing"):
        fit(setup, outcome)


def test_covariates_that_do_not_vary_change_nothing() -> None:
    outcome, weights, _ = panel()
    constant = prepare(POST, weights, covariates=np.ones((2, UNITS, PERIODS)))
    found, without = fit(constant, outcome), fit(prepare(POST, weights), outcome)
    np.testing.assert_array_equal(found.effect, without.effect)
    assert constant.n_parameters == prepare(POST, weights).n_parameters


def test_covariates_that_explain_the_treatment_are_refused() -> None:
    _, weights, _ = panel()
    treatment = np.zeros((1, UNITS, PERIODS))
    treatment[0, 0] = POST
    with pytest.raises(EstimationError, match="explain a unit's treatment"):
        prepare(POST, weights, covariates=treatment)
