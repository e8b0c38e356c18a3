"""Reports from Pandoc and Typst, both from their Python wheels.

`report/filters/report.lua` and `crossref.lua` do what Quarto would do for numbering,
captions and references; templates and style sheet are the same as Quarto's.
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import typst

from naveval.project import fonts
from naveval.project.errors import RenderError
from naveval.publishing import document

PDF_STANDARD: Literal["ua-1"] = "ua-1"


def describe() -> str:
    """Name of the engine with its programs' versions."""
    pandoc = document.pandoc(["--version"]).split()[1]
    return f"innebygd motor (Pandoc {pandoc}, Typst {version('typst')})"


def to_html(markdown: str, metadata: dict[str, object], work: Path, report: Path) -> Path:
    """Write `report.html` in the work folder, with style and pictures embedded.

    Parameters
    ----------
    markdown
        The report's Markdown.
    metadata
        Variables of the template.
    work
        Folder with the pictures below it; the result goes here.
    report
        The project's `report/` folder.
    """
    target = work / "report.html"
    arguments = _arguments(metadata, work, report)
    document.pandoc(
        [
            *arguments,
            "-t",
            "html5",
            "--template",
            str(report / "theme" / "report.html"),
            "--css",
            str(_faces(work)),
            "--css",
            str(report / "theme" / "report.css"),
            "--embed-resources",
            "--mathml",
            "-o",
            str(target),
        ],
        markdown,
        cwd=work,
    )
    return target


def to_pdf(markdown: str, metadata: dict[str, object], work: Path, report: Path) -> Path:
    """Write `report.pdf`, tagged as PDF/UA-1, in the work folder; arguments as `to_html`.

    Raises
    ------
    RenderError
        With Typst's message, also for anything that PDF/UA-1 does not allow.
    """
    source, target = work / "report.typ", work / "report.pdf"
    template = report / "theme" / "report.typ"
    document.pandoc(
        [
            *_arguments(metadata, work, report),
            "-t",
            "typst",
            "--template",
            str(template),
            "-o",
            str(source),
        ],
        markdown,
        cwd=work,
    )
    try:
        typst.compile(
            str(source),
            output=str(target),
            root=str(work),
            font_paths=[str(fonts.folder())],
            ignore_system_fonts=True,
            pdf_standards=[PDF_STANDARD],
        )
    except Exception as error:
        document.require_room(str(error), "typst", work)
        raise RenderError(f"typst: {error}") from None
    return target


def _faces(work: Path) -> Path:
    file = work / "fonts.css"
    file.write_text(fonts.css(), encoding="utf-8")
    return file


def _arguments(metadata: dict[str, object], work: Path, report: Path) -> list[str]:
    file = work / "metadata.json"
    file.write_text(json.dumps(metadata, ensure_ascii=False), encoding="utf-8")
    arguments = [
        "-f",
        document.READER,
        "--standalone",
        "--metadata-file",
        str(file),
        "--lua-filter",
        str(report / "filters" / "report.lua"),
        "--lua-filter",
        str(report / "filters" / "crossref.lua"),
        "--resource-path",
        str(work),
        "--toc-depth",
        "3",
        "--wrap",
        "none",
    ]
    if metadata.get("toc"):
        arguments.append("--toc")
    if metadata.get("bibliography"):
        arguments.append("--citeproc")
    return arguments
