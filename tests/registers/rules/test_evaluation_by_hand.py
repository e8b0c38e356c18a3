"""What breaking a rule tells: of rows, of the rows they repeat, of a table as a whole."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from naveval.registers.rules.breaches import Breach, Rule
from naveval.registers.rules.evaluation import check_need, check_rule, merged
from naveval.registers.sources import Source, find

ROWS = "SELECT file_name, row_no FROM numbered.b WHERE wage < 0"


@pytest.fixture
def found(tmp_path: Path) -> dict[str, Source]:
    (tmp_path / "b.csv").write_text("person;wage\n1;2\n")
    return {"b": find(tmp_path, "b")}


@pytest.fixture
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA numbered")
        connection.execute(
            "CREATE TABLE numbered.b AS SELECT 'b.csv' AS file_name, i + 1 AS row_no, i AS person, "
            "i - 2 AS wage, IF(i = 5, 'c.csv', 'b.csv') AS first_file, i - 3 AS first_row "
            "FROM range(8) t(i)"
        )
        connection.execute("CREATE VIEW b AS SELECT person, wage FROM numbered.b")
        yield connection


def test_rows_are_told_with_the_first(tables, found) -> None:
    rule = Rule("b", "wage", "a wage", ROWS)
    rows = (("b.csv", 1), ("b.csv", 2))
    assert check_rule(tables, rule, found, strict=True) == [
        Breach("b", "b.csv", "wage", 2, rows, "a wage")
    ]
    assert check_rule(tables, Rule("b", "wage", "x", f"{ROWS} - 9"), found, strict=True) == []
    (named,) = check_rule(tables, rule, {}, strict=True)
    assert named.file == "b"


def test_rows_that_repeat_others_name_them(tables, found) -> None:
    sql = "SELECT file_name, row_no, first_file, first_row FROM numbered.b WHERE person IN (4, 5)"
    (told,) = check_rule(tables, Rule("b", "", "a row once", sql), found, strict=True)
    assert told.expected == "a row once (the first repeat 1, 2 in c.csv)"


def test_a_rule_of_the_whole_table_tells_its_column_and_whether_it_warns(tables, found) -> None:
    for warning in (True, False):
        rule = Rule("b", "wage", "more", "SELECT 1 AS n", warning=warning)
        assert check_rule(tables, rule, found, strict=True) == [
            Breach("b", "b.csv", "wage", 0, (), "expected more", warning)
        ]


def test_what_lacks_is_named(tables, found) -> None:
    sql = "SELECT unnest(['2019-03', NULL, '2019-03']) AS what"
    (told,) = check_rule(tables, Rule("b", "month", "each month", sql), found, strict=True)
    assert told.expected == "each month (first: 2019-03, rows without a value)"
    assert (told.n_rows, told.rows) == (3, ())


def test_a_rule_may_tell_what_it_saw(tables, found) -> None:
    sql = "SELECT 'pay' AS about, 'more' AS expected, '2' AS seen, true AS warning, 'Os' AS places"
    assert check_rule(tables, Rule("b", "wage", "x", sql), found, strict=True) == [
        Breach("b", "b.csv", "pay", 0, (), "expected more; seen: 2", True, "Os")
    ]
    bare = Rule("b", "wage", "x", "SELECT '2' AS seen", warning=True)
    assert check_rule(tables, bare, found, strict=True) == [
        Breach("b", "b.csv", "wage", 0, (), "expected x; seen: 2", True)
    ]


def test_what_cannot_be_evaluated_is_told_where_nothing_else_was_wrong(tables, found) -> None:
    """A column found wrong before explains it; a fault of the query is ours."""
    damaged = Rule("b", "wage", "a wage", f"{ROWS} AND error('x') IS NULL")
    assert check_rule(tables, damaged, found, strict=False) == []
    assert check_rule(tables, damaged, found, strict=True) == [
        Breach("b", "b.csv", "wage", 0, (), "could not be checked: a wage")
    ]
    lacking = Rule("b", "age", "an age", "SELECT age AS seen FROM b")
    assert check_rule(tables, lacking, found, strict=False) == []
    with pytest.raises(duckdb.BinderException):
        check_rule(tables, lacking, found, strict=True)


def test_a_need_of_a_table_that_is_not_there_says_nothing(tables) -> None:
    class Needed:
        table = "z"

    assert check_need(tables, Needed(), {}, strict=True) == []


def test_what_several_tables_lack_alike_is_told_once() -> None:
    lacking = [
        Breach(of, f"{of}.csv", "county", 0, (), words)
        for of, words in (("a", "Oslo"), ("b", "Oslo"), ("c", "Troms"))
    ]
    told = [(item.file, item.expected) for item in merged(lacking)]
    assert told == [("a.csv, b.csv", "Oslo"), ("c.csv", "Troms")]
