"""Which of the codes that a contract does not have may be shown, and how.

A column of codes can hold ids, names or dates by mistake, and a name can be one short word. Shown
is a value that cannot tell who it is about: a permitted code in other letters, with blanks or
without its zeros; one sign; as many digits as permitted codes have, four at most, that are not
the ids of their rows; and what many persons share. The others are counted.
"""

import unicodedata
from collections.abc import Collection, Iterable

import duckdb

from naveval.project.errors import how_many
from naveval.registers.connections import run

MOST_UNKNOWN = 12  # codes: a column of names or ids has more
LONGEST, MOST_DIGITS = 20, 4
MANY = 20  # persons with the same value, before it can be nobody's name


def is_shown(value: str, persons: int, permitted: Collection[str] = ()) -> bool:
    """Whether a value that so many persons have can be no id, name or date of one of them.

    >>> codes = ("kvinne", "mann", "03")
    >>> [is_shown(value, 1, codes) for value in ("Mann ", "3", "99", "Kari", "9910", "03.01.90")]
    [True, True, True, False, False, False]
    >>> is_shown("Liten mulighet", 500), is_shown("98712345678", 40), is_shown("2f1c9a0b", 40)
    (True, False, False)
    """
    plain, digits = value.strip().removesuffix(".0"), sum(letter.isdigit() for letter in value)
    if len(plain) <= 1 or _alike(plain) in map(_alike, permitted):
        return True
    if plain.isdecimal() and len(plain) <= MOST_DIGITS:
        lengths = [len(code) for code in permitted if code.isdecimal()]
        if not permitted or len(plain) in lengths:
            return True
    hexadecimal = len(value) >= 8 and all(letter in "0123456789abcdef-" for letter in value.lower())
    short = len(value) <= LONGEST and digits <= MOST_DIGITS
    return persons >= MANY and short and not (hexadecimal and digits)


def columns(names: Iterable[str]) -> str:
    """Names of columns, without those that can be values of a file that lacks its names.

    >>> columns(["FYLKE", "X_PERSON_9"]), columns(["MND", "053bb41ca2c7018c", "2018-03"])
    ('FYLKE, X_PERSON_9', 'MND and 2 that are not shown, since they may be values')
    """
    listed = sorted(names)
    digits = {name: sum(letter.isdigit() for letter in name) for name in listed}
    begun = [name for name in listed if name[:1].isalpha() or name.startswith("_")]
    shown = [name for name in begun if digits[name] <= MOST_DIGITS]
    hidden = len(listed) - len(shown)
    told = [f"{hidden} that are not shown, since they may be values"] * bool(hidden)
    return " and ".join([*([", ".join(shown)] if shown else []), *told])


def _alike(code: str) -> str:
    """A code without what programs change in it: case, accents, blanks, zeros in front, ".0"."""
    letters = unicodedata.normalize("NFKD", code.casefold())
    plain = "".join(letter for letter in letters if letter.isalnum() or letter == ".")
    return plain.removesuffix(".0").lstrip("0")


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
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    bad: str,
    given: str,
    person: str = "",
    permitted: Collection[str] = (),
) -> str:
    """Words on the unknown codes of some rows, each with its number of rows; "" for none.

    Parameters
    ----------
    rows, bad
        SQL of the table's rows, and of whether one breaks the rule.
    given, person
        SQL of the code, and of the id of the row's person; "" for a table without persons.
    permitted
        The codes that are known.
    """
    text = f"CAST({given} AS VARCHAR)"
    persons, own = "count(*)", "0"
    if person:
        persons = f"count(DISTINCT {person})"
        own = f"count(*) FILTER (CAST({person} AS VARCHAR) = trim({text}))"
    sql = (
        f"SELECT {text} AS value, count(*) AS n, {persons} AS persons, {own} AS own "
        f"FROM ({rows}) WHERE {bad} GROUP BY value HAVING value IS NOT NULL "
        f"ORDER BY n DESC, value LIMIT {MOST_UNKNOWN + 1}"
    )
    found = run(connection, sql).fetchall()
    many = len(found) > MOST_UNKNOWN or 2 * sum(f[3] for f in found) > sum(f[1] for f in found)
    shown = [
        f"{written(value)} in {how_many(n, 'row')}"
        for value, n, has, _ in found
        if not many and is_shown(value, has, permitted)
    ]
    if len(shown) < len(found):
        shown.append("values that are not shown, since they may be names or ids")
    return f"; found {', '.join(shown)}" if shown else ""
