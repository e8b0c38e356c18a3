"""A run: checks first, whole result folders only, clear errors."""

import errno
import json
import multiprocessing
import os
import shutil
import signal
import time
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.disclosure import keys
from naveval.exhibits import manifest
from naveval.project import catalogue, parameters
from naveval.project.errors import ContractError, EstimationError, ParameterError, StoreError
from naveval.project.parameters import StudyParameters
from naveval.running import notebook
from naveval.running import run as runs

SETUP = """
import pandas as pd
from naveval.exhibits.declare import Exhibit, Report, Results, Table, Value
from naveval.exhibits.output import open_output
from naveval.exhibits.protect import Public
from naveval.exhibits.show import Showing
from naveval.project.parameters import StudyParameters
results = Results(StudyParameters(county=county, seed=seed))
one = Exhibit(
    "tbl-1",
    data=lambda found: pd.DataFrame({"name": ["x"], "value": [float(found.parameters.seed)]}),
    keys=("name",),
    values={"value": Value("int", "units")},
    protect=Public("test"),
    view=Table(rows=("name",)),
)
report = Report("hedmark", (one,), (), {}, {"name": str})
showing = Showing(report, open_output("hedmark", results.parameters))
"""
WORK = 'showing.show("tbl-1", results)'
FINISH = "showing.finish(results)"
TEXTS = """
report: {title: "Prøve for {place}"}
tbl-1: {caption: "Tabell", columns: {name: Navn, value: Tall}}
"""


def write_notebook(root: Path, *cells: tuple[str, str]) -> None:
    book = nbformat.v4.new_notebook()
    first = nbformat.v4.new_code_cell('county = ""\nseed = 1', metadata={"tags": ["parameters"]})
    book.cells = [first]
    for tag, source in cells:
        metadata = {"tags": [tag]} if tag else {}
        book.cells.append(nbformat.v4.new_code_cell(source, metadata=metadata))
    nbformat.write(book, root / "notebooks/hedmark.ipynb")


@pytest.fixture
def study(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny study under the name of a real one: no registers, one table."""
    shutil.rmtree(project / "report/texts/hedmark")
    (project / "report/texts/hedmark").mkdir()
    (project / "report/texts/hedmark/report.yml").write_text(TEXTS, encoding="utf-8")
    (project / "params/hedmark.yml").write_text("seed: 1\n", encoding="utf-8")
    write_notebook(project, ("", SETUP), ("part:one", WORK), ("", FINISH))
    monkeypatch.setattr(parameters, "model", lambda _: StudyParameters)
    monkeypatch.setattr(catalogue, "has", lambda *_: False)
    return project


def run(**changes: object) -> runs.Run:
    return runs.run("hedmark", parameters.load("hedmark", changes=changes), tells="nothing")


def test_run_writes_the_whole_result_folder(study: Path) -> None:
    done = run(seed=7)
    names = {file.relative_to(done.folder).as_posix() for file in done.folder.rglob("*.*")}
    assert {"executed.ipynb", "estimates.csv", "disclosure.csv", "manifest.json"} <= names
    assert "tables/tbl-1.csv" in names
    assert pd.read_csv(done.folder / "estimates.csv").loc[0, "estimate"] == 7
    content = json.loads((done.folder / "manifest.json").read_text())
    assert content["complete"] is True
    assert content["parameters"]["seed"] == 7
    assert content["report"]["title"] == "Prøve for hele landet"
    assert content["report"]["origin"] == "simulated"
    assert str(study) not in (done.folder / "executed.ipynb").read_text()
    assert not list((study / "report/_out/hedmark/.naveval").glob("[!.]*"))


def test_resume_skips_only_what_is_current(study: Path) -> None:
    first = runs.run("hedmark", parameters.load("hedmark"), resume=True, tells="nothing")
    again = runs.run("hedmark", parameters.load("hedmark"), resume=True, tells="nothing")
    assert (first.skipped, again.skipped) == (False, True)
    other = parameters.load("hedmark", changes={"seed": 5})
    assert not runs.run("hedmark", other, resume=True, tells="nothing").skipped
    (study / "report/texts/hedmark/report.yml").write_text(
        TEXTS + "x: {text: y}\n", encoding="utf-8"
    )
    assert not runs.run("hedmark", other, resume=True, tells="nothing").skipped


def test_failing_notebook_leaves_the_earlier_result(study: Path) -> None:
    done = run()
    before = {file: file.read_bytes() for file in done.folder.rglob("*") if file.is_file()}
    write_notebook(study, ("", SETUP), ("", WORK), ("", "raise ValueError('far nok')"))
    with pytest.raises(EstimationError, match=r"notebooks/hedmark.ipynb, cell \d+: ValueError"):
        run()
    assert before == {file: file.read_bytes() for file in done.folder.rglob("*") if file.is_file()}
    assert not list((study / "report/_out/hedmark/.naveval").glob("[!.]*"))


def test_own_errors_are_shown_as_they_are(study: Path) -> None:
    raising = (
        "from naveval.project.errors import ContractError\nraise ContractError('a.csv: column x')"
    )
    write_notebook(study, ("", raising))
    with pytest.raises(EstimationError, match=r"a\.csv: column x"):
        run()


def test_killed_process_is_told(study: Path) -> None:
    write_notebook(study, ("", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"))
    with pytest.raises(EstimationError, match="its process died"):
        run()


def test_parts_are_left_out_before_execution(study: Path) -> None:
    write_notebook(
        study,
        ("", SETUP),
        ("part:one", WORK),
        ("part:two", "1 / 0"),
        ("explore", "1 / 0"),
        ("", FINISH),
    )
    done = run(parts=["one"])
    assert "1 / 0" not in (done.folder / "executed.ipynb").read_text()
    with pytest.raises(ParameterError, match=r"parts: three: not in .*; allowed: one, two"):
        run(parts=["three"])


def test_a_cell_that_needs_another_part_is_left_out_without_it(study: Path) -> None:
    write_notebook(study, ("", SETUP), ("part:one", WORK), ("part:two", "two = 2"), ("", FINISH))
    file = study / "notebooks/hedmark.ipynb"
    book = nbformat.read(file, as_version=4)
    both = nbformat.v4.new_code_cell("both = two", metadata={"tags": ["part:one", "needs:two"]})
    book.cells.insert(-1, both)
    nbformat.write(book, file)
    for parts, there in (((), True), (("one", "two"), True), (("one",), False), (("two",), False)):
        chosen = StudyParameters(parts=parts)
        found = notebook.select_parts("hedmark", chosen)["cells"]
        sources = [cell["source"] for cell in found]
        assert ("both = two" in sources) == there


def test_resume_sees_what_lies_there(study: Path) -> None:
    chosen = parameters.load("hedmark")
    folder = runs.run("hedmark", chosen, tells="nothing").folder
    for damage in (
        lambda: (folder / "estimates.csv").unlink(),
        lambda: (folder / "tables/tbl-1.csv").write_text("cut"),
        lambda: (folder / "executed.ipynb").write_bytes(b"{"),
    ):
        damage()
        assert not runs.run("hedmark", chosen, resume=True, tells="nothing").skipped
    (folder / "report.html").write_text("rendered later")
    assert runs.run("hedmark", chosen, resume=True, tells="nothing").skipped


def test_a_run_whose_texts_change_meanwhile_is_refused(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(seed=3)
    executed = notebook.execute

    def execute(*arguments: object, **options: object) -> None:
        executed(*arguments, **options)
        with (study / "report/texts/hedmark/report.yml").open("a") as stream:
            stream.write("x: {text: y}\n")

    monkeypatch.setattr(notebook, "execute", execute)
    with pytest.raises(StoreError, match="changed while the study ran; the earlier result is"):
        run(seed=4)
    assert manifest.read(done.folder)["parameters"]["seed"] == 3


def test_only_an_earlier_result_is_replaced(study: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("keep", encoding="utf-8")
    for target in (mine, mine / "letter.txt"):
        with pytest.raises(ParameterError, match="is no earlier result"):
            runs.run("hedmark", parameters.load("hedmark"), target=target, tells="nothing")
    assert (mine / "letter.txt").read_text(encoding="utf-8") == "keep"


def test_unknown_part_stops_before_registers_are_made(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "has", lambda *_: pytest.fail("looked for registers"))
    with pytest.raises(ParameterError, match="parts: three"):
        run(parts=["three"])


def _slow_run(root: str) -> None:
    os.environ["NAVEVAL_ROOT"] = root
    parameters.model = lambda _: StudyParameters  # type: ignore[assignment]
    catalogue.has = lambda *_: False  # type: ignore[assignment]
    run(seed=9)


def test_killed_run_leaves_no_half_folder(study: Path) -> None:
    done = run(seed=3)
    write_notebook(study, ("", SETUP), ("", WORK), ("", "import time\ntime.sleep(60)"))
    process = multiprocessing.get_context("fork").Process(target=_slow_run, args=(str(study),))
    process.start()
    staging = study / "report/_out/hedmark/.naveval"
    waited = time.monotonic() + 30
    while not list(staging.rglob("tbl-1.csv")) and time.monotonic() < waited:
        time.sleep(0.1)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert manifest.read(done.folder)["parameters"]["seed"] == 3
    write_notebook(study, ("", SETUP), ("", WORK), ("", FINISH))
    run(seed=4)
    assert manifest.read(done.folder)["parameters"]["seed"] == 4
    assert not list(staging.glob("[!.]*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "sed=3"], "sed: 3: unknown key; allowed: county, data"),
        (["--set", "seed=-1"], "hedmark.yml with seed=-1: 1 fault(s)"),
        (["--set", "parts=one"], "parts: 'one': expected a list, for example [a, b]"),
        (["--set", "seed=-1"], "seed: -1: Input should be greater than or equal to 0"),
        (["--set", "seed"], "expected key=value"),
        (["--params", "nowhere.yml"], "nowhere.yml: no such file"),
        (["--set", "county=99"], "99"),
    ],
)
def test_command_line_names_file_key_value_and_writes_nothing(
    study: Path, arguments: list[str], message: str
) -> None:
    result = CliRunner().invoke(cli.main, ["run", "hedmark", "--quiet", *arguments])
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert not (study / "report/_out/hedmark").exists()


def test_registers_without_a_secret_are_refused_before_a_cell_is_run(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NAVEVAL_KEY_SECRET", raising=False)
    monkeypatch.delenv("NAVEVAL_KEY_FILE", raising=False)
    result = CliRunner().invoke(cli.main, ["run", "hedmark", "-q", "--data", str(tmp_path)])
    assert (result.exit_code, "need a secret" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "below {out}: No space left on device"),
        (OSError("Error writing bytes. [errno 28] No space left"), "below {out}: Error writing"),
        (OSError(errno.EROFS, "Read-only file system", "x/y"), "x/y: Read-only file system"),
        (PermissionError(errno.EACCES, "Permission denied", "x/y"), "x/y: may not be written"),
    ],
)
def test_full_and_read_only_disks_are_told_with_their_place(
    error: OSError, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path))
    monkeypatch.setattr(runs, "run", fail)
    result = CliRunner().invoke(cli.main, ["run", "hedmark"])
    assert result.exit_code == 1
    assert told.format(out=tmp_path) in result.output
    assert "Traceback" not in result.output


def test_codes_given_on_the_command_line_stay_text() -> None:
    assert parameters.parse_setting("county=03") == ("county", "03")
    assert parameters.parse_setting("seed=3") == ("seed", 3)
    assert parameters.parse_setting("parts=[a, b]") == ("parts", ["a", "b"])


def test_every_command_explains_itself() -> None:
    for name in cli.main.commands:
        result = CliRunner().invoke(cli.main, [name, "--help"])
        assert result.exit_code == 0
        assert len(result.output.splitlines()) > 4


def test_yaml_key_given_twice_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "twice.yml"
    file.write_text("seed: 1\nseed: 2\n", encoding="utf-8")
    with pytest.raises(
        ParameterError, match=r"twice\.yml: not readable as YAML[\s\S]*key «seed» is given twice"
    ):
        parameters.read_yaml(file)


def test_a_folder_that_is_not_there_is_told_before_a_secret(monkeypatch) -> None:
    for name in (keys.SECRET, keys.SECRET_FILE):
        monkeypatch.delenv(name, raising=False)
    chosen = parameters.load("hedmark", changes={"data": "nofolder"})
    with pytest.raises(ContractError, match="nofolder: no such folder with register extracts"):
        runs.prepare("hedmark", chosen)
