"""Averages of group-time effects: overall, by start, by time since the start, by period."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.estimators.group_time.effects import (
    WHO,
    Array,
    GroupTime,
    degrees_of_freedom,
    inference,
    std_errors,
)
from naveval.project.given import require_choice

Average = Literal["simple", "group", "dynamic", "calendar"]


@dataclass(frozen=True)
class Averages:
    """Averages of group-time effects.

    Attributes
    ----------
    kind
        "simple", "group", "dynamic" or "calendar".
    at
        (K,) start date, time since the start, or period; empty for "simple".
    estimate, std_error, df
        (K,), with the degrees of freedom of the error's t, infinite for the normal; errors are
        missing where an effect on or by one cluster is among those averaged.
    overall, overall_error, overall_df
        The average of those after the start.
    """

    kind: Average
    at: Array
    estimate: Array
    std_error: Array
    df: Array
    overall: float
    overall_error: float
    overall_df: float

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """The averages with inference; the overall one last, at NaN."""
        found = inference(
            np.append(self.estimate, self.overall),
            np.append(self.std_error, self.overall_error),
            np.append(self.df, self.overall_df),
            level,
        )
        return pd.DataFrame({"at": np.append(self.at, np.nan)}).join(found)


def average(found: GroupTime, kind: Average = "simple", *, small_sample: bool = True) -> Averages:
    """Averages over units: overall, by start date, by time since the start, or by period.

    Effects are weighted by how many units share the start date. The overall average is over
    all effects after the start ("simple"), over units ("group"), or over times since the start
    or periods with equal weight ("dynamic", "calendar"). Averages with an effect on or by one
    cluster among them have no error. `small_sample` is as in the module's text.

    Raises
    ------
    EstimationError
        For an unknown kind.
    """
    require_choice(WHO, get_args(Average), kind=kind)
    after = found.period >= found.start
    drawn = found.scaled(small_sample)
    if kind == "simple":
        parts, used = [], []
        overall, whole = _weighted(found, drawn, after)
        at = np.empty(0)
    else:
        label: Callable[[], Array] = {
            "group": lambda: found.start,
            "dynamic": lambda: found.period - found.start,
            "calendar": lambda: found.period,
        }[kind]
        which = label()
        at = np.unique(which if kind == "dynamic" else which[after])
        used = [(which == value) & (after | (kind == "dynamic")) for value in at]
        parts = [_weighted(found, drawn, own) for own in used]
        estimate, influence = _stacked(parts)
        later = at >= 0 if kind == "dynamic" else np.ones(len(at), dtype=bool)
        if kind == "group":
            overall, whole = _by_size(found.starts, at, estimate, influence)
        else:
            overall, whole = float(estimate[later].mean()), influence[:, later].mean(axis=1)
    estimates, influence = _stacked([*parts, (overall, whole)])
    alone = [bool(found.alone[own].any()) for own in [*used, after]]
    errors = np.where(alone, np.nan, std_errors(influence, found.cluster))
    freedom = degrees_of_freedom(found, influence, small_sample)
    last = float(errors[-1]), float(freedom[-1])
    return Averages(kind, at, estimates[:-1], errors[:-1], freedom[:-1], overall, *last)


def _stacked(parts: list[tuple[float, Array]]) -> tuple[Array, Array]:
    return np.array([part[0] for part in parts]), np.column_stack([part[1] for part in parts])


def _weighted(found: GroupTime, influence: Array, used: NDArray[np.bool_]) -> tuple[float, Array]:
    """Mean of some effects by size of their groups, whose shares count as estimated."""
    return _by_size(found.starts, found.start[used], found.estimate[used], influence[:, used])


def _by_size(starts: Array, group: Array, estimate: Array, influence: Array) -> tuple[float, Array]:
    """Mean of (K,) estimates weighted by the units in their groups, and its influence (N,)."""
    member = starts[:, None] == group
    share = member.mean(axis=0)
    weight = share / share.sum()
    drawn = (member - share) / share.sum()
    drawn = drawn - np.outer(drawn.sum(axis=1), weight)
    return float(weight @ estimate), influence @ weight + drawn @ estimate
