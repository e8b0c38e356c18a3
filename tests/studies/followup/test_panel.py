"""The panel rebuilt from raw registers equals the periods they were simulated from."""

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import keys
from naveval.project.errors import ParameterError
from naveval.studies.followup import panel as followup_panel
from naveval.studies.followup import published
from naveval.studies.followup.estimate import COMPARISONS, WINDOWS
from naveval.studies.followup.panel import Panel
from naveval.studies.followup.parameters import Parameters
from naveval.studies.followup.simulate import levels, registers
from naveval.studies.followup.simulate import periods as drawn
from naveval.studies.followup.simulate import truth as truths

SCALE, SEED = 0.02, 11


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("registers")
    registers.simulate(target, scale=SCALE, seed=SEED)
    return target


@pytest.fixture(scope="module")
def panel(folder: Path) -> Panel:
    return followup_panel.read(folder, keys.secret("simulated"))


@pytest.fixture(scope="module")
def source() -> tuple[drawn.Spells, drawn.Periods]:
    made = levels.make(truths.make("printed"))
    return drawn.simulate(made, SCALE, np.random.default_rng(SEED))


def test_every_simulated_period_is_found_again(
    panel: Panel, source: tuple[drawn.Spells, drawn.Periods]
) -> None:
    spells, periods = source
    use = registers.in_window(periods)
    index = levels.PERIOD_MONTH[periods.period[use]]
    expected = pd.DataFrame(
        {
            "person": spells.person[periods.spell[use]],
            "month": (2015 + index // 12) * 100 + index % 12 + 1,
            "duration": periods.duration[use],
            "weeks_left": periods.left[use],
            "program": periods.kind[use] > 0,
            "phone": periods.phone[use],
            "meeting": periods.meeting[use],
            "question": periods.question[use],
            "work": periods.exit[use] == drawn.WORK,
            "ended": np.isin(periods.exit[use], [drawn.WORK, drawn.OTHER]),
            "health": periods.exit[use] == drawn.HEALTH,
        }
    )
    columns = list(expected.columns)
    keys = ["person", "month", "weeks_left", "duration"]
    own = panel.window[columns].sort_values(keys, ignore_index=True)
    expected = expected.sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(own, expected, check_dtype=False)


def test_flow_adds_up(panel: Panel) -> None:
    steps = panel.flow.groupby("step", sort=False)["n_periods"].sum()
    dropped = ["no_decision", "before_decision", "without_weeks", "after_disability"]
    assert steps["cards"] == steps["periods"] + steps[dropped].sum()
    assert (steps[dropped] > 0).all()
    assert steps["long"] == len(panel.window)
    persons = panel.window.groupby("county", observed=True)["person"].nunique()
    long = panel.flow[panel.flow["step"] == "long"].set_index("county")["n_persons"]
    assert persons.to_dict() == long[long > 0].to_dict()


def test_profiles_have_the_documents_shapes(panel: Panel) -> None:
    found = panel.profiles.groupby(["measure", "duration"])[["total", "n_obs"]].sum()
    rate = (found["total"] / found["n_obs"]).unstack("duration")
    dialogue = rate.loc[["phone", "meeting", "question"]].sum()
    assert dialogue[[0, 1]].mean() > 1.5 * dialogue[range(15, 25)].mean()
    assert dialogue[range(35, 50)].mean() > 1.2 * dialogue[range(15, 25)].mean()
    kinds = rate.loc[[f"kind_{i}" for i in range(1, 8)]].sum()
    means = [kinds[range(start, start + 13)].mean() for start in (0, 13, 26, 39)]
    assert means == sorted(means)
    digital = rate.loc["digital"]
    assert digital[range(10, 16)].mean() > 1.5 * digital[[0, 1]].mean()
    assert digital[range(40, 52)].mean() < 1.15 * digital[range(13, 20)].mean()


def test_september_2017_and_january_2018_show_in_both_groups(panel: Panel) -> None:
    target = panel.window["weeks_left"] <= 26
    for rows in (panel.window[target], panel.window[~target]):
        by_month = rows.groupby("month")["dialogue"].mean()
        assert by_month[[201709, 201710]].mean() > 1.2 * by_month[[201704, 201705, 201706]].mean()
        late, early = by_month.loc[201801:201806].mean(), by_month.loc[201701:201712].mean()
        assert late < 0.9 * early


def test_cached_panel_is_the_same(
    folder: Path, panel: Panel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))
    parameters = Parameters(data=str(folder))
    first = followup_panel.load(parameters)
    monkeypatch.setattr(followup_panel, "read", None)
    second = followup_panel.load(parameters)
    for field in fields(Panel):
        pd.testing.assert_frame_equal(getattr(first, field.name), getattr(second, field.name))
        one, two = (getattr(each, field.name) for each in (panel, second))
        as_text = {name: str for name in one.columns if name == "county"}
        pd.testing.assert_frame_equal(one.astype(as_text), two.astype(as_text))


def test_longest_gap_changes_the_panel(folder: Path, panel: Panel) -> None:
    other = followup_panel.read(folder, keys.secret("simulated"), 6)
    whole = other.flow.groupby("step")["n_spells"].sum()
    assert whole["periods"] < panel.flow.groupby("step")["n_spells"].sum()["periods"]
    with pytest.raises(ValueError, match="allowed: 2, 4, 6"):
        Parameters(longest_gap_weeks=3)


def test_truth_file_says_what_was_simulated(folder: Path, panel: Panel) -> None:
    truth = json.loads((folder / "truth.json").read_text())
    assert len(truth["coefficients"]) == 14
    rows = pd.DataFrame(truth["coefficients"])
    for item in rows.to_dict("records"):
        chosen, months = COMPARISONS[item["table"]], WINDOWS[item["horizon"]]
        part = panel.window[panel.window["month"].between(*months)]
        target = part["weeks_left"].between(*chosen.target)
        assert item["n_obs"] == (target | part["weeks_left"].between(*chosen.other)).sum()
        assert item["mean"] == pytest.approx(part.loc[target, item["outcome"]].mean())
    printed = published.estimates().merge(rows, on=published.KEY)
    assert (printed["coefficient"] - printed["estimate"]).abs().max() < 6e-4


@pytest.mark.parametrize("effects", ["none", {"program": 0.05}])
def test_effects_can_be_set(tmp_path: Path, effects: str | Mapping[str, float]) -> None:
    truth = registers.simulate(tmp_path, scale=0.01, seed=1, effects=effects)  # type: ignore[arg-type]
    found = pd.DataFrame(truth["coefficients"]).set_index("outcome")["coefficient"]
    expected = 0.05 if effects != "none" else 0.0
    np.testing.assert_allclose(found["program"], expected, atol=1e-8)
    np.testing.assert_allclose(found.drop("program"), 0, atol=1e-8)


def test_pre_trend_moves_the_coefficient(tmp_path: Path) -> None:
    truth = registers.simulate(tmp_path, scale=0.01, seed=1, effects="none", pre_trend=0.002)
    found = pd.DataFrame(truth["coefficients"])
    long = found[(found["table"] == "tbl-1") & (found["horizon"] == "long")]
    assert long.set_index("outcome").loc["program", "coefficient"] > 0.01
    assert long.set_index("outcome").loc["dialogue", "coefficient"] == pytest.approx(0, abs=1e-9)


def test_seed_and_scale(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        registers.simulate(tmp_path / name, scale=0.002, seed=seed)
    cards = {name: pd.read_parquet(tmp_path / name / "benefit_cards.parquet") for name in "abc"}
    pd.testing.assert_frame_equal(cards["a"], cards["b"])
    assert len(cards["a"]) != len(cards["c"])
    with pytest.raises(ParameterError, match="expected a number from"):
        registers.simulate(tmp_path / "d", scale=0.0, seed=1)
    with pytest.raises(ParameterError, match="allowed: printed, none"):
        truths.make("other")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="effects: None: expected names with their numbers"):
        truths.make(None)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="allowed: program"):
        truths.make({"dialog": 1.0})


def test_every_mean_leaves_room_for_its_draws() -> None:
    made = levels.make(truths.make("printed"))
    grid = np.meshgrid(np.arange(52), np.arange(18, 42), np.arange(2, 53, 2), indexing="ij")
    for outcome in (*truths.FOLLOW_UP, *levels.HAZARDS):
        values = levels.mean(made, outcome, *grid)
        assert values.min() > 0
        assert values.max() < 0.5
