"""Which kind of values a type holds, and how files become views with their rows and names."""

from pathlib import Path

import duckdb
import pandera.pandas as pa
import pyarrow as arrow
import pyarrow.parquet as pq
import pytest

from naveval.project.errors import ContractError
from naveval.registers import grammar, sources, views
from naveval.registers.connections import connect
from naveval.registers.dialects import Dialect

FAMILIES = {
    "any": [None, "object"],
    "text": ["str", "string", "String[pyarrow]", "category"],
    "integer": ["int64", "Int8", "uint16", "UInt64"],
    "number": ["float32", "Float64", "decimal"],
    "boolean": ["bool", "boolean"],
    "date": ["date", "datetime64[ns]", "timestamp"],
}


@pytest.mark.parametrize(("family", "types"), FAMILIES.items(), ids=FAMILIES)
def test_families_of_types(family: str, types: list) -> None:
    for dtype in types:
        assert views.family(dtype) == family


def test_a_type_that_no_register_has_is_refused() -> None:
    with pytest.raises(ContractError) as told:
        views.family("complex128")
    assert str(told.value) == "contract: type complex128 is not supported in a register table"


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("DECIMAL(18,3)", "number"),
        ("ENUM('a', 'b')", "text"),
        ("VARCHAR", "text"),
        ("UBIGINT", "integer"),
        ("TIMESTAMP WITH TIME ZONE", "date"),
        ("BIGINT[]", "any"),
        ("BLOB", "any"),
    ],
)
def test_families_of_columns(kind: str, family: str) -> None:
    assert views.duck_family(kind) == family


SEMICOLON = Dialect("utf-8", ";")


def test_how_a_column_is_read() -> None:
    assert views.cell("a", "VARCHAR", "integer", "csv", SEMICOLON) == grammar.cell(
        '"a"', "integer", SEMICOLON
    )
    assert views.cell("a", "BIGINT", "integer", "parquet", None) == '"a"'
    for wide in ("HUGEINT", "UBIGINT", "UHUGEINT"):
        assert views.cell("a", wide, "integer", "parquet", None) == 'TRY_CAST("a" AS BIGINT)'
    for kind in ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"):
        read = views.cell("a", kind, "date", "parquet", None)
        assert read == "date_trunc('day', CAST(\"a\" AS TIMESTAMP))"
    for form in ("sas", "stata"):
        assert views.cell("a", "DOUBLE", "integer", form, None) != '"a"'
        assert views.cell("a", "VARCHAR", "text", form, None) == "nullif(\"a\", '')"


def test_which_columns_have_a_time_of_day() -> None:
    assert views.moment("a", "VARCHAR", "date", SEMICOLON) == grammar.moment('"a"', SEMICOLON)
    assert views.moment("a", "VARCHAR", "integer", SEMICOLON) == ""
    assert views.moment("a", "TIMESTAMP_NS", "date", None) == 'CAST("a" AS TIMESTAMP)'
    assert views.moment("a", "DATE", "date", None) == ""
    assert views.moment("a", "TIMESTAMP", "date", SEMICOLON) != 'CAST("a" AS TIMESTAMP)'


SCHEMA = pa.DataFrameSchema(
    {"person": pa.Column(int), "Ønske": pa.Column(str), "county": pa.Column(str)}
)


def opened(folder: Path, schema: pa.DataFrameSchema | None = SCHEMA):
    connection, temporary = connect()
    source = sources.find(folder, "t")
    views.create_views(connection, source, schema, temporary)
    return connection, source


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple]:
    return connection.execute(sql).fetchall()


def test_delimited_files_in_folders_are_one_table(tmp_path: Path) -> None:
    for county, text in {"03": "person;Ønske\n1;a\n2;b\n", "11": "ØNSKE;PERSON\nc;3\n"}.items():
        (tmp_path / "t" / f"county={county}").mkdir(parents=True)
        (tmp_path / "t" / f"county={county}" / "a.csv").write_text(text, "utf-8")
    connection, source = opened(tmp_path)
    found = rows(connection, 'SELECT person, "Ønske", county FROM t ORDER BY person')
    assert found == [(1, "a", "03"), (2, "b", "03"), (3, "c", "11")]
    told = rows(connection, "SELECT person, row_no, file_name FROM numbered.t ORDER BY person")
    assert [(person, row) for person, row, _ in told] == [(1, 1), (2, 2), (3, 1)]
    assert [name.replace("\\", "/").split("/")[-2] for _, _, name in told] == [
        "county=03",
        "county=03",
        "county=11",
    ]
    raw = rows(connection, f"SELECT person FROM {views.raw_view('t')} ORDER BY 1")
    assert raw == [("1",), ("2",), ("3",)]
    assert views.raw_view("t") == 'numbered."t_raw"'
    assert views.text_dialect(source, "person") == source.dialects[0]
    kinds = views.columns(connection, "t", source.label)
    assert kinds == {"person": "BIGINT", "Ønske": "VARCHAR", "county": "VARCHAR"}
    assert views.disagreements(connection, source, SCHEMA) == {}


def test_parquet_in_folders_has_its_types_and_the_folders_as_text(tmp_path: Path) -> None:
    for county in ("03", "11", "__HIVE_DEFAULT_PARTITION__"):
        (tmp_path / "t" / f"county={county}").mkdir(parents=True)
        target = tmp_path / "t" / f"county={county}" / "a.parquet"
        duckdb.sql(
            "COPY (SELECT range::HUGEINT AS person, 'x' AS \"Ønske\" FROM range(2)) "
            f"TO '{target}' (FORMAT parquet)"
        )
    connection, source = opened(tmp_path)
    found = rows(connection, "SELECT county, person FROM t ORDER BY 1 NULLS LAST, 2")
    assert found == [("03", 0), ("03", 1), ("11", 0), ("11", 1), (None, 0), (None, 1)]
    numbered = rows(
        connection, "SELECT row_no, file_name FROM numbered.t WHERE county = '11' ORDER BY 1"
    )
    assert numbered == [(1, "county=11/a.parquet"), (2, "county=11/a.parquet")]
    assert views.text_dialect(source, "county") == grammar.PLAIN
    assert views.text_dialect(source, "person") is None
    without, _ = opened(tmp_path, None)
    assert len(rows(without, "SELECT * FROM t")) == 6


def test_files_that_disagree_with_their_folders_are_found(tmp_path: Path) -> None:
    for county, inside in {"03": "03", "11": "12"}.items():
        (tmp_path / "t" / f"county={county}").mkdir(parents=True)
        duckdb.sql(
            f"COPY (SELECT 1 AS person, '{inside}' AS county, 'x' AS \"Ønske\") "
            f"TO '{tmp_path / 't' / f'county={county}' / 'a.parquet'}' (FORMAT parquet)"
        )
    connection, source = opened(tmp_path)
    (sql,) = views.disagreements(connection, source, SCHEMA).values()
    assert rows(connection, sql) == [("county=11/a.parquet", 1)]
    text = tmp_path / "text" / "t"
    for county, inside in {"03": "03", "11": "12"}.items():
        (text / f"county={county}").mkdir(parents=True)
        lines = f"person;county\n1;03\n2;{inside}\n"
        (text / f"county={county}" / "a.csv").write_text(lines, "utf-8")
    connection, source = opened(tmp_path / "text")
    ((key, sql),) = views.disagreements(connection, source, SCHEMA).items()
    assert key == "county"
    assert sorted(row for _, row in rows(connection, sql)) == [1, 2]
    assert {name for name, _ in rows(connection, sql)} == {rows(connection, sql)[0][0]}


def test_one_parquet_file_is_named_by_itself(tmp_path: Path) -> None:
    duckdb.sql(f"COPY (SELECT 7 AS person) TO '{tmp_path / 't.parquet'}' (FORMAT parquet)")
    connection, _ = opened(tmp_path)
    assert rows(connection, "SELECT * FROM numbered.t") == [(7, 1, "t.parquet")]


def test_delimited_text_needs_a_schema(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n", "utf-8")
    with pytest.raises(ContractError, match=r"^t\.csv: reading CSV needs the table's schema$"):
        opened(tmp_path, None)


def test_rows_keep_the_place_that_a_mapping_wrote(tmp_path: Path) -> None:
    duckdb.sql(
        "COPY (SELECT 7 AS person, 'eier.sas7bdat' AS owner_file, 31 AS owner_row) "
        f"TO '{tmp_path / 't.parquet'}' (FORMAT parquet)"
    )
    connection, _ = opened(tmp_path)
    assert rows(connection, "SELECT * FROM numbered.t") == [(7, 31, "eier.sas7bdat")]
    assert rows(connection, "SELECT * FROM t") == [(7,)]


@pytest.mark.parametrize("kind", [arrow.float64(), arrow.float32()])
def test_no_number_is_seen_where_the_statistics_of_the_file_leave_it_out(
    tmp_path: Path, kind: arrow.DataType
) -> None:
    hours = arrow.array([37.5, float("nan"), 20.0, None], kind)
    pq.write_table(arrow.table({"hours": hours}), tmp_path / "t.parquet")
    schema = pa.DataFrameSchema({"hours": pa.Column(float, pa.Check.in_range(0, 168))})
    connection, folder = connect()
    views.create_views(connection, sources.find(tmp_path, "t"), schema, folder)
    for view in ("t", "numbered.t", "numbered.t_raw"):
        (found,) = connection.execute(
            f"SELECT count_if(isnan(hours)), count_if(hours > 168), count(hours) FROM {view}"
        ).fetchall()
        assert found == (1, 1, 3)
    rows = connection.execute("SELECT row_no FROM numbered.t WHERE isnan(hours)").fetchall()
    assert rows == [(2,)]


TEXT = "person;Ønske;county\n2;b;03\n1;;11\n"


@pytest.mark.parametrize("most", [views.MOST_HELD, 0])
def test_rows_that_are_held_are_those_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """In memory, and in a file for a larger table of text."""
    monkeypatch.setattr(views, "MOST_HELD", most)
    (tmp_path / "t.csv").write_text(TEXT, "utf-8")
    connection, temporary = connect()
    source = sources.find(tmp_path, "t")
    views.create_views(connection, source, SCHEMA, temporary)
    names = ("t", "numbered.t", "numbered.t_raw")
    before = {name: rows(connection, f"FROM {name}") for name in names}
    kinds = {name: views.columns(connection, name, "t") for name in names}
    views.hold(connection, source, temporary)
    assert {name: rows(connection, f"FROM {name}") for name in names} == before
    assert {name: views.columns(connection, name, "t") for name in names} == kinds
    assert before["numbered.t"] == [(2, "b", "03", 1, "t.csv"), (1, None, "11", 2, "t.csv")]
    assert (temporary / "t.held.parquet").exists() == (most == 0)
    source.files[0].write_text("cut", "utf-8")  # read no more
    assert {name: rows(connection, f"FROM {name}") for name in names[:2]} == {
        name: before[name] for name in names[:2]
    }


def test_a_large_table_in_parquet_stays_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_HELD", 5)  # of two rows with a column and two on the row
    pq.write_table(arrow.table({"person": [2, 1]}), tmp_path / "t.parquet")
    schema = pa.DataFrameSchema({"person": pa.Column(int)})
    connection, temporary = connect()
    source = sources.find(tmp_path, "t")
    views.create_views(connection, source, schema, temporary)
    views.hold(connection, source, temporary)
    assert rows(connection, "FROM duckdb_tables()") == []
    assert not (temporary / "t.held.parquet").exists()
    monkeypatch.setattr(views, "MOST_HELD", 6)
    views.hold(connection, source, temporary)
    assert [row[0] for row in rows(connection, "SELECT table_name FROM duckdb_tables()")] == [
        "t_held"
    ]
    assert rows(connection, "FROM numbered.t") == [(2, 1, "t.parquet"), (1, 2, "t.parquet")]
