"""Synthetic registers for the follow-up study: ten raw tables and their true effects.

Full size (scale 1) has some 991 000 person-periods with at most 52 weeks left between July
2016 and June 2018, as in the document, and all of 2015–2022 around it. No spell is worked out
in the tables: cards, decisions and dates are written as a register would hold them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from naveval.project.months import to_code
from naveval.registers import simulation
from naveval.studies.followup import weeks
from naveval.studies.followup.simulate import levels as level_tables
from naveval.studies.followup.simulate import tables
from naveval.studies.followup.simulate import truth as truths
from naveval.studies.followup.simulate.levels import PERIOD_MONTH, Levels
from naveval.studies.followup.simulate.periods import HEALTH, OTHER, WORK, Periods
from naveval.studies.followup.simulate.periods import simulate as draw
from naveval.studies.followup.simulate.truth import Effects


def simulate(
    out: Path,
    *,
    scale: float,
    seed: int,
    effects: Effects | Mapping[str, float] = "printed",
    pre_trend: float = 0.0,
) -> dict[str, Any]:
    """Write the ten register tables and truth.json.

    Parameters
    ----------
    out
        Folder to write to.
    scale
        1.0 is full size.
    seed
        Seed of all draws.
    effects, pre_trend
        See `truth.make`.

    Returns
    -------
    What truth.json holds: settings, true effects, the true coefficient of each of the ten
    regressions, and simulated means beside the printed ones.

    Raises
    ------
    ParameterError
        When the scale is not above 0 and at most 1, or the effects are unknown or impossible.
    """
    simulation.require_draw(scale, seed)
    rng = np.random.default_rng(seed)
    levels = level_tables.make(truths.make(effects, pre_trend))
    spells, periods = draw(levels, scale, rng)
    out.mkdir(parents=True, exist_ok=True)
    for name, columns in tables.make(spells, periods, rng):
        simulation.write_table(out, name, columns)
    settings = {"scale": scale, "seed": seed, "pre_trend": pre_trend, "effects": effects}
    return simulation.write_truth(out, describe(levels, periods) | {"settings": settings})


def describe(levels: Levels, periods: Periods) -> dict[str, Any]:
    """True effects, true coefficients and means of the drawn persons."""
    use = in_window(periods)
    index = PERIOD_MONTH[periods.period[use]]
    frame = pd.DataFrame(
        {
            "duration": periods.duration[use].astype(int),
            "month": to_code(weeks.JANUARY_2015 + index),
            "weeks_left": periods.left[use].astype(int),
        }
    )
    found = cells(frame, levels)
    means = _means(frame, outcomes(periods, use))
    coefficients = truths.project(found).merge(means, how="left")
    return {
        "effects": {name: value.tolist() for name, value in levels.truth.effects.items()},
        "wanted": levels.truth.wanted.to_dict("records"),
        "coefficients": json.loads(coefficients.to_json(orient="records")),
    }


def in_window(periods: Periods) -> np.ndarray:
    """Person-periods of the long window with at most 52 weeks left."""
    months = PERIOD_MONTH[periods.period]
    inside = (months >= truths.START - 12) & (months < truths.BREAK + 6)
    return inside & (periods.left <= 52)


def cells(frame: pd.DataFrame, levels: Levels) -> pd.DataFrame:
    """Number of periods and conditional mean of each outcome by duration, month, weeks left."""
    keys = ["duration", "month", "weeks_left"]
    found = frame.groupby(keys).size().rename("n").reset_index()
    duration, month, left = (found[key].to_numpy() for key in keys)
    index = weeks.month_index(month)
    for outcome in truths.OUTCOMES:
        found[outcome] = level_tables.mean(levels, outcome, duration, index, left)
    return found


def outcomes(periods: Periods, use: np.ndarray) -> dict[str, np.ndarray]:
    """The five outcomes of the chosen person-periods."""
    leaving = periods.exit[use]
    return {
        "program": (periods.kind[use] > 0).astype(float),
        "dialogue": (periods.phone + periods.meeting + periods.question)[use].astype(float),
        "work": (leaving == WORK).astype(float),
        "ended": ((leaving == WORK) | (leaving == OTHER)).astype(float),
        "health": (leaving == HEALTH).astype(float),
    }


def _means(frame: pd.DataFrame, values: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Mean of the target group for each of the ten regressions."""
    rows = []
    for table, (target, _) in truths.GROUPS.items():
        for horizon, (first, last) in truths.WINDOWS.items():
            use = frame["weeks_left"].between(*target) & frame["month"].between(first, last)
            rows += [
                {"table": table, "horizon": horizon, "outcome": name, "mean": value[use].mean()}
                for name, value in values.items()
                if use.any()
            ]
    return pd.DataFrame(rows, columns=["table", "outcome", "horizon", "mean"])
