"""What a rule says about small tables, given as queries of their rows, and about registers."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from naveval.project import catalogue
from naveval.registers import extracts, reading
from naveval.registers.rules.breaches import Breach, Rule
from naveval.registers.tables import check_rule
from naveval.registers.views import PERSON, columns, sampled

SCALES = {"hedmark": 0.003, "followup": 0.05, "programs": 0.001, "indicator": 0.004}


def with_parts(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The same connection, with the part of each table that is judged, as of registers."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS part")
    names = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"
    for (name,) in connection.execute(names).fetchall():
        table = f"main.{name}"
        where = sampled(table) if PERSON in columns(connection, table, name) else "true"
        connection.execute(f"CREATE OR REPLACE VIEW part.{name} AS FROM {table} WHERE {where}")
    return connection


def judged(rule: Rule, **tables: str) -> list[tuple[str, str, bool]]:
    """Column, words and whether it is a warning, of what a rule says about tables of these rows."""
    with duckdb.connect() as connection:
        for name, rows in tables.items():
            connection.execute(f"CREATE TABLE {name} AS {rows}")
        found = check_rule(with_parts(connection), rule, {}, strict=True)
        assert rule.table in tables
        assert all(breach.table == rule.table for breach in found)
        return [(breach.column, breach.expected, breach.warning) for breach in found]


def basis(rule: Rule, **tables: str) -> float:
    """Number that tells whether tables of these rows are enough to judge by."""
    with duckdb.connect() as connection:
        for name, rows in tables.items():
            connection.execute(f"CREATE TABLE {name} AS {rows}")
        (number,) = with_parts(connection).execute(rule.basis).fetchone()
        return number


def registers(study: str, folder: Path, seed: int, scale: float = 0.0) -> duckdb.DuckDBPyConnection:
    """Good registers of a study, as tables in memory."""
    extracts.simulate(study, folder, scale=scale or SCALES[study], seed=seed)
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA good; CREATE SCHEMA numbered")
    tables = catalogue.module(study, "contracts").TABLES
    with reading.open_registers(folder, tables) as opened:
        for table in tables:
            frame = opened.query(f"SELECT * FROM {table}")  # noqa: F841 (read by DuckDB)
            connection.execute(f"CREATE TABLE good.{table} AS SELECT * FROM frame")
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM good.{table}")
            rows = f"SELECT *, 1 AS row_no, '{table}' AS file_name FROM main.{table}"
            connection.execute(f"CREATE VIEW numbered.{table} AS {rows}")
    return with_parts(connection)


def told(
    connection: duckdb.DuckDBPyConnection, study: str, table: str = "", view: str = ""
) -> Iterator[Breach]:
    """What the rules about a table say when it is the view, the short ones first."""
    rules = sorted(catalogue.module(study, "contracts").RULES, key=lambda rule: len(rule.sql))
    if view:
        connection.execute(f"CREATE OR REPLACE VIEW {table} AS {view}")
        with_parts(connection)
    try:
        for rule in rules:
            if re.search(rf"\b{table}", rule.sql):
                yield from check_rule(connection, rule, {}, strict=True)
    finally:
        if view:
            connection.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM good.{table}")
