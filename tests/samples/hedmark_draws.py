"""Many draws of the county panel at once, without persons, to measure how methods behave."""

from dataclasses import dataclass

import numpy as np

from naveval.project.errors import ParameterError
from naveval.project.months import month_number
from naveval.studies.hedmark.simulate.levels import (
    MONTHS,
    build,
    by_duration,
    calibrated,
    draw_shocks,
    exposure,
    shock_size,
)
from naveval.studies.hedmark.simulate.process import GROUPS, Draw, evolve, with_effect

BATCH = 50
FIRST_MONTH = month_number("2006-12")


@dataclass(frozen=True)
class PanelDraws:
    """Rates in per cent of the labour force.

    Attributes
    ----------
    counties
        Codes in the order of the county axis.
    months
        (T,) month numbers (year × 12 + month − 1).
    rates
        Outcome and group to (draw, county, month).
    size
        (county,) mean labour force.
    """

    counties: tuple[str, ...]
    months: np.ndarray
    rates: dict[tuple[str, str], np.ndarray]
    size: np.ndarray


def draw_panels(
    counties: tuple[str, ...],
    *,
    draws: int,
    seed: int,
    scale: float = 1.0,
    effect: float = 0.0,
    treated: str = "",
    shocks: dict[str, float] | None = None,
) -> PanelDraws:
    """Independent panels from the process of the simulated registers.

    Parameters
    ----------
    effect
        Share of the calibrated effect that `treated` gets from November 2014: 0 is no effect.

    Raises
    ------
    ParameterError
        For no draws, or an effect without a treated county.
    """
    if draws < 1:
        raise ParameterError(f"draws: {draws}: expected at least 1")
    if effect and treated not in counties:
        raise ParameterError(f"treated: {treated!r}: expected one of {', '.join(counties)}")
    generator = np.random.default_rng(seed)
    parts = []
    for first in range(0, draws, BATCH):
        lead = (min(BATCH, draws - first),)
        parts.append(_batch(counties, lead, generator, scale, effect, treated, shocks or {}))
    names = parts[0].keys()
    size = build(calibrated(), counties, scale).labour_force.mean(1)
    return PanelDraws(
        counties,
        FIRST_MONTH + np.arange(MONTHS),
        {name: np.concatenate([part[name] for part in parts]) for name in names},
        size,
    )


def _batch(
    counties: tuple[str, ...],
    lead: tuple[int, ...],
    generator: np.random.Generator,
    scale: float,
    effect: float,
    treated: str,
    shocks: dict[str, float],
) -> dict[tuple[str, str], np.ndarray]:
    levels = calibrated()
    drawn = draw_shocks(generator, len(counties), MONTHS, shock_size(**shocks), lead)
    process = build(levels, counties, scale, drawn)
    if effect:
        starts = effect * levels.effect_starts
        process = with_effect(
            process,
            treated,
            exposure(),
            (float(starts[0]), float(starts[1])),
            by_duration(effect * levels.effect_hazard),
        )
    series = evolve(process, Draw(generator))
    found = {}
    for k, group in enumerate(("with", "without")):
        found["stock", group] = 100 * series.stock[:, k] / process.labour_force
        found["inflow", group] = 100 * series.inflow[:, k] / process.labour_force
        for g in range(1, len(GROUPS)):
            found[GROUPS[g], group] = 100 * series.duration[:, k, ..., g] / process.labour_force
    return {name: values.astype(np.float32) for name, values in found.items()}
