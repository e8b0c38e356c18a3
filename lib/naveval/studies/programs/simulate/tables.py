"""From simulated lives to register tables: the ten raw tables of a real extract."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from naveval.registers.simulation import coded, write_table
from naveval.studies.programs.codes import GROUPS, STATUS_CODES, month_code
from naveval.studies.programs.simulate.entry import (
    BEFORE,
    FIRST_YEAR,
    children_in,
    positions,
    wages,
)
from naveval.studies.programs.simulate.life import Life
from naveval.studies.programs.simulate.persons import (
    BENEFITS,
    FIRST_INCOME_YEAR,
    MONTHS,
    Persons,
    introduction,
    municipality_list,
    social_assistance,
)

LAST_YEAR = 2022
AMOUNTS = (18_500, 15_500, 6_200, 8_500, 23_000, 17_500, 17_000)
CODES: dict[str, tuple[tuple[int, str], ...]] = {
    "AFT": ((0, "PRAKSKJERM"), (201611, "ARBFORB")),
    "AMO": ((0, "AMO"), (201908, "GRUPPEAMO")),
    "Annet": ((0, "ETAB"),),
    "Arbeidsrettet rehabilitering": ((0, "ARBRRHBAG"), (201201, "ARBRRHDAG")),
    "Arbeidstrening": ((0, "PRAKSORD"), (201701, "ARBTREN")),
    "Avklaring": ((0, "AVKLARAG"),),
    "Helsemessig utredning/behandling": ((0, "UTBHPSLD"), (201201, "UTBHSAMLI")),
    "IPS": ((0, "INDJOBSTOT"),),
    "Jobbklubb": ((0, "JOBBK"),),
    "Midlertidig lønnstilskudd": ((0, "LONNTIL"), (201601, "MIDLONTIL")),
    "Oppfølging": ((0, "INDOPPFAG"),),
    "Tilrettelegging/tiltak i bedrift": ((0, "TILRTILSK"), (201201, "MENTOR")),
    "Utdanning": ((0, "UTDYRK"), (201908, "HOYEREUTD")),
    "Utvidet oppfølging i NAV": ((0, "UTVAOONAV"),),
    "Varig lønnstilskudd": ((0, "TIDSUBLONN"), (201601, "VARLONTIL")),
    "Varig tilrettelagt arbeid": ((0, "VASV"),),
}
"""Activity code in use from a month (yyyymm) on."""
BESIDE = (
    ("Arbeidstrening", "Tilrettelegging/tiltak i bedrift", 0.13),
    ("Midlertidig lønnstilskudd", "Tilrettelegging/tiltak i bedrift", 0.10),
    ("Arbeidstrening", "Utvidet oppfølging i NAV", 0.08),
    ("Utdanning", "Oppfølging", 0.055),
    ("Utdanning", "Arbeidstrening", 0.055),
    ("Arbeidstrening", "Oppfølging", 0.045),
    ("Midlertidig lønnstilskudd", "Utvidet oppfølging i NAV", 0.08),
    ("Midlertidig lønnstilskudd", "Oppfølging", 0.06),
    ("Utdanning", "Tilrettelegging/tiltak i bedrift", 0.06),
    ("AMO", "Arbeidstrening", 0.085),
    ("Oppfølging", "Tilrettelegging/tiltak i bedrift", 0.06),
    ("Oppfølging", "Jobbklubb", 0.04),
    ("AMO", "Oppfølging", 0.07),
    ("AMO", "Jobbklubb", 0.06),
    ("AFT", "Oppfølging", 0.05),
    ("AFT", "Tilrettelegging/tiltak i bedrift", 0.06),
    ("AFT", "Utdanning", 0.03),
    ("Avklaring", "Oppfølging", 0.06),
)
"""Second programmes that go on beside a first, and how often."""
BESIDE_SAME_END, BESIDE_LONGER = 0.28, 3.0
"""How many of them end with the first, and months that the others go on for."""


def write_chunk(
    out: Path, part: int, persons: Persons, life: Life, rng: np.random.Generator
) -> None:
    """Write one chunk of every person table as `<table>/part-NNNN.parquet`."""
    position = positions(life.index)
    wage = wages(life.index, position, persons)
    spells = with_second_programs(life.spells, rng)
    tables = {
        "persons": _persons(persons),
        "person_years": _person_years(persons),
        "nav_status": _cells(persons, life.status > 0, status=life.status),
        "program_spells": _spells(persons, spells),
        "employment": _cells(persons, wage > 0, wage_nok=wage, position_percent=position),
        "annual_income": _annual_income(persons, wage),
        "benefits": _benefits(persons, life),
        "disability": _disability(persons, life),
        "enrolment": _enrolment(persons, life, rng),
    }
    for name, table in tables.items():
        write_table(out, name, table, part=f"part-{part:04d}")


def with_second_programs(spells: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Add programmes that run beside the main one; they start later, and most end at another time.

    Spells of one programme of one person that would overlap are left out.
    """
    extra = []
    room = spells[:, 3] - spells[:, 2] >= 2
    for main, second, share in BESIDE:
        chosen = room & (spells[:, 1] == GROUPS.index(main)) & (rng.random(len(spells)) < share)
        rows = spells[chosen].copy()
        rows[:, 1] = GROUPS.index(second)
        rows[:, 2] += 1
        longer = 1 + np.floor(rng.exponential(BESIDE_LONGER, len(rows))).astype(int)
        rows[:, 3] += np.where(rng.random(len(rows)) < BESIDE_SAME_END, 0, longer)
        extra.append(rows)
    joined = np.concatenate([spells, *extra])
    joined = joined[np.lexsort((joined[:, 2], joined[:, 1], joined[:, 0]))]
    series = (joined[:, 0] * len(GROUPS) + joined[:, 1]) * 10 * MONTHS
    latest = np.maximum.accumulate(series + joined[:, 3])
    overlaps = np.concatenate([[False], (series + joined[:, 2])[1:] <= latest[:-1]])
    return joined[~overlaps & (joined[:, 2] < MONTHS)]


def _cells(persons: Persons, where: NDArray[np.bool_], **columns: Any) -> pa.Table:
    """Person-month rows for the marked cells of (months, n) arrays, ordered by person."""
    who, month = np.nonzero(where.T)
    data: dict[str, Any] = {
        "person": persons.person[who].astype(np.int32),
        "month": month_code(month).astype(np.int32),
    }
    for name, values in columns.items():
        chosen = values[month, who]
        if name == "status":
            data["innsatsgruppe"] = coded(chosen - 1, list(STATUS_CODES.values()))
        else:
            data[name] = chosen
    return pa.table(data)


def _persons(persons: Persons) -> pa.Table:
    since = np.where(persons.country > 0, persons.immigrated, 0)
    year, month = 2009 + since // 12, since % 12 + 1
    return pa.table(
        {
            "person": persons.person.astype(np.int32),
            "sex": pa.array(np.where(persons.sex == 1, "woman", "man")),
            "birth_year": persons.birth_year.astype(np.int32),
            "country_group": persons.country.astype(np.int32),
            "first_immigration_month": pa.array(
                (year * 100 + month).astype(np.int32), mask=persons.country == 0
            ),
        }
    )


def _person_years(persons: Persons) -> pa.Table:
    years = np.arange(FIRST_YEAR, LAST_YEAR + 1)
    age = years[:, None] - persons.birth_year
    young = age < 19
    education = np.where(young, np.minimum(persons.education, 1), persons.education)
    family_now = np.where(age < 20, 8, persons.family)
    children_now = children_in(persons, age)
    places = municipality_list()
    code = places.municipality.to_numpy()[persons.municipality]
    county = places.county.to_numpy()[persons.municipality]
    alive = age >= 0
    year_row, who = np.nonzero(alive)
    return pa.table(
        {
            "person": persons.person[who].astype(np.int32),
            "year": years[year_row].astype(np.int32),
            "education": pa.array(education[year_row, who].astype(str)),
            "family_type": pa.array(family_now[year_row, who].astype(str)),
            "children": children_now[year_row, who].astype(np.int32),
            "municipality": pa.array(code[who]),
            "county": pa.array(county[who]),
        }
    )


def _spells(persons: Persons, spells: NDArray[np.int64]) -> pa.Table:
    start = month_code(spells[:, 2])
    code = np.empty(len(spells), dtype=object)
    for position, name in enumerate(GROUPS):
        rows = spells[:, 1] == position
        for since, activity in CODES[name]:
            code[rows & (start >= since)] = activity
    return pa.table(
        {
            "person": persons.person[spells[:, 0]].astype(np.int32),
            "activity_code": pa.array(code, type=pa.string()),
            "from_month": start.astype(np.int32),
            "to_month": month_code(np.minimum(spells[:, 3], MONTHS - 1)).astype(np.int32),
        }
    )


def _annual_income(persons: Persons, wage: NDArray[np.int32]) -> pa.Table:
    later = wage.reshape(-1, 12, len(persons)).sum(axis=1)
    income = np.concatenate([persons.early_income.T, later])
    year_row, who = np.nonzero(income > 0)
    return pa.table(
        {
            "person": persons.person[who].astype(np.int32),
            "year": (FIRST_INCOME_YEAR + year_row).astype(np.int32),
            "earned_income_nok": income[year_row, who].astype(np.int32),
        }
    )


def _benefits(persons: Persons, life: Life) -> pa.Table:
    works, t, everyone = life.index > 0, np.arange(MONTHS)[:, None], np.arange(len(persons))
    taste = dict(zip(BENEFITS, persons.taste.T, strict=True))
    status, healthy = life.status, life.disabled > t
    has = {
        "aap": (status == 3) & healthy & (taste["aap"] < 0.78) & ~works,
        "dagpenger": np.isin(status, (1, 2)) & ~works & (taste["dagpenger"] < 0.45),
        "tiltakspenger": (life.program >= 0)
        & (status != 3)
        & ~works
        & (taste["dagpenger"] >= 0.45)
        & (taste["tiltakspenger"] < 0.6),
        "sosialhjelp": ~works & social_assistance(persons, everyone, t),
        "sykepenger": (status == 5) & (taste["sykepenger"] < 0.85),
        "introduksjonsstonad": introduction(persons, everyone, t),
        "kvalifiseringsstonad": (status == 2) & ~works & (taste["kvalifiseringsstonad"] < 0.05),
    }
    for months, before in zip(life.entries.month, life.entries.before, strict=True):
        for name, length in zip(BEFORE, before.T, strict=True):
            has[name] |= (t < months) & (t >= months - length)
    some = np.zeros(status.shape, dtype=bool)
    for mask in has.values():
        some |= mask
    cells = _cells(persons, some, **{f"{name}_nok": mask for name, mask in has.items()})
    for column, amount in zip(has, AMOUNTS, strict=True):
        place = cells.schema.get_field_index(f"{column}_nok")
        paid = cells[place].to_numpy() * np.int32(amount)
        cells = cells.set_column(place, f"{column}_nok", pa.array(paid))
    return cells


def _disability(persons: Persons, life: Life) -> pa.Table:
    some = life.disabled <= np.arange(MONTHS)[:, None]
    degree = np.broadcast_to(persons.degree, some.shape).astype(np.int32)
    return _cells(persons, some, degree_percent=degree)


def _enrolment(persons: Persons, life: Life, rng: np.random.Generator) -> pa.Table:
    n = len(persons)
    half_years = MONTHS // 6
    age = FIRST_YEAR + np.arange(half_years)[:, None] * 6 // 12 - persons.birth_year
    chance = np.where((age >= 16) & (age < 20), 0.20, np.where(age < 26, 0.12, 0.03))
    studying = (rng.random((half_years, n)) < chance).repeat(6, axis=0)
    course = (life.program == GROUPS.index("AMO")) & (rng.random(n) < 0.7)
    school = (life.program == GROUPS.index("Utdanning")) & (rng.random(n) < 0.85)
    return _cells(persons, studying | course | school)
