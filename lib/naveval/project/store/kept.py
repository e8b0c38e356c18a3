"""Values and folders computed once and used again while all that decides them is the same.

Remove from the store what nobody has used for a while; finished results are left alone.
"""

import errno
import json
import os
import re
import shutil
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from naveval.project import paths, provenance
from naveval.project.errors import ParameterError
from naveval.project.store import codec
from naveval.project.store.codec import FORMAT, key
from naveval.project.store.disk import (
    ASIDE,
    beside,
    exchange,
    free,
    held,
    locked,
    make_private,
    require_own,
    staged,
    sweep,
    write_text,
)

Result = TypeVar("Result")
OFF = "NAVEVAL_CACHE"
RECORD = ".record.json"
SUFFIX, LOCK = ".kept", ".lock"


def cached(
    name: str,
    compute: Callable[[], Result],
    *,
    key: Mapping[str, Any],
    code: Iterable[str | ModuleType],
    below: Path | None = None,
) -> Result:
    """The result of `compute()`, from an earlier run when nothing that decides it has changed.

    Processes that ask at the same time compute it once. A damaged file is computed anew; a full
    disk is told, and the result is used without being kept.

    Parameters
    ----------
    name
        Short name, part of the file name: `followup-national`.
    compute
        Called without arguments when there is no result yet. Its result is what `codec` can
        hold: numbers, text, arrays, frames, and lists, mappings and dataclasses of them.
    key
        Everything the result depends on besides code: parameters (without the county when the
        result is national) and `registers.reading.fingerprint`; see `keys.key`.
    code
        Modules that compute it, by name or module; what they import is followed.
    below
        Folder to keep it in; default `report/_out/_cache/values`.

    Raises
    ------
    ParameterError
        For a key that cannot be compared between runs, no module named, or a result that cannot
        be kept.
    StoreError
        When others own the store or may write to it.
    """
    code = tuple(code)
    off = os.environ.get(OFF, "").lower() in ("0", "off", "no")
    with provenance.one_look():
        file = location(name, key=key, code=code, below=below)
        off = off or _edited(name, code)
    if off:
        return compute()
    make_private(file.parent)
    with locked(file.with_suffix(LOCK)):
        found, result = find(file)
        if not found:
            result = compute()
            if not _edited(name, code):
                keep(file, result)
    return result


def _edited(name: str, code: tuple[str | ModuleType, ...]) -> bool:
    changed = provenance.edited(code)
    if changed:
        warnings.warn(
            f"{name}: computed and not kept, since {', '.join(changed)} changed after this process "
            "loaded it; start again to use the store",
            stacklevel=3,
        )
    return bool(changed)


def location(
    name: str,
    *,
    key: Mapping[str, Any],
    code: Iterable[str | ModuleType],
    below: Path | None = None,
) -> Path:
    """Where a result with this key and code lies, whether it exists or not."""
    return (below or paths.cache_dir() / "values") / f"{_named(name, key, code)}{SUFFIX}"


def _named(name: str, content: Mapping[str, Any], code: Iterable[str | ModuleType]) -> str:
    if not name or not all(letter.isalnum() or letter in "-_" for letter in name):
        raise ParameterError(f"store: name {name!r}: expected letters, digits, - and _")
    return f"{name}-{key(content, code)}"


def find(file: Path) -> tuple[bool, Any]:
    """Whether there is a readable result at a `location`, and the result; damage is removed."""
    if not file.exists():
        return False, None
    require_own(file)
    try:
        result = codec.load(file)
    except codec.DAMAGED as error:
        warnings.warn(f"{file}: damaged ({type(error).__name__}); made anew", stacklevel=3)
        file.unlink(missing_ok=True)
        return False, None
    os.utime(file)
    return True, result


def keep(file: Path, result: Any) -> None:
    """Put a result at its `location`; a full disk is told, and the result is not kept."""
    make_private(file.parent)
    try:
        with beside(file, private=True) as part:
            codec.dump(result, part)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        warnings.warn(f"{file.parent}: {error.strerror}; a result is not kept", stacklevel=3)


def drop(files: Iterable[Path]) -> int:
    """Remove kept results that nobody is making; returns how many."""
    dropped = 0
    for file in files:
        with free(file.with_suffix(LOCK)) as unused:
            if unused:
                file.unlink(missing_ok=True)
                file.with_suffix(LOCK).unlink(missing_ok=True)
                dropped += 1
    return dropped


def kept_folder(
    name: str,
    make: Callable[[Path], object],
    *,
    key: Mapping[str, Any],
    code: Iterable[str | ModuleType],
    below: Path,
) -> Path:
    """A folder that `make(folder)` fills once, kept like the results of `cached`.

    A record in the folder lists its files with their hashes. A folder that lacks one of them, or
    holds another content, is made anew.
    """
    target = make_private(below) / _named(name, key, code)
    with held(target):
        if _whole(target):
            os.utime(target / RECORD)
            return target
        with staged(target) as work:
            made = work / name
            made.mkdir(mode=0o700)
            make(made)
            _record(made)
            exchange(made, target)
    return target


def hashes(folder: Path) -> dict[str, str]:
    """Hash of every file, by its path in the folder; folders that begin with . or _ are left out.

    Those are caches, what is being made, and what was put out. A file that goes meanwhile has "".
    """
    files: list[Path] = []
    for top, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if not name.startswith((".", "_"))]
        files += (Path(top) / name for name in names)
    return provenance.hashes(files, folder)


def _record(folder: Path) -> None:
    record = {"format": FORMAT, "files": hashes(folder)}
    write_text(folder / RECORD, json.dumps(record), private=True)


def _whole(folder: Path) -> bool:
    """Whether a folder holds what its record says."""
    if not folder.exists():
        return False
    require_own(folder)
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        same = record["format"] == FORMAT and all(
            provenance.file_hash(folder / name) == value for name, value in record["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        same = False
    if not same:
        warnings.warn(f"{folder}: damaged; made anew", stacklevel=3)
    return same


DAY = 86400.0


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
    removed = _values(before) + _folders(out / "_data", before)
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
