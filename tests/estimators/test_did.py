"""Difference-in-differences: against pyfixest and linearmodels, and its own refusals."""

import warnings

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
from linearmodels.iv.absorbing import AbsorbingLS

from naveval.estimators import did
from naveval.project.errors import EstimationError, EstimationWarning

Data = pd.DataFrame


def panel(n: int = 3000, n_persons: int = 250, seed: int = 1) -> Data:
    rng = np.random.default_rng(seed)
    person = rng.integers(0, n_persons, n)
    frame = pd.DataFrame(
        {
            "person": person,
            "duration": rng.integers(0, 20, n),
            "month": rng.integers(0, 12, n),
            "treated": rng.random(n) < 0.5,
        }
    )
    frame["treated"] = frame["treated"].astype(float)
    frame["treated_post"] = frame["treated"] * (frame["month"] >= 6)
    frame["x"] = rng.normal(size=n) + frame["duration"] / 10
    shock = rng.normal(size=n_persons)[person]
    frame["y"] = (
        0.3 * frame["treated_post"]
        + frame["x"]
        + np.sin(frame["month"])
        + shock
        + rng.normal(size=n)
    )
    return frame


def fitted(frame: Data, names: list[str], effects: list[str]) -> did.Fit:
    return did.fit(
        frame["y"].to_numpy(),
        frame[names].to_numpy(),
        [frame[name].to_numpy() for name in effects],
        frame["person"].to_numpy(),
        names,
    )


@pytest.mark.parametrize(
    "names", [["treated_post"], ["treated_post", "treated"], ["treated_post", "treated", "x"]]
)
@pytest.mark.parametrize(
    "effects", [["month"], ["duration", "month"], ["month", "duration", "treated"]]
)
def test_estimates_and_clustered_errors_equal_pyfixest(
    names: list[str], effects: list[str]
) -> None:
    names = [name for name in names if name not in effects]
    frame = panel()
    own = fitted(frame, names, effects)
    other = pf.feols(
        f"y ~ {' + '.join(names)} | {' + '.join(effects)}",
        data=frame,
        vcov={"CRV1": "person"},
        fixef_tol=1e-12,
    )
    np.testing.assert_allclose(own.coefficients, other.coef()[names], rtol=0, atol=1e-8)
    np.testing.assert_allclose(own.std_errors, other.se()[names], rtol=1e-6, atol=0)
    p_values = [did.one(own, name).p_value for name in names]
    np.testing.assert_allclose(p_values, other.pvalue()[names], rtol=0, atol=1e-6)
    assert own.r_squared == pytest.approx(other._r2, abs=1e-8)


def test_estimates_equal_linearmodels() -> None:
    frame, names = panel(), ["treated_post", "treated"]
    own = fitted(frame, names, ["duration", "month"])
    other = AbsorbingLS(
        frame["y"], frame[names], absorb=frame[["duration", "month"]].astype("category")
    ).fit(cov_type="clustered", clusters=frame["person"], debiased=False)
    np.testing.assert_allclose(own.coefficients, other.params[names], atol=1e-8)
    np.testing.assert_allclose(own.std_errors, other.std_errors[names], rtol=0.02)


def test_equals_dummies_by_least_squares() -> None:
    frame, names = panel(400, 40), ["treated_post", "treated"]
    own = fitted(frame, names, ["duration", "month"])
    design = np.column_stack(
        [frame[names]]
        + [pd.get_dummies(frame[name], dtype=float) for name in ("duration", "month")]
    )
    beta = np.linalg.lstsq(design, frame["y"], rcond=None)[0]
    np.testing.assert_allclose(own.coefficients, beta[:2], atol=1e-10)


def test_cells_change_nothing() -> None:
    frame, names = panel(), ["treated_post", "treated"]
    plain = fitted(frame, names, ["duration", "month"])
    cell, first = did.compress(
        *(frame[name].to_numpy().astype(int) for name in ("duration", "month", "treated"))
    )
    rows = frame.iloc[first]
    short = did.fit(
        frame["y"].to_numpy(),
        rows[names].to_numpy(),
        [rows["duration"].to_numpy(), rows["month"].to_numpy()],
        frame["person"].to_numpy(),
        names,
        cell,
    )
    np.testing.assert_allclose(short.coefficients, plain.coefficients, atol=1e-10)
    np.testing.assert_allclose(short.covariance, plain.covariance, atol=1e-12)
    assert short.r_squared == pytest.approx(plain.r_squared)


def test_influence_gives_the_covariance() -> None:
    own = fitted(panel(), ["treated_post", "x"], ["month"])
    np.testing.assert_allclose(
        own.influence.T @ own.influence * own.correction, own.covariance, rtol=1e-12
    )
    assert own.n_clusters == own.clusters.size == len(own.influence)


def test_clustering_matters() -> None:
    frame = panel()
    clustered = fitted(frame, ["x"], ["month"])
    alone = fitted(frame.assign(person=range(len(frame))), ["x"], ["month"])
    assert clustered.n_clusters < alone.n_clusters
    assert clustered.std_errors[0] != pytest.approx(alone.std_errors[0], rel=1e-3)


def test_level_widens_the_interval() -> None:
    own = fitted(panel(), ["treated_post"], ["month"])
    narrow, wide = did.one(own, "treated_post", 0.8), did.one(own, "treated_post", 0.99)
    assert wide.ci_low < narrow.ci_low < own.coefficients[0] < narrow.ci_high < wide.ci_high
    with pytest.raises(EstimationError, match="fitted: treated_post"):
        did.one(own, "treated")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"treated_post": 1.0}, "collinear with the absorbed effects: treated_post"),
        ({"person": 7}, "1 cluster; at least 2"),
        ({"y": np.nan}, "missing or infinite"),
    ],
)
def test_refuses_what_it_cannot_estimate(change: dict[str, float], message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        fitted(panel().assign(**change), ["treated_post"], ["month"])


def test_refuses_collinear_regressors_and_shapes() -> None:
    frame = panel()
    frame["twice"] = 2 * frame["treated_post"]
    with pytest.raises(EstimationError, match="collinear with each other"):
        fitted(frame, ["treated_post", "twice"], ["month"])
    with pytest.raises(EstimationError, match=r"cluster of shape \(2,\); expected \(3,\)"):
        did.fit(np.ones(3), np.ones((3, 1)), [], np.zeros(2), ["x"])
    with pytest.raises(EstimationError, match="none left"):
        did.fit(np.array([1.0, 2.0]), np.array([[1.0], [3.0]]), [np.zeros(2)], np.arange(2), ["x"])
    n = 4000
    with pytest.raises(EstimationError, match="at most 3000"):
        did.fit(np.ones(n), np.ones((n, 1)), [np.arange(n)], np.arange(n), ["x"])


def few_clusters(treated: int = 4, seed: int = 1) -> Data:
    """Nine clusters of unequal size, the first `treated` of them treated from month 6."""
    rng = np.random.default_rng(seed)
    cluster = np.concatenate([np.arange(9), rng.choice(9, 591, p=np.arange(1, 10) / 45)])
    frame = pd.DataFrame({"person": cluster, "month": rng.integers(0, 12, 600)})
    frame["treated"] = (frame["person"] < treated).astype(float)
    frame["treated_post"] = frame["treated"] * (frame["month"] >= 6)
    frame["x"] = rng.normal(size=600)
    shock = rng.normal(size=9)[cluster]
    return frame.assign(y=0.3 * frame["treated_post"] + frame["x"] + shock + rng.normal(size=600))


def jackknifed(frame: Data, names: list[str], effects: list[str], **options: bool) -> did.Fit:
    return did.jackknife(
        fitted(frame, names, effects),
        frame["y"].to_numpy(),
        frame[names].to_numpy(),
        [frame[name].to_numpy() for name in effects],
        frame["person"].to_numpy(),
        **options,
    )


@pytest.mark.parametrize("names", [["treated_post", "treated"], ["treated_post", "treated", "x"]])
def test_crv3_equals_pyfixest(names: list[str]) -> None:
    frame = few_clusters()
    formula, vcov = f"y ~ {' + '.join(names)} | month", {"CRV3": "person"}
    plain = pf.feols(formula, frame, vcov=vcov, ssc=pf.ssc(k_adj=False, G_adj=False))
    own = jackknifed(frame, names, ["month"])
    np.testing.assert_allclose(own.std_errors, np.sqrt(8 / 9) * plain.se()[names], rtol=1e-8)
    assert own.kind == "CRV3"
    adjusted = jackknifed(frame, names, ["month"], small_sample=True)
    default = pf.feols(formula, frame, vcov=vcov)
    np.testing.assert_allclose(adjusted.std_errors, default.se()[names], rtol=1e-8)


def test_crv3_is_the_jackknife_and_exceeds_crv1_when_clusters_are_few() -> None:
    frame, names = few_clusters(), ["treated_post", "treated"]
    plain, own = fitted(frame, names, ["month"]), jackknifed(frame, names, ["month"])
    without = [fitted(frame[frame["person"] != g], names, ["month"]) for g in range(9)]
    gaps = np.array([part.coefficients for part in without]) - plain.coefficients
    np.testing.assert_allclose(own.covariance, gaps.T @ gaps * 8 / 9, rtol=1e-9)
    assert own.std_errors[1] > plain.std_errors[1]
    np.testing.assert_array_equal(own.coefficients, plain.coefficients)
    assert did.one(own, "treated").p_value > did.one(plain, "treated").p_value


def test_crv3_with_effects_nested_in_clusters_leaves_them_out_too() -> None:
    """Two persons' effects per cluster are swept out within it; so is the plain leave-one-out."""
    frame = few_clusters().assign(half=lambda f: 2 * f["person"] + (f["x"] > 0))
    names, effects = ["treated_post"], ["month", "half"]
    plain, own = fitted(frame, names, effects), jackknifed(frame, names, effects)
    without = [fitted(frame[frame["person"] != g], names, effects) for g in range(9)]
    gaps = np.array([part.coefficients for part in without]) - plain.coefficients
    np.testing.assert_allclose(own.covariance, gaps.T @ gaps * 8 / 9, rtol=1e-9)


def test_crv3_of_cells_is_that_of_rows() -> None:
    frame, names = few_clusters(), ["treated_post", "treated"]
    cell, first = did.compress(frame["month"].to_numpy(), frame["treated"].to_numpy().astype(int))
    rows = frame.iloc[first]
    given = (frame["y"].to_numpy(), rows[names].to_numpy(), [rows["month"].to_numpy()])
    short = did.fit(*given, frame["person"].to_numpy(), names, cell)
    found = did.jackknife(short, *given, frame["person"].to_numpy(), cell)
    plain = jackknifed(frame, names, ["month"])
    np.testing.assert_allclose(found.covariance, plain.covariance, rtol=1e-8)


def test_one_treated_cluster_warns_and_names_the_road() -> None:
    frame = few_clusters(treated=1)
    names, effects = ["treated_post"], ["month", "person"]
    with pytest.warns(EstimationWarning, match=r"treated_post: rests on one .*one_treated"):
        alone = fitted(frame, names, effects)
    assert alone.alone == ("treated_post",)
    found = did.one(alone, "treated_post")
    assert np.isfinite([found.estimate, found.std_error]).all()
    assert np.isnan([found.ci_low, found.ci_high, found.p_value]).all()
    with (
        warnings.catch_warnings(action="ignore"),
        pytest.raises(EstimationError, match=r"without one of 9 clusters.*one_treated"),
    ):
        jackknifed(frame, names, effects)


def test_one_untreated_cluster_warns_too_and_two_treated_do_not() -> None:
    frame = few_clusters(treated=8)
    frame["treated_post"] = (frame["month"] >= 6) * frame["treated"]
    with pytest.warns(EstimationWarning, match="one_treated"):
        fitted(frame[frame["person"] != 0], ["treated_post"], ["month", "person"])
    balanced = pd.DataFrame({"person": np.repeat(np.arange(9), 12), "month": np.tile(range(12), 9)})
    balanced["treated_post"] = ((balanced["person"] < 2) & (balanced["month"] >= 6)).astype(float)
    balanced["y"] = np.random.default_rng(3).normal(size=108)
    with warnings.catch_warnings(action="error", category=EstimationWarning):
        two = fitted(balanced, ["treated_post"], ["month", "person"])
    assert two.alone == ()


@pytest.mark.parametrize("column", ["person", "month"])
def test_a_missing_label_is_no_cluster_and_no_effect(column: str) -> None:
    frame = few_clusters()
    frame[column] = frame[column].astype(float)
    frame.loc[[3, 5], column] = np.nan
    with pytest.raises(EstimationError, match="missing, rows 3, 5"):
        fitted(frame, ["treated_post", "treated"], ["month"])
