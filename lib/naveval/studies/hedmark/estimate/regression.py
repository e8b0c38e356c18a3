"""Table 5: the regression, and every way of judging it with one treated county.

Unit: county and month, weighted by the county's labour force (so that the control group is the
pooled one of tables 1 to 4). Outcome: job seekers in per cent of the labour force. Persons
with the same county and month have the same outcome and treatment, so nothing is gained by
one row per person; the labour force outside the register has no person rows at all, and a
regression on registered persons alone would have no denominator.
Season: month of the year and an indicator of after (or an effect for every month, which gives
the same coefficient unless there are covariates). County: an effect each. Composition: shares
of sex, education and age group among the county's job seekers of the same benefit group that
month, because the register has no composition of the labour force. Such shares can themselves
be changed by the practice; `lagged` and `none` show how much that matters.
Effects are in per cent of the treated county's mean before. The placebo compares the months
from `placebo_first` to the start with those before, on the time before the start alone: the
printed numbers fit two regressions and not one with two effects (effect −9.2 and placebo 4.8
for job seekers without benefit would otherwise imply −11 in table 1, which has −7.3).
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from naveval.estimators.one_treated.inference import (
    METHODS,
    Interval,
    invert,
    named_tests,
    p_values,
    smallest_p,
)
from naveval.estimators.one_treated.regression import Setup, fit, prepare
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.estimate.means import Sample, all_others, sample
from naveval.studies.hedmark.panel import GROUPS, Panel
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.windows import OUTCOMES, Outcome

EFFECT, PLACEBO = "effect", "placebo"
MODELS = (EFFECT, PLACEBO)
LEVEL = 0.95
EXACT_LEVEL = 0.90
EXACT = "randomisation_coefficient"
CORRECTED = "ferman_pinto"
INTERVALS = (EXACT, "randomisation_t", "conley_taber", CORRECTED)


def setup_of(given: Sample, parameters: Parameters) -> Setup:
    """The regressors of a sample under the parameters' options."""
    weights = given.size if parameters.weights == "labour_force" else np.ones_like(given.size)
    return prepare(
        given.post,
        weights,
        season=given.months % 12,
        time_effects="season" if parameters.time_effects == "season" else "period",
        covariates=given.covariates,
    )


def model_sample(
    panel: Panel, parameters: Parameters, outcome: Outcome, group: str, model: str
) -> Sample:
    """Sample of the effect, or of the placebo before the start."""
    if model == EFFECT:
        return sample(panel, parameters, outcome, group)
    start, first, _ = parameters.months()
    window = windows.placebo_window(start, first, parameters.placebo_start())
    return sample(panel, parameters, outcome, group, window=window)


def regression(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """Table 5: outcomes × groups × (effect, placebo), with conventional and exact inference.

    Returns
    -------
    One row each: `effect` and `std_error` (clustered) in per cent of the level before,
    `ci_low`, `ci_high` (conventional, 95 per cent), `exact_low`, `exact_high` (randomisation, of
    `exact_level`: 90 per cent, or what few controls can give), `corrected_low`, `corrected_high`
    (Ferman and Pinto, 95 per cent), a p-value `p_<method>` for every method, `n_persons`, `n_obs`,
    `n_clusters`, `residual_df`.
    """
    rows = [
        _row(model_sample(panel, parameters, outcome, group, model), parameters)
        | {"outcome": outcome, "group": group, "model": model}
        for outcome in OUTCOMES
        for group in GROUPS
        for model in MODELS
    ]
    return pd.DataFrame(rows)


def _row(given: Sample, parameters: Parameters) -> dict[str, Any]:
    setup = setup_of(given, parameters)
    found = fit(setup, given.outcome)
    scale = 100 / given.level if given.level else np.nan  # nobody before: no per cent of it
    effect, error = float(found.effect[0]), float(found.std_error[0])
    reach = float(stats.t.ppf(0.5 + LEVEL / 2, setup.n_units - 1)) * error
    methods = usable(setup, METHODS)
    p = p_values(
        setup,
        given.outcome,
        given.size,
        draws=parameters.draws,
        seed=parameters.seed,
        methods=methods,
    )
    tests = named_tests(given.size, draws=parameters.draws, seed=parameters.seed)
    exact, corrected = (
        invert(
            tests[name],
            setup,
            given.outcome,
            level=level,
            smallest=smallest_p(name, setup, draws=parameters.draws),
        )
        for name, level in ((EXACT, EXACT_LEVEL), (CORRECTED, LEVEL))
    )
    return {
        "effect": scale * effect,
        "std_error": abs(scale) * error,
        "ci_low": scale * (effect - reach),
        "ci_high": scale * (effect + reach),
        "exact_low": scale * exact.low,
        "exact_high": scale * exact.high,
        "exact_level": 100 * exact.level,
        "corrected_low": scale * corrected.low,
        "corrected_high": scale * corrected.high,
        **{f"p_{name}": float(value) for name, value in p.items()},
        "level": given.level,
        "n_persons": given.persons,
        "n_obs": given.outcome.size,
        "n_clusters": setup.n_units,
        "residual_df": given.outcome.size - setup.n_absorbed,
    }


def usable(setup: Setup, methods: Iterable[str]) -> tuple[str, ...]:
    """The methods that the sample allows: in-time placebo needs a long enough time before."""
    after, before = int(setup.post.sum()), int((setup.post == 0).sum())
    short = before < after + 2
    return tuple(name for name in methods if not (short and name.startswith("in_time")))


def inference(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """Every method side by side for stock and inflow, with intervals where they can be inverted.

    Returns
    -------
    outcome, group, method, effect (per cent), p_value, ci_low, ci_high, level (of the
    interval; NaN without one), n_units, n_persons, residual_df. `randomisation_all` ranks the
    county among all others but Hedmark.
    """
    rows: list[dict[str, Any]] = []
    outcomes: tuple[Outcome, ...] = ("stock", "inflow")
    for outcome in outcomes:
        for group in GROUPS:
            given = sample(panel, parameters, outcome, group)
            key = {"outcome": outcome, "group": group}
            rows += [key | row for row in _methods(given, parameters)]
            every = sample(panel, parameters, outcome, group, counties=all_others(parameters))
            rows.append(key | _all_others(every, parameters))
    return pd.DataFrame(rows)


def _methods(given: Sample, parameters: Parameters) -> list[dict[str, Any]]:
    setup = setup_of(given, parameters)
    found, scale = fit(setup, given.outcome), 100 / given.level
    tests = named_tests(given.size, draws=parameters.draws, seed=parameters.seed)
    p = p_values(
        setup,
        given.outcome,
        given.size,
        draws=parameters.draws,
        seed=parameters.seed,
        methods=usable(setup, METHODS),
    )
    rows = []
    for name, value in p.items():
        level = EXACT_LEVEL if name.startswith("randomisation") else LEVEL
        limits = _conventional(setup, found, name, level)
        if name in INTERVALS:
            least = smallest_p(name, setup, draws=parameters.draws)
            limits = invert(tests[name], setup, given.outcome, level=level, smallest=least)
        rows.append(_method_row(given, setup, found.effect[0], name, float(value), limits, scale))
    return rows


def _conventional(setup: Setup, found: Any, name: str, level: float) -> Interval | None:
    errors = {"classical": found.classical, "crv1": found.std_error}
    if name not in errors:
        return None
    freedom = setup.n_units - 1
    if name == "classical":
        freedom = setup.n_units * setup.n_periods - setup.n_absorbed
    reach = float(stats.t.ppf(0.5 + level / 2, freedom) * errors[name][0])
    return Interval(float(found.effect[0]) - reach, float(found.effect[0]) + reach, level)


def _all_others(given: Sample, parameters: Parameters) -> dict[str, Any]:
    setup = setup_of(given, parameters)
    found = fit(setup, given.outcome)
    p = p_values(setup, given.outcome, given.size, methods=(EXACT,))[EXACT]
    scale = 100 / given.level if given.level else np.nan  # nobody before: no per cent of it
    return _method_row(given, setup, found.effect[0], "randomisation_all", float(p), None, scale)


def _method_row(
    given: Sample,
    setup: Setup,
    effect: float,
    name: str,
    p: float,
    limits: Interval | None,
    scale: float,
) -> dict[str, Any]:
    return {
        "method": name,
        "effect": scale * float(effect),
        "p_value": p,
        "ci_low": scale * limits.low if limits else np.nan,
        "ci_high": scale * limits.high if limits else np.nan,
        "level": limits.level if limits else np.nan,
        "n_units": setup.n_units,
        "n_persons": given.persons,
        "residual_df": given.outcome.size - setup.n_absorbed,
    }
