"""Folders and files of the store: their owner's alone, locked, and put in place whole.

Files are written beside and moved; one kind of lock serves processes, containers and machines
that share a file system. Beside a folder that is made aside lies `.naveval` with its lock and what
is being made to replace it. Who makes a folder holds a lock on a file beside that, so a staging
folder whose lock is free was left by a process that has ended, on this machine or on another:
process numbers say nothing about that where containers share a file system.
"""

import ctypes
import os
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from naveval.project.errors import StoreError

PART = ".part"
"""End of the name of a file that is being written."""


def make_private(folder: Path) -> Path:
    """Make a folder that nobody else may enter; an earlier one is closed to others.

    Raises
    ------
    StoreError
        When the folder belongs to somebody else or others may write to it.
    """
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        require_own(folder)
        if stat.S_IMODE(folder.stat().st_mode) & 0o077 and os.name == "posix":
            folder.chmod(0o700)
    return folder


def require_own(path: Path) -> None:
    """Refuse a file or folder of somebody else, or one that others may write to.

    Raises
    ------
    StoreError
        Names the path and how to mend it.
    """
    if os.name != "posix":  # Windows has neither owner nor mode in this sense
        return
    found = path.stat()
    if found.st_uid != os.geteuid():
        raise StoreError(
            f"{path}: belongs to another user, so what lies there is not read; remove it, or set "
            "NAVEVAL_OUT to a folder of your own"
        )
    if found.st_mode & 0o022:
        raise StoreError(
            f"{path}: others may write to it, so what lies there is not read; "
            f"chmod -R go-w {path}, after a look at what is in it, or remove it"
        )


@contextmanager
def beside(target: Path, *, private: bool = False, flush: bool = True) -> Iterator[Path]:
    """A file beside the target to write to, which takes its place when the block has ended well.

    Whoever reads the target meanwhile, or after a kill, finds the earlier file or none.

    Parameters
    ----------
    private
        Whether only the owner may read it.
    flush
        Whether its content is on disk first, should the machine stop.
    """
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=PART)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        if not private:
            part.chmod(0o666 & ~UMASK)
        if flush:
            _flush(part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def write_text(target: Path, text: str, *, private: bool = False) -> None:
    """Write a text file in UTF-8 whole or not at all."""
    with beside(target, private=private) as part:
        part.write_text(text, encoding="utf-8")


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current


UMASK = _umask()
"""What the process takes away from the modes of new files; asked once, as threads share it."""


def _flush(file: Path) -> None:
    """Have the content on disk before the name points to it, should the machine stop."""
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the system lets go of it when the process ends.

    Waits as long as somebody else holds it. The file stays, so that all wait for the same one.
    """
    with FileLock(file, mode=0o600):
        yield


@contextmanager
def free(file: Path) -> Iterator[bool]:
    """Whether nobody holds the lock; when so, it is held in the block."""
    lock = FileLock(file, mode=0o600, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


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
        except OSError as error:
            # Libraries that write leave the name of the file out.
            error.filename = error.filename or str(target)
            raise
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
