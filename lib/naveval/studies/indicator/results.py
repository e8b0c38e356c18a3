"""What a run of the study has found: frames without persons, and the models."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from naveval.disclosure.decisions import Protection
from naveval.estimators.categorical.design import Fit
from naveval.exhibits.declare import Results
from naveval.studies.indicator.parameters import Parameters


@dataclass(frozen=True)
class IndicatorResults(Results):
    """Results of the study for the country and all counties.

    Attributes
    ----------
    parameters, months, persons
        Parameters of the run, months of the stock, and protected persons in all of them.
    curves
        All points of all curves (`frames.curve_frame`), with a column `specification`: "" for the
        main model.
    levels
        Levels over the whole period and the last twelve months, with standard errors.
    fits
        The main models, and the report version under "report:<outcome>".
    offices, office_months
        Offices over the last twelve months, and month by month.
    intervals
        Published, clustered and bootstrap uncertainty side by side.
    drivers, calibration, explained, stability
        Decomposition of change and goodness of the models.
    described, flow
        The document's tables 1 and 2, and the sample flow.
    events
        Persons with and without the outcome in the largest month of each column of the report
        version: outcome, column, events, others.
    market
        Limits of the categories of inflow and expected employment, and how many are in each.
    recovery
        Estimates from outcomes drawn from the printed coefficients.
    """

    parameters: Parameters
    months: tuple[str, ...]
    persons: int
    curves: pd.DataFrame
    levels: pd.DataFrame
    fits: Mapping[str, Fit]
    offices: pd.DataFrame
    office_months: pd.DataFrame
    intervals: pd.DataFrame
    drivers: pd.DataFrame
    calibration: pd.DataFrame
    explained: pd.DataFrame
    stability: pd.DataFrame
    described: pd.DataFrame
    flow: pd.DataFrame
    events: pd.DataFrame
    market: pd.DataFrame
    recovery: pd.DataFrame

    @property
    def protection(self) -> Protection:
        """Every descriptive number is a function of points that `protection` has changed."""
        return Protection(self.persons)
