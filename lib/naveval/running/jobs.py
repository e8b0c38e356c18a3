"""One run in a process of its own: start it, watch its memory, end it with all it started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from naveval.project import paths, store
from naveval.running import warm
from naveval.running.progress import log_name

GRACE_SECONDS = 15.0
POLL_SECONDS = 0.2
LONGEST_REASON = 2000
NAVEVAL = (sys.executable, "-m", "naveval")


Process = subprocess.Popen[bytes] | warm.Forked


@dataclass(frozen=True)
class Job:
    """A run to be made: its commands are executed one after the other."""

    study: str
    county: str
    folder: Path
    commands: list[list[str]]


@dataclass
class Running:
    """A started job. `family` holds every process seen below it, kernels too."""

    job: Job
    process: Process
    started: float
    left: list[list[str]]
    threads: int
    limit: float
    family: dict[int, psutil.Process] = field(default_factory=dict)


def naveval(*arguments: str) -> list[str]:
    """Command line of a naveval command in this Python."""
    return [*NAVEVAL, *arguments]


def free_memory_mb() -> float:
    """Memory that can be used now, in megabytes."""
    return float(psutil.virtual_memory().available) / 1e6


def log_dir() -> Path:
    """Folder with the messages of each run."""
    return paths.out_dir() / "_logs"


def log_file(job: Job) -> Path:
    return log_dir() / log_name(job.study, job.county)


def start(job: Job, jobs: int, limit: float) -> Running:
    """Start a job's first command; `limit` is its memory in megabytes."""
    log_dir().mkdir(parents=True, exist_ok=True)
    log_file(job).unlink(missing_ok=True)
    threads = max(1, (os.cpu_count() or 1) // jobs)
    process = _spawn(job, job.commands[0], threads, limit)
    return Running(job, process, time.monotonic(), job.commands[1:], threads, limit)


def _spawn(job: Job, command: list[str], threads: int, limit: float) -> Process:
    """Start a command; one of naveval is forked from a process that has imported it."""
    environment = {**os.environ, "NAVEVAL_THREADS": str(threads), "PYTHONUNBUFFERED": "1"}
    environment.setdefault("NAVEVAL_MEMORY", f"{max(200, int(limit * 0.6))}MB")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environment.setdefault(name, str(threads))
    if warm.POSSIBLE and tuple(command[: len(NAVEVAL)]) == NAVEVAL:
        warm.prepare([job.study], render=len(job.commands) > 1)
        arguments = command[len(NAVEVAL) :]
        return warm.fork(
            "naveval.running.warm:command", arguments, environment=environment, log=log_file(job)
        )
    with log_file(job).open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


def poll(item: Running, limit: float) -> str | None:
    """None while the job runs, "" when it has succeeded, otherwise the reason it failed."""
    used = _used_mb(item)
    if used > limit:
        stop([item])
        return f"needed more than its {limit:.0f} MB of memory; try fewer jobs"
    code = item.process.poll()
    if code is None:
        return None
    if code != 0:
        stop([item])
        return _reason(item.job, code)
    if item.left:
        item.process = _spawn(item.job, item.left.pop(0), item.threads, item.limit)
        return None
    return ""


def _used_mb(item: Running) -> float:
    """Memory of the job with everything it started, shared pages counted once per process."""
    try:
        head = psutil.Process(item.process.pid)
        for process in (head, *head.children(recursive=True)):
            item.family.setdefault(process.pid, process)
    except psutil.Error:
        pass
    total = 0
    for process in item.family.values():
        try:
            total += process.memory_info().rss if process.is_running() else 0
        except psutil.Error:
            continue
    return total / 1e6


def _reason(job: Job, code: int) -> str:
    """The run's own message, without what came before it."""
    text = log_file(job).read_text(encoding="utf-8", errors="replace").strip()
    start = text.rfind("naveval: ")
    message = text[start + len("naveval: ") :] if start >= 0 else text.splitlines()[-1:] or [""]
    plain = message if isinstance(message, str) else message[0]
    if code < 0:
        plain = f"ended by signal {signal.Signals(-code).name}. {plain}"
    return plain[:LONGEST_REASON] or f"exit code {code}"


def stop(running: Iterable[Running]) -> None:
    """End jobs: ask them to interrupt, then end them and everything they started.

    Leaves no process and no staging folder behind.
    """
    items = list(running)
    for item in items:
        _used_mb(item)
        _signal(item.process, signal.SIGINT)
    deadline = time.monotonic() + GRACE_SECONDS
    for item in items:
        try:
            item.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(item.process, signal.SIGKILL)
            item.process.wait()
    for item in items:
        for process in item.family.values():
            try:
                if process.is_running():
                    process.kill()
            except psutil.Error:
                continue
        store.sweep(item.job.folder.parent)


def _signal(process: Process, number: int) -> None:
    try:
        if process.poll() is None:
            process.send_signal(number)
    except ProcessLookupError:
        pass
