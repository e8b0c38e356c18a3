"""The input dictionary as Markdown, CSV, workbook and data package; empty templates."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

from naveval.registers.dictionary.entries import ColumnEntry, Dictionary, TableEntry
from naveval.registers.grammar import Family
from naveval.registers.rules import signs

HEADINGS = ("column", "type", "unit", "allowed", "missing", "text", "example")
# Types of the Frictionless Table Schema.
FRICTIONLESS: dict[Family, str] = {
    "integer": "integer",
    "number": "number",
    "text": "string",
    "date": "date",
    "boolean": "boolean",
    "any": "any",
}


def allowed(column: ColumnEntry, words: Any) -> str:
    """Codes with labels, or limits, in words."""
    if column.codes:
        return "; ".join(
            code if label in ("", code) else f"{code} ({label})"
            for code, label in column.codes.items()
        )
    if column.low and column.high:
        return str(words["from_to"].format(low=column.low, high=column.high))
    if column.low:
        return str(words["at_least"].format(low=column.low))
    return str(words["at_most"].format(high=column.high)) if column.high else ""


def period(table: TableEntry, words: Any) -> str:
    """What the table must cover, in words."""
    if not table.first:
        return str(words["may_be_empty"] if table.may_be_empty else words["whole_period"])
    text = words["from_to"].format(low=table.first, high=table.last)
    return text + (", " + words["each_place"].format(n=table.places) if table.places else "")


def row(column: ColumnEntry, words: Any) -> tuple[str, ...]:
    """One line of the dictionary, in the order of HEADINGS."""
    missing = words["may" if column.may_be_missing else "must"]
    return (
        column.name,
        words["types"][column.kind],
        column.unit,
        allowed(column, words),
        missing,
        column.text,
        column.example,
    )


def markdown(found: Dictionary) -> str:
    """The dictionary as a page."""
    words = found.words
    parts = [f"# {words['title'].format(study=found.study)}"]
    parts += [str(words[name]).format(study=found.study) for name in ("intro", "forms", "ids")]
    parts += [described(table, words, f"## {table.name}") for table in found.tables]
    limits = {
        "changing": f"{100 * signs.MOST_CHANGING:g}",
        "jump": f"{100 * signs.JUMP:g}",
        "deviations": signs.DEVIATIONS,
        "persons": signs.LEAST_PERSONS,
        "alike": f"{100 * signs.MOST_ALIKE:g}",
    }
    parts.append(str(words["check"]).format(study=found.study, **limits))
    return "\n\n".join(parts) + "\n"


def described(table: TableEntry, words: Any, heading: str, caption: str = "") -> str:
    """One table: what a row is, what it must cover, and its columns."""
    heads = words["headings"]
    lines = [
        f"{heads['row']} {table.row}.",
        f"{heads['period']}: {period(table, words)}.",
        f"{heads['note']}: {table.note}" if table.note else "",
    ]
    told = "\n".join(f"{line}  " for line in lines if line).rstrip()
    columns = _pipe([heads[name] for name in HEADINGS], [row(c, words) for c in table.columns])
    return "\n\n".join(filter(None, [heading, told, columns, caption]))


def _pipe(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def as_csv(found: Dictionary) -> str:
    """One line per column, with its table, as Norwegian Excel reads it."""
    heads = found.words["headings"]
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow([heads["table"], *(heads[name] for name in HEADINGS)])
    for table in found.tables:
        writer.writerows((table.name, *row(column, found.words)) for column in table.columns)
    return stream.getvalue()


def workbook(found: Dictionary, file: Path) -> None:
    """One sheet per table and a first one with what a row is and the periods."""
    heads, words = found.words["headings"], found.words
    with Workbook(file, {"strings_to_numbers": False}) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(found.study)
        names = ("table", "row", "period", "note")
        sheet.write_row(0, 0, [heads[name] for name in names], bold)
        for line, table in enumerate(found.tables, start=1):
            values = (table.name, table.row, period(table, words), table.note)
            for place, value in enumerate(values):
                sheet.write_string(line, place, value)
        for table in found.tables:
            sheet = book.add_worksheet(table.name[:31])
            sheet.write_row(0, 0, [heads[name] for name in HEADINGS], bold)
            for line, column in enumerate(table.columns, start=1):
                for place, value in enumerate(row(column, words)):
                    sheet.write_string(line, place, value)


def datapackage(found: Dictionary) -> str:
    """A Frictionless data package: one resource per table, with its schema."""
    content = {
        "name": found.study,
        "title": found.words["title"].format(study=found.study),
        "resources": [_resource(table) for table in found.tables],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _resource(table: TableEntry) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": [_field(column) for column in table.columns]}
    if table.key:
        schema["primaryKey"] = list(table.key)
    return {
        "name": table.name,
        "path": f"{table.name}.csv",
        "description": ". ".join(text for text in (table.row, table.note) if text),
        "profile": "tabular-data-resource",
        "schema": schema,
    }


def _field(column: ColumnEntry) -> dict[str, Any]:
    limits: dict[str, Any] = {"required": not column.may_be_missing}
    if column.codes:
        limits["enum"] = [_value(column, code) for code in column.codes]
    for key, value in (("minimum", column.low), ("maximum", column.high)):
        if value:
            limits[key] = _value(column, value)
    if column.pattern:
        limits["pattern"] = column.pattern
    return {
        "name": column.name,
        "type": FRICTIONLESS[column.kind],
        "description": column.text,
        "constraints": limits,
        **({"unit": column.unit} if column.unit else {}),
        **({"example": column.example} if column.example else {}),
    }


def _value(column: ColumnEntry, text: str) -> Any:
    if column.kind == "integer":
        return int(text)
    return float(text) if column.kind == "number" else text


def write(found: Dictionary, form: str, folder: Path) -> list[Path]:
    """The dictionary in a form, the data package and an empty template per table, in a folder."""
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    made = [folder / f"{found.study}.{'json' if form == 'json' else form}"]
    if form == "xlsx":
        workbook(found, made[0])
    elif form == "json":
        made = []
    else:
        text = markdown(found) if form == "md" else as_csv(found)
        made[0].write_text(text, "utf-8-sig" if form == "csv" else "utf-8", newline="")
    made.append(folder / "datapackage.json")
    made[-1].write_text(datapackage(found), "utf-8")
    for table in found.tables:
        made.append(folder / "templates" / f"{table.name}.csv")
        names = ";".join(column.name for column in table.columns)
        made[-1].write_text(names + "\r\n", "utf-8", newline="")
    return made
