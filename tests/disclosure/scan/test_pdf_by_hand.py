"""What a PDF is taken apart into: its objects, texts, streams, and what lies around them."""

import io
import zlib

import planted
import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from naveval.disclosure.scan import pdf


def stream(data: bytes, **entries: object) -> DecodedStreamObject:
    made = DecodedStreamObject()
    made.set_data(data)
    for key, value in entries.items():
        made[NameObject(f"/{key}")] = NameObject(value) if isinstance(value, str) else value
    return made


def file_with(*streams: DecodedStreamObject) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    for one in streams:
        writer._add_object(one)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def test_the_text_of_each_page() -> None:
    content = planted.pdf("Side en\n#pagebreak()\nSide to")
    first, second = pdf.pages(content)
    assert "Side en" in first
    assert second.strip() == "Side to"


def test_every_object_and_what_the_file_says_of_itself() -> None:
    content = planted.pdf_about("Emne")
    found = pdf.objects(content)
    assert "Emne" in found[0]["/Subject"]
    size = PdfReader(io.BytesIO(content)).trailer["/Size"]
    assert len(found) == size  # what it says, and all objects but number zero
    assert all(thing is not None for thing in found)
    unsized = pdf.objects(content.replace(b"/Size", b"/Sizf"))
    assert len(unsized) == 1  # what it says of itself
    unnamed = file_with().replace(b"/Info", b"/Onfi")
    assert pdf.objects(unnamed)[0] == {}
    with pytest.raises(PyPdfError):
        pdf.objects(b"%PDF-1.7\nnonsense")


def test_numbers_that_are_not_in_use_are_passed_over() -> None:
    content = file_with(stream(b"first"), stream(b"second"))
    size = PdfReader(io.BytesIO(content)).trailer["/Size"]
    more = content.replace(f"/Size {size}".encode(), f"/Size {size + 2}".encode())
    assert len(pdf.objects(more)) >= size
    assert [thing for thing in pdf.objects(more) if thing in pdf.objects(content)]


def test_who_wrote_a_file() -> None:
    about = {"/Author": "Kari", "/LastModifiedBy": "Ola", "/Manager": "Per", "/Title": "T"}
    assert pdf.authors(about) == ["Kari", "Ola", "Per"]
    assert pdf.authors({"/Author": ""}) == []


def test_every_text_string() -> None:
    text, raw = TextStringObject("tekst"), ByteStringObject("æ".encode("utf-16"))
    inside = DictionaryObject({NameObject("/A"): ArrayObject([text, NumberObject(3), raw])})
    assert [*pdf.strings([inside, text, NameObject("/Navn"), 4])] == ["tekst", "æ", "tekst"]


def test_the_signs_of_a_file_without_its_streams() -> None:
    content = (
        b"1 0 obj\n<</A (en)>>\nstream\nhidden\nendstream\n12 0 R\n0000000015 00000 n\nslutt\xff"
    )
    told = [*filter(str.strip, pdf.around_streams(content).split("\n"))]
    assert told == ["<</A (en)>>", "slutt"]
    assert pdf.around_streams(b"to\nen\nto\nx\r\ny") == "to\nen\nx\ny"
    windows = b"a\nstream\r\nhidden\nmore\nendstream\nb"
    assert "hidden" not in pdf.around_streams(windows)
    assert pdf.around_streams(b"101 0 Rad 99999999 0 obj") == "101 0 Rad 99999999 0 obj"


def test_streams_are_plain_each_once_without_pictures() -> None:
    picture = stream(b"points", Subtype="/Image", BitsPerComponent=NumberObject(8))
    content = file_with(
        stream(b"en tekst", Type="/Metadata"),
        stream(b"fylke,n\n", Type="/EmbeddedFile"),
        stream(b"kart", Subtype="/Image"),
        stream(b"points", Filter="/DCTDecode"),
        picture,
    )
    things = [
        stream(b"en tekst", Type="/Metadata"),
        stream(b"fylke,n\n", Type="/EmbeddedFile"),
        stream(b"kart", Subtype="/Image"),
        stream(b"points", Filter=ArrayObject([NameObject("/JPXDecode")])),
        picture,
        NumberObject(3),
    ]
    plain = [(b"en tekst", False), (b"fylke,n\n", True), (b"kart", False)]
    assert [*pdf.streams(b"", things)] == plain
    found = [*pdf.streams(content, things)]
    assert found[:3] == plain
    # As they lie: those not seen, and pictures without their raster's mark, but not the picture.
    assert (b"points", False) in found[3:]
    assert found.count((b"en tekst", False)) == 1


def lying(about: bytes, data: bytes) -> bytes:
    return b"1 0 obj\n<<" + about + b">>\nstream\n" + data + b"\nendstream\nendobj\n"


def test_streams_of_earlier_versions_are_unpacked_as_they_lie() -> None:
    packed = zlib.compress(b"en tidligere tekst")
    raster = b"/Subtype /Image /BitsPerComponent 8"
    assert [*pdf.streams(lying(b"", packed), [])] == [(b"en tidligere tekst", False)]
    assert [*pdf.streams(lying(b"", b"tekst"), [])] == [(b"tekst", False)]
    assert [*pdf.streams(lying(b"", b"tekst\r"), [])] == [(b"tekst", False)]
    jpeg = b"\xff\xd8\xffmore"
    assert [*pdf.streams(lying(raster, jpeg), [])] == [(jpeg, True)]
    assert [*pdf.streams(lying(raster, packed), [])] == []
    assert [*pdf.streams(lying(b"/Subtype/Image", packed), [])] == [(b"en tidligere tekst", False)]
    assert [*pdf.streams(lying(b"/BitsPerComponent 8", packed), [])] == [
        (b"en tidligere tekst", False)
    ]
    both = lying(raster, packed) + lying(b"", zlib.compress(b"neste"))
    assert [*pdf.streams(both, [])] == [(b"neste", False)]
    assert [*pdf.streams(lying(b"", packed), [stream(b"en tidligere tekst")])] == [
        (b"en tidligere tekst", False)
    ]


def test_where_a_page_draws_what_is_left_out() -> None:
    drawn = b"q 1 0 0 1 68.03 790.58 cm\n(tekst)Tj\n(tekst)Tj\n/MCID 12>>"
    assert pdf.undrawn(drawn) == b"q  \n(tekst)Tj\n >>"
    assert pdf.undrawn(b"\0 1 2 m\n\xff") == b"\0 1 2 m\n\xff"
    assert planted.NUMBER_ID.encode() in pdf.undrawn(planted.NUMBER_ID.encode() + b" 3 m")


def test_what_follows_the_end() -> None:
    assert pdf.behind(b"%PDF %%EOF\r\n\t \0") == b""
    assert pdf.behind(b"%PDF %%EOF\nmer") == b"mer"
    assert pdf.behind(b"%PDF %%EOF mer %%EOF\n") == b""
    assert pdf.behind(b"%PDF uten slutt") == b""


def test_an_attached_file_is_given_as_it_is() -> None:
    drawn = b"tall 1 2 m 3 0 0 1 rg her"
    for kind, whole in (("/EmbeddedFile", True), ("/Other", False)):
        content = file_with(stream(drawn, Type=kind))
        found = [*pdf.streams(content, pdf.objects(content))]
        assert ((drawn, True) in found) == whole
