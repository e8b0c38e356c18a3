"""Contracts of the two register tables of the Hedmark study, and what they must cover."""

import pandera.pandas as pa

from naveval.disclosure.thresholds import thresholds
from naveval.project import places
from naveval.project.months import date_sql, month_text
from naveval.registers.rules.breaches import Rule, doubled, one_per_person
from naveval.registers.rules.coverage import Need
from naveval.registers.rules.homes import everywhere
from naveval.registers.rules.levels import (
    MOST_APART,
    Limit,
    ordered,
    plausible,
    proportional,
    steady,
)
from naveval.registers.rules.links import leaving
from naveval.registers.rules.order import in_place
from naveval.registers.rules.panels import followed
from naveval.registers.rules.shares import everywhere_alike
from naveval.registers.rules.signs import MONTH as MONTH_TOLD
from naveval.registers.rules.signs import Step
from naveval.registers.rules.values import pseudonyms, sudden, uncapped
from naveval.registers.views import part_of
from naveval.studies.hedmark.parameters import YEAR, Parameters

COUNTIES = list(places.codes(YEAR))
AGES = (15, 90)  # of persons who may register as job seekers, with room for late dates
OLDEST = 67  # of nearly all
AGE, MONTH = "year(month) - birth_year", date_sql("month")


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
        "benefit_right": pa.Column(bool),
        "weeks_registered": pa.Column("int64", pa.Check.in_range(0, 2000)),
    },
    unique=["person", "month"],
    description="A row is a person registered as job seeker at one monthly update.",
)
LABOUR_FORCE = pa.DataFrameSchema(
    {
        "county": pa.Column(str, pa.Check.isin(COUNTIES)),
        "month": pa.Column("datetime64[ns]", description="First day of the month"),
        "persons": pa.Column("int64", pa.Check.gt(0)),
    },
    unique=["county", "month"],
    description="A row is a county and month, with the persons in its labour force.",
)
HOMES = (  # of the persons that the rule looks at: of all it takes most of the time
    f"SELECT person, arg_max(county, month) AS place FROM {part_of('job_seekers')} GROUP BY person"
)
TABLES = {"job_seekers": JOB_SEEKERS, "labour_force": LABOUR_FORCE}
# Tables with persons whose pairs of columns a profile tells too.
JOINT = (("job_seekers", ("county", "period")), ("job_seekers", ("education", "benefit_right")))


def _first_day(table: str) -> Rule:
    sql = f"SELECT file_name, row_no FROM numbered.{table} WHERE day(month) <> 1"
    words = "the first day of a month (a mapping with form makes it of any day)"
    return Rule(table, "month", words, sql)


RULES = (
    Rule(
        "job_seekers",
        "birth_year",
        f"ages from {AGES[0]} to {AGES[1]} at the update",
        "SELECT file_name, row_no FROM numbered.job_seekers "
        f"WHERE {AGE} NOT BETWEEN {AGES[0]} AND {AGES[1]}",
    ),
    one_per_person("job_seekers", "birth_year", "one birth year for a person in all months"),
    *(_first_day(table) for table in TABLES),
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
    proportional(
        "labour_force",
        "persons",
        f"SELECT county AS place, {MONTH} AS t, count(*) AS n FROM job_seekers GROUP BY ALL",
        f"SELECT county AS place, {MONTH} AS t, persons AS n FROM labour_force",
        0.005,
        0.2,
        "persons (job seekers half a per cent to a fifth of them, seldom below 1.2 per cent, and "
        f"not {MOST_APART} times more or less than in the median county; a labour force of all, "
        "and job seekers of a sample?)",
        usual=0.012,
    ),
    steady("labour_force", "county", MONTH, "persons"),
    Rule(
        "labour_force",
        "persons",
        "persons who are not as many in every month; the latest number repeated?",
        """
        SELECT 'the same in every month of every county' AS seen FROM (
            SELECT count(*) AS n, max(persons) - min(persons) AS moved
            FROM labour_force GROUP BY county
        ) HAVING max(moved) = 0 AND max(n) > 24
        """,
        warning=True,  # one year's labour force can be the denominator of all years on purpose
    ),
    followed(
        "job_seekers",
        JOB_SEEKERS,
        MONTH,
        fixed=("sex",),
        steps=(Step("weeks_registered", 3, 8, "weeks, growing by about four a month"),),
        alike={"weeks_registered": "date_trunc('month', month - to_weeks(weeks_registered))"},
    ),
    doubled("job_seekers", JOB_SEEKERS, "month"),
    in_place("job_seekers", JOB_SEEKERS, MONTH),
    everywhere("job_seekers", HOMES, "weeks_registered"),
    sudden("job_seekers", "weeks_registered", period=MONTH, label=MONTH_TOLD, place="county"),
    leaving("job_seekers", MONTH, "county"),
    uncapped("job_seekers", "weeks_registered"),
    pseudonyms("job_seekers"),
    plausible(
        "job_seekers",
        Limit("birth_year", 0, 0.05, f"ages above {OLDEST}", f"{AGE} > {OLDEST}", share=True),
        Limit("birth_year", 0.05, 0.8, "ages below 30", f"{AGE} < 30", share=True),
        Limit("birth_year", 0, 0.9, "multiples of 5 (rounded?)", "birth_year % 5 = 0", share=True),
        Limit("birth_year", 0.03, 1, "ages above 50", f"{AGE} > 50", share=True),
        Limit("weeks_registered", 0.02, 1, "less than 4 weeks", "weeks_registered < 4", share=True),
        Limit(
            "weeks_registered", 0.002, 1, "2 years or more", "weeks_registered > 103", share=True
        ),
    ),
    ordered(
        "job_seekers",
        "benefit_right",
        "benefit_right",
        "weeks_registered < 52",
        "weeks_registered > 104",
        "a right to benefit more often (a share) among those with less than 52 weeks than among "
        "those with more than 104",
        period=MONTH,
        apart=0.05,
        least=500,
        place="county",
    ),
    *(
        ordered(
            "job_seekers",
            "education, benefit_right",
            "benefit_right",
            f"education = '{more}'",
            f"education = '{less}'",
            f"a right to benefit more often (a share) in {more} than in {less}; exchanged?",
            period=MONTH,
            times=0.9,
            sample="person",
            warning=True,
        )
        for more, less in (
            ("videregående", "grunnskole"),
            ("høyere", "ukjent"),
        )
    ),
    everywhere_alike("job_seekers", ("sex", "education", "benefit_right"), place="county"),
)


def facts(parameters: Parameters) -> dict[str, object]:
    """Numbers of the rules that the dictionary of inputs tells."""
    first, last = (month_text(month) for month in parameters.register_months())
    least = thresholds().counts.largest_change + 1
    return {"least": least, "oldest": OLDEST, "first": first, "last": last}


def rules_for(parameters: Parameters) -> tuple[Rule, ...]:
    """Every county and month of the analysis has its labour force, and somebody to tell shares of.

    A protected count is zero where fewer persons are than it can be changed by.
    """
    known = facts(parameters)
    first, last, least = known["first"], known["last"], known["least"]
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
        WHERE wanted.county IN (SELECT county FROM labour_force)  -- or else told as lacking
        """
    few = f"""
        SELECT county || ' ' || strftime(month, '%Y-%m') AS what FROM job_seekers
        WHERE month BETWEEN DATE '{first}-01' AND DATE '{last}-01' AND county IS NOT NULL
        GROUP BY county, month
        HAVING least(count_if(benefit_right), count_if(NOT benefit_right)) < {least}
        """
    words = f"{least} persons or more with and without it in every county {span}"
    words += " (composition=none takes fewer)"
    rules = (Rule("labour_force", "county, month", f"every county {span}", force),)
    if parameters.composition == "none":
        return rules
    return (*rules, Rule("job_seekers", "benefit_right", words, few))


def needs(parameters: Parameters) -> tuple[Need, ...]:
    """All counties are needed: the exact test is also done among all counties of the country."""
    first, last = parameters.register_months()
    counties = tuple(COUNTIES)
    return tuple(
        Need(table, "county, month", MONTH, first, last, place="county", places=counties)
        for table in ("job_seekers", "labour_force")
    )
