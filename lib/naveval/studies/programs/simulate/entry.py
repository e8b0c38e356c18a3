"""What happens at registration: first group, the month and outcome of the first decision."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naveval.registers.simulation import require_effect, require_exits, require_number
from naveval.studies.programs import basic_amount
from naveval.studies.programs.codes import GROUPS, STATUS_CODES, month_code
from naveval.studies.programs.simulate.persons import (
    BENEFITS,
    FIRST_INCOME_YEAR,
    NEVER,
    Draws,
    Local,
    Persons,
    introduction,
    social_assistance,
)
from naveval.studies.programs.simulate.settings import (
    COVARIATE_TILT,
    EARLY_EXIT,
    ENTRY_WEIGHT,
    EXIT_BY_COUNTRY,
    EXIT_BY_EDUCATION,
    EXIT_BY_SEX,
    FIRST_QUARTER,
    HEALTH_PLANS,
    INDEX_PER_CHANCE,
    MOVER_SHARE,
    PLANS,
    START_MONTH,
    WORSE_OFF,
    index_profiles,
    selection,
)

FIRST_YEAR = 2009
LAST_AGE = 59
LEVEL, MONTHS_CHECKED = 0.35, 60
"""Share in work of those who start a programme, had they not, and months of effects checked."""
MOST_SOONER = float(EXIT_BY_EDUCATION.max() * EXIT_BY_COUNTRY.max() * EXIT_BY_SEX.max())
SMALL_JOB = -0.30
NUMBERS = (
    ("effect", -100, 100),
    ("selection", 0, 10),
    ("exit_on_work", -1, 1),
    ("hidden", -10, 10),
)
EDUCATION_INDEX = np.array([-0.25, -0.30, -0.20, 0.0, 0.08, 0.10, 0.35, 0.45])
EDUCATION_SIX = np.array([0, 1, 1, 2, 3, 4, 5, 5])
COUNTRY_INDEX = np.array([0.0, -0.05, -0.05, -0.45])
BEFORE = ("aap", "dagpenger", "sykepenger", "kvalifiseringsstonad")
"""Benefits that some have in the months before registration."""
RECENT, LONG = 24, 60


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
    cohorts
        Make only persons who first register in the months of these effect samples ("main",
        "year_four"), in their three groups; none of them makes everybody.
    """

    effect: float = 1.0
    selection: float = 0.8
    exit_on_work: float = 0.0
    hidden: float = 0.0
    cohorts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a truth that no register could have.

        Raises
        ------
        ParameterError
            Naming the setting, and the programme or group.
        """
        for name, least, most in NUMBERS:
            require_number(name, getattr(self, name), least, most)
        chance = self.effect * index_profiles(MONTHS_CHECKED) / INDEX_PER_CHANCE
        axes = {"programme": GROUPS}
        require_effect("effect", chance, LEVEL, axes)
        require_effect("effect on those not in work", -chance, 1 - LEVEL, axes)
        leaving = np.array([*EARLY_EXIT.values()]) * MOST_SOONER
        groups = {"group": [STATUS_CODES[group] for group in EARLY_EXIT]}
        require_exits("exit_on_work", leaving + self.exit_on_work, axes=groups)


@dataclass
class Entries:
    """What was decided at registrations: (m,) arrays, or (episodes, n) of a whole life.

    Attributes
    ----------
    month
        Month number, −1 where there is none.
    group, spell, plan
        First group, work before (0 in work, 1 within five months, 2 longer ago), and plan.
    start, move
        Months from entry to the decision, and to more follow-up, NEVER if not.
    sample_type
        Whether the person may be in the effect sample.
    before
        Months with each of BEFORE just before, in the last axis.
    """

    month: NDArray[np.int64]
    group: NDArray[np.int64]
    spell: NDArray[np.int64]
    plan: NDArray[np.int64]
    start: NDArray[np.int64]
    move: NDArray[np.int64]
    sample_type: NDArray[np.bool_]
    before: NDArray[np.int8]

    @staticmethod
    def empty(n: int, episodes: int) -> "Entries":
        shape = (episodes, n)
        none, never = np.zeros(shape, dtype=np.int64), np.full(shape, NEVER)
        return Entries(
            month=np.full(shape, -1),
            group=none.copy(),
            spell=none.copy(),
            plan=none,
            start=never.copy(),
            move=never,
            sample_type=np.zeros(shape, dtype=bool),
            before=np.zeros((*shape, len(BEFORE)), dtype=np.int8),
        )

    def record(self, who: NDArray[np.int64], episode: NDArray[np.int64], made: "Entries") -> None:
        """Write down registrations."""
        for field in fields(self):
            getattr(self, field.name)[episode, who] = getattr(made, field.name)


@dataclass(frozen=True)
class Past:
    """What has happened until now: (months, n) group, work index and programme; disability (n,)."""

    status: NDArray[np.int8]
    index: NDArray[np.float32]
    program: NDArray[np.int8]
    disabled: NDArray[np.int64]


def static_index(persons: Persons) -> NDArray[np.float32]:
    """The part of the work index that never changes."""
    age = 2017 - persons.birth_year
    by_age = np.select(
        [age < 20, age < 25, age < 30, age < 50, age < 60], [-0.45, -0.15, 0.0, 0.05, -0.10], -0.35
    )
    everyone = np.arange(len(persons))
    social = social_assistance(persons, everyone, np.array(NEVER))
    return (
        1.05
        + EDUCATION_INDEX[persons.education]
        + COUNTRY_INDEX[persons.country]
        + by_age
        - 0.05 * persons.sex
        + persons.permanent
        + WORSE_OFF["sosialhjelp"] * social
        + WORSE_OFF["children"] * persons.children
        + WORSE_OFF["disability"] * (persons.disabled < NEVER)
    ).astype(np.float32)


def positions(index: NDArray[np.float32]) -> NDArray[np.int16]:
    """Contracted position in percent of those who work, 10 for small jobs, 0 for none."""
    edges = np.array([SMALL_JOB, 0.0, 0.12, 0.3, 0.5], dtype=np.float32)
    return np.array([0, 10, 30, 50, 80, 100], dtype=np.int16)[np.digitize(index, edges, right=True)]


def wages(
    index: NDArray[np.float32], position: NDArray[np.int16], persons: Persons, first: int = 0
) -> NDArray[np.int32]:
    """Monthly wage in kroner of the year; at least the in-work amount from 20 percent up.

    Both arrays are (months, n), from the month number `first` on.
    """
    since = first + np.arange(len(index))
    amount = basic_amount.monthly(month_code(since)).astype(np.float32)[:, None]
    growth = (1.03 ** ((since - 102) / 12)).astype(np.float32)[:, None]
    full = 33_000 + 2_200 * persons.education.astype(np.float32) + 2_500 * persons.permanent
    wage = full * growth * (1 + np.float32(0.06) * np.clip(index, -1, 2))
    wage *= position.astype(np.float32) / 100
    floor, high = np.float32(1.05 / 12) * amount, np.float32(1.02 / 4) * amount
    wage = np.where(position >= 80, np.maximum(wage, high), wage)
    wage = np.where(position >= 20, np.maximum(wage, floor), np.minimum(wage, 0.8 * floor))
    return np.where(position > 0, wage, 0).astype(np.int32)


def enter(
    persons: Persons,
    draws: Draws,
    past: Past,
    local: Local,
    t: int,
    who: NDArray[np.int64],
    episode: NDArray[np.int64],
    world: WorldSettings,
    given_plan: NDArray[np.int64] | None = None,
) -> Entries:
    """Decide everything that is decided at registration in month t.

    The first programme and its month depend on covariates of the analysis alone; `given_plan`
    (m,) is taken where it is not negative.
    """
    u = {name: values[episode, who] for name, values in draws.entry.items()}
    works = past.index[max(0, t - 5) : t + 1, who] > 0
    spell = np.where(works[-1], 0, np.where(works.any(axis=0), 1, 2))
    age = FIRST_YEAR + t // 12 - persons.birth_year[who]
    group = _first_group(persons, who, age, spell, u["group"], world)
    if t == 0:
        group = np.where(persons.stock_group[who] > 0, persons.stock_group[who], group)
    mover_share = MOVER_SHARE * (0.5 + 0.4 * spell + 0.3 * (age < 30))
    mover = (group == 1) & (u["mover"] < (1.0 if world.cohorts else mover_share))
    in_type = ((group == 2) | (group == 3) | mover) & (age <= LAST_AGE)
    start = _start_month(group, age, u["start"])
    start = np.where(mover, np.maximum(start, 2), start)
    move = np.where(mover, 1 + np.floor(u["move"] * start).astype(int), NEVER)
    move = np.where(mover, np.minimum(move, start), NEVER)
    before = _benefits_before(persons, who, group, spell)
    given = np.full(len(who), -1) if given_plan is None else given_plan
    plan = np.maximum(given, 0)
    open_ = in_type & (given < 0)
    if open_.any():
        few = who[open_]
        seen = covariates(persons, past, local, t, few, before[open_])
        traits = (group[open_], age[open_], spell[open_])
        plan[open_] = _plan(persons, few, traits, seen, u["plan"][open_], world)
    return Entries(np.full(len(who), t), group, spell, plan, start, move, in_type, before)


def _benefits_before(
    persons: Persons, who: NDArray[np.int64], group: NDArray[np.int64], spell: NDArray[np.int64]
) -> NDArray[np.int8]:
    """(m, 4) months with each of BEFORE up to registration."""
    share = {
        "aap": 0.12 * (group == 3),
        "dagpenger": 0.15 * (group <= 2) * (spell > 0),
        "sykepenger": np.where(group == 3, 0.6, 0.06),
        "kvalifiseringsstonad": 0.05 * (spell == 2),
    }
    most = {"aap": 12, "dagpenger": 3, "sykepenger": 12, "kvalifiseringsstonad": 12}
    months = []
    for name in BEFORE:
        taste, limit = persons.taste[who, BENEFITS.index(name)], share[name]
        months.append(np.where(taste < limit, 1 + most[name] * taste / np.maximum(limit, 1e-9), 0))
    return np.column_stack(months).astype(np.int8)


def covariates(
    persons: Persons,
    past: Past,
    local: Local,
    t: int,
    who: NDArray[np.int64],
    before: NDArray[np.int8],
) -> dict[str, NDArray[Any]]:
    """Covariates of table 6-4 that COVARIATE_TILT names, (m,) each, as registers will show them."""
    now, recent = np.arange(len(who)), np.arange(max(0, t - RECENT), t)[:, None]
    works = past.index[max(0, t - LONG) : t, who] > 0
    since = np.where(persons.country[who] > 0, t - persons.immigrated[who], 0)
    chosen = persons.take(who)
    social = social_assistance(chosen, now, recent) & (past.index[recent[:, 0]][:, who] <= 0)
    disabled = np.clip(t - past.disabled[who], 0, RECENT)
    registered = past.status[max(0, t - LONG) : t, who]
    age = FIRST_YEAR + t // 12 - chosen.birth_year
    family = np.where(age < 20, 8, chosen.family)
    place = chosen.municipality
    found = {
        "months_since_immigration": since,
        "work_months_12": works[-12:].sum(axis=0),
        **_income_years(chosen, past.index, t, who),
        **{f"work_{k}_before": works[-k] if t >= k else 0 * now for k in (6, 12)},
        **{f"high_{k}_before": _high(chosen, past.index, t - k, who) for k in (6, 12)},
        **{f"{name}_24": before[:, k] for k, name in enumerate(BEFORE)},
        "introduksjonsstonad_24": introduction(chosen, now, recent).sum(axis=0),
        "sosialhjelp_24": social.sum(axis=0),
        **{f"family_{kind}": family == kind for kind in range(2, 9)},
        "children": children_in(chosen, age),
        "registered_60": ((registered > 0) & (registered != 5)).sum(axis=0),
        "program_60": (past.program[max(0, t - LONG) : t, who] >= 0).sum(axis=0),
        "disability_low_24": disabled * (chosen.degree < 50),
        "disability_middle_24": disabled * ((chosen.degree >= 50) & (chosen.degree < 95)),
        "disability_full_24": disabled * (chosen.degree >= 95),
        "centrality": local.centrality[place] - 1,
        "rate": local.rate[t, place] - 2.5,
        "rate_before": local.before[t, place] - 2.5,
        "rate_after": local.after[t, place] - 2.5,
        "local_income": local.income[t, place] - 1,
        "local_disability": local.disability[t, place] - 10,
    }
    return {name: np.asarray(values) for name, values in found.items()}


def children_in(persons: Persons, age: NDArray[np.int64]) -> NDArray[np.int64]:
    """Children in the household at an age."""
    return np.where((age < 22) | (age > 58), 0, persons.children)


def _high(
    chosen: Persons, index: NDArray[np.float32], month: int, who: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether each has a high income in a month; nobody has before 2009."""
    if month < 0:
        return np.zeros(len(who), dtype=bool)
    own = index[month : month + 1, who]
    position = positions(own)
    amount = basic_amount.monthly(month_code(np.array([month])))[0]
    paid = wages(own, position, chosen, month)
    return np.asarray((position >= 20) & (paid >= amount / 4))[0]


def _income_years(
    chosen: Persons, index: NDArray[np.float32], t: int, who: NDArray[np.int64]
) -> dict[str, NDArray[np.int64]]:
    """Years with income of one and three G before the year of t, of the last five and ten."""
    year = FIRST_YEAR + t // 12
    first = max(FIRST_YEAR, year - 10)
    months = slice(12 * (first - FIRST_YEAR), 12 * (year - FIRST_YEAR))
    late = index[months, who]
    pay = np.empty((0, len(who)), dtype=np.int32)
    if len(late):
        paid = wages(late, positions(late), chosen, months.start)
        pay = paid.reshape(-1, 12, len(who)).sum(axis=1)
    early = chosen.early_income.T[max(0, year - 10 - FIRST_INCOME_YEAR) :]
    income = np.concatenate([early, pay])[-10:]
    years = np.arange(year - len(income), year)
    amount = np.array([basic_amount.annual(int(y)) for y in years]).reshape(-1, 1)
    three = income >= 3 * amount
    return {
        "years_1g_5": (income >= amount)[-5:].sum(axis=0),
        "years_3g_5": three[-5:].sum(axis=0),
        "years_3g_10": three.sum(axis=0),
    }


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
    if world.cohorts:
        share = ENTRY_WEIGHT * np.array([0.125, 1.0, 1.0, 0.0, 0.0, 0.0])
    weight = share * np.exp(tilt)
    edges = weight.cumsum(axis=1)
    return 1 + (u[:, None] * edges[:, -1:] > edges).sum(axis=1)


def _start_month(
    group: NDArray[np.int64], age: NDArray[np.int64], u: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Month of the first decision, 0–11; the young are decided on a little earlier."""
    third = np.full(3, 1 / 3)
    split = np.array([FIRST_QUARTER, third, third, third])
    share = np.array([START_MONTH.get(g, START_MONTH[2]) for g in range(7)], dtype=float)
    months = (share[:, :, None] * split).reshape(7, -1)
    edges = (months / months.sum(axis=1, keepdims=True)).cumsum(axis=1)
    early = np.where(age < 30, u**1.15, u)
    return (early[:, None] > edges[group]).sum(axis=1).clip(0, 11)


def _plan(
    persons: Persons,
    who: NDArray[np.int64],
    traits: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    given: dict[str, NDArray[Any]],
    u: NDArray[np.float32],
    world: WorldSettings,
) -> NDArray[np.int64]:
    """Which programme, 0 for none, from log odds in observed characteristics.

    `traits` are first group, age and work before.
    """
    group, age, spell = traits
    made = selection()
    strength = world.selection / 0.8
    logit: Any = made.base[np.clip(group, 1, 3) - 1].copy()
    categories: dict[str, NDArray[Any]] = {
        "sex": persons.sex[who],
        "age": np.digitize(age, [20, 30, 40, 50]),
        "country": persons.country[who],
        "education": EDUCATION_SIX[persons.education[who]],
        "spell": spell,
    }
    for name, category in categories.items():
        logit = logit + strength * made.tilt[name][category]
    tilt = np.array([[any_, any_ + health] for _, any_, health in COVARIATE_TILT.values()])
    values = np.column_stack([given[k] / unit for k, (unit, *_) in COVARIATE_TILT.items()])
    some, health = (strength * values @ tilt).T
    at_health = np.isin(PLANS[1:], HEALTH_PLANS)
    logit[:, 1:] += np.where(at_health, health[:, None], some[:, None])
    logit[:, 1:] += world.hidden * persons.permanent[who][:, None]
    edges = np.exp(logit).cumsum(axis=1)
    plan = (u[:, None] * edges[:, -1:] > edges).sum(axis=1)
    return np.minimum(plan, len(PLANS) - 1)
