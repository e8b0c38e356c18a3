"""Which effects may be told: a year that is the sum of its months, and what must go with a month.

The months of 100 treated and 400 controls are made by hand: which of them worked in which month.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from naveval.studies.programs.exhibits.effects_shown import (
    fewest,
    with_counts,
    without_lone_groups,
    without_lone_months,
)

TREATED, CONTROLS = 100, 400
EVERY = np.ones(TREATED + CONTROLS, dtype=bool)


def estimated(work: Any) -> Any:
    """A sample of which the treated worked as given, and every other control in every month."""
    months = np.vstack([work, np.repeat([[True], [False]], CONTROLS // 2, axis=0) & EVERY[:12]])
    return SimpleNamespace(
        monthly={"months": months},
        scores=SimpleNamespace(
            arms=("none", "AMO"),
            arm=np.repeat([1, 0], [TREATED, CONTROLS]),
            outcomes=("months_1", *(f"work_{m}" for m in range(1, 13)), "placebo"),
            y=np.column_stack([months.sum(axis=1), months, months[:, 0]]).astype(float),
        ),
    )


def took_turns(out: int) -> Any:
    """Somebody else is out of work every month, and everybody worked in some month."""
    work = np.ones((TREATED, 12), dtype=bool)
    for month in range(12):
        work[(np.arange(out) + month * out) % TREATED, month] = False
    return work


def by_month(made: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"arm": "AMO", "m": range(1, 13)})
    return with_counts(made, frame, "work_" + frame["m"].astype(str))


def told(frame: pd.DataFrame) -> pd.Series:
    return (frame[["events", "others"]] >= 10).all(axis=1)


def test_a_year_whose_months_are_all_told_is_told() -> None:
    """Nobody was without work all year, but the year is the sum of months that may be told."""
    made = estimated(took_turns(12))
    assert told(without_lone_months(made, by_month(made))).all()
    assert fewest(made, "AMO", ["months_1"], EVERY) == [88, 12]


def test_a_year_with_a_month_that_may_not_be_told_is_not() -> None:
    work = took_turns(12)
    work[:, 6] = True
    made = estimated(work)
    months = told(without_lone_months(made, by_month(made)))
    assert months.tolist() == [month != 6 for month in range(12)]
    assert min(fewest(made, "AMO", ["months_1"], EVERY)) == 0


def test_an_outcome_that_is_no_sum_of_months_rests_on_itself() -> None:
    work = took_turns(12)
    work[:, 0] = True
    assert fewest(estimated(work), "AMO", ["placebo"], EVERY) == [100, 0]


@pytest.mark.parametrize("few", [0, 4, 9])
def test_a_hidden_month_does_not_follow_from_the_year_and_the_others(few: int) -> None:
    """Ten more worked only in the month with the fewest beside it, which goes too."""
    work = np.zeros((TREATED, 12), dtype=bool)
    work[:40] = True
    work[:, 3] = np.arange(TREATED) < few
    work[:, 8] = np.arange(TREATED) < 11
    made = estimated(work)
    months = told(without_lone_months(made, by_month(made)))
    assert np.flatnonzero(~months).tolist() == [3, 8]
    assert min(fewest(made, "AMO", ["months_1"], EVERY)) >= 10
    hidden = work[:, [3, 8]].any(axis=1)
    assert min(hidden.sum(), (~hidden).sum()) >= 10


def test_several_hidden_months_that_add_up_to_enough_hide_no_more() -> None:
    work = np.zeros((TREATED, 12), dtype=bool)
    work[:40] = True
    work[:, 3] = np.arange(TREATED) < 9
    work[:, 4] = (np.arange(TREATED) >= 9) & (np.arange(TREATED) < 18)
    made = estimated(work)
    months = told(without_lone_months(made, by_month(made)))
    assert np.flatnonzero(~months).tolist() == [3, 4]


GROUPS = pd.DataFrame(
    {
        "characteristic": ["sex"] * 2 + ["age"] * 4,
        "category": ["man", "woman", "1", "2", "3", "4"],
        "arm": "AMO",
        "n": 100,
        "events": 50,
        "others": [50, 50, 15, 40, 30, 35],
    }
)


@pytest.mark.parametrize(
    ("few", "hidden"),
    [
        ([], []),
        ([1], [0, 1]),  # with the whole told, one of two follows from the other
        ([3], [3, 4]),  # the least beside it, but not the group that others differ from
        ([2, 3], [2, 3]),  # their sum follows, neither of them does
        ([2, 3, 4, 5], [2, 3, 4, 5]),
    ],
)
def test_a_hidden_group_does_not_follow_from_the_others(few: list[int], hidden: list[int]) -> None:
    frame = GROUPS.assign(events=GROUPS["events"].mask(GROUPS.index.isin(few), 9))
    made = told(without_lone_groups(frame, ("characteristic", "arm")))
    assert np.flatnonzero(~made).tolist() == hidden


def test_a_group_of_too_few_persons_counts_as_hidden() -> None:
    frame = GROUPS.assign(n=GROUPS["n"].mask(GROUPS.index == 1, 19))
    made = told(without_lone_groups(frame, ("characteristic", "arm")))
    assert np.flatnonzero(~made).tolist() == [0]
