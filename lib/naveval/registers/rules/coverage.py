"""What period and places a table must cover, and jumps between neighbouring periods.

A study's module `coverage` says with `Need` what its code reads, made of the windows, leads, lags
and horizons that the code declares. Each need is compared with the rows there are, per place and
period. What would lead to wrong numbers is a breach; a change of level that can be true is a
warning, which the report shows.

A table with few rows (a small simulation, a small county) can lack a period by chance, so a
period without rows counts only where `LEAST_EXPECTED` or more were to be expected.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import duckdb
import numpy as np
from numpy.typing import NDArray

from naveval.project.months import month_text
from naveval.registers.connections import asked, identifier, run, words_of
from naveval.registers.rules.breaches import Breach
from naveval.registers.sources import Source
from naveval.registers.views import columns

LEAST_EXPECTED = 15
YEAR, LEAST_OF_SEASON = 12, 50  # of few rows a summer can lack by chance
NEAR = 3  # periods on either side: spells begin to be counted, and grow
LEAST_FOR_JUMP = 100
BEYOND_CHANCE = 5  # square roots of the rows that were to be expected
HALF = 0.5
TENTH = 0.1
SHOWN = 5
COUNTRY = ""


@dataclass(frozen=True)
class Need:
    """A table must have rows in every period from first to last, in every place.

    Attributes
    ----------
    table, column
        What to name in messages.
    period
        SQL for the number of a row's period; consecutive periods have consecutive numbers.
    first, last
        Numbers of the first and last period needed.
    kind
        `stock`: as many rows from one period to the next, so that half or twice as many in one
        period alone is a breach; `flow`: numbers may swing, only a tenth is a breach.
    place
        SQL for a row's place; "" compares the country alone.
    places
        Places that must have rows.
    relation
        SQL of the rows, when other than the table.
    until
        SQL of one number of a period, found in other tables, up to which the table must reach
        when that is later than `last`.
    may_be_empty
        Whether the table may have no rows at all.
    text
        How a period's number is written.
    """

    table: str
    column: str
    period: str
    first: int
    last: int
    kind: Literal["stock", "flow"] = "stock"
    place: str = ""
    places: tuple[str, ...] = (COUNTRY,)
    relation: str = ""
    until: str = ""
    may_be_empty: bool = False
    text: Callable[[int], str] = month_text

    @property
    def rows(self) -> str:
        """SQL of the rows."""
        return self.relation or f"SELECT * FROM {identifier(self.table)}"

    def key(self) -> str:
        """What decides the outcome, to remember extracts that passed."""
        ends = f"{self.text(self.first)} {self.text(self.last)}"
        rest = (self.period, self.kind, self.place, self.places, self.relation, self.until)
        return f"{self.table} {ends} {rest}"


def reaching(connection: duckdb.DuckDBPyConnection, need: Need) -> Need:
    """The need with the last period that the other tables ask for."""
    if not need.until:
        return need
    ((last,),) = run(connection, f"SELECT ({need.until})", where=need.table).fetchall()
    return need if last is None else replace(need, last=max(need.last, int(last)))


def counts(connection: duckdb.DuckDBPyConnection, need: Need) -> NDArray[np.int64]:
    """Rows by place and period, (places, periods)."""
    place = need.place or "''"
    there = columns(connection, f"({need.rows})", need.table)
    alike = grouped(need.rows, f"{place} {need.period}", there)
    sql = (
        f"SELECT place, period, sum(alike) FROM (SELECT {place} AS place, {need.period} AS period, "
        f"alike FROM ({alike})) WHERE period BETWEEN {need.first} AND {need.last} GROUP BY ALL"
    )
    found = np.zeros((len(need.places), need.last - need.first + 1), dtype=np.int64)
    index = {name: i for i, name in enumerate(need.places)}
    for name, period, n in asked(connection, sql, need.table):
        if name in index:
            found[index[name], int(period) - need.first] = n
    return found


def grouped(rows: str, of: str, there: Iterable[str]) -> str:
    """SQL of the columns that an expression is of, and how many rows are `alike` in them.

    A month's number is then found once for each month and not for each of millions of rows.

    >>> grouped("FROM t", "left(month, 4)", ["person", "month"])
    'SELECT "month", count(*) AS alike FROM (FROM t) GROUP BY ALL'
    """
    named = words_of(of)
    listed = "".join(f"{identifier(name)}, " for name in there if name in named)
    return f"SELECT {listed}count(*) AS alike FROM ({rows}) GROUP BY ALL"


def breaches(connection: duckdb.DuckDBPyConnection, need: Need, source: Source) -> Iterator[Breach]:
    """Places without rows, periods without rows, and jumps, each told once."""
    need = reaching(connection, need)
    found = counts(connection, need)
    if need.may_be_empty and not found.any():
        return
    span = f"from {need.text(need.first)} to {need.text(need.last)}"
    empty = found.sum(axis=1) == 0
    if empty.any():
        names = [name for name, none in zip(need.places, empty, strict=True) if none]
        where = f"none in {_listed(names)}" if need.place else "there are none"
        yield _breach(need, source, f"rows {span}; {where}")
    lacking = absent(found)
    if need.text is month_text:
        lacking |= seasons(found)
    for words, cells in (
        (f"rows in every period {span}; none in", lacking),
        (f"about as many rows as in the periods around; {_few(need)} in", holes(found, need.kind)),
        (
            "about as many rows as in the periods around; more than twice as many in",
            spikes(found, need.kind),
        ),
    ):
        if cells.any():
            yield _breach(need, source, f"{words} {_listed(_names(need, cells))}")
    if len(need.places) > 1:
        yield from _whole(need, source, found)
    cells = shifts(found, need.kind)
    if cells.any():
        words = "rows fall to less than half, or rise to more than twice, and stay there in"
        where = _listed(_names(need, cells))
        text = f"{words} {where}"
        yield Breach(need.table, source.label, need.column, 0, (), text, True, where)


def _whole(need: Need, source: Source, found: NDArray[np.int64]) -> Iterator[Breach]:
    """Jumps of all places together, where no place alone has enough rows to tell."""
    whole = replace(need, places=("all places",))
    total = found.sum(axis=0, keepdims=True)
    for words, by_place, cells in (
        (_few(need), holes(found, need.kind), holes(total, need.kind)),
        ("more than twice as many", spikes(found, need.kind), spikes(total, need.kind)),
    ):
        untold = cells & ~by_place.any(axis=0)
        if untold.any():
            listed = _listed(_names(whole, untold))
            yield _breach(
                whole, source, f"about as many rows as in the periods around; {words} in {listed}"
            )


def _breach(need: Need, source: Source, text: str) -> Breach:
    return Breach(need.table, source.label, need.column, 0, (), f"expected {text}")


def _few(need: Need) -> str:
    return "less than half" if need.kind == "stock" else "less than a tenth"


def _names(need: Need, cells: NDArray[np.bool_]) -> list[str]:
    return [
        f"{need.places[place]} {need.text(need.first + int(period))}".strip()
        for place, period in zip(*np.nonzero(cells), strict=True)
    ]


def _listed(names: list[str]) -> str:
    more = f" … ({len(names)})" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def absent(found: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Periods without rows where the place's other periods, and those near, lead to expect some.

    Parameters
    ----------
    found
        Rows, (places, periods).

    Example
    -------
    >>> absent(np.array([[90, 0, 80, 90], [3, 0, 2, 1]])).tolist()
    [[False, True, False, False], [False, False, False, False]]
    >>> bool(absent(np.array([[0, 4, 3, 9, 90, 90]])).any())
    False
    """
    result = np.zeros(found.shape, dtype=bool)
    for place, row in enumerate(found):
        if not row.any():
            continue
        for first, last in _empty_runs(row):
            length = last - first
            sides = (row[max(0, first - NEAR) : first], row[last : last + NEAR])
            near = max(side.mean() for side in sides if len(side))
            if length * min(near, row.sum() / (len(row) - length)) >= LEAST_EXPECTED:
                result[place, first:last] = True
    return result


def seasons(found: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Months that lack in every year, where the other months lead to expect some.

    Example
    -------
    >>> seasons(np.where(np.arange(24) % 12 == 11, 0, 30)[None])[0].nonzero()[0].tolist()
    [11, 23]
    """
    result = np.zeros(found.shape, dtype=bool)
    enough = found.sum(axis=1) >= YEAR * LEAST_OF_SEASON
    for month in range(min(YEAR, found.shape[1] - YEAR)):
        none = found[:, month::YEAR].sum(axis=1) == 0
        result[enough & none, month::YEAR] = True
    return result


def _empty_runs(row: NDArray[np.int64]) -> list[tuple[int, int]]:
    """First and one past the last of each run of zeros."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], row == 0, [0]))))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def neighbours(found: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the period before and after; at an end, of the only neighbour."""
    if found.shape[1] < 2:
        return found, found
    before = np.concatenate((found[:, 1:2], found[:, :-1]), axis=1)
    after = np.concatenate((found[:, 1:], found[:, -2:-1]), axis=1)
    return before, after


def holes(found: NDArray[np.int64], kind: str) -> NDArray[np.bool_]:
    """Periods with rows, but far fewer than both neighbours, and than chance would leave.

    Example
    -------
    >>> holes(np.array([[55, 5, 52], [55, 20, 52], [110, 50, 104]]), "stock")[:, 1].tolist()
    [True, False, True]
    """
    least = np.minimum(*neighbours(found))
    share = HALF if kind == "stock" else TENTH
    beyond = least - found > BEYOND_CHANCE * np.sqrt(least)
    return (found > 0) & beyond & (found < share * least)


def spikes(found: NDArray[np.int64], kind: str) -> NDArray[np.bool_]:
    """Periods with more than twice the rows of both neighbours."""
    if kind == "flow":
        return np.zeros(found.shape, dtype=bool)
    most = np.maximum(*neighbours(found))
    result = (found >= LEAST_FOR_JUMP) & (most > 0) & (found > 2 * most)
    result[:, [0, -1]] = False  # at an end it may be a change of level
    return result


def shifts(found: NDArray[np.int64], kind: str) -> NDArray[np.bool_]:
    """Periods that differ from the one before by a factor of two, and are no hole or spike."""
    result = np.zeros(found.shape, dtype=bool)
    if kind == "flow" or found.shape[1] < 2:
        return result
    before, now = found[:, :-1], found[:, 1:]
    enough = (np.maximum(before, now) >= LEAST_FOR_JUMP) & (np.minimum(before, now) > 0)
    result[:, 1:] = enough & ((now > 2 * before) | (2 * now < before))
    odd = holes(found, kind) | spikes(found, kind)
    odd[:, 1:] |= odd[:, :-1]
    return result & ~odd
