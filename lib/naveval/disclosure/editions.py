"""Counts that an edition keeps: a new number is drawn only when enough persons have changed.

A cell's noise follows from its persons, so one person more gives it another number, and two
editions beside each other tell more than either: 3 told as 0 and then 2 told as 7. Where
`NAVEVAL_EDITION` names the edition that is being made, every cell is looked up by its name (what
it counts, and the labels of its row) in the editions made before, and keeps the number it had
there unless at least `min_cell` persons came or went.

The record lies beside the fingerprint of the secret, its owner's alone: true counts and keys of
cells, from which with the secret their numbers follow, and never those numbers themselves.
`counts/EDITION/record.json` has the editions made before, the record's files, and a seal made with
the secret; a file is named by a keyed hash of what is in it.
"""

import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure.thresholds import thresholds
from naveval.project.errors import DisclosureError, ParameterError, StoreError
from naveval.project.store import disk

EDITION = "NAVEVAL_EDITION"
FOLDER, RECORD, CELLS = "counts", "record.json", ".cells"
LARGEST = 2**31 - 1
NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Editions:
    """The edition that is being made, and the cells of those before it.

    Attributes
    ----------
    folder
        Of the edition's record.
    before
        Names of the editions made before.
    cells
        (m, 3) name, count and key of each of their cells, by name.
    noted
        Files of the record that this process has written or found.
    """

    folder: Path
    value: bytes = field(repr=False)
    before: tuple[str, ...]
    cells: Whole = field(repr=False)
    noted: set[str] = field(default_factory=set, repr=False)

    @property
    def name(self) -> str:
        """The edition and those before it, for what is kept between runs."""
        content = hashlib.blake2b(self.cells.tobytes(), digest_size=8).hexdigest()
        return " ".join([self.folder.name, *self.before, content])


def named() -> str:
    """The edition that is being made; "" for none.

    Raises
    ------
    ParameterError
        For a name that cannot be that of a folder.
    """
    return require_named(os.environ.get(EDITION, ""), EDITION) if os.environ.get(EDITION) else ""


def require_named(edition: str, where: str) -> str:
    """Refuse a name of an edition that cannot be the name of its file or folder."""
    if not NAMED.fullmatch(edition):
        raise ParameterError(f"{where} {edition!r}: expected letters, digits, - and _")
    return edition


@lru_cache(maxsize=4)
def opened(series: Path, edition: str, value: bytes) -> Editions:
    """The edition's record, begun where there is none.

    Parameters
    ----------
    series
        Folder with the records of all editions.
    value
        The secret.

    Raises
    ------
    StoreError
        When a record is damaged, or belongs to others.
    DisclosureError
        When the series has as many editions as a number may have revisions.
    """
    folder = disk.make_private(disk.make_private(series) / edition)
    with disk.locked(series / ".lock"):
        if not (folder / RECORD).exists():
            begun = {path.parent.name for path in series.glob(f"*/{RECORD}")}
            _write(folder, value, sorted(begun), [])
    before = tuple(_record(folder, value)[0])
    if len(before) > thresholds().counts.revisions:
        raise DisclosureError(
            f"{series}: has {len(before)} editions before {edition}, and a number may be revised "
            f"{thresholds().counts.revisions} times; start a new series: remove this folder"
        )
    found = [_cells(series / name, value) for name in before]
    every = np.concatenate([np.empty((0, 3), np.int64), *found])
    return Editions(folder, value, before, np.unique(every, axis=0))


def _seal(value: bytes, content: bytes) -> str:
    return hashlib.blake2b(content, key=value, digest_size=16, person=b"edition").hexdigest()


def _write(folder: Path, value: bytes, before: list[str], files: list[str]) -> None:
    content = {"before": before, "files": files}
    seal = _seal(value, json.dumps(content).encode())
    with disk.beside(folder / RECORD, private=True, flush=not files) as part:
        part.write_text(json.dumps({**content, "seal": seal}), encoding="utf-8")


def _record(folder: Path, value: bytes) -> tuple[list[str], list[str]]:
    try:
        disk.require_own(folder / RECORD)
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        content = {"before": found["before"], "files": found["files"]}
        whole = found["seal"] == _seal(value, json.dumps(content).encode())
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise _damaged(folder / RECORD)
    return content["before"], content["files"]


def _cells(folder: Path, value: bytes) -> Whole:
    found = [np.empty((0, 3), np.int64)]
    for name in _record(folder, value)[1]:
        file = folder / f"{name}{CELLS}"
        content = file.read_bytes() if file.exists() else b""
        if _seal(value, content) != name:
            raise _damaged(file)
        found.append(np.frombuffer(content, "<i8").reshape(-1, 3))
    return np.concatenate(found)


def _damaged(file: Path) -> StoreError:
    return StoreError(
        f"{file}: is damaged or not of this series, so what was published cannot be kept; restore "
        "the folder from a copy, or start a new series: remove it with what it belongs to"
    )


def names(labels: pd.DataFrame, what: str) -> Whole:
    """Names of cells as numbers, from what they count and the labels of their rows.

    Parameters
    ----------
    labels
        One row per cell; text and whole numbers, in any order of columns.
    """
    ordered = labels[sorted(labels.columns, key=str)].astype(str)
    key = hashlib.blake2b(f"{what} {list(ordered.columns)}".encode(), digest_size=8).hexdigest()
    if not len(ordered.columns):
        ordered = pd.DataFrame({"": ["everybody"] * len(labels)})
    hashed = pd.util.hash_pandas_object(ordered, index=False, hash_key=key)
    return hashed.to_numpy().view(np.int64)


def persons_changed(before: Whole, key_before: Whole, after: Whole, key_after: Whole) -> Whole:
    """Fewest persons who came or went, by what counts and sums of record keys allow.

    When n persons went, n + after − before came, and what came to the key lies between what so
    many persons can bring and take.

    >>> one = np.array([7])
    >>> persons_changed(one, one * 900, one + 1, one * 900 + 5).tolist()
    [1]
    >>> persons_changed(one, one * 900, one, one * 900 + 5).tolist()
    [2]
    """
    more, key = after - before, key_after - key_before
    went = np.maximum(0, -more)
    for short in (key - more * LARGEST, more - key):
        went = np.maximum(went, -(-short // (LARGEST - 1)))
    return 2 * went + more


def nearest(of: Editions, cells: Whole) -> tuple[Whole, NDArray[np.bool_]]:
    """For each cell the cell of its name before from which the fewest persons have changed.

    Parameters
    ----------
    cells
        (n, 3) name, count and key.

    Returns
    -------
    (n, 3) the earlier cells, the cells themselves where there is none, and (n,) whether there is.
    """
    known = of.cells[:, 0]
    first, last = (np.searchsorted(known, cells[:, 0], side) for side in ("left", "right"))
    many = last - first
    row = np.repeat(np.arange(len(cells)), many)
    at = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many) + np.repeat(first, many)
    changed = persons_changed(*of.cells[at, 1:].T, *cells[row, 1:].T)
    order = np.lexsort((at, changed, row))
    rows, place = np.unique(row[order], return_index=True)
    found = cells.copy()
    found[rows] = of.cells[at[order][place]]
    return found, many > 0


def kept(before: Whole, cells: Whole, shown_before: Whole, shown: Whole) -> NDArray[np.bool_]:
    """Whether cells keep the number they had: fewer than `min_cell` persons came or went.

    So do those of which the new number would go the other way than the count by more than two:
    with at least so many persons more, 9 and then 5 would leave two possible counts. None keeps a
    number that is further from its count than a new one can be: 0 means none to five.
    """
    least = thresholds().min_cell
    near = abs(shown_before - cells[:, 1]) <= thresholds().counts.largest_change
    few = persons_changed(*before[:, 1:].T, *cells[:, 1:].T) < least
    step = shown - shown_before
    against = (np.sign(step) * np.sign(cells[:, 1] - before[:, 1]) < 0) & (abs(step) > least // 2)
    return np.asarray((few | against) & near)


def note(of: Editions, cells: Whole) -> None:
    """Write down from which cells the edition's numbers follow."""
    content = np.unique(cells, axis=0).astype("<i8").tobytes()
    name = _seal(of.value, content)
    if name in of.noted or not content:
        return
    with disk.locked(of.folder.parent / ".lock"):
        before, files = _record(of.folder, of.value)
        if name not in files:
            # One of very many: a file that was cut because the machine stopped is refused.
            with disk.beside(of.folder / f"{name}{CELLS}", private=True, flush=False) as part:
                part.write_bytes(content)
            _write(of.folder, of.value, before, [*files, name])
    of.noted.update([*files, name])
