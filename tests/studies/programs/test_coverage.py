"""What the programme study would leave out or stop at is refused at the door, with rows."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from broken_registers import Extract, good

from naveval.project import parameters as params
from naveval.project.errors import ContractError
from naveval.registers import contracts
from naveval.studies.programs.contracts import RULES, TABLES

Frame = pd.DataFrame
SCALE = 0.004
COUNTY = params.load("programs", changes={"county": "56"})


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    made = good("programs", tmp_path_factory.mktemp("good"), SCALE)
    assert contracts.check("programs", made.folder, COUNTY) == []
    return made


def newcomer(tables: dict[str, Frame]) -> int:
    """A person first registered in the spring of 2018."""
    first = tables["nav_status"].groupby("person")["month"].min()
    return int(first[first.between(201801, 201806)].index[0])


def _without_home(tables: dict[str, Frame]) -> Frame:
    years = tables["person_years"]
    return years[~((years["person"] == newcomer(tables)) & (years["year"] == 2018))]


def _without_statistics(tables: dict[str, Frame]) -> Frame:
    years, local = tables["person_years"], tables["municipalities"]
    own = (years["person"] == newcomer(tables)) & (years["year"] == 2018)
    home = years.loc[own, "municipality"].iloc[0]
    return local[~((local["municipality"] == home) & (local["month"] // 100 == 2018))]


def _without_person(tables: dict[str, Frame]) -> Frame:
    persons = tables["persons"]
    return persons[persons["person"] != newcomer(tables)]


def _without_county(tables: dict[str, Frame]) -> Frame:
    years = tables["person_years"]
    return years.assign(county=years["county"].astype(str).replace("56", "03"))


CASES: dict[str, tuple[str, Callable[[dict[str, Frame]], Frame], str]] = {
    "home": ("person_years", _without_home, r"nav_status.*1 row.*a row in person_years for the"),
    "statistics": ("municipalities", _without_statistics, r"municipalities.*a row for each munic"),
    "person": ("persons", _without_person, r"nav_status.*a person who is in persons"),
    "county": ("person_years", _without_county, r"somebody in county 56 who begins from 201601"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_run_needs_of_each_person_is_asked_for(
    case: str, extract: Extract, tmp_path: Path
) -> None:
    changed, make, message = CASES[case]
    for name, frame in extract.tables.items():
        made = make(extract.tables) if name == changed else frame
        made.to_parquet(tmp_path / f"{name}.parquet", index=False)
    with pytest.raises(ContractError, match=message):
        contracts.require("programs", tmp_path, COUNTY)


BETWEEN: dict[str, tuple[str, Callable[[Frame], Frame], str]] = {
    "number of the row above": (
        "children",
        lambda years: years.assign(children=years["children"].shift(1, fill_value=0)),
        "values that go with ages that parents have of the same row",
    ),
    "levels that fall": (
        "education",
        lambda years: years.assign(education=years["education"].where(years["year"] % 2 == 0, "1")),
        "levels below that of the year before in 0 to 5 per cent",
    ),
    "a county that lacks in the last years": (
        "person",
        lambda years: years[(years["county"] != "18") | (years["year"] < 2020)],
        "rows of about as many of the persons in each place as elsewhere",
    ),
}


@pytest.mark.parametrize("case", BETWEEN)
def test_years_that_are_not_what_they_say_are_refused(
    case: str, extract: Extract, tmp_path: Path
) -> None:
    column, how, words = BETWEEN[case]
    chosen = ("persons", "person_years", "annual_income", "municipalities")
    for name in chosen:
        frame = extract.tables[name]
        made = how(frame) if name == "person_years" else frame
        made.to_parquet(tmp_path / f"{name}.parquet", index=False)
    rules = [rule for rule in RULES if rule.table == "person_years"]
    found = contracts.check_tables({name: TABLES[name] for name in chosen}, tmp_path, rules)
    assert any(b.column == column and words in b.expected and not b.warning for b in found), found
