"""Inputs of the cost-benefit analysis: `params/costs.yml` as a checked type.

All faults of the file are collected and raised as one `ParameterError` that names file, key,
value and what is allowed.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from naveval.project import paths
from naveval.project.errors import ParameterError
from naveval.project.parameters import explain, read_yaml

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


def faults(raw: Mapping[str, Any], units: Mapping[str, str]) -> list[str]:
    """Faults that the types cannot see; tolerates faults that the types report.

    Parameters
    ----------
    units
        Key to the unit it is computed in; another unit in the file is a fault, not a conversion.
    """
    lines: list[str] = []
    year = raw.get("price_year")
    for key, block in _mappings(raw.get("general")):
        lines += _unit_faults(f"general.{key}", block, year, units)
        lines += _entry_faults(f"general.{key}", block, str(block.get("unit")))
    for key, block in _mappings(raw.get("programs")):
        where = f"programs.{key}"
        lines += _unit_faults(where, block, year, units)
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


def _unit_faults(
    where: str, block: Mapping[str, Any], year: Any, units: Mapping[str, str]
) -> list[str]:
    unit, given = str(block.get("unit")), block.get("price_year")
    if unit not in UNITS:
        return []
    own = units.get(where.rpartition(".")[2], unit)
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


Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Unit = Literal[
    "share",
    "share per year",
    "factor",
    "NOK per month",
    "NOK per hour",
    "NOK per day",
    "NOK per month in work",
    "days per month",
    "hours per month",
    "months",
    "months in work per year",
    "NOK of wages per month",
]
_Strict = ConfigDict(extra="forbid", frozen=True)


class Entry(BaseModel):
    """One number: its value or its readings, and its range."""

    model_config = _Strict
    value: Number | None = None
    readings: dict[str, Number] = {}
    used: str | None = None
    low: Number | None = None
    high: Number | None = None
    rounding: Number | None = None

    def number(self, reading: str | None = None) -> float | None:
        """The number used, or that of a named reading where there is one of that name."""
        if reading in self.readings:
            return self.readings[str(reading)]
        return self.readings[self.used] if self.used else self.value


class GeneralInput(Entry):
    """A number shared by all programmes, with unit, price year, source and reason."""

    unit: Unit
    price_year: int | None
    source: str = Field(min_length=1)
    reason: str = Field(min_length=1)


class ProgramInput(BaseModel):
    """One number per programme, in the same unit and from the same source."""

    model_config = _Strict
    unit: Unit
    price_year: int | None
    source: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    rounding: Number = 0
    values: dict[str, Entry]


# The unit each key is computed in stands beside its type.
PerYear = Annotated[GeneralInput, "share per year"]
Share = Annotated[GeneralInput, "share"]
PerMonth = Annotated[GeneralInput, "NOK per month"]
ProgramShare = Annotated[ProgramInput, "share"]
Effect = Annotated[ProgramInput, EFFECT_UNIT]
Months = Annotated[ProgramInput, "months"]


class General(BaseModel):
    """Inputs shared by all programmes; the fields are the allowed keys."""

    model_config = _Strict
    discount_rate: PerYear
    wage_growth: PerYear
    tax_cost: Share
    labour_cost_factor: Annotated[GeneralInput, "factor"]
    saved_benefit_share: Share
    benefit_tax: Share
    counsellor_hour_cost: Annotated[GeneralInput, "NOK per hour"]
    tiltakspenger_rate: Annotated[GeneralInput, "NOK per day"]
    tiltakspenger_days: Annotated[GeneralInput, "days per month"]
    mentor_cost: PerMonth
    inclusion_grant_cost: PerMonth
    subsidised_wage: PerMonth
    wage_subsidy_rate: Share
    wage_subsidy_markup: Share
    school_place_cost: PerMonth
    displacement: Share
    earnings_per_work_month: Annotated[GeneralInput, "NOK per month in work"]
    effect_correlation: Share
    income_tax: Share
    payroll_tax: Share


class ByProgram(BaseModel):
    """Inputs with one number per programme; the fields are the allowed keys."""

    model_config = _Strict
    duration: Months
    unit_cost: Annotated[ProgramInput, "NOK per month"]
    wage_subsidy_share: ProgramShare
    mentor_share: ProgramShare
    inclusion_grant_share: ProgramShare
    counsellor_hours: Annotated[ProgramInput, "hours per month"]
    tiltakspenger_share: ProgramShare
    school_share: ProgramShare
    effect_year_1: Effect
    effect_year_2: Effect
    effect_year_3: Effect
    effect_later: Effect
    effect_months: Months
    effect_std_error: Annotated[ProgramInput, "months in work per year"]


KEY_UNITS = {
    name: str(field.metadata[0])
    for kind in (General, ByProgram)
    for name, field in kind.model_fields.items()
}


class Alternative(BaseModel):
    """Effects on yearly earnings from another sample."""

    model_config = _Strict
    year_1: Number
    year_2: Number
    year_3: Number
    unit: Literal["NOK of wages per year"]
    price_year: int
    source: str


class MaximumDuration(BaseModel):
    """A longest duration of a programme."""

    model_config = _Strict
    program: Program
    case: Literal["ordinary", "extended"]
    months: Annotated[float, Field(gt=0)]
    table_3_1: Annotated[float, Field(gt=0)]


class Scenarios(BaseModel):
    """Values of the scenario table, one assumption changed at a time."""

    model_config = _Strict
    discount_rate: tuple[Number, ...]
    wage_growth: tuple[Number, ...]
    tax_cost: tuple[Number, ...]
    effect_months: tuple[Number, ...]
    displacement: tuple[Number, ...]


class Costs(BaseModel):
    """The checked content of `params/costs.yml`."""

    model_config = _Strict
    price_year: int
    general: General
    programs: ByProgram
    aft_alternative: Alternative
    maximum_duration: tuple[MaximumDuration, ...]
    scenarios: Scenarios


def load(path: Path | None = None) -> Costs:
    """Read and check the inputs.

    Parameters
    ----------
    path
        A file laid out as `params/costs.yml`, which is the default.

    Raises
    ------
    ParameterError
        One error with every fault: missing, misspelt or extra key, number out of the range of
        its unit, range that does not hold the value, unknown programme or reading.
    """
    path = path or paths.params_dir() / "costs.yml"
    raw = read_yaml(path)
    lines = faults(raw, KEY_UNITS)
    costs = None
    try:
        costs = Costs.model_validate(raw)
    except ValidationError as error:
        lines = _type_faults(error, path) + lines
    if lines or costs is None:
        raise ParameterError("\n".join([f"{path}: {len(lines)} fault(s)", *lines]))
    return costs


def _type_faults(error: ValidationError, path: Path) -> list[str]:
    """The faults pydantic found; for an unknown key inside a block also the keys allowed there."""
    lines = explain(error, Costs, str(path)).splitlines()[1:]
    return [
        line.replace("unknown key here", f"unknown key; allowed: {', '.join(_keys(fault['loc']))}")
        for line, fault in zip(lines, error.errors(), strict=True)
    ]


def _keys(loc: tuple[int | str, ...]) -> list[str]:
    """Keys allowed beside the one at `loc`."""
    kind: Any = Costs
    for step in loc[:-1]:
        if get_args(kind):
            kind = get_args(kind)[-1 if get_origin(kind) is dict else 0]
        else:
            kind = kind.model_fields[str(step)].annotation
    return list(kind.model_fields)
