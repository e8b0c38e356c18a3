"""Synthetic control, synthetic difference-in-differences, and the event study by month."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators.event_study import GapStudy, gap_study
from naveval.estimators.synthetic_control import KINDS, estimate, placebo
from naveval.project import student
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark.estimate.means import (
    SMALLEST_LEVEL,
    Sample,
    sample,
    without_composition,
)
from naveval.studies.hedmark.panel import GROUPS, Panel
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.windows import Outcome

LEVEL = 0.95
LEAST_UNITS = 3  # of an event study of gaps
OUTCOMES: tuple[Outcome, ...] = ("stock", "inflow")


def plain_sample(panel: Panel, parameters: Parameters, outcome: Outcome, group: str) -> Sample:
    """The regression's sample without composition controls."""
    plain = parameters.model_copy(update={"composition": "none"})
    return without_composition(sample(panel, plain, outcome, group))


def synthetic(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """Effects in per cent with placebo-based intervals, for stock and inflow.

    Returns
    -------
    outcome, group, method, effect, std_error (of the placebo effects), ci_low, ci_high (95 per
    cent, t with as many degrees of freedom as controls less one), p_value (rank), p_ratio (rank
    of effect relative to the fit before), fit_before (root mean square, per cent), n_units,
    n_persons, residual_df.
    """
    rows = []
    for outcome, group, kind in product(OUTCOMES, GROUPS, KINDS):
        given = plain_sample(panel, parameters, outcome, group)
        before = given.before
        own, controls, scale = given.outcome[0], given.outcome[1:].T, given.scale
        found = estimate(own, controls, before, kind)
        others = placebo(own, controls, before, kind)
        reach = float(student.reach(LEVEL, controls.shape[1] - 1)) * others.std_error
        rows.append(
            {
                "outcome": outcome,
                "group": group,
                "method": kind,
                "effect": scale * found.effect,
                "std_error": scale * others.std_error,
                "ci_low": scale * (found.effect - reach),
                "ci_high": scale * (found.effect + reach),
                "p_value": others.p_value,
                "p_ratio": others.p_value_ratio,
                "fit_before": scale * found.rmse_before,
                "n_units": len(given.counties),
                "n_persons": given.persons,
                "residual_df": before - 1,
            }
        )
    return pd.DataFrame(rows)


def weights(panel: Panel, parameters: Parameters, outcome: Outcome = "stock") -> pd.DataFrame:
    """Weights of the control counties, a column per group and kind, and of equal size.

    Returns
    -------
    county, labour_force (its share of the control group), and `<kind>_<group>`.
    """
    found: dict[str, Any] = {}
    persons = []
    for group, kind in product(GROUPS, KINDS):
        given = plain_sample(panel, parameters, outcome, group)
        persons.append(given.persons)
        before = given.before
        fitted = estimate(given.outcome[0], given.outcome[1:].T, before, kind)
        found.setdefault("county", list(given.counties[1:]))
        found.setdefault("labour_force", given.size[1:] / given.size[1:].sum())
        found[f"{kind}_{group}"] = fitted.unit_weights
    return pd.DataFrame(found).assign(n_persons=min(persons))


def paths(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """The treated county and its synthetic comparisons by month, per group.

    Returns
    -------
    month, group, treated, control (pooled by labour force), synthetic_control (in per cent of
    the labour force), n_persons (treated county that month), n_control (fewest persons of a
    control county that month).
    """
    rows = []
    for group in GROUPS:
        given = plain_sample(panel, parameters, "stock", group)
        before = given.before
        controls = given.outcome[1:].T
        fitted = estimate(given.outcome[0], controls, before, "synthetic_control")
        shares = given.size[1:] / given.size[1:].sum()
        counted = panels.persons(panel, "stock", group)
        persons = panels.block(counted, list(given.months), given.counties).astype(int)
        rows.append(
            pd.DataFrame(
                {
                    "month": given.months,
                    "group": group,
                    "treated": given.outcome[0],
                    "control": controls @ shares,
                    "synthetic_control": controls @ fitted.unit_weights,
                    "n_persons": persons[0],
                    "n_control": persons[1:].min(0),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def events(
    panel: Panel, parameters: Parameters, outcome: Outcome, group: str
) -> tuple[pd.DataFrame, GapStudy]:
    """Effects by month since the start, in per cent of the level before, with a placebo band.

    The gap to the control group less its mean over all months before.

    Returns
    -------
    Frame with month, event_time, estimate, placebo_low and placebo_high (all control counties'
    gaps lie between, in per cent of their own level), n_persons; and the study itself. Counties
    without anybody before are no placebos.
    """
    given = plain_sample(panel, parameters, outcome, group)
    before = given.before
    weight = given.size if parameters.weights == "labour_force" else np.ones_like(given.size)
    levels = given.outcome[:, :before].mean(1)
    known = levels > SMALLEST_LEVEL
    points = gap_study(given.outcome, weight, before)
    if known[0] and known.sum() >= LEAST_UNITS:  # whoever has no level is no placebo
        per_cent = 100 * given.outcome[known] / levels[known, None]
        study = gap_study(per_cent, weight[known], before)
    else:
        study = GapStudy(*(value * np.nan for value in vars(points).values()))
    start = parameters.months()[0]
    frame = pd.DataFrame(
        {
            "month": given.months,
            "event_time": given.months - start,
            "estimate": points.estimate * given.scale,
            "band_low": np.quantile(study.placebo[1:], 0.1, axis=0),
            "band_high": np.quantile(study.placebo[1:], 0.9, axis=0),
            "n_persons": given.persons,
            "residual_df": given.outcome.size - sum(given.outcome.shape),
        }
    )
    return frame, study


def event_study(panel: Panel, parameters: Parameters) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Event studies of the stock, and their joint tests of the time before.

    Returns
    -------
    (by month and group; one row per outcome and group with rms_before, p_before, slope_before
    in per cent a year, p_slope, n_units, n_persons, residual_df).
    """
    months, tests = [], []
    for outcome, group in product(OUTCOMES, GROUPS):
        frame, study = events(panel, parameters, outcome, group)
        key = {"outcome": outcome, "group": group}
        months.append(frame.assign(**key))
        tests.append(
            key
            | {
                "rms_before": study.rms_before,
                "p_before": study.p_value_before,
                "slope_before": 12 * study.slope_before,
                "p_slope": study.p_value_slope,
                "n_units": len(study.placebo),
                "n_persons": int(frame["n_persons"].iloc[0]),
                "residual_df": int(frame["residual_df"].iloc[0]),
            }
        )
    return pd.concat(months, ignore_index=True), pd.DataFrame(tests)
