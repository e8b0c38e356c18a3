"""What a report's Markdown holds, and the checks that it can be published."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypandoc

from naveval.project.errors import RenderError

READER = "markdown"
REFERENCE = re.compile(r"^(fig|tbl|sec)-")
FULL = re.compile(r"no space left on device|disk quota exceeded|os error 28", re.IGNORECASE)
SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
SCHEMES = ("https", "http", "mailto")
OWN_PICTURE = re.compile(r"figures/[\w.-]+\.png")
BIB_KEY = re.compile(r"^@\w+\{([^,\s]+)\s*,", re.MULTILINE)


@dataclass(frozen=True)
class Figure:
    """A figure: its label, caption, alternative text and picture file."""

    label: str
    caption: str
    alt: str
    file: str


@dataclass(frozen=True)
class Document:
    """What a document holds, in order of appearance.

    Attributes
    ----------
    figures
        Figures.
    tables
        (label, caption) of each table.
    sections
        (level, label, text) of each heading.
    references
        Labels referred to, `fig-`, `tbl-` or `sec-`, one entry per reference.
    citations
        Keys of works cited.
    links
        Addresses of links.
    pictures
        Files of all pictures, those in text and tables too.
    raw
        Parts in the language of an output format.
    """

    figures: tuple[Figure, ...]
    tables: tuple[tuple[str, str], ...]
    sections: tuple[tuple[int, str, str], ...]
    references: tuple[str, ...]
    citations: tuple[str, ...]
    links: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()


def pandoc(arguments: list[str], text: str = "", *, cwd: Path | None = None) -> str:
    """Run Pandoc from its wheel; RenderError with its message when it fails or warns."""
    done = subprocess.run(
        [pypandoc.get_pandoc_path(), *arguments],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
    )
    if done.returncode:
        require_room(done.stderr, "pandoc", cwd)
        raise RenderError(f"pandoc: {_lua_message(done.stderr)}")
    warnings = [line for line in done.stderr.splitlines() if line.startswith("[WARNING]")]
    if warnings:
        raise RenderError("pandoc: " + "; ".join(warnings))
    return done.stdout


def require_room(said: str, program: str, folder: Path | None) -> None:
    """Tell in plain words when a program failed for lack of room on the disk."""
    if FULL.search(said):
        raise RenderError(
            f"{program}: no room on the disk for {folder or 'its output'}; earlier reports are "
            "untouched. Make room (naveval clean removes what is kept between runs), or name "
            "another disk in NAVEVAL_OUT, then render again"
        )


def _lua_message(stderr: str) -> str:
    """What a filter said, without its place and stack; else Pandoc's own message."""
    found = re.search(r"\.lua:\d+: (.+)", stderr)
    return found.group(1) if found else stderr.strip()[:800]


def read(markdown: str) -> Document:
    """Parse Markdown into what it holds."""
    blocks = json.loads(pandoc(["-f", READER, "-t", "json"], markdown))["blocks"]
    nodes = list(_walk(blocks))
    cited = [
        citation["citationId"] for node in nodes if node["t"] == "Cite" for citation in node["c"][0]
    ]
    return Document(
        figures=tuple(_figure(node) for node in nodes if node["t"] == "Figure"),
        tables=tuple(
            (node["c"][0][0], _text(node["c"][1][1])) for node in nodes if node["t"] == "Table"
        ),
        sections=tuple(
            (node["c"][0], node["c"][1][0], _text(node["c"][2]))
            for node in nodes
            if node["t"] == "Header"
        ),
        references=tuple(key for key in cited if REFERENCE.match(key)),
        citations=tuple(key for key in cited if not REFERENCE.match(key)),
        links=tuple(node["c"][2][0] for node in nodes if node["t"] == "Link"),
        pictures=tuple(node["c"][2][0] for node in nodes if node["t"] == "Image"),
        raw=tuple(node["c"][1] for node in nodes if node["t"] in ("RawInline", "RawBlock")),
    )


def check(document: Document, folder: Path, bibliography: Path | None = None) -> None:
    """Refuse a document that a reader could not use.

    Parameters
    ----------
    folder
        Result folder that pictures are relative to.
    bibliography
        BibTeX file with the works that may be cited.

    Raises
    ------
    RenderError
        All faults at once: missing label, caption, alt text or picture; a label used twice;
        a reference to nothing; a work not in the bibliography; headings out of order; a link
        that runs a program, a picture from elsewhere, raw HTML or Typst.
    """
    faults = [
        *_figure_faults(document, folder),
        *(
            f"a table («{caption or 'no caption'}») has no label {{#tbl-…}}"
            for label, caption in document.tables
            if not label.startswith("tbl-")
        ),
        *(f"{label}: no caption" for label, caption in document.tables if label and not caption),
        *_reference_faults(document),
        *_citation_faults(document, bibliography),
        *_heading_faults(document),
        *_foreign_faults(document),
    ]
    if faults:
        raise RenderError("the report cannot be published:\n  " + "\n  ".join(faults))


def _figure_faults(document: Document, folder: Path) -> Iterator[str]:
    for figure in document.figures:
        name = figure.label or figure.file[:60]
        if not figure.label.startswith("fig-"):
            yield f"{name}: the figure has no label {{#fig-…}}"
        if not figure.caption:
            yield f"{name}: no caption"
        if not figure.alt.strip():
            yield f"{name}: no alternative text (fig-alt)"
        elif figure.alt.strip() == figure.caption:
            yield f"{name}: the alternative text repeats the caption; say what is shown"
        if not figure.file.endswith(".png"):
            yield f"{name}: {figure.file[:60]}: pictures are PNG; others may carry exact data"
        elif not (folder / figure.file).is_file():
            yield f"{name}: no picture {figure.file[:60]}"


def _labels(document: Document) -> list[str]:
    return [
        *(figure.label for figure in document.figures if figure.label),
        *(label for label, _ in document.tables if label),
        *(label for _, label, _ in document.sections),
    ]


def _reference_faults(document: Document) -> Iterator[str]:
    labels = Counter(_labels(document))
    yield from (
        f"{label}: label used {times} times" for label, times in labels.items() if times > 1
    )
    for label in sorted(set(document.references) - set(labels)):
        yield f"@{label}: refers to nothing in the report"


def _citation_faults(document: Document, bibliography: Path | None) -> Iterator[str]:
    known: set[str] = set()
    if bibliography and bibliography.is_file():
        known = set(BIB_KEY.findall(bibliography.read_text(encoding="utf-8")))
    for key in sorted(set(document.citations) - known):
        yield f"@{key}: not in {bibliography.name if bibliography else 'any bibliography'}"


def _heading_faults(document: Document) -> Iterator[str]:
    before = 1
    for level, _, text in document.sections:
        if level == 1:
            yield f"heading «{text}»: level 1 is the report's title; start at level 2 (##)"
        elif level > before + 1:
            yield f"heading «{text}»: level {level} follows level {before}"
        before = max(level, 2)


def _foreign_faults(document: Document) -> Iterator[str]:
    """What a report never has; text from data could otherwise bring it in."""
    for address in document.links:
        scheme = SCHEME.match(address)
        if scheme and scheme[1].lower() not in SCHEMES:
            yield f"link to {address[:60]}: allowed are {', '.join(SCHEMES)} and the report's files"
    for file in document.pictures:
        if not OWN_PICTURE.fullmatch(file):
            yield f"picture {file[:60]}: the report's pictures are figures/NAME.png"
    yield from (f"raw code: {text[:60]}" for text in document.raw)


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for child in node:
            yield from _walk(child)
    elif isinstance(node, dict):
        if "t" in node:
            yield node
        yield from _walk(node.get("c", []))


def _figure(node: dict[str, Any]) -> Figure:
    (label, _, _), caption, content = node["c"]
    image = next((child for child in _walk(content) if child["t"] == "Image"), None)
    if image is None:
        return Figure(label, _text(caption[1]), "", "")
    alt = dict(image["c"][0][2]).get("fig-alt", "")
    return Figure(label, _text(caption[1]), alt, image["c"][2][0])


def _text(nodes: Any) -> str:
    """Plain text of inlines or blocks."""
    parts = []
    for node in _walk(nodes):
        if node["t"] in ("Str",):
            parts.append(node["c"])
        elif node["t"] in ("Space", "SoftBreak", "LineBreak"):
            parts.append(" ")
        elif node["t"] in ("Code", "Math"):
            parts.append(node["c"][1])
    return "".join(parts).strip()
