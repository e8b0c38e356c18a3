"""What every user of the store asks for, before and after changes of the code, as JSON.

Runs in a process of its own on a copy of the package, which it changes.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from naveval.disclosure import keys as disclosure
from naveval.estimators import crossfit
from naveval.estimators.forests import ForestOptions
from naveval.exhibits import manifest
from naveval.project import catalogue, parameters, provenance, store
from naveval.project.store import kept
from naveval.publishing import render
from naveval.publishing.site import build
from naveval.publishing.site.pages import Page
from naveval.registers import contracts, extracts, reading
from naveval.studies.followup import panel
from naveval.studies.followup import protection as followup
from naveval.studies.hedmark import panel as hedmark
from naveval.studies.indicator import estimate
from naveval.studies.indicator.update import quarter

ROOT = provenance.ROOT
GROUPING = "table_a_1_program_grouping.csv"


class AskedError(Exception):
    """The key a user asked for; nothing is computed."""


def ask(content: Any, code: Any) -> str:
    raise AskedError(store.key(content, code))


def asked(call: Callable[[], Any]) -> str:
    try:
        call()
    except AskedError as found:
        return str(found)
    raise AssertionError("nothing was asked for")


def keys() -> dict[str, str]:
    """By user of the store, the key of what it would find."""
    chosen = {name: parameters.load(name) for name in catalogue.names()}
    found = {}
    for name in catalogue.names():
        found[f"registers {name}"] = asked(partial(extracts.simulated, name, {}))
        found[f"contract {name}"] = asked(partial(contracts.require, name, Path()))
        found[f"run {name}"] = json.dumps(manifest.describe(name, chosen[name], {}), default=str)
    found["panel followup"] = asked(lambda: panel.load(chosen["followup"]))
    found["protected followup"] = asked(lambda: followup.load(None, chosen["followup"]))
    found["panel hedmark"] = asked(lambda: hedmark.load_panel(chosen["hedmark"]))
    found["national indicator"] = asked(lambda: estimate.load(chosen["indicator"]))
    arm, x = np.arange(200) % 2, np.arange(200.0)[:, None]
    names = {"arms": ("a", "b"), "outcomes": ("y",), "options": ForestOptions()}
    found["forests"] = asked(lambda: crossfit.crossfit(x, arm, x, **names, cache=Path()))
    page = Page("om", "om", "Om", "", "tekst")
    found["site"] = asked(lambda: build.kept_at(page, "engine", below=Path()))
    finished = Path(os.environ["NAVEVAL_OUT"]) / "finished"
    finished.mkdir(parents=True, exist_ok=True)
    manifest.write(finished, {"study": "hedmark"})
    found["render"] = render.made_from(finished, "engine")
    own = disclosure.secret("simulated")
    found["quarterly"] = asked(lambda: quarter.estimated(chosen["indicator"], Path(), 79, own))
    return found


def add_line(file: str) -> None:
    with (ROOT / file).open("a", encoding="utf-8") as stream:
        stream.write("\n# changed\n")


def add_deep_imports() -> None:
    """A package three relative imports below a module of a study."""
    deep = ROOT / "studies/hedmark/deep"
    (deep / "lower").mkdir(parents=True)
    (deep / "__init__.py").write_text("")
    (deep / "lower/__init__.py").write_text("from .. import two\n")
    (deep / "one.py").write_text("from . import lower\n")
    (deep / "two.py").write_text("from .lower.three import VALUE\n")
    (deep / "lower/three.py").write_text("VALUE = 1\n")
    with (ROOT / "studies/hedmark/panel.py").open("a", encoding="utf-8") as stream:
        stream.write("\n\ndef deep():\n    from .deep import one\n    return one\n")


def other_version(name: str) -> None:
    earlier = metadata.version
    metadata.version = lambda asked: "0.0.1" if asked == name else earlier(asked)
    provenance.version_of.cache_clear()


def other_zone() -> None:
    os.environ["TZ"] = "America/St_Johns"
    time.tzset()


CHANGES: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "forests": lambda: add_line("estimators/forests.py"),
    "helper of a simulation": lambda: add_line("studies/hedmark/simulate/levels.py"),
    "parameter file": lambda: add_line(f"../../params/published/programs/{GROUPING}"),
    "three relative imports down": lambda: add_line("studies/hedmark/deep/lower/three.py"),
    "version": lambda: other_version("scikit-learn"),
    "store": lambda: add_line("project/store/kept.py"),
    "zone": other_zone,
}


def main() -> None:
    kept.key = ask
    provenance.edited = lambda code: []  # as a process that starts after the change
    reading.fingerprint = lambda *_: {}
    extracts.folder = lambda *_: Path()
    add_deep_imports()
    before, changed = keys(), {}
    for name, change in CHANGES.items():
        change()
        now = keys()
        changed[name] = sorted(user for user in now if now[user] != before[user])
        before = now
    json.dump(changed, sys.stdout)


if __name__ == "__main__":
    main()
