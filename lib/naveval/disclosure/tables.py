"""From a frame of counts to cells and equations: totals, sums, cumulative and linked counts."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure.cells import Cells
from naveval.disclosure.thresholds import Thresholds
from naveval.project.errors import DisclosureError

TOLERANCE = 0.5
Equation = tuple[NDArray[np.int64], NDArray[np.float64]]
Totals = Mapping[str, Any]


@dataclass(frozen=True)
class Structure:
    """How the cells of a frame hang together.

    Attributes
    ----------
    keys
        Columns that say what a row is about.
    totals
        Key column to the value that is the sum of all its other values, or to a mapping from
        each sum to its parts: `{"county": {"": ["03", "11", …]}}`.
    additive
        Count column to the count columns that add up to it.
    cumulative
        Key along which counts cumulate, rows in order.
    """

    keys: tuple[str, ...] = ()
    totals: Totals | None = None
    additive: Mapping[str, Sequence[str]] | None = None
    cumulative: str | None = None


@dataclass(frozen=True)
class Column:
    """One column of cells: a count of persons, or a share with its number of persons.

    Attributes
    ----------
    name
        Name in the frame.
    x
        Persons in each cell, shape (rows,).
    primary, rule
        Cells that may not be shown, and by which rule; shape (rows,).
    whole
        For a share: the count column it is a share of; "" for a count.
    """

    name: str
    x: NDArray[np.float64]
    primary: NDArray[np.bool_]
    rule: NDArray[np.str_]
    whole: str = ""
    sums: bool = False


def cells(
    frame: pd.DataFrame, columns: Sequence[Column], structure: Structure, limits: Thresholds
) -> Cells:
    """The cells of all columns, column after column, and then hidden steps.

    Raises
    ------
    DisclosureError
        When keys are not unique, a total is not the sum of its parts, or a key is unknown.
    """
    n = len(frame)
    place = {column.name: k for k, column in enumerate(columns)}
    x = np.concatenate([column.x for column in columns])
    primary = np.concatenate([column.primary for column in columns])
    equations = _totals(frame, columns, structure) + _additive(n, place, structure)
    for index, sign in equations:
        gap = abs(float(np.dot(sign, x[index])))
        if gap > TOLERANCE and gap > 1e-6 * float(np.abs(x[index]).max()):
            where = columns[int(index[0]) // n].name
            raise DisclosureError(
                f"column {where}: a total is not the sum of its parts; expected counts of "
                "persons that add up, or a structure without this total"
            )
    steps, step_equations = _steps(frame, columns, structure, len(x))
    x = np.concatenate([x, steps])
    secret = (steps > 0) & (steps < limits.min_cell)
    primary = np.concatenate([primary, secret])
    hidden = np.arange(len(x)) >= n * len(columns)
    return _bounds(columns, x, primary, hidden, [*equations, *step_equations], place, n, limits)


def _bounds(
    columns: Sequence[Column],
    x: NDArray[np.float64],
    primary: NDArray[np.bool_],
    hidden: NDArray[np.bool_],
    equations: list[Equation],
    place: Mapping[str, int],
    n: int,
    limits: Thresholds,
) -> Cells:
    m = len(x)
    cap, leader = np.full(m, np.inf), np.full(m, -1)
    high, low = np.full(m, np.inf), np.zeros(m)
    width = np.full(m, float(limits.protection_width))
    shown_from = 0 if limits.zero_cells == "show" else limits.min_cell
    for k, column in enumerate(columns):
        part = slice(k * n, (k + 1) * n)
        if column.sums:
            known = np.abs(np.nan_to_num(x[part]))
            width[part] = 2 * limits.dominance.p_percent / 100 * known
        elif column.whole:
            whole = columns[place[column.whole]].x
            cap[part] = np.where(np.isnan(whole), np.inf, whole)
            leader[part] = np.arange(n) + place[column.whole] * n
            width[part] = np.fmin(width[part], cap[part])
        else:
            small = column.primary & (column.rule == "min_cell")
            high[part] = np.where(small, limits.min_cell - 1, np.inf)
            low[part] = shown_from
    return Cells(x, primary, hidden, width, cap, high, low, leader, equations)


def _groups(frame: pd.DataFrame, keys: Sequence[str]) -> list[NDArray[np.int64]]:
    """Positions of rows that agree in all of `keys`."""
    if not keys:
        return [np.arange(len(frame))]
    grouped = frame.groupby(list(keys), dropna=False, observed=True, sort=False)
    return [np.asarray(found) for found in grouped.indices.values()]


def require_keys(frame: pd.DataFrame, structure: Structure) -> None:
    """Raise DisclosureError for unknown key columns or rows that share a key."""
    named = [*structure.keys, *(structure.totals or {}), *filter(None, [structure.cumulative])]
    unknown = sorted(set(named) - set(frame.columns))
    if unknown:
        raise DisclosureError(
            f"unknown key columns {', '.join(unknown)}; the frame has "
            f"{', '.join(map(str, frame.columns))}"
        )
    outside = sorted(
        {*(structure.totals or {}), *filter(None, [structure.cumulative])} - set(structure.keys)
    )
    if outside:
        raise DisclosureError(f"{', '.join(outside)} must be among the keys")
    if structure.keys and frame.duplicated(list(structure.keys)).any():
        raise DisclosureError(f"rows share a key; keys are {', '.join(structure.keys)}")


def _totals(frame: pd.DataFrame, columns: Sequence[Column], structure: Structure) -> list[Equation]:
    found: list[Equation] = []
    n = len(frame)
    for key, total in (structure.totals or {}).items():
        others = [name for name in structure.keys if name != key]
        values = frame[key].to_numpy(dtype=object)
        for rows in _groups(frame, others):
            for whole, parts in _sums(total, values[rows]).items():
                top = rows[values[rows] == whole]
                below = rows[np.isin(values[rows].astype(str), [str(part) for part in parts])]
                if len(top) != 1 or not len(below):
                    continue
                index = np.concatenate([below, top]).astype(np.int64)
                sign = np.concatenate([np.ones(len(below)), [-1.0]])
                found += [
                    (index + k * n, sign)
                    for k, column in enumerate(columns)
                    if not np.isnan(column.x[index]).any() or _complete(column, index)
                ]
    return found


def _complete(column: Column, index: NDArray[np.int64]) -> bool:
    """Whether unknown counts are all suppressed anyway, so that the equation may stay."""
    return bool(column.primary[index][np.isnan(column.x[index])].all())


def _sums(total: Any, values: NDArray[Any]) -> dict[Any, list[Any]]:
    if isinstance(total, Mapping):
        return {whole: list(parts) for whole, parts in total.items()}
    return {total: [value for value in values if value != total]}


def _additive(n: int, place: Mapping[str, int], structure: Structure) -> list[Equation]:
    found: list[Equation] = []
    for whole, parts in (structure.additive or {}).items():
        unknown = sorted({whole, *parts} - set(place))
        if unknown:
            raise DisclosureError(f"additive: {', '.join(unknown)}: not a count column")
        sign = np.array([1.0] * len(parts) + [-1.0])
        offsets = np.array([place[part] * n for part in parts] + [place[whole] * n])
        found += [(offsets + row, sign) for row in range(n)]
    return found


def _steps(
    frame: pd.DataFrame, columns: Sequence[Column], structure: Structure, start: int
) -> tuple[NDArray[np.float64], list[Equation]]:
    """Hidden cells: how much a cumulative count grows from one row to the next."""
    if structure.cumulative is None:
        return np.zeros(0), []
    steps: list[float] = []
    equations: list[Equation] = []
    others = [name for name in structure.keys if name != structure.cumulative]
    n = len(frame)
    sign = np.array([1.0, 1.0, -1.0])
    for k, column in enumerate(columns):
        if column.sums:
            continue
        for rows in _groups(frame, others):
            for before, after in itertools.pairwise(rows):
                step = column.x[after] - column.x[before]
                if step < 0:
                    raise DisclosureError(
                        f"column {column.name}: falls along {structure.cumulative}, expected "
                        "cumulative counts in order of the rows"
                    )
                index = np.array([before + k * n, start + len(steps), after + k * n])
                steps.append(step)
                equations.append((index, sign))
    return np.array(steps, dtype=float), equations
