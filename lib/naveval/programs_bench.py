"""Benchmark of the programme study: the cost draws, and all forests at full size.

What it is compared with is one forest of grf 2.6.1 per arm and outcome at the same settings.
Measured on the development machine (two cores, one fold of 44 000 × 51): 195 s per 2 000
trees of `regression_forest` over a whole fold, 280 s for a `probability_forest` with 13 classes
(stored in the study's specification). Growing an arm's forest on an arm's share of the fold
takes about that share of the time, so that one outcome under all arms is counted as one
`regression_forest` on the whole fold: the comparison favours grf.

Measured at full size on a busy two-core machine (930 processor seconds): 53 937 persons, 51
covariates, 12 arms, 42 outcomes, 2 000 trees, 5 folds in 1 412 s and 1.7 GB; 29 times faster;
prediction error at most 0.5 percent above one forest per outcome. The forests' full-size effects
beside the truth are in `tests/reference/programs_full_size.csv`.
"""

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from tqdm import tqdm

from naveval import (
    costs_bench,
    forests,
    programs_contracts,
    programs_effects,
    registers,
)
from naveval.forests import ForestOptions
from naveval.measuring import peak_mb
from naveval.programs_effects import Drawn, Estimated, Settings
from naveval.programs_simulation import simulate

GRF_SECONDS_OUTCOME = 195.0
GRF_SECONDS_PROPENSITY = 280.0
GRF_ROWS = 44_000
FULL_SCALE = 0.9
TREES = 2000
ERROR_OUTCOMES = ("months_2", "earnings_3", "work_6", "work_30")
ERROR_TREES = 500
PLACEBO = 1


def main(scale: float = 1.0, trees: int = TREES, cache: Path | None = None) -> dict[str, float]:
    """Simulate a sample, estimate everything, print rows, seconds, memory and ratios.

    Parameters
    ----------
    scale
        1 is the size of the report: some 55 000 persons.
    cache
        Folder for finished forests; an interrupted benchmark goes on, and its time is that of
        what was left.
    """
    costs_bench.main(scale)
    options = ForestOptions(trees=trees, seed=2024)
    settings = Settings(options, min_arm=max(8, round(150 * scale)), cache=cache)
    with TemporaryDirectory() as folder:
        clock = time.perf_counter()
        simulate(Path(folder), scale=FULL_SCALE * scale, seed=2024, only_cohort=True)
        simulated = time.perf_counter() - clock
        with registers.open_registers(Path(folder), programs_contracts.TABLES) as opened:
            drawn = programs_effects.draw(opened, "main", settings)
    n_forests = settings.folds * (2 + drawn.sample.frame.arm.nunique() - 1)
    with tqdm(total=n_forests, unit="forest") as bar:

        def advance(_: str) -> None:
            bar.update()

        clock = time.perf_counter()
        estimated = programs_effects.estimate(drawn, replace(settings, progress=advance))
        seconds = time.perf_counter() - clock
    rows, arms = estimated.nuisances.propensity.shape
    outcomes = len(estimated.scores.outcomes) - PLACEBO
    grf = grf_seconds(rows, outcomes, settings.folds, trees)
    worse = shared_tree_error(drawn, estimated, options)
    result = {
        "persons": rows, "covariates": drawn.covariates.shape[1], "arms": arms,
        "outcomes": outcomes, "trees": trees, "simulation_seconds": simulated,
        "seconds": seconds, "grf_seconds": grf, "times_faster": grf / seconds,
        "peak_mb": peak_mb(), "error_ratio": worse,
    }  # fmt: skip
    for name, value in result.items():
        print(f"{name:20s} {value:,.3f}" if isinstance(value, float) else f"{name:20s} {value:,}")
    return result


def grf_seconds(rows: int, outcomes: int, folds: int, trees: int) -> float:
    """Time of one grf forest per arm and outcome, from the stored measurement."""
    share = rows * (folds - 1) / folds / GRF_ROWS * trees / TREES
    return folds * share * (outcomes * GRF_SECONDS_OUTCOME + GRF_SECONDS_PROPENSITY)


def shared_tree_error(drawn: Drawn, estimated: Estimated, options: ForestOptions) -> float:
    """Largest ratio of squared prediction errors: shared trees over one forest per outcome.

    For controls, one fold held out, with fewer trees for both.
    """
    made = estimated.scores
    names = [name for name in ERROR_OUTCOMES if name in made.outcomes]
    columns = [made.outcomes.index(name) for name in names]
    fold = estimated.nuisances.fold
    train, test = (fold != 0) & (made.arm == 0), (fold == 0) & (made.arm == 0)
    x = drawn.covariates.to_numpy()
    few = ForestOptions(trees=min(options.trees, ERROR_TREES), seed=options.seed)
    shared = forests.regression_forest(x[train], made.y[train], x[test], few)
    ratios = []
    for column in columns:
        alone = forests.regression_forest(x[train], made.y[train][:, [column]], x[test], few)
        truth = made.y[test, column]
        ratios.append(
            ((shared[:, column] - truth) ** 2).mean() / ((alone[:, 0] - truth) ** 2).mean()
        )
    return float(np.max(ratios))
