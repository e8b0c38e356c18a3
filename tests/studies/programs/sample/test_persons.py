"""The effect sample: who is in, covariates against a plain computation, and bad input."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from programs_registers import changed, folder, opened

from naveval import cli
from naveval.estimators.forests import ForestOptions
from naveval.project import parameters
from naveval.project.errors import ContractError, EstimationError, ParameterError
from naveval.registers import reading
from naveval.studies.programs import basic_amount, contracts, effects
from naveval.studies.programs.codes import ARMS, CONTROL, month_code
from naveval.studies.programs.effects import Settings
from naveval.studies.programs.sample import covariates, persons
from naveval.studies.programs.sample.persons import BEFORE
from naveval.studies.programs.sample.starts import draw_pseudo_starts, outcomes, placebo

COHORT = {"scale": 0.01, "seed": 3, "cohorts": ("main",)}
OPTIONS = ForestOptions(trees=20, chunk=10)


def test_sample_equals_a_plain_computation() -> None:
    with opened() as r:
        sample = persons.draw(r, "main", min_arm=10)
    data = folder()
    status, spells = pd.read_parquet(data / "nav_status"), pd.read_parquet(data / "program_spells")
    born = pd.read_parquet(data / "persons").set_index("person").birth_year
    number = (status.month // 100 - 2009) * 12 + status.month % 100 - 1
    status = status.assign(m=number).sort_values(["person", "m"])
    spells = spells.assign(
        start=(spells.from_month // 100 - 2009) * 12 + spells.from_month % 100 - 1,
        stop=(spells.to_month // 100 - 2009) * 12 + spells.to_month % 100 - 1,
    )
    by_spell = dict(list(spells.groupby("person")))
    expected = []
    near = status[(status.m >= 102) & (status.m <= 119)].person.unique()[:400]
    for person, months in status[status.person.isin(near)].groupby("person"):
        m = months.m.to_numpy()
        for i in np.flatnonzero((m >= 102) & (m <= 119)):
            entry, group = m[i], str(months.innsatsgruppe.iloc[i])
            if i and entry - m[i - 1] <= 24:
                continue
            own = by_spell.get(person, spells.head(0))
            if group not in ("standard", "situational", "special"):
                continue
            if ((own.start < entry) & (own.stop >= entry - 24)).any():
                continue
            if entry // 12 + 2009 - born[person] >= 60:
                continue
            later = months[(months.m >= entry) & (months.m <= entry + 11)]
            if (
                group == "standard"
                and not later.innsatsgruppe.isin(["situational", "special"]).any()
            ):
                continue
            treated = ((own.start >= entry) & (own.start < entry + 12)).any()
            expected.append((person, entry, group, treated))
    mine = sample.frame[sample.frame.person.isin(near)]
    found = list(
        zip(mine.person, mine.entry, mine.first_group, mine.program != CONTROL, strict=True)
    )
    assert sorted(found) == sorted(expected)
    assert len(found) > 20


def test_work_needs_both_wage_and_position() -> None:
    with opened() as r:
        sample = persons.draw(r, "main", min_arm=10)
    job = pd.read_parquet(folder() / "employment")
    row = sample.frame.iloc[5]
    own = job[job.person == row.person].set_index("month")
    months = month_code(np.arange(row.entry - 60, row.entry + 61))
    amount = basic_amount.monthly(months)
    for k, month in enumerate(months):
        works = False
        if month in own.index:
            works = own.wage_nok[month] >= amount[k] / 12 and own.position_percent[month] >= 20
        assert sample.work[5, k] == works


def test_covariates_are_51_and_right_for_a_person() -> None:
    with opened() as r:
        sample = persons.draw(r, "main", min_arm=10)
        x = covariates.covariates(r, sample)
    assert x.shape == (len(sample.frame), 51)
    assert np.isfinite(x.to_numpy()).all()
    assert (x[["first_standard", "first_situational", "first_special"]].sum(axis=1) == 1).all()
    assert (x[[f"country_{k}" for k in range(4)]].sum(axis=1) == 1).all()
    assert (x[["in_work", "out_under_6", "out_6_or_more"]].sum(axis=1) == 1).all()
    np.testing.assert_array_equal(
        x.work_months_12, sample.work[:, BEFORE - 12 : BEFORE].sum(axis=1)
    )
    unknown = x.education_unknown == 1
    assert set(x.education[unknown]) == {4}
    assert set(x.education[~unknown]) == set(range(1, 8))
    benefits = pd.read_parquet(folder() / "benefits")
    row = sample.frame.iloc[x.sykepenger_24.argmax()]
    own = benefits[benefits.person == row.person]
    number = (own.month // 100 - 2009) * 12 + own.month % 100 - 1
    months = ((own.sykepenger_nok > 0) & (number >= row.entry - 24) & (number < row.entry)).sum()
    assert x.sykepenger_24.max() == months
    assert not {"municipality", "county", "year", "month"} & set(x.columns)


def test_outcomes_start_the_month_after_and_sum_up() -> None:
    with opened(**COHORT) as r:
        drawn = effects.draw(r, "main", Settings(OPTIONS, min_arm=40))
    y = outcomes(drawn.sample)
    assert y.shape[1] == 42
    np.testing.assert_array_equal(y.months_2, y[[f"work_{m}" for m in range(13, 25)]].sum(axis=1))
    row = drawn.sample.frame.iloc[3]
    first = BEFORE + row.start - row.entry + 1
    assert y.work_1[3] == drawn.sample.work[3, first]
    price = basic_amount.to_prices_of(2022)
    cells = range(row.start + 1, row.start + 13)
    pay = [drawn.sample.wage[3, BEFORE + m - row.entry] * price[2009 + m // 12] for m in cells]
    assert y.earnings_1[3] == pytest.approx(sum(pay), rel=1e-5)
    before = drawn.sample.work[:, BEFORE - 24 : BEFORE - 12].sum(axis=1)
    np.testing.assert_array_equal(placebo(drawn.sample).placebo, before)


def test_samples_are_drawn_once_and_come_back_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever only says how the work is done draws nothing anew; what decides who is in does."""
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))
    chosen, draw, drawn = Settings(OPTIONS, min_arm=40), effects.draw, []

    def counted(registers: Any, variant: Any, settings: Settings) -> Any:
        drawn.append(variant)
        return draw(registers, variant, settings)

    monkeypatch.setattr(effects, "draw", counted)
    with opened(**COHORT) as r:
        first = effects.samples(r, ["two_years"], chosen)
        again = effects.samples(r, ["two_years"], replace(chosen, options=replace(OPTIONS, jobs=7)))
        assert drawn == ["main", "two_years"]
        effects.samples(r, [], replace(chosen, min_arm=39))
    assert drawn[2:] == ["main"]
    for name, own in first.drawn.items():
        kept = again.drawn[name]
        pd.testing.assert_frame_equal(kept.sample.frame, own.sample.frame, check_exact=True)
        pd.testing.assert_frame_equal(kept.covariates, own.covariates, check_exact=True)
        pd.testing.assert_frame_equal(outcomes(kept.sample), outcomes(own.sample))
    lived = first.counties.to_numpy()
    homes = pd.read_parquet(folder(**COHORT) / "person_years").set_index(["person", "year"]).county
    frame = first.drawn["main"].sample.frame
    np.testing.assert_array_equal(
        lived, homes.loc[list(zip(frame.person, frame.entry // 12 + 2009, strict=True))]
    )
    pd.testing.assert_series_equal(again.counties, first.counties)
    pd.testing.assert_frame_equal(again.windows, first.windows)


def test_pseudo_starts_follow_the_treated_and_drop_those_who_left() -> None:
    with opened(**COHORT) as r:
        sample = persons.draw(r, "main", min_arm=10)
        x = covariates.covariates(r, sample).to_numpy()
    kept, kept_x = draw_pseudo_starts(sample, x, 12, OPTIONS, seed=1)
    frame = kept.frame
    wait = frame.start - frame.entry
    assert wait.between(0, 11).all()
    assert len(kept_x) == len(frame)
    registered = kept.status_at_start() > 0
    assert registered[(frame.arm == CONTROL).to_numpy()].all()
    treated = (sample.frame.arm != CONTROL).to_numpy()
    assert (frame.arm != CONTROL).sum() == treated.sum()
    flow = kept.flow.set_index("step").n
    assert flow["controls"] + flow["no_longer_registered"] == (~treated).sum()
    mean = wait.groupby(frame.arm == CONTROL).mean()
    assert abs(mean[True] - mean[False]) < 1.5
    same, _ = draw_pseudo_starts(sample, x, 12, OPTIONS, seed=1)
    assert (same.frame.start == frame.start).all()
    other, _ = draw_pseudo_starts(sample, x, 12, OPTIONS, seed=2)
    assert len(other.frame) != len(frame) or (other.frame.start != frame.start).any()


def test_variants_differ_as_designed() -> None:
    with opened(scale=0.01) as r:
        sizes = {}
        for variant in persons.DESIGNS:
            sample = persons.draw(r, variant, min_arm=10)
            sizes[variant] = (len(sample.frame), (sample.frame.arm != CONTROL).sum())
            if variant == "reduced_capacity":
                assert (sample.frame.first_group == "special").all()
    assert sizes["two_years"][0] == sizes["main"][0]
    assert sizes["two_years"][1] > sizes["main"][1]
    assert sizes["one_year_clean"][0] > sizes["main"][0]


def test_small_programmes_are_named_and_merged() -> None:
    program = pd.Series(["AMO"] * 30 + ["AFT"] * 5 + ["IPS"] * 40 + [CONTROL] * 9)
    arm, merged = persons.merge_small(program, 10)
    assert merged == {"AFT": 5, "IPS": 40}
    assert (arm == "Annet").sum() == 45
    assert (arm == CONTROL).sum() == 9


def test_the_sample_drawn_from_whole_registers_is_the_one_with_known_effects() -> None:
    """Nobody gets into it, or onto a programme, by what happened after registration."""
    with opened() as r:
        frame = persons.draw(r, "main", min_arm=1).frame
    truth = json.loads((folder() / "truth.json").read_text("utf-8"))["cohorts"]["main"]
    known = {arm: n for arm, n in truth["n_treated"].items() if n and arm != "Annet"}
    drawn = frame.program[frame.program.isin(ARMS)].value_counts().to_dict()
    assert drawn == known
    assert set(frame.first_group) == {"standard", "situational", "special"}


def unknown(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.replace({"activity_code": {"PRAKSORD": "NYTT"}})


def test_unknown_activity_codes_are_listed_and_mapped_only_when_told(tmp_path: Path) -> None:
    data = changed(tmp_path / "registers", "program_spells", unknown)
    with reading.open_registers(data, contracts.TABLES) as r:
        with pytest.raises(ContractError, match=r"unknown codes: NYTT \(\d+ persons\)"):
            persons.make_spells(r)
        persons.make_spells(r, unknown_to_rest=True)
        assert r.query("SELECT count(*) AS n FROM spells WHERE program = 'Annet'").n[0] >= 100


def test_check_lists_unknown_codes_but_no_ids(tmp_path: Path) -> None:
    def mixed(frame: pd.DataFrame) -> pd.DataFrame:
        odd = frame.activity_code.replace("AMO", "P0012345").where(frame.index != 199, "Nordmann")
        return unknown(frame.assign(activity_code=odd))

    data = changed(tmp_path / "registers", "program_spells", mixed)
    arguments = ["check", "programs", "--data", str(data)]
    result = CliRunner().invoke(cli.main, arguments)
    assert result.exit_code == 1
    assert re.search(r"codes: NYTT \(\d+ persons\), 2 not shown \(\d+ persons\); ", result.output)
    assert not re.search("P0012345|Nordmann", result.output)
    allowed = tmp_path / "programs.yml"
    allowed.write_text("unknown_codes: rest\nparts: [participants, outcomes]\n")
    result = CliRunner().invoke(cli.main, [*arguments, "--params", str(allowed)])
    assert result.exit_code == 0, result.output


def test_overlapping_spells_of_one_programme_become_one(tmp_path: Path) -> None:
    def twice(frame: pd.DataFrame) -> pd.DataFrame:
        code = frame.activity_code.replace({"AMO": "AMOE"})
        return pd.concat([frame, frame.assign(activity_code=code)[frame.activity_code == "AMO"]])

    data = changed(tmp_path / "registers", "program_spells", twice)
    with reading.open_registers(data, contracts.TABLES) as r, opened() as plain:
        for one in (r, plain):
            persons.make_spells(one)
        count = "SELECT count(*) AS n FROM spells WHERE program = 'AMO'"
        assert r.query(count).n[0] == plain.query(count).n[0]


def test_municipalities_without_statistics_stop_the_run(tmp_path: Path) -> None:
    data = changed(
        tmp_path / "registers",
        "municipalities",
        lambda f: f[f.municipality != f.municipality.iloc[0]],
    )
    with reading.open_registers(data, contracts.TABLES) as r:
        sample = persons.draw(r, "main", min_arm=10)
        with pytest.raises(EstimationError, match="1 municipalities without statistics"):
            covariates.covariates(r, sample)


def test_a_sample_without_treated_stops_before_any_forest(tmp_path: Path) -> None:
    data = changed(tmp_path / "registers", "program_spells", lambda f: f[f.from_month < 201601])
    with (
        reading.open_registers(data, contracts.TABLES) as r,
        pytest.raises(EstimationError, match="no treated persons"),
    ):
        effects.draw(r, "main", Settings(OPTIONS))


def test_too_few_on_every_programme_are_refused_at_the_door_where_effects_are_wanted() -> None:
    few = parameters.load("programs", changes={"min_arm": 100_000})
    told = r"no programme has 100000 persons .*parts=\[participants, outcomes\]"
    with pytest.raises(ContractError, match=told):
        contracts.require_known(folder(), few)
    contracts.require_known(folder(), few.model_copy(update={"parts": ["participants"]}))
    with opened() as r, pytest.raises(EstimationError, match="there is no effect to estimate"):
        persons.draw(r, "main", min_arm=100_000)


def test_impossible_designs_are_refused() -> None:
    with opened() as r:
        with pytest.raises(EstimationError, match="outcomes reach 202211, data end 202112"):
            persons.draw(r, "main", last_data=202112)
        with pytest.raises(ParameterError, match="allowed: main, two_years"):
            persons.draw(r, "best")  # type: ignore[arg-type]
