"""Balance, overlap and omitted-variable bounds."""

import numpy as np
import pytest

from naveval.estimators import overlap, scores
from naveval.estimators.crossfit import Nuisances
from naveval.estimators.sensitivity import confounding
from naveval.project.errors import EstimationError


def two_arms(n: int = 4000, seed: int = 0) -> tuple[np.ndarray, Nuisances, scores.Scores]:
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(size=n), rng.integers(0, 3, n)]).astype(float)
    e = 1 / (1 + np.exp(-0.8 * x[:, 0]))
    arm = (rng.random(n) < e).astype(int)
    y = (x[:, 0] + 0.5 * arm + rng.normal(size=n))[:, None]
    model = np.stack([x[:, [0]], x[:, [0]] + 0.5], axis=1)
    given = Nuisances(("none", "course"), ("y",), np.column_stack([1 - e, e]), model, arm * 0)
    return x, given, scores.doubly_robust(y, arm, given)


def test_weighting_balances_what_selection_unbalanced() -> None:
    x, _, made = two_arms()
    table = overlap.balance(made, 1, x, ["chosen_on", "not"])
    assert abs(table.smd_raw[0]) > 0.5
    assert (table.smd_weighted.abs() < 0.06).all()
    treated, control = x[made.arm == 1, 0], x[made.arm == 0, 0]
    pooled = np.sqrt((treated.var() + control.var()) / 2)
    assert table.smd_raw[0] == pytest.approx((treated.mean() - control.mean()) / pooled)
    constant = overlap.balance(made, 1, np.ones((len(x), 1)), ["one"])
    assert constant.smd_raw[0] == 0


def test_overlap_is_counted_and_nobody_is_dropped() -> None:
    _, given, made = two_arms()
    table = overlap.summary(made, given)
    assert table["below_0.01"][0] == (given.propensity[:, 1] < 0.01).sum()
    assert table.overlap[0] == "good"
    assert 1 < table.effective_controls[0] <= (made.arm == 0).sum()
    thin = Nuisances(
        given.arms,
        given.outcomes,
        np.where(np.arange(len(made.arm))[:, None] % 5 == 0, [[0.9995, 0.0005]], given.propensity),
        given.outcome_model,
        given.fold,
    )
    poor = scores.doubly_robust(made.y, made.arm, thin, clip=0.01)
    assert overlap.summary(poor, thin).overlap[0] == "poor"
    assert overlap.summary(poor, thin).n_clipped[0] >= 800
    assert overlap.effective_size(np.ones(7)) == pytest.approx(7)


@pytest.mark.parametrize(("estimand", "score"), [("ate", "ATE"), ("att", "ATTE")])
def test_bounds_equal_doubleml(estimand: str, score: str) -> None:
    import doubleml
    from sklearn.linear_model import LinearRegression, LogisticRegression

    x, given, made = two_arms(800)
    made = scores.doubly_robust(made.y, made.arm, given, normalize=False)
    data = doubleml.DoubleMLData.from_arrays(x, made.y[:, 0], made.arm)
    model = doubleml.DoubleMLIRM(
        data,
        LinearRegression(),
        LogisticRegression(),
        score=score,
        ps_processor_config=doubleml.utils.PSProcessorConfig(clipping_threshold=1e-12),
    )
    nuisances = {
        "ml_g0": given.outcome_model[:, 0, :],
        "ml_g1": given.outcome_model[:, 1, :],
        "ml_m": given.propensity[:, [1]],
    }
    model.fit(external_predictions={"d": nuisances})
    model.sensitivity_analysis(cf_y=0.05, cf_d=0.04, rho=1.0)
    theirs = model.sensitivity_params
    mine = confounding.bounds(made, 1, estimand, cf_y=0.05, cf_d=0.04)
    low, high = (float(theirs["theta"][side][0]) for side in ("lower", "upper"))
    assert mine.largest_bias[0] == pytest.approx((high - low) / 2, abs=1e-8)
    if estimand == "ate":  # the ATET's weights are always normalised here, never theirs
        assert mine.estimate[0] == pytest.approx(model.coef[0], abs=1e-10)
        assert mine.lower[0] == pytest.approx(low, abs=1e-8)
        assert mine.robustness_value[0] == pytest.approx(float(theirs["rv"][0]), abs=1e-3)


def test_bounds_contain_the_truth_when_a_confounder_is_left_out() -> None:
    rng = np.random.default_rng(2)
    n = 20_000
    x, hidden = rng.normal(size=(2, n))
    e = 1 / (1 + np.exp(-0.5 * x - 0.4 * hidden))
    arm = (rng.random(n) < e).astype(int)
    y = (x + 0.4 * hidden + rng.normal(size=n))[:, None]
    seen = 1 / (1 + np.exp(-0.48 * x))
    slope = np.polyfit(x[arm == 0], y[arm == 0, 0], 1), np.polyfit(x[arm == 1], y[arm == 1, 0], 1)
    model = np.stack([np.polyval(s, x)[:, None] for s in slope], axis=1)
    given = Nuisances(("0", "1"), ("y",), np.column_stack([1 - seen, seen]), model, arm * 0)
    made = scores.doubly_robust(y, arm, given)
    for estimand in ("ate", "att"):
        wide = confounding.bounds(made, 1, estimand, cf_y=0.16, cf_d=0.05)
        assert wide.estimate[0] > 0.1
        assert wide.lower[0] < 0 < wide.upper[0]
        none = confounding.bounds(made, 1, estimand, cf_y=0, cf_d=0)
        assert none.lower[0] == none.estimate[0] == none.upper[0]
        c = none.robustness_value[0]
        at = confounding.bounds(made, 1, estimand, cf_y=c, cf_d=c)
        assert at.lower[0] == pytest.approx(0, abs=1e-9)
        assert none.robustness_value_ci[0] < c
    with pytest.raises(EstimationError, match="cf_y must be 0 to 1"):
        confounding.bounds(made, 1, cf_d=1.0)
    with pytest.raises(EstimationError, match="allowed: ate, att"):
        confounding.bounds(made, 1, "apo")  # type: ignore[arg-type]
