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
class Traits:
    """Fixed factors of each person (n,): of the chance of a programme and of leaving."""

    hazard: NDArray[np.float32]
    leave: NDArray[np.float32]


def traits(persons: Persons) -> Traits:
    """What education, country group and sex do to later programmes and to leaving."""
    education = EDUCATION_SIX[persons.education]
    hazard = settings.HAZARD_BY_EDUCATION[education] * settings.HAZARD_BY_COUNTRY[persons.country]
    leave = settings.EXIT_BY_EDUCATION[education] * settings.EXIT_BY_COUNTRY[persons.country]
    leave = leave * settings.EXIT_BY_SEX[persons.sex]
    return Traits(hazard.astype(np.float32), leave.astype(np.float32))


def live(
    persons: Persons,
    draws: Draws,
    local: Local,
    world: WorldSettings,
    forced: Forced | None = None,
) -> Life:
    """Live all months."""
    n = len(persons)
    profile = index_profiles(MONTHS + 400) * world.effect
    het = {name: values * world.effect for name, values in heterogeneity().items()}
    fixed, factors, mix = static_index(persons), traits(persons), _mixes()
    child = np.maximum((persons.birth_year + WORKING_AGE - FIRST_YEAR) * 12, persons.immigrated)
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
    pending, starts_at = np.full(n, -1), np.full(n, NEVER)
    sample_type, first_done = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    mover_at = np.full(n, NEVER)
    resume_at, left_group = np.full(n, NEVER), np.zeros(n, dtype=np.int8)
    disabled = persons.disabled.copy()
    past = Past(status, index, on_program, disabled)
    spells: list[NDArray[np.int64]] = []
    everyone = np.arange(n)
    for t in range(MONTHS):
        u = {name: values[t] for name, values in draws.month.items()}
        age = FIRST_YEAR + t // 12 - persons.birth_year
        entering = (next_entry == t) & (age < settings.RETIRED)
        entry[entering] = t + backdate[entering]
        since = t - entry
        passed = np.maximum(since, 0).astype(np.float32)
        low = (fall[0] + fall[1] * np.exp(-passed / fall[2])) * ((entry > FAR_BACK) & (since > 0))
        ahead = next_entry - t
        near = np.flatnonzero((ahead >= 0) & (ahead < settings.PRE_DIP_MONTHS))
        dip = settings.PRE_DIP * (1 - ahead[near] / settings.PRE_DIP_MONTHS)
        low[near] = np.maximum(low[near], dip)
        rate = local.rate[t][persons.municipality]
        index[t] = fixed + draws.persistent[t] - low - np.float32(0.05) * (rate - np.float32(2.5))
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
            given = None
            if forced is not None:
                given = np.where(forced.entry[who] == t, forced.plan[who], -1)
            made = enter(persons, draws, past, local, t, who, episode[who], world, given)
            entries.record(who, episode[who], made)
            now[who] = made.group
            spell_category[who] = made.spell
            sample_type[who], first_done[who] = made.sample_type, False
            pending[who], starts_at[who] = made.plan, t + made.start
            moving = made.move < NEVER
            mover_at[who] = np.where(moving, t + made.move, NEVER)
            falls = (settings.LASTING, settings.PASSING, settings.RECOVERY)
            for k, values in enumerate(falls):
                fall[k, who] = np.where(moving, settings.MOVER_FALL[k], values[made.group])
        coming = resume_at == t
        now[coming] = left_group[coming]
        now[(mover_at == t) & (now == 1)] = 2
        free = last_end < t
        decided = (now > 0) & (starts_at == t) & (pending > 0) & sample_type & free
        may = free & (now > 0) & ~decided
        may &= ~sample_type | first_done | (since >= FIRST_YEAR_MONTHS)
        able = np.flatnonzero(may)
        hazard = _later_hazard(able, now, age, factors, since, t, last, last_end, index[t])
        if t == 0:
            hazard = np.where(backdate[able] < 0, settings.ON_PROGRAM[now[able]], hazard)
        later = np.zeros(n, dtype=bool)
        later[able] = u["later"][able] < hazard
        begin = decided | later
        if begin.any():
            who = everyone[begin]
            program = np.where(
                decided[who],
                _planned(pending[who], draws, episode[who], who),
                _later_program(mix, now[who], last[who], u["mix"][who], t),
            )
            mean = DURATIONS[program] * settings.LENGTH_BY_AGE[BAND[age[who]]]
            mean = np.maximum(mean * settings.LENGTH_BY_GROUP[now[who]], 1.05)
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
        _disability(disabled, now, last, index[t], age, t, u["disabled"])
        here = np.flatnonzero(now > 0)
        rate = _leaving(here, now, sample_type, since, mover_at, t, index[t], disabled, entry)
        rate = rate * factors.leave[here]
        first_year = sample_type[here] & (since[here] < FIRST_YEAR_MONTHS)
        rate = rate + first_year * (world.exit_on_work * (index[t, here] > 0))
        outlast = np.where(OUTLASTING[last[here]], settings.OUTLASTING_EXIT, 0.0)
        old = age[here] >= settings.RETIRED
        go = (u["leave"][here] < np.where(on[here], outlast, rate)) | old
        go &= ~((pending[here] > 0) & (starts_at[here] == t) & sample_type[here])
        gone = here[go]
        left_group[gone] = now[gone]
        now[gone] = 0
        _come_back(here[go & ~old], t, entry, episode, u, (resume_at, next_entry, backdate))
        _change_group(now, sample_type, entry, t, u["change"])
    rows = np.concatenate(spells) if spells else np.empty((0, 4), dtype=np.int64)
    return Life(status, index, on_program, disabled, entries, rows)


def _come_back(
    who: NDArray[np.int64],
    t: int,
    entry: NDArray[np.int64],
    episode: NDArray[np.int64],
    u: dict[str, NDArray[np.float32]],
    set_in: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
) -> None:
    """Draw which of those who leave come back and when: set when to go on or to enter anew.

    Within the first year they go on with the same registration and its decision. Work says
    nothing of who comes back, so coming back says nothing of who is in the effect sample.
    """
    resume_at, next_entry, backdate = set_in
    who = who[u["gap"][who] < settings.RETURN_SHARE]
    wait = np.log1p(-u["noise"][who]) / np.log1p(-1 / settings.RETURN_MONTHS)
    at = t + 2 + np.floor(wait).astype(int)
    soon = at - entry[who] <= FIRST_YEAR_MONTHS
    resume_at[who[soon]] = at[soon]
    anew = ~soon & (episode[who] < EPISODES - 1)
    next_entry[who[anew]], backdate[who[anew]] = at[anew], 0


def _planned(
    plan: NDArray[np.int64], draws: Draws, episode: NDArray[np.int64], who: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Programme of a plan; the plan Annet is one of three small programmes."""
    edges = np.cumsum(list(settings.REST_SPLIT.values()))
    pick = np.searchsorted(edges, draws.entry["rest"][episode, who], side="right")
    small = np.array([GROUPS.index(name) for name in settings.REST_SPLIT])
    return np.where(
        plan == PLANS.index(REST), small[np.minimum(pick, len(small) - 1)], GROUP_OF_PLAN[plan]
    )


def _later_hazard(
    who: NDArray[np.int64],
    now: NDArray[np.int8],
    age: NDArray[np.int64],
    factors: Traits,
    since: NDArray[np.int64],
    t: int,
    last: NDArray[np.int64],
    last_end: NDArray[np.int64],
    index: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Chance of some of starting a programme beside the first decision: chains and later ones."""
    group, before, since = now[who], last[who], since[who]
    ended = t - last_end[who]
    hazard = settings.LATER_HAZARD[group] + settings.EARLY_HAZARD[group] * (since < 2)
    without = (group != 4) & (since > settings.LONG_MONTHS) & (ended > settings.LONG_MONTHS)
    hazard = hazard * np.where(without, settings.LONG_WITHOUT, 1.0)
    recent = (before >= 0) & (ended <= 3)
    hazard = np.where(recent, CHAINED[before] * CHAIN_BY_GROUP[group], hazard)
    hazard = hazard * np.where(index[who] > 0, settings.HAZARD_IN_WORK, 1.0)
    return hazard * factors.hazard[who] * settings.HAZARD_BY_AGE[BAND[age[who]]]


def _mixes() -> NDArray[np.float64]:
    """(7, programmes + 1, programmes) weights by group now and the programme before."""
    weight = np.zeros((7, len(GROUPS) + 1, len(GROUPS)))
    for group, mix in settings.LATER_MIX.items():
        for name, share in mix.items():
            weight[group, :, GROUPS.index(name)] = share
    for (before, after), boost in settings.AFTER_BOOST.items():
        weight[:, GROUPS.index(before), GROUPS.index(after)] *= boost
    for name, boost in settings.FIRST_BOOST.items():
        weight[:, -1, GROUPS.index(name)] *= boost
    return weight


def _later_program(
    mix: NDArray[np.float64],
    now: NDArray[np.int8],
    last: NDArray[np.int64],
    u: NDArray[np.float32],
    t: int,
) -> NDArray[np.int64]:
    """Programme of a later start, by group now, previous programme and what existed."""
    missing = [g for g, since in settings.AVAILABLE_FROM.items() if t < month_number(since)]
    weight = mix[now, last]
    weight[:, [GROUPS.index(name) for name in missing]] = 0
    edges = weight.cumsum(axis=1)
    return (u[:, None] * edges[:, -1:] > edges).sum(axis=1)


def _disability(
    disabled: NDArray[np.int64],
    now: NDArray[np.int8],
    last: NDArray[np.int64],
    index: NDArray[np.float32],
    age: NDArray[np.int64],
    t: int,
    u: NDArray[np.float32],
) -> None:
    """Draw who becomes disabled; only those out of work in groups with reduced capacity."""
    who = np.flatnonzero((now >= 3) & (disabled == NEVER) & (index <= 0))
    rate = np.array([0, 0, 0, 0.012, 0.02, 0.004, 0.002])[now[who]]
    rate = rate * np.where(age[who] >= 50, 1.5, np.where(age[who] < 30, 0.45, 0.9))
    rate = rate * np.where(last[who] == GROUPS.index("Avklaring"), 1.9, 1.0)
    rate = rate * np.where(last[who] == GROUPS.index("AFT"), 1.4, 1.0)
    disabled[who[u[who] < rate]] = t


def _leaving(
    who: NDArray[np.int64],
    now: NDArray[np.int8],
    sample_type: NDArray[np.bool_],
    since: NDArray[np.int64],
    mover_at: NDArray[np.int64],
    t: int,
    index: NDArray[np.float32],
    disabled: NDArray[np.int64],
    entry: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Chance of some of leaving Nav at the end of the month, before what makes them leave sooner.

    In the first year of those who may be in the effect sample it does not depend on work.
    """
    group = now[who]
    rate = np.where(index[who] > 0, settings.EXIT_IN_WORK[group], settings.EXIT_NO_WORK[group])
    rate = np.where((disabled[who] <= t) & (disabled[who] > entry[who]), 0.10, rate)
    may = (mover_at[who] == NEVER) | (t >= mover_at[who])
    first_year = sample_type[who] & (since[who] < FIRST_YEAR_MONTHS)
    return np.where(first_year, np.where(may, EARLY[group], 0.0), rate)


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
    may = np.flatnonzero((now > 0) & ~((now == 1) & (sample_type | first_year)))
    to = 1 + (u[may, None] >= MOVES[now[may]]).sum(axis=1)
    moved = to <= 6
    now[may[moved]] = to[moved]
