"""The last search of a finished folder finds what is planted, in every kind of file."""

import base64
import json
import zlib

import nbformat
import openpyxl
import pandas as pd
import pytest
import typst

from naveval.disclosure_scan import is_identity_number, require_clean, scan
from naveval.errors import DisclosureError

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
    assert IDENTITY not in str(found)
    with pytest.raises(DisclosureError, match="1 findings, not for publication"):
        require_clean(tmp_path, ids=[ID])


def test_workbook_is_searched(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["place", "n"])
    book.active.append([ID, 3])
    book.save(tmp_path / "x.xlsx")
    assert len(scan(tmp_path, ids=[ID])) == 2


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


def test_identity_numbers():
    assert is_identity_number(IDENTITY)
    assert not is_identity_number("12345678901")
    assert not is_identity_number("00000000000")
