"""Coverage: what is absent, holes, spikes and changes of level, told apart from chance."""

from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from naveval.project.months import date_sql, month_number, text_sql
from naveval.registers.rules import coverage
from naveval.registers.rules.coverage import Need
from naveval.registers.tables import check_tables

SCHEMA = {"t": pa.DataFrameSchema({"month": pa.Column(str), "county": pa.Column(str)})}
MONTHS = [f"2014-{month:02d}" for month in range(1, 13)]
NEED = Need(
    "t",
    "county, month",
    text_sql("month"),
    month_number("2014-01"),
    month_number("2014-12"),
    place="county",
    places=("03", "15"),
)


def messages(folder: Path, rows: dict[tuple[str, str], int], need: Need = NEED) -> list[str]:
    """What is told about a table with 200 rows in each place and month but those given."""
    cells = [(c, m) for c in ("03", "15") for m in MONTHS]
    counts = [rows.get(cell, 200) for cell in cells]
    frame = pd.DataFrame(np.repeat(np.array(cells), counts, axis=0), columns=["county", "month"])
    frame.to_parquet(folder / "t.parquet")
    found = check_tables(SCHEMA, folder, needs=[need])
    assert all((item.table, item.column) == ("t", need.column) for item in found)
    return [f"{'warning: ' if item.warning else ''}{item}" for item in found]


HEAD = "t.parquet, column county, month: "
CASES = {
    "even": ({}, []),
    "a month without rows": (
        {("15", "2014-05"): 0},
        ["expected rows in every period from 2014-01 to 2014-12; none in 15 2014-05"],
    ),
    "the last month without rows": (
        {("15", "2014-12"): 0},
        ["expected rows in every period from 2014-01 to 2014-12; none in 15 2014-12"],
    ),
    "a place without rows": (
        {("15", month): 0 for month in MONTHS},
        ["expected rows from 2014-01 to 2014-12; none in 15"],
    ),
    "half of a month missing": (
        {("03", "2014-05"): 90},
        ["expected about as many rows as in the periods around; less than half in 03 2014-05"],
    ),
    "the file ends in the last month": (
        {("15", "2014-12"): 60},
        ["expected about as many rows as in the periods around; less than half in 15 2014-12"],
    ),
    "a month twice over": (
        {("03", "2014-05"): 401},
        [
            "expected about as many rows as in the periods around; more than twice as many in "
            "03 2014-05"
        ],
    ),
    "a new level": (
        {("03", month): 500 for month in MONTHS[4:]},
        [
            "warning: rows fall to less than half, or rise to more than twice, and stay there in "
            "03 2014-05"
        ],
    ),
    "few rows by chance": ({("15", month): k % 3 for k, month in enumerate(MONTHS)}, []),
}


@pytest.mark.parametrize("case", CASES)
def test_each_fault_is_told_once(tmp_path, case):
    rows, expected = CASES[case]
    expected = [
        text.replace("warning: ", f"warning: {HEAD}") if "warning" in text else HEAD + text
        for text in expected
    ]
    assert messages(tmp_path, rows) == expected


def test_a_flow_may_swing_but_not_vanish(tmp_path):
    need = Need("t", "month", NEED.period, NEED.first, NEED.last, "flow")
    swinging = {("03", "2014-07"): 20, ("15", "2014-07"): 30}
    assert messages(tmp_path, swinging, need) == []
    (found,) = messages(tmp_path, dict.fromkeys(swinging, 15), need)
    assert found.endswith("less than a tenth in 2014-07")


def test_a_table_reaches_as_far_as_another_asks(tmp_path):
    until = f"SELECT {month_number('2015-02')}"
    need = Need("t", "month", NEED.period, NEED.first, NEED.last, until=until)
    (found,) = messages(tmp_path, {}, need)
    assert found.endswith("from 2014-01 to 2015-02; none in 2015-01, 2015-02")


def test_documented_examples_hold():
    import doctest

    assert doctest.testmod(coverage, extraglobs={"np": np}).failed == 0


def test_a_month_cut_in_all_small_places_is_told_of_the_table(tmp_path):
    rows = {(c, m): 15 if m == "2014-05" else 40 for c in ("03", "15") for m in MONTHS}
    assert messages(tmp_path, rows) == [
        f"{HEAD}expected about as many rows as in the periods around; less than half in "
        "all places 2014-05"
    ]


def test_a_month_twice_over_in_all_small_places_is_told_of_the_table(tmp_path):
    rows = {(c, m): 55 if m == "2014-05" else 20 for c in ("03", "15") for m in MONTHS}
    assert messages(tmp_path, rows) == [
        f"{HEAD}expected about as many rows as in the periods around; more than twice as many in "
        "all places 2014-05"
    ]


def test_a_new_level_tells_the_report_where_it_is(tmp_path):
    messages(tmp_path, {("03", month): 500 for month in MONTHS[4:]})
    (found,) = check_tables(SCHEMA, tmp_path, needs=[NEED])
    assert (found.warning, found.where) == (True, "03 2014-05")


def test_five_are_named_and_the_others_counted(tmp_path):
    for lost, listed in ((5, "15 2014-11"), (6, "15 2014-11 … (6)")):
        rows = {("15", f"2014-{month:02d}"): 0 for month in (*range(3, 12, 2), 12)[:lost]}
        (found,) = messages(tmp_path, rows)
        named = "15 2014-03, 15 2014-05, 15 2014-07, 15 2014-09, "
        assert found.endswith(f"none in {named}{listed}")


@pytest.mark.parametrize(
    ("kind", "rows", "cells"),
    [
        ("absent", [[15, 0, 15]], [[0, 1, 0]]),
        ("absent", [[14, 0, 15]], [[0, 0, 0]]),
        ("absent", [[8, 0, 0, 8]], [[0, 1, 1, 0]]),  # 16 were to be expected in the two together
        ("absent", [[7, 0, 0, 7]], [[0, 0, 0, 0]]),
        ("absent", [[0, 20, 20]], [[1, 0, 0]]),
        ("absent", [[0, 4, 3, 9, 90, 90]], [[0, 0, 0, 0, 0, 0]]),  # few were to be expected there
        ("absent", [[90, 90, 0, 4, 3, 9]], [[0, 0, 1, 0, 0, 0]]),
        ("absent", [[20, 20, 0]], [[0, 0, 1]]),
        ("absent", [[0, 0, 0]], [[0, 0, 0]]),  # the place as a whole is told
        ("holes", [[100, 20]], [[0, 1]]),  # at an end of the only neighbour
        ("holes", [[20, 100]], [[1, 0]]),
        ("holes", [[400, 200, 400]], [[0, 0, 0]]),
        ("holes", [[400, 199, 400]], [[0, 1, 0]]),
        ("holes", [[100, 50, 100]], [[0, 0, 0]]),
        ("holes", [[100, 49, 100]], [[0, 1, 0]]),
        ("holes", [[64, 24, 64]], [[0, 0, 0]]),  # 40 less, and five square roots of 64 are 40
        ("holes", [[64, 23, 64]], [[0, 1, 0]]),
        ("holes", [[400, 100, 120]], [[0, 0, 0]]),
        ("holes", [[400, 0, 400]], [[0, 0, 0]]),  # absent
        ("holes of flow", [[400, 40, 400]], [[0, 0, 0]]),
        ("holes of flow", [[400, 39, 400]], [[0, 1, 0]]),
        ("spikes", [[50, 101, 50]], [[0, 1, 0]]),
        ("spikes", [[50, 100, 50]], [[0, 0, 0]]),
        ("spikes", [[49, 100, 49]], [[0, 1, 0]]),
        ("spikes", [[49, 99, 49]], [[0, 0, 0]]),
        ("spikes", [[0, 300, 0]], [[0, 0, 0]]),
        ("spikes", [[1, 100, 1]], [[0, 1, 0]]),
        ("spikes", [[0, 100, 1]], [[0, 1, 0]]),
        ("spikes", [[300, 50, 300]], [[0, 0, 0]]),
        ("spikes", [[50, 50, 300]], [[0, 0, 0]]),
        ("spikes", [[300, 50, 50]], [[0, 0, 0]]),
        ("spikes of flow", [[50, 300, 50]], [[0, 0, 0]]),
        ("shifts", [[100, 100, 200, 200]], [[0, 0, 0, 0]]),
        ("shifts", [[100, 100, 201, 201]], [[0, 0, 1, 0]]),
        ("shifts", [[200, 100, 100]], [[0, 0, 0]]),
        ("shifts", [[201, 100, 100]], [[0, 1, 0]]),
        ("shifts", [[49, 49, 99, 99]], [[0, 0, 0, 0]]),
        ("shifts", [[49, 49, 100, 100]], [[0, 0, 1, 0]]),
        ("shifts", [[0, 0, 300, 300]], [[0, 0, 0, 0]]),
        ("shifts", [[300, 0, 0]], [[0, 0, 0]]),
        ("shifts", [[1, 1, 300, 300]], [[0, 0, 1, 0]]),
        ("shifts", [[300, 1, 1]], [[0, 1, 0]]),
        ("shifts", [[300, 100, 300, 300]], [[0, 0, 0, 0]]),  # a hole, and what follows it
        ("shifts", [[100, 300, 100, 100]], [[0, 0, 0, 0]]),  # a spike, and what follows it
        ("shifts", [[100, 201, 201]], [[0, 0, 0]]),  # a hole at an end
        ("shifts", [[300]], [[0]]),
        ("shifts of flow", [[100, 300, 300]], [[0, 0, 0]]),
    ],
)
def test_periods_that_stand_out(kind, rows, cells):
    name, _, flow = kind.partition(" of ")
    given = (np.array(rows), flow or "stock")
    found = getattr(coverage, name)(*given[: 1 if name == "absent" else 2])
    assert found.astype(int).tolist() == cells


def test_days_are_counted_by_the_month_they_lie_in(tmp_path):
    days = pd.date_range("2014-01-01", "2014-12-31").repeat(2)
    schema = {"t": pa.DataFrameSchema({"day": pa.Column("datetime64[ns]")})}
    need = Need("t", "day", date_sql("day"), NEED.first, NEED.last, "flow")
    for kept, expected in ((days, ""), (days[days.month != 6], "none in 2014-06")):
        pd.DataFrame({"day": kept}).to_parquet(tmp_path / "t.parquet")
        found = [str(item) for item in check_tables(schema, tmp_path, needs=[need])]
        assert [text.endswith(expected) for text in found] == [True] * bool(expected), found


def test_a_month_that_lacks_in_every_year_is_told(tmp_path):
    """Of so few rows a month that one alone can lack by chance."""
    first = month_number("2014-01")
    months = [f"{t // 12:04d}-{t % 12 + 1:02d}" for t in range(first, first + 60)]
    kept = [month for month in months if not month.endswith("-07")]
    frame = pd.DataFrame({"month": np.repeat(kept, 12), "county": "03"})
    frame.to_parquet(tmp_path / "t.parquet")
    need = Need("t", "month", NEED.period, first, first + 59, "flow")
    (found,) = check_tables(SCHEMA, tmp_path, needs=[need])
    assert str(found).endswith("none in 2014-07, 2015-07, 2016-07, 2017-07, 2018-07")
    fortnights = Need("t", "month", NEED.period, first, first + 59, "flow", text=str)
    assert check_tables(SCHEMA, tmp_path, needs=[fortnights]) == []
    assert not coverage.seasons(np.tile([9, 0] * 6, (1, 5))).any()
