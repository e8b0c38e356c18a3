"""Synthetic register extracts for the programme study, person by person.

Ten raw tables with a monthly life course, and `truth.json` with the true effects found by
living the same lives again with and without each programme. Full scale has as many first
registrations in 2016–2020 as the report (921 519).

True effects are averages of these differences: over everyone the ATE, over those who took the
programme the ATET, over groups the GATE.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from joblib import Parallel, delayed
from numpy.typing import NDArray

from naveval.project.errors import ParameterError
from naveval.registers.simulation import require_draw, require_number, write_table, write_truth
from naveval.studies.programs import basic_amount
from naveval.studies.programs.codes import ARMS, REST, month_code, month_number
from naveval.studies.programs.simulate.entry import WorldSettings, positions, wages
from naveval.studies.programs.simulate.life import Forced, Life, live
from naveval.studies.programs.simulate.persons import (
    MONTHS,
    Draws,
    Local,
    Persons,
    draw_draws,
    draw_persons,
    local_conditions,
    municipality_months,
)
from naveval.studies.programs.simulate.settings import PER_MONTH, STOCK_SIZE
from naveval.studies.programs.simulate.tables import write_chunk

COHORTS = {"main": (201707, 201812), "year_four": (201601, 201712)}
ARM_NAMES = (*ARMS, REST)
YEARS = 4
WORK_MONTHS = 36
OUTCOMES = tuple(
    [f"months_{y}" for y in range(1, YEARS + 1)]
    + [f"earnings_{y}" for y in range(1, YEARS + 1)]
    + [f"work_{m}" for m in range(1, WORK_MONTHS + 1)]
)
GROUPINGS = {"status": 2, "sex": 2, "age": 5, "country": 4, "spell": 3}
CLEAN_MONTHS = 24


def empty() -> dict[str, Any]:
    """Sums to which chunks add."""
    arms, k = len(ARM_NAMES), len(OUTCOMES)
    return {
        cohort: {
            "n": 0.0,
            "n_treated": np.zeros(arms),
            "ate": np.zeros((arms, k)),
            "att": np.zeros((arms, k)),
            "naive_treated": np.zeros((arms, k)),
            "naive_control": np.zeros(k),
            "gate": {name: np.zeros((arms, levels, k)) for name, levels in GROUPINGS.items()},
            "gate_n": {name: np.zeros(levels) for name, levels in GROUPINGS.items()},
        }
        for cohort in COHORTS
    }


def add(total: dict[str, Any], part: dict[str, Any]) -> None:
    """Add a chunk's sums to the total, in place."""
    for key, value in part.items():
        if isinstance(value, dict):
            add(total[key], value)
        else:
            total[key] = total[key] + value


def sums(
    persons: Persons,
    draws: Draws,
    local: Local,
    life: Life,
    world: WorldSettings,
) -> dict[str, Any]:
    """A chunk's contribution to the true effects."""
    total = empty()
    for cohort, (first, last) in COHORTS.items():
        episode, who = sample(life, int(month_number(first)), int(month_number(last)))
        if len(who):
            _add_cohort(total[cohort], persons, draws, local, life, world, episode, who)
    return total


def sample(life: Life, first: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Registrations of the effect sample that are still registered in their decision month."""
    entries = life.entries
    episode, who = np.nonzero(
        entries.sample_type & (entries.month >= first) & (entries.month <= last)
    )
    month = entries.month[episode, who]
    busy = (life.status > 0) | (life.program >= 0)
    before = np.arange(-CLEAN_MONTHS, 0)
    clean = ~busy[(month[:, None] + before), who[:, None]].any(axis=1)
    decided = month + entries.start[episode, who]
    registered = life.status[np.minimum(decided, MONTHS - 1), who] > 0
    keep = clean & registered & (entries.start[episode, who] < 12)
    return episode[keep], who[keep]


def _add_cohort(
    total: dict[str, Any],
    persons: Persons,
    draws: Draws,
    local: Local,
    life: Life,
    world: WorldSettings,
    episode: NDArray[np.int64],
    who: NDArray[np.int64],
) -> None:
    entries = life.entries
    month, plan = entries.month[episode, who], entries.plan[episode, who]
    start = month + entries.start[episode, who]
    n, n_plans = len(who), len(ARM_NAMES) + 1
    copies = np.tile(who, n_plans)
    forced = Forced(np.tile(month, n_plans), np.repeat(np.arange(n_plans), n))
    chosen = persons.take(copies)
    lived = live(chosen, draws.take(copies), local, world, forced)
    y = outcomes(lived, chosen, np.tile(start, n_plans)).reshape(n_plans, n, -1)
    effect = y[1:] - y[0]
    total["n"] += n
    total["n_treated"] += np.bincount(plan, minlength=n_plans)[1:]
    total["ate"] += effect.sum(axis=1)
    for arm in range(n_plans - 1):
        treated = plan == arm + 1
        total["att"][arm] += effect[arm, treated].sum(axis=0)
        total["naive_treated"][arm] += y[arm + 1, treated].sum(axis=0)
    total["naive_control"] += y[0, plan == 0].sum(axis=0)
    age = 2009 + month // 12 - persons.birth_year[who]
    codes = {
        "status": (entries.group[episode, who] == 3).astype(int),
        "sex": persons.sex[who].astype(int),
        "age": np.digitize(age, [20, 30, 40, 50]),
        "country": persons.country[who].astype(int),
        "spell": entries.spell[episode, who],
    }
    for name, code in codes.items():
        for level in range(GROUPINGS[name]):
            rows = code == level
            total["gate"][name][:, level] += effect[:, rows].sum(axis=1)
            total["gate_n"][name][level] += rows.sum()


def outcomes(life: Life, persons: Persons, start: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n, outcomes) from the month after the start; months after the last one count as zero."""
    position = positions(life.index)
    wage = wages(life.index, position, persons)
    price = basic_amount.to_prices_of(2022)
    factor = np.array([price[int(code) // 100] for code in month_code(np.arange(MONTHS))])
    cells = start[:, None] + np.arange(1, 12 * YEARS + 1)
    seen, inside = cells < MONTHS, np.minimum(cells, MONTHS - 1)
    who = np.arange(len(start))[:, None]
    work = (position[inside, who] >= 20) & seen
    pay = wage[inside, who] * factor[inside] * seen
    yearly_work = work.reshape(len(start), YEARS, 12).sum(axis=2)
    yearly_pay = pay.reshape(len(start), YEARS, 12).sum(axis=2)
    return np.hstack([yearly_work, yearly_pay, work[:, :WORK_MONTHS]]).astype(float)


def describe(total: dict[str, Any]) -> dict[str, Any]:
    """The truth as plain numbers: estimand, arm, outcome; None where nobody was treated."""
    result: dict[str, Any] = {}
    for cohort, part in total.items():
        n, treated = float(part["n"]), part["n_treated"]
        controls = n - treated.sum()
        if not n:
            continue
        result[cohort] = {
            "n": int(n),
            "n_treated": {arm: int(treated[i]) for i, arm in enumerate(ARM_NAMES)},
            "ate": _by_arm(part["ate"] / n),
            "att": _by_arm(_safe(part["att"], treated)),
            "naive": _by_arm(
                _safe(part["naive_treated"], treated) - part["naive_control"] / max(controls, 1)
            ),
            "gate": {
                name: [
                    _by_arm(values[:, level] / max(part["gate_n"][name][level], 1))
                    for level in range(values.shape[1])
                ]
                for name, values in part["gate"].items()
            },
        }
    return result


def _safe(values: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(n[:, None] > 0, values / np.maximum(n, 1)[:, None], np.nan)


def _by_arm(values: NDArray[np.float64]) -> dict[str, dict[str, float | None]]:
    return {
        arm: {
            name: None if np.isnan(values[i, j]) else round(float(values[i, j]), 6)
            for j, name in enumerate(OUTCOMES)
        }
        for i, arm in enumerate(ARM_NAMES)
    }


CHUNK = 20_000
STOCK_BACK = (6, 12, 40, 60, 20, 4)
"""Months that the stock of each group has been registered for, on average."""
COHORT_SHARE = 0.30
FIRST_REGISTRATIONS = 0.80
"""The rest of the printed first registrations are persons who come back after two years."""
MORE_AT_FIRST, MORE_MONTHS = 0.45, 30
JOBS = 2


def simulate(
    out: Path,
    *,
    scale: float = 0.1,
    seed: int = 2024,
    effect: float = 1.0,
    selection: float = 0.8,
    exit_on_work: float = 0.0,
    hidden: float = 0.0,
    cohorts: tuple[str, ...] = (),
    jobs: int = JOBS,
) -> dict[str, Any]:
    """Write the ten tables and `truth.json`.

    Parameters
    ----------
    scale
        1 is the size of the report.
    effect, selection, exit_on_work, hidden, cohorts
        Tunable truth, see `WorldSettings`.
    jobs
        Processes; the result does not depend on their number.

    Returns
    -------
    The truth, as written to `truth.json`.

    Raises
    ------
    ParameterError
        For a scale outside 0 to 1, and for a truth that no register could have.
    """
    require_draw(scale, seed)
    require_number("jobs", jobs, 1, 512, whole=True)
    if unknown := set(cohorts) - set(COHORTS):
        raise ParameterError(
            f"cohorts: {', '.join(sorted(unknown))}; allowed: {', '.join(COHORTS)}"
        )
    world = WorldSettings(effect, selection, exit_on_work, hidden, cohorts)
    rng = np.random.default_rng([seed, 0])
    first_entry, group = first_entries(scale, cohorts, rng)
    places = municipality_months(np.random.default_rng([seed, 1]))
    out.mkdir(parents=True, exist_ok=True)
    write_table(out, "municipalities", pa.Table.from_pandas(places, preserve_index=False))
    local = local_conditions(places)
    starts = range(0, len(first_entry), CHUNK)
    parts = Parallel(n_jobs=min(jobs, len(starts)))(
        delayed(_chunk)(
            out,
            part,
            first,
            (first_entry[first : first + CHUNK], group[first : first + CHUNK]),
            local,
            seed,
            world,
        )
        for part, first in enumerate(starts)
    )
    total = empty()
    for part in parts:
        add(total, part)
    truth = {
        "settings": {
            "scale": scale,
            "seed": seed,
            "effect": effect,
            "selection": selection,
            "exit_on_work": exit_on_work,
            "hidden": hidden,
            "cohorts": list(cohorts),
        },
        "persons": len(first_entry),
        "cohorts": describe(total),
    }
    return write_truth(out, truth)


def first_entries(
    scale: float, cohorts: Sequence[str], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Month number of everyone's first registration, and first group of the stock at the start.

    The stock has its printed size by group, has been registered for a while (negative months),
    and the first years have more who are new: those who were registered before 2009 and come
    back are not followed.
    """
    per_month = PER_MONTH * scale * FIRST_REGISTRATIONS
    if cohorts:
        months = [int(month_number(month)) for name in cohorts for month in COHORTS[name]]
        first, last = min(months), max(months)
        n = round(per_month * COHORT_SHARE * (last - first + 1))
        return np.sort(rng.integers(first, last + 1, n)), np.zeros(n, dtype=np.int8)
    t = np.arange(MONTHS)
    weight = 1 + MORE_AT_FIRST * np.exp(-t / MORE_MONTHS)
    outbreak = int(month_number(202003))
    weight[outbreak : outbreak + 2] = 3.0
    flow = rng.choice(MONTHS, round(per_month * weight.sum()), p=weight / weight.sum())
    stock = np.repeat(np.arange(len(STOCK_SIZE)), np.round(STOCK_SIZE * scale).astype(int)) + 1
    back = 1 + np.floor(rng.exponential(np.array(STOCK_BACK)[stock - 1])).astype(int)
    entry = np.concatenate([flow, -back])
    group = np.concatenate([np.zeros(len(flow), dtype=np.int8), stock]).astype(np.int8)
    order = rng.permutation(len(entry))
    return entry[order], group[order]


def _chunk(
    out: Path,
    part: int,
    first: int,
    who: tuple[NDArray[np.int64], NDArray[np.int8]],
    local: Local,
    seed: int,
    world: WorldSettings,
) -> dict[str, Any]:
    """Live and write one chunk of persons."""
    rng = np.random.default_rng([seed, 2, part])
    persons = draw_persons(rng, first + 1, *who)
    draws = draw_draws(rng, len(persons))
    life = live(persons, draws, local, world)
    write_chunk(out, part, persons, life, rng)
    return sums(persons, draws, local, life, world)
