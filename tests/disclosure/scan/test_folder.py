"""The last search of a finished folder finds what is planted, in every kind of file."""

import base64
import gzip
import io
import json
import zipfile
import zlib

import nbformat
import openpyxl
import pandas as pd
import pytest
import typst

from naveval.disclosure.scan import folder
from naveval.disclosure.scan.folder import require_clean, scan
from naveval.disclosure.scan.words import is_identity_number
from naveval.project.errors import DisclosureError

ID = "P0012345"
IDENTITY = "31929900068"  # synthetic: 80 is added to the month


def png(text: bytes, kind: bytes = b"tEXt") -> bytes:
    chunk = len(text).to_bytes(4, "big") + kind + text + zlib.crc32(kind + text).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk


def uri(kind: str, content: bytes) -> str:
    return f'<img src="data:{kind};base64,{base64.b64encode(content).decode()}">'


def notebook(**data: object) -> str:
    book = nbformat.v4.new_notebook()
    output = nbformat.v4.new_output("display_data", data=data)
    book.cells = [nbformat.v4.new_code_cell("x", outputs=[output])]
    return nbformat.writes(book)


def zipped(name: str, text: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return stream.getvalue()


TABLE = "<table><tr><th>fylke</th><th>Antall</th></tr><tr><td>Oslo</td><td>3</td></tr></table>"
PLANTED = {
    "a.csv": f"county,x\n03,{ID}\n",
    "b.csv": "county,n\n03,4\n11,90\n",
    "c.csv": "county;antall;x\n03;1 204;1\n11;2;1\n",
    "d.csv": "fnr,x\n1,2\n",
    "e.html": f"<p>{ID}</p>",
    "f.html": TABLE,
    "g.html": uri("image/png", png(b"Comment\0" + ID.encode())),
    "h.html": uri("text/csv", b"county,n_persons\n03,2\n03,400\n"),
    "i.ipynb": notebook(**{"text/plain": f"0  {ID}"}),
    "j.ipynb": notebook(**{"text/html": TABLE}),
    "k.png": png(b"Comment\0" + ID.encode()),
    "l.png": png(b"Comment\0\0" + zlib.compress(ID.encode()), b"zTXt"),
    "m.json": json.dumps({"cells": [{"n_persons": 3}]}),
    "n.txt": f"identitet {IDENTITY[:6]} {IDENTITY[6:]}",
    "o.svg": "<svg>" + "<circle/>" * 500 + "</svg>",
    "p.parquet": b"PAR1",
    "q.md": f"| {IDENTITY} |",
    "r.ipynb": "{",
    "s.csv": f"county,x,y\n03,{IDENTITY},2\n",
    "t.json": f"[1,{IDENTITY},3]",
    "u.html": f'<script type="application/json">[1,{IDENTITY},3]</script>',
    "v.html": f'<a href="data:text/csv,a%2Cb%0A{IDENTITY}%2C2">x</a>',
    "w.html": '<img src="data:image/svg+xml,' + "%3Ccircle/%3E" * 500 + '">',
    "x.svg": '<svg><path d="' + "M1 2 l1 1 " * 500 + '"/></svg>',
    "y.csv": f"a,b\n{IDENTITY},3\n".encode("utf-16"),
    "z.csv.gz": gzip.compress(b"person\n1\n"),
    "aa.bin": b"PAR1" + bytes(20),
    "ab.docx": zipped("word/document.xml", f"<w>{IDENTITY}</w>"),
    "ac.zip": zipped("persons.csv", "person,x\n1,2\n"),
    "ad.csv": "county,n_women\n03,4\n",
    "ae.ipynb": notebook(**{"text/markdown": "| Fylke | Personer |\n|---|--:|\n| Oslo | 3 |"}),
    "af.html": TABLE.replace("Antall", "Antall personer"),
    "ag.html": f"<figure id='tbl-9'>{TABLE.replace('3', '30')}</figure>{TABLE}",
    "ah.json": json.dumps({"n_persons": [30, 3, 40]}),
    "ai.html": '<script id="k" type="application/json">[{"antall": 3, "n": true}]</script>',
    f"{IDENTITY}.txt": "x",
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_faults_are_found(tmp_path, name):
    content = PLANTED[name]
    file = tmp_path / "figures" / name
    file.parent.mkdir()
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = scan(tmp_path, ids=[ID])
    assert [finding.file for finding in found] == [f"figures/{name}"]
    assert ID not in str(found)
    assert IDENTITY not in str([finding.kind for finding in found])
    with pytest.raises(DisclosureError, match="1 findings, not for publication"):
        require_clean(tmp_path, ids=[ID])


def test_large_folders_are_searched_by_all_processors_with_the_same_findings(tmp_path, monkeypatch):
    for name in ("a.csv", "b.csv", "e.html", "k.png"):
        content = PLANTED[name]
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    one = scan(tmp_path, ids=[ID])
    assert [finding.file for finding in one] == ["a.csv", "b.csv", "e.html", "k.png"]
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
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7\nstream\n")
    assert [finding.kind for finding in scan(tmp_path)] == ["unreadable file, cannot be checked"]


def test_clean_folder_has_no_finding(tmp_path):
    (tmp_path / "estimates.csv").write_text(
        "estimate,n_persons,n_clusters\n0.12345678901,90,2\n12345678901.5,:,3\n,5,4\n"
    )
    (tmp_path / "report.html").write_text(f"<p>12 345 678 901 kr</p>{uri('image/png', png(b'a'))}")
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
