"""Menus for the Hedmark notebook: any county, start month, control group and series."""

from dataclasses import replace
from typing import Any

from naveval.exhibits import explore
from naveval.exhibits.output import Block, Output
from naveval.project import places
from naveval.studies.hedmark.exhibits.figures import SERIES, series
from naveval.studies.hedmark.panel import Panel
from naveval.studies.hedmark.parameters import Parameters

START_MONTHS = ("2013-11", "2014-03", "2014-11", "2015-03")


def menus(output: Output, panel: Panel, parameters: Parameters) -> Any:
    """Menus over the panel at hand; choices redraw one of figures 2 to 9."""
    year = parameters.COUNTY_YEAR
    codes = dict.fromkeys((parameters.county, *places.codes(year)))
    names = {places.name(code): code for code in codes}
    starts = list(dict.fromkeys((parameters.start, *START_MONTHS)))
    everyone = {output.label("explore-control", "default"): "default"} | {
        output.label("explore-control", "all"): "all"
    }
    choices: explore.Choices = {
        "label": list(SERIES),
        "county": names,
        "start": starts,
        "control": everyone,
    }
    return explore.explore(output, draw, panel, parameters, choices=choices)


def draw(
    output: Output,
    panel: Panel,
    parameters: Parameters,
    *,
    label: str,
    county: str,
    start: str,
    control: str,
) -> Block:
    """A series for the chosen county against its control group."""
    others = tuple(code for code in places.codes(parameters.COUNTY_YEAR) if code != county)
    own = () if control == "default" else others
    changed = Parameters.model_validate(
        parameters.model_dump() | {"county": county, "start": start, "control": own}
    )
    moved = replace(output, place=places.place(county))
    return series(moved, panel, changed, label)
