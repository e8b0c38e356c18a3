"""What is true of places and groups in the simulated registers, and how persons work.

All effects are on the latent tendency to work. A county's are chosen so that its
level, that of its young and that of its users from country group 3 come near the printed ones;
offices differ within their county, and counties drift by shocks that fade.

Each person has a latent tendency to work: what the document's probit says about the person's
characteristics, the place (county and office), the calendar (season, business cycle, pandemic
years), the programme, a lasting personal part and a part that fades. Hours follow from it.
Persistence makes months of the same person alike, so that clustering matters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from naveval.estimators.categorical import column_names
from naveval.project import paths
from naveval.project.errors import ParameterError
from naveval.project.parameters import read_yaml
from naveval.registers import simulation
from naveval.studies.indicator.characteristics import (
    FIRST_AGE,
    GROUPS,
    LAST_AGE,
    LONG_RESIDENCE,
    PROGRAMS,
    RESIDENCE_LEVELS,
    STATUS,
    residence_code,
    variables,
)
from naveval.studies.indicator.published import coefficients, table3_counties
from naveval.studies.indicator.simulate.population import Places, places

WORLD = read_yaml(paths.params_dir() / "simulated_indicator.yml")
WEEKS_PER_MONTH = 13 / 3
FULL_TIME = np.array([20.5, 25.0, 30.0, 35.5, 37.5, 37.5, 40.0], dtype=np.float32)
FADING = 0.88
LASTING_SHARE = 0.45
INDEX_WEIGHT = 0.75


@dataclass(frozen=True)
class Levels:
    """Constants of the work process, one element per status group (order of STATUS).

    long_run: latent level long after registration; entry: fall at registration, which fades;
    part_time: share of workers with few hours; leave_working, leave_other: monthly chance of
    leaving the stock.
    """

    long_run: NDArray[np.float64]
    entry: NDArray[np.float64]
    part_time: NDArray[np.float64]
    leave_working: NDArray[np.float64]
    leave_other: NDArray[np.float64]


LEVELS = Levels(**{name: np.array(given) for name, given in WORLD["levels"].items()})
GROUP_EFFECT: dict[str, float] = WORLD["group_effect"]
PROGRAM_EFFECT: dict[str, float] = WORLD["program_effect"]
PROGRAM_GROWTH: dict[str, float] = WORLD["program_growth"]
MOST_LASTING = 2.2


@dataclass(frozen=True)
class Tendency:
    """Probit index of characteristics without hours and place, as tables to look up."""

    age: NDArray[np.float64]
    children: NDArray[np.float64]
    origin: NDArray[np.float64]
    wage: NDArray[np.float64]
    marks: dict[str, float]
    mean: float


def tendency() -> Tendency:
    """The document's Jobb12 coefficients as lookup tables."""
    chosen = variables("report")
    names = column_names(chosen)
    value = dict(zip(names, coefficients(names, "jobb12"), strict=True))

    def table(name: str) -> NDArray[np.float64]:
        levels = next(v.levels for v in chosen if v.name == name)
        return np.array([value.get(f"{name}={level}", 0.0) for level in levels])

    marks = {name.split("=")[0]: value[name] for name in names if name.endswith("=yes")}
    return Tendency(table("age"), table("children"), table("origin"), table("wage"), marks, 0.12)


def index_of(found: Tendency, persons: dict[str, NDArray]) -> NDArray[np.float32]:
    """Latent contribution of a person's characteristics."""
    age = np.clip(persons["age"].astype(int), FIRST_AGE, LAST_AGE) - FIRST_AGE
    stay = residence_code(persons["residence"])
    total = found.age[age] + found.children[np.minimum(persons["children"], 4)]
    total = total + found.origin[persons["origin"] * len(RESIDENCE_LEVELS) + stay]
    total += found.wage[persons["wage"]]
    for name, weight in found.marks.items():
        if name not in ("health_benefit", "work_benefit"):
            total += weight * persons[name]
    return (INDEX_WEIGHT * (total - found.mean)).astype(np.float32)


def calendar_effect(months: list[str], rng: np.random.Generator) -> NDArray[np.float64]:
    """Latent effect of each calendar month: season, cycle, pandemic and small shocks."""
    effect = []
    for month in months:
        year, number = int(month[:4]), int(month[5:7])
        season = 0.055 * np.cos(2 * np.pi * (number - 10) / 12)
        cycle = {
            2017: 0.0,
            2018: 0.0,
            2019: -0.03,
            2020: -0.04,
            2021: 0.05,
            2022: 0.06,
            2023: -0.03,
            2024: 0.02,
        }.get(year, 0.0)
        shut = -0.12 if "2020-03" <= month <= "2020-05" else 0.0
        shut += -0.05 if "2021-01" <= month <= "2021-03" else 0.0
        effect.append(season + cycle + shut + rng.normal(0, 0.008))
    return np.array(effect)


def step_fading(rng: np.random.Generator, fading: NDArray[np.float32]) -> NDArray[np.float32]:
    """One month of the part that fades (first-order, constant spread)."""
    spread = np.float32(np.sqrt((1 - LASTING_SHARE) * (1 - FADING**2)))
    shock = rng.standard_normal(len(fading), dtype=np.float32)
    return np.float32(FADING) * fading + spread * shock


def weekly_hours(
    latent: NDArray, part_time: NDArray, potential: NDArray, small: NDArray
) -> NDArray[np.float32]:
    """Hours a week: none below 0; few for part-timers, else the person's usual hours."""
    usual = np.where(
        small < part_time,
        3 + 15.5 * potential,
        FULL_TIME[(potential * len(FULL_TIME)).astype(np.int8)],
    )
    return np.where(latent > 0, usual, 0).astype(np.float32)


def group_effects() -> NDArray[np.float64]:
    """What caseworkers see in those of an innsatsgruppe and the model does not."""
    return np.array([GROUP_EFFECT[name] for name in GROUPS])


def program_growth() -> NDArray[np.float32]:
    """What a month in each programme adds to the lasting part."""
    return np.array([PROGRAM_GROWTH.get(name, 0.0) for name in PROGRAMS], dtype=np.float32)


def program_effects() -> NDArray[np.float64]:
    return np.array([PROGRAM_EFFECT[name] for name in PROGRAMS])


assert len(LEVELS.long_run) == len(STATUS)
assert len(RESIDENCE_LEVELS) - 1 == LONG_RESIDENCE


OFFICE_SPREAD = 0.07
COUNTY_SPREAD, COUNTY_PERSISTENCE = 0.02, 0.9
LONGEST = 360
POPULATIONS = ("all", "young", "country_group_3")
TOLD = ("all", "young", "landgruppe_3")
NATURAL = np.array([8.95, 8.80, 8.50])
SLOPES = np.array([5.7, 6.2, 6.2])
SHARED = np.array([[1.0, 0.26, 0.23], [1.0, 1.0, 0.20], [1.0, 0.23, 1.0]])
"""Hours of the three populations without county effects, hours per unit of the latent tendency, and
how much of each population the second and third are."""
RESPONSE = {name: np.array(given) for name, given in WORLD["county_response"].items()}


@dataclass(frozen=True)
class Truth:
    """Latent effects behind the simulated hours, and the places.

    Attributes
    ----------
    hours
        (counties, 3): hours a week above the country, of everybody, the young and those from
        country group 3.
    county
        (counties, 3): effect for everybody, and beside it for the young and for those from country
        group 3.
    office
        (offices,), zero on average in each county.
    shocks
        (counties, months).
    """

    where: Places
    hours: NDArray[np.float64]
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
    simulation.require_number("office_spread", office_spread, 0, simulation.MOST_SHOCK)
    named = ("county_spread", "county_persistence")
    simulation.require_shock(county_spread, county_persistence, named)
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
    hours = _asked(where.counties, county_effects)
    return Truth(where, hours, _latent(hours, county_effects), office, shocks, calendar)


def _asked(codes: Sequence[str], effects: bool | Mapping[str, float]) -> NDArray[np.float64]:
    """Hours a week above the country, (counties, 3) for the three populations.

    Raises
    ------
    ParameterError
        For an unknown county, an effect larger than the level, or more hours than there can be.
    """
    if effects is False:
        return np.zeros((len(codes), 3))
    if effects is True:
        return (
            np.column_stack([_printed(population, codes) for population in POPULATIONS]) - NATURAL
        )
    if not isinstance(effects, Mapping):
        raise ParameterError(
            f"county_effects: {effects!r}: expected true, false, or hours a week by county"
        )
    unknown = sorted(map(str, set(effects) - set(codes)))
    if unknown:
        raise ParameterError(
            f"county_effects: {', '.join(unknown)}: expected counties of {', '.join(codes)}"
        )
    least, most = RESPONSE["hours"][[0, -1]] - NATURAL[0]
    for code, hours in effects.items():
        simulation.require_number(f"county_effects, {code}", hours, round(least, 2), round(most, 2))
    return np.repeat([[effects.get(code, 0.0)] for code in codes], 3, axis=1)


def _latent(hours: NDArray, effects: bool | Mapping[str, float]) -> NDArray[np.float64]:
    """Latent effects of counties, (counties, 3), of hours above the country.

    The printed differences are small, and of one slope in each population. Given ones can be
    large: they are read off the response of everybody's hours.
    """
    if isinstance(effects, bool):
        return np.linalg.solve(SHARED, (hours / SLOPES).T).T
    shift = np.interp(NATURAL[0] + hours[:, 0], RESPONSE["hours"], RESPONSE["latent"])
    return np.column_stack([shift, np.zeros((len(hours), 2))])


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

    def by_county(values: NDArray) -> dict[str, dict[str, float]]:
        rows = [dict(zip(TOLD, row, strict=True)) for row in values.round(4).tolist()]
        return dict(zip(codes, rows, strict=True))

    return {
        "county_hours": by_county(truth.hours),
        "county_latent": by_county(truth.county),
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
