"""The typeface of figures, pages and PDFs: Source Sans Pro, from its wheel.

The font has the SIL Open Font License, which lets documents carry it.
"""

import base64
import io
import re
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from naveval.project import store
from naveval.project.errors import RenderError

FAMILY = "Source Sans Pro"
PACKAGE = "font_source_sans_pro"
FACES = {  # style to weight and slant
    "Regular": (400, "normal"),
    "It": (400, "italic"),
    "Semibold": (600, "normal"),
    "Bold": (700, "normal"),
}
# Latin, spaces and dashes, the euro, arrows, and signs of mathematics used in reports.
RANGES = ((0x20, 0x17F), (0x2000, 0x206F), (0x20AC, 0x20AC), (0x2190, 0x2193), (0x2200, 0x226F))


def folder() -> Path:
    """Folder of the font files; RenderError when the package is missing."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise RenderError(f"package {PACKAGE.replace('_', '-')}: not installed; run make setup")
    return Path(found.origin).parent / "files"


def files() -> dict[str, Path]:
    """Style to its TrueType file."""
    return {style: folder() / f"SourceSansPro-{style}.ttf" for style in FACES}


@lru_cache(maxsize=1)
def css() -> str:
    """Style sheet with the faces inside it, reduced to the characters that reports use."""
    return store.cached("fonts", _css, key={"version": version(PACKAGE)}, code=[__name__])


@lru_cache(maxsize=1)
def faces() -> frozenset[bytes]:
    """The files inside `css`, which say nothing about anybody."""
    return frozenset(base64.b64decode(data) for data in re.findall(r"base64,([^)]+)\)", css()))


def _css() -> str:
    faces = []
    for style, file in files().items():
        weight, slant = FACES[style]
        data = base64.b64encode(_reduced(file)).decode()
        faces.append(
            f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; font-style: {slant}; '
            f'font-display: swap; src: url(data:font/woff;base64,{data}) format("woff"); }}'
        )
    return "\n".join(faces) + "\n"


def _reduced(file: Path) -> bytes:
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options(flavor="woff", layout_features=["kern", "liga", "lnum", "tnum"])
    made = subset.Subsetter(options)
    made.populate(unicodes=[code for low, high in RANGES for code in range(low, high + 1)])
    font = TTFont(file, recalcTimestamp=False)
    made.subset(font)
    font.flavor = "woff"
    stream = io.BytesIO()
    font.save(stream)
    return stream.getvalue()
