"""What the letter study can be told."""

from typing import Any

from pydantic import Field

from naveval.project.parameters import StudyParameters


class Parameters(StudyParameters):
    """Settings of the study.

    Fields
    ------
    effect
        True effect of the letter in simulated registers, a share.
    """

    effect: float = Field(default=0.1, ge=0, le=0.5)

    def simulation(self) -> dict[str, Any]:
        """Settings of the simulated registers."""
        return {**super().simulation(), "effect": self.effect}
