"""The key of a kept result: equal when everything that decides the result is equal."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from pydantic import BaseModel

from naveval.project import provenance
from naveval.project.errors import ParameterError

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
