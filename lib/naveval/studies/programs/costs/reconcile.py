"""Every printed number beside the computed one, with the reason where they differ.

A difference above 2 per cent of the printed value must be within what the rounding of the
printed inputs allows, or have an explanation in `params/costs_explanations.csv` that names
another reading of a doubtful input. The computation is repeated with that reading, so that an
explanation is shown to give the printed number and not only asserted.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from naveval.estimators.cost_benefit import net_benefit as c
from naveval.estimators.cost_benefit.assumptions import Array, Assumptions, from_inputs, one_program
from naveval.estimators.cost_benefit.break_even import (
    RULES,
    break_even_constant,
    break_even_hours,
    break_even_months,
    break_even_share,
    with_alternative_aft,
    with_duration,
)
from naveval.estimators.cost_benefit.checks import PROGRAMS
from naveval.estimators.cost_benefit.inputs import Costs
from naveval.project import paths
from naveval.project.errors import ParameterError
from naveval.studies.programs.costs.published import cells

TOLERANCE = 0.02
WHOLE_PERCENT = "whole_percent"
UNDISCOUNTED = "undiscounted"
ROUNDED_ITEMS = "rounded_items"
RULES_OF_PRINT = ("", WHOLE_PERCENT, UNDISCOUNTED, ROUNDED_ITEMS)
Key = tuple[str, str, str]


def computed(a: Assumptions, costs: Costs, *, rule: str = "") -> dict[Key, float]:
    """Computed counterpart of every printed cell: (label, row, column) to number.

    Parameters
    ----------
    a
        One evaluation; table 7-8 and the text use the same numbers.
    rule
        "whole_percent" rounds break-even shares up to whole per cent as table 7-7 does,
        "undiscounted" leaves running costs undiscounted in table 7-8, "rounded_items" adds up
        items of table 1-1 rounded to thousands; "" none of these.
    """
    if rule not in RULES_OF_PRINT:
        raise ParameterError(f"rule «{rule}»; allowed: {', '.join(RULES_OF_PRINT[1:])}")
    found: dict[Key, float] = {}
    for (label, column), values in _by_program(a, rule).items():
        found |= {
            (label, program, column): float(value)
            for program, value in zip(PROGRAMS, np.broadcast_to(values, (1, 9))[0], strict=True)
        }
    for item in costs.maximum_duration:
        row = f"{item.program}, {item.case}"
        longer = with_duration(a, item.months, discounted=rule != UNDISCOUNTED)
        net = c.net_benefit(longer)[0, PROGRAMS.index(item.program)]
        found["tbl-7-8", row, "months"] = item.months
        found["tbl-7-8", row, "net_benefit"] = float(net)
    return found | _text(a, costs)


def _by_program(a: Assumptions, rule: str) -> dict[tuple[str, str], Array]:
    flows = c.flows(a)
    net = c.net_benefit(a)
    others = [flows.other_sectors, flows.tiltakspenger, flows.counsellor]
    if rule == ROUNDED_ITEMS:
        others = [np.round(item, -3) for item in others]
    values: dict[tuple[str, str], Array] = {
        ("tbl-7-2", "monthly_budget_cost"): c.monthly_budget_cost(a),
        ("tbl-7-2", "total"): c.program_cost(a),
        ("tbl-7-3", "counsellor_hours"): a.counsellor_hours,
        ("tbl-7-3", "monthly_budget_cost"): c.monthly_counsellor_cost(a),
        ("tbl-7-3", "total"): c.counsellor_cost(a),
        ("tbl-7-4", "tiltakspenger_percent"): a.tiltakspenger_share * 100,
        ("tbl-7-4", "monthly_budget_cost"): c.monthly_tiltakspenger(a),
        ("tbl-7-4", "total"): c.tiltakspenger_cost(a),
        ("tbl-7-5", "effect_year_1"): a.effect_year_1,
        ("tbl-7-5", "effect_year_2"): a.effect_year_2,
        ("tbl-7-5", "effect_years_2_7"): a.effect_later,
        ("tbl-7-5", "value_creation"): c.value_creation(a),
        ("tbl-1-1", "program_cost"): flows.program_cost,
        ("tbl-1-1", "other_costs"): sum(others, np.zeros(1)),
        ("tbl-1-1", "benefits"): flows.value_creation + flows.saved_benefits,
        ("tbl-1-1", "net_benefit"): net,
        ("tbl-7-6", "net_benefit"): net,
    }
    values |= {(label, "duration"): a.duration for label in ("tbl-7-2", "tbl-7-3", "tbl-7-4")}
    values |= {("tbl-7-6", item): getattr(flows, item) for item in c.ITEMS}
    return values | _break_even(a, whole=rule == WHOLE_PERCENT)


def _break_even(a: Assumptions, *, whole: bool) -> dict[tuple[str, str], Array]:
    shares = np.where(
        [RULES.get(program) == "later" for program in PROGRAMS],
        break_even_share(a, "later"),
        break_even_share(a, "scale"),
    )
    shares = np.ceil(shares * 100) / 100 if whole else shares
    constant = [RULES.get(program) == "constant" for program in PROGRAMS]
    return {
        ("tbl-7-7", "break_even_effect"): np.where(
            constant, break_even_constant(a), shares * a.effect_later
        ),
        ("tbl-7-7", "break_even_percent"): np.where(constant, np.nan, shares * 100),
        ("tbl-7-7", "break_even_months"): break_even_months(a),
    }


def _text(a: Assumptions, costs: Costs) -> dict[Key, float]:
    column = {program: index for index, program in enumerate(PROGRAMS)}
    school = a.duration * a.school_share * a.school_place_cost
    aft = with_alternative_aft(one_program(a, "AFT"), costs)
    return {
        ("text", "Midlertidig lønnstilskudd", "wage_subsidy_per_month"): float(
            c.wage_subsidy(a)[0, column["Midlertidig lønnstilskudd"]]
        ),
        ("text", "Utdanning", "other_sectors_budget"): float(school[0, column["Utdanning"]]),
        ("text", "Alle", "tiltakspenger_per_month"): float(
            (a.tiltakspenger_days * a.tiltakspenger_rate)[0, 0]
        ),
        ("text", "AFT", "alternative_net_benefit"): float(c.net_benefit(aft)[0, 0]),
        ("text", "AFT", "alternative_break_even_years"): float(break_even_months(aft)[0, 0]) / 12,
        ("text", "Oppfølging", "break_even_hours"): float(
            break_even_hours(a)[0, column["Oppfølging"]]
        ),
    }


def explanations() -> pd.DataFrame:
    """The explained differences: label, row, column, explanation, reading."""
    return pd.read_csv(paths.params_dir() / "costs_explanations.csv", keep_default_na=False)


def parse_reading(text: str) -> tuple[dict[str, str], str]:
    """Split `key=reading;key:programme=reading;rule` into readings and the rule, if any."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    readings = dict(part.split("=", 1) for part in parts if "=" in part)
    rules = [part for part in parts if "=" not in part]
    if len(rules) > 1:
        raise ParameterError(f"reading «{text}»: more than one rule")
    return readings, rules[0] if rules else ""


def rounding_width(
    costs: Costs, compute: Callable[[Assumptions], Mapping[Key, float]]
) -> dict[Key, float]:
    """How far each computed cell can move when the printed inputs move within their rounding.

    Every input with `rounding` is moved up and down by itself, for all programmes at once (no
    cell depends on another programme's inputs), and the larger movements are added up.
    """
    base_inputs = from_inputs(costs)
    base = compute(base_inputs)
    total = dict.fromkeys(base, 0.0)
    for key, half in _roundings(costs).items():
        moved = [_moved(base_inputs, key, sign * half) for sign in (-1, 1)]
        ends = [compute(inputs) for inputs in moved]
        for cell in base:
            change = [abs(end[cell] - base[cell]) for end in ends]
            total[cell] += float(np.nanmax(change)) if not np.isnan(change).all() else 0.0
    return total


def _moved(a: Assumptions, key: str, step: Array) -> Assumptions:
    """One input moved; an effect that lasts from year 3 moves the later effect with it."""
    changes = {key: getattr(a, key) + step}
    if key == "effect_year_3":
        changes["effect_later"] = a.effect_later + np.where(a.later_is_own > 0, 0.0, step)
    if key == "effect_later":
        changes["effect_later"] = a.effect_later + np.where(a.later_is_own > 0, step, 0.0)
    return replace(a, **changes)


def _roundings(costs: Costs) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for key in type(costs.general).model_fields:
        half = getattr(costs.general, key).rounding
        if half:
            found[key] = np.array([[half]], dtype=float)
    for key in type(costs.programs).model_fields:
        block = getattr(costs.programs, key)
        own = [block.values[program].rounding for program in PROGRAMS]
        halves = [block.rounding if half is None else half for half in own]
        if any(halves):
            found[key] = np.array([halves], dtype=float)
    return found


def reconcile(costs: Costs) -> pd.DataFrame:
    """Printed and computed number for every cell.

    Returns
    -------
    DataFrame
        label, row, column, printed, half_unit, computed, difference, share (difference as
        share of the printed value, NaN where zero is printed), rounding (how far rounding of
        the inputs and of the printed number reaches), explanation, reading, alternative (the
        number under that reading). `explanation` is "equal" (same when rounded as printed),
        "rounding", "within_2_percent", a key of the explanations file, or "unexplained".
    """
    base = computed(from_inputs(costs), costs)
    width = rounding_width(costs, lambda a: computed(a, costs))
    table = cells()
    keys = list(zip(table["label"], table["row"], table["column"], strict=True))
    table["computed"] = [base[key] for key in keys]
    table["difference"] = table["computed"] - table["printed"]
    table["share"] = table["difference"] / table["printed"].abs().replace(0, np.nan)
    table["rounding"] = table["half_unit"] + [width[key] for key in keys]
    table = table.merge(explanations(), on=["label", "row", "column"], how="left", validate="1:1")
    automatic = np.select(
        [
            table["difference"].abs() <= table["half_unit"] * (1 + 1e-9),
            table["share"].abs() <= TOLERANCE,
            table["difference"].abs() <= table["rounding"] * (1 + 1e-9),
        ],
        ["equal", "within_2_percent", "rounding"],
        "unexplained",
    )
    table["explanation"] = table["explanation"].fillna(pd.Series(automatic, index=table.index))
    table["reading"] = table["reading"].fillna("")
    table["alternative"] = _alternatives(table, costs)
    return table


def _alternatives(table: pd.DataFrame, costs: Costs) -> list[float]:
    made: dict[str, dict[Key, float]] = {}
    for text in sorted(set(table["reading"]) - {""}):
        readings, rule = parse_reading(text)
        made[text] = computed(from_inputs(costs, readings), costs, rule=rule)
    keys = zip(table["label"], table["row"], table["column"], strict=True)
    texts = table["reading"].tolist()
    return [made[text][key] if text else np.nan for text, key in zip(texts, keys, strict=True)]
