"""Outcomes of acro's checks on a made-up table, to hold our frequency and dominance rules against.

Run in an environment of its own where acro is installed (0.4.12 made the stored file):

    python tests/reference/acro_rules.py tests/reference/acro_rules.csv

acro, https://github.com/AI-SDC/ACRO, with its default configuration: cells of fewer than ten,
fewer than ten residual degrees of freedom.
"""

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from acro import ACRO


def persons() -> pd.DataFrame:
    """Persons in twelve groups of one to forty, in some of which one has most of the hours."""
    draw = np.random.default_rng(7)
    sizes = [1, 3, 5, 8, 9, 10, 11, 12, 19, 20, 25, 40]
    group = np.repeat([f"g{i:02d}" for i in range(len(sizes))], sizes)
    hours = draw.uniform(1, 37.5, len(group)).round(1)
    hours[np.flatnonzero(group == "g07")[1:]] = 0.1
    hours[np.flatnonzero(group == "g10")[1:]] = 0.2
    return pd.DataFrame({"group": group, "hours": hours})


def main(file: Path) -> None:
    """Write one row per group: its size, sums of hours and of squares, and what acro says."""
    rows = persons()
    os.chdir(tempfile.mkdtemp())
    session = ACRO(suppress=False)
    session.crosstab(rows["group"], np.repeat("all", len(rows)))
    session.crosstab(
        rows["group"], np.repeat("all", len(rows)), values=rows["hours"], aggfunc="sum"
    )
    counts, sums = (session.results.get_index(i).outcome.iloc[:, 0] for i in (0, 1))
    told = rows.assign(square=rows["hours"] ** 2).groupby("group")
    found = told.agg(n=("hours", "size"), hours=("hours", "sum"), square=("square", "sum"))
    found["largest"] = told["hours"].max() / found["hours"]
    found["count"] = counts.reindex(found.index).str.strip()
    found["sum"] = sums.reindex(found.index).str.strip()
    found.round(6).to_csv(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
