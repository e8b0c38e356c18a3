"""Rules about persons who are followed, on small panels of which the answer is plain."""

import doctest

import duckdb
import pandera.pandas as pa
import pytest
from judging import basis, judged

from naveval.registers import views
from naveval.registers.rules import panels
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.signs import LEAST_LINKED, PLAIN, Step

CODES = pa.Check.isin(["a", "b", "c", "d", "e"])
SCHEMA = pa.DataFrameSchema(
    {
        "person": pa.Column(int),
        "woman": pa.Column(bool),
        "code": pa.Column(str, CODES),
        "wage": pa.Column(int),
        "weeks": pa.Column(int),
        "county": pa.Column(str, CODES),
        "birth_year": pa.Column(int),
        "since": pa.Column(str, pa.Check.str_matches(r"^[0-9]{4}-(0[1-9]|1[0-2])$")),
    }
)
WAGE = "(1000 + (p * 611953) % 1000003)"  # not in the order of persons
WEEKS = Step("weeks", 3, 6, "weeks registered")
GOOD = {
    "person": "p",
    "woman": "p % 2 = 0",
    "code": "CASE WHEN p % 100 < 3 THEN 'd' WHEN p % 100 < 6 THEN 'e' "
    "WHEN p % 3 = 0 THEN 'a' WHEN p % 3 = 1 THEN 'b' ELSE 'c' END",
    "wage": WAGE,
    "weeks": "4 * t + p",
    "county": "'k' || (p % 12)",
    "birth_year": "1950 + p % 40",
    "since": "'20' || (10 + p % 10) || '-01'",
}


def panel(
    persons: int = 1200, where: str = "true", periods: str = "range(24, 36)", **changed: str
) -> str:
    """A panel of persons `p` in periods `t` that nothing is wrong with but what is changed."""
    columns = ", ".join(f"{sql} AS {name}" for name, sql in {**GOOD, **changed}.items())
    return f"""
        SELECT {columns}, t FROM range({persons}) people(p), {periods} periods(t) WHERE {where}
    """


def rule(**kind: object) -> Rule:
    return panels.followed("b", SCHEMA, "t", steps=[WEEKS], **kind)


def said(table: str, **kind: object) -> list[tuple[str, str, bool]]:
    """What the rule says, without the first word."""
    found = judged(rule(**kind), b=table)
    return sorted((column, words.removeprefix("expected "), warn) for column, words, warn in found)


def test_documented_examples_hold() -> None:
    assert doctest.testmod(panels).failed == 0


def test_a_panel_with_nothing_wrong_is_found_good() -> None:
    assert said(panel(), fixed=["woman"], free=["wage"]) == []
    made = rule()
    assert (made.column, made.warning, made.least) == ("person", False, LEAST_LINKED)
    assert made.expected == "persons who are found again from one period to the next"
    assert basis(made, b=panel(where="p < 7 * t")) == 7 * 29.5  # the median of 24 to 35
    other = rule(unit="office", rows="SELECT * FROM b WHERE p < 7")
    assert other.expected == "places that are found again from one period to the next"
    assert basis(other, b=f"SELECT *, person AS p FROM ({panel()})") == 7


NEW_IDS = "persons with the same id from one period to the next; seen: {} per cent of them; "


@pytest.mark.parametrize(
    ("person", "seen"),
    [
        ("1000 * p + t", "0.0"),
        ("if(p < 0.28 * 1200, p, 100000 + 1000 * p + t)", "28.0"),
        ("if(p < 0.32 * 1200, p, 100000 + 1000 * p + t)", ""),
    ],
)
def test_most_persons_are_found_again(person, seen) -> None:
    found = said(panel(person=person))
    words = NEW_IDS.format(seen) + "a new id in each row?"
    assert found == ([("person", words, False)] if seen else [])


@pytest.mark.parametrize(
    ("person", "where", "seen"),
    [
        ("if(t >= 30, -1 - p, p)", "true", "0002-07 (0)"),
        ("if(t >= 30 AND p % 100 < 26, -1 - p, p)", "true", "0002-07 (74)"),
        ("if(t >= 30 AND p % 100 < 24, -1 - p, p)", "true", ""),
        # Fewer in one period are compared with those who can be found again.
        ("p", "p < 1200 * if(t % 2 = 0, 1, 0.5)", ""),
        ("if(t >= 30, -1 - p, p)", f"p < {LEAST_LINKED}", "0002-07 (0)"),
        ("if(t >= 30, -1 - p, p)", f"p < {LEAST_LINKED - 1}", ""),
        # A period that lacks is followed by nobody's next.
        ("if(t >= 30, -1 - p, p)", "t <> 29", ""),
    ],
)
def test_no_fewer_persons_are_found_again_than_usual(person, where, seen) -> None:
    found = said(panel(person=person, where=where))
    words = (
        "as many persons of the period before in every period (usually 100 per cent); "
        f"periods exchanged, or other ids?; seen: per cent in {seen}"
    )
    assert found == ([("person", words, False)] if seen else [])


def test_persons_may_leave_at_once_where_shocks_are_expected() -> None:
    assert said(panel(person="if(t >= 30, -1 - p, p)"), shocks=True) == []
    assert said(panel(person="1000 * p + t"), shocks=True) != []


COPIED = (
    "rows that are not all as in the period before; a period delivered for another?; "
    "seen: all the same in {}"
)


@pytest.mark.parametrize(
    ("wage", "said_of"),
    [
        (f"{WAGE} + if(t < 30, t, t - 1)", "0002-07"),
        (f"{WAGE} + if(t < 30 OR p = 7, t, t - 1)", ""),
        (f"{WAGE} + t", ""),
        # One wage for each quarter, and wages that seldom change.
        (f"{WAGE} + t // 3", ""),
        (f"{WAGE} + if(p < 3, t, 0)", ""),
    ],
)
def test_a_period_that_is_a_copy_of_the_one_before_is_told(wage, said_of) -> None:
    found = said(panel(wage=wage, weeks="p"))
    found = [item for item in found if item[0] == "person"]
    assert found == ([("person", COPIED.format(said_of), False)] if said_of else [])


FIVE = "range(24, 29)"
LOST = (
    "a row in the period between, of those with rows in two periods before and two after; rows "
    "lost?; seen: {} per cent lack it"
)


@pytest.mark.parametrize(("lost", "warning"), [(8, None), (10, True), (24, True), (26, False)])
def test_rows_lost_here_and_there_are_told(lost, warning) -> None:
    """Chance allows 2.7 points beyond the usual 6 of 1200 persons, and 4.6 beyond 20."""
    found = said(panel(where=f"t <> 26 OR p % 100 >= {lost}", periods=FIVE, weeks="5 * t + p"))
    found = [item for item in found if item[0] != "weeks"]
    assert found == ([("person", LOST.format(lost), warning)] if warning is not None else [])


THERE = (
    "a row in each period, of those with rows in two periods before and two after, as usual; rows "
    "lost there?; seen: per cent lack the one in {}"
)


@pytest.mark.parametrize(
    ("lost", "seen"),
    [
        ("t = 30 AND p % 100 < 15", "0002-07 (15; 0 usually)"),
        ("t IN (27, 31) AND p % 2 = 0", "0002-04 (50; 13 usually), 0002-08 (50; 13 usually)"),
        ("t = 30 AND p % 100 < 9", ""),
        # As many lack the period beside: these are less whole, and not lost.
        ("t = 30 AND p % 100 < 20 OR t = 31 AND p % 100 >= 80", ""),
        # As many lack other periods: that is usual in the table.
        ("(p + 3 * t) % 20 = 0", ""),
    ],
)
def test_rows_lost_in_one_period_are_a_warning(lost, seen) -> None:
    found = said(panel(where=f"NOT ({lost})"))
    told = [item for item in found if item[1].startswith("a row in each period")]
    assert told == ([("person", THERE.format(seen), True)] if seen else [])


def test_rows_lost_in_one_period_are_told_of_many_and_not_where_shocks_are_expected() -> None:
    lost = "t <> 30 OR p % 12 >= 3"
    assert said(panel(persons=12, where=lost)) == []
    assert said(panel(where=lost)) != []
    assert said(panel(where=lost), shocks=True) == []


def test_rows_at_an_end_of_a_spell_are_not_lost() -> None:
    assert said(panel(where="t <> 25 OR p % 4 < 2", periods=FIVE)) == []
    assert said(panel(where="t <> 27 OR p % 4 < 2", periods=FIVE)) == []
    assert said(panel(persons=190, where="t <> 26 OR p % 4 < 2", periods=FIVE)) == []


FOLLOW = "values that follow from those of the period before; rows exchanged?; seen: "
DRAWN = "['a', 'b', 'c', 'd'][1 + (hash(p * 100 + t) % 4)::INT]"


def test_a_code_drawn_anew_in_each_row_is_told() -> None:
    ((column, words, warning),) = said(panel(code=DRAWN))
    assert (column, warning) == ("code", False)
    assert words.startswith(FOLLOW)
    assert words.endswith(("75 per cent change, 75 would by chance", "would by chance"))
    changed, chance = (int(word) for word in words.split() if word.isdigit())
    assert changed == pytest.approx(75, abs=1)
    assert chance == pytest.approx(75, abs=1)


@pytest.mark.parametrize(("part", "told"), [(48, False), (56, True)])
def test_a_code_that_changes_nearly_as_often_as_by_chance_is_told(part, told) -> None:
    """Half of the changes by chance, and four standard deviations of 13 200 pairs."""
    code = f"if(p % 100 < {part}, {DRAWN}, ['a', 'b', 'c', 'd'][1 + p % 4])"
    assert bool(said(panel(code=code))) is told


def test_few_pairs_tell_nothing_of_chance() -> None:
    assert said(panel(persons=199, periods="range(24, 26)", code=DRAWN)) == []
    assert said(panel(persons=201, periods="range(24, 26)", code=DRAWN)) != []


def test_a_number_drawn_anew_in_each_row_is_a_warning() -> None:
    drawn = "(1 + hash(p * 100 + t) % 100000)::INT"
    ((column, words, warning),) = said(panel(wage=drawn))
    assert (column, warning) == ("wage", True)
    assert words.startswith(f"{FOLLOW}a correlation of ")
    assert abs(float(words.split()[-1])) < 0.05
    assert said(panel(wage=drawn), free=["wage"]) == []
    grown = f"{drawn} * if(t % 2 = 0, 1, 1000)"  # all together tell nothing of one
    assert said(panel(wage=grown)) != []
    assert said(panel(wage=f"if(p % 2 = 0, {drawn}, {WAGE})")) == []
    assert said(panel(wage=f"if(p < 15, {drawn}, -1)")) == []


SAME_MEAN = "about the same mean as in the period before; another unit?; seen: times the period "


@pytest.mark.parametrize(
    ("wage", "persons", "told"),
    [
        ("2000 * if(t >= 30, 1.7, 1)", 1200, ""),
        ("2000 * if(t >= 30, 2, 1)", 1200, "0002-07 (2.00)"),
        ("2000 * if(t >= 30, 0.5, 1)", 1200, "0002-07 (0.50)"),
        ("2000 * if(t >= 30, 0.6, 1)", 1200, ""),
        ("2000 * if(t >= 30, 2, 1) * (p % 2)", 1200, "0002-07 (2.00)"),
        # Of 26 persons two periods are taken together: 5000 after 2000, beside 3500 after 2000.
        ("if(t >= 30, 5000, 2000)", 26, "0002-07 (2.50)"),
        ("if(t >= 30, 3400, 2000)", 26, ""),
    ],
)
def test_the_mean_of_a_free_number_stays(wage, persons, told) -> None:
    found = said(panel(persons=persons, wage=f"({wage})::INT"), free=["wage"], shocks=True)
    assert found == ([("wage", f"{SAME_MEAN}before in {told}", False)] if told else [])


def test_places_of_which_few_rows_remain_tell_nothing_of_a_mean() -> None:
    table = panel(persons=4, wage="if(t >= 30, 5000, 2000)")
    assert said(table, free=["wage"], shocks=True) == []


def test_a_number_that_nobody_has_from_some_period_on_is_told() -> None:
    words = "numbers above zero in every period; lost there?; seen: none in "
    later = "0002-07, 0002-08, 0002-09, 0002-10, 0002-11 … (6)"
    table = panel(wage=f"{WAGE} * if(t >= 30, 0, 1)")
    assert said(table, free=["wage"], shocks=True) == [("wage", words + later, False)]
    assert said(panel(persons=24, wage=f"{WAGE} * if(t = 30, 0, 1)")) == []  # by chance


KEPT = "a value that most persons keep from one period to the next ({} per cent change it usually)"
LEFT = (
    "codes that most persons do not leave at once while others come to them (exchanged?) from one "
    "period to the next ({} per cent change it usually)"
)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"woman": "(p % 2 = 0) <> (t >= 30)"}, [("woman", KEPT, "0002-07 (100)")]),
        ({"woman": "(p % 2 = 0) <> (t >= 30 AND p % 100 < 42)"}, [("woman", KEPT, "0002-07 (42)")]),
        ({"woman": "(p % 2 = 0) <> (t >= 30 AND p % 100 < 38)"}, []),
        ({"wage": f"{WAGE} * if(t >= 30, 2, 1)"}, [("wage", KEPT, "0002-07 (100)")]),
        ({"wage": f"{WAGE} * if(t >= 30, 1.7, 1)"}, []),
        (
            {
                "code": f"CASE WHEN t < 30 THEN {GOOD['code']} WHEN p % 100 < 3 THEN 'e' "
                f"WHEN p % 100 < 6 THEN 'd' ELSE {GOOD['code']} END"
            },
            [("code", LEFT, "0002-07 (100), 0002-07 (100)")],
        ),
        # Those with a code leave it, and others do not come.
        ({"code": f"if(t >= 30 AND p % 100 < 3, 'a', {GOOD['code']})"}, []),
        # Half as many come.
        (
            {
                "code": f"CASE WHEN t < 30 THEN {GOOD['code']} WHEN p % 100 < 3 THEN 'a' "
                f"WHEN p % 100 BETWEEN 10 AND 11 THEN 'd' ELSE {GOOD['code']} END"
            },
            [("code", LEFT, "0002-07 (100)")],
        ),
        # Fewer than twenty with the code.
        (
            {
                "code": "CASE WHEN p < 19 THEN if(t < 30, 'd', 'e') WHEN p < 38 THEN "
                "if(t < 30, 'e', 'd') ELSE 'a' END"
            },
            [],
        ),
        (
            {
                "county": "CASE WHEN t >= 30 AND p % 12 = 3 THEN 'k4' WHEN t >= 30 AND p % 12 = 4 "
                "THEN 'k3' ELSE 'k' || (p % 12) END"
            },
            [("county", LEFT, "0002-07 (100), 0002-07 (100)")],
        ),
    ],
)
def test_what_persons_keep_does_not_change_at_once(changed, told) -> None:
    expected = [
        (column, f"{words.format(0)}; seen: per cent who changed it in {seen}", False)
        for column, words, seen in told
    ]
    assert said(panel(**changed)) == expected
    assert said(panel(**changed), shocks=True) == []


@pytest.mark.parametrize(("name", "told"), [("county", True), ("code", False)])
def test_places_that_some_leave_all_the_time_are_not_left_by_most_at_once(name, told) -> None:
    """Codes that as many leave are not judged one by one."""
    away = "(p + if((p * 31 + t * 17) % 101 < 10, 1, 0)) % 12"  # for a month, and back again
    later = f"CASE {away} WHEN 3 THEN 4 WHEN 4 THEN 3 ELSE {away} END"
    table = panel(**{name: f"'k' || if(t < 30, {away}, {later})"})
    words = f"{LEFT.format(20)}; seen: per cent who changed it in 0002-07 (90), 0002-07 (90)"
    assert said(table) == ([(name, words, False)] if told else [])
    assert said(panel(**{name: f"'k' || {away}"})) == []


def test_persons_may_change_by_turns_and_a_jump_is_beyond_that() -> None:
    turns = "(p + t) % 3 = 0"  # two of three change it each time
    assert not [item for item in said(panel(woman=turns)) if "usually" in item[1]]


ONE_VALUE = "one value for a person in all periods; seen: {} changes among 1200 persons, most in {}"


@pytest.mark.parametrize(("persons", "told"), [(12, False), (13, True)])
def test_what_cannot_change_does_not(persons, told) -> None:
    """At most one change for a hundred persons."""
    woman = f"(p % 2 = 0) <> (t >= 30 AND p < 9 OR t >= 27 AND p BETWEEN 9 AND {persons - 1})"
    found = said(panel(woman=woman), fixed=["woman"])
    words = ONE_VALUE.format(13, "0002-07 (9), 0002-04 (4)")
    assert found == ([("woman", words, False)] if told else [])


@pytest.mark.parametrize(
    ("weeks", "seen"),
    [
        ("3 * t + p", ""),
        ("6 * t + p", ""),
        ("7 * t + p", ", ".join(f"0002-{month:02d} (100)" for month in range(2, 7)) + " … (11)"),
        ("2 * t + p", ", ".join(f"0002-{month:02d} (100)" for month in range(2, 7)) + " … (11)"),
        ("4 * t + p + if(t = 30 AND p % 100 < 26, 500, 0)", "0002-07 (26), 0002-08 (26)"),
        ("4 * t + p + if(t = 30 AND p % 100 < 25, 500, 0)", ""),
    ],
)
def test_what_moves_with_time_does_so_for_most(weeks, seen) -> None:
    words = (
        "weeks registered (3 to 6 from one period to the next for most; another unit, periods "
        f"exchanged, or a highest value?); seen: per cent who do not in {seen}"
    )
    assert said(panel(weeks=weeks)) == ([("weeks", words, False)] if seen else [])


def test_few_who_are_linked_tell_nothing_of_time() -> None:
    assert said(panel(persons=LEAST_LINKED - 1, weeks="7 * t + p")) == []
    assert said(panel(persons=LEAST_LINKED, weeks="7 * t + p")) != []


IN_ORDER = (
    "numbers that do not follow the order of the rows; a column that was sorted alone?; seen: none "
    "out of order when rows are sorted by {}"
)


@pytest.mark.parametrize(
    ("wage", "persons", "seen"),
    [
        ("12 * p + t", 1200, "ids"),
        ("100000 - 12 * p - t", 1200, "ids"),
        ("1200 * t + p", 1200, "time"),
        ("100000 - 1200 * t - p", 1200, "time"),
        ("12 * p + t - if(p = 600 AND t = 30, 2, 0)", 1200, ""),  # one is
        ("1000 + 100 * (p // 400)", 1200, "ids"),
        ("1000 + 100 * (p // 600)", 1200, ""),  # two values may follow the ids
        ("12 * p + t", 84, "ids"),
        ("12 * p + t", 83, ""),  # fewer than a thousand rows
    ],
)
def test_numbers_that_never_fall_or_never_rise_were_sorted_alone(wage, persons, seen) -> None:
    expected = [("wage", IN_ORDER.format(seen), False)] if seen else []
    assert said(panel(persons=persons, wage=wage)) == expected


ALONE = "two values or more of so many; seen: one value in every row"
HEAP = "many values, none of them in more than 25 per cent of the rows; seen: one value in {} per "


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"woman": "true"}, [("woman", ALONE)]),
        ({"wage": "5"}, [("wage", ALONE)]),
        ({"wage": "-1"}, []),
        ({"county": "if(p % 100 < 30, 'k0', 'k' || (p % 12))"}, [("county", HEAP.format(36))]),
        ({"county": "if(p % 100 < 10, 'k0', 'k' || (p % 12))"}, []),
        ({"county": "'k' || (p % 3)"}, []),
        ({"birth_year": "if(p % 10 < 3, 1950, 1950 + p % 40)"}, [("birth_year", HEAP.format(30))]),
        ({"birth_year": "if(p % 10 < 3, NULL, 1950 + p % 40)"}, []),
        ({"since": "if(p % 10 < 3, '2010-01', '20' || (10 + p % 20) || '-02')"}, [("since", "")]),
    ],
)
def test_values_differ_and_none_is_that_of_many(changed, told) -> None:
    found = said(panel(**changed))
    assert [(column, warning) for column, _, warning in found] == [(c, False) for c, _ in told]
    for (_, words, _), (_, start) in zip(found, told, strict=True):
        assert words.startswith(start)


def test_more_that_no_large_part_may_have_alike() -> None:
    alike = {"weeks": "weeks - 4 * t"}
    assert said(panel(), alike=alike) == []
    ((column, words, _),) = said(panel(weeks="4 * t + if(p % 3 = 0, 0, p)"), alike=alike)
    assert (column, words[: len(HEAP) - 3]) == ("weeks", HEAP.format(33)[: len(HEAP) - 3])


def test_few_persons_may_be_alike_and_few_places_not() -> None:
    assert said(panel(persons=999, woman="true", county="'k0'", code="'a'")) == []
    assert [item[0] for item in said(panel(persons=1000, woman="true"))] == ["woman"]
    of_places = panel(persons=LEAST_LINKED, woman="true")
    assert [item[0] for item in judged(rule(unit="person + 0"), b=of_places)] == ["woman"]
    fewer = panel(persons=LEAST_LINKED - 1, woman="true")
    assert judged(rule(unit="person + 0"), b=fewer) == []


def test_periods_are_told_as_asked_for() -> None:
    table = panel(woman="(p % 2 = 0) <> (t >= 30)", person="if(t >= 32, -1 - p, p)")
    for fixed in ((), ("woman",)):
        found = said(table, label=PLAIN, fixed=fixed)
        assert [words.rpartition(" in ")[2] for _, words, _ in found] == [
            "32 (0)",
            "30 (1200)" if fixed else "30 (100)",
        ]


def test_only_the_rows_asked_for_are_judged() -> None:
    table = panel(woman="(p % 2 = 0) <> (t >= 30)")
    assert said(table, rows="SELECT * FROM b WHERE t < 30") == []


def test_of_very_many_rows_some_persons_are_kept_with_all_their_rows() -> None:
    persons = views.PART_ROWS + 10
    kept = f"SELECT person, 1 AS t FROM b WHERE {views.sampled('b')}"
    with duckdb.connect() as connection:
        twice = f"SELECT p AS person FROM range({persons}) people(p), range(2) rows(k)"
        connection.execute(f"CREATE TABLE b AS {twice}")
        n, alike = connection.execute(
            f"SELECT count(*), count(*) / count(DISTINCT person) FROM ({kept})"
        ).fetchone()
        assert n == pytest.approx(persons, rel=0.01)
        assert alike == 2
        connection.execute(f"CREATE OR REPLACE TABLE b AS SELECT 1 AS person FROM range({persons})")
        whole = f"SELECT count(*) FROM b WHERE {views.sampled('b')}"
        assert connection.execute(whole).fetchone() == (persons,)
        fewer = f"SELECT count_if(NOT ({views.sampled('b')})) FROM b WHERE "
        fewer += views.sampled("b", most=1000)
        connection.execute(f"CREATE OR REPLACE TABLE b AS {twice}")
        assert connection.execute(fewer).fetchone() == (0,)


def test_columns_that_are_codes_numbers_or_have_many_values() -> None:
    schema = pa.DataFrameSchema(
        {
            **SCHEMA.columns,
            "month": pa.Column(str, pa.Check.isin(["2015-01"])),
            "year_week": pa.Column(int, pa.Check.isin([201501])),
            "day": pa.Column("datetime64[ns]", pa.Check.isin(["2015-01-01"])),
            "year": pa.Column(int),
            "share": pa.Column(float),
            "words": pa.Column(str),
        }
    )
    assert panels.coded(schema) == ("woman", "code")
    assert panels.varying(schema) == ["woman", "code", "wage", "weeks", "share"]
    assert list(panels.many(schema)) == ["county", "birth_year", "since", "day"]


def test_tables_with_places_or_numbers_alone_are_judged_by_these() -> None:
    place = pa.DataFrameSchema({"person": pa.Column(int), "county": pa.Column(str)})
    number = pa.DataFrameSchema({"person": pa.Column(int), "wage": pa.Column(int)})
    for schema, changed in (
        (
            place,
            {"county": "CASE p % 12 WHEN 3 THEN 'k4' WHEN 4 THEN 'k3' ELSE 'k' || (p % 12) END"},
        ),
        (number, {"wage": f"{WAGE} * 2"}),
    ):
        rule = panels.followed("b", schema, "t")
        assert judged(rule, b=panel()) == []
        (name,) = changed
        later = {name: f"if(t < 30, {GOOD[name]}, {changed[name]})"}
        ((column, words, _),) = judged(rule, b=panel(**later))
        assert column == name
        assert "0002-07 (100)" in words


def test_places_that_are_followed_are_kept_with_all_their_rows() -> None:
    assert views.sampled("b", "office") in rule(unit="office").sql
    assert "hash(office)" in views.sampled("b", "office")
