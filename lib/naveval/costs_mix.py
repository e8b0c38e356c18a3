"""Net benefit of a mix of programmes, for example a county's programme months."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from naveval.costs import net_benefit
from naveval.costs_assumptions import Assumptions
from naveval.costs_checks import PROGRAMS
from naveval.errors import ParameterError


def mix(a: Assumptions, program_months: Mapping[str, float]) -> pd.DataFrame:
    """Net benefit of the programmes a place uses.

    Effects, prices and durations are those of `a`, the same everywhere: only the composition
    is the place's own. Spells are programme months divided by the mean duration.

    Parameters
    ----------
    a
        One evaluation.
    program_months
        Programme name to participant months in a period; programmes left out count zero.

    Returns
    -------
    DataFrame
        program, months, month_share, spells, net_benefit_per_spell, net_benefit; the last row
        "Sum" has the totals and the mean per spell.

    Raises
    ------
    ParameterError
        For an unknown programme, a negative or missing number, or no months at all.
    """
    unknown = sorted(set(program_months) - set(PROGRAMS))
    if unknown:
        raise ParameterError(
            f"programme mix: unknown programme {', '.join(unknown)}; allowed: {', '.join(PROGRAMS)}"
        )
    months = np.array([float(program_months.get(program, 0)) for program in PROGRAMS])
    if not np.isfinite(months).all() or (months < 0).any() or not months.sum() > 0:
        raise ParameterError("programme mix: months must be finite, not negative, and not all zero")
    net = net_benefit(a)[0]
    spells = months / a.duration[0]
    table = pd.DataFrame(
        {
            "program": PROGRAMS,
            "months": months,
            "month_share": months / months.sum(),
            "spells": spells,
            "net_benefit_per_spell": net,
            "net_benefit": spells * net,
        }
    )
    total = table[["months", "month_share", "spells", "net_benefit"]].sum()
    total["net_benefit_per_spell"] = total["net_benefit"] / total["spells"]
    return pd.concat([table, pd.DataFrame([{"program": "Sum", **total}])], ignore_index=True)
