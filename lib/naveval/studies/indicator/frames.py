"""Tidy frames of the indicator's curves: levels, seasonal adjustment, intervals, relative
versions, four-month periods. One row per outcome, grouping, group and month.

How uncertain the curves are: the published formula, clustering by person, the bootstrap.

Alternatives of the document's appendix B, each beside the main model.

Curves come back in one frame with a column `specification`; the main model's are there too
where a figure compares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.estimators import multiplier, seasonal
from naveval.estimators.categorical.design import Fit
from naveval.project import student
from naveval.project.errors import EstimationError
from naveval.project.months import month_number, month_text
from naveval.project.normal import Z95
from naveval.studies.indicator.characteristics import COHORTS
from naveval.studies.indicator.models import (
    MAIN_GROUPS,
    Packed,
    Specification,
    alternative,
    design_for,
    fit,
    is_share,
)
from naveval.studies.indicator.panel import Panel
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.series import Curves, curves, grouping, half_width

Windows = Sequence[tuple[str, str]]
KEYS = ("outcome", "grouping", "group")


def critical(persons: NDArray | pd.Series) -> NDArray[np.float64]:
    """95 percent quantile of Student's t with persons − 1 degrees of freedom.

    A small group's standard error is itself uncertain; with many persons this is 1.96.
    """
    return np.asarray(student.reach(0.95, np.maximum(np.asarray(persons, float) - 1, 1)))


def windows_of(outcome: str, base3: Windows, base12: Windows) -> Windows:
    """Base windows of an outcome: those of twelve months for longer horizons too."""
    return base3 if outcome.endswith("3") else base12


def curve_frame(found: Curves, windows: Windows) -> pd.DataFrame:
    """All points of the curves of one grouping.

    Columns: outcome, grouping, group, month, n_persons, n_with (in work), actual, expected,
    indicator, the same with `_sa` (seasonally adjusted; missing when the base months do not allow
    it), half_published, std_error and std_error_sa (clustered and with the noise, missing without
    influence), and the columns of `_years`. Points of too few persons have no numbers but the
    first two.
    """
    t, g = found.n.shape
    few = (found.n > 0) & ~found.observed
    assert found.n_with is not None
    frame = pd.DataFrame(
        {
            "outcome": found.outcome,
            "grouping": found.grouping.name,
            "group": np.tile(found.grouping.names, t),
            "month": np.repeat(found.months, g),
            "n_persons": found.n.ravel(),
            "n_with": found.n_with.ravel(),
            "actual": found.actual.ravel(),
            "expected": found.expected.ravel(),
            "indicator": found.indicator.ravel(),
            "half_published": half_width(found).ravel(),
        }
    )
    frame.loc[few.ravel(), frame.columns[6:]] = np.nan
    adjusted = {name: np.full((t, g), np.nan) for name in ("actual", "expected", "indicator")}
    error, error_sa = np.full((t, g), np.nan), np.full((t, g), np.nan)
    noise = np.broadcast_to(found.noise, (t, g))
    for k in range(g):
        observed = found.observed[:, k]
        matrix = _matrix(found.months, windows, observed)
        for name, result in adjusted.items():
            if matrix is not None:
                values = np.where(observed, getattr(found, name)[:, k], 0.0)
                result[:, k] = np.where(observed, matrix @ values, np.nan)
        if found.influence is not None:
            table = found.influence[:, :, k].astype(np.float64)
            own = np.hypot(multiplier.clustered_errors(table), np.sqrt(noise[:, k]))
            error[:, k] = np.where(observed, own, np.nan)
            if matrix is not None:
                moved = np.hypot(
                    multiplier.clustered_errors(table @ matrix.T),
                    np.sqrt(matrix**2 @ np.where(observed, noise[:, k], 0.0)),
                )
                error_sa[:, k] = np.where(observed, moved, np.nan)
    for name, result in adjusted.items():
        frame[f"{name}_sa"] = result.ravel()
    return frame.assign(std_error=error.ravel(), std_error_sa=error_sa.ravel(), **_years(found))


def _years(found: Curves) -> dict[str, NDArray[np.float64]]:
    """Means of the twelve months up to each, every row counting once, as levels are.

    Missing where one of the months is; a whole year needs no adjustment for season.

    Returns
    -------
    actual_year, expected_year, indicator_year; std_error_year of the indicator as in `curve_frame`;
    std_error_actual, which is never too low: the months' own errors, added as if a person's months
    were all alike.
    """
    t, g = found.n.shape
    window = np.tri(t) - np.tri(t, k=-LAST_MONTHS)
    whole = window @ found.observed.astype(float) == LAST_MONTHS
    noise = np.where(found.observed, np.broadcast_to(found.noise, (t, g)), 0.0)
    alone = np.hypot(np.nan_to_num(half_width(found)) / Z95, np.sqrt(noise))
    names = ("actual_year", "expected_year", "std_error_year", "std_error_actual")
    made = {name: np.full((t, g), np.nan) for name in names}
    for k in np.flatnonzero(whole.any(axis=0)):
        at = whole[:, k]
        weight = window[at] * found.n[:, k]
        weight /= weight.sum(axis=1, keepdims=True)
        for name in ("actual", "expected"):
            values = np.where(found.observed[:, k], getattr(found, name)[:, k], 0.0)
            made[f"{name}_year"][at, k] = weight @ values
        made["std_error_actual"][at, k] = weight @ alone[:, k]
        if found.influence is not None:
            table = found.influence[:, :, k].astype(np.float64) @ weight.T
            made["std_error_year"][at, k] = np.hypot(
                multiplier.clustered_errors(table), np.sqrt(weight**2 @ noise[:, k])
            )
    made["indicator_year"] = made["actual_year"] - made["expected_year"]
    return {name: values.ravel() for name, values in made.items()}


def _matrix(months: Sequence[str], windows: Windows, observed: NDArray) -> NDArray | None:
    try:
        return seasonal.adjustment(months, windows, observed)
    except EstimationError:
        return None


def require_adjusted(frame: pd.DataFrame, months: Sequence[str], windows: Windows) -> None:
    """Refuse when the whole country's curve cannot be adjusted.

    Raises
    ------
    EstimationError
        Says how many months there are and how many are needed.
    """
    own = frame[frame["grouping"] == "nav"]
    for outcome, rows in own.groupby("outcome"):
        if rows["indicator_sa"].isna().all():
            observed = np.isin(list(months), rows["month"])
            try:
                seasonal.adjustment(list(months), windows, observed)
            except EstimationError as error:
                raise EstimationError(f"{outcome}: {error}") from None


def relative(frame: pd.DataFrame, month: str = "") -> pd.DataFrame:
    """Add `relative`: the adjusted indicator divided by the group's mean actual level.

    Parameters
    ----------
    month
        Divide by the actual level of this month instead of the mean of all months.

    Raises
    ------
    EstimationError
        When a group's level is too near zero for a ratio to mean anything, or the month is
        not there.
    """
    table = frame.copy()
    if month:
        chosen = table[table["month"] == month].set_index(list(KEYS))["actual"]
        if chosen.empty:
            raise EstimationError(f"relative version: month {month} is not in the data")
        level = table.set_index(list(KEYS)).index.map(chosen).to_numpy(dtype=float)
    else:
        seen = table["n_persons"].where(table["actual"].notna(), 0)
        keys = [table[k] for k in KEYS]
        total = seen.groupby(keys).transform("sum").to_numpy()
        weighted = (table["actual"] * seen).groupby(keys).transform("sum").to_numpy()
        level = weighted / np.where(total > 0, total, np.nan)
    least = np.where(table["outcome"].map(is_share), 0.01, 0.25)
    small = level < least
    if small.any():
        named = table.loc[small, "group"].iloc[0]
        raise EstimationError(
            f"relative version: the actual level of {named} is too near zero to divide by"
        )
    return table.assign(level=level, relative=table["indicator_sa"].to_numpy() / level)


def tertials(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean of four months of the adjusted indicator, and relative to the level."""
    return seasonal.by_tertial(
        relative(frame), ["indicator_sa", "actual_sa", "expected_sa", "relative"], list(KEYS)
    )


UNITS = ("nav", "county", "office", "innsatsgruppe")
MOST_GROUPS = 40
LAST_MONTHS = 12


def interval_table(
    found: Mapping[str, Curves],
    n_draws: int,
    seed: int,
    drawn: Mapping[str, NDArray] | None = None,
) -> pd.DataFrame:
    """Half widths of 95 percent intervals, averaged over months and groups.

    For a single month, the mean of the last twelve months, and the change over twelve months;
    by the published formula (which treats months as independent), clustered by person with
    uncertain coefficients, by the multiplier bootstrap, and by the document's bootstrap of rows.

    Parameters
    ----------
    drawn
        By grouping, the indicators that drawn rows gave (`quality.resampled`).

    Returns
    -------
    outcome, grouping, quantity ("month", "year", "change"), published, clustered, bootstrap, rows
    (half widths; `rows` missing where none were drawn), ratio (clustered over published),
    rows_ratio (rows over clustered).
    """
    rows = []
    for name in intervals_of(found):
        curve = found[name]
        if len(curve.months) < 2 * LAST_MONTHS:
            raise EstimationError("uncertainty: fewer than 24 months")
        usable = np.flatnonzero((curve.n > 0).all(axis=0))
        rng = np.random.default_rng(seed)
        shown = (
            usable
            if len(usable) <= MOST_GROUPS
            else np.sort(rng.choice(usable, MOST_GROUPS, replace=False))
        )
        own = None if drawn is None else drawn[name][:, :, shown].astype(np.float64)
        rows += _rows(curve, shown, n_draws, seed, own)
    return pd.DataFrame(rows)


def intervals_of(found: Mapping[str, Curves]) -> list[str]:
    """The groupings whose intervals are compared."""
    return [name for name in UNITS if name in found and found[name].influence is not None]


def _rows(
    curve: Curves, shown: NDArray, n_draws: int, seed: int, drawn: NDArray | None
) -> list[dict[str, object]]:
    table = curve.influence
    assert table is not None
    half = half_width(curve)[:, shown]
    own = table[:, :, shown].astype(np.float64)
    rows = []
    for quantity, matrix in _quantities(len(curve.months)).items():
        moved = _moved(matrix, own)
        published = np.sqrt((matrix**2) @ half**2).ravel()
        clustered = Z95 * multiplier.clustered_errors(moved)
        step = max(1, moved.shape[1] // 400)
        draws = multiplier.draws(moved[:, ::step], n_draws, seed)
        (boot,) = multiplier.bootstrap_intervals(np.zeros(draws.shape[1]), draws, (0.95,))
        by_rows = float("nan")
        if drawn is not None:
            by_rows = float(np.nanmean(Z95 * np.nanstd(_moved(matrix, drawn), axis=0, ddof=1)))
        rows.append(
            {
                "outcome": curve.outcome,
                "grouping": curve.grouping.name,
                "quantity": quantity,
                "published": float(published.mean()),
                "clustered": float(clustered.mean()),
                "bootstrap": float((boot.high - boot.low).mean() / 2),
                "rows": by_rows,
                "ratio": float(clustered.sum() / published.sum()),
                "rows_ratio": by_rows / float(clustered.mean()),
            }
        )
    return rows


def _quantities(months: int) -> dict[str, NDArray[np.float64]]:
    """Weights of the months in every quantity that is compared, (quantities, months)."""
    year = np.zeros((1, months))
    year[0, -LAST_MONTHS:] = 1 / LAST_MONTHS
    change = np.eye(months, k=LAST_MONTHS)[:-LAST_MONTHS] - np.eye(months)[:-LAST_MONTHS]
    return {"month": np.eye(months), "year": year, "change": change}


def _moved(matrix: NDArray, own: NDArray) -> NDArray[np.float64]:
    """Quantities of every draw, missing where a month that counts is: (draws, quantities × G)."""
    absent = np.isnan(own)
    found = np.einsum("qt,ctg->cqg", matrix, np.where(absent, 0.0, own))
    if absent.any():
        lacks = np.einsum("qt,ctg->cqg", (matrix != 0).astype(float), absent.astype(float))
        found[lacks > 0] = np.nan
    return found.reshape(len(own), -1)


OUTCOMES_OF = {
    "without_hours": ("atid3", "atid12"),
    "without_pandemic": ("atid3",),
    "month_dummies": ("atid3",),
    "linear": ("jobb3", "jobb12"),
    "cohorts": ("atid3", "atid12"),
}


def all_curves(
    packs: Packed, spec: Specification, fits: dict[str, Fit], parameters: Parameters
) -> pd.DataFrame:
    """Curves of every alternative."""
    blocks = []
    for name, outcomes in OUTCOMES_OF.items():
        own = alternative(spec, name)
        for outcome in outcomes:
            blocks.append(one(packs, own, outcome, name, parameters))
            packs.forget(design_for(packs.panel, own, outcome)) if own.month_dummies else None
    for group in MAIN_GROUPS:
        own = Specification(version=spec.version, group=group)
        found = fit(packs, own, "atid3")
        wanted = [grouping(packs.panel, "main_group")]
        for curve in curves(packs, own, "atid3", found, wanted).values():
            frame = curve_frame(curve, windows_of("atid3", parameters.base3, parameters.base12))
            blocks.append(frame[frame["group"] == group].assign(specification="separate"))
    return pd.concat(blocks, ignore_index=True)


def cohort_curves(panel: Panel, spec: Specification, parameters: Parameters) -> pd.DataFrame:
    """How many who began a spell work 6, 12, 24 and 60 months later: country and counties.

    Estimated on the first month of each spell alone, so that long spells do not weigh more than
    short ones; a month is described by the cohorts that entered so long before it.

    Returns
    -------
    As `curve_frame`; `month` is the month that is described.

    Source: indicator document, appendix B, alternative 5.
    """
    entrants = replace(panel, chunks=panel.entrants)
    packs = Packed(entrants)
    wanted = [grouping(entrants, name) for name in ("nav", "county")]
    blocks = []
    for horizon in COHORTS:
        outcome = f"jobb{horizon}"
        if not any(outcome in chunk.outcomes for chunk in entrants.chunks):
            continue
        found = fit(packs, spec, outcome)
        for curve in curves(packs, spec, outcome, found, wanted).values():
            frame = curve_frame(curve, parameters.base12)
            later = [month_text(month_number(month) + horizon) for month in frame["month"]]
            blocks.append(frame.assign(month=later))
    return pd.concat(blocks, ignore_index=True).assign(specification="entrants")


def one(
    packs: Packed, spec: Specification, outcome: str, name: str, parameters: Parameters
) -> pd.DataFrame:
    """National (and where shown county) curves of one alternative."""
    found = fit(packs, spec, outcome)
    wanted = [grouping(packs.panel, "nav"), grouping(packs.panel, "county")]
    windows = windows_of(outcome, parameters.base3, parameters.base12)
    return pd.concat(
        [
            curve_frame(curve, windows)
            for curve in curves(packs, spec, outcome, found, wanted).values()
        ],
        ignore_index=True,
    ).assign(specification=name)
