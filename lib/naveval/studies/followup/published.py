"""The document's own numbers: ten regressions in tables 1–3, as printed.

Source: «Evaluering av satsingen på forsterket oppfølging av langtidsledige høsten 2017»
(Frisch Centre and others, 21 March 2024), transcribed in `params/published/followup/`.
"""

from functools import lru_cache
from pathlib import Path

import pandas as pd

from naveval.project import paths
from naveval.project.errors import ParameterError

TABLES = {
    "tbl-1": "table_1_effects_on_follow_up.csv",
    "tbl-2": "table_2_effects_on_follow_up_six_month_threshold.csv",
    "tbl-3": "table_3_effects_on_transitions_out.csv",
}
OUTCOMES = {
    "Tiltaksdeltakelse": "program",
    "Dialog": "dialogue",
    "Direkte overgang til arbeid": "work",
    "Avslutning av meldekort, ikke helserelaterte ytelser": "ended",
    "Til helserelaterte ytelser": "health",
}
HORIZONS = {"Kort sikt": "short", "Lang sikt": "long"}
MISPRINTED_N = {("tbl-3", "ended", "short"): 475151}
KEY = ["table", "outcome", "horizon"]


def estimates() -> pd.DataFrame:
    """The ten regressions as printed.

    Returns
    -------
    DataFrame with `table`, `outcome`, `horizon`, `estimate`, `std_error`, `stars`,
    `r_squared`, `n_obs` and `mean` (of the target group). One printed N is an obvious
    misprint (175151 for 475151) and is put right here; the CSV keeps it as printed.

    Raises
    ------
    ParameterError
        When a file is missing or has an outcome or horizon that is not in the document.
    """
    return _read(paths.published_dir("followup")).copy()


@lru_cache(maxsize=2)
def _read(folder: Path) -> pd.DataFrame:
    parts = [_one(folder / name, table) for table, name in TABLES.items()]
    found = pd.concat(parts, ignore_index=True)
    for (table, outcome, horizon), n_obs in MISPRINTED_N.items():
        row = (found[KEY] == [table, outcome, horizon]).all(axis=1)
        found.loc[row, "n_obs"] = n_obs
    return found


def _one(file: Path, table: str) -> pd.DataFrame:
    try:
        raw = pd.read_csv(file, dtype={"significance_stars": str})
    except FileNotFoundError:
        raise ParameterError(f"{file}: published table is missing") from None
    unknown = set(raw["outcome"]) - set(OUTCOMES) | set(raw["horizon"]) - set(HORIZONS)
    if unknown:
        raise ParameterError(f"{file}: unknown outcome or horizon: {', '.join(sorted(unknown))}")
    return pd.DataFrame(
        {
            "table": table,
            "outcome": raw["outcome"].map(OUTCOMES),
            "horizon": raw["horizon"].map(HORIZONS),
            "estimate": raw["estimate"],
            "std_error": raw["standard_error"],
            "stars": raw["significance_stars"].fillna(""),
            "r_squared": raw["r_squared"],
            "n_obs": raw["n_observations"],
            "mean": raw["mean_outcome_target_group"],
        }
    )
