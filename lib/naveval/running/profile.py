"""Profiles of registers: protected marginals that an owner can let out, and registers made of them.

A profile has the number of persons in every table: in all, by every column of codes, by period, and
by the pairs of columns that the study's contract names (`JOINT`). Each is protected by cell keys as
any count that leaves, then rounded. Every permitted code and period needed has a cell, also those
with nobody; of yes and no only yes. Values of other columns, and tables without persons, are not
told.

Registers are made from it by weighting: the study's own simulated persons are given whole weights
so that the marginals come as near to the profile's as they can, and are written as often as they
weigh. So they move through tables and time as simulated persons do, and are as many of each kind
as real ones. The weights are those of smallest relative entropy (Deville and Särndal 1992), with
room for the noise and rounding of the profile, made whole by systematic sampling and then mended
one by one. What `truth.json` says of effects held before the weighting.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy import optimize, sparse

from naveval.disclosure import counts as counting
from naveval.disclosure import keys
from naveval.disclosure.keys import Secret
from naveval.disclosure.thresholds import thresholds
from naveval.project import catalogue
from naveval.project import parameters as params
from naveval.project.errors import ParameterError
from naveval.project.parameters import StudyParameters
from naveval.project.store import disk
from naveval.registers import contracts, extracts, reading
from naveval.registers.connections import identifier, private_folder, quote
from naveval.registers.reading import Registers
from naveval.registers.rules import coverage
from naveval.registers.rules.coverage import Need
from naveval.registers.simulation import read_truth, write_truth
from naveval.registers.views import family

PERSON, PERIOD, PERSONS = "person", "period", "persons"
MOST_CODES = 60
SPARE, ENOUGH = 8, 30_000  # times as many simulated persons as are wanted, but not more
TRIAL = 0.02  # share of full size that tells how many persons a simulation has
REPAIRS = 3000
ROOM = 1.0  # variance that is left to a cell, since noise and rounding make cells disagree
Floats = NDArray[np.float64]


class Marginal(BaseModel):
    """Persons of a table by the codes of some columns, or by period; `by` is empty for all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str
    by: tuple[str, ...]
    codes: tuple[tuple[str, ...], ...]
    persons: tuple[int, ...]


class Profile(BaseModel):
    """Marginals of a study's registers, rounded to `rounded_to` persons."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    study: str
    rounded_to: int = Field(ge=1)
    marginals: tuple[Marginal, ...]


@dataclass(frozen=True)
class Cells:
    """A marginal that can be counted.

    Attributes
    ----------
    rows
        SQL of the table's rows.
    listed
        SQL of the columns of codes, each followed by a comma.
    codes
        All codes that may occur, by column.
    periods
        Text of a period by its number, as text.
    """

    table: str
    by: tuple[str, ...]
    rows: str
    listed: str
    codes: tuple[tuple[str, ...], ...]
    periods: Mapping[str, str]


def cells(study: str, registers: Registers, parameters: StudyParameters) -> Iterator[Cells]:
    """Every marginal of a study's tables with persons, with all its codes."""
    declared = catalogue.module(study, "contracts")
    needs = {need.table: need for need in contracts.needs(study, parameters)}
    for table, schema in declared.TABLES.items():
        if PERSON not in schema.columns:
            continue
        need = needs.get(table)
        if need is not None:
            need = coverage.reaching(registers.connection, need)
        periods = _periods(need) if need else {}
        known = dict(_coded(schema)) | ({PERIOD: tuple(periods.values())} if need else {})
        joint = [pair for name, pair in getattr(declared, "JOINT", ()) if name == table]
        rows = need.rows if need else f"SELECT * FROM {identifier(table)}"
        for by in ((), *((name,) for name in known), *joint):
            sql = [need.period if need and c == PERIOD else identifier(c) for c in by]
            cast = (f"CAST({one} AS VARCHAR) AS {c}, " for one, c in zip(sql, by, strict=True))
            codes = tuple(known[name] for name in by)
            yield Cells(table, tuple(by), rows, "".join(cast), codes, periods)


def _coded(schema: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, column in schema.columns.items():
        if family(column.dtype) == "boolean":
            yield name, ("true",)  # the rest would be one more way to the total
        for rule in column.checks:
            codes = (rule.statistics or {}).get("allowed_values", ())
            if rule.name == "isin" and len(codes) <= MOST_CODES:
                yield name, tuple(str(code) for code in codes)


def _periods(need: Need) -> dict[str, str]:
    return {str(number): need.text(number) for number in range(need.first, need.last + 1)}


def _named(frame: pd.DataFrame, of: Cells) -> pd.DataFrame:
    """Periods by their text."""
    return frame.assign(period=frame[PERIOD].map(of.periods)) if PERIOD in of.by else frame


def counted(registers: Registers, of: Cells, secret: Secret) -> pd.DataFrame:
    """Distinct persons of every cell with their key: columns `by`, `persons`, `persons_key`."""
    keys.attach(registers.connection, f"({of.rows})", secret, to="profiled")
    distinct = f"SELECT DISTINCT {of.listed}{PERSON}, record_key FROM profiled"
    found = registers.query(
        f"SELECT * EXCLUDE ({PERSON}, record_key), count(*) AS persons, "
        f"{keys.key_sum()} AS persons_key FROM ({distinct}) GROUP BY ALL"
    )
    if not of.by:
        return found if len(found) else pd.DataFrame({"persons": [0], "persons_key": [0]})
    every = pd.DataFrame(itertools.product(*of.codes), columns=list(of.by))
    joined = every.merge(_named(found, of), how="left", on=list(of.by))
    return joined.fillna({"persons": 0, "persons_key": 0}).astype(
        {"persons": np.int64, "persons_key": np.int64}
    )


def make(study: str, parameters: StudyParameters) -> Profile:
    """The profile of a study's extracts, which are checked first.

    Raises
    ------
    ContractError
        When the extracts break their contract.
    DisclosureError
        For real registers without the owner's secret.
    """
    data = extracts.folder(study, parameters)
    contracts.require(study, data, parameters)
    secret = keys.secret(parameters.origin())
    found = []
    with reading.open_registers(data, catalogue.module(study, "contracts").TABLES) as registers:
        for of in cells(study, registers, parameters):
            found.append(_released(counted(registers, of, secret), of, secret))
    return Profile(study=study, rounded_to=thresholds().counts.persons_to, marginals=tuple(found))


def _released(frame: pd.DataFrame, of: Cells, secret: Secret) -> Marginal:
    told = counting.protect(frame, [PERSONS], secret.of(of.table))
    codes = tuple(told[list(of.by)].itertuples(index=False, name=None)) if of.by else ((),)
    persons = tuple(counting.about(count) for count in told[PERSONS])
    return Marginal(table=of.table, by=of.by, codes=codes, persons=persons)


def write(found: Profile, file: Path) -> None:
    """Write a profile as JSON; ParameterError when the file exists."""
    if file.exists():
        raise ParameterError(f"{file}: exists already; choose another --out or remove it")
    disk.write_text(file, json.dumps(found.model_dump(), ensure_ascii=False, indent=0) + "\n")


def read(file: Path) -> Profile:
    """Read a profile.

    Raises
    ------
    ParameterError
        When the file is missing, no profile, or of tables and columns the study does not have.
    """
    try:
        given = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        raise ParameterError(f"{file}: no file that `naveval profile` wrote") from None
    found = params.validate(Profile, given, str(file))
    if found.study not in catalogue.names():
        raise ParameterError(f"{file}: unknown study {found.study}")
    tables = catalogue.module(found.study, "contracts").TABLES
    for one in found.marginals:
        columns = (*tables[one.table].columns, PERIOD) if one.table in tables else ()
        if not set(one.by) <= set(columns) or not columns or len(one.codes) != len(one.persons):
            raise ParameterError(f"{file}: {one.table} by {', '.join(one.by)}: not of this study")
    return found


def simulate(found: Profile, out: Path, *, share: float = 1.0, seed: int = 1) -> pd.DataFrame:
    """Write registers whose marginals are those of a profile, or this share of them.

    Returns
    -------
    One row per cell: table, by, code, wanted (persons), made.
    """
    totals = [one.persons[0] for one in found.marginals if not one.by]
    wanted = max(totals, default=0) * share
    if wanted < 1:
        raise ParameterError(f"the profile of {found.study} has no persons; expected some")
    made: list[pd.DataFrame] = []

    def weighted(folder: Path) -> None:
        made.append(_weighted(found, base, folder, share, seed))

    stack, work = private_folder()
    with stack:
        trial, base = work / "trial", work / "base"
        _simulated(found.study, trial, TRIAL, seed)
        with _opened(found.study, trial) as registers:
            times = min(SPARE, max(1.0, ENOUGH / wanted))
            scale = min(1.0, TRIAL * times * wanted / len(_persons(found.study, registers)))
        _simulated(found.study, base, scale, seed)
        extracts.write(weighted, out, {})
    return made[0]


def nearness(made: pd.DataFrame, rounded_to: int) -> str:
    """How near the marginals came, in one line."""
    apart = (made["made"] - made["wanted"]).abs()
    within = int((apart <= rounded_to).sum())
    return (
        f"{within} of {len(made)} cells within {rounded_to} persons of the profile; "
        f"largest difference {apart.max():.0f}"
    )


def _simulated(study: str, folder: Path, scale: float, seed: int) -> None:
    folder.mkdir()
    settings = params.load(study, changes={"scale": scale, "seed": seed}).simulation()
    catalogue.module(study, "simulate").simulate(folder, **settings)


def _opened(study: str, folder: Path) -> Registers:
    return reading.open_registers(folder, catalogue.module(study, "contracts").TABLES)


def _tables_of_persons(study: str) -> list[str]:
    tables = catalogue.module(study, "contracts").TABLES
    return [name for name, schema in tables.items() if PERSON in schema.columns]


def _persons(study: str, registers: Registers) -> NDArray[np.int64]:
    """All pseudonyms of simulated registers, in order."""
    parts = [f"SELECT {PERSON} FROM {identifier(t)}" for t in _tables_of_persons(study)]
    sql = f"SELECT DISTINCT {PERSON} FROM ({' UNION ALL '.join(parts)}) ORDER BY 1"
    return registers.query(sql)[PERSON].to_numpy(np.int64)


def _weighted(found: Profile, base: Path, out: Path, share: float, seed: int) -> pd.DataFrame:
    """Write simulated registers with weights of their persons; returns wanted and made cells."""
    with _opened(found.study, base) as registers:
        persons = _persons(found.study, registers)
        listed, matrix = _matrix(found, registers, persons)
        wanted = listed["persons"].to_numpy(float) * share
        start = np.full(len(persons), wanted.max() / len(persons))
        weights = whole(raked(matrix, wanted, start), matrix, wanted, seed)
        _write(found.study, registers, persons, weights, out)
    write_truth(out, (read_truth(base) or {}) | {"weighted_to_a_profile": True})
    return listed.assign(wanted=wanted, made=matrix.T @ weights).drop(columns="persons")


def _matrix(
    found: Profile, registers: Registers, persons: NDArray[np.int64]
) -> tuple[pd.DataFrame, sparse.csr_array]:
    """All cells of a profile, and (persons, cells) who of the simulated persons is in which."""
    study = found.study
    known = {(one.table, one.by): one for one in cells(study, registers, params.load(study))}
    listed, blocks = [], []
    for one in found.marginals:
        of = known.get((one.table, one.by))
        if of is None:
            by = ", ".join(one.by)
            raise ParameterError(f"profile of {study}: {one.table} by {by} is not of its tables")
        rows = registers.query(f"SELECT DISTINCT {of.listed}{PERSON} FROM ({of.rows})")
        codes = pd.MultiIndex.from_tuples(one.codes) if one.by else pd.Index([()])
        place = np.zeros(len(rows), np.int64)
        if one.by:
            given = pd.MultiIndex.from_frame(_named(rows, of)[list(one.by)])
            place = codes.get_indexer(given)
        at = np.searchsorted(persons, rows[PERSON].to_numpy(np.int64))
        inside = place >= 0
        pair = (at[inside], place[inside])
        shape = (len(persons), len(one.codes))
        blocks.append(sparse.csr_array((np.ones(inside.sum()), pair), shape=shape))
        listed.append(
            pd.DataFrame(
                {
                    "table": one.table,
                    "by": ", ".join(one.by),
                    "code": [" ".join(code) for code in one.codes],
                    "persons": one.persons,
                }
            )
        )
    return pd.concat(listed, ignore_index=True), sparse.csr_array(sparse.hstack(blocks))


def raked(matrix: sparse.csr_array, wanted: Floats, start: Floats) -> Floats:
    """Weights of smallest relative entropy to `start` whose totals come near the wanted ones.

    Parameters
    ----------
    matrix
        (persons, cells), 1 where a person is in a cell.
    wanted
        (cells,) totals, which need not agree with each other.

    Example
    -------
    >>> women = sparse.csr_array(np.array([[1.0, 1], [1, 1], [1, 0], [1, 0]]))
    >>> raked(women, np.array([4000.0, 1000.0]), np.full(4, 1000.0)).round(-1).tolist()
    [500.0, 500.0, 1500.0, 1500.0]
    """

    def loss(dual: Floats) -> tuple[float, Floats]:
        weights = start * np.exp(np.clip(matrix @ dual, -30, 30))
        value = weights.sum() - dual @ wanted + ROOM / 2 * (dual @ dual)
        return float(value), matrix.T @ weights - wanted + ROOM * dual

    found = optimize.minimize(
        loss, np.zeros(len(wanted)), jac=True, method="L-BFGS-B", options={"maxiter": 500}
    )
    return start * np.exp(np.clip(matrix @ found.x, -30, 30))


def whole(
    weights: Floats, matrix: sparse.csr_array, wanted: Floats, seed: int
) -> NDArray[np.int64]:
    """Whole weights with about the same totals, mended one person at a time."""
    start = np.random.default_rng(seed).uniform()
    found = np.diff(np.floor(np.concatenate([[start], start + np.cumsum(weights)])))
    size = np.asarray(matrix.sum(axis=1)).ravel()
    columns = sparse.csc_array(matrix)
    pull = matrix @ (matrix.T @ found - wanted)
    for _ in range(REPAIRS):
        more, less = 2 * pull + size, np.where(found > 0, size - 2 * pull, np.inf)
        person, step = min((int(more.argmin()), 1), (int(less.argmin()), -1), key=_gain(more, less))
        if min(more[person] if step > 0 else less[person], 0) >= 0:
            break
        found[person] += step
        mine = matrix.indices[matrix.indptr[person] : matrix.indptr[person + 1]]
        pull += step * columns[:, mine].sum(axis=1)
    return found.astype(np.int64)


def _gain(more: Floats, less: Floats) -> Any:
    return lambda pair: (more if pair[1] > 0 else less)[pair[0]]


def _write(
    study: str,
    registers: Registers,
    persons: NDArray[np.int64],
    weights: NDArray[np.int64],
    out: Path,
) -> None:
    """Every table with each person as often as they weigh, under new pseudonyms."""
    copies = pd.DataFrame({PERSON: np.repeat(persons, weights)})
    copies["copy"] = np.arange(1, len(copies) + 1)
    registers.connection.register("copies", pa.Table.from_pandas(copies))
    for table, schema in catalogue.module(study, "contracts").TABLES.items():
        names = ", ".join(identifier(name) for name in schema.columns if name != PERSON)
        sql = f"SELECT {names} FROM {identifier(table)}"
        if PERSON in schema.columns:
            names = f"copy AS {PERSON}, {names}".removesuffix(", ")
            sql = f"SELECT {names} FROM {identifier(table)} JOIN copies USING ({PERSON})"
        target = quote(out / f"{table}.parquet")
        registers.connection.execute(f"COPY ({sql}) TO {target} (FORMAT parquet)")
