"""The document's printed tables, and what the study's formula makes of the printed means."""

from itertools import product

import numpy as np
import pandas as pd

from naveval.exhibits import printed
from naveval.studies.hedmark.estimate.means import Means

MEANS = ("treated_before", "treated_after", "control_before", "control_after")
HALF_CENT = 0.005
HALF_TENTH = 0.05
TINY = 1e-9


KEY = ["label", "season", "outcome", "group"]


def printed_means() -> pd.DataFrame:
    """Every cell of tables 1 to 4.

    Returns
    -------
    label, season, outcome, group, cell, row (before, after, change, effect), column (treated,
    control, difference), value (NaN where the text extraction lacks it), doubt.
    """
    found = printed.read("hedmark")
    found = found[found["label"] != "tbl-5"].rename(columns={"value": "cell"})
    parts = found["cell"].replace("effect", "difference_effect").str.split("_", expand=True)
    found = found.assign(column=parts[0], row=parts[1], doubt=found["note"].fillna(""))
    found["value"] = found["printed"].astype(float)
    return found[[*KEY, "cell", "row", "column", "value", "doubt"]].reset_index(drop=True)


def printed_regression() -> pd.DataFrame:
    """Table 5: outcome, group, model, value, low, high, starred."""
    found = printed.read("hedmark")
    found = found[found["label"] == "tbl-5"].reset_index(drop=True)
    found["value"] = found["printed"].astype(float)
    found["starred"] = found["starred"].eq("*")
    return found[["outcome", "group", "model", "value", "low", "high", "starred"]]


def blocks() -> pd.DataFrame:
    """One row per printed effect: the four printed means, `printed` effect; NaN where missing."""
    cells = printed_means()
    cells = cells[cells["cell"].isin([*MEANS, "effect"])]
    wide = cells.pivot(index=KEY, columns="cell", values="value").reset_index()
    return wide.rename(columns={"effect": "printed"})


def reproduced() -> pd.DataFrame:
    """The printed effects from the printed means by the study's own formula.

    Returns
    -------
    `blocks` with effect (per cent), range_from and range_to (over all means that
    round to the printed ones; the printed effect rounds too), and verdict: `equal` to the
    printed decimal, `within` the rounding of the means, `outside`, or `missing`.
    """
    found = blocks()
    rows = []
    for row in found.itertuples(index=False):
        means = Means(*(getattr(row, name) for name in MEANS))
        if np.isnan(list(vars(means).values())).any():
            rows.append((np.nan, np.nan, np.nan, "missing"))
            continue
        low, high = rounding_range(means)
        known = not np.isnan(row.printed)
        told = verdict(means.effect, low, high, row.printed) if known else "missing"
        rows.append((means.effect, low, high, told))
    columns = ["effect", "range_from", "range_to", "verdict"]
    return pd.concat([found, pd.DataFrame(rows, columns=columns)], axis=1)


def rounding_range(means: Means) -> tuple[float, float]:
    """Smallest and largest effect over means that round to these two decimals."""
    values = list(vars(means).values())
    effects = [
        Means(*(v + s * HALF_CENT for v, s in zip(values, signs, strict=True))).effect
        for signs in product((-1, 1), repeat=4)
    ]
    return min(effects), max(effects)


def verdict(effect: float, low: float, high: float, printed: float) -> str:
    """Whether the printed effect is what the formula gives."""
    if abs(effect - printed) <= HALF_TENTH + TINY:
        return "equal"
    return "within" if low - HALF_TENTH - TINY <= printed <= high + HALF_TENTH + TINY else "outside"


def inexact_cells() -> pd.DataFrame:
    """Differences and changes that the printed cells do not give to two decimals.

    Returns
    -------
    label, season, outcome, group, row, column, of (along_row: treated less control; along_column:
    after less before), value (printed), computed, verdict (`within`
    one unit of the last decimal, which rounding explains, or `outside`).
    """
    cells = printed_means().dropna(subset=["value"])
    rows = []
    for key, part in cells.groupby(["label", "season", "outcome", "group"], sort=False):
        at = {(r.row, r.column): float(r.value) for r in part.itertuples()}
        wanted = [
            ((row, "difference"), (row, "treated"), (row, "control"))
            for row in ("before", "after", "change")
        ]
        wanted += [
            (("change", c), ("after", c), ("before", c))
            for c in ("treated", "control", "difference")
        ]
        for target, first, second in wanted:
            if not {target, first, second} <= set(at):
                continue
            computed = at[first] - at[second]
            gap = abs(computed - at[target])
            if gap > HALF_CENT:
                kind = "within" if gap <= 3 * HALF_CENT + TINY else "outside"
                of = "along_row" if target[0] == first[0] else "along_column"
                rows.append((*key, *target, of, at[target], round(computed, 2), kind))
    columns = ["label", "season", "outcome", "group", "row", "column", "of", "value", "computed"]
    return pd.DataFrame(rows, columns=[*columns, "verdict"])
