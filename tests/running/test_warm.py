"""Processes forked from one that has imported: as good as started anew, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from naveval.running import warm


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    warm.up(["json"])
    yield
    warm.down()


def run(code: str, log: Path, **environment: str) -> warm.Forked:
    return warm.fork("builtins:exec", [code], environment={**os.environ, **environment}, log=log)


def until(condition: object, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_environment_folder_and_log_are_those_of_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = "import os, sys; print(os.getcwd(), os.environ['MINE'], 'HOME' in os.environ); "
    code += "print(os.getpgrp() == os.getpid(), file=sys.stderr)"
    assert run(code, tmp_path / "log", MINE="æ").wait(30) == 0
    assert set((tmp_path / "log").read_text().splitlines()) == {f"{tmp_path} æ True", "True"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import sys; sys.exit(3)", 3),
        ("raise ValueError", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    ],
)
def test_how_a_process_ends_is_told(tmp_path: Path, code: str, expected: int) -> None:
    process = run(code, tmp_path / "log")
    assert process.wait(30) == expected
    assert process.poll() == expected


def test_nothing_passes_from_one_process_to_the_next(tmp_path: Path) -> None:
    change = "import json, os; json.mine = 1; os.environ['MINE'] = '1'"
    assert run(change, tmp_path / "log").wait(30) == 0
    look = "import json, os; print(hasattr(json, 'mine'), 'MINE' in os.environ)"
    assert run(look, tmp_path / "log").wait(30) == 0
    assert (tmp_path / "log").read_text() == "False False\n"


def test_processes_run_at_once_and_are_interrupted_alone(tmp_path: Path) -> None:
    wait = f"import pathlib, time; pathlib.Path({str(tmp_path)!r}, NAME).touch(); time.sleep(60)"
    first = run(wait.replace("NAME", "'a'"), tmp_path / "log")
    second = run(wait.replace("NAME", "'b'"), tmp_path / "log")
    until(lambda: (tmp_path / "a").exists() and (tmp_path / "b").exists())
    first.send_signal(signal.SIGINT)
    assert first.wait(30) != 0
    assert second.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(0.01)
    second.send_signal(signal.SIGKILL)
    assert second.wait(30) == -signal.SIGKILL


def test_threads_are_bounded(tmp_path: Path) -> None:
    code = "import numpy, threadpoolctl; numpy.ones((2, 2)) @ numpy.ones((2, 2)); "
    code += "print({p['num_threads'] for p in threadpoolctl.threadpool_info()})"
    assert run(code, tmp_path / "log", OMP_NUM_THREADS="1").wait(60) == 0
    assert (tmp_path / "log").read_text() == "{1}\n"


def test_changed_code_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    same = warm.up(["json"])
    assert warm.up(["json"]) is same
    monkeypatch.setattr(warm, "newest_change", lambda: -1)
    assert warm.up(["json"]) is not same
    assert same.process.poll() is not None


OWNER = """
import os, sys, time
from naveval.running import warm
warm.up(["json"])
code = "import pathlib, sys, time; pathlib.Path(" + repr(sys.argv[1]) + ").touch(); time.sleep(60)"
process = warm.fork("builtins:exec", [code], environment=os.environ)
print(warm.up([]).process.pid, process.pid, flush=True)
time.sleep(60)
"""


def test_nothing_outlives_a_killed_owner(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "started")], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    pids = [int(text) for text in owner.stdout.readline().split()]
    until(lambda: (tmp_path / "started").exists())
    owner.kill()
    owner.wait()
    until(lambda: not any(map(_runs, pids)))


def test_nothing_outlives_a_killed_server(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "started")], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    server, worker = (int(text) for text in owner.stdout.readline().split())
    until(lambda: (tmp_path / "started").exists())
    os.kill(server, signal.SIGKILL)
    until(lambda: not _runs(worker))
    owner.kill()
    owner.wait()


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
