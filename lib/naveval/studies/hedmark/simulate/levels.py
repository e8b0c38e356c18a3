"""Levels of the simulated job seekers, per county, month and duration.

Tables of numbers are in `params/simulated_hedmark.yml`, which says where they come from.

What makes counties differ over time by chance: persistent shocks to starts and exits.
"""

from dataclasses import dataclass, fields

import numpy as np

from naveval.project import paths
from naveval.project.errors import ParameterError
from naveval.project.months import month_number
from naveval.project.parameters import read_yaml
from naveval.registers.simulation import autoregressive, require_shock
from naveval.studies.hedmark.simulate.process import MAX_DURATION, Process, require_hazards

FIRST, LAST = "2006-12", "2016-03"
MONTHS = 112  # three more than the document's, so that all newcomers' right to benefit is known
START = 95  # November 2014, when the practice was taken up in the middle of the month
TURN = 73  # January 2013
TREATED = "04"
CONTROLS = ("01", "03", "05", "06", "07", "08", "16", "17", "18", "19", "20")

WORLD = read_yaml(paths.params_dir() / "simulated_hedmark.yml")
LABOUR_FORCE: dict[str, float] = WORLD["labour_force"]
LEVEL: dict[str, float] = WORLD["level"]
OIL: dict[str, float] = WORLD["oil"]
YEARS: dict[int, list[float]] = WORLD["years"]
SEASON = np.array(WORLD["season"])
TREATED_YEARS: dict[int, list[float]] = WORLD["treated_years"]
SEGMENT_START = (0, 1, 6, 12, 18, 24)
EFFECT_SEGMENT_START = (0, 1, 4, 6, 12, 18, 24)
MOST_STARTS = 0.1


@dataclass(frozen=True)
class Levels:
    """What calibration solves for; axes are (kind,) and (kind, segment of duration).

    Attributes
    ----------
    starts
        Spells started a month in per cent of the labour force, control counties 2011–2014.
    hazard
        Monthly exit hazards there, by segments of duration (months 0, 1–5, 6–11, 12–17,
        18–23, 24 and more).
    starts_after, hazard_after
        Factors from November 2014, of starts for the middle of 2015.
    tilt
        Growth of starts in half a year from November 2014 on.
    starts_treated, hazard_treated
        Factors of Hedmark before the new practice.
    effect_starts, effect_hazard
        True relative effects of the new practice; effects on exits are told apart for months 1–3
        and 4–5, since exits shortly before half a year are what makes 26–51 weeks fall first.
    """

    starts: np.ndarray
    hazard: np.ndarray
    starts_after: np.ndarray
    hazard_after: np.ndarray
    tilt: np.ndarray
    starts_treated: np.ndarray
    hazard_treated: np.ndarray
    effect_starts: np.ndarray
    effect_hazard: np.ndarray


def calibrated() -> Levels:
    """The levels that were solved for."""
    given = WORLD["calibrated"]
    return Levels(**{name: np.array(values, dtype=float) for name, values in given.items()})


def by_duration(segments: np.ndarray) -> np.ndarray:
    """Spread (…, segment) over months registered, (…, 25); seven segments are an effect's."""
    segments = np.asarray(segments)
    start = SEGMENT_START if segments.shape[-1] == len(SEGMENT_START) else EFFECT_SEGMENT_START
    index = np.searchsorted(start, np.arange(MAX_DURATION + 1), side="right") - 1
    return segments[..., index]


def calendar() -> tuple[np.ndarray, np.ndarray]:
    """Year and month of the year (0–11) of each simulated month."""
    position = np.arange(MONTHS) + month_number("2006-12")
    return position // 12, position % 12


def exposure() -> np.ndarray:
    """Share of each month under the new practice: half of November 2014, then all of it."""
    return np.clip(np.arange(MONTHS) - START + 0.5, 0, 1)


def national_path(levels: Levels) -> tuple[np.ndarray, np.ndarray]:
    """Factors on starts (kind, month) and on hazards (kind, month, d)."""
    years, month = calendar()
    known = np.array([YEARS.get(year, YEARS[2014]) for year in years]).T
    middle = 2006 + 0.5 + np.arange(6)
    smooth = [
        np.interp(years + month / 12, middle, [YEARS[y][k] for y in range(2006, 2012)])
        for k in range(3)
    ]
    known = np.where(years < 2011, np.array(smooth), known)
    reached = turning()
    tilt = 1 + levels.tilt[:, None] * (np.maximum(np.arange(MONTHS), START) - START - 7) / 6
    starts = (1 - reached) * known[:2] + reached * levels.starts_after[:, None] * tilt
    new, old = by_duration(levels.hazard_after)[:, None, :], known[2][None, :, None]
    weight = reached[None, :, None]
    return starts * SEASON[:, month], (1 - weight) * old + weight * new


def turning() -> np.ndarray:
    """How far the labour market is on its way to what it is from the end of 2014 on, (month,)."""
    return np.clip((np.arange(MONTHS) - TURN) / (START - TURN), 0, 1)


def oil_path(county: str) -> np.ndarray:
    """Factor on starts with benefit of a county hit by the oil downturn, (month,)."""
    ramp = np.clip((np.arange(MONTHS) - (START - 5)) / 16, 0, 1)
    return 1 + OIL.get(county, 0.0) * ramp


def labour_force(counties: tuple[str, ...], scale: float) -> np.ndarray:
    """Persons in the labour force, (county, month): one per cent growth a year."""
    growth = 1.01 ** ((np.arange(MONTHS) - 61) / 12)
    base = np.array([LABOUR_FORCE[county] for county in counties]) * 1000 * scale
    return np.rint(base[:, None] * growth[None, :])


def level_of(county: str) -> float:
    """Level of a county's job seekers relative to the pooled control counties'."""
    weights = np.array([LABOUR_FORCE[c] for c in CONTROLS], dtype=float)
    return float(LEVEL[county] / np.average([LEVEL[c] for c in CONTROLS], weights=weights))


def build(
    levels: Levels,
    counties: tuple[str, ...],
    scale: float,
    shocks: tuple[np.ndarray, np.ndarray] | None = None,
) -> Process:
    """The process without the new practice.

    Parameters
    ----------
    shocks
        Log deviations of starts (…, kind, county, month) and of hazards (…, county, month).
    """
    force, (years, _) = labour_force(counties, scale), calendar()
    path, hazard_path = national_path(levels)
    starts = np.empty((2, len(counties), MONTHS))
    hazard = np.empty((2, len(counties), MONTHS, MAX_DURATION + 1))
    for i, county in enumerate(counties):
        own = county == TREATED
        level = levels.starts_treated if own else np.full(2, level_of(county))
        factor = levels.hazard_treated if own else np.ones_like(levels.hazard)
        early = np.array([TREATED_YEARS.get(year, (1, 1)) for year in years]).T if own else 1.0
        starts[:, i] = (levels.starts * level)[:, None] / 100 * path * early * force[i]
        starts[0, i] *= oil_path(county)
        hazard[:, i] = by_duration(levels.hazard * factor)[:, None, :] * hazard_path
    if shocks is not None:
        starts = starts * np.exp(shocks[0])
        require_starts(starts, force)
        hazard = hazard * np.exp(shocks[1])[..., None, :, :, None]
    require_hazards("shocks", hazard)
    return Process(counties, force, starts, hazard)


def require_starts(starts: np.ndarray, force: np.ndarray) -> None:
    """ParameterError where a month's new job seekers are more than a tenth of a labour force."""
    share = float((starts.sum(axis=-3) / force).max())
    if share > MOST_STARTS:
        raise ParameterError(
            f"shocks: {100 * share:.0f} per cent of a county's labour force become job seekers in "
            f"one month; expected at most {100 * MOST_STARTS:.0f}"
        )


@dataclass(frozen=True)
class ShockSize:
    """Standard deviations of log shocks, and their persistence from month to month.

    `starts` and `exits` are first-order autoregressive per county (starts half shared between
    the two kinds of spell); `noise` is independent from month to month, on starts.
    """

    starts: float = 0.012
    exits: float = 0.005
    noise: float = 0.03
    persistence: float = 0.95


def shock_size(**given: float) -> ShockSize:
    """A ShockSize from some of its fields; ParameterError for unknown or impossible ones."""
    allowed = [field.name for field in fields(ShockSize)]
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        raise ParameterError(f"shocks: unknown {', '.join(unknown)}; allowed: {', '.join(allowed)}")
    size = ShockSize(**given)
    for name in ("starts", "exits", "noise"):
        require_shock(
            getattr(size, name), size.persistence, (f"shocks {name}", "shocks persistence")
        )
    return size


def draw_shocks(
    generator: np.random.Generator,
    counties: int,
    months: int,
    size: ShockSize,
    lead: tuple[int, ...] = (),
) -> tuple[np.ndarray, np.ndarray]:
    """Log shocks of starts (…, kind, county, month) and of hazards (…, county, month).

    Persistent shocks have mean zero over the months before the reform in each county, so that
    levels match the printed ones; what is left to chance is how counties develop.
    """
    shared, own = (
        autoregressive(generator, (*lead, 1, counties, months), size.persistence),
        autoregressive(generator, (*lead, 2, counties, months), size.persistence),
    )
    noise = generator.standard_normal((*lead, 2, counties, months))
    starts = size.starts * np.sqrt(0.5) * centred(shared + own) + size.noise * noise
    exits = autoregressive(generator, (*lead, counties, months), size.persistence)
    return starts, size.exits * centred(exits)


def centred(series: np.ndarray) -> np.ndarray:
    """Subtract the mean over the four years before the reform."""
    if series.shape[-1] < START:
        return series
    return series - series[..., START - 48 : START].mean(-1, keepdims=True)
