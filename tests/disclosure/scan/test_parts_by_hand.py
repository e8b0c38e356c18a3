"""The parts of the search, each by itself: how many it finds, and where its limits are."""

import base64
import hashlib
import json
import zlib

import pytest

from naveval.disclosure.scan import (
    contacts,
    credentials,
    crossed,
    documents,
    grids,
    identities,
    persons,
    pictures,
    printed,
    profiles,
    sentences,
    tables,
    text,
    titles,
)
from naveval.disclosure.scan.readers import search
from naveval.disclosure.thresholds import thresholds

LIMITS = thresholds()


def hits(found) -> int:
    return sum(many for _, many in found)


def kinds(found) -> list[str]:
    return [kind for kind, _ in found]


@pytest.mark.parametrize(
    ("value", "sure", "secret"),
    [
        ("abc123", False, True),  # a digit marks it
        ("abcdef", False, False),
        ("abcdef", True, True),
        ("abcde", True, False),  # six signs at least
        ("abc/def", True, False),
        ("ab1", True, False),
        ("ab12", True, True),
        ('u"ab1', True, False),  # as Python writes a text
        ("'ab12'", True, True),
        ("one two 3", False, False),
        ("one two 3", True, True),
        ("one two three 4", True, False),  # more words are a sentence
        ("one two three", True, False),
        ("<token>", True, False),
        ("${TOKEN1}", True, False),
        ("********", True, False),
        ("os.environ[1]", True, False),
        ("your-token-1", True, False),
    ],
)
def test_what_is_a_secret(value: str, sure: bool, secret: bool) -> None:
    assert credentials.is_secret(value, sure=sure) is secret


@pytest.mark.parametrize(
    ("code", "many"),
    [
        ('password = "hunter22"\n', 1),
        ('password = "hunter22"\ntoken = "hunter23"\n', 2),
        ("PASSWORD=letters\n", 1),
        ("PASSWORD=letters og mer", 1),
        ('pass pwd secret token key credential hemmelig\npassword = "hunter22"\n', 1),
        ("max_token = 4096x", 0),
        ("password=letters og mer", 0),
        ('password = "letters" og mer', 1),
        ('max_tokens = 4096x\npassword = "hunter22"\n', 1),
        ("The password: letters of a poem", 0),
        ("max_tokens = 4096x", 0),
        ("token_count: 4096x", 0),
        ("AKIA" + "A1" * 8, 1),
        ("eyJhbGciOi.eyJzdWIiOi.c2ln and eyJhbGciOj.eyJzdWIiOi.c2ln", 2),
    ],
)
def test_how_many_secrets_a_text_holds(code: str, many: int) -> None:
    assert hits(credentials.secrets(code)) == many
    assert kinds(credentials.secrets(code)) == ["secret or token"] * bool(many)


def test_how_many_places_and_authors_there_are() -> None:
    two = "//nas/register and <x15ac:absPath a=1>"
    assert [*credentials.places(two)] == [("path or user name", 2)]
    assert [*credentials.authors(["Kari Hansen", " ", "Nav", "Ola Li"])] == [
        ("name of an author", 2)
    ]
    marked = "<dc:creator>Kari Hansen</dc:creator><cp:lastModifiedBy>openpyxl</cp:lastModifiedBy>"
    assert [*credentials.authors(marked)] == [("name of an author", 1)]
    assert [*credentials.authors("")] == []


def test_tables_of_mark_up_with_their_labels_and_captions() -> None:
    table = "<table{}><caption>{}</caption><tr><th>A</th><td>&lt;5</td></tr></table>"
    page = table.format(' id="tbl-a"', "Tekst") + "<p>x</p>" + table.format("", "Mer")
    assert [*documents.of_markup(page)] == [
        ([["Tekst"], ["A", "<5"]], "tbl-a"),
        ([["Mer"], ["A", "<5"]], ""),
    ]
    above = "<h2>Antall ledige</h2><p>Kilde.</p><table><tr><td>Os</td><td>3</td></tr></table>"
    assert [*documents.of_markup(above)] == [([["Antall ledige"], ["Os", "3"]], "")]
    far = above.replace("<p>Kilde.</p>", f"<p>{'x ' * documents.NEAR}</p>")
    assert [*documents.of_markup(far)] == [([["Os", "3"]], "")]


def test_titles_over_several_columns_go_with_those_below() -> None:
    page = (
        '<table><tr><th rowspan="2">Fylke</th><th colspan="2">Antall personer</th></tr>'
        "<tr><th>2018</th><th>2019</th></tr><tr><td>Oslo</td><td>41</td><td>3</td></tr></table>"
    )
    ((rows, _),) = documents.of_markup(page)
    assert rows == [
        ["Fylke", "Antall personer"],
        ["2018", "2019"],
        ["Fylke", "Antall personer 2018", "Antall personer 2019"],
        ["Oslo", "41", "3"],
    ]
    ((rows, _),) = documents.of_markup(page.replace("Antall personer", "Andel"))
    assert len(rows) == 3


def test_cells_of_a_sheet_stand_for_several() -> None:
    sheet = (
        '<table:table><table:table-row><table:table-cell table:number-columns-repeated="3"/>'
        "<table:table-cell><text:p>A</text:p></table:table-cell></table:table-row></table:table>"
    )
    assert [*documents.of_markup(sheet)] == [([["", "", "", "A"]], "")]


def test_tables_of_markdown() -> None:
    page = "# Antall ledige\n\nTekst.\n\n| A | B\\|C |\n|---|---:|\n| 1 | 2 |\n\n: Om {#tbl-x}\n"
    ((rows, label),) = documents.of_markdown(page)
    assert (rows, label) == ([["# Antall ledige"], ["A", "B\\|C"], ["1", "2"]], "tbl-x")
    ((rows, label),) = documents.of_markdown("| A |\n|---|\n| 1 |")
    assert (rows, label) == ([["A"], ["1"]], "")
    ((rows, _),) = documents.of_markdown("Kilde.\nAntall ledige\n| A |\n|---|\n| 1 |\n")
    assert rows == [["Antall ledige"], ["A"], ["1"]]
    two = "| A |\n\n| B |\n"
    assert [rows for rows, _ in documents.of_markdown(two)] == [[["A"]], [["B"]]]


@pytest.mark.parametrize(
    "columns", ["2", "(auto, 1fr)"], ids=["how many there are", "how wide they are"]
)
def test_tables_of_typst(columns: str) -> None:
    page = (
        f"#figure(table(columns: {columns}, table.header([A], [B]), [1], [2], [3], [4]), "
        "caption: [Antall ledige])"
    )
    assert [*documents.of_typst(page)] == [[["Antall ledige"], ["A", "B"], ["1", "2"], ["3", "4"]]]
    before = f"#figure(caption: [Antall ledige], table(columns: {columns}, [1], [2], [3], [4]))"
    assert [*documents.of_typst(before)] == [[["Antall ledige"], ["1", "2"], ["3", "4"]]]
    near, far = documents.NEAR // 5 - 30, documents.NEAR // 5
    for signs, told in ((near, 2), (far, 1)):
        apart = f"x caption: [Antall ledige]{' ' * signs}#table(columns: 2, [1], [2])"
        assert len(next(documents.of_typst(apart))) == told
    alone = f"#table(columns: {columns}, [1], [2])"
    assert [*documents.of_typst(alone)] == [[["1", "2"]]]


CROSSED = [
    ["Alder", "Kvinner", "Menn"],
    ["18–29", "41", "3"],
    ["30–49", "52", "2"],
    ["50+", "0", "9"],
]


def test_small_counts_where_groups_are_crossed() -> None:
    assert [*crossed.crossed(CROSSED, LIMITS)] == [
        ("count below 5 where groups of persons are crossed", 2)
    ]
    assert hits(crossed.crossed([["Tittel", "", ""], *CROSSED], LIMITS)) == 2
    assert hits(crossed.crossed(CROSSED[:3], LIMITS)) == 0  # four cells
    assert hits(crossed.crossed(CROSSED[:3], LIMITS, least=4)) == 2
    assert hits(crossed.crossed([], LIMITS)) == 0


@pytest.mark.parametrize(
    ("old", "new", "many"),
    [
        ("52", "5,2", 0),  # no whole number
        ("52", "-52", 0),
        ("Kvinner", "Andel kvinner", 0),
        ("52", "<5", 2),  # masked
        ("52", ":", 2),
        ("2", "8", 1),
        ("Kvinner", "Kurs", 2),
    ],
)
def test_what_is_no_crossed_table(old: str, new: str, many: int) -> None:
    rows = [[new if cell == old else cell for cell in row] for row in CROSSED]
    rows.append(["67+", "60", "70"])
    assert hits(crossed.crossed(rows, LIMITS)) == many


def test_a_corner_that_names_a_characteristic_tells_of_persons() -> None:
    rows = [["birth year", "kurs", "jobb"], ["1971", "41", "3"], ["1980", "52", "2"]]
    rows.append(["1990", "30", "9"])
    assert hits(crossed.crossed(rows, LIMITS)) == 2
    assert hits(crossed.crossed([["step", *rows[0][1:]], *rows[1:]], LIMITS)) == 0


def test_crossed_tables_of_small_numbers_alone_rank_something() -> None:
    small = [["Alder", "Kvinner", "Menn"], *([f"{k}0–{k}9", "3", "19"] for k in (2, 3, 4))]
    assert hits(crossed.crossed(small, LIMITS)) == 0
    small[1][2] = "20"
    assert hits(crossed.crossed(small, LIMITS)) == 3


@pytest.mark.parametrize(
    ("line", "many"),
    [
        ("> table(df$x)\n\n  a   b   c\n 31   2   4\n", 2),
        ("> table(df$x)\n\n  a   b   c\n 31   7   0\n", 0),
        ("> table(df$x)\n\n  a   b   c\n 3.1   2   4\n", 0),
        ("Counter({'kvinner': 31, 'menn': 2, 'ukjent': 1})", 2),
        ("Counter({'kvinner': 19, 'menn': 2})", 0),
        ("Counter({'a': 97, 'b': 3})", 1),
        ("Counter({'a': 96, 'b': 3})", 0),
        ("{'Oslo': 31, 'Troms': 2} persons", 1),
        ("Personer: {'a': 31, 'b': 2}", 1),
        ("{'a': 31, 'b': 2}", 0),
        ("{'a': 2} persons", 0),
        ("Counter({'OLS': 97, 'modell': 3})", 0),
        ("Counter( {'a': 97, 'b': 3})", 1),
        ("{('K', '18-29'): 41, ('K', '30-49'): 3, ('M', '30-49'): 77}", 1),
        ("a 1 2 3\nb 4 5 6\n18–29 3 41\n30–49 52 60\n50–66 2 71\n", 2),
    ],
)
def test_small_counts_in_what_programs_print(line: str, many: int) -> None:
    assert hits(crossed.in_text(line, LIMITS)) == many


@pytest.mark.parametrize(
    ("said", "kind", "many"),
    [
        ("Kari født 15.06.1982 fra Hamar", "date of birth of a person", 1),
        ("Personer født 15.06.1982 er med", "date of birth of a person", 0),
        ("Deltaker Kari Hansen sluttet", "single person described", 1),
        ("Kvinne 41 år fra Hamar", "single person described", 1),
        ("Søknaden fra Kari Hansen ble avslått", "single person described", 1),
        ("Søknaden fra Hamar Kommune ble avslått", "single person described", 0),
        ("Forfatter: Kari Hansen, søknaden", "single person described", 0),
        ("fornavn: Kari", "single person described", 1),
        ("Brukeren har angst. Han sover ikke.", "single person described", 1),
        ("Den eldste deltakeren er 71 år", "smallest or largest observation", 1),
        ("Den eldste gruppen av deltakere er 71 år", "smallest or largest observation", 0),
        ("Df Residuals: 12 and Df Residuals: 14", "summary of a model, not rounded", 2),
        ("KeyError: 31929900", "key of a person", 1),
        ("KeyError: 20190131", "key of a person", 0),  # a day
    ],
)
def test_what_is_told_of_single_persons(said: str, kind: str, many: int) -> None:
    assert dict(persons.told(said)).get(kind, 0) == many


def test_names_of_persons() -> None:
    assert persons.is_name("Kari Hansen")
    assert persons.is_name(" Hansen, Kari ")
    assert not persons.is_name("Hamar Kommune")
    assert not persons.is_name("kari")


@pytest.mark.parametrize(
    ("title", "values", "told"),
    [
        ("hvem", ["Kari Hansen", "Ola Li"], True),
        ("hvem", ["Kari Hansen", "Hamar", "Os"], False),
        ("hvem", ["Kari Hansen", "Hamar"], True),  # half of them
        ("forfatter", ["Kari Hansen", "Ola Li"], False),
        ("", ["31929900", "31929901", "41929902"], True),
        ("", ["31929900", "31929901"], False),
        ("", ["31929900", "31929901", "31929901"], False),
        ("", ["100001", "100002", "100003"], False),  # numbers of rows
        ("", ["1000001", "1000002", "1000003"], True),
        ("", ["201901", "201902", "201907"], False),  # months
        ("beløp", ["31929900", "31929901", "41929902"], False),
        ("telefon", ["31929900", "31929901", "41929902"], False),
        ("rad", ["A-31929900", "A-31929901", "B-41929902"], True),
        ("ident", ["H123456", "K654321"], True),
        ("", ["31929900.0", "31929901.0", "41929902.0"], True),
        ("kode", ["H123456", "K654321"], False),
        ("område", ["H123456", "K654321"], False),
        ("", [], False),
        ("", ["", " "], False),
    ],
)
def test_columns_that_hold_persons(title: str, values: list[str], told: bool) -> None:
    assert persons.in_column(title, values) is told


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("æøå".encode(), "æøå"),
        ("æøå".encode("cp1252"), "æøå"),
        ("\ufeffæøå".encode(), "æøå"),
        ("æøå".encode("utf-16"), "æøå"),
        ("blåbær".encode("utf-16-le"), "blåbær"),
        ("blåb".encode("utf-16-le"), "blåb"),
        ("blåbær".encode("utf-16-be"), "blåbær"),
        ("æøå".encode("utf-32"), "æøå"),
        (b"", ""),
    ],
)
def test_bytes_are_read_in_their_encoding(content: bytes, shown: str) -> None:
    assert text.decoded(content) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("ren tekst", "ren tekst"),
        ("12\u00ad34\u200b5", "12345"),
        ("&#49;&amp;#50;", "12"),
        ("\\u0031\\x32", "12"),
        ("=31=32", "12"),
        ("%31%32", "12"),
        ("\x1b[31m12\x1b[0m", "12"),
        ("12", "12"),
        ("12-\n34", "1234"),
        ('"12" & "34" & &', '"1234" & &'),
        ('=12"&"34', "=1234"),
        ("a\u0301", "á"),
    ],
)
def test_text_without_disguise(given: str, shown: str) -> None:
    assert text.plain(given) == shown


def test_what_stands_around_words() -> None:
    told = text.lines_once("kort\nen linje med ord i seg\nen linje med ord i seg\nnoe annet her")
    assert told[0] == "en linje med ord i seg\nnoe annet her"
    assert text.around(told, ["ord"]) == ["en linje med ord i seg"]
    assert text.around(told, ["borte"]) == []
    assert text.lines_once("1234567\n12345678") == ("12345678", "12345678")
    long = "a" * 300 + " ord " + "b" * 300
    (part,) = text.around(text.lines_once(long), ["ord"])
    assert part == "a" * (text.BEFORE - 1) + " ord " + "b" * (text.AFTER - 4)
    both = text.around(text.lines_once("ord en og ord to"), ["ord", "to"])
    assert both == ["ord en og ord to"]


def test_a_word_goes_on_inside_some_elements() -> None:
    assert text.without_tags("<p>12<b>34</b></p>5") == "\n1234\n5"
    assert text.without_tags("1<w:r>2</w:r><w:p>3</w:p>") == "12\n3\n"


def test_files_that_a_text_carries() -> None:
    coded = base64.b64encode(b"fnr;alder\n15068212345;42\n").decode()
    assert [*text.hidden(f"data:text/csv;base64,{coded}")] == [
        ("text/csv", b"fnr;alder\n15068212345;42\n")
    ]
    assert [*text.hidden(f"x = {coded}")] == [("", b"fnr;alder\n15068212345;42\n")]
    assert [*text.hidden("data:,12%20345678901234567")] == [("text/plain", b"12 345678901234567")]
    packed = base64.b64encode(zlib.compress(b"fnr;alder\n15068212345;42\n")).decode()
    assert [kind for kind, _ in text.hidden(packed)] == [""]
    numbers = "(31,12,9) 49, 53, 48, 54, 56, 50, 49"
    assert ("", b"1506821") in [*text.hidden(numbers)]
    assert [*text.hidden("31353036383231323334")] == [("", b"1506821234")]
    coded = base64.urlsafe_b64encode(b"~~~15068212345 og mer tekst").decode()
    assert "-" in coded
    assert [*text.hidden(coded)] == [("", b"~~~15068212345 og mer tekst")]
    packed = b"PK\x03\x04" + bytes(range(20))
    assert [*text.hidden(base64.b64encode(packed).decode())] == [("", packed)]
    assert ("", b"15068212345") in [*text.hidden(base64.b32encode(b"15068212345").decode())]
    assert [*text.hidden(f"x {base64.b64encode(b'hallo der').decode()} y")] == []
    assert [*text.hidden(f"x {base64.b64encode(b'hallo 123').decode()} y")] == [("", b"hallo 123")]
    assert [*text.hidden("vanlige ord uten noe i seg")] == []


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("3", 3),
        ("3 (12 %)", 3),
        ("(3)", None),
        ("1\u00a0204", 1204),
        ("1 204*", 1204),
        ("−3", -3),
        ("3,5", 3.5),
        ("tre", 3),
        ("Tolv", 12),
        ("ingen", 0),
        ("3 stk.", 3),
        ("tretti", None),
    ],
)
def test_numbers_as_tables_show_them(shown: str, value: float | None) -> None:
    found = sentences.number(shown)
    assert found == value if value is not None else found != found


def test_what_is_too_small() -> None:
    assert [sentences.too_small(n, LIMITS) for n in (-1, 0, 1, 4, 4.5, 5)] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    assert not sentences.too_small(float("nan"), LIMITS)


@pytest.mark.parametrize(
    ("said", "many"),
    [
        ("I Os er det tre deltakere.", 1),
        ("I Os er det tre deltakere, og i Vang to ledige.", 2),
        ("I Os er det fem deltakere.", 0),
        ("I Os er det færre enn 5 deltakere.", 0),
        ("I Os er det en deltaker.", 0),
        ("Tre av 37 deltakere fikk jobb.", 1),
        ("Tre av ti deltakere fikk jobb.", 0),
        ("Om lag tre av 37 deltakere.", 0),
        ("I alt 5 prosent av 60 deltakere fikk jobb.", 1),  # three
        ("I alt 8 prosent av 60 deltakere fikk jobb.", 0),  # five
        ("I alt 7,5 prosent av 60 deltakere fikk jobb.", 0),  # four and a half may be five
        ("I alt 5 prosent av 10 deltakere fikk jobb.", 1),
        ("1 av 9 deltakere fikk jobb.", 0),
        ("1 av de 9 deltakere fikk jobb.", 1),
        ("I Hamar kom det noen. 1 av 3 deltakere fikk jobb.", 0),
        ("1 av 3 deltakere i Hamar fikk jobb.", 1),
        ("1 av ti deltakere i Hamar fikk jobb.", 0),
        ("En av 9 deltakere i Hamar fikk jobb.", 0),
        ("I Os er det én person.", 1),
        ("Tiltaket for én person varer lenge.", 0),
        ("I Os er det én person. Tre av 37 deltakere fikk jobb.", 2),
        ("I Os er det én person. I alt 5 prosent av 60 deltakere fikk jobb.", 2),
        ("En rad er én person i én måned.", 0),
        ("Antall deltakere: 4", 1),
        ("Antall deltakere: 5", 0),
        ("Deltakere (n = 4) i Os", 1),
        ("Alle 4 som sluttet, fikk jobb.", 1),
        ("Alle 5 som sluttet, fikk jobb.", 0),
        ("Antall deltakere: Hamar 211, Tolga 3, Os 2", 2),
        ("3 Deltakere og tiltak", 0),
        ("Tre deltakere må signere.", 0),
        ("De tre gruppene av søkere er like.", 0),
    ],
)
def test_small_counts_in_sentences(said: str, many: int) -> None:
    assert hits(sentences.prose(said, LIMITS)) == many
    assert hits(sentences.prose(f"{said}\n{said}", LIMITS)) == many  # a line is read once


def test_small_counts_in_titles() -> None:
    found = [*sentences.titled(["Kvinner 3", "Menn: 4", "Ledige 5", "Ledige i tabell 3"], LIMITS)]
    assert found == [("count below 5 persons in a title", 2)]
    assert [*sentences.titled(["Ledige i kvartal 3", "Ledige 0"], LIMITS)] == []


@pytest.mark.parametrize(
    ("title", "counts"),
    [
        ("Antall personer", True),
        ("antallPersoner", True),
        ("antall_ledige", True),
        ("Antall (prosent)", True),
        ("Deltakere (n)", True),
        ("Andel personer", False),
        ("Kroner per person", False),
        ("aap_mottakere", True),
        ("n", True),
        ("n_folds", False),
        ("Fylke", False),
    ],
)
def test_titles_that_count_persons(title: str, counts: bool) -> None:
    assert titles.counts_persons(title, LIMITS) is counts


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("fnr", True),
        ("person_id", True),
        ("personId", True),
        ("etternavn", True),
        ("name", False),
        ("navn", False),
        ("id", False),
        ("fylke", False),
        ("pseudonym" + "x" * 71, True),
        ("pseudonym" + "x" * 72, False),
    ],
)
def test_titles_that_identify(title: str, told: bool) -> None:
    assert titles.identifies(title, LIMITS) is told


def test_captions_and_rows_that_count() -> None:
    assert titles.counts_by_caption("Tabell 1: Antall ledige etter fylke")
    assert not titles.counts_by_caption("Tabell 1: Andel ledige etter fylke")
    assert not titles.counts_by_caption("Antall ledige " + "x" * 200)
    assert titles.counts_row("Antall deltakere")
    assert not titles.counts_row("Antall timer")
    assert titles.counts_along("n_persons", LIMITS)
    assert not titles.counts_along("n_persons" + " x" * 40, LIMITS)
    assert titles.undoes("noise", ["antall"], LIMITS)
    assert not titles.undoes("noise", ["andel"], LIMITS)
    assert titles.title_of(" **Antall\n ledige:** ") == "antall ledige"
    assert titles.spelled("foedselsaar") == "fodselsar"
    assert titles.spelled("birth year") == "birth_year"
    assert titles.apart("timer", LIMITS)
    assert titles.apart("n_obs", LIMITS)
    assert not titles.apart("antall", LIMITS)
    assert titles.spoken("antallPersoner_iAlt") == "antall personer i alt"


IDENTITY = "13067219997"


def test_identity_numbers_have_a_day_a_month_and_two_check_digits() -> None:
    valid = [f"1306721{n:04d}" for n in range(10_000)]
    found = [digits for digits in valid if identities.is_identity_number(digits)]
    # Of a hundred numbers of a day, 10 of 11 by one check digit and 10 of 11 by the other.
    assert len(found) == pytest.approx(100 * (10 / 11) ** 2, abs=5)
    one = found[0]
    assert identities.is_identity_number(one)
    for start, there in (
        ("3101", True),
        ("3201", False),
        ("0001", False),
        ("7101", True),  # of those without a number of their own forty is added to the day
        ("0113", False),
        ("0100", False),
        ("0141", True),  # persons who are made up have 40, 65 or 80 added to the month
        ("0152", True),
        ("0153", False),
        ("0166", True),
        ("0192", True),
        ("0193", False),
    ):
        born = (f"{start}72{n:05d}" for n in range(1000))
        assert any(map(identities.is_identity_number, born)) is there, start
    assert not identities.is_identity_number(one[:-1])
    assert not identities.is_identity_number(one[:-1] + "x")
    wrong = [one[:k] + str((int(one[k]) + 1) % 10) + one[k + 1 :] for k in range(11)]
    assert not any(map(identities.is_identity_number, wrong))


def test_ids_are_looked_for_as_they_may_lie() -> None:
    one = identities.ids(["12345678"])
    assert one.close == {"123·····": 1, "·····678": 1, "876·····": 1, "·····321": 1}
    assert one.lengths == {8: 2}
    known = identities.ids(["P-0012345", "00123456789", "0012345678", "12345"])
    assert {"p0012345", "00123456789", "123456789", "5432100p"} <= known.known
    assert known.short == {"12345678"}
    assert "12345" not in known.known
    assert identities.squeezed("P-00 12") == "p0012"
    assert [*identities.named("se P-0012345 og P 0012345", known)] == [("person id", 1)]
    assert [*identities.named("se 5432100-P", known)] == [("person id", 1)]
    assert [*identities.named("se P-0012346", known)] == []
    assert identities.masked("a/P-0012345/b.csv", known) == "a/•••/b.csv"


def test_identity_numbers_are_found_in_groups_and_between_letters() -> None:
    nobody = identities.ids([])
    digits = next(d for n in range(1000) if identities.is_identity_number(d := f"1306721{n:04d}"))
    for shown in (
        digits,
        f"{digits[:6]} {digits[6:]}",
        f"{digits}.0",
        f"a{digits}b",
        f"{digits},00",
    ):
        assert [*identities.named(shown, nobody)] == [("national identity number", 1)], shown
    assert [*identities.named("130672*****", nobody)] == [("national identity number", 1)]


def test_ids_within_rows_of_numbers_are_found_where_chance_does_not_explain_them() -> None:
    known = identities.ids(["3192990068"])
    assert [*identities.named("7-31929-90068-2", known)] == [("person id", 1)]
    for many, told in ((900_000, 1), (9_000_000, 0)):
        # Of a thousand numbers of nine digits one is an id, or ten are.
        crowd = identities.Ids(frozenset({"123456789"}), {9: many}, {}, frozenset(), {})
        assert hits(identities.named("a123456789b", crowd)) == told


def ways(said: str) -> int:
    return contacts.ways_to(text.lines_once(said))


@pytest.mark.parametrize(
    ("said", "many"),
    [
        ("skriv til kari.hansen@firma.no", 1),
        ("skriv til kari.hansen@firma.no eller ola.li@firma.no", 2),
        ("skriv til post@firma.no eller kari@gmail.com", 1),
        ("skriv til kari.hansen (at) firma (dot) no", 1),
        ("skriv til kari (at) firma.no", 1),
        ("skriv til kari (krøllalfa) firma.no", 1),
        ("skriv til kari@firma.no", 0),
        ("skriv til post (at) gmail (dot) com", 1),
        ("skriv til kari.hansen@example.com", 0),
        ("skriv til kontakt.oss@firma.no", 0),
        ("tlf. 412 34 567", 1),
        ("tlf. 22 34 56 78", 0),  # of a house
        ("deltaker, tlf. 22 34 56 78", 1),
        ("Nav kontor, tlf. 412 34 567", 0),
        ("bor i Storgata 12 B", 1),
        ("bor i Storgata 12 B, Nav kontor", 0),
        ("konto 1234 56 78903", 1),
        ("konto 1234 56 78904", 0),  # no check digit
        ("passnr. AB1234567", 1),
        ("hjem: 59.91273, 10.74609", 1),
    ],
)
def test_ways_to_a_single_person(said: str, many: int) -> None:
    assert ways(said) == many


def test_days_that_follow_each_other_are_a_calendar() -> None:
    assert profiles.calendar(["2019-01-01", "2019-01-08", "2019-01-15"])
    assert not profiles.calendar(["2019-01-01", "2019-01-08", "2019-01-16"])
    assert not profiles.calendar(["01.01.2019", "08.01.2019"])


def of_persons(rows: list[list[str]]) -> int:
    return hits(profiles.of_persons(rows))


ROWS = [
    ["x1", "x2", "x3", "x4"],
    *(
        [sex, born, place, group]
        for sex, born, place, group in zip(
            "KMKKMMKM",
            ("1971", "1990", "1985", "1962", "1999", "1974", "1968", "1993"),
            ("3401", "3403", "3405", "3401", "3407", "3403", "3411", "3405"),
            ("SIT", "STD", "SIT", "BFR", "STD", "SIT", "BFR", "STD"),
            strict=True,
        )
    ),
]


def test_rows_of_persons_are_known_by_their_values() -> None:
    assert of_persons(ROWS) == 9
    assert of_persons(ROWS[:4]) == 0
    coded = [["A" if row[0] == "K" else "B", *row[1:]] for row in ROWS]
    assert of_persons([["x1", "x2", "x3", "x4"], *coded[1:]]) == 9
    assert of_persons([["1", "ja", "3401", "SIT"], *coded[1:]]) == 9  # no head, but values
    assert of_persons([["kurs", "oppstart", "sted", "type"], *coded[1:]]) == 0
    in_blocks = [["x1", "x2", "x3", "x4"], *sorted([a, c, d, b] for a, b, c, d in coded[1:])]
    assert of_persons([row[:1] + row[1:2] * 2 + row[3:] for row in in_blocks]) == 0
    assert of_persons([row[:1] + row[2:] for row in ROWS[:6]]) == 0  # nobody's birth
    by_group = [
        ["a", "b", "c", "d"],
        *([s, str(1970 + k), "x", "y"] for k in range(4) for s in "KM"),
    ]
    assert of_persons(by_group) == 0


@pytest.mark.parametrize(
    ("places", "told"),
    [("12345123", 9), ("12312312", 9), ("12121212", 0)],
    ids=["few of the ways codes meet", "two of three", "more"],
)
def test_codes_that_meet_in_few_of_all_ways_are_those_of_persons(places: str, told: int) -> None:
    rows = [
        [a, place, yes, str(k * k)]
        for k, (a, place, yes) in enumerate(
            zip(
                "ABAABBAB",
                places,
                ("ja", "ja", "nei", "ja", "nei", "nei", "ja", "nei"),
                strict=True,
            )
        )
    ]
    assert of_persons([["x1", "x2", "x3", "x4"], *rows]) == told


BORN = [f"{year}-02-03" for year in (1971, 1990, 1985, 1962, 1999, 1974, 1968, 1993)]


@pytest.mark.parametrize(("born", "told"), [(BORN, 9), (sorted(BORN), 0), (sorted(BORN)[::-1], 0)])
def test_births_in_order_are_those_of_groups(born: list[str], told: int) -> None:
    head = ["kjonn", "fodt", "sted", "gruppe"]
    rows = [[row[0], day, *row[2:]] for row, day in zip(ROWS[1:], born, strict=True)]
    assert of_persons([head, *rows]) == told


def raw(n: int, whole: int = 0) -> list[list[str]]:
    """So many rows with a running number and a number with all its digits, some of them whole."""
    numbers = [f"0.{(k * 7919) % 1000:03d}{k:09d}" for k in range(n)]
    return [["nr.", "x"], *([str(k), "1" if k < whole else one] for k, one in enumerate(numbers))]


def test_numbers_with_all_their_digits_are_those_of_persons() -> None:
    rows = raw(210)
    assert of_persons([rows[0], *rows[1:][::-1]]) == 211
    assert of_persons(rows[:200]) == 0
    few = raw(200, whole=20)
    assert of_persons([few[0], *few[1:][::-1]]) == 0  # nine of ten, and it takes more
    more = raw(210, whole=20)
    assert of_persons([more[0], *more[1:][::-1]]) == 211
    numbers = sorted(number for _, number in rows[1:])
    ordered = [rows[0], *([str(k), number] for k, number in enumerate(numbers))]
    assert of_persons(ordered) == 0


def test_keys_of_one_form_are_those_of_persons() -> None:
    keys = [f"a{k}b{k}c{k}d{k}" for k in range(6)]
    words = ["abcdefgh", "bcdefghi", "cdefghij"]
    assert of_persons([["sak", "n"], *([key, "5"] for key in keys)]) == 7
    assert of_persons([["sak", "n"], *([key, "5"] for key in keys[:3] + words)]) == 0
    places = ["Oslo", "Hamar", "Os", "Vang", "Tolga", "Vardø"]
    assert of_persons([["sak", "sted"], *map(list, zip(keys, places, strict=True))]) == 0
    assert of_persons([["sha-1", "n"], *([key, "5"] for key in keys)]) == 0
    numbers = [str(123_456_789 + (k * 7919) % 100) for k in range(20)]
    assert of_persons([["sak", "n"], *([key, "5"] for key in numbers)]) == 21
    assert of_persons([["sak", "n"], *([key, "5"] for key in numbers[:19])]) == 0
    assert of_persons([["kroner", "n"], *([key, "5"] for key in numbers)]) == 0


def test_persons_in_lines() -> None:
    line = "Kvinne 1971 3401 SIT ja 12\n"
    assert [*profiles.in_lines(line)] == [("rows that describe single persons", 1)]
    assert hits(profiles.in_lines(line + line.replace("1971", "1985").replace("ja", "nei"))) == 2
    assert hits(profiles.in_lines("Kvinne 1971\n")) == 0
    pairs = ["Kvinne 1971", "Mann 1990", "Mann 1985", "Kvinne 1962", "Kvinne 1999"]
    assert hits(profiles.in_lines("\n".join(pairs))) == 5
    assert hits(profiles.in_lines("\n".join(pairs[:4]))) == 0
    assert hits(profiles.in_lines("Kvinne\n1971\n3401\nja\n12\n")) == 1
    assert hits(profiles.in_lines(f"Kvinne\n1971 3401 ja {'x' * 60}\n")) == 0
    assert hits(profiles.in_lines("Kvinne 1971 1985 3401 ja 12\n")) == 0
    assert hits(profiles.in_lines("Kvinne mann 1971 3401 ja 12\n")) == 0
    assert hits(profiles.in_lines("Det var en kvinne som kom i 1971 med 3 og 4 ting ja 12\n")) == 0


def test_standard_errors_with_all_their_digits() -> None:
    rows = [["label", "estimate", "std_error"], ["a", "1.5", "0.123456789"], ["b", "2", "0.12"]]
    assert [*tables.unrounded(rows, frozenset())] == [("number that was not rounded", 1)]
    assert [*tables.unrounded(rows, frozenset({"a"}))] == []
    assert [*tables.unrounded([["x", "std_error"], ["a", "0.123456789"]], frozenset())] == []
    assert hits(tables.unrounded([["x", "se"], ["a", "0.123456789"]], frozenset())) == 1
    assert hits(tables.unrounded([["x", "se"], ["a", "0.12345678e-12"]], frozenset())) == 0


@pytest.mark.parametrize(
    ("rows", "many"),
    [
        ([["fylke", "antall"], ["Oslo", "41"], ["Os", "3"], ["Vang", "0"]], 2),
        ([["fylke", "andel"], ["Oslo", "41"], ["Os", "3"]], 0),
        ([["fylke", "fnr"], ["Oslo", "a"]], 1),
        ([["Antall ledige", ""], ["fylke", "2018"], ["Os", "3"], ["Vang", "12"]], 1),
        ([["Antall ledige", ""], ["fylke", "andel"], ["Os", "3"], ["Vang", "12"]], 0),
        ([["mål", "verdi"], ["antall ledige", "3"], ["andel ledige", "2"]], 1),
        ([["mål", "år", "verdi"], ["antall ledige", "2018", "3"], ["andel", "2018", "2"]], 1),
        ([["mål", "unit", "verdi"], ["antall ledige", "nok", "3"]], 0),
        ([["gruppe", "antall", "andel"], ["a", "120", "0,0250"], ["b", "160", "0,0125"]], 2),
        ([["@type", "navn"], ["Person", "x"], ["antall", "3"]], 1),
        ([["hvem", "e-post"], ["a", "kari.hansen@firma.no"]], 1),
        ([["hvem", "e-post"], ["a", "post@firma.no"]], 0),
        ([["gruppe", "antall", "andel"], ["a", "120", "0,0250"]], 1),  # three
        ([["gruppe", "antall", "andel"], ["a", "120", "0,0500"]], 0),  # six
        ([["gruppe", "antall", "andel"], ["a", "120", "0,03"]], 0),  # three or four
        ([["kjønn", "2018", "2019"], ["Antall personer", "41", "3"]], 1),
        ([["fylke", "antall"], ["Oslo", "41"], ["Os", ":"], ["I alt", "44"]], 1),  # three
        ([["fylke", "antall"], ["Oslo", "41"], ["Os", ":"], ["I alt", "46"]], 0),  # five
        ([["fylke", "antall"], ["Oslo", ":"], ["Os", ":"], ["I alt", "44"]], 0),
        ([["felt", "verdi"], ["token", "abc123"]], 1),
        ([["mål", "min", "maks"], ["lønn", "12000", "98000"]], 1),
        ([["alder", "kjønn", "utdanning"], ["41", "K", "3"]], 1),
        ([["alder", "kjønn", "antall"], ["41", "K", "9"]], 0),
    ],
)
def test_findings_in_tables(rows: list[list[str]], many: int) -> None:
    assert hits(tables.table(rows, LIMITS, small=True)) == many


def test_small_counts_are_fine_where_numbers_are_published_and_zeros_where_they_are_marked() -> (
    None
):
    rows = [["fylke", "n", "n_few"], ["Oslo", "0", "True"], ["Os", "3", "True"], ["A", "0", "no"]]
    assert hits(tables.table(rows, LIMITS, small=False)) == 0
    assert hits(tables.table(rows, LIMITS, small=True)) == 3
    assert hits(tables.table(rows, LIMITS, small=True, few=True)) == 2


@pytest.mark.parametrize(
    ("code", "many"),
    [
        ("n_persons: 3, n_women: 4, n_men: 5", 2),
        ("antall = tre\n", 1),
        ("levels: 3\n", 0),
        ("INSERT INTO x (fnr, alder)", 1),
        ("INSERT INTO x (fylke, alder)", 0),
    ],
)
def test_small_counts_under_keys(code: str, many: int) -> None:
    assert hits(tables.pairs(code, LIMITS)) == many


@pytest.mark.parametrize(
    ("page", "many"),
    [
        ("Antall deltakere<br>3<br>Antall ledige<br>5", 1),
        ("<dt>Antall timer</dt><dd>3</dd>", 0),
        ("<antall>3</antall><antall>5</antall>", 1),
        ("<fødselsnummer>12</fødselsnummer>", 1),
    ],
)
def test_small_counts_after_titles(page: str, many: int) -> None:
    assert hits(tables.terms(page, LIMITS)) == many


def test_small_counts_at_the_ends_of_lines() -> None:
    page = "Kommune Antall deltakere\nHamar 211\nTolga 3\nOs\n2\nVang 0\n\nTolga 4\n"
    assert [*tables.listed(page, LIMITS)] == [
        ("count below 5 persons in a column that ends with kommune antall deltakere", 1)
    ] * 2
    assert [*tables.listed("Kommune Andel\nTolga 3\n", LIMITS)] == []


def test_rows_of_delimited_text_json_and_code() -> None:
    assert grids.of_csv("# om\n\na;b\n1,5;2\n") == [["a", "b"], ["1,5", "2"]]
    assert grids.of_csv("a\tb\n1\t2\n") == [["a", "b"], ["1", "2"]]
    rows = [["a", "b"], ["1", "2"], ["3", "4"]]
    assert grids.of_records([{"a": 1, "b": 2}, {"a": 3, "b": 4}]) == rows
    assert grids.of_records({"a": [1, 3], "b": [2, 4]}) == rows
    assert grids.of_records({"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}) == rows
    assert grids.of_records([["a", "b"], [1, 2], [3, 4]]) == rows
    assert grids.of_records({"x": {"a": 1}, "y": {"a": 3}}) == [["", "a"], ["x", "1"], ["y", "3"]]
    assert grids.of_records([["x", {"a": 1}], ["y", {"a": 3}]]) == [["a"], ["1"], ["3"]]
    assert grids.of_records({"a": 1, "b": [2]}) is None
    assert grids.of_series({"a": {"x": 1, "y": 3}, "b": {"x": 2, "y": 4}}) == [
        ["", "a", "b"],
        ["x", "1", "2"],
        ["y", "3", "4"],
    ]
    assert grids.of_series({"a": {"x": 1, "y": 3}}) == []
    assert grids.keys("{'antall': 3, alder=41}") == ["antall", "alder"]
    assert grids.strings({"a": ["x", "y"], "b": [1, {"c": True}]}, "-") == [
        "a",
        "x-y",
        "b",
        "1",
        "c",
        "True",
    ]


def test_tables_of_plain_text() -> None:
    titled = [*grids.of_columns("Antall ledige\nfylke   2018\nOslo   41\nOs   3\n")]
    assert [["Antall ledige"], ["fylke", "2018"], ["Oslo", "41"], ["Os", "3"]] in titled
    assert [*grids.of_columns(("et ord til " * 10 + "\n") * 2)] == []
    spaced = [*grids.of_columns("fylke   antall\nOslo       41\nOs          3\n\nmer tekst")]
    assert [["fylke", "antall"], ["Oslo", "41"], ["Os", "3"]] in spaced
    indexed = [*grids.of_columns("fylke  antall\n0 Oslo  41\n1 Os  3\n")]
    assert [["", "fylke", "antall"], ["0", "Oslo", "41"], ["1", "Os", "3"]] in indexed
    assert [["a", "b"], ["1", "2"]] in [*grids.of_columns("a;b\n1;2\n")]


def test_masks_totals_and_rows_of_counts() -> None:
    values = ["<5", "3", "12", "0"]
    assert grids.beside_masked("fylke", values, LIMITS) == 1
    assert grids.beside_masked("andel", values, LIMITS) == 0
    assert grids.beside_masked("fylke", values[1:], LIMITS) == 0
    rows = [
        ["fylke", "antall", "antall menn"],
        ["Oslo", "41", "20"],
        ["Os", ":", "2"],
        ["Vang", "12"],
        ["I alt", "56", "22"],
    ]
    assert grids.withheld(rows, LIMITS) == 1
    titled = [["I alt"], ["fylke", "antall"], ["Oslo", "41"], ["Os", ":"], ["Vang", "12"]]
    assert grids.withheld(titled, LIMITS) == 0
    assert grids.withheld([*titled, ["I alt", "56"]], LIMITS) == 1
    rows = [["", "2018", "2019"], ["n_persons", "4", "3"], ["andel", "2", "1"]]
    assert grids.along(rows, LIMITS) == 1
    assert grids.titled([["a"]], "Antall ledige 2018") == [["Antall ledige 2018"], ["a"]]
    assert grids.titled([["a"]], "Antall ledige 12") == [["a"]]


def test_a_sheet_without_places_of_cells_and_codes_of_headers() -> None:
    sheet = b'<c r="A12" s="3"><v>1</v></c><oddHeader>&amp;LNav &amp;12Os</oddHeader>'
    assert grids.without_codes(sheet) == b"<c><v>1</v></c><oddHeader>\nNav \nOs</oddHeader>"


def test_a_drawn_table_is_read_by_where_its_texts_stand() -> None:
    drawn = "".join(
        f'<text x="{x}" y="{y}">{cell}</text>'
        for y, row in ((30, ("Os", "3")), (10, ("fylke", "antall")), (20, ("Oslo", "41")))
        for x, cell in reversed([*zip((5, 50), row, strict=True)])
    )
    assert grids.of_svg(drawn) == [["fylke", "antall"], ["Oslo", "41"], ["Os", "3"]]
    assert grids.of_svg("<text>n = 3</text>") == [["n", "3"]]
    lines = [*drawn.split("</text>")[:-2], '<text x="5" y="40">Kilde']  # two rows of two
    assert grids.of_svg("</text>".join(lines) + "</text>") == []


JSON_STAT = {
    "id": ["mål", "fylke"],
    "role": {"metric": ["mål"]},
    "dimension": {
        "mål": {"category": {"label": {"a": "Antall personer", "b": "Andel"}}},
        "fylke": {"category": {"index": ["03", "55"]}},
    },
    "value": [412, 3, 1, 2],
}


def test_datasets_of_json_stat() -> None:
    assert [*grids.of_jsonstat(JSON_STAT, LIMITS)] == [[["Antall personer"], ["412"], ["3"]]]
    sparse = {**JSON_STAT, "value": {"1": 3}}
    assert [*grids.of_jsonstat(sparse, LIMITS)] == [[["Antall personer"], [""], ["3"]]]


def test_pictures_of_many_marks_and_of_titles_that_tell_of_somebody() -> None:
    assert [*pictures.marks('<circle r="1"/>' * 401)] == [
        ("vector picture that may draw single persons, marks", 401)
    ]
    assert [*pictures.marks('<circle r="1"/>' * 400)] == []
    strokes = f'<path d="{"M 1 1 L 2 2 " * 401}"/>'
    assert hits(pictures.marks(strokes)) == 401
    titled = "<title>Kvinne, 41 år</title>" * 5
    assert [*pictures.marks(titled)] == [("rows that describe single persons", 5)]
    assert [*pictures.marks(titled[: -len("<title>Kvinne, 41 år</title>")])] == []


def test_bytes_as_text() -> None:
    assert pictures.is_text("æøå".encode())
    assert not pictures.is_text("æøå".encode("cp1252"))
    assert not pictures.is_text(b"a\0b")
    assert pictures.is_text(b"\xfe\xff" + "æ".encode("utf-16-be"))
    assert pictures.is_text("æ".encode("utf-16"))
    assert pictures.unpacked(b"head" + zlib.compress(b"tekst")) == b"tekst"
    assert pictures.unpacked(b"head") == b""
    two = zlib.compress(b"en") + zlib.compress(b"to")
    assert pictures.unpacked(two) == b"en"
    jpeg = b"\xff\xd8\xffhead\xff\xdapoints\xff\xdamore\xff\xd9behind\0"
    assert [*pictures.jpeg(jpeg)] == [b"\xff\xd8\xffhead", b"behind"]
    for cut in (b"\xff\xd8\xffhead\xff\xd9", b"\xff\xd8\xffhead\xff\xdapoints"):
        with pytest.raises(ValueError, match="a JPEG without a picture"):
            [*pictures.jpeg(cut)]
    assert [*pictures.texts(b"\x01\x02hemmelig\xff\x03")] == ["hemmelig"]
    wide = b"\x01\x02" + "hemmelig".encode("utf-16-le") + b"\xff"
    assert "hemmelig" in [*pictures.texts(wide)]


@pytest.mark.parametrize(
    ("series", "many"),
    [
        ("sivilstand\ngift      120\nskilt       3\nName: count, dtype: int64\n", 1),
        ("sivilstand\ngift      120\nskilt       0\nName: count, dtype: int64\n", 0),
        ("kurs\nA      120\nB       3\nName: count, dtype: int64\n", 0),
        ("kurs\nA      120\nB       3\nName: antall_personer, dtype: int64\n", 1),
    ],
)
def test_small_counts_in_series(series: str, many: int) -> None:
    told = "count below 5 persons in a printed series"
    assert dict(printed.printed(series, LIMITS)).get(told, 0) == many


def test_what_programs_print_of_persons() -> None:
    named = "a    x\nName: fnr, dtype: object\n"
    assert [*printed.printed(named, LIMITS)] == [("column that identifies persons", 1)]
    series = "a    0.12345678901234\nName: x, dtype: float64\n"
    assert [*printed.printed(series, LIMITS)] == [("number that was not rounded", 1)]
    assert [*printed.printed(series.replace("dtype: float64", ""), LIMITS)] == []
    row = "Pandas(Index=0, fodt='1974-06-15', kommune='Vardø', diagnose='F32')"
    assert [*printed.told_rows(row)] == [("rows that describe single persons", 1)]
    assert [*printed.told_rows(row + " " * 4000)] == []
    numbered = "Index=0, kjonn='K', utdanning='3', innsatsgruppe='SIT'"
    assert [*printed.told_rows(numbered)] == [("rows that describe single persons", 1)]
    assert [*printed.told_rows("kjonn='K', utdanning='3'")] == []


def found(name: str, content: str | bytes, **wanted: frozenset[str]) -> list[tuple[str, int]]:
    exempt = wanted.pop("exempt", frozenset())
    of = identities.Wanted(identities.ids([]), LIMITS, exempt, **wanted)
    raw = content.encode() if isinstance(content, str) else content
    return [*search(name, raw, of)]


MARKED = "fylke,n,n_few\nOslo,0,True\n"


def test_a_marked_zero_of_a_protected_file_and_counts_of_an_exempt_one_are_fine() -> None:
    protected = frozenset({hashlib.sha256(MARKED.encode()).hexdigest()})
    assert found("a.csv", MARKED) == [("count below 5 persons in a column n", 1)]
    assert found("a.csv", MARKED, protected=protected) == []
    assert found("a.csv", MARKED, exempt=frozenset({"a"})) == []


def test_small_counts_in_trees() -> None:
    told = [("count below 5 persons under a key personer", 1)]
    assert found("a.json", '{"personer": {"Oslo": 3, "Os": 12}}') == told
    assert found("a.json", '{"personer": {"timer": 3}}') == []
    assert found("a.json", '{"personer": true}') == []
    assert found("a.json", '{"fnr": "a"}') == [("key that identifies persons", 1)]
    assert found("a.jsonl", '{"personer": 3}\n\n{"personer": 2}\n')
    assert found("a.yml", "personer:\n  Oslo: 3\n")


def test_all_parts_of_a_notebook() -> None:
    def book(output: dict[str, object], source: str = "x", kind: str = "code") -> str:
        cell = {"cell_type": kind, "source": source, "outputs": [output], "metadata": {}}
        return json.dumps({"cells": [cell], "metadata": {}})

    assert (
        found("a.ipynb", book({"output_type": "display_data", "data": {"text/plain": "x"}})) == []
    )
    said = "Antall deltakere: 3"
    for output in (
        {"data": {"text/plain": [said]}},
        {"text": [said]},
        {"traceback": ["x", said]},
        {"data": {"text/html": f"<p>{said}</p>"}},
        {"metadata": {"note": said}},
    ):
        assert "count below 5 persons in a sentence" in dict(found("a.ipynb", book(output))), output
    for kind in ("code", "markdown"):
        assert found("a.ipynb", book({}, said, kind))


def test_attributes_of_pages() -> None:
    assert found("a.html", '<p data-antall="3" data-timer="2">x</p>') == [
        ("count below 5 persons in an attribute antall", 1)
    ]
    assert found("a.html", '<p data-antall="5">x</p>') == []
    masked = '<table><tr><td data-order="3">&lt;5</td><td data-order="4">:</td></tr></table>'
    assert dict(found("a.html", masked))["count below 5 behind a masked cell"] == 2


def test_the_most_of_any_reading_of_bytes_is_told() -> None:
    said = b"Antall deltakere: 3. Antall deltakere: 4"
    packed = zlib.compress(said)
    picture = b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4, "big") + kind + body + bytes(4)
        for kind, body in ((b"tEXt", b"x\0" + said), (b"zTXt", b"x\0\0" + packed), (b"IEND", b""))
    )
    assert found("a.png", picture) == [("count below 5 persons in a sentence", 2)] * 2


def test_raw_data_and_what_cannot_be_read() -> None:
    assert found("a.parquet", b"x") == [("raw data or an archive", 1)]
    assert found("a", b"PAR1") == [("raw data or an archive", 1)]
    assert found("a.json", "{") == [("unreadable file, cannot be checked", 1)]
    assert found("a", bytes(range(20))) == [("bytes of an unknown kind, cannot be checked", 1)]
    assert found("a", "vanlig tekst") == []
    assert found("a", '{"personer": 3}') == [("count below 5 persons under a key personer", 1)]
    assert found("a", "<p>Antall deltakere: 3</p>")
