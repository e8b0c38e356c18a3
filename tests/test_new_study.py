"""A study is one folder, one notebook, one file of parameters and one folder of texts.

The sample `tests/samples/toy` holds these four and nothing else. Laid over a copy of the project
it runs to a report and stands on the site, without a change in any file that was there.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).parent.parent
TOY = ROOT / "tests" / "samples" / "toy"
PARTS = ("lib/naveval", "params", "notebooks", "report")
LEFT_OUT = shutil.ignore_patterns("_out", "__pycache__")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    for part in PARTS:
        shutil.copytree(ROOT / part, root / part, ignore=LEFT_OUT)
    for file in sorted(path for path in TOY.rglob("*") if path.is_file()):
        target = root / file.relative_to(TOY)
        if "__pycache__" in file.parts:
            continue
        assert not target.exists(), f"{target}: a new study must not touch another file"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    return root


def naveval(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = {"PYTHONPATH": str(project / "lib"), "NAVEVAL_ROOT": str(project)}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NAVEVAL")}
    return subprocess.run(
        [sys.executable, "-m", "naveval", *arguments],
        cwd=project,
        env=kept | settings,
        capture_output=True,
        text=True,
        timeout=600,
    )


def succeed(project: Path, *arguments: str) -> str:
    done = naveval(project, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def result(project: Path) -> Path:
    """The toy's report for one county, in HTML, run and rendered by a batch."""
    options = ("--counties", "03", "--jobs", "1", "--to", "html", "--engine", "builtin")
    told = succeed(project, "batch", "letters", "--quiet", *options)
    assert "1 ok" in told
    return project / "report/_out/letters/03-oslo"


def test_a_new_study_runs_to_a_report(project: Path, result: Path) -> None:
    page = BeautifulSoup((result / "report.html").read_text(encoding="utf-8"), "html.parser")
    assert page.select_one("h1").text == "Brev til arbeidssøkere"
    assert "I Oslo økte brevet andelen i arbeid med" in page.text
    assert page.select_one("#tbl-1")
    made = json.loads((result / "manifest.json").read_text(encoding="utf-8"))
    assert made["parameters"]["effect"] == 0.1
    assert set(made["data"]) == {"letters"}
    assert list(result.glob("letters-03-oslo-simulert.xlsx"))


def test_a_new_study_is_checked_and_current(project: Path, result: Path) -> None:
    assert "letters: parameters are as they should be" in succeed(project, "check", "letters")
    again = ("run", "letters", "--quiet", "--resume", "--set", "county=03")
    again = (*again, "--out", str(project / "letters"))
    module = project / "lib/naveval/studies/letters/estimate.py"
    before = module.read_text(encoding="utf-8")
    assert "current" not in succeed(project, *again)
    assert "current, not run again" in succeed(project, *again)
    module.write_text(before + "\n# changed\n", encoding="utf-8")
    assert "current" not in succeed(project, *again)
    module.write_text(before, encoding="utf-8")


def test_a_new_study_refuses_bad_registers_and_parameters(project: Path, tmp_path: Path) -> None:
    made = succeed(project, "data", "letters", "--scale", "0.01", "--out", str(tmp_path)).strip()
    assert json.loads((Path(made) / "truth.json").read_text()) == {"effect": 0.1}
    (Path(made) / "letters.parquet").write_bytes(b"nothing")
    done = naveval(project, "check", "letters", "--data", made)
    assert done.returncode == 1
    assert "letters.parquet" in done.stdout
    done = naveval(project, "run", "letters", "--set", "effect=2")
    assert done.returncode == 2
    assert "effect: 2" in done.stderr


def test_a_new_study_stands_on_the_site(project: Path, result: Path) -> None:
    succeed(project, "site", "--engine", "builtin")
    site = project / "report/_out/site"
    front = BeautifulSoup((site / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert front.select_one('.page-head nav a[href="letters.html"]').text == "Brev"
    assert "I Oslo økte brevet andelen i arbeid" in front.select_one(".cards").text
    page = (site / "letters.html").read_text(encoding="utf-8")
    assert "Kom flere i arbeid da de fikk brev?" in page
    assert (site / "letters/03-oslo/report.html").exists()
    assert "letters/03-oslo/report.html" in (site / "fylke-03-oslo.html").read_text("utf-8")
    assert "bruker loddtrekning" in (site / "metode.html").read_text("utf-8")
    told = naveval(project, "audit", str(site), "--only", "links", "--only", "numbers")
    assert told.returncode == 0, told.stdout
