"""Markdown of an executed notebook: what a report is made from.

Code is never shown; of a cell's outputs only Markdown is. Both engines read the text that
`markdown` gives, or the notebook that `quiet_notebook` gives, which holds the same text.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from naveval.project import notebooks
from naveval.project.errors import RenderError

HIDDEN_TAGS = {"remove-cell", "interactive"}
UNRELEASED = ("image/", "text/html", "text/latex", "application/vnd.plotly")
LABEL = re.compile(r"\{#((?:fig|tbl)-[\w-]+)")
DATA_TEXT = {"fig": "Last ned tallene i figuren (CSV)", "tbl": "Last ned tabellen (CSV)"}
DATA_FOLDER = {"fig": "figures", "tbl": "tables"}
CITATION = re.compile(r"\[[^\]]*@(?!fig-|tbl-|sec-)\w[^\]]*\]")
WORKS_CITED = "## Kilder {#works-cited .unnumbered}\n\n::: {#refs}\n:::"


def read(notebook: Path) -> dict[str, Any]:
    """Read an executed notebook; RenderError when it is missing or unreadable."""
    try:
        return notebooks.read(notebook)
    except FileNotFoundError:
        raise RenderError(f"{notebook}: no executed notebook; run the study first") from None
    except Exception as error:
        raise RenderError(f"{notebook}: not a readable notebook: {error}") from None


def markdown(notebook: Path, *, data_links: bool = False) -> str:
    """All Markdown of an executed notebook, in order.

    Parameters
    ----------
    notebook
        Path of the executed notebook; files beside it are looked up for `data_links`.
    data_links
        Whether to put a link to the CSV file under each figure and table that has one.

    Raises
    ------
    RenderError
        For a cell that failed, was not executed, or shows something other than Markdown.
    """
    folder = notebook.parent if data_links else None
    return "\n\n".join(text for _, text in _texts(read(notebook), notebook, folder)) + "\n"


def quiet_notebook(notebook: Path, *, data_links: bool = False) -> dict[str, Any]:
    """The notebook with code and everything else that a report does not show taken out."""
    folder = notebook.parent if data_links else None
    return notebooks.new(
        notebooks.text_cell("markdown", text, cell.get("id", "cell"))
        for cell, text in _texts(read(notebook), notebook, folder)
    )


def _texts(
    book: dict[str, Any], notebook: Path, folder: Path | None
) -> Iterator[tuple[dict[str, Any], str]]:
    for position, cell in enumerate(book["cells"]):
        if HIDDEN_TAGS & notebooks.tags(cell):
            continue
        where = f"{notebook.name}, cell {position}"
        text = _cell_text(cell, where)
        if text:
            yield cell, text + (_data_links(text, folder) if folder else "")
    if _cites(book):
        yield notebooks.text_cell("markdown", "", "works-cited"), WORKS_CITED


def _cites(book: dict[str, Any]) -> bool:
    """Whether a work is cited, as in [@key]; the list of works then ends the report."""
    texts = [cell["source"] for cell in book["cells"] if cell["cell_type"] == "markdown"]
    return any(CITATION.search(text) for text in texts) and not any("{#refs}" in t for t in texts)


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
            "show tables with tables.show and figures with figures.show"
        )
    return ""


def _data_links(text: str, folder: Path) -> str:
    links = ""
    for label in LABEL.findall(text):
        kind = label[:3]
        file = f"{DATA_FOLDER[kind]}/{label}.csv"
        if (folder / file).is_file():
            links += f"\n\n::: {{.data-row}}\n[{DATA_TEXT[kind]}]({file}){{.data-link}}\n:::\n"
    return links
