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
from naveval.estimators import rate as ranking
from naveval.estimators.cost_benefit import assumptions, inputs
from naveval.frames import example
from naveval.project.errors import EstimationError, EstimationWarning, ParameterError

# Three counties are treated in the panels here.
pytestmark = pytest.mark.filterwarnings("ignore:.*(clusters are treated|few units or clusters)")
MONTHS = ["jan", "feb", "mar", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "des"]
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
    whole = people.assign(office=people["office"].astype(int))
    numbered = nv.indicator(whole, **columns, person="person").table()
    assert numbered["office"].tolist() == [str(one) for one in sorted(whole["office"].unique())]
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
        with pytest.raises(EstimationError, match=r"Use nv\.group_time\(frame"):
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
            r"2 rows share their county and month with another, rows 7, 756; .*They are copies: "
            r'frame\.drop_duplicates\(\["county", "month"\]\)',
        ),
        "text": (text, r"holds text \(1 234\).*rows 3"),
        "hole": (panel.drop(index=5), r"1 rows are missing: «Hedmark» has none for month 6"),
        "one": (panel[panel["county"] == "Hedmark"], r"1 units; expected one treated and"),
        "three": (
            panel[panel["county"].isin(["Hedmark", "County 1", "County 2"])],
            "3 units; expected one treated and at least three controls",
        ),
        "nobody": (panel[panel["county"] != "Hedmark"], r"treated='Hedmark' is no county"),
        "column": (panel.drop(columns="month"), r"column «month» is missing; the frame has"),
    }


@pytest.mark.parametrize(
    "kind", ["missing", "double", "text", "hole", "one", "three", "nobody", "column"]
)
def test_a_frame_that_is_wrong_is_named(panel: pd.DataFrame, kind: str) -> None:
    frame, said = wrong(panel)[kind]
    with pytest.raises(EstimationError, match=said) as raised:
        nv.one_treated(frame, **COLUMNS, treated="Hedmark", start=25)
    if kind not in ("one", "three", "nobody"):
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
        "group_time": (
            panel,
            lambda f: nv.group_time(f, **COLUMNS, start="start"),
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
    with pytest.raises(EstimationError, match=f"nv.{name}: expected a pandas .*numpy.ndarray"):
        call(frame.to_numpy())


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("event_study", lambda f: f.assign(start="x"), r"«start»: holds text \(x\)"),
        ("event_study", lambda f: f.assign(start=np.nan), "nobody is treated: column «start»"),
        ("event_study", lambda f: f.assign(start=25.0), "expected units never treated"),
        (
            "event_study",
            lambda f: f[f["month"] >= 25],
            "«Hedmark» has no row before its start .* expected periods before and after the start",
        ),
        ("did", lambda f: f[f["month"] >= 25], "expected periods before and after the start"),
        ("did", lambda f: f.assign(treated=f["treated"] * 2), "«treated»: expected 0 and 1"),
        ("did", lambda f: f.assign(treated=1), "everybody is treated"),
        ("did", lambda f: f[f["county"] == "Hedmark"], "everybody is treated"),
        (
            "one_treated",
            lambda f: f.assign(month=9),
            r"share their county and month .*They differ: ",
        ),
        ("one_treated", lambda f: f.assign(month=f["month"].astype(str)), "the alphabet would"),
        (
            "one_treated",
            lambda f: f.assign(month="m" + f["month"].astype(str).str.zfill(2)),
            "start=25: expected a month of the frame",
        ),
        ("did", lambda f: f.assign(month=[MONTHS[m % 12] for m in f["month"]]), "the alphabet"),
        ("did", lambda f: f.assign(month="2014-" + f["month"].astype(str)), "the alphabet"),
        ("did", lambda f: f.assign(month="01." + (f["month"] + 2000).astype(str)), "the alphabet"),
        ("did", lambda f: f.assign(job_seekers=1.0), "is 1.0 in every row"),
        ("did", lambda f: f.assign(job_seekers=f["job_seekers"] + 1e15), "no more than rounding"),
        ("did", lambda f: f.assign(job_seekers=f["month"] * 0.1), "no more than rounding"),
        ("event_study", lambda f: f.assign(start=f["start"] + 0.5), "25.5 lies between two per"),
        (
            "event_study",
            lambda f: f.assign(month=pd.Timestamp(2014, 1, 1) + pd.to_timedelta(f["month"], "D")),
            r"holds Timestamp; .*dt\.to_period",
        ),
        ("indicator", lambda f: f.assign(hours=f["age"] * 2 + 1), "«age» says the same as «hours»"),
        ("indicator", lambda f: f.assign(age="x" + f["office"]), "«age» says the same as «office»"),
        (
            "indicator",
            lambda f: f.assign(age=f["office"].mask(f.index % 2 == 0, f["office"] + "b")),
            "nothing is left to explain",
        ),
        (
            "indicator",
            lambda f: f.assign(office=f["office"].astype(object).mask(f.index == 4, 10)),
            r"«office»: rows 4 and \d+ hold int and str that look alike",
        ),
        ("cross_fit", lambda f: f.assign(age=f["earnings"] * -2), "«age» says the same as «earn"),
        ("cross_fit", lambda f: f.assign(age=f["program"].str[:1]), "«age» says the same as «pro"),
        (
            "cross_fit",
            lambda f: f.assign(age=f["age"].astype(float).mask(f.index == 3, np.inf)),
            "column «age»: infinite, rows 3",
        ),
        (
            "cross_fit",
            lambda f: f.assign(age=f["age"].astype(object).mask(f.index == 3, "old")),
            "«age»: expected numbers, text, or true and false; it holds int, str",
        ),
        ("synthetic_did", lambda f: f[f["month"] > 24], "with at least two before it"),
        ("indicator", lambda f: f[f["office"] == "01"], "«office» has one group"),
        (
            "indicator",
            lambda f: f.assign(age=np.arange(len(f)) / 7),
            "«age» has .* different values; expected a characteristic with at most 500 categories",
        ),
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
        (
            lambda: nv.policy_tree(fitted, by=["age"], costs={"cours": 1.0}),
            "costs='cours': is not among",
        ),
        (
            lambda: nv.policy_tree(fitted, by=["age"], outcome="pay"),
            "outcome='pay': is not among None, earnings",
        ),
        (lambda: nv.policy_tree(fitted, by=["sex"]), "column «sex» is missing"),
    ):
        with pytest.raises(EstimationError, match=said):
            call()
    with pytest.raises(EstimationError, match="column «value» is missing"):
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


@pytest.mark.parametrize(
    "change",
    [
        lambda month: month.astype(object),
        lambda month: pd.Series([pd.Period(2000 + one, "Y") for one in month]),
        lambda month: pd.Timestamp(2000, 1, 1) + pd.to_timedelta(month, "D"),
        lambda month: "2014-" + month.astype(str).str.zfill(2),
        lambda month: pd.Series(
            pd.Categorical(month.astype(str), map(str, range(37)), ordered=True)
        ),
    ],
)
def test_periods_of_every_kind_that_has_an_order_give_the_same(
    panel: pd.DataFrame, change: Callable[[pd.Series], pd.Series]
) -> None:
    short = panel[panel["month"].between(20, 30)].reset_index(drop=True)
    short = short[short["county"].isin(short["county"].unique()[:6])].reset_index(drop=True)
    month = change(short["month"])
    start = month[short["month"] == 25].iloc[0]
    found = nv.synthetic_did(short.assign(month=month), **COLUMNS, treated="Hedmark", start=start)
    plain = nv.synthetic_did(short, **COLUMNS, treated="Hedmark", start=25)
    assert found.table()["gap"].tolist() == pytest.approx(plain.table()["gap"].tolist())


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda at: (at + 11) // 12 * 100 + 190101 + (at + 11) % 12, "month"),
        (lambda at: (at + 3) // 4 * 10 + 19001 + (at + 3) % 4, "quarter"),
        (
            lambda at: pd.Series(
                [pd.NaT if x != x else pd.Period(ordinal=int(x), freq="M") for x in at]
            ),
            "",
        ),
    ],
)
def test_event_time_counts_periods_over_the_turn_of_the_year(
    change: Callable[[pd.Series], pd.Series], word: str
) -> None:
    frame, call, _, _ = calls()["event_study"]
    plain = call(frame)
    columns = {name: change(frame[name]) for name in ("month", "start")}
    found = call(frame.assign(**columns))
    pd.testing.assert_frame_equal(found.table(), plain.table())
    assert (f"event times count {word}s" in found.summary()) == bool(word)


def test_did_counts_coefficients_as_the_event_study_does() -> None:
    frame, call, _, _ = calls()["did"]
    two = frame[frame["month"].isin([24, 25])]
    found = call(two).table()["std_error"][0]
    events = nv.event_study(two, **COLUMNS, start="start").table()["std_error"][0]
    assert found == pytest.approx(events, rel=1e-9)


def test_a_missing_row_is_no_staggered_start_and_fine_clusters_warn() -> None:
    frame, call, _, _ = calls()["did"]
    hole = frame[~((frame["county"] == "Hedmark") & (frame["month"] == 25))]
    assert abs(call(hole).table()["estimate"][0] - call(frame).table()["estimate"][0]) < 0.5
    with pytest.warns(EstimationWarning, match="column «k» splits the unit"):
        nv.did(frame.assign(k=frame.index), **COLUMNS, treated="treated", cluster="k")


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("one_treated", {"treated": ["Hedmark", "County 1"], "start": 25}, "expected one value of"),
        (
            "one_treated",
            {"treated": "Hedmark", "start": 25, "unit": "month"},
            "as unit and as time",
        ),
        ("indicator", {"by": []}, "by is empty"),
        ("indicator", {"by": ["age", "age"]}, "names «age» twice"),
        ("indicator", {"by": ["age", "office"]}, "«office» is given as group and as by"),
        ("indicator", {"by": ["hours"]}, "«hours» is given as outcome and as by"),
        ("indicator", {"by": "age", "kind": "logit"}, "is not among linear, probit"),
        ("indicator", {"by": "age", "group": "expected"}, "the name of a column of the result"),
        ("cross_fit", {"covariates": []}, "covariates is empty"),
        ("cross_fit", {"outcome": []}, "outcome is empty"),
        ("cross_fit", {"covariates": ["age", "earnings"]}, "as outcome and as covariates"),
        ("cross_fit", {"covariates": ["age", "program"]}, "as program and as covariates"),
        ("cross_fit", {"seed": -1}, "seed=-1: expected a whole number from 0"),
        ("cross_fit", {"folds": 1}, "folds=1: expected a whole number from 2"),
        ("cross_fit", {"trees": 0}, "trees=0: expected a whole number from 1"),
    ],
)
def test_arguments_that_do_not_fit_are_told(name: str, arguments: Any, said: str) -> None:
    frame = calls()[name][0]
    given = {
        "one_treated": COLUMNS,
        "indicator": {"outcome": "hours", "group": "office"},
        "cross_fit": {"outcome": "earnings", "program": "program", "control": "none"}
        | {"covariates": "age"},
    }[name]
    with pytest.raises(EstimationError, match=said):
        getattr(nv, name)(frame, **(given | arguments))


@pytest.fixture(scope="module")
def fitted() -> Any:
    """Programmes as numbers, a true-or-false covariate and numbers kept as objects."""
    frame = example.programs()
    frame["program"] = frame["program"].map({"none": 0, "course": 1, "subsidy": 2})
    frame["upper"], frame["age"] = frame["education"] == "upper", frame["age"].astype(object)
    columns = {"outcome": "earnings", "program": "program", "control": 0}
    return nv.cross_fit(frame, **columns, covariates=["age", "upper"], trees=10)


def test_numbers_stay_numbers_and_groups_follow_the_index(fitted: Any) -> None:
    assert list(fitted.covariates) == ["age", "upper"]
    assert nv.att(fitted).table()["arm"].tolist() == ["1", "2"]
    groups = fitted.frame["education"]
    for by in (groups.sample(frac=1, random_state=1), groups.to_numpy(), "education"):
        found = nv.gate(fitted, 1, by=by).table()
        pd.testing.assert_frame_equal(found, nv.gate(fitted, "1", by=groups).table())
    some = nv.gate(fitted, "1", by=groups.mask(fitted.frame.index < 100))
    assert "100 persons without a group are left out" in some.summary()
    assert fitted != some
    assert some != nv.gate(fitted, "1", by=groups)


def test_copies_of_rows_are_told_and_persons_of_several_rows_counted_once() -> None:
    frame = example.programs().head(400)
    frame["pay"] = frame["earnings"] + np.arange(400) / 1e6
    frame["age"] = frame["age"] + np.arange(400) / 1e6
    both = pd.concat([frame, frame], ignore_index=True)
    columns = {"outcome": "pay", "program": "program", "control": "none", "covariates": "age"}
    said = r'800 rows repeat others in pay, program, age, rows 0, .*person="person".*drop_dupl'
    with pytest.raises(EstimationError, match=said):
        nv.cross_fit(both, **columns, trees=4)
    both["id"] = [f"secret{row % 400}" for row in range(800)]
    fitted = nv.cross_fit(both, **columns, person="id", trees=4, clip=0.05)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EstimationWarning)
        found = nv.att(fitted)
    counted = frame["program"].value_counts()[["course", "subsidy"]].tolist()
    assert fitted.table()["n_treated"].tolist() == counted
    assert found.table()["n_treated"].tolist() == counted
    assert nv.gate(fitted, "course", by="education").table()["n_persons"].sum() == 400
    for shown in (repr(fitted), str(fitted), fitted.summary(), HTMLFormatter()(fitted)):
        assert "secret" not in shown
    mixed = both.assign(id=both["id"].mask(both.index == 3, "secret0 "))
    with pytest.raises(EstimationError, match="rows 0 and 3 hold str that look") as raised:
        nv.cross_fit(mixed, **columns, person="id")
    assert "secret" not in str(raised.value)


def test_the_line_that_an_error_names_mends_the_panel(panel: pd.DataFrame) -> None:
    for wanted in (panel.drop(index=5), panel.drop(index=700)):
        with pytest.raises(EstimationError) as raised:
            nv.one_treated(wanted, **COLUMNS, treated="Hedmark", start=25)
        line = re.findall(r"frame\[.*\]; for", str(raised.value))[0].removesuffix("; for")
        mended = eval(line, {"frame": wanted})
        assert len(mended) in (35 * 21, 36 * 20)
        assert nv.one_treated(mended, **COLUMNS, treated="Hedmark", start=25)


def test_a_ranking_is_judged_by_name_or_array(fitted: Any) -> None:
    young = -fitted.frame["age"].astype(float)
    found = nv.rate(fitted, "1", by=young.rename("young")).table()
    again = nv.rate(fitted, "1", by=young.to_numpy()).table()
    pd.testing.assert_frame_equal(found, again)
    priority = -fitted.frame["age"].to_numpy(float)
    assert found["estimate"].item() == ranking.rate(fitted.scores, 1, priority).estimate
    assert nv.rate(fitted, "1", by="age", target="qini").figure().axes


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda f: nv.gate(f, "1", by="earnings"), "«earnings» is given as by and as outcome"),
        (lambda f: nv.gate(f, "1", by="program"), "«program» is given as by and as program"),
        (
            lambda f: nv.gate(f, "1", by=f.frame["earnings"] + 1),
            "groups have fewer than 10 persons",
        ),
        (lambda f: nv.gate(f, "1", by=f.frame["program"] % 2), "nobody in 1 has '0'"),
        (lambda f: nv.gate(f, "1", by=f.frame["age"].set_axis(range(1, 2001))), "another index"),
        (lambda f: nv.policy_tree(f, by=[]), "by is empty"),
        (
            lambda f: nv.policy_tree(f, by="age", costs={1: np.nan}),
            r"costs\['1'\]=nan: expected a number",
        ),
        (lambda f: nv.policy_tree(f, by="earnings"), "as by and as outcome"),
        (lambda f: nv.policy_tree(f, by="age", costs=5), r'costs=5: .*costs=\{"course": 1\.0\}'),
        (
            lambda f: nv.policy_tree(f, by="age", costs={1: "5"}),
            r"costs\['1'\]='5': expected a number",
        ),
        (lambda f: nv.policy_tree(f, by="age", costs={1: [5]}), r"costs\['1'\]=a list: exp"),
        (lambda f: nv.gate(f, "1", by=np.ones((2000, 2))), r"shape \(2000, 2\); expected one gr"),
        (lambda f: nv.gate(f, "1", by=f.frame[["age"]]), r"shape \(2000, 1\); .*by=\"age\""),
        (lambda f: nv.rate(f, "1", by=np.ones(9)), r"nv\.rate: by has 9 rows, the frame 2000"),
        (lambda f: nv.rate(f, "9", by="age"), r"nv\.rate: programme '9': not among 1, 2"),
        (lambda f: nv.rate(f, "0", by="age"), "'0': not among 1, 2"),
        (lambda f: nv.rate(f, "1", by="education"), "holds text"),
        (lambda f: nv.rate(f, "1", by=np.ones(2000)), "the same priority"),
        (lambda f: nv.rate(f, "1", by=np.full(2000, np.nan)), "2000 rows without a value"),
    ],
)
def test_groups_rules_and_rankings_that_mean_nothing_are_told(
    fitted: Any, call: Callable[[Any], object], said: str
) -> None:
    with pytest.raises(EstimationError, match=said):
        call(fitted)


@pytest.mark.parametrize("bound", [np.nan, -1, "1"])
def test_a_bound_that_is_none_is_told(bound: Any) -> None:
    frame, call, _, _ = calls()["event_study"]
    with pytest.raises(EstimationError, match="expected a number from 0"):
        nv.honest_intervals(call(frame), bound=bound)


def own_costs(**changes: object) -> pd.DataFrame:
    table = {"program": ["course", "mentor"], "duration": 6.0, "unit_cost": [9000, 4000]}
    return pd.DataFrame({**table, "effect_months": 60, **changes})


def own_effects(arm: str = "course") -> pd.DataFrame:
    table = {"value": "earnings", "arm": arm, "year": [1, 2, 3], "estimate": 12_000.0}
    return pd.DataFrame({**table, "std_error": 400.0, "unit": "NOK per year"})


def test_own_programmes_are_priced_as_those_of_the_file(tmp_path: Path) -> None:
    costs = inputs.load()
    given = assumptions.from_inputs(costs)
    keys = [key for key in inputs.ByProgram.model_fields if key != "effect_std_error"]
    table = pd.DataFrame({key: getattr(given, key)[0] for key in keys})
    table = table.assign(program=[f"own {name}" for name in given.programs])
    table["effect_later"] = table["effect_later"].where(given.later_is_own[0] > 0)
    found = nv.cost_benefit(costs=table).table()
    plain = nv.cost_benefit().table()
    pd.testing.assert_frame_equal(found.drop(columns="program"), plain.drop(columns="program"))
    own_costs().to_csv(tmp_path / "costs.csv", index=False)
    read = nv.cost_benefit(own_effects(), costs=tmp_path / "costs.csv")
    there = own_costs(effect_year_1=1000, effect_year_2=1000, effect_year_3=1000.0)
    beside = nv.cost_benefit(costs=there).table().head(1)
    pd.testing.assert_frame_equal(read.table(), beside)
    assert read.notes == ()


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        (own_costs(), "costs has no column effect_year_1"),
        (own_costs().drop(columns="duration"), "column «duration» is missing"),
        (own_costs(price=1), "column «price» is unknown; allowed: duration, unit_cost"),
        (own_costs(duration=[6, -1]), "«duration», row 1: -1; expected months, above 0 to 600"),
        (own_costs(unit_cost=["9 000", 1]), "«unit_cost», row 0: 9 000; expected NOK per month"),
        (own_costs(mentor_share=[np.nan, 0]), "«mentor_share», row 0: nan; expected share"),
        (own_costs(program="course"), "row 1: «course» again"),
        (own_costs().iloc[:0], "expected each column once, rows"),
        (5, "costs is int; expected a file, or a frame"),
        ("nowhere.csv", "nowhere.csv: no such file"),
    ],
)
def test_costs_that_do_not_fit_are_told(costs: Any, said: str) -> None:
    with pytest.raises((EstimationError, ParameterError), match=said) as raised:
        nv.cost_benefit(costs=costs)
    assert str(raised.value).startswith("nv.cost_benefit: ")


def test_one_treated_unit_has_an_event_study_of_gaps(panel: pd.DataFrame) -> None:
    start = panel["county"].map({"Hedmark": 25})
    found = nv.event_study(panel.assign(start=start), **COLUMNS, start="start", window=(-4, 8))
    table = found.table().set_index("event_time")
    wide = panel.pivot(index="month", columns="county", values="job_seekers")
    gap = wide["Hedmark"] - wide.drop(columns="Hedmark").mean(axis=1)
    assert table.index.tolist() == [-4, -3, -2, *range(9)]
    assert table.loc[5, "estimate"] == pytest.approx(gap[30] - gap[24])
    assert table.loc[5, "p_value"] >= 1 / 21
    assert "nv.one_treated" in found.summary()
    assert found.figure().axes
    with pytest.raises(EstimationError, match=r"several treated units; .*nv\.one_treated"):
        nv.honest_intervals(found)


def test_honest_intervals_take_a_year_before_and_after() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"unit": np.repeat(range(60), 24), "time": np.tile(range(24), 60)})
    frame["start"] = np.where(frame["unit"] < 30, 12.0, np.nan)
    frame["y"] = 3.0 * (frame["time"] >= frame["start"]) + rng.normal(0, 0.3, len(frame))
    columns = {"outcome": "y", "unit": "unit", "time": "time", "start": "start"}
    events = nv.event_study(frame, **columns)
    for restriction, bound in (("relative", 0.2), ("smoothness", 0.0)):
        row = nv.honest_intervals(events, bound=bound, restriction=restriction).table().iloc[0]
        assert row["ci_low"] < 3.0 < row["ci_high"]


NONE = [5, np.nan, "x", ["x"], (1, 2, 3), {}, np.ones((2, 2)), pd.DataFrame({"a": [1]})]


@pytest.mark.parametrize("value", NONE, ids=lambda value: type(value).__name__)
def test_settings_that_are_none_are_told_by_the_function_called(fitted: Any, value: Any) -> None:
    frame, *_ = calls()["event_study"]
    events = {**COLUMNS, "start": "start"}
    people = {"by": "office", "person": "person", "origin": "simulated"}
    pay = {"outcome": "earnings", "program": "program", "control": "none", "covariates": "age"}
    wrong = {
        "did": lambda: nv.did(frame, **COLUMNS, treated="treated", cluster=value),
        "event_study": lambda: nv.event_study(frame, **events, window=value),
        "event_study.": lambda: nv.event_study(frame, **events, reference=value),
        "honest_intervals": lambda: nv.honest_intervals(value),
        "one_treated": lambda: nv.one_treated(
            frame, **COLUMNS, treated="Hedmark", start=25, level=value
        ),
        "cross_fit": lambda: nv.cross_fit(example.programs(), **pay, clip=value),
        "cross_fit.": lambda: nv.cross_fit(example.programs(), **pay, person=value),
        "gate": lambda: nv.gate(fitted, "1", by=value),
        "rate": lambda: nv.rate(fitted, "1", by="age", target=value),
        "rate.": lambda: nv.rate(fitted, "1", by=value),
        "policy_tree": lambda: nv.policy_tree(fitted, by="age", depth=value),
        "policy_tree.": lambda: nv.policy_tree(fitted, by="age", outcome=value),
        "indicator": lambda: nv.indicator(
            example.people(), outcome="hours", group="office", by="age", person=value
        ),
        "cost_benefit": lambda: nv.cost_benefit(value),
        "protect": lambda: nv.protect(example.people(), **{**people, "origin": value}),
        "protect.": lambda: nv.protect(example.people(), **{**people, "person": value}),
    }
    for name, call in wrong.items():
        with pytest.raises((EstimationError, ParameterError)) as raised:
            call()
        assert str(raised.value).startswith(f"nv.{name.strip('.')}: ")
    with pytest.raises(EstimationError, match=r"bounds: cf_y=.*expected a number from 0 to 1"):
        fitted.bounds("1", cf_y=value)


def test_arms_without_costs_are_named_in_a_note() -> None:
    effects = pd.DataFrame(
        {
            "value": "earnings",
            "arm": ["AMO", "AMO", "AMO", "own course"],
            "year": [1, 2, 3, 1],
            "estimate": 1000.0,
            "std_error": 100.0,
            "unit": "NOK per month",
        }
    )
    found = nv.cost_benefit(effects)
    assert found.table()["program"].tolist() == ["AMO"]
    assert found.notes == ("Left out, since `costs` does not price them: own course",)
    assert nv.cost_benefit().notes == ()
