"""Contracts: every breach is found, told once with file, column, rows, and shows no person."""

import datetime as dt
from pathlib import Path
from types import ModuleType

import duckdb
import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from broken_registers import good as good_registers

from naveval.disclosure.scan.identities import is_identity_number
from naveval.project import catalogue, parameters
from naveval.project.errors import ContractError
from naveval.registers import checks, contracts
from naveval.registers.checks import has_check_digits, identity_digits
from naveval.registers.contracts import Breach, Rule, check_tables
from naveval.registers.rules.coverage import Need

COUNTIES = ["03", "04"]
TABLES = {
    "job_seekers": pa.DataFrameSchema(
        {
            "person": pa.Column("int64"),
            "month": pa.Column("int64", pa.Check.in_range(200612, 201512)),
            "county": pa.Column(str, pa.Check.isin(COUNTIES)),
            "weeks": pa.Column(float, pa.Check.ge(0), nullable=True),
            "since": pa.Column("datetime64[ns]", pa.Check.ge(pd.Timestamp("2000-01-01"))),
            "code": pa.Column(str, pa.Check.str_matches(r"[a-z]\d$")),
            "parity": pa.Column("int64", pa.Check(lambda s: s % 2 == 0, error="even numbers")),
        },
        unique=["person", "month"],
    ),
    "labour_force": pa.DataFrameSchema(
        {
            "county": pa.Column(str, pa.Check.isin(COUNTIES)),
            "persons": pa.Column("int64", pa.Check.gt(0)),
        }
    ),
}
RULES = (
    Rule(
        "job_seekers",
        "county",
        "a labour force for every county",
        "SELECT row_no, file_name FROM numbered.job_seekers "
        "WHERE county NOT IN (SELECT county FROM labour_force)",
    ),
)
SECRET = 12345678901


def good() -> dict[str, pd.DataFrame]:
    n = 40
    seekers = pd.DataFrame(
        {
            "person": SECRET + np.arange(n),
            "month": 201401,
            "county": ["03", "04"] * (n // 2),
            "weeks": np.linspace(0, 90, n),
            "since": pd.Timestamp("2013-05-01"),
            "code": "a1",
            "parity": 2 * np.arange(n),
        }
    )
    return {
        "job_seekers": seekers,
        "labour_force": pd.DataFrame({"county": COUNTIES, "persons": [500, 600]}),
    }


def write(folder: Path, tables: dict[str, pd.DataFrame], kind: str = "parquet") -> Path:
    for name, frame in tables.items():
        if kind == "parquet":
            frame.to_parquet(folder / f"{name}.parquet")
        else:
            text = frame.assign(
                **{
                    column: frame[column].dt.strftime("%d.%m.%Y")
                    for column in frame.select_dtypes("datetime")
                }
            ).to_csv(sep=";", decimal=",", index=False)
            (folder / f"{name}.csv").write_bytes(text.encode("cp1252"))
    return folder


def messages(folder: Path) -> list[str]:
    found = [str(breach) for breach in check_tables(TABLES, folder, RULES)]
    assert not any(str(SECRET)[:9] in text for text in found)
    return found


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_good_extracts_have_no_breach(tmp_path, kind):
    assert messages(write(tmp_path, good(), kind)) == []


def put(column, rows, value):
    def change(tables):
        frame = tables["job_seekers"]
        frame[column] = frame[column].astype(object)
        frame.loc[rows, column] = value
        tables["job_seekers"] = frame.infer_objects()

    return change


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put("county", [4, 9], "99"), "column county: 2 rows (first: 5, 10): expected one of"),
        (put("county", [0, 2], "3"), '"03", "04" (leading zeros are lost: map with pad: 2)'),
        (put("month", [1], 201601), "column month: 1 row (first: 2): expected from 200612 to"),
        (put("weeks", [3], -1.5), "column weeks: 1 row (first: 4): expected at least 0"),
        (put("county", [7], None), "column county: 1 row (first: 8): expected a value in every"),
        (put("code", [7], "aa"), "column code: 1 row (first: 8): expected text that matches"),
        (put("parity", [5, 6], 3), "column parity: 2 rows (first: 6, 7): expected even numbers"),
        (put("since", [5], pd.Timestamp("1999-01-01")), "(first: 6): expected at least 2000-01-01"),
        (put("person", [8], SECRET), "column person, month: 1 row (first: 9): expected one row"),
    ],
)
def test_breaches_of_values(tmp_path, kind, change, expected):
    tables = good()
    change(tables)
    found = messages(write(tmp_path, tables, kind))
    ending = "job_seekers.parquet" if kind == "parquet" else "job_seekers.csv"
    assert any(expected in text and text.startswith(ending) for text in found), found


def test_missing_column_wrong_type_and_empty_table(tmp_path):
    tables = good()
    tables["job_seekers"] = tables["job_seekers"].drop(columns="weeks").assign(month="201401")
    tables["labour_force"] = tables["labour_force"].iloc[:0]
    found = messages(write(tmp_path, tables))
    assert "job_seekers.parquet, column weeks: column is missing; expected numbers" in found
    typed = "job_seekers.parquet, column month: wrong type, text; expected whole numbers"
    assert any(text.startswith(f"{typed} (") and "rows (first: 1, 2" in text for text in found)
    assert "labour_force.parquet: no rows; expected at least one" in found


def test_rows_that_made_a_column_decimal_are_named(tmp_path):
    tables = good()
    tables["labour_force"]["persons"] = [250_000.0, None]
    found = messages(write(tmp_path, tables))
    assert any("persons: wrong type, numbers; expected whole numbers" in text for text in found)
    assert any(text.endswith("(1 row (first: 2) missing or with decimals)") for text in found)


def test_code_stored_as_number_is_a_wrong_type(tmp_path):
    tables = good()
    tables["labour_force"]["county"] = [3, 4]
    found = messages(write(tmp_path, tables))
    assert any("county: wrong type, whole numbers; expected text" in text for text in found)


def test_negative_and_missing_labour_force(tmp_path):
    tables = good()
    tables["labour_force"] = pd.DataFrame({"county": ["03"], "persons": [-5]})
    found = messages(write(tmp_path, tables))
    assert "labour_force.parquet, column persons: 1 row (first: 1): expected more than 0" in found
    assert any("20 rows (first: 2, 4, 6, 8, 10): expected a labour force" in t for t in found)


def test_missing_and_truncated_tables_are_told_together(tmp_path):
    write(tmp_path, {"job_seekers": good()["job_seekers"]})
    file = tmp_path / "job_seekers.parquet"
    file.write_bytes(file.read_bytes()[:-9])
    found = messages(tmp_path)
    assert len(found) == 2
    assert "truncated" in found[0]
    assert "labour_force: table is missing" in found[1]


def test_text_in_a_number_column_of_csv(tmp_path):
    write(tmp_path, good(), "csv")
    file = tmp_path / "job_seekers.csv"
    lines = file.read_text("cp1252").splitlines()
    lines[3] = lines[3].replace("201401", "januar")
    file.write_bytes(("\n".join(lines) + "\n").encode("cp1252"))
    (found,) = messages(tmp_path)
    assert found.startswith(
        "job_seekers.csv, column month: 1 row (first: 3): expected whole numbers such as"
    )


def test_row_numbers_in_a_partitioned_table(tmp_path):
    tables = good()
    write(tmp_path, {"labour_force": tables["labour_force"]})
    (tmp_path / "job_seekers").mkdir()
    frame = tables["job_seekers"]
    frame.iloc[:30].to_parquet(tmp_path / "job_seekers" / "a.parquet")
    frame.iloc[30:].assign(month=199901).to_parquet(tmp_path / "job_seekers" / "b.parquet")
    (found,) = messages(tmp_path)
    assert found == (
        "job_seekers/, column month: 10 rows (first: 1 in b.parquet, 2 in b.parquet, "
        "3 in b.parquet, 4 in b.parquet, 5 in b.parquet): expected from 200612 to 201512"
    )


def test_nan_counts_as_missing_and_infinity_is_refused(tmp_path):
    import duckdb

    duckdb.sql(
        f"COPY (SELECT * FROM (VALUES ('a', 'nan'::DOUBLE), ('b', 'inf'::DOUBLE)) t(k, x)) "
        f"TO '{tmp_path / 'v.parquet'}' (FORMAT parquet)"
    )
    schema = pa.DataFrameSchema({"k": pa.Column(str), "x": pa.Column(float)})
    assert [str(item) for item in check_tables({"v": schema}, tmp_path)] == [
        "v.parquet, column x: 1 row (first: 1): expected a value in every row",
        "v.parquet, column x: 1 row (first: 2): expected finite numbers",
    ]


SERIES = pd.Series([-2.0, 0.0, 1.0, 2.0, 5.0, 7.5])
WORDS = pd.Series(["a1", "b2", "abc", "", "xyz9"])
CHECKS = [
    (SERIES, pa.Check.isin([0.0, 1.0])),
    (SERIES, pa.Check.notin([2.0])),
    (SERIES, pa.Check.in_range(0, 5)),
    (SERIES, pa.Check.gt(1)),
    (SERIES, pa.Check.lt(1)),
    (SERIES, pa.Check.in_range(0, 5, include_min=False, include_max=False)),
    (SERIES, pa.Check.ge(1)),
    (SERIES, pa.Check.le(1)),
    (SERIES, pa.Check.eq(1)),
    (SERIES, pa.Check.ne(1)),
    (WORDS, pa.Check.str_matches("[a-b]")),
    (WORDS, pa.Check.str_matches("[a-b](?!b)")),
    (WORDS, pa.Check.str_contains(r"\d")),
    (WORDS, pa.Check.str_startswith("a")),
    (WORDS, pa.Check.str_endswith("9")),
    (WORDS, pa.Check.str_length(2, 3)),
    (WORDS, pa.Check.str_length(min_value=1)),
    (WORDS, pa.Check.isin(["a1", "it's"])),
]


@pytest.mark.parametrize(("values", "rule"), CHECKS, ids=lambda item: getattr(item, "error", ""))
def test_sql_agrees_with_pandera(tmp_path, values, rule):
    values.to_frame("x").to_parquet(tmp_path / "t.parquet")
    dtype = float if values.dtype == float else str
    schema = pa.DataFrameSchema({"x": pa.Column(dtype, rule)})
    found = list(check_tables({"t": schema}, tmp_path))
    try:
        schema.validate(values.to_frame("x"), lazy=True)
        failing: list[int] = []
    except pa.errors.SchemaErrors as error:
        failing = sorted(int(row) + 1 for row in error.failure_cases["index"])
    assert [row for item in found for _, row in item.rows] == failing[:5]
    assert sum(item.n_rows for item in found) == len(failing)


def test_require_raises_one_error_and_remembers_what_passed(tmp_path, monkeypatch):
    module = type("m", (), {"TABLES": TABLES, "RULES": RULES})
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))
    monkeypatch.setattr(catalogue, "module", lambda study, stage: module)
    data = tmp_path / "data"
    data.mkdir()
    write(data, good())
    contracts.require("hedmark", data)
    checked = contracts.check
    monkeypatch.setattr(contracts, "check", lambda *a: pytest.fail("checked twice"))
    contracts.require("hedmark", data)
    monkeypatch.setattr(contracts, "check", checked)
    tables = good()
    put("county", [4], "99")(tables)
    put("month", [4], 1)(tables)
    write(data, tables)
    with pytest.raises(ContractError) as caught:
        contracts.require("hedmark", data)
    text = str(caught.value)
    assert "2 breaches of the contract of hedmark" in text
    assert text.count("\n") == 2


def module_of(**members):
    made = ModuleType("made")
    vars(made).update(members)
    return made


def of_study(monkeypatch, tmp_path, rules=RULES, *, coverage=None, **more):
    """Make the study's modules what a test says they are."""
    parts = {"contracts": module_of(TABLES=TABLES, RULES=rules, **more)}
    parts |= {"coverage": coverage} if coverage else {}
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))
    monkeypatch.setattr(catalogue, "module", lambda study, part: parts[part])
    monkeypatch.setattr(catalogue, "has", lambda study, part: part in parts)


def not_again(monkeypatch):
    return monkeypatch.setattr(contracts, "check", lambda *a: pytest.fail("checked again"))


def test_warnings_are_handed_out_and_remembered(tmp_path, monkeypatch):
    seen = "SELECT 'weeks' AS about, 'more' AS expected, '2' AS seen, true AS warning, 'Os' places"
    rules = (Rule("job_seekers", "weeks", "x", seen),)
    of_study(monkeypatch, tmp_path, rules)
    data = write(tmp_path, good())
    told = "job_seekers.parquet, column weeks: expected more; seen: 2"
    wanted = (contracts.Warned("job_seekers", "Os", told),)
    assert contracts.require("hedmark", data) == wanted
    with monkeypatch.context() as until:
        not_again(until)
        assert contracts.require("hedmark", str(data)) == wanted
    of_study(monkeypatch, tmp_path, RULES)
    assert contracts.require("hedmark", data) == ()


def test_what_decides_the_outcome_decides_whether_it_is_checked_again(tmp_path, monkeypatch):
    """Other rules or needs, another zone; other needs alone leave the rest as it was."""
    data, chosen = write(tmp_path, good()), parameters.load("hedmark")
    other = parameters.load("hedmark", changes={"seed": 9})
    coverage, checked = module_of(), []
    for name in ("breaches_within", "breaches_of_rules"):
        monkeypatch.setattr(contracts, name, lambda *_, name=name: checked.append(name) or [])
    both = ["breaches_within", "breaches_of_rules"]
    for rules, needed, zone, again in (
        (RULES, [], "Europe/Oslo", both[:1]),
        ((), [], "Europe/Oslo", both[:1]),
        ((), [Need("labour_force", "persons", "1", 1, 1)], "Europe/Oslo", both[1:]),
        ((), [Need("labour_force", "persons", "1", 1, 2)], "Europe/Oslo", both[1:]),
        ((), [Need("labour_force", "persons", "1", 1, 2)], "UTC", both),
    ):
        of_study(monkeypatch, tmp_path, rules, coverage=coverage)
        coverage.needs = lambda _, needed=needed: needed
        monkeypatch.setattr(contracts, "ZONE", zone)
        checked.clear()
        assert contracts.require("hedmark", data, chosen) == ()
        assert checked == again
        assert contracts.require("hedmark", data, other) == ()
        assert checked == again


def test_rules_of_parameters_are_remembered_one_by_one_and_open_what_they_name(
    tmp_path, monkeypatch
):
    """A county's own rule leaves those of all counties as they were; a fault tells them all."""
    chosen, opened_tables = parameters.load("hedmark"), []
    opening = contracts.open_tables

    def seen(at, tables, data, **options):
        opened_tables.append((sorted(tables), options.get("held", True)))
        return opening(at, tables, data, **options)

    def rule(sql):
        return Rule("labour_force", "persons", f"nothing of {len(sql)}", sql)

    common, own, other = (
        rule(f"SELECT 1 FROM {where}")
        for where in (
            "labour_force WHERE false",
            "numbered.job_seekers_raw WHERE false",
            "part.labour_force WHERE false",
        )
    )
    monkeypatch.setattr(contracts, "open_tables", seen)
    data = write(tmp_path, good())
    both, first = ["job_seekers", "labour_force"], ["labour_force"]
    for asked, wanted in (
        ([], []),
        ([common, own], [(first, False), (both, False)]),
        ([common, own], []),
        ([common, other], [(first, True)]),
    ):
        of_study(monkeypatch, tmp_path, rules_for=lambda _, asked=asked: asked)
        opened_tables.clear()
        assert contracts.require("hedmark", data, chosen) == ()
        assert opened_tables == wanted
    broken = [rule("SELECT 1"), rule("SELECT 11")]
    of_study(monkeypatch, tmp_path, rules_for=lambda _: [common, *broken])
    with pytest.raises(ContractError, match="2 breaches"):
        contracts.require("hedmark", data, chosen)


def test_needs_of_other_parameters_are_checked_alone(tmp_path, monkeypatch):
    needed = Need("job_seekers", "month", "1", 1, 2, text="period {}".format)
    chosen = parameters.load("hedmark")
    of_study(monkeypatch, tmp_path, coverage=module_of(needs=lambda _: [needed]))
    data = write(tmp_path, good())
    assert contracts.require("hedmark", data) == ()
    monkeypatch.setattr(contracts, "breaches_within", None)  # the tables are not checked again
    with pytest.raises(ContractError, match=r"1 breach of .*\n  .*period 2"):
        contracts.require("hedmark", data, chosen)


def test_rules_and_needs_of_the_parameters_are_checked_with_the_rest(tmp_path, monkeypatch):
    chosen, asked = parameters.load("hedmark"), []

    def rules_for(given):
        asked.append(given)
        return [Rule("labour_force", "persons", "more persons", "SELECT 1 AS n")]

    def needs(given):
        asked.append(given)
        return [Need("job_seekers", "month", "1", 1, 2, text="period {}".format)]

    coverage = module_of(rules_for=rules_for, needs=needs)
    of_study(monkeypatch, tmp_path, coverage=coverage, rules_for=rules_for)
    data = write(tmp_path, good())
    assert contracts.check("hedmark", data) == []
    assert contracts.rules("hedmark", None) == RULES
    assert contracts.needs("hedmark", None) == ()
    assert asked == []
    found = [(item.column, item.expected) for item in contracts.check("hedmark", data, chosen)]
    assert found[:2] == [("persons", "expected more persons")] * 2
    assert [column for column, _ in found[2:]] == ["month"]
    assert "period 2" in found[2][1]
    assert asked == [chosen] * 3
    assert len(contracts.rules("hedmark", chosen)) == 3


def test_a_study_without_coverage_needs_nothing_and_one_module_is_asked_once(tmp_path, monkeypatch):
    chosen, made = parameters.load("hedmark"), RULES[0]
    of_study(monkeypatch, tmp_path)
    assert contracts.needs("hedmark", chosen) == ()
    both = module_of(TABLES=TABLES, rules_for=lambda _: [made])
    monkeypatch.setattr(catalogue, "has", lambda *_: True)
    monkeypatch.setattr(catalogue, "module", lambda *_: both)
    assert contracts.rules("hedmark", chosen) == (made,)


def test_what_the_contract_asks_for_by_itself_is_asked_after_the_rest(tmp_path, monkeypatch):
    asked, chosen = [], parameters.load("hedmark")
    of_study(monkeypatch, tmp_path, require_known=lambda *given: asked.append(given))
    data = write(tmp_path, good())
    assert contracts.require("hedmark", data) == ()
    assert asked == []
    assert contracts.require("hedmark", data, chosen) == ()
    assert contracts.require("hedmark", data, chosen) == ()
    assert asked == [(data, chosen)] * 2


def test_a_table_that_cannot_be_opened_is_told_with_the_others(tmp_path, monkeypatch):
    of_study(monkeypatch, tmp_path)
    tables = good()
    put("month", [4], 1)(tables)
    write(tmp_path, {"job_seekers": tables["job_seekers"]})
    with pytest.raises(ContractError) as caught:
        contracts.require("hedmark", tmp_path)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{tmp_path}: 2 breaches of the contract of hedmark"
    assert lines[1].startswith("  job_seekers.parquet, column month: 1 row (first: 5): expected")
    assert lines[2].startswith("  labour_force: table is missing")


def test_breaches_stand_before_warnings_in_the_message():
    breach = Breach("a", "a.csv", "x", 1, (("a.csv", 3),), "one")
    warning = Breach("a", "a.csv", "y", 0, (), "expected two", True)
    told = contracts.describe("hedmark", Path("d"), [warning, breach])
    assert told == (
        "d: 1 breach of the contract of hedmark\n"
        "  a.csv, column x: 1 row (first: 3): expected one\n"
        "  warning: a.csv, column y: expected two"
    )
    assert contracts.describe("hedmark", Path("d"), [breach] * 2).startswith("d: 2 breaches of")


def identity_numbers_of(n: int) -> list[int]:
    """Made-up numbers with both check digits; months above 80 are kept for synthetic persons."""
    texts = (f"{11 + k % 18}{81 + k % 12}{50 + k % 40}{10_000 + k}" for k in range(20_000))
    return [int(text) for text in texts if is_identity_number(text)][:n]


def test_check_digits_in_sql_are_those_of_the_search_for_leaks():
    rng = np.random.default_rng(4)
    texts = [f"{number:011d}" for number in rng.integers(0, 10**11, 30_000)]
    texts += [str(number) for number in identity_numbers_of(50)]
    digits = identity_digits("x")
    sql = f"SELECT coalesce({has_check_digits(digits)}, false) FROM (SELECT unnest(?) AS x)"
    found = [row[0] for row in duckdb.execute(sql, [texts]).fetchall()]
    assert found == [is_identity_number(text) for text in texts]
    assert sum(found) > 80


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("n", [1, 3, 40])
def test_identity_numbers_as_ids_are_refused_and_none_is_shown(tmp_path, kind, n):
    tables, numbers = good(), identity_numbers_of(40)
    ids = tables["job_seekers"]["person"].to_numpy().copy()
    ids[:n] = numbers[:n]
    tables["job_seekers"]["person"] = ids
    found = messages(write(tmp_path, tables, kind))
    (told,) = [text for text in found if "national identity numbers" in text]
    assert f"column person: {n} row" in told
    assert not any(str(number) in text for text in found for number in numbers)


@pytest.mark.parametrize(("kind", "refused"), [("births", True), ("running", False)])
def test_dates_of_birth_in_front_are_refused_whatever_the_check_digits(tmp_path, kind, refused):
    rng, n = np.random.default_rng(5), 500
    days = pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 18_000, n), unit="D")
    births = [int(day.strftime("%d%m%y") + f"{rng.integers(0, 100_000):05d}") for day in days]
    tables = {"job_seekers": pd.concat([good()["job_seekers"]] * n, ignore_index=True).head(n)}
    running = [10_101_000_000 + k for k in range(n)]
    tables["job_seekers"]["person"] = births if kind == "births" else running
    tables["labour_force"] = good()["labour_force"]
    found = [str(item) for item in check_tables(TABLES, write(tmp_path, tables))]
    assert any(f"{n} rows" in text and "national identity" in text for text in found) == refused
    assert not any(str(number) in text for text in found for number in births)


def test_pseudonyms_of_eleven_digits_pass(tmp_path):
    tables = {"job_seekers": pd.concat([good()["job_seekers"]] * 500, ignore_index=True)}
    ids = np.random.default_rng(3).choice(10**11, len(tables["job_seekers"]), replace=False)
    assert sum(is_identity_number(f"{number:011d}") for number in ids) > 20
    tables["job_seekers"]["person"] = ids
    tables["labour_force"] = good()["labour_force"]
    assert not any(
        "national" in str(item) for item in check_tables(TABLES, write(tmp_path, tables))
    )


def test_words_for_no_value_are_no_codes(tmp_path: Path) -> None:
    schema = pa.DataFrameSchema({"region": pa.Column(str, pa.Check.str_matches(r"^\w{2,6}$"))})
    frame = pd.DataFrame({"region": ["BA01", "NULL", "9999", "Ukjent", "BA9999"]})
    frame.to_parquet(tmp_path / "regions.parquet")
    (breach,) = check_tables({"regions": schema}, tmp_path)
    assert (breach.column, breach.n_rows) == ("region", 3)
    assert "nothing for no value (marks for no value: map them" in breach.expected
    assert [row for _, row in breach.rows] == [2, 3, 4]


def test_marks_among_numbers_and_days_counted_from_another_are_told(tmp_path: Path) -> None:
    tables = good()
    seekers = tables["job_seekers"]
    seekers["month"] = [201401] * 39 + [999999]
    seekers["since"] = (seekers["since"] - pd.Timestamp("1960-01-01")).dt.days
    found = {item.column: str(item) for item in check_tables(TABLES, write(tmp_path, tables))}
    assert "marks for no value: map them with missing" in found["month"]
    assert "days from 1960-01-01, as in SAS: map them with form: sas" in found["since"]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize(
    ("column", "rows", "value", "seen"),
    [
        ("county", [4, 9], "99", '; found "99" in 2 rows'),
        ("county", [4], "03 ", '; found "03 " in 1 row'),
        ("county", [4], "03\u00a0", r'; found "03\u00a0" in 1 row'),
        ("county", [4], "x", '; found "x" in 1 row'),
        ("county", range(20), "Vet ikke", '; found "Vet ikke" in 20 rows'),
        ("county", range(20), "hansen", '; found "hansen" in 20 rows'),
        ("code", range(20), "aa", '; found "aa" in 20 rows'),
    ],
)
def test_an_unknown_code_is_named(tmp_path, kind, column, rows, value, seen):
    tables = good()
    put(column, list(rows), value)(tables)
    found = messages(write(tmp_path, tables, kind))
    assert any(f"column {column}: " in text and text.endswith(seen) for text in found), found


HIDDEN = "; found values that are not shown, since they may be names or ids"


@pytest.mark.parametrize(
    "value",
    [
        *(str(SECRET), "01019012345", "2014-03-01", "a1b2c3d4e5f6", "0301 77", "4711"),
        *("Kari Nordmann", "Nordmann", "kari", "Åse", "O'Hara"),
    ],
)
def test_what_can_be_an_id_a_name_or_a_date_is_not_shown(tmp_path, value):
    tables = good()
    put("county", [4], value)(tables)
    (found,) = (text for text in messages(write(tmp_path, tables)) if "expected one of" in text)
    assert "column county: 1 row (first: 5): " in found
    assert found.endswith(HIDDEN)
    assert value not in found


def test_a_name_that_one_person_has_in_many_rows_is_not_shown(tmp_path):
    tables = good()
    put("county", list(range(30)), "Nordmann")(tables)
    tables["job_seekers"].loc[:29, "person"] = SECRET
    assert not any("Nordmann" in text for text in messages(write(tmp_path, tables)))


def test_known_and_unknown_are_told_apart(tmp_path):
    tables = good()
    put("county", [4, 5], "99")(tables)
    put("county", [6], "Kari")(tables)
    (found,) = (text for text in messages(write(tmp_path, tables)) if "expected one of" in text)
    assert found.endswith('; found "99" in 2 rows, ' + HIDDEN.removeprefix("; found "))


def test_short_ids_and_many_values_in_a_column_of_codes_are_not_shown(tmp_path):
    tables = good()
    n = len(tables["job_seekers"])
    tables["job_seekers"]["person"] = np.arange(n) + 10
    tables["job_seekers"]["county"] = [str(value) for value in range(10, 10 + n)]
    found = messages(write(tmp_path, tables))
    assert any(text.endswith(HIDDEN) for text in found)
    tables["job_seekers"]["county"] = ["03", "11", *["03"] * (n - 2)]
    found = messages(write(tmp_path, tables))
    assert any("column county: 1 row (first: 2)" in text and HIDDEN in text for text in found)


WHOLE = "county;persons\n03;500\n04;600\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "county;persons\n03;500\n04",
            "labour_force.csv is cut within line 3, its last, in column county (of 1 columns; "
            "the row before is of county 03); expected 2 columns in every line: county, persons; "
            "make the file again",
        ),
        (
            WHOLE + "Sum 2 rader\n",
            "labour_force.csv has 1 line (first: 4) with too few columns; expected 2 columns in "
            "every line: county, persons",
        ),
        (
            WHOLE.replace("\n", "\r\n", 2) + "07;700\n",
            "labour_force.csv has lines that end in two ways (CR LF in line 1, LF in line 3); "
            "expected one in all",
        ),
    ],
)
def test_a_damaged_csv_is_told_with_line_and_columns(tmp_path, content, message):
    folder = write(tmp_path, good())
    (folder / "labour_force.parquet").unlink()
    (folder / "labour_force.csv").write_bytes(content.encode())
    assert f"labour_force.csv: {message}" in messages(folder)


def test_a_last_row_without_a_line_end_is_warned_of(tmp_path):
    folder = write(tmp_path, good())
    (folder / "labour_force.parquet").unlink()
    (folder / "labour_force.csv").write_text(WHOLE.rstrip("\n"), "utf-8")
    (found,) = check_tables(TABLES, folder, RULES)
    assert found.warning
    assert "labour_force.csv has no line end after its last row" in str(found)


def test_the_row_that_one_repeats_is_told(tmp_path):
    tables = good()
    put("person", [8, 9], [SECRET + 2, SECRET])(tables)
    (found,) = messages(write(tmp_path, tables))
    assert found.endswith(
        "2 rows (first: 9, 10): expected one row per person and month (the first repeat 3, 1)"
    )


def test_unknown_codes_of_a_table_without_a_person_are_told(tmp_path):
    tables = good()
    put("county", [3], "9")(tables)
    tables["job_seekers"]["person"] = pd.Series([None] * 40, dtype="Int64")
    assert any('found "9" in 1 row' in text for text in messages(write(tmp_path, tables)))


@pytest.mark.parametrize(
    ("times", "wrong"),
    [
        (["2013-05-01 00:00", "2013-11-30 23:00"], 1),  # a clock of summer all year
        (["2013-04-30 22:00", "2013-11-30 23:00"], 2),  # of UTC
        (["2013-05-01 22:00", "2013-12-01 09:30"], 0),  # of the day
        (["2013-05-01 00:00", "2013-12-01 00:00"], 0),
    ],
)
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_midnights_of_another_zone_are_refused(tmp_path, kind, times, wrong):
    tables = good()
    tables["job_seekers"]["since"] = pd.to_datetime(times * 20)
    write(tmp_path, tables, kind)
    if kind == "csv":
        frame = tables["job_seekers"].assign(since=times * 20)
        text = frame.to_csv(sep=";", decimal=",", index=False)
        (tmp_path / "job_seekers.csv").write_text(text, "utf-8")
    found = messages(tmp_path)
    assert len(found) == (wrong > 0), found
    assert all(f"column since: {20 * wrong} rows" in text for text in found)
    assert all("midnights of another time zone" in text for text in found)


def test_what_tables_lack_alike_is_told_once(tmp_path):
    whole = good_registers("hedmark", tmp_path / "whole", 0.003)
    data = tmp_path / "three"
    data.mkdir()
    for table in ("job_seekers", "labour_force"):
        frame = pd.read_parquet(whole.folder / f"{table}.parquet")
        frame[frame["county"].isin(["01", "04", "05"])].to_parquet(data / f"{table}.parquet")
    chosen = parameters.load("hedmark", changes={"composition": "none"})
    told = [str(item) for item in contracts.check("hedmark", data, chosen) if not item.warning]
    lacking = [text for text in told if "none in 02, 03" in text or "every county" in text]
    assert len(lacking) == 1
    assert lacking[0].startswith("job_seekers.parquet, labour_force.parquet, column county, month")


@pytest.mark.parametrize(
    ("value", "sql", "words"),
    [
        (True, "true", "True"),
        (np.bool_(False), "false", "False"),
        (dt.date(2014, 3, 1), "TIMESTAMP '2014-03-01 00:00:00'", "2014-03-01"),
        (np.datetime64("2014-03-01T12"), "TIMESTAMP '2014-03-01 12:00:00'", "2014-03-01"),
        (np.int64(3), "3", "3"),
        (np.float64(0.1), "0.1", "0.1"),
        (2.5, "2.5", "2.5"),
        ("it's", "'it''s'", '"it\'s"'),
    ],
)
def test_a_value_is_written_in_sql_and_in_words(value, sql, words):
    assert (checks.literal(value), checks.shown(value)) == (sql, words)


def test_a_long_list_is_cut_and_counted():
    assert checks.several(range(25)).endswith("23, 24")
    assert checks.several(range(26)).endswith("23, 24 … (26 values)")


RANGE = {"include_max": False}
NOT_NULL = '"x" IS NOT NULL'


@pytest.mark.parametrize(
    ("rule", "kind", "words", "bad"),
    [
        (pa.Check.isin(["a", "b"]), "text", 'one of "a", "b"', "\"x\" NOT IN ('a', 'b')"),
        (pa.Check.ge(1), "integer", "at least 1", 'NOT ("x" >= 1)'),
        (pa.Check.gt(1), "integer", "more than 1", 'NOT ("x" > 1)'),
        (pa.Check.in_range(0, 5), "any", "from 0 to 5", 'NOT ("x" >= 0 AND "x" <= 5)'),
        (
            pa.Check.in_range(0, 5, include_min=False),
            "any",
            "above 0 to 5",
            'NOT ("x" > 0 AND "x" <= 5)',
        ),
        (
            pa.Check.in_range(0, 5, **RANGE),
            "any",
            "from 0 to below 5",
            'NOT ("x" >= 0 AND "x" < 5)',
        ),
        (
            pa.Check.str_matches("a|b"),
            "text",
            "text that matches a|b",
            "NOT regexp_matches(\"x\", '^(?:a|b)')",
        ),
        (
            pa.Check.str_length(2, 3),
            "text",
            "text of length 2 to 3",
            'length("x") < 2 OR length("x") > 3',
        ),
        (pa.Check.str_length(min_value=2), "text", "text of length 2 to any", 'length("x") < 2'),
        (pa.Check.str_length(max_value=3), "text", "text of length 0 to 3", 'length("x") > 3'),
        (
            pa.Check.str_length(exact_value=4),
            "text",
            "text of length 4",
            'length("x") < 4 OR length("x") > 4',
        ),
    ],
)
def test_a_rule_of_pandera_in_sql_and_in_words(rule, kind, words, bad):
    with duckdb.connect() as connection:
        found = checks.translate(connection, "x", kind, rule)
        assert found == checks.SqlCheck("x", words, f"{NOT_NULL} AND ({bad})")
        own = checks.translate(connection, "x", kind, described(rule), coded=True)
    assert own.expected == "own words"
    assert own.coded == (rule.name in ("isin", "str_matches"))


def described(rule):
    rule.description = "own words"
    return rule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (pa.Check(lambda s: s > 0, error="a number", title="title"), "title"),
        (pa.Check(lambda s: s > 0, error="a number"), "a number"),
        (pa.Check(lambda s: s > 0, name="positive"), "positive"),
        (pa.Check(lambda s: s > 0), "<lambda>"),
        (pa.Check.ge(1, ignore_na=False), "greater_than_or_equal_to(1)"),
        (pa.Check.str_matches("a(?!b)"), "text that matches a(?!b)"),
        (pa.Check.str_matches("a(?!b)", title="no b after a"), "no b after a"),
    ],
)
def test_what_sql_cannot_say_is_left_to_pandera(rule, words):
    with duckdb.connect() as connection:
        assert checks.translate(connection, "x", "any", rule, coded=True) == checks.PandasCheck(
            "x", words, rule
        )


def test_nan_is_no_number_that_breaks_a_rule():
    with duckdb.connect() as connection:
        found = checks.translate(connection, "x", "number", pa.Check.ge(1))
    assert found.bad.startswith(f'{NOT_NULL} AND NOT isnan("x") AND (NOT ("x" >= 1')
    sql = f"SELECT x FROM (VALUES ('nan'::DOUBLE), (NULL), (0), (2)) t(x) WHERE {found.bad}"
    assert duckdb.sql(sql).fetchall() == [(0.0,)]


def test_words_that_a_contract_has_as_codes_mean_something():
    values = "(VALUES ('NULL'), ('Ukjent'), ('999'), ('0301'), (''))"

    def found(*but, **options):
        bad = checks.means_nothing("x", but, **options)
        return [x for (x,) in duckdb.sql(f"SELECT x FROM {values} t(x) WHERE {bad}").fetchall()]

    assert found() == ["NULL", "Ukjent", "999"]
    assert found("ukjent", "999") == ["NULL"]
    assert found(digits=False) == ["NULL", "Ukjent"]


@pytest.mark.parametrize(
    ("valid", "dated", "told"),
    [
        (0, 0, False),
        (1, 1, True),
        (1, 2, True),
        (1, 3, False),
        (2, 3, True),
        (5, 100, False),
        (20, 100, True),
    ],
)
def test_ids_with_check_digits_are_beyond_chance_from_half_or_many(valid, dated, told):
    assert checks.beyond_chance(valid, dated) == told


@pytest.mark.parametrize(
    ("dated", "ids", "days", "told"),
    [
        (20, 20, 10, True),
        (19, 19, 19, False),
        (18, 20, 10, True),
        (17, 20, 17, False),
        (20, 20, 9, False),
        (20_000, 20_000, 5000, True),
        (20_000, 20_000, 4999, False),
    ],
)
def test_ids_are_dates_of_birth_when_nearly_all_are_and_with_many_days(dated, ids, days, told):
    assert checks.are_dates_of_birth(dated, ids, days) == told


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("01019012345", "01019012345"),
        ("1019012345", "01019012345"),
        ("010190 12345", "01019012345"),
        ("010190-12345", "01019012345"),
        ("41019012345", "41019012345"),  # a D-number
        ("01419012345", "01419012345"),  # made up
        ("01659012345", None),
        ("01669012345", "01669012345"),
        ("01819012345", "01819012345"),
        ("01929012345", "01929012345"),
        ("01939012345", None),
        ("32019012345", None),
        ("00019012345", None),
        ("01139012345", None),
        ("010190123456", None),
        ("101901234", None),
        ("x1019012345", None),
    ],
)
def test_eleven_digits_that_begin_with_a_date(text, digits):
    sql = f"SELECT {identity_digits('x')} FROM (SELECT '{text}' AS x)"
    assert duckdb.sql(sql).fetchall() == [(digits,)]


def test_the_rarer_of_two_forms_is_told_and_the_second_of_as_many():
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT unnest([1, 1, 2, 3, 3]) AS x")
        pairs = [
            ("x", "one and two", ("x = 1", "x = 2")),
            ("x", "two and one", ("x = 2", "x = 1")),
            ("y", "as many", ("x = 1", "x = 3")),
            ("y", "one alone", ("x = 1", "x = 9")),
            ("y", "the other alone", ("x = 9", "x = 1")),
        ]
        assert list(checks.mixed(connection, "t", pairs, "t.csv")) == [
            ("x", "one and two", "x = 2"),
            ("x", "two and one", "x = 2"),
            ("y", "as many", "x = 3"),
        ]
        assert list(checks.mixed(connection, "nowhere", [], "t.csv")) == []
