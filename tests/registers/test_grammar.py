"""Cells of CSV are read exactly or refused: every odd form, in both dialects."""

import datetime as dt
from pathlib import Path

import duckdb
import pandera.pandas as pa
import pytest

from naveval.registers import grammar, reading
from naveval.registers.connections import connect, quote
from naveval.registers.dialects import Dialect
from naveval.registers.tables import check_tables

PLAIN, SEMICOLON = Dialect("utf-8", ","), Dialect("utf-8", ";")
DAY = dt.datetime(2014, 11, 30)
READ = [
    ("integer", PLAIN, "131193", 131193),
    ("integer", PLAIN, " 131193 ", 131193),
    ("integer", PLAIN, "-5", -5),
    ("integer", PLAIN, "5.0", 5),
    ("integer", PLAIN, "0012", 12),
    ("integer", PLAIN, "9007199254740993", 9007199254740993),
    ("integer", PLAIN, "131 193", 131193),
    ("integer", SEMICOLON, "131\u00a0193", 131193),
    ("integer", SEMICOLON, "1\u202f131\u202f193", 1131193),
    ("integer", SEMICOLON, "−5", -5),
    ("integer", SEMICOLON, "5,0", 5),
    ("number", PLAIN, "2.5", 2.5),
    ("number", PLAIN, ".5", 0.5),
    ("number", PLAIN, "131.193", 131.193),
    ("number", SEMICOLON, "2,5", 2.5),
    ("number", SEMICOLON, "2.5", 2.5),
    ("number", SEMICOLON, "0,125", 0.125),
    ("number", SEMICOLON, "1\u00a0234,5", 1234.5),
    ("date", PLAIN, "2014-11-30", DAY),
    ("date", PLAIN, "2014-11-30 23:59:59", DAY),
    ("date", PLAIN, "2014-11-29T23:30:00Z", DAY),
    ("date", PLAIN, "2014-11-30T23:30:00+01:00", DAY),
    ("date", SEMICOLON, "30.11.2014", DAY),
    ("date", SEMICOLON, "30.11.2014 08:15", DAY),
    ("boolean", SEMICOLON, "SANN", True),
    ("boolean", PLAIN, "0", False),
]
REFUSED = [
    *(
        ("integer", dialect, text)
        for dialect in (PLAIN, SEMICOLON)
        for text in (
            "131.193",
            "131,193",
            "131.000",
            "131,000",
            "1.131.193",
            "2,5",
            "2.5",
            "1e5",
            "1E5",
            "0x1F",
            "1_000",
            "12 34",
            "1 2345",
            "131'193",
            "(5)",
            "5-",
            "+5",
            "NaN",
            "nan",
            "inf",
            "NULL",
            "n/a",
            "-",
            "١٢",
            "99999999999999999999",
            "5 kr",
            "TRUE",
        )
    ),
    ("integer", PLAIN, "−5"),
    ("number", PLAIN, "2,5"),
    ("number", PLAIN, "1e-5"),
    ("number", SEMICOLON, "131.193"),
    ("number", SEMICOLON, "1.131,5"),
    ("number", SEMICOLON, "1.5e3"),
    ("number", SEMICOLON, "NaN"),
    ("number", SEMICOLON, "2,5,1"),
    *(
        ("date", dialect, text)
        for dialect in (PLAIN, SEMICOLON)
        for text in (
            "01.02.17",
            "1.2.2017",
            "2014-11",
            "2014-13-01",
            "2014-02-30",
            "30.02.2014",
            "11/30/2014",
            "20141130",
            "41973",
            "17-02-01",
            "2014-11-30 25:00",
            "i går",
            "0",
        )
    ),
    ("date", PLAIN, "30.11.2014"),
    ("boolean", PLAIN, "J"),
    ("boolean", PLAIN, "2"),
    ("boolean", PLAIN, "T"),
]


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return connect()[0]


def value(connection, wanted, dialect, text):
    sql = f"SELECT {grammar.cell('x', wanted, dialect)} FROM (SELECT {quote(text)} AS x)"
    return connection.execute(sql).fetchone()[0]


@pytest.mark.parametrize(("wanted", "dialect", "text", "expected"), READ)
def test_cells_that_are_read(connection, wanted, dialect, text, expected):
    assert value(connection, wanted, dialect, text) == expected


def test_cells_that_are_refused(connection):
    found = {
        (wanted, dialect.delimiter, text): value(connection, wanted, dialect, text)
        for wanted, dialect, text in REFUSED
    }
    assert {key: read for key, read in found.items() if read is not None} == {}


def messages(folder: Path, text: str, **columns: pa.Column) -> list[str]:
    (folder / "t.csv").write_text(text, "utf-8")
    return [str(item) for item in check_tables({"t": pa.DataFrameSchema(columns)}, folder)]


def test_a_refused_cell_is_told_with_file_column_rows_and_forms(tmp_path):
    text = "county;persons\n03;131.193\n04;100\n05;2,5\n"
    assert messages(tmp_path, text, persons=pa.Column(int)) == [
        "t.csv, column persons: 2 rows (first: 1, 3): expected whole numbers such as 131193 "
        "(thousands with a blank in all or none; no point or comma within)"
    ]


def test_thousands_are_separated_in_all_values_or_none(tmp_path):
    rows = "a;x\n1;1 131 193\n2;250\n3;2500\n4;1 000\n5;3 000\n"
    assert messages(tmp_path, rows, x=pa.Column(int)) == [
        "t.csv, column x: 1 row (first: 3): expected thousands separated in all values of four "
        "digits or more, or in none"
    ]
    assert messages(tmp_path, rows.replace("2500", "2 500"), x=pa.Column(int)) == []


def test_a_column_has_one_decimal_mark(tmp_path):
    found = messages(tmp_path, "a;x\n1;2,5\n2;2.5\n3;7,25\n", x=pa.Column(float))
    assert found == [
        "t.csv, column x: 1 row (first: 2): expected the same decimal mark in all values"
    ]


def test_documented_examples_hold():
    import doctest

    assert doctest.testmod(grammar).failed == 0


def test_days_do_not_depend_on_the_zone_of_the_machine(tmp_path, monkeypatch):
    import time

    duckdb.sql(
        "COPY (SELECT TIMESTAMPTZ '2014-10-31 23:00:00+00' AS day) "
        f"TO '{tmp_path / 't.parquet'}' (FORMAT parquet)"
    )
    schema = {"t": pa.DataFrameSchema({"day": pa.Column("datetime64[ns]")})}
    found = []
    for zone in ("Pacific/Auckland", "UTC", "America/Los_Angeles"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        with reading.open_registers(tmp_path, schema) as opened:
            found.append(str(opened.query("SELECT day FROM t")["day"][0]))
    monkeypatch.undo()
    time.tzset()
    assert found == ["2014-11-01 00:00:00"] * 3
