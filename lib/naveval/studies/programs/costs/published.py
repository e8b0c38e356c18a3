"""The printed cells of chapter 7 and table 1-1 in one tidy frame.

One row per printed number: label (the document's table), row (programme or case), column,
printed (as in the document, shares in per cent) and half_unit, half of the last digit printed.
A printed dash counts as zero.
"""

from pathlib import Path

import pandas as pd

from naveval.estimators.cost_benefit.inputs import LONGEST_CASES, PROGRAMS
from naveval.project import paths
from naveval.project.errors import ParameterError
from naveval.project.parameters import read_yaml

CELL_COLUMNS = ("label", "row", "column", "printed", "half_unit")
GIVEN = read_yaml(paths.params_dir() / "costs_printed.yml")
UNITS: dict[str, tuple[str, str]] = GIVEN["units"]
"""Column of a printed cell to the format and the unit of its numbers."""
LABELS = (*(f"tbl-7-{number}" for number in range(2, 9)), "tbl-1-1", "text")
TABLE_7_6 = GIVEN["items"]["tbl-7-6"]["file"]
TABLE_7_8 = "table_7_8_maximum_duration"
# Printed in hundreds in table 7-7.
HUNDREDS_7_7 = ("AFT", "Arbeidsrettet rehabilitering")
Cell = tuple[str, str, str, float, float]
CASES = {"ordinary maximum": "ordinary", "maximum with extension": "extended"}
SUBJECTS = (*PROGRAMS, "Alle", *(f"{name}, {case}" for name, case in LONGEST_CASES))
"""Rows of the printed cells: programmes, and cases of table 7-8."""


def files(costs: Path) -> tuple[Path, ...]:
    """The published tables that the reconciliation reads, and the file with the inputs."""
    names = [how["file"] for part in ("wide", "items") for how in GIVEN[part].values()]
    names = sorted([*names, TABLE_7_8])
    return (costs, *(paths.published_dir("programs") / f"{name}.csv" for name in names))


def read(name: str) -> pd.DataFrame:
    """One published table, by file name without ending."""
    file = paths.published_dir("programs") / f"{name}.csv"
    if not file.is_file():
        raise ParameterError(f"{file}: no such published table")
    return pd.read_csv(file)


def cells() -> pd.DataFrame:
    """Every printed number of tables 7-2 to 7-8 and 1-1, and of the text, as `CELL_COLUMNS`."""
    rows = [row for label in GIVEN["wide"] for row in _wide(label)] + _maximum()
    rows += [row for label in GIVEN["items"] for row in _items(label)]
    rows += [("text", *row) for row in GIVEN["text"]]
    rows.sort(key=lambda row: LABELS.index(row[0]))
    return pd.DataFrame(rows, columns=list(CELL_COLUMNS)).astype({"printed": float})


def _wide(label: str) -> list[Cell]:
    how, rows = GIVEN["wide"][label], []
    for _, line in read(how["file"]).iterrows():
        for name, (column, half) in how["columns"].items():
            if pd.isna(line[name]):
                continue
            coarse = label == "tbl-7-7" and line["program"] in HUNDREDS_7_7
            half_unit = 50 if coarse else half
            rows.append((label, line["program"], column, float(line[name]), half_unit))
    return rows


def _items(label: str) -> list[Cell]:
    how = GIVEN["items"][label]
    table, names = read(how["file"]), how["names"]
    return [
        (label, line["program"], names[line["item"]], float(line["value"]), how["half_unit"])
        for _, line in table[table["item"].isin(names)].fillna({"value": 0}).iterrows()
    ]


def _maximum() -> list[Cell]:
    rows = []
    for _, line in read(TABLE_7_8).iterrows():
        case = f"{line['program']}, {CASES[line['duration_case']]}"
        rows.append(("tbl-7-8", case, "months", float(line["max_duration_months"]), 0.5))
        rows.append(("tbl-7-8", case, "net_benefit", float(line["sum_priced_effects_nok"]), 500))
    return rows


def assessments() -> pd.DataFrame:
    """The document's judgement of effects without a price: program, item, value_text."""
    table = read(TABLE_7_6)
    table = table[table["unit"] == "assessment"]
    return table[["program", "item", "value_text"]].reset_index(drop=True)
