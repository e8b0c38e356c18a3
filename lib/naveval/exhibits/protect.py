"""The one disclosure decision of an exhibit: what kind of numbers it holds, and what may leave.

The kind is declared with the exhibit; `decide` is the only place that acts on it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from naveval.disclosure import gate
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
class Model:
    """Output of a fitted model: rows on too few persons, or degrees of freedom, are hidden."""

    n: tuple[str, ...] = ("n_persons",)
    residual_df: str = ""


@dataclass(frozen=True)
class Public:
    """Numbers without persons behind them, for example from published tables."""

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


Protect = Counted | Model | Public | Drawn | Derived


def decide(
    frame: pd.DataFrame, how: Protect, *, label: str, keys: tuple[str, ...], free: Collection[str]
) -> Released:
    """What may leave of an exhibit's frame.

    Parameters
    ----------
    free
        Numeric columns that no person stands behind: printed, drawn, or part of the design.

    Raises
    ------
    DisclosureError
        For an exhibit without protection, columns that are not declared, and counts that are no
        counts.
    """
    if isinstance(how, Counted):
        return _counted(frame, how, label, keys, free)
    if isinstance(how, Model):
        given = frame if how.residual_df else frame.assign(residual_df=thresholds().residual_df)
        found = gate.model(
            given,
            label=label,
            n=how.n,
            residual_df=how.residual_df or "residual_df",
            keys=keys,
            labels=tuple(free),
        )
        everyone = np.ones(len(frame), dtype=bool)
        return gate.subset(found, everyone, columns=list(frame.columns))
    if isinstance(how, Public | Drawn):
        return gate.public(frame, label=label, source=how.source)
    if isinstance(how, Derived):
        return _derived(frame, how, label, free)
    raise DisclosureError(f"{label}: an exhibit needs protection, got {type(how).__name__}")


def _counted(
    frame: pd.DataFrame, how: Counted, label: str, keys: tuple[str, ...], free: Collection[str]
) -> Released:
    numeric = [str(name) for name in frame.select_dtypes("number").columns]
    values = [name for name in numeric if name not in {*keys, *free}]
    count = how.count
    if isinstance(count, str):
        count = {name: count for name in values if name != count}
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
