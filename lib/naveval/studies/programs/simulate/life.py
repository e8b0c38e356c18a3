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
from naveval.studies.programs.simulate import settings
from naveval.studies.programs.simulate.entry import (
    EDUCATION_SIX,
    FIRST_YEAR,
    Entries,
    Past,
    WorldSettings,
    enter,
    static_index,
)
from naveval.studies.programs.simulate.persons import (
    EPISODES,
    MONTHS,
    NEVER,
    Draws,
    Local,
    Persons,
)
from naveval.studies.programs.simulate.settings import PLANS, heterogeneity, index_profiles

FAR_BACK = -9999
WORKING_AGE = 16
FIRST_YEAR_MONTHS = 12
"""Months in which nothing that follows from work may decide who is in the effect sample. Those
who come back within them go on with the registration that they left."""
NO_WORK = -9.0
DURATIONS = np.array([settings.DURATION[name] for name in GROUPS])
CHAINED = np.array(
    [settings.CHAIN_HAZARD.get(name, settings.CHAIN_HAZARD_OTHER) for name in (*GROUPS, "")]
)
OUTLASTING = np.array([name in settings.OUTLASTING for name in (*GROUPS, "")])
CHAIN_BY_GROUP = np.array([1.0, 0.4, 1.0, 1.0, 1.0, 0.25, 1.0])
MOVES = np.vstack([np.zeros(6), settings.MOVE]).cumsum(axis=1).astype(np.float32)
BAND = np.digitize(np.arange(120), [20, 30, 40, 50, 60])
"""Age band of each age."""
EARLY = np.array([settings.EARLY_EXIT.get(group, 0.0) for group in range(7)])
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


@dataclass(frozen=True)
class Given:
    """What months hang on and do not change.

    By person the part of the index that never changes, the month from which they can work, and
    factors of the chance of later programmes and of leaving. By programme the effect on the index
    by months since the start, what a category adds to it in a year, and weights (`_mixes`).
    """

    persons: Persons
    draws: Draws
    local: Local
    world: WorldSettings
    forced: Forced | None
    fixed: NDArray[np.float32]
    child: NDArray[np.int64]
    profile: NDArray[np.float64]
    by_country: NDArray[np.float64]
    by_spell: NDArray[np.float64]
    hazard: NDArray[np.float32]
    leave: NDArray[np.float32]
    mix: NDArray[np.float64]


@dataclass
class State:
    """Where everyone stands, (n,) each; the months change it.

    Group now (0 when not registered) and the group that was left; month and number of the latest
    registration, work before it and the fall (3, n) after it; months of registering anew and of
    going on; whether in the effect sample, plan, its month, whether any was started since, and
    the month of moving to more follow-up; the latest programme and its months.
    """

    now: NDArray[np.int8]
    left: NDArray[np.int8]
    entry: NDArray[np.int64]
    episode: NDArray[np.int64]
    spell: NDArray[np.int64]
    fall: NDArray[np.float32]
    next_entry: NDArray[np.int64]
    resume_at: NDArray[np.int64]
    sample_type: NDArray[np.bool_]
    pending: NDArray[np.int64]
    starts_at: NDArray[np.int64]
    first_done: NDArray[np.bool_]
    mover_at: NDArray[np.int64]
    last: NDArray[np.int64]
    last_start: NDArray[np.int64]
    last_end: NDArray[np.int64]


def live(
    persons: Persons,
    draws: Draws,
    local: Local,
    world: WorldSettings,
    forced: Forced | None = None,
) -> Life:
    """Live all months."""
    shape = (MONTHS, len(persons))
    given, state = _given(persons, draws, local, world, forced), _at_first(persons)
    past = Past(
        status=np.zeros(shape, dtype=np.int8),
        index=np.zeros(shape, dtype=np.float32),
        program=np.full(shape, -1, dtype=np.int8),
        disabled=persons.disabled.copy(),
    )
    entries = Entries.empty(len(persons), EPISODES)
    spells = [np.empty((0, 4), dtype=np.int64)]
    for t in range(MONTHS):
        u = {name: values[t] for name, values in draws.month.items()}
        age = FIRST_YEAR + t // 12 - persons.birth_year
        index = past.index[t]
        entering = np.flatnonzero((state.next_entry == t) & (age < settings.RETIRED))
        state.entry[entering] = t if t else np.minimum(persons.first_entry[entering], 0)
        _work_index(index, given, state, t)
        if len(entering):
            _register(given, state, past, entries, t, entering)
        coming = state.resume_at == t
        state.now[coming] = state.left[coming]
        state.now[(state.mover_at == t) & (state.now == 1)] = 2
        spells.append(_start_programs(given, state, index, age, t, u))
        on = state.last_end >= t
        past.program[t, on] = state.last[on]
        past.status[t] = state.now
        _disability(past.disabled, state, index, age, t, u["disabled"])
        _leave(given, state, past, age, t, u)
        _change_group(state, t, u["change"])
    whole = (past.status, past.index, past.program, past.disabled, entries)
    return Life(*whole, np.concatenate(spells))


def _given(
    persons: Persons, draws: Draws, local: Local, world: WorldSettings, forced: Forced | None
) -> Given:
    """What education, country group, sex and age do, and the effects of programmes."""
    education, by = EDUCATION_SIX[persons.education], heterogeneity()
    hazard = settings.HAZARD_BY_EDUCATION[education] * settings.HAZARD_BY_COUNTRY[persons.country]
    leave = settings.EXIT_BY_EDUCATION[education] * settings.EXIT_BY_COUNTRY[persons.country]
    leave = leave * settings.EXIT_BY_SEX[persons.sex]
    return Given(
        persons,
        draws,
        local,
        world,
        forced,
        fixed=static_index(persons),
        child=np.maximum((persons.birth_year + WORKING_AGE - FIRST_YEAR) * 12, persons.immigrated),
        profile=index_profiles(MONTHS + 400) * world.effect,
        by_country=by["country"] * world.effect,
        by_spell=by["spell"] * world.effect,
        hazard=hazard.astype(np.float32),
        leave=leave.astype(np.float32),
        mix=_mixes(),
    )


def _at_first(persons: Persons) -> State:
    """Nobody is registered; those of the stock enter in the first month."""
    n = len(persons)
    fall = np.zeros((3, n), dtype=np.float32)
    fall[2] = 1
    return State(
        now=np.zeros(n, dtype=np.int8),
        left=np.zeros(n, dtype=np.int8),
        entry=np.full(n, FAR_BACK),
        episode=np.full(n, -1),
        spell=np.zeros(n, dtype=np.int64),
        fall=fall,
        next_entry=np.maximum(persons.first_entry, 0),
        resume_at=np.full(n, NEVER),
        sample_type=np.zeros(n, dtype=bool),
        pending=np.full(n, -1),
        starts_at=np.full(n, NEVER),
        first_done=np.zeros(n, dtype=bool),
        mover_at=np.full(n, NEVER),
        last=np.full(n, -1),
        last_start=np.full(n, FAR_BACK),
        last_end=np.full(n, FAR_BACK),
    )


def _work_index(index: NDArray[np.float32], given: Given, state: State, t: int) -> None:
    """Write the month's index: traits, chance, falls, unemployment and the latest programme."""
    since, fall = t - state.entry, state.fall
    passed = np.maximum(since, 0).astype(np.float32)
    fallen = (state.entry > FAR_BACK) & (since > 0)
    low = (fall[0] + fall[1] * np.exp(-passed / fall[2])) * fallen
    ahead = state.next_entry - t
    near = np.flatnonzero((ahead >= 0) & (ahead < settings.PRE_DIP_MONTHS))
    dip = settings.PRE_DIP * (1 - ahead[near] / settings.PRE_DIP_MONTHS)
    low[near] = np.maximum(low[near], dip)
    rate = given.local.rate[t][given.persons.municipality]
    chance = given.fixed + given.draws.persistent[t]
    index[:] = chance - low - np.float32(0.05) * (rate - np.float32(2.5))
    has = np.flatnonzero(state.last >= 0)
    last = state.last[has]
    months = np.clip(t - state.last_start[has], 0, given.profile.shape[1] - 1)
    extra = given.by_country[last, given.persons.country[has]]
    extra = extra + given.by_spell[last, state.spell[has]]
    index[has] += given.profile[last, months] + np.minimum(months / 12, 1) * extra
    index[t < given.child] = NO_WORK


def _register(
    given: Given, state: State, past: Past, entries: Entries, t: int, who: NDArray[np.int64]
) -> None:
    """Decide what is decided at registration, and write it down."""
    episode = np.minimum(state.episode[who] + 1, EPISODES - 1)
    state.episode[who] = episode
    plan, forced = None, given.forced
    if forced is not None:
        plan = np.where(forced.entry[who] == t, forced.plan[who], -1)
    made = enter(given.persons, given.draws, past, given.local, t, who, episode, given.world, plan)
    entries.record(who, episode, made)
    state.now[who] = made.group
    state.spell[who] = made.spell
    state.sample_type[who], state.first_done[who] = made.sample_type, False
    state.pending[who], state.starts_at[who] = made.plan, t + made.start
    moving = made.move < NEVER
    state.mover_at[who] = np.where(moving, t + made.move, NEVER)
    for k, values in enumerate((settings.LASTING, settings.PASSING, settings.RECOVERY)):
        state.fall[k, who] = np.where(moving, settings.MOVER_FALL[k], values[made.group])


def _start_programs(
    given: Given,
    state: State,
    index: NDArray[np.float32],
    age: NDArray[np.int64],
    t: int,
    u: dict[str, NDArray[np.float32]],
) -> NDArray[np.int64]:
    """Start the month's programmes, by first decisions and later ones: their rows of spells."""
    free = (state.last_end < t) & (state.now > 0)
    decided = free & (state.starts_at == t) & (state.pending > 0) & state.sample_type
    after = state.first_done | (t - state.entry >= FIRST_YEAR_MONTHS)
    able = np.flatnonzero(free & ~decided & (~state.sample_type | after))
    hazard = _later_hazard(given, state, able, age, t, index)
    if t == 0:
        stock = settings.ON_PROGRAM[state.now[able]]
        hazard = np.where(given.persons.first_entry[able] < 0, stock, hazard)
    begin = decided.copy()
    begin[able] = u["later"][able] < hazard
    who = np.flatnonzero(begin)
    program = np.where(
        decided[who],
        _planned(state.pending[who], given.draws.entry["rest"][state.episode[who], who]),
        _later_program(given.mix[state.now[who], state.last[who]], u["mix"][who], t),
    )
    mean = DURATIONS[program] * settings.LENGTH_BY_AGE[BAND[age[who]]]
    mean = np.maximum(mean * settings.LENGTH_BY_GROUP[state.now[who]], 1.05)
    length = 1 + np.floor(np.log1p(-u["length"][who]) / np.log1p(-1 / mean)).astype(int)
    state.last[who], state.last_start[who] = program, t
    state.last_end[who] = t + np.clip(length, 1, 120) - 1
    state.first_done[who] = True
    today = who[t > state.entry[who]]
    index[today] += given.profile[state.last[today], 0]
    return np.column_stack([who, program, state.last_start[who], state.last_end[who]])


def _leave(
    given: Given,
    state: State,
    past: Past,
    age: NDArray[np.int64],
    t: int,
    u: dict[str, NDArray[np.float32]],
) -> None:
    """Draw who leaves Nav at the end of the month, and when they come back.

    In the first year of those who may be in the effect sample it does not depend on work, but for
    `exit_on_work`.
    """
    who = np.flatnonzero(state.now > 0)
    works, planned = past.index[t, who] > 0, state.sample_type[who]
    group, entry, disabled = state.now[who], state.entry[who], past.disabled[who]
    first_year = planned & (t - entry < FIRST_YEAR_MONTHS)
    may = (state.mover_at[who] == NEVER) | (t >= state.mover_at[who])
    rate = np.where(works, settings.EXIT_IN_WORK[group], settings.EXIT_NO_WORK[group])
    rate = np.where((disabled <= t) & (disabled > entry), 0.10, rate)
    rate = np.where(first_year, np.where(may, EARLY[group], 0.0), rate) * given.leave[who]
    rate = rate + first_year * (given.world.exit_on_work * works)
    outlast = np.where(OUTLASTING[state.last[who]], settings.OUTLASTING_EXIT, 0.0)
    old = age[who] >= settings.RETIRED
    go = (u["leave"][who] < np.where(state.last_end[who] >= t, outlast, rate)) | old
    go &= ~((state.pending[who] > 0) & (state.starts_at[who] == t) & planned)
    state.left[who[go]] = group[go]
    state.now[who[go]] = 0
    _come_back(state, who[go & ~old], t, u)


def _come_back(
    state: State, who: NDArray[np.int64], t: int, u: dict[str, NDArray[np.float32]]
) -> None:
    """Draw which of those who leave come back and when: set when to go on or to enter anew.

    Within the first year they go on with the same registration and its decision. Work says
    nothing of who comes back, so coming back says nothing of who is in the effect sample.
    """
    who = who[u["gap"][who] < settings.RETURN_SHARE]
    wait = np.log1p(-u["noise"][who]) / np.log1p(-1 / settings.RETURN_MONTHS)
    at = t + 2 + np.floor(wait).astype(int)
    soon = at - state.entry[who] <= FIRST_YEAR_MONTHS
    state.resume_at[who[soon]] = at[soon]
    anew = ~soon & (state.episode[who] < EPISODES - 1)
    state.next_entry[who[anew]] = at[anew]


def _planned(plan: NDArray[np.int64], u: NDArray[np.float32]) -> NDArray[np.int64]:
    """Programme of a plan; the plan Annet is one of three small programmes."""
    edges = np.cumsum(list(settings.REST_SPLIT.values()))
    pick = np.searchsorted(edges, u, side="right")
    small = np.array([GROUPS.index(name) for name in settings.REST_SPLIT])
    return np.where(
        plan == PLANS.index(REST), small[np.minimum(pick, len(small) - 1)], GROUP_OF_PLAN[plan]
    )


def _later_hazard(
    given: Given,
    state: State,
    who: NDArray[np.int64],
    age: NDArray[np.int64],
    t: int,
    index: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Chance of some of starting a programme beside the first decision: chains and later ones."""
    group, before, since = state.now[who], state.last[who], t - state.entry[who]
    ended = t - state.last_end[who]
    hazard = settings.LATER_HAZARD[group] + settings.EARLY_HAZARD[group] * (since < 2)
    long = np.minimum(since, ended) > settings.LONG_MONTHS
    hazard = hazard * np.where(long, settings.LONG_STARTS[group], 1.0)
    kept = np.where(state.last_start[who] == state.starts_at[who], 1, settings.CHAIN_LATER)
    chained = CHAINED[before] * CHAIN_BY_GROUP[group] * kept
    hazard = np.where((before >= 0) & (ended <= 3), chained, hazard)
    hazard = hazard * np.where(index[who] > 0, settings.HAZARD_IN_WORK, 1.0)
    return hazard * given.hazard[who] * settings.HAZARD_BY_AGE[BAND[age[who]]]


def _mixes() -> NDArray[np.float64]:
    """(7, programmes + 1, programmes) weights by group now and the programme before."""
    weight = np.zeros((7, len(GROUPS) + 1, len(GROUPS)))
    for group, mix in settings.LATER_MIX.items():
        for name, share in mix.items():
            weight[group, :, GROUPS.index(name)] = share
    for before, boosts in settings.AFTER_BOOST.items():
        for after, boost in boosts.items():
            weight[:, GROUPS.index(before), GROUPS.index(after)] *= boost
    for name, boost in settings.FIRST_BOOST.items():
        weight[:, -1, GROUPS.index(name)] *= boost
    return weight


def _later_program(
    weight: NDArray[np.float64], u: NDArray[np.float32], t: int
) -> NDArray[np.int64]:
    """Programme of a later start, by weights (m, programmes) of those that existed."""
    missing = [g for g, since in settings.AVAILABLE_FROM.items() if t < month_number(since)]
    weight[:, [GROUPS.index(name) for name in missing]] = 0
    edges = weight.cumsum(axis=1)
    return (u[:, None] * edges[:, -1:] > edges).sum(axis=1)


def _disability(
    disabled: NDArray[np.int64],
    state: State,
    index: NDArray[np.float32],
    age: NDArray[np.int64],
    t: int,
    u: NDArray[np.float32],
) -> None:
    """Draw who becomes disabled; only those out of work in groups with reduced capacity."""
    who = np.flatnonzero((state.now >= 3) & (disabled == NEVER) & (index <= 0))
    last = state.last[who]
    rate = np.array([0, 0, 0, 0.012, 0.02, 0.004, 0.002])[state.now[who]]
    rate = rate * np.where(age[who] >= 50, 1.5, np.where(age[who] < 30, 0.45, 0.9))
    rate = rate * np.where(last == GROUPS.index("Avklaring"), 1.9, 1.0)
    rate = rate * np.where(last == GROUPS.index("AFT"), 1.4, 1.0)
    disabled[who[u[who] < rate]] = t


def _change_group(state: State, t: int, u: NDArray[np.float32]) -> None:
    """Move persons between groups; movers to more follow-up have their own month.

    Who of those in standardinnsats moves in the first year is decided at registration: were it
    left to chance among those still without work, the sample would be chosen by the outcome.
    """
    now = state.now
    first_year = t - state.entry <= FIRST_YEAR_MONTHS
    may = np.flatnonzero((now > 0) & ~((now == 1) & (state.sample_type | first_year)))
    to = 1 + (u[may, None] >= MOVES[now[may]]).sum(axis=1)
    moved = to <= 6
    now[may[moved]] = to[moved]
