"""Shares in work with and without a letter, and their difference."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from naveval.project.normal import Z95
from naveval.registers import extracts, reading
from naveval.studies.letters.contracts import TABLES
from naveval.studies.letters.parameters import Parameters


@dataclass(frozen=True)
class Result:
    """Persons and shares in work by group, the effect and its interval (shares)."""

    groups: pd.DataFrame
    effect: float
    std_error: float

    @property
    def interval(self) -> tuple[float, float]:
        return self.effect - Z95 * self.std_error, self.effect + Z95 * self.std_error


def estimate(parameters: Parameters) -> Result:
    """The effect of the letter in the place of the parameters."""
    where = f"WHERE county = '{parameters.county}'" if parameters.county else ""
    with reading.open_registers(extracts.folder("letters", parameters), TABLES) as registers:
        groups = registers.query(
            "SELECT CASE WHEN letter THEN 'with' ELSE 'without' END AS received, "
            f"count(*)::INTEGER AS n, avg(work::INTEGER) AS work FROM letters {where} "
            "GROUP BY 1 ORDER BY 1"
        )
    spread = groups.work * (1 - groups.work) / groups.n
    effect = float(groups.work[0] - groups.work[1])
    return Result(groups, effect, float(np.sqrt(spread.sum())))
