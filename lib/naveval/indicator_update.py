"""Quarterly update: three months in, three out, without reading the rest anew.

Each month leaves a small file with what estimation and curves need: for least squares the
cross-products (exact), for probit the score and Hessian at the stored coefficients (one Newton
step away from the exact solution), and per county and office the sums of outcomes and
characteristics. An update reads only the new months, and the months whose twelve-month outcome
has become complete, from the registers; all others come from the store.

A past value that moves by more than the tolerance stops the publication unless the indicator's
changelog has an entry for the update.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from naveval import categorical, categorical_ols, probit
from naveval import months as calendar_months
from naveval.categorical import Design, Fit
from naveval.categorical_ols import OlsStatistics
from naveval.errors import EstimationError, NavevalError
from naveval.indicator_characteristics import OUTCOMES
from naveval.indicator_models import Packed, Specification, design_for, is_share
from naveval.indicator_panel import Chunk, Snapshot
from naveval.indicator_series import Curves, Grouping, group_codes

TOLERANCE_HOURS, TOLERANCE_SHARE = 0.05, 0.002
CHANGELOG = "changelog.csv"
LEVELS, SPELLS = "levels.json", "spells.npz"
CHANGELOG_COLUMNS = ["version", "date", "note"]


@dataclass(frozen=True)
class MonthStatistics:
    """What one month contributes for one outcome.

    Attributes
    ----------
    gram, moments
        (K, K) and (K,): cross-products (least squares), or Hessian and score at `point`.
    y, yy, n
        Sums of the outcome, its square, and rows.
    point
        Coefficients at which `gram`, `moments` and the group sums were taken; empty for least
        squares.
    groups
        Grouping name to (G, 4 + K): rows, sum of outcome, its square, sum of expected values
        at `point` (0 for least squares), and sums of the columns times the slope.
    """

    month: str
    gram: NDArray[np.float64]
    moments: NDArray[np.float64]
    y: float
    yy: float
    n: int
    point: NDArray[np.float64]
    groups: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Moved:
    """Published past values that moved.

    frame: outcome, grouping, group, month, before, after, change, beyond (tolerance).
    """

    frame: pd.DataFrame
    noted: bool

    @property
    def beyond(self) -> int:
        return int(self.frame["beyond"].sum())


def month_statistics(
    packs: Packed, chunk: Chunk, design: Design, outcome: str, groupings: Sequence[Grouping],
    point: NDArray | None,
) -> MonthStatistics:  # fmt: skip
    """Statistics of one month; `point` is where probit is expanded, None for least squares."""
    codes = packs.codes(chunk, design, outcome)
    y = chunk.outcomes[outcome].astype(np.float64)
    if point is None:
        own = categorical_ols.ols_statistics(design, codes, y)
        gram, moments = own.gram, own.moments
        value, slope, kept = np.zeros(len(y)), None, np.empty(0)
    else:
        found = probit.probit_statistics(design, codes, y, point, hessian=True)
        assert found.hessian is not None
        gram, moments, kept = found.hessian, found.score, point
        index = categorical.linear(design, point, codes)
        value, slope = ndtr(index), probit.density(index)
    groups = {}
    for grouping in groupings:
        code = group_codes(chunk, grouping, packs.panel)
        inside = code >= 0
        size = len(grouping.names)
        g = code[inside]
        part = [c[inside] for c in codes]
        sums = np.column_stack(
            [
                np.bincount(g, minlength=size),
                np.bincount(g, weights=y[inside], minlength=size),
                np.bincount(g, weights=y[inside] ** 2, minlength=size),
                np.bincount(g, weights=value[inside], minlength=size),
            ]
        )
        weights = None if slope is None else slope[inside]
        moved = categorical.grouped_moments(design, part, g, size, weights) @ design.expand
        groups[grouping.name] = np.hstack([sums, moved])
    return MonthStatistics(chunk.month, gram, moments, float(y.sum()), float(y @ y), len(y), kept,
                           groups)  # fmt: skip


def combine(design: Design, stored: Sequence[MonthStatistics], outcome: str) -> Fit:
    """The model from months' statistics: exact for least squares, one Newton step for probit.

    Raises
    ------
    EstimationError
        When probit months were expanded at different coefficients.
    """
    gram = np.sum([month.gram for month in stored], axis=0)
    moments = np.sum([month.moments for month in stored], axis=0)
    n = sum(month.n for month in stored)
    if not is_share(outcome):
        return categorical_ols.solve_ols(
            design, OlsStatistics(gram, moments, sum(m.y for m in stored),
                                  sum(m.yy for m in stored), n)
        )  # fmt: skip
    point = stored[0].point
    if any(not np.array_equal(month.point, point) for month in stored):
        raise EstimationError(f"{outcome}: stored months were taken at different coefficients")
    keep, dropped = categorical.independent(gram, design.names)
    bread = categorical.inverse(gram, keep)
    coefficients = np.where(keep, point + bread @ moments, 0.0)
    return Fit("probit", design, coefficients, bread, bread, n, 1.0, np.nan, dropped, {}, 1)


def stored_curves(
    fit: Fit, stored: Sequence[MonthStatistics], outcome: str, grouping: Grouping
) -> Curves:
    """Curves from months' statistics, without reading rows."""
    size = len(grouping.names)
    tables = [month.groups[grouping.name] for month in stored]
    blocks = np.stack([np.pad(table, ((0, size - len(table)), (0, 0))) for table in tables])
    n = blocks[:, :, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        actual = blocks[:, :, 1] / n
        if fit.kind == "ols":
            expected = blocks[:, :, 4:] @ fit.coefficients / n
        else:
            step = fit.coefficients - stored[0].point
            expected = (blocks[:, :, 3] + blocks[:, :, 4:] @ step) / n
        square = blocks[:, :, 2] / n
        spread = np.sqrt(np.maximum(square - actual**2, 0) * n / np.maximum(n - 1, 1))
    months = tuple(month.month for month in stored)
    return Curves(outcome, grouping, months, n, actual, expected, spread)


def save(folder: Path, outcome: str, month: MonthStatistics) -> None:
    """Write a month's statistics (npz, no persons)."""
    folder.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {f"group_{name}": table for name, table in month.groups.items()}
    content |= {"gram": month.gram, "moments": month.moments, "point": month.point,
                "sums": np.array([month.y, month.yy, month.n])}  # fmt: skip
    np.savez(folder / f"{outcome}-{month.month}.npz", **content)


def read(folder: Path, outcome: str, month: str) -> MonthStatistics | None:
    """A month's statistics, or None when not stored."""
    file = folder / f"{outcome}-{month}.npz"
    if not file.exists():
        return None
    with np.load(file) as kept:
        y, yy, n = kept["sums"]
        groups = {name.removeprefix("group_"): kept[name] for name in kept.files
                  if name.startswith("group_")}  # fmt: skip
        return MonthStatistics(month, kept["gram"], kept["moments"], float(y), float(yy), int(n),
                               kept["point"], groups)  # fmt: skip


def update(
    packs: Packed, spec: Specification, folder: Path, months: Sequence[str],
    groupings: Sequence[Grouping], starts: dict[str, NDArray] | None = None,
    outcomes: Sequence[str] = OUTCOMES,
) -> dict[str, tuple[Fit, dict[str, Curves], list[str]]]:  # fmt: skip
    """Models and curves for a window of months, from the store and the months in the panel.

    Parameters
    ----------
    packs
        A panel with (at least) the months that are not in the store.
    months
        The window; the oldest of the former window are simply not in it.
    starts
        Coefficients to expand probit at, by outcome, when the store is new; else the stored.

    Returns
    -------
    By outcome: fit, curves, and the months that were read from the panel.

    Raises
    ------
    EstimationError
        When a month is neither stored nor in the panel.
    """
    present = {chunk.month: chunk for chunk in packs.panel.chunks}
    result = {}
    for outcome in outcomes:
        design = design_for(packs.panel, spec, outcome)
        point = (starts or {}).get(outcome) if is_share(outcome) else None
        stored, fresh = [], []
        for month in months:
            kept = read(folder, outcome, month)
            if kept is None:
                chunk = present.get(month)
                if chunk is None:
                    raise EstimationError(f"{outcome}: month {month} is neither stored nor read")
                if outcome not in chunk.outcomes:
                    continue
                if is_share(outcome) and point is None:
                    point = _stored_point(folder, outcome, months)
                kept = month_statistics(packs, chunk, design, outcome, groupings, point)
                save(folder, outcome, kept)
                fresh.append(month)
            stored.append(kept)
        fit = combine(design, stored, outcome)
        found = {g.name: stored_curves(fit, stored, outcome, g) for g in groupings}
        result[outcome] = (fit, found, fresh)
    return result


def drift(folder: Path, fit: Fit, outcome: str, months: Sequence[str]) -> float:
    """How far probit moved from where it was expanded: root mean square of the change of the
    index, weighted by information per row.
    """
    change = fit.coefficients - _stored_point(folder, outcome, months)
    information = np.zeros_like(fit.bread)
    for month in months:
        kept = read(folder, outcome, month)
        if kept is not None:
            information += kept.gram
    return float(np.sqrt(change @ information @ change / fit.n))


def _stored_point(folder: Path, outcome: str, months: Sequence[str]) -> NDArray:
    for month in months:
        kept = read(folder, outcome, month)
        if kept is not None:
            return kept.point
    raise EstimationError(f"{outcome}: no stored month and no coefficients to start from")


def months_to_read(folder: Path, months: Sequence[str], last_hours: str) -> list[str]:
    """Months of the window whose statistics are missing from the store, for some outcome."""
    wanted = []
    for month in months:
        for outcome in OUTCOMES:
            horizon = 3 if outcome.endswith("3") else 12
            complete = calendar_months.month_number(
                month
            ) + horizon <= calendar_months.month_number(last_hours)
            if complete and not (folder / f"{outcome}-{month}.npz").exists():
                wanted.append(month)
                break
    return wanted


def moved(before: pd.DataFrame, after: pd.DataFrame, noted: bool = False) -> Moved:
    """Compare published values with the new ones for months in both.

    Parameters
    ----------
    before, after
        Columns outcome, grouping, group, month and value.
    """
    keys = ["outcome", "grouping", "group", "month"]
    both = before.merge(after, on=keys, suffixes=("_before", "_after"))
    change = both["value_after"] - both["value_before"]
    tolerance = np.where(both["outcome"].map(is_share), TOLERANCE_SHARE, TOLERANCE_HOURS)
    frame = both[keys].assign(
        before=both["value_before"], after=both["value_after"], change=change,
        beyond=change.abs() > tolerance,
    )  # fmt: skip
    return Moved(frame.sort_values("change", key=abs, ascending=False, ignore_index=True), noted)


def require_publishable(found: Moved) -> None:
    """Refuse to publish when past values moved beyond tolerance and the changelog is silent.

    Raises
    ------
    NavevalError
        Says how many moved, and shows the largest.
    """
    if not found.beyond or found.noted:
        return
    shown = "\n".join(
        f"  {row.outcome} {row.group} {row.month}: {row.before:.3f} -> {row.after:.3f}"
        for row in found.frame[found.frame["beyond"]].head(10).itertuples()
    )
    raise NavevalError(
        f"{found.beyond} published past values moved by more than {TOLERANCE_HOURS} hours or "
        f"{TOLERANCE_SHARE} in share:\n{shown}\nAdd a note for this version to {CHANGELOG} to "
        "publish all the same."
    )


def noted(folder: Path, version: str) -> bool:
    """Whether the changelog has a note for a version.

    Raises
    ------
    NavevalError
        When the changelog lacks a column.
    """
    file = folder / CHANGELOG
    if not file.exists():
        return False
    table = pd.read_csv(file, dtype=str).fillna("")
    missing = [name for name in CHANGELOG_COLUMNS if name not in table.columns]
    if missing:
        raise NavevalError(f"{file.name}: column(s) {', '.join(missing)} missing")
    own = table[table["version"] == version]
    return bool((own["note"].str.strip() != "").any())


def keep_levels(folder: Path, limits: dict[str, NDArray], offices: Sequence[str]) -> None:
    """Store the limits of the market categories, which must not move, and the offices."""
    content = {"limits": {name: values.tolist() for name, values in limits.items()},
               "offices": list(offices)}  # fmt: skip
    (folder / LEVELS).write_text(json.dumps(content))


def kept_levels(folder: Path) -> tuple[dict[str, NDArray[np.float64]] | None, tuple[str, ...]]:
    """Limits and offices of the store; None and () when it is new."""
    file = folder / LEVELS
    if not file.exists():
        return None, ()
    content = json.loads(file.read_text())
    limits = {name: np.array(values) for name, values in content["limits"].items()}
    return limits, tuple(content["offices"])


def keep_spells(folder: Path, snapshot: Snapshot) -> None:
    """Store how spells stood before a month. The file holds pseudonyms: it stays in the store."""
    np.savez(folder / SPELLS, month=np.array(snapshot.month), person=snapshot.person,
             last=snapshot.last, start=snapshot.start)  # fmt: skip


def kept_spells(folder: Path, month: str) -> Snapshot | None:
    """Spells as they stood before a month, or None when the store does not know."""
    file = folder / SPELLS
    if not file.exists():
        return None
    with np.load(file) as kept:
        if str(kept["month"]) != month:
            return None
        return Snapshot(month, kept["person"], kept["last"], kept["start"])
