"""Leaks by what they are, each in several kinds of file, and their harmless look-alikes.

`leaks` and `harmless` map (kind, path) to content. A form of a kind is a text, put into carriers
of text, or rows with a head, put into carriers of tables; which carriers a form gets is drawn, so
that kinds and files meet without a list of all pairs. Nothing is real.
"""

import csv
import io
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
import planted
from planted import CARRIERS, IDENTITY, NUMBER_ID, document, page, pdf, pdf_carrying, svg, workbook

Rows = Sequence[Sequence[object]]
EACH = 4
"""So many carriers for each form."""
IN_TEXT = (
    "{}.txt",
    "{}.log",
    "{}.html",
    "{}-comment.html",
    "{}.md",
    "{}.pdf",
    "{}.png",
    "{}.ipynb",
)
MORE_TEXT: Mapping[str, Callable[[str], bytes]] = {
    "{}-note.json": lambda text: json.dumps(
        {"version": "2.0", "note": ["Kilde: x.", text]}
    ).encode(),
    "{}-attached.pdf": lambda text: pdf_carrying("a.env", f"{text}\n".encode()),
    "{}-source.ipynb": lambda text: planted.notebook("text/plain", text),
    "{}-printed.pdf": lambda text: pdf("#raw(" + json.dumps(text) + ")"),
}
SETTINGS: Mapping[str, Callable[[str, str], bytes]] = {
    "{}.env": lambda key, value: f"A=1\n{key}={value}\n".encode(),
    "{}.yml": lambda key, value: f"host: a\n{key.lower()}: {value}\n".encode(),
    "{}.json": lambda key, value: json.dumps({"a": 1, "deep": {key: value}}).encode(),
    "{}.js": lambda key, value: f'const {key.lower()} = "{value}";'.encode(),
    "{}.html": lambda key, value: page(f'<script>let {key.lower()}="{value}"</script>'),
    "{}.csv": lambda key, value: f"navn,verdi\n{key},{value}\n".encode(),
    "{}.ipynb": lambda key, value: planted.notebook("text/plain", f"'{key}': '{value}'"),
    "{}.png": lambda key, value: planted.png((b"tEXt", f"Comment\0{key}={value}".encode())),
    "{}.pdf": lambda key, value: pdf_carrying("x.ini", f"{key} = {value}\n".encode()),
}


def _csv(rows: Rows) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=";").writerows(rows)
    return stream.getvalue().encode()


def _html(rows: Rows) -> bytes:
    lines = [[f"<td>{cell}</td>" for cell in row] for row in rows]
    head = "".join(f"<th>{cell}</th>" for cell in rows[0])
    body = "".join(f"<tr>{''.join(line)}</tr>" for line in lines[1:])
    return page(f"<table><tr>{head}</tr>{body}</table>")


def _fixed(rows: Rows) -> str:
    widths = [max(len(str(row[k])) for row in rows) + 2 for k in range(len(rows[0]))]
    lines = ["".join(str(c).rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(lines)


TABLES: Mapping[str, Callable[[Rows], bytes]] = {
    "{}.csv": _csv,
    "{}.html": _html,
    "{}.json": lambda rows: json.dumps(
        [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:]]
    ).encode(),
    "{}.xlsx": lambda rows: workbook([list(row) for row in rows]),
    "{}.txt": lambda rows: _fixed(rows).encode(),
    "{}.ipynb": lambda rows: planted.notebook("text/plain", _fixed(rows)),
    "{}.docx": lambda rows: document("x", rows=[list(map(str, row)) for row in rows]),
    "{}.pdf": lambda rows: pdf_carrying("t.csv", _csv(rows)),
    "{}.md": lambda rows: "\n".join(
        f"| {' | '.join(map(str, row))} |" for row in (rows[0], ["---"] * len(rows[0]), *rows[1:])
    ).encode(),
}

_rng = random.Random(11)
_letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def _some(length: int, signs: str = _letters) -> str:
    return "".join(_rng.choices(signs, k=length - 1)) + "7"


SECRET_SETTINGS = {
    "NAVEVAL_KEY_SECRET": "".join(_rng.choices("0123456789abcdef", k=64)),
    "NAVEVAL_PUBLISH_TOKEN": _some(32),
    "DB_PASSWORD": "Vinter" + "2031!",
    "PASSORD": _some(10),
    "API_KEY": _some(24),
    "CLIENT_SECRET": _some(30),
    "AZURE_ACCESS_KEY": _some(44),
}
SECRET_TEXTS = (
    f"eyJhbGciOiJIUzI1NiJ9.eyJ{_some(20)}.{_some(30)}",
    f"Authorization: Bearer {_some(40)}",
    f"postgresql://analyse:{_some(9)}@db.intern:5432/reg",
    f"git clone https://x-access-token:{_some(20)}@github.com/a/b.git",
    f"AKIA{_some(16, 'ABCDEFGHIJKLMNOPQRST')}",
    f"ghp_{_some(36)}",
    f"sk-proj-{_some(40)}",
    f"AIza{_some(35)}",
    f"https://hooks.slack.com/services/T{_some(8)}/B{_some(8)}/{_some(24)}",
    "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
    f"jdbc:oracle:thin:analyse/{_some(9)}@reg01:1521/FAG",
    f"machine pakker.test login bygg password {_some(9)}",
    f"\nreg01.test:5432:fag:analyse:{_some(9)}\n",
)
PLACES = (
    r"\\filsrv07\fag\arbeid\uttrekk.parquet",
    r"C:\Users\t154321\Documents\uttrekk.csv",
    "/" + "home/kristoffer/naveval/lib/x.py",
    "/" + "Users/silje/Desktop/kart.qgz",
    "file:///mnt/felles/register.html",
    "abfss://raw@lagring.dfs.core.windows.net/person",
    "s3://uttrekk-intern/2031/job_seekers",
    "/srv/registre/2031/job_seekers.parquet",
    "/" + "Volumes/felles/kart.qgz",
    "~silje/uttrekk/kart.qgz",
    "scp silje@regn07.test:/data/a.csv .",
    "http://10.71.14.203:8787/",
    "ssh silje@10.0.6.31 og hent",
    "/builds/silje/verktøy/lib",
    "kafka2.preprod-fss.nais.io:26484",
    "fant 192.168.40.12 på nettet",
    "regn-07.fag.intern svarte ikke",
    "CN=Solvang,OU=Fag,DC=etat,DC=test",
    "http://[fd12:3456:789a:1::7]:8080/",
)
KEYS = (
    f"aktørId={NUMBER_ID}",
    "fnr: 31929900068",
    "behandlet av saksbehandler R654321",
    "endret av: k123456",
    "dropped person_id=77120045 (no county)",
)
SINGLE = (
    "Hun er født 4. mars 1971 og har vært ledig siden.",
    "mann, f. 17.05.1964, uten ytelse",
    "En 57 år gammel kvinne fra Rendalen fikk jobb.",
    "Den eldste deltakeren er 71 år.",
)
COUNTS = (
    "Av desse kom 1 av 4 deltakarar i jobb.",
    "Det var én deltaker i Rendalen.",
    "Bare tre arbeidssøkere var igjen.",
    "Berre to klientar fekk vedtak.",
    "Kun tre av brukerne og fire av mottakerne var igjen.",
)
FOUND_AT = (
    "Hjemadresse: Myrvegen 12B, 2500 Tynset",
    "søkeren flyttet fra Fjellsvingen 4 i mai",
    "svar fra sindre.rustad@firma.no",
    "ragnhild (at) getmail.no",
    "nås på 912 34 567 etter kl. 16",
    "utbetalt til konto 1234.56.78903",
    "DUF-nummer 201512345678",
    "bosted lat 62.278534, lon 10.776213",
)
LIVES = (
    "Brukeren forteller at hun har slitt med angst siden i fjor.",
    "Han ble oppsagt etter en konflikt med sjefen.",
    "Client says he has not slept for weeks.",
)
NAMED = (
    "Kandidat Elzbieta Nowak ble plassert i kontrollgruppen",
    "veileder: Hodan Warsame",
    "etternavn: Utne; fornavn: Ivar",
    "fødselsdato=1971-03-04 løp=3",
    "Largest residual: person 52213 (Hedmark)",
    "dropped persons [118233, 118240] with overlapping spells",
    "Lengste ledighetsperiode var 1204 dager, for en mann i Tolga.",
    "Personen med flest tiltak hadde 9.",
    "Se på søknaden til Tomasz Wilk (f. 1961) i dag.",
)
SPLIT = (f"Se {IDENTITY[:6]}-\n{IDENTITY[6:]} der", f"Se {IDENTITY[:9]}-\n{IDENTITY[9:]} der")
DISGUISED = (
    f"rad 000{NUMBER_ID}",
    f"P{NUMBER_ID}",
    f"04{NUMBER_ID}",
    f"{NUMBER_ID}{NUMBER_ID}",
    f"0x{int(NUMBER_ID):x}",
    f"{int(NUMBER_ID):012X}",
    f"{NUMBER_ID[:-3]}.{NUMBER_ID[-3:]}",
    f"{NUMBER_ID}n",
    f"P{IDENTITY} og P{IDENTITY[:-1]}8",
)
PLACES_NAMED = ("Rendalen", "Folldal", "Engerdal", "Alvdal")


def _by_place(head: str, *numbers: object) -> Rows:
    return [["Kommune", head], *zip(PLACES_NAMED, numbers, strict=True)]


COUNTING = (
    _by_place("Tal deltakarar", 12, 3, 40, 55),
    _by_place("Antal arbeidssøkjarar", 12, 2, 40, 55),
    _by_place("Tal overgangar til arbeid", 1, 22, 40, 55),
    [["Alder", "Gift", "Skilt"], ["18–29", 12, 2], ["30–49", 88, 19], ["50–66", 71, 27]],
    [["Bransje", "Kvinner", "Menn", "Alle"], ["Fiske", ":", ":", 4], ["Bygg", 14, 41, 55]],
    _by_place("Dødsfall", 12, 4, 40, 55),
    _by_place("Antall avganger i alt", 12, 4, 40, 55),
    [["statistikk", "kommune", "verdi"], ["deltakere", "Os", 40], ["deltakere", "Tolga", 2]],
    [["Kommune", *PLACES_NAMED[:3]], ["Antall personer", 40, 55, 3]],
    [["", *PLACES_NAMED[:3]], ["n_persons", 40, 55, 3], ["effekt", "0,4", "0,3", "0,1"]],
    _by_place("I arbeid", "<5", 4, 60, "<5"),
    _by_place("Antall personer", "12,0", "3,0", "40,0", "55,0"),
    [["measure", "value"], ["participants", 40], ["participants", 3]],
    [["Bydel", "Søkere"], ["Nord", 61], ["Sør", "<5"], ["Vest", 50], ["Sum", 114]],
    [["kjønn", "antall"], ["kvinne", "*"], ["mann", 70], ["til sammen", 72]],
)
UNDOING = tuple(
    [
        ["kommune", "antall personer", head],
        *zip(PLACES_NAMED, (40, 55, 61, 72), numbers, strict=True),
    ]
    for head, numbers in (
        ("n_key", (8123411, 4411202, 9120034, 1200345)),
        ("cell_key", (0.61234, 0.11923, 0.72311, 0.91234)),
        ("rkey", (0.61234, 0.11923, 0.72311, 0.91234)),
        ("støy", (2, -1, 0, 3)),
        ("noise", (2, -1, 0, 3)),
        ("n_raw", (38, 56, 61, 69)),
        ("true_n", (38, 56, 61, 69)),
        ("ubeskyttet", (38, 56, 61, 69)),
        ("participant_id", (38, 56, 61, 69)),
        ("fnr_hash", ("a1f0", "b2c9", "77de", "90aa")),
        ("person_sha1", ("a1f0", "b2c9", "77de", "90aa")),
    )
)
SERIES = (
    "0    8123411\n1    4411202\nName: n_key, dtype: int64",
    "0    38\n1    56\nName: n_raw, Length: 2, dtype: int64",
)
COUNTED_VALUES = (
    "\nkommune\nOs        40\nAlvdal     3\nName: count, dtype: int64",
    "K    40\nM     3\nName: kjonn, dtype: int64",
)
_names = ("Marte Solvang", "Per Ove Lien", "Silje Bakkerud", "Jonas Aasen Moe")
PERSON_ROWS = (
    [["Navn", "Tiltak"], *([name, "AFT"] for name in _names)],
    [["deltakar", "Tiltak"], *([name, "AFT"] for name in _names)],
    [["saksbehandler", "n_saker"], ["L112233", 40], ["T445566", 55]],
    [["", "county", "sex", "education", "benefit_right"], *([k, 4, 1, 3, 2] for k in range(5))],
    [["", "sex", "...", "country_group", "children"], *([k, 1, "...", 3, 0] for k in range(5))],
    [["kjønn", "fødselsår", "kommune", "yrke"], *(["K", 1960 + k, "0423", "83"] for k in range(9))],
)
EXTREMES = (
    [["", "wage", "age"], *([name, 4.5, 3] for name in ("mean", "std", "min", "50%", "max"))],
    [["variabel", "gjennomsnitt", "minimum", "maksimum"], ["timer", 20, 2, 61]],
    [["Kommune", "Høyeste utbetaling"], ["Os", 612400], ["Alvdal", 498100]],
)
TENS = tuple([["rad", "nr"], [1, f"{number}"], [2, f"{number}"]] for number in ("1819900007",))
ROWS_TOLD = (
    "first row: {'sex': 1, 'birth_year': 1971, 'municipality': '0423', 'education': 3}",
    "row 3: kjønn=K fødselsår=1971 kommune=0423 yrke=83",
)


_CODES = (("grunnskole", "høyere"), ("helt ledig", "tiltak"), (True, False))


def _persons(head: Sequence[object], *columns: int) -> Rows:
    """Rows as a register has them, in no order, under a head that may say nothing."""
    rng = random.Random(len(head) + sum(columns))
    rows = [
        [
            f"201{rng.randint(1, 5)}-0{rng.randint(1, 9)}",
            rng.choice(("kvinne", "mann")),
            rng.randint(1952, 1996),
            *map(rng.choice, _CODES),
            rng.randint(1, 90),
            f"{rng.choice(('Bjørke', 'Elve', 'Myr'))}veien {rng.randint(1, 90)}",
        ]
        for _ in range(16)
    ]
    return [head, *([row[k] for k in columns] for row in rows)]


UNTITLED = (
    _persons([f"v{k}" for k in range(6)], 0, 1, 2, 3, 4, 5),
    _persons([f"kol{k}" for k in range(5)], 0, 1, 2, 4, 6),
    _persons(["2014-03", "mann", 1971, "høyere", "tiltak", True, 7], 0, 1, 2, 3, 4, 5, 6),
    _persons(["Tid", "Type", "Nivå", "Verdier"], 1, 2, 3, 6),
    [["nøkkel", "b"], *((f"{k * 7919 + 10**9:x}a{k:02d}f{k:02d}", k % 3) for k in range(9))],
)
DOWN = (
    "\nmonth 2014-03\nsex mann\nbirth_year 1971\neducation høyere\nright True\nweeks 7\n",
    "\nv1   mann\nv2   1971\nv3   høyere\nv4   True\nv5   7\nName: 17, dtype: object\n",
    "\n(2014-03, 'mann', 1971, 'høyere', 'tiltak', True, 7)\n",
    "\nRow(a='2014-03', b='mann', c=1971, d='høyere', e=True)\n",
    "No. Observations:   412",
    "x1   -0.11763742170502312\ndtype: float64",
)


def _arrays() -> Iterator[tuple[str, bytes]]:
    """Numbers of persons as charts hold them: eight bytes each, in base64."""
    rng = np.random.default_rng(5)
    ids = np.full(6, int(NUMBER_ID))
    for k, kind in enumerate(("<i8", ">i8", "<f8")):
        coded = planted.coded(ids.astype(kind).tobytes())
        yield f"{k}.html", page(f"<script>plot({{'bdata': '{coded}'}})</script>")
        yield f"{k}.json", json.dumps({"x": {"dtype": kind, "bdata": coded}}).encode()
    residuals = rng.normal(size=500)
    yield "residuals.html", page(f"<script>x='{planted.coded(residuals.tobytes())}'</script>")
    yield "residuals.json", json.dumps({"x": residuals.tolist()}).encode()
    yield (
        "residuals.csv",
        ("i,r\n" + "\n".join(f"{i},{r}" for i, r in enumerate(residuals))).encode(),
    )


def _captioned() -> Iterator[tuple[str, bytes]]:
    head = "<tr><th>Kommune</th><th>Kvinner i alt</th><th>2031</th></tr>"
    body = "<tr><td>Alvdal</td><td>14</td><td>3</td></tr><tr><td>Os</td><td>14</td><td>9</td></tr>"
    table = f"<table><caption>{{}}</caption>{head}{body}</table>"
    yield "a.html", page(table.format("Tabell 3: Tal deltakarar etter kommune"))
    yield "b.html", page(table.format("Utvalget (personer)"))
    yield "c.xlsx", workbook([["Antall klienter etter kommune"], ["Kommune", "2031"], ["Os", 3]])
    yield "d.csv", b"Antall brukere per kommune\nKommune,2031\nOs,3\nAlvdal,8\n"


def _jsonstat() -> Iterator[tuple[str, bytes]]:
    place = {"category": {"label": {"a": "Os", "b": "Alvdal"}}}
    measure = {"category": {"index": {"Antall personer": 0}}}
    base = {"version": "2.0", "class": "dataset", "value": [120, 3]}
    yield (
        "a.json",
        json.dumps(
            {
                **base,
                "id": ["k"],
                "size": [2],
                "dimension": {"k": place},
                "label": "Tal personar etter kommune",
            }
        ).encode(),
    )
    yield (
        "b.json",
        json.dumps(
            {**base, "id": ["m", "k"], "size": [1, 2], "dimension": {"m": measure, "k": place}}
        ).encode(),
    )


def _files() -> Iterator[tuple[str, str, bytes]]:
    """What is a file rather than a text or a table."""
    for name, content in chain(_captioned(), _jsonstat()):
        yield "count by its caption", name, content
    points = "".join(
        f"<circle r='1'><title>kvinne, {30 + k} år, kommune 0423</title></circle>" for k in range(8)
    )
    yield "rows of persons", "points.svg", svg(points)
    yield "rows of persons", "points.html", page(svg(points).decode())
    shown = "#table(columns: 2, [Kommune], [Antall deltakere], [Alvdal], [3], [Os], [88])"
    yield "small count", "table.pdf", pdf(shown)
    head = "<tr><th rowspan='2'>Kommune</th><th colspan='2'>Antall personer</th></tr>"
    below = "<tr><th>Menn</th><th>Kvinner</th></tr><tr><td>Os</td><td>40</td><td>3</td></tr>"
    yield "small count", "spanned.html", page(f"<table>{head}{below}</table>")
    noted = "<worksheet><headerFooter><oddHeader>&amp;L{}</oddHeader></headerFooter></worksheet>"
    noted = noted.format(f"{IDENTITY}&amp;C&amp;8Antall deltakere: 3")
    yield "small count", "header.xlsx", planted.zipped("xl/worksheets/sheet1.xml", noted)
    formula = workbook([["a"], [f'="{IDENTITY[:6]}"&"{IDENTITY[6:]}"']])
    yield "identity number", "formula.xlsx", formula
    yield "author", "x.png", planted.png((b"tEXt", b"Author\0Silje Bakkerud"))
    properties = "<cp:coreProperties><dc:creator>{}</dc:creator></cp:coreProperties>"
    for k, name in enumerate(("Per Ove Lien", "t154321")):
        yield "author", f"{k}.docx", planted.zipped("docProps/core.xml", properties.format(name))
    head = "label,estimate,std_error\n"
    raw = head + "fig-9,0.12345678901234567,0.031415926535897934\n"
    yield "unrounded", "estimates.csv", raw.encode()


HARMLESS_TEXTS = (
    "To personer må godkjenne en publisering.",
    "Nøkkelen leses fra NAVEVAL_KEY_FILE=~/naveval.key, og Bearer <token> sendes.",
    "Kontakt: nav.analyse@nav.no, telefon 55 55 33 33, presse 408 20 000.",
    "Nav Tynset, Parkveien 1, 2500 Tynset",
    "Én av tre deltakere og to av tre arbeidssøkere fikk tiltak.",
    "Angst er vanligere blant langtidsledige; brukerne er fornøyde med veilederen.",
    "Takk til Magne Bråthen, Statistisk sentralbyrå. Kluve, J. (2018): Participants.",
    "Lengste periode i modellen er 36 måneder; maksimal stønad er 6 ganger grunnbeløpet.",
    "Sett PASSORD=${PASSORD} eller token: <ditt token>.",
    "Tabellen ligger på https://www.ssb.no/statbank/table/12345 og i tables/tbl-1.csv.",
    "Om lag 2 av 3 deltakere kom i arbeid, og én av fire fikk lønnstilskudd.",
    "Personer født 1. januar 1960 eller senere er med.",
    "Passord: se bankboksen. Hemmeligheten er at ingen leser dette.",
    "Kommandoen ligger i /usr/bin/python3 på de fleste maskiner.",
    "Skriv cd ~/naveval eller C:\\path\\to\\naveval; hjemme er /" + "home/USER.",
    "Quarto 1.11.0.2, ICU 10.2.1.1, avsnitt 10.1.2 og http://127.0.0.1:8000/.",
    "En mann på 45 år med høyere utdanning som var helt ledig i 26 uker i 1999.",
    "q 1 0 0 -1 208.00047 426.68225 cm/c0 cs 0.12156863 scn",
    "Se docs.nais.io, kapittel 10.0.4, og https://www.ssb.no/builds/nytt.",
    "\nPersoner med lønn i alt 2014 812\nBygg   3  0,31\nFiske   2  0,29\nHandel   4  0,27\n",
    "De to gruppene av søkere og tre typer av deltakere sammenlignes.",
    "Antallet personer i måneden med flest er 41 200, i den med færrest 12 800.",
    "Seed 7723409911 gir 1200734952618.25 kroner og commit 925e3d2132cf.",
)
HARMLESS_TABLES = (
    [
        ["kommunenummer", "kommune", "fylke"],
        *([f"34{k:02d}", p, "34"] for k, p in enumerate(PLACES_NAMED)),
    ],
    [["Variabel", "Betydning"], ["person", "fødselsnummer, fjernes"], ["kjønn", "1 mann 2 kvinne"]],
    [["Kode", "Navn"], ["A", "Lønnstilskudd"], ["B", "Nord Fron"], ["C", "Sør Odal"]],
    [["Fylke", "Rang 2014", "Rang 2016"], ["Oslo", 1, 2], ["Troms", 2, 24], ["Agder", 3, 1]],
    [["Fylke", "Kontorer", "Kommuner"], ["Oslo", 17, 1], ["Troms", 24, 21], ["Agder", 3, 25]],
    [["parameter", "minimum", "maximum"], ["kalkulasjonsrente", 0, 8], ["varighet", 1, 10]],
    [["Rang", "Fylke", "Andel"], [1, "Agder", "0,31"], [2, "Oslo", "0,29"]],
    [
        ["kjennetegn", "kategori", "n", "prosent", "prosent_trykt", "n_måneder", "kilde"],
        ["Kjønn", "Mann", 7047, 18.75097729207568, 20.0, 1963, "simulert"],
        ["Kjønn", "Kvinne", 6210, 18.98898864400062, 18.0, 1966, "simulert"],
    ],
    [["Variabel", "Koeffisient", "Feil"], ["min lønn", "0,31", "0,02"], ["alder", "1", "0,3"]],
)
_GROUPS = [
    [sex, age, level, f"{age * 0.07 + k:.1f}"]
    for k, sex in enumerate(("kvinne", "mann"))
    for age in (20, 30, 40, 50, 60)
    for level in ("grunnskole", "høyere")
]
HARMLESS_TABLES += (
    _GROUPS,
    [["kjønn", "alder", "utdanning", "effekt"], *_GROUPS],
    [
        ["måned", "verdi"],
        *([f"20{10 + k // 12}-{k % 12 + 1:02d}", 10**11 + 7919 * k] for k in range(30)),
    ],
    [["tabell", "fingeravtrykk"], *((f"t{k}", f"{k * 7919 + 10**9:x}a{k:02d}f") for k in range(9))],
    [["Bydel", "Søkere"], ["Nord", 61], ["Sør", ":"], ["Vest", 50], ["Sum", 214]],
    [["dag", "besøk"], *([f"2031-03-{k:02d}", 400 + 7 * k] for k in range(2, 15))],
    [["fil", "md5"], *((f"fig-{k}.png", f"{k * 7919 + 10**9:x}a{k:02d}f") for k in range(9))],
)
HARMLESS_FILES = {
    "settings.json": json.dumps(
        {"n": {f"n_{name}": 4 for name in ("folds", "steps", "trees", "lags", "bins", "draws")}}
    ).encode(),
    "crate.jsonld": json.dumps(
        {"@graph": [{"@type": "Person", "name": "Marte Solvang", "affiliation": "SSB"}]}
    ).encode(),
    "ids.json": json.dumps({"uuid": "0b5e-77", "git": "a1b2c3d"}).encode(),
    "font.css": b"@font-face{src:url(data:font/woff2;base64,"
    + planted.coded(bytes(range(200, 256)) * 3).encode()
    + b")}",
    "means.html": page(f"<script>y='{planted.coded(np.linspace(1, 4, 60).tobytes())}'</script>"),
    "legend.svg": svg(
        "".join(f"<text>{t}</text>" for t in ("Kvinne", "Mann", 1990, 1995, 2000, 2005, 10, 20))
    ),
    "props.docx": planted.zipped("docProps/core.xml", "<dc:creator>Arbeid og tiltak</dc:creator>"),
    "estimates.csv": b"label,estimate,std_error\nfig-9,0.125,0.031\n",
}


def _spread(
    kind: str, forms: Sequence[object], carriers: Mapping[str, Callable[..., bytes]]
) -> Iterator[tuple[str, str, bytes]]:
    """Each form in some carriers, in turn, so that every carrier is used."""
    names = list(carriers)
    for k, form in enumerate(forms):
        for j in range(min(EACH, len(names))):
            name = names[(k * EACH + j) % len(names)]
            arguments = form if isinstance(form, tuple) else (form,)
            yield kind, name.format(f"f{k}"), carriers[name](*arguments)


TEXTS = {name: CARRIERS[name] for name in IN_TEXT} | dict(MORE_TEXT)
LINES = {name: TEXTS[name] for name in ("{}.txt", "{}.log", "{}.ipynb", "{}-source.ipynb")}


@lru_cache(maxsize=1)
def leaks() -> dict[tuple[str, str], bytes]:
    """Files that may not leave, by kind and name."""
    made = chain(
        _spread("secret or token", tuple(SECRET_SETTINGS.items()), SETTINGS),
        _spread("secret or token, text", SECRET_TEXTS, TEXTS),
        _spread("path or user name", PLACES, TEXTS),
        _spread("key of a person", KEYS, TEXTS),
        _spread("single person", SINGLE, TEXTS),
        _spread("where somebody is found", FOUND_AT, TEXTS),
        _spread("somebody's life", LIVES, TEXTS),
        _spread("somebody named", NAMED, TEXTS),
        _spread("small count in words", COUNTS, TEXTS),
        _spread("identity number", SPLIT, {n: TEXTS[n] for n in ("{}.md", "{}.txt", "{}.log")}),
        _spread("identity number in tables", TENS, TABLES),
        _spread("small count", COUNTING, TABLES),
        _spread("rows of persons", PERSON_ROWS, TABLES),
        _spread("small count, printed", COUNTED_VALUES, LINES),
        _spread("rows of persons, told", ROWS_TOLD, LINES),
        _spread("keys and noise", UNDOING, TABLES),
        _spread("keys and noise, printed", SERIES, LINES),
        _spread("smallest and largest", EXTREMES, TABLES),
        _spread("ids in disguise", DISGUISED, TEXTS),
        _spread("rows of persons, untitled", UNTITLED, TABLES),
        _spread("persons down the lines", DOWN, LINES),
        (("numbers of persons in arrays", name, content) for name, content in _arrays()),
        _files(),
    )
    return {(kind, name): content for kind, name, content in made}


@lru_cache(maxsize=1)
def harmless() -> dict[tuple[str, str], bytes]:
    """Files that may leave."""
    made = chain(
        _spread("harmless text", HARMLESS_TEXTS, TEXTS),
        _spread("harmless table", HARMLESS_TABLES, TABLES),
        (("harmless file", name, content) for name, content in HARMLESS_FILES.items()),
    )
    return {(kind, name): content for kind, name, content in made}
