"""The last search of a finished folder finds what is planted, in every kind of file."""

import json
from pathlib import Path

import nbformat
import openpyxl
import pandas as pd
import planted
import typst

from naveval.disclosure.scan import documents, folder, tables
from naveval.disclosure.scan.folder import require_clean, scan
from naveval.disclosure.scan.identities import is_identity_number
from naveval.disclosure.thresholds import thresholds
from naveval.project import provenance

ID, IDENTITY = planted.TEXT_ID, planted.IDENTITY


def notebook(**data: object) -> str:
    book = nbformat.v4.new_notebook()
    output = nbformat.v4.new_output("display_data", data=data)
    book.cells = [nbformat.v4.new_code_cell("x", outputs=[output])]
    return nbformat.writes(book)


TABLE = "<table><tr><th>fylke</th><th>Antall</th></tr><tr><td>Oslo</td><td>3</td></tr></table>"


def test_large_folders_are_searched_by_all_processors_with_the_same_findings(tmp_path, monkeypatch):
    for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
        (tmp_path / name).write_text(ID)
    one = scan(tmp_path, ids=[ID])
    assert [finding.file for finding in one] == ["a.txt", "b.txt", "c.txt", "d.txt"]
    monkeypatch.setattr(folder, "LARGE", 0)
    monkeypatch.setattr(folder, "cpu_count", lambda: 3)
    assert scan(tmp_path, ids=[ID]) == one


def test_workbook_is_searched(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["place", "n"])
    book.active.append([ID, 3])
    book.save(tmp_path / "x.xlsx")
    assert len(scan(tmp_path, ids=[ID])) == 2


def test_workbook_is_searched_below_its_title_in_comments_and_properties(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Simulerte registre"], ["Tittel"], ["place", "n"], ["a", 3]):
        book.active.append(row)
    book.active["A1"].comment = openpyxl.comments.Comment(ID, "a")
    book.properties.description = IDENTITY
    hidden = book.create_sheet("skjult")
    hidden.sheet_state = "hidden"
    hidden.append(["fnr"])
    book.save(tmp_path / "x.xlsx")
    assert {finding.kind for finding in scan(tmp_path, ids=[ID])} == {
        "count below 5 persons in a column n",
        "person id",
        "national identity number",
        "column that identifies persons",
    }


def test_pdf_is_searched(tmp_path):
    content = f"= Rapport\nPersonen {ID} og {IDENTITY}".encode()
    (tmp_path / "report.pdf").write_bytes(typst.compile(content))
    assert {finding.kind for finding in scan(tmp_path, ids=[ID])} == {
        "person id",
        "national identity number",
    }
    content = f'#set document(keywords: "{ID}")\n= Rapport'.encode()
    (tmp_path / "report.pdf").write_bytes(typst.compile(content))
    assert {finding.kind for finding in scan(tmp_path, ids=[ID])} == {"person id"}
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7\nstream\n")
    assert [finding.kind for finding in scan(tmp_path)] == ["unreadable file, cannot be checked"]


def test_clean_folder_has_no_finding(tmp_path):
    (tmp_path / "estimates.csv").write_text(
        "estimate,n_persons,n_clusters\n0.12345678901,90,2\n12345678901.5,:,3\n,5,4\n"
    )
    (tmp_path / "report.html").write_text(
        f"<p>12 345 678 901 kr</p>{planted.uri('image/png', planted.png())}"
    )
    (tmp_path / "executed.ipynb").write_text(notebook(**{"text/markdown": "| a |\n|---|\n| 3 |"}))
    assert scan(tmp_path, ids=["12", ID]) == []
    require_clean(tmp_path)


def test_published_small_numbers_are_no_finding(tmp_path):
    (tmp_path / "tables").mkdir()
    pd.DataFrame({"n": [3]}).to_csv(tmp_path / "tables" / "tbl-1.csv", index=False)
    assert len(scan(tmp_path)) == 1
    log = pd.DataFrame({"label": ["tbl-1"], "rule": ["published"]})
    log.to_csv(tmp_path / "disclosure.csv", index=False)
    assert scan(tmp_path) == []
    page = f"<figure id='tbl-1'>{TABLE}</figure>"
    (tmp_path / "report.html").write_text(page)
    markdown = "| Fylke | n |\n|---|--:|\n| Oslo | 3 |\n\n: Tittel {#tbl-1}"
    (tmp_path / "executed.ipynb").write_text(notebook(**{"text/markdown": markdown}))
    book = openpyxl.Workbook()
    book.active.title = "tbl-1"
    for row in (["n"], [3]):
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    assert scan(tmp_path) == []
    (tmp_path / "report.html").write_text(page + TABLE)
    other = markdown.replace("tbl-1", "tbl-2")
    both = notebook(**{"text/markdown": markdown + "\n\n" + other + "\n\n" + markdown})
    (tmp_path / "executed.ipynb").write_text(both)
    found = scan(tmp_path)
    assert [finding.file for finding in found] == ["executed.ipynb", "report.html"]
    assert [finding.number for finding in found] == [1, 1]


def test_identity_numbers():
    assert is_identity_number(IDENTITY)
    assert not is_identity_number("12345678901")
    assert not is_identity_number("00000000000")


MARKED = "n_with,n_with_few\n12,False\n0,True\n"


def result(root, csv=MARKED, rule="described", log_label="fig-1"):
    """A result folder with one figure's CSV, its log and its manifest."""
    (root / "figures").mkdir(parents=True)
    (root / "figures" / "fig-1.csv").write_text(csv)
    (root / "disclosure.csv").write_text(f"label,rule\n{log_label},{rule}\n")
    files = provenance.hashes([*root.glob("*.csv"), *root.glob("figures/*")], root)
    (root / "manifest.json").write_text(json.dumps({"files": files}))
    return root


def small(root) -> int:
    return sum(finding.number for finding in scan(root) if "count below" in finding.kind)


def test_a_protected_zero_is_believed_where_an_exhibit_of_the_suite_wrote_it(tmp_path):
    assert small(result(tmp_path / "own")) == 0
    assert small(tmp_path) == 0, "also below a folder of results"
    assert small(result(tmp_path / "unmarked", MARKED.replace("True", "False"))) == 1
    assert small(result(tmp_path / "exact", MARKED.replace("12,", "3,"))) == 1


def test_a_mark_of_a_protected_zero_is_not_believed_from_others(tmp_path):
    lone = tmp_path / "lone"
    (lone / "figures").mkdir(parents=True)
    (lone / "figures" / "fig-1.csv").write_text(MARKED)
    assert small(lone) == 1
    assert small(result(tmp_path / "model", rule="model")) == 1
    assert small(result(tmp_path / "other", log_label="fig-2")) == 1
    changed = result(tmp_path / "changed")
    (changed / "figures" / "fig-1.csv").write_text(MARKED + "0,True\n")
    assert small(changed) == 2
    beside = result(tmp_path / "beside")
    (beside / "notes.csv").write_text(MARKED + "0,True\n")
    assert small(beside) == 2
    log = result(tmp_path / "log", rule="model")
    (log / "disclosure.csv").write_text("label,rule\nfig-1,described\n")
    assert small(log) == 1
    broken = result(tmp_path / "broken")
    (broken / "manifest.json").write_text("{")
    assert small(broken) == 1


def test_a_list_of_columns_is_no_register(tmp_path: Path) -> None:
    head = "<tr><th>Kolonne</th><th>Type</th><th>Eksempel</th></tr>"
    rows = "<tr><td>person</td><td>heltall</td><td>10000001</td></tr>"
    page = tmp_path / "registre.html"
    page.write_text(f"<table>{head}{rows}</table>", "utf-8")
    assert scan(tmp_path) == []
    register = "<tr><th>person</th><th>Type</th></tr><tr><td>10000001</td><td>a</td></tr>"
    page.write_text(f"<table>{register}</table>", "utf-8")
    assert len(scan(tmp_path)) > 0


def _sheet(*rows: str) -> str:
    cells = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    return f"<table:table>{cells}</table:table>"


def _cell(text: str) -> str:
    return f"<table:table-cell><text:p>{text}</text:p></table:table-cell>"


def test_an_empty_cell_of_a_sheet_moves_no_other():
    titles = "".join(map(_cell, ("Del", "Kurve", "Antall personer", "Timer")))
    empty = "<table:table-cell/>"
    repeated = '<table:table-cell table:number-columns-repeated="2"/>'
    harmless = _sheet(titles, empty + _cell("AFT") + _cell("40") + _cell("1.2"))
    leak = _sheet(titles, "<table:table-row/>" + repeated + _cell("3") + _cell("40"))
    found = []
    for sheet in (harmless, leak):
        ((rows, _),) = documents.of_markup(sheet)
        found.append(list(tables.table(rows, thresholds(), small=True)))
    assert found[0] == []
    assert [kind for kind, _ in found[1]] == ["count below 5 persons in a column antall personer"]


def test_rows_of_decimals_hold_no_titles():
    row = ["Telefon,", "ved", "grensen", "0,0060", "0,0065"]
    assert list(tables.table([row, row], thresholds(), small=True)) == []
    named = [["Telefon", "Sted"], ["12345678", "Hamar"]]
    assert list(tables.table(named, thresholds(), small=True))


def test_a_site_shows_protected_zeros_of_the_results_beside_it(tmp_path):
    site = tmp_path / "out" / "site"
    (site / "assets").mkdir(parents=True)
    (site / "figures.csv").write_text(MARKED)
    own = result(tmp_path / "out" / "toy" / "03-oslo")
    assert small(site) == 1, "no site, so nothing beside it is asked"
    copied = site / "toy" / "03-oslo"
    copied.mkdir(parents=True)
    (copied / "figures.csv").write_text(MARKED)
    assert small(copied) == 1
    (site / "assets" / "site.css").write_text("")
    assert small(site) == small(copied) == 0
    (own / "manifest.json").unlink()
    assert (small(site), small(copied)) == (2, 1)
