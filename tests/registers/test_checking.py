"""`naveval check`: breaches, warnings and the reading report, as text and as JSON."""

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.disclosure import keys
from naveval.project import catalogue
from naveval.project.errors import ParameterError
from naveval.registers import checking, contracts
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.simulate.registers import simulate

PERSON = 987_000_000
# So few persons that shares of some would rest on nobody.
FEW = ("--set", "composition=none")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated registers as Norwegian Excel writes them, with a county that trebles in 2013."""
    made, folder = (tmp_path_factory.mktemp(name) for name in ("made", "data"))
    simulate(made, scale=0.003, seed=2)
    seekers = pd.read_parquet(made / "job_seekers").drop(columns="status")
    seekers["person"] += PERSON
    seekers["month"] = pd.to_datetime(seekers["month"])
    hordaland = seekers[(seekers["county"] == "12") & (seekers["month"] >= "2013-01-01")]
    thrice = [hordaland.assign(person=hordaland["person"] + k * 10_000_000) for k in (1, 2)]
    force = pd.read_parquet(made / "labour_force.parquet")
    for name, frame in (("job_seekers", pd.concat([seekers, *thrice])), ("labour_force", force)):
        frame.assign(month=pd.to_datetime(frame["month"])).to_csv(
            folder / f"{name}.csv", sep=";", decimal=",", index=False, date_format="%d.%m.%Y"
        )
    return folder


def invoke(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.main, ["check", "hedmark", *arguments])
    assert "Traceback" not in done.output
    assert str(PERSON)[:5] not in done.output
    return done.exit_code, done.output


def test_registers_that_pass_still_need_the_secret_that_a_run_asks_for(data, monkeypatch):
    for name in (keys.SECRET, keys.SECRET_FILE):
        monkeypatch.delenv(name, raising=False)
    code, text = invoke("--data", str(data), *FEW)
    assert code == ParameterError.exit_code
    assert "job_seekers" in text
    assert "real registers need a secret" in text


@pytest.mark.usefixtures("owner_secret")
def test_report_tells_forms_ends_and_codes(data):
    code, text = invoke("--data", str(data), *FEW)
    assert code == 0, text
    lines = {tuple(line.split()[:2]): line for line in text.splitlines()}
    month = lines["job_seekers", "month"]
    assert "text (utf-8), dd.mm.yyyy" in month
    assert month.split()[-2:] == ["2006-12-01", "2016-03-01"]
    assert lines["labour_force", "county"].split()[-1] == "19"
    rows = month.split("dd.mm.yyyy")[1].split()[0]
    assert lines["job_seekers", "person"].split()[-2:] == [rows, "0"]
    assert "warning: job_seekers.csv, column county, month: rows fall to less than half" in text
    assert "12 2013-01" in text


def test_whole_numbers_and_codes_are_told_as_they_are(tmp_path):
    births = [1944] * 30 + list(range(1950, 1990)) * 50 + [1999] * 30
    persons = range(PERSON, PERSON + len(births))
    seekers = pd.DataFrame({"person": persons, "birth_year": births})
    seekers["education"] = [f"kode {k % 130}" for k in range(len(births))]
    seekers.to_parquet(tmp_path / "job_seekers.parquet")
    _, text = invoke("--data", str(tmp_path), *FEW)
    lines = {tuple(line.split()[:2]): line.split() for line in text.splitlines()}
    assert lines["job_seekers", "birth_year"][-2:] == ["1944", "1999"]
    assert lines["job_seekers", "education"][-1] == "130"


@pytest.mark.usefixtures("owner_secret")
def test_json_has_the_same(data):
    code, text = invoke("--data", str(data), *FEW, "--json")
    found = json.loads(text)
    assert code == 0
    assert found["passed"]
    assert found["breaches"] == []
    assert [item["where"] for item in found["warnings"]] == ["12 2013-01"]
    assert {item["table"] for item in found["columns"]} == {"job_seekers", "labour_force"}
    assert found["coverage"][0]["first"] == "2009-12"


def test_a_warning_does_not_stop_a_run_and_is_remembered(data, tmp_path, monkeypatch):
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))
    first = contracts.require("hedmark", data, Parameters(composition="none"))
    assert [item.where for item in first] == ["12 2013-01"]
    monkeypatch.setattr(contracts, "check", lambda *given: pytest.fail("checked twice"))
    assert contracts.require("hedmark", data, Parameters(composition="none")) == first


@pytest.mark.usefixtures("owner_secret")
@pytest.mark.parametrize(
    ("given", "exit_code", "message"),
    [
        (["--set", "county='99'"], 2, "unknown county"),
        (["--set", "county=34"], 2, "unknown county"),
        (["--set", "parts=[nope]"], 2, "unknown nope"),
        (["--set", "control=[01,03,05]"], 2, "quotes"),
        (["--set", "speed=3"], 2, "unknown key"),
        (["--set", "window_last=2016-06"], 1, "from 2009-12 to 2016-06"),
    ],
)
def test_check_refuses_what_run_refuses(data, given, exit_code, message):
    code, text = invoke("--data", str(data), *given)
    assert code == exit_code, text
    assert message in text
    ran = CliRunner().invoke(cli.main, ["run", "hedmark", "--data", str(data), *given])
    assert ran.exit_code == {1: 3, 2: 2}[exit_code]
    assert message in ran.output


def test_a_folder_that_is_not_there_is_refused():
    code, text = invoke("--data", "nowhere")
    assert code == 3
    assert "no such folder" in text


@pytest.mark.usefixtures("owner_secret")
def test_an_empty_table_is_told_and_not_looked_into(data, tmp_path):
    for file in data.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    force = tmp_path / "labour_force.csv"
    force.write_text(force.read_text("utf-8").split("\n")[0] + "\n", "utf-8")
    code, text = invoke("--data", str(tmp_path), *FEW)
    assert code == 1
    assert "labour_force.csv: no rows; expected at least one" in text


@pytest.mark.parametrize("value", [{"id": PERSON}, [PERSON], b"\x00", dt.time(8)], ids=repr)
def test_types_that_no_contract_has_are_refused_and_not_looked_into(data, tmp_path, value):
    (tmp_path / "labour_force.csv").write_bytes((data / "labour_force.csv").read_bytes())
    seekers = pd.read_csv(data / "job_seekers.csv", sep=";").assign(weeks_registered=9)
    kept = pa.Table.from_pandas(seekers.drop(columns="weeks_registered"), preserve_index=False)
    pq.write_table(
        kept.append_column("weeks_registered", pa.array([value] * len(seekers))),
        tmp_path / "job_seekers.parquet",
    )
    code, text = invoke("--data", str(tmp_path), *FEW)
    assert code == 1
    assert "job_seekers.parquet, column weeks_registered: wrong type" in text


@pytest.mark.usefixtures("owner_secret")
def test_what_has_too_few_rows_to_be_judged_is_told(data, tmp_path):
    (tmp_path / "labour_force.csv").write_bytes((data / "labour_force.csv").read_bytes())
    seekers = pd.read_csv(data / "job_seekers.csv", sep=";", dtype=str)
    few = seekers[seekers["person"].astype(int) % 20 == 0]
    few.to_csv(tmp_path / "job_seekers.csv", sep=";", index=False)
    _, text = invoke("--data", str(tmp_path), *FEW, "--json")
    found = {item["column"]: item for item in json.loads(text)["unjudged"]}
    assert set(found) == {"person", "benefit_right", "education, benefit_right"}
    assert found["benefit_right"]["judged_by"] < found["benefit_right"]["needed"] == 500
    assert "a right to benefit more often" in found["benefit_right"]["not_judged"]


def test_no_id_is_told_where_it_stands_for_a_time(data, tmp_path):
    (tmp_path / "labour_force.csv").write_bytes((data / "labour_force.csv").read_bytes())
    seekers = (data / "job_seekers.csv").read_text("utf-8")
    swapped = seekers.replace("person", "x", 1).replace("month", "person", 1)
    (tmp_path / "job_seekers.csv").write_text(swapped.replace("x", "month", 1), "utf-8")
    code, text = invoke("--data", str(tmp_path), *FEW)
    assert code == 1
    assert "job_seekers.csv, column month: " in text


def test_an_empty_table_of_days_and_ids_alone_is_told_as_such(tmp_path):
    frame = pd.DataFrame({"person": [PERSON], "date": pd.to_datetime(["2018-02-01"])})
    frame.iloc[:0].to_parquet(tmp_path / "digital_dialogues.parquet")
    schema = catalogue.module("followup", "contracts").TABLES["digital_dialogues"]
    report = checking.read_report(tmp_path, {"digital_dialogues": schema}, ())
    assert [(item.column, item.rows) for item in report.columns] == [("person", 0), ("date", 0)]


@pytest.mark.parametrize("value", ["2017", "201712", "201753", "2017-12", "2017-12-31 00:00:00"])
def test_times_are_told(value: str) -> None:
    assert checking.A_TIME.match(value)


@pytest.mark.parametrize("value", ["987000001", "10000001", "201799", "4711", "198001011"])
def test_ids_are_no_times(value: str) -> None:
    assert not checking.A_TIME.match(value)
