"""Rules of the project as a whole: layout, packages, stages, notebooks, texts."""

import ast
import json
import re
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

from naveval import parameters, paths, studies, texts

ROOT = Path(__file__).parent.parent
LIBRARY = ROOT / "lib" / "naveval"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
IN_PIP_SECTION = {"pypandoc_binary", "typst"}

# The stages of the one-way flow; a module imports from its own and earlier stages only.
STAGES = (
    ("errors", "paths", "formats", "provenance"),
    (
        "studies",
        "parameters",
        "counties",
        "hedmark_windows",
        "*_parameters",
        "costs_checks",
        "costs_inputs",
        "costs_effects",
        "basic_amount",
        "programs_codes",
        "iso_weeks",
        "followup_published",
        "months",
        "variables",
        "indicator_characteristics",
        "indicator_published",
    ),
    ("registers", "sources", "connections", "views", "contracts", "contract_*", "*_contracts"),
    ("*_simulation*", "extracts", "cache"),
    (
        "*_panel*",
        "*_spells*",
        "*_sample*",
        "indicator_hours",
        "indicator_market",
        "indicator_extracts",
    ),
    (
        "did",
        "event_study",
        "one_treated*",
        "synthetic_control",
        "sensitivity",
        "detectable",
        "multiple_testing",
        "costs*",
        "categorical*",
        "shrinkage",
        "multiplier",
        "seasonal",
        "forests*",
        "crossfit",
        "scores",
        "overlap",
        "confounding",
        "policy_tree",
        "*_estimates*",
    ),
    ("estimates", "disclosure*", "disclosure_estimates", "followup_rows", "followup_protection"),
    ("texts", "output"),
    ("tables", "figures", "explore"),
    ("manifest", "downloads"),
    (
        "appendix",
        "indicator_texts",
        "indicator_drawing",
        "*_tables*",
        "*_figures*",
        "*_explore",
        "programs_cost_*",
        "followup_story",
    ),
    ("runs", "batch", "batch_*"),
    (
        "notebook_markdown",
        "builtin",
        "quarto",
        "render",
        "site*",
        "audit*",
        "faults",
        "browser",
        "publish",
        "accessibility",
        "document",
        "report_contents",
    ),
    ("cli",),
)
"""Modules whose names match no pattern belong to the estimators' stage."""
ESTIMATORS = 5


def stage_of(module: str) -> int:
    for number, patterns in enumerate(STAGES):
        if module in patterns:
            return number
    for number, patterns in enumerate(STAGES):
        if any("*" in pattern and Path(module).match(pattern) for pattern in patterns):
            return number
    return ESTIMATORS


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "naveval":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("naveval."):
            names.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            names |= {a.name.split(".")[1] for a in node.names if a.name.startswith("naveval.")}
    return names


@pytest.mark.parametrize("file", sorted(LIBRARY.glob("*.py")), ids=lambda file: file.stem)
def test_imports_point_one_way(file: Path) -> None:
    own = stage_of(file.stem)
    later = {name for name in imported(file) if stage_of(name) > own}
    assert not later, f"{file.stem} (stage {own}) imports from later stages: {sorted(later)}"


@pytest.mark.parametrize("file", sorted(LIBRARY.glob("*.py")), ids=lambda file: file.stem)
def test_modules_are_small_and_studies_stay_apart(file: Path) -> None:
    assert file.read_text(encoding="utf-8").count("\n") <= 450
    other = [f"{study}_" for study in studies.STUDIES if not file.stem.startswith(study)]
    if any(file.stem.startswith(f"{study}_") for study in studies.STUDIES):
        mixed = {name for name in imported(file) if name.startswith(tuple(other))}
        assert not mixed, f"{file.stem} imports from another study: {sorted(mixed)}"


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
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split("[><=]", item)[0].lower().replace("_", "-") for item in wanted}
    assert names <= locked


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
        assert isinstance(body[0].value, ast.Call), f"{file.name}: not a call:\n{cell.source}"


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
    assert json.loads(json.dumps(list(studies.STUDIES)))


@pytest.mark.parametrize("study", studies.STUDIES)
def test_every_parameter_has_a_meaning_in_the_report(study: str) -> None:
    meanings = texts.load(study)["parameters"]
    assert set(meanings) == set(parameters.model(study).model_fields)


@pytest.mark.parametrize("study", studies.STUDIES)
def test_front_page_names_sentences_that_exist(study: str) -> None:
    listed = texts.load(study)
    for wanted in listed[texts.HEADLINES]:
        found = texts.entry(listed, wanted["text"])
        options = found.get("choose", {}) if isinstance(found, dict) else {}
        assert set(wanted.get("published", ())) <= set(options)
        for template in [options[choice] for choice in options] or [found]:
            assert str(template).strip()
    assert listed[texts.HEADLINES]
