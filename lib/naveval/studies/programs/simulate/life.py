"""A month-by-month life course: registration, programmes, work, disability.

Whether someone works is whether an index is above zero: traits, what the registers do not
show, a slowly changing part, the fall around registration, and the effect of the latest
programme. In the three groups of the effect analysis the decision on a first programme is
taken once, in a month and with an outcome drawn from *observed* characteristics only, and in
the first year nobody's registration ends because of work. So, given the covariates, who gets
a programme is as good as random, which is what the study's method assumes; `exit_on_work`
breaks the second part, to show what then happens.

`live` is a function of persons, draws and decisions. Living again with another decision and
the same draws gives the counterfactual.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from naveval.studies.programs.codes import GROUPS, REST, month_number
from naveval.studies.programs.simulate.entry import Entries, WorldSettings, enter, static_index
from naveval.studies.programs.simulate.persons import EPISODES, MONTHS, Draws, Persons
from naveval.studies.programs.simulate.settings import (
    AFTER_BOOST,
    AVAILABLE_FROM,
    CHAIN_HAZARD,
    CHAIN_HAZARD_OTHER,
    DURATION,
    EARLY_EXIT,
    EXIT_IN_WORK,
    EXIT_NO_WORK,
    LASTING,
    LATER_HAZARD,
    LATER_MIX,
    MOVE,
    MOVER_FALL,
    PASSING,
    PLANS,
    PRE_DIP,
    PRE_DIP_MONTHS,
    RECOVERY,
    REST_SPLIT,
    heterogeneity,
    index_profiles,
)

NEVER = 9999
FAR_BACK = -9999
WORKING_AGE = 16
FIRST_YEAR_MONTHS = 12
"""Months in which nothing that follows from work may decide who is in the effect sample, and
nobody comes back."""
NO_WORK = -9.0
GROUP_OF_PLAN = np.array([-1, *(GROUPS.index(plan) for plan in PLANS[1:])])


@dataclass
class Life:
    """What happened, month by month.

    Attributes
    ----------
    status
        (months, n) group 1–6, 0 when not registered.
    index
        (months, n) work index; works when above zero.
    program
        (months, n) programme (position in GROUPS), −1 when on none.
    disabled
        (n,) month number of disability, NEVER when not.
    entries
        One record per registration.
    spells
        (person position, programme, first month, last month) rows.
    """

    status: NDArray[np.int8]
    index: NDArray[np.float32]
    program: NDArray[np.int8]
    disabled: NDArray[np.int64]
    entries: Entries
    spells: NDArray[np.int64]


@dataclass(frozen=True)
class Forced:
    """Give persons another first decision at the registration in `entry` (month numbers)."""

    entry: NDArray[np.int64]
    plan: NDArray[np.int64]


def live(
    persons: Persons,
    draws: Draws,
    unemployment: NDArray[np.float32],
    world: WorldSettings,
    forced: Forced | None = None,
) -> Life:
    """Live all months.

    Parameters
    ----------
    unemployment
        (months, municipalities) unemployment in percent.
    """
    n = len(persons)
    profile = index_profiles(MONTHS + 400) * world.effect
    het = {name: values * world.effect for name, values in heterogeneity().items()}
    fixed = static_index(persons)
    child = np.maximum((persons.birth_year + WORKING_AGE - 2009) * 12, persons.immigrated)
    status = np.zeros((MONTHS, n), dtype=np.int8)
    index = np.zeros((MONTHS, n), dtype=np.float32)
    on_program = np.full((MONTHS, n), -1, dtype=np.int8)
    entries = Entries.empty(n, EPISODES)
    now = np.zeros(n, dtype=np.int8)
    entry = np.full(n, FAR_BACK)
    next_entry = np.maximum(persons.first_entry, 0)
    backdate = np.minimum(persons.first_entry, 0)
    episode = np.full(n, -1)
    fall = np.zeros((3, n), dtype=np.float32)
    fall[2] = 1
    last, last_start, last_end = np.full(n, -1), np.full(n, FAR_BACK), np.full(n, FAR_BACK)
    spell_category = np.zeros(n, dtype=np.int64)
    pending = np.full(n, -1)
    starts_at = np.full(n, NEVER)
    sample_type = np.zeros(n, dtype=bool)
    first_done = np.zeros(n, dtype=bool)
    mover_at = np.full(n, NEVER)
    early = np.zeros(n, dtype=np.float32)
    disabled = np.full(n, NEVER)
    spells: list[NDArray[np.int64]] = []
    everyone = np.arange(n)
    for t in range(MONTHS):
        u = {name: values[t] for name, values in draws.month.items()}
        entering = next_entry == t
        entry[entering] = t + backdate[entering]
        since = t - entry
        registered_before = entry > FAR_BACK
        drop = np.where(
            registered_before & (since > 0),
            fall[0] + fall[1] * np.exp(-np.maximum(since, 0) / fall[2]),
            0.0,
        )
        ahead = np.where(next_entry >= t, next_entry - t, NEVER)
        dip = PRE_DIP * np.maximum(0, 1 - ahead / PRE_DIP_MONTHS)
        index[t] = (
            fixed
            + draws.persistent[t]
            - np.maximum(drop, dip)
            - 0.05 * (unemployment[t][persons.municipality] - 2.5)
        )
        has = last >= 0
        if has.any():
            months = np.clip(t - last_start[has], 0, profile.shape[1] - 1)
            ramp = np.minimum(months / 12, 1)
            extra = (
                het["country"][last[has], persons.country[has]]
                + het["spell"][last[has], spell_category[has]]
            )
            index[t, has] += profile[last[has], months] + ramp * extra
        index[t, t < child] = NO_WORK
        if entering.any():
            who = everyone[entering]
            episode[who] = np.minimum(episode[who] + 1, EPISODES - 1)
            made = enter(persons, draws, index, unemployment, t, who, episode[who], world)
            if forced is not None:
                hit = forced.entry[who] == t
                made.plan[hit] = forced.plan[who][hit]
            entries.record(who, episode[who], t, made)
            now[who] = made.group
            spell_category[who] = made.spell
            sample_type[who], first_done[who] = made.in_sample_type, False
            pending[who], starts_at[who] = made.plan, t + made.start
            mover_at[who] = t + made.move
            early[who] = np.array([0, EARLY_EXIT[1], EARLY_EXIT[2], EARLY_EXIT[3], 0, 0, 0])[
                made.group
            ]
            moving = made.move < NEVER
            for k, values in enumerate((LASTING, PASSING, RECOVERY)):
                fall[k, who] = np.where(moving, MOVER_FALL[k], values[made.group])
        now[(mover_at == t) & (now == 1)] = 2
        free = last_end < t
        decided = (now > 0) & (starts_at == t) & (pending > 0) & sample_type & free
        later = _later_starts(now, sample_type, first_done, entry, t, last, last_end, index[t], u)
        later &= free & ~decided
        begin = decided | later
        if begin.any():
            who = everyone[begin]
            program = np.where(
                decided[who],
                _planned(pending[who], draws, episode[who], who),
                _mix(now[who], last[who], u["mix"][who], t),
            )
            mean = np.array([DURATION[name] for name in GROUPS])[program]
            length = 1 + np.floor(np.log1p(-u["length"][who]) / np.log1p(-1 / mean)).astype(int)
            last[who], last_start[who] = program, t
            last_end[who] = t + np.clip(length, 1, 120) - 1
            spells.append(np.column_stack([who, program, last_start[who], last_end[who]]))
            first_done[who] = True
            today = who[t > entry[who]]
            index[t, today] += profile[last[today], 0]
        on = last_end >= t
        on_program[t, on] = last[on]
        status[t] = now
        _disability(disabled, now, last, index[t], persons, t, u["disabled"])
        leaving = _leaving(
            now,
            sample_type,
            entry,
            t,
            on,
            mover_at,
            early,
            index[t],
            disabled,
            u,
            world.exit_on_work,
        )
        leaving &= ~((pending > 0) & (starts_at == t) & sample_type)
        now[leaving] = 0
        back = leaving & (u["gap"] < 0.45) & (episode < EPISODES - 1)
        wait = 3 + np.floor(np.log1p(-u["noise"][back]) / np.log1p(-1 / 28)).astype(int)
        next_entry[back] = np.maximum(t + wait, entry[back] + FIRST_YEAR_MONTHS + 1)
        backdate[back] = 0
        _change_group(now, sample_type, entry, t, u["change"])
    rows = np.concatenate(spells) if spells else np.empty((0, 4), dtype=np.int64)
    return Life(status, index, on_program, disabled, entries, rows)


def _planned(
    plan: NDArray[np.int64], draws: Draws, episode: NDArray[np.int64], who: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Programme of a plan; the plan Annet is one of three small programmes."""
    edges = np.cumsum(list(REST_SPLIT.values()))
    pick = np.searchsorted(edges, draws.entry["rest"][episode, who], side="right")
    small = np.array([GROUPS.index(name) for name in REST_SPLIT])
    return np.where(
        plan == PLANS.index(REST), small[np.minimum(pick, len(small) - 1)], GROUP_OF_PLAN[plan]
    )


def _later_starts(
    now: NDArray[np.int8],
    sample_type: NDArray[np.bool_],
    first_done: NDArray[np.bool_],
    entry: NDArray[np.int64],
    t: int,
    last: NDArray[np.int64],
    last_end: NDArray[np.int64],
    index: NDArray[np.float32],
    u: dict[str, NDArray[np.float32]],
) -> NDArray[np.bool_]:
    """Who starts a programme outside the first decision: chains and later programmes."""
    by_last = np.array([CHAIN_HAZARD.get(name, CHAIN_HAZARD_OTHER) for name in GROUPS])
    recent = (last >= 0) & (t - last_end <= 3)
    hazard = np.where(recent, by_last[last], LATER_HAZARD[now])
    may = (now > 0) & (~sample_type | first_done | (t - entry >= FIRST_YEAR_MONTHS)) & (index <= 0)
    return may & (u["later"] < hazard)


def _mix(
    now: NDArray[np.int8], last: NDArray[np.int64], u: NDArray[np.float32], t: int
) -> NDArray[np.int64]:
    """Programme of a later start, by group now, previous programme and what existed."""
    weight = np.zeros((7, len(GROUPS) + 1, len(GROUPS)))
    for group, mix in LATER_MIX.items():
        for name, share in mix.items():
            weight[group, :, GROUPS.index(name)] = share
    for (before, after), boost in AFTER_BOOST.items():
        weight[:, GROUPS.index(before), GROUPS.index(after)] *= boost
    for name, since in AVAILABLE_FROM.items():
        if t < month_number(since):
            weight[:, :, GROUPS.index(name)] = 0
    edges = weight[now, last].cumsum(axis=1)
    return (u[:, None] * edges[:, -1:] > edges).sum(axis=1)


def _disability(
    disabled: NDArray[np.int64],
    now: NDArray[np.int8],
    last: NDArray[np.int64],
    index: NDArray[np.float32],
    persons: Persons,
    t: int,
    u: NDArray[np.float32],
) -> None:
    """Draw who becomes disabled; only those out of work in groups with reduced capacity."""
    age = 2009 + t // 12 - persons.birth_year
    rate = np.array([0, 0, 0, 0.012, 0.02, 0.004, 0.002])[now]
    rate = rate * np.where(age >= 50, 1.5, np.where(age < 30, 0.45, 0.9))
    rate = rate * np.where(last == GROUPS.index("Avklaring"), 1.9, 1.0)
    rate = rate * np.where(last == GROUPS.index("AFT"), 1.4, 1.0)
    disabled[(disabled == NEVER) & (index <= 0) & (u < rate)] = t


def _leaving(
    now: NDArray[np.int8],
    sample_type: NDArray[np.bool_],
    entry: NDArray[np.int64],
    t: int,
    on: NDArray[np.bool_],
    mover_at: NDArray[np.int64],
    early: NDArray[np.float32],
    index: NDArray[np.float32],
    disabled: NDArray[np.int64],
    u: dict[str, NDArray[np.float32]],
    exit_on_work: float,
) -> NDArray[np.bool_]:
    """Who leaves Nav at the end of the month; nobody does while on a programme."""
    works = index > 0
    rate = np.where(works, EXIT_IN_WORK[now], EXIT_NO_WORK[now])
    rate = np.where(disabled <= t, 0.10, rate)
    first_year = sample_type & (t - entry < FIRST_YEAR_MONTHS)
    in_year = np.where(mover_at < 9999, np.where(t >= mover_at, early, 0), early)
    rate = np.where(first_year, in_year + exit_on_work * works, rate)
    return (now > 0) & ~on & (u["leave"] < rate)


def _change_group(
    now: NDArray[np.int8],
    sample_type: NDArray[np.bool_],
    entry: NDArray[np.int64],
    t: int,
    u: NDArray[np.float32],
) -> None:
    """Move persons between groups; movers to more follow-up have their own month.

    Who of those in standardinnsats moves in the first year is decided at registration: were it
    left to chance among those still without work, the sample would be chosen by the outcome.
    """
    first_year = t - entry <= FIRST_YEAR_MONTHS
    may = (now > 0) & ~((now == 1) & (sample_type | first_year))
    edges = np.vstack([np.zeros(6), MOVE]).cumsum(axis=1)[now]
    to = 1 + (u[:, None] >= edges).sum(axis=1)
    moved = may & (to <= 6)
    now[moved] = to[moved]
