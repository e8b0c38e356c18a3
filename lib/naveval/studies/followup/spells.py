"""From benefit cards and decisions to spells and person-periods.

Rules (document, section 3; where it is silent, the choice is marked *):

1. A card counts from the first decision that is in force in its fortnight. The decision in
   force is the one with the latest from_date so far; of several from the same date the one
   decided last*. Cards before a person's first decision are left out.
2. Weeks left at a period's start are the weeks granted less two for each earlier card under
   the decision in force. Coming back without a new decision continues on the weeks left*.
3. A spell is an unbroken row of cards; it starts at the first card with weeks left. A missing
   card ends it (`longest_gap` of two weeks), so that the next card starts a new spell*.
4. Disability benefit (uføretrygd) ends the spell in the fortnight it is registered; later
   cards of that row are left out. AAP alone does not end a spell while cards go on.
5. The exit lies in the period of the last card, unless the next card would have come after
   the end of the data. It is *health* when rule 4 ended the spell; else *work* when the last
   card shows at least 18.75 hours a week, or the a-melding does in the month of the card's
   last week (jobs added up*); else *health* when AAP or disability benefit is registered from
   the last fortnight to four weeks after*; otherwise *other*.
6. Periods without weeks left are not observations. A spell that goes on beyond them has no
   exit.
"""

from dataclasses import dataclass

import numpy as np

from naveval.project.errors import EstimationError

KINDS = [
    "Arbeidspraksis",
    "Oppfølgingstiltak",
    "Lønnstilskudd",
    "Opplæring",
    "Arbeidsrettet rehabilitering",
    "Avklaringstiltak",
    "Annet",
]
CHANNELS = ["telefon", "møte", "spørsmål"]
NONE, WORK, OTHER, HEALTH = range(4)
KEY = 1 << 11
HOURS_PER_WEEK = 18.75
HEALTH_WEEKS = 4
NEVER = np.int32(1 << 20)
STAGES = (
    "cards",
    "no_decision",
    "before_decision",
    "without_weeks",
    "after_disability",
    "periods",
)


@dataclass(frozen=True)
class Events:
    """Dated facts about persons: `person` and `week` (n,), sorted by both, and a value."""

    person: np.ndarray
    week: np.ndarray
    value: np.ndarray

    @property
    def key(self) -> np.ndarray:
        return keys(self.person, self.week)


@dataclass(frozen=True)
class Periods:
    """Person-periods and what became of every card.

    Attributes
    ----------
    row
        (m,) row of the cards that each period is.
    spell
        (m,) number of the spell, counted over all persons.
    duration
        (m,) two-week periods since the spell's start, from 0.
    weeks_left
        (m,) weeks of entitlement left at the period's start.
    exit
        (m,) 0 none, 1 work, 2 other, 3 health.
    stage
        (n,) for every card, where it left the sample: an index into STAGES.
    """

    row: np.ndarray
    spell: np.ndarray
    duration: np.ndarray
    weeks_left: np.ndarray
    exit: np.ndarray
    stage: np.ndarray


def keys(person: np.ndarray, week: np.ndarray) -> np.ndarray:
    """One sortable number of person and week."""
    return person.astype(np.int64) * KEY + week


def build(
    cards: Events,
    decisions: Events,
    disability: Events,
    health: Events,
    employment: Events,
    month_of_week: np.ndarray,
    last_week: int,
    longest_gap: int = 2,
) -> Periods:
    """Make person-periods of cards.

    Parameters
    ----------
    cards
        One per person and fortnight; `week` its last week, `value` hours in the fortnight.
    decisions
        One per person and from-week; `value` weeks granted.
    disability, health
        First week of disability benefit, and of AAP or disability benefit; values unused.
    employment
        `week` is the month (as in `month_of_week`), `value` hours a week over all jobs.
    month_of_week
        Month index of every week from 0 on.
    last_week
        Last week that a card could have been seen in.
    longest_gap
        Weeks between two cards of one spell.

    Raises
    ------
    EstimationError
        When cards are not sorted or two cover the same fortnight.
    """
    key = cards.key
    if (np.diff(key) < 1).any():
        raise EstimationError("cards are not sorted by person and week, or occur twice")
    stage = np.full(key.size, STAGES.index("periods"), dtype="int8")
    in_force = _in_force(decisions, cards)
    stage[in_force < 0] = STAGES.index("before_decision")
    decided = np.zeros(int(cards.person.max(initial=0)) + 1, dtype=bool)
    decided[decisions.person[decisions.person < decided.size]] = True
    stage[~decided[cards.person]] = STAGES.index("no_decision")
    row = np.flatnonzero(in_force >= 0)
    person, week = cards.person[row], cards.week[row]
    left = decisions.value[in_force[row]] - 2 * _since_change(person, in_force[row])
    spell, start = _runs(person, week, left, longest_gap)
    until = _next_after(disability, person[start], week[start] - 1)[spell]
    before_start = np.arange(row.size) < start[spell]
    late = week - 1 > until
    stage[row[before_start | (left <= 0)]] = STAGES.index("without_weeks")
    stage[row[late]] = STAGES.index("after_disability")
    inside = ~before_start & ~late
    row, spell, left, until = row[inside], spell[inside], left[inside], until[inside]
    last = np.append(spell[1:] != spell[:-1], True) if row.size else np.zeros(0, dtype=bool)
    leaving = np.zeros(row.size, dtype="int8")
    leaving[last] = _exits(
        cards, row[last], until[last], health, employment, month_of_week, last_week - longest_gap
    )
    duration = (cards.week[row] - week[start[spell]]) // 2
    keep = left > 0
    return Periods(
        row=row[keep],
        spell=_renumbered(spell[keep]),
        duration=duration[keep].astype("int16"),
        weeks_left=left[keep].astype("int16"),
        exit=leaving[keep],
        stage=stage,
    )


def _renumbered(label: np.ndarray) -> np.ndarray:
    """Number sorted labels 0, 1, … without gaps."""
    new = np.zeros(label.size, dtype="int32")
    new[1:] = label[1:] != label[:-1]
    return np.cumsum(new, dtype="int32")


def _in_force(decisions: Events, cards: Events) -> np.ndarray:
    """Row of the decision in force in each card's fortnight, −1 when there is none."""
    found = np.searchsorted(decisions.key, cards.key, side="right") - 1
    own = decisions.person[np.maximum(found, 0)] == cards.person if decisions.person.size else False
    return np.where((found >= 0) & own, found, -1)


def _since_change(person: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Number of rows since person or value last changed."""
    index = np.arange(person.size)
    new = np.ones(person.size, dtype=bool)
    new[1:] = (person[1:] != person[:-1]) | (value[1:] != value[:-1])
    return index - np.maximum.accumulate(np.where(new, index, 0))


def _runs(
    person: np.ndarray, week: np.ndarray, left: np.ndarray, longest_gap: int
) -> tuple[np.ndarray, np.ndarray]:
    """Number of the unbroken row of cards, and the first row with weeks left in each.

    A run without weeks left starts after its end.
    """
    if not person.size:
        return np.zeros(0, dtype="int64"), np.zeros(0, dtype="int64")
    new = np.ones(person.size, dtype=bool)
    new[1:] = (person[1:] != person[:-1]) | (np.diff(week) > longest_gap)
    index = np.arange(person.size)
    usable = np.where(left > 0, index, person.size - 1)
    first = np.minimum.reduceat(usable, np.flatnonzero(new))
    return np.cumsum(new) - 1, first


def _next_after(events: Events, person: np.ndarray, week: np.ndarray) -> np.ndarray:
    """Week of each person's first event in or after a week; NEVER when there is none."""
    if not events.person.size:
        return np.full(person.size, NEVER)
    found = np.searchsorted(events.key, keys(person, week))
    at = np.minimum(found, events.person.size - 1)
    own = (found < events.person.size) & (events.person[at] == person)
    return np.where(own, events.week[at], NEVER)


def _exits(
    cards: Events,
    row: np.ndarray,
    until: np.ndarray,
    health: Events,
    employment: Events,
    month_of_week: np.ndarray,
    last_start: int,
) -> np.ndarray:
    """Kind of exit at the last card of each spell (rule 5)."""
    person, week = cards.person[row], cards.week[row]
    work = cards.value[row] >= 2 * HOURS_PER_WEEK
    at_work = Events(
        *(
            array[employment.value >= HOURS_PER_WEEK]
            for array in (employment.person, employment.week, employment.value)
        )
    )
    month = month_of_week[week]
    work |= _next_after(at_work, person, month) == month
    ill = _next_after(health, person, week - 1) <= week + HEALTH_WEEKS
    found = np.where(work, WORK, np.where(ill, HEALTH, OTHER))
    found = np.where(week > last_start, NONE, found)
    return np.where(until <= week, HEALTH, found).astype("int8")
