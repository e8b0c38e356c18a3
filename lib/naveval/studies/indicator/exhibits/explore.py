"""Menus for the work indicator's notebook: any county and some of the curves."""

from dataclasses import replace
from typing import Any

from naveval.exhibits import explore
from naveval.exhibits.opening import Opened
from naveval.exhibits.output import Output
from naveval.exhibits.show import Showing, Shown
from naveval.project import places
from naveval.studies.indicator.exhibits import REPORT
from naveval.studies.indicator.results import IndicatorResults

LABELS = ("fig-1", "fig-6", "fig-7", "fig-8", "fig-9", "fig-10", "fig-14", "fig-15")


def menus(study: Opened, results: IndicatorResults) -> Any:
    """Menus over the estimates at hand; choices redraw a figure."""
    counties = {places.name(code): code for code in ("", *places.codes(places.CURRENT_YEAR))}
    choices: explore.Choices = {"label": LABELS, "county": counties}
    return explore.explore(study.output, draw, results, choices=choices)


def draw(output: Output, results: IndicatorResults, *, label: str, county: str) -> Shown:
    """A figure for the chosen county, from the same released rows as in its report."""
    moved = replace(output, place=places.place(county))
    changed = results.parameters.model_copy(update={"county": county})
    return Showing(REPORT, moved).show(label, results.but(parameters=changed))
