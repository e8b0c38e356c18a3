"""Arguments of every function on a frame: which are refused, by which name, and what is right."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import HTMLFormatter

import naveval as nv
from naveval.frames import events, example, groups, one_treated, panels, programs
from naveval.frames.result import (
    Result,
    labels,
    named,
    numbers,
    require,
    require_apart,
    require_order,
    require_roles,
    require_unique,
    require_value,
    require_variation,
    told,
)
from naveval.project.errors import EstimationError, ParameterError

pytestmark = pytest.mark.filterwarnings("ignore:.*(are treated|few units|reject nothing)")
PANEL = {"outcome": "y", "unit": "unit", "time": "time"}
ONE = PANEL | {"treated": 0, "start": 3}
HOURS = {"outcome": "hours", "group": "office", "by": ["age"], "person": "person"}
PAY = {"outcome": "earnings", "program": "program", "control": "none", "covariates": ["age"]}
SHOWN = {"by": ["office"], "person": "person", "origin": "simulated"}
RIGHT = {
    "did": panels.DID,
    "event_study": events.EVENTS,
    "group_time": events.EVENTS,
    "one_treated": one_treated.PANEL,
    "synthetic_control": one_treated.PANEL,
    "synthetic_did": one_treated.PANEL,
    "indicator": groups.PEOPLE,
    "protect": groups.PEOPLE,
    "cross_fit": programs.PEOPLE,
}
GIVEN = {
    "did": PANEL | {"treated": "treated", "cluster": "cluster", "person": "person"},
    "event_study": PANEL | {"start": "start"},
    "group_time": PANEL | {"start": "start", "covariates": ["x"], "cluster": "cluster"},
    "one_treated": ONE,
    "synthetic_control": ONE,
    "synthetic_did": ONE,
    "indicator": HOURS,
    "protect": SHOWN,
    "cross_fit": PAY | {"person": "person"},
}


def frame(name: str) -> pd.DataFrame:
    if name in ("indicator", "protect"):
        return example.people()
    if name == "cross_fit":
        return example.programs().assign(person=lambda f: f.index)
    made = pd.DataFrame({"unit": np.repeat(range(12), 6), "time": list(range(6)) * 12})
    treated = 1 if name in RIGHT and RIGHT[name] == one_treated.PANEL else 4
    made["start"] = np.where(made["unit"] < treated, 3.0, np.nan)
    made["treated"] = (made["time"] >= made["start"]).astype(int)
    noise = np.random.default_rng(1).normal(size=(2, len(made)))
    return made.assign(cluster=made["unit"] // 2, person=0, x=noise[0], y=noise[1])


def refused(name: str, data: pd.DataFrame | None = None, **changes: Any) -> str:
    data = frame(name) if data is None else data
    with pytest.raises(EstimationError) as raised:
        getattr(nv, name)(data, **(GIVEN[name] | changes))
    return str(raised.value)


ROLES = [
    *[("did", first, "outcome") for first in ("unit", "time", "treated", "cluster")],
    *[("did", *pair) for pair in (("time", "unit"), ("treated", "unit"), ("treated", "time"))],
    ("did", "cluster", "treated"),
    *[(name, "unit", "outcome") for name in RIGHT if "unit" in GIVEN[name] and name != "did"],
    *[(name, "time", "outcome") for name in RIGHT if "time" in GIVEN[name] and name != "did"],
    *[(name, "time", "unit") for name in RIGHT if "time" in GIVEN[name] and name != "did"],
    *[("event_study", "start", name) for name in ("outcome", "unit", "time")],
    *[("group_time", "start", name) for name in ("outcome", "unit", "time")],
    *[("group_time", "covariates", name) for name in ("outcome", "unit", "time", "start")],
    *[("group_time", "cluster", name) for name in ("outcome", "start")],
    *[("indicator", "group", "outcome"), ("indicator", "by", "outcome")],
    *[("indicator", "by", "group"), ("indicator", "person", "outcome")],
    *[("indicator", "person", "group"), ("indicator", "person", "by")],
    *[("protect", "person", "by"), ("cross_fit", "program", "outcome")],
    *[("cross_fit", "covariates", name) for name in ("outcome", "program")],
    *[("cross_fit", "person", name) for name in ("outcome", "program", "covariates")],
]


@pytest.mark.parametrize(("name", "role", "taken"), ROLES)
def test_one_column_for_two_arguments_is_refused(name: str, role: str, taken: str) -> None:
    column = GIVEN[name][taken]
    column = column[0] if isinstance(column, list) else column
    many = isinstance(GIVEN[name][role], list)
    assert refused(name, **{role: [column] if many else column}) == (
        f"nv.{name}: column «{column}» is given as {taken} and as {role}; expected a column of "
        f"its own for each, for example:\n{RIGHT[name]}"
    )


COLUMNS = [
    (name, role)
    for name, given in GIVEN.items()
    for role in given
    if role not in ("control", "origin", "start", "treated")
    or (role, name) in (("treated", "did"), ("start", "event_study"), ("start", "group_time"))
]


@pytest.mark.parametrize(("name", "role"), COLUMNS)
def test_a_column_that_is_missing_is_named_with_what_is_right(name: str, role: str) -> None:
    many = isinstance(GIVEN[name][role], list)
    told = refused(name, **{role: ["lost"] if many else "lost"})
    assert told.startswith(f"nv.{name}: column «lost» is missing; the frame has ")
    assert told.endswith(f"\nWhat is right, for example:\n{RIGHT[name]}")


NUMERIC = [("group_time", "x"), ("did", "treated"), ("did", "y"), ("event_study", "y")]
NUMERIC += [("group_time", "y"), ("one_treated", "y"), ("indicator", "hours")]
NUMERIC += [("cross_fit", "earnings")]


@pytest.mark.parametrize(("name", "column"), NUMERIC)
def test_text_where_numbers_are_asked_for_is_named(name: str, column: str) -> None:
    data = frame(name)
    told = refused(
        name, data.assign(**{column: data[column].astype(object).mask(data.index == 3, "x")})
    )
    assert told == (
        f"nv.{name}: column «{column}»: holds text (x); expected numbers, rows 3"
        f"\nWhat is right, for example:\n{RIGHT[name]}"
    )


@pytest.mark.parametrize("name", ["did", "event_study", "group_time", "one_treated"])
def test_two_rows_of_one_unit_and_period_are_refused(name: str) -> None:
    data = frame(name)
    told = refused(name, pd.concat([data, data.iloc[[7]]], ignore_index=True))
    keys = ["unit", "time"] + ["person"] * (name == "did")
    listed = " and ".join(keys)
    assert told.startswith(
        f"nv.{name}: 2 rows share their {listed} with another, rows 7, 72; expected one row per "
        f"{listed}. They are copies: frame.drop_duplicates(["
    )
    assert told.endswith(f"for example:\n{RIGHT[name]}")


@pytest.mark.parametrize("name", ["did", "event_study", "group_time", "one_treated", "indicator"])
def test_an_outcome_that_does_not_vary_is_refused(name: str) -> None:
    outcome = GIVEN[name]["outcome"]
    assert refused(name, frame(name).assign(**{outcome: 2.5})) == (
        f"nv.{name}: column «{outcome}»: is 2.5 in every row; expected an outcome that varies, for "
        f"example:\n{RIGHT[name]}"
    )


@pytest.mark.parametrize("name", ["did", "event_study", "group_time", "one_treated"])
def test_an_outcome_of_units_and_periods_alone_is_rounding(name: str) -> None:
    told = refused(name, frame(name).assign(y=lambda f: 0.1 * f["unit"] + 0.7 * f["time"]))
    assert "beside the means by unit and time: no more than rounding; subtract" in told


SETTINGS = [
    ("event_study", {"reference": 0}, "reference=0: expected a whole number to -1"),
    ("event_study", {"reference": -1.5}, "reference=-1.5: expected a whole number to -1"),
    ("event_study", {"covariance": "hc1"}, "covariance='hc1': is not among crv1, crv3"),
    ("event_study", {"window": (1,)}, "window=a tuple: expected two event times: (-4, 8)"),
    ("event_study", {"window": 4}, "window=4: expected two event times: (-4, 8)"),
    ("event_study", {"window": (-1.5, 2)}, "window=-1.5: expected a whole number"),
    ("event_study", {"window": (-1, 2.5)}, "window=2.5: expected a whole number from -1"),
    ("event_study", {"window": (2, 1)}, "window=1: expected a whole number from 2"),
    (
        "group_time",
        {"average": "mean"},
        "average='mean': is not among dynamic, group, calendar, simple",
    ),
    ("group_time", {"level": 0.4}, "level=0.4: expected a number from 0.5 to 1"),
    ("group_time", {"level": 0.5}, "level=0.5: expected a number from 0.5 to 1"),
    ("group_time", {"level": 1}, "level=1: expected a number from 0.5 to 1"),
    ("group_time", {"covariates": ["x", "x"]}, "covariates names «x» twice; expected it once"),
    ("one_treated", {"level": 0.4}, "level=0.4: expected a number from 0.5 to 1"),
    ("one_treated", {"level": 0.5}, "level=0.5: expected a number from 0.5 to 1"),
    ("one_treated", {"level": 1.0}, "level=1.0: expected a number from 0.5 to 1"),
    ("one_treated", {"start": 1}, "start=1: expected a time of the frame with at least two before"),
    ("one_treated", {"treated": 99}, "treated=99 is no unit; there are 0, 1, 2, 3, 4, 5, …"),
    ("indicator", {"kind": "logit"}, "kind='logit': is not among linear, probit"),
    ("protect", {"origin": "map"}, "origin='map': is not among "),
    ("cross_fit", {"clip": 0.5}, "clip=0.5: expected a number from 0 to 0.5"),
    ("cross_fit", {"clip": -0.1}, "clip=-0.1: expected a number from 0 to 0.5"),
    ("cross_fit", {"trim": 0.5}, "trim=0.5: expected a number from 0 to 0.5"),
    ("cross_fit", {"trees": 0}, "trees=0: expected a whole number from 1"),
    ("cross_fit", {"trees": 1.5}, "trees=1.5: expected a whole number from 1"),
    ("cross_fit", {"folds": 1}, "folds=1: expected a whole number from 2"),
    ("cross_fit", {"folds": 2.5}, "folds=2.5: expected a whole number from 2"),
    ("cross_fit", {"seed": -1}, "seed=-1: expected a whole number from 0"),
    ("cross_fit", {"seed": 0.5}, "seed=0.5: expected a whole number from 0"),
    (
        "cross_fit",
        {"control": "nothing"},
        "control='nothing' occurs nowhere in column «program»; it has course, none, subsidy; name "
        "the one that stands for no programme",
    ),
]


@pytest.mark.parametrize(("name", "changes", "said"), SETTINGS)
def test_settings_outside_what_is_possible_are_refused(name: str, changes: Any, said: str) -> None:
    assert refused(name, **changes).startswith(f"nv.{name}: {said}")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("event_study", {"reference": -2}),
        ("event_study", {"window": [-1, 0]}),
        ("event_study", {"covariance": "crv3"}),
        ("group_time", {"level": 0.501}),
        ("group_time", {"level": 0.999}),
        ("group_time", {"covariates": ()}),
        ("group_time", {"covariates": "x"}),
        ("one_treated", {"level": 0.501}),
        ("one_treated", {"start": 2}),
    ],
)
def test_settings_at_the_ends_of_what_is_possible_are_taken(name: str, changes: Any) -> None:
    found = getattr(nv, name)(frame(name), **(GIVEN[name] | changes))
    assert len(found.table()) > 0


def months(at: pd.Series) -> pd.Series:
    return pd.Timestamp(2014, 1, 1) + pd.to_timedelta(at, "D")


STARTS = [
    (
        lambda f: f.assign(start=f["start"].mask(f.index == 8, 4.0)),
        "column «start» differs within «1» (3.0, 4.0), rows 8; expected one start per unit, in all "
        "its rows, for example:\n{right}",
        ("event_study", "group_time"),
    ),
    (
        lambda f: f.assign(start=(f["unit"] < 4).astype(int)),
        "column «start»: holds 0 and 1; expected the period in which the unit's treatment starts, "
        "missing for units that never are treated, for example:\n{right}",
        ("event_study", "group_time"),
    ),
    (
        lambda f: f.assign(start=f["start"] + 0.5),
        "column «start»: 3.5 lies between two periods of «time»; expected one of them, for example:"
        "\n{right}",
        ("event_study", "group_time"),
    ),
    (
        lambda f: f.assign(time=f["time"] + 1, start=f["start"].fillna(0)),
        "column «start»: 0.0 lies outside «time» (1 to 6), rows 24, 25, 26, 27, 28, …; leave it "
        "missing for units that never are treated in these periods: "
        'frame["start"].mask(frame["start"] == 0.0), for example:\n{right}',
        ("event_study", "group_time"),
    ),
    (
        lambda f: f.assign(start=f["start"].fillna(6)),
        "column «start»: 6.0 lies outside «time» (0 to 5), rows 24, 25, 26, 27, 28, …; leave it "
        "missing for units that never are treated in these periods: "
        'frame["start"].mask(frame["start"] == 6.0), for example:\n{right}',
        ("event_study",),
    ),
    (
        lambda f: f.assign(start=f["start"].mask(f["unit"] < 1, 4.0)),
        "treatment starts at several times (4.0, 3.0): two-way fixed effects would compare units "
        "with others treated before them. Use nv.group_time(frame, outcome=…, unit=…, time=…, "
        "start=…), which compares each start with units not treated",
        ("event_study",),
    ),
    (
        lambda f: f[(f["unit"] != 2) | (f["time"] >= 3)],
        "«2» has no row before its start (one of 1 such units); expected periods before and after "
        "the start, or leave such units out:\n{right}",
        ("event_study",),
    ),
    (
        lambda f: f.assign(time=months(f["time"])),
        "column «time»: holds Timestamp; expected whole numbers or pandas Periods, whose distance "
        "is a number of periods. To convert dates: "
        'frame["time"].dt.to_period("M"), or "Q", "Y"',
        ("event_study", "group_time"),
    ),
    (
        lambda f: f.assign(start=f["start"].map({3.0: "mars"})),
        "column «start»: holds text (mars); expected whole numbers or pandas Periods, whose "
        "distance is a number of periods. To convert dates: "
        'frame["start"].dt.to_period("M"), or "Q", "Y"',
        ("event_study", "group_time"),
    ),
    (
        lambda f: f.assign(time=pd.PeriodIndex(months(f["time"]), freq="D")),
        "columns «time» and «start»: float64 and period[D]; expected periods of one kind, for "
        "example:\n{right}",
        ("event_study", "group_time"),
    ),
    (
        lambda f: f.assign(start=np.nan),
        "nobody is treated: column «start» is empty:\n{right}",
        ("event_study", "group_time"),
    ),
]


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [(name, change, said) for change, said, names in STARTS for name in names],
)
def test_starts_that_cannot_be_are_told_whole(name: str, change: Any, said: str) -> None:
    told = refused(name, change(frame(name)))
    whole = f"nv.{name}: {said.format(right=events.EVENTS)}"
    assert told == whole if said[-1] != " " else told.startswith(whole)


def test_a_start_in_the_first_or_last_period_is_within() -> None:
    data = frame("event_study")
    last = data.assign(start=data["start"] + 2)
    assert nv.event_study(last, **GIVEN["event_study"]).table()["event_time"].max() == 0
    told = refused("event_study", data.assign(start=data["start"] - 3))
    assert told.startswith("nv.event_study: «0» has no row before its start (one of 4 such units)")
    zero = data.assign(start=data["start"].fillna(9.0).replace(3.0, 2.0))
    found = nv.group_time(zero, **PANEL, start="start")  # from period 0 a start of 0 may be
    assert found.notes[-1] == "8 units start after the last period: never treated here"


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (
            lambda t: 201409 + t + 88 * (t > 3),
            "«time» is read as year and month; event times count months",
        ),
        (
            lambda t: 20141 + t + 6 * (t > 3),
            "«time» is read as year and quarter; event times count quarters",
        ),
        (
            lambda t: 210005 + t,
            "«time» is read as year and month; event times count months",
        ),
        (lambda t: 189909 + t + 88 * (t > 3), None),
        (lambda t: 2014 + t, None),
    ],
)
def test_whole_numbers_of_years_and_parts_are_counted_over_the_turn(change: Any, note: Any) -> None:
    data = frame("event_study")
    at = change(np.arange(6))
    named = data.assign(
        time=at[data["time"]], start=[np.nan if s != s else at[int(s)] for s in data["start"]]
    )
    found = nv.event_study(named, **GIVEN["event_study"])
    assert [one for one in found.notes if "is read as" in one] == ([note] if note else [])
    if note or at[5] - at[0] == 5:
        plain = nv.event_study(data, **GIVEN["event_study"])
        pd.testing.assert_frame_equal(found.table(), plain.table())


DID = [
    (
        lambda f: f.assign(treated=f["treated"] * 2),
        "column «treated»: expected 0 and 1, for example:\n{right}",
    ),
    (
        lambda f: f.assign(treated=0),
        "nobody is treated by column «treated»; expected some units that are and some that are "
        "not, for example:\n{right}",
    ),
    (
        lambda f: f[f["unit"] < 4],
        "everybody is treated by column «treated»; expected some units that are and some that are "
        "not, for example:\n{right}",
    ),
    (
        lambda f: f.assign(treated=f["treated"].mask(f["time"] == 5, 0)),
        "column «treated» ends: it is 0 after 1 for «0» in time 5 (one of 4); expected treatment "
        "of the whole unit, that lasts once it has started, for example:\n{right}",
    ),
    (
        lambda f: pd.concat([f, f.iloc[[3]].assign(person=1, treated=0)]),
        "column «treated» is both 0 and 1 for «0» in time 3 (one of 1); expected treatment of the "
        "whole unit, that lasts once it has started, for example:\n{right}",
    ),
    (
        lambda f: f.assign(treated=f["treated"].mask(f["unit"] == 2, 1)),
        "«2» is treated in every row (one of 1 such units), and what it is compared by is others' "
        "start; expected periods before and after the start, or leave such units out, for example:"
        "\n{right}",
    ),
    (
        lambda f: f.assign(treated=f["treated"].mask((f["unit"] < 2) & (f["time"] == 3), 0)),
        "treatment starts at several times (3, 4): two-way fixed effects would compare units with "
        "others treated before them. Use nv.group_time(frame, outcome=…, unit=…, time=…, start=…), "
        "which compares each start with units not treated",
    ),
    (
        lambda f: f.assign(time=f["time"].map("{} jan".format)).replace("1 jan", "11 jan"),
        "column «time»: the alphabet would order periods such as ",
    ),
]


@pytest.mark.parametrize(("change", "said"), DID)
def test_treatment_that_cannot_be_is_told_whole(change: Any, said: str) -> None:
    told = refused("did", change(frame("did")))
    whole = f"nv.did: {said.format(right=panels.DID)}"
    assert told == whole if said[-1] != " " else told.startswith(whole)


def test_four_starts_are_named_of_several() -> None:
    data = frame("did").assign(start=lambda f: (f["unit"] % 6).where(f["unit"] < 6).replace(0, 5.0))
    late = data.assign(treated=(data["time"] >= data["start"]).astype(int))
    assert refused("did", late).startswith("nv.did: treatment starts at several times (1, 2, 3, 4)")
    said = "nv.event_study: treatment starts at several times (5.0, 1.0, 2.0, 3.0): two-way"
    assert refused("event_study", data).startswith(said)
    mixed = data.assign(start=np.where(data["unit"] == 7, data["time"], data["start"]))
    said = "nv.event_study: column «start» differs within «7» (0.0, 1.0, 2.0, 3.0), rows 43, 44, 45"
    assert refused("event_study", mixed).startswith(said)


def test_a_unit_without_a_row_in_the_first_period_has_not_begun_later() -> None:
    data = frame("did")
    hole = data[(data["unit"] > 1) | (data["time"] != 3)]
    assert len(nv.did(hole, **GIVEN["did"]).table()) == 2
    left = data[(data["unit"] > 1) | (data["time"] < 3)]  # nor one that has left
    assert len(nv.did(left, **(GIVEN["did"] | {"cluster": None})).table()) == 2


def refused_by(check: Any, *given: Any, **named_: Any) -> str:
    with pytest.raises(EstimationError) as raised:
        check(*given, **named_)
    return str(raised.value)


def test_names_of_columns_are_one_or_several() -> None:
    assert named("age", "nv.x", "by") == ["age"]
    assert named(("age", "sex"), "nv.x", "by") == ["age", "sex"]
    assert named(5, "nv.x", "by") == [5]
    for given, kind in (
        (["a", ["b"]], "list"),
        ([{"a": 1}], "dict"),
        ([{"a"}], "set"),
        ([pd.Series([1])], "Series"),
        ([pd.DataFrame()], "DataFrame"),
        (np.ones(2), "ndarray"),
    ):
        said = f"nv.x: by holds a {kind}; expected names of columns"
        assert refused_by(named, given, "nv.x", "by") == said
    assert refused_by(named, [], "nv.x", "by") == "nv.x: by is empty; expected names of columns"
    said = "nv.x: by names «b» twice; expected it once"
    assert refused_by(named, ["a", "b", "b"], "nv.x", "by") == said


def test_every_fault_of_a_frame_is_told_at_once() -> None:
    own = pd.DataFrame([[1.0, "a", 2, 2], [np.nan, None, 3, 3]], columns=["x", "y", "z", "z"])
    told = refused_by(require, own, ["x", "y", "z", "w", "w"], "nv.x", "RIGHT", ["x"], ["y"])
    assert told == (
        "nv.x: column «x»: 1 rows without a value, rows 1\n"
        "  column «z» is there 2 times; expected once\n"
        "  column «w» is missing; the frame has x, y, z, z\n"
        "What is right, for example:\nRIGHT"
    )
    told = refused_by(require, own.iloc[:0, :2], ["x"], "nv.x", "RIGHT")
    assert told == "nv.x: the frame has no rows\nWhat is right, for example:\nRIGHT"
    told = refused_by(require, [1], ["x"], "nv.x", "RIGHT")
    assert told == "nv.x: expected a pandas DataFrame, got builtins.list"


@pytest.mark.parametrize(
    ("column", "numeric", "said"),
    [
        ([1.0, np.inf, -np.inf], False, "infinite, rows 1, 2"),
        ([1.0, np.nan, 2.0], False, "1 rows without a value, rows 1"),
        ([1j, 2.0, 3.0], False, "holds complex numbers; expected real ones"),
        (["1", "2", 3], True, "holds text (1); expected numbers, rows 0, 1"),
        (["1", "b", 3], True, "holds text (b); expected numbers, rows 1"),
        (
            pd.to_datetime(["2020-01-01"] * 3),
            True,
            "holds Timestamp (2020-01-01 00:00:00); expected numbers, rows 0, 1, 2",
        ),
        (
            [1, "1", 2],
            False,
            "rows 0 and 1 hold int and str that look alike and are not the same; expected one "
            'spelling: frame["x"].astype(str).str.strip()',
        ),
        (
            ["m", "k", "m "],
            False,
            "rows 0 and 2 hold str that look alike and are not the same; expected one spelling: "
            'frame["x"].astype(str).str.strip()',
        ),
        (
            [2.0, True, "2"],
            False,
            "rows 0 and 2 hold float and str that look alike and are not the same; expected one "
            'spelling: frame["x"].astype(str).str.strip()',
        ),
    ],
)
def test_what_is_wrong_with_a_column_is_told_with_rows(
    column: Any, numeric: bool, said: str
) -> None:
    own = pd.DataFrame({"x": column})
    told = refused_by(require, own, ["x"], "nv.x", "RIGHT", ["x"] if numeric else [])
    assert told == f"nv.x: column «x»: {said}\nWhat is right, for example:\nRIGHT"


@pytest.mark.parametrize(
    "column",
    [
        [1, 2, None],
        ["1", "1.5", None],
        [1, 1.5, "a"],
        pd.to_datetime(["2020-01-01", None, "2020-01-02"]),
        pd.Categorical(["a", None, "b"]),
        pd.array([1, None, 2], dtype="Int64"),
    ],
)
def test_labels_that_differ_to_a_reader_too_pass_and_gaps_where_they_may_be(column: Any) -> None:
    own = pd.DataFrame({"x": pd.Series(column)})
    assert (
        require(own, ["x"], "nv.x", "RIGHT", gaps=["x"])["x"].isna().sum() == own["x"].isna().sum()
    )


def test_numbers_kept_as_objects_become_numbers_and_the_index_stays() -> None:
    own = pd.DataFrame({"x": pd.Series([1, 2], [5, 9], dtype=object), "y": "a"})
    found = require(own, ["x"], "nv.x", "RIGHT", ["x"])
    assert found.columns.tolist() == ["x"]
    assert found.index.tolist() == [5, 9]
    assert found["x"].dtype == np.int64
    missing = pd.DataFrame({"x": pd.Series([None, None], dtype=object)})
    assert require(missing, ["x"], "nv.x", "RIGHT", ["x"], ["x"])["x"].isna().all()


def test_what_is_no_name_of_a_column_is_refused() -> None:
    require_roles("nv.x", "RIGHT", a=["p"], b=["q", "r"])
    for given, kind in ((None, "NoneType"), (["p"], "list"), ({}, "dict")):
        said = f"nv.x: b: expected the name of a column, got {kind}, for example:\nRIGHT"
        assert refused_by(require_roles, "nv.x", "RIGHT", a=["p"], b=[given]) == said


def test_characteristics_that_are_the_outcome_are_refused() -> None:
    own = pd.DataFrame({"y": [1.0, 2, 3, 5], "x": [-2.0, -4, -6, -10], "z": [1.0, 2, 3, 6]})
    said = (
        "nv.x: column «x» says the same as «y» in every row; expected characteristics that were "
        "known before, and not what is explained by them"
    )
    assert refused_by(require_apart, own, ["y"], ["z", "x"], "nv.x") == said
    require_apart(own, ["y"], ["z"], "nv.x")
    codes = pd.DataFrame(
        {"y": list("aabbc"), "x": list("ppqqr"), "z": list("ppqqq"), "k": range(5)}
    )
    assert "«x» says the same as «y»" in refused_by(require_apart, codes, ["y"], ["x"], "nv.x")
    require_apart(codes, ["y"], ["z"], "nv.x")
    every = pd.DataFrame({"y": list("abc"), "x": list("pqr")})  # ids, say
    require_apart(every, ["y"], ["x"], "nv.x")
    still = pd.DataFrame({"y": [1.0, 2, 3], "x": 4.0})
    require_apart(still, ["y"], ["x"], "nv.x")
    two = pd.DataFrame({"y": [1.0, 2], "x": [2.0, 5]})
    require_apart(two, ["y"], ["x"], "nv.x")
    three = pd.DataFrame({"y": [1.0, 2, 4], "x": [2.0, 4, 8]})
    assert "«x» says the same as «y»" in refused_by(require_apart, three, ["y"], ["x"], "nv.x")


def test_copies_that_make_two_columns_agree_are_told_apart_from_persons() -> None:
    once = pd.DataFrame({"y": list("abcd"), "x": list("pqrs")})
    own = pd.concat([once, once], ignore_index=True)
    assert refused_by(require_apart, own, ["y"], ["x"], "nv.x") == (
        "nv.x: 8 rows repeat others in y, x, rows 0, 1, 2, 3, 4, …; expected one row per person. "
        'Name the column of persons who have several rows (person="person"), or keep one of each: '
        "frame.drop_duplicates()"
    )
    require_apart(own, ["y"], ["x"], "nv.x", "id")
    require_apart(once, ["y"], ["x"], "nv.x")


def test_differences_lost_in_rounding_are_told() -> None:
    own = pd.DataFrame({"y": [1e12, 1e12 + 1, 1e12], "g": [0, 0, 1]})
    assert refused_by(require_variation, own, "y", "nv.x", "RIGHT") == (
        "nv.x: column «y»: values up to 1e+12 differ by 0.7 at most: no more than rounding; "
        "subtract what all have in common from exact numbers first, or take another outcome, for "
        "example:\nRIGHT"
    )
    own = pd.DataFrame({"y": [1.0, 2.0, 1.0, 2.0], "g": [0, 1, 0, 1], "h": [0, 0, 1, 1]})
    require_variation(own, "y", "nv.x", "RIGHT")
    require_variation(own, "y", "nv.x", "RIGHT", within=["h"])
    told = refused_by(require_variation, own, "y", "nv.x", "RIGHT", within=["g", "h"])
    assert told.startswith(
        "nv.x: column «y»: values up to 2 differ by 0 at most beside the means by g and h: "
    )


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ([1.0, 2.0], ["1", "2"]),
        ([1.0, 2.5], ["1.0", "2.5"]),
        ([1, 2], ["1", "2"]),
        (["a", "b"], ["a", "b"]),
        ([True, False], ["True", "False"]),
    ],
)
def test_labels_are_text_without_needless_decimals(column: Any, text: list[str]) -> None:
    assert labels(pd.Series(column)).tolist() == text


def test_covariates_of_every_kind_become_numbers() -> None:
    own = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "yes": [True, False, True],
            "sex": ["f", "m", "f"],
            "class": pd.Categorical([1, 2, 2]),
        }
    )
    found = numbers(own, "nv.x")
    assert found.columns.tolist() == ["n", "yes", "sex_f", "sex_m", "class_1", "class_2"]
    wanted = [[1, 1, 1, 0, 1, 0], [2, 0, 0, 1, 0, 1], [3, 1, 1, 0, 0, 1]]
    assert found.to_numpy().tolist() == wanted
    assert set(found.dtypes) == {np.dtype(float)}
    mixed = pd.DataFrame({"x": pd.Series([1, "a", 2.5], dtype=object)})
    assert refused_by(numbers, mixed, "nv.x") == (
        "nv.x: column «x»: expected numbers, text, or true and false; it holds float, int, str"
    )


def test_one_value_is_one_value() -> None:
    require_value("nv.x", treated="a", start=pd.Period("2014-01"))
    said = "nv.x: start=a list: expected one value of its column"
    assert refused_by(require_value, "nv.x", treated="a", start=["b"]) == said
    said = "nv.x: treated=a tuple: expected one value of its column"
    assert refused_by(require_value, "nv.x", treated=("a", "b"), start="b") == said


ALPHABET = (
    "nv.x: column «t»: the alphabet would order periods such as {shown}; expected whole numbers, "
    "dates, pandas Periods, or text of one form with the year first (2014-01). To convert: "
    'frame["t"].astype(int), or pd.PeriodIndex(frame["t"], freq="M"), or an ordered '
    "pd.Categorical. For example:\nRIGHT"
)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (["1", "10", "9", "2"], ALPHABET.format(shown="'1', '10', '9'")),
        (["01.2014", "02.2014"], ALPHABET.format(shown="'01.2014', '02.2014'")),
        (["a", "b", "a"], ALPHABET.format(shown="'a', 'b'")),
        (
            pd.Series([1, "a"], dtype=object),
            "nv.x: column «t»: holds int, str; expected periods of one kind, for example:\nRIGHT",
        ),
        (pd.Categorical(["b", "a"]), ALPHABET.format(shown="'b', 'a'")),
    ],
)
def test_text_that_does_not_sort_as_time_is_refused(column: Any, said: str) -> None:
    assert refused_by(require_order, pd.Series(column, name="t"), "nv.x", "RIGHT") == said


@pytest.mark.parametrize(
    "column",
    [
        [3, 1, 2],
        [pd.Period("2014-02"), pd.Period("2014-01")],
        ["2014-02", "2014-10"],
        ["2014K1", "2013K4"],
        ["m07", "m12"],
        pd.Series([1, 2], dtype=object),
    ],
)
def test_periods_that_have_an_order_are_kept(column: Any) -> None:
    own = pd.Series(column, name="t")
    pd.testing.assert_series_equal(require_order(own, "nv.x", ""), own)


def test_ordered_categories_keep_their_order_and_lose_those_unused() -> None:
    own = pd.Series(pd.Categorical(["b", "a"], ["b", "x", "a"], ordered=True), name="t")
    found = require_order(own, "nv.x", "")
    assert found.cat.categories.tolist() == ["b", "a"]
    assert found.cat.ordered
    plain = pd.Series(pd.Categorical([2, 1]), name="t")
    assert require_order(plain, "nv.x", "").tolist() == [2, 1]
    assert require_order(plain, "nv.x", "").dtype == np.int64


def test_an_estimators_error_is_told_by_the_function_called() -> None:
    for kind in (EstimationError, ParameterError):
        with pytest.raises(kind) as raised, told("nv.x", "expected more", "RIGHT"):
            raise kind("too few")
        assert str(raised.value) == "nv.x: too few; expected more, for example:\nRIGHT"
        assert raised.value.__cause__ is None
    with pytest.raises(ValueError, match="other"), told("nv.x", "", ""):
        raise ValueError("other")


def test_rows_that_share_their_keys_are_told_with_what_mends_them() -> None:
    own = pd.DataFrame({"u": [1, 1, 2, 1], "t": [1, 1, 1, 2], "y": [5, 6, 7, 8]})
    require_unique(own.iloc[1:], ["u", "t"], "nv.x", "RIGHT")
    assert refused_by(require_unique, own, ["u", "t"], "nv.x", "RIGHT") == (
        "nv.x: 2 rows share their u and t with another, rows 0, 1; expected one row per u and t. "
        'They differ: frame.groupby(["u", "t"], as_index=False).mean(numeric_only=True), for '
        "example:\nRIGHT"
    )
    same = own.assign(y=1)
    assert 'They are copies: frame.drop_duplicates(["u", "t"]), for' in refused_by(
        require_unique, same, ["u", "t"], "nv.x", "RIGHT"
    )


def test_a_result_shows_itself_as_text_and_table() -> None:
    rows = pd.DataFrame({"name": ["a<b"], "value": [1234.5678]})
    found = Result("A & b", rows, ("note <1>", "two"))
    text = "A & b\nname  value\n a<b   1235\nnote <1>\ntwo"
    assert found.summary() == text
    assert repr(found) == text
    html = HTMLFormatter()(found)
    assert html.startswith("<h4>A &amp; b</h4><table")
    assert "<td>1235</td>" in html
    assert html.endswith("</table><p>note &lt;1&gt;</p><p>two</p>")
    assert "<th>0</th>" not in html
    assert refused_by(found.figure) == "A & b: this result has no figure; it has a table()"
    assert Result("", rows, draw=lambda: SimpleNamespace(x=1)).figure().x == 1
    found.table()["value"] = 0
    assert found.rows["value"].tolist() == [1234.5678]


def costs(**changes: Any) -> pd.DataFrame:
    table = {"program": ["course", "mentor"], "duration": 6.0, "unit_cost": [9000, 4000]}
    return pd.DataFrame(table | {"effect_months": 60} | changes)


def effects(**changes: Any) -> pd.DataFrame:
    table = {"value": "earnings", "arm": "course", "year": [1, 2, 3], "estimate": 1500.0}
    return pd.DataFrame(table | {"std_error": 400.0, "unit": "NOK per month"} | changes)


def not_priced(*given: Any, **named_: Any) -> str:
    with pytest.raises((EstimationError, ParameterError)) as raised:
        nv.cost_benefit(*given, **named_)
    return str(raised.value)


def test_costs_and_effects_that_do_not_fit_are_told_with_what_is_right(tmp_path) -> None:
    told = not_priced(costs=5)
    said = "nv.cost_benefit: costs is int; expected a file, or a frame:\n"
    assert told == f"{said}{groups.COSTS}"
    assert not_priced(costs=costs()) == (
        "nv.cost_benefit: costs has no column effect_year_1, effect_year_2, effect_year_3 with a "
        f"number in each row; give them, or effects:\n{groups.EFFECTS}"
    )
    years = {f"effect_year_{year}": [1.0, 1.0] for year in (1, 2, 3)}
    for year in years:  # one column that lacks is enough
        told = not_priced(costs=costs(**years).drop(columns=year))
        assert "has no column effect_year_1" in told
    road = "; expected a file as params/costs.yml, or a table, for example:\n"
    for wrong in (costs(price=1), tmp_path / "nowhere.yml", str(tmp_path / "nowhere.csv")):
        told = not_priced(costs=wrong)
        assert told.startswith("nv.cost_benefit: ")
        assert told.endswith(f"{road}{groups.COSTS}")
    told = not_priced(effects().drop(columns="year"), costs=costs())
    assert told.startswith("nv.cost_benefit: column «year» is missing; the frame has value, arm")
    assert told.endswith(f"\nWhat is right, for example:\n{groups.EFFECTS}")
    for name in ("year", "estimate", "std_error"):
        told = not_priced(effects(**{name: ["x"] * 3}), costs=costs())
        assert f"nv.cost_benefit: column «{name}»: holds text (x); expected numbers" in told
    told = not_priced(effects(unit="crowns"), costs=costs())
    assert told.startswith("nv.cost_benefit: ")
    assert told.endswith(f"; expected effects of three years, for example:\n{groups.EFFECTS}")


def test_arms_that_have_no_costs_are_named_once_and_in_order(tmp_path) -> None:
    own = pd.concat([effects(), effects(arm="zoo"), effects(arm="own"), effects(arm=None)])
    table = costs().head(1)
    found = nv.cost_benefit(own, costs=table)
    assert found.notes == ("Left out, since `costs` does not price them: own, zoo",)
    assert found.title == "Costs and benefits per spell, kroner"
    alone = nv.cost_benefit(effects(), costs=table)
    assert alone.notes == ()
    pd.testing.assert_frame_equal(found.table(), alone.table())
    row = found.table().iloc[0]
    items = row.drop(["program", "total_cost", "net_benefit"]).astype(float)
    assert row["net_benefit"] == pytest.approx(items.sum())
    assert row["program_cost"] == pytest.approx(-1.2 * 6 * 9000)  # taxes cost a fifth
    file = tmp_path / "own.csv"
    table.to_csv(file, index=False)
    for given in (file, str(file)):
        pd.testing.assert_frame_equal(
            nv.cost_benefit(effects(), costs=given).table(), alone.table()
        )


def test_person_of_protected_counts_and_columns_of_an_indicator_are_asked_for() -> None:
    for origin in ("simulated", "register"):
        told = refused("protect", example.people().drop(columns="person"), origin=origin)
        assert told.startswith("nv.protect: column «person» is missing; the frame has office")
    said = "nv.indicator: column «hours» says the same as «hours2» in every row"
    data = example.people().assign(hours2=lambda f: f["hours"] * 2)
    assert refused("indicator", data, outcome="hours2", by=["age", "hours"]).startswith(said)
    same = data.assign(place=data["office"] + "x")
    told = refused("indicator", same, by=["place"], person=None)
    assert told.startswith("nv.indicator: column «place» says the same as «office» in every row")
    told = refused("indicator", group="n_rows")
    assert told.startswith("nv.indicator: column «n_rows» has the name of a column of the result")


@pytest.mark.parametrize("name", ["did", "event_study", "group_time", "one_treated"])
def test_whole_numbers_that_may_lack_are_numbers(name: str) -> None:
    data = frame(name).assign(y=lambda f: (100 * f["y"]).round())
    plain = getattr(nv, name)(data, **GIVEN[name]).table()
    found = getattr(nv, name)(data.astype({"y": "Int64"}), **GIVEN[name]).table()
    pd.testing.assert_frame_equal(found, plain)
