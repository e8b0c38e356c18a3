"""The folder of a quarterly series: its editions, and a record that says whether they are whole.

| file | what |
|---|---|
| `published.csv` | the last edition |
| `editions/VERSION.csv` | every edition as it was published |
| `changelog.csv` | what its owner announces, written by hand |
| `disclosure.csv` | what each edition's protection decided |
| `key_fingerprint` | of the secret of the noise: no edition is made with another one |
| `record.json` | settings, editions, what the last one was made from, and a hash of every file |

An update makes the whole folder anew beside the earlier one and changes the two in one step, so
a kill leaves either. Nothing in it is about a person, and nothing in it is used instead of
registers: estimates are made from the registers, or were, by the same code, from the same ones.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from naveval.disclosure import keys
from naveval.disclosure.keys import Secret
from naveval.disclosure.released import LOG_COLUMNS, Released
from naveval.project.errors import DisclosureError, ParameterError, StoreError
from naveval.project.store import make_private, write_text
from naveval.studies.indicator.update import editions

KIND = "naveval: quarterly series of the work indicator"
PUBLISHED, EDITIONS, LOG, RECORD = "published.csv", "editions", "disclosure.csv", "record.json"


@dataclass(frozen=True)
class State:
    """What a store holds.

    Attributes
    ----------
    editions
        Names of the editions, the last one last.
    published
        The last edition; no rows in a new store.
    healed
        Files that were damaged, and what becomes of them.
    """

    editions: tuple[str, ...]
    published: pd.DataFrame
    healed: Mapping[str, str] = field(default_factory=dict)


def require_store(folder: Path) -> None:
    """Refuse a folder that holds something else than a store.

    Raises
    ------
    StoreError
        For a file, or a folder with content that is no store.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise StoreError(f"{folder}: is a file; expected the folder of a store")
    items = {item.name for item in folder.iterdir() if not item.name.startswith(".")}
    kind = _kind(folder)
    half = kind == "" and {EDITIONS, keys.FINGERPRINT} <= items
    if items and kind != KIND and not half:
        raise StoreError(
            f"{folder}: is no store of a quarterly series (it has no {RECORD} of one); expected "
            "such a store, an empty folder, or a new name"
        )


def _kind(folder: Path) -> str:
    """The kind a record names; "" when it cannot be read."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return str(found["kind"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def read(folder: Path, settings: Mapping[str, Any], secret: Secret, *, rebuild: bool) -> State:
    """What the store holds, after a look at every file.

    Parameters
    ----------
    settings
        Parameters that decide what the values are.
    rebuild
        Whether damaged files are made anew from what is whole.

    Raises
    ------
    StoreError
        When files are damaged: names them.
    ParameterError
        When the store was made with other settings.
    DisclosureError
        When it was made with another secret.
    """
    if not folder.is_dir() or not any(folder.glob("[!.]*")):
        return State((), pd.DataFrame(columns=editions.COLUMNS))
    record = _record(folder)
    damaged = _damaged(folder, record)
    if damaged and not rebuild:
        raise StoreError(
            f"{folder}: damaged: {', '.join(damaged)}; run the update again with --rebuild, which "
            "makes anew what can be made from the editions that are whole"
        )
    _require_settings(folder, record, settings)
    _require_secret(folder, record, secret)
    names = tuple(record.get("editions") or _found_editions(folder))
    if not damaged:
        return State(names, editions.read_edition(folder / PUBLISHED))
    return _healed(folder, names, damaged)


def _record(folder: Path) -> dict[str, Any]:
    """The record, empty when it is damaged."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        files, named = found["files"], found["editions"]
        if isinstance(files, dict) and isinstance(named, list):
            return dict(found)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {}


def _damaged(folder: Path, record: Mapping[str, Any]) -> list[str]:
    """Files that are not what the record says; those that cannot be read, when it is damaged."""
    if record:
        files: dict[str, str] = record["files"]
        return [name for name, value in sorted(files.items()) if _hash(folder / name) != value]
    try:
        editions.read_edition(folder / PUBLISHED)
    except StoreError:
        return [PUBLISHED, RECORD]
    return [RECORD]


def _hash(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def _require_settings(folder: Path, record: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    before = record.get("settings", settings)
    other = [
        f"{name}: {before.get(name)!r} in the store, {value!r} now"
        for name, value in settings.items()
        if before.get(name) != value
    ]
    if other:
        raise ParameterError(f"{folder}: made with other settings; {'; '.join(other)}")


def _require_secret(folder: Path, record: Mapping[str, Any], secret: Secret) -> None:
    """The fingerprint of the store, or of its record where the file is damaged."""
    file = folder / keys.FINGERPRINT
    own = f"{secret.fingerprint}\n"
    written = record.get("files", {}).get(keys.FINGERPRINT, _hash(file))
    if written != hashlib.sha256(own.encode()).hexdigest():
        raise DisclosureError(
            f"{file}: earlier editions were made with another secret; name that one in "
            f"{keys.SECRET}, or start a new series in another folder"
        )


def _found_editions(folder: Path) -> list[str]:
    """Editions that lie in the store, by their last month: for a store without its record."""
    last = {}
    for file in (folder / EDITIONS).glob("*.csv"):
        try:
            last[file.stem] = (editions.read_edition(file)["month"].max(), file.stem)
        except StoreError:
            continue
    return sorted(last, key=lambda name: last[name])


def _healed(folder: Path, names: tuple[str, ...], damaged: list[str]) -> State:
    """The state without what is damaged: the last edition lies in the store twice."""
    twice = names[-1:] if PUBLISHED not in damaged else ()
    lost = [name for name in names if _edition(name) in damaged and name not in twice]
    kept = tuple(name for name in names if name not in lost)
    source = PUBLISHED if PUBLISHED not in damaged else _edition(kept[-1]) if kept else ""
    told = dict.fromkeys(damaged, "made anew")
    told |= {_edition(name): "lost; what it alone published is not compared" for name in lost}
    if PUBLISHED in damaged:
        told[PUBLISHED] = f"made anew from {source}" if source else "lost"
    table = pd.DataFrame(columns=editions.COLUMNS)
    return State(kept, editions.read_edition(folder / source) if source else table, told)


def _edition(name: str) -> str:
    return f"{EDITIONS}/{name}.csv"


def write(
    made: Path,
    folder: Path,
    state: State,
    released: Released,
    version: str,
    made_from: str,
    settings: Mapping[str, Any],
    secret: Secret,
) -> None:
    """Make the store's next state in the folder `made`, from the one in `folder`."""
    if folder.exists():
        shutil.copytree(folder, made)
    make_private(made)
    make_private(made / EDITIONS)
    for left in (made / EDITIONS).glob("*.csv"):
        if left.stem not in state.editions:
            left.unlink()
    texts = {_edition(version): released.frame.to_csv(index=False)}
    texts[PUBLISHED] = texts[_edition(version)]
    if state.healed and state.editions:
        texts = {_edition(state.editions[-1]): state.published.to_csv(index=False)} | texts
    texts[LOG] = _log(made, state, released, version)
    texts[keys.FINGERPRINT] = f"{secret.fingerprint}\n"
    for name, text in texts.items():
        write_text(made / name, text, private=True)
    named = [*(name for name in state.editions if name != version), version]
    files = [PUBLISHED, LOG, keys.FINGERPRINT, *map(_edition, named)]
    record = {
        "kind": KIND,
        "settings": dict(settings),
        "editions": named,
        "made_from": made_from,
        "files": {name: _hash(made / name) for name in files},
    }
    write_text(made / RECORD, json.dumps(record, indent=1), private=True)


def _log(made: Path, state: State, released: Released, version: str) -> str:
    """The log of the store with this edition's decision."""
    line = released.log.assign(label=version).to_csv(index=False, header=False)
    file = made / LOG
    if not state.editions or LOG in state.healed:
        return ",".join(LOG_COLUMNS) + "\n" + line
    earlier = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(kept for kept in earlier if not kept.startswith(f"{version},")) + line
