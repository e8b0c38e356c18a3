"""Descriptions made of protected numbers: who the users are, what a change consists of, offices.

Tables 1 and 2 of the document: a characteristic that is yes or no is a count of persons, others a
sum over persons; each month and group is protected by itself, and the months are put together
afterwards. Printed rows that have no counterpart in the registers' contract are left out: incomes
in kroner (the registers have tenths). Sickness and work assessment benefits are one mark.

With least squares the change in mean actual outcome is the sum of three parts: change in expected
value because the persons differ, change because the labour market differs, and change in the
indicator (Oaxaca 1973 and Blinder 1973 with one set of coefficients). For shares the expected
change is split in the same proportion on the probit's scale.

Offices: levels over a period, shrinkage, reliability and funnel limits (see `shrinkage`).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.disclosure import counts as counting
from naveval.disclosure import magnitudes, models
from naveval.estimators import multiplier, shrinkage
from naveval.estimators.categorical import design, probit
from naveval.estimators.categorical.design import Fit
from naveval.project.errors import EstimationError
from naveval.project.normal import Z95
from naveval.studies.indicator.characteristics import (
    COUNTRY_GROUPS,
    FIRST_AGE,
    MARKET,
    MARKS,
    STATUS,
)
from naveval.studies.indicator.models import Packed, is_share
from naveval.studies.indicator.panel import Chunk, Panel, with_outcome
from naveval.studies.indicator.protection import Noise, Points, labelled, protected, with_noise
from naveval.studies.indicator.series import Curves, months_mean, point_sums

EVERYBODY = "alle"
SHARES = (
    *("job_now", "woman", "married", *COUNTRY_GROUPS[:4]),
    *("disability", "health_benefit", "work_benefit", "unemployed"),
)
CAPS: Mapping[str, float] = {
    "age": 75.0,
    "children": 4.0,
    "hours_now": 37.5,
    "residence": 75.0,
    "history": 61.0,
    "duration": 240.0,
}
"""Means, and the most that one person adds to their sums: years, hours a week and months."""
UNEMPLOYED = tuple(STATUS.index(name) for name in ("helt_ledig", "delvis_ledig", "tiltak"))


def table(panel: Panel, noise: Noise) -> pd.DataFrame:
    """Each characteristic for each status group and for all, over the whole period.

    Returns
    -------
    variable, status, value (a mean, a share, or a number), n_persons (largest month). Beside the
    characteristics `observations` (persons × months), `share` (of all) and `per_month`.
    """
    counts, keys = (
        np.stack(part) for part in zip(*(_cells(c, noise) for c in panel.chunks), strict=True)
    )
    n = _protected(panel, counts, keys, noise, "all")
    rows = {
        "observations": n.sum(axis=0),
        "share": n.sum(axis=0) / n[:, -1].sum(),
        "per_month": n.mean(axis=0),
    }
    for name in SHARES:
        own = [_cells(chunk, noise, _marked(chunk, name)) for chunk in panel.chunks]
        counts, own_keys = (np.stack(part) for part in zip(*own, strict=True))
        rows[name] = _protected(panel, counts, own_keys, noise, name).sum(axis=0) / n.sum(axis=0)
    for name, cap in CAPS.items():
        sums = np.stack([_sums(chunk, name) for chunk in panel.chunks])
        noisy = with_noise(sums.ravel(), keys.ravel(), noise, cap, f"described {name}")
        rows[name] = noisy.reshape(n.shape).sum(axis=0) / n.sum(axis=0)
    groups = (*STATUS, EVERYBODY)
    frames = [
        pd.DataFrame({"variable": name, "status": groups, "value": np.clip(values, 0, None)})
        for name, values in rows.items()
    ]
    return pd.concat(frames, ignore_index=True).assign(n_persons=np.tile(n.max(axis=0), len(rows)))


def _cells(
    chunk: Chunk, noise: Noise, own: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Persons by status group and in all, and their keys; of those with a mark, if given."""
    status, person = chunk.groups["status"], chunk.person
    if own is not None:
        status, person = status[own], person[own]
    n = np.bincount(status, minlength=len(STATUS))
    key = np.bincount(status, weights=noise.record_keys[person], minlength=len(STATUS))
    return np.append(n, n.sum()), np.append(key, key.sum()).astype(np.int64)


def _protected(
    panel: Panel, counts: NDArray, keys: NDArray, noise: Noise, name: str
) -> NDArray[np.float64]:
    """Protected numbers by month and group, (T, G)."""
    labels = labelled(panel.months, [*STATUS, EVERYBODY])
    found = counting.protected_counts(
        counts.ravel(), keys.ravel(), noise.secret, f"described {name}", labels=labels
    )
    return found.reshape(counts.shape).astype(float)


def _marked(chunk: Chunk, name: str) -> NDArray[np.bool_]:
    if name == "job_now":
        return chunk.job_now
    if name == "unemployed":
        return np.isin(chunk.groups["status"], UNEMPLOYED)
    if name in COUNTRY_GROUPS:
        return chunk.groups["country_group"] == COUNTRY_GROUPS.index(name)
    return chunk.columns[name] == 1


def _sums(chunk: Chunk, name: str) -> NDArray[np.float64]:
    """Sums by status group and in all."""
    if name in chunk.sums:
        return np.append(chunk.sums[name], chunk.sums[name].sum())
    values = chunk.columns[name].astype(float) + (FIRST_AGE if name == "age" else 0)
    sums = np.bincount(chunk.groups["status"], weights=values, minlength=len(STATUS))
    return np.append(sums, sums.sum()).astype(np.float64)


def flow(panel: Panel, noise: Noise, rows: Mapping[str, float]) -> pd.DataFrame:
    """Sample flow: step and count.

    Parameters
    ----------
    rows
        Protected persons × months, by step.

    Rows of hours that belong to the stock are protected persons times their mean; the register's
    other rows are the rest of all its rows, to ten: the two add up to what both tell.
    """
    key = int(noise.record_keys.sum())
    persons = counting.protected_counts([panel.n_persons], [key], noise.secret)
    inside = panel.flow["hours_rows"] - panel.flow["hours_outside_stock"]
    own, cap = [panel.n_persons], panel.flow["months"]
    worked = magnitudes.periods(
        persons, own, [inside], [key], noise.secret, cap=cap, what="hours rows"
    )[0]
    found = {
        "rows": rows["rows"],
        "persons": float(persons[0]),
        **{name: count for name, count in rows.items() if name != "rows"},
        "hours_rows": worked,
        "hours_outside_stock": max(counting.about(panel.flow["hours_rows"]) - worked, 0.0),
    }
    return pd.DataFrame(found.items(), columns=["step", "count"])


PARTS = {
    "age_family": ("age", "children", "married", "woman"),
    "origin": ("origin",),
    "background": ("wage", "pension", "higher_education", "laid_off"),
    "nav": ("history", "duration"),
    "benefits": ("health_benefit", "work_benefit", "disability"),
    "hours": ("hours",),
    "market": MARKET,
}


def decompose(
    packs: Packed, fit: Fit, outcome: str, first: str, last: str, noise: Noise | None = None
) -> pd.DataFrame:
    """Change from one month to another by part, for the country and every county.

    Levels are the points of the curves, and every part of the expected value is a sum over persons
    with noise of its own, so that parts need not add up to the change exactly.

    Returns
    -------
    county ("" for the country), part (the parts of PARTS, then `indicator` and `total`), change,
    n_persons (the smaller of the two months). Missing where nobody is.

    Raises
    ------
    EstimationError
        When a month is not there, or lacks the outcome.
    """
    levels = [
        _levels(packs, _month(packs.panel, month, outcome), fit, outcome, noise)
        for month in (first, last)
    ]
    before, after = levels
    change = {part: after[part] - before[part] for part in PARTS}
    expected = after["expected"] - before["expected"]
    if fit.kind != "ols":
        index = sum(change.values())
        scale = np.divide(expected, index, out=np.zeros_like(index), where=np.abs(index) > 1e-9)
        change = {part: scale * values for part, values in change.items()}
    change["total"] = after["actual"] - before["actual"]
    change["indicator"] = change["total"] - expected
    places = ("", *packs.panel.levels["county"])
    least = np.minimum(before["n"], after["n"])
    frames = [
        pd.DataFrame({"county": places, "part": part, "change": change[part], "n_persons": least})
        for part in (*PARTS, "indicator", "total")
    ]
    return pd.concat(frames, ignore_index=True)


def _levels(
    packs: Packed, chunk: Chunk, fit: Fit, outcome: str, noise: Noise | None
) -> dict[str, NDArray[np.float64]]:
    """Persons, actual, expected and the parts of expected, for the country and every county."""
    counties = len(packs.panel.levels["county"])
    codes = packs.codes(chunk, fit.design, outcome)
    y = chunk.outcomes[outcome].astype(np.float64)
    gap = y - probit.expected(fit, codes)
    record = None if noise is None else noise.record_keys[chunk.person]
    place = chunk.groups["county"] + 1
    sums = point_sums(place, counties + 1, y, gap, record)
    sums[:, 0] = sums[:, 1:].sum(axis=1)
    points = Points(*sums[:, None])
    if noise is not None:
        labels = labelled([chunk.month], ["", *packs.panel.levels["county"]])
        points = protected(points, noise, outcome, labels, share=is_share(outcome))
    n = np.where(points.n[0] > 0, points.n[0], np.nan)
    found = {"n": points.n[0], "actual": points.total[0] / n}
    found["expected"] = found["actual"] - points.gap[0] / n
    for part, members in PARTS.items():
        own = np.array([name.split("=")[0] in members for name in fit.design.names])
        coefficients = np.where(own, fit.coefficients, 0.0)
        value = design.linear(fit.design, coefficients, codes)
        total = np.bincount(place, weights=value, minlength=counties + 1).astype(np.float64)
        total[0] = total[1:].sum()
        if noise is not None:
            cells = sums[5].astype(np.int64)
            reach = _reach(fit, coefficients)
            total = with_noise(total, cells, noise, reach, f"{outcome} {part}")
        found[part] = total / n
    return found


def _reach(fit: Fit, coefficients: NDArray) -> float:
    """The most that one person's characteristics can differ from the references' in a part."""
    table = pd.Series(coefficients, index=[name.split("=")[0] for name in fit.design.names])
    ends = table.groupby(level=0).agg(["min", "max"])
    return float(np.maximum(ends["max"], 0).sum() - np.minimum(ends["min"], 0).sum())


def _month(panel: Panel, month: str, outcome: str) -> Chunk:
    for chunk in panel.chunks:
        if chunk.month == month and outcome in chunk.outcomes:
            return chunk
    raise EstimationError(f"decomposition: {outcome} is not observed for {month}")


assert set(MARKS) <= {name for members in PARTS.values() for name in members}


LAST_MONTHS = 12
LEAST_PERSONS = 5
TOGETHER = (
    *("shrunken", "shrunken_error", "shrunken_low", "shrunken_high", "reliability"),
    *("between", "between_low", "between_high"),
)


def office_table(
    found: Mapping[str, Curves],
    county_of: NDArray[np.int16],
    counties: tuple[str, ...],
    persons: NDArray[np.float64],
) -> pd.DataFrame:
    """One row per office: the last twelve months, shrunken, with reliability and limits.

    Offices with too few persons to be shown, or fewer than five in some month, have no standard
    error and take no part: a spread cannot be measured on so few.

    Parameters
    ----------
    found
        Curves by "office" and "nav".
    persons
        Protected distinct persons of each office over these months.

    Columns: office, county, n_persons, actual, expected, indicator, std_error (steadied, with the
    noise), mean (of everybody: what offices are pulled towards, and the middle of the funnel), and
    those of TOGETHER: shrunken with its error and interval, reliability, and the standard deviation
    between offices with its interval; all missing with fewer than four offices that take part.

    Raises
    ------
    EstimationError
        Without influence tables.
    """
    curve = found["office"]
    if curve.influence is None:
        raise EstimationError("offices: curves without influence tables have no standard errors")
    last = np.zeros(len(curve.months), dtype=bool)
    last[-LAST_MONTHS:] = True
    level = months_mean(curve, last)
    least = curve.n[last].min(axis=0)
    noise = level["noise_error"].to_numpy()
    own = np.sqrt(np.maximum(level["std_error"].to_numpy() ** 2 - noise**2, 0))
    own = np.where((least >= LEAST_PERSONS) & (persons >= curve.least), own, np.nan)
    error = np.hypot(steadied(own, level["n"].to_numpy(), least), noise)
    everybody = float(months_mean(found["nav"], last)["indicator"].iloc[0])
    value = level["indicator"].to_numpy()
    frame = level.rename(columns={"group": "office"}).drop(columns=["n", "noise_error"])
    frame = frame.assign(
        county=[counties[k] for k in county_of],
        n_persons=persons,
        std_error=models.rounded_errors(error),
        mean=everybody,
    )
    if np.isfinite(error).sum() < shrinkage.LEAST_UNITS:
        return frame.assign(std_error=np.nan, **dict.fromkeys(TOGETHER, np.nan))
    shrunk = shrinkage.shrink(value, error, mean=everybody)
    low, high = shrinkage.between_interval(value, error)
    half = Z95 * shrunk.std_error
    return frame.assign(
        shrunken=models.rounded(shrunk.estimate, shrunk.std_error),
        shrunken_error=models.rounded_errors(shrunk.std_error),
        shrunken_low=models.rounded(shrunk.estimate - half, shrunk.std_error),
        shrunken_high=models.rounded(shrunk.estimate + half, shrunk.std_error),
        reliability=shrunk.reliability.round(2),
        between=shrunk.between,
        between_low=low,
        between_high=high,
    )


def office_persons(panel: Panel, noise: Noise, months: int = LAST_MONTHS) -> NDArray[np.float64]:
    """Protected number of distinct persons of each office over the last months with atid3."""
    chunks = list(with_outcome(panel, "atid3"))[-months:]
    pairs = [c.groups["office"].astype(np.int64) * panel.n_persons + c.person for c in chunks]
    office, person = np.divmod(np.unique(np.concatenate(pairs)), panel.n_persons)
    size = len(panel.levels["office"])
    key = np.bincount(office, weights=noise.record_keys[person], minlength=size).astype(np.int64)
    n = np.bincount(office, minlength=size)
    labels = labelled([chunks[-1].month], panel.levels["office"])
    found = counting.protected_counts(n, key, noise.secret, "offices", labels=labels)
    return found.astype(float)


def steadied(std_error: NDArray, rows: NDArray, persons: NDArray) -> NDArray[np.float64]:
    """Standard errors of offices after their variance per row is squeezed (see `shrinkage`).

    Parameters
    ----------
    rows, persons
        Rows behind each value, and persons, which decide how much its variance is trusted.
    """
    rows = np.where(rows > 0, rows, np.nan)
    return np.sqrt(shrinkage.squeeze(std_error**2 * rows, persons - 1) / rows)


def reliability_by_month(found: Curves) -> pd.DataFrame:
    """Reliability of a single month's value per office: month, office, n, reliability.

    The variance between offices is common to the months: a single month says too little of it.
    """
    if found.influence is None:
        raise EstimationError("offices: curves without influence tables have no standard errors")
    usable = found.n >= LEAST_PERSONS
    noises = np.broadcast_to(found.noise, found.n.shape)
    raw = np.stack(
        [
            multiplier.clustered_errors(found.influence[:, t].astype(float))
            for t in range(len(found.months))
        ]
    )
    error = np.stack(
        [
            np.hypot(steadied(np.where(own, e, np.nan), n, n), np.sqrt(noise))
            for own, e, n, noise in zip(usable, raw, found.n, noises, strict=True)
        ]
    )
    value = np.where(usable, found.indicator, np.nan)
    if (np.isfinite(error) & np.isfinite(value)).sum(axis=1).max() < shrinkage.LEAST_UNITS:
        return pd.DataFrame({"month": found.months, "reliability": np.nan})
    between = shrinkage.between_variance(value, error)
    rows = []
    for t, month in enumerate(found.months):
        shrunk = shrinkage.shrink(value[t], error[t], between=between)
        rows.append(
            pd.DataFrame(
                {
                    "month": month,
                    "office": found.grouping.names,
                    "n": found.n[t],
                    "reliability": shrunk.reliability,
                    "shrunken": shrunk.estimate,
                    "shrunken_error": shrunk.std_error,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
