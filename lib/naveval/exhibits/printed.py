"""Printed numbers: `published.yml` maps a document's CSVs to exhibits, one join compares.

An entry of the file, per exhibit or list of entries:

    tbl-1:
      file: table_1.csv
      keys:                       # every key of the exhibit: a column, with its codes, or one code
        group: {column: recipient_group, codes: {Dagpengemottakere: with}}
        outcome: stock
      value: {columns: [row, area], codes: {Før Hedmark: treated_before}}    # or one value
      numbers: {printed: value, low: ci_low_95}      # names here to columns there
      leave_out: {category: [Ukjent alder]}          # rows of no exhibit: a column and its texts
      scale: 0.01                 # optional: printed in per cent, here a share
      sum: true                   # optional: rows of the same keys are parts of one number
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from naveval.exhibits.declare import PARTS, Report
from naveval.exhibits.protect import HIDDEN, Drawn, Public
from naveval.exhibits.reader import Reader
from naveval.project import catalogue, folders, parameters, paths
from naveval.project.errors import ParameterError
from naveval.registers import simulation

FILE = "published.yml"
REASONS = "distances.yml"
NUMBER = "printed"
PERSONS = "persons"
NEAR, FAR = 10.0, 25.0
"""Per cent from the printed number that is near, and that asks for a reason."""
SURE = 0.995


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
    for column, texts in entry.get("leave_out", {}).items():
        raw = raw[~_column(raw, column, where).isin(texts)]
    found = pd.DataFrame({"label": label, "value": _coded(raw, entry["value"], where)})
    for key, how in entry["keys"].items():
        found[key] = _coded(raw, how, where)
    for name, column in entry["numbers"].items():
        found[name] = _column(raw, column, where)
    found = found.dropna(subset=["value"]).reset_index(drop=True)
    found[NUMBER] = pd.to_numeric(found[NUMBER])
    if "scale" in entry:
        found[NUMBER] = (found[NUMBER] * entry["scale"]).round(6)
    if entry.get("sum"):
        names = ["label", "value", *entry["keys"]]
        found = found.groupby(names, sort=False, as_index=False)[[*entry["numbers"]]].sum()
    return found


def _coded(raw: pd.DataFrame, how: Any, where: str) -> pd.Series:
    """A column in codes: a code for all rows, or a column (or several) with a code for each text.

    Rows without a code are left out for values, and an error for keys.
    """
    if isinstance(how, str):
        return pd.Series(how, index=raw.index)
    names = how["columns"] if "columns" in how else [how["column"]]
    text = _column(raw, names[0], where).map(str)
    for name in names[1:]:
        text = text + " " + _column(raw, name, where).map(str)
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


def distances(study: str, folders: Sequence[Path]) -> pd.DataFrame:
    """Every number of simulated runs that the document prints too, and how far they are apart.

    Numbers made from published inputs are left out, for they are no simulated cells, and so are
    exhibits that show the numbers of others again (`repeats` of `simulate/distances.yml`). Numbers
    of persons are those that full size would have. Of several runs, with other seeds, the mean is
    compared. A reason that says chance holds only where the number lies from the printed one by no
    more than chance explains (99 per cent): between the runs (Student's t), for one run by the
    estimate's standard error where it has one.

    Parameters
    ----------
    folders
        Result folders of finished runs with the same parameters but for the seed.

    Returns
    -------
    label, value, the keys in use, estimate, printed, distance (per cent of the printed number,
    beyond what its decimals leave open), spread (standard deviation between the runs, missing
    for one) and reason (of `simulate/distances.yml`, or "").

    Raises
    ------
    ParameterError
        For a folder without estimates, of another study or named twice, and for estimates without
        printed numbers beside them.
    """
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise ParameterError("--folder: the same folder twice; expected runs of several seeds")
    found = pd.concat([_beside_printed(study, folder) for folder in folders], ignore_index=True)
    keys = found.columns[2:-3].drop("method", errors="ignore")
    used = [name for name in keys if found[name].ne("").any()]
    rows = ["label", "value", *used]
    grouped = found.groupby(rows, sort=False)
    table = grouped.agg(
        estimate=("estimate", "mean"),
        spread=("estimate", "std"),
        error=("std_error", "first"),
        printed=(NUMBER, "first"),
    ).reset_index()
    gap, last = _gap(table)
    table["distance"] = 100 * gap / table[NUMBER].abs().clip(lower=last)
    n = grouped["estimate"].size().to_numpy()
    from scipy import special  # takes a fifth of a second, and rendering asks nothing here

    between = special.stdtrit(np.maximum(n - 1, 1), SURE) * table["spread"] / np.sqrt(n)
    explained = between.fillna(special.ndtri(SURE) * table["error"])
    table["chance"] = explained.isna() | (gap <= explained)
    given = _told(study, "reasons")
    table["reason"] = [_reason(row, given) for row in table.to_dict("records")]
    return table[[*rows, "estimate", NUMBER, "distance", "spread", "reason"]]


def _beside_printed(study: str, folder: Path) -> pd.DataFrame:
    """A run's simulated numbers: label, value, keys, estimate, std_error and printed."""
    file, about = folder / "estimates.csv", folder / "manifest.json"
    if not file.exists():
        raise ParameterError(f"{file}: no such file; finish a run first: naveval run {study}")
    told = json.loads(about.read_text(encoding="utf-8")) if about.exists() else {}
    made = told.get("study", study)
    if made != study:
        raise ParameterError(f"{folder}: a run of {made}; expected one of {study}")
    found = pd.read_csv(file, dtype=str, keep_default_na=False)
    for name in ("estimate", "std_error", "published"):
        found[name] = pd.to_numeric(found[name])
    if "unit" in found:
        whole = found["unit"].str.startswith(PERSONS)
        found["estimate"] = found["estimate"].where(~whole, found["estimate"] / _size(folder))
    found = found[~found["label"].isin({*_not_simulated(study), *_told(study, "repeats")})]
    found = found.dropna(subset=["estimate", "published"])
    if not len(found):
        raise ParameterError(f"{file}: no printed numbers beside; expected a run of the document's")
    keys = found.columns[found.columns.get_loc("value") + 1 : found.columns.get_loc("estimate")]
    found = found.rename(columns={"published": NUMBER})
    return found[["label", "value", *keys, "estimate", "std_error", NUMBER]]


def _size(folder: Path) -> float:
    """Size of the registers that a run was made with, full size being 1."""
    file = folder / "manifest.json"
    given = json.loads(file.read_text(encoding="utf-8"))["parameters"] if file.exists() else {}
    named = given.get("data", "")
    data = folders.find(named) if named else None
    if data:
        given = (simulation.read_truth(data) or {}).get("settings", {})
    return float(given.get("scale", 1))


def _not_simulated(study: str) -> set[str]:
    """Labels of exhibits that no register stands behind."""
    if not catalogue.has(study, "report"):
        return set()
    report: Report = catalogue.module(study, "report").REPORT
    return {one.label for one in report.exhibits if isinstance(one.protect, Public | Drawn)}


def _gap(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Gap to the printed number less half of its last decimal, and that decimal's unit.

    The unit is a printed zero's size.
    """
    text = table[NUMBER].map(lambda number: f"{number:.6f}".rstrip("0"))
    decimals = text.str.split(".").str[1].str.len()
    last = 10.0 ** -decimals.groupby([table["label"], table["value"]]).transform("max")
    return ((table["estimate"] - table[NUMBER]).abs() - last / 2).clip(lower=0), last


def _told(study: str, what: str) -> list[Any]:
    """What the study tells of its distances.

    `reasons`, each with the keys of the cells it is about and perhaps `chance: true`, or
    `repeats`, labels of exhibits that show again what others show.
    """
    file = file_of(study).parent / "simulate" / REASONS
    return list(parameters.read_yaml(file).get(what, [])) if file.exists() else []


def _reason(row: Mapping[Any, Any], reasons: list[dict[str, Any]]) -> str:
    """The first reason that fits; one that says chance fits only what chance explains."""
    for given in reasons:
        keys = {name: key for name, key in given.items() if name not in ("reason", "chance")}
        holds = row["chance"] or not given.get("chance", False)
        if holds and all(row.get(name) == key for name, key in keys.items()):
            return str(given["reason"])
    return ""


def distances_text(found: pd.DataFrame) -> str:
    """Shares within 10 and 25 per cent by exhibit, and every cell: those beyond with the reason."""
    given = found.assign(near=found["distance"] <= NEAR, far=found["distance"] <= FAR)
    lines = [f"{'exhibit':<14}{'cells':>7}{'within 10 %':>13}{'within 25 %':>13}"]
    for label, part in [*given.groupby("label", sort=False), ("all", given)]:
        shares = f"{100 * part['near'].mean():>13.1f}{100 * part['far'].mean():>13.1f}"
        lines.append(f"{label!s:<14}{len(part):>7}{shares}")
    keys = list(found.columns[:-5])
    for title, part in (
        (f"beyond {FAR:g} %:", given[~given["far"]]),
        (f"within {FAR:g} %:", given[given["far"]]),
    ):
        lines += [title, *(_cell(row, keys) for row in part.to_dict("records"))]
    return "\n".join(lines)


def _cell(row: Mapping[Any, Any], keys: Sequence[str]) -> str:
    """A cell in words, with the reason where it is far off."""
    spread = "" if np.isnan(row["spread"]) else f" (spread {row['spread']:.2g})"
    reason = "" if row["far"] else f": {row['reason'] or 'no reason given'}"
    return (
        " ".join(str(row[name]) for name in keys if row[name])
        + f": {row['estimate']:.4g}{spread} for {row[NUMBER]:.4g} ({row['distance']:.0f} %){reason}"
    )
