"""Rendering a result folder: options, refusals, whole files, what the manifest records."""

import errno
import json
import os
import re
import shutil

import contents
import hostile
import pypdf
import pytest
import typst
from bs4 import BeautifulSoup
from render_sample import make_annexed, make_sample

from naveval.project import paths
from naveval.project.errors import DisclosureError, RenderError
from naveval.project.escaping import literal
from naveval.publishing import builtin, quarto, render
from naveval.publishing.audit import html
from naveval.publishing.site import frame

ROOT_FILES = {"executed.ipynb", "manifest.json", "figures", "tables"}


@pytest.fixture
def sample(tmp_path):
    return make_sample(tmp_path / "fylke med æøå" / "result")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = make_sample(tmp_path_factory.mktemp("rendered") / "result")
    render.render(folder, engine="builtin")
    return folder


def test_returns_paths_in_order_and_leaves_nothing_else(sample):
    made = render.render(sample, to=("pdf", "html"), engine="builtin")
    assert [file.name for file in made] == ["report.pdf", "report.html"]
    made_too = {"data", "dictionary.csv", "ro-crate-metadata.json"}
    made_too |= {f"programs-result-simulert.{kind}" for kind in ("xlsx", "ods")}
    reports = {"report.html", "report.pdf"}
    assert {file.name for file in sample.iterdir()} == ROOT_FILES | reports | made_too


def test_manifest_records_engine_and_keeps_the_rest(rendered):
    manifest = json.loads((rendered / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["study"] == "programs"
    assert manifest["engine"].startswith("innebygd motor (Pandoc ")
    files = set(manifest["rendered"]["files"])
    assert {name for name in files if name.startswith("report")} == {"report.html", "report.pdf"}
    assert all((rendered / name).is_file() for name in files)
    data = {name for name in files if name.startswith("data/") and name.endswith(".csv")}
    assert {*manifest["rendered"]["of"]} == data  # each with the exhibit its numbers are from
    assert all(re.fullmatch(r"(tbl|fig)-\S+", of) for of in manifest["rendered"]["of"].values())
    assert data
    assert manifest["engine"] in (rendered / "report.html").read_text(encoding="utf-8")


def test_current_until_something_changes(rendered, tmp_path):
    folder = shutil.copytree(rendered, tmp_path / "copy")
    assert render.is_current(folder, engine="builtin")
    (folder / "report.pdf").write_bytes(b"%PDF")
    assert not render.is_current(folder, engine="builtin")
    assert render.is_current(folder, to=("html",), engine="builtin")
    notebook = folder / "executed.ipynb"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("Mentor", "Los"), "utf-8")
    assert not render.is_current(folder, to=("html",), engine="builtin")


def test_report_and_pdf_name_the_evaluation_they_follow(rendered, tmp_path, monkeypatch):
    source = frame.source("programs")
    page = BeautifulSoup((rendered / "report.html").read_text(encoding="utf-8"), "html.parser")
    assert f"Rapporten følger: {source}" in page.select_one(".imprint").text
    first = pypdf.PdfReader(rendered / "report.pdf").pages[0].extract_text()
    assert "".join(source.split())[:60] in "".join(first.split())
    monkeypatch.setattr(frame, "source", lambda study: "En annen (2020). «Noe».")
    assert not render.is_current(rendered, engine="builtin")


def test_another_theme_is_another_report(rendered, tmp_path, monkeypatch):
    assert render.is_current(rendered, engine="builtin")
    ignored = shutil.ignore_patterns("_out", "pictures", "pages")
    report = shutil.copytree(paths.report_dir(), tmp_path / "report", ignore=ignored)
    monkeypatch.setattr(paths, "report_dir", lambda: report)
    assert render.is_current(rendered, engine="builtin")
    with (report / "theme/report.css").open("a", encoding="utf-8") as css:
        css.write("\n")
    assert not render.is_current(rendered, engine="builtin")


def test_resume_keeps_what_is_current(rendered, tmp_path, monkeypatch):
    folder = shutil.copytree(rendered, tmp_path / "copy")
    before = (folder / "report.html").stat().st_mtime_ns
    monkeypatch.setattr(builtin, "to_pdf", lambda *arguments: pytest.fail("made again"))
    made = render.render(folder, engine="builtin", resume=True)
    assert [file.name for file in made] == ["report.html", "report.pdf"]
    assert (folder / "report.html").stat().st_mtime_ns == before


def test_same_input_same_page(rendered, tmp_path):
    again = shutil.copytree(rendered, tmp_path / rendered.name)  # the name is in downloads'
    render.render(again, to=("html",), engine="builtin")
    assert (again / "report.html").read_bytes() == (rendered / "report.html").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "word"}, "unknown engine word; allowed: auto, quarto, builtin"),
        ({"to": ("docx",)}, "unknown format docx; allowed: html, pdf"),
        ({"to": ()}, r"unknown format \(none\)"),
    ],
)
def test_unknown_options(sample, options, message):
    with pytest.raises(RenderError, match=message):
        render.render(sample, **options)


def test_quarto_asked_for_but_missing(sample, monkeypatch):
    monkeypatch.setattr(quarto.shutil, "which", lambda _: None)
    with pytest.raises(RenderError, match="not on the PATH; use --engine builtin"):
        render.render(sample, engine="quarto")
    assert render.choose("auto") == "builtin"


@pytest.mark.parametrize(
    ("version", "engine"),
    [("1.8.27", "builtin"), ("1.9.1", "quarto"), ("99.9.9", "quarto"), ("", "builtin")],
)
def test_an_old_quarto_is_not_used(tmp_path, monkeypatch, version, engine):
    program = tmp_path / "quarto"
    program.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert render.choose("auto") == engine
    if engine == "builtin":
        with pytest.raises(RenderError, match=r"is too old, 1\.9 or newer is needed"):
            render.choose("quarto")


def test_missing_folder_and_manifest(tmp_path, sample):
    with pytest.raises(RenderError, match="no such result folder"):
        render.render(tmp_path / "none")
    (sample / "manifest.json").write_text("{")
    with pytest.raises(RenderError, match=r"no manifest.* that can be read"):
        render.render(sample, engine="builtin")
    (sample / "manifest.json").unlink()
    with pytest.raises(RenderError, match="run the study first"):
        render.render(sample, engine="builtin")


def test_title_is_needed(sample):
    (sample / "manifest.json").write_text('{"study": "hedmark", "report": {}}')
    with pytest.raises(RenderError, match=r"report\.title is missing"):
        render.render(sample, engine="builtin")


def test_fault_leaves_the_earlier_report_as_it_was(tmp_path):
    folder = make_sample(tmp_path / "result")
    render.render(folder, engine="builtin")
    before = {file.name: file.read_bytes() for file in folder.glob("*.*")}
    broken = make_sample(tmp_path / "broken", extra="Se @fig-99.")
    shutil.copy(broken / "executed.ipynb", folder / "executed.ipynb")
    before["executed.ipynb"] = (folder / "executed.ipynb").read_bytes()
    with pytest.raises(RenderError, match="refers to nothing"):
        render.render(folder, engine="builtin")
    assert {file.name: file.read_bytes() for file in folder.glob("*.*")} == before


def test_no_format_is_moved_when_a_later_one_fails(sample, monkeypatch):
    def fail(*arguments):
        raise RenderError("typst: out of ink")

    monkeypatch.setattr(builtin, "to_pdf", fail)
    with pytest.raises(RenderError, match="out of ink"):
        render.render(sample, engine="builtin")
    assert {file.name for file in sample.iterdir()} == ROOT_FILES


def test_full_disk_changes_nothing(rendered, tmp_path, monkeypatch):
    folder = shutil.copytree(rendered, tmp_path / "copy")
    before = {file.name: file.read_bytes() for file in folder.glob("*.*")}
    copyfile = shutil.copyfile

    def full(source, target, **options):
        if "report.pdf" in str(target):
            raise OSError(errno.ENOSPC, "No space left on device")
        return copyfile(source, target, **options)

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(RenderError, match="cannot write the report: No space left on device"):
        render.render(folder, engine="builtin")
    assert {file.name: file.read_bytes() for file in folder.glob("*.*")} == before
    assert not list(folder.glob(".report*"))


def test_checks_refuse_before_anything_is_put_in_place(sample):
    seen = []

    def refuse(folder):
        seen.append(folder)
        raise DisclosureError("tables/tbl-1.csv: a cell on fewer than 5 persons")

    with pytest.raises(DisclosureError, match="fewer than 5"):
        render.render(sample, engine="builtin", checks=[refuse])
    assert seen == [sample]
    assert {file.name for file in sample.iterdir()} == ROOT_FILES
    (sample / "executed.ipynb").unlink()
    with pytest.raises(DisclosureError, match="fewer than 5"):  # before what is missing
        render.render(sample, engine="builtin", checks=[refuse])


@pytest.mark.parametrize("origin", ["simulated", "published", "register"])
def test_notice_follows_the_origin(tmp_path, origin):
    folder = make_sample(tmp_path / "result", origin=origin)
    render.render(folder, to=("html",), engine="builtin")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert ('<body class="simulated">' in page) == (origin == "simulated")
    assert ("<title>[Simulert] " in page) == (origin == "simulated")
    assert 'class="banner"' in page


def test_numbers_keep_their_characters(rendered):
    page = contents.read_html(rendered / "report.html")
    costs = page.tables[0][2]
    assert costs[1][1:4] == ("187\u202f000", "\u2212145\u202f000", "38,4\u00a0%")
    assert costs[4][2:] == (":", ":", ":")
    assert costs[5][:2] == ("Utvidet lønnstilskudd | særskilt", "..")
    assert any("\u2212145\u202f000 kr" in text for text in page.paragraphs)


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ('<html lang="nb">', "<html>", "no language"),
        ("<h2", "<h4", "heading of level 4 follows one of level 1"),
        ('alt="Linje', 'data-alt="Linje', "picture 1 has no alternative text"),
        ('scope="row"', "", "header cells without scope"),
        ('href="#tbl-1"', 'href="#tbl-77"', "link to #tbl-77"),
        ('id="fig-5"', 'id="fig-4"', "id «fig-4» is used 2 times"),
        ("<h1>", "<p>", "0 level-one headings"),
    ],
)
def test_static_checks_find_each_fault(rendered, tmp_path, was, becomes, fault):
    page = (rendered / "report.html").read_text(encoding="utf-8")
    assert was in page
    file = tmp_path / "report.html"
    file.write_text(page.replace(was, becomes), encoding="utf-8")
    assert any(fault in found.message for found in html.accessibility(file, "report.html"))


@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_a_report_not_everybody_can_use_is_refused(sample, monkeypatch, kind):
    def spoiled(text, metadata, work, report):
        made = work / f"report.{kind}"
        page = f"<html><title>T</title><main><h1>T</h1>{text}</main><footer></footer></html>"
        made.write_bytes(page.encode() if kind == "html" else typst.compile(b"= A"))
        return made

    monkeypatch.setattr(builtin, f"to_{kind}", spoiled)
    with pytest.raises(RenderError, match=rf"report.{kind} is not accessible:\n  .*language"):
        render.render(sample, to=(kind,), engine="builtin")
    assert {file.name for file in sample.iterdir()} == ROOT_FILES


@pytest.mark.parametrize(
    ("extra", "fault"),
    [
        ("[klikk](javascript:alert(1))", "link to javascript:"),
        ("[klikk](JavaScript:alert(1))", "link to JavaScript:"),
        ("[klikk](data:text/html,x)", "link to data:"),
        ("| a |\n|---|\n| ![](/etc/passwd) |\n\n: T {#tbl-9}", "picture /etc/passwd"),
        ("Se ![x](../../hemmelig.png).", "picture ../../hemmelig.png"),
        ("Se ![x](https://example.no/x.png).", "picture https:"),
        ('`#read("/etc/passwd")`{=typst}', "raw code: #read"),
        ("<script>alert(1)</script>", "raw code: <script>"),
    ],
)
def test_code_and_files_from_elsewhere_are_refused(tmp_path, extra, fault):
    folder = make_sample(tmp_path / "result", extra=extra)
    with pytest.raises(RenderError, match=re.escape(fault)):
        render.render(folder, engine="builtin")
    assert not (folder / "report.html").exists()


def test_hostile_names_are_text_in_both_formats(tmp_path):
    names = [" ".join(name.split()) for name in hostile.TEXTS]
    rows = "\n".join(f"| {literal(name)} | 1 |" for name in names)
    table = f"| Navn | Tall |\n|---|--:|\n{rows}\n\n: Navn som prøver seg {{#tbl-names}}\n"
    folder = make_sample(tmp_path / "result", extra=table)
    render.render(folder, engine="builtin")
    page = html.read(folder / "report.html")
    cells = page.find(id="tbl-names").find_all("th", scope="row")
    assert [html.visible_text(cell) for cell in cells] == names
    pdf = pypdf.PdfReader(folder / "report.pdf")
    text = "".join("".join(page.extract_text() for page in pdf.pages).split())
    for dash, typed in {"—": "---", "–": "--", "…": "...", "−": "-"}.items():
        text = text.replace(dash, typed)
    assert [name for name in names if "".join(name.split()) not in text] == []


@pytest.fixture(scope="module")
def annexed(tmp_path_factory):
    folder = make_annexed(tmp_path_factory.mktemp("annexed") / "result")
    render.render(folder, engine="builtin")
    return folder


def test_report_and_annex_stand_beside_each_other(annexed):
    files = {f"{part}.{kind}" for part in ("report", "annex") for kind in ("html", "pdf")}
    assert {file.name for file in annexed.iterdir()} > ROOT_FILES | files
    report, annex = (html.read(annexed / f"{part}.html") for part in ("report", "annex"))
    assert html.visible_text(annex.h1) == f"Vedlegg: {html.visible_text(report.h1)}"
    links = [link["href"] for link in annex.select(".title-links a")]
    assert links[:2] == ["report.html", "annex.pdf"]
    assert all((annexed / link).is_file() for link in links)
    assert not report.find(id="tbl-wide")
    assert report.select_one('a[href="annex.html#tbl-wide"]').text == "Tabell\u00a0V1"
    caption = annex.find(id="tbl-wide").find("figcaption")
    assert html.visible_text(caption).startswith("Tabell\u00a0V1: ")


def test_annex_pdf_numbers_as_the_page_does(annexed):
    text = "".join(page.extract_text() for page in pypdf.PdfReader(annexed / "annex.pdf").pages)
    assert "Tabell V1" in text.replace("\u00a0", " ")
    report = pypdf.PdfReader(annexed / "report.pdf")
    assert "V1" in "".join(page.extract_text() for page in report.pages)


def test_an_annex_that_was_changed_is_not_current(annexed, tmp_path):
    folder = shutil.copytree(annexed, tmp_path / "copy")
    assert render.is_current(folder, engine="builtin")
    (folder / "annex.pdf").unlink()
    assert not render.is_current(folder, engine="builtin")
    assert render.is_current(folder, to=("html",), engine="builtin")


def test_findings_and_key_figures(annexed):
    report = html.read(annexed / "report.html")
    annex = html.read(annexed / "annex.html")
    finding = report.select_one("#fig-5 .finding")
    assert html.visible_text(finding) == "AFT taper"
    assert [div.strong.text for div in annex.select(".key-figures > .key-figure")] == [
        "38 %",
        "\u2212145 000 kr",
    ]
