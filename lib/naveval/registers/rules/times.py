"""What tells that a whole table is late or early: another table tells of the same persons' times.

What follows from each other happens at once: benefits are paid while somebody is registered, cards
begin with a decision. A table that is a month or a year late fits the other better a month or a
year away. All are warnings, since a payment can follow what it is for. Each function makes one
rule of one query; see `breaches.Rule` for what its columns mean.
"""

from collections.abc import Sequence

from naveval.registers.connections import quote
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.signs import (
    LEAST_FOLLOWED,
    LEAST_LINKED,
    SURE,
    some,
)
from naveval.registers.rules.values import few

MONTH_OR_YEAR = (1, 12)  # in months
TIMES = 1.5  # as many that fit only elsewhere as fit only at the same time
LEAST_SERIES = 24  # periods
NEAR = 0.1  # of a sum
MONTHS, LESS = 12, 0.1  # days that can be months; of the rows that find their like
PART = {  # SQL of the rows that are compared, of all rows `t`: their runs' beginnings and ends
    "all": "SELECT person, t, early FROM {0}",
    "first": "SELECT person, t, early FROM {0} "
    "QUALIFY lag(t) OVER (PARTITION BY person ORDER BY t) IS DISTINCT FROM t - 1",
    "last": "SELECT person, t, early FROM {0} "
    "QUALIFY lead(t) OVER (PARTITION BY person ORDER BY t) IS DISTINCT FROM t + 1",
    "after": "SELECT person, t + 1 AS t, early FROM {0} "
    "QUALIFY lead(t) OVER (PARTITION BY person ORDER BY t) IS DISTINCT FROM t + 1",
}


def simultaneous(
    table: str,
    column: str,
    rows: str,
    others: str,
    words: str,
    *,
    parts: tuple[str, str] = ("all", "all"),
    shifts: Sequence[int] = MONTH_OR_YEAR,
    least: float = 0.0,
    sample: str = "",
    days: bool = False,
) -> Rule:
    """What two tables tell of a person happens in the same period, not rather in one beside.

    Nor less so on the first twelve days of a month, as where days and months are exchanged, which
    days after the twelfth cannot be.

    Parameters
    ----------
    rows, others
        SQL of person and period `t` of the table and of the other.
    parts
        Which of these are compared: "all", the "first" or the "last" of each unbroken run of
        periods, or the one "after" it.
    shifts
        Periods away, both ways, that the table is tried at.
    least
        Share of the rows that find their like; less is told too.
    sample
        The larger table of the two, of which some persons are enough; "" is this one.
    days
        Whether `rows` tell the `day` of the month too.

    Example
    -------
    >>> simultaneous("b", "person", "FROM b", "FROM a", "a row in a").warning
    True
    """
    ways = [way for shift in shifts for way in (shift, -shift)]
    tried = ", ".join(
        f"{{'away': {way}, 'n': count(*), 'hits': count_if(same), "
        f"'gain': count_if({_found(way)} AND NOT same AND t + ({way}) BETWEEN low AND high), "
        f"'loss': count_if(same AND NOT {_found(way)} AND t + ({way}) BETWEEN low AND high)}}"
        for way in ways
    )
    found = ", ".join(f"hash(person, t + ({way})) IN (FROM keys) AS {_found(way)}" for way in ways)
    early = f"min(day) <= {MONTHS}" if days else "false"
    told = (
        "IF(moved, printf('%d have none but %d periods %s, and %d none but in the same', gain, "
        "abs(away), IF(away > 0, 'later', 'earlier'), loss), "
        "printf('%.0f per cent', 100 * hits / n))"
    )
    return Rule(
        table,
        column,
        words,
        f"""
        WITH given AS (
            SELECT person, t, {early} AS early FROM ({rows}) WHERE {few(sample or table)}
            GROUP BY person, t
        ),
        beside AS (
            SELECT DISTINCT person, t, false AS early FROM ({others})
            WHERE {few(sample or table)}
        ),
        own AS ({PART[parts[0]].format("given")}),
        others AS MATERIALIZED ({PART[parts[1]].format("beside")}),
        keys AS MATERIALIZED (SELECT hash(person, t) AS key FROM others),
        ends AS (
            SELECT greatest(a.low, b.low) + 1 AS low, least(a.high, b.high) - 1 AS high
            FROM (SELECT min(t) AS low, max(t) AS high FROM given) AS a,
                (SELECT min(t) AS low, max(t) AS high FROM beside) AS b
        ),
        compared AS {"MATERIALIZED" if days else ""} (
            SELECT t, low, high, early, hash(person, t) IN (FROM keys) AS same, {found}
            FROM own, ends WHERE t BETWEEN low AND high
        ),
        judged AS (
            SELECT *, gain >= {LEAST_LINKED}
                AND gain > {TIMES} * loss + {SURE} * sqrt(gain + loss) AS moved
            FROM (SELECT unnest([{tried}], recursive := true) FROM compared)
        )
        SELECT * FROM (
            SELECT {quote(words)} AS expected, {told} AS seen FROM judged
            WHERE moved OR n >= {LEAST_FOLLOWED} AND hits < {least} * n
            ORDER BY moved DESC, gain - loss DESC LIMIT 1
        ) {_exchanged() if days else ""}
        """,
        warning=True,
        basis=f"SELECT count(*) FROM ({rows})",
        least=LEAST_LINKED,
    )


def _exchanged() -> str:
    """SQL of a finding: those on days that can be months find their like less than the others."""
    chance = "sqrt(early * (1 - early) / n + late * (1 - late) / k)"
    return f"""
        UNION ALL
        SELECT 'as many in periods of the other table on the first {MONTHS} days of a month as '
            || 'on the others; days and months exchanged?',
            printf('%.0f per cent, and %.0f on the others', 100 * early, 100 * late)
        FROM (
            SELECT count_if(early) AS n, count_if(NOT early) AS k,
                count_if(early AND same) / n AS early, count_if(NOT early AND same) / k AS late
            FROM compared
        ) WHERE least(n, k) >= {LEAST_LINKED} AND late - early > {LESS} + {SURE} * {chance}
    """


def _found(way: int) -> str:
    return f"{'later' if way > 0 else 'earlier'}_{abs(way)}"


def in_step(
    table: str,
    column: str,
    series: str,
    others: str,
    words: str,
    *,
    shifts: Sequence[int] = MONTH_OR_YEAR,
) -> Rule:
    """Two series of the whole country move together in the same period, not rather beside it.

    Parameters
    ----------
    series, others
        SQL of period `t` and number `n` of the table and of the other.

    Example
    -------
    >>> in_step("b", "n", "FROM b", "FROM a", "as many as in a").least
    24
    """
    ways = ", ".join(str(way) for shift in (0, *shifts) for way in {shift, -shift})
    return Rule(
        table,
        column,
        words,
        f"""
        WITH alike AS (
            SELECT away, count(*) AS k, corr(own.n, other.n) AS alike
            FROM (SELECT unnest([{ways}]) AS away), ({series}) AS own
                JOIN ({others}) AS other ON other.t = own.t + away
            GROUP BY away
        )
        SELECT printf('a correlation of %.2f, and of %.2f %d periods %s', same.alike, beside.alike,
            abs(beside.away), IF(beside.away > 0, 'later', 'earlier')) AS seen
        FROM alike AS same, alike AS beside
        WHERE same.away = 0 AND least(same.k, beside.k) >= {LEAST_SERIES}
            AND NOT isnan(same.alike) AND NOT isnan(beside.alike)
            AND atanh(least(beside.alike, 0.999)) - atanh(least(same.alike, 0.999))
                > {SURE} * sqrt(2 / (least(same.k, beside.k) - 3))
        ORDER BY beside.alike DESC LIMIT 1
        """,
        warning=True,
        basis=f"SELECT count(DISTINCT t) FROM ({series})",
        least=LEAST_SERIES,
    )


def adding_up(
    table: str, column: str, months: str, years: str, words: str, *, shifts: Sequence[int] = (1,)
) -> Rule:
    """A year's number is the sum of its months' in another table, not rather of months beside.

    Parameters
    ----------
    months, years
        SQL of person, `t` and `n` of the table, and of person, `year` and `n` of the other.

    Example
    -------
    >>> adding_up("b", "n", "FROM b", "FROM a", "the sum of b").column
    'n'
    """
    ways = ", ".join(str(way) for shift in (0, *shifts) for way in {shift, -shift})
    near = f"abs(sums.n - whole.n) <= {NEAR} * whole.n"
    return Rule(
        table,
        column,
        words,
        f"""
        WITH months AS MATERIALIZED (SELECT person, t, n FROM ({months}) WHERE {few(table)}),
        ends AS (SELECT min(t) // 12 + 1 AS low, max(t) // 12 - 1 AS high FROM months),
        sums AS (
            SELECT away, person, (t + away) // 12 AS year, sum(n) AS n
            FROM months, (SELECT unnest([{ways}]) AS away) GROUP BY ALL
        ),
        shares AS (
            SELECT away, count(*) AS k, avg(({near})::INTEGER) AS share
            FROM ends, sums
                JOIN (SELECT * FROM ({years}) WHERE {few(table)}) AS whole USING (person, year)
            WHERE whole.n > 0 AND year BETWEEN low AND high
            GROUP BY away
        )
        SELECT printf('%.0f per cent, and %.0f with months %d %s', 100 * same.share,
            100 * beside.share, abs(beside.away), IF(beside.away > 0, 'later', 'earlier')) AS seen
        FROM shares AS same, shares AS beside
        WHERE same.away = 0 AND same.k >= {LEAST_FOLLOWED} AND beside.share - same.share
            > {SURE} * sqrt(2 * beside.share * (1 - beside.share) / same.k + 1 / same.k)
        ORDER BY beside.share DESC LIMIT 1
        """,
        warning=True,
        basis=f"SELECT count(DISTINCT person) FROM {table}",
        least=LEAST_FOLLOWED,
    )


def seldom(
    table: str, column: str, condition: str, period: str, most: float, words: str, *, rows: str
) -> Rule:
    """What few rows are in any one period, such as a level below that of the period before.

    Periods that were exchanged, or the last one delivered as the first, have many in one.

    Parameters
    ----------
    condition
        SQL of what a row seldom is.
    period
        SQL of the period of a row, as it is told.
    most
        Share of a period's rows.
    rows
        SQL of the rows; it samples.

    Example
    -------
    >>> seldom("b", "level", "fallen", "year", 0.05, "no lower levels", rows="FROM b").warning
    True
    """
    told = "t || printf(' (%.0f)', 100 * share)"
    return Rule(
        table,
        column,
        words,
        f"""
        SELECT 'per cent in ' || {some(told)} AS seen FROM (
            SELECT {period} AS t, count(*) AS n, count_if({condition}) / n AS share
            FROM ({rows}) GROUP BY 1
        )
        WHERE n >= {LEAST_FOLLOWED} AND share - {SURE} * sqrt({most * (1 - most):g} / n) > {most:g}
        HAVING count(*) > 0
        """,
        warning=True,
    )
