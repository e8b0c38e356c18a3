"""Run a notebook's cells in the tests' own process, as a kernel would."""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from naveval.exhibits import opening
from naveval.exhibits.output import RESULT_VARIABLE, Block
from naveval.project import paths


def run(
    study: str, folder: Path, settings: Mapping[str, Any], parts: Sequence[str] = ()
) -> tuple[list[tuple[str, Block]], dict[str, Any]]:
    """Sources and blocks of the cells that show one, and all names afterwards.

    `settings` follow the parameters cell, in a cell of their own like papermill's.
    """
    names: dict[str, Any] = {"In": [""]}
    shown = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(RESULT_VARIABLE, str(folder))
        patch.setattr(opening, "shell", lambda: SimpleNamespace(user_ns=names))
        for cell in nbformat.read(paths.notebook(study), as_version=4).cells:
            tags = cell.metadata.get("tags", [])
            own = {tag.removeprefix("part:") for tag in tags if tag.startswith("part:")}
            if (
                cell.cell_type != "code"
                or "explore" in tags
                or (parts and own and not own & set(parts))
            ):
                continue
            value = display(cell.source, names)
            if "parameters" in tags:
                display("\n".join(f"{key} = {value!r}" for key, value in settings.items()), names)
            if isinstance(value, Block):
                shown.append((cell.source, value))
    return shown, names


def display(source: str, names: dict[str, Any]) -> Any:
    """Run a cell and return the value of its last expression."""
    names["In"].append(source)
    tree = ast.parse(source)
    last = tree.body.pop().value if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last), "cell", "eval"), names) if last else None
