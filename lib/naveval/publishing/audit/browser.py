"""A headless Chromium, driven over its own pipe protocol; no further package is needed.

Used by the audit (axe) and by tests of the site. The browser may not reach any host: a page
that needs the network shows as broken.

Accessibility as axe finds it in headless Chromium, at WCAG 2.1 AA.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from naveval.project.errors import NavevalError
from naveval.publishing.audit.faults import Fault

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--allow-file-access-from-files",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
    "--lang=nb-NO",
)
PATIENCE = 600
"""Seconds to wait for one answer; axe on a long page on a busy machine takes its time."""
KEYS = {
    "Tab": ("Tab", 9, ""),
    "Enter": ("Enter", 13, "\r"),
    "Space": (" ", 32, " "),
    "Escape": ("Escape", 27, ""),
    "ArrowDown": ("ArrowDown", 40, ""),
    "ArrowUp": ("ArrowUp", 38, ""),
}


class BrowserError(NavevalError):
    """The browser did not start, or a page could not be opened."""


def program() -> str | None:
    """Path of a Chromium on this machine: NAVEVAL_CHROMIUM, or the first on the PATH."""
    named = os.environ.get("NAVEVAL_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class Page:
    """One tab. Not safe to share between threads."""

    reader: Any
    writer: Any
    session: str = ""
    counter: int = 0
    rest: bytes = b""
    events: list[dict[str, Any]] = field(default_factory=list)

    def send(self, method: str, **options: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol and wait for its answer."""
        self.counter += 1
        message: dict[str, Any] = {"id": self.counter, "method": method, "params": options}
        if self.session:
            message["sessionId"] = self.session
        self.writer.write(json.dumps(message).encode() + b"\0")
        self.writer.flush()
        while True:
            answer = self._read()
            if answer.get("id") == self.counter:
                if "error" in answer:
                    raise BrowserError(f"browser: {method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def _read(self) -> dict[str, Any]:
        parts = [self.rest]
        while b"\0" not in parts[-1]:
            if not select.select([self.reader], [], [], PATIENCE)[0]:
                raise BrowserError(f"browser: no answer within {PATIENCE} s")
            part = os.read(self.reader.fileno(), 1 << 20)
            if not part:
                raise BrowserError("browser: closed unexpectedly")
            parts.append(part)
        text, _, self.rest = b"".join(parts).partition(b"\0")
        return json.loads(text)

    def open(self, address: str | Path) -> None:
        """Open a page and wait until it has loaded."""
        url = address.resolve().as_uri() if isinstance(address, Path) else address
        self.events.clear()
        result = self.send("Page.navigate", url=url)
        if result.get("errorText"):
            raise BrowserError(f"{address}: {result['errorText']}")
        self.evaluate(
            "new Promise(done => document.readyState === 'complete' ? done(1)"
            " : window.addEventListener('load', () => done(1)))"
        )

    def evaluate(self, script: str) -> Any:
        """Value of a JavaScript expression; a promise is awaited."""
        result = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in result:
            detail = result["exceptionDetails"]
            raise BrowserError(f"script: {detail.get('exception', detail).get('description')}")
        return result["result"].get("value")

    def resize(self, width: int, height: int = 900) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def scheme(self, name: str) -> None:
        """Ask pages for a colour scheme: "light" or "dark"."""
        wanted = [{"name": "prefers-color-scheme", "value": name}]
        self.send("Emulation.setEmulatedMedia", media="", features=wanted)

    def press(self, key: str, times: int = 1) -> None:
        name, code, text = KEYS.get(key, (key, ord(key.upper()[0]), key))
        for _ in range(times):
            for kind in ("keyDown", "keyUp"):
                self.send(
                    "Input.dispatchKeyEvent",
                    type=kind,
                    key=name,
                    windowsVirtualKeyCode=code,
                    text=text if kind == "keyDown" else "",
                )

    def write(self, text: str) -> None:
        self.send("Input.insertText", text=text)

    def picture(self, file: Path, *, whole: bool = True) -> None:
        """Save a PNG of the page."""
        data = self.send(
            "Page.captureScreenshot", captureBeyondViewport=whole, **_clip(self, whole)
        )
        file.write_bytes(base64.b64decode(data["data"]))


def _clip(page: Page, whole: bool) -> dict[str, Any]:
    if not whole:
        return {}
    size = page.send("Page.getLayoutMetrics")["cssContentSize"]
    return {"clip": {"x": 0, "y": 0, **{k: size[k] for k in ("width", "height")}, "scale": 1}}


@contextmanager
def open_browser(width: int = 1280) -> Iterator[Page]:
    """Start a browser with one tab, and end it.

    Raises
    ------
    BrowserError
        When there is no Chromium, or it does not start.
    """
    found = program()
    if found is None:
        raise BrowserError("no Chromium on the PATH")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process, own_read, own_write = _start(found, profile)
        try:
            with os.fdopen(own_read, "rb") as reader, os.fdopen(own_write, "wb") as writer:
                page = Page(reader, writer)
                target = page.send("Target.createTarget", url="about:blank")["targetId"]
                page.session = page.send("Target.attachToTarget", targetId=target, flatten=True)[
                    "sessionId"
                ]
                page.send("Page.enable")
                page.resize(width)
                yield page
        finally:
            _end(process)


def _start(found: str, profile: str) -> tuple[int, int, int]:
    """Start Chromium with its pipes at 3 and 4; gives process, own reading and writing end."""
    pipes = [*os.pipe(), *os.pipe()]
    to_browser, own_write, own_read, from_browser = (
        fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in pipes
    )
    for end in pipes:
        os.close(end)
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    command = (found, *FLAGS, *root, f"--user-data-dir={profile}", "about:blank")
    actions = [
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_DUP2, to_browser, 3),
        (os.POSIX_SPAWN_DUP2, from_browser, 4),
    ]
    process = os.posix_spawn(found, command, os.environ, file_actions=actions)
    os.close(to_browser)
    os.close(from_browser)
    return process, own_read, own_write


def _end(process: int) -> None:
    for name, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        os.kill(process, name)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if os.waitpid(process, os.WNOHANG)[0]:
                return
            time.sleep(0.02)


CARRIERS = ("axe_playwright_python", "axe_core_python")
"""Python packages that carry axe-core, the newest first."""
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
APPEARANCE = ("color-contrast", "link-in-text-block", "scrollable-region-focusable")
VIEWS = (
    (1280, "light", {"type": "tag", "values": list(RULES)}),
    (320, "dark", {"type": "rule", "values": list(APPEARANCE)}),
)
"""Widths and colour schemes every page is looked at in, and the rules that can differ there.

WCAG 1.4.10 asks for a window of 320 px without scrolling sideways.
"""


def axe_source() -> str | None:
    """axe-core as JavaScript from an installed package; None when there is none."""
    for package in CARRIERS:
        found = find_spec(package)
        for place in (found.submodule_search_locations or []) if found else []:
            file = Path(place) / "axe.min.js"
            if file.exists():
                return file.read_text(encoding="utf-8")
    return None


def unavailable() -> str | None:
    """Why axe cannot run on this machine; None when it can."""
    if program() is None:
        return "no Chromium on the PATH"
    if axe_source() is None:
        return f"no axe-core: install {CARRIERS[-1].replace('_', '-')}"
    return None


def accessibility(
    pages: Iterable[tuple[Path, str]], progress: Callable[[str], Any] = lambda _: None
) -> Iterator[Fault]:
    """Violations axe finds in pages, in each of VIEWS; one browser for all.

    Parameters
    ----------
    pages
        Files, with the names to give them in the faults.
    progress
        Called with the name of each page before it is looked at.
    """
    source = axe_source()
    with open_browser() as tab:
        for file, name in pages:
            progress(name)
            for width, scheme, rules in VIEWS:
                tab.resize(width)
                tab.scheme(scheme)
                tab.open(file)
                yield from _wide(tab, name, width)
                for message in violations(tab, source or "", rules):
                    yield Fault("axe", name, f"{message} ({width} px, {scheme})")


def violations(tab: Page, source: str, rules: dict[str, Any]) -> list[str]:
    """What axe says about the open page, one line per rule with the first element."""
    tab.evaluate(source + ";1")
    options = json.dumps({"runOnly": rules, "resultTypes": ["violations"]})
    found: list[dict[str, Any]] = tab.evaluate(
        f"axe.run(document, {options}).then(result => result.violations.map(v => "
        "({id: v.id, help: v.help, n: v.nodes.length, at: v.nodes[0].target.join(' ')})))"
    )
    return [f"axe {v['id']}: {v['help']}; {v['n']} place(s), first {v['at']}" for v in found]


def _wide(tab: Page, name: str, width: int) -> Iterator[Fault]:
    """A page must fit a phone without scrolling sideways (WCAG 1.4.10)."""
    excess = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if excess and excess > 1:
        yield Fault("axe", name, f"{excess} px wider than a window of {width} px")
