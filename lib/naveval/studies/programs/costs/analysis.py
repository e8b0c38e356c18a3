"""The whole cost-benefit analysis in one object: numbers only, no texts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from naveval.estimators.cost_benefit import draws as costs_draws
from naveval.estimators.cost_benefit import net_benefit
from naveval.estimators.cost_benefit import net_benefit as c
from naveval.estimators.cost_benefit.assumptions import (
    EFFECTS,
    Assumptions,
    effects_from_estimates,
    from_inputs,
    only_programs,
    read_effects,
    with_effects,
)
from naveval.estimators.cost_benefit.inputs import PROGRAMS, Costs, load
from naveval.project import store
from naveval.studies.programs.costs.readings import first_month_fit, readings
from naveval.studies.programs.costs.reconcile import (
    RULES,
    break_even,
    implied_durations,
    reconcile,
)
from naveval.studies.programs.parameters import Parameters
from naveval.studies.programs.study import Participation

CURVE_YEARS = 20
BUDGET_PARTS = (
    "services",
    "wage_subsidy",
    "counsellor",
    "tiltakspenger",
    "benefits",
    "nav",
    "school_places",
    "taxes_on_wages",
    "tax_on_benefits",
    "public",
)


@dataclass(frozen=True)
class Analysis:
    """Results per programme, kroner of the price year per programme spell.

    Attributes
    ----------
    costs, assumptions
        The inputs, and the arrays used (published or estimated effects).
    inputs
        One row per programme: duration, monthly costs, hours, shares and effects used.
    flows
        One row per programme: the six signed items, total_cost, net_benefit.
    break_even
        One row per programme: break_even_effect, break_even_percent, break_even_months, rule.
    limits
        One row per programme and case: months, net_benefit and undiscounted.
    alternative
        AFT with the other sample's effects: those, net_benefit, break_even_months; break_even_hours
        of every programme.
    uncertainty, tornado, scenarios
        As described in `estimators.cost_benefit.draws`.
    budget
        One row per programme: parts of `costs_public.Budget`, willingness_to_pay,
        marginal_value, mvpf_low, mvpf_high.
    curve
        program, months, net_benefit: net benefit by duration of the effects.
    cells, durations, readings, first_month
        Reconciliation with the printed numbers, always with published effects.
    """

    costs: Costs
    assumptions: Assumptions
    inputs: pd.DataFrame
    flows: pd.DataFrame
    break_even: pd.DataFrame
    limits: pd.DataFrame
    alternative: pd.DataFrame
    hours: pd.DataFrame
    uncertainty: pd.DataFrame
    tornado: pd.DataFrame
    scenarios: pd.DataFrame
    budget: pd.DataFrame
    curve: pd.DataFrame
    cells: pd.DataFrame
    durations: pd.DataFrame
    readings: pd.DataFrame
    first_month: pd.DataFrame
    draws: int
    effects: str

    @property
    def programs(self) -> tuple[str, ...]:
        """The programmes that have effects."""
        return self.assumptions.programs

    @property
    def left_out(self) -> tuple[str, ...]:
        """Programmes of the document without an effect of their own in this run."""
        return tuple(program for program in PROGRAMS if program not in self.programs)


def analyse(parameters: Parameters, wages: pd.DataFrame | None = None) -> Analysis:
    """Run the analysis with the study's parameters.

    Parameters
    ----------
    wages
        Released effects on earnings of this run, as its `estimates.csv` has them, when they are
        estimated and the parameters name no file.

    Raises
    ------
    ParameterError
        For faults in the costs file or in the estimates that replace the published effects.
    """
    costs = load(parameters.costs_file())
    a = published = from_inputs(costs)
    if parameters.effects == "estimated":
        own = wages is not None and not parameters.estimates
        given = effects_from_estimates(wages) if own else read_effects(Path(parameters.estimates))
        a = with_effects(a, given)
    drawn = costs_draws.draw(a, costs, draws=parameters.draws, seed=parameters.seed)
    return Analysis(
        costs=costs,
        assumptions=a,
        inputs=_inputs(a),
        flows=flows_table(a),
        break_even=_break_even(a),
        limits=_limits(a, costs),
        alternative=_alternative(published, costs),
        hours=_table(a, break_even_hours=c.break_even_hours(a)),
        uncertainty=costs_draws.uncertainty(a, costs, draws=parameters.draws, seed=parameters.seed),
        tornado=costs_draws.tornado(a, costs),
        scenarios=costs_draws.scenarios(a, costs),
        budget=_budget(a, drawn),
        curve=_curve(a),
        cells=_reconciled(costs),
        durations=implied_durations(costs),
        readings=readings(costs),
        first_month=first_month_fit(costs),
        draws=parameters.draws,
        effects=parameters.effects,
    )


def _reconciled(costs: Costs) -> pd.DataFrame:
    """The reconciliation, which rests on the costs alone and is the same for all counties."""
    return store.cached(
        "programs-reconciliation",
        lambda: reconcile(costs),
        key={"costs": costs},
        code=(reconcile.__module__,),
    )


def _table(a: Assumptions, **columns: np.ndarray) -> pd.DataFrame:
    """One row per programme from arrays of shape (1, 1) or (1, programmes)."""
    shape = (1, len(a.programs))
    wide = {name: np.broadcast_to(value, shape)[0] for name, value in columns.items()}
    return pd.DataFrame({"program": a.programs, **wide})


def _inputs(a: Assumptions) -> pd.DataFrame:
    return _table(
        a,
        duration=a.duration,
        monthly_budget_cost=c.monthly_budget_cost(a),
        counsellor_hours=a.counsellor_hours,
        monthly_counsellor=c.monthly_counsellor_cost(a),
        tiltakspenger_share=a.tiltakspenger_share,
        monthly_tiltakspenger=c.monthly_tiltakspenger(a),
        effect_year_1=a.effect_year_1,
        effect_year_2=a.effect_year_2,
        effect_year_3=a.effect_year_3,
        effect_later=a.effect_later,
        effect_months=a.effect_months,
        effect_years=a.effect_months / 12,
        effect_std_error=a.effect_std_error_nok[[2]],
    )


def flows_table(a: Assumptions) -> pd.DataFrame:
    flows = c.flows(a)
    items = {name: getattr(flows, name) for name in c.ITEMS}
    return _table(a, **items, total_cost=-c.total_cost(a), net_benefit=c.net_benefit(a))


def _break_even(a: Assumptions) -> pd.DataFrame:
    table = _table(a, **break_even(a))
    positive = c.benefit_rate(a) * c.wage_effect_value(a) > 0
    share = np.where(positive[0], table["break_even_percent"], np.nan)
    rules = [RULES.get(program, "scale") for program in a.programs]
    return table.assign(break_even_percent=share, rule=rules)


def _limits(a: Assumptions, costs: Costs) -> pd.DataFrame:
    rows = []
    for item in costs.maximum_duration:
        if item.program not in a.programs:
            continue
        column = a.programs.index(item.program)
        nets = [
            float(c.net_benefit(c.with_duration(a, item.months, discounted=how))[0, column])
            for how in (True, False)
        ]
        rows.append((item.program, item.case, item.months, *nets))
    columns = ["program", "case", "months", "net_benefit", "undiscounted"]
    return pd.DataFrame(rows, columns=columns)


def _alternative(a: Assumptions, costs: Costs) -> pd.DataFrame:
    """The document's own calculation: its other effects, whatever effects the run has."""
    aft = c.with_alternative_aft(only_programs(a, ["AFT"]), costs)
    months = float(c.break_even_months(aft)[0, 0])
    row = {
        "program": "AFT",
        **{name: float(np.ravel(getattr(aft, name))[0]) for name in EFFECTS},
        "net_benefit": float(c.net_benefit(aft)[0, 0]),
        "break_even_months": months,
        "break_even_years": months / 12,
    }
    return pd.DataFrame([row])


def _budget(a: Assumptions, drawn: Assumptions) -> pd.DataFrame:
    parts = net_benefit.budget(a)
    values = {name: getattr(parts, name) + 0.0 for name in BUDGET_PARTS}
    ratio = net_benefit.marginal_value(drawn)
    low, high = (
        np.quantile(np.nan_to_num(ratio, nan=0.0, posinf=np.inf), q, axis=0, method="lower")
        for q in (0.025, 0.975)
    )
    return _table(
        a,
        **values,
        willingness_to_pay=net_benefit.willingness_to_pay(a),
        marginal_value=net_benefit.marginal_value(a),
        pays_for_itself=(net_benefit.budget(drawn).public >= 0).mean(axis=0)[None, :],
        net_benefit=c.net_benefit(a),
        mvpf_low=low[None, :],
        mvpf_high=high[None, :],
    )


def _curve(a: Assumptions) -> pd.DataFrame:
    months = np.arange(0, CURVE_YEARS * 12 + 1, 3, dtype=float)
    net = c.net_by_effect_months(a, np.maximum(months, 1e-9))
    wide = pd.DataFrame(net, columns=list(a.programs)).assign(months=months)
    return wide.melt("months", var_name="program", value_name="net_benefit")


@dataclass(frozen=True)
class PlaceMix:
    """A place's programmes with costs and net benefit.

    Attributes
    ----------
    table
        As made by `net_benefit.mix`, programmes the place uses and the sum.
    covered
        Share of all programme months that the programmes with a net benefit have.
    low, high
        95 per cent interval of the mean net benefit.
    """

    table: pd.DataFrame
    covered: float
    low: float
    high: float


def place_mix(analysis: Analysis, data: Participation, parameters: Parameters) -> PlaceMix | None:
    """The mix of the place of the parameters; None where it uses too little to be shown.

    Effects, prices and durations are the whole country's. The place's own is how much it uses each
    programme, from the protected numbers of figure 4-7.
    """
    shown = data.use_by_program.set_index("program")["months_percent"].dropna()
    months = shown[shown.index.isin(analysis.programs)].to_dict()
    if not sum(months.values()) > 0:
        return None
    a = analysis.assumptions
    table = net_benefit.mix(a, months)
    drawn = costs_draws.draw(a, analysis.costs, draws=parameters.draws, seed=parameters.seed)
    low, high = np.quantile(net_benefit.mean_net_benefit(drawn, months), [0.025, 0.975])
    return PlaceMix(
        table[table["month_share"] > 0].reset_index(drop=True),
        sum(months.values()) / 100,
        float(low),
        float(high),
    )
