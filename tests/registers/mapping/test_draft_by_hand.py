"""What a draft places of small files, what it leaves open, and what it says of the rest."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest
import yaml

from naveval.project import catalogue, paths
from naveval.project.errors import ContractError
from naveval.registers.mapping import draft

SYNONYMS = {"county": ["fylke"], "month": ["mnd"], "sex": ["kjonn"], "stock": ["beholdning"]}


@pytest.fixture(autouse=True)
def report(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("report")
    (folder / "registers").mkdir()
    text = yaml.safe_dump({"synonyms": SYNONYMS})
    (folder / "registers" / "common.yml").write_text(text, "utf-8")
    monkeypatch.setattr(paths, "report_dir", lambda: folder)


def schema(*names: str, unique: list[str] | None = None, **columns: Any) -> pa.DataFrameSchema:
    declared = {name: pa.Column(str) for name in names} | columns
    return pa.DataFrameSchema(declared, unique=unique)


def drafted(monkeypatch: pytest.MonkeyPatch, data: Path, **tables: Any) -> draft.Draft:
    def module(study: str, part: str) -> SimpleNamespace:
        assert (study, part) == ("toy", "contracts")
        return SimpleNamespace(TABLES=tables)

    monkeypatch.setattr(catalogue, "module", module)
    return draft.draft("toy", data)


def put(folder: Path, name: str, columns: dict[str, Any]) -> None:
    pd.DataFrame(columns).to_csv(folder / name, sep=";", index=False)


def files(found: draft.Draft) -> dict[str, list[str]]:
    return {name: table["files"] for name, table in found.content["tables"].items()}


ROWS = {"FYLKE": ["03", "04"] * 10, "MND": ["2014-01"] * 20}
LONG = range(1000, 1020)


def test_a_draft_is_written_with_what_is_open_first(tmp_path, monkeypatch) -> None:
    put(tmp_path, "stock.csv", ROWS | {"KJONN": [1, 2] * 10, "ANNET": LONG})
    put(tmp_path, "ekstra.csv", {"x": [1]})
    (tmp_path / "les.txt").write_text("x", "utf-8")
    sexes = pa.Column(str, pa.Check.isin(["k", "m"]))
    stock = schema("month", sex=sexes, county=pa.Column(str), age=pa.Column(int))
    found = drafted(monkeypatch, tmp_path, stock=stock, flow=schema("b", "c", "d"))
    assert found.unplaced == ("stock.age", "flow")
    assert found.unused == (
        "ekstra.csv",
        "stock: column ANNET",
        "les.txt (no file that can be read; save it as CSV or Parquet)",
    )
    assert found.asked == {
        "stock.sex": 'one of "k", "m"',
        "stock.age": "whole numbers",
        **{f"flow.{name}": "text" for name in "bcd"},
    }
    assert found.candidates == {}
    assert found.text().splitlines() == [
        "# stock.age: not found; give from or value",
        "# flow: no file found; name it",
        '# stock.sex: one of "k", "m"',
        "# stock.age: whole numbers",
        "# flow.b: text",
        "# flow.c: text",
        "# flow.d: text",
        "# ekstra.csv: not used",
        "# stock: column ANNET: not used",
        "# les.txt (no file that can be read; save it as CSV or Parquet): not used",
        "study: toy",
        "tables:",
        "  stock:",
        "    files:",
        "    - stock.csv",
        "    columns:",
        "      month:",
        "        from: MND",
        "      sex:",
        "        from: KJONN",
        "        codes:",
        "          '1': '?'",
        "          '2': '?'",
        "      county:",
        "        from: FYLKE",
        "        places: true",
        "      age:",
        "        from: '?'",
        "  flow:",
        "    files:",
        "    - '?'",
        "    columns:",
        *(line for name in "bcd" for line in (f"      {name}:", "        from: '?'")),
    ]


def test_nothing_to_draft_from_is_told(tmp_path, monkeypatch) -> None:
    with pytest.raises(ContractError) as raised:
        drafted(monkeypatch, tmp_path / "none", stock=schema("a"))
    said = f"{tmp_path / 'none'}: no such folder; expected a folder with register extracts"
    assert str(raised.value) == said
    (tmp_path / "les.txt").write_text("x", "utf-8")
    with pytest.raises(ContractError) as raised:
        drafted(monkeypatch, tmp_path, stock=schema("a"))
    assert str(raised.value).startswith(f"{tmp_path}: no file that ends in .parquet, .csv")


def test_parts_of_a_table_differ_in_digits_and_lie_where_they_lie(tmp_path, monkeypatch) -> None:
    (tmp_path / "inne").mkdir()
    for name in ("Beholdning_2014.csv", "inne/beholdning_2015.csv"):
        put(tmp_path, name, ROWS)
    put(tmp_path, "beholdning_2016.csv", {"FYLKE": ["03"], "ANNET": ["a"]})  # of other columns
    found = drafted(monkeypatch, tmp_path, stock=schema("county", "month"))
    assert files(found)["stock"] == ["Beholdning_2014.csv", "inne/beholdning_2015.csv"]
    assert found.unused == ("beholdning_2016.csv",)


@pytest.mark.parametrize(
    ("columns", "asked", "taken"),
    [
        ({"a": ["x"]}, "abc", True),  # a third of the columns
        ({"a": ["x"]}, "abcd", False),
        ({"a": ["x"], "b": ["x"]}, "abcdefgh", True),  # two that no other table has
        ({"a": ["x"], "LOPENR": [1]}, "abc", True),
    ],
)
def test_a_file_is_a_tables_by_a_third_of_its_columns_or_two_of_its_own(
    tmp_path, monkeypatch, columns, asked, taken
) -> None:
    put(tmp_path, "uttrekk.csv", columns)
    found = drafted(monkeypatch, tmp_path, stock=schema(*asked))
    assert (files(found)["stock"] == ["uttrekk.csv"]) == taken
    assert found.candidates == {}
    assert (found.unused == ("uttrekk.csv",)) == (not taken)


def test_a_file_of_persons_or_with_more_rows_is_no_table_of_one_per_place(
    tmp_path, monkeypatch
) -> None:
    stock = schema("county", "month", "n", unique=["county", "month"])
    for columns, taken in (
        (ROWS | {"n": LONG}, False),
        ({"FYLKE": ["03", "04"], "MND": ["2014-01"] * 2, "n": [1, 2]}, True),
        ({"FYLKE": ["03", "03"], "MND": ["2014-01", "2014-02"], "n": [1, 2]}, True),
        ({"FYLKE": ["03", "03"], "n": [1, 2]}, True),  # of which the key is not known
        ({"FYLKE": ["03"], "MND": ["2014-01"], "n": [1], "person": [7]}, False),
    ):
        put(tmp_path, "uttrekk.csv", columns)
        found = drafted(monkeypatch, tmp_path, stock=stock)
        assert (files(found)["stock"] == ["uttrekk.csv"]) == taken, columns
        assert found.candidates == {}
    persons = schema("county", "month", "n", "person")
    assert files(drafted(monkeypatch, tmp_path, stock=persons))["stock"] == ["uttrekk.csv"]


def test_half_of_the_columns_are_not_most_of_them(tmp_path, monkeypatch) -> None:
    """Of columns that all tables have; what one has alone is sure."""
    put(tmp_path, "uttrekk.csv", {"a": ["x"], "b": ["x"]})
    one, other = schema("a", "b", "c", "d"), schema("a", "b", "e", "f", "g", "h", "i")
    found = drafted(monkeypatch, tmp_path, one=one, other=other)
    assert files(found) == {"one": ["?"], "other": ["?"]}
    assert found.candidates == {"one": ("uttrekk.csv",)}
    found = drafted(monkeypatch, tmp_path, one=schema("a", "b", "c"), other=other)
    assert files(found) == {"one": ["uttrekk.csv"], "other": ["?"]}
    found = drafted(monkeypatch, tmp_path, one=one)
    assert files(found) == {"one": ["uttrekk.csv"]}


def test_the_best_file_goes_first_and_the_next_table_has_what_is_left(
    tmp_path, monkeypatch
) -> None:
    put(tmp_path, "p.csv", {"a": ["x"], "b": ["x"], "c": ["x"]})
    put(tmp_path, "q.csv", {"a": ["x"], "b": ["x"], "d": ["x"]})
    one, two = schema("a", "b", "c"), schema("a", "b", "d")
    found = drafted(monkeypatch, tmp_path, two=two, one=one)
    assert files(found) == {"two": ["q.csv"], "one": ["p.csv"]}
    assert found.candidates == {}
    assert found.unused == ()


def test_two_files_that_fit_a_table_alike_are_candidates(tmp_path, monkeypatch) -> None:
    for name in ("p.csv", "q.csv"):
        put(tmp_path, name, {"a": ["x"], "b": ["x"]})
    found = drafted(monkeypatch, tmp_path, one=schema("a", "b", "c"))
    assert files(found) == {"one": ["?"]}
    assert found.candidates == {"one": ("p.csv", "q.csv")}
    assert found.unplaced == ("one",)
    assert found.text().startswith("# one: files not decided; choose among p.csv, q.csv\n")


def test_a_name_decides_where_the_columns_fit_another(tmp_path, monkeypatch) -> None:
    put(tmp_path, "BEHOLDNING_14.csv", {"b": ["x"], "c": ["x"]})
    put(tmp_path, "uttrekk.csv", {"b": ["x"], "c": ["x"]})
    found = drafted(monkeypatch, tmp_path, stock=schema("a", "b"), flow=schema("b", "c"))
    assert files(found) == {"stock": ["BEHOLDNING_14.csv"], "flow": ["uttrekk.csv"]}


CODES = pa.Column(str, pa.Check.isin(["03", "04", "11"]))


@pytest.mark.parametrize(
    ("declared", "values", "verbs"),
    [
        (CODES, ["3", "4"], {"pad": 2}),
        (CODES, ["03", "04"], {}),
        (CODES, ["3", "44"], {"pad": 2, "codes": {"3": "?", "44": "?"}}),
        (pa.Column(str, pa.Check.isin(["k", "m"])), ["K", "M"], {}),
        (pa.Column(str, pa.Check.isin(["kvinne", "mann"])), ["K", "M"], "begun"),
        (pa.Column(str, pa.Check.isin(["ka", "kb"])), ["K", "M"], {"codes": {"K": "?", "M": "?"}}),
        (pa.Column(bool), ["J", "N"], {"codes": {"J": True, "N": False}}),
        (pa.Column(bool), ["true", "false"], {}),
        (pa.Column(bool), ["1", "2"], {"codes": {"1": "?", "2": "?"}}),
        (pa.Column(int), ["1", "2"], {}),
        (pa.Column(str), ["201401", "201402"], {}),
    ],
)
def test_the_verbs_that_values_call_for(tmp_path, monkeypatch, declared, values, verbs) -> None:
    put(tmp_path, "one.csv", {"x": values * 10, "y": "a"})
    found = drafted(monkeypatch, tmp_path, one=schema("y", x=declared))
    wanted = {"codes": {"K": "kvinne", "M": "mann"}} if verbs == "begun" else verbs
    assert found.content["tables"]["one"]["columns"]["x"] == {"from": "x"} | wanted


@pytest.mark.parametrize(
    ("name", "declared", "verbs"),
    [("person", pa.Column(int), {"id": True}), ("county", CODES, {"places": True})],
)
def test_persons_and_places_have_verbs_of_their_own(
    tmp_path, monkeypatch, name, declared, verbs
) -> None:
    put(tmp_path, "one.csv", {name: ["3", "4"] * 10, "y": "a"})
    found = drafted(monkeypatch, tmp_path, one=schema("y", **{name: declared}))
    assert found.content["tables"]["one"]["columns"][name] == {"from": name} | verbs


def test_months_in_another_form_have_it_named(tmp_path, monkeypatch) -> None:
    month = pa.Column(str, pa.Check.str_matches(r"^[0-9]{4}-(0[1-9]|1[0-2])$"))
    for values, verbs in ((["201401", "201402"], {"form": "yyyymm"}), (["2014-01"] * 2, {})):
        put(tmp_path, "one.csv", {"mnd": values, "y": "a"})
        found = drafted(monkeypatch, tmp_path, one=schema("y", month=month))
        assert found.content["tables"]["one"]["columns"]["month"] == {"from": "mnd"} | verbs


@pytest.mark.parametrize(
    ("values", "placed"),
    [
        (["k", "m"] * 10, True),
        (["k", "k", "m"] * 9 + ["m"], True),
        (["k"] * 20 + ["m"] * 9, False),  # few, who could be known
        (["k", "x"] * 10, False),
    ],
)
def test_a_column_is_placed_by_its_codes(tmp_path, monkeypatch, values, placed) -> None:
    put(tmp_path, "one.csv", {"q": values, "y": "a"})
    sexes = pa.Column(str, pa.Check.isin(["k", "m"]))
    found = drafted(monkeypatch, tmp_path, one=schema("y", sex=sexes))
    column = found.content["tables"]["one"]["columns"]["sex"]
    assert column == ({"from": "q"} if placed else {"from": "?"})
    put(tmp_path, "one.csv", {"q": values, "r": values, "y": "a"})
    found = drafted(monkeypatch, tmp_path, one=schema("y", sex=sexes))
    assert found.content["tables"]["one"]["columns"]["sex"] == {"from": "?"}


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([f"c{k:02d}" for k in range(12)], True),
        ([f"c{k:02d}" for k in range(13)], False),
        (["x" * 12, "y"], True),
        (["x" * 13, "y"], False),
    ],
)
def test_codes_are_shown_when_they_are_few_and_short(tmp_path, monkeypatch, values, shown) -> None:
    put(tmp_path, "one.csv", {"sex": values * 10, "y": "a"})
    sexes = pa.Column(str, pa.Check.isin(["k", "m"]))
    found = drafted(monkeypatch, tmp_path, one=schema("y", sex=sexes))
    column = found.content["tables"]["one"]["columns"]["sex"]
    assert column == {"from": "sex"} | ({"codes": dict.fromkeys(values, "?")} if shown else {})
