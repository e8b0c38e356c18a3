"""The simulated registers: contract, truth, marginals, and what each setting changes."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from programs_registers import changed, folder, opened

from naveval.disclosure import keys
from naveval.exhibits import printed
from naveval.project.errors import ParameterError
from naveval.registers import contracts
from naveval.studies.programs.panel import persons as panel
from naveval.studies.programs.panel import use
from naveval.studies.programs.simulate.registers import simulate

COHORT = {"scale": 0.01, "seed": 3, "only_cohort": True}


def truth(**settings: float) -> dict:
    return json.loads((folder(**settings) / "truth.json").read_text("utf-8"))


def test_extracts_satisfy_the_contract() -> None:
    assert [str(breach) for breach in contracts.check("programs", folder())] == []


def test_same_seed_same_registers_whatever_the_number_of_processes(tmp_path: Path) -> None:
    again = simulate(tmp_path, jobs=2, **COHORT)
    assert again == truth(**COHORT)
    for table in ("program_spells", "employment"):
        one = pd.read_parquet(folder(**COHORT) / table)
        pd.testing.assert_frame_equal(one, pd.read_parquet(tmp_path / table))


def test_truth_has_every_arm_outcome_and_group() -> None:
    main = truth(**COHORT)["cohorts"]["main"]
    assert set(main) == {"n", "n_treated", "ate", "att", "naive", "gate"}
    assert len(main["att"]) == 11
    assert len(main["att"]["AMO"]) == 4 + 4 + 36
    assert len(main["gate"]["country"]) == 4
    assert sum(main["n_treated"].values()) < main["n"]


def test_group_effects_average_to_the_whole() -> None:
    main = truth(**COHORT)["cohorts"]["main"]
    parts = [group["AMO"]["months_2"] for group in main["gate"]["sex"]]
    assert min(parts) <= main["ate"]["AMO"]["months_2"] <= max(parts)


def test_subsidised_wages_help_most_and_naive_differences_are_wrong() -> None:
    main = truth(**COHORT)["cohorts"]["main"]
    effect = {arm: values["months_1"] for arm, values in main["att"].items() if values}
    assert max(effect, key=lambda arm: effect[arm] or -99) == "Midlertidig lønnstilskudd"
    gap = [
        abs(main["naive"][arm]["months_2"] - main["att"][arm]["months_2"])
        for arm in ("AFT", "AMO", "Arbeidstrening", "Midlertidig lønnstilskudd")
    ]
    assert np.mean(gap) > 0.6


def test_a_world_without_effects_has_next_to_none() -> None:
    main = truth(**COHORT, effect=0.0)["cohorts"]["main"]
    for arm in ("AMO", "Arbeidstrening", "Utdanning"):
        assert main["ate"][arm]["work_1"] == 0
        assert abs(main["ate"][arm]["months_2"]) < 0.1


@pytest.mark.parametrize("change", [{"selection": 0.0}, {"hidden": 2.0}, {"exit_on_work": 0.2}])
def test_settings_change_the_world(change: dict) -> None:
    assert truth(**COHORT, **change)["cohorts"] != truth(**COHORT)["cohorts"]


def test_marginals_are_near_the_published() -> None:
    with opened(scale=0.01) as registers:
        panel.make(registers, keys.secret("simulated"))
        use.first_program_month(registers)
        users = use.users(registers, keys.secret("simulated"))
        cumulative = use.cumulative_table(registers, keys.secret("simulated"))
    given = printed.read("programs")
    given = given[(given["label"] == "tbl-4-2") & (given["population"] == "first")]
    both = users[users["population"] == "first"].merge(given, on=["characteristic", "category"])
    gap = (both["percent"] - both["printed"]).abs().groupby(both["characteristic"]).max()
    limits = {"status": 3, "sex": 3, "age_group": 5, "country": 4, "education6": 5}
    for characteristic, limit in limits.items():
        assert gap[characteristic] < limit, (characteristic, gap)
    started = cumulative.iloc[: len(use.MONTHS)].set_index("month")["percent"]
    assert abs(started["12"] - 13) < 4
    assert abs(started["24"] - 19) < 5


@pytest.mark.parametrize(
    ("table", "change", "expected"),
    [
        (
            "program_spells",
            lambda f: pd.concat([f, f.head(3)]),
            "program_spells.*3 rows.*do not overlap",
        ),
        (
            "employment",
            lambda f: f.assign(position_percent=f.position_percent.where(f.index > 4, 0)),
            "employment.*position_percent.*5 rows",
        ),
        (
            "municipalities",
            lambda f: f[f.municipality != f.municipality.iloc[0]],
            "person_years.*municipality.*rows.*table municipalities",
        ),
        (
            "persons",
            lambda f: f.assign(birth_year=f.birth_year.where(f.index > 300, 2020)),
            "employment.*month.*not before the year of birth",
        ),
    ],
)
def test_breaches_are_named(tmp_path: Path, table: str, change: object, expected: str) -> None:
    import re

    data = changed(tmp_path / "registers", table, change)
    message = "\n".join(str(breach) for breach in contracts.check("programs", data))
    assert re.search(expected, message), message


def test_scale_is_checked(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="above 0 and at most 1"):
        simulate(tmp_path, scale=2)
