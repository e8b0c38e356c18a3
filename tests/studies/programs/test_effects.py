"""Part 3: effects near the truth, other methods, robustness samples, figures and tables."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from programs_registers import folder, opened
from undrawn import leave_undrawn

from naveval.estimators.cost_benefit import assumptions
from naveval.estimators.cost_benefit.inputs import PROGRAMS
from naveval.estimators.detectable import multiplier
from naveval.estimators.multiple_testing import holm
from naveval.exhibits.output import open_output
from naveval.exhibits.show import Showing
from naveval.project.errors import EstimationError
from naveval.studies.programs import alternatives, policy, study
from naveval.studies.programs import effects as programs_effects
from naveval.studies.programs import effects as programs_truth
from naveval.studies.programs.codes import CONTROL
from naveval.studies.programs.costs.analysis import analyse
from naveval.studies.programs.exhibits import (
    REPORT,
    common,
    effects,
    effects_checks,
    effects_drawing,
    effects_groups,
    effects_printed,
    effects_rule,
    effects_sample,
    summary,
)
from naveval.studies.programs.parameters import Parameters
from naveval.studies.programs.results import ProgramResults
from naveval.studies.programs.sample import persons, starts
from naveval.studies.programs.study import Effects

COHORT = {"scale": 0.06, "seed": 4, "cohorts": ("main",)}


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
def results(data: Effects) -> ProgramResults:
    chosen = parameters()
    return ProgramResults(chosen, effects=data, rule=policy.rule(data.main, *policy.prices(chosen)))


@pytest.fixture
def showing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Showing:
    monkeypatch.setenv("NAVEVAL_RESULT", str(tmp_path))
    leave_undrawn(monkeypatch, only_phone=True)
    return Showing(REPORT, open_output("programs", parameters()))


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


def test_everything_before_registration_is_balanced_by_weighting(
    showing: Showing, results: ProgramResults
) -> None:
    table = effects_checks.balance(results)
    big = table[table.arm.isin(["AMO", "Arbeidstrening", "Avklaring"])]
    assert big.smd_weighted.abs().mean() < big.smd_raw.abs().mean() / 2
    shown = showing.show("fig-balance", results)
    text, released = shown.markdown, shown.rows
    assert released is not None
    assert (released.smd_weighted - table.smd_weighted).abs().max() < 0.02
    above = released[released.smd_weighted.abs() > 0.1]
    worst = above.arm.value_counts()
    shown_of = int(released.smd_weighted.notna().sum())
    assert len(table) / 2 < shown_of < len(table), "some rest on few"
    assert f"{len(above)} av {shown_of} forskjeller" in text
    told = [int(n) for n in re.findall(r"\((\d+)\)", text.split("Antall per tiltak:")[1])]
    assert told == sorted(worst, reverse=True)


def test_costs_read_the_released_effects_from_memory_as_from_the_file(
    showing: Showing, results: ProgramResults
) -> None:
    study_of = SimpleNamespace(showing=showing)
    own = results.but(parameters=parameters(effects="estimated", draws=200))
    wages = effects.wages(study_of, own)
    assert wages is not None
    assert effects.wages(study_of, results) is None  # published effects are used
    showing.show("fig-6-3", own)
    showing.finish(own)
    file = showing.output.folder / "estimates.csv"
    from_file = assumptions.read_effects(file)
    pd.testing.assert_frame_equal(assumptions.effects_from_estimates(wages), from_file)
    given = programs_effects.pick(own.effects.main, "att", "earnings_3")
    assert from_file.effect_year_3["AMO"] == pytest.approx(
        given.estimate["AMO"] / 12, abs=given.std_error["AMO"] / 12 / 10
    )
    memory = analyse(own.parameters, wages)
    named = parameters(effects="estimated", draws=200, estimates=str(file))
    pd.testing.assert_frame_equal(memory.flows, analyse(named).flows)
    told = wages.dropna(subset=["estimate"]).groupby("arm").size()
    assert set(memory.programs) == set(told.index[told == 3]) & set(PROGRAMS) - {"Utdanning"}


def test_printed_effects_stand_beside_the_estimates(
    showing: Showing, results: ProgramResults
) -> None:
    table = showing.show("tbl-effects", results).rows
    assert table is not None
    key = table.set_index(["arm", "outcome", "year"])
    assert key.printed["Midlertidig lønnstilskudd", "months", "1"] == 5
    assert key.printed["AMO", "earnings", "2"] == 12 * 4000
    shown = showing.show("fig-6-3", results).rows
    assert shown is not None
    own = shown.set_index(["arm", "year"]).earnings
    assert key.effect["AMO", "earnings", "2"] == own["AMO", 2]


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
        plain = starts.windows(r, sample)
        arm, merged = persons.merge_small(sample.frame.arm, 100)
        fewer = replace(sample, frame=sample.frame.assign(arm=arm))
        table = starts.windows(r, fewer)
    assert len(merged) > 0
    assert set(merged).isdisjoint(table.program)
    assert table.window.value_counts().to_dict() == plain.window.value_counts().to_dict()
    late, before = (one[one.window == "12-23"].program for one in (table, plain))
    assert (late == "Annet").sum() == before.isin([*merged, "Annet"]).sum()


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


SHOWN = [
    one.label
    for module in (
        effects,
        effects_printed,
        effects_groups,
        effects_rule,
        effects_sample,
        effects_checks,
    )
    for one in module.EXHIBITS
    if one.label != "tbl-county"
]


def test_every_exhibit_of_part_three(showing: Showing, results: ProgramResults) -> None:
    for label in SHOWN:
        text = showing.show(label, results).markdown
        assert "nan" not in text.lower(), label
    assert showing.show("fig-two-years", results).markdown == ""
    work = " ".join(showing.show("effects-outcomes", results).markdown.split())
    assert "en tolvdel av folketrygdens grunnbeløp (G) og en stillingsandel på minst 20" in work
    showing.finish(results)
    table = pd.read_csv(showing.output.folder / "estimates.csv")
    assert {"fig-6-2", "fig-b-3", "tbl-6-7", "tbl-ranking", "tbl-rule-value"} <= set(table.label)
    balance = table[(table.label == "tbl-b-4") & (table.arm == "AMO") & (table.value == "treated")]
    printed = balance.set_index(["characteristic", "category"]).published
    assert printed["sex", "woman"] == 47
    assert printed["country", "3"] == 54
    nobody = table[table.label.isin(["tbl-6-3", "tbl-b-7"]) & table.estimate.eq(0)]
    assert set(nobody.note) == {"at most five persons"}, "a protected 0 is none to five"
    gate = table[(table.label == "tbl-6-7") & (table.arm == "AMO")]
    assert gate.set_index(["characteristic", "category"]).published["status", "seeker"] == 1.28


def test_effects_of_groups_are_hidden_where_few_have_the_outcome_or_lack_it(
    showing: Showing, results: ProgramResults
) -> None:
    """In the two years or, where that is too few, in each of their months."""
    main = results.effects.main
    work = main.monthly["months"][:, 12:36]
    groups = effects_sample.group_series(main)
    key = ["characteristic", "category", "arm"]
    table = effects_groups.gate(results).set_index(key)
    released = showing.show("tbl-6-7", results).rows.set_index(key)["months"]

    def few(name: str, category: str, arm: str) -> bool:
        """Whether the group, or that it is compared with, has too few by both rules."""

        def enough(one: str) -> bool:
            sides = [
                work[(groups[name] == one) & (main.scores.arm == code)]
                for code in (0, main.scores.arms.index(arm))
            ]
            whole = [side.any(axis=1, keepdims=True) for side in sides]
            return any(
                min(min(cell.sum(0).min(), (~cell).sum(0).min()) for cell in cells) >= 10
                for cells in (whole, sides)
            )

        return not all(enough(one) for one in (category, groups[name].cat.categories[0]))

    hidden = pd.Series([few(*row) for row in table.index], index=table.index)
    for (_, arm), own in hidden.groupby(level=["characteristic", "arm"]):
        gone = released.isna()[own.index]
        assert gone[own].all(), arm
        assert gone.sum() == own.sum() + (own.sum() == 1), arm
    assert 0 < released.isna().sum() < len(released)


def test_years_are_told_where_all_their_months_are_and_hide_no_single_month(
    showing: Showing, results: ProgramResults
) -> None:
    main = results.effects.main
    years = showing.show("fig-6-2", results).rows.set_index(["arm", "year"])["months"]
    months = showing.show("fig-b-3", results).rows.assign(
        year=lambda rows: (rows["m"] - 1) // 12 + 1
    )
    partly = 0
    for (arm, year), rows in months.groupby(["arm", "year"]):
        hidden, told = rows["work"].isna(), pd.notna(years[arm, year])
        assert told or hidden.any(), (arm, year)
        if told and not hidden.any():
            assert rows["work"].sum() == pytest.approx(years[arm, year], abs=0.2), (arm, year)
        if told and hidden.any():
            partly += 1
            for side in (main.scores.arms.index(arm), 0):
                some = main.monthly["months"][main.scores.arm == side][:, rows["m"][hidden] - 1]
                assert 10 <= some.any(axis=1).sum() <= len(some) - 10, (arm, year)
    assert partly


def test_balance_gives_back_protected_counts_and_no_others(
    showing: Showing, results: ProgramResults
) -> None:
    """From a standardised difference follows the share of the treated, and so their number."""
    main = results.effects.main
    binary = effects_sample.yes_or_no(main.covariates)
    arms = [arm for arm, _ in effects_checks.arms_of(main)]
    table = effects_sample.compared(results, main, main.covariates, arms)
    whole = table[table["covariate"].isin(main.covariates.columns[binary])]
    back = (whole["treated"] * whole["n"]).round(6)
    assert (back % 1 == 0).all()
    assert not back.isin([1, 2, 3, 4]).any()
    for arm, part in whole.groupby("arm"):
        own = main.covariates[main.scores.arm == main.scores.arms.index(arm)]
        true = own[part["covariate"]].sum().to_numpy()
        assert np.abs((part["treated"] * part["n"]).to_numpy() - true).max() <= 10
        assert ((true == 0) <= (part["treated"] == 0)).all()
    mean = effects_sample.covariates(results).set_index("covariate")["mean"]
    assert np.abs(mean / main.covariates.mean() - 1)[["woman", "age", "children"]].max() < 0.05


def test_shares_of_none_to_five_participants_are_hidden_and_no_differences(
    showing: Showing, results: ProgramResults
) -> None:
    """A protected 0 of 44 persons may be eleven percent; its difference is nobody's."""
    key, found = ["characteristic", "category", "arm"], 0
    for label in effects_sample.BALANCE:
        few = effects_sample.balance(label)(results).set_index(key)["few"]
        shown = showing.show(label, results)
        rows = shown.rows.set_index(key)
        assert not rows["treated"].eq(0).any()
        assert (rows["treated"].isna() == few[rows.index]).all()
        assert rows.loc[few[rows.index], ["smd", "smd_error"]].isna().to_numpy().all()
        told = rows["smd"].dropna()
        assert f"{(told.abs() > 0.1).sum()} av {len(told)} forskjeller" in shown.markdown
        found += few.sum()
    assert found, "some category has none to five participants"
    few = effects_checks.balance(results).set_index(["arm", "covariate"])["few"]
    rows = showing.show("fig-balance", results).rows.set_index(["arm", "covariate"])
    assert rows.loc[few, ["smd_raw", "smd_weighted"]].isna().to_numpy().all()
    assert not showing.show("fig-6-1", results).rows["treated"].eq(0).any()
    for label in ("tbl-b-8", "tbl-6-1", "tbl-6-2"):
        rows = showing.show(label, results).rows
        assert not rows["value" if label == "tbl-b-8" else "percent"].eq(0).any(), label


def test_counts_of_the_sample_are_protected(data: Effects, results: ProgramResults) -> None:
    table = effects_sample.flow(results).set_index("step").n
    true = data.main.sample.flow.set_index("step").n
    assert (table - true[table.index]).abs().max() <= 5
    sizes = effects_sample.sizes("main")(results)
    frame = data.main.sample.frame
    own = sizes.set_index(["arm", "first_group"]).n
    assert abs(own["AMO", "all"] - (frame.arm == "AMO").sum()) <= 5
    assert not own.isin([1, 2, 3, 4]).any()


def test_numbers_for_all_are_marked_where_overlap_is_poor(
    showing: Showing, results: ProgramResults
) -> None:
    grades = effects.grades(results.effects.main)
    poor = [arm for arm, grade in grades.items() if grade == "poor" and arm != "Annet"]
    rows = effects.everybody(results)
    assert set(rows.loc[rows["mark"] == "†", "arm"]) == set(poor)
    assert (rows.loc[rows.series == "att", "mark"] == "").all()
    bad = results.effects.main.nuisances.propensity.copy()
    code = results.effects.main.scores.arms.index("AMO")
    bad[: len(bad) // 5, code] = 1e-4
    nuisances = replace(results.effects.main.nuisances, propensity=bad)
    worse = replace(results.effects, main=replace(results.effects.main, nuisances=nuisances))
    changed = results.but(effects=worse)
    for label in ("fig-6-8", "tbl-6-7"):
        assert "AMO" in showing.show(label, changed).markdown.split("stole på")[1]
    assert "AMO†" in showing.show("tbl-6-7", changed).markdown
    for label in ("fig-6-8", "tbl-clip", "tbl-truth", "tbl-ranking"):
        rows = showing.show(label, changed).rows
        own = rows[rows["arm"] == "AMO"]
        about_all = own.get("estimand", own.get("series", pd.Series("ate", own.index))) == "ate"
        assert ((own["mark"] == "†") == about_all).all(), label
        assert about_all.any(), label
    assert "AMO" not in set(showing.show("tbl-att-ate", changed).rows["arm"])
    ranked = rows[(rows["mark"] == "") & rows["p_adjusted"].notna()]
    assert (
        f"av {ranked['arm'].nunique()} tiltak sier" in showing.show("tbl-ranking", changed).markdown
    )


def test_one_row_of_the_limits_is_the_calculation(
    showing: Showing, results: ProgramResults
) -> None:
    limits, methods = (showing.show(label, results).rows for label in ("tbl-clip", "tbl-methods"))
    used = limits[limits["how"] == "used"].set_index("arm")
    chosen = results.effects.settings
    assert used.index.is_unique
    assert set(zip(used["clip"], used["trim"], strict=True)) == {
        (str(chosen.clip), str(chosen.trim))
    }
    others = limits[limits["how"] == "plain"]
    assert (str(chosen.clip), str(chosen.trim)) not in set(
        zip(others["clip"], others["trim"], strict=True)
    )
    own = methods[methods["method"] == "dml"].set_index("arm")["months"]
    assert used["att"].round(2).equals(own.reindex(used.index).round(2).rename("att"))


def test_words_need_a_sign_that_holds_when_all_are_tested_together(
    showing: Showing, results: ProgramResults
) -> None:
    """Every effect of a year alone at four per cent is no sign of any of them."""

    def words(p_value: float) -> set[str]:
        table = results.effects.main.effects.assign(p_value=p_value, ci_low=0.1, ci_high=9.0)
        main = replace(results.effects.main, effects=table)
        own = results.but(effects=replace(results.effects, main=main))
        reader = showing.reader(own)
        shown = reader.frame("fig-6-2").dropna(subset=["months"])
        estimated = shown.loc[shown["year"] == shown["year"].max(), "arm"]
        assert len(estimated) >= 5
        rows = effects_printed.in_words(reader)
        return set(rows.loc[rows["arm"].isin(estimated), "own"])

    assert words(0.04) == {"unclear"}
    assert "unclear" not in words(1e-6)
    years = pd.DataFrame({"months": [0.2, -1.0]})
    assert effects_printed.size_in_words(years, "unclear") == "unclear"
    assert effects_printed.size_in_words(years, "negative") == "small_negative"
    assert effects_printed.size_in_words(-3 * years, "negative") == "small_negative"
    assert effects_printed.size_in_words(10 * years.abs(), "positive") == "large_positive"


def test_the_last_month_is_told_by_its_least_and_its_largest_effect(
    showing: Showing, results: ProgramResults
) -> None:
    rows = showing.show("fig-b-3", results).rows
    last = rows[rows["m"] == 36]["work"]
    assert last.notna().any()
    alt = showing.show("fig-b-3", results).markdown.split("fig-alt")[1]
    assert ".." not in alt
    ends = re.search(r"fra (\S+) prosentpoeng for .* til (\S+) for", alt)
    assert ends
    told = [float(end.replace("−", "-").replace(",", ".")) for end in ends.groups()]
    assert told == pytest.approx([100 * last.min(), 100 * last.max()], abs=0.06)


def test_the_summary_counts_signs_that_hold_together(
    showing: Showing, results: ProgramResults
) -> None:
    said = showing.show("effects-summary", results).markdown
    rows = showing.reader(results).frame("fig-6-2")
    last = rows[rows["year"] == 3].dropna(subset=["months"])
    clear = holm(last.p_value.to_numpy(float)) < 0.05
    more = (clear & (last.months > 0)).sum()
    assert (f"klart positiv for {more} av {len(last)}" in said) == (more > 0)
    none = results.effects.main.effects.assign(p_value=0.04)
    main = replace(results.effects.main, effects=none)
    alone = results.but(effects=replace(results.effects, main=main))
    assert "ikke klart positiv eller negativ" in showing.show("effects-summary", alone).markdown
    words = showing.reader(alone).frame("tbl-6-5")["own"]
    assert set(words) == {"unclear"}  # the answer tells no sign, so neither does the table


def test_the_answer_and_the_titles_follow_the_tests(
    showing: Showing, results: ProgramResults
) -> None:
    def but(**changes: object) -> ProgramResults:
        table = results.effects.main.effects.assign(**changes)
        return results.but(effects=replace(results.effects, main=replace(data, effects=table)))

    data = results.effects.main
    rows = effects.last_year(showing.reader(results))
    said = showing.show("answer-effects", results).markdown
    assert said.startswith("I de simulerte registrene")
    for arm in rows.loc[rows["sign"] == "positive", "arm"]:
        assert arm.lower() in said.lower()
    marked = effects_drawing.told_by_source(showing.reader(results).at("fig-6-2"))
    assert set(marked["outcome"]) == {"months"}
    assert marked["printed"].notna().all()
    shown = " ".join(showing.show("fig-6-2", results).markdown.split())
    assert "Hvite ruter er det den publiserte evalueringen trykker" in shown
    assert "rute. «Klart»" in shown
    assert not len(effects_drawing.told_by_source(showing.reader(results).at("fig-6-6")))
    assert "Hvite ruter" not in showing.show("fig-6-6", results).markdown
    null = but(p_value=1.0)
    text = showing.show("answer-effects", null).markdown
    assert "ikke sikkert for noe av" in text
    text = showing.show("answer-unclear", null).markdown
    smallest = multiplier(1 - 0.05 / len(rows)) * rows["std_error"]
    assert f"{smallest.min():.1f}".replace(".", ",") in text
    assert f"{smallest.max():.1f}".replace(".", ",") in text
    assert (
        "I det 3. året: ikke klart mer eller mindre arbeid"
        in showing.show("fig-6-2", null).markdown
    )
    years = ("answer-effects", "answer-second-year", "answer-first-year")
    each = [showing.show(label, results).markdown for label in years]
    assert all(f"det {3 - back}. året" in text for back, text in enumerate(each))
    gone = showing.reader(results).frame("fig-6-2")["months"].isna().any()
    assert ("året skjult" in " ".join(each)) == gone
    off = showing.reader(results).at("tbl-overlap").look_up("poor").value
    assert f"mangler godt overlapp ({off})" in showing.show("answer-trust", results).markdown
    worse = but(p_value=1e-9, estimate=-data.effects.estimate.abs())
    text = showing.show("answer-effects", worse).markdown
    assert "mindre enn de ellers" in text
    assert showing.show("answer-unclear", worse).markdown == ""
    assert "klart mindre arbeid" in showing.show("fig-6-2", worse).markdown.lower()
    idle = replace(data.sample, work=np.zeros_like(data.sample.work))
    nobody = replace(data, sample=idle, scores=replace(data.scores, y=np.zeros_like(data.scores.y)))
    hidden = results.but(effects=replace(results.effects, main=nobody))
    assert "for få deltakere" in showing.show("answer-effects", hidden).markdown
    assert showing.show("key-effect", hidden).markdown == ""
    assert "**" in showing.show("key-effect", results).markdown


def test_the_answer_names_the_programmes_it_cannot_judge_in_a_year(
    showing: Showing, results: ProgramResults
) -> None:
    reader = showing.reader(results)
    shown = reader.frame("fig-6-2").fillna({"months": 0.5, "p_value": 1.0})
    arm = effects.last_year(reader)["arm"].iloc[0]
    monthly = reader.frame("fig-b-3")
    at = (monthly["m"] - 1) // 12 + 1
    for year in (1, 2, 3):
        gone = shown["months"].mask((shown["arm"] == arm) & (shown["year"] == year))
        for month, wording in ((0.1, "months"), (np.nan, "hidden_all")):
            work = monthly["work"].mask((monthly["arm"] == arm) & (at == year), month)
            frames = {
                "fig-6-2": shown.assign(months=gone),
                "fig-b-3": monthly.assign(work=work),
            }
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(type(reader), "frame", lambda _, label, frames=frames: frames[label])
                told = [
                    (one.facts["names"].get(reader), one.choose(reader))
                    for sentence in summary.SENTENCES
                    for one in sentence.then
                    if one.label.startswith("answer-hidden") and one.choose(reader)
                ]
            assert told == [(common.plainly(reader, arm), wording)], year


def test_trust_is_told_by_the_joint_test_of_the_past(
    showing: Showing, results: ProgramResults
) -> None:
    rows = effects_checks.placebo(results)
    clear = (holm(rows["p_value"].to_numpy(float)) < 0.05).any()
    assert ("Allerede før registrering" in showing.show("effects-trust", results).markdown) == clear
    main = results.effects.main
    for p, said in ((1.0, "ingen sikre"), (1e-9, "skjeve")):
        changed = replace(main, effects=main.effects.assign(p_value=p))
        text = showing.show(
            "effects-trust", results.but(effects=replace(results.effects, main=changed))
        )
        assert said in text.markdown


def test_a_rule_gives_nobody_anything_where_nothing_earns_its_price(data: Effects) -> None:
    price, worth = policy.prices(parameters())
    assert price["AFT"] > 100_000
    dear = policy.rule(data.main, dict.fromkeys(price, 1e9), worth)
    assert dear is not None
    assert not dear.gives
    nobody = dear.values.set_index("than").loc["nobody"]
    assert nobody["difference"] == nobody["std_error"] == nobody["months"] == 0
    assert not dear.better("nobody")
    free = policy.rule(data.main, dict.fromkeys(price, 0.0), worth)
    assert free is not None
    assert free.gives
    assert free.n == free.leaves.n.sum()
    table = free.values.set_index("than")
    assert table["difference"].to_numpy() == pytest.approx(
        (table["rule"] - table["other"]).to_numpy()
    )
    assert policy.rule(data.main, {}, worth) is None


def test_splits_of_the_sample_give_much_the_same(data: Effects) -> None:
    chosen = replace(study.settings(parameters()), cache=None)
    table = programs_effects.over_splits(data.main, chosen, 2)
    own = programs_effects.pick(data.main, "att", "months_2")
    row = table[(table.arm == "AMO") & (table.year == 2)].iloc[0]
    assert row["first"] == own.estimate["AMO"]
    assert abs(row["months"] - row["first"]) < 2 * row["first_error"]
    assert row["std_error"] > 0


def test_county_shows_its_group_effect_only_where_numbers_allow(
    data: Effects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVEVAL_RESULT", str(tmp_path))
    chosen = parameters(county="03")
    showing = Showing(REPORT, open_output("programs", chosen))
    inside = pd.Series(np.arange(len(data.main.sample.frame)) % 4 == 0)
    own = ProgramResults(chosen, effects=replace(data, in_county=inside))
    assert "Deltakere i utvalget som bor i fylket" in showing.show("tbl-county", own).markdown
    table = effects_groups.county(own).iloc[0]
    assert table.place - table["rest"] == pytest.approx(table["difference"] + 0)
    gamma = data.main.scores.gamma
    columns = [data.main.scores.outcomes.index(f"months_{year}") for year in (2, 3)]
    arm = data.main.arms.index(table.arm) + 1
    plain = (gamma[:, arm] - gamma[:, 0])[:, columns].mean(axis=1)
    assert table.place == pytest.approx(plain[inside].mean())
    few = pd.Series(np.arange(len(inside)) < 20)
    hidden = own.but(effects=replace(data, in_county=few))
    assert showing.show("tbl-county", hidden).markdown == ""
    assert "for få" in showing.show("county-few", hidden).markdown
    assert showing.show("county-few", own).markdown == ""


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
