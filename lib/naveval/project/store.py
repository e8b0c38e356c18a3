"""Results computed once and used by many runs: national estimates that every county shows.

A result is kept under `report/_out/_cache/results/` and found again only when everything that
decides it is the same: the key (parameters and data fingerprint), the code of the modules that
compute it with all they import, the project's parameter files, and the versions of the
numerical packages. Two runs that ask at the same time compute it once. The files can hold
person data and are readable by their owner only; they are never part of a result folder.
"""

import dataclasses
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import joblib
import numpy as np
from pydantic import BaseModel

from naveval.project import paths, provenance
from naveval.project.errors import ParameterError

Result = TypeVar("Result")
PACKAGES = ("numpy", "pandas", "scipy", "scikit-learn", "statsmodels", "duckdb", "tabmat")
OFF = "NAVEVAL_CACHE"


def cached(
    name: str,
    compute: Callable[[], Result],
    *,
    key: Mapping[str, Any],
    code: Iterable[str | ModuleType],
) -> Result:
    """The result of `compute()`, from an earlier run when nothing that decides it has changed.

    Parameters
    ----------
    name
        Short name, part of the file name: `followup-national`.
    compute
        Called without arguments when there is no result yet. Its result must be picklable.
    key
        Everything the result depends on besides code: parameters (without the county when the
        result is national) and `Registers.fingerprint()`. Text, numbers, dates, paths, pydantic
        models, dataclasses, and lists, tuples, sets and mappings of them.
    code
        Modules that compute it, by name or module; what they import is followed.

    Raises
    ------
    ParameterError
        For a key that cannot be compared between runs, or no module named.
    """
    if os.environ.get(OFF, "").lower() in ("0", "off", "no"):
        return compute()
    file = location(name, key=key, code=code)
    with locked(file.with_suffix(".lock")):
        found, result = _load(file)
        if found:
            return result
        result = compute()
        _store(file, result)
        return result


def location(name: str, *, key: Mapping[str, Any], code: Iterable[str | ModuleType]) -> Path:
    """Where a result with this key and code lies, whether it exists or not."""
    if not name or not all(letter.isalnum() or letter in "-_." for letter in name):
        raise ParameterError(f"cache: name {name!r}: expected letters, digits, - and _")
    modules = list(code)
    if not modules:
        raise ParameterError(f"cache: {name}: expected the modules that compute the result")
    digest = hashlib.sha256(json.dumps(plain(key), sort_keys=True).encode())
    digest.update(provenance.code_hash(modules).encode())
    digest.update(json.dumps(_versions()).encode())
    for file in sorted(paths.params_dir().rglob("*.*")):
        digest.update(file.name.encode() + file.read_bytes())
    folder = paths.cache_dir() / "results"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{name}-{digest.hexdigest()[:24]}.joblib"


def plain(value: Any) -> Any:
    """A key as JSON would hold it, equal for equal keys in every process.

    Raises
    ------
    ParameterError
        For a value whose text can differ between runs (an object, a function, a frame).
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, date | Path):
        return str(value)
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain({f.name: getattr(value, f.name) for f in dataclasses.fields(value)})
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=json.dumps)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise ParameterError(f"cache: a key of type {type(value).__name__} cannot be compared")


def _versions() -> list[str]:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(package)
    return found


def _load(file: Path) -> tuple[bool, Any]:
    """Whether there is a readable result, and the result; a damaged file is computed anew."""
    try:
        result = joblib.load(file)
        os.utime(file)
    except FileNotFoundError:
        return False, None
    except Exception:  # unpickling a damaged file can raise anything
        file.unlink(missing_ok=True)
        return False, None
    return True, result


def _store(file: Path, result: Any) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.stem}.")
    os.close(handle)
    try:
        joblib.dump(result, name)
        os.replace(name, file)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; a process that dies lets go of it."""
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows: two runs may both compute, the files stay whole
        yield
        return
    with file.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(stream, fcntl.LOCK_UN)


def prune(days: float) -> int:
    """Remove results not used for so many days; returns how many."""
    limit = time.time() - days * 86400
    old = [file for file in (paths.cache_dir() / "results").glob("*") if _used(file) < limit]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)


def _used(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
