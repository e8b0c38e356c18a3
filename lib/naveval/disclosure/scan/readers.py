"""Every kind of file a finished folder may hold, read for what should not be in it.

Looks inside CSV, JSON, HTML and Markdown with their embedded files, notebooks, workbooks and
other zipped files, pictures, PDF and SVG. What cannot be read is itself a finding.
"""

import base64
import binascii
import csv
import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote_to_bytes

from naveval.disclosure.scan.words import (
    Hits,
    counts_persons,
    marks,
    pipe_tables,
    table,
    too_small,
    words,
)
from naveval.disclosure.thresholds import Thresholds

CONTAINERS = (
    ".parquet",
    ".feather",
    ".arrow",
    ".pkl",
    ".pickle",
    ".joblib",
    ".npy",
    ".npz",
    ".duckdb",
    ".sqlite",
    ".db",
    ".dta",
    ".sav",
    ".sas7bdat",
    ".rds",
    ".rdata",
    ".h5",
    ".xls",
)
ARCHIVES = (".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz")
SIGNATURES = (
    b"PAR1",
    b"ARROW1",
    b"SQLite format 3",
    b"\x89HDF",
    b"\x93NUMPY",
    b"\xd0\xcf\x11\xe0",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x28\xb5\x2f\xfd",
)
"""First bytes of raw data and archives, whatever their name."""
UTF16 = (b"\xff\xfe", b"\xfe\xff")
DATA_URI = re.compile(
    r"data:([\w/+.-]+)?((?:;[\w=.-]+)*?)(;base64)?,([A-Za-z0-9+/=\s]{16,}|[^\s\"'<>)]{16,})"
)
HTML_ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL | re.IGNORECASE)
HTML_CELL = re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.DOTALL | re.IGNORECASE)
HTML_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL | re.IGNORECASE)
HTML_LABEL = re.compile(r"\bid=[\"'](tbl-[\w-]+)[\"']")
HTML_JSON = re.compile(
    r"<script\b[^>]*\btype=[\"']application/(?:[\w.-]+\+)?json[\"'][^>]*>(.*?)</script>",
    re.DOTALL | re.IGNORECASE,
)
TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Wanted:
    """What a search is for: ids, thresholds, and labels of tables that may hold small counts."""

    ids: frozenset[str]
    limits: Thresholds
    exempt: frozenset[str]


def search(name: str, content: bytes, wanted: Wanted) -> Hits:
    """Findings in one file, by its name and content: what was found and how often."""
    suffix = PurePosixPath(name).suffix.lower()
    yield from words(PurePosixPath(name).name, wanted.ids)
    if suffix in CONTAINERS or suffix in ARCHIVES or content.startswith(SIGNATURES):
        yield "raw data or an archive", 1
        return
    zipped = content.startswith(b"PK\x03\x04")
    reader: Callable[[str, bytes, Wanted], Hits] = _zip if zipped else READERS.get(suffix, _text)
    try:
        yield from reader(name, content, wanted)
    except Exception:  # whatever cannot be read cannot be checked, and does not leave
        yield "unreadable file, cannot be checked", 1


def _decoded(content: bytes) -> str:
    return content.decode("utf-16" if content.startswith(UTF16) else "utf-8-sig", "replace")


def _text(name: str, content: bytes, wanted: Wanted) -> Hits:
    yield from words(_decoded(content), wanted.ids)


def _csv(name: str, content: bytes, wanted: Wanted) -> Hits:
    text = _decoded(content)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    yield from words("\n".join(cell for row in rows for cell in row), wanted.ids)
    small = PurePosixPath(name).stem not in wanted.exempt
    yield from table(rows, wanted.limits, small=small)


def _json(name: str, content: bytes, wanted: Wanted) -> Hits:
    text = _decoded(content)
    yield from words(text, wanted.ids)
    yield from _tree(json.loads(text), wanted.limits)


def _tree(node: Any, limits: Thresholds, title: str = "") -> Hits:
    """Small counts under keys that count persons, whether one number or a list of them."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _tree(value, limits, str(key))
    elif isinstance(node, list):
        for item in node:
            yield from _tree(item, limits, title)
    elif (
        isinstance(node, int | float)
        and not isinstance(node, bool)
        and counts_persons(title, limits)
        and too_small(node, limits)
    ):
        yield f"count below {limits.min_cell} persons under a key {title}", 1


def _html(name: str, content: bytes, wanted: Wanted) -> Hits:
    text = _decoded(content)
    for kind, _, coded, data in DATA_URI.findall(text):
        yield from _embedded(kind, data, wanted, coded=bool(coded))
    text = DATA_URI.sub("", text)
    yield from words(html.unescape(text), wanted.ids)
    for found in HTML_TABLE.finditer(text):
        rows = [
            [html.unescape(TAG.sub("", cell)).strip() for cell in HTML_CELL.findall(row)]
            for row in HTML_ROW.findall(found[0])
        ]
        before = text[: found.start()].rpartition("</table>")[2]
        exempt = wanted.exempt & set(HTML_LABEL.findall(before + found[0])[-1:])
        yield from table(rows, wanted.limits, small=not exempt)
    for data in HTML_JSON.findall(text):
        yield from _tree(json.loads(data), wanted.limits)
    for picture in re.findall(r"<svg\b.*?</svg>", text, re.DOTALL | re.IGNORECASE):
        yield from marks(picture)


def _markdown(name: str, content: bytes, wanted: Wanted) -> Hits:
    yield from _html(name, content, wanted)
    for rows, label in pipe_tables(_decoded(content)):
        yield from table(rows, wanted.limits, small=label not in wanted.exempt)


def _embedded(kind: str, data: str, wanted: Wanted, *, coded: bool) -> Hits:
    suffix = next((end for part, end in EMBEDDED.items() if part in kind), ".txt")
    try:
        content = base64.b64decode(re.sub(r"\s", "", data)) if coded else unquote_to_bytes(data)
    except (binascii.Error, ValueError):
        yield "unreadable embedded file", 1
        return
    yield from search(f"embedded{suffix}", content, wanted)


def _svg(name: str, content: bytes, wanted: Wanted) -> Hits:
    text = _decoded(content)
    yield from words(html.unescape(text), wanted.ids)
    yield from marks(text)


def _png(name: str, content: bytes, wanted: Wanted) -> Hits:
    """Text chunks of a PNG, compressed ones too."""
    position = 8
    while position + 8 <= len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        kind = content[position + 4 : position + 8]
        body = content[position + 8 : position + 8 + length]
        if kind in (b"tEXt", b"iTXt", b"zTXt", b"eXIf"):
            yield from words(body.decode("latin-1"), wanted.ids)
            yield from words(_inflated(body), wanted.ids)
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


def _pdf(name: str, content: bytes, wanted: Wanted) -> Hits:
    """Text of a PDF where pypdf is installed, and plain or compressed streams always."""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        yield from words(_inflated(stream), wanted.ids)
    yield from words(re.sub(rb"[^\x20-\x7e]+", b"\n", content).decode("ascii"), wanted.ids)
    try:
        from pypdf import PdfReader
    except ModuleNotFoundError:
        return
    for page in PdfReader(io.BytesIO(content)).pages:
        yield from words(page.extract_text(), wanted.ids)


def _zip(name: str, content: bytes, wanted: Wanted) -> Hits:
    """Every member of a zipped file: comments, properties and hidden sheets of documents too."""
    if name.lower().endswith(".xlsx"):
        yield from _sheets(content, wanted)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            inside = archive.read(member)
            if member.endswith((".xml", ".rels", ".vml")):
                yield from words(TAG.sub("\n", _decoded(inside)), wanted.ids)
            elif not member.endswith("/"):
                yield from search(PurePosixPath(member).name, inside, wanted)


def _sheets(content: bytes, wanted: Wanted) -> Hits:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    for sheet in book.worksheets:
        rows = [
            ["" if cell is None else str(cell) for cell in row]
            for row in sheet.iter_rows(values_only=True)
        ]
        yield from table(rows, wanted.limits, small=sheet.title not in wanted.exempt)


def _notebook(name: str, content: bytes, wanted: Wanted) -> Hits:
    """Every output of every cell, text and metadata of the cells, and those of the notebook."""
    book = json.loads(content)
    for cell in book["cells"]:
        for bundle in [
            *(out.get("data", {}) for out in cell.get("outputs", [])),
            *cell.get("attachments", {}).values(),
        ]:
            for kind, value in bundle.items():
                suffix = next((end for part, end in EMBEDDED.items() if part in kind), ".html")
                text = "".join(value) if isinstance(value, list | str) else json.dumps(value)
                raw = base64.b64decode(text) if suffix in (".png", ".pdf") else text.encode()
                yield from search(f"output{suffix}", raw, wanted)
        for out in cell.get("outputs", []):
            out.pop("data", None)
        cell.pop("attachments", None)
    yield from words("\n".join(_strings(book)), wanted.ids)


def _strings(node: Any) -> list[str]:
    if isinstance(node, Mapping):
        return [text for pair in node.items() for item in pair for text in _strings(item)]
    if isinstance(node, list):
        lines = all(isinstance(item, str) for item in node)
        return ["".join(node)] if lines else [text for item in node for text in _strings(item)]
    return [str(node)]


EMBEDDED = {
    "png": ".png",
    "svg": ".svg",
    "pdf": ".pdf",
    "json": ".json",
    "csv": ".csv",
    "sheet": ".xlsx",
    "markdown": ".md",
    "html": ".html",
    "parquet": ".parquet",
}
READERS: Mapping[str, Callable[[str, bytes, Wanted], Hits]] = {
    ".csv": _csv,
    ".json": _json,
    ".html": _html,
    ".htm": _html,
    ".svg": _svg,
    ".png": _png,
    ".pdf": _pdf,
    ".xlsx": _zip,
    ".ipynb": _notebook,
    ".md": _markdown,
}
