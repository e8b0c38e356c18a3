"""One lock for processes, containers and machines that share a file system."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


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
