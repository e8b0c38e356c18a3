"""What breaches of small tables tell: which rows, what was expected, and what mends it.

Few rows that are too much together are a warning: they say nothing of the extract.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest

from naveval.registers.rules.breaches import ODD, Breach, Rule
from naveval.registers.rules.coverage import Need
from naveval.registers.tables import check_tables

ROWS = 4000
SCHEMA = pa.DataFrameSchema({"person": pa.Column("int64"), "wage": pa.Column("int64")})
SQL = "SELECT file_name, row_no FROM numbered.b WHERE wage < 100"
WORDS = "b.parquet, column wage: {n} rows (first: 1, 2, 3, 4{fifth}): expected a wage"


@pytest.mark.parametrize(
    ("few", "n", "warned"), [(True, 4, True), (True, 5, False), (False, 4, False)]
)
def test_a_thousandth_of_the_rows_is_told_and_stops_nothing(tmp_path, few, n, warned) -> None:
    frame = pd.DataFrame({"person": range(ROWS), "wage": 30_000})
    frame.loc[: n - 1, "wage"] = 99
    frame.to_parquet(tmp_path / "b.parquet", index=False)
    (found,) = check_tables({"b": SCHEMA}, tmp_path, (Rule("b", "wage", "a wage", SQL, few=few),))
    assert found.warning == warned
    assert str(found) == WORDS.format(n=n, fifth=", 5" * (n > 4)) + ODD * warned


def check(folder: Path, columns: dict[str, Any], *lines: str, **schema: Any) -> list[Breach]:
    """The breaches of a CSV file «t» by the columns declared."""
    (folder / "t.csv").write_text("\n".join([*lines, ""]), "utf-8")
    return check_tables({"t": pa.DataFrameSchema(columns, **schema)}, folder)


LEFT = " (marks for no value: map them with missing or codes)"
ZERO = " (cells that mean 0: map them with blank: 0)"
LAST = " (the last row of the file: a total, or a footer?)"
OTHER_YEAR = " (places of other years: map them with places: true)"
TOTAL = " (rows of totals or unknown places: a mapping leaves them out by without)"


@pytest.mark.parametrize(
    ("name", "declared", "value", "hint"),
    [
        ("n", pa.Column(int, pa.Check.ge(0)), "", ZERO),
        ("n", pa.Column(int, pa.Check.in_range(0, 9)), "", ZERO),
        ("n", pa.Column(int, pa.Check.gt(0)), "", ""),
        ("n", pa.Column(int, pa.Check.ge(1)), "", ""),
        ("c", pa.Column(str, pa.Check.isin(["5", "ukjent"])), "", '{"": ukjent})'),
        ("c", pa.Column(str, pa.Check.isin(["5", "ingen"])), "", '{"": ingen})'),
        ("c", pa.Column(str, pa.Check.isin(["5", "9"])), "", ""),
        ("person", pa.Column(int, pa.Check.ge(0)), "", ""),
        ("c", pa.Column(str, pa.Check.isin(["5", "05"])), "6", ""),
        ("c", pa.Column(str, pa.Check.isin(["5", "06"])), "6", "map with pad: 2)"),
        ("c", pa.Column(str, pa.Check.isin(["5", "0306"])), "306", "map with pad: 4)"),
        ("c", pa.Column(str, pa.Check.str_matches("^(5|[0-9]{4})$")), "306", "with pad: 4)"),
        ("c", pa.Column(str, pa.Check.isin(["5", "6"])), "NULL", LEFT),
        ("c", pa.Column(str, pa.Check.isin(["5", "6"])), "00", ""),
        ("n", pa.Column(int, pa.Check.in_range(0, 9)), "9999", LEFT),
        ("county", pa.Column(str, pa.Check.isin(["5", "03"])), "00", TOTAL),
        ("county", pa.Column(str, pa.Check.isin(["5", "03"])), "99", TOTAL),
        ("county", pa.Column(str, pa.Check.isin(["5", "03"])), "34", OTHER_YEAR),
        ("county", pa.Column(str, pa.Check.isin(["5", "0301"])), "3401", OTHER_YEAR),
        ("county", pa.Column(str, pa.Check.isin(["5", "03"])), "340", ""),
        ("c", pa.Column(str, pa.Check.isin(["5", "03"])), "34", ""),
    ],
)
def test_what_mends_a_value_is_told(tmp_path, name, declared, value, hint) -> None:
    columns = {name: declared, "x": pa.Column(str)}
    (found,) = check(tmp_path, columns, f"{name};x", "5;a", f"{value};a", "5;a")
    assert (found.column, found.n_rows, found.rows) == (name, 1, (("t.csv", 2),))
    told = found.expected.partition("; found")[0]
    assert told.endswith(hint) if hint else not told.endswith(")"), told


def test_a_last_row_that_breaks_a_rule_is_told_as_one(tmp_path) -> None:
    columns = {"n": pa.Column(int, pa.Check.ge(0)), "x": pa.Column(str)}
    (found,) = check(tmp_path, columns, "n;x", "5;a", ";a")
    assert found.expected == f"a value in every row{LAST}"
    (found,) = check(tmp_path, columns, "n;x", "5;a", "Sum;a")
    assert found.expected.endswith(LAST)


def test_a_column_that_may_be_left_out_is_not_missed_and_another_spelling_is_named(
    tmp_path,
) -> None:
    columns = {
        "Wage": pa.Column(int),
        "age": pa.Column(str, required=False),
        "sex": pa.Column(str),
    }
    found = check(tmp_path, columns, "wage;x", "5;a")
    assert [(item.column, item.expected) for item in found[:2]] == [
        ("Wage", "column is missing; expected whole numbers (there is wage: case matters)"),
        ("sex", "column is missing; expected text"),
    ]
    assert not [item for item in found if item.column == "age"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [("wage ", "'wage '"), ("\ufeffwage", "'\\ufeffwage'"), ("\u200bWage", "'\\u200bWage'")],
)
def test_a_name_with_what_is_not_seen_is_named(tmp_path, written, shown) -> None:
    found = check(tmp_path, {"wage": pa.Column(int), "x": pa.Column(str)}, f"x;{written}", "a;5")
    (told,) = [item.expected for item in found if item.column == "wage"]
    words = "column is missing; expected whole numbers (there is one with blanks or characters that"
    assert told == f"{words} are not seen: {shown})"


def test_a_key_is_one_column_or_several(tmp_path) -> None:
    lines = ("a;b", "1;1", "1;2", "2;2", "1;2", "1;1")
    declared = pa.Column(int)
    assert check(tmp_path, {"a": declared, "b": declared}, *lines) == []
    (found,) = check(tmp_path, {"a": declared, "b": declared}, *lines, unique=["a", "b"])
    rows = (("t.csv", 4), ("t.csv", 5))
    words = "one row per a and b (the first repeat 2, 1)"
    assert found == Breach("t", "t.csv", "a, b", 2, rows, words)
    (found,) = check(tmp_path, {"a": pa.Column(int, unique=True), "b": declared}, *lines)
    assert (found.column, found.n_rows) == ("a", 3)
    assert found.expected == "one row per a (the first repeat 1, 1, 1)"


def test_rules_that_only_pandera_knows_are_told_with_rows(tmp_path) -> None:
    even = pa.Check(lambda s: s % 2 == 0, error="even numbers")
    lines = ("n;m", "1;1", *["2;1"] * 3, *["3;1"] * 6)
    whole = pa.Check(lambda frame: frame["n"] >= frame["m"], error="n from m on")
    less = pa.Check(lambda frame: frame["n"] > frame["m"], error="n above m")
    columns = {"n": pa.Column(int, even), "m": pa.Column(int)}
    found = check(tmp_path, columns, *lines, checks=[whole, less])
    rows = tuple(("t.csv", row) for row in (1, 5, 6, 7, 8))
    assert found == [
        Breach("t", "t.csv", "n", 7, rows, "even numbers"),
        Breach("t", "t.csv", "", 1, (("t.csv", 1),), "n above m"),
    ]


@pytest.mark.parametrize(("holds", "told"), [(True, []), (False, [3])])
def test_a_rule_of_all_rows_together_is_broken_by_all(tmp_path, holds, told) -> None:
    columns = {"n": pa.Column(int, pa.Check(lambda _: holds, error="something"))}
    found = check(tmp_path, columns, "n", "1", "2", "3")
    assert [item.n_rows for item in found] == told


def test_a_rule_that_fails_shows_nothing_of_the_data(tmp_path) -> None:
    def failing(values: pd.Series) -> pd.Series:
        raise KeyError(values.iloc[0])

    declared = pa.Column(int, pa.Check(failing, error="something"))
    (found,) = check(tmp_path, {"n": declared}, "n", "12345")
    words = "the rule «something» could not be evaluated (KeyError)"
    assert found == Breach("t", "t.csv", "n", 0, (), words)


def test_an_empty_table_is_a_breach_unless_it_may_be(tmp_path) -> None:
    (found,) = check(tmp_path, {"n": pa.Column(int)}, "n")
    assert found == Breach("t", "t.csv", "", 0, (), "no rows; expected at least one")
    (told,) = check(tmp_path, {"n": pa.Column(int)}, "n", metadata={"may_be_empty": True})
    words = "no rows; expected at least one, unless there is nobody to tell of"
    assert told == Breach("t", "t.csv", "", 0, (), words, warning=True)


@pytest.mark.parametrize(
    ("column", "given", "told"),
    [
        (["1", "2"], "text", " (2 rows (first: 1, 2))"),
        ([1.0, 2.0], "numbers", ""),
        ([1.0, 2.5], "numbers", " (1 row (first: 2) missing or with decimals)"),
        ([1.0, None], "numbers", " (1 row (first: 2) missing or with decimals)"),
        ([True, False], "true or false", " (2 rows (first: 1, 2))"),
        ([None, None], "whole numbers", None),
    ],
)
def test_what_has_the_wrong_type_is_counted(tmp_path, column, given, told) -> None:
    kind = {"whole numbers": "Int64"}.get(given)
    frame = pd.DataFrame({"n": pd.Series(column, dtype=kind), "x": "a"})
    frame.to_parquet(tmp_path / "t.parquet", index=False)
    declared = pa.Column(int, nullable=True)
    found = check_tables({"t": pa.DataFrameSchema({"n": declared, "x": pa.Column(str)})}, tmp_path)
    words = f"wrong type, {given}; expected whole numbers{told}"
    wanted = [] if told is None else [Breach("t", "t.parquet", "n", 0, (), words)]
    assert found == wanted


def test_whole_numbers_do_where_numbers_are_asked_for(tmp_path) -> None:
    pd.DataFrame({"n": [1, 2]}).to_parquet(tmp_path / "t.parquet", index=False)
    for declared in (pa.Column(float), pa.Column(None)):
        assert check_tables({"t": pa.DataFrameSchema({"n": declared})}, tmp_path) == []


def test_stata_keeps_whole_numbers_and_truths_as_numbers(tmp_path) -> None:
    frame = pd.DataFrame({"n": [1.0, 2.0], "yes": [1, 0], "wage": [1.5, 2.0]})
    frame.to_stata(tmp_path / "t.dta", write_index=False)
    columns = {"n": pa.Column(int), "yes": pa.Column(bool), "wage": pa.Column(float)}
    assert check_tables({"t": pa.DataFrameSchema(columns)}, tmp_path) == []
    (found,) = check_tables({"t": pa.DataFrameSchema(columns | {"n": pa.Column(str)})}, tmp_path)
    assert found.expected.startswith("wrong type, numbers; expected text")
    (found,) = check_tables({"t": pa.DataFrameSchema(columns | {"wage": pa.Column(int)})}, tmp_path)
    assert (found.column, found.n_rows) == ("wage", 1)


def test_a_rule_is_not_asked_of_places_that_are_wrong(tmp_path) -> None:
    """Its message could show what stands there."""
    rules = [
        Rule("t", "", "x", f"SELECT 'Kari' AS seen FROM t WHERE {word} IS NOT NULL")
        for word in ("county", "n")
    ]
    columns = {"county": pa.Column(str, pa.Check.isin(["03"])), "n": pa.Column(int)}
    (tmp_path / "t.csv").write_text("county;n\nKari;1\n03;1\n", "utf-8")
    found = check_tables({"t": pa.DataFrameSchema(columns)}, tmp_path, rules)
    assert [item.column for item in found] == ["county", "", ""]
    (tmp_path / "t.csv").write_text("county;n\n03;1\n03;1\n", "utf-8")
    assert len(check_tables({"t": pa.DataFrameSchema(columns)}, tmp_path, rules)) == 4


def test_a_file_beside_a_table_and_a_missing_table_are_told(tmp_path) -> None:
    (tmp_path / "t_2.csv").write_text("n\n1\n", "utf-8")
    found = check(tmp_path, {"n": pa.Column(int)}, "n", "1")
    text = "looks like a part of a table; expected one folder with all parts, or another name"
    assert found == [Breach("", "t_2.csv", "", 0, (), text)]
    (found,) = check_tables({"t": pa.DataFrameSchema({"n": pa.Column(int)})}, tmp_path / "none")
    assert (found.table, found.file) == ("t", "t")
    assert (
        found.expected
        == f"{tmp_path / 'none'}: no such folder; expected a folder with register extracts"
    )


def test_what_cannot_be_evaluated_of_wrong_tables_is_passed_over(tmp_path) -> None:
    """Both a rule and a need of a column that is missing, which is told by itself."""
    rule = Rule("t", "", "x", "SELECT 1 FROM t WHERE wage > 0")
    need = Need("t", "wage", "wage", 1, 2)
    columns = {"n": pa.Column(int), "wage": pa.Column(int)}
    (tmp_path / "t.csv").write_text("n\n1\n", "utf-8")
    schema = pa.DataFrameSchema(columns)
    (found,) = check_tables({"t": schema}, tmp_path, [rule], [need])
    assert found.column == "wage"


def test_ids_of_another_name_are_no_persons_and_days_of_another_form_are_told(tmp_path) -> None:
    columns = {"id": pa.Column(int), "since": pa.Column("datetime64[ns]")}
    lines = ["01019012345;20140301", "01019112345;20140401", "1;20140501"]
    found = check(tmp_path, columns, "id;since", *lines)
    assert [item.column for item in found] == ["since"]
    assert found[0].expected.endswith(" (they look like yyyymmdd: map them with form: yyyymmdd)")


def test_the_rarer_of_two_forms_of_numbers_is_told_of_columns_of_numbers_alone(tmp_path) -> None:
    columns = {"n": pa.Column(int), "wage": pa.Column(float), "code": pa.Column(str)}
    lines = ["2 500;2,5;2 500", "2500;2.5;2500", "3500;3,5;3500"]
    thousands, mark = check(tmp_path, columns, "n;wage;code", *lines)
    words = "thousands separated in all values of four digits or more, or in none"
    assert thousands == Breach("t", "t.csv", "n", 1, (("t.csv", 1),), words)
    words = "the same decimal mark in all values"
    assert mark == Breach("t", "t.csv", "wage", 1, (("t.csv", 2),), words)


def test_what_stands_for_true_and_false_is_told_and_no_number(tmp_path) -> None:
    columns = {"yes": pa.Column(bool), "n": pa.Column(int), "z": pa.Column(str)}
    truth, number = check(tmp_path, columns, "yes;n;z", "ja;1;a", "x;y;a", "nei;2;a")
    assert truth.expected.endswith('(or 1/0, ja/nei, sann/usann); found "x" in 1 row')
    assert (number.column, number.n_rows) == ("n", 1)
    assert "found" not in number.expected


def test_midnights_of_another_zone_are_told_of_days_alone(tmp_path) -> None:
    columns = {"since": pa.Column("datetime64[ns]"), "seen": pa.Column("datetime64[ns]")}
    lines = ["2017-07-02 00:00:00;2017-07-02 12:00:00", "2017-01-01 23:00:00;2017-01-01 23:00:00"]
    (found,) = check(
        tmp_path, columns | {"x": pa.Column(str)}, "since;seen;x", *(f"{a};a" for a in lines)
    )
    assert (found.column, found.n_rows, found.rows) == ("since", 1, (("t.csv", 2),))
    assert found.expected.startswith("days; all are at midnight or at 22 or 23 hours the evening")
