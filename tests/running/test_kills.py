"""A run that is killed at any file operation leaves the earlier result or its own, never a mix."""

import multiprocessing
import sys
from pathlib import Path

import killing
import nbformat
import pytest

from naveval.exhibits import manifest
from naveval.project import catalogue, parameters, store
from naveval.project.parameters import StudyParameters
from naveval.registers import extracts
from naveval.running import batch as batches
from naveval.running import notebook, progress, warm
from naveval.running import run as runs

TEXTS = """
report: {title: "Prøve for {place}"}
tbl-1: {caption: "Tabell", columns: {value: {title: Tall, format: int}}}
"""
TIMES = ("manifest.json",)  # it holds the times of the run


@pytest.fixture
def study(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny study under the name of a real one, whose notebook writes its files at once."""
    for file in (project / "report/texts/hedmark").glob("*.yml"):
        file.unlink()
    (project / "report/texts/hedmark/report.yml").write_text(TEXTS, encoding="utf-8")
    (project / "params/hedmark.yml").write_text("seed: 1\n", encoding="utf-8")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("seed = 1")])
    nbformat.write(book, project / "notebooks/hedmark.ipynb")
    monkeypatch.setattr(parameters, "model", lambda _: StudyParameters)
    monkeypatch.setattr(catalogue, "has", lambda *_: False)
    monkeypatch.setattr(notebook, "execute", execute)
    monkeypatch.setattr(warm, "POSSIBLE", False)
    monkeypatch.setattr(manifest, "git_commit", lambda: "")
    return project


def execute(study: str, chosen: StudyParameters, staging: Path, **options: object) -> None:
    """What a notebook does: it writes tables and estimates that belong together."""
    (staging / notebook.EXECUTED).write_text(str(chosen.seed))
    (staging / "tables/tbl-1.csv").write_text(f"value\n{chosen.seed}\n")
    (staging / "estimates.csv").write_text(f"label,estimate\ntbl-1,{chosen.seed}\n")
    (staging / "disclosure.csv").write_text("label,row\n")


def run(seed: int, *, resume: bool = False) -> runs.Run:
    chosen = parameters.load("hedmark", changes={"seed": seed})
    return runs.run("hedmark", chosen, resume=resume, tells="nothing")


def kill_everywhere(study: Path, every: int) -> int:
    """Kill runs at file operations, check what they leave and that the next run mends it."""
    out = study / "report/_out"
    old = run(1).folder
    states = {1: killing.tree(old, TIMES)}
    states[2] = killing.tree(run(2).folder, TIMES)
    run(1)
    total = killing.operations(lambda: run(1), out)
    tried = 0
    for step, half in killing.steps(total, every):
        killing.killed(lambda: run(2), out, step, half=half)
        seed = manifest.read(old)["parameters"]["seed"]
        assert killing.tree(old, TIMES) == states[seed]
        assert not manifest.faults(old, manifest.read(old))
        assert run(2, resume=True).skipped == (seed == 2)
        assert killing.tree(old, TIMES) == states[2]
        assert not list((old.parent / ".naveval").glob("[!.]*"))
        run(1)
        tried += 1
    return tried


def test_a_killed_run_leaves_old_or_new(study: Path) -> None:
    assert kill_everywhere(study, every=9) >= 8


@pytest.mark.slow
def test_a_run_killed_at_every_operation_leaves_old_or_new(study: Path) -> None:
    tried = kill_everywhere(study, every=1)
    print(f"run: {tried} kills")
    assert tried > 50


def _often(seed: int) -> None:
    for _ in range(3):
        run(seed)


def test_two_runs_at_once_leave_one_of_them_whole(study: Path) -> None:
    states = [killing.tree(run(seed).folder, TIMES) for seed in (1, 2)]
    fork = multiprocessing.get_context("fork")
    others = [fork.Process(target=_often, args=(seed,)) for seed in (1, 2)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert [other.exitcode for other in others] == [0, 0]
    folder = study / "report/_out/hedmark/hele-landet"
    content = manifest.read(folder)
    assert killing.tree(folder, TIMES) == states[content["parameters"]["seed"] - 1]
    assert not manifest.faults(folder, content)


def simulate(folder: Path, *, text: str) -> None:
    (folder / "below").mkdir()
    (folder / "below/a.csv").write_text(text)
    (folder / "truth.json").write_text(text)


def test_killed_data_leaves_whole_registers_or_none(tmp_path: Path) -> None:
    def write(name: str) -> None:
        extracts.write(simulate, tmp_path / name, {"text": "all"})

    write("first")
    whole = killing.tree(tmp_path / "first")
    total = killing.operations(lambda: write("second"), tmp_path)
    for step, half in killing.steps(total, 1):
        name = f"x{step}{half}"
        killing.killed(lambda name=name: write(name), tmp_path, step, half=half)
        if not (tmp_path / name).exists():
            write(name)
        assert killing.tree(tmp_path / name) == whole


RESULT = """
import pathlib, sys
from naveval.project import store
target, text = pathlib.Path(sys.argv[1]), sys.argv[2]
with store.staged(target) as work:
    made = work / target.name
    made.mkdir()
    for name in ("a", "b"):
        (made / name).write_text(text)
    with store.held(target):
        store.exchange(made, target)
"""


def batch_of(text: str) -> list[batches.RunResult]:
    def command(study: str, code: str, folder: Path) -> list[list[str]]:
        return [[sys.executable, "-c", RESULT, str(folder), text]]

    return batches.batch(["hedmark"], ["03", "04"], command=command, tells="nothing")


def kill_batches(out: Path, every: int) -> int:
    """Kill batches at file operations of their own; runs under way end as they would."""
    batch_of("old")
    total = killing.operations(lambda: batch_of("old"), out)
    tried = 0
    for step, half in killing.steps(total, every):
        killing.killed(lambda: batch_of("new"), out, step, half=half)
        with store.held(out / "hedmark/03-oslo"):
            for place in ("03-oslo", "04-hedmark"):
                found = {(out / "hedmark" / place / name).read_text() for name in ("a", "b")}
                assert found in ({"old"}, {"new"})
        assert all(item.ok for item in batch_of("old"))
        assert not list((out / "hedmark/.naveval").glob("[!.]*"))
        assert set(progress.durations()) == {"hedmark county run"}
        tried += 1
    return tried


def test_a_killed_batch_leaves_whole_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))
    assert kill_batches(tmp_path, every=30) >= 2


@pytest.mark.slow
def test_a_batch_killed_at_every_operation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))
    tried = kill_batches(tmp_path, every=1)
    print(f"batch: {tried} kills")
    assert tried > 20


def test_two_batches_at_once_leave_whole_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))
    fork = multiprocessing.get_context("fork")
    others = [fork.Process(target=batch_of, args=(text,)) for text in ("one", "two")]
    for other in others:
        other.start()
    for other in others:
        other.join()
    for place in ("03-oslo", "04-hedmark"):
        found = {(tmp_path / "hedmark" / place / name).read_text() for name in ("a", "b")}
        assert found in ({"one"}, {"two"})
    assert not list((tmp_path / "hedmark/.naveval").glob("[!.]*"))
