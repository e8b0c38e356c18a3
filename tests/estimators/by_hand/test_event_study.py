"""Event studies against a regression with a dummy for each unit and period, and by formula."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from naveval.estimators.event_study import (
    NEVER,
    EventStudy,
    Wald,
    event_study,
    gap_study,
    joint_wald,
)
from naveval.project.errors import EstimationError

G, T = 9, 6
UNIT = np.delete(np.repeat(np.arange(G), T), [3, 20])
PERIOD = np.delete(np.tile(np.arange(T), G), [3, 20]) + 2000
EVENT = np.where(UNIT < 4, PERIOD - 2003, NEVER)
RNG = np.random.default_rng(2)
Y = RNG.normal(size=len(UNIT)) + UNIT + (EVENT >= 0) * 2
WEIGHTS = RNG.uniform(1, 3, size=len(UNIT))


def refused(call, *given, **options) -> str:
    with pytest.raises(EstimationError) as told:
        call(*given, **options)
    return str(told.value)


def study(**options) -> EventStudy:
    return event_study(Y, UNIT, PERIOD, EVENT, **options)


def regression(kept: list[int], event, weights, rows=slice(None)) -> np.ndarray:
    """Coefficients of event times with a dummy for each unit and period."""
    unit, period, own, w = UNIT[rows], PERIOD[rows], event[rows], weights[rows]
    columns = [own == k for k in kept]
    columns += [unit == g for g in np.unique(unit)]
    columns += [period == t for t in np.unique(period)[1:]]
    design = np.column_stack(columns).astype(float)
    root = np.sqrt(w)
    return np.linalg.lstsq(design * root[:, None], Y[rows] * root, rcond=None)[0]


def crv1(kept: list[int], event, weights) -> np.ndarray:
    columns = [event == k for k in kept]
    columns += [t == PERIOD for t in np.unique(PERIOD)[1:]]
    columns += [g == UNIT for g in range(G)]
    design = np.column_stack(columns).astype(float)
    bread = np.linalg.inv(design.T @ (weights[:, None] * design))
    residual = Y - design @ (bread @ design.T @ (weights * Y))
    sums = [design[own].T @ (weights * residual)[own] for own in (g == UNIT for g in range(G))]
    meat = sum(np.outer(one, one) for one in sums)
    slopes, n = len(kept) + T - 1, len(Y)
    factor = G / (G - 1) * (n - 1) / (n - slopes - 1)
    return (factor * bread @ meat @ bread)[: len(kept), : len(kept)]


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize(
    ("reference", "window", "kept"),
    [
        (-1, None, [-3, -2, 0, 1, 2]),
        (-2, None, [-3, -1, 0, 1, 2]),
        (-1, (-2, 1), [-2, 0, 1]),
        (1, None, [-3, -2, -1, 0, 2]),
    ],
)
def test_estimates_and_errors_are_those_of_a_regression(weights, reference, window, kept) -> None:
    found = study(reference=reference, window=window, weights=weights)
    assert found.event_time.tolist() == kept
    event = np.where(EVENT == NEVER, NEVER, np.clip(EVENT, *(window or (-9, 9))))
    w = np.ones(len(Y)) if weights is None else weights
    own = regression(kept, event, w)[: len(kept)]
    np.testing.assert_allclose(found.estimate, own)
    spread = crv1(kept, event, w)
    np.testing.assert_allclose(found.covariance, spread, atol=1e-12)
    np.testing.assert_allclose(found.std_error, np.sqrt(np.diag(spread)))
    assert (found.n_clusters, found.n_obs) == (G, len(Y))
    before = [k for k, time in enumerate(kept) if time < 0]
    test = joint_wald(own[before], spread[np.ix_(before, before)], n_clusters=G)
    assert found.pre_trend.statistic == pytest.approx(test.statistic)
    assert (found.pre_trend.freedom, found.pre_trend.denominator) == (len(before), G - 1)


def test_without_times_before_there_is_no_test() -> None:
    assert study(window=(-1, 2)).pre_trend is None
    assert study(reference=-3).pre_trend.freedom == 2
    assert study(reference=0).pre_trend.freedom == 3


def test_crv3_is_the_spread_of_what_leaves_out_one_unit() -> None:
    found = study(covariance="crv3", weights=WEIGHTS)
    kept = found.event_time.tolist()
    whole = regression(kept, EVENT, WEIGHTS)[:5]
    gaps = [regression(kept, EVENT, WEIGHTS, g != UNIT)[:5] - whole for g in range(G)]
    spread = (G - 1) / G * sum(np.outer(gap, gap) for gap in gaps)
    np.testing.assert_allclose(found.covariance, spread, atol=1e-12)
    np.testing.assert_allclose(study(weights=WEIGHTS).estimate, found.estimate)


def test_labels_of_units_and_periods_may_be_text() -> None:
    names, months = np.array([*"qwertyuio"])[UNIT], np.array([f"m{t}" for t in PERIOD])
    found = event_study(Y, names, months, EVENT.astype(float))
    np.testing.assert_allclose(found.estimate, study().estimate)
    np.testing.assert_allclose(found.covariance, study().covariance)


def test_joint_tests_by_hand() -> None:
    covariance = np.array([[4.0, 1.0], [1.0, 1.0]])
    # The inverse is [[1, −1], [−1, 4]] / 3: (2, 1) gives (4 − 4 + 4) / 3.
    chi = joint_wald(np.array([2.0, 1.0]), covariance)
    assert chi.statistic == pytest.approx(4 / 3)
    assert replace(chi, statistic=0, p_value=0) == Wald(0, 2, np.inf, 0)
    assert chi.p_value == pytest.approx(np.exp(-2 / 3))
    f = joint_wald(np.array([2.0, 1.0]), covariance, n_clusters=7)
    assert (f.statistic, f.freedom, f.denominator) == (pytest.approx(2 / 3), 2, 6)
    assert f.p_value == pytest.approx(stats.f.sf(2 / 3, 2, 6))
    one = joint_wald(3.0, 4.0)
    assert (one.statistic, one.freedom) == (2.25, 1)
    tiny = joint_wald(np.array([2e-9, 1.0]), covariance * [[1e-18, 1e-9], [1e-9, 1]])
    assert tiny.statistic == pytest.approx(4 / 3)


def test_joint_tests_that_mean_nothing_are_named() -> None:
    assert refused(joint_wald, [1.0, np.nan], np.eye(2)) == (
        "joint test: estimate: missing or infinite, rows 1"
    )
    assert refused(joint_wald, [1.0], np.eye(2)) == (
        "joint test: covariance of shape (2, 2); expected (1, 1)"
    )
    assert refused(joint_wald, [1.0, 2.0], np.diag([1.0, 0.0])) == (
        "a coefficient has no variance; the joint test is not defined"
    )
    assert refused(joint_wald, np.ones(3), np.ones((3, 3))) == (
        "the covariance of 3 coefficients has rank 1: too few clusters for a joint test; test "
        "fewer coefficients or use a placebo test"
    )
    near = np.array([[1.0, 1 - 1e-9], [1 - 1e-9, 1.0]])
    assert "rank 1" in refused(joint_wald, np.ones(2), near)
    joint_wald(np.ones(2), np.array([[1.0, 1 - 1e-7], [1 - 1e-7, 1.0]]))


def rows(**change) -> dict:
    given = {"outcome": Y, "unit": UNIT, "period": PERIOD, "event_time": EVENT}
    return {name: change.get(name, values) for name, values in given.items()}


def spoilt(values, at, to):
    changed = np.array(values, dtype=float)
    changed[at] = to
    return changed


LATER = np.where((UNIT == 3), EVENT - 1, EVENT)
BAD = [
    (rows(outcome=spoilt(Y, 4, np.nan)), {}, "event study: outcome: missing or infinite, rows 4"),
    (
        rows(unit=spoilt(UNIT, 4, np.nan)),
        {},
        "event study: unit: missing, rows 4; expected a label in each row",
    ),
    (rows(unit=UNIT[1:]), {}, "event study: unit of shape (51,); expected (52,)"),
    (
        rows(period=spoilt(PERIOD, 4, np.nan)),
        {},
        "event study: period: missing, rows 4; expected a label in each row",
    ),
    (rows(period=PERIOD[1:]), {}, "event study: period of shape (51,); expected (52,)"),
    (rows(event_time=EVENT[1:]), {}, "event study: event_time of shape (51,); expected (52,)"),
    (
        rows(event_time=spoilt(EVENT, 0, -2.5)),
        {},
        "event study: event_time: expected whole numbers, rows 0",
    ),
    (rows(), {"weights": np.ones(51)}, "event study: weights of shape (51,); expected (52,)"),
    (
        rows(),
        {"weights": spoilt(WEIGHTS, 2, 0)},
        "event study: weights: 0, rows 2; expected above 0",
    ),
    (rows(), {"covariance": "hc1"}, "event study: covariance='hc1': is not among crv1, crv3"),
    (rows(), {"reference": 7}, "reference 7 does not occur among 6 event times"),
    (rows(), {"window": (0, 2)}, "reference -1 does not occur among 3 event times"),
    (
        rows(event_time=np.where(UNIT + PERIOD == 2001, NEVER, EVENT)),
        {},
        "event study: units with an event time in some rows and not in others",
    ),
    (
        rows(event_time=LATER),
        {},
        "event study: treated units start at different times; two-way effects then compare treated "
        "with treated units. Use naveval.estimators.group_time",
    ),
    (
        rows(event_time=np.where(UNIT == 0, EVENT, NEVER)),
        {},
        "only one treated unit: clustered variances would leave its noise out; use gap_study",
    ),
    (
        rows(event_time=PERIOD - 2003),
        {},
        "event-time dummies are collinear with unit and period effects: expected units that are "
        "never treated, or a second reference",
    ),
    (
        rows(event_time=np.where(UNIT < 8, PERIOD - 2003, NEVER)),
        {"covariance": "crv3"},
        "CRV3: without one of 9 units a coefficient cannot be estimated; use fewer event times "
        "(window)",
    ),
]


@pytest.mark.parametrize(("given", "options", "said"), BAD)
def test_rows_that_cannot_be_used_are_named(given: dict, options: dict, said: str) -> None:
    assert refused(event_study, **given, **options) == said


def test_two_treated_units_will_do() -> None:
    found = event_study(**rows(event_time=np.where(UNIT < 2, EVENT, NEVER)), window=(-1, 0))
    assert found.event_time.tolist() == [0]


GAPS = np.array([[1.0, 2, 4, 9, 8], [0, 1, 0, 1, 0], [2, 0, 2, 0, 2], [1, 1, 1, 1, 5]])
SIZES = np.array([1.0, 2, 3, 4])


@pytest.mark.parametrize("treated", [0, 3])
@pytest.mark.parametrize("reference", [None, [0, 2]])
def test_gaps_by_hand(treated: int, reference: list[int] | None) -> None:
    found = gap_study(GAPS, SIZES, 4, treated=treated, reference=reference)
    size, slope = [], []
    for own in range(4):
        others = [k for k in range(4) if k != own]
        gap = GAPS[own] - np.average(GAPS[others], axis=0, weights=SIZES[others])
        gap = gap - gap[reference or [0, 1, 2, 3]].mean()
        np.testing.assert_allclose(found.placebo[own], gap)
        size.append(np.sqrt((gap[:4] ** 2).mean()))
        slope.append(np.polyfit(range(4), gap[:4], 1)[0])
    np.testing.assert_array_equal(found.estimate, found.placebo[treated])
    assert found.rms_before == pytest.approx(size[treated])
    assert found.slope_before == pytest.approx(slope[treated])
    larger = [s >= size[treated] - 1e-9 for s in size]
    assert found.p_value_before == np.mean(larger)
    steeper = [abs(s) >= abs(slope[treated]) - 1e-9 for s in slope]
    assert found.p_value_slope == np.mean(steeper)
    if not treated:
        np.testing.assert_array_equal(
            gap_study(GAPS, SIZES, 4, reference=reference).estimate, found.estimate
        )


SHAPE = "gap study: outcome: expected three or more units, and three or more periods before"
NO_GAPS = [
    ({"outcome": GAPS[:2], "weights": SIZES[:2]}, SHAPE),
    ({"before": 2}, SHAPE),
    ({"before": 6}, SHAPE),
    ({"outcome": GAPS[0]}, "gap study: outcome of shape (5,); expected (n, n)"),
    ({"outcome": GAPS * np.nan}, "gap study: outcome: missing or infinite, rows 0, 1, 2, 3"),
    ({"weights": SIZES[1:]}, "gap study: weights of shape (3,); expected (4,)"),
    ({"weights": SIZES - 1}, "gap study: weights: 0, rows 0; expected above 0"),
    ({"reference": [3, 1, 4]}, "reference periods [1, 3, 4]: expected 0 to 3"),
    ({"reference": [-1]}, "reference periods [-1]: expected 0 to 3"),
    ({"reference": []}, "reference periods []: expected 0 to 3"),
]


@pytest.mark.parametrize(("change", "said"), NO_GAPS)
def test_gaps_that_cannot_be_used_are_named(change: dict, said: str) -> None:
    given = {"outcome": GAPS, "weights": SIZES, "before": 4} | change
    assert refused(gap_study, **given) == said


def test_three_units_and_three_periods_will_do() -> None:
    found = gap_study(GAPS[:3, :3], SIZES[:3], 3, reference={0})
    assert found.estimate[0] == 0
    assert gap_study(GAPS, SIZES, 5).placebo.shape == (4, 5)
