"""Part 3: effects near the truth, other methods, robustness samples, figures and tables."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from programs_registers import folder, opened

from naveval.estimators.cost_benefit import assumptions
from naveval.exhibits.output import ESTIMATES_FILE, Output, open_output
from naveval.project.errors import EstimationError
from naveval.studies.programs import alternatives, study
from naveval.studies.programs import effects as programs_effects
from naveval.studies.programs import effects as programs_truth
from naveval.studies.programs.codes import CONTROL
from naveval.studies.programs.exhibits import (
    comparison,
    effect_checks,
    effect_figures,
    effect_tables,
)
from naveval.studies.programs.exhibits import policy as programs_effect_tables_policy
from naveval.studies.programs.exhibits import rows as programs_effect_tables_rows
from naveval.studies.programs.parameters import Parameters
from naveval.studies.programs.sample import persons, starts
from naveval.studies.programs.study import Effects

COHORT = {"scale": 0.06, "seed": 4, "only_cohort": True}


def parameters(**changes: object) -> Parameters:
    given = {"data": str(folder(**COHORT)), "trees": 20, "min_arm": 30, "robustness": False}
    return Parameters(**(given | changes))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Effects:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "forest_cache", lambda: None)
        with opened(**COHORT) as r:
            return study.effects(r, parameters())


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Output:
    monkeypatch.setenv("NAVEVAL_RESULT", str(tmp_path))
    return open_output("programs", parameters())


def test_effects_on_the_treated_are_near_the_truth(data: Effects) -> None:
    table = programs_truth.compare(data.main, dict(data.truth))
    years = table[(table.estimand == "att") & table.outcome.str.match("months_|earnings_")]
    assert years.within.mean() > 0.95
    assert (years.z.abs() < 1.96).mean() > 0.75
    best = years[years.outcome == "months_1"].set_index("arm").estimate
    assert best.idxmax() == "Midlertidig lønnstilskudd"


def test_naive_differences_are_further_from_the_truth(data: Effects) -> None:
    known = data.truth["cohorts"]["main"]["att"]
    wide = data.alternatives[data.alternatives.outcome == "months_2"].pivot(
        index="arm", columns="method", values="estimate"
    )
    own = programs_effects.pick(data.main, "att", "months_2").estimate
    arms = ["AMO", "Arbeidstrening", "Midlertidig lønnstilskudd"]
    truth = np.array([known[arm]["months_2"] for arm in arms])
    naive = np.abs(wide.naive[arms] - truth).mean()
    assert np.abs(own[arms] - truth).mean() < naive / 2


def test_alternatives_equal_plain_computations(data: Effects) -> None:
    import statsmodels.api as sm

    made = data.main.scores
    arm = made.arms.index("AMO")
    column = made.outcomes.index("months_2")
    treated, control = made.arm == arm, made.arm == 0
    rows = data.alternatives.query("arm == 'AMO' and outcome == 'months_2'").set_index("method")
    y = made.y[:, column]
    assert rows.estimate["naive"] == pytest.approx(y[treated].mean() - y[control].mean())
    x = data.main.covariates.to_numpy(float)[treated | control]
    x = x[:, x.std(axis=0) > 0]
    design = np.column_stack([treated[treated | control], np.ones(len(x)), x])
    plain = sm.OLS(y[treated | control], design).fit(cov_type="HC0")
    assert rows.estimate["regression"] == pytest.approx(plain.params[0], abs=1e-6)
    assert rows.std_error["regression"] == pytest.approx(plain.bse[0], rel=1e-4)
    p = data.main.nuisances.propensity
    odds = np.log(np.maximum(p[:, arm], 1e-6) / np.maximum(p[:, 0], 1e-6))
    gaps = []
    for i in np.flatnonzero(treated):
        near = np.sort(np.abs(odds[control] - odds[i]))[4]
        close = np.abs(odds[control] - odds[i]) <= near
        gaps.append(y[i] - y[control][close].mean())
    assert rows.estimate["matching"] == pytest.approx(np.mean(gaps), abs=0.05)
    few = np.arange(len(y)) < 3
    with pytest.raises(EstimationError, match="controls for 5 neighbours"):
        alternatives.matching(made.y, p[:, [0, arm]], ~few, few)


def test_everything_before_registration_is_balanced_by_weighting(data: Effects) -> None:
    table = effect_figures.balance_frame(data.main)
    big = table[table.arm.isin(["AMO", "Arbeidstrening", "Avklaring"])]
    assert big.smd_weighted.abs().mean() < big.smd_raw.abs().mean() / 2


def test_wage_effects_are_what_the_cost_analysis_reads(data: Effects, output: Output) -> None:
    rows = programs_effect_tables_rows.effect_rows(output, data)
    earnings = rows[(rows.outcome == "earnings") & (rows.estimand == "att")]
    assert not earnings.duplicated(["group", "horizon"]).any()
    assert set(earnings.unit) == {"NOK per year"}
    effects = assumptions.read_effects(output.folder / ESTIMATES_FILE)
    assert set(effects.index) == set(data.main.arms) & set(assumptions.PROGRAMS)
    own = programs_effects.pick(data.main, "att", "earnings_3").estimate
    assert effects.effect_year_3["AMO"] == pytest.approx(own["AMO"] / 12)
    again = programs_effect_tables_rows.effect_rows(output, data)
    stored = pd.read_csv(output.folder / ESTIMATES_FILE)
    assert len(stored) == len(again) == len(rows)


def test_printed_effects_stand_beside_the_estimates(data: Effects, output: Output) -> None:
    frame = comparison.effect_frame(data.main)
    assert set(frame.outcome) == {"months", "earnings"}
    key = frame.set_index(["arm", "outcome", "year"])
    assert key.published["Midlertidig lønnstilskudd", "months", 1] == 5
    assert key.published["AMO", "earnings", 2] == 12 * 4000
    own = programs_effects.pick(data.main, "att", "earnings_2")
    assert key.estimate["AMO", "earnings", 2] == own.estimate["AMO"]
    assert "|" in comparison.effects(output, data).markdown
    rows = programs_effect_tables_rows.effect_rows(output, data)
    row = rows[(rows.label == "fig-6-3") & (rows.group == "AMO") & (rows.horizon == "year_2")]
    assert row.difference.item() == pytest.approx(own.estimate["AMO"] - 48_000)


def test_costs_need_one_programme_with_an_effect_of_its_own(data: Effects) -> None:
    sample = data.main.sample
    study.require_priced(sample)
    frame = sample.frame.assign(arm=sample.frame.arm.replace({"AFT": "Annet"}))
    study.require_priced(replace(sample, frame=frame, merged={"AFT": 21}))
    none = sample.frame.assign(arm="Annet")
    with pytest.raises(EstimationError, match=r"none of the programmes.*AFT \(21\).*larger"):
        study.require_priced(replace(sample, frame=none, merged={"AFT": 21}))
    assert study.prices_own_effects(parameters(effects="estimated"))
    assert not study.prices_own_effects(parameters())
    assert not study.prices_own_effects(parameters(effects="estimated", parts=["effects"]))


def test_forests_fit_the_data_where_nothing_else_is_said(tmp_path: Path) -> None:
    assert Parameters().forests() == (60, 40)
    assert Parameters(scale=1).forests() == (2000, 150)
    assert Parameters(trees=30, min_arm=90).forests() == (30, 90)
    assert Parameters(data=str(folder(**COHORT)), scale=1).forests() == (60, 40)
    assert Parameters(data=str(tmp_path)).forests() == (2000, 150)
    made = study.settings(Parameters(scale=1))
    assert (made.options.trees, made.min_arm) == (2000, 150)


@pytest.mark.parametrize("folds", [2, 5])
def test_the_fewest_persons_of_an_arm_can_be_grown_on(folds: int) -> None:
    chosen = replace(study.settings(parameters()), folds=folds)
    fewest = programs_effects.growable(chosen)
    growing = chosen.options.subsample * chosen.options.honesty_share
    arms = np.repeat([0, 1], [500, fewest])
    programs_effects.crossfit.require_arms(arms, ("none", "small"), folds, growing)
    half = np.repeat([0, 1], [500, fewest // 2])
    with pytest.raises(EstimationError, match="arms too small"):
        programs_effects.crossfit.require_arms(half, ("none", "small"), folds, growing)


def test_later_starts_of_merged_programmes_count_as_annet() -> None:
    with opened(**COHORT) as r:
        sample = persons.draw(r, "main", min_arm=10)
        plain = starts.windows(r, sample).set_index("program")
        arm, merged = persons.merge_small(sample.frame.arm, 100)
        fewer = replace(sample, frame=sample.frame.assign(arm=arm))
        table = starts.windows(r, fewer).set_index("program")
    assert len(merged) > 0
    assert set(merged).isdisjoint(table.index)
    assert table.sum().tolist() == plain.sum().tolist()
    assert table.late["Annet"] == plain.late.reindex([*merged, "Annet"]).sum()


def test_controls_first_in_standardinnsats_have_moved_on_when_estimated_alone() -> None:
    chosen = study.settings(parameters(trees=10))
    with opened(**COHORT) as r:
        drawn = programs_effects.draw(r, "main", chosen)
    frame = drawn.sample.frame
    status = drawn.sample.status.copy()
    rows = np.flatnonzero((frame.first_group == "standard") & (frame.arm == CONTROL))[:30]
    wait = (frame.start - frame.entry).to_numpy()[rows]
    status[rows, wait] = 1
    changed = replace(drawn, sample=replace(drawn.sample, status=status))
    made = programs_effects.by_first_group(changed, replace(chosen, cache=None))
    kept = set(made["standard"].sample.frame.person)
    assert kept.isdisjoint(frame.person[rows])
    moved = (frame.first_group == "standard") & (drawn.sample.status_at_start() > 1)
    assert len(made["standard"].sample.frame) >= moved.sum() - 30 - 25


def test_figures_and_tables_of_part_three(data: Effects, output: Output) -> None:
    figures, tables = effect_figures, effect_tables
    checks, policy = effect_checks, programs_effect_tables_policy
    blocks = [
        figures.months_by_year(output, data),
        figures.earnings_by_year(output, data),
        figures.ate_and_att(output, data),
        figures.monthly(output, data, "fig-6-4"),
        figures.monthly(output, data, "fig-b-3"),
        figures.paths(output, data),
        figures.balance(output, data),
        figures.overlap_density(output, data),
    ]
    assert all("fig-alt" in block.markdown for block in blocks)
    blocks = [
        getattr(tables, name)(output, data)
        for name in (
            "flow",
            "time_to_first",
            "group_at_start",
            "sample_sizes",
            "covariates",
            "windows",
            "followed",
            "effects",
            "gate",
        )
    ]
    blocks += [
        getattr(checks, name)(output, data)
        for name in (
            "overlap_table",
            "placebo",
            "hidden_confounder",
            "methods",
            "truth",
            "clip_and_trim",
            "aft_participants",
        )
    ]
    blocks += [checks.balance(output, data, label) for label in checks.BALANCE]
    assert all("|" in block.markdown for block in blocks)
    prices = programs_effect_tables_rows.costs_per_spell(parameters())
    assert prices["AFT"] > 100_000
    rule = policy.policy_rule(data, prices)
    assert policy.policy(output, rule).markdown
    assert policy.policy(output, None).markdown == output.label("tbl-policy", "none")
    assert policy.policy_rule(data, {}) is None
    rows = programs_effect_tables_rows.sample_rows(output, data, rule)
    if rule is not None:
        own = rows[rows.label == "tbl-policy"].set_index("outcome").estimate
        assert own["difference"] == pytest.approx(own["rule"] - own["today"])
        assert own["persons"] == rule.leaves.n.sum() == rule.n
    shown = {
        "tbl-6-1",
        "tbl-6-2",
        "tbl-6-4",
        "tbl-6-6",
        "tbl-b-4",
        "tbl-b-8",
        "tbl-overlap",
        "fig-6-1",
        "fig-balance",
        "tbl-confounding",
        "tbl-clip",
    }
    assert shown <= set(rows.label)
    balance = rows[(rows.label == "tbl-b-4") & (rows.outcome == "treated, AMO")]
    printed = balance.set_index(["row", "column"]).published
    assert printed["sex", "woman"] == 47
    assert printed["country", "3"] == 54
    history = rows[(rows.label == "tbl-b-8") & (rows.outcome == "main")].set_index("column")
    assert history.published["registered_60"] == 1.9
    assert figures.variant(output, data, "two_years", "fig-two-years").markdown == ""
    assert programs_effect_tables_rows.effect_summary(output, data).markdown


def test_county_shows_its_group_effect_only_where_numbers_allow(
    data: Effects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVEVAL_RESULT", str(tmp_path))
    output = open_output("programs", parameters(county="03"))
    inside = pd.Series(np.arange(len(data.main.sample.frame)) % 4 == 0)
    shown = effect_tables.county_gate(output, replace(data, in_county=inside))
    assert "Deltakere i fylket" in shown.markdown
    table = effect_tables.county_effects(replace(data, in_county=inside)).iloc[0]
    assert table.place - table["rest"] == pytest.approx(table["difference"] + 0)
    gamma = data.main.scores.gamma
    columns = [data.main.scores.outcomes.index(f"months_{year}") for year in (2, 3)]
    arm = data.main.arms.index(table.arm) + 1
    own = (gamma[:, arm] - gamma[:, 0])[:, columns].mean(axis=1)
    assert table.place == pytest.approx(own[inside].mean())
    few = pd.Series(np.arange(len(inside)) < 20)
    hidden = effect_tables.county_gate(output, replace(data, in_county=few))
    assert "|" not in hidden.markdown


def test_robustness_samples_chains_and_groups() -> None:
    chosen = study.settings(parameters())
    with opened(**COHORT) as r:
        drawn = programs_effects.draw(r, "main", chosen)
        other = programs_effects.draw(r, "two_years", chosen)
    assert (other.sample.frame.arm != CONTROL).sum() > (drawn.sample.frame.arm != CONTROL).sum()
    names = programs_effects.chain_names()
    assert len(names) == 5
    arm = drawn.sample.frame.arm.where(drawn.sample.frame.arm != "AFT", "Annet")
    changed = programs_effects.with_arms(drawn, arm)
    assert len(changed.covariates) == len(changed.sample.frame)
    few = drawn.sample.frame.arm.where(np.arange(len(arm)) >= 5, "Annet")
    few = few.where((few != "Annet") | (np.arange(len(arm)) < 5), CONTROL)
    dropped = programs_effects.with_arms(drawn, few)
    assert len(dropped.sample.frame) == len(arm) - 5
    assert dropped.sample.flow.iloc[-1].tolist() == ["rest_too_small", 5]
