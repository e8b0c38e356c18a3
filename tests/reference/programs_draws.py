"""Effects and net benefits of the programmes beside the truth of the simulated registers.

Registers are simulated, the main sample and the cohort of 2016 and 2017 are estimated, and the
effects go the document's way to net benefits: year 3 lasts to month 84, for Utdanning year 4 to
month 168. The truth goes the same way. Run from the project's root:

    .venv/bin/python tests/reference/programs_draws.py full tests/reference/programs_full_size
    .venv/bin/python tests/reference/programs_draws.py draws 40 tests/reference/programs_draws

`full` is full size with the document's settings and prints minutes and memory; `draws` repeats
new registers with some 10 000 persons in the main sample and forests of 50 trees, not 2 000: the
noise that adds makes coverage harder, not easier. A programme with fewer than 60 persons in a
draw is missing there. Both write two files: `…_effects.csv`, one row per draw, estimand,
programme and outcome, and `…_net.csv`, one row per draw and programme with the net benefit, its
interval when only the effects vary, and the truth. A third argument to `draws` is the first seed.
"""

import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from naveval.estimators import overlap
from naveval.estimators.cost_benefit import assumptions, draws
from naveval.estimators.cost_benefit.inputs import load
from naveval.estimators.cost_benefit.net_benefit import net_benefit
from naveval.estimators.forests import ForestOptions
from naveval.registers import reading, simulation
from naveval.studies.programs import contracts, effects
from naveval.studies.programs.effects import Settings
from naveval.studies.programs.simulate.registers import simulate

SCALE, TREES, MIN_ARM = 0.167, 50, 60
FULL_SCALE = 0.9
DRAWS = 2000
SAMPLES = ("main", "year_four")
OUTCOMES = ("months_1", "months_2", "months_3", "earnings_2", "placebo")

Tables = tuple[pd.DataFrame, pd.DataFrame]


def estimate(folder: Path, settings: Settings, *, monthly: bool) -> dict[str, effects.Estimated]:
    """Both cohorts, estimated."""
    with reading.open_registers(folder, contracts.TABLES) as opened:
        drawn = {name: effects.draw(opened, name, settings) for name in SAMPLES}
    return {
        name: effects.estimate(one, settings, monthly=monthly and name == "main")
        for name, one in drawn.items()
    }


def beside_truth(made: effects.Estimated, known: dict[str, Any]) -> pd.DataFrame:
    """Effects by year beside the truth, with the grade of overlap of each programme."""
    table = effects.compare(made, known)
    grade = overlap.summary(made.scores, made.nuisances).set_index("arm").overlap
    table = table[table.outcome.str.match("months_|earnings_|placebo")]
    columns = ["estimand", "arm", "outcome", "estimate", "std_error", "truth", "z", "n_treated"]
    return table[columns].assign(overlap=table.arm.map(grade)).reset_index(drop=True)


def net_benefits(made: dict[str, effects.Estimated], known: dict[str, Any]) -> pd.DataFrame:
    """Net benefit of each programme with an effect, with interval, and the truth."""
    costs = load()
    given = effects.wage_effects(made["main"], made["year_four"])
    cohort = {4: "year_four"}
    truth = given.assign(
        estimate=[
            known["cohorts"][cohort.get(row.year, "main")]["att"][row.arm][f"earnings_{row.year}"]
            for row in given.itertuples()
        ]
    )
    base = assumptions.from_inputs(costs)
    a, true = (
        assumptions.with_effects(base, assumptions.effects_from_estimates(frame))
        for frame in (given, truth)
    )
    drawn = draws.draw(a, costs, draws=DRAWS, seed=1, sources=("effects",))
    table = draws.summarise(net_benefit(drawn), a.programs)
    table = table[["program", "ci_low", "ci_high"]]
    return table.assign(net_benefit=net_benefit(a)[0], truth=net_benefit(true)[0])


def one_draw(seed: int) -> Tables:
    """Effects and net benefits of one small draw."""
    settings = Settings(ForestOptions(trees=TREES, jobs=1, seed=seed), min_arm=MIN_ARM, seed=seed)
    with TemporaryDirectory() as folder:
        simulate(Path(folder), scale=SCALE, seed=seed, jobs=1, cohorts=SAMPLES)
        known = simulation.read_truth(Path(folder))
        made = estimate(Path(folder), settings, monthly=False)
    assert known is not None
    table = beside_truth(made["main"], known)
    size = {"draw": seed, "n": len(made["main"].sample.frame)}
    return table[table.outcome.isin(OUTCOMES)].assign(**size), net_benefits(made, known).assign(
        **size
    )


def full_size(scale: float = FULL_SCALE) -> Tables:
    """Effects, truth and net benefits at full size; prints minutes and memory."""
    settings = Settings(ForestOptions(trees=2000, jobs=2, seed=2024), seed=2024)
    with TemporaryDirectory() as folder:
        simulate(Path(folder), scale=scale, seed=2024, jobs=2)
        known = simulation.read_truth(Path(folder))
        start = time.perf_counter()
        made = estimate(Path(folder), settings, monthly=True)
    assert known is not None
    tables = beside_truth(made["main"], known), net_benefits(made, known)
    minutes = (time.perf_counter() - start) / 60
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{minutes:.1f} minutes, {peak:.0f} MB, merged {made['main'].sample.merged}")
    compared = pd.concat([effects.compare(one, known) for one in made.values()])
    print(compared.groupby("estimand")["within"].mean())
    return tables


def effects_coverage(draws: pd.DataFrame) -> pd.DataFrame:
    """Coverage, bias and spread per estimand, arm and outcome."""
    error = draws.estimate - draws.truth
    draws = draws.assign(error=error, covered=error.abs() <= 1.96 * draws.std_error)
    return draws.groupby(["estimand", "arm", "outcome"]).agg(
        draws=("draw", "nunique"),
        coverage=("covered", "mean"),
        bias=("error", "mean"),
        spread=("error", "std"),
        std_error=("std_error", "mean"),
    )


def net_coverage(table: pd.DataFrame) -> pd.DataFrame:
    """Share of draws whose interval holds the truth, bias and spread, per programme."""
    error = table["net_benefit"] - table["truth"]
    held = (table["ci_low"] <= table["truth"]) & (table["truth"] <= table["ci_high"])
    grouped = table.assign(error=error, covered=held).groupby("program")
    return grouped.agg(
        draws=("draw", "nunique"),
        coverage=("covered", "mean"),
        bias=("error", "mean"),
        spread=("error", "std"),
    )


def write(tables: Tables, stem: str, *, more: bool = False) -> None:
    """Both tables as CSV; `more` adds to what lies there."""
    for table, name in zip(tables, ("effects", "net"), strict=True):
        file = Path(f"{stem}_{name}.csv")
        added = more and file.exists()
        table.round(4).to_csv(file, mode="a" if added else "w", header=not added, index=False)


if __name__ == "__main__":
    if sys.argv[1] == "full":
        write(full_size(), sys.argv[2])
    else:
        first = int(sys.argv[4]) if len(sys.argv) > 4 else 1
        for seed in range(first, first + int(sys.argv[2])):
            # Of the first seed on they replace what lies there; a later one goes on with it.
            write(one_draw(seed), sys.argv[3], more=seed > 1)
