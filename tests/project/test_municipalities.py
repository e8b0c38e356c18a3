"""Municipalities over time: numbers of each year, divisions, mergers, the county of any year."""

import pytest

from naveval.project import municipalities, places
from naveval.project.errors import ParameterError


@pytest.mark.parametrize(
    ("year", "number"),
    [(2010, 430), (2012, 429), (2013, 428), (2017, 426), (2019, 422), (2020, 356), (2026, 357)],
)
def test_there_are_as_many_as_there_were(year: int, number: int) -> None:
    assert len(municipalities.codes(year)) == number


def test_every_municipality_lies_in_a_county_of_its_year() -> None:
    for year in range(municipalities.FIRST, municipalities.LAST + 1):
        known = set(places.codes(year))
        assert {code[:2] for code in municipalities.codes(year)} == known, year


def test_every_change_starts_from_a_municipality_there_was() -> None:
    for year, pairs in municipalities.division().changes.items():
        assert {old for old, _ in pairs} <= municipalities.codes(year - 1)
        assert {new for _, new in pairs} <= municipalities.codes(year)


@pytest.mark.parametrize(
    ("code", "of", "on", "found"),
    [
        ("1504", 2014, 2022, ("1507",)),  # Ålesund, merged with four others in 2020
        ("1507", 2022, 2024, ("1508", "1580")),  # and divided again
        ("5012", 2019, 2020, ("5055", "5056", "5059")),  # Snillfjord, divided in three
        ("1103", 2020, 2019, ("1103", "1141", "1142")),  # Stavanger kept its code
        ("0301", 2010, 2026, ("0301",)),
        ("5401", 2021, 2013, ("1902",)),
    ],
)
def test_parts(code: str, of: int, on: int, found: tuple[str, ...]) -> None:
    assert municipalities.parts(code, of, on) == found


def test_back_and_forth_comes_home() -> None:
    for code in municipalities.codes(2019):
        later = municipalities.parts(code, 2019, 2024)
        assert any(code in municipalities.parts(one, 2024, 2019) for one in later)


@pytest.mark.parametrize(
    ("code", "of", "on", "county"),
    [
        ("0533", 2014, 2020, "30"),  # Lunner left Oppland for Viken
        ("1850", 2019, 2024, "18"),  # Tysfjord was divided within Nordland
        ("1571", 2014, 2024, "50"),  # Halsa left Møre og Romsdal
        ("3025", 2022, 2024, "32"),
    ],
)
def test_the_county_of_another_year(code: str, of: int, on: int, county: str) -> None:
    assert municipalities.county(code, of, on) == county


@pytest.mark.parametrize(
    ("code", "of", "on", "told"),
    [
        ("3025", 2022, 2014, "3025 Asker lay in 2014 in several counties: 0220 Asker in Akershus"),
        ("0220", 2022, 2014, "0220: no municipality had this code in 2022; Asker had it from 2010"),
        ("9999", 2014, 2022, "9999: no municipality had this code in 2014$"),
        ("0301", 2009, 2022, "municipalities of 2009: known from 2010 to 2026"),
    ],
)
def test_it_says_why_it_cannot(code: str, of: int, on: int, told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        municipalities.county(code, of, on)


def test_codes_of_any_year_in_one_division() -> None:
    today, then = municipalities.in_counties(2024), municipalities.in_counties(2014)
    assert all(today[code] == code[:2] for code in municipalities.codes(2024))
    assert all(then[code] == code[:2] for code in municipalities.codes(2014))
    assert set(municipalities.division().names) - set(then) >= {"3025", "3005"}
    assert municipalities.recoded(2024)["0402"] == "3401"
    assert "1507" not in municipalities.recoded(2024)
