"""Bytes, pictures and whole files as the search reads them."""

import base64
import hashlib
import json
import zlib

import planted
import pytest

from naveval.disclosure.scan import identities, pictures, text
from naveval.disclosure.scan.readers import search
from naveval.disclosure.thresholds import thresholds

LIMITS = thresholds()


def hits(found) -> int:
    return sum(many for _, many in found)


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
    folded = f"data:text/csv;base64,{coded[:20]}\n {coded[20:]}"
    assert [*text.hidden(folded)] == [("text/csv", b"fnr;alder\n15068212345;42\n")]
    packed = base64.b64encode(zlib.compress(b"fnr;alder\n15068212345;42\n")).decode()
    assert [kind for kind, _ in text.hidden(packed)] == [""]
    numbers = "(31,12,9) 49, 53, 48, 54, 56, 50, 49"
    assert ("", b"1506821") in [*text.hidden(numbers)]
    assert [*text.hidden("31353036383231323334")] == [("", b"1506821234")]
    assert [*text.hidden("0x31 0x35 0x30 0x36 0x38 0x32 0x31")] == [("", b"1506821")]
    coded = base64.urlsafe_b64encode(b"~~~15068212345 og mer tekst").decode()
    assert "-" in coded
    assert [*text.hidden(coded)] == [("", b"~~~15068212345 og mer tekst")]
    numbers = b"".join(n.to_bytes(8, "little") for n in (412, 3, 20, 5))
    assert [*text.hidden(base64.b64encode(numbers).decode())] == [("text/csv", b"x\n412\n3\n20\n5")]
    page = b"%PDF" + bytes(range(128, 150))
    assert [*text.hidden(base64.b64encode(page).decode())] == [("", page)]
    packed = b"PK\x03\x04" + bytes(range(20))
    assert [*text.hidden(base64.b64encode(packed).decode())] == [("", packed)]
    assert ("", b"15068212345") in [*text.hidden(base64.b32encode(b"15068212345").decode())]
    assert [*text.hidden(f"x {base64.b64encode(b'hallo der').decode()} y")] == []
    assert [*text.hidden(f"x {base64.b64encode(b'hallo 123').decode()} y")] == [("", b"hallo 123")]
    assert [*text.hidden("vanlige ord uten noe i seg")] == []


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


def test_rows_held_in_attributes_and_files_attached_to_others() -> None:
    held = """<div data-rows='[{"fnr": "a", "x": "bbbbbbbbbbbbbb"}]'></div>"""
    assert "column that identifies persons" in dict(found("a.html", held))
    attached = found("a.pdf", planted.pdf_carrying("a.env", b"TOKEN=abc12345\n"))
    assert dict(attached) == {"secret or token": 1}
    assert "path or user name" in dict(found("home/kari/x.txt", "tekst"))


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
