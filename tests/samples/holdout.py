"""A second planted set, written after the search was frozen, of forms it had not been tried on.

Leaks as an analyst leaves them in passing and as somebody hides them who knows the search exists;
harmless files as reports, catalogues and code hold them. The search is measured on them before it
is tuned to any.
"""

import base64
import binascii
import gzip
import io
import json
import quopri
import zipfile
import zlib
from collections.abc import Mapping

import nbformat
import openpyxl
import planted
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText

ID, NUMBER, IDENTITY = planted.TEXT_ID, planted.NUMBER_ID, planted.IDENTITY


def _zip(files: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(name, text)
    return stream.getvalue()


def _ods(rows: list[list[object]]) -> bytes:
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p>'
            "</table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    space = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{space}:office:1.0" '
        f'xmlns:table="{space}:table:1.0" '
        f'xmlns:text="{space}:text:1.0"><office:body><office:spreadsheet><table:table '
        f'table:name="Ark">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<m:manifest xmlns:m="{space}:manifest:1.0"><m:file-entry m:full-path="/" '
        f'm:media-type="{kind}"/></m:manifest>'
    )
    return _zip({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest})


def _slide(rows: list[list[str]]) -> bytes:
    lines = "".join(
        "<a:tr>"
        + "".join(
            f"<a:tc><a:txBody><a:p><a:r><a:t>{c}</a:t></a:r></a:p></a:txBody></a:tc>" for c in row
        )
        + "</a:tr>"
        for row in rows
    )
    return _zip({"ppt/slides/slide1.xml": f"<p:sld><a:tbl>{lines}</a:tbl></p:sld>"})


def _word(part: str, text: str) -> bytes:
    return _zip({"word/document.xml": "<w:document/>", f"word/{part}.xml": text})


def _book(rows: list[list[object]], *, above: int = 0, name: str = "") -> bytes:
    book = openpyxl.Workbook()
    for _ in range(above):
        book.active.append(["Merknad"])
    for row in rows:
        book.active.append(row)
    if name:
        book.active.title = name
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _picture(kind: str, **more: object) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, kind, **more)
    return stream.getvalue()


def _exif(text: str) -> Image.Exif:
    found = Image.Exif()
    found[0x010E] = text  # ImageDescription
    return found


def _annotated(text: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(planted.pdf())))
    writer.add_annotation(0, FreeText(text=text, rect=(50, 550, 200, 650)))
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def _marked(title: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(planted.pdf())))
    writer.add_outline_item(title, 0)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def _cells(*cells: object, **metadata: object) -> bytes:
    book = nbformat.v4.new_notebook(cells=list(cells), metadata=metadata)
    return nbformat.writes(book).encode()


PASSING = {
    "p01.txt": "Feilet for person 10064738 i kjøringen.",
    "p02.log": "KeyError: '10064738'",
    "p03.md": "Se array([10064738, 10064739, 10064801])",
    "p04.html": "<p>Deltaker med id 10064738 mangler</p>",
    "p05.csv": "Unnamed: 0,hours\n10064738,3.5\n10076178,12.0\n10099121,8.2\n10102233,1.1\n",
    "p06.csv": "merge,verdi\n46-10076178-m,3.2\n03-10076190-k,4.4\n11-10077711-m,1.9\n",
    "p07.log": "merge failed on key 46-10076178-m",
    "p08.csv": "kombinasjon;Oslo;Vestland;Innlandet\nA;23;4;61\nB;2;18;40\n",
    "p09.html": "<table><tr><th></th><th>Kvinner</th><th>Menn</th><th>I alt</th></tr><tr><td>A</td>"
    "<td>3</td><td>41</td><td>44</td></tr><tr><td>B</td><td>21</td><td>2</td><td>23</td></tr>"
    "</table>",
    "p10.txt": "Kontakt ola.n88@gmail.com",
    "p11.txt": "Mobil: 93 41 23 45",
    "p12.txt": "Kari Nordmann, Storgata 14, 0155 Oslo",
    "p13.svg": "<svg>"
    + "".join(
        f'<text x="{50 * j}" y="{20 * i}">{cell}</text>'
        for i, row in enumerate([["Antall personer", "Fylke"], ["3", "Oslo"], ["40", "Agder"]])
        for j, cell in enumerate(row)
    )
    + "</svg>",
    "p14.json": json.dumps(
        {"fylke": {"0": "Oslo", "1": "Agder"}, "antall personer": {"0": 3, "1": 55}}
    ),
    "p15.md": r"Hentet fra \\server01\prosjekt\hedmark\uttrekk.csv",
}
"""What slips into a text or a table in passing: keys, contacts, crossed groups, places of files."""
IN_PASSING = {
    "y01.txt": "Figur 3 viser fire personer som samarbeider om et skjema.",
    "y02.txt": "Nav: ring 55 55 33 33. Org.nr. 889640782.",
    "y03.txt": "Budsjettet var 10064738 kroner i 2016.",
    "y04.csv": "index,kroner\n0,10064738\n1,20000000\n2,30000000\n",
    "y05.html": "<table><tr><th>Fylke</th><th>Oslo</th><th>Agder</th></tr><tr><td>Andel i prosent"
    "</td><td>3</td><td>40</td></tr><tr><td>Timer</td><td>2</td><td>33</td></tr></table>",
    "y06.txt": "DOI 10.1016/j.jeconom.2020.10012345, ISBN 978-82-12345-67-8",
    "y07.csv": "fil,dato\na,20260401\nb,20260402\nc,20260403\n",
    "y08.txt": "Nav-kontoret i Storgata 14, 0155 Oslo.",
    "y10.txt": "Kjennetegn Gruppe Måneder Andel\nKjønn Kvinne 1750 25 30 12\n"
    "Kjønn Mann 1963 27 33 14\nAlder 20-29 700 20 10 2\n",
    "y09.csv": "person_months;county\n5514069;Oslo\n4411234;Agder\n3345123;Troms\n",
}


def leaks() -> dict[str, bytes]:
    """Files that may not leave, by name."""
    code, stream = nbformat.v4.new_code_cell, nbformat.v4.new_output
    octal = "".join(f"\\{ord(sign):03o}" for sign in ID)
    printable = "".join(f"={ord(sign):02X}" for sign in ID)
    mail = f"Subject: t\nContent-Transfer-Encoding: quoted-printable\n\n{printable}\n".encode()
    plotly = {"data": [{"type": "bar", "x": ["Oslo"], "y": [3], "name": "Antall personer"}]}
    vega = {"mark": "bar", "data": {"values": [{"fylke": "Oslo", "antall": 2}]}}
    geo = {"type": "Feature", "properties": {"kommune": "X", "antall_ledige": 4}, "geometry": None}
    people = "\n".join(f"{k:05d} {1950 + k % 40} K {3 + k % 5}" for k in range(25))
    inserts = "\n".join(
        f"INSERT INTO deltaker (fnr, tiltak) VALUES ({k}, 'AFT');" for k in range(3)
    )
    latin = zlib.compress("Åse Strøm, født 12.03.1984".encode("latin-1"))
    return {
        **{name: text.encode() for name, text in PASSING.items()},
        "p16.png": planted.png((b"zTXt", b"Comment\0\0" + latin)),
        "a01.ods": _ods([["Fylke", "Antall"], ["Oslo", 3], ["Agder", 50]]),
        "a02.ods": _ods([["Merknad"], [f"se {ID}"]]),
        "a03.pptx": _slide([["Fylke", "Deltakere"], ["Oslo", "2"]]),
        "a04.docx": _word(
            "footnotes", "<w:p><w:t>Av desse var det 3 deltakarar i Oslo.</w:t></w:p>"
        ),
        "a05.docx": _word("document2", f"<w:del><w:delText>{ID}</w:delText></w:del>"),
        "a06.epub": _zip({"OEBPS/a.xhtml": f"<html><p>Rad {IDENTITY}</p></html>"}),
        "a07.xlsx": _book([["Fylke", "Tal på søkjarar"], ["Oslo", 2]], above=12),
        "a08.xlsx": _book([["a", 1]], name=ID),
        "a09.xlsx": _book([["Fylke", "Antall"], ["Oslo", "=1+2"], ["Agder", "to"]]),
        "b01.tex": b"\\begin{tabular}{lr} Fylke & Antall \\\\\nOslo & 3 \\\\\n\\end{tabular}",
        "b02.rst": b"======  ======\nFylke   Antall\n======  ======\nOslo    3\n======  ======\n",
        "b03.yml": b"fylker:\n  Oslo:\n    deltakere: 3\n    andel: 0.5\n",
        "b04.toml": b"[oslo]\nantall_personer = 3\n",
        "b05.ini": b"[oslo]\nantall=2\n",
        "b06.sql": inserts.encode(),
        "b07.sql": f"select * from t where fnr = '{IDENTITY}';".encode(),
        "b08.R": b'd <- data.frame(fylke = "Oslo", antall = 3)  # bare 3 deltakere\n',
        "b09.py": f"skip = ['{ID}']  # feil i raden".encode(),
        "b10.rtf": b"{\\rtf1\\ansi I Oslo var det 3 deltakere.}",
        "b11.eml": mail,
        "b12.xml": b"<data><rad><fodselsdato>1971-03-04</fodselsdato><kjonn>K</kjonn></rad></data>",
        "b13.xml": b"<fylke navn='Oslo'><antall>3</antall></fylke>",
        "b14.dat": ("LOPENR FAAR KJONN MND\n" + people).encode(),
        "b15.txt": b"Kvinner: 3 personer\nMenn: 40 personer\n",
        "b16.csv": b"# trukket ut 2024\nfylke|antall\nOslo|3\nAgder|70\n",
        "b17.csv": b"gruppe,variabel,oslo\nkvinner,antall personer,3\nkvinner,andel,0.5\n",
        "b18.log": f"2024-01-02 dropped person={NUMBER} (no county)".encode(),
        "b19.log": b"  innsats |  Freq.  Percent\n spesielt |  3  1.20\n standard |  247  98.80\n",
        "c01.json": json.dumps(plotly).encode(),
        "c02.json": json.dumps(vega).encode(),
        "c03.geojson": json.dumps(geo).encode(),
        "c04.json": json.dumps({"payload": json.dumps({"antall": 3})}).encode(),
        "c05.json": json.dumps(
            {"table": {"head": ["Fylke", "Antall"], "body": [["Oslo", 3]]}}
        ).encode(),
        "c06.json": json.dumps([{"measure": "persons", "county": "03", "value": 2}]).encode(),
        "c07.json": json.dumps({"mottakere": [30, 2, 41]}).encode("utf-16"),
        "c08.json": json.dumps({"rows": [[ID, 1], ["x", 2]]}).encode(),
        "d01.html": planted.page("<dl><dt>Antall deltakere</dt><dd>3</dd></dl>"),
        "d02.html": planted.page(f'<form><input type="hidden" value="{ID}"></form>'),
        "d03.html": planted.page(f'<a href="/person/{IDENTITY}/sak">her</a>'),
        "d04.html": planted.page(
            '<iframe srcdoc="&lt;table&gt;&lt;tr&gt;&lt;th&gt;Antall&lt;/th&gt;&lt;/tr&gt;'
            '&lt;tr&gt;&lt;td&gt;3&lt;/td&gt;&lt;/tr&gt;&lt;/table&gt;"></iframe>'
        ),
        "d05.html": planted.page(f"<script>s = '{octal}'</script>"),
        "d06.html": planted.page(
            f"<script>s = '{base64.b85encode(('id ' + ID).encode()).decode()}'</script>"
        ),
        "d07.html": planted.page(f"<script>s = '{ID[::-1]}'.split('').reverse()</script>"),
        "d08.html": planted.page(
            f"<script>z = '{base64.b64encode(gzip.compress(ID.encode())).decode()}'</script>"
        ),
        "d09.html": planted.page("<p>Only two participants found work.</p>"),
        "d10.html": planted.page("<p>Just 4 of the 61 women were employed.</p>"),
        "d11.html": planted.page('<meter aria-label="Antall deltakere: 3" value="3"></meter>'),
        "d12.html": planted.page(
            '<table><tr><th scope="row">Antall personer</th><td>4</td></tr></table>'
        ),
        "e01.svg": planted.svg("<text>3 personer</text>"),
        "e02.svg": planted.svg(f'<g inkscape:label="{ID}"/>'),
        "e03.jpg": _picture("JPEG", exif=_exif(f"fra {ID}")),
        "e04.gif": _picture("GIF", comment=ID.encode()),
        "e05.webp": _picture("WEBP", exif=_exif(f"fra {ID}")),
        "e06.tif": _picture("TIFF", description=ID),
        "f01.pdf": _annotated("Bare to deltakere i denne ruten"),
        "f02.pdf": _marked(f"Rad {ID}"),
        "f03.pdf": planted.pdf("#table(columns: 2, [Fylke], [Antall], [Oslo], [3], [Agder], [77])"),
        "f04.pdf": planted.pdf_carrying("n.csv", b"fylke,antall\nOslo,3\n"),
        "g01.ipynb": _cells(code("x = 1  # person " + ID)),
        "g02.ipynb": _cells(
            code("t", outputs=[stream("stream", name="stderr", text="fant 3 deltakere i Oslo\n")])
        ),
        "g03.ipynb": _cells(code("x"), widgets={"state": {"a": {"value": ID}}}),
        "h01.md": b"- Oslo: 3 deltakere\n- Agder: 41 deltakere\n",
        "h02.md": "I Finnmark er éin av dei 14 kvinnene i arbeid.".encode(),
        "h03.md": b"Det var en person i Oslo og to i Agder, ellers var det ingen personer.",
        "h04.txt": b"begin 644 a\n" + binascii.b2a_uu(b"id " + ID.encode()) + b"`\nend\n",
        "h05.md": f"Fødselsnummer {' '.join(IDENTITY)}".encode(),
        "h06.txt": (ID[:3] + "\u0332" + ID[3:]).encode(),
        "i01.zip": _zip({f"{ID}/les.txt": "a"}),
        "i02.bin": zlib.compress(f"rad {ID}".encode() * 9),
        "i03.html": planted.page(
            '<link rel="icon" href="data:application/zip;base64,'
            f'{base64.b64encode(_zip({"a": ID})).decode()}">'
        ),
        "j01.eml": b"Subject: t\n\n" + quopri.encodestring("Talet på søkjarar er 3".encode()),
    }


def harmless() -> dict[str, bytes]:
    """Files that may leave, by name."""
    code = nbformat.v4.new_code_cell
    return {
        **{name: text.encode() for name, text in IN_PASSING.items()},
        "x01.ods": _ods([["Fylke", "Antall"], ["Oslo", 30], ["Agder", 50]]),
        "x02.pptx": _slide([["Tiltak", "Uker"], ["AFT", "2"]]),
        "x03.xlsx": _book([["Fylke", "Timer per person"], ["Oslo", 3]], above=12),
        "x04.tex": b"Fylke & Andel \\\\ Oslo & 3 \\\\",
        "x05.yml": b"seed: 3\nthreads: 2\nleast_persons: 20\ncounties: 4\n",
        "x06.toml": b'[project]\nversion = "3.1"\nworkers = 2\n',
        "x07.sql": b"select fylke, avg(timer) from tall group by 1 limit 3;",
        "x08.py": b"n = 3\nfor k in range(4):\n    print(k)\n",
        "x09.R": b"x <- c(1, 2, 3, 4)  # fire grupper\n",
        "x10.xml": b"<rss><item><pubDate>2024-03-04</pubDate><title>3 tall</title></item></rss>",
        "x11.csv": b"fylke,deltakere\nOslo,120\nAgder,5\nTroms,0-5\n",
        "x12.csv": b"tiltak,deltakere i prosent,timer\nAFT,3,2\n",
        "x13.csv": b"kvartal,indeks\n2017K1,1\n2017K2,2\n2017K3,4\n",
        "x14.json": json.dumps(
            {"mark": "bar", "width": 3, "data": {"values": [{"x": 1, "y": 2}]}}
        ).encode(),
        "x15.json": json.dumps({"personer_per_kontor": 3, "andel_ledige": 2}).encode(),
        "x16.json": json.dumps({"measure": "weeks", "value": 2}).encode(),
        "x17.json": json.dumps(
            {"dependencies": {"numpy": "2.3.1"}, "persons": [200, 310]}
        ).encode(),
        "x18.html": planted.page("<p>To personer som er like, kan få ulik hjelp av Nav.</p>"),
        "x19.html": planted.page("<dl><dt>Antall fylker</dt><dd>3</dd></dl>"),
        "x20.html": planted.page(
            "<p>Fire av ti ledige kom i arbeid, og hver tredje deltaker sluttet.</p>"
        ),
        "x21.html": planted.page(
            "<p>Tabell 2 Deltakere etter alder. Kapittel 3 Personer i arbeid.</p>"
        ),
        "x22.html": planted.page(
            '<input type="range" min="0" max="4" value="3"><meter value="2"></meter>'
        ),
        "x23.html": planted.page(
            "<script>const rows = 3, cols = {a: 1, b: 2}; draw(rows, cols);</script>"
        ),
        "x24.svg": planted.svg("<text>0–5 personer</text><text>2015</text>"),
        "x25.gif": _picture("GIF", comment=b"laget med Pillow"),
        "x26.jpg": _picture("JPEG", exif=_exif("Figur 3")),
        "x27.pdf": planted.pdf("#table(columns: 2, [Tiltak], [Uker], [AFT], [3], [AMO], [4])"),
        "x28.pdf": _marked("3 Deltakere og tiltak"),
        "x29.ipynb": _cells(
            code("n = 3  # tre fold"), kernelspec={"name": "python3", "display_name": "Python 3"}
        ),
        "x30.md": "Tall under 5 personer vises som 0–5. Minst 20 personer bak hver andel.".encode(),
        "x31.md": b"Se tabell 3: personer i tiltak. Gruppe 4 deltakere er yngst.",
        "x32.txt": b"Loggfil 2024-05-06 12:13:14 side 3 av 4, 12 filer, 3 advarsler",
    }
