"""Spells of job seekers, person by person and month by month."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from naveval.registers.simulation import coded
from naveval.studies.hedmark.simulate.levels import FIRST, MONTHS
from naveval.studies.hedmark.simulate.process import (
    ABSENT,
    GRANT_LAG,
    MAX_DURATION,
    RIGHT_LOST,
    Process,
    first_stock,
)

SEX = ("kvinne", "mann")
EDUCATION = ("grunnskole", "videregående", "høyere", "ukjent")
STATUS = ("helt ledig", "delvis ledig", "tiltak")
WOMEN = (0.43, 0.47)
EDUCATION_SHARES = ((0.28, 0.45, 0.22, 0.05), (0.44, 0.31, 0.15, 0.10))
STATUS_SHARES = ((0.58, 0.29, 0.13), (0.62, 0.17, 0.21))
AGE = ((39.0, 12.0), (33.0, 13.0))
AGE_RANGE = (18, 66)
STATUS_REDRAWN = 0.15
RETURNING = 0.25
KEPT_IN_POOL = 0.3
POOL_DELAY = 3
WEEKS_PER_MONTH = 4.345


@dataclass
class Persons:
    """Attributes of every person ever registered, by id; grows as new ones register."""

    sex: list[np.ndarray] = field(default_factory=list)
    birth_year: list[np.ndarray] = field(default_factory=list)
    education: list[np.ndarray] = field(default_factory=list)
    count: int = 0


@dataclass(frozen=True)
class Active:
    """Ongoing spells, one element each: ids, kind, county, months, part of month, lag of the
    right, whether it is lost, status, and whether the last update was missed.
    """

    person: np.ndarray
    kind: np.ndarray
    county: np.ndarray
    months: np.ndarray
    part: np.ndarray
    lag: np.ndarray
    lost: np.ndarray
    status: np.ndarray
    absent: np.ndarray


def month_dates() -> np.ndarray:
    """First day of each simulated month, datetime64[D]."""
    return (np.datetime64(FIRST, "M") + np.arange(MONTHS)).astype("datetime64[D]")


TEXT = pa.dictionary(pa.int8(), pa.string())
SCHEMA = pa.schema(
    {
        "person": pa.int64(),
        "month": pa.date32(),
        "county": TEXT,
        "sex": TEXT,
        "birth_year": pa.int16(),
        "education": TEXT,
        "status": TEXT,
        "benefit_right": pa.bool_(),
        "weeks_registered": pa.int16(),
    }
)

# A dictionary of ids would be as large as the ids, and takes half the time of writing.
CODED = [name for name in SCHEMA.names if SCHEMA.field(name).type == TEXT]


def opening(process: Process, persons: Persons, generator: np.random.Generator) -> Active:
    """Spells under way at the first update."""
    expected, lost = first_stock(process)
    expected = np.concatenate([expected.reshape(-1), lost])
    counts = generator.poisson(expected)
    kinds, size = 2, len(process.counties)
    index = np.repeat(np.arange(len(expected)), counts)
    is_lost = index >= kinds * size * (MAX_DURATION + 1)
    inner = np.where(is_lost, 0, index)
    kind = np.where(is_lost, 0, inner // (size * (MAX_DURATION + 1)))
    county = np.where(
        is_lost, index - kinds * size * (MAX_DURATION + 1), inner // (MAX_DURATION + 1) % size
    )
    months = np.where(is_lost, MAX_DURATION, inner % (MAX_DURATION + 1))
    months = months + np.where(months == MAX_DURATION, generator.geometric(0.1, len(months)) - 1, 0)
    active = fresh(register(persons, kind, 0, generator), kind, county, generator)
    return Active(**{**vars(active), "months": months.astype(np.int16), "lost": is_lost})


def register(
    persons: Persons, kind: np.ndarray, t: int, generator: np.random.Generator
) -> np.ndarray:
    """Give new persons their attributes; returns their ids."""
    n = len(kind)
    year = 2006 + (11 + t) // 12
    mean, spread = np.array(AGE)[kind].T
    age = np.clip(generator.normal(mean + 0.1 * (year - 2011), spread), *AGE_RANGE)
    cut = np.cumsum(EDUCATION_SHARES, axis=1)[kind]
    persons.sex.append((generator.random(n) >= np.array(WOMEN)[kind]).astype(np.int8))
    persons.birth_year.append((year - age).astype(np.int16))
    persons.education.append((generator.random(n)[:, None] > cut[:, :3]).sum(1).astype(np.int8))
    ids = np.arange(persons.count, persons.count + n)
    persons.count += n
    return ids


def fresh(
    person: np.ndarray, kind: np.ndarray, county: np.ndarray, generator: np.random.Generator
) -> Active:
    """New spells of these persons."""
    n = len(person)
    return Active(
        person=person,
        kind=kind.astype(np.int8),
        county=county.astype(np.int8),
        months=np.zeros(n, dtype=np.int16),
        part=generator.integers(0, 4, n, dtype=np.int8),
        lag=np.searchsorted(np.cumsum(GRANT_LAG), generator.random(n)).astype(np.int8),
        lost=np.zeros(n, dtype=bool),
        status=draw_status(kind, generator),
        absent=np.zeros(n, dtype=bool),
    )


def draw_status(kind: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    cut = np.cumsum(STATUS_SHARES, axis=1)[kind]
    return (generator.random(len(kind))[:, None] > cut[:, :2]).sum(1).astype(np.int8)


def step(
    process: Process, active: Active, t: int, generator: np.random.Generator
) -> tuple[Active, np.ndarray]:
    """Exits and losses of right between update t−1 and t; returns the ids that left."""
    months = np.minimum(active.months, MAX_DURATION)
    kind = np.where(active.lost, 1, active.kind)
    stays = generator.random(len(months)) >= process.hazard[kind, active.county, t, months]
    kept = Active(**{name: values[stays] for name, values in vars(active).items()})
    n = len(kept.person)
    losing = (kept.months >= MAX_DURATION) & (kept.kind == 0)
    redrawn = generator.random(n) < STATUS_REDRAWN
    status = kept.status.copy()
    status[redrawn] = draw_status(kept.kind[redrawn], generator)
    lost = kept.lost | (losing & (generator.random(n) < RIGHT_LOST))
    changed = {"months": kept.months + np.int16(1), "lost": lost, "status": status}
    return Active(**{**vars(kept), **changed}), active.person[~stays]


def entrants(
    process: Process,
    t: int,
    persons: Persons,
    waiting: np.ndarray,
    county_of: np.ndarray,
    generator: np.random.Generator,
) -> tuple[Active, np.ndarray, np.ndarray]:
    """Spells that start at update t, some of them by persons who have been registered before."""
    counts = generator.poisson(process.starts[:, :, t])
    size = len(process.counties)
    index = np.repeat(np.arange(counts.size), counts.ravel())
    generator.shuffle(index)
    kind, county = index // size, index % size
    ids = np.full(len(index), -1, dtype=np.int64)
    waiting = generator.permutation(waiting)
    taken = np.zeros(len(waiting), dtype=bool)
    for c in range(size):
        slots = np.flatnonzero((county == c) & (generator.random(len(index)) < RETURNING))
        found = np.flatnonzero(county_of[waiting] == c)[: len(slots)]
        ids[slots[: len(found)]] = waiting[found]
        taken[found] = True
    new = ids < 0
    ids[new] = register(persons, kind[new], t, generator)
    county_of = np.concatenate([county_of, county[new].astype(np.int8)])
    return fresh(ids, kind, county, generator), waiting[~taken], county_of


def join(first: Active, second: Active) -> Active:
    return Active(
        **{
            name: np.concatenate([values, getattr(second, name)])
            for name, values in vars(first).items()
        }
    )


def miss_updates(active: Active, generator: np.random.Generator) -> Active:
    """Some ongoing spells miss this update; never the first and never two running."""
    missed = generator.random(len(active.person)) < ABSENT
    missed &= (active.months > 0) & ~active.absent
    return Active(**{**vars(active), "absent": missed})


def register_rows(active: Active, persons: Persons, codes: tuple[str, ...], t: int) -> pa.Table:
    """The rows of one monthly update."""
    for name in ("sex", "birth_year", "education"):
        setattr(persons, name, [np.concatenate(getattr(persons, name))])
    seen = ~active.absent
    person = active.person[seen]
    months, kind = active.months[seen], active.kind[seen]
    right = (kind == 0) & (months >= active.lag[seen]) & ~active.lost[seen]
    weeks = np.floor((months + active.part[seen] / 4) * WEEKS_PER_MONTH).astype(np.int16)
    month = np.full(len(person), month_dates()[t])
    columns = [
        pa.array(person),
        pa.array(month),
        coded(active.county[seen], codes),
        coded(persons.sex[0][person], SEX),
        pa.array(persons.birth_year[0][person]),
        coded(persons.education[0][person], EDUCATION),
        coded(active.status[seen], STATUS),
        pa.array(right),
        pa.array(weeks),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)
