"""Parameters of the work indicator."""

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from naveval.project.errors import ParameterError
from naveval.project.months import MONTH, month_number, month_text, text_sql
from naveval.project.parameters import StudyParameters, known_county
from naveval.studies.indicator.characteristics import HORIZON

PARTS = (
    "results",
    "counties",
    "groups",
    "programmes",
    "measures",
    "offices",
    "uncertainty",
    "alternatives",
    "drivers",
    "model",
    "recovery",
)
LEAST_MONTHS = 24
LEAST_DRAWS = 50


class Parameters(StudyParameters):
    """What the work indicator can be told, beside the fields of every study.

    Fields
    ----------
    version
        "production" (appendix D of the document) or "report".
    first_month, last_month
        Month-ends in the stock; "" takes all there are.
    spell_break
        Months out of the register that end a spell: 2 (the document's footnotes) or 3 (its
        overview table).
    market_categories
        How inflow and expected employment are cut into 20: "equal_width" or "equal_count".
    subsidised_hours
        Whether hours paid by wage subsidy count as hours.
    working_days
        Whether hours of a month are scaled to a month with the average number of working days.
    base3, base12
        Base windows of seasonal adjustment for outcomes over 3 and 12 months.
    long_horizons
        Longer horizons to show where observed, in months: 24 and 36.
    person_groups, draws
        Random groups of persons and draws of the multiplier bootstrap.
    row_draws
        Draws of the document's own bootstrap, which draws rows and estimates anew; 200 there.
        0 leaves it out, since every draw takes as long as an estimation.
    relative_month
        Month whose actual level the relative version divides by; "" is the whole period.
    compare_from, compare_to
        The two months whose change in actual hours is decomposed.
    young_under
        Age limit of the young and of the youth guarantee.
    """

    PARTS: ClassVar[tuple[str, ...]] = PARTS
    _county = field_validator("county")(known_county)

    scale: float = Field(default=0.0085, gt=0, le=1)
    version: Literal["report", "production"] = "production"
    first_month: str = ""
    last_month: str = ""
    spell_break: Literal[2, 3] = 2
    market_categories: Literal["equal_width", "equal_count"] = "equal_width"
    subsidised_hours: bool = True
    working_days: bool = False
    base3: tuple[tuple[str, str], ...] = (("2017-12", "2019-11"), ("2022-04", "2024-03"))
    base12: tuple[tuple[str, str], ...] = (("2017-12", "2018-11"), ("2022-04", "2023-06"))
    long_horizons: tuple[Literal[24, 36], ...] = (24, 36)
    person_groups: int = Field(default=500, ge=50, le=20_000)
    draws: int = Field(default=1000, ge=200, le=10_000)
    row_draws: int = Field(default=0, ge=0, le=10_000)
    relative_month: str = ""
    compare_from: str = "2019-12"
    compare_to: str = "2023-12"
    young_under: int = Field(default=30, ge=20, le=40)

    @field_validator("first_month", "last_month", "relative_month", "compare_from", "compare_to")
    @classmethod
    def _month(cls, value: str) -> str:
        if value and not MONTH.fullmatch(value):
            raise ValueError("expected a month as yyyy-mm, or empty text")
        return value

    @field_validator("base3", "base12")
    @classmethod
    def _windows(cls, value: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        for window in value:
            if not all(MONTH.fullmatch(month) for month in window) or window[0] > window[1]:
                raise ValueError("each window is two months, first and last, as yyyy-mm")
        return value

    @field_validator("row_draws")
    @classmethod
    def _enough(cls, value: int) -> int:
        if 0 < value < LEAST_DRAWS:
            raise ValueError(f"expected 0 or at least {LEAST_DRAWS} draws")
        return value

    @model_validator(mode="after")
    def _order(self) -> "Parameters":
        if self.first_month and self.last_month:
            length = month_number(self.last_month) - month_number(self.first_month) + 1
            if length < LEAST_MONTHS:
                raise ValueError(
                    f"first_month to last_month is {length} months; at least {LEAST_MONTHS} "
                    "are needed"
                )
        if self.compare_from >= self.compare_to:
            raise ValueError("compare_from must lie before compare_to")
        return self

    def simulation(self) -> dict[str, Any]:
        return {"scale": self.scale, "seed": self.seed}


def stock_months(parameters: Parameters) -> tuple[int, int]:
    """First and last month of the stock that the parameters ask for."""
    windows = [month_number(m) for window in _windows(parameters) for m in window]
    windows += [month_number(parameters.compare_from), month_number(parameters.compare_to)]
    first = month_number(parameters.first_month) if parameters.first_month else min(windows)
    last = month_number(parameters.last_month) if parameters.last_month else max(windows)
    return first, last


def _windows(parameters: Parameters) -> Iterable[tuple[str, str]]:
    return (*parameters.base3, *parameters.base12)


def ends_of_hours(parameters: Parameters, last: int) -> Iterable[tuple[int, str]]:
    """Last month of hours that each outcome's base windows need."""
    for outcome, windows in (("atid3", parameters.base3), ("atid12", parameters.base12)):
        for _, end in windows:
            yield min(month_number(end), last) + HORIZON[outcome], outcome


def require_inside(parameters: Parameters) -> None:
    first, last = stock_months(parameters)
    for name in ("compare_from", "compare_to"):
        month = getattr(parameters, name)
        if not first <= month_number(month) <= last:
            raise ParameterError(
                f"{name}: {month}: expected a month from {month_text(first)} to {month_text(last)}"
            )


def last_of_stock(parameters: Parameters) -> str:
    where = f"WHERE month <= '{parameters.last_month}'" if parameters.last_month else ""
    return f"SELECT {text_sql('max(month)')} FROM stock {where}"
