"""How often each method rejects in this very design, and the method that this speaks for.

Panels in which nothing happened are drawn with shocks like those of the control counties in the
registers at hand (`one_treated.regression`), for county, controls, months and weights of the run.
Composition is left out: the draws have no persons. The printed effect is added to see what a
method finds.

The exact ranking of counties is the method unless another one is better beyond doubt. Another is
chosen only when its rejection rate at the level of the conclusions is shown to be acceptable in
every outcome (the upper end of its interval is at most `TOLERATED` times the level, Bradley's
1978 liberal criterion) and it finds the printed effect more often by more than two Monte Carlo
standard errors. Few draws can then never make a poor method the one a report rests on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from naveval.estimators.one_treated.inference import METHODS, Test, named_tests, p_values
from naveval.estimators.one_treated.regression import (
    Array,
    Setup,
    Shocks,
    draw_shocks,
    fit_shocks,
    residualise,
    spread,
)
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.estimate.means import Sample, all_others, months_of, sample
from naveval.studies.hedmark.estimate.regression import EXACT, judged, setup_of, usable
from naveval.studies.hedmark.panel import GROUPS, Panel
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.published import printed_regression
from naveval.studies.hedmark.windows import OUTCOMES, Outcome

STRICT, CHOSEN_LEVEL = 0.05, 0.10
LEVELS = (STRICT, CHOSEN_LEVEL)
TOLERATED = 1.5
CONFIDENCE = 0.95
POWER_DRAWS = 200
ALL_OTHERS = "randomisation_all"
JUDGED: tuple[Outcome, ...] = ("stock", "inflow")


@dataclass(frozen=True)
class Null:
    """Panels without any effect: a sample of the registers, its shocks, and drawn outcomes.

    `values` is (draw, county, month), the treated county first, in per cent of the labour force
    around levels that the regression takes away.
    """

    given: Sample
    shocks: Shocks
    values: Array


def null_panels(
    panel: Panel,
    parameters: Parameters,
    outcome: Outcome,
    group: str,
    *,
    controls: tuple[str, ...] = (),
    draws: int = 0,
) -> Null:
    """Panels with shocks like the control counties', by default `size_draws` of them."""
    given = _without_composition(panel, parameters, outcome, group, controls)
    shocks = fit_shocks(given.outcome[1:], given.size[1:], given.size[1:])
    values = draw_shocks(
        shocks,
        given.size,
        len(given.months),
        draws or parameters.size_draws,
        parameters.seed + 2 * OUTCOMES.index(outcome) + GROUPS.index(group),
    )
    return Null(given, shocks, values)


def _without_composition(
    panel: Panel,
    parameters: Parameters,
    outcome: Outcome,
    group: str,
    controls: tuple[str, ...] = (),
) -> Sample:
    plain = parameters.model_copy(update={"composition": "none"})
    return sample(panel, plain, outcome, group, counties=controls)


def _known(panel: Panel, parameters: Parameters) -> Iterator[tuple[Outcome, str]]:
    """Outcomes and groups that the control counties have; benefits may end before 104 weeks do."""
    for outcome, group in product(OUTCOMES, GROUPS):
        if np.any(_without_composition(panel, parameters, outcome, group).outcome[1:]):
            yield outcome, group


def shock_table(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """What the panels are drawn with: spread, memory and the lasting share of every outcome.

    Returns
    -------
    outcome, group, spread (standard deviation of a control county's month, in per cent of the
    treated county's level), own_spread (of the treated county), persistence, lasting (per cent
    of the variance), n_clusters, n_persons.
    """
    rows = []
    for outcome, group in _known(panel, parameters):
        null = null_panels(panel, parameters, outcome, group, draws=1)
        found = null.given.scale * spread(null.shocks, null.given.size)
        rows.append(
            {
                "outcome": outcome,
                "group": group,
                "spread": float(np.sqrt((found[1:] ** 2).mean())),
                "own_spread": float(found[0]),
                "persistence": null.shocks.persistence,
                "lasting": 100 * null.shocks.lasting,
                "n_clusters": len(found) - 1,
                "n_persons": null.given.persons,
            }
        )
    return pd.DataFrame(rows)


def rejections(panel: Panel, parameters: Parameters, outcome: Outcome, group: str) -> pd.DataFrame:
    """Share of draws in which each method rejects, without an effect and with the printed one.

    Returns
    -------
    outcome, group, method, n_draws, reject_5, reject_10, error_5, error_10 (Monte Carlo standard
    errors), upper_5, upper_10 (upper ends of one-sided 95 per cent intervals), power_5, power_10,
    gain and gain_error (power at 10 per cent beyond the exact method's, on the same draws),
    mean_effect and spread of the effect in per cent of the level.
    """
    null = null_panels(panel, parameters, outcome, group)
    setup = setup_of(null.given, parameters)
    effect = _printed_effect(outcome, group) / 100 * null.given.level
    changed = null.values.copy()
    changed[:, 0] += effect * null.given.post
    p, found = (_p(setup, values, null.given, parameters) for values in (null.values, changed))
    every = null_panels(panel, parameters, outcome, group, controls=all_others(parameters))
    wide = setup_of(every.given, parameters)
    p[ALL_OTHERS] = p_values(wide, every.values, every.given.size, methods=(EXACT,))[EXACT]
    own = np.einsum("it,dit->d", setup.direction[0] * setup.weights[:, None], null.values)
    own = null.given.scale * own / setup.norm[0]
    n = len(null.values)
    rows = []
    for method, value in p.items():
        row: dict[str, Any] = {"outcome": outcome, "group": group, "method": method, "n_draws": n}
        for level in LEVELS:
            name, count = f"{round(100 * level)}", int((value <= level + 1e-12).sum())
            row[f"reject_{name}"] = count / n
            row[f"error_{name}"] = float(np.sqrt(count / n * (1 - count / n) / n))
            row[f"upper_{name}"] = upper_end(count, n)
            if method in found:
                row[f"power_{name}"] = float((found[method] <= level + 1e-12).mean())
        if method in found:
            gain = _rejects(found[method]) - _rejects(found[EXACT])
            row |= {"gain": float(gain.mean()), "gain_error": float(gain.std() / np.sqrt(n))}
        row |= {"mean_effect": float(own.mean()), "spread": float(own.std(ddof=1))}
        rows.append(row)
    return pd.DataFrame(rows)


def upper_end(count: int, n: int) -> float:
    """Upper end of the one-sided 95 per cent interval of a share (Clopper and Pearson 1934).

    >>> round(upper_end(0, 60), 3), round(upper_end(100, 1000), 3)
    (0.049, 0.117)
    """
    return 1.0 if count == n else float(special.betaincinv(count + 1, n - count, CONFIDENCE))


def _rejects(p: Array) -> Array:
    return (p <= CHOSEN_LEVEL + 1e-12).astype(float)


def _p(setup: Setup, values: Array, given: Sample, parameters: Parameters) -> dict[str, Array]:
    return p_values(
        setup,
        values,
        given.size,
        draws=parameters.draws,
        seed=parameters.seed,
        methods=usable(setup, METHODS),
    )


def _printed_effect(outcome: str, group: str) -> float:
    """The effect that the document prints in table 5, in per cent of the level before."""
    found = printed_regression().set_index(["outcome", "group", "model"])["value"]
    return float(found[outcome, group, "effect"])


def size_table(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """Rejection rates for stock and inflow, see `rejections`, and what they say of each method.

    `holds` is true where the rate at the level of the conclusions is shown to be at most 1.5
    times that level.
    """
    parts = [
        rejections(panel, parameters, outcome, group) for outcome, group in product(JUDGED, GROUPS)
    ]
    table = pd.concat(parts, ignore_index=True)
    name = f"upper_{round(100 * CHOSEN_LEVEL)}"
    return table.assign(holds=table[name] <= TOLERATED * CHOSEN_LEVEL)


def recommend(table: pd.DataFrame) -> str:
    """The method to rest on; "" where none is shown to hold its level in every outcome.

    The exact method by coefficient if it holds and none that holds is better beyond two Monte
    Carlo standard errors; else the one with the highest power. The ranking among all counties of
    the country is no candidate: its control group is another one.
    """
    by = table[table["method"] != ALL_OTHERS].groupby("method", sort=False)
    holding = by["holds"].all()
    names = list(holding.index[holding])
    if not names:
        return ""
    gain = by["gain"].mean()[names]
    error = by["gain_error"].agg(lambda part: float(np.sqrt((part**2).sum())) / len(part))[names]
    if EXACT not in names:
        return str(gain.idxmax())
    better = gain[gain > 2 * error]
    return str(better.idxmax()) if len(better) else EXACT


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
    found = []
    for row in means.itertuples():
        span = months_of(panel, parameters, row.outcome)
        window = windows.window(row.outcome, row.season, *span)
        given = sample(panel, plain, row.outcome, row.group, window=window)
        found.append(_p_value(given, plain, method))
    return means.assign(p_value=found, p_method=method)


def _p_value(given: Sample, parameters: Parameters, method: str) -> float:
    setup = setup_of(given, parameters)
    if method not in usable(setup, (method,)):
        return float("nan")
    return float(judged(setup, given, parameters, (method,))[method])


def detectable(panel: Panel, parameters: Parameters, method: str) -> pd.DataFrame:
    """Smallest fall that the method finds with probability 0.8 at 10 per cent, per outcome.

    Found by adding ever larger effects to panels without any. In per cent of the level before;
    missing where it is larger than the level itself, or where the method rejects far too often
    without an effect.

    Returns
    -------
    outcome, group, method, effect, n_draws.
    """
    rows: list[dict[str, Any]] = []
    for outcome, group in _known(panel, parameters):
        null = null_panels(panel, parameters, outcome, group, draws=POWER_DRAWS)
        setup = setup_of(null.given, parameters)
        test = named_tests(null.given.size, draws=parameters.draws, seed=parameters.seed)[method]
        effect = np.nan
        if method in usable(setup, (method,)):
            residual = residualise(setup, null.values)
            effect = smallest_found(test, setup, residual, null.given.level)
        rows.append(
            {
                "outcome": outcome,
                "group": group,
                "method": method,
                "effect": effect,
                "n_draws": len(null.values),
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
