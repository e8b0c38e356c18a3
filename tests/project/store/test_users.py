"""A change makes anew what depended on it, and nothing else: asked of every user of the store."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from naveval.project import catalogue

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "tests/samples/users_of_the_store.py"
EVERY = catalogue.names()
WITH_REGISTERS = {f"{kind} {study}" for kind in ("registers", "contract", "run") for study in EVERY}


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Users whose key changed, by what was changed in a copy of the project."""
    root = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("_out", "__pycache__")
    for part in ("lib/naveval", "params", "notebooks", "report"):
        shutil.copytree(ROOT / part, root / part, ignore=ignored)
    (root / "out").mkdir()
    (root / "out/manifest.json").write_text("{}")
    environment = {
        **os.environ,
        "PYTHONPATH": str(root / "lib"),
        "NAVEVAL_ROOT": str(root),
        "NAVEVAL_OUT": str(root / "out"),
        "TZ": "UTC",
    }
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_is_made_anew_without_a_change(changed: dict[str, list[str]]) -> None:
    assert changed["nothing"] == []


def test_a_line_of_the_forests(changed: dict[str, list[str]]) -> None:
    assert changed["forests"] == ["forests", "run programs"]


def test_a_line_of_a_helper_of_a_simulation(changed: dict[str, list[str]]) -> None:
    assert changed["helper of a simulation"] == ["registers hedmark", "run hedmark"]


def test_a_line_of_a_file_that_a_study_reads(changed: dict[str, list[str]]) -> None:
    own = ["contract programs", "registers programs", "run programs"]
    assert changed["parameter file"] == own


def test_a_line_three_relative_imports_down(changed: dict[str, list[str]]) -> None:
    assert changed["three relative imports down"] == ["panel hedmark", "run hedmark"]


def test_the_version_of_a_library(changed: dict[str, list[str]]) -> None:
    assert changed["version"] == ["forests", "run programs"]


def test_how_results_are_kept_decides_none_of_them(changed: dict[str, list[str]]) -> None:
    assert changed["store"] == []


def test_the_time_zone(changed: dict[str, list[str]]) -> None:
    others = {"forests", "national indicator", "panel followup"}
    others |= {"panel hedmark", "protected followup", "quarterly", "site"}
    assert set(changed["zone"]) == WITH_REGISTERS | others
