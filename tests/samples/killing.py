"""Kill a call at its n-th file operation, and look at what it leaves.

The call is made in a forked process. Python tells an audit hook of every file that is opened,
renamed, removed or made; at the chosen one the process kills itself, before the operation or,
with `half`, after a part of a file is written.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

OPERATIONS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.utime", "os.link")
WRITING = os.O_WRONLY | os.O_RDWR
NEVER = 1_000_000


def operations(call: Callable[[], object], root: Path) -> int:
    """How many file operations below `root` the call makes; it is made once, to its end."""
    return in_child(call, root, NEVER, half=False)


def killed(call: Callable[[], object], root: Path, step: int, *, half: bool) -> None:
    """Make the call and kill it at operation `step`."""
    assert in_child(call, root, step, half=half) == -signal.SIGKILL


def in_child(call: Callable[[], object], root: Path, step: int, *, half: bool) -> int:
    """Operations of the call in a forked process, or minus the signal that ended it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        counted = _watched(str(root), step, half=half)
        try:
            call()
            os.write(writing, str(counted[0]).encode())
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(0)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading) as stream:
        text = stream.read()
    if os.WIFSIGNALED(status):
        return -os.WTERMSIG(status)
    assert text, "the call failed in its process"
    return int(text)


def _watched(root: str, step: int, *, half: bool) -> list[int]:
    counted = [0]

    def seen(event: str, given: tuple[Any, ...]) -> None:
        if not _counts(event, given, root):
            return
        counted[0] += 1
        if counted[0] == step:
            if half and event == "open":
                handle = os.open(given[0], (given[2] or WRITING) & ~os.O_EXCL, 0o600)
                os.write(handle, b"half")
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(seen)
    return counted


def _counts(event: str, given: tuple[Any, ...], root: str) -> bool:
    if event == "ctypes.dlsym":
        return given[1] == "renameat2"
    if event == "open":
        writes = isinstance(given[2], int) and bool(given[2] & WRITING)
        return writes and _below(given[0], root)
    return event in OPERATIONS and _below(given[0], root)


def _below(path: Any, root: str) -> bool:
    return isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(root)


def steps(total: int, every: int) -> Iterator[tuple[int, bool]]:
    """Operation and mode of kills: every so many, each before it and after half of it."""
    for step in range(1, total + 1, every):
        yield step, False
        yield step, True


def tree(folder: Path, leave_out: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Content of every file of a folder that is seen by others."""
    found = {}
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if file.is_file() and not hidden and name.name not in leave_out:
            found[name.as_posix()] = file.read_bytes()
    return found
