"""Faulty registers: each fault has its own message, and no person id is shown."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest

from naveval.project.errors import ContractError, EstimationError, ParameterError
from naveval.project.parameters import load, validate
from naveval.registers import contracts
from naveval.studies.indicator import models, series
from naveval.studies.indicator import panel as panels
from naveval.studies.indicator.contracts import TABLES
from naveval.studies.indicator.contracts.agreements import AGREEMENTS
from naveval.studies.indicator.models import Packed, Specification
from naveval.studies.indicator.parameters import Parameters
from naveval.studies.indicator.simulate import registers as simulation


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    simulation.simulate(folder, scale=0.0012, seed=4, last_month="2020-06")
    return folder


@pytest.fixture
def data(good, tmp_path):
    shutil.copytree(good, tmp_path / "data")
    return tmp_path / "data"


def change(data, table, month, edit):
    file = data / table / f"{month}.parquet"
    frame = pd.read_parquet(file)
    for name in frame.select_dtypes("category"):
        frame[name] = frame[name].astype(str)
    edit(frame).to_parquet(file, index=False)


def test_month_missing_in_the_middle(data):
    (data / "stock" / "2019-03.parquet").unlink()
    with pytest.raises(ContractError, match=r"stock.*missing month.*2019-03"):
        panels.build(data)
    assert any(
        "2019-03" in str(b) or b.column == "month" for b in contracts.check("indicator", data)
    )


def test_person_twice_in_a_month(data):
    change(data, "stock", "2018-05", lambda f: pd.concat([f, f.iloc[[3]]], ignore_index=True))
    with pytest.raises(ContractError, match=r"2018-05: 2 rows.*a person is there twice") as error:
        panels.build(data)
    person = pd.read_parquet(data / "stock" / "2018-05.parquet")["person"].iloc[3]
    assert str(person) not in str(error.value)
    assert any("person" in b.column for b in contracts.check("indicator", data))


def test_hours_for_persons_not_in_the_stock_are_kept_and_counted(data):
    before = panels.build(data)
    extra = pd.DataFrame(
        {
            "person": [4_999_001, 4_999_002],
            "month": "2018-05",
            "hours": np.float32(50),
            "subsidised_hours": np.float32(0),
        }
    )
    change(data, "hours", "2018-05", lambda f: pd.concat([f, extra], ignore_index=True))
    after = panels.build(data)
    added = after.flow["hours_outside_stock"] - before.flow["hours_outside_stock"]
    assert added == 2
    assert contracts.check("indicator", data) == []


def test_negative_hours(data):
    change(data, "hours", "2018-05", lambda f: f.assign(hours=f["hours"].where(f.index != 7, -4)))
    with pytest.raises(ContractError, match=r"2018-05, column hours: 1 rows \(first: 8\)"):
        panels.build(data)


def test_characteristic_outside_its_categories(data):
    change(
        data,
        "stock",
        "2018-05",
        lambda f: f.assign(wage_decile=f["wage_decile"].where(f.index != 2, 11)),
    )
    with pytest.raises(ContractError, match=r"2018-05, column wage_decile: 1 rows: expected"):
        panels.build(data)


def test_unknown_code(data):
    change(
        data,
        "stock",
        "2018-05",
        lambda f: f.assign(status=f["status"].where(f.index != 0, "ukjent")),
    )
    with pytest.raises(ContractError, match=r"column status: 1 rows"):
        panels.build(data)


def test_hours_that_end_before_the_stock(data):
    for month in ("2020-07", "2020-08", "2020-09"):
        (data / "hours" / f"{month}.parquet").unlink()
    short = panels.build(data)
    assert "atid3" not in short.chunks[-1].outcomes
    (data / "hours" / "2020-06.parquet").unlink()
    with pytest.raises(ContractError, match=r"hours.*every month from"):
        panels.build(data)


def test_outcome_window_past_the_last_month_is_missing(good):
    panel = panels.build(good)
    seen = [chunk.month for chunk in panel.chunks if "atid12" in chunk.outcomes]
    assert seen[-1] == "2019-09"
    with pytest.raises(EstimationError, match=r"no month of the stock"):
        list(series.with_outcome(panel, "atid36"))


def test_fewer_than_24_months(good):
    with pytest.raises(EstimationError, match=r"needs at least 24"):
        panels.build(good, first_month="2018-12")
    with pytest.raises(ParameterError, match=r"at least 24"):
        validate(Parameters, {"first_month": "2018-01", "last_month": "2019-06"}, "test")


def test_perfect_prediction_names_the_category(good):
    panel = panels.build(good)
    chunks = []
    for chunk in panel.chunks:
        if "jobb3" in chunk.outcomes:
            job = np.where(chunk.columns["hours"] == 6, 1, chunk.outcomes["jobb3"])
            chunk.outcomes["jobb3"] = job.astype(np.uint8)
        chunks.append(chunk)
    fit = models.fit(Packed(panel), Specification(), "jobb3")
    assert fit.perfect.get("hours=38+") == 1
    assert fit.coefficients[fit.design.names.index("hours=38+")] == 0
    assert np.abs(fit.coefficients).max() < 12


def test_industry_without_the_year_before(data):
    file = data / "industry.parquet"
    frame = pd.read_parquet(file)
    frame[frame["month"] >= "2017-06"].to_parquet(file, index=False)
    with pytest.raises(ContractError, match=r"industry.*2016-12.*twelve months before"):
        panels.build(data)


def test_rows_are_of_the_month_they_say_whatever_their_file_is_called(data, good):
    first, second = (data / "stock" / f"{month}.parquet" for month in ("2019-03", "2019-04"))
    first.rename(data / "kept")
    second.rename(first)
    (data / "kept").rename(second)
    found, expected = panels.build(data), panels.build(good)
    assert [len(chunk) for chunk in found.chunks] == [len(chunk) for chunk in expected.chunks]


def test_sums_do_not_depend_on_the_order_of_rows(data, good):
    for file in (data / "stock").iterdir():
        pd.read_parquet(file).sample(frac=1, random_state=3).to_parquet(file, index=False)
    found, expected = panels.build(data), panels.build(good)
    for one, other in zip(found.chunks, expected.chunks, strict=True):
        np.testing.assert_array_equal(one.person, other.person)
        assert all(np.array_equal(one.sums[name], other.sums[name]) for name in other.sums)


def test_inflow_that_ends_before_the_hours(data):
    file = data / "inflow.parquet"
    frame = pd.read_parquet(file)
    frame[frame["month"] <= "2020-06"].to_parquet(file, index=False)
    with pytest.raises(ContractError, match=r"inflow: atid24 of 2018-07 .* until 2020-09"):
        panels.build(data)
    assert any(b.table == "inflow" for b in contracts.check("indicator", data))


def test_spell_does_not_begin_before_the_absence_that_ended_the_last_one(data):
    person = pd.read_parquet(data / "stock" / "2018-05.parquet")["person"].iloc[0]
    for month in ("2018-01", "2018-02", "2018-03", "2018-04"):
        change(data, "stock", month, lambda f: f[f["person"] != person])
    early = "2017-01"

    def known_early(frame):
        return frame.assign(registered=frame["registered"].where(frame["person"] != person, early))

    change(
        data,
        "stock",
        "2017-12",
        lambda f: known_early(
            pd.concat([f[f["person"] != person], f.iloc[[0]].assign(person=person)])
        ),
    )
    change(data, "stock", "2018-05", known_early)
    panel = panels.build(data)
    assert panel.chunks[0].columns["duration"].max() >= 11
    chunk = panel.chunks[5]
    persons = np.sort(pd.read_parquet(data / "stock" / "2018-05.parquet")["person"])
    row = int(np.searchsorted(persons, person))  # rows of a month are in the order of persons
    assert chunk.columns["duration"][row] == 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"version": "draft"}, "'report' or 'production'"),
        ({"county": "99"}, "unknown county"),
        ({"spell_break": 4}, "2 or 3"),
        ({"base3": [["2019-12", "2018-01"]]}, "first and last"),
        ({"parts": ["nothing"]}, "allowed: results"),
        ({"compare_from": "2023-12", "compare_to": "2020-01"}, "before"),
        ({"speed": 1}, "unknown key"),
    ],
)
def test_faulty_parameters_say_what_is_allowed(given, message):
    with pytest.raises(ParameterError, match=message):
        validate(Parameters, given, "test")


def breaches(data):
    return [str(item) for item in contracts.check("indicator", data)]


def test_no_programme_can_be_written_as_a_word(good, data):
    for file in sorted((data / "stock").glob("*.parquet")):
        change(
            data, "stock", file.stem, lambda f: f.assign(program=f["program"].replace("", "ingen"))
        )
    assert breaches(data) == []
    before, after = panels.build(good), panels.build(data)
    assert (before.chunks[5].groups["program"] == after.chunks[5].groups["program"]).all()


def more(column, factor):
    return lambda f: f.assign(**{column: f[column] * factor})


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda f: f.assign(registered="2018-06"), "a month not after the month of the stock"),
        (
            lambda f: f.assign(office=f["office"].iloc[0]),
            "office, county: .*an office in one county in all months",
        ),
        (more("weekly_hours", 0.2), "weekly_hours: expected hours a week"),
    ],
)
def test_what_a_run_would_refuse_is_refused_by_check(data, edit, message):
    for file in sorted((data / "stock").glob("*.parquet")):
        if "weekly" in message or file.stem == "2018-05":
            change(data, "stock", file.stem, edit)
    found = "\n".join(breaches(data))
    assert re.search(message, found), found


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (more("hours", 3 / 13), "hours: expected hours in a month"),
        (lambda f: f.assign(subsidised_hours=f["hours"] + 1), "no more than hours"),
    ],
)
def test_implausible_hours_are_refused(data, edit, message):
    for file in sorted((data / "hours").glob("*.parquet")):
        change(data, "hours", file.stem, edit)
    assert any(message in text for text in breaches(data))


def test_a_labour_force_in_thousands_is_refused(data):
    file = data / "inflow.parquet"
    frame = pd.read_parquet(file)
    frame.assign(labour_force=frame["labour_force"] // 1000 + 1).to_parquet(file, index=False)
    found = breaches(data)
    assert any("new_unemployed" in text and "fewer than labour_force" in text for text in found)
    assert any("industry" in text and "about as many as labour_force" in text for text in found)


def test_a_region_month_ten_times_too_large_is_told(data):
    """It would stretch the categories of equal width until most hold nobody."""
    assert breaches(data) == []
    file = data / "inflow.parquet"
    frame = pd.read_parquet(file)
    largest = frame.loc[frame["month"] == "2019-05", "labour_force"].idxmax()
    frame.loc[largest, "new_unemployed"] *= 10
    frame.to_parquet(file, index=False)
    (found,) = contracts.check("indicator", data)
    assert found.warning
    assert (found.table, found.column) == ("inflow", "new_unemployed")
    assert found.rows == ((found.file, int(largest) + 1),)
    assert "at most 5 times" in found.expected


def test_other_programmes_have_a_code_and_count_as_a_programme(good, data):
    change(
        data,
        "stock",
        "2018-05",
        lambda f: f.assign(program=f["program"].mask(f["person"] % 4 == 0, "andre_tiltak")),
    )
    assert breaches(data) == []
    panel = panels.build(data)
    names = panel.levels["program"]
    chunk = next(chunk for chunk in panel.chunks if chunk.month == "2018-05")
    others = chunk.groups["program"] == names.index("andre_tiltak")
    assert 0.1 < others.mean() < 0.5


def test_half_a_month_of_hours_is_refused(data):
    change(data, "hours", "2018-05", lambda f: f.iloc[: len(f) // 3])
    found = contracts.check("indicator", data, load("indicator"))
    assert any("less than half in 2018-05" in str(item) for item in found)


def test_hours_with_ids_of_another_key_are_refused(data):
    change(data, "hours", "2018-05", lambda f: f.assign(person=f["person"] + 7_000_000_000_000))
    found = contracts.check("indicator", data)
    broken = {(told.table, told.column) for told in found if not told.warning}
    assert broken == {("hours", "person")}
    assert any("per cent in 2018-05 (0), 2018-06 (0)" in str(told) for told in found)


def test_a_registration_a_century_early_is_refused(data):
    def early(frame):
        return frame.assign(registered="19" + frame["registered"].astype(str).str[2:])

    change(data, "stock", "2018-05", early)
    assert "after the person's birth" in " ".join(map(str, contracts.check("indicator", data)))


def test_an_age_that_does_not_follow_the_months_is_refused(data):
    change(data, "stock", "2018-05", lambda f: f.assign(age=f["age"].where(f.index != 0, 75)))
    assert "age to follow the months" in " ".join(map(str, contracts.check("indicator", data)))


def test_hours_that_one_county_lacks_for_some_months_are_told(data):
    rules = [
        rule for rule in AGREEMENTS if rule.table == "hours" and "found again" in rule.expected
    ]
    assert contracts.check_tables(TABLES, data, rules) == []
    stock = pd.concat(pd.read_parquet(file) for file in (data / "stock").glob("*.parquet"))
    there = stock.loc[stock["county"] == "03", "person"]
    for month in ("2019-03", "2019-04"):
        change(data, "hours", month, lambda f: f[~f["person"].isin(there)])
    (told,) = contracts.check_tables(TABLES, data, rules)
    assert told.warning
    assert "rows lost there?; seen: per cent are not found again in 03 2019-03 (" in str(told)
