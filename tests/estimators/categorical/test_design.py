import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import norm

from naveval.estimators.categorical import design as categorical
from naveval.estimators.categorical import ols, probit
from naveval.estimators.categorical.design import Variable
from naveval.project.errors import EstimationError

LEVELS = (7, 3, 2, 2, 11, 20)


def variables() -> list[Variable]:
    return [
        Variable(f"v{j}", tuple(str(k) for k in range(size)), reference=j % 2)
        for j, size in enumerate(LEVELS)
    ]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(5)
    n = 8000
    columns = [rng.integers(0, size, n).astype(np.int8) for size in LEVELS]
    design = categorical.make_design(variables(), max_pack=60)
    truth = rng.normal(0, 0.3, len(design.names))
    codes = categorical.pack_codes(design, columns)
    index = categorical.linear(design, truth, codes)
    y = index + rng.normal(0, 2, n)
    job = (index + rng.normal(0, 1, n) > 0).astype(np.uint8)
    return design, columns, codes, y, job, dense(design, columns)


def dense(design, columns):
    x = [np.ones(len(columns[0]))]
    for variable, column in zip(design.variables, columns, strict=True):
        x += [column == k for k in range(len(variable.levels)) if k != variable.reference]
    return np.column_stack(x).astype(float)


def glm(y, x):
    probit_link = sm.families.links.Probit()
    return sm.GLM(y, x, family=sm.families.Binomial(link=probit_link)).fit(tol=1e-13, maxiter=200)


def halves(codes, y):
    cut = len(y) // 3
    return [([c[:cut] for c in codes], y[:cut]), ([c[cut:] for c in codes], y[cut:])]


def test_linear_index_is_dense_product(data):
    design, _, codes, _, _, x = data
    b = np.arange(len(design.names)) / 10
    assert np.allclose(categorical.linear(design, b, codes), x @ b)


def test_cross_product_matches_dense(data):
    design, _, codes, y, _, x = data
    weights = np.abs(y)
    assert np.allclose(categorical.gram(design, codes, weights), x.T @ (x * weights[:, None]))
    assert np.allclose(categorical.gram(design, codes), x.T @ x)


def test_grouped_moments_matches_dense(data):
    design, columns, codes, y, _, x = data
    groups = columns[5].astype(np.int64)
    got = categorical.grouped_moments(design, codes, groups, 20, y) @ design.expand
    want = np.vstack([x[groups == g].T @ y[groups == g] for g in range(20)])
    assert np.allclose(got, want)


def test_ols_matches_statsmodels(data):
    design, _, codes, y, _, x = data
    fit = ols.fit_ols(design, halves(codes, y))
    peer = sm.OLS(y, x).fit()
    assert np.abs(fit.coefficients - peer.params).max() < 1e-9
    assert np.allclose(fit.std_errors, peer.bse)
    assert fit.r2 == pytest.approx(peer.rsquared)


def test_probit_matches_statsmodels(data):
    design, _, codes, _, job, x = data
    fit = probit.fit_probit(design, halves(codes, job))
    peer = glm(job, x)
    assert np.abs(fit.coefficients - peer.params).max() < 1e-7
    sign = 2.0 * job - 1
    index = sign * (x @ peer.params)
    mills = norm.pdf(index) / norm.cdf(index)
    hessian = x.T @ (x * (mills * (mills + index))[:, None])
    assert np.allclose(fit.covariance, np.linalg.inv(hessian))
    assert fit.r2 == pytest.approx(1 - peer.llf / peer.llnull)


def test_ols_residuals_sum_to_zero_in_every_category(data):
    design, _, codes, y, _, _ = data
    fit = ols.fit_ols(design, halves(codes, y))
    gap = y - probit.expected(fit, codes)
    assert np.abs(categorical.moments(design, codes, gap) @ design.expand).max() < 1e-8


def test_category_without_rows_is_named(data):
    design, columns, _, y, _, _ = data
    column = np.where(columns[4] == 3, 4, columns[4])
    codes = categorical.pack_codes(design, [*columns[:4], column, columns[5]])
    fit = ols.fit_ols(design, [(codes, y)])
    assert fit.dropped == {"v4=3": "no rows"}


def test_collinear_category_is_named(data):
    design, columns, _, y, _, _ = data
    copy = columns[2].copy()
    codes = categorical.pack_codes(design, [*columns[:3], copy, *columns[4:]])
    fit = ols.fit_ols(design, [(codes, y)])
    assert list(fit.dropped.values()) == ["combination of other columns"]
    assert np.allclose((y - probit.expected(fit, codes)).mean(), 0)


def test_code_outside_levels_names_the_variable(data):
    design, columns, *_ = data
    bad = columns[1].copy()
    bad[17] = 3
    with pytest.raises(EstimationError, match=r"v1.*1 rows.*\[17\]"):
        categorical.pack_codes(design, [columns[0], bad, *columns[2:]])


def test_perfect_prediction_is_named_and_kept_out(data):
    design, columns, codes, _, job, x = data
    forced = np.where(columns[4] == 6, 0, job).astype(np.uint8)
    forced = np.where(columns[5] == 9, 1, forced).astype(np.uint8)
    forced = np.where((columns[4] == 6) & (columns[5] == 9), 0, forced).astype(np.uint8)
    fit = probit.fit_probit(design, halves(codes, forced))
    assert fit.perfect == {"v4=6": 0, "v5=9": 1}
    assert "v4=6" in fit.dropped
    assert np.all(probit.expected(fit, codes)[columns[4] == 6] == 0)
    own = (columns[4] != 6) & (columns[5] != 9)
    keep = [k for k, name in enumerate(design.names) if name not in fit.perfect]
    peer = glm(forced[own], x[own][:, keep])
    assert np.abs(fit.coefficients[keep] - peer.params).max() < 1e-7


def test_perfect_reference_is_refused(data):
    design, columns, codes, _, job, _ = data
    forced = np.where(columns[0] == 0, 0, job).astype(np.uint8)
    with pytest.raises(EstimationError, match="reference v0=0"):
        probit.fit_probit(design, [(codes, forced)])


def test_constant_outcome_is_refused(data):
    design, _, codes, _, job, _ = data
    with pytest.raises(EstimationError, match="all outcomes are equal"):
        probit.fit_probit(design, [(codes, np.zeros_like(job))])


def test_start_does_not_change_the_answer(data):
    design, _, codes, _, job, _ = data
    first = probit.fit_probit(design, [(codes, job)])
    again = probit.fit_probit(design, [(codes, job)], start=first.coefficients + 0.05)
    assert np.abs(first.coefficients - again.coefficients).max() < 1e-8
    assert again.iterations <= first.iterations + 3


def test_design_refuses_a_single_level():
    with pytest.raises(EstimationError, match="two or more levels"):
        categorical.make_design([Variable("a", ("x",))])
