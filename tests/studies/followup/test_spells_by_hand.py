"""Spells by the rules of the module, once more in plain loops, on random crooked histories."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pytest

from naveval.studies.followup import spells, weeks
from naveval.studies.followup.contracts import WEEKS
from naveval.studies.followup.spells import Events

LAST_WEEK = 120
MONTH = weeks.month_index(WEEKS["month"].to_numpy())
Row = tuple[int, int, int, int, int]


@dataclass
class Person:
    """One person's registers; weeks are running numbers."""

    cards: dict[int, float] = field(default_factory=dict)
    decisions: dict[int, int] = field(default_factory=dict)
    disability: set[int] = field(default_factory=set)
    allowance: set[int] = field(default_factory=set)
    jobs: dict[int, float] = field(default_factory=dict)


def crooked(rng: np.random.Generator) -> Person:
    """A history with gaps, changes of fortnight, new decisions, benefits and jobs in the way."""
    week = int(rng.integers(1, 40))
    found = Person()
    while week <= LAST_WEEK and len(found.cards) < 60:
        found.cards[week] = float(rng.choice([0.0, 10.0, 37.4, 37.5, 75.0]))
        week += int(rng.choice([2, 2, 2, 2, 2, 2, 2, 2, 3, 4, 5, 7, 30]))
    for _ in range(int(rng.integers(0, 4))):
        found.decisions[int(rng.integers(0, LAST_WEEK))] = int(rng.choice([52, 104]))
    for _ in range(int(rng.choice([0, 0, 1, 2]))):
        found.disability.add(int(rng.integers(0, LAST_WEEK + 20)))
    for _ in range(int(rng.choice([0, 1, 3]))):
        found.allowance.add(int(rng.integers(0, LAST_WEEK + 20)))
    for _ in range(int(rng.integers(0, 5))):
        found.jobs[int(MONTH[rng.integers(0, LAST_WEEK)])] = float(rng.choice([10, 18.74, 18.75]))
    return found


def by_loops(person: Person, longest_gap: int, last_week: int) -> list[Row]:
    """(week, number of the spell, duration, weeks left, exit) of each period."""
    found: list[Row] = []
    runs: list[list[tuple[int, int]]] = []
    used: dict[int, int] = defaultdict(int)
    for week in sorted(person.cards):
        since = [start for start in person.decisions if start <= week]
        if not since:
            continue
        start = max(since)
        left = person.decisions[start] - 2 * used[start]
        used[start] += 1
        if not runs or week - runs[-1][-1][0] > longest_gap:
            runs.append([])
        runs[-1].append((week, left))
    number = 0
    for run in runs:
        while run and run[0][1] <= 0:
            run = run[1:]
        if not run:
            continue
        first = run[0][0]
        ends = [week for week in person.disability if week >= first - 1]
        end = min(ends, default=10**6)
        run = [(week, left) for week, left in run if week - 1 <= end]
        if not run:
            continue
        last = run[-1][0]
        kept = [
            (
                week,
                number,
                (week - first) // 2,
                left,
                leaving(person, last, end, longest_gap, last_week) if week == last else spells.NONE,
            )
            for week, left in run
            if left > 0
        ]
        found += kept
        number += 1
    return found


def leaving(person: Person, last: int, end: int, longest_gap: int, last_week: int) -> int:
    if end <= last:
        return spells.HEALTH
    if last + longest_gap > last_week:
        return spells.NONE
    if person.cards[last] >= 37.5 or person.jobs.get(int(MONTH[last]), 0) >= 18.75:
        return spells.WORK
    benefits = person.disability | person.allowance
    if any(last - 1 <= week <= last + 4 for week in benefits):
        return spells.HEALTH
    return spells.OTHER


def events(rows: list[tuple[int, int, float]]) -> Events:
    rows = sorted(rows)
    person, week, value = (
        (np.array(column) for column in zip(*rows, strict=True))
        if rows
        else (np.zeros(0), np.zeros(0), np.zeros(0))
    )
    return Events(person.astype("int32"), week.astype("int32"), value)


@pytest.mark.parametrize("longest_gap", [2, 4, 6])
@pytest.mark.parametrize("seed", [1, 2])
def test_equals_plain_loops(longest_gap: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    people = [crooked(rng) for _ in range(400)]
    cards = events([(i, w, h) for i, p in enumerate(people) for w, h in p.cards.items()])
    disabled = [(i, w, 1.0) for i, p in enumerate(people) for w in p.disability]
    health = disabled + [
        (i, w, 1.0) for i, p in enumerate(people) for w in p.allowance - p.disability
    ]
    last_week = int(cards.week.max())
    built = spells.build(
        cards,
        events([(i, w, n) for i, p in enumerate(people) for w, n in p.decisions.items()]),
        events(disabled),
        events(health),
        events([(i, m, h) for i, p in enumerate(people) for m, h in p.jobs.items()]),
        MONTH,
        last_week,
        longest_gap,
    )
    own: dict[int, list[Row]] = defaultdict(list)
    offset: dict[int, int] = {}
    for k, row in enumerate(built.row):
        who = int(cards.person[row])
        first = offset.setdefault(who, int(built.spell[k]))
        own[who].append(
            (
                int(cards.week[row]),
                int(built.spell[k]) - first,
                int(built.duration[k]),
                int(built.weeks_left[k]),
                int(built.exit[k]),
            )
        )
    kinds = set()
    for i, person in enumerate(people):
        expected = by_loops(person, longest_gap, last_week)
        # A spell can lose all its periods to the rule on weeks left; numbers count the rest.
        names = {old: new for new, old in enumerate(dict.fromkeys(row[1] for row in expected))}
        assert own[i] == [(w, names[s], d, n, e) for w, s, d, n, e in expected], f"person {i}"
        kinds |= {row[4] for row in expected}
    assert kinds == {spells.NONE, spells.WORK, spells.OTHER, spells.HEALTH}
    assert len(built.row) > 3000
