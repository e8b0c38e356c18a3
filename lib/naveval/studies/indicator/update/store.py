"""The store of the quarterly update: what each month contributes, and what it was made from.

A month's statistics are used again only when the registers they came from are the same: the
month's stock, the hours of its outcome months and the market categories of that month, and the
stock of no earlier month either (spells run through months). `stamps.json` says so. A
publication makes the whole store anew beside the earlier one, so that a kill leaves either.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naveval.project import months as calendar_months
from naveval.project.errors import ParameterError
from naveval.project.store import beside, key, write_text
from naveval.studies.indicator.characteristics import HORIZON, OUTCOMES
from naveval.studies.indicator.extracts import month_stamps
from naveval.studies.indicator.market import Market
from naveval.studies.indicator.panel import Snapshot

BELOW = "studies.indicator"
LEVELS, SPELLS, STAMPS = "levels.json", "spells.npz", "stamps.json"
Key = tuple[str, str]


@dataclass(frozen=True)
class MonthStatistics:
    """What one month contributes for one outcome.

    Attributes
    ----------
    gram, moments
        (K, K) and (K,): cross-products (least squares), or Hessian and score at `point`.
    y, yy, n
        Sums of the outcome, its square, and rows.
    columns
        (2, K): rows and sum of the outcome of each column of the model, without the rows of
        categories in `perfect`.
    wrong
        Rows of categories in `perfect` that have another outcome.
    point, perfect
        Coefficients, and categories whose rows all have the same outcome, at which `gram`,
        `moments` and the group sums were taken; empty for least squares.
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
    columns: NDArray[np.float64]
    wrong: int
    point: NDArray[np.float64]
    perfect: dict[str, int]
    groups: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Stamps:
    """Fingerprints of what statistics were made from: by outcome and month, and of each stock."""

    made_from: dict[Key, str]
    stock: dict[str, str]


def save(folder: Path, outcome: str, month: MonthStatistics) -> None:
    """Write a month's statistics (npz, no persons)."""
    folder.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {f"group_{name}": table for name, table in month.groups.items()}
    content |= {
        "gram": month.gram,
        "moments": month.moments,
        "point": month.point,
        "columns": month.columns,
        "sums": np.array([month.y, month.yy, month.n, month.wrong]),
        "perfect": np.array(json.dumps(month.perfect)),
    }
    np.savez(folder / f"{outcome}-{month.month}.npz", **content)


def read(folder: Path, outcome: str, month: str) -> MonthStatistics:
    """A month's statistics."""
    with np.load(folder / f"{outcome}-{month}.npz") as kept:
        y, yy, n, wrong = kept["sums"]
        groups = {
            name.removeprefix("group_"): kept[name]
            for name in kept.files
            if name.startswith("group_")
        }
        return MonthStatistics(
            month,
            kept["gram"],
            kept["moments"],
            float(y),
            float(yy),
            int(n),
            kept["columns"],
            int(wrong),
            kept["point"],
            json.loads(str(kept["perfect"])),
            groups,
        )


def stamps_of(data: Path, months: Sequence[str], hours: Sequence[str], market: Market) -> Stamps:
    """Fingerprints for every outcome and month of a window that is fully observed.

    Parameters
    ----------
    months
        The window.
    hours
        All months of the hours register.
    market
        Categories for the window's months.

    The code that makes statistics is part of a fingerprint: months that other code made are
    not taken together with new ones.
    """
    code = key({}, code=(f"{BELOW}.update.fit", f"{BELOW}.panel", f"{BELOW}.market"))
    stock = month_stamps(data, "stock", months)
    worked = month_stamps(data, "hours", [month for month in hours if month > months[0]])
    made_from: dict[Key, str] = {}
    for outcome in OUTCOMES:
        horizon = HORIZON[outcome]
        for t, month in enumerate(months):
            first = calendar_months.month_number(month) + 1
            window = [calendar_months.month_text(first + k) for k in range(horizon)]
            if not all(name in worked for name in window):
                continue
            digest = hashlib.sha256(f"{code} {stock[month]}".encode())
            for name in window:
                digest.update(worked[name].encode())
            for table in (market.inflow[horizon], market.employment):
                digest.update(np.ascontiguousarray(table[:, t]).tobytes())
            made_from[outcome, month] = digest.hexdigest()
    return Stamps(made_from, stock)


def kept_stamps(folder: Path) -> Stamps:
    """The store's fingerprints; none when it is new."""
    file = folder / STAMPS
    if not file.exists():
        return Stamps({}, {})
    content = json.loads(file.read_text())
    made_from = {
        (outcome, month): digest
        for outcome, months in content["made_from"].items()
        for month, digest in months.items()
    }
    return Stamps(made_from, content["stock"])


def keep_stamps(folder: Path, stamps: Stamps) -> None:
    made_from: dict[str, dict[str, str]] = {outcome: {} for outcome in OUTCOMES}
    for (outcome, month), digest in stamps.made_from.items():
        made_from[outcome][month] = digest
    content = {"made_from": made_from, "stock": stamps.stock}
    write_text(folder / STAMPS, json.dumps(content), private=True)


def reusable(kept: Stamps, now: Stamps) -> frozenset[Key]:
    """Outcomes and months whose stored statistics may be used again."""
    revised = [month for month in now.stock if kept.stock.get(month, "") != now.stock[month]]
    until = min(revised, default="9999-12")
    return frozenset(
        (outcome, month)
        for (outcome, month), digest in now.made_from.items()
        if kept.made_from.get((outcome, month)) == digest and month < until
    )


def adopt(folder: Path, staging: Path, keys: Sequence[Key]) -> None:
    """Move new statistics into the store and remove those of months outside the window."""
    wanted = {f"{outcome}-{month}.npz" for outcome, month in keys}
    for file in staging.glob("*.npz"):
        os.replace(file, folder / file.name)
    for outcome in OUTCOMES:
        for file in folder.glob(f"{outcome}-*.npz"):
            if file.name not in wanted:
                file.unlink()


def keep_levels(
    folder: Path, limits: dict[str, NDArray], offices: Sequence[str], settings: dict[str, Any]
) -> None:
    """Store the limits of the market categories, which must not move, offices and settings."""
    content = {
        "limits": {name: values.tolist() for name, values in limits.items()},
        "offices": list(offices),
        "settings": settings,
    }
    write_text(folder / LEVELS, json.dumps(content), private=True)


def kept_levels(
    folder: Path, settings: dict[str, Any]
) -> tuple[dict[str, NDArray[np.float64]] | None, tuple[str, ...]]:
    """Limits and offices of the store; None and () when it is new.

    Raises
    ------
    ParameterError
        When the store was made with other settings.
    """
    file = folder / LEVELS
    if not file.exists():
        return None, ()
    content = json.loads(file.read_text())
    before = content["settings"]
    other = [
        f"{name}: {before.get(name)!r} in the store, {value!r} now"
        for name, value in settings.items()
        if before.get(name) != value
    ]
    if other:
        raise ParameterError(f"{folder}: made with other settings; {'; '.join(other)}")
    limits = {name: np.array(values) for name, values in content["limits"].items()}
    return limits, tuple(content["offices"])


def keep_spells(folder: Path, snapshot: Snapshot) -> None:
    """Store how spells stood before a month. The file holds pseudonyms: it stays in the store."""
    with beside(folder / SPELLS, private=True) as part, part.open("wb") as stream:
        np.savez(
            stream,
            month=np.array(snapshot.month),
            person=snapshot.person,
            last=snapshot.last,
            start=snapshot.start,
        )


def kept_spells(folder: Path, month: str) -> Snapshot | None:
    """Spells as they stood before a month, or None when the store does not know."""
    file = folder / SPELLS
    if not file.exists():
        return None
    with np.load(file) as kept:
        if str(kept["month"]) != month:
            return None
        return Snapshot(month, kept["person"], kept["last"], kept["start"])
