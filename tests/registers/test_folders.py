"""Folders of files: every file is read or refused by name, and folders' names are believed once."""

import lzma
import os
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import pyreadstat
import pytest

from naveval.project.errors import ContractError
from naveval.registers import reading, sources
from naveval.registers.tables import check_tables

SCHEMA = pa.DataFrameSchema(
    {
        "person": pa.Column("int64"),
        "county": pa.Column(str, pa.Check.isin(["03", "15"])),
        "month": pa.Column("int64", pa.Check.in_range(201401, 201412)),
        "since": pa.Column("datetime64[ns]"),
        "active": pa.Column(bool),
        "hours": pa.Column(float, nullable=True),
    }
)
ROWS = pd.DataFrame(
    {
        "person": [11, 12, 13, 14],
        "county": ["03", "15", "03", "15"],
        "month": [201401, 201402, 201401, 201402],
        "since": pd.to_datetime(["2014-01-31", "2013-05-01", "2014-01-01", "2013-01-02"]),
        "active": [True, False, True, True],
        "hours": [37.5, None, 7.25, 0.0],
    }
)
REFERENCE = Path(__file__).parents[1] / "reference" / "sample.sas7bdat.xz"


def read(folder: Path) -> pd.DataFrame:
    with reading.open_registers(folder, {"t": SCHEMA}) as opened:
        found = opened.query("SELECT * FROM t ORDER BY person")
    found["since"] = found["since"].astype("datetime64[ns]")
    return found[list(ROWS.columns)]


def messages(folder: Path) -> list[str]:
    return [str(item) for item in check_tables({"t": SCHEMA}, folder)]


def csv(frame: pd.DataFrame, file: Path, **options: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(file, index=False, **options)


def parts(folder: Path, ending: str = "parquet") -> Path:
    (folder / "t").mkdir()
    for place in range(4):
        file = folder / "t" / f"part-{place}.{ending}"
        part = ROWS.iloc[[place]]
        if ending == "parquet":
            part.to_parquet(file)
        else:
            csv(part, file)
    return folder / "t"


@pytest.mark.parametrize("ending", ["parquet", "csv", "csv.gz"])
def test_all_parts_are_read(tmp_path, ending):
    parts(tmp_path, ending)
    pd.testing.assert_frame_equal(read(tmp_path), ROWS, check_dtype=False)
    assert messages(tmp_path) == []
    assert reading.fingerprint(tmp_path, ["t"])["t"]["rows"] == 4


def named(folder: Path, names: list[str], ending: str) -> None:
    """Two parts of which the second spells the column of the first otherwise."""
    (folder / "t").mkdir()
    for place, name in enumerate(names):
        frame = ROWS.iloc[2 * place : 2 * place + 2].rename(columns={"hours": name})
        file = folder / "t" / f"{place}.{ending}"
        csv(frame, file) if ending == "csv" else frame.to_parquet(file)


def test_parts_may_spell_a_column_in_capital_letters_that_are_not_ascii(tmp_path):
    named(tmp_path, ["timer_før", "TIMER_FØR"], "csv")
    schema = pa.DataFrameSchema({"timer_før": pa.Column(float, nullable=True)})
    with reading.open_registers(tmp_path, {"t": schema}) as opened:
        found = opened.query("SELECT person, timer_før FROM t ORDER BY person")
    assert found["timer_før"].fillna(-1).tolist() == [37.5, -1, 7.25, 0]


def test_parts_of_parquet_that_spell_a_column_otherwise_are_refused_by_name(tmp_path):
    named(tmp_path, ["timer_før", "TIMER_FØR"], "parquet")
    with pytest.raises(ContractError, match=r"1.parquet has other .* TIMER_FØR .* timer_før"):
        sources.find(tmp_path, "t")


def test_parquet_with_a_name_twice_in_other_letters_is_refused(tmp_path):
    ROWS.assign(COUNTY="15").to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ContractError, match=r"t\.parquet: a column name occurs twice"):
        sources.find(tmp_path, "t")


def test_an_id_that_is_missing_is_not_said_to_mean_zero(tmp_path):
    schema = pa.DataFrameSchema({"person": pa.Column("int64", pa.Check.ge(0))})
    pd.DataFrame({"person": pd.array([11, None], dtype="Int64")}).to_parquet(tmp_path / "t.parquet")
    (told,) = [str(item) for item in check_tables({"t": schema}, tmp_path)]
    assert told.endswith("1 row (first: 2): expected a value in every row")


def test_an_ending_in_capitals_is_read(tmp_path):
    folder = parts(tmp_path)
    (folder / "part-3.parquet").rename(folder / "part-3.PARQUET")
    (folder / "_SUCCESS").touch()
    (folder / ".part-0.parquet.crc").touch()
    (folder / ".notes").mkdir()
    (folder / ".notes" / "read.me").touch()
    pd.testing.assert_frame_equal(read(tmp_path), ROWS, check_dtype=False)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("part-4.parquet.bak", r"part-4\.parquet\.bak: no file that can be read"),
        ("lesmeg.txt", r"lesmeg\.txt: no file that can be read"),
        ("part-4.csv", r"files of several kinds \(csv, parquet\)"),
        ("_delta_log/0.json", r"_delta_log says that some of the files may be outdated"),
        ("_temporary/b.csv", r"b\.csv lies in _temporary, which is no folder of parts"),
        (".old/b.parquet", r"b\.parquet lies in \.old, which is no folder of parts"),
        ("_metadata/x/b.csv", r"b\.csv lies in _metadata, which is no folder of parts"),
    ],
)
def test_a_file_that_is_not_read_is_refused_by_name(tmp_path, name, message):
    file = parts(tmp_path) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(ContractError, match=message):
        sources.find(tmp_path, "t")
    assert len(messages(tmp_path)) == 1


def test_a_part_beside_the_table_is_refused_by_name(tmp_path):
    ROWS.to_parquet(tmp_path / "t.parquet")
    ROWS.to_parquet(tmp_path / "t_2.parquet")
    ROWS.to_parquet(tmp_path / "tables.parquet")
    (found,) = messages(tmp_path)
    assert found.startswith("t_2.parquet: looks like a part of a table")


def test_a_part_with_other_columns_is_refused_by_name(tmp_path):
    folder = parts(tmp_path)
    ROWS.iloc[[3]].drop(columns="hours").to_parquet(folder / "part-3.parquet")
    (found,) = messages(tmp_path)
    assert "part-3.parquet has other columns than part-0.parquet: lacks hours; expected" in found


def test_a_part_with_another_type_is_named(tmp_path):
    folder = parts(tmp_path)
    ROWS.iloc[[3]].astype({"person": str}).to_parquet(folder / "part-3.parquet")
    found = [text for text in messages(tmp_path) if "column person: wrong type, text" in text]
    assert len(found) == 1
    assert found[0].endswith("(of another type in part-3.parquet than in part-0.parquet)")


def hive(folder: Path, *, keep: bool = False, ending: str = "parquet") -> Path:
    for (county, month), part in ROWS.groupby(["county", "month"]):
        target = folder / "t" / f"county={county}" / f"month={month}" / f"a.{ending}"
        target.parent.mkdir(parents=True)
        part = part if keep else part.drop(columns=["county", "month"])
        if ending == "parquet":
            part.to_parquet(target)
        else:
            csv(part, target)
    return folder / "t"


@pytest.mark.parametrize("ending", ["parquet", "csv"])
@pytest.mark.parametrize("keep", [True, False])
def test_folders_tell_columns(tmp_path, ending, keep):
    inside = tmp_path / "run=7"
    inside.mkdir()
    hive(inside, keep=keep, ending=ending)
    assert messages(inside) == []
    pd.testing.assert_frame_equal(read(inside), ROWS, check_dtype=False)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_bad_value_is_told_with_its_folder(tmp_path, ending):
    folder = hive(tmp_path, ending=ending)
    (folder / "county=15").rename(folder / "county=99")
    (found,) = messages(tmp_path)
    assert f"column county: 2 rows (first: 1 in county=99/month=201402/a.{ending}, 2 in" in found


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_folder_and_column_must_agree(tmp_path, ending):
    folder = hive(tmp_path, keep=True, ending=ending)
    (folder / "county=15" / "month=201402").rename(folder / "county=15" / "month=201403")
    (found,) = messages(tmp_path)
    assert found.startswith("t/, column month: 2 rows")
    assert found.endswith("expected the value that the name of its folder tells")


def test_folders_that_tell_different_columns_are_refused(tmp_path):
    folder = hive(tmp_path)
    (folder / "county=15" / "month=201402" / "a.parquet").rename(folder / "county=15" / "a.parquet")
    (found,) = messages(tmp_path)
    assert "has other columns" in found


def test_stata(tmp_path):
    frame = ROWS.assign(active=ROWS["active"].astype(int))
    pyreadstat.write_dta(frame, str(tmp_path / "T.DTA"))
    assert messages(tmp_path) == []
    pd.testing.assert_frame_equal(read(tmp_path), ROWS, check_dtype=False)


def test_stata_with_what_is_not_exact(tmp_path):
    frame = ROWS.assign(active=[1, 2, 0, 1], month=[201401, 201402.5, 201403, 201404])
    pyreadstat.write_dta(frame.assign(county=[3, 15, 3, 15]), str(tmp_path / "t.dta"))
    found = messages(tmp_path)
    active = 't.dta, column active: 1 row (first: 2): expected true or false; found "2.0" in 1 row'
    assert active in found
    assert "t.dta, column month: 1 row (first: 2): expected whole numbers" in found
    assert any("column county: wrong type, numbers; expected text" in text for text in found)


def test_sas(tmp_path):
    """A file that SAS wrote, from the tests of pyreadstat."""
    (tmp_path / "t.sas7bdat").write_bytes(lzma.decompress(REFERENCE.read_bytes()))
    schema = pa.DataFrameSchema(
        {
            "mychar": pa.Column(str),
            "mynum": pa.Column(float),
            "mydate": pa.Column("datetime64[ns]", nullable=True),
            "mylabl": pa.Column("int64"),
        }
    )
    assert check_tables({"t": schema}, tmp_path) == []
    with reading.open_registers(tmp_path, {"t": schema}) as opened:
        found = opened.query("SELECT * FROM t ORDER BY mychar LIMIT 2")
    assert found["mynum"].tolist() == [1.1, 1.2]
    assert found["mylabl"].tolist() == [1, 2]
    assert [str(day.date()) for day in found["mydate"]] == ["2018-05-06", "1880-05-06"]


def test_lines_that_do_not_fit_are_named(tmp_path):
    csv(ROWS, tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text("utf-8").splitlines()
    lines[2] += ",x"
    lines[4] = lines[4].rpartition(",")[0]
    (tmp_path / "t.csv").write_text("\n".join(lines), "utf-8")
    (found,) = messages(tmp_path)
    assert "t.csv has 2 lines (first: 3, 5) with too few columns, too many columns" in found
    assert "naveval check" not in found


def test_damage_inside_parquet_names_file_and_column_beside_other_breaches(tmp_path):
    folder = parts(tmp_path)
    big = pd.concat([ROWS] * 5000, ignore_index=True).assign(hours=range(20000), month=1)
    big.to_parquet(folder / "part-3.parquet", compression="zstd")
    content = bytearray((folder / "part-3.parquet").read_bytes())
    import pyarrow.parquet as pq

    at = pq.read_metadata(folder / "part-3.parquet").row_group(0).column(5)
    content[at.data_page_offset + 30 : at.data_page_offset + 400] = bytes(370)
    (folder / "part-3.parquet").write_bytes(content)
    ROWS.to_parquet(tmp_path / "t_2.parquet")
    found = messages(tmp_path)
    assert any("part-3.parquet cannot be read in hours; expected a whole" in text for text in found)
    assert any(text.startswith("t_2.parquet") for text in found)


@pytest.mark.parametrize("kind", ["pipe", "dead link", "circle"])
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path, kind):
    file = tmp_path / "t.csv"
    if kind == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to(tmp_path / ("nowhere" if kind == "dead link" else "t.csv"))
    with pytest.raises(ContractError, match=r"t\.csv: a link to nothing, or no file; expected a"):
        sources.find(tmp_path, "t")


def test_parts_in_two_dialects_are_named(tmp_path):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "a.csv").write_text("a;b\n1;2\n", "utf-8")
    (tmp_path / "t" / "b.csv").write_text("a,b\n1,2\n", "utf-8")
    told = (
        r"t/: a\.csv has «;» between columns and b\.csv has «,» between columns; expected the same"
    )
    with pytest.raises(ContractError, match=told):
        sources.find(tmp_path, "t")


def test_a_part_that_begins_with_a_point_is_refused_by_name(tmp_path):
    (tmp_path / "t").mkdir()
    ROWS.to_parquet(tmp_path / "t" / "a.parquet")
    (tmp_path / "t" / "._a.parquet").touch()  # macOS writes these
    assert len(sources.find(tmp_path, "t").files) == 1
    ROWS.to_parquet(tmp_path / "t" / ".b.parquet")
    with pytest.raises(ContractError, match=r"t/: \.b\.parquet begins with a point; expected a"):
        sources.find(tmp_path, "t")
