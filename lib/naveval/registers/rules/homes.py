"""What tells that one place's rows of a table are lost, or in another unit than elsewhere.

Persons are followed to the place they live in, so that a table without places is judged by these
too. Each function makes one rule of one query; see `breaches.Rule` for what its columns mean.
"""

from collections.abc import Sequence

from naveval.registers.connections import identifier, quote
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.levels import MOST_APART
from naveval.registers.rules.signs import LEAST_EXPECTED, SURE, some
from naveval.registers.views import part_of, sampled

LEAST_PLACES, LEAST_YEARS, LEAST_PERSONS = 5, 3, 30
LEAST_OF_SIZE = 5  # persons; the fewer, the further apart medians may be by chance
SPREAD = 1.25 * 1.6  # of the logarithm of a median of one: hours differ more than amounts
WHOLE = "0"  # one year for all rows: numbers that can move with time
LITTLE_APART = 1.6  # times the median place, of numbers that differ little between places
LOST, FEW = 0.1, 0.65  # of the share of persons with rows in the median place


def everywhere(
    table: str,
    home: str,
    *columns: str,
    year: str = WHOLE,
    month: str = "",
    free: Sequence[str] = (),
    close: Sequence[str] = (),
    period: str = "",
    rows: str = "",
    spread: float = SPREAD,
) -> Rule:
    """Every place has rows of about as many of its persons, and numbers of the same size.

    The median of what is above zero lies within `MOST_APART` times that of the median place, or
    within what chance makes of so few persons, in all years together, in each year and in each
    month; and each year's and month's lies as near to that of the median year or month. Places
    with far fewer persons than elsewhere are a warning, and with next to none a breach.

    Parameters
    ----------
    home
        SQL of person and `place`, one row for each person who may have rows.
    columns
        Numbers whose size is compared.
    year
        SQL of the year of a row; without it no time is compared with others.
    month
        SQL of the month of a row, or a shorter period, as it is told; "" compares years alone.
    free
        Numbers that are not compared by month, since many who are new at once change them.
    close
        Numbers that every place has about the same of: `LITTLE_APART` times that of the median
        place, in all years together, is a warning.
    period
        SQL of the condition on the table's rows that count; "" for all.
    rows
        SQL of the rows, each with a `person`, when other than the table: other units than persons.
    spread
        Standard deviation of the logarithm of a median of one.

    Example
    -------
    >>> everywhere("wages", "SELECT person, county AS place FROM persons", "wage").table
    'wages'
    """
    relation = f"({rows})" if rows else part_of(table)
    counted = f"SELECT * FROM {relation} WHERE {period or 'true'} AND {sampled(table)}"
    steady = [name for name in columns if name not in free] if month else []
    parts = (
        [_zeros(columns), _sizes(columns, (year, month), steady, spread, close)] if columns else []
    )
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


def _sizes(
    columns: Sequence[str],
    times: tuple[str, str],
    monthly: Sequence[str],
    spread: float,
    close: Sequence[str],
) -> str:
    """Medians by place and time beside those of other places, and by time beside other times.

    A person has one row a month or so: counted are persons of years, and rows of months.
    """

    def parts(columns: Sequence[str], n: str) -> str:
        return ", ".join(
            f"{{'name': {quote(name)}, 'size': median({identifier(name)}) FILTER "
            f"({identifier(name)} > 0), 'n': count({n}) FILTER ({identifier(name)} > 0)}}"
            for name in columns
        )

    year, month = times
    by_month = ", (m)" if year != WHOLE else ""
    shorter = f"""
        UNION ALL BY NAME
        SELECT place, CAST(m AS VARCHAR) AS y, true AS short, unnest([{parts(monthly, "*")}],
            recursive := true)
        FROM (SELECT *, {month} AS m FROM lived) GROUP BY GROUPING SETS ((place, m){by_month})
    """
    where = "concat_ws(' ', place, y)"
    told = f"{where} || printf(' (%.3g)', size / level)"
    listed = ", ".join(quote(name) for name in (*close, ""))
    order = "wrong DESC, short, y NULLS FIRST, place"
    apart = "abs(ln(size / level)) > greatest(ln({}), " + f"{SURE * spread:g} / sqrt(n))"
    return f"""
        SELECT name, 'about as much as in other places and times; another unit there?',
            'times the median in ' || {some(told, order)}, NOT bool_or(wrong), {some(where, order)}
        FROM (
            SELECT *, median(size) OVER own AS level, count(*) OVER own AS n_places,
                {apart.format(MOST_APART)} AS wrong
            FROM (
                SELECT place, CAST(y AS VARCHAR) AS y, false AS short,
                    unnest([{parts(columns, "DISTINCT person")}], recursive := true)
                FROM (SELECT *, {year} AS y FROM lived)
                GROUP BY GROUPING SETS ((place), (place, y), (y))
                {shorter if monthly else ""}
            ) WHERE n >= {LEAST_OF_SIZE} AND y IS DISTINCT FROM '{WHOLE}'
            WINDOW own AS (PARTITION BY name, short, place IS NULL, IF(place IS NULL, NULL, y))
        )
        WHERE n_places >= IF(place IS NULL, {LEAST_YEARS}, {LEAST_PLACES})
            AND (wrong OR y IS NULL AND name IN ({listed}) AND {apart.format(LITTLE_APART)})
        GROUP BY name
    """
