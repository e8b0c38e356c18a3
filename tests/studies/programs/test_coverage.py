"""What the programme study would leave out or stop at is refused at the door, with rows."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from broken_registers import Extract, good

from naveval.project import parameters as params
from naveval.project.errors import ContractError
from naveval.registers import contracts

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
