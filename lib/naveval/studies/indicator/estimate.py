"""Everything the report of the work indicator needs, estimated once.

The national model and all curves are estimated in one go and kept in the cache; a county's
report reads them and only picks its own. Nothing in the results is a count of persons without
noise, or a mean of such.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from naveval.disclosure import counts as counting
from naveval.disclosure import keys
from naveval.disclosure.models import rounded_errors
from naveval.estimators.categorical.design import Fit
from naveval.project import store
from naveval.project.errors import EstimationError
from naveval.registers import extracts, reading
from naveval.studies.indicator import descriptives, quality
from naveval.studies.indicator import frames as alternatives
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.characteristics import MARKET_LEVELS, OUTCOMES
from naveval.studies.indicator.contracts import TABLES
from naveval.studies.indicator.frames import (
    critical,
    curve_frame,
    interval_table,
    intervals_of,
    require_adjusted,
    windows_of,
)
from naveval.studies.indicator.models import Packed, Specification, design_for, fit
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.protection import noise_for
from naveval.studies.indicator.quality import recover
from naveval.studies.indicator.results import IndicatorResults
from naveval.studies.indicator.series import Curves, Grouping, curves, grouping, months_mean

MARKETS = ("inflow3", "inflow12", "employment")
NOT_ESTIMATED = ("county", "parts", "data")


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
    subsidised = parameters.subsidised_hours != other_hours
    days = parameters.working_days != other_days
    panel = panels.build(
        data,
        first_month=parameters.first_month,
        last_month=parameters.last_month,
        spell_break=parameters.spell_break,
        market_categories=parameters.market_categories,
        young_under=parameters.young_under,
        long_horizons=parameters.long_horizons,
        subsidised_hours=subsidised,
        working_days=days,
    )
    secret = keys.secret(parameters.origin())
    noise = noise_for(panel.persons, secret, subsidised=subsidised, days=days)
    return replace(panel, noise=noise)


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


def load(parameters: Parameters) -> IndicatorResults:
    """Estimates from the cache when nothing that matters has changed, else made anew.

    Reports that start at the same time wait for one of them to estimate.
    """
    data = extracts.folder("indicator", parameters)
    settings = parameters.model_dump(mode="json", exclude=set(NOT_ESTIMATED))
    found = reading.fingerprint(data, tuple(TABLES))
    secret = keys.secret(parameters.origin())
    national = store.cached(
        "indicator-national",
        lambda: estimate(parameters, data),
        key={"parameters": settings, "registers": found, "secret": secret.noise},
        code=[__name__],
    )
    return national.but(parameters=parameters)


def estimate(parameters: Parameters, data: Path) -> IndicatorResults:
    """Registers to estimates.

    Raises
    ------
    EstimationError
        When the period is too short to adjust for season, or a month to compare is missing.
    """
    with threadpool_limits(1, user_api="blas"):
        return _estimate(parameters, data)


def _estimate(parameters: Parameters, data: Path) -> IndicatorResults:
    panel = build_panel(parameters, data)
    packs, spec = Packed(panel), specification(parameters)
    fits: dict[str, Fit] = {}
    found: dict[str, dict[str, Curves]] = {}
    for outcome in OUTCOMES:
        fits[outcome] = fit(packs, spec, outcome)
        found[outcome] = curves(
            packs,
            spec,
            outcome,
            fits[outcome],
            groupings(panel, outcome),
            person_groups=parameters.person_groups,
            seed=parameters.seed,
        )
    windows = {o: windows_of(o, parameters.base3, parameters.base12) for o in OUTCOMES}
    own = {o: [curve_frame(c, windows[o]) for c in found[o].values()] for o in OUTCOMES}
    for outcome, frames in own.items():
        require_adjusted(frames[0], panel.months, windows[outcome])
    longer = [
        part for h in parameters.long_horizons for part in _longer(packs, spec, h, parameters)
    ]
    main = pd.concat([*(part for frames in own.values() for part in frames), *longer])
    other = [alternatives.all_curves(packs, spec, fits, parameters)]
    other.append(_other_hours(parameters, data, spec))
    other.append(alternatives.cohort_curves(panel, spec, parameters))
    for outcome in OUTCOMES:
        fits[f"report:{outcome}"] = fit(packs, Specification(version="report"), outcome)
    assert panel.noise is not None
    office = descriptives.office_table(
        found["atid3"],
        panel.county_of,
        panel.levels["county"],
        descriptives.office_persons(panel, panel.noise),
    )
    nav = {o: found[o]["nav"].n for o in ("atid3", "atid12")}
    rows = {"rows": float(_stock(panel).sum())} | {
        f"rows_{o}": float(n.sum()) for o, n in nav.items()
    }
    flow = descriptives.flow(panel, panel.noise, rows)
    return IndicatorResults(
        parameters=parameters,
        months=panel.months,
        persons=counting.about(flow.set_index("step").loc["persons", "count"]),
        curves=pd.concat([main.assign(specification=""), *other], ignore_index=True),
        levels=pd.concat(
            [level_frame(c) for by in found.values() for c in by.values()], ignore_index=True
        ),
        fits=fits,
        offices=office,
        office_months=descriptives.reliability_by_month(found["atid3"]["office"]),
        intervals=pd.concat(
            [_intervals(packs, o, fits[o], found[o], parameters) for o in OUTCOMES],
            ignore_index=True,
        ),
        drivers=decompositions(packs, fits, parameters),
        calibration=pd.concat(
            [quality.calibration(packs, fits[o], o) for o in OUTCOMES], ignore_index=True
        ),
        explained=quality.explained(packs, {o: fits[o] for o in OUTCOMES}),
        stability=quality.stability(packs, spec, fits["atid3"], "atid3"),
        described=descriptives.table(panel, panel.noise),
        flow=flow,
        events=events(packs),
        market=market_table(panel),
        recovery=recovery_table(packs, parameters),
    )


def _intervals(
    packs: Packed,
    outcome: str,
    fit: Fit,
    found: Mapping[str, Curves],
    parameters: Parameters,
) -> pd.DataFrame:
    """Intervals of an outcome side by side; rows are drawn when the parameters ask for it."""
    drawn = None
    if parameters.row_draws:
        drawn = quality.resampled(
            packs,
            specification(parameters),
            fit,
            outcome,
            [found[name].grouping for name in intervals_of(found)],
            draws=parameters.row_draws,
            seed=parameters.seed,
        )
    return interval_table(found, parameters.draws, parameters.seed, drawn)


def _stock(panel: panels.Panel) -> NDArray[np.float64]:
    """Protected persons of each month of the stock."""
    assert panel.noise is not None
    record = panel.noise.record_keys
    key = [int(record[chunk.person].sum()) for chunk in panel.chunks]
    return counting.protected_counts(
        [len(chunk) for chunk in panel.chunks], key, panel.noise.secret, "n"
    ).astype(float)


def level_frame(found: Curves) -> pd.DataFrame:
    """Levels over the whole period and over its last twelve months."""
    last = np.zeros(len(found.months), dtype=bool)
    last[-12:] = True
    parts = []
    for period, own in (("all", np.ones(len(found.months), dtype=bool)), ("last12", last)):
        frame = months_mean(found, own).drop(columns=["n", "noise_error"]).assign(period=period)
        parts.append(frame.assign(n_persons=found.n[own].max(axis=0)))
    frame = pd.concat(parts, ignore_index=True)
    frame["std_error"] = rounded_errors(frame["std_error"])
    half = critical(frame["n_persons"]) * frame["std_error"]
    return frame.assign(
        outcome=found.outcome,
        grouping=found.grouping.name,
        ci_low=frame["indicator"] - half,
        ci_high=frame["indicator"] + half,
    )


def _longer(
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
    first, last = parameters.compare_from, parameters.compare_to
    for month in (first, last):
        if month not in packs.panel.months:
            raise EstimationError(
                f"compare_from and compare_to: {month} is not among the months "
                f"{packs.panel.months[0]} to {packs.panel.months[-1]}"
            )
    noise = packs.panel.noise
    found = descriptives.decompose(packs, fits["atid3"], "atid3", first, last, noise)
    return found.assign(first=first, last=last)


def place_grouping(county: str) -> tuple[str, str]:
    """Grouping and group of the place a report is about."""
    return ("county", county) if county else ("nav", "nav")


def events(packs: Packed) -> pd.DataFrame:
    """Persons with and without each outcome behind every column of the report version."""
    blocks = []
    for outcome in OUTCOMES:
        design = design_for(packs.panel, quality.REPORT, outcome)
        events, others = quality.behind(packs, design, outcome)
        frame = pd.DataFrame({"column": design.names, "events": events, "others": others})
        blocks.append(frame.assign(outcome=outcome))
    return pd.concat(blocks, ignore_index=True)


def market_table(panel: panels.Panel) -> pd.DataFrame:
    """Limits of the 20 categories of the regions' markets, and regions × months in each.

    Columns: category, inflow_low, inflow_high, employment_low, employment_high (shares; the first
    and last category are open), inflow3, inflow12, employment (how many).
    """
    frame = pd.DataFrame({"category": np.arange(1, MARKET_LEVELS + 1)})
    for name, limits in panel.limits.items():
        rounded = np.round(limits, 4)
        frame[f"{name}_low"] = [np.nan, *rounded]
        frame[f"{name}_high"] = [*rounded, np.nan]
    return frame.assign(**{k: v for k, v in panel.occupied.items() if k in MARKETS})


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
            }
        )
    return pd.DataFrame(rows)
