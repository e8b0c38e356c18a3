"""Synthetic register extracts for the programme study, person by person.

Ten raw tables with a monthly life course, and `truth.json` with the true effects found by
living the same lives again with and without each programme. Full scale has as many first
registrations in 2016–2020 as the report (921 519).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from joblib import Parallel, delayed
from numpy.typing import NDArray

from naveval.project.errors import ParameterError
from naveval.registers.simulation import require_scale, write_table, write_truth
from naveval.studies.programs.codes import month_number
from naveval.studies.programs.simulate.entry import WorldSettings
from naveval.studies.programs.simulate.life import live
from naveval.studies.programs.simulate.persons import (
    MONTHS,
    Local,
    draw_draws,
    draw_persons,
    local_conditions,
    municipality_months,
)
from naveval.studies.programs.simulate.settings import PER_MONTH, STOCK_SIZE
from naveval.studies.programs.simulate.tables import write_chunk
from naveval.studies.programs.simulate.truth import COHORTS, add, describe, empty, sums

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
    require_scale(scale)
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
