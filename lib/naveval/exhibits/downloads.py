"""Everything behind a report in one workbook, and a data dictionary.

The workbook holds a sheet per table and figure, the estimates, and the dictionary. Its bytes
depend on the content alone, so that two equal runs give equal files.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from naveval.exhibits import output as outputs
from naveval.exhibits.output import Output
from naveval.project import formats, parameters, paths
from naveval.project.escaping import neutral

DICTIONARY_FILE = "dictionary.csv"
FEW = "_few"
NO_NUMBERS = ("", formats.SUPPRESSED, formats.FEW)
SIMULATED = "simulert"
STYLES: Mapping[str, Mapping[str, Any]] = {
    "alarm": {"bold": True, "font_color": "#801650"},
    "bold": {"bold": True},
    "head": {
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": "#12436D",
        "text_wrap": True,
        "valign": "top",
    },
}
WIDEST = 60
MEASURED = 200
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
WHOLE = re.compile(r"-?\d{1,15}")
FIXED_TIME = datetime(1980, 1, 1)
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
LINE_BY_LINE = {"constant_memory": True}
"""Rows go to disk as they are written: the sheets of a study of all counties are long."""


@dataclass(frozen=True)
class Part:
    """One CSV of the report: its label, file below the folder, title, head and rows."""

    label: str
    file: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def write(output: Output, report: Mapping[str, str]) -> list[Path]:
    """Write the workbook and the dictionary of a result folder.

    Parameters
    ----------
    output
        The open result folder with its tables, figures and estimates.
    report
        Title and notice, as `manifest.report_metadata` gives them.

    Returns
    -------
    Paths of the workbook and of the dictionary.
    """
    words = parameters.read_yaml(paths.texts_dir() / "downloads.yml")
    parts = read_parts(output, words)
    meanings = dictionary(output, parts, words)
    target = output.folder / file_name(output)
    target.write_bytes(workbook(output, report, parts, meanings, words))
    listed = output.folder / DICTIONARY_FILE
    with listed.open("w", encoding="utf-8", newline="") as stream:
        lines = ([neutral(cell) for cell in row] for row in meanings)
        csv.writer(stream, lineterminator="\n").writerows(lines)
    return [target, listed]


def file_name(output: Output) -> str:
    """`<study>-<place>.xlsx`, or `<study>-<place>-simulert.xlsx` for simulated registers."""
    mark = f"-{SIMULATED}" if output.origin == "simulated" else ""
    return f"{output.study}-{output.place.slug}{mark}.xlsx"


def read_parts(output: Output, words: Mapping[str, Any]) -> list[Part]:
    """The CSV files of a folder: estimates first, then tables and figures by label."""
    files = [output.folder / outputs.ESTIMATES_FILE]
    for folder in ("tables", "figures"):
        files += sorted((output.folder / folder).glob("*.csv"), key=lambda f: _natural(f.stem))
    parts = []
    for file in files:
        if not file.exists():
            continue
        with file.open(encoding="utf-8", newline="") as stream:
            head, *rows = [tuple(row) for row in csv.reader(stream)] or [()]
        entry = output.texts.get(file.stem)
        caption = entry.get("caption", "") if isinstance(entry, Mapping) else ""
        title = words["estimates"] if file.stem == "estimates" else _plain(caption, output)
        name = file.relative_to(output.folder).as_posix()
        parts.append(Part(file.stem, name, title, head, tuple(rows)))
    return parts


def _natural(label: str) -> list[tuple[int, str]]:
    return [
        (int(piece), "") if piece.isdigit() else (-1, piece) for piece in re.split(r"(\d+)", label)
    ]


def _plain(caption: str, output: Output) -> str:
    """A caption without its fields, for a sheet is not the place for filled-in numbers."""
    text = caption.replace("{place}", output.place.name)
    text = re.sub(r"\s*\([^()]*\{[^{}]*\}[^()]*\)|\{[^{}]*\}", "", text)
    return re.sub(r"\s+", " ", re.sub(r"\s*\[@[^\]]*\]|[*_`]", "", text)).strip()


def dictionary(
    output: Output, parts: Iterable[Part], words: Mapping[str, Any]
) -> list[tuple[str, ...]]:
    """One row per file and column: what it is, what kind of value, how many rows.

    A meaning comes from the table's column title in the study's texts, the study's `variables`,
    or the common list in `report/texts/downloads.yml`.
    """
    rows = [tuple(words["dictionary-head"])]
    common = words["variables"]
    own = output.texts.get("variables", {})
    for part in parts:
        entry = output.texts.get(part.label, {})
        columns = entry.get("columns", {}) if isinstance(entry, Mapping) else {}
        for position, name in enumerate(part.head):
            meaning = own.get(name) or common.get(name) or _composed(name, {**common, **own}, words)
            given = columns.get(name, "")
            title = str(given.get("title", "") if isinstance(given, Mapping) else given)
            both = title if not meaning or part.label == "estimates" else f"{title}: {meaning}"
            text = meaning if part.label == "estimates" or not title else both
            kind = _kind([row[position] for row in part.rows if len(row) > position], words)
            rows.append((part.file, name, _plain(text, output), kind, str(len(part.rows))))
    return rows


def _composed(name: str, known: Mapping[str, str], words: Mapping[str, Any]) -> str:
    """Meaning of a name made of a known ending or beginning; "" for other names."""
    for kind, cut in (("suffixes", str.removesuffix), ("prefixes", str.removeprefix)):
        for part, template in words[kind].items():
            rest = cut(name, part)
            if rest != name:
                return str(template.format(rest=known.get(rest) or rest.replace("_", " ")))
    return ""


def _kind(values: list[str], words: Mapping[str, Any]) -> str:
    kinds = words["kinds"]
    if not any(values):
        return kinds["empty"]
    return kinds["number" if _numeric(values) else "text"]


def _numeric(values: Iterable[str]) -> bool:
    """Whether a column holds numbers: codes with leading zeros make all of it text."""
    return all(NUMBER.fullmatch(value) for value in values if value not in NO_NUMBERS)


def workbook(
    output: Output,
    report: Mapping[str, str],
    parts: Iterable[Part],
    meanings: list[tuple[str, ...]],
    words: Mapping[str, Any],
) -> bytes:
    """The workbook as bytes that depend on the content alone."""
    parts = list(parts)
    mark = words["simulated"] if output.origin == "simulated" else ""
    stream = io.BytesIO()
    with Workbook(stream, LINE_BY_LINE) as book:
        styles = {name: book.add_format(dict(style)) for name, style in STYLES.items()}
        front = book.add_worksheet(words["front"])
        names = sheet_names([part.label for part in parts], {words["front"], words["dictionary"]})
        listed = [(name, part.title) for name, part in zip(names, parts, strict=True)]
        listed.append((words["dictionary"], words["dictionary-title"]))
        intro = [
            (report.get("title", ""),),
            (report.get("banner", ""),),
            *((line,) for line in words["notes"]),
            (),
        ]
        rows = [*intro, tuple(words["front-head"]), *listed]
        _fill(front, styles, mark, "", rows, head=len(intro))
        for name, part in zip(names, parts, strict=True):
            _fill(book.add_worksheet(name), styles, mark, part.title, [part.head, *_told(part)])
        last = book.add_worksheet(words["dictionary"])
        _fill(last, styles, mark, words["dictionary-title"], meanings)
        about = {"title": report.get("title", ""), "author": "naveval", "created": FIXED_TIME}
        book.set_properties(about)
    return stream.getvalue()


def _told(part: Part) -> Iterator[tuple[str, ...]]:
    """The rows as a sheet tells them: a protected 0 that its CSV marks as few is «0–5»."""
    marked = {
        part.head.index(name.removesuffix(FEW)): place
        for place, name in enumerate(part.head)
        if name.endswith(FEW) and name.removesuffix(FEW) in part.head
    }
    for row in part.rows:
        few = {place for place, mark in marked.items() if row[mark] == str(True)}
        yield tuple(formats.FEW if k in few else text for k, text in enumerate(row))


def sheet_names(labels: list[str], taken: set[str]) -> list[str]:
    """Names a sheet may have: at most 31 characters, none twice."""
    names, used = [], {name.lower() for name in taken}
    for label in labels:
        base = FORBIDDEN.sub("-", label)[:31]
        name, number = base, 1
        while name.lower() in used:
            number += 1
            name = f"{base[: 30 - len(str(number))]}~{number}"
        used.add(name.lower())
        names.append(name)
    return names


def _fill(
    sheet: Worksheet,
    styles: Mapping[str, Any],
    mark: str,
    title: str,
    rows: Iterable[tuple[str, ...]],
    *,
    head: int = 0,
) -> None:
    """Write the notice, the title and the rows; row `head` is set as header."""
    rows = list(rows)
    columns = max((len(row) for row in rows), default=0)
    numeric = [
        _numeric(row[place] for row in rows[head + 1 :] if len(row) > place)
        for place in range(columns)
    ]
    above = [(text, style) for text, style in ((mark, "alarm"), (title, "bold")) if text]
    for place in range(columns):
        shown = [row[place] for row in rows[:MEASURED] if len(row) > place and row[place]]
        longest = max(map(len, shown), default=8)
        sheet.set_column(place, place, min(longest + 2, WIDEST))
    if head == 0:
        sheet.freeze_panes(len(above) + 1, 0)
    for line, (text, name) in enumerate(above):
        sheet.write_string(line, 0, text, styles[name])
    header = styles["head" if head == 0 else "bold"]
    for line, row in enumerate(rows):
        for place, text in enumerate(row):
            style = header if line == head else None
            _write(sheet, len(above) + line, place, text, style, numeric=numeric[place])


def _write(
    sheet: Worksheet, line: int, place: int, text: str, style: Any, *, numeric: bool
) -> None:
    """A number in a column of numbers, else text: «:», and what looks like a formula, too."""
    if numeric and NUMBER.fullmatch(text):
        sheet.write_number(line, place, int(text) if WHOLE.fullmatch(text) else float(text), style)
    elif text:
        sheet.write_string(line, place, text, style)
