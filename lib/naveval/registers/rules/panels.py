"""What tells that a table is not what it says, though every value is allowed.

Persons are followed from one period to the next, so that a shock that changes who is in a table
(many laid off in one month) is not taken for an error: those who were there before keep most of
what they had. Each function makes one rule of one query; a large table is read once, of which
`views.PART_ROWS` or so remain, with all rows of a person or none. The queries' columns `about`,
`expected` and `seen` are the message: see `breaches.Rule`.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from naveval.registers.connections import identifier, quote, words_of
from naveval.registers.forms import is_dated
from naveval.registers.rules import signs
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.coverage import grouped
from naveval.registers.rules.signs import (
    FAR,
    LEAST_LINKED,
    LEAST_PERSONS,
    MONTH,
    PLACES,
    Step,
    alone,
    heap,
)
from naveval.registers.views import PERSON, family, part_of, sampled

LEAST_LEAVING = 20  # persons with a code, before it can be exchanged with another


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
    found = {
        name: ("true", f"{identifier(name)} <> {signs.before(name)}") for name in coded(schema)
    }
    for name in varying(schema):
        now, was = identifier(name), signs.before(name)
        far = f"{now} NOT BETWEEN {was} / {FAR} AND {was} * {FAR}"
        found.setdefault(name, (f"{was} > 0 AND {now} > 0", far))
    for step in steps:
        moved = f"{identifier(step.column)} - {signs.before(step.column)}"
        found[step.column] = ("true", f"{moved} NOT BETWEEN {step.low} AND {step.high}")
    return found


def _is_key(name: str, column: Any) -> bool:
    return name in ("person", "year", "year_week", "birth_year") or is_dated(name, column)


def many(schema: Any) -> dict[str, str]:
    """SQL, by column, of what has many values: births, days, months and places."""
    return {
        name: identifier(name)
        for name, column in schema.columns.items()
        if name in (*PLACES, "birth_year") or (is_dated(name, column) and name != "month")
    }


def per_period(table: str, period: str, rows: str = "", there: Iterable[str] = ()) -> str:
    """SQL of the rows of the median period; `there` are the table's columns, where known."""
    of = f"SELECT *, 1 AS alike FROM {f'({rows})' if rows else table}"
    if not rows and words_of(period) & set(there):
        of = grouped(f"FROM {table}", period, there)
    counts = f"SELECT {period} AS t, sum(alike)::BIGINT AS n FROM ({of}) GROUP BY 1"
    return f"SELECT median(n) FROM ({counts})"


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

    Persons are found again, no less between two periods than between the others, few lack one
    period alone, nor many the same one, and no period is a copy of the one before; codes, places
    and the size of numbers stay for most of them, and are not as if drawn anew; those with one
    code or place do not leave it all at once while others come to it; `fixed` columns never
    change; `steps` move as time does; no value stands alone, and no birth, month or place is that
    of a large part.

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
    before = "".join(
        f", lag({identifier(name)}) OVER earlier AS {signs.before(name)}" for name in names
    )
    timed = [step.column for step in steps]
    parts = [signs.staying(unit, label, shocks), signs.copied(unit, label)]
    parts += [signs.jumps([n for n in names if n not in (*fixed, *timed)], label)] * (not shocks)
    parts += [signs.fixed(name, label) for name in fixed]
    parts += [signs.step(step, label) for step in steps]
    parts += [heap(name, identifier("of " + name), "kept") for name in heaps]
    least = LEAST_PERSONS if unit == "person" else LEAST_LINKED
    units = "any_value(persons)"
    parts += [alone(name, "kept, everybody", units, least) for name in varying(schema)]
    settled = [name for name in names if name not in (*fixed, *timed, *free, unit)]
    codes = [name for name in settled if name in (*words, *coded(schema))]
    parts += [signs.redrawn(name) for name in codes]
    parts += [signs.levels(name, label) for name in free]
    numbers = [name for name in varying(schema) if name not in (*codes, *timed, *fixed)]
    parts += [signs.in_order(numbers)] if numbers else []
    parts += [signs.emptied(name, label) for name in numbers]
    warned = [
        signs.gaps(unit, label, shocks),
        *(signs.unlike(name) for name in settled if name not in codes),
    ]
    warned += [signs.vanished(name, label) for name in coded(schema)]
    return Rule(
        table,
        unit,
        f"{who} are found again from one period to the next",
        f"""
        WITH kept AS MATERIALIZED (
            SELECT {unit} AS person, {period} AS t{held} FROM {_some(table, unit, rows)}
        ),
        paired AS (
            SELECT *, coalesce(lag(t) OVER earlier = t - 1, false) AS linked{before} FROM kept
            WINDOW earlier AS (PARTITION BY person ORDER BY t)
        ),
        periods AS MATERIALIZED ({_periods(changes, names)}),
        moves AS MATERIALIZED ({_moves(words)}),
        shares AS MATERIALIZED ({_shares(changes)}),
        everybody AS MATERIALIZED (SELECT count(DISTINCT person) AS persons FROM kept)
        {" UNION ALL ".join(f"SELECT *, false AS warning FROM ({part})" for part in parts)}
        UNION ALL {" UNION ALL ".join(warned)}
        """,
        basis=per_period(table, period, rows, schema.columns),
        least=LEAST_LINKED,
    )


def _some(table: str, unit: str, rows: str) -> str:
    """SQL of the rows that are judged, with their condition."""
    if unit == PERSON and not rows:
        return part_of(table)
    return f"{f'({rows})' if rows else table} WHERE {sampled(table, unit)}"


def _periods(changes: Mapping[str, tuple[str, str]], names: Sequence[str]) -> str:
    """SQL of persons in each period, those found again, and how many of them changed what."""
    kept = [f"{identifier(name)} = {signs.before(name)}" for name in names]
    counts = "".join(
        f", count_if(linked AND {known}) AS {identifier('known ' + name)}"
        f", count_if(linked AND {known} AND {changed}) AS {identifier('changed ' + name)}"
        for name, (known, changed) in changes.items()
    )
    same = f"count_if({' AND '.join(['linked', *kept])}) AS same"
    return (
        f"SELECT t, count(*) AS n, count_if(linked) AS back, {same}{counts} FROM paired GROUP BY t"
    )


def _moves(words: Sequence[str]) -> str:
    """SQL of how many went from which code to which, by column and period."""
    if not words:
        return "SELECT 0 AS t, '' AS name, '' AS was, '' AS now, 0 AS n WHERE false"
    pairs = [(identifier(name), signs.before(name)) for name in words]
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
