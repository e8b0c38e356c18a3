"""Notebooks read and written as JSON."""

from pathlib import Path

import nbformat
import pytest
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from naveval.project import catalogue, notebooks, paths

VALUES = {
    "county": "03",
    "text": 'said "æ"\\ and\nmore',
    "parts": ["a", "b"],
    "share": 0.2,
    "none": None,
    "yes": True,
    "nested": {"a": [["2017-12", "2019-11"]]},
}


@pytest.mark.parametrize("study", catalogue.names())
def test_reads_what_nbformat_reads(study: str) -> None:
    file = paths.notebook(study)
    theirs = nbformat.read(file, as_version=4)
    ours = notebooks.read(file)["cells"]
    assert [cell["source"] for cell in ours] == [cell.source for cell in theirs.cells]
    assert [notebooks.tags(cell) for cell in ours] == [
        set(cell.metadata.get("tags", ())) for cell in theirs.cells
    ]


def test_writes_what_nbformat_writes(tmp_path: Path) -> None:
    data = {"text/markdown": "a\nb", "text/plain": "c", "application/json": {"x": [1]}}
    outputs = [
        nbformat.v4.new_output("execute_result", data=data, execution_count=3),
        nbformat.v4.new_output("stream", name="stdout", text="one\ntwo\n"),
    ]
    cells = [
        nbformat.v4.new_markdown_cell("# Æ\n\ntext", id="a"),
        nbformat.v4.new_code_cell("x = 1\nx", outputs=outputs, execution_count=3, id="b"),
    ]
    book = nbformat.v4.new_notebook(cells=cells)
    nbformat.write(book, tmp_path / "theirs.ipynb")
    notebooks.write(notebooks.read(tmp_path / "theirs.ipynb"), tmp_path / "ours.ipynb")
    assert (tmp_path / "ours.ipynb").read_text() == (tmp_path / "theirs.ipynb").read_text()


def test_parameters_go_where_papermill_puts_them(tmp_path: Path) -> None:
    first = nbformat.v4.new_code_cell("county = ''", metadata={"tags": ["parameters"]})
    cells = [nbformat.v4.new_markdown_cell("a"), first, nbformat.v4.new_code_cell("county")]
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata.kernelspec = {"name": "python3", "language": "python", "display_name": "P"}
    nbformat.write(book, tmp_path / "book.ipynb")
    theirs = parameterize_notebook(load_notebook_node(str(tmp_path / "book.ipynb")), VALUES)
    ours = notebooks.with_parameters(notebooks.read(tmp_path / "book.ipynb"), VALUES)
    assert [notebooks.tags(cell) for cell in ours["cells"]] == [
        set(cell.metadata.get("tags", ())) for cell in theirs.cells
    ]
    values: list[dict[str, object]] = [{}, {}]
    exec(ours["cells"][2]["source"], values[0])
    exec(theirs.cells[2].source, values[1])
    for found in values:
        assert {name: found[name] for name in VALUES} == VALUES
    again = notebooks.with_parameters(ours, {"county": "11"})
    assert len(again["cells"]) == len(ours["cells"])
    assert again["cells"][2]["source"] == '# Parameters\ncounty = "11"\n'


def test_other_formats_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "old.ipynb"
    file.write_text('{"nbformat": 3, "worksheets": []}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"old\.ipynb: expected a notebook of format 4"):
        notebooks.read(file)
