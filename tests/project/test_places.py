"""The one list of counties: counts, links, regions, slugs and error messages."""

from datetime import date
from pathlib import Path

import pytest

from naveval.project import paths, places
from naveval.project.errors import ParameterError


def test_nineteen_counties_in_2014_and_fifteen_in_2024():
    assert places.codes(2014) == tuple(f"{n:02d}" for n in range(1, 21) if n != 13)
    assert places.codes(2024) == (
        "03",
        "11",
        "15",
        "18",
        "31",
        "32",
        "33",
        "34",
        "39",
        "40",
        "42",
        "46",
        "50",
        "55",
        "56",
    )
    assert len(places.counties(date(2022, 6, 1))) == 11


def test_slugs_are_ascii_unique_and_stable():
    assert places.slug("34") == "34-innlandet"
    assert places.slug("15") == "15-more-og-romsdal"
    assert places.slug("") == "hele-landet"
    slugs = [item.slug for item in places.county_list().counties]
    assert len(set(slugs)) == len(slugs)
    assert all(slug.isascii() for slug in slugs)


def test_names_are_bokmal():
    assert places.name("20") == "Finnmark"
    assert places.name("") == "hele landet"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("04", ("34",)),
        ("05", ("34",)),
        ("16", ("50",)),
        ("12", ("46",)),
        ("03", ("03",)),
        ("01", ("31",)),
        ("19", ("55",)),
        ("30", ("31", "32", "33")),
        ("54", ("55", "56")),
    ],
)
def test_successors_in_2024(code, expected):
    assert places.successors(code) == expected


def test_successors_in_between_and_predecessors():
    assert places.successors("01", 2021) == ("30",)
    assert places.predecessors("34") == ("04", "05")
    assert places.predecessors("50") == ("16", "17")
    assert places.predecessors("32") == ("02",)
    assert places.predecessors("30") == ("01", "02", "06")


def test_every_county_of_2014_reaches_2024_and_all_are_reached():
    reached = {new for old in places.codes(2014) for new in places.successors(old)}
    assert reached == set(places.codes(2024))


def test_twelve_regions_cover_all_counties_of_2024():
    assert len(places.regions()) == 12
    whole = [code for item in places.regions() for code in item.counties]
    assert set(places.codes(2024)) <= set(whole)
    assert len(set(whole)) == len(whole)
    with pytest.raises(ParameterError, match="2019-01-01"):
        places.regions(2014)


@pytest.mark.parametrize(
    ("name", "year", "code"),
    [
        ("Oslo", 2014, "03"),
        ("innlandet", 2024, "34"),
        ("Østfold", 2014, "01"),
        ("ØSTFOLD", 2024, "31"),
        ("Troms - Romsa - Tromssa", 2024, "55"),
        ("Møre og Romsdal", None, "15"),
        ("Hele landet", 2024, ""),
    ],
)
def test_a_county_goes_by_its_name_too(name: str, year: int | None, code: str):
    assert places.county(name, year).code == code


@pytest.mark.parametrize("code", ["99", "3", 3, "Trondheim", "13", None, "Østfold"])
def test_unknown_county_lists_allowed(code):
    with pytest.raises(ParameterError, match=r'unknown county.*allowed: .*"03" Oslo'):
        places.county(code)


@pytest.mark.parametrize(
    ("code", "year", "told"),
    [
        ("50", 2014, 'Trøndelag was then "16" Sør-Trøndelag and "17" Nord-Trøndelag; allowed'),
        ("34", 2014, 'Innlandet was then "04" Hedmark and "05" Oppland; allowed'),
        ("31", 2014, 'Østfold was then "01" Østfold; allowed'),
        ("Viken", 2014, 'Viken was then "01" Østfold and "02" Akershus and "06" Buskerud; allowed'),
        ("16", 2024, 'Sør-Trøndelag has become "50" Trøndelag; allowed'),
        ("30", 2024, 'Viken has become "31" Østfold and "32" Akershus and "33" Buskerud; allowed'),
    ],
)
def test_a_code_of_other_years_tells_what_the_county_was_or_became(code: str, year: int, told: str):
    with pytest.raises(ParameterError, match=told):
        places.county(code, year)


def test_county_not_valid_at_the_time():
    with pytest.raises(ParameterError, match='"34" Innlandet'):
        places.county("04", 2024)
    assert places.county("04", 2014).name == "Hedmark"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('code: "03"', "code: 03"), "two digits in quotes"),
        (('"1972-01-01"', "1972-01-01"), "quoted date"),
        (('code: "02", name', 'code: "01", name'), "twice|not in the list"),
        (('to: "50"', 'to: "51"'), "not in the list"),
        (('"2014": 19', '"2014": 20'), "19 counties in 2014, expected 20"),
        (("counties:\n  - {code", "countees:\n  - {code"), "not a county file"),
    ],
)
def test_bad_county_file(tmp_path: Path, change, message):
    text = (paths.params_dir() / "counties.yml").read_text(encoding="utf-8")
    bad = tmp_path / "counties.yml"
    bad.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(ParameterError, match=message):
        places.read(bad)
