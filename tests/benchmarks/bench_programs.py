"""Benchmark of the programme study: the cost draws, and all forests at full size.

What it is compared with is one forest of grf per arm and outcome, and one for the probability of
every arm, at the same settings: processor time and prediction errors of grf were measured once
on this sample, see `tests/reference/grf_comparison.py` and the numbers it stored. grf's time is
taken between the measured sizes for the size of each arm, and includes predicting the people
left out. Processor time is compared with processor time, so that a busy machine does not matter.
"""

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bench_costs
import numpy as np
import pandas as pd
from measuring import peak_mb
from tqdm import tqdm

from naveval.estimators import forests, overlap
from naveval.estimators.forests import ForestOptions
from naveval.registers import reading
from naveval.studies.programs import contracts, effects
from naveval.studies.programs.effects import Drawn, Estimated, Settings
from naveval.studies.programs.simulate.registers import simulate

GRF_OUTCOME = {400: 1.06, 1_600: 3.88, 6_400: 19.3, 20_000: 75.2}
"""Processor seconds of 1 000 grf trees for one outcome, by the people they are grown on."""
GRF_ARMS = (48_935, 251.0)
"""The same for the probabilities of twelve arms: people, seconds."""
GRF_ERROR = 1.014
"""Largest ratio of squared prediction errors, the forests here over grf's, in that measurement."""
FULL_SCALE = 0.9
TREES = 2000
ERROR_OUTCOMES = ("months_2", "earnings_3", "work_6", "work_30")
ERROR_TREES = 500
PLACEBO = 1


def main(
    scale: float = 1.0, trees: int = TREES, cache: Path | None = None, store: Path | None = None
) -> dict[str, float]:
    """Simulate a sample, estimate everything, print rows, seconds, memory and ratios.

    Parameters
    ----------
    scale
        1 is the size of the report: some 55 000 persons.
    cache
        Folder for finished forests; an interrupted benchmark goes on, and its time is that of
        what was left.
    store
        CSV file for the effects by year beside the truth.
    """
    bench_costs.main(scale)
    options = ForestOptions(trees=trees, seed=2024)
    settings = Settings(options, min_arm=max(8, round(150 * scale)), cache=cache)
    with TemporaryDirectory() as folder:
        clock = time.perf_counter()
        truth = simulate(Path(folder), scale=FULL_SCALE * scale, seed=2024, cohorts=("main",))
        simulated = time.perf_counter() - clock
        with reading.open_registers(Path(folder), contracts.TABLES) as opened:
            drawn = effects.draw(opened, "main", settings)
    n_forests = settings.folds * (2 + drawn.sample.frame.arm.nunique() - 1)
    with tqdm(total=n_forests, unit="forest") as bar:

        def advance(_: str) -> None:
            bar.update()

        clock, processor = time.perf_counter(), time.process_time()
        estimated = effects.estimate(drawn, replace(settings, progress=advance))
        seconds, processor = time.perf_counter() - clock, time.process_time() - processor
    peak = peak_mb()
    rows, arms = estimated.nuisances.propensity.shape
    outcomes = len(estimated.scores.outcomes) - PLACEBO
    grf = grf_seconds(np.bincount(estimated.scores.arm), outcomes, settings.folds, trees)
    table = recovery(estimated, truth)
    if store is not None:
        table.round(4).to_csv(store, index=False)
    att, ate = (table[table.estimand == estimand] for estimand in ("att", "ate"))
    result = {
        "persons": rows,
        "covariates": drawn.covariates.shape[1],
        "arms": arms,
        "outcomes": outcomes,
        "trees": trees,
        "folds": settings.folds,
        "simulation_seconds": simulated,
        "seconds": seconds,
        "processor_seconds": processor,
        "grf_processor_seconds_extrapolated": grf,
        "grf_times_as_long_extrapolated": grf / processor,
        "peak_mb": peak,
        "error_ratio_one_forest_each": shared_tree_error(drawn, estimated, options),
        "error_ratio_grf_stored": GRF_ERROR,
        "att_within_3_std_errors": float((att.z.abs() <= effects.LIMIT).mean()),
        "ate_within_3_std_errors_good_overlap": float(
            (ate.z[ate.overlap == "good"].abs() <= effects.LIMIT).mean()
        ),
    }
    print("extrapolated: from stored times of single grf forests, to as many of these sizes")
    for name, value in result.items():
        print(f"{name:38s} {value:,.3f}" if isinstance(value, float) else f"{name:38s} {value:,}")
    return result


def recovery(estimated: Estimated, truth: dict[str, Any]) -> pd.DataFrame:
    """Effects by year beside the truth, with the grade of overlap of each arm."""
    table = effects.compare(estimated, truth)
    grade = overlap.summary(estimated.scores, estimated.nuisances).set_index("arm").overlap
    table = table[table.outcome.str.match("months_|earnings_|placebo")]
    table = table.assign(overlap=table.arm.map(grade))
    return table[
        [
            "estimand",
            "arm",
            "outcome",
            "estimate",
            "std_error",
            "truth",
            "z",
            "n_treated",
            "overlap",
        ]
    ].reset_index(drop=True)


def grf_seconds(arm_sizes: np.ndarray, outcomes: int, folds: int, trees: int) -> float:
    """Processor time of one grf forest per arm, outcome and fold, and one for the arms."""
    grown = arm_sizes * (folds - 1) / folds
    sizes, seconds = np.array(list(GRF_OUTCOME)), np.array(list(GRF_OUTCOME.values()))
    each = np.exp(np.interp(np.log(grown), np.log(sizes), np.log(seconds)))
    each = np.where(grown > sizes[-1], seconds[-1] * grown / sizes[-1], each)
    arms = GRF_ARMS[1] * grown.sum() / GRF_ARMS[0]
    return float(folds * trees / 1000 * (outcomes * each.sum() + arms))


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
