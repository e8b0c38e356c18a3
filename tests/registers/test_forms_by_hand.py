"""Forms of days, dialects of CSV files and columns of Stata files, one written by hand for each."""

import gzip
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd
import pandera.pandas as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from naveval.project.errors import ContractError
from naveval.registers import dialects, forms, statistical
from naveval.registers.dialects import Dialect

MONTH_TEXT = pa.Check.str_matches(r"^[0-9]{4}-(0[1-9]|1[0-2])$")


@pytest.mark.parametrize(
    ("name", "declared", "expected"),
    [
        ("since", pa.Column(str, MONTH_TEXT), True),
        ("since", pa.Column(str, pa.Check.str_matches("^[0-9]+$")), False),
        ("since", pa.Column(str), False),
        ("from_date", pa.Column("datetime64[ns]"), True),
        ("from_month", pa.Column(int), True),
        ("wage", pa.Column(int, pa.Check.ge(0)), False),
    ],
)
def test_which_columns_hold_days(name: str, declared: Any, expected: bool) -> None:
    assert forms.is_dated(name, declared) is expected


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("yyyymm", "201502", "2015-02-01"),
        ("yyyymm", "2015021", None),
        ("yyyy-mm", "2015-02", "2015-02-01"),
        ("yyyy-mm", "2015-2", None),
        ("yyyyMmm", "2015M02", "2015-02-01"),
        ("yyyyMmm", "2015m02", "2015-02-01"),
        ("yyyy-Mmm", "2015-M02", "2015-02-01"),
        ("yyyymmdd", "20150228", "2015-02-28"),
        ("yyyymmdd", "20150230", None),
        ("dd.mm.yyyy", "28.02.2015", "2015-02-28"),
        ("yyyy-mm-dd", "2015-02-28", "2015-02-28"),
        ("sas", "20147", "2015-02-28"),
        ("sas", "-1", "1959-12-31"),
        ("sas", "2014.5", None),
        ("sas", "201470", None),
        ("td", "20147", "2015-02-28"),
        ("tm", "661", "2015-02-01"),
        ("excel", "42063", "2015-02-28"),
    ],
)
def test_the_day_that_a_text_stands_for(form: str, text: str, expected: str | None) -> None:
    sql = f"SELECT CAST({forms.day('x', form)} AS DATE)::VARCHAR FROM (VALUES ('{text}')) t(x)"
    assert duckdb.sql(sql).fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("date", pd.Timestamp("2015-02-28")), ("integer", 201502), ("text", "2015-02")],
)
def test_a_day_as_the_contract_has_it(wanted: Any, expected: object) -> None:
    sql = f"SELECT {forms.dated('d', wanted)} FROM (SELECT TIMESTAMP '2015-02-28 13:00' AS d)"
    assert duckdb.sql(sql).fetchall() == [(expected,)]


def other(values: list[str], wanted: Any, *, kind: str = "VARCHAR", excel: bool = False) -> Any:
    source = SimpleNamespace(norwegian=excel, label="t.csv")
    listed = ", ".join(f"('{value}')" for value in values)
    rows = f"SELECT * FROM (VALUES {listed}) AS t(given)"
    return forms.other(duckdb.connect(), source, rows, "given", kind, wanted)  # type: ignore[arg-type]


AS_IT_IS = ("", "")


@pytest.mark.parametrize(
    ("values", "wanted", "excel", "expected"),
    [
        (["201501", "201612"], "text", False, ("yyyymm", "yyyymm")),
        (["201501"], "integer", False, AS_IT_IS),
        (["201501"], "date", False, ("yyyymm", "yyyymm")),
        (["2015-01"], "text", False, AS_IT_IS),
        (["2015-01"], "integer", False, ("yyyy-mm", "yyyy-mm")),
        (["2015-01-31"], "date", False, AS_IT_IS),
        (["2015-01-31"], "text", False, ("yyyy-mm-dd", "yyyy-mm-dd")),
        (["31.01.2015"], "date", True, AS_IT_IS),
        (["31.01.2015"], "date", False, ("dd.mm.yyyy", "dd.mm.yyyy")),
        (["31.01.2015"], "text", True, ("dd.mm.yyyy", "dd.mm.yyyy")),
        (["2015m01"], "text", False, ("yyyyMmm", "yyyyMmm")),
        (["2015-M01"], "text", False, ("yyyy-Mmm", "yyyy-Mmm")),
        (["20150131"], "date", False, ("yyyymmdd", "yyyymmdd")),
        (["20089"], "date", False, ("sas", "days from 1960-01-01, as in SAS")),
        (["660"], "integer", False, ("tm", "months from 1960-01, as in Stata")),
        (["42005"], "date", False, ("excel", "days from 1899-12-30, as in Excel")),
        (["", " 201501 ", "201502.0"], "text", False, ("yyyymm", "yyyymm")),
        (["201501", "xx"], "text", False, AS_IT_IS),
        (["199001", "204012"], "text", False, ("yyyymm", "yyyymm")),
        (["198912"], "text", False, AS_IT_IS),
        (["204101"], "text", False, AS_IT_IS),
        (["7"], "integer", False, AS_IT_IS),
    ],
)
def test_the_form_that_all_values_have(
    values: list[str], wanted: Any, excel: bool, expected: tuple[str, str]
) -> None:
    assert other(values, wanted, excel=excel) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"), [("text", ("date", "dates")), ("integer", ("date", "dates"))]
)
def test_dates_where_text_or_numbers_are_wanted(wanted: Any, expected: tuple[str, str]) -> None:
    assert other(["2015-01-31"], wanted, kind="DATE") == expected
    assert other(["2015-01-31"], "date", kind="DATE") == AS_IT_IS


def write(folder: Path, content: bytes, name: str = "t.csv") -> Path:
    file = folder / name
    file.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return file


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialects, "CHUNK", 16)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("a,b\n1,2\n", "utf-8", Dialect("utf-8", ",")),
        ("a;b\n1;2\n", "utf-8", Dialect("utf-8", ";")),
        ("a;b,c;d\n1;2;3\n", "utf-8", Dialect("utf-8", ";")),
        ("a;b,c\n1;2\n", "utf-8", Dialect("utf-8", ",")),
        ("a\n1\n", "utf-8", Dialect("utf-8", ",")),
        ("a,b|c\n1,2\n", "utf-8", Dialect("utf-8", ",")),
        ("a;b\tc;d\n1;2;3\n", "utf-8", Dialect("utf-8", ";")),
        ("a;b\n1;2\n" + 20 * "3;Sør-Trøndelag\n", "utf-8", Dialect("utf-8", ";")),
        ("a;b\n1;2\n" + 20 * "3;Sør-Trøndelag\n", "cp1252", Dialect("windows-1252", ";")),
        ("a;b\r\n1;2\r\n3;Sør-Trøndelag\r\n", "cp1252", Dialect("windows-1252", ";")),
        ("\ufeffa,b\n1,å\n", "utf-8", Dialect("utf-8", ",")),
    ],
)
def test_how_a_file_is_written(
    tmp_path: Path, name: str, text: str, encoding: str, expected: Dialect
) -> None:
    file = write(tmp_path, text.encode(encoding), name)
    found = dialects.dialect(file)
    assert found == expected
    assert found.excel is (expected.delimiter == ";")
    copy = dialects.as_utf8(file, found, tmp_path / "copy.csv")
    assert (copy == file) is (expected.encoding == "utf-8")
    if copy != file:
        assert copy.read_bytes().decode() == text
    assert (
        dialects.header(file, found)[0]
        == text.lstrip("\ufeff").splitlines()[0].split(found.delimiter)[0]
    )


EXPECTED = "expected UTF-8, or Windows-1252 with semicolon as Norwegian Excel writes it"
LONG = "a;b\n" + 30 * "1;2\n"
LAST_CELL = "first in line 32, column b"


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b" \n", "t.csv: empty file; expected a header line and rows"),
        (b"\xff\xfea\x00", f"t.csv: wrong encoding (UTF-16 or binary); {EXPECTED}"),
        (b"\xff\xfe\x41\x01", f"t.csv: wrong encoding (UTF-16 or binary); {EXPECTED}"),
        (b"\xfe\xff\x01\x41", f"t.csv: wrong encoding (UTF-16 or binary); {EXPECTED}"),
        (b"\xfe\xff\x00a", f"t.csv: wrong encoding (UTF-16 or binary); {EXPECTED}"),
        (b"a,b\x00\n", f"t.csv: wrong encoding (UTF-16 or binary); {EXPECTED}"),
        (LONG.encode() + b"1;\x00\n", f"t.csv: wrong encoding (UTF-16 or binary); {EXPECTED}"),
        (
            LONG.encode() + "3;SÃ¸r".encode(),
            f"t.csv: wrong encoding (æøå encoded twice or lost, {LAST_CELL}); {EXPECTED}",
        ),
        (
            "a,b\n1,å\n".encode("cp1252"),
            f"t.csv: wrong encoding (not UTF-8, first in line 2, column b); {EXPECTED}",
        ),
        (
            b"a,b\n1,2\n\xc3",
            f"t.csv: wrong encoding (not UTF-8, first in line 3, column a); {EXPECTED}",
        ),
        (LONG.encode() + b"3;\x81\n", f"t.csv: wrong encoding (neither, {LAST_CELL}); {EXPECTED}"),
        (
            LONG.encode() + b"3;S\x9br\n",
            f"t.csv: wrong encoding (neither, {LAST_CELL}); {EXPECTED}",
        ),
        (b"sep=;\na;b\n", "t.csv: line 1 is «sep=»; expected the names of the columns"),
        (b"\xef\xbb\xbfSEP=;\n", "t.csv: line 1 is «sep=»; expected the names of the columns"),
        (b"a\tb\n1\t2\n", "t.csv: columns are separated by tab; expected comma or semicolon"),
        (b"a|b|c,d\n1\n", "t.csv: columns are separated by |; expected comma or semicolon"),
    ],
)
def test_what_is_written_otherwise_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(ContractError) as caught:
        dialects.dialect(write(tmp_path, content))
    assert str(caught.value) == told


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(LONG.encode(), mtime=0)[:-9]],
    ids=["no gzip", "cut short"],
)
def test_a_damaged_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "t.csv.gz"
    file.write_bytes(content)
    with pytest.raises(ContractError) as caught:
        dialects.dialect(file)
    assert str(caught.value) == (
        f"t.csv.gz: truncated or not gzip ({len(content)} bytes); expected a whole gzipped CSV file"
    )


def test_names_of_columns(tmp_path: Path) -> None:
    plain, excel = Dialect("utf-8", ","), Dialect("windows-1252", ";")
    assert dialects.header(write(tmp_path, "\ufeffå,b\n1,2\n".encode()), plain) == ["å", "b"]
    assert dialects.header(write(tmp_path, "å;b,c\n".encode("cp1252")), excel) == ["å", "b,c"]
    assert dialects.header(write(tmp_path, b""), plain) == []
    for line in (b"a,A\n", b"a,,b\n"):
        with pytest.raises(ContractError) as caught:
            dialects.header(write(tmp_path, line), plain)
        assert str(caught.value) == (
            "t.csv: a column name is empty or occurs twice in line 1; expected one name for each "
            "column"
        )


def stata(folder: Path, frame: pd.DataFrame) -> Any:
    file = folder / "t.dta"
    pyreadstat.write_dta(frame, str(file))
    return SimpleNamespace(files=(file,), table="t", form="stata")


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_stata_file_is_kept_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(statistical, "CHUNK_ROWS", 2)
    frame = pd.DataFrame({"Person": range(rows), "Navn": [f"å{k}" for k in range(rows)]})
    source = stata(tmp_path, frame.astype({"Person": "int32", "Navn": object}))
    kept = statistical.as_parquet(source)
    assert kept.name == "t.parquet"
    assert statistical.as_parquet(source) == kept
    found = pd.read_parquet(kept)
    assert pq.read_schema(kept).names == ["person", "navn"]
    assert found["person"].tolist() == [*range(rows)]
    assert found["navn"].tolist() == frame["Navn"].tolist()


@pytest.mark.parametrize(("form", "kind"), [("stata", "Stata"), ("sas", "SAS7BDAT")])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, form: str, kind: str) -> None:
    (tmp_path / "t.x").write_bytes(b"nothing that anybody wrote")
    source: Any = SimpleNamespace(files=(tmp_path / "t.x",), table="t", form=form)
    with pytest.raises(ContractError) as caught:
        statistical.as_parquet(source)
    assert str(caught.value) == (
        f"t.x: truncated or not {kind} (26 bytes); expected a whole {kind} file"
    )


@pytest.mark.parametrize(
    ("given", "wanted", "value", "expected"),
    [
        ("number", "integer", "3.0::DOUBLE", 3),
        ("number", "integer", "3.5::DOUBLE", None),
        ("number", "integer", "9007199254740992::DOUBLE", 2**53),
        ("number", "integer", "9007199254740994::DOUBLE", None),
        ("number", "integer", "-9007199254740994::DOUBLE", None),
        ("number", "number", "3.5::DOUBLE", 3.5),
        ("integer", "integer", "7", 7),
        ("number", "boolean", "1.0::DOUBLE", True),
        ("integer", "boolean", "0", False),
        ("integer", "boolean", "2", None),
        ("boolean", "boolean", "true", True),
        ("text", "text", "''", None),
        ("text", "text", "'a'", "a"),
        ("date", "date", "DATE '2015-01-01'::VARCHAR", "2015-01-01"),
    ],
)
def test_values_are_read_where_nothing_is_lost(
    given: Any, wanted: Any, value: str, expected: object
) -> None:
    sql = statistical.exact("x", given, wanted)
    found = duckdb.sql(f"SELECT {sql} FROM (SELECT {value} AS x)").fetchall()[0]
    assert found[0] == expected
    assert type(found[0]) is type(expected)
