"""Register tables as DuckDB views, whatever files they lie in.

Large tables are queried where they lie and never loaded whole; see `naveval.registers.views` for
the views of a table.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd

from naveval.registers import sources
from naveval.registers.connections import connect, data_errors, identifier, run
from naveval.registers.sources import Source
from naveval.registers.views import create_views

Tables = Mapping[str, Any] | Iterable[str]


@dataclass(frozen=True)
class Registers:
    """Open register tables.

    Attributes
    ----------
    connection
        DuckDB connection with the views; limited to the memory and threads of `connect`.
    data
        Folder with the extracts.
    sources
        Table name to its files.
    """

    connection: duckdb.DuckDBPyConnection
    data: Path
    sources: Mapping[str, Source]

    def query(self, sql: str, parameters: object = None) -> pd.DataFrame:
        """Run a query and return its rows; ContractError when the files cannot be read."""
        with data_errors(self.data.name):
            return self.connection.execute(sql, parameters).df()

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> "Registers":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_registers(data: Path, tables: Tables) -> Registers:
    """Open register extracts as views.

    Parameters
    ----------
    data
        Folder with one file or folder per table, see `naveval.registers.sources`.
    tables
        A study's `TABLES`, pandera schemas by table name: their types decide how CSV text is
        read ("03" stays text). A plain list of names will do for Parquet only.

    Raises
    ------
    ContractError
        Missing table, a file that cannot be read, wrong encoding, or CSV without a schema.
    """
    schemas = dict(tables) if isinstance(tables, Mapping) else dict.fromkeys(tables)
    found = {table: sources.find(Path(data), table) for table in schemas}
    connection, folder = connect()
    for table, source in found.items():
        create_views(connection, source, schemas[table], folder)
    return Registers(connection, Path(data), found)


def fingerprint(data: Path, tables: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Hash of the bytes and number of rows per table.

    Returns
    -------
    `{table: {"sha256": str, "rows": int}}`. A partitioned table's hash covers the names of its
    files too. Rows of a CSV are counted by reading it.
    """
    found = {}
    for table in tables:
        source = sources.find(Path(data), table)
        stamp = tuple((file, file.stat().st_mtime_ns, file.stat().st_size) for file in source.files)
        found[table] = dict(_fingerprint(source, stamp))
    return found


_FINGERPRINTS: dict[object, dict[str, Any]] = {}


def _fingerprint(source: Source, stamp: object) -> dict[str, Any]:
    if stamp not in _FINGERPRINTS:
        whole = hashlib.sha256()
        for file in source.files:
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            name = str(file.relative_to(source.path)) if source.path.is_dir() else ""
            whole.update(f"{name}:{digest}\n".encode())
        _FINGERPRINTS[stamp] = {"sha256": whole.hexdigest(), "rows": count_rows(source)}
    return _FINGERPRINTS[stamp]


def count_rows(source: Source) -> int:
    """Number of rows of a table, header not counted."""
    if source.form == "parquet":
        return sum(sources.parquet_rows(file) for file in source.files)
    connection, folder = connect()
    schema = SimpleNamespace(columns={})
    create_views(connection, source, schema, folder)
    table = identifier(source.table)
    row = run(connection, f"SELECT count(*) FROM {table}", where=source.label).fetchone()
    connection.close()
    return int(row[0]) if row else 0
