"""What the registers of the programme study must cover, from its designs and look-backs."""

from naveval.project.months import code_sql, from_code
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.coverage import Need
from naveval.studies.programs.codes import LAST_MONTH, month_code
from naveval.studies.programs.panel.persons import CLEAN, FIRST, LAST
from naveval.studies.programs.parameters import Parameters
from naveval.studies.programs.sample.covariates import (
    INCOME_YEARS,
    LOCAL_AFTER,
    LOCAL_BEFORE,
    RECENT,
)
from naveval.studies.programs.sample.persons import BEFORE, DESIGNS

EPOCH = 2009 * 12  # the panel counts months from January 2009


def needs(parameters: Parameters) -> tuple[Need, ...]:
    """Months and years that each table must have; the last ones are the study's own end."""
    entry = min(from_code(design.first) for design in DESIGNS.values())
    latest = max(from_code(design.last) for design in DESIGNS.values())
    panel, end = EPOCH + FIRST, from_code(LAST_MONTH)
    month = code_sql("month")
    past = min(entry - BEFORE, panel - CLEAN)
    return (
        Need("person_years", "year", "year", panel // 12, end // 12, text=str),
        Need("nav_status", "month", month, past, end),
        Need("employment", "month", month, past, end),
        Need(
            "annual_income",
            "year",
            "year",
            entry // 12 - INCOME_YEARS,
            latest // 12 - 1,
            text=str,
        ),
        Need("program_spells", "from_month", code_sql("from_month"), past, end, "flow"),
        Need("benefits", "month", month, entry - RECENT, end, may_be_empty=True),
        Need("disability", "month", month, entry - RECENT, end, may_be_empty=True),
        Need("enrolment", "month", month, panel, end, "flow", may_be_empty=True),
        Need("municipalities", "month", month, entry - LOCAL_BEFORE, latest + LOCAL_AFTER),
    )


def rules_for(parameters: Parameters) -> tuple[Rule, ...]:
    """Where those first registered lived then, and somebody registered and starting in the place.

    Who begins in a group (nobody in it the month before) may be in one of the effect samples.
    """
    entry = min(design.first for design in DESIGNS.values())
    latest = max(design.last for design in DESIGNS.values())
    span = f"from {entry} to {latest}"
    begins = f"""
        SELECT person, month, month // 100 AS year, file_name, row_no FROM (
            SELECT *, {code_sql("month")} - lag({code_sql("month")}) OVER (
                PARTITION BY person, innsatsgruppe ORDER BY month) AS gap
            FROM numbered.nav_status
        ) WHERE gap IS DISTINCT FROM 1 AND month BETWEEN {entry} AND {latest}
    """
    return (
        Rule(
            "nav_status",
            "person",
            f"a row in person_years for the year in which registration begins, {span}",
            f"SELECT file_name, row_no FROM ({begins}) ANTI JOIN person_years USING (person, year)",
        ),
        Rule(
            "municipalities",
            "municipality, month",
            f"a row for each municipality and month in which registration begins, {span}",
            f"""
            SELECT DISTINCT municipality || ' ' || month AS what
            FROM ({begins}) JOIN person_years USING (person, year)
            ANTI JOIN municipalities USING (municipality, month)
            """,
        ),
        *(_somebody(parameters.county, table, month) for table, month in BEGINNINGS.items()),
    )


BEGINNINGS = {"nav_status": "month", "program_spells": "from_month"}


def _somebody(county: str, table: str, month: str) -> Rule:
    """Somebody who last lived in the place registers, or starts a programme, in the panel."""
    first, last = (month_code(number) for number in (FIRST, LAST))
    clean = "" if table == "program_spells" else f" AND (gap IS NULL OR gap > {CLEAN})"
    return Rule(
        table,
        month,
        f"somebody{f' in county {county}' if county else ''} who begins from {first} to {last}",
        f"""
        SELECT 1 WHERE NOT EXISTS (
            SELECT 1 FROM (
                SELECT person, {month} AS month, {code_sql(month)} - lag({code_sql(month)}) OVER (
                    PARTITION BY person ORDER BY {month}) AS gap FROM {table}
            ) JOIN (
                SELECT person, arg_max(county, year) AS home FROM person_years GROUP BY person
            ) USING (person)
            WHERE month BETWEEN {first} AND {last}{clean} AND home LIKE '{county or "%"}'
        )
        """,
    )
