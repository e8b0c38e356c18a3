"""The Quarto engine, and that it gives what the builtin engine gives."""

import re

import contents
import pypdf
import pytest
from render_sample import make_annexed, make_sample

from naveval.project import notebooks, paths
from naveval.project.errors import RenderError
from naveval.publishing import markdown, quarto, render

pytestmark = pytest.mark.quarto


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}
    for engine in ("builtin", "quarto"):
        made[engine] = make_sample(tmp_path_factory.mktemp(engine) / "result")
        render.render(made[engine], engine=engine)
    return made


@pytest.mark.parametrize(
    "part", ["title", "headings", "figures", "tables", "references", "paragraphs"]
)
def test_html_holds_the_same(folders, part):
    found = [contents.read_html(folders[name] / "report.html") for name in folders]
    assert getattr(found[0], part) == getattr(found[1], part)
    assert getattr(found[0], part)


def test_the_annex_holds_the_same(tmp_path):
    found = {}
    for engine in ("builtin", "quarto"):
        folder = make_annexed(tmp_path / engine / "result")
        render.render(folder, engine=engine)
        pages = [contents.read_html(folder / f"{part}.html") for part in ("report", "annex")]
        found[engine] = pages, [words(folder / f"{part}.pdf") for part in ("report", "annex")]
    for ours, theirs in zip(found["builtin"][0], found["quarto"][0], strict=True):
        for part in ("title", "headings", "figures", "tables", "references", "paragraphs"):
            assert getattr(ours, part) == getattr(theirs, part)
    assert found["builtin"][1] == found["quarto"][1]


def words(file):
    """Text of a PDF without white space and without the line that names the engine."""
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(file).pages)
    return re.sub(r"\s", "", re.sub(r"Rapporten er laget.*", "", text))


def test_pdf_holds_the_same(folders):
    texts = [words(folders[name] / "report.pdf") for name in folders]
    assert texts[0] == texts[1]


def test_pdf_holds_what_html_holds(folders):
    for folder in folders.values():
        text = words(folder / "report.pdf")
        page = contents.read_html(folder / "report.html")
        for _, caption, rows in page.tables:
            assert re.sub(r"\s", "", caption) in text
            for row in rows:
                for cell in row:
                    assert re.sub(r"\s", "", cell) in text
        for _, caption, _ in page.figures:
            assert re.sub(r"\s", "", caption) in text


def test_engine_is_named(folders):
    page = (folders["quarto"] / "report.html").read_text(encoding="utf-8")
    assert quarto.describe() in page


def test_unresolved_reference_is_refused(tmp_path):
    folder = make_sample(tmp_path / "result", extra="Se @fig-99.")
    with pytest.raises(RenderError, match="@fig-99"):
        render.render(folder, engine="quarto")


def test_warning_in_quartos_log_is_refused(tmp_path):
    cells = (notebooks.text_cell("markdown", "Se @fig-99.", "a"),)
    job = (markdown.Part("report", "", cells), "html", {"title": "T"})
    with pytest.raises(RenderError, match="Unable to resolve crossref @fig-99"):
        quarto.render([job], tmp_path, paths.report_dir())


def test_one_call_makes_what_a_call_each_makes(tmp_path, monkeypatch):
    made = {}
    for threads in ("1", "2"):
        monkeypatch.setenv("NAVEVAL_THREADS", threads)
        folder = make_annexed(tmp_path / threads / "result")
        render.render(folder, engine="quarto", to=("html",))
        made[threads] = [(folder / f"{part}.html").read_bytes() for part in ("report", "annex")]
    assert made["1"] == made["2"]
