"""Statistical and full-scale sets of the programme study: coverage, truth, speed.

Hours on two cores. `NAVEVAL_DRAWS` sets the number of draws of the coverage test (default 200).
"""

import os
import sys
from pathlib import Path

import bench_programs as bench
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "reference"))
import programs_coverage
import programs_estimated

pytestmark = pytest.mark.slow
NET_DRAWS = 40
DRAWS = int(os.environ.get("NAVEVAL_DRAWS", "200"))
REFERENCE = Path(__file__).parents[2] / "reference"
STORED = REFERENCE / "programs_coverage.csv"
FULL_SIZE = REFERENCE / "programs_full_size.csv"


def test_coverage_bias_and_spread_over_draws() -> None:
    draws = pd.concat(
        [programs_coverage.one_draw(seed) for seed in range(1, DRAWS + 1)], ignore_index=True
    )
    table = programs_coverage.coverage(draws)
    print(table.round(3).to_string())
    att = table.loc["att"].drop("placebo", level="outcome")
    assert att.coverage.mean() >= 0.90
    assert (att.bias.abs() < 1.5 * att.std_error).all()


def test_net_benefits_of_estimated_effects_cover_their_truth() -> None:
    draws = pd.concat(
        [programs_estimated.one_draw(seed) for seed in range(1, NET_DRAWS + 1)], ignore_index=True
    )
    table = programs_estimated.coverage(draws)
    print(table.round(2).to_string())
    assert len(table) >= 5
    assert table.coverage.mean() >= 0.90
    assert (table.bias.abs() < 0.5 * table.spread).all()


def test_stored_coverage_is_at_least_90_percent() -> None:
    draws = pd.read_csv(STORED)
    assert draws.draw.nunique() == 200
    table = programs_coverage.coverage(draws).drop("placebo", level="outcome")
    assert (table.loc["att"].coverage >= 0.90).all()
    assert (table.loc["ate"].groupby("arm").coverage.mean() >= 0.90).all()


def test_full_size_recovers_the_truth_fast_and_in_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "effects.csv"
    result = bench.main(1.0, store=file)
    assert 45_000 < result["persons"] < 65_000
    assert result["covariates"] == 51
    assert result["outcomes"] == 42
    assert result["times_faster"] >= 20
    assert result["seconds"] < 30 * 60
    assert result["peak_mb"] < 12 * 1024
    assert result["error_ratio_one_forest_each"] <= 1.02
    table = pd.read_csv(file)
    years = table[table.outcome.str.match("months_|earnings_")]
    print(years.round(3).to_string())
    att, ate = (years[years.estimand == estimand] for estimand in ("att", "ate"))
    assert att.arm.nunique() >= 10
    assert (att.z.abs() <= 3).all()
    assert (ate.z[ate.overlap == "good"].abs() <= 3).all()
    stored = pd.read_csv(FULL_SIZE)
    both = table.merge(stored, on=["estimand", "arm", "outcome"], suffixes=("", "_stored"))
    assert len(both) == len(stored)
    assert (both.estimate - both.estimate_stored).abs().max() < 1
