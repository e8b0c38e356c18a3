"""Contracts of the eight register tables of the follow-up study."""

import datetime as dt

import pandas as pd
import pandera.pandas as pa

from naveval.project import places
from naveval.project.months import date_sql, text_sql
from naveval.registers.checks import literal
from naveval.registers.forms import is_dated
from naveval.registers.rules import signs
from naveval.registers.rules.breaches import Rule, doubled, known_persons, repeated
from naveval.registers.rules.homes import everywhere
from naveval.registers.rules.levels import Limit, plausible
from naveval.registers.rules.links import LEAST_AGREEING, leaving, near, to_the_end
from naveval.registers.rules.order import belonging, in_place
from naveval.registers.rules.panels import followed
from naveval.registers.rules.shares import calm, daily, everywhere_alike, recurring, varied
from naveval.registers.rules.times import simultaneous
from naveval.registers.rules.values import exact, few, pseudonyms, sudden, uncapped
from naveval.studies.followup import weeks
from naveval.studies.followup.agreements import AGREEMENTS, EVENTS
from naveval.studies.followup.spells import CHANNELS, KINDS

FIRST_DAY, LAST_DAY = dt.date(2015, 1, 1), dt.date(2022, 12, 31)
DIGITAL_FROM = dt.date(2018, 1, 1)
HOURS_IN_FORTNIGHT = 336
WEEKS = weeks.calendar(FIRST_DAY, LAST_DAY)
MONTH = r"(201[5-9]|202[0-2])-(0[1-9]|1[0-2])$"


def _date(first: dt.date = FIRST_DAY, *, nullable: bool = False) -> pa.Column:
    inside = pa.Check.in_range(pd.Timestamp(first), pd.Timestamp(LAST_DAY))
    return pa.Column("datetime64[ns]", inside, nullable=nullable)


def _person() -> pa.Column:
    return pa.Column("int64", pa.Check.ge(0), description="Pseudonym")


def _text(*allowed: str) -> pa.Column:
    return pa.Column(str, pa.Check.isin(list(allowed)))


def _weeks() -> pa.Check:
    return pa.Check.isin(
        WEEKS["year_week"].tolist(),
        description=(
            f"an ISO year and week from {WEEKS['year_week'].iloc[0]} "
            f"to {WEEKS['year_week'].iloc[-1]} that exists"
        ),
    )


PERSONS = pa.DataFrameSchema(
    {
        "person": pa.Column("int64", pa.Check.ge(0), unique=True, description="Pseudonym"),
        "county": _text(*places.codes(2024)),
    },
    description="A row is a person.",
)
BENEFIT_CARDS = pa.DataFrameSchema(
    {
        "person": _person(),
        "year_week": pa.Column(
            "int64", _weeks(), description="ISO year and week of the fortnight's last week: 201726"
        ),
        "hours_worked": pa.Column(
            float,
            pa.Check.in_range(0, HOURS_IN_FORTNIGHT),
            description="Hours in the fortnight",
        ),
    },
    description="A row is a benefit card: one person, one fortnight.",
)
BENEFIT_DECISIONS = pa.DataFrameSchema(
    {
        "person": _person(),
        "decided_on": _date(dt.date(2014, 1, 1)),
        "from_date": _date(),
        "weeks_granted": pa.Column("int64", pa.Check.isin([52, 104])),
    },
    description="A row is a decision that grants weeks of unemployment benefit.",
)
PROGRAM_SPELLS = pa.DataFrameSchema(
    {
        "person": _person(),
        "from_date": _date(),
        "to_date": _date(nullable=True),
        "kind": _text(*KINDS),
    },
    description="A row is a stay in a programme; without to_date it goes on.",
)
DIALOGUES = pa.DataFrameSchema(
    {"person": _person(), "date": _date(), "channel": _text(*CHANNELS)},
    description="A row is a dialogue in the old source, which is phased out from January 2018.",
)
DIGITAL_DIALOGUES = pa.DataFrameSchema(
    {"person": _person(), "date": _date(DIGITAL_FROM)},
    description="A row is a message in the digital dialogue, which starts in January 2018.",
)
EMPLOYMENT = pa.DataFrameSchema(
    {
        "person": _person(),
        "month": pa.Column(
            str,
            pa.Check.str_matches(MONTH, description="a month from 2015-01 to 2022-12 as 2017-07"),
        ),
        "hours_per_week": pa.Column(float, pa.Check.in_range(0, 168)),
    },
    description="A row is a job in one month (a-melding); a person can have several.",
)
HEALTH_BENEFITS = pa.DataFrameSchema(
    {"person": _person(), "from_date": _date(), "kind": _text("AAP", "uføretrygd")},
    description="A row is a health benefit from a date on.",
)
TABLES = {
    "persons": PERSONS,
    "benefit_cards": BENEFIT_CARDS,
    "benefit_decisions": BENEFIT_DECISIONS,
    "program_spells": PROGRAM_SPELLS,
    "dialogues": DIALOGUES,
    "digital_dialogues": DIGITAL_DIALOGUES,
    "employment": EMPLOYMENT,
    "health_benefits": HEALTH_BENEFITS,
}
# Tables with persons whose pairs of columns a profile tells too.
JOINT = (("program_spells", ("kind", "period")), ("benefit_decisions", ("weeks_granted", "period")))
NUMBERED_WEEKS = ", ".join(
    f"({literal(year_week)}, {literal(week)})"
    for year_week, week in zip(WEEKS["year_week"], WEEKS["week"], strict=True)
)
CARDS = f"""
    WITH weeks(year_week, week) AS (VALUES {NUMBERED_WEEKS})
    SELECT benefit_cards.*, week FROM benefit_cards JOIN weeks USING (year_week)
"""
LAST_WEEK_OF_CARD = f"strftime(DATE '{weeks.EPOCH}' + CAST(14 * t + 7 AS INTEGER), '%G%V')"
DAYS_BEFORE, WEEKS_APART = 60, 52
SECOND_YEAR = "76 AND 103"  # weeks after a decision of 104 weeks, some after one of 52
HOMES = "SELECT person, county AS place FROM persons"
AS_MANY_HOURS = (0.6, 1.5)  # of a card, times those of two weeks of jobs
NEVER = 999_999  # a week after all others
DAYS = {  # what happens on days, and is told with a code
    "benefit_decisions": "decided_on",
    "program_spells": "from_date",
    "health_benefits": "from_date",
    "dialogues": "date",
}


def _week(day: str) -> str:
    return f"date_diff('week', DATE '{weeks.EPOCH}', {day})"


CARD_WEEKS = f"""
    SELECT person, week - {WEEKS_APART} AS first, week + {WEEKS_APART} AS last FROM ({CARDS})
"""
# Of numbers that lie in no order of their own: what other tables tell of the same person.
HOURS_AND_JOBS = f"""
    WITH weeks(year_week, week) AS (VALUES {NUMBERED_WEEKS}),
    jobs AS (SELECT DISTINCT person, month FROM employment WHERE hours_per_week > 0)
    SELECT first.person, file_name, row_no, hours_worked AS value,
        (jobs.person IS NOT NULL)::INTEGER AS other
    FROM first JOIN weeks USING (year_week) LEFT JOIN jobs ON jobs.person = first.person
        AND jobs.month = strftime(DATE '{weeks.EPOCH}' + CAST(7 * week AS INTEGER), '%Y-%m')
"""
WEEKS_AND_CARDS = f"""
    WITH cards AS ({CARDS})
    SELECT first.person, file_name, row_no, any_value(weeks_granted) AS value,
        count_if(week - {_week("from_date")} BETWEEN {SECOND_YEAR}) AS other
    FROM first LEFT JOIN cards USING (person) GROUP BY ALL
"""
WITH_CARDS = {
    "benefit_decisions": "from_date",
    "program_spells": "from_date",
    "dialogues": "date",
    "digital_dialogues": "date",
    "health_benefits": "from_date",
}

CARD_MONTHS = f"""
    SELECT person, hours_worked,
        {date_sql(f"(DATE '{weeks.EPOCH}' + CAST(7 * week AS INTEGER))")} AS t
    FROM ({CARDS})
"""
JOB_MONTHS = f"SELECT person, {text_sql('month')} AS t FROM employment WHERE hours_per_week > 0"
STAY_MONTHS = f"""
    SELECT person, unnest(range({date_sql(f"greatest(from_date, DATE '{FIRST_DAY}')")},
        {date_sql(f"least(coalesce(to_date, from_date), DATE '{LAST_DAY}')")} + 1)) AS t
    FROM program_spells
"""


def _months(table: str, day: str) -> str:
    return f"SELECT person, {date_sql(day)} AS t, day({day}) AS day FROM {table}"


TOGETHER = (  # tables of which each tells when the other happens
    simultaneous(
        "benefit_decisions",
        "person, from_date",
        _months("benefit_decisions", "from_date"),
        CARD_MONTHS,
        "cards that begin in the month of a decision, not rather in one before or after; is one "
        "of the tables late?",
        parts=("all", "first"),
        sample="benefit_cards",
    ),
    *(
        simultaneous(
            table,
            f"person, {day}",
            STAY_MONTHS if table == "program_spells" else _months(table, day),
            CARD_MONTHS,
            "months with benefit cards of the person, not rather those before or after; is one of "
            "the tables late?",
            sample="benefit_cards",
            days=table != "program_spells",
        )
        for table, day in (
            ("program_spells", "from_date"),
            ("dialogues", "date"),
            ("digital_dialogues", "date"),
        )
    ),
    simultaneous(
        "health_benefits",
        "person, from_date",
        _months("health_benefits", "from_date"),
        CARD_MONTHS,
        "benefits that begin in the month of a last card, not rather in one before or after; is "
        "one of the tables late?",
        parts=("all", "last"),
        sample="benefit_cards",
    ),
    simultaneous(
        "employment",
        "person, month",
        JOB_MONTHS,
        CARD_MONTHS,
        "jobs that begin in the month of a last card, not rather in one before or after; is one "
        "of the tables late?",
        parts=("first", "last"),
        sample="benefit_cards",
    ),
)


def _with_cards(first: int, last: int) -> str:
    return f"SELECT person FROM benefit_cards WHERE year_week BETWEEN {first} AND {last}"


SIZES = {  # numbers that every county has of about the same size, and the year of a row
    "benefit_cards": (("hours_worked",), "year_week // 100"),
    "benefit_decisions": ((), "year(decided_on)"),
    "program_spells": ((), "year(from_date)"),
    "dialogues": ((), "year(date)"),
    "digital_dialogues": ((), "year(date)"),
    "employment": (("hours_per_week",), "CAST(left(month, 4) AS INTEGER)"),
    "health_benefits": ((), "year(from_date)"),
}
TIMES = {"benefit_cards": "year_week", "employment": "month"}  # of tables with numbers
AMONG = {  # who may have rows when the table has
    "benefit_cards": "SELECT person FROM benefit_decisions",
    "benefit_decisions": _with_cards(0, NEVER),
    "program_spells": _with_cards(0, NEVER),
    "dialogues": _with_cards(201627, 201752),
    "digital_dialogues": _with_cards(201801, NEVER),
    "employment": _with_cards(201627, NEVER),
    "health_benefits": _with_cards(0, 201826),
}

RULES = (
    *AGREEMENTS,
    *TOGETHER,
    *(
        everywhere_alike(table, [name], home=HOMES)
        for table, name in (("program_spells", "kind"), ("dialogues", "channel"))
    ),
    Rule(
        "benefit_cards",
        "hours_worked",
        "usually about twice hours_per_week of employment in the same month (a median of {:g} to "
        "{:g} times that); another unit?".format(*AS_MANY_HOURS),
        f"""
        WITH jobs AS (
            SELECT person, {text_sql("month")} AS t, sum(hours_per_week) AS hours
            FROM employment WHERE {few("benefit_cards")} GROUP BY ALL
        ),
        cards AS (
            SELECT person, t, avg(hours_worked) AS hours FROM ({CARD_MONTHS})
            WHERE hours_worked > 0 AND {few("benefit_cards")} GROUP BY ALL
        )
        SELECT printf('a median of %.2f times', ratio) AS seen FROM (
            SELECT count(*) AS n, median(cards.hours / jobs.hours / 2) AS ratio
            FROM cards JOIN jobs USING (person, t) WHERE jobs.hours > 0
        ) WHERE n >= {signs.LEAST_FOLLOWED}
            AND ratio NOT BETWEEN {AS_MANY_HOURS[0]} AND {AS_MANY_HOURS[1]}
        """,
        warning=True,
    ),
    leaving("employment", text_sql("month"), home=HOMES),
    pseudonyms("persons"),
    exact("benefit_cards", "hours_worked"),
    exact("employment", "hours_per_week"),
    uncapped("employment", "hours_per_week"),
    uncapped("benefit_cards", "hours_worked"),
    sudden("employment", "hours_per_week", period=text_sql("month"), label=signs.MONTH, home=HOMES),
    plausible("employment", Limit("hours_per_week", 8, 50, "hours a week")),
    plausible(
        "benefit_cards",
        Limit("hours_worked", 8, 90, "hours in a fortnight", where="hours_worked > 0"),
    ),
    plausible(
        "program_spells",
        Limit(
            "to_date",
            0,
            0.5,
            "stays without an end, a year after they began",
            "to_date IS NULL",
            "from_date < newest - INTERVAL 1 YEAR",
            share=True,
        ),
        Limit("to_date", 0, 0.5, "stays of one day", "from_date = to_date", share=True),
        rows="SELECT *, max(from_date) OVER () AS newest FROM program_spells",
    ),
    Rule(
        "employment",
        "person, hours_per_week",
        "a person's jobs in one month to have 168 hours a week or less; several persons with one "
        "id?",
        """
        SELECT file_name, row_no FROM numbered.employment WHERE (person, month) IN (
            SELECT (person, month) FROM employment GROUP BY person, month
            HAVING sum(hours_per_week) > 168
        )
        """,
        few=True,
    ),
    doubled("employment", EMPLOYMENT),
    repeated("employment", EMPLOYMENT, where="hours_per_week > 0"),
    *(
        repeated(table, TABLES[table], day=EVENTS.get(table, ""))
        for table in TABLES
        if table not in ("persons", "benefit_cards", "employment")
    ),
    followed(
        "employment",
        EMPLOYMENT,
        text_sql("month"),
        rows="SELECT person, month, sum(hours_per_week) AS hours_per_week "
        "FROM employment GROUP BY ALL",
    ),
    followed(
        "benefit_cards",
        BENEFIT_CARDS,
        "week // 2",
        free=("hours_worked",),
        rows=CARDS,
        label=LAST_WEEK_OF_CARD,
    ),
    in_place("employment", EMPLOYMENT, text_sql("month")),
    *(
        in_place(table, TABLES[table])
        for table in ("benefit_cards", "benefit_decisions", "program_spells", "dialogues")
    ),
    in_place("health_benefits", HEALTH_BENEFITS),
    belonging("benefit_cards", "hours_worked", HOURS_AND_JOBS, "a job in the month"),
    belonging("benefit_decisions", "weeks_granted", WEEKS_AND_CARDS, "cards in the second year"),
    near(
        "benefit_cards",
        "person, year_week",
        f"SELECT person, week AS t FROM ({CARDS}) WHERE year_week >= 201701",
        f"SELECT person, {_week('from_date')} - 1 AS first, {NEVER} AS last FROM benefit_decisions",
        "a decision before the card in benefit_decisions, for cards from 2017 on",
    ),
    *(
        near(
            table,
            f"person, {day}",
            f"SELECT person, {_week(day)} AS t FROM {table}",
            CARD_WEEKS,
            f"a benefit card of the person less than {WEEKS_APART} weeks away; other ids?",
            least=LEAST_AGREEING if table == "benefit_decisions" else 0,
        )
        for table, day in WITH_CARDS.items()
    ),
    plausible(
        "benefit_decisions",
        Limit(
            "decided_on",
            0.75,
            1,
            f"a day within {DAYS_BEFORE} days of from_date",
            f"abs(date_diff('day', decided_on, from_date)) <= {DAYS_BEFORE}",
            share=True,
        ),
    ),
    *(
        everywhere(table, HOMES, *names, year=year, month=TIMES.get(table, ""), close=names)
        for table, (names, year) in SIZES.items()
    ),
    *(varied(table, TABLES[table]) for table in ("persons", "dialogues", "digital_dialogues")),
    *(calm(table, TABLES[table], date_sql(day)) for table, day in DAYS.items()),
    *(
        recurring(table, date_sql(day))
        for table, day in {**DAYS, "digital_dialogues": "date"}.items()
    ),
    *(
        daily(table, name)
        for table, schema in TABLES.items()
        for name, column in schema.columns.items()
        if is_dated(name, column) and name != "month"
    ),
    plausible(
        "benefit_decisions",
        Limit(
            "weeks_granted",
            0.5,
            1,
            "104 weeks (exchanged with 52?)",
            "weeks_granted = 104",
            share=True,
        ),
    ),
    *(known_persons(table) for table in TABLES if table != "persons"),
    *(to_the_end(table, among) for table, among in AMONG.items()),
    Rule(
        "program_spells",
        "to_date",
        "a date not before from_date",
        "SELECT file_name, row_no FROM numbered.program_spells WHERE to_date < from_date",
    ),
    Rule(
        "benefit_cards",
        "person, year_week",
        "one card per person and fortnight, fortnights that do not overlap",
        f"""
        WITH weeks(year_week, week) AS (VALUES {NUMBERED_WEEKS}),
        close AS (
            SELECT person, week, lag(week) OVER (PARTITION BY person ORDER BY week) AS earlier
            FROM ({CARDS}) QUALIFY week - earlier < 2
        )
        SELECT file_name, row_no FROM numbered.benefit_cards JOIN weeks USING (year_week)
        WHERE (person, week) IN (SELECT (person, week) FROM close)
        """,
    ),
)
