"""Rules about tables that are late, on small tables of which the answer is plain."""

import pytest
from judging import basis, judged

from naveval.registers.rules import times
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.signs import LEAST_FOLLOWED, LEAST_LINKED
from naveval.registers.rules.times import LEAST_SERIES

# Spells of four months, one in every nine, that begin at another month for each person.
SPELLS = """
    SELECT p AS person, t FROM range(90) people(p), range(100, 200) months(t)
    WHERE (t + p) % 9 < 4
"""


def later(by: int, rows: str = SPELLS) -> str:
    return f"SELECT person, t + ({by}) AS t FROM ({rows})"


def simultaneous(**settings) -> Rule:
    return times.simultaneous("b", "person", "FROM b", "FROM a", "a row in a", **settings)


def test_what_happens_at_once_is_not_told() -> None:
    assert judged(simultaneous(), a=SPELLS, b=SPELLS) == []
    assert (simultaneous().least, basis(simultaneous(), b=SPELLS)) == (LEAST_LINKED, 4000)


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (1, "1 periods earlier"),
        (-1, "1 periods later"),
        (12, "12 periods earlier"),
        (-12, "12 periods later"),
    ],
)
def test_a_late_table_fits_better_elsewhere_and_that_is_told(by, words) -> None:
    ((column, found, warning),) = judged(simultaneous(), a=SPELLS, b=later(by))
    assert (column, warning) == ("person", True)
    assert found.startswith("expected a row in a; seen: ")
    assert words in found
    assert found.endswith(" and 0 none but in the same")


def test_rows_of_a_part_of_the_other_are_at_once_with_it() -> None:
    some = f"SELECT * FROM ({SPELLS}) WHERE (t + person) % 9 = 2"
    for rule in (simultaneous(), simultaneous(least=0.9)):
        assert judged(rule, a=SPELLS, b=some) == []


def test_beginnings_and_ends_are_compared_where_asked_for() -> None:
    after = f"SELECT person, t FROM ({SPELLS.replace('< 4', '>= 4')})"
    fits = simultaneous(parts=("first", "after"))
    assert judged(fits, a=SPELLS, b=after) == []
    ((_, words, _),) = judged(fits, a=SPELLS, b=later(1, after))
    assert "1 periods earlier" in words
    last = simultaneous(parts=("first", "last"))
    ((_, words, _),) = judged(last, a=SPELLS, b=after)
    assert "1 periods earlier" in words
    assert judged(last, a=SPELLS, b=later(-1, after)) == []


def test_few_that_fit_better_elsewhere_are_not_told() -> None:
    few = f"SELECT * FROM ({SPELLS}) WHERE person < 3"
    assert judged(simultaneous(), a=few, b=later(1, few)) == []


@pytest.mark.parametrize(("share", "told"), [(5, True), (10, False)])
def test_rows_that_find_no_like_are_told_where_asked_for(share, told) -> None:
    other = f"SELECT person + 1000 * (person % 10 >= {share})::INT AS person, t FROM ({SPELLS})"
    found = judged(simultaneous(least=0.75), a=SPELLS, b=other)
    assert bool(found) is told
    assert judged(simultaneous(), a=SPELLS, b=other) == []
    if told:
        assert found[0][1].endswith("seen: 50 per cent")


@pytest.mark.parametrize(
    ("moved", "seen"),
    [
        ("day <= 12 AND p % 4 = 0", "73 per cent, and 100 on the others"),
        ("day <= 12 AND p % 20 = 0", ""),  # five per cent
        ("p % 4 = 0", ""),  # on all days
        ("day > 12 AND p % 4 = 0", ""),
    ],
)
def test_first_days_that_find_their_like_less_are_told_where_asked_for(moved, seen) -> None:
    """Rows whose days and months are exchanged lie where their person has none."""
    told = SPELLS.replace("p AS person, t", "p, t, (p * 7 + t * 5) % 28 + 1 AS day")
    own = f"SELECT p + 1000 * ({moved})::INT AS person, t, day FROM ({told})"
    found = judged(simultaneous(days=True), a=SPELLS, b=own)
    words = (
        "expected as many in periods of the other table on the first 12 days of a month as on the "
        f"others; days and months exchanged?; seen: {seen}"
    )
    assert found == ([("person", words, True)] if seen else [])
    assert judged(simultaneous(), a=SPELLS, b=own) == []


def series(by: int = 0, n: int = 60) -> str:
    return f"SELECT t, 100 + (t * t * 7 + t * 3) % 41 AS n FROM range({by}, {n + by}) x(t)"


def shifted(by: int, n: int = 60) -> str:
    return f"SELECT t + ({by}) AS t, n FROM ({series(0, n)})"


def in_step() -> Rule:
    return times.in_step("b", "n", "FROM b", "FROM a", "as many as in a")


@pytest.mark.parametrize(
    ("by", "words"),
    [(0, ""), (1, "1.00 1 periods earlier"), (-12, "1.00 12 periods later"), (5, "")],
)
def test_series_that_move_together_elsewhere_are_told(by, words) -> None:
    found = judged(in_step(), a=shifted(0), b=shifted(by))
    assert len(found) == bool(words)
    for column, text, warning in found:
        assert (column, warning) == ("n", True)
        assert text.endswith(words)


def test_short_series_are_not_judged() -> None:
    assert judged(in_step(), a=shifted(0, 23), b=shifted(1, 23)) == []
    assert (in_step().least, basis(in_step(), b=series())) == (LEAST_SERIES, 60)


def test_series_that_stand_still_for_years_are_not_judged_beside() -> None:
    """Without its last year nothing is left that could move with the other."""
    still = f"SELECT t, IF(t < max(t) OVER () - 11, 7, n) AS n FROM ({shifted(0)})"
    assert judged(in_step(), a=shifted(0), b=still) == []


WAGES = """
    SELECT p AS person, t, 1000 + (p * 31 + t * t * 17) % 997 + 500 * ((p + t) % 7) AS n
    FROM range(60) people(p), range(12 * 2010, 12 * 2020) months(t)
"""
INCOMES = f"SELECT person, t // 12 AS year, sum(n) AS n FROM ({WAGES}) GROUP BY ALL"


@pytest.mark.parametrize(("by", "words"), [(0, ""), (1, "1 earlier"), (-1, "1 later")])
def test_months_that_add_up_to_other_years_are_told(by, words) -> None:
    rule = times.adding_up("b", "n", "FROM b", "FROM a", "the sum of b")
    spiked = WAGES.replace(
        "1000 +",
        "1000 + 20000 * (t % 12 = 0 AND t // 12 % 2 = p % 2)::INT + "
        "9000 * (t % 12 = 11 AND t // 12 % 3 = p % 3)::INT +",
    )
    incomes = f"SELECT person, t // 12 AS year, sum(n) AS n FROM ({spiked}) GROUP BY ALL"
    moved = f"SELECT person, t + ({by}) AS t, n FROM ({spiked})"
    found = judged(rule, a=incomes, b=moved)
    assert len(found) == bool(words)
    for column, text, warning in found:
        assert (column, warning) == ("n", True)
        assert text.endswith(words)
        assert "and 100 with months" in text
    assert (rule.least, basis(rule, b=WAGES)) == (LEAST_FOLLOWED, 60)


@pytest.mark.parametrize(
    ("part", "n", "words"),
    [
        (0.03, 1000, ""),
        (0.2, 1000, "2015 (20)"),
        (0.2, LEAST_FOLLOWED - 1, ""),
        (0.06, 1000, ""),
    ],
)
def test_what_is_seldom_is_told_where_many_are(part, n, words) -> None:
    rows = f"""
        SELECT y AS year, k < {n} * {part} AND y = 2015 AS bad
        FROM range(2013, 2018) a(y), range({n}) b(k)
    """
    rule = times.seldom("b", "bad", "bad", "year", 0.05, "few", rows="FROM b")
    found = judged(rule, b=rows)
    assert found == ([("bad", f"expected few; seen: per cent in {words}", True)] if words else [])
