"""Places whose rows are lost or in another unit, on a table of sixty persons in each of eight."""

from collections.abc import Iterator

import duckdb
import pytest
from judging import with_parts

from naveval.registers.rules.homes import WHOLE, everywhere

PLACES, PERSONS = 8, 60


@pytest.fixture
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    """Persons of eight places, and a wage of each in two years that differs a little."""
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TABLE persons AS SELECT {PERSONS} * p + i AS person, chr(97 + p::INTEGER) "
            f"AS place FROM range({PLACES}) t(p), range({PERSONS}) u(i)"
        )
        connection.execute(
            "CREATE TABLE wages AS SELECT person, year, 100 + person % 7 AS wage "
            "FROM persons, (VALUES (2015), (2016)) y(year)"
        )
        yield with_parts(connection)


def found(connection: duckdb.DuckDBPyConnection, **kind) -> list[tuple[str, str, bool]]:
    kind = {"year": "year", **kind}
    rule = everywhere("wages", "SELECT person, place FROM persons", "wage", **kind)
    sql = f"SELECT about, seen, warning FROM ({rule.sql}) ORDER BY ALL"
    return connection.execute(sql).fetchall()


def change(connection: duckdb.DuckDBPyConnection, sql: str, place: str) -> None:
    there = f"person IN (SELECT person FROM persons WHERE place = '{place}')"
    connection.execute(f"{sql} AND {there}" if "WHERE" in sql else f"{sql} WHERE {there}")


def test_the_rule_names_table_persons_and_what_is_expected() -> None:
    rule = everywhere("wages", "SELECT person, place FROM persons", "wage", year="year")
    assert (rule.table, rule.column, rule.warning) == ("wages", "person", False)
    assert rule.expected.startswith("rows of about as many persons, and numbers of the same size")


def test_it_judges_by_the_persons_with_rows_that_count(tables) -> None:
    home = "SELECT person, place FROM persons"
    for period, persons in (("", 480), ("year < 2015", 0), ("person < 9", 9)):
        rule = everywhere("wages", home, "wage", year="year", period=period)
        assert tables.execute(rule.basis).fetchall() == [(persons,)]
        assert rule.least == 150  # thirty in each of five places


def test_places_that_are_alike_are_not_told(tables) -> None:
    assert found(tables) == []


@pytest.mark.parametrize(("factor", "told"), [(12, "12"), (0.01, "0.01")])
def test_a_place_in_another_unit_is_a_breach(tables, factor, told) -> None:
    tables.execute("ALTER TABLE wages ALTER wage TYPE DOUBLE")
    change(tables, f"UPDATE wages SET wage = wage * {factor}", "c")
    ((about, seen, warning),) = found(tables)
    assert (about, warning) == ("wage", False)
    assert seen == f"times the median in c ({told}), c 2015 ({told}), c 2016 ({told})"


def test_a_place_in_another_unit_in_one_year_is_told_with_the_year(tables) -> None:
    change(tables, "UPDATE wages SET wage = wage * 12 WHERE year = 2016", "c")
    assert [seen for _, seen, _ in found(tables) if "c 2016 (12)" in seen and "2015" not in seen]


def test_a_year_in_another_unit_everywhere_is_a_breach(tables) -> None:
    tables.execute("INSERT INTO wages SELECT person, 2017, 12 * wage FROM wages WHERE year = 2016")
    assert found(tables) == [("wage", "times the median in 2017 (12)", False)]


def test_twice_as_much_in_one_place_can_be_true(tables) -> None:
    change(tables, "UPDATE wages SET wage = wage * 2", "c")
    assert found(tables) == []


def test_few_persons_must_be_further_apart(tables) -> None:
    change(tables, "DELETE FROM persons WHERE person % 10 > 0", "c")  # six are left
    change(tables, "UPDATE wages SET wage = wage * 4", "c")
    assert found(tables) == []
    change(tables, "UPDATE wages SET wage = wage * 16", "c")
    assert [about for about, _, _ in found(tables)] == ["wage"]


def test_a_place_without_rows_is_a_breach_and_with_few_a_warning(tables) -> None:
    change(tables, "DELETE FROM wages", "b")
    ((about, seen, warning),) = found(tables)
    assert (about, warning) == ("person", False)
    assert seen.startswith("per cent of the persons have rows in b (0; 100 in the median place), b")
    change(tables, "DELETE FROM wages WHERE person % 2 = 0", "h")
    assert ", h (50; 100 in" in found(tables)[0][1]
    tables.execute("DELETE FROM persons WHERE place = 'b'")
    assert [warning for _, _, warning in found(tables)] == [True]


def test_a_place_without_rows_in_one_year_is_a_breach(tables) -> None:
    change(tables, "DELETE FROM wages WHERE year = 2016", "b")
    seen = "per cent of the persons have rows in b 2016 (0; 100 in the median place)"
    assert found(tables) == [("person", seen, False)]


@pytest.mark.parametrize(("persons", "told"), [(300, True), (200, False)])
def test_none_where_few_have_rows_is_told_when_enough_were_to_be_expected(tables, persons, told):
    tables.execute(f"""
        CREATE OR REPLACE TABLE persons AS SELECT {persons} * p + i AS person,
            chr(97 + p::INTEGER) AS place FROM range({PLACES}) t(p), range({persons}) u(i);
        CREATE OR REPLACE TABLE wages AS SELECT person, 2015 AS year, 100 AS wage
            FROM persons WHERE person % 10 = 0
    """)
    change(tables, "DELETE FROM wages", "b")
    assert any("b (0; 10 in the median place)" in seen for _, seen, _ in found(tables)) == told


def test_a_place_where_nobody_has_a_number_above_zero_is_a_breach(tables) -> None:
    change(tables, "UPDATE wages SET wage = 0", "d")
    seen = "per cent of the persons have one in d (0)"
    assert found(tables) == [("wage", seen, False)]


def test_four_places_are_not_compared(tables) -> None:
    tables.execute("DELETE FROM persons WHERE place > 'd'")
    change(tables, "UPDATE wages SET wage = wage * 12", "c")
    assert found(tables) == []


@pytest.fixture
def monthly(tables) -> duckdb.DuckDBPyConnection:
    """The wages of each year in each of its months."""
    tables.execute(
        "CREATE OR REPLACE TABLE wages AS SELECT person, year, 100 * year + m AS month, wage "
        "FROM wages, range(1, 13) months(m)"
    )
    return tables


@pytest.mark.parametrize("factor", [12, 0.01])
def test_a_place_in_another_unit_in_one_month_is_told_with_the_month(monthly, factor) -> None:
    monthly.execute("ALTER TABLE wages ALTER wage TYPE DOUBLE")
    assert found(monthly, month="month") == []
    change(monthly, f"UPDATE wages SET wage = wage * {factor} WHERE month = 201603", "c")
    seen = f"times the median in c 201603 ({factor})"
    assert found(monthly, month="month") == [("wage", seen, False)]
    assert found(monthly) == []
    assert found(monthly, month="month", free=("wage",)) == []


def test_a_month_in_another_unit_everywhere_is_told_where_times_are_compared(monthly) -> None:
    monthly.execute("UPDATE wages SET wage = wage * 12 WHERE month = 201603")
    assert found(monthly, month="month") == [("wage", "times the median in 201603 (12)", False)]
    assert found(monthly, month="month", year=WHOLE) == []


def test_units_other_than_persons_are_judged_by_rows_that_name_them_so(tables) -> None:
    tables.execute("CREATE TABLE towns AS SELECT person AS town, wage FROM wages WHERE year = 2015")
    rule = everywhere(
        "towns",
        "SELECT person, place FROM persons",
        "wage",
        rows="SELECT *, town AS person FROM towns",
    )
    assert tables.execute(rule.sql).fetchall() == []
    tables.execute(
        "UPDATE towns SET wage = wage * 12 "
        "WHERE town IN (SELECT person FROM persons WHERE place = 'c')"
    )
    assert [row[2] for row in tables.execute(rule.sql).fetchall()] == ["times the median in c (12)"]


def test_without_columns_persons_alone_are_compared(tables) -> None:
    rule = everywhere("wages", "SELECT person, place FROM persons")
    assert tables.execute(rule.sql).fetchall() == []
    change(tables, "UPDATE wages SET wage = wage * 12", "c")
    assert tables.execute(rule.sql).fetchall() == []
    change(tables, "DELETE FROM wages", "b")
    assert [about for about, *_ in tables.execute(rule.sql).fetchall()] == ["person"]


def test_several_columns_are_compared_each_by_itself(tables) -> None:
    tables.execute("ALTER TABLE wages ADD COLUMN hours INTEGER")
    tables.execute("UPDATE wages SET hours = 37")
    change(tables, "UPDATE wages SET hours = 12 * 37", "c")
    change(tables, "UPDATE wages SET wage = 0", "d")
    rule = everywhere("wages", "SELECT person, place FROM persons", "wage", "hours")
    sql = f"SELECT about, seen, warning, places FROM ({rule.sql}) ORDER BY ALL"
    assert tables.execute(sql).fetchall() == [
        ("hours", "times the median in c (12)", False, "c"),
        ("wage", "per cent of the persons have one in d (0)", False, "d"),
    ]
