"""The simulated registers: contract, levels, truth, and options."""

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hedmark_draws import draw_panels
from hedmark_levels import calibrate, check

from naveval.project import places
from naveval.project.errors import ParameterError
from naveval.registers import contracts
from naveval.studies.hedmark.simulate.levels import (
    MONTHS,
    SEASON,
    START,
    build,
    by_duration,
    calendar,
    calibrated,
    draw_shocks,
    exposure,
    shock_size,
)
from naveval.studies.hedmark.simulate.process import Draw, evolve, with_effect
from naveval.studies.hedmark.simulate.registers import simulate

SMALL = 0.02


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hedmark")
    simulate(folder, scale=SMALL, seed=7)
    return folder


def rows(folder: Path) -> pd.DataFrame:
    return duckdb.sql(f"SELECT * FROM read_parquet('{folder}/job_seekers/*.parquet')").df()


def test_registers_keep_the_contract(registers: Path) -> None:
    assert contracts.check("hedmark", registers) == []


def test_truth_is_written_with_the_registers(registers: Path) -> None:
    truth = json.loads((registers / "truth.json").read_text())
    assert truth["county"] == "04"
    assert truth["rows"] == len(rows(registers))
    stock = [e for e in truth["effects"] if e["outcome"] == "stock" and e["group"] == "with"]
    assert all(-16 < e["effect"] < -7 for e in stock)


def test_same_seed_same_registers_and_another_seed_others(registers: Path, tmp_path: Path) -> None:
    for name, seed in (("same", 7), ("other", 8)):
        (tmp_path / name).mkdir()
        simulate(tmp_path / name, scale=SMALL, seed=seed)
    key = ["person", "month"]
    first = rows(registers).sort_values(key, ignore_index=True)
    same = rows(tmp_path / "same").sort_values(key, ignore_index=True)
    pd.testing.assert_frame_equal(first, same)
    assert len(rows(tmp_path / "other")) != len(first)


def test_persons_come_back_miss_updates_and_keep_what_is_theirs(registers: Path) -> None:
    data = rows(registers).sort_values(["person", "month"])
    month = data["month"].dt.year * 12 + data["month"].dt.month
    step = month.diff()[data["person"].eq(data["person"].shift())]
    assert (step == 2).any()
    assert (step == 3).any()
    assert (step > 3).any()
    fixed = data.groupby("person")[["sex", "birth_year", "education", "county"]].nunique()
    assert (fixed == 1).all().all()
    assert set(data["status"]) == {"helt ledig", "delvis ledig", "tiltak"}
    assert 0.4 < data["benefit_right"].mean() < 0.6


def test_expected_levels_are_the_printed_ones() -> None:
    """Every level of tables 1 to 4, and the effects that tables 1 to 5 print where they agree."""
    found = check(calibrated())
    level = ~found["cell"].eq("effect")
    gap = (found["found"] / found["value"] - 1).abs()
    assert (gap[level] <= 0.075).mean() > 0.97
    assert (gap[level] <= 0.185).all()
    assert (found["found"] - found["value"])[~level].abs().median() < 1.2
    effects = found[~level].set_index(["outcome", "group", "season"])["found"]
    assert effects["26-51", "without", "regression"] == pytest.approx(-18.3, abs=0.5)
    assert effects["stock", "with", "unadjusted"] == pytest.approx(-11.6, abs=0.5)
    assert effects["stock", "without", "matched"] == pytest.approx(-6.9, abs=0.5)


def test_hedmark_develops_as_its_controls_without_the_practice() -> None:
    """What the document's comparisons find, in expectation, is the true effect."""
    levels = calibrated()
    no_effect = replace(levels, effect_starts=np.zeros(2), effect_hazard=np.zeros((2, 7)))
    found = check(no_effect)
    found = found[found["cell"].eq("effect")].set_index("outcome")["found"]
    assert found.abs().max() < 1.2
    assert found[["stock", "inflow"]].abs().max() < 0.3


def test_nothing_breaks_where_the_practice_is_taken_up() -> None:
    """Without the practice, starts and exits move from month to month as they did before."""
    process = build(calibrated(), ("05", "04"), 1.0)
    _, month = calendar()
    starts = process.starts / SEASON[:, month][:, None]
    for series in (starts, np.moveaxis(process.hazard, 2, -1)):
        steps = np.diff(series, axis=-1) / series[..., 1:]
        assert np.abs(steps[..., START - 12 : START + 13]).max() < 0.035


def test_only_hedmark_falls_and_stocks_are_stable_before() -> None:
    """Figure 1, and no drift in the four years that the practice is compared with."""
    levels, codes = calibrated(), places.codes(2014)
    null = build(levels, codes, 1.0)
    exits = by_duration(levels.effect_hazard)
    treated = with_effect(null, "04", exposure(), tuple(levels.effect_starts), exits)
    total = evolve(treated).stock.sum(0)
    change = total[:, START + 13] / total[:, START + 1] - 1
    falling = [code for code, value in zip(codes, change, strict=True) if value < 0]
    assert falling == ["04"]
    assert sorted(change)[1] > 0.06
    oslo = evolve(null).stock[:, codes.index("03")]
    years = oslo[:, START - 47 : START + 1].reshape(2, 4, 12).mean(2)
    np.testing.assert_allclose(years, years.mean(1, keepdims=True) * np.ones(4), rtol=0.06)


@pytest.mark.slow
def test_calibration_gives_the_stored_levels() -> None:
    fresh, stored = calibrate(), calibrated()
    for name, value in vars(stored).items():
        np.testing.assert_allclose(getattr(fresh, name), value, atol=2e-3, err_msg=name)


def test_effect_zero_gives_no_true_effect(tmp_path: Path) -> None:
    truth = simulate(tmp_path, scale=SMALL, seed=1, effect=0.0)
    assert max(abs(e["effect"]) for e in truth["effects"]) < 1e-12


def test_truth_is_tunable(tmp_path: Path) -> None:
    found = {}
    for name, options in {
        "none": {"inflow_effect": (0.0, 0.0), "exit_effect": (0.0, 0.0)},
        "inflow": {"inflow_effect": (-0.2, 0.0), "exit_effect": (0.0, 0.0)},
        "exit": {"inflow_effect": (0.0, 0.0), "exit_effect": (0.0, 0.3)},
        "half": {"effect": 0.5},
        "whole": {},
    }.items():
        (tmp_path / name).mkdir()
        truth = simulate(tmp_path / name, scale=SMALL, seed=3, **options)
        found[name] = {
            (e["outcome"], e["group"]): e["effect"]
            for e in truth["effects"]
            if e["window"] == "regression"
        }
    assert found["none"]["stock", "with"] == pytest.approx(0, abs=1e-12)
    assert found["inflow"]["inflow", "with"] == pytest.approx(-20, abs=1)
    assert found["inflow"]["26-51", "with"] == pytest.approx(0, abs=1e-9)
    assert found["exit"]["inflow", "without"] == pytest.approx(0, abs=1e-9)
    assert found["exit"]["stock", "without"] < -5
    assert found["whole"]["stock", "with"] < found["half"]["stock", "with"] < -3


def test_registers_follow_the_process(registers: Path) -> None:
    """Counts of persons lie within four Poisson standard errors of what is expected."""
    process_rows = json.loads((registers / "truth.json").read_text())["levels"]
    data = rows(registers)
    year = data["month"].dt.year
    force = pd.read_parquet(registers / "labour_force.parquet")
    force["year"] = pd.to_datetime(force["month"]).dt.year
    inside = (data["county"] == "04") & year.between(2011, 2013)
    persons = force[(force["county"] == "04") & force["year"].between(2011, 2013)]["persons"]
    rate = 100 * (inside & data["benefit_right"]).sum() / persons.sum()
    expected = next(
        level["treated_before"]
        for level in process_rows
        if (level["outcome"], level["group"], level["window"]) == ("stock", "with", "unadjusted")
    )
    assert rate == pytest.approx(expected, rel=0.15)


def test_draws_are_centred_on_the_expected_path() -> None:
    codes = ("04", "03")
    drawn = draw_panels(codes, draws=60, seed=2, shocks={"starts": 0, "exits": 0, "noise": 0})
    process = build(calibrated(), codes, 1.0)
    expected = 100 * evolve(process).stock / process.labour_force
    for k, group in enumerate(("with", "without")):
        found = drawn.rates["stock", group].mean(0)
        np.testing.assert_allclose(found, expected[k], rtol=0.02)


def test_draws_with_an_effect_need_a_treated_county() -> None:
    with pytest.raises(ParameterError, match="expected one of 04, 03"):
        draw_panels(("04", "03"), draws=2, seed=1, effect=1.0, treated="11")
    with pytest.raises(ParameterError, match="at least 1"):
        draw_panels(("04",), draws=0, seed=1)


def test_effect_only_touches_the_treated_county_after_the_start() -> None:
    process = build(calibrated(), ("04", "05"), 1.0)
    exits = np.full((2, 25), 0.3)
    treated = with_effect(process, "04", exposure(), (-0.1, -0.1), exits)
    before, after = evolve(process).stock, evolve(treated).stock
    np.testing.assert_allclose(before[:, 1], after[:, 1])
    np.testing.assert_allclose(before[:, 0, :START], after[:, 0, :START])
    assert (after[:, 0, START + 1 :] < before[:, 0, START + 1 :]).all()


def test_drawn_counts_are_whole_and_vary() -> None:
    process = build(calibrated(), ("04",), 1.0)
    first = evolve(process, Draw(np.random.default_rng(1)))
    second = evolve(process, Draw(np.random.default_rng(2)))
    assert first.stock.shape == (2, 1, MONTHS)
    assert (first.inflow == np.rint(first.inflow)).all()
    assert not np.array_equal(first.stock, second.stock)


def test_shocks_have_the_size_they_are_given() -> None:
    starts, exits = draw_shocks(np.random.default_rng(1), 400, MONTHS, shock_size(exits=0.2))
    assert exits.std() == pytest.approx(0.2, rel=0.25)
    np.testing.assert_allclose(exits[:, START - 48 : START].mean(1), 0, atol=1e-12)
    assert np.abs(starts).max() > 0
    none, _ = draw_shocks(np.random.default_rng(1), 3, MONTHS, shock_size(starts=0, noise=0))
    assert np.abs(none).max() == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": 0}, "scale: 0: expected a number from 0.0001 to 1"),
        ({"scale": 2}, "scale: 2"),
        ({"seed": 1.5}, "seed: 1.5: expected a whole number"),
        ({"effect": "x"}, "effect: 'x': expected a number"),
        ({"inflow_effect": -0.1}, "inflow_effect: -0.1: expected two numbers, with and without"),
        ({"inflow_effect": (0, 0, 0)}, "inflow_effect: .*: expected two numbers"),
        ({"inflow_effect": (1000, 0)}, "inflow_effect, group with: 1000: expected a number"),
        ({"shocks": {"starts": float("nan")}}, "shocks starts: nan"),
        ({"shocks": {"noise": 50}}, "shocks noise: 50: expected a number"),
        ({"effect": 12.0}, "inflow_effect, group with: the effect -1.19 is larger"),
        (
            {"inflow_effect": (0.0, -1.2)},
            "inflow_effect, group without: -1.2: expected a number from -1",
        ),
        ({"exit_effect": (-1.5, 0.0)}, "exit_effect, group with: -1.5: expected a number from -1"),
        ({"shocks": {"exits": 3.0}}, "shocks, group with, .* exits of 1 persons"),
        ({"shocks": {"noise": 3.0}}, "shocks: .* per cent of a county's labour force become"),
        ({"shocks": "x"}, "shocks: 'x': expected names with their numbers"),
        ({"shocks": {"size": 1}}, "unknown size; allowed: starts, exits, noise, persistence"),
        ({"shocks": {"persistence": 1.0}}, "persistence"),
    ],
)
def test_faults_are_told(tmp_path: Path, options: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        simulate(tmp_path, **{"scale": SMALL, "seed": 1, **options})


@pytest.mark.slow
def test_full_size_has_about_six_and_a_half_million_rows_in_the_twelve_counties(
    tmp_path: Path,
) -> None:
    simulate(tmp_path, scale=1.0, seed=1)
    data = duckdb.sql(
        f"SELECT county, count(*) AS n FROM '{tmp_path}/job_seekers/*.parquet' GROUP BY 1"
    )
    counts = data.df().set_index("county")["n"]
    twelve = ["01", "03", "04", "05", "06", "07", "08", "16", "17", "18", "19", "20"]
    assert len(counts) == 19
    assert counts[twelve].sum() == pytest.approx(6.5e6 * 112 / 109, rel=0.05)
