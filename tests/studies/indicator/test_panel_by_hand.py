"""The indicator's panel of a few written persons, of whom every number is plain."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from naveval.project.errors import ContractError, EstimationError
from naveval.project.months import month_range
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.characteristics import MARKS
from naveval.studies.indicator.contracts import COUNTIES
from naveval.studies.indicator.panel import Chunk, Panel

MONTHS = month_range("2018-01", "2019-12")
LATER = month_range("2018-01", "2021-01")
BASE: dict[str, Any] = {
    "office": "0301",
    "county": "03",
    "region": "0301",
    "innsatsgruppe": "standard",
    "status": "helt_ledig",
    "program": "ingen",
    "registered": "2017-11",
    "age": 40,
    "children": 0,
    "country_group": "norge",
    "residence_months": 480,
    "wage_decile": 4,
    "pension_decile": -1,
    "history_months": 6,
    "weekly_hours": 0.0,
    **dict.fromkeys(MARKS, False),
}
ANNE, BO, CARL, DINA, EVA = 31, 12, 25, 900_000_000, 7
OWN: dict[int, dict[str, Any]] = {
    ANNE: {
        "age": 25,
        "innsatsgruppe": "spesielt_tilpasset",
        "woman": True,
        "pension_decile": 0,
        "weekly_hours": 19.5,
    },
    BO: {
        "office": "5001",
        "county": "50",
        "region": "5001",
        "status": "tiltak",
        "program": "andre_tiltak",
        "age": 70,
        "children": 6,
        "country_group": "landgruppe_2",
        "residence_months": 13,
        "history_months": 61,
        "weekly_hours": 8.0,
    },
    CARL: {"age": 29, "innsatsgruppe": "situasjonsbestemt", "weekly_hours": 19.0},
    DINA: {"age": 29, "registered": "2018-09", "wage_decile": 10, "pension_decile": 10},
    EVA: {"age": 18, "registered": "2018-12", "residence_months": 12, "history_months": 0},
}
THERE = {
    ANNE: MONTHS,
    BO: [month for month in MONTHS if month != "2018-06"],
    CARL: [month for month in MONTHS if month not in ("2018-04", "2018-05")],
    DINA: MONTHS[8:],
    EVA: MONTHS[12:],
}
OUTSIDE = 99


def stock() -> pd.DataFrame:
    rows = [
        {"person": person, "month": month, **BASE, **OWN[person]}
        for person, months in THERE.items()
        for month in months
    ]
    frame = pd.DataFrame(rows)
    frame.loc[frame["person"].eq(BO) & frame["month"].ge("2018-07"), "registered"] = "2018-07"
    return frame


def hours() -> pd.DataFrame:
    """Anne works 130 hours each month, Bo ten more for each month from none, Carl 82.3."""
    paid = {ANNE: lambda t: 130, BO: lambda t: 10 * t, CARL: lambda t: 82.3, OUTSIDE: lambda t: 5}
    rows = [
        {"person": person, "month": month, "hours": float(of(t)), "subsidised_hours": of(t) / 2}
        for person, of in paid.items()
        for t, month in enumerate(LATER)
    ]
    return pd.DataFrame(rows)


def inflow(until: str = "2021-01") -> pd.DataFrame:
    """One of a hundred becomes unemployed in Oslo each month; in Trondheim one more each month."""
    rows = [
        {"region": region, "month": month, "new_unemployed": new, "labour_force": 1000}
        for t, month in enumerate(month_range("2018-01", until))
        for region, new in (("0301", 10), ("5001", t))
    ]
    return pd.DataFrame(rows)


def industry(until: str = "2019-12") -> pd.DataFrame:
    """All industries stay as they are, but B doubles from one year to the next."""
    rows = [
        {"region": region, "month": month, "industry": name, "employed": n * grown}
        for month in month_range("2017-01", until)
        for region, own in (("0301", {"A": 300, "B": 100}), ("5001", {"A": 400, "B": 0}))
        for name, n in own.items()
        for grown in [2 ** (int(month[:4]) - 2017) if name == "B" else 1]
    ]
    return pd.DataFrame(rows)


def written(folder: Path, **changed: pd.DataFrame) -> Path:
    made = {"stock": stock(), "hours": hours(), "inflow": inflow(), "industry": industry()}
    for name, frame in (made | changed).items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    return panels.build(written(tmp_path_factory.mktemp("by-hand")), long_horizons=[24])


def of(panel: Panel, month: str, entrants: bool = False) -> Chunk:
    chunks = panel.entrants if entrants else panel.chunks
    return next(chunk for chunk in chunks if chunk.month == month)


def by_person(panel: Panel, chunk: Chunk, values: Any) -> dict[int, Any]:
    found = panel.persons[chunk.person].tolist()
    return dict(zip(found, np.asarray(values).tolist(), strict=True))


def test_what_the_panel_holds(panel) -> None:
    assert panel.months == tuple(MONTHS)
    assert len(panel) == 24 + 23 + 22 + 16 + 12
    assert panel.n_persons == 5
    assert panel.persons.tolist() == sorted(OWN)
    assert panel.flow == {
        "persons": 5,
        "months": 37,
        "hours_rows": 4 * 37,
        "hours_outside_stock": 37,
    }
    assert panel.levels["county"] == tuple(COUNTIES)
    assert panel.levels["office"] == ("0301", "5001")
    assert panel.county_of.tolist() == [COUNTIES.index("03"), COUNTIES.index("50")]
    assert panel.levels["young"] == ("over", "under")
    assert panel.levels["youth_guarantee"] == ("outside", "inside")
    assert panel.noise is None


def test_rows_come_in_the_order_of_persons(panel) -> None:
    for chunk in panel.chunks:
        assert (np.diff(chunk.person) > 0).all()


def test_months_since_the_spell_began(panel) -> None:
    months_in = {
        month: by_person(panel, of(panel, month), of(panel, month).columns["duration"])
        for month in ("2018-01", "2018-03", "2018-07", "2018-08", "2019-12")
    }
    assert months_in["2018-01"] == {ANNE: 2, BO: 2, CARL: 2}
    # A month's absence does not end Bo's spell, and two end Carl's: it can begin in April at first.
    assert months_in["2018-07"] == {ANNE: 8, BO: 8, CARL: 3}
    assert months_in["2018-08"][CARL] == 4
    assert months_in["2019-12"] == {ANNE: 25, BO: 25, CARL: 20, DINA: 15, EVA: 12}


def test_what_ends_a_spell_can_be_chosen(tmp_path) -> None:
    for longest, duration in ((1, (0, 3)), (3, (8, 8))):
        made = panels.build(written(tmp_path), spell_break=longest)
        chunk = of(made, "2018-07")
        found = by_person(made, chunk, chunk.columns["duration"])
        assert (found[BO], found[CARL]) == duration


def test_a_spell_does_not_depend_on_where_the_panel_begins(tmp_path, panel) -> None:
    more = stock().query("month == '2019-12'")
    longer = [stock(), more.assign(month="2020-01"), more.assign(month="2020-02")]
    folder = written(tmp_path, stock=pd.concat(longer), industry=industry("2020-02"))
    made = panels.build(folder, first_month="2018-03", last_month="2020-02")
    assert made.months == tuple(month_range("2018-03", "2020-02"))
    for month in ("2018-03", "2018-07", "2019-06"):
        chunk, whole = of(made, month), of(panel, month)
        assert by_person(made, chunk, chunk.columns["duration"]) == by_person(
            panel, whole, whole.columns["duration"]
        )


def test_who_enters(panel) -> None:
    entered = {
        chunk.month: panel.persons[chunk.person].tolist() for chunk in panel.entrants if len(chunk)
    }
    assert entered == {"2018-09": [DINA]}
    chunk = of(panel, "2018-09")
    assert by_person(panel, chunk, chunk.first) == {
        ANNE: False,
        BO: False,
        CARL: False,
        DINA: True,
    }
    own = of(panel, "2018-09", entrants=True)
    assert set(own.outcomes) == {"atid6", "jobb6", "atid12", "jobb12", "atid24", "jobb24"}
    assert own.columns["wage"].tolist() == [10]
    assert own.groups["office"].tolist() == [0]
    assert own.first.tolist() == [True]
    assert {name for name in own.columns if name.startswith("inflow")} == {
        "inflow6",
        "inflow12",
        "inflow24",
        "inflow60",
    }


def test_codes_of_characteristics(panel) -> None:
    chunk = of(panel, "2019-01")
    columns = {name: by_person(panel, chunk, code) for name, code in chunk.columns.items()}
    assert columns["age"] == {ANNE: 7, BO: 49, CARL: 11, DINA: 11, EVA: 0}
    assert columns["children"] == {ANNE: 0, BO: 4, CARL: 0, DINA: 0, EVA: 0}
    assert columns["woman"] == {ANNE: 1, BO: 0, CARL: 0, DINA: 0, EVA: 0}
    assert columns["married"] == dict.fromkeys(OWN, 0)
    assert columns["wage"] == {ANNE: 4, BO: 4, CARL: 4, DINA: 10, EVA: 4}
    assert columns["pension"] == {ANNE: 1, BO: 0, CARL: 0, DINA: 11, EVA: 0}
    # The third group of countries with 13 to 24 months; Norway with over 120, or with 12.
    assert columns["origin"] == {ANNE: 5, BO: 2 * 6 + 1, CARL: 5, DINA: 5, EVA: 0}
    assert columns["history"] == {ANNE: 1, BO: 7, CARL: 1, DINA: 1, EVA: 0}
    assert columns["hours"] == {ANNE: 3, BO: 1, CARL: 3, DINA: 0, EVA: 0}
    assert by_person(panel, chunk, chunk.job_now) == {
        ANNE: True,
        BO: False,
        CARL: False,
        DINA: False,
        EVA: False,
    }


def test_a_duration_is_told_to_five_years(tmp_path) -> None:
    made = panels.build(written(tmp_path, stock=stock().assign(registered="2013-01")))
    chunk = of(made, "2018-01")
    assert by_person(made, chunk, chunk.columns["duration"])[ANNE] == 60
    assert chunk.sums["duration"].sum() == 3 * 60
    assert of(made, "2018-03").sums["duration"].sum() == 3 * 62


def test_codes_of_groups(panel) -> None:
    chunk = of(panel, "2019-01")
    groups = {name: by_person(panel, chunk, code) for name, code in chunk.groups.items()}
    levels = panel.levels
    for name in ("innsatsgruppe", "status", "program", "country_group", "office", "county"):
        told = {person: levels[name][code] for person, code in groups[name].items()}
        expected = {person: {**BASE, **own}[name] for person, own in OWN.items()}
        assert told == {k: v.replace("ingen", "") for k, v in expected.items()}, name
    assert groups["young"] == {ANNE: 1, BO: 0, CARL: 1, DINA: 1, EVA: 1}
    assert groups["youth_guarantee"] == {ANNE: 1, BO: 0, CARL: 1, DINA: 0, EVA: 0}


def test_who_is_young_can_be_chosen(tmp_path) -> None:
    made = panels.build(written(tmp_path), young_under=29)
    chunk = of(made, "2019-01")
    assert by_person(made, chunk, chunk.groups["young"]) == {
        ANNE: 1,
        BO: 0,
        CARL: 0,
        DINA: 0,
        EVA: 1,
    }
    assert by_person(made, chunk, chunk.groups["youth_guarantee"])[CARL] == 0


def test_sums_by_status(panel) -> None:
    """The wholly unemployed are the second of five, those in programmes the fourth."""
    sums = of(panel, "2019-01").sums
    assert sums["hours_now"].tolist() == [0, 38.5, 0, 8, 0]
    assert sums["residence"] == pytest.approx([0, 40 + 40 + 40 + 1, 0, 13 / 12, 0])
    assert sums["history"].tolist() == [0, 18, 0, 61, 0]
    assert sums["duration"].tolist() == [0, 14 + 9 + 4 + 1, 0, 14, 0]


def test_hours_in_the_months_after(panel) -> None:
    chunk = of(panel, "2018-03")  # the third month: Bo works 30, 40 and 50 hours in the next three
    outcomes = {name: by_person(panel, chunk, value) for name, value in chunk.outcomes.items()}
    assert outcomes["atid3"] == pytest.approx({ANNE: 30, BO: 120 / 13, CARL: 3 * 82.3 / 13})
    # 19 hours a week are 82 hours and a third in a month.
    assert outcomes["jobb3"] == {ANNE: 1, BO: 0, CARL: 0}
    assert outcomes["atid12"] == pytest.approx(
        {ANNE: 30, BO: 10 * sum(range(3, 15)) / 52, CARL: 12 * 82.3 / 52}
    )
    assert outcomes["jobb12"] == {ANNE: 1, BO: 1, CARL: 0}
    assert outcomes["jobb24"] == {ANNE: 1, BO: 1, CARL: 0}
    last = of(panel, "2019-12")
    assert set(last.outcomes) == {"atid3", "jobb3", "atid12", "jobb12"}
    assert [c.month for c in panel.chunks if "jobb24" in c.outcomes][-1] == "2019-01"
    assert len(list(panels.with_outcome(panel, "jobb24"))) == 13
    with pytest.raises(EstimationError, match="atid36: no month of the stock has all"):
        list(panels.with_outcome(panel, "atid36"))


def test_hours_without_those_that_are_subsidised(tmp_path) -> None:
    made = panels.build(written(tmp_path), subsidised_hours=False)
    chunk = of(made, "2018-03")
    assert by_person(made, chunk, chunk.outcomes["atid3"])[ANNE] == 15


def test_hours_in_a_month_with_as_many_working_days_as_others(tmp_path) -> None:
    made = panels.build(written(tmp_path), working_days=True)
    chunk = of(made, "2018-03")
    found = by_person(made, chunk, chunk.outcomes["atid3"])[ANNE]
    # April, May and June 2018 have 20, 19 and 21 working days. A year has 261 days from Monday to
    # Friday, and holidays on 8.6 of them: five movable ones, and five of seven parts of five.
    average = (365.2425 * 5 / 7 - 5 - 5 * 5 / 7) / 12
    assert found == pytest.approx(10 * average * (1 / 20 + 1 / 19 + 1 / 21), rel=0.002)


def test_markets_are_those_of_the_region_and_month(panel, tmp_path) -> None:
    """Three-month means in Trondheim are 0.002 to 0.025: twenty categories of 0.00115."""
    found = {}
    for month in ("2018-01", "2018-12", "2019-12"):
        chunk = of(panel, month)
        found[month] = by_person(panel, chunk, chunk.columns["inflow3"])
    assert found["2018-01"][BO] == 0
    assert found["2018-01"][ANNE] == int((0.010 - 0.002) / 0.00115)
    assert found["2018-12"][BO] == int((0.013 - 0.002) / 0.00115)
    assert found["2019-12"][BO] == 19
    assert panel.limits["inflow"] == pytest.approx(0.002 + 0.00115 * np.arange(1, 20))
    chunk = of(panel, "2018-12")
    # The twelve months after December 2018 are 12 to 23, or 17.5 of a thousand.
    assert by_person(panel, chunk, chunk.columns["inflow12"])[BO] == int((0.0175 - 0.002) / 0.00115)
    # A quarter of Oslo is in the industry that doubles in 2018, and two fifths in 2019.
    employment = [by_person(panel, of(panel, m), of(panel, m).columns["employment"]) for m in found]
    assert [of_month[BO] for of_month in employment] == [0, 0, 0]
    assert [of_month[ANNE] for of_month in employment] == [int(0.25 / 0.4 * 20)] * 2 + [19]
    assert panel.occupied["employment"].sum() == 2 * 24
    assert panel.occupied["employment"][0] == 24
    assert panel.occupied["employment"][19] == 12
    equal = panels.build(written(tmp_path), market_categories="equal_count")
    assert equal.limits["inflow"] != pytest.approx(panel.limits["inflow"])


def refused(folder: Path, message: str, **changed: pd.DataFrame) -> None:
    with pytest.raises(ContractError, match=message):
        panels.build(written(folder, **changed))


def test_what_cannot_be_is_refused_with_the_month_and_how_many(tmp_path) -> None:
    rows = stock()
    may = rows["month"] == "2018-05"
    for column, value, expected in (
        ("age", 17, "18 to 75"),
        ("age", 76, "18 to 75"),
        ("residence_months", 1201, "0 to 1200"),
        ("history_months", 62, "0 to 61"),
        ("children", 21, "0 to 20"),
        ("wage_decile", 11, "0 to 10"),
        ("pension_decile", -2, "-1 to 10"),
        ("weekly_hours", 100.5, "0 to 100 hours a week"),
        ("weekly_hours", -0.5, "0 to 100 hours a week"),
        ("status", "borte", "one of 5 known codes"),
        ("region", "9999", "one of 2 known codes"),
        ("registered", "2018-06", "a month not after the stock's month"),
    ):
        changed = rows.assign(**{column: rows[column].where(~may, value)})
        message = f"stock, month 2018-05, column {column}: 2 rows: expected {expected}"
        refused(tmp_path, message, stock=changed)


def test_the_ends_of_what_can_be_are_kept(tmp_path) -> None:
    """Of two persons in a month, one at the upper ends and one at the lower."""
    rows = stock()
    most = {
        "age": 75,
        "residence_months": 1200,
        "history_months": 61,
        "children": 20,
        "weekly_hours": 100.0,
        "wage_decile": 10,
        "registered": "2018-05",
    }
    for column, value in most.items():
        rows.loc[rows["month"].eq("2018-05") & rows["person"].eq(BO), column] = value
    made = panels.build(written(tmp_path, stock=rows))
    chunk = of(made, "2018-05")
    assert by_person(made, chunk, chunk.columns["hours"])[BO] == 6
    assert by_person(made, chunk, chunk.columns["history"])[BO] == 7


def test_a_person_twice_and_an_office_in_two_counties_are_refused(tmp_path) -> None:
    twice = pd.concat([stock(), stock().query(f"person == {ANNE} and month == '2018-02'")])
    message = "stock, month 2018-02: 2 rows: a person is there twice; expected one row per person"
    refused(tmp_path, message, stock=twice)
    moved = stock()
    moved.loc[moved["month"] == "2019-01", "county"] = "50"
    refused(tmp_path, "offices? lies in two counties|an office lies in two", stock=moved)


def test_inflow_reaches_as_far_as_the_outcomes(tmp_path) -> None:
    """With hours until January 2021, outcomes of December 2019 need the year after it."""
    assert panels.build(written(tmp_path, inflow=inflow("2020-12"))).months
    message = (
        "inflow: atid12 of 2019-12 needs the 12 months after it in every region; expected every "
        "region and month until 2021-01"
    )
    refused(tmp_path, message, inflow=inflow("2020-11"))


def test_fewer_than_two_years_are_refused(tmp_path) -> None:
    folder = written(tmp_path)
    assert panels.stock_months(folder) == tuple(MONTHS)
    assert panels.stock_months(folder, "2018-01", "2019-12") == tuple(MONTHS)
    for first, last in (("2018-02", ""), ("", "2019-11")):
        with pytest.raises(
            EstimationError, match=r"the stock has 23 months; .* at least 24 to adj"
        ):
            panels.stock_months(folder, first, last)
