import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import norm

from naveval.estimators.categorical import Variable, column_names, ols, probit
from naveval.estimators.categorical import design as categorical
from naveval.estimators.categorical.separation import separation
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
    with pytest.raises(
        EstimationError, match="v1: holds 3, rows 17; expected whole numbers 0 to 2"
    ):
        categorical.pack_codes(design, [columns[0], bad, *columns[2:]])
    for code in (np.nan, 0.5, -1.0, np.inf):
        bad = columns[1].astype(float)
        bad[17] = code
        with pytest.raises(EstimationError, match=r"v1: .*, rows 17"):
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


def test_perfect_reference_is_named_and_another_takes_its_place(data):
    design, columns, codes, _, job, x = data
    forced = np.where(columns[0] == 0, 0, job).astype(np.uint8)
    fit = probit.fit_probit(design, halves(codes, forced))
    assert fit.perfect == {"v0=0": 0}
    last = f"v0={design.variables[0].levels[-1]}"
    assert set(fit.dropped) == {"v0=0", last}
    assert np.all(probit.expected(fit, codes)[columns[0] == 0] == 0)
    own = columns[0] != 0
    keep = [k for k, name in enumerate(design.names) if name != last]
    peer = glm(forced[own], x[own][:, keep])
    assert np.abs(fit.coefficients[keep] - peer.params).max() < 1e-7


def test_constant_outcome_is_refused(data):
    design, _, codes, _, job, _ = data
    with pytest.raises(EstimationError, match="all outcomes are equal"):
        probit.fit_probit(design, [(codes, np.zeros_like(job))])


def separated(columns, job):
    """Outcome 1 for everybody with v2=0 and v3=1: no single level decides, their pair does."""
    return np.where((columns[2] == 0) & (columns[3] == 1), 1, job).astype(np.uint8)


@pytest.fixture(scope="module")
def few(data):
    design, columns, _, _, job, _ = data
    rows = slice(0, 1500)
    return design, [column[rows] for column in columns], job[rows]


def test_rows_that_a_combination_decides_are_left_out_and_told_apart(few):
    design, columns, job = few
    # Only who has neither or both can have either outcome: v3 − v2 separates the others.
    outcome = np.where(columns[3] > columns[2], 1, np.where(columns[3] < columns[2], 0, job))
    outcome = outcome.astype(np.uint8)
    codes = categorical.pack_codes(design, columns)
    found = probit.fit_probit(design, halves(codes, outcome))
    assert {"v2=1", "v3=0"} <= set(found.dropped)
    same = columns[2] == columns[3]
    chance = probit.expected(found, codes)
    assert (chance[~same] == outcome[~same]).all()
    # The others as statsmodels has them, where v2 and v3 are one column.
    x = dense(design, columns)[same][:, [name != "v3=0" for name in design.names]]
    assert chance[same] == pytest.approx(glm(outcome[same], x).predict(x), abs=1e-7)
    assert found.n == same.sum()
    gap, residual = probit.score_residual(found, codes, outcome.astype(float))
    assert (gap[~same] == 0).all()
    assert (residual[~same] == 0).all()
    assert (probit.slope(found, codes)[~same] == 0).all()


def test_a_combination_that_decides_all_is_refused(few):
    design, columns, _ = few
    codes = categorical.pack_codes(design, columns)
    most = (columns[1] == 0).astype(int) + columns[2] + columns[3] >= 2
    with pytest.raises(EstimationError, match=r"combination of .*v2=1.* decides every outcome"):
        probit.fit_probit(design, halves(codes, most.astype(np.uint8)))
    single = columns[3] > columns[2]
    with pytest.raises(EstimationError, match=r"categories v2=1.* decide every outcome"):
        probit.fit_probit(design, halves(codes, single.astype(np.uint8)))


def test_quasi_separation_by_two_characteristics_counts_its_rows(few):
    design, columns, job = few
    # Nobody has both v2=1 and v3=1, and all with neither have outcome 0.
    third = np.where(columns[2] == 1, 0, columns[3])
    neither = (columns[2] == 0) & (third == 0)
    outcome = np.where(neither, 0, job).astype(np.uint8)
    codes = categorical.pack_codes(design, [*columns[:3], third, *columns[4:]])
    found = separation(design, halves(codes, outcome))
    assert (found.outcomes, found.rows) == ({0}, neither.sum())
    assert {name.split("=")[0] for name in found.columns} == {"v2", "v3"}
    fitted = probit.fit_probit(design, halves(codes, outcome))
    assert fitted.n == len(outcome) - neither.sum()
    assert (probit.expected(fitted, codes)[neither] == 0).all()


def test_overlapping_outcomes_are_not_called_separated(few):
    design, columns, job = few
    codes = categorical.pack_codes(design, columns)
    assert separation(design, halves(codes, job)) is None
    # A pair of levels that is decided, in a model without their interaction, is no separation.
    assert separation(design, halves(codes, separated(columns, job))) is None
    probit.fit_probit(design, halves(codes, separated(columns, job)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_missing_outcomes_are_counted_and_refused(data, value):
    design, _, codes, y, job, _ = data
    spoiled, unknown = y.copy(), job.astype(float)
    spoiled[[3, 9]] = value
    unknown[[3, 9, 11]] = value
    with pytest.raises(EstimationError, match="outcome: missing or infinite, rows 3, 9"):
        ols.fit_ols(design, [(codes, spoiled)])
    with pytest.raises(EstimationError, match="outcome: missing or infinite, rows 3, 9, 11"):
        probit.fit_probit(design, [(codes, unknown)])


def test_outcomes_of_another_length_or_kind_are_refused(data):
    design, _, codes, y, job, _ = data
    with pytest.raises(EstimationError, match=r"outcome of shape \(5,\); expected \(8000,\)"):
        ols.fit_ols(design, [(codes, y[:5])])
    with pytest.raises(EstimationError, match=r"outcome: holds 2, .*whole numbers 0 to 1"):
        probit.fit_probit(design, [(codes, job * 2)])


def test_start_does_not_change_the_answer(data):
    design, _, codes, _, job, _ = data
    first = probit.fit_probit(design, [(codes, job)])
    again = probit.fit_probit(design, [(codes, job)], start=first.coefficients + 0.05)
    assert np.abs(first.coefficients - again.coefficients).max() < 1e-8
    assert again.iterations <= first.iterations + 3


def test_design_refuses_a_single_level():
    with pytest.raises(EstimationError, match="two or more levels"):
        categorical.make_design([Variable("a", ("x",))])


def test_what_an_ols_fit_tells_of_itself(data):
    design, _, codes, y, _, x = data
    fit = ols.fit_ols(design, halves(codes, y))
    assert (fit.kind, fit.n, fit.iterations, fit.perfect) == ("ols", len(y), 1, {})
    assert np.allclose(fit.bread, np.linalg.inv(x.T @ x))
    assert np.allclose(fit.covariance, fit.bread * fit.sigma2)


def test_as_many_variables_share_a_code_as_it_holds():
    given = [Variable(name, tuple("abc"[:size])) for name, size in (("u", 2), ("v", 3), ("w", 2))]
    assert categorical.make_design(given, max_pack=6).packs == ((1, 0), (2,))
    assert categorical.make_design(given, max_pack=5).packs == ((1,), (0, 2))
    assert categorical.make_design(given, max_pack=12).packs == ((1, 0, 2),)


def test_cross_product_of_many_rows_is_that_of_few(data, monkeypatch):
    design, _, codes, y, _, x = data
    weights = np.abs(y)
    monkeypatch.setattr(categorical, "FEW_ROWS", 0)
    assert np.allclose(categorical.gram(design, codes, weights), x.T @ (x * weights[:, None]))
    assert np.allclose(categorical.gram(design, codes), x.T @ x)


def test_scores_are_zero_in_sum_and_gaps_outcomes_less_expected(data):
    design, _, codes, y, job, x = data
    linear_fit, fit = ols.fit_ols(design, [(codes, y)]), probit.fit_probit(design, [(codes, job)])
    gap, score = probit.score_residual(linear_fit, codes, y)
    assert np.allclose(gap, y - x @ linear_fit.coefficients)
    assert np.array_equal(gap, score)
    gap, score = probit.score_residual(fit, codes, job.astype(float))
    share = norm.cdf(x @ fit.coefficients)
    assert np.allclose(gap, job - share)
    assert np.allclose(score, norm.pdf(x @ fit.coefficients) * gap / (share * (1 - share)))
    assert np.abs(x.T @ score).max() < 1e-5
    with pytest.raises(EstimationError, match=r"^least squares: outcome"):
        ols.fit_ols(design, [(codes, y[1:])])


def test_columns_are_named_by_characteristic_and_level_but_for_the_references():
    found = column_names([Variable("sex", ("k", "m"), reference=1), Variable("age", ("1", "2"))])
    assert found == ("constant", "sex=k", "age=2")
