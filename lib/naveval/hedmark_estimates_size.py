"""How often each method rejects in this very design: without an effect, and with one.

Panels are drawn from the process of the simulated registers, for the county, controls, months
and weights of the run. Composition controls are left out: the draws have no persons.
"""

import numpy as np
import pandas as pd

from naveval import hedmark_windows as windows
from naveval.hedmark_estimates import Sample, all_others
from naveval.hedmark_estimates_regression import EXACT, setup_of, usable
from naveval.hedmark_parameters import Parameters
from naveval.hedmark_simulation_draws import PanelDraws
from naveval.hedmark_simulation_levels import START as SIMULATED_START
from naveval.hedmark_windows import Outcome
from naveval.one_treated import Setup, residualise
from naveval.one_treated_tests import METHODS, p_values

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
    return parameters.months()[0] == 2006 * 12 + 11 + SIMULATED_START
