"""Before and after, treated and not: difference-in-differences on a frame of one's own."""

import warnings

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naveval.estimators import detectable
from naveval.estimators import did as regressions
from naveval.estimators.event_study import NEVER, EventStudy
from naveval.estimators.event_study import event_study as fit_events
from naveval.estimators.sensitivity import bounds
from naveval.exhibits import figures
from naveval.frames.result import Result, require, require_unique, told
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
        Names of columns.
    treated
        Name of a column that is 1 where the unit is treated in the period, else 0.
    cluster
        Column to cluster by; default the unit. With fewer than 30 clusters the errors of the
        cluster jackknife (CRV3) stand beside.

    Returns
    -------
    One row per covariance: estimate (att), std_error, ci_low, ci_high, p_value, n_obs, n_clusters.

    Raises
    ------
    EstimationError
        For columns or values that are missing, nobody treated, everybody treated, or several
        start dates.

    Warns
    -----
    EstimationWarning
        With one treated cluster, whose p-value would mean nothing.

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
    who, by = "nv.did", cluster or unit
    require(frame, [outcome, unit, time, treated, by], who, DID, numeric=[outcome, treated])
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
    if starts.nunique() > 1:
        times = ", ".join(map(str, sorted(starts.unique())[:4]))
        raise EstimationError(f"{who}: " + STAGGERED.format(times=times))
    effects = [pd.factorize(frame[name])[0] for name in (unit, time)]
    clusters = pd.factorize(frame[by])[0]
    values = (frame[outcome].to_numpy(float), given[:, None], effects, clusters, [treated])
    with warnings.catch_warnings(), told(who, "expected periods before and after the start", DID):
        warnings.simplefilter("ignore", EstimationWarning)  # told below in this library's names
        fits = {"crv1": regressions.fit(*values)}
    alone = frame.loc[given == 1, by].nunique() == 1
    if alone:
        warnings.warn(ONE, EstimationWarning, stacklevel=2)
    elif fits["crv1"].n_clusters < 30:
        fits["crv3"] = regressions.jackknife(fits["crv1"], *values[:4])
    found = [
        {"covariance": name, **vars(regressions.one(fit, treated))} for name, fit in fits.items()
    ]
    table = pd.DataFrame(found).assign(n_obs=len(frame), n_clusters=fits["crv1"].n_clusters)
    if alone:
        table[["std_error", "ci_low", "ci_high", "p_value"]] = np.nan
    return Result(
        f"Effect on {outcome} (difference-in-differences)", table, (ONE,) if alone else (), fits
    )


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
        never treated. Periods are whole numbers.
    reference, window
        As in `naveval.estimators.event_study.event_study`.

    Returns
    -------
    One row per event time: event_time, estimate, std_error, ci_low, ci_high. `honest_intervals`
    takes the result.

    Raises
    ------
    EstimationError
        As `did`; several start dates are refused.

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
    numeric = [outcome, time, start]
    require(frame, [outcome, unit, time, start], who, EVENTS, numeric, gaps=[start])
    require_unique(frame, [unit, time], who, EVENTS)
    begun = frame[start].dropna().unique()
    if len(begun) == 0:
        raise EstimationError(f"{who}: nobody is treated: column «{start}» is empty:\n{EVENTS}")
    if len(begun) > 1:
        raise EstimationError(f"{who}: " + STAGGERED.format(times=", ".join(map(str, begun[:4]))))
    own = (frame[time] - frame[start]).fillna(NEVER).to_numpy().astype(int)
    if frame.loc[frame[start].notna(), unit].nunique() == 1:
        raise EstimationError(f"{who}: {ONE}")
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
    note = "" if test is None else f"The times before the start: joint test, p = {test.p_value:.3f}"
    return Result(
        f"Effects on {outcome} by time since the start",
        table,
        (note,) if note else (),
        {"study": found},
        lambda: _intervals(table, "Perioder siden start", reference),
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

    Source: Rambachan and Roth (2023).
    """
    found = events.found.get("study")
    if not isinstance(found, EventStudy):
        raise EstimationError("nv.honest_intervals: expected what nv.event_study returned")
    before = int((found.event_time < 0).sum())
    estimate, covariance = (np.array(x, dtype=float) for x in (found.estimate, found.covariance))
    study = bounds.study(estimate, covariance, before)
    interval = bounds.interval(study, restriction, bound)
    row = {"restriction": restriction, "bound": bound, "ci_low": interval.ci_low}
    table = pd.DataFrame([{**row, "ci_high": interval.ci_high}])
    return Result("Mean effect after the start, with trends that may differ", table)
