"""Words, names and numbers the search looks for: how many it finds, and where its limits are."""

import pytest

from naveval.disclosure.scan import (
    contacts,
    credentials,
    identities,
    persons,
    sentences,
    text,
    titles,
)
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
        ("the token: enkelX and more", 0),
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
        ("hvem", ["H123456", "K654321"], True),
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
        ("Av 512 deltakere var to i jobb.", 1),
        ("Deltakere (n = 4) i Os. Av 512 deltakere var to i jobb.", 2),
        ("Av 512 deltakere var ingen i jobb.", 0),
        (f"hver {'x' * 54} og to døde.", 0),  # of each, some sixty signs before
        (f"hver {'x' * 55} og to døde.", 1),
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
        ("bruker-nr", True),
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
    named = "Antall ledige etter fylke ".ljust(199, "x")
    assert titles.counts_by_caption(named)
    assert not titles.counts_by_caption(f"{named}x")
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


def test_identity_numbers_have_a_day_a_month_and_two_check_digits() -> None:
    valid = [f"1306721{n:04d}" for n in range(10_000)]
    found = [digits for digits in valid if identities.is_identity_number(digits)]
    # Of a hundred numbers of a day, 10 of 11 by one check digit and 10 of 11 by the other.
    assert len(found) == pytest.approx(100 * (10 / 11) ** 2, abs=5)
    one = found[0]
    assert identities.is_identity_number("31929900068")
    assert not identities.is_identity_number("31929900069")
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
    assert [*identities.named("se 00000123456789", known)] == [("person id", 1)]
    assert [*identities.named("se 1.23456789e+08", known)] == [("person id", 1)]
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
        f"{digits[0]}.{digits[1:]}e+10",
    ):
        assert [*identities.named(shown, nobody)] == [("national identity number", 1)], shown
    assert [*identities.named("130672*****", nobody)] == [("national identity number", 1)]


def test_ids_within_rows_of_numbers_are_found_where_chance_does_not_explain_them() -> None:
    known = identities.ids(["3192990068"])
    assert [*identities.named("7-31929-90068-2", known)] == [("person id", 1)]
    assert [*identities.named(f"se {3192990068:x}", known)] == [("person id", 1)]
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
