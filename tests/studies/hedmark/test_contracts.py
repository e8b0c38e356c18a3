"""Bad extracts: one error that names file, column, rows and what was expected."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.project.errors import ContractError
from naveval.registers import contracts
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.simulate.registers import simulate


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("good")
    simulate(folder, scale=0.003, seed=2)
    seekers = pd.read_parquet(folder / "job_seekers").reset_index(drop=True)
    for name in ("county", "sex", "education", "status"):
        seekers[name] = seekers[name].astype(str)
    seekers["person"] += 987_000_000
    seekers["month"] = pd.to_datetime(seekers["month"])
    force = pd.read_parquet(folder / "labour_force.parquet")
    force["month"] = pd.to_datetime(force["month"])
    return seekers, force


def write(folder: Path, seekers: pd.DataFrame | None, force: pd.DataFrame | None) -> Path:
    if seekers is not None:
        seekers.to_parquet(folder / "job_seekers.parquet", index=False)
    if force is not None:
        force.to_parquet(folder / "labour_force.parquet", index=False)
    return folder


def changed(frame: pd.DataFrame, column: str, value: object, rows: int = 3) -> pd.DataFrame:
    out = frame.copy()
    if isinstance(value, str) and out[column].dtype != "object":
        out[column] = out[column].astype(object)
    out.loc[out.index[10 : 10 + rows], column] = value
    return out


Make = Callable[[pd.DataFrame, pd.DataFrame], tuple[pd.DataFrame | None, pd.DataFrame | None]]
CASES: dict[str, tuple[Make, tuple[str, ...]]] = {
    "missing table": (lambda s, f: (s, None), ("labour_force",)),
    "missing column": (
        lambda s, f: (s.drop(columns="weeks_registered"), f),
        ("job_seekers", "weeks_registered"),
    ),
    "wrong type": (
        lambda s, f: (s.assign(birth_year=s["birth_year"].astype(str)), f),
        ("job_seekers", "birth_year", "whole numbers"),
    ),
    "unknown county": (lambda s, f: (changed(s, "county", "34"), f), ("county", "3 rows", '"04"')),
    "month outside the window": (
        lambda s, f: (changed(s, "month", pd.Timestamp("2016-06-01")), f),
        ("month", "3 rows", "labour_force covers"),
    ),
    "not the first of a month": (
        lambda s, f: (changed(s, "month", pd.Timestamp("2014-03-15")), f),
        ("month", "first day of a month"),
    ),
    "duplicate person-month": (
        lambda s, f: (pd.concat([s, s.iloc[:2]]), f),
        ("person", "one row per person and month"),
    ),
    "negative labour force": (
        lambda s, f: (s, changed(f, "persons", -5)),
        ("persons", "3 rows", "more than 0"),
    ),
    "missing labour force": (
        lambda s, f: (s, f.drop(index=f.index[[5, 6]])),
        ("job_seekers", "13 rows", "that labour_force covers"),
    ),
    "labour force without a number": (
        lambda s, f: (s, changed(f.astype({"persons": float}), "persons", float("nan"))),
        ("labour_force", "persons", "3 rows", "missing"),
    ),
    "duplicate labour force": (
        lambda s, f: (s, pd.concat([f, f.iloc[:1]])),
        ("one row per county and month",),
    ),
    "empty table": (lambda s, f: (s.iloc[:0], f), ("job_seekers", "no rows")),
    "unknown education": (
        lambda s, f: (changed(s, "education", "bachelor"), f),
        ("education", "videregående"),
    ),
    "labour force in thousands": (
        lambda s, f: (s, f.assign(persons=(f["persons"] / 1000).round().astype(int).clip(1))),
        ("labour_force", "persons", "job seekers half a per cent to a fifth"),
    ),
    "days for weeks": (
        lambda s, f: (s.assign(weeks_registered=(s["weeks_registered"] * 7).clip(0, 2000)), f),
        ("weeks_registered", "growing by about four"),
    ),
    "seven years old": (
        lambda s, f: (changed(s, "birth_year", 2005), f),
        ("birth_year", "3 rows", "ages from 15 to 90", "one birth year for a person"),
    ),
    "negative weeks": (
        lambda s, f: (changed(s, "weeks_registered", -1), f),
        ("weeks_registered", "3 rows"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_error_names_file_column_rows_and_expectation(
    case: str, good: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    make, expected = CASES[case]
    write(tmp_path, *make(*good))
    with pytest.raises(ContractError) as caught:
        contracts.require("hedmark", tmp_path)
    message = str(caught.value)
    for part in expected:
        assert part in message, message
    assert "98700" not in message, "a person id is shown"


def test_good_extracts_pass_as_parquet_and_as_norwegian_csv(
    good: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    seekers, force = good
    for name in ("parquet", "csv"):
        (tmp_path / name).mkdir()
    write(tmp_path / "parquet", seekers, force)
    assert contracts.check("hedmark", tmp_path / "parquet") == []
    for table, frame in (("job_seekers", seekers), ("labour_force", force)):
        frame.to_csv(
            tmp_path / "csv" / f"{table}.csv",
            sep=";",
            decimal=",",
            index=False,
            encoding="cp1252",
            date_format="%d.%m.%Y",
        )
    assert contracts.check("hedmark", tmp_path / "csv") == []


def test_truncated_parquet(good: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path) -> None:
    write(tmp_path, *good)
    file = tmp_path / "job_seekers.parquet"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(ContractError, match="job_seekers"):
        contracts.require("hedmark", tmp_path)


def test_csv_in_the_wrong_encoding(good: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path) -> None:
    write(tmp_path, None, good[1])
    good[0].head(50).to_csv(tmp_path / "job_seekers.csv", index=False, encoding="utf-16")
    with pytest.raises(ContractError, match="job_seekers"):
        contracts.require("hedmark", tmp_path)


def test_command_line_shows_the_message_without_a_traceback(
    good: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    write(tmp_path, changed(good[0], "county", "99"), good[1])
    result = CliRunner().invoke(cli.main, ["check", "hedmark", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "county" in result.output
    assert "Traceback" not in result.output


REACH: dict[str, tuple[Make, tuple[str, ...]]] = {
    "too late": (
        lambda s, f: (s[s["month"] >= "2010-03"], f[f["month"] >= "2010-03"]),
        ("labour_force", "57 rows", "2009-12 to 2015-12", "01 2009-12", "job_seekers"),
    ),
    "no treated county": (
        lambda s, f: (s[s["county"] != "04"], f[f["county"] != "04"]),
        ("job_seekers.parquet, labour_force.parquet", "column county", "none in 04"),
    ),
    "no county outside the control group": (
        lambda s, f: (s[s["county"] != "11"], f[f["county"] != "11"]),
        ("job_seekers.parquet, labour_force.parquet", "column county", "none in 11"),
    ),
    "a county without job seekers for five months": (
        lambda s, f: (s[(s["county"] != "03") | ~s["month"].between("2013-01", "2013-05")], f),
        ("job_seekers", "rows in every period", "03 2013-01, 03 2013-02"),
    ),
    "no job seekers in a control county": (
        lambda s, f: (s[s["county"] != "16"], f),
        ("job_seekers", "column county", "none in 16"),
    ),
}


@pytest.mark.usefixtures("owner_secret")
@pytest.mark.parametrize("case", REACH)
def test_registers_must_reach_as_far_as_the_analysis(
    case: str, good: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    make, expected = REACH[case]
    write(tmp_path, *make(*good))
    contracts.require("hedmark", tmp_path)
    with pytest.raises(ContractError) as caught:
        contracts.require("hedmark", tmp_path, Parameters())
    for part in expected:
        assert part in str(caught.value), str(caught.value)
    result = CliRunner().invoke(cli.main, ["run", "hedmark", "--data", str(tmp_path)])
    assert result.exit_code == ContractError.exit_code


def test_shares_need_somebody_in_every_county_and_month(
    good: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    write(tmp_path, *good)
    told = [str(item) for item in contracts.check("hedmark", tmp_path, Parameters())]
    assert len(told) == 1
    assert "column benefit_right" in told[0]
    assert "6 persons or more with and without it" in told[0]
    assert "composition=none takes fewer" in told[0]
    assert contracts.check("hedmark", tmp_path, Parameters(composition="none")) == []
