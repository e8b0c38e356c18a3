"""What tells that tables do not belong together: persons of one who are not where another has them.

Each function makes one rule of one query; see `breaches.Rule` for what its columns mean.
"""

from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.signs import (
    JUMP,
    LEAST_ALIKE,
    LEAST_LINKED,
    LEAST_PERSONS,
    MONTH,
    SURE,
    UNLIKELY,
    some,
)
from naveval.registers.rules.values import few
from naveval.registers.views import part_of, sampled

LEAST_AGREEING, USUAL_AGREEING = 0.75, 0.95
AS_LIKELY = 0.02
LEAST_LOST = 0.1  # of the persons of a place, beside what is usual
LEAST_END, RARE = 0.1, 15  # of the persons; -ln of a probability


def agreeing(
    table: str, column: str, rows: str, others: str, words: str, *, year: str = "t // 12"
) -> Rule:
    """Two tables that tell of the same persons and periods: most rows find their like.

    They find it in the same period, not rather in the one before or after. Less than
    `USUAL_AGREEING` is a warning.

    Parameters
    ----------
    rows
        SQL of person and period `t` of the table, those that should find their like.
    others
        SQL of the same of the other table.
    year
        SQL of the year to tell.
    """
    told = "printf('%d (%.0f; %.0f in the period beside)', year, 100 * share, 100 * beside)"
    return Rule(
        table,
        column,
        words,
        f"""
        WITH own AS (SELECT person, t FROM ({rows}) WHERE {sampled(table)}),
        others AS MATERIALIZED (SELECT person, t FROM ({others}) WHERE {sampled(table)}),
        ends AS (SELECT min(t) AS first, max(t) AS last FROM others),
        keys AS MATERIALIZED (SELECT hash(person, t) AS key FROM others),
        found AS (
            SELECT {year} AS year, hash(person, t) IN (FROM keys) AS same,
                hash(person, t - 1) IN (FROM keys) AS early,
                hash(person, t + 1) IN (FROM keys) AS late
            FROM own, ends WHERE t > first AND t < last
        ),
        shares AS (
            SELECT year, count(*) AS n, count_if(same) / n AS share,
                greatest(count_if(early), count_if(late)) / n AS beside
            FROM found GROUP BY year
        )
        SELECT 'per cent in ' || {some(told, "wrong DESC, year")} AS seen,
            NOT bool_or(wrong) AS warning
        FROM (
            SELECT *, share < {LEAST_AGREEING} OR beside > share + {AS_LIKELY} AS wrong FROM shares
        )
        WHERE n >= {LEAST_PERSONS} AND (wrong OR share < {USUAL_AGREEING})
        HAVING count(*) > 0
        """,
        basis=f"SELECT count(*) / greatest(count(DISTINCT {year}), 1) FROM ({rows})",
        least=LEAST_PERSONS,
    )


def near(
    table: str, column: str, rows: str, spans: str, words: str, *, least: float = LEAST_AGREEING
) -> Rule:
    """Rows of a table lie where their person is found in another, give or take some time.

    It is a breach where less than `least` of them do, or hardly more than would do of other
    persons' rows, and a warning where less than `USUAL_AGREEING` do.

    Parameters
    ----------
    rows
        SQL of person and time `t` of the table.
    spans
        SQL of person and the times `first` and `last` of the other table, one row or several.

    Example
    -------
    >>> near("b", "person", "FROM b", "FROM a", "a row in a").column
    'person'
    """
    odd = f"share + {SURE} * sqrt({{0}} * (1 - {{0}}) / n) < {{0}}"
    return Rule(
        table,
        column,
        words,
        f"""
        WITH own AS (
            SELECT person, t, lag(t) OVER (ORDER BY hash(t, person)) AS another
            FROM ({rows}) WHERE {sampled(table)}
        ),
        spans AS (
            SELECT person, min(first) AS first, max(last) AS last FROM ({spans}) GROUP BY person
        ),
        found AS (
            SELECT count(DISTINCT person) AS n,
                coalesce(count_if(t BETWEEN first AND last), 0) / count(*) AS share,
                coalesce(count_if(another BETWEEN first AND last), 0) / count(*) AS chance
            FROM own LEFT JOIN spans USING (person)
        )
        SELECT printf('%.0f per cent of the rows, %.0f of rows of other persons', 100 * share,
            100 * chance) AS seen,
            NOT ({odd.format(least)} OR share - chance < {LEAST_ALIKE} * (1 - chance)) AS warning
        FROM found WHERE n >= {LEAST_LINKED} AND {odd.format(USUAL_AGREEING)}
        """,
        basis=f"SELECT count(DISTINCT person) FROM ({rows})",
        least=LEAST_LINKED,
    )


def to_the_end(table: str, among: str = "SELECT person FROM persons") -> Rule:
    """A table in the order of ids that is cut lacks the last persons, or the first.

    A warning, since ids can follow something that few rows are of.

    Parameters
    ----------
    among
        SQL of the persons who may have rows, in the years of the table.
    """
    return Rule(
        table,
        "person",
        "rows of persons from the first to the last of the ids; is the file cut?",
        f"""
        WITH own AS (SELECT DISTINCT person FROM {table}),
        ranked AS (
            SELECT row_number() OVER (ORDER BY person) AS place, person IN (FROM own) AS there
            FROM (SELECT DISTINCT person FROM ({among}))
        ),
        ends AS (
            SELECT count(*) AS n,
                greatest(min(place) FILTER (there) - 1, n - max(place) FILTER (there)) AS lost,
                count_if(there) / (n - lost) AS share
            FROM ranked
        )
        SELECT printf('none of %.0f per cent at one end', 100 * lost / n) AS seen
        FROM ends WHERE lost > {LEAST_END} * n AND lost * -ln(1 - least(share, 0.999)) > {RARE}
        """,
        warning=True,
    )


def leaving(
    table: str, period: str, place: str = "place", *, label: str = MONTH, home: str = ""
) -> Rule:
    """No place loses many of its persons at once, as where rows of it are lost from a period on.

    A place is compared with its other periods and with the other places, and all places together
    with their other periods, where `JUMP` more must leave. It is a warning, since what many of a
    place leave for can be true.

    Parameters
    ----------
    period
        SQL for the number of a row's period; consecutive periods have consecutive numbers.
    place
        Column of the place.
    label
        SQL of the text of the period `t`.
    home
        SQL of person and place, one row for each person; "" for a table that has places.

    Example
    -------
    >>> leaving("seekers", "t", "county").warning
    True
    """
    who = few(table) if home else sampled(table)
    join = f"JOIN (SELECT * FROM ({home}) WHERE {who}) USING (person)" if home else ""
    where = f"place || ' ' || {label}"
    told = f"{where} || printf(' (%.0f; %.0f usually)', 100 * share, 100 * usual)"
    return Rule(
        table,
        "person",
        "persons found again in the next period, in every place about as many as usual; rows lost "
        "there?",
        f"""
        WITH own AS MATERIALIZED (
            SELECT DISTINCT person, {place} AS place, {period} AS t
            FROM (SELECT * FROM {part_of(table)} WHERE {who}) {join}
        ),
        paired AS (
            SELECT place, t + 1 AS t,
                coalesce(lead(t) OVER (PARTITION BY person ORDER BY t) = t + 1, false) AS again
            FROM own
        ),
        cells AS (
            SELECT place, t, count(*) AS n, count_if(NOT again) AS gone FROM paired
            WHERE t <= (SELECT max(t) FROM own) GROUP BY ALL
        ),
        judged AS (
            SELECT *, gone / n AS share, {LEAST_LOST} AS least, greatest(
                (sum(gone) OVER own + 1) / (sum(n) OVER own + 2),
                median(gone / n) OVER (PARTITION BY t)
            ) AS usual
            FROM cells WINDOW own AS (PARTITION BY place)
            UNION ALL
            SELECT *, gone / n, {JUMP},
                (sum(gone) OVER () - gone + 1) / (sum(n) OVER () - n + 2)
            FROM (
                SELECT 'all places', t, sum(n) AS n, sum(gone) AS gone FROM cells GROUP BY t
            )
        )
        SELECT 'per cent are not found again in ' || {some(told, "t, place")} AS seen,
            {some(where, "t, place")} AS places
        FROM judged WHERE share > usual + least
            AND gone * ln(share / usual)
                + IF(gone < n, (n - gone) * ln((1 - share) / (1 - usual)), 0)
                > {UNLIKELY} + ln((SELECT count(*) FROM cells))
        HAVING count(*) > 0
        """,
        warning=True,
        basis=f"SELECT count(DISTINCT person) FROM {table}",
        least=LEAST_PERSONS,
    )
