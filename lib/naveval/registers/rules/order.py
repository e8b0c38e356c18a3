"""What tells that a column lies beside its rows: moved by one row, or sorted without the others.

Both are seen in the order of the rows in the files, which no other rule looks at: in what persons
keep from one period to the next, or in what another table tells of them. Each function makes one
rule of one query; see `breaches.Rule` for what its columns mean.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from naveval.registers.connections import identifier, quote, words_of
from naveval.registers.rules.breaches import Rule
from naveval.registers.rules.panels import varying
from naveval.registers.rules.signs import (
    FAR,
    LEAST_PERSONS,
    PLACES,
    SURE,
    before,
)
from naveval.registers.views import family

MOST_ROWS, FIRST_PERIODS = 200_000, (1, 2, 3)  # from the beginnings in each file
APART = 0.1  # of the rows that are alike
NEAR = 1.02  # times a number, of those that most keep as they are
RELATED = 0.05  # of a correlation
IN_ORDER = 0.9  # of the rows with another person than the row above, of a higher number
LEAST_BESIDE = 100  # rows whose neighbour is another than in the period before
LEAST_CHANGES, MOST_BACK = 100, 0.02  # expected of neighbours; of these, against the order
MOST_RESTARTS = 0.75  # of the changes in a table that is sorted by what changes
BESIDE = {"above ": "lag", "below ": "lead"}


def in_place(table: str, schema: Any, period: str = "", *, unit: str = "person") -> Rule:
    """Columns belong to their rows: none was moved by one row, and none sorted alone.

    Persons who are followed keep most of what they have. Where a column was moved down, those
    keep it whose row above is of the same person as in the period before; others do as strangers
    do, and what they had is in the row below. In a file in the order of the persons' numbers no
    column is in order too, unless the numbers begin anew where it changes.

    Parameters
    ----------
    period
        SQL for the number of a row's period; "" for a table that follows nobody.
    unit
        Who is followed: persons, or places.

    Example
    -------
    >>> import pandera.pandas as pa
    >>> in_place("persons", pa.DataFrameSchema({"woman": pa.Column(bool)})).column
    'person'
    """
    names = varying(schema)
    places = [name for name in PLACES if name in schema.columns and name != unit and period]
    held = "".join(f", {identifier(name)}" for name in (*names, *places))
    parts = [_sorted(name) for name in names] + [_moved()] * bool(period)
    return Rule(
        table,
        unit,
        "columns that belong to their rows",
        f"""
        WITH rows AS MATERIALIZED (
            SELECT {unit} AS person, {period or "0"} AS t, file_name, row_no{held}
            FROM ({_first(table, period, schema.columns)})
        ),
        beside AS MATERIALIZED (
            SELECT *{_neighbours(("person", *names, *places))} FROM rows
            WINDOW whole AS (ORDER BY file_name, row_no)
        ){_pairs(schema, (*names, *places)) if period else ""}
        {" UNION ALL ".join(parts)}
        """,
        basis=f"SELECT count(DISTINCT {unit}) FROM {table}",
        least=LEAST_BESIDE,
    )


def belonging(table: str, column: str, rows: str, words: str) -> Rule:
    """A column tells of what another table has of its row's person, not of the next row's.

    Where it was moved by one row, it has more to do with the persons of the rows beside. That it
    has to do with none is a warning. Nothing is said where one of them is the same in all rows, as
    where the first years of a file lie before those of the other table.

    Parameters
    ----------
    rows
        SQL of person, file, number of row, `value` and `other`, both numbers; it selects from
        `first`, the table's rows from the beginning of each file.
    words
        What the other table tells.

    Example
    -------
    >>> other = "SELECT person, file_name, row_no, wage AS value, 1 AS other FROM first"
    >>> belonging("wages", "wage", other, "income").least
    1000
    """
    sides = ", ".join(
        f"{{'side': {quote(side)}, 'n': count(*) FILTER ({apart}), 'own': corr(value, other) "
        f"FILTER ({apart}), 'found': corr({identifier(side + 'value')}, other) FILTER ({apart})}}"
        for side in BESIDE
        for apart in (f"{identifier(side + 'person')} <> person",)
    )
    return Rule(
        table,
        column,
        f"values that go with {words} of the same row; rows exchanged, or moved by one?",
        f"""
        WITH first AS ({_first(table)}),
        beside AS (
            SELECT *{_neighbours(("person", "value"))} FROM ({rows})
            WINDOW whole AS (ORDER BY file_name, row_no)
        ),
        told AS (
            SELECT *, found > {RELATED}
                AND found - own > greatest({RELATED}, {SURE} * sqrt(2 / n)) AS moved
            FROM (SELECT unnest([{sides}], recursive := true) FROM beside)
            WHERE n >= {LEAST_PERSONS} AND NOT isnan(own) AND NOT isnan(found)
        )
        SELECT printf('a correlation of %.2f', own)
            || IF(moved, printf(', and of %.2f with the row ', found) || trim(side), '') AS seen,
            NOT moved AS warning
        FROM told WHERE moved OR own + {SURE} / sqrt(n) < {RELATED}
        ORDER BY moved DESC, found DESC LIMIT 1
        """,
        basis=f"SELECT count(*) FROM {table}",
        least=LEAST_PERSONS,
    )


def _first(table: str, period: str = "", there: Iterable[str] = ()) -> str:
    """SQL of so many rows as give `MOST_ROWS` or so, from the beginning of each file.

    With a `period`, from the beginning of each of the file's first periods, where the file's own
    beginning does not have them: it is in the order of time.
    """
    part = f"least(1, {MOST_ROWS} / (SELECT count(*) FROM {table}))"
    size = f"greatest(1, max({{}}) * {part})"
    # By what the period is told by, so that its number is found once for each of them.
    listed = "".join(f"{identifier(name)}, " for name in there if name in words_of(period))
    if not period:
        return f"""
            SELECT * EXCLUDE (last) FROM numbered.{table} JOIN (
                SELECT file_name, {size.format("row_no")} AS last FROM numbered.{table}
                GROUP BY file_name
            ) USING (file_name) WHERE row_no <= last
        """
    inside = " OR ".join(
        f"row_no - starts[{i}] BETWEEN 0 AND size / len(starts) - 1" for i in FIRST_PERIODS
    )
    return f"""
        SELECT * EXCLUDE (found, starts, size) FROM numbered.{table} JOIN (
            SELECT file_name, max(part) AS size,
                list(start ORDER BY start)[:{len(FIRST_PERIODS)}] AS found,
                IF(found[-1] <= size, [1], found) AS starts
            FROM (
                SELECT file_name, min(start) AS start, {size.format("last")} AS part FROM (
                    SELECT file_name, {listed}min(row_no) AS start, max(row_no) AS last
                    FROM numbered.{table} GROUP BY ALL
                ) GROUP BY file_name, {period}
            ) GROUP BY file_name
        ) USING (file_name) WHERE {inside}
    """


def _neighbours(names: Sequence[str]) -> str:
    return "".join(
        f", {of}({identifier(name)}) OVER whole AS {identifier(side + name)}"
        for side, of in BESIDE.items()
        for name in names
    )


def _sorted(name: str) -> str:
    """A column in order in a file that is in the order of the persons, and not of the column."""
    now, was, other = identifier(name), identifier(f"above {name}"), identifier("above person")
    higher, lower = f"person > {other}", f"person < {other}"
    return f"""
        SELECT {quote(name)} AS about, 'values that do not follow the order of the rows; a column '
            || 'that was sorted alone?' AS expected, printf(
            '%d rows out of order, %.0f would be by chance', least(up, down), n * mixed / 2) AS seen
        FROM (
            SELECT count_if({higher}) AS n, n / count_if({higher} OR {lower}) AS ascending,
                count_if({now} > {was}) AS up, count_if({now} < {was}) AS down,
                count_if({now} <> {was} AND {lower}) AS restarts
            FROM beside
        ), (
            SELECT 1 - sum(k * k) / (sum(k) * sum(k)) AS mixed
            FROM (SELECT count(*)::DOUBLE AS k FROM rows GROUP BY {now})
        )
        WHERE ascending >= {IN_ORDER} AND n * mixed >= {LEAST_CHANGES} AND up + down > 0
            AND least(up, down) <= {MOST_BACK} * n * mixed
            AND restarts <= {MOST_RESTARTS} * (up + down)
    """


def _pairs(schema: Any, names: Sequence[str]) -> str:
    """SQL of how many rows have what their person had in the period before, by column and side.

    `own` are rows whose neighbour at the side is another person than then, `usual` the others;
    `found` is what lies at the other side, where the neighbours there are others than then.
    """
    columns = ["t", *(f"{side}{name}" for name in ("person", *names) for side in ("", *BESIDE))]
    befores = "".join(
        f", lag({identifier(name)}) OVER earlier AS {before(name)}" for name in columns
    )
    numbers = [n for n in names if family(schema.columns[n].dtype) in ("integer", "number")]
    parts = ", ".join(
        _counts(name, far, side, other)
        for name in names
        for far in ((FAR, NEAR) if name in numbers else (1.0,))
        for side, other in (tuple(BESIDE), tuple(BESIDE)[::-1])
    )
    return f""",
        paired AS (
            SELECT *{befores} FROM beside WINDOW earlier AS (PARTITION BY person ORDER BY t)
        ),
        alike AS (
            SELECT unnest([{parts}], recursive := true) FROM paired WHERE t - {before("t")} = 1
        )
    """


def _counts(name: str, far: float, side: str, other: str) -> str:
    """SQL of a struct: rows, and shares that are alike, of a column that was moved from a side.

    Numbers are alike up to `far` times each other, codes when they are the same.
    """

    def same(of: str) -> str:
        now, was = identifier(of), before(of)
        return f"{now} BETWEEN {was} / {far} AND {was} * {far}" if far > 1 else f"{now} = {was}"

    own, found = (f"{identifier(s + 'person')} <> {before(s + 'person')}" for s in (side, other))
    counted = {
        "own": (same(name), own),
        "usual": (same(name), f"NOT ({own})"),
        "found": (same(other + name), found),
    }
    # Not with FILTER, which copies the rows of each aggregate and takes most of the time.
    told = ", ".join(
        f"'n_{word}': count_if({where} AND ({of}) IS NOT NULL), '{word}': "
        f"count_if({where} AND {of}) / count_if({where} AND ({of}) IS NOT NULL)"
        for word, (of, where) in counted.items()
    )
    return f"{{'name': {quote(name)}, 'side': {quote(side)}, {told}}}"


def _moved() -> str:
    """A column that fits the row above or below better than its own."""
    chance = "sqrt((own * (1 - own) + found * (1 - found)) / least(n_own, n_found))"
    return f"""
        SELECT name, 'values that are kept from one period to the next; the column was moved by '
            || 'one row?', printf('%.0f per cent are kept in their own rows, %.0f in the rows '
            || IF(side = 'above ', 'below', 'above'), 100 * own, 100 * found)
        FROM alike
        WHERE least(n_own, n_usual, n_found) >= {LEAST_BESIDE}
            AND least(found, usual) - own > greatest({APART}, {SURE} * {chance})
        QUALIFY row_number() OVER (PARTITION BY name ORDER BY found - own DESC) = 1
    """
