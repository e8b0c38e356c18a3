"""Folders made aside and moved into place whole, with one lock each.

Beside a folder lies `.naveval` with its lock and what is being made to replace it. Who makes a
folder holds a lock on a file beside that, so a staging folder whose lock is free was left by a
process that has ended, on this machine or on another: process numbers say nothing about that
where containers share a file system.
"""

import ctypes
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from naveval.project.store.disk import make_private
from naveval.project.store.locks import free, locked

ASIDE = ".naveval"
LOCK = ".lock"
ENTRANCE = ".entrance"
AT_WORKING_FOLDER = -100
RENAME_EXCHANGE = 2


@contextmanager
def held(target: Path) -> Iterator[None]:
    """Hold the one lock of a folder, and mend it first should a kill have left it half moved."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = make_private(target.with_name(ASIDE))
    with locked(aside / f".{target.name}{LOCK}"):
        _mend(target)
        yield


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A fresh folder on the target's file system for as long as the block lasts.

    What is made in it is then put in the target's place with `exchange`. Leftovers of processes
    that have ended are removed first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = make_private(target.with_name(ASIDE))
    folder = aside / f"{target.name}.{secrets.token_hex(6)}"
    mark = folder.with_name(folder.name + LOCK)
    with ExitStack() as stack:
        # Who looks for leftovers waits until a new folder is locked, and the other way round.
        with locked(aside / ENTRANCE):
            _remove_left(aside)
            stack.enter_context(locked(mark))
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            mark.unlink(missing_ok=True)


def sweep(parent: Path) -> int:
    """Remove what killed processes left in the making below a folder; returns how many."""
    aside = parent / ASIDE
    if not aside.is_dir():
        return 0
    with locked(aside / ENTRANCE):
        return _remove_left(aside)


def _remove_left(aside: Path) -> int:
    names = {item.name.removesuffix(LOCK) for item in aside.iterdir() if item.name[0] != "."}
    return sum(_remove(aside / name) for name in sorted(names))


def _remove(folder: Path) -> bool:
    mark = folder.with_name(folder.name + LOCK)
    with free(mark) as left:
        if left:
            shutil.rmtree(folder, ignore_errors=True)
            mark.unlink(missing_ok=True)
    return left


def exchange(made: Path, target: Path) -> None:
    """Put a finished folder in the place of an earlier one, which goes where the new one was.

    In one step where the system can exchange two names (Linux), so that the target is always
    there; otherwise in two, and `held` undoes an interruption between them. The caller has the
    target `held`.
    """
    if not target.exists():
        made.rename(target)
    elif not exchanged(made, target):
        target.rename(_old(target))
        made.rename(target)
        _old(target).rename(made)


def _mend(target: Path) -> None:
    """Undo an `exchange` in two steps that was interrupted."""
    old = _old(target)
    if old.exists():
        if not target.exists():
            old.rename(target)
        shutil.rmtree(old, ignore_errors=True)


def _old(target: Path) -> Path:
    return target.with_name(ASIDE) / f".{target.name}.old"


def exchanged(first: Path, second: Path) -> bool:
    """Whether the system could exchange two names in one step."""
    if sys.platform != "linux":
        return False
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    names = os.fsencode(first), os.fsencode(second)
    done = call(AT_WORKING_FOLDER, names[0], AT_WORKING_FOLDER, names[1], RENAME_EXCHANGE)
    return bool(done == 0)
