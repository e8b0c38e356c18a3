"""What leaves a folder, and who has said that it may: request by one, approval by another.

`request` lists every file with pass, review or fail, the reason and its checksum. `approve` signs
that list under another name, once somebody has looked at what no program can judge. `approved` is
what publishing asks: it refuses a folder without approval, and one in which a file is changed,
missing or new since. Both records are hidden files of the folder and are never sent.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal

from naveval.project import store
from naveval.project.errors import NavevalError, ParameterError
from naveval.publishing.audit.faults import Fault

REQUEST_FILE, APPROVAL_FILE = ".request.json", ".approval.json"
SEARCHED = (
    *(".csv", ".json", ".html", ".md", ".txt", ".svg", ".xml", ".yml", ".css", ".js"),
    *(".xlsx", ".ods", ".ipynb", ".jsonstat"),
)
"""Kinds of files whose whole content the search reads."""
LOOKED_AT = {
    ".pdf": "a document: look through its pages",
    ".png": "a picture: look that it draws no single persons",
    ".jpg": "a picture: look that it draws no single persons",
    ".jpeg": "a picture: look that it draws no single persons",
    ".woff2": "a typeface: look where it comes from",
    ".zip": "an archive: look into it",
}
"""Kinds that may leave after somebody has looked at them, and what to look for."""
Status = Literal["pass", "review", "fail"]


class PublishError(NavevalError):
    """A folder that may not be published, or an upload that could not be completed."""


@dataclass(frozen=True)
class Entry:
    """A file of a request: its path in the folder, what was found, checksum and bytes."""

    file: str
    status: Status
    reason: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Request:
    """Who asks for what to leave, and when (UTC)."""

    by: str
    at: str
    entries: tuple[Entry, ...]

    def of(self, status: Status) -> list[Entry]:
        return [entry for entry in self.entries if entry.status == status]


def request(
    folder: Path, *, by: str, check: Callable[[Path], Iterable[Fault]], now: str = ""
) -> Request:
    """List every file of a folder for approval, and keep the list in the folder.

    Parameters
    ----------
    by
        Who asks.
    check
        Gives the faults that forbid a publication, each with its file.
    now
        Time to write; default this moment.

    Raises
    ------
    ParameterError
        For a missing folder or an empty name.
    PublishError
        For a folder without files, and when a file changes while it is looked at.
    """
    name = _name(by)
    before = _checksums(folder)
    faults: dict[str, list[str]] = defaultdict(list)
    for fault in check(folder):
        faults[fault.file].append(fault.message)
    entries = [
        _entry(folder / name, name, checksum, faults.pop(name, []))
        for name, checksum in before.items()
    ]
    if faults:  # of the folder as a whole, or of a file that is not sent
        named = "; ".join(f"{file}: {', '.join(found)}" for file, found in faults.items())
        raise PublishError(f"{folder}: {named}")
    made = Request(name, now or _now(), tuple(entries))
    _write(folder / REQUEST_FILE, asdict(made))
    (folder / APPROVAL_FILE).unlink(missing_ok=True)
    return made


def _entry(file: Path, name: str, checksum: str, faults: list[str]) -> Entry:
    content = file.read_bytes()
    if fingerprint(content) != checksum:
        raise PublishError(f"{file}: was changed while it was looked at; ask again")
    kind = file.suffix.lower()
    status: Status = "pass"
    reason = "searched whole; nothing found"
    if faults:
        status, reason = "fail", "; ".join(faults[:5])
    elif kind in LOOKED_AT:
        status, reason = "review", LOOKED_AT[kind]
    elif kind not in SEARCHED:
        status, reason = "fail", f"a kind of file that is not searched: «{kind or file.name}»"
    return Entry(name, status, reason, checksum, len(content))


def read(folder: Path) -> Request:
    """The request of a folder; PublishError when there is none that can be read."""
    content = _read(folder / REQUEST_FILE, "not requested: start with naveval request")
    try:
        entries = tuple(Entry(**entry) for entry in content["entries"])
        return Request(content["by"], content["at"], entries)
    except (KeyError, TypeError):
        raise PublishError(f"{folder / REQUEST_FILE}: not a request; ask again") from None


def approve(folder: Path, *, by: str, reviewed: Collection[str] = (), now: str = "") -> Request:
    """Sign the request of a folder.

    Parameters
    ----------
    by
        Who approves: somebody else than who asked.
    reviewed
        Files that were looked at, as paths or patterns such as `figures/*.png`.
    now
        Time to write; default this moment.

    Raises
    ------
    PublishError
        When there is no request, the same person approves, a file failed or was not looked at,
        or the folder is no longer what was requested.
    """
    name, asked = _name(by), read(folder)
    if name.casefold() == asked.by.casefold():
        raise PublishError(f"{folder}: requested by {asked.by}, who may not approve it too")
    if failed := asked.of("fail"):
        raise PublishError(f"{folder}: {len(failed)} file(s) failed: {_listed(failed)}")
    unseen = [
        entry
        for entry in asked.of("review")
        if not any(fnmatch(entry.file, pattern) for pattern in reviewed)
    ]
    if unseen:
        raise PublishError(
            f"{folder}: {len(unseen)} file(s) to be looked at: {_listed(unseen)}. Name what you "
            "have looked at with --reviewed"
        )
    require_same(folder, {entry.file: entry.sha256 for entry in asked.entries})
    signed = {"by": name, "at": now or _now(), "request": _signature(folder)}
    _write(folder / APPROVAL_FILE, signed)
    return asked


def approved(folder: Path) -> dict[str, str]:
    """Path to checksum of every file that may leave a folder.

    Raises
    ------
    PublishError
        When the folder is not approved, the request was changed after the approval, or the
        folder is no longer what was approved.
    """
    asked = read(folder)
    content = _read(folder / APPROVAL_FILE, "not approved: somebody else runs naveval approve")
    if content.get("request") != _signature(folder):
        raise PublishError(f"{folder}: the request was changed after it was approved; ask again")
    if str(content.get("by", "")).casefold() in ("", asked.by.casefold()) or asked.of("fail"):
        raise PublishError(f"{folder}: the approval does not hold; ask again")
    checksums = {entry.file: entry.sha256 for entry in asked.entries}
    require_same(folder, checksums)
    return checksums


def require_same(folder: Path, checksums: dict[str, str]) -> None:
    """Raise PublishError unless the folder holds just these files with these checksums."""
    there = _checksums(folder)
    found = {
        "new": sorted(set(there) - set(checksums)),
        "missing": sorted(set(checksums) - set(there)),
        "changed": sorted(n for n in set(there) & set(checksums) if there[n] != checksums[n]),
    }
    if any(found.values()):
        named = "; ".join(
            f"{kind}: {', '.join(names[:5])}" for kind, names in found.items() if names
        )
        raise PublishError(f"{folder}: not what was requested ({named}); ask again")


def summary(made: Request) -> str:
    """The request for a person to read: what needs attention by file, the rest as a count."""
    counts = Counter(entry.status for entry in made.entries)
    lines = [
        f"{entry.status}  {entry.file}  {entry.sha256[:12]}  {entry.reason}"
        for status in ("fail", "review", "pass")
        for entry in made.entries
        if entry.status == status
    ]
    told = ", ".join(f"{counts[status]} {status}" for status in ("pass", "review", "fail"))
    return "\n".join([*lines, f"{len(made.entries)} files: {told}; requested by {made.by}"])


def files_of(folder: Path) -> list[Path]:
    """Every file of a folder but hidden ones; links that lead out of it are refused."""
    if not folder.is_dir():
        raise ParameterError(f"{folder}: no such folder")
    root = folder.resolve()
    found = []
    for file in sorted(folder.rglob("*")):
        if any(part.startswith(".") for part in file.relative_to(folder).parts):
            continue
        if not file.resolve().is_relative_to(root):
            raise PublishError(f"{file}: a link that leads out of the folder is not published")
        if file.is_file():
            found.append(file)
    if not found:
        raise PublishError(f"{folder}: holds no files")
    return found


def _checksums(folder: Path) -> dict[str, str]:
    """Of what lies there now: times and sizes, which elsewhere save reading, can be set back."""
    files = files_of(folder)
    return {file.relative_to(folder).as_posix(): fingerprint(file.read_bytes()) for file in files}


def fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _signature(folder: Path) -> str:
    return fingerprint((folder / REQUEST_FILE).read_bytes())


def _name(by: str) -> str:
    name = " ".join(by.split())
    if not name:
        raise ParameterError("--by: expected the name of a person")
    return name


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _listed(entries: list[Entry]) -> str:
    shown = "; ".join(f"{entry.file} ({entry.reason})" for entry in entries[:5])
    return shown + (f" and {len(entries) - 5} more" if len(entries) > 5 else "")


def _read(file: Path, lacking: str) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PublishError(f"{file.parent}: {lacking}") from None
    except ValueError:
        raise PublishError(f"{file}: cannot be read; ask again") from None
    if not isinstance(content, dict):
        raise PublishError(f"{file}: cannot be read; ask again")
    return content


def _write(file: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    store.write_text(file, text)
