"""Search a finished folder for what should never be in it: the last check before publishing.

Looks inside CSV, JSON, HTML with its embedded files, notebooks, workbooks, PNG text, PDF and
SVG. A finding names the file, what was found and how often, never the thing itself.
"""

import base64
import binascii
import csv
import html
import io
import json
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from naveval.disclosure_thresholds import Thresholds, thresholds
from naveval.errors import DisclosureError

CONTAINERS = (
    ".parquet", ".feather", ".arrow", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".duckdb",
    ".sqlite", ".db", ".dta", ".sav", ".sas7bdat", ".rds", ".h5",
)  # fmt: skip
VECTOR_MARK = re.compile(r"<(?:circle|ellipse|use|path|rect|polyline|line)\b")
MOST_MARKS = 400
ELEVEN_DIGITS = re.compile(r"(?<![\w.,+-])\d{6}[ \u00a0]?\d{5}(?![\w])(?![.,]\d)")
TOKEN = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
SHORTEST_ID = 6
DATA_URI = re.compile(r"data:([\w/+.-]+)?(?:;[\w=.-]+)*;base64,([A-Za-z0-9+/=\s]{16,})")
HTML_ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL | re.IGNORECASE)
HTML_CELL = re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.DOTALL | re.IGNORECASE)
TAG = re.compile(r"<[^>]+>")
WEIGHTS_ONE = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
WEIGHTS_TWO = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


@dataclass(frozen=True)
class Finding:
    """Something in a folder that may not leave: file, what it is, and how many of it."""

    file: str
    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}: {self.kind} ({self.number})"


def scan(folder: Path, ids: Collection[str] = ()) -> list[Finding]:
    """Search every file below a folder.

    Parameters
    ----------
    ids
        Person ids that must not occur (as text; those shorter than six characters are not
        searched for, they would be found in any number).

    Returns
    -------
    Findings: person ids given, national identity numbers, columns that identify persons, counts
    below the threshold in count columns, containers of raw data, and vector pictures with so
    many marks that they draw single persons.
    """
    limits = thresholds()
    folder = Path(folder)
    wanted = frozenset(text for text in map(str, ids) if len(text) >= SHORTEST_ID)
    exempt = _published_labels(folder)
    found: list[Finding] = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        kinds: dict[str, int] = {}
        small = file.stem not in exempt
        for kind, number in _search(file.name, file.read_bytes(), wanted, limits, small):
            kinds[kind] = kinds.get(kind, 0) + number
        found += [Finding(name, kind, number) for kind, number in kinds.items()]
    return found


def require_clean(folder: Path, ids: Collection[str] = ()) -> None:
    """Raise DisclosureError listing the findings of `scan`, if there are any."""
    found = scan(folder, ids)
    if found:
        lines = "\n".join(f"  {finding}" for finding in found)
        raise DisclosureError(f"{folder}: {len(found)} findings, not for publication\n{lines}")


Hits = Iterator[tuple[str, int]]


def _published_labels(folder: Path) -> set[str]:
    """Labels whose numbers come from published tables, by the folder's log."""
    file = folder / "disclosure.csv"
    if not file.exists():
        return set()
    log = pd.read_csv(file, dtype=str, keep_default_na=False)
    return set(log.loc[log.get("rule", pd.Series(dtype=str)) == "published", "label"])


def _search(
    name: str, content: bytes, ids: frozenset[str], limits: Thresholds, small: bool
) -> Hits:
    suffix = Path(name).suffix.lower()
    if suffix in CONTAINERS:
        yield "file that holds raw data", 1
        return
    reader: Callable[..., Hits] = READERS.get(suffix, _text)
    try:
        yield from reader(content, ids, limits, small)
    except Exception:  # whatever cannot be read cannot be checked, and does not leave
        yield "unreadable file, cannot be checked", 1


def _words(text: str, ids: frozenset[str]) -> Hits:
    """Person ids and national identity numbers in running text."""
    if ids and (hits := sum(token in ids for token in TOKEN.findall(text))):
        yield "person id", hits
    digits = (re.sub(r"\D", "", found) for found in ELEVEN_DIGITS.findall(text))
    if hits := sum(map(is_identity_number, digits)):
        yield "national identity number", hits


def is_identity_number(digits: str) -> bool:
    """Whether 11 digits are a Norwegian identity number (D-numbers and synthetic ones too)."""
    if len(digits) != 11 or not digits.isdigit():
        return False
    numbers = [int(digit) for digit in digits]
    day, month = int(digits[:2]) % 40, int(digits[2:4]) % 40
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return False
    one = sum(w * d for w, d in zip(WEIGHTS_ONE, numbers, strict=False))
    two = sum(w * d for w, d in zip(WEIGHTS_TWO, numbers, strict=False))
    return one % 11 == 0 and two % 11 == 0


def _rows(rows: list[list[str]], limits: Thresholds, small: bool) -> Hits:
    """Columns that identify persons, and small counts, in a table with a head."""
    if not rows:
        return
    head = [cell.strip().lower() for cell in rows[0]]
    for k, title in enumerate(head):
        if title in limits.identifiers and title not in ("name", "navn", "id"):
            yield "column that identifies persons", 1
        elif title in limits.count_columns and small:
            values = [row[k] for row in rows[1:] if k < len(row)]
            low = 1 if limits.zero_cells == "show" else 0
            hits = sum(low <= value < limits.min_cell for value in map(_number, values))
            if hits:
                yield f"count below {limits.min_cell} persons in a column {title}", hits


def _number(text: str) -> float:
    plain = re.sub(r"[\s\u00a0\u202f]", "", text).replace("−", "-").replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return float("nan")


def _text(content: bytes, ids: frozenset[str], limits: Thresholds, small: bool) -> Hits:
    yield from _words(content.decode("utf-8", "replace"), ids)


def _csv(content: bytes, ids: frozenset[str], limits: Thresholds, small: bool) -> Hits:
    text = content.decode("utf-8-sig", "replace")
    yield from _words(text, ids)
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    yield from _rows(list(csv.reader(io.StringIO(text), delimiter=delimiter)), limits, small)


def _json(content: bytes, ids: frozenset[str], limits: Thresholds, small: bool) -> Hits:
    text = content.decode("utf-8", "replace")
    yield from _words(text, ids)
    yield from _tree(json.loads(text), limits)


def _tree(node: Any, limits: Thresholds) -> Hits:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if str(key).lower() in limits.count_columns and isinstance(value, int | float):
                if 0 <= value < limits.min_cell:
                    yield f"count below {limits.min_cell} persons under a key {key}", 1
            else:
                yield from _tree(value, limits)
    elif isinstance(node, list):
        for item in node:
            yield from _tree(item, limits)


def _html(content: bytes, ids: frozenset[str], limits: Thresholds, small: bool) -> Hits:
    text = content.decode("utf-8", "replace")
    yield from _embedded(text, ids, limits, small)
    text = DATA_URI.sub("", text)
    yield from _words(html.unescape(text), ids)
    for table in re.findall(r"<table\b.*?</table>", text, re.DOTALL | re.IGNORECASE):
        rows = [
            [html.unescape(TAG.sub("", cell)).strip() for cell in HTML_CELL.findall(row)]
            for row in HTML_ROW.findall(table)
        ]
        yield from _rows(rows, limits, small)
    for picture in re.findall(r"<svg\b.*?</svg>", text, re.DOTALL | re.IGNORECASE):
        yield from _marks(picture)


def _embedded(text: str, ids: frozenset[str], limits: Thresholds, small: bool) -> Hits:
    for kind, data in DATA_URI.findall(text):
        try:
            content = base64.b64decode(re.sub(r"\s", "", data), validate=False)
        except (binascii.Error, ValueError):
            continue
        suffix = next((end for part, end in EMBEDDED.items() if part in kind), ".txt")
        yield from _search(f"embedded{suffix}", content, ids, limits, small)


def _svg(content: bytes, ids: frozenset[str], limits: Thresholds, small: bool) -> Hits:
    text = content.decode("utf-8", "replace")
    yield from _words(html.unescape(text), ids)
    yield from _marks(text)


def _marks(text: str) -> Hits:
    marks = len(VECTOR_MARK.findall(text))
    if marks > MOST_MARKS:
        yield "vector picture that may draw single persons, marks", marks


def _png(content: bytes, ids: frozenset[str], limits: Thresholds, small: bool) -> Hits:
    """Text chunks of a PNG, compressed ones too."""
    position = 8
    while position + 8 <= len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        kind = content[position + 4 : position + 8]
        body = content[position + 8 : position + 8 + length]
        if kind in (b"tEXt", b"iTXt", b"zTXt", b"eXIf"):
            yield from _words(body.decode("latin-1"), ids)
            yield from _words(_inflated(body), ids)
        position += 12 + length


def _inflated(body: bytes) -> str:
    start = body.find(b"x\x9c")
    if start < 0:
        start = max(body.find(b"x\xda"), body.find(b"x\x01"))
    if start < 0:
        return ""
    try:
        return zlib.decompressobj().decompress(body[start:]).decode("utf-8", "replace")
    except zlib.error:
        return ""


def _pdf(content: bytes, ids: frozenset[str], limits: Thresholds, small: bool) -> Hits:
    """Text of a PDF where pypdf is installed, and plain or compressed streams always."""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        yield from _words(_inflated(stream), ids)
    yield from _words(re.sub(rb"[^\x20-\x7e]+", b"\n", content).decode("ascii"), ids)
    try:
        from pypdf import PdfReader
    except ModuleNotFoundError:
        return
    for page in PdfReader(io.BytesIO(content)).pages:
        yield from _words(page.extract_text(), ids)


def _xlsx(content: bytes, ids: frozenset[str], limits: Thresholds, small: bool) -> Hits:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    for sheet in book.worksheets:
        rows = [["" if cell is None else str(cell) for cell in row]
                for row in sheet.iter_rows(values_only=True)]  # fmt: skip
        yield from _words("\n".join(" ".join(row) for row in rows), ids)
        yield from _rows(rows, limits, small)


def _notebook(content: bytes, ids: frozenset[str], limits: Thresholds, small: bool) -> Hits:
    """Every output of every cell, and the parameters and text of the cells themselves."""
    for cell in json.loads(content)["cells"]:
        yield from _words("".join(cell.get("source", "")), ids)
        bundles = [out.get("data", {}) for out in cell.get("outputs", [])]
        bundles += list(cell.get("attachments", {}).values())
        for bundle in bundles:
            for kind, value in bundle.items():
                suffix = next((end for part, end in EMBEDDED.items() if part in kind), ".html")
                text = "".join(value) if isinstance(value, list | str) else json.dumps(value)
                raw = base64.b64decode(text) if suffix in (".png", ".pdf") else text.encode()
                yield from _search(f"output{suffix}", raw, ids, limits, small)
        for out in cell.get("outputs", []):
            if "data" not in out:
                written = [*out.get("traceback", []), *out.get("text", []), out.get("evalue", "")]
                yield from _words("".join(written), ids)


EMBEDDED = {"png": ".png", "svg": ".svg", "pdf": ".pdf", "json": ".json", "csv": ".csv",
            "sheet": ".xlsx", "html": ".html", "parquet": ".parquet"}  # fmt: skip
READERS: Mapping[str, Callable[..., Hits]] = {
    ".csv": _csv, ".json": _json, ".html": _html, ".htm": _html, ".svg": _svg, ".png": _png,
    ".pdf": _pdf, ".xlsx": _xlsx, ".ipynb": _notebook, ".md": _html,
}  # fmt: skip
