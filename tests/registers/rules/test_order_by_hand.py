"""Rules about columns that lie beside their rows, on small files of which the answer is plain."""

import doctest

import duckdb
import pandera.pandas as pa
import pytest

from naveval.registers.rules import order
from naveval.registers.rules.evaluation import check_rule

CODES = pa.Check.isin(["a", "b", "c"])
SCHEMA = pa.DataFrameSchema(
    {"person": pa.Column(int), "code": pa.Column(str, CODES), "wage": pa.Column(int)}
)
CODE, WAGE = "chr(97 + (hash(p) % 3)::INTEGER)", "(hash(p, 7) % 1000)::INTEGER"
PEOPLE = f"SELECT p AS person, t, {CODE} AS code, {WAGE} AS wage FROM range(600) people(p)"
# Persons come and go, so that neighbours are not the same in all months.
PANEL = f"{PEOPLE}, range(12) times(t) WHERE (hash(p) + t) % 5 > 0"
BY_PERSON, BY_TIME, BY_CODE = "person, t", "t, person", "code, person, t"
KEPT, SORTED = "values that a person keeps", "values that do not follow the order of the rows"


def said(rows: str, by: str, *, period: str = "t", **changed: str) -> list[tuple[str, str]]:
    """Column and words of what the rule says of rows in this order, with columns changed in it."""
    now = ", ".join(f"{sql} AS {name}" for name, sql in changed.items())
    replaced = f"* REPLACE ({now})" if now else "*"
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA numbered")
        connection.execute(
            f"CREATE TABLE numbered.b AS SELECT {replaced}, 'b.parquet' AS file_name FROM "
            f"(SELECT *, row_number() OVER (ORDER BY {by}) AS row_no FROM ({rows})) ORDER BY row_no"
        )
        connection.execute("CREATE VIEW b AS SELECT * FROM numbered.b")
        rule = order.in_place("b", SCHEMA, period)
        found = check_rule(connection, rule, {}, strict=True)
        assert connection.execute(rule.basis).fetchone() == (600,)
    assert not any(item.warning for item in found)
    return sorted({(b.column, b.expected.removeprefix("expected ").split(";")[0]) for b in found})


def moved(name: str, rows: int) -> str:
    return f"lag({name}, {rows}, {name}) OVER (ORDER BY row_no)"


def alone(name: str, block: str = "0") -> str:
    """The column's values in order, within the rows of a block each."""
    return (
        f"list({name}) OVER (PARTITION BY {block}).list_sort()"
        f"[row_number() OVER (PARTITION BY {block} ORDER BY row_no)]"
    )


def test_documented_examples_hold() -> None:
    assert doctest.testmod(order).failed == 0


@pytest.mark.parametrize("by", [BY_PERSON, BY_TIME, BY_CODE, "wage, person, t", "hash(person), t"])
def test_a_file_in_any_order_is_found_good(by) -> None:
    assert said(PANEL, by) == []


@pytest.mark.parametrize("by", [BY_PERSON, BY_TIME, "hash(person), t", "code, t, person"])
@pytest.mark.parametrize("rows", [1, -1])
def test_a_column_that_was_moved_by_one_row_is_told(by, rows) -> None:
    assert ("wage", f"{KEPT} from one period to the next") in said(
        PANEL, by, wage=moved("wage", rows)
    )
    if "code" not in by:
        assert ("code", f"{KEPT} from one period to the next") in said(
            PANEL, by, code=moved("code", rows)
        )


def test_columns_that_persons_do_not_keep_are_not_judged() -> None:
    drawn = PANEL.replace(WAGE, "(hash(p, t) % 1000)::INTEGER")
    assert said(drawn, BY_PERSON, wage=moved("wage", 1)) == []


def test_what_changes_after_the_first_month_is_not_taken_for_moved() -> None:
    first = PANEL.replace(CODE, f"IF(t < 2, 'a', {CODE})")
    assert said(first, BY_PERSON) == []


@pytest.mark.parametrize("block", ["0", "row_no // 1000", "(person // 100)"])
def test_a_column_that_was_sorted_alone_is_told(block) -> None:
    for name in ("code", "wage"):
        found = said(PANEL, BY_PERSON, period="", **{name: alone(name, block)})
        assert found == [(name, SORTED)]


def test_a_table_that_was_sorted_by_a_column_is_found_good() -> None:
    for by in (BY_CODE, "wage, person, t", "code DESC, wage, person"):
        assert said(PANEL, by, period="") == []
