"""The search index: an entry per section, figure and table, as a script that works from a folder.

Folding, stems, compounds, synonyms and misspellings are the work of `report/theme/search.js`; the
index says what an entry is, so that findings come before diagnostics.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bs4 import Tag

from naveval.project import parameters, paths
from naveval.project.errors import ParameterError
from naveval.publishing.audit import html

LONGEST = 5000
HEADINGS = ("h1", "h2", "h3")
EXHIBIT = re.compile(r"^(?:fig|tbl)-")
PAGE, FINDING, REST = "p", "f", "d"
"""What an entry is: a page or section, a figure or table, diagnostics and annexes."""


def entries(
    file: Path,
    address: str,
    mark: str = "",
    *,
    rest: Sequence[str] = (),
    annex: bool = False,
    unmarked: Collection[str] = (),
) -> list[dict[str, str]]:
    """Sections, figures and tables of a page: title, heading, address with anchor, text, kind.

    Parameters
    ----------
    address
        Where the page lies in the site.
    mark
        Put after the title, for example the notice on simulated registers.
    unmarked
        Figures and tables that the mark is not about; a section with these alone has none either.
    rest
        Headings of level 2 whose sections are diagnostics.
    annex
        Whether all of it is.
    """
    page = html.read(file)
    main = page.find("main") or page
    assert isinstance(main, Tag)
    name = html.visible_text(main.find("h1"))
    title = name + (f" ({mark})" if mark else "")
    found: list[dict[str, str]] = []
    holds: dict[int, set[bool]] = {}
    section: dict[str, str] | None = None
    kind = REST if annex else PAGE
    for element in main.find_all([*HEADINGS, "p", "li", "figcaption", "caption"]):
        if element.find_parent("nav") or element.find(class_="data-link"):
            continue
        told = html.visible_text(element)
        if element.name in HEADINGS:
            if element.name == "h2" and not annex:
                kind = REST if any(told.endswith(heading) for heading in rest) else PAGE
            anchor = str(element.get("id") or _section(element) or "")
            heading = "" if element.name == "h1" else told
            section = _entry(title, heading, address, anchor, kind)
            found.append(section)
        elif exhibit := _exhibit(element):
            if finding := element.find(class_="finding"):
                title_of = html.visible_text(finding)
                told = told.replace(title_of, f"{title_of}.", 1)
            other = exhibit in unmarked
            if section is not None:
                holds.setdefault(id(section), set()).add(other)
            own = _entry(
                name if other else title, told, address, exhibit, REST if kind == REST else FINDING
            )
            picture = element.parent.find("img") if element.parent else None
            own["x"] = str(picture.get("alt", "")) if picture else _groups(element)
            found.append(own)
        elif section is not None:
            section["x"] = re.sub(r"\s+", " ", f"{section['x']} {told}").strip()[:LONGEST]
    for entry in found:
        if holds.get(id(entry)) == {True}:
            entry["t"] = name
    return found


def led(found: Sequence[dict[str, str]], words: Mapping[str, str]) -> Sequence[dict[str, str]]:
    """The entries of a page with words that lead to them, though they may use others themselves.

    Parameters
    ----------
    words
        By anchor, "" for the page itself.
    """
    for entry in found:
        if told := words.get(entry["u"].partition("#")[2]):
            entry["s"] = told
    return found


def _entry(title: str, heading: str, address: str, anchor: str, kind: str) -> dict[str, str]:
    where = address + (f"#{anchor}" if anchor else "")
    return {"t": title, "h": heading, "u": where, "x": "", "k": kind}


def _exhibit(element: Tag) -> str:
    """The label of the figure or table that a caption belongs to; "" for other elements."""
    if element.name not in ("figcaption", "caption"):
        return ""
    holder = element.find_parent(id=EXHIBIT)
    return str(holder["id"]) if holder else ""


def _groups(caption: Tag) -> str:
    """The words of a table's cells, which name the groups it has; "" without a table."""
    table = caption.find_parent("table")
    cells = [html.visible_text(cell) for cell in table.find_all(("td", "th"))] if table else []
    named = dict.fromkeys(cell for cell in cells if not any(map(str.isdigit, cell)))
    return ". ".join(named)[:LONGEST]


def _section(heading: Tag) -> str:
    parent = heading.find_parent("section")
    return str(parent.get("id", "")) if parent else ""


def synonyms() -> list[list[str]]:
    """Groups of words that mean the same to who searches, from `report/texts/synonyms.yml`.

    Raises
    ------
    ParameterError
        When a group is not a list of at least two words.
    """
    file = paths.texts_dir() / "synonyms.yml"
    groups = parameters.read_yaml(file)["groups"]
    for group in groups:
        if (
            not isinstance(group, list)
            or len(group) < 2
            or not all(isinstance(w, str) for w in group)
        ):
            raise ParameterError(f"{file}: expected lists of at least two words; found {group}")
    return [list(group) for group in groups]


def script(found: Iterable[Mapping[str, str]]) -> str:
    """Index and synonyms as JavaScript, loaded with a plain script element."""
    return "".join(
        f"window.{name} = {_safe(content)};\n"
        for name, content in (("SOKEREGISTER", list(found)), ("SYNONYMER", synonyms()))
    )


def _safe(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/")
