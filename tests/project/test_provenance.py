"""Code is followed through every form of import; files and libraries follow from it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from naveval.project import catalogue, provenance, store


def test_closure_follows_imports_and_packages() -> None:
    found = provenance.closure(["registers.reading"])
    assert {"naveval.registers.sources", "naveval.project.errors", "naveval.registers"} <= found
    assert provenance.code_hash(["registers.reading"]) != provenance.code_hash(["project.places"])
    with pytest.raises(ModuleNotFoundError, match=r"naveval\.nothing is no module"):
        provenance.code_hash(["nothing"])


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("from naveval.exhibits import appendix, output", {"exhibits.appendix", "exhibits.output"}),
        ("from naveval.exhibits.output import finish", {"exhibits.output"}),
        ("import naveval.project.paths", {"project.paths"}),
        ("import naveval.project.paths as p", {"project.paths"}),
        ("import naveval as nv\nnv.estimators.did.fit(x)", {"estimators.did"}),
        ("import naveval\nnaveval.estimators.did.fit(x)", {"estimators.did"}),
        ("import naveval as nv\nnv.project.paths.a, nv.registers", {"project.paths", "registers"}),
    ],
)
def test_modules_that_a_notebook_names(source: str, named: set[str]) -> None:
    assert provenance.named_in(source) - {"naveval"} == {f"naveval.{name}" for name in named}


@pytest.mark.parametrize(
    "source",
    [
        "import naveval as nv\nnv.open('hedmark'), nv.check",
        "import naveval as other\nstudy = other.open\nother.check()",
        "from naveval import check, open",
    ],
)
def test_public_names_lead_to_the_modules_behind_them(source: str) -> None:
    behind = {"naveval.exhibits.opening", "naveval.registers.contracts"}
    assert provenance.named_in(source) - {"naveval"} == behind


def test_the_package_passed_on_is_all_of_it() -> None:
    found = provenance.named_in("import naveval as nv\nanything(nv)")
    assert {"naveval.cli", "naveval.estimators.did"} <= found


def test_files_that_modules_read() -> None:
    assert set(provenance.file_hashes(["project.places"])) == {"counties.yml"}
    read = provenance.file_hashes(["disclosure.thresholds"])
    assert "disclosure.yml" in read
    assert "costs.yml" not in read
    own = provenance.file_hashes(["studies.hedmark.published"])
    assert any(name.startswith("published/hedmark/") for name in own)
    assert not any(name.startswith("published/programs/") for name in own)


OPENED = """
import json, sys
from pathlib import Path
from naveval.project import catalogue, paths, provenance
root, opened = str(paths.params_dir()), set()
def seen(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, Path)):
        opened.add(str(arguments[0]))
sys.addaudithook(seen)
simulate = catalogue.module(sys.argv[1], "simulate").simulate
simulate(Path(sys.argv[2]), scale=0.01, seed=1)
read = {str(Path(name).relative_to(root)) for name in opened if name.startswith(root)}
print(json.dumps([sorted(read), sorted(provenance.file_hashes([simulate.__module__]))]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("study", catalogue.names())
def test_every_file_a_simulation_opens_is_known(study: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPENED, study, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    opened, known = map(set, json.loads(done.stdout))
    assert opened
    assert opened <= known


def test_libraries_are_those_the_code_uses_and_what_they_need() -> None:
    forests = provenance.libraries(["estimators.forests"])
    assert {"scikit-learn", "numpy", "scipy", "joblib"} <= set(forests)
    assert "duckdb" not in forests
    assert {"duckdb", "pandas", "pyarrow"} <= set(provenance.libraries(["registers.reading"]))


EDITED = """
import sys
from naveval.project import places, provenance, store
def told():
    return provenance.edited(["project.places"]), provenance.edited(["project.formats"])
assert told() == ([], [])
with open(places.__file__, "a") as stream:
    stream.write("# changed")
assert told() == (["naveval.project.places"], [])
calls = []
for _ in range(2):
    store.cached("a", lambda: calls.append(1), key={}, code=["project.places"])
assert len(calls) == 2
"""


def test_what_code_computes_that_was_edited_meanwhile_is_not_kept(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(provenance.ROOT, tmp_path / "naveval", ignore=ignored)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NAVEVAL_OUT": str(tmp_path / "out")}
    command = [sys.executable, "-c", EDITED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "changed after this process loaded it" in done.stderr
    assert not list(tmp_path.rglob("*.kept"))


def test_a_file_is_hashed_as_it_is_now_and_one_that_is_gone_has_none(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("one")
    first = provenance.hashes([file, tmp_path / "gone", file / "inside"], tmp_path)
    assert first == {"a.txt": provenance.file_hash(file), "a.txt/inside": "", "gone": ""}
    (tmp_path / "_kept").mkdir()
    (tmp_path / "_kept" / "b.txt").write_text("b")
    assert store.hashes(tmp_path) == {"a.txt": first["a.txt"]}
    file.write_text("two")
    assert provenance.file_hash(file) not in ("", first["a.txt"])
