"""One decision per exhibit: what a frame may show, how finely, and one line for the log.

`described` for what was computed from protected counts (a study's panel, `protected_panel`);
`modelled` for output of models. Numbers computed from
published tables and from exhibits released before are `released.public` and `released.derived`.

The log tells how many persons stand behind an exhibit (to the nearest ten), by how much a count
can be changed, and how many numbers are missing by which rule. It does not tell by how much the
exhibit's own counts were changed: with few cells that would narrow the truth.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure import counts as counting
from naveval.disclosure import models
from naveval.disclosure.keys import Secret
from naveval.disclosure.released import LOG_COLUMNS, Released
from naveval.disclosure.thresholds import thresholds
from naveval.project.errors import DisclosureError

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Protection:
    """Says that counts were protected, with the persons behind them to the nearest ten.

    Only functions that protect make one: `protected_panel`.
    """

    persons: int


def protected_panel(
    frame: pd.DataFrame, names: Iterable[str], secret: Secret, *, persons: float
) -> tuple[pd.DataFrame, Protection]:
    """Protect the counts of a study's panel once; everything else is computed from it.

    Parameters
    ----------
    frame
        One row per cell, with `n` and `n_key` for every count named.
    persons
        Distinct persons behind the panel.
    """
    return counting.protect(frame, names, secret), Protection(counting.about(persons))


def described(
    frame: pd.DataFrame,
    *,
    label: str,
    protection: Protection,
    keys: Sequence[str],
    rests_on: Mapping[str, str] | None = None,
    numerators: Mapping[str, str] | None = None,
    counts: Sequence[str] = (),
    behind: Sequence[str] = (),
    only: Sequence[str] = (),
) -> Released:
    """Release numbers that are functions of a protected panel: means, effects, indices.

    Parameters
    ----------
    protection
        Of the panel, made by `protected_panel`.
    rests_on
        Value to the column with its protected denominator: missing below 20.
    numerators
        Value to the column with the protected persons it rests on: marked as noisy below ten.
    counts
        Columns that are protected counts themselves: a 0 is shown as «0–5».
    behind
        Columns with the protected persons that others rest on: a 0 is marked as in `counts`.

    Raises
    ------
    DisclosureError
        Without a protection, for columns that identify persons, and keys that are not unique.
    """
    if not isinstance(protection, Protection):
        raise DisclosureError(
            f"{label}: expected the protection of the panel the numbers come from, "
            f"got {type(protection).__name__}"
        )
    try:
        _require_declared(frame, list(frame.columns), keys)
    except DisclosureError as error:
        raise DisclosureError(f"{label}: {error}") from None
    least = thresholds().counts.least_denominator
    hidden = {name: (frame[n] < least).to_numpy() for name, n in (rests_on or {}).items()}
    marks = _marks(frame, {**(numerators or {}), **{n: n for n in counts}}, set(counts))
    for name in behind:
        zero = frame[name].eq(0).to_numpy()
        marks.setdefault(name, np.where(zero, counting.FEW, "").astype(np.str_))
    return _decided(frame, hidden, marks, label, "described", protection.persons, only)


def modelled(
    frame: pd.DataFrame,
    *,
    label: str,
    keys: Sequence[str],
    persons: float,
    estimates: Mapping[str, str],
    residual_df: str | int,
    events: str = "",
    others: str = "",
    p_values: Sequence[str] = (),
    errors: Sequence[str] = (),
    n: Sequence[str] = (),
    labels: Sequence[str] = (),
    points: float | None = None,
    only: Sequence[str] = (),
) -> Released:
    """Release output of a model, rounded, and missing where it rests on too few events.

    Parameters
    ----------
    estimates
        Column to the column with its standard error; limits of intervals belong here too.
    residual_df
        Column or number of residual degrees of freedom.
    events, others
        Columns with the fewest persons with and without the outcome over the cells behind the
        coefficient. Needed unless the model has no such cells.
    p_values, errors, n, labels
        p-values; other numbers told with two digits, such as multiples of an error; persons (told
        to ten; fewer than `models.enough_persons` hide the row); numbers that are not about
        persons or are protected already.
    points
        Coarsest unit to round to at least, in the unit of the estimates; default 0.01.

    Raises
    ------
    DisclosureError
        For undeclared numeric columns, columns that identify persons, and keys not unique.
    """
    own = [*estimates, *estimates.values(), *p_values, *errors, *n, events, others]
    named = [*keys, *labels, *own, residual_df if isinstance(residual_df, str) else ""]
    needed = [name for name in named if name and name not in frame.columns]
    try:
        if needed:
            raise DisclosureError(f"no column {', '.join(needed)}; declared behind the model")
        _require_declared(frame, named, keys)
    except DisclosureError as error:
        raise DisclosureError(f"{label}: {error}") from None
    enough = np.full(len(frame), np.inf)
    df = frame[residual_df] if isinstance(residual_df, str) else np.full(len(frame), residual_df)
    shown = models.estimable(
        frame[events] if events else enough, frame[others] if others else enough, df
    )
    for name in n:
        shown &= models.enough_persons(frame[name])
    numbers = [*estimates, *estimates.values(), *errors, *p_values]
    hidden = {
        name: ~shown & frame[name].notna().to_numpy() for name in numbers if name in frame.columns
    }
    hidden |= {name: ~models.enough_persons(frame[name]) for name in n}
    numbers += n
    dropped = {events, others, residual_df} - {"", *labels, *numbers}
    out = frame.drop(columns=[name for name in frame.columns if name in dropped])
    found = _decided(out, hidden, {}, label, "model", persons, only)
    found = rounded(found, estimates, p_values, points)
    for name in (name for name in errors if name in found.frame.columns):
        found.frame[name] = models.rounded_errors(found.frame[name])
    for name in (name for name in n if name in found.frame.columns):
        found.frame[name] = counting.about_each(found.frame[name])
    return found


def rounded(
    found: Released,
    estimates: Mapping[str, str],
    p_values: Iterable[str] = (),
    points: float | None = None,
) -> Released:
    """The release with model numbers as finely as they may be told, also in files.

    Parameters
    ----------
    estimates
        Column to the column with its standard error, which is told with two digits. Where an
        error is missing or has been dropped, only `points` decides.
    p_values, points
        As in `modelled`.
    """
    frame, shown = found.frame.copy(), set(found.frame.columns)
    for name in shown & set(estimates.values()):
        frame[name] = models.rounded_errors(found.frame[name])
    for name, of in estimates.items():
        if name in shown:
            error = frame[of].fillna(0.0) if of in shown else np.zeros(len(frame))
            frame[name] = models.rounded(found.frame[name], error, points)
    for name in shown & set(p_values):
        frame[name] = models.rounded_p(found.frame[name])
    return replace(found, frame=frame)


def _require_names(names: Sequence[str]) -> None:
    """Refuse columns that identify persons or hold a smallest or largest observation.

    Raises
    ------
    DisclosureError
        Naming the columns.
    """
    limits = thresholds()
    lowered = {str(name): str(name).lower() for name in names}
    ids = [name for name, text in lowered.items() if text in limits.identifiers]
    if ids:
        raise DisclosureError(f"columns {', '.join(ids)} identify persons and may not be released")
    pattern = re.compile(rf"(^|_)({'|'.join(map(re.escape, limits.extremes))})(_|$)")
    extremes = [name for name, text in lowered.items() if pattern.search(text)]
    if extremes:
        raise DisclosureError(
            f"columns {', '.join(extremes)}: a smallest or largest observation is somebody's own "
            "value and may not be released"
        )


def _require_declared(frame: pd.DataFrame, named: Sequence[str], keys: Sequence[str]) -> None:
    _require_names([str(name) for name in frame.columns])
    lacking = [name for name in keys if name not in frame.columns]
    if lacking:
        raise DisclosureError(f"no column {', '.join(lacking)}; expected all of the keys")
    if keys and frame.duplicated(list(keys)).any():
        raise DisclosureError(f"several rows have the same {', '.join(keys)}")
    numeric = frame.select_dtypes(include="number", exclude="bool").columns
    loose = [str(name) for name in numeric if name not in named]
    if loose:
        raise DisclosureError(
            f"undeclared numbers: {', '.join(loose)}; name them as estimates with their errors, as "
            "numbers of persons or as labels"
        )


def _marks(
    frame: pd.DataFrame, base: Mapping[str, str], counts: set[str]
) -> dict[str, NDArray[np.str_]]:
    return {
        name: counting.marks(frame[name], frame[n], is_count=name in counts)
        for name, n in base.items()
        if n and name in frame.columns
    }


def _decided(
    frame: pd.DataFrame,
    hidden: Mapping[str, Bools],
    marks: Mapping[str, NDArray[np.str_]],
    label: str,
    rule: str,
    persons: float,
    only: Sequence[str],
) -> Released:
    columns = list(only) or list(frame.columns)
    out = frame[columns].copy()
    gone = {name: hidden.get(name, np.zeros(len(out), dtype=bool)) for name in columns}
    told = {name: np.where(gone[name], "", marks.get(name, "")) for name in columns}
    for name in columns:
        if gone[name].any():
            out[name] = out[name].astype(float).mask(gone[name])
    suppressed = pd.DataFrame(gone, index=out.index)
    numeric = out.select_dtypes(include="number", exclude="bool").size
    missing = int(suppressed.to_numpy().sum())
    change = (
        ""
        if rule == "model"
        else (f", every count changed by at most {thresholds().counts.largest_change}")
    )
    reason = (
        f"about {counting.about(persons)} persons{change}, {missing} of {numeric} numbers missing"
    )
    log = pd.DataFrame([[label, "", "", rule, "released", reason]], columns=LOG_COLUMNS)
    marked = pd.DataFrame(told, index=out.index)
    return Released(out, suppressed, log, label, "persons", marks=marked)
