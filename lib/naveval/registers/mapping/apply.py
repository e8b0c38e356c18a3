"""Write an owner's extract as a contract's tables, by a mapping; row by row, never whole.

Every value is read exactly or refused with file, column and rows; the columns of all tables are
told at once. Each row keeps the owner's file and row, which `check` names. Ids become whole numbers
that depend on the id alone: one written in digits is that number, any other is taken from its
SHA-256 in small letters, so that neither case nor order nor the kind of file matters. Two ids that
would become one are refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb

from naveval.project import catalogue, municipalities, parameters, places
from naveval.project.errors import ContractError, ParameterError, how_many
from naveval.registers import forms, grammar, sources, unknown
from naveval.registers.connections import DAMAGED, connect, identifier, quote, run
from naveval.registers.damage import explained
from naveval.registers.dialects import Dialect
from naveval.registers.grammar import Family
from naveval.registers.mapping import refusals
from naveval.registers.mapping.refusals import Owned, plain
from naveval.registers.mapping.source import ColumnMapping, SourceMapping, TableMapping
from naveval.registers.rules import shapes
from naveval.registers.sources import ENDINGS, Source
from naveval.registers.views import (
    FILE,
    OWNER_FILE,
    OWNER_ROW,
    ROW,
    columns,
    create_views,
    duck_family,
    family,
    raw_view,
)

TOLERANCE = 1e-6  # of a whole number after a factor, for what floating point leaves
HASH_DIGITS = 15  # 60 bits of a whole number of 64


@dataclass(frozen=True)
class Written:
    """A table that was written: its file, the owner's rows, those kept, those each filter drops."""

    file: Path
    given: int
    kept: int
    dropped: Mapping[str, int]

    def __str__(self) -> str:
        """The file and its rows.

        >>> str(Written(Path("a.parquet"), 9, 6, {"where: KIND": 3, "without: PLACE": 1}))
        'a.parquet: 6 of 9 rows; left out: 3 by where: KIND, 1 by without: PLACE'
        """
        each = ", ".join(f"{n} by {name}" for name, n in self.dropped.items())
        rows = f"{self.kept} of {how_many(self.given, 'row')}"
        return f"{self.file}: {rows}; left out: {each or 'none'}"


def write(found: SourceMapping, data: Path, out: Path) -> list[Written]:
    """Write one Parquet file per table to a new, private folder.

    Returns
    -------
    What became of the rows of each table; a row can be left out by several filters.

    Raises
    ------
    ParameterError
        When the folder exists.
    ContractError
        When a file or column is missing, or a value cannot be read; nothing is left behind.
    """
    if out.exists():
        raise ParameterError(f"--out {out}: exists already; name a new folder")
    schemas = catalogue.module(found.study, "contracts").TABLES
    connection, folder = connect()
    register_places(connection, parameters.model(found.study).COUNTY_YEAR)
    staging = out.with_name(f"{out.name}.part")
    staging.mkdir(parents=True, mode=0o700)
    try:
        faults: list[str] = []
        written: list[Written] = []
        for table, mapping in found.tables.items():
            try:
                source = source_of(data, table, mapping)
                create_views(connection, source, SimpleNamespace(columns={}), folder)
                target = quote(staging / f"{table}.parquet")
                rows = kept(connection, source, mapping)
                sql = select(connection, source, mapping, schemas[table], rows.sql)
                if not faults:
                    copied = f"COPY ({sql}) TO {target} (FORMAT parquet)"
                    (n,) = run(connection, copied, where=source.label).fetchone() or (0,)
                    file, given = out / f"{table}.parquet", rows.given if rows.dropped else n
                    written.append(Written(file, given, n, rows.dropped))
            except ContractError as error:
                damaged = DAMAGED in str(error)
                words = explained(error, connection, source, folder) if damaged else f"{error}"
                faults.append(f"{source.label}: {words}" if damaged else words)
        if faults:
            raise ContractError("\n".join(faults))
        staging.rename(out)
    finally:
        connection.close()
        for left in sorted(staging.glob("*")) if staging.exists() else ():
            left.unlink()
        if staging.exists():
            staging.rmdir()
    return written


def source_of(data: Path, table: str, mapping: TableMapping) -> Source:
    """The owner's files of a table; every name or pattern must find one."""
    chosen: list[Path] = []
    for pattern in mapping.files:
        if ".." in Path(pattern).parts or Path(pattern).is_absolute():
            raise ContractError(
                f"{table}: file {pattern} lies outside {data.name}; expected a name or pattern "
                "within the folder of --data"
            )
        hits = sorted(path for path in data.rglob("*") if _is(path, data, pattern))
        if not hits:
            raise ContractError(
                f"{table}: no file {pattern} in {data.name}; expected names or patterns of files"
            )
        beside = _beside(data, pattern, hits)
        if beside:
            raise ContractError(
                f"{table}: the pattern {pattern} leaves {', '.join(beside)} out by its ending; "
                "expected files of one kind, or the names of all"
            )
        chosen += [path for path in hits if path not in chosen]
    return sources.of_files(table, data, tuple(chosen))


def _beside(data: Path, pattern: str, hits: list[Path]) -> list[str]:
    """Files that a pattern leaves out by their ending alone, such as a part that was gzipped."""
    stem = _without_ending(pattern)
    if "*" not in stem:
        return []
    others = (path for path in sorted(data.rglob("*")) if path.is_file() and path not in hits)
    names = [path.relative_to(data).as_posix() for path in others if sources.is_data(path.name)]
    return [name for name in names if fnmatch(_without_ending(name), stem)]


def _without_ending(name: str) -> str:
    ending = next((end for end in ENDINGS if name.lower().endswith(end)), "")
    return name.lower().removesuffix(ending)


def _is(path: Path, data: Path, pattern: str) -> bool:
    relative = path.relative_to(data).as_posix().lower()
    return path.is_file() and fnmatch(relative, pattern.lower())


def select(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    mapping: TableMapping,
    schema: Any,
    rows: str,
) -> str:
    """SQL of a contract's table; raises when a value of the owner's `rows` cannot be read."""
    kinds, faults = _kinds(connection, source), []
    persons = (c.from_.casefold() for c in mapping.columns.values() if c.id)
    ids = next((identifier(kinds[name][0]) for name in persons if name in kinds), "")
    cells = []
    _same_shape(connection, source, mapping, schema, kinds)
    for name, column in mapping.columns.items():
        declared = schema.columns[name]
        wanted = family(declared.dtype)
        if column.value is not None:
            cells.append(f"{_typed(column.value, wanted)} AS {identifier(name)}")
            continue
        try:
            given, kind = _place(source, kinds, column.from_)
            known = _present(given, kind, column)
            dialect = source.dialects[0] if source.dialects else grammar.PLAIN
            value = value_sql(known, kind, column, wanted, dialect)
            if column.places:
                value = placed(_text(plain(known, kind)), name)
            if column.form and (name, wanted) == ("month", "date"):
                value = f"date_trunc('month', {value})"
            owned = Owned(connection, source, rows, known, kind, name, declared, column, ids)
            refusals.refuse(owned, value)
        except ContractError as error:
            if DAMAGED in str(error):
                raise
            faults.append(str(error))
        else:
            if column.blank is not None:
                blank = _meant(column.blank, wanted)
                value = f"CASE WHEN {known} IS NULL THEN {blank} ELSE {value} END"
            cells.append(f"{value} AS {identifier(name)}")
    if faults:
        raise ContractError("\n".join(faults))
    cells += [f"{FILE} AS {OWNER_FILE}", f"{ROW} AS {OWNER_ROW}"]
    return f"SELECT {', '.join(cells)} FROM ({rows})"


def _same_shape(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    mapping: TableMapping,
    schema: Any,
    kinds: Mapping[str, tuple[str, str]],
) -> None:
    """Refuse one column of several that a table has by month or code, and one row of several."""
    given = {column.from_.casefold() for column in mapping.columns.values() if column.from_}
    filled = [name for name, column in mapping.columns.items() if column.value is not None]
    several, shape = shapes.wide([name for name, _ in kinds.values()], filled, schema)
    if not given & {name.casefold() for name in several}:
        left = {name: kind for key, (name, kind) in kinds.items() if key not in given}
        shape = ""
        if filled:
            lacking = [*filled, *(name for name in mapping.columns if name.casefold() not in kinds)]
            view = raw_view(source.table)
            shape = shapes.long(connection, view, left, lacking, source.label)
    if shape:
        raise ContractError(f"{source.files[0].name}: {shape}")


@dataclass(frozen=True)
class Kept:
    """SQL of the rows that the filters leave; how many there are, and each drops."""

    sql: str
    given: int
    dropped: Mapping[str, int]


def kept(connection: duckdb.DuckDBPyConnection, source: Source, mapping: TableMapping) -> Kept:
    """The rows that `where` and `without` leave; raises when there are none."""
    view, kinds = raw_view(source.table), _kinds(connection, source)
    conditions, faults = {}, []
    for verb, filters in (("where", mapping.where), ("without", mapping.without)):
        for column, values in filters.items():
            try:
                name, kind = _place(source, kinds, column)
            except ContractError as error:
                faults.append(str(error))
                continue
            text = f"coalesce({_text(plain(name, kind))}, '')"
            inside = f"{text} IN ({', '.join(map(_literal, values))})"
            alike = f"lower({text}) IN ({', '.join(_literal(str(v).lower()) for v in values)})"
            refusals.written_otherwise(source, connection, view, name, f"{alike} AND NOT {inside}")
            conditions[f"{verb}: {column}"] = inside if verb == "where" else f"NOT ({inside})"
    if faults:
        raise ContractError("\n".join(faults))
    if not conditions:  # nor are the rows counted
        return Kept(f"SELECT * FROM {view}", 0, {})
    together = " AND ".join(conditions.values())
    counts = "".join(f", count_if(NOT ({one}))" for one in conditions.values())
    sql = f"SELECT count_if({together}), count(*){counts} FROM {view}"
    left, n_rows, *each = run(connection, sql, where=source.label).fetchone() or (0, 0)
    dropped = {name: n or 0 for name, n in zip(conditions, each, strict=True)}  # NULL of no rows
    if n_rows and not left:
        told = "; ".join(f"{name} keeps {n_rows - n} of {n_rows}" for name, n in dropped.items())
        raise ContractError(
            f"{source.label}: no row of {source.table} is left ({told}); expected codes as the "
            "file has them (case and zeros in front matter)"
        )
    return Kept(f"SELECT * FROM {view} WHERE {together}", n_rows, dropped)


def _kinds(connection: duckdb.DuckDBPyConnection, source: Source) -> dict[str, tuple[str, str]]:
    """Name and type of the owner's columns, by their name in small letters."""
    found = columns(connection, raw_view(source.table), raw_view(source.table))
    return {
        name.casefold(): (name, kind) for name, kind in found.items() if name not in (ROW, FILE)
    }


def _place(source: Source, kinds: dict[str, tuple[str, str]], column: str) -> tuple[str, str]:
    if column.casefold() not in kinds:
        there = unknown.columns(name for name, _ in kinds.values())
        raise ContractError(
            f"{source.label}: column {column} of the mapping is missing; expected one of {there}"
        )
    name, kind = kinds[column.casefold()]
    return identifier(name), kind


def _text(expression: str) -> str:
    return grammar.trimmed(f"CAST({expression} AS VARCHAR)")


def _literal(value: Any) -> str:
    return quote(str(value).lower() if isinstance(value, bool) else value)


def _typed(value: Any, wanted: Family) -> str:
    if wanted in ("integer", "number", "boolean"):
        return str(value).lower()
    return f"DATE {quote(value)}" if wanted == "date" else quote(value)


def _meant(blank: Any, wanted: Family) -> str:
    """SQL of what a cell without a value means."""
    return grammar.cell(_literal(blank), wanted, grammar.PLAIN)


def _present(given: str, kind: str, column: ColumnMapping) -> str:
    """The owner's value, NULL where it means none."""
    known = f"nullif({_text(given)}, '')" if kind == "VARCHAR" else given
    if kind in ("DOUBLE", "FLOAT"):
        known = f"CASE WHEN isnan({given}) THEN NULL ELSE {given} END"
    if column.missing:
        shown = f"strftime({known}, '%Y-%m-%d')" if kind.startswith(("DATE", "TIME")) else known
        listed = ", ".join(map(_literal, column.missing))
        texts = dict.fromkeys((_text(shown), _text(plain(shown, kind))))  # 9 of SAS is 9.0
        none = " OR ".join(f"{text} IN ({listed})" for text in texts)
        known = f"CASE WHEN {none} THEN NULL ELSE {known} END"
    return known


def value_sql(
    known: str, kind: str, column: ColumnMapping, wanted: Family, dialect: Dialect
) -> str:
    """SQL of the contract's value; NULL where the owner's cannot be read."""
    if column.id:
        return canonical_id(known, duck_family(kind))
    if column.codes:
        cases = " ".join(
            f"WHEN {_literal(code)} THEN {_literal(meant)}" for code, meant in column.codes.items()
        )
        given = f"coalesce({_text(plain(known, kind))}, '')" if "" in column.codes else ""
        given = given or _text(plain(known, kind))
        return grammar.cell(f"CASE {given} {cases} END", wanted, grammar.PLAIN)
    if column.form == "date":
        day = f"CAST({known} AS TIMESTAMP)" if duck_family(kind) == "date" else "NULL"
        return forms.dated(day, wanted)
    if column.form:
        return forms.dated(forms.day(_text(plain(known, kind)), column.form), wanted)
    if column.pad:
        return f"lpad({_text(plain(known, kind))}, {column.pad}, '0')"
    if kind == "VARCHAR":
        read = grammar.cell(known, "number" if column.times != 1 else wanted, dialect)
    else:
        read = _exact(known, kind, "number" if column.times != 1 else wanted)
    if column.times == 1:
        return read
    scaled = f"({read}) * {column.times!r}"
    if wanted != "integer":
        return scaled
    near = f"abs({scaled} - round({scaled})) < {TOLERANCE}"
    return f"CASE WHEN {near} THEN TRY_CAST(round({scaled}) AS BIGINT) END"


def known_places(year: int) -> dict[str, dict[str, str]]:
    """What the codes and names of places become in a year, by the contract's column."""
    codes = municipalities.in_counties(year)
    listed = (*places.county_list().counties, *places.counties(year))
    names = {item.name.casefold(): codes[item.code] for item in listed if item.code in codes}
    return {
        "county": codes | names,
        "municipality": municipalities.recoded(year),
    }


def register_places(connection: duckdb.DuckDBPyConnection, year: int) -> None:
    """Make the table that `placed` looks places up in, for the contract's year."""
    rows = [(kind, *pair) for kind, codes in known_places(year).items() for pair in codes.items()]
    kinds, given, codes = map(list, zip(*rows, strict=True))
    connection.execute(
        "CREATE TEMP TABLE known_places AS "
        "SELECT unnest($1) AS kind, unnest($2) AS given, unnest($3) AS code",
        [kinds, given, codes],
    )


def placed(text: str, kind: str) -> str:
    """SQL of a place's code in the contract's year; zeros in front may be lost."""
    digits = f"regexp_full_match({text}, '[0-9]|[0-9]{{3}}')"
    plain = (
        f"CASE WHEN {digits} THEN '0' || {text} ELSE trim(split_part(lower({text}), ' - ', 1)) END"
    )
    return f"(SELECT code FROM known_places WHERE kind = {quote(kind)} AND given = {plain})"


def _exact(known: str, kind: str, wanted: Family) -> str:
    given = duck_family(kind)
    if wanted == "text" and given != "text":
        return f"CAST({plain(known, kind)} AS VARCHAR)"
    if wanted == "integer" and given == "number":
        return plain(known, kind)
    if wanted == "number" and given in ("integer", "number"):
        return f"CAST({known} AS DOUBLE)"
    if wanted == "boolean" and given in ("integer", "number"):
        return f"CASE WHEN {known} = 1 THEN true WHEN {known} = 0 THEN false END"
    if wanted == "date" and given == "date":
        return f"CAST({known} AS TIMESTAMP)"
    return known if given == wanted else "NULL"


def canonical_id(known: str, given: Family) -> str:
    """SQL of the whole number that stands for an id of any type; NULL where there is none.

    >>> import duckdb
    >>> sql = canonical_id("x", "text")
    >>> rows = duckdb.sql(f"SELECT {sql} FROM (VALUES ('017'), ('Ab'), ('aB')) t(x)").fetchall()
    >>> rows[0], rows[1] == rows[2], rows[1][0] > 0
    ((17,), True, True)
    """
    if given in ("integer", "number"):
        whole = f"{known} = floor({known}) AND abs({known}) < 9e15"
        return f"CASE WHEN {whole} THEN TRY_CAST({known} AS BIGINT) END"
    text = f"lower({_text(known)})"
    hashed = f"TRY_CAST('0x' || left(sha256({text}), {HASH_DIGITS}) AS BIGINT)"
    digits = f"TRY_CAST({text} AS BIGINT)"
    return f"CASE WHEN regexp_full_match({text}, '[0-9]{{1,18}}') THEN {digits} ELSE {hashed} END"
