"""Signs, each a query of its own, that persons or places who are followed are not the same.

They read the relations that `panels.followed` makes: `kept`, the rows; `paired`, with the row of
the period before; `periods`, `moves` and `shares`, counts of them by period. The columns `about`,
`expected` and `seen` are the message: see `breaches.Rule`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from naveval.registers.connections import identifier, quote

LEAST_PAIRS = 12  # of consecutive periods
LEAST_LINKED = 50
LEAST_STAYING, LEAST_FOLLOWED = 0.3, 200  # of so many rows with a row of the period before
BY_CHANCE, LEAST_ALIKE = 0.5, 0.3  # of the changes that shuffled codes have; a correlation
USUAL_GAPS, MOST_GAPS = 0.06, 0.2  # of rows between two periods on each side
LOST_AT_ONCE = 0.1  # of these rows of one period, beside what is usual
SURE = 4  # standard deviations
UNLIKELY, MOST_COPIES = 12, 2  # -ln of a probability; periods
FOUND_AGAIN = 0.75  # of what is usual
JUMP = 0.4  # of the persons, or of the rows
DEVIATIONS = 8  # robust standard deviations
SELDOM = 0.05  # of those with a code, who leave it from one period to the next
FAR = 1.8  # times what a person's number was
MOST_MISSED = 0.25  # of persons, for what time itself moves
MOST_CHANGING = 0.01  # of persons, for what a person cannot change
LEAST_PERSONS = 1000
LEAST_EXPECTED = 25  # rows of a period, before none is no chance
MOST_ALIKE, LEAST_VALUES = 0.25, 10  # of rows with one of so many values
SHOWN = 5
PLACES = ("county", "municipality", "office", "region")
FOLLOW = "values that follow from those of the period before; rows exchanged?"
MONTH = "printf('%04d-%02d', t // 12, t % 12 + 1)"
PLAIN = "CAST(t AS VARCHAR)"
MOST = "gone DESC, t"


@dataclass(frozen=True)
class Step:
    """A column that moves from `low` to `high` from one period to the next for most persons."""

    column: str
    low: float
    high: float
    words: str


def some(text: str, order: str = "t") -> str:
    """SQL that lists the first texts of a group in order, and how many there are."""
    return (
        f"array_to_string(list({text} ORDER BY {order})[:{SHOWN}], ', ') "
        f"|| CASE WHEN count(*) > {SHOWN} THEN ' … (' || count(*) || ')' ELSE '' END"
    )


def before(name: str) -> str:
    return identifier("before " + name)


def staying(unit: str, label: str, shocks: bool) -> str:
    known = f"{label} || ' (' || round(100 * share)::INT || ')'"
    return f"""
        SELECT * FROM (
            WITH pairs AS (
                SELECT t, back, least(n, lag(n) OVER earlier) AS fewer, back / fewer AS share
                FROM periods WINDOW earlier AS (ORDER BY t) QUALIFY lag(t) OVER earlier = t - 1
            ),
            usual AS (
                SELECT median(share) FILTER (fewer >= {LEAST_LINKED}) AS stay,
                    sum(back) / sum(fewer) AS pooled, sum(fewer) AS n FROM pairs
            )
            SELECT {quote(unit)} AS about,
                'persons with the same id from one period to the next' AS expected, printf(
                '%.1f per cent of them; a new id in each row?', 100 * pooled) AS seen
            FROM usual WHERE n >= {LEAST_FOLLOWED} AND pooled < {LEAST_STAYING}
            UNION ALL
            SELECT {quote(unit)}, 'as many persons of the period before in every period (usually '
                || round(100 * any_value(stay))::INT
                || ' per cent); periods exchanged, or other ids?', 'per cent in ' || {some(known)}
            FROM pairs, usual
            WHERE {not shocks} AND pooled >= {LEAST_STAYING} AND fewer >= {LEAST_LINKED}
                AND share < {FOUND_AGAIN} * stay
                AND stay - share > {DEVIATIONS} * sqrt(stay * (1 - stay) / fewer)
            HAVING count(*) > 0
        )
    """


def gaps(unit: str, label: str, shocks: bool) -> str:
    """Rows lost here and there, or in one period: persons who lack one, with two on each side.

    One period is compared with all others and with those beside it, since years can be less whole.
    """
    times = ", ".join(f"lead(t, {ahead}) OVER own - t AS ahead_{ahead}" for ahead in (1, 2, 3))
    odd = f"share - {SURE} * sqrt({{0}} * (1 - {{0}}) / n) > {{0}}"
    told = f"{label} || printf(' (%.0f; %.0f usually)', 100 * share, 100 * usual)"
    return f"""
        SELECT * FROM (
            WITH cells AS MATERIALIZED (
                SELECT t + 1 AS t, count_if(ahead_1 = 2 AND ahead_2 = 3) AS lost,
                    lost + count_if(ahead_1 = 1 AND ahead_2 = 2 AND ahead_3 = 3) AS n
                FROM (
                    SELECT t, t - lag(t) OVER own AS back, {times} FROM kept
                    WINDOW own AS (PARTITION BY person ORDER BY t)
                ) WHERE back = 1 GROUP BY t
            ),
            judged AS (
                SELECT *, greatest(
                    (sum(lost) OVER () - lost + 1) / (sum(n) OVER () - n + 2),
                    lag(share) OVER time, lead(share) OVER time
                ) AS usual
                FROM (SELECT t, lost, n, lost / n AS share FROM cells WHERE n > 0)
                WINDOW time AS (ORDER BY t)
            )
            SELECT {quote(unit)}, 'a row in the period between, of those with rows in two periods '
                || 'before and two after; rows lost?', printf('%.0f per cent lack it', 100 * share),
                NOT ({odd.format(MOST_GAPS)})
            FROM (SELECT sum(cells.n) AS n, sum(cells.lost) / sum(cells.n) AS share FROM cells)
            WHERE n >= {LEAST_FOLLOWED} AND {odd.format(USUAL_GAPS)}
            UNION ALL
            SELECT {quote(unit)}, 'a row in each period, of those with rows in two periods before '
                || 'and two after, as usual; rows lost there?',
                'per cent lack the one in ' || {some(told)}, true
            FROM judged
            WHERE {not shocks} AND share > usual + {LOST_AT_ONCE}
                AND lost * ln(share / usual)
                    + IF(lost < n, (n - lost) * ln((1 - share) / (1 - usual)), 0)
                    > {UNLIKELY} + ln((SELECT count(*) FROM judged))
            HAVING count(*) > 0
        )
    """


def most_alike(pairs: str) -> str:
    """SQL of the largest share `same` of `n` that is left when two periods are copies.

    Quarters' and years' numbers stand in several months on purpose, and in some months few move.
    """
    return f"""
        SELECT min(share) AS usual FROM (
            SELECT (same + 1) / (n + 2) AS share FROM {pairs} ORDER BY same / n DESC, n DESC
            LIMIT {MOST_COPIES + 1}
        )
    """


def copied(unit: str, label: str) -> str:
    """A period whose rows are those of the period before, all of them and in all columns."""
    return f"""
        SELECT * FROM (
            WITH pairs AS (
                SELECT t, n, same, lag(n) OVER earlier AS was FROM periods
                WINDOW earlier AS (ORDER BY t) QUALIFY lag(t) OVER earlier = t - 1
            )
            SELECT {quote(unit)} AS about, 'rows that are not all as in the period before; a '
                || 'period delivered for another?' AS expected,
                'all the same in ' || {some(label)} AS seen
            FROM pairs, ({most_alike("pairs")})
            WHERE same = n AND n = was AND n * -ln(usual) > {UNLIKELY}
            HAVING count(*) > 0
        )
    """


def redrawn(name: str) -> str:
    """A code that changes nearly as often as if each row had drawn its own."""
    now, was = identifier(name), before(name)
    return f"""
        SELECT {quote(name)}, {quote(FOLLOW)},
            printf('%.0f per cent change, %.0f would by chance', 100 * share, 100 * chance)
        FROM (
            SELECT count(*) AS n, count_if({now} <> {was}) / n AS share FROM paired WHERE linked
        ), (
            SELECT 1 - sum(k * k) / (sum(k) * sum(k)) AS chance
            FROM (SELECT count(*)::DOUBLE AS k FROM kept GROUP BY {now})
        )
        WHERE n >= {LEAST_FOLLOWED}
            AND share > {BY_CHANCE} * chance + {SURE} * sqrt(chance * (1 - chance) / n)
    """


def unlike(name: str) -> str:
    """A number that tells nothing of what it was; a warning, since it can be drawn on purpose.

    Logarithms are compared with the mean of their period, since all can grow together.
    """
    logs = {"now": identifier(name), "was": before(name)}
    apart = ", ".join(
        f"ln(1 + greatest({of}, 0)) - avg(ln(1 + greatest({of}, 0))) OVER (PARTITION BY t) AS {to}"
        for to, of in logs.items()
    )
    return f"""
        SELECT {quote(name)}, {quote(FOLLOW)}, printf('a correlation of %.2f', alike), true
        FROM (
            SELECT count_if(there) AS n, corr(now, was) AS alike
            FROM (SELECT {identifier(name)} > 0 AS there, {apart} FROM paired WHERE linked)
        ) WHERE n >= {LEAST_FOLLOWED} AND alike < {LEAST_ALIKE}
    """


def in_order(names: Sequence[str]) -> str:
    """Numbers that never fall from row to row: a column that was sorted without its rows.

    Owners sort a table by ids and then by time, or by time and then by ids.
    """
    orders = {"ids": "ORDER BY person, t", "time": "ORDER BY t, person"}
    befores = ", ".join(
        f"lag({identifier(name)}) OVER ({order}) AS {identifier(f'{word} {name}')}"
        for name in names
        for word, order in orders.items()
    )
    counts = ", ".join(
        f"{{'name': {quote(name)}, 'word': {quote(word)}, 'n': count(*), "
        f"'k': count(DISTINCT {identifier(name)}), "
        f"'down': count_if({identifier(name)} < {identifier(f'{word} {name}')}), "
        f"'up': count_if({identifier(name)} > {identifier(f'{word} {name}')})}}"
        for name in names
        for word in orders
    )
    return f"""
        SELECT name, 'numbers that do not follow the order of the rows; a column that was sorted '
            || 'alone?', 'none out of order when rows are sorted by ' || word
        FROM (
            SELECT unnest([{counts}], recursive := true) FROM (SELECT *, {befores} FROM kept)
        )
        WHERE n >= {LEAST_PERSONS} AND k > 2 AND least(down, up) = 0
    """


def vanished(name: str, label: str) -> str:
    """A code, or a number above zero, that no row of a period has though many others' rows do."""
    return f"""
        SELECT * FROM (
            WITH counts AS (
                SELECT t, CAST({identifier(name)} AS VARCHAR) AS code, count(*) AS n
                FROM kept GROUP BY ALL
            ),
            wholes AS (SELECT t, sum(n) AS whole FROM counts GROUP BY t),
            usual AS (
                SELECT code, sum(n) / (SELECT sum(whole) FROM wholes) AS level FROM counts
                GROUP BY code HAVING level > {SELDOM}
            )
            SELECT {quote(name)}, 'codes that some have in every period; lost, or another code?',
                'none with a code that ' || round(100 * max(level))::INT
                || ' per cent have in all, in ' || {some(label)}, true
            FROM usual CROSS JOIN wholes LEFT JOIN counts USING (t, code)
            WHERE n IS NULL AND level * whole > {LEAST_EXPECTED}
            GROUP BY code
        )
    """


def emptied(name: str, label: str) -> str:
    """A number that is zero in every row of a period, though many have more in others."""
    return f"""
        SELECT * FROM (
            WITH counts AS (
                SELECT t, count(*) AS whole, count_if({identifier(name)} > 0) AS n FROM kept
                GROUP BY t
            )
            SELECT {quote(name)}, 'numbers above zero in every period; lost there?',
                'none in ' || {some(label)}
            FROM counts, (SELECT sum(n) / sum(whole) AS level FROM counts)
            WHERE n = 0 AND level * whole > {LEAST_EXPECTED}
            HAVING count(*) > 0
        )
    """


def levels(name: str, label: str) -> str:
    """A mean that is far from what it was in the period before, of numbers that persons vary.

    Where a period has few rows, so many periods before and after are taken together as have enough.
    """
    told = f"{label} || printf(' (%.2f)', mean / was)"
    after, earlier = (f"sum(n) FILTER (other.t {sign} own.t)" for sign in (">=", "<"))
    return f"""
        SELECT * FROM (
            WITH sums AS (
                SELECT t, sum({identifier(name)}) AS whole, count(*) AS n FROM kept
                WHERE {identifier(name)} > 0 GROUP BY t
            ),
            wide AS (SELECT 1 + floor({LEAST_LINKED} / median(n))::INTEGER AS w FROM sums),
            steps AS (
                SELECT own.t, sum(whole) FILTER (other.t >= own.t) / {after} AS mean,
                    sum(whole) FILTER (other.t < own.t) / {earlier} AS was
                FROM (SELECT t FROM sums) AS own, wide
                    JOIN sums AS other ON other.t BETWEEN own.t - w AND own.t + w - 1
                GROUP BY own.t HAVING least({after}, {earlier}) >= {LEAST_LINKED}
            )
            SELECT {quote(name)}, 'about the same mean as in the period before; another unit?',
                'times the period before in ' || {some(told)}
            FROM steps WHERE abs(ln(mean / was)) > ln({FAR}) HAVING count(*) > 0
        )
    """


def jumps(columns: Sequence[str], label: str) -> str:
    """Columns that most persons change at once, and codes that most leave while others come."""
    listed = ", ".join(quote(name) for name in (*columns, ""))
    places = ", ".join(quote(name) for name in PLACES)
    told = f"{label} || ' (' || round(100 * share)::INT || ')'"
    return f"""
        SELECT * FROM (
            WITH usual AS (
                SELECT *, median(share) OVER own AS level, mad(share) OVER own AS spread
                FROM shares WHERE name IN ({listed})
                WINDOW own AS (PARTITION BY name, code)
            )
            SELECT name AS about, IF(code IS NULL,
                'a value that most persons keep', 'codes that most persons do not leave at once '
                || 'while others come to them (exchanged?)') || ' from one period to the next ('
                || round(100 * max(level))::INT || ' per cent change it usually)' AS expected,
                'per cent who changed it in ' || {some(told)} AS seen
            FROM usual
            WHERE share - level > {JUMP} AND share - level
                > {DEVIATIONS} * greatest(1.4826 * spread, sqrt(level * (1 - level) / again))
                AND (code IS NULL OR 2 * came >= gone
                    AND (level <= {SELDOM} OR name IN ({places})))
            GROUP BY name, code IS NULL
        )
    """


def fixed(column: str, label: str) -> str:
    told = f"{label} || ' (' || gone || ')'"
    return f"""
        SELECT {quote(column)}, 'one value for a person in all periods', sum(gone)
            || ' changes among ' || any_value(persons) || ' persons, most in ' || {some(told, MOST)}
        FROM shares, everybody
        WHERE name = {quote(column)} AND code IS NULL AND gone > 0
        HAVING sum(gone) > {MOST_CHANGING} * any_value(persons)
    """


def step(step: Step, label: str) -> str:
    told = f"{label} || ' (' || round(100 * share)::INT || ')'"
    words = (
        f"{step.words} ({step.low:g} to {step.high:g} from one period to the next for most; "
        "another unit, periods exchanged, or a highest value?)"
    )
    return f"""
        SELECT {quote(step.column)}, {quote(words)}, 'per cent who do not in ' || {some(told)}
        FROM shares
        WHERE name = {quote(step.column)} AND code IS NULL AND share > {MOST_MISSED}
        HAVING count(*) > 0
    """


def alone(column: str, rows: str, persons: str, least: int = LEAST_PERSONS) -> str:
    quoted = identifier(column)  # -1 in every row says that nobody has what the column tells
    return f"""
        SELECT {quote(column)} AS about, 'two values or more of so many' AS expected,
            'one value in every row' AS seen FROM {rows}
        HAVING min({quoted}) = max({quoted}) AND {persons} >= {least}
            AND CAST(min({quoted}) AS VARCHAR) <> '-1'
    """


def heap(column: str, of: str, rows: str) -> str:
    """A birth, day, month or place that a large part of the rows has, though there are many."""
    words = f"many values, none of them in more than {100 * MOST_ALIKE:g} per cent of the rows"
    return f"""
        SELECT {quote(column)} AS about, {quote(words)} AS expected,
            printf('one value in %.0f per cent', 100 * max(n) / sum(n)) AS seen
        FROM (SELECT count(*) AS n FROM {rows} WHERE {of} IS NOT NULL GROUP BY {of})
        HAVING sum(n) >= {LEAST_PERSONS} AND count(*) >= {LEAST_VALUES}
            AND max(n) > {MOST_ALIKE} * sum(n)
    """
