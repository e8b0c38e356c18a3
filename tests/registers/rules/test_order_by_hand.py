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
KEPT, SORTED = "values that are kept", "values that do not follow the order of the rows"


def said(
    rows: str,
    by: str,
    *,
    period: str = "t",
    schema: pa.DataFrameSchema = SCHEMA,
    **changed: str,
) -> list[tuple[str, str]]:
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
        rule = order.in_place("b", schema, period)
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


def test_numbers_that_lie_near_each_other_are_told_where_most_keep_them_as_they_are() -> None:
    near = PANEL.replace(WAGE, "(1000 + hash(p, 7) % 300)::INTEGER")
    assert said(near, BY_PERSON) == []
    found = said(near, BY_PERSON, wage=moved("wage", 1))
    assert found == [("wage", f"{KEPT} from one period to the next")]


@pytest.mark.parametrize("dtype", [int, float])
def test_numbers_that_persons_keep_about_as_they_are_are_told(dtype) -> None:
    schema = pa.DataFrameSchema({"person": pa.Column(int), "wage": pa.Column(dtype)})
    drifting = PANEL.replace(WAGE, "2 ** (hash(p, 7) % 10) * (100 + hash(p, t, 9) % 8)")
    assert said(drifting, BY_PERSON, schema=schema) == []
    found = said(drifting, BY_PERSON, schema=schema, wage=moved("wage", 1))
    assert found == [("wage", f"{KEPT} from one period to the next")]


PLACE = pa.DataFrameSchema({"county": pa.Column(str), "code": pa.Column(str, CODES)})
COUNTIES = f"""
    SELECT printf('k%03d', p) AS county, t, {CODE} AS code FROM range(150) places(p), range(9) t(t)
"""


def test_places_are_followed_as_persons_are() -> None:
    rule = order.in_place("b", PLACE, "t", unit="county")
    rows = f"SELECT *, row_number() OVER (ORDER BY county, t) AS row_no FROM ({COUNTIES})"
    for shift, told in ((0, []), (1, ["code"]), (-1, ["code"])):
        changed = f"SELECT * REPLACE ({moved('code', shift)} AS code), 'b' AS file_name"
        with duckdb.connect() as connection:
            connection.execute("CREATE SCHEMA numbered")
            connection.execute(f"CREATE TABLE numbered.b AS {changed} FROM ({rows})")
            connection.execute("CREATE VIEW b AS SELECT * FROM numbered.b")
            found = check_rule(connection, rule, {}, strict=True)
        assert [item.column for item in found] == told


# A wage of those who work, of whom another table tells; two rows for some.
WORKING = "hash(p, 3) % 4 = 0"
WAGES = f"""
    SELECT p AS person, t, IF({WORKING}, 300, 100) + (hash(p, t) % 400)::INTEGER AS wage
    FROM range(3000) people(p), range(2) t(t) WHERE t = 0 OR p % 5 = 0
"""
JOBS = f"SELECT p AS person FROM range(3000) people(p) WHERE {WORKING}"
OTHER = """
    SELECT first.person, file_name, row_no, wage AS value, (jobs.person IS NOT NULL)::INTEGER
        AS other
    FROM first LEFT JOIN jobs USING (person)
"""


@pytest.mark.parametrize("by", [BY_PERSON, "hash(person, t)", "wage, person", "wage DESC, person"])
@pytest.mark.parametrize("rows", [0, 1, -1])
def test_a_column_goes_with_what_another_table_tells_of_its_own_row(by, rows) -> None:
    rule = order.belonging("b", "wage", OTHER, "a job")
    numbered = f"SELECT *, row_number() OVER (ORDER BY {by}) AS row_no FROM ({WAGES})"
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA numbered")
        connection.execute(f"CREATE TABLE jobs AS {JOBS}")
        connection.execute(
            f"CREATE TABLE numbered.b AS SELECT * REPLACE ({moved('wage', rows)} AS wage), "
            f"'b' AS file_name FROM ({numbered})"
        )
        connection.execute("CREATE VIEW b AS SELECT * FROM numbered.b")
        found = check_rule(connection, rule, {}, strict=True)
        assert connection.execute(rule.basis).fetchone() == (3600,)
    if not rows or by.startswith("wage"):  # sorted by it, the neighbours have the same
        assert found == []
        return
    (item,) = found
    side = "below" if rows > 0 else "above"
    assert "values that go with a job of the same row" in item.expected
    assert item.expected.endswith(f"with the row {side}")
    assert (item.column, item.warning) == ("wage", False)


@pytest.mark.parametrize("rows", [1, -1])
def test_a_long_file_in_the_order_of_time_is_read_in_several_periods(rows, monkeypatch) -> None:
    monkeypatch.setattr(order, "MOST_ROWS", 1200)  # fewer than three months have
    assert said(PANEL, BY_TIME) == []
    found = said(PANEL, BY_TIME, wage=moved("wage", rows))
    assert found == [("wage", f"{KEPT} from one period to the next")]
    assert said(PANEL, BY_PERSON, period="", wage=alone("wage")) == [("wage", SORTED)]


def test_a_column_that_goes_with_nobody_is_a_warning() -> None:
    rule = order.belonging("b", "wage", OTHER, "a job")
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA numbered")
        connection.execute(f"CREATE TABLE jobs AS {JOBS}")
        connection.execute(
            "CREATE TABLE numbered.b AS SELECT person, wage, 'b' AS file_name, row_number() OVER "
            "(ORDER BY hash(t, person)) AS row_no FROM (SELECT * REPLACE (100 + hash(person, 9) "
            f"% 400 AS wage) FROM ({WAGES.replace('range(3000)', 'range(30000)')}))"
        )
        connection.execute("CREATE VIEW b AS SELECT * FROM numbered.b")
        (item,) = check_rule(connection, rule, {}, strict=True)
    assert item.warning
    assert "of the same row; rows exchanged, or moved by one?; seen: a corr" in item.expected


@pytest.mark.parametrize(
    "jobs", ["SELECT 0 AS person WHERE false", "SELECT DISTINCT person FROM b"]
)
def test_nothing_is_told_where_the_other_table_has_all_or_none(jobs) -> None:
    rule = order.belonging("b", "wage", OTHER, "a job")
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA numbered")
        connection.execute(
            "CREATE TABLE numbered.b AS SELECT *, 'b' AS file_name, row_number() OVER "
            f"(ORDER BY t, person) AS row_no FROM ({WAGES})"
        )
        connection.execute("CREATE VIEW b AS SELECT * FROM numbered.b")
        connection.execute(f"CREATE TABLE jobs AS {jobs}")
        assert check_rule(connection, rule, {}, strict=True) == []
