"""What changed between two results or editions: sources, numbers, and their size in errors."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from naveval.cli import main
from naveval.exhibits import manifest
from naveval.project.errors import ParameterError
from naveval.running import differences


def result(folder: Path, seed: int, estimates: dict[str, float]) -> Path:
    folder.mkdir(parents=True)
    content = {"parameters": {"seed": seed, "county": "04"}, "data": {"cards": {"rows": 10}}}
    manifest.write(folder, {**content, "versions": {"numpy": "2"}, "code": "a" * 64})
    rows = [
        {"study": "s", "label": "tbl-1", "value": "effect", "outcome": name, "estimate": value}
        for name, value in estimates.items()
    ]
    pd.DataFrame(rows).assign(std_error=0.5).to_csv(folder / "estimates.csv", index=False)
    return folder


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    a = result(tmp_path / "a", 1, {"stock": 1.0, "inflow": 2.0, "gone": 3.0})
    return a, result(tmp_path / "b", 2, {"stock": 1.0, "inflow": 3.0, "new": 4.0})


def test_two_seeds(two: tuple[Path, Path]) -> None:
    found = differences.compare(*two)
    assert found.made[["part", "name", "a", "b"]].values.tolist() == [
        ["parameters", "seed", "1", "2"]
    ]
    first = found.numbers.iloc[0]
    assert first["key"] == "outcome=inflow, value=effect"
    assert (first["change"], first["errors"]) == (1.0, 2.0)
    line = found.exhibits.set_index("exhibit").loc["tbl-1"]
    assert line[["numbers", "changed", "only in A", "only in B"]].tolist() == [4, 3, 1, 1]


def test_exit_code_markdown_and_json(two: tuple[Path, Path]) -> None:
    told = CliRunner().invoke(main, ["diff", *map(str, two)])
    assert told.exit_code == 1
    assert "| tbl-1 | outcome=inflow, value=effect | 2 | 3 | 1 | 2 |" in told.output
    same = CliRunner().invoke(main, ["diff", str(two[0]), str(two[0])])
    assert (same.exit_code, "Nothing differs: 3 numbers" in same.output) == (0, True)
    listed = json.loads(CliRunner().invoke(main, ["diff", "--json", *map(str, two)]).output)
    assert {row["key"] for row in listed["numbers"]} == {
        f"outcome={name}, value=effect" for name in ("inflow", "gone", "new")
    }


def test_two_editions_of_a_series(tmp_path: Path) -> None:
    table = pd.DataFrame({"outcome": "atid3", "group": "nav", "month": ["2020-01", "2020-02"]})
    for name, values in (("2024K3", [1.0, 2.0]), ("2024K4", [1.0, 2.25])):
        table.assign(value=values, edition=name).to_csv(tmp_path / f"{name}.csv", index=False)
    found = differences.compare(tmp_path / "2024K3.csv", tmp_path / "2024K4.csv")
    assert found.numbers[["exhibit", "change"]].values.tolist() == [["atid3", 0.25]]
    assert "month=2020-02" in found.numbers["key"].item()


def test_the_largest_changes_of_a_series_come_first_with_whole_keys(tmp_path: Path) -> None:
    table = pd.DataFrame({"outcome": "atid3", "group": "a" * 70, "month": ["2020-01", "2020-02"]})
    for name, values in (("2024K3", [1.0, 2.0]), ("2024K4", [1.1, 3.0])):
        table.assign(value=values, edition=name).to_csv(tmp_path / f"{name}.csv", index=False)
    a, b = tmp_path / "2024K3.csv", tmp_path / "2024K4.csv"
    found = differences.compare(a, b)
    assert found.numbers["change"].round(9).tolist() == [1.0, 0.1]
    shown = differences.as_markdown(found, a, b)
    assert all(f"{'a' * 70}, month={month}" in shown for month in table["month"])


def test_a_series_is_not_compared_with_a_result(two: tuple[Path, Path], tmp_path: Path) -> None:
    edition = tmp_path / "2024K3.csv"
    pd.DataFrame({"outcome": ["x"], "value": [1.0]}).to_csv(edition, index=False)
    with pytest.raises(ParameterError, match=r"a is a result; .*2024K3\.csv is a series; expected"):
        differences.compare(two[0], edition)


def test_what_is_no_result_is_named(tmp_path: Path, two: tuple[Path, Path]) -> None:
    with pytest.raises(ParameterError, match=r"neither estimates\.csv nor published\.csv"):
        differences.compare(two[0], tmp_path)
    (tmp_path / "x.csv").write_text("a\n1\n")
    with pytest.raises(ParameterError, match="no numbers to compare"):
        differences.compare(two[0], tmp_path / "x.csv")
