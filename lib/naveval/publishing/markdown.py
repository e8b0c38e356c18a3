"""Markdown of an executed notebook: what a report and its annex are made from.

Code is never shown; of a cell's outputs only Markdown is. A text cell that begins with a heading
of level 1 opens the annex: what stands before it is the report, what follows is the annex. Both
engines read the text of a `Part`, or its notebook, which holds the same text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from naveval.project import formats, notebooks
from naveval.project.errors import RenderError

HIDDEN_TAGS = {"remove-cell", "interactive"}
UNRELEASED = ("image/", "text/html", "text/latex", "application/vnd.plotly")
LABEL = re.compile(r"\{#((?:fig|tbl)-[\w-]+)")
DATA_TEXT = {"fig": "Last ned tallene i figuren (CSV)", "tbl": "Last ned tabellen (CSV)"}
CITATION = re.compile(r"\[[^\]]*@(?!fig-|tbl-|sec-)\w[^\]]*\]")
WORKS_CITED = "## Kilder {#works-cited .unnumbered}\n\n::: {#refs}\n:::"
REPORT, ANNEX = "report", "annex"
OPENS_ANNEX = re.compile(r"# (?P<title>[^\n]+)")
SECTION = re.compile(r"^#{2,6} (?P<title>.+?) *\{#(?P<label>sec-[\w-]+)[^}]*\}", re.MULTILINE)
REFERENCE = re.compile(r"@((?:fig|tbl|sec)-\w+(?:-\w+)*)")
FIRST_HEADING = re.compile(r"(?P<marks>#{1,6}) ")
LAST_HEADING = re.compile(r"^(?P<marks>#{2,6}) [^\n]*\Z", re.MULTILINE)
NUMBERED = {"fig": "Figur", "tbl": "Tabell"}
PREFIX = {REPORT: "", ANNEX: "V"}
ELSEWHERE = {REPORT: "i rapporten", ANNEX: "i vedlegget"}


@dataclass(frozen=True)
class Part:
    """A document that a notebook becomes.

    Attributes
    ----------
    name
        "report" or "annex": its files are `report.html`, `annex.pdf` and so on.
    title
        The annex's heading; "" for the report.
    cells
        Text cells, in order.
    """

    name: str
    title: str
    cells: tuple[dict[str, Any], ...]

    @property
    def text(self) -> str:
        """All Markdown of the part."""
        return "\n\n".join(cell["source"] for cell in self.cells) + "\n"

    @property
    def book(self) -> dict[str, Any]:
        """The notebook with code and everything else that a report does not show taken out."""
        return notebooks.new(self.cells)

    @property
    def names(self) -> dict[str, str]:
        """What other parts call the figures, tables and labelled sections of this one."""
        found: dict[str, str] = {}
        for kind, name in NUMBERED.items():
            labels = [label for label in LABEL.findall(self.text) if label.startswith(kind)]
            found |= {
                label: f"{name}\u00a0{PREFIX[self.name]}{number}"
                for number, label in enumerate(labels, 1)
            }
        found |= {at["label"]: f"avsnittet «{at['title']}»" for at in SECTION.finditer(self.text)}
        return found


def read(notebook: Path) -> dict[str, Any]:
    """Read an executed notebook; RenderError when it is missing or unreadable."""
    try:
        return notebooks.read(notebook)
    except FileNotFoundError:
        raise RenderError(f"{notebook}: no executed notebook; run the study first") from None
    except Exception as error:
        raise RenderError(f"{notebook}: not a readable notebook: {error}") from None


def parts(
    notebook: Path, kind: str = "html", *, data_links: Mapping[str, str] | None = None
) -> tuple[Part, ...]:
    """The report and, when the notebook has one, the annex.

    Parameters
    ----------
    notebook
        Path of the executed notebook.
    kind
        Suffix of the files that references from one part to the other lead to.
    data_links
        Label to the CSV file that a link under the figure or table leads to.

    Raises
    ------
    RenderError
        For a cell that failed, was not executed, or shows something other than Markdown, and
        for a second annex.
    """
    cells = _without_empty(list(_texts(read(notebook), notebook, data_links or {})))
    opening = [i for i, cell in enumerate(cells) if OPENS_ANNEX.match(cell["source"])]
    if len(opening) > 1:
        raise RenderError(
            f"{notebook.name}: {len(opening)} headings of level 1; one opens the annex"
        )
    if not opening:
        return (Part(REPORT, "", _with_works(cells)),)
    first, heading = opening[0], OPENS_ANNEX.match(cells[opening[0]]["source"])
    assert heading is not None
    rest = cells[first]["source"][heading.end() :].strip()
    after = [cells[first] | {"source": rest}] if rest else []
    both = (
        Part(REPORT, "", _with_works(cells[:first])),
        Part(ANNEX, heading["title"].strip(), _with_works([*after, *cells[first + 1 :]])),
    )
    return tuple(_linked(part, other, kind) for part, other in zip(both, both[::-1], strict=True))


def _linked(part: Part, other: Part, kind: str) -> Part:
    """The part with links in the place of references to the other."""
    own, names = part.names, other.names

    def link(found: re.Match[str]) -> str:
        label = found[1]
        if label in own or label not in names:
            return found[0]
        where = "" if names[label][-1].isdigit() and other.name == ANNEX else ELSEWHERE[other.name]
        place = f"{other.name}.{kind}" + (f"#{label}" if kind == "html" else "")
        return f"[{names[label]}{' ' if where else ''}{where}]({place})"

    cells = [cell | {"source": REFERENCE.sub(link, cell["source"])} for cell in part.cells]
    return replace(part, cells=tuple(cells))


def _with_works(cells: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The cells, ended by the list of works when one is cited, as in [@key]."""
    texts = [cell["source"] for cell in cells]
    if not any(CITATION.search(text) for text in texts) or any("{#refs}" in t for t in texts):
        return tuple(cells)
    return (*cells, notebooks.text_cell("markdown", WORKS_CITED, "works-cited"))


def _texts(
    book: dict[str, Any], notebook: Path, links: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for position, cell in enumerate(book["cells"]):
        if HIDDEN_TAGS & notebooks.tags(cell):
            continue
        text = _cell_text(cell, f"{notebook.name}, cell {position}")
        if text:
            yield notebooks.text_cell(
                "markdown", text + _data_links(text, links), cell.get("id", "cell")
            )


def _without_empty(cells: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cells without headings that nothing stands under, as where there are too few persons."""
    kept: list[dict[str, Any]] = []
    following = ""
    for cell in reversed(cells):
        text = cell["source"]
        while (last := LAST_HEADING.search(text)) and _opens(following, len(last["marks"])):
            text = text[: last.start()].rstrip()
        if text:
            kept.append(cell | {"source": text})
            following = text
    return kept[::-1]


def _opens(text: str, level: int) -> bool:
    """Whether a text begins with a heading of this level or above, or there is none."""
    found = FIRST_HEADING.match(text)
    return not text or bool(found and len(found["marks"]) <= level)


def _cell_text(cell: dict[str, Any], where: str) -> str:
    if cell["cell_type"] == "markdown":
        return str(cell["source"]).strip()
    if cell["cell_type"] != "code":
        return ""
    parts = [_output_text(output, where) for output in cell["outputs"]]
    return "\n\n".join(part for part in parts if part)


def _output_text(output: dict[str, Any], where: str) -> str:
    if output["output_type"] == "error":
        raise RenderError(f"{where}: the cell failed with {output['ename']}; run the study again")
    if output["output_type"] not in ("display_data", "execute_result"):
        return ""
    if "text/markdown" in output["data"]:
        return notebooks.joined(output["data"]["text/markdown"]).strip()
    shown = [kind for kind in output["data"] if kind.startswith(UNRELEASED)]
    if shown:
        raise RenderError(
            f"{where}: shows {', '.join(sorted(shown))}; a report takes Markdown only: "
            "show tables and figures with study.show"
        )
    return ""


def _data_links(text: str, files: Mapping[str, str]) -> str:
    return "".join(
        f"\n\n::: {{.data-row}}\n[{DATA_TEXT[label[:3]]}]({files[label]}){{.data-link}}\n:::\n"
        for label in LABEL.findall(text)
        if label in files
    )


def plain(text: str) -> str:
    """A caption or note without Markdown, on one line.

    >>> plain('[Det falt [7,4]{key="tbl-2.effect"} %]{.finding} *Endring*')
    'Det falt 7,4 %. Endring'
    """
    text = re.sub(r"\[([^\[\]]*)\]\{\.finding\}", r"\1.", formats.plain(text))
    text = re.sub(r"\[([^\[\]]*)\]\{[^}]*\}", r"\1", text)
    text = re.sub(r"\s*\[@[^\]]*\]", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(?<!\\)[*`]|(?<!\\)(?<!\w)_|_(?!\w)", "", text)
    return " ".join(re.sub(r"\\([^\w\s])", r"\1", text).split())
