"""A PDF taken apart: text of its pages, every text string, every stream in its plain form."""

import io
import re
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ByteStringObject, StreamObject, TextStringObject

from naveval.disclosure.scan.pictures import unpacked
from naveval.disclosure.scan.text import decoded

PICTURES = ("/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode")
END = b"%%EOF"
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
WHITE = b"\r\n\t \x00"


def pages(content: bytes) -> Iterator[str]:
    """Text of each page as it is read, and as it lies in columns.

    Raises
    ------
    PyPdfError
        When the file cannot be read, or is encrypted.
    """
    for page in PdfReader(io.BytesIO(content)).pages:
        yield page.extract_text()


def strings(content: bytes) -> Iterator[str]:
    """Every text string of every object: metadata, bookmarks, alt texts, notes, form fields."""
    for thing in _objects(content):
        yield from _strings(thing)


def streams(content: bytes) -> Iterator[tuple[bytes, bool]]:
    """Every stream in its plain form, and whether it is an attached file.

    Streams of earlier versions of the file are there too, packed as they lie.
    """
    seen = set()
    for thing in _objects(content):
        if isinstance(thing, StreamObject) and not _is_picture(thing):
            data = thing.get_data()
            seen.add(data)
            yield data, thing.get("/Type") == "/EmbeddedFile"
    for raw in STREAM.findall(content):
        if (data := unpacked(raw) or raw) not in seen:
            yield data, False


def behind(content: bytes) -> bytes:
    """What follows the end of the file."""
    return content.rpartition(END)[2].strip(WHITE) if END in content else b""


def _objects(content: bytes) -> Iterator[Any]:
    reader = PdfReader(io.BytesIO(content))
    yield reader.trailer.get("/Info", {})
    for number in range(1, int(reader.trailer.get("/Size", 1))):
        try:
            yield reader.get_object(number)
        except PyPdfError:
            continue  # a number that is not in use


def _strings(thing: Any) -> Iterator[str]:
    if isinstance(thing, TextStringObject):
        yield str(thing)
    elif isinstance(thing, ByteStringObject):
        yield decoded(bytes(thing))
    elif isinstance(thing, list):
        for item in thing:
            yield from _strings(item)
    elif isinstance(thing, dict):
        for item in thing.values():
            yield from _strings(item)


def _is_picture(stream: StreamObject) -> bool:
    filters = stream.get("/Filter", [])
    names = [filters] if isinstance(filters, str) else list(filters)
    raster = stream.get("/Subtype") == "/Image" and stream.get("/BitsPerComponent") is not None
    return raster or any(name in PICTURES for name in names)
