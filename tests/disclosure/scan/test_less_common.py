"""Crossed counts in lines, rows in code, tags of pictures, names of machines; and what is none."""

import io

import openpyxl
import planted
import pytest
from PIL import ExifTags, Image

from naveval.disclosure.scan import crossed, grids, identities, pdf, text
from naveval.disclosure.scan.identities import Wanted
from naveval.disclosure.scan.readers import search
from naveval.disclosure.thresholds import thresholds

LIMITS = thresholds()
WANTED = Wanted(identities.ids(planted.IDS), LIMITS, frozenset())


def found(name: str, content: str | bytes) -> list[str]:
    raw = content.encode() if isinstance(content, str) else content
    kinds = [kind for kind, _ in search(name, raw, WANTED)]
    assert "unreadable file, cannot be checked" not in kinds  # an error is no finding
    return kinds


SPREAD = "Utdanning  Kvinner  Menn  I alt\nGrunnskole  31  24  55\nFagbrev  4  62  66\n"
CROSSED = {
    "whole titles": SPREAD,
    "log": "".join(f"2031-02-03 04:05:06 INFO {line}\n" for line in SPREAD.splitlines()),
    "crosstab": "sex        1   2\nage_group      \n"
    "18-29     41   3\n30-49     52  60\n50-66     2  71\n",
    "pairs": "{('K', '18-29'): 41, ('K', '30-49'): 3, ('M', '18-29'): 38, ('M', '30-49'): 77}",
    "sizes": "sex  age\n"
    "K    18-29        41\n     30-49         3\nM    18-29        38\ndtype: int64\n",
}


@pytest.mark.parametrize("printed", CROSSED.values(), ids=CROSSED)
def test_few_persons_by_two_characteristics_are_found_in_text(printed: str) -> None:
    assert any("count below" in kind for kind in found("a.log", printed))


def test_few_persons_by_two_characteristics_are_found_in_a_page() -> None:
    cells = "".join(f"[{cell}], " for cell in ("Alder", "Kvinner", "Menn", "18–29", 41, 3))
    more = "".join(f"[{cell}], " for cell in ("30–49", 52, 60, "50–66", 2, 71))
    assert found("a.pdf", planted.pdf(f"#table(columns: 3, {cells}{more})"))


def test_crossed_shares_and_times_of_steps_are_left_alone() -> None:
    assert not found("a.log", "Alder Kvinner Menn\n18–29 4,1 3,0\n30–49 25,2 36,0\n50–66 2,4 7,1\n")
    assert not found("a.log", "step  s  calls\nforest  41  3\nsearch  12  4\nrender  22  60\n")


def test_rows_whose_title_goes_on_below_are_no_titles_of_columns() -> None:
    rows = "Gruppe Antall Mnd. 1 Mnd. 2\nLandgruppe\n1 2 734 16 13\nLandgruppe\n2 5 371 10 8\n"
    more = "Landgruppe 3 11 069 24 2\nLandgruppe 4 12 069 22 3\nLandgruppe\n"
    assert not found("a.txt", rows + more)


def test_a_long_line_of_numbers_takes_no_time() -> None:
    lines = [("a" * 20 + " " * 9 + "12\n") * 40, " ".join(map(str, range(30_000))) + " x"]
    assert [list(crossed.in_text(line, LIMITS)) for line in lines] == [[], []]
    assert found("a.txt", lines[0] + "end\n") == []


def test_values_are_read_as_code_writes_them() -> None:
    code = (
        "/* a */ f(x); var d = [{sex: 'K', age: 41, ok: !0, no: !1, y: .5,}, "
        "{sex: `M`, age: 33}]; g([1])"
    )
    assert list(grids.of_code(code)) == [
        [{"sex": "K", "age": 41, "ok": True, "no": False, "y": 0.5}, {"sex": "M", "age": 33}]
    ]


ROWS = ",".join(f"{{age:{30 + k},sex:'{'KM'[k % 2]}',municipality:'34{k:02d}'}}" for k in range(6))


@pytest.mark.parametrize(
    "code", [f"const d = [{ROWS}];", f"draw({{id: 'a', rows: [{ROWS}]}})"], ids=["list", "inside"]
)
def test_rows_of_persons_in_code_are_found(code: str) -> None:
    assert "rows that describe single persons" in found("a.js", code)
    assert found("a.html", planted.page(f"<script>{code}</script>"))


def test_settings_and_groups_in_code_are_left_alone() -> None:
    assert not found("a.js", "const o = {age: {min: 18, max: 66}, sex: ['K', 'M'], steps: 3};")
    assert not found("a.js", "plot([{label: 'Oslo', y: [1.5, 2.5]}, {label: 'Agder', y: [3]}]);")


def photograph(kind: str, base: dict[int, object], **parts: dict[int, object]) -> bytes:
    tags = Image.Exif()
    for key, value in base.items():
        tags[key] = value
    for name, values in parts.items():
        tags[ExifTags.IFD[name]] = values
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, kind, exif=tags)
    return stream.getvalue()


PLACE = {1: "N", 2: (61.0, 52.0, 11.0), 3: "E", 4: (10.0, 46.0, 2.0)}
TAGGED = {
    "place": ({}, {"GPSInfo": PLACE}),
    "rights": ({ExifTags.Base.Copyright: "© 2026 Ragnhild Utne"}, {}),
    "owner": ({}, {"Exif": {ExifTags.Base.CameraOwnerName: "Ragnhild Utne"}}),
    "machine": ({ExifTags.Base.HostComputer: "UTNE-PC"}, {}),
    "serial number": ({}, {"Exif": {ExifTags.Base.BodySerialNumber: "412099331"}}),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(("base", "parts"), TAGGED.values(), ids=TAGGED)
def test_tags_of_pictures_are_read(kind: str, base: dict, parts: dict) -> None:
    picture = photograph(kind, base, **parts)
    assert found(f"a.{kind.lower()}", picture)
    assert found("a.html", planted.page(planted.uri(f"image/{kind.lower()}", picture)))


def test_tags_of_webp_are_read() -> None:
    assert found("a.webp", photograph("WEBP", {}, GPSInfo=PLACE)) == [
        "place where a picture was taken"
    ]
    assert found("a.webp", photograph("WEBP", {})) == []


def test_tags_of_windows_are_read_in_their_two_bytes() -> None:
    author = {ExifTags.Base.XPAuthor: "Ragnhild Utne\0".encode("utf-16-le")}
    assert found("a.jpg", photograph("JPEG", author)) == ["name of an author"]
    office = {ExifTags.Base.XPAuthor: "Nav\0".encode("utf-16-le")}
    assert not found("a.jpg", photograph("JPEG", office))


def test_tags_of_programs_and_offices_are_left_alone() -> None:
    rights = {ExifTags.Base.Copyright: "Arbeids- og velferdsdirektoratet 2026"}
    assert not found("a.jpg", photograph("JPEG", {ExifTags.Base.Software: "matplotlib", **rights}))
    nobody = photograph("JPEG", {ExifTags.Base.Copyright: "Copyright XX 2026"})
    assert not found("a.jpg", nobody.replace(b"XX", b"  "))
    assert not found("a.jpg", nobody.replace(b"XX", "©".encode()))


def test_the_description_of_a_picture_is_read() -> None:
    creator = "<metadata><dc:creator><rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq></dc:creator></metadata>"
    assert found("a.svg", planted.svg(creator.format("Ragnhild Utne"))) == ["name of an author"]
    assert not found("a.svg", planted.svg(creator.format("Matplotlib v3.10, matplotlib.org")))
    place = b"XML:com.adobe.xmp\0\0\0\0\0<x exif:GPSLatitude='61,52.2N'/>"
    assert found("a.png", planted.png((b"iTXt", place)))


MACHINES = (
    "Kunne ikke nå intranett.etat.local",
    "could not resolve host a01dbfl033",
    "connecting to oracle-prod.oera.no:1521",
    "Running on host dmv-l034.adeo",
    "se http://tiltakswiki/side?id=4",
    "on https://api.intern.dev.nav.no/v1",
    "git@gitlab.etat.local",
)
NO_MACHINES = (
    "Se nav.no, data.nav.no og arbeidsplassen.nav.no",
    "Fil: settings.local.json, utils.internal og src/internal/x.py",
    "http://localhost:8765/ og https://<vert>/api",
    "host country, server-sider, report.html:1203",
)


@pytest.mark.parametrize("line", MACHINES)
def test_names_of_machines_are_found(line: str) -> None:
    assert "path or user name" in found("a.log", line)


@pytest.mark.parametrize("line", NO_MACHINES)
def test_other_names_are_left_alone(line: str) -> None:
    assert found("a.log", line) == []


SHARES = (
    "Hvert år deltar 1 av 3 ledige i et tiltak.",
    "I Oslo er 1 av 3 arbeidssøkere under 30 år.",
    "Av hundre ledige er 3 i tiltak.",
    "Grupper på 3 til 4 deltakere møtes ukentlig.",
    "Modell 3 bruker alle arbeidssøkere.",
    "Person 1 og person 2 kan ha samme forløp.",
)
COUNTS = (
    "Av disse kom 1 av 3 ledige i jobb.",
    "I Tolga kom 1 av 3 ledige i jobb.",
    "2 av 4 deltakere kom i jobb.",
    "Gruppen besto av tre menn.",
    "INFO n_persons=3 after filter",
)


@pytest.mark.parametrize("sentence", SHARES)
def test_shares_and_labels_count_nobody(sentence: str) -> None:
    assert found("a.txt", sentence) == []


@pytest.mark.parametrize("sentence", COUNTS)
def test_parts_of_a_group_are_counts(sentence: str) -> None:
    assert found("a.txt", sentence)


def test_places_of_what_is_drawn_are_not_read_and_numbers_of_persons_are() -> None:
    drawn = b"q 1 0 0 1 68.03 790.58 cm\n10 20.5 m 30 40 l S\n(\\000\\007)Tj"
    assert b"790" not in pdf.undrawn(drawn)
    assert planted.NUMBER_ID.encode() in pdf.undrawn(drawn + b"\n1 " + planted.NUMBER_ID.encode())
    line = '<path d="M 10 20.5 L 30 40"/>'
    assert "20.5" not in text.attributes(line)
    assert found("a.svg", planted.svg(f'<path d="M {planted.NUMBER_ID} 3"/>'))


LESS_COMMON = {
    "group in words": ("a.html", "<p>Kvinner under 30: 3</p>"),
    "name of a variable": ("a.html", "<p>n_women=2</p>"),
    "title of a mark": ("a.svg", "<svg><rect><title>Kvinner 3</title></rect></svg>"),
    "title of a picture": ("a.html", '<img alt="Antall deltakere i Vardø 3" src="x.png">'),
    "counter of groups": ("a.log", "Counter({'kvinner': 31, 'menn': 2})\n"),
    "counter of crossed groups": ("a.log", "Counter({('menn', 'Oslo'): 31, ('K', 'Oslo'): 2})\n"),
    "share of a network": ("a.html", "<p>mount //nas/register</p>"),
    "machine with a port": ("a.log", "connected to regdb.prod:50123\n"),
}


HARMLESS = {
    "shares": ("a.html", "<p>Kvinner under 30 er 3 prosent. Menn over 50: 3 %.</p>"),
    "a figure": ("a.html", "<p>Kvinner i figur 3: 4 linjer, i 2015: 37 prosent</p>"),
    "number of a table": ("a.svg", "<svg><g><title>Deltakere i tabell 3</title></g></svg>"),
    "a menu": ("a.json", '[{"title": "Deltakere", "level": 2, "page": 3}]'),
    "lines of code": ("a.txt", "forests.py:1234 and table.nr:2015\n"),
    "a comment": ("a.js", "//comment/x\nvar u = '//cdn.example.com/lib';"),
    "a counter of methods": ("a.log", "Counter({'OLS': 31, 'probit': 2})\n"),
}


ID = planted.NUMBER_ID
LEFT_BEHIND = {
    "thousands by comma": ("a.log", f"id {int(ID):,}"),
    "thousands by apostrophe": ("a.log", f"id {int(ID):,}".replace(",", "'")),
    "marked hexadecimal": ("a.log", hex(int(ID))),
    "glued to a letter": ("a.css", f".p{ID}{{color:red}}"),
    "comment of a CSV": ("a.csv", f"# without {ID}\nx,y\n1,2\n"),
    "count in a comment of a CSV": ("a.csv", "# antall personer: 3\nx,y\n1,2\n"),
    "half an identity number": ("a.txt", "Gjelder 150682*****, kvinne"),
    "frequencies of Stata": (
        "a.log",
        "  treat |  Freq.  Percent\n--------+---------------\n  0 |  512  99.42\n  1 |  3  0.58\n",
    ),
    "table of reStructuredText": (
        "a.txt",
        "======  ======\nGruppe  Antall\n======  ======\n"
        "Menn    120\nKvinner   3\n======  ======\n",
    ),
    "table of polars": (
        "a.log",
        "┌───────┬────────┐\n│ fylke ┆ antall │\n│ ---   ┆ ---    │\n│ str   ┆ u32    │\n"
        "╞═══════╪════════╡\n│ Oslo  ┆ 412    │\n│ Troms ┆ 3      │\n└───────┴────────┘\n",
    ),
    "named tuple": ("a.log", "Pandas(Index=0, fodt='1974-06-15', kommune='Vardø', diagnose='F32')"),
    "some of all": ("a.html", "<p>Av 512 deltakere var 2 under 20 år.</p>"),
    "those who did": ("a.html", "<p>Alle 4 som deltok på Røst, fikk jobb.</p>"),
    "one who receives": ("a.html", "<p>I kommunen bor det kun 1 mottaker av tiltakspenger.</p>"),
    "a single one": ("a.html", "<p>A single job seeker in Utsira received it.</p>"),
    "one of an age": ("a.html", "<p>One woman aged 62 left the programme.</p>"),
    "size first": ("a.html", "<p>N = 3 i behandlingsgruppen.</p>"),
    "size as a label": ("a.svg", "<svg><text>n = 3</text></svg>"),
    "count with its share": ("a.csv", "utfall;n (%)\nJobb;412 (80 %)\nAnnet;3 (0,6 %)\n"),
    "behind a mask": (
        "a.html",
        "<table><tr><th>A</th><th>Antall</th></tr><tr><td>B</td>"
        '<td data-order="3">&lt;5</td></tr></table>',
    ),
    "sparse JSON-stat": (
        "a.json",
        '{"version": "2.0", "class": "dataset", "label": "Deltakere", "id": ["f"], "size": [2], '
        '"dimension": {"f": {"category": {"index": ["03", "55"]}}}, "value": {"0": 412, "1": 2}}',
    ),
    "caption with a number": (
        "a.csv",
        "Tabell 1 Deltakere etter fylke,,\nFylke,2019,2020\nOslo,412,400\nTroms,3,8\n",
    ),
    "user of Nav": ("a.log", "Kjørt av H123456"),
    "name of a machine": ("a.log", "Linux kari-laptop 6.5.0-14-generic x86_64"),
    "salt": ("a.log", "salt: 9f86d081884c7d659a2feaa0c55ad015"),
    "address of a link": ("a.log", "inet6 fe80::1ff:fe23:4567:890a"),
    "address of a card": ("a.log", "ether 00:1b:44:11:3a:b7"),
    "synchronised folder": ("a.log", "OneDrive - NAV\\\\Hansen\\\\uttrekk.xlsx"),
    "listener": ("a.log", "(DESCRIPTION=(ADDRESS=(HOST=dwhora01)(PORT=1521)))"),
}


FOUND = LESS_COMMON | LEFT_BEHIND


@pytest.mark.parametrize(("name", "content"), FOUND.values(), ids=FOUND)
def test_what_programs_and_careless_words_leave_behind_is_found(name: str, content: str) -> None:
    assert found(name, content)


LOOKS_LIKE = {
    "a rate": ("a.html", "<p>Per 1000 personer: 3 færre ledige.</p>"),
    "a rate behind": ("a.html", "<p>Det svarer til 3 personer per 1 000 deltakere.</p>"),
    "for every few": ("a.html", "<p>For every 3 persons treated, more work.</p>"),
    "a share of all": ("a.html", "<p>Av 512 deltakere var 3 prosent i jobb.</p>"),
    "years of all": ("a.html", "<p>Av 512 deltakere hadde 3 av fire jobb.</p>"),
    "those who may": ("a.html", "<p>A single participant may have more spells.</p>"),
    "number of columns": ("a.json", '{"n_columns": 2, "n_models": 3}'),
    "a share in a title": ("a.csv", "utfall;Andel (prosent)\nJobb;80\nAnnet;3\n"),
    "a shown mask": ("a.html", '<table><tr><td data-order="0">0</td></tr></table>'),
    "a platform": ("a.log", "Linux-6.5.0-14-generic-x86_64"),
    "comment of estimates": ("a.csv", "# version 3\nx,y\n1,2\n"),
    "drawn table of effects": (
        "a.log",
        " group |  effect\n-------+--------\n  A |  3\n  B |  2\n",
    ),
}


LEFT_ALONE = HARMLESS | LOOKS_LIKE


@pytest.mark.parametrize(("name", "content"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_rates_shares_and_numbers_of_things_are_left_alone(name: str, content: str) -> None:
    assert not found(name, content)


def test_a_colour_of_a_palette_is_no_id() -> None:
    wanted = Wanted(identities.ids([str(0x9999FF)]), LIMITS, frozenset())
    for colour in ('<rgbColor rgb="009999FF"/>', "a{color:#009999FF}"):
        assert not [*search("a.xml", colour.encode(), wanted)]


def test_who_made_a_workbook_is_found_whatever_declares_the_name_space() -> None:
    book, made = openpyxl.Workbook(), io.BytesIO()
    book.properties.creator = "Kari Hansen"
    book.save(made)
    assert "name of an author" in found("a.xlsx", made.getvalue())
