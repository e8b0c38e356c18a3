"""Notebooks as the JSON they are: reading cells, setting parameters, writing.

The format is nbformat 4. Its own library checks every file against a schema, which costs more
than a second in each process that only wants to see the cells.
"""

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

FORMAT = 4
MINOR = 5
PARAMETERS = "parameters"
INJECTED = "injected-parameters"


def read(file: Path) -> dict[str, Any]:
    """The notebook with `source` of each cell as one text, and its optional parts filled in.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        For a file that is no notebook of format 4.
    """
    book = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(book, dict) or book.get("nbformat") != FORMAT:
        raise ValueError(f"{file}: expected a notebook of format {FORMAT}")
    for cell in book["cells"]:
        cell["source"] = joined(cell["source"])
        cell.setdefault("metadata", {})
        if cell["cell_type"] == "code":
            cell.setdefault("outputs", [])
    return book


def write(book: Mapping[str, Any], file: Path) -> None:
    """Write a notebook as Jupyter does: sorted keys, texts split into lines."""
    split = deepcopy(dict(book))
    for cell in split["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
        for output in cell.get("outputs", []):
            if isinstance(output.get("text"), str):
                output["text"] = output["text"].splitlines(keepends=True)
            for kind, value in output.get("data", {}).items():
                if isinstance(value, str) and not kind.endswith("json"):
                    output["data"][kind] = value.splitlines(keepends=True)
    text = json.dumps(split, ensure_ascii=False, indent=1, sort_keys=True)
    file.write_text(text + "\n", encoding="utf-8")


def new(cells: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """A notebook of cells."""
    return {"cells": list(cells), "metadata": {}, "nbformat": FORMAT, "nbformat_minor": MINOR}


def text_cell(kind: str, source: str, name: str) -> dict[str, Any]:
    """A cell without code, "markdown" or "raw", with its id."""
    return {"cell_type": kind, "id": name, "metadata": {}, "source": source}


def tags(cell: Mapping[str, Any]) -> set[str]:
    return set(cell["metadata"].get("tags", ()))


def joined(text: str | list[str]) -> str:
    """A text of a notebook, which may be kept as a list of lines."""
    return text if isinstance(text, str) else "".join(text)


def with_parameters(book: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with a cell that sets parameters, right after the cell tagged `parameters`.

    The cell is the one papermill would add.

    Parameters
    ----------
    values
        Texts, numbers, booleans, None, and lists and mappings of them, by name.
    """
    kept = [cell for cell in book["cells"] if INJECTED not in tags(cell)]
    place = next((k + 1 for k, cell in enumerate(kept) if PARAMETERS in tags(cell)), 0)
    lines = [f"{name} = {_literal(value)}\n" for name, value in values.items()]
    added: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "id": INJECTED,
        "metadata": {"tags": [INJECTED]},
        "outputs": [],
        "source": "# Parameters\n" + "".join(lines),
    }
    return {**book, "cells": [*kept[:place], added, *kept[place:]]}


def _literal(value: Any) -> str:
    """A value as Python source."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, float) and not abs(value) < float("inf"):
        return f'float("{value}")'
    return repr(value)
