"""Which of the codes that a contract does not have may be shown, and how.

A column of codes can hold ids, names or dates by mistake: their values are never shown. Shown are
a few short words and marks of less than five digits that are not the ids of their rows; words
with a blank within, as names have, only where many rows share them.
"""

import unicodedata

import duckdb

from naveval.registers.connections import run

MOST_UNKNOWN = 12  # codes: a column of names or ids has more
LONGEST, MOST_DIGITS = 20, 4
MANY_ROWS = 20  # with the same words, before they are no name


def is_shown(value: str, rows: int) -> bool:
    """Whether a value that so many rows have can be no id, name or date.

    >>> is_shown("99", 1), is_shown("spesielt", 1), is_shown("98712345678", 40)
    (True, True, False)
    >>> is_shown("Kari Nordmann", 1), is_shown("Liten mulighet", 500), is_shown("2f1c9a0b", 1)
    (False, True, False)
    """
    digits = sum(letter.isdigit() for letter in value)
    hexadecimal = len(value) >= 8 and all(letter in "0123456789abcdef-" for letter in value.lower())
    words = len(value.split()) > 1 or "," in value
    return (
        len(value) <= LONGEST
        and digits <= MOST_DIGITS
        and not (hexadecimal and digits)
        and (not words or rows >= MANY_ROWS)
    )


def written(value: str) -> str:
    r"""A value between quotation marks, with what cannot be seen as escapes.

    >>> written("03\u00a0"), written("va\u030a")
    ('"03\\u00a0"', '"va\\u030a"')
    """
    seen = "".join(
        letter
        if letter.isprintable() and not unicodedata.combining(letter)
        else f"\\u{ord(letter):04x}"
        for letter in value
    )
    return f'"{seen}"'


def told(
    connection: duckdb.DuckDBPyConnection, rows: str, bad: str, given: str, person: str = ""
) -> str:
    """Words on the unknown codes of some rows, each with its number of rows; "" for none to show.

    Parameters
    ----------
    rows, bad
        SQL of the table's rows, and of whether one breaks the rule.
    given, person
        SQL of the code, and of the id of the row's person; "" for a table without persons.
    """
    sql = (
        f"SELECT CAST({given} AS VARCHAR) AS value, count(*) AS n FROM ({rows}) WHERE {bad} "
        f"GROUP BY value HAVING value IS NOT NULL ORDER BY n DESC, value LIMIT {MOST_UNKNOWN + 1}"
    )
    found = run(connection, sql).fetchall()
    if not found or len(found) > MOST_UNKNOWN:
        return ""
    if not all(is_shown(value, n) for value, n in found):
        return ""
    if person:
        same = f"CAST({person} AS VARCHAR) = trim(CAST({given} AS VARCHAR))"
        own = f"SELECT count_if({same}) FROM ({rows}) WHERE {bad}"
        if 2 * (run(connection, own).fetchone() or (0,))[0] > sum(n for _, n in found):
            return ""
    return "; found " + ", ".join(
        f"{written(value)} in {n} row{'' if n == 1 else 's'}" for value, n in found
    )
