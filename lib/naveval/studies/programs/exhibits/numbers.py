"""Every number shown in parts 1 to 3 as tidy rows, beside the printed number where there is one.

Read from the data of the tables and figures as they were written, so that nothing enters the
estimates that disclosure control has not let through. Effects and their inference have rows of
their own, see `programs.exhibits.rows`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from naveval.exhibits.output import Output
from naveval.studies.programs import published as programs_published
from naveval.studies.programs.codes import ARMS

CODES = "names"


@dataclass(frozen=True)
class Exhibit:
    """Where the numbers of a table or figure are.

    Attributes
    ----------
    keys
        Column of the estimates (row, column, group, horizon) to column of the data.
    values
        Column of the data to the name and unit of the number.
    count
        Column with the persons behind a row; a mapping by value column where they differ.
    published
        Column of the data to the column with the printed number.
    time
        What stands before the horizon, for example "month".
    total
        Key over which the shown numbers are summed too, under "all"; "" for none.
    """

    keys: Mapping[str, str]
    values: Mapping[str, tuple[str, str]]
    count: str | Mapping[str, str] = "n"
    published: Mapping[str, str] = field(default_factory=dict)
    time: str = "month"
    total: str = ""


_PERCENT = "percent"
_GROUPS = {"row": "characteristic", "column": "category"}
_FIRST = {group: (group, _PERCENT) for group in ("standard", "situational", "special")}
_FIRST_N = {group: f"n_{group}" for group in _FIRST}
_FIRST_PRINTED = {group: f"published_{group}" for group in _FIRST}
_SIZES = {group: (group, "persons") for group in (*_FIRST, "n")}


def _balance(arms: Sequence[str]) -> Exhibit:
    numbers = range(1, len(arms) + 1)
    values = {f"treated_{i}": (f"treated, {arms[i - 1]}", _PERCENT) for i in numbers}
    values |= {f"control_{i}": (f"weighted control, {arms[i - 1]}", _PERCENT) for i in numbers}
    values |= {f"smd_{i}": (f"smd, {arms[i - 1]}", "standard deviations") for i in numbers}
    return Exhibit(_GROUPS, values, {name: f"n_{name.rsplit('_', 1)[1]}" for name in values})


EFFECTS = {
    "tbl-county": Exhibit(
        {"group": "arm"},
        {
            "place": ("county", "months"),
            "place_error": ("county, standard error", "months"),
            "rest": ("rest of the country", "months"),
            "difference": ("difference", "months"),
            "difference_error": ("difference, standard error", "months"),
            "p": ("p of the difference", "p"),
        },
    ),
    "tbl-flow": Exhibit({"row": "step"}, {"n": ("persons", "persons")}),
    "tbl-6-1": Exhibit({"row": "months"}, _FIRST, _FIRST_N, _FIRST_PRINTED),
    "tbl-6-2": Exhibit({"row": "status"}, _FIRST, _FIRST_N, _FIRST_PRINTED),
    "tbl-6-3": Exhibit({"group": "arm"}, _SIZES, published={"n": "published"}),
    "tbl-6-4": Exhibit({"row": "covariate"}, {"mean": ("mean", "as measured")}),
    "tbl-6-6": Exhibit(
        {"group": "program"},
        {"early": ("starts_0_11", "persons"), "late": ("starts_12_23", "persons")},
        {"early": "early", "late": "late"},
        {"early": "published_early", "late": "published_late"},
    ),
    "tbl-b-3": Exhibit(
        {"group": "arm"}, {"followed": ("followed", _PERCENT)}, published={"followed": "published"}
    ),
    "tbl-b-4": _balance(ARMS[:4]),
    "tbl-b-5": _balance(ARMS[4:8]),
    "tbl-b-6": _balance(ARMS[8:]),
    "tbl-b-7": Exhibit({"group": "arm"}, _SIZES, published={"n": "published"}),
    "tbl-b-8": Exhibit(
        _GROUPS,
        {
            f"percent_{i}": (sample, "percent or months")
            for i, sample in enumerate(programs_published.AFT_SAMPLES, start=1)
        },
        {f"percent_{i}": f"n_{i}" for i in (1, 2, 3)},
    ),
    "tbl-overlap": Exhibit(
        {"group": "arm"},
        {
            "near_1": ("propensity below 0.001", "persons"),
            "near_10": ("propensity below 0.01", "persons"),
            "n_clipped": ("clipped", "persons"),
            "n_trimmed": ("trimmed", "persons"),
            "effective_treated": ("effective treated", "persons"),
            "effective_controls": ("effective controls", "persons"),
        },
        "n_treated",
    ),
    "tbl-confounding": Exhibit(
        {"group": "arm"},
        {
            "lower": ("lower bound", "months"),
            "upper": ("upper bound", "months"),
            "rv": ("robustness value", "share"),
            "rv_ci": ("robustness value, interval", "share"),
        },
    ),
    "tbl-clip": Exhibit(
        {"row": "clip", "column": "trim", "group": "arm"},
        {"att": ("att", "months"), "ate": ("ate", "months")},
    ),
    "fig-6-1": Exhibit(
        {"group": "arm", "horizon": "month"},
        {
            "treated": ("treated in work", _PERCENT),
            "control": ("weighted control in work", _PERCENT),
        },
    ),
    "fig-balance": Exhibit(
        {"row": "covariate", "group": "arm"},
        {
            "smd_raw": ("smd before weighting", "standard deviations"),
            "smd_weighted": ("smd after weighting", "standard deviations"),
        },
    ),
    "fig-overlap": Exhibit(
        {"row": "bin", "group": "arm"},
        {"treated": ("treated", _PERCENT), "control": ("control", _PERCENT)},
    ),
}


def rows(output: Output, exhibits: Mapping[str, Exhibit]) -> pd.DataFrame:
    """Tidy rows of the exhibits this run has shown; suppressed numbers are left out."""
    codes = _codes(output.texts[CODES]["labels"])
    found = [
        part
        for label, exhibit in exhibits.items()
        if (part := _rows(output, label, exhibit, codes)) is not None
    ]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _codes(labels: Mapping[str, str]) -> dict[str, str]:
    """Code of each text of the tables; codes without a prefix before those with one."""
    own = {text: code for code, text in labels.items() if "-" not in code}
    rest = {text: code.split("-", 1)[1] for code, text in labels.items() if "-" in code}
    return rest | own


def _rows(
    output: Output, label: str, exhibit: Exhibit, codes: Mapping[str, str]
) -> pd.DataFrame | None:
    folder = "figures" if label.startswith("fig") else "tables"
    file = output.folder / folder / f"{label}.csv"
    if not file.exists():
        return None
    data = pd.read_csv(file, dtype=str, keep_default_na=False)
    keys = {
        target: data[column].map(lambda text: codes.get(text, text))
        if target in ("row", "column")
        else data[column]
        for target, column in exhibit.keys.items()
    }
    if "horizon" in keys:
        keys["horizon"] = exhibit.time + " " + keys["horizon"].str.removesuffix(".0")
    parts = []
    for column, (outcome, unit) in exhibit.values.items():
        if column not in data:
            continue
        count = exhibit.count if isinstance(exhibit.count, str) else exhibit.count[column]
        part = pd.DataFrame(keys)
        part["estimate"] = _numbers(data, column)
        part["n_persons"] = _numbers(data, count)
        part["published"] = _numbers(data, exhibit.published.get(column, ""))
        parts.append(part.assign(label=label, outcome=outcome, unit=unit, method="count"))
    table = pd.concat(parts, ignore_index=True)
    table = table[table.estimate.notna()]
    if exhibit.total:
        fixed = [
            column
            for column in table
            if column not in (exhibit.total, "estimate", "n_persons", "published")
        ]
        sums = table.groupby(fixed, sort=False, as_index=False)[["estimate"]].sum()
        table = pd.concat([table, sums.assign(**{exhibit.total: "all"})], ignore_index=True)
    return with_balance(table, label) if output.place.is_country else table


def _numbers(data: pd.DataFrame, column: str) -> pd.Series:
    """A column as numbers, missing where it was suppressed or is not there."""
    if column not in data:
        return pd.Series(np.nan, index=data.index)
    return pd.to_numeric(data[column], errors="coerce")


def with_balance(table: pd.DataFrame, label: str) -> pd.DataFrame:
    """Add the printed percentages of tables B-4 to B-6 and B-8."""
    printed = programs_published.balance(label)
    if printed is None:
        return table
    key = pd.MultiIndex.from_frame(table[["row", "column", "outcome"]])
    return table.assign(published=printed.reindex(key).to_numpy(dtype=float))
