"""What tells that a table is not what it says, though every value is allowed.

Persons are followed from one period to the next, so that a shock that changes who is in a table
(many laid off in one month) is not taken for an error: those who were there before keep most of
what they had. Each function makes one rule of one query; a large table is read once, of which
`MOST_ROWS` or so remain, with all rows of a person or none. The queries' columns `about`,
`expected` and `seen` are the message: see `breaches.Rule`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from naveval.registers.connections import identifier, quote
from naveval.registers.forms import is_dated
from naveval.registers.rules.breaches import Rule
from naveval.registers.views import family

MOST_ROWS = 1_000_000
LEAST_PAIRS = 12  # of consecutive periods
LEAST_LINKED = 50
LEAST_LEAVING = 20  # persons with a code, before it can be exchanged with another
LEAST_STAYING, LEAST_FOLLOWED = 0.3, 200  # of so many rows with a row of the period before
BY_CHANCE, LEAST_ALIKE = 0.7, 0.3  # of the changes that shuffled codes have; a correlation
USUAL_GAPS, MOST_GAPS = 0.06, 0.2  # of rows between two periods on each side
SURE = 4  # standard deviations
FOUND_AGAIN = 0.75  # of what is usual
JUMP = 0.4  # of the persons, or of the rows
DEVIATIONS = 8  # robust standard deviations
SELDOM = 0.05  # of those with a code, who leave it from one period to the next
FAR = 1.8  # times what a person's number was
MOST_MISSED = 0.25  # of persons, for what time itself moves
MOST_CHANGING = 0.01  # of persons, for what a person cannot change
LEAST_PERSONS = 1000
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
        if name not in (*PLACES, "month", "year_week")
        and not is_dated(name, column)
        and (
            family(column.dtype) == "boolean"
            or any(check.name == "isin" for check in column.checks)
        )
    )


def varying(schema: Any) -> list[str]:
    """Columns of codes, of yes and no, and of numbers that are no key."""
    return [
        name
        for name, column in schema.columns.items()
        if name in coded(schema)
        or (family(column.dtype) in ("integer", "number") and not _is_key(name, column))
    ]


def _worded(schema: Any) -> list[str]:
    """Columns of codes in words or digits, and places: what can be exchanged with each other."""
    codes = [name for name in coded(schema) if family(schema.columns[name].dtype) != "boolean"]
    return [*codes, *(name for name in PLACES if name in schema.columns)]


def _changes(schema: Any, steps: Sequence[Step]) -> dict[str, tuple[str, str]]:
    """SQL, by column, of whether a person's value can be compared with the one before, and changed.

    A number has changed when it is far from what it was, or does not move as time does.
    """
    found = {name: ("true", f"{identifier(name)} <> {_before(name)}") for name in coded(schema)}
    for name in varying(schema):
        now, was = identifier(name), _before(name)
        far = f"{now} NOT BETWEEN {was} / {FAR} AND {was} * {FAR}"
        found.setdefault(name, (f"{was} > 0 AND {now} > 0", far))
    for step in steps:
        moved = f"{identifier(step.column)} - {_before(step.column)}"
        found[step.column] = ("true", f"{moved} NOT BETWEEN {step.low} AND {step.high}")
    return found


def _before(name: str) -> str:
    return identifier("before " + name)


def _is_key(name: str, column: Any) -> bool:
    return name in ("person", "year", "year_week", "birth_year") or is_dated(name, column)


def many(schema: Any) -> dict[str, str]:
    """SQL, by column, of what has many values: births, days, months and places."""
    return {
        name: identifier(name)
        for name, column in schema.columns.items()
        if name in (*PLACES, "birth_year") or (is_dated(name, column) and name != "month")
    }


def sampled(table: str, unit: str = "person") -> str:
    """Condition that keeps every row of as many persons as give `MOST_ROWS` rows or so."""
    # Of the same type as the hash: with 128 bits it takes most of the time of a check.
    parts = f"CAST(greatest(1, count(*) // {MOST_ROWS}) AS UBIGINT)"
    return f"hash({unit}) % (SELECT {parts} FROM {table}) = 0"


def per_period(table: str, period: str, rows: str = "") -> str:
    """SQL of the rows of the median period."""
    counts = f"SELECT {period} AS t, count(*) AS n FROM {f'({rows})' if rows else table} GROUP BY 1"
    return f"SELECT median(n) FROM ({counts})"


def some(text: str, order: str = "t") -> str:
    """SQL that lists the first texts of a group in order, and how many there are."""
    return (
        f"array_to_string(list({text} ORDER BY {order})[:{SHOWN}], ', ') "
        f"|| CASE WHEN count(*) > {SHOWN} THEN ' … (' || count(*) || ')' ELSE '' END"
    )


def followed(
    table: str,
    schema: Any,
    period: str,
    *,
    fixed: Sequence[str] = (),
    steps: Sequence[Step] = (),
    alike: Mapping[str, str] = MappingProxyType({}),
    free: Sequence[str] = (),
    unit: str = "person",
    shocks: bool = False,
    label: str = MONTH,
    rows: str = "",
) -> Rule:
    """Persons of a table with a row per person and period, from one period to the next.

    Persons are found again, no less between two periods than between the others, and few lack
    one period alone; codes, places and the size of numbers stay for most of them, and are not as
    if drawn anew; those with one code or place do not leave it all at once while others come to
    it; `fixed` columns never change; `steps` move as time does; no value stands alone, and no
    birth, month or place is that of a large part.

    Parameters
    ----------
    period
        SQL for the number of a row's period; consecutive periods have consecutive numbers.
    free
        Numbers that one period tells nothing of the next about.
    unit
        Who is followed: persons, or places.
    shocks
        Whether many may leave or change at once, as pupils do in summer.
    alike
        SQL, by the column to name, of more that no large part may have alike.
    label
        SQL of the text of the period `t`.
    rows
        SQL of the rows, when other than the table.
    """
    changes, words = _changes(schema, steps), _worded(schema)
    names = list(dict.fromkeys([*changes, *words]))
    heaps, who = {**many(schema), **alike}, "persons who" if unit == "person" else "places that"
    held = "".join(f", {identifier(name)}" for name in names)
    held += "".join(f", {of} AS {identifier('of ' + name)}" for name, of in heaps.items())
    before = "".join(f", lag({identifier(name)}) OVER earlier AS {_before(name)}" for name in names)
    timed = [step.column for step in steps]
    parts = [_staying(unit, label, shocks)]
    parts += [_jumps([n for n in names if n not in (*fixed, *timed)], label)] * (not shocks)
    parts += [_fixed(name, label) for name in fixed] + [_step(step, label) for step in steps]
    parts += [heap(name, identifier("of " + name), "kept") for name in heaps]
    parts += [alone(name, "kept, everybody", "any_value(persons)") for name in varying(schema)]
    settled = [name for name in names if name not in (*fixed, *timed, *free, unit)]
    codes = [name for name in settled if name in (*words, *coded(schema))]
    parts += [_redrawn(name) for name in codes]
    parts += [_levels(name, label) for name in free]
    warned = [_gaps(unit), *(_unlike(name) for name in settled if name not in codes)]
    return Rule(
        table,
        unit,
        f"{who} are found again from one period to the next",
        f"""
        WITH kept AS MATERIALIZED (
            SELECT {unit} AS person, {period} AS t{held} FROM {f"({rows})" if rows else table}
            WHERE {sampled(table, unit)}
        ),
        paired AS (
            SELECT *, coalesce(lag(t) OVER earlier = t - 1, false) AS linked{before} FROM kept
            WINDOW earlier AS (PARTITION BY person ORDER BY t)
        ),
        periods AS MATERIALIZED ({_periods(changes)}),
        moves AS MATERIALIZED ({_moves(words)}),
        shares AS MATERIALIZED ({_shares(changes)}),
        everybody AS MATERIALIZED (SELECT count(DISTINCT person) AS persons FROM kept)
        {" UNION ALL ".join(f"SELECT *, false AS warning FROM ({part})" for part in parts)}
        UNION ALL {" UNION ALL ".join(warned)}
        """,
        basis=per_period(table, period, rows),
        least=LEAST_LINKED,
    )


def _periods(changes: Mapping[str, tuple[str, str]]) -> str:
    """SQL of persons in each period, those found again, and how many of them changed what."""
    counts = "".join(
        f", count_if(linked AND {known}) AS {identifier('known ' + name)}"
        f", count_if(linked AND {known} AND {changed}) AS {identifier('changed ' + name)}"
        for name, (known, changed) in changes.items()
    )
    return f"SELECT t, count(*) AS n, count_if(linked) AS back{counts} FROM paired GROUP BY t"


def _moves(words: Sequence[str]) -> str:
    """SQL of how many went from which code to which, by column and period."""
    if not words:
        return "SELECT 0 AS t, '' AS name, '' AS was, '' AS now, 0 AS n WHERE false"
    pairs = [(identifier(name), _before(name)) for name in words]
    sets = ", ".join(f"(t, {now}, {was})" for now, was in pairs)
    names = " ".join(f"WHEN GROUPING({identifier(name)}) = 0 THEN {quote(name)}" for name in words)
    nows, wases = (", ".join(listed) for listed in zip(*pairs, strict=True))
    return f"""
        SELECT t, CASE {names} END AS name, coalesce({wases}) AS was, coalesce({nows}) AS now,
            count(*) AS n
        FROM paired WHERE linked GROUP BY GROUPING SETS ({sets})
    """


def _shares(changes: Iterable[str]) -> str:
    """SQL of the share that changed a column, or left a code of it (else NULL), by period."""
    told = ", ".join(
        f"{{'name': {quote(name)}, 'again': {identifier('known ' + name)}, "
        f"'gone': {identifier('changed ' + name)}}}"
        for name in changes
    )
    whole = f"SELECT t, unnest([{told}], recursive := true) FROM periods"
    return f"""
        SELECT name, t, NULL AS code, again, gone, 0 AS came, gone / again AS share
        FROM ({whole if told else "SELECT '' AS name, 0 AS t, 0 AS again, 0 AS gone"})
        WHERE again >= {LEAST_LINKED}
        UNION ALL
        SELECT name, t, code, sum(n), sum(gone), sum(came), sum(gone) / sum(n) FROM (
            SELECT name, t, was AS code, n, IF(was <> now, n, 0) AS gone, 0 AS came FROM moves
            UNION ALL SELECT name, t, now, 0, 0, IF(was <> now, n, 0) FROM moves
        )
        GROUP BY name, t, code HAVING sum(n) >= {LEAST_LEAVING}
    """


def _staying(unit: str, label: str, shocks: bool) -> str:
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


def _gaps(unit: str) -> str:
    """Rows lost here and there: persons who lack one period, with two before and two after."""
    times = ", ".join(f"lead(t, {ahead}) OVER own - t AS ahead_{ahead}" for ahead in (1, 2, 3))
    odd = f"share - {SURE} * sqrt({{0}} * (1 - {{0}}) / n) > {{0}}"
    return f"""
        SELECT {quote(unit)}, 'a row in the period between, of those with rows in two periods '
            || 'before and two after; rows lost?', printf('%.0f per cent lack it', 100 * share),
            NOT ({odd.format(MOST_GAPS)})
        FROM (
            SELECT count_if(ahead_1 = 2 AND ahead_2 = 3) AS lost,
                lost + count_if(ahead_1 = 1 AND ahead_2 = 2 AND ahead_3 = 3) AS n, lost / n AS share
            FROM (
                SELECT t - lag(t) OVER own AS back, {times} FROM kept
                WINDOW own AS (PARTITION BY person ORDER BY t)
            ) WHERE back = 1
        ) WHERE n >= {LEAST_FOLLOWED} AND {odd.format(USUAL_GAPS)}
    """


def _redrawn(name: str) -> str:
    """A code that changes nearly as often as if each row had drawn its own."""
    now, was = identifier(name), _before(name)
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


def _unlike(name: str) -> str:
    """A number that tells nothing of what it was; a warning, since it can be drawn on purpose.

    Logarithms are compared with the mean of their period, since all can grow together.
    """
    logs = {"now": identifier(name), "was": _before(name)}
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


def _levels(name: str, label: str) -> str:
    """A mean that is far from what it was in the period before, of numbers that persons vary."""
    told = f"{label} || printf(' (%.2f)', mean / was)"
    return f"""
        SELECT * FROM (
            WITH means AS (
                SELECT t, avg({identifier(name)}) AS mean FROM kept WHERE {identifier(name)} > 0
                GROUP BY t HAVING count(*) >= {LEAST_LINKED}
            ),
            steps AS (
                SELECT t, mean, lag(mean) OVER (ORDER BY t) AS was FROM means
                QUALIFY lag(t) OVER (ORDER BY t) = t - 1
            )
            SELECT {quote(name)}, 'about the same mean as in the period before; another unit?',
                'times the period before in ' || {some(told)}
            FROM steps WHERE abs(ln(mean / was)) > ln({FAR}) HAVING count(*) > 0
        )
    """


def _jumps(columns: Sequence[str], label: str) -> str:
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


def _fixed(column: str, label: str) -> str:
    told = f"{label} || ' (' || gone || ')'"
    return f"""
        SELECT {quote(column)}, 'one value for a person in all periods', sum(gone)
            || ' changes among ' || any_value(persons) || ' persons, most in ' || {some(told, MOST)}
        FROM shares, everybody
        WHERE name = {quote(column)} AND code IS NULL AND gone > 0
        HAVING sum(gone) > {MOST_CHANGING} * any_value(persons)
    """


def _step(step: Step, label: str) -> str:
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


def alone(column: str, rows: str, persons: str) -> str:
    quoted = identifier(column)  # -1 in every row says that nobody has what the column tells
    return f"""
        SELECT {quote(column)} AS about, 'two values or more of so many' AS expected,
            'one value in every row' AS seen FROM {rows}
        HAVING min({quoted}) = max({quoted}) AND {persons} >= {LEAST_PERSONS}
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
