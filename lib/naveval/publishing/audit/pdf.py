"""Whether a PDF carries the marks of PDF/UA-1 that a program can check."""

from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from naveval.publishing.audit.faults import Fault


def accessibility(file: Path, name: str) -> list[Fault]:
    """Faults of a PDF: tags, language, title, PDF/UA mark, outline, alt texts, header cells."""
    try:
        reader = PdfReader(file)
        messages = _faults(reader)
    except (PyPdfError, OSError, ValueError, KeyError) as error:
        messages = [f"not readable as PDF: {error}"]
    return [Fault("pdf", name, message) for message in messages]


def _faults(reader: PdfReader) -> list[str]:
    root: Any = reader.trailer["/Root"].get_object()
    faults = []
    if not _get(_get(root, "/MarkInfo"), "/Marked"):
        faults.append("not tagged")
    language = str(_get(root, "/Lang") or "")
    if not language.lower().startswith(("nb", "no")):
        faults.append(f"language is «{language}», expected nb")
    if not (reader.metadata and reader.metadata.title):
        faults.append("no title")
    if not _get(_get(root, "/ViewerPreferences"), "/DisplayDocTitle"):
        faults.append("the title is not shown in the window (DisplayDocTitle)")
    metadata = _get(root, "/Metadata")
    if metadata is None or b"pdfuaid" not in metadata.get_data():
        faults.append("no PDF/UA mark in the metadata")
    if len(reader.pages) > 3 and not reader.outline:
        faults.append("no outline")
    tree = _get(root, "/StructTreeRoot")
    if tree is None:
        return [*faults, "no structure tree"]
    kinds = _kinds(tree)
    without = sum(kind == "/Figure" and not alt for kind, alt in kinds)
    if without:
        faults.append(f"{without} pictures without alt text")
    names = [kind for kind, _ in kinds]
    if "/Table" in names and "/TH" not in names:
        faults.append("tables without header cells")
    if not any(kind in ("/H1", "/H2", "/H", "/Title") for kind in names):
        faults.append("no headings")
    return faults


def _get(thing: Any, key: str) -> Any:
    value = thing.get(key) if thing is not None else None
    return value.get_object() if value is not None else None


def _kinds(tree: Any) -> list[tuple[str, bool]]:
    """Every element of the structure tree: its kind, and whether it has an alt text."""
    found, waiting = [], [tree]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, list):
            waiting.extend(node)
        elif hasattr(node, "get"):
            if node.get("/S"):
                found.append((str(node["/S"]), bool(node.get("/Alt"))))
            if node.get("/K") is not None:
                waiting.append(node["/K"])
    return found
