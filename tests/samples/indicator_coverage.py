"""Do the 95 percent intervals cover? Repeated draws of outcomes on one simulated stock.

Characteristics, places and persons stay as they are; outcomes are drawn anew from the printed
coefficients plus effects of county and office and an error that lasts for a person. The true
indicator of a county or office is then what the estimator gives on average.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from naveval.estimators import multiplier
from naveval.estimators.categorical import design as categorical
from naveval.estimators.categorical import ols, probit
from naveval.estimators.categorical.design import Fit
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.frames import critical
from naveval.studies.indicator.models import Packed, Specification, design_for, is_share, parts
from naveval.studies.indicator.panel import Chunk, Panel
from naveval.studies.indicator.published import coefficients
from naveval.studies.indicator.quality import HOURS_SPREAD
from naveval.studies.indicator.series import Curves, curves, grouping, half_width

REPORT = Specification(version="report")
UNITS = ("county", "office")
LASTING = 0.5
COUNTY_SPREAD, OFFICE_SPREAD = 0.06, 0.06
LEAST_PERSONS = 20
LAST_MONTHS = 12
Z = 1.959964


def panel_for(data: Path, first_month: str, last_month: str) -> Panel:
    """The panel coverage is measured on: some months are enough."""
    return panels.build(data, first_month=first_month, last_month=last_month)


def coverage(
    panel: Panel, outcome: str, n_draws: int, seed: int, person_groups: int = 1000
) -> pd.DataFrame:
    """Share of intervals that cover, for one month and for the mean of twelve months.

    Returns
    -------
    unit, quantity ("month" is the last one, "year" the mean of the last twelve), units, draws,
    clustered, published (shares that cover), error (Monte Carlo standard error of `clustered`,
    units of one draw counted as one), ratio (mean clustered over published half width).
    """
    with threadpool_limits(1, user_api="blas"):
        return _coverage(panel, outcome, n_draws, seed, person_groups)


def _coverage(
    panel: Panel, outcome: str, n_draws: int, seed: int, person_groups: int
) -> pd.DataFrame:
    packs = Packed(panel)
    design = design_for(panel, REPORT, outcome)
    chunks = [chunk for chunk in panel.chunks if outcome in chunk.outcomes]
    index = _mean_index(packs, chunks, design, outcome, seed)
    found: dict[str, list[tuple[NDArray, NDArray, NDArray]]] = {unit: [] for unit in UNITS}
    start: NDArray | None = None
    gram: NDArray | None = None
    for draw in range(n_draws):
        drawn = _draw(panel, chunks, index, outcome, np.random.default_rng([seed, draw]))
        own = packs.sharing(drawn)
        fit, gram = _fit(own, outcome, start, gram)
        start = fit.coefficients
        wanted = [grouping(drawn, unit) for unit in UNITS]
        result = curves(own, REPORT, outcome, fit, wanted, person_groups=person_groups, seed=seed)
        for unit in UNITS:
            found[unit].append(_quantities(result[unit]))
    persons = {unit: _persons(panel, unit) for unit in UNITS}
    return pd.concat(
        [_table(unit, found[unit], persons[unit], outcome) for unit in UNITS], ignore_index=True
    )


def _mean_index(
    packs: Packed, chunks: list[Chunk], design: categorical.Design, outcome: str, seed: int
) -> list[NDArray[np.float32]]:
    """Linear index of every row: printed coefficients, county and office."""
    rng = np.random.default_rng([seed, 99])
    size = 1.0 if is_share(outcome) else HOURS_SPREAD
    county = rng.normal(0, COUNTY_SPREAD * size, len(packs.panel.levels["county"]))
    office = rng.normal(0, OFFICE_SPREAD * size, len(packs.panel.levels["office"]))
    truth = coefficients(design.names, outcome)
    return [
        (
            categorical.linear(design, truth, packs.codes(chunk, design, outcome))
            + county[chunk.groups["county"]]
            + office[chunk.groups["office"]]
        ).astype(np.float32)
        for chunk in chunks
    ]


def _draw(
    panel: Panel,
    chunks: list[Chunk],
    index: list[NDArray],
    outcome: str,
    rng: np.random.Generator,
) -> Panel:
    lasting = np.sqrt(LASTING) * rng.standard_normal(panel.n_persons)
    made = []
    for chunk, mean in zip(chunks, index, strict=True):
        own = np.sqrt(1 - LASTING) * rng.standard_normal(len(chunk))
        error = lasting[chunk.person] + own
        y = (
            (mean + error > 0).astype(np.uint8)
            if is_share(outcome)
            else (mean + HOURS_SPREAD * error).astype(np.float32)
        )
        made.append(replace(chunk, outcomes={outcome: y}))
    return replace(panel, chunks=tuple(made))


def _fit(
    packs: Packed, outcome: str, start: NDArray | None, gram: NDArray | None
) -> tuple[Fit, NDArray | None]:
    """The model; least squares reuses the cross-product, which the draws do not change."""
    design = design_for(packs.panel, REPORT, outcome)
    rows = parts(packs, REPORT, outcome)
    if is_share(outcome):
        return probit.fit_probit(design, rows, start=start), None
    if gram is None:
        gram = np.sum([categorical.gram(design, codes) for codes, _ in rows], axis=0)
    values = [y.astype(np.float64) for _, y in rows]
    moments = np.sum(
        [
            design.expand.T @ categorical.moments(design, codes, y)
            for (codes, _), y in zip(rows, values, strict=True)
        ],
        axis=0,
    )
    statistics = ols.OlsStatistics(
        gram,
        moments,
        float(sum(y.sum() for y in values)),
        float(sum(y @ y for y in values)),
        sum(map(len, values)),
    )
    return ols.solve_ols(design, statistics), gram


def _quantities(found: Curves) -> tuple[NDArray, NDArray, NDArray]:
    """Estimate, clustered and published standard error; (2, G): last month, last twelve."""
    assert found.influence is not None
    last = np.arange(len(found.months))[-LAST_MONTHS:]
    n = found.n[last]
    share = n / np.maximum(n.sum(axis=0), 1)
    year = (share * np.nan_to_num(found.indicator[last])).sum(axis=0)
    table = np.einsum("ctg,tg->cg", found.influence[:, last].astype(float), share)
    month_error = multiplier.clustered_errors(found.influence[:, -1].astype(float))
    half = half_width(found)
    published_year = np.sqrt(((share * np.nan_to_num(half[last])) ** 2).sum(axis=0))
    estimate = np.stack([np.nan_to_num(found.indicator[-1]), year])
    clustered = np.stack([month_error, multiplier.clustered_errors(table)])
    published = np.stack([np.nan_to_num(half[-1]), published_year]) / 1.96
    return estimate, clustered, published


def _persons(panel: Panel, unit: str) -> NDArray[np.int64]:
    """Persons of each unit in its smallest month of the last twelve."""
    size = len(panel.levels[unit])
    counts = [
        np.bincount(chunk.groups[unit], minlength=size) for chunk in panel.chunks[-LAST_MONTHS:]
    ]
    return np.min(counts, axis=0)


def _table(
    unit: str, found: list[tuple[NDArray, NDArray, NDArray]], persons: NDArray, outcome: str
) -> pd.DataFrame:
    estimate, clustered, published = (np.stack([draw[k] for draw in found]) for k in range(3))
    truth = estimate.mean(axis=0)
    enough = persons >= LEAST_PERSONS
    quantile = critical(persons[enough])
    rows = []
    for q, quantity in enumerate(("month", "year")):
        gap = np.abs(estimate[:, q] - truth[q])[:, enough]
        hit = gap <= quantile * clustered[:, q][:, enough]
        old = gap <= Z * published[:, q][:, enough]
        by_draw = hit.mean(axis=1)
        rows.append(
            {
                "outcome": outcome,
                "unit": unit,
                "quantity": quantity,
                "units": int(enough.sum()),
                "draws": len(found),
                "clustered": float(hit.mean()),
                "published": float(old.mean()),
                "error": float(by_draw.std(ddof=1) / np.sqrt(len(found))),
                "ratio": float(
                    np.mean(clustered[:, q][:, enough]) / np.mean(published[:, q][:, enough])
                ),
                "spread_ratio": float(
                    np.mean(clustered[:, q][:, enough])
                    / np.mean(estimate[:, q][:, enough].std(axis=0, ddof=1))
                ),
            }
        )
    return pd.DataFrame(rows)
