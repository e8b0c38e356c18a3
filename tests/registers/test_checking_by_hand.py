"""What is told of a small folder of extracts: forms, ranges, coverage, and how it is laid out."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pandera.pandas as pa
import pytest

from naveval.project import catalogue
from naveval.project.errors import ContractError
from naveval.registers import checking, contracts, views
from naveval.registers.checking import ColumnReport, CoverageReport, Look, Report, Unjudged, Unread
from naveval.registers.rules.breaches import Breach, Rule
from naveval.registers.rules.coverage import Need

SCHEMA = pa.DataFrameSchema(
    {
        "person": pa.Column(int),
        "county": pa.Column(str),
        "month": pa.Column(str),
        "since": pa.Column("datetime64[ns]", nullable=True),
        "pay": pa.Column(float),
        "age": pa.Column(int),
    }
)
N = 1200


def extract(n: int = N) -> pd.DataFrame:
    month = [f"2015-{1 + k % 3:02d}" for k in range(n)]
    return pd.DataFrame(
        {
            "person": range(n),
            "county": ["03", "11"] * (n // 2),
            "month": month,
            "since": [f"{k % 28 + 1:02d}.01.2014" if k % 4 else "" for k in range(n)],
            "pay": [f"{1000 * k},5".replace(".", ",") for k in range(n)],
            "age": [20 + k % 50 for k in range(n)],
        }
    )


def report(folder: Path, frame: pd.DataFrame, *needs: Need, rules: tuple[Rule, ...] = ()) -> Report:
    frame.to_csv(folder / "t.csv", sep=";", index=False)
    return checking.read_report(folder, {"none": SCHEMA, "t": SCHEMA}, needs, rules)


TEXT = "text (utf-8)"


def test_what_is_seen_in_each_column(tmp_path: Path) -> None:
    seen = report(tmp_path, extract())
    assert seen.columns == (
        ColumnReport("t", "person", TEXT, N, 0, None, "", ""),
        ColumnReport("t", "county", TEXT, N, 0, 2, "", ""),
        ColumnReport("t", "month", TEXT, N, 0, 3, "2015-01", "2015-03"),
        ColumnReport("t", "since", f"{TEXT}, dd.mm.yyyy", N, 300, None, "2014-01-02", "2014-01-28"),
        ColumnReport("t", "pay", f"{TEXT}, decimal comma", N, 0, None, "11000", "1.2e+06"),
        ColumnReport("t", "age", TEXT, N, 0, None, "20", "69"),
    )
    assert seen.coverage == seen.unjudged == seen.unread == ()


def test_columns_that_are_never_read_are_told_without_what_could_be_an_id(tmp_path: Path) -> None:
    seen = report(tmp_path, extract().assign(navn="Kari", jobb_01017012345=1))
    told = [("t", "navn"), ("t", "jobb_…")]
    assert [(item.table, item.column) for item in seen.unread] == told
    assert [item.column for item in seen.columns][-1] == "age"


def test_ranges_of_few_rows_are_not_told(tmp_path: Path) -> None:
    frame = extract(1000)
    assert [item.low for item in report(tmp_path, frame).columns][-1] == "20"
    few = report(tmp_path, frame.iloc[:-1]).columns
    assert [(item.low, item.high) for item in few[-2:]] == [("", "")] * 2
    assert (few[2].low, few[2].high) == ("2015-01", "2015-03")


def test_columns_that_are_not_there_and_ids_in_a_column_of_months_are_passed_over(
    tmp_path: Path,
) -> None:
    frame = extract(40).drop(columns="pay").assign(month=[f"id{k}" for k in range(40)])
    seen = report(tmp_path, frame).columns
    assert [item.column for item in seen] == ["person", "county", "month", "since", "age"]
    assert (seen[2].low, seen[2].high, seen[2].codes) == ("", "", 40)


def test_parquet_is_told_by_its_types(tmp_path: Path) -> None:
    frame = extract(1000).assign(since=pd.Timestamp("2014-01-05 12:00"), pay=2.25)
    frame.to_parquet(tmp_path / "t.parquet")
    seen = checking.read_report(tmp_path, {"t": SCHEMA}, ())
    told = {item.column: (item.form, item.low, item.high) for item in seen.columns}
    assert told["person"] == ("BIGINT", "", "")
    assert told["age"] == ("BIGINT", "20", "69")
    assert told["pay"] == ("DOUBLE", "2.2", "2.2")
    assert told["since"][1:] == ("2014-01-05", "2014-01-05")


PERIOD = "CAST(right(month, 2) AS INTEGER)"


def need(**change) -> Need:
    made = Need(
        "t", "month", PERIOD, 1, 3, place="county", places=("03", "11"), text="2015-{:02d}".format
    )
    return replace(made, **change)


def test_lists_are_not_looked_into(tmp_path: Path) -> None:
    frame = pd.DataFrame({"person": range(1000), "age": [[987_000_000, 987_000_001]] * 1000})
    frame.to_parquet(tmp_path / "t.parquet")
    seen = checking.read_report(tmp_path, {"t": SCHEMA}, ()).columns[-1]
    assert (seen.form, seen.low, seen.high) == ("BIGINT[]", "", "")


def test_rows_by_place_and_period(tmp_path: Path) -> None:
    frame = extract(1200)
    rare = (frame["county"] == "11") & (frame["month"] == "2015-02") & (frame["person"] % 9 > 2)
    seen = report(tmp_path, frame[~rare], need(), need(period="nothing"), need(first=1, last=2))
    left = int(((frame["county"] == "11") & (frame["month"] == "2015-02") & ~rare).sum())
    assert 0 < left < 200
    ratio = round(left / 200, 2)
    assert seen.coverage == (
        CoverageReport("t", "2015-01", "2015-03", 2, 200, ratio, "11 2015-02"),
        CoverageReport("t", "2015-01", "2015-02", 2, 200, ratio, "11 2015-02"),
    )
    alone = report(tmp_path, frame[~rare], need(place="", places=("",))).coverage
    months = frame[~rare].groupby("month").size()
    assert alone[0].least_at == "2015-02"
    assert alone[0].median_rows == months.median()
    assert alone[0].least_ratio == round(months["2015-02"] / 400, 2)


def test_neighbours_with_few_rows_have_no_ratio(tmp_path: Path) -> None:
    (told,) = report(tmp_path, extract(594), need()).coverage  # 99 in each place and month
    assert (told.least_ratio, told.least_at) == (None, "")
    (told,) = report(tmp_path, extract(600), need()).coverage
    assert (told.least_ratio, told.least_at) == (1.0, "03 2015-01")


def test_what_is_too_little_to_be_judged(tmp_path: Path) -> None:
    rule = Rule("t", "pay", "a share", "SELECT 1", basis="SELECT count(*) FROM t", least=31)
    rules = (
        rule,
        replace(rule, least=30),
        replace(rule, basis=""),
        replace(rule, basis="SELECT x FROM t"),
        replace(rule, basis="SELECT NULL", column="age"),
    )
    seen = report(tmp_path, extract(30), need(), need(places=("03",)), rules=rules)
    assert seen.unjudged == (
        Unjudged("t", "month", 10, 15, "rows in every period"),  # five in each of two places
        Unjudged("t", "month", 5, 15, "rows in every period"),
        Unjudged("t", "pay", 30, 31, "a share"),
        Unjudged("t", "age", 0, 31, "a share"),
    )


REPORT = Report(
    (
        ColumnReport("t", "age", "text", 12, 1, None, "20", "69"),
        ColumnReport("other", "sex", "text", 3, 0, 2, "", ""),
    ),
    (CoverageReport("t", "2015-01", "2015-03", 19, 40, 0.25, "03 2015-02"),),
    (Unjudged("t", "", 3, 20, "rows in every period"),),
    (Unread("t", "navn"),),
)
TOLD = """\
table  column  form  rows  missing  codes  low  high
t      age     text  12    1               20   69
other  sex     text  3     0        2

table  first    last     places  median rows  least ratio  at
t      2015-01  2015-03  19      40           0.25         03 2015-02

table  column  judged by  needed  too few to judge
t              3          20      rows in every period

table  never read: need not be handed out
t      navn"""


def look(*found: Breach, refused: str = "", seen: Report = REPORT) -> Look:
    return Look("toy", Path("data"), found, refused, seen)


BROKEN = Breach("t", "t.csv", "age", 0, (), "expected nothing else")
WARNED = Breach("t", "t.csv", "pay", 0, (), "it looks odd", warning=True, where="Oslo")


def test_the_report_in_words() -> None:
    assert checking.as_text(look()) == TOLD
    only = Report(REPORT.columns, (), (), ())
    assert checking.as_text(look(seen=only)) == TOLD.split("\n\n")[0]
    parts = [
        "data: 1 breach of the contract of toy\n  t.csv, column age: expected nothing else",
        "  warning: t.csv, column pay: it looks odd\n  warning: t.csv, column pay: it looks odd",
        "cannot be run",
        TOLD,
    ]
    whole = look(BROKEN, WARNED, WARNED, refused="cannot be run")
    assert checking.as_text(whole) == "\n\n".join(parts)


def test_the_report_for_programs() -> None:
    told = checking.as_json(look(BROKEN, WARNED, refused="nei, å"))
    assert "nei, å" in told
    assert told.startswith('{\n "study": "toy",\n "data": "data",\n "passed": false,')
    tree = json.loads(told)
    (broken,), (warned,) = tree["breaches"], tree["warnings"]
    assert (broken["column"], broken["text"]) == ("age", str(BROKEN))
    assert (warned["where"], warned["text"]) == ("Oslo", str(WARNED))
    assert tree["refused"] == "nei, å"
    assert tree["columns"][0] == {
        **{"table": "t", "column": "age", "form": "text", "rows": 12, "missing": 1},
        **{"codes": None, "low": "20", "high": "69"},
    }
    assert tree["coverage"][0]["least_ratio"] == 0.25
    assert tree["unjudged"][0]["needed"] == 20
    assert tree["unread"] == [{"table": "t", "column": "navn"}]


@pytest.mark.parametrize(
    ("found", "refused", "passed"),
    [((), "", True), ((WARNED,), "", True), ((WARNED, BROKEN), "", False), ((), "x", False)],
)
def test_whether_a_run_would_start(found: tuple[Breach, ...], refused: str, passed: bool) -> None:
    assert look(*found, refused=refused).passed is passed


@pytest.mark.parametrize(
    ("found", "known", "refused"),
    [
        ((), lambda data, given: None, ""),
        ((WARNED,), "unknown", "three counties"),
        ((WARNED, BROKEN), "unknown", ""),  # what is broken is told first
        ((), None, ""),
    ],
)
def test_a_look_asks_what_a_run_would(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, found, known, refused: str
) -> None:
    chosen = object()

    def require_known(data: Path, given: object) -> None:
        assert (data, given) == (tmp_path, chosen)
        raise ContractError("three counties")

    declared = SimpleNamespace(TABLES={"t": SCHEMA})
    if known:
        declared.require_known = require_known if known == "unknown" else known
    extract(30).to_csv(tmp_path / "t.csv", sep=";", index=False)
    rule = Rule("t", "pay", "a share", "SELECT 1", basis="SELECT 3", least=31)
    monkeypatch.setattr(catalogue, "module", lambda *names: {("toy", "contracts"): declared}[names])

    def check(at: views.Opened, *got: object) -> list[Breach]:
        assert got == ("toy", tmp_path, chosen)
        views.open_tables(at, declared.TABLES, tmp_path)
        return [*found]

    monkeypatch.setattr(contracts, "check_within", check)
    asked = {"needs": [need()], "rules": [rule]}
    given = {"needs": ("toy", chosen), "rules": ("toy", chosen)}
    for name, answer in asked.items():
        monkeypatch.setattr(
            contracts,
            name,
            lambda *got, name=name, answer=answer: {given[name]: answer}[got],
        )
    seen = checking.look("toy", tmp_path, chosen)
    assert (seen.study, seen.data, seen.found) == ("toy", tmp_path, found)
    assert seen.refused == refused
    assert len(seen.report.columns) == 6
    assert len(seen.report.coverage) == 1
    assert [item.column for item in seen.report.unjudged] == ["month", "pay"]
