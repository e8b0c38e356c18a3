"""Models and curves from what months contribute, without reading all rows anew.

Each month leaves what estimation and curves need: for least squares the cross-products (exact),
for probit the score and Hessian at common coefficients (one Newton step away from the exact
solution), and per county and office the sums of outcomes and characteristics. An update reads
only new months, months whose twelve-month outcome has become complete, and months whose
registers were revised.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from naveval.estimators.categorical import design as categorical
from naveval.estimators.categorical import ols, probit
from naveval.estimators.categorical.design import Codes, Design, Fit
from naveval.estimators.categorical.ols import OlsStatistics
from naveval.project.errors import EstimationError
from naveval.studies.indicator.characteristics import OUTCOMES
from naveval.studies.indicator.models import Packed, Specification, design_for, is_share
from naveval.studies.indicator.panel import Chunk
from naveval.studies.indicator.series import Curves, Grouping, group_codes
from naveval.studies.indicator.update import store
from naveval.studies.indicator.update.store import Key, MonthStatistics


@dataclass(frozen=True)
class Updated:
    """One outcome's model and curves for a window.

    Attributes
    ----------
    read
        Months that were read from the panel.
    drift
        How far probit moved from where it was expanded, see `drift`; 0 for least squares.
    """

    fit: Fit
    curves: dict[str, Curves]
    read: list[str]
    drift: float


def expansion(design: Design, point: NDArray, perfect: dict[str, int]) -> Fit:
    """Where probit is expanded, as a fit without covariance."""
    none = np.empty((0, 0))
    return Fit("probit", design, point, none, none, 0, 1.0, np.nan, {}, perfect)


def month_statistics(
    packs: Packed,
    chunk: Chunk,
    design: Design,
    outcome: str,
    groupings: Sequence[Grouping],
    start: Fit | None,
) -> MonthStatistics:
    """Statistics of one month; `start` is where probit is expanded, None for least squares."""
    codes = packs.codes(chunk, design, outcome)
    y = chunk.outcomes[outcome].astype(np.float64)
    inside = np.ones(len(y), dtype=bool)
    if start is None:
        own = ols.ols_statistics(design, codes, y)
        gram, moments = own.gram, own.moments
        value, slope = np.zeros(len(y)), None
    else:
        gap, residual = probit.score_residual(start, codes, y)
        index = categorical.linear(design, start.coefficients, codes)
        gram = categorical.gram(design, codes, residual * (residual + index))
        moments = design.expand.T @ categorical.moments(design, codes, residual)
        value, slope = y - gap, probit.slope(start, codes)
        inside = ~probit.in_perfect(start, codes)
    kept = [code[inside] for code in codes]
    columns = np.stack(
        [
            categorical.moments(design, kept) @ design.expand,
            categorical.moments(design, kept, y[inside]) @ design.expand,
        ]
    )
    return MonthStatistics(
        chunk.month,
        gram,
        moments,
        float(y.sum()),
        float(y @ y),
        len(y),
        columns,
        int((value != y)[~inside].sum()),
        np.empty(0) if start is None else start.coefficients,
        {} if start is None else start.perfect,
        {g.name: _group_sums(packs, chunk, design, codes, g, y, value, slope) for g in groupings},
    )


def _group_sums(
    packs: Packed,
    chunk: Chunk,
    design: Design,
    codes: Codes,
    grouping: Grouping,
    y: NDArray,
    value: NDArray,
    slope: NDArray | None,
) -> NDArray[np.float64]:
    """(G, 4 + K), see `MonthStatistics.groups`."""
    code = group_codes(chunk, grouping, packs.panel)
    inside = code >= 0
    size = len(grouping.names)
    g = code[inside]
    part = [c[inside] for c in codes]
    weighted = [
        np.bincount(g, weights=values[inside], minlength=size) for values in (y, y**2, value)
    ]
    sums = np.column_stack([np.bincount(g, minlength=size), *weighted])
    weights = None if slope is None else slope[inside]
    moved = categorical.grouped_moments(design, part, g, size, weights) @ design.expand
    return np.hstack([sums, moved])


def combine(design: Design, months: Sequence[MonthStatistics], outcome: str) -> Fit:
    """The model from months' statistics: exact for least squares, one Newton step for probit.

    Raises
    ------
    EstimationError
        When probit months were expanded at different coefficients.
    """
    gram = np.sum([month.gram for month in months], axis=0)
    moments = np.sum([month.moments for month in months], axis=0)
    n = sum(month.n for month in months)
    if not is_share(outcome):
        return ols.solve_ols(
            design,
            OlsStatistics(gram, moments, sum(m.y for m in months), sum(m.yy for m in months), n),
        )
    point, perfect = months[0].point, months[0].perfect
    if any(not np.array_equal(m.point, point) or m.perfect != perfect for m in months):
        raise EstimationError(f"{outcome}: stored months were taken at different coefficients")
    keep, dropped = categorical.independent(gram, design.names)
    dropped |= {name: f"all rows have outcome {value}" for name, value in perfect.items()}
    bread = categorical.inverse(gram, keep)
    coefficients = np.where(keep, point + bread @ moments, 0.0)
    return Fit("probit", design, coefficients, bread, bread, n, 1.0, np.nan, dropped, perfect, 1)


def month_curves(
    fit: Fit, months: Sequence[MonthStatistics], outcome: str, grouping: Grouping
) -> Curves:
    """Curves from months' statistics, without reading rows."""
    size = len(grouping.names)
    tables = [month.groups[grouping.name] for month in months]
    blocks = np.stack([np.pad(table, ((0, size - len(table)), (0, 0))) for table in tables])
    n = blocks[:, :, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        actual = blocks[:, :, 1] / n
        if fit.kind == "ols":
            expected = blocks[:, :, 4:] @ fit.coefficients / n
        else:
            step = fit.coefficients - months[0].point
            expected = (blocks[:, :, 3] + blocks[:, :, 4:] @ step) / n
        square = blocks[:, :, 2] / n
        spread = np.sqrt(np.maximum(square - actual**2, 0) * n / np.maximum(n - 1, 1))
    named = tuple(month.month for month in months)
    return Curves(outcome, grouping, named, n, actual, expected, spread)


def update(
    packs: Packed,
    spec: Specification,
    folder: Path,
    staging: Path,
    observed: Collection[Key],
    groupings: Sequence[Grouping],
    reuse: Collection[Key],
    starts: dict[str, Fit] | None = None,
    outcomes: Sequence[str] = OUTCOMES,
) -> dict[str, Updated]:
    """Models and curves for a window of months, from the store and the months in the panel.

    Parameters
    ----------
    packs
        A panel with (at least) the months that are not to be reused.
    folder, staging
        The store, which is only read, and where new statistics are written.
    observed
        Outcomes and months of the window that are fully observed; the oldest months of the
        former window are simply not in it.
    reuse
        Those of them whose statistics are taken from the store.
    starts
        Where to expand probit, by outcome, when nothing is reused; else as stored.

    Raises
    ------
    EstimationError
        When a month is neither reused nor in the panel.
    """
    present = {chunk.month: chunk for chunk in packs.panel.chunks}
    result = {}
    for outcome in outcomes:
        design = design_for(packs.panel, spec, outcome)
        months = sorted(month for name, month in observed if name == outcome)
        found = {
            month: store.read(folder, outcome, month)
            for month in months
            if (outcome, month) in reuse
        }
        fresh = []
        start = (starts or {}).get(outcome)
        if is_share(outcome) and found:
            known = next(iter(found.values()))
            start = expansion(design, known.point, known.perfect)
        elif is_share(outcome) and start is None:
            raise EstimationError(f"{outcome}: no stored month and no coefficients to start")
        for month in months:
            if month in found:
                continue
            chunk = present.get(month)
            if chunk is None:
                raise EstimationError(f"{outcome}: month {month} is neither stored nor read")
            found[month] = month_statistics(packs, chunk, design, outcome, groupings, start)
            store.save(staging, outcome, found[month])
            fresh.append(month)
        ordered = [found[month] for month in months]
        fit = combine(design, ordered, outcome)
        curves = {g.name: month_curves(fit, ordered, outcome, g) for g in groupings}
        result[outcome] = Updated(fit, curves, fresh, drift(fit, ordered))
    return result


def drift(fit: Fit, months: Sequence[MonthStatistics]) -> float:
    """How far probit moved from where it was expanded: root mean square of the change of the
    index, weighted by information per row. Infinite when categories whose rows all have the
    same outcome are no longer the ones left out where it was expanded.
    """
    if fit.kind == "ols":
        return 0.0
    rows, ones = np.sum([month.columns for month in months], axis=0)
    if ((rows > 0) & ((ones == 0) | (ones == rows))).any() or sum(m.wrong for m in months):
        return float("inf")
    change = fit.coefficients - months[0].point
    information = np.sum([month.gram for month in months], axis=0)
    return float(np.sqrt(change @ information @ change / fit.n))
