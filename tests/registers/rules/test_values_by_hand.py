"""Rules about numbers and rows that are not the register's, on small tables."""

import pytest
from judging import basis, judged

from naveval.registers.rules import homes, levels, links, shares, values
from naveval.registers.rules.signs import LEAST_FOLLOWED, LEAST_PERSONS, PLAIN

WAGES = "SELECT p AS person, 1 + (p * 7919) % 1500 AS wage FROM range(4000) x(p)"


@pytest.mark.parametrize(
    ("wage", "share"),
    [
        ("wage", ""),
        ("least(wage, 750)", "50"),
        ("least(wage, 1484)", "1"),
        ("IF(person % 30 = 0, 1500, wage)", "3"),
        ("IF(person % 10 = 0, 1499, IF(person % 40 = 1, 1500, wage))", ""),  # a usual one below it
        ("least(wage, 50)", ""),  # few values
        ("IF(person % 70 = 0, 9999, wage)", "1"),
        ("IF(person % 500 = 0, 9999, wage)", ""),  # few rows
    ],
)
def test_highest_values_that_many_have_are_told(wage, share) -> None:
    rows = f"SELECT person, {wage} AS wage FROM ({WAGES})"
    found = judged(values.uncapped("b", "wage"), b=rows)
    assert len(found) == bool(share)
    for column, words, warning in found:
        assert (column, warning) == ("wage", True)
        assert words.startswith("expected a highest value that few rows have; capped, or told for")
        assert words.endswith(f"seen: {share} per cent have it")
    fewer = f"SELECT * FROM ({rows}) WHERE person < {LEAST_PERSONS - 1}"
    assert judged(values.uncapped("b", "wage"), b=fewer) == []
    assert basis(values.uncapped("b", "wage"), b=rows) == 4000


@pytest.mark.parametrize(
    ("wage", "told"),
    [
        ("wage", ""),
        ("wage // 10 * 10", "100"),
        ("wage // 5 * 5", "100"),
        ("wage // 4 * 4", ""),
        ("IF(person % 10 = 0, wage, 5)", ""),
    ],
)
def test_numbers_that_are_nearly_all_multiples_of_five_are_told(wage, told) -> None:
    found = judged(values.exact("b", "wage"), b=f"SELECT person, {wage} AS wage FROM ({WAGES})")
    words = "expected numbers that are not nearly all multiples of 5; rounded?; seen: "
    assert found == ([("wage", f"{words}{told} per cent are", True)] if told else [])


ROWS = "SELECT p AS person, t FROM range(50) x(p), range(20) y(t) WHERE (p + t) % 3 = 0"


@pytest.mark.parametrize(
    ("own", "warning"),
    [
        (ROWS, False),
        (f"SELECT * FROM ({ROWS}) WHERE person > 1", False),
        (
            f"SELECT * FROM ({ROWS}) WHERE person % 2 = 0",
            None,
        ),  # too few rows
        (f"SELECT * FROM ({ROWS}) WHERE person > 10", True),
        (f"SELECT person, t + 1 AS t FROM ({ROWS})", None),
    ],
)
def test_rows_of_another_table_are_told(own, warning) -> None:
    rule = values.apart("b", "FROM b", {"a": "FROM a"})
    found = judged(rule, a=ROWS, b=own)
    assert [item[2] for item in found] == ([] if warning is None else [warning])
    for column, words, _ in found:
        assert column == "person"
        assert "other persons and periods than in a; that table's rows?" in words
        assert words.endswith("100 per cent of the rows are of the same")
    assert (rule.least, basis(rule, b=ROWS)) == (LEAST_FOLLOWED, 333)


@pytest.mark.parametrize(("lost", "share"), [(0, ""), (50, ""), (300, "70"), (1000, "0")])
def test_persons_who_are_not_in_the_other_table_are_told(lost, share) -> None:
    people = "SELECT p AS person FROM range({}, 1000) x(p), range(2) y(k)"
    found = judged(values.among("b", "a", 0.9), a=people.format(lost), b=people.format(0))
    assert [(column, warning) for column, _, warning in found] == [("person", True)] * bool(share)
    assert all(words.endswith(f"seen: {share} per cent") for _, words, _ in found)
    few = f"SELECT p AS person FROM range({LEAST_FOLLOWED - 1}) x(p)"
    assert judged(values.among("b", "a", 0.9), a=people.format(1000), b=few) == []


PANEL = """
    SELECT p AS person, 'p' || (p % 6) AS place, t, 100 + (p * 13 + t * 7) % 60 AS wage
    FROM range(60) x(p), range(30) y(t)
"""


@pytest.mark.parametrize(
    ("factor", "told"),
    [
        ("1", ""),
        ("IF(place = 'p3' AND t = 11, 12, 1)", "p3 11 (10 of 10), p3 12 (10 of 10)"),
        ("IF(place = 'p3' AND t >= 28, 0.05, 1)", "p3 28 (10 of 10)"),
        ("IF(t = 11, 12, 1)", ""),  # in every place
        ("IF(place = 'p3' AND t = 11 AND person < 20, 12, 1)", ""),  # three of ten
        ("IF(place = 'p3' AND t = 11, 1.5, 1)", ""),
    ],
)
def test_numbers_of_one_place_that_change_at_once_are_told(factor, told) -> None:
    own = values.sudden("b", "wage", period="t", label=PLAIN)
    rows = f"SELECT * REPLACE (wage * {factor} AS wage) FROM ({PANEL})"
    found = judged(own, b=rows)
    assert [(column, warning) for column, _, warning in found] == [("wage", True)] * bool(told)
    assert all(words.endswith(told) for _, words, _ in found)
    home = "SELECT DISTINCT person, place FROM a"
    apart = values.sudden("b", "wage", period="t", label=PLAIN, home=home)
    assert judged(apart, a=PANEL, b=f"SELECT * EXCLUDE (place) FROM ({rows})") == found


@pytest.mark.parametrize(
    ("county", "told"), [("k % 4", ""), ("hash(k) % 4", "3"), ("IF(k % 50 = 0, 9, k % 4)", "")]
)
def test_regions_of_several_counties_are_told(county, told) -> None:
    rows = f"SELECT k AS person, k % 20 AS region, {county} AS county FROM range(2000) x(k)"
    found = judged(values.nested("b", "region", "county", 0.9), b=rows)
    assert [(column, warning) for column, _, warning in found] == [("region, county", True)] * bool(
        told
    )
    assert all(f"seen: {told}" in words for _, words, _ in found)


@pytest.mark.parametrize(
    ("kind", "told"),
    [("k % 10 = 0", ""), ("k % 10 = 0 AND y <> 3", "3"), ("k % 100 = 0 AND y <> 3", "")],
)
def test_a_kind_that_a_year_lacks_is_told(kind, told) -> None:
    rows = f"SELECT k AS person, y, {kind} AS kind FROM range(5) a(y), range(1000) b(k)"
    found = judged(values.in_every("b", "kind", "kind", "y", "some"), b=rows)
    assert found == ([("kind", f"expected some; seen: none in {told}", True)] if told else [])


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ("k + 987000000", False),
        ("(1 + k % 28) * 1000000000 + (1 + k % 12) * 10000000 + k", True),
        ("(41 + k % 28) * 1000000000 + (41 + k % 12) * 10000000 + k", True),
        ("(1 + k % 28) * 1000000000 + (13 + k % 7) * 10000000 + k", False),
        ("IF(k % 10 = 0, k, (1 + k % 28) * 1000000000 + (1 + k % 12) * 10000000 + k)", False),
    ],
)
def test_ids_in_the_form_of_national_numbers_are_told(ids, told) -> None:
    rows = f"SELECT ({ids})::BIGINT AS person FROM range(1000) x(k)"
    assert len(judged(values.pseudonyms("b"), b=rows)) == told


CODES = """
    SELECT p AS person, 'p' || (p % 6) AS place, IF(p % 5 = 0, 'a', 'b') AS code
    FROM range(900) x(p), range(3) y(t)
"""


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("code", ""),
        (
            "IF(place = 'p2', 'a', code)",
            "p2 (0; 80 in the median place), p2 (100; 20 in the median",
        ),
        ("IF(place = 'p2' AND person % 4 = 0, 'a', code)", ""),
        ("IF(person % 2 = 0, 'a', code)", ""),
    ],
)
def test_codes_of_one_place_alone_are_told(code, told) -> None:
    rows = f"SELECT * REPLACE ({code} AS code) FROM ({CODES})"
    found = judged(shares.everywhere_alike("b", ["code"]), b=rows)
    assert [(column, warning) for column, _, warning in found] == [("code", True)] * bool(told)
    assert all(told in words for _, words, _ in found)
    rule = shares.everywhere_alike("b", ["code"], home="SELECT DISTINCT person, place FROM a")
    assert judged(rule, a=CODES, b=f"SELECT person, code FROM ({rows})") == found


STAYS = """
    SELECT p AS person, 'p' || (p % 6) AS place, t FROM range(1800) x(p), range(20) y(t)
    WHERE (p // 6 + t) % 10 > 0
"""


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("true", ""),
        ("NOT (place = 'p2' AND t >= 9 AND person % 4 = 0)", "p2 9 ("),
        ("NOT (t >= 9 AND person // 6 % 4 = 0)", ""),  # in every place
        ("NOT (t >= 9 AND person // 6 % 3 < 2)", "all places 9 ("),
        ("NOT (place = 'p2' AND t >= 9 AND person % 50 = 2)", ""),
    ],
)
def test_persons_that_leave_one_place_at_once_are_told(kept, told) -> None:
    rule = links.leaving("b", "t", "place", label=PLAIN)
    found = judged(rule, b=f"SELECT * FROM ({STAYS}) WHERE {kept}")
    assert [(column, warning) for column, _, warning in found] == [("person", True)] * bool(told)
    assert all(f"not found again in {told}" in words for _, words, _ in found)
    assert basis(rule, b=STAYS) == 1800
    apart = links.leaving("b", "t", label=PLAIN, home="SELECT DISTINCT person, place FROM a")
    assert judged(apart, a=STAYS, b=f"SELECT person, t FROM ({STAYS}) WHERE {kept}") == found


RIGHTS = """
    SELECT k AS person, 'p' || (k % 3) AS county, k % 2 = 0 AS early, k % 7 % 3 > 0 AS of_others,
        IF(early, k % 10 < 8, k % 10 < 3) AS has, 24 AS t FROM range(6000) x(k)
"""


@pytest.mark.parametrize(
    ("has", "told"),
    [
        ("has", ""),
        ("has <> (county = 'p1')", "the opposite in p1 ("),
        ("has AND county <> 'p1'", ""),
    ],
)
def test_places_with_the_opposite_order_are_warned_of(has, told) -> None:
    rows = f"SELECT * REPLACE (({has}) AS has) FROM ({RIGHTS})"
    rule = levels.ordered(
        "b", "has", "has", "early", "NOT early", "more early", period="t", place="county"
    )
    found = judged(rule, b=rows)
    assert [(column, warning) for column, _, warning in found] == [("has", True)] * bool(told)
    assert all(told in words for _, words, _ in found)


@pytest.mark.parametrize(
    ("times", "close", "told"),
    [
        (1.4, ["wage"], []),
        (1.9, ["wage"], [True]),
        (1.9, [], []),
        (3.0, ["wage"], [False]),
    ],
)
def test_sizes_of_one_place_alone_are_warned_of_where_places_are_alike(times, close, told) -> None:
    rows = f"""
        SELECT p AS person, 'p' || (p % 6) AS place,
            (100 + (p * 7) % 11) * IF(p % 6 = 2, {times}, 1) AS wage FROM range(1200) x(p)
    """
    rule = homes.everywhere("b", "SELECT person, place FROM b", "wage", close=close)
    found = judged(rule, b=rows)
    assert [warning for *_, warning in found] == told
    assert all("times the median in p2 (" in words for _, words, _ in found)


@pytest.mark.parametrize(
    ("office", "counties", "seen"),
    [
        ("county", 8, "8 and 8"),
        ("county // 2", 8, "4 and 8"),
        ("10 * county + p % 3", 8, ""),
        ("county", 4, ""),  # an extract of a few counties, of one office each
    ],
)
def test_small_places_of_the_level_of_large_ones_are_told(office, counties, seen) -> None:
    rows = (
        f"SELECT p AS person, {office} AS office, county "
        f"FROM (SELECT p, p // 9 % {counties} AS county FROM range(2000) x(p))"
    )
    found = judged(values.finer("b", "office", "county"), b=rows)
    words = f"expected more codes of office than of county; codes of another level?; seen: {seen}"
    assert found == ([("office", words, True)] if seen else [])
