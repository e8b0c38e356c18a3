"""What is true of places and groups in the simulated registers.

All effects are on the latent tendency to work (see `work`). A county's are chosen so that its
level, that of its young and that of its users from country group 3 come near the printed ones;
offices differ within their county, and counties drift by shocks that fade.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from naveval.project.errors import ParameterError
from naveval.registers import simulation
from naveval.studies.indicator.characteristics import STATUS
from naveval.studies.indicator.published import mean_outcomes, table3_counties
from naveval.studies.indicator.simulate.population import Places, places
from naveval.studies.indicator.simulate.work import (
    GROUP_EFFECT,
    LEVELS,
    PROGRAM_EFFECT,
    PROGRAM_GROWTH,
    calendar_effect,
)

OFFICE_SPREAD = 0.07
COUNTY_SPREAD, COUNTY_PERSISTENCE = 0.02, 0.9
LONGEST = 360
POPULATIONS = ("all", "young", "country_group_3")
NATURAL = np.array([8.95, 8.80, 8.50])
SLOPES = np.array([5.7, 6.2, 6.2])
SHARED = np.array([[1.0, 0.26, 0.23], [1.0, 1.0, 0.20], [1.0, 0.23, 1.0]])
"""Hours of the three populations without county effects, hours per unit of the latent tendency, and
how much of each population the second and third are."""


@dataclass(frozen=True)
class Truth:
    """Latent effects behind the simulated hours, and the places.

    Attributes
    ----------
    county
        (counties, 3): effect for everybody, and beside it for the young and for those from country
        group 3.
    office
        (offices,), zero on average in each county.
    shocks
        (counties, months).
    """

    where: Places
    county: NDArray[np.float64]
    office: NDArray[np.float64]
    shocks: NDArray[np.float64]
    calendar: NDArray[np.float64]


def make(
    seed: int,
    months: Sequence[str],
    *,
    county_effects: bool | Mapping[str, float],
    county_spread: float,
    county_persistence: float,
    office_spread: float,
) -> Truth:
    """The truth of a seed; see `registers.simulate` for its settings."""
    rng = np.random.default_rng([seed, 1])
    where = places(rng)
    if office_spread < 0:
        raise ParameterError(f"office_spread: {office_spread}: expected 0 or more")
    office = rng.normal(0, 1, len(where.offices)) * office_spread
    weight = np.bincount(where.office_county, weights=where.share)
    office -= (np.bincount(where.office_county, weights=where.share * office) / weight)[
        where.office_county
    ]
    # Of a fixed length, so that a longer simulation repeats the months of a shorter one.
    shocks = simulation.autoregressive(
        np.random.default_rng([seed, 8]),
        (len(where.counties), LONGEST),
        county_persistence,
        county_spread,
    )[:, : len(months)]
    calendar = calendar_effect(list(months), np.random.default_rng([seed, 2]))
    return Truth(where, _counties(where.counties, county_effects), office, shocks, calendar)


def _counties(codes: Sequence[str], effects: bool | Mapping[str, float]) -> NDArray[np.float64]:
    """Latent effects of counties, (counties, 3), from hours a week above the country.

    Raises
    ------
    ParameterError
        For an unknown county, or an effect larger than the level.
    """
    if effects is False:
        return np.zeros((len(codes), 3))
    if effects is True:
        gap = np.column_stack([_printed(population, codes) for population in POPULATIONS]) - NATURAL
    else:
        unknown = sorted(set(effects) - set(codes))
        if unknown:
            raise ParameterError(
                f"county_effects: {', '.join(unknown)}: expected counties of {', '.join(codes)}"
            )
        gap = np.repeat([[effects.get(code, 0.0)] for code in codes], 3, axis=1)
        level = mean_outcomes()["atid3"]
        simulation.require_effect("county_effects", gap[:, 0], level, {"county": codes})
    return np.linalg.solve(SHARED, (gap / SLOPES).T).T


def _printed(population: str, codes: Sequence[str]) -> NDArray[np.float64]:
    table = table3_counties(population)
    own = table[table["outcome"] == "atid3"].set_index("county")["value"]
    return np.array([own[code] for code in codes])


def leaving(exits: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Monthly chance of leaving the stock for those in work and others, by status group.

    Raises
    ------
    ParameterError
        When more would leave than there are.
    """
    found = exits * LEVELS.leave_working, exits * LEVELS.leave_other
    for chance in found:
        simulation.require_exits("exits", chance, 1.0, {"status": STATUS})
    return found


def told(
    truth: Truth, months: Sequence[str], spread: float, persistence: float
) -> dict[str, object]:
    """The truth as `truth.json` says it."""
    codes = truth.where.counties
    return {
        "county_latent": {
            code: dict(zip(("all", "young", "landgruppe_3"), row.round(4).tolist(), strict=True))
            for code, row in zip(codes, truth.county, strict=True)
        },
        "county_shocks": {
            "standard_deviation": spread,
            "persistence": persistence,
            "latent": dict(zip(codes, truth.shocks.round(4).tolist(), strict=True)),
        },
        "office_latent": dict(
            zip(truth.where.offices, truth.office.round(4).tolist(), strict=True)
        ),
        "calendar_latent": dict(zip(months, truth.calendar.round(4).tolist(), strict=True)),
        "group_latent": GROUP_EFFECT,
        "program_latent": PROGRAM_EFFECT,
        "program_growth": PROGRAM_GROWTH,
    }
