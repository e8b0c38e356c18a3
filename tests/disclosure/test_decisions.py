"""One decision per exhibit: what it lets out, marks and logs."""

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
