"""Markdown of executed notebooks, and the checks before anything is rendered."""

import nbformat
import pytest
from render_sample import make_sample

from naveval.project.errors import RenderError
from naveval.publishing import document, markdown


def write(folder, *cells):
    file = folder / "executed.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), file)
    return file


def shown(kind, data, **options):
    output = nbformat.v4.new_output(kind, data=data, **options)
    return nbformat.v4.new_code_cell("secret_code()", outputs=[output])


@pytest.fixture
def sample(tmp_path):
    return make_sample(tmp_path / "result")


def test_code_streams_and_plain_text_are_left_out(sample):
    text = markdown.markdown(sample / "executed.ipynb")
    for hidden in ("tables.show", "FutureWarning", "Block(markdown", "bare for utforsking"):
        assert hidden not in text
    assert "## Resultater" in text
    assert "{#tbl-wide}" in text


def test_quiet_notebook_holds_the_same_text(sample):
    file = sample / "executed.ipynb"
    book = markdown.quiet_notebook(file, data_links=True)
    joined = "\n\n".join(cell["source"] for cell in book["cells"]) + "\n"
    assert joined == markdown.markdown(file, data_links=True)
    assert {cell["cell_type"] for cell in book["cells"]} == {"markdown"}
    nbformat.validate(nbformat.from_dict(book))


def test_data_links_only_for_files_that_exist(sample):
    text = markdown.markdown(sample / "executed.ipynb", data_links=True)
    assert "(figures/fig-4.csv)" in text
    assert "(tables/tbl-1.csv)" in text
    assert "tbl-2.csv" not in text


def test_failed_cell_is_refused_without_its_traceback(tmp_path):
    failure = nbformat.v4.new_output(
        "error", ename="ValueError", evalue="person 12345", traceback=["…"]
    )
    file = write(tmp_path, nbformat.v4.new_code_cell("x", outputs=[failure]))
    with pytest.raises(RenderError, match="cell 0: the cell failed with ValueError") as caught:
        markdown.markdown(file)
    assert "12345" not in str(caught.value)


@pytest.mark.parametrize("kind", ["text/html", "image/png", "image/svg+xml"])
def test_unreleased_output_is_refused(tmp_path, kind):
    file = write(tmp_path, shown("display_data", {kind: "<b>person</b>"}))
    with pytest.raises(RenderError, match="a report takes Markdown only"):
        markdown.markdown(file)


def test_missing_and_broken_notebook(tmp_path):
    with pytest.raises(RenderError, match="run the study first"):
        markdown.markdown(tmp_path / "executed.ipynb")
    (tmp_path / "executed.ipynb").write_text("{")
    with pytest.raises(RenderError, match="not a readable notebook"):
        markdown.markdown(tmp_path / "executed.ipynb")


def test_document_says_what_it_holds(sample):
    found = document.read(markdown.markdown(sample / "executed.ipynb"))
    assert [figure.label for figure in found.figures] == ["fig-4", "fig-5"]
    assert found.figures[0].caption == "Overgang til arbeid i Hedmark, 2014–2019"
    assert found.figures[0].alt.startswith("Linjediagram.")
    assert [label for label, _ in found.tables] == ["tbl-1", "tbl-2", "tbl-wide"]
    assert found.sections[0] == (2, "sec-summary", "Sammendrag")
    assert set(found.references) == {"tbl-1", "fig-4", "fig-5", "sec-results", "tbl-wide"}
    assert set(found.citations) == {"hendren2020"} | set(found.citations)


PICTURE = "![Tekst](figures/fig-4.png)"
FAULTS = {
    "@fig-99: refers to nothing": "Se @fig-99.",
    "@sec-none: refers to nothing": "Se @sec-none.",
    "fig-9: no alternative text": PICTURE + "{#fig-9}",
    "fig-9: the alternative text repeats the caption": PICTURE + '{#fig-9 fig-alt="Tekst"}',
    "the figure has no label": PICTURE + '{fig-alt="Viser noe"}',
    "fig-9: no picture figures/none.png": '![T](figures/none.png){#fig-9 fig-alt="Viser"}',
    "fig-9: figures/a.svg: pictures are PNG": '![T](figures/a.svg){#fig-9 fig-alt="Viser"}',
    "has no label {#tbl-…}": "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n: Uten merke",
    "tbl-1: label used 2 times": "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n: Igjen {#tbl-1}",
    "level 4 follows level 2": "## To\n\n#### Fire",
    "level 1 is the report's title": "# En",
    "@nobody2001: not in references.bib": "Som vist [@nobody2001].",
}


@pytest.mark.parametrize("message", FAULTS)
def test_each_fault_is_named(tmp_path, message):
    folder = make_sample(tmp_path / "result", extra=FAULTS[message])
    found = document.read(markdown.markdown(folder / "executed.ipynb"))
    from naveval.project import paths

    with pytest.raises(RenderError) as caught:
        document.check(found, folder, paths.report_dir() / "references.bib")
    assert message in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path):
    folder = make_sample(tmp_path / "result", extra="@fig-98, @fig-99.\n\n# En")
    found = document.read(markdown.markdown(folder / "executed.ipynb"))
    with pytest.raises(RenderError) as caught:
        document.check(found, folder, None)
    for part in ("fig-98", "fig-99", "level 1", "any bibliography"):
        assert part in str(caught.value)
