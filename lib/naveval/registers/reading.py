"""DuckDB connections with limits on memory and threads, and errors that show no data.

Register files as DuckDB views with the types of the contract.

Register tables as DuckDB views, whatever files they lie in.

Large tables are queried where they lie and never loaded whole. Every table `x` has the view
`x`, and the view `numbered.x` with two columns more: `row_no`, counted from 1 within its file
without the header, and `file_name`, so that checks can say where a fault is without showing
the row itself.
"""

import hashlib
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import pandas as pd

from naveval.project.errors import ContractError
from naveval.registers import sources
from naveval.registers.sources import Source

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


def run(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: object = None, where: str = ""
) -> duckdb.DuckDBPyConnection:
    """Execute SQL; faults of the data become a ContractError without any of the data's text."""
    with data_errors(where):
        return connection.execute(sql, parameters)


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
            f"{where}: a register file is damaged or has values of another type than expected "
            f"({type(error).__name__}); naveval check tells where"
        ) from None


def memory_limit() -> str:
    """DuckDB's memory limit: NAVEVAL_MEMORY, default 3GB."""
    return os.environ.get("NAVEVAL_MEMORY", "3GB")


def threads() -> int:
    """Number of threads: NAVEVAL_THREADS, default two, at most the processors there are."""
    named = os.environ.get("NAVEVAL_THREADS", "")
    return max(1, min(int(named) if named.isdigit() else 2, os.cpu_count() or 1))


def connect() -> tuple[duckdb.DuckDBPyConnection, Path]:
    """A DuckDB connection that spills to a private folder, removed with the connection."""
    folder = Path(tempfile.mkdtemp(prefix="naveval-"))
    connection = duckdb.connect(
        config={
            "memory_limit": memory_limit(),
            "threads": str(threads()),
            "temp_directory": str(folder),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    weakref.finalize(connection, shutil.rmtree, folder, True)
    connection.execute("CREATE SCHEMA numbered")
    return connection, folder


def quote(value: object) -> str:
    """A SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


Family = Literal["text", "integer", "number", "boolean", "date", "any"]
DUCK_FAMILIES: Mapping[str, Family] = {
    "VARCHAR": "text",
    "ENUM": "text",
    "UUID": "text",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "HUGEINT": "integer",
    "UTINYINT": "integer",
    "USMALLINT": "integer",
    "UINTEGER": "integer",
    "UBIGINT": "integer",
    "UHUGEINT": "integer",
    "FLOAT": "number",
    "DOUBLE": "number",
    "DECIMAL": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "date",
    "TIMESTAMP_NS": "date",
    "TIMESTAMP_MS": "date",
    "TIMESTAMP_S": "date",
    "TIMESTAMP WITH TIME ZONE": "date",
}
ROW = "row_no"
FILE = "file_name"


def create_views(
    connection: duckdb.DuckDBPyConnection, source: Source, schema: Any, folder: Path
) -> None:
    """Make the views `x`, `numbered.x` and, for CSV, `numbered.x_text` of one table."""
    table = source.table
    if source.dialect is None:
        files = ", ".join(quote(file) for file in source.files)
        extra = "file_row_number = true, filename = true"
        options = f"hive_partitioning = {str(source.path.is_dir()).lower()}, "
        options += "hive_types_autocast = false, union_by_name = true"
        reading = f"read_parquet([{files}], {options}"
        names = _columns(connection, f"{reading})", source.label)
        listed = ", ".join(identifier(name) for name in names)
        view(connection, table, f"SELECT {listed} FROM {reading})")
        numbered = (
            f"SELECT {listed}, file_row_number + 1 AS {ROW}, "
            f"parse_filename(filename) AS {FILE} FROM {reading}, {extra})"
        )
        view(connection, f"numbered.{table}", numbered)
        return
    if schema is None:
        raise ContractError(f"{source.label}: reading CSV needs the table's schema")
    file = sources.as_utf8(source, folder)
    names = sources.header(source)
    types = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in names)
    reading = (
        f"read_csv({quote(file)}, header = true, auto_detect = false, nullstr = '', "
        f"delim = '{source.dialect.delimiter}', quote = '\"', escape = '\"', "
        f"columns = {{{types}}}, strict_mode = true)"
    )
    view(
        connection,
        f"numbered.{table}_text",
        f"SELECT *, row_number() OVER () AS {ROW}, {quote(source.label)} AS {FILE} FROM {reading}",
    )
    wanted = {name: family(column.dtype) for name, column in schema.columns.items()}
    cells = ", ".join(
        f"{parse(name, wanted.get(name, 'any'), source)} AS {identifier(name)}" for name in names
    )
    view(connection, table, f"SELECT {cells} FROM {reading}")
    view(
        connection,
        f"numbered.{table}",
        f"SELECT {cells}, {ROW}, {FILE} FROM numbered.{identifier(table + '_text')}",
    )


def view(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    parts = ".".join(identifier(part) for part in name.split("."))
    run(connection, f"CREATE VIEW {parts} AS {sql}", where=name)


def _columns(connection: duckdb.DuckDBPyConnection, reading: str, where: str) -> list[str]:
    described = run(connection, f"DESCRIBE SELECT * FROM {reading}", where=where).fetchall()
    return [row[0] for row in described]


def parse(name: str, wanted: Family, source: Source) -> str:
    """SQL that reads a column of CSV text as the wanted type; NULL where it does not parse."""
    column = identifier(name)
    excel = source.dialect is not None and source.dialect.excel
    plain = f"trim({column})"
    if wanted in ("integer", "number") and excel:
        plain = f"replace(regexp_replace({column}, '[\\s\\x{{A0}}\\x{{202F}}]', '', 'g'), ',', '.')"
        plain = f"replace({plain}, '−', '-')"
    if wanted == "integer":
        # A float in between would round ids above 2**53, so only ",0" is cut off.
        return f"TRY_CAST(regexp_replace({plain}, '\\.0+$', '') AS BIGINT)"
    if wanted == "number":
        return f"TRY_CAST({plain} AS DOUBLE)"
    if wanted == "date":
        formats = "['%Y-%m-%d', '%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S'"
        formats += ", '%d.%m.%Y', '%d.%m.%Y %H:%M', '%d.%m.%Y %H:%M:%S'" if excel else ""
        return f"TRY_STRPTIME({plain}, {formats}])"
    if wanted == "boolean":
        return (
            f"CASE WHEN lower({plain}) IN ('true', '1', 'sann', 'ja') THEN true "
            f"WHEN lower({plain}) IN ('false', '0', 'usann', 'nei') THEN false END"
        )
    return column


def family(dtype: Any) -> Family:
    """Family of a pandera dtype: what kinds of values, not how many bits.

    Raises
    ------
    ContractError
        For a dtype that no register table has (a fault in the contract, not in the data).
    """
    text = "any" if dtype is None else str(dtype).lower()
    families: dict[str, Family] = {
        "any": "any",
        "object": "any",
        "str": "text",
        "string": "text",
        "category": "text",
        "int": "integer",
        "uint": "integer",
        "float": "number",
        "decimal": "number",
        "bool": "boolean",
        "date": "date",
        "timestamp": "date",
    }
    for start, found in families.items():
        if text.startswith(start):
            return found
    raise ContractError(f"contract: type {dtype} is not supported in a register table")


def duck_family(kind: str) -> Family:
    """Family of a DuckDB column type such as `DECIMAL(18,3)`."""
    return DUCK_FAMILIES.get(kind.split("(")[0].strip(), "any")


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

    def path(self, table: str) -> Path:
        """File or folder of a table."""
        return self.sources[table].path

    def fingerprint(self) -> dict[str, dict[str, Any]]:
        """Hash and row count per table, see `fingerprint`."""
        return fingerprint(self.data, tuple(self.sources))

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
        Folder with one file or folder per table, see `naveval.sources`.
    tables
        A study's `TABLES`, pandera schemas by table name: their types decide how CSV text is
        read ("03" stays text). A plain list of names will do for Parquet only.

    Raises
    ------
    ContractError
        Missing table, empty file, truncated Parquet, wrong encoding, or CSV without a schema.
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
    if source.dialect is None:
        return sum(sources.parquet_rows(file) for file in source.files)
    connection, folder = connect()
    reading = (
        f"read_csv({quote(sources.as_utf8(source, folder))}, all_varchar = true, header = true, "
        f"delim = '{source.dialect.delimiter}', quote = '\"', auto_detect = true)"
    )
    row = run(connection, f"SELECT count(*) FROM {reading}", where=source.label).fetchone()
    connection.close()
    return int(row[0]) if row else 0
