"""The three tasks run as documented; frames that are wrong are named; wrong use meets the road."""

import doctest
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import HTMLFormatter

import naveval as nv
from naveval import frames
from naveval.estimators import did as regressions
from naveval.frames import example
from naveval.project.errors import EstimationError, EstimationWarning

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
        "double": (pd.concat([panel, panel.iloc[[7]]]), r"several rows for county='Hedmark'"),
        "text": (text, r"holds text \('1 234'\).*rows 3"),
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
