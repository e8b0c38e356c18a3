"""Draft a mapping file from the names and contents of an owner's files.

A column is placed when its name, or one of the synonyms in `report/registers/common.yml`, is that
of the contract (case, underscores, words as nr and kode, and how æøå are written aside), or when
its few values are codes of one column only. A file is that of one table, by its name, or else by
its columns: those that few tables have weigh most. It is none that has one row per place and month
while the file has more, or persons. Where two files or two tables fit about as well, the table is
left open and the files are named. What could not be placed stands there to be filled in, with what
the contract asks for; a draft is to be read and completed, not used as it is.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import yaml

from naveval.project import catalogue, paths
from naveval.project.errors import ContractError
from naveval.project.parameters import read_yaml
from naveval.registers import forms, sources, unknown
from naveval.registers.checks import FAMILY_NAMES, PERSON, allowed_values, several
from naveval.registers.connections import connect, identifier, run
from naveval.registers.mapping.source import PLACES, TO_FILL
from naveval.registers.sources import ENDINGS, Source
from naveval.registers.views import columns, create_views, family

MOST_CODES = 12
LONGEST_CODE = 12
LEAST_ROWS = 10
LEAST_MATCH, LEAST_WEIGHT = 0.3, 2.0  # of a table's columns, or of columns no other table has
AS_GOOD = 0.1  # of a column
EMPTY_WORDS = re.compile(r"fk|nr|no|num|kode|kd|cd|kr|nok|pst|\d+|")
BOOLEANS = {"true", "false"}
TRUTHS: Mapping[str, Any] = {"ja": True, "nei": False}


@dataclass(frozen=True)
class Draft:
    """A drafted mapping, the columns it could not place, and files and columns it did not use.

    `asked` is what the contract asks for in the columns that are to be filled in, `candidates`
    the files that could be those of a table that was left open.
    """

    content: dict[str, Any]
    unplaced: tuple[str, ...]
    unused: tuple[str, ...]
    asked: Mapping[str, str]
    candidates: Mapping[str, tuple[str, ...]]

    def text(self) -> str:
        """The mapping file; `?` is to be filled in."""
        lines = [f"# {name}: {self._open(name)}" for name in self.unplaced]
        lines += [f"# {name}: {words}" for name, words in self.asked.items()]
        lines += [f"# {name}: not used" for name in self.unused]
        body = yaml.safe_dump(self.content, allow_unicode=True, sort_keys=False)
        return "\n".join([*lines, body])

    def _open(self, name: str) -> str:
        if name in self.candidates:
            return f"files not decided; choose among {', '.join(self.candidates[name])}"
        return "not found; give from or value" if "." in name else "no file found; name it"


def draft(study: str, data: Path) -> Draft:
    """Place every file and column of a folder as well as their names and contents allow.

    Raises
    ------
    ContractError
        When the folder is missing or has no file that can be read.
    """
    if not data.is_dir():
        raise ContractError(f"{data}: no such folder; expected a folder with register extracts")
    schemas = catalogue.module(study, "contracts").TABLES
    synonyms = read_yaml(paths.report_dir() / "registers" / "common.yml")["synonyms"]
    connection, folder = connect()
    opened = _open_all(connection, data, folder)
    if not opened:
        raise ContractError(f"{data}: no file that ends in {', '.join(ENDINGS)}")
    tables: dict[str, Any] = {}
    unplaced: list[str] = []
    used: set[str] = set()
    spare: list[str] = []
    chosen, candidates = _chosen(connection, opened, schemas, synonyms)
    for table, schema in schemas.items():
        best = chosen.get(table)
        parts = [] if best is None else _parts(opened, best)
        used |= {source.table for source in parts}
        placed = {} if best is None else _columns(connection, best, schema, synonyms)
        taken = {column["from"] for column in placed.values()}
        own = next((names for source, names in opened if source is best), {})
        left = [name for name in own if name not in taken]
        spare += [f"{table}: column {unknown.columns([name])}" for name in left]
        files = [source.path.relative_to(data).as_posix() for source in parts] or [TO_FILL]
        lacking = [f"{table}.{name}" for name in schema.columns if name not in placed]
        unplaced += [table] if best is None else lacking
        whole = {name: placed.get(name, {"from": TO_FILL}) for name in schema.columns}
        tables[table] = {"files": files, "columns": whole}
    connection.close()
    unused = tuple(source.path.name for source, _ in opened if source.table not in used)
    unused += tuple(spare)
    unused += tuple(
        f"{path.name} (no file that can be read; save it as CSV or Parquet)"
        for path in sorted(path for path in data.rglob("*") if path.is_file())
        if not sources.is_data(path.name) and not sources.is_passed_over(path.name)
    )
    asked = {
        f"{table}.{name}": _asked(schemas[table].columns[name])
        for table, drafted in tables.items()
        for name, column in drafted["columns"].items()
        if TO_FILL in (column["from"], *column.get("codes", {}).values())
    }
    content = {"study": study, "tables": tables}
    return Draft(content, tuple(unplaced), unused, asked, candidates)


def _asked(declared: Any) -> str:
    """What a contract asks for in a column, in words."""
    allowed = allowed_values(declared)
    return f"one of {several(allowed)}" if allowed else FAMILY_NAMES[family(declared.dtype)]


def plain(name: str) -> str:
    """A name without case, marks and accents, and with ø and å written in one way.

    >>> plain("Fødsels_År"), plain("FOEDSELSAAR")
    ('fodselsar', 'fodselsar')
    """
    text = name.lower().replace("ø", "o").replace("æ", "ae").replace("å", "a")
    text = text.replace("oe", "o").replace("aa", "a")
    text = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in text if letter.isascii() and letter.isalnum())


def called(name: str) -> set[str]:
    """A plain name, as it is and without words that say nothing of what it is.

    >>> sorted(called("FYLKE_NR")), called("KODE"), sorted(called("KOMMNR"))
    (['fylke', 'fylkenr'], {'kode'}, ['komm', 'kommnr'])
    """
    words = [word for word in re.split(r"[\W_]+", name) if not EMPTY_WORDS.fullmatch(word.lower())]
    whole, short = plain(name), plain("".join(words))
    return {whole, short, re.sub(r"(nr|kode)$", "", short)} - {""}


Opened = list[tuple[Source, dict[str, str]]]


def _open_all(connection: duckdb.DuckDBPyConnection, data: Path, folder: Path) -> Opened:
    found: Opened = []
    files = sorted(path for path in data.rglob("*") if path.is_file())
    for place, file in enumerate(file for file in files if sources.is_data(file.name)):
        source = sources.of_files(f"file_{place}", file, (file,))
        create_views(connection, source, SimpleNamespace(columns={}), folder)
        found.append((source, columns(connection, identifier(source.table), source.label)))
    return found


@dataclass(frozen=True)
class _Fit:
    """How well a file fits a table: the weight of the columns it has, more when it is named so.

    It is sure with the table's name, a column that no other table has, or most of the columns.
    """

    weight: float
    source: Source
    table: str
    sure: bool


def _chosen(
    connection: duckdb.DuckDBPyConnection,
    opened: Opened,
    schemas: Mapping[str, Any],
    synonyms: Mapping[str, list[str]],
) -> tuple[dict[str, Source], dict[str, tuple[str, ...]]]:
    """The file of each table, the best first; and, for tables left open, those that could be."""
    families: Opened = []
    for source, names in opened:
        if not any(source in _parts(opened, first) for first, _ in families):
            families.append((source, names))
    fits = [
        fit
        for source, names in families
        for table in schemas
        if (fit := _fit(connection, source, names, table, schemas, synonyms))
    ]
    fits.sort(key=lambda fit: -fit.weight)
    chosen: dict[str, Source] = {}
    doubtful: set[str] = set()
    for fit in fits:
        if fit.table in chosen or fit.source in chosen.values():
            continue
        rivals = [
            other
            for other in fits
            if other.table not in chosen
            and other.source not in chosen.values()
            and (other.source is fit.source) != (other.table == fit.table)
            and other.weight > fit.weight - AS_GOOD
        ]
        if rivals:
            doubtful |= {fit.table, *(other.table for other in rivals)}
        if fit.sure and fit.table not in doubtful:
            chosen[fit.table] = fit.source
    free = [fit for fit in fits if fit.source not in chosen.values()]
    candidates = {
        table: tuple(fit.source.path.name for fit in free if fit.table == table)
        for table in schemas
        if table not in chosen
    }
    return chosen, {table: names for table, names in candidates.items() if names}


def _fit(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    names: Mapping[str, str],
    table: str,
    schemas: Mapping[str, Any],
    synonyms: Mapping[str, list[str]],
) -> _Fit | None:
    """How a file's columns fit a table, None where the file cannot be the table's.

    A column weighs one, shared among the tables that have it.
    """
    named = _tables(source, schemas, synonyms)
    if named and table not in named:
        return None
    asked = schemas[table]
    placed = matched(names, asked.columns, synonyms)
    weights = [1 / sum(column in other.columns for other in schemas.values()) for column in placed]
    if named:
        return _Fit(len(asked.columns) + sum(weights), source, table, sure=True)
    if len(placed) < LEAST_MATCH * len(asked.columns) and sum(weights) < LEAST_WEIGHT:
        return None
    if matched(names, [PERSON], synonyms) and PERSON not in asked.columns:
        return None
    if _repeats(connection, source, asked.unique or (), placed):
        return None
    sure = 1 in weights or 2 * len(placed) > len(asked.columns)
    return _Fit(sum(weights), source, table, sure)


def _repeats(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    key: Iterable[str],
    placed: Mapping[str, str],
) -> bool:
    """Whether a file has several rows where the table has one per key."""
    listed = ", ".join(identifier(placed[name]) for name in key if name in placed)
    if not listed or not set(key) <= set(placed):
        return False
    sql = f"SELECT 1 FROM {identifier(source.table)} GROUP BY {listed} HAVING count(*) > 1 LIMIT 1"
    return run(connection, sql, where=source.label).fetchone() is not None


def _tables(source: Source, tables: Iterable[str], synonyms: Mapping[str, list[str]]) -> set[str]:
    """The tables that a file is named as."""
    named = plain(_without_digits(source.path.name.partition(".")[0]))
    return {table for table in tables if named in _names(table, synonyms)}


def _parts(opened: Opened, best: Source) -> list[Source]:
    """The file and those that differ from it in digits of the name alone, such as the year."""
    known = {
        source.table: (_without_digits(source.path.name), set(names)) for source, names in opened
    }
    return [source for source, _ in opened if known[source.table] == known[best.table]]


def _without_digits(name: str) -> str:
    return "".join(letter for letter in name.lower() if not letter.isdigit())


def _names(column: str, synonyms: Mapping[str, list[str]]) -> list[str]:
    """What a column is called, the most usual first."""
    return [plain(column), *map(plain, synonyms.get(column, ()))]


def matched(
    names: Iterable[str], asked: Iterable[str], synonyms: Mapping[str, list[str]]
) -> dict[str, str]:
    """The owner's column of each of the contract's: one each, the most alike first."""
    placed: dict[str, str] = {}
    forms = {name: called(name) for name in names}
    for most in (1, None):
        for column in asked:
            known = [] if column in placed else _names(column, synonyms)[:most]
            left = [name for name in forms if name not in placed.values()]
            hits = [name for word in known for name in left if word in forms[name]]
            if hits:
                placed[column] = hits[0]
    return placed


def _columns(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    schema: Any,
    synonyms: Mapping[str, list[str]],
) -> dict[str, Any]:
    kinds = columns(connection, identifier(source.table), source.label)
    placed = matched(kinds, schema.columns, synonyms)
    left = {name: kind for name, kind in kinds.items() if name not in placed.values()}
    codes = {name: _few_values(connection, source, name) for name in kinds}
    for column, declared in schema.columns.items():
        allowed = set(allowed_values(declared))
        fitting = [name for name in left if codes[name] and set(codes[name]) <= allowed]
        if column not in placed and len(fitting) == 1:
            placed[column] = fitting[0]
            left.pop(fitting[0])
    drafted: dict[str, Any] = {}
    rows = f"SELECT * FROM {identifier(source.table)}"
    for column, name in placed.items():
        declared, given = schema.columns[column], (identifier(name), kinds[name])
        drafted[column] = {"from": name} | _verbs(column, declared, codes[name])
        if column not in PLACES:
            drafted[column] |= _padding(connection, source, name, declared)
        if forms.is_dated(column, declared):
            wanted = family(declared.dtype)
            form, _ = forms.other(connection, source, rows, *given, wanted)
            drafted[column] |= {"form": form} if form else {}
    return drafted


def _verbs(column: str, declared: Any, values: tuple[str, ...]) -> dict[str, Any]:
    """The verbs that a column's few values call for."""
    truths = BOOLEANS if family(declared.dtype) == "boolean" else set()
    allowed = set(allowed_values(declared)) or truths
    if column == PERSON:
        return {"id": True}
    if column in PLACES:
        return {"places": True}
    padded = {value.zfill(_width(allowed)) for value in values}
    known = {value.lower() for value in values} <= allowed or padded <= allowed
    if not values or not allowed or known:
        return {}
    return {"codes": _begun(values, allowed) or dict.fromkeys(values, TO_FILL)}


def _begun(values: Iterable[str], allowed: Iterable[str]) -> dict[str, Any]:
    """The codes that all values are the first letters of, one each, as J of ja; else none.

    >>> _begun(["K", "M"], ["kvinne", "mann"]), _begun(["J", "N"], BOOLEANS), _begun("12", ["1a"])
    ({'K': 'kvinne', 'M': 'mann'}, {'J': True, 'N': False}, {})
    """
    words = TRUTHS if set(allowed) == BOOLEANS else {code: code for code in allowed}
    hits = {value: [w for w in words if w.startswith(value.lower())] for value in values}
    if any(len(found) != 1 for found in hits.values()):
        return {}
    return {value: words[found[0]] for value, found in hits.items()}


def _width(allowed: set[str]) -> int:
    """Length of codes of digits that are all equally long, else 0."""
    lengths = {len(code) for code in allowed if code.isdigit()}
    return lengths.pop() if len(lengths) == 1 and all(map(str.isdigit, allowed)) else 0


def _padding(
    connection: duckdb.DuckDBPyConnection, source: Source, name: str, declared: Any
) -> dict[str, Any]:
    """`pad` where codes of digits have lost the zeros in front."""
    width = _width(set(allowed_values(declared)))
    text = f"trim(CAST({identifier(name)} AS VARCHAR))"
    sql = f"SELECT min(length({text})) FROM {identifier(source.table)} WHERE {text} <> ''"
    row = run(connection, sql, where=source.label).fetchone() if width > 1 else None
    return {"pad": width} if row and row[0] is not None and row[0] < width else {}


def _few_values(
    connection: duckdb.DuckDBPyConnection, source: Source, name: str
) -> tuple[str, ...]:
    """The values of a column of codes; none when there are many, long or rare ones."""
    text = f"trim(CAST({identifier(name)} AS VARCHAR))"
    sql = (
        f"SELECT {text} AS value, count(*) AS n FROM {identifier(source.table)} "
        f"WHERE {text} <> '' GROUP BY value ORDER BY value LIMIT {MOST_CODES + 1}"
    )
    found = run(connection, sql, where=source.label).fetchall()
    rare = any(n < LEAST_ROWS or len(value) > LONGEST_CODE for value, n in found)
    return () if rare or len(found) > MOST_CODES else tuple(value for value, _ in found)
