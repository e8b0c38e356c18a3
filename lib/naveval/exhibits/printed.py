"""Printed numbers: `published.yml` maps a document's CSVs to exhibits, one join compares.

An entry of the file, per exhibit or list of entries:

    tbl-1:
      file: table_1.csv
      keys:                       # every key of the exhibit: a column, with its codes, or one code
        group: {column: recipient_group, codes: {Dagpengemottakere: with}}
        outcome: stock
      value: {columns: [row, area], codes: {Før Hedmark: treated_before}}    # or one value
      numbers: {printed: value, low: ci_low_95}      # names here to columns there
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from naveval.exhibits.declare import PARTS
from naveval.exhibits.protect import HIDDEN
from naveval.exhibits.reader import Reader
from naveval.project import parameters, paths
from naveval.project.errors import ParameterError

FILE = "published.yml"
NUMBER = "printed"


def file_of(study: str) -> Path:
    """Where a study maps its document's tables."""
    return Path(__file__).parent.parent / "studies" / study / FILE


def read(study: str) -> pd.DataFrame:
    """Every printed number: label, value, the exhibits' keys, printed, and further columns.

    Raises
    ------
    ParameterError
        Naming the entry, for a file, column or code that is not there.
    """
    if not file_of(study).exists():
        return pd.DataFrame(columns=["label", "value", NUMBER])
    entries = parameters.read_yaml(file_of(study))
    parts = [
        _entry(study, label, entry)
        for label, given in entries.items()
        for entry in (given if isinstance(given, list) else [given])
    ]
    return pd.concat(parts, ignore_index=True)


def _entry(study: str, label: str, entry: Mapping[str, Any]) -> pd.DataFrame:
    where, source = f"{FILE} of {study}, {label}", paths.published_dir(study) / entry["file"]
    try:
        raw = pd.read_csv(source)
    except FileNotFoundError:
        raise ParameterError(f"{where}: {source}: no such file with published numbers") from None
    found = pd.DataFrame({"label": label, "value": _coded(raw, entry["value"], where)})
    for key, how in entry["keys"].items():
        found[key] = _coded(raw, how, where)
    for name, column in entry["numbers"].items():
        found[name] = _column(raw, column, where)
    return found.dropna(subset=["value"]).reset_index(drop=True)


def _coded(raw: pd.DataFrame, how: Any, where: str) -> pd.Series:
    """A column in codes: a code for all rows, or a column (or several) with a code for each text.

    Rows without a code are left out for values, and an error for keys.
    """
    if isinstance(how, str):
        return pd.Series(how, index=raw.index)
    names = how["columns"] if "columns" in how else [how["column"]]
    text = _column(raw, names[0], where).astype(str)
    for name in names[1:]:
        text = text + " " + _column(raw, name, where).astype(str)
    coded = text.map({str(k): v for k, v in how["codes"].items()}) if "codes" in how else text
    if "column" in how and coded.isna().any():
        raise ParameterError(f"{where}: no code for «{text[coded.isna()].iloc[0]}»")
    return coded


def _column(raw: pd.DataFrame, name: str, where: str) -> pd.Series:
    if name not in raw:
        raise ParameterError(f"{where}: no column {name}; there are {', '.join(raw.columns)}")
    return raw[name]


def compare(reader: Reader) -> pd.DataFrame:
    """Every printed number with the run's own beside it, where both are known.

    Returns
    -------
    label, value, keys, estimate and its parts, printed and further printed columns,
    difference, hidden (the run's own is not shown).
    """
    parts = []
    given = read(reader.report.study)
    for label, own in given.groupby("label", sort=False):
        exhibit, released = reader.report.exhibit(str(label)), reader.released(str(label))
        keys = list(exhibit.keys)
        for name, printed in own.groupby("value", sort=False):
            value = exhibit.values[str(name)]
            columns = {"estimate": value.of or str(name)}
            columns |= {to: getattr(value, p) for p, to in PARTS.items() if getattr(value, p)}
            mine = released.frame[keys].astype(str)
            for to, column in columns.items():
                mine[to] = released.frame[column]
            mine[HIDDEN] = released.suppressed[columns["estimate"]]
            mine["order"] = range(len(mine))
            parts.append(mine.merge(printed, on=keys))
    found = pd.concat(parts, ignore_index=True).dropna(subset=[NUMBER])
    return found.assign(difference=found["estimate"] - found[NUMBER])
