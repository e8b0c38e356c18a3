"""A released exhibit as a Markdown table, by its declaration and the titles in its texts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from naveval.disclosure.counts import FEW, NOISY
from naveval.exhibits import decimals, words
from naveval.exhibits.declare import PARTS, Exhibit, Table, Value
from naveval.exhibits.reader import Reader, shown_rows
from naveval.project import formats
from naveval.project.errors import ParameterError
from naveval.project.escaping import literal

TEXT_FORMATS = ("text", "month", *words.NAMES)
ROW = "row"
Cells = tuple[tuple[tuple[str, str], ...], ...]
"""Key and text of the cells of a table, by row."""


@dataclass(frozen=True)
class Cell:
    """One number of a table: which row and column, and how it reads."""

    row: tuple[str, ...]
    column: str
    text: str
    key: str


@dataclass(frozen=True)
class Column:
    """A column of the data: the value it belongs to, and which part of it."""

    name: str
    value: Value
    of: str
    part: str = ""

    def key(self, exhibit: Exhibit[Any], row: Mapping[str, Any]) -> str:
        """What a text would call the number in a row."""
        codes = ",".join(str(row[key]) for key in exhibit.keys)
        part = f".{self.part}" if self.part else ""
        return f"{exhibit.label}.{self.of}[{codes}]{part}"


def columns(exhibit: Exhibit[Any]) -> list[Column]:
    """Every column of an exhibit that a table may show."""
    found = {name: Column(name, value, name) for name, value in exhibit.values.items()}
    for of, value in exhibit.values.items():
        for part in PARTS:
            name = getattr(value, part)
            if name and name not in found and value.at == ("", ""):
                found[name] = Column(name, value, of, part)
    return list(found.values())


def table(reader: Reader) -> tuple[str, Cells]:
    """The rows of a table with its head, and the keys of its cells; caption and note come after.

    Raises
    ------
    ParameterError
        When the texts name a column that the exhibit does not give.
    """
    exhibit = reader.report.exhibit(reader.label)
    view = exhibit.view
    assert isinstance(view, Table)
    entry = words.entry(reader.output.texts, reader.label)
    titles: dict[str, Any] = {
        name: given if isinstance(given, Mapping) else {"title": given}
        for name, given in entry["columns"].items()
    }
    cells = list(_cells(reader, exhibit, view))
    given = {cell.column for cell in cells}
    keys = [*exhibit.rows, ROW]
    lacking = [name for name in titles if name not in {*keys, *given}]
    lacking = [name for name in lacking if name not in possible(exhibit, reader.report.codes)]
    if lacking:
        raise ParameterError(
            f"text «{reader.label}»: the exhibit has no column {', '.join(lacking)}; "
            f"it has {', '.join(sorted(given))}"
        )
    known = {cell.column for cell in cells if cell.text != formats.MISSING}
    there = {*keys, *given} if given else set(titles)  # a code that no row has gets no column
    shown = [
        name
        for name in titles
        if name in known or (name in there and not _unpublished(exhibit, name))
    ]
    read = {(cell.row, cell.column): cell for cell in cells}
    keyed = []
    numeric = _numeric(exhibit, view, reader)
    lines = [
        _line(reader.fill(titles[name]["title"]) for name in shown),
        _line("--:" if name in numeric else "---" for name in shown),
    ]
    for row in list(dict.fromkeys(cell.row for cell in cells))[: view.longest]:
        texts = dict(zip(keys, row, strict=True))
        heads = {
            name: reader.named(name, code) for name, code in texts.items() if code or name != ROW
        }
        if view.joined:
            heads[view.joined[0]] = ", ".join(heads[name] for name in view.joined)
        found = [
            ("", literal(heads[name])) if name in heads else _shown(read, row, name, titles[name])
            for name in shown
        ]
        keyed.append(tuple(found))
        lines.append(_line(text for _, text in found))
    return "\n".join(lines), tuple(keyed)


def _cells(reader: Reader, exhibit: Exhibit[Any], view: Table) -> Iterator[Cell]:
    released = reader.released(exhibit.label)
    shown = shown_rows(exhibit, released.frame)
    frame, hidden = released.frame[shown], released.suppressed[shown]
    placed = any(value.at[0] for value in exhibit.values.values())
    listed = [
        column
        for column in columns(exhibit)
        if column.name in frame and bool(column.value.at[0]) == placed
    ]
    records = (part.to_dict("records") for part in (frame, hidden, reader.marks))
    for row, unseen, marked in zip(*records, strict=True):
        base = tuple(str(row[key]) for key in exhibit.rows)
        for column in listed:
            value = column.value.kind(row)
            name = "_".join([*(str(row[key]) for key in view.spread), value.at[1] or column.name])
            name = column.name if column.name in view.once else name
            text = formats.SUPPRESSED
            if not unseen[column.name]:
                text = _text(reader, column, value, row)
                text = formats.FEW if marked[column.name] == FEW else text
                text = formats.NOISY + text if marked[column.name] == NOISY else text
            key = column.key(exhibit, row)
            hidden = unseen[column.name] or marked[column.name] == FEW
            reader.told[key] = None if hidden else row[column.name]
            yield Cell((*base, value.at[0]), name, text, key)


def _text(reader: Reader, column: Column, value: Value, row: Mapping[str, Any]) -> str:
    kind, number = words.part_format(value, column.part), row[column.name]
    kind = decimals.known(reader.report.exhibit(reader.label), column.name, row, kind)
    if formats.is_missing(number):
        return formats.MISSING
    if kind in words.NAMES:
        return literal(reader.by_format(kind, str(number)))
    shown = formats.FORMATS[kind](number)
    return literal(shown) if kind == "text" else shown


def _shown(
    read: Mapping[Any, Cell], row: tuple[str, ...], name: str, title: Mapping[str, Any]
) -> tuple[str, str]:
    """Key and text of a cell: with the column that marks it, or the title's word for no number."""
    cell = read.get((row, name))
    if cell is None:
        return "", ""
    if cell.text == formats.MISSING:
        return cell.key, str(title.get("missing", cell.text))
    mark = read.get((row, title.get("marked", "")))
    return cell.key, cell.text + (mark.text if mark and mark.text != formats.MISSING else "")


def possible(exhibit: Exhibit[Any], codes: Mapping[str, Any]) -> dict[str, str]:
    """Columns a table can have, to their formats; those of keys without a list are not known."""
    view = exhibit.view
    assert isinstance(view, Table)
    prefixes = [""]
    for key in view.spread:
        listed = codes.get(key, ())
        prefixes = [
            f"{p}{code}_" for p in prefixes for code in (() if callable(listed) else listed)
        ]
    found = {}
    for column in columns(exhibit):
        for value in column.value.every_kind():
            kind = words.part_format(value, column.part)
            for prefix in [""] if column.name in view.once else prefixes:
                found[f"{prefix}{value.at[1] or column.name}"] = kind
    return found


def _numeric(exhibit: Exhibit[Any], view: Table, reader: Reader) -> set[str]:
    known = possible(exhibit, reader.report.codes)
    return {name for name, kind in known.items() if kind not in TEXT_FORMATS}


def _unpublished(exhibit: Exhibit[Any], column: str) -> bool:
    """Whether a column is of printed numbers: left out where there are none, as for a county."""
    return any(
        value.source == "published" and (column == name or column.endswith(f"_{name}"))
        for name, value in exhibit.values.items()
    )


def printed(reader: Reader) -> tuple[str, list[str]]:
    """Whether columns or rows of a table are the source's own, and their titles.

    "" where all are, or none: a table of printed numbers alone is said to be so as a whole. The
    titles are of the columns that the texts name, and of rows where one row of data gives several.
    """
    exhibit = reader.report.exhibit(reader.label)
    own = [value.source == "published" for value in exhibit.values.values()]
    if all(own) or not any(own) or not len(reader.rows):
        return "", []
    values = [value for value in exhibit.values.values() if value.source == "published"]
    if all(value.at[0] for value in values) and len({v.at[0] for v in exhibit.values.values()}) > 1:
        found = [reader.named(ROW, value.at[0]) for value in values]
        return "rows" if len(found) > 1 else "row", found
    frame = reader.released(reader.label).frame
    names = {value.at[1] or name for name, value in exhibit.values.items() if value in values}
    names = {name for name in names if name not in frame or frame[name].notna().any()}
    titles = words.entry(reader.output.texts, reader.label)["columns"]
    found = [
        reader.fill(str(given["title"] if isinstance(given, Mapping) else given))
        for column, given in titles.items()
        if any(column == name or column.endswith(f"_{name}") for name in names)
    ]
    return ("columns" if len(found) > 1 else "column" if found else ""), list(dict.fromkeys(found))


def _line(parts: Any) -> str:
    return "| " + " | ".join(parts) + " |"
