"""From simulated lives to register tables: the ten raw tables of a real extract."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from naveval.studies.programs import basic_amount
from naveval.studies.programs.codes import GROUPS, STATUS_CODES, month_code
from naveval.studies.programs.simulate.life import NEVER, Life
from naveval.studies.programs.simulate.persons import MONTHS, Persons, municipality_list

FIRST_INCOME_YEAR, FIRST_YEAR, LAST_YEAR = 2005, 2009, 2022
SMALL_JOB = -0.30
BENEFITS = (
    "aap",
    "dagpenger",
    "tiltakspenger",
    "sosialhjelp",
    "sykepenger",
    "introduksjonsstonad",
    "kvalifiseringsstonad",
)
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
    ("Arbeidstrening", "Tilrettelegging/tiltak i bedrift", 0.07),
    ("Arbeidstrening", "Utvidet oppfølging i NAV", 0.04),
    ("Midlertidig lønnstilskudd", "Tilrettelegging/tiltak i bedrift", 0.08),
    ("Midlertidig lønnstilskudd", "Oppfølging", 0.03),
    ("Utdanning", "Oppfølging", 0.08),
)
"""Second programmes that go on beside a first, and how often."""


def positions(index: NDArray[np.float32]) -> NDArray[np.int16]:
    """Contracted position in percent of those who work, 10 for small jobs, 0 for none."""
    edges = np.array([SMALL_JOB, 0.0, 0.12, 0.3, 0.5], dtype=np.float32)
    return np.array([0, 10, 30, 50, 80, 100], dtype=np.int16)[np.digitize(index, edges, right=True)]


def wages(
    index: NDArray[np.float32], position: NDArray[np.int16], persons: Persons
) -> NDArray[np.int32]:
    """Monthly wage in kroner of the year; at least the in-work amount from 20 percent up.

    Both arrays are (months, n).
    """
    months = month_code(np.arange(len(index)))
    growth = 1.03 ** ((np.arange(len(index)) - 102) / 12)
    full = 33_000 + 2_200 * persons.education.astype(np.int32) + 2_500 * persons.permanent
    full = full * growth[:, None] * (1 + 0.06 * np.clip(index, -1, 2))
    floor = 1.05 * basic_amount.monthly(months)[:, None] / 12
    high = 1.02 * basic_amount.monthly(months)[:, None] / 4
    wage = full * position / 100
    wage = np.where(position >= 80, np.maximum(wage, high), wage)
    wage = np.where(position >= 20, np.maximum(wage, floor), np.minimum(wage, 0.8 * floor))
    return np.where(position > 0, wage, 0).astype(np.int32)


def write_chunk(
    out: Path, part: int, persons: Persons, life: Life, rng: np.random.Generator
) -> None:
    """Write one chunk of every person table as `<table>/part-NNNN.parquet`."""
    position = positions(life.index)
    wage = wages(life.index, position, persons)
    spells = with_second_programs(life.spells, rng)
    tables = {
        "persons": _persons(persons),
        "person_years": _person_years(persons, life, rng),
        "nav_status": _cells(persons, life.status > 0, innsatsgruppe=_dictionary(life.status)),
        "program_spells": _spells(persons, spells),
        "employment": _cells(persons, wage > 0, wage_nok=wage, position_percent=position),
        "annual_income": _annual_income(persons, wage, rng),
        "benefits": _benefits(persons, life, rng),
        "disability": _disability(persons, life, rng),
        "enrolment": _enrolment(persons, life, rng),
    }
    for name, table in tables.items():
        folder = out / name
        folder.mkdir(exist_ok=True)
        pq.write_table(table, folder / f"part-{part:04d}.parquet", compression="zstd")


def with_second_programs(spells: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Add programmes that run beside the main one; they start at least a month later."""
    extra = []
    room = spells[:, 3] - spells[:, 2] >= 2
    for main, second, share in BESIDE:
        rows = spells[
            room & (spells[:, 1] == GROUPS.index(main)) & (rng.random(len(spells)) < share)
        ]
        rows = rows.copy()
        rows[:, 1] = GROUPS.index(second)
        rows[:, 2] += 1
        extra.append(rows)
    joined = np.concatenate([spells, *extra])
    order = np.lexsort((joined[:, 2], joined[:, 1], joined[:, 0]))
    joined = joined[order]
    same = (joined[1:, 0] == joined[:-1, 0]) & (joined[1:, 1] == joined[:-1, 1])
    overlaps = np.concatenate([[False], same & (joined[1:, 2] <= joined[:-1, 3])])
    return joined[~overlaps & (joined[:, 2] < MONTHS)]


def _cells(persons: Persons, where: NDArray[np.bool_], **columns: Any) -> pa.Table:
    """Person-month rows for the marked cells of (months, n) arrays, ordered by person."""
    who, month = np.nonzero(where.T)
    data: dict[str, Any] = {
        "person": persons.person[who].astype(np.int32),
        "month": month_code(month).astype(np.int32),
    }
    for name, values in columns.items():
        if isinstance(values, pa.DictionaryArray):
            values = values.indices.to_numpy(zero_copy_only=False).reshape(where.shape)
            data[name] = pa.DictionaryArray.from_arrays(
                pa.array(values[month, who]), list(STATUS_CODES.values())
            )
        else:
            data[name] = values[month, who]
    return pa.table(data)


def _dictionary(status: NDArray[np.int8]) -> pa.DictionaryArray:
    indices = pa.array(np.maximum(status.ravel() - 1, 0).astype(np.int8))
    return pa.DictionaryArray.from_arrays(indices, list(STATUS_CODES.values()))


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


def _person_years(persons: Persons, life: Life, rng: np.random.Generator) -> pa.Table:
    n, years = len(persons), np.arange(FIRST_YEAR, LAST_YEAR + 1)
    age = years[:, None] - persons.birth_year
    young = age < 19
    education = np.where(young, np.minimum(persons.education, 1), persons.education)
    family = rng.integers(1, 9, n)
    children = np.clip(rng.poisson(0.8, n), 0, 3)
    family_now = np.where(age < 20, 8, family)
    children_now = np.where((age < 22) | (age > 58), 0, children)
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


def _annual_income(persons: Persons, wage: NDArray[np.int32], rng: np.random.Generator) -> pa.Table:
    later = np.array([wage[12 * k : 12 * k + 12].sum(axis=0) for k in range(MONTHS // 12)])
    early_years = np.arange(FIRST_INCOME_YEAR, FIRST_YEAR)
    works = rng.random((len(early_years), len(persons))) < 0.75
    early = works * rng.uniform(0.4, 1.1, works.shape) * 290_000
    child = (early_years[:, None] - persons.birth_year < 18) | (
        (early_years[:, None] - 2009) * 12 < persons.immigrated
    )
    income = np.concatenate([np.where(child, 0, early), later])
    year_row, who = np.nonzero(income > 0)
    return pa.table(
        {
            "person": persons.person[who].astype(np.int32),
            "year": (FIRST_INCOME_YEAR + year_row).astype(np.int32),
            "earned_income_nok": income[year_row, who].astype(np.int32),
        }
    )


def _benefits(persons: Persons, life: Life, rng: np.random.Generator) -> pa.Table:
    n = len(persons)
    works, t = life.index > 0, np.arange(MONTHS)[:, None]
    taste = {name: rng.random(n) for name in BENEFITS}
    status, healthy = life.status, life.disabled > t
    entered = np.where(life.entries.month >= 0, life.entries.month, -9999)
    special = ((life.entries.group == 3) * (entered >= 0)).max(axis=0) > 0
    first = np.where(entered >= 0, entered, NEVER).min(axis=0)
    before = (t < first) & (t >= first - 9) & special & (taste["sykepenger"] < 0.6)
    since = t - persons.immigrated
    has = {
        "aap": (status == 3) & healthy & (taste["aap"] < 0.78) & ~works,
        "dagpenger": np.isin(status, (1, 2)) & ~works & (taste["dagpenger"] < 0.45),
        "tiltakspenger": (life.program >= 0)
        & (status != 3)
        & ~works
        & (taste["dagpenger"] >= 0.45)
        & (taste["tiltakspenger"] < 0.6),
        "sosialhjelp": (status > 0) & ~works & (taste["sosialhjelp"] < 0.10),
        "sykepenger": before | ((status == 5) & (taste["sykepenger"] < 0.85)),
        "introduksjonsstonad": (persons.country == 3)
        & (since >= 0)
        & (since < 24)
        & (taste["introduksjonsstonad"] < 0.5),
        "kvalifiseringsstonad": (status == 2) & ~works & (taste["kvalifiseringsstonad"] < 0.04),
    }
    some = np.any(list(has.values()), axis=0)
    return _cells(
        persons,
        some,
        **{
            f"{name}_nok": (mask * amount).astype(np.int32)
            for (name, mask), amount in zip(has.items(), AMOUNTS, strict=True)
        },
    )


def _disability(persons: Persons, life: Life, rng: np.random.Generator) -> pa.Table:
    degree = rng.choice([30, 50, 60, 100], len(persons), p=[0.1, 0.12, 0.08, 0.7])
    some = life.disabled <= np.arange(MONTHS)[:, None]
    return _cells(
        persons, some, degree_percent=np.broadcast_to(degree, some.shape).astype(np.int32)
    )


def _enrolment(persons: Persons, life: Life, rng: np.random.Generator) -> pa.Table:
    n = len(persons)
    t = np.arange(MONTHS)[:, None]
    half_years = MONTHS // 6
    age = FIRST_YEAR + np.arange(half_years)[:, None] * 6 // 12 - persons.birth_year
    chance = np.where((age >= 16) & (age < 20), 0.20, np.where(age < 26, 0.12, 0.03))
    studying = (rng.random((half_years, n)) < chance).repeat(6, axis=0)
    course = (life.program == GROUPS.index("AMO")) & (rng.random(n) < 0.7)
    school = (life.program == GROUPS.index("Utdanning")) & (rng.random(n) < 0.85)
    return _cells(persons, (studying | course | school) & (t >= 0))
