"""Folders are replaced whole, by one process at a time, whatever kills it."""

import errno
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import killing
import pytest

from naveval.project import store
from naveval.project.errors import StoreError
from naveval.project.store import disk


def replace(target: Path, text: str) -> None:
    """Put a folder with two files that belong together in the place of an earlier one."""
    with store.staged(target) as work:
        made = work / target.name
        (made / "below").mkdir(parents=True)
        (made / "a").write_text(text)
        (made / "below/b").write_text(text)
        with store.held(target):
            store.exchange(made, target)


def content(target: Path) -> set[str]:
    return {file.decode() for file in killing.tree(target).values()}


@pytest.mark.parametrize("in_one_step", [True, False])
def test_a_kill_at_any_operation_leaves_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_one_step: bool
) -> None:
    if not in_one_step:
        monkeypatch.setattr(disk, "exchanged", lambda *_: False)
    target = tmp_path / "out" / "result"
    replace(target, "old")
    total = killing.operations(lambda: replace(target, "old"), tmp_path)
    assert total > 8
    for step, half in killing.steps(total, 1):
        killing.killed(lambda: replace(target, "new"), tmp_path, step, half=half)
        if in_one_step:
            assert content(target) in ({"old"}, {"new"})
        with store.held(target):
            assert content(target) in ({"old"}, {"new"})
        replace(target, "old")
        assert content(target) == {"old"}
        assert not [item for item in (target.parent / ".naveval").iterdir() if item.is_dir()]


def test_a_first_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "result"
    replace(target, "old")
    shutil.rmtree(target)
    total = killing.operations(lambda: replace(target, "new"), tmp_path)
    for step, half in killing.steps(total, 1):
        shutil.rmtree(target, ignore_errors=True)
        killing.killed(lambda: replace(target, "new"), tmp_path, step, half=half)
        assert content(target) in (set(), {"new"})


def _replace_often(target: Path, text: str) -> None:
    for _ in range(20):
        replace(target, text)


def test_two_at_once_never_mix(tmp_path: Path) -> None:
    target = tmp_path / "result"
    replace(target, "0")
    fork = multiprocessing.get_context("fork")
    others = [fork.Process(target=_replace_often, args=(target, text)) for text in "12"]
    for other in others:
        other.start()
    while any(other.is_alive() for other in others):
        with store.held(target):
            assert len(content(target)) == 1
    assert [other.exitcode for other in others] == [0, 0]


HOLD = """
import sys, time
from pathlib import Path
from naveval.project import store
with store.staged(Path(sys.argv[1])) as work:
    (work / "a").write_text("mine")
    print("ready", flush=True)
    sys.stdin.read()
    assert (work / "a").read_text() == "mine"
"""
SWEEP = """
import sys
from pathlib import Path
from naveval.project import store
print(store.sweep(Path(sys.argv[1])))
with store.staged(Path(sys.argv[1]) / "result"):
    pass
"""


def in_namespace(command: list[str]) -> list[str]:
    """The command in a process namespace of its own."""
    own = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
    return [*own, *command]


@pytest.mark.unshare
def test_another_process_namespace_leaves_a_live_folder_alone(tmp_path: Path) -> None:
    target = tmp_path / "result"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    command = in_namespace([sys.executable, "-c", SWEEP, str(tmp_path)])
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == "0\n", done.stderr
    holder.stdin.close()
    assert holder.wait() == 0


@pytest.mark.unshare
def test_another_process_namespace_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    target = tmp_path / "result"
    total = killing.operations(lambda: replace(target, "new"), tmp_path)
    killing.killed(lambda: replace(target, "new"), tmp_path, total // 2, half=False)
    assert [item for item in (tmp_path / ".naveval").iterdir() if item.is_dir()]
    command = in_namespace([sys.executable, "-c", SWEEP, str(tmp_path)])
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == "1\n", done.stderr


def test_a_store_of_others_or_open_to_others_is_refused(tmp_path: Path) -> None:
    aside = tmp_path / ".naveval"
    aside.mkdir(mode=0o755)
    replace(tmp_path / "result", "new")
    assert aside.stat().st_mode & 0o777 == 0o700
    aside.chmod(0o770)
    with pytest.raises(StoreError, match=r"\.naveval: others may write to it.*chmod"):
        replace(tmp_path / "result", "new")


def test_a_store_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store.make_private(tmp_path / "a")
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(StoreError, match="belongs to another user"):
        store.make_private(folder)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    store.write_text(file, "old")
    total = killing.operations(lambda: store.write_text(file, "old"), tmp_path)
    for step, half in killing.steps(total, 1):
        killing.killed(lambda: store.write_text(file, "new"), tmp_path, step, half=half)
        assert file.read_text() in ("old", "new")
    store.write_text(file, "private", private=True)
    assert file.stat().st_mode & 0o777 == 0o600


def _hold_for_a_while(target: Path, started: Path) -> None:
    with store.held(target):
        started.touch()
        time.sleep(1.0)


def test_a_held_folder_waits_for_its_holder(tmp_path: Path) -> None:
    target, started = tmp_path / "result", tmp_path / "started"
    fork = multiprocessing.get_context("fork")
    other = fork.Process(target=_hold_for_a_while, args=(target, started))
    other.start()
    while not started.exists():
        time.sleep(0.01)
    with store.held(target):
        assert not other.is_alive() or other.join(1) is None
    other.join()
    assert other.exitcode == 0


@pytest.mark.parametrize("named", ["", "other/file"])
def test_a_full_disk_is_told_with_the_folder_that_is_written(tmp_path: Path, named: str) -> None:
    target = tmp_path / "elsewhere" / "followup"
    given = (errno.ENOSPC, "No space left on device", *filter(None, [named]))
    with pytest.raises(OSError, match="No space left") as caught, store.staged(target):
        raise OSError(*given)
    assert caught.value.filename == (named or str(target))
    assert not target.exists()
