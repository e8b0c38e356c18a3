"""The tidy table of estimates that every table, figure and sentence reads.

The gate of the tidy estimates: no number that rests on too few persons is written.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from naveval.disclosure.gate import LOG_COLUMNS, REASONS
from naveval.disclosure.thresholds import thresholds
from naveval.project.errors import EstimationError

KEY = ("study", "label", "row", "column", "outcome", "group", "horizon", "estimand", "method")
TEXT = (*KEY, "unit", "note")
NUMBERS = (
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "p_value",
    "n_obs",
    "n_persons",
    "n_clusters",
    "published",
    "difference",
)
COLUMNS = (
    "study",
    "label",
    "row",
    "column",
    "outcome",
    "group",
    "horizon",
    "estimand",
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "p_value",
    "n_obs",
    "n_persons",
    "n_clusters",
    "unit",
    "method",
    "published",
    "difference",
    "note",
)


def frame(study: str, rows: pd.DataFrame | Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a tidy estimates frame: one row per estimated or computed number.

    Parameters
    ----------
    study
        Name of the study, the same on every row.
    rows
        Mappings or a frame with any of the columns in `COLUMNS`; `estimate` and `label`
        are required. Missing text becomes "", missing numbers NaN, and `difference` is
        `estimate − published` where a published number is given.

    Raises
    ------
    EstimationError
        For unknown columns, missing label or estimate column, or duplicate keys.
    """
    table = pd.DataFrame(rows if isinstance(rows, pd.DataFrame) else list(rows))
    unknown = sorted(set(table.columns) - set(COLUMNS))
    if unknown:
        raise EstimationError(
            f"estimates of {study}: unknown columns {', '.join(unknown)}; "
            f"allowed: {', '.join(COLUMNS)}"
        )
    for required in ("label", "estimate"):
        if required not in table.columns:
            raise EstimationError(f"estimates of {study}: column {required} is missing")
    table = table.assign(study=study).reindex(columns=list(COLUMNS))
    for column in TEXT:
        table[column] = table[column].astype("object").where(table[column].notna(), "").astype(str)
    for column in NUMBERS:
        table[column] = pd.to_numeric(table[column]).astype(float)
    given = table["published"].notna()
    table.loc[given, "difference"] = table["estimate"] - table["published"]
    require_unique(table)
    return table


def require_unique(table: pd.DataFrame) -> None:
    """Raise EstimationError when two rows have the same key."""
    duplicated = table.duplicated(list(KEY), keep=False)
    if duplicated.any():
        first = table.loc[duplicated, list(KEY)].head(4).to_dict("records")
        raise EstimationError(
            f"estimates: {int(duplicated.sum())} rows share a key ({', '.join(KEY)}); "
            f"first: {first}"
        )


def combine(*frames: pd.DataFrame) -> pd.DataFrame:
    """Stack estimates frames and check that keys stay unique."""
    table = pd.concat(frames, ignore_index=True)
    require_unique(table)
    return table


def one(table: pd.DataFrame, **key: str) -> pd.Series:
    """The single row that matches the key; raises EstimationError when it is not one row."""
    found = table
    for column, value in key.items():
        found = found[found[column] == value]
    if len(found) != 1:
        raise EstimationError(f"estimates: expected one row for {key}, found {len(found)}")
    return found.iloc[0]


LABEL = "estimates"
NOTE = "suppressed: few persons"
WITHIN = ("label", "row", "column", "outcome", "group", "horizon", "method")
PUBLISHED = "published"


def guard_estimates(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Blank numbers of rows that rest on too few persons, and log them.

    A row is blanked when its `n_persons` is below the threshold, and when it has none but a row
    with the same label, row, column, outcome, group, horizon and method is blanked: a mean
    beside its own effect. The count itself, and the note, which may hold numbers, go as well;
    the published number stays. An estimate that counts persons (unit "persons") is its own
    count.

    Returns
    -------
    The table, and one row per blanked row with the columns of disclosure.csv (label "estimates";
    the row for the release itself comes first).
    """
    limits = thresholds()
    counted = table["n_persons"].where(
        table["n_persons"].notna() | table["unit"].ne("persons"), table["estimate"]
    )
    few = counted < limits.min_cell
    if limits.zero_cells == "show":
        few &= counted != 0
    keys = pd.MultiIndex.from_frame(table[list(WITHIN)].astype(str))
    hidden = few | (counted.isna() & keys.isin(keys[few.to_numpy()]))
    hidden &= table[list(NUMBERS)].drop(columns=PUBLISHED).notna().any(axis=1)
    hidden |= table["note"].eq(NOTE)  # blanked when another part was written
    out = table.copy()
    out.loc[hidden, [name for name in NUMBERS if name != PUBLISHED]] = float("nan")
    out.loc[hidden, "note"] = NOTE
    names = [name for name in KEY if name != "study"]
    lines = [
        [
            LABEL,
            ", ".join(f"{k}={v}" for k, v in zip(names, row, strict=True) if v),
            "estimate",
            "min_cell",
            "suppressed",
            REASONS["min_cell"],
        ]
        for row in table.loc[hidden, names].astype(str).itertuples(index=False, name=None)
    ]
    summary = f"{len(table) - len(lines)} rows shown, {len(lines)} suppressed"
    summary += f", threshold {limits.min_cell} persons"
    lines.insert(0, [LABEL, "", "", "release", "released", summary])
    return out, pd.DataFrame(lines, columns=LOG_COLUMNS)
