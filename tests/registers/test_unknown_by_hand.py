"""Unknown codes that may be shown, and those that may be names or ids, on a few rows."""

import doctest

import duckdb
import pytest

from naveval.registers import unknown

CODES = ("kvinne", "mann", "03", "1103", "æ")


@pytest.mark.parametrize(
    ("value", "persons", "permitted", "shown"),
    [
        ("Kvinne", 1, CODES, True),
        (" k v i n n e", 1, CODES, True),
        ("3.0", 1, CODES, True),
        ("0003", 1, CODES, True),
        ("01103", 1, ("1103.0",), True),
        ("x", 1, CODES, True),
        (" x ", 1, CODES, True),
        ("", 1, CODES, True),
        ("7.0", 1, ("kvinne",), True),
        ("ab", 1, CODES, False),
        ("99", 1, CODES, True),
        ("999", 1, CODES, False),
        ("9999", 1, CODES, True),
        ("99", 1, ("kvinne",), False),
        ("99", 1, (), True),
        ("9999", 1, (), True),
        ("99999", 1, (), False),
        ("99999", 1, ("12345",), False),
        ("Liten mulighet", 19, CODES, False),
        ("Liten mulighet", 20, CODES, True),
        ("a" * 20, 20, CODES, True),
        ("g" * 21, 20, CODES, False),
        ("gruppe 1234", 20, CODES, True),
        ("gruppe 12345", 20, CODES, False),
        ("abcdef1", 20, CODES, True),
        ("abcdef12", 20, CODES, False),
        ("ABCDEF-9", 20, CODES, False),
        ("abcdefab", 20, CODES, True),
        ("0a1b2", 20, CODES, True),
        ("g0abcdef", 20, CODES, True),
    ],
)
def test_what_cannot_tell_who_it_is_about_is_shown(value, persons, permitted, shown) -> None:
    assert unknown.is_shown(value, persons, permitted) is shown


def test_documented_examples_hold() -> None:
    assert doctest.testmod(unknown).failed == 0


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], ""),
        (["b", "a"], "a, b"),
        (["_x", "year_2014"], "_x, year_2014"),
        (["year_20145"], "1 that are not shown, since they may be values"),
        (["1a", "2b", "", "c"], "c and 3 that are not shown, since they may be values"),
    ],
)
def test_columns_that_may_be_values_are_counted(names, told) -> None:
    assert unknown.columns(names) == told


def test_what_cannot_be_seen_is_written_as_escapes() -> None:
    assert unknown.written("a b") == '"a b"'
    assert unknown.written("a\tb\u200b") == '"a\\u0009b\\u200b"'
    assert unknown.written("e\u0301") == '"e\\u0301"'


def told(rows: list[tuple[object, str | None]], person: str = "person", *permitted: str) -> str:
    """Words on rows (person, code) of which all but «ok» break the rule."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (person VARCHAR, code VARCHAR)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
        return unknown.told(
            connection, "SELECT * FROM t", "code <> 'ok'", "code", person, permitted
        )


HIDDEN = "values that are not shown, since they may be names or ids"


def test_codes_are_told_with_their_rows_the_most_first() -> None:
    rows = [("1", "b"), ("2", "c"), ("3", "c"), ("4", "a"), ("5", "ok")]
    assert told(rows) == '; found "c" in 2 rows, "a" in 1 row, "b" in 1 row'
    assert told(rows, "") == told(rows)


def test_nothing_is_told_of_rows_that_keep_the_rule_or_lack_a_code() -> None:
    assert told([("1", "ok")]) == ""
    with duckdb.connect() as connection:
        rows = "SELECT NULL::VARCHAR AS code UNION ALL SELECT 'a'"
        assert unknown.told(connection, rows, "true", "code") == '; found "a" in 1 row'


def test_a_code_of_one_person_in_many_rows_is_hidden_and_of_many_persons_not() -> None:
    assert told([("p", "Kari")] * 30) == f"; found {HIDDEN}"
    assert told([(f"p{k}", "Kari") for k in range(20)]) == '; found "Kari" in 20 rows'
    assert told([("p", "Kari")] * 20, "") == '; found "Kari" in 20 rows'
    assert told([("1", "Kari"), ("2", "x")]) == f'; found "x" in 1 row, {HIDDEN}'


def test_codes_alike_the_permitted_are_shown() -> None:
    assert told([("1", "Mann "), ("2", "Ola")], "person", "mann") == (
        f'; found "Mann " in 1 row, {HIDDEN}'
    )


def test_a_column_with_more_codes_than_a_list_has_shows_none() -> None:
    letters = "abcdefghijklm"
    assert told([(letter, letter.upper()) for letter in letters[:12]]).count(" in 1 row") == 12
    assert HIDDEN not in told([("1", letter) for letter in letters[:12]])
    assert told([("1", letter) for letter in letters]) == f"; found {HIDDEN}"


def test_ids_of_the_rows_themselves_are_hidden_when_most_rows_hold_them() -> None:
    own = [("1", " 1"), ("2", "2")]
    assert told(own) == f"; found {HIDDEN}"
    assert HIDDEN not in told([*own, ("3", "4"), ("4", "5")])
    assert told([*own, ("3", "4")]) == f"; found {HIDDEN}"
