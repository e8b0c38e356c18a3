"""Contracts of the ten register tables of the programme study.

Months are whole numbers yyyymm. Municipality and county codes are text and follow the division
of 2024 in all years, as a register owner delivers a recoded extract.
"""

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from naveval.project import places, store
from naveval.project.errors import ContractError, EstimationError
from naveval.project.months import code_sql
from naveval.registers import reading as registers
from naveval.registers.reading import Registers
from naveval.registers.rules.breaches import Rule, doubled, known_persons
from naveval.registers.rules.homes import everywhere
from naveval.registers.rules.levels import steady
from naveval.registers.rules.links import agreeing, near, to_the_end
from naveval.registers.rules.order import belonging, in_place
from naveval.registers.rules.panels import followed
from naveval.registers.rules.shares import calm, recurring, varied
from naveval.registers.rules.signs import PLAIN
from naveval.studies.programs import codes
from naveval.studies.programs.agreements import AGREEMENTS, HOMES
from naveval.studies.programs.codes import FIRST_MONTH, LAST_MONTH, STATUS_CODES
from naveval.studies.programs.limits import BENEFITS, LIMITS, MONTH
from naveval.studies.programs.parameters import Parameters

FOUR_DIGITS = pa.Check.str_matches(r"\d{4}$", description="four digits")


def _person() -> pa.Column:
    return pa.Column("int64", pa.Check.ge(0), description="Pseudonym")


def _month() -> pa.Column:
    years = range(FIRST_MONTH // 100, LAST_MONTH // 100 + 1)
    months = [year * 100 + month for year in years for month in range(1, 13)]
    expected = f"a month yyyymm from {FIRST_MONTH} to {LAST_MONTH}"
    return pa.Column("int64", pa.Check.isin(months, description=expected))


def _year(first: int) -> pa.Column:
    return pa.Column("int64", pa.Check.in_range(first, LAST_MONTH // 100))


def _text(*allowed: str) -> pa.Column:
    return pa.Column(str, pa.Check.isin(list(allowed)))


TABLES = {
    "persons": pa.DataFrameSchema(
        {
            "person": pa.Column("int64", pa.Check.ge(0), unique=True, description="Pseudonym"),
            "sex": _text("man", "woman"),
            "birth_year": pa.Column("int64", pa.Check.in_range(1920, 2022)),
            "country_group": pa.Column("int64", pa.Check.in_range(0, 3)),
            "first_immigration_month": pa.Column(
                "int64", pa.Check.in_range(192001, LAST_MONTH), nullable=True
            ),
        },
        description="A row is a person.",
    ),
    "person_years": pa.DataFrameSchema(
        {
            "person": _person(),
            "year": _year(2009),
            "education": _text(*(str(level) for level in range(8))),
            "family_type": _text(*(str(kind) for kind in range(1, 9))),
            "children": pa.Column("int64", pa.Check.in_range(0, 20)),
            "municipality": pa.Column(str, FOUR_DIGITS),
            "county": _text(*places.codes(2024)),
        },
        unique=["person", "year"],
        description="A row is a person in a calendar year; education in eight levels, 0 unknown.",
    ),
    "nav_status": pa.DataFrameSchema(
        {"person": _person(), "month": _month(), "innsatsgruppe": _text(*STATUS_CODES.values())},
        unique=["person", "month"],
        description="A row is a person registered with Nav in a month, with the group.",
    ),
    "program_spells": pa.DataFrameSchema(
        {
            "person": _person(),
            "activity_code": pa.Column(str, pa.Check.str_length(min_value=1)),
            "from_month": _month(),
            "to_month": _month(),
        },
        metadata={"may_be_empty": True},
        description="A row is a stay in a programme, first and last month included.",
    ),
    "employment": pa.DataFrameSchema(
        {
            "person": _person(),
            "month": _month(),
            "wage_nok": pa.Column("int64", pa.Check.ge(0)),
            "position_percent": pa.Column("int64", pa.Check.in_range(0, 300)),
        },
        unique=["person", "month"],
        description="A row is a person with a job in a month: wage and contracted position.",
    ),
    "annual_income": pa.DataFrameSchema(
        {
            "person": _person(),
            "year": _year(2005),
            "earned_income_nok": pa.Column("int64", pa.Check.ge(0)),
        },
        unique=["person", "year"],
        description="A row is a person with pensionable income in a year.",
    ),
    "benefits": pa.DataFrameSchema(
        {
            "person": _person(),
            "month": _month(),
            **{name: pa.Column("int64", pa.Check.ge(0)) for name in BENEFITS},
        },
        unique=["person", "month"],
        metadata={"may_be_empty": True},
        description="A row is a person with a benefit in a month; kroner per benefit.",
    ),
    "disability": pa.DataFrameSchema(
        {
            "person": _person(),
            "month": _month(),
            "degree_percent": pa.Column("int64", pa.Check.in_range(1, 100)),
        },
        unique=["person", "month"],
        metadata={"may_be_empty": True},
        description="A row is a person with a disability pension in a month.",
    ),
    "enrolment": pa.DataFrameSchema(
        {"person": _person(), "month": _month()},
        unique=["person", "month"],
        metadata={"may_be_empty": True},
        description="A row is a person enrolled in education in a month.",
    ),
    "municipalities": pa.DataFrameSchema(
        {
            "municipality": pa.Column(str, FOUR_DIGITS),
            "month": _month(),
            "unemployment_percent": pa.Column(float, pa.Check.in_range(0, 100)),
            "mean_income_nok": pa.Column(float, pa.Check.in_range(0, 10_000_000)),
            "disability_percent": pa.Column(float, pa.Check.in_range(0, 100)),
            "centrality": pa.Column("int64", pa.Check.in_range(1, 3)),
        },
        unique=["municipality", "month"],
        description="A row is a municipality in a month, with local conditions.",
    ),
}
# Tables with persons whose pairs of columns a profile tells too.
JOINT = (("nav_status", ("innsatsgruppe", "period")), ("person_years", ("county", "education")))
FOLLOWED = ("nav_status", "employment", "benefits", "disability")
YEARLY = ("person_years", "annual_income")
MONTHS_APART, HIGH_INCOME = 12, 400_000  # who earns so much has a job
REGISTERED = f"""
    SELECT person, {MONTH} - {MONTHS_APART} AS first, {MONTH} + {MONTHS_APART} AS last
    FROM nav_status
"""
SIZES = {  # numbers that every county has of about the same size, and the year of a row
    "person_years": ((), "year"),
    "nav_status": ((), "month // 100"),
    "program_spells": ((), "from_month // 100"),
    "employment": (("wage_nok", "position_percent"), "month // 100"),
    "annual_income": (("earned_income_nok",), "year"),
    "benefits": (tuple(BENEFITS), "month // 100"),
    "disability": (("degree_percent",), "month // 100"),
    "enrolment": ((), "month // 100"),
}
RULES = (
    *LIMITS,
    *AGREEMENTS,
    Rule(
        "program_spells",
        "to_month",
        "a month not before from_month",
        "SELECT row_no, file_name FROM numbered.program_spells WHERE to_month < from_month",
    ),
    Rule(
        "program_spells",
        "from_month",
        "spells of one activity code of one person do not overlap",
        """
        SELECT row_no, file_name FROM (
            SELECT *, max(to_month) OVER (
                PARTITION BY person, activity_code ORDER BY from_month, to_month, row_no
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier
            FROM numbered.program_spells) WHERE from_month <= earlier
        """,
    ),
    Rule(
        "persons",
        "first_immigration_month",
        "a month not before the year of birth",
        """
        SELECT row_no, file_name FROM numbered.persons
        WHERE first_immigration_month // 100 < birth_year
        """,
    ),
    Rule(
        "employment",
        "month",
        "employment not before the year of birth plus 13",
        """
        SELECT e.row_no, e.file_name FROM numbered.employment e JOIN persons p USING (person)
        WHERE e.month // 100 < p.birth_year + 13
        """,
    ),
    Rule(
        "employment",
        "position_percent",
        "a contracted position above zero where there is a wage",
        """
        SELECT row_no, file_name FROM numbered.employment
        WHERE wage_nok > 0 AND position_percent = 0
        """,
    ),
    Rule(
        "person_years",
        "municipality",
        "municipalities found in the table municipalities",
        """
        SELECT row_no, file_name FROM numbered.person_years
        WHERE municipality NOT IN (SELECT DISTINCT municipality FROM municipalities)
        """,
    ),
    Rule(
        "person_years",
        "municipality",
        "a municipality of the county, whose code it begins with",
        """
        SELECT row_no, file_name FROM numbered.person_years
        WHERE NOT starts_with(municipality, county)
        """,
    ),
    *(
        rule(table)
        for table, schema in TABLES.items()
        if table != "persons" and "person" in schema.columns
        for rule in (known_persons, to_the_end)
    ),
    *(followed(table, TABLES[table], MONTH) for table in FOLLOWED),
    *(followed(table, TABLES[table], "year", label=PLAIN) for table in YEARLY),
    *(in_place(table, TABLES[table], MONTH) for table in FOLLOWED),
    *(in_place(table, TABLES[table], "year") for table in YEARLY),
    in_place("persons", TABLES["persons"]),
    in_place("municipalities", TABLES["municipalities"], MONTH, unit="municipality"),
    *(
        belonging(
            table,
            column,
            f"""
            SELECT person, file_name, row_no, TRY_CAST({column} AS DOUBLE) AS value,
                ({of})::DOUBLE AS other
            FROM first JOIN {others}
            """,
            words,
        )
        for table, column, of, others, words in (
            (
                "person_years",
                "children",
                "year - birth_year BETWEEN 25 AND 49",
                "persons USING (person)",
                "ages that parents have",
            ),
            (
                "person_years",
                "education",
                "ln(1 + earned_income_nok)",
                "annual_income USING (person, year)",
                "incomes of the educated",
            ),
        )
    ),
    doubled("employment", TABLES["employment"], "month"),
    followed("enrolment", TABLES["enrolment"], MONTH, shocks=True),
    followed("municipalities", TABLES["municipalities"], MONTH, unit="municipality", shocks=True),
    *(
        everywhere(
            table,
            HOMES,
            *names,
            year=year,
            month="month" if "month" in year else "",
            close=[name for name in names if name == "wage_nok" or name in BENEFITS],
        )
        for table, (names, year) in SIZES.items()
    ),
    everywhere(
        "municipalities",
        "SELECT DISTINCT municipality AS person, left(municipality, 2) AS place "
        "FROM municipalities",
        "unemployment_percent",
        "disability_percent",
        "mean_income_nok",
        rows="SELECT *, municipality AS person FROM municipalities",
        spread=0.6,  # means differ less than persons
    ),
    near(
        "program_spells",
        "person, from_month",
        f"SELECT person, {code_sql('from_month')} AS t FROM program_spells",
        REGISTERED,
        f"a row of the person in nav_status less than {MONTHS_APART} months away; other ids?",
    ),
    near(
        "benefits",
        "person, month",
        f"SELECT person, {MONTH} AS t FROM benefits WHERE aap_nok + dagpenger_nok > 0",
        REGISTERED,
        "a row in nav_status less than a year away, of those with aap_nok or dagpenger_nok",
    ),
    calm(
        "program_spells",
        TABLES["program_spells"],
        code_sql("from_month"),
        codes=["activity_code"],
    ),
    recurring("program_spells", code_sql("from_month")),
    varied("persons", TABLES["persons"]),
    agreeing(
        "annual_income",
        "person, year",
        "SELECT DISTINCT person, month // 100 AS t FROM employment WHERE wage_nok > 0",
        "SELECT person, year AS t FROM annual_income WHERE earned_income_nok > 0",
        "income of 75 per cent or more of those with a wage in the year, and not rather in the "
        "year before or after; other ids, or years that are late?",
        year="t",
    ),
    agreeing(
        "employment",
        "person, month",
        "SELECT person, year AS t FROM annual_income "
        f"WHERE earned_income_nok > {HIGH_INCOME} AND year >= {FIRST_MONTH // 100}",
        "SELECT DISTINCT person, month // 100 AS t FROM employment WHERE wage_nok > 0",
        f"a wage in the year for 75 per cent or more of those who earn over {HIGH_INCOME} kroner, "
        "and not rather in the year before or after; rows lost, other ids?",
        year="t",
    ),
    *(
        steady("municipalities", "municipality", MONTH, column, warning=True)
        for column in ("mean_income_nok", "disability_percent")
    ),
)


def unknown_codes(registers: Registers) -> pd.Series:
    """Persons per activity code that table A-1 does not know, indexed by code, most first."""
    known = codes.activity_codes()[["code"]]
    registers.connection.register("known_codes", known)
    return (
        registers.query(
            """SELECT activity_code AS code, count(DISTINCT person) AS n FROM program_spells
        WHERE activity_code NOT IN (SELECT code FROM known_codes)
        GROUP BY code ORDER BY n DESC, code"""
        )
        .set_index("code")
        .n
    )


def require_known(data: Path, parameters: Parameters) -> None:
    """Refuse activity codes outside table A-1, and too few persons for any effect.

    Raises
    ------
    ContractError
        Listing the codes, unless they are to be Annet, or saying who are too few.
    """
    to_rest, wanted = parameters.unknown_codes == "rest", parameters.parts or parameters.PARTS
    fewest = parameters.forests()[1] if "effects" in wanted else None
    found = registers.fingerprint(data, TABLES)
    store.cached(
        "programs-known",
        lambda: _require_known(data, fewest, to_rest=to_rest),
        key={"registers": found, "fewest": fewest, "to_rest": to_rest},
        code=(__name__, "studies.programs.sample.persons"),
    )


def _require_known(data: Path, fewest: int | None, *, to_rest: bool) -> None:
    # Here, for sampling reads what is declared above.
    from naveval.studies.programs.sample import persons

    with registers.open_registers(data, TABLES) as opened:
        codes.grouping(unknown_codes(opened), unknown_to_rest=to_rest)
        if fewest is not None:
            try:
                persons.start(opened, "main", fewest, unknown_to_rest=to_rest)
            except EstimationError as error:
                raise ContractError(f'{error} (--set "parts=[participants, outcomes]")') from None
