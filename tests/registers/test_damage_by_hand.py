"""What is told of damaged files, of small ones in which the place of the damage is plain."""

import doctest
from pathlib import Path
from types import ModuleType

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from naveval.project.errors import ContractError
from naveval.registers import (
    connections,
    damage,
    dialects,
    grammar,
    reading,
    sources,
    views,
)
from naveval.registers.dialects import Dialect


@pytest.mark.parametrize("module", [connections, dialects, grammar, views])
def test_documented_examples_hold(module: ModuleType) -> None:
    assert doctest.testmod(module, extraglobs={"duckdb": duckdb}).failed == 0


def explained(folder: Path, name: str) -> str:
    """What a table's damage is told as."""
    source = sources.find(folder, "t")
    connection, own = connections.connect()
    error = ContractError(f"{name}: {connections.DAMAGED}")
    return damage.explained(error, connection, source, own)


WHOLE = "person,county,month,hours\n11,03,201401,7\n12,15,201402,8\n"


def test_a_file_that_is_cut_tells_its_last_line_and_the_row_before(tmp_path) -> None:
    (tmp_path / "t.csv").write_text(f"{WHOLE}13,20,20", "utf-8")
    assert explained(tmp_path, "t.csv") == (
        "t.csv is cut within line 4, its last, in column month (of 3 columns; the row before is "
        "of county 15, month 201402); expected 4 columns in every line: person, county, month, "
        "hours; make the file again"
    )


def test_what_is_no_short_code_is_not_told_of_the_row_before(tmp_path) -> None:
    told = WHOLE.replace("12,15,201402", '12,"15",en lang verdi')
    (tmp_path / "t.csv").write_text(f"{told}13,20,20", "utf-8")
    assert "(of 3 columns; the row before is of county 15); expected" in explained(
        tmp_path, "t.csv"
    )
    (tmp_path / "t.csv").write_text("person,hours,days\n11,7,3\n12", "utf-8")
    assert "in column person (of 1 columns); expected 3" in explained(tmp_path, "t.csv")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["13,20,201403,7,9"], "t.csv has 1 line (first: 4) with too many columns; expected 4"),
        (
            ["13,20,201403", "14,20,201403,7", "15,20"],
            "t.csv has 2 lines (first: 4, 6) with too few columns; expected 4",
        ),
        (
            ["13,20"] * 3 + ["13,20,201403,7,9"] * 3,
            "t.csv has 6 lines (first: 4, 5, 6, 7, 8) with too few columns, too many columns; exp",
        ),
    ],
)
def test_lines_that_do_not_fit_are_counted_and_the_first_five_named(tmp_path, lines, told) -> None:
    (tmp_path / "t.csv").write_text(WHOLE + "\n".join(lines) + "\n", "utf-8")
    assert explained(tmp_path, "t.csv").startswith(told)


def test_lines_that_end_in_two_ways_are_told_with_the_first_of_each(tmp_path) -> None:
    mixed = WHOLE.encode().replace(b"7\n", b"7\r\n")
    (tmp_path / "t.csv").write_bytes(mixed)
    assert explained(tmp_path, "t.csv") == (
        "t.csv has lines that end in two ways (LF in line 1, CR LF in line 2); expected one in all"
    )


def test_all_damaged_columns_of_parquet_are_named(tmp_path) -> None:
    file = tmp_path / "t.parquet"
    frame = pd.DataFrame({name: range(20_000) for name in ("a", "b", "c")})
    frame.to_parquet(file, compression="zstd")
    content = bytearray(file.read_bytes())
    for place in (0, 2):
        at = pq.read_metadata(file).row_group(0).column(place).data_page_offset
        content[at + 30 : at + 400] = bytes(370)
    file.write_bytes(content)
    assert explained(tmp_path, "t.parquet") == (
        f"{connections.DAMAGED}; t.parquet cannot be read in a, c; expected a whole file"
    )


def test_what_is_no_damage_is_told_as_it_is(tmp_path) -> None:
    (tmp_path / "t.csv").write_text(WHOLE, "utf-8")
    source = sources.find(tmp_path, "t")
    connection, own = connections.connect()
    error = ContractError("t.csv: another fault")
    assert damage.explained(error, connection, source, own) == "another fault"


def test_a_file_without_an_end_of_its_last_line_is_told(tmp_path) -> None:
    for ending, told in (("", ["t.csv"]), ("\n", []), ("\r\n", []), ("\r", [])):
        (tmp_path / "t.csv").write_bytes(WHOLE.rstrip("\n").encode() + ending.encode())
        assert [*damage.unfinished(sources.find(tmp_path, "t"))] == told


@pytest.mark.parametrize(
    ("wanted", "value", "told"),
    [
        ("integer", "1 234", ["blank for thousands"]),
        ("integer", "1234", []),
        ("number", "1 234,5", ["blank for thousands", "decimal comma"]),
        ("number", "1234.5", ["decimal point"]),
        ("date", "2014-01-31", ["yyyy-mm-dd"]),
        ("date", "31.01.2014 12:30", ["dd.mm.yyyy", "time of day"]),
        ("date", "2014-01-31T12:30:00+01:00", ["yyyy-mm-dd", "time of day", "offset"]),
        ("text", "1 234", []),
    ],
)
def test_forms_worth_telling(wanted, value, told) -> None:
    marks = grammar.marks("x", wanted, Dialect("utf-8", ";"))
    found = [
        word
        for word, condition in marks.items()
        if duckdb.sql(f"SELECT {condition} FROM (VALUES ('{value}')) t(x)").fetchall()[0][0]
    ]
    assert found == told


def test_families_of_types() -> None:
    told = {"category": "text", "string": "text", "int16": "integer", "uint8": "integer"}
    told |= {"float32": "number", "bool": "boolean", "datetime64[ns]": "date", "object": "any"}
    assert {name: views.family(name) for name in told} == told
    assert views.family(None) == "any"
    with pytest.raises(ContractError, match="contract: type complex128 is not supported in a reg"):
        views.family("complex128")


EXCEL, PLAIN = Dialect("windows-1252", ";"), Dialect("utf-8", ",")


@pytest.mark.parametrize(
    ("wanted", "dialect", "told"),
    [
        ("integer", PLAIN, "whole numbers such as 131193 ("),
        ("number", PLAIN, "numbers such as 2.5 (thousands with a blank in all or none; no exp"),
        ("number", EXCEL, "numbers such as 2,5 ("),
        ("date", PLAIN, "dates as 2014-11-30"),
        ("date", EXCEL, "dates as 2014-11-30 or 30.11.2014"),
        ("boolean", PLAIN, "true or false (or 1/0, ja/nei, sann/usann)"),
        ("text", PLAIN, "text"),
    ],
)
def test_forms_that_are_accepted_in_words(wanted, dialect, told) -> None:
    assert grammar.accepted(wanted, dialect).startswith(told)


def test_two_decimal_marks_are_rivals_in_numbers_of_excel_alone() -> None:
    marks = "the same decimal mark in all values"
    assert marks in grammar.rivals("x", "number", EXCEL)
    assert marks not in grammar.rivals("x", "number", PLAIN)
    assert marks not in grammar.rivals("x", "integer", EXCEL)


def test_csv_is_not_read_without_a_schema(tmp_path) -> None:
    (tmp_path / "t.csv").write_text(WHOLE, "utf-8")
    with pytest.raises(ContractError, match=r"^t\.csv: reading CSV needs the table's schema$"):
        reading.open_registers(tmp_path, ("t",))
