"""Folders made aside and moved into place whole; leftovers of killed processes are removed.

Who makes a folder holds a lock on a file beside it. A folder whose lock is free was left by a
process that has ended, on this machine or on another: process numbers say nothing about that
where containers share a file system.
"""

import ctypes
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from naveval.project.store.disk import make_private
from naveval.project.store.locks import free, locked

LOCK = ".lock"
AT_WORKING_FOLDER = -100
RENAME_EXCHANGE = 2


@contextmanager
def staged(root: Path, name: str) -> Iterator[Path]:
    """A fresh folder below `root` for as long as the block lasts; its content can be moved away."""
    make_private(root)
    folder = root / f"{name}.{secrets.token_hex(6)}"
    mark = folder.with_name(folder.name + LOCK)
    with ExitStack() as held:
        with _entrance(root):
            _remove_left(root)
            held.enter_context(locked(mark))
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            mark.unlink(missing_ok=True)


def sweep(root: Path) -> int:
    """Remove staging folders that nobody works on any more; returns how many."""
    if not root.is_dir():
        return 0
    with _entrance(root):
        return _remove_left(root)


def _entrance(root: Path) -> AbstractContextManager[None]:
    """Who looks for leftovers waits until a new folder is locked, and the other way round."""
    return locked(root.with_name(f".{root.name}{LOCK}"))


def _remove_left(root: Path) -> int:
    names = {item.name.removesuffix(LOCK) for item in root.iterdir()}
    return sum(_remove(root / name) for name in sorted(names))


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
    there; otherwise in two, and `mend` undoes an interruption between them. The caller holds
    the target's lock.
    """
    if not target.exists():
        made.rename(target)
    elif not _exchanged(made, target):
        target.rename(_old(target))
        made.rename(target)
        _old(target).rename(made)


def mend(target: Path) -> None:
    """Finish an `exchange` in two steps that was interrupted. The caller holds the lock."""
    old = _old(target)
    if old.exists() and not target.exists():
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _exchanged(first: Path, second: Path) -> bool:
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
