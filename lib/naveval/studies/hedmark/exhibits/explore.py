"""Menus for the Hedmark notebook: any county, start month, control group and series."""

from dataclasses import replace
from typing import Any

from naveval.exhibits import explore
from naveval.exhibits.opening import Opened
from naveval.exhibits.output import Output
from naveval.exhibits.show import Showing, Shown
from naveval.project import places
from naveval.studies.hedmark.exhibits import REPORT
from naveval.studies.hedmark.parameters import Parameters
from naveval.studies.hedmark.results import HedmarkResults

SERIES = tuple(f"fig-{number}" for number in range(2, 10))
START_MONTHS = ("2013-11", "2014-03", "2014-11", "2015-03")


def menus(study: Opened, results: HedmarkResults) -> Any:
    """Menus over the panel at hand; choices redraw one of figures 2 to 9."""
    parameters, output = results.parameters, study.output
    codes = dict.fromkeys((parameters.county, *places.codes(parameters.COUNTY_YEAR)))
    choices: explore.Choices = {
        "label": SERIES,
        "county": {places.name(code): code for code in codes},
        "start": list(dict.fromkeys((parameters.start, *START_MONTHS))),
        "control": {output.label("explore-control", name): name for name in ("default", "all")},
    }
    return explore.explore(output, draw, results, choices=choices)


def draw(
    output: Output, results: HedmarkResults, *, label: str, county: str, start: str, control: str
) -> Shown:
    """A series for the chosen county against its control group."""
    others = tuple(code for code in places.codes(Parameters.COUNTY_YEAR) if code != county)
    own = () if control == "default" else others
    changed = Parameters.model_validate(
        results.parameters.model_dump() | {"county": county, "start": start, "control": own}
    )
    moved = replace(output, place=places.place(county))
    return Showing(REPORT, moved).show(label, results.but(parameters=changed))
