"""Reports from Quarto, when it is on the PATH: same notebook, templates and style sheet.

Quarto formats; it never executes. It works in a temporary copy of its project.
"""

import json
import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from naveval.project import fonts, notebooks
from naveval.project.errors import RenderError
from naveval.publishing import document

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


def prepare(
    book: dict[str, Any], metadata: dict[str, object], kind: str, work: Path, report: Path
) -> Path:
    """Put a copy of the Quarto project and the quiet notebook in the work folder.

    Returns
    -------
    The notebook's path. Title and notices go into its first cell as a YAML header.
    """
    for part in PROJECT_PARTS:
        source = report / part
        if source.is_dir():
            shutil.copytree(source, work / part, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copy2(source, work / part)
    project = yaml.safe_load((report / PROJECT_FILE).read_text(encoding="utf-8"))
    project["project"] = {"type": "default", "render": ["report.ipynb"]}
    (work / "theme" / "fonts").mkdir()
    for file in fonts.files().values():
        shutil.copyfile(file, work / "theme" / "fonts" / file.name)
    (work / "theme" / "fonts.css").write_text(fonts.css(), encoding="utf-8")
    project["format"]["html"]["css"] = ["theme/fonts.css", "theme/report.css"]
    project["format"]["typst"]["font-paths"] = ["theme/fonts"]
    (work / PROJECT_FILE).write_text(yaml.safe_dump(project, allow_unicode=True), encoding="utf-8")
    if kind == "html" and (prefix := metadata.get("number-prefix")):
        named = {f"{key}-title": f"{name}\u00a0{prefix}" for key, name in FLOATS.items()}
        named |= {f"{key}-prefix": f"{name}\u00a0{prefix}" for key, name in FLOATS.items()}
        metadata = metadata | {"crossref": named}
    header = "---\n" + json.dumps(metadata, ensure_ascii=False, indent=1) + "\n---"
    book["cells"].insert(0, notebooks.text_cell("raw", header, "header"))
    book["metadata"]["kernelspec"] = {"name": "python3", "display_name": "Python"}
    notebook = work / "report.ipynb"
    notebooks.write(book, notebook)
    return notebook


def render(notebook: Path, to: str) -> Path:
    """Render one format of the prepared notebook beside it.

    Parameters
    ----------
    to
        "html" or "pdf" (made with Typst).

    Raises
    ------
    RenderError
        When Quarto fails, warns of something unresolved, or writes nothing.
    """
    target = notebook.with_suffix(f".{to}")
    work_format = "typst" if to == "pdf" else to
    try:
        done = subprocess.run(
            [PROGRAM, "render", notebook.name, "--to", work_format, "--no-execute"],
            cwd=notebook.parent,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise RenderError(f"quarto: no result after {TIMEOUT_SECONDS} s") from None
    log = COLOR.sub("", done.stdout + done.stderr)
    document.require_room(log, PROGRAM, notebook.parent)
    trouble = [
        line.strip()
        for line in log.splitlines()
        if TROUBLE.search(line) and not HARMLESS.search(line)
    ]
    if done.returncode or trouble or not target.is_file():
        raise RenderError("quarto: " + ("; ".join(trouble) or log.strip()[-800:]))
    if to == "html":
        page = target.read_text(encoding="utf-8")
        target.write_text(PREFIXED.sub(r"\1V", FIGURE_ALT.sub(r"\1", page)), encoding="utf-8")
    return target
