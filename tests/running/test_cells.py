"""Cells executed in this process, as a kernel would."""

from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from naveval.project import notebooks
from naveval.running import cells

SHOWING = [
    "import sys\nx = 2",
    "x + 1",
    "x + 1; None",
    "print('out')\nprint('err', file=sys.stderr)\nx",
    "from IPython.display import Markdown, display\ndisplay(Markdown('**a**'))\nMarkdown('b')",
    "",
    "def f():\n    return __name__\nf()",
    "get_ipython().user_ns['x'], [name for name in In if name][:1]",
]


def book(tmp_path: Path, *sources: str) -> dict[str, Any]:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    made.cells.insert(1, nbformat.v4.new_markdown_cell("text"))
    nbformat.write(made, tmp_path / "book.ipynb")
    return notebooks.read(tmp_path / "book.ipynb")


def test_cells_show_what_they_show_in_a_kernel(tmp_path: Path) -> None:
    ours = book(tmp_path, *SHOWING)
    steps: list[tuple[int, int]] = []
    assert cells.execute(ours, lambda done, total: steps.append((done, total))) is None
    theirs = nbformat.read(tmp_path / "book.ipynb", as_version=4)
    nbclient.NotebookClient(theirs, kernel_name="python3").execute()
    for mine, other in zip(ours["cells"], theirs.cells, strict=True):
        if mine["cell_type"] == "code" and mine["source"]:
            assert mine["outputs"] == other.outputs
            assert mine["execution_count"] == other.execution_count
    assert steps[-1] == (len(SHOWING) + 1, len(SHOWING) + 1)
    notebooks.write(ours, tmp_path / "done.ipynb")
    nbformat.validate(nbformat.read(tmp_path / "done.ipynb", as_version=4))


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("1 / 0", cells.CellFault(2, "ZeroDivisionError", "division by zero", False)),
        ("x =", cells.CellFault(2, "SyntaxError", "", False)),
        (
            "from naveval.project.errors import ContractError\nraise ContractError('a.csv')",
            cells.CellFault(2, "ContractError", "a.csv", True),
        ),
    ],
)
def test_first_failure_ends_the_execution(
    tmp_path: Path, source: str, fault: cells.CellFault, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = book(tmp_path, "x = 1", source, "raise SystemError")
    found = cells.execute(ours)
    assert found is not None
    assert (found.cell, found.kind, found.ours) == (fault.cell, fault.kind, fault.ours)
    assert fault.message in found.message
    assert capsys.readouterr() == ("", "")


def test_interrupts_and_exits_are_passed_on(tmp_path: Path) -> None:
    for kind in (KeyboardInterrupt, SystemExit):
        with pytest.raises(kind):
            cells.execute(book(tmp_path, f"raise {kind.__name__}"))


def test_one_execution_leaves_no_names_to_the_next(tmp_path: Path) -> None:
    assert cells.execute(book(tmp_path, "mine = 1")) is None
    found = cells.execute(book(tmp_path, "mine"))
    assert found is not None
    assert found.kind == "NameError"
