"""Folders and files of the store: their owner's alone, and written beside and moved."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
def beside(target: Path, *, private: bool = False) -> Iterator[Path]:
    """A file beside the target to write to, which takes its place when the block has ended well.

    Whoever reads the target meanwhile, or after a kill, finds the earlier file or none.

    Parameters
    ----------
    private
        Whether only the owner may read it.
    """
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=PART)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        if not private:
            part.chmod(0o666 & ~UMASK)
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
