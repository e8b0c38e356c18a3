"""What a run of the study has found: one field per estimator, None for parts that are not run."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from naveval.exhibits.declare import Results
from naveval.studies.followup.events import Events
from naveval.studies.followup.panel import Panel
from naveval.studies.followup.parameters import Parameters
from naveval.studies.followup.protection import Protected


@dataclass(frozen=True)
class FollowupResults(Results):
    """Results of the study, each as its estimator returns it.

    Attributes
    ----------
    parameters, panel
        Parameters of the run, and the panel of all places.
    protected, summary, trends, truth
        Months and means that may be shown, the regressions with such means, event studies by
        outcome, and true coefficients of simulated registers.
    comparison, dates, groups, breaks, testing, gaps, clusters
        From `checks`: the county against the rest, placebo dates and groups, with and without
        2018, adjusted p-values, by longest gap, and with counties as clusters.
    intervals, breakdowns
        From `events`: robust intervals, breakdown values.
    """

    parameters: Parameters
    panel: Panel
    protected: Protected
    summary: pd.DataFrame
    trends: Mapping[str, Events]
    truth: pd.DataFrame
    comparison: pd.DataFrame | None = None
    dates: pd.DataFrame | None = None
    groups: pd.DataFrame | None = None
    breaks: pd.DataFrame | None = None
    testing: pd.DataFrame | None = None
    gaps: pd.DataFrame | None = None
    clusters: pd.DataFrame | None = None
    intervals: pd.DataFrame | None = None
    breakdowns: pd.DataFrame | None = None
