import numpy as np
import pytest
import statsmodels.api as sm

from naveval.estimators import multiplier
from naveval.estimators.categorical import Variable, ols, probit
from naveval.estimators.categorical import design as categorical
from naveval.project.errors import EstimationError


def panel(seed=1, n_persons=900, months=6):
    """Persons with a lasting component, each in several months; two groups of rows."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n_persons), months)
    a = rng.integers(0, 4, len(person))
    b = np.repeat(rng.integers(0, 3, n_persons), months)
    group = np.repeat(rng.integers(0, 5, n_persons), months)
    lasting = np.repeat(rng.normal(size=n_persons), months)
    y = 1 + 0.5 * a - b + 0.3 * group + lasting + rng.normal(size=len(person))
    design = categorical.make_design([Variable("a", tuple("0123")), Variable("b", tuple("012"))])
    codes = categorical.pack_codes(design, [a, b])
    return design, codes, y, person, group


def influence_table(design, codes, y, person, group, kind="ols"):
    fit = (ols.fit_ols if kind == "ols" else probit.fit_probit)(design, [(codes, y)])
    gap, residual = probit.score_residual(fit, codes, y)
    n_persons, n_groups = person.max() + 1, group.max() + 1
    size = np.bincount(group)
    level = np.bincount(group, weights=gap) / size
    direct = np.zeros((n_persons, n_groups))
    np.add.at(direct, (person, group), (gap - level[group]) / size[group])
    slope = probit.slope(fit, codes)
    gradient = categorical.grouped_moments(design, codes, group, n_groups, slope) @ design.expand
    scores = categorical.grouped_moments(design, codes, person, n_persons, residual)
    moved = (scores @ design.expand @ fit.bread) @ (gradient / size[:, None]).T
    table = direct - moved
    return fit, level, table, scores @ design.expand


def test_coefficient_part_is_the_cluster_robust_covariance():
    design, codes, y, person, group = panel()
    fit, _, _, scores = influence_table(design, codes, y, person, group)
    got = multiplier.clustered_covariance(scores @ fit.bread)
    x = design.expand.toarray()[codes[0]]
    peer = sm.OLS(y, x).fit(
        cov_type="cluster", cov_kwds={"groups": person, "use_correction": False}
    )
    n = person.max() + 1
    assert np.allclose(got, peer.cov_params() * n / (n - 1), rtol=1e-8)


@pytest.mark.parametrize("kind", ["ols", pytest.param("probit", marks=pytest.mark.slow)])
def test_standard_error_matches_the_spread_over_samples(kind):
    levels, errors = [], []
    for seed in range(150):
        design, codes, y, person, group = panel(seed, 300)
        y = y if kind == "ols" else (y > 1).astype(float)
        _, level, table, _ = influence_table(design, codes, y, person, group, kind)
        levels.append(level)
        errors.append(multiplier.clustered_errors(table))
    assert np.allclose(np.mean(errors, axis=0), np.std(levels, axis=0), rtol=0.25)


def test_draws_have_the_clustered_standard_error():
    design, codes, y, person, group = panel()
    *_, table, _ = influence_table(design, codes, y, person, group)
    spread = multiplier.draws(table, 4000, 1).std(axis=0)
    assert np.allclose(spread, multiplier.clustered_errors(table), rtol=0.06)


def test_random_groups_of_persons_agree_with_persons():
    design, codes, y, person, group = panel(n_persons=6000)
    *_, table, _ = influence_table(design, codes, y, person, group)
    bucket = multiplier.person_groups(np.arange(len(table)), 800, 7)
    grouped = np.zeros((800, table.shape[1]))
    np.add.at(grouped, bucket, table)
    by_person = multiplier.clustered_errors(table)
    assert np.allclose(multiplier.clustered_errors(grouped), by_person, rtol=0.1)


def test_groups_depend_on_person_and_seed_only():
    person = np.array([5, 9, 5, 1_000_000])
    first = multiplier.person_groups(person, 100, 1)
    assert first[0] == first[2]
    assert (
        multiplier.person_groups(np.arange(500), 100, 1)
        != multiplier.person_groups(np.arange(500), 100, 2)
    ).any()
    spread = np.bincount(multiplier.person_groups(np.arange(100_000), 100, 1))
    assert spread.min() > 850
    assert spread.max() < 1150


def test_a_group_follows_from_the_person_as_splitmix_says():
    """Steele, Lea and Flood (2014), in whole numbers of any size."""

    def mixed(person, seed):
        key = (person + seed * 0x9E3779B97F4A7C15) % 2**64
        key = (key ^ key >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        key = (key ^ key >> 27) * 0x94D049BB133111EB % 2**64
        return key ^ key >> 31

    persons = [0, 1, 7, 10**9]
    found = multiplier.person_groups(np.array(persons), 997, 3)
    assert found.tolist() == [mixed(person, 3) % 997 for person in persons]
    assert set(multiplier.person_groups(np.arange(50), 2, 1)) == {0, 1}
    with pytest.raises(EstimationError, match="at least two groups of persons are needed, not 1"):
        multiplier.person_groups(np.arange(3), 1, 1)


def test_errors_and_draws_by_hand():
    table = np.array([[1.0, 2.0], [-1.0, 0.0], [0.0, -2.0]])
    errors = multiplier.clustered_errors(table)
    assert errors == pytest.approx(np.sqrt([2 * 3 / 2, 8 * 3 / 2]))
    covariance = [[3.0, 3.0], [3.0, 12.0]]
    assert np.allclose(multiplier.clustered_covariance(table), covariance)
    drawn = multiplier.draws(table, 3000, 5)
    signs = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
    assert np.allclose(np.unique(drawn, axis=0), np.unique(signs @ table * 1.5**0.5, axis=0))
    assert np.array_equal(drawn, multiplier.draws(table, 3000, 5))
    assert not np.array_equal(drawn, multiplier.draws(table, 3000, 6))


def test_bootstrap_intervals_by_hand():
    estimate = np.array([10.0, 20.0])
    deviations = np.column_stack([np.arange(5.0), -10 * np.arange(5.0)])
    half, all_of_it = multiplier.bootstrap_intervals(estimate, deviations, (0.5, 1.0))
    assert (half.level, all_of_it.level) == (0.5, 1.0)
    assert half.low == pytest.approx([10 - 3, 20 + 10])
    assert half.high == pytest.approx([10 - 1, 20 + 30])
    assert all_of_it.low == pytest.approx([10 - 4, 20])
    assert all_of_it.high == pytest.approx([10, 20 + 40])


def test_intervals():
    estimate, error = np.array([1.0]), np.array([0.5])
    narrow, _, wide = multiplier.normal_intervals(estimate, error)
    assert (narrow.level, wide.level) == (0.5, 0.95)
    assert wide.high[0] == pytest.approx(1 + 1.959964 * 0.5)
    assert narrow.high[0] - narrow.low[0] == pytest.approx(2 * 0.67449 * 0.5, rel=1e-4)
    deviations = np.random.default_rng(1).normal(0, 0.5, (20000, 1))
    boot = multiplier.bootstrap_intervals(estimate, deviations)[2]
    assert boot.low[0] == pytest.approx(1 - 1.96 * 0.5, abs=0.03)


def test_published_formula():
    assert multiplier.published_half_width(np.array([10.0]), np.array([400.0]), share=False)[
        0
    ] == pytest.approx(0.98)
    assert multiplier.published_half_width(np.array([0.5]), np.array([400.0]), share=True)[
        0
    ] == pytest.approx(1.96 * 0.025)
    assert multiplier.published_half_width(np.array([0.2]), np.array([100.0]), share=True)[
        0
    ] == pytest.approx(1.96 * 0.04)


def test_no_averages_have_no_errors() -> None:
    """As where too few persons are left for any group."""
    none = np.zeros((50, 0))
    assert multiplier.clustered_errors(none).shape == (0,)
    drawn = multiplier.draws(none, 9, 1)
    (interval,) = multiplier.bootstrap_intervals(np.zeros(0), drawn, (0.95,))
    assert interval.low.shape == (0,)


TWO = np.array([[1.0, 2.0], [-1.0, 0.0]])
MEAN = np.array([10.0, 20.0])
REFUSED = {
    "persons of text": (
        lambda: multiplier.person_groups(np.array(["Kari"]), 5, 1),
        "averages by person: person: holds 'Kari' (<U4); expected numbers",
    ),
    "a negative person": (
        lambda: multiplier.person_groups(np.array([3, -1]), 5, 1),
        f"averages by person: person: holds -1, rows 1; expected whole numbers 0 to {2**62 - 1}",
    ),
    "a person past the largest": (
        lambda: multiplier.person_groups(np.array([2**62 - 1, 2**62]), 5, 1),
        "averages by person: person: holds 4.61169e+18, rows 1; "
        f"expected whole numbers 0 to {2**62 - 1}",
    ),
    "a table of one column without its axis": (
        lambda: multiplier.clustered_errors(np.array([1.0, 2.0])),
        "averages by person: table of shape (2,); expected (n, n)",
    ),
    "an infinite influence": (
        lambda: multiplier.clustered_covariance(np.array([[1.0], [np.inf]])),
        "averages by person: table: infinite, rows 1",
    ),
    "one group": (
        lambda: multiplier.draws(TWO[:1], 10, 1),
        "averages by person: table: at least two groups of persons are needed, not one",
    ),
    "estimates of several rows": (
        lambda: multiplier.normal_intervals(TWO, TWO),
        "averages by person: estimate of shape (2, 2); expected (n,)",
    ),
    "another number of standard errors": (
        lambda: multiplier.normal_intervals(MEAN, np.ones(3)),
        "averages by person: std_error of shape (3,); expected (2,)",
    ),
    "a negative standard error": (
        lambda: multiplier.normal_intervals(MEAN, np.array([0.0, -0.5])),
        "averages by person: std_error: -0.5, rows 1; expected at least 0",
    ),
    "estimates of several rows, drawn": (
        lambda: multiplier.bootstrap_intervals(TWO, TWO),
        "averages by person: estimate of shape (2, 2); expected (n,)",
    ),
    "deviations of another number of averages": (
        lambda: multiplier.bootstrap_intervals(MEAN, np.ones((5, 3))),
        "averages by person: deviations of shape (5, 3); expected (n, 2)",
    ),
    "an infinite deviation": (
        lambda: multiplier.bootstrap_intervals(MEAN, np.array([[0.0, np.inf]])),
        "averages by person: deviations: infinite, rows 0",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_by_the_name_of_its_argument(case):
    call, said = REFUSED[case]
    with pytest.raises(EstimationError) as refused:
        call()
    assert str(refused.value) == said


def test_what_is_missing_makes_its_own_average_missing_alone():
    table = np.where(TWO == 0, np.nan, TWO)
    assert multiplier.clustered_errors(table) == pytest.approx([2, np.nan], nan_ok=True)
    assert np.isnan(multiplier.clustered_covariance(table)).tolist() == [
        [False, True],
        [True, True],
    ]
    assert np.isnan(multiplier.draws(table, 3, 1)).all(axis=0).tolist() == [False, True]
    lacking = np.array([np.nan, 20.0, 30.0])
    (normal,) = multiplier.normal_intervals(lacking, np.array([1, 0, np.nan]), (0.5,))
    assert normal.low == pytest.approx([np.nan, 20, np.nan], nan_ok=True)
    assert normal.high == pytest.approx([np.nan, 20, np.nan], nan_ok=True)
    deviations = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, np.nan]])
    (drawn,) = multiplier.bootstrap_intervals(lacking, deviations, (0.5,))
    assert drawn.low == pytest.approx([np.nan, 19, np.nan], nan_ok=True)


def test_errors_are_of_double_precision_whatever_the_table_is_of():
    single = TWO.astype(np.float32)
    errors = multiplier.clustered_errors(single)
    assert errors.dtype == np.float64
    assert errors == pytest.approx([2, 8**0.5])
    whole = multiplier.draws(TWO.astype(int), 4, 1)
    assert np.array_equal(whole, multiplier.draws(TWO, 4, 1))


def test_the_usual_levels_are_a_half_four_fifths_and_nineteen_twentieths():
    for found in (
        multiplier.normal_intervals(MEAN, np.ones(2)),
        multiplier.bootstrap_intervals(MEAN, TWO),
    ):
        assert [interval.level for interval in found] == [0.5, 0.8, 0.95]


def test_normal_intervals_by_hand():
    (one,) = multiplier.normal_intervals(MEAN, np.array([1.0, 0.0]), (0.95,))
    assert one.low == pytest.approx([10 - 1.959964, 20])
    assert one.high == pytest.approx([10 + 1.959964, 20])


@pytest.mark.filterwarnings("error")
def test_widths_of_nobody_and_of_shares_past_their_limits_are_told_without_a_warning():
    nobody = multiplier.published_half_width(np.array([0.0, 2.0]), np.zeros(2), share=False)
    assert np.isnan(nobody[0])
    assert np.isinf(nobody[1])
    beyond = multiplier.published_half_width(np.array([1.0, 1.5]), np.array([9, 9]), share=True)
    assert beyond.tolist() == [0, 0]
