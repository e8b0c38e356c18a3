"""What is refused of an owner's column, with file and rows, before it is written."""

from dataclasses import dataclass
from typing import Any

import duckdb

from naveval.project.errors import ContractError, how_many
from naveval.registers import checks, forms, grammar, unknown
from naveval.registers.connections import run
from naveval.registers.grammar import Family
from naveval.registers.mapping.source import ColumnMapping
from naveval.registers.sources import Source
from naveval.registers.views import FILE, ROW, duck_family, family

FIRST_ROWS = 5
WHOLE = ("integer", "number")


@dataclass(frozen=True)
class Owned:
    """An owner's column on its way into a contract's.

    Attributes
    ----------
    rows, known
        SQL of the owner's rows, and of the value, NULL where the owner means none.
    kind
        The value's DuckDB type.
    name, declared
        The contract's column.
    column
        What the mapping says of it.
    ids
        SQL of the owner's id in the same row, "" for none.
    """

    connection: duckdb.DuckDBPyConnection
    source: Source
    rows: str
    known: str
    kind: str
    name: str
    declared: Any
    column: ColumnMapping
    ids: str = ""

    @property
    def wanted(self) -> Family:
        """What kind of values the contract has."""
        return family(self.declared.dtype)

    @property
    def text(self) -> str:
        """SQL of the value as text."""
        return grammar.trimmed(f"CAST({plain(self.known, self.kind)} AS VARCHAR)")


def plain(known: str, kind: str) -> str:
    """Numbers that are whole lose the decimals that SAS and Excel give them."""
    if kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
        return f"CASE WHEN {known} = floor({known}) THEN TRY_CAST({known} AS BIGINT) END"
    return known


def refuse(owned: Owned, value: str) -> None:
    """Raise ContractError when a column has what cannot be read exactly.

    Parameters
    ----------
    value
        SQL of the contract's value; NULL where the owner's cannot be read.
    """
    _other_form(owned)
    _no_values(owned)
    unread = f"({owned.known}) IS NOT NULL AND ({value}) IS NULL"
    _tell(owned, unread, _expected(owned) + _unknown(owned, unread))
    _two_forms(owned)
    if owned.column.id:
        apart = f"""
            SELECT arg_min({FILE}, {ROW}) AS {FILE}, min({ROW}) AS {ROW} FROM ({owned.rows})
            GROUP BY {value} HAVING count(DISTINCT {owned.text}) > 1
        """
        _raise(owned, apart, "ids that do not differ in case or zeros alone")
        where = owned.source.label
        found = checks.identity_numbers(owned.connection, owned.rows, owned.text, where)
        _raise(owned, found, checks.PSEUDONYMS)


def _other_form(owned: Owned) -> None:
    """Days and months of another form than the contract's where the mapping names none."""
    column, known, kind = owned.column, owned.known, owned.kind
    if column.form or column.codes or not forms.is_dated(owned.name, owned.declared):
        return
    form, words = forms.other(owned.connection, owned.source, owned.rows, known, kind, owned.wanted)
    if form:
        expected = f"form: {form} for {owned.name}, since the values look like {words}"
        _tell(owned, f"{known} IS NOT NULL", expected)


def _no_values(owned: Owned) -> None:
    """Words and marks for no value, unless the contract or the mapping has them as codes.

    Of a column of numbers a mark can be a number: the contract's limits judge it.
    """
    column = owned.column
    if column.codes or duck_family(owned.kind) != "text":
        return
    digits = owned.wanted not in WHOLE and not (column.id or column.places)
    kept = checks.allowed_values(owned.declared)
    bad = checks.means_nothing(owned.text, kept, digits=digits)
    sql = f"SELECT DISTINCT {owned.text} AS x FROM ({owned.rows}) WHERE {bad} ORDER BY x"
    marks = run(owned.connection, sql, where=owned.source.label).fetchall()
    listed = ", ".join(checks.shown(mark) for (mark,) in marks)
    if marks:
        _tell(owned, bad, f"values; for none write missing: [{listed}] at {owned.name}")


def _two_forms(owned: Owned) -> None:
    """Numbers with two decimal marks, or with thousands separated in some of them."""
    source, column = owned.source, owned.column
    if source.form != "csv" or owned.wanted not in WHOLE or column.codes or column.id:
        return
    read: Family = "number" if column.times != 1 else owned.wanted
    rivals = grammar.rivals(owned.known, read, source.dialects[0])
    pairs = [(column.from_, words, pair) for words, pair in rivals.items()]
    for _, words, bad in checks.mixed(owned.connection, f"({owned.rows})", pairs, source.label):
        _tell(owned, bad, words)


def _expected(owned: Owned) -> str:
    name, column = owned.name, owned.column
    if column.codes:
        return f"one of the codes that the mapping names for {name}"
    if column.form:
        return f"the form {column.form} for {name}"
    if column.places:
        return f"places that were, or became, one {name} of the contract's year"
    return f"values that can be read as {name}"


def _unknown(owned: Owned, unread: str) -> str:
    """The codes that the mapping does not name, where they may be shown, and what to do."""
    if not (owned.column.codes or owned.column.places):
        return ""
    listed = [str(code) for code in owned.column.codes]
    found = unknown.told(owned.connection, owned.rows, unread, owned.text, owned.ids, listed)
    others = "totals or unknown places" if owned.column.places else "other codes"
    return f"{found}; rows of {others} are left out by without: {{{owned.column.from_}: [code]}}"


def _tell(owned: Owned, bad: str, expected: str) -> None:
    _raise(owned, f"SELECT {FILE}, {ROW} FROM ({owned.rows}) WHERE {bad}", expected)


def _raise(owned: Owned, sql: str, expected: str) -> None:
    if sql:
        _name(owned.connection, owned.source, owned.column.from_, sql, expected)


def written_otherwise(
    source: Source, connection: duckdb.DuckDBPyConnection, rows: str, column: str, bad: str
) -> None:
    """Refuse rows that a filter passes over since a code of it is in other letters there."""
    sql = f"SELECT {FILE}, {ROW} FROM {rows} WHERE {bad}"
    expected = "codes in the letters that the mapping's filter has, capital or small"
    _name(connection, source, column.strip('"'), sql, expected)


def _name(
    connection: duckdb.DuckDBPyConnection, source: Source, column: str, sql: str, expected: str
) -> None:
    """Raise ContractError that names the rows a query finds, if any."""
    first = f"SELECT {FILE}, {ROW}, count(*) OVER () AS n FROM ({sql}) ORDER BY {FILE}, {ROW}"
    found = run(connection, f"{first} LIMIT {FIRST_ROWS}", where=source.label).fetchall()
    if found:
        shown = ", ".join(f"{row} in {file}" for file, row, _ in found)
        n = found[0][2]
        raise ContractError(
            f"{source.label}, column {column}: {how_many(n, 'row')} (first: {shown}): "
            f"expected {expected}"
        )
