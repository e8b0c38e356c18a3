"""What would be concluded with other methods: naive, regression, matching.

The same sample and outcomes as the main analysis. The naive difference compares means;
regression adds the covariates linearly; matching finds for each treated the controls nearest
in propensity. None of them is recommended here: they show what selection does.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.estimators.crossfit import Nuisances
from naveval.estimators.forests import Floats
from naveval.estimators.scores import Scores
from naveval.project.errors import EstimationError
from naveval.project.normal import Z95

METHODS = ("naive", "regression", "matching")
NEIGHBOURS = 5
Bools = NDArray[np.bool_]


def compare(
    scores: Scores, nuisances: Nuisances, x: Floats, outcomes: Sequence[str]
) -> pd.DataFrame:
    """Estimates of the effect on the treated with each method.

    Parameters
    ----------
    x
        (n, p) covariates.
    outcomes
        Which of the scores' outcomes.

    Returns
    -------
    One row per method, arm and outcome: estimate, std_error, ci_low, ci_high, n_treated.
    """
    columns = [scores.outcomes.index(name) for name in outcomes]
    rows = []
    for arm in range(1, len(scores.arms)):
        treated, control = scores.arm == arm, scores.arm == 0
        y = scores.y[:, columns]
        for method, (estimate, error) in {
            "naive": naive(y[treated], y[control]),
            "regression": regression(y, x, treated, control),
            "matching": matching(y, nuisances.propensity[:, [0, arm]], treated, control),
        }.items():
            rows += [
                {
                    "method": method,
                    "arm": scores.arms[arm],
                    "outcome": name,
                    "estimate": estimate[j],
                    "std_error": error[j],
                    "n_treated": int(treated.sum()),
                }
                for j, name in enumerate(outcomes)
            ]
    table = pd.DataFrame(rows)
    reach = Z95 * table.std_error
    return table.assign(ci_low=table.estimate - reach, ci_high=table.estimate + reach)


def naive(treated: Floats, control: Floats) -> tuple[Floats, Floats]:
    """Difference in means of (n, k) outcomes, with its standard error."""
    error = treated.var(axis=0, ddof=1) / len(treated) + control.var(axis=0, ddof=1) / len(control)
    return treated.mean(axis=0) - control.mean(axis=0), np.sqrt(error)


def regression(y: Floats, x: Floats, treated: Bools, control: Bools) -> tuple[Floats, Floats]:
    """Coefficient of treatment in a linear regression on the covariates, robust error."""
    rows = treated | control
    varying = x[rows][:, x[rows].std(axis=0) > 0]
    design = np.column_stack([treated[rows], np.ones(rows.sum()), varying])
    bread = np.linalg.pinv(design.T @ design)
    coefficients = bread @ (design.T @ y[rows])
    influence = (design @ bread[:, 0])[:, None] * (y[rows] - design @ coefficients)
    return coefficients[0], np.sqrt((influence**2).sum(axis=0))


def matching(
    y: Floats, propensity: Floats, treated: Bools, control: Bools, neighbours: int = NEIGHBOURS
) -> tuple[Floats, Floats]:
    """Mean gap between each treated and the controls nearest in log odds, with replacement.

    The standard error takes the matched means as given and counts how often controls are used
    (Abadie and Imbens 2006, conditional variance).
    """
    if control.sum() < neighbours:
        raise EstimationError(
            f"matching: {int(control.sum())} controls for {neighbours} neighbours"
        )
    odds = np.log(np.maximum(propensity[:, 1], 1e-6) / np.maximum(propensity[:, 0], 1e-6))
    order = np.argsort(odds[control], kind="stable")
    sorted_odds, sorted_y = odds[control][order], y[control][order]
    at = np.searchsorted(sorted_odds, odds[treated])
    span = np.arange(-neighbours, neighbours)
    around = np.clip(at[:, None] + span, 0, len(sorted_odds) - 1)
    distance = np.abs(sorted_odds[around] - odds[treated][:, None])
    distance[:, 1:][around[:, 1:] == around[:, :-1]] = np.inf
    near = np.take_along_axis(around, np.argsort(distance, axis=1)[:, :neighbours], axis=1)
    gap = y[treated] - sorted_y[near].mean(axis=1)
    used = np.bincount(near.ravel(), minlength=len(sorted_odds)) / neighbours
    spread = sorted_y.var(axis=0, ddof=1)
    n = len(gap)
    error = y[treated].var(axis=0, ddof=1) / n + (used**2).sum() * spread / n**2
    return gap.mean(axis=0), np.sqrt(error)
