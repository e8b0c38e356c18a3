"""Effects by time since the start, at one start or several, on a frame of one's own."""

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any, get_args

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naveval.estimators import detectable
from naveval.estimators import group_time as staggered
from naveval.estimators.event_study import NEVER, Covariance, gap_study
from naveval.estimators.event_study import event_study as fit_events
from naveval.exhibits import figures
from naveval.frames.one_treated import matrix
from naveval.frames.result import (
    Result,
    named,
    require,
    require_roles,
    require_unique,
    require_variation,
    told,
)
from naveval.project.errors import EstimationError, EstimationWarning
from naveval.project.given import given_as, require_choice, require_number, rows

EVENTS = """   unit     time  outcome  start
   Hedmark     1     12.1      2
   Hedmark     2     10.3      2
   Oslo        1     11.8   None
   Oslo        2     11.9   None"""
NO_PERIODS = (
    "column «{name}»: holds {kind}; expected whole numbers or pandas Periods, whose distance is a "
    'number of periods. To convert dates: frame["{name}"].dt.to_period("M"), or "Q", "Y"'
)
STAGGERED = (
    "treatment starts at several times ({times}): two-way fixed effects would compare units with "
    "others treated before them. Use nv.group_time(frame, outcome=…, unit=…, time=…, start=…), "
    "which compares each start with units not treated"
)
FEW_SAID = (
    "{treated} clusters are treated and {untreated} are not: with fewer than {few} of either the "
    "errors by CRV1 are too small, however many there are in all. Read CRV3 (of nv.event_study: "
    'covariance="crv3"), which with two or three is too small still; nv.one_treated has an exact '
    "test of one unit"
)
AT = {"dynamic": "event_time", "group": "start", "calendar": "time", "simple": "all"}


def event_study(
    frame: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    start: str,
    reference: int = -1,
    window: tuple[int, int] | None = None,
    covariance: Covariance = "crv1",
) -> Result:
    """Effects by time since the start, with the joint test of those before it.

    Parameters
    ----------
    start
        Column with the period in which the unit's treatment starts, missing for units that are
        never treated. Periods are whole numbers or pandas Periods; whole numbers such as 201412
        and 201501, or 20144 and 20151, are read as months or quarters of years, and a note says
        so.
    reference, window, covariance
        As in `naveval.estimators.event_study.event_study`.

    Returns
    -------
    One row per event time: event_time, estimate, std_error, ci_low, ci_high. `honest_intervals`
    takes the result. With one treated unit (a balanced panel): event_time, estimate (its gap to the
    mean of the others, from that at the reference), p_value (the share of all units whose gap is
    at least as large), placebo_low and placebo_high (of the others).

    Raises
    ------
    EstimationError
        As `did`; several start dates are refused (`group_time` takes them), a start that differs
        within a unit or lies outside the periods, a reference after the start, and with one
        treated unit what `one_treated` refuses.

    Warns
    -----
    EstimationWarning
        With fewer than six units treated or untreated, whose errors by CRV1 are too small.

    Source: Roth, Sant'Anna, Bilinski and Poe (2023).

    Examples
    --------
    >>> import naveval as nv, numpy as np, pandas as pd
    >>> frame = pd.DataFrame({"unit": np.repeat(range(20), 6), "time": np.tile(range(6), 20)})
    >>> frame["start"] = np.where(frame["unit"] < 8, 3.0, np.nan)
    >>> late = (frame["time"] >= frame["start"])
    >>> noise = np.random.default_rng(1).normal(size=120)
    >>> frame["y"] = frame["unit"] + frame["time"] + 2 * late + 0.1 * noise
    >>> events = nv.event_study(frame, outcome="y", unit="unit", time="time", start="start")
    >>> events.table()["event_time"].tolist()
    [-3, -2, 0, 1, 2]
    >>> nv.honest_intervals(events, bound=1.0).table()["ci_low"].item() > 1
    True
    """
    who = "nv.event_study"
    wanted = [outcome, unit, time, start]
    require_roles(who, EVENTS, outcome=[outcome], unit=[unit], time=[time], start=[start])
    frame = require(frame, wanted, who, EVENTS, numeric=[outcome], gaps=[start])
    require_unique(frame, [unit, time], who, EVENTS)
    require_number(who, -np.inf, -1, whole=True, reference=reference)
    require_choice(who, get_args(Covariance), covariance=covariance)
    if window is not None:
        if not (isinstance(window, tuple | list) and len(window) == 2):
            raise EstimationError(
                f"{who}: window={given_as(window)}: expected two event times: (-4, 8)"
            )
        require_number(who, -np.inf, whole=True, window=window[0])
        require_number(who, window[0], whole=True, window=window[1])
    periods, starts, counted = _periods(frame, time, start, who)
    _require_start(frame, unit, start, who)
    begun = frame[start].dropna().unique()
    outside = ((starts < periods.min()) | (starts > periods.max())).to_numpy()
    if outside.any():
        raise EstimationError(f"{who}: " + _outside(frame, time, start, outside))
    if len(begun) > 1:
        raise EstimationError(f"{who}: " + STAGGERED.format(times=", ".join(map(str, begun[:4]))))
    own = (periods - starts).fillna(NEVER).to_numpy().astype(int)
    seen = frame.loc[own != NEVER, unit]
    unseen = seen[~seen.isin(frame.loc[(own < 0) & (own != NEVER), unit])].unique()
    if len(unseen):
        raise EstimationError(
            f"{who}: «{unseen[0]}» has no row before its start (one of {len(unseen)} such units); "
            f"expected periods before and after the start, or leave such units out:\n{EVENTS}"
        )
    require_variation(frame, outcome, who, EVENTS, within=[unit, time])
    treated = frame.loc[frame[start].notna(), unit].unique()
    if len(treated) == 1:
        wide, at, post = matrix(frame, outcome, unit, time, treated[0], begun[0], who)
        return _gaps(wide, at, post, reference, window, f"Gap of {treated[0]} in {outcome}")
    sides = {"treated": len(treated), "untreated": frame[unit].nunique() - len(treated)}
    y = frame[outcome].to_numpy(dtype=float)
    units, times = frame[unit].to_numpy(), frame[time].to_numpy()
    road = "expected units never treated, and no more times than units: window=(-4, 8) takes fewer"
    options: dict[str, Any] = {"reference": reference, "window": window, "covariance": covariance}
    with told(who, road, EVENTS):
        found = fit_events(y, units, times, own, **options)
    few = FEW_SAID.format(**sides, few=staggered.FEW) if min(sides.values()) < staggered.FEW else ""
    if few:
        warnings.warn(f"{who}: {few}", EstimationWarning, stacklevel=2)
    half = detectable.multiplier(0.95, 0.5, found.n_clusters - 1) * found.std_error
    table = pd.DataFrame(
        {
            "event_time": found.event_time,
            "estimate": found.estimate,
            "std_error": found.std_error,
            "ci_low": found.estimate - half,
            "ci_high": found.estimate + half,
        }
    )
    test = found.pre_trend
    notes = [note for note in (counted, few) if note]
    if test is not None:
        notes.append(f"The times before the start: joint test, p = {test.p_value:.3f}")
    return Result(
        f"Effects on {outcome} by time since the start",
        table,
        tuple(notes),
        {"study": found},
        lambda: _intervals(table, "Perioder siden start", reference),
    )


def _gaps(
    wide: pd.DataFrame,
    at: int,
    post: np.ndarray,
    reference: int,
    window: tuple[int, int] | None,
    title: str,
) -> Result:
    """Event study of one treated unit: its gap to the others, and every unit's in its place."""
    before = int((post == 0).sum())
    times = np.arange(len(post)) - before
    with told("nv.event_study", "expected a reference before the start: reference=-1", EVENTS):
        own = [before + reference]
        found = gap_study(wide.to_numpy(), np.ones(len(wide)), before, treated=at, reference=own)
    others = np.delete(found.placebo, at, 0)
    size = np.abs(found.placebo) >= np.abs(found.estimate) * (1 - 1e-12)
    table = pd.DataFrame(
        {
            "event_time": times,
            "estimate": found.estimate,
            "p_value": size.mean(axis=0),
            "placebo_low": others.min(axis=0),
            "placebo_high": others.max(axis=0),
        }
    )
    first, last = window or (times[0], times[-1])
    table = table[(times >= first) & (times <= last) & (times != reference)].reset_index(drop=True)
    notes = (
        "One unit is treated: p-values are the share of all units with a gap at least as large, "
        "placebos the others' gaps; nv.one_treated gives the mean effect and its interval",
        f"The times before the start: joint placebo test, p = {found.p_value_before:.3f}",
    )
    shown = table.rename(columns={"placebo_low": "ci_low", "placebo_high": "ci_high"})
    drawn = partial(_intervals, shown, "Perioder siden start", reference)
    return Result(title, table, notes, {"gaps": found}, drawn)


def group_time(
    frame: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    start: str,
    average: staggered.Average = "dynamic",
    controls: staggered.Controls = "never",
    covariates: str | Sequence[str] = (),
    cluster: str | None = None,
    level: float = 0.95,
    small_sample: bool = True,
) -> Result:
    """Effects when units start at different times: each start against units not treated.

    Parameters
    ----------
    frame
        A balanced panel: one row per unit and period.
    time, start
        As in `event_study`, with several starts. A start after the last period counts as never;
        units that start in the first period or before are left out with a warning.
    average
        By time since the start ("dynamic"), by start ("group"), by period ("calendar"), or one
        number ("simple"), the mean over treated units and periods.
    controls
        Units never treated ("never"), or also those that have not started yet ("not_yet").
    covariates
        Columns given which trends are parallel; of the earlier of the two periods compared.
    cluster
        Column to cluster by, the same in all rows of a unit; default the unit.
    small_sample
        Errors scaled for few clusters, and quantiles of Student's t: what that gives is told by
        `naveval.estimators.group_time`. False gives errors and normal quantiles as R's did.

    Returns
    -------
    One row per average, and one of all (`average` says which: over the times after the start, the
    units, or the periods) without a value in the first column: event_time, start or time, estimate,
    std_error, ci_low, ci_high, p_value, df (of t). `found["effects"].table()` has the effect of
    each start in each period. Errors are missing where one unit or cluster stands alone.

    Raises
    ------
    EstimationError
        As `event_study`, and for units with other periods than the rest.

    Warns
    -----
    EstimationWarning
        For starts with few units or few to compare with, and units or periods left out.

    Source: Callaway and Sant'Anna (2021).

    Examples
    --------
    >>> import naveval as nv, numpy as np, pandas as pd
    >>> frame = pd.DataFrame({"unit": np.repeat(range(30), 6), "time": np.tile(range(6), 30)})
    >>> frame["start"] = frame["unit"].map(lambda one: [2.0, 4.0, np.nan][one % 3])
    >>> noise = np.random.default_rng(1).normal(size=180)
    >>> frame["y"] = frame["unit"] + 2.0 * (frame["time"] >= frame["start"]) + 0.1 * noise
    >>> found = nv.group_time(frame, outcome="y", unit="unit", time="time", start="start")
    >>> found.table()[["event_time", "estimate"]].round().tail(3).values.tolist()
    [[2.0, 2.0], [3.0, 2.0], [nan, 2.0]]
    """
    who = "nv.group_time"
    by, given = unit if cluster is None else cluster, [] if covariates == () else covariates
    given = named(given, who, "covariates") if len(given) else []
    require_roles(
        who, EVENTS, outcome=[outcome], unit=[unit], time=[time], start=[start], covariates=given
    )
    require_roles(who, EVENTS, outcome=[outcome], start=[start], cluster=[by])
    require_choice(who, list(AT), average=average)
    require_number(who, np.nextafter(0.5, 1), np.nextafter(1, 0), level=level)
    wanted, numeric = [outcome, unit, time, start, by, *given], [outcome, *given]
    frame = require(frame, wanted, who, EVENTS, numeric=numeric, gaps=[start])
    require_unique(frame, [unit, time], who, EVENTS)
    periods, starts, counted = _periods(frame, time, start, who)
    _require_start(frame, unit, start, who)
    zero = ((starts == 0) & (periods.min() > 0)).to_numpy()
    if zero.any():
        raise EstimationError(f"{who}: " + _outside(frame, time, start, zero))
    later = int(frame.loc[starts > periods.max(), unit].nunique())
    require_variation(frame, outcome, who, EVENTS, within=[unit, time])
    both = pd.concat([frame[time].set_axis(periods), frame[start].set_axis(starts)]).dropna()
    names = both[~both.index.duplicated()].to_dict()
    columns = {
        "outcome": frame[outcome].to_numpy(dtype=float),
        "unit": pd.factorize(frame[unit])[0],
        "period": periods.to_numpy(),
        "start": starts.mask(starts > periods.max()).fillna(np.inf).to_numpy(),
        "covariates": frame[given].to_numpy(dtype=float) if given else None,
        "cluster": pd.factorize(frame[by])[0],
        "names": names,
    }
    road = "expected units that are not treated, each once in every period"
    with told(who, road, EVENTS), warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", EstimationWarning)
        effects = staggered.group_time(**columns, controls=controls)
    notes = [str(one.message).removeprefix("group-time effects: ") for one in heard]
    for note in notes:
        warnings.warn(f"{who}: {note}", EstimationWarning, stacklevel=2)
    found = staggered.average(effects, average, small_sample=small_sample)
    table = found.table(level).rename(columns={"at": AT[average]})
    if average in ("group", "calendar"):
        table[AT[average]] = [names.get(value) for value in table[AT[average]]]
    table = table.drop(columns="all", errors="ignore")
    if later:
        notes.append(f"{later} units start after the last period: never treated here")
    notes += [counted] if counted else []
    shown, title = table.iloc[:-1], f"Effects on {outcome} of several starts"
    drawn = partial(_intervals, shown, "Perioder siden start", -1) if average == "dynamic" else None
    return Result(title, table, tuple(notes), {"effects": effects, "averages": found}, drawn)


def _periods(
    frame: pd.DataFrame, time: str, start: str, who: str
) -> tuple[pd.Series, pd.Series, str]:
    """Every row's period and start as numbers one apart, and how they were counted."""
    if frame[start].isna().all():
        raise EstimationError(f"{who}: nobody is treated: column «{start}» is empty:\n{EVENTS}")
    both = {}
    for name in (time, start):
        column = frame[name]
        if isinstance(column.dtype, pd.PeriodDtype):
            counts = [np.nan if one is pd.NaT else one.ordinal for one in column]
            both[name] = pd.Series(counts, index=frame.index)
        elif pd.api.types.is_numeric_dtype(column) or column.isna().all():
            both[name] = column
        else:
            first = column.dropna().iloc[0]
            kind = f"text ({first})" if isinstance(first, str) else type(first).__name__
            raise EstimationError(f"{who}: " + NO_PERIODS.format(name=name, kind=kind))
    kinds = {str(frame[name].dtype) for name in (time, start)}
    if len(kinds) > 1 and any("period" in kind for kind in kinds):
        raise EstimationError(
            f"{who}: columns «{time}» and «{start}»: {' and '.join(sorted(kinds))}; expected "
            f"periods of one kind, for example:\n{EVENTS}"
        )
    periods, begun = (both[name].astype(float) for name in (time, start))
    counted = ""
    for tens, parts, word in ((100, 12, "month"), (10, 4, "quarter")):
        part = periods % tens
        if (periods // tens).between(1900, 2100).all() and part.between(1, parts).all():
            periods, begun = (x // tens * parts + x % tens for x in (periods, begun))
            counted = f"«{time}» is read as year and {word}; event times count {word}s"
            break
    own = periods - begun
    between = (own % 1 != 0) & own.notna()
    if between.any():
        value = frame.loc[between.to_numpy(), start].iloc[0]
        raise EstimationError(
            f"{who}: column «{start}»: {value} lies between two periods of «{time}»; expected one "
            f"of them, for example:\n{EVENTS}"
        )
    return periods, begun, counted


def _require_start(frame: pd.DataFrame, unit: str, start: str, who: str) -> None:
    """Refuse 0 and 1 where a period is expected, and starts that differ within a unit."""
    if set(frame[start].unique()) == {0, 1}:
        raise EstimationError(
            f"{who}: column «{start}»: holds 0 and 1; expected the period in which the unit's "
            f"treatment starts, missing for units that never are treated, for example:\n{EVENTS}"
        )
    codes = pd.Series(pd.factorize(frame[start])[0], index=frame.index)
    first = codes.groupby(frame[unit], observed=True).transform("first")
    differs = (codes != first).to_numpy()
    if differs.any():
        name = frame.loc[differs, unit].iloc[0]
        found = frame.loc[(frame[unit] == name).to_numpy(), start].unique()
        own = differs & (frame[unit] == name).to_numpy()
        raise EstimationError(
            f"{who}: column «{start}» differs within «{name}» ({', '.join(map(str, found[:4]))}), "
            f"{rows(own)}; expected one start per unit, in all its rows, for example:\n{EVENTS}"
        )


def _outside(frame: pd.DataFrame, time: str, start: str, wrong: np.ndarray) -> str:
    value = frame.loc[wrong, start].iloc[0]
    return (
        f"column «{start}»: {value} lies outside «{time}» ({frame[time].min()} to "
        f"{frame[time].max()}), {rows(wrong)}; leave it missing for units that never are treated "
        f'in these periods: frame["{start}"].mask(frame["{start}"] == {value}), for example:'
        f"\n{EVENTS}"
    )


def _intervals(table: pd.DataFrame, x: str, reference: int) -> Figure:
    figure, ax = figures.axes()
    at = table["event_time"]
    ax.axhline(0, color=figures.INK, linewidth=0.8)
    ax.vlines(at, table["ci_low"], table["ci_high"], color=figures.COLORS[0], linewidth=1.2)
    ax.plot(at, table["estimate"], "o", color=figures.COLORS[0])
    ax.plot([reference], [0], "o", color="white", markeredgecolor=figures.COLORS[0])
    ax.set_xlabel(x)
    figures.norwegian_axis(ax, y=1)
    return figure
