"""The benchmark's stored comparison with grf, and the stored effects at full size."""

from pathlib import Path

import bench_programs as bench
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, norm

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "grf_comparison.csv")


def test_the_benchmark_uses_the_stored_measurement_of_grf(measured: pd.DataFrame) -> None:
    grf = measured[measured.method == "grf"]
    per_tree = grf.seconds / grf.trees * 1000
    outcome = per_tree[grf.what == "outcome"].groupby(grf.n).mean()
    assert outcome.to_dict() == pytest.approx(bench.GRF_OUTCOME, rel=0.01)
    arms = grf[grf.what == "arm"].iloc[0]
    assert (arms.n, per_tree[arms.name]) == pytest.approx(bench.GRF_ARMS, rel=0.01)


def test_shared_trees_predict_as_well_as_one_grf_forest_each(measured: pd.DataFrame) -> None:
    wide = measured.pivot(index=["what", "n", "name"], columns="method", values="error")
    ratio = wide.own / wide.grf
    assert ratio.max() == pytest.approx(bench.GRF_ERROR, abs=0.001)
    assert ratio.max() <= 1.02


def test_one_forest_for_42_outcomes_is_faster_than_one_grf_forest(measured: pd.DataFrame) -> None:
    seconds = measured[measured.what == "outcome"].pivot_table(
        index="n", columns="method", values="seconds"
    )
    large = seconds[seconds.index >= 6400]
    assert (large.grf > 2 * large.own).all()


def test_grf_time_grows_with_outcomes_folds_trees_and_people() -> None:
    sizes = np.array([30_000, 5_000, 400])
    base = bench.grf_seconds(sizes, 42, 5, 2000)
    assert bench.grf_seconds(sizes, 42, 5, 1000) == pytest.approx(base / 2)
    assert bench.grf_seconds(sizes * 2, 42, 5, 2000) > 2 * base
    one = bench.grf_seconds(np.array([25_000]), 1, 5, 1000)
    arms = 5 * bench.GRF_ARMS[1] * 20_000 / bench.GRF_ARMS[0]
    assert one == pytest.approx(5 * bench.GRF_OUTCOME[20_000] + arms)


def test_stored_full_size_effects_recover_the_truth() -> None:
    table = pd.read_csv(REFERENCE / "programs_full_size_effects.csv")
    gap = (table.estimate - table.truth) / table.std_error - table.z
    assert gap.abs().max() < 0.01  # rounding
    years = table[table.outcome.str.match("months_|earnings_")]
    att = years[years.estimand == "att"]
    assert len(att) == 10 * 6
    # Sixty distances are tested together: none beyond what the largest of them exceeds by chance
    # once in twenty, and no more than expected beyond 1.96.
    assert att.z.abs().max() <= norm.isf(0.025 / len(att))
    assert binomtest(int((att.z.abs() > 1.96).sum()), len(att), 0.05).pvalue > 0.05


def test_stored_full_size_net_benefits_lie_near_the_truth() -> None:
    net = pd.read_csv(REFERENCE / "programs_full_size_net.csv")
    held = (net.ci_low <= net.truth) & (net.truth <= net.ci_high)
    assert binomtest(int(held.sum()), len(net), 0.95).pvalue > 0.05
    assert net.net_benefit.rank().corr(net.truth.rank()) > 0.8


@pytest.mark.slow
def test_a_small_benchmark_prints_and_stores(tmp_path: Path, capsys: object) -> None:
    file = tmp_path / "effects.csv"
    result = bench.main(0.05, trees=40, store=file)
    table = pd.read_csv(file)
    assert set(table.estimand) == {"att", "ate"}
    assert set(table.overlap) <= {"good", "thin", "poor"}
    assert result["grf_times_as_long_extrapolated"] > 0
