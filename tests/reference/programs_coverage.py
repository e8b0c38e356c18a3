"""Coverage of the 95 percent intervals over repeated draws of the whole study.

Each draw simulates registers for a new cohort of some 10 000 persons in the effect sample,
draws the sample with pseudo-starts from them, grows forests and compares the effects on the
treated with the counterfactual truth of that cohort. Run from the project's root:

    .venv/bin/python tests/reference/programs_coverage.py 200 tests/reference/programs_coverage.csv

The stored file has 200 draws (seeds 1 to 200; a programme with fewer than 60 persons in a draw is
missing there). The intervals cover the effect on the treated in 95.2 percent of cases (by
programme 93 to 98, by programme and outcome 91.5 to 98.5) and the effect on everyone in 95.2 (91
to 99, 88 to 99.5). The mean bias of the effect on the treated is 0.05 standard errors (at most
0.35), and the spread of the estimates 0.97 of the mean standard error. Two programmes with poor
overlap have a bias in the effect on everyone: Arbeidsrettet rehabilitering 0.8 and Jobbklubb 0.5
standard errors.

Writes one row per draw, arm and outcome: estimate, std_error, truth. Forests have 50 trees, not
2 000: the noise that adds makes coverage harder, not easier.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from naveval.estimators.forests import ForestOptions
from naveval.registers import reading, simulation
from naveval.studies.programs import contracts, effects
from naveval.studies.programs.effects import Settings
from naveval.studies.programs.simulate.registers import simulate

SCALE = 0.167
TREES = 50
MIN_ARM = 60
OUTCOMES = ("months_1", "months_2", "months_3", "earnings_2", "placebo")


def one_draw(
    seed: int, *, scale: float = SCALE, trees: int = TREES, **truth: float
) -> pd.DataFrame:
    """Estimates and truth of one draw."""
    settings = Settings(ForestOptions(trees=trees, jobs=1, seed=seed), min_arm=MIN_ARM, seed=seed)
    with TemporaryDirectory() as folder:
        simulate(Path(folder), scale=scale, seed=seed, cohorts=("main",), jobs=1, **truth)
        known = simulation.read_truth(Path(folder))
        with reading.open_registers(Path(folder), contracts.TABLES) as opened:
            drawn = effects.draw(opened, "main", settings)
    estimated = effects.estimate(drawn, settings, monthly=False)
    table = effects.compare(estimated, known)
    table = table[table.outcome.isin(OUTCOMES)]
    return table.assign(draw=seed, n=len(drawn.sample.frame))[
        ["draw", "n", "arm", "outcome", "estimand", "estimate", "std_error", "truth", "n_treated"]
    ]


def coverage(draws: pd.DataFrame) -> pd.DataFrame:
    """Coverage, bias and spread per estimand, arm and outcome."""
    draws = draws.assign(
        error=draws.estimate - draws.truth,
        covered=(draws.estimate - draws.truth).abs() <= 1.96 * draws.std_error,
    )
    return draws.groupby(["estimand", "arm", "outcome"]).agg(
        draws=("draw", "nunique"),
        coverage=("covered", "mean"),
        bias=("error", "mean"),
        spread=("error", "std"),
        std_error=("std_error", "mean"),
    )


if __name__ == "__main__":
    n, file = int(sys.argv[1]), Path(sys.argv[2])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    for seed in range(first, first + n):
        one_draw(seed).round(6).to_csv(file, mode="a", header=not file.exists(), index=False)
