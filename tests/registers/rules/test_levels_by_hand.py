"""Rules about sizes, places and totals, on small tables of which the answer is plain."""

import doctest

import pytest
from judging import basis, judged

from naveval.registers import views
from naveval.registers.rules import levels
from naveval.registers.rules.levels import LEAST_ORDERED, LEAST_ROWS, Limit
from naveval.registers.rules.signs import PLAIN


def test_documented_examples_hold() -> None:
    assert doctest.testmod(levels).failed == 0


def rows(*counts: tuple[str, int]) -> str:
    """Rows of values, each so many times."""
    parts = (f"SELECT {value} FROM range({n})" for value, n in counts)
    return " UNION ALL ".join(parts)


HOURS = Limit("hours", 10, 60, "hours a week")


@pytest.mark.parametrize(
    ("value", "seen"), [(10, ""), (60, ""), (9.5, "9.5"), (60.5, "60.5"), (1234.5, "1.23e+03")]
)
def test_a_mean_lies_between_its_limits(value, seen) -> None:
    found = judged(levels.plausible("b", HOURS), b=rows((f"{value} AS hours", 1)))
    words = f"expected hours a week (a mean from 10 to 60); seen: a mean of {seen}"
    assert found == ([("hours", words, False)] if seen else [])


def test_a_mean_is_of_the_rows_that_count_and_of_what_is_asked_for() -> None:
    of = Limit("hours", 10, 60, "hours a week", of="minutes / 60", where="here")
    table = "SELECT unnest([1200, 7200, NULL]) AS minutes, unnest([true, false, true]) AS here"
    assert judged(levels.plausible("b", of), b=table) == []
    ((column, words, _),) = judged(
        levels.plausible("b", of), b=f"SELECT minutes, true AS here FROM ({table})"
    )
    assert column == "hours"
    assert words.endswith("a mean of 70")
    nobody = f"SELECT minutes, false AS here FROM ({table})"
    assert judged(levels.plausible("b", of), b=nobody) == []


@pytest.mark.parametrize(
    ("value", "warning"),
    [(10, True), (19.9, True), (20, None), (45, None), (60, True), (61, False)],
)
def test_an_unusual_mean_is_a_warning_and_an_odd_one_a_breach(value, warning) -> None:
    limit = Limit("hours", 10, 60, "hours a week", usual=(20, 45))
    found = judged(levels.plausible("b", limit), b=rows((f"{value} AS hours", 1)))
    words = "expected hours a week (a mean from 10 to 60, usually from 20 to 45); seen: a mean of "
    assert found == ([] if warning is None else [("hours", f"{words}{value}", warning)])


YOUNG = Limit("age", 0.5, 0.5, "ages below 30", of="age < 30", where="age > 0", share=True)


@pytest.mark.parametrize(
    ("young", "old", "seen"),
    [
        (100, 100, ""),
        (128, 72, ""),  # 0.64, and the most by chance is 0.5 + 4 * sqrt(0.25 / 200) = 0.6414
        (129, 71, "64.5"),
        (72, 128, ""),
        (71, 129, "35.5"),
        (199, 0, ""),
        (200, 0, "100.0"),
    ],
)
def test_a_share_lies_between_its_limits_but_for_chance(young, old, seen) -> None:
    table = rows(("20 AS age", young), ("40 AS age", old), ("0 AS age", 500))
    rule = levels.plausible("b", YOUNG)
    found = judged(rule, b=table)
    words = f"expected ages below 30 in 50 to 50 per cent of the rows; seen: {seen} per cent"
    assert found == ([("age", words, False)] if seen else [])
    assert (rule.least, basis(rule, b=table)) == (LEAST_ROWS, young + old)


def test_several_limits_are_judged_in_one_pass() -> None:
    rule = levels.plausible("b", HOURS, Limit("hours", 0, 20, "hours"), YOUNG)
    assert rule.column == "hours, age"
    assert rule.expected == "means and shares within limits far apart"
    assert rule.warning is False
    table = rows(("5 AS hours, 20 AS age", 150), ("65 AS hours, 40 AS age", 150))
    ((column, words, _),) = judged(rule, b=table)
    assert (column, words) == ("hours", "expected hours (a mean from 0 to 20); seen: a mean of 35")
    old = Limit("age", 0, 1, "ages above 67", of="age > 67", where="age > 30", share=True)
    assert basis(levels.plausible("b", YOUNG, old), b=table) == 150
    assert levels.plausible("b", HOURS).basis == ""


def test_other_rows_than_the_table_are_judged_where_asked_for() -> None:
    rule = levels.plausible("b", HOURS, YOUNG, rows="SELECT * FROM b WHERE hours > 30")
    table = rows(("5 AS hours, 20 AS age", 300), ("40 AS hours, 40 AS age", 20))
    assert judged(rule, b=table) == []
    assert basis(rule, b=table) == 20
    assert judged(levels.plausible("b", HOURS), b=table) != []


def series(size: str, where: str = "true") -> str:
    """Six places in twelve months; the size with place `p` and month `t`, in two rows each."""
    return f"""
        SELECT 'p' || p AS place, t, ({size}) / 2 AS n
        FROM range(6) places(p), range(24, 36) months(t), range(2) parts(k) WHERE {where}
    """


STEADY = "about as much in each place as in the period before"
LEVEL = "1000 * (p + 1)"


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (LEVEL, ""),
        (f"{LEVEL} * if(p = 3 AND t >= 30, 1.19, 1)", ""),
        (f"{LEVEL} * if(p = 3 AND t >= 30, 1.25, 1)", "p3 0002-07 (1.25)"),
        (f"{LEVEL} * if(p = 3 AND t >= 30, 0.8, 1)", "p3 0002-07 (0.80)"),
        (f"{LEVEL} * if(p = 3 AND t = 30, 1.25, 1)", "p3 0002-07 (1.25), p3 0002-08 (0.80)"),
        (f"{LEVEL} * if(t >= 30, 1.19, 1)", ""),
        (f"{LEVEL} * if(t >= 30, 1.19, 1) * if(p = 3 AND t >= 30, 1.19, 1)", ""),
        (
            f"{LEVEL} * if(t >= 30, 1.25, 1)",
            "p0 0002-07 (1.25), p1 0002-07 (1.25), p2 0002-07 (1.25), p3 0002-07 (1.25), "
            "p4 0002-07 (1.25) … (6)",
        ),
        # A place that swings by a quarter most months is not told.
        (f"{LEVEL} * if(p = 3 AND t % 3 = 0, 1.25, 1)", ""),
        # One whose size doubles is told though it swings a little.
        (f"{LEVEL} * if(p = 3 AND t % 2 = 0, 1.01, 1) * if(p = 3 AND t > 30, 2, 1)", "p3"),
        # 4000 becomes 4200 and 5000 becomes 4762: neither ends where the other was.
        (f"{LEVEL} * if(t < 30, 1, CASE p WHEN 3 THEN 1.05 WHEN 4 THEN 1 / 1.05 ELSE 1 END)", ""),
        # 4000 and 4200 change places.
        (
            f"CASE p WHEN 3 THEN if(t < 30, 4000, 4200) WHEN 4 THEN if(t < 30, 4200, 4000) "
            f"ELSE {LEVEL} END",
            "p3 0002-07 (1.05), p4 0002-07 (0.95)",
        ),
        # 4000 becomes 4200, but 4200 becomes 4300: no exchange.
        (
            f"CASE p WHEN 3 THEN if(t < 30, 4000, 4200) WHEN 4 THEN if(t < 30, 4200, 4300) "
            f"ELSE {LEVEL} END",
            "",
        ),
        # 4000 becomes 4200, and 4200 becomes 3500: only one ends where the other was.
        (
            f"CASE p WHEN 3 THEN if(t < 30, 4000, 4200) WHEN 4 THEN if(t < 30, 4200, 3600) "
            f"ELSE {LEVEL} END",
            "",
        ),
        # 4000 and 4040 differ by one per cent: too little to tell.
        (
            f"CASE p WHEN 3 THEN if(t < 30, 4000, 4040) WHEN 4 THEN if(t < 30, 4040, 4000) "
            f"ELSE {LEVEL} END",
            "",
        ),
        # Places without anything, and then with something, have no change to speak of.
        (f"{LEVEL} * if(p = 3 AND t < 30, 0, 1)", ""),
    ],
)
def test_a_number_of_each_place_stays(size, told) -> None:
    rule = levels.steady("b", "place", "t", "n")
    assert (rule.column, rule.expected, rule.warning) == ("n", STEADY, False)
    found = judged(rule, b=series(size))
    words = (
        f"expected {STEADY}, or as much more or less as elsewhere; places exchanged, or another "
        f"unit?; seen: times the period before in {told}"
    )
    assert [(column, text[: len(words)], warning) for column, text, warning in found] == (
        [("n", words, False)] if told else []
    )


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (f"{LEVEL} + if(t < 30, t, t - 1)", "0002-07"),
        (f"{LEVEL} + if(t < 30 OR p = 3, t, t - 1)", ""),
        (f"{LEVEL} + t // 3", ""),
    ],
)
def test_a_period_that_is_a_copy_of_the_one_before_is_told(size, told) -> None:
    words = (
        "expected numbers that are not all as in the period before; a period delivered for "
        f"another?; seen: all the same in {told}"
    )
    found = judged(levels.steady("b", "place", "t", "n"), b=series(size))
    assert found == ([("n", words, False)] if told else [])


def test_periods_apart_are_not_compared() -> None:
    jump = series(f"{LEVEL} * if(p = 3 AND t >= 30, 2, 1)", "t <> 29 OR p <> 3")
    assert judged(levels.steady("b", "place", "t", "n"), b=jump) == []


def test_periods_are_told_as_asked_for_and_may_be_a_warning() -> None:
    rule = levels.steady("b", "left(place, 2)", "t * 1", "n", label=PLAIN, warning=True)
    ((_, words, warning),) = judged(rule, b=series(f"{LEVEL} * if(p = 3 AND t >= 30, 2, 1)"))
    assert warning
    assert words.endswith("in p3 30 (2.00)")


WHOLE = "SELECT 'p' || p AS place, t, 100000 AS n FROM range(5) places(p), range(3) years(t)"


def parts(*shares: float) -> str:
    """What five places have of their whole: these shares in two years, half of it in a third."""
    listed = ", ".join(str(share) for share in shares)
    return f"""
        SELECT 'p' || p AS place, t, if(t = 3, 0.5, [{listed}][p + 1]) * 100000 AS n
        FROM range(5) places(p), range(1, 4) years(t)
    """


@pytest.mark.parametrize(
    ("shares", "told", "warning"),
    [
        ((0.1, 0.1, 0.1, 0.1, 0.1), "", False),
        ((0.06, 0.1, 0.1, 0.1, 0.24), "", False),
        ((0.1, 0.1, 0.1, 0.1, 0.26), "p4 (0.26); 0.1 in the median place", False),
        ((0.1, 0.1, 0.03, 0.1, 0.1), "p2 (0.03); 0.1 in the median place", False),
        ((0.18, 0.2, 0.2, 0.2, 0.31), "p4 (0.31); 0.2 in the median place", False),
        ((0.018, 0.02, 0.02, 0.02, 0.03), "p0 (0.018); 0.02 in the median place", False),
        (
            (0.04, 0.05, 0.05, 0.05, 0.05),
            "p0 (0.04), p1 (0.05), p2 (0.05), p3 (0.05), p4 (0.05); 0.05 in the median place",
            True,
        ),
        (
            (0.05, 0.05, 0.05, 0.05, 0.15),
            "p4 (0.15), p0 (0.05), p1 (0.05), p2 (0.05), p3 (0.05); 0.05 in the median place",
            False,
        ),
        ((0.004, 0.1, 0.1, 0.1, 0.1), "", False),  # 800 persons
    ],
)
def test_what_each_place_has_of_a_whole(shares, told, warning) -> None:
    rule = levels.proportional(
        "b", "n", "SELECT * FROM b", "SELECT * FROM w", 0.019, 0.3, "job seekers", usual=0.06
    )
    if min(shares) == 0.018:
        rule = levels.proportional(
            "b", "n", "SELECT * FROM b", "SELECT * FROM w", 0.019, 0.3, "job seekers"
        )
    found = judged(rule, b=parts(*shares), w=WHOLE)
    words = f"expected job seekers; seen: shares in {told}"
    assert found == ([("n", words, warning)] if told else [])


def codes(total: str, months: int = 12, others: str = "100 * (k + 1)") -> str:
    """Three codes in each month, and a fourth with what is given, of their sum 600."""
    return f"""
        SELECT t, 'c' || k AS code, {others} AS n FROM range(3) codes(k), range({months}) months(t)
        UNION ALL SELECT t, 'x', {total} FROM range({months}) months(t)
    """


@pytest.mark.parametrize(
    ("total", "months", "n"),
    [
        ("600", 12, 12),
        ("600", 11, 0),
        ("605", 12, 12),
        ("595", 12, 12),
        ("607", 12, 0),
        ("593", 12, 0),
        ("if(t < 19, 600, 50)", 20, 20),
        ("if(t < 18, 600, 50)", 20, 0),
        ("400", 12, 0),
    ],
)
def test_a_code_that_is_the_sum_of_the_others(total, months, n) -> None:
    rule = levels.no_total("b", "code", "n", "t")
    assert (rule.column, rule.expected) == ("code", "codes that are parts")
    words = (
        "expected codes of which none is the total of the others; "
        f"seen: x is half of the sum of n in {n} rows; a mapping leaves totals out by "
        "without: {code: [x]}"
    )
    assert judged(rule, b=codes(total, months)) == ([("code", words, False)] if n else [])


def test_codes_add_up_within_all_that_they_are_told_by() -> None:
    two = f"SELECT *, 'r' || k AS region FROM ({codes('600', 6)}), range(2) regions(k)"
    ((_, words, _),) = judged(levels.no_total("b", "code", "n", "region", "t"), b=two)
    assert "in 12 rows;" in words


def test_one_of_two_codes_and_codes_without_anything_are_no_total() -> None:
    alike = "SELECT t, 'c' || k AS code, 5 AS n FROM range(2) codes(k), range(20) months(t)"
    rule = levels.no_total("b", "code", "n", "t")
    assert judged(rule, b=alike) == []
    assert judged(rule, b=codes("0", others="0")) == []


def wages(more: str, less: str, n: int = LEAST_ORDERED, others: int = LEAST_ORDERED) -> str:
    """Wages in the months 24 and 25 of so many who have more and who have less."""
    return f"""
        SELECT 24 + k % 2 AS t, true AS more, {more} AS wage FROM range({n}) rows(k)
        UNION ALL SELECT 24 + k % 2, false, {less} FROM range({others}) rows(k)
        UNION ALL SELECT 24, NULL, 1000 FROM range(500)
    """


def order(**kind: float) -> levels.Rule:
    words = "more than the others"
    return levels.ordered("b", "wage", "wage", "more", "NOT more", words, period="t", **kind)


OPPOSITE = "expected more than the others; seen: {}, against {}; the opposite in {}"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (wages("6", "5"), ()),
        (wages("5", "5"), ()),
        (wages("5", "6"), ("5.00", "6.00", "0002-01, 0002-02")),
        (wages("if(k % 2 = 0, 7, 3)", "6"), ("5.00", "6.00", "0002-02")),
        (wages("5", "6", n=LEAST_ORDERED - 1), ()),
        (wages("5", "6", others=LEAST_ORDERED - 1), ()),
        (wages("k % 4 = 0", "k % 2 = 0"), ("0.25", "0.50", "0002-01")),
    ],
)
def test_some_have_more_than_others(table, told) -> None:
    rule = order()
    assert judged(rule, b=table) == ([("wage", OPPOSITE.format(*told), False)] if told else [])
    assert rule.least == LEAST_ORDERED


def test_how_much_less_is_too_much() -> None:
    table = wages("5", "6")
    assert judged(order(times=0.8), b=table) == []
    assert judged(order(times=0.9), b=table) != []
    assert judged(order(apart=1.5), b=table) == []
    assert judged(order(apart=0.5), b=table) != []
    assert judged(order(times=2, apart=1.5), b=wages("6", "4")) == []  # in no month less
    few = wages("5", "6", n=10, others=20)
    assert basis(order(), b=few) == 10
    assert judged(order(least=10), b=few) != []
    assert judged(order(least=11), b=few) == []
    assert order(least=10).least == 10


def test_of_a_large_table_some_persons_are_enough(monkeypatch) -> None:
    """All rows of half of the persons, who have less; of all of them who should has more."""
    table = "SELECT *, hash(k) % 2 = 0 AS chosen FROM (SELECT k // 2 AS k, k % 2 = 0 AS more FROM "
    table += "range(8000) rows(k))"
    table = f"SELECT k AS person, 24 AS t, more, if(more = chosen, 5, 6) AS wage FROM ({table})"
    assert judged(order(sample="person"), b=table) == judged(order(), b=table)
    monkeypatch.setattr(views, "PART_ROWS", 4000)
    assert (
        judged(order(), b=f"SELECT * REPLACE (wage + if(more, 2, 0) AS wage) FROM ({table})") == []
    )
    ((column, words, warning),) = judged(order(sample="person"), b=table)
    assert (column, words) == ("wage", OPPOSITE.format("5.00", "6.00", "0002-01"))
    assert warning is False
    assert judged(order(sample="person", warning=True), b=table)[0][2] is True


def test_means_of_a_large_table_are_those_of_some_persons(monkeypatch) -> None:
    table = (
        "SELECT k // 2 AS person, if(hash(k // 2) % 2 = 0, 65, 15) AS hours FROM range(8000) r(k)"
    )
    rule = levels.plausible("b", HOURS, sample="person")
    assert judged(rule, b=table) == []
    monkeypatch.setattr(views, "PART_ROWS", 4000)
    ((column, words, _),) = judged(levels.plausible("b", HOURS, sample="person"), b=table)
    assert (column, words.rpartition(" ")[2]) == ("hours", "65")
    assert judged(levels.plausible("b", HOURS), b=table) == []
