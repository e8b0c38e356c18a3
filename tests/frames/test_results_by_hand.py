"""What functions on a frame give back: titles, columns, notes, and the estimators' numbers."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import HTMLFormatter

import naveval as nv
from naveval.disclosure import counts, keys
from naveval.estimators import crossfit, detectable, overlap, scores, shrinkage
from naveval.estimators import did as regressions
from naveval.estimators import group_time as staggered
from naveval.estimators import policy_tree as trees
from naveval.estimators import rate as ranking
from naveval.estimators import synthetic_control as synthetic
from naveval.estimators.cost_benefit import assumptions, inputs, net_benefit
from naveval.estimators.event_study import NEVER, gap_study
from naveval.estimators.event_study import event_study as fit_events
from naveval.estimators.forests import ForestOptions
from naveval.estimators.sensitivity import bounds, confounding
from naveval.frames import example, groups
from naveval.project.errors import EstimationError, EstimationWarning

pytestmark = pytest.mark.filterwarnings("ignore:.*(are treated|few units|reject nothing)")
COLUMNS = {"outcome": "y", "unit": "unit", "time": "time"}
INTERVAL = ["estimate", "std_error", "ci_low", "ci_high"]


def panel(n: int = 24, treated: int = 10, periods: int = 6) -> pd.DataFrame:
    frame = pd.DataFrame({"unit": np.repeat(range(n), periods), "time": list(range(periods)) * n})
    frame["start"] = np.where(frame["unit"] < treated, 3.0, np.nan)
    frame["treated"] = (frame["time"] >= frame["start"]).astype(int)
    noise = np.random.default_rng(1).normal(size=(2, len(frame)))
    frame["y"] = frame["unit"] + frame["treated"] + noise[0]
    return frame.assign(x=noise[1], pair=frame["unit"] // 2, odd=frame["unit"] % 2)


def quiet(call: Any, *given: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EstimationWarning)
        return call(*given, **options)


@pytest.mark.parametrize("by", ["unit", "pair"])
def test_differences_in_differences_are_those_of_the_regression(by: str) -> None:
    frame = panel().sample(frac=1, random_state=1)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", EstimationWarning)
        found = nv.did(frame, **COLUMNS, treated="treated", cluster=by)
    effects = [pd.factorize(frame[name])[0] for name in ("unit", "time")]
    given = frame["treated"].to_numpy(float)[:, None]
    clusters = pd.factorize(frame[by])[0]
    values = (frame["y"].to_numpy(), given, effects, clusters, ["treated"])
    plain = quiet(regressions.fit, *values)
    safe = regressions.jackknife(plain, *values[:4])
    touched = np.isin(safe.clusters, np.unique(clusters[frame["unit"] < 10]))
    df = float(staggered.satterthwaite(safe.influence, touched)[0])
    wanted = [
        vars(regressions.one(plain, "treated")),
        vars(regressions.one(safe, "treated", df=df)),
    ]
    table = found.table()
    assert found.title == "Effect on y (difference-in-differences)"
    assert table.columns.tolist() == ["covariance", *wanted[0], "n_obs", "n_clusters"]
    assert table["covariance"].tolist() == list(found.found) == ["crv1", "crv3"]
    np.testing.assert_allclose(table[list(wanted[0])], pd.DataFrame(wanted), rtol=1e-9)
    assert table["n_obs"].tolist() == [144] * 2
    assert table["n_clusters"].tolist() == [frame[by].nunique()] * 2
    few = by == "pair"  # five pairs are treated
    assert len(found.notes) == len(heard) == few
    assert [str(one.message) for one in heard] == list(found.notes)
    assert all(
        note.startswith("5 clusters are treated and 7 are not: with fewer than 6")
        for note in found.notes
    )


def test_one_treated_cluster_and_clusters_within_units_are_told() -> None:
    one = quiet(nv.did, panel(treated=1), **COLUMNS, treated="treated")
    assert one.notes == (
        "one unit is treated: clustered errors leave its noise out and their p-value means "
        "nothing. Use nv.one_treated(frame, outcome=…, unit=…, time=…, treated=…, start=…)",
    )
    assert one.table()["covariance"].tolist() == ["crv1"]
    assert one.table()[[*INTERVAL[1:], "p_value"]].isna().all(axis=None)
    side = quiet(nv.did, panel(treated=23), **COLUMNS, treated="treated")
    assert side.notes[0].startswith("one unit is not treated: clustered errors")
    for n in (3, 4):  # where the treated tell nothing of who stands alone
        few = quiet(nv.did, panel(n, n - 1), **COLUMNS, treated="treated").table()
        assert few[[*INTERVAL[1:], "p_value"]].isna().all(axis=None)
        assert few["estimate"].notna().all()
    pairs = quiet(nv.did, panel(treated=2), **COLUMNS, treated="treated", cluster="pair")
    assert pairs.notes[0].startswith("one cluster is treated: clustered errors")
    frame = panel().assign(k=lambda f: f["unit"] * 2 + (f["time"] > 4) * (f["unit"] == 5))
    fine = quiet(nv.did, frame, **COLUMNS, treated="treated", cluster="k")
    assert fine.notes == (
        "column «k» splits the unit «5»: errors of one unit hang together over time, and clusters "
        "within units take them for independent. Cluster by the unit or by something larger",
    )
    assert fine.table()["covariance"].tolist() == ["crv1", "crv3"]  # of 25 in all
    many = panel(40, 10).assign(k=lambda f: f["unit"] * 2 + (f["time"] > 4) * (f["unit"] == 5))
    assert len(quiet(nv.did, many, **COLUMNS, treated="treated", cluster="k").table()) == 1


@pytest.mark.parametrize(
    ("options", "few"),
    [({}, False), ({"reference": -2, "window": (-3, 1), "covariance": "crv3"}, True)],
)
def test_an_event_study_is_that_of_arrays(options: dict[str, Any], few: bool) -> None:
    frame = panel(treated=5 if few else 10).sample(frac=1, random_state=1)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", EstimationWarning)
        found = nv.event_study(frame, **COLUMNS, start="start", **options)
    own = (frame["time"] - frame["start"]).fillna(NEVER).to_numpy().astype(int)
    y, unit, time = (frame[name].to_numpy() for name in ("y", "unit", "time"))
    wanted = fit_events(y, unit, time, own, **options)
    table = found.table()
    assert found.title == "Effects on y by time since the start"
    assert table.columns.tolist() == ["event_time", *INTERVAL]
    assert table["event_time"].tolist() == wanted.event_time.tolist()
    half = detectable.multiplier(0.95, 0.5, 23) * wanted.std_error
    ends = [wanted.estimate - half, wanted.estimate + half]
    np.testing.assert_allclose(table[INTERVAL].T, [wanted.estimate, wanted.std_error, *ends])
    test = f"The times before the start: joint test, p = {wanted.pre_trend.p_value:.3f}"
    assert found.notes[few:] == (test,)
    said = "5 clusters are treated and 19 are not: with fewer than 6 of either the errors by CRV1"
    assert all(note.startswith(said) for note in found.notes[:few])
    assert [str(one.message) for one in heard] == [
        f"nv.event_study: {n}" for n in found.notes[:few]
    ]
    assert list(found.found) == ["study"]


def test_without_times_before_there_is_no_test_of_them() -> None:
    frame = panel()
    found = nv.event_study(frame[frame["time"] >= 2], **COLUMNS, start="start")
    assert found.notes == ()


@pytest.mark.parametrize(("window", "reference"), [(None, -1), ((-3, 1), -2), ((0, 2), -1)])
def test_one_treated_unit_has_gaps_and_those_of_all(window: Any, reference: int) -> None:
    frame = panel(8, 1)
    found = nv.event_study(frame, **COLUMNS, start="start", window=window, reference=reference)
    wide = frame.pivot(index="unit", columns="time", values="y").to_numpy()
    wanted = gap_study(wide, np.ones(8), 3, treated=0, reference=[3 + reference])
    at = [t for t in range(-3, 3) if t != reference]
    at = at if window is None else [t for t in at if window[0] <= t <= window[1]]
    table = found.table()
    assert found.title == "Gap of 0 in y"
    assert table.index.tolist() == list(range(len(at)))
    assert table["event_time"].tolist() == at
    places = [t + 3 for t in at]
    np.testing.assert_allclose(table["estimate"], wanted.estimate[places])
    larger = np.abs(wanted.placebo) >= np.abs(wanted.estimate) - 1e-9
    np.testing.assert_allclose(table["p_value"], larger.mean(axis=0)[places])
    rest = wanted.placebo[1:, places]
    np.testing.assert_allclose(table["placebo_low"], rest.min(axis=0))
    np.testing.assert_allclose(table["placebo_high"], rest.max(axis=0))
    assert found.notes == (
        "One unit is treated: p-values are the share of all units with a gap at least as large, "
        "placebos the others' gaps; nv.one_treated gives the mean effect and its interval",
        f"The times before the start: joint placebo test, p = {wanted.p_value_before:.3f}",
    )
    assert list(found.found) == ["gaps"]


def test_a_reference_before_all_periods_is_told_with_the_road() -> None:
    with pytest.raises(EstimationError) as raised:
        nv.event_study(panel(8, 1), **COLUMNS, start="start", reference=-4)
    assert str(raised.value).startswith(
        "nv.event_study: reference periods [-1]: expected 0 to 2; expected a reference before the "
        "start: reference=-1, for example:\n   unit     time"
    )
    with pytest.raises(EstimationError) as raised:
        nv.event_study(panel(), **COLUMNS, start="start", reference=-4)
    assert (
        "; expected units never treated, and no more times than units: window=(-4, 8) takes fewer, "
        "for example:\n   unit     time"
    ) in str(raised.value)


@pytest.mark.parametrize(
    ("average", "first"),
    [("dynamic", "event_time"), ("group", "start"), ("calendar", "time"), ("simple", None)],
)
@pytest.mark.parametrize("small", [True, False])
def test_effects_of_several_starts_are_those_of_arrays(
    average: str, first: Any, small: bool
) -> None:
    frame = panel(36).assign(start=lambda f: f["unit"].map(lambda u: [2.0, 4.0, np.nan][u % 3]))
    given = {"covariates": "x", "cluster": "pair", "controls": "not_yet"}
    found = quiet(
        nv.group_time,
        frame,
        **COLUMNS,
        start="start",
        average=average,
        level=0.9,
        small_sample=small,
        **given,
    )
    start = frame["start"].fillna(np.inf).to_numpy()
    y, unit, time = (frame[name].to_numpy() for name in ("y", "unit", "time"))
    pair, x = frame["pair"].to_numpy(), frame[["x"]].to_numpy()
    effects = quiet(
        staggered.group_time, y, unit, time, start, covariates=x, cluster=pair, controls="not_yet"
    )
    wanted = staggered.average(effects, average, small_sample=small).table(0.9)
    assert found.title == "Effects on y of several starts"
    table = found.table()
    assert table.columns.tolist() == ([first] if first else []) + [*INTERVAL, "p_value", "df"]
    numbers = [*INTERVAL, "p_value"]
    np.testing.assert_allclose(table[numbers], wanted[numbers], rtol=1e-9)
    if first:
        np.testing.assert_allclose(table[first].astype(float), wanted["at"].astype(float))
        assert np.isnan(table[first].astype(float).iloc[-1])
    assert list(found.found) == ["effects", "averages"]
    assert found.notes == ()


def test_notes_of_several_starts_stand_in_order() -> None:
    frame = panel(36).assign(start=lambda f: f["unit"].map(lambda u: [2.0, 9.0, np.nan][u % 3]))
    months = 201400 + np.arange(1, 11)
    named = frame.assign(
        time=months[frame["time"]],
        start=frame["start"].map(lambda s: months[int(s)] if s == s else s),
    )
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", EstimationWarning)
        found = nv.group_time(named, **COLUMNS, start="start")
    assert found.notes == (
        "12 units start after the last period: never treated here",
        "«time» is read as year and month; event times count months",
    )
    assert heard == []
    with pytest.warns(EstimationWarning, match=r"^nv\.group_time: few units") as told:
        few = nv.group_time(frame.query("unit < 12"), **COLUMNS, start="start")
    assert few.notes[0] == str(told[0].message).removeprefix("nv.group_time: ")
    assert few.notes[1:] == ("4 units start after the last period: never treated here",)


def test_intervals_that_hold_when_trends_differ_are_those_of_arrays() -> None:
    events = nv.event_study(panel(), **COLUMNS, start="start")
    study = events.found["study"]
    for restriction, bound in (("relative", 1.0), ("relative", 0.5), ("smoothness", 0.0)):
        found = nv.honest_intervals(events, bound=bound, restriction=restriction)
        wanted = bounds.interval(
            bounds.study(study.estimate, study.covariance, 2), restriction, bound
        )
        assert found.title == "Mean effect after the start, with trends that may differ"
        row = {"restriction": restriction, "bound": bound}
        row |= {"ci_low": wanted.ci_low, "ci_high": wanted.ci_high}
        assert found.table().to_dict("records") == [row]
    plain = nv.honest_intervals(events).table()
    assert plain[["restriction", "bound"]].values.tolist() == [["relative", 1.0]]
    for wrong, said in (
        ({"bound": -0.1}, "bound=-0.1: expected a number from 0 to 1.79769e+308"),
        ({"restriction": "none"}, "restriction='none': is not among "),
    ):
        with pytest.raises(EstimationError) as raised:
            nv.honest_intervals(events, **wrong)
        assert str(raised.value).startswith(f"nv.honest_intervals: {said}")
    for wrong in (None, nv.event_study(panel(8, 1), **COLUMNS, start="start")):
        with pytest.raises(EstimationError) as raised:
            nv.honest_intervals(wrong)
        assert str(raised.value) == (
            "nv.honest_intervals: expected what nv.event_study returned for several treated units; "
            "with one treated unit nv.one_treated has an interval"
        )
    frame = panel()
    late = nv.event_study(frame[frame["time"] >= 2], **COLUMNS, start="start")
    with pytest.raises(EstimationError) as raised:
        nv.honest_intervals(late)
    assert str(raised.value).startswith("nv.honest_intervals: ")
    assert (
        "; expected times before and after, and more units than times: nv.event_study(…, window=(-4"
        ", 8)) takes fewer, quarters in place of months too, for example:\n   unit     time"
    ) in str(raised.value)


def test_one_treated_unit_beside_synthetic_comparisons() -> None:
    frame = panel(24, 1)
    found = nv.one_treated(frame, **COLUMNS, treated=0, start=3, level=0.9)
    wide = frame.pivot(index="unit", columns="time", values="y").to_numpy()
    left = wide - wide.mean(axis=1, keepdims=True) - wide.mean(axis=0) + wide.mean()
    post = np.arange(6) >= 3
    own = left[:, post].mean(axis=1) - left[:, ~post].mean(axis=1)
    effects = own * 24 / 23  # against the mean of the others
    table = found.table().set_index("method")
    assert found.title == "Effect on y of 0 from 3"
    assert table.index.tolist() == ["did", *synthetic.KINDS]
    assert table.loc["did", "estimate"] == pytest.approx(effects[0])
    assert list(found.found) == ["effects", "beside"]
    np.testing.assert_allclose(list(found.found["effects"].values()), effects)
    assert list(found.found["effects"]) == list(range(24))
    ranked = (np.abs(effects) >= np.abs(effects[0]) - 1e-9).mean()
    assert table.loc["did", "p_value"] == pytest.approx(ranked)
    assert table["smallest_p"].tolist() == [1 / 24] * 3
    spread = np.sqrt(np.mean(effects[1:] ** 2))
    power = detectable.minimum_detectable(spread, 0.9, 0.8, 22)
    assert table.loc["did", "detectable"] == pytest.approx(power)
    assert table.loc["did", "ci_low"] < table.loc["did", "estimate"] < table.loc["did", "ci_high"]
    level = table.loc["did", "level"]
    assert table.loc[list(synthetic.KINDS), ["ci_low", "ci_high", "level"]].isna().all(axis=None)
    for kind in synthetic.KINDS:
        made = synthetic.estimate(wide[0], wide[1:].T, 3, kind)
        placebo = synthetic.placebo(wide[0], wide[1:].T, 3, kind)
        row = table.loc[kind]
        assert (row["estimate"], row["p_value"]) == pytest.approx((made.effect, placebo.p_value))
        power = detectable.minimum_detectable(placebo.std_error, 0.9, 0.8, 22)
        assert row["detectable"] == pytest.approx(power)
        one, same = found.found["beside"][kind]
        assert (one.effect, same.p_value) == (made.effect, placebo.p_value)
    assert found.notes == (
        "Each of 24 units takes its turn as the treated one; the smallest p-value is 0.042",
        f"The interval has the level {level:.1%}; the synthetic methods have none",
    )


def test_a_level_that_so_few_units_cannot_give_is_told() -> None:
    with pytest.warns(EstimationWarning) as heard:
        found = nv.one_treated(panel(8, 1), **COLUMNS, treated=0, start=3)
    said = (
        "8 units reject nothing at level 0.95: the smallest p-value is 0.125. The interval has the "
        "level 87.5% and no effect is detectable"
    )
    assert found.notes[2:] == (said,)
    assert [str(one.message) for one in heard] == [f"nv.one_treated: {said}"]
    assert found.table()["detectable"].isna().all()
    exactly = quiet(nv.one_treated, panel(8, 1), **COLUMNS, treated=0, start=3, level=1 - 1 / 8)
    assert exactly.notes[2:] == ()
    assert exactly.table()["detectable"].notna().all()


def test_controls_that_move_alike_are_told() -> None:
    frame = panel(24, 1)
    alike = frame.assign(
        y=frame["y"].where(frame["unit"] == 0, 1e3 * frame["unit"] + frame["time"])
    )
    with pytest.warns(EstimationWarning) as heard:
        found = nv.one_treated(alike, **COLUMNS, treated=0, start=3)
    said = (
        "all controls move alike: there is no noise among them to judge the effect by, and no "
        "interval or detectable effect is given"
    )
    assert found.notes[2:] == (said,)
    assert [str(one.message) for one in heard] == [f"nv.one_treated: {said}"]
    assert found.table()[["ci_low", "ci_high", "detectable"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("kind", "title"), [("synthetic_control", "control"), ("synthetic_did", "did")]
)
def test_a_synthetic_series_beside_the_observed(kind: Any, title: str) -> None:
    frame = panel(8, 1)
    found = getattr(nv, kind)(frame, **COLUMNS, treated=0, start=3)
    wide = frame.pivot(index="unit", columns="time", values="y").to_numpy()
    made = synthetic.estimate(wide[0], wide[1:].T, 3, kind)
    placebo = synthetic.placebo(wide[0], wide[1:].T, 3, kind)
    assert found.title == f"Synthetic {title}: 0"
    table = found.table()
    assert table.columns.tolist() == ["time", "observed", "synthetic", "gap"]
    np.testing.assert_allclose(table.T, [range(6), wide[0], wide[0] - made.gap, made.gap])
    text = f"Mean effect after: {made.effect:.4g}; p = {placebo.p_value:.3f} among placebo units"
    assert found.notes == (text,)
    weights = pd.Series(made.unit_weights, index=pd.RangeIndex(1, 8), name="weight")
    pd.testing.assert_series_equal(found.found["weights"], weights, check_names=False)
    assert found.found["weights"].name == "weight"
    assert found.found["placebo"].p_value == placebo.p_value


def test_holes_of_a_panel_are_told_with_what_keeps_the_rest() -> None:
    frame = panel(8, 1)
    for dropped, kept, by in (
        ([5], "time", "unit"),
        ([8], "unit", "time"),
        ([8, 9, 10, 11], "unit", "time"),
    ):
        with pytest.raises(EstimationError) as raised:
            nv.one_treated(frame.drop(index=dropped), **COLUMNS, treated=0, start=3)
        name, lacks = dropped[0] // 6, ", ".join(str(at % 6) for at in dropped[:3])
        assert str(raised.value).startswith(
            f"nv.one_treated: {len(dropped)} rows are missing: «{name}» has none for time {lacks}; "
            f"expected every unit in every period. To keep each {kept} that has all: "
            f'frame[frame.groupby("{kept}")["{by}"].transform("nunique") == '
            f'frame["{by}"].nunique()]; for example:\n'
        )
    with pytest.raises(EstimationError) as raised:
        nv.one_treated(panel(3, 1), **COLUMNS, treated=0, start=3)
    assert str(raised.value) == (
        "nv.one_treated: 3 units; expected one treated and at least three controls, so that each "
        "control can be compared with two others"
    )
    assert quiet(nv.one_treated, panel(4, 1), **COLUMNS, treated=0, start=3)
    with pytest.raises(EstimationError) as raised:
        nv.one_treated(frame, **COLUMNS, treated=0, start=9)
    assert str(raised.value) == (
        "nv.one_treated: start=9: expected a time of the frame with at least two before it; it has "
        "0 to 5"
    )


def people(n: int = 400, groups: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"office": rng.integers(0, groups, n), "age": rng.integers(2, 7, n)})
    frame["sex"], frame["id"] = rng.choice(["f", "m"], n), np.arange(n) // 2
    return frame.assign(hours=20 - frame["age"] + (frame["office"] == 3) + rng.normal(size=n))


@pytest.mark.parametrize("person", [None, "id"])
def test_an_indicator_and_its_error_by_the_delta_method(person: Any) -> None:
    frame = people()
    found = nv.indicator(frame, outcome="hours", group="office", by=["age", "sex"], person=person)
    x = pd.get_dummies(frame[["age", "sex"]].astype(str), drop_first=True, dtype=float)
    x.insert(0, "constant", 1.0)
    x, y, group = x.to_numpy(), frame["hours"].to_numpy(), frame["office"].to_numpy()
    slopes = np.linalg.lstsq(x, y, rcond=None)[0]
    expected, left = x @ slopes, y - x @ slopes
    ids = np.arange(400) if person is None else frame["id"].to_numpy()
    error = []
    for g in range(5):
        own = group == g
        pull = np.linalg.solve(x.T @ x, x[own].mean(axis=0))
        part = np.where(own, left / own.sum(), 0.0) - (x @ pull) * left
        error.append(np.sqrt((np.bincount(ids, part) ** 2).sum()))
    by = pd.DataFrame({"actual": y, "expected": expected}).groupby(group).mean()
    table = found.table()
    assert found.title == "hours by office, beside what is expected"
    assert table["office"].tolist() == ["0", "1", "2", "3", "4"]
    np.testing.assert_allclose(table[["actual", "expected"]], by)
    np.testing.assert_allclose(table["indicator"], by["actual"] - by["expected"], atol=1e-9)
    np.testing.assert_allclose(table["std_error"], error, rtol=1e-6)
    half = 1.96 * table["std_error"]
    np.testing.assert_allclose(table["ci_low"], table["indicator"] - half, rtol=1e-3)
    np.testing.assert_allclose(table["ci_high"], table["indicator"] + half, rtol=1e-3)
    pulled = shrinkage.shrink(table["indicator"].to_numpy(), table["std_error"].to_numpy())
    np.testing.assert_allclose(table["shrunken"], pulled.estimate)
    np.testing.assert_allclose(table["shrunken_std_error"], pulled.std_error)
    np.testing.assert_allclose(table["reliability"], pulled.reliability)
    assert table["n_rows"].tolist() == np.bincount(group).tolist()
    assert table["n_persons"].tolist() == [len(set(ids[group == g])) for g in range(5)]
    assert found.notes == ()
    pd.testing.assert_series_equal(
        found.found["expected"], pd.Series(expected, name="expected"), check_exact=False
    )


def test_fewer_than_four_groups_are_not_shrunken_and_ten_comes_after_two() -> None:
    frame = people(300, 3).assign(office=lambda f: f["office"].map({0: 10, 1: 2, 2: 1}))
    table = nv.indicator(frame, outcome="hours", group="office", by="age").table()
    assert table["office"].tolist() == ["1", "2", "10"]
    assert "shrunken" not in table
    four = people(300, 4)
    assert "shrunken" in nv.indicator(four, outcome="hours", group="office", by="age").table()


def test_a_probit_takes_0_and_1_and_has_the_groups_own_means() -> None:
    frame = people().assign(job=lambda f: (f["hours"] > 16).astype(int))
    found = nv.indicator(frame, outcome="job", group="office", by=["age"], kind="probit")
    table = found.table()
    assert table["actual"].tolist() == pytest.approx(frame.groupby("office")["job"].mean().tolist())
    saturated = frame.groupby("age")["job"].transform("mean")
    wanted = saturated.groupby(frame["office"]).mean()
    assert table["expected"].tolist() == pytest.approx(wanted.tolist(), abs=1e-4)
    linear = nv.indicator(frame, outcome="job", group="office", by=["age"]).table()
    # Of a saturated model both say the same of the groups, and of their errors.
    assert table["std_error"].tolist() == pytest.approx(linear["std_error"].tolist(), rel=1e-3)
    with pytest.raises(EstimationError) as raised:
        nv.indicator(
            frame.assign(job=frame["job"] * 2),
            outcome="job",
            group="office",
            by="age",
            kind="probit",
        )
    wrong = np.flatnonzero(frame["job"])[:5]
    assert str(raised.value) == (
        "nv.indicator: column «job»: a probit takes 0 and 1, rows "
        f"{', '.join(map(str, wrong))}, …; use kind='linear' for other numbers"
    )


def test_what_an_indicator_cannot_compare_is_refused() -> None:
    frame = people()
    given = {"outcome": "hours", "group": "office", "by": ["age"]}
    cases = [
        (frame.assign(office=1), {}, "column «office» has one group; expected two or more"),
        (
            frame.assign(age=3, sex="f"),
            {"by": ["age", "sex"]},
            "none of age, sex has two categories or more",
        ),
        (
            frame.rename(columns={"office": "actual"}),
            {"group": "actual"},
            "column «actual» has the name of a column of the result; rename it, for example: "
            'frame.rename(columns={"actual": "office"})',
        ),
        (
            frame.assign(age=frame["age"].mask(frame["office"].isin([2, 4]), 5 + frame["office"])),
            {},
            "column «office»: nothing is left to explain in 2, 4: age tell these groups, or the "
            "outcome, apart exactly; expected characteristics that people of several groups share, "
            "for example:\n",
        ),
    ]
    for own, changes, said in cases:
        with pytest.raises(EstimationError) as raised:
            nv.indicator(own, **(given | changes))
        assert str(raised.value).startswith(f"nv.indicator: {said}")


def test_a_characteristic_has_no_more_categories_than_can_be_told_apart(monkeypatch) -> None:
    given = {"outcome": "hours", "group": "office", "by": ["age"]}
    assert groups.MOST_CATEGORIES == 500
    monkeypatch.setattr(groups, "MOST_CATEGORIES", 5)
    assert len(nv.indicator(people(), **given).table()) == 5
    with pytest.raises(EstimationError) as raised:
        nv.indicator(people().assign(age=lambda f: np.where(f.index < 9, 9, f["age"])), **given)
    assert str(raised.value) == (
        "nv.indicator: column «age» has 6 different values; expected a characteristic with at "
        "most 5 categories; cut numbers into classes, for example: "
        'frame["age"] = pd.cut(frame["age"], 8).astype(str)'
    )


def test_a_characteristic_that_says_the_same_is_left_out_and_named() -> None:
    frame = people().assign(old=lambda f: np.where(f["age"] > 4, "yes", "no"))
    found = nv.indicator(frame, outcome="hours", group="office", by=["age", "old"])
    dropped = found.found["model"].dropped
    assert len(dropped) == 1
    ((name, reason),) = dropped.items()
    assert found.notes == (f"Left out of the model: {name}: {reason}",)


def test_costs_and_benefits_are_those_of_the_inputs() -> None:
    given = assumptions.from_inputs(inputs.load())
    found = nv.cost_benefit()
    table = found.table()
    assert found.title == "Costs and benefits per spell, kroner"
    assert table["program"].tolist() == list(given.programs)
    items = {name: values[0] for name, values in vars(net_benefit.flows(given)).items()}
    assert table.columns.tolist() == ["program", *items, "total_cost", "net_benefit"]
    np.testing.assert_allclose(table[list(items)], pd.DataFrame(items))
    np.testing.assert_allclose(table["total_cost"], np.ravel(net_benefit.total_cost(given)))
    np.testing.assert_allclose(table["net_benefit"], net_benefit.net_benefit(given)[0])


def test_protected_counts_are_those_of_the_cell_keys() -> None:
    frame = example.people()
    frame = pd.concat(
        [frame, pd.DataFrame({"person": [1, 2], "office": "99", "age": 3, "sex": "f"})]
    )
    found = nv.protect(frame, by=["office"], person="person", origin="simulated")
    once = frame[["office", "person"]].drop_duplicates()
    secret = keys.secret("simulated")
    once["key"] = keys.record_keys(once["person"].to_numpy(), secret)
    raw = once.groupby("office").agg(n_persons=("person", "size"), n_persons_key=("key", "sum"))
    wanted = counts.protect(raw.reset_index(), ["n_persons"], secret)
    table = found.table()
    assert found.title == "Persons by office, protected"
    assert table.columns.tolist() == ["office", "n_persons", "mark"]
    assert table["n_persons"].tolist() == wanted["n_persons"].tolist()
    few = counts.marks(wanted["n_persons"], wanted["n_persons"], is_count=True)
    assert table["mark"].tolist() == list(few)
    two = nv.protect(frame, by=["office", "sex"], person="person", origin="simulated")
    assert two.title == "Persons by office, sex, protected"


@pytest.fixture(scope="module")
def fitted() -> Any:
    frame = example.programs().head(500).assign(days=lambda f: f["earnings"] + f["age"] % 3)
    frame["id"] = np.arange(500) // 2
    return nv.cross_fit(
        frame,
        outcome=["earnings", "days"],
        program="program",
        control="none",
        covariates=["age", "education"],
        person="id",
        trees=8,
        folds=3,
        clip=0.01,
        trim=0.02,
        seed=5,
    )


def test_programmes_are_cross_fitted_as_arrays(fitted: Any) -> None:
    frame = fitted.frame
    x = frame[["age"]].assign(
        education_primary=frame["education"] == "primary",
        education_upper=frame["education"] == "upper",
    )
    arm = frame["program"].map({"none": 0, "course": 1, "subsidy": 2}).to_numpy()
    y, cluster = frame[["earnings", "days"]].to_numpy(), frame["id"].to_numpy()
    nuisances = crossfit.crossfit(
        x.to_numpy(float),
        arm,
        y,
        arms=["none", "course", "subsidy"],
        outcomes=["earnings", "days"],
        options=ForestOptions(trees=8, seed=5),
        n_folds=3,
        cluster=cluster,
    )
    wanted = scores.doubly_robust(y, arm, nuisances, clip=0.01, trim=0.02, cluster=cluster)
    np.testing.assert_allclose(fitted.scores.gamma, wanted.gamma)
    assert list(fitted.scores.arms) == ["none", "course", "subsidy"]
    assert fitted.covariates.columns.tolist() == ["age", "education_primary", "education_upper"]
    assert fitted.program == "program"
    table = overlap.summary(wanted, nuisances)
    pd.testing.assert_frame_equal(fitted.table(), table)
    shown = ["arm", "n_treated", "effective_treated", "effective_controls", "overlap"]
    assert fitted.summary() == repr(fitted) == table[shown].to_string(index=False)
    assert HTMLFormatter()(fitted) == table.to_html(index=False)
    balance = overlap.balance(wanted, 2, x.to_numpy(float), list(fitted.covariates))
    pd.testing.assert_frame_equal(fitted.balance("subsidy"), balance)
    strength = confounding.bounds(wanted, 1, "att", cf_y=0.03, cf_d=0.03)
    found = fitted.bounds("course")
    assert found["outcome"].tolist() == ["earnings", "days"]
    for name, values in vars(strength).items():
        np.testing.assert_allclose(found[name].astype(float), np.asarray(values, float))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda f: f.balance("none"),
            "nv.cross_fit(…).balance: programme 'none': not among course, subsidy, which are "
            "compared with 'none'",
        ),
        (
            lambda f: f.bounds("x"),
            "nv.cross_fit(…).bounds: programme 'x': not among course, subsidy, which are compared "
            "with 'none'",
        ),
        (
            lambda f: f.bounds("course", cf_y=1.5),
            "nv.cross_fit(…).bounds: cf_y=1.5: expected a number from 0 to 1",
        ),
        (
            lambda f: f.bounds("course", cf_y=-0.1),
            "nv.cross_fit(…).bounds: cf_y=-0.1: expected a number from 0 to 1",
        ),
        (
            lambda f: f.bounds("course", cf_d=1),
            "nv.cross_fit(…).bounds: cf_d=1: expected a number from 0 to 1",
        ),
        (
            lambda f: f.bounds("course", cf_d=-0.1),
            "nv.cross_fit(…).bounds: cf_d=-0.1: expected a number from 0 to 1",
        ),
        (
            lambda f: nv.rate(f, "course", by="age", target="x"),
            "nv.rate: target='x': is not among autoc, qini",
        ),
        (
            lambda f: nv.rate(f, "course", by="age", outcome="pay"),
            "nv.rate: outcome='pay': is not among None, earnings, days",
        ),
        (lambda f: nv.policy_tree(f, by="age", depth=3), "nv.policy_tree: depth=3: is not among 0"),
        (
            lambda f: nv.policy_tree(f, by="age", least=0),
            "nv.policy_tree: least=0: expected a whole number from 1",
        ),
        (
            lambda f: nv.policy_tree(f, by="age", outcome="pay"),
            "nv.policy_tree: outcome='pay': is not among None, earnings, days",
        ),
        (
            lambda f: nv.policy_tree(f, by="age", costs={"none": np.inf}),
            "nv.policy_tree: costs['none']=inf: expected a number from -1.79769e+308",
        ),
        (
            lambda f: nv.gate(f, "course", by=f.frame["id"] // 4),
            "nv.gate: column «id»: 63 of 63 groups have fewer than 10 persons (0: 8); merge them, "
            'or take bands of numbers, for example: by=pd.cut(frame["id"], 4)',
        ),
        (
            lambda f: nv.gate(f, "course", by=f.frame["id"] // 5),  # ten rows each
            "nv.gate: column «id»: nobody in 6 has 'course'; expected both in every group: merge "
            'groups, or take bands of numbers: by=pd.cut(frame["id"], 4)',
        ),
    ],
)
def test_what_cannot_be_asked_of_programmes_is_told(fitted: Any, call: Any, said: str) -> None:
    with pytest.raises(EstimationError) as raised:
        call(fitted)
    assert str(raised.value).startswith(said)


def test_effects_of_programmes_with_their_overlap(fitted: Any, monkeypatch: Any) -> None:
    for estimand, who in (("ate", "everybody"), ("att", "those who took part")):
        found = quiet(getattr(nv, estimand), fitted)
        wanted = scores.effects(fitted.scores, estimand).drop(columns=["n_obs", "n_clusters"])
        grades = dict(fitted.table()[["arm", "overlap"]].to_numpy())
        wanted = wanted.assign(overlap=wanted["arm"].map(grades))
        pd.testing.assert_frame_equal(found.table(), wanted)
        assert found.title == f"Effects on {who} ({estimand})"
        assert found.found == {"scores": fitted.scores}
    grades = fitted.table()
    for graded, arms in (
        (["poor", "good"], "course"),
        (["poor", "poor"], "course, subsidy"),
        (["thin", "good"], ""),
    ):
        monkeypatch.setattr(type(fitted), "table", lambda _, g=graded: grades.assign(overlap=g))
        said = (
            f"overlap is poor for {arms}: the effect rests on few comparable persons and is marked"
        )
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always", EstimationWarning)
            found = nv.att(fitted)
        assert found.notes == ((said,) if arms else ())
        assert [str(one.message) for one in heard] == list(found.notes)


def test_effects_in_groups_of_rows(fitted: Any) -> None:
    education = fitted.frame["education"]
    known = education.mask(fitted.frame.index < 3)
    for by, name, notes in (
        ("education", "education", ()),
        (education, "education", ()),
        (education.to_numpy(), "groups", ()),
        (education.tolist(), "groups", ()),
        (education.rename(None), "groups", ()),
        (education.sample(frac=1, random_state=1), "education", ()),
        (known, "education", ("3 persons without a group are left out",)),
    ):
        found = nv.gate(fitted, "subsidy", by=by)
        assert found.title == f"Effects of subsidy by {name}"
        assert found.notes == notes
        groups = (known if notes else education).rename(name)
        wanted = scores.gate(fitted.scores, 2, groups)
        np.testing.assert_allclose(found.table()["estimate"], wanted["estimate"])
        assert found.table()["category"].tolist() == wanted["category"].tolist()
        assert found.table()["n_persons"].sum() == wanted["n_persons"].sum()


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (
            lambda f: f["age"][:9],
            "by has 9 rows, the frame 500; expected a column of the frame, or",
        ),
        (
            lambda f: np.ones((500, 2)),
            "by has the shape (500, 2); expected one group for each of "
            '500 rows: by="age", or by=frame["age"]',
        ),
        (lambda f: [[1]] * 500, "by has the shape (500, 1); expected one group for each of 500"),
        (
            lambda f: f["age"].set_axis(range(1, 501)),
            "by has another index than the frame; expected "
            "a group for each row by index, or an array in the frame's order: by.to_numpy()",
        ),
        (
            lambda f: f["age"].set_axis([0] * 500),
            "by has another index than the frame, with repeats",
        ),
        (lambda f: "lost", "column «lost» is missing; the frame has program"),
        (lambda f: "days", "column «days» is given as by and as outcome; expected a column of its"),
        (lambda f: "program", "column «program» is given as by and as program; expected a column"),
        (
            lambda f: pd.Series([1, "1"] * 250, name="k"),
            "column «k»: rows 0 and 1 hold int and str",
        ),
    ],
)
def test_groups_that_do_not_fit_the_rows_are_told(fitted: Any, by: Any, said: str) -> None:
    for call in (nv.gate, nv.rate):
        with pytest.raises(EstimationError) as raised:
            call(fitted, "course", by=by(fitted.frame))
        assert str(raised.value).startswith(f"nv.{call.__name__}: {said}")


@pytest.mark.parametrize(
    ("outcome", "target"), [(None, "autoc"), ("days", "autoc"), ("earnings", "qini")]
)
def test_a_ranking_is_judged_as_of_arrays(fitted: Any, outcome: Any, target: Any) -> None:
    if outcome is None:
        with pytest.raises(EstimationError):
            nv.rate(fitted, "course", by="age")
        return
    found = nv.rate(fitted, "course", by="age", outcome=outcome, target=target)
    age = fitted.frame["age"].to_numpy(float)
    wanted = ranking.rate(fitted.scores, 1, age, outcome, target=target)
    half = detectable.multiplier(0.95, 0.5) * wanted.std_error
    assert found.title == "Effect of course by rank of age"
    assert found.table().to_dict("records") == [
        {
            "arm": "course",
            "target": target,
            "estimate": wanted.estimate,
            "std_error": wanted.std_error,
            "ci_low": wanted.estimate - half,
            "ci_high": wanted.estimate + half,
            "p_value": wanted.p_value,
            "n_clusters": 250,
        }
    ]
    assert found.found["rate"].estimate == wanted.estimate
    assert found.notes == ()


@pytest.mark.parametrize(
    ("options", "column", "prices", "depth", "least"),
    [
        ({}, 0, [0, 0, 0], 2, 100),
        ({"outcome": "days", "depth": 1, "least": 40}, 1, [0, 0, 0], 1, 40),
        ({"costs": {"course": 1.5, "none": -0.5}}, 0, [-0.5, 1.5, 0], 2, 100),
        ({"costs": {}, "depth": 0}, 0, [0, 0, 0], 0, 100),
    ],
)
def test_a_rule_is_that_of_arrays(
    fitted: Any, options: Any, column: int, prices: list[float], depth: int, least: int
) -> None:
    found = nv.policy_tree(fitted, by=["age", "education"], **options)
    gamma = fitted.scores.gamma[:, :, column] - np.array(prices)
    tree = trees.grow(gamma, fitted.covariates.to_numpy(float), depth=depth, min_leaf=least)
    wanted = trees.describe(tree, list(fitted.covariates), ["none", "course", "subsidy"])
    pd.testing.assert_frame_equal(found.table(), wanted)
    assert found.title == f"Rule for {['earnings', 'days'][column]}"
    assert list(found.found) == ["tree"]


@pytest.mark.parametrize("name", ["ate", "att", "gate", "rate", "policy_tree"])
def test_what_was_not_fitted_is_told_with_what_is_right(name: str) -> None:
    given = {"gate": {"arm": "a", "by": "b"}, "rate": {"arm": "a", "by": "b"}}
    given["policy_tree"] = {"by": "b"}
    with pytest.raises(EstimationError) as raised:
        getattr(nv, name)(None, **given.get(name, {}))
    assert str(raised.value) == (
        f"nv.{name}: expected what nv.cross_fit returned, for example:\n"
        '   fitted = nv.cross_fit(frame, outcome="earnings", program="program", control="none",\n'
        '                         covariates=["age", "education"])\n'
        "   nv.att(fitted)"
    )


def test_a_programme_may_be_a_number_and_costs_be_named_by_it(fitted: Any) -> None:
    with pytest.raises(EstimationError) as raised:
        nv.policy_tree(fitted, by="age", costs=5)
    assert str(raised.value) == (
        "nv.policy_tree: costs=5: expected the cost of each programme in the outcome's unit: "
        'costs={"course": 1.0}'
    )
    with pytest.raises(EstimationError) as raised:
        nv.policy_tree(fitted, by="age", costs={"x": 1})
    assert str(raised.value) == ("nv.policy_tree: costs='x': is not among none, course, subsidy")


@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_an_indicator_knows_no_unit(size: float) -> None:
    given = {"group": "office", "by": ["age"]}
    plain = nv.indicator(people(), outcome="hours", **given).table()
    frame = people().assign(hours=lambda f: size * f["hours"])
    found = nv.indicator(frame, outcome="hours", **given).table()
    names = ["actual", "expected", "indicator", "std_error", "ci_low", "ci_high"]
    np.testing.assert_allclose(found[names], size * plain[names], rtol=1e-6)


def test_five_groups_are_named_of_several_that_stand_alone() -> None:
    frame = people(groups=9).assign(age=lambda f: f["age"].mask(f["office"] > 1, 10 + f["office"]))
    with pytest.raises(EstimationError, match="explain in 2, 3, 4, 5, 6: age tell"):
        nv.indicator(frame, outcome="hours", group="office", by="age")


@pytest.mark.parametrize("name", ["did", "event_study", "group_time", "one_treated", "att"])
def test_warnings_are_told_at_the_call(name: str, monkeypatch: Any) -> None:
    one = name == "one_treated"
    given = {"did": {"treated": "treated"}, "one_treated": {"treated": 0, "start": 3}}
    options = COLUMNS | given.get(name, {"start": "start"})
    data: Any = panel(8, 1 if one else 3)
    if name == "att":
        pay = {"outcome": "earnings", "program": "program", "control": "none"}
        data = nv.cross_fit(example.programs().head(300), **pay, covariates="age", trees=4)
        poor = data.table().assign(overlap="poor")
        monkeypatch.setattr(type(data), "table", lambda _: poor)
        options = {}
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", EstimationWarning)
        getattr(nv, name)(data, **options)
    assert {one.filename for one in heard} == {__file__}
