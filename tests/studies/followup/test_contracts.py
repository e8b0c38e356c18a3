"""Bad input to the follow-up study is found, all of it, before anything is estimated."""

import datetime as dt
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import naveval as nv
from naveval.project.errors import ContractError
from naveval.registers import contracts
from naveval.running import run
from naveval.studies.followup.agreements import AGREEMENTS
from naveval.studies.followup.contracts import RULES, STAY_MONTHS, TABLES
from naveval.studies.followup.parameters import Parameters
from naveval.studies.followup.simulate import registers

Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("followup") / "good"
    registers.simulate(folder, scale=0.002, seed=1)
    return folder


@pytest.fixture
def data(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "data"))


def change(data: Path, table: str, how: Change) -> None:
    file = data / f"{table}.parquet"
    how(pd.read_parquet(file)).to_parquet(file, index=False)


def put(column: str, value: object, rows: int = 3) -> Change:
    def how(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        frame.loc[frame.index[:rows], column] = value
        return frame

    return how


def messages(data: Path, *tables: str) -> list[str]:
    """Breaches of the whole contract, or of some tables' part of it (faster)."""
    if not tables:
        return [str(breach) for breach in contracts.check("followup", data)]
    linked = ("persons", "benefit_cards", "benefit_decisions")
    chosen = {name: TABLES[name] for name in {*tables, *linked}}
    others = re.compile(rf"\b(?:{'|'.join(TABLES.keys() - chosen.keys())})\b")
    about = [rule for rule in RULES if rule.table in (*tables, "persons")]
    rules = [rule for rule in about if not others.search(rule.sql)]
    return [str(breach) for breach in contracts.check_tables(chosen, data, rules)]


def test_simulated_registers_satisfy_the_contract(good: Path) -> None:
    assert messages(good) == []


def test_every_table_says_what_a_row_is() -> None:
    assert all(schema.description.startswith("A row is") for schema in TABLES.values())
    assert len(TABLES) == 8


BAD: dict[str, tuple[str, Change, str]] = {
    "hours above 336": ("benefit_cards", put("hours_worked", 337.0), "from 0 to 336"),
    "negative hours": ("benefit_cards", put("hours_worked", -1.0), "from 0 to 336"),
    "to_date before from_date": (
        "program_spells",
        lambda frame: frame.assign(
            to_date=frame["to_date"].where(
                frame.index >= 3, frame["from_date"] - pd.Timedelta("1D")
            )
        ),
        "not before from_date",
    ),
    "two cards for one fortnight": (
        "benefit_cards",
        lambda frame: pd.concat([frame, frame.head(3)]),
        "one card per person and fortnight",
    ),
    "overlapping fortnights": (
        "benefit_cards",
        lambda frame: pd.concat([frame, frame.head(1).assign(year_week=frame["year_week"] + 1)]),
        "do not overlap",
    ),
    "card of unknown person": ("benefit_cards", put("person", 5), "a person who is in persons"),
    "unknown person in the a-melding": ("employment", put("person", 5), "who is in persons"),
    "weeks other than 52 or 104": ("benefit_decisions", put("weeks_granted", 53), "one of 52, 104"),
    "date outside the period": (
        "dialogues",
        put("date", dt.date(2014, 12, 31)),
        "from 2015-01-01 to 2022-12-31",
    ),
    "digital dialogue before 2018": (
        "digital_dialogues",
        put("date", dt.date(2017, 12, 31)),
        "from 2018-01-01",
    ),
    "week that does not exist": ("benefit_cards", put("year_week", 201653), "that exists"),
    "month in another format": ("employment", put("month", "072017"), "as 2017-07"),
    "month with a slash": ("employment", put("month", "2017/07"), "as 2017-07"),
    "thirteenth month": ("employment", put("month", "2017-13"), "as 2017-07"),
    "unknown county": ("persons", put("county", "3"), "one of"),
    "person twice": (
        "persons",
        lambda frame: pd.concat([frame, frame.head(2)]),
        "one row per person",
    ),
    "unknown kind": ("program_spells", put("kind", "Kurs"), "one of"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_with_file_column_and_count(data: Path, name: str) -> None:
    table, how, expected = BAD[name]
    change(data, table, how)
    found = messages(data, table)
    hits = [text for text in found if text.startswith(f"{table}.parquet") and expected in text]
    assert hits, found
    assert "row" in hits[0]


@pytest.mark.parametrize("table", TABLES)
def test_missing_table_is_named(data: Path, table: str) -> None:
    (data / f"{table}.parquet").unlink()
    assert any(table in text and "missing" in text for text in messages(data, table))


def test_all_breaches_are_reported_together_and_the_run_stops(data: Path) -> None:
    for name in (
        "hours above 336",
        "weeks other than 52 or 104",
        "month in another format",
        "to_date before from_date",
        "card of unknown person",
    ):
        table, how, _ = BAD[name]
        change(data, table, how)
    with pytest.raises(ContractError, match="0 to 336"):
        nv.open("followup", data=str(data))
    (data / "health_benefits.parquet").unlink()
    with pytest.raises(ContractError) as stopped:
        run.prepare("followup", Parameters(data=str(data)))
    text = str(stopped.value)
    for part in ("0 to 336", "52, 104", "2017-07", "from_date", "in persons", "health_benefits"):
        assert part in text
    assert "10000001" not in text


def test_norwegian_csv_is_read(data: Path) -> None:
    file = data / "benefit_cards.parquet"
    frame = pd.read_parquet(file)
    frame["hours_worked"] = [f"{value:.1f}".replace(".", ",") for value in frame["hours_worked"]]
    frame.to_csv(data / "benefit_cards.csv", sep=";", index=False, encoding="cp1252")
    file.unlink()
    assert messages(data, "benefit_cards") == []


TWICE = "rows of which at most 5 per cent are the same as an earlier row in all columns"


@pytest.mark.parametrize(
    "table", ["employment", "benefit_decisions", "program_spells", "health_benefits"]
)
def test_a_table_without_a_key_may_not_be_delivered_twice(data: Path, table: str) -> None:
    change(data, table, lambda frame: pd.concat([frame, frame.head(len(frame) // 10)]))
    rows = len(pd.read_parquet(data / f"{table}.parquet")) // 11
    (told,) = [text for text in messages(data, table) if TWICE in text]
    assert told.startswith(f"{table}.parquet, column person, ")
    assert f": {rows} rows (first: " in told


def test_two_jobs_without_hours_in_a_month_are_two_jobs(data: Path) -> None:
    zero = {"hours_per_week": 0.0}
    change(data, "employment", lambda f: pd.concat([f, f.assign(**zero), f.assign(**zero)]))
    assert not any(TWICE in text for text in messages(data, "employment"))


@pytest.mark.parametrize("times", [1 / 4.33, 4.33])
def test_hours_of_another_period_than_a_fortnight_are_refused(data: Path, times: float) -> None:
    def other(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(hours_worked=(frame["hours_worked"] * times).clip(upper=336))

    change(data, "benefit_cards", other)
    told = messages(data, "benefit_cards")
    assert any("expected hours in a fortnight (a mean from 8 to 90)" in text for text in told)


def test_stays_without_any_end_are_refused(data: Path) -> None:
    def endless(frame: pd.DataFrame) -> pd.DataFrame:
        days = (pd.Timedelta(days=k) for k in range(6))  # a thousand rows or more
        return pd.concat(
            frame.assign(to_date=pd.NaT, from_date=frame["from_date"] - later) for later in days
        )

    change(data, "program_spells", endless)
    told = messages(data, "program_spells")
    assert any("column to_date: expected stays without an end" in text for text in told), told


def test_stays_that_end_the_day_they_begin_are_refused(data: Path) -> None:
    def short(frame: pd.DataFrame) -> pd.DataFrame:
        days = (pd.Timedelta(days=k) for k in range(4))
        begun = (frame.assign(from_date=frame["from_date"] - later) for later in days)
        return pd.concat(begun).assign(to_date=lambda found: found["from_date"])

    change(data, "program_spells", short)
    told = messages(data, "program_spells")
    assert any("column to_date: expected stays of one day in 0 to 50 per" in text for text in told)


def test_hours_of_the_card_above_are_refused(data: Path) -> None:
    def moved(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(hours_worked=frame["hours_worked"].shift(1, fill_value=0))

    change(data, "benefit_cards", moved)
    (told,) = messages(data, "benefit_cards", "employment")
    assert "column hours_worked: expected values that go with a job in the month" in told


@pytest.mark.parametrize("table", ["digital_dialogues", "dialogues", "health_benefits"])
def test_events_that_are_the_decisions_are_told(data: Path, table: str) -> None:
    tables = {rule.table: TABLES[rule.table] for rule in AGREEMENTS}
    tables["benefit_decisions"] = TABLES["benefit_decisions"]
    tables["benefit_cards"] = TABLES["benefit_cards"]
    assert contracts.check_tables(tables, data, AGREEMENTS) == []
    other = pd.read_parquet(data / "benefit_decisions.parquet")
    day = {"health_benefits": "from_date"}.get(table, "date")
    given = pd.read_parquet(data / f"{table}.parquet")
    rest = {name: given[name].iloc[0] for name in given.columns if name not in ("person", day)}
    other = other[other["from_date"] >= dt.date(2018, 1, 1)]
    filled = pd.DataFrame({"person": other["person"], day: other["from_date"], **rest})
    filled.to_parquet(data / f"{table}.parquet", index=False)
    (told,) = contracts.check_tables(tables, data, AGREEMENTS)
    assert told.table == table
    assert told.warning
    assert "other persons and periods than in benefit_decisions; that table's" in str(told)


def test_months_of_stays_without_an_end_are_those_of_the_period() -> None:
    """A stay to 31.12.9999 would be 96 000 rows, and a check take minutes."""
    stays = (
        "VALUES (1, '0001-01-01', '2015-02-03'), (2, '2022-11-30', '9999-12-31'), "
        "(3, '2020-01-01', NULL)"
    )
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE program_spells (person BIGINT, from_date DATE, to_date DATE); "
            f"INSERT INTO program_spells {stays}"
        )
        found = connection.execute(f"SELECT person, count(*) FROM ({STAY_MONTHS}) GROUP BY 1")
        assert sorted(found.fetchall()) == [(1, 2), (2, 2), (3, 1)]


def test_dialogues_whose_days_and_months_are_exchanged_are_told(data: Path) -> None:
    def american(frame: pd.DataFrame) -> pd.DataFrame:
        days = [
            day.replace(month=day.day, day=day.month) if day.day <= 12 else day
            for day in frame["date"]
        ]
        return frame.assign(date=days)

    change(data, "digital_dialogues", american)
    told = [text for text in messages(data, "digital_dialogues") if "days and months" in text]
    assert len(told) == 1
    assert "digital_dialogues.parquet, column person, date: expected as many" in told[0]
