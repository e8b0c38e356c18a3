"""An owner's files made into a contract's tables: every verb, every id form, every refusal."""

import gzip
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from naveval import cli
from naveval.project.errors import ContractError, ParameterError
from naveval.registers import contracts
from naveval.registers.mapping import apply, draft, source
from naveval.studies.hedmark.simulate.registers import simulate

README = Path(__file__).parents[3] / "params" / "registers" / "README.md"
EDUCATION = {"1": "grunnskole", "2": "videregående", "3": "høyere", "9": "ukjent"}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("made")
    simulate(folder, scale=0.0005, seed=4)
    seekers = pd.read_parquet(folder / "job_seekers").drop(columns="status")
    force = pd.read_parquet(folder / "labour_force.parquet")
    for frame in (seekers, force):
        frame["month"] = pd.to_datetime(frame["month"])
        frame["county"] = frame["county"].astype(str)
    force["persons"] = force["persons"] // 1000 * 1000 + 1000
    return {"job_seekers": seekers, "labour_force": force}


def owners(tables: dict[str, pd.DataFrame], folder: Path) -> Path:
    """The same as an owner has them: other names, codes, units; two files and a filter."""
    seekers, force = tables["job_seekers"], tables["labour_force"]
    back = {meant: code for code, meant in EDUCATION.items()}
    theirs = pd.DataFrame(
        {
            "PID": seekers["person"].astype(str),
            "MND": seekers["month"].dt.strftime("%Y%m"),
            "FYLKE": seekers["county"].astype(int),
            "KJONN": seekers["sex"].astype(str).map({"mann": 1, "kvinne": 2}),
            "FAAR": seekers["birth_year"],
            "UTD": seekers["education"].astype(str).map(back),
            "DP": np.where(seekers["benefit_right"], "J", "N"),
            "UKER": seekers["weeks_registered"],
            "REGTYPE": "ORD",
        }
    )
    other = theirs.head(5).assign(REGTYPE="ANN", PID="999999")
    half = len(theirs) // 2
    theirs.iloc[:half].to_csv(folder / "arbeidssokere_1.csv", sep=";", index=False)
    pd.concat([theirs.iloc[half:], other]).to_csv(
        folder / "arbeidssokere_2.csv", sep=";", index=False
    )
    pd.DataFrame(
        {
            "Fylke": force["county"].astype(int),
            "Mnd": force["month"].dt.strftime("%Y%m"),
            "Tusen": force["persons"] // 1000,
        }
    ).to_csv(folder / "aku.csv", sep=";", index=False)
    return folder


def mapping(**changes: object) -> dict:
    """The documented example, with changes of job_seekers' columns."""
    text = README.read_text("utf-8").split("```yaml")[1].split("```")[0]
    found = yaml.safe_load(text)
    found["tables"]["job_seekers"]["columns"] |= changes
    return found


def write(tmp_path: Path, content: dict, data: Path) -> Path:
    file = tmp_path / "eier.yml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    apply.write(source.load("hedmark", str(file)), data, tmp_path / "out")
    return tmp_path / "out"


def test_the_documented_example_gives_the_tables_back(tables, tmp_path):
    (tmp_path / "theirs").mkdir()
    out = write(tmp_path, mapping(), owners(tables, tmp_path / "theirs"))
    assert [item.column for item in contracts.check("hedmark", out)] == ["persons"]  # all in 1000
    for name, frame in tables.items():
        keys = [c for c in ("person", "county", "month") if c in frame.columns]
        found = pd.read_parquet(out / f"{name}.parquet")[list(frame.columns)]
        pd.testing.assert_frame_equal(
            found.sort_values(keys, ignore_index=True),
            frame.sort_values(keys, ignore_index=True),
            check_dtype=False,
            check_categorical=False,
        )
    assert out.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sex": {"from": "KJONN", "codes": {1: "mann"}}}, "column KJONN: .* codes that the"),
        ({"month": {"from": "MND", "form": "yyyy-mm"}}, "column MND: .* the form yyyy-mm"),
        ({"birth_year": {"from": "DP"}}, "column DP: .* read as birth_year"),
        ({"birth_year": {"from": "FAR"}}, "column FAR of the mapping is missing"),
        ({"weeks_registered": {"from": "UKER", "times": 0.3}}, "column UKER: .* read as weeks"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_is_left(tables, tmp_path, change, message):
    (tmp_path / "theirs").mkdir()
    with pytest.raises(ContractError, match=message):
        write(tmp_path, mapping(**change), owners(tables, tmp_path / "theirs"))
    assert {path.name for path in tmp_path.iterdir()} == {"theirs", "eier.yml"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sex": {"from": "KJONN", "sql": "1=1"}}, "unknown key"),
        ({"sex": {"from": "KJONN", "value": "mann"}}, "either from or value"),
        (
            {"sex": {"from": "KJONN", "codes": {1: "gutt"}}},
            "codes: 1: expected one of kvinne, mann",
        ),
        ({"shoes": {"from": "SKO"}}, "job_seekers.shoes: unknown column"),
    ],
)
def test_a_faulty_mapping_is_refused(tmp_path, change, message):
    with pytest.raises(ParameterError, match=message):
        write(tmp_path, mapping(**change), tmp_path)


def test_a_column_and_a_table_must_be_mapped(tmp_path):
    content = mapping()
    del content["tables"]["labour_force"], content["tables"]["job_seekers"]["columns"]["sex"]
    with pytest.raises(ParameterError) as caught:
        write(tmp_path, content, tmp_path)
    assert "labour_force: table is not mapped" in str(caught.value)
    assert "job_seekers.sex: is not mapped" in str(caught.value)


@pytest.mark.parametrize(
    "theirs",
    [
        {"04": "4", "16": "16"},
        {"04": "HEDMARK", "16": "Sør-Trøndelag"},
        {"04": "0402", "16": "1601"},
        {"04": "3401", "16": "5001"},
    ],
)
def test_places_of_other_years_become_those_of_the_contract(tables, tmp_path, theirs):
    (tmp_path / "theirs").mkdir()
    data = owners({name: in_two(frame) for name, frame in tables.items()}, tmp_path / "theirs")
    for file in data.iterdir():
        frame = pd.read_csv(file, sep=";", dtype=str).rename(columns={"Fylke": "FYLKE"})
        frame["FYLKE"] = frame["FYLKE"].str.zfill(2).replace(theirs)
        frame.to_csv(file, sep=";", index=False)
    content = mapping(county={"from": "FYLKE", "places": True})
    content["tables"]["labour_force"]["columns"]["county"] = {"from": "FYLKE", "places": True}
    out = write(tmp_path, content, data)
    for name in tables:
        assert set(pd.read_parquet(out / f"{name}.parquet")["county"]) == {"04", "16"}


def in_two(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["county"].isin(["04", "16"])]


def test_a_divided_place_is_refused(tables, tmp_path):
    (tmp_path / "theirs").mkdir()
    data = owners({name: in_two(frame) for name, frame in tables.items()}, tmp_path / "theirs")
    frame = pd.read_csv(data / "aku.csv", sep=";", dtype=str)
    frame.assign(Fylke=frame["Fylke"].replace("4", "3025")).to_csv(
        data / "aku.csv", sep=";", index=False
    )
    content = mapping(county={"from": "FYLKE", "places": True})
    content["tables"]["labour_force"]["columns"]["county"] = {"from": "Fylke", "places": True}
    with pytest.raises(ContractError, match=r"column Fylke: .* became, one county of the contract"):
        write(tmp_path, content, data)


def test_places_are_for_columns_of_places(tables, tmp_path):
    with pytest.raises(ParameterError, match="sex: places: expected only for county, municip"):
        write(tmp_path, mapping(sex={"from": "KJONN", "places": True}), tmp_path)


IDS = {
    "text": "CAST(id AS VARCHAR)",
    "zeros": "lpad(CAST(id AS VARCHAR), 11, '0')",
    "double": "CAST(id AS DOUBLE)",
    "decimal": "CAST(id AS DECIMAL(18, 0))",
    "integer": "id",
}


@pytest.mark.parametrize("form", IDS)
def test_an_id_in_digits_is_the_same_number_in_every_form(form):
    kind = {"double": "number", "decimal": "number", "integer": "integer"}.get(form, "text")
    sql = f"SELECT {apply.canonical_id(IDS[form], kind)} FROM (SELECT 1017012345 AS id)"
    assert duckdb.sql(sql).fetchall() == [(1017012345,)]


def test_other_ids_depend_on_the_text_alone():
    values = ["Ab-1", "aB-1 ", "6F9619FF-8B86-D011-B42D-00CF4FC964FF", "x"]
    frame = pd.DataFrame({"id": values})
    sql = f"SELECT {apply.canonical_id('id', 'text')} FROM frame"
    found = [row[0] for row in duckdb.sql(sql).fetchall()]
    assert found[0] == found[1]
    assert len(set(found)) == 3
    assert len(frame) == 4
    assert all(0 <= value < 2**60 for value in found)


def test_ids_that_would_become_one_are_refused(tables, tmp_path):
    (tmp_path / "theirs").mkdir()
    data = owners(tables, tmp_path / "theirs")
    text = (data / "arbeidssokere_1.csv").read_text("utf-8").splitlines()
    text[1] = "AB" + text[1][text[1].index(";") :]
    text[2] = "ab" + text[2][text[2].index(";") :]
    (data / "arbeidssokere_1.csv").write_text("\n".join(text) + "\n", "utf-8")
    with pytest.raises(ContractError, match=r"column PID: 1 row .* differ in case"):
        write(tmp_path, mapping(), data)


def test_a_draft_places_what_it_can_and_lists_the_rest(tables, tmp_path):
    found = draft.draft("hedmark", owners(tables, tmp_path))
    seekers = found.content["tables"]["job_seekers"]["columns"]
    assert seekers["person"] == {"from": "PID", "id": True}
    assert seekers["county"] == {"from": "FYLKE", "places": True}
    assert seekers["sex"] == {"from": "KJONN", "codes": {"1": "?", "2": "?"}}
    assert found.content["tables"]["labour_force"]["files"] == ["aku.csv"]
    assert "labour_force.persons" in found.unplaced
    assert seekers["month"] == {"from": "MND", "form": "yyyymm"}
    assert found.content["tables"]["labour_force"]["columns"]["persons"] == {"from": "?"}
    assert "job_seekers.benefit_right" in found.unplaced
    assert found.content["tables"]["job_seekers"]["files"] == [
        "arbeidssokere_1.csv",
        "arbeidssokere_2.csv",
    ]
    assert "job_seekers: column REGTYPE" in found.unused
    assert not any("column PID" in item or item.endswith(".csv") for item in found.unused)
    done = CliRunner().invoke(cli.main, ["map", "hedmark", "--data", str(tmp_path)])
    assert done.exit_code == 0
    assert "# labour_force.persons: not found" in done.output
    assert "# labour_force.persons: whole numbers" in done.output
    assert "# job_seekers.sex: one of" in done.output
    with pytest.raises(ParameterError) as caught:
        write(tmp_path, yaml.safe_load(done.output), tmp_path)
    for name in ("labour_force.persons", "job_seekers.sex", "job_seekers.benefit_right"):
        assert f"{name}: ?: to be filled in" in str(caught.value)


def test_files_are_drafted_as_the_tables_they_are_named_as(tmp_path):
    part = {"BA_REGION": ["R1"] * 12, "AARMND": [201901] * 12}
    for name, more in {
        "BEHOLDNING_2019": {"LOPENR": range(12), "ALDER": 40},
        "TILGANG": {"NYE": 3},
        "NAERING": {"NACE": "C"},
    }.items():
        pd.DataFrame(part | more).to_parquet(tmp_path / f"{name}.parquet")
    tables = draft.draft("indicator", tmp_path).content["tables"]
    files = {name: table["files"] for name, table in tables.items()}
    assert files == {
        "stock": ["BEHOLDNING_2019.parquet"],
        "hours": ["?"],
        "inflow": ["TILGANG.parquet"],
        "industry": ["NAERING.parquet"],
    }


def market(folder, **files):
    """Files with a region and a month, and other columns."""
    part = {"BA_REGION": ["R1", "R2"] * 6, "AARMND": [201901 + k // 2 for k in range(12)]}
    for name, more in files.items():
        pd.DataFrame(part | more).to_parquet(folder / f"{name}.parquet")
    return draft.draft("indicator", folder)


def test_files_of_persons_are_no_table_of_regions(tmp_path):
    person = {"LOPENR": range(12), "ALDER": 40, "KONTOR": "0301"}
    found = market(tmp_path, REG_2019=person, REG_2020=person)
    files = {name: table["files"] for name, table in found.content["tables"].items()}
    assert files["inflow"] == files["industry"] == ["?"]
    assert "# inflow: no file found; name it" in found.text()


def test_a_file_with_several_rows_per_region_and_month_is_no_table_of_one(tmp_path):
    part = {"BA_REGION": ["R1"] * 12, "AARMND": [201901] * 12, "KRYPTERT": range(12)}
    pd.DataFrame(part).to_parquet(tmp_path / "UTTREKK.parquet")
    found = draft.draft("indicator", tmp_path)
    assert found.content["tables"]["inflow"]["files"] == ["?"]
    assert found.content["tables"]["industry"]["files"] == ["?"]
    assert "# industry: files not decided; choose among UTTREKK.parquet" in found.text()
    assert "# UTTREKK.parquet: not used" in found.text()


def test_a_table_is_left_open_where_files_fit_alike_and_the_files_are_named(tmp_path):
    found = market(tmp_path, uttrekk_a={"ANT": 3}, uttrekk_b={"VERDI": 7})
    tables = found.content["tables"]
    assert tables["inflow"]["files"] == tables["industry"]["files"] == ["?"]
    words = "files not decided; choose among uttrekk_a.parquet, uttrekk_b.parquet"
    assert f"# inflow: {words}" in found.text()
    assert f"# industry: {words}" in found.text()


def test_a_column_that_one_table_has_decides(tmp_path):
    found = market(tmp_path, uttrekk_a={"SYSSELSATTE": 3}, uttrekk_b={"NYE_LEDIGE": 7})
    files = {name: table["files"] for name, table in found.content["tables"].items()}
    assert files["industry"] == ["uttrekk_a.parquet"]
    assert files["inflow"] == ["uttrekk_b.parquet"]


def test_the_help_of_the_command_names_every_verb():
    told = CliRunner().invoke(cli.main, ["map", "--help"]).output
    names = {field.alias or name for name, field in source.ColumnMapping.model_fields.items()}
    assert not [name for name in names if f"`{name}`" not in told]


def test_a_draft_names_files_that_are_not_read_and_reads_gzipped_ones(tables, tmp_path):
    data = owners(tables, tmp_path)
    (data / "aku.csv.gz").write_bytes(gzip.compress((data / "aku.csv").read_bytes()))
    (data / "aku.csv").unlink()
    (data / "timer.xlsx").write_bytes(b"PK")
    found = draft.draft("hedmark", data)
    assert found.content["tables"]["labour_force"]["files"] == ["aku.csv.gz"]
    files = [name.partition(" ")[0] for name in found.unused if "column" not in name]
    assert files == ["timer.xlsx"]
    assert "# timer.xlsx (no file that can be read" in found.text()


def seekers_with(data: Path, column: str, values: list[str]) -> None:
    """The first rows of an owner's first file get other values in a column."""
    file = data / "arbeidssokere_1.csv"
    frame = pd.read_csv(file, sep=";", dtype=str)
    frame.loc[: len(values) - 1, column] = values
    frame.to_csv(file, sep=";", index=False)


@pytest.mark.parametrize("given", ["01810750045", "018107 50045"])
def test_a_few_identity_numbers_among_the_ids_are_refused_unseen(tables, tmp_path, given):
    (tmp_path / "theirs").mkdir()
    data = owners(tables, tmp_path / "theirs")
    seekers_with(data, "PID", [given])
    with pytest.raises(ContractError, match="national identity numbers") as caught:
        write(tmp_path, mapping(), data)
    assert "50045" not in str(caught.value)


@pytest.mark.parametrize("word", ["NULL", ".", "-", ".."])
def test_a_word_for_no_value_is_no_person(tables, tmp_path, word):
    (tmp_path / "theirs").mkdir()
    data = owners(tables, tmp_path / "theirs")
    seekers_with(data, "PID", [word, word])
    with pytest.raises(ContractError, match=r"column PID: 2 rows .* write missing: \["):
        write(tmp_path, mapping(), data)


def test_cells_without_a_value_have_a_code(tables, tmp_path):
    (tmp_path / "theirs").mkdir()
    data = owners(tables, tmp_path / "theirs")
    seekers_with(data, "UTD", ["", "NULL", "..", " "])
    codes = {"": "ukjent", **EDUCATION}
    change = {"education": {"from": "UTD", "codes": codes, "missing": ["NULL", ".."]}}
    out = write(tmp_path, mapping(**change), data)
    found = pd.read_parquet(out / "job_seekers.parquet")["education"]
    given = pd.concat(
        pd.read_csv(file, sep=";", dtype=str) for file in data.glob("arbeidssokere_*")
    )
    # The rows come in no promised order; four cells of the given ones hold no value.
    expected = given.loc[given["REGTYPE"] == "ORD", "UTD"].map(EDUCATION).fillna("ukjent")
    assert (expected == "ukjent").sum() >= 4
    assert found.value_counts().to_dict() == expected.value_counts().to_dict()


def test_cells_without_a_value_have_a_number(tables, tmp_path):
    (tmp_path / "theirs").mkdir()
    data = owners(tables, tmp_path / "theirs")
    seekers_with(data, "UKER", ["", "..", " "])
    before = pd.concat(
        pd.read_csv(file, sep=";", dtype=str) for file in data.glob("arbeidssokere_*")
    ).query("REGTYPE == 'ORD'")["UKER"]
    change = {"weeks_registered": {"from": "UKER", "missing": [".."], "blank": 0}}
    found = pd.read_parquet(write(tmp_path, mapping(**change), data) / "job_seekers.parquet")
    empty = before.isna() | before.isin([" ", ".."])
    assert empty.sum() >= 3
    assert found["weeks_registered"].sum() == before[~empty].astype(int).sum()
    assert not found["weeks_registered"].isna().any()


@pytest.mark.parametrize("kind", ["TIMESTAMP", "DATE", "TIMESTAMP WITH TIME ZONE"])
@pytest.mark.parametrize(("wanted", "expected"), [("text", "2020-03"), ("integer", 202003)])
def test_a_column_of_dates_becomes_the_months_of_the_contract(tmp_path, kind, wanted, expected):
    file = tmp_path / "theirs.parquet"
    duckdb.query(f"SELECT CAST('2020-03-31 00:00:00' AS {kind}) AS d").write_parquet(str(file))
    column = source.ColumnMapping.model_validate({"from": "d", "form": "date"})
    sql = apply.value_sql("d", kind, column, wanted, None)
    assert duckdb.query(f"SELECT {sql} FROM '{file}'").fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("form", "kind", "given"),
    [
        ("sas", "DOUBLE", 20057),
        ("td", "BIGINT", 20057),
        ("tm", "DOUBLE", 658),
        ("excel", "VARCHAR", 41973),
    ],
)
def test_numbers_counted_from_a_day_become_days_and_months(form, kind, given):
    column = source.ColumnMapping.model_validate({"from": "d", "form": form})
    expected = {"text": "2014-11", "integer": 201411}
    for wanted, month in expected.items():
        sql = apply.value_sql("d", kind, column, wanted, None)
        found = duckdb.query(f"SELECT {sql} FROM (SELECT CAST({given} AS {kind}) AS d)")
        assert found.fetchall() == [(month,)]
    day = apply.value_sql("d", kind, column, "date", None)
    rows = f"SELECT CAST({day} AS VARCHAR) FROM (SELECT CAST({given} AS {kind}) AS d)"
    first = "2014-11-01" if form == "tm" else "2014-11-30"
    assert duckdb.query(rows).fetchall()[0][0].startswith(first)


@pytest.mark.parametrize(
    ("form", "number"),
    [
        ("sas", lambda month: (month - pd.Timestamp("1960-01-01")).days),
        ("tm", lambda month: 12 * (month.year - 1960) + month.month - 1),
        ("excel", lambda month: (month - pd.Timestamp("1899-12-30")).days),
        ("yyyymm", lambda month: 100 * month.year + month.month),
    ],
)
def test_numbers_that_look_like_months_need_a_form(tables, tmp_path, form, number):
    (tmp_path / "theirs").mkdir()
    data = owners(tables, tmp_path / "theirs")
    theirs = pd.read_csv(data / "aku.csv", sep=";")
    theirs["Mnd"] = pd.to_datetime(theirs["Mnd"].astype(str), format="%Y%m").map(number)
    theirs.to_csv(data / "aku.csv", sep=";", index=False)
    content = mapping()
    months = content["tables"]["labour_force"]["columns"]["month"]
    del months["form"]
    with pytest.raises(
        ContractError,
        match=rf"column Mnd: 2128 rows .first: 1 in aku.csv.*expected form: {form} for",
    ):
        write(tmp_path, content, data)
    found = draft.draft("hedmark", data).content["tables"]["labour_force"]["columns"]
    assert found["month"] == {"from": "Mnd", "form": form}
    months["form"] = form
    out = write(tmp_path, content, data)
    given = pd.read_parquet(out / "labour_force.parquet")["month"]
    assert sorted(given.unique()) == sorted(tables["labour_force"]["month"].unique())


@pytest.mark.parametrize(
    ("form", "given"),
    [("yyyyMmm", "%YM%m"), ("yyyyMmm", "%Ym%m"), ("yyyy-Mmm", "%Y-M%m"), ("dd.mm.yyyy", "end")],
)
def test_months_in_other_forms_and_the_last_days_of_months_become_months(tables, form, given):
    months = tables["labour_force"]["month"].drop_duplicates()
    ends = (months + pd.offsets.MonthEnd()).dt.strftime("%d.%m.%Y")
    theirs = pd.DataFrame({"d": ends if given == "end" else months.dt.strftime(given)})
    column = source.ColumnMapping.model_validate({"from": "d", "form": form})
    sql = apply.value_sql("d", "VARCHAR", column, "text", None)
    found = duckdb.query(f"SELECT {sql} FROM theirs").fetchall()
    assert len(theirs) == len(found)
    assert [month for (month,) in found] == months.dt.strftime("%Y-%m").to_list()


def test_last_days_of_months_are_months_in_the_tables_too(tables, tmp_path):
    (tmp_path / "theirs").mkdir()
    data = owners(tables, tmp_path / "theirs")
    for name, column in (("arbeidssokere_1", "MND"), ("arbeidssokere_2", "MND"), ("aku", "Mnd")):
        theirs = pd.read_csv(data / f"{name}.csv", sep=";", dtype=str)
        ends = pd.to_datetime(theirs[column], format="%Y%m") + pd.offsets.MonthEnd()
        theirs[column] = ends.dt.strftime("%d.%m.%Y")
        theirs.to_csv(data / f"{name}.csv", sep=";", index=False)
    content = mapping(month={"from": "MND", "form": "dd.mm.yyyy"})
    content["tables"]["labour_force"]["columns"]["month"]["form"] = "dd.mm.yyyy"
    out = write(tmp_path, content, data)
    found = pd.read_parquet(out / "job_seekers.parquet")["month"]
    assert set(found) == set(tables["job_seekers"]["month"])


@pytest.mark.parametrize(
    ("year", "name", "code"),
    [
        (2024, "Nordland - Nordlánnda", "18"),
        (2024, "Trøndelag - Trööndelage", "50"),
        (2024, "Hedmark", "34"),
        (2022, "Troms og Finnmark - Romsa ja Finnmárku", "54"),
        (2024, "Troms og Finnmark - Romsa ja Finnmárku", None),
    ],
)
def test_names_of_counties_of_any_year_and_in_two_languages(year, name, code):
    with duckdb.connect() as connection:
        apply.register_places(connection, year)
        sql = apply.placed("x", "county")
        rows = connection.execute(f"SELECT {sql} FROM (SELECT ? AS x)", [name]).fetchall()
    assert rows == [(code,)]


@pytest.mark.parametrize(
    ("column", "theirs", "word"),
    [
        ("education", "UTD", "NULL"),
        ("education", "UTD", "Ikke oppgitt"),
        ("education", "UTD", "9999"),
        ("birth_year", "FAAR", "NA"),
        ("weeks_registered", "UKER", "-"),
    ],
)
def test_a_word_for_no_value_is_no_value(tables, tmp_path, column, theirs, word):
    (tmp_path / "theirs").mkdir()
    data = owners(tables, tmp_path / "theirs")
    seekers_with(data, theirs, [word, "\u00a0", word])
    line = rf"column {theirs}: 2 rows \(first: 1 in .*, 3 in .*write missing: \[.{word}.\] at"
    with pytest.raises(ContractError, match=line):
        write(tmp_path, mapping(**{column: {"from": theirs}}), data)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["2,5", "2.5", "3,5"], "1 row .first: 2 in aku.csv.*the same decimal mark in all values"),
        (["2.500", "3,5", "4,5"], "1 row .*read as persons"),
        (["2 500", "3500", "4500"], "1 row .*thousands separated in all"),
    ],
)
def test_numbers_in_two_forms_are_refused_with_a_factor_too(tables, tmp_path, values, message):
    (tmp_path / "theirs").mkdir()
    data = owners(tables, tmp_path / "theirs")
    frame = pd.read_csv(data / "aku.csv", sep=";", dtype=str)
    frame["Tusen"] = (values * len(frame))[: len(frame)]
    frame.loc[3:, "Tusen"] = values[-1]
    frame.to_csv(data / "aku.csv", sep=";", index=False)
    with pytest.raises(ContractError, match=f"column Tusen: {message}"):
        write(tmp_path, mapping(), data)
    (tmp_path / "one").mkdir()
    frame.assign(Tusen=values[-1]).to_csv(data / "aku.csv", sep=";", index=False)
    made = write(tmp_path / "one", mapping(), data)
    expected = 1000 * float(values[-1].replace(",", "."))
    assert set(pd.read_parquet(made / "labour_force.parquet")["persons"]) == {expected}


def test_rows_with_some_codes_are_left_out(tables, tmp_path):
    data = owners(tables, tmp_path)
    content = mapping()
    content["tables"]["job_seekers"] |= {"where": {}, "without": {"REGTYPE": ["ANN", ""]}}
    out = write(tmp_path, content, data)
    assert len(pd.read_parquet(out / "job_seekers.parquet")) == len(tables["job_seekers"])


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"where": {"REGTYPE": ["ordin"]}}, "where: REGTYPE keeps 0 of"),
        ({"where": {}, "without": {"REGTYPE": ["ORD", "ANN"]}}, "without: REGTYPE keeps 0 of"),
        ({"where": {"TYPE": ["ORD"]}}, "column TYPE of the mapping is missing"),
    ],
)
def test_a_filter_that_leaves_no_row_is_refused(tables, tmp_path, filters, message):
    data = owners(tables, tmp_path)
    content = mapping()
    content["tables"]["job_seekers"] |= filters
    with pytest.raises(ContractError, match=message):
        write(tmp_path, content, data)


def test_all_faults_of_all_tables_are_told_at_once(tables, tmp_path):
    data = owners(tables, tmp_path)
    content = mapping(
        sex={"from": "KJONN", "codes": {1: "mann"}},
        birth_year={"from": "FODT"},
        education={"from": "UTD", "codes": {1: "grunnskole"}},
    )
    content["tables"]["labour_force"]["columns"]["month"]["form"] = "yyyymmdd"
    with pytest.raises(ContractError) as caught:
        write(tmp_path, content, data)
    told = str(caught.value).splitlines()
    for words in ("column KJONN", "column FODT", "column UTD", "column Mnd"):
        assert sum(words in text for text in told) == 1, told
    assert len(told) == 4
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("file", ["../aku.csv", "/aku.csv"])
def test_a_file_outside_the_folder_is_told_so(tables, tmp_path, file):
    (tmp_path / "data").mkdir()
    data = owners(tables, tmp_path / "data")
    content = mapping()
    content["tables"]["labour_force"]["files"] = [file]
    with pytest.raises(ContractError, match="lies outside data"):
        write(tmp_path, content, data)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"from": "UKER", "codes": {1: 2}, "times": 2}, "codes, times: only the first"),
        ({"from": "UKER", "pad": 2, "form": "yyyymm"}, "form, pad: only the first"),
        ({"value": 3, "missing": ["9"]}, "nothing beside value"),
        ({"value": 3, "blank": 0}, "nothing beside value"),
        ({"from": "UKER", "codes": {1: 2}, "blank": 0}, 'write it as "": … among them'),
    ],
)
def test_verbs_that_would_be_passed_over_are_refused(tables, tmp_path, column, message):
    data = owners(tables, tmp_path)
    with pytest.raises(ParameterError, match=message):
        write(tmp_path, mapping(weeks_registered=column), data)


def test_check_names_the_owners_file_and_row(tables, tmp_path):
    data = owners(tables, tmp_path)
    theirs = pd.read_csv(data / "arbeidssokere_2.csv", sep=";", dtype=str)
    theirs.loc[[3, 8], "FAAR"] = "2011"
    theirs.to_csv(data / "arbeidssokere_2.csv", sep=";", index=False)
    out = write(tmp_path, mapping(), data)
    (told,) = (item for item in contracts.check("hedmark", out) if "2005" in item.expected)
    assert told.rows == (("arbeidssokere_2.csv", 4), ("arbeidssokere_2.csv", 9))
    assert "2 rows (first: 4 in arbeidssokere_2.csv, 9 in arbeidssokere_2.csv)" in str(told)


def test_a_code_that_the_mapping_does_not_name_is_named_and_no_id_is(tables, tmp_path):
    (tmp_path / "theirs").mkdir()
    theirs = owners(tables, tmp_path / "theirs")
    content = mapping(sex={"from": "KJONN", "codes": {1: "mann"}})
    with pytest.raises(ContractError, match=r'names for sex; found "2" in [0-9]+ rows'):
        write(tmp_path, content, theirs)
    content = mapping(sex={"from": "PID", "codes": {1: "mann"}})
    with pytest.raises(ContractError, match=r"names for sex; found values that are not shown"):
        write(tmp_path, content, theirs)


@pytest.mark.parametrize("verb", ["where", "without"])
def test_rows_whose_code_a_filter_writes_in_other_letters_are_refused(tables, tmp_path, verb):
    (tmp_path / "theirs").mkdir()
    data = owners(tables, tmp_path / "theirs")
    seekers_with(data, "REGTYPE", ["Ann", "ANN", "ann"])
    content = mapping()
    content["tables"]["job_seekers"].pop("where")
    content["tables"]["job_seekers"][verb] = {"REGTYPE": ["ANN"]}
    line = r"column REGTYPE: 2 rows \(first: 1 in .*, 3 in .*expected codes in the letters"
    with pytest.raises(ContractError, match=line):
        write(tmp_path, content, data)


def test_a_part_that_a_pattern_leaves_out_by_its_ending_is_named(tables, tmp_path):
    (tmp_path / "theirs").mkdir()
    data = owners(tables, tmp_path / "theirs")
    part = data / "arbeidssokere_2.csv"
    (data / "arbeidssokere_2.csv.gz").write_bytes(gzip.compress(part.read_bytes()))
    part.unlink()
    with pytest.raises(ContractError, match=r"leaves arbeidssokere_2\.csv\.gz out by its ending"):
        write(tmp_path, mapping(), data)


def test_the_rows_of_each_table_and_what_each_filter_leaves_out_are_told(tables, tmp_path):
    data = owners(tables, tmp_path)
    seekers_with(data, "REGTYPE", ["ORD", "PERM", "PERM", "ORD", ""])
    file = tmp_path / "eier.yml"
    content = mapping()
    content["tables"]["job_seekers"] |= {"without": {"REGTYPE": [""]}}
    file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    out = tmp_path / "out"
    given = ["map", "hedmark", "--data", str(data), "--with", str(file), "--out", str(out)]
    done = CliRunner().invoke(cli.main, given)
    assert done.exit_code == 0, done.output
    seekers, force = done.output.splitlines()
    kept, whole = len(pd.read_parquet(out / "job_seekers.parquet")), rows_of(data)
    assert whole - kept >= 3
    assert seekers == (
        f"{out / 'job_seekers.parquet'}: {kept} of {whole} rows; "
        f"left out: {whole - kept} by where: REGTYPE, 1 by without: REGTYPE"
    )
    n = len(tables["labour_force"])
    assert force == f"{out / 'labour_force.parquet'}: {n} of {n} rows; left out: none"


def rows_of(data: Path) -> int:
    return sum(len(file.read_text("utf-8").splitlines()) - 1 for file in data.glob("arbeid*.csv"))


def test_what_mends_an_unknown_code_or_a_total_is_told(tables, tmp_path):
    data = owners(tables, tmp_path)
    seekers_with(data, "KJONN", ["3"])
    text = (data / "aku.csv").read_text("utf-8").splitlines()
    text[1] = "00" + text[1][text[1].index(";") :]
    (data / "aku.csv").write_text("\n".join(text) + "\n", "utf-8")
    with pytest.raises(ContractError) as caught:
        write(tmp_path, mapping(), data)
    told = str(caught.value).splitlines()
    assert told[0].endswith(
        'found "3" in 1 row; rows of other codes are left out by without: {KJONN: [code]}'
    )
    assert told[1].endswith(
        'found "00" in 1 row; rows of totals or unknown places are left out '
        "by without: {Fylke: [code]}"
    )


@pytest.mark.parametrize(
    ("column", "theirs"),
    [
        ("birth_year", "FOEDT_AAR"),
        ("birth_year", "fødselsår"),
        ("education", "NUS_NIVAA"),
        ("county", "KOMMNR"),
        ("benefit_right", "Dagp_Rett"),
        ("weeks_registered", "UKER_REG"),
        ("person", "FK_PERSON"),
        ("month", "AAR_MND"),
    ],
)
def test_ordinary_names_are_placed(column, theirs):
    synonyms = yaml.safe_load((README.parents[2] / "report/registers/common.yml").read_text())
    placed = draft.matched(["X", theirs], ["persons", column], synonyms["synonyms"])
    assert placed == {column: theirs}


def test_a_name_of_its_own_goes_before_one_like_it():
    synonyms = {"county": ["fylke", "kommune"], "municipality": ["kommune"]}
    asked = ["county", "municipality"]
    assert draft.matched(["KOMMUNE", "FYLKE_NR"], asked, synonyms) == {
        "county": "FYLKE_NR",
        "municipality": "KOMMUNE",
    }
    assert draft.matched(["Kommune"], ["county"], synonyms) == {"county": "Kommune"}


def test_letters_that_codes_begin_with_are_drafted_as_these(tmp_path):
    part = {"AARMND": [201401] * 40, "LNR": range(40)}
    more = {"KJONN": ["K", "M"] * 20, "DAGP": ["J", "N"] * 20, "UTD": ["V", "H"] * 20}
    pd.DataFrame(part | more).to_parquet(tmp_path / "arbsok.parquet")
    columns = draft.draft("hedmark", tmp_path).content["tables"]["job_seekers"]["columns"]
    assert columns["sex"]["codes"] == {"K": "kvinne", "M": "mann"}
    assert columns["benefit_right"]["codes"] == {"J": True, "N": False}
    assert columns["education"]["codes"] == {"H": "høyere", "V": "videregående"}


@pytest.mark.parametrize("lacking", ["arbeidssokere_*.csv", "arbeidssokere_1.csv", "aku.csv"])
def test_a_file_without_names_of_columns_shows_no_value(tables, tmp_path, lacking):
    data = owners(tables, tmp_path)
    for file in data.glob(lacking):
        file.write_text("".join(file.read_text("utf-8").splitlines(True)[1:]), "utf-8")
    first = next(data.glob(lacking)).read_text("utf-8").splitlines()[0]
    for act in (lambda: write(tmp_path, mapping(), data), lambda: draft.draft("hedmark", data)):
        with pytest.raises(ContractError) as caught:
            act()
        assert "line 1 holds values; expected the names of the columns there" in str(caught.value)
        assert first not in str(caught.value)


def test_a_parquet_file_named_by_its_first_row_shows_no_value(tables, tmp_path):
    data = owners(tables, tmp_path)
    frame = pd.read_csv(data / "aku.csv", sep=";", dtype=str)
    (data / "aku.csv").unlink()
    frame.columns = ["2f1c9a0b77", "200612", "Ola"]
    frame.to_parquet(data / "aku.parquet")
    content = mapping()
    content["tables"]["labour_force"]["files"] = ["aku.parquet"]
    with pytest.raises(ContractError) as caught:
        write(tmp_path, content, data)
    assert "expected one of Ola and 2 that are not shown" in str(caught.value)
    assert "2f1c9a0b77" not in str(caught.value)
