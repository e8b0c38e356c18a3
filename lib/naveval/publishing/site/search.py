"""The search index: an entry per section, figure and table, as a script that works from a folder.

Folding, stems, compounds, synonyms and misspellings are the work of `report/theme/search.js`; the
index says what an entry is, so that findings come before diagnostics.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from bs4 import Tag

from naveval.project import parameters, paths
from naveval.project.errors import ParameterError
from naveval.publishing import downloads
from naveval.publishing.audit import html
from naveval.publishing.glossary import Term

LONGEST = 5000
HEADINGS = ("h1", "h2", "h3")
EXHIBIT = re.compile(r"^(?:fig|tbl)-")
ORIGINS = ("simulated", "published")
KEYED = f"[{html.KEY}]"
SIMULATED_FILE = f'a[href*="-{downloads.SIMULATED}."]'
AUTHOR = "institution"
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
    silent: bool = True,
) -> list[dict[str, str]]:
    """Sections, figures and tables of a page: title, heading, address with anchor, text, kind.

    Parameters
    ----------
    address
        Where the page lies in the site.
    mark
        Put after the title of what shows simulated numbers, for example the notice on simulated
        registers. A section shows those its text and its figures and tables are filled with, or
        else those of the sections below it.
    unmarked
        Figures and tables that the mark is not about.
    silent
        Whether a section that shows no numbers has the mark, and figures and tables say
        nothing of themselves. Elsewhere lines on the page say what its parts rest on.
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
    sections: list[_Section] = []
    section: dict[str, str] | None = None
    kind = REST if annex else PAGE
    for element in main.find_all(
        [*HEADINGS, "p", "li", "figcaption", "caption", _is_mark, _is_row]
    ):
        if element.find_parent("nav") or element.find(class_="data-link"):
            continue
        if element.name == "tr":
            found.append(_row(name, element, address, kind))
            continue
        told = html.visible_text(element)
        if element.name in HEADINGS:
            if element.name == "h2" and not annex:
                kind = REST if any(told.endswith(heading) for heading in rest) else PAGE
            anchor = str(element.get("id") or _section(element) or "")
            heading = "" if element.name == "h1" else told
            section = _entry(title, heading, address, anchor, kind)
            found.append(section)
            sections.append(_Section(section, int(element.name[1]), set()))
            continue
        if sections:
            sections[-1].simulated.update(_origins(element, unmarked))
        if element.name == "div":
            continue
        if exhibit := _exhibit(element):
            if finding := element.find(class_="finding"):
                title_of = html.visible_text(finding)
                told = told.replace(title_of, f"{title_of}.", 1)
            other = exhibit in unmarked or not silent
            if sections and silent:
                sections[-1].simulated.add(not other)
            own = _entry(
                name if other else title, told, address, exhibit, REST if kind == REST else FINDING
            )
            picture = element.parent.find("img") if element.parent else None
            own["x"] = str(picture.get("alt", "")) if picture else _groups(element)
            found.append(own)
        elif section is not None:
            section["x"] = re.sub(r"\s+", " ", f"{section['x']} {told}").strip()[:LONGEST]
    for place, one in enumerate(sections):
        if not (any(shown) if (shown := _shown(sections, place)) else silent):
            one.entry["t"] = name
    return found


@dataclass(frozen=True)
class _Section:
    """The entry and level of a section, and whether numbers it shows are simulated."""

    entry: dict[str, str]
    level: int
    simulated: set[bool]


def _shown(sections: Sequence[_Section], place: int) -> set[bool]:
    """Whether the numbers of a section, or else of those below it, are simulated; {} for none."""
    own = sections[place]
    below = takewhile(lambda one: one.level > own.level, sections[place + 1 :])
    return own.simulated or set().union(*(one.simulated for one in below))


def _is_mark(element: Tag) -> bool:
    return element.name == "div" and "mark" in element.get_attribute_list("class")


def _is_row(element: Tag) -> bool:
    """Whether a row of a table can be led to, as each of many projects."""
    return element.name == "tr" and bool(element.get("id"))


def _row(title: str, row: Tag, address: str, kind: str) -> dict[str, str]:
    """An entry of a row: its heading, and what its other cells say, authors' names left out.

    Beside a finding on recipients, a name would read as that of a person the finding is about.
    """
    every = [cell for cell in row.find_all(("th", "td")) if cell.get("data-name") != AUTHOR]
    head, *cells = map(html.visible_text, every)
    return _entry(title, head, address, str(row["id"]), kind) | {"x": ". ".join(cells)[:LONGEST]}


def _origins(element: Tag, unmarked: Collection[str]) -> set[bool]:
    """Whether what an element is filled with is simulated: a mark, keys of numbers, files."""
    classes = element.get_attribute_list("class")
    found = {kind == "simulated" for kind in ORIGINS if f"mark-{kind}" in classes}
    labels = {str(number[html.KEY]).partition(".")[0] for number in element.select(KEYED)}
    found |= {label not in unmarked for label in labels if EXHIBIT.match(label)}
    return found | ({True} if element.select_one(SIMULATED_FILE) else set())


def words(terms: Iterable[Term], title: str, address: str) -> list[dict[str, str]]:
    """An entry per word of the glossary, which leads to its meaning."""
    return [
        _entry(title, one.name, address, f"ord-{one.key}", PAGE) | {"x": one.means} for one in terms
    ]


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
    """The words of a table's cells, which name the groups it has; "" without a table.

    Engines put the caption in the table, or before it in what holds both.
    """
    holder = caption.find_parent(id=EXHIBIT)
    table = caption.find_parent("table") or (holder.find("table") if holder else None)
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
