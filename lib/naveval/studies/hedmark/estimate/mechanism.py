"""Why the stock changed: fewer came, more left, or the benefit right changed hands.

The stock by months registered is carried forward from the start month with the county's own
entries and exit hazards. Each is then replaced by what it would have been had it changed as
in the control group since before the start (a ratio of ratios, for hazards by duration group),
alone and together; the contribution of one is its mean effect over all orders of replacement
(Shapley value), so contributions add up to the total. Uncertainty: each control county takes
its turn as the treated one.
"""

from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.estimators.one_treated.regression import Array
from naveval.project.errors import EstimationError
from naveval.studies.hedmark.estimate.means import rank_of, relative, spread_of
from naveval.studies.hedmark.panel import (
    GROUP_START,
    GROUPS,
    LONGEST,
    SPAN_COUNTS,
    Panel,
    block,
    labour_force,
)
from naveval.studies.hedmark.parameters import Parameters

PARTS = ("inflow", "exit", "right")
LEAD = "lead"
DURATIONS = ("0-25", "26-51", "52-77", "78-103", "104+")
EARLY = 4  # months in which an entry counts as inflow: the right can come late
MEASURES = ("stock", "entries", "leaves", "changes_right")


@dataclass(frozen=True)
class Flows:
    """Flows of one group, (county, month, months registered), from `first` on.

    `spans` has the sums of stock, leaves and changes_right before and after the start, (county,
    2, duration group): rates come from these, which carry one noise each and not one per month.
    """

    counties: tuple[str, ...]
    first: int
    stock: Array
    entries: Array
    leaves: Array
    changes_right: Array
    force: Array
    spans: dict[str, Array]


def flows(panel: Panel, group: str, counties: tuple[str, ...], first: int, last: int) -> Flows:
    """Dense flows of a group; months and durations without persons are zero."""
    rows = panel.flows[(panel.flows["group"] == group) & panel.flows["county"].isin(counties)]
    rows = rows[rows["month"].between(first, last)]
    place = pd.Categorical(rows["county"], categories=list(counties)).codes
    shape = (len(counties), last - first + 1, LONGEST + 1)
    found = {}
    for name in MEASURES:
        found[name] = np.zeros(shape)
        index = (place, rows["month"].to_numpy() - first, rows["duration"].to_numpy())
        np.add.at(found[name], index, rows[name].to_numpy())
    force = block(labour_force(panel), range(first, last + 1), counties)
    return Flows(counties, first, **found, force=force, spans=_spans(panel, group, counties))


def _spans(panel: Panel, group: str, counties: tuple[str, ...]) -> dict[str, Array]:
    rows = panel.spans[(panel.spans["group"] == group) & panel.spans["county"].isin(counties)]
    place = pd.Categorical(rows["county"], categories=list(counties)).codes
    found: dict[str, Array] = {}
    for name in SPAN_COUNTS:
        found[name] = np.zeros((len(counties), 2, len(DURATIONS)))
        found[name][place, rows["after"].to_numpy(), rows["duration"].to_numpy()] = rows[name]
    return found


def group_index() -> NDArray[np.integer]:
    """Duration group of each number of months registered."""
    return np.searchsorted(GROUP_START, np.arange(LONGEST + 1), side="right") - 1


def _hazard(events: Array, stock: Array) -> Array:
    """Monthly hazard; protected events can be more than those at risk where both are few."""
    return np.minimum(events, stock) / np.maximum(stock, 1e-300)


def rate_ratios(given: Flows, start: int, treated: int, controls: NDArray[np.integer]) -> Any:
    """Change of the treated county's rates relative to the control group's.

    Returns
    -------
    (inflow ratio, exit ratios by duration group, right ratios by duration group, and the four
    exit hazards treated/control × before/after by duration group).
    """
    at = start - given.first
    new = given.entries[..., :EARLY].sum(-1)
    pairs = []
    for who in (np.array([treated]), controls):
        pool = given.force[who].sum(0)
        arrivals = new[who].sum(0) / pool
        row: list[Any] = [arrivals[1:at].mean(), arrivals[at + 1 :].mean()]
        for events in (given.spans["leaves"], given.spans["changes_right"]):
            for span in (0, 1):
                row.append(
                    _hazard(events[who, span].sum(0), given.spans["stock"][who, span].sum(0))
                )
        pairs.append(row)
    own, other = pairs
    with np.errstate(divide="ignore", invalid="ignore"):
        inflow = (own[1] / own[0]) / (other[1] / other[0])
        exits = np.nan_to_num((own[3] / own[2]) / (other[3] / other[2]), nan=1.0, posinf=1.0)
        right = np.nan_to_num((own[5] / own[4]) / (other[5] / other[4]), nan=1.0, posinf=1.0)
    hazards = (own[2], own[3], other[2], other[3])
    return inflow, np.where(exits > 0, exits, 1.0), np.where(right > 0, right, 1.0), hazards


def project(
    given: Flows, start: int, county: int, ratios: tuple[float, Array, Array], use: frozenset[str]
) -> Array:
    """Mean stock after the start in per cent of the labour force, (duration group,).

    Parts in `use` are as observed; the others are divided by their ratios.
    """
    inflow, exits, right = ratios
    index, at = group_index(), start - given.first
    stock = given.stock[county, at].copy()
    months = given.stock.shape[1]
    total = np.zeros(len(DURATIONS))
    for t in range(at, months - 1):
        base = np.maximum(given.stock[county, t], 1e-300)
        leave = given.leaves[county, t] / base
        change = given.changes_right[county, t] / base
        if "exit" not in use:
            leave = leave / exits[index]
        if "right" not in use:
            change = change / right[index]
        stays = stock * np.clip(1 - leave - change, 0, 1)
        entries = given.entries[county, t + 1].copy()
        if "inflow" not in use:
            entries[:EARLY] /= inflow
        stock = entries
        stock[1:] += stays[:-1]
        stock[-1] += stays[-1]
        share = 100 * stock / given.force[county, t + 1]
        total += np.bincount(index, share, minlength=len(DURATIONS))
    return total / (months - 1 - at)


def shapley(values: dict[frozenset[str], Array]) -> dict[str, Array]:
    """Contribution of each part to value(all) − value(none), averaged over orders."""
    n = len(PARTS)
    found = {}
    for part in PARTS:
        others = [name for name in PARTS if name != part]
        total = np.zeros_like(values[frozenset()])
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for chosen in combinations(others, size):
                total = total + weight * (
                    values[frozenset((*chosen, part))] - values[frozenset(chosen)]
                )
        found[part] = total
    return found


def decompose(
    given: Flows, start: int, treated: int, controls: NDArray[np.integer]
) -> dict[str, Array]:
    """Contributions in percentage points by part and duration group; `total`, `unexplained`.

    `unexplained` is the observed mean stock less the stock carried forward with observed rates.
    """
    inflow, exits, right, _ = rate_ratios(given, start, treated, controls)
    values = {
        frozenset(chosen): project(given, start, treated, (inflow, exits, right), frozenset(chosen))
        for size in range(len(PARTS) + 1)
        for chosen in combinations(PARTS, size)
    }
    found = shapley(values)
    everything = values[frozenset(PARTS)]
    found["total"] = everything - values[frozenset()]
    at, index = start - given.first, group_index()
    shares = 100 * given.stock[treated, at + 1 :] / given.force[treated, at + 1 :, None]
    seen = np.array([shares[:, index == g].sum(1).mean() for g in range(len(DURATIONS))])
    found["unexplained"] = seen - everything
    return found


def mechanism(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """Contributions of inflow, exit and changes of right to the effect on the stock.

    Returns
    -------
    group, part (inflow, exit, right, total, unexplained, and lead: exit less inflow), effect
    (per cent of the stock before), std_error (spread over the control counties), p_value (rank),
    n_units, n_persons, residual_df.
    """
    rows = []
    start, first, last = parameters.months()
    controls = parameters.controls()
    if last - start < 3:
        raise EstimationError("the decomposition needs three months after the start")
    for group in GROUPS:
        given = flows(panel, group, (parameters.county, *controls), first, last)
        every = [_county_parts(given, start, i) for i in range(len(given.counties))]
        smallest = int(given.stock.sum(-1).min())
        for part in every[0]:
            values = np.array([one[part] for one in every])
            rows.append(
                {
                    "group": group,
                    "part": part,
                    "effect": values[0],
                    "std_error": spread_of(values[1:]),
                    "p_value": rank_of(values),
                    "n_units": int(np.isfinite(values).sum()),
                    "n_persons": smallest,
                    "residual_df": len(values) - 2,
                }
            )
    return pd.DataFrame(rows)


def _county_parts(given: Flows, start: int, treated: int) -> dict[str, float]:
    """Contributions in per cent when one county is treated; index 0 is never a control."""
    others = np.array([i for i in range(1, len(given.counties)) if i != treated])
    at = start - given.first
    before = (100 * given.stock[treated, :at].sum(-1) / given.force[treated, :at]).mean()
    found = decompose(given, start, treated, others)
    parts = {part: relative(float(value.sum()), float(before)) for part, value in found.items()}
    return {**parts, LEAD: parts["exit"] - parts["inflow"]}


def hazards(panel: Panel, parameters: Parameters) -> pd.DataFrame:
    """Monthly exit hazards by duration before and after, and the relative change.

    Returns
    -------
    group, duration, treated_before, treated_after, control_before, control_after (per cent a
    month), effect (relative change of the hazard, per cent), std_error and p_value from the
    control counties, n_persons (fewest who left, or stayed, before or after in any county),
    n_units, residual_df.
    """
    rows = []
    start, first, last = parameters.months()
    for group in GROUPS:
        given = flows(panel, group, (parameters.county, *parameters.controls()), first, last)
        count = len(given.counties)
        ratios, own = [], None
        for i in range(count):
            others = np.array([j for j in range(1, count) if j != i])
            _, exits, _, found = rate_ratios(given, start, i, others)
            ratios.append(100 * (exits - 1))
            own = found if i == 0 else own
        values = np.array(ratios)
        assert own is not None
        least = fewest_events(given)
        for g, duration in enumerate(DURATIONS):
            rows.append(
                {
                    "group": group,
                    "duration": duration,
                    **{name: 100 * float(own[k][g]) for k, name in enumerate(HAZARDS)},
                    "effect": float(values[0, g]),
                    "std_error": spread_of(values[1:, g]),
                    "p_value": rank_of(values[:, g]),
                    "n_persons": int(least[g]),
                    "n_units": count,
                    "residual_df": count - 2,
                }
            )
    return pd.DataFrame(rows)


def fewest_events(given: Flows) -> NDArray[np.integer]:
    """Fewest who left, and fewest who stayed, before or after in any county, by duration group.

    The control group's hazard less the other counties', which stand in their own reports, would
    give a county's own.
    """
    left = given.spans["leaves"]
    stayed = given.spans["stock"] - left
    return np.minimum(left, stayed).min(axis=(0, 1)).clip(min=0).astype(int)


HAZARDS = ("treated_before", "treated_after", "control_before", "control_after")
