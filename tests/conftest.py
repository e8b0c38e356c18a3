"""Fixtures shared by the tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from naveval.project import paths

ROOT = Path(__file__).parent.parent


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
