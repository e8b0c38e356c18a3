"""Checks of `params/costs.yml` that types alone cannot make: ranges by unit, readings, names.

Each check returns lines of the form `key: value: what is allowed`, so that `costs_inputs.load`
can raise every fault at once.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

Program = Literal[
    "AFT",
    "AMO",
    "Arbeidsrettet rehabilitering",
    "Arbeidstrening",
    "Jobbklubb",
    "Midlertidig lønnstilskudd",
    "Oppfølging",
    "Utdanning",
    "Utvidet oppfølging i NAV",
]
PROGRAMS: tuple[str, ...] = get_args(Program)
EFFECT_UNIT = "NOK of wages per month"
# Allowed values per unit: lowest, highest, whether the lowest itself is allowed.
UNITS: dict[str, tuple[float, float, bool]] = {
    "share": (0, 1, True),
    "share per year": (0, 0.2, True),
    "factor": (1, 3, True),
    "NOK per month": (0, math.inf, True),
    "NOK per hour": (0, math.inf, False),
    "NOK per day": (0, math.inf, False),
    "NOK per month in work": (0, math.inf, False),
    "days per month": (0, 31, False),
    "hours per month": (0, 744, True),
    "months": (0, 600, False),
    "months in work per year": (0, 12, True),
    EFFECT_UNIT: (-math.inf, math.inf, True),
}
# The unit each key is computed in; another unit in the file is a fault, not a conversion.
KEY_UNITS = {
    **dict.fromkeys(("discount_rate", "wage_growth"), "share per year"),
    **dict.fromkeys(
        (
            "tax_cost",
            "saved_benefit_share",
            "benefit_tax",
            "wage_subsidy_rate",
            "wage_subsidy_markup",
            "displacement",
            "effect_correlation",
            "income_tax",
            "payroll_tax",
            "wage_subsidy_share",
            "mentor_share",
            "inclusion_grant_share",
            "tiltakspenger_share",
            "school_share",
        ),
        "share",
    ),
    **dict.fromkeys(
        (
            "mentor_cost",
            "inclusion_grant_cost",
            "subsidised_wage",
            "school_place_cost",
            "unit_cost",
        ),
        "NOK per month",
    ),
    **dict.fromkeys(
        ("effect_year_1", "effect_year_2", "effect_year_3", "effect_later"), EFFECT_UNIT
    ),
    **dict.fromkeys(("duration", "effect_months"), "months"),
    "labour_cost_factor": "factor",
    "counsellor_hour_cost": "NOK per hour",
    "tiltakspenger_rate": "NOK per day",
    "tiltakspenger_days": "days per month",
    "earnings_per_work_month": "NOK per month in work",
    "counsellor_hours": "hours per month",
    "effect_std_error": "months in work per year",
}
# Programme and case of every row of table 7-8, which the reconciliation compares with.
LONGEST_CASES = (
    ("AFT", "ordinary"),
    ("AFT", "extended"),
    ("Arbeidsrettet rehabilitering", "ordinary"),
    ("Arbeidstrening", "ordinary"),
    ("Midlertidig lønnstilskudd", "ordinary"),
    ("Oppfølging", "ordinary"),
    ("Oppfølging", "extended"),
    ("Utdanning", "ordinary"),
    ("Utdanning", "extended"),
    ("Utvidet oppfølging i NAV", "ordinary"),
    ("Utvidet oppfølging i NAV", "extended"),
)
SCENARIO_UNITS = {
    "discount_rate": "share per year",
    "wage_growth": "share per year",
    "tax_cost": "share",
    "effect_months": "positive factor",
    "displacement": "share",
}
LATER = "programs.effect_later."


def faults(raw: Mapping[str, Any]) -> list[str]:
    """Faults that the types cannot see; tolerates faults that the types report."""
    lines: list[str] = []
    year = raw.get("price_year")
    for key, block in _mappings(raw.get("general")):
        lines += _unit_faults(f"general.{key}", block, year)
        lines += _entry_faults(f"general.{key}", block, str(block.get("unit")))
    for key, block in _mappings(raw.get("programs")):
        where = f"programs.{key}"
        lines += _unit_faults(where, block, year)
        values = block.get("values")
        lines += _program_faults(where, values)
        for program, entry in _mappings(values):
            lines += _entry_faults(f"{where}.values.{program}", entry, str(block.get("unit")))
    for key, numbers in (raw.get("scenarios") or {}).items():
        if isinstance(numbers, list):
            lines += _scenario_faults(f"scenarios.{key}", numbers, SCENARIO_UNITS.get(key))
    return lines + _case_faults(raw.get("maximum_duration"))


def _mappings(block: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(block, Mapping):
        for key, value in block.items():
            if isinstance(value, Mapping):
                yield str(key), value


def _unit_faults(where: str, block: Mapping[str, Any], year: Any) -> list[str]:
    unit, given = str(block.get("unit")), block.get("price_year")
    if unit not in UNITS:
        return []
    own = KEY_UNITS.get(where.rpartition(".")[2], unit)
    if unit != own:
        return [f"  {where}.unit: {unit!r}: must be {own!r}; the calculation takes no other"]
    expected = year if unit.startswith("NOK") else None
    if "price_year" not in block or given == expected:
        return []
    shown = "null" if expected is None else repr(expected)
    return [f"  {where}.price_year: {given!r}: must be {shown} for the unit {unit}"]


def _program_faults(where: str, values: Any) -> list[str]:
    if not isinstance(values, Mapping):
        return []
    allowed = ", ".join(PROGRAMS)
    lines = [
        f"  {where}.values.{program}: unknown programme; allowed: {allowed}"
        for program in values
        if program not in PROGRAMS
    ]
    lines += [
        f"  {where}.values.{program}: missing; every programme is required"
        for program in PROGRAMS
        if program not in values
    ]
    return lines


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _entry_faults(where: str, entry: Mapping[str, Any], unit: str) -> list[str]:
    lines = []
    readings = entry.get("readings")
    if ("value" in entry) == bool(readings):
        lines.append(f"  {where}: give either `value` or `readings` with `used`")
    if isinstance(readings, Mapping) and readings and entry.get("used") not in readings:
        allowed = ", ".join(map(str, readings))
        lines.append(f"  {where}.used: {entry.get('used')!r}: unknown reading; allowed: {allowed}")
    if "value" in entry and "used" in entry:
        lines.append(f"  {where}.used: {entry['used']!r}: only together with `readings`")
    if "value" in entry and entry["value"] is None and not where.startswith(LATER):
        lines.append(f"  {where}.value: None: a number is required")
    lines += _number_faults(where, entry, readings, unit)
    return lines + _spread_faults(where, entry, readings, unit)


def _number_faults(where: str, entry: Mapping[str, Any], readings: Any, unit: str) -> list[str]:
    if unit not in UNITS:
        return []
    low, high, closed = UNITS[unit]
    numbers: dict[str, Any] = {key: entry.get(key) for key in ("value", "low", "high")}
    if isinstance(readings, Mapping):
        numbers |= {f"readings.{key}": number for key, number in readings.items()}
    allowed = f"allowed for {unit}: {'from' if closed else 'above'} {low:g} to {high:g}"
    return [
        f"  {where}.{key}: {number!r}: out of range; {allowed}"
        for key, number in numbers.items()
        if _is_number(number) and not (low <= number <= high and (closed or number > low))
    ]


def _spread_faults(where: str, entry: Mapping[str, Any], readings: Any, unit: str) -> list[str]:
    ends: list[Any] = [entry.get("low"), entry.get("high")]
    if unit == EFFECT_UNIT:
        given = [key for key in ("low", "high") if key in entry]
        return [f"  {where}.{key}: not for effects; see effect_std_error" for key in given]
    lines = [
        f"  {where}.{key}: missing; this key is required"
        for key in ("low", "high")
        if key not in entry
    ]
    used: Any = entry.get("value")
    if isinstance(readings, Mapping):
        used = readings.get(str(entry.get("used")))
    low, high = ends[0], ends[1]
    if all(map(_is_number, [low, high, used])) and not float(low) <= float(used) <= float(high):
        lines.append(
            f"  {where}: low {ends[0]!r} and high {ends[1]!r} must hold the value {used!r}"
        )
    rounding: Any = entry.get("rounding")
    if _is_number(rounding) and rounding < 0:
        lines.append(f"  {where}.rounding: {rounding!r}: allowed: 0 or more")
    return lines


def _scenario_faults(where: str, numbers: list[Any], unit: str | None) -> list[str]:
    if unit is None:
        return []
    if not numbers:
        return [f"  {where}: []: at least one value is required"]
    low, high, closed = UNITS.get(unit, (0, 10, False))
    return [
        f"  {where}: {number!r}: out of range; allowed: {low:g} to {high:g}"
        for number in numbers
        if _is_number(number) and not (low <= number <= high and (closed or number > low))
    ]


def _case_faults(rows: Any) -> list[str]:
    """Each row of table 7-8 once, so that no printed number is left without its computed one."""
    if not isinstance(rows, list):
        return []
    given = [(row.get("program"), row.get("case")) for row in rows if isinstance(row, Mapping)]
    lines = [
        f"  maximum_duration: {program}, {case}: given {given.count((program, case))} times; "
        "allowed: once"
        for program, case in dict.fromkeys(given)
        if given.count((program, case)) > 1
    ]
    lines += [
        f"  maximum_duration: {program}, {case}: missing; every row of table 7-8 is required"
        for program, case in LONGEST_CASES
        if (program, case) not in given
    ]
    return lines + [
        f"  maximum_duration: {program}, {case}: no such row in table 7-8"
        for program, case in dict.fromkeys(given)
        if program in PROGRAMS and (program, case) not in LONGEST_CASES
    ]
