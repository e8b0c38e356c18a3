"""Faults in `params/costs.yml`: one error with every fault, and nothing written."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from naveval.estimators.cost_benefit.assumptions import from_inputs
from naveval.estimators.cost_benefit.inputs import KEY_UNITS, LONGEST_CASES, load
from naveval.exhibits import manifest
from naveval.project import paths
from naveval.project.errors import ParameterError
from naveval.running import run
from naveval.studies.programs.costs import reconcile
from naveval.studies.programs.parameters import Parameters

GOOD = yaml.safe_load((paths.params_dir() / "costs.yml").read_text(encoding="utf-8"))


def change(path: str, value: Any) -> dict[str, Any]:
    """The good file with one key set, or removed where the value is Ellipsis."""
    content = copy.deepcopy(GOOD)
    *parents, last = path.split("/")
    block = content
    for name in parents:
        block = block[name]
    if value is ...:
        del block[last]
    else:
        block[last] = value
    return content


def write(folder: Path, content: dict[str, Any]) -> Path:
    file = folder / "costs.yml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file


AFT = "programs/duration/values/AFT"
FAULTS = [
    ("general/tax_cost", ..., "general.tax_cost: missing"),
    ("general/tax_cots", 1, "general.tax_cots: 1: unknown key; allowed: discount_rate"),
    ("general/tax_cost/value", ..., "give either `value` or `readings`"),
    ("general/tax_cost/valeu", 0.2, "general.tax_cost.valeu: 0.2: unknown key; allowed: value"),
    ("programs/duration/values/AMO/best", 1, "unknown key; allowed: value, readings, used, low"),
    ("general/mentor_cost/value", -1, "general.mentor_cost.value: -1: out of range"),
    ("general/tax_cost/value", 1.2, "general.tax_cost.value: 1.2: out of range"),
    ("general/tax_cost/high", 1.2, "general.tax_cost.high: 1.2: out of range"),
    ("general/tax_cost/value", "0.2", "general.tax_cost.value"),
    ("general/tax_cost/value", True, "general.tax_cost.value"),
    ("general/tax_cost/value", float("nan"), "general.tax_cost.value"),
    ("general/tax_cost/value", 0.5, "must hold the value 0.5"),
    ("general/tax_cost/unit", "kroner", "general.tax_cost.unit"),
    ("general/tax_cost/rounding", -1, "general.tax_cost.rounding: -1: allowed: 0 or more"),
    ("general/mentor_cost/price_year", 2020, "price_year: 2020: must be 2022"),
    ("general/tax_cost/price_year", 2022, "price_year: 2022: must be null"),
    ("general/tax_cost/unit", "factor", "general.tax_cost.unit: 'factor': must be 'share'"),
    ("programs/duration/unit", "share", "programs.duration.unit: 'share': must be 'months'"),
    ("general/tax_cost/source", "", "general.tax_cost.source"),
    ("general/tax_cost/low", ..., "general.tax_cost.low: missing"),
    (f"{AFT}/readings/totals", 0, "programs.duration.values.AFT.readings.totals: 0: out of range"),
    (f"{AFT}/used", "best", "unknown reading; allowed: printed, totals"),
    (f"{AFT}/value", 10.1, "give either `value` or `readings`"),
    (AFT, ..., "programs.duration.values.AFT: missing; every programme is required"),
    (
        "programs/duration/values/Avklaring",
        {"value": 1, "low": 1, "high": 1},
        "programs.duration.values.Avklaring: unknown programme; allowed: AFT, AMO",
    ),
    ("programs/mentor_share/values/AMO/value", 1.5, "programs.mentor_share.values.AMO.value: 1.5"),
    ("programs/effect_year_1/values/AMO/low", 1, "not for effects"),
    ("programs/effect_year_1/values/AMO/value", None, "a number is required"),
    ("programs/durations", {}, "programs.durations"),
    (
        "maximum_duration/0",
        {"program": "IPS", "case": "ordinary", "months": 1, "table_3_1": 1},
        "maximum_duration.0.program: 'IPS'",
    ),
    ("scenarios/displacement", [1.5], "scenarios.displacement: 1.5: out of range"),
    ("scenarios/effect_months", [0], "scenarios.effect_months: 0: out of range"),
    ("scenarios/displacement", [], "scenarios.displacement: []: at least one value"),
    (
        "maximum_duration/0",
        {"program": "AFT", "case": "extended", "months": 1, "table_3_1": 1},
        "maximum_duration: AFT, extended: given 2 times; allowed: once",
    ),
    (
        "maximum_duration/0",
        {"program": "AMO", "case": "ordinary", "months": 1, "table_3_1": 1},
        "maximum_duration: AFT, ordinary: missing; every row of table 7-8",
    ),
    (
        "maximum_duration/0",
        {"program": "AMO", "case": "ordinary", "months": 1, "table_3_1": 1},
        "maximum_duration: AMO, ordinary: no such row",
    ),
    ("extra", 1, "extra: 1: unknown key; allowed: price_year"),
]


@pytest.mark.parametrize(("path", "value", "expected"), FAULTS)
def test_a_fault_names_file_key_value_and_what_is_allowed(
    tmp_path: Path, path: str, value: Any, expected: str
) -> None:
    if path.startswith("maximum_duration/"):
        content = copy.deepcopy(GOOD)
        content["maximum_duration"][0] = value
    else:
        content = change(path, value)
    file = write(tmp_path, content)
    with pytest.raises(ParameterError) as error:
        load(file)
    assert str(file) in str(error.value)
    assert expected in str(error.value)


def test_all_faults_come_in_one_error(tmp_path: Path) -> None:
    content = change("general/mentor_cost/value", -5)
    content["programs"]["duration"]["values"]["AMO"] = {"value": 0, "low": 0, "high": 1}
    content["programs"]["school_share"]["values"]["IPS"] = {"value": 1, "low": 1, "high": 1}
    del content["general"]["income_tax"]
    with pytest.raises(ParameterError) as error:
        load(write(tmp_path, content))
    message = str(error.value)
    for part in ("mentor_cost", "duration.values.AMO.value: 0", "IPS: unknown", "income_tax"):
        assert part in message


@pytest.mark.parametrize("text", ["", "- 1", "general: [", "general: 3", "general: {tax_cost: 1}"])
def test_files_of_another_shape_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "costs.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=r"costs\.yml"):
        load(file)


def test_every_key_has_its_unit_and_every_row_of_table_7_8_its_case() -> None:
    costs = load()
    keys = {*type(costs.general).model_fields, *type(costs.programs).model_fields}
    assert keys == set(KEY_UNITS)
    printed = reconcile.cells().query("label == 'tbl-7-8'")["row"]
    assert set(printed) == {f"{program}, {case}" for program, case in LONGEST_CASES}


def test_every_input_says_where_it_comes_from() -> None:
    costs = load()
    for group in (costs.general, costs.programs):
        for key in type(group).model_fields:
            entry = getattr(group, key)
            assert entry.source
            assert entry.reason


def test_readings_are_chosen_by_name_and_unknown_ones_refused() -> None:
    costs = load()
    base = from_inputs(costs)
    printed = from_inputs(costs, {"duration": "printed"})
    assert printed.duration[0, 0] == 10.1
    assert base.duration[0, 0] == 10.67
    one = from_inputs(costs, {"duration:AMO": "printed"})
    assert (one.duration != base.duration).sum() == 1
    for wrong in ({"duration": "guess"}, {"durations": "printed"}, {"duration:IPS": "printed"}):
        with pytest.raises(ParameterError, match="no such reading"):
            from_inputs(costs, wrong)


def test_a_faulty_costs_file_stops_the_run_before_anything_is_written(project: Path) -> None:
    earlier = paths.result_dir("programs", "hele-landet")
    earlier.mkdir(parents=True)
    (earlier / "manifest.json").write_text("{}", encoding="utf-8")
    write(project / "params", change("general/tax_cost/value", 2))
    with pytest.raises(ParameterError, match=r"general\.tax_cost\.value: 2"):
        run.run("programs", Parameters(), tells="nothing")
    assert [item.name for item in earlier.iterdir()] == ["manifest.json"]
    assert [item.name for item in paths.out_dir().iterdir()] == ["programs"]


def test_estimated_effects_need_an_estimates_file(project: Path) -> None:
    for name in ("", "missing.csv"):
        with pytest.raises(ParameterError, match="needs an estimates file"):
            Parameters(parts=("costs",), effects="estimated", estimates=name).check_inputs()
    with pytest.raises(ParameterError, match="needs an estimates file"):
        Parameters(effects="estimated", estimates="missing.csv").check_inputs()


def test_effects_of_the_same_run_need_no_file(project: Path) -> None:
    Parameters(effects="estimated").check_inputs()


def test_origin_follows_the_parts_and_effects() -> None:
    costs_only = Parameters(parts=("costs",))
    assert costs_only.origin() == "published"
    estimated = Parameters(parts=("costs",), effects="estimated", estimates="x.csv")
    assert estimated.origin() == "simulated"
    assert not estimated.reads_registers()
    assert Parameters(parts=("costs", "participants")).reads_registers()
    assert Parameters().origin() == "simulated"


@pytest.mark.parametrize(
    ("content", "origin"),
    [
        ('{"report": {"origin": "register"}}', "register"),
        ('{"report": {"origin": "simulated"}}', "simulated"),
        ("{}", "simulated"),
        (None, "simulated"),
    ],
)
def test_costs_alone_take_the_notice_of_the_run_their_estimates_are_from(
    tmp_path: Path, content: str | None, origin: str
) -> None:
    if content:
        (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    chosen = Parameters(
        parts=("costs",), effects="estimated", estimates=str(tmp_path / "estimates.csv")
    )
    assert chosen.origin() == origin


def test_a_result_is_current_only_with_the_same_costs_file(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    chosen = Parameters(parts=("costs",), costs=str(file))
    before = manifest.describe("programs", chosen, {})
    assert before == manifest.describe("programs", chosen, {})
    write(tmp_path, change("general/tax_cost/value", 0.15))
    assert manifest.describe("programs", chosen, {})["inputs"] != before["inputs"]
    assert manifest.describe("programs", Parameters(), {})["inputs"] == {}
