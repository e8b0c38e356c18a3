"""Folders with extracts: told of without the machine's paths, and found again."""

import stat
from pathlib import Path

import pytest

from naveval.project import folders, paths


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, with an output folder beside it."""
    root = tmp_path / "project"
    (root / "registers" / "hedmark").mkdir(parents=True)
    monkeypatch.setattr(paths, "project_root", lambda: root)
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))
    monkeypatch.chdir(tmp_path)
    return root


def test_a_folder_outside_the_project_is_told_of_by_a_name_that_finds_it(tmp_path: Path) -> None:
    outside = tmp_path / "home" / "kari" / "uttrekk"
    outside.mkdir(parents=True)
    name = folders.name_of(str(outside))
    assert name.startswith("uttrekk-")
    assert "kari" not in name
    assert folders.name_of(str(outside)) == name
    assert folders.name_of(name) == name
    assert folders.find(name) == folders.find(str(outside)) == outside
    outside.rmdir()
    assert folders.find(name) is None


def test_two_folders_of_the_same_name_are_two(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place / "uttrekk").mkdir(parents=True)
    first, second = (folders.name_of(str(tmp_path / place / "uttrekk")) for place in ("a", "b"))
    assert first != second
    assert folders.find(second) == tmp_path / "b" / "uttrekk"


def test_a_folder_inside_the_project_is_told_of_by_its_relative_path(project: Path) -> None:
    assert folders.name_of(str(project / "registers" / "hedmark")) == "registers/hedmark"
    assert folders.find("registers/hedmark") == project / "registers" / "hedmark"
    assert folders.name_of("") == ""
    assert folders.find("registers/other") is None


def test_which_folder_it_is_only_its_owner_can_read(tmp_path: Path) -> None:
    name = folders.name_of(str(tmp_path))
    known = tmp_path / "out" / "_cache" / folders.KNOWN / name
    assert stat.S_IMODE(known.stat().st_mode) == 0o600
