"""What files are recognised by, and where in mark-up other content lies."""

import re

PLAIN_BINARY = (b"wOF2", b"wOFF", b"\0\x01\0\0", b"OTTO", b"GIF8", b"RIFF", b"\0\0\x01\0")
"""First bytes of typefaces and small pictures."""
ZIP_END = b"PK\x05\x06"
NO_SIGNS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
HTML_JSON = re.compile(
    r"<script\b[^>]*\btype=[\"']application/(?:[\w.-]+\+)?json[\"'][^>]*>(.*?)</script>",
    re.DOTALL | re.IGNORECASE,
)
ESCAPED_SIGN = re.compile(r"\\([!-/:-@\[-`{~}])")
"""A backslash that takes from a sign its meaning in Markdown; pipes keep theirs."""
EMPHASIS = re.compile(r"(\*{1,3}|__)(?=\S)([^*_\n]{1,80})(?<=\S)\1")
EMPHASIS_OF_ONE = re.compile(
    r"(?<!\w)[*_](?=\S)([^*_\n]{1,80})(?<=\S)[*_](?!\w)|"
    r"#(?:strong|emph|text|highlight|underline)(?:\([^)\n]*\))?\[([^\]\n]*)\]"
)
FENCED = re.compile(r"^(?:```|~~~)[^\n]*\n(.*?)^(?:```|~~~)", re.DOTALL | re.MULTILINE)
SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL | re.IGNORECASE)
COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
ATTRIBUTE = re.compile(r"\bdata-([A-Za-zæøåÆØÅ][\w.-]*)=[\"'](\d{1,2})[\"']")
TITLES = re.compile(
    r"<title\b[^>]*>([^<]*)</title>|\b(?:alt|title|aria-label)=\"([^\"]*)\"", re.IGNORECASE
)
BEHIND_MASK = re.compile(
    r"<td\b[^<>]*\bdata-[\w-]+=[\"'][0-4](?:\.0)?[\"'][^<>]*>\s*(?:&lt;|<(?=\s?\d)|[:*]+\s*<|\.\.)"
)
"""A cell that hides a small count and holds it in an attribute."""
SCRIPT = re.compile(
    r"<(script)\b(?![^>]*\bjson[\"'])[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE
)
PRINTED = re.compile(r"<(pre|textarea|template|code)\b[^>]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
OF_THINGS = re.compile(r"[ug]uid|hash|serienr")
"""Keys that name a thing where there is one of them, and persons where they head a column."""
HELD = re.compile(r"=(?:\"([\[{][^\"]{20,})\"|'([\[{][^']{20,})')")
INSIDE = re.compile(r"=\"([^\"]*&lt;[a-z!][^\"]*)\"", re.IGNORECASE)
NO_PROSE = re.compile(r"<(script|style|table|svg)(?![\w:-]).*?</\1>", re.DOTALL | re.IGNORECASE)
"""In OpenDocument `table:` and `style:` begin the names of thousands of elements."""
EMBEDDED = {
    "text/plain": ".txt",
    "png": ".png",
    "jpeg": ".jpg",
    "svg": ".svg",
    "pdf": ".pdf",
    "json": ".json",
    "csv": ".csv",
    "sheet": ".xlsx",
    "markdown": ".md",
    "html": ".html",
    "parquet": ".parquet",
}
"""Ends of names by media types, the first that a type holds."""
