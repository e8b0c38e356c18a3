"""What a form of cells is called, and which forms may not meet in a column."""

import pytest

from naveval.registers import grammar
from naveval.registers.connections import connect, quote
from naveval.registers.dialects import Dialect

PLAIN, SEMICOLON = Dialect("utf-8", ","), Dialect("utf-8", ";")
THOUSANDS = "thousands with a blank in all or none"
WORDS = [
    ("integer", PLAIN, f"whole numbers such as 131193 ({THOUSANDS}; no point or comma within)"),
    ("number", PLAIN, f"numbers such as 2.5 ({THOUSANDS}; no exponent; no point for thousands)"),
    (
        "number",
        SEMICOLON,
        f"numbers such as 2,5 ({THOUSANDS}; no exponent; no point for thousands)",
    ),
    ("date", PLAIN, "dates as 2014-11-30"),
    ("date", SEMICOLON, "dates as 2014-11-30 or 30.11.2014"),
    ("boolean", PLAIN, "true or false (or 1/0, ja/nei, sann/usann)"),
    ("text", PLAIN, "text"),
    ("any", PLAIN, "text"),
]


@pytest.mark.parametrize(("wanted", "dialect", "said"), WORDS)
def test_forms_in_words(wanted, dialect, said: str) -> None:
    assert grammar.accepted(wanted, dialect) == said


CONNECTION = connect()[0]


def true(condition: str, text: str) -> bool:
    sql = f"SELECT {condition} FROM (SELECT {quote(text)} AS x)"
    return bool(CONNECTION.execute(sql).fetchone()[0])


def told(conditions: dict[str, str], text: str) -> list[str]:
    return [words for words, condition in conditions.items() if true(condition, text)]


BLANK, COMMA, POINT = "blank for thousands", "decimal comma", "decimal point"
SEEN = [
    ("integer", PLAIN, "1 234", [BLANK]),
    ("integer", PLAIN, " -1 234.0 ", [BLANK]),
    ("integer", PLAIN, "−1 234", []),
    ("integer", SEMICOLON, "−1 234,0", [BLANK]),
    ("integer", PLAIN, "1234", []),
    ("integer", PLAIN, "1,5", []),
    ("number", PLAIN, "1 234.5", [BLANK, POINT]),
    ("number", SEMICOLON, "1\u202f234,5", [BLANK, COMMA]),
    ("number", SEMICOLON, "12", []),
    ("date", PLAIN, " 2014-11-30", ["yyyy-mm-dd"]),
    ("date", PLAIN, "2014-11-30 08:00", ["yyyy-mm-dd", "time of day"]),
    ("date", PLAIN, "2014-11-30T08:00:00Z", ["yyyy-mm-dd", "time of day", "offset"]),
    ("date", PLAIN, "2014-11-30T08:00:00.5+01:00", ["yyyy-mm-dd", "time of day", "offset"]),
    ("date", SEMICOLON, "30.11.2014 08:00", ["dd.mm.yyyy", "time of day"]),
    ("text", PLAIN, "1 234", []),
    ("boolean", PLAIN, "1", []),
]


@pytest.mark.parametrize(("wanted", "dialect", "text", "words"), SEEN)
def test_forms_worth_telling(wanted, dialect, text: str, words: list[str]) -> None:
    assert told(grammar.marks("x", wanted, dialect), text) == words


RIVALS = [
    ("integer", PLAIN, "1 234", "1234"),
    ("integer", PLAIN, "-1 234.0", "-12345.0"),
    ("integer", SEMICOLON, "−1 234,0", "−12345,0"),
    ("number", PLAIN, " 1 234.5 ", " 1234.5 "),
    ("number", SEMICOLON, "1 234,5", "1234"),
]
THOUSANDS_ALIKE = "thousands separated in all values of four digits or more, or in none"
MARK_ALIKE = "the same decimal mark in all values"


@pytest.mark.parametrize(("wanted", "dialect", "one", "other"), RIVALS)
def test_forms_that_may_not_meet(wanted, dialect, one: str, other: str) -> None:
    pairs = grammar.rivals("x", wanted, dialect)
    first, second = pairs[THOUSANDS_ALIKE]
    assert [true(first, one), true(second, one)] == [True, False]
    assert [true(first, other), true(second, other)] == [False, True]
    for neither in ("123", "12 34", "a"):
        assert not true(first, neither)
        assert not true(second, neither)
    marked = dialect.excel and wanted == "number"
    assert [*pairs] == [THOUSANDS_ALIKE, MARK_ALIKE][: 1 + marked]
    if marked:
        comma, point = pairs[MARK_ALIKE]
        assert [true(comma, "2,5"), true(point, "2,5")] == [True, False]
        assert [true(comma, "2.5"), true(point, "2.5")] == [False, True]


MOVED = [
    (["22:00", "23:00"], 2, [True, True]),
    (["22:00", "00:00"], 1, [True, False]),
    (["22:00", "08:00"], 0, [True, False]),
    (["00:00", "00:00"], 0, [False, False]),
    (["22:00", None], 1, [True, False]),
]


@pytest.mark.parametrize(("clocks", "many", "evenings"), MOVED)
def test_midnights_of_another_zone(clocks: list[str | None], many: int, evenings) -> None:
    days = [f"TIMESTAMP '2017-01-01 {clock}:00'" if clock else "NULL" for clock in clocks]
    table = f"(VALUES {', '.join(f'({day})' for day in days)}) t(x)"
    count, evening = grammar.moved("x")
    assert CONNECTION.execute(f"SELECT {count} FROM {table}").fetchone() == (many,)
    told = CONNECTION.execute(f"SELECT {evening} FROM {table}").fetchall()
    assert [row for (row,) in told] == evenings
