"""Pandera checks as SQL, so that a table of 24 million rows is checked where it lies.

The pandera schema stays the only declaration. Its built-in checks are translated to SQL; any
other check (a lambda, say) is evaluated by pandera itself, chunk by chunk, and must therefore
judge each row on its own.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from naveval.registers import forms, grammar
from naveval.registers.connections import data_errors, identifier, quote, run
from naveval.registers.grammar import Family
from naveval.registers.sources import Source
from naveval.registers.views import (
    FILE,
    ROW,
    WIDER_THAN_64_BITS,
    cell,
    duck_family,
    family,
    text_dialect,
)

PERSON = "person"
PSEUDONYMS = "pseudonyms, never national identity numbers (fødselsnummer, D-nummer)"
MADE_UP = (0, 40, 65, 80)  # is added to the month of persons who are
BY_CHANCE = 1 / 121  # of numbers that begin with a date: two check digits of 0 to 10
RARE = 1e-6
LEAST_IDS, MOST_IDS = 20, 0.9  # ids, and the share that begin with a date by no chance
MOST_DAYS = 5000  # of birth, that many persons have between them
PRESENT = "a value in every row"
# What owners write for no value, in small letters, and in digits.
NO_VALUE = (
    *("null", "(null)", "<null>", "#null!", "nil", "none", "na", "n/a", "#n/a", "nan", "missing"),
    *(".", "..", "-", "--", "?", "ukjent", "uoppgitt", "ikke oppgitt", "mangler", "unknown"),
    *("9999-12-31", "9999-12-31 00:00:00", "31.12.9999", "999912"),
)
NO_DIGITS = ("-1", "-9", "-99", "999", "9999", "99999", "999999", "0000", "000000", "99991231")
CHUNK_ROWS = 200_000
LONGEST_LIST = 25
FAMILY_NAMES: Mapping[Family, str] = {
    "text": "text",
    "integer": "whole numbers",
    "number": "numbers",
    "boolean": "true or false",
    "date": "dates",
    "any": "any values",
}


@dataclass(frozen=True)
class SqlCheck:
    """A column's rule: `bad` is a SQL condition that is true on the rows that break it.

    `raw` says that the condition is about values as they stand in the file, `coded` that the
    column holds codes, of which unknown ones may be shown (`naveval.registers.unknown`).
    """

    column: str
    expected: str
    bad: str
    raw: bool = False
    coded: bool = False


@dataclass(frozen=True)
class PandasCheck:
    """A rule that only pandera can evaluate; an empty column means the whole frame."""

    column: str
    expected: str
    check: Any


Check = SqlCheck | PandasCheck


def literal(value: Any) -> str:
    """A value as a SQL literal."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, dt.date | dt.datetime | pd.Timestamp | np.datetime64):
        return f"TIMESTAMP {quote(pd.Timestamp(value).isoformat(sep=' '))}"
    if isinstance(value, int | float | np.integer | np.floating):
        return repr(value.item() if isinstance(value, np.generic) else value)
    return quote(value)


def shown(value: Any) -> str:
    """An allowed value as it is shown in a message."""
    if isinstance(value, dt.date | dt.datetime | pd.Timestamp | np.datetime64):
        return str(pd.Timestamp(value).date())
    return f'"{value}"' if isinstance(value, str) else str(value)


def several(values: Any) -> str:
    items = [shown(value) for value in values]
    more = f" … ({len(items)} values)" if len(items) > LONGEST_LIST else ""
    return ", ".join(items[:LONGEST_LIST]) + more


def _listed(values: Any) -> str:
    return "(" + ", ".join(literal(value) for value in values) + ")"


def _in_range(x: str, s: Mapping[str, Any]) -> tuple[str, str]:
    low, low_word = (">=", "from") if s["include_min"] else (">", "above")
    high, high_word = ("<=", "to") if s["include_max"] else ("<", "to below")
    inside = f"{x} {low} {literal(s['min_value'])} AND {x} {high} {literal(s['max_value'])}"
    words = f"{low_word} {shown(s['min_value'])} {high_word} {shown(s['max_value'])}"
    return f"NOT ({inside})", words


def _str_length(x: str, s: Mapping[str, Any]) -> tuple[str, str]:
    exact = s.get("exact_value")
    low, high = (s.get(end) if exact is None else exact for end in ("min_value", "max_value"))
    limits = [f"length({x}) < {low}"] if low is not None else []
    limits += [f"length({x}) > {high}"] if high is not None else []
    ends = f"{low or 0} to {'any' if high is None else high}" if exact is None else exact
    return " OR ".join(limits), f"text of length {ends}"


TRANSLATIONS: Mapping[str, Callable[[str, Mapping[str, Any]], tuple[str, str]]] = {
    "isin": lambda x, s: (
        f"{x} NOT IN {_listed(s['allowed_values'])}",
        f"one of {several(s['allowed_values'])}",
    ),
    "in_range": _in_range,
    "greater_than_or_equal_to": lambda x, s: (
        f"NOT ({x} >= {literal(s['min_value'])})",
        f"at least {shown(s['min_value'])}",
    ),
    "greater_than": lambda x, s: (
        f"NOT ({x} > {literal(s['min_value'])})",
        f"more than {shown(s['min_value'])}",
    ),
    # pandera anchors str_matches at the start and lets the end be free.
    "str_matches": lambda x, s: (
        f"NOT regexp_matches({x}, {quote('^(?:' + _pattern(s) + ')')})",
        f"text that matches {_pattern(s)}",
    ),
    "str_length": _str_length,
}


CODED = ("isin", "str_matches")  # rules of codes


def _pattern(statistics: Mapping[str, Any]) -> str:
    pattern = statistics["pattern"]
    return str(getattr(pattern, "pattern", pattern))


def column_checks(
    connection: duckdb.DuckDBPyConnection, source: Source, name: str, column: Any, kind: str
) -> list[Check]:
    """All rules of one column of a schema, but for uniqueness and the type of Parquet.

    `kind` is the DuckDB type of the column as it stands in the files.
    """
    quoted, wanted = identifier(name), family(column.dtype)
    present = f"{quoted} IS NOT NULL"
    if kind == "VARCHAR" and source.form != "parquet":
        present = f"coalesce({grammar.trimmed(quoted)}, '') <> ''"
    if kind in ("DOUBLE", "FLOAT"):
        present += f" AND NOT isnan({quoted})"
    found: list[Check] = []
    dialect = text_dialect(source, name)
    if _is_read(source, name, kind, wanted):
        unread = f"{present} AND ({cell(name, kind, wanted, source.form, dialect)}) IS NULL"
        expected = FAMILY_NAMES[wanted] if dialect is None else grammar.accepted(wanted, dialect)
        found.append(SqlCheck(name, expected, unread, raw=True, coded=wanted == "boolean"))
    if not column.nullable:
        # Of Parquet the view will do, so that a large table is read once.
        raw = source.form != "parquet" or dialect is not None
        found.append(SqlCheck(name, PRESENT, f"NOT ({present})", raw))
    if wanted == "number":
        found.append(SqlCheck(name, "finite numbers", f"isinf({quoted})"))
    if wanted == "text" and not allowed_values(column) and not forms.is_dated(name, column):
        found.append(SqlCheck(name, "a code, and nothing for no value", means_nothing(quoted)))
    coded = not forms.is_dated(name, column)
    return found + [translate(connection, name, wanted, check, coded) for check in column.checks]


def allowed_values(declared: Any) -> list[str]:
    """The values that a contract's column lists; none where it has a pattern or limits."""
    listed = (check for check in declared.checks if check.name == "isin")
    return [str(v) for check in listed for v in (check.statistics or {})["allowed_values"]]


def means_nothing(text: str, but: Iterable[str] = (), *, digits: bool = True) -> str:
    """SQL of whether a text is one of the words and marks for no value, other than some.

    >>> sql = f"SELECT {means_nothing('x')} FROM (VALUES ('NULL'), ('9999'), ('0301')) t(x)"
    >>> duckdb.sql(sql).fetchall()
    [(True,), (True,), (False,)]
    """
    words = (*NO_VALUE, *NO_DIGITS) if digits else NO_VALUE
    listed = ", ".join(quote(word) for word in words if word not in but)
    return f"lower({text}) IN ({listed})"


def mixed(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    pairs: Sequence[tuple[str, str, tuple[str, str]]],
    where: str,
) -> Iterator[tuple[str, str, str]]:
    """Columns in which two forms of numbers both occur that may not: the rarer one.

    Parameters
    ----------
    pairs
        Column, words, and the two conditions of `grammar.rivals`.

    Yields
    ------
    Column, words, and the condition of the rows to tell.
    """
    counts = ", ".join(f"count_if({one})" for _, _, pair in pairs for one in pair)
    sql = f"SELECT {counts} FROM {relation}"
    row = (run(connection, sql, where=where).fetchone() or ()) if pairs else ()
    for place, (name, words, pair) in enumerate(pairs):
        first, second = row[2 * place : 2 * place + 2]
        if first and second:
            yield name, words, pair[0] if first < second else pair[1]


def _is_read(source: Source, name: str, kind: str, wanted: Family) -> bool:
    """Whether a column's values are read out of text or a looser type, which can fail."""
    if kind in WIDER_THAN_64_BITS:
        return True
    if text_dialect(source, name) is not None:
        return wanted not in ("text", "any")
    return source.form != "parquet" and duck_family(kind) != wanted


def translate(
    connection: duckdb.DuckDBPyConnection, name: str, kind: Family, check: Any, coded: bool = False
) -> Check:
    """One pandera check as SQL where that is possible, else as a pandas check."""
    own_words = check.description or check.title
    translation = TRANSLATIONS.get(check.name)
    if translation is None or check.groupby is not None or not check.ignore_na:
        words = own_words or check.error or check.name or "the contract's own rule"
        return PandasCheck(name, words, check)
    quoted = identifier(name)
    bad, words = translation(quoted, check.statistics or {})
    present = f"{quoted} IS NOT NULL" + (f" AND NOT isnan({quoted})" if kind == "number" else "")
    if "regexp_matches" in bad and not _regex_works(connection, _pattern(check.statistics)):
        return PandasCheck(name, own_words or words, check)
    listed = coded and check.name in CODED
    return SqlCheck(name, own_words or words, f"{present} AND ({bad})", coded=listed)


def _regex_works(connection: duckdb.DuckDBPyConnection, pattern: str) -> bool:
    try:
        connection.execute("SELECT regexp_matches('', ?)", [pattern]).fetchone()
    except duckdb.Error:
        return False
    return True


def failing_rows(
    connection: duckdb.DuckDBPyConnection, table: str, check: PandasCheck, names: list[str]
) -> Iterator[tuple[str, int]]:
    """File and row number of the rows that break a rule only pandera can evaluate."""
    wanted = [check.column] if check.column else names
    listed = ", ".join(identifier(name) for name in wanted)
    sql = f"SELECT {listed}, {FILE}, {ROW} FROM numbered.{identifier(table)}"
    with data_errors(table), connection.cursor() as cursor:
        for batch in cursor.sql(sql).to_arrow_reader(CHUNK_ROWS):
            chunk = batch.to_pandas()
            checked = chunk[check.column] if check.column else chunk[wanted]
            outcome = check.check(checked).check_output
            if isinstance(outcome, pd.DataFrame):
                outcome = outcome.all(axis=1)
            if not isinstance(outcome, pd.Series):
                outcome = pd.Series(bool(outcome), index=chunk.index)
            failed = chunk.loc[~outcome.astype(bool).to_numpy(), [FILE, ROW]]
            yield from ((str(file), int(row)) for file, row in failed.itertuples(index=False))


def identity_digits(text: str) -> str:
    """SQL of eleven digits that begin with a date of birth, D-numbers' too; else NULL.

    A number has lost its first zero, and a text may have blanks, points or hyphens between.

    >>> sql = f"SELECT {identity_digits('x')} FROM (VALUES ('010190 12345'), ('9999999999')) t(x)"
    >>> duckdb.sql(sql).fetchall()
    [('01019012345',), (None,)]
    """
    plain = f"regexp_replace({text}, '[ .-]', '', 'g')"
    eleven = (
        f"CASE WHEN regexp_full_match({plain}, '[0-9]{{10,11}}') THEN lpad({plain}, 11, '0') END"
    )
    day, month = (f"CAST(substr({eleven}, {at}, 2) AS INTEGER)" for at in (1, 3))
    months = " OR ".join(f"{month} - {more} BETWEEN 1 AND 12" for more in MADE_UP)
    dated = f"{day} % 40 BETWEEN 1 AND 31 AND ({months})"
    return f"CASE WHEN {dated} THEN {eleven} END"


def has_check_digits(digits: str) -> str:
    """SQL of whether both check digits of eleven digits are right."""
    sums = (
        " + ".join(
            f"{weight} * CAST(substr({digits}, {at}, 1) AS INTEGER)"
            for at, weight in enumerate(weights, 1)
        )
        for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
    )
    return " AND ".join(f"({one}) % 11 = 0" for one in sums)


def beyond_chance(valid: int, dated: int) -> bool:
    """Whether so many ids are national identity numbers that it is no accident.

    Parameters
    ----------
    valid, dated
        Ids with both check digits, of those that begin with a date.

    Example
    -------
    >>> beyond_chance(8, 1000), beyond_chance(40, 1000), beyond_chance(2, 3), beyond_chance(0, 0)
    (False, True, True, False)
    """
    from scipy.special import bdtrc  # a fifth of a second, for who checks registers alone

    return valid > 0 and (2 * valid >= dated or bool(bdtrc(valid - 1, dated, BY_CHANCE) < RARE))


def are_dates_of_birth(dated: int, ids: int, days: int) -> bool:
    """Whether nearly all ids begin with dates, and with many: no running number does.

    New numbers, and those made up for tests, need no check digits that are right.

    Parameters
    ----------
    dated, ids, days
        Ids that begin with a date, all ids, and how many days and months they begin with.

    Example
    -------
    >>> are_dates_of_birth(990, 1000, 970), are_dates_of_birth(1000, 1000, 3)
    (True, False)
    """
    return ids >= LEAST_IDS and dated >= MOST_IDS * ids and days >= min(ids / 2, MOST_DAYS)


def identity_numbers(
    connection: duckdb.DuckDBPyConnection, rows: str, given: str, where: str
) -> str:
    """SQL of file and row of ids that are national identity numbers; "" for none but by chance.

    Parameters
    ----------
    rows
        SQL of the rows, with file and row.
    given
        SQL of the id.
    where
        What to name when the file cannot be read.
    """
    text = f"CAST({given} AS VARCHAR)"
    found = f"SELECT {identity_digits(text)} AS digits, {FILE}, {ROW} FROM ({rows})"
    # Each id is looked at once; a filter would be moved to all rows of the persons.
    ids = f"SELECT DISTINCT {given} AS id FROM ({rows})"
    dated = f"SELECT {identity_digits('CAST(id AS VARCHAR)')} AS digits FROM ({ids})"
    right = has_check_digits("digits")
    sql = (
        f"SELECT coalesce(count_if({right}), 0), count(digits), count(*), "
        f"count(DISTINCT left(digits, 6)) FROM ({dated})"
    )
    valid, n, every, days = run(connection, sql, where=where).fetchone() or (0, 0, 0, 0)
    if are_dates_of_birth(n, every, days):
        return f"SELECT {FILE}, {ROW} FROM ({found}) WHERE digits IS NOT NULL"
    if not beyond_chance(valid, n):
        return ""
    return f"SELECT {FILE}, {ROW} FROM ({found}) WHERE digits IS NOT NULL AND {right}"
