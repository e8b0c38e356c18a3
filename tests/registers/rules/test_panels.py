"""Extracts whose every value is allowed, and that are wrong: each is refused with what was seen."""

import duckdb
import pytest
from judging import SCALES, registers, told

IN_2013 = "month >= DATE '2013-01-01'"
A_THIRD = "hash(person) % 3 = 0"
LIVED = "person IN (SELECT person FROM good.person_years WHERE county = '{}')"


def exchanged(column: str, when: str, *codes: str) -> str:
    """SQL of a column in which two codes stand for each other from some month on."""
    first, second = codes
    return (
        f"CASE WHEN {when} AND {column} = '{first}' THEN '{second}' "
        f"WHEN {when} AND {column} = '{second}' THEN '{first}' ELSE {column} END"
    )


CASES = (
    (
        "followup",
        "benefit_decisions",
        "weeks_granted",
        "156 - weeks_granted",
        "exchanged with 52?",
    ),
    ("followup", "dialogues", "date", "last_day(date)", "the last day of a month in 100"),
    (
        "followup",
        "program_spells",
        "from_date",
        "date_trunc('month', from_date)",
        "the first day of a month in 100",
    ),
    ("programs", "benefits", "sykepenger_nok", "sykepenger_nok // 4.33", "kroner a month"),
    (
        "programs",
        "municipalities",
        "unemployment_percent",
        "2.5",
        "one value in every row",
    ),
    ("hedmark", "job_seekers", "sex", "IF(hash(rowid) % 2 = 0, 'mann', 'kvinne')", "most in 20"),
    ("hedmark", "job_seekers", "person", "rowid", "a new id in each row"),
    ("hedmark", "job_seekers", "person", "hash(person, month >= DATE '2013-01-01')", "2013-01 (0)"),
    (
        "hedmark",
        "job_seekers",
        "month",
        "CASE month WHEN DATE '2012-01-01' THEN DATE '2013-07-01' "
        "WHEN DATE '2013-07-01' THEN DATE '2012-01-01' ELSE month END",
        "periods exchanged",
    ),
    ("hedmark", "job_seekers", "weeks_registered", "weeks_registered * 7", "another unit"),
    (
        "hedmark",
        "job_seekers",
        "weeks_registered",
        "weeks_registered + IF(month = DATE '2012-01-01', 90, 0)",
        "who do not in 2012-01 (10",
    ),
    (
        "hedmark",
        "job_seekers",
        "education",
        "IF(year(month) = 2012, 'ukjent', education)",
        "changed it in 2012-01 (",
    ),
    (
        "hedmark",
        "job_seekers",
        "benefit_right",
        "benefit_right <> (month >= DATE '2013-01-01')",
        "changed it in 2013-01 (",
    ),
    ("hedmark", "job_seekers", "benefit_right", "NOT benefit_right", "more than 104; seen: "),
    ("hedmark", "job_seekers", "benefit_right", "true", "one value in every row"),
    ("hedmark", "job_seekers", "birth_year", "birth_year - 15", "expected ages below 30"),
    ("hedmark", "job_seekers", "birth_year", "birth_year - 15", "expected ages above 67"),
    ("indicator", "stock", "status", "'nedsatt'", "one value in every row"),
    ("indicator", "stock", "woman", "hash(rowid) % 2 = 0", "changes among"),
    (
        "indicator",
        "stock",
        "country_group",
        "IF(rowid % 2 = 0, 'norge', 'ukjent')",
        "changes among",
    ),
    ("indicator", "stock", "registered", "month", "100.0 per cent"),
    ("indicator", "stock", "residence_months", "residence_months // 12", "another unit"),
    ("indicator", "stock", "residence_months", "residence_months // 12", "near the age of"),
    (
        "indicator",
        "stock",
        "disability",
        "disability <> (left(month, 4) = '2021')",
        "2021-01 (100), 2022-01 (100)",
    ),
    ("indicator", "stock", "age", "age + 15", "expected ages above 67"),
    ("indicator", "stock", "wage_decile", "10 - wage_decile", "; the opposite in 2"),
    ("indicator", "hours", "person", "rowid", "a new id in each row"),
    ("programs", "employment", "person", "rowid", "a new id in each row"),
    ("programs", "persons", "sex", "'man'", "one value in every row"),
    (
        "programs",
        "benefits",
        "dagpenger_nok",
        "dagpenger_nok * 1000",
        "dagpenger_nok: expected kroner a month (a mean from 4000 to 45000, ",
    ),
    ("programs", "benefits", "aap_nok", "aap_nok // 12", "aap_nok: expected kroner a month"),
    ("programs", "persons", "birth_year", "birth_year - 15", "expected ages above 67"),
    (
        "programs",
        "person_years",
        "education",
        "IF(year = 2015, '0', education)",
        "changed it in 2015 (",
    ),
    ("followup", "employment", "person", "rowid", "a new id in each row"),
    (
        "followup",
        "benefit_decisions",
        "weeks_granted",
        "IF(year(decided_on) = 2017, 156 - weeks_granted, weeks_granted)",
        "more or less in 2017-01",
    ),
)
PLACES_AND_UNITS = (
    ("hedmark", "job_seekers", "county", exchanged("county", IN_2013, "03", "02"), "exchanged?"),
    (
        "hedmark",
        "labour_force",
        "county",
        exchanged("county", IN_2013, "04", "05"),
        "04 2013-01 (1",
    ),
    ("hedmark", "labour_force", "county", exchanged("county", "true", "03", "20"), "shares in 03"),
    (
        "hedmark",
        "labour_force",
        "persons",
        f"persons * IF(county = '11' AND {IN_2013}, 3, 1)",
        "(3.0",
    ),
    ("hedmark", "job_seekers", "birth_year", f"IF({A_THIRD}, 1980, birth_year)", "one value in 3"),
    (
        "hedmark",
        "job_seekers",
        "person",
        f"IF({A_THIRD} AND {IN_2013}, -person, person)",
        "or other",
    ),
    (
        "hedmark",
        "job_seekers",
        "weeks_registered",
        f"IF({A_THIRD}, datediff('week', DATE '2006-01-02', month), weeks_registered)",
        "column weeks_registered: expected many values",
    ),
    ("hedmark", "job_seekers", "weeks_registered", "least(weeks_registered, 26)", "highest value?"),
    (
        "indicator",
        "stock",
        "county",
        exchanged("county", "month >= '2021-06'", "03", "32"),
        "exchan",
    ),
    (
        "indicator",
        "stock",
        "office",
        exchanged("office", "month >= '2021-06'", "{0}", "{1}"),
        "exch",
    ),
    (
        "indicator",
        "stock",
        "region",
        exchanged("region", "month >= '2021-06'", "{0}", "{1}"),
        "exch",
    ),
    (
        "indicator",
        "stock",
        "innsatsgruppe",
        exchanged("innsatsgruppe", "month >= '2021-06'", "spesielt_tilpasset", "sykmeldt"),
        "exchanged?",
    ),
    (
        "indicator",
        "inflow",
        "region",
        exchanged("region", "month >= '2021-06'", "0301", "1801"),
        "03",
    ),
    (
        "indicator",
        "inflow",
        "labour_force",
        "labour_force * IF(region = '0301', 3, 1)",
        "shares in 0301",
    ),
    ("indicator", "industry", "employed", "employed * IF(month > '2021', 10, 1)", "another unit?"),
    (
        "indicator",
        "stock",
        "age",
        f"IF({A_THIRD}, left(month, 4)::INT - 1980, age)",
        "one value in",
    ),
    ("indicator", "stock", "registered", f"IF({A_THIRD}, '2017-02', registered)", "one value in"),
    ("indicator", "hours", "subsidised_hours", "0.0", "0.0 per cent among"),
    ("indicator", "stock", "pension_decile", "greatest(pension_decile, 0)", "0 or more among"),
    (
        "indicator",
        "stock",
        "innsatsgruppe",
        exchanged("innsatsgruppe", "true", "standard", "spesielt_tilpasset"),
        "column innsatsgruppe, status",
    ),
    (
        "hedmark",
        "labour_force",
        "persons",
        "max(persons) OVER (PARTITION BY county)",
        "the same in every month",
    ),
    ("hedmark", "labour_force", "persons", "persons * 10", "job seekers half a per cent"),
    ("indicator", "stock", "history_months", "least(history_months, 12)", "a highest value, "),
    (
        "indicator",
        "stock",
        "weekly_hours",
        "lag(weekly_hours, 1, 0) OVER (ORDER BY month, person)",
        "rows exchanged?",
    ),
    ("indicator", "hours", "person", f"IF({A_THIRD}, person + 9000000, person)", "in 2018 (6"),
    (
        "indicator",
        "hours",
        "month",
        "strftime(strptime(month || '-01', '%Y-%m-%d') + INTERVAL 1 MONTH, '%Y-%m')",
        "100 in the period beside",
    ),
    ("indicator", "hours", "hours", "hours / IF(month < '2022', 1, 13 / 3)", "2022-01 (100)"),
    ("indicator", "hours", "subsidised_hours", "hours", "100.0 per cent"),
    ("indicator", "hours", "subsidised_hours", "subsidised_hours / 60", "0.8 per cent among"),
    (
        "indicator",
        "inflow",
        "new_unemployed",
        "new_unemployed // IF(month < '2023', 1, 12)",
        "per cent in 2024",
    ),
    (
        "indicator",
        "inflow",
        "new_unemployed",
        "new_unemployed * IF(region = '0301', 6, 1)",
        "shares in 0301",
    ),
    (
        "followup",
        "employment",
        "hours_per_week",
        "IF(month >= '2018-01', 0, hours_per_week)",
        "none in 2018-01, ",
    ),
    (
        "followup",
        "employment",
        "person",
        "IF(hash(person) % 20 = 0, min(person) OVER (), person)",
        "168 hours a week or less",
    ),
    ("programs", "benefits", "dagpenger_nok", "aap_nok", "in standard than in special"),
    (
        "programs",
        "employment",
        "wage_nok",
        "1000 + row_number() OVER (ORDER BY person, month)",
        "sorted by ids",
    ),
    (
        "followup",
        "benefit_cards",
        "hours_worked",
        "hours_worked * IF(person IN (SELECT person FROM good.persons WHERE county = '50'), 4, 1)",
        "times the median in 50 (4",
    ),
    (
        "indicator",
        "inflow",
        "new_unemployed",
        "sum(new_unemployed) OVER (PARTITION BY region, left(month, 4) ORDER BY month)",
        "seen: 0.",
    ),
    ("programs", "persons", "birth_year", f"IF({A_THIRD}, 1980, birth_year)", "one value in 3"),
    (
        "programs",
        "person_years",
        "county",
        exchanged("county", "year >= 2015", "03", "32"),
        "exchan",
    ),
    ("programs", "person_years", "municipality", f"IF({A_THIRD}, '0301', municipality)", "begins"),
    ("programs", "benefits", "person", f"IF({A_THIRD}, person + 9000000, person)", "is in persons"),
    (
        "programs",
        "employment",
        "wage_nok",
        "wage_nok // IF(month < 201800, 1, 12)",
        "2018-01 (9",
    ),
    ("programs", "annual_income", "year", "year + 1", "years that are late?"),
    (
        "programs",
        "program_spells",
        "from_month",
        f"IF({A_THIRD}, 201501, from_month)",
        "one value in",
    ),
    ("followup", "persons", "county", f"IF({A_THIRD}, '18', county)", "one value in"),
    (
        "followup",
        "program_spells",
        "from_date",
        f"IF({A_THIRD}, TIMESTAMP '2016-01-01', from_date)",
        "one value in",
    ),
    (
        "followup",
        "employment",
        "hours_per_week",
        "hours_per_week * IF(month < '2019', 1, 13 / 3)",
        "2019-01 (100)",
    ),
    (
        "followup",
        "benefit_cards",
        "hours_worked",
        "hours_worked * IF(year_week < 201701, 1, 2)",
        "times the period before in 2017",
    ),
    (
        "followup",
        "benefit_cards",
        "person",
        f"IF({A_THIRD} AND year_week > 201726, person + 9000000, person)",
        "or other ids?",
    ),
    ("programs", "employment", "position_percent", "position_percent * 3 // 8", "hours a week?"),
    ("programs", "disability", "degree_percent", "greatest(1, degree_percent // 10)", "many of th"),
    (
        "programs",
        "employment",
        "wage_nok",
        f"wage_nok * IF(month BETWEEN 201703 AND 201705 AND {LIVED.format('46')}, 12, 1)",
        "46 201703 (12",
    ),
    (
        "programs",
        "benefits",
        "dagpenger_nok",
        "dagpenger_nok // IF(month BETWEEN 201703 AND 201705, 20, 1)",
        "in 201703 (0.05",
    ),
    *(
        (
            "programs",
            "municipalities",
            column,
            f"{column} * IF(municipality LIKE '46%', {times}, 1)",
            f"times the median in 46 ({seen}",
        )
        for column, times, seen in (
            ("mean_income_nok", 12, "12"),
            ("unemployment_percent", 0.01, "0.01"),
            ("disability_percent", 0.01, "0.01"),
        )
    ),
    (
        "programs",
        "nav_status",
        "innsatsgruppe",
        exchanged("innsatsgruppe", "true", "special", "situational"),
        "in special than in situational",
    ),
    (
        "programs",
        "nav_status",
        "innsatsgruppe",
        exchanged("innsatsgruppe", "true", "sick", "situational"),
        "in sick than in situational",
    ),
    (
        "indicator",
        "hours",
        "hours",
        "hours * IF(month = '2021-03' AND person IN "
        "(SELECT person FROM good.stock WHERE county = '18'), 3 / 13, 1)",
        "18 2021-03 (0.2",
    ),
    (
        "indicator",
        "stock",
        "weekly_hours",
        "weekly_hours * IF(county = '03' AND month BETWEEN '2020-06' AND '2020-11', 3 / 13, 1)",
        "03 2020-06 (0.2",
    ),
    ("indicator", "stock", "wage_decile", "(wage_decile + 1) // 2", "groups than tenths?"),
    ("indicator", "stock", "pension_decile", "least(pension_decile, 5)", "groups than tenths?"),
    (
        "indicator",
        "stock",
        "status",
        exchanged("status", "true", "helt_ledig", "delvis_ledig"),
        "in delvis_ledig than in helt_ledig",
    ),
    (
        "indicator",
        "stock",
        "program",
        exchanged("program", "true", "", "oppfolging"),
        "expected ingen (exchanged with a programme?)",
    ),
    *(
        ("indicator", "stock", column, f"NOT {column}", words)
        for column, words in (
            ("laid_off", "expected yes (yes and no exchanged?)"),
            ("disability", "expected yes (yes and no exchanged?)"),
            ("higher_education", "expected yes (yes and no exchanged?)"),
            ("health_benefit", "in nedsatt than in helt_ledig"),
            ("work_benefit", "in helt_ledig than in nedsatt"),
            ("married", "above 45 years than below 25"),
        )
    ),
    (
        "followup",
        "employment",
        "hours_per_week",
        "hours_per_week * IF(month = '2018-03' AND person IN "
        "(SELECT person FROM good.persons WHERE county = '46'), 13 / 3, 1)",
        "times the median in 46 2018-03 (4",
    ),
    (
        "followup",
        "benefit_cards",
        "hours_worked",
        "hours_worked * IF(year_week BETWEEN 201801 AND 201820 AND person IN "
        "(SELECT person FROM good.persons WHERE county = '46'), 12, 1)",
        "times the median in 46 2018",
    ),
)
UNUSUAL = (  # numbers that can be true, and are told
    ("programs", "municipalities", "mean_income_nok", "mean_income_nok * 12", "from 15000 to 150"),
    ("programs", "benefits", "dagpenger_nok", "dagpenger_nok // 2", "usually from 8500 to 28000"),
    ("programs", "benefits", "aap_nok", "aap_nok * 2", "usually from 10000 to 30000"),
    ("programs", "municipalities", "centrality", "4 - centrality", "of centrality 1, the most"),
    ("indicator", "hours", "hours", "hours / 2", "hours has 0.50 times as many"),
    ("indicator", "stock", "weekly_hours", "weekly_hours * 2", "hours has 0.50 times as many"),
    ("indicator", "hours", "subsidised_hours", "subsidised_hours * 0.23", "usually 20 or more"),
    (
        "indicator",
        "industry",
        "industry",
        exchanged("industry", "left(month, 4) = '2019'", "A", "Q"),
        "about as much in each place as in the period before",
    ),
)
LOST = (  # rows and persons that one table alone lacks; whether it is a warning
    *(
        (study, table, "hash(rowid) % 10 > 0", "per cent lack it", True)
        for study, table in (
            ("hedmark", "job_seekers"),
            ("indicator", "stock"),
            ("indicator", "hours"),
            ("indicator", "industry"),
            ("programs", "nav_status"),
            ("programs", "employment"),
            ("programs", "disability"),
            ("programs", "person_years"),
            ("followup", "benefit_cards"),
        )
    ),
    (
        "hedmark",
        "job_seekers",
        "education <> 'videregående' OR month < DATE '2014-10-01'",
        "in 2014-10, 2014-11, ",
        True,
    ),
    ("hedmark", "job_seekers", "hash(rowid) % 10 > 3", "per cent lack it", False),
    ("programs", "nav_status", "hash(person) % 10 > 5", "less than 12 months away", False),
    ("programs", "annual_income", "hash(person) % 10 > 0", "income of 75 per cent", True),
    ("programs", "employment", "hash(person) % 10 > 4", "earn over 400000 kroner", False),
    ("programs", "benefits", "person < 2000", "is the file cut?; seen: none of", True),
    ("indicator", "industry", "hash(rowid) % 10 > 3", "per cent lack it", False),
    ("followup", "benefit_decisions", "hash(person) % 10 > 5", "a decision before the", False),
    ("followup", "benefit_cards", "hash(person) % 10 > 5", "less than 52 weeks away", False),
)
SHUFFLED = (  # values, or ids, that belong to other rows
    *(
        (study, table, place, f"column {place}: expected values that follow from those of the per")
        for study, table, place in (
            ("hedmark", "job_seekers", "county"),
            ("indicator", "stock", "county"),
            ("indicator", "stock", "office"),
            ("indicator", "stock", "region"),
            ("programs", "person_years", "municipality"),
        )
    ),
    ("hedmark", "job_seekers", "education", "values that follow from those of the period before"),
    ("programs", "nav_status", "innsatsgruppe", "per cent change, "),
    ("programs", "benefits", "aap_nok", "seen: a correlation of "),
    ("programs", "municipalities", "unemployment_percent", "seen: a correlation of "),
    ("programs", "program_spells", "person", "; other ids?; seen: "),
    ("programs", "persons", "country_group", "months of those with another country_group than 0"),
    ("followup", "benefit_decisions", "decided_on", "a day within 60 days of from_date"),
    ("followup", "digital_dialogues", "date", "of rows of other persons"),
    ("followup", "program_spells", "person", "of rows of other persons"),
    ("indicator", "stock", "weekly_hours", "seen: a correlation of "),
    ("indicator", "inflow", "new_unemployed", "seen: a correlation of "),
)
ONLY_TOLD = (  # what an owner can mean
    *(words for *_, words in UNUSUAL),
    "the same in every month",
    "the last day of a month in 100",
    "the first day of a month in 100",
)
TOTALS = (
    ("industry", "industry", "SELECT region, month, 'X' AS industry, sum(employed) AS employed"),
    ("industry", "region", "SELECT '0000' AS region, month, industry, sum(employed) AS employed"),
    (
        "inflow",
        "region",
        "SELECT '0000' AS region, month, sum(new_unemployed) AS new_unemployed, "
        "sum(labour_force) AS labour_force",
    ),
)


@pytest.fixture(scope="module")
def opened(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, duckdb.DuckDBPyConnection]:
    return {study: registers(study, tmp_path_factory.mktemp(study) / "r", 3) for study in SCALES}


@pytest.mark.parametrize("study", SCALES)
def test_good_registers_are_found_good(opened, study: str) -> None:
    assert list(told(opened[study], study)) == []


@pytest.mark.slow
@pytest.mark.parametrize("study", SCALES)
@pytest.mark.parametrize("seed", [11, 12])
def test_good_registers_of_other_seeds_are_found_good(study: str, seed: int, tmp_path) -> None:
    assert list(told(registers(study, tmp_path / "r", seed), study)) == []


@pytest.mark.parametrize(
    ("study", "table", "column", "changed", "words"), [*CASES, *PLACES_AND_UNITS, *UNUSUAL]
)
def test_allowed_values_that_are_wrong_are_refused(
    opened, study: str, table: str, column: str, changed: str, words: str
) -> None:
    if "{0}" in changed:  # the two places that most are in
        most = f"SELECT {column} FROM good.{table} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 2"
        codes = opened[study].execute(most).fetchall()
        changed = changed.format(*(code for (code,) in codes))
    view = f"SELECT * REPLACE ({changed} AS {column}) FROM good.{table}"
    found = []
    for item in told(opened[study], study, table, view):
        found.append(str(item))
        if words in found[-1]:
            assert item.warning is (words in ONLY_TOLD)
            return
    raise AssertionError(found)


@pytest.mark.parametrize(("study", "table", "kept", "words", "warned"), LOST)
def test_rows_that_one_table_lacks_are_told(
    opened, study: str, table: str, kept: str, words: str, warned: bool
) -> None:
    view = f"SELECT * FROM good.{table} WHERE {kept}"
    found = [item for item in told(opened[study], study, table, view) if words in str(item)]
    assert {item.warning for item in found} == {warned}, found


@pytest.mark.parametrize(("study", "table", "column", "words"), SHUFFLED)
def test_values_of_other_rows_are_refused(
    opened, study: str, table: str, column: str, words: str
) -> None:
    view = f"""
        SELECT * REPLACE (drawn.other AS {column}) FROM
        (SELECT *, row_number() OVER (ORDER BY rowid) AS k FROM good.{table}) POSITIONAL JOIN
        (SELECT {column} AS other FROM good.{table} ORDER BY hash(rowid + 7)) AS drawn
    """
    found = [item for item in told(opened[study], study, table, view) if words in str(item)]
    assert [item.warning for item in found] == [words.endswith("correlation of ")], found


def test_places_whose_conditions_are_exchanged_are_told(opened) -> None:
    changed = exchanged("municipality", "month >= 201501", "0301", "3201")
    view = f"SELECT * REPLACE ({changed} AS municipality) FROM good.municipalities"
    found = list(told(opened["programs"], "programs", "municipalities", view))
    assert found
    assert all(item.warning for item in found)
    assert "0301 2015-01 (" in str(found[0])
    assert found[0].where.startswith("0301 2015-01, 3201 2015-01")


@pytest.mark.parametrize(("table", "code", "total"), TOTALS)
def test_a_total_among_the_codes_is_refused(opened, table: str, code: str, total: str) -> None:
    given = f"SELECT * FROM good.{table}"
    view = f"{given} UNION ALL BY NAME {total} FROM good.{table} GROUP BY ALL"
    found = [str(item) for item in told(opened["indicator"], "indicator", table, view)]
    assert any(f"column {code}: " in text and "is half of the sum" in text for text in found), found


def test_many_new_persons_with_another_code_at_once_are_no_error(opened) -> None:
    laid_off = """
        SELECT * FROM good.stock UNION ALL BY NAME
        SELECT * REPLACE (person + 900000000 AS person, true AS laid_off) FROM good.stock
        WHERE month BETWEEN '2020-03' AND '2020-08'
    """
    found = [str(item) for item in told(opened["indicator"], "indicator", "stock", laid_off)]
    assert not any("laid_off" in text for text in found), found


def test_means_of_few_rows_are_judged_over_several_periods(opened) -> None:
    few = "FROM good.benefit_cards WHERE hash(person) % 25 = 0"
    changed = "IF(year_week >= 201801, 2, 1) * hours_worked"
    for value, n in (("hours_worked", 0), (changed, 1)):
        view = f"SELECT * REPLACE ({value} AS hours_worked) {few}"
        found = [str(item) for item in told(opened["followup"], "followup", "benefit_cards", view)]
        assert sum("the same mean as in the period before" in text for text in found) == n, found
        assert all("201" in text for text in found if "same mean" in text)


def test_dialogues_that_are_delivered_twice_are_refused(opened) -> None:
    twice = "SELECT * FROM good.digital_dialogues UNION ALL SELECT * FROM good.digital_dialogues"
    found = list(told(opened["followup"], "followup", "digital_dialogues", twice))
    assert any("delivered twice? (the first repeat" in str(item) for item in found)


def test_regions_that_bear_each_others_names_in_one_table_are_refused(opened) -> None:
    view = """
        SELECT stock.* REPLACE (other AS region) FROM good.stock JOIN (
            SELECT region, lead(region, 1, first) OVER (ORDER BY hash(region)) AS other FROM (
                SELECT region, first_value(region) OVER (ORDER BY hash(region)) AS first
                FROM (SELECT DISTINCT region FROM good.stock)
            )
        ) USING (region)
    """
    found = [str(item) for item in told(opened["indicator"], "indicator", "stock", view)]
    assert any("regions exchanged, or other codes?; seen: a corr" in text for text in found), found


TWICE = (
    ("followup", "employment"),
    ("hedmark", "job_seekers"),
    ("indicator", "stock"),
    ("programs", "employment"),
)


@pytest.mark.parametrize(("study", "table"), TWICE)
def test_persons_that_are_delivered_with_two_ids_are_refused(opened, study, table) -> None:
    given = f"SELECT * FROM good.{table}"
    view = f"{given} UNION ALL SELECT * REPLACE (person + 9000000 AS person) FROM good.{table}"
    found = [item for item in told(opened[study], study, table, view) if "two ids?" in str(item)]
    assert [item.warning for item in found] == [False]


def test_many_who_are_new_at_once_in_one_county_are_no_other_unit(opened) -> None:
    """Half of the workers of a county are laid off: few hours, and no months in Nav before."""
    view = """
        SELECT * FROM good.stock UNION ALL BY NAME
        SELECT * REPLACE (person + 900000000 AS person, 0 AS history_months, 20 AS weekly_hours,
            true AS laid_off) FROM good.stock
        WHERE month BETWEEN '2020-03' AND '2020-08' AND county IN ('34', '18')
    """
    found = [str(item) for item in told(opened["indicator"], "indicator", "stock", view)]
    assert not any("another unit there?" in text for text in found), found
