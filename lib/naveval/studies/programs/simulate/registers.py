"""Synthetic register extracts for the programme study, person by person.

Ten raw tables with a monthly life course, and `truth.json` with the true effects found by
living the same lives again with and without each programme. Full scale has as many first
registrations in 2016–2020 as the report (921 519).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from joblib import Parallel, delayed

from naveval.project.errors import ParameterError
from naveval.studies.programs.codes import month_number
from naveval.studies.programs.simulate.entry import WorldSettings
from naveval.studies.programs.simulate.life import live
from naveval.studies.programs.simulate.persons import (
    MONTHS,
    draw_draws,
    draw_persons,
    municipality_months,
)
from naveval.studies.programs.simulate.settings import PER_MONTH
from naveval.studies.programs.simulate.tables import write_chunk
from naveval.studies.programs.simulate.truth import COHORTS, add, describe, empty, sums

CHUNK = 20_000
STOCK_MONTHS = 16
STOCK_BACK = 60
COHORT_SHARE = 0.30
FIRST_REGISTRATIONS = 0.86
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
    only_cohort: bool = False,
    jobs: int = JOBS,
) -> dict[str, Any]:
    """Write the ten tables and `truth.json`.

    Parameters
    ----------
    scale
        1 is the size of the report.
    effect, selection, exit_on_work, hidden, only_cohort
        Tunable truth, see `WorldSettings`.
    jobs
        Processes; the result does not depend on their number.

    Returns
    -------
    The truth, as written to `truth.json`.
    """
    if not 0 < scale <= 1:
        raise ParameterError(f"scale {scale}: expected a number above 0 and at most 1")
    world = WorldSettings(effect, selection, exit_on_work, hidden, only_cohort)
    rng = np.random.default_rng([seed, 0])
    first_entry = _first_entries(scale, only_cohort, rng)
    places = municipality_months(np.random.default_rng([seed, 1]))
    out.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        pa.Table.from_pandas(places, preserve_index=False), out / "municipalities.parquet"
    )
    unemployment = places.unemployment_percent.to_numpy(np.float32).reshape(-1, MONTHS).T
    starts = range(0, len(first_entry), CHUNK)
    parts = Parallel(n_jobs=min(jobs, len(starts)))(
        delayed(_chunk)(
            out, part, first, first_entry[first : first + CHUNK], unemployment, seed, world
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
            "only_cohort": only_cohort,
        },
        "persons": len(first_entry),
        "cohorts": describe(total),
    }
    (out / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), "utf-8")
    return truth


def _first_entries(scale: float, only_cohort: bool, rng: np.random.Generator) -> Any:
    """Month number of everyone's first registration; negative for the stock at the start."""
    per_month = PER_MONTH * scale * FIRST_REGISTRATIONS
    if only_cohort:
        first, last = (int(month_number(month)) for month in COHORTS["main"])
        n = round(per_month * COHORT_SHARE * (last - first + 1))
        return np.sort(rng.integers(first, last + 1, n))
    weight = np.ones(MONTHS)
    outbreak = int(month_number(202003))
    weight[outbreak : outbreak + 2] = 3.0
    flow = rng.choice(MONTHS, round(per_month * weight.sum()), p=weight / weight.sum())
    stock = -rng.integers(1, STOCK_BACK, round(per_month * STOCK_MONTHS))
    return rng.permutation(np.concatenate([flow, stock]))


def _chunk(
    out: Path,
    part: int,
    first: int,
    first_entry: Any,
    unemployment: Any,
    seed: int,
    world: WorldSettings,
) -> dict[str, Any]:
    """Live and write one chunk of persons."""
    rng = np.random.default_rng([seed, 2, part])
    persons = draw_persons(rng, first + 1, first_entry)
    draws = draw_draws(rng, len(persons))
    life = live(persons, draws, unemployment, world)
    write_chunk(out, part, persons, life, rng)
    return sums(persons, draws, unemployment, life, world)
