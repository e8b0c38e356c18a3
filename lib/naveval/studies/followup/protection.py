"""The gate of the follow-up study's means: months, durations, windows and the sample flow.

The means of the target group in tables 1–3 and the months of figures 4–6 rest on the same
events: a window's mean times its periods is the sum of its months, so a single hidden month
could be computed. Where a month is hidden, the sum behind the mean is therefore rounded.
Likewise those who end their cards less those who find work are those who leave for other
reasons: both are shown only where these are enough. All counties are released together, so
that none follows from the country and the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure import gate
from naveval.disclosure.gate import Released
from naveval.disclosure.thresholds import thresholds
from naveval.studies.followup.estimate import OUTCOMES, WINDOWS, place
from naveval.studies.followup.measures import BY_DURATION, BY_MONTH, COUNTRY, by_duration, by_month
from naveval.studies.followup.panel import CHANNEL_COLUMNS, NO_CARDS
from naveval.studies.followup.spells import STAGES

TABLES: Mapping[str, str] = {"fig-4": "tbl-1", "fig-5": "tbl-2", "fig-6": "tbl-3"}
TARGET = "target"
KEYS = ["measure", "group", "month", "county"]
ENOUGH = ["n_persons", "n_with", "n_rest"]
HIDDEN_WITH_MEAN = ("mean", "mde_relative")
REGRESSION = ["table", "outcome", "horizon"]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Protected:
    """What may be shown of months and means, for the country and all counties.

    Attributes
    ----------
    months
        Figure to its means by month, all places.
    means
        One row per county, table, outcome and horizon: `mean` of the target group as it may be
        shown, missing where it may not.
    """

    months: Mapping[str, Released]
    means: pd.DataFrame


def protect(window: pd.DataFrame) -> Protected:
    """Decide for all places which months and means may be shown."""
    months, means = {}, []
    for label in BY_MONTH:
        frame = _by_place(window, label)
        released = gate.release(
            frame,
            label=label,
            count={"value": ENOUGH, "total": ENOUGH, "n_obs": "n_persons"},
            keys=KEYS,
            totals={"county": COUNTRY},
        )
        whole = frame["month"].isin([*WINDOWS]).to_numpy()
        months[label] = gate.subset(released, ~whole)
        months[label].frame["month"] = months[label].frame["month"].astype(int)
        means.append(_means(released.frame[whole], months[label], TABLES[label]))
    return Protected(months, pd.concat(means, ignore_index=True))


def _means(frame: pd.DataFrame, months: Released, table: str) -> pd.DataFrame:
    """Means of the windows, their sums rounded where a month of the target group is hidden."""
    target = months.frame[months.frame["group"] == TARGET]
    measure = target["measure"].mask(target["measure"].isin(CHANNEL_COLUMNS), "dialogue")
    hidden = target.assign(measure=measure)[target["value"].isna()]
    width = float(thresholds().protection_width)
    rows = []
    for row in frame.to_dict("records"):
        first, last = WINDOWS[row["month"]]
        same = (hidden["measure"] == row["measure"]) & (hidden["county"] == row["county"])
        known = not (same & hidden["month"].between(first, last)).any()
        total = row["total"] if known else width * np.round(row["total"] / width)
        rows.append((row["county"], table, row["measure"], row["month"], total / row["n_obs"]))
    return pd.DataFrame(rows, columns=["county", *REGRESSION, "mean"])


def months(protected: Protected, label: str, county: str) -> Released:
    """Means by month of one place, for figure 4, 5 or 6."""
    return _one_place(protected.months[label], label, county, ["n_rest", "total"])


def durations(profiles: pd.DataFrame, label: str, county: str) -> Released:
    """Means by duration of one place, for figure 1, 2 or 3; `profiles` as in the panel."""
    frame = pd.concat(
        [
            by_duration(profiles, BY_DURATION[label], code).assign(county=code)
            for code in _places(profiles)
        ],
        ignore_index=True,
    )
    released = gate.release(
        frame,
        label=label,
        count={"value": ["n_persons", "n_with"], "n_obs": "n_persons"},
        keys=["measure", "duration", "county"],
        labels=["weeks"],
        totals={"county": COUNTRY},
    )
    return _one_place(released, label, county, [])


def flow(found: pd.DataFrame) -> Released:
    """The sample flow of all counties and the country; `found` as in the panel.

    What is dropped and what is left add up to all cards, so a step on few persons could be
    computed from the others: then a second step is hidden.
    """
    counts = ["n_persons", "n_spells", "n_periods"]
    country = found.groupby("step", sort=False, as_index=False)[counts].sum()
    both = pd.concat(
        [found.assign(county=found["county"].astype(str)), country.assign(county=COUNTRY)],
        ignore_index=True,
    )
    both["n_spells"] = both["n_spells"].where(both["n_spells"] > 0)
    both["n_periods"] = both["n_periods"].where(both["step"] != NO_CARDS)
    keys = ["step", "county"]
    first = gate.release(
        both,
        label="tbl-flow",
        count={"n_periods": "n_persons", "n_spells": "n_persons"},
        keys=keys,
        totals={"county": COUNTRY},
    )
    # Without the steps that are not part of the sum: all of them lie inside what is left.
    use = both["step"].isin(STAGES).to_numpy()
    paired = first.suppressed.assign(n_periods=_pairs(both, first.suppressed["n_periods"]))
    second = gate.release(
        both.loc[use, [*keys, "n_periods"]],
        label="tbl-flow",
        count="n_periods",
        keys=keys,
        totals={"county": COUNTRY, "step": {STAGES[0]: [*STAGES[1:]]}},
        linked=replace(first, suppressed=paired),
    )
    more = np.zeros(len(both), dtype=bool)
    more[use] = second.suppressed["n_periods"] & ~first.suppressed.loc[use, "n_periods"]
    first.suppressed["n_periods"] |= more
    first.frame["n_periods"] = first.frame["n_periods"].where(~more)
    named = both["step"] + ", county=" + both["county"]
    lines = [
        [
            first.label,
            f"step={name}",
            "n_periods",
            "secondary",
            "secondary suppression",
            gate.REASONS["secondary"],
        ]
        for name in named[more]
    ]
    log = pd.DataFrame(lines, columns=gate.LOG_COLUMNS)
    return replace(first, log=pd.concat([first.log, log], ignore_index=True))


def _pairs(both: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Hide a second step wherever only one is, the same in all places, so that no place's
    second step follows from the country and the others.
    """
    parts = both["step"].isin(STAGES[1:])
    size = both[parts & both["county"].eq(COUNTRY)].set_index("step")["n_periods"]
    one = both[parts & hidden & (hidden & parts).groupby(both["county"]).transform("sum").eq(1)]
    partner = {step: size.drop(step).idxmin() for step in one["step"].unique()}
    wanted = set(zip(one["county"], one["step"].map(partner), strict=True))
    chosen = [pair in wanted for pair in zip(both["county"], both["step"], strict=True)]
    return hidden | pd.Series(chosen, index=both.index)


def _places(frame: pd.DataFrame) -> list[str]:
    """The country and all counties."""
    return [COUNTRY, *sorted(frame["county"].astype(str).unique())]


def _one_place(released: Released, label: str, county: str, without: Sequence[str]) -> Released:
    rows = released.frame["county"].eq(county).to_numpy()
    columns = [name for name in released.frame.columns if name not in ("county", *without)]
    chosen = gate.subset(released, rows, label=label, columns=columns)
    return replace(
        chosen,
        frame=chosen.frame.reset_index(drop=True),
        suppressed=chosen.suppressed.reset_index(drop=True),
    )


def protect_means(summary: pd.DataFrame, protected: Protected, county: str) -> pd.DataFrame:
    """Replace means of the target group by those that may be shown.

    Parameters
    ----------
    summary
        From `followup_estimates.summary`.

    Returns
    -------
    The summary with a column `mean_hidden`.
    """
    own = protected.means[protected.means["county"] == county].set_index(REGRESSION)["mean"]
    mean = own.reindex(pd.MultiIndex.from_frame(summary[REGRESSION])).to_numpy()
    return summary.assign(
        mean=mean,
        mde_relative=summary["mde"].div(mean).where(summary["mde_relative"].notna()),
        mean_hidden=np.isnan(mean),
    )


def _by_place(window: pd.DataFrame, label: str) -> pd.DataFrame:
    """Months, and the target group's windows, of the country and every county."""
    measures, groups = BY_MONTH[label]
    own = {TARGET: groups[TARGET]}
    parts = []
    for code in _places(window):
        rows = place(window, code)
        parts.append(by_month(rows, measures, groups).assign(county=code))
        for name, (first, last) in WINDOWS.items():
            inside = rows[rows["month"].between(first, last)].assign(month=0)
            found = by_month(inside, OUTCOMES[TABLES[label]], own)
            parts.append(found.assign(month=name, county=code))
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(month=frame["month"].astype(str))
