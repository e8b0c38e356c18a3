"""The input dictionary: what each register table and column must hold, for register owners.

Everything is read off the contract (`contracts.TABLES`, `coverage.needs`); only the Norwegian words
come from `report/registers/<study>.yml`, with the numbers that `contracts.facts` tells. So the
dictionary cannot ask for what is not checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from naveval.project import catalogue, paths, places
from naveval.project.errors import ParameterError
from naveval.project.parameters import StudyParameters, read_yaml
from naveval.registers import contracts
from naveval.registers.grammar import Family
from naveval.registers.rules.coverage import COUNTRY, Need
from naveval.registers.tables import MAY_BE_EMPTY
from naveval.registers.views import family

LONGEST_CODE_LIST = 30
COUNTY = "county"


@dataclass(frozen=True)
class ColumnEntry:
    """One column: `codes` maps allowed codes to Norwegian labels, `low` and `high` are limits."""

    name: str
    kind: Family
    unit: str
    codes: Mapping[str, str]
    low: str
    high: str
    pattern: str
    may_be_missing: bool
    text: str
    example: str


@dataclass(frozen=True)
class TableEntry:
    """One table: what a row is, the period it must cover, and its columns."""

    name: str
    row: str
    note: str
    first: str
    last: str
    places: int
    may_be_empty: bool
    key: tuple[str, ...]
    columns: tuple[ColumnEntry, ...]


@dataclass(frozen=True)
class Dictionary:
    """All tables of a study, and the words of the format."""

    study: str
    tables: tuple[TableEntry, ...]
    words: Mapping[str, Any]


def has_words(study: str) -> bool:
    """Whether a study reads registers, and has Norwegian words for them."""
    words = paths.report_dir() / "registers" / f"{study}.yml"
    return catalogue.has(study, "contracts") and words.exists()


def dictionary(study: str, parameters: StudyParameters) -> Dictionary:
    """The dictionary of a study for these parameters, which decide the period.

    Raises
    ------
    ParameterError
        For a study without registers, and for a table or column without Norwegian words.
    """
    if not catalogue.has(study, "contracts"):
        raise ParameterError(f"{study}: reads no registers")
    folder = paths.report_dir() / "registers"
    words, own = read_yaml(folder / "common.yml"), read_yaml(folder / f"{study}.yml")
    needs = {need.table: need for need in contracts.needs(study, parameters)}
    year = parameters.COUNTY_YEAR
    declared = catalogue.module(study, "contracts")
    facts = declared.facts(parameters) if hasattr(declared, "facts") else {}
    return Dictionary(
        study,
        tuple(
            _table(name, schema, _words_of(own, study, name), words, needs.get(name), year, facts)
            for name, schema in declared.TABLES.items()
        ),
        words,
    )


def _words_of(own: Mapping[str, Any], study: str, table: str) -> Mapping[str, Any]:
    if table not in own:
        raise ParameterError(f"report/registers/{study}.yml: {table} is missing")
    return own[table]


def _table(
    name: str,
    schema: Any,
    own: Mapping[str, Any],
    words: Mapping[str, Any],
    need: Need | None,
    year: int,
    facts: Mapping[str, Any],
) -> TableEntry:
    named = {**words["columns"], **own.get("columns", {})}
    lacking = [column for column in schema.columns if column not in named]
    if lacking:
        raise ParameterError(f"report/registers: {name} has no words for {', '.join(lacking)}")
    columns = tuple(
        _column(column, declared, named[column], year)
        for column, declared in schema.columns.items()
    )
    metadata = schema.metadata or {}
    return TableEntry(
        name,
        own["row"],
        own.get("note", "").format(**facts),
        need.text(need.first) if need else "",
        need.text(need.last) if need else "",
        0 if need is None or need.places == (COUNTRY,) else len(need.places),
        bool(metadata.get(MAY_BE_EMPTY)),
        tuple(schema.unique or ()),
        columns,
    )


def _column(name: str, declared: Any, own: Mapping[str, Any], year: int) -> ColumnEntry:
    limits = _limits(declared)
    kind = family(declared.dtype)
    codes = _codes(name, limits.get("codes", ()), own, year)
    example = own.get("example") or next(iter(codes), "") or ("true" if kind == "boolean" else "")
    return ColumnEntry(
        name,
        kind,
        own.get("unit", ""),
        codes,
        limits.get("low", ""),
        limits.get("high", ""),
        limits.get("pattern", ""),
        bool(declared.nullable),
        own["text"],
        str(example),
    )


def _limits(declared: Any) -> dict[str, Any]:
    """Codes, ends and pattern, from the column's checks."""
    found: dict[str, Any] = {}
    for check in declared.checks:
        given = check.statistics or {}
        if check.name == "isin":
            values = list(given["allowed_values"])
            if len(values) > LONGEST_CODE_LIST:
                found |= {"low": _word(min(values)), "high": _word(max(values))}
            else:
                found["codes"] = values
        for end, key in (("low", "min_value"), ("high", "max_value")):
            if given.get(key) is not None and check.name != "str_length":
                above = int(check.name == "greater_than")
                found[end] = _word(given[key] + above if above else given[key])
        if "pattern" in given:
            found["pattern"] = str(getattr(given["pattern"], "pattern", given["pattern"]))
    return found


def _word(value: Any) -> str:
    return str(value.date()) if isinstance(value, pd.Timestamp) else str(value)


def _codes(name: str, values: Any, own: Mapping[str, Any], year: int) -> dict[str, str]:
    """Allowed codes with labels; those that the dictionary has no label for are not offered."""
    if name == COUNTY:
        return {str(code): places.county(str(code), year).name for code in values}
    labels = {str(code): str(label) for code, label in own.get("codes", {}).items()}
    if not labels:
        return {str(code): "" for code in values}
    return {str(code): labels[str(code)] for code in values if str(code) in labels}
