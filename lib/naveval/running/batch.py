"""Many runs: every study for every county, each in a process of its own.

A run that fails, or needs more memory than its part, is told at the end and stops no other.
Interrupting ends every run cleanly: results are moved into place whole or not at all.
"""

import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from naveval.exhibits import manifest
from naveval.project import catalogue, notebooks, parameters, paths, places, store
from naveval.project.errors import NavevalError, ParameterError
from naveval.running import dask, progress
from naveval.running import jobs as batch_jobs
from naveval.running.jobs import Job
from naveval.running.progress import Board, Tells

Status = Literal["ok", "failed", "skipped"]
WORDS: Mapping[Status, str] = {"ok": "ok", "failed": "failed", "skipped": "current"}


@dataclass(frozen=True)
class RunResult:
    """How one study went for one county."""

    study: str
    county: str
    folder: Path
    status: Status
    seconds: float
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether the folder holds a complete and current result."""
        return self.status != "failed"


def batch(
    names: Sequence[str],
    codes: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    *,
    jobs: int = 2,
    resume: bool = False,
    file: Path | None = None,
    changes: Mapping[str, Any] | None = None,
    to: Sequence[str] = (),
    engine: str = "auto",
    memory_mb: float | None = None,
    scheduler: str = "",
    tells: Tells = "screen",
    command: Callable[..., list[list[str]]] | None = None,
    rendered: Callable[..., bool] | None = None,
) -> list[RunResult]:
    """Run studies for counties, some at the same time.

    Parameters
    ----------
    names
        Studies.
    codes
        County codes, the same for all studies or by study; "" is the whole country; None means
        all counties the study knows (19 of 2014 or 15 of 2024). A county of 2024 means its
        counties of 2014 where a study has those.
    jobs
        Runs at the same time.
    resume
        Leave alone what is complete and made from the same parameters, data and code.
    file, changes
        Parameter file and single changes, the same for every run.
    to, engine
        Render each finished run too, to these formats.
    memory_mb
        Memory for one run with its kernel; default: nine tenths of what is free now, shared
        out over `jobs`. A run that needs more fails.
    scheduler
        Address of a Dask scheduler whose workers make the runs; "" makes them here.
    tells
        How it goes, to stderr: "screen" renews a line for each run, "lines" tells what begins and
        ends, "nothing".
    command
        For tests: makes the commands of a run from (study, code, folder).
    rendered
        Says with (folder, to=…, engine=…) whether reports are current, so that nothing is started
        for those; without it each is looked at in a process of its own.

    Returns
    -------
    One result per run, in the order studies × counties.

    Raises
    ------
    ParameterError
        For an unknown study, a county the study does not know, or faulty parameters; nothing
        has run then.
    KeyboardInterrupt
        When interrupted, after all runs have ended.
    """
    if jobs < 1:
        raise ParameterError(f"jobs: {jobs}: expected at least 1")
    if "county" in (changes or {}):
        raise ParameterError("county: a batch makes the counties of --counties; leave it out")
    plan = [
        (study, code)
        for study in names
        for code in county_codes(
            catalogue.study(study).name, codes[study] if isinstance(codes, Mapping) else codes
        )
    ]
    chosen = {
        (study, code): parameters.load(study, file, {**(changes or {}), "county": code})
        for study, code in plan
    }

    for study in names:
        store.sweep(paths.out_dir() / study)
    make = command or _commands(resume, file, changes or {}, to, engine)

    def wanted() -> Iterator[Job | RunResult]:
        """What each run takes, or that there is nothing to do."""
        for study, code in _ordered(plan, board):
            folder = paths.result_dir(study, places.slug(code))
            early = None
            if resume and not command and (folder / manifest.FILE).is_file():
                early = _current(study, chosen[study, code], folder)
            if early is not None and to and early.ok:
                early = early if rendered and rendered(folder, to=to, engine=engine) else None
            yield early or Job(study, code, folder, make(study, code, folder))

    done: dict[tuple[str, str], RunResult] = {}
    steps = "+".join(["run", *(["render"] if to else [])])
    board = progress.Board(list(plan), jobs, steps, batch_jobs.log_dir())
    # What is current is known first, so that no time is announced for it.
    todo: list[Job] = []
    if resume and tells != "nothing":
        progress.say(f"{len(plan)} runs: looks for what is current")
    for item in wanted():
        if isinstance(item, Job):
            todo.append(item)
        else:
            done[item.study, item.county] = item
            board.end((item.study, item.county), ok=item.ok)
    if done and tells != "nothing":
        current = sum(item.ok for item in done.values())
        progress.say(f"{current} of {len(plan)} are current, {len(todo)} to do")
    work = (
        _on_cluster(todo, board, scheduler, memory_mb)
        if scheduler
        else _here(todo, board, memory_mb or batch_jobs.free_memory_mb() * 0.9 / jobs)
    )
    with progress.telling(board, tells), _terminated_is_interrupted(), closing(work) as finished:
        for item in finished:
            done[item.study, item.county] = item
            board.end((item.study, item.county), ok=item.ok, seconds=item.seconds)
    return [done[item] for item in plan]


def _ordered(plan: Sequence[progress.Work], board: Board) -> list[progress.Work]:
    """One of each study begins first, then what takes longest.

    The first of a study computes what is the country's, for which its others would only wait; and
    nothing long is left to run alone at the end.
    """
    rest = _longest_first(plan, board)
    first = {study: (study, code) for study, code in reversed(rest)}
    begins = [work for work in rest if first[work[0]] == work]
    return begins + [work for work in rest if work not in begins]


def _longest_first(plan: Sequence[progress.Work], board: Board) -> list[progress.Work]:
    """Longest first, by what work took before, else by the number of cells of the notebooks."""
    took = {work: board.expected(work) for work in plan}
    if None in took.values():
        cells = {
            study: len(notebooks.read(paths.notebook(study))["cells"])
            for study in {study for study, _ in plan}
        }
        return sorted(plan, key=lambda work: -cells[work[0]])
    return sorted(plan, key=lambda work: -(took[work] or 0.0))


def county_codes(study: str, codes: Sequence[str] | None) -> list[str]:
    """The counties to run a study for; ParameterError for one it does not know.

    For a study of another year, a county of today stands for those it was made of.
    """
    year = parameters.model(study).COUNTY_YEAR
    if codes is None:
        return list(places.codes(year))
    found: list[str] = []
    for code in codes:
        known = [code]
        if not _called(code, year) and (today := _called(code, places.CURRENT_YEAR)):
            known = list(places.predecessors(today[0], year))
        try:
            found += [places.county(own, year).code for own in known]
        except ParameterError as error:
            raise ParameterError(f"{study}: {error}") from None
    return list(dict.fromkeys(found))


def _called(code: str, year: int) -> list[str]:
    """The county of a year with this code or name, if any."""
    return [item.code for item in places.counties(year) if places.is_called(item, code)]


def _commands(
    resume: bool,
    file: Path | None,
    changes: Mapping[str, Any],
    to: Sequence[str],
    engine: str,
) -> Callable[..., list[list[str]]]:
    def commands(study: str, code: str, folder: Path) -> list[list[str]]:
        run = ["run", study, "--verbose", "--set", f"county={code}"]
        run += [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]
        run += ["--params", str(file)] if file else []
        run += ["--resume"] if resume else []
        render = ["render", str(folder), "--verbose", "--to", ",".join(to), "--engine", engine]
        render += ["--resume"] if resume else []
        return [batch_jobs.naveval(*run)] + ([batch_jobs.naveval(*render)] if to else [])

    return commands


def _current(study: str, chosen: parameters.StudyParameters, folder: Path) -> RunResult | None:
    """Why a run with an earlier result need not be made: it is current, or cannot be judged."""
    start = time.monotonic()
    try:
        described = manifest.describe(study, chosen, manifest.data_fingerprint(study, chosen))
        with store.held(folder):
            if not manifest.is_current(folder, described):
                return None
    except (NavevalError, OSError) as error:
        took = time.monotonic() - start
        return RunResult(study, chosen.county, folder, "failed", took, str(error))
    return RunResult(study, chosen.county, folder, "skipped", 0.0, "complete and current")


def _here(waiting: Sequence[Job], board: Board, limit: float) -> Generator[RunResult, None, None]:
    """Start jobs as others end, each with so much memory."""
    coming = iter(waiting)
    running: list[batch_jobs.Running] = []
    try:
        while True:
            while len(running) < board.jobs and (job := next(coming, None)) is not None:
                board.begin((job.study, job.county))
                running.append(batch_jobs.start(job, board.jobs, limit))
            if not running:
                return
            time.sleep(batch_jobs.POLL_SECONDS)
            for one in list(running):
                if (outcome := batch_jobs.poll(one, limit)) is not None:
                    running.remove(one)
                    yield _result(one.job, outcome, time.monotonic() - one.started)
    finally:
        batch_jobs.stop(running)


def _on_cluster(
    waiting: Sequence[Job], board: Board, scheduler: str, limit: float | None
) -> Generator[RunResult, None, None]:
    """The same on the workers of a Dask cluster."""

    def begun(job: Job) -> None:
        board.begin((job.study, job.county))

    with closing(dask.work(waiting, scheduler, board.jobs, limit, begun)) as finished:
        for job, outcome, seconds in finished:
            yield _result(job, outcome, seconds)


def _result(job: Job, outcome: str, seconds: float) -> RunResult:
    status: Status = "failed" if outcome else "ok"
    return RunResult(job.study, job.county, job.folder, status, seconds, outcome)


@contextmanager
def _terminated_is_interrupted() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C, so that a scheduler's stop is as clean."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    earlier = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)


def summary(results: Sequence[RunResult]) -> str:
    """A table of all runs: study, place, outcome, seconds and reason, and the totals."""
    lines = [f"{'study':<10} {'place':<24} {'outcome':<8} {'seconds':>8}  reason"]
    for item in results:
        reason = item.reason.strip().splitlines()
        shown = (reason[0] + (" …" if len(reason) > 1 else "")) if reason else ""
        lines.append(
            f"{item.study:<10} {places.slug(item.county):<24} {WORDS[item.status]:<8} "
            f"{item.seconds:>8.1f}  {shown}".rstrip()
        )
    counted = ", ".join(
        f"{sum(item.status == status for item in results)} {word}" for status, word in WORDS.items()
    )
    lines.append(f"{len(results)} runs: {counted}")
    if any(not item.ok for item in results):
        lines.append(f"full messages in {batch_jobs.log_dir()}")
    return "\n".join(lines)


__all__ = ["RunResult", "batch", "county_codes", "summary"]


def finished() -> list[Path]:
    """Every result folder below the output folder that a run has finished."""
    return sorted(
        file.parent
        for study in catalogue.names()
        for file in (paths.out_dir() / study).glob("*/manifest.json")
        if not file.parent.name.startswith(".")
    )
