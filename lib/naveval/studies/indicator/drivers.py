"""What drove a change in actual hours between two months: people, labour market, indicator.

With least squares the change in mean actual outcome is exactly the sum of three parts: change
in expected value because the persons differ, change in expected value because the labour
market differs, and change in the indicator (Oaxaca 1973 and Blinder 1973 with one set of
coefficients). For shares the expected change is split in the same proportion on the probit's
scale.
"""

import numpy as np
import pandas as pd

from naveval.estimators.categorical import design
from naveval.estimators.categorical.design import Fit
from naveval.project.errors import EstimationError
from naveval.studies.indicator.characteristics import MARKET, MARKS
from naveval.studies.indicator.models import Packed
from naveval.studies.indicator.panel import Chunk, Panel

PARTS = {
    "age_family": ("age", "children", "married", "woman"),
    "origin": ("origin",),
    "background": ("wage", "pension", "higher_education", "laid_off"),
    "nav": ("history", "duration"),
    "benefits": ("health_benefit", "work_benefit", "disability"),
    "hours": ("hours",),
    "market": MARKET,
}


def part_of(variable: str) -> str:
    """The part a variable belongs to."""
    return next(part for part, members in PARTS.items() if variable in members)


def decompose(
    packs: Packed, fit: Fit, outcome: str, first: str, last: str, county: int | None = None
) -> pd.DataFrame:
    """Change from one month to another, by part.

    Returns
    -------
    One row per part (the parts of PARTS, then `indicator` and `total`): part, change.

    Raises
    ------
    EstimationError
        When a month is not there, lacks the outcome, or has no rows.
    """
    a, b = (_month(packs.panel, month, outcome) for month in (first, last))
    levels = []
    for chunk in (a, b):
        own = np.ones(len(chunk), dtype=bool)
        if county is not None:
            own = chunk.groups["county"] == county
        if not own.any():
            raise EstimationError(f"decomposition: no rows in {chunk.month}")
        codes = [code[own] for code in packs.codes(chunk, fit.design, outcome)]
        mean_x = design.moments(fit.design, codes) @ fit.design.expand / own.sum()
        levels.append((float(chunk.outcomes[outcome][own].mean()), mean_x, codes))
    (y_a, x_a, codes_a), (y_b, x_b, codes_b) = levels
    shift = (x_b - x_a) * fit.coefficients
    parts = dict.fromkeys(PARTS, 0.0)
    for name, value in zip(fit.design.names, shift, strict=True):
        if name != "constant":
            parts[part_of(name.split("=")[0])] += float(value)
    expected_change = _expected_mean(fit, codes_b) - _expected_mean(fit, codes_a)
    index_change = float(sum(parts.values()))
    if fit.kind != "ols":
        scale = expected_change / index_change if abs(index_change) > 1e-9 else 0.0
        parts = {name: value * scale for name, value in parts.items()}
    total = y_b - y_a
    rows = [{"part": name, "change": value} for name, value in parts.items()]
    rows.append({"part": "indicator", "change": total - expected_change})
    rows.append({"part": "total", "change": total})
    return pd.DataFrame(rows).assign(outcome=outcome, first=first, last=last)


def _expected_mean(fit: Fit, codes: design.Codes) -> float:
    from naveval.estimators.categorical.probit import expected

    return float(expected(fit, codes).mean())


def _month(panel: Panel, month: str, outcome: str) -> Chunk:
    for chunk in panel.chunks:
        if chunk.month == month and outcome in chunk.outcomes:
            return chunk
    raise EstimationError(f"decomposition: {outcome} is not observed for {month}")


assert set(MARKS) <= {name for members in PARTS.values() for name in members}
