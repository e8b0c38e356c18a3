"""Parameters of the study of labour market programmes."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from naveval.estimators.cost_benefit import assumptions, inputs
from naveval.project import paths
from naveval.project.parameters import Origin, StudyParameters, known_county

DOCUMENT, SMALL = (2000, 150), (60, 40)
"""Trees per forest and fewest persons of a programme: the document's, and for small registers."""
SMALL_BELOW = 0.5
"""Size of simulated registers, full size being 1, from which the document's are used."""


class Parameters(StudyParameters):
    """What the study of programmes can be told.

    Fields
    ------
    effects
        Where the cost-benefit analysis takes wage effects from: "published" or "estimated".
    estimates
        The `estimates.csv` with wage effects that `effects: estimated` needs; "" takes those
        of this run, which then must include the part effects.
    costs
        File with the inputs of the cost-benefit analysis; "" is `params/costs.yml`.
    draws
        Number of draws over effects and inputs.
    trees, folds
        Trees per forest and folds of the cross-fitting.
    min_arm
        Programmes with fewer persons in the effect sample are counted as Annet.

        Where `trees` or `min_arm` is none it fits the data: 2 000 trees and 150 persons, as in
        the document, but 60 and 40 for simulated registers below half of full size.
    splits
        Splits of the sample that effects on months in work are repeated over.
    clip, trim
        Propensities below `clip` are raised to it; persons with propensities below `trim` are
        left out of a comparison.
    unknown_codes
        Activity codes that table A-1 does not know: "error" lists them and stops, "rest"
        counts them as Annet.
    robustness
        Whether the robustness samples of chapter 6.3, year 4 and chains are estimated too.
    jobs, backend
        Workers for forests, and what runs them: "threads", "processes" or "dask": the open
        client, the scheduler of DASK_SCHEDULER_ADDRESS, or `jobs` local processes.
    """

    PARTS: ClassVar[tuple[str, ...]] = ("participants", "outcomes", "effects", "costs")
    _county = field_validator("county")(known_county)

    effects: Literal["published", "estimated"] = "published"
    estimates: str = ""
    costs: str = ""
    draws: int = Field(default=10_000, ge=100, le=1_000_000)
    trees: int | None = Field(default=None, ge=10, le=20_000)
    folds: int = Field(default=5, ge=2, le=20)
    min_arm: int | None = Field(default=None, ge=25)
    splits: int = Field(default=3, ge=1, le=100)
    clip: float = Field(default=0.002, ge=0, lt=0.5)
    trim: float = Field(default=0.0, ge=0, lt=0.5)
    unknown_codes: Literal["error", "rest"] = "error"
    robustness: bool = True
    jobs: int = Field(default=2, ge=1, le=512)
    backend: Literal["threads", "processes", "dask"] = "threads"

    def forests(self) -> tuple[int, int]:
        """Trees per forest and fewest persons of a programme: those given, or what fits."""
        trees, persons = DOCUMENT
        if self.origin() == "simulated" and self.simulated_scale() < SMALL_BELOW:
            trees, persons = SMALL
        return self.trees or trees, self.min_arm or persons

    def costs_file(self) -> Path:
        """The file with the inputs of the cost-benefit analysis."""
        return Path(self.costs) if self.costs else paths.params_dir() / "costs.yml"

    def check_inputs(self) -> None:
        """Check the costs file and the estimates file; raises ParameterError."""
        inputs.load(self.costs_file())
        chosen = set(self.parts or self.PARTS)
        if self.effects == "estimated" and (self.estimates or "effects" not in chosen):
            assumptions.read_effects(Path(self.estimates))

    def input_files(self) -> tuple[Path, ...]:
        """The costs file and the estimates file, where other than the usual ones are named."""
        estimates = self.estimates if self.effects == "estimated" else ""
        return tuple(Path(name) for name in (self.costs, estimates) if name)

    def reads_registers(self) -> bool:
        """The cost-benefit part alone works on published or already estimated numbers."""
        return set(self.parts or self.PARTS) != {"costs"}

    def mixed(self) -> bool:
        """Costs and benefits of published effects rest on no register."""
        chosen = set(self.parts or self.PARTS)
        return self.reads_registers() and "costs" in chosen and self.effects == "published"

    def origin(self) -> Origin:
        """The cost-benefit part alone is what its effects are: published, or another run's."""
        if self.reads_registers():
            return super().origin()
        if self.effects == "published":
            return "published"
        return assumptions.origin_of(Path(self.estimates))
