"""Remove from the store what nobody has used for a while; finished results are left alone."""

import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from naveval.project import paths
from naveval.project.errors import ParameterError
from naveval.project.store.disk import require_own
from naveval.project.store.kept import LOCK, RECORD, SUFFIX, drop
from naveval.project.store.staging import ASIDE, held, sweep

DAY = 86400.0
EARLIER = ("_staging",)
"""Folders of earlier versions, which nothing uses any more."""


@dataclass(frozen=True)
class Cleaned:
    """What was removed: results and folders, leftovers of killed processes, and bytes."""

    removed: int
    leftovers: int
    freed: int


def days_of(age: str) -> float:
    """Days of an age such as 30d, 12h or 2w.

    Raises
    ------
    ParameterError
        For anything else.
    """
    found = re.fullmatch(r"(\d+)([hdw])", age)
    if found is None:
        raise ParameterError(f"--older {age}: expected a number with h, d or w, such as 30d")
    return int(found[1]) * {"h": 1 / 24, "d": 1.0, "w": 7.0}[found[2]]


def clean(days: float) -> Cleaned:
    """Remove kept results and simulated registers not used for so many days.

    What killed processes left in the making goes whatever its age; what is in use stays.

    Raises
    ------
    StoreError
        When others own the store or may write to it.
    """
    out, before = paths.out_dir(), time.time() - days * DAY
    if not out.is_dir():
        return Cleaned(0, 0, 0)
    for part in (paths.cache_dir(), out / "_data"):
        if part.exists():
            require_own(part)
    size = _size(out)
    leftovers = sum(sweep(aside.parent) for aside in out.rglob(ASIDE))
    removed = _values(before) + _folders(out / "_data", before) + _earlier(out, before)
    return Cleaned(removed, leftovers, max(0, size - _size(out)))


def _values(before: float) -> int:
    """Drop old values, and the locks of values that are gone."""
    cache = paths.cache_dir()
    old = [file for file in cache.rglob(f"*{SUFFIX}") if _used(file) < before]
    dropped = drop(old)
    drop(
        lock.with_suffix(SUFFIX)
        for lock in cache.rglob(f"*{LOCK}")
        if not lock.with_suffix(SUFFIX).exists() and _used(lock) < before
    )
    for file in _others(cache, before):
        file.unlink(missing_ok=True)
        dropped += 1
    return dropped


def _others(cache: Path, before: float) -> Iterator[Path]:
    """Old files that are neither a value nor a lock: of earlier versions, or half written."""
    for file in list(cache.rglob("*")):
        if file.is_file() and file.suffix not in (SUFFIX, LOCK) and _used(file) < before:
            yield file


def _folders(root: Path, before: float) -> int:
    """Remove old kept folders, each while it is held."""
    removed = 0
    for folder in root.glob("[!.]*"):
        record = folder / RECORD
        if folder.is_dir() and _used(record if record.exists() else folder) < before:
            with held(folder):
                shutil.rmtree(folder)
            removed += 1
    return removed


def _earlier(out: Path, before: float) -> int:
    old = [out / name for name in EARLIER if _used(out / name) < before]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def _used(path: Path) -> float:
    """When a path was last written or used; never for one that is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _size(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:
            continue
    return total
