"""A second planted set, made by another hand than the search was tuned with.

Leaks and harmless files of kinds that `planted` does not hold in this form; the search is measured
on them and not tuned to them.
"""

import base64
import gzip
import io
import json
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path

import openpyxl
import planted

ID, NUMBER, IDENTITY = planted.TEXT_ID, planted.NUMBER_ID, planted.IDENTITY


def _png(*chunks: tuple[bytes, bytes], after: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(b"\x00\xff\xff\xff"))
    middle = b"".join(chunk(kind, data) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + head + middle + pixel + chunk(b"IEND", b"") + after


def _pdf(text: bytes, filters: bytes = b"") -> bytes:
    content = b"BT /F1 12 Tf (" + text + b") Tj ET"
    if filters == b"/FlateDecode":
        content = zlib.compress(content)
    elif filters == b"/ASCIIHexDecode":
        content = content.hex().encode() + b">"
    told = b"/Filter " + filters if filters else b""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<<%s/Length %d>>stream\n%s\nendstream" % (told, len(content), content),
    ]
    made, places = b"%PDF-1.5\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj %s endobj\n" % (number, one)
    start = len(made)
    made += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % p for p in places)
    return made + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start


def _zip(files: dict[str, bytes], comment: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
        made.comment = comment
    return stream.getvalue()


def _book(
    *, cell: str = "", note: str = "", hidden: str = "", name: str = "", title: str = ""
) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"] = "Fylke", cell or "Oslo"
    if note:
        from openpyxl.comments import Comment

        sheet["A1"].comment = Comment(note, "x")
    if hidden:
        other = book.create_sheet("skjult")
        other.sheet_state = "veryHidden"
        other["C9"] = hidden
    if name:
        book.create_sheet(name[:31])
    book.properties.description = title or None
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _database(text: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.db"
        with sqlite3.connect(file) as made:
            made.execute("create table t (p text)")
            made.execute("insert into t values (?)", (text,))
        made.close()
        return file.read_bytes()


def _table(head: str, rows: list[str]) -> bytes:
    return (head + "\n" + "\n".join(rows) + "\n").encode()


def leaks() -> dict[str, bytes]:
    """Forty-two files that may not leave, by name."""
    plain, coded = ID.encode(), base64.b64encode(ID.encode())
    spaced = f"{IDENTITY[:6]} {IDENTITY[6:]}"
    micro = [f"{i},{20 + i % 40},{2.5 * i:.2f},{i % 2}" for i in range(60)]
    found: dict[str, bytes] = {
        "a01.csv": f"fylke;merknad\n03;{spaced}\n".encode("cp1252"),
        "a02.csv": f"a,b\n1,{NUMBER}.0\n".encode(),
        "a03.tsv": f"a\tb\n1\t{ID}\n".encode(),
        "a04.csv": ("\ufeffa,b\n1," + ID + "\n").encode("utf-16"),
        "a05.csv": _table("fylke,tall på deltakarar", ["Oslo,3", "Agder,40"]),
        "a06.csv": _table("fylke,talet på personar", ["Oslo,2", "Agder,31"]),
        "a07.csv": _table(
            "kjønn,alder,lønn,arbeid", [f"K,{20 + i},{400000 + 7 * i},1" for i in range(80)]
        ),
        "a08.csv": _table("lopenr,alder,timer,arbeid", micro),
        "b01.json": json.dumps({"x": [{"y": {"z": ID}}]}).encode(),
        "b02.json": json.dumps({"deltakere": {"Oslo": 2, "Agder": 44}}).encode(),
        "b03.jsonl": ("\n".join(json.dumps({"person": i, "x": i}) for i in range(40))).encode(),
        "b04.json": json.dumps({"v": ID}).replace("-", "\\u002d").encode(),
        "c01.html": f"<p>a</p><!-- {ID} -->".encode(),
        "c02.html": f'<div data-p="{ID}">a</div>'.encode(),
        "c03.html": f"<script>var x = atob('{coded.decode()}');</script>".encode(),
        "c04.html": f"<p>{'&#8203;'.join(ID)}</p>".encode(),
        "c05.html": f"<p><b>{ID[:4]}</b><i>{ID[4:]}</i></p>".encode(),
        "c06.html": ("<p>" + "".join(f"&#{ord(c)};" for c in ID) + "</p>").encode(),
        "c07.html": f'<img alt="" src="data:text/plain;base64,{coded.decode()}">'.encode(),
        "c08.html": f"<style>.x::after{{content:'{ID}'}}</style>".encode(),
        "d01.svg": f"<svg xmlns='http://www.w3.org/2000/svg'><metadata>{ID}</metadata></svg>".encode(),
        "d02.svg": f"<svg xmlns='http://www.w3.org/2000/svg'><title>{IDENTITY}</title></svg>".encode(),
        "d03.svgz": gzip.compress(f"<svg><desc>{ID}</desc></svg>".encode()),
        "e01.png": _png((b"tEXt", b"Comment\x00" + plain)),
        "e02.png": _png((b"zTXt", b"Comment\x00\x00" + zlib.compress(plain))),
        "e03.png": _png((b"iTXt", b"a\x00\x01\x00\x00\x00" + zlib.compress(plain))),
        "e04.png": _png((b"prVt", plain)),
        "e05.png": _png(after=_zip({"x.csv": plain})),
        "f01.pdf": _pdf(plain),
        "f02.pdf": _pdf(plain, b"/FlateDecode"),
        "f03.pdf": _pdf(plain, b"/ASCIIHexDecode"),
        "f04.pdf": _pdf(b"x") + b"\n% " + plain,
        "g01.xlsx": _book(cell=ID),
        "g02.xlsx": _book(note=f"se {IDENTITY}"),
        "g03.xlsx": _book(hidden=NUMBER),
        "g04.xlsx": _book(title=ID),
        "h01.zip": _zip({"ok.txt": b"a"}, comment=plain),
        "h02.zip": _zip({f"{ID}.txt": b"a"}),
        "h03.zip": _zip({"inner.zip": _zip({"x.txt": plain})}),
        "i01.sqlite": _database(ID),
        f"j01/{ID}/ok.txt": b"a",
        "k01.txt": f"\x1b[31mKeyError: {ID}\x1b[0m".encode(),
        "k02.md": f"Av disse var {spaced} en.".encode(),
        "k03.txt": ID[::1].upper().encode("utf-16-le"),
    }
    return found


def harmless() -> dict[str, bytes]:
    """Twenty-two files that may leave, by name."""
    return {
        "x01.csv": _table("fylke,deltakere", ["Oslo,120", "Agder,44"]),
        "x02.csv": _table("fylke,timer", ["Oslo,3", "Agder,4"]),
        "x03.csv": _table("måned,andel", ["2017-01,2", "2017-02,3"]),
        "x04.csv": _table("tiltak,kroner", ["AFT,12345678901", "AMO,98765432109"]),
        "x05.csv": _table("label,p_value,n_clusters", ["a,0.03,4", "b,0.5,3"]),
        "x06.csv": _table("versjon,hash", ["1,3f786850e387550fdab836ed7e6dc881de23001b"]),
        "x07.json": json.dumps({"version": "2.0", "size": [3, 2], "value": [1, 2, 3]}).encode(),
        "x08.json": json.dumps({"fylker": 4, "antall tiltak": 3}).encode(),
        "x09.html": b"<p>Telefon 22 82 20 00, org.nr. 889 640 782</p>",
        "x10.html": "<p>Tre av fire fylker ligger høyere. Fire tiltak virker.</p>".encode(),
        "x11.html": b"<p>DOI 10.1257/aer.20190221, ISBN 978-82-7988-290-5</p>",
        "x12.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><text>3 timer</text></svg>",
        "x13.png": _png((b"tEXt", b"Software\x00matplotlib")),
        "x14.pdf": _pdf(b"Tabell 3 av 4"),
        "x15.xlsx": _book(cell="Oslo"),
        "x16.zip": _zip({"les.txt": b"Figur 1"}),
        "x17.txt": b"2026-11-27T12:00:00Z run 12 took 3 s",
        "x18.md": "Tallene gjelder 15 fylker og 4 undersøkelser.".encode(),
        "x19.csv": _table("uke,kurs", ["1,2", "2,4"]),
        "x20.csv": _table("alder,koeffisient", ["18,-1.28", "19,0.4"]),
        "x21.json": json.dumps({"sha256": "9" * 64, "contentSize": "4"}).encode(),
        "x22.txt": b"kontonummer 1234.56.78903 er et eksempel",
    }
