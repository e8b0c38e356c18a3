"""True effects in the simulated registers, and the coefficient each regression estimates.

The regressions give one effect per window. The registers hold one effect for the second half
of 2017 and one for the first half of 2018, and, for programmes and dialogue, another one for
weeks 24–26 (table 2). They are set so that every window's average is the wanted coefficient.
The exact coefficient of each regression on the drawn persons follows from the conditional
means (`project`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from naveval.project.errors import ParameterError
from naveval.registers.simulation import require_names, require_number
from naveval.studies.followup import published, weeks

Effects = Literal["printed", "none"]
FOLLOW_UP = ("program", "dialogue")
EXITS = ("work", "ended", "health")
OUTCOMES = (*FOLLOW_UP, *EXITS)
START, BREAK = weeks.month_index(201707), weeks.month_index(201801)
WINDOWS = {"short": (201701, 201712), "long": (201607, 201806)}
GROUPS = {"tbl-1": ((1, 26), (27, 52)), "tbl-2": ((24, 26), (30, 32)), "tbl-3": ((1, 26), (27, 52))}
SHARE_2018 = 0.47
# With more, shares would have to fall faster than people leave programmes.
LARGEST_PRE_TREND = 0.003
# Small matrices: threads would only wait for each other.
CONTROLLER = ThreadpoolController()
SHARE_AT_THRESHOLD = 0.16


@dataclass(frozen=True)
class Truth:
    """What the simulated registers hold.

    Attributes
    ----------
    effects
        Outcome to an array (3 bands × 3 times): bands are other weeks, 1–22 weeks left and
        24–26 weeks left; times are before, July–December 2017, January–June 2018.
    pre_trend
        Growth per month of the gap in programme participation between 1–26 and 27–52 weeks
        left, all through the period: a violation of parallel trends. A share.
    wanted
        The ten coefficients the effects were set to.
    """

    effects: Mapping[str, np.ndarray]
    pre_trend: float
    wanted: pd.DataFrame


def make(effects: Effects | Mapping[str, float] = "printed", pre_trend: float = 0.0) -> Truth:
    """Set the true effects.

    Parameters
    ----------
    effects
        "printed" (the document's estimates), "none", or a mapping from outcome to one
        constant effect in both half-years and both definitions of the target group.
    pre_trend
        See `Truth`.

    Raises
    ------
    ParameterError
        For an unknown word or outcome; lists what is allowed.
    """
    require_number("pre_trend", pre_trend, -LARGEST_PRE_TREND, LARGEST_PRE_TREND)
    wanted = published.estimates()[[*published.KEY, "estimate"]]
    if isinstance(effects, str):
        if effects not in ("printed", "none"):
            raise ParameterError(f"effects: {effects!r}; allowed: printed, none")
        if effects == "none":
            wanted = wanted.assign(estimate=0.0)
    else:
        require_names("effects", effects)
        unknown = sorted(set(effects) - set(OUTCOMES))
        if unknown:
            raise ParameterError(
                f"effects: unknown outcome {', '.join(unknown)}; allowed: {', '.join(OUTCOMES)}"
            )
        for name, value in effects.items():
            require_number(f"effects, {name}", value, -1, 1)
        wanted = wanted.assign(estimate=[effects.get(name, 0.0) for name in wanted["outcome"]])
    found = {
        (table, outcome, horizon): value
        for table, outcome, horizon, value in wanted.itertuples(index=False)
    }
    return Truth({name: _by_band(found, name) for name in OUTCOMES}, pre_trend, wanted)


def _by_band(wanted: Mapping[tuple[str, str, str], float], outcome: str) -> np.ndarray:
    table = "tbl-1" if outcome in FOLLOW_UP else "tbl-3"
    whole = _halves(wanted[table, outcome, "short"], wanted[table, outcome, "long"])
    at_threshold = whole
    if outcome in FOLLOW_UP:
        at_threshold = _halves(wanted["tbl-2", outcome, "short"], wanted["tbl-2", outcome, "long"])
    below = (whole - SHARE_AT_THRESHOLD * at_threshold) / (1 - SHARE_AT_THRESHOLD)
    effects = np.zeros((3, 3))
    effects[1, 1:] = below
    effects[2, 1:] = at_threshold
    return effects


def _halves(short: float, long: float) -> np.ndarray:
    """Effect in 2017 and in 2018 that give the two windows' coefficients."""
    return np.array([short, (long - (1 - SHARE_2018) * short) / SHARE_2018])


def band(weeks_left: np.ndarray) -> np.ndarray:
    """0 more than 26 weeks left, 1 at most 22, 2 from 23 to 26."""
    return np.where(weeks_left > 26, 0, np.where(weeks_left > 22, 2, 1))


def half(month_index: np.ndarray) -> np.ndarray:
    """0 before July 2017 and after June 2018, 1 in 2017 after, 2 in 2018 until June."""
    after = (month_index >= START).astype(int) + (month_index >= BREAK)
    return np.where(month_index >= BREAK + 6, 0, after)


def project(cells: pd.DataFrame) -> pd.DataFrame:
    """The ten coefficients that the regressions estimate on the drawn persons.

    Parameters
    ----------
    cells
        One row per duration, month (201707) and weeks left with `n`, the number of periods,
        and the conditional mean of every outcome.

    Returns
    -------
    `Truth.wanted`'s keys with `coefficient` and `n_obs`.
    """
    rows = []
    for table, outcome, horizon in published.estimates()[published.KEY].values:
        (low, high), (other_low, other_high) = GROUPS[table]
        first, last = WINDOWS[horizon]
        left, months = cells["weeks_left"], cells["month"]
        treated = left.between(low, high)
        use = (treated | left.between(other_low, other_high)) & months.between(first, last)
        part = cells[use].assign(treated=treated[use])
        value = _coefficient(part, outcome) if part["treated"].nunique() == 2 else np.nan
        rows.append((table, outcome, horizon, value, int(part["n"].sum())))
    return pd.DataFrame(rows, columns=[*published.KEY, "coefficient", "n_obs"])


def _coefficient(part: pd.DataFrame, outcome: str) -> float:
    """Weighted least squares of the conditional means on the regression's own design."""
    treated = part["treated"].to_numpy(float)
    post = (part["month"] >= 201707).to_numpy(float)
    design = np.column_stack(
        [
            treated * post,
            treated,
            pd.get_dummies(part["duration"], dtype=float),
            pd.get_dummies(part["month"], dtype=float).iloc[:, 1:],
        ]
    )
    weight = part["n"].to_numpy(float)[:, None]
    with CONTROLLER.limit(limits=1, user_api="blas"):
        gram = design.T @ (design * weight)
        goal = design.T @ (part[[outcome]].to_numpy(float) * weight)
        return float((np.linalg.pinv(gram, rcond=1e-12, hermitian=True) @ goal)[0, 0])
