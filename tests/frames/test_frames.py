"""The three tasks run as documented; frames that are wrong are named; wrong use meets the road."""

import doctest
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import HTMLFormatter

import naveval as nv
from naveval import frames
from naveval.estimators import did as regressions
from naveval.frames import example
from naveval.project.errors import EstimationError, EstimationWarning, ParameterError

COLUMNS = {"outcome": "job_seekers", "unit": "county", "time": "month"}


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return example.panel()


def test_the_tasks_run_as_documented_in_six_lines(tmp_path: Path) -> None:
    made = {file.name for file in example.write(tmp_path)}
    assert {"one_treated.png", "indicator.png", "programs.png"} <= made
    parts = frames.__doc__.split("\n\n")
    tasks = [part for part in parts if part.startswith(">>>")]
    lines = [len(doctest.DocTestParser().get_examples(task)) for task in tasks]
    assert len(tasks) == 3
    assert max(lines) <= 6


def test_one_treated_agrees_with_the_regression(panel: pd.DataFrame) -> None:
    found = nv.one_treated(panel, **COLUMNS, treated="Hedmark", start=25)
    given = ((panel["county"] == "Hedmark") & (panel["month"] >= 25)).to_numpy(float)
    effects = [pd.factorize(panel[name])[0] for name in ("county", "month")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EstimationWarning)
        fit = regressions.fit(
            panel["job_seekers"].to_numpy(), given[:, None], effects, effects[0], ["x"]
        )
    assert found.table()["estimate"][0] == pytest.approx(fit.coefficients[0], abs=1e-9)
    assert found.table()["p_value"][0] == pytest.approx(1 / 21)
    assert "difference" not in found.summary()
    assert "<table" in HTMLFormatter()(found)


def test_an_indicator_agrees_with_dummies(panel: pd.DataFrame) -> None:
    people = example.people()
    columns = {"outcome": "hours", "group": "office", "by": ["age", "sex"]}
    found = nv.indicator(people, **columns, person="person")
    x = pd.get_dummies(people[["age", "sex"]].astype(str), drop_first=True, dtype=float)
    x.insert(0, "constant", 1.0)
    slopes = np.linalg.lstsq(x.to_numpy(), people["hours"].to_numpy(), rcond=None)[0]
    expected = pd.Series(x.to_numpy() @ slopes).groupby(people["office"]).mean()
    assert found.table()["expected"].to_numpy() == pytest.approx(expected.to_numpy())
    as_numbers = people.assign(age=people["age"] * 1000 - 7)
    again = nv.indicator(as_numbers, **columns, person="person")
    pd.testing.assert_frame_equal(again.table(), found.table())
    twice = pd.concat([people, people], ignore_index=True)
    both = nv.indicator(twice, **columns, person="person").table()
    assert both["std_error"].to_numpy() == pytest.approx(found.table()["std_error"].to_numpy())


def test_one_treated_cluster_warns_and_names_the_road(panel: pd.DataFrame) -> None:
    hit = ((panel["county"] == "Hedmark") & (panel["month"] >= 25)).astype(int)
    with pytest.warns(EstimationWarning, match=r"nv\.one_treated"):
        found = nv.did(panel.assign(treated=hit), **COLUMNS, treated="treated")
    assert found.table()["p_value"].isna().all()


def test_several_starts_are_refused(panel: pd.DataFrame) -> None:
    begun = panel["county"].map({"Hedmark": 25, "County 1": 20})
    hit = (panel["month"] >= begun.fillna(99)).astype(int)
    for call in (
        lambda: nv.did(panel.assign(treated=hit), **COLUMNS, treated="treated"),
        lambda: nv.event_study(panel.assign(start=begun), **COLUMNS, start="start"),
    ):
        with pytest.raises(EstimationError, match="group_time"):
            call()


def test_poor_overlap_marks_the_number() -> None:
    rng = np.random.default_rng(1)
    age = rng.integers(20, 60, 800)
    chosen = rng.random(800) < np.where(age < 40, 0.02, 0.98)
    program = np.where(chosen, "course", "none")
    frame = pd.DataFrame({"age": age, "program": program, "y": rng.normal(size=800)})
    columns = {"outcome": "y", "program": "program", "control": "none", "covariates": ["age"]}
    fitted = nv.cross_fit(frame, **columns, trees=40, clip=1e-4)
    with pytest.warns(EstimationWarning, match="overlap is poor for course"):
        found = nv.ate(fitted)
    assert found.table()["overlap"].tolist() == ["poor"]
    assert "is marked" in found.summary()


def wrong(panel: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, str]]:
    text = panel.assign(job_seekers=panel["job_seekers"].astype(str).replace("50.0", "1 234"))
    text.loc[3, "job_seekers"] = "1 234"
    return {
        "missing": (panel.assign(county=panel["county"].mask(panel.index == 4)), r"rows 4\b"),
        "double": (
            pd.concat([panel, panel.iloc[[7]]]),
            r"several rows for county=Hedmark, month=8",
        ),
        "text": (text, r"holds text \(1 234\).*rows 3"),
        "hole": (panel.drop(index=5), r"«Hedmark» has no row for month 6"),
        "one": (panel[panel["county"] == "Hedmark"], r"1 units; expected one treated and"),
        "nobody": (panel[panel["county"] != "Hedmark"], r"treated='Hedmark' is no county"),
        "column": (panel.drop(columns="month"), r"column «month» is missing; the frame has"),
    }


@pytest.mark.parametrize("kind", ["missing", "double", "text", "hole", "one", "nobody", "column"])
def test_a_frame_that_is_wrong_is_named(panel: pd.DataFrame, kind: str) -> None:
    frame, said = wrong(panel)[kind]
    with pytest.raises(EstimationError, match=said) as raised:
        nv.one_treated(frame, **COLUMNS, treated="Hedmark", start=25)
    if kind not in ("one", "nobody"):
        assert "for example" in str(raised.value)


def calls() -> dict[str, tuple[pd.DataFrame, Callable[[pd.DataFrame], object], str, str]]:
    """For every public function on a frame: a good frame, the call, a key and its outcome."""
    panel = example.panel()
    three = panel["county"].isin(["Hedmark", "County 1", "County 2"])
    panel["treated"] = (three & (panel["month"] >= 25)).astype(int)
    panel["start"] = np.where(three, 25.0, np.nan)
    people, programs = example.people(), example.programs()
    who = {**COLUMNS, "treated": "Hedmark", "start": 25}
    hours = {"outcome": "hours", "group": "office", "by": ["age"], "person": "person"}
    pay = {"outcome": "earnings", "program": "program", "control": "none", "covariates": ["age"]}
    return {
        "did": (panel, lambda f: nv.did(f, **COLUMNS, treated="treated"), "county", "job_seekers"),
        "event_study": (
            panel,
            lambda f: nv.event_study(f, **COLUMNS, start="start", window=(-4, 4)),
            "county",
            "job_seekers",
        ),
        "one_treated": (panel, lambda f: nv.one_treated(f, **who), "county", "job_seekers"),
        "synthetic_control": (
            panel,
            lambda f: nv.synthetic_control(f, **who),
            "month",
            "job_seekers",
        ),
        "synthetic_did": (panel, lambda f: nv.synthetic_did(f, **who), "county", "job_seekers"),
        "indicator": (people, lambda f: nv.indicator(f, **hours), "office", "hours"),
        "cross_fit": (programs, lambda f: nv.cross_fit(f, **pay, trees=4), "program", "earnings"),
        "protect": (
            people,
            lambda f: nv.protect(f, by=["office"], person="person", origin="simulated"),
            "office",
            "",
        ),
    }


@pytest.mark.parametrize("name", list(calls()))
def test_every_function_names_what_is_wrong_with_a_frame(name: str) -> None:
    frame, call, key, outcome = calls()[name]
    wrong = {
        f"column «{key}» is missing; the frame has": frame.drop(columns=key),
        f"column «{key}»: 1 rows without a value, rows 4": frame.assign(
            **{key: frame[key].mask(frame.index == 4)}
        ),
        f"column «{key}» is there 2 times": pd.concat([frame, frame[[key]]], axis=1),
        "the frame has no rows": frame.iloc[:0],
    }
    if outcome:
        mixed = frame[outcome].astype(object).mask(frame.index == 3, "1 234")
        wrong |= {
            f"column «{outcome}»: holds text (1 234); expected numbers, rows 3": frame.assign(
                **{outcome: mixed}
            ),
            f"column «{outcome}»: infinite, rows 2": frame.assign(
                **{outcome: frame[outcome].mask(frame.index == 2, np.inf)}
            ),
            "holds complex numbers": frame.assign(**{outcome: frame[outcome] * 1j}),
        }
    for said, given in wrong.items():
        with pytest.raises(EstimationError, match=re.escape(said)) as raised:
            call(given)
        assert str(raised.value).startswith(f"nv.{name}: ")
        assert "for example" in str(raised.value)
    with pytest.raises(EstimationError, match=f"nv.{name}: expected a DataFrame, got ndarray"):
        call(frame.to_numpy())


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("event_study", lambda f: f.assign(start="x"), r"«start»: holds text \(x\)"),
        ("event_study", lambda f: f.assign(start=np.nan), "nobody is treated: column «start»"),
        ("event_study", lambda f: f.assign(start=25.0), "expected units never treated"),
        ("event_study", lambda f: f[f["month"] >= 25], "expected units never treated"),
        ("did", lambda f: f[f["month"] >= 25], "expected periods before and after the start"),
        ("did", lambda f: f.assign(treated=f["treated"] * 2), "«treated»: expected 0 and 1"),
        ("did", lambda f: f.assign(treated=1), "everybody is treated"),
        ("did", lambda f: f[f["county"] == "Hedmark"], "everybody is treated"),
        ("one_treated", lambda f: f.assign(month="m"), "several rows for county=Hedmark, month=m"),
        (
            "one_treated",
            lambda f: f.assign(month="m" + f["month"].astype(str)),
            "start=25: expected a month of the frame",
        ),
        ("synthetic_did", lambda f: f[f["month"] > 24], "with at least two before it"),
        ("indicator", lambda f: f[f["office"] == "01"], "«office» has one group"),
        ("indicator", lambda f: f.assign(age=1), "none of age has two categories"),
        ("cross_fit", lambda f: f[f["program"] != "none"], "control='none' occurs nowhere"),
        ("cross_fit", lambda f: f.assign(age=pd.Timestamp("2020-01-01")), "expected numbers"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_told(name: str, change: Any, said: str) -> None:
    frame, call, _, _ = calls()[name]
    with pytest.raises(EstimationError, match=said):
        call(change(frame))


def test_what_was_not_cross_fitted_is_told() -> None:
    programs = example.programs()
    for call in (nv.ate, nv.att, lambda f: nv.gate(f, "course", by="age"), nv.honest_intervals):
        with pytest.raises(EstimationError, match=r"expected what nv\.(cross_fit|event_study) ret"):
            call(
                programs
                if call is not nv.honest_intervals
                else nv.protect(
                    example.people(), by=["office"], person="person", origin="simulated"
                )
            )
    columns = {"outcome": "earnings", "program": "program", "control": "none"}
    fitted = nv.cross_fit(programs, **columns, covariates=["age"], trees=10)
    for call, said in (
        (lambda: nv.gate(fitted, "cours", by="age"), "'cours': not among course, subsidy"),
        (lambda: nv.gate(fitted, "course", by="sex"), "column «sex» is missing"),
        (
            lambda: nv.gate(fitted, "course", by=programs["age"][:9]),
            "by has 9 rows, the frame 2000",
        ),
        (lambda: nv.policy_tree(fitted, by=["age"], costs={"cours": 1.0}), "'cours' is not among"),
        (lambda: nv.policy_tree(fitted, by=["age"], outcome="pay"), "'pay' is not among earnings"),
        (lambda: nv.policy_tree(fitted, by=["sex"]), "column «sex» is missing"),
    ):
        with pytest.raises(EstimationError, match=said):
            call()
    with pytest.raises(ParameterError, match="missing columns"):
        nv.cost_benefit(programs)


def test_nobody_treated_is_told(panel: pd.DataFrame) -> None:
    with pytest.raises(EstimationError, match="nobody is treated by column «treated»"):
        nv.did(panel.assign(treated=0), **COLUMNS, treated="treated")
    with pytest.raises(EstimationError, match="occurs nowhere in column «program»"):
        nv.cross_fit(
            example.programs(),
            outcome="earnings",
            program="program",
            control="nothing",
            covariates=["age"],
        )
