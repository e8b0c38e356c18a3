"""Shares in work with and without a letter, and their difference, from protected counts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from naveval.disclosure import counts, keys
from naveval.disclosure.decisions import Protection, protected_panel
from naveval.exhibits.declare import Results
from naveval.project.normal import Z95
from naveval.registers import extracts, reading
from naveval.studies.letters.contracts import TABLES
from naveval.studies.letters.parameters import Parameters


@dataclass(frozen=True)
class LettersResults(Results):
    """Persons and shares in work by group, and the effect with its interval (shares)."""

    parameters: Parameters
    groups: pd.DataFrame
    effects: pd.DataFrame
    counted: Protection

    @property
    def protection(self) -> Protection:
        return self.counted


def estimate(parameters: Parameters) -> LettersResults:
    """The effect of the letter in the place of the parameters."""
    secret = keys.secret(parameters.origin())
    where = f"WHERE county = '{parameters.county}'" if parameters.county else ""
    with reading.open_registers(extracts.folder("letters", parameters), TABLES) as registers:
        keys.attach(registers.connection, "letters", secret, to="keyed")
        raw = registers.query(
            "SELECT CASE WHEN letter THEN 'with' ELSE 'without' END AS received, "
            f"count(*)::INTEGER AS n, {keys.key_sum()} AS n_key, "
            f"count(*) FILTER (work)::INTEGER AS n_work, {keys.key_sum('work')} AS n_work_key "
            f"FROM keyed {where} GROUP BY 1 ORDER BY 1"
        )
    names = ["n", "n_work"]
    groups, counted = protected_panel(raw, names, secret, persons=float(raw["n"].sum()))
    groups = groups.assign(work=counts.share(groups["n_work"], groups["n"]))
    effect = float(groups["work"][0] - groups["work"][1])
    error = float(np.sqrt((groups["work"] * (1 - groups["work"]) / groups["n"]).sum()))
    row = {"group": "all", "effect": effect, "std_error": error, "n": groups["n"].min()}
    row |= {"ci_low": effect - Z95 * error, "ci_high": effect + Z95 * error}
    return LettersResults(parameters, groups, pd.DataFrame([row]), counted)
