"""How large or how long an effect must be before a programme pays for itself."""

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from naveval.estimators.cost_benefit.assumptions import Array, Assumptions
from naveval.estimators.cost_benefit.inputs import Costs
from naveval.estimators.cost_benefit.net_benefit import (
    YEAR,
    benefit_rate,
    discount_sum,
    month_factor,
    net_benefit,
    total_cost,
    wage_effect_value,
)
from naveval.project.errors import ParameterError

LONGEST = 1200
Rule = Literal["scale", "later", "constant"]
# Table 7-7: which part of the effects is adjusted. Others: all effects by the same factor.
RULES: dict[str, Rule] = {
    "AFT": "constant",
    "Arbeidsrettet rehabilitering": "constant",
    "Utdanning": "later",
}


def break_even_share(a: Assumptions, rule: Rule) -> Array:
    """Factor on the effects at which benefits equal costs, as a share of the estimates.

    Parameters
    ----------
    rule
        "scale" multiplies all effects, "later" only the effect after year 3, keeping the
        first three years (notes of table 7-7).

    Raises
    ------
    ParameterError
        For another rule.
    """
    cost = total_cost(a) / benefit_rate(a)
    if rule == "scale":
        return cost / wage_effect_value(a)
    if rule == "later":
        early = wage_effect_value(replace(a, effect_later=np.zeros_like(a.effect_later)))
        return (cost - early) / (wage_effect_value(a) - early)
    raise ParameterError(f"break-even rule «{rule}»; allowed here: scale, later")


def break_even_constant(a: Assumptions) -> Array:
    """Monthly wage effect from year 2 on, with none in year 1, at which benefits equal costs."""
    factor = month_factor(a.discount_rate, a.wage_growth)
    months = discount_sum(YEAR, a.effect_months, factor)
    return total_cost(a) / (benefit_rate(a) * months)


def break_even_months(a: Assumptions, longest: int = LONGEST) -> Array:
    """First whole number of months of effects at which net benefit is no longer negative.

    NaN where that does not happen within `longest` months. Assumes the last effect goes on.
    """
    columns = []
    shape = np.broadcast_shapes(net_benefit(a).shape)
    for column in range(shape[1]):
        one = _column(a, column)
        months = np.arange(1, longest + 1, dtype=float)[:, None]
        positive = net_benefit(replace(one, effect_months=months))[:, 0] >= 0
        columns.append(float(np.argmax(positive)) + 1 if positive.any() else np.nan)
    return np.array([columns])


def _column(a: Assumptions, column: int) -> Assumptions:
    values: dict[str, Any] = {
        name: value[:1, [column]] if value.shape[1] > 1 else value[:1]
        for name, value in a.arrays().items()
        if name != "effect_std_error_nok"
    }
    return replace(a, **values, programs=a.programs[column : column + 1])


def net_by_effect_months(a: Assumptions, months: Array) -> Array:
    """Net benefit for each of several effect durations: shape (len(months), programmes)."""
    return net_benefit(replace(a, effect_months=np.asarray(months, dtype=float)[:, None]))


def with_running_costs_discounted(a: Assumptions) -> Assumptions:
    """Count the programme's months by their present value at the discount rate alone.

    Table 7-8 does so: its long durations fit running costs discounted month by month with
    constant prices, and not the undiscounted sums of tables 7-2 to 7-4.
    """
    factor = (1 / (1 + a.discount_rate)) ** (1 / YEAR)
    return replace(a, duration=discount_sum(0.0, a.duration, factor))


def with_duration(a: Assumptions, months: float, *, discounted: bool) -> Assumptions:
    """The same programme with another duration, effects unchanged."""
    longer = replace(a, duration=np.full_like(a.duration, months))
    return with_running_costs_discounted(longer) if discounted else longer


def break_even_hours(a: Assumptions) -> Array:
    """Extra counsellor hours a month at which net benefit is zero, the present hours included."""
    per_hour = a.duration * (1 + a.tax_cost) * a.counsellor_hour_cost
    return a.counsellor_hours + net_benefit(a) / per_hour


def with_alternative_aft(a: Assumptions, costs: Costs) -> Assumptions:
    """AFT's effects from the document's other sample, for every column (section 7.5.1)."""
    other = costs.aft_alternative
    yearly = (other.year_1, other.year_2, other.year_3, other.year_3)
    names = ("effect_year_1", "effect_year_2", "effect_year_3", "effect_later")
    changes: dict[str, Any] = {
        name: np.full_like(a.effect_later, value / YEAR)
        for name, value in zip(names, yearly, strict=True)
    }
    return replace(a, **changes)
