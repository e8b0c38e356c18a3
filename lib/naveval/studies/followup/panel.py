"""Summaries of the follow-up panel: means by duration, and the sample flow, by county.

The analysis panel: one row per person and two-week period, from the ten register tables.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure import keys
from naveval.disclosure.keys import Secret
from naveval.project.store import cached
from naveval.registers import extracts
from naveval.registers import reading as registers
from naveval.registers.reading import Registers, open_registers
from naveval.studies.followup import spells, weeks
from naveval.studies.followup.contracts import DIGITAL_FROM, TABLES, WEEKS
from naveval.studies.followup.parameters import Parameters
from naveval.studies.followup.spells import CHANNELS, KINDS, Events, Periods

LONGEST = 52
WINDOW = (201607, 201806)
OLD_SOURCE_UNTIL = 201801
KIND_COLUMNS = tuple(f"kind_{i + 1}" for i in range(len(KINDS)))
CHANNEL_COLUMNS = ("phone", "meeting", "question")
NO_CARDS = "no_cards"
PROFILE = (*CHANNEL_COLUMNS, *KIND_COLUMNS, "digital")


def profiles(
    frame: pd.DataFrame, place: np.ndarray, names: pd.Index, record_keys: np.ndarray
) -> pd.DataFrame:
    """Totals by county and duration of each measure in the time its source covers."""
    digital_from = DIGITAL_FROM.year * 100 + DIGITAL_FROM.month
    use = {name: frame["month"].le(OLD_SOURCE_UNTIL).to_numpy() for name in CHANNEL_COLUMNS}
    use |= {name: np.ones(len(frame), dtype=bool) for name in KIND_COLUMNS}
    use["digital"] = frame["month"].ge(digital_from).to_numpy()
    early = frame["duration"].to_numpy() < LONGEST
    cell = place * LONGEST + frame["duration"].to_numpy().clip(max=LONGEST - 1)
    person = frame["person"].to_numpy()
    size = names.size * LONGEST
    parts, counted = [], {}
    for name in PROFILE:
        rows = use[name] & early
        kind = "digital" if name == "digital" else "old" if name in CHANNEL_COLUMNS else "all"
        if kind not in counted:
            counted[kind] = _counts(cell[rows], person[rows], names.size, record_keys)
        value = frame[name].to_numpy()
        with_it = rows & (value > 0)
        n_with, with_key = persons_in(cell[with_it], person[with_it], size, record_keys)
        parts.append(
            counted[kind].assign(
                measure=name,
                total=np.bincount(cell[rows], value[rows], size),
                n_with=n_with,
                n_with_key=with_key,
            )
        )
    found = pd.concat(parts, ignore_index=True)
    found["county"] = names.to_numpy()[found.pop("place")]
    return found[found["n_obs"] > 0].reset_index(drop=True)


def persons_in(
    cell: np.ndarray, person: np.ndarray, size: int, record_keys: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Number of different persons in each cell, and the cell's key.

    Sorting beats hashing here: rows come by person and time, so they are nearly sorted.
    """
    pair = np.sort(person.astype(np.int64) << 32 | cell, kind="stable")
    new = np.ones(pair.size, dtype=bool)
    new[1:] = pair[1:] != pair[:-1]
    distinct = pair[new]
    place, own = distinct & 0xFFFFFFFF, record_keys[distinct >> 32]
    return np.bincount(place, minlength=size), key_sums(place, own, size)


def key_sums(place: np.ndarray, record_keys: np.ndarray, size: int) -> np.ndarray:
    """Sum of record keys in each place; in halves, so that sums in floats stay exact."""
    low = np.bincount(place, record_keys & 0xFFFF, size).astype(np.int64)
    return (np.bincount(place, record_keys >> 16, size).astype(np.int64) << 16) + low


def _counts(
    cell: np.ndarray, person: np.ndarray, n_places: int, record_keys: np.ndarray
) -> pd.DataFrame:
    """Periods and persons by county and duration."""
    size = n_places * LONGEST
    persons, key = persons_in(cell, person, size, record_keys)
    return pd.DataFrame(
        {
            "place": np.repeat(np.arange(n_places), LONGEST),
            "duration": np.tile(np.arange(LONGEST), n_places),
            "n_obs": np.bincount(cell, minlength=size),
            "n_persons": persons,
            "n_persons_key": key,
        }
    )


def flow(
    cards: Events,
    periods: Periods,
    frame: pd.DataFrame,
    without_cards: np.ndarray,
    codes: np.ndarray,
    names: pd.Index,
    record_keys: np.ndarray,
) -> pd.DataFrame:
    """How many cards, persons and spells each step keeps or drops, by county.

    The first step, NO_CARDS, counts persons with a decision and no card; it has no periods.
    """
    steps = [(NO_CARDS, without_cards, None), ("cards", cards.person, None)]
    for number, name in enumerate(spells.STAGES[1:-1], start=1):
        steps.append((name, cards.person[periods.stage == number], None))
    left, month = frame["weeks_left"].to_numpy(), frame["month"].to_numpy()
    in_window = (left <= LONGEST) & (month >= WINDOW[0]) & (month <= WINDOW[1])
    person, spell = frame["person"].to_numpy(), frame["spell"].to_numpy()
    near = (left > 22) & (left <= 26) | (left > 28) & (left <= 32)
    masks = {
        "periods": np.ones(left.size, dtype=bool),
        "last_year": left <= LONGEST,
        "long": in_window,
        "short": in_window & (month // 100 == 2017),
        "threshold_long": in_window & near,
        "threshold_short": in_window & (month // 100 == 2017) & near,
    }
    steps += [(name, person[mask], spell[mask]) for name, mask in masks.items()]
    parts = [
        pd.DataFrame(
            {
                "county": names,
                "step": name,
                "n_persons": _distinct(who, codes[who], names.size),
                "n_persons_key": _key(who, codes, names.size, record_keys),
                "n_spells": 0 if which is None else _distinct(which, codes[who], names.size),
                "n_periods": np.bincount(codes[who], minlength=names.size) * (name != NO_CARDS),
            }
        )
        for name, who, which in steps
    ]
    return pd.concat(parts, ignore_index=True)


def _distinct(label: np.ndarray, place: np.ndarray, n_places: int) -> np.ndarray:
    """Number of distinct labels in each place (a label lies in one place only)."""
    place_of = np.full(int(label.max(initial=-1)) + 1, -1)
    place_of[label] = place
    return np.bincount(place_of[place_of >= 0], minlength=n_places)


def _key(who: np.ndarray, codes: np.ndarray, n_places: int, record_keys: np.ndarray) -> np.ndarray:
    """Keys of the distinct persons in each place."""
    distinct = np.unique(who)
    return key_sums(codes[distinct], record_keys[distinct], n_places)


WEEK_OF = f"(({{}})::DATE - DATE '{weeks.EPOCH}') // 7"


@dataclass(frozen=True)
class Panel:
    """What the study's estimates, figures and sample flow are made from.

    Attributes
    ----------
    window
        One row per person-period from July 2016 to June 2018 with at most 52 weeks left:
        person (a running number), county, month (201707), duration, weeks_left, program,
        phone, meeting, question, dialogue, work, ended, health.
    profiles
        One row per county, measure (PROFILE) and duration up to 51: `total`, `n_obs`,
        `n_persons` and `n_with`, persons with the measure. Dialogue until January 2018,
        digital dialogue after.
    flow
        One row per county and step of the sample: `n_persons`, `n_spells`, `n_periods`.
    persons
        `record_key` of each person by running number. In `profiles` and `flow` the key of a
        cell stands beside its number of persons (`n_persons_key`).
    """

    window: pd.DataFrame
    profiles: pd.DataFrame
    flow: pd.DataFrame
    persons: pd.DataFrame


def load(parameters: Parameters) -> Panel:
    """The panel of a run's registers, built once per extract and version of the code.

    Raises
    ------
    DisclosureError
        For real registers without the register owner's secret.
    """
    secret = keys.secret(parameters.origin())
    folder = extracts.folder("followup", parameters)
    return cached(
        "followup-panel",
        lambda: read(folder, secret, parameters.longest_gap_weeks),
        key=made_from(parameters),
        code=(__name__,),
    )


def made_from(parameters: Parameters) -> dict[str, Any]:
    """What the panel of a run is made from besides code, and all that is computed from it alone."""
    folder = extracts.folder("followup", parameters)
    return {
        "data": registers.fingerprint(folder, tuple(TABLES)),
        "gap": parameters.longest_gap_weeks,
        "secret": keys.secret(parameters.origin()).noise,
    }


def read(data: Path, secret: Secret, longest_gap: int = 2) -> Panel:
    """Build the panel from a folder of register extracts (ContractError when unreadable)."""
    with open_registers(data, TABLES) as registers:
        return build(registers, secret, longest_gap)


@dataclass(frozen=True)
class PersonPeriods:
    """Every person-period, and the cards it comes from.

    Attributes
    ----------
    frame
        person (a running number), month, spell, duration, weeks_left, exit (see
        `followup.spells`), a column per programme kind and channel, and digital.
    cards, periods
        All cards, and what became of each.
    without_cards
        Running numbers of persons with a decision and no card.
    county
        (persons,) county of each person by running number.
    """

    frame: pd.DataFrame
    cards: Events
    periods: Periods
    without_cards: np.ndarray
    county: pd.Series


def build(registers: Registers, secret: Secret, longest_gap: int = 2) -> Panel:
    """Build the panel from open registers."""
    found = person_periods(registers, longest_gap)
    codes, names = pd.factorize(found.county, sort=True)
    place = codes[found.frame["person"].to_numpy()]
    persons = registers.query("SELECT person FROM codes ORDER BY code")["person"]
    own = keys.record_keys(persons.to_numpy(), secret)
    return Panel(
        window=_window(found.frame, place, names),
        profiles=profiles(found.frame, place, names, own),
        flow=flow(found.cards, found.periods, found.frame, found.without_cards, codes, names, own),
        persons=pd.DataFrame({"record_key": own}),
    )


def person_periods(registers: Registers, longest_gap: int = 2) -> PersonPeriods:
    """Make spells of the cards and match everything else to their periods."""
    connection = registers.connection
    connection.register("weeks_frame", WEEKS)
    connection.execute("CREATE OR REPLACE TEMP TABLE weeks AS SELECT * FROM weeks_frame")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE codes AS "
        "SELECT person, county, (row_number() OVER (ORDER BY person) - 1)::INTEGER AS code "
        "FROM persons"
    )
    cards = _events(
        registers,
        "SELECT code, week, hours_worked AS value FROM benefit_cards "
        "JOIN codes USING (person) JOIN weeks USING (year_week)",
    )
    decisions = _decisions(registers)
    periods = spells.build(
        cards,
        decisions,
        _health(registers, "WHERE kind = 'uføretrygd'"),
        _health(registers, ""),
        _employment(registers),
        weeks.month_index(WEEKS["month"].to_numpy()),
        int(cards.week.max(initial=0)),
        longest_gap,
    )
    county = registers.query("SELECT county FROM codes ORDER BY code")["county"]
    without_cards = np.setdiff1d(decisions.person, cards.person)
    frame = _frame(registers, cards, periods)
    return PersonPeriods(frame, cards, periods, without_cards, county)


def _events(registers: Registers, sql: str) -> Events:
    """Run a query for (code, week, value) and sort it."""
    found = registers.connection.execute(f"SELECT * FROM ({sql}) ORDER BY code, week").fetchnumpy()
    return Events(
        np.asarray(found["code"], dtype="int32"),
        np.asarray(found["week"], dtype="int32"),
        np.asarray(found["value"]),
    )


def _decisions(registers: Registers) -> Events:
    """The decision in force per person and week: latest from_date, then decided last."""
    return _events(
        registers,
        f"SELECT code, {WEEK_OF.format('from_date')} AS week, weeks_granted::INTEGER AS value "
        "FROM benefit_decisions JOIN codes USING (person) "
        "QUALIFY row_number() OVER (PARTITION BY code, week "
        "ORDER BY from_date DESC, decided_on DESC, weeks_granted DESC) = 1",
    )


def _health(registers: Registers, where: str) -> Events:
    return _events(
        registers,
        f"SELECT DISTINCT code, {WEEK_OF.format('from_date')} AS week, 1 AS value "
        f"FROM health_benefits JOIN codes USING (person) {where}",
    )


def _employment(registers: Registers) -> Events:
    """Hours a week over all jobs of a month.

    Rounded, because 5.10 and 13.65 in single precision add up to just below 18.75.
    """
    month = "(left(month, 4)::INTEGER - 2015) * 12 + right(month, 2)::INTEGER - 1"
    return _events(
        registers,
        f"SELECT code, {month} AS week, round(sum(hours_per_week), 4)::DOUBLE AS value "
        f"FROM employment JOIN codes USING (person) GROUP BY ALL",
    )


def _frame(registers: Registers, cards: Events, periods: Periods) -> pd.DataFrame:
    """All person-periods with what happened in them."""
    key = cards.key[periods.row]
    columns: dict[str, np.ndarray] = {
        "person": cards.person[periods.row],
        "month": WEEKS["month"].to_numpy()[cards.week[periods.row]],
        "spell": periods.spell,
        "duration": periods.duration,
        "weeks_left": periods.weeks_left,
        "exit": periods.exit,
    }
    for kind, column in zip(KINDS, KIND_COLUMNS, strict=True):
        columns[column] = _in_programme(registers, kind, key)
    for channel, column in zip(CHANNELS, CHANNEL_COLUMNS, strict=True):
        columns[column] = _count(registers, "dialogues", key, f"WHERE channel = '{channel}'")
    columns["digital"] = _count(registers, "digital_dialogues", key, "")
    return pd.DataFrame(columns, copy=False)


def _count(registers: Registers, table: str, key: np.ndarray, where: str) -> np.ndarray:
    """Number of dated events in each period; a period is a card's last week and the one before."""
    found = _events(
        registers,
        f"SELECT code, {WEEK_OF.format('date')} AS week, 1 AS value "
        f"FROM {table} JOIN codes USING (person) {where}",
    )
    events = found.key
    at = np.searchsorted(key, events)
    inside = at < key.size
    inside[inside] = key[at[inside]] - events[inside] <= 1
    return np.bincount(at[inside], minlength=key.size).astype("int16")


def _in_programme(registers: Registers, kind: str, key: np.ndarray) -> np.ndarray:
    """Whether a stay of this kind overlaps each period."""
    last = f"DATE '{dt.date(2022, 12, 31)}'"
    found = registers.connection.execute(
        f"SELECT code, {WEEK_OF.format('from_date')} AS first, "
        f"{WEEK_OF.format(f'coalesce(to_date::DATE, {last})')} AS last "
        "FROM program_spells JOIN codes USING (person) WHERE kind = ?",
        [kind],
    ).fetchnumpy()
    code = np.asarray(found["code"], dtype="int64")
    start = np.searchsorted(key, spells.keys(code, np.asarray(found["first"])))
    stop = np.searchsorted(key, spells.keys(code, np.asarray(found["last"]) + 1), side="right")
    change = np.bincount(start, minlength=key.size + 1) - np.bincount(stop, minlength=key.size + 1)
    return np.cumsum(change)[: key.size] > 0


def _window(frame: pd.DataFrame, place: np.ndarray, names: pd.Index) -> pd.DataFrame:
    """Person-periods the comparisons are made on, with the outcomes."""
    use = (frame["weeks_left"] <= LONGEST) & frame["month"].between(*WINDOW)
    part = frame[use]
    leaving = part["exit"]
    return pd.DataFrame(
        {
            "person": part["person"].to_numpy(),
            "county": pd.Categorical.from_codes(place[use], names),
            "month": part["month"].to_numpy(),
            "duration": part["duration"].to_numpy(),
            "weeks_left": part["weeks_left"].to_numpy(),
            "program": part[list(KIND_COLUMNS)].any(axis=1).to_numpy(),
            **{name: part[name].to_numpy() for name in CHANNEL_COLUMNS},
            "dialogue": part[list(CHANNEL_COLUMNS)].sum(axis=1).to_numpy(),
            "work": (leaving == spells.WORK).to_numpy(),
            "ended": leaving.isin([spells.WORK, spells.OTHER]).to_numpy(),
            "health": (leaving == spells.HEALTH).to_numpy(),
        }
    )
