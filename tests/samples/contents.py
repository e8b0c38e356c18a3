"""What a reader finds in a finished HTML report, in the same form for both engines."""

from copy import copy
from dataclasses import dataclass
from pathlib import Path

from bs4.element import Tag

from naveval.publishing.audit import html

PADDING = "\u2007\u2008"


@dataclass(frozen=True)
class Contents:
    """Contents of a report in order of appearance.

    Attributes
    ----------
    title
        The level-one heading.
    headings
        (level, text).
    figures
        (label, caption with number, alternative text).
    tables
        (label, caption with number, rows of cell texts with the header first).
    references
        (text, label) of links to figures, tables and sections in the text.
    paragraphs
        Texts of paragraphs and list items outside figures and tables.
    """

    title: str
    headings: tuple[tuple[int, str], ...]
    figures: tuple[tuple[str, str, str], ...]
    tables: tuple[tuple[str, str, tuple[tuple[str, ...], ...]], ...]
    references: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...]


def read_html(file: Path) -> Contents:
    """Read the contents of an HTML report made by either engine."""
    page = copy(html.read(file))  # what is kept in memory stays whole
    main = page.find("main") or page
    for outside in main.find_all("nav"):
        outside.decompose()
    title = main.find("h1")
    headings = main.find_all(["h2", "h3", "h4", "h5", "h6"])
    figures = [_float(tag) for tag in main.find_all("figure")]
    links = main.find_all("a", href=lambda link: bool(link) and link.startswith("#"))
    paragraphs = main.find_all(["p", "li"])
    return Contents(
        title=_text(title) if title else "",
        headings=tuple((int(tag.name[1]), _text(tag)) for tag in headings),
        figures=tuple(
            (label, caption, str(image.get("alt", "")))
            for label, caption, tag in figures
            if (image := tag.find("img"))
        ),
        tables=tuple(
            (label, caption, _rows(table))
            for label, caption, tag in figures
            if (table := tag.find("table"))
        ),
        references=tuple((_text(link), str(link["href"])[1:]) for link in links),
        paragraphs=tuple(_text(tag) for tag in paragraphs if not tag.find_parent("figure")),
    )


def _float(tag: Tag) -> tuple[str, str, Tag]:
    """Label, caption and tag of a figure element; Quarto has the label on the div around."""
    caption = tag.find("figcaption")
    holder = tag if tag.get("id") else tag.find_parent("div", id=True)
    label = str(holder["id"]) if holder else ""
    return label, _text(caption) if caption else "", tag


def _rows(table: Tag) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(_text(cell) for cell in row.find_all(["th", "td"])) for row in table.find_all("tr")
    )


def _text(tag: Tag) -> str:
    """Text with white space as a reader sees it; thin and other no-break spaces are kept."""
    text = tag.get_text().strip(PADDING)
    return " ".join(part for part in text.replace("\n", " ").split(" ") if part)
