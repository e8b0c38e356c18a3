"""Inputs of the cost-benefit analysis: `params/costs.yml` as a checked type.

All faults of the file are collected and raised as one `ParameterError` that names file, key,
value and what is allowed.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from naveval.estimators.cost_benefit.checks import Program, faults
from naveval.project import paths
from naveval.project.errors import ParameterError
from naveval.project.parameters import explain, read_yaml

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


class General(BaseModel):
    """Inputs shared by all programmes; the fields are the allowed keys."""

    model_config = _Strict
    discount_rate: GeneralInput
    wage_growth: GeneralInput
    tax_cost: GeneralInput
    labour_cost_factor: GeneralInput
    saved_benefit_share: GeneralInput
    benefit_tax: GeneralInput
    counsellor_hour_cost: GeneralInput
    tiltakspenger_rate: GeneralInput
    tiltakspenger_days: GeneralInput
    mentor_cost: GeneralInput
    inclusion_grant_cost: GeneralInput
    subsidised_wage: GeneralInput
    wage_subsidy_rate: GeneralInput
    wage_subsidy_markup: GeneralInput
    school_place_cost: GeneralInput
    displacement: GeneralInput
    earnings_per_work_month: GeneralInput
    effect_correlation: GeneralInput
    income_tax: GeneralInput
    payroll_tax: GeneralInput


class ByProgram(BaseModel):
    """Inputs with one number per programme; the fields are the allowed keys."""

    model_config = _Strict
    duration: ProgramInput
    unit_cost: ProgramInput
    wage_subsidy_share: ProgramInput
    mentor_share: ProgramInput
    inclusion_grant_share: ProgramInput
    counsellor_hours: ProgramInput
    tiltakspenger_share: ProgramInput
    school_share: ProgramInput
    effect_year_1: ProgramInput
    effect_year_2: ProgramInput
    effect_year_3: ProgramInput
    effect_later: ProgramInput
    effect_months: ProgramInput
    effect_std_error: ProgramInput


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
    lines = faults(raw)
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
