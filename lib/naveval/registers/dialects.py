"""How a CSV file is written: compression, encoding and delimiter, found by reading all of it once.

Two dialects are read. *Plain*: UTF-8, comma between columns, decimal point, ISO dates. *Semicolon*:
as Norwegian Excel writes it, with decimal comma and dates dd.mm.yyyy, in Windows-1252 or UTF-8.
Either can be gzipped. What each cell may look like is in `naveval.registers.grammar`.
"""

import codecs
import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from naveval.project.errors import ContractError

CHUNK = 1 << 22
# Bytes without a character in Windows-1252, and bytes that are no letters there but stand
# inside words in the old DOS and Macintosh encodings of æ, ø and å.
NOT_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]|[A-Za-z][\x80-\x91\x93-\xbf][A-Za-z]")
UTF8_LETTER = re.compile("|".join("æøåÆØÅ").encode())  # in a file that is not UTF-8
LOST = (
    *("Ã¦", "Ã¸", "Ã¥", "Ã†", "Ã˜", "Ã…"),
    *("\u00c3\u0086", "\u00c3\u0098", "\u00c3\u0085", "\ufffd"),
)
ENCODED_TWICE = re.compile(b"|".join(text.encode() for text in LOST))
KNOWN = "UTF-8, or Windows-1252 with semicolon as Norwegian Excel writes it"
OVERLAP = 4  # bytes, one less than the longest of these patterns
# A number, day or month, or an id in hexadecimal digits: no name of a column.
VALUE = re.compile(r"[-+]?\d[\d.,: /T-]*|(?=[^-]*\d)[0-9a-f]{8}[0-9a-f-]*", re.IGNORECASE)
LEAST_ID = 6  # signs of a value that a year is not
OTHER_DELIMITERS = {b"\t": "tab", b"|": "|"}


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    encoding: Literal["utf-8", "windows-1252"]
    delimiter: Literal[",", ";"]

    @property
    def excel(self) -> bool:
        """Decimal comma and dates dd.mm.yyyy are accepted."""
        return self.delimiter == ";"


@contextmanager
def opened(file: Path) -> Iterator[IO[bytes]]:
    """The bytes of a CSV, unpacked when it is gzipped; ContractError when they are damaged."""
    try:
        with file.open("rb") as plain:
            yield cast(IO[bytes], gzip.GzipFile(fileobj=plain)) if is_gzipped(file) else plain
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise ContractError(
            f"{file.name}: truncated or not gzip ({file.stat().st_size} bytes); "
            "expected a whole gzipped CSV file"
        ) from None


def is_gzipped(file: Path) -> bool:
    """Whether the name says that a file is gzipped."""
    return file.suffix.lower() == ".gz"


def dialect(file: Path) -> Dialect:
    """Find encoding and delimiter of a CSV file; reads all of it once, in chunks.

    Raises
    ------
    ContractError
        When the file is empty, in another encoding than UTF-8 (Windows-1252 with semicolon), has
        text that was encoded twice, or another delimiter.
    """
    with opened(file) as stream:
        start = stream.read(CHUNK)
    if not start.strip():
        raise ContractError(f"{file.name}: empty file; expected a header line and rows")
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" in start:
        raise ContractError(f"{file.name}: {_wrong_encoding('UTF-16 or binary')}")
    delimiter = _delimiter(file, start.splitlines()[0])
    if _is_utf8(file, delimiter):
        return Dialect("utf-8", delimiter)
    other = _place(file, delimiter, _beyond_utf8)
    if both := _hit(file, delimiter, UTF8_LETTER):
        raise ContractError(
            f"{file.name}: two encodings: UTF-8 first in {both}, another first in {other}; "
            f"expected one in the whole file: {KNOWN}"
        )
    if delimiter == ",":
        raise ContractError(f"{file.name}: {_wrong_encoding(f'not UTF-8, first in {other}')}")
    if strange := _hit(file, delimiter, NOT_1252):
        raise ContractError(f"{file.name}: {_wrong_encoding(f'neither, first in {strange}')}")
    return Dialect("windows-1252", delimiter)


def _delimiter(file: Path, header: bytes) -> Literal[",", ";"]:
    if header.lower().lstrip(codecs.BOM_UTF8).startswith(b"sep="):
        raise ContractError(f"{file.name}: line 1 is «sep=»; expected the names of the columns")
    for mark, name in OTHER_DELIMITERS.items():
        if header.count(mark) > max(header.count(b";"), header.count(b",")):
            raise ContractError(
                f"{file.name}: columns are separated by {name}; expected comma or semicolon"
            )
    return ";" if header.count(b";") > header.count(b",") else ","


def _wrong_encoding(found: str) -> str:
    return f"wrong encoding ({found}); expected {KNOWN}"


def _chunks(file: Path) -> Iterator[tuple[bytes, bytes]]:
    """The bytes in chunks, and each after the end of the one before: a pattern may go over two."""
    before = b""
    with opened(file) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk, before + chunk
            before = chunk[-OVERLAP:]


def _is_utf8(file: Path, delimiter: str) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk, looked_at in _chunks(file):
        if ENCODED_TWICE.search(looked_at):
            words = f"æøå encoded twice or lost, first in {_hit(file, delimiter, ENCODED_TWICE)}"
            raise ContractError(f"{file.name}: {_wrong_encoding(words)}")
        if b"\0" in chunk:
            raise ContractError(f"{file.name}: {_wrong_encoding('UTF-16 or binary')}")
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _place(file: Path, delimiter: str, found: Callable[[bytes], int]) -> str:
    """Line and column of the first bytes that are found, "" where there are none."""
    with opened(file) as stream:
        names: list[str] = []
        for number, line in enumerate(stream, 1):
            at = found(line)
            if number == 1:
                names = line.decode("utf-8-sig", "replace").strip().split(delimiter)
                names = [] if are_values(names) else names
            if at >= 0:
                place = line[:at].count(delimiter.encode())
                return f"line {number}" + (
                    f", column {names[place]}" if number > 1 and place < len(names) else ""
                )
    return ""


def _hit(file: Path, delimiter: str, pattern: re.Pattern[bytes]) -> str:
    """Line and column of a pattern, "" where it does not occur."""
    if not any(pattern.search(looked_at) for _, looked_at in _chunks(file)):
        return ""
    return _place(
        file, delimiter, lambda line: hit.start() if (hit := pattern.search(line)) else -1
    )


def _beyond_utf8(line: bytes) -> int:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return -1


def as_utf8(file: Path, found: Dialect, copy: Path) -> Path:
    """The CSV in UTF-8: the file itself, or a copy written to `copy`."""
    if found.encoding == "utf-8":
        return file
    with (
        gzip.open(file, "rt", encoding="cp1252", newline="")
        if is_gzipped(file)
        else file.open(encoding="cp1252", newline="") as given,
        copy.open("w", encoding="utf-8", newline="") as written,
    ):
        while text := given.read(CHUNK):
            written.write(text)
    return copy


def are_values(names: Sequence[str]) -> bool:
    """Whether what should be names of columns are values, of a file whose names are lacking.

    >>> are_values(["2f1c9a0b", "K"]), are_values(["7", "2014-11"]), are_values(["ID_2", "2019"])
    (True, True, False)
    """
    values = [name for name in names if VALUE.fullmatch(name.strip())]
    return len(values) > 1 or any(len(name.strip()) >= LEAST_ID for name in values)


def header(file: Path, found: Dialect) -> list[str]:
    """Column names in line 1; ContractError when one is empty or occurs twice, or is a value."""
    encoding = "utf-8-sig" if found.encoding == "utf-8" else "cp1252"
    with opened(file) as stream:
        lines = codecs.getreader(encoding)(stream)
        names = next(csv.reader(lines, delimiter=found.delimiter), [])
    if are_values(names):
        raise ContractError(
            f"{file.name}: line 1 holds values; expected the names of the columns there "
            "(with one column per month: melt the table)"
        )
    if len({name.casefold() for name in names}) != len(names) or not all(names):
        raise ContractError(
            f"{file.name}: a column name is empty or occurs twice in line 1; expected one name "
            "for each column"
        )
    return names
