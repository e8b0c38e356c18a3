"""Check register tables against their schemas and rules, in DuckDB.

Contracts at the door: every breach of every register table, collected and told at once.

A study declares its tables in `studies/<study>/contracts.TABLES` (one pandera schema per table)
and, where tables must agree with each other, in `RULES`. What only some parameters require (that
the registers reach as far as the analysis) comes from `rules_for(parameters)`. A message names
file, column, number of rows, the first row numbers and what was expected. It never shows a value of
the data: a code column can hold an id by mistake. Only `require_known(data, parameters)`, where a
study has it, names codes, when the rest is as it should be.
"""

import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb

from naveval.project import catalogue, paths, provenance
from naveval.project.errors import ContractError
from naveval.project.parameters import StudyParameters
from naveval.registers import reading, sources
from naveval.registers.checks import (
    FAMILY_NAMES,
    Check,
    PandasCheck,
    SqlCheck,
    column_checks,
    failing_rows,
    translate,
)
from naveval.registers.reading import (
    FILE,
    QUERY_ERRORS,
    ROW,
    connect,
    create_views,
    duck_family,
    family,
    identifier,
    run,
)
from naveval.registers.sources import Source

FIRST_ROWS = 5
MAY_BE_EMPTY = "may_be_empty"
WHOLE = ("number", "integer")


@dataclass(frozen=True)
class Rule:
    """A rule across rows or tables.

    Attributes
    ----------
    table, column
        What to name in the message.
    expected
        What should hold, in words.
    sql
        Query with one row per breach. The tables are `numbered.<table>`, with the columns
        `row_no` and `file_name`; if the query returns these, the first are shown. A text column
        `what` is shown too, for breaches without a row (a missing month): never an id.
    """

    table: str
    column: str
    expected: str
    sql: str


@dataclass(frozen=True)
class Breach:
    """One breach: where, how many rows, the first rows (file and number), what was expected.

    `n_rows` is 0 when the breach is about the whole file or column.
    """

    table: str
    file: str
    column: str
    n_rows: int
    rows: tuple[tuple[str, int], ...]
    expected: str

    def __str__(self) -> str:
        where = self.file + (f", column {self.column}" if self.column else "")
        if not self.n_rows:
            return f"{where}: {self.expected}"
        return f"{where}: {self.counted()}: expected {self.expected}"

    def counted(self) -> str:
        """Number of rows and the first of them."""
        return f"{self.n_rows} row{'' if self.n_rows == 1 else 's'}{self._first()}"

    def _first(self) -> str:
        if not self.rows:
            return ""
        if {file for file, _ in self.rows} == {self.file}:
            return f" (first: {', '.join(str(row) for _, row in self.rows)})"
        return f" (first: {', '.join(f'{row} in {file}' for file, row in self.rows)})"


def check_tables(tables: Mapping[str, Any], data: Path, rules: Iterable[Rule] = ()) -> list[Breach]:
    """All breaches of pandera schemas, by table name, and of rules across tables."""
    connection, folder = connect()
    breaches: list[Breach] = []
    found: dict[str, Source] = {}
    for table, schema in tables.items():
        try:
            source = sources.find(data, table)
            create_views(connection, source, schema, folder)
            found[table] = source
            breaches += check_table(connection, source, schema)
        except ContractError as error:
            file = found[table].label if table in found else table
            breaches.append(Breach(table, file, "", 0, (), str(error)))
    for rule in rules:
        breaches += check_rule(connection, rule, found, strict=not breaches)
    connection.close()
    return breaches


def check_table(connection: duckdb.DuckDBPyConnection, source: Source, schema: Any) -> list[Breach]:
    """All breaches of one table's schema."""
    table, file = source.table, source.label
    kinds = {
        row[0]: row[1]
        for row in run(connection, f"DESCRIBE {identifier(table)}", where=file).fetchall()
    }
    breaches = _columns(connection, source, schema, kinds)
    faulty = {breach.column for breach in breaches}
    checks: list[Check] = []
    for name, column in schema.columns.items():
        if name in kinds and name not in faulty:
            checks += column_checks(connection, source, name, column)
    if not faulty:
        checks += [frame_check(connection, item) for item in schema.checks]
    n_rows, counted = _count(connection, source, [c for c in checks if isinstance(c, SqlCheck)])
    if n_rows == 0:
        empty = Breach(table, file, "", 0, (), "no rows; expected at least one")
        return breaches if (schema.metadata or {}).get(MAY_BE_EMPTY) else [*breaches, empty]
    breaches += counted
    for item in checks:
        if isinstance(item, PandasCheck):
            breaches += _pandas(connection, source, item, [c for c in schema.columns if c in kinds])
    for key in _keys(schema):
        if not set(key) & faulty and set(key) <= set(kinds):
            breaches += _unique(connection, source, key)
    return breaches


def _keys(schema: Any) -> list[list[str]]:
    keys = [[name] for name, column in schema.columns.items() if column.unique]
    return keys + ([list(schema.unique)] if schema.unique else [])


def frame_check(connection: duckdb.DuckDBPyConnection, item: Any) -> PandasCheck:
    """A check of a whole frame; it must judge each row on its own."""
    return PandasCheck("", translate(connection, "", "any", item).expected, item)


def _columns(
    connection: duckdb.DuckDBPyConnection, source: Source, schema: Any, kinds: Mapping[str, str]
) -> list[Breach]:
    """Missing, unexpected and wrongly typed columns."""
    breaches = []
    for name, column in schema.columns.items():
        wanted = family(column.dtype)
        if name not in kinds:
            if column.required:
                text = f"column is missing; expected {FAMILY_NAMES[wanted]}"
                breaches.append(Breach(source.table, source.label, name, 0, (), text))
            continue
        given = duck_family(kinds[name])
        fits = given == wanted or wanted == "any" or (wanted == "number" and given == "integer")
        if source.dialect is None and not fits:
            text = f"wrong type, {FAMILY_NAMES[given]}; expected {FAMILY_NAMES[wanted]}"
            text += _misfits(connection, source, name, whole=(given, wanted) == WHOLE)
            breaches.append(Breach(source.table, source.label, name, 0, (), text))
    if schema.strict is True:
        for name in kinds:
            if name not in schema.columns:
                text = "unexpected column; expected " + ", ".join(schema.columns)
                breaches.append(Breach(source.table, source.label, name, 0, (), text))
    return breaches


def _misfits(
    connection: duckdb.DuckDBPyConnection, source: Source, name: str, *, whole: bool
) -> str:
    """How many rows of a column of the wrong type hold what does not belong there.

    Where whole numbers lie among others, as when a missing value has made a column decimal,
    these are the rows without a whole number; otherwise all rows with a value.
    """
    view, quoted = f"numbered.{identifier(source.table)}", identifier(name)
    bad = f"{quoted} IS NOT NULL"
    if whole:
        bad = f"{quoted} IS NULL OR isnan({quoted}) OR {quoted} <> floor({quoted})"
    sql = f"SELECT count_if({bad}) FROM {view}"
    count = (run(connection, sql, where=source.label).fetchone() or (0,))[0]
    if not count:
        return ""
    rows = _first(connection, f"SELECT {FILE}, {ROW} FROM {view} WHERE {bad}")
    kind = " missing or with decimals" if whole else ""
    return f" ({Breach(source.table, source.label, name, count, rows, '').counted()}{kind})"


def _count(
    connection: duckdb.DuckDBPyConnection, source: Source, checks: Sequence[SqlCheck]
) -> tuple[int, list[Breach]]:
    """Number of rows, and the breaches of all SQL checks, counted in one pass over the table."""
    breaches: list[Breach] = []
    n_rows = 0
    for text in (False, True):
        if text and source.dialect is None:
            continue
        chosen = [item for item in checks if item.text == text]
        view = f"numbered.{identifier(source.table + ('_text' if text else ''))}"
        counts = "".join(f", count_if({item.bad})" for item in chosen)
        row = run(connection, f"SELECT count(*){counts} FROM {view}", where=source.label).fetchone()
        n_rows, *failed = row or (0,)
        for item, count in zip(chosen, failed, strict=True):
            if count:
                first = _first(connection, f"SELECT {FILE}, {ROW} FROM {view} WHERE {item.bad}")
                expected = item.expected + _hint(connection, view, item)
                breaches.append(
                    Breach(source.table, source.label, item.column, count, first, expected)
                )
    return n_rows, breaches


def _first(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[tuple[str, int], ...]:
    ordered = f"SELECT * FROM ({sql}) ORDER BY {FILE}, {ROW} LIMIT {FIRST_ROWS}"
    return tuple(run(connection, ordered).fetchall())


def _hint(connection: duckdb.DuckDBPyConnection, view: str, item: SqlCheck) -> str:
    """Say so when a spreadsheet has turned "03" into 3."""
    if not item.expected.startswith('one of "'):
        return ""
    padded = item.bad.replace(identifier(item.column), f"lpad({identifier(item.column)}, 2, '0')")
    sql = f"SELECT count_if({item.bad}) = count_if(({item.bad}) AND NOT ({padded})) FROM {view}"
    row = run(connection, sql).fetchone()
    return " (leading zeros are lost)" if row and row[0] else ""


def _pandas(
    connection: duckdb.DuckDBPyConnection, source: Source, item: PandasCheck, names: list[str]
) -> list[Breach]:
    try:
        failed = failing_rows(connection, source.table, item, names)
        first = tuple(itertools.islice(failed, FIRST_ROWS))
        count = len(first) + sum(1 for _ in failed)
    except ContractError:
        raise
    except Exception as error:  # the rule is the study's own code; its message may hold data
        text = f"the rule «{item.expected}» could not be evaluated ({type(error).__name__})"
        return [Breach(source.table, source.label, item.column, 0, (), text)]
    if not count:
        return []
    return [Breach(source.table, source.label, item.column, count, first, item.expected)]


def _unique(
    connection: duckdb.DuckDBPyConnection, source: Source, key: Sequence[str]
) -> list[Breach]:
    """Rows that repeat an earlier key. Keys are compared by hash first, then in full."""
    view = f"numbered.{identifier(source.table)}"
    listed = ", ".join(identifier(name) for name in key)
    twice = f"SELECT hash({listed}) AS h FROM {view} GROUP BY h HAVING count(*) > 1"
    run(connection, f"CREATE OR REPLACE TEMP TABLE twice AS {twice}", where=source.label)
    if not (run(connection, "SELECT count(*) FROM twice").fetchone() or (0,))[0]:
        return []
    repeated = (
        f"SELECT {FILE}, {ROW} FROM {view} WHERE hash({listed}) IN (SELECT h FROM twice) "
        f"QUALIFY row_number() OVER (PARTITION BY {listed} ORDER BY {FILE}, {ROW}) > 1"
    )
    row = run(connection, f"SELECT count(*) FROM ({repeated})", where=source.label).fetchone()
    count = row[0] if row else 0
    if not count:
        return []
    text = f"one row per {', '.join(key)}"
    first = _first(connection, repeated)
    return [Breach(source.table, source.label, ", ".join(key), count, first, text)]


def check_rule(
    connection: duckdb.DuckDBPyConnection, rule: Rule, found: Mapping[str, Source], *, strict: bool
) -> list[Breach]:
    """Breaches of a rule across tables.

    With `strict` an error in the rule's SQL is raised; otherwise it is taken to follow from a
    column already found missing or wrong.
    """
    try:
        described = connection.execute(f"DESCRIBE {rule.sql}").fetchall()
    except QUERY_ERRORS:
        if strict:
            raise
        return []
    names = {row[0] for row in described}
    label = found[rule.table].label if rule.table in found else rule.table
    row = run(connection, f"SELECT count(*) FROM ({rule.sql})", where=label).fetchone()
    count = row[0] if row else 0
    if not count:
        return []
    first = (
        _first(connection, f"SELECT {FILE}, {ROW} FROM ({rule.sql})")
        if {ROW, FILE} <= names
        else ()
    )
    expected = rule.expected
    if "what" in names:
        sql = f"SELECT DISTINCT what FROM ({rule.sql}) ORDER BY 1 LIMIT {FIRST_ROWS}"
        expected += (
            f" (first: {', '.join(str(item[0]) for item in run(connection, sql).fetchall())})"
        )
    return [Breach(rule.table, label, rule.column, count, first, expected)]


__all__ = ["Breach", "Rule", "check", "check_tables", "describe", "require"]


def check(study: str, data: Path, parameters: StudyParameters | None = None) -> list[Breach]:
    """All breaches of a study's contract by the extracts in a folder."""
    declared = catalogue.module(study, "contracts")
    return check_tables(declared.TABLES, Path(data), _rules(declared, parameters))


def _rules(declared: ModuleType, parameters: StudyParameters | None) -> tuple[Rule, ...]:
    always = tuple(getattr(declared, "RULES", ()))
    if parameters is None or not hasattr(declared, "rules_for"):
        return always
    return always + tuple(declared.rules_for(parameters))


def require(study: str, data: Path, parameters: StudyParameters | None = None) -> None:
    """Raise one ContractError that lists every breach; remember extracts that have none.

    Extracts with the same fingerprint are not checked again until contract, checks or the
    list of counties change.
    """
    data = Path(data)
    declared = catalogue.module(study, "contracts")
    passed = _passed(study, data, tuple(declared.TABLES), _rules(declared, parameters))
    if passed is None or not passed.exists():
        breaches = check(study, data, parameters)
        if breaches:
            raise ContractError(describe(study, data, breaches))
        if passed is not None:
            passed.parent.mkdir(parents=True, exist_ok=True)
            passed.touch()
    if parameters is not None and hasattr(declared, "require_known"):
        declared.require_known(data, parameters)


def _passed(
    study: str, data: Path, tables: tuple[str, ...], rules: tuple[Rule, ...]
) -> Path | None:
    """The file that says these extracts passed; None when they cannot even be opened."""
    try:
        found = reading.fingerprint(data, tables)
    except ContractError:
        return None
    digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode())
    digest.update(provenance.code_hash([f"studies.{study}.contracts", __name__]).encode())
    digest.update("\n".join(rule.sql for rule in rules).encode())
    for file in sorted(paths.params_dir().glob("*.yml")):
        digest.update(file.read_bytes())
    return paths.cache_dir() / "contracts" / f"{study}-{digest.hexdigest()[:24]}"


def describe(study: str, data: Path, breaches: Sequence[Breach]) -> str:
    """The breaches as one message."""
    number = f"{len(breaches)} breach{'' if len(breaches) == 1 else 'es'}"
    lines = [f"{data}: {number} of the contract of {study}"]
    return "\n".join(lines + [f"  {breach}" for breach in breaches])
