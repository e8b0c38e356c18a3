"""Few rows that cannot be true are a warning: they say nothing of the extract, as many do."""

from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import pytest

from naveval.project import catalogue
from naveval.registers.rules.breaches import ODD, Rule
from naveval.registers.tables import check_tables

ROWS = 4000
SCHEMA = pa.DataFrameSchema(
    {
        "person": pa.Column("int64", pa.Check.ge(0)),
        "hours": pa.Column("float64", pa.Check.in_range(0, 500, raise_warning=True)),
        "wage": pa.Column("int64", pa.Check.ge(0, raise_warning=True)),
        "age": pa.Column("int64", pa.Check.in_range(18, 75)),
    }
)
SQL = "SELECT file_name, row_no FROM numbered.b WHERE wage < hours"


def told(folder: Path, rules: tuple[Rule, ...] = (), **cells: dict[int, float]) -> list[str]:
    """What is told of a table with some cells changed: row to value, by column."""
    frame = pd.DataFrame({"person": range(ROWS), "hours": 160.0, "wage": 30_000, "age": 40})
    for name, values in cells.items():
        frame.loc[list(values), name] = list(values.values())
    frame.to_parquet(folder / "b.parquet", index=False)
    found = check_tables({"b": SCHEMA}, folder, rules)
    return [f"{'warning: ' * item.warning}{item}" for item in found]


@pytest.mark.parametrize(
    ("column", "value", "few", "expected"),
    [
        ("hours", 740.0, 4, "from 0 to 500"),
        ("hours", -8.0, 4, "from 0 to 500"),
        ("wage", -900, 4, "at least 0"),
    ],
)
def test_a_thousandth_of_the_rows_is_told_and_stops_nothing(
    tmp_path, column, value, few, expected
) -> None:
    cells = dict.fromkeys(range(10, 10 + few), value)
    rows = "(first: 11, 12, 13, 14)"
    words = f"b.parquet, column {column}: {few} rows {rows}: expected {expected}"
    assert told(tmp_path, **{column: cells}) == [f"warning: {words}{ODD}"]
    (more,) = told(tmp_path, **{column: cells | {99: value}})
    assert more == words.replace("4 rows", "5 rows").replace("14)", "14, 100)")


def test_few_rows_that_move_the_mean_refuse_the_extract(tmp_path) -> None:
    (found,) = told(tmp_path, hours={10: 1e6})
    assert found == "b.parquet, column hours: 1 row (first: 11): expected from 0 to 500"
    (found,) = told(tmp_path, wage={10: -40_000_000})
    assert not found.startswith("warning")


def test_marks_for_no_value_refuse_the_extract(tmp_path) -> None:
    (found,) = told(tmp_path, hours={10: 9999.0, 11: 9999.0})
    assert found.endswith("(marks for no value: map them with missing or codes)")
    assert not found.startswith("warning")


def test_a_limit_that_the_code_needs_refuses_one_row(tmp_path) -> None:
    (found,) = told(tmp_path, age={10: 17})
    assert found == "b.parquet, column age: 1 row (first: 11): expected from 18 to 75"


def test_rules_about_rows_tell_few_of_them_as_a_warning(tmp_path) -> None:
    few = Rule("b", "wage", "more kroner than hours", SQL, few=True)
    hard = Rule("b", "wage", "more kroner than hours", SQL)
    some, more = (dict.fromkeys(range(n), 100) for n in (4, 5))
    words = "b.parquet, column wage: 4 rows (first: 1, 2, 3, 4): expected more kroner than hours"
    assert told(tmp_path, (few, hard), wage=some) == [f"warning: {words}{ODD}", words]
    (found,) = told(tmp_path, (few,), wage=more)
    assert not found.startswith("warning")


@pytest.mark.parametrize("study", catalogue.names())
def test_every_study_takes_few_rows_for_what_they_are(study: str) -> None:
    declared = catalogue.module(study, "contracts")
    columns = {
        f"{table}.{name}"
        for table, schema in declared.TABLES.items()
        for name, column in schema.columns.items()
        if any(check.raise_warning for check in column.checks)
    }
    assert columns
    assert not any(name.endswith((".person", "_decile", ".month")) for name in columns)
    assert any(rule.few for rule in declared.RULES)
