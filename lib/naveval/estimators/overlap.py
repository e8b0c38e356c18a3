"""Overlap and balance: can treated and weighted controls be compared, and on whom does it rest.

Balance compares treated with controls before and after weighting, as standardised mean
differences. Overlap counts propensities near zero and says how concentrated the weights are;
nobody is dropped here.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from naveval.estimators.crossfit import Nuisances
from naveval.estimators.forests import Floats
from naveval.estimators.scores import Scores, control_weights, n_persons
from naveval.project.given import columns, numbers

NEAR_ZERO = (0.001, 0.005, 0.01)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def balance(scores: Scores, arm: int, x: Floats, names: Sequence[str]) -> pd.DataFrame:
    """Means of treated, of controls and of weighted controls, with standardised differences.

    Parameters
    ----------
    x
        (n, p) covariates.

    Returns
    -------
    One row per covariate: treated, control, weighted, spread (the pooled unweighted standard
    deviation of treated and controls), smd_raw, smd_weighted (differences over it; 0 for
    constants).
    """
    x = columns("balance", "x", x, len(scores.arm), len(names))
    treated, control = scores.arm == arm, scores.arm == 0
    weight = control_weights(scores, arm)
    mean_treated, mean_control = x[treated].mean(axis=0), x[control].mean(axis=0)
    weighted = weight @ x / weight.sum()
    spread = np.sqrt((x[treated].var(axis=0) + x[control].var(axis=0)) / 2)
    safe = np.where(spread > 0, spread, np.inf)
    return pd.DataFrame(
        {
            "covariate": list(names),
            "treated": mean_treated,
            "control": mean_control,
            "weighted": weighted,
            "spread": spread,
            "smd_raw": (mean_treated - mean_control) / safe,
            "smd_weighted": (mean_treated - weighted) / safe,
        }
    )


def effective_size(weights: Floats) -> float:
    """Number of equally weighted persons that carry as much information: (Σw)² / Σw²."""
    weights = numbers("effective size", "weights", weights, least=0)
    total = float(np.sum(weights**2))
    return float(np.sum(weights)) ** 2 / total if total > 0 else 0.0


def summary(scores: Scores, nuisances: Nuisances) -> pd.DataFrame:
    """Overlap per arm, before any clipping or trimming.

    Returns
    -------
    One row per arm but the control: n_treated, persons in the arm; propensity quantiles of treated
    and of everyone; rows with propensity below 0.001, 0.005 and 0.01; share of the treated above
    the 99th percentile of the controls; effective number of controls and the largest weight's
    share; rows clipped and trimmed; and `overlap`: "good", "thin" or "poor".

    Overlap for the ATE is called poor when more than a tenth have a propensity below 0.001 or
    the treated count for less than a fifth of their number, thin when more than one in a
    hundred have or they count for less than half.
    """
    rows = []
    for arm in range(1, len(scores.arms)):
        p = nuisances.propensity[:, arm]
        treated, control = scores.arm == arm, scores.arm == 0
        weight = control_weights(scores, arm)
        below = {f"below_{level}": int((p < level).sum()) for level in NEAR_ZERO}
        spread = effective_size(1 / scores.propensity[treated, arm])
        worst = below[f"below_{NEAR_ZERO[0]}"] / len(p)
        ratio = spread / treated.sum()
        rows.append(
            {
                "arm": scores.arms[arm],
                "n_treated": n_persons(scores, treated),
                **{f"all_q{int(100 * q)}": v for q, v in _quantiles(p).items()},
                **{f"treated_q{int(100 * q)}": v for q, v in _quantiles(p[treated]).items()},
                **below,
                "outside": float((p[treated] > np.quantile(p[control], 0.99)).mean()),
                "effective_treated": spread,
                "effective_controls": effective_size(weight),
                "largest_weight": float(weight.max() / weight.sum()),
                "n_clipped": int(scores.clipped[arm]),
                "n_trimmed": int((~scores.kept[:, arm]).sum()),
                "overlap": _grade(worst, ratio),
            }
        )
    return pd.DataFrame(rows)


def _grade(near_zero: float, effective_share: float) -> str:
    if near_zero > 0.1 or effective_share < 0.2:
        return "poor"
    return "thin" if near_zero > 0.01 or effective_share < 0.5 else "good"


def _quantiles(values: Floats) -> dict[float, float]:
    return {q: float(np.quantile(values, q)) for q in QUANTILES}
