"""Protected means of the follow-up study: months, durations, windows and the sample flow.

A mean is a protected number of periods with the measure over a protected number of periods,
both from protected numbers of persons (`disclosure/design.md`). Counties and country have keys
of their own, so nothing follows from the country and the others, and every report that shows
the same persons shows the same number. Months are shown at the finest step of time at which
enough persons have the measure in every group; the step is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from naveval.disclosure import counts as counting
from naveval.disclosure import decisions, keys, magnitudes, series
from naveval.disclosure.keys import Secret
from naveval.disclosure.released import Released
from naveval.disclosure.thresholds import thresholds
from naveval.project.store import cached
from naveval.studies.followup import weeks
from naveval.studies.followup.estimate import OUTCOMES, START, WINDOWS, place
from naveval.studies.followup.measures import (
    BY_DURATION,
    BY_MONTH,
    COUNTRY,
    HALF_YEARS,
    by_duration,
    by_month,
)
from naveval.studies.followup.panel import NO_CARDS, WINDOW, Panel, made_from
from naveval.studies.followup.parameters import Parameters

TABLES: Mapping[str, str] = {"fig-4": "tbl-1", "fig-5": "tbl-2", "fig-6": "tbl-3"}
TARGET = "target"
KEYS = ["measure", "group", "month"]
HIDDEN_WITH_MEAN = ("mean", "mde_relative")
REGRESSION = ["table", "outcome", "horizon"]
# A step is left out of the series when it would put months before and after the start together.
STEPS: tuple[series.Step, ...] = ("month", "quarter", "half_year", "year")
SHOWN = ["value", "n_obs", "n_persons", "n_with"]
NUMBERS = ("n_with", "n_persons")
# The most that one person adds to a step of the flow, and to a duration.
FLOW_CAPS = {"n_spells": 3.0, "n_periods": 100.0}
DIALOGUES_A_PERIOD = 2.0
# The figures whose measures every county is told, with the year before and the year after.
GAPS = ("fig-4", "fig-6")
GAP_PARTS = ("target_before", "target_after", "other_before", "other_after")
YEAR = 12
EVENT_STEPS: tuple[series.Step, ...] = ("month", "quarter")
EVENT_OUTCOMES = (*OUTCOMES["tbl-1"], *OUTCOMES["tbl-3"])


@dataclass(frozen=True)
class Protected:
    """What is shown of months and means, for the country and all counties.

    Attributes
    ----------
    months
        Figure and place to its means by month (or a longer step, in the column `step`).
    means
        One row per county, table, outcome and horizon: `mean` of the target group, missing
        where it rests on too few.
    gaps
        One row per county and measure: means of both groups in the year before July 2017 and in
        the year after, and by how much more the target group's changed.
    """

    months: Mapping[tuple[str, str], Released]
    means: pd.DataFrame
    gaps: Released


def load(panel: Panel, parameters: Parameters) -> Protected:
    """Months and means of all places, computed once for the runs of all counties."""
    return cached(
        "followup-protected",
        lambda: protect(panel, keys.secret(parameters.origin())),
        key=made_from(parameters),
        code=(__name__,),
    )


def protect(panel: Panel, secret: Secret) -> Protected:
    """Months and means of all places."""
    source = _Source(panel, secret, {})
    months: dict[tuple[str, str], Released] = {}
    means = []
    every = _places(panel.window)
    for label in BY_MONTH:
        months |= {(label, code): own for code, own in _months(source, label, every).items()}
        means.append(_means(source, label, every))
    gaps = _gaps(source, [code for code in every if code != COUNTRY])
    return Protected(months, pd.concat(means, ignore_index=True), gaps)


@dataclass(frozen=True)
class _Source:
    """The panel, the secret, and what is taken from the country for all places.

    `country` has, by figure and step, the caps of totals and the means per person with the
    measure; it is filled as they are asked for.
    """

    panel: Panel
    secret: Secret
    country: dict[str, tuple[dict[str, float], dict[str, float]]]

    def means(
        self,
        rows: pd.DataFrame,
        codes: Sequence[str],
        measures: Sequence[str],
        groups: Mapping[str, tuple[int, int]],
        span: tuple[str, int],
    ) -> pd.DataFrame:
        """Protected means by place and month; `span` is a name of its own and has its months."""
        own, secret = self.panel.persons["record_key"].to_numpy(), self.secret.of(span[0])
        if span[0] not in self.country:
            found = by_month(rows, measures, groups, own)
            caps = dict(zip(found["measure"], found["cap"], strict=True))
            self.country[span[0]] = caps, _per_person(found, secret)
        caps, each = self.country[span[0]]
        raw = [
            by_month(place(rows, code), measures, groups, own, caps).assign(county=code)
            for code in codes
        ]
        return protected_means(pd.concat(raw, ignore_index=True), secret, span[1], each)


def _per_person(raw: pd.DataFrame, secret: Secret) -> dict[str, float]:
    """Total per person with the measure, from protected numbers of all cells with enough."""
    shown, told = _totals(raw, secret)
    enough = ~np.isnan(told) & (shown > 0)
    found = {}
    for measure, rows in raw.groupby("measure").indices.items():
        own = rows[enough[rows]]
        found[str(measure)] = float(told[own].sum() / shown[own].sum()) if own.size else 1.0
    return found


def _totals(raw: pd.DataFrame, secret: Secret) -> tuple[np.ndarray, np.ndarray]:
    """Protected persons with the measure, and their total; missing where they are few."""
    rest = raw.drop(columns=["n_obs", "total", "cap", "n_persons", "n_persons_key"])
    shown = counting.protect(rest, ["n_with"], secret)["n_with"].to_numpy()
    # Where nobody can have more than one, the total is the number of persons.
    told = shown.astype(float)
    many = (raw["cap"] > 1).to_numpy()
    for measure in raw["measure"][many].unique():
        own = many & (raw["measure"] == measure).to_numpy()
        n, total, key, cap = (raw[name][own] for name in ("n_with", "total", "n_with_key", "cap"))
        told[own] = magnitudes.periods(shown[own], n, total, key, secret, cap=cap, what=measure)
    return shown, told


def protected_means(
    raw: pd.DataFrame, secret: Secret, months: int, each: Mapping[str, float]
) -> pd.DataFrame:
    """Raw counts as protected ones, with `value`, the mean per period, and its noise's `variance`.

    Parameters
    ----------
    raw
        n_persons and n_with with their keys, n_obs, total and its cap, measure.
    months
        Months a cell spans.
    each
        Total per person with the measure in the country, for cells with fewer than 20 of them.
    """
    cap = raw["cap"].to_numpy(float)
    rest = raw.drop(columns=["n_obs", "total", "cap"])
    shown = counting.protect(rest, ["n_persons", "n_with"], secret)
    periods = magnitudes.periods(
        shown["n_persons"],
        raw["n_persons"],
        raw["n_obs"],
        raw["n_persons_key"],
        secret,
        cap=magnitudes.periods_cap(months),
        what="n_obs",
    )
    told = _totals(raw, secret)[1]
    events = np.where(
        np.isnan(told), shown["n_with"] * raw["measure"].map(each).astype(float), told
    )
    periods = np.where(periods > 0, periods, np.nan)
    value = events / periods
    above = _noise(shown["n_with"], events, np.where(cap > 1, cap, 0.0))
    below = _noise(shown["n_persons"], periods, magnitudes.periods_cap(months))
    variance = (above + value**2 * below) / periods**2
    return shown.assign(n_obs=periods, value=value, variance=variance)


def _noise(persons: pd.Series, total: np.ndarray, cap: np.ndarray | float) -> np.ndarray:
    """Variance of the noise in a total: that of its protected persons, and that of a sum."""
    shown = persons.to_numpy(float)
    each = np.divide(total, shown, out=np.zeros(len(shown)), where=shown > 0)
    return counting.noise_variance(shown) * each**2 + magnitudes.noise_variance() * cap**2


def _months(source: _Source, label: str, codes: Sequence[str]) -> dict[str, Released]:
    """Means by month of each place, each measure at the finest step with enough in all groups."""
    window = source.panel.window
    measures, groups = BY_MONTH[label]
    frames: dict[tuple[str, str], pd.DataFrame] = {}
    left = [(code, measure) for code in codes for measure in measures]
    for step in STEPS:
        span = (f"{label} {step}", series.MONTHS[step])
        places = list(dict.fromkeys(code for code, _ in left))
        found = source.means(_moved(window, step), places, measures, groups, span)
        rows = found.groupby(["county", "measure"]).indices
        frames |= {one: found.iloc[rows.get(one, [])].assign(step=step) for one in left}
        groups_enough = series.enough_in(found, ["county", "measure", "group"], *NUMBERS)
        enough = groups_enough.groupby(level=["county", "measure"]).all()
        left = [one for one in left if not enough.get(one, True)]
        if not left:
            break
    frames |= {one: frames[one].assign(step="", value=np.nan) for one in left}
    return {
        code: _released(
            pd.concat([frames[code, measure] for measure in measures], ignore_index=True),
            label,
            KEYS,
            place(window, code)["person"].nunique(),
            ["month"],
        )
        for code in codes
    }


def cells(panel: Panel, parameters: Parameters) -> dict[str, pd.DataFrame]:
    """Protected means of the regressions' outcomes by month and by quarter, for event studies.

    Returns
    -------
    Step to measure, group, month (the first of the step) and what `protected_means` gives.
    """
    source = _Source(panel, keys.secret(parameters.origin()), {})
    found: dict[str, pd.DataFrame] = {}
    for step in EVENT_STEPS:
        whole = _moved(panel.window, step)
        span = (step, series.MONTHS[step])
        found[step] = source.means(whole, [parameters.county], EVENT_OUTCOMES, HALF_YEARS, span)
    return found


def around(panel: Panel, parameters: Parameters) -> Released:
    """Means of the year before and the year after July 2017, for the groups of figures 4 to 6.

    Each rests on the persons of the whole year, so that no month is too small to count.
    """
    source = _Source(panel, keys.secret(parameters.origin()), {})
    frame = _years(source, tuple(BY_MONTH), [parameters.county])
    persons = place(panel.window, parameters.county)["person"].nunique()
    return _released(frame, "tbl-around", ["figure", "measure", "group", "when"], persons, [])


def _years(source: _Source, labels: Sequence[str], codes: Sequence[str]) -> pd.DataFrame:
    """Protected means of places in the years before and after the start, by figure."""
    window, parts = source.panel.window, []
    window = window[window["month"].between(*WINDOWS["long"])]
    whole = window.assign(month=(window["month"] >= START).astype(int))
    for label in labels:
        found = source.means(whole, codes, *BY_MONTH[label], (f"{label} years", YEAR))
        when = np.where(found["month"] == 0, "before", "after")
        parts.append(found.assign(figure=label, when=when))
    return pd.concat(parts, ignore_index=True).drop(columns="month")


def _moved(window: pd.DataFrame, step: series.Step) -> pd.DataFrame:
    """Person-periods with the first month of each step in place of the month."""
    if step == "month":
        return window
    index = pd.Series(weeks.month_index(window["month"].to_numpy()), index=window.index)
    start = series.period(index, step, int(weeks.month_index(WINDOW[0]))).to_numpy()
    return window.assign(month=(2015 + start // 12) * 100 + start % 12 + 1)


def _means(source: _Source, label: str, codes: Sequence[str]) -> pd.DataFrame:
    """Means of each place's target group over the windows of the figure's table."""
    parts = []
    for name, (first, last) in WINDOWS.items():
        window = source.panel.window
        whole = window[window["month"].between(first, last)].assign(month=0)
        span = int(weeks.month_index(last) - weeks.month_index(first)) + 1
        measures, groups = OUTCOMES[TABLES[label]], {TARGET: BY_MONTH[label][1][TARGET]}
        at = (f"{label} {name}", span)
        found = source.means(whole, codes, measures, groups, at)
        enough = found["n_persons"] >= thresholds().counts.least_denominator
        parts.append(
            pd.DataFrame(
                {
                    "county": found["county"],
                    "table": TABLES[label],
                    "outcome": found["measure"],
                    "horizon": name,
                    "mean": found["value"].where(enough),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _gaps(source: _Source, counties: Sequence[str]) -> Released:
    """Means of both groups before and after July 2017 in every county, and the change between."""
    long = _years(source, GAPS, counties)
    long["at"] = long["group"] + "_" + long["when"]
    every = ["value", "n_persons", "n_with"]
    wide = long.pivot(index=["county", "measure"], columns="at", values=every)
    frame = wide["value"].reindex(columns=list(GAP_PARTS))
    frame["gap"] = (frame["target_after"] - frame["target_before"]) - (
        frame["other_after"] - frame["other_before"]
    )
    counts = {}
    for name, mark in (("n_persons", "n_"), ("n_with", "with_")):
        own = wide[name].reindex(columns=list(GAP_PARTS)).fillna(0)
        counts[mark] = own.assign(gap=own.min(axis=1)).add_prefix(mark)
    found = decisions.described(
        pd.concat([frame, *counts.values()], axis=1).reset_index(),
        label="tbl-counties",
        protection=decisions.Protection(counting.about(source.panel.window["person"].nunique())),
        keys=["county", "measure"],
        rests_on={name: f"n_{name}" for name in frame},
        numerators={name: f"with_{name}" for name in frame},
        only=["county", "measure", *frame, *counts["n_"]],
    )
    for name in frame:
        found.suppressed[name] |= found.frame[name].isna()
    return found


def months(protected: Protected, label: str, county: str) -> Released:
    """Means by month of one place, for figure 4, 5 or 6."""
    return protected.months[label, county]


def durations(panel: Panel, label: str, parameters: Parameters) -> Released:
    """Means by duration of one place, for figure 1, 2 or 3."""
    measures = BY_DURATION[label]
    secret = keys.secret(parameters.origin()).of(f"{label} {parameters.county}")
    raw = by_duration(panel.profiles, measures, parameters.county).assign(cap=DIALOGUES_A_PERIOD)
    country = by_duration(panel.profiles, BY_DURATION[label], COUNTRY)
    each = _per_person(country.assign(cap=DIALOGUES_A_PERIOD), secret)
    found = protected_means(raw, secret, 1, each)
    persons = float(raw["n_persons"].max()) if len(raw) else 0.0
    return _released(found, label, ["measure", "duration"], persons, ["weeks"])


def flow(panel: Panel, parameters: Parameters) -> Released:
    """The sample flow of a place: persons, spells and periods of each step."""
    county = parameters.county
    secret = keys.secret(parameters.origin()).of(f"flow {county}")
    found = panel.flow if not county else panel.flow[panel.flow["county"] == county]
    counts = ["n_persons", "n_persons_key", "n_spells", "n_periods"]
    raw = found.groupby("step", sort=False, as_index=False, observed=True)[counts].sum()
    shown = counting.protect(raw[["step", "n_persons", "n_persons_key"]], ["n_persons"], secret)
    for name, span in FLOW_CAPS.items():
        told = magnitudes.periods(
            shown["n_persons"],
            raw["n_persons"],
            raw[name],
            raw["n_persons_key"],
            secret,
            cap=span,
            what=name,
        )
        # Everybody has at least one, whatever the noise.
        some = (raw[name] > 0) & (shown["n_persons"] > 0)
        shown[name] = np.where(some, np.maximum(told, shown["n_persons"]), np.nan)
    shown["n_periods"] = shown["n_periods"].where(shown["step"] != NO_CARDS)
    return _released(shown, "tbl-flow", ["step"], float(raw["n_persons"].max()), [])


def _released(
    frame: pd.DataFrame, label: str, own: Sequence[str], persons: float, labels: Sequence[str]
) -> Released:
    """Release protected counts and what was computed from them."""
    protection = decisions.Protection(counting.about(persons))
    shown = [name for name in frame.columns if name in {*own, *labels, "step", *SHOWN}]
    shown += [name for name in ("n_spells", "n_periods") if name in frame.columns]
    counts = [name for name in ("n_persons", "n_with") if name in frame.columns]
    value = {"value": "n_persons"} if "value" in frame.columns else {}
    persons_with = {"value": "n_with"} if value else {}
    found = decisions.described(
        frame[list(dict.fromkeys(shown))],
        label=label,
        protection=protection,
        keys=own,
        rests_on=value,
        numerators=persons_with,
        counts=counts,
    )
    if "value" in found.frame:
        found.suppressed["value"] |= found.frame["value"].isna()
    return found


def _places(frame: pd.DataFrame) -> list[str]:
    """The country and all counties."""
    return [COUNTRY, *sorted(frame["county"].astype(str).unique())]


def protect_means(summary: pd.DataFrame, protected: Protected, county: str) -> pd.DataFrame:
    """Replace means of the target group by protected ones, and persons by tens.

    Parameters
    ----------
    summary
        From `estimate.summary`.

    Returns
    -------
    The summary with a column `mean_hidden`.
    """
    own = protected.means[protected.means["county"] == county].set_index(REGRESSION)["mean"]
    mean = own.reindex(pd.MultiIndex.from_frame(summary[REGRESSION])).to_numpy()
    numbers = {name: summary[name].map(counting.about) for name in ("n_obs", "n_persons")}
    return summary.assign(
        mean=mean,
        mde_relative=summary["mde"].div(mean).where(summary["mde_relative"].notna()),
        mean_hidden=np.isnan(mean),
        **numbers,
    )
