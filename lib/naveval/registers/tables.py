"""Check register tables against their schemas and rules, in DuckDB, and find every breach."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from naveval.project.errors import ContractError
from naveval.registers import forms, grammar, sources, unknown
from naveval.registers.checks import (
    FAMILY_NAMES,
    PERSON,
    PRESENT,
    PSEUDONYMS,
    Check,
    PandasCheck,
    SqlCheck,
    allowed_values,
    column_checks,
    failing_rows,
    identity_numbers,
    means_nothing,
    mixed,
    translate,
)
from naveval.registers.connections import identifier, run, words_of
from naveval.registers.damage import explained, unfinished
from naveval.registers.grammar import Family
from naveval.registers.rules import shapes
from naveval.registers.rules.breaches import FIRST_FILE, FIRST_ROW, Breach, Rule
from naveval.registers.rules.coverage import Need
from naveval.registers.rules.evaluation import (
    FIRST_ROWS,
    check_need,
    check_rule,
    first_rows,
    merged,
    repeating,
)
from naveval.registers.rules.signs import PLACES
from naveval.registers.sources import Source
from naveval.registers.views import (
    FILE,
    ROW,
    Opened,
    columns,
    create_views,
    disagreements,
    duck_family,
    family,
    hold,
    moment,
    opened,
    raw_view,
    text_dialect,
)

WIDTHS = (2, 4)  # of codes of digits: counties; municipalities and offices
MIDNIGHTS = (
    "days; all are at midnight or at 22 or 23 hours the evening before, as midnights of another "
    "time zone are: write days alone"
)
FOR_NOTHING = ("ukjent", "ingen")  # codes for no value
MAY_BE_EMPTY = "may_be_empty"
WHOLE = ("number", "integer")


def check_tables(
    tables: Mapping[str, Any],
    data: Path,
    rules: Iterable[Rule] = (),
    needs: Iterable[Need] = (),
) -> list[Breach]:
    """All breaches of pandera schemas, by table name, of rules across tables, and of coverage.

    Every table is looked at, whatever is wrong with the others.
    """
    with opened() as at:
        return breaches_within(at, tables, data, rules, needs)


def breaches_within(
    at: Opened,
    tables: Mapping[str, Any],
    data: Path,
    rules: Iterable[Rule] = (),
    needs: Iterable[Need] = (),
) -> list[Breach]:
    """As `check_tables`; the tables that can be read stay open in `at`."""
    breaches = breaches_of_tables(at, tables, data)
    return breaches + breaches_of_rules(at, rules, needs, breaches)


def breaches_of_tables(at: Opened, tables: Mapping[str, Any], data: Path) -> list[Breach]:
    """What is wrong with each table by itself; those that can be read stay open in `at`."""
    connection, folder, found = at.connection, at.folder, at.sources
    breaches: list[Breach] = []
    for table, schema in tables.items():
        try:
            source = sources.find(data, table)
            create_views(connection, source, schema, folder)
            found[table] = source
            breaches += breaches_of(connection, source, schema)  # keeps those before an error
            breaches += [_unfinished(source, name) for name in unfinished(source)]
            hold(connection, source, folder)
        except ContractError as error:
            file, text = table, str(error).removeprefix(f"{table}: ")
            if table in found:
                file = found[table].label
                text = explained(error, connection, found[table], folder)
            breaches.append(Breach(table, file, "", 0, (), text))
    for name in sources.astray(data, tables) if data.is_dir() else ():
        text = "looks like a part of a table; expected one folder with all parts, or another name"
        breaches.append(Breach("", name, "", 0, (), text))
    return breaches


def breaches_of_rules(
    at: Opened, rules: Iterable[Rule], needs: Iterable[Need], before: Sequence[Breach] = ()
) -> list[Breach]:
    """What rules and needs say of open tables, of which something may be found wrong `before`."""
    breaches = list(before)
    faulty = {breach.column for breach in breaches} & {*PLACES, "industry"}
    for rule in rules:
        if not faulty & words_of(rule.sql):  # its message could show what is there
            breaches += check_rule(at.connection, rule, at.sources, strict=not breaches)
    lacking = [check_need(at.connection, need, at.sources, strict=not breaches) for need in needs]
    return breaches[len(before) :] + merged(itertools.chain(*lacking))


def _unfinished(source: Source, name: str) -> Breach:
    text = f"{name} has no line end after its last row; expected one: the file may be cut there"
    return Breach(source.table, source.label, "", 0, (), text, warning=True)


def breaches_of(
    connection: duckdb.DuckDBPyConnection, source: Source, schema: Any
) -> Iterator[Breach]:
    """All breaches of one table's schema, as they are found.

    Raises
    ------
    ContractError
        When the files are damaged; what was found before has been handed out.
    """
    table, file = source.table, source.label
    kinds = columns(connection, identifier(table), file)
    raw = columns(connection, raw_view(table), file)
    found = list(_columns(connection, source, schema, kinds, raw))
    yield from found
    faulty = {breach.column for breach in found}
    for key, sql in disagreements(connection, source, schema).items():
        text = "the value that the name of its folder tells"
        yield from _rows(connection, source, key, sql, text)
    checks: list[Check] = []
    for name, column in schema.columns.items():
        if name in kinds and name not in faulty:
            checks += column_checks(connection, source, name, column, raw[name])
    if not faulty:
        checks += [_frame_check(connection, item) for item in schema.checks]
    counting = [item for item in checks if isinstance(item, SqlCheck)]
    n_rows, counted = _count(connection, source, schema, counting)
    if n_rows == 0:
        allowed = bool((schema.metadata or {}).get(MAY_BE_EMPTY))
        text = "no rows; expected at least one" + ", unless there is nobody to tell of" * allowed
        yield Breach(table, file, "", 0, (), text, warning=allowed)
        return
    yield from counted
    if PERSON in kinds and PERSON not in faulty:
        rows = f"SELECT * FROM numbered.{identifier(table)}"
        found_ids = identity_numbers(connection, rows, PERSON, file)
        if found_ids:
            yield from _rows(connection, source, PERSON, found_ids, PSEUDONYMS)
    yield from _mixed_forms(connection, source, schema, raw)
    yield from _moved(connection, source, schema, raw)
    for item in checks:
        if isinstance(item, PandasCheck):
            there = [name for name in schema.columns if name in kinds]
            yield from _pandas(connection, source, item, there)
    for names in _keys(schema):
        if not set(names) & faulty and set(names) <= set(kinds):
            yield from _unique(connection, source, names)


def _rows(
    connection: duckdb.DuckDBPyConnection, source: Source, column: str, sql: str, expected: str
) -> list[Breach]:
    """The breach that a query for rows finds, if any."""
    row = run(connection, f"SELECT count(*) FROM ({sql})", where=source.label).fetchone()
    if not row or not row[0]:
        return []
    return [
        Breach(source.table, source.label, column, row[0], first_rows(connection, sql), expected)
    ]


def _mixed_forms(
    connection: duckdb.DuckDBPyConnection, source: Source, schema: Any, raw: Mapping[str, str]
) -> Iterator[Breach]:
    """Columns of numbers in text that mix two forms; the rarer one is told with its rows."""
    view = raw_view(source.table)
    pairs = [
        (name, words, pair)
        for name, column in schema.columns.items()
        if name in raw and family(column.dtype) in WHOLE
        for dialect in [text_dialect(source, name)]
        if dialect is not None
        for words, pair in grammar.rivals(identifier(name), family(column.dtype), dialect).items()
    ]
    for name, words, bad in mixed(connection, view, pairs, source.label):
        sql = f"SELECT {FILE}, {ROW} FROM {view} WHERE {bad}"
        yield from _rows(connection, source, name, sql, words)


def _moved(
    connection: duckdb.DuckDBPyConnection, source: Source, schema: Any, raw: Mapping[str, str]
) -> Iterator[Breach]:
    """Columns of days whose times of day say that they are midnights of another zone."""
    view = raw_view(source.table)
    moments = {
        name: of
        for name, column in schema.columns.items()
        if name in raw
        and (of := moment(name, raw[name], family(column.dtype), text_dialect(source, name)))
    }
    counts = ", ".join(grammar.moved(of)[0] for of in moments.values())
    sql = f"SELECT {counts} FROM {view}"
    found = (run(connection, sql, where=source.label).fetchone() or ()) if moments else ()
    for (name, of), n in zip(moments.items(), found, strict=True):
        if n:
            bad = f"SELECT {FILE}, {ROW} FROM {view} WHERE {grammar.moved(of)[1]}"
            yield from _rows(connection, source, name, bad, MIDNIGHTS)


def _keys(schema: Any) -> list[list[str]]:
    keys = [[name] for name, column in schema.columns.items() if column.unique]
    return keys + ([list(schema.unique)] if schema.unique else [])


def _frame_check(connection: duckdb.DuckDBPyConnection, item: Any) -> PandasCheck:
    """A check of a whole frame; it must judge each row on its own."""
    return PandasCheck("", translate(connection, "", "any", item).expected, item)


def _columns(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    schema: Any,
    kinds: Mapping[str, str],
    raw: Mapping[str, str],
) -> Iterator[Breach]:
    """Missing and wrongly typed columns."""
    spelt = {_seen(name): name for name in kinds}
    for name, column in schema.columns.items():
        wanted = family(column.dtype)
        if name not in kinds:
            if column.required:
                text = f"column is missing; expected {FAMILY_NAMES[wanted]}"
                if other := spelt.get(name.casefold()):
                    text += f" ({_other_spelling(name, other)})"
                yield Breach(source.table, source.label, name, 0, (), text)
            continue
        given = duck_family(raw[name])
        if text_dialect(source, name) is None and not _fits(source, given, wanted):
            text = f"wrong type, {FAMILY_NAMES[given]}; expected {FAMILY_NAMES[wanted]}"
            text += _misfits(connection, source, name, whole=(given, wanted) == WHOLE)
            text += _form(connection, source, name, column) + sources.other_type(source, name)
            yield Breach(source.table, source.label, name, 0, (), text)
    lacking = [name for name, column in schema.columns.items() if name not in kinds]
    _, shape = shapes.wide(kinds, lacking, schema)
    if len(lacking) > 1 and not shape:
        shape = shapes.long(connection, raw_view(source.table), raw, lacking, source.label)
    if shape:
        yield Breach(source.table, source.label, "", 0, (), shape)


def _seen(name: str) -> str:
    """A name in small letters without blanks and characters that are not seen, such as a BOM."""
    return "".join(c for c in name if c.isprintable() and not c.isspace()).casefold()


def _other_spelling(name: str, other: str) -> str:
    if other.casefold() == name.casefold():
        return f"there is {other}: case matters"
    return f"there is one with blanks or characters that are not seen: {other!a}"


def _fits(source: Source, given: Family, wanted: Family) -> bool:
    """Whether values of one family can be read as another, row by row if need be."""
    if given == wanted or wanted == "any" or (wanted == "number" and given == "integer"):
        return True
    return source.form in ("sas", "stata") and given in WHOLE and wanted in ("integer", "boolean")


def _misfits(
    connection: duckdb.DuckDBPyConnection, source: Source, name: str, *, whole: bool
) -> str:
    """How many rows of a column of the wrong type hold what does not belong there.

    Where whole numbers lie among others, as when a missing value has made a column decimal,
    these are the rows without a whole number; otherwise all rows with a value.
    """
    view, quoted = raw_view(source.table), identifier(name)
    bad = f"{quoted} IS NOT NULL"
    if whole:
        bad = f"{quoted} IS NULL OR isnan({quoted}) OR {quoted} <> floor({quoted})"
    sql = f"SELECT count_if({bad}) FROM {view}"
    count = (run(connection, sql, where=source.label).fetchone() or (0,))[0]
    if not count:
        return ""
    rows = first_rows(connection, f"SELECT {FILE}, {ROW} FROM {view} WHERE {bad}")
    kind = " missing or with decimals" if whole else ""
    return f" ({Breach(source.table, source.label, name, count, rows, '').counted()}{kind})"


def _count(
    connection: duckdb.DuckDBPyConnection, source: Source, schema: Any, checks: Sequence[SqlCheck]
) -> tuple[int, list[Breach]]:
    """Number of rows, and the breaches of all SQL checks, counted in one pass over the table."""
    breaches: list[Breach] = []
    n_rows = 0
    for raw in (True, False):
        chosen = [item for item in checks if item.raw == raw]
        if raw and not chosen:
            continue
        view = raw_view(source.table) if raw else f"numbered.{identifier(source.table)}"
        counts = "".join(f", count_if({item.bad})" for item in chosen)
        row = run(connection, f"SELECT count(*){counts} FROM {view}", where=source.label).fetchone()
        n_rows, *failed = row or (0,)
        for item, count in zip(chosen, failed, strict=True):
            if count:
                first = first_rows(connection, f"SELECT {FILE}, {ROW} FROM {view} WHERE {item.bad}")
                declared = schema.columns[item.column]
                expected = item.expected + _hint(connection, view, item, declared)
                if item.coded:
                    rows, code = f"SELECT * FROM {view}", identifier(item.column)
                    ids = identifier(PERSON) if PERSON in schema.columns else ""
                    listed = allowed_values(declared)
                    expected += unknown.told(connection, rows, item.bad, code, ids, listed)
                expected += _form(connection, source, item.column, declared)
                breaches.append(
                    Breach(source.table, source.label, item.column, count, first, expected)
                )
    return n_rows, breaches


def _hint(connection: duckdb.DuckDBPyConnection, view: str, item: SqlCheck, declared: Any) -> str:
    """The verb of a mapping that mends it.

    A spreadsheet has turned "03" into 3, marks stand for no value, cells have none, or rows are
    totals and unknown places.
    """
    last = _footer(connection, view, item) if item.raw else ""
    if last or item.expected == PRESENT:
        return last or ("" if item.column == PERSON else _blank(declared))
    name, words = identifier(item.column), {}
    listed = item.expected.startswith('one of "')
    for width in WIDTHS if listed or "regexp_matches" in item.bad else ():
        padded = item.bad.replace(name, f"lpad({name}, {width}, '0')")
        short = f"length({name}) < {width}"
        words[f" (leading zeros are lost: map with pad: {width})"] = f"{short} AND NOT ({padded})"
    marks = means_nothing(f"regexp_replace(CAST({name} AS VARCHAR), '[.]0$', '')")
    words[" (marks for no value: map them with missing or codes)"] = marks
    if listed and item.column in PLACES:
        whole = f"regexp_full_match({name}, '0+|9+')"
        words[" (rows of totals or unknown places: a mapping leaves them out by without)"] = whole
        digits = f"regexp_full_match({name}, '[0-9]{{2}}|[0-9]{{4}}')"
        words[" (places of other years: map them with places: true)"] = digits
    tests = ", ".join(f"bool_and({test})" for test in words.values())
    row = run(connection, f"SELECT {tests} FROM {view} WHERE {item.bad}").fetchone()
    return next((word for word, true in zip(words, row or (), strict=True) if true), "")


def _footer(connection: duckdb.DuckDBPyConnection, view: str, item: SqlCheck) -> str:
    """Say so when the row that breaks a rule is the last of a file: a total, or a remark."""
    last = f"{ROW} = (SELECT max({ROW}) FROM {view} AS file WHERE file.{FILE} = found.{FILE})"
    sql = f"SELECT bool_and({last}) FROM {view} AS found WHERE {item.bad}"
    row = run(connection, sql).fetchone()
    return " (the last row of the file: a total, or a footer?)" if row and row[0] else ""


def _blank(declared: Any) -> str:
    """How a mapping says what cells without a value mean, where the contract has a code for it."""
    codes = [code for code in allowed_values(declared) if code in FOR_NOTHING]
    if codes:
        return f' (cells without one: map them with codes: {{"": {codes[0]}}})'
    checks = [check for check in declared.checks if check.name != "greater_than"]
    least = [(check.statistics or {}).get("min_value") for check in checks]
    return " (cells that mean 0: map them with blank: 0)" if 0 in least else ""


def _form(connection: duckdb.DuckDBPyConnection, source: Source, name: str, declared: Any) -> str:
    """Say so when days or months have another form than the contract's, and what to write."""
    if not forms.is_dated(name, declared):
        return ""
    raw = raw_view(source.table)
    kind = columns(connection, raw, source.label)[name]
    given, wanted = identifier(name), family(declared.dtype)
    rows = f"SELECT * FROM {raw}"
    form, words = forms.other(connection, source, rows, given, kind, wanted)
    return f" (they look like {words}: map them with form: {form})" if form else ""


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
        f"SELECT {FILE}, {ROW}, first({FILE}) OVER same AS {FIRST_FILE}, first({ROW}) OVER same "
        f"AS {FIRST_ROW} FROM {view} WHERE hash({listed}) IN (SELECT h FROM twice) "
        f"WINDOW same AS (PARTITION BY {listed} ORDER BY {FILE}, {ROW}) "
        "QUALIFY row_number() OVER same > 1"
    )
    row = run(connection, f"SELECT count(*) FROM ({repeated})", where=source.label).fetchone()
    count = row[0] if row else 0
    if not count:
        return []
    text = f"one row per {' and '.join(key)}{repeating(connection, repeated, source.label)}"
    first = first_rows(connection, repeated)
    return [Breach(source.table, source.label, ", ".join(key), count, first, text)]
