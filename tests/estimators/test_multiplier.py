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


@pytest.mark.parametrize("kind", ["ols", "probit"])
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


def test_nobody_has_no_width_and_no_warning():
    none = multiplier.published_half_width(np.array([0.0, 2.0]), np.array([0, 0]), share=False)
    assert np.isnan(none[0])
    assert np.isinf(none[1])


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
