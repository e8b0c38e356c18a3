"""Where a register file is damaged: lines of CSV, or file and columns of Parquet."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from naveval.project.errors import ContractError, how_many
from naveval.registers import dialects, sources
from naveval.registers.connections import DAMAGED, quote
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
ENDS = re.compile(rb"\r\n|\r|\n")
KEYS = ("county", "municipality", "region", "office", "month", "year", "year_week")
SHORT = re.compile(r"[0-9A-Z.-]{1,10}")
ENDED = {b"\r\n": "CR LF", b"\r": "CR", b"\n": "LF"}


def explained(
    error: ContractError, connection: duckdb.DuckDBPyConnection, source: Source, folder: Path
) -> str:
    """What an error says of a table's files, with the damaged lines or columns where they are."""
    text = str(error).removeprefix(f"{source.label}: ")
    if DAMAGED not in text:
        return text
    if source.form == "csv":
        return _lines(connection, source, folder) or text
    return text + (_columns(source) if source.form == "parquet" else "")


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
            found = []
        shown = sources.name(source, file)
        expected = f"expected {len(names)} columns in every line: {', '.join(names)}"
        shape = _shape(file)
        if len(found) == 1 and found[0][0] >= shape.lines and not ENDS.search(shape.last):
            there = shape.last.count(dialect.delimiter.encode())
            before = _key(shape.before.decode("utf-8", "replace").split(dialect.delimiter), names)
            return (
                f"{shown} is cut within line {shape.lines}, its last, in column "
                f"{names[min(there, len(names) - 1)]} (of {there + 1} columns{before}); "
                f"{expected}; make the file again"
            )
        if found:
            listed = ", ".join(str(line) for line, _ in found[:FIRST_LINES])
            kinds = sorted({LINES.get(str(kind), "another form") for _, kind in found})
            counted = f"{how_many(len(found), 'line')} (first: {listed})"
            return f"{shown} has {counted} with {', '.join(kinds)}; {expected}"
        if len(shape.ends) > 1:
            told = ", ".join(f"{ENDED[end]} in line {line}" for end, line in shape.ends.items())
            return f"{shown} has lines that end in two ways ({told}); expected one in all"
    return ""


@dataclass(frozen=True)
class _Shape:
    """The last line of a CSV and the one before, how many there are, and kinds of ends first."""

    last: bytes
    before: bytes
    lines: int
    ends: dict[bytes, int]


def _shape(file: Path) -> _Shape:
    ends: dict[bytes, int] = {}
    before, last, number = b"", b"", 0
    with dialects.opened(file) as stream:
        for number, line in enumerate(stream, 1):
            before, last = last, line
            if end := ENDS.search(line):
                ends.setdefault(end.group(), number)
    return _Shape(last, before, number, ends)


def _key(cells: list[str], names: list[str]) -> str:
    """Place and period of the last whole row, by which its owner finds it."""
    found = zip(names, (cell.strip().strip('"') for cell in cells), strict=False)
    told = [f"{name} {cell}" for name, cell in found if name in KEYS and SHORT.fullmatch(cell)]
    return f"; the row before is of {', '.join(told)}" if told else ""


def unfinished(source: Source) -> Iterator[str]:
    """CSV files without a line end after the last row, of which a part may be lost."""
    for file in source.files if source.form == "csv" else ():
        if not dialects.is_gzipped(file):  # which has a length and a sum at the end
            with file.open("rb") as stream:
                stream.seek(-1, os.SEEK_END)
                if not ENDS.fullmatch(stream.read(1)):
                    yield sources.name(source, file)


def _columns(source: Source) -> str:
    for file in source.files:
        opened = pq.ParquetFile(file)
        bad = [name for name in opened.schema_arrow.names if not _whole(opened, name)]
        if bad:
            shown = sources.name(source, file)
            return f"; {shown} cannot be read in {', '.join(bad)}; expected a whole file"
    return ""


def _whole(opened: pq.ParquetFile, column: str) -> bool:
    try:
        for _ in opened.iter_batches(columns=[column]):
            pass
    except (pa.ArrowException, OSError, ValueError):
        return False
    return True
