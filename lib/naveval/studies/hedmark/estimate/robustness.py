"""Placebo by month and by county, leave one out, and the specification curve."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from naveval.estimators.one_treated.inference import randomisation
from naveval.estimators.one_treated.regression import TimeEffects, fit, prepare, residualise
from naveval.project import places as county_list
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.estimate.means import Sample, months_of, sample
from naveval.studies.hedmark.estimate.regression import LEVEL, setup_of
from naveval.studies.hedmark.panel import GROUPS, Panel
from naveval.studies.hedmark.parameters import DOCUMENT_CONTROLS, REFORMED, YEAR, Parameters
from naveval.studies.hedmark.windows import Outcome, Window

OUTCOMES: tuple[Outcome, ...] = ("stock", "inflow")


def _estimate(given: Sample, parameters: Parameters) -> dict[str, Any]:
    setup = setup_of(given, parameters)
    found, scale = fit(setup, given.outcome), 100 / given.level
    effect, error = float(found.effect[0]), float(found.std_error[0])
    reach = float(stats.t.ppf(0.5 + LEVEL / 2, setup.n_units - 1)) * error
    residual = residualise(setup, given.outcome)
    return {
        "effect": scale * effect,
        "std_error": abs(scale) * error,
        "ci_low": scale * (effect - reach),
        "ci_high": scale * (effect + reach),
        "p_crv1": float(2 * stats.t.sf(abs(effect / error), setup.n_units - 1)),
        "p_exact": float(randomisation(setup, residual)),
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
    for outcome, group in product(OUTCOMES, GROUPS):
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
    for outcome, group in product(OUTCOMES, GROUPS):
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
    for outcome, group in product(OUTCOMES, GROUPS):
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
            for time, weight in product(TIME, ("labour_force", "equal")):
                choices = (controls, span, time, kind, weight)
                rows.append(
                    {"outcome": outcome, "group": group}
                    | dict(zip(CHOICES, choices, strict=True))
                    | {"main": choices == main}
                    | _specification(given, time, weight)
                )
    return pd.DataFrame(rows)


CHOICES = ("controls", "window", "time_effects", "composition", "weights")
TIME: dict[str, TimeEffects] = {
    "season": "season",
    "month": "period",
    "county_season": "unit_season",
}


def _specification(given: Sample, time: str, weight: str) -> dict[str, Any]:
    weights = given.size if weight == "labour_force" else np.ones_like(given.size)
    setup = prepare(
        given.post,
        weights,
        season=given.months % 12,
        time_effects=TIME[time],
        covariates=given.covariates,
    )
    residual = residualise(setup, given.outcome)
    return {
        "effect": 100 / given.level * float(fit(setup, given.outcome).effect[0]),
        "p_exact": float(randomisation(setup, residual)),
        "n_clusters": setup.n_units,
        "n_persons": given.persons,
        "residual_df": given.outcome.size - setup.n_absorbed,
    }
