"""Titles say what their own rows show: no number from elsewhere, no row picked by hand."""

from dataclasses import dataclass, field
from typing import Any

import claims
import pandas as pd
import pytest

from naveval.exhibits import words
from naveval.exhibits.declare import Exhibit, Report, Table
from naveval.project import catalogue, formats
from naveval.studies.followup.exhibits.common import apart

STUDIES = ("followup", "hedmark", "programs")
WHOLE = {
    "all",
    "long",
    "used",
    "sample",
    "stock",
    "unadjusted",
    "matched",
    "independent",
    "work",
    "mean",
}
"""Codes of a whole, or of what a study is about."""
EVERY = {
    ("followup", "tbl-around"): "the first outcome, told of both groups",
    ("hedmark", "fig-synthetic"): "both groups of the county's main comparison",
    ("hedmark", "tbl-5"): "both groups of the county's main comparison",
    ("hedmark", "tbl-inference"): "both groups, by the method that table 5 uses",
    ("hedmark", "tbl-detectable"): "both groups of the county's main comparison",
    ("hedmark", "tbl-pre-trend"): "both groups of the county's main comparison",
    ("hedmark", "tbl-size"): "the usual test, which the table is there to judge",
    ("programs", "tbl-6-1"): "all three groups, in the first months",
    ("programs", "tbl-6-2"): "all three groups, of those who stay in theirs",
    ("programs", "fig-4-2"): "the state that all others end in",
    ("programs", "fig-4-4"): "two groups that nearly all belong to",
    ("programs", "tbl-4-2"): "the group that most come to first",
    ("programs", "tbl-4-4"): "the situation that programmes are meant for",
    ("programs", "tbl-4-6"): "the kind of course that is not made of several",
}
"""Titles with numbers of rows that are named, and why none is picked from many."""


def reports() -> list[tuple[str, Report, Any]]:
    found = [(name, catalogue.module(name, "report").REPORT) for name in STUDIES]
    return [(name, report, words.load(name)) for name, report in found]


def named(report: Report, texts: Any, exhibit: Exhibit[Any]) -> list[words.Reference]:
    """Numbers that an exhibit's titles name by exhibit, value or fact, and row."""
    titles = texts.get(exhibit.label, {}).get("finding", {}).values()
    fields = [name.partition(":")[0] for title in titles for name in formats.field_names(title)]
    return [one for name in fields if (one := words.read(report, name)) is not None]


def shows(exhibit: Exhibit[Any], texts: Any, one: words.Reference) -> bool:
    """Whether a table has a column of a number, or of it behind the code it is spread over."""
    columns = texts[exhibit.label].get("columns", {})
    given = one.value.at[0] or any(f"_{name}".endswith(f"_{one.column}") for name in columns)
    return bool(given)


def picked(one: words.Reference) -> set[str]:
    return set(one.keys) - WHOLE - {key for key in one.keys if key.isdigit()}


def test_a_title_of_a_table_names_numbers_that_the_table_shows() -> None:
    wrong = []
    for study, report, texts in reports():
        for exhibit in report.exhibits:
            if not isinstance(exhibit.view, Table) or exhibit.label not in texts:
                continue
            for one in named(report, texts, exhibit):
                own = one.exhibit.label == exhibit.label
                if own and not one.fact and not shows(exhibit, texts, one):
                    wrong.append((study, exhibit.label, one.name))
    assert wrong == []


def test_a_title_picks_no_row_among_many() -> None:
    found = {
        (study, exhibit.label)
        for study, report, texts in reports()
        for exhibit in report.exhibits
        for one in named(report, texts, exhibit)
        if picked(one)
    }
    assert found - set(EVERY) == set()
    assert set(EVERY) <= found, set(EVERY) - found


def test_no_two_exhibits_of_a_report_have_the_same_title() -> None:
    for study, report, texts in reports():
        seen: dict[str, str] = {}
        for exhibit in report.exhibits:
            title = texts.get(exhibit.label, {}).get("finding", {}).get("told", "")
            if title and "{" in title and words_of_own(title):
                assert title not in seen, (study, exhibit.label, seen.get(title))
                seen[title] = exhibit.label


def words_of_own(title: str) -> bool:
    """Whether its numbers are named by exhibit, so that they are the same wherever it stands."""
    return all(
        words.REFERENCE.match(name) for name in formats.field_names(title) if name != "place"
    )


@dataclass(frozen=True)
class Given:
    """Counts of tests, and an exhibit's estimates, as a rule reads them."""

    tests: int
    stand: int
    estimates: list[float] = field(default_factory=list)

    def __call__(self, name: str) -> int:
        return self.tests if name.endswith("n_tests") else self.stand

    def frame(self, _: str) -> pd.DataFrame:
        return pd.DataFrame({"estimate": self.estimates}, dtype=float)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (Given(4, 1, [1.0]), "differs"),
        (Given(4, 0, [1.0]), "same"),
        (Given(0, 0, [1.0, float("nan")]), "untested"),
        (Given(0, 0, [float("nan")]), "refused"),
        (Given(0, 0), "refused"),
    ],
)
def test_estimates_beside_a_missing_test_are_not_refused(given: Any, wanted: str) -> None:
    assert apart("tbl-gaps", given) == wanted


@dataclass(frozen=True)
class Rows:
    """An exhibit's rows, as a rule or a fact reads them."""

    found: pd.DataFrame

    def frame(self, _: str = "") -> pd.DataFrame:
        return self.found

    @property
    def rows(self) -> pd.DataFrame:
        return self.found

    def named(self, _: str, code: str) -> str:
        return code.capitalize()


def breaks(**p_values: float) -> Rows:
    rows = [
        {"outcome": name, "horizon": horizon, "difference_p": p, "estimate": 1.0}
        for name, p in p_values.items()
        for horizon in ("all", "until_2017")
    ]
    return Rows(pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("given", "title", "names"),
    [
        (breaks(dialogue=0.8, ended=0.002, work=0.1), "differs", "ended"),
        (breaks(dialogue=0.001, ended=0.002, work=0.1), "differs", "dialogue og ended"),
        (breaks(dialogue=0.03, ended=0.04, work=0.1), "same", ""),
        (breaks(dialogue=float("nan")), "untested", ""),
    ],
)
def test_the_title_on_2018_is_about_every_outcome(given: Rows, title: str, names: str) -> None:
    report = catalogue.module("followup", "report").REPORT
    exhibit = report.exhibit("tbl-break")
    assert exhibit.finding(given) == title
    if title == "differs":
        assert exhibit.facts["names"].get(given) == names
        assert exhibit.facts["moved"].get(given) == names.count(" og ") + 1


@pytest.mark.parametrize(
    ("reach", "title"),
    [([0.0, 0.0], "none"), ([0.0, 0.4], "some"), ([float("nan")] * 2, "refused")],
)
def test_the_title_on_bounds_is_about_every_outcome(reach: list[float], title: str) -> None:
    estimate = [1.0 if one == one else one for one in reach]
    given = Rows(pd.DataFrame({"estimate": estimate, "zero_relative": reach}))
    exhibit = catalogue.module("followup", "report").REPORT.exhibit("tbl-breakdown")
    assert exhibit.finding(given) == title


def test_whoever_says_refused_of_differences_can_say_untested() -> None:
    for one in claims.listed():
        if one.study == "followup" and one.wording == "refused" and "tbl-gaps" in one.rows:
            wordings = {c.wording for c in claims.listed() if c.label == one.label}
            assert "untested" in wordings, one.label
