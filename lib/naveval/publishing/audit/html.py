"""What can be seen in a page without a browser: accessibility, links, loose ends.

A report passes `accessibility` when it is rendered, and every page of a folder when it is
audited; axe in a browser finds the rest.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString

from naveval.publishing.audit.faults import Fault

HEADING = re.compile(r"^h[1-6]$")
NO_ZOOM = re.compile(r"user-scalable\s*=\s*no|maximum-scale\s*=\s*1\b")
VAGUE_LINKS = {"her", "les mer", "klikk her", "lenke", "link", "mer", "here", "more"}
BLOCKS = {
    "p",
    "li",
    "figcaption",
    "dd",
    "dt",
    "summary",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "div",
    "section",
    "article",
    "main",
    "blockquote",
    "label",
    "legend",
    "button",
    "option",
}
KEY = "data-key"
"""Attribute of a number in a report: the key of the released number it shows."""
NO_PROSE = {"table", "pre", "nav", "script", "style", "code", "math", "svg", "select"}
ADDRESSES = ("href", "src", "data", "poster", "action", "formaction")
STYLE_ADDRESS = re.compile(r"""(?:url\(\s*|@import\s+)["']?([^"')\s;]+)""")
LOOSE_ENDS = (
    (re.compile(r"\?@(?:fig|tbl|sec)-[\w-]+|(?<![\w.])@(?:fig|tbl|sec)-[\w-]+"), "reference"),
    (re.compile(r"\{#(?:fig|tbl|sec)-[^}]*\}|\{\.[\w-]+\}|^\s*:::", re.M), "Markdown"),
    (re.compile(r"\{\w+(?::\w+)?\}"), "unfilled field"),
    (re.compile(r"(?<![\w-])(?:nan|NaN|NaT|None|<NA>)(?![\w-])"), "missing value"),
)
"""Traces of references, Markdown, templates and missing values that were never resolved."""


@lru_cache(maxsize=16)
def _read(file: Path, _: float) -> BeautifulSoup:
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


def read(file: Path) -> BeautifulSoup:
    """A page parsed, from memory when the file has not changed."""
    return _read(file, file.stat().st_mtime)


def visible_text(element: Tag | None) -> str:
    """Text of an element with runs of blanks as one, the special one if there is one."""
    text = element.get_text(" ").strip() if element else ""
    return re.sub(r" *([ \u00a0\u202f]) *", r"\1", re.sub(r"[\t\r\n]", " ", text))


def accessibility(file: Path, name: str) -> list[Fault]:
    """Faults against WCAG 2.1 AA that show in the mark-up itself."""
    page = read(file)
    messages = [
        *_document(page),
        *_headings(page),
        *_pictures(page),
        *_tables(page),
        *_anchors(page),
        *_controls(page),
    ]
    return [Fault("accessibility", name, message) for message in messages]


def _document(page: BeautifulSoup) -> Iterator[str]:
    language = str(page.html.get("lang", "")) if page.html else ""
    if not language:
        yield "the page has no language"
    elif not language.lower().startswith(("nb", "no")):
        yield f"language is «{language}», expected nb"
    if not page.title or not page.title.get_text(strip=True):
        yield "the page has no title"
    for landmark in ("main", "footer"):
        if len(page.find_all(landmark)) != 1:
            yield f"the page has {len(page.find_all(landmark))} <{landmark}> elements, expected 1"
    viewport = page.find("meta", attrs={"name": "viewport"})
    if isinstance(viewport, Tag) and NO_ZOOM.search(str(viewport.get("content", ""))):
        yield "zooming is switched off"


def _headings(page: BeautifulSoup) -> Iterator[str]:
    found = page.find_all(HEADING)
    levels = [int(heading.name[1]) for heading in found]
    if levels.count(1) != 1:
        yield f"the page has {levels.count(1)} level-one headings, expected 1"
    for before, level in pairwise(levels):
        if level > before + 1:
            yield f"a heading of level {level} follows one of level {before}"
    yield from (f"an empty {heading.name}" for heading in found if not visible_text(heading))


def _pictures(page: BeautifulSoup) -> Iterator[str]:
    for position, image in enumerate(page.find_all("img"), start=1):
        if not str(image.get("alt", "")).strip():
            yield f"picture {position} has no alternative text"
    for drawing in page.find_all("svg"):
        named = drawing.get("aria-label") or drawing.get("aria-labelledby") or drawing.title
        if drawing.get("aria-hidden") != "true" and not named:
            yield "an svg without a name"


def _tables(page: BeautifulSoup) -> Iterator[str]:
    for position, table in enumerate(page.find_all("table"), start=1):
        heads = table.find_all("th")
        if not heads:
            yield f"table {position} has no header cells"
        if any(head.get("scope") not in ("col", "row") for head in heads):
            yield f"table {position} has header cells without scope"
        around = table.find_parent("figure") or table.find_parent(class_="table-scroll")
        if not (table.caption or around or table.get("aria-label") or table.get("aria-labelledby")):
            yield f"table {position}: no caption"


def _anchors(page: BeautifulSoup) -> Iterator[str]:
    ids = Counter(str(tag["id"]) for tag in page.find_all(id=True))
    yield from (f"id «{name}» is used {times} times" for name, times in ids.items() if times > 1)
    for link in page.find_all("a", href=True):
        target = str(link["href"])
        text = str(link.get("aria-label") or "").strip() or visible_text(link)
        if target.startswith("#") and target != "#" and target[1:] not in ids:
            yield f"link to {target}, which is not in the page"
        if not text:
            yield f"link to {target[:60]} has no text"
        elif text.lower() in VAGUE_LINKS:
            yield f"link to {target[:60]}: text «{text}» says nothing"


def _controls(page: BeautifulSoup) -> Iterator[str]:
    labelled = {str(label["for"]) for label in page.find_all("label", attrs={"for": True})}
    for control in page.find_all(["input", "select", "textarea"]):
        if control.get("type") in ("hidden", "submit", "button"):
            continue
        named = control.get("aria-label") or control.get("aria-labelledby")
        if not (named or control.find_parent("label") or control.get("id") in labelled):
            yield f"{control.name} «{control.get('id', '')}»: no label"
    for element in page.find_all(tabindex=re.compile(r"^\s*[1-9]")):
        yield f"{element.name}: tabindex {element['tabindex']} changes the order of the keyboard"


def _targets(page: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Kind of element and address of everything a page links to, shows or fetches."""
    for element in page.find_all(True):
        for attribute in ADDRESSES:
            if element.get(attribute):
                yield element.name, str(element[attribute])
        for part in str(element.get("srcset") or "").split(","):
            if part.strip() and not part.strip().startswith("data:"):
                yield element.name, part.split()[0]
        styles = element.get_text() if element.name == "style" else str(element.get("style") or "")
        for target in STYLE_ADDRESS.findall(styles):
            yield "style", target


def links(file: Path, name: str) -> list[Fault]:
    """Links and parts of a page that lead nowhere, and parts fetched from other hosts."""
    page, faults = read(file), []
    for kind, target in _targets(page):
        if not target or target.startswith(("data:", "mailto:", "#")):
            continue
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            if kind != "a":
                faults.append(Fault("links", name, f"{kind} fetched from {target[:80]}"))
            elif parts.scheme not in ("https", "http") or not parts.netloc:
                faults.append(Fault("links", name, f"{target[:80]}: not a link to the web"))
            continue
        message = _broken(file, parts.path, parts.fragment)
        if message:
            faults.append(Fault("links", name, f"{target[:80]}: {message}"))
    return faults


def _broken(file: Path, path: str, fragment: str) -> str:
    goal = file.parent / unquote(path) if path else file
    if goal.is_dir():
        return "leads to a folder; without a server that shows no page"
    if not goal.exists():
        return "no such file"
    if fragment and goal.suffix == ".html":
        wanted = unquote(fragment)
        other = read(goal)
        if not (other.find(id=wanted) or other.find(None, {"name": wanted})):
            return "no such place in the page"
    return ""


def references(file: Path, name: str) -> list[Fault]:
    """References, templates and missing values that were never resolved."""
    faults = []
    alts = [str(picture["alt"]) for picture in read(file).find_all("img", alt=True)]
    for text in [*prose(file), *captions(file), *alts]:
        for pattern, kind in LOOSE_ENDS:
            for found in pattern.findall(text):
                faults.append(Fault("references", name, f"{kind} «{found}» in «{text[:80]}»"))
    return faults


def prose(file: Path) -> Iterator[str]:
    """Running text of a page, block by block; no captions, tables, menus, code or keyed numbers."""
    yield from _blocks(file, captions=False)


def captions(file: Path) -> Iterator[str]:
    """Captions of a page, without keyed numbers."""
    yield from _blocks(file, captions=True)


def _blocks(file: Path, *, captions: bool) -> Iterator[str]:
    page = read(file)
    main = page.find("main") or page.body or page
    assert isinstance(main, Tag)
    blocks: dict[int, list[str]] = {}
    for text in main.find_all(string=True):
        parents = [parent for parent in text.parents if isinstance(parent, Tag)]
        if isinstance(text, PreformattedString) or any(map(_no_prose, parents)):
            continue
        block = next((parent for parent in parents if parent.name in BLOCKS), main)
        if (block.name == "figcaption") != captions:
            continue
        blocks.setdefault(id(block), []).append(str(text))
    for parts in blocks.values():
        yield re.sub(r"[ \t\r\n]+", " ", "".join(parts)).strip()


def _no_prose(element: Tag) -> bool:
    numbered = "header-section-number" in (element.get("class") or [])
    return element.name in NO_PROSE or numbered or element.has_attr(KEY)


def keyed(file: Path) -> Iterator[tuple[str, str]]:
    """Key and text of every number in prose and captions that carries one."""
    for element in read(file).select(f"[{KEY}]"):
        yield str(element[KEY]), visible_text(element)


def cells(file: Path) -> Iterator[tuple[str, str, str]]:
    """Label of the table, place («row,column») and text of every cell of labelled tables."""
    for outer in read(file).select("[id^=tbl-]"):
        table = outer if outer.name == "table" else outer.find("table")
        body = table.find("tbody") if isinstance(table, Tag) else None
        for row, line in enumerate(body.find_all("tr") if isinstance(body, Tag) else (), 1):
            for column, cell in enumerate(line.find_all(["td", "th"]), 1):
                yield str(outer["id"]), f"{row},{column}", visible_text(cell)


def alternatives(file: Path) -> Iterator[tuple[str, str]]:
    """Label and alternative text of every labelled figure."""
    for outer in read(file).select("[id^=fig-]"):
        for picture in outer.find_all("img", alt=True):
            yield str(outer["id"]), str(picture["alt"])
