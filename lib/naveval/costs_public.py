"""Public money: budget effects for Nav and other public budgets, marginal value of public funds.

These are kroner in and out of public budgets, without the tax cost that social cost-benefit
analysis adds. Marginal value of public funds: Hendren and Sprung-Keyser (2020), what the
participants gain per krone of net public cost.
"""

from dataclasses import dataclass

import numpy as np

from naveval.costs import (
    monthly_counsellor_cost,
    monthly_tiltakspenger,
    service_cost,
    wage_effect_value,
    wage_subsidy,
)
from naveval.costs_assumptions import Array, Assumptions


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
