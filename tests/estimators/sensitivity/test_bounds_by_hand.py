"""Restrictions as rows by hand, the default weights, and what is refused, word for word."""

import numpy as np
import pytest
from scipy import stats

from naveval.estimators.sensitivity import bounds
from naveval.estimators.sensitivity.bounds import Study
from naveval.project.errors import EstimationError

SIGMA = np.diag([1.0, 2.0, 3.0, 4.0])
BETA = np.array([0.5, -1.0, 2.0, 3.0])


def refused(call, *given, **options) -> str:
    with pytest.raises(EstimationError) as told:
        call(*given, **options)
    return str(told.value)


def test_a_study_holds_what_was_given_and_equal_weights() -> None:
    made = bounds.study(BETA.tolist(), SIGMA, 1)
    np.testing.assert_array_equal(made.estimate, BETA)
    np.testing.assert_array_equal(made.covariance, SIGMA)
    np.testing.assert_allclose(made.weights, [1 / 3] * 3)
    assert made.n_before == 1
    own = bounds.study(BETA, SIGMA, 3, [2.0])
    assert own.weights.tolist() == [2]


BAD = [
    ((BETA * np.nan, SIGMA, 1), "estimate: missing or infinite, rows 0, 1, 2, 3"),
    ((BETA, SIGMA[:3, :3], 1), "covariance of shape (3, 3); expected (4, 4)"),
    ((BETA, SIGMA * 0, 1), "covariance: a coefficient has no variance"),
    ((BETA, SIGMA, 2, [1.0]), "weights of shape (1,); expected (2,)"),
    ((BETA, SIGMA, 2, [0.0, 0.0]), "weights: all are zero"),
]


@pytest.mark.parametrize(("given", "said"), BAD)
def test_studies_that_cannot_be_used_are_named(given: tuple, said: str) -> None:
    assert refused(bounds.study, *given) == f"honest intervals: {said}"


def test_periods_on_both_sides_are_needed() -> None:
    said = "{} periods before and {} after; each needs one"
    assert refused(bounds.study, BETA, SIGMA, 0) == said.format(0, 4)
    assert refused(bounds.study, BETA, SIGMA, 4) == said.format(4, 0)


def test_unknown_restrictions_and_bounds_below_zero_are_named() -> None:
    made = bounds.study(BETA, SIGMA, 2)
    said = "restriction 'other'; allowed: relative, smoothness"
    assert refused(bounds.interval, made, "other", 1.0) == said
    assert refused(lambda: next(bounds.restrictions(made, "other", 1.0))) == said
    assert refused(bounds.interval, made, "relative", -0.5) == "bound -0.5: expected zero or more"
    assert refused(lambda: next(bounds.restrictions(made, "smoothness", -1))) == (
        "bound -1: expected zero or more"
    )


def allowed(made: Study, restriction: str, bound: float, path: np.ndarray) -> bool:
    """Whether a path of differences in trends is in one of the polyhedra."""
    pieces = bounds.restrictions(made, restriction, bound)  # type: ignore[arg-type]
    return any((a @ path <= d + 1e-12).all() for a, d in pieces)


@pytest.mark.parametrize("bound", [0.0, 0.5, 2.0])
def test_polyhedra_hold_the_paths_that_the_words_allow(bound: float) -> None:
    made = bounds.study(BETA, SIGMA, 2)
    rng = np.random.default_rng(1)
    held = {"relative": 0, "smoothness": 0}
    for k in range(400):
        path = rng.normal(size=4) * (0.2 if k % 2 else 1.0)
        if k % 5 == 0:
            path = np.array([-2.0, -1.0, 1.0, 2.0]) * rng.normal()
        steps = np.diff(np.insert(path, 2, 0.0))
        largest = np.abs(steps[:2]).max()
        relative = np.abs(steps[2:]).max() <= bound * largest
        smooth = np.abs(np.diff(steps)).max() <= bound + 1e-12
        assert allowed(made, "relative", bound, path) == relative
        assert allowed(made, "smoothness", bound, path) == smooth
        held["relative"] += relative
        held["smoothness"] += smooth
    assert held["smoothness"] > 0
    assert held["relative"] > 0 or bound == 0
    assert len([*bounds.restrictions(made, "relative", bound)]) == 4
    for a, _ in bounds.restrictions(made, "relative", bound):
        assert (np.abs(a).max(axis=1) > 0).all()


def test_without_a_difference_in_trends_it_is_the_usual_interval() -> None:
    """M̄ = 0: the conditional test of one mean, whose first stage costs a tenth of five per cent."""
    made = bounds.study(np.array([0.0, 1.0]), np.diag([1.0, 0.25]), 1)
    for level in (0.95, 0.9):
        found = bounds.interval(made, "relative", 0.0, level)
        z = stats.norm.ppf(0.5 + level / 2)
        assert found.bound == 0
        assert not found.open_ended
        assert found.ci_low == pytest.approx(1 - z * 0.5, abs=0.01)
        assert found.ci_high == pytest.approx(1 + z * 0.5, abs=0.01)
    again = bounds.interval(made, "relative", 0.0)
    assert again == bounds.interval(made, "relative", 0.0, 0.95, seed=0)


def test_weights_choose_a_period() -> None:
    estimate = np.array([0.0, 0.0, 5.0, 9.0])
    for weights, middle in (([1.0, 0.0], 5), ([0.0, 1.0], 9), ([1.0, 1.0], 14)):
        made = bounds.study(estimate, SIGMA / 100, 2, weights)
        found = bounds.interval(made, "relative", 0.0)
        assert (found.ci_low + found.ci_high) / 2 == pytest.approx(middle, abs=0.02)


def test_the_breakdown_value_is_the_first_bound_whose_interval_holds_it() -> None:
    made = bounds.study(np.array([0.1, -0.1, 1.0, 1.0]), np.diag([1, 1, 1, 1.0]) / 400, 2)
    found = bounds.breakdown(made, "relative", largest=20)
    assert 0 < found < 20
    assert bounds.interval(made, "relative", found + 0.1).ci_low <= 0
    assert bounds.interval(made, "relative", found - 0.1).ci_low > 0
    smooth = bounds.breakdown(made, "smoothness", largest=2)
    assert bounds.interval(made, "smoothness", smooth).ci_low <= 0
    assert bounds.interval(made, "smoothness", smooth - 2 / 256).ci_low > 0
    assert bounds.breakdown(made, "smoothness", largest=smooth / 2) == np.inf
    assert bounds.breakdown(made, "smoothness", 1.0, largest=2) == 0
    lower = bounds.breakdown(made, "relative", largest=20, level=0.6)
    assert lower > found
    higher = bounds.breakdown(made, "relative", 2.0, largest=20)
    assert bounds.interval(made, "relative", higher + 0.1).ci_high >= 2
