"""Settings and arrays that callers give: what is wrong is named by argument and row.

Arrays, lists, Series and frames are taken by position, whatever their index, and never changed.
Text is no number, also where it looks like one; missing values are NaN, None, pandas' NA, and
what is masked.
"""

from collections.abc import Hashable, Sequence
from numbers import Real
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.project.errors import EstimationError

ROWS_NAMED = 5


def given_as(value: Any) -> str:
    """How an error shows what was given: a value as it is, and of what holds several, its kind.

    >>> given_as("age"), given_as(["Kari"])
    ("'age'", 'a list')
    """
    one = value is None or isinstance(value, str | int | float | np.generic)
    plain = value.item() if isinstance(value, np.generic) else value
    return repr(plain) if one else f"a {type(value).__name__}"


def require_number(
    who: str, lowest: float, highest: float = np.inf, *, whole: bool = False, **given: float
) -> None:
    """Refuse a setting that is no number, or no whole one, between the two."""
    kinds = (int, np.integer) if whole else (int, float, np.number)
    for name, value in given.items():
        number = isinstance(value, kinds) and not isinstance(value, bool)
        if not (number and lowest <= value <= highest):
            wanted = "a whole number" if whole else "a number"
            low = f" from {lowest:g}" if np.isfinite(lowest) else ""
            top = f" to {highest:g}" if np.isfinite(highest) else ""
            raise EstimationError(f"{who}: {name}={given_as(value)}: expected {wanted}{low}{top}")


def require_choice(who: str, allowed: Sequence[Any], **given: Any) -> None:
    """Refuse a setting that is none of those allowed."""
    for name, value in given.items():
        if not isinstance(value, Hashable) or isinstance(value, bool) or value not in allowed:
            listed = ", ".join(map(str, allowed))
            raise EstimationError(f"{who}: {name}={given_as(value)}: is not among {listed}")


def rows(wrong: NDArray[np.bool_]) -> str:
    """Which rows, from 0.

    >>> rows(np.array([False, True, True]))
    'rows 1, 2'
    """
    found = np.flatnonzero(wrong)
    more = ", …" if len(found) > ROWS_NAMED else ""
    return f"rows {', '.join(map(str, found[:ROWS_NAMED]))}{more}"


def numbers(
    who: str,
    name: str,
    given: Any,
    shape: tuple[int | None, ...] | None = (None,),
    *,
    least: float = -np.inf,
    above: float = -np.inf,
    gaps: bool = False,
    infinite: bool = False,
    single: bool = False,
) -> NDArray[np.float64]:
    """An array of numbers, finite unless said otherwise.

    Parameters
    ----------
    shape
        Its lengths, None for any; None for any shape.
    least, above
        All must be so much, or more than that.
    gaps, infinite
        Values may be missing, or infinite.
    single
        Whether numbers of single precision stay so.

    Raises
    ------
    EstimationError
        For another shape, text, dates and complex numbers, and values that are missing, infinite
        or too small.

    >>> numbers("mean", "weights", [1, None, 2])
    Traceback (most recent call last):
    naveval.project.errors.EstimationError: mean: weights: missing or infinite, rows 1
    """
    values = _plain(who, name, given)
    _require_shape(who, name, values, shape)
    if values.dtype.kind == "O":
        missing = pd.isna(values)
        strange = ~missing & ~np.vectorize(lambda one: isinstance(one, Real), otypes=[bool])(values)
        if strange.any():
            _refuse(who, name, strange, f"holds {given_as(values[strange][0])}", "numbers")
        values = np.where(missing, np.nan, values)
    elif values.dtype.kind not in "biuf":
        first = "nothing" if not values.size else given_as(values.flat[0])
        raise EstimationError(f"{who}: {name}: holds {first} ({values.dtype}); expected numbers")
    keeps = single and values.dtype == np.float32
    found = values if keeps else values.astype(np.float64, copy=False)
    wrong = np.isnan(found) & (not gaps) | np.isinf(found) & (not infinite)
    if wrong.any():
        said = [word for word, off in (("missing", gaps), ("infinite", infinite)) if not off]
        _refuse(who, name, wrong, " or ".join(said))
    for limit, low, word in ((least, found < least, "at least"), (above, found <= above, "above")):
        if limit > -np.inf and low.any():
            _refuse(who, name, low, f"{found[low][0]:g}", f"{word} {limit:g}")
    return found


def columns(
    who: str, name: str, given: Any, n: int | None = None, k: int | None = None
) -> NDArray[np.float64]:
    """Finite numbers (n, k); a vector is one column."""
    one = np.ndim(given) == 1 and k in (None, 1)
    found = numbers(who, name, given, (n,) if one else (n, k))
    return found[:, None] if one else found


def labels(who: str, name: str, given: Any, n: int | None = None) -> NDArray[Any]:
    """An array of labels, each there and all of one kind.

    Parameters
    ----------
    n
        How many there must be.
    """
    values = _plain(who, name, given)
    _require_shape(who, name, values, (n,))
    missing = pd.isna(values)
    if missing.any():
        _refuse(who, name, missing, "missing", "a label in each row")
    types = set(map(type, values)) if values.dtype.kind == "O" else set()
    kinds = set(map(_kind, types))
    if len(kinds) > 1:
        held = " and ".join(sorted(kinds))
        raise EstimationError(f"{who}: {name}: holds {held}; expected labels of one kind")
    return values


def codes(who: str, name: str, given: Any, n_codes: int, n: int | None = None) -> NDArray[Any]:
    """An array of whole numbers from 0 to `n_codes` − 1, of the kind it has; it may be empty."""
    values = _plain(who, name, given)
    whole = values.dtype.kind in "iu"
    n = len(values) if n is None and values.ndim == 1 else n
    values = values if whole else numbers(who, name, values, (n,))
    _require_shape(who, name, values, (n,))
    fits = not values.size or (values.min() >= 0 and values.max() < n_codes)
    if fits and (whole or not (values % 1).any()):
        return values if whole else values.astype(np.int64)
    wrong = (values % 1 != 0) | (values < 0) | (values >= n_codes)
    _refuse(who, name, wrong, f"holds {values[wrong][0]:g}", f"whole numbers 0 to {n_codes - 1}")


def _kind(one: type) -> str:
    number, text = issubclass(one, Real), issubclass(one, str)
    return "numbers" if number else "text" if text else one.__name__


def _plain(who: str, name: str, given: Any) -> NDArray[Any]:
    if isinstance(given, np.ma.MaskedArray):
        given = np.where(np.ma.getmaskarray(given), np.array(None), given.data)
    try:
        return np.asarray(given)
    except ValueError:
        raise EstimationError(f"{who}: {name}: rows of several lengths") from None


def _require_shape(
    who: str, name: str, values: NDArray[Any], shape: tuple[int | None, ...] | None
) -> None:
    if shape is None:
        return
    fits = [wanted in (None, length) for length, wanted in zip(values.shape, shape, strict=False)]
    nothing = not values.size and 0 not in shape
    if values.ndim != len(shape) or not all(fits) or nothing:
        wanted = ", ".join("n" if length is None else str(length) for length in shape)
        wanted = f"({wanted}{',' if len(shape) == 1 else ''})"
        empty = ", and some rows" if values.ndim == len(shape) and nothing else ""
        raise EstimationError(f"{who}: {name} of shape {values.shape}; expected {wanted}{empty}")


def _refuse(who: str, name: str, wrong: Any, said: str, wanted: str = "") -> NoReturn:
    where = rows(wrong.reshape(len(wrong), -1).any(axis=1)) if wrong.ndim else "alone"
    expected = f"; expected {wanted}" if wanted else ""
    raise EstimationError(f"{who}: {name}: {said}, {where}{expected}")
