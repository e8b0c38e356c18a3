"""Values on disk without pickle: JSON for their structure, npy and Arrow for what is large.

A file is a zip archive, whose checksums tell damage. Reading one runs no code besides the
constructors of this package's own dataclasses and models.

The key of a kept result is equal when everything that decides it is equal.
"""

import dataclasses
import hashlib
import io
import json
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import BaseModel

from naveval.project import provenance
from naveval.project.errors import ParameterError

STRUCTURE = "value.json"
COMPRESSED = pa.ipc.IpcWriteOptions(compression="zstd")
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    ImportError,
    pa.ArrowException,
)
"""What reading a damaged file can raise."""


def dump(value: Any, file: Path) -> None:
    """Write a value.

    Raises
    ------
    ParameterError
        For a value of a kind that cannot be read back as it was.
    """
    with zipfile.ZipFile(file, "w") as archive:
        node = _Writer(archive).node(value)
        archive.writestr(STRUCTURE, json.dumps(node))


def load(file: Path) -> Any:
    """Read a value that `dump` wrote; one of `DAMAGED` when that is not possible."""
    with zipfile.ZipFile(file) as archive:
        return _read(archive, json.loads(archive.read(STRUCTURE)))


class _Writer:
    """Writes parts of a value to an archive, numbered in order."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.parts = 0

    def node(self, value: Any) -> Any:
        """JSON for a value: itself when it is simple, else [kind, content …]."""
        if value is None or type(value) in (bool, int, float, str):
            return value
        for kinds, write in self._writers():
            if isinstance(value, kinds):
                return write(value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            own = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
            return ["object", _named(type(value)), self._items(own)]
        raise ParameterError(f"store: a result of type {type(value).__name__} cannot be kept")

    def _writers(self) -> list[tuple[Any, Callable[[Any], list[Any]]]]:
        return [
            (BaseModel, lambda v: ["model", _named(type(v)), self._items(v.model_dump())]),
            (pd.DataFrame, self._frame),
            (pd.Series, lambda v: ["series", self.node(v.name), self._frame(_as_frame(v))]),
            (np.ndarray, self._array),
            (_sparse_arrays(), self._sparse),
            (np.generic, lambda v: ["scalar", self._array(np.asarray(v))]),
            (pd.Timestamp, lambda v: ["timestamp", v.isoformat()]),
            (date, lambda v: ["date", v.isoformat()]),
            (Mapping, lambda v: ["dict", self._items(v)]),
            (tuple, lambda v: ["tuple", [self.node(item) for item in v]]),
            (list, lambda v: ["list", [self.node(item) for item in v]]),
            (frozenset, lambda v: ["frozenset", [self.node(item) for item in sorted(v)]]),
            (set, lambda v: ["set", [self.node(item) for item in sorted(v)]]),
        ]

    def _items(self, value: Mapping[Any, Any]) -> list[list[Any]]:
        return [[self.node(name), self.node(item)] for name, item in value.items()]

    def _array(self, value: np.ndarray) -> list[Any]:
        if value.dtype.hasobject:
            return ["objects", list(value.shape), [self.node(item) for item in value.ravel()]]
        stream = io.BytesIO()
        np.save(stream, value, allow_pickle=False)
        return ["array", self._part("npy", stream)]

    def _sparse(self, value: Any) -> list[Any]:
        parts = (value.data, value.indices, value.indptr)
        return ["sparse", [self._array(part) for part in parts], list(value.shape)]

    def _frame(self, value: pd.DataFrame) -> list[Any]:
        """A frame as Arrow, which must give the same frame back."""
        stream = io.BytesIO()
        try:
            table = pa.Table.from_pandas(value)
            # One batch, also when there are no rows: categories go with it.
            columns = [column.combine_chunks() for column in table.columns]
            batch = pa.RecordBatch.from_arrays(columns, schema=table.schema)
            with pa.ipc.new_file(stream, batch.schema, options=COMPRESSED) as writer:
                writer.write_batch(batch)
            pd.testing.assert_frame_equal(_frame(stream.getvalue()), value, check_exact=True)
        except (pa.ArrowException, ValueError, TypeError, AssertionError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ParameterError(f"store: a frame cannot be kept as Arrow: {reason}") from None
        return ["frame", self._part("arrow", stream)]

    def _part(self, suffix: str, stream: io.BytesIO) -> str:
        name = f"{self.parts}.{suffix}"
        self.parts += 1
        self.archive.writestr(name, stream.getbuffer())
        return name


def _as_frame(value: pd.Series) -> pd.DataFrame:
    return value.rename("value").to_frame()


def _frame(content: bytes) -> pd.DataFrame:
    return pa.ipc.open_file(pa.BufferReader(content)).read_pandas()


def _named(kind: type) -> str:
    if not kind.__module__.startswith("naveval.") or "<" in kind.__qualname__:
        raise ParameterError(f"store: a result of type {kind.__name__} cannot be kept")
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(name: str) -> Any:
    module, _, qualified = name.partition(":")
    if not module.startswith("naveval."):
        raise ValueError(f"{name}: not of this package")
    found: Any = import_module(module)
    for part in qualified.split("."):
        found = getattr(found, part)
    return found


def _read(archive: zipfile.ZipFile, node: Any) -> Any:
    if not isinstance(node, list):
        return node
    kind, *content = node
    return _READERS[kind](archive, *content)


def _items(archive: zipfile.ZipFile, pairs: list[list[Any]]) -> dict[Any, Any]:
    return {_read(archive, name): _read(archive, item) for name, item in pairs}


def _sequence(make: Callable[[Any], Any]) -> Callable[[zipfile.ZipFile, list[Any]], Any]:
    return lambda archive, nodes: make([_read(archive, item) for item in nodes])


def _objects(archive: zipfile.ZipFile, shape: list[int], nodes: list[Any]) -> np.ndarray:
    flat = np.empty(len(nodes), dtype=object)
    for place, item in enumerate(nodes):
        flat[place] = _read(archive, item)
    return flat.reshape(shape)


def _sparse_arrays() -> tuple[type, ...]:
    """The type of sparse arrays; none where nothing has made one, for scipy is slow to load."""
    loaded = sys.modules.get("scipy.sparse")
    return (loaded.csr_array,) if loaded else ()


def _sparse(archive: zipfile.ZipFile, parts: list[Any], shape: list[int]) -> Any:
    from scipy.sparse import csr_array

    data, indices, starts = (_read(archive, part) for part in parts)
    return csr_array((data, indices, starts), shape=tuple(shape))


def _series(archive: zipfile.ZipFile, name: Any, frame: Any) -> pd.Series:
    return _read(archive, frame)["value"].rename(_read(archive, name))


_READERS: Mapping[str, Callable[..., Any]] = {
    "object": lambda archive, name, pairs: _class(name)(**_items(archive, pairs)),
    "model": lambda archive, name, pairs: _class(name).model_validate(_items(archive, pairs)),
    "frame": lambda archive, name: _frame(archive.read(name)),
    "series": _series,
    "array": lambda archive, name: np.load(io.BytesIO(archive.read(name)), allow_pickle=False),
    "objects": _objects,
    "sparse": _sparse,
    "scalar": lambda archive, node: _read(archive, node)[()],
    "timestamp": lambda archive, text: pd.Timestamp(text),
    "date": lambda archive, text: date.fromisoformat(text),
    "dict": _items,
    "tuple": _sequence(tuple),
    "list": _sequence(list),
    "set": _sequence(set),
    "frozenset": _sequence(frozenset),
}


FORMAT = 2
"""Of what lies on disk; results written in another one are not found."""


def key(content: Mapping[str, Any], code: Iterable[str | ModuleType]) -> str:
    """Hash of what a result is made from.

    Parameters
    ----------
    content
        Data (as fingerprints) and parameters: text, numbers, dates, paths, pydantic models,
        dataclasses, and lists, tuples, sets and mappings of them.
    code
        Modules that compute it, by name or module. What they import, the files of the project
        they read, the libraries they use and the environment follow from them.

    Raises
    ------
    ParameterError
        For content that cannot be compared between runs, or no module named.
    """
    modules = list(code)
    if not modules:
        raise ParameterError("store: expected the modules that compute the result")
    made_from = {"format": FORMAT, "content": plain(content), **provenance.made_with(modules)}
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:24]


def plain(value: Any) -> Any:
    """Content as JSON would hold it, equal for equal content in every process.

    Raises
    ------
    ParameterError
        For a value whose text can differ between runs (an object, a function, a frame).
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, date | Path):
        return str(value)
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain({f.name: getattr(value, f.name) for f in dataclasses.fields(value)})
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=json.dumps)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise ParameterError(f"store: a key of type {type(value).__name__} cannot be compared")
