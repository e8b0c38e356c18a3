"""Parameters of the study of labour market programmes."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from naveval import costs_effects, costs_inputs, paths
from naveval.parameters import Origin, StudyParameters


class Parameters(StudyParameters):
    """What the study of programmes can be told.

    Fields
    ------
    effects
        Where the cost-benefit analysis takes wage effects from: "published" or "estimated".
    estimates
        The `estimates.csv` with wage effects that `effects: estimated` needs.
    costs
        File with the inputs of the cost-benefit analysis; "" is `params/costs.yml`.
    draws
        Number of draws over effects and inputs.
    """

    PARTS: ClassVar[tuple[str, ...]] = ("costs",)

    effects: Literal["published", "estimated"] = "published"
    estimates: str = ""
    costs: str = ""
    draws: int = Field(default=10_000, ge=100, le=1_000_000)

    def costs_file(self) -> Path:
        """The file with the inputs of the cost-benefit analysis."""
        return Path(self.costs) if self.costs else paths.params_dir() / "costs.yml"

    def check_inputs(self) -> None:
        """Check the costs file and the estimates file; raises ParameterError."""
        costs_inputs.load(self.costs_file())
        if self.effects == "estimated":
            costs_effects.read_effects(Path(self.estimates))

    def origin(self) -> Origin:
        """The cost-benefit part alone, on published effects, has no registers behind it."""
        chosen = set(self.parts or self.PARTS)
        if chosen == {"costs"} and self.effects == "published":
            return "published"
        return super().origin()
