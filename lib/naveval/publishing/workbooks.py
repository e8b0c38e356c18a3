"""A workbook for people, in Excel's format and in OpenDocument's, from the same sheets.

Every sheet has a title, lines that explain, and one table with its head in one row; no cell is
merged. Numbers are numbers, text is never a formula. The bytes depend on the content alone.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import wrap
from xml.sax.saxutils import escape, quoteattr

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from naveval.project import formats

NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
NO_NUMBERS = ("", formats.SUPPRESSED, formats.FEW, formats.ENDLESS, formats.MINUS + formats.ENDLESS)
WHOLE = re.compile(r"-?\d{1,15}")
FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
FIXED_TIME = datetime(1980, 1, 1)
TEXT_WIDTH, LINE = 110, 15.75  # signs, and points for a line of them
WIDEST, MEASURED = 60, 200
HEAD = {"bold": True, "font_color": "#FFFFFF", "bg_color": "#12436D", "text_wrap": True}
HEAD |= {"valign": "top"}
SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
SPACES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{where}:1.0"'
    for name, where in (
        ("office", "office"),
        ("table", "table"),
        ("text", "text"),
        ("style", "style"),
        ("fo", "xsl-fo-compatible"),
        ("meta", "meta"),
        ("number", "datastyle"),
        ("manifest", "manifest"),
    )
)
SPACES += ' xmlns:xlink="http://www.w3.org/1999/xlink"'
DECIMALS = {0: "0", 2: "0.00", 4: "0.0000"}


@dataclass(frozen=True)
class Sheet:
    """A sheet: name, title, lines below it, and a table.

    `links`: whether the first column names sheets that it leads to.
    """

    name: str
    title: str
    above: tuple[str, ...]
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    links: bool = False

    @property
    def first(self) -> int:
        """Row of the table's head, from 0."""
        return len(self.above) + 2


def both(sheets: Sequence[Sheet], title: str) -> dict[str, bytes]:
    """The workbook by ending: xlsx and ods."""
    names = sheet_names([sheet.name for sheet in sheets])
    return {"xlsx": xlsx(sheets, names, title), "ods": ods(sheets, names, title)}


def sheet_names(wanted: Sequence[str]) -> list[str]:
    """Names a sheet may have: at most 31 characters, none twice.

    >>> sheet_names(["Figur 1", "figur 1", "A/b"])
    ['Figur 1', 'figur 1~2', 'A-b']
    """
    names: list[str] = []
    used: set[str] = set()
    for label in wanted:
        base = FORBIDDEN.sub("-", label)[:31]
        name, number = base, 1
        while name.lower() in used:
            number += 1
            name = f"{base[: 30 - len(str(number))]}~{number}"
        used.add(name.lower())
        names.append(name)
    return names


def numeric(values: Iterable[str]) -> bool:
    """Whether a column holds numbers: codes with leading zeros make all of it text."""
    return all(NUMBER.fullmatch(value) for value in values if value not in NO_NUMBERS)


def decimals(values: Iterable[str]) -> int:
    """Decimals that a column of numbers is shown with: 0, 2 or 4; the cell holds them all."""
    known = [abs(float(value)) for value in values if NUMBER.fullmatch(value)]
    if all(value.is_integer() for value in known):
        return 0
    return 2 if max(known) >= 1 else 4


def _kinds(sheet: Sheet) -> list[int | None]:
    """For each column the decimals of its numbers; None for text."""
    columns = [[row[place] for row in sheet.rows] for place in range(len(sheet.head))]
    return [decimals(column) if any(column) and numeric(column) else None for column in columns]


def _widths(sheet: Sheet) -> list[int]:
    rows = [sheet.head, *sheet.rows[:MEASURED]]
    longest = [max(len(row[place]) for row in rows) for place in range(len(sheet.head))]
    return [min(max(width, 8) + 2, WIDEST) for width in longest]


def xlsx(sheets: Sequence[Sheet], names: Sequence[str], title: str) -> bytes:
    """The workbook in Excel's format, its tables as tables that filter and sort."""
    stream = io.BytesIO()
    with Workbook(stream, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True, "font_size": 14})
        head, link = book.add_format(HEAD), book.get_default_url_format()
        forms: dict[int | None, Format] = {
            n: book.add_format({"num_format": form}) for n, form in DECIMALS.items()
        }
        forms[None] = book.add_format({"text_wrap": True, "valign": "top"})
        book.set_properties({"title": title, "author": "naveval", "created": FIXED_TIME})
        for number, (sheet, name) in enumerate(zip(sheets, names, strict=True), 1):
            page = book.add_worksheet(name)
            page.write_string(0, 0, sheet.title, bold)
            page.set_landscape()
            page.fit_to_pages(1, 0)
            for line, told in enumerate(sheet.above, 1):
                page.write_string(line, 0, told, None if sheet.head else forms[None])
                if not sheet.head:
                    _make_room(page, line, [told], TEXT_WIDTH)
            if not sheet.head:
                page.set_column(0, 0, TEXT_WIDTH)
            else:
                _table(page, sheet, number, head, forms)
            for line, row in enumerate(sheet.rows if sheet.links else (), sheet.first + 1):
                page.write_url(line, 0, f"internal:'{row[0]}'!A1", link, row[0])
    return stream.getvalue()


def _make_room(page: Worksheet, line: int, told: Sequence[str], width: int) -> None:
    """Set a row's height where text is wrapped: programs other than Excel do not."""
    lines = max((len(wrap(text, width)) for text in told if len(text) > width), default=1)
    if lines > 1:
        page.set_row(line, LINE * lines)


def _table(
    page: Worksheet, sheet: Sheet, number: int, head: Format, forms: dict[int | None, Format]
) -> None:
    kinds = _kinds(sheet)
    for place, width in enumerate(_widths(sheet)):
        page.set_column(place, place, width)
    last = sheet.first + max(len(sheet.rows), 1)
    columns = [{"header": cell, "header_format": head} for cell in unique(sheet.head)]
    options = {"columns": columns, "name": f"Tabell_{number}", "style": "Table Style Light 1"}
    page.add_table(sheet.first, 0, last, len(sheet.head) - 1, options)
    page.freeze_panes(sheet.first + 1, 0)
    for line, row in enumerate(sheet.rows, sheet.first + 1):
        _make_room(page, line, row, WIDEST)
        for place, (told, kind) in enumerate(zip(row, kinds, strict=True)):
            if kind is not None and NUMBER.fullmatch(told):
                value = int(told) if WHOLE.fullmatch(told) else float(told)
                page.write_number(line, place, value, forms[kind])
            elif told:
                page.write_string(line, place, told, forms[None] if len(told) > WIDEST else None)


def unique(head: Sequence[str]) -> list[str]:
    """Titles of a table's columns, none twice and none empty, whatever their case.

    >>> unique(["Fylke", "fylke", ""])
    ['Fylke', 'fylke (2)', 'Kolonne 3']
    """
    found: list[str] = []
    for place, title in enumerate(head, 1):
        base, number = title or f"Kolonne {place}", 1
        name = base
        while name.lower() in {other.lower() for other in found}:
            number += 1
            name = f"{base} ({number})"
        found.append(name)
    return found


def ods(sheets: Sequence[Sheet], names: Sequence[str], title: str) -> bytes:
    """The workbook in OpenDocument's format, its tables as ranges that filter and sort."""
    head = "".join(
        f"<meta:{name}>{escape(told)}</meta:{name}>" for name, told in (("generator", "naveval"),)
    )
    meta = f'<office:document-meta{SPACES} office:version="1.3"><office:meta>{head}'
    meta += f'<meta:user-defined meta:name="title">{escape(title)}</meta:user-defined>'
    meta += "</office:meta></office:document-meta>"
    files = {
        "mimetype": SPREADSHEET,
        "content.xml": "".join(_content(sheets, names)),
        "meta.xml": meta,
        "META-INF/manifest.xml": _listing(("content.xml", "meta.xml")),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, FIXED_TIME.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            declared = "" if name == "mimetype" else '<?xml version="1.0" encoding="UTF-8"?>\n'
            book.writestr(entry, declared + text)
    return stream.getvalue()


def _listing(files: Iterable[str]) -> str:
    entries = [("/", SPREADSHEET), *((name, "text/xml") for name in files)]
    told = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>'
        for name, kind in entries
    )
    return f'<manifest:manifest{SPACES} manifest:version="1.3">{told}</manifest:manifest>'


def _content(sheets: Sequence[Sheet], names: Sequence[str]) -> Iterator[str]:
    yield f'<office:document-content{SPACES} office:version="1.3"><office:automatic-styles>'
    yield from _styles(max((w for sheet in sheets for w in _widths(sheet)), default=WIDEST))
    yield "</office:automatic-styles><office:body><office:spreadsheet>"
    ranges = []
    for number, (sheet, name) in enumerate(zip(sheets, names, strict=True), 1):
        yield f"<table:table table:name={quoteattr(name)}>"
        widths = _widths(sheet) if sheet.head else [2 * WIDEST]
        yield from (f'<table:table-column table:style-name="w{width}"/>' for width in widths)
        yield _row([_text(sheet.title, "title")])
        yield from (_row([_text(line)]) for line in sheet.above)
        if sheet.head:
            yield _row([])
            yield _row([_text(cell, "head") for cell in unique(sheet.head)])
            kinds = _kinds(sheet)
            for row in sheet.rows:
                cells = [_cell(told, kind) for told, kind in zip(row, kinds, strict=True)]
                yield _row([_link(row[0]), *cells[1:]] if sheet.links else cells)
            ranges.append(_range(sheet, name, number))
        yield "</table:table>"
    yield f"<table:database-ranges>{''.join(ranges)}</table:database-ranges>"
    yield "</office:spreadsheet></office:body></office:document-content>"


def _styles(widest: int) -> Iterator[str]:
    for width in range(8, max(widest, 2 * WIDEST) + 1):
        yield f'<style:style style:name="w{width}" style:family="table-column">'
        yield f'<style:table-column-properties style:column-width="{width * 0.2:.1f}cm"/>'
        yield "</style:style>"
    looks = {"title": ("14pt", "#000000", ""), "head": ("10pt", "#ffffff", "#12436d")}
    for name, (size, color, back) in looks.items():
        yield f'<style:style style:name="{name}" style:family="table-cell">'
        if back:
            yield f'<style:table-cell-properties fo:background-color="{back}" '
            yield 'fo:wrap-option="wrap"/>'
        yield f'<style:text-properties fo:font-weight="bold" fo:font-size="{size}" '
        yield f'fo:color="{color}"/></style:style>'
    yield '<style:style style:name="wrap" style:family="table-cell">'
    yield '<style:table-cell-properties fo:wrap-option="wrap"/></style:style>'
    for places in DECIMALS:
        yield f'<number:number-style style:name="f{places}"><number:number number:decimal-places='
        yield f'"{places}" number:min-integer-digits="1"/></number:number-style>'
        yield f'<style:style style:name="n{places}" style:family="table-cell" '
        yield f'style:data-style-name="f{places}"/>'


def _row(cells: Iterable[str]) -> str:
    return f"<table:table-row>{''.join(cells) or '<table:table-cell/>'}</table:table-row>"


def _text(told: str, style: str = "") -> str:
    style = style or ("wrap" if len(told) > WIDEST else "")
    look = f' table:style-name="{style}"' if style else ""
    inside = f"<text:p>{escape(NOT_XML.sub(chr(0xFFFD), told))}</text:p>"
    return f'<table:table-cell{look} office:value-type="string">{inside}</table:table-cell>'


def _link(name: str) -> str:
    """A cell that leads to the sheet of this name."""
    address = quoteattr(f"#'{name}'.A1")
    inside = f"<text:p><text:a xlink:href={address}>{escape(name)}</text:a></text:p>"
    return f'<table:table-cell office:value-type="string">{inside}</table:table-cell>'


def _cell(told: str, kind: int | None) -> str:
    if kind is not None and NUMBER.fullmatch(told):
        return (
            f'<table:table-cell table:style-name="n{kind}" office:value-type="float" '
            f'office:value="{float(told)!r}"><text:p>{told}</text:p></table:table-cell>'
        )
    return _text(told) if told else "<table:table-cell/>"


def _range(sheet: Sheet, name: str, number: int) -> str:
    first, last = sheet.first + 1, sheet.first + 1 + len(sheet.rows)
    place = f"'{name}'.A{first}:'{name}'.{_letters(len(sheet.head))}{last}"
    return (
        f'<table:database-range table:name="Tabell_{number}" table:display-filter-buttons="true" '
        f"table:target-range-address={quoteattr(place)}/>"
    )


def _letters(column: int) -> str:
    """Letters of a column, from 1.

    >>> _letters(1), _letters(28)
    ('A', 'AB')
    """
    column, last = divmod(column - 1, 26)
    return (_letters(column) if column else "") + chr(ord("A") + last)
