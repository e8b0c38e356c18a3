"""Reports from Quarto, when it is on the PATH: same notebook, templates and style sheet.

Quarto formats; it never executes. It works in a temporary copy of its project.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from naveval.project import fonts, notebooks
from naveval.project.errors import RenderError
from naveval.publishing import document, markdown

Job = tuple[markdown.Part, str, dict[str, object]]
"""A part, the kind of file it becomes, and the variables of its template."""

PROGRAM = "quarto"
MINIMUM = (1, 9)  # the first with Typst 0.14, which has titles and PDF/UA-1
PROJECT_FILE = "_quarto.yml"
PROJECT_PARTS = ("theme", "filters", "references.bib")
TROUBLE = re.compile(
    r"unable to resolve|unresolved|could not (?:fetch|find)|missing (?:image|resource)|"
    r"citation .* not found|\[WARNING\]|^WARN",
    re.IGNORECASE,
)
HARMLESS = re.compile(r"verapdf is not installed", re.IGNORECASE)
COLOR = re.compile(r"\x1b\[[0-9;]*m")
# Quarto repeats the alternative text on the div around the figure, where HTML has none.
FIGURE_ALT = re.compile(r'(<div id="fig-[^>]*?) alt="[^"]*"')
TIMEOUT_SECONDS = 600
FLOATS = {"fig": "Figur", "tbl": "Tabell"}
WRITES = {"html": "html", "pdf": "typst"}
# Quarto sets a space between a float's name, where the annex's prefix is, and its number.
PREFIXED = re.compile(r"((?:Figur|Tabell)(?:&nbsp;|[ \u00a0]))V(?:&nbsp;|[ \u00a0])(?=\d)")


def found() -> bool:
    """Whether a Quarto that can render the reports is on the PATH."""
    return not missing()


def missing() -> str:
    """Why Quarto cannot be used; "" when it can."""
    place = shutil.which(PROGRAM)
    if place is None:
        return "Quarto is not on the PATH"
    version = _version(place)
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers < MINIMUM:
        least = ".".join(map(str, MINIMUM))
        return f"Quarto {version or '(no version)'} is too old, {least} or newer is needed"
    return ""


@lru_cache(maxsize=4)
def _version(place: str) -> str:
    done = subprocess.run([place, "--version"], capture_output=True, text=True)
    return done.stdout.strip()


def describe() -> str:
    """Name of the engine with its version."""
    return f"Quarto {_version(str(shutil.which(PROGRAM)))}"


def project(
    work: Path, report: Path, files: Sequence[str], formats: Sequence[str], output: str = ""
) -> None:
    """Lay a copy of the reports' Quarto project into a folder, for these files and formats.

    Parameters
    ----------
    report
        The project's `report/` folder, with theme and filters.
    output
        Folder below `work` that results go to; "" is beside each file.
    """
    for part in PROJECT_PARTS:
        source = report / part
        if source.is_dir():
            shutil.copytree(source, work / part, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copy2(source, work / part)
    content = yaml.safe_load((report / PROJECT_FILE).read_text(encoding="utf-8"))
    content["project"] = {"type": "default", "render": [*files]}
    content["project"] |= {"output-dir": output} if output else {}
    content["format"] = {name: content["format"][name] for name in formats}
    if "typst" in formats:
        (work / "theme" / "fonts").mkdir()
        for file in fonts.files().values():
            shutil.copyfile(file, work / "theme" / "fonts" / file.name)
        (work / "theme" / "fonts.css").write_text(fonts.css(), encoding="utf-8")
        content["format"]["typst"]["font-paths"] = ["theme/fonts"]
        content["format"]["html"]["css"] = ["theme/fonts.css", "theme/report.css"]
    text = yaml.safe_dump(content, allow_unicode=True)
    (work / PROJECT_FILE).write_text(text, encoding="utf-8")


def run(work: Path) -> str:
    """Render everything in a project; what Quarto said.

    Raises
    ------
    RenderError
        When Quarto fails, or warns of something unresolved.
    """
    try:
        done = subprocess.run(
            [PROGRAM, "render", "--no-execute"],
            cwd=work,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise RenderError(f"quarto: no result after {TIMEOUT_SECONDS} s") from None
    log = COLOR.sub("", done.stdout + done.stderr)
    document.require_room(log, PROGRAM, work)
    trouble = [
        line.strip()
        for line in log.splitlines()
        if TROUBLE.search(line) and not HARMLESS.search(line)
    ]
    if done.returncode or trouble:
        raise RenderError("quarto: " + ("; ".join(trouble) or log.strip()[-800:]))
    return log


def render(jobs: Sequence[Job], work: Path, report: Path) -> list[Path]:
    """Render parts of a report in one call of Quarto, most of whose time is its own start.

    Parameters
    ----------
    jobs
        Part, kind ("html", or "pdf", made with Typst) and variables of the template of each.
    work
        Folder with the pictures below it; the project and the results go here.
    report
        The project's `report/` folder.

    Raises
    ------
    RenderError
        When Quarto fails, warns of something unresolved, or leaves something out.
    """
    names = [f"{part.name}-{kind}" for part, kind, _ in jobs]
    project(work, report, [f"{name}.ipynb" for name in names], ("html", "typst"))
    for name, (part, kind, metadata) in zip(names, jobs, strict=True):
        notebooks.write(_headed(part.book, kind, metadata), work / f"{name}.ipynb")
    log = run(work)
    made = [work / f"{name}.{kind}" for name, (_, kind, _) in zip(names, jobs, strict=True)]
    if lacking := [file.name for file in made if not file.is_file()]:
        raise RenderError(f"quarto: made no {', '.join(lacking)}: {log.strip()[-800:]}")
    for file in made:
        if file.suffix == ".html":
            page = FIGURE_ALT.sub(r"\1", file.read_text(encoding="utf-8"))
            file.write_text(PREFIXED.sub(r"\1V", page), encoding="utf-8")
    return made


def _headed(book: dict[str, Any], kind: str, metadata: Mapping[str, object]) -> dict[str, Any]:
    """The quiet notebook with title, notices and format in its first cell, as a YAML header."""
    header: dict[str, object] = {**metadata, "format": WRITES[kind]}
    if kind == "html" and (prefix := metadata.get("number-prefix")):
        named = {f"{key}-title": f"{name}\u00a0{prefix}" for key, name in FLOATS.items()}
        header["crossref"] = named | {
            f"{key}-prefix": f"{name}\u00a0{prefix}" for key, name in FLOATS.items()
        }
    text = "---\n" + json.dumps(header, ensure_ascii=False, indent=1) + "\n---"
    book["cells"].insert(0, notebooks.text_cell("raw", text, "header"))
    book["metadata"]["kernelspec"] = {"name": "python3", "display_name": "Python"}
    return book
