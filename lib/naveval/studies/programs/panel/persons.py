"""Tables behind parts 1 and 2: who was registered, who started what, with characteristics.

Everything is made as temporary DuckDB tables, so that 23 million person-months are never
loaded into memory. Months are numbers since January 2009 (`programs_codes.month_number`).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

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
    "WHEN {0} = '3' THEN 'academic' WHEN {0} = '4' THEN 'vocational' WHEN {0} = '5' THEN 'other' "
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
    "education6": ("none", "lower", "academic", "vocational", "other", "higher"),
    "spell": ("in_work", "out_under_6", "out_6_or_more"),
}


def make(registers: Registers, *, county: str = "", unknown_to_rest: bool = False) -> None:
    """Create the temporary tables of parts 1 and 2.

    `place` (persons of the county: where they last lived), `spells`, `status_months`,
    `work_months`, `program_months`, `described` (person-months 2016–2020 with
    characteristics), `first_registrations`, `starts`, and `mix_starts` of the last year.

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
    for sql in (
        f"""CREATE OR REPLACE TEMP TABLE place AS
        SELECT p.person, p.sex, p.birth_year, p.country_group::VARCHAR AS country FROM persons p
        JOIN (SELECT person, arg_max(county, year) AS county FROM person_years GROUP BY 1) y
        USING (person) {where}""",
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
        WHERE (gap IS NULL OR gap > {CLEAN}) AND m BETWEEN {FIRST} AND {LAST}""",
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


def by_characteristic(registers: Registers, select: str, source: str) -> pd.DataFrame:
    """Run one aggregate for every characteristic.

    Parameters
    ----------
    select
        Aggregates, for example `count(DISTINCT person) AS n`.
    source
        FROM clause with the characteristics as columns.

    Returns
    -------
    Rows in the order of CATEGORIES with the columns characteristic and category first.
    """
    parts = []
    for characteristic in CHARACTERISTICS:
        part = registers.query(
            f"SELECT {characteristic} AS category, {select} FROM {source} GROUP BY 1"
        )
        order = [c for c in CATEGORIES[characteristic] if c in set(part.category)]
        part = part.set_index("category").loc[order].reset_index()
        part.insert(0, "characteristic", characteristic)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
