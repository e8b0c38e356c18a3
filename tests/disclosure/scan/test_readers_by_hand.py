"""Every reader of a kind of file: what it finds, and how often, where there is one of each."""

import json
from collections import Counter

import planted
import pytest

from naveval.disclosure.scan import identities
from naveval.disclosure.scan.readers import search
from naveval.disclosure.thresholds import thresholds

LIMITS = thresholds()
IDS = identities.ids(planted.IDS)
CELLS, SENTENCE = "count below 5 persons in a column antall", "count below 5 persons in a sentence"
KEY = "count below 5 persons under a key antall"
PERSON, ROWS = "person id", "rows that describe single persons"
AUTHOR, PATH, SECRET = "name of an author", "path or user name", "secret or token"
LINES = {
    PERSON: "Raden P0012345 er borte",
    SECRET: 'password = "hunter22"',
    PATH: "Lest fra /Volumes/kari/uttrekk her",
    "single person described": "Deltaker Kari Hansen sluttet",
    ROWS: "kvinne 1971 0301 3 4",
    SENTENCE: "Antall deltakere: 3",
}
ALL = "\n".join(LINES.values())
AS_KEY = f"{KEY} deltakere"


def found(name: str, content: str | bytes, *exempt: str) -> dict[str, int]:
    raw = content.encode() if isinstance(content, str) else content
    told: Counter[str] = Counter()
    for kind, many in search(name, raw, identities.Wanted(IDS, LIMITS, frozenset(exempt))):
        told[kind] += many
    return dict(told)


def each(form: str, *, quotes: str = "") -> str:
    """All lines in mark-up or code, one element or statement a line."""
    lines = (line.replace("'", quotes) for line in LINES.values())
    return "\n".join(form.format(line) for line in lines)


def page(content: str) -> str:
    return f"<html>{content}</html>"


LISTED = json.dumps([*LINES.values()])
TWICE, WITHOUT = dict.fromkeys(LINES, 2), {kind: 1 for kind in LINES if kind != SENTENCE}
ONCE = dict.fromkeys(LINES, 1)
CARRIED = {
    "text": ("a.txt", ALL, ONCE | {AS_KEY: 1}),
    "delimited": (
        "a.csv",
        "x,y\n" + each("'{}',1").replace('"', '""').replace("'", '"'),
        ONCE | {"count below 5 persons in a row antall deltakere: 3": 1},
    ),
    "tree": ("a.json", f'{{"a": {LISTED}}}', ONCE),
    "lines of trees": ("a.jsonl", "\n".join(map(json.dumps, LINES.values())), ONCE),
    "settings": ("a.yml", each("- '{}'"), ONCE | {AS_KEY: 1}),
    "code": ("a.js", each("var x = '{}';"), ONCE | {AS_KEY: 1}),
    "page": ("a.html", page(each("<p>{}</p>")), ONCE),
    "attributes": ("a.html", page(each("<p title='{}'>x</p>")), ONCE),
    "comments": (
        "a.html",
        page(each("<!-- {} -->")),
        dict.fromkeys(WITHOUT, 2) | {SENTENCE: 1, AS_KEY: 1},
    ),
    "printed": ("a.html", page(f"<pre>{ALL}</pre>"), TWICE | {AS_KEY: 1}),
    "script": (
        "a.html",
        page(f"<script>{each(chr(39) + '{}' + chr(39))}</script>"),
        dict.fromkeys(WITHOUT, 2) | {SENTENCE: 1, AS_KEY: 1},
    ),
    "data": (
        "a.html",
        page(f"<script type='application/json'>{LISTED}</script>"),
        ONCE | {PATH: 2, PERSON: 2, "single person described": 2},
    ),
    "drawn": ("a.svg", planted.svg(each("<text>{}</text>")), ONCE),
    "titles": ("a.svg", planted.svg(each("<g title='{}'/>")), ONCE),
    "markdown": ("a.md", each("{}\n"), ONCE | {PATH: 2}),
    "typst": ("a.typ", each("{}\n"), ONCE | {AS_KEY: 1}),
    "png": ("a.png", planted.png((b"tEXt", b"x\0" + ALL.encode())), ONCE),
    "jpeg": ("a.jpg", planted.jpeg(ALL.encode()), ONCE),
    "gif": ("a.gif", b"GIF8\0\1\2\3" + ALL.encode(), WITHOUT),
    "pages": ("a.pdf", planted.pdf(each("{}\n")), ONCE | {SENTENCE: 2, AS_KEY: 1}),
    "attached": ("a.pdf", planted.pdf_carrying("a.txt", ALL.encode()), ONCE | {AS_KEY: 1}),
    "about": ("a.pdf", planted.pdf_about(ALL), ONCE),
    "unseen": ("a.pdf", planted.pdf_with(ALL.encode(), "/FlateDecode"), ONCE),
    "behind": (
        "a.pdf",
        planted.pdf() + b"\n%" + ALL.encode(),
        WITHOUT | {"data after the end of a file": 1},
    ),
    "member": ("a.zip", planted.zipped("b.txt", ALL), ONCE | {AS_KEY: 1}),
    "mark-up": ("a.zip", planted.zipped("b.xml", page(each("<p>{}</p>"))), ONCE),
    "of an archive": ("a.zip", planted.zipped("b.txt", "x", comment=ALL), ONCE),
    "of a member": ("a.zip", planted.zipped("b.txt", "x", each=ALL), ONCE),
    "output": ("a.ipynb", planted.notebook("text/plain", ALL), ONCE | {AS_KEY: 1}),
    "page of output": ("a.ipynb", planted.notebook("text/html", each("<p>{}</p>")), ONCE),
    "error": ("a.ipynb", planted.traceback(ALL), ONCE | {AS_KEY: 1}),
}


@pytest.mark.parametrize(("name", "content", "told"), CARRIED.values(), ids=CARRIED)
def test_all_that_a_text_may_tell_is_found_wherever_it_lies(name, content, told) -> None:
    assert found(name, content) == told


SPLIT = "<{0}>Se P00<b>12345</b></{0}>"
"""An id that only a reader of mark-up puts together."""
ROW, LIST = '{"fylke": "Oslo", "antall": 3}', {CELLS: 1, KEY: 1}
RECOGNISED = {
    "a document": ("a", f"<!DOCTYPE html>{SPLIT.format('i')}", {PERSON: 1}),
    "a drawing": ("a", f"<SVG>{SPLIT.format('i')}</SVG>", {PERSON: 1}),
    "a declaration": ("a", f"<?xml?>{SPLIT.format('i')}", {PERSON: 1}),
    **{f"<{tag}>": ("a", SPLIT.format(tag), {PERSON: 1}) for tag in ("html", "table", "div", "p")},
    "<P>": ("a", SPLIT.format("P"), {PERSON: 1}),
    "another element": ("a", SPLIT.format("x"), {}),
    "blanks first": ("a", f"\n  {SPLIT.format('p')}", {PERSON: 1}),
    "a list": ("a", f"[{ROW}]", LIST),
    "an object": ("a", f' {{"rows": [{ROW}]}}', LIST),
    "objects": ("a", f"{ROW}\n\n{ROW}\n", {CELLS: 2, KEY: 2}),
    "no object": ("a", "{antall: 3}", {SENTENCE: 1, KEY: 1}),
    "a picture": ("a.txt", planted.png((b"tEXt", b"x\0P0012345")), {PERSON: 1}),
    "a late sign": ("a", b"x" * 2000 + b"\0P0012345", {PERSON: 1}),
    "an early sign": (
        "a",
        b"x" * 1999 + b"\0P0012345",
        {PERSON: 1, "bytes of an unknown kind, cannot be checked": 1},
    ),
    "western signs": ("a", "på P0012345".encode("cp1252"), {PERSON: 1}),
    "colours": ("a", b"\x1b[31m P0012345 \xe6", {PERSON: 1}),
    "a typeface": ("a", b"wOF2\0 P0012345 ", {PERSON: 1}),
    "its suffix": ("a.JSON", f"[{ROW}]", LIST),
    "an archive behind": ("a.txt", b"x PK\x05\x06", {"data after the end of a file": 1}),
    "an archive inside": ("a.pdf", planted.pdf_carrying("a.zip", planted.zipped()), {}),
    "zeros of an archive": ("a.png", planted.png((b"tEXt", b"x\0PK\x05\x06")), {}),
    "no archive": ("a.zip", planted.zipped(), {}),
    "raw data": ("a.PARQUET", "x", {"raw data or an archive": 1}),
    "first bytes": ("a.csv", b"PAR1 P0012345", {"raw data or an archive": 1}),
    "its name": ("P0012345/x.txt", "x", {PERSON: 1}),
    "its words": ("Deltaker_Kari/Hansen_sluttet.txt", "x", {"single person described": 1}),
    "its place": ("Users/kari/x.txt", "x", {PATH: 1}),
    "its home": ("home/kari/x.txt", "x", {PATH: 1}),
    "a folder of that name": ("a/home/kari/x.txt", "x", {}),
}


@pytest.mark.parametrize(("name", "content", "told"), RECOGNISED.values(), ids=RECOGNISED)
def test_files_are_known_by_their_bytes_their_name_or_their_look(name, content, told) -> None:
    assert found(name, content) == told


DELIMITED = {
    "a sentence above": ("# Antall deltakere: 3\nx,y\n1,2\n", {SENTENCE: 1, AS_KEY: 1}),
    "cells of one row": ("kvinne,1971,3,4\nx,y,1,2\n", {ROWS: 1}),
    "shares in a row": ("x,y,z,u,v\nkvinne,1971,3,4,0.25\nmann,1981,3,4,0.25\n", {}),
    "all digits": ("label,std err\na,0.1234567891\n", {"number that was not rounded": 1}),
    "no title": ("fylke,2020\nOslo,3\nOs,12\n", {}),
}


@pytest.mark.parametrize(("content", "told"), DELIMITED.values(), ids=DELIMITED)
def test_delimited_text(content: str, told: dict[str, int]) -> None:
    assert found("tall.csv", content) == told


def test_the_name_of_delimited_text_says_what_it_counts_and_whether_it_may() -> None:
    caption = "count below 5 persons in a table that counts them"
    assert found("b/antall_ledige_per_fylke.csv", DELIMITED["no title"][0]) == {caption: 1}
    assert found("b/tall.csv", DELIMITED["all digits"][0], "tall") == {}
    assert found("b/tall.csv", DELIMITED["all digits"][0], "a") == {}
    assert found("b/tall.csv", DELIMITED["all digits"][0], "b") != {}


DIGITS = [(k * 7919) % 1009 * 0.123456789123 for k in range(1, 202)]
STAT = {
    "dimension": {"f": {"category": {"index": ["03", "55"]}}},
    **{"id": ["f"], "value": [412, 2], "label": "Deltakere", "source": "a"},
}
OF_TABLE = "count below 5 persons in a table that counts them"
UNDER, IDENTIFIED = "count below 5 persons under a key personer", "key that identifies persons"
BODY = [["Fylke", "2020"], ["Oslo", "3"], ["Os", "9"]]
TREES = {
    "dataset": (STAT, {CELLS: 1}),
    "text of a tree": ({"x": ROW}, {KEY: 1}),
    "text of a list": ({"x": f"  [{ROW}]"}, LIST),
    "text below a title": ({"personer": '{"Oslo": 3}'}, {UNDER: 1}),
    "text of no tree": ({"personer": "{Oslo: 3}"}, {}),
    "caption": ({"title": "Antall ledige etter fylke", "rows": BODY}, {OF_TABLE: 1}),
    "caption above": ({"t": "Antall ledige etter fylke", "d": {"rows": BODY}}, {OF_TABLE: 1}),
    "caption beside": (
        {"t": "Antall ledige etter fylke", "d": {"x": "y", "rows": BODY}},
        {OF_TABLE: 1},
    ),
    "no caption": ({"t": "Ledige", "rows": BODY}, {}),
    "series": (
        {"antall": {"a": 3, "b": 9}, "timer": {"a": 3, "b": 4}},
        {CELLS: 1, KEY: 1, "count below 5 persons in a row antall": 1},
    ),
    "measured": ({"label": "Antall ledige", "verdi": [3, 12, 2]}, {f"{CELLS} ledige": 2}),
    "key": ({"fnr": "a"}, {IDENTIFIED: 1}),
    "key of several": ({"fnr": {"a": 1}}, {}),
    "key of a thing": ({"uuid": "a"}, {}),
    "address of an office": ({"epost": "post@nav.no"}, {}),
    "address": ({"epost": "kari.hansen@gmail.com"}, {IDENTIFIED: 1, "single person described": 1}),
    "telephone": ({"telefon": "a"}, {IDENTIFIED: 1}),
    "list below a key": ({"fnr": ["a", "b"]}, {IDENTIFIED: 1}),
    "numbers below a key": (
        {"fnr": ["1", "2", "3"]},
        {IDENTIFIED: 1, "column that identifies persons": 1},
    ),
    "two numbers below a key": ({"fnr": ["1", "2"]}, {IDENTIFIED: 1}),
    "what counts none": ({"personer": {"timer": 3, "Oslo": 2}}, {UNDER: 1}),
    "further below": ({"personer": {"gruppe": {"Oslo": 2}}}, {UNDER: 1}),
    "below another": ({"x": {"personer": 2}}, {UNDER: 1}),
    "counts": ({"personer": [10, 2, 30, 4]}, {UNDER: 2}),
    "text": ({"personer": "3"}, {UNDER: 1}),
    "none": ({"personer": 0}, {UNDER: 1}),
    "just enough": ({"personer": 5}, {}),
    "just too few": ({"personer": 4}, {UNDER: 1}),
    "part": ({"personer": 3.5}, {}),
    "truth": ({"personer": True}, {}),
    "crowd": (DIGITS, {ROWS: 202}),
    "no crowd": (DIGITS[:200], {}),
    "rows in rows": (
        [{"antall": 30, "x": {"personer": 2}}],
        {"count below 5 persons in a column personer": 1, UNDER: 1},
    ),
    "lists in lists": ([[[{"personer": {"Oslo": 3}}]], [{"personer": {"Os": 2}}]], {UNDER: 2}),
    "things in lists": ([1, {"personer": 3}], {UNDER: 1}),
    "secret": ({"password": "hunter22"}, {SECRET: 1}),
    "axis": (
        {"yaxis": {"title": "Antall personer"}, "y": [412, 3]},
        {"count below 5 persons along an axis": 1},
    ),
}


@pytest.mark.parametrize(("tree", "told"), TREES.values(), ids=TREES)
def test_trees(tree: object, told: dict[str, int]) -> None:
    assert found("a.json", json.dumps(tree)) == told


def test_a_dataset_of_published_numbers_may_hold_small_ones() -> None:
    assert found("b.json", json.dumps(STAT), "a") == {}
    assert found("a.json", json.dumps(STAT | {"source": "b"}), "a") == {CELLS: 1}


def test_settings_are_read_as_a_tree_too() -> None:
    assert found("a.yml", "personer:\n  Oslo: 3\n  Os: 12\n") == {UNDER: 1}
    assert found("a.yaml", "fnr: a\n") == {IDENTIFIED: 1}
    broken = "a: [1\nantall: 3\n"
    assert found("a.yml", broken) == found("a.txt", broken) != {}


HTML = "<table><tr><th>Kommune</th><th>Antall</th></tr><tr><td>Oslo</td><td>3</td></tr></table>"
PIPES = "| Kommune | Antall |\n|---|--:|\n| Oslo | 3 |\n"
SPACED = "Kommune  Antall\nOslo  3\nOs  12\n"
SIZES = "sex  age\nK    18-29        41\n     30-49         3\nM    18-29        38\ndtype: int64\n"
SERIES = {"count below 5 persons in a printed series": 1}
CIRCLES = f"<svg>{'<circle/>' * 401}</svg>"
MARKS = {"vector picture that may draw single persons, marks": 401}
PLACED = "".join(
    f"<text x='{x}' y='{y}'>{cell}</text>"
    for y, row in enumerate([("Kommune", "Antall"), ("Oslo", 3), ("Os", 12)])
    for x, cell in enumerate(row)
)
BEHIND = "count below 5 behind a masked cell"
HELD = '[{"antall": 3, "fylke": "Oslo og mer"}]'
GPS = "place where a picture was taken"
FEW = "fylke,antall\nOs,3\n"
PIECES = {
    "columns": ("a.txt", SPACED, {CELLS: 2}),  # as text, and split at each blank
    "drawn columns": (
        "a.txt",
        "+----+----+\n| a  | antall |\n+----+----+\n| Os | 3 |\n+----+\n",
        {CELLS: 2},
    ),
    "sizes": ("a.txt", SIZES, SERIES),
    "named series": (
        "a.txt",
        "0 P1\nName: fnr, dtype: object\n",
        {"column that identifies persons": 1},
    ),
    "table": ("a.html", HTML, {CELLS: 1}),
    "terms": (
        "a.html",
        "<dl><dt>Antall</dt><dd>3</dd></dl>",
        {"count below 5 persons after a title": 1, "count below 5 persons beside a title": 1},
    ),
    "element": (
        "a.xml",
        "<a><antall>3</antall></a>",
        {"count below 5 persons in an element antall": 1},
    ),
    "author": ("a.html", '<meta name="author" content="Kari Hansen">', {AUTHOR: 1}),
    "data": ("a.html", f'<script type="application/json">[{ROW}]</script>', LIST),
    "coded data": (
        "a.html",
        '<script type="application/json">[{&quot;antall&quot;: 3}]</script>',
        LIST,
    ),
    "printed": ("a.html", "<pre>Kommune  Ant<i>all</i>\nOslo  3\nOs  12\n</pre>", {CELLS: 2}),
    "marks of a page": ("a.html", f"<p>{CIRCLES}</p>", MARKS),
    "marks": ("a.svg", CIRCLES, MARKS),
    "drawn table of a page": ("a.html", f"<p><svg>{PLACED}</svg>", {CELLS: 1}),
    "drawn table": ("a.svg", f"<svg>{PLACED}</svg>", {CELLS: 1}),
    "description": (
        "a.svg",
        "<svg><dc:creator>Kari Hansen</dc:creator><x exif:GPSLatitude='61,5N'/></svg>",
        {AUTHOR: 1, GPS: 1},
    ),
    "sentence over lines": ("a.html", "<p>Antall\n  deltakere: 3</p>", {SENTENCE: 1}),
    "style": ("a.html", "<style>Antall deltakere: 3</style>", {}),
    "title": (
        "a.html",
        '<img alt="Kvinner 3"><i title="Menn&#32;2"></i>',
        {"count below 5 persons in a title": 2},
    ),
    "title of a drawing": (
        "a.svg",
        "<svg><title>Kvinner 3</title></svg>",
        {"count below 5 persons in a title": 1},
    ),
    "page in a page": (
        "a.html",
        '<iframe srcdoc="&lt;p&gt;P00&lt;b&gt;12345&lt;/b&gt;&lt;/p&gt;">',
        {PERSON: 1},
    ),
    "held": ("a.html", f"<div data-rows='{HELD}'>", LIST),
    "coded and held": ("a.html", f'<div data-rows="{HELD.replace(chr(34), "&quot;")}">', LIST),
    "table in a comment": ("a.html", f"<p><!--{SPACED}-->", {CELLS: 2}),
    "attributes": (
        "a.html",
        '<p data-antall="3" data-timer="3" data-personer="4">',
        {f"count below 5 persons in an attribute {key}": 1 for key in ("antall", "personer")},
    ),
    "masks": (
        "a.html",
        '<table><tr><td data-order="3">&lt;5</td><td data-order="2">:</td></tr></table>',
        {BEHIND: 2},
    ),
    "said by code": (
        "a.js",
        "x('Antall deltakere: 3'); y = 'Antall ' + 'ledige: 2'",
        {SENTENCE: 2, AS_KEY: 1, f"{KEY} ledige": 1},
    ),
    "rows of code": (
        "a.js",
        "d = [{fylke: 'Oslo', antall: 3}, {fylke: 'Os', antall: 12}]",
        {CELLS: 1, KEY: 2},
    ),
    "axes of code": (
        "a.js",
        "p('a', [{x: ['a', 'b'], y: [412, 3]}], {yaxis: {title: 'Antall personer'}})",
        {"count below 5 persons along an axis": 1},
    ),
    "setting of code": ("a.js", "antall = 3;", {KEY: 1}),
    "mark-up": ("a.md", "Se P00<b>12345</b>", {PERSON: 1}),
    "strong": ("a.md", "Bare **to** deltakere fullførte, P00**12345**", {SENTENCE: 1, PERSON: 1}),
    "emphasis": ("a.md", "Bare _to_ deltakere fullførte", {SENTENCE: 1}),
    "freed sign": ("a.md", "P\\_0012345", {PERSON: 1}),
    "server": ("a.md", r"Lest fra \\\\server\\kari\\x", {PATH: 2}),  # freed of its signs, and not
    "pipes": ("a.md", PIPES, {CELLS: 1}),
    "fenced sizes": ("a.md", f"```\n{SIZES}```\n", SERIES),
    "fenced columns": ("a.md", f"~~~ {{.r}}\n{SPACED}~~~\n", {CELLS: 2}),
    "Typst": ("a.typ", "#table(columns: 2, [Kommune], [Antall], [Tolga], [3])", {CELLS: 1}),
    "author of Typst": ("a.typ", '#set document(author: "Kari Hansen")', {AUTHOR: 1}),
    "emphasis of Typst": ("a.typ", "Bare #emph[to] deltakere fullførte", {SENTENCE: 1}),
    "author of a picture": (
        "a.png",
        planted.png((b"tEXt", b"Author\0Ren\xe9 Hansen")),
        {AUTHOR: 1},
    ),
    "XMP": ("a.png", planted.png((b"iTXt", b"x\0\0\0\0\0<x exif:GPSLatitude='61,5N'/>")), {GPS: 1}),
    "behind a PNG": ("a.png", planted.png(behind=b"x"), {"data after the end of a file": 1}),
    "behind a JPEG": ("a.jpg", planted.jpeg(behind=b"x"), {"data after the end of a file": 1}),
    "lines cut by zeros": ("a.png", planted.png((b"tEXt", b"Antall deltakere:\0 3")), {}),
    "words parted by zeros": (
        "a.png",
        planted.png((b"tEXt", b"x\0Antall deltakere: 3\0y")),
        {SENTENCE: 1},
    ),
    "other bytes": ("a.png", planted.png((b"prVt", b"\1\2\xff P0012345 \3")), {PERSON: 1}),
    "workbook": (
        "a.xlsx",
        planted.workbook([["Kommune", "Antall"], ["Oslo", 3], ["Os", 12]]),
        {CELLS: 1},
    ),
    "document": (
        "a.docx",
        planted.document("T", rows=[["Fylke", "Antall"], ["Oslo", "3"]]),
        {CELLS: 1},
    ),
    "name of a member": ("a.zip", planted.zipped("P0012345.txt"), {PERSON: 1}),
    "name of mark-up": ("a.zip", planted.zipped("P0012345.xml", "<a/>"), {PERSON: 1}),
    "author of a document": (
        "a.zip",
        planted.zipped("b.xml", "<dc:creator>Kari Li</dc:creator>"),
        {AUTHOR: 1},
    ),
    "pivot": (
        "a.zip",
        planted.zipped("xl/pivotCache/pivotCacheRecords1.xml", "<r/>"),
        {"raw data behind a pivot table": 1},
    ),
    "folder": ("a.zip", planted.zipped("home/kari/", ""), {}),
    "member of a home": (
        "a.zip",
        planted.zipped("home/kari/a.txt", "antall = 3\n"),
        {PATH: 1, KEY: 1, SENTENCE: 1},
    ),
    "relations": ("a.zip", planted.zipped("b.rels", "P00<b>12345</b>"), {PERSON: 1}),
    "drawings": ("a.zip", planted.zipped("b.vml", "P00<b>12345</b>"), {PERSON: 1}),
    "coded header": (
        "a.zip",
        planted.zipped("xl/b.xml", "<oddHeader>&amp;10P0012345</oddHeader>"),
        {PERSON: 1},
    ),
    "author of a PDF": (
        "a.pdf",
        planted.typst.compile(b'#set document(author: "Kari Li")\nx'),
        {AUTHOR: 2},
    ),  # in two places
    "lines of a page": (
        "a.pdf",
        planted.pdf("Antall deltakere\n\nOslo 3\n\nOs 12"),
        {
            "count below 5 persons in a column deltakere": 1,
            "count below 5 persons in a column that ends with antall deltakere": 1,
        },
    ),
    "sentence over lines of a page": (
        "a.pdf",
        planted.pdf("Til slutt var det bare tre \\\ndeltakere igjen"),
        {SENTENCE: 1},
    ),
    "typeface": (
        "a.css",
        f"a{{src:url(data:font/woff2;base64,{planted.coded(bytes(9) + ALL.encode())})}}",
        WITHOUT,
    ),
    "hidden table": ("a.txt", f"data:text/csv;base64,{planted.coded(FEW)}", {CELLS: 1}),
    "hidden tree": ("a.txt", f"data:application/json;base64,{planted.coded(f'[{ROW}]')}", LIST),
    "hidden text": ("a.txt", f"x = {planted.coded('Se P0012345 og mer tekst')}", {PERSON: 1}),
}


@pytest.mark.parametrize(("name", "content", "told"), PIECES.values(), ids=PIECES)
def test_pieces_of_files(name, content, told) -> None:
    assert found(name, content) == told


LABELLED = {
    "page": ("a.html", HTML.replace("<table>", '<table id="tbl-1">')),
    "markdown": ("a.md", f"{PIPES}\n: T {{#tbl-1}}\n"),
    "workbook": ("a.xlsx", planted.workbook([["Sted", "Antall"], ["Oslo", 3]], title="tbl-1")),
}


@pytest.mark.parametrize(("name", "content"), LABELLED.values(), ids=LABELLED)
def test_tables_of_published_numbers_may_hold_small_ones(name, content) -> None:
    assert found(name, content, "tbl-1") == {}
    assert found(name, content, "tbl-2") == {CELLS: 1}


def cell(kind: str = "code", **parts: object) -> str:
    return json.dumps({"cells": [{"cell_type": kind, **parts}], "metadata": {}})


def shown(kind: str, value: object) -> str:
    return cell(outputs=[{"data": {kind: value}}])


PICTURE = planted.coded(planted.png((b"tEXt", b"x\0P0012345")))
PARTS = {
    "text of a cell": (cell("markdown", source=["Se P00<b>123", "45</b>"]), {PERSON: 1}),
    "code": (cell(source=["antall =", " 3"]), {SENTENCE: 1, KEY: 1}),
    "lines": (cell(outputs=[{"text": ["Antall del", "takere: 3"]}]), {SENTENCE: 1, AS_KEY: 1}),
    "traceback": (
        cell(outputs=[{"traceback": ["Se", "KeyError: 31929900"]}]),
        {"key of a person": 1},
    ),
    "lines of a traceback": (cell(outputs=[{"traceback": ["P00", "12345"]}]), {}),
    "attachment": (cell("markdown", attachments={"a": {"image/png": PICTURE}}), {PERSON: 1}),
    "metadata": (cell(metadata={"a": "P0012345"}), {PERSON: 1}),
    "words of metadata": (cell(metadata={"b": ["Antall ", "deltakere: 3"]}), {SENTENCE: 1}),
    "tree": (shown("application/json", {"antall": 3}), {KEY: 1}),
    "rows": (shown("application/json", [{"antall": 3}]), LIST),
    "delimited": (shown("text/csv", ["x,antall\n", "a,3\n"]), {CELLS: 1}),
    "drawing": (shown("image/svg+xml", CIRCLES), MARKS),
    "PNG": (shown("image/png", PICTURE), {PERSON: 1}),
    "JPEG": (shown("image/jpeg", planted.coded(planted.jpeg(b"P0012345"))), {PERSON: 1}),
    "PDF": (shown("application/pdf", planted.coded(planted.pdf_about("P0012345"))), {PERSON: 1}),
    "of a program": (shown("application/vnd.x", {"fnr": 1}), {}),
    "page of a program": (shown("application/vnd.x", SPLIT.format("i")), {PERSON: 1}),
    "nothing": (cell(outputs=[{}]), {}),
}


@pytest.mark.parametrize(("book", "told"), PARTS.values(), ids=PARTS)
def test_parts_of_notebooks(book: str, told: dict[str, int]) -> None:
    assert found("a.ipynb", book) == told
