"""What drove a change in actual hours between two months: people, labour market, indicator.

With least squares the change in mean actual outcome is exactly the sum of three parts: change
in expected value because the persons differ, change in expected value because the labour
market differs, and change in the indicator (Oaxaca 1973 and Blinder 1973 with one set of
coefficients). For shares the expected change is split in the same proportion on the probit's
scale.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.estimators.categorical import design, probit
from naveval.estimators.categorical.design import Fit
from naveval.project.errors import EstimationError
from naveval.studies.indicator.characteristics import MARKET, MARKS
from naveval.studies.indicator.models import Packed, is_share
from naveval.studies.indicator.panel import Chunk, Panel
from naveval.studies.indicator.protection import Noise, Points, protected, with_noise
from naveval.studies.indicator.series import point_sums

PARTS = {
    "age_family": ("age", "children", "married", "woman"),
    "origin": ("origin",),
    "background": ("wage", "pension", "higher_education", "laid_off"),
    "nav": ("history", "duration"),
    "benefits": ("health_benefit", "work_benefit", "disability"),
    "hours": ("hours",),
    "market": MARKET,
}


def decompose(
    packs: Packed, fit: Fit, outcome: str, first: str, last: str, noise: Noise | None = None
) -> pd.DataFrame:
    """Change from one month to another by part, for the country and every county.

    Levels are the points of the curves, and every part of the expected value is a sum over persons
    with noise of its own, so that parts need not add up to the change exactly.

    Returns
    -------
    county ("" for the country), part (the parts of PARTS, then `indicator` and `total`), change,
    n_persons (the smaller of the two months). Missing where nobody is.

    Raises
    ------
    EstimationError
        When a month is not there, or lacks the outcome.
    """
    levels = [
        _levels(packs, _month(packs.panel, month, outcome), fit, outcome, noise)
        for month in (first, last)
    ]
    before, after = levels
    change = {part: after[part] - before[part] for part in PARTS}
    expected = after["expected"] - before["expected"]
    if fit.kind != "ols":
        index = sum(change.values())
        scale = np.divide(expected, index, out=np.zeros_like(index), where=np.abs(index) > 1e-9)
        change = {part: scale * values for part, values in change.items()}
    change["total"] = after["actual"] - before["actual"]
    change["indicator"] = change["total"] - expected
    places = ("", *packs.panel.levels["county"])
    least = np.minimum(before["n"], after["n"])
    frames = [
        pd.DataFrame({"county": places, "part": part, "change": change[part], "n_persons": least})
        for part in (*PARTS, "indicator", "total")
    ]
    return pd.concat(frames, ignore_index=True)


def _levels(
    packs: Packed, chunk: Chunk, fit: Fit, outcome: str, noise: Noise | None
) -> dict[str, NDArray[np.float64]]:
    """Persons, actual, expected and the parts of expected, for the country and every county."""
    counties = len(packs.panel.levels["county"])
    codes = packs.codes(chunk, fit.design, outcome)
    y = chunk.outcomes[outcome].astype(np.float64)
    gap = y - probit.expected(fit, codes)
    record = None if noise is None else noise.record_keys[chunk.person]
    place = chunk.groups["county"] + 1
    sums = point_sums(place, counties + 1, y, gap, record)
    sums[:, 0] = sums[:, 1:].sum(axis=1)
    points = Points(*sums[:, None])
    if noise is not None:
        points = protected(points, noise, outcome, share=is_share(outcome))
    n = np.where(points.n[0] > 0, points.n[0], np.nan)
    found = {"n": points.n[0], "actual": points.total[0] / n}
    found["expected"] = found["actual"] - points.gap[0] / n
    for part, members in PARTS.items():
        own = np.array([name.split("=")[0] in members for name in fit.design.names])
        coefficients = np.where(own, fit.coefficients, 0.0)
        value = design.linear(fit.design, coefficients, codes)
        total = np.bincount(place, weights=value, minlength=counties + 1).astype(np.float64)
        total[0] = total[1:].sum()
        if noise is not None:
            cells = sums[5].astype(np.int64)
            reach = _reach(fit, coefficients)
            total = with_noise(total, cells, noise, reach, f"{outcome} {part}")
        found[part] = total / n
    return found


def _reach(fit: Fit, coefficients: NDArray) -> float:
    """The most that one person's characteristics can differ from the references' in a part."""
    table = pd.Series(coefficients, index=[name.split("=")[0] for name in fit.design.names])
    ends = table.groupby(level=0).agg(["min", "max"])
    return float(np.maximum(ends["max"], 0).sum() - np.minimum(ends["min"], 0).sum())


def _month(panel: Panel, month: str, outcome: str) -> Chunk:
    for chunk in panel.chunks:
        if chunk.month == month and outcome in chunk.outcomes:
            return chunk
    raise EstimationError(f"decomposition: {outcome} is not observed for {month}")


assert set(MARKS) <= {name for members in PARTS.values() for name in members}
