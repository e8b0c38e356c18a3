"""Fixtures shared by the tests."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from naveval.project import paths
from naveval.publishing import quarto
from naveval.publishing.audit import browser

ROOT = Path(__file__).parent.parent


def namespaces() -> bool:
    """Whether a process namespace can be made here."""
    own = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "true"]
    return shutil.which("unshare") is not None and subprocess.run(own).returncode == 0


PROGRAMS = {
    "browser": (browser.program, "Chromium is not on the PATH"),
    "make": (lambda: shutil.which("make"), "make is not on the PATH"),
    "quarto": (quarto.found, "Quarto is not on the PATH"),
    "unshare": (namespaces, "unshare can make no process namespace here"),
}
"""Programs that no Python package brings: tests that need one are skipped where it is missing."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    for name, (found, reason) in PROGRAMS.items():
        if item.get_closest_marker(name) and not found():
            pytest.skip(reason)


@pytest.fixture
def owner_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret that real registers need."""
    monkeypatch.setenv("NAVEVAL_KEY_SECRET", "0123456789abcdef" * 4)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the project's inputs in a temporary folder, with its own output folder."""
    root = tmp_path / "prosjekt æøå"
    for part in ("params", "notebooks"):
        shutil.copytree(ROOT / part, root / part)
    shutil.copytree(ROOT / "report", root / "report", ignore=shutil.ignore_patterns("_out"))
    monkeypatch.setenv("NAVEVAL_ROOT", str(root))
    monkeypatch.delenv("NAVEVAL_OUT", raising=False)
    monkeypatch.delenv("NAVEVAL_RESULT", raising=False)
    yield root
    assert paths.project_root() == root
