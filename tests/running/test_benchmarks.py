"""Benchmarks are started from the project's folder, and missed with a clear message."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from naveval import cli

TOY = 'def main(scale):\n    print(f"hedmark at {scale}")\n'


def test_the_benchmark_of_the_project_at_hand_is_run(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(sys.modules, "bench_hedmark", sys)  # put back when the test is over
    monkeypatch.delitem(sys.modules, "bench_hedmark")
    folder = project / "tests" / "benchmarks"
    folder.mkdir(parents=True)
    (folder / "bench_hedmark.py").write_text(TOY, encoding="utf-8")
    done = CliRunner().invoke(cli.main, ["bench", "hedmark", "--scale", "0.2"])
    assert (done.exit_code, done.stdout) == (0, "hedmark at 0.2\n")


def test_a_project_without_benchmarks_is_told(project: Path) -> None:
    done = CliRunner().invoke(cli.main, ["bench", "hedmark"])
    assert done.exit_code == 2
    assert "bench_hedmark.py: no such file; benchmarks belong to the project" in done.stderr
