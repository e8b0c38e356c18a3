"""Contracts of the four register tables of the work indicator."""

import pandera.pandas as pa

from naveval.project import places
from naveval.project.months import text_sql
from naveval.registers.rules.breaches import Rule, doubled, one_per_person
from naveval.registers.rules.homes import everywhere
from naveval.registers.rules.levels import MOST_APART, no_total, proportional, steady
from naveval.registers.rules.links import agreeing
from naveval.registers.rules.order import in_place
from naveval.registers.rules.panels import followed
from naveval.registers.rules.signs import LEAST_LINKED, Step
from naveval.registers.views import part_of
from naveval.studies.indicator.characteristics import (
    COUNTRY_GROUPS,
    GROUPS,
    MARKS,
    NO_PROGRAM,
    PROGRAMS,
    STATUS,
)
from naveval.studies.indicator.contracts.agreements import AGREEMENTS, HOMES, YEAR
from naveval.studies.indicator.contracts.limits import LIMITS, T

COUNTIES = list(places.codes(2024))
MOST_INFLOW = 5  # times the usual, before limits of equal width leave most categories empty
BORN = "CAST(left(month, 4) AS INTEGER) - age"
MONTH = pa.Check.str_matches(r"^\d{4}-(0[1-9]|1[0-2])$", description="a month as 2019-03")
LEAST_REGIONS, LEAST_SIZED = 20, 0.4  # a correlation between numbers of persons


def _code(pattern: str, words: str, description: str) -> pa.Column:
    check = pa.Check.str_matches(pattern, description=words)
    return pa.Column(str, check, description=description)


def _region(description: str = "Labour-market region") -> pa.Column:
    return _code(r"^\w{2,6}$", "two to six letters or digits", description)


STOCK = pa.DataFrameSchema(
    {
        "person": pa.Column("int64", pa.Check.ge(0), description="Pseudonym"),
        "month": pa.Column(str, MONTH, description="Month-end of the stock, yyyy-mm"),
        "office": _code(r"^\d{4}$", "four digits", "Nav office"),
        "county": pa.Column(str, pa.Check.isin(COUNTIES)),
        "region": _region("Labour-market region (160)"),
        "innsatsgruppe": pa.Column(str, pa.Check.isin(list(GROUPS))),
        "status": pa.Column(str, pa.Check.isin(list(STATUS))),
        "program": pa.Column(
            str,
            pa.Check.isin([NO_PROGRAM, *PROGRAMS]),
            description="In the month; programmes without a code of their own are andre_tiltak",
        ),
        "registered": pa.Column(
            str, MONTH, description="Month this spell began; a month's absence does not end it"
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
    unique=["person", "month"],
    description="A row is a person registered at a month-end with a decision under § 14a.",
)
HOURS = pa.DataFrameSchema(
    {
        "person": pa.Column("int64", pa.Check.ge(0)),
        "month": pa.Column(str, MONTH),
        "hours": pa.Column(
            "float64",
            pa.Check.in_range(0, 500),
            description="Paid hours in the month",
        ),
        "subsidised_hours": pa.Column(
            "float64",
            pa.Check.in_range(0, 500),
            description="Of these, paid by wage subsidy",
        ),
    },
    unique=["person", "month"],
    description="A row is a person and month with paid hours; no row means no hours.",
)
INFLOW = pa.DataFrameSchema(
    {
        "region": _region(),
        "month": pa.Column(str, MONTH),
        "new_unemployed": pa.Column("int64", pa.Check.ge(0)),
        "labour_force": pa.Column("int64", pa.Check.gt(0)),
    },
    unique=["region", "month"],
    description="A row is a region and month: new registrations as unemployed, labour force.",
)
INDUSTRY = pa.DataFrameSchema(
    {
        "region": _region(),
        "month": pa.Column(str, MONTH),
        "industry": _code(r"^[A-Z]$", "one capital letter, A to Z", "Main industry, 19 groups"),
        "employed": pa.Column("int64", pa.Check.ge(0)),
    },
    unique=["region", "month", "industry"],
    description="A row is a region, month and industry: employed persons.",
)
TABLES = {"stock": STOCK, "hours": HOURS, "inflow": INFLOW, "industry": INDUSTRY}
# Tables with persons whose pairs of columns a profile tells too.
JOINT = (("stock", ("county", "period")), ("stock", ("innsatsgruppe", "status")))


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


RULES = (
    *LIMITS,
    *AGREEMENTS,
    Rule(
        "stock",
        "weekly_hours",
        "about as many hours as hours has in the same month (half to twice, usually two thirds to "
        "one and a half)",
        """
        SELECT printf('hours has %.2f times as many', ratio) AS seen,
            ratio BETWEEN 0.5 AND 2 AS warning
        FROM (
            SELECT sum(hours.hours) * 3 / 13 / sum(stock.weekly_hours) AS ratio
            FROM stock JOIN hours USING (person, month)
            WHERE month = (SELECT min(month) FROM stock) AND stock.weekly_hours > 0
        ) WHERE ratio NOT BETWEEN 0.667 AND 1.5
        """,
    ),
    agreeing(
        "hours",
        "person, month",
        f"SELECT person, {T} AS t FROM {part_of('stock')} WHERE weekly_hours > 0",
        f"SELECT person, {T} AS t FROM {part_of('hours')} WHERE hours > 0",
        "hours of 75 per cent or more of those with weekly_hours in stock, and not rather in the "
        "month before or after; other ids, months that are late, or rows exchanged?",
    ),
    proportional(
        "industry",
        "employed",
        f"SELECT region AS place, {T} AS t, sum(employed) AS n FROM industry GROUP BY ALL",
        f"SELECT region AS place, {T} AS t, labour_force AS n FROM inflow",
        0.3,
        2.5,
        "persons, about as many as labour_force in inflow (0.3 to 2.5 times, and not "
        f"{MOST_APART} times more or less than in the median region)",
    ),
    proportional(
        "inflow",
        "new_unemployed",
        f"SELECT region AS place, {T} AS t, new_unemployed AS n FROM inflow",
        f"SELECT region AS place, {T} AS t, labour_force AS n FROM inflow",
        0.001,
        0.05,
        "about the same part of the labour force each month as in other regions (0.001 to 0.05, "
        f"and not {MOST_APART} times more or less than in the median region)",
    ),
    Rule(
        "inflow",
        "new_unemployed",
        "0.25 to 5 per cent of labour_force each month, in every year",
        """
        SELECT string_agg(printf('%.2f per cent in %s', 100 * rate, year), ', ' ORDER BY year)
            AS seen
        FROM (
            SELECT left(month, 4) AS year, sum(new_unemployed) / sum(labour_force) AS rate
            FROM inflow GROUP BY year
        ) WHERE rate NOT BETWEEN 0.0025 AND 0.05 HAVING count(*) > 0
        """,
    ),
    everywhere(
        "hours", HOMES, "hours", "subsidised_hours", year=YEAR, month="month", close=("hours",)
    ),
    everywhere(
        "stock",
        HOMES,
        "weekly_hours",
        "residence_months",
        "history_months",
        year=YEAR,
        month="month",
        free=("history_months",),
        close=("weekly_hours",),
    ),
    steady("inflow", "region", T, "labour_force"),
    steady("industry", "region", T, "employed"),
    steady("industry", "industry", T, "employed", warning=True),
    Rule(
        "stock",
        "region",
        f"about as many persons in each region as inflow has in the labour force (a correlation "
        f"of their logarithms of {LEAST_SIZED:g} or more); regions exchanged, or other codes?",
        f"""
        SELECT printf('a correlation of %.2f', alike) AS seen FROM (
            SELECT count(*) AS n, corr(ln(persons), ln(force)) AS alike
            FROM (
                SELECT region, count(*) AS persons FROM {part_of("stock")} GROUP BY region
            ) JOIN (
                SELECT region, avg(labour_force) AS force FROM inflow GROUP BY region
            ) USING (region)
        ) WHERE n >= {LEAST_REGIONS} AND alike < {LEAST_SIZED}
        """,
    ),
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
    Rule(
        "stock",
        "registered",
        "a month not after the month of the stock",
        "SELECT file_name, row_no FROM numbered.stock WHERE registered > month",
    ),
    Rule(
        "stock",
        "registered",
        "a month after the person's birth, as age and month tell it",
        f"""
        SELECT file_name, row_no FROM numbered.stock
        WHERE {T} - {text_sql("registered")} >= 12 * (CAST(age AS INTEGER) + 1)
        """,
    ),
    one_per_person(
        "stock",
        "age",
        "a person's age to follow the months (a birth year that differs by at most one)",
        of=BORN,
        apart=1,
    ),
    followed(
        "stock",
        STOCK,
        T,
        fixed=("woman", "country_group"),
        steps=(Step("residence_months", 0.5, 1.5, "months, one more each month"),),
        alike={"age": BORN},
    ),
    doubled("stock", STOCK, "month"),
    followed("hours", HOURS, T),
    in_place("stock", STOCK, T),
    in_place("hours", HOURS, T),
    followed("inflow", INFLOW, T, unit="region", shocks=True),
    followed("industry", INDUSTRY, T, unit="region || industry", shocks=True),
    Rule(
        "hours",
        "subsidised_hours",
        "hours paid by wage subsidy, of those in the programme lonnstilskudd 5 per cent or more, "
        "usually 20 or more",
        f"""
        SELECT printf('%.1f per cent among %d with hours in it', 100 * share, n) AS seen,
            share >= 0.05 AS warning
        FROM (
            SELECT sum(subsidised_hours) / sum(hours) AS share, count(*) AS n
            FROM stock JOIN hours USING (person, month)
            WHERE program = 'lonnstilskudd' AND hours > 0
        ) WHERE n >= {LEAST_LINKED} AND share < 0.2
        """,
    ),
    no_total("industry", "industry", "employed", "region", "month"),
    no_total("industry", "region", "employed", "industry", "month"),
    no_total("inflow", "region", "labour_force", "month"),
    Rule(
        "stock",
        "office, county",
        "an office in one county in all months",
        """
        SELECT office AS what FROM (SELECT DISTINCT office, county FROM stock)
        GROUP BY office HAVING count(*) > 1
        """,
    ),
    Rule(
        "hours",
        "subsidised_hours",
        "no more than hours",
        "SELECT file_name, row_no FROM numbered.hours "
        "WHERE hours BETWEEN 0 AND subsidised_hours AND hours <> subsidised_hours",
    ),
    Rule(
        "inflow",
        "new_unemployed",
        f"at most {MOST_INFLOW} times what the region's other months and the country's month say",
        f"""
        WITH rates AS (
            SELECT file_name, row_no, region, month, new_unemployed, labour_force,
                new_unemployed / labour_force AS rate FROM numbered.inflow
        ),
        months AS (
            SELECT month, median(rate) AS level FROM rates GROUP BY month
        ),
        regions AS (
            SELECT region, median(rate / nullif(level, 0)) AS share
            FROM rates JOIN months USING (month) GROUP BY region
        )
        SELECT file_name, row_no FROM rates JOIN months USING (month) JOIN regions USING (region)
        WHERE new_unemployed > {MOST_INFLOW} * level * share * labour_force + {MOST_INFLOW}
        """,
        warning=True,
    ),
    Rule(
        "inflow",
        "new_unemployed",
        "fewer than labour_force",
        "SELECT file_name, row_no FROM numbered.inflow WHERE new_unemployed >= labour_force",
    ),
)
