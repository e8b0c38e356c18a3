"""The table of speed: what readers of reports wait for, in this state and in an earlier one.

`python tests/benchmarks/speed.py [COMMIT] [ROW …]` makes a worktree of the commit, does each row
there and here in turn, each in an output folder of its own, and prints the rows of registers behind
it, seconds, processor seconds (of all processes together, which other work on the machine changes
least), peak memory, and what is used now over what was then (0.5 is half). Without names all rows
are made, which takes hours.
"""

import argparse
import json
import os
import resource
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
import pyarrow.parquet as pq
import yaml

ROOT = Path(__file__).resolve().parents[2]
START = "0db0185"
POLL_SECONDS = 0.5
# Of earlier notebooks too, which showed with functions of the place to write to.
FIRST_TABLE = r"""
import re
import sys

import nbformat
from nbclient import NotebookClient

book = nbformat.read(f"notebooks/{sys.argv[1]}.ipynb", 4)
shown = [i for i, cell in enumerate(book.cells) if re.search(r"show\(|\(output\b", cell.source)]
book.cells = book.cells[: shown[0] + 1]
NotebookClient(book, kernel_name="python3", resources={"metadata": {"path": "."}}).execute()
"""


@dataclass(frozen=True)
class Row:
    """One piece of work: what is wanted of it, commands, and what must have been done before.

    `own`: the work is a benchmark, which itself tells rows and how many times as long a peer takes.
    """

    name: str
    wanted: str
    commands: tuple[tuple[str, ...], ...]
    before: tuple[tuple[str, ...], ...] = ()
    own: bool = False


@dataclass(frozen=True)
class Measured:
    """What work took: rows of registers, seconds, processor seconds, peak megabytes, its words."""

    rows: int
    seconds: float
    cpu: float
    peak_mb: float
    said: str = ""


def naveval(*arguments: str) -> tuple[str, ...]:
    # As the installed command does: earlier states have no `python -m naveval`.
    return (sys.executable, "-c", "from naveval.cli import main; main()", *arguments)


COUNTY = naveval("run", "followup", "--set", "county=46")
RENDERED = naveval("render", "OUT/followup/46-vestland")
ROWS = {
    "county": Row(
        "a county report of followup, run + HTML + PDF",
        "12 s",
        (COUNTY, RENDERED),
        (naveval("run", "followup", "--set", "county=03"),),
    ),
    "warm": Row(
        "four county reports of followup in one batch",
        "4 x 12 s",
        (naveval("batch", "followup", "--counties", "11,31,46,50"),),
        (naveval("run", "followup", "--set", "county=03"),),
    ),
    "counties": Row("60 county reports, HTML and PDF", "6 min", (naveval("batch"),)),
    "report": Row("`naveval report`, nothing kept", "3 min", (naveval("report"),)),
    "again": Row("the same, nothing changed", "5 s", (naveval("report"),), (naveval("report"),)),
    "notebook": Row(
        "first table in an opened notebook, warm store, start of Python included",
        "10 s",
        ((sys.executable, "-c", FIRST_TABLE, "followup"),),
        (naveval("run", "followup"),),
    ),
    "indicator": Row(
        "indicator, full size, four models and series",
        "65 s",
        (naveval("bench", "indicator"),),
        own=True,
    ),
    "programs": Row(
        "programmes, full size, 42 outcomes",
        "400 s",
        (naveval("bench", "programs", "--scale", "full"),),
        own=True,
    ),
}
STUDIES = ("followup", "hedmark", "indicator", "programs")
DEFAULT_SCALES = {
    study: str(yaml.safe_load((ROOT / f"params/{study}.yml").read_text(encoding="utf-8"))["scale"])
    for study in STUDIES
}
ROWS |= {
    f"data-{study}-{scale}": Row(
        f"registers of {study} simulated, {scale} of full size",
        "as then",
        (naveval("data", study, "--scale", scale, "--out", "OUT/data"),),
    )
    for study in STUDIES
    for scale in dict.fromkeys((DEFAULT_SCALES[study], "1.0"))
}
HEAD = (
    "| work | wanted | rows | then, s | now, s | now/then | then, CPU s | now, CPU s | now/then "
    "| then, MB | now, MB |"
)


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
    print(HEAD)
    print("|" + "---|" * (HEAD.count("|") - 1), flush=True)
    with worktree(chosen.commit) as earlier:
        for key in chosen.rows or ROWS:
            then, now = (measured(ROWS[key], root) for root in (earlier, ROOT))
            told.append({"row": key, "then": then and vars(then), "now": now and vars(now)})
            print(line(ROWS[key], then, now), flush=True)
    for one in told:
        if now := one["now"]:
            print(f"\n{one['row']}:\n{now['said']}" if now["said"] else "", end="", flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(told, indent=1), encoding="utf-8")


def line(row: Row, then: Measured | None, now: Measured | None) -> str:
    """One line of the table; None is work that failed.

    >>> line(Row("work", "3 s", ()), Measured(9, 10.0, 12.0, 200.0), Measured(9, 4.0, 6.0, 100.0))
    '| work | 3 s | 9 | 10.0 | 4.0 | 0.40 | 12.0 | 6.0 | 0.50 | 200 | 100 |'
    """
    rows = next((one.rows for one in (now, then) if one), 0)
    cells = [row.name, row.wanted, str(rows) if rows else "see below" * row.own]
    for name, form in (("seconds", ".1f"), ("cpu", ".1f"), ("peak_mb", ".0f")):
        both = [getattr(one, name) if one else None for one in (then, now)]
        cells += ["failed" if value is None else f"{value:{form}}" for value in both]
        if name != "peak_mb":
            cells.append(f"{both[1] / both[0]:.2f}" if all(both) else "")
    return f"| {' | '.join(cells)} |"


def measured(row: Row, root: Path) -> Measured | None:
    """What a row takes in a checkout; None when a command fails."""
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
        peak, said = 0.0, ""
        started, used = time.monotonic(), _processor_seconds()
        for command in row.commands:
            code, most, text = _run(command, out, root, environment)
            peak, said = max(peak, most), said + text if row.own else ""
            if code:
                return None
        seconds, cpu = time.monotonic() - started, _processor_seconds() - used
        return Measured(rows_behind(Path(out)), seconds, cpu, peak, said)


def rows_behind(out: Path) -> int:
    """Rows of registers in an output folder, or behind the runs in it, each once."""
    if written := list(out.glob("data/**/*.parquet")):
        return sum(pq.read_metadata(file).num_rows for file in written)
    tables: dict[str, int] = {}
    for file in out.glob("*/*/manifest.json"):
        for table in json.loads(file.read_text(encoding="utf-8")).get("data", {}).values():
            tables[str(table.get("sha256", table))] = int(table.get("rows", 0))
    return sum(tables.values())


def _processor_seconds() -> float:
    """Of everything this process has started and that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(
    command: Sequence[str], out: str, root: Path, environment: Mapping[str, str]
) -> tuple[int, float, str]:
    """Exit code, peak memory in megabytes with all it starts, and what a command printed."""
    own = [part.replace("OUT", out) for part in command]
    with tempfile.TemporaryFile("w+") as log, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(own, cwd=root, env=environment, stdout=log, stderr=errors)
        peak, ended = [0.0], threading.Event()
        watch = threading.Thread(target=_watch, args=(process.pid, peak, ended), daemon=True)
        watch.start()
        code = process.wait()
        ended.set()
        watch.join()
        log.seek(0)
        errors.seek(0)
        if code:
            print(f"{' '.join(own[1:5])}: {errors.read()[-600:]}", file=sys.stderr)
        return code, peak[0], log.read()


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
