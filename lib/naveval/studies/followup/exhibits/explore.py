"""Menus for the follow-up notebook: any county, by month or by duration."""

from dataclasses import replace
from typing import Any

from naveval.exhibits import explore
from naveval.exhibits.output import Block, Output
from naveval.project import places as counties
from naveval.studies.followup import protection
from naveval.studies.followup.exhibits.figures import durations, months
from naveval.studies.followup.measures import BY_DURATION, BY_MONTH
from naveval.studies.followup.panel import Panel
from naveval.studies.followup.protection import Protected


def menus(output: Output, panel: Panel, protected: Protected) -> Any:
    """Menus over the panel at hand; choices redraw one of figures 1 to 6."""
    places = {counties.name(code): code for code in ("", *counties.codes(counties.CURRENT_YEAR))}
    choices: explore.Choices = {"label": [*BY_DURATION, *BY_MONTH], "county": places}
    return explore.explore(output, draw, panel, protected, choices=choices)


def draw(output: Output, panel: Panel, protected: Protected, *, label: str, county: str) -> Block:
    """A figure for the chosen county, released together with all the others."""
    moved = replace(output, place=counties.place(county))
    if label in BY_DURATION:
        return durations(moved, protection.durations(panel, protected, label, county), label)
    return months(moved, protection.months(protected, label, county), label)
