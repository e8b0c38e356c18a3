"""Parts 1 and 2: states against a plain computation, shares that add up, released figures."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from programs_registers import changed, folder, opened

from naveval.exhibits.output import Output, open_output
from naveval.project.errors import EstimationError
from naveval.registers import reading
from naveval.studies.programs import contracts, study
from naveval.studies.programs.codes import STATES
from naveval.studies.programs.exhibits import comparison, use_figures, use_tables
from naveval.studies.programs.exhibits import rows as programs_effect_tables_rows
from naveval.studies.programs.exhibits import states as programs_state_figures
from naveval.studies.programs.panel import chains, use
from naveval.studies.programs.panel import persons as programs_panel
from naveval.studies.programs.panel import states as programs_panel_states
from naveval.studies.programs.panel.persons import CATEGORIES
from naveval.studies.programs.parameters import Parameters
from naveval.studies.programs.study import Outcomes, Participation


@pytest.fixture(scope="module")
def parts() -> tuple[Participation, Outcomes]:
    parameters = Parameters(data=str(folder()))
    with opened() as r:
        return study.participation(r, parameters), study.outcomes(r, parameters)


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Output:
    monkeypatch.setenv("NAVEVAL_RESULT", str(tmp_path))
    return open_output("programs", Parameters(data=str(folder())))


def test_nine_states_sum_to_100_in_every_month_of_every_breakdown(
    parts: tuple[Participation, Outcomes],
) -> None:
    for name, frame in parts[1].states.items():
        assert len(STATES) == 9
        np.testing.assert_allclose(frame[list(STATES)].sum(axis=1), 100, err_msg=name)
        assert set(frame.k) == set(range(25))


def test_persons_in_states_are_rounded_to_fives_near_the_truth() -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(30, 400, 200)
    persons = np.array([rng.multinomial(total, rng.dirichlet(np.full(9, 0.5))) for total in n])
    exact = pd.DataFrame(100 * persons / n[:, None], columns=list(STATES)).assign(n=n)
    rounded = programs_panel_states.round_persons(exact, 5)[list(STATES)].to_numpy()
    np.testing.assert_allclose(rounded.sum(axis=1), 100)
    fives = rounded / 100 * np.rint(n / 5)[:, None]
    np.testing.assert_allclose(fives, np.rint(fives), atol=1e-9)
    assert np.abs(5 * fives - persons).max() <= 5 + 2.5
    assert not np.allclose(5 * fives, persons)


def test_groups_left_out_are_none_or_many() -> None:
    frame = pd.DataFrame({"group": ["a", "b", "c"], "k": 0, "n": [90, 40, 3]})
    data: Any = SimpleNamespace(states={"country": frame, "program": frame})
    shown = programs_state_figures.shown_groups
    assert shown(data, "country", ("a", "b", "c")) == ["a"]
    assert shown(data, "program", ("a", "b", "c")) == ["a", "b"]
    frame.loc[2, "n"] = 5
    assert shown(data, "country", ("a", "b", "c")) == ["a", "b"]
    frame.loc[2, "n"] = 0
    assert shown(data, "country", ("a", "b", "c")) == ["a", "b"]


def test_released_states_still_sum_to_100(
    parts: tuple[Participation, Outcomes], output: Output
) -> None:
    for label in programs_state_figures.SHOWN:
        programs_state_figures.states(output, parts[1], label)
        drawn = pd.read_csv(output.folder / "figures" / f"{label}.csv")
        assert len(drawn) > 0
        np.testing.assert_allclose(drawn[list(STATES)].sum(axis=1), 100, err_msg=label)


def test_states_equal_a_plain_computation() -> None:
    with opened() as r:
        programs_panel.make(r)
        programs_panel_states.make_states(r)
        mine = r.query("SELECT person, m, state FROM state_months WHERE person % 7 = 0")
        tables = {
            "work": r.query("SELECT person, m, high FROM work_months"),
            "program": r.query("SELECT DISTINCT person, m FROM program_months"),
            "status": r.query("SELECT person, m, status FROM status_months"),
        }
    keys = {name: set(zip(t.person, t.m, strict=True)) for name, t in tables.items()}
    high = {(p, m) for p, m, h in tables["work"].itertuples(index=False) if h}
    status = {(p, m): s for p, m, s in tables["status"].itertuples(index=False)}
    for name in ("enrolment", "disability"):
        table = pd.read_parquet(folder() / name)
        number = (table.month // 100 - 2009) * 12 + table.month % 100 - 1
        keys[name] = set(zip(table.person, number, strict=True))
    for person, m, state in mine.itertuples(index=False):
        key = (person, m)
        if key in keys["work"]:
            expected = (
                "work_program"
                if key in keys["program"]
                else ("work_high" if key in high else "work_low")
            )
        elif key in keys["enrolment"]:
            expected = "education"
        elif key in keys["program"]:
            expected = "program"
        elif key in keys["disability"]:
            expected = "disability"
        else:
            expected = {
                "standard": "job_seeker",
                "situational": "job_seeker",
                "special": "reduced_capacity",
                "permanent": "reduced_capacity",
            }.get(status.get(key, ""), "other")
        assert state == expected
    assert mine.person.nunique() > 20


def test_shares_add_up_and_counts_cumulate(parts: tuple[Participation, Outcomes]) -> None:
    data = parts[0]
    for frame, columns in (
        (data.users, ["first_percent", "all_percent"]),
        (data.participants, ["first", "other", "all", "months"]),
    ):
        sums = frame.groupby("characteristic")[columns].sum()
        np.testing.assert_allclose(sums, 100)
    np.testing.assert_allclose(data.composition.groupby("k").share.sum(), 100)
    months = [f"month_{k}" for k in (1, 6, 12, 18, 24)]
    assert (data.cumulative_table[months].diff(axis=1).iloc[:, 1:] >= 0).all().all()
    assert (data.cumulative.groupby("status").percent.diff().dropna() >= 0).all()
    totals = data.flows.groupby("month").n.sum()
    assert totals.nunique() == 1
    at_six = data.flows[data.flows.month == 0].groupby("target").n.sum()
    left_six = data.flows[data.flows.month == 6].groupby("source").n.sum()
    pd.testing.assert_series_equal(at_six, left_six, check_names=False)
    assert data.use_by_program.starts_percent.sum() == pytest.approx(100)
    assert data.course_types.percent.sum() == pytest.approx(100)
    assert (data.who_gets_what.groupby(["characteristic", "category"]).percent.sum() > 99.9).all()


def test_work_situation_looks_five_months_back() -> None:
    with opened() as r:
        programs_panel.make(r)
        rows = r.query("SELECT person, m, spell FROM described_entries USING SAMPLE 60 ROWS")
        work = r.query("SELECT person, m FROM work_months")
    works = set(zip(work.person, work.m, strict=True))
    for person, m, spell in rows.itertuples(index=False):
        recent = [(person, m - back) in works for back in range(6)]
        expected = "in_work" if recent[0] else "out_under_6" if any(recent) else "out_6_or_more"
        assert spell == expected
    assert set(rows.spell) <= set(CATEGORIES["spell"])


def test_courses_end_after_two_whole_months_without_a_programme() -> None:
    with opened() as r:
        r.query("CREATE OR REPLACE TEMP TABLE place AS SELECT 1 AS person")
        r.query(
            """CREATE OR REPLACE TEMP TABLE spells AS SELECT * FROM (VALUES
            (1, 'AMO', 90, 92), (1, 'Arbeidstrening', 95, 96), (1, 'AFT', 100, 104),
            (1, 'IPS', 102, 103), (1, 'Oppfølging', 120, 121)) t(person, program, start, stop)"""
        )
        chains.make_courses(r)
        table = r.query("SELECT * FROM courses ORDER BY start")
    assert table.spells.tolist() == [2, 2, 1]
    assert table.chained.fillna(False).tolist()[0]
    assert table.combined.fillna(False).tolist() == [False, True, False]
    assert table.length.tolist() == [7, 5, 2]


def test_a_county_holds_its_own_persons_only() -> None:
    parameters = Parameters(data=str(folder()), county="03")
    with opened() as r:
        own = study.participation(r, parameters)
        everyone = study.participation(r, Parameters(data=str(folder())))
    assert 0 < own.participation.n.sum() < everyone.participation.n.sum() / 3


def test_every_table_and_figure_of_part_one_is_written(
    parts: tuple[Participation, Outcomes], output: Output
) -> None:
    figures = (
        "stock",
        "composition",
        "flows",
        "participation",
        "cumulative",
        "groups_at_start",
        "use_by_program",
        "mean_months",
        "use_over_time",
        "who_gets_what",
    )
    for name in figures:
        block = getattr(use_figures, name)(output, parts[0])
        assert "fig-alt" in block.markdown
        assert "nan" not in block.markdown
    for name in (
        "users",
        "cumulative",
        "participants",
        "staying",
        "intensity",
        "course_types",
        "combinations",
        "chains",
    ):
        assert "|" in getattr(use_tables, name)(output, parts[0]).markdown
    assert len(list((output.folder / "figures").glob("fig-4-*.png"))) == 10
    assert len(list((output.folder / "tables").glob("tbl-*.csv"))) == 8


def test_every_number_shown_is_among_the_estimates(
    parts: tuple[Participation, Outcomes], output: Output
) -> None:
    for name in ("stock", "flows", "who_gets_what"):
        getattr(use_figures, name)(output, parts[0])
    for name in ("users", "cumulative", "chains", "combinations"):
        getattr(use_tables, name)(output, parts[0])
    rows = programs_effect_tables_rows.participation_rows(output)
    assert set(rows.label) == {
        "fig-4-1",
        "fig-4-3",
        "fig-4-10",
        "tbl-4-2",
        "tbl-4-3",
        "tbl-4-7",
        "tbl-4-8",
    }
    one = rows[(rows.label == "tbl-4-2") & (rows.outcome == "share_of_registrations")]
    shown = one.set_index(["row", "column"])
    own = parts[0].users.set_index(["characteristic", "category"]).first_percent
    assert shown.estimate["sex", "woman"] == pytest.approx(own["sex", "woman"])
    assert shown.published["sex", "woman"] == 45.2
    assert shown.difference["sex", "woman"] == pytest.approx(own["sex", "woman"] - 45.2)
    assert set(one.row) == {"status", "sex", "age_group", "country", "education6", "spell"}
    stock = rows[(rows.label == "fig-4-1") & (rows.horizon == rows.horizon.iloc[0])]
    assert stock.estimate[stock.row == "all"].item() == stock.estimate[stock.row != "all"].sum()
    programs_state_figures.states(output, parts[1], "fig-5-4")
    comparison.outcomes(output, parts[1])
    states = programs_effect_tables_rows.outcome_rows(output)
    figure = states[states.label == "fig-5-4"]
    sums = figure.groupby(["row", "horizon"]).estimate.sum()
    np.testing.assert_allclose(sums, 100)
    compared = states[states.label == "tbl-outcomes-published"]
    assert compared.published.notna().all()
    assert len(compared) > 20


def test_states_put_together_are_sums_beside_the_printed(
    parts: tuple[Participation, Outcomes],
) -> None:
    frame = comparison.outcome_frame(parts[1])
    row = frame[(frame.group == "special") & (frame.state == "in_work_any") & (frame.month == 24)]
    own = programs_state_figures.rounded(parts[1], "status")
    own = own.query("group == 'special' and k == 24").iloc[0]
    total = own.work_program + own.work_high + own.work_low
    assert row.percent.item() == pytest.approx(total)
    assert row.published.item() == 24


def test_figure_4_10_is_about_2022_and_figures_b_about_starts_to_2020() -> None:
    with opened() as r:
        programs_panel.make(r)
        months = r.query("SELECT min(m) AS low, max(m) AS high FROM mix_starts")
        assert months.low[0] >= programs_panel.MIX_FIRST
        assert months.high[0] <= programs_panel.MIX_LAST
        programs_panel_states.make_states(r)
        everyone = programs_panel_states.monthly_share(r, "any_wage", "all").n.iloc[0]
        shown = programs_panel_states.states(r, "all").n.iloc[0]
        late = r.query(
            "SELECT count(DISTINCT person) AS n FROM state_months "
            f"WHERE start > {programs_panel_states.LAST_START}"
        ).n[0]
    assert late > 0
    assert everyone == shown + late


def test_a_panel_without_starts_says_so(tmp_path: Path) -> None:
    data = changed(tmp_path / "registers", "program_spells", lambda f: f[f.from_month < 201601])
    with (
        reading.open_registers(data, contracts.TABLES) as r,
        pytest.raises(EstimationError, match="nobody starts a programme from 201601 to 202012"),
    ):
        study.participation(r, Parameters(data=str(data)))


def test_unknown_breakdowns_are_refused() -> None:
    with opened() as r:
        with pytest.raises(ValueError, match="allowed: all, program"):
            programs_panel_states.states(r, "shoe_size")
        with pytest.raises(ValueError, match="allowed: any_wage, aap"):
            programs_panel_states.monthly_share(r, "rent", "all")
    assert use.FOLLOWED == 24
