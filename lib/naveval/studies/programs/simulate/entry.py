"""What happens at registration: first group, the month and outcome of the first decision."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naveval.studies.programs.simulate.persons import Draws, Persons
from naveval.studies.programs.simulate.settings import (
    ENTRY_WEIGHT,
    MOVER_SHARE,
    PLANS,
    START_MONTH,
    selection,
)

NEVER = 9999
LAST_AGE = 59
EDUCATION_INDEX = np.array([-0.25, -0.30, -0.20, 0.0, 0.08, 0.10, 0.35, 0.45])
EDUCATION_SIX = np.array([0, 1, 1, 2, 3, 4, 5, 5])
COUNTRY_INDEX = np.array([0.0, -0.05, -0.05, -0.45])


@dataclass(frozen=True)
class WorldSettings:
    """Tunable truth.

    Attributes
    ----------
    effect
        Multiplies all programme effects. With 0 programmes do nothing to anybody's chance of
        work; being on one still keeps people registered, which moves a few later
        registrations and the fall in work around them.
    selection
        Strength of selection on observed characteristics; 0 is a lottery.
    exit_on_work
        Extra monthly chance that someone in work leaves Nav in the first year. Anything but 0
        breaks the assumption that pseudo-starts make controls comparable.
    hidden
        Selection on what the registers do not show, in log odds of getting any programme per
        unit of the permanent part. Anything but 0 breaks unconfoundedness.
    only_cohort
        Make only persons who first register in the months of the effect sample, in its three
        groups.
    """

    effect: float = 1.0
    selection: float = 0.8
    exit_on_work: float = 0.0
    hidden: float = 0.0
    only_cohort: bool = False


@dataclass
class Made:
    """Decisions at registration of m persons: group, programme plan, months from entry."""

    group: NDArray[np.int8]
    spell: NDArray[np.int64]
    plan: NDArray[np.int64]
    start: NDArray[np.int64]
    move: NDArray[np.int64]
    in_sample_type: NDArray[np.bool_]


@dataclass
class Entries:
    """(episodes, n) arrays with one cell per registration; `month` is −1 where there is none."""

    month: NDArray[np.int64]
    group: NDArray[np.int64]
    spell: NDArray[np.int64]
    plan: NDArray[np.int64]
    start: NDArray[np.int64]
    move: NDArray[np.int64]
    sample_type: NDArray[np.bool_]

    @staticmethod
    def empty(n: int, episodes: int) -> "Entries":
        def whole(value: int) -> NDArray[np.int64]:
            return np.full((episodes, n), value)

        return Entries(
            whole(-1),
            whole(0),
            whole(0),
            whole(0),
            whole(NEVER),
            whole(NEVER),
            np.zeros((episodes, n), dtype=bool),
        )

    def record(
        self, who: NDArray[np.int64], episode: NDArray[np.int64], t: int, made: Made
    ) -> None:
        """Write down the registrations of month t."""
        self.month[episode, who] = t
        self.group[episode, who] = made.group
        self.spell[episode, who] = made.spell
        self.plan[episode, who] = made.plan
        self.start[episode, who] = made.start
        self.move[episode, who] = made.move
        self.sample_type[episode, who] = made.in_sample_type


def static_index(persons: Persons) -> NDArray[np.float32]:
    """The part of the work index that never changes."""
    age = 2017 - persons.birth_year
    by_age = np.select(
        [age < 20, age < 25, age < 30, age < 50, age < 60], [-0.45, -0.15, 0.0, 0.05, -0.10], -0.35
    )
    return (
        0.62
        + EDUCATION_INDEX[persons.education]
        + COUNTRY_INDEX[persons.country]
        + by_age
        - 0.05 * persons.sex
        + persons.permanent
    ).astype(np.float32)


def enter(
    persons: Persons,
    draws: Draws,
    index: NDArray[np.float32],
    unemployment: NDArray[np.float32],
    t: int,
    who: NDArray[np.int64],
    episode: NDArray[np.int64],
    world: WorldSettings,
) -> Made:
    """Decide everything that is decided at registration in month t.

    The first programme and its month depend on the first group, sex, age, country group,
    education, recent work and local unemployment: all are covariates of the analysis.
    """
    u = {name: values[episode, who] for name, values in draws.entry.items()}
    works = index[max(0, t - 5) : t + 1, who] > 0
    spell = np.where(works[-1], 0, np.where(works.any(axis=0), 1, 2))
    age = 2009 + t // 12 - persons.birth_year[who]
    group = _first_group(persons, who, age, spell, u["group"], world)
    mover_share = MOVER_SHARE * (0.5 + 0.4 * spell + 0.3 * (age < 30))
    mover = (group == 1) & (u["mover"] < (1.0 if world.only_cohort else mover_share))
    in_type = ((group == 2) | (group == 3) | mover) & (age <= LAST_AGE)
    start = _start_month(group, age, u["start"])
    start = np.where(mover, np.maximum(start, 1), start)
    move = np.where(mover, 1 + np.floor(u["move"] * start).astype(int), NEVER)
    move = np.where(mover, np.minimum(move, start), NEVER)
    tight = unemployment[t][persons.municipality[who]] < 2.2
    plan = _plan(persons, who, group, age, spell, tight, u["plan"], world)
    return Made(group.astype(np.int8), spell, np.where(in_type, plan, 0), start, move, in_type)


def _first_group(
    persons: Persons,
    who: NDArray[np.int64],
    age: NDArray[np.int64],
    spell: NDArray[np.int64],
    u: NDArray[np.float32],
    world: WorldSettings,
) -> NDArray[np.int64]:
    """First group: those out of work, the young and those from country group 3 get more."""
    tilt = np.zeros((len(who), 6))
    tilt[:, 1] = 0.9 * (spell == 2) - 0.5 * (spell == 0) + 0.8 * (persons.country[who] == 3)
    tilt[:, 1] += 0.7 * (age < 20) + 0.2 * (age < 25) - 0.4 * (age >= 50)
    tilt[:, 2] = (
        0.5 * (spell == 2) - 0.3 * persons.permanent[who] - 0.3 * (persons.country[who] == 3)
    )
    tilt[:, 3] = 1.2 * (spell == 2) + 0.5 * (age >= 50)
    tilt[:, 4] = 0.9 * (spell == 0) - 1.0 * (spell == 2)
    tilt[:, 5] = 0.5 * (spell == 2)
    share = ENTRY_WEIGHT
    if world.only_cohort:
        share = ENTRY_WEIGHT * np.array([0.125, 1.0, 1.0, 0.0, 0.0, 0.0])
    weight = share * np.exp(tilt)
    edges = weight.cumsum(axis=1)
    return 1 + (u[:, None] * edges[:, -1:] > edges).sum(axis=1)


def _start_month(
    group: NDArray[np.int64], age: NDArray[np.int64], u: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Month of the first decision, 0–11; the young are decided on a little earlier."""
    table = np.array([START_MONTH.get(g, START_MONTH[2]) for g in range(7)], dtype=float)
    edges = np.column_stack([np.zeros(7), (table / table.sum(axis=1, keepdims=True)).cumsum(1)])
    early = np.where(age < 30, u**1.15, u)
    quarter = (early[:, None] > edges[group][:, 1:]).sum(axis=1).clip(0, 3)
    low, high = edges[group, quarter], edges[group, quarter + 1]
    within = np.floor(3 * (early - low) / (high - low)).astype(int).clip(0, 2)
    return 3 * quarter + within


def _plan(
    persons: Persons,
    who: NDArray[np.int64],
    group: NDArray[np.int64],
    age: NDArray[np.int64],
    spell: NDArray[np.int64],
    tight: NDArray[np.bool_],
    u: NDArray[np.float32],
    world: WorldSettings,
) -> NDArray[np.int64]:
    """Which programme, 0 for none, from log odds in observed characteristics."""
    made = selection()
    strength = world.selection / 0.8
    logit: Any = made.base[np.clip(group, 1, 3) - 1].copy()
    bands = np.digitize(age, [20, 30, 40, 50])
    categories: dict[str, NDArray[Any]] = {
        "sex": persons.sex[who],
        "age": bands,
        "country": persons.country[who],
        "education": EDUCATION_SIX[persons.education[who]],
        "spell": spell,
    }
    for name, category in categories.items():
        logit = logit + strength * made.tilt[name][category]
    logit[:, 1:] -= 0.15 * strength * tight[:, None]
    logit[:, 1:] += world.hidden * persons.permanent[who][:, None]
    weight = np.exp(logit)
    edges = weight.cumsum(axis=1)
    plan = (u[:, None] * edges[:, -1:] > edges).sum(axis=1)
    return np.minimum(plan, len(PLANS) - 1)
