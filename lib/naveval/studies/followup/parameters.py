"""What the follow-up study can be told."""

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from naveval.project.parameters import StudyParameters, known_county

LONGEST_GAPS = (2, 4, 6)


class Parameters(StudyParameters):
    """Settings of the study.

    Fields
    ------
    longest_gap_weeks
        Weeks between two cards that still belong to one spell: 2 (no card may be missing),
        4 or 6.
    effects
        True effects in simulated registers: `printed` (the document's estimates) or `none`.
    pre_trend
        Growth per month, in simulated registers, of the gap in programme participation
        between target and comparison group; 0 is parallel trends.
    level
        Level of confidence intervals and bands.
    power
        Power at which the minimum detectable effect is stated.
    draws
        Draws of the cluster bootstrap and of simultaneous bands.
    least_persons
        Fewest persons in each of the four cells (group × before/after) for an estimate.
    """

    PARTS: ClassVar[tuple[str, ...]] = (
        "description",
        "effects",
        "events",
        "placebo",
        "sensitivity",
        "testing",
        "break",
        "definitions",
        "county",
        "published",
    )
    _county = field_validator("county")(known_county)

    scale: float = Field(default=0.2, gt=0, le=1)
    longest_gap_weeks: int = 2
    effects: Literal["printed", "none"] = "printed"
    pre_trend: float = Field(default=0.0, ge=-0.003, le=0.003)
    level: float = Field(default=0.95, gt=0.5, lt=1)
    power: float = Field(default=0.8, gt=0.5, lt=1)
    draws: int = Field(default=1000, ge=100, le=20000)
    least_persons: int = Field(default=30, ge=5)

    @field_validator("longest_gap_weeks")
    @classmethod
    def _gap(cls, value: int) -> int:
        if value not in LONGEST_GAPS:
            raise ValueError(f"allowed: {', '.join(map(str, LONGEST_GAPS))}")
        return value

    def simulation(self) -> dict[str, Any]:
        """Settings of the simulated registers."""
        return {**super().simulation(), "effects": self.effects, "pre_trend": self.pre_trend}
