"""What the programme study's tables tell of the same persons at the same time, and in what unit."""

from naveval.project.months import code_sql
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.levels import steady
from naveval.registers.rules.links import leaving
from naveval.registers.rules.shares import everywhere_alike
from naveval.registers.rules.signs import LEAST_FOLLOWED
from naveval.registers.rules.times import adding_up, seldom, simultaneous
from naveval.registers.rules.values import apart, exact, pseudonyms, sudden, uncapped
from naveval.registers.views import part_of
from naveval.studies.programs.codes import FIRST_MONTH, LAST_MONTH
from naveval.studies.programs.limits import BENEFITS, MONTH

HOMES = "SELECT person, arg_max(county, year) AS place FROM person_years GROUP BY person"
FALLS = 0.05  # of those whose education is known, from one year to the next
MOST_TIMES = 6  # as many unemployed as in the month before; in March 2020 five times
JANUARY = 0.5  # of the months of immigration
LABEL = "(t // 12 * 100 + t % 12 + 1)"
IN_PROGRAM = f"""
    SELECT person, unnest(range({code_sql(f"greatest(from_month, {FIRST_MONTH})")},
        {code_sql(f"least(to_month, {LAST_MONTH})")} + 1)) AS t
    FROM program_spells
"""
LEVELS = f"""
    SELECT year, education < lag(education) OVER earlier AS fallen
    FROM {part_of("person_years")} WHERE education <> '0'
    WINDOW earlier AS (PARTITION BY person ORDER BY year)
    QUALIFY lag(year) OVER earlier = year - 1
"""


def _months(table: str, where: str = "true") -> str:
    return f"SELECT person, {MONTH} AS t FROM {table} WHERE {where}"


MONTHLY = ("nav_status", "employment", "benefits", "disability", "enrolment")
ROWS = {name: _months(name) for name in MONTHLY}

AGREEMENTS = (
    simultaneous(
        "benefits",
        "person, month",
        _months("benefits", "aap_nok + dagpenger_nok > 0"),
        ROWS["nav_status"],
        "aap_nok and dagpenger_nok in the months of nav_status, not rather in those before or "
        "after; is one of the tables late?",
    ),
    simultaneous(
        "benefits",
        "tiltakspenger_nok",
        _months("benefits", "tiltakspenger_nok > 0"),
        IN_PROGRAM,
        "tiltakspenger_nok in the months of a stay in program_spells (75 per cent or more), not "
        "rather in those before or after; columns exchanged, stays lost, or a table late?",
        least=0.75,
    ),
    simultaneous(
        "disability",
        "person, month",
        ROWS["disability"],
        _months("benefits", "aap_nok > 0"),
        "pensions that begin when aap_nok of benefits ends, not rather in a month before or "
        "after; is one of the tables late?",
        parts=("first", "after"),
    ),
    simultaneous(
        "enrolment",
        "person, month",
        IN_PROGRAM,
        ROWS["enrolment"],
        "rows in the months of stays in program_spells, of those in education, not rather in "
        "those before or after; is one of the tables late?",
    ),
    adding_up(
        "employment",
        "month, wage_nok",
        f"SELECT person, {MONTH} AS t, wage_nok AS n FROM employment",
        "SELECT person, year, earned_income_nok AS n FROM annual_income",
        "wages that add up to the year's earned_income_nok in annual_income as often as with the "
        "months before or after; months that are late?",
    ),
    seldom(
        "person_years",
        "year, education",
        "fallen",
        "year",
        FALLS,
        "levels of education that fall for few in any one year; years exchanged?",
        rows=LEVELS,
    ),
    Rule(
        "persons",
        "first_immigration_month",
        f"months of which January is {100 * JANUARY:g} per cent or less; years alone?",
        f"""
        SELECT printf('%.0f per cent', 100 * share) AS seen FROM (
            SELECT count(*) AS n, count_if(first_immigration_month % 100 = 1) / n AS share
            FROM persons WHERE first_immigration_month IS NOT NULL
        ) WHERE n >= {LEAST_FOLLOWED} AND share > {JANUARY}
        """,
        warning=True,
    ),
    *(
        apart(table, ROWS[table], {name: ROWS[name] for name in others}, sample="employment")
        for table, others in (
            ("enrolment", ("nav_status", "employment", "benefits", "disability")),
            ("disability", ("nav_status", "employment")),
            ("nav_status", ("employment",)),
        )
    ),
    everywhere_alike("person_years", ("education", "family_type"), place="county"),
    everywhere_alike("nav_status", ("innsatsgruppe",), home=HOMES),
    *(leaving(table, MONTH, home=HOMES) for table in ("nav_status", "employment")),
    pseudonyms("persons"),
    exact("persons", "birth_year"),
    exact("employment", "wage_nok"),
    exact("annual_income", "earned_income_nok"),
    uncapped("employment", "wage_nok"),
    uncapped("annual_income", "earned_income_nok"),
    uncapped(
        "municipalities",
        "mean_income_nok",
        "unemployment_percent",
        "disability_percent",
        unit="municipality",
    ),
    sudden("employment", "wage_nok", period=MONTH, label=LABEL, home=HOMES),
    sudden("benefits", *BENEFITS, period=MONTH, label=LABEL, home=HOMES),
    steady(
        "municipalities",
        "municipality",
        MONTH,
        "unemployment_percent",
        warning=True,
        moved=MOST_TIMES,
    ),
)
