"""The audit finds what is planted, and nothing in a folder as it should be."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import typst
from click.testing import CliRunner

from naveval import cli
from naveval.project.errors import ParameterError, RenderError
from naveval.publishing import render
from naveval.publishing.audit import folder as audit
from naveval.publishing.audit import html, ids, numbers, pdf
from naveval.publishing.audit.numbers import Known

HEAD = """<!DOCTYPE html><html lang="nb"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Prøve</title>
</head><body><header><nav aria-label="Meny"><a href="#innhold">Hopp</a></nav></header>
<main id="innhold"><h1>Prøve</h1>"""
FOOT = "</main><footer><p>Slutt</p></footer></body></html>"
BODY = """<h2>Resultater</h2>
<p>Effekten er <span data-key="tbl-1.effect[a,b]">−1,2 prosentpoeng</span> (95 prosent intervall
<span data-key="tbl-1.effect[a,b].low">−2,0</span> til
<span data-key="tbl-1.effect[a,b].high">−0,4</span>), målt fra juli 2017 til
30. juni 2018. Det er <span data-key="tbl-1.n">4\u202f812</span> personer, eller om lag
<span data-key="tbl-1.n">5 tusen</span>, fulgt i 26 uker. Se figur 1 og tabell 7-5.</p>
<figure id="fig-1"><figcaption>Figur 1: Utvikling</figcaption>
<img src="figures/fig-1.png" alt="Linjen faller til 3,4 timer."></figure>
<table id="tbl-1"><caption>Tabell 1</caption><thead><tr><th scope="col">A</th></tr></thead>
<tbody><tr><th scope="row">977</th></tr></tbody></table>
<p><a href="tables/tbl-1.csv">Data til tabellen</a> <a href="#fig-1">Figur 1</a></p>"""
ESTIMATES = """study,label,value,group,model,estimate,std_error,ci_low,ci_high,p_value
x,tbl-1,effect,b,a,-0.012,,-0.020,-0.004,
x,tbl-1,n,,,4812,,,,
"""
NUMBERS = """label,part,key,shown,value
said,text,"tbl-1.effect[a,b]","−1,2 prosentpoeng",-0.012
said,text,"tbl-1.effect[a,b].low","−2,0",-0.02
said,text,"tbl-1.effect[a,b].high","−0,4",-0.004
said,text,tbl-1.n,4\u202f812,4812
said,text,tbl-1.n,5 tusen,4812
fig-1,alt,fig-1.hours,"3,4",3.44
tbl-1,"1,1",tbl-1.a,977,977
"""
PDF = """#set document(title: "Prøve")
#set text(lang: "nb")
#title()
= Resultater
#figure(image("x.png", alt: "Et bilde"), caption: [Et bilde])
#table(columns: 1, table.header[A], [1])"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small result folder as it should be."""
    made = tmp_path / "hedmark" / "hele-landet"
    for part in ("figures", "tables"):
        (made / part).mkdir(parents=True)
    write_page(made, BODY)
    (made / "estimates.csv").write_text(ESTIMATES)
    (made / "numbers.csv").write_text(NUMBERS)
    pd.DataFrame({"hours": [3.44]}).to_csv(made / "figures/fig-1.csv", index=False)
    pd.DataFrame({"a": [977]}).to_csv(made / "tables/tbl-1.csv", index=False)
    from matplotlib.figure import Figure

    Figure(figsize=(1, 1)).savefig(made / "figures/fig-1.png")
    write_pdf(made, PDF)
    return made


def write_page(folder: Path, body: str, head: str = HEAD) -> None:
    (folder / "report.html").write_text(head + body + FOOT, encoding="utf-8")


def write_pdf(folder: Path, text: str, **options: object) -> None:
    source = folder.parent / "report.typ"
    source.write_text(text, encoding="utf-8")
    shutil.copy(folder / "figures/fig-1.png", folder.parent / "x.png")
    options = options or {"pdf_standards": ["ua-1"]}
    typst.compile(str(source), output=str(folder / "report.pdf"), **options)


def faults(folder: Path, *checks: str) -> list[str]:
    wanted = checks or tuple(check for check in audit.CHECKS if check != "axe")
    return [f"{fault.check}: {fault}" for fault in audit.audit(folder, checks=wanted).faults]


def test_folder_as_it_should_be_has_no_faults(folder: Path) -> None:
    assert faults(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('lang="nb"', 'lang="en"', "accessibility: .*language"),
        ('<html lang="nb">', "<html>", "accessibility: .*no language"),
        ("<title>Prøve</title>", "", "accessibility: .*no title"),
        ("<h2>Resultater</h2>", "<h3>Resultater</h3>", "accessibility: .*level 3 follows"),
        ("<h2>Resultater</h2>", "<h2> </h2>", "accessibility: .*empty h2"),
        ("<h2>Resultater</h2>", "<h1>Resultater</h1>", "accessibility: .*level-one"),
        (' alt="Linjen faller til 3,4 timer."', "", "accessibility: .*alternative text"),
        ('<th scope="col">', "<th>", "accessibility: .*without scope"),
        ("<caption>Tabell 1</caption>", "", "accessibility: .*no caption"),
        (">Data til tabellen<", ">her<", "accessibility: .*says nothing"),
        ("initial-scale=1", "user-scalable=no", "accessibility: .*zooming"),
        ("<h2>Resultater</h2>", '<h2>R</h2><input id="a">', "accessibility: .*no label"),
        ("<h2>Resultater</h2>", '<h2>R</h2><svg><path d="M0"/></svg>', "svg without a name"),
        ("<h2>Resultater</h2>", '<h2 id="fig-1">R</h2>', "accessibility: .*used 2 times"),
        ("<h2>Resultater</h2>", '<h2 tabindex="3">R</h2>', "accessibility: .*tabindex 3"),
        ("tables/tbl-1.csv", "tables/tbl-2.csv", "links: .*no such file"),
        ('href="#fig-1"', 'href="report.html#fig-9"', "links: .*no such place"),
        ('href="tables/tbl-1.csv"', 'href="tables"', "links: .*folder"),
        ("<h2>", '<script src="https://cdn.example/x.js"></script><h2>', "links: .*fetched"),
        ("Se figur 1", "Se ?@fig-9", "references: .*@fig-9"),
        ("Se figur 1", "Se @tbl-2", "references: .*@tbl-2"),
        ("Se figur 1", "Se {effect:pp1}", "references: .*unfilled"),
        ("Se figur 1", "Det er nan personer", "references: .*missing value"),
        ("−1,2 prosentpoeng", "−1,3 prosentpoeng", "numbers: .*1,3"),
        ("4\u202f812<", "4\u202f813<", "numbers: .*4\u202f813"),
        ("3,4 timer", "3,5 timer", "numbers: .*3,5"),
        ("5 tusen", "6 tusen", "numbers: .*6"),
        ("26 uker", "26 kroner", "numbers: .*no key: «26»"),
        (">977<", ">976<", "numbers: .*tbl-1, cell 1,1: no key for «976»"),
        ('data-key="tbl-1.n">4', 'data-key="tbl-1.m">4', "numbers: .*not what tbl-1.m reads"),
        ('<span data-key="tbl-1.n">5 tusen</span>', "47 tusen", "numbers: .*no key: «47 tusen»"),
    ],
)
def test_planted_fault_in_the_page_is_found(folder: Path, old: str, new: str, message: str) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert old in text
    (folder / "report.html").write_text(text.replace(old, new, 1), encoding="utf-8")
    found = faults(folder)
    assert len(found) >= 1
    assert any(pd.Series([line]).str.contains(message, regex=True).iloc[0] for line in found), found


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("numbers.csv", ",-0.012", ",-0.013", "tbl-1.effect.a,b.: -0.013, but -0.012 in estimates"),
        ("estimates.csv", ",4812", ",4813", "tbl-1.n: 4812, but 4813.0 in estimates"),
        ("numbers.csv", ",3.44", ",3.54", "fig-1.hours: «3,4» is not 3.54"),
        ("numbers.csv", "tbl-1,", "tbl-2,", "cell 1,1: no key for «977»"),
    ],
)
def test_a_key_leads_to_the_released_number(
    folder: Path, file: str, old: str, new: str, message: str
) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    assert any(message in line or re.search(message, line) for line in faults(folder, "numbers"))


def test_signed_numbers_are_read_from_the_record(folder: Path) -> None:
    for name, old, new in (
        ("numbers.csv", '"3,4"', '"\'+3,4"'),
        ("report.html", "til 3,4 timer", "med +3,4 kroner"),
    ):
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    assert faults(folder, "numbers") == []


def test_a_page_without_a_record_of_its_numbers_is_refused(folder: Path) -> None:
    (folder / "numbers.csv").unlink()
    assert "no numbers.csv" in "".join(faults(folder, "numbers"))


def test_untagged_pdf_is_found(folder: Path) -> None:
    write_pdf(folder, PDF, pdf_standards=[])
    assert "pdf: report.pdf: no PDF/UA mark in the metadata" in faults(folder, "pdf")
    (folder / "report.pdf").write_bytes(b"%PDF-1.7 nonsense")
    assert "not readable" in faults(folder, "pdf")[0]


def test_pdf_faults_are_named(folder: Path) -> None:
    bad = '#set text(lang: "en")\n= A\n#image("x.png")'
    write_pdf(folder, bad, pdf_standards=[])
    found = {fault.message for fault in pdf.accessibility(folder / "report.pdf", "x")}
    assert {"language is «en», expected nb", "no title", "1 pictures without alt text"} <= found


def test_disclosure_faults_and_empty_files_are_found(folder: Path) -> None:
    circles = '<circle cx="1" cy="2" r="1"/>' * 900
    (folder / "figures/fig-2.svg").write_text(f"<svg>{circles}</svg>")
    (folder / "figures/fig-3.eps").write_text("x")
    (folder / "tables/tbl-3.csv").write_text("group,n_persons\na,3\n")
    (folder / "data.parquet").write_text("x")
    (folder / "tables/tbl-2.csv").write_text("")
    found = faults(folder, "disclosure", "size")
    for name in ("figures/fig-2.svg", "figures/fig-3.eps", "tables/tbl-3.csv", "data.parquet"):
        assert any(f"disclosure: {name}" in line for line in found), found
    assert any("tbl-2.csv: is empty" in line for line in found)


def test_results_inside_a_site_are_scanned_with_their_own_log(folder: Path) -> None:
    (folder / "tables/tbl-3.csv").write_text("group,n_persons\na,3\n")
    log = "label,row,column,rule,action,reason\ntbl-3,,,published,released,x\n"
    (folder / "disclosure.csv").write_text(log)
    assert faults(folder.parent, "disclosure") == []
    (folder.parent / "tbl-3.csv").write_text("group,n_persons\na,3\n")
    assert len(faults(folder.parent, "disclosure")) == 1


def test_command_lists_faults_and_sets_the_exit_code(folder: Path) -> None:
    good = CliRunner().invoke(cli.main, ["audit", str(folder), "--only", "links"])
    assert (good.exit_code, good.stdout) == (0, "1 page(s), 1 document(s): no faults\n")
    write_page(folder, BODY.replace("tables/tbl-1.csv", "x.csv"))
    bad = CliRunner().invoke(cli.main, ["audit", str(folder), "--only", "links"])
    assert bad.exit_code == 1
    assert "links: 1\n  report.html: x.csv: no such file" in bad.stdout
    with pytest.raises(ParameterError, match="unknown check everything; allowed: disclosure"):
        audit.audit(folder, checks=("everything",))
    assert CliRunner().invoke(cli.main, ["audit", str(folder / "no")]).exit_code == 2


def test_failing_folder_is_not_published(folder: Path) -> None:
    write_page(folder, BODY.replace(' alt="Linjen faller til 3,4 timer."', ""))
    faults = audit.faults_of_release(folder)
    assert any("alternative text" in fault.message for fault in faults)


def known(*values: float) -> Known:
    return Known(pd.Series(sorted(values)).to_numpy(), ("over 19 timer",))


@pytest.mark.parametrize(
    ("text", "values", "left"),
    [
        ("Andelen er 12,3 prosent.", [0.1234], []),
        ("Andelen er 12,4 prosent.", [0.1234], ["12,4"]),
        ("Det er 12,3 timer.", [0.1234], ["12,3"]),
        ("Beløpet er 132 000 kroner.", [132_100], []),
        ("Beløpet er 133 000 kroner.", [132_100], ["133 000"]),
        ("Om lag 1,3 millioner personer.", [1_300_000], []),
        ("Om lag 1,3 personer.", [1_300_000], ["1,3"]),
        ("I 2017 og 2018–2020, mars 2019, 12.03.2020.", [], []),
        ("Jobber over 19 timer i uka.", [], []),
        ("Jobber over 20 timer i uka.", [], ["20"]),
        ("Signifikant på 5-prosentnivå; 95 prosent konfidensintervall.", [], []),
        ("Avsnitt 2.3, tabell 7-5 og figur 6-2.", [], []),
        ("Det er 2017 personer i 2 fylker.", [], ["2"]),
        ("Målet Atid3 gjelder covid-19.", [], ["19"]),
        ("Det er 0,38 dialoger per hundre perioder.", [0.0038], []),
        ("Det er 12 tiltak.", [12.3], ["12"]),
        ("Det er 12 tiltak.", [12.0], []),
        ("Det er 12 timer.", [12.3], []),
        ("Tallet er 5,0.", [5], []),
        ("Tallet er 5,04.", [5], ["5,04"]),
    ],
)
def test_numbers_in_prose(text: str, values: list[float], left: list[str]) -> None:
    assert numbers.unaccounted(text, known(*values)) == left


def test_prose_keeps_text_beside_nested_lists(tmp_path: Path) -> None:
    file = tmp_path / "x.html"
    file.write_text(
        HEAD + "<ul><li>En 41 <code>42</code><ul><li>To 43</li></ul></li></ul>"
        "<table><tr><td>44</td></tr></table>" + FOOT,
        encoding="utf-8",
    )
    assert list(html.prose(file)) == ["Prøve", "En 41", "To 43"]
    assert list(html.captions(file)) == []


@pytest.mark.browser
def test_axe_finds_contrast_and_sideways_scrolling(folder: Path) -> None:
    assert faults(folder, "axe") == []
    text = BODY.replace("<h2>", '<p style="color:#999;width:700px">Svak</p><h2>')
    write_page(folder, text)
    found = " ".join(faults(folder, "axe"))
    assert "color-contrast" in found
    assert "wider than a window of 320 px" in found


def test_axe_is_skipped_with_the_reason(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVEVAL_CHROMIUM", str(folder / "none"))
    result = audit.audit(folder, checks=("axe",))
    assert result.skipped == ("axe: no Chromium on the PATH",)
    assert "skipped axe: no Chromium" in audit.listing(result)


def test_publication_tells_what_could_not_be_checked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVEVAL_CHROMIUM", str(folder / "none"))
    told: list[str] = []
    assert audit.faults_of_release(folder, told=told.append) == []
    assert told == ["not checked: axe: no Chromium on the PATH"]


def test_a_folder_that_is_no_result_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=f"{tmp_path}: holds no files"):
        audit.audit(tmp_path)
    for content in ("{", "[1]", '{"files": 3}', '{"parameters": {"data": "x"}}'):
        (tmp_path / "manifest.json").write_text(content)
        assert audit.audit(tmp_path, checks=("links",)).pages == 0
        assert ids.person_ids(tmp_path) == frozenset()
    (tmp_path / "manifest.json").write_text("[1]")
    with pytest.raises(RenderError, match=rf"{tmp_path}: no manifest\.json that can be read"):
        render.render(tmp_path, to=["html"], engine="builtin")
