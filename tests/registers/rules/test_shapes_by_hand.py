"""Tables of another shape than the contract's: wide, long, with totals, each named."""

import doctest
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pandas as pd
import pandera.pandas as pa
import pytest

from naveval.project.errors import ContractError
from naveval.registers.connections import connect
from naveval.registers.mapping import apply
from naveval.registers.mapping.source import TableMapping
from naveval.registers.rules import shapes
from naveval.registers.tables import check_tables
from naveval.registers.views import create_views

SCHEMA = pa.DataFrameSchema(
    {
        "person": pa.Column("int64"),
        "month": pa.Column(str),
        "kind": pa.Column(str, pa.Check.isin(["aap", "dagpenger", "annet"])),
        "aap_nok": pa.Column("int64"),
        "dagpenger_nok": pa.Column("int64"),
    }
)
MONTHS = ["2018-01", "2018-02", "2018-03", "2018-04"]
MELT = "it looks like one column per {} ({}: {}, …); expected a row for each: melt the table, with"


def told(folder: Path, frame: pd.DataFrame, schema: pa.DataFrameSchema = SCHEMA) -> list[str]:
    frame.to_csv(folder / "b.csv", index=False, sep=";")
    return [str(item) for item in check_tables({"b": schema}, folder)]


def test_documented_examples_hold() -> None:
    assert doctest.testmod(shapes).failed == 0


@pytest.mark.parametrize(
    "names",
    [MONTHS, [f"T_{m.replace('-', '')}" for m in MONTHS], [f"t{m[:4]}M{m[5:]}" for m in MONTHS]],
)
def test_a_column_for_each_month_is_named(tmp_path, names) -> None:
    frame = pd.DataFrame({"person": [1, 2], **{name: [5, 6] for name in names}})
    words = MELT.format("month", 4, names[0])
    if names == MONTHS:  # which no CSV may have in its first line
        assert told(tmp_path, frame)[0].endswith("(with one column per month: melt the table)")
        (tmp_path / "b.csv").unlink()
        frame.to_parquet(tmp_path / "b.parquet")
        found = [str(item) for item in check_tables({"b": SCHEMA}, tmp_path)]
        assert f"b.parquet: {words} the end of the column names in month" in found
        return
    assert f"b.csv: {words} the end of the column names in month" in told(tmp_path, frame)


def test_a_column_for_each_code_is_named(tmp_path) -> None:
    frame = pd.DataFrame(
        {"person": [1], "month": ["2018-01"], "AAP": 1, "Dagpenger": 1, "annet": 1}
    )
    assert f"b.csv: {MELT.format('kind', 3, 'AAP')} the column names in kind" in told(
        tmp_path, frame
    )


def test_the_most_columns_of_one_kind_are_named() -> None:
    hours, wages = ([f"{of}_{month}" for month in MONTHS] for of in ("timer", "lonn"))
    found, _ = shapes.wide(["person", *wages[1:], *hours, "x2018"], ["month", "aap_nok"], SCHEMA)
    assert found == frozenset(hours)


def test_a_column_for_each_code_of_a_pattern_is_named() -> None:
    industry = pa.Column(str, pa.Check.str_matches(r"^[A-Z]$"))
    schema = pa.DataFrameSchema({"person": pa.Column("int64"), "industry": industry})
    found, words = shapes.wide(["person", "A", "B", "C", "note"], ["industry"], schema)
    assert found == frozenset("ABC")
    assert words == f"{MELT.format('industry', 3, 'A')} the column names in industry"


@pytest.mark.parametrize("values", [["a_b_nok", "C_NOK"], ["A_B", "c"], ["a_b_nok", "c"]])
def test_names_in_rows_are_those_of_columns_with_their_unit_or_without(values) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t AS SELECT unnest({values}) AS kind")
        lacking = ["a_b_nok", "c_nok", "month"]
        told = shapes.long(connection, "t", {"kind": "VARCHAR"}, lacking, "t.csv")
    assert "the names of columns (a_b_nok, c_nok)" in told


def test_a_damaged_file_is_named() -> None:
    rows = "(SELECT CAST(error('damaged') AS VARCHAR) AS kind)"
    with duckdb.connect() as connection, pytest.raises(ContractError, match=r"^t\.csv: "):
        shapes.long(connection, rows, {"kind": "VARCHAR"}, ["a_nok", "b_nok"], "t.csv")


def test_names_of_columns_in_rows_are_named(tmp_path) -> None:
    frame = pd.DataFrame({"person": [1, 1], "month": "2018-01", "ytelse": ["AAP", "Dagpenger"]})
    words = (
        "b.csv: column ytelse looks like the names of columns (aap_nok, dagpenger_nok), with "
        "their numbers in another; expected a column for each: pivot the table"
    )
    assert words in told(tmp_path, frame)


def test_other_columns_that_lack_are_told_without_a_shape(tmp_path) -> None:
    frame = pd.DataFrame({"person": [1], "month": ["2018-01"], "note": ["aap"], "y2018": 1})
    assert not any("looks like" in text for text in told(tmp_path, frame))


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"P": [1], "X2018-01": 5, "X2018-02": 5, "X2018-03": 6}),
        pd.DataFrame({"P": [1, 1], "X2018-01": 5, "ytelse": ["aap", "dagpenger"]}),
    ],
)
def test_a_mapping_of_one_column_of_many_is_refused(tmp_path, frame) -> None:
    frame.to_csv(tmp_path / "own.csv", index=False, sep=";")
    columns = {
        "person": {"from": "P", "id": True},
        "month": {"value": "2018-01"},
        "kind": {"value": "aap"},
        "aap_nok": {"from": "X2018-01"},
        "dagpenger_nok": {"value": 0},
    }
    mapping = TableMapping(files=("own.csv",), columns=columns)
    connection, folder = connect()
    source = apply.source_of(tmp_path, "b", mapping)
    create_views(connection, source, SimpleNamespace(columns={}), folder)
    rows = apply.kept(connection, source, mapping).sql
    with pytest.raises(ContractError, match=r"own\.csv: .*looks like .* (melt|pivot) the table"):
        apply.select(connection, source, mapping, SCHEMA, rows)


def test_a_total_in_the_last_row_is_named(tmp_path) -> None:
    schema = pa.DataFrameSchema({"region": pa.Column(str), "n": pa.Column("int64")})
    frame = pd.DataFrame({"region": ["a", "b", "Sum"], "n": ["1", "2", "= 3"]})
    (found,) = told(tmp_path, frame, schema)
    assert found.endswith(" (the last row of the file: a total, or a footer?)")
    (found,) = told(tmp_path, frame.iloc[[0, 2, 1]], schema)
    assert "last row" not in found
