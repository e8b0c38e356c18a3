"""Tables of HTML pages, word processors' documents, Markdown, Typst and workbooks."""

import html
import io
import re
import zipfile
from collections.abc import Iterator, Sequence

from python_calamine import CalamineError, CalamineWorkbook

from naveval.disclosure.scan.grids import Rows, titled
from naveval.disclosure.scan.text import decoded, without_tags
from naveval.disclosure.scan.titles import NUMBER_OF, PEOPLE

SHEETS, SHEETS_FILE = "<office:spreadsheet", "content.xml"
HTML_TABLE = re.compile(
    r"<(?:\w+:)?(?:table|tbl)\b(?!-).*?</(?:\w+:)?(?:table|tbl)>", re.DOTALL | re.IGNORECASE
)
HTML_ROW = re.compile(
    r"<(?:\w+:)?(?:tr|table-row)\b(?!-)(?:[^>]*/>|.*?</(?:\w+:)?(?:tr|table-row)>)",
    re.DOTALL | re.IGNORECASE,
)
HTML_CAPTION = re.compile(r"<caption\b[^>]*>(.*?)</caption>", re.DOTALL | re.IGNORECASE)
CELL = r"(?:\w+:)?(?:tc|t[hd]|table-cell)"
HTML_CELL = re.compile(
    rf"<{CELL}\b(?!-)(?:([^>]*)/>|([^>]*)>(.*?)</{CELL}>)", re.DOTALL | re.IGNORECASE
)
REPEATED = re.compile(r"number-columns-repeated=[\"'](\d{1,2})[\"']")
"""Of a cell in an OpenDocument sheet: how many cells it stands for; more fill the sheet's rest."""
HTML_LABEL = re.compile(r"\bid=[\"'](tbl-[\w-]+)[\"']")
PIPE_ROW = re.compile(r"^\s*\|(.+)\|\s*$")
PIPE_CAPTION = re.compile(r"\s*:.*\{#([\w-]+)")
RULE = re.compile(r"[\s:|-]+")


def of_markup(text: str) -> Iterator[tuple[Rows, str]]:
    """The tables of an HTML page or a word-processor's document, each with its label or ""."""
    for found in HTML_TABLE.finditer(text):
        marked = [row[0] for row in HTML_ROW.finditer(found[0])]
        rows = [list(_cells(row)) for row in marked]
        if len(marked) > 1 and (heads := _spanned(marked[0], rows[1])):
            rows.insert(2, heads)
        before = text[: found.start()].rpartition("</table>")[2]
        if caption := HTML_CAPTION.search(found[0]):
            rows.insert(0, [html.unescape(without_tags(caption[1])).strip()])
        else:
            rows = titled(rows, *_above(before[-NEAR:]))
        labels = HTML_LABEL.findall(before + found[0])
        yield rows, labels[-1] if labels else ""


NEAR = 1500
"""Signs before a table among which its title stands."""
HEADING = re.compile(r"<h[1-6]\b[^>]*>(.*?)</h[1-6]>", re.DOTALL | re.IGNORECASE)


def _above(text: str) -> list[str]:
    """What may be the title of a table: the line right above it, and the last heading."""
    lines = [*filter(None, map(str.strip, html.unescape(without_tags(text)).split("\n")))]
    headings = HEADING.findall(text)[-1:]
    return [*lines[-1:], *(html.unescape(without_tags(one)).strip() for one in headings)]


SPAN = {name: re.compile(rf"\b{name}span=[\"']?(\d{{1,2}})", re.I) for name in ("col", "row")}
SPANNING = re.compile(rf"{NUMBER_OF} (?:\w+e )?{PEOPLE}.*", re.I)


def _spanned(row: str, below: Sequence[str]) -> list[str]:
    """Two rows of titles as one, where a title that counts persons stands over several."""
    titles, rest, counting = [], iter(below), False
    for empty, attributes, content in HTML_CELL.findall(row):
        told = html.unescape(without_tags(content)).strip()
        times, tall = (SPAN[name].search(empty or attributes) for name in ("col", "row"))
        for _ in range(int(times[1]) if times else 1):
            own = "" if tall and int(tall[1]) > 1 else next(rest, "")
            titles.append(f"{told} {own}".strip())
        if times and int(times[1]) > 1 and SPANNING.fullmatch(told):
            counting = True
    return titles if counting else []


def _cells(row: str) -> Iterator[str]:
    """The texts of a row's cells; those without content are there too."""
    for empty, attributes, content in HTML_CELL.findall(row):
        times = REPEATED.search(empty or attributes)
        yield from [html.unescape(without_tags(content)).strip()] * (int(times[1]) if times else 1)


def of_markdown(text: str) -> Iterator[tuple[Rows, str]]:
    """The pipe tables of a Markdown text, each with the label of its caption or ""."""
    rows: Rows = []
    lines = [*text.split("\n"), ""]
    for k, line in enumerate(lines):
        found = PIPE_ROW.match(line)
        if found and not RULE.fullmatch(line):
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", found[1])])
        elif rows and not found:
            below = next((text for text in lines[k:] if text.strip()), "")
            label = PIPE_CAPTION.match(below)
            above = (text.strip() for text in reversed(lines[: k - len(rows) - 1]) if text.strip())
            headings = (line for line in reversed(lines[:k]) if line.startswith("#"))
            yield titled(rows, next(above, ""), next(headings, "")), label[1] if label else ""
            rows = []


TYPST_TABLE = re.compile(r"\btable\(\s*columns: ?(\(.*?\)|\d+),(.*?\])\s*,?\s*\)", re.DOTALL)
TYPST_HEAD = re.compile(r"\btable\.header\(([^()]*)\)")
TYPST_CAPTION = re.compile(r"caption: ?\[([^\]]*)\]")


def of_typst(text: str) -> Iterator[Rows]:
    """The tables of a Typst text, below their captions."""
    text = TYPST_HEAD.sub(r"\1", text)
    for found in TYPST_TABLE.finditer(text):
        cells = re.findall(r"\[([^\[\]]*)\]", found[2])
        wide = int(found[1]) if found[1].isdigit() else found[1].count(",") + 1
        near = text[max(0, found.start() - NEAR // 5) : found.start()].rpartition("table(")[2]
        caption = TYPST_CAPTION.search(near) or TYPST_CAPTION.match(
            text, text.find("caption:", found.end())
        )
        rows = [cells[k : k + wide] for k in range(0, len(cells), max(1, wide))]
        yield titled(rows, caption[1] if caption else "")


def of_sheets(content: bytes) -> Iterator[tuple[Rows, str]]:
    """The sheets of a workbook with their names, hidden ones too; a text document has none."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    except CalamineError:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sheets = decoded(archive.read(SHEETS_FILE)) if SHEETS_FILE in archive.namelist() else ""
        yield from of_markup(sheets) if SHEETS in sheets else ()
        return
    for title in book.sheet_names:
        cells = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
        yield titled([[str(cell) for cell in row] for row in cells], title), title
