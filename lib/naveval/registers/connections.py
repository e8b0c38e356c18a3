"""DuckDB connections with limits on memory and threads, and errors that show no data."""

import os
import re
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from naveval.project import paths, store, threads
from naveval.project.errors import ContractError
from naveval.registers.grammar import ZONE

# Faults of the query, which is ours. All other errors are faults of the data: their text can
# quote a value and is not shown.
QUERY_ERRORS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.SyntaxException,
    duckdb.NotImplementedException,
    duckdb.InternalException,
)

DAMAGED = "a register file is damaged"


def run(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: object = None, where: str = ""
) -> duckdb.DuckDBPyConnection:
    """Execute SQL; faults of the data become a ContractError without any of the data's text."""
    with data_errors(where):
        return connection.execute(sql, parameters)


_ANSWERS: weakref.WeakKeyDictionary[duckdb.DuckDBPyConnection, dict[str, list[Any]]] = (
    weakref.WeakKeyDictionary()
)


def asked(connection: duckdb.DuckDBPyConnection, sql: str, where: str = "") -> list[Any]:
    """Rows of a query; a large table that stays as it is need not be read again for the same."""
    kept = _ANSWERS.setdefault(connection, {})
    if sql not in kept:
        kept[sql] = run(connection, sql, where=where).fetchall()
    return kept[sql]


@contextmanager
def data_errors(where: str) -> Iterator[None]:
    """Turn DuckDB's errors about data into a ContractError that names `where` only."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise ContractError(
            f"{where}: the query needs more memory than the limit of {memory_limit()}; "
            "set NAVEVAL_MEMORY to more"
        ) from None
    except QUERY_ERRORS:
        raise
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.Error as error:
        raise ContractError(
            f"{where}: {DAMAGED}, or a value has another type than the query "
            f"expects ({type(error).__name__})"
        ) from None


def memory_limit() -> str:
    """DuckDB's memory limit: NAVEVAL_MEMORY, default 3GB."""
    return os.environ.get("NAVEVAL_MEMORY", "3GB")


def connect() -> tuple[duckdb.DuckDBPyConnection, Path]:
    """A DuckDB connection that spills to a private folder, removed with the connection.

    Its time zone is Norway's, whatever the machine's is.
    """
    stack, folder = private_folder()
    connection = duckdb.connect(
        config={
            "memory_limit": memory_limit(),
            "threads": str(threads.count()),
            "temp_directory": str(folder),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET parquet_metadata_cache = true")  # each file is read many times
    connection.execute(f"SET TimeZone = {quote(ZONE)}")
    weakref.finalize(connection, stack.close)
    connection.execute("CREATE SCHEMA numbered")
    connection.execute("CREATE SCHEMA part")
    return connection, folder


def private_folder() -> tuple[ExitStack, Path]:
    """A new folder for data on their way, and what removes it.

    What a killed process left of such folders is removed when the next one is made.
    """
    stack = ExitStack()
    return stack, stack.enter_context(store.staged(paths.cache_dir() / "spill"))


def words_of(sql: str) -> set[str]:
    """Names, numbers and words of SQL.

    >>> sorted(words_of("left(month, 4)"))
    ['4', 'left', 'month']
    """
    return set(re.findall(r"\w+", sql))


def quote(value: object) -> str:
    """A SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
