"""Simulated benefit spells, one two-week period at a time, before they become registers."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from naveval.studies.followup.simulate.levels import (
    LAST_EXIT,
    N_PERIODS,
    PERIOD_MONTH,
    Levels,
    mean,
)

NONE, WORK, OTHER, HEALTH = range(4)
PERSISTENCE = 0.85
TWICE = 0.10
KIND_SHARES = (0.29, 0.25, 0.06, 0.27, 0.05, 0.05, 0.03)
CHANNEL_SHARES = (0.36, 0.36, 0.28)
ENTRIES_PER_PERIOD = 2562.0
ENTRY_BY_YEAR = (1.50, 0.88, 0.82, 0.86, 0.80, 0.85, 0.82, 0.80)
SHORT_GRANT = 0.22
RESUMED = 0.20
RENEWED = 0.10
LEAST_LEFT = 8
SOON = 0.1
LATEST = 40


@dataclass(frozen=True)
class Spells:
    """Spells to simulate: person, first period, weeks left at its start, kind of start.

    `start` is 0 for a first decision, 1 for a return on what was left, 2 for a return on a
    new decision.
    """

    person: np.ndarray
    first: np.ndarray
    left: np.ndarray
    start: np.ndarray


@dataclass(frozen=True)
class Periods:
    """Person-periods with weeks left: one element per period, all arrays of equal length.

    `spell` is a row of `Spells`; `period` counts fortnights from 2015-W01/W02; `kind` is 0
    without programme, else 1–7; `phone`, `meeting`, `question` count dialogues; `exit` is 0
    none, 1 work, 2 other, 3 health.
    """

    spell: np.ndarray
    period: np.ndarray
    duration: np.ndarray
    left: np.ndarray
    kind: np.ndarray
    phone: np.ndarray
    meeting: np.ndarray
    question: np.ndarray
    exit: np.ndarray


Arrays = TypeVar("Arrays", Spells, Periods)


def simulate(
    levels: Levels, scale: float, rng: np.random.Generator, last: int = N_PERIODS
) -> tuple[Spells, Periods]:
    """Spells and periods of everybody who starts before period `last`.

    First decisions are drawn first; some of those who leave come back, on the weeks they had
    left or on a new decision. Without them, weeks left would follow from duration alone.
    """
    spells = first_spells(scale, rng, last)
    periods = run(spells, levels, rng, last)
    back = returns(spells, periods, rng, last)
    again = run(back, levels, rng, last, offset=len(spells.person))
    return join(spells, back), join(periods, again)


def first_spells(scale: float, rng: np.random.Generator, last: int) -> Spells:
    """Draw how many start in each period, and who gets 52 and who 104 weeks."""
    years = np.minimum(PERIOD_MONTH[: last - 1] // 12, len(ENTRY_BY_YEAR) - 1)
    number = rng.poisson(scale * ENTRIES_PER_PERIOD * np.array(ENTRY_BY_YEAR)[years])
    first = np.repeat(np.arange(last - 1, dtype="int16"), number)
    left = np.where(rng.random(first.size) < SHORT_GRANT, 52, 104).astype("int16")
    return Spells(np.arange(first.size), first, left, np.zeros(first.size, dtype="int8"))


def returns(spells: Spells, periods: Periods, rng: np.random.Generator, last: int) -> Spells:
    """Persons who come back after work or other exits, each at most once."""
    out = (periods.exit == WORK) | (periods.exit == OTHER)
    spell, end, left = periods.spell[out], periods.period[out], periods.left[out] - 2
    draw = rng.random(spell.size)
    resumed = (draw < RESUMED) & (left >= LEAST_LEFT)
    renewed = (draw >= RESUMED) & (draw < RESUMED + RENEWED)
    # Two fortnights on is one missing card.
    soon = 1 + np.minimum(rng.geometric(SOON, spell.size), LATEST)
    gap = np.where(resumed, soon, rng.integers(8, 61, spell.size))
    first = end + gap
    use = (resumed | renewed) & (first < last - 1)
    granted = np.where(rng.random(spell.size) < SHORT_GRANT, 52, 104)
    return Spells(
        spells.person[spell[use]],
        first[use].astype("int16"),
        np.where(resumed, left, granted)[use].astype("int16"),
        np.where(resumed, 1, 2)[use].astype("int8"),
    )


def run(
    spells: Spells, levels: Levels, rng: np.random.Generator, last: int, offset: int = 0
) -> Periods:
    """Follow spells period by period until exit, used-up weeks or the end of the data."""
    parts = list(_steps(spells, levels, rng, last))
    names = [field.name for field in fields(Periods)]
    if not parts:
        return Periods(*(np.zeros(0, dtype="int32") for _ in names))
    joined = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return Periods(**{**joined, "spell": joined["spell"] + offset})


def _steps(
    spells: Spells, levels: Levels, rng: np.random.Generator, last: int
) -> Iterator[dict[str, np.ndarray]]:
    alive = np.arange(spells.first.size, dtype="int32")
    before = np.zeros(0)
    kind = np.zeros(0, dtype="int8")
    for step in range(N_PERIODS):
        period = spells.first[alive] + step
        left = spells.left[alive] - 2 * step
        month = PERIOD_MONTH[period]
        duration = np.full(alive.size, step)
        chance = mean(levels, "program", duration, month, left)
        kind = programme(kind, before, chance, rng)
        channels = dialogues(mean(levels, "dialogue", duration, month, left), rng)
        leaving = exits(levels, duration, month, left, rng)
        leaving[period > LAST_EXIT] = NONE
        yield {
            "spell": alive,
            "period": period.astype("int16"),
            "duration": duration.astype("int8"),
            "left": left.astype("int16"),
            "kind": kind,
            "phone": channels[0],
            "meeting": channels[1],
            "question": channels[2],
            "exit": leaving,
        }
        stay = (leaving == NONE) & (left > 2) & (period < last - 1)
        alive, before, kind = alive[stay], chance[stay], kind[stay]
        if not alive.size:
            return


def programme(
    kind: np.ndarray, before: np.ndarray, chance: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Programme in this period: as before with probability PERSISTENCE, else drawn anew.

    The share in a programme is exactly `chance` whatever the persistence, because the new
    draw makes up for those who kept the state they had when the share was `before`.
    """
    n = chance.size
    if not before.size:
        keep, anew = np.zeros(n, dtype=bool), chance
        kind = np.zeros(n, dtype="int8")
    else:
        keep = rng.random(n) < PERSISTENCE
        anew = (chance - PERSISTENCE * before) / (1 - PERSISTENCE)
    start = rng.random(n) < anew
    drawn = (1 + rng.choice(len(KIND_SHARES), n, p=KIND_SHARES)).astype("int8")
    drawn = np.where(kind > 0, kind, drawn)
    return np.where(keep, kind, np.where(start, drawn, 0)).astype("int8")


def dialogues(chance: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Number of dialogues by channel; some contacts are two dialogues."""
    counts = np.zeros((3, chance.size), dtype="int8")
    who = np.flatnonzero(rng.random(chance.size) < chance / (1 + TWICE))
    np.add.at(counts, (rng.choice(3, who.size, p=CHANNEL_SHARES), who), 1)
    again = who[rng.random(who.size) < TWICE]
    np.add.at(counts, (rng.choice(3, again.size, p=CHANNEL_SHARES), again), 1)
    return counts[0], counts[1], counts[2]


def exits(
    levels: Levels,
    duration: np.ndarray,
    month: np.ndarray,
    left: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Exit of each period: none, work, other or health."""
    limits = np.cumsum(
        [mean(levels, name, duration, month, left) for name in ("work", "other", "health")], axis=0
    )
    draw = rng.random(duration.size)
    found = np.where(draw < limits[1], OTHER, np.where(draw < limits[2], HEALTH, NONE))
    return np.where(draw < limits[0], WORK, found).astype("int8")


def join(first: Arrays, second: Arrays) -> Arrays:
    """Stack two sets of arrays of the same kind."""
    return type(first)(
        *(
            np.concatenate([getattr(first, field.name), getattr(second, field.name)])
            for field in fields(first)
        )
    )
