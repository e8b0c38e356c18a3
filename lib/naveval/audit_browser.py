"""Accessibility as axe finds it in headless Chromium, at WCAG 2.1 AA."""

import json
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from naveval import browser
from naveval.browser import Page
from naveval.faults import Fault

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
    if browser.program() is None:
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
    with browser.open_browser() as tab:
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
