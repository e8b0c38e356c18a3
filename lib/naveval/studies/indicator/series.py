"""Curves of the indicator: actual, expected and their difference, by group and month.

One pass over the rows gives the sums for every grouping at once, and on request the influence
of random groups of persons on every point (see `multiplier`), from which all standard errors,
differences and adjusted curves follow.

Source: indicator document, chapter 4, equations 5 and 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure import magnitudes
from naveval.estimators import multiplier
from naveval.estimators.categorical import design as categorical
from naveval.estimators.categorical import probit
from naveval.estimators.categorical.design import Design, Fit, Rows
from naveval.project.errors import EstimationError
from naveval.studies.indicator.characteristics import STATUS
from naveval.studies.indicator.models import (
    BLOCK_ROWS,
    MAIN_GROUPS,
    Packed,
    Specification,
    design_for,
    in_sample,
    is_share,
    join_months,
    own_rows,
    variant,
)
from naveval.studies.indicator.panel import Chunk, Panel, with_outcome
from naveval.studies.indicator.protection import Noise, Points, labelled, least_shown, protected

WHOLE = "nav"


@dataclass(frozen=True)
class Grouping:
    """A way to divide the rows.

    Attributes
    ----------
    name
        "nav", one of the panel's groups, or two joined by " × ".
    names
        Names of the codes.
    within
        Group and code that a row must have, for example ("youth_guarantee", 1).
    """

    name: str
    names: tuple[str, ...]
    parts: tuple[str, ...]
    within: tuple[str, int] | None = None


@dataclass(frozen=True)
class Curves:
    """Curves of one outcome from sums by month and group; arrays are (T, G).

    Protected where the panel has noise: then n is the protected number of persons, and points
    of fewer than `least` are not shown. n_with: persons in work, where it is known.

    noise: variance that protection adds to the indicator's points; zero without.
    hidden: (T, G) points that one person dominates, or that lack a few persons of a larger group.
    influence: (C, T, G) influence of C random groups of persons on the indicator, or None.
    """

    outcome: str
    grouping: Grouping
    months: tuple[str, ...]
    n: NDArray[np.float64]
    actual: NDArray[np.float64]
    expected: NDArray[np.float64]
    spread: NDArray[np.float64]
    influence: NDArray[np.float32] | None = field(default=None, repr=False)
    least: int = 0
    n_with: NDArray[np.float64] | None = None
    noise: NDArray[np.float64] | float = 0.0
    hidden: NDArray[np.bool_] | bool = False

    @property
    def observed(self) -> NDArray[np.bool_]:
        """Points with enough persons to be shown, and nothing that tells of one or a few."""
        return (self.n > 0) & (self.n >= self.least) & ~np.asarray(self.hidden)

    @property
    def indicator(self) -> NDArray[np.float64]:
        return self.actual - self.expected

    def at(self, name: str) -> int:
        """Position of a group; EstimationError lists the groups when it is not there."""
        if name not in self.grouping.names:
            raise EstimationError(
                f"{self.grouping.name}: no group {name!r}; groups: "
                + ", ".join(self.grouping.names[:30])
            )
        return self.grouping.names.index(name)


def grouping(panel: Panel, *parts: str, within: tuple[str, str] | None = None) -> Grouping:
    """A grouping by one of the panel's groups, two of them crossed, or none ("nav").

    Raises
    ------
    EstimationError
        For an unknown group, listing what is allowed.
    """
    allowed = (WHOLE, "main_group", *panel.levels)
    for part in (*parts, *([within[0]] if within else [])):
        if part not in allowed:
            raise EstimationError(f"unknown group {part!r}; allowed: {', '.join(allowed)}")
    lists = [_level_names(panel, part) for part in parts]
    names = tuple(lists[0])
    for other in lists[1:]:
        names = tuple(f"{a} × {b}" for a in names for b in other)
    place = None
    label = " × ".join(parts)
    if within is not None:
        place = (within[0], _level_names(panel, within[0]).index(within[1]))
        label += f" | {within[0]}={within[1]}"
    return Grouping(label, names, parts, place)


def _level_names(panel: Panel, part: str) -> tuple[str, ...]:
    if part == WHOLE:
        return (WHOLE,)
    return tuple(MAIN_GROUPS) if part == "main_group" else panel.levels[part]


MAIN_CODE = np.array(
    [next(k for k, own in enumerate(MAIN_GROUPS.values()) if name in own) for name in STATUS],
    dtype=np.int16,
)


def group_codes(chunk: Chunk, found: Grouping, panel: Panel) -> NDArray[np.int32]:
    """Code of each row, −1 for rows outside the grouping."""
    total = np.zeros(len(chunk), dtype=np.int32)
    for part in found.parts:
        if part == WHOLE:
            continue
        own = MAIN_CODE[chunk.groups["status"]] if part == "main_group" else chunk.groups[part]
        total = total * len(_level_names(panel, part)) + own
    if found.within is not None:
        name, code = found.within
        total = np.where(chunk.groups[name] == code, total, -1)
    return total


def curves(
    packs: Packed,
    spec: Specification,
    outcome: str,
    fit: Fit,
    groupings: Sequence[Grouping],
    *,
    person_groups: int = 0,
    seed: int = 0,
) -> dict[str, Curves]:
    """Curves of every grouping, from one pass over the rows.

    Parameters
    ----------
    person_groups
        Number of random groups of persons for the influence tables; 0 leaves them out.

    Returns
    -------
    By name of the grouping.
    """
    panel = packs.panel
    design = design_for(panel, spec, outcome)
    chunks = list(with_outcome(panel, outcome))
    months = tuple(chunk.month for chunk in chunks)
    noise = panel.noise and replace(panel.noise, model=variant(spec))
    sums = {g.name: np.zeros((7, len(months), len(g.names))) for g in groupings}
    direct = {
        g.name: np.zeros((person_groups, len(months), len(g.names)), np.float32)
        for g in groupings
        if person_groups
    }
    gradient = {
        g.name: np.zeros((len(months), len(g.names), len(design.names)))
        for g in groupings
        if person_groups
    }
    scores = np.zeros((person_groups, len(design.names)))
    waiting: list[tuple[Rows, NDArray]] = []
    for t, chunk in enumerate(chunks):
        codes = packs.codes(chunk, design, outcome)
        y = chunk.outcomes[outcome].astype(np.float64)
        own = own_rows(chunk, spec)
        person = chunk.person
        if own is not None:
            codes, y, person = [code[own] for code in codes], y[own], person[own]
        gap, residual = probit.score_residual(fit, codes, y)
        if person_groups:
            bucket = multiplier.person_groups(person, person_groups, seed)
            if in_sample(chunk, spec):
                waiting.append(((codes, residual), bucket))
            if sum(len(kept) for _, kept in waiting) >= BLOCK_ROWS or t == len(chunks) - 1:
                scores += _scores(design, waiting, person_groups)
                waiting = []
            slope = None if fit.kind == "ols" else probit.slope(fit, codes)
        for found in groupings:
            group = group_codes(chunk, found, panel)
            group = group if own is None else group[own]
            inside = np.flatnonzero(group >= 0) if found.within is not None else slice(None)
            g, gap_in, y_in = group[inside], gap[inside], y[inside]
            size = len(found.names)
            total = sums[found.name]
            record = None if noise is None else noise.record_keys[person[inside]]
            total[:, t] = point_sums(g, size, y_in, gap_in, record)
            if person_groups:
                safe = np.maximum(total[0, t], 1)
                spared = np.sqrt(safe / np.maximum(safe - 1, 1)) / safe
                centred = (gap_in - (total[2, t] / safe)[g]) * spared[g]
                joint = bucket[inside].astype(np.int64) * size + g
                direct[found.name][:, t] = np.bincount(
                    joint, weights=centred, minlength=person_groups * size
                ).reshape(person_groups, size)
                picked = codes if isinstance(inside, slice) else [c[inside] for c in codes]
                weight = slope if slope is None or isinstance(inside, slice) else slope[inside]
                moved = categorical.grouped_moments(design, picked, g, size, weight)
                gradient[found.name][t] = (moved @ design.expand) / safe[:, None]
    step = scores @ fit.bread
    made = {
        g.name: finished(
            outcome, g, months, sums[g.name], _influence(direct, gradient, step, g.name), noise
        )
        for g in groupings
    }
    return made if noise is None or is_share(outcome) else _apart(made)


def _apart(found: Mapping[str, Curves]) -> dict[str, Curves]:
    """Sums of hours, hidden where a larger group has a few persons more, and not the same sum."""
    apart = {}
    for name, one in found.items():
        hidden = one.hidden
        for whole in found.values():
            columns = _inside(one.grouping, whole.grouping)
            if columns is not None:
                other = one.actual != whole.actual[:, columns]
                hidden = hidden | (other & magnitudes.too_near(one.n, whole.n[:, columns]))
        apart[name] = replace(one, hidden=hidden)
    return apart


def _inside(own: Grouping, whole: Grouping) -> list[int] | None:
    """Where each group lies in a coarser grouping; None when that is not coarser."""
    if whole.within is not None or own is whole:
        return None
    if whole.parts == (WHOLE,):
        return [0] * len(own.names)
    if own.parts == whole.parts:
        return list(range(len(own.names))) if own.within is not None else None
    if len(whole.parts) > 1 or whole.parts[0] not in own.parts:
        return None
    at = own.parts.index(whole.parts[0])
    return [whole.names.index(name.split(" × ")[at]) for name in own.names]


def _scores(
    design: Design, months: Sequence[tuple[Rows, NDArray]], person_groups: int
) -> NDArray[np.float64]:
    """Sums of the scores over the rows of each random group of persons, (C, K)."""
    if not months:
        return np.zeros((person_groups, len(design.names)))
    codes, residual = join_months([rows for rows, _ in months])
    bucket = np.concatenate([own for _, own in months])
    packed = categorical.grouped_moments(design, codes, bucket, person_groups, residual)
    return packed @ design.expand


def _influence(
    direct: Mapping[str, NDArray], gradient: Mapping[str, NDArray], step: NDArray, name: str
) -> NDArray[np.float32] | None:
    if name not in direct:
        return None
    table = direct[name]
    for t in range(table.shape[1]):
        table[:, t] -= (step @ gradient[name][t].T).astype(np.float32)
    return table


def point_sums(
    group: NDArray, size: int, y: NDArray, gap: NDArray, record: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    """The sums of `protection.Points` of one month, (7, groups); without record keys no keys.

    Keys are whole numbers and their sums below 2**53, so floats hold them exactly.
    """
    total = np.zeros((7, size))
    total[0] = np.bincount(group, minlength=size)
    for row, weights in ((1, y), (2, gap), (3, y * y)):
        total[row] = np.bincount(group, weights=weights, minlength=size)
    if record is not None:
        some = y > 0
        total[4] = np.bincount(group[some], minlength=size)
        total[5] = np.bincount(group, weights=record, minlength=size)
        total[6] = np.bincount(group[some], weights=record[some], minlength=size)
    return total


def finished(
    outcome: str,
    found: Grouping,
    months: tuple[str, ...],
    sums: NDArray,
    influence: NDArray[np.float32] | None,
    noise: Noise | None,
) -> Curves:
    """Curves from the sums of their points, (7, T, G), protected when there is noise."""
    points = Points(*sums)
    if noise is not None:
        own = replace(noise, secret=noise.secret.of(found.name))
        labels = labelled(months, found.names)
        points = protected(points, own, outcome, labels, share=is_share(outcome))
    n = points.n
    with np.errstate(invalid="ignore", divide="ignore"):
        actual, gap, square = points.total / n, points.gap / n, points.square / n
        spread = np.sqrt(np.maximum(square - actual**2, 0) * n / np.maximum(n - 1, 1))
    return Curves(
        outcome,
        found,
        months,
        n,
        actual,
        actual - gap,
        spread,
        influence,
        least_shown(noise),
        points.n_with,
        points.noise / np.where(n > 0, n, np.inf) ** 2,
        points.dominated,
    )


def months_mean(found: Curves, own: NDArray[np.bool_] | None = None) -> pd.DataFrame:
    """Levels over several months, each row counting once.

    Returns
    -------
    One row per group: group, n, actual, expected, indicator, noise_error (standard deviation of
    the noise in the indicator), std_error (with the noise; missing without influence).
    """
    own = np.ones(len(found.months), dtype=bool) if own is None else own
    n = np.where(own[:, None], found.n, 0.0)
    total = n.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = n / total
        actual = np.nansum(share * np.nan_to_num(found.actual), axis=0)
        expected = np.nansum(share * np.nan_to_num(found.expected), axis=0)
    noise = np.sqrt((np.nan_to_num(share) ** 2 * found.noise).sum(axis=0))
    error = np.full(len(total), np.nan)
    if found.influence is not None:
        table = np.einsum("ctg,tg->cg", found.influence, np.nan_to_num(share).astype(np.float32))
        error = np.hypot(multiplier.clustered_errors(table.astype(float)), noise)
    empty = total == 0
    frame = pd.DataFrame(
        {
            "group": found.grouping.names,
            "n": total,
            "actual": actual,
            "expected": expected,
            "indicator": actual - expected,
            "noise_error": noise,
            "std_error": error,
        }
    )
    frame.loc[empty, ["actual", "expected", "indicator", "std_error"]] = np.nan
    return frame


def half_width(found: Curves) -> NDArray[np.float64]:
    """The document's half width for every month and group, (T, G)."""
    share = is_share(found.outcome)
    return multiplier.published_half_width(
        found.actual if share else found.spread, found.n, share=share
    )
