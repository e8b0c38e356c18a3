"""The document's printed tables, and what the study's formula makes of the printed means."""

from itertools import product

import numpy as np
import pandas as pd

from naveval.project import paths
from naveval.project.errors import ParameterError
from naveval.studies.hedmark.estimate.means import Means

FILES = {
    "tbl-1": "table_1_job_seekers_percent_of_labour_force.csv",
    "tbl-2": "table_2_new_job_seekers_percent_of_labour_force.csv",
    "tbl-3": "table_3_benefit_recipients_by_duration.csv",
    "tbl-4": "table_4_without_benefit_by_duration_partial.csv",
    "tbl-5": "table_5_regression_estimates.csv",
}
GROUPS = {"Dagpengemottakere": "with", "Arbeidssøkere uten dagpenger": "without"}
SEASONS = {"nei": "unadjusted", "ja": "matched"}
ROWS = {"Før": "before", "Etter": "after", "Endring": "change", "Effekt": "effect"}
AREAS = {
    "Hedmark": "treated",
    "Kontrollgruppe": "control",
    "Forskjell": "difference",
    "Hedmark mot kontrollgruppe": "difference",
}
DURATIONS = {
    "26-51 uker": "26-51",
    "52-77 uker": "52-77",
    "78-103 uker": "78-103",
    "104 uker og mer": "104+",
}
MODELS = {"Effekt etter nov.2014": "effect", "Placebo mars 2013-okt. 2014": "placebo"}
MEANS = ("treated_before", "treated_after", "control_before", "control_after")
HALF_CENT = 0.005
HALF_TENTH = 0.05
TINY = 1e-9


def _read(label: str) -> pd.DataFrame:
    path = paths.published_dir("hedmark") / FILES[label]
    try:
        return pd.read_csv(path)
    except FileNotFoundError:
        raise ParameterError(f"{path}: no such file with published numbers") from None


def printed_means() -> pd.DataFrame:
    """Every cell of tables 1 to 4.

    Returns
    -------
    label, season, outcome, group, row (before, after, change, effect), column (treated,
    control, difference), value (NaN where the text extraction lacks it), doubt.
    """
    parts = []
    for label in ("tbl-1", "tbl-2", "tbl-3", "tbl-4"):
        raw = _read(label)
        part = pd.DataFrame(
            {
                "label": label,
                "season": raw["seasonally_adjusted"].map(SEASONS)
                if "seasonally_adjusted" in raw
                else "matched",
                "outcome": raw["duration_group"].map(DURATIONS)
                if "duration_group" in raw
                else {"tbl-1": "stock", "tbl-2": "inflow"}[label],
                "group": raw["recipient_group"].map(GROUPS),
                "row": raw["row"].map(ROWS),
                "column": raw["area"].map(AREAS),
                "value": raw["value"].astype(float),
                "doubt": raw["printed_doubt"].fillna(""),
            }
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def printed_regression() -> pd.DataFrame:
    """Table 5: outcome, group, model, value, low, high, starred."""
    raw = _read("tbl-5")
    outcome = raw["outcome"].str.extract(r"varighet (.*)$")[0].map(DURATIONS)
    outcome = outcome.fillna(
        raw["outcome"].map({"Arbeidssøkere": "stock", "Nyregistrerte arbeidssøkere": "inflow"})
    )
    return pd.DataFrame(
        {
            "outcome": outcome,
            "group": raw["recipient_group"].map(GROUPS),
            "model": raw["model"].map(MODELS),
            "value": raw["estimate"].astype(float),
            "low": raw["ci_low_95"].astype(float),
            "high": raw["ci_high_95"].astype(float),
            "starred": raw["significance_star_5pct"].eq("*"),
        }
    )


def blocks() -> pd.DataFrame:
    """One row per printed effect: the four printed means, `printed` effect; NaN where missing."""
    cells = printed_means()
    key = ["label", "season", "outcome", "group"]
    name = np.where(
        cells["row"].isin(["before", "after"]), cells["column"] + "_" + cells["row"], cells["row"]
    )
    cells = cells.assign(cell=name)
    cells = cells[cells["cell"].isin([*MEANS, "effect"])]
    wide = cells.pivot(index=key, columns="cell", values="value").reset_index()
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
