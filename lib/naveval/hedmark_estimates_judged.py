"""The method that the measured sizes speak for, put to use.

`chosen_method` picks it, `judge` gives tables 1 to 4 its p-values, and `detectable` says how
large an effect must be for the method to find it, so that a null result can be read.
"""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from naveval import hedmark_windows as windows
from naveval.hedmark_estimates import Sample, sample
from naveval.hedmark_estimates_regression import EXACT, setup_of, usable
from naveval.hedmark_estimates_size import CHOSEN_LEVEL, POWER_DRAWS, draw_sample, recommend
from naveval.hedmark_panel import GROUPS, Panel
from naveval.hedmark_parameters import Parameters
from naveval.hedmark_simulation_draws import PanelDraws
from naveval.hedmark_windows import OUTCOMES
from naveval.one_treated import Array, Setup, residualise
from naveval.one_treated_tests import Test, named_tests, p_values

POWER = 0.8
LARGEST = 100.0
PRECISION = 0.05


def chosen_method(size: pd.DataFrame) -> str:
    """The recommended method, or the exact one by coefficient where none can be recommended."""
    return recommend(size) or EXACT


def judge(panel: Panel, parameters: Parameters, means: pd.DataFrame, method: str) -> pd.DataFrame:
    """Tables 1 to 4 with `p_value` by a method, and its name in `p_method`.

    The regression behind it has county and month effects, the labour force as weight and no
    composition, so that its coefficient is the table's difference of differences and the
    method's size is the one measured.
    """
    plain = parameters.model_copy(
        update={"composition": "none", "weights": "labour_force", "time_effects": "month"}
    )
    start, first, last = parameters.months()
    found = []
    for row in means.itertuples():
        window = windows.window(row.outcome, row.season, start, first, last)
        given = sample(panel, plain, row.outcome, row.group, window=window)
        found.append(_p_value(given, plain, method))
    return means.assign(p_value=found, p_method=method)


def _p_value(given: Sample, parameters: Parameters, method: str) -> float:
    setup = setup_of(given, parameters)
    if method not in usable(setup, (method,)):
        return float("nan")
    p = p_values(
        setup,
        given.outcome,
        given.size,
        draws=parameters.draws,
        seed=parameters.seed,
        methods=(method,),
    )
    return float(p[method])


def detectable(null: PanelDraws, parameters: Parameters, method: str) -> pd.DataFrame:
    """Smallest fall that the method finds with probability 0.8 at 10 per cent, per outcome.

    Found by adding ever larger effects to panels without any. In per cent of the level before;
    missing where it is larger than the level itself, or where the method rejects far too often
    without an effect, as when the county and its controls do not develop alike.

    Returns
    -------
    outcome, group, method, effect, n_draws.
    """
    rows: list[dict[str, Any]] = []
    for outcome, group in product(OUTCOMES, GROUPS):
        given, values = draw_sample(null, parameters, outcome, group)
        values = values[:POWER_DRAWS]
        setup = setup_of(given, parameters)
        test = named_tests(given.size, draws=parameters.draws, seed=parameters.seed)[method]
        effect = np.nan
        if method in usable(setup, (method,)):
            effect = smallest_found(test, setup, residualise(setup, values), given.level)
        rows.append(
            {
                "outcome": outcome,
                "group": group,
                "method": method,
                "effect": effect,
                "n_draws": len(values),
            }
        )
    return pd.DataFrame(rows)


def smallest_found(test: Test, setup: Setup, residual: Array, level: float) -> float:
    """Smallest fall in per cent of the level that is found with probability POWER, or NaN."""

    def power(fall: float) -> float:
        shifted = residual - fall * level / 100 * setup.direction[0]
        return float((test(setup, shifted) <= CHOSEN_LEVEL + 1e-12).mean())

    if power(0.0) > 3 * CHOSEN_LEVEL:
        return float("nan")
    high = 1.0
    low = 0.0
    while power(high) < POWER:
        if high >= LARGEST:
            return float("nan")
        low, high = high, min(2 * high, LARGEST)
    while high - low > PRECISION:
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle) >= POWER else (middle, high)
    return high
