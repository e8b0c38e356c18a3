"""What estimators give back to people, and the checks of the frames they are given."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naveval.project.errors import EstimationError

ROWS_NAMED = 5


@dataclass(frozen=True)
class Result:
    """An estimate that shows itself.

    Attributes
    ----------
    title
        What was estimated.
    rows
        The numbers.
    notes
        What a reader must know beside them.
    found
        What the estimators returned, by name.
    draw
        Draws the figure, where there is one.
    """

    title: str
    rows: pd.DataFrame
    notes: tuple[str, ...] = ()
    found: dict[str, Any] = field(default_factory=dict, repr=False)
    draw: Callable[[], Figure] | None = field(default=None, repr=False)

    def table(self) -> pd.DataFrame:
        """The numbers as a frame of one's own."""
        return self.rows.copy()

    def summary(self) -> str:
        """Title, numbers and notes as text."""
        shown = self.rows.to_string(index=False, float_format=lambda value: f"{value:.4g}")
        return "\n".join([self.title, shown, *self.notes])

    def figure(self) -> Figure:
        """The figure; `result.figure().savefig("name.png")` keeps it.

        Raises
        ------
        EstimationError
            For a result that has none.
        """
        if self.draw is None:
            raise EstimationError(f"{self.title}: this result has no figure; it has a table()")
        return self.draw()

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        shown = self.rows.to_html(index=False, float_format=lambda value: f"{value:.4g}")
        return f"<h4>{escape(self.title)}</h4>{shown}{notes}"


def require(
    frame: pd.DataFrame,
    names: Sequence[str],
    who: str,
    example: str,
    numeric: Sequence[str] = (),
    gaps: Sequence[str] = (),
) -> None:
    """Refuse a frame without these columns, or with rows that lack a value in one.

    Parameters
    ----------
    numeric
        Those of the columns that must be finite numbers.
    gaps
        Those that may lack values.

    Raises
    ------
    EstimationError
        Names columns and rows (counted from 0), with an example of what is right.
    """
    if not isinstance(frame, pd.DataFrame):
        raise EstimationError(f"{who}: expected a DataFrame, got {type(frame).__name__}")
    columns, faults = list(frame.columns), []
    for name in dict.fromkeys(names):
        if name not in columns:
            known = ", ".join(map(str, columns))
            faults.append(f"column «{name}» is missing; the frame has {known}")
        elif columns.count(name) > 1:
            faults.append(f"column «{name}» is there {columns.count(name)} times; expected once")
        else:
            faults += _column_faults(frame[name], name, name in numeric, name in gaps)
    if frame.empty:
        faults.append("the frame has no rows")
    if faults:
        raise EstimationError(
            f"{who}: " + "\n  ".join(faults) + f"\nWhat is right, for example:\n{example}"
        )


def _column_faults(column: pd.Series, name: str, number: bool, gaps: bool) -> list[str]:
    missing = column.isna().to_numpy()
    if missing.any() and not gaps:
        return [f"column «{name}»: {int(missing.sum())} rows without a value, {rows(missing)}"]
    if not number:
        return []
    if pd.api.types.is_complex_dtype(column):
        return [f"column «{name}»: holds complex numbers; expected real ones"]
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    if not pd.api.types.is_numeric_dtype(column):
        unread = np.isnan(values) & ~missing
        text = unread if unread.any() else ~missing
        if not text.any():
            return []
        first = column.to_numpy()[np.argmax(text)]
        kind = "text" if isinstance(first, str) else type(first).__name__
        return [f"column «{name}»: holds {kind} ({first}); expected numbers, {rows(text)}"]
    wrong = np.isinf(values)
    return [f"column «{name}»: infinite, {rows(wrong)}"] if wrong.any() else []


@contextmanager
def told(who: str, road: str, example: str) -> Iterator[None]:
    """Say of an estimator's error whose it is, and what is right."""
    try:
        yield
    except EstimationError as error:
        raise EstimationError(f"{who}: {error}; {road}, for example:\n{example}") from None


def rows(wrong: np.ndarray) -> str:
    """Which rows, from 0.

    >>> rows(np.array([False, True, True]))
    'rows 1, 2'
    """
    found = np.flatnonzero(wrong)
    more = ", …" if len(found) > ROWS_NAMED else ""
    return f"rows {', '.join(map(str, found[:ROWS_NAMED]))}{more}"


def require_unique(frame: pd.DataFrame, keys: Sequence[str], who: str, example: str) -> None:
    """Refuse a frame with two rows of the same keys."""
    again = frame.duplicated(list(keys), keep=False).to_numpy()
    if again.any():
        first = dict(zip(keys, frame.loc[again, list(keys)].iloc[0], strict=True))
        named = ", ".join(f"{name}={value}" for name, value in first.items())
        raise EstimationError(
            f"{who}: several rows for {named}, {rows(again)}; expected one row per "
            f"{' and '.join(keys)}, for example:\n{example}"
        )
