"""Sensitivity to trends that are not parallel."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from naveval.estimators.sensitivity import bounds as sensitivity
from naveval.estimators.sensitivity.bounds import Study
from naveval.project.errors import EstimationError

REFERENCE = Path(__file__).parents[2] / "reference"
# Event study of health insurance and the Medicaid expansion of 2014 (states until 2015, 2013
# the reference), as in the README of the R package HonestDiD: estimates of a two-way fixed
# effects regression on the public data, errors clustered by state.
MEDICAID = np.array(
    [
        -0.0052853545,
        -0.0112973246,
        -0.0026759918,
        -0.0014193123,
        0.0003396635,
        0.0464468542,
        0.0692061755,
    ]
)


def medicaid() -> Study:
    covariance = np.loadtxt(REFERENCE / "honest_did_medicaid.csv", delimiter=",")
    return sensitivity.study(MEDICAID, covariance, 5, np.array([1.0, 0.0]))


@pytest.mark.parametrize(
    ("bound", "low", "high"),
    [(0.5, 0.0241, 0.0673), (1.0, 0.0171, 0.0720), (1.5, 0.00859, 0.0796), (2.0, -0.00107, 0.0883)],
)
def test_relative_magnitudes_give_the_published_intervals(
    bound: float, low: float, high: float
) -> None:
    found = sensitivity.interval(medicaid(), "relative", bound)
    assert found.ci_low == pytest.approx(low, abs=6e-4)
    assert found.ci_high == pytest.approx(high, abs=6e-4)


@pytest.mark.parametrize(
    ("bound", "low", "high"),
    [
        (0.0, 0.0259, 0.0607),
        (0.01, 0.0132, 0.0787),
        (0.02, 0.00286, 0.0907),
        (0.03, -0.00714, 0.101),
        (0.04, -0.0171, 0.111),
        (0.05, -0.0271, 0.121),
    ],
)
def test_smoothness_gives_the_published_intervals(bound: float, low: float, high: float) -> None:
    found = sensitivity.interval(medicaid(), "smoothness", bound)
    assert found.ci_low == pytest.approx(low, abs=3e-4)
    assert found.ci_high == pytest.approx(high, abs=3e-4)


def test_fixed_length_interval_is_shortest_and_sees_no_line() -> None:
    found = example()
    line = 0.4 * np.array([-3, -2, -1, 1, 2, 3, 4], dtype=float)
    tilted = sensitivity.study(found.estimate + line, found.covariance, 3)
    plain = sensitivity.interval(found, "smoothness", 0.01)
    same = sensitivity.interval(tilted, "smoothness", 0.01)
    assert same.ci_low == pytest.approx(plain.ci_low, abs=1e-4)
    conditional = sensitivity.pieces(found, "smoothness", 0.0, 0.95)
    grid = np.linspace(-1, 2, 3001)
    inside = grid[np.any([sensitivity.accepted(item, grid, 0.95) for item in conditional], axis=0)]
    straight = sensitivity.interval(found, "smoothness", 0.0)
    assert straight.ci_high - straight.ci_low < np.ptp(inside)


def test_one_period_before() -> None:
    found = example()
    short = sensitivity.study(found.estimate[2:], found.covariance[2:, 2:], 1)
    interval = sensitivity.interval(short, "smoothness", 0.0)
    after = found.estimate[3:]
    assert (interval.ci_low + interval.ci_high) / 2 == pytest.approx(
        after.mean() + 2.5 * found.estimate[2], abs=1e-9
    )


def test_breakdown_of_the_published_example_is_about_two() -> None:
    found = sensitivity.breakdown(medicaid(), "relative", largest=5)
    assert found == pytest.approx(2.0, abs=0.08)


def example(effect: float = 0.3, trend: float = 0.0) -> Study:
    times = np.array([-4, -3, -2, 0, 1, 2, 3], dtype=float)
    estimate = trend * (times + 1) + effect * (times >= 0)
    noise = 0.03 * np.array([1, -0.7, 0.4, 0.2, -0.3, 0.1, 0.0])
    covariance = 0.04**2 * (0.5 * np.eye(7) + 0.5)
    return sensitivity.study(estimate + noise, covariance, 3)


def test_parallel_trends_give_the_ordinary_interval() -> None:
    found = example()
    after = found.estimate[3:]
    error = np.sqrt(found.weights @ found.covariance[3:, 3:] @ found.weights)
    interval = sensitivity.interval(found, "relative", 0.0)
    assert interval.ci_low == pytest.approx(after.mean() - 1.96 * error, abs=0.05 * error)
    assert interval.ci_high == pytest.approx(after.mean() + 1.96 * error, abs=0.05 * error)


@pytest.mark.parametrize("restriction", sensitivity.RESTRICTIONS)
def test_intervals_widen_with_the_bound(restriction: sensitivity.Restriction) -> None:
    found = example()
    bounds = (0, 0.5, 1, 2) if restriction == "relative" else (0, 0.01, 0.03, 0.1)
    lengths = [
        (interval := sensitivity.interval(found, restriction, bound)).ci_high - interval.ci_low
        for bound in bounds
    ]
    assert lengths == sorted(lengths)
    assert lengths[-1] > 1.5 * lengths[0]


def test_a_straight_pre_trend_explains_the_whole_effect() -> None:
    found = example(effect=0.0, trend=0.12)
    plain = sensitivity.interval(found, "relative", 0.0)
    assert plain.ci_low > 0
    line = sensitivity.interval(found, "smoothness", 0.0)
    assert line.ci_low < 0 < line.ci_high
    assert sensitivity.breakdown(found, "smoothness", largest=1.0) == 0
    assert sensitivity.breakdown(found, "relative", largest=5.0) < 1


def test_breakdown_is_where_the_interval_reaches_the_value() -> None:
    found = example(effect=0.5)
    bound = sensitivity.breakdown(found, "relative", largest=10)
    assert sensitivity.interval(found, "relative", bound + 0.1).ci_low < 0
    assert sensitivity.interval(found, "relative", bound - 0.1).ci_low > 0
    assert sensitivity.breakdown(found, "relative", 5.0, largest=0.01) == np.inf
    assert sensitivity.breakdown(found, "relative", 0.5, largest=5) == 0


def test_statistic_is_the_solution_of_the_linear_programme() -> None:
    found = example()
    for restriction, bound in (("relative", 0.7), ("smoothness", 0.02)):
        for a, d in sensitivity.restrictions(found, restriction, bound):  # type: ignore[arg-type]
            tested = sensitivity.piece(found, a, d, 0.95, 0)
            keep = np.abs(a[:, 3:]).max(axis=1) > 0
            a, d = a[keep], d[keep]
            sd = np.sqrt(np.diag(a @ found.covariance @ a.T))
            basis = np.linalg.inv(np.vstack([found.weights, np.eye(4)[1:]]))
            after = a[:, 3:] @ basis
            for value in (-0.2, 0.1, 0.4):
                y = a @ found.estimate - d - after[:, 0] * value
                solved = linprog(
                    np.r_[1.0, np.zeros(3)],
                    A_ub=-np.column_stack([sd, after[:, 1:]]),
                    b_ub=-y,
                    bounds=[(None, None)] * 4,
                )
                best = (tested.level - tested.slope * value).max()
                assert best == pytest.approx(solved.fun, abs=1e-6)


def test_an_end_beyond_what_was_searched_is_told() -> None:
    """Where the time before is known next to nothing of, any effect is possible."""
    found = sensitivity.study(np.array([0.0, 0.1]), np.diag([1e12, 1.0]), 1)
    assert sensitivity.interval(found, "relative", 1.0).open_ended
    assert not sensitivity.interval(found, "relative", 0.0).open_ended


def test_small_units_do_not_matter() -> None:
    found = example()
    small = sensitivity.study(found.estimate * 1e-4, found.covariance * 1e-8, 3)
    large, tiny = (sensitivity.interval(item, "relative", 1.0) for item in (found, small))
    assert tiny.ci_low == pytest.approx(large.ci_low * 1e-4, rel=1e-3)
    assert tiny.ci_high == pytest.approx(large.ci_high * 1e-4, rel=1e-3)


def test_bad_input_is_refused() -> None:
    found = example()
    with pytest.raises(EstimationError, match="allowed: relative, smoothness"):
        sensitivity.interval(found, "other", 1.0)  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="zero or more"):
        sensitivity.interval(found, "relative", -1.0)
    with pytest.raises(EstimationError, match="each needs one"):
        sensitivity.study(np.ones(3), np.eye(3), 3)
    with pytest.raises(EstimationError, match="covariance of shape"):
        sensitivity.study(np.ones(3), np.eye(2), 1)


@pytest.mark.slow
@pytest.mark.parametrize("restriction", sensitivity.RESTRICTIONS)
def test_covers_the_truth_when_the_restriction_holds(
    restriction: sensitivity.Restriction,
) -> None:
    rng = np.random.default_rng(9)
    covariance = 0.04**2 * (0.5 * np.eye(7) + 0.5)
    root = np.linalg.cholesky(covariance)
    trend = 0.02 * np.array([-3, -2, -1, 1, 2, 3, 4], dtype=float)
    effect = 0.1 * np.array([0, 0, 0, 1, 1, 1, 1])
    held = 0
    n_draws = 500
    for _ in range(n_draws):
        drawn = trend + effect + root @ rng.standard_normal(7)
        found = sensitivity.study(drawn, covariance, 3)
        bound = 1.0 if restriction == "relative" else 0.001
        held += sensitivity.breakdown(found, restriction, 0.1, largest=bound) <= bound
    assert held / n_draws > 0.95 - 3 * np.sqrt(0.05 * 0.95 / n_draws)


def test_a_year_before_and_after_is_no_harder() -> None:
    many = sensitivity.study(np.repeat([0.0, 1.0], [11, 12]), 0.01 * np.eye(23), 11)
    a, d = next(iter(sensitivity.restrictions(many, "relative", 0.5)))
    tested = sensitivity.piece(many, a, d, 0.95, 0)
    rows = np.abs(a[:, 11:]).max(axis=1) > 0
    a, d = a[rows], d[rows]
    sd = np.sqrt(np.diag(a @ many.covariance @ a.T))
    mean = np.vstack([many.weights, np.eye(12)[1:]])
    after = a[:, 11:] @ np.linalg.inv(mean)
    goal = np.r_[1.0, np.zeros(11)]
    solved = linprog(
        goal,
        A_ub=-np.column_stack([sd, after[:, 1:]]),
        b_ub=d - a @ many.estimate + after[:, 0] * 0.8,
        bounds=[(None, None)] * 12,
    )
    assert (tested.level - tested.slope * 0.8).max() == pytest.approx(solved.fun, abs=1e-6)
    assert sensitivity.interval(many, "relative", 0.2).ci_low > 0
