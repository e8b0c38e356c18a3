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
from naveval.studies.programs.codes import GROUPS
from naveval.studies.programs.panel import persons as panel
from naveval.studies.programs.panel import use
from naveval.studies.programs.sample import covariates
from naveval.studies.programs.sample import persons as samples
from naveval.studies.programs.simulate.entry import Past, WorldSettings
from naveval.studies.programs.simulate.entry import covariates as simulated_covariates
from naveval.studies.programs.simulate.life import live
from naveval.studies.programs.simulate.persons import (
    draw_draws,
    draw_persons,
    local_conditions,
    municipality_months,
)
from naveval.studies.programs.simulate.registers import CHUNK, first_entries, simulate
from naveval.studies.programs.simulate.settings import COVARIATE_TILT

COHORT = {"scale": 0.01, "seed": 3, "cohorts": ("main",)}
BINNED = {
    "months_since_immigration",
    "rate",
    "rate_before",
    "rate_after",
    "local_income",
    "local_disability",
    "program_60",
}
"""In the analysis in classes, or with the second programmes that decide on nothing."""
OTHERWISE = {
    "woman",
    "age",
    "education",
    "education_unknown",
    "in_work",
    "out_under_6",
    "out_6_or_more",
    "family_1",
}
"""Tilted by the printed tables, or the family that the others are compared with."""
TABLE_6_4 = {
    name
    for name in covariates.COVARIATES
    if name not in OTHERWISE and not name.startswith(("country_", "centrality_", "first_"))
}


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
        # Who is on a programme stays registered, and so does not come back with a new fall.
        assert abs(main["ate"][arm]["months_2"]) < 0.2


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
        (
            "persons",
            lambda f: f.assign(
                first_immigration_month=f.first_immigration_month.where(
                    f.first_immigration_month.isna() | (f.index > 300), 192001
                )
            ),
            "persons.*first_immigration_month.*a month not before the year of birth",
        ),
    ],
)
def test_breaches_are_named(tmp_path: Path, table: str, change: object, expected: str) -> None:
    import re

    data = changed(tmp_path / "registers", table, change)
    message = "\n".join(str(breach) for breach in contracts.check("programs", data))
    assert re.search(expected, message), message


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"scale": 2}, "scale: 2: expected a number from 0.0001 to 1"),
        ({"effect": 4.0}, "effect, programme AFT: the effect -0.4 is larger than the level 0.35"),
        ({"effect": -2.0}, "effect, programme Midlertidig lønnstilskudd"),
        ({"effect": 1.5}, "effect on those not in work, programme Midlertidig lønnstilskudd"),
        ({"exit_on_work": 0.95}, "exit_on_work, group standard: 1.* exits of 1 persons"),
        ({"exit_on_work": -0.2}, "exit_on_work, group standard: -0.* exits of 1 persons"),
        ({"cohorts": ("mean",)}, "cohorts: mean; allowed: main, year_four"),
        ({"selection": -1.0}, "selection: -1.0: expected a number from 0 to 10"),
        ({"hidden": float("nan")}, "hidden: nan: expected a number from -10 to 10"),
        ({"jobs": 0}, "jobs: 0: expected a whole number from 1"),
        ({"seed": None}, "seed: None"),
    ],
)
def test_a_truth_that_no_register_could_have_is_refused(
    tmp_path: Path, wrong: dict, named: str
) -> None:
    with pytest.raises(ParameterError, match=named):
        simulate(tmp_path, **{"scale": 0.001, **wrong})
    assert not list(tmp_path.iterdir())


def test_stock_is_stable_and_near_the_printed() -> None:
    with opened(scale=0.01) as registers:
        stock = registers.query(
            "SELECT month // 100 AS year, innsatsgruppe, count(*) / 12 / 0.01 AS n FROM nav_status "
            "WHERE month >= 201101 GROUP BY ALL"
        ).pivot(index="year", columns="innsatsgruppe", values="n")
    whole = stock.sum(axis=1).drop(2020)
    assert whole.max() / whole.min() < 1.12
    assert whole.mean() == pytest.approx(22_967_932 / 60, rel=0.08)
    special = stock["special"]
    assert special.max() / special.min() < 1.2
    printed_shares = {"standard": 24.6, "situational": 14.0, "special": 40.4, "permanent": 9.1}
    shares = 100 * stock.loc[2016:2020].sum() / stock.loc[2016:2020].sum().sum()
    for group, share in printed_shares.items():
        assert shares[group] == pytest.approx(share, rel=0.15), group


def test_returns_are_spread_over_time() -> None:
    with opened(scale=0.01) as registers:
        returns = (
            registers.query(
                """WITH months AS (
                SELECT person, month // 100 * 12 + month % 100 AS m FROM nav_status),
            gaps AS (SELECT *, m - lag(m) OVER own AS gap, min(m) OVER own AS first FROM months
                WINDOW own AS (PARTITION BY person ORDER BY m))
            SELECT m - first AS wait, count(*) AS n FROM gaps
            WHERE gap > 1 AND first > 2009 * 12 + 1 AND m - first <= 24 GROUP BY ALL"""
            )
            .set_index("wait")["n"]
            .sort_index()
        )
    share = returns / returns.sum()
    assert share.loc[6:24].max() < 0.09
    assert share.loc[2:12].sum() > 0.25


def test_all_sixteen_programmes_exist() -> None:
    with opened(scale=0.01) as registers:
        samples.make_spells(registers)
        found = registers.query("SELECT program, count(*) AS n FROM spells GROUP BY ALL")
    assert set(found["program"]) == set(GROUPS)


def test_selection_sees_what_the_registers_show() -> None:
    """The covariates that decide on programmes are those that the analysis measures."""
    scale, seed = 0.01, 7
    entry, group = first_entries(scale, (), np.random.default_rng([seed, 0]))
    rng = np.random.default_rng([seed, 2, 0])
    persons = draw_persons(rng, 1, entry[:CHUNK], group[:CHUNK])
    places = local_conditions(municipality_months(np.random.default_rng([seed, 1])))
    life = live(persons, draw_draws(rng, len(persons)), places, WorldSettings())
    past = Past(life.status, life.index, life.program, life.disabled)
    with opened(scale=scale) as registers:
        sample = samples.draw(registers, min_arm=25)
        shown = covariates.covariates(registers, sample)
    assert (shown.std() > 0).all(), shown.columns[shown.std() == 0]
    rows = sample.frame.person.to_numpy() - 1
    for month in np.unique(sample.frame.entry):
        here = (sample.frame.entry == month).to_numpy() & (rows < len(persons))
        who = rows[here]
        episode = (life.entries.month[:, who] == month).argmax(axis=0)
        before = life.entries.before[episode, who]
        seen = simulated_covariates(persons, past, places, month, who, before)
        for name in set(COVARIATE_TILT) & set(shown) - BINNED:
            np.testing.assert_array_equal(seen[name], shown.loc[here, name], err_msg=name)
    never_tilted = {name for name, (_, *tilts) in COVARIATE_TILT.items() if not any(tilts)}
    assert not never_tilted
    assert set(COVARIATE_TILT) >= TABLE_6_4
