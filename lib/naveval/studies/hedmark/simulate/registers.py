"""What the simulated registers were made with: true effects and expected levels.

Synthetic register extracts for the Hedmark study, person by person.

The tables are raw, as a real extract would be: one row per person and monthly update, with no
spell or flow worked out. At full size the 19 counties of 2014 give some 10 million rows over
109 months, of which the twelve counties of the study have about 6.5 million.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from naveval.project import places as county_list
from naveval.registers import simulation
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
from naveval.studies.hedmark.simulate.persons import (
    CODED,
    KEPT_IN_POOL,
    POOL_DELAY,
    SCHEMA,
    Persons,
    entrants,
    join,
    miss_updates,
    month_dates,
    opening,
    register_rows,
    step,
)
from naveval.studies.hedmark.simulate.process import (
    GROUPS,
    KINDS,
    Process,
    Series,
    evolve,
    with_effect,
)


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
    simulation.require_scale(scale)
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
