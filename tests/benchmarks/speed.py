"""The table of speed: what readers of reports wait for, in this state and in an earlier one.

`python tests/benchmarks/speed.py [COMMIT] [ROW …]` makes a worktree of the commit, does each row
there and here in turn, each in an output folder of its own, and prints seconds, peak memory of all
processes together, and the ratio. Without names all rows are made, which takes hours.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
START = "0db0185"
POLL_SECONDS = 0.1
FIRST_TABLE = """
import sys
from pathlib import Path
from naveval.project import notebooks, parameters, paths
from naveval.running import cells

book = notebooks.read(paths.notebook(sys.argv[1]))
chosen = parameters.load(sys.argv[1]).model_dump(mode="json")
book = notebooks.with_parameters(book, chosen)
kept = []
for cell in book["cells"]:
    kept.append(cell)
    if "show(" in "".join(cell["source"]):
        break
fault = cells.execute({**book, "cells": kept})
sys.exit(str(fault) if fault else 0)
"""


@dataclass(frozen=True)
class Row:
    """One piece of work: commands, what must have been done before, and what it handles."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    before: tuple[tuple[str, ...], ...] = ()
    rows: str = ""


def naveval(*arguments: str) -> tuple[str, ...]:
    # As the installed command does: earlier states have no `python -m naveval`.
    return (sys.executable, "-c", "from naveval.cli import main; main()", *arguments)


COUNTY = naveval("run", "followup", "--set", "county=46")
RENDERED = naveval("render", "OUT/followup/46-vestland")
ROWS = {
    "county": Row(
        "a county report of followup, run + HTML + PDF",
        (COUNTY, RENDERED),
        (naveval("run", "followup", "--set", "county=03"),),
        "1,6 million cards",
    ),
    "counties": Row("60 county reports, HTML and PDF", (naveval("batch"),)),
    "report": Row("`naveval report`, nothing kept", (naveval("report"),)),
    "again": Row("the same, nothing changed", (naveval("report"),), (naveval("report"),)),
    "notebook": Row(
        "first table in an opened notebook, warm store, start of Python included",
        ((sys.executable, "-c", FIRST_TABLE, "followup"),),
        (naveval("run", "followup"),),
    ),
    "indicator": Row(
        "indicator, full size, four models and series", (naveval("bench", "indicator"),)
    ),
    "programs": Row(
        "programmes, full size, 42 outcomes", (naveval("bench", "programs", "--scale", "full"),)
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table; a row that fails in one state says so and stops nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", nargs="?", default=START)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--json", type=Path, help="Write what was measured to a file too.")
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.rows) - set(ROWS)):
        parser.error(f"unknown row {', '.join(unknown)}; allowed: {', '.join(ROWS)}")
    told = []
    print("| work | rows | then, s | now, s | then, MB | now, MB | ratio |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with worktree(chosen.commit) as earlier:
        for key in chosen.rows or ROWS:
            then, now = (measured(ROWS[key], root) for root in (earlier, ROOT))
            told.append({"row": key, "then": then, "now": now})
            print(line(ROWS[key], then, now), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(told, indent=1), encoding="utf-8")


def line(row: Row, then: tuple[float, float] | None, now: tuple[float, float] | None) -> str:
    """One line of the table; None is work that failed.

    >>> line(Row("work", ()), (10.0, 200.0), (4.0, 100.0))
    '| work |  | 10.0 | 4.0 | 200 | 100 | 0.40 |'
    """
    seconds = [f"{one[0]:.1f}" if one else "failed" for one in (then, now)]
    memory = [f"{one[1]:.0f}" if one else "" for one in (then, now)]
    ratio = f"{now[0] / then[0]:.2f}" if then and now else ""
    return f"| {' | '.join([row.name, row.rows, *seconds, *memory, ratio])} |"


def measured(row: Row, root: Path) -> tuple[float, float] | None:
    """Seconds and peak megabytes of a row in a checkout; None when a command fails."""
    with tempfile.TemporaryDirectory(prefix="naveval-speed-") as out:
        environment = {
            **os.environ,
            "NAVEVAL_ROOT": str(root),
            "NAVEVAL_OUT": out,
            "PYTHONPATH": str(root / "lib"),
        }
        for command in row.before:
            if _run(command, out, root, environment)[0]:
                return None
        total, peak = 0.0, 0.0
        for command in row.commands:
            started = time.monotonic()
            code, used = _run(command, out, root, environment)
            total, peak = total + time.monotonic() - started, max(peak, used)
            if code:
                return None
        return total, peak


def _run(
    command: Sequence[str], out: str, root: Path, environment: Mapping[str, str]
) -> tuple[int, float]:
    """Exit code and peak memory, in megabytes, of a command with all it starts."""
    own = [part.replace("OUT", out) for part in command]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(own, cwd=root, env=dict(environment), stdout=log, stderr=log)
        peak, ended = [0.0], threading.Event()
        watch = threading.Thread(target=_watch, args=(process.pid, peak, ended), daemon=True)
        watch.start()
        code = process.wait()
        ended.set()
        watch.join()
        if code:
            log.seek(0)
            print(f"{' '.join(own[1:5])}: {log.read()[-600:]}", file=sys.stderr)
    return code, peak[0]


def _watch(pid: int, peak: list[float], ended: threading.Event) -> None:
    while not ended.wait(POLL_SECONDS):
        total = 0
        try:
            head = psutil.Process(pid)
            for one in (head, *head.children(recursive=True)):
                total += _memory(one)
        except psutil.Error:
            continue
        peak[0] = max(peak[0], total / 1e6)


def _memory(process: psutil.Process) -> int:
    """Memory of a process without what it shares, as far as the system tells."""
    try:
        return int(process.memory_full_info().uss)
    except (psutil.Error, AttributeError):
        return 0


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """A checkout of a commit beside this one, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="naveval-then-"))
    git = ("git", "-C", str(ROOT), "worktree")
    subprocess.run([*git, "add", "--detach", str(folder), commit], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
