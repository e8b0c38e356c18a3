"""Static checks that a finished report can be used by everyone.

They catch what a program can see without a browser; axe in a browser finds the rest.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from bs4 import BeautifulSoup

from naveval.errors import RenderError

UA_PART = re.compile(rb"<pdfuaid:part>1</pdfuaid:part>")


def require(file: Path) -> None:
    """Raise RenderError listing the faults of an HTML or PDF file, if it has any."""
    faults = html_faults(file) if file.suffix == ".html" else pdf_faults(file)
    if faults:
        raise RenderError(f"{file.name} is not accessible:\n  " + "\n  ".join(faults))


def html_faults(file: Path) -> list[str]:
    """Faults of a page: language, title, headings, alternative texts, tables, landmarks, links."""
    page = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
    return [
        *_page_faults(page),
        *_heading_faults(page),
        *_image_faults(page),
        *_table_faults(page),
        *_link_faults(page),
    ]


def pdf_faults(file: Path) -> list[str]:
    """Faults of a PDF: it must say that it is tagged as PDF/UA-1 (Typst has then checked it)."""
    content = file.read_bytes()
    faults = []
    if not content.startswith(b"%PDF-"):
        faults.append("not a PDF file")
    if not UA_PART.search(content):
        faults.append("not marked as PDF/UA-1")
    return faults


def _page_faults(page: BeautifulSoup) -> Iterator[str]:
    root = page.find("html")
    if not root or not root.get("lang"):
        yield "the page has no language"
    if not page.title or not page.title.get_text(strip=True):
        yield "the page has no title"
    for landmark in ("main", "footer"):
        if len(page.find_all(landmark)) != 1:
            yield f"the page has {len(page.find_all(landmark))} <{landmark}> elements, expected 1"


def _heading_faults(page: BeautifulSoup) -> Iterator[str]:
    levels = [int(tag.name[1]) for tag in page.find_all(re.compile("^h[1-6]$"))]
    if levels.count(1) != 1:
        yield f"the page has {levels.count(1)} level-one headings, expected 1"
    for before, level in pairwise(levels):
        if level > before + 1:
            yield f"a heading of level {level} follows one of level {before}"


def _image_faults(page: BeautifulSoup) -> Iterator[str]:
    for position, image in enumerate(page.find_all("img"), start=1):
        if not str(image.get("alt", "")).strip():
            yield f"picture {position} has no alternative text"


def _table_faults(page: BeautifulSoup) -> Iterator[str]:
    for position, table in enumerate(page.find_all("table"), start=1):
        heads = table.find_all("th")
        if not heads:
            yield f"table {position} has no header cells"
        if any(head.get("scope") not in ("col", "row") for head in heads):
            yield f"table {position} has header cells without scope"


def _link_faults(page: BeautifulSoup) -> Iterator[str]:
    ids = Counter(str(tag["id"]) for tag in page.find_all(id=True))
    yield from (f"id «{name}» is used {times} times" for name, times in ids.items() if times > 1)
    for link in page.find_all("a", href=True):
        target = str(link["href"])
        if target.startswith("#") and target != "#" and target[1:] not in ids:
            yield f"link to {target}, which is not in the page"
        if not link.get_text(strip=True) and not link.get("aria-label"):
            yield f"link to {target[:60]} has no text"
