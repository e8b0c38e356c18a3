"""What the dictionary reads off a schema and its words, of a made-up study."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pandera.pandas as pa
import pytest

from naveval.project import catalogue, paths
from naveval.project.errors import ParameterError
from naveval.registers import contracts
from naveval.registers.dictionary import entries
from naveval.registers.dictionary.entries import ColumnEntry, TableEntry
from naveval.registers.rules.coverage import Need
from naveval.registers.tables import MAY_BE_EMPTY

SCHEMA = pa.DataFrameSchema(
    {
        "person": pa.Column(int, pa.Check.gt(0)),
        "county": pa.Column(str, pa.Check.isin(["03", "11"])),
        "sex": pa.Column(str, pa.Check.isin(["m", "k", "x"]), nullable=True),
        "plain": pa.Column(str, pa.Check.isin(["a", "b"])),
        "month": pa.Column(str, pa.Check.isin([f"20{k}-01" for k in range(40, 9, -1)])),
        "pay": pa.Column(float, [pa.Check.ge(0), pa.Check.le(9.5)]),
        "code": pa.Column(str, [pa.Check.str_matches(r"\d+"), pa.Check.str_length(1, 4)]),
        "day": pa.Column("datetime64[ns]", pa.Check.ge(pd.Timestamp("2020-01-01"))),
        "laid_off": pa.Column(bool),
    },
    unique=["person", "month"],
)
EMPTY = pa.DataFrameSchema({"pay": pa.Column(float)}, metadata={MAY_BE_EMPTY: True})
COMMON = """
columns:
  person: {text: Hvem}
  county: {text: Fylke}
  month: {text: Måned, example: 2015-03}
  pay: {text: Lønn, unit: kr}
  code: {text: Kode, example: 12}
  day: {text: Dag}
  laid_off: {text: Permittert}
  plain: {text: Merke}
  sex: {text: annet}
may: kan
"""
OWN = """
one:
  row: en person i {ikke fylt}
  note: minst {least} {hva}
  columns:
    sex: {text: Kjønn, codes: {k: kvinne, m: mann, z: borte}}
two: {row: en dag}
"""


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    folder = tmp_path / "registers"
    folder.mkdir()
    (folder / "common.yml").write_text(COMMON, "utf-8")
    (folder / "toy.yml").write_text(OWN, "utf-8")
    declared = SimpleNamespace(
        TABLES={"one": SCHEMA, "two": EMPTY},
        facts=lambda given: {"least": given.LEAST, "hva": "stykker"},
    )
    needs = [
        Need("one", "month", "m", 3, 9, places=("03", "11"), text="nr {}".format),
    ]
    monkeypatch.setattr(paths, "report_dir", lambda: tmp_path)
    monkeypatch.setattr(catalogue, "has", lambda name, part: (name, part) == ("toy", "contracts"))
    monkeypatch.setattr(catalogue, "module", lambda name, part: declared)
    monkeypatch.setattr(contracts, "needs", lambda name, given: needs)
    return SimpleNamespace(declared=declared, needs=needs, folder=folder)


GIVEN = SimpleNamespace(COUNTY_YEAR=2020, LEAST=7)


def test_tables_and_columns_by_hand(study: SimpleNamespace) -> None:
    found = entries.dictionary("toy", GIVEN)
    assert found.study == "toy"
    assert found.words["may"] == "kan"
    one, two = found.tables
    columns = (
        ColumnEntry("person", "integer", "", {}, "1", "", "", False, "Hvem", ""),
        ColumnEntry(
            *("county", "text", "", {"03": "Oslo", "11": "Rogaland"}, "", "", "", False),
            *("Fylke", "03"),
        ),
        ColumnEntry(
            *("sex", "text", "", {"m": "mann", "k": "kvinne"}, "", "", "", True, "Kjønn", "m")
        ),
        ColumnEntry("plain", "text", "", {"a": "", "b": ""}, "", "", "", False, "Merke", "a"),
        ColumnEntry(
            *("month", "text", "", {}, "2010-01", "2040-01", "", False, "Måned", "2015-03")
        ),
        ColumnEntry("pay", "number", "kr", {}, "0", "9.5", "", False, "Lønn", ""),
        ColumnEntry("code", "text", "", {}, "", "", r"\d+", False, "Kode", "12"),
        ColumnEntry("day", "date", "", {}, "2020-01-01", "", "", False, "Dag", ""),
        ColumnEntry("laid_off", "boolean", "", {}, "", "", "", False, "Permittert", "true"),
    )
    assert one.columns == columns
    assert one == TableEntry(
        *("one", "en person i {ikke fylt}", "minst 7 stykker", "nr 3", "nr 9", 2, False),
        *(("person", "month"), columns),
    )
    pay = replace(columns[5], low="", high="")
    assert two == TableEntry("two", "en dag", "", "", "", 0, True, (), (pay,))


def test_places_are_counted_where_there_are_any(study: SimpleNamespace) -> None:
    for places, many in ((("",), 0), (("03",), 1), (("03", "11"), 2)):
        study.needs[:] = [Need("one", "month", "m", 3, 9, places=places, text=str)]
        assert entries.dictionary("toy", GIVEN).tables[0].places == many


def test_thirty_codes_are_listed_and_more_are_a_range(study: SimpleNamespace) -> None:
    months = [f"20{k}-01" for k in range(10, 40)]
    study.declared.TABLES = {
        "two": pa.DataFrameSchema({"month": pa.Column(str, pa.Check.isin(months))})
    }
    (column,) = entries.dictionary("toy", GIVEN).tables[0].columns
    assert (len(column.codes), column.low) == (30, "")


def test_patterns_may_be_compiled_and_facts_left_out(study: SimpleNamespace) -> None:
    check = pa.Check.str_matches(re.compile("a+"))
    study.declared.TABLES = {"two": pa.DataFrameSchema({"code": pa.Column(str, check)})}
    del study.declared.facts
    assert entries.dictionary("toy", GIVEN).tables[0].columns[0].pattern == "a+"


def test_what_has_no_words_is_named(study: SimpleNamespace) -> None:
    def refused(name: str = "toy") -> str:
        with pytest.raises(ParameterError) as told:
            entries.dictionary(name, GIVEN)
        return str(told.value)

    assert refused("other") == "other: reads no registers"
    study.declared.TABLES = {"three": EMPTY}
    assert refused() == "report/registers/toy.yml: three is missing"
    study.declared.TABLES = {
        "two": pa.DataFrameSchema({"x": pa.Column(int), "pay": pa.Column(int), "y": pa.Column(int)})
    }
    assert refused() == "report/registers: two has no words for x, y"
    assert entries.has_words("toy")
    assert not entries.has_words("other")
    (study.folder / "toy.yml").unlink()
    assert not entries.has_words("toy")
