"""From a result folder to its report and annex, `report.html`, `annex.pdf` and so on."""

import base64
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from naveval.exhibits import manifest, output
from naveval.project import catalogue, formats, paths, provenance, store, threads
from naveval.project.errors import RenderError
from naveval.publishing import builtin, document, downloads, glossary, markdown, quarto
from naveval.publishing.audit import html, pdf
from naveval.publishing.site import frame

FORMATS = ("html", "pdf")
ENGINES = ("auto", "quarto", "builtin")
EXECUTED = "executed.ipynb"
ATTEMPTS = 3
PICTURE = re.compile(r"figures/[\w.-]+\.png")
IMAGE, ALT = re.compile(r"<img\b[^>]*>"), re.compile(r'\salt="[^"]*"')
Check = Callable[[Path], None]


def render(
    folder: Path,
    *,
    to: Iterable[str] = FORMATS,
    engine: str = "auto",
    checks: Iterable[Check] = (),
    resume: bool = False,
) -> list[Path]:
    """Write the reports of a result folder, whole or not at all.

    Parameters
    ----------
    folder
        Result folder with `executed.ipynb`, `manifest.json` and `figures/`.
    to
        Formats: "html", "pdf".
    engine
        "quarto", "builtin", or "auto": Quarto when it is on the PATH.
    checks
        Called with the folder while the reports are made; they raise to refuse it, for
        example because of disclosure control. Nothing is put in place before they have passed.
    resume
        Whether to keep reports that are current (`is_current`).

    Returns
    -------
    Paths of the report, in the order of `to`; the annex, where there is one, stands beside it.
    Engine and files are recorded in the manifest.

    Raises
    ------
    RenderError
        For unknown options, content that cannot be published, or an engine's failure.
    """
    to = _allowed("format", list(to), FORMATS)
    name = choose(engine)
    folder = Path(folder).resolve()
    if not folder.is_dir():
        raise RenderError(f"{folder}: no such result folder")
    described = builtin.describe() if name == "builtin" else quarto.describe()
    checks = tuple(checks)
    store.sweep(folder.parent)
    for _ in range(ATTEMPTS):
        with ThreadPoolExecutor(1) as beside:
            passed = beside.submit(lambda: [check(folder) for check in checks])
            if resume and is_current(folder, to=to, engine=engine):
                passed.result()
                return [folder / f"report.{kind}" for kind in to]
            try:
                done = _replace(folder, to, name, described, passed)
            except (RenderError, OSError) as error:
                passed.result()  # why a folder may not go out is told before why it could not
                if isinstance(error, RenderError):
                    raise
                reason = error.strerror or error
                raise RenderError(f"{folder}: cannot write the report: {reason}") from None
        if done:
            return [folder / f"report.{kind}" for kind in to]
    raise RenderError(f"{folder}: replaced by runs each time it was rendered; render it again")


def _replace(
    folder: Path, to: list[str], name: str, described: str, passed: Future[list[None]]
) -> bool:
    """Put the folder with new reports in the place of the one without, in one step.

    The reports are made from a copy that no run can change. Whether that copy was still what
    lies there in the end: if not, nothing is replaced, nor where the folder has not passed.
    """
    with store.staged(folder) as work:
        copy = work / folder.name
        with store.held(folder):
            skipped = shutil.ignore_patterns(*made_files(to), *downloads.MADE)
            shutil.copytree(folder, copy, ignore=skipped)
        before = _manifest(folder, copy=copy)
        own = {n: v for n, v in before.get("files", {}).items() if not downloads.made_here(n)}
        content = before | {"files": own}
        _require_whole(folder, copy, content)
        report, made = content.get("report", {}), []
        whole = markdown.parts(copy / EXECUTED)
        jobs = _jobs(copy, to, described, content)  # before what would slow it down
        with ThreadPoolExecutor(1) as beside:
            taken = beside.submit(downloads.write, copy, report, whole)
            for part, file in _make_all(copy, name, jobs):
                made.append(f"{part}{file.suffix}")
                shutil.copyfile(file, copy / made[-1])
            made += taken.result()
        made.append(downloads.crate(copy, report))
        _record(copy, content, described, made, whole)
        passed.result()
        with store.held(folder):
            same = _manifest(folder) == before
            if same:
                store.exchange(copy, folder)
    return same


def _require_whole(folder: Path, copy: Path, content: dict[str, Any]) -> None:
    if faults := manifest.faults(copy, content):
        named = ", ".join(faults[:5])
        raise RenderError(f"{folder}: {named}: missing or changed since the run; run it again")


def made_files(to: Iterable[str]) -> list[str]:
    """Names that the files of these formats can have."""
    return [f"{part}.{kind}" for part in (markdown.REPORT, markdown.ANNEX) for kind in to]


def _jobs(folder: Path, to: list[str], described: str, content: dict[str, Any]) -> list[quarto.Job]:
    """What an engine is to make: each part in each format, with its variables."""
    report = paths.report_dir()
    whole = markdown.parts(folder / EXECUTED)
    works = {part.name: _works(part, folder, report) for part in whole}
    jobs: list[quarto.Job] = []
    for kind in to:
        links = downloads.link_names(folder, whole) if kind == "html" else {}
        parts = markdown.parts(folder / EXECUTED, kind, data_links=links)
        parts = tuple(_vector(part, folder) for part in glossary.explained(parts, kind))
        for part in parts:
            address = f"{content['study']}/{folder.name}/{part.name}.html"
            own = content.get("report", {}) | {"study": content["study"]}
            metadata = template_metadata(own, described, part, address)
            metadata["downloads"] = _downloads(folder, part, parts, kind, to)
            jobs.append((part, kind, metadata | works[part.name]))
    return jobs


def _make_all(folder: Path, name: str, jobs: list[quarto.Job]) -> Iterator[tuple[str, Path]]:
    """Each part and format, in work folders side by side that stay until the last is taken."""
    # Quarto starts slowly, so that it is called no more often than there are processors.
    calls = min(len(jobs), threads.count()) if name == "quarto" else len(jobs)
    groups = [jobs[number::calls] for number in range(calls)]
    report = paths.report_dir()
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        scratch = Path(temporary)
        with ThreadPoolExecutor(calls) as pool:
            made = pool.map(lambda group: make(name, group, folder, scratch, report), groups)
            for group, files in zip(groups, made, strict=True):
                for (part, _, _), file in zip(group, files, strict=True):
                    yield part.name, file


def _vector(part: markdown.Part, folder: Path) -> markdown.Part:
    """The part with its pictures as vectors where the result has them so."""

    def best(found: re.Match[str]) -> str:
        vector = Path(found[0]).with_suffix(".svg")
        return vector.as_posix() if (folder / vector).is_file() else found[0]

    cells = [cell | {"source": PICTURE.sub(best, cell["source"])} for cell in part.cells]
    return replace(part, cells=tuple(cells))


def _with_phone(page: Path, folder: Path) -> None:
    """Put beside each picture of a page the one drawn for phones; the style sheet shows one."""
    text = page.read_text(encoding="utf-8")
    for file in sorted((folder / output.PHONE_FOLDER).glob("*.*")):
        kind = {".svg": "image/svg+xml", ".png": "image/png"}[file.suffix]
        data = f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
        place = text.find(f' id="{file.stem}"')
        found = IMAGE.search(text, place) if place >= 0 else None
        if found:
            alt = ALT.search(found[0])
            own = f'<img class="phone" src="{data}"{alt[0] if alt else ""}>'
            text = f"{text[: found.end()]}{own}{text[found.end() :]}"
    page.write_text(text, encoding="utf-8")


def _works(part: markdown.Part, folder: Path, report: Path) -> dict[str, object]:
    """Variables for the works that a part cites; refuses a part that cannot be published."""
    bibliography = report / "references.bib"
    text = document.read(part.text)
    document.check(text, folder, bibliography)
    return {"bibliography": str(bibliography), "link-citations": True} if text.citations else {}


def choose(engine: str) -> str:
    """The engine to use, "quarto" or "builtin"; RenderError when it cannot be had.

    "auto" is Quarto when a new enough one is on the PATH.
    """
    _allowed("engine", [engine], ENGINES)
    if engine == "auto":
        return "quarto" if quarto.found() else "builtin"
    if engine == "quarto" and (reason := quarto.missing()):
        raise RenderError(f"engine quarto: {reason}; use --engine builtin")
    return engine


def is_current(folder: Path, *, to: Iterable[str] = FORMATS, engine: str = "auto") -> bool:
    """Whether the folder's reports were made from its notebook by this engine and look."""
    name = choose(engine)
    described = builtin.describe() if name == "builtin" else quarto.describe()
    rendered = _manifest(folder).get("rendered", {})
    files = rendered.get("files", {})
    wanted = [name for name in files if name.rpartition(".")[2] not in {*FORMATS} - {*to}]
    return (
        rendered.get("from") == made_from(folder, described)
        and all(f"{markdown.REPORT}.{kind}" in files for kind in to)
        and all(files[name] == provenance.file_hash(folder / name) for name in wanted)
    )


def template_metadata(
    report: dict[str, Any], engine: str, part: markdown.Part | None = None, address: str = ""
) -> dict[str, object]:
    """Variables of the templates from a manifest's `report`.

    Parameters
    ----------
    report
        title, subtitle, place, origin, banner, date; optionally abstract, menu and the study,
        whose source is named.
    engine
        Description of the engine, which the page names as its generator.
    part
        What it is for: an annex has its own title and numbers. None for a page of the site.
    address
        Where it lies on the site, for how it is cited.
    """
    if not report.get("title"):
        raise RenderError("manifest.json: report.title is missing; run the study again")
    title = f"{part.title}: {report['title']}" if part and part.title else report["title"]
    banner = str(report.get("banner", ""))
    short, _, rest = banner.partition(". ")
    date = str(report.get("date", ""))
    metadata: dict[str, object] = {
        "title": title,
        "pagetitle": title,
        "number-prefix": markdown.PREFIX[part.name] if part else "",
        "answer-first": part is not None and part.name == markdown.REPORT,
        "subtitle": report.get("subtitle", ""),
        "place": report.get("place", ""),
        "abstract": report.get("abstract", ""),
        "menu": report.get("menu", ""),
        "banner": banner,
        "banner-short": short.removesuffix("."),
        "banner-rest": rest,
        "simulated": report.get("origin") == "simulated",
        "report-date": _day(date),
        "report-date-iso": date,
        "imprint": _imprint(report, str(title), date, address) if date else "",
        "generator": engine,
        "lang": "nb",
        "toc": True,
        "toc-title": "Innhold",
    }
    return {key: value for key, value in metadata.items() if value not in ("", False)}


def _imprint(report: Mapping[str, Any], title: str, date: str, address: str) -> str:
    study = str(report.get("study", ""))
    simulated = report.get("origin") == "simulated"
    mark = str(report.get("banner", "")).partition(". ")[0] if simulated else ""
    return frame.imprint(
        title, date, address, study if study in catalogue.names() else "", mark=mark
    )


def _downloads(
    folder: Path, part: markdown.Part, parts: tuple[markdown.Part, ...], kind: str, to: list[str]
) -> list[dict[str, str]]:
    """Links from a page to the other part, its own PDF, the workbook and the estimates."""
    offered = [
        (f"{other.name}.{kind}", other.title or "Rapporten")
        for other in parts
        if other.name != part.name
    ]
    printed = f"{part.name}.pdf"
    found = [(printed, "PDF")] if "pdf" in to or (folder / printed).exists() else []
    content = _manifest(folder)
    about = content["study"], folder.name, content.get("report", {})
    book = downloads.book_name(*about)
    found += [(f"{book}.xlsx", "Alle tall (XLSX)"), (f"{book}.ods", "Alle tall (ODS)")]
    if (folder / "estimates.csv").exists():
        found.append(("estimates.csv", "Alle anslag (CSV)"))
    links = [{"href": name, "text": text} for name, text in [*offered, *found]]
    return [link | _saved(downloads.saved_as(link["href"], *about)) for link in links]


def _saved(name: str) -> dict[str, str]:
    """What a link's file is saved as, where its own name does not tell what it holds."""
    return {"saved": name} if name else {}


def _day(date: str) -> str:
    if len(date) < 10:
        return date
    year, month, day = date[:10].split("-")
    return f"{int(day)}.\u00a0{formats.MONTHS[int(month) - 1]} {year}"


def make(
    name: str, jobs: Sequence[quarto.Job], folder: Path, temporary: Path, report: Path
) -> list[Path]:
    """Make files of parts in a work folder of their own and check that readers can use them."""
    work = temporary / "-".join([jobs[0][0].name, jobs[0][1]])
    work.mkdir()
    if (folder / "figures").is_dir():
        shutil.copytree(folder / "figures", work / "figures")
    if name == "quarto":
        made = quarto.render(jobs, work, report)
    else:
        makes = {"html": builtin.to_html, "pdf": builtin.to_pdf}
        made = [makes[kind](part.text, metadata, work, report) for part, kind, metadata in jobs]
    for (part, kind, _), file in zip(jobs, made, strict=True):
        if kind == "html":
            _with_phone(file, folder)
        check = html.accessibility if kind == "html" else pdf.accessibility
        if faults := check(file, file.name):
            listed = "\n  ".join(fault.message for fault in faults)
            raise RenderError(f"{part.name}.{kind} is not accessible:\n  {listed}")
    return made


def _manifest(folder: Path, *, copy: Path | None = None) -> dict[str, Any]:
    """The manifest of a folder, or of its copy; RenderError names the folder if there is none."""
    if content := manifest.read(copy or folder):
        return content
    raise RenderError(f"{folder}: no {manifest.FILE} that can be read; run the study first")


def _record(
    folder: Path,
    content: dict[str, Any],
    engine: str,
    made: list[str],
    parts: tuple[markdown.Part, ...],
) -> None:
    """Write in the manifest which reports the folder holds, and what they were made from."""
    came_from = made_from(folder, engine)
    earlier = content.get("rendered", {})
    kept = earlier.get("files", {}) if earlier.get("from") == came_from else {}
    hashes = {name: provenance.file_hash(folder / name) for name in made}
    links = downloads.link_names(folder, parts)
    of = {name: label for label, name in links.items() if name in hashes}
    rendered = {"from": came_from, "files": {**kept, **hashes}, "of": of}
    manifest.write(folder, content | {"engine": engine, "rendered": rendered})


def made_from(folder: Path, engine: str) -> str:
    """Hash of everything a report is made from: notebook, pictures, look, engine and code."""
    report = paths.report_dir()
    digest = hashlib.sha256(engine.encode())
    digest.update(json.dumps(_manifest(folder).get("report", {}), sort_keys=True).encode())
    code = {"code": provenance.code_hash([__name__]), **provenance.libraries([__name__])}
    digest.update(json.dumps(code).encode())
    study = str(_manifest(folder).get("study", ""))
    digest.update(frame.source(study).encode() if study in catalogue.names() else b"")
    files = [folder / EXECUTED, report / "_quarto.yml", report / "references.bib"]
    files += [folder / "estimates.csv", paths.texts_dir() / "downloads.yml", glossary.file()]
    files += sorted([*(folder / "figures").glob("*.csv"), *(folder / "tables").glob("*.csv")])
    files += sorted([*folder.glob("figures/*.[ps][nv]g"), *folder.glob(f"{output.PHONE_FOLDER}/*")])
    files += sorted([*(report / "theme").glob("*"), *(report / "filters").glob("*")])
    for file in files:
        digest.update(file.name.encode())
        digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest()


def _allowed(option: str, given: list[str], allowed: tuple[str, ...]) -> list[str]:
    unknown = sorted(set(given) - set(allowed))
    if unknown or not given:
        raise RenderError(
            f"unknown {option} {', '.join(unknown) or '(none)'}; allowed: {', '.join(allowed)}"
        )
    return given
