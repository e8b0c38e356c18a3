"""Tables of part 1 worked out from a few persons written by hand, with protection taken away."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from programs_registers import written

from naveval.disclosure import keys, magnitudes
from naveval.studies.programs.codes import GROUPS
from naveval.studies.programs.panel import use
from naveval.studies.programs.panel.persons import FIRST, LAST
from naveval.studies.programs.panel.use import STATUSES, STOCK_FIRST, YEARS

SECRET = keys.secret("simulated")
Make = Callable[[str, dict[str, list[tuple[Any, ...]]]], pd.DataFrame]
ABOUT = "status, sex, age_group, country, education6, spell"
ONE = ("standard", "woman", "20_29", "0", "none", "in_work")


@pytest.fixture
def table(unprotected: None) -> Make:
    """Makes a table from rows written by hand; everybody up to person 99 has a home."""

    def make(name: str, rows: dict[str, list[tuple[Any, ...]]]) -> pd.DataFrame:
        texts = {head: ", ".join(map(row, each)) for head, each in rows.items()}
        with written(texts) as r:
            r.query(
                "CREATE TABLE place AS SELECT p AS person, 1 AS record_key FROM range(100) t(p)"
            )
            found: pd.DataFrame = getattr(use, name)(r, SECRET)
        return found

    return make


def row(values: tuple[Any, ...]) -> str:
    texts = (str(value) if isinstance(value, list) else repr(value) for value in values)
    return f"({', '.join(texts)})"


def some(found: pd.DataFrame, by: list[str], *columns: str) -> dict[Any, tuple[Any, ...]]:
    """Cells with anybody, by their labels."""
    kept = found[found["n"] > 0].set_index(by if len(by) > 1 else by[0])
    return {key: tuple(values) for key, values in kept[list(columns)].iterrows()}


def near(*values: float) -> Any:
    return pytest.approx(values)


def test_use_is_told_in_starts_and_in_months(table: Make) -> None:
    starts = [(p, "AMO") for p in range(30)] + [(p, "AFT") for p in range(30, 50)] * 2
    starts += [(0, "AFT")] * 8  # six count in a cell, and six in the whole
    months = [(p, "AMO", FIRST + k) for p in range(30) for k in (-1, 0, 1)]
    months += [(p, "AFT", m) for p in range(30, 50) for m in (LAST, LAST + 1)]
    months += [(60, name, m) for name in ("Jobbklubb", "Annet") for m in range(FIRST, LAST + 1)]
    found = table(
        "use_by_program",
        {"starts person, program": starts, "program_months person, program, m": months},
    )
    assert found["program"].tolist() == list(GROUPS)
    kept = found.set_index("program").loc[["AMO", "AFT", "Jobbklubb", "Annet"]]
    assert kept["n_starts"].tolist() == [30, 21, 0, 0]
    assert kept["n_months"].tolist() == [30, 20, 1, 1]
    # 30 + 46 starts, of which person 0 has 1 + 6 in the cells and 6 of the whole.
    assert tuple(kept["starts_percent"]) == near(100 * 30 / 75, 100 * 46 / 75, 0, 0)
    # 60 + 20 months, and 60 of person 60 on either programme and on both.
    wanted = near(100 * 60 / 140, 100 * 20 / 140, 100 * 60 / 140, 100 * 60 / 140)
    assert tuple(kept["months_percent"]) == wanted


def test_months_of_the_first_stay_within_two_years(table: Make) -> None:
    starts = [(1, "AMO", 84, 86), (1, "AMO", 90, 140), (2, "AMO", 84, 184), (2, "AFT", 90, 90)]
    found = table("mean_months", {"starts person, program, m, stop": starts})
    assert list(found.columns) == ["program", "n", "months"]
    assert found["program"].tolist() == list(GROUPS)
    assert some(found, ["program"], "n", "months") == {"AMO": (2, 13.5), "AFT": (1, 1.0)}
    assert found.loc[found["n"] == 0, "months"].isna().all()


def test_programme_months_of_each_year(table: Make) -> None:
    spells = [
        (1, "AMO", 10, 13),  # November 2009 to February 2010
        (2, "AMO", 12, 14),
        (2, "AMO", 14, 14),
        (2, "AFT", 166, 170),
        (100, "AFT", 20, 30),  # lives elsewhere
    ]
    found = table("use_over_time", {"spells person, program, start, stop": spells})
    assert list(found.columns) == ["year", "program", "n", "months"]
    assert len(found) == len(YEARS) * len(GROUPS)
    assert some(found, ["year", "program"], "n", "months") == {
        (2010, "AMO"): (2, 5.0),
        (2022, "AFT"): (1, 2.0),
    }


def test_who_is_on_any_programme_in_a_year_is_told_once(table: Make) -> None:
    spells = [
        *((p, "AMO", 12, 14) for p in range(8)),
        *((p, "AFT", 13, 30) for p in range(5, 15)),  # three of them on both in 2010
        *((p, "AMO", 167, 170) for p in range(6)),  # December 2022, and beyond the years
        *((p, "AMO", 2, 11) for p in range(20)),  # ended before 2010
        (100, "AFT", 20, 30),  # lives elsewhere
    ]
    found = table("on_any_program", {"spells person, program, start, stop": spells})
    assert list(found.columns) == ["year", "n"]
    assert found["year"].tolist() == list(YEARS)
    assert found.set_index("year")["n"][lambda n: n > 0].to_dict() == {2010: 15, 2011: 10, 2022: 6}


def test_of_those_who_started_in_the_year_how_many_started_what(table: Make) -> None:
    starts = [(p, "AMO", 156) for p in range(15)] + [(p, "AFT", 160) for p in range(10, 20)]
    starts += [(p, "AFT", 157) for p in range(20, 25)]
    about = [
        (p, m, "standard" if p < 20 else "special", "20_29", str(p % 2), "in_work")
        for p, _, m in starts
    ]
    found = table(
        "who_gets_what",
        {
            "mix_starts person, program, m": starts,
            "described_mix person, m, status, age_group, country, spell": about,
        },
    )
    assert found.index.tolist() == list(range(len(found)))
    order = found["characteristic"].drop_duplicates().tolist()
    assert order == ["status", "age_group", "country", "spell"]
    shown = some(found, ["characteristic", "category", "program"], "n", "total", "percent")
    assert shown.pop(("status", "special", "AFT"))[:2] == (5, 5)
    assert shown.pop(("country", "0", "AMO"))[:2] == (8, 13)
    assert shown.pop(("country", "1", "AFT"))[:2] == (7, 12)
    assert shown == {
        ("status", "standard", "AMO"): (15, 20, 75.0),
        ("status", "standard", "AFT"): (10, 20, 50.0),
        ("age_group", "20_29", "AMO"): (15, 25, 60.0),
        ("age_group", "20_29", "AFT"): (15, 25, 60.0),
        ("spell", "in_work", "AMO"): (15, 25, 60.0),
        ("spell", "in_work", "AFT"): (15, 25, 60.0),
        ("country", "0", "AFT"): (8, 13, pytest.approx(np.nan, nan_ok=True)),
        ("country", "1", "AMO"): (7, 12, pytest.approx(np.nan, nan_ok=True)),
    }


def test_who_is_still_on_a_programme(table: Make) -> None:
    starts, about, months = [], [], []
    for p in range(28):
        stop = 84 + (11 if p < 12 else 30)
        starts.append((p, "AMO", 84, stop, p < 20))  # the others have started before
        about.append((p, 84, ONE[0], "woman" if p < 12 else "man", *ONE[2:]))
        months += [(p, "AMO", m) for m in range(84, stop + 1)]
    found = table(
        "staying",
        {
            "starts person, program, m, stop, first": starts,
            f"described_starts person, m, {ABOUT}": about,
            "program_months person, program, m": months,
        },
    )
    assert list(found.columns) == ["characteristic", "category", "n", "month", "n_on", "value"]
    everybody = found[found["characteristic"] == "all"]
    assert everybody["month"].tolist() == ["mean", "1", "6", "12", "18", "24"]
    assert everybody["n"].tolist() == [20] * 6
    assert everybody["n_on"].tolist() == [20, 20, 20, 8, 8, 8]
    # Twelve stay for twelve months, and eight for the two years that are counted.
    assert tuple(everybody["value"]) == near((12 * 12 + 8 * 24) / 20, 100, 100, 40, 40, 40)
    women = found[found["category"] == "woman"]
    assert women["n_on"].tolist() == [12, 12, 12, 0, 0, 0]
    assert women["value"].tolist()[0] == 12
    assert women["value"][1:].isna().all()
    assert (found["month"] == "mean").tolist() == sorted(found["month"] == "mean", reverse=True)


COURSES = "courses person, spells, length, combined, chained, programs"


def courses(who: range, n: int, length: int, kind: str, *names: str) -> list[tuple[Any, ...]]:
    marks = (kind in ("combination", "both"), kind in ("chain", "both"))
    return [(p, len(names), length, *marks, list(names)) for p in who for _ in range(n)]


def test_courses_end_after_two_whole_months_without_a_programme() -> None:
    spells = """(1, 'AMO', 90, 92), (1, 'Arbeidstrening', 95, 96), (1, 'AFT', 100, 104),
        (1, 'IPS', 102, 103), (1, 'Oppfølging', 120, 121)"""
    with written({"place person": "(1)", "spells person, program, start, stop": spells}) as r:
        use.make_courses(r)
        found = r.query("SELECT * FROM courses ORDER BY start")
    assert found["spells"].tolist() == [2, 2, 1]
    assert found["chained"].fillna(False).tolist()[0]
    assert found["combined"].fillna(False).tolist() == [False, True, False]
    assert found["length"].tolist() == [7, 5, 2]


def test_courses_of_one_programme_and_of_several(table: Make) -> None:
    rows = [
        *courses(range(20), 1, 3, "alone", "AMO"),
        *courses(range(20, 21), 6, 1, "alone", "AMO"),  # four count
        *courses(range(22, 32), 1, 5, "combination", "AMO", "AFT"),
        *courses(range(37, 42), 2, 4, "chain", "AMO", "AFT"),
    ]
    both = courses(range(32, 33), 1, 70, "both", "AMO", "AFT", "IPS")  # sixty months count
    found = table("course_types", {COURSES: rows + both}).set_index("kind")
    assert list(found.index) == ["alone", "combination", "chain", "both"]
    assert list(found.columns) == ["n", "courses", "percent", "months"]
    assert found["n"].tolist() == [21, 10, 5, 1]
    assert found["courses"].tolist() == [24, 10, 10, 1]
    wanted = near(100 * 24 / 45, 100 * 10 / 45, 100 * 10 / 45, 100 / 45)
    assert tuple(found["percent"]) == wanted
    assert tuple(found["months"]) == near(66 / 24, 5, 4, 60)
    without = table("course_types", {COURSES: rows}).set_index("kind")
    assert without.loc["both", "courses"] == 0
    assert np.isnan(without.loc["both", "months"])


def test_programmes_in_one_month(table: Make) -> None:
    months = [
        (p, name, FIRST + k) for p in range(30) for name in ("AMO", "AFT") for k in (-1, 0, 1)
    ]
    months += [(p, name, LAST) for p in range(30, 40) for name in ("AFT", "Jobbklubb")]
    months += [(50, name, 90) for name in GROUPS[:6]]
    months += [(51, name, LAST + 1) for name in GROUPS[:2]]
    found = table("combinations", {"program_months person, program, m": months})
    assert list(found.columns) == ["program_1", "program_2", "n", "months", "percent"]
    # Person 50 has fifteen pairs of a month each; of equal ones the first ten names are told.
    assert found["months"].tolist() == [61, 10] + [1] * 8
    assert found["n"].tolist() == [31, 10] + [1] * 8
    assert tuple(found["percent"][:3]) == near(100 * 61 / 85, 100 * 10 / 85, 100 / 85)
    pairs = list(zip(found["program_1"], found["program_2"], strict=True))
    others = [("AFT", name) for name in GROUPS[2:6]] + [("AMO", name) for name in GROUPS[2:6]]
    assert pairs == [("AFT", "AMO"), ("AFT", "Jobbklubb"), *others]
    assert found.index.tolist() == list(range(10))


def test_programmes_one_after_another(table: Make) -> None:
    rows = [
        *courses(range(25), 1, 6, "chain", "AMO", "AFT"),
        *courses(range(25, 26), 4, 6, "both", "AMO", "AFT"),  # six starts count
        *courses(range(30, 40), 1, 6, "chain", "AMO", "AFT", "Jobbklubb"),
        *courses(range(40, 45), 1, 6, "chain", "AMO", "AMO"),
        *courses(range(50, 55), 1, 6, "chain", "AMO", "AFT", "AMO", "AFT"),
        *courses(range(60, 70), 1, 6, "combination", "AMO", "AFT"),
    ]
    found = table("chains", {COURSES: rows})
    names = ["program_1", "program_2", "program_3"]
    assert list(found.columns) == [*names, "n", "starts", "percent"]
    whole = 50 + 6 + 30 + 10 + 20
    assert some(found, names, "n", "starts", "percent") == {
        ("AMO", "AFT", "none"): (26, 56, pytest.approx(5600 / whole)),
        ("AMO", "AFT", "Jobbklubb"): (10, 30, pytest.approx(3000 / whole)),
    }
    many = [
        row
        for i, first in enumerate(GROUPS[:5])
        for j, second in enumerate(GROUPS[:5])
        if first != second
        for row in courses(range(1), 1 + (i == 3 and j == 2), 6, "chain", first, second)
    ]
    found = table("chains", {COURSES: many})
    assert len(found) == 15  # of twenty
    assert found["starts"].tolist() == [4] + [2] * 14
    order = list(zip(found["program_1"], found["program_2"], strict=True))[1:]
    assert order == sorted(order)


def test_cells_that_protection_empties_are_not_told(
    table: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(magnitudes, "periods", lambda n, _, raw, *__, **___: raw.where(raw > 1, 0))
    months = [(p, name, LAST) for p in range(30) for name in ("AFT", "Jobbklubb")]
    months += [(50, name, LAST) for name in ("AFT", "AMO")]
    found = table("combinations", {"program_months person, program, m": months})
    assert found["months"].tolist() == [30]
    rows = courses(range(1), 1, 9, "chain", "AMO", "AFT")  # one course, which shows as none
    found = table("course_types", {COURSES: rows}).set_index("kind")
    assert found["courses"].tolist() == [0, 0, 0, 0]
    assert found["months"].isna().all()


def stocks(table: Make, persons: int, months: int) -> pd.DataFrame:
    """So many new persons in each status every month."""
    rows = [
        (persons * months * place + persons * k + p, STOCK_FIRST + k, status)
        for place, status in enumerate(STATUSES)
        for k in range(months)
        for p in range(persons)
    ]
    rows.append((99, STOCK_FIRST - 1, "standard"))
    return table("stock", {"status_months person, m, status": rows})


def test_stock_is_told_at_the_finest_step_with_enough(table: Make) -> None:
    found = stocks(table, 12, 1)
    assert found["m"].tolist() == [24] * 6
    assert found["status"].tolist() == list(STATUSES)
    assert found["n"].tolist() == [12] * 6
    assert set(found["step"]) == {"month"}
    found = stocks(table, 4, 4)  # three in a quarter, and one in the next: eight in the median
    assert found["m"].tolist() == [24] * 6
    assert found["n"].tolist() == [16] * 6
    assert set(found["step"]) == {"half_year"}
    found = stocks(table, 1, 1)
    assert found.shape == (0, 4)
    assert list(found.columns) == ["m", "status", "n", "step"]
