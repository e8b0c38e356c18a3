"""Contracts of the two register tables of the Hedmark study."""

import pandera.pandas as pa

from naveval.project import places
from naveval.project.months import month_text
from naveval.registers.contracts import Rule
from naveval.studies.hedmark.parameters import YEAR, Parameters

COUNTIES = list(places.codes(YEAR))


JOB_SEEKERS = pa.DataFrameSchema(
    {
        "person": pa.Column("int64", pa.Check.ge(0), description="Pseudonym"),
        "month": pa.Column("datetime64[ns]", description="First day of the month of the update"),
        "county": pa.Column(str, pa.Check.isin(COUNTIES)),
        "sex": pa.Column(str, pa.Check.isin(["kvinne", "mann"])),
        "birth_year": pa.Column("int64", pa.Check.in_range(1920, 2005)),
        "education": pa.Column(
            str, pa.Check.isin(["grunnskole", "videregående", "høyere", "ukjent"])
        ),
        "status": pa.Column(str, pa.Check.isin(["helt ledig", "delvis ledig", "tiltak"])),
        "benefit_right": pa.Column(bool),
        "weeks_registered": pa.Column("int64", pa.Check.in_range(0, 2000)),
    },
    strict=False,
    description="A row is a person registered as job seeker at one monthly update.",
)
LABOUR_FORCE = pa.DataFrameSchema(
    {
        "county": pa.Column(str, pa.Check.isin(COUNTIES)),
        "month": pa.Column("datetime64[ns]", description="First day of the month"),
        "persons": pa.Column("int64", pa.Check.gt(0)),
    },
    strict=False,
    description="A row is a county and month, with the persons in its labour force.",
)
TABLES = {"job_seekers": JOB_SEEKERS, "labour_force": LABOUR_FORCE}


def _first_day(table: str) -> Rule:
    sql = f"SELECT file_name, row_no FROM numbered.{table} WHERE day(month) <> 1"
    return Rule(table, "month", "the first day of a month", sql)


RULES = (
    *(_first_day(table) for table in TABLES),
    Rule(
        "job_seekers",
        "person, month",
        "one row per person and month",
        """
        SELECT file_name, row_no FROM numbered.job_seekers
        WHERE (person, month) IN (
            SELECT (person, month) FROM job_seekers GROUP BY person, month HAVING count(*) > 1
        )
        """,
    ),
    Rule(
        "labour_force",
        "county, month",
        "one row per county and month",
        """
        SELECT file_name, row_no FROM numbered.labour_force
        WHERE (county, month) IN (
            SELECT (county, month) FROM labour_force GROUP BY county, month HAVING count(*) > 1
        )
        """,
    ),
    Rule(
        "job_seekers",
        "month",
        "a month and county within the window that labour_force covers",
        """
        SELECT file_name, row_no FROM numbered.job_seekers AS seekers
        WHERE NOT EXISTS (
            SELECT 1 FROM labour_force AS force
            WHERE force.county = seekers.county AND force.month = seekers.month
        )
        """,
    ),
    Rule(
        "labour_force",
        "county, month",
        "every county in every month from the first to the last",
        """
        WITH span AS (SELECT DISTINCT month FROM labour_force),
        months AS (
            SELECT unnest(generate_series(min(month), max(month), INTERVAL 1 MONTH)) AS month
            FROM span
        ),
        wanted AS (
            SELECT county, months.month
            FROM months CROSS JOIN (SELECT DISTINCT county FROM labour_force)
        )
        SELECT wanted.county || ' ' || strftime(wanted.month, '%Y-%m') AS what
        FROM wanted ANTI JOIN labour_force AS force
            ON force.county = wanted.county AND force.month = wanted.month
        """,
    ),
)


def rules_for(parameters: Parameters) -> tuple[Rule, ...]:
    """The registers must reach as far as the analysis.

    All counties are needed: the exact test is also done among all counties of the country.
    """
    first, last = (month_text(month) for month in parameters.register_months())
    codes = ", ".join(f"'{code}'" for code in COUNTIES)
    months = f"generate_series(DATE '{first}-01', DATE '{last}-01', INTERVAL 1 MONTH)"
    span = f"in every month from {first} to {last}"
    force = f"""
        WITH wanted AS (
            SELECT county, month
            FROM (SELECT unnest([{codes}]) AS county), (SELECT unnest({months}) AS month)
        )
        SELECT wanted.county || ' ' || strftime(wanted.month, '%Y-%m') AS what
        FROM wanted ANTI JOIN labour_force AS force
            ON force.county = wanted.county AND force.month = wanted.month
        """
    lacking = f"""
        SELECT county AS what FROM (SELECT unnest([{codes}]) AS county)
        ANTI JOIN job_seekers USING (county)
        """
    silent = f"""
        SELECT strftime(month, '%Y-%m') AS what FROM (SELECT unnest({months}) AS month)
        ANTI JOIN (SELECT DISTINCT month FROM job_seekers) USING (month)
        """
    return (
        Rule("labour_force", "county, month", f"every county {span}", force),
        Rule("job_seekers", "county", "job seekers in every county", lacking),
        Rule("job_seekers", "month", f"job seekers {span}", silent),
    )
