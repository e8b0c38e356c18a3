"""A mapping file, `params/registers/<source>.yml`: how an owner's files become a study's tables.

A small closed set of verbs and no expressions. Per table `files` (names or patterns with `*`),
`where` and `without` (a fixed filter: columns to the values that are kept, or left out; `""` is no
value) and `columns`, each with one origin and at most one of the verbs from `id` to `times`:

========= =======================================================================
from      the owner's column (case does not matter)
id        true for a pseudonym of any type: text, hash, UUID, decimal, SAS number
codes     the owner's codes to the contract's; a code that is not named is refused
          (`"": …` for cells without a value, and for those under `missing`)
form      how a date or month is written: yyyymm, yyyy-mm, yyyyMmm (2017M12, as Statistics
          Norway writes it), yyyy-Mmm, yyyymmdd, dd.mm.yyyy, yyyy-mm-dd; date for a
          column of dates or times (Parquet, SAS, Stata): a month is that of any day in it; sas, td
          (days from 1960), tm (months from 1960) or excel (days from 1899-12-30) for numbers
pad       text length that zeros in front fill up to: 3 becomes 03
places    true for codes or names of counties, or codes of municipalities, of any year since
          2010: they become the contract's; one that was divided is refused
times     a factor: labour force in thousands becomes persons
missing   values that mean no value, such as 9999-12-31 for an open end, or NULL, ., -, ..
blank     what a cell without a value means, such as 0 where an owner leaves zeros out
value     one value for all rows, instead of `from`
========= =======================================================================
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from naveval.project import catalogue, paths
from naveval.project.errors import ParameterError
from naveval.project.parameters import read_yaml, validate
from naveval.registers.checks import allowed_values

Form = Literal[
    "date",
    "yyyymm",
    "yyyy-mm",
    "yyyyMmm",
    "yyyy-Mmm",
    "yyyymmdd",
    "dd.mm.yyyy",
    "yyyy-mm-dd",
    "sas",
    "td",
    "tm",
    "excel",
]
PLACES = ("county", "municipality")
VERBS = ("id", "codes", "form", "pad", "places", "times")
TO_FILL = "?"  # in a draft
Scalar = str | int | float | bool


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ColumnMapping(_Strict):
    """Where a column of the contract comes from; see the verbs above."""

    from_: str = Field(default="", alias="from")
    id: bool = False
    codes: Mapping[Scalar, Scalar] = {}
    form: Form | None = None
    pad: int = Field(default=0, ge=0, le=20)
    places: bool = False
    times: float = Field(default=1.0, gt=0)
    missing: tuple[Scalar, ...] = ()
    blank: Scalar | None = None
    value: Scalar | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> "ColumnMapping":
        if bool(self.from_) == (self.value is not None):
            raise ValueError("expected either from or value")
        given = [name for name in VERBS if name in self.model_fields_set]
        if self.value is not None and (given or self.missing or self.blank is not None):
            raise ValueError("expected nothing beside value")
        if self.codes and self.blank is not None:
            raise ValueError('blank beside codes: write it as "": … among them')
        if len(given) > 1:
            raise ValueError(f"expected one of {', '.join(given)}: only the first would be used")
        return self


class TableMapping(_Strict):
    """One table of the contract."""

    files: tuple[str, ...] = Field(min_length=1)
    where: Mapping[str, tuple[Scalar, ...]] = {}
    without: Mapping[str, tuple[Scalar, ...]] = {}
    columns: Mapping[str, ColumnMapping]


class SourceMapping(_Strict):
    """All tables of one owner for one study."""

    study: str
    tables: Mapping[str, TableMapping]


def load(study: str, name: str) -> SourceMapping:
    """Read `params/registers/<name>.yml`, or the file of that path, for a study.

    Raises
    ------
    ParameterError
        For unknown keys, tables or columns, a code that the contract does not allow, a column
        that the contract asks for and that is not mapped, and a mapping for another study.
    """
    file = Path(name)
    if file.suffix != ".yml":
        file = paths.params_dir() / "registers" / f"{name}.yml"
    found = validate(SourceMapping, read_yaml(file), str(file))
    faults = list(_faults(found, study))
    if faults:
        raise ParameterError("\n  ".join([f"{file}: {len(faults)} fault(s)", *faults]))
    return found


def _faults(found: SourceMapping, study: str) -> list[str]:
    if found.study != study:
        return [f"study: {found.study}: expected {study}"]
    tables = catalogue.module(study, "contracts").TABLES
    faults = [f"{name}: unknown table" for name in found.tables if name not in tables]
    faults += [f"{name}: table is not mapped" for name in tables if name not in found.tables]
    for name in (name for name in tables if name in found.tables):
        if TO_FILL in found.tables[name].files:
            faults.append(f"{name}: files: {TO_FILL}: to be filled in")
        asked, given = tables[name].columns, found.tables[name].columns
        faults += [f"{name}.{column}: unknown column" for column in given if column not in asked]
        faults += [f"{name}.{column}: is not mapped" for column in asked if column not in given]
        for column in (column for column in given if column in asked):
            if TO_FILL in (given[column].from_, *given[column].codes.values()):
                faults.append(f"{name}.{column}: {TO_FILL}: to be filled in")
                continue
            if given[column].places and column not in PLACES:
                faults.append(f"{name}.{column}: places: expected only for {', '.join(PLACES)}")
            allowed = allowed_values(asked[column])
            blank = given[column].blank
            told = [(f"codes: {code}", meant) for code, meant in given[column].codes.items()]
            for verb, meant in [*told, *[("blank", blank)] * (blank is not None)]:
                if allowed and str(meant) not in allowed:
                    faults.append(f"{name}.{column}: {verb}: expected one of {', '.join(allowed)}")
    return faults
