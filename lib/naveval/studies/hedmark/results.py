"""What a run of the study has found: one typed field per estimator."""

from dataclasses import dataclass

import pandas as pd

from naveval.disclosure.decisions import Protection
from naveval.exhibits.declare import Results
from naveval.studies.hedmark.panel import Panel
from naveval.studies.hedmark.parameters import Parameters


@dataclass(frozen=True)
class HedmarkResults(Results):
    """Results of the study, each as its estimator returns it.

    Attributes
    ----------
    parameters
        Parameters of the run.
    panel
        County × month series (`panel.build`).
    shocks, size, method, smallest
        What panels without any effect are drawn with, rejection rates per method in them, the
        method they speak for, and the smallest effects it finds (`estimate.choice`).
    means, regression, inference
        Tables 1 to 4 with p-values by the method, table 5, and every method side by side.
    mechanism, hazards
        Contributions to the change of the stock, and exit hazards (`estimate.mechanism`).
    months, counties, left_out, specifications
        Placebo by month and county, leave one out, and all specifications
        (`estimate.regression`).
    comparisons, paths, weights, events
        Synthetic comparisons, their paths and weights, and the effects by month with the tests of
        the time before (`estimate.synthetic`).
    """

    parameters: Parameters
    panel: Panel
    shocks: pd.DataFrame
    size: pd.DataFrame
    method: str
    smallest: pd.DataFrame
    means: pd.DataFrame
    regression: pd.DataFrame
    inference: pd.DataFrame
    mechanism: pd.DataFrame
    hazards: pd.DataFrame
    months: pd.DataFrame
    counties: pd.DataFrame
    left_out: pd.DataFrame
    specifications: pd.DataFrame
    comparisons: pd.DataFrame
    paths: pd.DataFrame
    weights: pd.DataFrame
    events: tuple[pd.DataFrame, pd.DataFrame]

    @property
    def protection(self) -> Protection | None:
        """All numbers but the drawn ones are functions of the protected panel."""
        return self.panel.protection
