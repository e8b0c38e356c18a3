"""«Ord og mål»: the words a report uses, explained in its annex and linked where they first stand.

All reports share `report/texts/glossary.yml`. A term is explained when one of its forms stands in
the report or its annex, and linked where it first stands in running text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from naveval.project import notebooks, paths
from naveval.project.errors import RenderError
from naveval.project.parameters import read_yaml
from naveval.publishing.markdown import Part

KEPT = re.compile(r"(\[[^\]]*\]\([^)]*\)|\[[^\]]*\]|\{[^}]*\}|`[^`]*`|\*\*.+?\*\*|@[\w-]+)")
"""Links, citations, attributes, code, key figures and references: no word in them is linked."""
MARKUP = re.compile(r"(\{[^}]*\}|\]\([^)]*\)|`[^`]*`|@[\w-]+)")
"""Attributes, addresses, code and references, in which no word is read."""
APART = ("#", "|", "!", ":", "[")
"""How paragraphs begin that are no running text: headings, tables, figures, captions, boxes."""


@dataclass(frozen=True)
class Term:
    """A word, the pattern of its forms, and what it means."""

    key: str
    name: str
    forms: re.Pattern[str]
    means: str


def file() -> Path:
    """Where the words stand."""
    return paths.texts_dir() / "glossary.yml"


def terms() -> list[Term]:
    """All terms; RenderError names one without a name, a meaning or a valid pattern."""
    found = []
    for key, entry in read_yaml(file())["terms"].items():
        try:
            name, means = str(entry["term"]), str(entry["means"])
            forms = re.compile(rf"\b(?:{entry.get('forms', name)})\b", re.IGNORECASE)
        except (KeyError, TypeError, re.error) as error:
            raise RenderError(f"{file()}: {key}: {error}") from None
        found.append(Term(key, name, forms, " ".join(means.split())))
    return found


def explained(parts: Sequence[Part], kind: str) -> tuple[Part, ...]:
    """The parts with the words they use listed at the end of the last one.

    Parameters
    ----------
    parts
        The report and, if there is one, its annex.
    kind
        "html" links the first use of each word in the report; a PDF has the list alone.
    """
    every = terms()
    texts = [MARKUP.sub(" ", cell["source"]) for part in parts for cell in part.cells]
    used = [term for term in every if any(map(term.forms.search, texts))]
    if not used:
        return tuple(parts)
    last, report = parts[-1], parts[0]
    words = read_yaml(file())
    text = f"## {words['heading']} {{#sec-words}}\n\n{words['intro']}\n\n{listed(used)}"
    cell = notebooks.text_cell("markdown", text, "glossary")
    if kind == "html":
        place = "" if last is report else f"{last.name}.{kind}"
        report = _linked(report, used, place)
    parts = (report, *parts[1:])
    return (*parts[:-1], replace(parts[-1], cells=(*parts[-1].cells, cell)))


def listed(words: Sequence[Term]) -> str:
    """A list of terms with their meanings, in Norwegian order."""
    norwegian = str.maketrans({"æ": "{", "ø": "|", "å": "}"})
    ordered = sorted(words, key=lambda term: term.name.lower().translate(norwegian))
    return "\n\n".join(f"[{one.name}]{{#ord-{one.key}}}\n:   {one.means}" for one in ordered)


def linked(text: str, page: str) -> str:
    """A paragraph with each word linked to its meaning on a page, where it first stands."""
    return _block(text, terms(), page)


def _is_text(block: str) -> bool:
    return not block.lstrip().startswith(APART)


def _linked(part: Part, used: Sequence[Term], place: str) -> Part:
    """The part with each word linked where it first stands in running text."""
    left = list(used)
    cells = []
    for cell in part.cells:
        blocks = cell["source"].split("\n\n")
        for number, block in enumerate(blocks):
            if _is_text(block):
                blocks[number] = _block(block, left, place)
        cells.append(cell | {"source": "\n\n".join(blocks)})
    return replace(part, cells=tuple(cells))


def _block(block: str, left: list[Term], place: str) -> str:
    """A paragraph with the words still `left` linked, which are then taken out of the list."""
    for term in list(left):
        pieces = KEPT.split(block)
        for number in range(0, len(pieces), 2):
            found = term.forms.search(pieces[number])
            if found:
                means = term.means.replace('"', "”")
                link = f'[{found[0]}]({place}#ord-{term.key} "{means}"){{.term}}'
                before, after = pieces[number][: found.start()], pieces[number][found.end() :]
                pieces[number] = before + link + after
                left.remove(term)
                break
        block = "".join(pieces)
    return block
