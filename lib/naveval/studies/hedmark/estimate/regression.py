"""Table 5: the regression, every way of judging it with one treated county, and other choices.

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

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators.one_treated.inference import (
    METHODS,
    Interval,
    invert,
    named_tests,
    p_values,
    smallest_p,
)
from naveval.estimators.one_treated.regression import Setup, TimeEffects, fit, prepare
from naveval.project import places as county_list
from naveval.project import student
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.estimate.means import Sample, all_others, months_of, sample
from naveval.studies.hedmark.panel import GROUPS, Panel
from naveval.studies.hedmark.parameters import DOCUMENT_CONTROLS, REFORMED, YEAR, Parameters
from naveval.studies.hedmark.windows import OUTCOMES, Outcome, Window

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
    scale = given.scale
    effect, error = float(found.effect[0]), float(found.std_error[0])
    reach = float(student.reach(LEVEL, setup.n_units - 1)) * error
    p = judged(setup, given, parameters, METHODS)
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


def judged(
    setup: Setup, given: Sample, parameters: Parameters, methods: Iterable[str]
) -> Mapping[str, Any]:
    """P-values by those of the methods that the sample allows; missing for an effect of nothing."""
    allowed = usable(setup, methods)
    if np.isnan(given.scale):
        return dict.fromkeys(allowed, np.nan)
    drawn = {"draws": parameters.draws, "seed": parameters.seed}
    return p_values(setup, given.outcome, given.size, methods=allowed, **drawn)


def inference(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """Every method side by side for stock and inflow, with intervals where they can be inverted.

    Returns
    -------
    outcome, group, method, effect (per cent), p_value, ci_low, ci_high, level (of the
    interval; NaN without one), n_units, n_persons, residual_df. `randomisation_all` ranks the
    county among all others but Hedmark.
    """
    rows: list[dict[str, Any]] = []
    for outcome, group in product(CHECKED, GROUPS):
        given = sample(panel, parameters, outcome, group)
        key = {"outcome": outcome, "group": group}
        rows += [key | row for row in _methods(given, parameters)]
        every = sample(panel, parameters, outcome, group, counties=all_others(parameters))
        rows.append(key | _all_others(every, parameters))
    return pd.DataFrame(rows)


def _methods(given: Sample, parameters: Parameters) -> list[dict[str, Any]]:
    setup = setup_of(given, parameters)
    found, scale = fit(setup, given.outcome), given.scale
    tests = named_tests(given.size, draws=parameters.draws, seed=parameters.seed)
    rows = []
    for name, value in judged(setup, given, parameters, METHODS).items():
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
    reach = float(student.reach(level, freedom) * errors[name][0])
    return Interval(float(found.effect[0]) - reach, float(found.effect[0]) + reach, level)


def _all_others(given: Sample, parameters: Parameters) -> dict[str, Any]:
    setup = setup_of(given, parameters)
    found = fit(setup, given.outcome)
    p = judged(setup, given, parameters, (EXACT,))[EXACT]
    return _method_row(
        given, setup, found.effect[0], "randomisation_all", float(p), None, given.scale
    )


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


CHECKED: tuple[Outcome, ...] = ("stock", "inflow")


def _estimate(given: Sample, parameters: Parameters) -> dict[str, Any]:
    setup = setup_of(given, parameters)
    found, scale = fit(setup, given.outcome), given.scale
    effect, error = float(found.effect[0]), float(found.std_error[0])
    reach = float(student.reach(LEVEL, setup.n_units - 1)) * error
    return {
        "effect": scale * effect,
        "std_error": abs(scale) * error,
        "ci_low": scale * (effect - reach),
        "ci_high": scale * (effect + reach),
        "p_crv1": float(student.two_sided(scale * effect / (scale * error), setup.n_units - 1)),
        "p_exact": float(judged(setup, given, parameters, (EXACT,))[EXACT]),
        "n_clusters": setup.n_units,
        "n_persons": given.persons,
        "residual_df": given.outcome.size - setup.n_absorbed,
    }


def placebo_months(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """A hypothetical start in every month from `placebo_first` to the month before the start.

    Only months before the real start are used. Returns month (number), outcome, group and the
    estimate's columns.
    """
    start, first, _ = parameters.months()
    rows = []
    for outcome, group in product(CHECKED, GROUPS):
        for month in range(parameters.placebo_start(), start):
            window = windows.placebo_window(start, first, month)
            given = sample(panel, parameters, outcome, group, window=window)
            key = {"month": month, "outcome": outcome, "group": group}
            rows.append(key | _estimate(given, parameters))
    return pd.DataFrame(rows)


def placebo_counties(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """Each control county pretends to be treated; the treated county is left out.

    The first row of each outcome and group is the treated county itself.
    """
    rows = []
    controls = parameters.controls()
    for outcome, group in product(CHECKED, GROUPS):
        for county in (parameters.county, *controls):
            others = tuple(code for code in controls if code != county)
            pretended = parameters.model_copy(update={"county": county})
            given = sample(panel, pretended, outcome, group, counties=others)
            key = {"county": county, "outcome": outcome, "group": group}
            own = county == parameters.county
            rows.append(key | {"treated": own} | _estimate(given, parameters))
    return pd.DataFrame(rows)


def leave_one_out(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """The effect without each control county in turn; the first row ("") leaves none out."""
    rows = []
    controls = parameters.controls()
    for outcome, group in product(CHECKED, GROUPS):
        for county in ("", *controls):
            others = tuple(code for code in controls if code != county)
            given = sample(panel, parameters, outcome, group, counties=others)
            key = {"county": county, "outcome": outcome, "group": group}
            rows.append(key | _estimate(given, parameters))
    return pd.DataFrame(rows)


def control_sets(parameters: Parameters) -> dict[str, tuple[str, ...]]:
    """Control sets of the specification curve, without the treated county and Hedmark."""
    every = county_list.codes(YEAR)
    sets = {
        "chosen": parameters.controls(),
        "with_akershus": (*DOCUMENT_CONTROLS, "02"),
        "without_oslo": tuple(code for code in DOCUMENT_CONTROLS if code != "03"),
        "east": ("01", "03", "05", "06", "07", "08"),
        "all": every,
    }
    out = (parameters.county, REFORMED)
    return {name: tuple(c for c in codes if c not in out) for name, codes in sets.items()}


def spans(panel: Panel, parameters: Parameters, outcome: Outcome) -> dict[str, Window]:
    """Windows of the specification curve."""
    start, first, last = months_of(panel, parameters, outcome)
    full = windows.regression_window(outcome, start, first, last)
    late = Window(tuple(m for m in full.before if m >= start - 24), full.after)
    return {
        "all": full,
        "two_years": late,
        "matched": windows.window(outcome, "matched", start, first, last),
    }


def specification_curve(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """The effect under every combination of the choices.

    Composition is left out as a control where a county and month has no job seekers of the group,
    which only `composition: none` allows.

    Returns
    -------
    outcome, group, the five choices, effect (per cent), p_exact, n_clusters, n_persons,
    residual_df; `main` marks the combination that the parameters ask for.
    """
    rows = []
    outcomes: tuple[Outcome, ...] = ("stock", "inflow")
    main = ("chosen", "all", parameters.time_effects, parameters.composition, parameters.weights)
    sets = control_sets(parameters)
    for outcome, group in product(outcomes, GROUPS):
        for (controls, codes), (span, window), kind in product(
            sets.items(), spans(panel, parameters, outcome).items(), ("none", "shares", "lagged")
        ):
            chosen = parameters.model_copy(update={"composition": kind})
            given = sample(panel, chosen, outcome, group, window=window, counties=codes)
            if given.covariates is not None and np.isnan(given.covariates).any():
                continue  # a county's month has nobody to tell the composition of
            for time, weight in product(TIME, ("labour_force", "equal")):
                choices = (controls, span, time, kind, weight)
                rows.append(
                    {"outcome": outcome, "group": group}
                    | dict(zip(CHOICES, choices, strict=True))
                    | {"main": choices == main}
                    | _specification(given, parameters, time, weight)
                )
    return pd.DataFrame(rows)


CHOICES = ("controls", "window", "time_effects", "composition", "weights")
TIME: dict[str, TimeEffects] = {
    "season": "season",
    "month": "period",
    "county_season": "unit_season",
}


def _specification(given: Sample, parameters: Parameters, time: str, weight: str) -> dict[str, Any]:
    weights = given.size if weight == "labour_force" else np.ones_like(given.size)
    setup = prepare(
        given.post,
        weights,
        season=given.months % 12,
        time_effects=TIME[time],
        covariates=given.covariates,
    )
    return {
        "effect": given.scale * float(fit(setup, given.outcome).effect[0]),
        "p_exact": float(judged(setup, given, parameters, (EXACT,))[EXACT]),
        "n_clusters": setup.n_units,
        "n_persons": given.persons,
        "residual_df": given.outcome.size - setup.n_absorbed,
    }
