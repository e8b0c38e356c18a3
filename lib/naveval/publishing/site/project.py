"""The site's pages as one Quarto project.

Not of Quarto's type «website»: that moves the title out of the template's title block and adds
menus of its own, while both engines are to give the same pages.
"""

import json
from collections.abc import Mapping
from pathlib import Path

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
    quarto.project(work, report, [f"{name}.qmd" for name in texts], ("html",), OUTPUT)
    for name, markdown in texts.items():
        header = json.dumps(metadata[name], ensure_ascii=False, indent=1)
        page = f"---\n{header}\n---\n\n{markdown}\n"
        (work / f"{name}.qmd").write_text(page, encoding="utf-8")
    log = quarto.run(work)
    made = [work / OUTPUT / f"{name}.html" for name in texts]
    if lacking := [file.name for file in made if not file.is_file()]:
        raise RenderError(f"quarto: made no {', '.join(lacking)}: {log.strip()[-800:]}")
    return made
