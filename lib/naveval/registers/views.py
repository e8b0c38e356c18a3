"""Register files as DuckDB views with the types of the contract.

Every table `x` has the view `x`, and in the schema `numbered` the views `x` and `x_raw` with two
columns more: `row_no`, counted from 1 within its file without the header, and `file_name`, so
that checks can say where a fault is without showing the row itself. `x_raw` has the columns as
they stand in the files, the others as the contract's types. When its rows are held there is
`part.x` too: all rows of some persons of a large table, which is enough for most rules.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from naveval.project.errors import ContractError
from naveval.registers import dialects, grammar, sources, statistical
from naveval.registers.connections import QUERY_ERRORS, connect, identifier, quote, run
from naveval.registers.dialects import Dialect
from naveval.registers.grammar import Family
from naveval.registers.sources import Form, Source

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
FLOATING, NO_NUMBER = ("FLOAT", "DOUBLE"), "-1e300"
WIDER_THAN_64_BITS = ("HUGEINT", "UBIGINT", "UHUGEINT")
ROW = "row_no"
FILE = "file_name"
PERSON = "person"
PARTS_OF = "part"  # the schema of parts of tables
PART_ROWS = 1_000_000  # or up to twice as many, of a table that rules judge a part of
MOST_HELD = 20_000_000  # cells of a table in memory
OWNER_FILE, OWNER_ROW = "owner_file", "owner_row"  # where a mapping found a row


@dataclass(frozen=True)
class Opened:
    """A folder's tables while they are looked at.

    Attributes
    ----------
    connection, folder
        Where the views are, and a folder of its own.
    sources
        The tables that have views so far.
    """

    connection: duckdb.DuckDBPyConnection
    folder: Path
    sources: dict[str, Source]


@contextmanager
def opened() -> Iterator[Opened]:
    """A new connection, without tables so far, that is closed in the end."""
    connection, folder = connect()
    try:
        yield Opened(connection, folder, {})
    finally:
        connection.close()


def open_tables(at: Opened, tables: Mapping[str, Any], data: Path, *, held: bool = True) -> None:
    """Make the views of the tables that can be read; those that cannot are left out.

    Tables that are read once or twice need not be `held`; they have no `part.x` then.
    """
    for table, schema in tables.items():
        if table in at.sources:
            continue
        try:
            source = sources.find(data, table)
            create_views(at.connection, source, schema, at.folder)
            if held:
                hold(at.connection, source, at.folder)
            at.sources[table] = source
        except (ContractError, *QUERY_ERRORS):
            continue


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


def create_views(
    connection: duckdb.DuckDBPyConnection, source: Source, schema: Any, folder: Path
) -> None:
    """Make the views `x`, `numbered.x` and `numbered.x_raw` of one table."""
    if source.form == "csv" and schema is None:
        raise ContractError(f"{source.label}: reading CSV needs the table's schema")
    table = source.table
    plain, numbered = _readings(connection, source, folder)
    kinds = columns(connection, f"({plain})", source.label)
    wanted = (
        {}
        if schema is None
        else {name: family(column.dtype) for name, column in schema.columns.items()}
    )
    cells = ", ".join(
        f"{cell(name, kind, wanted.get(name, 'any'), source.form, text_dialect(source, name))} "
        f"AS {identifier(name)}"
        for name, kind in kinds.items()
    )
    view(connection, table, f"SELECT {cells} FROM ({plain})")
    view(connection, f"numbered.{table}_raw", numbered)
    rows = f"SELECT {cells}, {ROW}, {FILE} FROM {raw_view(table)}"
    view(connection, f"numbered.{table}", rows)


def hold(connection: duckdb.DuckDBPyConnection, source: Source, folder: Path) -> None:
    """Keep a table's rows at hand, for what reads them many times; `x_raw` stays as it is.

    A small table is kept in memory, and a large one of text in a file that is read faster. Of a
    large one the rows of some persons are in memory, as `part.x`.
    """
    _keep_rows(connection, source, folder)
    table = source.table
    where = f" WHERE {sampled(table)}"
    (n_rows,) = run(connection, f"SELECT count(*) FROM {identifier(table)}").fetchone() or (0,)
    named = columns(connection, identifier(table), source.label)
    large = n_rows >= 2 * PART_ROWS and PERSON in named
    made = f"{part_of(table)} AS FROM main.{identifier(table)}{where * large}"
    kind = "TABLE" if large else "VIEW"
    run(connection, f"CREATE OR REPLACE {kind} {made}", where=source.label)


def part_of(table: str) -> str:
    """The relation of all rows of some persons of a table.

    >>> part_of("stock")
    'part."stock"'
    """
    return f"{PARTS_OF}.{identifier(table)}"


def sampled(table: str, unit: str = PERSON, most: int | None = None) -> str:
    """Condition that keeps all rows of some persons of a large table: `most` rows, up to twice.

    `most` is `PART_ROWS` when not told.

    Those who are kept of a larger table, or for fewer rows, are kept of others too: their
    number is divided by a power of two.
    """
    # Of the same type as the hash: with 128 bits it takes most of the time of a check.
    parts = f"CAST(pow(2, floor(log2(greatest(1, count(*) / {most or PART_ROWS})))) AS UBIGINT)"
    return f"hash({unit}) % (SELECT {parts} FROM {table}) = 0"


def _keep_rows(connection: duckdb.DuckDBPyConnection, source: Source, folder: Path) -> None:
    table, rows = source.table, f"numbered.{identifier(source.table)}"
    n_columns = len(columns(connection, rows, source.label))
    counted = run(connection, f"SELECT count(*) FROM {rows}", where=source.label).fetchone()
    n_rows = counted[0] if counted else 0
    held = f"numbered.{identifier(table + '_held')}"
    if n_rows * n_columns <= MOST_HELD:
        run(connection, f"CREATE TABLE {held} AS FROM {rows}", where=source.label)
    elif source.form == "csv":
        file = quote(folder / f"{table}.held.parquet")
        run(connection, f"COPY (FROM {rows}) TO {file} (FORMAT parquet)", where=source.label)
        held = f"read_parquet({file})"
    else:
        return
    for name, inside in ((rows, "*"), (identifier(table), f"* EXCLUDE ({ROW}, {FILE})")):
        run(connection, f"CREATE OR REPLACE VIEW {name} AS SELECT {inside} FROM {held}")


def raw_view(table: str) -> str:
    """The relation of a table's rows as its files have them, with file and number of row."""
    return f"numbered.{identifier(table + '_raw')}"


def columns(connection: duckdb.DuckDBPyConnection, relation: str, where: str) -> dict[str, str]:
    """Names and DuckDB types of a relation's columns."""
    described = run(connection, f"DESCRIBE SELECT * FROM {relation}", where=where).fetchall()
    return {row[0]: row[1] for row in described}


def text_dialect(source: Source, name: str) -> Dialect | None:
    """The grammar that a column's text is read by; None for a column that has types of its own."""
    if source.form == "csv":
        return source.dialects[0]
    return grammar.PLAIN if name in source.keys else None


def cell(name: str, kind: str, wanted: Family, form: Form, dialect: Dialect | None) -> str:
    """SQL that reads a column as the wanted type; NULL where that cannot be done exactly."""
    quoted = identifier(name)
    if dialect is not None:
        return grammar.cell(quoted, wanted, dialect)
    read = quoted
    if form in ("sas", "stata"):
        read = statistical.exact(quoted, duck_family(kind), wanted)
    if kind.startswith("TIMESTAMP"):
        return f"date_trunc('day', {_time(read)})"
    if kind in WIDER_THAN_64_BITS:
        return f"TRY_CAST({read} AS BIGINT)"
    return read


def moment(name: str, kind: str, wanted: Family, dialect: Dialect | None) -> str:
    """SQL of a date with its time of day; "" where the column has none."""
    if dialect is not None and wanted == "date":
        return grammar.moment(identifier(name), dialect)
    return _time(identifier(name)) if dialect is None and kind.startswith("TIMESTAMP") else ""


def _time(read: str) -> str:
    return f"CAST({read} AS TIMESTAMP)"


def view(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    """Make a view; a name with a point lies in that schema."""
    parts = ".".join(identifier(part) for part in name.split("."))
    run(connection, f"CREATE VIEW {parts} AS {sql}", where=name)


def _readings(
    connection: duckdb.DuckDBPyConnection, source: Source, folder: Path
) -> tuple[str, str]:
    """Two queries for the columns as they stand in the files: without and with row and file."""
    if source.form == "csv":
        parts = [_csv(source, place, folder) for place in range(len(source.files))]
        union = " UNION ALL BY NAME ".join
        return union(f"SELECT * FROM ({part})" for part in parts), union(
            f"SELECT *, row_number() OVER () AS {ROW}, {quote(sources.name(source, file))} "
            f"AS {FILE} FROM ({part})"
            for part, file in zip(parts, source.files, strict=True)
        )
    if source.form == "parquet":
        files, shown = source.files, _shown_name(source)
    else:
        files, shown = (statistical.as_parquet(source),), quote(source.label)
    listed = ", ".join(quote(file) for file in files)
    options = f"hive_partitioning = {str(bool(source.keys)).lower()}, "
    options += "hive_types_autocast = false, union_by_name = true"
    reading = f"read_parquet([{listed}], {options}"
    names = columns(connection, f"{reading})", source.label)
    row, owners = "file_row_number + 1", (OWNER_FILE, OWNER_ROW)
    if set(owners) <= set(names):
        shown, row = owners
    inside = ", ".join(
        _partition(source, name, kind)
        for name, kind in names.items()
        if name not in owners and _belongs(source, name, files)
    )
    return f"SELECT {inside} FROM {reading})", (
        f"SELECT {inside}, {row} AS {ROW}, {shown} AS {FILE} "
        f"FROM {reading}, file_row_number = true, filename = true)"
    )


def _belongs(source: Source, name: str, files: tuple[Path, ...]) -> bool:
    """Not a column that DuckDB took from a folder above the table."""
    if not source.keys or name in source.keys:
        return True
    return f"/{name}=" not in source.path.as_posix()


def _partition(source: Source, name: str, kind: str) -> str:
    quoted = identifier(name)
    if name in source.keys:
        return f"nullif({quoted}, {quote(sources.EMPTY_PARTITION)}) AS {quoted}"
    # Statistics in Parquet leave NaN out: DuckDB takes a plain column of numbers to have none.
    return f"nullif({quoted}, {NO_NUMBER}) AS {quoted}" if kind in FLOATING else quoted


def _shown_name(source: Source) -> str:
    above = source.path if source.path.is_dir() else source.path.parent
    return f"substr(filename, {len(str(above)) + 2})"


def _csv(source: Source, place: int, folder: Path) -> str:
    """A query for one CSV file's columns as text, and those its folders tell."""
    file, dialect = source.files[place], source.dialects[place]
    copy = dialects.as_utf8(file, dialect, folder / f"{source.table}.{place}.csv")
    # DuckDB takes Ø and ø for two columns: all files get the spelling of the first.
    first = dialects.header(source.files[0], source.dialects[0])
    spelt = {name.casefold(): name for name in first}
    names = [spelt.get(name.casefold(), name) for name in dialects.header(file, dialect)]
    types = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in names)
    told = "".join(
        f", {quote(value)} AS {identifier(key)}"
        for key, value in sources.partition(source, file).items()
        if key not in names
    )
    return f"SELECT *{told} FROM {csv_reading(copy, dialect.delimiter, types)}"


def _files_alone(
    connection: duckdb.DuckDBPyConnection, source: Source
) -> Iterator[tuple[str, dict[str, str]]]:
    """The table without what its folders tell: a query, and its columns' types."""
    if source.form == "parquet":
        listed = ", ".join(quote(file) for file in source.files)
        options = "hive_partitioning = false, union_by_name = true"
        reading = f"read_parquet([{listed}], {options}"
        relation = (
            f"SELECT * EXCLUDE (filename, file_row_number), file_row_number + 1 AS {ROW}, "
            f"{_shown_name(source)} AS {FILE} "
            f"FROM {reading}, file_row_number = true, filename = true)"
        )
        yield relation, columns(connection, f"{reading})", source.label)
    if source.form == "csv":
        names = dialects.header(source.files[0], source.dialects[0])
        raw = f"SELECT * FROM {raw_view(source.table)}"
        yield raw, dict.fromkeys(names, "VARCHAR")


def csv_reading(file: Path, delimiter: str, types: str, more: str = "") -> str:
    """The call that reads a CSV in UTF-8 with all columns as text."""
    packed = "gzip" if dialects.is_gzipped(file) else "none"
    return (
        f"read_csv({quote(file)}, header = true, auto_detect = false, nullstr = '', "
        f"delim = '{delimiter}', quote = '\"', escape = '\"', compression = '{packed}', "
        f"columns = {{{types}}}, strict_mode = true, hive_partitioning = false{more})"
    )


def disagreements(
    connection: duckdb.DuckDBPyConnection, source: Source, schema: Any
) -> dict[str, str]:
    """Columns that both folders and files tell, with a query for the rows that disagree."""
    found = {}
    for key in source.keys:
        for relation, kinds in _files_alone(connection, source):
            if key in kinds and key in schema.columns:
                wanted = family(schema.columns[key].dtype)
                told = f"regexp_extract({FILE}, '(?:^|/){key}=([^/]*)/', 1)"
                by_folder = grammar.cell(f"url_decode({told})", wanted, grammar.PLAIN)
                dialect = source.dialects[0] if source.dialects else None
                by_file = cell(key, kinds[key], wanted, source.form, dialect)
                found[key] = (
                    f"SELECT {FILE}, {ROW} FROM ({relation}) "
                    f"WHERE ({by_file}) IS DISTINCT FROM ({by_folder})"
                )
    return found
