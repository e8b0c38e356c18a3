"""Effects on a frame of one's own when trends would have differed anyhow."""

import numpy as np
import pandas as pd

from naveval.estimators.event_study import EventStudy
from naveval.estimators.sensitivity import bounds
from naveval.frames.events import EVENTS
from naveval.frames.result import (
    Result,
    told,
)
from naveval.project.errors import EstimationError
from naveval.project.given import require_choice, require_number


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
