"""The tables of four persons written by hand, and what is counted from three."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from programs_registers import written

from naveval.disclosure import counts, keys, magnitudes
from naveval.project.errors import ContractError
from naveval.registers.reading import Registers
from naveval.studies.programs.codes import month_number
from naveval.studies.programs.panel import persons
from naveval.studies.programs.panel.persons import CATEGORIES, CHARACTERISTICS

SECRET = keys.secret("simulated")
# A quarter of the basic amount is 22 517 kroner from May 2015, a twelfth 7 505.67.
REGISTERS = {
    "persons person, sex, birth_year, country_group": """
        (1, 'woman', 1990, 0), (2, 'man', 1955, 3), (3, 'man', 1998, 1), (4, 'man', 1980, 2)""",
    "person_years person, year, education, county": """
        (1, 2015, '3', '03'), (1, 2016, '4', '03'), (1, 2020, '4', '15'),
        (2, 2016, '0', '03'), (3, 2016, '1', '55')""",
    "nav_status person, month, innsatsgruppe": """
        (1, 201601, 'standard'), (1, 201602, 'situational'),
        (2, 201401, 'special'), (2, 201601, 'special'), (2, 201802, 'permanent'),
        (3, 201512, 'sick'), (4, 201601, 'standard')""",
    "employment person, month, wage_nok, position_percent": """
        (1, 201506, 30000, 100), (1, 201507, 30000, 100),
        (1, 201512, 7505, 100), (1, 201601, 22518, 100), (1, 201602, 7506, 20),
        (1, 201603, 7506, 19), (1, 202211, 60000, 100), (1, 202212, 60000, 100),
        (3, 201511, 22516, 50)""",
    "program_spells person, activity_code, from_month, to_month": """
        (1, 'AMO', 201603, 201604), (1, 'AMO', 202203, 202204),
        (2, 'AMO', 201312, 201402), (3, 'AMO', 201604, 201604)""",
}


def m(month: int) -> int:
    return int(month_number(month))


def rows(r: Registers, sql: str) -> list[tuple[Any, ...]]:
    return list(r.query(sql).itertuples(index=False, name=None))


@pytest.fixture
def made() -> Iterator[Registers]:
    with written(REGISTERS) as r:
        persons.make(r, SECRET)
        yield r


def test_work_is_a_fifth_of_a_position_and_a_twelfth_of_the_basic_amount(made: Registers) -> None:
    found = rows(made, "SELECT person, m, high FROM work_months ORDER BY 1, 2")
    assert found == [
        (1, m(201507), True),
        (1, m(201601), True),
        (1, m(201602), False),
        (1, m(202211), True),
        (1, m(202212), True),
        (3, m(201511), False),
    ]


def test_everybody_with_a_home_is_there_once(made: Registers) -> None:
    found = rows(made, "SELECT person, sex, birth_year, country, home FROM place ORDER BY 1")
    assert found == [
        (1, "woman", 1990, "0", "15"),
        (2, "man", 1955, "3", "03"),
        (3, "man", 1998, "1", "55"),
    ]
    own = made.query("SELECT record_key FROM place ORDER BY person").record_key
    assert own.tolist() == keys.record_keys([1, 2, 3], SECRET).tolist()


def test_registrations_are_new_after_more_than_two_years(made: Registers) -> None:
    found = rows(made, "SELECT person, entry, first_status FROM first_registrations ORDER BY 1")
    assert found == [(1, m(201601), "standard"), (2, m(201802), "permanent")]


def test_starts_and_months_on_a_programme(made: Registers) -> None:
    assert rows(made, "SELECT person, m, stop, first FROM starts ORDER BY 1") == [
        (1, m(201603), m(201604), True),
        (3, m(201604), m(201604), True),
    ]
    assert rows(made, "SELECT person, program, m FROM mix_starts") == [(1, "AMO", m(202203))]
    months = rows(made, "SELECT person, m FROM program_months ORDER BY 1, 2")
    wanted = {1: (201603, 201604, 202203, 202204), 2: (201401, 201402), 3: (201604,)}
    assert months == [(person, m(month)) for person, each in wanted.items() for month in each]


DESCRIBED = "SELECT person, m, status, age_group, country, education6, spell FROM {} ORDER BY 1, 2"


def test_characteristics_are_those_of_the_month(made: Registers) -> None:
    one = ("20_29", "0", "vocational")
    start = (1, m(201603), "not_registered", *one, "out_under_6")
    third = (3, m(201604), "not_registered", "under_20", "1", "lower", "out_under_6")
    assert rows(made, DESCRIBED.format("described")) == [
        (1, m(201601), "standard", *one, "in_work"),
        (1, m(201602), "situational", *one, "in_work"),
        start,
        (1, m(201604), "not_registered", *one, "out_under_6"),
        (2, m(201601), "special", "60_over", "3", "none", "out_6_or_more"),
        (2, m(201802), "permanent", "60_over", "3", "none", "out_6_or_more"),
        third,
    ]
    assert rows(made, DESCRIBED.format("described_starts")) == [start, third]
    assert rows(made, DESCRIBED.format("described_entries")) == [
        (1, m(201601), "standard", *one, "in_work"),
        (2, m(201802), "permanent", "60_over", "3", "none", "out_6_or_more"),
    ]
    mix = (1, m(202203), "not_registered", "30_39", "0", "none", "out_6_or_more")
    assert rows(made, DESCRIBED.format("described_mix")) == [mix]


def test_a_county_is_where_they_last_lived() -> None:
    with written(REGISTERS) as r:
        persons.make(r, SECRET, county="15")
        assert rows(r, "SELECT person FROM place") == [(1,)]
        for table in ("status_months", "work_months", "program_months", "starts", "mix_starts"):
            assert rows(r, f"SELECT DISTINCT person FROM {table}") == [(1,)], table


def test_unknown_codes_are_the_rest_only_when_told() -> None:
    spells = REGISTERS["program_spells person, activity_code, from_month, to_month"]
    head = "program_spells person, activity_code, from_month, to_month"
    with written({**REGISTERS, head: f"{spells}, (2, 'NEW', 201605, 201605)"}) as r:
        with pytest.raises(ContractError, match=r"unknown codes: 1 not shown \(1 person\)"):
            persons.make(r, SECRET)
        persons.make(r, SECRET, unknown_to_rest=True)
        assert rows(r, "SELECT person, program FROM starts WHERE person = 2") == [(2, "Annet")]


def test_what_a_panel_was_made_for_is_remembered() -> None:
    with written({}) as found:
        assert persons.made(found) == ""
        persons.mark(found, "one")
        assert persons.made(found) == "one"
        persons.mark(found, "two")
        assert persons.made(found) == "two"


# Persons 1 to 3 have the keys 100, 20 and 3; person 9 lives elsewhere.
COUNTED = {
    "place person, record_key": "(1, 100), (2, 20), (3, 3)",
    "stays person, kind, sex, hours, late": """
        (1, 'b', 'w', 2, true), (1, 'b', 'w', 9, false), (2, 'b', 'm', 1, false),
        (3, 'a', 'm', 0, false), (9, 'a', 'm', 7, true)""",
    "singles person, kind, late": "(1, 'b', true), (2, 'b', false), (3, 'a', false)",
}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Registers, dict[str, Any]]]:
    """Registers to count in, and what is handed to the protection, which is taken away."""
    handed: dict[str, Any] = {"cells": []}

    def protect(frame: pd.DataFrame, names: list[str], secret: keys.Secret) -> pd.DataFrame:
        handed["raw"] = frame
        handed["cells"].append(secret.cells)
        assert secret.value == SECRET.value
        return frame.drop(columns=[f"{name}_key" for name in names])

    def periods(*given: Any, **options: Any) -> Any:
        handed["periods"] = (*given, options)
        return given[2]

    monkeypatch.setattr(counts, "protect", protect)
    monkeypatch.setattr(magnitudes, "periods", periods)
    with written(COUNTED) as r:
        yield r, handed


def test_distinct_persons_their_keys_and_capped_sums(counted: Any) -> None:
    r, handed = counted
    found = persons.protected(
        r, SECRET, "stays", ["kind"], having={"late": "late"}, sums={"hours": 10}
    )
    assert list(found.columns) == ["kind", "n", "n_late", "n_hours", "hours"]
    assert found.to_numpy().tolist() == [["a", 1, 0, 0, 0.0], ["b", 2, 1, 2, 11.0]]
    keyed = handed["raw"][["n_key", "n_late_key", "n_hours_key"]]
    assert keyed.to_numpy().tolist() == [[3, 0, 0], [120, 100, 120]]
    shown, n, hours, key, secret, options = handed["periods"]
    assert [list(values) for values in (shown, n, hours, key)] == [
        [0, 2],
        [0, 2],
        [0.0, 11.0],
        [0, 120],
    ]
    assert (secret, options) == (SECRET, {"cap": 10, "what": "hours"})


def test_everybody_every_cell_and_rows_that_are_persons(counted: Any) -> None:
    r, _ = counted
    assert persons.protected(r, SECRET, "stays", []).to_numpy().tolist() == [[3]]
    found = persons.protected(r, SECRET, "stays", {"kind": ("c", "b", "a"), "sex": ("w", "m")})
    assert found.to_numpy().tolist() == [
        ["c", "w", 0],
        ["c", "m", 0],
        ["b", "w", 1],
        ["b", "m", 1],
        ["a", "w", 0],
        ["a", "m", 1],
    ]
    assert found.columns.tolist() == ["kind", "sex", "n"]
    late = {"late": "late"}
    for once in (False, True):
        found = persons.protected(r, SECRET, "singles", ["kind"], having=late, once=once)
        assert found.to_numpy().tolist() == [["a", 1, 0], ["b", 2, 1]]


def test_other_cells_with_the_same_labels_are_told_apart(counted: Any) -> None:
    r, handed = counted
    late = {"late": "late"}
    for source, having in (("stays", {}), ("singles", {}), ("stays", late), ("stays", {})):
        persons.protected(r, SECRET, source, ["kind"], having=having)
    one, other, with_late, again = handed["cells"]
    assert one == again
    assert len({one, other, with_late}) == 3
    assert "stays" in one


def test_a_table_by_every_characteristic(counted: Any) -> None:
    r, _ = counted
    r.query(
        """CREATE TABLE two AS SELECT * FROM (VALUES
        (1, 'standard', 'woman', '20_29', '0', 'none', 'in_work'),
        (2, 'standard', 'man', '60_over', '3', 'none', 'in_work'),
        (2, 'special', 'man', '60_over', '3', 'none', 'in_work'))
        t(person, status, sex, age_group, country, education6, spell)"""
    )
    found = persons.by_characteristic(
        r, SECRET, "two", everybody=True, having={"old": "age_group = '60_over'"}
    )
    assert list(found.columns) == ["characteristic", "category", "n", "n_old"]
    assert found.iloc[0].tolist() == ["all", "all", 2, 1]
    cells = [(name, code) for name in CHARACTERISTICS for code in CATEGORIES[name]]
    assert list(zip(found.characteristic, found.category, strict=True))[1:] == cells
    assert found.index.tolist() == list(range(1 + len(cells)))
    some = found[found["n"] > 0].set_index(["characteristic", "category"])
    assert some["n"].to_dict() == {
        ("all", "all"): 2,
        ("status", "standard"): 2,
        ("status", "special"): 1,
        ("sex", "man"): 1,
        ("sex", "woman"): 1,
        ("age_group", "20_29"): 1,
        ("age_group", "60_over"): 1,
        ("country", "0"): 1,
        ("country", "3"): 1,
        ("education6", "none"): 2,
        ("spell", "in_work"): 2,
    }
    assert some.loc[("status", "standard"), "n_old"] == 1
    without = persons.by_characteristic(r, SECRET, "two")
    assert without.characteristic.unique().tolist() == list(CHARACTERISTICS)


def test_series_keep_their_order_and_an_empty_table_its_columns() -> None:
    frame = pd.DataFrame({"group": list("bbaa"), "n": 50, "n_some": [20, 25, 30, 12]})
    assert persons.with_enough(frame, "group", "n_some")["group"].tolist() == list("bbaa")
    few = frame.assign(n_some=np.array([1, 2, 49, 48]))
    assert persons.with_enough(few, "group", "n_some").shape == (0, 3)
