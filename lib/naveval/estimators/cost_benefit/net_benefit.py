"""Costs and benefits of a labour market programme, per programme spell.

Every function takes `Assumptions` and returns an array of shape (draws, programmes) in kroner
of the price year. Costs are positive numbers here; `Flows` carries them with their sign.

Convention: month m after programme start, m = 0, 1, …, is discounted by
((1 + wage growth) / (1 + discount rate))^(m / 12). Counting from 0 rather than 1 gives the
smaller squared deviations from the totals of table 7-5 and −145 000 for AFT with the alternative
sample. Source: section 7.3 of the document; the formulas in each function's docstring.

Public money: budget effects for Nav and other public budgets, marginal value of public funds.

These are kroner in and out of public budgets, without the tax cost that social cost-benefit
analysis adds. Marginal value of public funds: Hendren and Sprung-Keyser (2020), what the
participants gain per krone of net public cost.

Net benefit of a mix of programmes: what a place's use of them costs and gives per spell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from naveval.estimators.cost_benefit.assumptions import Array, Assumptions
from naveval.estimators.cost_benefit.inputs import Costs
from naveval.project.errors import ParameterError

YEAR = 12
ITEMS = (
    "program_cost",
    "other_sectors",
    "tiltakspenger",
    "counsellor",
    "value_creation",
    "saved_benefits",
)


@dataclass(frozen=True)
class Flows:
    """The six priced items, signed: costs negative. Shape (draws, programmes) each."""

    program_cost: Array
    other_sectors: Array
    tiltakspenger: Array
    counsellor: Array
    value_creation: Array
    saved_benefits: Array


def month_factor(discount_rate: Array, wage_growth: Array) -> Array:
    """What one month later is worth: ((1 + growth) / (1 + rate))^(1/12)."""
    return ((1 + wage_growth) / (1 + discount_rate)) ** (1 / YEAR)


def discount_sum(first: Array | float, last: Array | float, factor: Array) -> Array:
    """Sum of factor^m for m = first, …, last − 1; zero when last ≤ first.

    A closed form that also holds between whole months and, as the limit last − first, where
    the factor is 1.
    """
    first, last = np.broadcast_arrays(first, last)
    length = np.maximum(last - first, 0.0)
    flat = np.abs(factor - 1) < 1e-12
    safe = np.where(flat, 0.5, factor)
    result: Array = np.where(flat, length, safe**first * (1 - safe**length) / (1 - safe))
    return result


def wage_effect_value(a: Assumptions) -> Array:
    """Present value of the effect on wages, year by year until `effect_months`.

    The effect of year 3 stands in months 24–35 and the later effect from month 36.
    """
    factor = month_factor(a.discount_rate, a.wage_growth)
    edges = [0, YEAR, 2 * YEAR, 3 * YEAR, np.inf]
    effects = (a.effect_year_1, a.effect_year_2, a.effect_year_3, a.effect_later)
    total: Array = np.zeros(1)
    for effect, first, last in zip(effects, edges[:-1], edges[1:], strict=True):
        total = total + effect * discount_sum(first, np.minimum(last, a.effect_months), factor)
    return total


def value_creation(a: Assumptions) -> Array:
    """Labour cost factor × present value of the wage effect, less what displaces others."""
    return a.labour_cost_factor * (1 - a.displacement) * wage_effect_value(a)


def saved_benefits(a: Assumptions) -> Array:
    """Tax cost of the benefits, net of tax on them, that the higher wages replace."""
    net = a.saved_benefit_share * (1 - a.benefit_tax) * a.tax_cost
    return net * (1 - a.displacement) * wage_effect_value(a)


def benefit_rate(a: Assumptions) -> Array:
    """Priced benefit per krone of present value of the wage effect."""
    saved = a.saved_benefit_share * (1 - a.benefit_tax) * a.tax_cost
    return (1 - a.displacement) * (a.labour_cost_factor + saved)


def wage_subsidy(a: Assumptions) -> Array:
    """Wage subsidy Nav pays a month: wage × Nav's share × (1 + markup). A transfer."""
    return (
        a.wage_subsidy_share * a.subsidised_wage * a.wage_subsidy_rate * (1 + a.wage_subsidy_markup)
    )


def service_cost(a: Assumptions) -> Array:
    """What Nav pays a month for services: programme price, mentor and inclusion grant."""
    return (
        a.unit_cost
        + a.mentor_share * a.mentor_cost
        + a.inclusion_grant_share * a.inclusion_grant_cost
    )


def monthly_budget_cost(a: Assumptions) -> Array:
    """Nav's programme budget a month: services and wage subsidy (column of table 7-2)."""
    return service_cost(a) + wage_subsidy(a)


def program_cost(a: Assumptions) -> Array:
    """Services count in full with the tax cost, the wage subsidy only with the tax cost."""
    return a.duration * ((1 + a.tax_cost) * service_cost(a) + a.tax_cost * wage_subsidy(a))


def monthly_counsellor_cost(a: Assumptions) -> Array:
    """Extra counsellor hours a month × cost of an hour."""
    return a.counsellor_hours * a.counsellor_hour_cost


def counsellor_cost(a: Assumptions) -> Array:
    """Counsellor time over the programme, with the tax cost."""
    return a.duration * (1 + a.tax_cost) * monthly_counsellor_cost(a)


def monthly_tiltakspenger(a: Assumptions) -> Array:
    """Share of months with tiltakspenger × days × day rate."""
    return a.tiltakspenger_share * a.tiltakspenger_days * a.tiltakspenger_rate


def tiltakspenger_cost(a: Assumptions) -> Array:
    """Tiltakspenger is a transfer: only the tax cost counts."""
    return a.duration * a.tax_cost * monthly_tiltakspenger(a)


def other_sector_cost(a: Assumptions) -> Array:
    """School places in other sectors, with the tax cost."""
    return a.duration * (1 + a.tax_cost) * a.school_share * a.school_place_cost


def flows(a: Assumptions) -> Flows:
    """All priced items of a programme spell, signed."""
    items = {
        "program_cost": -program_cost(a),
        "other_sectors": -other_sector_cost(a),
        "tiltakspenger": -tiltakspenger_cost(a),
        "counsellor": -counsellor_cost(a),
        "value_creation": value_creation(a),
        "saved_benefits": saved_benefits(a),
    }
    return Flows(*np.broadcast_arrays(*(items[name] for name in ITEMS)))


def total_cost(a: Assumptions) -> Array:
    """Sum of the priced costs, a positive number."""
    return program_cost(a) + other_sector_cost(a) + tiltakspenger_cost(a) + counsellor_cost(a)


def net_benefit(a: Assumptions) -> Array:
    """Priced benefits less priced costs of one programme spell."""
    return benefit_rate(a) * wage_effect_value(a) - total_cost(a)


@dataclass(frozen=True)
class Budget:
    """Present values per programme spell; money out of a budget is negative.

    Shape (draws, programmes). `benefits` is what Nav no longer pays out, before tax.
    """

    services: Array
    wage_subsidy: Array
    counsellor: Array
    tiltakspenger: Array
    benefits: Array
    school_places: Array
    taxes_on_wages: Array
    tax_on_benefits: Array

    @property
    def nav(self) -> Array:
        """Nav's budgets: programmes, counsellors and benefits."""
        return (
            self.services + self.wage_subsidy + self.counsellor + self.tiltakspenger + self.benefits
        )

    @property
    def public(self) -> Array:
        """All public budgets: Nav's, schools, and taxes."""
        return self.nav + self.school_places + self.taxes_on_wages + self.tax_on_benefits


def budget(a: Assumptions) -> Budget:
    """Budget effects of one programme spell.

    Wages from displaced workers are taken off the wage effect as in `costs.value_creation`.
    """
    wages = (1 - a.displacement) * wage_effect_value(a)
    saved = a.saved_benefit_share * wages
    return Budget(
        services=-a.duration * service_cost(a),
        wage_subsidy=-a.duration * wage_subsidy(a),
        counsellor=-a.duration * monthly_counsellor_cost(a),
        tiltakspenger=-a.duration * monthly_tiltakspenger(a),
        benefits=saved,
        school_places=-a.duration * a.school_share * a.school_place_cost,
        taxes_on_wages=(a.income_tax + a.payroll_tax) * wages,
        tax_on_benefits=-a.benefit_tax * saved,
    )


def willingness_to_pay(a: Assumptions) -> Array:
    """What participants gain: wages after tax, less benefits after tax, plus tiltakspenger."""
    wages = (1 - a.displacement) * wage_effect_value(a)
    net = (1 - a.income_tax) - a.saved_benefit_share * (1 - a.benefit_tax)
    return net * wages + a.duration * monthly_tiltakspenger(a)


def marginal_value(a: Assumptions) -> Array:
    """Willingness to pay per krone of net public cost.

    Infinite where the participants gain and public budgets do too (the programme pays for
    itself), NaN where the participants lose and public budgets gain.
    """
    gain, cost = willingness_to_pay(a), -budget(a).public
    ratio = gain / np.where(cost == 0, np.nan, cost)
    result: Array = np.where(cost > 0, ratio, np.where(gain > 0, np.inf, np.nan))
    return result


TOTAL = "Sum"


def mix(a: Assumptions, program_months: Mapping[str, float]) -> pd.DataFrame:
    """Costs and net benefit of the programmes a place uses.

    Effects, prices and durations are those of `a`, the same everywhere: only the composition
    is the place's own.

    Parameters
    ----------
    a
        One evaluation.
    program_months
        Programme name to participant months in a period, or any multiple of them such as
        percent; programmes left out count zero.

    Returns
    -------
    DataFrame
        program, month_share, spell_share, cost and net_benefit (kroner per spell), contribution
        (spell share × net benefit). The last row "Sum" has the means per spell of the mix.

    Raises
    ------
    ParameterError
        For an unknown programme, a negative or missing number, or no months at all.
    """
    months, shares = _weights(a, program_months)
    cost = np.broadcast_to(total_cost(a), (1, len(a.programs)))[0]
    net = net_benefit(a)[0]
    table = pd.DataFrame(
        {
            "program": a.programs,
            "month_share": months / months.sum(),
            "spell_share": shares[0],
            "cost": cost,
            "net_benefit": net,
            "contribution": shares[0] * net,
        }
    )
    total = {
        "program": TOTAL,
        "month_share": 1.0,
        "spell_share": 1.0,
        "cost": shares[0] @ cost,
        "net_benefit": shares[0] @ net,
        "contribution": shares[0] @ net,
    }
    return pd.concat([table, pd.DataFrame([total])], ignore_index=True)


def mean_net_benefit(a: Assumptions, program_months: Mapping[str, float]) -> Array:
    """Net benefit of the mean spell of a mix: shape (draws,)."""
    _, shares = _weights(a, program_months)
    mean: Array = (shares * net_benefit(a)).sum(axis=1)
    return mean


def _weights(a: Assumptions, program_months: Mapping[str, float]) -> tuple[Array, Array]:
    """Months (programmes,) and share of the spells, months over duration (draws, programmes)."""
    unknown = sorted(set(program_months) - set(a.programs))
    if unknown:
        raise ParameterError(
            f"programme mix: unknown programme {', '.join(unknown)}; "
            f"allowed: {', '.join(a.programs)}"
        )
    months = np.array([float(program_months.get(program, 0)) for program in a.programs])
    if not np.isfinite(months).all() or (months < 0).any() or not months.sum() > 0:
        raise ParameterError("programme mix: months must be finite, not negative, and not all zero")
    spells = months / a.duration
    return months, spells / spells.sum(axis=1, keepdims=True)


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
