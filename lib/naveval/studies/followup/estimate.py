"""The ten regressions of the follow-up study, and what is computed beside each.

Design
------
Question: did Nav follow up people with at most six months left of their benefit more closely
from July 2017, and did more of them find work?
Estimand: att, the average change from July 2017 on in a two-week period of the target group,
beyond what happened to the comparison group.
Comparison: the same benefit recipients earlier in their entitlement (27–52 weeks left), or
just before the six-month threshold (30–32 weeks).
Threats: the gap between the groups may have been changing before (event study, placebo
dates, sensitivity); the dialogue data change in January 2018 (with and without 2018); people
pass from comparison to target group, so effects of what happened before are not separated.
Inference: clustered by person; with many persons, CRV1 and the normal approximation.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from naveval.disclosure.thresholds import thresholds
from naveval.estimators import detectable, did
from naveval.project.errors import EstimationError
from naveval.registers import extracts
from naveval.studies.followup import published, weeks
from naveval.studies.followup.parameters import Parameters

START = 201707
NAMES = ("treated_post", "treated")
TREATED_POST = "treated_post"


@dataclass(frozen=True)
class Comparison:
    """Weeks left, first and last, of the target group and of the comparison group."""

    target: tuple[int, int]
    other: tuple[int, int]


COMPARISONS = {
    "tbl-1": Comparison((1, 26), (27, 52)),
    "tbl-2": Comparison((24, 26), (30, 32)),
    "tbl-3": Comparison((1, 26), (27, 52)),
}
WINDOWS = {"short": (201701, 201712), "long": (201607, 201806)}
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "tbl-1": ("program", "dialogue"),
    "tbl-2": ("program", "dialogue"),
    "tbl-3": ("work", "ended", "health"),
}
CELLS = ("target_before", "target_after", "other_before", "other_after")
PRINTED = ("estimate", "std_error", "mean", "n_obs", "stars", "r_squared")


@dataclass(frozen=True)
class Sample:
    """Person-periods of one comparison in one window.

    Attributes
    ----------
    rows
        The person-periods.
    treated, post
        (n,) target group; from the start on.
    cell, first
        Cells that agree in duration, month and group, see `did.compress`.
    persons
        Persons in each of the four cells, by CELLS.
    """

    rows: pd.DataFrame
    treated: np.ndarray
    post: np.ndarray
    cell: np.ndarray
    first: np.ndarray
    persons: Mapping[str, int]


@dataclass(frozen=True)
class Regression:
    """One of the regressions; `fit` is None when it was refused, for the reason in `refused`.

    `smallest_cell`, `events` and `others` are the fewest persons, persons with the outcome and
    persons without it, over the four cells (target or other group, before or after).
    """

    table: str
    outcome: str
    horizon: str
    fit: did.Fit | None
    refused: str
    mean: float
    n_obs: int
    n_persons: int
    smallest_cell: int
    events: int
    others: int


def sample(
    window: pd.DataFrame, comparison: Comparison, months: tuple[int, int], start: int = START
) -> Sample:
    """Choose the person-periods of a comparison between two months (201707), both included."""
    left, month = window["weeks_left"].to_numpy(), window["month"].to_numpy()
    treated = (left >= comparison.target[0]) & (left <= comparison.target[1])
    other = (left >= comparison.other[0]) & (left <= comparison.other[1])
    use = (treated | other) & (month >= months[0]) & (month <= months[1])
    rows, treated = window[use], treated[use]
    month = rows["month"].to_numpy()
    post = month >= start
    cell, first = did.compress(
        rows["duration"].to_numpy(), weeks.month_index(month), treated.astype(int)
    )
    person = rows["person"].to_numpy()
    cells = zip(CELLS, sides(treated, post), strict=True)
    persons = {name: distinct(person[side]) for name, side in cells}
    return Sample(rows, treated, post, cell, first, persons)


def regress(
    chosen: Sample, table: str, outcome: str, horizon: str, least_persons: int
) -> Regression:
    """Estimate one regression, or refuse it when too few persons or events carry it."""
    values = chosen.rows[outcome].to_numpy(float)
    person = chosen.rows["person"].to_numpy()
    smallest = min(chosen.persons.values())
    events, others = _events(chosen, values > 0)
    refused = ""
    if smallest < least_persons:
        refused = "few_persons"
    elif min(events, others) < thresholds().models.least_events:
        refused = "few_events"
    fitted = None
    if not refused:
        try:
            fitted = did.fit(**design(chosen, outcome), names=NAMES)
        except EstimationError:
            refused = "collinear"
    mean = float(values[chosen.treated].mean()) if chosen.treated.any() else float("nan")
    return Regression(
        table,
        outcome,
        horizon,
        fitted,
        refused,
        mean,
        len(values),
        distinct(person),
        smallest,
        events,
        others,
    )


def design(chosen: Sample, outcome: str) -> dict[str, Any]:
    """Outcome, regressors (NAMES), effects, clusters and cells, as `did` takes them."""
    treated, post = (side[chosen.first].astype(float) for side in (chosen.treated, chosen.post))
    return {
        "outcome": chosen.rows[outcome].to_numpy(float),
        "regressors": np.column_stack([treated * post, treated]),
        "effects": [chosen.rows[name].to_numpy()[chosen.first] for name in ("duration", "month")],
        "cluster": chosen.rows["person"].to_numpy(),
        "cell": chosen.cell,
    }


def _events(chosen: Sample, happened: np.ndarray) -> tuple[int, int]:
    """Fewest persons with the outcome, and without it, over the four cells."""
    person = chosen.rows["person"].to_numpy()
    found = [distinct(person[side & happened]) for side in sides(chosen.treated, chosen.post)]
    without = [n - own for n, own in zip(chosen.persons.values(), found, strict=True)]
    return min(found), min(without)


def sides(treated: np.ndarray, post: np.ndarray) -> tuple[np.ndarray, ...]:
    """Rows of the four cells, in the order of CELLS."""
    return treated & ~post, treated & post, ~treated & ~post, ~treated & post


def regressions(window: pd.DataFrame, parameters: Parameters) -> list[Regression]:
    """The ten regressions of tables 1 and 3 and the four of table 2, in the document's order."""
    found = []
    for table, comparison in COMPARISONS.items():
        samples = {name: sample(window, comparison, months) for name, months in WINDOWS.items()}
        found += [
            regress(samples[horizon], table, outcome, horizon, parameters.least_persons)
            for outcome in OUTCOMES[table]
            for horizon in WINDOWS
        ]
    return found


def distinct(labels: np.ndarray) -> int:
    """Number of different labels; rows come by person, so sorting is nearly free."""
    ordered = np.sort(labels, kind="stable")
    return int(labels.size > 0) + int((ordered[1:] != ordered[:-1]).sum())


def place(window: pd.DataFrame, county: str) -> pd.DataFrame:
    """Person-periods of one county; all of them for ""."""
    return window[window["county"] == county] if county else window


def summary(found: Sequence[Regression], parameters: Parameters) -> pd.DataFrame:
    """One row per regression with everything that is shown about it.

    Returns
    -------
    DataFrame with table, outcome, horizon, estimate, std_error, ci_low, ci_high, p_value,
    mde, mde_relative, mean, r_squared, n_obs, n_persons, smallest_cell, events, others,
    residual_df, refused, power, and the printed estimate, standard error and mean.
    """
    printed = {
        (one["table"], one["outcome"], one["horizon"]): one
        for one in published.estimates().to_dict("records")
    }
    rows = []
    for item in found:
        told = {
            "table": item.table,
            **row(item, parameters),
            "mean": item.mean,
            "r_squared": item.fit.r_squared if item.fit else np.nan,
            "residual_df": item.n_persons - 1,
            "power": parameters.power,
        }
        told["mde_relative"] = detectable.relative(
            told["mde"], item.mean, np.sqrt(item.mean / item.n_obs) if item.mean > 0 else 0.0
        )
        known = printed[item.table, item.outcome, item.horizon]
        rows.append(told | {f"printed_{name}": known[name] for name in PRINTED})
    return pd.DataFrame(rows)


def row(item: Regression, parameters: Parameters) -> dict[str, Any]:
    """What is shown about a regression in every table."""
    return {
        "outcome": item.outcome,
        "horizon": item.horizon,
        **inference(item.fit, parameters),
        "n_obs": item.n_obs,
        "n_persons": item.n_persons,
        "smallest_cell": item.smallest_cell,
        "events": item.events,
        "others": item.others,
        "refused": item.refused,
    }


def inference(fitted: did.Fit | None, parameters: Parameters) -> dict[str, float]:
    """Estimate, standard error, interval, p-value and minimum detectable effect."""
    names = ("estimate", "std_error", "ci_low", "ci_high", "p_value", "mde")
    if fitted is None:
        return dict.fromkeys(names, float("nan"))
    found = did.one(fitted, TREATED_POST, parameters.level)
    mde = detectable.minimum_detectable(found.std_error, parameters.level, parameters.power)
    values = (found.estimate, found.std_error, found.ci_low, found.ci_high, found.p_value, mde)
    return dict(zip(names, values, strict=True))


def truth(parameters: Parameters) -> pd.DataFrame:
    """True coefficients of simulated registers: table, outcome, horizon, coefficient.

    No rows for real registers.
    """
    file = extracts.folder("followup", parameters) / "truth.json"
    columns = [*published.KEY, "coefficient"]
    if not file.exists():
        return pd.DataFrame(columns=columns)
    return pd.DataFrame(json.loads(file.read_text(encoding="utf-8"))["coefficients"])[columns]


def stars(p_value: float) -> str:
    """Stars as the document prints them: 5, 1 and 0.1 percent."""
    if np.isnan(p_value):
        return ""
    return "*" * sum(p_value < limit for limit in (0.05, 0.01, 0.001))
