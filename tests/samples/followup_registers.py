"""Small hand-written registers for the tests of the follow-up study."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

EMPTY: Mapping[str, Mapping[str, str]] = {
    "persons": {
        "person": "int64",
        "birth_year": "int64",
        "sex": "str",
        "county": "str",
        "country_group": "str",
        "education": "str",
    },
    "benefit_cards": {
        "person": "int64",
        "year_week": "int64",
        "hours_worked": "float64",
        "course": "bool",
        "continue_registered": "bool",
    },
    "benefit_decisions": {
        "person": "int64",
        "decided_on": "datetime64[us]",
        "from_date": "datetime64[us]",
        "weeks_granted": "int64",
    },
    "needs_decisions": {"person": "int64", "from_date": "datetime64[us]", "group": "str"},
    "program_spells": {
        "person": "int64",
        "from_date": "datetime64[us]",
        "to_date": "datetime64[us]",
        "kind": "str",
    },
    "dialogues": {"person": "int64", "date": "datetime64[us]", "channel": "str"},
    "digital_dialogues": {"person": "int64", "date": "datetime64[us]", "kind": "str"},
    "plan_activities": {"person": "int64", "date": "datetime64[us]", "group": "str"},
    "employment": {"person": "int64", "month": "str", "hours_per_week": "float64"},
    "health_benefits": {"person": "int64", "from_date": "datetime64[us]", "kind": "str"},
}


def write(folder: Path, tables: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Write the ten tables; those not given have no rows. Persons follow from the cards."""
    persons = {int(row[0]) for rows in tables.values() for row in rows}
    given = {
        "persons": [(person, 1980, "mann", "03", "1", "ukjent") for person in sorted(persons)]
    } | dict(tables)
    folder.mkdir(parents=True, exist_ok=True)
    for name, kinds in EMPTY.items():
        frame = pd.DataFrame(given.get(name, []), columns=list(kinds))
        for column, kind in kinds.items():
            frame[column] = frame[column].astype(kind)
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def cards(
    person: int, *weeks: int, hours: float = 0.0, last_hours: float | None = None
) -> list[tuple[int, int, float, bool, bool]]:
    """Cards of one person: ISO year and week of each fortnight's last week."""
    values = [hours] * len(weeks)
    if last_hours is not None:
        values[-1] = last_hours
    return [(person, week, value, False, True) for week, value in zip(weeks, values, strict=True)]


def decision(
    person: int, day: str, weeks: int, decided: str = ""
) -> tuple[int, dt.datetime, dt.datetime, int]:
    """A decision from a day on."""
    start = dt.datetime.fromisoformat(day)
    return person, dt.datetime.fromisoformat(decided) if decided else start, start, weeks


def on(day: str) -> dt.datetime:
    return dt.datetime.fromisoformat(day)
