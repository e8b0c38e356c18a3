"""The process behind the simulated job seekers: spells that start and end month by month.

Two kinds of spell: with benefit right (kind 0) and without (kind 1). A spell starts at a
monthly update and survives to the next with probability 1 − hazard, which depends on kind,
county, month and months registered. The right to benefit is granted zero to three months
after registration and lost, with some probability each month, after two years. The same
transitions are run either in expectation (the truth) or with binomial draws (the panels of
the size simulation), and person by person in `hedmark.simulate.registers`.

Axes: `(…, kind, county, month)` and for durations `(…, kind, county, month, group)` with the
groups 0–25, 26–51, 52–77, 78–103 and 104+ weeks.
"""

from dataclasses import dataclass, replace

import numpy as np

from naveval.project.errors import ParameterError
from naveval.registers.simulation import require_effect, require_exits, require_number

KINDS = ("with", "without")
MOST_EFFECT = 10
GROUPS = ("0-25", "26-51", "52-77", "78-103", "104+")
GROUP_START = (0, 6, 12, 18, 24)
MAX_DURATION = 24
GRANT_LAG = np.array([0.46, 0.30, 0.17, 0.07])
RIGHT_LOST = 0.08
ABSENT = 0.01


@dataclass(frozen=True)
class Process:
    """Expected starts and monthly exit hazards.

    Attributes
    ----------
    counties
        Codes, in the order of the county axis.
    labour_force
        Persons, (county, month).
    starts
        Expected number of spells that start, (kind, county, month).
    hazard
        Probability of leaving between update t−1 and t for a spell that was d months old at
        t−1, (kind, county, month, d = 0…24); d = 24 stands for 24 months and more.
    """

    counties: tuple[str, ...]
    labour_force: np.ndarray
    starts: np.ndarray
    hazard: np.ndarray


@dataclass(frozen=True)
class Series:
    """Stocks and flows in persons: `stock`, `inflow` (…, kind, county, month) by benefit right,
    `duration` (…, kind, county, month, group).
    """

    stock: np.ndarray
    inflow: np.ndarray
    duration: np.ndarray


def group_of_duration() -> np.ndarray:
    """Index of the duration group of each number of months registered, (25,)."""
    return np.searchsorted(GROUP_START, np.arange(MAX_DURATION + 1), side="right") - 1


def absent_share() -> np.ndarray:
    """Share of ongoing spells that miss an update, by months registered, (25,).

    A person misses an update with probability ABSENT, never the first and never two running.
    """
    share = np.zeros(MAX_DURATION + 1)
    for d in range(1, MAX_DURATION + 1):
        share[d] = ABSENT * (1 - share[d - 1])
    return share


def right_share() -> np.ndarray:
    """Share of kind 0 spells whose right has been granted, by months registered, (25,)."""
    return np.minimum(np.cumsum(np.r_[GRANT_LAG, np.zeros(MAX_DURATION - 3)]), 1.0)


def with_effect(
    process: Process,
    county: str,
    exposure: np.ndarray,
    inflow: tuple[float, float],
    exits: np.ndarray,
) -> Process:
    """The process when one county is treated.

    Parameters
    ----------
    exposure
        Share of the month under the new practice, (month,).
    inflow
        Relative effect on spells that start, per kind (−0.09 is nine per cent fewer).
    exits
        Relative effect on exit hazards, (kind, d = 0…24).
    """
    i = process.counties.index(county)
    require_effect("inflow_effect", inflow, 1.0, {"group": KINDS})
    starts, hazard = process.starts.copy(), process.hazard.copy()
    starts[..., i, :] *= 1 + np.asarray(inflow)[:, None] * exposure
    hazard[..., i, :, :] *= 1 + exposure[None, :, None] * exits[:, None, :]
    require_hazards("exit_effect", hazard[..., i : i + 1, :, :])
    return replace(process, starts=starts, hazard=hazard)


def require_hazards(name: str, hazard: np.ndarray) -> None:
    """Refuse hazards (…, kind, county, month, d) that would mean more exits than persons."""
    others = tuple(
        axis for axis in range(hazard.ndim) if axis not in (hazard.ndim - 4, hazard.ndim - 1)
    )
    axes = {"group": KINDS, "months registered": [str(d) for d in range(MAX_DURATION + 1)]}
    for end in (hazard.max(axis=others), hazard.min(axis=others)):
        require_exits(name, end, axes=axes)


def require_pair(name: str, given: tuple[float, float] | None) -> None:
    """Refuse a relative effect that is not two numbers, one for each kind of spell."""
    if given is None:
        return
    if not isinstance(given, tuple | list) or len(given) != len(KINDS):
        raise ParameterError(f"{name}: {given!r}: expected two numbers, {' and '.join(KINDS)}")
    for kind, value in zip(KINDS, given, strict=True):
        require_number(f"{name}, group {kind}", value, -1, MOST_EFFECT)


def observed_inflow(process: Process, starts_with: np.ndarray, draw: "Draw") -> np.ndarray:
    """Of the kind 0 spells that start, those whose right is there within three months.

    Follows the definition of the study: a spell that ends first counts as without right, and
    so do the last months' spells whose right comes after the end of the data.
    """
    hazard = process.hazard[..., 0, :, :, :]
    months = hazard.shape[-2]
    shares = np.zeros(hazard.shape[:-1])
    for t in range(months):
        alive = np.ones(hazard.shape[:-2])
        for lag, granted in enumerate(GRANT_LAG):
            if t + lag >= months:
                break
            if lag:
                alive = alive * (1 - hazard[..., t + lag, lag - 1])
            shares[..., t] += granted * alive
    return draw.binomial(starts_with, shares)


@dataclass(frozen=True)
class Draw:
    """Binomial and Poisson draws, or their means when `generator` is None."""

    generator: np.random.Generator | None = None

    def poisson(self, mean: np.ndarray) -> np.ndarray:
        if self.generator is None:
            return mean
        return self.generator.poisson(mean).astype(np.int64)

    def binomial(self, n: np.ndarray, p: np.ndarray) -> np.ndarray:
        if self.generator is None:
            return n * p
        return self.generator.binomial(n, np.broadcast_to(p, np.shape(n)))


def first_stock(process: Process) -> tuple[np.ndarray, np.ndarray]:
    """Expected stock at the first month had its rates always held.

    Returns
    -------
    (kind, county, d) of spells, kind 0 with their right not lost; (county,) of kind 0 spells
    whose right is lost.
    """
    starts, hazard = process.starts[..., 0], process.hazard[..., 0, :]
    alive = np.cumprod(1 - hazard[..., :-1], axis=-1)
    stock = starts[..., None] * np.concatenate([np.ones_like(alive[..., :1]), alive], axis=-1)
    stay_with = (1 - hazard[..., 0, :, -1]) * (1 - RIGHT_LOST)
    stay = 1 - hazard[..., 1, :, -1]
    stock[..., 0, :, -1] /= 1 - stay_with
    stock[..., 1, :, -1] /= 1 - stay
    lost = stock[..., 0, :, -1] * (1 - hazard[..., 0, :, -1]) * RIGHT_LOST / (1 - stay)
    return stock, lost


def evolve(process: Process, draw: Draw | None = None) -> Series:
    """Run the process over all months, in expectation or with draws.

    Starts and hazards may have leading axes, one process each. Who misses an update or waits
    for the right is always taken in expectation; it adds next to nothing to the variance.
    """
    draw = draw or Draw()
    stock, lost = first_stock(process)
    spells = draw.poisson(stock)
    gone = draw.poisson(lost)
    present, granted, group = 1 - absent_share(), right_share(), group_of_duration()
    starts = draw.poisson(process.starts)
    months = process.starts.shape[-1]
    shape = (*starts.shape, len(GROUPS))
    duration = np.zeros(shape)
    for t in range(months):
        if t:
            spells, gone = _step(process, spells, gone, starts[..., t], t, draw)
        seen = spells * present
        seen_gone = gone * present[-1]
        holders = seen[..., 0, :, :] * granted
        pending = seen[..., 0, :, :] - holders
        for k, counts in enumerate((holders, seen[..., 1, :, :] + pending)):
            for g in range(len(GROUPS)):
                duration[..., k, :, t, g] = counts[..., group == g].sum(-1)
        duration[..., 1, :, t, -1] += seen_gone
    with_right = observed_inflow(process, starts[..., 0, :, :], draw)
    inflow = np.stack([with_right, starts.sum(-3) - with_right], axis=-3)
    return Series(duration.sum(-1), inflow, duration)


def _step(
    process: Process, spells: np.ndarray, gone: np.ndarray, starts: np.ndarray, t: int, draw: Draw
) -> tuple[np.ndarray, np.ndarray]:
    """Spells at month t from those at t−1."""
    alive = draw.binomial(spells, 1 - process.hazard[..., t, :])
    kept_last = draw.binomial(alive[..., 0, :, -1], np.asarray(1 - RIGHT_LOST))
    gone_next = draw.binomial(gone, 1 - process.hazard[..., 1, :, t, -1])
    gone_next = gone_next + alive[..., 0, :, -1] - kept_last
    following = np.empty_like(alive)
    following[..., 1:] = alive[..., :-1]
    following[..., 0, :, -1] += kept_last
    following[..., 1, :, -1] += alive[..., 1, :, -1]
    following[..., 0] = starts
    return following, gone_next
