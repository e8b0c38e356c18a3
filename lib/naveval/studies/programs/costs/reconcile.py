"""Every printed number beside the computed one, with the reason where they differ.

A difference above 2 per cent of the printed value must be within what the rounding of the
printed inputs allows, or have an explanation in `params/costs_explanations.csv` that names
another reading of a doubtful input. The computation is repeated with that reading, so that an
explanation is shown to give the printed number and not only asserted.

Each number also has a basis: most of those that come out are inputs themselves, are zero, or rest
on a reading that was chosen because it fits, and only the others are a check of the computation.
The durations are such a choice, and not explained: the printed ones do not give the printed totals.

The printed cells of chapter 7 and table 1-1 are one tidy frame, a row per number: label (the
document's table), row (programme or case), column, printed (as in the document, shares in per cent)
and half_unit, half of the last digit printed. A printed dash counts as zero.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from naveval.estimators.cost_benefit import net_benefit as c
from naveval.estimators.cost_benefit.assumptions import (
    Array,
    Assumptions,
    from_inputs,
    only_programs,
    with_input,
)
from naveval.estimators.cost_benefit.inputs import LONGEST_CASES, PROGRAMS, Costs
from naveval.estimators.cost_benefit.net_benefit import (
    RULES,
    break_even_constant,
    break_even_hours,
    break_even_months,
    break_even_share,
    with_alternative_aft,
    with_duration,
)
from naveval.project import paths
from naveval.project.errors import ParameterError
from naveval.project.parameters import read_yaml

CELL_COLUMNS = ("label", "row", "column", "printed", "half_unit")
GIVEN = read_yaml(paths.params_dir() / "costs_printed.yml")
UNITS: dict[str, tuple[str, str]] = GIVEN["units"]
"""Column of a printed cell to the format and the unit of its numbers."""
LABELS = (*(f"tbl-7-{number}" for number in range(2, 9)), "tbl-1-1", "text")
TABLE_7_6 = GIVEN["items"]["tbl-7-6"]["file"]
TABLE_7_8 = "table_7_8_maximum_duration"
# Printed in hundreds in table 7-7.
HUNDREDS_7_7 = ("AFT", "Arbeidsrettet rehabilitering")
Cell = tuple[str, str, str, float, float]
CASES = {"ordinary maximum": "ordinary", "maximum with extension": "extended"}
SUBJECTS = (*PROGRAMS, "Alle", *(f"{name}, {case}" for name, case in LONGEST_CASES))
"""Rows of the printed cells: programmes, and cases of table 7-8."""


def files(costs: Path) -> tuple[Path, ...]:
    """The published tables that the reconciliation reads, and the file with the inputs."""
    names = [how["file"] for part in ("wide", "items") for how in GIVEN[part].values()]
    names = sorted([*names, TABLE_7_8])
    return (costs, *(paths.published_dir("programs") / f"{name}.csv" for name in names))


def read(name: str) -> pd.DataFrame:
    """One published table, by file name without ending."""
    file = paths.published_dir("programs") / f"{name}.csv"
    if not file.is_file():
        raise ParameterError(f"{file}: no such published table")
    return pd.read_csv(file)


def cells() -> pd.DataFrame:
    """Every printed number of tables 7-2 to 7-8 and 1-1, and of the text, as `CELL_COLUMNS`."""
    rows = [row for label in GIVEN["wide"] for row in _wide(label)] + _maximum()
    rows += [row for label in GIVEN["items"] for row in _items(label)]
    rows += [("text", *row) for row in GIVEN["text"]]
    rows.sort(key=lambda row: LABELS.index(row[0]))
    return pd.DataFrame(rows, columns=list(CELL_COLUMNS)).astype({"printed": float})


def _wide(label: str) -> list[Cell]:
    how, rows = GIVEN["wide"][label], []
    for _, line in read(how["file"]).iterrows():
        for name, (column, half) in how["columns"].items():
            if pd.isna(line[name]):
                continue
            coarse = label == "tbl-7-7" and line["program"] in HUNDREDS_7_7
            half_unit = 50 if coarse else half
            rows.append((label, line["program"], column, float(line[name]), half_unit))
    return rows


def _items(label: str) -> list[Cell]:
    how = GIVEN["items"][label]
    table, names = read(how["file"]), how["names"]
    return [
        (label, line["program"], names[line["item"]], float(line["value"]), how["half_unit"])
        for _, line in table[table["item"].isin(names)].fillna({"value": 0}).iterrows()
    ]


def _maximum() -> list[Cell]:
    rows = []
    for _, line in read(TABLE_7_8).iterrows():
        case = f"{line['program']}, {CASES[line['duration_case']]}"
        rows.append(("tbl-7-8", case, "months", float(line["max_duration_months"]), 0.5))
        rows.append(("tbl-7-8", case, "net_benefit", float(line["sum_priced_effects_nok"]), 500))
    return rows


def assessments() -> pd.DataFrame:
    """The document's judgement of effects without a price: program, item, value_text."""
    table = read(TABLE_7_6)
    table = table[table["unit"] == "assessment"]
    return table[["program", "item", "value_text"]].reset_index(drop=True)


TOLERANCE = 0.02
BASES = ("independent", "fitted", "input", "zero")
AS_PRINTED = {
    "duration": "printed",
    "unit_cost": "table_7_2",
    "effect_year_1": "printed",
    "effect_year_2": "printed",
    "effect_year_3": "table_7_5",
    "effect_year_3:Oppfølging": "printed",
    "effect_later": "table_7_5",
}
"""Readings as printed, of the inputs whose reading was chosen because it fits totals."""
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
            for program, value in zip(
                a.programs, np.broadcast_to(values, (1, len(a.programs)))[0], strict=True
            )
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
    found = break_even(a, whole=rule == WHOLE_PERCENT)
    return values | {("tbl-7-7", name): value for name, value in found.items()}


def break_even(a: Assumptions, *, whole: bool = False) -> dict[str, Array]:
    """Columns of table 7-7; `whole` rounds shares up to whole per cent as the document does."""
    shares = np.where(
        [RULES.get(program) == "later" for program in a.programs],
        break_even_share(a, "later"),
        break_even_share(a, "scale"),
    )
    shares = np.ceil(shares * 100) / 100 if whole else shares
    constant = [RULES.get(program) == "constant" for program in a.programs]
    return {
        "break_even_effect": np.where(constant, break_even_constant(a), shares * a.effect_later),
        "break_even_percent": np.where(constant, np.nan, shares * 100),
        "break_even_months": break_even_months(a),
    }


def _text(a: Assumptions, costs: Costs) -> dict[Key, float]:
    column = {program: index for index, program in enumerate(PROGRAMS)}
    school = a.duration * a.school_share * a.school_place_cost
    aft = with_alternative_aft(only_programs(a, ["AFT"]), costs)
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
    costs: Costs,
    compute: Callable[[Assumptions], Mapping[Key, float]],
    readings: Mapping[str, str] | None = None,
) -> dict[Key, float]:
    """How far each computed cell can move when the printed inputs move within their rounding.

    Every input with `rounding` is moved up and down by itself, for all programmes at once (no
    cell depends on another programme's inputs), and the larger movements are added up. Under
    another reading an input has the rounding of its table.
    """
    base_inputs = from_inputs(costs, readings)
    base = compute(base_inputs)
    total = dict.fromkeys(base, 0.0)
    for key, half in _roundings(costs, readings or {}).items():
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


def _roundings(costs: Costs, readings: Mapping[str, str]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for key in type(costs.general).model_fields:
        half = getattr(costs.general, key).rounding
        if half:
            found[key] = np.array([[half]], dtype=float)
    for key in type(costs.programs).model_fields:
        block = getattr(costs.programs, key)
        entries = [block.values[program] for program in PROGRAMS]
        other = readings.get(key, "")
        own = [None if other in entry.readings else entry.rounding for entry in entries]
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
        number under that reading), reach (of rounding under that reading), basis.
        `explanation` is "equal" (same when rounded as printed), "rounding", "within_2_percent",
        "chosen" (a duration), a key of the explanations file, or "unexplained"; for `basis` see
        `bases`.
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
    found = _alternatives(table, costs)
    return table.assign(alternative=found[0], reach=found[1], basis=bases(costs, keys))


def _alternatives(table: pd.DataFrame, costs: Costs) -> tuple[list[float], list[float]]:
    """Each cell under the reading that explains it, and how far rounding reaches there."""
    made: dict[str, tuple[dict[Key, float], dict[Key, float]]] = {}
    for text in sorted(set(table["reading"]) - {""}):
        readings, rule = parse_reading(text)
        under = partial(computed, costs=costs, rule=rule)
        reach = rounding_width(costs, under, readings)
        made[text] = under(from_inputs(costs, readings)), reach
    keys = list(zip(table["label"], table["row"], table["column"], strict=True))
    both = [
        [
            made[text][i][key] if text else np.nan
            for text, key in zip(table["reading"], keys, strict=True)
        ]
        for i in (0, 1)
    ]
    return both[0], list(both[1] + table["half_unit"])


def bases(costs: Costs, keys: Iterable[Key]) -> list[str]:
    """What each cell rests on.

    "zero" is nothing but a zero, "input" an input as it is, "fitted" a computation that gives
    another number with the readings as printed (`AS_PRINTED`), and "independent" a computation
    from inputs that the document prints.
    """
    base, printed = from_inputs(costs), from_inputs(costs, AS_PRINTED)
    found, other = computed(base, costs), computed(printed, costs)
    moved = dict.fromkeys(found, 0)
    for name, value in base.arrays().items():
        ends = computed(with_input(base, name, value * 1.1), costs)
        for key in found:
            moved[key] += not np.isclose(ends[key], found[key], rtol=1e-9, atol=1e-9)
    return [
        "zero"
        if found[key] == 0
        else "input"
        if moved[key] <= 1
        else "independent"
        if np.isclose(found[key], other[key], rtol=1e-9)
        else "fitted"
        for key in keys
    ]


TOTALS = {"tbl-7-2": c.program_cost, "tbl-7-3": c.counsellor_cost, "tbl-7-4": c.tiltakspenger_cost}


def implied_durations(costs: Costs) -> pd.DataFrame:
    """The durations that three tables' totals imply, each with what rounding allows.

    Returns
    -------
    DataFrame
        program, label, low, high (months) of each table, printed and used duration, and
        `holds_printed`, `holds_used`: whether the durations that the total allows hold them.
    """
    a, printed = from_inputs(costs), from_inputs(costs, {"duration": "printed"})
    table = cells().set_index(["label", "column", "row"]).sort_index()
    frames = []
    for label, total in TOTALS.items():
        per_month = (total(a) / a.duration)[0]

        def monthly(given: Assumptions, total: Any = total, label: str = label) -> Any:
            values = (total(given) / given.duration)[0]
            return {(label, name, ""): values[i] for i, name in enumerate(PROGRAMS)}

        width = np.array(list(rounding_width(costs, monthly).values()))
        rows = table.loc[(label, "total")].loc[list(PROGRAMS)]
        sums, half = rows["printed"].to_numpy(), rows["half_unit"].to_numpy()
        low = np.maximum(sums - half, 0) / (per_month + width)
        high = (sums + half) / np.maximum(per_month - width, 1e-9)
        frame = pd.DataFrame({"program": PROGRAMS, "label": label, "low": low, "high": high})
        for name, given, half in (("printed", printed, 0.05), ("used", a, 0.005)):
            months = given.duration[0]
            frame[name] = months
            frame[f"holds_{name}"] = (low <= months + half) & (months - half <= high)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)
