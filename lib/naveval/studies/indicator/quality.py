"""Outcomes drawn from the published coefficients, and whether the model gives them back.

The hours of the simulated registers follow a process of their own, so their coefficients only
resemble the printed ones. Here the outcomes are drawn from the printed coefficients themselves
on the same stock: every characteristic as it is, a lasting part per person so that rows of a
person are alike, and noise.

How good the model is: explained variation, calibration, stability of coefficients.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from naveval.estimators import multiplier
from naveval.estimators.categorical import design, ols, probit
from naveval.estimators.categorical import design as categorical
from naveval.estimators.categorical.design import Fit
from naveval.studies.indicator.models import (
    Packed,
    Specification,
    design_for,
    is_share,
    join_months,
)
from naveval.studies.indicator.models import fit as fit_model
from naveval.studies.indicator.panel import Chunk, Panel, with_outcome
from naveval.studies.indicator.published import coefficients, printed_rows
from naveval.studies.indicator.series import (
    Grouping,
    finished,
    group_codes,
    months_mean,
    point_sums,
)

HOURS_SPREAD = 11.0
LASTING = 0.4
REPORT = Specification(version="report")


@dataclass(frozen=True)
class Recovery:
    """Printed against estimated coefficients of one outcome.

    Attributes
    ----------
    frame
        group, category, printed, estimate, std_error, z for every printed row that can be
        estimated.
    beyond
        Share of rows more than three standard errors away.
    wald, df, p_value
        Joint test that all coefficients equal the printed ones.
    """

    outcome: str
    frame: pd.DataFrame
    beyond: float
    wald: float
    df: int
    p_value: float


def drawn(packs: Packed, outcome: str, seed: int, share: float = LASTING) -> Panel:
    """The panel with one outcome replaced by draws from the printed coefficients.

    Parameters
    ----------
    share
        How much of the error's variance lasts for a person, 0 to 1; 0 makes rows independent.
    """
    panel = packs.panel
    design = design_for(panel, REPORT, outcome)
    truth = coefficients(design.names, outcome)
    rng = np.random.default_rng([seed, 11])
    lasting = rng.standard_normal(panel.n_persons).astype(np.float32)
    chunks = []
    for chunk in with_outcome(panel, outcome):
        index = categorical.linear(design, truth, packs.codes(chunk, design, outcome))
        chunks.append(
            replace(chunk, outcomes={outcome: _draw(rng, index, share, lasting, chunk, outcome)})
        )
    return replace(panel, chunks=tuple(chunks))


def _draw(
    rng: np.random.Generator,
    index: NDArray,
    share: float,
    lasting: NDArray,
    chunk: Chunk,
    outcome: str,
) -> NDArray:
    own = rng.standard_normal(len(index))
    error = np.sqrt(share) * lasting[chunk.person] + np.sqrt(1 - share) * own
    if is_share(outcome):
        return (index + error > 0).astype(np.uint8)
    return (index + HOURS_SPREAD * error).astype(np.float32)


def recover(packs: Packed, outcome: str, seed: int, person_groups: int = 1000) -> Recovery:
    """Draw an outcome, estimate the report version, compare with the printed coefficients.

    Parameters
    ----------
    person_groups
        Random groups of persons for clustered standard errors; 0 draws independent rows and
        uses the classical covariance, which small samples can carry.
    """
    panel = drawn(packs, outcome, seed, LASTING if person_groups else 0.0)
    again = packs.sharing(panel)
    found = fit_model(again, REPORT, outcome)
    covariance = found.covariance
    if person_groups:
        covariance = clustered_covariance(again, found, outcome, person_groups, seed)
    rows = printed_rows(found.design.names)
    known = np.array([name not in found.dropped for name in found.design.names])
    usable = (np.abs(rows.matrix[:, ~known]).sum(axis=1) == 0) & rows.matrix.any(axis=1)
    matrix = rows.matrix[usable]
    estimate = matrix @ found.coefficients
    error = np.sqrt(np.einsum("rk,kl,rl->r", matrix, covariance, matrix))
    printed = rows.frame[outcome].to_numpy()[usable]
    frame = rows.frame.loc[usable, ["row_order", "group", "category"]].assign(
        outcome=outcome,
        printed=printed,
        estimate=estimate,
        std_error=error,
        z=(estimate - printed) / error,
    )
    truth = coefficients(found.design.names, outcome)
    gap = (found.coefficients - truth)[known]
    df = int(known.sum())
    inverse = np.linalg.inv(covariance[np.ix_(known, known)])
    wald = float(gap @ inverse @ gap)
    if person_groups:
        hotelling = (person_groups - df) / (df * (person_groups - 1))
        p_value = float(special.fdtrc(df, person_groups - df, wald * hotelling))
    else:
        p_value = float(special.chdtrc(df, wald))
    return Recovery(
        outcome,
        frame.reset_index(drop=True),
        float((np.abs(frame["z"]) > 3).mean()),
        wald,
        df,
        p_value,
    )


def clustered_covariance(
    packs: Packed, found: Fit, outcome: str, person_groups: int, seed: int
) -> NDArray[np.float64]:
    """Covariance of the coefficients, clustered by person (random groups of persons)."""
    scores = np.zeros((person_groups, len(found.design.names)))
    for chunk in with_outcome(packs.panel, outcome):
        codes = packs.codes(chunk, found.design, outcome)
        _, residual = probit.score_residual(found, codes, chunk.outcomes[outcome].astype(float))
        bucket = multiplier.person_groups(chunk.person, person_groups, seed)
        scores += (
            categorical.grouped_moments(found.design, codes, bucket, person_groups, residual)
            @ found.design.expand
        )
    return multiplier.clustered_covariance(scores @ found.bread)


def resampled(
    packs: Packed,
    spec: Specification,
    fit: Fit,
    outcome: str,
    wanted: Sequence[Grouping],
    *,
    draws: int,
    seed: int,
) -> dict[str, NDArray[np.float32]]:
    """The document's bootstrap: rows are drawn with replacement, and the model estimated anew.

    Rows of one person are drawn one by one, as if they were independent.

    Parameters
    ----------
    fit
        The model on the rows as they are, where probit starts.
    draws
        200 in the document; each takes as long as an estimation.

    Returns
    -------
    By grouping, (draws, T, G) values of the indicator; missing where no row was drawn.

    Source: indicator document, appendix C.
    """
    chunks = list(with_outcome(packs.panel, outcome))
    codes, y = join_months(
        [(packs.codes(c, fit.design, outcome), c.outcomes[outcome]) for c in chunks]
    )
    cells = {g.name: _cells(chunks, g, packs.panel) for g in wanted}
    shape = {g.name: (len(chunks), len(g.names)) for g in wanted}
    found = {name: np.zeros((draws, *own), np.float32) for name, own in shape.items()}
    rng = np.random.default_rng([seed, 17])
    for draw in range(draws):
        own = np.sort(rng.integers(0, len(y), len(y)))
        rows = [code[own] for code in codes]
        if is_share(outcome) and not spec.linear:
            again = probit.fit_probit(fit.design, [(rows, y[own])], start=fit.coefficients)
        else:
            again = ols.fit_ols(fit.design, [(rows, y[own])])
        gap = y[own] - probit.expected(again, rows)
        for name, cell in cells.items():
            found[name][draw] = _means(cell[own], gap, shape[name])
    return found


def _cells(chunks: Sequence[Chunk], found: Grouping, panel: Panel) -> NDArray[np.int64]:
    """Month and group of every row as one number, -1 outside the grouping."""
    size = len(found.names)
    places = [group_codes(chunk, found, panel).astype(np.int64) for chunk in chunks]
    return np.concatenate([np.where(g >= 0, t * size + g, -1) for t, g in enumerate(places)])


def _means(cell: NDArray, gap: NDArray, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Mean of the gaps in every month and group; missing where there are no rows."""
    inside, size = cell >= 0, shape[0] * shape[1]
    n = np.bincount(cell[inside], minlength=size)
    total = np.bincount(cell[inside], weights=gap[inside], minlength=size)
    return np.divide(total, n, out=np.full(size, np.nan), where=n > 0).reshape(shape)


DECILES = 10
SAMPLE = 400_000


def calibration(packs: Packed, fit: Fit, outcome: str) -> pd.DataFrame:
    """Actual and expected by tenth of the expected value, whole country and per county.

    Every tenth of every month is a point like those of the curves; a tenth's level is their mean.

    Returns
    -------
    outcome, county ("" for all), decile 1 to 10, n_persons (largest month), actual, expected.
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
    places = ("", *panel.levels["county"])
    sums = np.zeros((7, len(chunks), len(places), DECILES))
    for t, chunk in enumerate(chunks):
        value = probit.expected(fit, packs.codes(chunk, fit.design, outcome))
        cell = (chunk.groups["county"] + 1) * DECILES + np.searchsorted(limits, value)
        y = chunk.outcomes[outcome].astype(float)
        record = None if panel.noise is None else panel.noise.record_keys[chunk.person]
        own = point_sums(cell, len(places) * DECILES, y, y - value, record)
        sums[:, t] = own.reshape(7, len(places), DECILES)
    sums[:, :, 0] = sums[:, :, 1:].sum(axis=2)
    named = tuple(f"{place}:{k}" for place in places for k in range(1, DECILES + 1))
    months = tuple(chunk.month for chunk in chunks)
    curve = finished(
        outcome,
        Grouping("decile", named, ("decile",)),
        months,
        sums.reshape(7, len(months), -1),
        None,
        panel.noise,
    )
    frame = months_mean(curve)
    split = frame["group"].str.split(":", expand=True)
    return frame[["actual", "expected"]].assign(
        outcome=outcome,
        county=split[0],
        decile=split[1].astype(int),
        n_persons=curve.n.max(axis=0),
    )


def explained(packs: Packed, fits: dict[str, Fit]) -> pd.DataFrame:
    """R² of each model: share of variance explained by the expected value, and the model's own.

    Returns
    -------
    outcome, r2 (one minus residual over total sum of squares), pseudo_r2 (McFadden, probit).
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
                "r2": 1 - rss / (yy - y_sum**2 / n),
                "pseudo_r2": fit.r2 if fit.kind == "probit" else np.nan,
            }
        )
    return pd.DataFrame(rows)


def stability(packs: Packed, spec: Specification, fit: Fit, outcome: str) -> pd.DataFrame:
    """Coefficients when each year is left out, against those of all years.

    Returns
    -------
    year, largest (largest change of a coefficient with 1 percent of the rows or more), std_error
    (of that coefficient with all years), column (its name), events and others (`behind` it),
    mean_change (row-weighted mean absolute change).
    """
    years = sorted({chunk.month[:4] for chunk in with_outcome(packs.panel, outcome)})
    share = _shares(packs, fit, outcome)
    events, others = behind(packs, fit.design, outcome)
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
                "largest": change[largest],
                "std_error": fit.std_errors[largest],
                "column": fit.design.names[largest],
                "events": events[largest],
                "others": others[largest],
                "mean_change": float(np.average(np.abs(change[known]), weights=share[known])),
            }
        )
    return pd.DataFrame(rows)


def behind(packs: Packed, of: design.Design, outcome: str) -> NDArray[np.float64]:
    """(2, columns) persons with and without an outcome in the largest month of every column.

    A person is in a month once, so these are the fewest distinct persons there can be.
    """
    most = np.zeros((2, len(of.names)))
    for chunk in with_outcome(packs.panel, outcome):
        codes = packs.codes(chunk, of, outcome)
        has = (chunk.outcomes[outcome] > 0).astype(float)
        for k, own in enumerate((has, 1 - has)):
            most[k] = np.maximum(most[k], design.moments(of, codes, own) @ of.expand)
    return most


def _shares(packs: Packed, fit: Fit, outcome: str) -> np.ndarray:
    total = np.zeros(len(fit.design.names))
    for chunk in with_outcome(packs.panel, outcome):
        total += design.moments(fit.design, packs.codes(chunk, fit.design, outcome)) @ (
            fit.design.expand
        )
    return total / total[0]
