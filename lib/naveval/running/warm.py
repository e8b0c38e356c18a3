"""Processes that need not import anything: forked from one that has.

`up` starts a server that imports modules and then waits. `fork` has it fork a process for one
piece of work, with an environment, a folder and a log of its own. The server only imports, it
never computes, so that no thread and no cached value reaches a process from another. It ends,
with all that was forked from it, when the process that started it ends or closes it, and it is
started anew when a file of the package has changed since.
"""

import atexit
import contextlib
import ctypes
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import naveval
from naveval.project import catalogue

POSSIBLE = hasattr(os, "fork") and hasattr(socket, "send_fds")
"""Whether this system can fork; elsewhere commands are started anew."""
REAP_SECONDS = 0.05
THREADS = "OMP_NUM_THREADS"
RUN = ("seaborn", "naveval.running.run", "naveval.running.cells")
RENDER = (
    "naveval.publishing.render",
    "naveval.publishing.audit.ids",
    "naveval.disclosure.scan.folder",
)
DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG
_state: dict[str, Any] = {"server": None, "inside": False, "forked": False}
_starting = threading.Lock()


@dataclass(frozen=True)
class Server:
    """A running server: its process, the way to it, who owns it and what code it has read."""

    process: subprocess.Popen[bytes]
    way: socket.socket
    owner: int
    stamp: int


@dataclass
class Forked:
    """A forked process, with as much of `subprocess.Popen` as jobs need."""

    pid: int
    status: socket.socket
    returncode: int | None = field(default=None)

    def poll(self) -> int | None:
        """Its exit code, negative for a signal, or None while it runs."""
        if self.returncode is None and select.select([self.status], [], [], 0)[0]:
            code = _line(self.status)
            # A server that is gone has taken its processes with it.
            self.returncode = int(code) if code else -signal.SIGKILL
            self.status.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; TimeoutExpired when it takes longer."""
        if self.returncode is None:
            if not select.select([self.status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("naveval", timeout or 0.0)
            self.poll()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal while it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)


def inside() -> bool:
    """Whether this process was forked for one piece of work."""
    return bool(_state["inside"])


def prepare(studies: Sequence[str], *, render: bool = False) -> None:
    """Start the server with what runs of studies import, while the caller does other things.

    Parameters
    ----------
    render
        Whether their results are rendered too.
    """
    if POSSIBLE and not inside():
        up(
            [
                *RUN,
                *(name for study in studies for name in modules(study)),
                *(RENDER if render else ()),
            ]
        )


def modules(study: str) -> list[str]:
    """All modules of a study."""
    own = f"{catalogue.PACKAGE}.{catalogue.study(study).name}"
    folder = Path(naveval.__file__).parent / "studies" / study
    files = [file.relative_to(folder).with_suffix("") for file in sorted(folder.rglob("*.py"))]
    return [".".join([own, *file.parts]).removesuffix(".__init__") for file in files]


def up(modules: Sequence[str]) -> Server:
    """Start the server, which imports modules meanwhile, unless one is running.

    Parameters
    ----------
    modules
        What its processes are likely to need; a name that cannot be imported is left to them.
    """
    with _starting:
        server, stamp = _state["server"], newest_change()
        if server is not None and server.owner == os.getpid():
            if server.process.poll() is None and server.stamp == stamp:
                return server
            down()
        _state.update(server=_start(modules, stamp), forked=False)
        return _state["server"]


def _start(modules: Sequence[str], stamp: int) -> Server:
    atexit.register(down)
    own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with other:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from naveval.running import warm; warm.main()",
                str(other.fileno()),
                *modules,
            ],
            stdin=subprocess.DEVNULL,
            pass_fds=[other.fileno()],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
    return Server(process, own, os.getpid(), stamp)


def down() -> None:
    """End the server and everything forked from it."""
    server = _state["server"]
    _state["server"] = None
    if server is not None and server.owner == os.getpid():
        server.way.close()
        if not _state["forked"]:  # nothing to be ended by it, and it may still be importing
            server.process.kill()
        server.process.wait()


def newest_change() -> int:
    """A number that changes with any source file of the package."""
    files = Path(naveval.__file__).parent.rglob("*.py")
    return hash(frozenset((str(file), file.stat().st_mtime_ns) for file in files))


def fork(
    target: str,
    arguments: Sequence[Any],
    *,
    environment: Mapping[str, str],
    log: Path | None = None,
    talk: int | None = None,
) -> Forked:
    """Have the running server fork a process that calls a function and ends.

    Parameters
    ----------
    target
        The function, `module:name`. Its whole number, if it gives one, is the exit code.
    arguments
        For the function; what JSON can hold.
    environment
        All environment variables of the process. OMP_NUM_THREADS bounds its threads.
    log
        File that what it prints is added to; default is where this process prints to.
    talk
        A file descriptor that the function gets as its last argument.

    Raises
    ------
    RuntimeError
        When no server runs, or it has died.
    """
    server = _state["server"]
    if server is None:
        raise RuntimeError("no server to fork from; call up first")
    own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with contextlib.ExitStack() as files:
        files.enter_context(other)
        request = files.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
        printed = files.enter_context(log.open("ab")) if log else None
        json.dump(
            {
                "target": target,
                "arguments": list(arguments),
                "environment": dict(environment),
                "folder": os.getcwd(),
                "path": sys.path,
                "logged": printed is not None,
                "talks": talk is not None,
            },
            request,
        )
        request.flush()
        passed = [request.fileno(), other.fileno()]
        passed += [printed.fileno()] if printed else []
        passed += [talk] if talk is not None else []
        try:
            socket.send_fds(server.way, [b"f"], passed)
            _state["forked"] = True
        except OSError as error:
            own.close()
            raise RuntimeError("the server for new processes has died") from error
    pid = _line(own)
    if not pid:
        own.close()
        raise RuntimeError("the server for new processes has died")
    return Forked(int(pid), own)


def main() -> None:
    """The server: import, fork on request, tell exit codes, end when the other side does."""
    way = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        with contextlib.suppress(Exception):  # whoever needs it will be told
            importlib.import_module(name)
    children: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([way], [], [], REAP_SECONDS if children else None)
        _reap(children)
        if not ready:
            continue
        message, passed, _, _ = socket.recv_fds(way, 1, 4)
        if not message:
            break
        status = socket.socket(fileno=passed[1])
        pid = os.fork()
        if pid == 0:
            way.close()
            for other in [status, *children.values()]:
                other.close()
            return _work(passed[0], passed[2:])
        children[pid] = status
        _tell(status, pid)
        for number in (passed[0], *passed[2:]):
            os.close(number)
    for pid in children:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _reap(children: dict[int, socket.socket]) -> None:
    """Tell the exit codes of processes that have ended."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        if (told := children.pop(pid, None)) is not None:
            _tell(told, os.waitstatus_to_exitcode(status))
            told.close()


def _tell(status: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody waits for it any more
        status.sendall(f"{number}\n".encode())


def _line(status: socket.socket) -> str:
    """The next number told, "" when there will be none."""
    text = b""
    while not text.endswith(b"\n"):
        part = status.recv(1)
        if not part:
            return ""
        text += part
    return text.decode()


def _work(request: int, passed: Sequence[int]) -> None:
    """In the forked process: take over environment, folder and log, and do the work."""
    os.setsid()
    die_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with open(request, encoding="utf-8") as file:
        file.seek(0)
        wanted = json.load(file)
    left = list(passed)
    for number in left:
        os.set_inheritable(number, False)
    if wanted["logged"]:
        log = left.pop(0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    sys.path[:] = wanted["path"]
    _state["inside"] = True
    if threads := wanted["environment"].get(THREADS):
        from threadpoolctl import threadpool_limits

        threadpool_limits(int(threads))
    module, _, name = wanted["target"].partition(":")
    function = getattr(importlib.import_module(module), name)
    sys.exit(function(*wanted["arguments"], *(left if wanted["talks"] else ())))


def die_with_parent() -> None:
    """Have the system end this process when the one that forked it is killed, as the server is."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)


def command(*arguments: str) -> None:
    """Make a `naveval` command in this process."""
    import runpy

    sys.argv = ["naveval", *arguments]
    runpy.run_module("naveval", run_name="__main__", alter_sys=True)
