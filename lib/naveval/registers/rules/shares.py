"""What tells that a table that follows nobody is not what it says: its codes, days and persons.

Each function makes one rule of one query; see `breaches.Rule` for what its columns mean.
"""

from collections.abc import Sequence
from typing import Any

from naveval.registers.connections import identifier, quote
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.panels import coded, many, per_period, varying
from naveval.registers.rules.signs import (
    DEVIATIONS,
    JUMP,
    LEAST_LINKED,
    LEAST_PERSONS,
    MONTH,
    PLACES,
    SURE,
    alone,
    copied,
    heap,
    some,
)
from naveval.registers.rules.values import few
from naveval.registers.views import part_of

LEAST_DAYS, MOST_ENDS = 200, 0.95
LEAST_IN_PLACE, LEAST_PLACES = 30, 5  # persons; places
PLACES_APART = 0.3  # of the persons


def varied(table: str, schema: Any) -> Rule:
    """A table that follows nobody: no value stands alone, no birth, day or place is that of many.

    One place alone is a warning: some extracts hold no more.

    Example
    -------
    >>> import pandera.pandas as pa
    >>> varied("persons", pa.DataFrameSchema({"woman": pa.Column(bool)})).table
    'persons'
    """
    persons = "count(DISTINCT person)"
    parts = [alone(name, table, persons) for name in varying(schema)]
    parts += [heap(name, of, table) for name, of in many(schema).items()]
    there = [alone(name, table, persons) for name in PLACES if name in schema.columns]
    told = [f"SELECT *, {part in there} AS warning FROM ({part})" for part in (*parts, *there)]
    return Rule(
        table,
        "",
        "two values or more",
        " UNION ALL ".join(told),
        basis=f"SELECT {persons} FROM {table}",
        least=LEAST_PERSONS,
    )


def calm(
    table: str, schema: Any, period: str, *, codes: Sequence[str] = (), label: str = MONTH
) -> Rule:
    """Shares of codes in a table that follows nobody: they do not jump from one period to the next.

    A share jumps when it moves by more than `JUMP` of the rows, and by more than `DEVIATIONS`
    times what it does otherwise or could do by chance. No day is that of a large part.

    Parameters
    ----------
    codes
        Columns of codes beside those that the contract lists the codes of; one at least.
    """
    told = f"{label} || ' (' || round(100 * (share - was))::INT || ')'"
    parts = [
        f"""
        SELECT {quote(name)} AS name, CAST({identifier(name)} AS VARCHAR) AS code, {period} AS t,
            count(*) AS n FROM {table} GROUP BY ALL
        """
        for name in (*coded(schema), *codes)
    ]
    return Rule(
        table,
        "",
        "shares of codes about as in the period before",
        f"""
        WITH counts AS ({" UNION ALL ".join(parts)}),
        wholes AS (SELECT name, t, sum(n) AS whole FROM counts GROUP BY ALL),
        codes AS (SELECT DISTINCT name, code FROM counts),
        shares AS (
            SELECT name, code, t, whole, coalesce(n, 0) / whole AS share,
                lag(share) OVER earlier AS was, lag(whole) OVER earlier AS before
            FROM wholes JOIN codes USING (name) LEFT JOIN counts USING (name, code, t)
            WINDOW earlier AS (PARTITION BY name, code ORDER BY t)
            QUALIFY lag(t) OVER earlier = t - 1
        ),
        usual AS (
            SELECT name, code, mad(share - was) AS spread, median(share) AS level
            FROM shares GROUP BY ALL
        )
        SELECT name AS about, 'shares of each code about as in the period before' AS expected,
            'percentage points more or less in ' || {some(told)} AS seen
        FROM shares JOIN usual USING (name, code)
        WHERE least(whole, before) >= {LEAST_LINKED} AND abs(share - was) > {JUMP}
            AND abs(share - was) > {DEVIATIONS} * greatest(
                1.4826 * spread, sqrt(level * (1 - level) * (1 / whole + 1 / before)))
        GROUP BY name
        {"".join(f" UNION ALL {heap(name, of, table)}" for name, of in many(schema).items())}
        {"".join(f" UNION ALL {alone(name, table, 'count(*)')}" for name in coded(schema))}
        """,
        basis=per_period(table, period),
        least=LEAST_LINKED,
    )


def recurring(table: str, period: str, *, label: str = MONTH) -> Rule:
    """Persons of a period, other than those of the period before.

    Those of a period that was delivered for another are the same, all of them.

    Example
    -------
    >>> recurring("dialogues", "t").column
    'person'
    """
    return Rule(
        table,
        "person",
        "other persons than in the period before",
        f"""
        WITH own AS (
            SELECT DISTINCT person, {period} AS t FROM {part_of(table)}
        ),
        paired AS (
            SELECT t, coalesce(lag(t) OVER earlier = t - 1, false) AS linked FROM own
            WINDOW earlier AS (PARTITION BY person ORDER BY t)
        ),
        periods AS (SELECT t, count(*) AS n, count_if(linked) AS same FROM paired GROUP BY t)
        {copied("person", label)}
        """,
        basis=per_period(table, period),
        least=LEAST_LINKED,
    )


def daily(table: str, column: str) -> Rule:
    """Days that lie in all parts of the month: not its first or its last nearly all.

    A warning, since what they tell of may begin with the month.

    Example
    -------
    >>> daily("spells", "from_date").warning
    True
    """
    day = f"day({column})"
    ends = {"first": f"{day} = 1", "last": f"{day} = day(last_day({column}))"}
    parts = (
        f"SELECT printf('the {word} day of a month in %.0f per cent', 100 * avg(({at})::INTEGER)) "
        f"AS seen FROM {table} WHERE {column} IS NOT NULL "
        f"HAVING count(*) >= {LEAST_DAYS} AND avg(({at})::INTEGER) > {MOST_ENDS}"
        for word, at in ends.items()
    )
    return Rule(
        table, column, "days, not the months they lie in", " UNION ALL ".join(parts), warning=True
    )


def everywhere_alike(
    table: str, columns: Sequence[str], *, place: str = "place", home: str = ""
) -> Rule:
    """Codes that about as many persons have in every place: none is lost, or exchanged, in one.

    A warning for a code whose share of a place's persons is more than `PLACES_APART` from
    the median place's.

    Parameters
    ----------
    columns
        Columns of codes.
    place
        Column of the place.
    home
        SQL of person and place, one row for each person; "" for a table that has places.

    Example
    -------
    >>> everywhere_alike("stock", ["status"], place="county").column
    'status'
    """
    join = f"JOIN (SELECT * FROM ({home}) WHERE {few(table)}) USING (person)" if home else ""
    parts = (
        f"""
        SELECT {quote(name)} AS name, CAST({identifier(name)} AS VARCHAR) AS code, place,
            count(DISTINCT person) AS n FROM kept GROUP BY ALL
        """
        for name in columns
    )
    listed = ", ".join(identifier(name) for name in columns)
    where = "place || printf(' (%.0f; %.0f in the median place)', 100 * share, 100 * level)"
    return Rule(
        table,
        ", ".join(columns),
        "codes of about as many persons in every place",
        f"""
        WITH kept AS MATERIALIZED (
            SELECT person, {place} AS place, {listed}
            FROM (SELECT * FROM {part_of(table)} WHERE {few(table)}) {join}
        ),
        wholes AS (SELECT place, count(DISTINCT person) AS whole FROM kept GROUP BY place),
        counts AS ({" UNION ALL ".join(parts)}),
        codes AS (SELECT DISTINCT name, code FROM counts),
        shares AS (
            SELECT name, place, whole, coalesce(n, 0) / whole AS share,
                median(share) OVER own AS level, count(*) OVER own AS n_places
            FROM wholes CROSS JOIN codes LEFT JOIN counts USING (name, code, place)
            WHERE whole >= {LEAST_IN_PLACE} WINDOW own AS (PARTITION BY name, code)
        )
        SELECT name AS about, 'codes of about as many persons in every place; lost, or exchanged, '
            || 'there?' AS expected, 'per cent have one in '
            || {some(where, "place, share")} AS seen, {some("place", "place")} AS places
        FROM shares WHERE n_places >= {LEAST_PLACES}
            AND abs(share - level) > {PLACES_APART} + {SURE} * sqrt(level * (1 - level) / whole)
        GROUP BY name
        """,
        warning=True,
        basis=f"SELECT count(DISTINCT person) FROM {table}",
        least=LEAST_IN_PLACE * LEAST_PLACES,
    )
