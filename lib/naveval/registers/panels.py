"""What tells that a table is not what it says, though every value is allowed.

Persons are followed from one period to the next, so that a shock that changes who is in a table
(many laid off in one month) is not taken for an error: those who were there before keep most of
what they had. Each function makes one rule of one query; a large table is read once, of which
`MOST_ROWS` or so remain, with all rows of a person or none. The queries' columns `about`,
`expected` and `seen` are the message: see `breaches.Rule`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from naveval.registers.breaches import Rule
from naveval.registers.connections import identifier, quote
from naveval.registers.views import family

MOST_ROWS = 2_000_000
LEAST_PAIRS = 12  # of consecutive periods, before persons must be known again
LEAST_LINKED = 50
LEAST_STAYING = 0.05
JUMP = 0.4  # of the persons, or of the rows
DEVIATIONS = 8  # robust standard deviations
MOST_CHANGING = 0.01  # of persons, for what a person cannot change
LEAST_PERSONS = 1000
SHOWN = 5
PLACES = ("county", "municipality")
MONTH = "printf('%04d-%02d', t // 12, t % 12 + 1)"
PLAIN = "CAST(t AS VARCHAR)"


@dataclass(frozen=True)
class Step:
    """A column whose median person moves from `low` to `high` from one period to the next."""

    column: str
    low: float
    high: float
    words: str


def coded(schema: Any) -> tuple[str, ...]:
    """Columns of codes and of yes and no; not places, which some extracts hold one of.

    Example
    -------
    >>> import pandera.pandas as pa
    >>> sex = pa.Column(str, pa.Check.isin(["kvinne", "mann"]))
    >>> coded(pa.DataFrameSchema({"sex": sex, "age": pa.Column(int), "married": pa.Column(bool)}))
    ('sex', 'married')
    """
    return tuple(
        name
        for name, column in schema.columns.items()
        if name not in (*PLACES, "month")
        and (
            family(column.dtype) == "boolean"
            or any(check.name == "isin" for check in column.checks)
        )
    )


def _sampled(table: str) -> str:
    """Condition that keeps every row of as many persons as give `MOST_ROWS` rows or so."""
    return f"hash(person) % greatest(1, (SELECT count(*) FROM {table}) // {MOST_ROWS}) = 0"


def _some(text: str) -> str:
    """SQL that lists the first texts of a group in the order of periods, and how many there are."""
    return (
        f"array_to_string(list({text} ORDER BY t)[:{SHOWN}], ', ') "
        f"|| CASE WHEN count(*) > {SHOWN} THEN ' … (' || count(*) || ')' ELSE '' END"
    )


def _each(columns: Iterable[str], prefix: str) -> str:
    """SQL of a list with name and share of every column, to be laid under each other."""
    items = (f"{{'name': {quote(name)}, 'share': {identifier(prefix + name)}}}" for name in columns)
    return f"unnest([{', '.join(items)}], recursive := true)"


def followed(
    table: str,
    schema: Any,
    period: str,
    *,
    fixed: Sequence[str] = (),
    steps: Sequence[Step] = (),
    label: str = MONTH,
) -> Rule:
    """Persons of a table with a row per person and period, from one period to the next.

    Persons are found again, no less between two periods than between the others; codes stay for
    most of them; `fixed` columns never change; `steps` move as time does; no code stands alone.

    Parameters
    ----------
    period
        SQL for the number of a row's period; consecutive periods have consecutive numbers.
    label
        SQL of the text of the period `t`.
    """
    codes = coded(schema)
    moving = [name for name in codes if name not in fixed]
    kept = dict.fromkeys((*codes, *fixed, *(step.column for step in steps)))
    columns = "".join(f", {identifier(name)}" for name in kept)
    lags = "".join(
        f", lag({identifier(name)}) OVER earlier AS {identifier('was ' + name)}" for name in kept
    )
    changed = "".join(
        f", count_if(linked AND {identifier(name)} IS DISTINCT FROM {identifier('was ' + name)})"
        f" / count_if(linked) AS {identifier('changed ' + name)}"
        for name in moving
    )
    stepped = "".join(
        f", median({identifier(step.column)} - {identifier('was ' + step.column)}) "
        f"FILTER (linked) AS {identifier('step ' + step.column)}"
        for step in steps
    )
    parts = [_staying(label)]
    parts += [_jumps(moving, label)] if moving else []
    parts += [_fixed(name) for name in fixed]
    parts += [_step(step, label) for step in steps]
    parts += [_alone(name, "kept") for name in codes]
    return Rule(
        table,
        "person",
        "persons who are found again from one period to the next",
        f"""
        WITH kept AS MATERIALIZED (
            SELECT person, {period} AS t{columns} FROM {table} WHERE {_sampled(table)}
        ),
        paired AS (
            SELECT *, coalesce(lag(t) OVER earlier = t - 1, false) AS linked{lags} FROM kept
            WINDOW earlier AS (PARTITION BY person ORDER BY t)
        ),
        periods AS (
            SELECT t, count(*) AS n, count_if(linked) AS again{changed}{stepped}
            FROM paired GROUP BY t
        ),
        pairs AS MATERIALIZED (
            SELECT *, least(n, lag(n) OVER earlier) AS fewer, again / fewer AS share FROM periods
            WINDOW earlier AS (ORDER BY t) QUALIFY lag(t) OVER earlier = t - 1
        ),
        usual AS (
            SELECT median(share) AS stay, count(*) AS pairs FROM pairs WHERE fewer >= {LEAST_LINKED}
        )
        {" UNION ALL ".join(parts)}
        """,
    )


def _staying(label: str) -> str:
    known = f"{label} || ' (' || round(100 * share)::INT || ')'"
    return f"""
        SELECT 'person' AS about,
            'persons with the same id from one period to the next' AS expected,
            printf('%.1f per cent of them in the median period; a new id in each row?', 100 * stay)
            AS seen
        FROM usual WHERE pairs >= {LEAST_PAIRS} AND stay < {LEAST_STAYING}
        UNION ALL
        SELECT 'person', 'as many persons of the period before in every period (usually '
            || round(100 * any_value(stay))::INT || ' per cent); periods exchanged, or other ids?',
            'per cent in ' || {_some(known)}
        FROM pairs, usual
        WHERE stay >= {LEAST_STAYING} AND fewer >= {LEAST_LINKED} AND share < stay / 2
            AND stay - share > {DEVIATIONS} * sqrt(stay * (1 - stay) / fewer)
        HAVING count(*) > 0
    """


def _jumps(columns: Sequence[str], label: str) -> str:
    told = f"{label} || ' (' || round(100 * share)::INT || ')'"
    return f"""
        SELECT * FROM (
            WITH shares AS (
                SELECT {_each(columns, "changed ")}, t, again FROM pairs
                WHERE again >= {LEAST_LINKED}
            ),
            calm AS (
                SELECT name, median(share) AS level, mad(share) AS spread FROM shares GROUP BY name
            )
            SELECT name AS about, 'a value that most persons keep from one period to the next ('
                || round(100 * any_value(level))::INT || ' per cent change it usually)' AS expected,
                'per cent who changed it in ' || {_some(told)} AS seen
            FROM shares JOIN calm USING (name)
            WHERE share - level > {JUMP} AND share - level
                > {DEVIATIONS} * greatest(1.4826 * spread, sqrt(level * (1 - level) / again))
            GROUP BY name
        )
    """


def _fixed(column: str) -> str:
    quoted = identifier(column)
    return f"""
        SELECT {quote(column)}, 'one value for a person in all periods',
            'two or more for ' || count_if(several) || ' of ' || count(*) || ' persons'
        FROM (
            SELECT min({quoted}) <> max({quoted}) AS several FROM kept
            GROUP BY person HAVING count(*) > 1
        )
        HAVING count(*) >= {LEAST_LINKED} AND count_if(several) > {MOST_CHANGING} * count(*)
    """


def _step(step: Step, label: str) -> str:
    quoted = identifier("step " + step.column)
    told = f"{label} || ' (' || {quoted} || ')'"
    words = f"{step.words} (a median from {step.low:g} to {step.high:g} from one period to the next"
    return f"""
        SELECT {quote(step.column)}, {quote(words + "); another unit, or periods exchanged?")},
            'medians in ' || {_some(told)}
        FROM pairs WHERE again >= {LEAST_LINKED} AND {quoted} NOT BETWEEN {step.low} AND {step.high}
        HAVING count(*) > 0
    """


def _alone(column: str, rows: str) -> str:
    quoted = identifier(column)
    return f"""
        SELECT {quote(column)} AS about, 'two values or more of so many persons' AS expected,
            'one value in every row' AS seen FROM {rows}
        HAVING min({quoted}) = max({quoted}) AND count(DISTINCT person) >= {LEAST_PERSONS}
    """


def varied(table: str, schema: Any) -> Rule:
    """Codes of a table that follows nobody: none stands alone.

    Example
    -------
    >>> import pandera.pandas as pa
    >>> varied("persons", pa.DataFrameSchema({"woman": pa.Column(bool)})).table
    'persons'
    """
    parts = (_alone(name, table) for name in coded(schema))
    return Rule(table, "", "two values or more", " UNION ALL ".join(parts))


def calm(table: str, schema: Any, period: str, *, label: str = MONTH) -> Rule:
    """Shares of codes in a table that follows nobody: they do not jump from one period to the next.

    A share jumps when it moves by more than `JUMP` of the rows, and by more than `DEVIATIONS`
    times what it does otherwise or could do by chance.
    """
    told = f"{label} || ' (' || round(100 * (share - was))::INT || ')'"
    parts = [
        f"""
        SELECT {quote(name)} AS name, CAST({identifier(name)} AS VARCHAR) AS code, {period} AS t,
            count(*) AS n FROM {table} GROUP BY ALL
        """
        for name in coded(schema)
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
            'percentage points more or less in ' || {_some(told)} AS seen
        FROM shares JOIN usual USING (name, code)
        WHERE least(whole, before) >= {LEAST_LINKED} AND abs(share - was) > {JUMP}
            AND abs(share - was) > {DEVIATIONS} * greatest(
                1.4826 * spread, sqrt(level * (1 - level) * (1 / whole + 1 / before)))
        GROUP BY name
        """,
    )


def no_total(table: str, code: str, value: str, *by: str) -> Rule:
    """No code of a table of numbers is the sum of the others.

    Parameters
    ----------
    by
        Columns within which the codes add up: region and month.
    """
    groups = ", ".join(by)
    return Rule(
        table,
        code,
        "codes that are parts",
        f"""
        WITH wholes AS (
            SELECT {groups}, sum({value}) AS whole FROM {table}
            GROUP BY {groups} HAVING count(*) > 2
        )
        SELECT {quote(code)} AS about, 'codes of which none is the total of the others' AS expected,
            {code} || ' is half of the sum of {value} in ' || count(*) || ' rows' AS seen
        FROM {table} JOIN wholes USING ({groups}) WHERE whole > 0
        GROUP BY {code}
        HAVING count(*) >= {LEAST_PAIRS}
            AND count_if(abs(2 * {value} - whole) <= 0.005 * whole) > 0.9 * count(*)
        """,
    )
