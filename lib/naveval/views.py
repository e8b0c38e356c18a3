"""Register files as DuckDB views with the types of the contract."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import duckdb

from naveval import sources
from naveval.connections import identifier, quote, run
from naveval.errors import ContractError
from naveval.sources import Source

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
