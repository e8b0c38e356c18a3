"""Spells from hand-written card histories, through the raw register tables."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import followup_registers as registers
import numpy as np
import pandas as pd
import pytest
from followup_registers import cards, decision, on

from naveval.disclosure import keys
from naveval.project.errors import EstimationError
from naveval.registers.reading import open_registers
from naveval.studies.followup import panel, spells
from naveval.studies.followup import weeks as iso_weeks
from naveval.studies.followup.contracts import TABLES
from naveval.studies.followup.spells import Events

# Somebody else's cards until late, so that the histories below are not cut off by the data.
LATE = cards(99, 201850, 201852)
EXITS = ("", "work", "other", "health")


def periods(folder: Path, gap: int = 2, **tables: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """All person-periods of person 1, in order."""
    given = {**tables, "benefit_cards": [*tables["benefit_cards"], *LATE]}
    registers.write(folder, given)
    with open_registers(folder, TABLES) as opened:
        found = panel.person_periods(opened, gap).frame
    own = found[found["person"] == 0]
    return own.assign(exit=[EXITS[code] for code in own["exit"]])


FOUR = (201602, 201604, 201606, 201608)
GRANTED = [decision(1, "2016-01-04", 104)]


def test_plain_history(tmp_path: Path) -> None:
    found = periods(tmp_path, benefit_cards=cards(1, *FOUR), benefit_decisions=GRANTED)
    assert list(found["duration"]) == [0, 1, 2, 3]
    assert list(found["weeks_left"]) == [104, 102, 100, 98]
    assert list(found["exit"]) == ["", "", "", "other"]
    assert list(found["month"]) == [201601, 201601, 201602, 201602]
    assert found["spell"].nunique() == 1


def test_missing_card_ends_the_spell_and_the_next_starts_on_what_is_left(tmp_path: Path) -> None:
    history = cards(1, 201602, 201604, 201608, 201610)
    found = periods(tmp_path, benefit_cards=history, benefit_decisions=GRANTED)
    assert list(found["duration"]) == [0, 1, 0, 1]
    assert list(found["weeks_left"]) == [104, 102, 100, 98]
    assert list(found["exit"]) == ["", "other", "", "other"]
    assert found["spell"].nunique() == 2


def test_longer_gaps_can_be_allowed(tmp_path: Path) -> None:
    history = cards(1, 201602, 201604, 201608, 201614)
    found = periods(tmp_path, 4, benefit_cards=history, benefit_decisions=GRANTED)
    assert list(found["duration"]) == [0, 1, 3, 0]
    assert list(found["exit"]) == ["", "", "other", "other"]


def test_two_spells_with_two_decisions(tmp_path: Path) -> None:
    found = periods(
        tmp_path,
        benefit_cards=cards(1, 201602, 201604, 201702, 201704),
        benefit_decisions=[*GRANTED, decision(1, "2017-01-02", 52)],
    )
    assert list(found["weeks_left"]) == [104, 102, 52, 50]
    assert list(found["duration"]) == [0, 1, 0, 1]


@pytest.mark.parametrize(
    "weeks", [(201551, 201553, 201602, 201604), (201750, 201752, 201802, 201804)]
)
def test_spell_runs_through_week_53_and_year_ends(tmp_path: Path, weeks: tuple[int, ...]) -> None:
    start = dt.date.fromisocalendar(*divmod(weeks[0], 100), 1).isoformat()
    found = periods(
        tmp_path, benefit_cards=cards(1, *weeks), benefit_decisions=[decision(1, start, 104)]
    )
    assert list(found["duration"]) == [0, 1, 2, 3]
    assert found["spell"].nunique() == 1


@pytest.mark.parametrize(
    ("last_hours", "expected"), [(37.49, "other"), (37.5, "work"), (60.0, "work"), (0.0, "other")]
)
def test_work_is_18_75_hours_a_week_on_the_last_card(
    tmp_path: Path, last_hours: float, expected: str
) -> None:
    history = cards(1, *FOUR, hours=70, last_hours=last_hours)
    found = periods(tmp_path, benefit_cards=history, benefit_decisions=GRANTED)
    assert list(found["exit"]) == ["", "", "", expected]


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ([(1, "2016-02", 18.75)], "work"),
        ([(1, "2016-02", 18.74)], "other"),
        ([(1, "2016-02", 10.0), (1, "2016-02", 8.75)], "work"),
        # In single precision, as registers may store hours, these two are 18.7499995 together.
        (
            [(1, "2016-02", float(np.float32(5.1))), (1, "2016-02", float(np.float32(13.65)))],
            "work",
        ),
        ([(1, "2016-03", 40.0)], "other"),
        ([(1, "2016-01", 40.0)], "other"),
    ],
)
def test_work_in_the_a_melding_of_the_last_cards_month(
    tmp_path: Path, jobs: list[tuple[int, str, float]], expected: str
) -> None:
    found = periods(
        tmp_path, benefit_cards=cards(1, *FOUR), benefit_decisions=GRANTED, employment=jobs
    )
    assert found["exit"].iloc[-1] == expected


def test_month_of_a_card_is_that_of_its_last_weeks_thursday(tmp_path: Path) -> None:
    # Week 26 of 2017 ends on 2 July but belongs to June.
    found = periods(
        tmp_path,
        benefit_cards=cards(1, 201724, 201726),
        benefit_decisions=[decision(1, "2017-06-12", 52)],
        employment=[(1, "2017-06", 30.0)],
    )
    assert list(found["month"]) == [201706, 201706]
    assert found["exit"].iloc[-1] == "work"


def test_disability_benefit_ends_the_spell_while_cards_go_on(tmp_path: Path) -> None:
    found = periods(
        tmp_path,
        benefit_cards=cards(1, *FOUR, last_hours=75),
        benefit_decisions=GRANTED,
        health_benefits=[(1, on("2016-02-01"), "uføretrygd")],
    )
    assert list(found["exit"]) == ["", "", "health"]


@pytest.mark.parametrize(("day", "n"), [("2016-01-18", 2), ("2016-01-31", 2), ("2016-01-17", 1)])
def test_disability_benefit_counts_in_its_own_fortnight(tmp_path: Path, day: str, n: int) -> None:
    found = periods(
        tmp_path,
        benefit_cards=cards(1, *FOUR),
        benefit_decisions=GRANTED,
        health_benefits=[(1, on(day), "uføretrygd")],
    )
    assert len(found) == n
    assert found["exit"].iloc[-1] == "health"


def test_assessment_allowance_does_not_end_a_spell_while_cards_go_on(tmp_path: Path) -> None:
    found = periods(
        tmp_path,
        benefit_cards=cards(1, *FOUR),
        benefit_decisions=GRANTED,
        health_benefits=[(1, on("2016-01-12"), "AAP")],
    )
    assert list(found["exit"]) == ["", "", "", "other"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2016-02-15", "health"),
        ("2016-03-27", "health"),
        ("2016-03-28", "other"),
        ("2016-02-14", "other"),
    ],
)
@pytest.mark.parametrize("kind", ["AAP"])
def test_health_benefit_around_the_last_card(
    tmp_path: Path, day: str, expected: str, kind: str
) -> None:
    # The last card covers 15–28 February; four weeks later is 27 March.
    found = periods(
        tmp_path,
        benefit_cards=cards(1, *FOUR),
        benefit_decisions=GRANTED,
        health_benefits=[(1, on(day), kind)],
    )
    assert found["exit"].iloc[-1] == expected


def test_work_goes_before_assessment_allowance(tmp_path: Path) -> None:
    found = periods(
        tmp_path,
        benefit_cards=cards(1, *FOUR, last_hours=75),
        benefit_decisions=GRANTED,
        health_benefits=[(1, on("2016-03-07"), "AAP")],
    )
    assert found["exit"].iloc[-1] == "work"


def test_cards_before_the_decision_and_without_decision_are_left_out(tmp_path: Path) -> None:
    found = periods(
        tmp_path,
        benefit_cards=[*cards(1, *FOUR), *cards(2, *FOUR)],
        benefit_decisions=[decision(1, "2016-02-01", 52)],
    )
    assert list(found["weeks_left"]) == [52, 50]
    assert list(found["duration"]) == [0, 1]


def test_decision_without_cards_is_no_spell(tmp_path: Path) -> None:
    found = periods(
        tmp_path,
        benefit_cards=[],
        benefit_decisions=[decision(1, "2016-02-01", 52)],
    )
    assert found.empty


@pytest.mark.parametrize(("weeks", "n"), [(52, 26), (104, 30)])
def test_periods_without_weeks_left_are_left_out(tmp_path: Path, weeks: int, n: int) -> None:
    first = iso_weeks.of_date(dt.date(2016, 1, 11))
    history = [iso_weeks.to_year_week(first + 2 * i) for i in range(30)]
    found = periods(
        tmp_path,
        benefit_cards=cards(1, *history, last_hours=75),
        benefit_decisions=[decision(1, "2016-01-04", weeks)],
    )
    assert len(found) == n
    assert found["weeks_left"].iloc[-1] == weeks - 2 * (n - 1)
    # With 52 weeks the spell goes on after the weeks are used up: no exit.
    assert found["exit"].iloc[-1] == ("" if weeks == 52 else "work")


def test_overlapping_decisions_the_later_from_date_takes_over(tmp_path: Path) -> None:
    found = periods(
        tmp_path,
        benefit_cards=cards(1, *FOUR),
        benefit_decisions=[decision(1, "2016-01-04", 104), decision(1, "2016-02-01", 52)],
    )
    assert list(found["weeks_left"]) == [104, 102, 52, 50]
    assert list(found["duration"]) == [0, 1, 2, 3]
    assert found["spell"].nunique() == 1


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_decisions_from_the_same_day_the_one_decided_last_counts(
    tmp_path: Path, order: int
) -> None:
    both = [
        decision(1, "2016-01-04", 104, "2016-01-02"),
        decision(1, "2016-01-04", 52, "2016-01-20"),
    ]
    found = periods(tmp_path, benefit_cards=cards(1, *FOUR), benefit_decisions=both[::order])
    assert list(found["weeks_left"]) == [52, 50, 48, 46]


def test_last_card_of_the_data_is_no_exit(tmp_path: Path) -> None:
    found = periods(
        tmp_path,
        benefit_cards=cards(1, 201848, 201850, 201852, last_hours=75),
        benefit_decisions=[decision(1, "2018-11-19", 52)],
    )
    assert list(found["exit"]) == ["", "", ""]


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ((202248, 202250, 202252), ""),
        ((202247, 202249, 202251), ""),
        ((202246, 202248), "other"),
        ((202248, 202250), "other"),
    ],
)
def test_spell_that_runs_on_the_last_day_of_2022_has_no_exit(
    tmp_path: Path, weeks: tuple[int, ...], expected: str
) -> None:
    registers.write(
        tmp_path,
        {
            "benefit_cards": [*cards(1, *weeks), *cards(99, 202250, 202252)],
            "benefit_decisions": [decision(1, "2022-11-01", 104)],
        },
    )
    with open_registers(tmp_path, TABLES) as opened:
        found = panel.person_periods(opened, 2).frame
    last = found[found["person"] == 0]["exit"].iloc[-1]
    assert EXITS[last] == expected


def test_programmes_and_dialogues_are_matched_to_the_fortnight(tmp_path: Path) -> None:
    found = periods(
        tmp_path,
        benefit_cards=cards(1, *FOUR),
        benefit_decisions=GRANTED,
        program_spells=[
            (1, on("2016-01-17"), on("2016-02-01"), "Opplæring"),
            (1, on("2016-02-20"), pd.NaT, "Annet"),
        ],
        dialogues=[
            (1, on("2016-01-18"), "telefon"),
            (1, on("2016-01-31"), "telefon"),
            (1, on("2016-01-31"), "møte"),
            (1, on("2016-05-01"), "møte"),
            (1, on("2015-12-31"), "spørsmål"),
        ],
        digital_dialogues=[(1, on("2018-02-01"), "melding")],
    )
    assert list(found["kind_4"]) == [True, True, True, False]
    assert list(found["kind_7"]) == [False, False, False, True]
    assert list(found["phone"]) == [0, 2, 0, 0]
    assert list(found["meeting"]) == [0, 1, 0, 0]
    assert found["question"].sum() == found["digital"].sum() == 0


def test_persons_do_not_mix(tmp_path: Path) -> None:
    alone = periods(tmp_path / "a", benefit_cards=cards(1, *FOUR), benefit_decisions=GRANTED)
    both = periods(
        tmp_path / "b",
        benefit_cards=[*cards(2, 201610, 201612), *cards(1, *FOUR)],
        benefit_decisions=[*GRANTED, decision(2, "2015-03-02", 52)],
        health_benefits=[(2, on("2016-03-12"), "uføretrygd")],
        program_spells=[(2, on("2016-01-04"), on("2016-12-31"), "Annet")],
    )
    pd.testing.assert_frame_equal(alone, both)


def test_unsorted_or_double_cards_are_refused() -> None:
    nothing = Events(*(np.zeros(0, dtype="int32"),) * 3)
    for week in ([4, 2], [4, 4]):
        given = Events(np.zeros(2, dtype="int32"), np.array(week), np.zeros(2))
        with pytest.raises(EstimationError, match="not sorted"):
            spells.build(given, nothing, nothing, nothing, nothing, np.arange(500) // 4, 400)


def test_every_card_has_a_fate(tmp_path: Path) -> None:
    registers.write(
        tmp_path,
        {
            "benefit_cards": [*cards(1, *FOUR), *cards(2, *FOUR), *cards(3, *FOUR), *LATE],
            "benefit_decisions": [
                *GRANTED,
                decision(3, "2016-01-18", 52),
                decision(4, "2016-01-18", 52),
                decision(4, "2017-01-18", 104),
                decision(5, "2022-12-31", 52),
            ],
            "health_benefits": [(1, on("2016-01-20"), "uføretrygd")],
        },
    )
    flow = panel.read(tmp_path, keys.secret("simulated")).flow.set_index("step")
    assert flow.loc["no_cards", "n_persons"] == 2
    assert flow.loc["no_cards", ["n_periods", "n_spells"]].tolist() == [0, 0]
    assert flow.loc["cards", "n_periods"] == 14
    assert flow.loc["no_decision", "n_periods"] == 6
    assert flow.loc["before_decision", "n_periods"] == 1
    assert flow.loc["after_disability", "n_periods"] == 2
    assert flow.loc["periods", "n_periods"] == 5
    assert flow.loc["periods", "n_spells"] == 2
