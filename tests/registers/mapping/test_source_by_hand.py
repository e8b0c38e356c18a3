"""Which mapping files are read, and every fault that one is told of."""

from pathlib import Path
from types import SimpleNamespace

import pandera.pandas as pa
import pytest

from naveval.project import catalogue, paths
from naveval.project.errors import ParameterError
from naveval.registers.mapping import source

TABLES = {
    "one": pa.DataFrameSchema(
        {
            "person": pa.Column(int),
            "sex": pa.Column(str, pa.Check.isin(["m", "k"])),
            "county": pa.Column(str),
            "municipality": pa.Column(str),
        }
    ),
    "two": pa.DataFrameSchema({"n": pa.Column(int)}),
}
GOOD = """
study: toy
tables:
  one:
    files: [a.csv]
    where: {KIND: [x]}
    columns:
      person: {from: ID, id: true}
      sex: {from: KJONN, codes: {1: m, 2: k}, missing: [9]}
      county: {from: FYLKE, places: true}
      municipality: {value: "0301"}
  two: {files: [b.csv, c.csv], columns: {n: {from: N, times: 1000, blank: 0}}}
"""


@pytest.fixture(autouse=True)
def study(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "registers").mkdir()
    monkeypatch.setattr(paths, "params_dir", lambda: tmp_path)

    def module(name: str, part: str) -> SimpleNamespace:
        assert (name, part) == ("toy", "contracts")
        return SimpleNamespace(TABLES=TABLES)

    monkeypatch.setattr(catalogue, "module", module)


def test_a_mapping_is_read_by_its_name_or_its_path(tmp_path: Path) -> None:
    (tmp_path / "registers" / "owner.yml").write_text(GOOD, "utf-8")
    found = source.load("toy", "owner")
    assert found == source.load("toy", str(tmp_path / "registers" / "owner.yml"))
    columns = found.tables["one"].columns
    assert columns["person"].from_ == "ID"
    assert columns["person"].id
    assert columns["sex"].codes == {1: "m", 2: "k"}
    assert columns["sex"].missing == (9,)
    assert columns["municipality"].value == "0301"
    assert found.tables["two"].files == ("b.csv", "c.csv")
    assert found.tables["two"].columns["n"].times == 1000
    assert found.tables["one"].where == {"KIND": ("x",)}


def faults(tmp_path: Path, *changes: tuple[str, str], study: str = "toy") -> list[str]:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "owner.yml"
    file.write_text(text, "utf-8")
    with pytest.raises(ParameterError) as told:
        source.load(study, str(file))
    first, *rest = str(told.value).split("\n  ")
    if rest:
        assert first == f"{file}: {len(rest)} fault(s)"
    return rest or [first]


FAULTS = [
    ((("study: toy", "study: other"),), ["study: other: expected toy"]),
    ((("  two:", "  three:"),), ["three: unknown table", "two: table is not mapped"]),
    ((("[a.csv]", '["?"]'),), ["one: files: ?: to be filled in"]),
    (
        (
            (
                "      sex: {from: KJONN, codes: {1: m, 2: k}, missing: [9]}\n",
                "      x: {from: X}\n",
            ),
        ),
        ["one.x: unknown column", "one.sex: is not mapped"],
    ),
    ((("from: KJONN", 'from: "?"'),), ["one.sex: ?: to be filled in"]),
    ((("2: k", '2: "?"'),), ["one.sex: ?: to be filled in"]),
    (
        (("ID, id: true", "ID, places: true"),),
        ["one.person: places: expected only for county, municipality"],
    ),
    (
        (("2: k", "2: kv"), ("1: m", "1: 7")),
        ["one.sex: codes: 1: expected one of m, k", "one.sex: codes: 2: expected one of m, k"],
    ),
    (
        (("codes: {1: m, 2: k}, missing: [9]", "blank: z"),),
        ["one.sex: blank: expected one of m, k"],
    ),
    (
        (
            ('value: "0301"', "from: K, places: true"),
            ("N, times: 1000", "N, codes: {x: 3}"),
            (", blank: 0", ""),
            ("[a.csv]", '["?", b]'),
            ("study: toy", "study: toy "),
        ),
        ["one: files: ?: to be filled in"],
    ),
]


@pytest.mark.parametrize(("changes", "told"), FAULTS)
def test_faults_against_the_contract_are_named(tmp_path: Path, changes, told) -> None:
    assert faults(tmp_path, *changes) == told


WRONG = [
    (("{from: ID, id: true}", "{id: true}"), "expected either from or value"),
    (("{from: ID, id: true}", "{from: ID, value: 1}"), "expected either from or value"),
    (('{value: "0301"}', "{value: 1, pad: 3}"), "expected nothing beside value"),
    (('{value: "0301"}', "{value: 1, missing: [2]}"), "expected nothing beside value"),
    (('{value: "0301"}', "{value: 1, blank: 0}"), "expected nothing beside value"),
    (("missing: [9]", "blank: m"), 'blank beside codes: write it as "": … among them'),
    (("id: true", "id: true, pad: 3"), "expected one of id, pad: only the first would be used"),
    (("id: true", "pad: 21"), "20"),
    (("times: 1000", "times: 0"), "greater than 0"),
    (("id: true", "ident: true"), "ident"),
    (("[a.csv]", "[]"), "files"),
]


@pytest.mark.parametrize(("change", "told"), WRONG)
def test_verbs_that_mean_nothing_are_named(tmp_path: Path, change, told: str) -> None:
    (said,) = faults(tmp_path, change)
    assert told in said
