"""What makes counties differ over time by chance: persistent shocks to starts and exits."""

from dataclasses import dataclass, fields

import numpy as np

from naveval.errors import ParameterError
from naveval.hedmark_simulation_levels import START


@dataclass(frozen=True)
class ShockSize:
    """Standard deviations of log shocks, and their persistence from month to month.

    `starts` and `exits` are first-order autoregressive per county (starts half shared between
    the two kinds of spell); `noise` is independent from month to month, on starts.
    """

    starts: float = 0.025
    exits: float = 0.01
    noise: float = 0.03
    persistence: float = 0.95


def shock_size(**given: float) -> ShockSize:
    """A ShockSize from some of its fields; ParameterError for unknown or impossible ones."""
    allowed = [field.name for field in fields(ShockSize)]
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        raise ParameterError(f"shocks: unknown {', '.join(unknown)}; allowed: {', '.join(allowed)}")
    size = ShockSize(**given)
    if min(size.starts, size.exits, size.noise) < 0 or not 0 <= size.persistence < 1:
        raise ParameterError("shocks: standard deviations must be >= 0 and persistence in [0, 1)")
    return size


def autoregressive(
    generator: np.random.Generator, shape: tuple[int, ...], persistence: float
) -> np.ndarray:
    """Stationary first-order autoregressive series along the last axis, variance one."""
    noise = generator.standard_normal(shape)
    series = np.empty(shape)
    series[..., 0] = noise[..., 0]
    scale = np.sqrt(1 - persistence**2)
    for t in range(1, shape[-1]):
        series[..., t] = persistence * series[..., t - 1] + scale * noise[..., t]
    return series


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
