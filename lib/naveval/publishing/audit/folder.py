"""Everything a folder must pass before it is published, as one list of faults."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from naveval.disclosure.scan import folder as disclosure_scan
from naveval.disclosure.scan import identities
from naveval.project.errors import ParameterError
from naveval.publishing.audit import browser, html, numbers, pdf
from naveval.publishing.audit import ids as disclosure_ids
from naveval.publishing.audit.faults import Fault

CHECKS = (
    "disclosure",
    "accessibility",
    "axe",
    "pdf",
    "links",
    "references",
    "numbers",
    "size",
)
GATE = ("disclosure", "accessibility", "axe", "pdf")
"""Checks whose faults stop a publication."""
LARGE_PAGE = 15_000_000
LARGEST = 100_000_000
UNREADABLE = (".svgz", ".eps", ".emf", ".wmf")


@dataclass(frozen=True)
class Audit:
    """Result of an audit: faults, checks that could not run and why, files looked at."""

    faults: tuple[Fault, ...]
    skipped: tuple[str, ...]
    pages: int
    documents: int


def audit(
    folder: Path,
    *,
    checks: tuple[str, ...] = CHECKS,
    progress: Callable[[str, int], Any] = lambda *_: None,
) -> Audit:
    """Look at every page, document and file of a result folder or site.

    Parameters
    ----------
    folder
        A result folder, or any folder of pages; result folders inside are recognised by
        their `estimates.csv`.
    checks
        Which of CHECKS to make.
    progress
        Called before each page of each pass with its name and the number of passes over pages.

    Raises
    ------
    ParameterError
        For a folder that is missing or empty, or an unknown check.
    """
    if not folder.is_dir():
        raise ParameterError(f"{folder}: no such folder")
    unknown = sorted(set(checks) - set(CHECKS))
    if unknown:
        raise ParameterError(f"unknown check {', '.join(unknown)}; allowed: {', '.join(CHECKS)}")
    files = [file for file in sorted(folder.rglob("*")) if _counts(file, folder)]
    if not files:
        raise ParameterError(f"{folder}: holds no files; expected a result folder or a site")
    pages = [file for file in files if file.suffix == ".html"]
    documents = [file for file in files if file.suffix == ".pdf"]
    faults: list[Fault] = []
    skipped: list[str] = []
    reason = browser.unavailable() if "axe" in checks and pages else "not asked for"
    steps = len(pages) * (1 if reason else 2)
    if "disclosure" in checks:
        faults += _disclosure(folder, files)
    for file in pages:
        progress(file.relative_to(folder).as_posix(), steps)
        faults += _page(file, folder, checks)
    if "pdf" in checks:
        for file in documents:
            faults += pdf.accessibility(file, file.relative_to(folder).as_posix())
    if "size" in checks:
        faults += _sizes(files, folder)
    if "axe" in checks and pages:
        if reason:
            skipped.append(f"axe: {reason}")
        else:
            named = [(file, file.relative_to(folder).as_posix()) for file in pages]
            faults += browser.accessibility(named, lambda name: progress(name, steps))
    return Audit(tuple(faults), tuple(skipped), len(pages), len(documents))


def _counts(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.is_file() and not hidden


def _page(file: Path, folder: Path, checks: tuple[str, ...]) -> Iterator[Fault]:
    name = file.relative_to(folder).as_posix()
    if "accessibility" in checks:
        yield from html.accessibility(file, name)
    if "links" in checks:
        yield from html.links(file, name)
    if "references" in checks:
        yield from html.references(file, name)
    if "numbers" in checks and (file.parent / "estimates.csv").exists():
        yield from numbers.numbers(file.parent, file, name)
    elif "numbers" in checks:
        yield from numbers.findings(folder, file, name)


def _disclosure(folder: Path, files: list[Path]) -> Iterator[Fault]:
    """Scan each result folder with its own log, and everything around them together."""
    own = {file.parent for file in files if file.name == "disclosure.csv"}
    ids = identities.ids(disclosure_ids.ids_behind(folder))
    for result in sorted(own):
        yield from _scanned(result, result.relative_to(folder).as_posix(), ids)
    around = [file for file in files if own.isdisjoint(file.parents)]
    yield from _scanned(folder, ".", ids, around)
    for file in files:
        if file.suffix.lower() in UNREADABLE:
            name = file.relative_to(folder).as_posix()
            name = identities.masked(name, ids)
            yield Fault("disclosure", name, "a picture in a format that cannot be looked into")


def _scanned(
    folder: Path, name: str, ids: identities.Ids, files: list[Path] | None = None
) -> Iterator[Fault]:
    for found in disclosure_scan.scan(folder, ids, files):
        if any(part.startswith(".") for part in Path(found.file).parts):
            continue  # records of the release itself, which are never sent
        file = found.file if name == "." else f"{identities.masked(name, ids)}/{found.file}"
        yield Fault("disclosure", file, f"{found.kind} ({found.number})")


def _sizes(files: list[Path], folder: Path) -> Iterator[Fault]:
    for file in files:
        size, name = file.stat().st_size, file.relative_to(folder).as_posix()
        if not size:
            yield Fault("size", name, "is empty")
        elif size > LARGEST:
            yield Fault("size", name, f"{size / 1e6:.0f} MB; the data marketplace takes 100 MB")
        elif file.suffix == ".html" and size > LARGE_PAGE:
            yield Fault("size", name, f"{size / 1e6:.0f} MB is much for a page")


def faults_of_release(folder: Path, told: Callable[[str], Any] = lambda _: None) -> list[Fault]:
    """Faults that forbid a publication: in disclosure control or accessibility.

    `told` is called with each check that could not be made, and why.
    """
    found = audit(folder, checks=GATE)
    for reason in found.skipped:
        told(f"not checked: {reason}")
    return list(found.faults)


def listing(result: Audit, *, most: int = 20) -> str:
    """The faults by check for a person to read, with what was skipped and a count."""
    counts = Counter(fault.check for fault in result.faults)
    lines = []
    for check in CHECKS:
        if counts[check]:
            lines.append(f"{check}: {counts[check]}")
            shown = [str(fault) for fault in result.faults if fault.check == check]
            lines += [f"  {line}" for line in shown[:most]]
            if len(shown) > most:
                lines.append(f"  … and {len(shown) - most} more")
    lines += [f"skipped {reason}" for reason in result.skipped]
    lines.append(
        f"{result.pages} page(s), {result.documents} document(s): "
        + (f"{len(result.faults)} fault(s)" if result.faults else "no faults")
    )
    return "\n".join(lines)
