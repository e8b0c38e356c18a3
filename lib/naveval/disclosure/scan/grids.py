"""Tables, values and texts read out of CSV, Markdown, mark-up, JSON, code and plain text."""

import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product, zip_longest
from typing import Any

from naveval.disclosure.scan.sentences import number, too_small
from naveval.disclosure.scan.text import plain, without_tags
from naveval.disclosure.scan.titles import (
    LONGEST_TITLE,
    NO_COUNT,
    counts_along,
    counts_by_caption,
    counts_persons,
    title_of,
)
from naveval.disclosure.thresholds import Thresholds

Rows = list[list[str]]
COMMENTS = re.compile(r"\A(?:#[^\n]*\n|\s*\n)+")
COLUMNS = re.compile(r"\S(?:.*?\S)??(?=\s{2,}|\t|$)")
INDEX = re.compile(r"^(\d+) (?=\S)")
DECIMALS = re.compile(r"\d,\d+ [^a-zæøå]*\d")
"""Numbers one blank apart, in which commas are decimal marks."""
PROSE = re.compile(r"(?=(?:\S+ +){7})(?=.*[^\W\d], )\D+")
"""A line of eight words or more without numbers, with the comma of a sentence: no head."""
SCRIPT_COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`")
KEYS = re.compile(r"['\"]?([A-Za-zæøåÆØÅ][\w]{2,30})['\"]?[ \t]*[:=][ \t]*(?=['\"\d(]|[A-Za-z]+\()")
SIGN = re.compile(
    rf"{QUOTED.pattern}|{SCRIPT_COMMENT.pattern}|"
    r"(?<=[(=:,!&|?])\s*/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/|[\[\](){};=]",
    re.DOTALL,
)
"""What code is cut by, and what looks like it: strings, comments and expressions."""
AS_JSON = re.compile(
    rf"(?P<string>{QUOTED.pattern})|(?P<left>{SCRIPT_COMMENT.pattern}|,(?=\s*[\]}}]))|"
    r"(?P<name>[^\W\d][\w$]*)(?=\s*:)|(?P<none>undefined|void 0|None)|"
    r"(?P<true>True|!0)|(?P<false>False|!1)|(?<![\w.])(?P<half>\.\d+)",
    re.DOTALL,
)
SHORTEST = 10
"""Signs from which a list or an object of code may tell something."""


def of_csv(text: str) -> Rows:
    """Rows of a CSV, whatever its delimiter."""
    text = COMMENTS.sub("", text)
    first = "\n".join(text.split("\n", 3)[:3])  # a title may stand above
    delimiter = max(",;\t|", key=first.count)
    return list(csv.reader(io.StringIO(text.replace("\0", "")), delimiter=delimiter))


MASKED = re.compile(r"(?:<|&lt;|færre enn|under|mindre enn|fewer than) ?(\d{1,2})", re.I)


def beside_masked(title: str, values: Sequence[str], limits: Thresholds) -> int:
    """How many small counts a column shows in which others are masked, as «<5»."""
    if NO_COUNT.search(title) or not any(MASKED.fullmatch(value.strip()) for value in {*values}):
        return 0
    return sum(number(value) > 0 and too_small(number(value), limits) for value in values)


MARGINS = frozenset(
    {
        *("i alt", "alle", "total", "totalt", "sum", "all", "til sammen", "margin", "in all"),
        *("begge", "begge kjønn", "both", "hele landet", "samlet", "samla", "overall"),
    }
)
MASKS = frozenset({":", "*", ".", "..", "-", "–", "x"})


def withheld(rows: Sequence[Sequence[str]], limits: Thresholds) -> int:
    """How many small counts are masked, and told by the total of their column or row."""
    captioned = bool(rows) and sum(map(bool, rows[0])) == 1 and counts_by_caption("".join(rows[0]))
    body = [row for row in rows if sum(map(bool, row)) > 1]
    cells = {cell for row in body for cell in row[:2]}.union(*body[:1])
    if MARGINS.isdisjoint(map(title_of, cells)):
        return 0
    hits = 0
    for lines in (body, [*zip_longest(*body, fillvalue="")]):
        totals = [row for row in lines[1:] if MARGINS.intersection(map(title_of, row[:2]))]
        parts = [row for row in lines[1:] if row not in totals]
        for k, head in enumerate(lines[0]) if len(totals) == 1 else ():
            if not counts_persons(head, limits) and (not captioned or NO_COUNT.search(head)):
                continue
            column = [row[k].strip() for row in parts if k < len(row)]
            shown = (cell for cell in column if cell and cell not in MASKS)
            known = [cell for cell in shown if not MASKED.fullmatch(cell)]
            rest = number(totals[0][k] if k < len(totals[0]) else "") - sum(map(number, known))
            hits += len(column) - len(known) == 1 and rest > 0 and too_small(rest, limits)
    return hits


def along(rows: Sequence[Sequence[str]], limits: Thresholds) -> int:
    """How many small counts stand along rows whose titles count persons, but for the first."""
    heads = [title_of(cell) for cell in rows[0]] if rows else []
    hits = 0
    for row in rows:
        told = [cell for cell in row[1:] if cell.strip()]
        if len(told) < 2 or not counts_along(row[0], limits):
            continue
        if any(n != n for n in map(number, told)):
            continue
        counted = [
            number(cell)
            for k, cell in enumerate(row)
            if k > 1 and not (k < len(heads) and NO_COUNT.search(heads[k]))
        ]
        hits += sum(n > 0 and too_small(n, limits) for n in counted)
    return hits


HEADER_PART = re.compile(
    rb"(<(?:odd|even|first)(?:Header|Footer)>)(.*?)(?=</(?:odd|even|first))", re.DOTALL
)
CODE = re.compile(rb"&amp;(?:&quot;.*?&quot;|\"[^\"]*\"|\d{1,3}|K[0-9A-F]{6}|[A-Z])")


CELL_AT = re.compile(rb"(?<=<c) r=\"[A-Z]{1,3}\d{1,7}\"(?: s=\"\d{1,4}\")?")


def without_codes(sheet: bytes) -> bytes:
    """A sheet without places and styles of cells, and with text alone in headers and footers."""
    sheet = CELL_AT.sub(b"", sheet)
    return HEADER_PART.sub(lambda found: found[1] + CODE.sub(b"\n", found[2]), sheet)


ROW_END = re.compile(r"(?<!\b19)(?<!\b20)(?:\d\d|\b\d)\s*$")
"""A line that ends with a number, but for a year, is a row and no caption."""


def titled(rows: Rows, *captions: str) -> Rows:
    """Rows below the caption that says that they count persons, if one does."""
    told = (line for line in captions if not ROW_END.search(line))
    return [[line] for line in told if counts_by_caption(line)][:1] + rows


def of_columns(text: str) -> Iterator[Rows]:
    """Tables of a plain text: neighbouring lines of as many columns.

    Columns lie two blanks or more apart, or have a sign between them, or, where the first line is
    short, one blank, as the text of a page has them.
    """
    lines = [line.rstrip("\\ ") for line in text.split("\n")]
    yield from _blocks(COLUMNS.findall, [INDEX.sub(r"\1  ", line) for line in lines], even=False)
    for sign in ";,&|":
        if sign in text:
            cut = ["" if sign == "," and DECIMALS.search(line) else line for line in lines]
            yield from _blocks(re.compile(rf"[^{sign}]+").findall, cut, even=True)
    short = [
        "" if len(line) >= LONGEST_TITLE or PROSE.fullmatch(line.strip()) else line
        for line in lines
    ]
    yield from _blocks(str.split, short, even=True)


def _blocks(
    split: Callable[[str], list[str]], lines: Sequence[str], *, even: bool
) -> Iterator[Rows]:
    rows: Rows = []
    above = before = ""
    for line in [*lines, ""]:
        cells = [cell.strip() for cell in split(line)]
        numbered = len(rows) == 1 and len(cells) == len(rows[0]) + 1 and cells[0].isdigit()
        if len(cells) > 1 and (not even or not rows or len(cells) == len(rows[-1]) or numbered):
            above, before = (above if rows else before), line
            rows.append(cells)
            continue
        if len(rows) > 1:
            if len(rows[0]) + 1 == len(rows[1]):  # the index has no title
                rows[0].insert(0, "")
            yield titled(rows, above, line)
        above, before = before, line
        rows = [cells] if even and len(cells) > 1 else []


def of_records(node: Any) -> Rows | None:
    """Rows with a head, as programs write frames to JSON; None where it is something else.

    A list of mappings; a mapping of mappings, or of equally long lists; titles and rows apart; a
    list of lists whose first holds titles.
    """
    if isinstance(node, list) and node and all(isinstance(row, Mapping) for row in node):
        node = [{**row, **_inner(row)} for row in node]
        keys = list(dict.fromkeys(str(key) for row in node for key in row))
        return [keys, *([str(row.get(key, "")) for key in keys] for row in node)]
    if _is_list_of(node, list) and all(
        len(row) == 2 and isinstance(row[1], Mapping) for row in node
    ):
        return of_records([row[1] for row in node])  # a name before each
    if _is_list_of(node, list) and len({len(row) for row in node}) == 1 < len(node[0]):
        return [list(map(str, row)) for row in node]
    if isinstance(node, Mapping):
        heads = [part for part in node.values() if _is_list_of(part, str)]
        heads += [named for part in node.values() if (named := _named(part))]
        for head, body in product(heads, node.values()):
            if _is_list_of(body, list) and all(len(row) == len(head) for row in body):
                return of_records([head, *body])
    if isinstance(node, Mapping) and len(node) > 1:
        columns = list(node.values())
        if all(isinstance(column, Mapping) for column in columns):
            return of_records([{"": name, **own} for name, own in node.items()])
        lengths = {len(column) if isinstance(column, list) else -1 for column in columns}
        if len(lengths) == 1 and lengths != {-1} and lengths != {0}:
            rows = zip(*columns, strict=True)
            return [list(map(str, node)), *(list(map(str, row)) for row in rows)]
    return None


def _named(part: Any) -> list[str]:
    """Titles of columns that a list describes, as libraries of tables have them."""
    if not _is_list_of(part, dict):
        return []
    titles = [next((item[key] for key in TITLED if key in item), None) for item in part]
    told = [title for title in titles if isinstance(title, str)]
    return told if len(told) == len(part) else []


TITLED = ("title", "headerName", "header", "label", "name", "text")


def of_series(node: Any) -> Rows:
    """Rows of columns that are told one after the other, each by the names of its rows."""
    if not isinstance(node, Mapping) or len(node) < 2:
        return []
    columns = list(node.values())
    if not all(isinstance(column, Mapping) and len(column) > 1 for column in columns):
        return []
    names = list(dict.fromkeys(name for column in columns for name in column))
    body = ([str(name), *(str(column.get(name, "")) for column in columns)] for name in names)
    return [["", *map(str, node)], *body]


SVG_TEXT = re.compile(r"<text\b([^>]*)>(.*?)</text>", re.DOTALL)
SIZE_LABEL = re.compile(r">\s*[nN] ?= ?(\d+)\s*<")
PLACED = {axis: re.compile(rf"(?<![\w-]){axis}=[\"'](-?[\d.]+)") for axis in "xy"}


def of_svg(picture: str) -> Rows:
    """The rows of a table that a picture draws, a text for each cell."""
    lines: dict[int, list[tuple[float, str]]] = {}
    for inside, text in SVG_TEXT.findall(picture):
        x, y = (PLACED[axis].search(inside) for axis in "xy")
        if x and y:
            shown = html.unescape(without_tags(text)).strip()
            lines.setdefault(round(float(y[1])), []).append((float(x[1]), shown))
    rows = [[text for _, text in sorted(lines[y])] for y in sorted(lines)]
    sizes = [["n", size] for size in SIZE_LABEL.findall(picture)]
    return (rows if len(rows) > 2 and sum(len(row) > 1 for row in rows) > 2 else []) + sizes


def _inner(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a row holds one level down, as the places of a map hold their properties."""
    return {
        key: cell
        for part in row.values()
        if isinstance(part, Mapping)
        for key, cell in part.items()
    }


def _is_list_of(part: Any, kind: type) -> bool:
    return isinstance(part, list) and bool(part) and all(isinstance(item, kind) for item in part)


def of_code(text: str) -> Iterator[Any]:
    """The values that code holds: lists and objects, written as JSON or as code writes them."""
    for value in _values(text):
        with suppress(ValueError):
            yield json.loads(value)
            continue
        with suppress(ValueError):
            yield json.loads(AS_JSON.sub(_as_json, value))


def _values(text: str) -> list[str]:
    """The outermost lists and objects of code that hold nothing to be done."""
    opened: list[int] = []
    found: list[tuple[int, int]] = []
    for sign in SIGN.finditer(text):
        if sign[0] in ("[", "{"):
            opened.append(sign.start())
        elif sign[0] in ("]", "}") and opened:
            start = opened.pop()
            while found and found[-1][0] > start:
                found.pop()
            found.append((start, sign.end()))
        elif sign[0] in ("(", ")", ";", "="):
            opened = []
    return [text[start:end] for start, end in found if end - start >= SHORTEST]


def _as_json(found: re.Match[str]) -> str:
    kind = found.lastgroup
    if kind == "string":
        text = found[0]
        return text if text[0] == '"' else json.dumps(text[1:-1].replace("\\'", "'"))
    if kind == "name":
        return json.dumps(found[0])
    return {"left": "", "none": "null", "true": "true", "false": "false"}.get(
        kind or "", f"0{found[0]}"
    )


def texts_of_code(text: str) -> Iterator[str]:
    """The comments of code, and what stands there in quotes."""
    yield from SCRIPT_COMMENT.findall(text)
    yield from map(plain, QUOTED.findall(text))


def keys(line: str) -> list[str]:
    """The names before the values that a line tells, in braces or not."""
    return KEYS.findall(line)


def strings(node: Any, joint: str = "") -> list[str]:
    """Every text of a tree, keys too; lists of texts, which a notebook's lines are, as one."""
    if isinstance(node, Mapping):
        return [text for pair in node.items() for item in pair for text in strings(item, joint)]
    if isinstance(node, list):
        if all(isinstance(item, str) for item in node):
            return [joint.join(node)]
        return [text for item in node for text in strings(item, joint)]
    return [str(node)]


def measured(node: Mapping[str, Any], limits: Thresholds) -> Rows | None:
    """The numbers of an entry that names in words what it counts, as a series of a chart does."""
    words = [text for text in node.values() if isinstance(text, str) and len(text) < LONGEST_TITLE]
    title = next((text for text in words if counts_persons(text, limits)), "")
    numbers: list[str] = []
    for key in VALUES & set(node) if title else ():
        numbers += map(str, node[key] if isinstance(node[key], list) else [node[key]])
    return [[title], *([number] for number in numbers)] if numbers else None


VALUES = frozenset(
    {"value", "values", "verdier", "counts", "y", "data", "verdi", "tall", "estimate", "obs_value"}
)


def of_jsonstat(node: Mapping[str, Any], limits: Thresholds) -> Iterator[Rows]:
    """The counts of a JSON-stat dataset as columns; nothing where none of its metrics counts.

    Without a dimension of metrics, or where it says nothing, any category may be what is counted.
    """
    metrics = set(node.get("role", {}).get("metric", ()))
    names, counting = [], set()
    for key in node["id"]:
        category = node["dimension"][key]["category"]
        titles = [
            *map(str, category.get("label", {}).values() or category.get("index", {key: key}))
        ]
        names.append(titles)
        if key in metrics or not metrics or all(VAGUE.fullmatch(t.lower()) for t in titles):
            counting |= {title for title in titles if counts_persons(title, limits)}
    whole = str(node.get("label", ""))
    if not counting and (counts_by_caption(whole) or counts_persons(whole, limits)):
        names = [[COUNT], *names]
        counting = {COUNT}
    values = node["value"]
    found: dict[str, list[str]] = {}
    for place, cell in enumerate(product(*names) if counting else ()):
        value = values.get(str(place)) if isinstance(values, Mapping) else values[place]
        if named := next((title for title in cell if title in counting), ""):
            found.setdefault(named, []).append("" if value is None else str(value))
    for title, column in found.items():
        yield [[title], *([value] for value in column)]


COUNT = "antall"
VAGUE = re.compile(r"verdi|value|tall?|content")
