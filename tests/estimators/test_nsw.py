"""NSW treated against CPS controls: how near the method comes to an experiment.

The National Supported Work experiment found 1 794 dollars more earnings in 1978 for those
treated (LaLonde 1986; Dehejia and Wahba 1999). Here its 185 treated are compared with 15 992
persons of the Current Population Survey, who are very unlike them. Measured with 1 000 trees
and the seeds below (`test_nsw_table`): see `tests/reference/nsw.csv`.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.estimators import crossfit, overlap, scores
from naveval.estimators.crossfit import Nuisances
from naveval.estimators.forests import ForestOptions
from naveval.estimators.scores import Scores

EXPERIMENT = 1794.34
REFERENCE = Path(__file__).parents[1] / "reference" / "nsw.csv"
NAMES = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75", "u74", "u75"]


def frames() -> tuple[pd.DataFrame, np.ndarray]:
    import causaldata

    nsw = causaldata.nsw_mixtape.load_pandas().data
    cps = causaldata.cps_mixtape.load_pandas().data
    both = pd.concat([nsw[nsw.treat == 1], cps], ignore_index=True)
    both = both.assign(u74=(both.re74 == 0) * 1.0, u75=(both.re75 == 0) * 1.0)
    return both, (both.treat == 1).to_numpy().astype(int)


def estimate(trees: int, seed: int) -> tuple[Scores, Nuisances, np.ndarray]:
    both, arm = frames()
    x, y = both[NAMES].to_numpy(float), both[["re78"]].to_numpy(float)
    options = ForestOptions(trees=trees, seed=seed)
    nuisances = crossfit.crossfit(
        x, arm, y, arms=("cps", "nsw"), outcomes=("re78",), options=options
    )
    return scores.doubly_robust(y, arm, nuisances, clip=1e-4), nuisances, x


def test_the_experiment_itself() -> None:
    import causaldata

    nsw = causaldata.nsw_mixtape.load_pandas().data
    gap = nsw.re78[nsw.treat == 1].mean() - nsw.re78[nsw.treat == 0].mean()
    assert gap == pytest.approx(EXPERIMENT, abs=0.01)


@pytest.mark.slow
def test_nsw_against_cps_is_near_the_experiment_and_naive_is_not() -> None:
    made, nuisances, x = estimate(200, 1)
    att = scores.effects(made, "att").iloc[0]
    naive = made.y[made.arm == 1].mean() - made.y[made.arm == 0].mean()
    assert naive < -8000
    assert abs(att.estimate - EXPERIMENT) < 2 * att.std_error
    assert abs(att.estimate - EXPERIMENT) < abs(naive - EXPERIMENT) / 5
    shown = overlap.summary(made, nuisances).iloc[0]
    assert shown.overlap == "poor"
    assert shown["below_0.001"] > 8000
    table = overlap.balance(made, 1, x, NAMES)
    assert table.smd_weighted.abs().mean() < table.smd_raw.abs().mean() / 3


@pytest.mark.slow
def test_nsw_table() -> None:
    rows = []
    for seed in range(1, 6):
        made, nuisances, x = estimate(1000, seed)
        att = scores.effects(made, "att").iloc[0]
        shown = overlap.summary(made, nuisances).iloc[0]
        rows.append(
            {
                "seed": seed,
                "att": att.estimate,
                "std_error": att.std_error,
                "distance": att.estimate - EXPERIMENT,
                "below_0.001": shown["below_0.001"],
                "effective_controls": shown.effective_controls,
                "max_smd": overlap.balance(made, 1, x, NAMES).smd_weighted.abs().max(),
            }
        )
    table = pd.DataFrame(rows).round(3)
    print(table.to_string())
    stored = pd.read_csv(REFERENCE)
    np.testing.assert_allclose(table.att, stored.att, rtol=1e-6)
    assert (table.distance.abs() < 2 * table.std_error).all()
