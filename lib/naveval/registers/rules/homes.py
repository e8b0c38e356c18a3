"""What tells that one place's rows of a table are lost, or in another unit than elsewhere.

Persons are followed to the place they live in, so that a table without places is judged by these
too. Each function makes one rule of one query; see `breaches.Rule` for what its columns mean.
"""

from collections.abc import Sequence

from naveval.registers.connections import identifier, quote
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.levels import MOST_APART
from naveval.registers.rules.panels import sampled
from naveval.registers.rules.signs import LEAST_EXPECTED, SURE, some

LEAST_PLACES, LEAST_YEARS, LEAST_PERSONS = 5, 3, 30
LEAST_OF_SIZE = 5  # persons; the fewer, the further apart medians may be by chance
SPREAD = 1.25 * 1.6  # of the logarithm of a median of one: hours differ more than amounts
LOST, FEW = 0.1, 0.65  # of the share of persons with rows in the median place


def everywhere(table: str, home: str, *columns: str, year: str = "0", period: str = "") -> Rule:
    """Every place has rows of about as many of its persons, and numbers of the same size.

    The median of what is above zero lies within `MOST_APART` times that of the median place, or
    within what chance makes of so few persons, in all years together and in each; and each year's
    lies as near to that of the median year. Places with far fewer persons than elsewhere are a
    warning, and with next to none a breach.

    Parameters
    ----------
    home
        SQL of person and `place`, one row for each person who may have rows.
    columns
        Numbers whose size is compared.
    year
        SQL of the year of a row.
    period
        SQL of the condition on the table's rows that count; "" for all.

    Example
    -------
    >>> everywhere("wages", "SELECT person, county AS place FROM persons", "wage").table
    'wages'
    """
    counted = f"SELECT * FROM {table} WHERE {period or 'true'} AND {sampled(table)}"
    parts = [_zeros(columns), _sizes(columns, year)] if columns else []
    return Rule(
        table,
        "person",
        "rows of about as many persons, and numbers of the same size, in every place",
        f"""
        WITH homes AS MATERIALIZED (SELECT person, place FROM ({home}) WHERE {sampled(table)}),
        lived AS MATERIALIZED (SELECT * FROM ({counted}) JOIN homes USING (person))
        {" UNION ALL ".join([_shares(year), *parts])}
        """,
        basis=f"SELECT count(DISTINCT person) FROM ({counted})",
        least=LEAST_PERSONS * LEAST_PLACES,
    )


def _shares(year: str) -> str:
    where = "concat_ws(' ', place, nullif(y, 0))"
    told = f"{where} || printf(' (%.0f; %.0f in the median place)', 100 * share, 100 * level)"
    chance = f"{SURE} * sqrt(level * (1 - level) / n)"
    return f"""
        SELECT 'person' AS about, 'rows of about as many of the persons in each place as '
            || 'elsewhere; lost there?' AS expected,
            'per cent of the persons have rows in ' || {some(told, "share, y, place")} AS seen,
            NOT bool_or(share + {chance} / 2 < {LOST} * level OR share = 0) AS warning,
            {some(where, "share, y, place")} AS places
        FROM (
            SELECT *, median(share) OVER own AS level, count(*) OVER own AS n_places FROM (
                SELECT place, y, n, coalesce(has, 0) / n AS share
                FROM (SELECT place, count(*) AS n FROM homes GROUP BY place)
                    CROSS JOIN (SELECT DISTINCT {year} AS y FROM lived UNION SELECT 0)
                    LEFT JOIN (
                        SELECT place, coalesce(y, 0) AS y, count(DISTINCT person) AS has
                        FROM (SELECT place, person, nullif({year}, 0) AS y FROM lived)
                        GROUP BY GROUPING SETS ((place), (place, y))
                        HAVING GROUPING(y) = 1 OR y IS NOT NULL
                    ) USING (place, y)
                WHERE n >= {LEAST_PERSONS}
            ) WINDOW own AS (PARTITION BY y)
        )
        WHERE n_places >= {LEAST_PLACES} AND (
            share + {chance} < {FEW} * level OR share = 0 AND n * level > {LEAST_EXPECTED}
        )
        HAVING count(*) > 0
    """


def _zeros(columns: Sequence[str]) -> str:
    parts = ", ".join(
        f"{{'name': {quote(name)}, 'share': count(DISTINCT person) FILTER ({identifier(name)} > 0) "
        "/ count(DISTINCT person), 'n': count(DISTINCT person)}"
        for name in columns
    )
    told = "place || printf(' (%.0f)', 100 * share)"
    return f"""
        SELECT name, 'numbers above zero of about as many persons as in other places; lost there, '
            || 'or another unit?', 'per cent of the persons have one in '
            || {some(told, "place")}, false, {some("place", "place")}
        FROM (
            SELECT *, median(share) OVER own AS level, count(*) OVER own AS n_places FROM (
                SELECT place, unnest([{parts}], recursive := true) FROM lived GROUP BY place
            ) WHERE n >= {LEAST_PERSONS} WINDOW own AS (PARTITION BY name)
        )
        WHERE n_places >= {LEAST_PLACES}
            AND share + {SURE} * sqrt(level * (1 - level) / n) < {LOST} * level
        GROUP BY name
    """


def _sizes(columns: Sequence[str], year: str) -> str:
    parts = ", ".join(
        f"{{'name': {quote(name)}, 'size': median({identifier(name)}) FILTER ({identifier(name)} "
        f"> 0), 'n': count(DISTINCT person) FILTER ({identifier(name)} > 0)}}"
        for name in columns
    )
    where = "concat_ws(' ', place, y)"
    told = f"{where} || printf(' (%.3g)', size / level)"
    return f"""
        SELECT name, 'about as much as in other places and years; another unit there?',
            'times the median in ' || {some(told, "y NULLS FIRST, place")}, false,
            {some(where, "y NULLS FIRST, place")}
        FROM (
            SELECT *, median(size) OVER own AS level, count(*) OVER own AS n_places FROM (
                SELECT place, y, unnest([{parts}], recursive := true)
                FROM (SELECT *, nullif({year}, 0) AS y FROM lived)
                GROUP BY GROUPING SETS ((place), (place, y), (y))
                HAVING GROUPING(y) = 1 OR y IS NOT NULL
            ) WHERE n >= {LEAST_OF_SIZE}
            WINDOW own AS (PARTITION BY name, place IS NULL, IF(place IS NULL, NULL, y))
        )
        WHERE n_places >= IF(place IS NULL, {LEAST_YEARS}, {LEAST_PLACES})
            AND abs(ln(size / level)) > greatest(ln({MOST_APART}), {SURE * SPREAD} / sqrt(n))
        GROUP BY name
    """
