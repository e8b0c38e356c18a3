"""Statistical and full-scale checks of the follow-up study; run with `make slow`.

Each prints what it measured, so that a run with `-s` is a report.
"""

import time
from pathlib import Path

import bench_followup as bench
import followup_draws
import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import keys
from naveval.estimators.sensitivity import bounds
from naveval.studies.followup import estimate as study
from naveval.studies.followup import events, published
from naveval.studies.followup import panel as followup_panel
from naveval.studies.followup.parameters import Parameters
from naveval.studies.followup.simulate import registers

pytestmark = pytest.mark.slow
PARAMETERS = Parameters()
N_DRAWS = 500
SMALL = 0.05


def draws(effects: str, n_draws: int, pre_trend: float = 0.0) -> pd.DataFrame:
    parts = []
    for seed in range(n_draws):
        window = followup_draws.window(SMALL, 10_000 + seed, effects, pre_trend)  # type: ignore[arg-type]
        summary = study.summary(study.regressions(window, PARAMETERS), PARAMETERS)
        parts.append(summary.assign(draw=seed))
    return pd.concat(parts, ignore_index=True)


def test_null_effects_are_rejected_as_often_as_they_should() -> None:
    found = draws("none", N_DRAWS)
    known = found[found["p_value"].notna()]
    rates = known.groupby(published.KEY)["p_value"].agg(rate=lambda p: (p < 0.05).mean(), n="size")
    spread = known.groupby(published.KEY).agg(
        sd=("estimate", "std"), mean_error=("std_error", "mean")
    )
    rates["sd_over_error"] = spread["sd"] / spread["mean_error"]
    overall = float((known["p_value"] < 0.05).mean())
    print(rates.round(3).to_string(), f"\nall: {overall:.4f}")
    common = rates[rates.index.get_level_values("outcome") != "health"]
    margin = 3 * np.sqrt(0.05 * 0.95 / N_DRAWS)
    assert ((common["rate"] - 0.05).abs() < margin).all()
    assert abs(common["rate"].mean() - 0.05) < margin / 2


def test_intervals_cover_the_truth() -> None:
    found = draws("printed", 2 * N_DRAWS)
    printed = published.estimates().set_index(published.KEY)["estimate"]
    truth = found.set_index(published.KEY).index.map(printed)
    known = found["p_value"].notna() & (found["outcome"] != "health")
    covered = (found["ci_low"] <= truth + 3e-4) & (found["ci_high"] >= truth - 3e-4)
    rates = covered[known].groupby([found.loc[known, name] for name in published.KEY]).mean()
    print(rates.round(3).to_string())
    assert (rates > 0.95 - 3 * np.sqrt(0.05 * 0.95 / (2 * N_DRAWS))).all()


def test_pre_trend_test_has_the_right_size_and_power() -> None:
    rates = {}
    for name, slope, n_draws in (("none", 0.0, 300), ("violated", 0.003, 60)):
        joint, linear = [], []
        for seed in range(n_draws):
            scale = SMALL if slope == 0 else 1.0
            window = followup_draws.window(scale, 50_000 + seed, "none", slope)
            item = events.study(
                window, "program", followup_draws.cells(window, PARAMETERS), PARAMETERS
            )
            assert item.pre_trend is not None
            joint.append(item.pre_trend.p_value < 0.05)
            linear.append(item.slope_p < 0.05)
        rates[name] = (np.mean(joint), np.mean(linear))
    print({name: tuple(np.round(rate, 3)) for name, rate in rates.items()})
    assert abs(rates["none"][0] - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 300) + 0.01
    assert abs(rates["none"][1] - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 300) + 0.01
    assert rates["violated"][0] > 0.6
    assert rates["violated"][1] > 0.9


def test_sensitivity_does_not_believe_an_effect_that_is_a_trend() -> None:
    believed, plain = [], []
    for seed in range(40):
        window = followup_draws.window(1.0, 70_000 + seed, "none", 0.003)
        quarters = events.quarterly(
            window, "program", followup_draws.cells(window, PARAMETERS), PARAMETERS
        )
        assert quarters is not None
        ordinary = bounds.interval(quarters, "relative", 0.0)
        plain.append(ordinary.ci_low > 0)
        believed.append(bounds.breakdown(quarters, "smoothness", largest=1.0) > 0)
    print(f"parallel trends: {np.mean(plain):.2f} find an effect; line: {np.mean(believed):.2f}")
    assert np.mean(plain) > 0.9
    assert np.mean(believed) < 0.2


def test_full_scale_recovers_the_truth_with_errors_like_the_printed(tmp_path: Path) -> None:
    started = time.perf_counter()
    truth = registers.simulate(tmp_path, scale=1.0, seed=2024)
    panel = followup_panel.read(tmp_path, keys.secret("simulated"))
    summary = study.summary(study.regressions(panel.window, PARAMETERS), PARAMETERS)
    table = summary.merge(pd.DataFrame(truth["coefficients"])[[*published.KEY, "coefficient"]])
    table["z"] = (table["estimate"] - table["coefficient"]) / table["std_error"]
    table["error_ratio"] = table["std_error"] / table["printed_std_error"]
    columns = [
        *published.KEY,
        "estimate",
        "coefficient",
        "z",
        "std_error",
        "printed_std_error",
        "error_ratio",
        "mean",
        "printed_mean",
        "n_obs",
        "printed_n_obs",
    ]
    print(table[columns].round(4).to_string())
    print(f"{time.perf_counter() - started:.0f} s")
    assert table["z"].abs().max() < 3
    assert table["error_ratio"].between(0.6, 1.4).all()
    assert (table["mean"] / table["printed_mean"] - 1).abs().max() < 0.2
    long = table[(table["table"] == "tbl-1") & (table["horizon"] == "long")]
    assert (long["n_obs"] / long["printed_n_obs"] - 1).abs().max() < 0.03


def test_full_scale_is_fast_enough() -> None:
    found = bench.main(1.0).set_index("step")
    panel = found.loc["raw registers to panel"]
    assert panel["seconds"] < 60
    assert panel["memory_mb"] < 4096
    assert found.loc["all 14 regressions", "seconds"] < 40
