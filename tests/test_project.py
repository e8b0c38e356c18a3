"""Rules of the project as a whole: layout, packages, stages, notebooks, texts."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
import yaml

from naveval.exhibits import words
from naveval.project import catalogue, parameters, paths

ROOT = Path(__file__).parent.parent
LIBRARY = ROOT / "lib" / "naveval"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
IN_PIP_SECTION = {"font-source-sans-pro", "pypandoc_binary", "typst"}

MAY_SKIP = re.compile(r"importor[s]kip|[s]kipif|pytest[.][s]kip\b")

FOLDERS = sorted({file.parent for file in LIBRARY.rglob("*.py")})


def test_imports_point_one_way_and_studies_stay_apart() -> None:
    told = subprocess.run(
        ["lint-imports", str(ROOT / "lib/pyproject.toml"), "--no-cache"],
        cwd=ROOT / "lib",
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
    )
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(LIBRARY)))
def test_a_folder_can_be_read_at_a_glance(folder: Path) -> None:
    entries = [item for item in folder.iterdir() if item.suffix == ".py" or item in FOLDERS]
    assert len(entries) <= 20
    for file in folder.glob("*.py"):
        assert file.read_text(encoding="utf-8").count("\n") <= 450, file


FOREIGN = {"_hyperlinks", "_add_object", "_asdict", "_exit", "_r2", "_repr_mimebundle_"}
"""Names with an underscore that other packages have made public."""


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in FOREIGN


def borrowed(source: str) -> list[str]:
    """Private names that a module imports, reaches through another object, or replaces there."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    mine = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    reached = [node for node in nodes if isinstance(node, ast.Attribute) and private(node.attr)]
    own = [node for node in reached if ast.unparse(node.value) in ("self", "cls")]
    mine |= {node.attr for node in own}
    found = [ast.unparse(node) for node in reached if node.attr not in mine]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("naveval"):
            found += [f"{node.module}.{item.name}" for item in node.names if private(item.name)]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "setattr":
            name = ast.unparse(node.args[1]).strip("'")
            found += [name] * (private(name) and name not in mine)
    return found


@pytest.mark.parametrize("part", ["lib/naveval", "tests"])
def test_a_private_name_is_used_in_its_own_module_only(part: str) -> None:
    found = {
        str(file.relative_to(ROOT)): names
        for file in sorted((ROOT / part).rglob("*.py"))
        if (names := borrowed(file.read_text(encoding="utf-8")))
    }
    assert not found, found


@pytest.mark.parametrize(
    "source",
    [
        "from naveval.exhibits.figures import _county",
        "from naveval.exhibits import figures\nfigures._county(1)",
        "monkeypatch.setattr(figures, '_county', None)",
        "again._kept = packs.kept",
    ],
)
def test_a_borrowed_private_name_is_found(source: str) -> None:
    assert borrowed(source)
    assert not borrowed("class A:\n    def f(self, other): return self._a + other._a")


def test_the_formatter_decides_layout() -> None:
    mark = "# fmt" + ": "
    for part in ("lib/naveval", "tests"):
        for file in (ROOT / part).rglob("*.py"):
            assert mark not in file.read_text(encoding="utf-8"), file


def test_environment_and_package_name_the_same_packages_and_bounds() -> None:
    project = tomllib.loads((ROOT / "lib/pyproject.toml").read_text())["project"]
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = next(item["pip"] for item in conda if isinstance(item, dict))
    plain = {item for item in conda if isinstance(item, str)}
    required = set(project["dependencies"])
    from_pip = {item for item in required if re.split("[><=]", item)[0] in IN_PIP_SECTION}
    assert set(pip) == from_pip | {"--editable ./lib"}
    assert plain - {"pip"} == (required - from_pip) | {
        f"python{project['requires-python']}",
        "quarto>=1.9",
    }


def test_lock_names_every_required_package() -> None:
    project = tomllib.loads((ROOT / "lib/pyproject.toml").read_text())["project"]
    locked = {
        re.split("[=; ]", line)[0].lower().replace("_", "-")
        for line in (ROOT / "lib/requirements.lock").read_text().splitlines()
    }
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(item for extra in extras for item in extra)]
    names = {re.split("[><=[]", item)[0].lower().replace("_", "-") for item in wanted}
    assert names - {"naveval"} <= locked


def test_peer_packages_are_required_and_only_missing_programs_skip_a_test() -> None:
    """A test that needs a package fails without it; `conftest.PROGRAMS` lists the programs."""
    extras = tomllib.loads((ROOT / "lib/pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for requirement in (item for extra in extras.values() for item in extra):
        metadata.version(re.split(r"[><=\[]", requirement)[0])
    for file in (ROOT / "tests").rglob("*.py"):
        skips = MAY_SKIP.findall(file.read_text(encoding="utf-8"))
        assert len(skips) == (file == ROOT / "tests/conftest.py"), file


def test_top_level_is_the_agreed_one() -> None:
    allowed = {
        "README.md",
        "environment.yml",
        "notebooks",
        "params",
        "report",
        "lib",
        "tests",
        "Makefile",
        "CHANGELOG.md",
        "CITATION.cff",
        "LICENSE",
    }
    found = {item.name for item in ROOT.iterdir() if not item.name.startswith(".")}
    assert found <= allowed, sorted(found - allowed)


def code_cells(file: Path) -> list[str]:
    book = nbformat.read(file, as_version=4)
    return [cell.source for cell in book.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_is_stripped_and_only_orchestrates(file: Path) -> None:
    book = nbformat.read(file, as_version=4)
    nbformat.validate(book)
    assert not any(cell.get("outputs") for cell in book.cells)
    forbidden = (
        ast.FunctionDef,
        ast.ClassDef,
        ast.For,
        ast.While,
        ast.If,
        ast.Lambda,
        ast.ListComp,
        ast.DictComp,
        ast.SetComp,
        ast.GeneratorExp,
        ast.Try,
        ast.With,
    )
    for source in code_cells(file):
        found = [type(n).__name__ for n in ast.walk(ast.parse(source)) if isinstance(n, forbidden)]
        assert not found, f"{file.name}: {found} in:\n{source}"


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_cell_is_one_call(file: Path) -> None:
    book = nbformat.read(file, as_version=4)
    for cell in book.cells:
        if cell.cell_type != "code" or "parameters" in cell.metadata.get("tags", []):
            continue
        body = ast.parse(cell.source).body
        if all(isinstance(node, ast.Import | ast.ImportFrom) for node in body):
            continue
        assert len(body) == 1, f"{file.name}: more than one statement:\n{cell.source}"
        assert isinstance(body[0], ast.Expr | ast.Assign), cell.source
        value = body[0].value
        part = isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name)
        assert isinstance(value, ast.Call) or part, f"{file.name}: not a call:\n{cell.source}"
        called = {node.id for node in ast.walk(body[0]) if isinstance(node, ast.Name)}
        assert not called & {"vars", "globals", "locals"}, cell.source


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_opens_its_study_in_one_call(file: Path) -> None:
    cells = code_cells(file)
    assert f'study = nv.open("{file.stem}")' in cells[2]
    assert "Parameters" not in "".join(cells)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_no_number_is_typed_into_prose(file: Path) -> None:
    book = nbformat.read(file, as_version=4)
    for cell in book.cells:
        if cell.cell_type != "markdown":
            continue
        prose = re.sub(r"[@#]?\b(tbl|fig|sec)-[\w-]+|\{[^}]*\}|`[^`]*`", "", cell.source)
        prose = re.sub(r"\b(19|20)\d\d\b", "", prose)
        assert not re.search(r"\d", prose), f"{file.name}: a number in prose:\n{cell.source}"


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_parameters_cell_lists_the_model_with_its_defaults(file: Path) -> None:
    book = nbformat.read(file, as_version=4)
    cells = [c for c in book.cells if "parameters" in c.metadata.get("tags", [])]
    assert len(cells) == 1
    given = {
        node.targets[0].id: ast.literal_eval(node.value)  # type: ignore[attr-defined]
        for node in ast.parse(cells[0].source).body
        if isinstance(node, ast.Assign)
    }
    model = parameters.model(file.stem)
    assert set(given) == set(model.model_fields)
    assert model.model_validate(given) == model()


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_yaml_defaults_are_the_model_defaults(file: Path) -> None:
    given = yaml.safe_load((ROOT / "params" / f"{file.stem}.yml").read_text(encoding="utf-8"))
    assert parameters.load(file.stem) == parameters.model(file.stem)()
    assert set(given) <= set(parameters.model(file.stem).model_fields)


def test_project_stands_alone_and_names_no_machine() -> None:
    pattern = re.compile(r"(?<![\w.])/(home|root|work|Users)/\w|\.\./shared")
    for file in ROOT.rglob("*"):
        if file.suffix not in {".py", ".md", ".yml", ".toml", ".lua", ".typ", ".ipynb", ".scss"}:
            continue
        parts = file.relative_to(ROOT).parts
        if parts[0].startswith(".") or "_out" in parts or file == Path(__file__):
            continue
        assert not pattern.search(file.read_text(encoding="utf-8")), file


def test_executed_notebooks_are_not_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "report/_out/" in ignored


def test_root_is_found_from_the_library() -> None:
    assert (paths.project_root() / "lib" / "naveval").is_dir()
    assert json.loads(json.dumps(list(catalogue.names())))


@pytest.mark.parametrize("study", catalogue.names())
def test_every_parameter_has_a_meaning_in_the_report(study: str) -> None:
    meanings = words.load(study)["parameters"]
    assert set(meanings) == set(parameters.model(study).model_fields)


@pytest.mark.parametrize("study", catalogue.names())
def test_front_page_names_sentences_that_exist(study: str) -> None:
    listed = words.load(study)
    for wanted in listed[words.HEADLINES]:
        found = words.entry(listed, wanted["text"])
        found = found if isinstance(found, dict) else {"text": found}
        options = found.get("choose", {"text": found})
        assert set(wanted.get("published", ())) <= set(options)
        for template in options.values():
            assert str(template).strip()
    assert listed[words.HEADLINES]
