"""The panel of a dozen persons written by hand: every period, step and profile is worked out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from followup_registers import cards, decision, on, write

from naveval.disclosure import keys
from naveval.registers import extracts
from naveval.registers.reading import Registers, open_registers
from naveval.studies.followup import panel as followup_panel
from naveval.studies.followup import spells
from naveval.studies.followup.contracts import TABLES
from naveval.studies.followup.panel import Panel, PersonPeriods
from naveval.studies.followup.parameters import Parameters
from naveval.studies.followup.spells import KINDS

SECRET = keys.secret("simulated")
OSLO, TROMS = "03", "55"
YEAR = [201700 + week for week in range(2, 54, 2)]
NAMES = {
    10: ("all of 2017, and one card too many", OSLO),
    20: ("from June 2016, with a gap", TROMS),
    30: ("104 weeks in June 2018", TROMS),
    40: ("June and July 2018", TROMS),
    50: ("decision and no card", OSLO),
    60: ("cards and no decision", OSLO),
    70: ("a card before the decision", TROMS),
    80: ("disability pension in the second fortnight", OSLO),
    90: ("AAP after the last card", OSLO),
}
HISTORIES = {
    "persons": [
        (person, 1980, "mann", county, "1", "ukjent") for person, (_, county) in NAMES.items()
    ],
    "benefit_cards": [
        *cards(10, *YEAR, 201802),
        *cards(20, 201625, 201627, 201631),
        *cards(30, 201825),
        *cards(40, 201825, 201827),
        *cards(60, 201702, 201704),
        *cards(70, 201702, 201704),
        *cards(80, 201702, 201704, 201706),
        *cards(90, 201702, 201704),
    ],
    "benefit_decisions": [
        # Of the same week the latest from_date is in force, of the same date the one decided last.
        decision(10, "2017-01-02", 104, decided="2017-01-20"),
        decision(10, "2017-01-03", 104, decided="2017-01-04"),
        decision(10, "2017-01-03", 52, decided="2017-01-05"),
        decision(20, "2016-06-13", 52),
        decision(30, "2018-06-11", 104),
        decision(40, "2018-06-11", 52),
        decision(50, "2017-01-02", 52),
        decision(70, "2017-01-16", 52),
        decision(80, "2017-01-02", 52),
        decision(90, "2017-01-02", 52),
    ],
    "program_spells": [
        # Person 10: within the second fortnight; the last day of the fourth to the first of the
        # sixth; one inside another; and one that goes on.
        (10, on("2017-01-18"), on("2017-01-19"), KINDS[0]),
        (10, on("2017-02-26"), on("2017-03-13"), KINDS[0]),
        (10, on("2017-05-08"), on("2017-06-04"), KINDS[1]),
        (10, on("2017-05-15"), on("2017-05-16"), KINDS[1]),
        (10, on("2017-12-25"), None, KINDS[6]),
        (20, on("2016-01-01"), on("2016-06-12"), KINDS[0]),
        (50, on("2017-01-02"), on("2017-12-31"), KINDS[0]),
    ],
    "dialogues": [
        (10, on("2017-01-02"), "telefon"),
        (10, on("2017-01-15"), "telefon"),
        (10, on("2017-01-16"), "møte"),
        (10, on("2017-01-16"), "spørsmål"),
        (20, on("2016-07-10"), "møte"),
        (20, on("2016-07-11"), "møte"),  # in the gap
        (20, on("2016-12-01"), "møte"),  # long after
        (20, on("2016-06-01"), "møte"),  # before
        (90, on("2020-01-01"), "telefon"),  # after every card there is
    ],
    "digital_dialogues": [(40, on("2018-06-24"), "melding"), (40, on("2018-06-25"), "melding")],
    "employment": [
        (20, "2016-07", 5.10),
        (20, "2016-07", 13.65),
        (20, "2016-08", 18.74),
        (70, "2017-02", 40.0),
    ],
    "health_benefits": [
        (80, on("2017-01-25"), "uføretrygd"),
        (90, on("2017-02-20"), "AAP"),
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("by-hand"), HISTORIES)


@pytest.fixture
def registers(folder: Path) -> Iterator[Registers]:
    with open_registers(folder, TABLES) as opened:
        yield opened


@pytest.fixture
def found(registers: Registers) -> PersonPeriods:
    return followup_panel.person_periods(registers)


@pytest.fixture
def panel(folder: Path) -> Panel:
    return followup_panel.read(folder, SECRET)


def code(person: int) -> int:
    """Running number of a person."""
    return list(NAMES).index(person)


def of(found: PersonPeriods, person: int) -> pd.DataFrame:
    frame = found.frame
    return frame[frame["person"] == code(person)].reset_index(drop=True)


def test_weeks_left_months_and_exits(found: PersonPeriods) -> None:
    first = of(found, 10)
    assert first["weeks_left"].tolist() == list(range(52, 0, -2))
    assert first["duration"].tolist() == list(range(26))
    assert first["month"].tolist()[:3] == [201701, 201701, 201702]
    assert set(first["exit"]) == {spells.NONE}  # the spell goes on without weeks
    gap = of(found, 20)
    assert gap["spell"].nunique() == 2
    assert gap["month"].tolist() == [201606, 201607, 201608]
    assert gap["weeks_left"].tolist() == [52, 50, 48]
    # 5.10 + 13.65 hours are 18.75, which is work; 18.74 are not.
    assert gap["exit"].tolist() == [spells.NONE, spells.WORK, spells.OTHER]
    assert of(found, 80)["exit"].tolist() == [spells.NONE, spells.HEALTH]
    assert of(found, 90)["exit"].tolist() == [spells.NONE, spells.HEALTH]
    assert of(found, 70)["exit"].tolist() == [spells.OTHER]
    assert found.without_cards.tolist() == [code(50)]
    assert found.county.tolist() == [county for _, county in NAMES.values()]
    assert found.frame["person"].is_monotonic_increasing


def test_programmes_count_in_every_fortnight_they_touch(found: PersonPeriods) -> None:
    first = of(found, 10)
    touched = {name: np.flatnonzero(first[name]).tolist() for name in followup_panel.KIND_COLUMNS}
    # The fortnights of 2017 start on 2 January + 14 days; 8 May is day 126 and 4 June day 153.
    assert touched.pop("kind_1") == [1, 3, 4, 5]
    assert touched.pop("kind_2") == [9, 10]
    assert touched.pop("kind_7") == [25]
    assert set(map(tuple, touched.values())) == {()}
    others = found.frame[found.frame["person"] != code(10)]
    assert not others[list(followup_panel.KIND_COLUMNS)].any(axis=None)


def test_dialogues_count_in_the_fortnight_of_their_day_only(found: PersonPeriods) -> None:
    first = of(found, 10)
    assert first["phone"].tolist() == [2] + [0] * 25
    assert first["meeting"].tolist() == [0, 1] + [0] * 24
    assert first["question"].tolist() == [0, 1] + [0] * 24
    assert of(found, 20)["meeting"].tolist() == [0, 1, 0]
    assert of(found, 40)["digital"].tolist() == [1, 1]
    assert found.frame[["phone", "question"]].sum().tolist() == [2, 1]
    assert found.frame["digital"].sum() == 2
    assert found.frame["digital"].dtype == "int16"  # millions of rows


STEPS = {
    # step: persons, spells, periods in Oslo, and in Troms
    "no_cards": ([50], 0, 0, [], 0, 0),
    "cards": ([10, 60, 80, 90], 0, 27 + 2 + 3 + 2, [20, 30, 40, 70], 0, 3 + 1 + 2 + 2),
    "no_decision": ([60], 0, 2, [], 0, 0),
    "before_decision": ([], 0, 0, [70], 0, 1),
    "without_weeks": ([10], 0, 1, [], 0, 0),
    "after_disability": ([80], 0, 1, [], 0, 0),
    "periods": ([10, 80, 90], 3, 26 + 2 + 2, [20, 30, 40, 70], 5, 3 + 1 + 2 + 1),
    "last_year": ([10, 80, 90], 3, 30, [20, 40, 70], 4, 3 + 2 + 1),
    # From July 2016 to June 2018.
    "long": ([10, 80, 90], 3, 30, [20, 40, 70], 4, 2 + 1 + 1),
    "short": ([10, 80, 90], 3, 30, [70], 1, 1),
    # 32 and 30, 26 and 24 weeks left.
    "threshold_long": ([10], 1, 4, [], 0, 0),
    "threshold_short": ([10], 1, 4, [], 0, 0),
}


def test_flow_counts_each_step(panel: Panel) -> None:
    flow = panel.flow
    assert flow["step"].drop_duplicates().tolist() == list(STEPS)
    assert flow.index.tolist() == list(range(2 * len(STEPS)))
    own = panel.persons["record_key"]
    for name, (oslo, spells_oslo, cards_oslo, troms, spells_troms, cards_troms) in STEPS.items():
        rows = flow[flow["step"] == name].set_index("county")
        for county, persons, n_spells, n_periods in (
            (OSLO, oslo, spells_oslo, cards_oslo),
            (TROMS, troms, spells_troms, cards_troms),
        ):
            key = int(sum(own[code(person)] for person in persons))
            wanted = [len(persons), key, n_spells, n_periods]
            columns = ["n_persons", "n_persons_key", "n_spells", "n_periods"]
            assert rows.loc[county, columns].tolist() == wanted, (name, county)


def test_window_is_from_july_2016_to_june_2018(panel: Panel) -> None:
    window = panel.window
    counted = window.groupby("person").size()
    wanted = {10: 26, 20: 2, 40: 1, 70: 1, 80: 2, 90: 2}
    assert counted.to_dict() == {code(person): n for person, n in wanted.items()}
    two = window[window["person"] == code(20)].reset_index(drop=True)
    assert two["county"].tolist() == [TROMS, TROMS]
    assert two["month"].tolist() == [201607, 201608]
    assert two["duration"].tolist() == [1, 0]
    assert two["weeks_left"].tolist() == [50, 48]
    assert two["meeting"].tolist() == [1, 0]
    assert two["work"].tolist() == [True, False]
    assert two["ended"].tolist() == [True, True]
    assert two["health"].tolist() == [False, False]
    ill = window[window["person"] == code(90)]
    assert ill["ended"].tolist() == [False, False]
    assert ill["health"].tolist() == [False, True]
    first = window[window["person"] == code(10)].reset_index(drop=True)
    assert np.flatnonzero(first["program"]).tolist() == [1, 3, 4, 5, 9, 10, 25]
    assert first["dialogue"].tolist() == [2, 2] + [0] * 24
    assert set(window["county"].cat.categories) == {OSLO, TROMS}


def test_months_without_a_card_are_bridged_only_by_a_longer_gap(folder: Path) -> None:
    whole = followup_panel.read(folder, SECRET, 4).window
    two = whole[whole["person"] == code(20)]
    assert two["duration"].tolist() == [1, 3]
    assert two["work"].tolist() == [False, False]


def test_record_keys_follow_the_persons(panel: Panel) -> None:
    wanted = keys.record_keys(sorted(NAMES), SECRET)
    assert panel.persons["record_key"].tolist() == wanted.tolist()


PERIODS = pd.DataFrame(
    # person, month, duration, phone, meeting, question, digital, kind_2
    [
        (0, 201801, 0, 2, 0, 1, 3, True),
        (0, 201801, 0, 0, 0, 0, 0, False),  # the first period of a second spell
        (0, 201802, 1, 9, 0, 0, 1, True),  # the old source has ended
        (1, 201712, 51, 1, 4, 0, 7, False),  # the new one has not begun
        (1, 201712, 52, 1, 1, 1, 1, True),  # later than is shown
        (2, 201801, 0, 5, 0, 0, 0, True),
    ],
    columns=["person", "month", "duration", "phone", "meeting", "question", "digital", "kind_2"],
).assign(**{f"kind_{i}": False for i in (1, 3, 4, 5, 6, 7)})
KEYS = np.array([2**31 - 1, 2**31 - 2, 70_000])


def test_profiles_count_while_the_source_lasts() -> None:
    place = np.array([0, 0, 0, 1, 1, 0])
    table = followup_panel.profiles(PERIODS, place, pd.Index([OSLO, TROMS]), KEYS)
    assert table.index.tolist() == list(range(len(table)))
    assert (table["n_obs"] > 0).all()
    found = table.set_index(["county", "measure", "duration"])
    columns = ["total", "n_obs", "n_persons", "n_persons_key", "n_with", "n_with_key"]
    both = 2**31 - 1 + 70_000
    wanted = {
        (OSLO, "phone", 0): [7, 3, 2, both, 2, both],
        (OSLO, "question", 0): [1, 3, 2, both, 1, 2**31 - 1],
        (OSLO, "meeting", 0): [0, 3, 2, both, 0, 0],
        (OSLO, "digital", 0): [3, 3, 2, both, 1, 2**31 - 1],
        (OSLO, "digital", 1): [1, 1, 1, 2**31 - 1, 1, 2**31 - 1],
        (OSLO, "kind_2", 0): [2, 3, 2, both, 2, both],
        (OSLO, "kind_2", 1): [1, 1, 1, 2**31 - 1, 1, 2**31 - 1],
        (TROMS, "phone", 51): [1, 1, 1, 2**31 - 2, 1, 2**31 - 2],
        (TROMS, "meeting", 51): [4, 1, 1, 2**31 - 2, 1, 2**31 - 2],
        (TROMS, "kind_2", 51): [0, 1, 1, 2**31 - 2, 0, 0],
    }
    for cell, values in wanted.items():
        assert found.loc[cell, columns].tolist() == values, cell
    by_measure = table.groupby("measure", sort=False).size()
    assert by_measure.index.tolist() == list(followup_panel.PROFILE)
    kinds = dict.fromkeys(followup_panel.KIND_COLUMNS, 3)
    assert by_measure.to_dict() == {"phone": 2, "meeting": 2, "question": 2, "digital": 2, **kinds}


def test_distinct_persons_and_exact_keys_of_cells() -> None:
    cell = np.array([3, 1, 1, 3, 1])
    n, key = followup_panel.persons_in(cell, np.array([1, 0, 0, 2, 1]), 5, KEYS)
    assert n.tolist() == [0, 2, 0, 2, 0]
    assert key.tolist() == [0, 2**32 - 3, 0, 2**31 - 2 + 70_000, 0]
    # Beyond 2**53 a sum in floats would lose the last digits.
    many = np.full(2**22 + 1, 2**31 - 1)
    (sum_,) = followup_panel.key_sums(np.zeros(many.size, dtype=int), many, 1)
    assert sum_ == (2**22 + 1) * (2**31 - 1)


@pytest.mark.usefixtures("owner_secret")
def test_what_a_panel_is_made_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))
    parameters = Parameters(data=str(folder), longest_gap_weeks=4)
    made = followup_panel.made_from(parameters)
    assert set(made) == {"data", "gap", "secret"}
    assert set(made["data"]) == set(TABLES)
    assert made["data"]["benefit_cards"]["rows"] == len(HISTORIES["benefit_cards"])
    assert made["gap"] == 4
    assert made["secret"] == keys.secret("register").noise


def test_simulated_registers_are_those_of_this_study(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, Any] = {}

    def cached(name: str, compute: Callable[[], Panel], **options: Any) -> Panel:
        kept.update(options, name=name)
        return compute()

    monkeypatch.setattr(followup_panel, "cached", cached)
    monkeypatch.setattr(extracts, "simulated", lambda study, _: {"followup": folder}[study])
    parameters = Parameters(longest_gap_weeks=4)
    found = followup_panel.load(parameters)
    wanted = followup_panel.read(folder, SECRET, 4)
    pd.testing.assert_frame_equal(found.window, wanted.window)
    pd.testing.assert_frame_equal(found.flow, wanted.flow)
    assert kept == {
        "name": "followup-panel",
        "key": followup_panel.made_from(parameters),
        "code": (followup_panel.__name__,),
    }


def test_steps_that_nobody_reaches_are_zero(tmp_path: Path) -> None:
    only = {
        "persons": [(1, 1980, "mann", OSLO, "1", "ukjent")],
        "benefit_cards": cards(1, 201702),
        "benefit_decisions": [decision(1, "2017-01-02", 52)],
    }
    flow = followup_panel.read(write(tmp_path, only), SECRET).flow.set_index("step")
    reached = flow[flow["n_persons"] == 1].index.tolist()
    assert reached == ["cards", "periods", "last_year", "long", "short"]
    assert (flow.drop(reached)[["n_persons", "n_persons_key", "n_spells", "n_periods"]] == 0).all(
        axis=None
    )
    assert flow.loc[["long", "short"], "n_spells"].tolist() == [1, 1]
