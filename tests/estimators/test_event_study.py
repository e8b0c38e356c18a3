"""Event studies against pyfixest and by hand; the joint test of the time before."""

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
from scipy import stats

from naveval.estimators.event_study import NEVER, event_study, gap_study, joint_wald
from naveval.project.errors import EstimationError


def panel(seed: int = 1, effect: float = 0.5, trend: float = 0.0) -> pd.DataFrame:
    """40 units, half treated from period 6 of 10."""
    generator = np.random.default_rng(seed)
    unit, period = np.repeat(np.arange(40), 10), np.tile(np.arange(10), 40)
    treated = unit < 20
    event = np.where(treated, period - 6, NEVER)
    y = generator.normal(size=40)[unit] + 0.1 * period + generator.normal(size=400)
    y = y + effect * (event >= 0) + trend * treated * period
    rows = pd.DataFrame({"y": y, "unit": unit, "period": period, "event": event})
    return rows.drop(index=[3, 57, 300]).reset_index(drop=True)


def study(rows: pd.DataFrame, **options):
    return event_study(
        *(rows[name].to_numpy() for name in ("y", "unit", "period", "event")), **options
    )


def test_agrees_with_pyfixest_on_an_unbalanced_panel() -> None:
    rows = panel()
    found = study(rows)
    dummies = {f"e{int(t) + 20}": (rows["event"] == t).astype(float) for t in found.event_time}
    other = pf.feols(
        "y ~ " + " + ".join(dummies) + " | unit + period",
        rows.assign(**dummies),
        vcov={"CRV1": "unit"},
    )
    np.testing.assert_allclose(found.estimate, other.coef()[list(dummies)], atol=1e-9)
    np.testing.assert_allclose(found.std_error, other.se()[list(dummies)], rtol=1e-7)


def test_pre_trend_test_is_null_without_and_rejects_with_a_trend() -> None:
    assert study(panel()).pre_trend.p_value > 0.05
    trended = study(panel(trend=0.4)).pre_trend
    assert trended.p_value < 0.01
    assert trended.freedom == 5
    assert trended.denominator == 39


def test_options_change_what_they_say() -> None:
    rows = panel()
    base, other = study(rows), study(rows, reference=-3)
    assert -3 in base.event_time
    assert -3 not in other.event_time
    at = list(base.event_time).index(-3)
    first = list(other.event_time).index(0)
    gap = base.estimate[list(base.event_time).index(0)] - base.estimate[at]
    assert other.estimate[first] == pytest.approx(gap)
    binned = study(rows, window=(-4, 2))
    assert binned.event_time.tolist() == [-4, -3, -2, 0, 1, 2]
    weighted = study(rows, weights=np.linspace(1, 3, len(rows)))
    assert not np.allclose(weighted.estimate, base.estimate)


def test_joint_wald_is_the_textbook_one() -> None:
    generator = np.random.default_rng(3)
    root = generator.normal(size=(4, 4))
    covariance, estimate = root @ root.T, generator.normal(size=4)
    statistic = estimate @ np.linalg.inv(covariance) @ estimate
    chi = joint_wald(estimate, covariance)
    assert chi.statistic == pytest.approx(statistic)
    assert chi.p_value == pytest.approx(stats.chi2.sf(statistic, 4))
    f = joint_wald(estimate, covariance, n_clusters=20)
    assert f.p_value == pytest.approx(stats.f.sf(statistic / 4, 4, 19))


def test_joint_wald_refuses_a_covariance_without_full_rank() -> None:
    one = np.array([[1.0, 2.0], [2.0, 4.0]])
    with pytest.raises(EstimationError, match="rank 1"):
        joint_wald(np.ones(2), one)
    with pytest.raises(EstimationError, match="no variance"):
        joint_wald(np.ones(2), np.diag([1.0, 0.0]))


def test_one_treated_cluster_has_no_joint_test() -> None:
    rows = panel()
    rows["event"] = np.where(rows["unit"] == 0, rows["period"] - 6, NEVER)
    with pytest.raises(EstimationError, match="use gap_study"):
        study(rows)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reference": 99}, "does not occur"),
        ({"event": 0}, "does not occur"),
    ],
)
def test_faults_are_told(change: dict, message: str) -> None:
    rows = panel()
    if "event" in change:
        rows["event"] = NEVER
        change = {}
    with pytest.raises(EstimationError, match=message):
        study(rows, **change)


def test_everybody_treated_at_once_is_refused() -> None:
    rows = panel()
    rows["event"] = rows["period"] - 6
    with pytest.raises(EstimationError, match="collinear"):
        study(rows)


def test_crv3_equals_pyfixest() -> None:
    rows = panel()
    found = study(rows, covariance="crv3")
    dummies = {f"e{int(t) + 20}": (rows["event"] == t).astype(float) for t in found.event_time}
    other = pf.feols(
        "y ~ " + " + ".join(dummies) + " | unit + period",
        rows.assign(**dummies),
        vcov={"CRV3": "unit"},
        ssc=pf.ssc(k_adj=False, G_adj=False),
        fixef_tol=1e-12,
    )
    factor = np.sqrt(39 / 40)
    np.testing.assert_allclose(found.std_error, factor * other.se()[list(dummies)], rtol=1e-8)
    assert (found.std_error != study(rows).std_error).all()
    with pytest.raises(EstimationError, match="not among crv1, crv3"):
        study(rows, covariance="hc1")


def test_weights_count_rows() -> None:
    rows = panel()
    times = np.where(rows["unit"] % 3 == 0, 2, 1)
    weighted = study(rows, weights=times.astype(float))
    copies = study(rows.loc[rows.index.repeat(times)].reset_index(drop=True))
    np.testing.assert_allclose(weighted.estimate, copies.estimate, rtol=1e-9)


def missing(rows: pd.DataFrame) -> dict:
    rows.loc[[4, 9], "y"] = np.nan
    return {}


def zero_weight(rows: pd.DataFrame) -> dict:
    return {"weights": (rows["unit"] != 3).to_numpy(float)}


def negative_weight(rows: pd.DataFrame) -> dict:
    return {"weights": np.where(rows.index == 7, -1.0, 1.0)}


def staggered(rows: pd.DataFrame) -> dict:
    later = (rows["unit"] >= 10) & (rows["event"] != NEVER)
    rows.loc[later, "event"] -= 1
    return {}


def missing_unit(rows: pd.DataFrame) -> dict:
    rows["unit"] = rows["unit"].where(rows["unit"] != 5)
    return {}


def sometimes_treated(rows: pd.DataFrame) -> dict:
    rows.loc[(rows["unit"] == 2) & (rows["period"] < 3), "event"] = NEVER
    return {}


def short_weights(rows: pd.DataFrame) -> dict:
    return {"weights": np.ones(5)}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (missing, "outcome: missing or infinite, rows "),
        (zero_weight, "weights: 0, rows .*; expected above 0"),
        (negative_weight, "weights: -.*, rows .*; expected above 0"),
        (staggered, "start at different times.*group_time"),
        (missing_unit, "unit: missing, rows "),
        (sometimes_treated, "in some rows and not in others"),
        (short_weights, r"weights of shape \(5,\); expected \(397,\)"),
    ],
)
def test_rows_that_cannot_be_used_are_named(spoil, message: str) -> None:
    rows = panel()
    options = spoil(rows)
    with pytest.raises(EstimationError, match=message):
        study(rows, **options)


def test_gap_study_by_hand() -> None:
    generator = np.random.default_rng(6)
    y, weights = generator.normal(size=(5, 20)), np.array([1.0, 2, 3, 4, 5])
    found = gap_study(y, weights, 14, treated=2)
    others = np.delete(np.arange(5), 2)
    gap = y[2] - np.average(y[others], axis=0, weights=weights[others])
    expected = gap - gap[:14].mean()
    np.testing.assert_allclose(found.estimate, expected)
    assert found.rms_before == pytest.approx(np.sqrt(np.mean(expected[:14] ** 2)))
    slope = np.polyfit(np.arange(14), expected[:14], 1)[0]
    assert found.slope_before == pytest.approx(slope)
    one = gap_study(y, weights, 14, treated=2, reference=[13])
    np.testing.assert_allclose(one.estimate, gap - gap[13])
    with pytest.raises(EstimationError, match="reference periods"):
        gap_study(y, weights, 14, reference=[14])
    unknown = y.copy()
    unknown[1, 8:10] = np.nan
    with pytest.raises(EstimationError, match="outcome: missing or infinite, rows 1"):
        gap_study(unknown, weights, 14)
    for wrong in (weights - 1, weights[:4]):
        with pytest.raises(EstimationError, match="weights"):
            gap_study(y, wrong, 14)


def test_gap_study_sees_a_trend_before() -> None:
    generator = np.random.default_rng(7)
    y = generator.normal(size=(20, 40))
    y[0] += 0.2 * np.arange(40)
    found = gap_study(y, np.ones(20), 30)
    assert found.p_value_slope == pytest.approx(1 / 20)
    assert found.p_value_before == pytest.approx(1 / 20)
    assert gap_study(y[1:], np.ones(19), 30).p_value_slope > 0.05


@pytest.mark.slow
def test_pre_trend_test_holds_its_size() -> None:
    p = [study(panel(seed=seed)).pre_trend.p_value for seed in range(400)]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(
        0.05, abs=3 * np.sqrt(0.05 * 0.95 / 400) + 0.03
    )
