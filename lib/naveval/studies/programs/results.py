"""What a run of the study has found: one field per part, None for parts that are not run."""

from dataclasses import dataclass

from naveval.disclosure.decisions import Protection
from naveval.exhibits.declare import Results
from naveval.studies.programs.costs.analysis import Analysis
from naveval.studies.programs.parameters import Parameters
from naveval.studies.programs.policy import Rule
from naveval.studies.programs.study import Effects, Outcomes, Participation


@dataclass(frozen=True)
class ProgramResults(Results):
    """Results of the study, each as its step returns it.

    Attributes
    ----------
    people, outcomes
        Parts 1 and 2: frames of protected counts, and what was computed from them.
    effects
        Part 3: samples, scores and effects.
    rule
        The rule for who gets what; None where no programme has both price and overlap.
    costs
        Part 4: the cost-benefit analysis.
    """

    parameters: Parameters
    people: Participation | None = None
    outcomes: Outcomes | None = None
    effects: Effects | None = None
    rule: Rule | None = None
    costs: Analysis | None = None

    @property
    def protection(self) -> Protection | None:
        """Of the counts of parts 1 to 3."""
        part = self.people or self.outcomes or self.effects
        return part.protection if part else None
