"""Checks of the follow-up study: placebo, the break in January 2018, many tests, one county."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from naveval.disclosure import models
from naveval.estimators import detectable, did, multiple_testing
from naveval.project.given import labels
from naveval.studies.followup import panel
from naveval.studies.followup.estimate import (
    COMPARISONS,
    NAMES,
    OUTCOMES,
    TREATED_POST,
    WINDOWS,
    Comparison,
    Regression,
    Sample,
    design,
    inference,
    place,
    regress,
    regressions,
    row,
    sample,
)
from naveval.studies.followup.parameters import LONGEST_GAPS, Parameters

BEFORE = (201607, 201706)
PLACEBO_DATES = (201610, 201701, 201704)
# Untreated whether the initiative was for 26 weeks or fewer left, or for those who pass the limit.
PLACEBO_GROUPS = {
    "36_38": Comparison((30, 32), (36, 38)),
    "42_44": Comparison((30, 32), (42, 44)),
}
UNTIL_BREAK = (201607, 201712)
LIMIT = 0.05
BLOCK = 50
COUNTY_OUTCOMES = ("program", "dialogue", "work")
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


def placebo_groups(window: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """30–32 weeks left against groups with more left, at the real date: none of them is treated.

    Returns
    -------
    One row per group, outcome and window: `other` and the columns of `row`.
    """
    found = []
    for name, comparison in PLACEBO_GROUPS.items():
        for horizon, months in WINDOWS.items():
            chosen = sample(window, comparison, months)
            found += [
                {"other": name}
                | row(
                    regress(chosen, "placebo", outcome, horizon, parameters.least_persons),
                    parameters,
                )
                for outcome in OUTCOMES["tbl-2"]
            ]
    return pd.DataFrame(found)


def without_2018(window: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """The long window with and without 2018, by outcome (`months` is "all" or "until_2017").

    The difference is taken with the covariance of the two estimates, which share persons; `alike`
    as in `too_alike`.
    """
    found = []
    for name, table in MAIN_OUTCOMES.items():
        samples = {
            horizon: sample(window, COMPARISONS[table], months)
            for horizon, months in (("all", WINDOWS["long"]), ("until_2017", UNTIL_BREAK))
        }
        pair: list[Regression] = [
            regress(chosen, table, name, horizon, parameters.least_persons)
            for horizon, chosen in samples.items()
        ]
        alike = too_alike(samples["all"], samples["until_2017"], name)
        rows = [row(item, parameters) | {"alike": alike} for item in pair]
        difference, error = _difference_shared(pair[0], pair[1])
        for part in rows:
            part |= {
                "difference": difference,
                "difference_error": error,
                "difference_p": _p_value(difference, error),
            }
        found += rows
    return pd.DataFrame(found)


def by_gap(parameters: Parameters) -> pd.DataFrame:
    """The long window with spells that end after 2, 4 or 6 weeks without a card.

    Returns
    -------
    One row per longest gap and outcome: `gap` as text, the columns of `row`, and `difference`,
    `difference_error` and `difference_p` from the gap of the run, with shared persons; `alike` as
    in `too_alike`.
    """
    found: dict[int, list[Regression]] = {}
    every: dict[int, dict[str, Sample]] = {}
    for gap in LONGEST_GAPS:
        changed = parameters.model_copy(update={"longest_gap_weeks": gap})
        window = place(panel.load(changed).window, parameters.county)
        every[gap] = samples = {
            table: sample(window, COMPARISONS[table], WINDOWS["long"])
            for table in dict.fromkeys(MAIN_OUTCOMES.values())
        }
        found[gap] = [
            regress(samples[table], table, name, "long", parameters.least_persons)
            for name, table in MAIN_OUTCOMES.items()
        ]
    rows = []
    for gap, items in found.items():
        for item, own in zip(items, found[parameters.longest_gap_weeks], strict=True):
            value, error = (np.nan, np.nan) if item is own else _difference_shared(item, own)
            told = {"difference": value, "difference_error": error}
            told["difference_p"] = _p_value(value, error)
            pair = [every[one][item.table] for one in (gap, parameters.longest_gap_weeks)]
            alike = too_alike(pair[0], pair[1], item.outcome)
            rows.append({"gap": str(gap), **row(item, parameters), **told, "alike": alike})
    return pd.DataFrame(rows)


def too_alike(first: Sample, second: Sample, outcome: str) -> bool:
    """Whether too few persons are in the two samples unlike to tell how the estimates differ.

    Those who are need ten with the outcome and ten without, as the cells of a coefficient: of two
    estimates that each rest on many, the difference may rest on a few.
    """
    persons = [one.rows["person"].to_numpy() for one in (first, second)]
    size = 1 + max((int(one.max(initial=0)) for one in persons), default=0)
    periods = [np.bincount(one, minlength=size) for one in persons]
    sums = [
        np.bincount(one, sample_.rows[outcome].to_numpy(float), size)
        for one, sample_ in zip(persons, (first, second), strict=True)
    ]
    differ = (periods[0] != periods[1]) | (sums[0] != sums[1])
    happened = (sums[0] + sums[1])[differ] > 0
    return not bool(models.estimable(happened.sum(), (~happened).sum(), np.inf))


def by_county(window: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """The long window with counties as clusters: one shock may strike a whole county at once.

    With so few clusters the usual clustered errors (CRV1) are too small; those that leave out one
    county at a time (CRV3) err on the safe side.

    Returns
    -------
    One row per outcome of COUNTY_OUTCOMES: the columns of `row`, with the county-clustered
    interval and p-value by CRV3, `person_error`, `crv1_error`, `n_clusters`.
    """
    rows = []
    for name in COUNTY_OUTCOMES:
        chosen = sample(window, COMPARISONS[MAIN_OUTCOMES[name]], WINDOWS["long"])
        own = regress(chosen, MAIN_OUTCOMES[name], name, "long", parameters.least_persons)
        told = row(own, parameters) | {"person_error": np.nan, "crv1_error": np.nan}
        clusters, names = pd.factorize(labels("by_county", "county", chosen.rows["county"]))
        counties = len(names)
        told["n_clusters"] = counties
        if own.fit is not None and counties > 1:
            given = design(chosen, name) | {"cluster": clusters}
            wide = did.fit(**given, names=NAMES)
            safe = did.jackknife(wide, **given)
            told |= {"person_error": told["std_error"], **inference(safe, parameters)}
            told["crv1_error"] = float(wide.std_errors[0])
        rows.append(told)
    return pd.DataFrame(rows)


def _influence(fitted: did.Fit) -> np.ndarray:
    """Influence of each person on treated × post, scaled to the clustered variance."""
    at = fitted.names.index(TREATED_POST)
    return np.asarray(fitted.influence[:, at] * np.sqrt(fitted.correction))


def _difference_shared(first: Regression, second: Regression) -> tuple[float, float]:
    """Difference of two estimates from overlapping samples, with its standard error."""
    one, other = first.fit, second.fit
    if one is None or other is None:
        return float("nan"), float("nan")
    persons = np.union1d(one.clusters, other.clusters)
    total = np.zeros(persons.size)
    for fitted, sign in ((one, 1.0), (other, -1.0)):
        total[np.searchsorted(persons, fitted.clusters)] += sign * _influence(fitted)
    value, rest = (each.coefficients[each.names.index(TREATED_POST)] for each in (one, other))
    return float(value - rest), float(np.sqrt(total @ total))


def _p_value(difference: float, error: float) -> float:
    return float(2 * special.ndtr(-abs(difference) / error)) if error > 0 else float("nan")


def rejected(found: Sequence[Regression], parameters: Parameters) -> np.ndarray:
    """Share of draws under no effect in which each regression's test rejects at LIMIT.

    Persons are drawn with replacement (Poisson weights) from their influence on the estimate,
    which is zero on average, and the error is computed anew in each draw. A share near LIMIT says
    that errors and the normal approximation hold for outcomes as rare as these; with the draws
    of a run it is known to within a percentage point or two.
    """
    usable = [item.fit for item in found if item.fit is not None]
    if not usable:
        return np.full(len(found), np.nan)
    persons = np.unique(np.concatenate([fitted.clusters for fitted in usable]))
    table = np.zeros((persons.size, len(usable)), dtype=np.float32)
    for j, fitted in enumerate(usable):
        table[np.searchsorted(persons, fitted.clusters), j] = _influence(fitted)
    generator = np.random.default_rng(parameters.seed)
    limit, hits = -special.ndtri(LIMIT / 2), np.zeros(len(usable))
    for _ in range(0, parameters.draws, BLOCK):
        weights = generator.poisson(1, (BLOCK, persons.size)).astype(np.float32)
        total, squares = weights @ table, weights @ table**2
        hits += (np.abs(total) > limit * np.sqrt(squares)).sum(axis=0)
    shares = iter(hits / (-(-parameters.draws // BLOCK) * BLOCK))
    return np.array([next(shares) if item.fit is not None else np.nan for item in found])


def adjusted(found: Sequence[Regression], parameters: Parameters) -> pd.DataFrame:
    """P-values as they are, after Holm and after Romano–Wolf, by family of tests.

    Returns
    -------
    One row per regression: family ("ten" for tables 1 and 3, "threshold" for table 2), table,
    outcome, horizon, estimate, p_value, p_holm, p_romano_wolf, `rejected` under no effect, and the
    columns of `row`.
    """
    parts = []
    shares = dict(zip(map(id, found), rejected(found, parameters), strict=True))
    for family, tables in FAMILIES.items():
        items = [item for item in found if item.table in tables]
        frame = pd.DataFrame(
            [{"family": family, "table": item.table, **row(item, parameters)} for item in items]
        )
        usable = [item.fit for item in items if item.fit is not None]
        known = frame["p_value"].notna()
        frame["p_holm"] = multiple_testing.holm(frame["p_value"].to_numpy())
        frame["p_romano_wolf"] = np.nan
        frame["rejected"] = [shares[id(item)] for item in items]
        if usable:
            drawn = multiple_testing.cluster_draws(
                [_influence(fitted) for fitted in usable],
                [fitted.clusters for fitted in usable],
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
