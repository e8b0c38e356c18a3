"""What the simulated registers were made with: true effects and expected levels.

Synthetic register extracts for the Hedmark study, person by person.

The tables are raw, as a real extract would be: one row per person and monthly update, with no
spell or flow worked out. At full size the 19 counties of 2014 give some 10 million rows over
109 months, of which the twelve counties of the study have about 6.5 million.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from naveval.project import places as county_list
from naveval.registers import simulation
from naveval.registers.simulation import coded
from naveval.studies.hedmark.simulate.levels import (
    CONTROLS,
    FIRST,
    MONTHS,
    START,
    TREATED,
    Levels,
    build,
    by_duration,
    calendar,
    calibrated,
    draw_shocks,
    exposure,
    shock_size,
)
from naveval.studies.hedmark.simulate.process import (
    ABSENT,
    GRANT_LAG,
    GROUPS,
    KINDS,
    MAX_DURATION,
    RIGHT_LOST,
    Process,
    Series,
    evolve,
    first_stock,
    require_pair,
    with_effect,
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
POOL_DELAY = 2
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


def windows(outcome: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Months before and after (boolean) of the document's comparisons for Hedmark."""
    years, month = calendar()
    t = np.arange(MONTHS)
    before = (years >= 2011) & (t < START)
    after = (t > START) & (years <= 2015)
    free = {"stock": 13, "inflow": 13, "26-51": 5}.get(outcome, 11)
    found = {"regression": (before, after & (t <= START + free))}
    if outcome == "stock":
        matched = ((t >= START - 47) & (t < START) & (month != 10), after & (t <= START + 11))
        return found | {"unadjusted": (before, after), "matched": matched}
    last = 3 if outcome == "26-51" else 9
    found["matched"] = (before & (month <= last), (years == 2015) & (month <= last))
    return found | ({"unadjusted": (before, after)} if outcome == "inflow" else {})


def series_of(series: Series, outcome: str) -> np.ndarray:
    """One outcome, (kind, county, month)."""
    if outcome in ("stock", "inflow"):
        return np.asarray(getattr(series, outcome))
    return series.duration[..., GROUPS.index(outcome)]


def describe(null: Process, treated: Process, county: str) -> dict[str, Any]:
    """True effects in per cent of the expected level before, and expected levels.

    The effect is the difference in expectation between the county with and without the new
    practice, given the county's shocks. Levels are in per cent of the labour force, pooled
    for the control counties.
    """
    i = null.counties.index(county)
    without, with_practice = evolve(null), evolve(treated)
    control = [null.counties.index(c) for c in CONTROLS]
    effects, levels = [], []
    for outcome in ("stock", "inflow", *GROUPS[1:]):
        for window, (before, after) in windows(outcome).items():
            for k, kind in enumerate(KINDS):
                key = {"outcome": outcome, "group": kind, "window": window}
                rates = [
                    100 * series_of(s, outcome)[k, i] / null.labour_force[i]
                    for s in (without, with_practice)
                ]
                level = float(rates[0][before].mean())
                change = float((rates[1] - rates[0])[after].mean())
                effects.append({**key, "effect": 100 * change / level, "points": change})
                pooled = (
                    100
                    * series_of(without, outcome)[k, control].sum(0)
                    / null.labour_force[control].sum(0)
                )
                levels.append(
                    {
                        **key,
                        "treated_before": level,
                        "treated_after": float(rates[1][after].mean()),
                        "control_before": float(pooled[before].mean()),
                        "control_after": float(pooled[after].mean()),
                    }
                )
    return {"county": county, "effects": effects, "levels": levels}


def simulate(
    out: Path,
    *,
    scale: float = 0.2,
    seed: int = 2024,
    effect: float = 1.0,
    inflow_effect: tuple[float, float] | None = None,
    exit_effect: tuple[float, float] | None = None,
    shocks: dict[str, float] | None = None,
) -> dict[str, Any]:
    """Write `job_seekers/`, `labour_force.parquet` and `truth.json`.

    Parameters
    ----------
    out
        Existing folder.
    scale
        Share of the full labour force, in (0, 1].
    seed
        Seed of all draws.
    effect
        Multiplies every true effect: 0 gives registers without any effect in Hedmark.
    inflow_effect
        Relative effect on new spells with and without right; default: solved so that the
        effects on inflow are the printed ones.
    exit_effect
        Relative effect on exit hazards with and without right, the same for all durations;
        default: by duration, so that the effects on the stock are the printed ones.
    shocks
        Fields of `ShockSize` to change.

    Raises
    ------
    ParameterError
        For a scale outside (0, 1], shocks that cannot be, effects that take away more spells
        than start, or hazards above one.
    """
    simulation.require_draw(scale, seed)
    simulation.require_number("effect", effect, -100, 100)
    for name, given in (("inflow_effect", inflow_effect), ("exit_effect", exit_effect)):
        require_pair(name, given)
    levels = calibrated()
    starts = np.asarray(inflow_effect if inflow_effect is not None else levels.effect_starts)
    exits = levels.effect_hazard
    if exit_effect is not None:
        exits = np.repeat(np.asarray(exit_effect, dtype=float)[:, None], 7, axis=1)
    generator = np.random.default_rng(seed)
    codes = county_list.codes(2014)
    null = build_null(levels, codes, scale, generator, shocks or {})
    treated = with_effect(
        null, TREATED, exposure(), tuple(effect * starts), by_duration(effect * exits)
    )
    rows = write_persons(out, treated, generator)
    write_labour_force(out, treated)
    truth = describe(null, treated, TREATED)
    truth |= {
        "scale": scale,
        "seed": seed,
        "rows": rows,
        "first": FIRST,
        "inflow_effect": (effect * starts).tolist(),
        "exit_effect": (effect * exits).tolist(),
    }
    return simulation.write_truth(out, truth)


def build_null(
    levels: Levels,
    codes: tuple[str, ...],
    scale: float,
    generator: np.random.Generator,
    shocks: dict[str, float],
) -> Process:
    """The process without the new practice, with this draw's county shocks."""
    simulation.require_names("shocks", shocks)
    drawn = draw_shocks(generator, len(codes), MONTHS, shock_size(**shocks))
    return build(levels, codes, scale, drawn)


def write_labour_force(out: Path, process: Process) -> None:
    """One row per county and month."""
    counties, months = process.labour_force.shape
    table = pa.table(
        {
            "county": pa.array(np.repeat(process.counties, months)),
            "month": pa.array(np.tile(month_dates(), counties)),
            "persons": pa.array(process.labour_force.astype("int64").ravel()),
        }
    )
    simulation.write_table(out, "labour_force", table)


def write_persons(out: Path, process: Process, generator: np.random.Generator) -> int:
    """Run the process person by person and write one file per year; returns the rows."""
    folder = out / "job_seekers"
    folder.mkdir()
    years, _ = calendar()
    persons, pool = Persons(), [np.empty(0, dtype=np.int64)] * POOL_DELAY
    county_of = np.empty(0, dtype=np.int8)
    active = opening(process, persons, generator)
    county_of = active.county.copy()
    waiting = np.empty(0, dtype=np.int64)
    rows, written = 0, None
    for t in range(MONTHS):
        if t:
            active, left = step(process, active, t, generator)
            pool.append(left[generator.random(len(left)) < KEPT_IN_POOL])
            waiting = np.concatenate([waiting, pool.pop(0)])
            new, waiting, county_of = entrants(process, t, persons, waiting, county_of, generator)
            active = join(active, new)
        active = miss_updates(active, generator)
        if written is None or years[t] != years[t - 1]:
            if written is not None:
                written.close()
            file = folder / f"{years[t]}.parquet"
            written = pq.ParquetWriter(file, SCHEMA, compression="zstd", use_dictionary=CODED)
        table = register_rows(active, persons, process.counties, t)
        written.write_table(table)
        rows += table.num_rows
    if written is not None:
        written.close()
    return rows
