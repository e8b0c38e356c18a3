"""Extracts whose every value is allowed, and that are wrong: each is refused with what was seen."""

from pathlib import Path

import duckdb
import pytest

from naveval.project import catalogue
from naveval.registers import extracts, reading
from naveval.registers.tables import check_rule

SCALES = {"hedmark": 0.003, "followup": 0.05, "programs": 0.001, "indicator": 0.004}
CASES = (
    ("hedmark", "job_seekers", "sex", "IF(hash(rowid) % 2 = 0, 'mann', 'kvinne')", "two or more"),
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
        "medians in 2012-01 (9",
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
    ("hedmark", "job_seekers", "benefit_right", "NOT benefit_right", "against"),
    ("hedmark", "job_seekers", "benefit_right", "true", "one value in every row"),
    ("hedmark", "job_seekers", "birth_year", "birth_year - 15", "expected ages below 30"),
    ("hedmark", "job_seekers", "birth_year", "birth_year - 15", "expected ages above 67"),
    ("indicator", "stock", "status", "'nedsatt'", "one value in every row"),
    ("indicator", "stock", "woman", "hash(rowid) % 2 = 0", "two or more"),
    ("indicator", "stock", "country_group", "IF(rowid % 2 = 0, 'norge', 'ukjent')", "two or more"),
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
    ("indicator", "stock", "wage_decile", "10 - wage_decile", "reversed?"),
    ("indicator", "hours", "person", "rowid", "a new id in each row"),
    ("programs", "employment", "person", "rowid", "a new id in each row"),
    ("programs", "persons", "sex", "'man'", "one value in every row"),
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
    """Good registers of each study, as tables in memory."""
    found = {}
    for study, scale in SCALES.items():
        folder: Path = tmp_path_factory.mktemp(study) / "registers"
        extracts.simulate(study, folder, scale=scale, seed=3)
        connection = found[study] = duckdb.connect()
        connection.execute("CREATE SCHEMA good")
        tables = catalogue.module(study, "contracts").TABLES
        with reading.open_registers(folder, tables) as registers:
            for table in tables:
                frame = registers.query(f"SELECT * FROM {table}")  # noqa: F841 (read by DuckDB)
                connection.execute(f"CREATE TABLE good.{table} AS SELECT * FROM frame")
                connection.execute(f"CREATE VIEW {table} AS SELECT * FROM good.{table}")
    return found


def told(connection: duckdb.DuckDBPyConnection, study: str, table: str, view: str) -> list[str]:
    """What the rules about the whole table say when the table is the view."""
    connection.execute(f"CREATE OR REPLACE VIEW {table} AS {view}")
    rules = catalogue.module(study, "contracts").RULES
    chosen = [rule for rule in rules if rule.table == table and "numbered." not in rule.sql]
    found = [item for rule in chosen for item in check_rule(connection, rule, {}, strict=True)]
    connection.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM good.{table}")
    assert not any(item.warning for item in found)
    return [str(item) for item in found]


@pytest.mark.parametrize("study", SCALES)
def test_good_registers_are_found_good(opened, study: str) -> None:
    for table in catalogue.module(study, "contracts").TABLES:
        assert told(opened[study], study, table, f"SELECT * FROM good.{table}") == []


@pytest.mark.parametrize(("study", "table", "column", "changed", "words"), CASES)
def test_allowed_values_that_are_wrong_are_refused(
    opened, study: str, table: str, column: str, changed: str, words: str
) -> None:
    view = f"SELECT * REPLACE ({changed} AS {column}) FROM good.{table}"
    found = told(opened[study], study, table, view)
    assert any(words in text for text in found), found


@pytest.mark.parametrize(("table", "code", "total"), TOTALS)
def test_a_total_among_the_codes_is_refused(opened, table: str, code: str, total: str) -> None:
    given = f"SELECT * FROM good.{table}"
    view = f"{given} UNION ALL BY NAME {total} FROM good.{table} GROUP BY ALL"
    found = told(opened["indicator"], "indicator", table, view)
    assert any(f"column {code}: " in text and "is half of the sum" in text for text in found), found


def test_many_new_persons_with_another_code_at_once_are_no_error(opened) -> None:
    laid_off = """
        SELECT * FROM good.stock UNION ALL BY NAME
        SELECT * REPLACE (person + 900000000 AS person, true AS laid_off) FROM good.stock
        WHERE month BETWEEN '2020-03' AND '2020-08'
    """
    found = told(opened["indicator"], "indicator", "stock", laid_off)
    assert not any("laid_off" in text for text in found), found
