"""The one disclosure decision of an exhibit: what kind of numbers it holds, and what may leave.

The kind is declared with the exhibit; `decide` is the only place that acts on it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from naveval.disclosure import decisions, gate
from naveval.disclosure.decisions import Protection
from naveval.disclosure.gate import Released
from naveval.disclosure.thresholds import thresholds
from naveval.project.errors import DisclosureError

HIDDEN = "hidden"


@dataclass(frozen=True)
class Counted:
    """Numbers computed from persons: counts, shares, means.

    Attributes
    ----------
    count
        Value to the column with the persons behind it; a value that is a count names itself.
        As text: one column for all values.
    shows
        Whether the persons are shown too. Never where other exhibits hold parts of a total.
    """

    count: Mapping[str, str] | str
    shows: bool = True


@dataclass(frozen=True)
class Descriptive:
    """Numbers computed from counts protected before: a study's panel (`Results.protection`).

    Means, effects and indices are of this kind, and so are regressions on cell means with their
    errors and tests, since all of it is a function of protected counts.

    Attributes
    ----------
    count
        As in `Counted`: value to the column with the protected persons it rests on. Nothing is
        hidden by it; numbers that rest on few are marked.
    shows
        Whether the persons are shown too.
    counts
        Columns that are protected numbers of persons themselves: a 0 is shown as «0–5».
    few
        Whether missing numbers are hidden for resting on few persons, not impossible to compute.
    """

    count: Mapping[str, str] | str = "n_persons"
    shows: bool = True
    counts: tuple[str, ...] = ()
    few: bool = False


@dataclass(frozen=True)
class Model:
    """Output of a fitted model: rows on too few persons, or degrees of freedom, are hidden.

    `also` maps a column of true and false to columns that are hidden where it is true.
    """

    n: tuple[str, ...] = ("n_persons",)
    residual_df: str = ""
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Together:
    """Numbers of persons that the study's `protection` releases with those of all places.

    `data` gives the place's part of that release; `count` is as for Counted.
    """

    count: Mapping[str, str] | str


@dataclass(frozen=True)
class Public:
    """Numbers without persons behind them, for example from published tables.

    Where some runs compute them from released numbers of persons, `data` gives them as released.
    """

    source: str


@dataclass(frozen=True)
class Drawn:
    """Numbers from simulated draws that hold no persons."""

    source: str


@dataclass(frozen=True)
class Derived:
    """Numbers computed from rows that other exhibits have released: `data` takes a Reader.

    A row with a true `hidden` column rests on a number that is not shown.
    """

    of: str


Protect = Counted | Descriptive | Model | Together | Public | Drawn | Derived


def decide(
    frame: pd.DataFrame | Released,
    how: Protect,
    *,
    label: str,
    keys: tuple[str, ...],
    free: Collection[str],
    protection: Protection | None = None,
) -> Released:
    """What may leave of an exhibit's frame.

    Parameters
    ----------
    protection
        Of the panel the results come from, for what is descriptive.
    free
        Numeric columns that no person stands behind: printed, drawn, or part of the design.

    Raises
    ------
    DisclosureError
        For an exhibit without protection, columns that are not declared, and counts that are no
        counts.
    """
    if isinstance(frame, Released):
        if isinstance(how, Together | Public):
            return frame
        raise DisclosureError(
            f"{label}: released already; expected protection of the kind Together"
        )
    if isinstance(how, Counted):
        return _counted(frame, how, label, keys, free)
    if isinstance(how, Descriptive):
        return _descriptive(frame, how, label, keys, free, protection)
    if isinstance(how, Model):
        return _model(frame, how, label, keys, free)
    if isinstance(how, Public | Drawn):
        return gate.public(frame, label=label, source=how.source)
    if isinstance(how, Derived):
        return _derived(frame, how, label, free)
    raise DisclosureError(f"{label}: an exhibit needs protection, got {type(how).__name__}")


def _descriptive(
    frame: pd.DataFrame,
    how: Descriptive,
    label: str,
    keys: tuple[str, ...],
    free: Collection[str],
    protection: Protection | None,
) -> Released:
    if protection is None:
        raise DisclosureError(
            f"{label}: descriptive numbers need results from a protected panel; these have none"
        )
    count = by_value(how.count, frame, {*keys, *free})
    kept = [str(name) for name in frame.columns if how.shows or name not in set(count.values())]
    found = decisions.described(
        frame,
        label=label,
        protection=protection,
        keys=keys,
        numerators=count,
        counts=how.counts,
        only=kept,
    )
    if not how.few:
        return found
    numeric = found.frame.select_dtypes("number").columns.difference([*keys, *free])
    suppressed = found.suppressed.copy()
    suppressed[numeric] = found.frame[numeric].isna()
    return replace(found, suppressed=suppressed)


def by_value(
    count: Mapping[str, str] | str, frame: pd.DataFrame, free: Collection[str]
) -> dict[str, str]:
    """Value columns to the columns with the persons behind them."""
    if not isinstance(count, str):
        return dict(count)
    numeric = [str(name) for name in frame.select_dtypes("number").columns]
    known = count in frame.columns
    return {name: count for name in numeric if known and name not in free and name != count}


def _counted(
    frame: pd.DataFrame, how: Counted, label: str, keys: tuple[str, ...], free: Collection[str]
) -> Released:
    numeric = [str(name) for name in frame.select_dtypes("number").columns]
    count = by_value(how.count, frame, {*keys, *free})
    given = gate.release(
        frame,
        label=label,
        count=count,
        keys=keys,
        labels=[name for name in free if name in numeric],
    )
    if how.shows:
        return given
    kept = [str(name) for name in frame.columns if name not in set(count.values())]
    return gate.subset(given, np.ones(len(frame), dtype=bool), columns=kept)


def _model(
    frame: pd.DataFrame, how: Model, label: str, keys: tuple[str, ...], free: Collection[str]
) -> Released:
    given = frame if how.residual_df else frame.assign(residual_df=thresholds().residual_df)
    found = gate.model(
        given.drop(columns=list(how.also)),
        label=label,
        n=how.n,
        residual_df=how.residual_df or "residual_df",
        keys=keys,
        labels=tuple(free),
    )
    for flag, names in how.also.items():
        for name in set(names) & set(frame.columns):
            found.suppressed[name] |= frame[flag].to_numpy(bool)
            found.frame[name] = found.frame[name].mask(found.suppressed[name])
    kept = [name for name in frame.columns if name not in how.also]
    return gate.subset(found, np.ones(len(frame), dtype=bool), columns=kept)


def _derived(frame: pd.DataFrame, how: Derived, label: str, free: Collection[str]) -> Released:
    found = gate.derived(
        frame.drop(columns=HIDDEN, errors="ignore"),
        label=label,
        source=f"released rows of {how.of}",
    )
    if HIDDEN not in frame:
        return found
    suppressed = found.suppressed.copy()
    for name in found.frame.select_dtypes("number").columns.difference(list(free)):
        suppressed[name] = frame[HIDDEN].to_numpy(bool)
    return replace(found, frame=found.frame.mask(suppressed), suppressed=suppressed)
