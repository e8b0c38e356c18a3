"""Evaluate rules and needs on the views of a folder's tables."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import duckdb

from naveval.project.errors import ContractError
from naveval.registers.connections import QUERY_ERRORS, identifier, quote, run
from naveval.registers.rules import coverage
from naveval.registers.rules.breaches import FIRST_FILE, FIRST_ROW, MOST_ODD, ODD, Breach, Rule
from naveval.registers.rules.coverage import Need
from naveval.registers.sources import Source
from naveval.registers.views import FILE, ROW, columns

FIRST_ROWS = 5


def first_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[tuple[str, int], ...]:
    """File and number of the first rows that a query finds."""
    ordered = f"SELECT {FILE}, {ROW} FROM ({sql}) ORDER BY {FILE}, {ROW} LIMIT {FIRST_ROWS}"
    return tuple(run(connection, ordered).fetchall())


def repeating(connection: duckdb.DuckDBPyConnection, sql: str, label: str) -> str:
    """The rows that the first rows of a query repeat, in the same order."""
    earlier = f"SELECT {FIRST_FILE}, {FIRST_ROW} FROM ({sql}) ORDER BY {FILE}, {ROW}"
    found = run(connection, f"{earlier} LIMIT {FIRST_ROWS}", where=label).fetchall()
    listed = ", ".join(f"{row}" if file == label else f"{row} in {file}" for file, row in found)
    return f" (the first repeat {listed})"


def check_rule(
    connection: duckdb.DuckDBPyConnection, rule: Rule, found: Mapping[str, Source], *, strict: bool
) -> list[Breach]:
    """Breaches of a rule across tables.

    With `strict` an error in the rule's SQL is raised; otherwise a rule that cannot be evaluated
    is taken to follow from a column already found missing or wrong.
    """
    label = found[rule.table].label if rule.table in found else rule.table
    try:
        names = columns(connection, f"({rule.sql})", label)
        if "seen" in names:
            return _seen(connection, rule, label, names)
        row = run(connection, f"SELECT count(*) FROM ({rule.sql})", where=label).fetchone()
    except QUERY_ERRORS:
        if strict:
            raise
        return []
    except ContractError:
        text = f"could not be checked: {rule.expected}"
        return [Breach(rule.table, label, rule.column, 0, (), text)] if strict else []
    count = row[0] if row else 0
    if not count:
        return []
    first = first_rows(connection, rule.sql) if {ROW, FILE} <= set(names) else ()
    expected = rule.expected
    if FIRST_ROW in names:
        expected += repeating(connection, rule.sql, label)
    if not first and "what" not in names:  # about the table as a whole
        text = f"expected {expected}"
        return [Breach(rule.table, label, rule.column, 0, (), text, rule.warning)]
    if "what" in names:
        sql = f"SELECT DISTINCT what FROM ({rule.sql}) ORDER BY 1 LIMIT {FIRST_ROWS}"
        shown = run(connection, sql, where=label).fetchall()
        listed = ("rows without a value" if item is None else str(item) for (item,) in shown)
        expected += f" (first: {', '.join(listed)})"
    odd = rule.few and count <= MOST_ODD * _rows(connection, rule.table, label)
    expected += ODD if odd else ""
    return [Breach(rule.table, label, rule.column, count, first, expected, rule.warning or odd)]


def _rows(connection: duckdb.DuckDBPyConnection, table: str, label: str) -> int:
    sql = f"SELECT count(*) FROM {identifier(table)}"
    return int((run(connection, sql, where=label).fetchone() or (0,))[0])


def _seen(
    connection: duckdb.DuckDBPyConnection, rule: Rule, label: str, names: Iterable[str]
) -> list[Breach]:
    """The breaches of a rule that tells what it saw, one per row of its query."""
    about = "about" if "about" in names else quote(rule.column)
    expected = "expected" if "expected" in names else quote(rule.expected)
    where = "places" if "places" in names else "''"
    warned = "warning" if "warning" in names else rule.warning
    sql = f"SELECT {about}, {expected}, seen, {warned}, {where} FROM ({rule.sql})"
    return [
        Breach(rule.table, label, column, 0, (), f"expected {words}; seen: {seen}", warning, places)
        for column, words, seen, warning, places in run(connection, sql, where=label).fetchall()
    ]


def check_need(
    connection: duckdb.DuckDBPyConnection, need: Need, found: Mapping[str, Source], *, strict: bool
) -> list[Breach]:
    """Breaches of a need; see `check_rule` for `strict`."""
    if need.table not in found:
        return []
    try:
        return list(coverage.breaches(connection, need, found[need.table]))
    except (*QUERY_ERRORS, ContractError):
        if strict:
            raise
        return []


def merged(lacking: Iterable[Breach]) -> list[Breach]:
    """What several tables lack alike, such as the same counties, is told once for all of them."""
    found: dict[tuple[str, ...], Breach] = {}
    for item in lacking:
        alike = (item.column, item.expected)
        before = found.get(alike)
        file = f"{before.file}, {item.file}" if before else item.file
        found[alike] = replace(before or item, file=file)
    return list(found.values())
