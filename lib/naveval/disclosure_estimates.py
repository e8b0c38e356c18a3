"""The gate of the tidy estimates: no number that rests on too few persons is written."""

import pandas as pd

from naveval.disclosure import LOG_COLUMNS, REASONS
from naveval.disclosure_thresholds import thresholds
from naveval.estimates import KEY, NUMBERS

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
