"""One look at a folder of extracts: breaches, warnings and the reading report, as text or JSON.

The reading report has what was seen in each column, and rows by place and period. It shows how
each column was read, so that a wrong decimal mark or date form is seen at once. Ranges are the
1st and the 99th percentile: whole numbers of up to four digits, such as years and ages, as they
are, others to two digits. No range of ids is shown.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from naveval.project import catalogue
from naveval.project.errors import ContractError
from naveval.project.parameters import StudyParameters
from naveval.registers import contracts, grammar
from naveval.registers.checks import PERSON
from naveval.registers.connections import QUERY_ERRORS, asked, identifier, run
from naveval.registers.rules import coverage
from naveval.registers.rules.breaches import Breach, Rule
from naveval.registers.rules.coverage import Need
from naveval.registers.sources import Source
from naveval.registers.views import (
    Opened,
    columns,
    duck_family,
    family,
    open_tables,
    opened,
    raw_view,
    text_dialect,
)

LEAST_FOR_RANGE = 1000
MOST_EXACT = 2_000_000  # rows, before percentiles are those of as many
FOUR_DIGITS = 10_000
NUMBERED = re.compile(r"\d{5,}")  # in a name of a column: it could be a person's
A_MONTH = r"\d{4}-\d{2}"
A_TIME = re.compile(r"(19|2[01])\d\d(-|(0[1-9]|[1-4]\d|5[0-3])?$)")
MONTHS = ("month", "year_week", "year", "date", "since")
FORMS = {"csv": "text", "sas": "SAS", "stata": "Stata", "parquet": ""}


@dataclass(frozen=True)
class ColumnReport:
    """One column: form seen, rows, missing, distinct codes (text), first and last or range."""

    table: str
    column: str
    form: str
    rows: int
    missing: int
    codes: int | None
    low: str
    high: str


@dataclass(frozen=True)
class CoverageReport:
    """Rows by place and period of one table, over the periods that are needed.

    `least_ratio` is the smallest number of rows relative to the smaller neighbour, and `least_at`
    where it is.
    """

    table: str
    first: str
    last: str
    places: int
    median_rows: int
    least_ratio: float | None
    least_at: str


@dataclass(frozen=True)
class Unjudged:
    """What a table has too few of to be judged by a rule: rows, persons or rows a period."""

    table: str
    column: str
    judged_by: int
    needed: int
    not_judged: str


@dataclass(frozen=True)
class Unread:
    """A column that the study never reads, and that need not be handed out."""

    table: str
    column: str


@dataclass(frozen=True)
class Report:
    """What a folder of extracts holds, what too little to be judged, and what for nothing."""

    columns: tuple[ColumnReport, ...]
    coverage: tuple[CoverageReport, ...]
    unjudged: tuple[Unjudged, ...]
    unread: tuple[Unread, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "columns": [asdict(item) for item in self.columns],
            "coverage": [asdict(item) for item in self.coverage],
            "unjudged": [asdict(item) for item in self.unjudged],
            "unread": [asdict(item) for item in self.unread],
        }


def read_report(
    data: Path, tables: Mapping[str, Any], needs: Iterable[Need], rules: Iterable[Rule] = ()
) -> Report:
    """Look at every table that can be read; tables that cannot are left out."""
    with opened() as at:
        open_tables(at, tables, data)
        return report_within(at, tables, needs, rules)


def report_within(
    at: Opened, tables: Mapping[str, Any], needs: Iterable[Need], rules: Iterable[Rule] = ()
) -> Report:
    """As `read_report`, of the tables that are open in `at`."""
    connection = at.connection
    seen: list[ColumnReport] = []
    unread: list[Unread] = []
    for table, source in at.sources.items():
        try:
            seen += _columns(connection, source, tables[table])
            unread += _unread(connection, source, tables[table])
        except (ContractError, *QUERY_ERRORS):
            continue
    covered: list[CoverageReport] = []
    few: list[tuple[Need | Rule, int, int, str]] = []
    for need in needs:
        try:
            covered.append(_covered(connection, need))
        except (ContractError, *QUERY_ERRORS):
            continue
        rows = covered[-1].median_rows * covered[-1].places
        few += [(need, rows, coverage.LEAST_EXPECTED, "rows in every period")]
    for rule in rules:
        try:
            counted = asked(connection, rule.basis) if rule.basis else []
        except (ContractError, *QUERY_ERRORS):
            continue
        few += [(rule, int(n or 0), rule.least, rule.expected) for (n,) in counted[:1]]
    unjudged = [
        Unjudged(of.table, of.column, n, most, text) for of, n, most, text in few if n < most
    ]
    return Report(tuple(seen), tuple(covered), tuple(unjudged), tuple(unread))


def _unread(connection: duckdb.DuckDBPyConnection, source: Source, schema: Any) -> list[Unread]:
    """Columns of a table that its contract does not name."""
    names = columns(connection, identifier(source.table), source.label)
    return [
        Unread(source.table, NUMBERED.sub("…", name))
        for name in names
        if name not in schema.columns
    ]


def _columns(
    connection: duckdb.DuckDBPyConnection, source: Source, schema: Any
) -> list[ColumnReport]:
    kinds = columns(connection, identifier(source.table), source.label)
    raw = columns(connection, raw_view(source.table), source.label)
    names = [name for name in schema.columns if name in kinds]
    view = identifier(source.table)
    (n_rows,) = run(connection, f"SELECT count(*) FROM {view}", where=source.label).fetchone() or (
        0,
    )
    few = f" USING SAMPLE {100 * MOST_EXACT / max(n_rows, 1)} PERCENT (system, 1)" * (
        n_rows > MOST_EXACT
    )
    looks = ", ".join(_look(name, kinds[name]) for name in names)
    sql = f"SELECT {looks}, count(*) FROM (SELECT * FROM {view}{few})"  # a row, of none too
    *looked, _ = run(connection, sql, where=source.label).fetchone() or (None,)
    parts = []
    for name, seen in zip(names, looked, strict=True):
        quoted, wanted = identifier(name), family(schema.columns[name].dtype)
        codes = f"count(DISTINCT {quoted})" if wanted == "text" else "NULL"
        parts += [f"count({quoted})", codes, _ends(name, kinds[name], seen)]
    sql = f"SELECT {', '.join(parts)} FROM {view}"
    values = run(connection, sql, where=source.label).fetchone() or ()
    forms = _forms(connection, source, schema, names, raw)
    return [
        ColumnReport(
            source.table,
            name,
            forms[name],
            n_rows,
            n_rows - values[3 * i],
            values[3 * i + 1],
            *_shown(values[3 * i + 2] or looked[i], n_rows),
        )
        for i, name in enumerate(names)
    ]


def _look(name: str, kind: str) -> str:
    """SQL of the two percentiles of a number, or of one value of a text."""
    quoted, numbers = identifier(name), duck_family(kind) in ("integer", "number")
    if name == PERSON or _in_time(name, kind) or not (numbers or kind == "VARCHAR"):
        return "NULL"
    read = f"CAST({quoted} AS DOUBLE)" if kind.startswith("DECIMAL") else quoted
    return f"quantile_disc({read}, [0.01, 0.99])" if numbers else f"any_value({quoted})"


def _ends(name: str, kind: str, seen: Any) -> str:
    """SQL of a list of the first and the last of what are times; NULL for others."""
    quoted = identifier(name)
    both = f"[CAST(min({quoted}) AS VARCHAR), CAST(max({quoted}) AS VARCHAR)]"
    if name != PERSON and kind == "VARCHAR" and re.fullmatch(A_MONTH, str(seen)):
        months = f"regexp_full_match(min({quoted}) || max({quoted}), '({A_MONTH}){{2}}')"
        return f"CASE WHEN {months} THEN {both} END"
    return both if _in_time(name, kind) else "NULL"


def _in_time(name: str, kind: str) -> bool:
    return kind.startswith(("DATE", "TIMESTAMP")) or (name in MONTHS and kind != "VARCHAR")


def _shown(ends: Any, n_rows: int) -> tuple[str, str]:
    """The two ends as text; of numbers none where few rows have them."""
    numbers = isinstance(ends, list) and any(isinstance(value, int | float) for value in ends)
    if not isinstance(ends, list) or None in ends or (numbers and n_rows < LEAST_FOR_RANGE):
        return "", ""
    if not numbers and not all(map(A_TIME.match, ends)):  # ids in a column of years
        return "", ""
    return _rounded(ends[0]), _rounded(ends[1])


def _rounded(value: Any) -> str:
    if isinstance(value, int) and abs(value) < FOUR_DIGITS:
        return str(value)
    return f"{float(f'{value:.2g}'):g}" if isinstance(value, int | float) else str(value)[:10]


def _forms(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    schema: Any,
    names: list[str],
    raw: Mapping[str, str],
) -> dict[str, str]:
    """How each column was written in the files."""
    found = {}
    view = raw_view(source.table)
    for name in names:
        dialect, wanted = text_dialect(source, name), family(schema.columns[name].dtype)
        if dialect is None:
            zone = f", day in {grammar.ZONE}" if raw[name].startswith("TIMESTAMP") else ""
            found[name] = f"{FORMS[source.form]} {raw[name]}{zone}".strip()
            continue
        marks = grammar.marks(identifier(name), wanted, dialect)
        counts = ", ".join(f"count_if({condition})" for condition in marks.values())
        seen: list[str] = []
        if marks:
            row = run(connection, f"SELECT {counts} FROM {view}", where=source.label).fetchone()
            seen = [words for words, n in zip(marks, row or (), strict=True) if n]
        place = "folder" if name in source.keys else f"text ({dialect.encoding})"
        found[name] = ", ".join([place, *seen])
    return found


def _covered(connection: duckdb.DuckDBPyConnection, need: Need) -> CoverageReport:
    need = coverage.reaching(connection, need)
    rows = coverage.counts(connection, need)
    before, after = coverage.neighbours(rows)
    least = np.minimum(before, after)
    enough = least >= coverage.LEAST_FOR_JUMP
    ratio = np.where(enough, rows / np.maximum(least, 1), np.inf)
    place, period = np.unravel_index(int(ratio.argmin()), ratio.shape)
    at = f"{need.places[place]} {need.text(need.first + int(period))}".strip()
    known = bool(enough.any())
    return CoverageReport(
        need.table,
        need.text(need.first),
        need.text(need.last),
        len(need.places),
        int(np.median(rows)),
        round(float(ratio.min()), 2) if known else None,
        at if known else "",
    )


def _report_text(report: Report) -> str:
    """The report as tables of plain text."""
    tables = (
        (("table", "column", "form", "rows", "missing", "codes", "low", "high"), report.columns),
        (("table", "first", "last", "places", "median rows", "least ratio", "at"), report.coverage),
        (("table", "column", "judged by", "needed", "too few to judge"), report.unjudged),
        (("table", "never read: need not be handed out"), report.unread),
    )
    return "\n\n".join(
        _aligned([head, *(tuple(map(_word, asdict(item).values())) for item in items)])
        for head, items in tables
        if items
    )


def _word(value: Any) -> str:
    return "" if value is None else str(value)


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


@dataclass(frozen=True)
class Look:
    """What a folder of extracts holds, and what is wrong with it.

    `refused` is what a run would refuse although every table keeps its contract, "" for nothing.
    """

    study: str
    data: Path
    found: tuple[Breach, ...]
    refused: str
    report: Report

    @property
    def passed(self) -> bool:
        """Whether a run would start."""
        return not self.refused and all(item.warning for item in self.found)


def look(study: str, data: Path, parameters: StudyParameters) -> Look:
    """Check the extracts for these parameters as a run does, and read what is there."""
    declared = catalogue.module(study, "contracts")
    needs = contracts.needs(study, parameters)
    rules = contracts.rules(study, parameters)
    with opened() as at:
        found = tuple(contracts.check_within(at, study, data, parameters))
        report = report_within(at, declared.TABLES, needs, rules)
    refused = ""
    if all(item.warning for item in found) and hasattr(declared, "require_known"):
        try:
            declared.require_known(data, parameters)
        except ContractError as error:
            refused = str(error)
    return Look(study, data, found, refused, report)


def as_text(seen: Look) -> str:
    """Breaches, warnings and the reading report, for people."""
    parts = []
    broken = [item for item in seen.found if not item.warning]
    if broken:
        parts.append(contracts.describe(seen.study, seen.data, broken))
    warnings = [f"  warning: {item}" for item in seen.found if item.warning]
    parts += ["\n".join(warnings)] if warnings else []
    parts += [seen.refused] if seen.refused else []
    parts.append(_report_text(seen.report))
    return "\n\n".join(part for part in parts if part)


def as_json(seen: Look) -> str:
    """The same as JSON, for programs."""
    content = {
        "study": seen.study,
        "data": str(seen.data),
        "passed": seen.passed,
        "breaches": [asdict(item) | {"text": str(item)} for item in seen.found if not item.warning],
        "warnings": [asdict(item) | {"text": str(item)} for item in seen.found if item.warning],
        "refused": seen.refused,
        **seen.report.as_dict(),
    }
    return json.dumps(content, ensure_ascii=False, indent=1)
