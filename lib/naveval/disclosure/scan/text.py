"""Text as a reader or a program would find it: decoded, without disguise, with what it hides.

The same digits can stand in many forms: as UTF-16, as HTML entities, full-width, with soft
hyphens between, coloured for a terminal, coded in base64. `plain` undoes what shows the same
text, and `hidden` gives the files that a text carries.
"""

import base64
import binascii
import html
import quopri
import re
import sys
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from urllib.parse import unquote_to_bytes

import numpy as np

from naveval.project import fonts

BYTE_ORDERS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
COLOUR = re.compile(r"(?:\x1b|\\u001b|\\x1b)\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
LOOSE = re.compile("[\u0300-\u036f\u20d0-\u20ff]")
INVISIBLE = re.compile("[\u00ad\u034f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
ESCAPED = re.compile(r"\\u\{?([0-9a-fA-F]{4})\}?|\\x([0-9a-fA-F]{2})")
PRINTABLE = re.compile(r"(?:=[0-9A-F]{2}){2,}|(?<![=\s])=\r?\n(?=\S)")
PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")
TAG = re.compile(r"<(/?)([\w:.-]+)[^<>]*>|<![^<>]*>|<\?[^<>]*\?>")
INLINE = frozenset(
    [
        *("a", "abbr", "b", "bdi", "bdo", "code", "em", "font", "i", "kbd", "mark", "r", "rpr"),
        *("rt", "s", "samp", "small", "span", "strong", "sub", "sup", "t", "tspan", "u", "var"),
        *("wbr", "prooferr", "lastrenderedpagebreak", "bookmarkstart", "bookmarkend"),
    ]
)
"""Elements, without their prefix, inside which a word goes on."""
DATA_URI = re.compile(
    r"data:([\w/+.-]+)?((?:;[\w=.-]+)*?)(;base64)?,([A-Za-z0-9+/=\s]{16,}|[^\s\"'<>)]{16,})"
)
BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{8,}={0,2}(?![\w+/=-])")
FOLDED = re.compile(
    r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{40,}(?:\r?\n|\\n)[ \t]*)+[A-Za-z0-9+/]+={0,2}"
)
BASE32 = re.compile(r"(?<![\w=])[A-Z2-7]{10,}={0,6}(?![\w=])")
HEXADECIMAL = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}){6,}(?![0-9A-Za-z])")
HEX_GROUPS = re.compile(
    r"(?<!\w)(?:(?:0x)?[0-9a-fA-F]{2}[ ,:-]{1,2}){5,}(?:0x)?[0-9a-fA-F]{2}(?!\w)"
)
CODES = re.compile(r"(?<![\w.])(?:(?:[3-9]\d|1[01]\d|12[0-6])\s?[,;]\s?){5,}\d\d(?![\w.])")
CSS_SIGNS = re.compile(r"(?:\\[0-9a-fA-F]{2,6} ?){6,}")
QUOTED85 = re.compile(r"[\"']([!-&(-~]{10,200})[\"']")
UUENCODED = re.compile(r"^begin [0-7]{3} [^\n]*\n((?:[ -`]+\r?\n)+)", re.MULTILINE)
PASTED = re.compile(r"([\"'`])\s*\+\s*([\"'`])")
"""Text coded for machines: in base64 (also over several lines), base32 or base85, as hexadecimal
digits or codes of signs, or as strings that are put together."""
BROKEN = re.compile(r"(?<=\d)[-‐‑\u00ad]\r?\n[ \t>]*(?=\d)")
"""A hyphen at the end of a line, inside a number."""
FORMULA = re.compile(r"(?<=\d)(?:\"[ \t]*(?:&|,|;)[ \t]*\"|[ \t]*&[ \t]*)(?=\d)")
"""What joins two parts of a number in a formula of a sheet."""
LONG = 16
"""Signs from which a run of base64 may be any file; a shorter one is looked at as a name."""
TIMES = 3
"""How often signs may be coded one over the other."""
NAME = re.compile(rb"(?=[ -~]*\d)[ -~]{6,}")
CONTAINERS = frozenset(
    [
        *(".parquet", ".feather", ".arrow", ".orc", ".avro", ".pkl", ".pickle", ".joblib", ".npy"),
        *(".npz", ".duckdb", ".sqlite", ".db", ".mdb", ".accdb", ".dta", ".sav", ".por", ".xpt"),
        *(".sas7bdat", ".rds", ".rda", ".rdata", ".h5", ".hdf5", ".xls", ".gz", ".bz2", ".xz"),
        *(".zst", ".lz4", ".lzma", ".7z", ".rar", ".tar", ".tgz", ".svgz"),
    ]
)
"""Raw data and archives, by the ends of their names."""
RAW = (
    *(b"PAR1", b"ARROW1", b"FEA1", b"ORC", b"Obj\x01", b"SQLite format 3", b"\x89HDF"),
    *(b"\x93NUMPY", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!"),
    *(b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"MSCF", b"RDX", b"RDA", b"$FL2", b"$FL3"),
    *(b"<stata_dta>", b"HEADER RECORD*******", b"\xff\xff\xff\xff", b"\x80\x02}", b"\x80\x03}"),
    *(
        b"\x80\x02]",
        b"\x80\x03]",
        b"\x80\x04\x95",
        b"\x80\x05\x95",
        bytes(12) + b"\xc2\xea\x81\x60",
    ),
)
"""First bytes of raw data and archives, whatever their name."""
NO_TEXT = frozenset({"Cc", "Cn", "Co", "Cs"})
"""Kinds of characters, by Unicode, that are in no text."""


def decoded(content: bytes) -> str:
    """Bytes as text, in the encoding their first bytes or their zeros tell."""
    for mark, name in BYTE_ORDERS:
        if content.startswith(mark):
            return content.decode(name, "replace")
    sample = content[:2000]
    if len(sample) >= 8:
        for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
            zeros = sample[start::2].count(0)
            if zeros > 0.4 * len(sample) / 2 and not sample[1 - start :: 2].count(0):
                return content.decode(name, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def plain(text: str) -> str:
    """Text without disguise: no colours, entities, escapes, invisible or wide characters."""
    return text if UNDISGUISED.fullmatch(text) else _undisguised(text)


UNDISGUISED = re.compile(r"[A-Za-z0-9æøåÆØÅ_ .,:;!?()/<>#*|–-]*")
"""Most cells and titles: signs on one line that no disguise is made of."""


@lru_cache(maxsize=64)
def _undisguised(text: str) -> str:
    text = BROKEN.sub("", COLOUR.sub("", text))
    for _ in range(TIMES):
        before = text
        if "&" in text:
            text = html.unescape(text)
        if "\\" in text:
            text = ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
            text = CSS_SIGNS.sub(_signs, text)
        if "=" in text:
            text = PRINTABLE.sub(lambda found: decoded(quopri.decodestring(found[0])), text)
        if "%" in text:
            text = PERCENT.sub(lambda found: decoded(unquote_to_bytes(found[0])), text)
        if text == before:
            break
    text = INVISIBLE.sub("", text)
    if "&" in text or "CONCAT" in text:
        text = FORMULA.sub("", text)
    return text if text.isascii() else LOOSE.sub("", unicodedata.normalize("NFKC", text))


BEFORE, AFTER = 120, 200
SHORTEST_TOLD = 8
"""Signs that it takes to tell something of somebody: «tlf» and a number, or «f.» and a date."""


def lines_once(text: str) -> tuple[str, str]:
    """The lines of a text that may tell something, each once, and the same in small letters."""
    lines = once(line for line in text.split("\n") if len(line) >= SHORTEST_TOLD)
    lower = lines.lower()
    return (lines if len(lower) == len(lines) else lower), lower


def around(told: tuple[str, str], words: Iterable[str]) -> list[str]:
    """What stands around some words on a line that `lines_once` gives, each text once.

    Long lines are cut; finding words first is many times as fast as an expression that asks for
    any of them.
    """
    text, lower = told
    spans: list[tuple[int, int]] = []
    for word in words:
        place = lower.find(word)
        while place >= 0:
            start = max(text.rfind("\n", max(0, place - BEFORE), place) + 1, place - BEFORE, 0)
            end = text.find("\n", place, place + AFTER)
            end = end if end >= 0 else place + AFTER
            spans.append((start, end))
            place = lower.find(word, end if end > place else place + 1)
    return list({text[start:end] for start, end in _joined(spans)})


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans without those that overlap; they become one."""
    whole = (-1, -1)
    for start, end in sorted(spans):
        if start < whole[1]:
            whole = (whole[0], max(end, whole[1]))
            continue
        if whole[1] >= 0:
            yield whole
        whole = (start, end)
    if whole[1] >= 0:
        yield whole


def _signs(found: re.Match[str]) -> str:
    """Signs written as codes in style sheets, or, where no code has other digits, as octal."""
    codes = re.findall(r"[0-9a-fA-F]+", found[0])
    base = 8 if all(re.fullmatch(r"[01][0-7]{2}", code) for code in codes) else 16
    numbers = [int(code, base) for code in codes]
    return "".join(chr(code) for code in numbers if code <= sys.maxunicode)


def without_tags(text: str) -> str:
    """Text of a mark-up: a word split by inline elements is whole, other elements end a line."""
    return TAG.sub(lambda found: "" if _inline(found) else "\n", text)


def _inline(found: re.Match[str]) -> bool:
    return (found[2] or "").rpartition(":")[2].lower() in INLINE


def attributes(text: str) -> str:
    """What stands inside the tags of a mark-up but for drawn lines, and in comments, one a line."""
    return "\n".join(dict.fromkeys(MARKED.findall(STROKES.sub("", text))))


MARKED = re.compile(r"<!--.*?-->|<[^<>]+>", re.DOTALL)
STROKES = re.compile(
    r"\b(?:d|points)=([\"'])(?:[MLHVCSQTAZmlhvcsqtaz\s,-]|(?<![\d.])\d{1,5}(?![\d])|\.\d+)*\1"
)
"""Where lines of a picture go; a longer number than there are points in a picture is none."""


def hidden(text: str) -> Iterator[tuple[str, bytes]]:
    """Files a text carries: media type ("" when unknown) and content.

    Data addresses but for the project's own typeface, and runs of base64 or hexadecimal digits
    that decode to text or to a known kind of file.
    """
    for kind, _, coded, data in DATA_URI.findall(text):
        content = _decoded64(data) if coded else unquote_to_bytes(data)
        if content in fonts.faces():
            continue
        yield (kind or "text/plain"), (content if content is not None else b"\x00")
    rest = pasted(DATA_URI.sub(" ", text))
    for found in set(BASE64.findall(rest)):
        if found[1:].isalpha() and found[1:].islower():
            continue
        content = _decoded64(found)
        if content and (_file(content) if len(found) >= LONG else NAME.fullmatch(content)):
            yield "", content
        elif content and (numbers := _numbers(content)):
            yield "text/csv", "\n".join(["x", *numbers]).encode()
    for found in FOLDED.findall(rest):
        content = _decoded64(found.replace("\\n", ""))
        if content and _file(content):
            yield "", content
    for found in set(BASE32.findall(rest)):
        with suppress(binascii.Error):
            content = base64.b32decode(found.rstrip("=") + "=" * (-len(found.rstrip("=")) % 8))
            if _readable(content):
                yield "", content
    for found in {*HEXADECIMAL.findall(rest), *HEX_GROUPS.findall(rest)}:
        content = bytes.fromhex(re.sub(r"0x|[ ,:-]", "", found))
        if _file(content):
            yield "", content
    for found in set(QUOTED85.findall(rest)):
        for decode in (base64.b85decode, base64.a85decode):
            with suppress(ValueError):
                content = decode(found)
                if NAME.fullmatch(content):
                    yield "", content
    for lines in UUENCODED.findall(rest):
        with suppress(binascii.Error):
            yield "", b"".join(binascii.a2b_uu(line) for line in lines.splitlines())
    for found in set(CODES.findall(rest)):
        yield "", bytes(map(int, re.findall(r"\d+", found)))


def _numbers(content: bytes) -> list[str]:
    """Bytes as an array of numbers of eight bytes, as charts hold them, where all make sense."""
    for kind in ("<i8", "<f8", ">i8", ">f8") if len(content) >= 32 and not len(content) % 8 else ():
        values = np.frombuffer(content, kind)
        size = np.abs(values)
        if np.all((size == 0) | (size > 1e-9) & (size < 1e15)):
            return [str(int(value) if value == int(value) else value) for value in values.tolist()]
    return []


def pasted(text: str) -> str:
    """Code with the strings it puts together as one."""
    return PASTED.sub("", text)


def without_data(text: str) -> str:
    """A text without its data addresses, whose digits mean nothing."""
    return DATA_URI.sub(" ", text)


def _decoded64(data: str) -> bytes | None:
    text = re.sub(r"\s", "", data).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None


def _readable(content: bytes) -> bool:
    """Whether bytes are text: signs and blanks of any language, nothing else."""
    if b"\0" in content[:2000]:
        text = decoded(content)
    else:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            return False
    return all(unicodedata.category(sign) not in NO_TEXT or sign in "\r\n\t" for sign in text)


def _file(content: bytes) -> bool:
    """Whether bytes are text, or begin as a file does that can be opened, or are packed."""
    if content.startswith((b"\x89PNG", b"PK\x03\x04", b"%PDF", b"\xff\xd8\xff", *RAW)):
        return True
    try:
        return bool(content.startswith(b"\x78") and zlib.decompress(content)) or _readable(content)
    except zlib.error:
        return _readable(content)


def once(texts: Iterable[str]) -> str:
    """Texts on a line each; what comes again says nothing new."""
    return "\n".join(dict.fromkeys(texts))
