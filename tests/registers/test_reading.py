"""Reading register tables: Parquet, folders, CSV as written by Norwegian Excel, bad files."""

import hashlib
import os
import re
from pathlib import Path

import duckdb
import pandas as pd
import pandera.pandas as pa
import pytest

from naveval.project.errors import ContractError
from naveval.registers import reading, sources
from naveval.registers.connections import identifier, memory_limit, quote, run

SCHEMA = pa.DataFrameSchema(
    {
        "person": pa.Column("int64"),
        "county": pa.Column(str),
        "place": pa.Column(str),
        "hours": pa.Column(float, nullable=True),
        "since": pa.Column("datetime64[ns]"),
        "active": pa.Column(bool),
    }
)
ROWS = pd.DataFrame(
    {
        "person": [9007199254740993, 2],
        "county": ["03", "15"],
        "place": ["Ås", "Møre"],
        "hours": [1234.5, None],
        "since": pd.to_datetime(["2014-11-30", "2015-01-02"]),
        "active": [True, False],
    }
)
EXCEL = (
    "person;county;place;hours;since;active\r\n"
    "9007199254740993;03;Ås;1\u00a0234,5;30.11.2014;SANN\r\n"
    "2;15;Møre;;02.01.2015;USANN\r\n"
)
PLAIN = (
    "person,county,place,hours,since,active\n"
    "9007199254740993,03,Ås,1234.5,2014-11-30,true\n"
    "2,15,Møre,,2015-01-02,false\n"
)


def read(folder: Path) -> pd.DataFrame:
    with reading.open_registers(folder, {"t": SCHEMA}) as opened:
        return opened.query("SELECT * EXCLUDE (row_no, file_name) FROM numbered.t ORDER BY row_no")


def assert_same(found: pd.DataFrame) -> None:
    found = found.assign(since=found["since"].astype("datetime64[ns]"))
    pd.testing.assert_frame_equal(
        found, ROWS.assign(since=ROWS["since"].astype("datetime64[ns]")), check_dtype=False
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(EXCEL, "cp1252"), (EXCEL, "utf-8-sig"), (PLAIN, "utf-8"), (PLAIN, "utf-8-sig")],
)
def test_csv_gives_the_same_rows_as_parquet(tmp_path, text, encoding):
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    assert_same(read(tmp_path))


def test_parquet_file_and_folder(tmp_path):
    one, many = tmp_path / "one", tmp_path / "many"
    one.mkdir()
    (many / "t").mkdir(parents=True)
    ROWS.to_parquet(one / "t.parquet")
    ROWS.iloc[:1].to_parquet(many / "t" / "part-1.parquet")
    ROWS.iloc[1:].to_parquet(many / "t" / "part-2.parquet")
    assert_same(read(one))
    with reading.open_registers(many, {"t": SCHEMA}) as opened:
        numbered = opened.query("SELECT county, row_no, file_name FROM numbered.t ORDER BY 1")
        assert numbered.values.tolist() == [
            ["03", 1, "part-1.parquet"],
            ["15", 1, "part-2.parquet"],
        ]
        assert opened.sources["t"].path == many / "t"


def test_partitioned_by_a_code_keeps_it_as_text(tmp_path):
    folder = tmp_path / "t" / "county=03"
    folder.mkdir(parents=True)
    ROWS.drop(columns="county").iloc[:1].to_parquet(folder / "a.parquet")
    with reading.open_registers(tmp_path, ("t",)) as opened:
        assert opened.query("SELECT county FROM t")["county"].tolist() == ["03"]


def test_quoted_delimiters_and_line_breaks(tmp_path):
    (tmp_path / "t.csv").write_text(
        'person,county,place,hours,since,active\n1,03,"a, ""b""\nc",1,2014-11-30,true\n', "utf-8"
    )
    assert read(tmp_path)["place"].tolist() == ['a, "b"\nc']
    assert reading.fingerprint(tmp_path, ["t"])["t"]["rows"] == 1


def test_fingerprint_follows_content(tmp_path):
    ROWS.to_parquet(tmp_path / "t.parquet")
    first = reading.fingerprint(tmp_path, ["t"])
    assert first["t"]["rows"] == 2
    assert len(first["t"]["sha256"]) == 64
    ROWS.assign(county="11").to_parquet(tmp_path / "t.parquet")
    os.utime(tmp_path / "t.parquet", ns=(1, 1))
    assert reading.fingerprint(tmp_path, ["t"]) != first


def test_fingerprint_is_of_the_bytes_and_of_the_names_of_parts(tmp_path):
    first, second = PLAIN.encode(), PLAIN.replace("03", "11").encode()
    one, two = (hashlib.sha256(content).hexdigest() for content in (first, second))

    def kept(**files: bytes) -> dict[str, object]:
        table = next(iter(files)).split("__")[0]
        for name, content in files.items():
            file = tmp_path / name.replace("__", "/")
            file.parent.mkdir(exist_ok=True)
            file.with_suffix(".csv").write_bytes(content)
        return reading.fingerprint(tmp_path, [table])[table]

    wanted = hashlib.sha256(f":{one}\n".encode()).hexdigest()
    assert kept(alone=first) == kept(renamed=first) == {"sha256": wanted, "rows": 2}
    wanted = hashlib.sha256(f"a.csv:{one}\nb.csv:{two}\n".encode()).hexdigest()
    assert kept(parts__a=first, parts__b=second) == {"sha256": wanted, "rows": 4}
    assert kept(turned__a=second, turned__b=first)["sha256"] != wanted
    assert kept(named__c=first, named__d=second)["sha256"] != wanted
    assert kept(empty=PLAIN.partition("\n")[0].encode())["rows"] == 0


def test_a_row_that_does_not_fit_is_told_with_its_file(tmp_path):
    (tmp_path / "t.csv").write_text(PLAIN + "3,03\n", "utf-8")
    with pytest.raises(ContractError, match=r"^t\.csv: "):
        reading.fingerprint(tmp_path, ["t"])


@pytest.mark.parametrize("name", ['a"b', '"', "it's", '""x"'])
def test_quotes_in_names_and_values_are_taken_as_they_are(name) -> None:
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {quote(name)} AS {identifier(name)}").df()
    assert found.to_dict("list") == {name: [name]}


def test_queries_take_parameters(tmp_path):
    ROWS.to_parquet(tmp_path / "t.parquet")
    with reading.open_registers(tmp_path, ("t",)) as opened:
        found = opened.query("SELECT place FROM t WHERE county = ?", ["15"])
        assert found["place"].tolist() == ["Møre"]
        assert opened.data == tmp_path
    with duckdb.connect() as connection:
        assert run(connection, "SELECT $1, $2", [7, "Ås"]).fetchone() == (7, "Ås")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", PLAIN.encode("latin-1"), r"t\.csv: wrong encoding .*expected UTF-8"),
        ("t.csv", EXCEL.encode("utf-16"), r"t\.csv: wrong encoding \(UTF-16"),
        ("t.csv", EXCEL.replace("\u00a0", "").encode("mac_roman"), r"t\.csv: wrong encoding"),
        ("t.csv", EXCEL.replace("\u00a0", "").encode("cp865"), r"t\.csv: wrong encoding"),
        ("t.csv", EXCEL.encode().decode("cp1252").encode(), r"t\.csv: wrong encoding .*twice"),
        ("t.csv", b"", r"t\.csv: empty file; expected a header line"),
        ("t.csv", b"a,a\n1,2\n", "occurs twice"),
        ("t.parquet", b"PAR1", r"t\.parquet: truncated or not Parquet \(4 bytes\)"),
        ("other.csv", b"a\n1\n", r"t: table is missing .* expected t\.parquet, .* folder t/"),
        ("t/_SUCCESS", b"", r"t/: empty folder"),
        ("t/readme.txt", b"x", r"t/: readme\.txt: no file that can be read"),
        ("t.xlsx", b"x", r"t\.xlsx: no file that can be read"),
        ("t.csv", b"a\tb\n1\t2\n", r"t\.csv: columns are separated by tab"),
        ("t.csv", b"sep=;\na;b\n", r"t\.csv: line 1 is «sep=»"),
        ("t.csv.gz", b"x", r"t\.csv\.gz: truncated or not gzip \(1 bytes\)"),
        ("t.dta", b"x" * 40, r"t\.dta: truncated or not Stata \(40 bytes\)"),
        ("t.sas7bdat", b"x" * 40, r"t\.sas7bdat: truncated or not SAS7BDAT \(40 bytes\)"),
    ],
)
def test_bad_files_name_file_and_expectation(tmp_path, name, content, message):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ContractError, match=message):
        reading.open_registers(tmp_path, {"t": SCHEMA})


def test_truncated_parquet(tmp_path):
    file = tmp_path / "t.parquet"
    ROWS.to_parquet(file)
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ContractError, match="expected a whole Parquet file"):
        reading.open_registers(tmp_path, {"t": SCHEMA})


def test_damage_inside_parquet_is_no_traceback_of_values(tmp_path):
    file = tmp_path / "t.parquet"
    pd.DataFrame({"person": range(5000), "county": "03"}).to_parquet(file, compression="zstd")
    content = bytearray(file.read_bytes())
    content[10:400] = bytes(390)
    file.write_bytes(content)
    opened = reading.open_registers(tmp_path, ("t",))
    with pytest.raises(ContractError, match=rf"^{tmp_path.name}: .*damaged"):
        opened.query("SELECT sum(person), max(county) FROM t")


def test_two_files_for_one_table(tmp_path):
    ROWS.to_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_text(PLAIN, "utf-8")
    with pytest.raises(ContractError, match="expected only one of them"):
        sources.find(tmp_path, "t")


def test_conversion_error_does_not_quote_the_value(tmp_path):
    ROWS.to_parquet(tmp_path / "t.parquet")
    opened = reading.open_registers(tmp_path, {"t": SCHEMA})
    with pytest.raises(ContractError) as caught:
        opened.query("SELECT CAST(place AS INTEGER) FROM t")
    assert "Ås" not in str(caught.value)


def test_limits_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("NAVEVAL_MEMORY", "500MB")
    monkeypatch.setenv("NAVEVAL_THREADS", "1")
    ROWS.to_parquet(tmp_path / "t.parquet")
    with reading.open_registers(tmp_path, ("t",)) as opened:
        found = opened.query(
            "SELECT current_setting('memory_limit') m, current_setting('threads') t"
        )
        assert found["t"][0] == 1
        assert "MiB" in found["m"][0]
    assert memory_limit() == "500MB"
    monkeypatch.delenv("NAVEVAL_MEMORY")
    assert memory_limit() == "3GB"


TWO_ENCODINGS = (
    "a;place\n1;Tromsø\n".encode() + "2;Bodø\n".encode("cp1252"),
    "a,place\n1,Tromsø\n".encode() + "2,Bodø\n".encode("cp1252"),
    "a;place\n1;Tromso\n2;Bodø\n".encode("cp1252") + "3;Tromsø\n".encode(),
)


@pytest.mark.parametrize("content", TWO_ENCODINGS)
def test_two_encodings_in_one_file_are_told_with_both_places(tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    places = {"2", "3"} if b"Tromso" not in content else {"4", "3"}
    with pytest.raises(ContractError, match=r"t\.csv: two encodings: UTF-8 first in ") as told:
        reading.open_registers(tmp_path, {"t": SCHEMA})
    lines = re.findall(r"line (\d), column place", str(told.value))
    assert set(lines) == places
    assert "expected one in the whole file: UTF-8" in str(told.value)
    assert "Troms" not in str(told.value)


def test_another_encoding_is_told_with_its_first_line_and_column(tmp_path):
    (tmp_path / "t.csv").write_bytes("a,place\n1,x\n2,Bodø\n".encode("latin-1"))
    with pytest.raises(ContractError, match=r"not UTF-8, first in line 3, column place\)"):
        reading.open_registers(tmp_path, {"t": SCHEMA})
