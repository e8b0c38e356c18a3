"""Everything the report of the work indicator needs, estimated once.

The national model and all curves are estimated in one go and kept in the cache; a county's
report reads them and only picks its own.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from naveval.disclosure import keys
from naveval.estimators.categorical import design as categorical
from naveval.estimators.categorical.design import Fit
from naveval.project import store
from naveval.project.errors import EstimationError
from naveval.registers import extracts, reading
from naveval.studies.indicator import drivers, offices, quality
from naveval.studies.indicator import frames as alternatives
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.characteristics import OUTCOMES
from naveval.studies.indicator.contracts import TABLES
from naveval.studies.indicator.exhibits.descriptives import (
    composition_table,
    flow_table,
    participation_table,
)
from naveval.studies.indicator.frames import (
    curve_frame,
    interval_table,
    require_adjusted,
    windows_of,
)
from naveval.studies.indicator.models import Packed, Specification, design_for, fit
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.protection import noise_for
from naveval.studies.indicator.quality import recover
from naveval.studies.indicator.series import Curves, Grouping, curves, grouping, months_mean

NOT_ESTIMATED = ("county", "parts", "data")


@dataclass(frozen=True)
class Study:
    """What was estimated, as frames without persons.

    Attributes
    ----------
    curves
        All points of all curves (see `indicator_frames.curve_frame`).
    levels
        Levels over the whole period and the last twelve months, with standard errors.
    fits
        The main models, and the report version under "report:<outcome>".
    alternatives
        Curves of the alternatives, with a column `specification`.
    offices, office_months
        Offices over the last twelve months, and month by month.
    intervals
        Published, clustered and bootstrap uncertainty side by side.
    drivers, calibration, explained, stability
        Decomposition of change and goodness of the models.
    participation, composition, flow
        The document's tables 1 and 2, and the sample flow.
    column_counts
        Persons in the largest month of each column of the report version.
    recovery
        Estimates from outcomes drawn from the printed coefficients.
    """

    parameters: Parameters
    months: tuple[str, ...]
    curves: pd.DataFrame
    levels: pd.DataFrame
    fits: dict[str, Fit]
    alternatives: pd.DataFrame
    offices: pd.DataFrame
    office_months: pd.DataFrame
    intervals: pd.DataFrame
    drivers: pd.DataFrame
    calibration: pd.DataFrame
    explained: pd.DataFrame
    stability: pd.DataFrame
    participation: pd.DataFrame
    composition: pd.DataFrame
    flow: pd.DataFrame
    column_counts: dict[str, float]
    recovery: pd.DataFrame


def specification(parameters: Parameters) -> Specification:
    return Specification(version=parameters.version)


def build_panel(
    parameters: Parameters, data: Path, *, other_hours: bool = False, other_days: bool = False
) -> panels.Panel:
    """The panel the parameters ask for, or with one way of counting hours turned round.

    Raises
    ------
    DisclosureError
        For real registers without the register owner's secret.
    """
    panel = panels.build(
        data,
        first_month=parameters.first_month,
        last_month=parameters.last_month,
        spell_break=parameters.spell_break,
        market_categories=parameters.market_categories,
        young_under=parameters.young_under,
        long_horizons=parameters.long_horizons,
        subsidised_hours=parameters.subsidised_hours != other_hours,
        working_days=parameters.working_days != other_days,
    )
    secret = keys.secret(parameters.origin())
    return replace(panel, noise=noise_for(panel.persons, secret))


def groupings(panel: panels.Panel, outcome: str) -> list[Grouping]:
    """The breakdowns of an outcome; crossings where the report shows them."""
    single = ("nav", "county", "innsatsgruppe", "program", "status", "country_group", "young")
    found = [grouping(panel, name) for name in single]
    found.append(grouping(panel, "county", "young"))
    found.append(grouping(panel, "county", within=("country_group", "landgruppe_3")))
    if outcome == "atid3":
        found += [grouping(panel, name) for name in ("office", "main_group")]
        found += [grouping(panel, "county", name) for name in ("innsatsgruppe", "status")]
        found += [
            grouping(panel, name, within=("youth_guarantee", "inside"))
            for name in ("county", "nav")
        ]
    if outcome in ("atid12", "jobb12"):
        found += [grouping(panel, "county", "program")]
    return found


def load(parameters: Parameters) -> Study:
    """Estimates from the cache when nothing that matters has changed, else made anew.

    Reports that start at the same time wait for one of them to estimate.
    """
    data = extracts.folder("indicator", parameters)
    settings = parameters.model_dump(mode="json", exclude=set(NOT_ESTIMATED))
    found = reading.fingerprint(data, tuple(TABLES))
    secret = keys.secret(parameters.origin())
    return store.cached(
        "indicator-national",
        lambda: estimate(parameters, data),
        key={"parameters": settings, "registers": found, "secret": secret.fingerprint},
        code=[__name__],
    )


def estimate(parameters: Parameters, data: Path) -> Study:
    """Registers to estimates.

    Raises
    ------
    EstimationError
        When the period is too short to adjust for season, or a month to compare is missing.
    """
    with threadpool_limits(1, user_api="blas"):
        return _estimate(parameters, data)


def _estimate(parameters: Parameters, data: Path) -> Study:
    panel = build_panel(parameters, data)
    packs, spec = Packed(panel), specification(parameters)
    fits: dict[str, Fit] = {}
    frames, levels, intervals = [], [], []
    office = pd.DataFrame()
    by_month = pd.DataFrame()
    for outcome in OUTCOMES:
        fits[outcome] = fit(packs, spec, outcome)
        found = curves(
            packs,
            spec,
            outcome,
            fits[outcome],
            groupings(panel, outcome),
            person_groups=parameters.person_groups,
            seed=parameters.seed,
        )
        windows = windows_of(outcome, parameters.base3, parameters.base12)
        own = [curve_frame(curve, windows) for curve in found.values()]
        require_adjusted(own[0], panel.months, windows)
        frames += own
        levels += [level_frame(curve) for curve in found.values()]
        intervals.append(interval_table(found, windows, parameters.draws, parameters.seed))
        if outcome == "atid3":
            office = offices.office_table(found["office"], panel.county_of, panel.levels["county"])
            by_month = offices.reliability_by_month(found["office"])
    for horizon in parameters.long_horizons:
        frames += _long_horizon(packs, spec, horizon, parameters)
    other = alternatives.all_curves(packs, spec, fits, parameters)
    other = pd.concat([other, _other_hours(parameters, data, spec)], ignore_index=True)
    for outcome in OUTCOMES:
        fits[f"report:{outcome}"] = fit(packs, Specification(version="report"), outcome)
    return Study(
        parameters,
        panel.months,
        pd.concat(frames, ignore_index=True),
        pd.concat(levels, ignore_index=True),
        fits,
        other,
        office,
        by_month,
        pd.concat(intervals, ignore_index=True),
        decompositions(packs, fits, parameters),
        pd.concat([quality.calibration(packs, fits[o], o) for o in OUTCOMES], ignore_index=True),
        quality.explained(packs, {o: fits[o] for o in OUTCOMES}),
        quality.stability(packs, spec, fits["atid3"], "atid3"),
        participation_table(panel),
        composition_table(panel),
        flow_table(panel),
        column_counts(packs),
        recovery_table(packs, parameters),
    )


def level_frame(found: Curves) -> pd.DataFrame:
    """Levels over the whole period and over its last twelve months."""
    last = np.zeros(len(found.months), dtype=bool)
    last[-12:] = True
    parts = []
    for period, own in (("all", np.ones(len(found.months), dtype=bool)), ("last12", last)):
        frame = months_mean(found, own).assign(period=period)
        frame["n_month"] = found.n[own].max(axis=0)
        parts.append(frame)
    return pd.concat(parts, ignore_index=True).assign(
        outcome=found.outcome, grouping=found.grouping.name
    )


def _long_horizon(
    packs: Packed, spec: Specification, horizon: int, parameters: Parameters
) -> list[pd.DataFrame]:
    """Curves after 24 or 36 months, for months where they are observed."""
    found = []
    for outcome in (f"atid{horizon}", f"jobb{horizon}"):
        if not any(outcome in chunk.outcomes for chunk in packs.panel.chunks):
            continue
        own = fit(packs, spec, outcome)
        wanted = [grouping(packs.panel, "nav"), grouping(packs.panel, "county")]
        for curve in curves(packs, spec, outcome, own, wanted).values():
            found.append(curve_frame(curve, parameters.base12))
    return found


def _other_hours(parameters: Parameters, data: Path, spec: Specification) -> pd.DataFrame:
    """National and county curves with hours counted in the other ways."""
    blocks = []
    for name, changes in (
        ("without_subsidised", {"other_hours": True}),
        ("working_days", {"other_days": True}),
    ):
        panel = build_panel(parameters, data, **changes)
        packs = Packed(panel)
        for outcome in ("atid3", "atid12"):
            own = fit(packs, spec, outcome)
            wanted = [grouping(panel, name) for name in ("nav", "county", "program")]
            for curve in curves(packs, spec, outcome, own, wanted).values():
                windows = windows_of(outcome, parameters.base3, parameters.base12)
                blocks.append(curve_frame(curve, windows).assign(specification=name))
    return pd.concat(blocks, ignore_index=True)


def decompositions(packs: Packed, fits: dict[str, Fit], parameters: Parameters) -> pd.DataFrame:
    """What the change between the two months consists of, for the country and each county."""
    names = packs.panel.levels["county"]
    first, last = parameters.compare_from, parameters.compare_to
    for month in (first, last):
        if month not in packs.panel.months:
            raise EstimationError(
                f"compare_from and compare_to: {month} is not among the months "
                f"{packs.panel.months[0]} to {packs.panel.months[-1]}"
            )
    blocks = [drivers.decompose(packs, fits["atid3"], "atid3", first, last).assign(county="")]
    for k, county in enumerate(names):
        blocks.append(
            drivers.decompose(packs, fits["atid3"], "atid3", first, last, k).assign(county=county)
        )
    return pd.concat(blocks, ignore_index=True)


def place_grouping(county: str) -> tuple[str, str]:
    """Grouping and group of the place a report is about."""
    return ("county", county) if county else ("nav", "nav")


def column_counts(packs: Packed) -> dict[str, float]:
    """Persons in the largest month of each column of the report version (two horizons)."""
    counts: dict[str, float] = {}
    report = Specification(version="report")
    for outcome in ("atid3", "atid12"):
        design = design_for(packs.panel, report, outcome)
        largest = np.zeros(len(design.names))
        for chunk in panels.with_outcome(packs.panel, outcome):
            codes = packs.codes(chunk, design, outcome)
            largest = np.maximum(largest, categorical.moments(design, codes) @ design.expand)
        counts |= {
            f"{outcome}:{name}": float(n) for name, n in zip(design.names, largest, strict=True)
        }
    return counts


def recovery_table(packs: Packed, parameters: Parameters) -> pd.DataFrame:
    """One row per outcome: share beyond three standard errors and the joint test."""
    rows = []
    for outcome in OUTCOMES:
        found = recover(packs, outcome, parameters.seed, person_groups=0)
        rows.append(
            {
                "outcome": outcome,
                "rows": len(found.frame),
                "beyond": found.beyond,
                "largest": float(found.frame["z"].abs().max()),
                "wald": found.wald,
                "df": found.df,
                "p_value": found.p_value,
                "n": packs.panel.flow["rows_atid3" if outcome.endswith("3") else "rows_atid12"],
            }
        )
    return pd.DataFrame(rows)
