"""A PDF taken apart: text of its pages, every text string, every stream in its plain form."""

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ByteStringObject, StreamObject, TextStringObject
from pypdfium2 import PdfDocument

from naveval.disclosure.scan.pictures import is_text, unpacked
from naveval.disclosure.scan.text import decoded, once

PICTURES = ("/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode")
END = b"%%EOF"
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
RASTER, BITS = re.compile(rb"/Subtype\s*/Image\b"), b"/BitsPerComponent"
WHITE = b"\r\n\t \x00"
JPEG = b"\xff\xd8\xff"
NO_SIGN = re.compile(rb"[^\x20-\x7e]+")
DRAWN = re.compile(
    rb"(?<![^\s/\])])(?:-?(?:\d{1,5}(?:\.\d+)?|\.\d+) ){1,6}(?:[mlcvywdiMkKgG]|re|cm|"
    rb"scn|SCN|sc|rg|RG|Tf|Tm|Td)(?![^\s/])|/MCID \d{1,6}(?=>>)"
)
"""Places, sizes and colours of what a page draws; its text is read from the page."""
NUMBERED = re.compile(rb"(?<!\d)(?:\d{1,6} \d (?:R|obj)|\d{10} \d{5} [nf])\b")
"""Numbers and places of the objects of a file."""


def pages(content: bytes) -> Iterator[str]:
    """Text of each page as it is read.

    Raises
    ------
    PdfiumError
        When the file cannot be read, or is encrypted.
    """
    document = PdfDocument(content)
    try:
        for page in document:
            yield page.get_textpage().get_text_range()
            page.close()
    finally:
        document.close()


def objects(content: bytes) -> list[Any]:
    """Every object of the file as it is now.

    Raises
    ------
    PyPdfError
        When the file cannot be read, or is encrypted.
    """
    reader = PdfReader(io.BytesIO(content))
    found = [reader.trailer.get("/Info", {})]
    for number in range(1, int(reader.trailer.get("/Size", 1))):
        try:
            found.append(reader.get_object(number))
        except PyPdfError:
            continue  # a number that is not in use
    return found


def authors(about: Any) -> list[str]:
    """Who wrote a file, by its information."""
    found = (about.get(key) for key in ("/Author", "/LastModifiedBy", "/Manager"))
    return [str(name) for name in found if name]


def strings(things: Iterable[Any]) -> Iterator[str]:
    """Every text string of objects: metadata, bookmarks, alt texts, notes, form fields."""
    for thing in things:
        yield from _strings(thing)


def around_streams(content: bytes) -> str:
    """The signs of a file as it lies, without its streams, which `streams` gives."""
    outside = NUMBERED.sub(b" ", STREAM.sub(b"\n", content))
    return once(NO_SIGN.sub(b"\n", outside).decode("ascii").split("\n"))


def streams(content: bytes, things: Iterable[Any]) -> Iterator[tuple[bytes, bool]]:
    """Every stream of a file and its objects in its plain form, and whether it is a file itself.

    Streams of earlier versions of the file are there too, packed as they lie. The points of
    pictures are left out, and where a page draws what.
    """
    seen = set()
    for thing in things:
        if isinstance(thing, StreamObject) and not _is_picture(thing):
            data = thing.get_data()
            seen.add(data)
            attached = thing.get("/Type") == "/EmbeddedFile"
            yield (data if attached else undrawn(data)), attached
    for found in STREAM.finditer(content):
        about = content[content.rfind(b"obj", 0, found.start()) : found.start()]
        packed = unpacked(found[1])
        if RASTER.search(about) and BITS in about and packed:
            continue
        data = packed or found[1].rstrip(b"\r\n")
        if data not in seen:
            yield undrawn(data), data.startswith(JPEG)


def undrawn(data: bytes) -> bytes:
    """A stream without where a page draws what, each line once; one that is no text as it is."""
    return b"\n".join(dict.fromkeys(DRAWN.sub(b" ", data).split(b"\n"))) if is_text(data) else data


def behind(content: bytes) -> bytes:
    """What follows the end of the file."""
    return content.rpartition(END)[2].strip(WHITE) if END in content else b""


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
