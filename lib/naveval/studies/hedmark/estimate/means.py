"""Means before and after, and effects in per cent: tables 1 to 4 of the document.

effect = (change in the treated county − change in the control group) / treated before × 100.
The control group is pooled: all its job seekers in per cent of all its labour force.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.estimators.one_treated.regression import Array
from naveval.project import places as county_list
from naveval.project.errors import EstimationError
from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.panel import GROUPS, Panel
from naveval.studies.hedmark.parameters import DOCUMENT_CONTROLS, REFORMED, YEAR, Parameters
from naveval.studies.hedmark.windows import OUTCOMES, Outcome, Season, Window

SMALLEST_LEVEL = 1e-6
TABLES: dict[str, tuple[tuple[Outcome, Season, str], ...]] = {
    "tbl-1": tuple(("stock", s, g) for s in ("unadjusted", "matched") for g in GROUPS),
    "tbl-2": tuple(("inflow", s, g) for s in ("unadjusted", "matched") for g in GROUPS),
    "tbl-3": tuple((outcome, "matched", GROUPS[0]) for outcome in OUTCOMES[2:]),
    "tbl-4": tuple((outcome, "matched", GROUPS[1]) for outcome in OUTCOMES[2:]),
}


@dataclass(frozen=True)
class Means:
    """Four means in per cent of the labour force, and what follows from them."""

    treated_before: float
    treated_after: float
    control_before: float
    control_after: float

    @property
    def treated_change(self) -> float:
        return self.treated_after - self.treated_before

    @property
    def control_change(self) -> float:
        return self.control_after - self.control_before

    @property
    def points(self) -> float:
        """Effect in percentage points of the labour force."""
        return self.treated_change - self.control_change

    @property
    def effect(self) -> float:
        """Effect in per cent of the treated county's level before."""
        return relative(self.points, self.treated_before)


@dataclass(frozen=True)
class Sample:
    """One outcome as a balanced panel, the treated county first.

    Attributes
    ----------
    counties
        (N,) codes.
    months
        (T,) month numbers, the start month left out.
    outcome
        (N, T) in per cent of the labour force.
    post
        (T,) one after the start.
    size
        (N,) mean labour force.
    covariates
        (K, N, T) composition, or None.
    level
        Mean of the treated county before.
    persons
        Fewest persons in any county and month of the outcome.
    """

    counties: tuple[str, ...]
    months: NDArray[np.integer]
    outcome: Array
    post: Array
    size: Array
    covariates: Array | None
    level: float
    persons: int

    @property
    def scale(self) -> float:
        """What makes points a percentage of the level."""
        return relative(1.0, self.level)

    @property
    def before(self) -> int:
        """Months before the start."""
        return int((self.post == 0).sum())


def relative(points: float, level: float) -> float:
    """Points in per cent of a level; missing for a level at or near zero: nobody was there before.

    >>> relative(-0.2, 4.0), relative(0.1, 0.0)
    (-5.0, nan)
    """
    return 100 * points / level if abs(level) > SMALLEST_LEVEL else np.nan


def months_of(panel: Panel, parameters: Parameters, outcome: str) -> tuple[int, int, int]:
    """Start, first and last month of an outcome: the analysis's, as far as the outcome is known."""
    start, first, last = parameters.months()
    return start, first, min(last, panels.last_known(panel, outcome))


def means(
    panel: Panel, outcome: str, group: str, window: Window, treated: str, controls: tuple[str, ...]
) -> Means:
    """Means over the months of a window; every month counts the same."""
    rates, shared = _rates(panel, outcome, group, window, (treated, *controls))
    return _means(rates[0], shared(np.arange(1, 1 + len(controls))), window)


def _rates(
    panel: Panel, outcome: str, group: str, window: Window, counties: tuple[str, ...]
) -> tuple[Array, Callable[[NDArray[np.integer]], Array]]:
    """Rates by county and month of a window, and a function that pools some of the counties."""
    persons = panels.block(panels.persons(panel, outcome, group), window.months, counties)
    force = panels.block(panels.labour_force(panel), window.months, counties)
    if not np.isfinite(persons).all():
        raise EstimationError(f"{outcome}, {group}: the panel has no value in some month")
    return 100 * persons / force, lambda i: 100 * persons[i].sum(0) / force[i].sum(0)


def _means(treated: Array, control: Array, window: Window) -> Means:
    n = len(window.before)
    parts = (treated[:n], treated[n:], control[:n], control[n:])
    return Means(*(float(part.mean()) for part in parts))


def force_before(panel: Panel, parameters: Parameters) -> float:
    """Mean labour force of the county in the months before the start."""
    months = windows.window("stock", "unadjusted", *months_of(panel, parameters, "stock")).before
    force = panels.block(panels.labour_force(panel), months, (parameters.county,))
    return float(force.mean())


def fewest(
    panel: Panel, outcome: str, group: str, window: Window, counties: tuple[str, ...]
) -> int:
    """Fewest persons of one of the counties in one month of the window."""
    return int(panels.block(panels.persons(panel, outcome, group), window.months, counties).min())


def tables(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """Means, changes and effects of tables 1 to 4, with placebo-based uncertainty.

    Returns
    -------
    One row per table, season, outcome and group: the four means, changes, `points`, `effect`
    (per cent), `std_error` (standard deviation of the control counties' own effects against
    the other controls, in per cent), and the fewest persons in a month: `n_treated`,
    `n_control` (of any control county, since every county's own report shows it) and
    `n_persons` (of both). `hedmark.estimate.choice` adds the p-values.
    """
    rows = []
    for label, cells in TABLES.items():
        for outcome, season, group in cells:
            window = windows.window(outcome, season, *months_of(panel, parameters, outcome))
            found = means(panel, outcome, group, window, parameters.county, parameters.controls())
            placebo = placebo_effects(panel, outcome, group, window, parameters.controls())
            own = fewest(panel, outcome, group, window, (parameters.county,))
            other = fewest(panel, outcome, group, window, parameters.controls())
            rows.append(
                {
                    "label": label,
                    "season": season,
                    "outcome": outcome,
                    "group": group,
                    **vars(found),
                    "treated_change": found.treated_change,
                    "control_change": found.control_change,
                    "points": found.points,
                    "effect": found.effect,
                    "std_error": spread_of(placebo) if np.isfinite(found.effect) else np.nan,
                    "n_treated": own,
                    "n_control": other,
                    "n_persons": min(own, other),
                    "n_clusters": 1 + len(placebo),
                    "n_months": len(window.months),
                }
            )
    return pd.DataFrame(rows)


def placebo_effects(
    panel: Panel, outcome: str, group: str, window: Window, controls: tuple[str, ...]
) -> Array:
    """Effect in per cent of each control county against the other control counties.

    A county without anybody before the start has none and is left out.
    """
    rates, shared = _rates(panel, outcome, group, window, controls)
    every = np.arange(len(controls))
    found = [_means(rates[i], shared(every[every != i]), window).effect for i in every]
    return np.array([effect for effect in found if not np.isnan(effect)])


def spread_of(placebo: Array) -> float:
    """Standard deviation of the placebo effects that are known, if two are."""
    known = placebo[np.isfinite(placebo)]
    return float(np.std(known, ddof=1)) if len(known) > 1 else np.nan


def rank_of(effects: Array) -> float:
    """Share of the known effects at least as large as the first, which is the treated county's.

    >>> rank_of(np.array([-2.0, 1.0, np.nan, 3.0])), rank_of(np.array([np.nan, 1.0]))
    (0.6666666666666666, nan)
    """
    if not np.isfinite(effects[0]):
        return np.nan
    size = np.abs(effects[np.isfinite(effects)])
    return float((size >= size[0] * (1 - 1e-12)).mean())


def all_others(parameters: Parameters) -> tuple[str, ...]:
    """All counties but the treated one and Hedmark, for exact inference with the most ranks."""
    every = county_list.codes(YEAR)
    return tuple(c for c in every if c not in (parameters.county, REFORMED))


def sample(
    panel: Panel,
    parameters: Parameters,
    outcome: Outcome,
    group: str,
    *,
    window: Window | None = None,
    counties: tuple[str, ...] = (),
) -> Sample:
    """The balanced panel of one outcome, by default for the regression of table 5.

    Parameters
    ----------
    window
        Months before and after; default: `regression_window`.
    counties
        Control counties; default: those of the parameters.

    Raises
    ------
    EstimationError
        When a county has no value in some month.
    """
    span = months_of(panel, parameters, outcome)
    window = window or windows.regression_window(outcome, *span)
    codes = (parameters.county, *(counties or parameters.controls()))
    months = list(window.months)
    rates = panels.block(panels.rates(panel, outcome, group), months, codes)
    if not np.isfinite(rates).all():
        raise EstimationError(f"{outcome}, {group}: a county has no value in some month")
    force = panels.block(panels.labour_force(panel), months, codes)
    persons = panels.block(panels.persons(panel, outcome, group), months, codes)
    before = len(window.before)
    post = (np.arange(len(months)) >= before).astype(float)
    return Sample(
        codes,
        np.array(months),
        rates,
        post,
        force.mean(1),
        composition(panel, parameters.composition, group, months, codes),
        float(rates[0, :before].mean()),
        int(persons.min()),
    )


def composition(
    panel: Panel, kind: str, group: str, months: list[int], counties: tuple[str, ...]
) -> Array | None:
    """Composition controls, (K, N, T): shares of sex, education and age among job seekers.

    `shares` are of the same month and benefit group; `lagged` of twelve months earlier, which
    a new practice cannot have changed in its first year; `none` gives None.
    """
    if kind == "none":
        return None
    if kind not in ("shares", "lagged"):
        raise EstimationError(f"unknown composition «{kind}»; allowed: none, shares, lagged")
    shift = windows.LAGGED if kind == "lagged" else 0
    wanted = [month - shift for month in months]
    found = panels.shares(panel, group)
    return np.stack([panels.block(frame, wanted, counties) for frame in found.values()])


def without_composition(given: Sample) -> Sample:
    """The same sample without composition controls."""
    return replace(given, covariates=None)


def has_default_windows(parameters: Parameters) -> bool:
    """Whether start and analysis window are the document's."""
    fields = ("start", "window_first", "window_last")
    return all(getattr(parameters, f) == Parameters.model_fields[f].default for f in fields)


def is_document_design(parameters: Parameters) -> bool:
    """Whether the published numbers are about this county, start, controls and windows."""
    same = has_default_windows(parameters) and parameters.county == REFORMED
    return same and parameters.controls() == DOCUMENT_CONTROLS
