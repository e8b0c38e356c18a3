"""A report of its sections, and the appendix every report has: parameters, data, versions."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from naveval.exhibits import manifest
from naveval.exhibits.declare import Codes, Exhibit, Report, Results, Sentence, Value
from naveval.exhibits.protect import Public
from naveval.project import provenance

CODES: dict[str, Codes] = {"name": str, "table": str, "file": str, "package": str}
"""The keys of the appendix name themselves."""


def report(study: str, sections: Iterable[ModuleType], **more: Any) -> Report:
    """A report of sections in their order, and the appendix; `more` as for `Report`.

    Parameters
    ----------
    sections
        Modules with `EXHIBITS`, `SENTENCES` or both.
    """
    shown: list[Exhibit[Any]] = []
    said: list[Sentence] = []
    for section in sections:
        shown += getattr(section, "EXHIBITS", ())
        said += getattr(section, "SENTENCES", ())
    return Report(study, (*shown, *exhibits(study)), tuple(said), **more)


def parameter_rows(results: Results) -> pd.DataFrame:
    """The run's parameters; what each means is named in the texts."""
    given = results.parameters.model_dump(mode="json")
    rows = [(name, shown(name, value), name) for name, value in given.items()]
    return pd.DataFrame(rows, columns=["name", "value", "meaning"])


def data_rows(study: str, results: Results) -> pd.DataFrame:
    """The register tables read: rows to the nearest ten and the first part of their hash."""
    found = manifest.data_fingerprint(study, results.parameters)
    rows = [(name, entry["rows"], entry["sha256"][:12]) for name, entry in found.items()]
    return pd.DataFrame(rows, columns=["table", "rows", "hash"])


def file_rows(used: Sequence[Path]) -> pd.DataFrame:
    """Published tables and other files read: name and the first part of the hash."""
    rows = [(file.name, provenance.file_hash(file)[:12]) for file in used]
    return pd.DataFrame(rows, columns=["file", "hash"])


def version_rows(_: Results) -> pd.DataFrame:
    """Versions of Python and packages, and of the project itself."""
    found = {**manifest.versions(), "git": manifest.git_commit()[:12]}
    return pd.DataFrame(found.items(), columns=["package", "version"])


def exhibits(study: str) -> tuple[Exhibit[Any], ...]:
    """The appendix's tables of parameters, data and versions."""
    text = Value("text")
    return (
        _plain("tbl-parameters", parameter_rows, {"value": text, "meaning": Value("parameter")}),
        _plain(
            "tbl-data",
            partial(data_rows, study),
            {"rows": Value("int", source="design"), "hash": text},
        ),
        _plain("tbl-versions", version_rows, {"version": text}),
    )


def file_table(used: Callable[[Any], Sequence[Path]]) -> Exhibit[Any]:
    """The table of published tables and other files that a run reads."""
    return _plain("tbl-files", lambda results: file_rows(used(results)), {"hash": Value("text")})


SOURCES = {
    "tbl-parameters": ("name", "the run's parameters"),
    "tbl-data": ("table", "row counts of whole register tables"),
    "tbl-files": ("file", "names and hashes of files"),
    "tbl-versions": ("package", "package versions"),
}


def _plain(
    label: str, data: Callable[[Any], pd.DataFrame], values: dict[str, Value]
) -> Exhibit[Any]:
    key, source = SOURCES[label]
    return Exhibit(label, data, (key,), values, Public(source, registers=label == "tbl-data"))


def shown(name: str, value: Any) -> str:
    """A parameter's value as it is shown; no parts named means all of them.

    >>> shown("base3", [["2017-12", "2019-11"], ["2022-04", "2024-03"]])
    '2017-12 til 2019-11, 2022-04 til 2024-03'
    """
    if isinstance(value, list):
        told = [" til ".join(one) if isinstance(one, list) else str(one) for one in value]
        return ", ".join(told) or ("alle" if name == "parts" else "–")
    if isinstance(value, bool):
        return "ja" if value else "nei"
    return "etter dataene" if value is None else str(value) if value != "" else "–"
