"""Where a register file is damaged: lines of CSV, or file and columns of Parquet."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from naveval.registers import dialects, sources
from naveval.registers.connections import quote
from naveval.registers.sources import Source
from naveval.registers.views import csv_reading

FIRST_LINES = 5
# DuckDB's words for lines that do not fit, and ours.
LINES = {
    "MISSING COLUMNS": "too few columns",
    "TOO MANY COLUMNS": "too many columns",
    "UNQUOTED VALUE": "a quotation mark that is not closed",
    "LINE SIZE OVER MAXIMUM": "a line that does not end",
    "INVALID ENCODING": "letters that are not UTF-8",
}


def damage(connection: duckdb.DuckDBPyConnection, source: Source, folder: Path) -> str:
    """Words to add to a message: the damaged lines or columns, "" when none can be told."""
    if source.form == "csv":
        return _lines(connection, source, folder)
    return _columns(source) if source.form == "parquet" else ""


def _lines(connection: duckdb.DuckDBPyConnection, source: Source, folder: Path) -> str:
    for place, (file, dialect) in enumerate(zip(source.files, source.dialects, strict=True)):
        names = dialects.header(file, dialect)
        types = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in names)
        copy = dialects.as_utf8(file, dialect, folder / f"{source.table}.{place}.csv")
        reading = csv_reading(copy, dialect.delimiter, types, ", store_rejects = true")
        try:
            connection.execute(f"SELECT count(COLUMNS(*)) FROM {reading}").fetchall()
            found = connection.execute(
                "SELECT line, any_value(error_type) FROM reject_errors GROUP BY line ORDER BY line"
            ).fetchall()
            connection.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
        except duckdb.Error:
            continue
        if found:
            lines = ", ".join(str(line) for line, _ in found[:FIRST_LINES])
            kinds = sorted({LINES.get(str(kind), "another form") for _, kind in found})
            return (
                f"; {sources.name(source, file)} has {len(found)} lines (first: {lines}) "
                f"with {', '.join(kinds)}"
            )
    return ""


def _columns(source: Source) -> str:
    for file in source.files:
        opened = pq.ParquetFile(file)
        bad = [name for name in opened.schema_arrow.names if not _whole(opened, name)]
        if bad:
            return f"; {sources.name(source, file)} cannot be read in {', '.join(bad)}"
    return ""


def _whole(opened: pq.ParquetFile, column: str) -> bool:
    try:
        for _ in opened.iter_batches(columns=[column]):
            pass
    except (pa.ArrowException, OSError, ValueError):
        return False
    return True
