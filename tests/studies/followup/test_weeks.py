"""ISO weeks on one running scale."""

import datetime as dt

import pytest

from naveval.studies.followup import weeks as iso_weeks


@pytest.mark.parametrize(
    ("year_week", "expected"), [(201501, 0), (201502, 1), (201553, 52), (201601, 53), (202252, 417)]
)
def test_running_number_and_back(year_week: int, expected: int) -> None:
    monday = dt.date.fromisocalendar(*divmod(year_week, 100), 1)
    assert iso_weeks.of_date(monday) == expected
    assert iso_weeks.to_year_week(expected) == year_week
    assert iso_weeks.monday(expected) == monday


def test_month_is_that_of_the_thursday() -> None:
    assert iso_weeks.month(iso_weeks.of_date(dt.date(2017, 7, 1))) == 201706
    assert iso_weeks.month(iso_weeks.of_date(dt.date(2017, 7, 3))) == 201707
    assert iso_weeks.month(iso_weeks.of_date(dt.date(2015, 12, 31))) == 201512


def test_calendar_has_every_week_once() -> None:
    weeks = iso_weeks.calendar(dt.date(2015, 1, 1), dt.date(2022, 12, 31))
    assert list(weeks["week"]) == list(range(418))
    assert weeks["year_week"].is_unique
    assert iso_weeks.month_index(201501) == 0
