"""From simulated periods to raw register tables, with what registers hold beside them.

Beside the cards of the spells there are cards before the decision, after the weeks are used
up, and after disability benefit; people with cards but no decision and the reverse; revised
decisions; part-time jobs too small to count; health benefits long after the last card.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from naveval.project import paths, places
from naveval.project.months import month_text
from naveval.project.parameters import read_yaml
from naveval.studies.followup import weeks as iso_weeks
from naveval.studies.followup.simulate.levels import N_PERIODS, PERIOD_MONTH, SEPTEMBER
from naveval.studies.followup.simulate.periods import HEALTH, OTHER, WORK, Periods, Spells
from naveval.studies.followup.spells import CHANNELS, KINDS

Columns = dict[str, Any]
NEEDS = (
    "standard innsats",
    "situasjonsbestemt innsats",
    "spesielt tilpasset innsats",
    "varig tilpasset innsats",
)
NEEDS_SHARES = (0.52, 0.38, 0.09, 0.01)
ACTIVITIES = ("arbeidsrettet aktivitet", "samtale eller møte", "tiltak")
ACTIVITY_RATES = (0.020, 0.016, 0.010)
DIGITAL_KINDS = ("melding fra veileder", "melding fra bruker")
HEALTH_KINDS = ("AAP", "uføretrygd")
SEX = ("kvinne", "mann")
COUNTRY_GROUPS = ("1", "2", "3")
EDUCATION = ("grunnskole", "videregående", "høyere", "ukjent")
WORLD = read_yaml(paths.params_dir() / "simulated_followup.yml")
COUNTY_SHARES: dict[str, float] = WORLD["county_shares"]
FIRST_PERSON = 10_000_001
LAST_DAY = np.datetime64("2022-12-31")
FIRST_DAY = np.datetime64("2015-01-01")
MONDAYS = np.datetime64(iso_weeks.EPOCH) + 14 * np.arange(N_PERIODS + 4)
LAST_WEEK = np.array([iso_weeks.to_year_week(2 * t + 1) for t in range(N_PERIODS)], dtype="int32")
MONTH_TEXT = np.array([month_text(iso_weeks.JANUARY_2015 + i) for i in range(120)])
OLD_SOURCE_ENDS = SEPTEMBER + 10
DIGITAL_STARTS = SEPTEMBER + 4
FULL_TIME = 37.5
DISABILITY = 0.30
ON_CARD_ONLY = 0.35
BEFORE_DECISION = 0.06
REVISED = 0.05
EXTRA_PERSONS = 0.03


def make(
    spells: Spells, periods: Periods, rng: np.random.Generator
) -> Iterator[tuple[str, Columns]]:
    """The ten tables, one at a time: name and columns."""
    n_persons = int(spells.person.max()) + 1 if spells.person.size else 0
    n_extra = int(n_persons * EXTRA_PERSONS) + 2
    health = _health(spells, periods, rng)
    yield "persons", _persons(n_persons + n_extra, rng)
    yield "benefit_cards", _cards(spells, periods, health, n_persons, n_extra, rng)
    yield "benefit_decisions", _decisions(spells, n_persons, n_extra, rng)
    yield "needs_decisions", _needs(spells, rng)
    yield "program_spells", _programmes(spells, periods, rng)
    yield "dialogues", _dialogues(spells, periods, rng)
    yield "digital_dialogues", _digital(spells, periods, rng)
    yield "plan_activities", _activities(spells, periods, rng)
    yield "employment", _employment(spells, periods, rng)
    yield "health_benefits", {name: health[name] for name in ("person", "from_date", "kind")}


def _ids(person: np.ndarray) -> np.ndarray:
    return (FIRST_PERSON + person).astype("int64")


def _days(period: np.ndarray, rng: np.random.Generator, days: int = 14) -> np.ndarray:
    """Random days from the fortnight's Monday on, inside the period of the data."""
    found = MONDAYS[period] + rng.integers(0, days, period.size)
    return np.clip(found, FIRST_DAY, LAST_DAY)


def _choose(labels: Sequence[str], code: np.ndarray) -> np.ndarray:
    return np.array(labels, dtype=object)[code]


def _persons(n: int, rng: np.random.Generator) -> Columns:
    codes = tuple(item.code for item in places.counties(2024))
    shares = np.array([COUNTY_SHARES[code] for code in codes])
    return {
        "person": _ids(np.arange(n)),
        "birth_year": np.clip(rng.normal(1976, 12, n).round(), 1950, 1998).astype("int16"),
        "sex": _choose(SEX, (rng.random(n) < 0.58).astype(int)),
        "county": _choose(codes, rng.choice(len(codes), n, p=shares / shares.sum())),
        "country_group": _choose(COUNTRY_GROUPS, rng.choice(3, n, p=(0.66, 0.17, 0.17))),
        "education": _choose(EDUCATION, rng.choice(4, n, p=(0.27, 0.42, 0.25, 0.06))),
    }


def last_of_spell(spells: Spells, periods: Periods) -> np.ndarray:
    """Row of `periods` with each spell's last period."""
    last = np.full(spells.person.size, -1, dtype="int64")
    order = np.argsort(periods.duration, kind="stable")
    last[periods.spell[order]] = order
    return last


def _cards(
    spells: Spells,
    periods: Periods,
    health: Columns,
    n_persons: int,
    n_extra: int,
    rng: np.random.Generator,
) -> Columns:
    last = last_of_spell(spells, periods)
    end, leaving = periods.period[last].astype(int), periods.exit[last]
    used_up = (leaving == 0) & (periods.left[last] == 2)
    after = np.where(used_up, 1 + np.minimum(rng.geometric(0.4, end.size), 9), 0)
    after[health["spell"]] = health["cards_after"]
    before = np.where(
        (spells.start == 0) & (spells.first >= 3) & (rng.random(end.size) < BEFORE_DECISION),
        rng.integers(1, 4, end.size),
        0,
    )
    extra = n_persons + np.arange(n_extra // 2)
    extra_start = rng.integers(0, N_PERIODS - 12, extra.size)
    runs = [
        (periods.spell, periods.period.astype(int)),
        _expand(np.arange(end.size), end + 1, after),
        _expand(np.arange(end.size), spells.first - before, before),
    ]
    lone = _expand(extra, extra_start, rng.integers(1, 11, extra.size))
    person = np.concatenate(
        [spells.person[runs[0][0]], *(spells.person[r[0]] for r in runs[1:]), lone[0]]
    )
    period = np.concatenate([*(r[1] for r in runs), lone[1]])
    hours = _hours(periods, rng)
    rest = np.where(rng.random(period.size - hours.size) < 0.75, 0.0, 7.5).astype("float32")
    course = np.concatenate([periods.kind > 0, np.zeros(rest.size, dtype=bool)])
    goes_on = np.ones(period.size, dtype=bool)
    goes_on[: hours.size] = ~((periods.exit > 0) & (rng.random(hours.size) < 0.8))
    inside = period < N_PERIODS
    return {
        "person": _ids(person[inside]),
        "year_week": LAST_WEEK[period[inside]],
        "hours_worked": np.concatenate([hours, rest])[inside],
        "course": course[inside],
        "continue_registered": goes_on[inside],
    }


def _expand(who: np.ndarray, start: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Consecutive periods: `n` of them from `start`, for each in `who`."""
    total = np.concatenate([[0], np.cumsum(n)])
    step = np.arange(total[-1]) - np.repeat(total[:-1], n)
    return np.repeat(who, n), np.repeat(start.astype(int), n) + step


def _hours(periods: Periods, rng: np.random.Generator) -> np.ndarray:
    """Hours on cards: at least full limit for those whose last card shows the job."""
    n = periods.exit.size
    hours = np.where(rng.random(n) < 0.72, 0.0, rng.integers(4, 75, n) / 2)
    on_card = (periods.exit == WORK) & _shown_on_card(periods)
    hours[on_card] = FULL_TIME + rng.integers(0, 80, int(on_card.sum())) / 2
    return hours.astype("float32")


def _shown_on_card(periods: Periods) -> np.ndarray:
    """A fixed choice of work exits, the same whenever asked: shown on the card."""
    mixed = (periods.spell.astype(np.int64) * 2654435761) % 1000
    return mixed < 600


def _shown_in_employment(periods: Periods) -> np.ndarray:
    mixed = (periods.spell.astype(np.int64) * 2654435761) % 1000
    return mixed >= 1000 * ON_CARD_ONLY


def _decisions(spells: Spells, n_persons: int, n_extra: int, rng: np.random.Generator) -> Columns:
    new = spells.start != 1
    person, weeks = spells.person[new], spells.left[new].astype("int16")
    from_date = _days(spells.first[new].astype(int), rng)
    decided = from_date + rng.integers(-10, 21, from_date.size)
    revised = np.flatnonzero(rng.random(person.size) < REVISED)
    lone = n_persons + n_extra // 2 + np.arange(n_extra - n_extra // 2)
    lone_date = _days(rng.integers(0, N_PERIODS - 4, lone.size), rng)
    earlier = decided[revised] - rng.integers(5, 30, revised.size)
    return {
        "person": _ids(np.concatenate([person, person[revised], lone])),
        "decided_on": np.clip(np.concatenate([decided, earlier, lone_date]), None, LAST_DAY),
        "from_date": np.concatenate([from_date, from_date[revised], lone_date]),
        "weeks_granted": np.concatenate(
            [weeks, 156 - weeks[revised], np.full(lone.size, 104)]
        ).astype("int16"),
    }


def _needs(spells: Spells, rng: np.random.Generator) -> Columns:
    first = spells.start == 0
    person, start = spells.person[first], spells.first[first].astype(int)
    again = np.flatnonzero(rng.random(person.size) < 0.12)
    later = np.minimum(start[again] + rng.integers(4, 40, again.size), N_PERIODS - 1)
    who = np.concatenate([person, person[again]])
    return {
        "person": _ids(who),
        "from_date": np.concatenate([_days(start, rng, 30), _days(later, rng)]),
        "group": _choose(NEEDS, rng.choice(4, who.size, p=NEEDS_SHARES)),
    }


def _programmes(spells: Spells, periods: Periods, rng: np.random.Generator) -> Columns:
    """Runs of consecutive periods in a programme become one spell with dates."""
    on = np.flatnonzero(periods.kind > 0)
    on = on[np.lexsort((periods.duration[on], periods.spell[on]))]
    spell, step = periods.spell[on], periods.duration[on].astype(int)
    new = np.ones(on.size, dtype=bool)
    new[1:] = (spell[1:] != spell[:-1]) | (step[1:] != step[:-1] + 1)
    start = np.flatnonzero(new)
    stop = np.append(start[1:], on.size) - 1 if on.size else start
    from_date, to_date = (_days(periods.period[on[i]].astype(int), rng) for i in (start, stop))
    return {
        "person": _ids(spells.person[spell[start]]),
        "from_date": np.minimum(from_date, to_date),
        "to_date": np.maximum(from_date, to_date),
        "kind": _choose(KINDS, periods.kind[on[start]].astype(int) - 1),
    }


def _dialogues(spells: Spells, periods: Periods, rng: np.random.Generator) -> Columns:
    """Dialogues of the old source, with reduced coverage from January 2018 and then none."""
    inside = PERIOD_MONTH[periods.period] < OLD_SOURCE_ENDS
    rows = [
        np.repeat(np.flatnonzero(inside), count[inside])
        for count in (periods.phone, periods.meeting, periods.question)
    ]
    who = np.concatenate(rows)
    channel = np.repeat(np.arange(3), [row.size for row in rows])
    return {
        "person": _ids(spells.person[periods.spell[who]]),
        "date": _days(periods.period[who].astype(int), rng),
        "channel": _choose(CHANNELS, channel),
    }


def _digital(spells: Spells, periods: Periods, rng: np.random.Generator) -> Columns:
    duration = periods.duration.astype(float)
    rate = 0.05 + 0.09 * np.minimum(duration / 13, 1) - 0.0006 * np.maximum(duration - 13, 0)
    late = PERIOD_MONTH[periods.period] >= DIGITAL_STARTS
    who = np.repeat(np.arange(rate.size), rng.poisson(rate * late))
    date = np.maximum(_days(periods.period[who].astype(int), rng), np.datetime64("2018-01-01"))
    return {
        "person": _ids(spells.person[periods.spell[who]]),
        "date": date,
        "kind": _choose(DIGITAL_KINDS, rng.integers(0, 2, who.size)),
    }


def _activities(spells: Spells, periods: Periods, rng: np.random.Generator) -> Columns:
    rows = [np.flatnonzero(rng.random(periods.spell.size) < rate) for rate in ACTIVITY_RATES]
    who = np.concatenate(rows)
    return {
        "person": _ids(spells.person[periods.spell[who]]),
        "date": _days(periods.period[who].astype(int), rng),
        "group": _choose(ACTIVITIES, np.repeat(np.arange(3), [row.size for row in rows])),
    }


def _employment(spells: Spells, periods: Periods, rng: np.random.Generator) -> Columns:
    """Jobs after exits to work, until a possible return, and small jobs during spells."""
    out = np.flatnonzero((periods.exit == WORK) & _shown_in_employment(periods))
    spell, month = periods.spell[out], PERIOD_MONTH[periods.period[out]]
    back = np.full(int(spells.person.max(initial=0)) + 1, 120)
    again = spells.start > 0
    back[spells.person[again]] = PERIOD_MONTH[spells.first[again]]
    until = np.where(spells.start[spell] > 0, 120, back[spells.person[spell]])
    longest = np.minimum(np.minimum(until - month, 96 - month), rng.integers(1, 13, out.size))
    who, months = _expand(spell, month, np.maximum(longest, 1))
    hours = np.repeat(18.75 + rng.integers(0, 86, out.size) / 4, np.maximum(longest, 1))
    small = np.flatnonzero(rng.random(periods.spell.size) < 0.03)
    key = np.unique(
        spells.person[periods.spell[small]].astype(np.int64) * 120
        + PERIOD_MONTH[periods.period[small]]
    )
    full = spells.person[who].astype(np.int64) * 120 + months
    key = np.setdiff1d(key, full, assume_unique=False)
    return {
        "person": _ids(np.concatenate([full, key]) // 120),
        "month": MONTH_TEXT[np.concatenate([full, key]) % 120],
        "hours_per_week": np.concatenate([hours, rng.integers(8, 74, key.size) / 4]).astype(
            "float32"
        ),
    }


def _health(spells: Spells, periods: Periods, rng: np.random.Generator) -> Columns:
    """Health benefits of those who leave to them, and of others when it does not count."""
    out = np.flatnonzero(periods.exit == HEALTH)
    period = periods.period[out].astype(int)
    disabled = rng.random(out.size) < DISABILITY
    days = np.where(disabled, rng.integers(0, 14, out.size), rng.integers(0, 42, out.size))
    late = np.flatnonzero((periods.exit == OTHER) & (rng.random(periods.exit.size) < 0.03))
    again = np.isin(spells.person[periods.spell[late]], spells.person[spells.start > 0])
    late = late[~again]
    late_date = MONDAYS[periods.period[late].astype(int)] + rng.integers(120, 400, late.size)
    inside = late_date <= LAST_DAY
    dates = np.concatenate([MONDAYS[period] + days, late_date[inside]])
    who = np.concatenate([out, late[inside]])
    return {
        "person": _ids(spells.person[periods.spell[who]]),
        "from_date": np.clip(dates, FIRST_DAY, LAST_DAY),
        "kind": _choose(
            HEALTH_KINDS,
            np.concatenate([disabled, rng.random(int(inside.sum())) < 0.2]).astype(int),
        ),
        "spell": periods.spell[out],
        "cards_after": np.where(
            disabled & (rng.random(out.size) < 0.5), rng.integers(1, 4, out.size), 0
        ),
    }
