"""Contracts of the four register tables of the work indicator."""

import pandera.pandas as pa

from naveval.project import places
from naveval.registers.contracts import Rule
from naveval.studies.indicator.characteristics import (
    COUNTRY_GROUPS,
    GROUPS,
    MARKS,
    PROGRAMS,
    STATUS,
)

COUNTIES = list(places.codes(2024))
MONTH = pa.Check.str_matches(r"^\d{4}-(0[1-9]|1[0-2])$")


def _code(pattern: str, description: str) -> pa.Column:
    return pa.Column(str, pa.Check.str_matches(pattern), description=description)


STOCK = pa.DataFrameSchema(
    {
        "person": pa.Column("int64", pa.Check.ge(0), description="Pseudonym"),
        "month": pa.Column(str, MONTH, description="Month-end of the stock, yyyy-mm"),
        "office": _code(r"^\d{4}$", "Nav office"),
        "county": pa.Column(str, pa.Check.isin(COUNTIES)),
        "region": _code(r"^\w{2,6}$", "Labour-market region (160)"),
        "innsatsgruppe": pa.Column(str, pa.Check.isin(list(GROUPS))),
        "status": pa.Column(str, pa.Check.isin(list(STATUS))),
        "program": pa.Column(str, pa.Check.isin(list(PROGRAMS)), description='"" is none'),
        "registered": pa.Column(
            str, MONTH, description="Month this uninterrupted registration began"
        ),
        "age": pa.Column("int64", pa.Check.in_range(18, 75)),
        "children": pa.Column("int64", pa.Check.in_range(0, 20), description="Under 18 years"),
        "country_group": pa.Column(str, pa.Check.isin(list(COUNTRY_GROUPS))),
        "residence_months": pa.Column("int64", pa.Check.in_range(0, 1200)),
        "wage_decile": pa.Column(
            "int64",
            pa.Check.in_range(0, 10),
            description="Wage income in the 12 months before this spell; 0 is none",
        ),
        "pension_decile": pa.Column(
            "int64",
            pa.Check.in_range(-1, 10),
            description="Pensionable income for spells begun before 2015; 0 none, -1 later spells",
        ),
        "history_months": pa.Column(
            "int64", pa.Check.in_range(0, 61), description="Months in Nav in the last five years"
        ),
        "weekly_hours": pa.Column("float64", pa.Check.in_range(0, 100)),
        **{mark: pa.Column(bool) for mark in MARKS},
    },
    strict=False,
    description="A row is a person registered at a month-end with a decision under § 14a.",
)
HOURS = pa.DataFrameSchema(
    {
        "person": pa.Column("int64", pa.Check.ge(0)),
        "month": pa.Column(str, MONTH),
        "hours": pa.Column(
            "float64", pa.Check.in_range(0, 500), description="Paid hours in the month"
        ),
        "subsidised_hours": pa.Column(
            "float64", pa.Check.in_range(0, 500), description="Of these, paid by wage subsidy"
        ),
    },
    strict=False,
    description="A row is a person and month with paid hours; no row means no hours.",
)
INFLOW = pa.DataFrameSchema(
    {
        "region": _code(r"^\w{2,6}$", "Labour-market region"),
        "month": pa.Column(str, MONTH),
        "new_unemployed": pa.Column("int64", pa.Check.ge(0)),
        "labour_force": pa.Column("int64", pa.Check.gt(0)),
    },
    strict=False,
    description="A row is a region and month: new registrations as unemployed, labour force.",
)
INDUSTRY = pa.DataFrameSchema(
    {
        "region": _code(r"^\w{2,6}$", "Labour-market region"),
        "month": pa.Column(str, MONTH),
        "industry": _code(r"^[A-Z]$", "Main industry, 19 groups"),
        "employed": pa.Column("int64", pa.Check.ge(0)),
    },
    strict=False,
    description="A row is a region, month and industry: employed persons.",
)
TABLES = {"stock": STOCK, "hours": HOURS, "inflow": INFLOW, "industry": INDUSTRY}


def _gap(table: str) -> Rule:
    return Rule(
        table,
        "month",
        "every month between the first and the last",
        f"""
        WITH present AS (SELECT DISTINCT month FROM {table}),
        every AS (SELECT strftime(unnest(generate_series(
            strptime(min(month) || '-01', '%Y-%m-%d'),
            strptime(max(month) || '-01', '%Y-%m-%d'), INTERVAL 1 MONTH)), '%Y-%m') AS month
            FROM present)
        SELECT every.month AS what FROM every ANTI JOIN present USING (month) ORDER BY 1
        """,
    )


def _twice(table: str, keys: str) -> Rule:
    return Rule(
        table,
        keys,
        f"one row per {keys.replace(', ', ' and ')}",
        f"""
        SELECT file_name, row_no FROM (
            SELECT file_name, row_no, count(*) OVER (PARTITION BY {keys}) AS times
            FROM numbered.{table}
        ) WHERE times > 1
        """,
    )


RULES = (
    _gap("stock"),
    _gap("hours"),
    _gap("inflow"),
    Rule(
        "inflow",
        "month",
        "every month with hours after the first of the stock",
        """
        SELECT DISTINCT month AS what FROM hours
        WHERE month > (SELECT max(month) FROM inflow) AND month > (SELECT min(month) FROM stock)
        ORDER BY 1
        """,
    ),
    _twice("inflow", "region, month"),
    _twice("industry", "region, month, industry"),
    Rule(
        "stock",
        "person, month",
        "one row per person and month",
        """
        SELECT file_name, row_no FROM numbered.stock
        WHERE (person, month) IN (
            SELECT (person, month) FROM stock GROUP BY person, month HAVING count(*) > 1
        )
        """,
    ),
    Rule(
        "hours",
        "person, month",
        "one row per person and month",
        """
        SELECT file_name, row_no FROM numbered.hours
        WHERE (person, month) IN (
            SELECT (person, month) FROM hours GROUP BY person, month HAVING count(*) > 1
        )
        """,
    ),
    Rule(
        "stock",
        "region, month",
        "a region and month found in inflow",
        """
        SELECT file_name, row_no FROM numbered.stock AS stock
        WHERE (region, month) NOT IN (SELECT (region, month) FROM inflow)
        """,
    ),
)
