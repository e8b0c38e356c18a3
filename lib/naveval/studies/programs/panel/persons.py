"""Tables behind parts 1 and 2: who was registered, who started what, with characteristics.

Everything is made as temporary DuckDB tables, so that 23 million person-months are never
loaded into memory. Months are numbers since January 2009 (`programs_codes.month_number`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure import counts, keys, magnitudes, series
from naveval.disclosure.keys import Secret
from naveval.registers.reading import Registers
from naveval.studies.programs import basic_amount, codes
from naveval.studies.programs.codes import STATUS_CODES, month_number, month_sql
from naveval.studies.programs.sample.persons import make_spells

FIRST, LAST = int(month_number(201601)), int(month_number(202012))
MIX_FIRST, MIX_LAST = int(month_number(202201)), int(month_number(202212))
"""Starts of figure 4-10, which is about one year only."""
CLEAN = 24
CHARACTERISTICS = ("status", "sex", "age_group", "country", "education6", "spell")
AGE_SQL = (
    "CASE WHEN {0} < 20 THEN 'under_20' WHEN {0} < 30 THEN '20_29' WHEN {0} < 40 THEN '30_39' "
    "WHEN {0} < 50 THEN '40_49' WHEN {0} < 60 THEN '50_59' ELSE '60_over' END"
)
EDUCATION_SQL = (
    "CASE WHEN {0} IS NULL OR {0} = '0' THEN 'none' WHEN {0} IN ('1', '2') THEN 'lower' "
    "WHEN {0} = '3' THEN 'academic' WHEN {0} = '4' THEN 'vocational' WHEN {0} = '5' THEN "
    "'upper_other' "
    "ELSE 'higher' END"
)
SPELL_SQL = (
    "CASE WHEN {0} IS NULL THEN 'out_6_or_more' WHEN {0} = 0 THEN 'in_work' "
    "WHEN {0} <= 5 THEN 'out_under_6' ELSE 'out_6_or_more' END"
)
CATEGORIES: dict[str, Sequence[str]] = {
    "status": (*STATUS_CODES.values(), "not_registered"),
    "sex": ("man", "woman"),
    "age_group": ("under_20", "20_29", "30_39", "40_49", "50_59", "60_over"),
    "country": ("0", "1", "2", "3"),
    "education6": ("none", "lower", "academic", "vocational", "upper_other", "higher"),
    "spell": ("in_work", "out_under_6", "out_6_or_more"),
}


def make(
    registers: Registers, secret: Secret, *, county: str = "", unknown_to_rest: bool = False
) -> None:
    """Create the temporary tables of parts 1 and 2.

    `place` (persons of the county, `home` where they last lived, and record keys), `spells`,
    `status_months`, `work_months`, `program_months`, `described` (person-months 2016–2020 with
    characteristics), `first_registrations` (one per person), `starts`, and `mix_starts` of the
    last year.

    Parameters
    ----------
    county
        Two-character code; "" is everybody.
    unknown_to_rest
        Count unknown activity codes as Annet; otherwise they are an error.
    """
    make_spells(registers, unknown_to_rest=unknown_to_rest)
    months = codes.month_code(np.arange(int(month_number(codes.LAST_MONTH)) + 1))
    amounts = pd.DataFrame({"month": months, "basic_amount": basic_amount.monthly(months)})
    registers.connection.register("basic_amounts", amounts)
    where = "" if county == "" else f"WHERE county = '{county}'"
    month = month_sql("month")
    registers.query(
        f"""CREATE OR REPLACE TEMP TABLE residents AS
        SELECT p.person, p.sex, p.birth_year, p.country_group::VARCHAR AS country,
            y.county AS home FROM persons p
        JOIN (SELECT person, arg_max(county, year) AS county FROM person_years GROUP BY 1) y
        USING (person) {where}"""
    )
    keys.attach(registers.connection, "residents", secret, to="keyed")
    for sql in (
        "CREATE OR REPLACE TEMP TABLE place AS FROM keyed",
        f"""CREATE OR REPLACE TEMP TABLE status_months AS
        SELECT person, ({month})::INTEGER AS m, innsatsgruppe AS status
        FROM nav_status SEMI JOIN place USING (person)""",
        f"""CREATE OR REPLACE TEMP TABLE work_months AS
        SELECT person, ({month})::INTEGER AS m, wage_nok >= basic_amount / 4 AS high
        FROM employment SEMI JOIN place USING (person) JOIN basic_amounts USING (month)
        WHERE position_percent >= 20 AND wage_nok >= basic_amount / 12
            AND {month} BETWEEN {FIRST - 6} AND {LAST + 26}""",
        f"""CREATE OR REPLACE TEMP TABLE program_months AS
        SELECT DISTINCT person, m::INTEGER AS m, program FROM (
            SELECT person, program, unnest(range(greatest(start, {FIRST - 24}),
                least(stop, {LAST + 26}) + 1)) AS m FROM spells SEMI JOIN place USING (person))""",
        f"""CREATE OR REPLACE TEMP TABLE first_registrations AS
        SELECT person, m AS entry, status AS first_status FROM (
            SELECT *, m - lag(m) OVER (PARTITION BY person ORDER BY m) AS gap FROM status_months)
        WHERE (gap IS NULL OR gap > {CLEAN}) AND m BETWEEN {FIRST} AND {LAST}
        QUALIFY row_number() OVER (PARTITION BY person ORDER BY m) = 1""",
        f"""CREATE OR REPLACE TEMP TABLE starts AS
        SELECT person, program, start AS m, stop,
            row_number() OVER (PARTITION BY person ORDER BY start, stop DESC, program) = 1
                AND NOT EXISTS (SELECT 1 FROM spells b WHERE b.person = s.person
                    AND b.start < s.start AND b.stop >= {FIRST} - {CLEAN}) AS first
        FROM spells s SEMI JOIN place USING (person)
        WHERE start BETWEEN {FIRST} AND {LAST}""",
        f"""CREATE OR REPLACE TEMP TABLE mix_starts AS
        SELECT DISTINCT person, program, start AS m FROM spells SEMI JOIN place USING (person)
        WHERE start BETWEEN {MIX_FIRST} AND {MIX_LAST}""",
        _described("described", _person_months()),
        _described("described_mix", "SELECT DISTINCT person, m FROM mix_starts"),
        _described("described_starts", "SELECT DISTINCT person, m FROM starts"),
        _described("described_entries", "SELECT person, entry AS m FROM first_registrations"),
    ):
        registers.query(sql)


def mark(registers: Registers, name: str) -> None:
    """Write down what the panel was made for."""
    registers.query(f"CREATE OR REPLACE TEMP TABLE panel_of AS SELECT '{name}' AS name")


def made(registers: Registers) -> str:
    """What the panel was made for, "" when there is none."""
    tables = registers.query("SELECT table_name FROM duckdb_tables() WHERE temporary")
    if "panel_of" not in set(tables.table_name):
        return ""
    return str(registers.query("SELECT name FROM panel_of").name[0])


def _person_months() -> str:
    """Person-months 2016–2020 registered with Nav or on a programme."""
    return (
        f"SELECT person, m FROM status_months WHERE m BETWEEN {FIRST} AND {LAST} UNION "
        f"SELECT person, m FROM program_months WHERE m BETWEEN {FIRST} AND {LAST}"
    )


def _described(name: str, cells: str) -> str:
    """Characteristics in the month of each person-month."""
    age = AGE_SQL.format("(c.m // 12 + 2009 - p.birth_year)")
    return f"""CREATE OR REPLACE TEMP TABLE {name} AS
        WITH cells AS ({cells}),
        last_work AS (
            SELECT c.person, c.m, c.m - w.m AS gap
            FROM cells c ASOF LEFT JOIN work_months w ON c.person = w.person AND c.m >= w.m)
        SELECT c.person, c.m, coalesce(s.status, 'not_registered') AS status, p.sex,
            {age} AS age_group, p.country, {EDUCATION_SQL.format("y.education")} AS education6,
            {SPELL_SQL.format("l.gap")} AS spell
        FROM cells c JOIN place p USING (person)
            LEFT JOIN status_months s USING (person, m)
            LEFT JOIN person_years y ON y.person = c.person AND y.year = c.m // 12 + 2009
            LEFT JOIN last_work l ON l.person = c.person AND l.m = c.m"""


def protected(
    registers: Registers,
    secret: Secret,
    source: str,
    by: Sequence[str] | Mapping[str, Sequence[object]],
    *,
    having: Mapping[str, str] | None = None,
    sums: Mapping[str, float] | None = None,
    once: bool = False,
) -> pd.DataFrame:
    """Protected numbers of distinct persons per cell, and of their months or starts.

    Parameters
    ----------
    source
        FROM clause with the columns `person` and `by`; for sums one row per month or start.
    by
        Columns that name a cell, none for everybody; or columns to all their codes, in order.
    having
        Name to condition: `n_<name>` counts persons with a row that fulfils it.
    sums
        Column of the source to the most that one person may add to a cell's sum.
    once
        Whether every person has one row in a cell, which saves time.

    Returns
    -------
    `by`, `n`, `n_<name>`, and the protected sums, missing below twenty persons; cells with
    nobody are among the rows where their codes are given, see `every`.
    """
    having, sums = having or {}, sums or {}
    own = secret.of(f"{source} {having}")
    group = "" if once else f"GROUP BY {', '.join([*by, 'person'])}"
    inner = [f"{'' if once else 'bool_or'}({test}) AS has_{name}" for name, test in having.items()]
    inner += [f"least(sum({name}), {cap}) AS of_{name}" for name, cap in sums.items()]
    tests = {"n": ""} | {f"n_{name}": f"has_{name}" for name in having}
    tests |= {f"n_{name}": f"of_{name} > 0" for name in sums}
    outer = [
        f"count(*) {f'FILTER ({test})' if test else ''} AS {n}, {keys.key_sum(test)} AS {n}_key"
        for n, test in tests.items()
    ]
    outer += [f"coalesce(sum(of_{name}), 0)::DOUBLE AS {name}" for name in sums]
    raw = registers.query(
        f"""WITH each AS (SELECT {", ".join([*by, "person", *inner])} FROM {source} {group})
        SELECT {", ".join([*by, *outer])} FROM each JOIN place USING (person)
        {f"GROUP BY {', '.join(by)} ORDER BY {', '.join(by)}" if by else ""}"""
    )
    raw = every(raw, by) if isinstance(by, Mapping) else raw
    found = counts.protect(raw.drop(columns=list(sums)), list(tests), own)
    for name, cap in sums.items():
        n = f"n_{name}"
        found[name] = magnitudes.periods(
            found[n], raw[n], raw[name], raw[f"{n}_key"], secret, cap=cap, what=name
        )
    return found


def every(frame: pd.DataFrame, codes: Mapping[str, Sequence[object]]) -> pd.DataFrame:
    """All cells of a table in the order of the codes, with 0 where nobody is.

    A cell that is left out would tell that nobody is in it, where 0 may also be a few.
    """
    whole: Any = pd.MultiIndex.from_product(codes.values(), names=list(codes))
    if len(codes) == 1:
        whole = whole.get_level_values(0)
    return frame.set_index(list(codes)).reindex(whole, fill_value=0).reset_index()


def with_enough(frame: pd.DataFrame, by: str, numerator: str) -> pd.DataFrame:
    """The series with enough persons who have something, and who have not, in the median month."""
    kept = [
        part for _, part in frame.groupby(by, sort=False) if series.enough(part, numerator, "n")
    ]
    return pd.concat([frame.head(0), *kept])


def by_characteristic(
    registers: Registers, secret: Secret, source: str, *, everybody: bool = False, **options: Any
) -> pd.DataFrame:
    """`protected` for every category of every characteristic, and for everybody if wanted.

    Returns
    -------
    Rows in the order of CATEGORIES with the columns characteristic and category first.
    """
    parts = []
    for characteristic in (*(("all",) if everybody else ()), *CHARACTERISTICS):
        column = "'all'" if characteristic == "all" else characteristic
        cells = f"(SELECT *, {column} AS category FROM {source})"
        codes = {"category": CATEGORIES.get(characteristic, ("all",))}
        found = protected(registers, secret, cells, codes, **options)
        parts.append(found.assign(characteristic=characteristic))
    table = pd.concat(parts, ignore_index=True)
    return table[["characteristic", *table.columns.drop("characteristic")]]
