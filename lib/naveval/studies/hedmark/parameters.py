"""What the Hedmark study can be told."""

from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from naveval.project import places
from naveval.project.errors import ParameterError
from naveval.project.parameters import StudyParameters
from naveval.studies.hedmark import windows

YEAR = 2014
REFORMED = "04"
REVIEWED = "2013-03"  # the county's review of its casework, a year and a half before
DOCUMENT_CONTROLS = ("01", "03", "05", "06", "07", "08", "16", "17", "18", "19", "20")
MIN_BEFORE, MIN_AFTER, MIN_CONTROLS, MIN_PLACEBO = 24, 6, 3, 6


class Parameters(StudyParameters):
    """Settings of the study.

    Fields
    ------
    county
        The treated county, one of the 19 of 2014.
    start
        Month in which the practice changed, "2014-11"; this month is left out.
    control
        Codes of the control counties; empty means the document's eleven without the treated
        county and without Hedmark.
    window_first, window_last
        First and last month of the analysis.
    placebo_first
        First month of the hypothetical practice before the real one; empty means twenty months
        before the start, as in the document.
    time_effects
        `season`: month of the year, and an indicator of after; `month`: every single month.
    composition
        Controls for the composition of the job seekers: `shares` of sex, education and age
        group among them the same month, `lagged`: twelve months earlier, `none`.
    weights
        `labour_force`: counties count by their size, as in the document's control group;
        `equal`: each county counts the same.
    draws
        Draws of the bootstraps.
    size_draws
        Drawn panels without any effect, to measure how often each method rejects; fewer than 200
        cannot tell a method that rejects as it should from one that does so twice as often.
    """

    PARTS: ClassVar[tuple[str, ...]] = (
        "figures",
        "tables",
        "regression",
        "inference",
        "size",
        "synthetic",
        "event",
        "robustness",
        "mechanism",
    )
    COUNTY_YEAR: ClassVar[int] = YEAR

    county: str = REFORMED
    scale: float = Field(default=1.0, gt=0, le=1)
    seed: int = Field(default=1, ge=0)
    start: str = "2014-11"
    control: tuple[str, ...] = ()
    window_first: str = "2011-01"
    window_last: str = "2015-12"
    placebo_first: str = ""
    time_effects: Literal["season", "month"] = "month"
    composition: Literal["none", "shares", "lagged"] = "shares"
    weights: Literal["labour_force", "equal"] = "labour_force"
    draws: int = Field(default=999, ge=99, le=9999)
    size_draws: int = Field(default=1000, ge=200, le=5000)

    @field_validator("county")
    @classmethod
    def _county(cls, value: str) -> str:
        return _known(value)

    @field_validator("control")
    @classmethod
    def _control(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("a county occurs twice")
        if value and len(value) < MIN_CONTROLS:
            raise ValueError(f"expected at least {MIN_CONTROLS} control counties")
        return tuple(_known(code) for code in value)

    @field_validator("start", "window_first", "window_last", "placebo_first")
    @classmethod
    def _month(cls, value: str, info: ValidationInfo) -> str:
        try:
            if value or info.field_name != "placebo_first":
                windows.number(value)
        except ParameterError as error:
            raise ValueError(str(error)) from None
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "Parameters":
        if self.county in self.control:
            raise ValueError(
                f"control: contains the treated county {self.county}; expected other counties"
            )
        start, first, last = self.months()
        if start - first < MIN_BEFORE:
            raise ValueError(
                f"start: {self.start} leaves {start - first} months before it from "
                f"{self.window_first}; expected at least {MIN_BEFORE}"
            )
        if last - start < MIN_AFTER:
            raise ValueError(
                f"start: {self.start} leaves {last - start} months after it to "
                f"{self.window_last}; expected at least {MIN_AFTER}"
            )
        placebo = self.placebo_start()
        if not first + 12 <= placebo <= start - MIN_PLACEBO:
            raise ValueError(
                f"placebo_first: {self.placebo_first}: leaves {placebo - first} months from "
                f"{self.window_first} and {start - placebo} to {self.start}; expected at least 12 "
                f"and {MIN_PLACEBO}, or nothing: it then follows the start"
            )
        return self

    def placebo_start(self) -> int:
        """Month number of the hypothetical practice."""
        if self.placebo_first:
            return windows.number(self.placebo_first)
        start, first, _ = self.months()
        return max(start - windows.PLACEBO_MONTHS, first + 12)

    def months(self) -> tuple[int, int, int]:
        """Month numbers of start, window_first and window_last."""
        return (
            windows.number(self.start),
            windows.number(self.window_first),
            windows.number(self.window_last),
        )

    def register_months(self) -> tuple[int, int]:
        """First and last month that the registers must reach, see `windows.first_read`."""
        start, first, last = self.months()
        return windows.first_read(start, first, last), last

    def controls(self) -> tuple[str, ...]:
        """Codes of the control counties, in order."""
        chosen = self.control or DOCUMENT_CONTROLS
        return tuple(sorted(code for code in chosen if code != self.county))

    def is_placebo(self) -> bool:
        """Whether nothing is known to have happened in the county in the month."""
        start = type(self).model_fields["start"].default
        return self.county != REFORMED or self.start != start

    def simulation(self) -> dict[str, Any]:
        """Settings of the simulated registers."""
        return {"scale": self.scale, "seed": self.seed}


def _known(code: str) -> str:
    try:
        if code == places.WHOLE_COUNTRY:
            raise ParameterError("the study needs one treated county")
        return places.county(code, YEAR).code
    except ParameterError as error:
        raise ValueError(str(error).removesuffix(', or "" for the whole country')) from None
