"""What a run was made of: parameters, data, code, versions, times."""

import hashlib
import json
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from naveval.disclosure import counts, editions
from naveval.exhibits import printed, words
from naveval.exhibits.output import Output
from naveval.project import catalogue, folders, notebooks, paths, provenance, store
from naveval.project.parameters import StudyParameters
from naveval.registers import extracts, reading
from naveval.registers.contracts import Warned

FILE = "manifest.json"
PACKAGES = (
    "naveval",
    "pandas",
    "numpy",
    "scipy",
    "statsmodels",
    "linearmodels",
    "scikit-learn",
    "tabmat",
    "duckdb",
    "pandera",
    "pydantic",
    "ipython",
    "matplotlib",
    "seaborn",
    "pypandoc_binary",
    "typst",
)


def now() -> str:
    """The time in UTC to the second, so that clocks in other zones agree."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that carry the numbers and the report."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def git_commit() -> str:
    """Commit of the project, with «+changes» when the tree differs; "" outside git."""
    try:
        root = paths.project_root()
        commit = _git(root, "rev-parse", "HEAD")
        return commit + ("+changes" if _git(root, "status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=True
    ).stdout.strip()


def code_hash(study: str) -> str:
    """Hash of everything of the project that decides a study's numbers and wording.

    The notebook and the modules it imports, however deep, the study's own entry points, the
    files below `params/` that those read, its published tables and its texts.
    """
    files = [paths.notebook(study)]
    files += words.files(study)
    files += paths.published_dir(study).glob("*.csv")
    modules = start_modules(study)
    read = provenance.file_hashes(modules)
    digest = hashlib.sha256(provenance.code_hash(modules).encode())
    digest.update(json.dumps(read, sort_keys=True).encode())
    if printed.file_of(study).exists():
        digest.update(printed.file_of(study).read_bytes())
    for file in sorted(set(files)):
        digest.update(file.relative_to(paths.project_root()).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def start_modules(study: str) -> set[str]:
    """Modules a run starts from: the study, those it declares, and those the notebook names."""
    cells = notebooks.read(paths.notebook(study))["cells"]
    source = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "code")
    own = {f"{catalogue.PACKAGE}.{study}", *catalogue.modules(study)}
    return provenance.named_in(source) | own


def data_fingerprint(study: str, parameters: StudyParameters) -> dict[str, Any]:
    """Hash and rows per register table, to the nearest ten; empty for a run that reads none.

    In full, two editions would tell how many persons came between them.
    """
    if not catalogue.has(study, "contracts") or not parameters.reads_registers():
        return {}
    tables = catalogue.module(study, "contracts").TABLES
    found = reading.fingerprint(extracts.folder(study, parameters), tuple(tables))
    return {name: {**one, "rows": counts.about(one["rows"])} for name, one in found.items()}


def input_fingerprint(parameters: StudyParameters) -> dict[str, str]:
    """Hash of each file that the parameters name."""
    return {str(file): provenance.file_hash(file) for file in parameters.input_files()}


def describe(study: str, parameters: StudyParameters, data: dict[str, Any]) -> dict[str, Any]:
    """The part of the manifest that decides whether a finished run is current."""
    return {
        "study": study,
        "parameters": parameters.model_dump(mode="json")
        | {"data": folders.name_of(parameters.data)},
        "seed": parameters.seed,
        "data": data,
        "inputs": input_fingerprint(parameters),
        "code": code_hash(study),
        "versions": versions() | provenance.libraries(start_modules(study)),
        "environment": provenance.environment(),
        **({"edition": edition} if (edition := editions.named()) else {}),
    }


def report_metadata(
    output: Output, warned: Sequence[Warned] = (), *, mixed: bool = False, scale: float = 1.0
) -> dict[str, str]:
    """Title, place and notices that rendering puts around the notebook's content.

    Warnings about the registers follow the notice of where the numbers come from.

    Parameters
    ----------
    mixed
        Whether some results of simulated registers rest on published numbers alone.
    scale
        Size of simulated registers, which decides how many persons the report counts.
    """
    values: dict[str, Any] = {"place": output.place, "scale": scale}
    report = words.entry(output.texts, "report")
    banners, origin = output.texts["banners"], output.origin
    notices = [banners["mixed" if mixed and origin == "simulated" else origin]]
    if origin == "simulated" and scale != 1:
        notices.append(banners["scale"])
    return {
        "title": words.fill(report["title"], values, "report.title"),
        "subtitle": words.fill(report.get("subtitle", "{place}"), values, "report.subtitle"),
        "place": output.place.name,
        "origin": output.origin,
        "banner": " ".join(
            [
                *(words.fill(notice, values, "banners") for notice in notices),
                *(
                    words.fill(
                        output.texts["data-warning" if item.where else "data-doubt"],
                        {"table": item.table, "where": item.where},
                        "data-warning",
                    )
                    for item in warned
                ),
            ]
        ),
        "date": now()[:10],
    }


def write(folder: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    store.write_text(folder / FILE, text + "\n")


def read(folder: Path) -> dict[str, Any]:
    """The manifest of a result folder; empty when there is none, or what lies there is none."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    parts = ("files", "parameters", "report", "rendered")
    whole = isinstance(found, dict) and all(isinstance(found.get(p, {}), dict) for p in parts)
    return found if whole else {}


def files_of(folder: Path) -> dict[str, str]:
    """Hash of every file of a result folder but the manifest, which records them."""
    files = (file for file in folder.rglob("*") if file.is_file() and file != folder / FILE)
    return provenance.hashes(files, folder)


def is_current(folder: Path, described: dict[str, Any]) -> bool:
    """Whether a finished folder was made from the same parameters, data, code and versions.

    What lies there counts too: a file that is missing or has changed since makes it outdated.
    """
    found = read(folder)
    return (
        bool(found.get("complete"))
        and all(
            found.get(key) == json.loads(json.dumps(value, default=str))
            for key, value in described.items()
        )
        and not faults(folder, found)
    )


def faults(folder: Path, content: dict[str, Any]) -> list[str]:
    """Files of a run, as its manifest records them, that are missing or have changed since."""
    there = files_of(folder)
    return [name for name, value in content.get("files", {}).items() if there.get(name) != value]
