"""Menus for the programme notebook: what other assumptions would give."""

from dataclasses import replace
from typing import Any

import numpy as np

from naveval.exhibits import explore
from naveval.exhibits.opening import Opened
from naveval.exhibits.output import Output
from naveval.exhibits.show import Showing, Shown
from naveval.project import formats
from naveval.studies.programs.costs.analysis import flows_table
from naveval.studies.programs.exhibits import REPORT
from naveval.studies.programs.results import ProgramResults

CHOICES = {
    "discount_rate": (0.02, 0.03, 0.04, 0.05, 0.06),
    "tax_cost": (0.0, 0.1, 0.2, 0.3),
    "displacement": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
}


def menus(study: Opened, results: ProgramResults) -> Any:
    """Menus for the discount rate, the tax cost and displacement; the one used comes first."""
    assert results.costs is not None
    choices = {}
    for name, values in CHOICES.items():
        own = float(np.ravel(getattr(results.costs.assumptions, name))[0])
        others = [value for value in values if not np.isclose(value, own)]
        choices[name] = {formats.share(value, 0): value for value in (own, *others)}
    return explore.explore(study.output, draw, results, choices=choices)


def draw(output: Output, results: ProgramResults, **chosen: float) -> Shown:
    """Composition of costs and benefits under the chosen assumptions."""
    assert results.costs is not None
    a = results.costs.assumptions
    arrays: dict[str, Any] = {name: np.full((1, 1), float(value)) for name, value in chosen.items()}
    changed = replace(a, **arrays)
    costs = replace(results.costs, assumptions=changed, flows=flows_table(changed))
    return Showing(REPORT, output).show("fig-composition", results.but(costs=costs))
