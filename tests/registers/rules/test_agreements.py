"""Tables that are whole and allowed, and do not fit the others or the places: each is told."""

from contextlib import closing

import duckdb
import pytest
from judging import SCALES, registers, told

LATER = "({0} // 100 * 12 + {0} % 100 - 1 + {1}) // 12 * 100 + ({0} % 100 - 1 + 12 + {1}) % 12 + 1"
TEXT_LATER = "strftime(strptime(month || '-01', '%Y-%m-%d') + to_months({}), '%Y-%m')"
LIVES = "person IN (SELECT person FROM good.{} WHERE county = '{}')"
SPRING = "month BETWEEN 201703 AND 201705"


def months(table: str, words: str, *columns: str) -> list[tuple[str, str, str, str]]:
    """A table of whole-number months that is a month or a year late or early."""
    return [
        (
            "programs",
            table,
            "* REPLACE (" + ", ".join(f"{LATER.format(c, k)} AS {c}" for c in columns) + ")",
            words,
        )
        for k in (1, -1, 12, -12)
    ]


def days(table: str, *columns: str) -> list[tuple[str, str, str, str]]:
    return [
        (
            "followup",
            table,
            "* REPLACE ("
            + ", ".join(f"CAST({c} + to_months({k}) AS TIMESTAMP) AS {c}" for c in columns)
            + ")",
            "late?; seen: ",
        )
        for k in (1, -1)
    ]


LATE = (
    *months("nav_status", "of nav_status, not rather", "month"),
    *months("benefits", "of nav_status, not rather", "month"),
    *months("benefits", "stay in program_spells", "month"),
    *months("program_spells", "stay in program_spells", "from_month", "to_month"),
    *months("disability", "when aap_nok of benefits ends", "month"),
    *months("enrolment", "of those in education", "month"),
    *months("employment", "add up to", "month")[:2],
    (
        "programs",
        "person_years",
        "* REPLACE (IF(year = 2022, 2009, year + 1) AS year)",
        "in 2010 (",
    ),
    (
        "programs",
        "person_years",
        "* REPLACE (IF(year = 2009, 2022, year - 1) AS year)",
        "in 2022 (",
    ),
    *days("benefit_decisions", "decided_on", "from_date"),
    *days("program_spells", "from_date", "to_date"),
    *days("dialogues", "date"),
    *days("digital_dialogues", "date"),
    *days("health_benefits", "from_date")[:1],
    *(
        ("followup", "employment", f"* REPLACE ({TEXT_LATER.format(k)} AS month)", "late?; seen: ")
        for k in (1, -1)
    ),
    *(
        ("indicator", "inflow", f"* REPLACE ({TEXT_LATER.format(k)} AS month)", "late?; seen: a c")
        for k in (1, -1, 12, -12)
    ),
)


def cut(study: str, table: str, column: str, most: float) -> tuple[str, str, str, str]:
    changed = f"* REPLACE (least({column}, {most}) AS {column})"
    return study, table, changed, f"{column}: expected a highest value that few rows have; capped"


CUT = (
    (
        "followup",
        "benefit_cards",
        "* REPLACE (round(hours_worked, -1) AS hours_worked)",
        "hours_worked: expected numbers that are not nearly all multiples of 5",
    ),
    cut("indicator", "hours", "hours", 100),
    cut("indicator", "hours", "hours", 150),
    cut("indicator", "stock", "weekly_hours", 30),
    cut("programs", "employment", "wage_nok", 30_000),
    cut("programs", "employment", "wage_nok", 50_000),
    cut("programs", "annual_income", "earned_income_nok", 600_000),
    cut("followup", "employment", "hours_per_week", 20),
    cut("followup", "benefit_cards", "hours_worked", 40),
    cut("hedmark", "job_seekers", "weeks_registered", 104),
    (
        "hedmark",
        "job_seekers",
        "* REPLACE (IF(hash(person, month) % 50 = 0, 999, weeks_registered) AS weeks_registered)",
        "of whom nothing is known?",
    ),
    (
        "programs",
        "persons",
        "* REPLACE (first_immigration_month // 100 * 100 + 1 AS first_immigration_month)",
        "years alone?; seen: 100 per cent",
    ),
)


def at_once(
    study: str, table: str, column: str, times: str, homes: str, county: str, when: str
) -> tuple[str, str, str, str]:
    lives = LIVES.format(homes, county)
    value = f"{column} * IF({when} AND {lives}, {times}, 1)"
    return (
        study,
        table,
        f"* REPLACE ({value} AS {column})",
        "another unit there?; seen: persons who",
    )


IN_ONE_PLACE = (
    at_once("programs", "benefits", "aap_nok", "12", "person_years", "46", SPRING),
    at_once("programs", "benefits", "dagpenger_nok", "0.05", "person_years", "03", SPRING),
    at_once("programs", "benefits", "sosialhjelp_nok", "12", "person_years", "03", SPRING),
    at_once("programs", "employment", "wage_nok", "12", "person_years", "56", SPRING),
    at_once("indicator", "hours", "hours", "3 / 13", "stock", "18", "month = '2021-03'"),
    (
        "hedmark",
        "job_seekers",
        "* REPLACE (IF(county = '03' AND month = DATE '2012-05-01', 7, 1) * weeks_registered "
        "AS weeks_registered)",
        "another unit there?; seen: persons who had far more or less in 03 2012-05 (",
    ),
    (
        "hedmark",
        "job_seekers",
        "* REPLACE (IF(county = '03', 'ukjent', education) AS education)",
        "education: expected codes of about as many persons in every place",
    ),
    (
        "hedmark",
        "job_seekers",
        "* REPLACE (benefit_right AND county <> '03' AS benefit_right)",
        "benefit_right: expected codes of about as many persons in every place",
    ),
    (
        "hedmark",
        "job_seekers",
        "* REPLACE (benefit_right <> (county = '03') AS benefit_right)",
        "seen: the opposite in 03 (",
    ),
    (
        "programs",
        "nav_status",
        f"* REPLACE (IF({LIVES.format('person_years', '03')}, 'sick', innsatsgruppe) "
        "AS innsatsgruppe)",
        "innsatsgruppe: expected codes of about as many persons in every place",
    ),
    (
        "followup",
        "benefit_cards",
        f"* REPLACE (IF({LIVES.format('persons', '18')}, 0.5, 1) * hours_worked AS hours_worked)",
        "times the median in 18 (0.5",
    ),
    (
        "indicator",
        "stock",
        "* REPLACE (format('{:02d}', (hash(office) % 11)::INTEGER) AS county)",
        "region, county: expected one county for 90 per cent",
    ),
)
EXCHANGED = (
    (
        "programs",
        "benefits",
        "* REPLACE (tiltakspenger_nok AS sosialhjelp_nok, sosialhjelp_nok AS tiltakspenger_nok)",
        "columns exchanged, stays lost, or a table late?; seen: ",
    ),
    (
        "indicator",
        "stock",
        "* REPLACE (disability AS laid_off, laid_off AS disability)",
        "helt_ledig than in nedsatt; columns exchanged?",
    ),
    (
        "indicator",
        "stock",
        "* REPLACE (CASE innsatsgruppe WHEN 'ikke_vurdert' THEN 'helserelatert' "
        "WHEN 'helserelatert' THEN 'ikke_vurdert' ELSE innsatsgruppe END AS innsatsgruppe)",
        "helserelatert than in ikke_vurdert",
    ),
    (
        "hedmark",
        "job_seekers",
        "* REPLACE (CASE education WHEN 'ukjent' THEN 'høyere' WHEN 'høyere' THEN 'ukjent' "
        "ELSE education END AS education)",
        "in høyere than in ukjent; exchanged?",
    ),
    (
        "followup",
        "benefit_cards",
        "* REPLACE (hours_worked * 2 AS hours_worked)",
        "twice hours_per_week of employment",
    ),
    (
        "followup",
        "employment",
        "* REPLACE (hours_per_week * 2 AS hours_per_week)",
        "twice hours_per_week of employment",
    ),
    (
        "programs",
        "municipalities",
        f"* REPLACE (IF({SPRING}, 0.1, 1) * unemployment_percent AS unemployment_percent)",
        "unemployment_percent: expected about as much in each place",
    ),
    *(
        (
            study,
            table,
            "* REPLACE ((1 + hash(person) % 28) * 1000000000 + (1 + hash(person, 1) % 12) * "
            "10000000 + person % 10000000 AS person)",
            "national identity numbers; seen: 100 per cent",
        )
        for study, table in (
            ("programs", "persons"),
            ("followup", "persons"),
            ("indicator", "stock"),
            ("hedmark", "job_seekers"),
        )
    ),
)
LOST = (
    ("indicator", "stock", "hash(person) % 2 = 0", "persons lost there?; seen: 5"),
    ("programs", "program_spells", "hash(person) % 2 = 0", "stays lost, or a table late?; seen: "),
    (
        "hedmark",
        "job_seekers",
        "NOT (county = '03' AND month >= DATE '2013-01-01' AND hash(person) % 2 = 0)",
        "per cent are not found again in 03 2013-01 (",
    ),
)
LOST += tuple(
    (
        study,
        "employment",
        f"NOT ({when} AND {LIVES.format(homes, '46')})",
        "per cent are not found again in 46 2017-",
    )
    for study, when, homes in (
        ("followup", "month BETWEEN '2017-09' AND '2017-11'", "persons"),
        ("programs", "month BETWEEN 201709 AND 201711", "person_years"),
    )
)
REFUSED = (
    ("hedmark", "* REPLACE (birth_year // 10 * 10 AS birth_year)", "multiples of 5 (rounded?) in"),
    ("hedmark", "* REPLACE (weeks_registered // 2 AS weeks_registered)", "weeks, growing by"),
)
WITHOUT = (
    ("weeks_registered >= 4", "less than 4 weeks in 2 to 100 per cent"),
    ("weeks_registered < 104", "2 years or more in 0.2 to 100 per cent"),
    ("year(month) - birth_year <= 50", "ages above 50 in 3 to 100 per cent"),
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, duckdb.DuckDBPyConnection]:
    return {study: registers(study, tmp_path_factory.mktemp(study) / "r", 3) for study in SCALES}


def warned(connection, study: str, table: str, view: str, words: str) -> bool | None:
    """Whether what is said in these words of a table that is this view is a warning."""
    with closing(told(connection, study, table, view)) as found:  # others are not waited for
        return next((item.warning for item in found if words in str(item)), None)


@pytest.mark.parametrize(
    ("study", "table", "columns", "words"), [*LATE, *CUT, *IN_ONE_PLACE, *EXCHANGED]
)
def test_tables_that_do_not_fit_are_warned_of(opened, study, table, columns, words) -> None:
    assert warned(opened[study], study, table, f"SELECT {columns} FROM good.{table}", words) is True


@pytest.mark.parametrize(("study", "table", "kept", "words"), LOST)
def test_persons_that_one_table_lacks_are_warned_of(opened, study, table, kept, words) -> None:
    assert (
        warned(opened[study], study, table, f"SELECT * FROM good.{table} WHERE {kept}", words)
        is True
    )


@pytest.mark.parametrize(("study", "columns", "words"), REFUSED)
def test_numbers_that_are_rounded_or_other_numbers_are_refused(
    opened, study, columns, words
) -> None:
    assert (
        warned(
            opened[study], study, "job_seekers", f"SELECT {columns} FROM good.job_seekers", words
        )
        is False
    )


@pytest.mark.parametrize(("kept", "words"), WITHOUT)
def test_job_seekers_of_whom_a_kind_lacks_are_refused(opened, kept, words) -> None:
    view = f"SELECT * FROM good.job_seekers WHERE {kept}"
    assert warned(opened["hedmark"], "hedmark", "job_seekers", view, words) is False


@pytest.mark.parametrize("other", ["nav_status", "disability", "employment", "benefits"])
def test_rows_of_another_table_are_refused(opened, other) -> None:
    view = f"SELECT person, month FROM good.{other}"
    words = f"than in {other}; that table's"
    assert warned(opened["programs"], "programs", "enrolment", view, words) is False


def test_rows_that_all_lie_in_another_table_are_warned_of(opened) -> None:
    view = "SELECT e.* FROM good.enrolment e SEMI JOIN good.nav_status USING (person, month)"
    words = "than in nav_status; that table's"
    assert warned(opened["programs"], "programs", "enrolment", view, words) is True


def test_programmes_that_are_lost_in_a_year_are_told(opened) -> None:
    view = """
        SELECT * REPLACE (IF(month LIKE '2020%', 'ingen', program) AS program) FROM good.stock
    """
    assert warned(opened["indicator"], "indicator", "stock", view, "seen: none in 2020") is True


@pytest.mark.slow
@pytest.mark.parametrize(
    ("study", "scale"),
    [("programs", 0.003), ("indicator", 0.001), ("followup", 0.1), ("hedmark", 0.01)],
)
@pytest.mark.parametrize("seed", [21, 22])
def test_good_registers_of_other_sizes_are_found_good(study, scale, seed, tmp_path) -> None:
    assert list(told(registers(study, tmp_path / "r", seed, scale), study)) == []
