"""Statistical and full-scale sets of the programme study: coverage, truth, speed.

Hours on two cores. `NAVEVAL_DRAWS` sets the number of draws of the coverage test (default 200).
"""

import os
import sys
from pathlib import Path

import pandas as pd
import pytest

from naveval import programs_bench, programs_contracts, programs_effects, programs_truth, registers
from naveval.forests import ForestOptions
from naveval.programs_effects import Settings
from naveval.programs_simulation import simulate

sys.path.insert(0, str(Path(__file__).parent / "reference"))
import programs_coverage

pytestmark = pytest.mark.slow
DRAWS = int(os.environ.get("NAVEVAL_DRAWS", "200"))
STORED = Path(__file__).parent / "reference" / "programs_coverage.csv"


def test_coverage_bias_and_spread_over_draws() -> None:
    draws = pd.concat(
        [programs_coverage.one_draw(seed) for seed in range(1, DRAWS + 1)], ignore_index=True
    )
    table = programs_coverage.coverage(draws)
    print(table.round(3).to_string())
    att = table.loc["att"].drop("placebo", level="outcome")
    assert att.coverage.mean() >= 0.90
    assert (att.bias.abs() < 1.5 * att.std_error).all()


def test_stored_coverage_is_at_least_90_percent() -> None:
    draws = pd.read_csv(STORED)
    table = programs_coverage.coverage(draws).loc["att"].drop("placebo", level="outcome")
    assert table.coverage.mean() >= 0.90


def test_full_size_recovers_the_truth_for_every_arm_and_year(tmp_path: Path) -> None:
    simulate(tmp_path, scale=programs_bench.FULL_SCALE, seed=2024, only_cohort=True)
    settings = Settings(ForestOptions(trees=2000, seed=2024), cache=tmp_path / "forests")
    with registers.open_registers(tmp_path, programs_contracts.TABLES) as opened:
        drawn = programs_effects.draw(opened, "main", settings)
    assert 45_000 < len(drawn.sample.frame) < 65_000
    estimated = programs_effects.estimate(drawn, settings, monthly=False)
    truth = programs_truth.read(tmp_path)
    assert truth is not None
    table = programs_truth.compare(estimated, truth)
    years = table[(table.estimand == "att") & table.outcome.str.match("months_|earnings_")]
    print(years[["arm", "outcome", "estimate", "std_error", "truth", "z"]].round(3).to_string())
    assert years.within.all()


def test_full_size_is_20_times_faster_than_one_forest_per_arm_and_outcome() -> None:
    result = programs_bench.main(1.0)
    assert result["times_faster"] >= 20
    assert result["seconds"] < 30 * 60
    assert result["peak_mb"] < 12 * 1024
    assert result["error_ratio"] <= 1.02
