"""Parts 1 and 2: states against a plain computation, counts protected once, shares of them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from programs_registers import changed, folder, opened

from naveval.disclosure import keys
from naveval.project import places
from naveval.project.errors import EstimationError
from naveval.registers import reading
from naveval.studies.programs import contracts, study
from naveval.studies.programs.codes import GROUPS, STATES
from naveval.studies.programs.panel import persons, states
from naveval.studies.programs.panel.persons import CATEGORIES, every, protected, with_enough
from naveval.studies.programs.parameters import Parameters
from naveval.studies.programs.study import Outcomes, Participation

SECRET = keys.secret("simulated")


@pytest.fixture(scope="module")
def parts() -> tuple[Participation, Outcomes]:
    parameters = Parameters(data=str(folder()))
    with opened() as r:
        return study.participation(r, parameters), study.outcomes(r, parameters)


def test_counts_are_of_distinct_persons_and_near_the_truth() -> None:
    with opened() as r:
        persons.make(r, SECRET)
        found = protected(
            r, SECRET, "starts", ["program"], having={"first": "first"}, sums={"m": 1000}
        )
        rows = r.query("SELECT person, program, first, m FROM starts")
        again = protected(r, SECRET, "starts", ["program"])
        whole = protected(r, SECRET, "starts", [])
    truth = rows.groupby("program").agg(n=("person", "nunique"), m=("m", "sum"))
    truth["n_first"] = rows[rows["first"]].groupby("program")["person"].nunique()
    shown = found.set_index("program")
    for name in ("n", "n_first"):
        change = shown[name] - truth[name].fillna(0)
        assert change.abs().max() <= 5
        assert (change != 0).any()
        assert not shown[name].between(1, 4).any()
    assert again["n"].tolist() == found["n"].tolist()
    assert abs(whole["n"][0] - rows["person"].nunique()) <= 5
    many = shown["n"] >= 100
    ratio = shown["m"] / shown["n"] / (truth["m"] / truth["n"]) - 1
    assert ratio[many].abs().max() < 0.15
    assert shown.loc[shown["n"].between(1, 19), "m"].isna().all()


def test_rows_that_are_persons_need_no_counting_of_distinct_ones() -> None:
    with opened() as r:
        persons.make(r, SECRET)
        test = {"late": "entry > 100"}
        plain = protected(r, SECRET, "first_registrations", ["first_status"], having=test)
        once = protected(r, SECRET, "first_registrations", ["first_status"], having=test, once=True)
        twice = r.query("SELECT count(*) - count(DISTINCT person) AS n FROM first_registrations")
    pd.testing.assert_frame_equal(plain, once)
    assert twice["n"][0] == 0


def test_cells_with_nobody_are_among_the_rows_and_hidden_sums_stay_missing() -> None:
    frame = pd.DataFrame({"kind": ["b"], "n": [12], "months": [np.nan]})
    table = every(frame, {"kind": ("a", "b")})
    assert table["n"].tolist() == [0, 12]
    assert table["months"].isna().tolist() == [False, True]
    assert table["n"].dtype == frame["n"].dtype


def test_series_with_few_are_left_out() -> None:
    frame = pd.DataFrame({"group": list("aabbcc"), "n": 100, "n_some": [9, 12, 9, 10, 95, 92]})
    assert set(with_enough(frame, "group", "n_some")["group"]) == {"a"}


def test_nine_states_sum_to_about_100_in_every_month_of_every_breakdown(
    parts: tuple[Participation, Outcomes],
) -> None:
    assert len(STATES) == 9
    for name, frame in parts[1].states.items():
        sums = frame.groupby(["group", "k"])["percent"].sum()
        most = 100 * 5 * (1 + len(STATES)) / frame.groupby(["group", "k"])["n"].first()
        assert ((sums - 100).abs() <= most).all(), name
        assert (sums - 100).abs().median() < 10
        assert set(frame["k"]) == set(range(25))
        assert (frame["n"] >= states.LEAST_STACKED).all()


def test_tables_have_all_their_cells(parts: tuple[Participation, Outcomes]) -> None:
    data = parts[0]
    assert len(data.who_gets_what) == 16 * sum(
        len(CATEGORIES[name]) for name in ("status", "age_group", "country", "spell")
    )
    assert data.use_by_program["program"].tolist() == list(GROUPS)
    assert parts[1].persons["program"].tolist() == list(GROUPS)
    assert len(data.flows) == 3 * 7 * 7
    for name in ("users", "participants", "intensity", "cumulative_table", "staying"):
        frame = getattr(data, name)
        assert set(frame["characteristic"]) >= {"status", "sex", "education6"}, name
        assert not frame.filter(regex="^n").isin([1, 2, 3, 4]).to_numpy().any(), name


def test_states_equal_a_plain_computation() -> None:
    with opened() as r:
        persons.make(r, SECRET)
        states.make_states(r)
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
    for frame in (data.users, data.participants):
        sums = frame.groupby(["characteristic", "population"])["percent"].sum()
        assert (sums - 100).abs().max() < 10
    assert (data.composition.groupby("k")["share"].sum() - 100).abs().max() < 4
    steps = data.cumulative_table.groupby(["characteristic", "category"])["n_started"].diff()
    assert (steps.dropna() >= 0).all()
    assert (data.cumulative.groupby("status")["percent"].diff().dropna() >= 0).all()
    assert data.use_by_program["starts_percent"].sum() == pytest.approx(100, abs=15)
    assert data.course_types["percent"].sum() == pytest.approx(100, abs=10)
    known = data.mean_months["months"].dropna()
    assert known.between(1, 26).all()
    assert len(known) > 5


def test_the_same_persons_have_the_same_number_in_every_table(
    parts: tuple[Participation, Outcomes],
) -> None:
    data, outcomes = parts
    first = data.users[data.users["population"] == "first"]
    started = data.cumulative_table[data.cumulative_table["month"] == "24"]
    both = first.merge(started, on=["characteristic", "category"])
    assert (both["n_x"] == both["n_y"]).all()
    status = first[first["characteristic"] == "status"].set_index("category")["n"]
    registered = data.participation.set_index("status")["n"]
    assert registered.equals(status[registered.index].rename_axis("status"))
    everybody = outcomes.states["all"]["n"].iloc[0]
    assert abs(outcomes.persons["n"].sum() - everybody) <= 5 * 17


def test_work_situation_looks_five_months_back() -> None:
    with opened() as r:
        persons.make(r, SECRET)
        rows = r.query("SELECT person, m, spell FROM described_entries USING SAMPLE 60 ROWS")
        work = r.query("SELECT person, m FROM work_months")
    works = set(zip(work.person, work.m, strict=True))
    for person, m, spell in rows.itertuples(index=False):
        recent = [(person, m - back) in works for back in range(6)]
        expected = "in_work" if recent[0] else "out_under_6" if any(recent) else "out_6_or_more"
        assert spell == expected
    assert set(rows.spell) <= set(CATEGORIES["spell"])


def test_a_county_holds_its_own_persons_only(parts: tuple[Participation, Outcomes]) -> None:
    with opened() as r:
        own = study.participation(r, Parameters(data=str(folder()), county="03"))
    assert 0 < own.participation["n"].sum() < parts[0].participation["n"].sum() / 3


def test_figure_4_10_is_about_2022_and_figures_b_about_starts_to_2020() -> None:
    with opened() as r:
        persons.make(r, SECRET)
        months = r.query("SELECT min(m) AS low, max(m) AS high FROM mix_starts")
        assert months.low[0] >= persons.MIX_FIRST
        assert months.high[0] <= persons.MIX_LAST
        states.make_states(r)
        wage = states.monthly(r, SECRET, "all", {"any_wage": "any_wage"})
        shown = states.states(r, SECRET, "all")
        late = r.query(
            "SELECT count(DISTINCT person) AS n FROM state_months "
            f"WHERE start > {states.LAST_START}"
        ).n[0]
    assert late > 0
    assert wage["n"].iloc[0] == pytest.approx(shown["n"].iloc[0] + late, abs=10)


def test_a_panel_without_starts_says_so(tmp_path: Path) -> None:
    data = changed(tmp_path / "registers", "program_spells", lambda f: f[f.from_month < 201601])
    with (
        reading.open_registers(data, contracts.TABLES) as r,
        pytest.raises(EstimationError, match="nobody starts a programme from 201601 to 202012"),
    ):
        study.participation(r, Parameters(data=str(data)))


def test_unknown_breakdowns_are_refused() -> None:
    with opened() as r, pytest.raises(ValueError, match="allowed: all, program"):
        states.states(r, SECRET, "shoe_size")


def test_counties_are_parts_of_the_country(parts: tuple[Participation, Outcomes]) -> None:
    data, _ = parts
    counties, programs = data.counties, data.county_programs
    assert (
        set(counties["county"]) == set(programs["county"]) == set(places.codes(places.CURRENT_YEAR))
    )
    last = counties[counties["month"] == "24"]
    whole = data.cumulative_table.query("characteristic == 'all' and month == '24'")
    # Each county's count is changed by at most five.
    assert abs(last["n"].sum() - whole["n"].sum()) <= 5 * (len(last) + 1)
    assert (counties.groupby("county")["n_started"].diff().dropna() >= 0).all()
    shown = last["percent"].dropna()
    assert shown.between(0, 100).all()
    # Finnmark alone has too few for a share.
    assert len(shown) >= len(last) - 1
    known = programs.dropna(subset=["percent"])
    assert (known["n"] <= known["total"] + 10).all()
