"""Job seekers of every county and of all together, which the site shows."""

import pandas as pd

from naveval.studies.hedmark import panel as panels
from naveval.studies.hedmark import windows
from naveval.studies.hedmark.exhibits.common import YEAR
from naveval.studies.hedmark.results import HedmarkResults

RATES_BEFORE = 4 * YEAR


def rates(results: HedmarkResults) -> pd.DataFrame:
    """Job seekers in per cent of the labour force, with and without benefit, by county and month.

    Five years around the start, or what the panel holds of them.
    """
    persons, force = _job_seekers(results)
    found = pd.DataFrame({"rate": (100 * persons / force).stack(), "n": persons.stack()})
    found.index.names = ["month", "county"]
    return found.reset_index().assign(month=lambda frame: frame["month"].map(windows.text))


def country_rates(results: HedmarkResults) -> pd.DataFrame:
    """The same of all counties together, by month."""
    persons, force = (one.sum(axis=1) for one in _job_seekers(results))
    found = pd.DataFrame({"rate": 100 * persons / force, "n": persons}).rename_axis("month")
    return found.reset_index().assign(month=lambda frame: frame["month"].map(windows.text))


def _job_seekers(results: HedmarkResults) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Job seekers, and the labour force, by month and county."""
    panel, (start, _, last) = results.panel, results.parameters.months()
    span = slice(start - RATES_BEFORE, last)
    persons = [panels.persons(panel, "stock", group).loc[span] for group in panels.GROUPS]
    return persons[0].add(persons[1]), panels.labour_force(panel).loc[span]
