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

from tqdm import tqdm

from naveval.exhibits import manifest
from naveval.project import catalogue, parameters, paths, places, store
from naveval.project.errors import NavevalError, ParameterError
from naveval.running import dask
from naveval.running import jobs as batch_jobs
from naveval.running import run as runs
from naveval.running.jobs import Job

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
    progress: bool = True,
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
    progress
        Show a progress bar with the time left.
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

    def reports(folder: Path) -> bool:
        return not to or (rendered is not None and rendered(folder, to=to, engine=engine))

    make = command or _commands(resume, file, changes or {}, to, engine)
    done: dict[tuple[str, str], RunResult] = {}
    waiting: list[Job] = []
    with tqdm(total=len(plan), unit="run", disable=not progress, smoothing=0.1) as bar:
        for study, code in plan:
            folder = paths.result_dir(study, places.slug(code))
            early = (
                None if command else _before(study, chosen[study, code], folder, reports, resume)
            )
            if early is None:
                waiting.append(Job(study, code, folder, make(study, code, folder)))
            else:
                done[study, code] = early
                bar.update()
        with (
            _terminated_is_interrupted(),
            closing(
                dask.work(waiting, scheduler, jobs, memory_mb)
                if scheduler
                else _work(waiting, jobs, memory_mb or batch_jobs.free_memory_mb() * 0.9 / jobs)
            ) as finished,
        ):
            for job, outcome, seconds in finished:
                status: Status = "failed" if outcome else "ok"
                done[job.study, job.county] = RunResult(
                    job.study, job.county, job.folder, status, seconds, outcome
                )
                bar.update()
                bar.set_postfix_str(f"{sum(not item.ok for item in done.values())} failed")
    return [done[item] for item in plan]


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
        if code not in places.codes(year) and code in places.codes(places.CURRENT_YEAR):
            known = list(places.predecessors(code, year))
        try:
            found += [places.county(own, year).code for own in known]
        except ParameterError as error:
            raise ParameterError(f"{study}: {error}") from None
    return list(dict.fromkeys(found))


def _commands(
    resume: bool,
    file: Path | None,
    changes: Mapping[str, Any],
    to: Sequence[str],
    engine: str,
) -> Callable[..., list[list[str]]]:
    def commands(study: str, code: str, folder: Path) -> list[list[str]]:
        run = ["run", study, "--no-progress", "--set", f"county={code}"]
        run += [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]
        run += ["--params", str(file)] if file else []
        run += ["--resume"] if resume else []
        render = ["render", str(folder), "--to", ",".join(to), "--engine", engine]
        render += ["--resume"] if resume else []
        return [batch_jobs.naveval(*run)] + ([batch_jobs.naveval(*render)] if to else [])

    return commands


def _before(
    study: str,
    chosen: parameters.StudyParameters,
    folder: Path,
    reports: Callable[[Path], bool],
    resume: bool,
) -> RunResult | None:
    """Skip a run that is current; make and check its registers once for all runs.

    Registers that cannot be used fail this run alone, with the reason.
    """
    start = time.monotonic()
    try:
        runs.prepare(study, chosen)
        if not resume:
            return None
        found = manifest.data_fingerprint(study, chosen)
        described = manifest.describe(study, chosen, found)
        with store.held(folder):
            current = manifest.is_current(folder, described) and reports(folder)
    except (NavevalError, OSError) as error:
        reason = str(error)
        return RunResult(study, chosen.county, folder, "failed", time.monotonic() - start, reason)
    if current:
        return RunResult(study, chosen.county, folder, "skipped", 0.0, "complete and current")
    return None


def _work(
    waiting: list[Job], jobs: int, limit: float
) -> Generator[tuple[Job, str, float], None, None]:
    """Start jobs as others end; each with why it failed ("" if not) and its seconds."""
    running: list[batch_jobs.Running] = []
    queue = list(reversed(waiting))
    try:
        while queue or running:
            while queue and len(running) < jobs:
                running.append(batch_jobs.start(queue.pop(), jobs, limit))
            time.sleep(batch_jobs.POLL_SECONDS)
            for item in list(running):
                if (outcome := batch_jobs.poll(item, limit)) is not None:
                    running.remove(item)
                    yield item.job, outcome, time.monotonic() - item.started
    finally:
        batch_jobs.stop(running)


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
