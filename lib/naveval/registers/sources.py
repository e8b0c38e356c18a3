"""Where a register table lies on disk, and how its CSV is written.

A table `x` is `x.parquet`, a folder `x/` of Parquet files, or `x.csv`. A CSV is either plain
(UTF-8, comma, decimal point, ISO dates) or as Norwegian Excel writes it (semicolon, decimal
comma, dates dd.mm.yyyy, Windows-1252 or UTF-8). Nothing read here is ever shown in a message.
"""

import codecs
import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from naveval.project.errors import ContractError

CHUNK = 1 << 22
# Bytes without a character in Windows-1252, and bytes that are no letters there but stand
# inside words in the old DOS and Macintosh encodings of æ, ø and å.
UNDEFINED_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
INSIDE_WORD = re.compile(rb"[A-Za-z][\x80-\x91\x93-\xbf][A-Za-z]")
LOST = (
    "Ã¦",
    "Ã¸",
    "Ã¥",
    "Ã†",
    "Ã˜",
    "Ã…",
    "\u00c3\u0086",
    "\u00c3\u0098",
    "\u00c3\u0085",
    "\ufffd",
)
ENCODED_TWICE = re.compile(b"|".join(text.encode() for text in LOST))


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    encoding: Literal["utf-8", "windows-1252"]
    delimiter: Literal[",", ";"]

    @property
    def excel(self) -> bool:
        """Decimal comma and dates dd.mm.yyyy are accepted."""
        return self.delimiter == ";"


@dataclass(frozen=True)
class Source:
    """The files of one table, in a fixed order, and the dialect when they are CSV."""

    table: str
    path: Path
    files: tuple[Path, ...]
    dialect: Dialect | None

    @property
    def label(self) -> str:
        """The name used in messages: file or folder, without the path above it."""
        return self.path.name + ("/" if self.path.is_dir() else "")


def find(data: Path, table: str) -> Source:
    """Locate a table below `data` and check that its files can be opened.

    Raises
    ------
    ContractError
        When the table is missing, there twice, without columns, truncated or not in a known
        encoding; the message names the file and what was expected.
    """
    if not data.is_dir():
        raise ContractError(f"{data}: no such folder; expected a folder with register extracts")
    candidates = [data / f"{table}.parquet", data / table, data / f"{table}.csv"]
    found = [path for path in candidates if path.exists()]
    if not found:
        raise ContractError(
            f"{table}: table is missing in {data}; expected {table}.parquet, a folder {table}/ "
            f"with Parquet files, or {table}.csv"
        )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise ContractError(f"{table}: found {names} in {data}; expected only one of them")
    path = found[0]
    if path.suffix == ".csv":
        return Source(table, path, (path,), dialect(path))
    files = tuple(sorted(path.rglob("*.parquet"))) if path.is_dir() else (path,)
    if not files:
        raise ContractError(f"{path.name}/: empty folder; expected Parquet files")
    for file in files:
        parquet_rows(file)
    return Source(table, path, files, None)


def parquet_rows(file: Path) -> int:
    """Number of rows according to the file's footer; ContractError when it cannot be read."""
    try:
        return pq.read_metadata(file).num_rows
    except (pa.ArrowException, OSError, ValueError):
        raise ContractError(
            f"{file.name}: truncated or not Parquet ({file.stat().st_size} bytes); "
            "expected a whole Parquet file"
        ) from None


def dialect(file: Path) -> Dialect:
    """Find encoding and delimiter of a CSV file; reads all of it once, in chunks.

    Raises
    ------
    ContractError
        When the file is empty, in another encoding than UTF-8 (Windows-1252 with semicolon), or
        has text that was encoded twice.
    """
    with file.open("rb") as stream:
        start = stream.read(CHUNK)
    if not start.strip():
        raise ContractError(f"{file.name}: empty file; expected a header line and rows")
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" in start:
        raise ContractError(f"{file.name}: {_wrong_encoding('UTF-16 or binary')}")
    header = start.splitlines()[0]
    delimiter: Literal[",", ";"] = ";" if header.count(b";") > header.count(b",") else ","
    if _is_utf8(file):
        return Dialect("utf-8", delimiter)
    if delimiter == ",":
        raise ContractError(f"{file.name}: {_wrong_encoding('not UTF-8')}")
    _require_1252(file)
    return Dialect("windows-1252", delimiter)


def _wrong_encoding(found: str) -> str:
    return (
        f"wrong encoding ({found}); expected UTF-8, or Windows-1252 with semicolon as "
        "Norwegian Excel writes it"
    )


def _is_utf8(file: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if ENCODED_TWICE.search(chunk):
                raise ContractError(f"{file.name}: {_wrong_encoding('æøå encoded twice or lost')}")
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _require_1252(file: Path) -> None:
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if UNDEFINED_1252.search(chunk) or INSIDE_WORD.search(chunk):
                raise ContractError(f"{file.name}: {_wrong_encoding('neither')}")


def as_utf8(source: Source, folder: Path) -> Path:
    """The CSV in UTF-8: the file itself, or a copy below `folder`."""
    file = source.files[0]
    if source.dialect is None or source.dialect.encoding == "utf-8":
        return file
    copy = folder / f"{source.table}.csv"
    with (
        file.open(encoding="cp1252", newline="") as given,
        copy.open("w", encoding="utf-8", newline="") as written,
    ):
        while text := given.read(CHUNK):
            written.write(text)
    return copy


def header(source: Source) -> list[str]:
    """Column names of a table's first file."""
    if source.dialect is None:
        return list(pq.read_schema(source.files[0]).names)
    encoding = "utf-8-sig" if source.dialect.encoding == "utf-8" else "cp1252"
    with source.files[0].open(encoding=encoding, newline="") as stream:
        names = next(csv.reader(stream, delimiter=source.dialect.delimiter))
    if len(set(names)) != len(names) or not all(names):
        raise ContractError(f"{source.label}: a column name is empty or occurs twice in line 1")
    return names
