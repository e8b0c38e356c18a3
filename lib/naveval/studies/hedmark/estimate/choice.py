"""How often each method rejects in this very design: without an effect, and with one.

Panels are drawn from the process of the simulated registers, for the county, controls, months
and weights of the run. Composition controls are left out: the draws have no persons.

The method that the measured sizes speak for, put to use.

`chosen_method` picks it, `judge` gives tables 1 to 4 its p-values, and `detectable` says how
large an effect must be for the method to find it, so that a null result can be read.
"""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators.one_treated.inference import METHODS, Test, named_tests, p_values
from naveval.estimators.one_treated.regression import Array, Setup, residualise
from naveval.project.months import month_number
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.estimate.means import Sample, all_others, sample
from naveval.studies.hedmark.estimate.regression import EXACT, setup_of, usable
from naveval.studies.hedmark.panel import GROUPS, Panel
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.simulate.draws import PanelDraws
from naveval.studies.hedmark.simulate.levels import START as SIMULATED_START
from naveval.studies.hedmark.windows import OUTCOMES, Outcome

STRICT, CHOSEN_LEVEL = 0.05, 0.10
LEVELS = (STRICT, CHOSEN_LEVEL)
ATTAINABLE = 0.5
POWER_DRAWS = 200
ALL_OTHERS = "randomisation_all"


def draw_sample(
    draws: PanelDraws,
    parameters: Parameters,
    outcome: Outcome,
    group: str,
    controls: tuple[str, ...] = (),
) -> tuple[Sample, np.ndarray]:
    """A sample without composition and the drawn outcomes (draw, county, month)."""
    start, first, last = parameters.months()
    window = windows.regression_window(outcome, start, first, last)
    codes = (parameters.county, *(controls or parameters.controls()))
    place = [draws.counties.index(code) for code in codes]
    columns = np.array(window.months) - int(draws.months[0])
    values = draws.rates[outcome, group][:, place][:, :, columns]
    before = len(window.before)
    post = (np.arange(len(window.months)) >= before).astype(float)
    size = draws.size[place]
    level = float(values[:, 0, :before].mean())
    months = np.array(window.months)
    return Sample(codes, months, values[0], post, size, None, level, 10**6), values


def rejections(
    draws: PanelDraws, parameters: Parameters, outcome: Outcome, group: str
) -> pd.DataFrame:
    """Share of draws in which each method rejects at 5 and 10 per cent.

    Returns
    -------
    outcome, group, method, n_draws, reject_5, reject_10, error_5, error_10 (Monte Carlo
    standard error under the nominal level), bias and spread of the effect in per cent.
    """
    given, values = draw_sample(draws, parameters, outcome, group)
    setup = setup_of(given, parameters)
    p = p_values(
        setup,
        values,
        given.size,
        draws=parameters.draws,
        seed=parameters.seed,
        methods=usable(setup, METHODS),
    )
    others = all_others(parameters)
    if set(others) <= set(draws.counties):
        every, wide = draw_sample(draws, parameters, outcome, group, others)
        p[ALL_OTHERS] = randomisation(setup_of(every, parameters), wide, every)
    contrast = residualise(setup, values)
    effect = np.einsum("i,it,dit->d", setup.weights, setup.direction[0], contrast) / setup.norm[0]
    n = len(values)
    rows = []
    for method, value in p.items():
        row = {"outcome": outcome, "group": group, "method": method, "n_draws": n}
        for level in LEVELS:
            name = f"{round(100 * level)}"
            row[f"reject_{name}"] = float((value <= level + 1e-12).mean())
            row[f"error_{name}"] = float(np.sqrt(level * (1 - level) / n))
        row["mean_effect"] = float(100 * effect.mean() / given.level)
        row["spread"] = float(100 * effect.std(ddof=1) / given.level)
        rows.append(row)
    return pd.DataFrame(rows)


def randomisation(setup: Setup, values: np.ndarray, given: Sample) -> np.ndarray:
    """Exact p-values by coefficient."""
    return p_values(setup, values, given.size, methods=(EXACT,))[EXACT]


def size_table(
    null: PanelDraws, alternative: PanelDraws | None, parameters: Parameters
) -> pd.DataFrame:
    """Rejection rates without effect, and with (`power_5`, `power_10`), for stock and inflow.

    `holds` is true where neither rate exceeds its level by more than two Monte Carlo standard
    errors; `reachable` where the method can reject at 10 per cent at all.
    """
    parts = []
    outcomes: tuple[Outcome, ...] = ("stock", "inflow")
    for outcome in outcomes:
        for group in ("with", "without"):
            found = rejections(null, parameters, outcome, group)
            if alternative is not None:
                other = rejections(alternative, parameters, outcome, group)
                power = other[["method", "reject_5", "reject_10"]]
                names = {"reject_5": "power_5", "reject_10": "power_10"}
                found = found.merge(power.rename(columns=names), on="method", how="left")
            parts.append(found)
    table = pd.concat(parts, ignore_index=True)
    table["holds"] = True
    for level in LEVELS:
        name = f"{round(100 * level)}"
        table["holds"] &= table[f"reject_{name}"] <= level + 2 * table[f"error_{name}"]
    table["reachable"] = table["reject_10"] >= ATTAINABLE * CHOSEN_LEVEL
    return table


def recommend(table: pd.DataFrame) -> str:
    """The method whose size holds for every outcome and which rejects most often otherwise.

    Among methods that hold everywhere and can reject at all (half as often as they may, or
    more), the one with the highest power at 10 per cent, or,
    without draws with an effect, the highest rejection rate. "" if none holds. The ranking
    among all counties of the country is no candidate: its control group is another one.
    """
    by = table.groupby("method", sort=False)
    holding = by["holds"].all() & (by["reject_10"].mean() >= ATTAINABLE * CHOSEN_LEVEL)
    names = [name for name in holding.index if holding[name] and name != ALL_OTHERS]
    if not names:
        return ""
    rates = by["reject_10"].mean()[names]
    if "power_10" in table:
        known = by["power_10"].mean()[names].dropna()
        rates = known if len(known) else rates
    return str(rates.idxmax())


def has_simulated_start(parameters: Parameters) -> bool:
    """Whether the start is the month in which the simulated practice starts."""
    return parameters.months()[0] == month_number("2006-12") + SIMULATED_START


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
