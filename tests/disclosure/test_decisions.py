"""One decision per exhibit: what it lets out, marks and logs."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from naveval.disclosure import decisions, keys
from naveval.project.errors import DisclosureError

SECRET = keys.secret("simulated")


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "county": ["03", "04", "05"],
            "n": [500, 12, 0],
            "n_key": [5 * 10**11, 12 * 10**9, 0],
            "n_work": [210, 1, 0],
            "n_work_key": [21 * 10**10, 10**9, 0],
            "printed": [0.4, 0.1, np.nan],
        }
    )


def decide(given: pd.DataFrame, **more: object) -> decisions.Released:
    panel, protection = decisions.protected_panel(given, ["n", "n_work"], SECRET, persons=512)
    told = panel[["county", "n", "n_work"]].assign(work=panel["n_work"] / panel["n"])
    options = {"rests_on": {"work": "n"}, "numerators": {"work": "n_work"}, "counts": ["n"]}
    return decisions.described(
        told, label="tbl-1", protection=protection, keys=["county"], **{**options, **more}
    )


def test_counts_leave_protected_with_shares_of_protected_counts() -> None:
    found = decide(frame())
    shown = found.frame
    assert list(shown.columns) == ["county", "n", "n_work", "work"]
    assert (np.abs(shown["n"] - frame()["n"]) <= 5).all()
    assert shown["work"].iloc[0] == shown["n_work"].iloc[0] / shown["n"].iloc[0]
    assert found.suppressed["work"].tolist() == [False, True, True]
    assert not found.suppressed[["n", "n_work"]].to_numpy().any()
    assert found.marks["n"].iloc[2] == "few"
    assert found.marks["work"].tolist() == ["", "", ""]


def test_the_log_is_one_line_without_an_exact_number_of_persons() -> None:
    log = decide(frame()).log
    assert len(log) == 1
    assert "about 510 persons" in log["reason"].iloc[0]
    assert "at most 5" in log["reason"].iloc[0]
    assert "2 of 9 numbers missing" in log["reason"].iloc[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"person": 7}, "person"),
        ({"largest_n": 7, "minimum": 2}, "smallest or largest"),
        ({"county": "03"}, "several rows have the same county"),
    ],
)
def test_bad_frames_are_refused_with_the_label(change: dict[str, object], reason: str) -> None:
    _, protection = decisions.protected_panel(frame(), ["n", "n_work"], SECRET, persons=512)
    given = frame()[["county"]].assign(**change)
    with pytest.raises(DisclosureError, match="tbl-1") as error:
        decisions.described(given, label="tbl-1", protection=protection, keys=["county"])
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"n": -1}, "n: 3 values .row 1 first. are no counts"),
        ({"n": 2.5}, "are no counts"),
        ({"n": np.nan}, "are no counts"),
        ({"n": "many"}, "expected one column of counts"),
        ({"n_key": 7}, "cannot be the sum of the record keys"),
    ],
)
def test_a_count_that_is_no_count_is_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(DisclosureError, match=reason):
        decisions.protected_panel(frame().assign(**change), ["n", "n_work"], SECRET, persons=512)


def test_raw_counts_cannot_be_released() -> None:
    with pytest.raises(DisclosureError, match="tbl-1: expected the protection of the panel"):
        decisions.described(frame(), label="tbl-1", protection=None, keys=["county"])  # type: ignore[arg-type]
    with pytest.raises(DisclosureError, match="tbl-1: undeclared numbers: n, n_key"):
        decisions.modelled(
            frame(), label="tbl-1", keys=["county"], persons=1, estimates={}, residual_df=99
        )


def test_functions_of_a_protected_panel() -> None:
    panel, protection = decisions.protected_panel(frame(), ["n", "n_work"], SECRET, persons=512)
    means = panel[["county", "n"]].assign(rate=panel["n_work"] / 1000)
    found = decisions.described(
        means,
        label="fig-1",
        protection=protection,
        keys=["county"],
        rests_on={"rate": "n"},
        counts=["n"],
    )
    assert found.suppressed["rate"].tolist() == [False, True, True]
    assert found.marks["n"].tolist()[2] == "few"
    with pytest.raises(DisclosureError, match="protection of the panel"):
        decisions.described(means, label="fig-1", protection=None, keys=["county"])  # type: ignore[arg-type]


def test_output_of_models_is_rounded_and_missing_on_few_events() -> None:
    given = pd.DataFrame(
        {
            "term": ["a", "b"],
            "effect": [1.23456, 4.56789],
            "low": [0.61234, 1.1],
            "std_error": [0.31234, 1.7],
            "p": [0.00012345, 0.5],
            "events": [40, 9],
            "others": [500, 80],
            "df": [90, 90],
            "n": [540, 89],
        }
    )
    found = decisions.modelled(
        given,
        label="tbl-5",
        keys=["term"],
        persons=629,
        estimates={"effect": "std_error", "low": "std_error"},
        p_values=["p"],
        events="events",
        others="others",
        residual_df="df",
        n=["n"],
    )
    assert found.frame.iloc[0].tolist() == ["a", 1.25, 0.6, 0.31, 0.0, 540]
    assert found.frame.iloc[1, 1:5].isna().all()
    assert found.frame["n"].tolist() == [540, 90]
    assert list(found.frame.columns) == ["term", "effect", "low", "std_error", "p", "n"]


def test_what_is_described_is_decided_once_and_told_in_one_line() -> None:
    _, protection = decisions.protected_panel(frame(), ["n", "n_work"], SECRET, persons=512)
    given = pd.DataFrame(
        {
            "county": ["03", "04", "05"],
            "base": [20, 19, 400],
            "top": [10, 9, 0],
            "rate": [0.5, 0.4, 0.0],
            "late": [True, False, True],
        },
        index=[7, 8, 9],
    )
    found = decisions.described(
        given,
        label="tbl-1",
        protection=protection,
        keys=["county"],
        rests_on={"rate": "base"},
        numerators={"rate": "top"},
        behind=["base", "top", "rate"],
        only=["county", "rate", "top", "late"],
    )
    assert list(found.frame.columns) == ["county", "rate", "top", "late"]
    np.testing.assert_array_equal(found.frame["rate"], [0.5, np.nan, 0])
    assert found.suppressed["rate"].tolist() == [False, True, False]
    assert found.suppressed.dtypes.eq(bool).all()
    assert found.marks["rate"].tolist() == ["", "", "noisy"]
    assert found.marks["top"].tolist() == ["", "", "few"]
    assert found.marks["county"].tolist() == found.marks["late"].tolist() == ["", "", ""]
    for one in (found.frame, found.suppressed, found.marks):
        assert one.index.tolist() == [7, 8, 9]
    reason = "about 510 persons, every count changed by at most 5, 1 of 6 numbers missing"
    assert found.log.to_dict("records") == [
        {
            "label": "tbl-1",
            "row": "",
            "column": "",
            "rule": "described",
            "action": "released",
            "reason": reason,
        }
    ]
    assert (found.label, found.origin) == ("tbl-1", "persons")


def model(**more: Any) -> decisions.Released:
    """Two coefficients, the second with nine events behind it unless nothing says so."""
    given = pd.DataFrame(
        {
            "term": ["a", "b"],
            "effect": [1.23456, 4.56789],
            "std_error": [0.31234, np.nan],
            "ratio": [0.0123456, 7.7777],
            "year": [2017, 2018],
            "poor": [True, False],
            "events": [10, 9],
            "others": [9, 10],
            "df": [10, 9],
        },
        index=[3, 4],
    )
    options: dict[str, Any] = {
        "label": "tbl-5",
        "keys": ["term"],
        "persons": 629,
        "estimates": {"effect": "std_error"},
        "errors": ["ratio"],
        "labels": ["year", "poor"],
        "residual_df": 90,
    }
    return decisions.modelled(given.drop(columns=more.pop("without", [])), **{**options, **more})


CELLS = ["events", "others", "df"]


def test_a_model_without_cells_rests_on_its_degrees_of_freedom() -> None:
    found = model(without=CELLS)
    assert found.frame["effect"].tolist() == [1.25, 4.57]
    np.testing.assert_array_equal(found.frame["std_error"], [0.31, np.nan])
    assert found.frame["ratio"].tolist() == [0.012, 7.8]
    assert found.frame["year"].tolist() == [2017, 2018]
    assert found.log["rule"].tolist() == ["model"]
    assert found.log["reason"].tolist() == ["about 630 persons, 0 of 8 numbers missing"]
    assert (found.label, found.origin) == ("tbl-5", "persons")
    assert found.marks.to_numpy().tolist() == [[""] * 6] * 2
    for one in (found.frame, found.suppressed, found.marks):
        assert one.index.tolist() == [3, 4]
    assert model(without=CELLS, residual_df=9).suppressed["effect"].all()
    coarse = model(without=CELLS, points=3.0)
    assert coarse.frame["effect"].tolist() == [0, 5]
    plain = model(without=CELLS, only=["term", "effect"])
    assert plain.frame["effect"].tolist() == [1.23, 4.57]


@pytest.mark.parametrize(
    ("column", "hidden"), [("events", [0, 1]), ("others", [1, 0]), ("residual_df", [0, 1])]
)
def test_each_thing_a_coefficient_rests_on_can_hide_it(column: str, hidden: list[int]) -> None:
    name = "df" if column == "residual_df" else column
    others = [one for one in CELLS if one != name]
    found = model(without=others, **{column: name})
    assert found.suppressed["effect"].tolist() == [bool(one) for one in hidden]
    assert found.suppressed["ratio"].tolist() == [bool(one) for one in hidden]
    assert name not in found.frame.columns
    kept = model(without=others, **{column: name}, labels=["year", "poor", name])
    assert name in kept.frame.columns


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"without": ["std_error", "year", *CELLS]}, "no column year, std_error; declared behind"),
        (
            {"without": CELLS, "labels": []},
            "undeclared numbers: year; name them as estimates with "
            "their errors, as numbers of persons or as labels",
        ),
        ({"without": ["term", *CELLS]}, "no column term; declared behind the model"),
    ],
)
def test_what_a_model_lacks_or_does_not_declare_is_named(more: dict[str, Any], told: str) -> None:
    with pytest.raises(DisclosureError, match=f"^tbl-5: {told}"):
        model(**more)


def test_columns_and_keys_that_may_not_leave_are_all_named() -> None:
    _, protection = decisions.protected_panel(frame(), ["n", "n_work"], SECRET, persons=512)
    for given, told in (
        ({"person": [1], "PERSON_ID": [2]}, "columns person, PERSON_ID identify persons"),
        (
            {"max_n": [1], "n_min": [2]},
            "columns max_n, n_min: a smallest or largest observation is "
            "somebody's own value and may not be released",
        ),
        ({"a": [1, 1], "b": [2, 2]}, "several rows have the same a, b"),
        ({"a": [1]}, "no column b; expected all of the keys"),
    ):
        with pytest.raises(DisclosureError, match=f"^tbl-1: {told}"):
            decisions.described(
                pd.DataFrame(given), label="tbl-1", protection=protection, keys=["a", "b"]
            )
    with pytest.raises(DisclosureError, match="got dict"):
        decisions.described(frame(), label="x", protection={}, keys=[])  # type: ignore[arg-type]
