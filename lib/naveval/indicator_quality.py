"""How good the model is: explained variation, calibration, stability of coefficients."""

from dataclasses import replace

import numpy as np
import pandas as pd

from naveval import categorical, probit
from naveval.categorical import Fit
from naveval.indicator_models import Packed, Specification, is_share
from naveval.indicator_models import (
    fit as fit_model,
)
from naveval.indicator_panel import with_outcome

DECILES = 10
SAMPLE = 400_000


def calibration(packs: Packed, fit: Fit, outcome: str) -> pd.DataFrame:
    """Actual and expected by tenth of the expected value, whole country and per county.

    Returns
    -------
    county ("" for all), decile 1 to 10, n, actual, expected.
    """
    panel = packs.panel
    every = max(1, len(panel) // SAMPLE)
    chunks = list(with_outcome(panel, outcome))
    sample = np.concatenate(
        [
            probit.expected(
                fit, [code[::every] for code in packs.codes(chunk, fit.design, outcome)]
            )
            for chunk in chunks
        ]
    )
    limits = np.quantile(sample, np.arange(1, DECILES) / DECILES)
    names = panel.levels["county"]
    total = np.zeros((3, len(names) * DECILES))
    for chunk in chunks:
        value = probit.expected(fit, packs.codes(chunk, fit.design, outcome))
        cell = chunk.groups["county"].astype(int) * DECILES + np.searchsorted(limits, value)
        y = chunk.outcomes[outcome].astype(float)
        for k, weights in enumerate((None, y, value)):
            total[k] += np.bincount(cell, weights=weights, minlength=total.shape[1])
    cube = total.reshape(3, len(names), DECILES)
    blocks = []
    for label, sums in [
        ("", cube.sum(axis=1)),
        *((name, cube[:, k]) for k, name in enumerate(names)),
    ]:
        n = np.where(sums[0] > 0, sums[0], np.nan)
        blocks.append(
            pd.DataFrame(
                {
                    "county": label,
                    "decile": np.arange(1, DECILES + 1),
                    "n": sums[0],
                    "actual": sums[1] / n,
                    "expected": sums[2] / n,
                }
            )
        )
    return pd.concat(blocks, ignore_index=True).assign(outcome=outcome)


def explained(packs: Packed, fits: dict[str, Fit]) -> pd.DataFrame:
    """R² of each model: share of variance explained by the expected value, and the model's own.

    Returns
    -------
    outcome, n, r2 (one minus residual over total sum of squares), pseudo_r2 (McFadden, probit).
    """
    rows = []
    for outcome, fit in fits.items():
        y_sum, yy, rss, n = 0.0, 0.0, 0.0, 0
        for chunk in with_outcome(packs.panel, outcome):
            y = chunk.outcomes[outcome].astype(float)
            gap = y - probit.expected(fit, packs.codes(chunk, fit.design, outcome))
            y_sum, yy = y_sum + float(y.sum()), yy + float(y @ y)
            rss, n = rss + float(gap @ gap), n + len(y)
        rows.append(
            {
                "outcome": outcome,
                "n": n,
                "r2": 1 - rss / (yy - y_sum**2 / n),
                "pseudo_r2": fit.r2 if fit.kind == "probit" else np.nan,
            }
        )
    return pd.DataFrame(rows)


def stability(packs: Packed, spec: Specification, fit: Fit, outcome: str) -> pd.DataFrame:
    """Coefficients when each year is left out, against those of all years.

    Returns
    -------
    year, n, largest (largest change of a coefficient with 1 percent of the rows or more),
    column (its name), mean_change (row-weighted mean absolute change).
    """
    years = sorted({chunk.month[:4] for chunk in with_outcome(packs.panel, outcome)})
    share = _shares(packs, fit, outcome)
    rows = []
    for year in years:
        other = replace(spec, leave_out=(f"{year}-01", f"{year}-12"))
        left = fit_model(
            packs, other, outcome, start=fit.coefficients if is_share(outcome) else None
        )
        change = left.coefficients - fit.coefficients
        known = np.array([name not in left.dropped for name in fit.design.names])
        common = (share >= 0.01) & known
        largest = int(np.argmax(np.where(common, np.abs(change), -1)))
        rows.append(
            {
                "year": year,
                "outcome": outcome,
                "n": left.n,
                "largest": change[largest],
                "column": fit.design.names[largest],
                "mean_change": float(np.average(np.abs(change[known]), weights=share[known])),
            }
        )
    return pd.DataFrame(rows)


def _shares(packs: Packed, fit: Fit, outcome: str) -> np.ndarray:
    total = np.zeros(len(fit.design.names))
    for chunk in with_outcome(packs.panel, outcome):
        total += categorical.moments(fit.design, packs.codes(chunk, fit.design, outcome)) @ (
            fit.design.expand
        )
    return total / total[0]
