"""Menus for the work indicator's notebook: any county and any of the curves."""

from dataclasses import replace
from typing import Any

from naveval.exhibits import explore
from naveval.exhibits.output import Block, Output
from naveval.project import places as counties
from naveval.studies.indicator.exhibits.figures import curve
from naveval.studies.indicator.study import Study

LABELS = ("fig-1", "fig-6", "fig-7", "fig-8", "fig-9", "fig-10", "fig-14", "fig-15")


def menus(output: Output, study: Study) -> Any:
    """Menus over the estimates at hand; choices redraw a figure."""
    places = {counties.name(code): code for code in ("", *counties.codes(counties.CURRENT_YEAR))}
    return explore.explore(output, draw, study, choices={"label": LABELS, "county": places})


def draw(output: Output, study: Study, *, label: str, county: str) -> Block:
    """A figure for the chosen county."""
    return curve(replace(output, place=counties.place(county)), study, label)
