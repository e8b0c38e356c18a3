"""Menus for the follow-up notebook: any county, by month or by duration."""

from dataclasses import replace
from typing import Any

from naveval.exhibits import explore
from naveval.exhibits.opening import Opened
from naveval.exhibits.output import Output
from naveval.exhibits.show import Showing, Shown
from naveval.project import places
from naveval.studies.followup.exhibits import REPORT
from naveval.studies.followup.measures import BY_DURATION, BY_MONTH
from naveval.studies.followup.results import FollowupResults


def menus(study: Opened, results: FollowupResults) -> Any:
    """Menus over the panel at hand; choices redraw one of figures 1 to 6."""
    counties = {places.name(code): code for code in ("", *places.codes(places.CURRENT_YEAR))}
    choices: explore.Choices = {"label": [*BY_DURATION, *BY_MONTH], "county": counties}
    return explore.explore(study.output, draw, results, choices=choices)


def draw(output: Output, results: FollowupResults, *, label: str, county: str) -> Shown:
    """A figure for the chosen county, released together with all the others."""
    moved = replace(output, place=places.place(county))
    changed = results.parameters.model_copy(update={"county": county})
    return Showing(REPORT, moved).show(label, results.but(parameters=changed))
