"""What a breach says, and rules about persons and repeated rows, on a few rows."""

import doctest

import duckdb
import pandera.pandas as pa
import pytest
from judging import judged

from naveval.registers.rules import breaches
from naveval.registers.rules.breaches import Breach, Rule


@pytest.mark.parametrize(
    ("n_rows", "rows", "column", "said"),
    [
        (0, (), "", "t.csv: a month"),
        (0, (), "age", "t.csv, column age: a month"),
        (1, (), "age", "t.csv, column age: 1 row: expected a month"),
        (2, (("t.csv", 7), ("t.csv", 9)), "", "t.csv: 2 rows (first: 7, 9): expected a month"),
        (
            3,
            (("a.csv", 7), ("b.csv", 9)),
            "",
            "t.csv: 3 rows (first: 7 in a.csv, 9 in b.csv): expected a month",
        ),
        (
            3,
            (("t.csv", 7), ("b.csv", 9)),
            "",
            "t.csv: 3 rows (first: 7 in t.csv, 9 in b.csv): expected a month",
        ),
    ],
)
def test_a_breach_says_where_and_how_many(n_rows, rows, column, said) -> None:
    breach = Breach("t", "t.csv", column, n_rows, rows, "a month")
    assert str(breach) == said
    assert (breach.warning, breach.where) == (False, "")


def test_documented_examples_hold() -> None:
    assert doctest.testmod(breaches).failed == 0


def broken(rule: Rule, **tables: str) -> list[tuple[object, ...]]:
    """Rows that a rule's query returns of tables with these rows."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA numbered")
        for name, rows in tables.items():
            connection.execute(f"CREATE TABLE {name} AS {rows}")
            connection.execute(
                f"CREATE TABLE numbered.{name} AS "
                f"SELECT *, 'f' AS file_name, row_number() OVER () AS row_no FROM {name}"
            )
        found = connection.sql(rule.sql).df()
        assert set(found["file_name"]) <= {"f"}
        wanted = [name for name in ("row_no", "first_row") if name in found]
        return sorted(found[wanted].itertuples(index=False, name=None))


def test_persons_who_are_not_in_the_other_table_are_found() -> None:
    rows = "SELECT unnest([1, 2, NULL, 3, 2]) AS person"
    rule = breaches.known_persons("t")
    assert (rule.table, rule.column, rule.expected) == (
        "t",
        "person",
        "a person who is in persons",
    )
    assert broken(rule, t=rows, persons="SELECT unnest([1, 3]) AS person") == [(2,), (5,)]
    rule = breaches.known_persons("t", "frame")
    assert rule.expected == "a person who is in frame"
    assert broken(rule, t=rows, frame="SELECT unnest([1, 2, 3]) AS person") == []


def test_a_characteristic_that_changes_is_found() -> None:
    rows = "SELECT unnest([1, 1, 2, 2, 2]) AS person, unnest([5, 5, 7, 6, 8]) AS born"
    rule = breaches.one_per_person("t", "born", "one year")
    assert (rule.table, rule.column, rule.expected) == ("t", "born", "one year")
    assert broken(rule, t=rows) == [(3,), (5,)]
    apart = breaches.one_per_person("t", "born", "one year", apart=1)
    assert broken(apart, t=rows) == [(5,)]
    halves = breaches.one_per_person("t", "born", "one year", of="born // 3")
    assert broken(halves, t=rows) == []
    assert halves.column == "born"


SPELLS = pa.DataFrameSchema({"person": pa.Column(int), "from": pa.Column(int)})
SAME = "the same as an earlier row in all columns; delivered twice?"


def spells(same: int, kind: str = "'a'") -> str:
    """A hundred rows, the last of which are the first again."""
    person = f"(k % {100 - same})::INT"
    return f'SELECT {person} AS person, {person} AS "from", {kind} AS kind FROM range(100) r(k)'


def test_many_rows_that_repeat_others_are_found_with_the_rows_they_repeat() -> None:
    rule = breaches.repeated("t", SPELLS)
    assert (rule.table, rule.column) == ("t", "person, from")
    assert rule.expected == f"rows of which at most 5 per cent are {SAME}"
    assert broken(rule, t=spells(0)) == []
    assert broken(rule, t=spells(5)) == []
    assert broken(rule, t=spells(6)) == [(95 + k, 1 + k) for k in range(6)]


@pytest.mark.parametrize(("same", "found"), [(0, 0), (33, 0), (34, 34), (40, 40)])
def test_a_month_that_was_delivered_twice_is_found(same: int, found: int) -> None:
    """Ten months of a hundred persons, of whom some have the same row of the third again."""
    day = "DATE '2016-01-05' + to_months((k // 100)::INTEGER)"
    rows = f'SELECT k % 100 AS person, {day} AS "from" FROM range(1000) r(k)'
    rows += f" UNION ALL SELECT k, DATE '2016-03-05' FROM range({same}) r(k)"
    rule = breaches.repeated("t", SPELLS, day='"from"')
    assert rule.expected.endswith("in all columns, and of a month's 25; delivered twice?")
    assert len(broken(rule, t=rows)) == found
    assert broken(breaches.repeated("t", SPELLS), t=rows) == []


def test_rows_that_do_not_count_may_be_repeated() -> None:
    rule = breaches.repeated("t", SPELLS, where="kind = 'a'")
    assert broken(rule, t=spells(6, "CASE WHEN k < 94 THEN 'a' ELSE 'b' END")) == []
    assert len(broken(rule, t=spells(6))) == 6


def test_a_rule_stops_a_run_and_judges_by_all_unless_said() -> None:
    rule = Rule("t", "", "rows", "SELECT 1")
    assert (rule.warning, rule.basis, rule.least) == (False, "", 0)


def kinds(odd: int, month: str = "9", n: int = 100) -> str:
    """Rows of so many kinds, of which each is there twice but for some."""
    return f"""
        SELECT k + 1000 * twin AS person, {month} AS month, k AS wage
        FROM range({n}) kinds(k), range(2) twins(twin) WHERE twin = 0 OR k >= {odd}
    """


def test_persons_with_two_ids_are_found_by_rows_that_are_all_there_twice() -> None:
    schema = pa.DataFrameSchema({n: pa.Column(int) for n in ("person", "month", "wage")})
    rule = breaches.doubled("t", schema)
    assert (rule.table, rule.column) == ("t", "person")
    words = f"expected {rule.expected}; seen: an even number of {{}} per cent of the kinds of rows"
    assert judged(rule, t=kinds(0)) == [("person", words.format(100), False)]
    assert judged(rule, t=kinds(4)) == [("person", words.format(96), False)]
    assert judged(rule, t=kinds(5)) == []
    assert judged(rule, t=kinds(0, n=99)) == []
    last = breaches.doubled("t", schema, "month")
    assert judged(last, t=f"{kinds(0)} UNION ALL {kinds(100, month='8')}") != []
    assert judged(last, t=f"{kinds(100)} UNION ALL {kinds(0, month='8')}") == []
