"""Tables in another shape than the contract's, named as such: wide, or long.

A wide table has a column for each month or code, a long one a row for each column of the
contract. Neither is turned: which rows the cells without a value should become, the owner knows.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from naveval.registers.checks import allowed_values
from naveval.registers.connections import identifier, run

PERIOD = re.compile(r"(.*?)[ _.-]?((?:19|20)\d\d(?:[-_.M]?(?:0[1-9]|1[0-2]))?)", re.IGNORECASE)
TIMES = ("month", "year", "year_week", "from_month", "date", "from_date")
LEAST_COLUMNS, LEAST_NAMES, MOST_VALUES = 3, 2, 60


def wide(names: Iterable[str], lacking: Iterable[str], schema: Any) -> tuple[frozenset[str], str]:
    """Columns of one month or one code each, and what to do; none and "" for another shape.

    Parameters
    ----------
    names
        The columns of the file.
    lacking
        Columns of the contract that the file does not have.

    Example
    -------
    >>> import pandera.pandas as pa
    >>> schema = pa.DataFrameSchema({"month": pa.Column(str), "hours": pa.Column(float)})
    >>> wide(["id", "T2018-01", "T2018-02", "T2018-03"], ["month", "hours"], schema)[1]
    'it looks like one column per month (3: T2018-01, …); expected a row for each: melt the \
table, with the end of the column names in month'
    """
    lacking, own = set(lacking), [name for name in names if name not in schema.columns]
    stems: dict[str, list[str]] = {}
    for name in own:
        if match := PERIOD.fullmatch(name):
            stems.setdefault(match.group(1).casefold(), []).append(name)
    found = max(stems.values(), key=len, default=[])
    for time in TIMES:
        if time in lacking and len(found) >= LEAST_COLUMNS:
            return frozenset(found), _melt(found, time, "the end of the column names")
    for code in sorted(lacking):
        known = {value.casefold() for value in allowed_values(schema.columns[code])}
        patterns = [_pattern(check) for check in schema.columns[code].checks]
        found = [name for name in own if name.casefold() in known]
        found = found or [n for n in own if any(p and re.fullmatch(p, n) for p in patterns)]
        if len(found) >= max(LEAST_COLUMNS, len(own) / 2):
            return frozenset(found), _melt(found, code, "the column names")
    return frozenset(), ""


def _pattern(check: Any) -> str:
    pattern = (check.statistics or {}).get("pattern", "")
    return str(getattr(pattern, "pattern", pattern))


def _melt(found: list[str], column: str, what: str) -> str:
    return (
        f"it looks like one column per {column} ({len(found)}: {found[0]}, …); expected a row for "
        f"each: melt the table, with {what} in {column}"
    )


def long(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    kinds: Mapping[str, str],
    lacking: Iterable[str],
    where: str,
) -> str:
    """What to do with a table whose rows have names of the contract's columns; "" for others.

    Parameters
    ----------
    relation, kinds
        SQL of the rows, and the types of its columns.
    lacking
        Columns of the contract that the file does not have.
    """
    wanted = {name.casefold(): name for name in lacking}
    wanted |= {name.casefold().rpartition("_")[0]: name for name in lacking if "_" in name}
    for name in (name for name, kind in kinds.items() if kind == "VARCHAR"):
        sql = f"SELECT DISTINCT lower({identifier(name)}) FROM {relation} LIMIT {MOST_VALUES + 1}"
        values = [value for (value,) in run(connection, sql, where=where).fetchall()]
        found = sorted({wanted[value] for value in values if value in wanted})
        if len(values) <= MOST_VALUES and len(found) >= LEAST_NAMES:
            return (
                f"column {name} looks like the names of columns ({', '.join(found)}), with their "
                "numbers in another; expected a column for each: pivot the table"
            )
    return ""
