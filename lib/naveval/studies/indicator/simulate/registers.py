"""Synthetic registers for the work indicator, written month by month.

Only the persons being followed are in memory (those registered and those who left in the last
five years); each month's stock and hours go straight to their own Parquet file. A month's
random numbers depend on the seed and the month alone, so a longer simulation repeats the
months of a shorter one exactly: that is how a quarterly update is tried out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from naveval.project import months as calendar_months
from naveval.project.errors import ParameterError
from naveval.registers.simulation import (
    coded,
    require_draw,
    require_number,
    write_table,
    write_truth,
)
from naveval.studies.indicator.characteristics import COUNTRY_GROUPS, GROUPS, PROGRAMS, STATUS
from naveval.studies.indicator.simulate import population
from naveval.studies.indicator.simulate import truth as truths
from naveval.studies.indicator.simulate.population import (
    Places,
    draw_groups,
    draw_persons,
    status_shares,
)
from naveval.studies.indicator.simulate.truth import (
    LASTING_SHARE,
    LEVELS,
    MOST_LASTING,
    WEEKS_PER_MONTH,
    Truth,
    group_effects,
    index_of,
    program_effects,
    program_growth,
    step_fading,
    tendency,
    weekly_hours,
)

FIRST_MONTH, LAST_MONTH = "2017-12", "2024-06"
MONTHS_TO_COME = "20[1-3][0-9]-(0[1-9]|1[0-2])"
MOST_HOURS_AFTER = 24
FULL_STOCK = 302_500
BASE_STOCK = 0.926
FOLLOWED_AFTER = 61
ENTRY = (0.97, 0.80, 0.87, 1.05, 0.97)
RETURN_CHANCE = 0.004
YOUNG, GROUP_3 = 30, COUNTRY_GROUPS.index("landgruppe_3")
ELAPSED = (37.05, 10.56, 11.64, 17.92, 16.27)
ABSENCE_CHANCE = 0.004
SPELL_BREAK = 2
SELECTED = 0.2
WAVES = {"2020-03": 0.36, "2020-04": 0.12, "2020-11": 0.03, "2021-01": 0.05, "2021-02": 0.02}
TILTAK_SHARES = (0.0, 0.30, 0.07, 0.12, 0.09, 0.02, 0.13, 0.08, 0.07, 0.12)
NEDSATT_SHARES = (0.0, 0.34, 0.16, 0.03, 0.02, 0.08, 0.08, 0.12, 0.06, 0.11)
PROGRAM_START = (0.022, 0.0, 0.004, 1.0, 0.004)
PROGRAM_MONTHS = 7.0
UNSEEN = {"index", "lasting", "fading", "potential", "small", "program_left"}  # in no register
ID_FACTOR, ID_SHIFT, ID_PRIME = 1_299_709, 481_516, 5_000_011


@dataclass
class Pool:
    """Persons being followed: columns by name, all of the same length."""

    columns: dict[str, NDArray]

    def __len__(self) -> int:
        return len(self.columns["id"])

    def add(self, new: dict[str, NDArray]) -> None:
        # One column at a time, so that never all are in memory twice.
        for name, column in new.items():
            old = self.columns.get(name, column[:0])
            self.columns[name] = np.concatenate([old, column.astype(old.dtype)])

    def keep(self, own: NDArray) -> None:
        rows = np.flatnonzero(own)
        for name, column in self.columns.items():
            self.columns[name] = column[rows]


def simulate(
    out: Path,
    *,
    scale: float = 1.0,
    seed: int = 2024,
    last_month: str = LAST_MONTH,
    hours_after: int = 3,
    county_effects: bool | Mapping[str, float] = True,
    county_spread: float = truths.COUNTY_SPREAD,
    county_persistence: float = truths.COUNTY_PERSISTENCE,
    office_spread: float = truths.OFFICE_SPREAD,
    exits: float = 1.0,
) -> dict[str, Any]:
    """Write stock, hours, inflow and industry to a folder, and `truth.json`.

    Parameters
    ----------
    scale
        1.0 is the full size: 79 months of about 302 500 persons.
    last_month
        Last month of the stock; hours are observed for `hours_after` months more.
    county_effects
        Whether counties differ as in the document's table 3, or hours a week by which counties
        lie above the country.
    county_spread, county_persistence
        Standard deviation of the counties' latent shocks, and correlation of neighbouring months.
    office_spread
        Latent standard deviation between offices of a county.
    exits
        Factor on the chances of leaving the stock.

    Raises
    ------
    ParameterError
        For a truth that no register could have: named.

    Returns
    -------
    What `truth.json` says.
    """
    require_draw(scale, seed)
    require_number("exits", exits, 0, 100)
    require_number("hours_after", hours_after, 0, MOST_HOURS_AFTER, whole=True)
    if not re.fullmatch(MONTHS_TO_COME, str(last_month)) or last_month < FIRST_MONTH:
        raise ParameterError(
            f"last_month: {last_month!r}: expected a month from {FIRST_MONTH} to 2039-12, yyyy-mm"
        )
    stock_months = calendar_months.month_range(FIRST_MONTH, last_month)
    last_hours = calendar_months.month_text(calendar_months.month_number(last_month) + hours_after)
    hours_months = calendar_months.month_range(FIRST_MONTH, last_hours)
    truth = truths.make(
        seed,
        hours_months,
        county_effects=county_effects,
        county_spread=county_spread,
        county_persistence=county_persistence,
        office_spread=office_spread,
    )
    leave = truths.leaving(exits)
    pool, made, back = Pool({}), 0, np.zeros(len(STATUS), dtype=np.int64)
    found = tendency()
    rows = {"stock": 0, "hours": 0}
    for t, month in enumerate(hours_months):
        rng = np.random.default_rng([seed, 7, t])
        new = _entrants(rng, t, month, scale, truth.where, back)
        new["id"] = (np.arange(made, made + len(new["status"])) * ID_FACTOR + ID_SHIFT) % ID_PRIME
        made += len(new["id"])
        new["index"] = index_of(found, new)
        _start(rng, new)
        pool.add(new)
        _work(rng, pool, truth, t)
        rows["hours"] += _write_hours(out, pool, month)
        if t < len(stock_months):
            rows["stock"] += _write_stock(out, pool, truth.where, t, month)
        back = _move(rng, pool, leave, t)
    population.write_market(out, seed, truth.where, hours_months, FIRST_MONTH)
    told = {
        "study": "indicator",
        "seed": seed,
        "scale": scale,
        "rows": rows,
        "persons": made,
        "months": [stock_months[0], stock_months[-1]],
        "hours_until": last_hours,
        **truths.told(truth, hours_months, county_spread, county_persistence),
    }
    return write_truth(out, told)


def _entrants(
    rng: np.random.Generator, t: int, month: str, scale: float, where: Places, back: NDArray
) -> dict[str, NDArray]:
    """New persons of a month: the whole stock in the first, else about 5 percent of it.

    Those who came back take the place of as many new ones, so that the stock is stable.
    """
    stock = FULL_STOCK * BASE_STOCK * scale * status_shares()
    flow = stock * np.array(ENTRY) / np.array(ELAPSED)
    count = np.round(stock).astype(int) if t == 0 else rng.poisson(np.maximum(flow - back, 0))
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
    status = c["status"]
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
    growth = program_growth()
    grows = np.flatnonzero((growth > 0)[c["program"]])
    more = c["lasting"][grows] + growth[c["program"][grows]]
    c["lasting"][grows] = np.minimum(more, MOST_LASTING)
    latent = _latent(c, truth, t)
    part = np.minimum(t - c["first_month"], 24).astype(np.float32)
    part *= np.float32(-0.02)
    part = LEVELS.part_time.astype(np.float32)[status] * np.exp(part, out=part)
    c["weekly"] = weekly_hours(latent, part, c["potential"], c["small"])


def _latent(c: Mapping[str, NDArray], truth: Truth, t: int) -> NDArray[np.float32]:
    """The tendency to work in a month, added up in place as there are many followed."""
    places = truth.where.office_county
    by_office = (truth.county[:, 0] + truth.shocks[:, t])[places] + truth.office
    own = by_office.astype(np.float32)[c["office"]]
    for k, chosen in ((1, c["age"] < YOUNG), (2, c["origin"] == GROUP_3)):
        rows = np.flatnonzero(chosen)
        own[rows] += truth.county[:, k].astype(np.float32)[places[c["office"][rows]]]
    own += group_effects().astype(np.float32)[c["group"]]
    latent = LEVELS.long_run.astype(np.float32)[c["status"]]
    latent += np.float32(truth.calendar[t])
    latent[c["health_benefit"]] += np.float32(-0.12)
    latent += c["index"]
    latent += own
    latent += program_effects().astype(np.float32)[c["program"]]
    latent += c["lasting"]
    latent += c["fading"]
    return latent


def _move(
    rng: np.random.Generator, pool: Pool, chances: tuple[NDArray, NDArray], t: int
) -> NDArray[np.int64]:
    """What happens between two months: leave, be absent, return, grow older, end programmes.

    Returns how many came back who had left, by status group: at any time within five years, at the
    same chance each month.
    """
    c = pool.columns
    u = rng.random(len(pool), dtype=np.float32)
    working = c["weekly"] > 19
    leave = chances[1][c["status"]]
    leave[working] = chances[0][c["status"][working]]
    leave[c["laid_off"] & working] = 0.45
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
    again = (c["gone"] > SPELL_BREAK) & (u < RETURN_CHANCE) & (c["age"] < 66)
    c["gone"][again], c["registered"][again], c["first_month"][again] = 0, -1000, t + 1
    c["fading"][again] += np.float32(0.5) * LEVELS.entry.astype(np.float32)[c["status"][again]]
    c["laid_off"][again] = False
    back = np.bincount(c["status"][again], minlength=len(STATUS))
    pool.keep(c["gone"] <= FOLLOWED_AFTER)
    return back


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
    return write_table(out, "hours", table, part=month)


def _write_stock(out: Path, pool: Pool, where: Places, t: int, month: str) -> int:
    c = pool.columns
    here = (c["gone"] == 0) & (c["absent"] == 0)
    c["registered"] = np.where(here & (c["registered"] == -1000), t, c["registered"])
    # Positions: taking by a mask counts it anew for every column.
    rows = np.flatnonzero(here)
    c = {name: column[rows] for name, column in c.items() if name not in UNSEEN}
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
    return write_table(out, "stock", table, part=month)
