"""Tables of a report: Markdown with number, caption and note, and the data as CSV."""

from collections.abc import Mapping
from typing import Any

from naveval.disclosure import gate
from naveval.disclosure.gate import Released
from naveval.exhibits import output as outputs
from naveval.exhibits import words
from naveval.exhibits.output import Block, Output
from naveval.project import formats
from naveval.project.errors import ParameterError
from naveval.project.escaping import literal, write_csv

TEXT_FORMATS = ("text", "month")
PUBLISHED = "published"


def show(output: Output, released: Released, label: str, **values: Any) -> Block:
    """Show a released frame as a numbered table.

    Columns, their order, titles and formats come from the study's texts under `label`; a
    row may carry its own format in a column called `format`, which is not shown. Columns of
    published numbers are left out where none was published, as for a county.

    Raises
    ------
    DisclosureError
        When the data has not passed disclosure control.
    ParameterError
        When the texts name a column the frame lacks, or an unknown format.
    """
    data = gate.require_released(released, label)
    entry = words.entry(output.texts, label)
    values = {"place": output.place, **values}
    columns = _columns(entry, data, label)
    caption = words.fill(entry["caption"], values, label)
    _write(output, data, label)
    lines = [
        _line(words.fill(column.get("title", ""), values, label) for column in columns.values()),
        _line("---" if _is_text(column) else "--:" for column in columns.values()),
    ]
    for position in range(len(data.frame)):
        lines.append(_line(_cell(data, position, name, spec) for name, spec in columns.items()))
    table = "\n".join(lines) + f"\n\n: {caption} {{#{label}}}\n"
    return Block(table + outputs.note(output, data, values, label))


def cells(data: Released, name: str, spec: Mapping[str, Any] | None = None) -> list[str]:
    """One column of a released frame as it is shown."""
    return [_cell(data, position, name, spec or {}) for position in range(len(data.frame))]


def _columns(entry: Mapping[str, Any], data: Released, label: str) -> dict[str, Any]:
    frame = data.frame
    columns = entry.get("columns") or {name: {"title": name} for name in frame.columns}
    lacking = [name for name in columns if name not in frame.columns]
    if lacking:
        raise ParameterError(
            f"text «{label}»: the table has no column {', '.join(lacking)}; "
            f"it has {', '.join(map(str, frame.columns))}"
        )
    unpublished = {
        name
        for name in columns
        if PUBLISHED in name and frame[name].isna().all() and not data.suppressed[name].any()
    }
    return {name: spec for name, spec in columns.items() if name not in unpublished}


def _is_text(column: Mapping[str, Any]) -> bool:
    return column.get("format", "text") in TEXT_FORMATS and column.get("align") != "right"


def _cell(data: Released, position: int, name: str, spec: Mapping[str, Any]) -> str:
    if bool(data.suppressed[name].iloc[position]):
        return formats.SUPPRESSED
    value = data.frame[name].iloc[position]
    kind = spec.get("format", "text")
    if kind == "row":
        kind = data.frame["format"].iloc[position]
    if kind not in formats.FORMATS:
        raise ParameterError(f"column {name}: unknown format «{kind}»")
    if formats.is_missing(value) and "missing" in spec:
        return str(spec["missing"])
    shown = formats.FORMATS[kind](value)
    return literal(shown) if kind == "text" else shown


def _line(parts: Any) -> str:
    return "| " + " | ".join(parts) + " |"


def _write(output: Output, data: Released, label: str) -> None:
    shown = data.frame.astype("object").where(~data.suppressed, formats.SUPPRESSED)
    if outputs.is_simulated(output, data):
        shown = shown.assign(origin="simulated")
    write_csv(shown, output.folder / "tables" / f"{label}.csv")
    outputs.log_disclosure(output, data.log, label)
