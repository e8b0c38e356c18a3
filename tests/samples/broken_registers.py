"""Broken and odd extracts of every study, made from good ones.

Faults that are told apart are tried together: odd values in rows of one column, and one kind of
fault in several tables. `python tests/samples/broken_registers.py STUDY` prints message, exit code
and seconds of each.
"""

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from broken_files import Change, as_csv, files, replace
from click.testing import CliRunner
from numpy.typing import NDArray

from naveval import cli
from naveval.project import catalogue, parameters
from naveval.registers import contracts, reading
from naveval.registers.grammar import Family
from naveval.registers.rules import coverage
from naveval.registers.rules.coverage import Need
from naveval.registers.views import family

SCALES = {"hedmark": 0.03, "followup": 0.004, "programs": 0.001, "indicator": 0.004}
SHIFT = 987_000_000
LARGE = "99999999999999999999"  # as a number with decimals it is read, and outside the limits
NUMBERS = (
    "131.193",
    "131,193",
    "1.131.193",
    "1e3",
    "0x1F",
    "NaN",
    "12 34",
    "5-",
    "(5)",
    "NULL",
    LARGE,
    "fem",
)
DATES = (
    "01.02.17",
    "1.2.2017",
    "2017-13-01",
    "30.02.2017",
    "2/1/2017",
    "20170201",
    "41973",
    "i går",
)
CODES = ("99x", " ", "Ukjent kode", "1,0")
TRUTHS = ("J", "2", "T", "kanskje")
MOST_COLUMNS = 3
UNITS = 50
# So few persons that shares of some would rest on nobody.
CHOSEN = {"hedmark": ("--set", "composition=none")}


@dataclass(frozen=True)
class Case:
    """Broken inputs that one check is to tell: how they are made, and the words for each."""

    name: str
    change: Change
    words: tuple[str, ...]
    inputs: int = 1


@dataclass(frozen=True)
class Extract:
    """A good extract as frames, with ids that are easily found in a message."""

    study: str
    folder: Path
    tables: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Outcome:
    """What `naveval check` made of a case."""

    case: str
    exit_code: int
    seconds: float
    text: str
    raised: str

    @property
    def told(self) -> str:
        """What was said of faults, without the reading report."""
        return self.text.partition("\n\ntable ")[0]

    def faults(self, words: tuple[str, ...]) -> list[str]:
        """What is wrong with how a broken extract was refused; nothing when it was as it should."""
        untold = {f"not told: {each}": each not in self.told for each in words}
        wrong = untold | {
            f"exit code {self.exit_code}": self.exit_code not in (1, 3),
            self.raised: bool(self.raised),
            "an id is shown": str(SHIFT)[:5] in self.text,
            "leads in a circle": "tells where" in self.text,
            "a traceback": "Traceback" in self.text,
        }
        return [name for name, found in wrong.items() if found]


def good(study: str, folder: Path, scale: float = 0.0) -> Extract:
    """Simulate a small extract, one Parquet file per table."""
    made = folder / "made"
    made.mkdir(parents=True)
    catalogue.module(study, "simulate").simulate(made, scale=scale or SCALES[study], seed=2)
    schemas = catalogue.module(study, "contracts").TABLES
    clean = folder / "good"
    clean.mkdir()
    tables = {}
    with reading.open_registers(made, schemas) as opened:
        for name, schema in schemas.items():
            frame = opened.query(f"SELECT * FROM {name}")[list(schema.columns)]
            if "person" in frame:
                frame["person"] += SHIFT
            if "program" in frame:
                frame["program"] = frame["program"].replace("", "ingen")
            frame.to_parquet(clean / f"{name}.parquet", index=False)
            tables[name] = frame
    return Extract(study, clean, tables)


def cases(extract: Extract) -> Iterator[Case]:
    """Every case: odd cells, files, rows, ids, units and coverage."""
    yield from cells(extract)
    for name, change in files(extract.tables, extract.folder):
        yield Case(name, change, (name.partition(":")[0],))
    yield from rows(extract)
    yield from ids(extract)
    yield from units(extract)
    yield from gaps(extract)


def together(changes: Iterable[Change]) -> Change:
    """Several changes of one extract."""
    made = tuple(changes)

    def change(folder: Path) -> None:
        for one in made:
            one(folder)

    return change


def cells(extract: Extract) -> Iterator[Case]:
    """Odd cells, one in each row, in columns of each type in the smallest tables."""
    odd: dict[Family, tuple[str, ...]] = {
        "integer": NUMBERS,
        "number": tuple(form for form in NUMBERS if form != "131,193"),  # a decimal comma
        "date": DATES,
        "text": CODES,
        "boolean": TRUTHS,
    }
    schemas = catalogue.module(extract.study, "contracts").TABLES
    by_size = sorted(extract.tables, key=lambda name: len(extract.tables[name]))
    columns = [
        (table, name, family(column.dtype))
        for table in by_size
        for name, column in schemas[table].columns.items()
        if family(column.dtype) != "text" or any(rule.name == "isin" for rule in column.checks)
    ]
    for kind, forms in odd.items():
        chosen = [(table, column) for table, column, own in columns if own == kind]
        for table, column in chosen[:MOST_COLUMNS]:
            read = [row for row, form in enumerate(forms, 3) if (kind, form) == ("number", LARGE)]
            unread = [row for row in range(3, 3 + len(forms)) if row not in read]
            words = [f"column {column}: {len(unread)} rows (first: {_first(unread)})"]
            words += [f"column {column}: 1 row (first: {row}): expected from" for row in read]
            change = _cells(extract, table, column, forms)
            yield Case(f"{table}.{column}: odd cells", change, tuple(words), len(forms))


def _first(rows: list[int]) -> str:
    return ", ".join(map(str, rows[:5]))


def _cells(extract: Extract, table: str, column: str, forms: tuple[str, ...]) -> Change:
    """Write the forms in the column's rows from the third on."""

    def change(folder: Path) -> None:
        lines = as_csv(extract.tables[table].head(200)).splitlines()
        place = lines[0].split(";").index(column)
        for row, form in enumerate(forms, 3):
            values = lines[row].split(";")
            values[place] = form
            lines[row] = ";".join(values)
        replace(folder, table, "\n".join(lines) + "\n")

    return change


def rewritten(
    extract: Extract, table: str, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> Change:
    """Write a table anew, changed as a frame."""

    def write(folder: Path) -> None:
        (folder / f"{table}.parquet").unlink()
        change(extract.tables[table]).to_parquet(folder / f"{table}.parquet", index=False)

    return write


def rows(extract: Extract) -> Iterator[Case]:
    """Rows twice, columns gone, types changed, tables without rows or missing: in all tables."""
    schemas = catalogue.module(extract.study, "contracts").TABLES
    keyed = [name for name in extract.tables if _has_key(extract.study, name)]
    filled = [n for n in extract.tables if not (schemas[n].metadata or {}).get("may_be_empty")]
    kinds: dict[str, tuple[list[str], Callable[[pd.DataFrame], pd.DataFrame], str]] = {
        "last column missing": (
            list(extract.tables),
            lambda f: f.iloc[:, :-1],
            "{0}.parquet, column {2}: column is missing",
        ),
        "last column as text": (
            list(extract.tables),
            lambda f: f.assign(**{f.columns[-1]: f[f.columns[-1]].astype(str) + "x"}),
            "{0}.parquet, column {2}: ",
        ),
        "first value missing": (
            list(extract.tables),
            lambda f: f.assign(**{f.columns[0]: f.iloc[:, 0].shift(1)}),
            "{0}.parquet, column {1}: ",
        ),
        "no rows": (filled, lambda f: f.iloc[:0], "{0}.parquet: no rows"),
        "three rows twice": (keyed, lambda f: pd.concat([f, f.head(3)]), "{0}.parquet, column "),
    }
    for kind, (tables, change, words) in kinds.items():
        told = tuple(
            words.format(name, extract.tables[name].columns[0], extract.tables[name].columns[-1])
            for name in tables
        )
        changes = together(rewritten(extract, name, change) for name in tables)
        yield Case(f"all: {kind}", changes, told, len(told))
    names = tuple(f"{name}: table is missing" for name in extract.tables)
    yield Case("all: missing", _missing(extract), names, len(names))


def _missing(extract: Extract) -> Change:
    def change(folder: Path) -> None:
        for name in extract.tables:
            (folder / f"{name}.parquet").unlink()

    return change


def ids(extract: Extract) -> Iterator[Case]:
    """Pseudonyms of other types, and what is none, in the two smallest tables of persons."""
    odd: dict[str, Callable[[pd.Series], pd.Series]] = {
        "ids as text": lambda ids: ids.astype(str) + "x",
        "ids below zero": lambda ids: -ids,
        "ids with decimals": lambda ids: ids + 0.5,
        "ids beyond 64 bits": lambda ids: ids.astype("uint64") + 2**63,
        "every tenth id missing": lambda ids: ids.astype("Int64").where(ids.index % 10 > 0),
    }
    persons = [name for name, frame in extract.tables.items() if "person" in frame]
    chosen = sorted(persons, key=lambda name: len(extract.tables[name]))[:2]
    words = tuple(f"{table}.parquet, column person: " for table in chosen)
    for name, made in odd.items():
        changes = (
            rewritten(extract, table, lambda frame, m=made: frame.assign(person=m(frame["person"])))
            for table in chosen
        )
        yield Case(f"persons: {name}", together(changes), words, len(words))


def units(extract: Extract) -> Iterator[Case]:
    """All columns with a mean in another unit: fifty times too large, and too small."""
    means = re.compile(r"'about': '(\w+)', 'expected': '[^']*\(a mean from")
    found: dict[str, list[str]] = {}
    for rule in catalogue.module(extract.study, "contracts").RULES:
        for column in means.findall(rule.sql):
            found.setdefault(rule.table, []).append(column)
    words = tuple(f"{t}.parquet, column {column}: " for t in found for column in found[t])
    for word, factor in (("large", UNITS), ("small", 1 / UNITS)):

        def other(frame: pd.DataFrame, columns: list[str], f: float = factor) -> pd.DataFrame:
            kinds = {c: "int64" if frame[c].dtype.kind == "i" else "float64" for c in columns}
            return frame.assign(**{c: (frame[c] * f).astype(kind) for c, kind in kinds.items()})

        changes = (
            rewritten(extract, table, lambda frame, c=columns, o=other: o(frame, c))
            for table, columns in found.items()
        )
        if words:
            name = f"means: {UNITS} times too {word}"
            yield Case(name, together(changes), words, len(words))


def gaps(extract: Extract) -> Iterator[Case]:
    """Periods and counties without rows or with too few, extracts that begin late or end early.

    Each is tried in all tables at once that have rows enough.
    """
    chosen = parameters.load(extract.study)
    tables = catalogue.module(extract.study, "contracts").TABLES
    found: dict[str, list[tuple[Change, str]]] = {}
    for need in contracts.needs(extract.study, chosen):
        with reading.open_registers(extract.folder, tables) as opened:
            need = coverage.reaching(opened.connection, need)
            counted = coverage.counts(opened.connection, need)
        if is_dense(counted):
            for name, (without, words) in _lost(need, counted).items():
                kept = selected(extract, need, f"NOT ({without})")
                change = _written(extract, need.table, kept)
                # What must be reached moves with other tables: such a table is tried alone.
                alone = f" in {need.table}" if need.until else ""
                found.setdefault(name + alone, []).append((change, words))
    for name, parts in found.items():
        words = tuple(words for _, words in parts)
        yield Case(f"coverage: {name}", together(change for change, _ in parts), words, len(parts))


def _lost(need: Need, found: NDArray[np.int64]) -> dict[str, tuple[str, str]]:
    """SQL of rows that are lost, by what it is called, and the words that tell it."""
    place, middle = int(found.sum(axis=1).argmax()), need.first + found.shape[1] // 2
    at, told = need.period, need.text(middle)
    lost = {
        "a period missing": (f"{at} = {middle}", told),
        "begins late": (f"{at} <= {need.first}", need.text(need.first)),
        "ends early": (f"{at} >= {need.last}", need.text(need.last)),
    }
    if need.place:
        there = f"{need.place} = '{need.places[place]}'"
        lost["a county missing"] = (there, f"none in {need.places[place]}")
        told = f"{need.places[place]} {told}"
        lost["a county's month missing"] = (f"{there} AND {at} = {middle}", told)
    enough = found[:, middle - need.first].sum() >= 2 * coverage.LEAST_FOR_JUMP
    if enough and need.kind == "stock" and "person" in need.rows + need.column:
        most = f"{at} = {middle} AND hash(person) % 5 > 1"
        lost["most of a period missing"] = (most, need.text(middle))
    return lost


def is_dense(found: NDArray[np.int64]) -> bool:
    """Whether there are rows enough for a period without any to be no chance."""
    return bool(found.mean(axis=1).max() >= 2 * coverage.LEAST_EXPECTED)


def _written(extract: Extract, table: str, sql: str) -> Change:
    def change(folder: Path) -> None:
        tables = catalogue.module(extract.study, "contracts").TABLES
        with reading.open_registers(extract.folder, tables) as opened:
            kept = opened.query(sql)
        (folder / f"{table}.parquet").unlink()
        kept.to_parquet(folder / f"{table}.parquet", index=False)

    return change


def selected(extract: Extract, need: Need, where: str) -> str:
    """SQL for the rows of a table that a condition on their period or place leaves."""
    columns = ", ".join(extract.tables[need.table].columns)
    return f"SELECT {columns} FROM ({need.rows}) WHERE {where}"


def _has_key(study: str, table: str) -> bool:
    declared = catalogue.module(study, "contracts")
    schema = declared.TABLES[table]
    unique = schema.unique or any(column.unique for column in schema.columns.values())
    return bool(unique) or any(
        rule.table == table and rule.expected.startswith("one ") for rule in declared.RULES
    )


def outcome(extract: Extract, case: str, change: Change) -> Outcome:
    """Run `naveval check` on a copy of the extract with the change."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        shutil.copytree(extract.folder, folder, copy_function=os.link)
        change(folder)
        started = time.perf_counter()
        given = ("check", extract.study, "--data", str(folder), *CHOSEN.get(extract.study, ()))
        done = CliRunner().invoke(cli.main, given)
        seconds = time.perf_counter() - started
    raised = "" if isinstance(done.exception, SystemExit | None) else repr(done.exception)
    return Outcome(case, done.exit_code, seconds, done.output, raised)


def main(study: str) -> None:
    """Print every case of a study."""
    with tempfile.TemporaryDirectory() as place:
        extract = good(study, Path(place))
        for case in cases(extract):
            found = outcome(extract, case.name, case.change)
            first = (line.strip() for line in found.told.splitlines() if case.words[0] in line)
            wrong = "; ".join(found.faults(case.words))
            told = next(first, "")[:120]
            line = (str(found.exit_code), f"{found.seconds:.1f}", case.name, told, wrong)
            print("\t".join(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
