"""What estimators give back to people, and the checks of the frames they are given."""

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naveval.project.errors import EstimationError, ParameterError
from naveval.project.given import given_as, rows

# Numbers whose differences are smaller than this share of their size are kept with six digits
# or fewer, and what is estimated of them is rounding.
ROUNDING = 1e-10


@dataclass(frozen=True, eq=False, repr=False)
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
    found: dict[str, Any] = field(default_factory=dict)
    draw: Callable[[], Figure] | None = None

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

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        shown = self.rows.to_html(index=False, float_format=lambda value: f"{value:.4g}")
        return f"<h4>{escape(self.title)}</h4>{shown}{notes}"


def named(given: str | Sequence[str], who: str, argument: str) -> list[str]:
    """Names of columns, from one name or several.

    Raises
    ------
    EstimationError
        For no name, something that is no name, and a name given twice.

    >>> named("age", "nv.indicator", "by")
    ['age']
    """
    names = [given] if isinstance(given, str) or not isinstance(given, Sequence) else list(given)
    if not names:
        raise EstimationError(f"{who}: {argument} is empty; expected names of columns")
    strange = [name for name in names if isinstance(name, list | dict | set | pd.Series)]
    strange += [name for name in names if isinstance(name, np.ndarray | pd.DataFrame)]
    if strange:
        kind = type(strange[0]).__name__
        raise EstimationError(f"{who}: {argument} holds a {kind}; expected names of columns")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise EstimationError(f"{who}: {argument} names «{twice[0]}» twice; expected it once")
    return names


def require(
    frame: pd.DataFrame,
    names: Sequence[str],
    who: str,
    example: str,
    numeric: Sequence[str] = (),
    gaps: Sequence[str] = (),
) -> pd.DataFrame:
    """The columns that are asked for, with numbers kept as objects as numbers.

    Parameters
    ----------
    numeric
        Those of the columns that must be finite numbers.
    gaps
        Those that may lack values.

    Raises
    ------
    EstimationError
        Names columns and rows (counted from 0), with an example of what is right: columns that
        are missing or there twice, rows without a value, infinite numbers, text as numbers,
        labels that differ but look alike (1 and "1", "m" and "m ").
    """
    if not isinstance(frame, pd.DataFrame):
        kind = type(frame)
        raise EstimationError(
            f"{who}: expected a pandas DataFrame, got {kind.__module__}.{kind.__qualname__}"
        )
    columns, faults = list(frame.columns), []
    found = {}
    for name in dict.fromkeys(names):
        if name not in columns:
            known = ", ".join(map(str, columns))
            faults.append(f"column «{name}» is missing; the frame has {known}")
        elif columns.count(name) > 1:
            faults.append(f"column «{name}» is there {columns.count(name)} times; expected once")
        else:
            found[name] = frame[name].infer_objects()
            faults += _column_faults(found[name], name, name in numeric, name in gaps)
    if frame.empty:
        faults.append("the frame has no rows")
    if faults:
        raise EstimationError(
            f"{who}: " + "\n  ".join(faults) + f"\nWhat is right, for example:\n{example}"
        )
    return pd.DataFrame(found, index=frame.index)


def _column_faults(column: pd.Series, name: str, number: bool, gaps: bool) -> list[str]:
    missing = column.isna().to_numpy()
    if missing.any() and not gaps:
        return [f"column «{name}»: {int(missing.sum())} rows without a value, {rows(missing)}"]
    if pd.api.types.is_complex_dtype(column):
        return [f"column «{name}»: holds complex numbers; expected real ones"]
    if pd.api.types.is_float_dtype(column):
        wrong = np.isinf(column.to_numpy(dtype=float, na_value=np.nan))
        return [f"column «{name}»: infinite, {rows(wrong)}"] if wrong.any() else []
    if not number:
        return _label_faults(column, name)
    if pd.api.types.is_numeric_dtype(column) or missing.all():
        return []
    values = column.to_numpy(dtype=object)
    read = pd.to_numeric(column.astype(object), errors="coerce").notna().to_numpy()
    text = ~missing & np.array([not isinstance(value, Real) for value in values])
    text = text & ~read if (text & ~read).any() else text if text.any() else ~missing
    first = values[np.argmax(text)]
    kind = "text" if isinstance(first, str) else type(first).__name__
    return [f"column «{name}»: holds {kind} ({first}); expected numbers, {rows(text)}"]


def _label_faults(column: pd.Series, name: str) -> list[str]:
    """Labels that are told apart by a machine and not by a reader, or the other way round."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return []
    mixed = pd.api.types.is_object_dtype(column.dtype)
    known = column.dropna()
    seen: dict[str, tuple[type, Any]] = {}
    for value in dict.fromkeys((type(one), one) for one in (known if mixed else known.unique())):
        other = seen.setdefault(_as_read(value[1]), value)
        if other != value:
            # The values themselves may be persons' ids.
            first = [int(np.argmax([_is(one, two) for one in column])) for two in (other, value)]
            kinds = sorted({two[0].__name__ for two in (other, value)})
            return [
                f"column «{name}»: rows {first[0]} and {first[1]} hold {' and '.join(kinds)} that "
                "look alike and are not the same; expected one spelling: "
                f'frame["{name}"].astype(str).str.strip()'
            ]
    return []


def _is(one: Any, value: tuple[type, Any]) -> bool:
    return type(one) is value[0] and bool(one == value[1])


def _as_read(value: Any) -> str:
    number = isinstance(value, int | float | np.number) and np.isfinite(float(value))
    return str(int(value) if number and value == int(value) else value).strip()


def require_roles(who: str, example: str, **roles: Sequence[str]) -> None:
    """Refuse what is no name of a column, and a column that is given for two arguments."""
    taken: dict[str, str] = {}
    for role, names in roles.items():
        for name in names:
            if not isinstance(name, Hashable) or name is None:
                raise EstimationError(
                    f"{who}: {role}: expected the name of a column, got {type(name).__name__}, "
                    f"for example:\n{example}"
                )
            if taken.setdefault(name, role) != role:
                raise EstimationError(
                    f"{who}: column «{name}» is given as {taken[name]} and as {role}; expected a "
                    f"column of its own for each, for example:\n{example}"
                )


def require_apart(
    frame: pd.DataFrame,
    fixed: Sequence[str],
    names: Sequence[str],
    who: str,
    person: str | None = None,
) -> None:
    """Refuse characteristics that are the outcome or the groups under another name.

    Rows that repeat others in every column say nothing of that; without `person` to tell whose
    they are, they are refused where only they make two columns agree.
    """
    once = frame.drop_duplicates()
    for own in fixed:
        for name in names:
            if _same(once[own], once[name]):
                raise EstimationError(
                    f"{who}: column «{name}» says the same as «{own}» in every row; expected "
                    "characteristics that were known before, and not what is explained by them"
                )
            if person is None and len(once) < len(frame) and _same(frame[own], frame[name]):
                again = frame.duplicated(keep=False).to_numpy()
                raise EstimationError(
                    f"{who}: {int(again.sum())} rows repeat others in {', '.join(frame)}, "
                    f"{rows(again)}; expected one row per person. Name the column of persons who "
                    'have several rows (person="person"), or keep one of each: '
                    "frame.drop_duplicates()"
                )


def _same(a: pd.Series, b: pd.Series) -> bool:
    codes = [pd.factorize(column)[0] for column in (a, b)]
    if 1 < codes[0].max() + 1 < len(a) and (codes[0] == codes[1]).all():
        return True
    if not all(pd.api.types.is_numeric_dtype(column) for column in (a, b)) or len(a) < 3:
        return False
    x, y = (column.to_numpy(dtype=float) - float(column.mean()) for column in (a, b))
    size = float(np.sqrt((x @ x) * (y @ y)))
    return size > 0 and abs(float(x @ y)) >= (1 - 1e-12) * size


def require_variation(
    frame: pd.DataFrame, outcome: str, who: str, example: str, within: Sequence[str] = ()
) -> None:
    """Refuse an outcome whose differences are none, or lost in the rounding of its size.

    Parameters
    ----------
    within
        Columns whose means are taken away first, as a panel's units and periods.
    """
    values = frame[outcome].to_numpy(dtype=float)
    left = values - values.mean()
    for name in within:
        left = left - pd.Series(left).groupby(pd.factorize(frame[name])[0]).transform("mean")
    if np.abs(left).max() > ROUNDING * np.abs(values).max():
        return
    if np.ptp(values) == 0:
        said = f"is {frame[outcome].iloc[0]} in every row; expected an outcome that varies"
    else:
        beside = f" beside the means by {' and '.join(within)}" if within else ""
        said = (
            f"values up to {np.abs(values).max():.3g} differ by {np.abs(left).max():.1g} at most"
            f"{beside}: no more than rounding; subtract what all have in common from exact "
            "numbers first, or take another outcome"
        )
    raise EstimationError(f"{who}: column «{outcome}»: {said}, for example:\n{example}")


def labels(column: pd.Series) -> pd.Series:
    """Values as text, whole numbers without decimals.

    >>> labels(pd.Series([1.0, 2.0])).tolist()
    ['1', '2']
    """
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        return column.map(lambda value: f"{value:.0f}", na_action="ignore").astype(str)
    return column.astype(str)


def numbers(frame: pd.DataFrame, who: str) -> pd.DataFrame:
    """Every column as numbers: true and false as 1 and 0, text and categories as dummies.

    Raises
    ------
    EstimationError
        For dates and other kinds, and columns that hold both numbers and text.
    """
    parts = []
    for name in frame:
        column, kind = frame[name], frame[name].dtype
        if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_numeric_dtype(kind):
            parts.append(column.astype(float).to_frame())
        elif all(isinstance(value, str) for value in column.unique()):
            parts.append(pd.get_dummies(column.to_frame(), dtype=float))
        elif isinstance(kind, pd.CategoricalDtype):
            parts.append(pd.get_dummies(column.astype(str).to_frame(), dtype=float))
        else:
            held = ", ".join(sorted({type(value).__name__ for value in column.unique()}))
            raise EstimationError(
                f"{who}: column «{name}»: expected numbers, text, or true and false; it holds "
                f"{held}"
            )
    return pd.concat(parts, axis=1)


def require_value(who: str, **given: Any) -> None:
    """Refuse a list where one value is asked for."""
    for name, value in given.items():
        if not isinstance(value, Hashable) or isinstance(value, tuple):
            raise EstimationError(
                f"{who}: {name}={given_as(value)}: expected one value of its column"
            )


def require_order(column: pd.Series, who: str, example: str) -> pd.Series:
    """Periods in the order of time; text is refused where the alphabet would decide.

    Numbers, dates, pandas Periods and ordered categories have an order. Text has that of time
    when all of it has one shape with the year, or the only number, first: 2014-01, 2014K1, m07.

    Raises
    ------
    EstimationError
        For other text, and for periods of several kinds.

    >>> require_order(pd.Series(["2014-02", "2014-10"], name="month"), "nv.did", "").tolist()
    ['2014-02', '2014-10']
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        if column.cat.ordered:
            return column.cat.remove_unused_categories()
        column = column.astype(column.cat.categories.dtype)
    if not pd.api.types.is_string_dtype(column.dtype):
        return column
    kinds = {type(value) for value in column}
    if kinds != {str} and len(kinds) == 1:
        return column
    if len(kinds) > 1:
        shown = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise EstimationError(
            f"{who}: column «{column.name}»: holds {shown}; expected periods of one kind, for "
            f"example:\n{example}"
        )
    shapes = {re.sub(r"\d", "0", value) for value in column.unique()}
    numbers = re.findall("0+", min(shapes))
    if len(shapes) == 1 and (len(numbers) == 1 or (numbers and len(numbers[0]) == 4)):
        return column
    values = list(dict.fromkeys(column))
    raise EstimationError(
        f"{who}: column «{column.name}»: the alphabet would order periods such as "
        f"{', '.join(map(repr, values[:3]))}; expected whole numbers, dates, pandas Periods, or "
        "text of one form with the year first (2014-01). To convert: "
        f'frame["{column.name}"].astype(int), or pd.PeriodIndex(frame["{column.name}"], '
        f'freq="M"), or an ordered pd.Categorical. For example:\n{example}'
    )


@contextmanager
def told(who: str, road: str, example: str) -> Iterator[None]:
    """Say of an estimator's error whose it is, and what is right."""
    try:
        yield
    except (EstimationError, ParameterError) as error:
        raise type(error)(f"{who}: {error}; {road}, for example:\n{example}") from None


def require_unique(frame: pd.DataFrame, keys: Sequence[str], who: str, example: str) -> None:
    """Refuse a frame with two rows of the same keys."""
    again = frame.duplicated(list(keys), keep=False).to_numpy()
    if again.any():
        listed = ", ".join(f'"{name}"' for name in keys)
        copies = bool(frame[again].duplicated(keep=False).all())
        mend = (
            f"frame.drop_duplicates([{listed}])"
            if copies
            else f"frame.groupby([{listed}], as_index=False).mean(numeric_only=True)"
        )
        raise EstimationError(
            f"{who}: {int(again.sum())} rows share their {' and '.join(keys)} with another, "
            f"{rows(again)}; expected one row per {' and '.join(keys)}. "
            f"{'They are copies' if copies else 'They differ'}: {mend}, for example:\n{example}"
        )
