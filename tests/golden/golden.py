"""Compare the values that the four studies give with stored ones, from empty stores.

The project is driven by its command line alone and read from its result folders, so that
modules can be moved without touching this file. README.md beside it says how to use it.
"""

import argparse
import csv
import json
import lzma
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VALUES = HERE / "values"

# Small registers and few draws; everything else is the default of `params/<study>.yml`.
SETTINGS = {
    "programs": ("scale=0.03", "trees=20", "draws=1000"),
    "indicator": ("scale=0.004",),
    "followup": ("scale=0.1",),
    "hedmark": ("scale=0.5", "size_draws=200"),
}
# "" is the whole country. Hedmark's county is the treated one of the 19 of 2014: the default,
# one that is a control county otherwise, and one that is not.
PLACES = {
    "programs": ("", "03", "34"),
    "indicator": ("", "03", "34"),
    "followup": ("", "03", "34"),
    "hedmark": ("04", "03", "02"),
}
JOBS = 2
# Numerical libraries use one thread, so that the order of their sums does not vary.
THREADS = ("NAVEVAL_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

FILES = ("estimates.csv", "disclosure.csv", "tables/*.csv", "figures/*.csv")
# The appendix's tables of parameters, files and versions change with paths, packages and commit.
APPENDIX = ("tbl-parameters", "tbl-files", "tbl-versions")
# Bytes of register files change with the packages that write them; rows do not.
LEFT_OUT = {"tables/tbl-data.csv": ("hash",)}

TOLERANCE = 1e-9
DIGITS = 12
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
ABSENT = "(absent)"
EMPTY = "(empty)"


@dataclass(frozen=True)
class Case:
    """One study for one place."""

    study: str
    place: str

    @property
    def name(self) -> str:
        return f"{self.study}-{self.place or 'country'}"

    @property
    def settings(self) -> tuple[str, ...]:
        return (*SETTINGS[self.study], f"county={self.place}")


@dataclass(frozen=True)
class Table:
    """A CSV file: names of its columns, and its rows as text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> tuple[str, ...]:
        position = self.columns.index(name)
        return tuple(row[position] for row in self.rows)


@dataclass(frozen=True)
class Result:
    """What a case gave: the settings it was run with, and its files."""

    settings: tuple[str, ...]
    files: Mapping[str, Table]


@dataclass(frozen=True)
class Difference:
    """One value, or a whole row, column or file, that is not as it was."""

    file: str
    where: str
    old: str
    new: str


# Run


def cases(only: Sequence[str]) -> list[Case]:
    """Cases to run; the first of every study comes first, as the others use what it stores."""
    studies = [study for study in SETTINGS if not only or study in only]
    return [Case(study, PLACES[study][turn]) for turn in range(3) for study in studies]


def run_all(chosen: Sequence[Case], store: Path) -> dict[str, Result]:
    """Run the cases, two at a time, and gather what they gave.

    Raises
    ------
    SystemExit
        When a run fails; the last lines it wrote are shown.
    """
    with ThreadPoolExecutor(JOBS) as pool:
        waiting = [pool.submit(run, case, store) for case in chosen]
        try:
            return {
                case.name: future.result() for case, future in zip(chosen, waiting, strict=True)
            }
        finally:
            pool.shutdown(cancel_futures=True)


def run(case: Case, store: Path) -> Result:
    """Run one case with `naveval run`; everything it keeps lies below `store`."""
    program = Path(sys.executable).with_name("naveval")
    if not program.exists():
        raise SystemExit(f"{program}: no such program; run `make setup` and use its Python")
    folder = store / "golden" / case.name
    command = [program, "run", case.study, "--quiet", "--out", folder]
    for setting in case.settings:
        command += ["--set", setting]
    start = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=environment(store), capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = "\n".join(done.stderr.splitlines()[-15:])
        raise SystemExit(f"{case.name}: exit code {done.returncode}\n{last}")
    print(f"{case.name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return gather(case, folder)


def environment(store: Path) -> dict[str, str]:
    """The caller's environment without the project's variables; the code is that of this tree."""
    inherited = {name: value for name, value in os.environ.items() if "NAVEVAL" not in name}
    before = inherited.get("PYTHONPATH", "")
    return {
        **inherited,
        **dict.fromkeys(THREADS, "1"),
        "NAVEVAL_OUT": str(store),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT / "lib"), before))),
    }


# Gather, keep, fetch


def gather(case: Case, folder: Path) -> Result:
    """The values of a result folder, without what changes with versions, paths, commit, time."""
    found = sorted(file for pattern in FILES for file in folder.glob(pattern))
    kept = (file for file in found if file.stem not in APPENDIX)
    names = {file.relative_to(folder).as_posix(): file for file in kept}
    return Result(case.settings, {name: read(name, file) for name, file in names.items()})


def read(name: str, file: Path) -> Table:
    """A CSV file without what is left out of it."""
    with file.open(encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream)) or [[]]
    if len(set(header)) < len(header):
        raise SystemExit(f"{file}: a column occurs twice")
    wanted = [at for at, column in enumerate(header) if column not in LEFT_OUT.get(name, ())]
    if name == "disclosure.csv":
        rows = [row for row in rows if row[header.index("label")] not in APPENDIX]
    cells = (tuple(rounded(row[at]) for at in wanted) for row in rows)
    return Table(tuple(header[at] for at in wanted), tuple(cells))


def rounded(cell: str) -> str:
    """A decimal number with digits enough for the tolerance; other text as it is."""
    return repr(float(f"{float(cell):.{DIGITS}g}")) if is_decimal(cell) else cell


def write(result: Result, file: Path) -> None:
    """Store a result compactly, with the same bytes for the same values: column by column."""
    files = {
        name: {column: table.column(column) for column in table.columns}
        for name, table in result.files.items()
    }
    content = {"settings": result.settings, "files": files}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(lzma.compress(text.encode(), preset=9))


def stored(file: Path) -> Result | None:
    """A stored result, or None when there is none."""
    if not file.exists():
        return None
    content = json.loads(lzma.decompress(file.read_bytes()))
    return Result(
        tuple(content["settings"]),
        {
            name: Table(tuple(table), tuple(zip(*table.values(), strict=True)))
            for name, table in content["files"].items()
        },
    )


def values_file(name: str) -> Path:
    return VALUES / f"{name}.json.xz"


# Compare


def differences(old: Result, new: Result) -> Iterator[Difference]:
    """Everything in which two results differ."""
    if old.settings != new.settings:
        yield Difference("settings", "", " ".join(old.settings), " ".join(new.settings))
    for name in sorted({*old.files, *new.files}):
        if name not in new.files:
            yield Difference(name, "file", f"{len(old.files[name].rows)} rows", ABSENT)
        elif name not in old.files:
            yield Difference(name, "file", ABSENT, f"{len(new.files[name].rows)} rows")
        else:
            yield from table_differences(name, old.files[name], new.files[name])


def table_differences(name: str, old: Table, new: Table) -> Iterator[Difference]:
    """Differences of two tables: columns, rows by key, the order of both, and cells."""
    for column in old.columns:
        if column not in new.columns:
            yield Difference(name, f"column {column}", "present", ABSENT)
    for column in new.columns:
        if column not in old.columns:
            yield Difference(name, f"column {column}", ABSENT, "present")
    shared = [column for column in old.columns if column in new.columns]
    if shared != [column for column in new.columns if column in old.columns]:
        yield Difference(name, "columns", "in one order", "in another")
    key = key_columns(old, shared)
    before, after = by_key(old, key), by_key(new, key)
    for row in before:
        if row not in after:
            yield Difference(name, row, "row", ABSENT)
    for row in after:
        if row not in before:
            yield Difference(name, row, ABSENT, "row")
    common = [row for row in before if row in after]
    if common != [row for row in after if row in before]:
        yield Difference(name, "rows", "in one order", "in another")
    pairs = [(old.columns.index(column), new.columns.index(column)) for column in shared]
    for row in common:
        for column, (left, right) in zip(shared, pairs, strict=True):
            was, now = old.rows[before[row]][left], new.rows[after[row]][right]
            if not same(was, now):
                yield Difference(name, f"{row}; {column}", was, now)


def key_columns(table: Table, shared: Iterable[str]) -> list[str]:
    """Columns that name a row: those of text, then of whole numbers, until rows are unique."""
    candidates: dict[str, list[str]] = {"text": [], "whole": [], "decimal": [], "empty": []}
    for column in shared:
        candidates[kind(table.column(column))].append(column)
    key: list[str] = []
    distinct = 1
    for column in candidates["text"] + candidates["whole"]:
        if distinct == len(table.rows):
            break
        found = len(set(zip(*map(table.column, [*key, column]), strict=True)))
        if found > distinct:
            key, distinct = [*key, column], found
    return key


def kind(cells: Iterable[str]) -> str:
    """What most cells of a column are; a mark for hidden cells does not make numbers text."""
    filled = {cell for cell in cells if cell}
    numbers = [cell for cell in filled if NUMBER.fullmatch(cell)]
    if not filled or 2 * len(numbers) < len(filled):
        return "text" if filled else "empty"
    return "decimal" if any(map(is_decimal, numbers)) else "whole"


def by_key(table: Table, key: Sequence[str]) -> dict[str, int]:
    """Position of each row by its key; rows with the same key are counted."""
    places = [table.columns.index(column) for column in key]
    seen: Counter[str] = Counter()
    found = {}
    for position, row in enumerate(table.rows):
        named = ", ".join(
            f"{column}={row[at]}" for column, at in zip(key, places, strict=True) if row[at]
        )
        seen[named] += 1
        again = f" (number {seen[named]})" if seen[named] > 1 or not named else ""
        found[f"{named}{again}".strip()] = position
    return found


def is_decimal(cell: str) -> bool:
    """Whether text is a number with a decimal point or exponent; codes and counts are none."""
    match = NUMBER.fullmatch(cell)
    return bool(match and (match[2] or match[3]))


def same(old: str, new: str) -> bool:
    """Decimal numbers within the tolerance, everything else letter by letter."""
    if old == new:
        return True
    if not (is_decimal(old) and is_decimal(new)):
        return False
    return math.isclose(float(old), float(new), rel_tol=TOLERANCE, abs_tol=TOLERANCE)


# Report


def report(name: str, found: Sequence[Difference], limit: int) -> None:
    """List differences by file, at most `limit` of each; 0 lists all."""
    for file, count in Counter(difference.file for difference in found).items():
        print(f"{name} {file}: {count} difference{'s' if count > 1 else ''}")
        here = [difference for difference in found if difference.file == file]
        for one in here[: limit or None]:
            print(f"  {one.where}: {one.old or EMPTY} → {one.new or EMPTY}")
        if limit and count > limit:
            print(f"  … and {count - limit} more")


def compare(results: Mapping[str, Result], limit: int) -> bool:
    """Whether results equal the stored values; what differs is listed."""
    equal = True
    for name, result in results.items():
        old = stored(values_file(name))
        if old is None:
            print(f"{name}: no stored values; run `golden.py make`")
            equal = False
            continue
        found = list(differences(old, result))
        report(name, found, limit)
        equal &= not found
    return equal


def make(results: Mapping[str, Result], limit: int) -> None:
    """Store results; a file whose values are equal is left as it is."""
    for name, result in results.items():
        file = values_file(name)
        old = stored(file)
        found = list(differences(old, result)) if old else []
        report(name, found, limit)
        if old is None or found:
            write(result, file)
            print(f"{name}: stored, {file.stat().st_size / 1000:.0f} kB")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("make", "compare"))
    parser.add_argument(
        "--only", action="append", default=[], choices=list(SETTINGS), help="repeatable"
    )
    parser.add_argument(
        "--store", type=Path, help="empty folder for registers, caches and results; it is kept"
    )
    parser.add_argument("--keep", action="store_true", help="keep the temporary store")
    parser.add_argument(
        "--twice", action="store_true", help="run again from the full store; both must be equal"
    )
    parser.add_argument(
        "--limit", type=int, default=20, help="differences listed per file; 0 is all"
    )
    return parser.parse_args()


def open_store(named: Path | None) -> Path:
    """An empty folder for everything the runs keep."""
    if named is None:
        return Path(tempfile.mkdtemp(prefix="naveval-golden-"))
    if named.exists() and any(named.iterdir()):
        raise SystemExit(f"--store {named}: not empty; values are made from empty stores")
    named.mkdir(parents=True, exist_ok=True)
    return named.resolve()


def work(chosen: argparse.Namespace, store: Path) -> bool:
    """Run, then compare or store; whether all is as it should be."""
    wanted = cases(chosen.only)
    results = run_all(wanted, store)
    equal = True
    if chosen.action == "compare":
        equal = compare(results, chosen.limit)
    if chosen.twice:
        for name, again in run_all(wanted, store).items():
            found = list(differences(results[name], again))
            report(f"{name}, from the full store:", found, chosen.limit)
            equal &= not found
    if chosen.action == "compare" or not equal:
        print(f"{len(wanted)} results: {'equal' if equal else 'not equal'}")
    else:
        make(results, chosen.limit)
    return equal


def main() -> None:
    chosen = arguments()
    store = open_store(chosen.store)
    try:
        right = work(chosen, store)
    finally:
        if chosen.store or chosen.keep:
            print(f"kept: {store}", file=sys.stderr)
        else:
            shutil.rmtree(store, ignore_errors=True)
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
