"""Accessibility as axe finds it in headless Chromium, at WCAG 2.1 AA.

Chromium is the one of this machine; none is ever downloaded. It may not reach any host: a page
that needs the network shows as broken.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from naveval.project.errors import NavevalError
from naveval.publishing.audit.faults import Fault

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ("--host-resolver-rules=MAP * ~NOTFOUND",)
CARRIER = "axe_playwright_python"
"""Package that carries axe-core and depends on Playwright."""
PATIENCE = 600
"""Seconds to wait for one answer; a long page on a busy machine takes its time."""
HEIGHT = 900
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
APPEARANCE = ("color-contrast", "link-in-text-block", "scrollable-region-focusable")
View = tuple[int, Any, dict[str, Any]]
VIEWS: tuple[View, ...] = (
    (1280, "light", {"type": "tag", "values": list(RULES)}),
    (320, "dark", {"type": "rule", "values": list(APPEARANCE)}),
)
"""Widths and colour schemes every page is looked at in, and the rules that can differ there.

WCAG 1.4.10 asks for a window of 320 px without scrolling sideways.
"""


class BrowserError(NavevalError):
    """The browser did not start, or a page could not be opened."""


def program() -> str | None:
    """Path of a Chromium on this machine: NAVEVAL_CHROMIUM, or the first on the PATH."""
    named = os.environ.get("NAVEVAL_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def unavailable() -> str | None:
    """Why axe cannot run on this machine; None when it can."""
    if program() is None:
        return "no Chromium on the PATH"
    if find_spec(CARRIER) is None:
        return f"{CARRIER.replace('_', '-')} is not installed; install naveval[audit]"
    return None


@contextmanager
def open_page(width: int = 1280, *, scripts: bool = True) -> Iterator["Page"]:
    """Start Chromium with one empty page, and end it.

    Raises
    ------
    BrowserError
        When Chromium or Playwright is missing, Chromium does not start, or a page cannot be
        opened.
    """
    if reason := unavailable():
        raise BrowserError(reason)
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as started:
            sandbox = os.geteuid() != 0  # Chromium refuses to sandbox for root
            with started.chromium.launch(
                executable_path=program(), args=FLAGS, chromium_sandbox=sandbox
            ) as browser:
                page = browser.new_page(
                    viewport={"width": width, "height": HEIGHT},
                    locale="nb-NO",
                    java_script_enabled=scripts,
                )
                page.set_default_timeout(PATIENCE * 1000)
                yield page
    except Error as error:
        raise BrowserError(f"browser: {error.message}") from error


def accessibility(
    pages: Iterable[tuple[Path, str]],
    progress: Callable[[str], Any] = lambda _: None,
    *,
    views: Iterable[View] = VIEWS,
) -> Iterator[Fault]:
    """Violations axe finds in pages, in each view; one browser for all.

    Parameters
    ----------
    pages
        Files, with the names to give them in the faults.
    progress
        Called with the name of each page before it is looked at.
    """
    with open_page() as page:
        for file, name in pages:
            progress(name)
            for width, scheme, rules in tuple(views):
                page.set_viewport_size({"width": width, "height": HEIGHT})
                page.emulate_media(color_scheme=scheme)
                page.goto(file.resolve().as_uri())
                if (excess := too_wide(page)) > 1:
                    yield Fault("axe", name, f"{excess} px wider than a window of {width} px")
                for message in _violations(page, rules):
                    yield Fault("axe", name, f"{message} ({width} px, {scheme})")


def too_wide(page: "Page") -> int:
    """How many pixels the open page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def _violations(page: "Page", rules: dict[str, Any]) -> list[str]:
    """What axe says about the open page, one line per rule with the first element."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"axe {rule['id']}: {rule['help']}; {len(rule['nodes'])} place(s), "
        f"first {' '.join(map(str, rule['nodes'][0]['target']))}"
        for rule in found
    ]
