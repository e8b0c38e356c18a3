"""What tells that numbers or rows are not the register's: capped, another table's, another unit.

Each function makes one rule of one query; see `breaches.Rule` for what its columns mean.
"""

from collections.abc import Mapping

from naveval.registers.connections import identifier, quote
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.signs import (
    FAR,
    JUMP,
    LEAST_EXPECTED,
    LEAST_FOLLOWED,
    LEAST_LINKED,
    LEAST_PERSONS,
    SURE,
    UNLIKELY,
    some,
)
from naveval.registers.views import part_of, sampled

FEW_ROWS = 200_000  # enough for the size of numbers in each place and month
LEAST_CONTINUOUS, CAPPED, HEAPED = 60, 0.01, 2  # values; of the rows; times any other value
FAR_ABOVE = 1.25  # times the second highest value
COARSE = 5  # nearly all rows are multiples of it
NEARLY_ALL = 0.95  # of the rows
LEAST_LARGE = 5  # large places


def few(table: str, unit: str = "person") -> str:
    """Condition that keeps all rows of some persons: `FEW_ROWS`, or up to twice as many."""
    return sampled(table, unit, FEW_ROWS)


def uncapped(table: str, *columns: str, unit: str = "person") -> Rule:
    """Amounts have no highest value that many rows have: they are cut off, or it means another.

    Of at least `LEAST_CONTINUOUS` values the highest is that of `CAPPED` of the rows, and of
    `HEAPED` times as many as any other of the upper half: a full month's hours are not. Or it is
    `FAR_ABOVE` times the second highest, as 999 is where nobody knows.

    Parameters
    ----------
    unit
        Column of which some values are enough to judge by in a large table.

    Example
    -------
    >>> uncapped("wages", "wage").column
    'wage'
    """
    parts = (
        f"""
        SELECT {quote(name)} AS about, 'a highest value that few rows have; capped, or told for '
            || 'those of whom nothing is known?' AS expected,
            printf('%.0f per cent have it', 100 * most / n) AS seen
        FROM (
            SELECT count(*) AS k, sum(n) AS n, arg_max(n, value) AS most,
                coalesce(max(n) FILTER (value < top AND 2 * value >= top), 0) AS other,
                any_value(top) AS top,
                max(value) FILTER (value < top) AS second
            FROM (
                SELECT *, max(value) OVER () AS top FROM (
                    SELECT {identifier(name)} AS value, count(*) AS n FROM {table}
                    WHERE {identifier(name)} > 0 AND {few(table, unit)} GROUP BY 1
                )
            )
        )
        WHERE n >= {LEAST_PERSONS} AND k >= {LEAST_CONTINUOUS}
            AND (most >= {CAPPED} * n AND most >= {HEAPED} * other
                OR most >= {LEAST_LINKED} AND top >= {FAR_ABOVE} * second)
        """
        for name in columns
    )
    return Rule(
        table,
        ", ".join(columns),
        "a highest value that few rows have",
        " UNION ALL ".join(parts),
        warning=True,
        basis=f"SELECT count(*) FROM {table}",
        least=LEAST_PERSONS,
    )


def exact(table: str, *columns: str) -> Rule:
    """Whole numbers that are not nearly all multiples of `COARSE`, as decades of birth are.

    Example
    -------
    >>> exact("persons", "birth_year").column
    'birth_year'
    """
    parts = (
        f"""
        SELECT {quote(name)} AS about, 'numbers that are not nearly all multiples of {COARSE}; '
            || 'rounded?' AS expected, printf('%.0f per cent are', 100 * share) AS seen
        FROM (
            SELECT count(*) AS n,
                avg(({identifier(name)} % {COARSE} = 0)::INTEGER) AS share
            FROM {part_of(table)} WHERE {identifier(name)} > 0 AND {few(table)}
        ) WHERE n >= {LEAST_PERSONS} AND share > {NEARLY_ALL}
        """
        for name in columns
    )
    return Rule(
        table,
        ", ".join(columns),
        f"numbers that are not nearly all multiples of {COARSE}",
        " UNION ALL ".join(parts),
        warning=True,
        basis=f"SELECT count(*) FROM {table}",
        least=LEAST_PERSONS,
    )


def apart(table: str, rows: str, others: Mapping[str, str], *, sample: str = "") -> Rule:
    """Rows that are not another table's: nearly all of them are of its persons and periods.

    That is a warning, and where the other has no more rows a breach.

    Parameters
    ----------
    rows
        SQL of person and period `t` of the table.
    others
        SQL of the same, by the name of the other table.
    sample
        The largest of the tables, of which some persons are enough; "" is this one.

    Example
    -------
    >>> apart("b", "FROM b", {"a": "FROM a"}).expected
    'other persons and periods than in another table'
    """
    parts = (
        f"SELECT {quote(name)} AS name, count(*) AS n, count_if(hash(person, t) IN (FROM own)) "
        f"AS alike FROM (SELECT DISTINCT person, t FROM ({sql}) WHERE {few(sample or table)})"
        for name, sql in others.items()
    )
    return Rule(
        table,
        "person",
        "other persons and periods than in another table",
        f"""
        WITH own AS MATERIALIZED (
            SELECT DISTINCT hash(person, t) AS key FROM ({rows}) WHERE {few(sample or table)}
        ),
        size AS (SELECT count(*) AS whole FROM own)
        SELECT 'other persons and periods than in ' || name || '; that table''s rows?' AS expected,
            printf('%.0f per cent of the rows are of the same', 100 * alike / whole) AS seen,
            n * {NEARLY_ALL} > whole AS warning
        FROM ({" UNION ALL ".join(parts)}), size
        WHERE whole >= {LEAST_FOLLOWED} AND alike > {NEARLY_ALL} * whole
        """,
        basis=f"SELECT count(*) FROM ({rows})",
        least=LEAST_FOLLOWED,
    )


def among(table: str, other: str, least: float) -> Rule:
    """So large a share of a table's persons is in another: persons of that were lost, or others'.

    Example
    -------
    >>> among("hours", "stock", 0.9).expected
    'persons who are in stock, 90 per cent of them or more; persons lost there?'
    """
    return Rule(
        table,
        "person",
        f"persons who are in {other}, {100 * least:g} per cent of them or more; persons lost "
        "there?",
        f"""
        SELECT printf('%.0f per cent', 100 * share) AS seen FROM (
            SELECT count(*) AS n, count_if(person IN (
                SELECT person FROM {other} WHERE {few(table)}
            )) / n AS share
            FROM (SELECT DISTINCT person FROM {part_of(table)} WHERE {few(table)})
        )
        WHERE n >= {LEAST_FOLLOWED} AND share + {SURE} * sqrt({least * (1 - least):g} / n) < {least}
        """,
        warning=True,
        basis=f"SELECT count(DISTINCT person) FROM {table}",
        least=LEAST_FOLLOWED,
    )


def sudden(
    table: str, *columns: str, period: str, label: str, home: str = "", place: str = "place"
) -> Rule:
    """Persons' numbers do not become `FAR` times as large, or as small, at once in one place.

    Persons are compared with themselves in the period before, so that few are enough; and places
    with the other places, since all can be paid more in one month.

    Parameters
    ----------
    period
        SQL for the number of a row's period; consecutive periods have consecutive numbers.
    label
        SQL of the text of the period `t`.
    home
        SQL of person and place, one row for each person; "" for a table that has places.
    place
        Column of the place.

    Example
    -------
    >>> homes = "SELECT person, county AS place FROM persons"
    >>> sudden("wages", "wage", period="t", label="t", home=homes).column
    'wage'
    """
    befores = ", ".join(
        f"lag({identifier(name)}) OVER earlier AS {identifier('before ' + name)}"
        for name in columns
    )
    counts = ", ".join(_counts(name) for name in columns)
    join = f"JOIN (SELECT * FROM ({home}) WHERE {few(table)}) USING (person)" if home else ""
    told = f"place || ' ' || {label} || printf(' (%d of %d)', far, n)"
    where = f"place || ' ' || {label}"
    return Rule(
        table,
        ", ".join(columns),
        "numbers of about the size they had in the period before, in every place",
        f"""
        WITH paired AS (
            SELECT *, lag(t) OVER earlier = t - 1 AS linked, {befores}
            FROM (SELECT *, {period} AS t FROM {part_of(table)} WHERE {few(table)})
            WINDOW earlier AS (PARTITION BY person ORDER BY t)
        ),
        cells AS (
            SELECT {place} AS place, t, unnest([{counts}], recursive := true)
            FROM paired {join} WHERE linked GROUP BY {place}, t
        ),
        judged AS (
            SELECT *, greatest(
                (sum(far) OVER own + 1) / (sum(n) OVER own + {LEAST_EXPECTED}),
                coalesce(median(far / n) OVER (PARTITION BY name, t), 0)
            ) AS usual, far / n AS share
            FROM cells WHERE n > 0 WINDOW own AS (PARTITION BY name)
        )
        SELECT name AS about, 'numbers of about the size that the same persons had in the period '
            || 'before, as in other places; another unit there?' AS expected,
            'persons who had far more or less in ' || {some(told, "t, place")} AS seen,
            {some(where, "t, place")} AS places
        FROM judged WHERE share > usual + {JUMP}
            AND far * ln(share / usual)
                + IF(far < n, (n - far) * ln((1 - share) / (1 - usual)), 0)
                > {UNLIKELY} + ln((SELECT count(*) FROM cells))
        GROUP BY name
        """,
        warning=True,
        basis=f"SELECT count(DISTINCT person) FROM {table}",
        least=LEAST_FOLLOWED,
    )


def _counts(name: str) -> str:
    """SQL of a struct: persons with a number in both periods, and the more of far up or down."""
    now, was = identifier(name), identifier("before " + name)
    return (
        f"{{'name': {quote(name)}, 'n': count_if({now} > 0 AND {was} > 0), 'far': greatest("
        f"count_if({now} > {FAR} * {was} AND {was} > 0), "
        f"count_if({now} * {FAR} < {was} AND {now} > 0))}}"
    )


def nested(table: str, inner: str, outer: str, least: float) -> Rule:
    """Most rows with one place, such as a labour-market region, are of one larger place.

    Example
    -------
    >>> nested("stock", "region", "county", 0.9).column
    'region, county'
    """
    return Rule(
        table,
        f"{inner}, {outer}",
        f"one {outer} for {100 * least:g} per cent or more of those with one {inner}; other "
        "codes, or mixed up?",
        f"""
        SELECT printf('%.0f per cent', 100 * share) AS seen FROM (
            SELECT sum(n) AS n, sum(most) / sum(n) AS share FROM (
                SELECT sum(n) AS n, max(n) AS most FROM (
                    SELECT {inner}, {outer}, count(*) AS n FROM {part_of(table)}
                    WHERE {few(table)} GROUP BY ALL
                ) GROUP BY {inner}
            )
        ) WHERE n >= {LEAST_PERSONS} AND share < {least}
        """,
        warning=True,
        basis=f"SELECT count(*) FROM {table}",
        least=LEAST_PERSONS,
    )


def finer(table: str, inner: str, outer: str) -> Rule:
    """There are more codes of small places than of large ones: they are not of the same level.

    Example
    -------
    >>> finer("stock", "office", "county").expected
    'more codes of office than of county; codes of another level?'
    """
    return Rule(
        table,
        inner,
        f"more codes of {inner} than of {outer}; codes of another level?",
        f"""
        SELECT printf('%d and %d', small, large) AS seen FROM (
            SELECT count(DISTINCT {inner}) AS small, count(DISTINCT {outer}) AS large,
                count(*) AS n FROM {part_of(table)} WHERE {few(table)}
        ) WHERE large >= {LEAST_LARGE} AND n >= {LEAST_PERSONS} AND small <= large
        """,
        warning=True,
    )


def in_every(table: str, column: str, condition: str, period: str, words: str) -> Rule:
    """Some rows of every period are of a kind that many of others are.

    Parameters
    ----------
    condition
        SQL of whether a row is of the kind.
    period
        SQL of the period of a row, as it is told.

    Example
    -------
    >>> in_every("stock", "program", "program <> ''", "year", "some in programmes").warning
    True
    """
    return Rule(
        table,
        column,
        words,
        f"""
        WITH counts AS (
            SELECT {period} AS t, count(*) AS whole, count_if({condition}) AS n
            FROM {part_of(table)} WHERE {few(table)} GROUP BY 1
        )
        SELECT 'none in ' || {some("t")} AS seen
        FROM counts, (SELECT sum(n) / sum(whole) AS level FROM counts)
        WHERE n = 0 AND level * whole > {LEAST_EXPECTED}
        HAVING count(*) > 0
        """,
        warning=True,
    )


def pseudonyms(table: str) -> Rule:
    """Ids are pseudonyms: they do not all begin with a day and month of birth.

    Those of persons without a permanent number have 40 more in the day, and invented ones 20, 40
    or 60 more in the month.

    Example
    -------
    >>> pseudonyms("persons").column
    'person'
    """
    day, month = "person // 1000000000", "person // 10000000 % 100"
    days = f"({day} BETWEEN 1 AND 31 OR {day} BETWEEN 41 AND 71)"
    return Rule(
        table,
        "person",
        "pseudonyms, which do not have the form of national identity numbers",
        f"""
        SELECT printf('%.0f per cent have it', 100 * share) AS seen FROM (
            SELECT count(*) AS n,
                count_if({days} AND ({month}) % 20 BETWEEN 1 AND 12 AND {month} < 80) / n AS share
            FROM (SELECT DISTINCT person FROM {part_of(table)} WHERE {few(table)})
        ) WHERE n >= {LEAST_FOLLOWED} AND share > {NEARLY_ALL}
        """,
        warning=True,
        basis=f"SELECT count(DISTINCT person) FROM {table}",
        least=LEAST_FOLLOWED,
    )
