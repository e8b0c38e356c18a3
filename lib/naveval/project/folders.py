"""Folders with register extracts: found by their path, told of by a name.

A path outside the project says whose machine and which user a result comes from, so a result tells
of such a folder by its last part and a mark. Which folder that is stays beside the output.
"""

import hashlib
from pathlib import Path

from naveval.project import paths, store

KNOWN = "extracts"
"""Below the cache: a file for each folder that was named, with its path."""


def find(named: str) -> Path | None:
    """A folder by its path from the working folder or the project's root, or by its name."""
    for start in (Path.cwd(), paths.project_root()):
        if (start / named).is_dir():
            return start / named
    known = paths.cache_dir() / KNOWN / Path(named).name
    folder = Path(known.read_text(encoding="utf-8")) if named and known.is_file() else None
    return folder if folder is not None and folder.is_dir() else None


def name_of(named: str) -> str:
    """What a result calls the folder: a relative path as it is, any other by its name.

    Examples
    --------
    >>> name_of("registers/hedmark")
    'registers/hedmark'
    """
    folder = Path(named)
    if not named or not folder.is_absolute():
        return named
    root = paths.project_root()
    if folder.is_relative_to(root):
        return folder.relative_to(root).as_posix()
    name = f"{folder.name}-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"
    known = paths.cache_dir() / KNOWN / name
    if not known.exists():
        known.parent.mkdir(parents=True, exist_ok=True)
        store.write_text(known, str(folder), private=True)
    return name
