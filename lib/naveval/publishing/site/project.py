"""The site's pages as one Quarto project.

Not of Quarto's type «website»: that moves the title out of the template's title block and adds
menus of its own, while both engines are to give the same pages.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from naveval.project.errors import RenderError
from naveval.publishing import quarto

OUTPUT = "_site"


def pages(
    texts: Mapping[str, str],
    metadata: Mapping[str, Mapping[str, object]],
    work: Path,
    report: Path,
) -> list[Path]:
    """Render pages with Quarto; it executes nothing.

    Parameters
    ----------
    texts, metadata
        Markdown and template variables of each page, by file name without ending.
    work
        Empty folder the project is put into.
    report
        The project's `report/` folder, with theme and filters.

    Returns
    -------
    The pages' HTML files, in the order of `texts`.

    Raises
    ------
    RenderError
        When Quarto fails, warns of something unresolved, or leaves a page out.
    """
    if not texts:
        return []
    for part in quarto.PROJECT_PARTS:
        source = report / part
        if source.is_dir():
            shutil.copytree(source, work / part)
        elif source.is_file():
            shutil.copy2(source, work / part)
    project = yaml.safe_load((report / quarto.PROJECT_FILE).read_text(encoding="utf-8"))
    project["project"] = {
        "type": "default",
        "output-dir": OUTPUT,
        "render": [f"{name}.qmd" for name in texts],
    }
    project["format"] = {"html": project["format"]["html"]}
    text = yaml.safe_dump(project, allow_unicode=True)
    (work / quarto.PROJECT_FILE).write_text(text, encoding="utf-8")
    for name, markdown in texts.items():
        header = json.dumps(metadata[name], ensure_ascii=False, indent=1)
        page = f"---\n{header}\n---\n\n{markdown}\n"
        (work / f"{name}.qmd").write_text(page, encoding="utf-8")
    try:
        done = subprocess.run(
            [quarto.PROGRAM, "render", "--to", "html", "--no-execute"],
            cwd=work,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=quarto.TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise RenderError(f"quarto: no result after {quarto.TIMEOUT_SECONDS} s") from None
    log = quarto.COLOR.sub("", done.stdout + done.stderr)
    trouble = [line.strip() for line in log.splitlines() if quarto.TROUBLE.search(line)]
    made = [work / OUTPUT / f"{name}.html" for name in texts]
    if done.returncode or trouble or not all(file.is_file() for file in made):
        raise RenderError("quarto: " + ("; ".join(trouble) or log.strip()[-800:]))
    return made
