"""Before and after, treated and not: difference-in-differences on a frame of one's own."""

import warnings
from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators import did as regressions
from naveval.estimators.group_time import FEW, satterthwaite
from naveval.frames.events import FEW_SAID, STAGGERED
from naveval.frames.result import (
    Result,
    require,
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
ONE = (
    "one {of} is {treated}: clustered errors leave its noise out and their p-value means nothing. "
    "Use nv.one_treated(frame, outcome=…, unit=…, time=…, treated=…, start=…)"
)
CRV3_BELOW = {"either": 20, "all": 30}
"""Clusters treated or untreated, and in all, below which CRV3 stands beside."""
FINER = (
    "column «{cluster}» splits the unit «{unit}»: errors of one unit hang together over time, and "
    "clusters within units take them for independent. Cluster by the unit or by something larger"
)


def did(
    frame: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    treated: str,
    cluster: str | None = None,
    person: str | None = None,
) -> Result:
    """Difference-in-differences with unit and period effects, clustered by unit.

    Parameters
    ----------
    frame
        One row per unit and period, or per person in it when `person` is given.
    outcome, unit, time
        Names of columns; periods as in `one_treated`.
    treated
        Name of a column that is 1 where the unit is treated in the period, else 0.
    cluster
        Column to cluster by; default the unit. With fewer than 30 clusters, or fewer than 20
        treated or untreated, the errors of the cluster jackknife (CRV3) stand beside, with
        degrees of freedom from both sides (Satterthwaite). Without effect (normal noise, 50
        clusters untreated and 6, 8, 10, 20 treated) a test at 5 percent by CRV1 rejects in 10, 7,
        7, 6 percent of draws, by CRV3 in 4, 4, 4, 5.
    person
        Column that tells apart the rows of one unit and period, when units are larger than
        persons (offices, counties); persons may differ from period to period.

    Returns
    -------
    One row per covariance: estimate (att), std_error, ci_low, ci_high, p_value, n_obs, n_clusters.
    CRV1 has the small-sample factor of fixest and pyfixest, as `event_study` has: effects that
    are nested in clusters, such as units, are not counted as coefficients.

    Raises
    ------
    EstimationError
        For columns or values that are missing, an outcome without variation, nobody treated,
        everybody treated, or several start dates (`group_time`); two rows of the same unit,
        period and person; treatment that differs within a unit and period or ends; and a treated
        unit that never is seen before its start.

    Warns
    -----
    EstimationWarning
        With one cluster treated or untreated, whose p-value would mean nothing; with fewer than
        six of either; and with clusters that split units.

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
    keys = [unit, time] if person is None else [unit, time, person]
    wanted = [outcome, *keys, treated, by]
    frame = require(frame, wanted, who, DID, numeric=[outcome, treated])
    frame = frame.assign(**{time: require_order(frame[time], who, DID)})
    given = frame[treated].to_numpy(dtype=float)
    if not np.isin(given, (0, 1)).all():
        raise EstimationError(f"{who}: column «{treated}»: expected 0 and 1, for example:\n{DID}")
    _require_rows(frame, keys, who)
    _require_lasting(frame, unit, time, treated, who)
    ever = frame[unit].isin(frame.loc[given == 1, unit]).to_numpy()
    if ever.all() or not ever.any():
        raise EstimationError(
            f"{who}: {'everybody' if ever.any() else 'nobody'} is treated by column «{treated}»; "
            f"expected some units that are and some that are not, for example:\n{DID}"
        )
    _require_before(frame, unit, treated, ever, who)
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
    sides = [frame.loc[side, by].nunique() for side in (ever, ~ever)]
    alone = min(sides) == 1
    split = frame.groupby(unit, observed=True)[by].nunique()
    notes = []
    if alone:
        which = "treated" if sides[0] == 1 else "not treated"
        notes.append(ONE.format(of="unit" if by == unit else "cluster", treated=which))
    elif min(sides) < FEW:
        notes.append(FEW_SAID.format(treated=sides[0], untreated=sides[1], few=FEW))
    if split.max() > 1:
        notes.append(FINER.format(cluster=by, unit=split.idxmax()))
    for note in notes:
        warnings.warn(note, EstimationWarning, stacklevel=2)
    few = fits["crv1"].n_clusters < CRV3_BELOW["all"]
    few |= min(sides) < CRV3_BELOW["either"] and split.max() == 1
    if few and not alone:
        fits["crv3"] = regressions.jackknife(fits["crv1"], *values[:4])
    touched = np.isin(fits["crv1"].clusters, np.unique(clusters[ever]))
    found = []
    for name, fit in fits.items():
        df = None if name == "crv1" else float(satterthwaite(fit.influence, touched)[0])
        found.append({"covariance": name, **vars(regressions.one(fit, treated, df=df))})
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


def _require_rows(frame: pd.DataFrame, keys: list[str], who: str) -> None:
    """Two rows with the same keys; without a column of persons they may be two of them."""
    try:
        require_unique(frame, keys, who, DID)
    except EstimationError as error:
        if len(keys) > 2:
            raise
        road = "Where rows are persons of the unit, name the column of persons: person=…"
        raise EstimationError(f"{error}\n{road}") from None


def _require_lasting(frame: pd.DataFrame, unit: str, time: str, treated: str, who: str) -> None:
    """Refuse treatment that differs within a unit and period, and treatment that ends."""
    cells = frame.groupby([unit, time], observed=True)[treated].agg(["min", "max"]).sort_index()
    ended = cells["min"] < cells["max"].groupby(level=0, observed=True).cummax()
    for wrong, said in (
        (cells["min"] < cells["max"], "is both 0 and 1 for"),
        (ended, "ends: it is 0 after 1 for"),
    ):
        if wrong.any():
            name, at = wrong.idxmax()
            raise EstimationError(
                f"{who}: column «{treated}» {said} «{name}» in {time} {at} (one of "
                f"{int(wrong.sum())}); expected treatment of the whole unit, that lasts once it "
                f"has started, for example:\n{DID}"
            )


def _require_before(frame: pd.DataFrame, unit: str, treated: str, ever: Any, who: str) -> None:
    """Refuse treated units that never are seen untreated."""
    least = frame.loc[ever].groupby(unit, observed=True)[treated].min()
    always = least.index[least == 1]
    if len(always):
        raise EstimationError(
            f"{who}: «{always[0]}» is treated in every row (one of {len(always)} such units), and "
            "what it is compared by is others' start; expected periods before and after the "
            f"start, or leave such units out, for example:\n{DID}"
        )
