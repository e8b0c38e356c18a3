"""Both readings of every doubtful input: what each gives, what is printed, which one is used."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from naveval.estimators.cost_benefit import net_benefit as c
from naveval.estimators.cost_benefit.assumptions import Assumptions, from_inputs, only_programs
from naveval.estimators.cost_benefit.inputs import PROGRAMS, Costs
from naveval.estimators.cost_benefit.net_benefit import with_alternative_aft, with_duration
from naveval.studies.programs.costs.reconcile import Key, cells, computed, parse_reading

OPPFOLGING, UTDANNING, SUBSIDY = "Oppfølging", "Utdanning", "Midlertidig lønnstilskudd"
SHIFTED = "effect_year_1=printed;effect_year_2=printed;effect_year_3=printed"
OLDER = "effect_later=footnote_7_5;effect_months=footnote_7_5"


@dataclass(frozen=True)
class Doubt:
    """A doubtful input: its key in the texts, the cell that shows it, and the other reading."""

    doubt: str
    row: str
    label: str
    column: str
    other: str


DOUBTS = (
    *(
        Doubt("duration", program, "tbl-7-6", "program_cost", "duration=printed")
        for program in PROGRAMS
    ),
    Doubt(
        "wage_subsidy_24300", SUBSIDY, "tbl-7-6", "program_cost", "wage_subsidy_markup=as_24_300"
    ),
    Doubt("transfer_left_out", SUBSIDY, "tbl-7-2", "total", "wage_subsidy_share=left_out"),
    Doubt(
        "tiltakspenger_rate",
        "Alle",
        "text",
        "tiltakspenger_per_month",
        "tiltakspenger_rate=section_7_2_1",
    ),
    Doubt("tiltakspenger_share", SUBSIDY, "tbl-7-4", "total", "tiltakspenger_share=section_7_2_1"),
    Doubt("hour_cost", UTDANNING, "tbl-7-3", "total", "counsellor_hour_cost=totals"),
    Doubt("unit_cost", UTDANNING, "tbl-7-2", "total", "unit_cost=table_7_2"),
    Doubt("school_months", UTDANNING, "text", "other_sectors_budget", "duration=section_7_3_3"),
    Doubt("shifted_row", OPPFOLGING, "tbl-7-5", "value_creation", SHIFTED),
    *(
        Doubt("effect_digits", program, "tbl-7-5", "value_creation", "effect_year_3=table_7_5")
        for program in ("AMO", "Arbeidstrening", "Jobbklubb", "Utvidet oppfølging i NAV")
    ),
    Doubt("effect_digits", OPPFOLGING, "tbl-7-5", "value_creation", "effect_year_3=shifted"),
    Doubt("effect_digits", UTDANNING, "tbl-7-6", "value_creation", "effect_later=table_7_5"),
    Doubt("effect_5800", UTDANNING, "tbl-7-6", "value_creation", "effect_later=footnote_7_5"),
    Doubt(
        "effect_until_10_5_years",
        UTDANNING,
        "tbl-7-5",
        "value_creation",
        "effect_months=footnote_7_5",
    ),
    Doubt("older_effect", UTDANNING, "tbl-7-7", "break_even_months", OLDER),
    Doubt("older_effect", f"{UTDANNING}, ordinary", "tbl-7-8", "net_benefit", OLDER),
    Doubt("older_effect", f"{UTDANNING}, extended", "tbl-7-8", "net_benefit", OLDER),
    *(
        Doubt("running_costs", f"{program}, extended", "tbl-7-8", "net_benefit", "undiscounted")
        for program in ("AFT", OPPFOLGING, "Utvidet oppfølging i NAV")
    ),
)


def readings(costs: Costs) -> pd.DataFrame:
    """Every doubtful input under the reading used and the other one.

    Returns
    -------
    DataFrame
        doubt, row, label, column, printed, used (number with the reading used), other (with
        the other one), input and other_input (the doubtful input itself in both readings, NaN
        where more than one differs), closer ("used" or "other": which is nearer the printed
        number, "equal" where neither is).
    """
    base = computed(from_inputs(costs), costs)
    printed = _printed()
    made: dict[str, dict[Key, float]] = {}
    rows = []
    for doubt in DOUBTS:
        if doubt.other not in made:
            changes, rule = parse_reading(doubt.other)
            made[doubt.other] = computed(from_inputs(costs, changes), costs, rule=rule)
        key = (doubt.label, doubt.row, doubt.column)
        numbers = (printed[key], base[key], made[doubt.other][key])
        rows.append((doubt.doubt, *_cell(key), *numbers, *_inputs(doubt, costs)))
    table = pd.DataFrame(rows, columns=COLUMNS)
    table = pd.concat(
        [table, _limits(costs, printed), _first_month(costs, printed)], ignore_index=True
    )
    return table.assign(closer=_closer(table))


COLUMNS = [
    "doubt",
    "row",
    "label",
    "column",
    "printed",
    "used",
    "other",
    "input",
    "other_input",
]


def _inputs(doubt: Doubt, costs: Costs) -> tuple[float, float]:
    """The one input that a doubt is about, as used and in the other reading."""
    changes, _ = parse_reading(doubt.other)
    if len(changes) != 1:
        return np.nan, np.nan
    ((key, reading),) = changes.items()
    if key in type(costs.general).model_fields:
        entry = getattr(costs.general, key)
    else:
        entry = getattr(costs.programs, key).values[doubt.row]
    return entry.number(), entry.number(reading)


def _cell(key: Key) -> tuple[str, str, str]:
    label, row, column = key
    return row, label, column


def _printed() -> dict[Key, float]:
    table = cells()
    keys = zip(table["label"], table["row"], table["column"], strict=True)
    return dict(zip(keys, table["printed"], strict=True))


def _limits(costs: Costs, printed: dict[Key, float]) -> pd.DataFrame:
    """Longest durations of table 7-8 against the limits of table 3-1."""
    a = from_inputs(costs)
    rows = []
    for item in costs.maximum_duration:
        if item.months == item.table_3_1:
            continue
        column = PROGRAMS.index(item.program)
        nets = [
            float(c.net_benefit(with_duration(a, months, discounted=True))[0, column])
            for months in (item.months, item.table_3_1)
        ]
        key = ("tbl-7-8", f"{item.program}, {item.case}", "net_benefit")
        limits = (item.months, item.table_3_1)
        rows.append(("limit_table_3_1", *_cell(key), printed[key], *nets, *limits))
    return pd.DataFrame(rows, columns=COLUMNS)


def _first_month(costs: Costs, printed: dict[Key, float]) -> pd.DataFrame:
    """Discounting from month 1 instead of month 0: every present value one month later."""
    a = only_programs(from_inputs(costs), ["AFT"])
    aft = with_alternative_aft(a, costs)
    later = month_one(c.benefit_rate(aft) * c.wage_effect_value(aft), aft) - c.total_cost(aft)
    key = ("text", "AFT", "alternative_net_benefit")
    row = (*_cell(key), printed[key], float(c.net_benefit(aft)[0, 0]), float(later[0, 0]))
    return pd.DataFrame([("first_month", *row, np.nan, np.nan)], columns=COLUMNS)


def month_one(present_value: np.ndarray, a: Assumptions) -> np.ndarray:
    """The same stream counted from month 1: one month's factor smaller."""
    return present_value * c.month_factor(a.discount_rate, a.wage_growth)


def first_month_fit(costs: Costs) -> pd.DataFrame:
    """Root mean squared deviation from the totals of table 7-5, months from 0 and from 1.

    Utdanning is left out, whose printed total has another duration.
    """
    a = from_inputs(costs)
    printed = _printed()
    rows = [program for program in PROGRAMS if program != UTDANNING]
    totals = np.array([printed["tbl-7-5", program, "value_creation"] for program in rows])
    columns = [PROGRAMS.index(program) for program in rows]
    value = c.value_creation(a)
    streams = {"month_0": value, "month_1": month_one(value, a)}
    fit = {
        name: float(np.sqrt(np.mean((stream[0, columns] / totals - 1) ** 2)))
        for name, stream in streams.items()
    }
    return pd.DataFrame({"convention": list(fit), "deviation": list(fit.values())})


def _closer(table: pd.DataFrame) -> np.ndarray:
    used = (table["used"] - table["printed"]).abs()
    other = (table["other"] - table["printed"]).abs()
    return np.select([used < other, other < used], ["used", "other"], "equal")
