"""What a batch tells while it works: what runs, how far it is, and how long is left.

How long is left follows from what the same work took before, kept in `report/_out/_cache`; where
nothing is known it is not told.
"""

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Literal

from naveval.project import paths, places, store

FILE = "durations.json"
TICK_SECONDS = 1.0
LINES_EVERY = 30.0
TAIL_BYTES = 400
FAR = re.compile(r"^(?:cell \d+ of \d+|rendering .*)$", re.MULTILINE)
CLEAR = "\x1b[{lines}F\x1b[J"
Tells = Literal["nothing", "lines", "screen"]
Work = tuple[str, str]


@dataclass
class Board:
    """The runs of a batch as they wait, run and end.

    Attributes
    ----------
    waiting
        (study, county) of what has not begun.
    jobs
        How many run at the same time.
    steps
        What is done for each, part of the name under which durations are kept: "run+render".
    logs
        Folder with the messages of each run; their last line tells how far it is.
    """

    waiting: list[Work]
    jobs: int
    steps: str
    logs: Path
    running: dict[Work, float] = field(default_factory=dict)
    took: dict[str, list[float]] = field(default_factory=dict)
    ended: int = 0
    failed: int = 0
    started: float = field(default_factory=time.monotonic)
    known: dict[str, float] = field(default_factory=lambda: durations())

    def begin(self, work: Work) -> None:
        """A run begins."""
        self.waiting.remove(work)
        self.running[work] = time.monotonic()

    def end(self, work: Work, *, ok: bool, seconds: float = 0.0) -> None:
        """A run has ended, or was left alone (`seconds` 0)."""
        if work in self.waiting:
            self.waiting.remove(work)
        self.running.pop(work, None)
        self.ended += 1
        self.failed += not ok
        if ok and seconds > 0:
            self.took.setdefault(self.name(work), []).append(seconds)

    def name(self, work: Work) -> str:
        """Name of a kind of work, whose instances take about as long."""
        return f"{work[0]} {'county' if work[1] else 'country'} {self.steps}"

    def expected(self, work: Work) -> float | None:
        """Seconds that work takes: of this batch, of earlier ones, of the study's other places."""
        name = self.name(work)
        if name in self.took:
            return fmean(self.took[name])
        if name in self.known:
            return self.known[name]
        own = [seconds for each in self._of_study(work[0]) for seconds in each]
        return fmean(own) if own else None

    def _of_study(self, study: str) -> Iterator[Sequence[float]]:
        yield from (found for name, found in self.took.items() if name.split()[0] == study)
        named = (name for name in self.known if name.startswith(f"{study} "))
        yield from ([self.known[name]] for name in named if name.endswith(f" {self.steps}"))

    def left(self) -> float | None:
        """Seconds until all is done; None while nothing is known of a part of it."""
        now = time.monotonic()
        ahead: list[float] = []
        going: list[float] = []
        for work in [*self.waiting, *self.running]:
            seconds = self.expected(work)
            if seconds is None:
                return None
            begun = self.running.get(work)
            if begun is None:
                ahead.append(seconds)
            else:
                going.append(max(1.0, seconds - (now - begun)))
        return max([(sum(ahead) + sum(going)) / self.jobs, *going], default=0.0)

    def total(self) -> str:
        """The line for the batch: how many are done, and how long is left."""
        whole = self.ended + len(self.waiting) + len(self.running)
        bad = f", {self.failed} failed" if self.failed else ""
        left = f"; {self.told_left()}" if self.waiting or self.running else ""
        return f"{self.ended} of {whole} done{bad}{left}"

    def told_left(self) -> str:
        """How long is left, in words."""
        seconds = self.left()
        if seconds is None:
            return "time left is told when one of each study has ended"
        return f"about {spelled(seconds)} left"

    def lines(self) -> list[str]:
        """A line for each run, and one for the batch."""
        now = time.monotonic()
        found = []
        for work, begun in sorted(self.running.items(), key=lambda item: item[1]):
            seconds = self.expected(work)
            left = "" if seconds is None else f", about {spelled(seconds - now + begun)} left"
            at = how_far(self.logs / log_name(*work)) or "checks registers"
            place = places.slug(work[1])
            found.append(f"  {work[0]:<10} {place:<22} {at:<18} {spelled(now - begun)}{left}")
        return [*found, self.total()]


def log_name(study: str, county: str) -> str:
    """Name of the file with a run's messages."""
    return f"{study}-{places.slug(county)}.log"


def how_far(log: Path) -> str:
    """The last step that a run has told in its log, "" before the first."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - TAIL_BYTES))
            text = stream.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return (FAR.findall(text) or [""])[-1]


def spelled(seconds: float) -> str:
    """A duration for people.

    >>> spelled(8.2), spelled(100), spelled(754)
    ('8 s', '1 min 40 s', '13 min')
    """
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 600 else f"{round(whole / 60)} min"


def durations() -> dict[str, float]:
    """Seconds that kinds of work took before, by name."""
    try:
        found = json.loads((paths.cache_dir() / FILE).read_text(encoding="utf-8"))
        return {str(name): float(seconds) for name, seconds in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def keep(took: dict[str, list[float]]) -> None:
    """Keep what kinds of work took; what is known moves half the way to what is new."""
    if not took:
        return
    known = durations()
    for name, seconds in took.items():
        known[name] = round((known.get(name, fmean(seconds)) + fmean(seconds)) / 2, 1)
    folder = store.make_private(paths.cache_dir())
    store.write_text(folder / FILE, json.dumps(known, indent=1, sort_keys=True), private=True)


def timed(name: str, tells: Tells, make: Callable[[Callable[[str], None]], Path]) -> Path:
    """Do what `make` does, and tell it, how long it takes and its steps when there is any.

    Something that is current has no step: then nothing is announced, nor kept of how long it took.
    """
    started, steps = time.monotonic(), list[str]()

    def step(text: str) -> None:
        if tells != "nothing":
            known = durations().get(name)
            if not steps:
                say(f"{name}: begins" + (f", about {spelled(known)}" if known else ""))
            say(f"  {text}")
        steps.append(text)

    made = make(step)
    if steps:
        keep({name: [time.monotonic() - started]})
    elif tells != "nothing":
        say(f"{name}: current")
    return made


@contextmanager
def telling(board: Board, tells: Tells) -> Iterator[None]:
    """Tell how a batch goes while the block lasts, and keep how long its runs took.

    On a screen the lines are renewed each second; elsewhere, and with "lines", what begins and
    ends is told once, and the batch now and then.
    """
    ended = threading.Event()
    live = tells == "screen" and sys.stderr.isatty()
    arguments = (board, ended, live)
    thread = threading.Thread(target=_tell, args=arguments, daemon=True)
    if tells != "nothing":
        thread.start()
    try:
        yield
    finally:
        ended.set()
        if tells != "nothing":
            thread.join()
        keep(board.took)


def _tell(board: Board, ended: threading.Event, live: bool) -> None:
    drawn, told, seen = 0, -LINES_EVERY, set[Work]()
    while True:
        last = ended.wait(0 if told < 0 else TICK_SECONDS)
        if live:
            text = [] if last else board.lines()
            clear = CLEAR.format(lines=drawn) if drawn else ""
            sys.stderr.write(clear + "".join(f"{line}\n" for line in text))
            sys.stderr.flush()
            drawn, told = len(text), 0.0
        else:
            new = [work for work in list(board.running) if work not in seen]
            for work in new:
                seconds = board.expected(work)
                about = f", about {spelled(seconds)}" if seconds else ""
                say(f"{work[0]} {places.slug(work[1])}: begins{about}")
            seen.update(new)
            if time.monotonic() - told > LINES_EVERY or told < 0:
                say(board.total())
                told = time.monotonic()
        if last:
            return


def say(text: str) -> None:
    """A line for whoever follows the command."""
    print(text, file=sys.stderr, flush=True)
