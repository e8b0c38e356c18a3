"""Rules about tables that do not belong together, on small tables of which the answer is plain."""

import pandera.pandas as pa
import pytest
from judging import basis, judged

from naveval.registers.rules import links, shares
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.signs import LEAST_LINKED, LEAST_PERSONS, PLAIN

PANEL = """
    SELECT p AS person, m AS t FROM range(400) people(p), range(36, 62) months(m)
    WHERE (p * 7 + m * 3) % 5 < 2
"""


def agreeing() -> Rule:
    return links.agreeing("b", "person", "FROM b", "FROM a", "a row in a")


def test_rows_that_find_their_like_agree() -> None:
    assert judged(agreeing(), a=PANEL, b=PANEL) == []
    assert agreeing().least == LEAST_PERSONS
    assert basis(agreeing(), a=PANEL, b=PANEL) == pytest.approx(400 * 26 * 2 / 5 / 3)


def test_rows_a_period_away_are_a_breach_and_tell_the_years() -> None:
    for step in (1, -1):
        late = f"SELECT person, t + {step} AS t FROM ({PANEL})"
        ((column, words, warning),) = judged(agreeing(), a=PANEL, b=late)
        assert (column, warning) == ("person", False)
        assert (
            words.startswith("expected a row in a, found per cent in 3 (") or "a row in a" in words
        )
        assert "per cent in 3 (" in words
        assert "100 in the period beside), 4 (" in words


def test_most_rows_find_their_like_or_it_is_a_warning_and_fewer_a_breach() -> None:
    for other, warning in ((10, True), (2, False)):
        some = f"SELECT person + 1000 * (person % {other} = 0)::INT AS person, t FROM ({PANEL})"
        ((_, words, warned),) = judged(agreeing(), a=PANEL, b=some)
        assert warned is warning
        assert round(int(words.partition("3 (")[2].partition(";")[0]), -1) == 100 - 100 // other


def test_few_rows_a_year_are_not_judged() -> None:
    few = f"SELECT person + 1000 AS person, t FROM ({PANEL}) WHERE person < 100"
    assert judged(agreeing(), a=PANEL, b=few) == []


def test_years_are_told_as_asked_for() -> None:
    rule = links.agreeing("b", "person", "FROM b", "FROM a", "x", year="2000 + t // 12")
    ((_, words, _),) = judged(rule, a=PANEL, b=f"SELECT person, t + 1 AS t FROM ({PANEL})")
    assert "per cent in 2003 (" in words
    assert basis(rule, a=PANEL, b=PANEL) == basis(agreeing(), a=PANEL, b=PANEL)


SPANS = "SELECT p AS person, (p * 37) % 1000 AS first, first + 20 AS last FROM range(400) x(p)"
INSIDE = f"SELECT person, first + 10 AS t FROM ({SPANS})"


def near() -> Rule:
    return links.near("b", "person", "FROM b", "FROM a", "a time in a")


def outside(part: float) -> str:
    """Rows of which so large a part lies far from their person's."""
    return f"SELECT person, t + 5000 * (person < 400 * {part})::INT AS t FROM ({INSIDE})"


@pytest.mark.parametrize(("part", "warning"), [(0.15, True), (0.5, False)])
def test_rows_away_from_their_person_are_told_by_their_part(part, warning) -> None:
    ((column, words, warned),) = judged(near(), a=SPANS, b=outside(part))
    assert (column, warned) == ("person", warning)
    assert "a time in a" in words
    assert f"{100 - 100 * part:.0f} per cent of the rows, " in words


def test_rows_at_the_ends_of_spans_are_near_and_others_not() -> None:
    for step, inside in ((0, True), (20, True), (-1, False), (21, False)):
        moved = f"SELECT person, first + {step} AS t FROM ({SPANS})"
        assert (judged(near(), a=SPANS, b=moved) == []) is inside


def test_rows_of_other_persons_are_a_breach_though_many_are_near() -> None:
    wide = f"SELECT person, first, first + 900 AS last FROM ({SPANS})"
    shuffled = f"SELECT (person * 7 + 11) % 400 AS person, t FROM ({INSIDE})"
    rule = links.near("b", "person", "FROM b", "FROM a", "x", least=0.3)
    ((_, _, warned),) = judged(rule, a=wide, b=shuffled)
    assert not warned


def test_one_of_several_spans_is_enough() -> None:
    two = f"{SPANS} UNION ALL SELECT person, first + 5000, last + 5000 FROM ({SPANS})"
    assert judged(near(), a=two, b=outside(0.5)) == []


def test_few_persons_are_not_judged_by_where_they_are() -> None:
    few = f"SELECT * FROM ({outside(1)}) WHERE person < {LEAST_LINKED - 1}"
    assert judged(near(), a=SPANS, b=few) == []
    enough = f"SELECT * FROM ({outside(1)}) WHERE person < {LEAST_LINKED}"
    assert len(judged(near(), a=SPANS, b=enough)) == 1
    assert near().least == basis(near(), a=SPANS, b=enough) == LEAST_LINKED


PEOPLE = "SELECT p AS person FROM range(1000) x(p)"


@pytest.mark.parametrize(
    ("which", "lost"),
    [
        ("p % 2 = 0 AND p < 850", "15"),
        ("p % 2 = 0 AND p >= 200", "20"),
        ("p % 2 = 0", ""),
        ("p % 2 = 0 AND p < 950", ""),
        ("p IN (3, 300, 600)", ""),
    ],
)
def test_a_table_in_the_order_of_ids_reaches_the_last(which, lost) -> None:
    rule = links.to_the_end("b")
    rows = f"SELECT p AS person FROM range(1000) x(p), range(2) y(k) WHERE {which}"
    found = judged(rule, persons=PEOPLE, b=rows)
    assert len(found) == bool(lost)
    for column, words, warning in found:
        assert (column, warning) == ("person", True)
        assert "from the first to the last of the ids; is the file cut?" in words
        assert f"none of {lost} per cent at one end" in words


def test_those_who_may_have_rows_are_the_persons_asked_for() -> None:
    rule = links.to_the_end("b", "SELECT person FROM persons WHERE person < 850")
    half = "SELECT p AS person FROM range(0, 850, 2) x(p)"
    assert judged(rule, persons=PEOPLE, b=half) == []


SCHEMA = pa.DataFrameSchema(
    {
        "woman": pa.Column(bool),
        "wage": pa.Column(int),
        "county": pa.Column(str),
        "birth_year": pa.Column(int),
    }
)
FINE = """
    SELECT p AS person, p % 2 = 0 AS woman, p AS wage, (p % 11)::VARCHAR AS county,
        1960 + p % 40 AS birth_year FROM range(1000) x(p)
"""
ALIKE = "expected two values or more of so many, found one value in every row"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("true AS x", []),
        ("true AS woman", [("woman", "two values or more of so many", "in every row", False)]),
        ("-1 AS wage", []),
        ("5 AS wage", [("wage", "two values or more of so many", "in every row", False)]),
        ("'03' AS county", [("county", "two values or more of so many", "in every row", True)]),
        (
            "if(person < 400, 1960, birth_year) AS birth_year",
            [("birth_year", "none of them in more than 25 per cent", "in 42 per cent", False)],
        ),
        ("if(person < 200, 1960, birth_year) AS birth_year", []),
    ],
)
def test_a_table_that_follows_nobody_varies(changed, told) -> None:
    rule = shares.varied("b", SCHEMA)
    name = changed.rpartition(" ")[2]
    kept = f"* EXCLUDE ({name})" if name != "x" else "*"
    rows = f"SELECT {kept}, {changed} FROM ({FINE})"
    found = judged(rule, b=rows)
    assert len(found) == len(told)
    for (column, words, warned), (about, expected, seen, warning) in zip(found, told, strict=True):
        assert (column, warned) == (about, warning)
        assert expected in words
        assert seen in words
    few = f"SELECT * FROM ({rows}) WHERE person < {LEAST_PERSONS - 1}"
    assert judged(rule, b=few) == []
    assert (rule.column, rule.least, basis(rule, b=rows)) == ("", LEAST_PERSONS, 1000)
    assert rule.expected == "two values or more"


STATUS = pa.DataFrameSchema({"status": pa.Column(str, pa.Check.isin(["a", "b", "c"]))})


def series(jump: str = "false", rows: int = 200, usual: str = "k % 2 = 0") -> str:
    """Rows of ten months, half of each status, but for those in which all are `a`."""
    return f"""
        SELECT t, if(({jump}) OR {usual}, 'a', 'b') AS status, 'x' || (k % 2) AS kind
        FROM range(24, 34) months(t), range({rows}) each(k)
    """


def test_shares_that_stay_are_calm() -> None:
    rule = shares.calm("b", STATUS, "t")
    assert judged(rule, b=series()) == []
    assert (rule.column, rule.least, basis(rule, b=series())) == ("", LEAST_LINKED, 200)


def test_shares_that_jump_are_told_with_the_months() -> None:
    rule = shares.calm("b", STATUS, "t")
    ((column, words, warning),) = judged(rule, b=series("t = 29"))
    assert (column, warning) == ("status", False)
    assert "shares of each code about as in the period before" in words
    assert "0002-06 (50)" in words
    assert "0002-07 (-50)" in words
    ((_, plain, _),) = judged(shares.calm("b", STATUS, "t", label=PLAIN), b=series("t = 29"))
    assert "29 (50)" in plain


def test_jumps_of_few_rows_and_over_months_that_lack_are_not_told() -> None:
    rule = shares.calm("b", STATUS, "t")
    assert judged(rule, b=series("t = 29", LEAST_LINKED - 1, "false")) == []
    assert judged(rule, b=series("t = 29", LEAST_LINKED, "false")) != []
    gaps = f"SELECT * FROM ({series('t = 29')}) WHERE t NOT IN (28, 30)"
    assert judged(rule, b=gaps) == []


def test_codes_that_the_contract_does_not_list_are_looked_at_where_asked_for() -> None:
    jump = f"SELECT t, status, if(t = 29, 'x0', kind) AS kind FROM ({series()})"
    assert judged(shares.calm("b", STATUS, "t"), b=jump) == []
    ((column, _, _),) = judged(shares.calm("b", STATUS, "t", codes=["kind"]), b=jump)
    assert column == "kind"


def test_one_code_in_every_row_is_told() -> None:
    found = judged(shares.calm("b", STATUS, "t"), b=series("true"))
    assert [(column, warning) for column, _, warning in found] == [("status", False)]
    assert "one value in every row" in found[0][1]


def test_a_day_that_a_large_part_has_is_told_with_its_column() -> None:
    schema = pa.DataFrameSchema({**STATUS.columns, "day": pa.Column("datetime64[ns]")})
    rule = shares.calm("b", schema, "t")
    days = "SELECT *, DATE '2015-01-01' + (row_number() OVER () % 60)::INT AS day FROM ({})"
    assert judged(rule, b=days.format(series())) == []
    heap = f"SELECT * REPLACE (if(t < 27, DATE '2015-01-02', day) AS day) FROM ({days})"
    ((column, words, warning),) = judged(rule, b=heap.format(series()))
    assert (column, warning) == ("day", False)
    assert "many values, none of them in more than 25 per cent" in words
    assert words.endswith("one value in 31 per cent")


def visits(persons: int = 900) -> str:
    """Persons who come in two of twelve months or so."""
    return f"""
        SELECT p AS person, t FROM range({persons}) people(p), range(24, 36) months(t)
        WHERE p % 12 = t - 24 OR p % 17 = t - 24
    """


def test_a_month_with_the_persons_of_the_month_before_is_told() -> None:
    rule = shares.recurring("b", "t")
    assert judged(rule, b=visits()) == []
    copied = """
        SELECT * FROM ({0}) WHERE t <> 30 UNION ALL SELECT person, 30 FROM ({0}) WHERE t = 29
    """
    ((column, words, warning),) = judged(rule, b=copied.format(visits()))
    assert (column, warning) == ("person", False)
    assert words.endswith("seen: all the same in 0002-07")
    ((_, words, _),) = judged(shares.recurring("b", "t", label=PLAIN), b=copied.format(visits()))
    assert words.endswith("in 30")
    assert judged(rule, b=copied.format(visits(30))) == []
    assert (rule.least, basis(rule, b=visits())) == (LEAST_LINKED, 123)


@pytest.mark.parametrize(
    ("day", "rows", "which"),
    [
        ("1 + k % 28", 400, ""),
        ("1", 200, "first day of a month in 100"),
        ("1", 199, ""),  # days that lack are not counted
        ("if(k % 100 < 4, 7, 1)", 400, "first day of a month in 96"),
        ("if(k % 100 < 5, 7, 1)", 400, ""),
        ("if(k % 100 < 4, 7, 28 + k % 2)", 400, "last day of a month in 96"),
        ("if(k % 100 < 5, 7, 28 + k % 2)", 400, ""),
    ],
)
def test_days_that_are_nearly_all_first_or_last_of_a_month_are_a_warning(day, rows, which) -> None:
    table = f"""
        SELECT make_date(2015 + k % 2, 2, {day}) AS since FROM range({rows}) x(k)
        UNION ALL SELECT NULL FROM range(50)
    """
    found = judged(shares.daily("b", "since"), b=table)
    words = f"expected days, not the months they lie in; seen: the {which} per cent"
    assert found == ([("since", words, True)] if which else [])
