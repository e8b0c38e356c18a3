"""Pictures: what stands in their metadata, behind their end, and in the shapes they draw."""

import io
import re
import zlib
from collections.abc import Iterator

from PIL import ExifTags, Image

from naveval.disclosure.scan import credentials
from naveval.disclosure.scan.identities import Hits
from naveval.disclosure.scan.text import decoded

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
HEADS = (PNG_HEAD, b"\xff\xd8\xff")
PIXELS = (b"IHDR", b"IDAT", b"PLTE", b"IEND", b"tRNS")
JPEG_END = b"\xff\xd9"
ZLIB = (b"x\x9c", b"x\xda", b"x\x01", b"x\x5e")
NARROW = re.compile(rb"[\x20-\x7e]{6,}")
WIDE = {
    "utf-16-le": re.compile(rb"(?:[\x20-\x7e]\x00){6,}"),
    "utf-16-be": re.compile(rb"(?:\x00[\x20-\x7e]){6,}"),
}
"""Text among other bytes: one byte for a character, or two."""
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
AFTER_END = "data after the end of a file"
VECTOR_MARK = re.compile(r"<(?:circle|ellipse|use|path|rect|polyline|line)\b")
MOVE = re.compile(r"[Mm][\s\d.,-]")
PATH = re.compile(r"\bd=[\"']([^\"']*)[\"']")
LETTERS = re.compile(r'<g id="text_\d+">.*?</g>\s*</g>', re.DOTALL)
"""Text whose letters are drawn: shapes that stand for no person."""
MOST_MARKS = 400
NAMED_AUTHOR = re.compile(rb"^[it]\w\wt (?:Author|Artist)\0+([^\0]+)")
MAKERS = (ExifTags.Base.Artist, ExifTags.Base.Copyright, ExifTags.Base.XPAuthor)
MACHINES = (ExifTags.Base.BodySerialNumber, ExifTags.Base.LensSerialNumber)
TAKEN_AT, MACHINE = "place where a picture was taken", "machine a picture was made with"
RIGHTS = re.compile(r"©|\([Cc]\)|\b[Cc]opyright\b|\b(?:19|20)\d\d\b|[Aa]ll rights reserved|,")
OF_MACHINE = re.compile(r"\b(?:aux|exif|exifEX|tiff):(?:\w*SerialNumber|HostComputer)\b\W+\w")
OF_PLACE = re.compile(r"\bexif:GPSL(?:at|ong)itude\b\W+\d")
DESCRIBED = re.compile(r"<title\b[^>]*>([^<]*)</title>", re.IGNORECASE)
OF_ONE = (
    re.compile(r"\b(?:kvinne|mann|jente|gutt|female|male|woman|man|K|M)\b", re.I),
    re.compile(r"\b\d\d år\b|\b(?:alder|age|født|f\.)\W{0,3}\d\d|\b(?:19[3-9]\d|200\d)\b", re.I),
    re.compile(r"\b(?:person|id|nr|deltaker|bruker|obs)\b\W{0,3}\w*\d", re.I),
    re.compile(r"\b(?:kommune|bosatt|fra|utdanning|ledig|tiltak|uker|weeks)\b", re.I),
)
FEW_TITLES, TOLD_OF_ONE = 5, 2
"""So many titles that tell so many things of somebody are points for persons."""


def png(content: bytes) -> Iterator[bytes]:
    """Everything in a PNG that is no picture, private chunks too; last what follows its end.

    Raises
    ------
    ValueError
        When it is no whole PNG.
    """
    position = len(PNG_HEAD)
    while position + 12 <= len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        kind = content[position + 4 : position + 8]
        if kind not in PIXELS:
            yield kind + b" " + content[position + 8 : position + 8 + length]
        position += 12 + length
        if kind == b"IEND":
            yield content[position:]
            return
    raise ValueError("a PNG without an end")


def jpeg(content: bytes) -> Iterator[bytes]:
    """The segments before the picture, and what follows its end."""
    end = content.rfind(JPEG_END)
    start = content.find(b"\xff\xda")
    if start < 0 or end < 0:
        raise ValueError("a JPEG without a picture")
    yield content[:start]
    yield content[end + len(JPEG_END) :].strip(b"\0")


def texts(body: bytes) -> Iterator[str]:
    """Every text some bytes may be: one byte or two for a character, packed or not."""
    yield from _readings(body)
    if inflated := unpacked(body):
        yield from _readings(inflated)


def _readings(body: bytes) -> Iterator[str]:
    if is_text(body) or (body and not CONTROL.search(body)):
        yield decoded(body)
        return
    yield "\n".join(found.decode("ascii") for found in NARROW.findall(body))
    for order, wide in WIDE.items():
        if found := wide.findall(body):
            yield "\n".join(part.decode(order) for part in found)


def is_text(body: bytes) -> bool:
    """Whether some bytes are text as a whole, by a mark at their start or in UTF-8."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    try:
        return b"\0" not in body and bool(body.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def unpacked(body: bytes) -> bytes:
    """The first zlib stream in some bytes, unpacked; nothing when there is none."""
    for head in ZLIB:
        start = body.find(head)
        if start >= 0:
            try:
                return zlib.decompressobj().decompress(body[start:])
            except zlib.error:
                continue
    return b""


def marks(text: str) -> Hits:
    """So many shapes in a vector picture, or strokes in one shape, that each may be a person."""
    text = LETTERS.sub("", text)
    strokes = sum(max(0, len(MOVE.findall(path)) - 1) for path in PATH.findall(text))
    if (found := len(VECTOR_MARK.findall(text)) + strokes) > MOST_MARKS:
        yield "vector picture that may draw single persons, marks", found
    titles = [sum(bool(told.search(title)) for told in OF_ONE) for title in DESCRIBED.findall(text)]
    if (told := sum(many >= TOLD_OF_ONE for many in titles)) >= FEW_TITLES:
        yield "rows that describe single persons", told


def tags(content: bytes) -> Hits:
    """Who made a picture, with what, and where, by its tags."""
    with Image.open(io.BytesIO(content)) as picture:
        told = picture.getexif()
        own = told.get_ifd(ExifTags.IFD.Exif)
        place = told.get_ifd(ExifTags.IFD.GPSInfo)
    makers = [*map(told.get, MAKERS), own.get(ExifTags.Base.CameraOwnerName)]
    yield from credentials.authors([_said(name) for name in makers if name])
    if any([told.get(ExifTags.Base.HostComputer), *map(own.get, MACHINES)]):
        yield MACHINE, 1
    if place:
        yield TAKEN_AT, 1


def _said(tag: object) -> str:
    """A tag as text, without what a notice of rights adds to a name."""
    text = decoded(tag if isinstance(tag, bytes) else str(tag).encode("latin-1", "replace"))
    return RIGHTS.sub("", text.replace("\0", "")).strip()


def described(text: str) -> Hits:
    """The same by the description of a picture in mark-up (XMP)."""
    yield from credentials.authors(text)
    if OF_MACHINE.search(text):
        yield MACHINE, 1
    if OF_PLACE.search(text):
        yield TAKEN_AT, 1
