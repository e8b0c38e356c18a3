"""Wage effects for the cost-benefit analysis from a tidy frame of estimates."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from naveval.costs_checks import PROGRAMS
from naveval.errors import ParameterError
from naveval.parameters import Origin

EFFECTS = ("effect_year_1", "effect_year_2", "effect_year_3", "effect_later")
HORIZONS = {
    "year_1": "effect_year_1",
    "year_2": "effect_year_2",
    "year_3": "effect_year_3",
    "year_4": "effect_later",
}
EFFECT_COLUMNS = ("outcome", "group", "horizon", "estimand", "estimate", "std_error", "unit")
PER_MONTH = {"NOK per month": 1.0, "NOK per year": 1 / 12}


def effects_from_estimates(frame: pd.DataFrame) -> pd.DataFrame:
    """Wage effects per programme from a tidy estimates frame.

    Contract: rows with `outcome` "earnings" and `estimand` "att"; `group` is a programme name;
    `horizon` is "year_1", "year_2", "year_3" and, where there is one, "year_4", which then
    lasts from year 4 on (without it year 3 lasts); `unit` is "NOK per month" or "NOK per year"
    in kroner of the price year; `estimate` and `std_error` are finite.

    Returns
    -------
    DataFrame
        Index programme, columns `effect_year_1` … `effect_later` in kroner a month, each with
        `_std_error`, and `later_is_own`.

    Raises
    ------
    ParameterError
        One error naming every missing column, programme, horizon, unit or number.
    """
    lacking = [name for name in EFFECT_COLUMNS if name not in frame.columns]
    if lacking:
        raise ParameterError(f"estimates: missing columns: {', '.join(lacking)}")
    rows = frame[(frame["outcome"] == "earnings") & (frame["estimand"] == "att")]
    rows = rows[rows["group"].isin(PROGRAMS) & rows["horizon"].isin(list(HORIZONS))]
    faults = [
        f"unit «{unit}»; allowed: {', '.join(PER_MONTH)}"
        for unit in sorted(set(rows["unit"]) - set(PER_MONTH))
    ]
    twice = rows[rows.duplicated(["group", "horizon"])]
    faults += [f"{row.group}, {row.horizon}: more than one row" for row in twice.itertuples()]
    for program in PROGRAMS:
        have = set(rows.loc[rows["group"] == program, "horizon"])
        lacking = [name for name in list(HORIZONS)[:3] if name not in have]
        faults += [f"{program}: no {', '.join(lacking)}; has it min_arm persons?"] * bool(lacking)
    numbers = rows[["estimate", "std_error"]].to_numpy(dtype=float)
    if not np.isfinite(numbers).all() or (numbers[:, 1] < 0).any():
        faults.append("estimate and std_error must be finite and std_error not negative")
    if faults:
        raise ParameterError("estimates of earnings: " + "; ".join(faults))
    scale = rows["unit"].map(PER_MONTH)
    rows = rows.assign(estimate=rows["estimate"] * scale, std_error=rows["std_error"] * scale)
    by_program = {program: _effects(rows[rows["group"] == program]) for program in PROGRAMS}
    return pd.DataFrame(by_program).T


def _effects(rows: pd.DataFrame) -> dict[str, float]:
    by = rows.set_index("horizon")
    values: dict[str, float] = {"later_is_own": float("year_4" in by.index)}
    for horizon, name in HORIZONS.items():
        at = horizon if horizon in by.index else "year_3"
        values[name] = by["estimate"].to_dict()[at]
        values[f"{name}_std_error"] = by["std_error"].to_dict()[at]
    return values


def origin_of(path: Path) -> Origin:
    """Where the registers behind an `estimates.csv` came from, by the manifest beside it.

    Without a manifest they count as simulated, so that nothing simulated passes for real.
    """
    file = path.with_name("manifest.json")
    content = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return "register" if content.get("report", {}).get("origin") == "register" else "simulated"


def read_effects(path: Path) -> pd.DataFrame:
    """Effects from an `estimates.csv`; ParameterError when there is no such file."""
    if not path.is_file():
        named = "none is named" if path == Path() else f"{path} is no file"
        raise ParameterError(
            f"effects: 'estimated': needs an estimates file, but {named}; name an estimates.csv "
            "with `estimates`, or use effects: published"
        )
    return effects_from_estimates(pd.read_csv(path))
