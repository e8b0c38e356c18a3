"""Markdown of executed notebooks, and the checks before anything is rendered."""

import nbformat
import pytest
from render_sample import make_sample

from naveval.project.errors import RenderError
from naveval.publishing import document, markdown

LINKS = {"fig-4": "data/figur-1.csv", "tbl-1": "data/tabell-1.csv"}


def write(folder, *cells):
    file = folder / "executed.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), file)
    return file


def shown(kind, data, **options):
    output = nbformat.v4.new_output(kind, data=data, **options)
    return nbformat.v4.new_code_cell("secret_code()", outputs=[output])


def whole(file, **options):
    (report,) = markdown.parts(file, **options)
    return report.text


@pytest.fixture
def sample(tmp_path):
    return make_sample(tmp_path / "result")


def test_code_streams_and_plain_text_are_left_out(sample):
    text = whole(sample / "executed.ipynb")
    for hidden in ("tables.show", "FutureWarning", "Block(markdown", "bare for utforsking"):
        assert hidden not in text
    assert "## Resultater" in text
    assert "{#tbl-wide}" in text


def test_quiet_notebook_holds_the_same_text(sample):
    file = sample / "executed.ipynb"
    book = markdown.parts(file, data_links=LINKS)[0].book
    joined = "\n\n".join(cell["source"] for cell in book["cells"]) + "\n"
    assert joined == whole(file, data_links=LINKS)
    assert {cell["cell_type"] for cell in book["cells"]} == {"markdown"}
    nbformat.validate(nbformat.from_dict(book))


def test_data_links_only_for_files_that_exist(sample):
    text = whole(sample / "executed.ipynb", data_links=LINKS)
    assert "(data/figur-1.csv)" in text
    assert "(data/tabell-1.csv)" in text
    assert "tbl-2.csv" not in text


def test_failed_cell_is_refused_without_its_traceback(tmp_path):
    failure = nbformat.v4.new_output(
        "error", ename="ValueError", evalue="person 12345", traceback=["…"]
    )
    file = write(tmp_path, nbformat.v4.new_code_cell("x", outputs=[failure]))
    with pytest.raises(RenderError, match="cell 0: the cell failed with ValueError") as caught:
        whole(file)
    assert "12345" not in str(caught.value)


@pytest.mark.parametrize("kind", ["text/html", "image/png", "image/svg+xml"])
def test_unreleased_output_is_refused(tmp_path, kind):
    file = write(tmp_path, shown("display_data", {kind: "<b>person</b>"}))
    with pytest.raises(RenderError, match="a report takes Markdown only"):
        whole(file)


def test_missing_and_broken_notebook(tmp_path):
    with pytest.raises(RenderError, match="run the study first"):
        whole(tmp_path / "executed.ipynb")
    (tmp_path / "executed.ipynb").write_text("{")
    with pytest.raises(RenderError, match="not a readable notebook"):
        whole(tmp_path / "executed.ipynb")


def test_document_says_what_it_holds(sample):
    found = document.read(whole(sample / "executed.ipynb"))
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
    "level 4 follows level 2": "## To\n\n#### Fire\n\nTekst.",
    "level 1 is the report's title": "Tekst.\n\n# En",
    "@nobody2001: not in references.bib": "Som vist [@nobody2001].",
}


@pytest.mark.parametrize("message", FAULTS)
def test_each_fault_is_named(tmp_path, message):
    folder = make_sample(tmp_path / "result", extra=FAULTS[message])
    found = document.read(whole(folder / "executed.ipynb"))
    from naveval.project import paths

    with pytest.raises(RenderError) as caught:
        document.check(found, folder, paths.report_dir() / "references.bib")
    assert message in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path):
    folder = make_sample(tmp_path / "result", extra="@fig-98, @fig-99.\n\n# En")
    found = document.read(whole(folder / "executed.ipynb"))
    with pytest.raises(RenderError) as caught:
        document.check(found, folder, None)
    for part in ("fig-98", "fig-99", "level 1", "any bibliography"):
        assert part in str(caught.value)


def annexed(folder):
    text = nbformat.v4.new_markdown_cell
    return write(
        folder,
        text(
            "## Funn\n\nSe @tbl-a, @fig-c og @sec-how.\n\n![B](figures/b.png){#fig-b fig-alt='x'}"
        ),
        text("# Vedlegg\n\nTil @fig-b. @fig-c"),
        text("## Framgang {#sec-how}\n\n![C](figures/c.png){#fig-c fig-alt='x'}"),
        text("| a |\n|--|\n| 1 |\n\n: A {#tbl-a}"),
    )


def test_a_heading_of_level_one_opens_the_annex(tmp_path):
    report, annex = markdown.parts(annexed(tmp_path))
    assert (report.name, annex.name, annex.title) == ("report", "annex", "Vedlegg")
    assert "# Vedlegg" not in report.text + annex.text.replace("## ", "")
    assert "#fig-b" in report.text
    assert "{#fig-c" in annex.text
    assert "{#fig-c" not in report.text


def test_references_to_the_other_part_are_links(tmp_path):
    report, annex = markdown.parts(annexed(tmp_path))
    assert "[Tabell\u00a0V1](annex.html#tbl-a)" in report.text
    assert "[Figur\u00a0V1](annex.html#fig-c)" in report.text
    assert "[avsnittet «Framgang» i vedlegget](annex.html#sec-how)" in report.text
    assert "[Figur\u00a01 i rapporten](report.html#fig-b)" in annex.text
    assert "@fig-c" in annex.text
    assert (
        "[Tabell\u00a0V1](annex.pdf)" in markdown.parts(tmp_path / "executed.ipynb", "pdf")[0].text
    )


def test_one_annex_only(tmp_path):
    text = nbformat.v4.new_markdown_cell
    with pytest.raises(RenderError, match="2 headings of level 1; one opens the annex"):
        markdown.parts(write(tmp_path, text("# Vedlegg"), text("## A"), text("# Mer")))


def test_headings_without_anything_under_them_are_left_out(tmp_path):
    cells = [
        "## Resultater\n\n### Samlet",
        "Et tall.",
        "### Fylket",
        "### Kontorene",
        "## Tomt\n\n### Også tomt",
        "## Til slutt\n\nMer.",
        "## Siste",
    ]
    book = write(tmp_path, *[nbformat.v4.new_markdown_cell(text) for text in cells])
    assert whole(book) == "## Resultater\n\n### Samlet\n\nEt tall.\n\n## Til slutt\n\nMer.\n"
