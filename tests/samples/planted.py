"""Leaks of every form in every kind of file the suite writes, and harmless files beside them.

`leaks` and `harmless` map a path in a folder to its content; nothing real is in any of them.
Ids are made up, and identity numbers are synthetic: 80 is added to the month.
"""

import base64
import gzip
import html
import io
import json
import random
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache, partial

import nbformat
import openpyxl
import typst
from matplotlib.figure import Figure
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

TEXT_ID = "P0012345"
NUMBER_ID = "1000734952618"
IDENTITY = "31929900068"
IDS = (TEXT_ID, NUMBER_ID, "ab-77-1023")

FORMS = {
    "plain": IDENTITY,
    "spaced": f"{IDENTITY[:6]} {IDENTITY[6:]}",
    "hyphen": f"{IDENTITY[:6]}-{IDENTITY[6:]}",
    "pairs": "31 92 99 000 68",
    "points": "31.92.99.00068",
    "thousands": "31\u202f929\u202f900\u202f068",
    "decimal": f"{IDENTITY}.0",
    "exponent": "3.1929900068e+10",
    "wide": IDENTITY.translate({48 + k: 0xFF10 + k for k in range(10)}),
    "soft": f"{IDENTITY[:4]}\u00ad{IDENTITY[4:8]}\u200b{IDENTITY[8:]}",
    "id": TEXT_ID,
    "lower id": TEXT_ID.lower(),
    "split id": "P-0012345",
    "number id": NUMBER_ID,
    "grouped id": "1000 734 952 618",
    "decimal id": f"{NUMBER_ID}.0",
    "hyphen id": "AB-77-1023",
}


@lru_cache(maxsize=2)
def picture(kind: str) -> bytes:
    stream = io.BytesIO()
    Figure(figsize=(1, 1)).savefig(stream, format=kind)
    return stream.getvalue()


def png(*chunks: tuple[bytes, bytes], behind: bytes = b"") -> bytes:
    """A real picture with further chunks before its end, and bytes behind it."""
    whole = picture("png")
    added = b"".join(
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        for kind, body in chunks
    )
    return whole[:-12] + added + whole[-12:] + behind


def jpeg(comment: bytes = b"", behind: bytes = b"") -> bytes:
    whole = picture("jpeg")
    segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment if comment else b""
    return whole[:2] + segment + whole[2:] + behind


def page(text: str, head: str = "") -> bytes:
    start = f'<!DOCTYPE html><html lang="nb"><head><title>T</title>{head}</head><body><main>'
    return f"{start}{text}</main></body></html>".encode()


def notebook(kind: str = "text/plain", data: object = "") -> bytes:
    book = nbformat.v4.new_notebook()
    output = nbformat.v4.new_output("display_data", data={kind: data})
    book.cells = [nbformat.v4.new_code_cell("study.show(1)", outputs=[output])]
    return nbformat.writes(book).encode()


def attachment(image: bytes) -> bytes:
    book = nbformat.v4.new_notebook()
    inside = {"a.png": {"image/png": coded(image)}}
    book.cells = [nbformat.v4.new_markdown_cell("![](attachment:a.png)", attachments=inside)]
    return nbformat.writes(book).encode()


def traceback(text: str) -> bytes:
    book = nbformat.v4.new_notebook()
    lines = ["\x1b[0;31mKeyError\x1b[0m", f"\x1b[1;32m{text[:5]}\x1b[0m\x1b[31m{text[5:]}\x1b[0m"]
    error = nbformat.v4.new_output("error", ename="KeyError", evalue="x", traceback=lines)
    book.cells = [nbformat.v4.new_code_cell("f(1)", outputs=[error])]
    return nbformat.writes(book).encode()


def workbook(
    rows: list[list[object]], *, hidden: str = "", comment: str = "", title: str = "Sheet"
) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    if hidden:
        sheet = book.create_sheet("skjult")
        sheet.sheet_state = "hidden"
        sheet.append([hidden])
    if comment:
        book.active["A1"].comment = openpyxl.comments.Comment(comment, "a")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def document(*runs: str, rows: list[list[str]] | None = None) -> bytes:
    """A word-processor's document: one paragraph in runs of their own, and a table."""
    text = "".join(f"<w:r><w:rPr><w:b/></w:rPr><w:t>{run}</w:t></w:r>" for run in runs)
    cells = [
        [f"<w:tc><w:p><w:r><w:t>{c}</w:t></w:r></w:p></w:tc>" for c in row] for row in rows or []
    ]
    lines = "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in cells)
    body = f"<w:body><w:p>{text}</w:p><w:tbl>{lines}</w:tbl></w:body>"
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return zipped("word/document.xml", f'<w:document xmlns:w="{space}">{body}</w:document>')


def zipped(name: str = "a.txt", text: str = "x", comment: str = "", each: str = "") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        member = zipfile.ZipInfo(name)
        member.comment = each.encode()
        archive.writestr(member, text)
        archive.comment = comment.encode()
    return stream.getvalue()


@lru_cache(maxsize=4)
def pdf(text: str = "Rapport") -> bytes:
    return typst.compile(f"= Rapport\n{text}".encode())


def pdf_with(content: bytes, coding: str) -> bytes:
    """A PDF with a stream nobody sees, coded as ASCII85, hexadecimal or packed text."""
    coded = {
        "/ASCII85Decode": lambda: base64.a85encode(content) + b"~>",
        "/ASCIIHexDecode": lambda: content.hex().encode() + b">",
        "/FlateDecode": lambda: zlib.compress(content),
    }[coding]()
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    stream = DecodedStreamObject()
    stream.set_data(coded)
    stream[NameObject("/Filter")] = NameObject(coding)
    stream[NameObject("/Type")] = NameObject("/Metadata")
    writer.root_object[NameObject("/PieceInfo")] = writer._add_object(stream)
    return _written(writer)


def pdf_about(subject: str) -> bytes:
    """A PDF whose metadata say something, in UTF-16."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    writer.add_metadata({"/Subject": f"«{subject}» – æøå Ω"})
    return _written(writer)


def pdf_carrying(name: str, content: bytes) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    writer.add_attachment(name, content)
    return _written(writer)


def _written(writer: PdfWriter) -> bytes:
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def coded(content: bytes | str) -> str:
    raw = content.encode() if isinstance(content, str) else content
    return base64.b64encode(raw).decode()


def uri(kind: str, content: bytes) -> str:
    return f'<img alt="x" src="data:{kind};base64,{coded(content)}">'


def svg(body: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg"><title>T</title>{body}</svg>'.encode()


def halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def split_svg(text: str) -> bytes:
    first, second = halves(text)
    return svg(f"<text><tspan>{first}</tspan><tspan x='3'>{second}</tspan></text>")


def split_html(text: str) -> bytes:
    first, second = halves(text)
    return page(f"<p>Se <b>{first}</b><span>{second}</span> der.</p>")


CARRIERS = {
    "{}.csv": lambda text: f"fylke;verdi\n03;{text}\n11;0,5\n".encode(),
    "{}-utf16.csv": lambda text: f"fylke,verdi\n03,{text}\n".encode("utf-16"),
    "{}.json": lambda text: json.dumps({"rows": [{"x": text}]}).encode(),
    "{}.txt": lambda text: f"Raden {text} er borte.".encode(),
    "{}-utf16le.txt": lambda text: f"Raden {text} er borte.".encode("utf-16-le"),
    "{}.log": lambda text: f"\x1b[31mFEIL\x1b[0m \x1b[1m{text}\x1b[0m finnes ikke".encode(),
    "{}.md": lambda text: f"| A |\n|---|\n| {text} |\n".encode(),
    "{}.html": lambda text: page(f"<p>Se {text} her.</p>"),
    "{}-comment.html": lambda text: page(f"<!-- {text} --><p>Tekst</p>"),
    "{}-attribute.html": lambda text: page(f'<p data-row="{html.escape(text)}">Tekst</p>'),
    "{}-split.html": split_html,
    "{}-script.html": lambda text: page(
        f'<script>const d = atob("{coded(f"id,x;{text}")}")</script>'
    ),
    "{}-entities.html": lambda text: page(f"<p>{''.join(f'&#{ord(sign)};' for sign in text)}</p>"),
    "{}.svg": lambda text: svg(f"<desc>{text}</desc>"),
    "{}-split.svg": split_svg,
    "{}.png": lambda text: png((b"tEXt", b"Comment\0" + text.encode())),
    "{}-private.png": lambda text: png((b"prVt", text.encode())),
    "{}-packed.png": lambda text: png((b"zTXt", b"C\0\0" + zlib.compress(text.encode()))),
    "{}.jpg": lambda text: jpeg(text.encode()),
    "{}.pdf": lambda text: pdf_about(text),
    "{}-a85.pdf": lambda text: pdf_with(f"x {text} y".encode(), "/ASCII85Decode"),
    "{}-hex.pdf": lambda text: pdf_with(f"x {text} y".encode(), "/ASCIIHexDecode"),
    "{}-packed.pdf": lambda text: pdf_with(f"x {text} y".encode(), "/FlateDecode"),
    "{}-csv.pdf": lambda text: pdf_carrying("a.csv", f"a,b\n{text},2\n".encode()),
    "{}-workbook.pdf": lambda text: pdf_carrying("a.xlsx", workbook([["a"], [text]])),
    "{}.xlsx": lambda text: workbook([["fylke", "x"], ["03", text]]),
    "{}-hidden.xlsx": partial(lambda text: workbook([["a"]], hidden=text)),
    "{}-comment.xlsx": lambda text: workbook([["a"]], comment=text),
    "{}.docx": lambda text: document(*halves(text)),
    "{}-comment.zip": lambda text: zipped(comment=text),
    "{}-member.zip": lambda text: zipped(each=text),
    "{}-inside.zip": lambda text: zipped(text=text),
    "{}.ipynb": lambda text: notebook(data=f"0  {text}"),
    "{}-html.ipynb": lambda text: notebook("text/html", f"<p>{text}</p>"),
    "{}-traceback.ipynb": traceback,
}
"""Kinds of file, by the name they get, that carry one text."""


def named_leaks() -> Iterator[tuple[str, bytes]]:
    """Every form of an id or identity number, each in several kinds of file, all kinds used."""
    rng = random.Random(7)
    carriers = list(CARRIERS.items())
    offset = 0
    for form, text in FORMS.items():
        for step in range(8):
            name, make = carriers[(offset + step) % len(carriers)]
            yield f"a/{name.format(form.replace(' ', '-') + f'-{step}')}", make(text)
        offset += 8
    for form in ("plain", "hyphen", "id", "split id", "number id"):
        yield f"{FORMS[form]}/tabell.csv", b"a,b\n1,2\n"
        yield f"x/{rng.randint(1, 9)}_{FORMS[form]}.txt", b"x"


SMALL = {
    "Antall": "3",
    "n": "4",
    "n_women": "2",
    "Personer": "1",
    "Personar": "3",
    "Talet på deltakarar": "4",
    "Tal på arbeidssøkjarar": "2",
    "Antall personer i tiltak": "3",
    "Arbeidssøkere": "4,0",
    "Brukarar": "1",
    "Mottakere": "2",
    "Helt ledige": "3",
    "Frekvens": "4",
    "Number of participants": "3",
    "Headcount": "2",
    "Deltakere i 2017": "4",
    "Individer": "3",
}


def small_counts() -> Iterator[tuple[str, bytes]]:
    makers = {
        "csv": lambda head, n: f"fylke;{head}\nOslo;{n}\nAgder;210\n".encode(),
        "html": lambda head, n: page(
            f"<table><tr><th>Fylke</th><th>{head}</th></tr><tr><td>Oslo</td><td>{n}</td></tr></table>"
        ),
        "md": lambda head, n: f"| Fylke | {head} |\n|---|--:|\n| Oslo | {n} |\n".encode(),
        "xlsx": lambda head, n: workbook(
            [["Simulert"], ["Tittel"], ["Fylke", head], ["Oslo", float(n.replace(",", "."))]]
        ),
        "ipynb": lambda head, n: notebook(data=f"   Fylke  {head}\n0  Oslo  {n}\n1  Agder  210"),
        "json": lambda head, n: json.dumps(
            [{"f": "Oslo", head: float(n.replace(",", "."))}]
        ).encode(),
        "docx": lambda head, n: document("T", rows=[["Fylke", head], ["Oslo", n]]),
    }
    kinds = list(makers)
    for position, (head, n) in enumerate(SMALL.items()):
        for step in (0, 3):
            kind = kinds[(position + step) % len(kinds)]
            yield f"small/{position}-{step}.{kind}", makers[kind](head, n)
    yield "small/row.csv", b"hva,Oslo,Agder\nSnitt,0.5,0.4\nAntall personer,3,400\n"
    yield "small/lines.json", json.dumps({"n_persons": [30, 3, 40]}).encode()
    yield "small/prose.html", page("<p>I Oslo var det bare 3 deltakere i tiltaket.</p>")
    yield "small/prose-word.md", b"Der fekk to personar jobb."
    yield "small/size.html", page("<figure><figcaption>Menn (n = 3)</figcaption></figure>")
    yield (
        "small/script.html",
        page('<script id="k" type="application/json">[{"antall": 3, "n": true}]</script>'),
    )
    yield (
        "small/data.html",
        page(f'<a href="data:text/csv;base64,{coded("fylke,n_persons" + chr(10) + "03,2")}">x</a>'),
    )
    yield "small/printed.pdf", pdf("Kjelde: i Oslo var det 3 deltakarar med.")


def microdata() -> Iterator[tuple[str, bytes]]:
    head = ["fødselsår", "kjønn", "kommune", "utdanning", "innsatsgruppe"]
    rows = [
        [str(1950 + 7 * k), "kvinne", f"{301 + k:04d}", "bachelor", "spesielt"] for k in range(6)
    ]
    lines = "\n".join(",".join(row) for row in [head, *rows])
    english = ["birth_year", "sex", "county", "start_date", "program"]
    events = [[1960 + k, "f", "03", f"2017-0{k + 1}-13", "AFT"] for k in range(6)]
    yield "micro/rows.csv", lines.encode()
    yield "micro/rows.xlsx", workbook([head, *rows])
    yield (
        "micro/rows.json",
        json.dumps([dict(zip(english, row, strict=True)) for row in events]).encode(),
    )
    yield (
        "micro/columns.json",
        json.dumps(dict(zip(english, map(list, zip(*events, strict=True)), strict=True))).encode(),
    )
    yield "micro/rows.ipynb", notebook(data="\n".join("  ".join(row) for row in [head, *rows]))
    cells = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in [head, *rows])
    yield "micro/rows.html", page(f"<table>{cells}</table>")
    yield (
        "micro/rows.md",
        "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * 5, *rows]).encode(),
    )
    yield "micro/rows.docx", document("Vedlegg", rows=[head, *rows])
    yield "micro/born.csv", b"fodselsdato,x\n1971-03-04,1\n"
    yield "micro/names.csv", b"Etternavn;sum\nNordmann;100\n"
    yield "micro/key.json", b'{"rows": {"Person-ID": "x7"}}'
    yield "micro/points.svg", svg("<circle cx='1' cy='2' r='1'/>" * 500)
    yield "micro/strokes.svg", svg('<path d="' + "M1 2 l1 1 " * 500 + '"/>')
    yield "micro/picture.html", page(uri("image/svg+xml", svg("<use href='#a'/>" * 500)))


def others() -> Iterator[tuple[str, bytes]]:
    yield "o/behind.png", png(behind=b"fylke,n\n03,700\n")
    yield "o/behind.jpg", jpeg(behind=zipped())
    yield "o/behind.pdf", pdf() + b"\nfylke,n\n03,700\n"
    yield "o/data.parquet", b"PAR1" + bytes(20)
    yield "o/renamed.bin", b"PAR1" + bytes(20)
    yield "o/data.csv.gz", gzip.compress(b"fylke,n\n03,900\n")
    yield "o/inside.zip", zipped("persons.parquet", "x")
    yield "o/pickle.html", page(uri("application/x", gzip.compress(b"fylke,n\n03,900\n")))
    yield "o/broken.ipynb", b"{"
    yield "o/broken.pdf", b"%PDF-1.7\nnonsense"
    yield "o/broken.png", b"\x89PNG\r\n\x1a\n" + bytes(9)
    yield "o/broken.xlsx", b"PK\x03\x04nonsense"
    yield "o/figure.html", page(uri("image/png", png((b"prVt", IDENTITY.encode()))))
    yield "o/text.pdf", pdf(f"Personen {IDENTITY[:6]} {IDENTITY[6:]}")
    yield "o/text-id.pdf", pdf(f"Personen {TEXT_ID} fra Oslo")
    yield "o/hex.txt", f"x = {IDENTITY.encode().hex()}".encode()
    yield (
        "o/escaped.json",
        ('{"x": "' + "".join(f"\\u{ord(s):04x}" for s in IDENTITY) + '"}').encode(),
    )
    yield (
        "o/query.html",
        page(f'<a href="a.html?p={"".join(f"%{ord(s):02X}" for s in IDENTITY)}">x</a>'),
    )
    yield "o/twice.html", page(f"<script>x='{coded(coded('id ' + IDENTITY + ' slutt'))}'</script>")
    yield "o/attachment.ipynb", attachment(png((b"tEXt", b"C\0" + TEXT_ID.encode())))
    yield "o/numbers.json", f"[1,{IDENTITY},3]".encode()
    yield "o/number-id.json", f"[1,{NUMBER_ID},3]".encode()


def disguised() -> Iterator[tuple[str, bytes]]:
    """Ids in codes, and counts and records where nobody looks for a table."""
    wide = TEXT_ID.encode("utf-16-le")
    codes = ", ".join(str(ord(sign)) for sign in TEXT_ID)
    folded = base64.encodebytes(("x" * 90 + " " + IDENTITY).encode()).decode()
    for name, text in {
        "short64": coded(TEXT_ID),
        "wide64": coded(wide),
        "base32": base64.b32encode(TEXT_ID.encode()).decode(),
        "hex": TEXT_ID.encode().hex(),
        "hex groups": TEXT_ID.encode().hex(" "),
        "wide hex": wide.hex(),
        "percent twice": "".join(f"%25{ord(sign):02X}" for sign in TEXT_ID),
        "codes": codes,
        "folded": folded,
    }.items():
        yield f"coded/{name}.html", page(f"<script>let v = '{text}'</script>")
        yield f"coded/{name}.txt", f"verdi {text}\n".encode()
    yield "coded/pasted.html", page(f"<script>v = '{TEXT_ID[:4]}' + '{TEXT_ID[4:]}'</script>")
    css = "".join(f"\\{ord(sign):04x}" for sign in TEXT_ID)
    yield "coded/style.html", page("T", f"<style>p::after{{content:'{css}'}}</style>")
    yield "coded/utf32.txt", f"Raden {TEXT_ID}".encode("utf-32")
    yield "coded/behind.html", page("T") + zipped(text=TEXT_ID)
    yield "coded/unknown.bin", b"\x07\x00\x01" + random.Random(3).randbytes(400)
    rows = [{"fylke": "Oslo", "antall": 3}, {"fylke": "Agder", "antall": 40}]
    split = {"columns": ["fylke", "deltakarar"], "index": [0, 1], "data": [["Oslo", 2], ["X", 9]]}
    stat = {"label": "Deltakere", "id": ["fylke", "tall"], "size": [2, 1], "value": [3, 70]}
    stat["dimension"] = {
        "fylke": {"category": {"label": {"03": "Oslo", "11": "Rogaland"}}},
        "tall": {"category": {"label": {"n": "Antall personer"}}},
    }
    trees: dict[str, object] = {
        "below": {"deltakere": {"Oslo": 2, "Agder": 44}},
        "text": {"antallPersoner": "3"},
        "index": {
            "03": {"sted": "Oslo", "person_count": 4},
            "11": {"sted": "R", "person_count": 9},
        },
        "split": split,
        "lists": [["fylke", "tal på søkjarar"], ["Oslo", 4]],
        "stat": stat,
    }
    for name, tree in trees.items():
        yield f"tree/{name}.json", json.dumps(tree).encode()
    yield (
        "tree/lines.jsonl",
        "\n".join(json.dumps({"id_person": k, "x": k}) for k in range(30)).encode(),
    )
    yield "tree/script.html", page(f"<script>const rows = {json.dumps(rows)};</script>")
    yield "tree/object.html", page("<script>plot({fylke: 'Oslo', deltakere: 3})</script>")
    yield "tree/attribute.html", page('<p data-deltakere="3">Oslo</p>')
    yield "tree/comment.html", page("<!-- fylke;antall\nOslo;3\nAgder;50 -->")
    yield "tree/alt.html", page('<img alt="Søylen viser 3 deltakere i Oslo" src="a.png">')
    yield "tree/pre.html", page("<pre>fylke  antall\nOslo   3\nAgder  50</pre>")
    heads = {"lopenr": "timer", "w19_0634_lopenr_person": "inntekt", "pid": "alder", "lnr": "x"}
    for name, other in heads.items():
        lines = "\n".join(f"{k},{k % 7}" for k in range(30))
        yield f"key/{name}.csv", f"{name},{other}\n{lines}\n".encode()
    lines = "\n".join(f"{1000 + 7 * k},{20 + k % 40},{k % 2},{k}" for k in range(40))
    yield "key/own.csv", f"enhet,alder,kjønn,timer\n{lines}\n".encode()
    lines = "\n".join(f"2017-0{1 + k % 9}-{10 + k},AFT" for k in range(12))
    yield "key/days.csv", f"inn,tiltak\n{lines}\n".encode()
    for k, sentence in enumerate(
        (
            "Berre ein deltakar fekk jobb.",
            "Det gjaldt to av dei 37 deltakarane.",
            "Tre unge ledige kvinner var med.",
            "33 % av 9 deltakere kom i jobb.",
            "Andelen var 25 % (n = 12).",
            "Antall deltakere: fire",
            "Av søkjarane fall fire innvandrarar frå.",
            "Talet på personar var 2.",
        )
    ):
        yield f"said/{k}.md", sentence.encode()
        yield (
            f"said/{k}.ipynb",
            nbformat.writes(
                nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(sentence)])
            ).encode(),
        )
    yield "said/cell.csv", b"fylke;antall\nOslo;3 (12 %)\nAgder;tre\n"
    yield "said/ansi.csv", "fylke;Antall søkere\nØst;2\n".encode("cp1252")


def _harmless() -> Iterator[tuple[str, bytes]]:
    yield (
        "estimates.csv",
        (
            b"estimate,n_persons,n_clusters\n0.12345678901,90,2\n12345678901.5,:,3\n31929900068.5,5,4\n"
        ),
    )
    yield "fraction.csv", b"x\n0.31929900068\n-1.31929900068\n2.1000734952618\n"
    yield "money.html", page("<p>12 345 678 901 kr, 31 929 900 kr og 1 204 personer</p>")
    yield "tiny.csv", b"x,y\n3.19e-10,1e-05\n2.5e+10,4\n"
    yield "phone.html", page("<p>Telefon 55 55 33 33, +47 21 07 00 00</p>")
    yield "organisation.html", page("<p>Org.nr. 889 640 782, konto 1234.56.78903</p>")
    yield "doi.md", b"Se doi:10.1016/j.jeconom.2020.12.001 og ISBN 978-82-553-1234-1."
    yield (
        "hash.json",
        json.dumps({"sha256": "31929900068a" * 5 + "beef", "seed": 20240131}).encode(),
    )
    yield "time.log", b"2026-01-31 12:34:56.789012 run 20260131123456 done in 12.3 s"
    yield "years.csv", b"year,month,value\n2014,1,0.5\n2015,2,0.25\n201412,201501,3\n"
    yield "rows.txt", b"2014 2015 2016 2017 2018 2019\n 12 34 56 78 90 12\n 1 2 3 4 5 6 7 8 9\n"
    yield "tables/tbl-9.csv", b"tiltak,n\nAFT,3\n"
    yield "disclosure.csv", b"label,rule\ntbl-9,published\n"
    yield "counts.csv", b"fylke,n\nOslo,120\nAgder,:\nTroms,5\n"
    yield (
        "suppressed.html",
        page(
            "<table><tr><th>Fylke</th><th>Antall</th></tr><tr><td>Oslo</td><td>:</td></tr></table>"
        ),
    )
    yield (
        "months.html",
        page(
            "<table><tr><th>Tiltak</th><th>Måneder</th></tr><tr><td>AFT</td><td>3</td></tr></table>"
        ),
    )
    yield "share.csv", b"fylke;Andel personer i arbeid;Deltakere, prosent\nOslo;0,4;3\n"
    yield "per-person.csv", b"tiltak;Kostnad per deltaker;Timer per person\nAFT;3;4\n"
    yield "rows.csv", "utfall,effekt,p\nArbeidssøkere,0.3,4\nDeltakere,-1,0\n".encode()
    yield "effect.md", "| Tiltak | Effekt på personer |\n|---|--:|\n| AFT | 3 |\n".encode()
    yield (
        "rule.html",
        page("<p>Tall på færre enn 5 personer vises ikke; 1 av 4 personer får jobb.</p>"),
    )
    yield (
        "figures.html",
        page("<p>Figur 3 personer i tiltak, kapittel 2 deltakelse, 3 grupper.</p>"),
    )
    yield "sizes.html", page("<p>Regresjonen har n = 4 812 og N = 12.</p>")
    yield (
        "manifest.json",
        json.dumps(
            {"versions": {"numpy": "2.3.1"}, "parameters": {"draws": 999, "seed": 3}, "n_obs": 4}
        ).encode(),
    )
    yield "clusters.csv", b"label,n_clusters,n_obs\ntbl-1,3,4\n"
    yield (
        "groups.csv",
        "kjønn,alder,landgruppe,andel\nkvinne,25-34,1,0.3\nmann,50+,3,0.2\n".encode(),
    )
    yield "keys.csv", "fylke,kjønn,utdanning,value\n03,kvinne,bachelor,0.25\n".encode()
    yield (
        "counties.csv",
        b"code,name,valid_from,valid_to\n03,Oslo,1972-01-01,\n34,Innlandet,2020-01-01,\n",
    )
    yield "dictionary.csv", b"Fil,Kolonne,Betydning\ntbl-1.csv,alder,Alder ved start\n"
    yield "plain.png", png()
    yield (
        "titled.png",
        png((b"tEXt", b"Title\0Figur 3: Antall i arbeid"), (b"gAMA", b"\0\0\xb1\x8f")),
    )
    yield "plain.jpg", jpeg(b"laget med Matplotlib 3.10.1")
    yield (
        "plain.svg",
        svg("<text x='3' y='4'>2015</text><text>2016</text>" + "<path d='M1 2'/>" * 40),
    )
    yield "report.pdf", pdf("Effekten er 0,31929900068 og summen 12 345 678 901 kroner.")
    yield "titled.pdf", pdf_about("Strengere aktivitetskrav 2013–2020")
    yield "carrying.pdf", pdf_carrying("a.csv", b"fylke,n\n03,700\n11,800\n")
    yield "plain.xlsx", workbook([["Simulert"], ["fylke", "n", "effekt"], ["03", 120, 3]])
    yield (
        "plain.docx",
        document("Effekten er ", "3,2 prosent", rows=[["Tiltak", "Uker"], ["AFT", "3"]]),
    )
    yield "plain.zip", zipped(comment="laget 2026-01-31", text="a,b\n1,2\n")
    yield "plain.ipynb", notebook("text/markdown", "| a |\n|---|\n| 3 |")
    yield "printed.ipynb", notebook(data="   Tiltak  Effekt\n0  AFT  3\n1  AMO  4")
    yield "shown.ipynb", notebook("image/png", coded(png()))
    yield "short.txt", b"Ids shorter than six characters such as 12345 are in any number: 12345."
    yield (
        "script.html",
        page(f"<script>var font='{coded(random.Random(1).randbytes(900))}'</script>"),
    )
    yield "utf16.csv", "fylke,verdi\n03,0.5\n11,0.25\n".encode("utf-16")
    yield "people.md", "En deltaker får en veileder; tre av ti personer får jobb.".encode()
    yield "adjectives.md", b"Tre fylker har flere deltakere; 3 av 4 deltakere er kvinner."
    yield "percent.md", b"33 % av 9000 deltakere, 40 prosent av 200 personer (n = 200)."
    yield "levels.json", json.dumps({"personer": {"andel": 0, "timer": 3, "n_obs": 2}}).encode()
    yield "releases.csv", b"utgitt,endring\n2017-01-12,1\n2017-02-13,2\n2017-03-14,3\n" * 3
    yield (
        "ages.csv",
        ("alder,koeffisient\n" + "\n".join(f"{k},{k % 5}" for k in range(40))).encode(),
    )
    yield "code.html", page("<script>let s = {n: 3, rows: [1, 2, 3, 4, 5, 6]}; // 3 rader</script>")
    yield "words.md", b"Sammenligningsgruppe, arbeidsmarkedstiltakene og registerdatabehandling."


def harmless() -> dict[str, bytes]:
    """Everything that may, by its path."""
    return dict(_harmless())


def leaks() -> dict[str, bytes]:
    """Everything that may not leave, by its path."""
    return dict([*named_leaks(), *small_counts(), *microdata(), *others(), *disguised()])
