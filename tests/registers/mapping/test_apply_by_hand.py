"""What becomes of an owner's values, verb by verb, and what is refused, on files of few rows."""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd
import pandera.pandas as pa
import pytest

from naveval.project import catalogue, parameters
from naveval.project.errors import ContractError, ParameterError
from naveval.registers.connections import connect, data_errors
from naveval.registers.mapping import apply
from naveval.registers.mapping.refusals import plain
from naveval.registers.mapping.source import SourceMapping, TableMapping
from naveval.registers.views import create_views

MONTH = pa.Column(str, pa.Check.str_matches(r"^[0-9]{4}-(0[1-9]|1[0-2])$"))
DAY = pa.Column("datetime64[ns]")
SEX = pa.Column(str, pa.Check.isin(["k", "m"]))


def rows(
    data: Path, declared: dict[str, Any], columns: dict[str, Any], **more: Any
) -> list[tuple[Any, ...]]:
    """The rows of the contract's table, with the owner's file and row."""
    mapping = TableMapping.model_validate({"files": ["t.*"], "columns": columns} | more)
    connection, folder = connect()
    apply.register_places(connection, 2016)
    source = apply.source_of(data, "t", mapping)
    create_views(connection, source, SimpleNamespace(columns={}), folder)
    kept = apply.kept(connection, source, mapping)
    sql = apply.select(connection, source, mapping, pa.DataFrameSchema(declared), kept.sql)
    found = connection.execute(f"SELECT * FROM ({sql}) ORDER BY owner_file, owner_row").fetchall()
    connection.close()
    return found


def values(data: Path, declared: Any, column: dict[str, Any], name: str = "n") -> list[Any]:
    return [row[0] for row in rows(data, {name: declared}, {name: column})]


def csv(folder: Path, *lines: str, name: str = "t.csv") -> Path:
    (folder / name).write_text("\n".join([*lines, ""]), "utf-8")
    return folder


def refused(*given: Any, **more: Any) -> str:
    with pytest.raises(ContractError) as raised:
        values(*given, **more)
    return str(raised.value)


@pytest.mark.parametrize(
    ("texts", "declared", "verbs", "expected"),
    [
        (["1", " 2 ", ""], pa.Column(int), {}, [1, 2, None]),
        (["1,5", "2", ""], pa.Column(float), {}, [1.5, 2.0, None]),
        (["ja", "0", ""], pa.Column(bool), {}, [True, False, None]),
        (["a", "b ", ""], pa.Column(str), {}, ["a", "b", None]),
        (["1", "9", ""], pa.Column(int), {"missing": [9]}, [1, None, None]),
        (["1", "9", ""], pa.Column(int), {"missing": ["9", 1]}, [None, None, None]),
        (["1", "9", ""], pa.Column(int), {"missing": [9], "blank": 0}, [1, 0, 0]),
        (["1", "", ""], pa.Column(float), {"blank": 0.5}, [1.0, 0.5, 0.5]),
        (["ja", "", ""], pa.Column(bool), {"blank": False}, [True, False, False]),
        (["nei", "", ""], pa.Column(bool), {"blank": "ja"}, [False, True, True]),
        (["a", "", ""], pa.Column(str), {"blank": "b"}, ["a", "b", "b"]),
        (["3", "12", ""], pa.Column(str), {"pad": 2}, ["03", "12", None]),
        (["1,5", "2", ""], pa.Column(int), {"times": 1000}, [1500, 2000, None]),
        (["0,3", "2", ""], pa.Column(int), {"times": 10}, [3, 20, None]),
        (["1,5", "2", ""], pa.Column(float), {"times": 0.5}, [0.75, 1.0, None]),
        (["1", "2", ""], SEX, {"codes": {1: "k", 2: "m"}}, ["k", "m", None]),
        (["1", "2", ""], SEX, {"codes": {1: "k", 2: "m", "": "m"}}, ["k", "m", "m"]),
        (["J", "N", ""], pa.Column(bool), {"codes": {"J": True, "N": False}}, [True, False, None]),
        (["1", "2", ""], pa.Column(int), {"codes": {1: 10, 2: 20}}, [10, 20, None]),
        (["201403", "201404", ""], MONTH, {"form": "yyyymm"}, ["2014-03", "2014-04", None]),
        (["17", "17", "5"], pa.Column(int), {"id": True}, [17, 17, 5]),
    ],
)
def test_a_text_becomes_the_contracts_value(tmp_path, texts, declared, verbs, expected) -> None:
    csv(tmp_path, "N;x", *(f"{text};a" for text in texts))
    assert values(tmp_path, declared, {"from": "n"} | verbs) == expected


@pytest.mark.parametrize(
    ("column", "declared", "verbs", "expected"),
    [
        ([1, 2, 3], pa.Column(int), {}, [1, 2, 3]),
        ([1.0, 2.0, None], pa.Column(int), {}, [1, 2, None]),
        ([1.0, 2.0, None], pa.Column(str), {}, ["1", "2", None]),
        ([1, 2, 3], pa.Column(float), {}, [1.0, 2.0, 3.0]),
        ([1, 0, 1], pa.Column(bool), {}, [True, False, True]),
        ([True, False, None], pa.Column(bool), {}, [True, False, None]),
        ([3, 12, None], pa.Column(str), {"pad": 2}, ["03", "12", None]),
        ([3.0, 9.0, 8.0], pa.Column(int), {"missing": [9, "8"]}, [3, None, None]),
        ([3.0, 9.5, 8.0], pa.Column(float), {"missing": [9.5, 8]}, [3.0, None, None]),
        ([1.0, 2.0, float("nan")], SEX, {"codes": {1: "k", 2: "m"}}, ["k", "m", None]),
        ([1.5, 2.0, None], pa.Column(int), {"times": 2}, [3, 4, None]),
        ([201403.0, None, 201404.0], MONTH, {"form": "yyyymm"}, ["2014-03", None, "2014-04"]),
        ([17.0, 5.0, 17.0], pa.Column(int), {"id": True}, [17, 5, 17]),
    ],
)
def test_a_number_becomes_the_contracts_value(tmp_path, column, declared, verbs, expected) -> None:
    pd.DataFrame({"N": column}).to_parquet(tmp_path / "t.parquet")
    assert values(tmp_path, declared, {"from": "n"} | verbs) == expected


def test_a_day_becomes_a_day_or_the_month_it_lies_in(tmp_path) -> None:
    days = pd.to_datetime(["2014-03-31 12:00", "9999-12-31 00:00", None]).astype("datetime64[us]")
    pd.DataFrame({"D": days}).to_parquet(tmp_path / "t.parquet")
    verbs = {"from": "D", "missing": ["9999-12-31"]}
    found = values(tmp_path, DAY, verbs)
    assert found == [pd.Timestamp("2014-03-31 12:00"), None, None]
    month = values(tmp_path, DAY, verbs | {"form": "date"}, name="month")
    assert month == [pd.Timestamp("2014-03-01"), None, None]
    day = values(tmp_path, DAY, verbs | {"form": "date"}, name="since")
    assert day == [pd.Timestamp("2014-03-31"), None, None]
    assert values(tmp_path, MONTH, verbs | {"form": "date"}) == ["2014-03", None, None]
    duckdb.sql("SELECT DATE '2014-03-31' AS D").write_parquet(str(tmp_path / "t.parquet"))
    (found,) = values(tmp_path, DAY, {"from": "D"})
    assert found == dt.datetime(2014, 3, 31)
    told = refused(tmp_path, pa.Column(int), {"from": "D"})
    assert told.endswith("1 row (first: 1 in t.parquet): expected values that can be read as n")


@pytest.mark.parametrize(
    ("value", "declared", "expected"),
    [
        (3, pa.Column(int), 3),
        (True, pa.Column(bool), True),
        (0.5, pa.Column(float), 0.5),
        ("it's", pa.Column(str), "it's"),
        ("2014-03-01", DAY, pd.Timestamp("2014-03-01").date()),
    ],
)
def test_one_value_for_all_rows(tmp_path, value, declared, expected) -> None:
    csv(tmp_path, "x", "a", "b")
    found = rows(tmp_path, {"n": declared}, {"n": {"value": value}})
    assert found == [(expected, "t.csv", 1), (expected, "t.csv", 2)]


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("county", "3", "03"),
        ("county", "0301", "03"),
        ("county", "301", "03"),
        ("county", "Hedmark", "04"),
        ("county", " HEDMARK ", "04"),
        ("county", "3401", "04"),
        ("municipality", "301", "0301"),
        ("municipality", "0301", "0301"),
    ],
)
def test_a_place_of_any_year_has_the_contracts_code(tmp_path, name, given, code) -> None:
    csv(tmp_path, "P;x", f"{given};a")
    assert values(tmp_path, pa.Column(str), {"from": "P", "places": True}, name) == [code]


@pytest.mark.parametrize(
    ("texts", "declared", "verbs", "told"),
    [
        (
            ["1", "x", "y"],
            pa.Column(int),
            {},
            "2 rows (first: 2 in t.csv, 3 in t.csv): expected values that can be read as n",
        ),
        (
            ["1", "2", "3"],
            SEX,
            {"codes": {1: "k", 2: "m"}},
            "1 row (first: 3 in t.csv): expected "
            'one of the codes that the mapping names for n; found "3" in 1 row; rows of other '
            "codes are left out by without: {N: [code]}",
        ),
        (
            ["201403", "2014", "1"],
            MONTH,
            {"form": "yyyymm"},
            "2 rows (first: 2 in t.csv, 3 in t.csv): expected the form yyyymm for n",
        ),
        (
            ["1,0004", "2", "3"],
            pa.Column(int),
            {"times": 1000},
            "1 row (first: 1 in t.csv): expected values that can be read as n",
        ),
        (
            ["201403"] * 3,
            MONTH,
            {},
            "3 rows (first: 1 in t.csv, 2 in t.csv, 3 in t.csv): expected "
            "form: yyyymm for n, since the values look like yyyymm",
        ),
        (
            ["a", "NULL", "ukjent"],
            pa.Column(str),
            {},
            "2 rows (first: 2 in t.csv, 3 in t.csv): "
            'expected values; for none write missing: ["NULL", "ukjent"] at n',
        ),
        (
            ["a", "9999", "9999"],
            pa.Column(str),
            {},
            "2 rows (first: 2 in t.csv, 3 in t.csv): "
            'expected values; for none write missing: ["9999"] at n',
        ),
        (
            ["1500", "2 500", "3500"],
            pa.Column(int),
            {},
            "1 row (first: 2 in t.csv): expected "
            "thousands separated in all values of four digits or more, or in none",
        ),
        (
            ["1,5", "2.5", "3,5"],
            pa.Column(float),
            {},
            "1 row (first: 2 in t.csv): expected the same decimal mark in all values",
        ),
        (
            ["1,5", "2.5", "3,5"],
            pa.Column(int),
            {"times": 10},
            "1 row (first: 2 in t.csv): expected the same decimal mark in all values",
        ),
        (
            ["ab", "AB", "c"],
            pa.Column(int),
            {"id": True},
            "1 row (first: 1 in t.csv): expected ids that do not differ in case or zeros alone",
        ),
        (
            ["017", "17", "c"],
            pa.Column(int),
            {"id": True},
            "1 row (first: 1 in t.csv): expected ids that do not differ in case or zeros alone",
        ),
        (
            ["NULL", "17", "c"],
            pa.Column(int),
            {"id": True},
            '1 row (first: 1 in t.csv): expected values; for none write missing: ["NULL"] at n',
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_rows(tmp_path, texts, declared, verbs, told) -> None:
    csv(tmp_path, "N;x", *(f"{text};a" for text in texts))
    assert (
        refused(tmp_path, declared, {"from": "N"} | verbs) == f"{tmp_path.name}/, column N: {told}"
    )


def test_more_than_five_rows_are_counted_and_the_first_named(tmp_path) -> None:
    csv(tmp_path, "N;x", *["x;a"] * 7)
    told = refused(tmp_path, pa.Column(int), {"from": "N"})
    first = ", ".join(f"{row} in t.csv" for row in range(1, 6))
    words = f"7 rows (first: {first}): expected values that can be read as n"
    assert told == f"{tmp_path.name}/, column N: {words}"


def test_marks_that_are_codes_or_that_limits_judge_are_no_marks(tmp_path) -> None:
    csv(tmp_path, "N;x", "ukjent;a", "5;a")
    allowed = pa.Column(str, pa.Check.isin(["5", "ukjent"]))
    assert values(tmp_path, allowed, {"from": "N"}) == ["ukjent", "5"]
    csv(tmp_path, "N;x", "9999;a", "5;a")
    assert values(tmp_path, pa.Column(int), {"from": "N"}) == [9999, 5]
    assert values(tmp_path, pa.Column(int), {"from": "N", "id": True}) == [9999, 5]


def test_identity_numbers_are_refused_as_ids_unseen(tmp_path) -> None:
    csv(tmp_path, "N;x", "01810750045;a", "7;a")
    told = refused(tmp_path, pa.Column(int), {"from": "N", "id": True})
    words = "1 row (first: 1 in t.csv): expected pseudonyms, never national identity numbers"
    assert told.startswith(f"{tmp_path.name}/, column N: {words}")
    assert values(tmp_path, pa.Column(int), {"from": "N"}) == [1810750045, 7]


def test_unknown_codes_that_are_ids_of_their_rows_are_not_shown(tmp_path) -> None:
    csv(tmp_path, "PID;N", "17;17", "18;18", "19;1")
    declared = {"person": pa.Column(int), "sex": SEX}
    columns = {"person": {"from": "PID", "id": True}, "sex": {"from": "N", "codes": {10: "k"}}}
    with pytest.raises(ContractError) as raised:
        rows(tmp_path, declared, columns)
    assert "names for sex; found values that are not shown, since they may be" in str(raised.value)
    csv(tmp_path, "PID;N", "17;18", "18;17", "19;1")
    with pytest.raises(ContractError, match='found "1" in 1 row, "17" in 1 row, "18" in 1 row'):
        rows(tmp_path, declared, columns)


def test_all_columns_are_told_at_once(tmp_path) -> None:
    csv(tmp_path, "N;x", "a;b")
    declared = dict.fromkeys(("n", "m", "x"), pa.Column(int))
    columns = {"n": {"from": "N"}, "m": {"from": "lost"}, "x": {"from": "X"}}
    with pytest.raises(ContractError) as raised:
        rows(tmp_path, declared, columns)
    label = f"{tmp_path.name}/"
    first, second, third = str(raised.value).splitlines()
    assert first.startswith(f"{label}, column N: 1 row")
    assert second == f"{label}: column lost of the mapping is missing; expected one of N, x"
    assert third.startswith(f"{label}, column X: 1 row")


def kept(data: Path, **filters: Any) -> apply.Kept:
    mapping = TableMapping.model_validate({"files": ["t.csv"], "columns": {}} | filters)
    connection, folder = connect()
    source = apply.source_of(data, "t", mapping)
    create_views(connection, source, SimpleNamespace(columns={}), folder)
    found = apply.kept(connection, source, mapping)
    n = connection.execute(f"SELECT count(*) FROM ({found.sql})").fetchall()[0][0]
    connection.close()
    return apply.Kept(str(n), found.given, found.dropped)


def test_filters_keep_or_leave_out_rows_and_count_them(tmp_path) -> None:
    csv(tmp_path, "KIND;yes", "A;true", "B;false", "C;true", ";true")
    assert kept(tmp_path) == apply.Kept("4", 0, {})
    found = kept(tmp_path, where={"kind": ["A", "B"]}, without={"yes": [False]})
    assert found == apply.Kept("1", 4, {"where: kind": 2, "without: yes": 1})
    assert kept(tmp_path, without={"KIND": [""]}) == apply.Kept("3", 4, {"without: KIND": 1})


def test_filters_that_leave_nothing_or_name_no_column_are_refused(tmp_path) -> None:
    csv(tmp_path, "KIND;yes", "A;true", "B;false", "C;true")
    with pytest.raises(ContractError) as raised:
        kept(tmp_path, where={"KIND": ["A"]}, without={"yes": [True]})
    assert str(raised.value) == (
        f"{tmp_path.name}/: no row of t is left (where: KIND keeps 1 of 3; without: yes keeps 1 of "
        "3); expected codes as the file has them (case and zeros in front matter)"
    )
    with pytest.raises(ContractError) as raised:
        kept(tmp_path, where={"K": ["A"]}, without={"Y": [True]})
    said = tmp_path.name + "/: column {} of the mapping is missing; expected one of KIND, yes"
    assert str(raised.value).splitlines() == [said.format(name) for name in "KY"]
    for filters in ({"where": {"KIND": ["A", "b"]}}, {"without": {"KIND": ["b"]}}):
        with pytest.raises(ContractError) as raised:
            kept(tmp_path, **filters)
        assert str(raised.value) == (
            f"{tmp_path.name}/, column KIND: 1 row (first: 2 in t.csv): expected codes in the "
            "letters that the mapping's filter has, capital or small"
        )
    csv(tmp_path, "KIND;yes")
    assert kept(tmp_path, where={"KIND": ["A"]}) == apply.Kept("0", 0, {"where: KIND": 0})


def files(data: Path, *patterns: str) -> list[str]:
    mapping = TableMapping(files=patterns, columns={})
    return [file.name for file in apply.source_of(data, "t", mapping).files]


def test_files_are_named_or_matched_whatever_the_letters(tmp_path) -> None:
    (tmp_path / "inne").mkdir()
    for name in ("A_1.csv", "a_2.CSV", "b.csv", "inne/a_3.csv"):
        csv(tmp_path, "x", "1", name=name)
    assert files(tmp_path, "a_*.csv") == ["A_1.csv", "a_2.CSV"]
    assert files(tmp_path, "b.csv", "A_*.csv", "a_1.csv") == ["b.csv", "A_1.csv", "a_2.CSV"]
    assert files(tmp_path, "inne/*.csv") == ["a_3.csv"]


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        (["../a.csv"], "t: file ../a.csv lies outside d; expected a name or pattern within the "),
        (["/a.csv"], "t: file /a.csv lies outside d; expected a name or pattern within the "),
        (["b*.csv"], "t: no file b*.csv in d; expected names or patterns of files"),
        (
            ["a_*.csv"],
            "t: the pattern a_*.csv leaves a_2.csv.gz, a_3.parquet out by its ending; expected "
            "files of one kind, or the names of all",
        ),
    ],
)
def test_files_that_cannot_be_meant_are_refused(tmp_path, patterns, said) -> None:
    data = tmp_path / "d"
    data.mkdir()
    csv(data, "x", "1", name="a_1.csv")
    for name in ("a_2.csv.gz", "a_3.parquet", "a_4.txt"):
        (data / name).write_bytes(b"x")
    with pytest.raises(ContractError) as raised:
        files(data, *patterns)
    assert str(raised.value).startswith(said)
    assert files(data, "a_1.csv") == ["a_1.csv"]


def test_a_table_in_another_shape_is_refused(tmp_path) -> None:
    csv(tmp_path, "id;T2018-01;T2018-02;T2018-03", "1;2;3;4")
    declared = {"month": MONTH, "hours": pa.Column(float)}
    columns = {"month": {"value": "2018-01"}, "hours": {"from": "T2018-01"}}
    with pytest.raises(ContractError) as raised:
        rows(tmp_path, declared, columns)
    said = "t.csv: it looks like one column per month (3: T2018-01, …); expected a row for each"
    assert str(raised.value).startswith(said)
    csv(tmp_path, "id;kind;n", "1;hours;3", "1;wage;4")
    declared = {"hours": pa.Column(float), "wage": pa.Column(float)}
    columns = {"hours": {"from": "n"}, "wage": {"value": 0}}
    with pytest.raises(ContractError) as raised:
        rows(tmp_path, declared, columns)
    said = "t.csv: column kind looks like the names of columns (hours, wage), with their numbers"
    assert str(raised.value).startswith(said)
    columns = {"hours": {"from": "n"}, "wage": {"from": "n"}}
    assert len(rows(tmp_path, declared, columns)) == 2


TABLES = {"one": pa.DataFrameSchema({"n": pa.Column(int)}), "two": pa.DataFrameSchema({"m": SEX})}


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "module", lambda *_: SimpleNamespace(TABLES=TABLES))
    monkeypatch.setattr(parameters, "model", lambda _: SimpleNamespace(COUNTY_YEAR=2016))


def mapped(**two: Any) -> SourceMapping:
    one = {"files": ["one.csv"], "columns": {"n": {"from": "N"}}, "without": {"K": ["x"]}}
    other = {"files": ["two.csv"], "columns": {"m": {"from": "M"}}} | two
    return SourceMapping.model_validate({"study": "toy", "tables": {"one": one, "two": other}})


def test_tables_are_written_whole_to_a_private_folder(tmp_path, study) -> None:
    csv(tmp_path, "N;K", "1;a", "2;x", "3;a", name="one.csv")
    csv(tmp_path, "M;x", "k;a", "m;a", name="two.csv")
    out = tmp_path / "new" / "out"
    found = apply.write(mapped(), tmp_path, out)
    assert found == [
        apply.Written(out / "one.parquet", 3, 2, {"without: K": 1}),
        apply.Written(out / "two.parquet", 2, 2, {}),
    ]
    assert [str(item) for item in found] == [
        f"{out / 'one.parquet'}: 2 of 3 rows; left out: 1 by without: K",
        f"{out / 'two.parquet'}: 2 of 2 rows; left out: none",
    ]
    assert pd.read_parquet(out / "one.parquet").to_dict("list") == {
        "n": [1, 3],
        "owner_file": ["one.csv"] * 2,
        "owner_row": [1, 3],
    }
    assert out.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    with pytest.raises(ParameterError) as raised:
        apply.write(mapped(), tmp_path, out)
    assert str(raised.value) == f"--out {out}: exists already; name a new folder"


def test_faults_of_all_tables_are_told_and_nothing_is_left(tmp_path, study) -> None:
    csv(tmp_path, "N;K", "a;a", name="one.csv")
    csv(tmp_path, "M;x", "NULL;a", name="two.csv")
    with pytest.raises(ContractError) as raised:
        apply.write(mapped(), tmp_path, tmp_path / "out")
    first, second = str(raised.value).splitlines()
    assert first.startswith(f"{tmp_path.name}/, column N: 1 row (first: 1 in one.csv)")
    assert second.startswith(f"{tmp_path.name}/, column M: 1 row (first: 1 in two.csv)")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.csv", "two.csv"]
    with pytest.raises(ContractError) as raised:
        apply.write(mapped(files=["lost.csv"]), tmp_path, tmp_path / "out")
    said = f"two: no file lost.csv in {tmp_path.name}; expected names or patterns of files"
    assert str(raised.value).splitlines() == [first, said]


def test_a_table_that_needs_more_memory_is_told_by_its_folder(tmp_path, study, monkeypatch) -> None:
    csv(tmp_path, "N;K", "1;a", name="one.csv")
    csv(tmp_path, "M;x", "k;a", name="two.csv")

    def run(connection: Any, sql: str, parameters: object = None, where: str = "") -> Any:
        with data_errors(where):
            if sql.startswith("COPY"):
                raise duckdb.OutOfMemoryException("of the text of a value")
            return connection.execute(sql, parameters)

    monkeypatch.setattr(apply, "run", run)
    with pytest.raises(ContractError) as raised:
        apply.write(mapped(), tmp_path, tmp_path / "out")
    assert str(raised.value).startswith(f"{tmp_path.name}/: the query needs more memory than ")
    assert "value" not in str(raised.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.csv", "two.csv"]


def test_damaged_lines_are_told_and_the_other_tables_too(tmp_path, study) -> None:
    csv(tmp_path, "N;K", "1;a", "2", "3;a", name="one.csv")
    csv(tmp_path, "M;x", "NULL;a", name="two.csv")
    with pytest.raises(ContractError) as raised:
        apply.write(mapped(), tmp_path, tmp_path / "out")
    first, second = str(raised.value).splitlines()
    assert first == (
        f"{tmp_path.name}/: one.csv has 1 line (first: 3) with too few columns; expected 2 columns "
        "in every line: N, K"
    )
    assert second.startswith(f"{tmp_path.name}/, column M: 1 row (first: 1 in two.csv)")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.csv", "two.csv"]


@pytest.mark.parametrize(
    ("kind", "given", "found"),
    [
        ("DOUBLE", "2.0", 2),
        ("DOUBLE", "2.5", None),
        ("FLOAT", "3.0", 3),
        ("DECIMAL(4,1)", "2.0", 2),
        ("BIGINT", "2", 2),
        ("VARCHAR", "'2.0'", "2.0"),
    ],
)
def test_whole_numbers_lose_the_decimals_that_programs_give_them(kind, given, found) -> None:
    sql = f"SELECT {plain('x', kind)} FROM (SELECT CAST({given} AS {kind}) AS x)"
    assert duckdb.sql(sql).fetchall() == [(found,)]


@pytest.mark.parametrize(
    ("given", "kind", "found"),
    [
        ("17.0::DOUBLE", "number", 17),
        ("17.5::DOUBLE", "number", None),
        ("8e15::DOUBLE", "number", 8 * 10**15),
        ("9e15::DOUBLE", "number", None),
        ("-9e15::DOUBLE", "number", None),
        ("17", "integer", 17),
        ("-17", "integer", -17),
        ("9000000000000000", "integer", None),
        ("'0017'", "text", 17),
        ("' 17 '", "text", 17),
        ("'123456789012345678'", "text", 123456789012345678),
    ],
)
def test_an_id_in_digits_is_that_number(given, kind, found) -> None:
    sql = f"SELECT {apply.canonical_id('x', kind)} FROM (SELECT {given} AS x)"
    assert duckdb.sql(sql).fetchall() == [(found,)]


def test_any_other_id_is_taken_from_its_hash() -> None:
    """Fifteen digits of SHA-256 of the small letters, as in other years and on other machines."""
    wanted = int("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"[:15], 16)
    sql = apply.canonical_id("x", "text")
    found = duckdb.sql(
        f"SELECT {sql} FROM (VALUES ('hello'), ('HELLO '), ('1234567890123456789')) t(x)"
    )
    hashed, again, long = (value for (value,) in found.fetchall())
    assert hashed == again == wanted
    assert long != 1234567890123456789
