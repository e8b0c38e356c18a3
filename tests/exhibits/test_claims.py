"""Wordings follow the signs and the certainty of released effects, several tests as several."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from naveval.exhibits.claims import Judged, Standing, any_shown, standing
from naveval.exhibits.declare import Exhibit, Report, Results, Table, Value
from naveval.exhibits.output import Output
from naveval.exhibits.protect import Public
from naveval.exhibits.reader import Reader
from naveval.project import places


@dataclass(frozen=True)
class Effects(Results):
    """Effects by group, with p-values or intervals."""

    rows: pd.DataFrame


BY_P = Value("num1", "hours", p="p")
BY_INTERVAL = Value("num1", "hours", low="low", high="high")


def told(
    rows: pd.DataFrame,
    value: Value,
    groups: tuple[str, ...] = (),
    family: Any = None,
    **how: bool,
) -> str:
    """The wording of effects in `rows`: columns effect and p, or low and high."""
    frame = rows.assign(group=[f"g{number}" for number in range(len(rows))])
    exhibit = Exhibit(
        "tbl-1",
        data=lambda results: results.rows,
        keys=("group",),
        values={"effect": value},
        protect=Public("made up"),
        view=Table(rows=("group",)),
    )
    report = Report("toy", (exhibit,), (), {}, {})
    output = Output("toy", places.place("03"), Path(), "simulated", {})
    reader = Reader(report, output, Effects(None, frame))
    where = {"group": groups} if groups else {}
    return Judged("tbl-1", "effect", where, family=family, **how)(reader)


@pytest.mark.parametrize(
    ("p_values", "wanted"),
    [
        ([0.04, 0.05], "up"),
        ([0.01, 0.5], "some"),
        ([0.04, 0.5], "alone"),
        ([0.5, 0.6], "unclear"),
    ],
)
def test_what_stands_out_by_itself_is_told_where_asked(p_values, wanted) -> None:
    rows = pd.DataFrame({"effect": [1.0, 2.0], "p": p_values})
    assert told(rows, BY_P, by_itself=True) == wanted


@pytest.mark.parametrize(
    ("effects", "p_values", "wanted"),
    [
        ([-1, -2], [0.04, 0.05], "down"),
        ([1, 2], [0.04, 0.05], "up"),
        ([1, -2], [0.01, 0.01], "some"),
        ([1, 2], [0.01, 0.5], "some"),
        ([1, 2], [0.04, 0.5], "unclear"),
        ([1, -2], [0.03, 0.04], "unclear"),
        ([1, 2], [0.5, 0.6], "unclear"),
        ([1, np.nan], [0.01, 0.01], ""),
        ([1, 2], [0.01, np.nan], ""),
        ([], [], ""),
    ],
)
def test_wording_follows_sign_and_p_value(effects, p_values, wanted) -> None:
    assert told(pd.DataFrame({"effect": effects, "p": p_values}, dtype=float), BY_P) == wanted


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        ([0.1], [2.0], "up"),
        ([-2.0], [-0.1], "down"),
        ([-0.1], [2.0], "unclear"),
        ([0.1, -1.0], [2.0, 1.0], "unclear"),
        ([0.5, -1.0], [2.0, 1.0], "some"),
        ([np.nan], [2.0], ""),
    ],
)
def test_wording_follows_intervals(low, high, wanted) -> None:
    """Of two, one that leaves zero out at 95 per cent only stands out when it does so at 97.5."""
    rows = pd.DataFrame({"low": low, "high": high})
    assert told(rows.assign(effect=rows.mean(axis=1)), BY_INTERVAL) == wanted


def test_only_the_named_rows_count() -> None:
    rows = pd.DataFrame({"effect": [1.0, -1.0], "p": [0.01, 0.9]})
    assert told(rows, BY_P, ("g0",)) == "up"
    assert told(rows, BY_P, ("g1",)) == "unclear"
    assert told(rows, BY_P, ("g2",)) == ""


@pytest.mark.parametrize(
    ("p_values", "wanted"),
    [
        ([0.01, 0.02, 0.9, 0.9], "some"),  # 0.01 × 4 stands, 0.02 × 3 does not
        ([0.01, 0.012, 0.9, 0.9], "up"),
        ([0.02, 0.02, 0.9, 0.9], "unclear"),
        ([0.02, 0.02, 0.9, np.nan], "unclear"),  # 0.02 × 3
        ([0.04, 0.04, 0.001, 0.001], "unclear"),
        ([0.04, 0.02, 0.001, 0.001], "up"),  # the others stand, so only two are left
    ],
)
def test_effects_told_of_among_others_are_tested_with_them(p_values, wanted) -> None:
    rows = pd.DataFrame({"effect": 1.0, "p": p_values})
    found = told(rows, BY_P, ("g0", "g1"), lambda reader: reader.frame("tbl-1")["p"])
    assert found == wanted


def test_places_are_told_apart_when_all_pairs_are_tested_together() -> None:
    frame = pd.DataFrame({"estimate": [0.0, 1, 9, -9], "std_error": 1.0}, list("abcd"))
    assert standing(frame, "a") == Standing(1, 1, 3, ("c",), ("d",))
    assert [standing(frame, code).told for code in "abcd"] == ["both", "both", "lower", "higher"]
    assert standing(frame.assign(std_error=[np.nan, 1, 1, 1]), "a") is None
    assert standing(frame.assign(estimate=[0.0, np.nan, 9, -9]), "a") == Standing(
        1, 1, 2, ("c",), ("d",)
    )
    # 1.96 standard errors of a difference are no difference among the 105 pairs of fifteen.
    many = pd.DataFrame({"estimate": [0.0, 2.9, *[0.0] * 13], "std_error": 1.0})
    assert standing(many, 0) == Standing(0, 0, 14)
    assert standing(many, 0).told == "none"


def test_two_places_say_the_same_of_each_other() -> None:
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"estimate": random.normal(0, 3, 12), "std_error": random.uniform(0.3, 1.5, 12)}
    )
    found = [standing(frame, code) for code in frame.index]
    assert 0 < sum(one.higher for one in found) == sum(one.lower for one in found) < 66


@pytest.mark.parametrize(
    ("numbers", "wanted"),
    [((1.0, float("nan")), "text"), ((float("nan"),) * 2, ""), ((0.0, 2.0), "text")],
)
def test_what_explains_numbers_is_told_where_one_is_shown(numbers: Any, wanted: str) -> None:
    given = dict(zip(("tbl-a.x", "tbl-a.y"), numbers, strict=True))
    assert any_shown("tbl-a.x", "tbl-a.y")(given.__getitem__) == wanted
