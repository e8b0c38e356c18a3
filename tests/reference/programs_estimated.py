"""Net benefits from the study's own effects, beside those of the simulated truth.

Registers are simulated, the main sample and the cohort of 2016 and 2017 are estimated, and the
effects go the document's way to net benefits: year 3 lasts to month 84, for Utdanning year 4 to
month 168. The truth goes the same way. Run from the project's root:

    .venv/bin/python tests/reference/programs_estimated.py full FILE
    .venv/bin/python tests/reference/programs_estimated.py draws 40 FILE

`full` is full size with the document's settings; `draws` repeats some 10 000 persons in the main
sample with small forests. Writes one row per draw and programme: net benefit, the interval when
only the effects vary, and the truth.
"""

import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from naveval.estimators.cost_benefit import assumptions, draws
from naveval.estimators.cost_benefit.inputs import load
from naveval.estimators.cost_benefit.net_benefit import net_benefit
from naveval.estimators.forests import ForestOptions
from naveval.registers import reading, simulation
from naveval.studies.programs import contracts, effects
from naveval.studies.programs.effects import Settings
from naveval.studies.programs.simulate.registers import simulate

SCALE, TREES, MIN_ARM = 0.167, 50, 60
DRAWS = 2000
SAMPLES = ("main", "year_four")


def estimate(folder: Path, settings: Settings, *, monthly: bool) -> dict[str, effects.Estimated]:
    """Both cohorts, estimated."""
    with reading.open_registers(folder, contracts.TABLES) as opened:
        drawn = {name: effects.draw(opened, name, settings) for name in SAMPLES}
    return {
        name: effects.estimate(one, settings, monthly=monthly and name == "main")
        for name, one in drawn.items()
    }


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


def one_draw(seed: int) -> pd.DataFrame:
    """Net benefits of one small draw."""
    settings = Settings(ForestOptions(trees=TREES, jobs=1, seed=seed), min_arm=MIN_ARM, seed=seed)
    with TemporaryDirectory() as folder:
        simulate(Path(folder), scale=SCALE, seed=seed, jobs=1, cohorts=SAMPLES)
        known = simulation.read_truth(Path(folder))
        made = estimate(Path(folder), settings, monthly=False)
    assert known is not None
    return net_benefits(made, known).assign(draw=seed, n=len(made["main"].sample.frame))


def full_size(store: Path) -> pd.DataFrame:
    """Effects, truth and net benefits at full size; prints minutes and memory."""
    settings = Settings(ForestOptions(trees=2000, jobs=2, seed=2024), seed=2024)
    with TemporaryDirectory() as folder:
        simulate(Path(folder), scale=1.0, seed=2024, jobs=2)
        known = simulation.read_truth(Path(folder))
        start = time.perf_counter()
        made = estimate(Path(folder), settings, monthly=True)
    assert known is not None
    table = net_benefits(made, known)
    minutes = (time.perf_counter() - start) / 60
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{minutes:.1f} minutes, {peak:.0f} MB, merged {made['main'].sample.merged}")
    wages = effects.wage_effects(made["main"], made["year_four"])
    print(wages[["arm", "year", "estimate", "std_error", "n_treated"]].round(0).to_string())
    table.round(0).to_csv(store, index=False)
    print(table.round(0).to_string())
    compared = pd.concat([effects.compare(one, known) for one in made.values()])
    print(compared.groupby("estimand")["within"].mean())
    return table


def coverage(table: pd.DataFrame) -> pd.DataFrame:
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


if __name__ == "__main__":
    if sys.argv[1] == "full":
        full_size(Path(sys.argv[2]))
    else:
        file = Path(sys.argv[3])
        first = int(sys.argv[4]) if len(sys.argv) > 4 else 1
        for seed in range(first, first + int(sys.argv[2])):
            one_draw(seed).round(3).to_csv(file, mode="a", header=not file.exists(), index=False)
