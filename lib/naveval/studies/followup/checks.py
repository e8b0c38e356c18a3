"""Checks of the follow-up study: placebo, the break in January 2018, many tests, one county."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from naveval.estimators import detectable, multiple_testing
from naveval.studies.followup.estimate import (
    COMPARISONS,
    OUTCOMES,
    TREATED_POST,
    WINDOWS,
    Comparison,
    Regression,
    inference,
    regress,
    regressions,
    sample,
)
from naveval.studies.followup.parameters import Parameters

BEFORE = (201607, 201706)
PLACEBO_DATES = (201610, 201701, 201704)
PLACEBO_GROUP = Comparison((20, 22), (30, 32))
UNTIL_BREAK = (201607, 201712)
LIMIT = 0.05
MAIN_OUTCOMES = {name: table for table in ("tbl-1", "tbl-3") for name in OUTCOMES[table]}
COUNTY_COLUMNS = [
    "table",
    "outcome",
    "horizon",
    "county_estimate",
    "county_std_error",
    "country_estimate",
    "country_std_error",
    "rest_estimate",
    "rest_std_error",
    "difference",
    "difference_error",
    "difference_mde",
    "difference_p",
    "n_persons",
    "smallest_cell",
    "events",
    "others",
    "refused",
]
FAMILIES = {"ten": ("tbl-1", "tbl-3"), "threshold": ("tbl-2",)}


def placebo_dates(window: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Effects of start dates at which nothing happened, on the year before July 2017.

    Returns
    -------
    One row per date and outcome: `start`, `outcome` and the columns of `row`.
    """
    found = []
    for start in PLACEBO_DATES:
        chosen = {
            table: sample(window, COMPARISONS[table], BEFORE, start) for table in ("tbl-1", "tbl-3")
        }
        found += [
            {"start": start}
            | row(
                regress(chosen[table], table, name, "before", parameters.least_persons), parameters
            )
            for name, table in MAIN_OUTCOMES.items()
        ]
    return pd.DataFrame(found)


def placebo_group(window: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """20–22 against 30–32 weeks left at the real date: neither group is at the threshold."""
    found = []
    for horizon, months in WINDOWS.items():
        chosen = sample(window, PLACEBO_GROUP, months)
        found += [
            row(regress(chosen, "placebo", name, horizon, parameters.least_persons), parameters)
            for name in OUTCOMES["tbl-2"]
        ]
    return pd.DataFrame(found)


def without_2018(window: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """The long window with and without 2018, by outcome (`months` is "all" or "until_2017").

    The difference is taken with the covariance of the two estimates, which share persons.
    """
    found = []
    for name, table in MAIN_OUTCOMES.items():
        pair: list[Regression] = [
            regress(
                sample(window, COMPARISONS[table], months),
                table,
                name,
                horizon,
                parameters.least_persons,
            )
            for horizon, months in (("all", WINDOWS["long"]), ("until_2017", UNTIL_BREAK))
        ]
        rows = [row(item, parameters) for item in pair]
        difference, error = _difference_shared(pair[0], pair[1])
        for part in rows:
            part |= {
                "difference": difference,
                "difference_error": error,
                "difference_p": _p_value(difference, error),
            }
        found += rows
    return pd.DataFrame(found)


def row(item: Regression, parameters: Parameters) -> dict[str, object]:
    """What is shown about a regression in the tables of checks."""
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


def _influence(item: Regression) -> np.ndarray:
    """Influence of each person on treated × post, scaled to the clustered variance."""
    assert item.fit is not None
    at = item.fit.names.index(TREATED_POST)
    return np.asarray(item.fit.influence[:, at] * np.sqrt(item.fit.correction))


def _difference_shared(first: Regression, second: Regression) -> tuple[float, float]:
    """Difference of two estimates from overlapping samples, with its standard error."""
    if first.fit is None or second.fit is None:
        return float("nan"), float("nan")
    labels = np.union1d(first.fit.clusters, second.fit.clusters)
    total = np.zeros(labels.size)
    for item, sign in ((first, 1.0), (second, -1.0)):
        assert item.fit is not None
        total[np.searchsorted(labels, item.fit.clusters)] += sign * _influence(item)
    values = [
        item.fit.coefficients[item.fit.names.index(TREATED_POST)]
        for item in (first, second)
        if item.fit is not None
    ]
    return float(values[0] - values[1]), float(np.sqrt(total @ total))


def _p_value(difference: float, error: float) -> float:
    return float(2 * stats.norm.sf(abs(difference) / error)) if error > 0 else float("nan")


def adjusted(found: Sequence[Regression], parameters: Parameters) -> pd.DataFrame:
    """P-values as they are, after Holm and after Romano–Wolf, by family of tests.

    Returns
    -------
    One row per regression: family ("ten" for tables 1 and 3, "threshold" for table 2), table,
    outcome, horizon, estimate, p_value, p_holm, p_romano_wolf and the columns of `row`.
    """
    parts = []
    for family, tables in FAMILIES.items():
        items = [item for item in found if item.table in tables]
        frame = pd.DataFrame(
            [{"family": family, "table": item.table, **row(item, parameters)} for item in items]
        )
        usable = [item for item in items if item.fit is not None]
        known = frame["p_value"].notna()
        frame["p_holm"] = multiple_testing.holm(frame["p_value"].to_numpy())
        frame["p_romano_wolf"] = np.nan
        if usable:
            drawn = multiple_testing.cluster_draws(
                [_influence(item) for item in usable],
                [item.fit.clusters for item in usable if item.fit is not None],
                parameters.draws,
                parameters.seed,
            )
            errors = frame.loc[known, "std_error"].to_numpy()
            frame.loc[known, "p_romano_wolf"] = multiple_testing.romano_wolf(
                frame.loc[known, "estimate"].to_numpy() / errors, drawn / errors
            )
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def count_found(p_values: pd.Series) -> dict[str, float]:
    """How many tests there are, how many are below 5 percent, and how many stand after Holm.

    Returns
    -------
    n_tests, n_found, n_holm, n_missing (tests that could not be made), expected (below 5
    percent by chance alone).
    """
    known = p_values.dropna().to_numpy(float)
    return {
        "n_tests": known.size,
        "n_found": int((known < LIMIT).sum()),
        "n_holm": int((multiple_testing.holm(known) < LIMIT).sum()),
        "n_missing": int(p_values.isna().sum()),
        "expected": LIMIT * known.size,
    }


def county_against_rest(window: pd.DataFrame, county: str, parameters: Parameters) -> pd.DataFrame:
    """The regressions for a county, the whole country and the rest, and the difference.

    No rows when `county` is "". Persons belong to one county, so county and rest are
    independent and their variances add.

    Returns
    -------
    One row per regression: table, outcome, horizon, and for each of `county`, `country` and
    `rest` the columns `…_estimate` and `…_std_error`; `difference`, `difference_error`,
    `difference_p`, the smallest difference that would probably be found (`difference_mde`),
    `n_persons` and `smallest_cell` of the county, `events` and `others` of the smaller of county
    and rest, `refused`.
    """
    if not county:
        return pd.DataFrame(columns=COUNTY_COLUMNS)
    inside = (window["county"] == county).to_numpy()
    found = {
        "county": regressions(window[inside], parameters),
        "country": regressions(window, parameters),
        "rest": regressions(window[~inside], parameters),
    }
    rows = []
    for own, country, rest in zip(*found.values(), strict=True):
        parts = {
            name: inference(item.fit, parameters)
            for name, item in (("county", own), ("country", country), ("rest", rest))
        }
        difference = parts["county"]["estimate"] - parts["rest"]["estimate"]
        error = float(np.hypot(parts["county"]["std_error"], parts["rest"]["std_error"]))
        rows.append(
            {"table": own.table, "outcome": own.outcome, "horizon": own.horizon}
            | {
                f"{name}_{key}": part[key]
                for name, part in parts.items()
                for key in ("estimate", "std_error")
            }
            | {
                "difference": difference,
                "difference_error": error,
                "difference_mde": detectable.minimum_detectable(
                    error, parameters.level, parameters.power
                ),
                "difference_p": _p_value(difference, error),
                "n_persons": own.n_persons,
                "smallest_cell": own.smallest_cell,
                "events": min(own.events, rest.events),
                "others": min(own.others, rest.others),
                "refused": own.refused or rest.refused,
            }
        )
    return pd.DataFrame(rows)
