"""Text as a reader or a program would find it: decoded, without disguise, with what it hides.

The same digits can stand in many forms: as UTF-16, as HTML entities, full-width, with soft
hyphens between, coloured for a terminal, coded in base64. `plain` undoes what shows the same
text, and `hidden` gives the files that a text carries.
"""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from naveval.project import fonts

BYTE_ORDERS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
COLOUR = re.compile(r"(?:\x1b|\\u001b|\\x1b)\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
INVISIBLE = re.compile("[\u00ad\u034f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")
TAG = re.compile(r"<(/?)([\w:.-]+)[^<>]*>|<![^<>]*>|<\?[^<>]*\?>")
INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "code",
        "em",
        "font",
        "i",
        "kbd",
        "mark",
        "r",
        "rpr",
        "rt",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "t",
        "tspan",
        "u",
        "var",
        "wbr",
        "prooferr",
        "lastrenderedpagebreak",
        "bookmarkstart",
        "bookmarkend",
    ]
)
"""Elements, without their prefix, inside which a word goes on."""
DATA_URI = re.compile(
    r"data:([\w/+.-]+)?((?:;[\w=.-]+)*?)(;base64)?,([A-Za-z0-9+/=\s]{16,}|[^\s\"'<>)]{16,})"
)
BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{16,}={0,2}(?![\w+/=-])")
HEXADECIMAL = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}){9,}(?![0-9A-Za-z])")
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
    return content.decode("utf-8", "replace")


def plain(text: str) -> str:
    """Text without disguise: no colours, entities, escapes, invisible or wide characters."""
    text = COLOUR.sub("", text)
    if "&" in text:
        text = html.unescape(text)
    if "\\" in text:
        text = ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    if "%" in text:
        text = PERCENT.sub(lambda found: decoded(unquote_to_bytes(found[0])), text)
    text = INVISIBLE.sub("", text)
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def without_tags(text: str) -> str:
    """Text of a mark-up: a word split by inline elements is whole, other elements end a line."""
    return TAG.sub(lambda found: "" if _inline(found) else "\n", text)


def _inline(found: re.Match[str]) -> bool:
    return (found[2] or "").rpartition(":")[2].lower() in INLINE


def attributes(text: str) -> str:
    """What stands inside the tags of a mark-up, and in its comments, one tag a line."""
    return "\n".join(re.findall(r"<!--.*?-->|<[^<>]+>", text, re.DOTALL))


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
    rest = DATA_URI.sub(" ", text)
    for found in BASE64.findall(rest):
        content = _decoded64(found)
        if content and (_readable(content) or _known(content)):
            yield "", content
    for found in HEXADECIMAL.findall(rest):
        content = bytes.fromhex(found)
        if _readable(content):
            yield "", content


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
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(unicodedata.category(sign) not in NO_TEXT or sign in "\r\n\t" for sign in text)


def _known(content: bytes) -> bool:
    return content.startswith(
        (b"\x89PNG", b"PK\x03\x04", b"%PDF", b"\x1f\x8b", b"PAR1", b"BZh", b"\xff\xd8\xff")
    ) or (len(content) > 2 and content[0] == 0x78 and content[1] in (0x01, 0x9C, 0xDA))
