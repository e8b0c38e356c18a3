"""From registers to the analysis panel: one chunk per month, small integers throughout.

A chunk has a row per person in the stock of a month: codes of the characteristics, codes of
the groups to break down by, and the outcomes that are fully observed. At full size the whole
panel takes about a gigabyte.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from naveval.project import months as calendar_months
from naveval.project.errors import ContractError, EstimationError
from naveval.studies.indicator import market
from naveval.studies.indicator.characteristics import (
    COHORTS,
    COUNTRY_GROUPS,
    FIRST_AGE,
    GROUPS,
    HORIZON,
    LAST_DURATION,
    MARKS,
    NO_PROGRAM,
    PROGRAMS,
    STATUS,
    age_code,
    history_code,
    hours_code,
    origin_code,
    residence_code,
)
from naveval.studies.indicator.contracts import COUNTIES
from naveval.studies.indicator.extracts import (
    JOB_LIMIT,
    Hours,
    PersonIndex,
    codes,
    distinct,
    months_of,
    numbers,
    outcomes_of,
    person_index,
    read_hours,
    read_months,
)
from naveval.studies.indicator.parameters import LEAST_MONTHS
from naveval.studies.indicator.protection import Noise

COLUMNS = (
    "person",
    "office",
    "county",
    "region",
    "innsatsgruppe",
    "status",
    "program",
    "registered",
    "age",
    "children",
    "country_group",
    "residence_months",
    "wage_decile",
    "pension_decile",
    "history_months",
    "weekly_hours",
    *MARKS,
)
YOUTH_GROUPS = ("spesielt_tilpasset", "situasjonsbestemt")
LONGEST_DURATION = max(LAST_DURATION.values())


@dataclass(frozen=True)
class Chunk:
    """One month of the panel; arrays have one element per person.

    Attributes
    ----------
    person
        Dense person number.
    columns
        Codes of the model's characteristics; inflow by horizon, as `inflow3`.
    groups
        Codes of the groups to break down by.
    outcomes
        atid as hours a week (float32), jobb as 0/1 (uint8); an outcome that is not fully
        observed is not there.
    first
        Whether the month is the first of the person's spell.
    sums
        Sums by status group of what tables describe and the model has only in categories:
        hours a week now, years of residence, months of history and of duration.
    job_now
        Whether in work at measurement.
    """

    month: str
    person: NDArray[np.int32]
    columns: dict[str, NDArray[np.int8]]
    groups: dict[str, NDArray[np.int16]]
    outcomes: dict[str, NDArray]
    first: NDArray[np.bool_]
    sums: dict[str, NDArray[np.float64]]
    job_now: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))

    def __len__(self) -> int:
        return len(self.person)


@dataclass
class Spells:
    """Start of each person's present spell and month last seen, as month numbers."""

    last: NDArray[np.int32]
    start: NDArray[np.int32]


@dataclass(frozen=True)
class Panel:
    """All months, with what the group codes mean and the sample flow.

    Attributes
    ----------
    levels
        Group name to the names of its codes.
    county_of
        County code of each office code.
    flow
        Rows and persons read, kept and set aside, by reason.
    limits
        Limits of the market categories.
    occupied
        Regions × months in each of them: inflow by horizon, as `inflow3`, and employment.
    noise
        Noise of all curves; None for curves that stay inside (tests, the store of updates).
    persons
        Pseudonyms by dense number, for the noise.
    entrants
        The rows that begin a spell, with their outcomes after 6, 12, 24 and 60 months.
    """

    chunks: tuple[Chunk, ...]
    levels: dict[str, tuple[str, ...]]
    county_of: NDArray[np.int16]
    n_persons: int
    flow: dict[str, int]
    limits: dict[str, NDArray[np.float64]] = field(repr=False)
    noise: Noise | None = field(default=None, repr=False)
    persons: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64), repr=False)
    entrants: tuple[Chunk, ...] = field(default=(), repr=False)
    occupied: dict[str, NDArray[np.int64]] = field(default_factory=dict, repr=False)

    @property
    def months(self) -> tuple[str, ...]:
        return tuple(chunk.month for chunk in self.chunks)

    def __len__(self) -> int:
        return sum(len(chunk) for chunk in self.chunks)


def stock_months(data: Path, first: str = "", last: str = "") -> tuple[str, ...]:
    """Months of the stock between first and last; "" takes all.

    Raises
    ------
    EstimationError
        With fewer than 24 months.
    """
    found = months_of(data, "stock")
    months = tuple(m for m in found if (not first or m >= first) and (not last or m <= last))
    if len(months) < LEAST_MONTHS:
        raise EstimationError(
            f"the stock has {len(months)} months; the indicator needs at least {LEAST_MONTHS} "
            "to adjust for season"
        )
    return months


def build(
    data: Path,
    *,
    first_month: str = "",
    last_month: str = "",
    spell_break: int = 2,
    market_categories: str = "equal_width",
    subsidised_hours: bool = True,
    working_days: bool = False,
    young_under: int = 30,
    long_horizons: Sequence[int] = (),
) -> Panel:
    """Read the registers and make the panel.

    Spells are followed from the stock's first month on, also where the panel begins later.

    Raises
    ------
    ContractError
        Missing months, a person twice in a month, values outside their categories, negative
        hours: names table, month, column, rows.
    """
    months = stock_months(data, first_month, last_month)
    index = person_index(data, months)
    hours = read_hours(data, index, months, subsidised=subsidised_hours, working_days=working_days)
    horizons = (3, 12, *long_horizons)
    found = market.read(data, months, market_categories, {*horizons, *COHORTS})
    places = distinct(data, "stock", ["office", "county"], months)
    levels = {
        "county": tuple(COUNTIES),
        "office": tuple(office for office, _ in places),
        "innsatsgruppe": GROUPS,
        "status": STATUS,
        "program": PROGRAMS,
        "country_group": COUNTRY_GROUPS,
        "young": ("over", "under"),
        "youth_guarantee": ("outside", "inside"),
    }
    if len(set(levels["office"])) < len(places):
        raise ContractError("stock, columns office and county: an office lies in two counties")
    home = {office: COUNTIES.index(county) for office, county in places}
    county_of = np.array([home[office] for office in levels["office"]], dtype=np.int16)
    spells = _spells_before(data, index, months[0], spell_break)
    chunks, entrants = [], []
    for t, (month, part) in enumerate(read_months(data, "stock", COLUMNS, months)):
        ordered = _by_person(part)
        chunks.append(
            _chunk(
                ordered,
                month,
                t,
                index,
                spells,
                found,
                hours,
                levels,
                horizons,
                spell_break,
                young_under,
            )
        )
        entrants.append(_entrants(chunks[-1], t, ordered, found, hours))
    flow = {"persons": index.count, "months": len(hours.months), **hours.counts}
    return Panel(
        tuple(chunks),
        levels,
        county_of,
        index.count,
        flow,
        found.limits,
        persons=index.persons,
        entrants=tuple(entrants),
        occupied=market.occupied(found),
    )


def _spells_before(data: Path, index: PersonIndex, first: str, spell_break: int) -> Spells:
    """Spells as the stock's months before the first of the panel leave them.

    A spell must not depend on where the panel begins.
    """
    spells = Spells(np.full(index.count, -(10**6), np.int32), np.zeros(index.count, np.int32))
    earlier = [month for month in months_of(data, "stock") if month < first]
    for month, part in read_months(data, "stock", ("person", "registered"), earlier):
        person = index.find(numbers(part, "person"))
        known = person >= 0
        _duration(part.filter(pa.array(known)), person[known], spells, month, spell_break)
    return spells


def _by_person(part: pa.Table) -> pa.Table:
    """Rows in the order of persons: sums are the same to the last digit, whatever files' order."""
    person = numbers(part, "person")
    return part if (person[1:] >= person[:-1]).all() else part.sort_by("person")


def _chunk(
    part: pa.Table,
    month: str,
    t: int,
    index: PersonIndex,
    spells: Spells,
    found: market.Market,
    hours: Hours,
    levels: dict[str, tuple[str, ...]],
    horizons: Sequence[int],
    spell_break: int,
    young_under: int,
) -> Chunk:
    person = index.find(numbers(part, "person"))
    _once(person, index.count, month)
    months_in, first = _duration(part, person, spells, month, spell_break)
    groups = {
        name: _coded(part, name, levels[name], month)
        for name in ("county", "office", "innsatsgruppe", "status", "program", "country_group")
    }
    region = _coded(part, "region", found.regions, month)
    age = _whole(part, "age", month, FIRST_AGE, 75)
    residence = _whole(part, "residence_months", month, 0, 1200)
    history = _whole(part, "history_months", month, 0, 61)
    weekly = _bounded(part, "weekly_hours", month)
    columns = {
        "age": age_code(age),
        "children": np.minimum(_whole(part, "children", month, 0, 20), 4).astype(np.int8),
        **{mark: numbers(part, mark).astype(np.int8) for mark in MARKS},
        "wage": _whole(part, "wage_decile", month, 0, 10),
        "pension": _whole(part, "pension_decile", month, -1, 10) + np.int8(1),
        "origin": origin_code(groups["country_group"], residence_code(residence)),
        "history": history_code(history),
        "duration": np.minimum(months_in, LONGEST_DURATION).astype(np.int8),
        "hours": hours_code(weekly),
        **{f"inflow{horizon}": found.inflow[horizon][region, t] for horizon in horizons},
        "employment": found.employment[region, t],
    }
    young = age < young_under
    tight = np.isin(groups["innsatsgruppe"], [GROUPS.index(name) for name in YOUTH_GROUPS])
    groups["young"] = young.astype(np.int16)
    groups["youth_guarantee"] = (young & tight).astype(np.int16)
    described = {
        "hours_now": weekly,
        "residence": residence / 12,
        "history": history,
        "duration": months_in,
    }
    sums: dict[str, NDArray[np.float64]] = {
        name: np.bincount(groups["status"], weights=values, minlength=len(STATUS)).astype(float)
        for name, values in described.items()
    }
    outcomes = outcomes_of(hours, person, month, horizons)
    _require_inflow(columns, outcomes, month, hours)
    return Chunk(month, person, columns, groups, outcomes, first, sums, weekly > JOB_LIMIT)


def _require_inflow(
    columns: Mapping[str, NDArray[np.int8]], outcomes: Iterable[str], month: str, hours: Hours
) -> None:
    for outcome in outcomes:
        if (columns[f"inflow{HORIZON[outcome]}"] < 0).any():
            raise ContractError(
                f"inflow: {outcome} of {month} needs the {HORIZON[outcome]} months after it in "
                f"every region; expected every region and month until {hours.months[-1]}"
            )


def _entrants(chunk: Chunk, t: int, part: pa.Table, found: market.Market, hours: Hours) -> Chunk:
    """The month's rows that begin a spell, with the outcomes of `COHORTS`."""
    own = np.flatnonzero(chunk.first)
    region = _coded(part, "region", found.regions, chunk.month)[own]
    columns = {name: code[own] for name, code in chunk.columns.items() if name[:6] != "inflow"}
    columns |= {f"inflow{horizon}": found.inflow[horizon][region, t] for horizon in COHORTS}
    outcomes = outcomes_of(hours, chunk.person[own], chunk.month, COHORTS)
    _require_inflow(columns, outcomes, chunk.month, hours)
    groups = {name: code[own] for name, code in chunk.groups.items()}
    return Chunk(chunk.month, chunk.person[own], columns, groups, outcomes, chunk.first[own], {})


def _once(person: NDArray[np.int32], n_persons: int, month: str) -> None:
    times = np.bincount(person, minlength=n_persons)
    if times.max(initial=0) > 1:
        raise ContractError(
            f"stock, month {month}: {int((times[person] > 1).sum())} rows: a person is there "
            "twice; expected one row per person and month"
        )


def _coded(part: pa.Table, column: str, levels: Sequence[str], month: str) -> NDArray[np.int16]:
    known = {name: k for k, name in enumerate(levels)}
    if column == "program":
        known[NO_PROGRAM] = 0
    found = codes(part, column, known)
    _require(found >= 0, column, month, f"one of {len(levels)} known codes")
    return found


def _whole(part: pa.Table, column: str, month: str, low: int, high: int) -> NDArray:
    values = numbers(part, column)
    _require((values >= low) & (values <= high), column, month, f"{low} to {high}")
    return values.astype(np.int16 if high > 127 else np.int8)


def _bounded(part: pa.Table, column: str, month: str) -> NDArray:
    values = numbers(part, column)
    _require((values >= 0) & (values <= 100), column, month, "0 to 100 hours a week")
    return values.astype(np.float32)  # what a Parquet file may hold: the same from every file


def _require(good: NDArray, column: str, month: str, expected: str) -> None:
    if not good.all():
        raise ContractError(
            f"stock, month {month}, column {column}: {int((~good).sum())} rows: expected {expected}"
        )


def _duration(
    part: pa.Table, person: NDArray[np.int32], spells: Spells, month: str, spell_break: int
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Months since the spell began, and whether this is its first month.

    A spell goes on over absences shorter than `spell_break` months. The register's own start of
    registration is used for a person's first appearance and after a longer absence, but never
    one from before that absence.
    """
    now = calendar_months.month_number(month)
    known: dict[str, int] = {}
    for text in set(part.column("registered").unique().to_pylist()):
        known[text] = now - calendar_months.month_number(text)
    levels = {text: k for k, text in enumerate(known)}
    since = np.array(list(known.values()))[codes(part, "registered", levels)]
    _require(since >= 0, "registered", month, "a month not after the stock's month")
    continued = now - spells.last[person] - 1 < spell_break
    begun = np.maximum(now - since, spells.last[person] + 1)
    start = np.where(continued, spells.start[person], begun)
    spells.last[person], spells.start[person] = now, start
    return (now - start).astype(np.int32), start == now


def with_outcome(panel: Panel, outcome: str) -> Iterator[Chunk]:
    """Chunks where the outcome is observed.

    Raises
    ------
    EstimationError
        When no month has it.
    """
    found = [chunk for chunk in panel.chunks if outcome in chunk.outcomes]
    if not found:
        raise EstimationError(
            f"{outcome}: no month of the stock has all its outcome months observed"
        )
    yield from found
