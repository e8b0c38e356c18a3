import numpy as np
import pandas as pd
import pytest

from naveval.estimators import seasonal
from naveval.project import months as calendar_months
from naveval.project.errors import EstimationError, ParameterError

MONTHS = calendar_months.month_range("2017-12", "2024-06")
BASE3 = (("2017-12", "2019-11"), ("2022-04", "2024-03"))
BASE12 = (("2017-12", "2018-11"), ("2022-04", "2023-06"))


def curve(seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(9, 1, len(MONTHS)) + np.sin(np.arange(len(MONTHS)) * np.pi / 6)


def test_79_months_and_base_months():
    assert len(MONTHS) == 79
    assert seasonal.in_base(MONTHS, BASE3).sum() == 48
    assert seasonal.in_base(MONTHS, BASE12).sum() == 27


@pytest.mark.parametrize("trend", [False, True])
@pytest.mark.parametrize("base", [BASE3, BASE12])
def test_mean_over_base_months_is_unchanged_and_twice_is_once(base, trend):
    values = curve()
    once = seasonal.adjust(values, MONTHS, base, trend=trend)
    own = seasonal.in_base(MONTHS, base)
    assert once[own].mean() == pytest.approx(values[own].mean(), abs=1e-10)
    assert np.allclose(seasonal.adjust(once, MONTHS, base, trend=trend), once, atol=1e-10)


@pytest.mark.parametrize(
    ("base", "steps"), [(BASE3, {4: 0.3, 12: 0.3}), (BASE12, {4: -0.3, 7: 0.6, 12: 0.3})]
)
def test_a_trend_becomes_a_staircase_unless_it_is_taken_into_account(base, steps):
    """The document's way: flat, with steps where base windows begin and end."""
    line = 0.05 * np.arange(len(MONTHS))
    printed = seasonal.adjust(line, MONTHS, base)
    wanted = [steps.get(int(month[5:]), 0.0) for month in MONTHS[1:]]
    assert np.allclose(np.diff(printed), wanted, atol=1e-10)
    season = np.sin(np.arange(len(MONTHS)) * np.pi / 6)
    alternative = seasonal.adjust(line + season, MONTHS, base, trend=True)
    assert np.allclose(np.diff(alternative), 0.05, atol=1e-10)


def test_a_level_of_its_own_for_each_window_is_no_trend():
    level = np.where(np.array(MONTHS) >= "2022-04", 1.0, 0.0)
    season = np.sin(np.arange(len(MONTHS)) * np.pi / 6)
    found = seasonal.adjust(level + season, MONTHS, BASE3, trend=True)
    own = seasonal.in_base(MONTHS, BASE3)
    assert np.ptp((found - level)[own]) < 1e-10


def test_a_trend_needs_calendar_months_that_recur_within_a_window():
    windows = (("2017-12", "2018-11"), ("2022-12", "2023-11"))
    with pytest.raises(
        EstimationError,
        match=r"^seasonal adjustment net of a trend: no calendar month recurs within a base ",
    ):
        seasonal.adjust(curve(), MONTHS, windows, trend=True)


def test_formula_for_one_month():
    values = curve()
    own = seasonal.in_base(MONTHS, BASE3)
    january = np.array([month.endswith("-01") for month in MONTHS])
    want = values[1] - values[own & january].mean() + values[own].mean()
    assert seasonal.adjust(values, MONTHS, BASE3)[1] == pytest.approx(want)


def test_pure_season_becomes_flat():
    season = np.array([int(month[5:]) for month in MONTHS], dtype=float)
    assert np.ptp(seasonal.adjust(season, MONTHS, BASE3)) < 1e-12


def test_missing_end_stays_missing_and_changes_nothing_before():
    values = curve()
    short = values.copy()
    short[-3:] = np.nan
    got = seasonal.adjust(short, MONTHS, BASE3)
    assert np.isnan(got[-3:]).all()
    assert np.allclose(got[:-3], seasonal.adjust(values, MONTHS, BASE3)[:-3])


def test_few_months_are_refused():
    told = r"at least 24 months; there are 23 \(2017-12 to 2019-10\)"
    with pytest.raises(EstimationError, match=told):
        seasonal.adjust(np.zeros(23), MONTHS[:23], BASE3)
    assert len(seasonal.adjust(curve()[:24], MONTHS[:24], BASE3)) == 24
    told = "24 base months with values; there are 12 in 2017-12 to 2019-11, 2022-04 to 2024-03"
    with pytest.raises(EstimationError, match=told):
        seasonal.adjust(np.zeros(40), MONTHS[20:60], BASE3)
    no_january = tuple((f"{year}-02", f"{year}-12") for year in (2018, 2019, 2022))
    with pytest.raises(EstimationError, match=r"no base month .* calendar month\(s\) \[1\]"):
        seasonal.adjust(curve(), MONTHS, no_january)


def test_a_base_month_without_a_value_is_left_out_of_the_means():
    values = curve()
    values[13] = np.nan  # January 2019
    own = seasonal.in_base(MONTHS, BASE3) & ~np.isnan(values)
    january = np.array([month.endswith("-01") for month in MONTHS])
    got = seasonal.adjust(values, MONTHS, BASE3)
    want = values[1] - values[own & january].mean() + values[own].mean()
    assert got[1] == pytest.approx(want)
    assert np.isnan(got[13])
    assert np.isfinite(np.delete(got, 13)).all()


def test_two_dimensional_curves_are_adjusted_separately():
    both = np.column_stack([curve(1), curve(2)])
    got = seasonal.adjust(both, MONTHS, BASE3)
    assert np.allclose(got[:, 1], seasonal.adjust(curve(2), MONTHS, BASE3))
    assert np.allclose(seasonal.adjustment(MONTHS, BASE3) @ both, got)
    net = seasonal.adjust(both, MONTHS, BASE3, trend=True)
    assert np.allclose(net[:, 1], seasonal.adjust(curve(2), MONTHS, BASE3, trend=True))
    assert not np.allclose(net, got)


def test_tertial_is_the_mean_of_four_months():
    frame = pd.DataFrame({"month": MONTHS, "group": "a", "value": np.arange(79.0)})
    got = seasonal.by_tertial(frame, ["value"], ["group"])
    assert got["tertial"].iloc[0] == "2018T1"
    assert got["value"].iloc[0] == np.mean([1, 2, 3, 4])
    assert got["tertial"].iloc[-1] == "2024T1"


def test_tertials_are_in_order_and_only_their_own_values_are_needed():
    frame = pd.DataFrame(
        {"month": MONTHS[1:9] * 2, "group": ["b"] * 8 + ["a"] * 8, "value": np.arange(16.0)}
    )
    frame["other"] = np.nan
    frame.loc[2, "value"] = np.nan
    got = seasonal.by_tertial(frame.iloc[::-1], ["value"], ["group"])
    assert got["group"].tolist() == ["a", "a", "b"]
    assert got["tertial"].tolist() == ["2018T1", "2018T2", "2018T2"]
    assert got["value"].tolist() == [9.5, 13.5, 5.5]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda months: months[:30] + months[31:], "2020-08 follows 2020-06; expected every month"),
        (lambda months: months[:30] + months[29:-1], "2020-06 follows 2020-06"),
    ],
)
def test_months_that_do_not_follow_each_other_are_refused(change, message):
    months = change([f"{2018 + k // 12}-{k % 12 + 1:02d}" for k in range(48)])
    with pytest.raises(EstimationError, match=message):
        seasonal.adjustment(months, [("2018-01", "2021-12")])


def test_what_is_no_curve_of_months_is_refused():
    months = [f"{2018 + k // 12}-{k % 12 + 1:02d}" for k in range(48)]
    base = [("2018-01", "2021-12")]
    with pytest.raises(EstimationError, match="values: infinite, rows 7"):
        seasonal.adjust(np.where(np.arange(48) == 7, np.inf, 1.0), months, base)
    with pytest.raises(EstimationError, match=r"values of shape \(47,\); expected \(48,\)"):
        seasonal.adjust(np.ones(47), months, base)
    with pytest.raises(ParameterError, match="2020-13"):
        seasonal.tertial("2020-13")
