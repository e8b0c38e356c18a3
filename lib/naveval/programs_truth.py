"""The true effects of simulated registers beside the estimates."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from naveval.programs_effects import PLACEBO, Estimated

COHORT_OF = {"main": "main", "year_four": "year_four"}
LIMIT = 3.0


def read(data: Path) -> dict[str, Any] | None:
    """The truth of simulated registers, None for real ones."""
    file = data / "truth.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else None


def compare(estimated: Estimated, truth: dict[str, Any]) -> pd.DataFrame:
    """Estimates beside the truth: adds truth, z (in standard errors) and within (3 of them).

    Only arms whose people the truth knows as they are: an arm that small programmes were
    merged into is left out.
    """
    cohort = truth["cohorts"].get(COHORT_OF.get(estimated.variant, ""), None)
    table = estimated.effects
    if cohort is None:
        return table.head(0).assign(truth=[], z=[], within=[])
    arms = [arm for arm in estimated.arms if arm in cohort["att"]]
    if estimated.sample.merged:
        arms = [arm for arm in arms if arm != "Annet"]
    table = table[table.arm.isin(arms)].copy()
    table["truth"] = [
        0.0 if row.outcome == PLACEBO else cohort[row.estimand][row.arm].get(row.outcome)
        for row in table.itertuples()
    ]
    table["truth"] = table.truth.astype(float)
    table["z"] = (table.estimate - table.truth) / table.std_error
    return table.assign(within=np.abs(table.z) <= LIMIT).reset_index(drop=True)
