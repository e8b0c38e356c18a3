"""Panels of one's own: what is refused by name, what is warned of, and what the numbers say."""

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import naveval as nv
from naveval.estimators.group_time import NEVER, average, group_time
from naveval.frames.result import Result
from naveval.project.errors import EstimationError, EstimationWarning

COLUMNS = {"outcome": "y", "unit": "unit", "time": "time"}


def panel(starts: dict[int, float], n: int = 30, periods: int = 6, seed: int = 1) -> pd.DataFrame:
    """Noise, of units that start as told; treatment does nothing."""
    frame = pd.DataFrame({"unit": np.repeat(range(n), periods), "time": list(range(periods)) * n})
    frame["start"] = frame["unit"].map(starts).astype(float)
    frame["treated"] = (frame["time"] >= frame["start"]).astype(int)
    return frame.assign(y=np.random.default_rng(seed).normal(size=len(frame)))


def of(treated: int, n: int = 30, **options: Any) -> pd.DataFrame:
    return panel(dict.fromkeys(range(treated), 3.0), n, **options)


def did(frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
    return nv.did(frame, **COLUMNS, treated="treated", **options).table()


@pytest.mark.parametrize("treated", [2, 5, 38, 35])
def test_few_treated_or_untreated_clusters_are_told_whatever_the_total(treated: int) -> None:
    said = f"^{treated} clusters are treated and {40 - treated} are not.*CRV3.*nv.one_treated"
    with pytest.warns(EstimationWarning, match=said):
        found = did(of(treated, 40))
    assert found["covariance"].tolist() == ["crv1", "crv3"]
    assert found["std_error"][1] > found["std_error"][0]


def test_many_clusters_on_both_sides_are_not_told() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", EstimationWarning)
        assert did(of(19, 40))["covariance"].tolist() == ["crv1", "crv3"]
        assert did(of(20, 40))["covariance"].tolist() == ["crv1"]


def test_few_treated_count_as_few_beside_many_untreated() -> None:
    frame = of(6, 56, periods=6)
    found = did(frame).set_index("covariance").loc["crv3"]
    wide = frame.pivot(index="unit", columns="time", values="y").to_numpy()
    change = wide[:, 3:].mean(axis=1) - wide[:, :3].mean(axis=1)
    parts = [change[:6].var(ddof=1) / 5, change[6:].var(ddof=1) / 49]
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 5 + parts[1] ** 2 / 49)
    assert found["std_error"] == pytest.approx(np.sqrt(sum(parts) * 55 / 56))
    t = abs(found["estimate"]) / found["std_error"]
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(t, freedom))


def test_one_untreated_cluster_has_no_error() -> None:
    with pytest.warns(EstimationWarning, match="one unit is not treated"):
        found = did(of(29))
    assert found[["std_error", "ci_low", "ci_high", "p_value"]].isna().all(axis=None)


def test_what_a_did_cannot_mean_is_refused_by_name() -> None:
    frame = of(10)
    ends = frame.assign(treated=frame["treated"].mask(frame["time"] >= 4, 0))
    both = frame.assign(person=0)
    both = pd.concat([both, both.iloc[[3]].assign(person=1, treated=0)])
    for wrong, said, options in (
        (ends, "«treated» ends: it is 0 after 1 for «0» in time 4 (one of 20)", {}),
        (both, "«treated» is both 0 and 1 for «0» in time 3 (one of 1)", {"person": "person"}),
        (pd.concat([frame, frame.iloc[[7]]]), "2 rows share their unit and time", {}),
        (
            pd.concat([frame, frame.assign(treated=0)]),
            "Where rows are persons of the unit, name the column",
            {},
        ),
        (
            pd.concat([frame, frame.iloc[[7]]]).assign(person=1),
            "2 rows share their unit and time and person",
            {"person": "person"},
        ),
        (
            frame.assign(treated=frame["treated"].mask(frame["unit"] == 4, 1)),
            "«4» is treated in every row (one of 1 such units)",
            {},
        ),
    ):
        with pytest.raises(EstimationError, match=re.escape(said)):
            did(wrong, **options)


def test_rows_of_persons_give_what_their_cells_give() -> None:
    """Two persons in each unit and period: the same coefficient and error as their means."""
    frame = of(10)
    twice = pd.concat([frame.assign(y=frame["y"] + one, person=one) for one in (-1, 1)])
    found, wanted = did(twice, person="person"), did(frame)
    assert found["estimate"][0] == pytest.approx(wanted["estimate"][0], abs=1e-10)
    assert found["std_error"][0] == pytest.approx(wanted["std_error"][0], rel=0.01)


def events(frame: pd.DataFrame, **options: Any) -> Result:
    return nv.event_study(frame, **COLUMNS, start="start", **options)


def test_starts_that_are_none_are_named() -> None:
    frame = of(10)
    one = frame.assign(start=frame["start"].mask(frame.index == 8, 4.0))
    one_never = frame.assign(start=frame["start"].mask(frame.index == 8))
    late = frame[(frame["unit"] != 4) | (frame["time"] >= 3)]
    for call in (events, lambda f: nv.group_time(f, **COLUMNS, start="start")):
        for wrong in (one, one_never):
            with pytest.raises(EstimationError, match=r"«start» differs within «1» .*, rows 8;"):
                call(wrong)
        with pytest.raises(EstimationError, match="«start»: holds 0 and 1; expected the period"):
            call(frame.assign(start=(frame["unit"] < 10).astype(int)))
        with pytest.raises(
            EstimationError, match=r"0\.0 lies outside «time» .*leave it missing for"
        ):
            call(frame.assign(time=frame["time"] + 1, start=frame["start"].fillna(0)))
    with pytest.raises(
        EstimationError, match=r"9999\.0 lies outside «time» .*leave it missing for"
    ):
        events(frame.assign(start=frame["start"].fillna(9999)))
    with pytest.raises(EstimationError, match="«4» has no row before its start"):
        events(late)
    for reference in (0, 2):
        with pytest.raises(EstimationError, match=f"reference={reference}: expected .* to -1"):
            events(frame, reference=reference)


@pytest.mark.parametrize("treated", [2, 5, 28])
def test_an_event_study_of_few_units_warns_and_has_crv3(treated: int) -> None:
    with pytest.warns(EstimationWarning, match=rf"^nv\.event_study: {treated} .*covariance=\"crv3"):
        plain = events(of(treated)).table()
    with pytest.warns(EstimationWarning, match="are treated"):
        safe = events(of(treated), covariance="crv3").table()
    assert safe["std_error"].mean() > plain["std_error"].mean()
    with warnings.catch_warnings():
        warnings.simplefilter("error", EstimationWarning)
        events(of(6))


def staggered() -> pd.DataFrame:
    return panel({unit: [2.0, 4.0, np.nan][unit % 3] for unit in range(30)})


@pytest.mark.parametrize("kind", ["simple", "group", "dynamic", "calendar"])
@pytest.mark.parametrize("controls", ["never", "not_yet"])
def test_group_time_on_a_frame_is_that_of_arrays(kind: str, controls: str) -> None:
    frame = staggered()
    y, unit, time, start = (frame[name].to_numpy() for name in ("y", "unit", "time", "start"))
    start = np.where(np.isnan(start), NEVER, start)
    wanted = average(group_time(y, unit, time, start, controls=controls), kind).table(0.9)
    options = {"average": kind, "controls": controls, "level": 0.9}
    found = nv.group_time(frame.sample(frac=1, random_state=1), **COLUMNS, start="start", **options)
    columns = ["estimate", "std_error", "ci_low", "ci_high", "p_value"]
    np.testing.assert_allclose(found.table()[columns], wanted[columns], rtol=1e-9)
    assert "several starts" in found.summary()
    if kind == "dynamic":
        assert found.figure().axes
    later = frame.assign(start=frame["start"].fillna(9999))
    again = nv.group_time(later, **COLUMNS, start="start", **options)
    np.testing.assert_allclose(again.table()[columns], wanted[columns], rtol=1e-9)
    assert "10 units start after the last period: never treated here" in again.notes


def test_group_time_counts_months_over_the_turn_of_the_year() -> None:
    frame = staggered()
    month = {at: 201411 + at if at < 2 else 201499 + at for at in range(6)}
    dated = frame.assign(time=frame["time"].map(month), start=frame["start"].map(month))
    for kind, column in (("dynamic", "event_time"), ("group", "start"), ("calendar", "time")):
        found = nv.group_time(dated, **COLUMNS, start="start", average=kind).table()
        plain = nv.group_time(frame, **COLUMNS, start="start", average=kind).table()
        pd.testing.assert_frame_equal(found.drop(columns=column), plain.drop(columns=column))
        wanted = plain[column] if kind == "dynamic" else plain[column].map(month)
        pd.testing.assert_series_equal(found[column], wanted, check_dtype=False)


@pytest.mark.parametrize("kind", ["Period", "number"])
def test_group_time_speaks_of_periods_as_the_frame_does(kind: str) -> None:
    frame = panel({0: 2.0} | dict.fromkeys(range(1, 12), 4.0))
    months = pd.period_range("2014-11", periods=len(frame["time"].unique()), freq="M")
    if kind == "number":
        months = [month.year * 100 + month.month for month in months]
    named = dict(zip(sorted(frame["time"].unique()), months, strict=True))
    dated = frame.assign(**{name: frame[name].map(named) for name in ("time", "start")})
    said = str(named[2]).replace(" ", "")
    with pytest.warns(EstimationWarning, match=rf"\(start {said}: 1 treated\)"):
        found = nv.group_time(dated, **COLUMNS, start="start")
    effects = found.found["effects"].table()
    assert set(effects["start"]) == {named[2], named[4]}
    assert set(effects["period"]) <= set(named.values())
    everybody = dated[dated["start"].notna()]
    with pytest.raises(EstimationError, match=f"those that start in {said} with in "):
        nv.group_time(everybody, **COLUMNS, start="start")


def test_group_time_warns_by_the_name_called() -> None:
    frame = panel({0: 2.0} | dict.fromkeys(range(1, 12), 4.0))
    with pytest.warns(EstimationWarning, match=r"^nv\.group_time: few .*start 2: 1 treated"):
        found = nv.group_time(frame, **COLUMNS, start="start")
    assert np.isnan(found.table()["std_error"].iloc[-1])
    assert any("start 2: 1 treated" in note for note in found.notes)
    with pytest.raises(EstimationError, match=r"^nv\.group_time: group-time effects: .*each once"):
        nv.group_time(frame.drop(index=4), **COLUMNS, start="start")


@pytest.mark.parametrize("name", ["synthetic_control", "synthetic_did"])
def test_arguments_of_synthetic_methods_are_told_at_the_call(name: str) -> None:
    frame, call = of(1, 8), getattr(nv, name)
    given = {**COLUMNS, "treated": 0, "start": 3}
    with pytest.raises(TypeError, match=rf"^{name}\(\) got an unexpected .*'level'"):
        call(frame, **given, level=0.9)
    with pytest.raises(TypeError, match=rf"^{name}\(\) missing .*'start'"):
        call(frame, **COLUMNS, treated=0)


@pytest.mark.parametrize(("n", "level"), [(4, 0.95), (21, 0.999)])
def test_a_level_that_units_cannot_give_is_in_the_table(n: int, level: float) -> None:
    given = {**COLUMNS, "treated": 0, "start": 3}
    with pytest.warns(EstimationWarning, match=f"{n} units reject nothing at level {level}"):
        found = nv.one_treated(of(1, n), **given, level=level).table()
    assert found["level"][0] == pytest.approx(1 - 1 / n)
    assert found["detectable"].isna().all()
    assert found["ci_low"][0] < found["ci_high"][0]
    able = nv.one_treated(of(1, 20), **given, level=0.95).table()
    assert able["level"][0] == pytest.approx(0.95)
    assert able["detectable"].notna().all()


def test_controls_without_noise_are_told() -> None:
    frame = of(1)
    still = frame.assign(y=frame["y"].where(frame["unit"] == 0, 1.0))
    with pytest.warns(EstimationWarning, match="all controls move alike"):
        found = nv.one_treated(still, **COLUMNS, treated=0, start=3).table()
    assert found[["ci_low", "ci_high", "detectable"]].isna().all(axis=None)
