"""Benchmarks are started from the project's folder, and missed with a clear message."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from naveval import cli

TOY = {
    "bench_hedmark": 'def main(scale):\n    print(f"hedmark at {scale}")\n',
    "measuring": 'def print_disclosure(study, scale):\n    print(f"control of {study}")\n',
}


def test_the_benchmark_of_the_project_at_hand_is_run(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    folder = project / "tests" / "benchmarks"
    folder.mkdir(parents=True)
    for name, source in TOY.items():
        monkeypatch.setitem(sys.modules, name, sys)  # put back when the test is over
        monkeypatch.delitem(sys.modules, name)
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    done = CliRunner().invoke(cli.main, ["bench", "hedmark", "--scale", "0.2"])
    assert (done.exit_code, done.stdout) == (0, "hedmark at 0.2\ncontrol of hedmark\n")


def test_a_project_without_benchmarks_is_told(project: Path) -> None:
    done = CliRunner().invoke(cli.main, ["bench", "hedmark"])
    assert done.exit_code == 2
    assert "bench_hedmark.py: no such file; benchmarks belong to the project" in done.stderr
