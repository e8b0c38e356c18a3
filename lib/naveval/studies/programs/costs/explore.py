"""Menus for the cost-benefit analysis: what other assumptions would give."""

from dataclasses import replace
from typing import Any

import numpy as np

from naveval.exhibits import explore
from naveval.exhibits.output import Block, Output
from naveval.project import formats
from naveval.studies.programs.costs.analysis import Analysis, flows_table
from naveval.studies.programs.costs.figures import composition

CHOICES = {
    "discount_rate": (0.02, 0.03, 0.04, 0.05, 0.06),
    "tax_cost": (0.0, 0.1, 0.2, 0.3),
    "displacement": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
}


def menus(output: Output, analysis: Analysis) -> Any:
    """Menus for the discount rate, the tax cost and displacement; the one used comes first."""
    choices = {
        name: {formats.share(value, 0): value for value in _first(values, analysis, name)}
        for name, values in CHOICES.items()
    }
    return explore.explore(output, draw, analysis, choices=choices)


def _first(values: tuple[float, ...], analysis: Analysis, name: str) -> list[float]:
    """The value of the analysis, then the others."""
    own = float(np.ravel(getattr(analysis.assumptions, name))[0])
    return [own, *(value for value in values if not np.isclose(value, own))]


def draw(
    output: Output,
    analysis: Analysis,
    *,
    discount_rate: float,
    tax_cost: float,
    displacement: float,
) -> Block:
    """Composition of costs and benefits under the chosen assumptions."""
    a = analysis.assumptions
    changed = replace(
        a,
        discount_rate=np.full_like(a.discount_rate, discount_rate),
        tax_cost=np.full_like(a.tax_cost, tax_cost),
        displacement=np.full_like(a.displacement, displacement, dtype=float),
    )
    return composition(output, replace(analysis, assumptions=changed, flows=flows_table(changed)))
