"""Synthetic registers for the work indicator, written month by month.

Only the persons being followed are in memory (those registered and those who left in the last
three years); each month's stock and hours go straight to their own Parquet file. A month's
random numbers depend on the seed and the month alone, so a longer simulation repeats the
months of a shorter one exactly: that is how a quarterly update is tried out.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from naveval.project import months as calendar_months
from naveval.studies.indicator.characteristics import COUNTRY_GROUPS, GROUPS, PROGRAMS, STATUS
from naveval.studies.indicator.published import mean_outcomes, table3_counties
from naveval.studies.indicator.simulate import market
from naveval.studies.indicator.simulate.population import (
    Places,
    draw_groups,
    draw_persons,
    places,
    status_shares,
)
from naveval.studies.indicator.simulate.work import (
    LASTING_SHARE,
    LEVELS,
    MOST_LASTING,
    PROGRAM_EFFECT,
    PROGRAM_GROWTH,
    WEEKS_PER_MONTH,
    calendar_effect,
    index_of,
    program_effects,
    program_growth,
    step_fading,
    tendency,
    weekly_hours,
)

FIRST_MONTH, LAST_MONTH = "2017-12", "2024-06"
FULL_STOCK = 302_500
BASE_STOCK = 0.926
FOLLOWED_AFTER = 37
ELAPSED = (37.05, 10.56, 11.64, 17.92, 16.27)
ABSENCE_CHANCE = 0.004
SPELL_BREAK = 2
OFFICE_SPREAD = 0.07
SELECTED = 0.2
COUNTY_SLOPE = 8.0
WAVES = {"2020-03": 0.36, "2020-04": 0.12, "2020-11": 0.03, "2021-01": 0.05, "2021-02": 0.02}
TILTAK_SHARES = (0.0, 0.30, 0.07, 0.12, 0.09, 0.02, 0.13, 0.08, 0.07, 0.12)
NEDSATT_SHARES = (0.0, 0.34, 0.16, 0.03, 0.02, 0.08, 0.08, 0.12, 0.06, 0.11)
PROGRAM_START = (0.022, 0.0, 0.004, 1.0, 0.004)
PROGRAM_MONTHS = 7.0
ID_FACTOR, ID_SHIFT, ID_PRIME = 1_299_709, 481_516, 5_000_011


@dataclass
class Pool:
    """Persons being followed: columns by name, all of the same length."""

    columns: dict[str, NDArray]

    def __len__(self) -> int:
        return len(self.columns["id"])

    def add(self, new: dict[str, NDArray]) -> None:
        self.columns = (
            {
                name: np.concatenate([old, new[name].astype(old.dtype)])
                for name, old in self.columns.items()
            }
            if self.columns
            else new
        )

    def keep(self, own: NDArray) -> None:
        self.columns = {name: column[own] for name, column in self.columns.items()}


@dataclass(frozen=True)
class Truth:
    """Latent effects behind the simulated hours, and the places."""

    where: Places
    county: NDArray[np.float64]
    office: NDArray[np.float64]
    calendar: NDArray[np.float64]


def simulate(
    out: Path,
    *,
    scale: float = 1.0,
    seed: int = 2024,
    last_month: str = LAST_MONTH,
    hours_after: int = 3,
    county_effects: bool = True,
    office_spread: float = OFFICE_SPREAD,
) -> dict[str, Any]:
    """Write stock, hours, inflow and industry to a folder, and `truth.json`.

    Parameters
    ----------
    scale
        1.0 is the full size: 79 months of about 302 500 persons.
    last_month
        Last month of the stock; hours are observed for `hours_after` months more.
    county_effects, office_spread
        Tunable truth: whether counties differ as in the document's table 3, and the latent
        standard deviation between offices of a county.

    Returns
    -------
    What `truth.json` says.
    """
    stock_months = calendar_months.month_range(FIRST_MONTH, last_month)
    last_hours = calendar_months.month_text(calendar_months.month_number(last_month) + hours_after)
    hours_months = calendar_months.month_range(FIRST_MONTH, last_hours)
    truth = _truth(seed, hours_months, county_effects, office_spread)
    for table in ("stock", "hours"):
        (out / table).mkdir(parents=True, exist_ok=True)
    pool, made = Pool({}), 0
    found = tendency()
    rows = {"stock": 0, "hours": 0}
    for t, month in enumerate(hours_months):
        rng = np.random.default_rng([seed, 7, t])
        new = _entrants(rng, t, month, scale, truth.where)
        new["id"] = (np.arange(made, made + len(new["status"])) * ID_FACTOR + ID_SHIFT) % ID_PRIME
        made += len(new["id"])
        new["index"] = index_of(found, new)
        _start(rng, new)
        pool.add(new)
        _work(rng, pool, truth, t)
        rows["hours"] += _write_hours(out, pool, month)
        if t < len(stock_months):
            rows["stock"] += _write_stock(out, pool, truth.where, t, month)
        _move(rng, pool)
    market.write(out, seed, truth.where, hours_months, FIRST_MONTH)
    told = {
        "study": "indicator",
        "seed": seed,
        "scale": scale,
        "rows": rows,
        "persons": made,
        "months": [stock_months[0], stock_months[-1]],
        "hours_until": last_hours,
        "county_latent": dict(
            zip(truth.where.counties, truth.county.round(4).tolist(), strict=True)
        ),
        "office_latent": dict(
            zip(truth.where.offices, truth.office.round(4).tolist(), strict=True)
        ),
        "calendar_latent": dict(zip(hours_months, truth.calendar.round(4).tolist(), strict=True)),
        "program_latent": PROGRAM_EFFECT,
        "program_growth": PROGRAM_GROWTH,
    }
    (out / "truth.json").write_text(json.dumps(told, indent=1, ensure_ascii=False))
    return told


def _truth(seed: int, months: tuple[str, ...], county_effects: bool, spread: float) -> Truth:
    rng = np.random.default_rng([seed, 1])
    where = places(rng)
    printed = table3_counties()
    level = printed[printed["outcome"] == "atid3"].set_index("county")["value"]
    gap = np.array([level[code] for code in where.counties]) - mean_outcomes()["atid3"]
    county = gap / COUNTY_SLOPE if county_effects else np.zeros(len(where.counties))
    office = rng.normal(0, 1, len(where.offices)) * spread
    weight = np.bincount(where.office_county, weights=where.share)
    office -= (np.bincount(where.office_county, weights=where.share * office) / weight)[
        where.office_county
    ]
    return Truth(
        where, county, office, calendar_effect(list(months), np.random.default_rng([seed, 2]))
    )


def _entrants(
    rng: np.random.Generator, t: int, month: str, scale: float, where: Places
) -> dict[str, NDArray]:
    """New persons of a month: the whole stock in the first, else about 5 percent of it."""
    stock = FULL_STOCK * BASE_STOCK * scale * status_shares()
    count = np.round(stock).astype(int) if t == 0 else rng.poisson(stock / np.array(ELAPSED))
    wave = WAVES.get(month, 0.0) * FULL_STOCK * scale
    extra = rng.poisson([0, wave * 0.62, wave * 0.38, 0, 0]) if wave else np.zeros(5, dtype=int)
    status = np.repeat(np.arange(5), count + extra)
    elapsed = np.zeros(len(status))
    if t == 0:
        elapsed = np.minimum(rng.exponential(np.array(ELAPSED)[status]), 180)
    new = draw_persons(rng, status, where, elapsed)
    if wave:
        first = np.concatenate(
            [np.arange(total) >= base for base, total in zip(count, count + extra, strict=True)]
        )
        new["laid_off"] = np.where(first, True, new["laid_off"])
        new["wage"] = np.where(first & (new["wage"] < 4), 6, new["wage"]).astype(np.int8)
        new["work_benefit"] |= first
    new["first_month"] = np.full(len(status), t, dtype=np.int16)
    return new


def _start(rng: np.random.Generator, new: dict[str, NDArray]) -> None:
    """State of new persons: latent parts, group, programme, registration."""
    n, status = len(new["status"]), new["status"]
    lasting = rng.normal(0, np.sqrt(LASTING_SHARE), n)
    lasting -= SELECTED * np.minimum(new["elapsed"] / 12, 1)
    new["lasting"] = lasting.astype(np.float32)
    fall = LEVELS.entry[status] * np.where(new["laid_off"], 0.8, 1.0)
    settled = np.exp(-new["elapsed"] / 9.0)
    new["fading"] = (
        rng.normal(0, np.sqrt(1 - LASTING_SHARE), n)
        + fall * np.maximum(settled, 0.35 * (new["elapsed"] > 0))
    ).astype(np.float32)
    new["group"] = draw_groups(rng, status, lasting)
    new["potential"] = rng.random(n, dtype=np.float32)
    new["small"] = rng.random(n, dtype=np.float32)
    pension = (new["first_month"] - new["elapsed"]) < -35
    new["pension"] = np.where(pension, np.where(new["wage"] == 0, 0, new["rank"] + 1), -1).astype(
        np.int8
    )
    new["wage"] = np.where(pension, 0, new["wage"]).astype(np.int8)
    new["registered"] = (new["first_month"] - new["elapsed"]).astype(np.int16)
    new["months"] = np.minimum(new["past"] + new["elapsed"], 61).astype(np.int8)
    new["program"] = np.zeros(n, dtype=np.int8)
    new["program_left"] = np.zeros(n, dtype=np.int8)
    new["absent"] = np.zeros(n, dtype=np.int8)
    new["ends"] = np.zeros(n, dtype=bool)
    new["gone"] = np.zeros(n, dtype=np.int8)
    new["weekly"] = np.zeros(n, dtype=np.float32)
    for name in ("elapsed", "past", "rank"):
        del new[name]


def _work(rng: np.random.Generator, pool: Pool, truth: Truth, t: int) -> None:
    """Hours of the month for everybody followed, and programmes."""
    c = pool.columns
    here = c["gone"] == 0
    status, office = c["status"], c["office"]
    starts = (
        here
        & (c["program"] == 0)
        & (rng.random(len(pool), dtype=np.float32) < np.array(PROGRAM_START)[status])
    )
    own = np.flatnonzero(starts)
    shares = np.where(
        (status[own] == STATUS.index("tiltak"))[:, None], TILTAK_SHARES, NEDSATT_SHARES
    )
    pick = (rng.random(len(own))[:, None] > np.cumsum(shares, axis=1)[:, :-1]).sum(axis=1)
    c["program"][own] = pick
    c["program_left"][own] = np.minimum(1 + rng.exponential(PROGRAM_MONTHS, len(own)), 60)
    c["fading"] = step_fading(rng, c["fading"])
    growth = program_growth()[c["program"]]
    c["lasting"] = np.where(
        growth > 0, np.minimum(c["lasting"] + growth, MOST_LASTING), c["lasting"]
    ).astype(np.float32)
    place = (truth.county[truth.where.office_county] + truth.office).astype(np.float32)
    program = program_effects().astype(np.float32)[c["program"]]
    base = LEVELS.long_run.astype(np.float32)[status] + np.float32(truth.calendar[t])
    health = np.where(c["health_benefit"], np.float32(-0.12), np.float32(0.0))
    latent = base + health + c["index"] + place[office] + program + c["lasting"] + c["fading"]
    since = np.minimum(t - c["first_month"], 24).astype(np.float32)
    part = LEVELS.part_time.astype(np.float32)[status] * np.exp(np.float32(-0.02) * since)
    c["weekly"] = weekly_hours(latent, part, c["potential"], c["small"])


def _move(rng: np.random.Generator, pool: Pool) -> None:
    """What happens between two months: leave, be absent, return, grow older, end programmes."""
    c = pool.columns
    u = rng.random(len(pool), dtype=np.float32)
    working = c["weekly"] > 19
    leave = np.where(working, LEVELS.leave_working[c["status"]], LEVELS.leave_other[c["status"]])
    leave = np.where(c["laid_off"] & working, 0.45, leave)
    goes = (c["gone"] == 0) & (c["absent"] == 0) & ((u < leave) | (c["age"] >= 67))
    c["gone"] = np.where(goes | (c["gone"] > 0), c["gone"] + 1, 0).astype(np.int8)
    back = c["absent"] == 1
    c["absent"] = np.maximum(c["absent"] - 1, 0).astype(np.int8)
    c["registered"] = np.where(back & c["ends"], -1000, c["registered"]).astype(np.int16)
    away = (c["gone"] == 0) & ~back & (c["absent"] == 0) & (u > 1 - ABSENCE_CHANCE)
    c["absent"][away] = 1 + rng.integers(0, 3, int(away.sum()))
    c["ends"][away] = c["absent"][away] >= SPELL_BREAK
    c["age"] += np.float32(1 / 12)
    c["residence"] = np.minimum(c["residence"] + 1, 960).astype(np.int16)
    c["months"] = np.minimum(c["months"] + (c["gone"] == 0), 61).astype(np.int8)
    c["program_left"] = np.maximum(c["program_left"] - 1, 0).astype(np.int8)
    c["program"] = np.where((c["program_left"] == 0) | (c["gone"] > 0), 0, c["program"]).astype(
        np.int8
    )
    regroup = (u > 0.5) & (u < 0.504)
    c["group"][regroup] = draw_groups(rng, c["status"][regroup], c["lasting"][regroup])
    pool.keep(c["gone"] <= FOLLOWED_AFTER)


def _write_hours(out: Path, pool: Pool, month: str) -> int:
    c = pool.columns
    own = c["weekly"] > 0
    subsidised = c["program"][own] == PROGRAMS.index("lonnstilskudd")
    hours = (c["weekly"][own] * WEEKS_PER_MONTH).astype(np.float32)
    table = pa.table(
        {
            "person": c["id"][own],
            "month": coded(np.zeros(len(hours), dtype=np.int8), (month,)),
            "hours": hours,
            "subsidised_hours": np.where(subsidised, 0.5 * hours, 0).astype(np.float32),
        }
    )
    pq.write_table(table, out / "hours" / f"{month}.parquet", compression="zstd")
    return len(hours)


def coded(codes: NDArray, names: tuple[str, ...]) -> pa.DictionaryArray:
    """Text column stored as codes into a list of names."""
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(names)))


def _write_stock(out: Path, pool: Pool, where: Places, t: int, month: str) -> int:
    c = pool.columns
    here = (c["gone"] == 0) & (c["absent"] == 0)
    c["registered"] = np.where(here & (c["registered"] == -1000), t, c["registered"])
    c = {name: column[here] for name, column in c.items()}
    start = calendar_months.month_number(FIRST_MONTH)
    known, place = np.unique(c["registered"], return_inverse=True)
    registered = tuple(calendar_months.month_text(start + int(k)) for k in known)
    n = len(c["id"])
    table = pa.table(
        {
            "person": c["id"],
            "month": coded(np.zeros(n, dtype=np.int8), (month,)),
            "office": coded(c["office"], where.offices),
            "county": coded(where.office_county[c["office"]], where.counties),
            "region": coded(where.office_region[c["office"]], where.regions),
            "innsatsgruppe": coded(c["group"], GROUPS),
            "status": coded(c["status"], STATUS),
            "program": coded(c["program"], PROGRAMS),
            "registered": coded(place.astype(np.int16), registered),
            "age": c["age"].astype(np.int8),
            "children": c["children"],
            "country_group": coded(c["origin"], COUNTRY_GROUPS),
            "residence_months": c["residence"],
            "wage_decile": c["wage"],
            "pension_decile": c["pension"],
            "history_months": np.maximum(c["months"], 0).astype(np.int8),
            "weekly_hours": c["weekly"],
            **{
                name: c[name]
                for name in (
                    "higher_education",
                    "married",
                    "woman",
                    "laid_off",
                    "health_benefit",
                    "work_benefit",
                    "disability",
                )
            },
        }
    )
    pq.write_table(table, out / "stock" / f"{month}.parquet", compression="zstd")
    return n
