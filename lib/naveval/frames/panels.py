"""Before and after, treated and not: difference-in-differences on a frame of one's own."""

import warnings
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naveval.estimators import detectable
from naveval.estimators import did as regressions
from naveval.estimators.event_study import NEVER, EventStudy, gap_study
from naveval.estimators.event_study import event_study as fit_events
from naveval.estimators.sensitivity import bounds
from naveval.exhibits import figures
from naveval.frames.one_treated import matrix
from naveval.frames.result import (
    Result,
    given_as,
    require,
    require_choice,
    require_number,
    require_order,
    require_roles,
    require_unique,
    require_variation,
    told,
)
from naveval.project.errors import EstimationError, EstimationWarning

DID = """   unit     time  outcome  treated
   Hedmark  2014     12.1        0
   Hedmark  2015     10.3        1
   Oslo     2014     11.8        0
   Oslo     2015     11.9        0"""
EVENTS = """   unit     time  outcome  start
   Hedmark     1     12.1      2
   Hedmark     2     10.3      2
   Oslo        1     11.8   None
   Oslo        2     11.9   None"""
ONE = (
    "one unit is treated: clustered errors leave its noise out and their p-value means nothing. "
    "Use nv.one_treated(frame, outcome=…, unit=…, time=…, treated=…, start=…)"
)
FINER = (
    "column «{cluster}» splits the unit «{unit}»: errors of one unit hang together over time, and "
    "clusters within units take them for independent. Cluster by the unit or by something larger"
)
NO_PERIODS = (
    "column «{name}»: holds {kind}; expected whole numbers or pandas Periods, whose distance is a "
    'number of periods. To convert dates: frame["{name}"].dt.to_period("M"), or "Q", "Y"'
)
STAGGERED = (
    "treatment starts at several times ({times}): two-way fixed effects would compare units with "
    "others treated before them. Use naveval.estimators.group_time.group_time, whose effects by "
    "group and time are averaged with `average`"
)


def did(
    frame: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    treated: str,
    cluster: str | None = None,
) -> Result:
    """Difference-in-differences with unit and period effects, clustered by unit.

    Parameters
    ----------
    frame
        One row per unit and period (or per person, when units are larger than persons).
    outcome, unit, time
        Names of columns; periods as in `one_treated`.
    treated
        Name of a column that is 1 where the unit is treated in the period, else 0.
    cluster
        Column to cluster by; default the unit. With fewer than 30 clusters the errors of the
        cluster jackknife (CRV3) stand beside.

    Returns
    -------
    One row per covariance: estimate (att), std_error, ci_low, ci_high, p_value, n_obs, n_clusters.
    CRV1 has the small-sample factor of fixest and pyfixest, as `event_study` has: effects that
    are nested in clusters, such as units, are not counted as coefficients.

    Raises
    ------
    EstimationError
        For columns or values that are missing, an outcome without variation, nobody treated,
        everybody treated, or several start dates.

    Warns
    -----
    EstimationWarning
        With one treated cluster, whose p-value would mean nothing, and with clusters that split
        units.

    Source: Bertrand, Duflo and Mullainathan (2004); MacKinnon, Nielsen and Webb (2023).

    Examples
    --------
    >>> import naveval as nv, numpy as np, pandas as pd
    >>> frame = pd.DataFrame({"unit": np.repeat(range(20), 6), "time": np.tile(range(6), 20)})
    >>> frame["treated"] = ((frame["unit"] < 8) & (frame["time"] >= 3)).astype(int)
    >>> noise = np.random.default_rng(1).normal(size=120)
    >>> frame["y"] = frame["unit"] + frame["time"] + 2 * frame["treated"] + 0.1 * noise
    >>> found = nv.did(frame, outcome="y", unit="unit", time="time", treated="treated")
    >>> found.table()[["covariance", "estimate"]].round().values.tolist()
    [['crv1', 2.0], ['crv3', 2.0]]
    """
    who, by = "nv.did", unit if cluster is None else cluster
    require_roles(who, DID, outcome=[outcome], unit=[unit], time=[time], treated=[treated])
    require_roles(who, DID, outcome=[outcome], treated=[treated], cluster=[by])
    wanted = [outcome, unit, time, treated, by]
    frame = require(frame, wanted, who, DID, numeric=[outcome, treated])
    frame = frame.assign(**{time: require_order(frame[time], who, DID)})
    given = frame[treated].to_numpy(dtype=float)
    if not np.isin(given, (0, 1)).all():
        raise EstimationError(f"{who}: column «{treated}»: expected 0 and 1, for example:\n{DID}")
    starts = frame.loc[given == 1].groupby(unit)[time].min()
    if starts.empty or len(starts) == frame[unit].nunique():
        who_is = "nobody" if starts.empty else "everybody"
        raise EstimationError(
            f"{who}: {who_is} is treated by column «{treated}»; expected some units that are and "
            f"some that are not, for example:\n{DID}"
        )
    late = _begins_late(frame, unit, time, given == 1)
    if len(late) > 1:
        times = ", ".join(map(str, late[:4]))
        raise EstimationError(f"{who}: " + STAGGERED.format(times=times))
    require_variation(frame, outcome, who, DID, within=[unit, time])
    effects = [pd.factorize(frame[name])[0] for name in (unit, time)]
    clusters = pd.factorize(frame[by])[0]
    values = (frame[outcome].to_numpy(float), given[:, None], effects, clusters, [treated])
    with warnings.catch_warnings(), told(who, "expected periods before and after the start", DID):
        warnings.simplefilter("ignore", EstimationWarning)  # told below in this library's names
        fits = {"crv1": regressions.fit(*values)}
    alone = frame.loc[given == 1, by].nunique() == 1
    split = frame.groupby(unit, observed=True)[by].nunique()
    notes = [ONE] if alone else []
    if split.max() > 1:
        notes.append(FINER.format(cluster=by, unit=split.idxmax()))
    for note in notes:
        warnings.warn(note, EstimationWarning, stacklevel=2)
    if not alone and fits["crv1"].n_clusters < 30:
        fits["crv3"] = regressions.jackknife(fits["crv1"], *values[:4])
    found = [
        {"covariance": name, **vars(regressions.one(fit, treated))} for name, fit in fits.items()
    ]
    table = pd.DataFrame(found).assign(n_obs=len(frame), n_clusters=fits["crv1"].n_clusters)
    if alone:
        table[["std_error", "ci_low", "ci_high", "p_value"]] = np.nan
    return Result(f"Effect on {outcome} (difference-in-differences)", table, tuple(notes), fits)


def _begins_late(frame: pd.DataFrame, unit: str, time: str, treated: np.ndarray) -> list[object]:
    """The starts, where some unit is seen untreated after the first of them; else that one.

    A unit without a row in the first period of treatment has begun later only in the frame.
    """
    order, times = pd.factorize(frame[time], sort=True)
    units = pd.factorize(frame[unit])[0]
    own = pd.Series(np.where(treated, order, np.nan)).groupby(units).transform("min").to_numpy()
    first = np.nanmin(own)
    waits = ~treated & (order >= first) & (order < own)
    late = np.isin(units, units[waits])
    return [times[int(at)] for at in sorted({first, *own[late]})]


def event_study(
    frame: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    start: str,
    reference: int = -1,
    window: tuple[int, int] | None = None,
) -> Result:
    """Effects by time since the start, with the joint test of those before it.

    Parameters
    ----------
    start
        Column with the period in which the unit's treatment starts, missing for units that are
        never treated. Periods are whole numbers or pandas Periods; whole numbers such as 201412
        and 201501, or 20144 and 20151, are read as months or quarters of years, and a note says
        so.
    reference, window
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
        As `did`; several start dates are refused, and with one treated unit what `one_treated`
        refuses.

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
    require_number(who, -np.inf, whole=True, reference=reference)
    if window is not None:
        if not (isinstance(window, tuple | list) and len(window) == 2):
            raise EstimationError(
                f"{who}: window={given_as(window)}: expected two event times: (-4, 8)"
            )
        require_number(who, -np.inf, whole=True, window=window[0])
        require_number(who, window[0], whole=True, window=window[1])
    begun = frame[start].dropna().unique()
    if len(begun) == 0:
        raise EstimationError(f"{who}: nobody is treated: column «{start}» is empty:\n{EVENTS}")
    if len(begun) > 1:
        raise EstimationError(f"{who}: " + STAGGERED.format(times=", ".join(map(str, begun[:4]))))
    own, counted = _event_time(frame, time, start, who)
    require_variation(frame, outcome, who, EVENTS, within=[unit, time])
    treated = frame.loc[frame[start].notna(), unit].unique()
    if len(treated) == 1:
        wide, at, post = matrix(frame, outcome, unit, time, treated[0], begun[0], who)
        return _gaps(wide, at, post, reference, window, f"Gap of {treated[0]} in {outcome}")
    y = frame[outcome].to_numpy(dtype=float)
    units, times = frame[unit].to_numpy(), frame[time].to_numpy()
    road = "expected units never treated, and no more times than units: window=(-4, 8) takes fewer"
    with told(who, road, EVENTS):
        found = fit_events(y, units, times, own, reference=reference, window=window)
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
    notes = [counted] if counted else []
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


def _event_time(frame: pd.DataFrame, time: str, start: str, who: str) -> tuple[np.ndarray, str]:
    """Periods since the start of every row, NEVER without one, and how they were counted."""
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
    return own.fillna(NEVER).to_numpy().astype(int), counted


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


def honest_intervals(
    events: Result, *, bound: float = 1.0, restriction: bounds.Restriction = "relative"
) -> Result:
    """Intervals of the mean effect that hold when trends would have differed anyhow.

    Parameters
    ----------
    events
        From `nv.event_study`, with periods before and after the reference.
    bound
        How much the trends may differ: times the largest difference before
        ("relative"), or the change of slope per period ("smoothness").

    Returns
    -------
    One row: restriction, bound, ci_low, ci_high.

    Raises
    ------
    EstimationError
        For something else than `event_study` of several treated units, a bound below 0, and more
        times than units.

    Source: Rambachan and Roth (2023).
    """
    who = "nv.honest_intervals"
    found = events.found.get("study") if isinstance(events, Result) else None
    if not isinstance(found, EventStudy):
        raise EstimationError(
            f"{who}: expected what nv.event_study returned for several treated units; with one "
            "treated unit nv.one_treated has an interval"
        )
    require_number(who, 0, np.finfo(float).max, bound=bound)
    require_choice(who, bounds.RESTRICTIONS, restriction=restriction)
    before = int((found.event_time < 0).sum())
    estimate, covariance = (np.array(x, dtype=float) for x in (found.estimate, found.covariance))
    road = (
        "expected times before and after, and more units than times: "
        "nv.event_study(…, window=(-4, 8)) takes fewer, quarters in place of months too"
    )
    with told(who, road, EVENTS):
        study = bounds.study(estimate, covariance, before)
        interval = bounds.interval(study, restriction, bound)
    row = {"restriction": restriction, "bound": bound, "ci_low": interval.ci_low}
    table = pd.DataFrame([{**row, "ci_high": interval.ci_high}])
    return Result("Mean effect after the start, with trends that may differ", table)
