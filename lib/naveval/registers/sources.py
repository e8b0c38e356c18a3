"""Where a register table lies on disk: a file, or a folder of files of one kind.

A table `x` is `x.parquet`, `x.csv`, `x.csv.gz`, `x.sas7bdat` or `x.dta`, or a folder `x/` with
files of one of these kinds (Parquet and CSV), below it folders such as `county=03/` if need be.
The case of names and endings does not matter. Every file in a table's folder is read or refused
by name; `PASSED_OVER` lists the names that engines write beside data. Nothing read here is ever
shown in a message.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from naveval.project.errors import ContractError
from naveval.registers import dialects, unknown
from naveval.registers.dialects import Dialect

Form = Literal["parquet", "csv", "sas", "stata"]
ENDINGS: Mapping[str, Form] = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".sas7bdat": "sas",
    ".dta": "stata",
}
# Names of files and folders that Spark, Hadoop, Databricks, Windows and macOS write beside data;
# names that begin with a point are passed over too, but refused where they end as a part does;
# `._x.csv` beside `x.csv` is macOS's.
PASSED_OVER = ("_SUCCESS", "_metadata", "_common_metadata", "Thumbs.db", "desktop.ini")
PASSED_OVER_STARTS = (".", "_started_", "_committed_")
UNFINISHED = "_temporary"  # the parts of a job of Spark or Hadoop that did not end
EMPTY_PARTITION = "__HIVE_DEFAULT_PARTITION__"
EXPECTED = "{table}.parquet, .csv, .csv.gz, .sas7bdat or .dta, or a folder {table}/ with such files"


@dataclass(frozen=True)
class Source:
    """The files of one table, in a fixed order; dialects one per file when they are CSV."""

    table: str
    path: Path
    files: tuple[Path, ...]
    form: Form
    dialects: tuple[Dialect, ...] = ()

    @property
    def label(self) -> str:
        """The name used in messages: file or folder, without the path above it."""
        return self.path.name + ("/" if self.path.is_dir() else "")

    @property
    def norwegian(self) -> bool:
        """Whether the files are written as Norwegian Excel does."""
        return bool(self.dialects) and self.dialects[0].excel

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that the folders' names tell, as `county` in `county=03/`."""
        return tuple(partition(self, self.files[0]))


def name(source: Source, file: Path) -> str:
    """The name of one of a table's files in messages: below the table's folder."""
    return file.relative_to(source.path).as_posix() if source.path.is_dir() else file.name


def partition(source: Source, file: Path) -> dict[str, str]:
    """Columns and values (as text) that the folders of a file tell."""
    steps = PurePosixPath(name(source, file)).parent.parts
    pairs = [step.partition("=") for step in steps if "=" in step]
    return {key: unquote(value) for key, _, value in pairs}


def find(data: Path, table: str) -> Source:
    """Locate a table below `data` and check that its files can be opened.

    Raises
    ------
    ContractError
        When the table is missing, there twice, in a form that is not read, truncated or not in a
        known encoding; the message names the file and what was expected.
    """
    if not data.is_dir():
        raise ContractError(f"{data}: no such folder; expected a folder with register extracts")
    found = sorted(path for path in data.iterdir() if _stem(path) == table.lower())
    expected = EXPECTED.format(table=table)
    if not found:
        raise ContractError(f"{table}: table is missing in {data}; expected {expected}")
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise ContractError(f"{table}: found {names} in {data}; expected only one of them")
    path = found[0]
    return of_files(table, path, _files_in(path) if path.is_dir() else (path,))


def of_files(table: str, path: Path, files: tuple[Path, ...]) -> Source:
    """A table made of these files, all at or below `path`; refuses what `find` refuses."""
    for file in files:
        if not file.is_file():  # a pipe would be waited for without end
            found = "a folder" if file.is_dir() else "a link to nothing, or no file"
            raise ContractError(f"{file.name}: {found}; expected a file that can be read")
    forms = {_form(path, file) for file in files}
    if len(forms) > 1:
        raise ContractError(
            f"{path.name}/: files of several kinds ({', '.join(sorted(forms))}); expected one kind"
        )
    form = forms.pop()
    if form in ("sas", "stata") and len(files) > 1:
        raise ContractError(f"{path.name}/: expected Parquet or CSV where there are several files")
    source = Source(table, path, files, form, _dialects(path, files) if form == "csv" else ())
    _same_everywhere(source)
    return source


def _stem(path: Path) -> str:
    return path.name.lower() if path.is_dir() else path.name.lower().partition(".")[0]


def _form(path: Path, file: Path) -> Form:
    for ending, form in ENDINGS.items():
        if file.name.lower().endswith(ending):
            return form
    inside = f"{path.name}/: " if path != file else ""
    raise ContractError(
        f"{inside}{file.name}: no file that can be read; expected a name that ends in "
        f"{', '.join(ENDINGS)}"
    )


def _files_in(folder: Path) -> tuple[Path, ...]:
    """All files below a folder but those passed over; a table of Delta Lake is refused."""
    found = []
    for path in sorted(folder.rglob("*")):
        steps = path.relative_to(folder).parts
        if "_delta_log" in steps:
            raise ContractError(
                f"{folder.name}/: _delta_log says that some of the files may be outdated; "
                "expected the files of one export"
            )
        if path.is_dir():
            continue
        hidden = [step for step in steps[:-1] if is_passed_over(step) or step == UNFINISHED]
        if hidden and is_data(path.name) and not path.name.startswith("._"):
            raise ContractError(
                f"{folder.name}/: {path.name} lies in {hidden[0]}, which is no folder of parts; "
                "expected it among the parts, or no such file"
            )
        if hidden:
            continue
        if path.name.startswith(".") and not path.name.startswith("._") and is_data(path.name):
            raise ContractError(
                f"{folder.name}/: {path.name} begins with a point; expected a part with another "
                "name, or no such file"
            )
        if is_passed_over(path.name):
            continue
        found.append(path)
    if not found:
        raise ContractError(f"{folder.name}/: empty folder; expected Parquet or CSV files")
    return tuple(found)


def is_data(name: str) -> bool:
    """Whether a name ends as a file that is read does."""
    return name.lower().endswith(tuple(ENDINGS))


def is_passed_over(name: str) -> bool:
    """Whether an engine or a system writes a file or folder of this name beside data."""
    return name in PASSED_OVER or name.startswith(PASSED_OVER_STARTS)


def _dialects(path: Path, files: tuple[Path, ...]) -> tuple[Dialect, ...]:
    found = tuple(dialects.dialect(file) for file in files)
    other = next((i for i, one in enumerate(found) if one.delimiter != found[0].delimiter), 0)
    if other:
        told = " and ".join(
            f"{files[i].relative_to(path).as_posix()} has «{found[i].delimiter}» between columns"
            for i in (0, other)
        )
        raise ContractError(f"{path.name}/: {told}; expected the same in all files")
    return found


def _same_everywhere(source: Source) -> None:
    """Every file of a folder has the same columns, from its name and from within."""
    # CSV gets the spelling of the first file, Parquet is read by DuckDB, to which Ø is not ø.
    fold = str.casefold if source.form == "csv" else _ascii_lower
    names = [{fold(n): n for n in _columns_of(source, i)} for i in _places(source)]
    parts = [tuple(partition(source, file)) for file in source.files]
    for file, columns, keys in zip(source.files, names, parts, strict=True):
        if columns.keys() != names[0].keys() or keys != parts[0]:
            has = [columns[n] for n in columns.keys() - names[0].keys()]
            lacks = [names[0][n] for n in names[0].keys() - columns.keys()]
            sides = (("has", has), ("lacks", lacks))
            told = [f"{verb} {unknown.columns(some)}" for verb, some in sides if some]
            raise ContractError(
                f"{source.label}: {name(source, file)} has other columns than "
                f"{name(source, source.files[0])}{': ' * bool(told)}{' and '.join(told)}; "
                "expected the same in all files"
            )


def other_type(source: Source, column: str) -> str:
    """In which Parquet file of a folder a column has another type than in the first, in words."""
    if source.form != "parquet":
        return ""
    kinds = []
    for file in source.files:
        schema = {_ascii_lower(field.name): str(field.type) for field in pq.read_schema(file)}
        kinds.append(schema.get(_ascii_lower(column)))
    other = next((i for i, kind in enumerate(kinds) if kind != kinds[0]), 0)
    first, there = (name(source, source.files[i]) for i in (0, other))
    return f" (of another type in {there} than in {first})" if other else ""


def _ascii_lower(name: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def _places(source: Source) -> range:
    return range(len(source.files))


def _columns_of(source: Source, place: int) -> list[str]:
    file = source.files[place]
    if source.form == "parquet":
        parquet_rows(file)
        names = list(pq.read_schema(file).names)
        if len({_ascii_lower(name) for name in names}) != len(names):
            raise ContractError(
                f"{file.name}: a column name occurs twice, if only in other letters; expected one "
                "name for each column"
            )
        return names
    if source.form == "csv":
        return dialects.header(file, source.dialects[place])
    return []


def parquet_rows(file: Path) -> int:
    """Number of rows according to the file's footer; ContractError when it cannot be read."""
    try:
        return pq.read_metadata(file).num_rows
    except (pa.ArrowException, OSError, ValueError):
        raise ContractError(
            f"{file.name}: truncated or not Parquet ({file.stat().st_size} bytes); "
            "expected a whole Parquet file"
        ) from None


def astray(data: Path, tables: Iterable[str]) -> list[str]:
    """Data files that look like a part of a table (`x_2.csv`, `x (1).parquet`) but are none."""
    known = {table.lower() for table in tables}
    found = []
    for path in sorted(data.iterdir()):
        stem = _stem(path)
        readable = path.is_dir() or is_data(path.name)
        if stem in known or not readable or is_passed_over(path.name):
            continue
        if any(stem.startswith(table) and not stem[len(table)].isalpha() for table in known):
            found.append(path.name)
    return found
