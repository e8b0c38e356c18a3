"""States after a first start, of persons written by hand."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from programs_registers import written

from naveval.disclosure import keys
from naveval.registers.reading import Registers
from naveval.studies.programs.codes import GROUPS, STATES, month_number
from naveval.studies.programs.panel import states

SECRET = keys.secret("simulated")


def m(month: int) -> int:
    return int(month_number(month))


START = m(201601)
# Person 1 is in one state more every month; what comes first in the list of states counts.
LIVED = {
    "starts person, program, m, first": f"""
        (1, 'AMO', {START}, true), (1, 'AFT', {START + 5}, true),
        (2, 'AMO', {START}, false), (3, 'AMO', {m(202101)}, true), (4, 'AMO', {m(202012)}, true)""",
    "described_starts person, m, status, age_group, country, spell": f"""
        (1, {START}, 'special', '20_29', '0', 'in_work'),
        (1, {START + 5}, 'standard', '20_29', '0', 'in_work'),
        (2, {START}, 'standard', '30_39', '0', 'in_work'),
        (4, {m(202012)}, 'standard', '30_39', '0', 'in_work')""",
    "work_months person, m, high": f"""
        (1, {START}, true), (1, {START + 1}, true), (1, {START + 2}, false)""",
    "program_months person, program, m": f"""
        (1, 'AMO', {START}), (1, 'AFT', {START}),
        (1, 'AMO', {START + 3}), (1, 'AMO', {START + 4})""",
    "enrolment person, month": "(1, 201602), (1, 201603), (1, 201604)",
    "disability person, month": "(1, 201605), (1, 201606)",
    "status_months person, m, status": f"""
        (1, {START + 5}, 'standard'), (1, {START + 6}, 'standard'), (1, {START + 7}, 'situational'),
        (1, {START + 8}, 'special'), (1, {START + 9}, 'permanent'), (1, {START + 10}, 'sick')""",
    "employment person, month, wage_nok": "(1, 201601, 20000), (1, 201602, 0), (1, 201712, 1)",
    "benefits person, month, aap_nok": "(1, 201602, 0), (1, 201603, 5)",
}


def test_the_first_state_that_fits_counts() -> None:
    with written(LIVED) as r:
        states.make_states(r)
        found = r.query("SELECT * FROM state_months ORDER BY person, k")
    assert found.groupby("person").size().to_dict() == {1: 25, 4: 25}
    own = found[found["person"] == 1]
    seeking, reduced, other = STATES[6:]
    last = [seeking, seeking, reduced, reduced] + [other] * 15
    assert own["state"].tolist() == [*STATES[:6], *last]
    assert own["k"].tolist() == list(range(25))
    assert own["m"].tolist() == list(range(START, START + 25))
    described = own[["program", "start", "status", "age_group", "country", "spell"]]
    assert set(described.itertuples(index=False, name=None)) == {
        ("AMO", START, "special", "20_29", "0", "in_work")
    }
    assert own.loc[own["any_wage"], "k"].tolist() == [0, 23]
    assert own.loc[own["aap"], "k"].tolist() == [2]
    now = ["standard", "standard", "situational", "special", "permanent", "sick"]
    assert own["status_now"].dropna().tolist() == now


# Group of users and programme: persons in work with high pay, with another state, and those of
# the first who started a month later than figures of states go.
COHORTS = {
    ("standard", "Oppfølging"): (30, 20, 0),
    ("situational", "AMO"): (40, 20, 10),
    ("special", "AFT"): (60, 0, 0),
    ("sick", "AFT"): (20, 29, 0),
}


def cohort_rows() -> Iterator[str]:
    person = 0
    for (status, program), (work, other, late) in COHORTS.items():
        for number in range(work + other):
            person += 1
            start = states.LAST_START + (number < late)
            state = "work_high" if number < work else "other"
            yield f"({person}, '{program}', '{status}', {start}, '{state}')"


@pytest.fixture
def cohorts(unprotected: None) -> Iterator[Registers]:
    people = {"people person, program, status, start, state": ", ".join(cohort_rows())}
    with written(people) as r:
        r.query("CREATE TABLE state_months AS SELECT * FROM people CROSS JOIN range(0, 25) t(k)")
        r.query("CREATE TABLE place AS SELECT person, 1 AS record_key FROM people")
        yield r


def cells(found: pd.DataFrame, k: int) -> list[tuple[Any, ...]]:
    rows = found.loc[found["k"] == k, ["group", "state", "n", "n_state", "percent"]]
    return list(rows.itertuples(index=False, name=None))


def test_percent_in_each_state_of_groups_with_enough(cohorts: Registers) -> None:
    having = {"work_high": "state = 'work_high'", "other": "state = 'other'"}
    found = states.monthly(cohorts, SECRET, "status", having)
    # All of «special» are in work, so nobody is outside: left out.
    wanted = [
        ("standard", "work_high", 50, 30, 60.0),
        ("standard", "other", 50, 20, 40.0),
        ("situational", "work_high", 60, 40, pytest.approx(200 / 3)),
        ("situational", "other", 60, 20, pytest.approx(100 / 3)),
        ("sick", "work_high", 49, 20, pytest.approx(2000 / 49)),
        ("sick", "other", 49, 29, pytest.approx(2900 / 49)),
    ]
    for k in (0, 13, 24):
        assert cells(found, k) == wanted
    assert list(found.columns) == ["group", "k", "n", "state", "n_state", "percent"]
    assert found.index.tolist() == list(range(6 * 25))
    # Group by group, month by month, and the states of a month beside each other.
    assert found["k"].tolist() == [k for _ in range(3) for k in range(25) for _ in having]
    early = states.monthly(cohorts, SECRET, "status", having, states.LAST_START)
    assert cells(early, 0)[2:4] == [
        ("situational", "work_high", 50, 30, 60.0),
        ("situational", "other", 50, 20, 40.0),
    ]


def test_nine_states_of_groups_of_fifty_that_started_in_time(cohorts: Registers) -> None:
    found = states.states(cohorts, SECRET, "status")
    assert found.index.tolist() == list(range(2 * 25 * 9))
    assert list(found.columns) == ["group", "k", "n", "state", "n_state", "percent"]
    assert found["group"].unique().tolist() == ["standard", "situational"]  # «sick» are 49
    assert found["n"].unique().tolist() == [50]
    first = found[(found["group"] == "standard") & (found["k"] == 0)].set_index("state")
    assert first.index.tolist() == list(STATES)
    some = first["percent"][first["percent"] > 0]
    assert some.to_dict() == {"work_high": 60.0, "other": 40.0}
    whole = states.states(cohorts, SECRET, "all")
    assert whole["group"].unique().tolist() == ["all"]
    assert whole["n"].unique().tolist() == [209]
    programs = states.states(cohorts, SECRET, "program")
    assert programs["group"].unique().tolist() == ["AFT", "AMO", "Oppfølging"]
    with pytest.raises(ValueError, match=r"'shoe_size'; allowed: all, program, status, age_group,"):
        states.states(cohorts, SECRET, "shoe_size")


def test_persons_behind_the_figures(cohorts: Registers) -> None:
    found = states.persons_by_program(cohorts, SECRET).set_index("program")["n"]
    assert found.index.tolist() == list(GROUPS)
    assert found[found > 0].to_dict() == {"AFT": 109, "AMO": 50, "Oppfølging": 50}
