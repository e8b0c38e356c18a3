"""What a rule says about small tables, given as queries of their rows."""

import duckdb

from naveval.registers.rules.breaches import Rule
from naveval.registers.tables import check_rule


def judged(rule: Rule, **tables: str) -> list[tuple[str, str, bool]]:
    """Column, words and whether it is a warning, of what a rule says about tables of these rows."""
    with duckdb.connect() as connection:
        for name, rows in tables.items():
            connection.execute(f"CREATE TABLE {name} AS {rows}")
        found = check_rule(connection, rule, {}, strict=True)
        assert rule.table in tables
        assert all(breach.table == rule.table for breach in found)
        return [(breach.column, breach.expected, breach.warning) for breach in found]


def basis(rule: Rule, **tables: str) -> float:
    """Number that tells whether tables of these rows are enough to judge by."""
    with duckdb.connect() as connection:
        for name, rows in tables.items():
            connection.execute(f"CREATE TABLE {name} AS {rows}")
        (number,) = connection.execute(rule.basis).fetchone()
        return number
