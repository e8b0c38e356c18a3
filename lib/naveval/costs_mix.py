"""Net benefit of a mix of programmes: what a place's use of them costs and gives per spell."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from naveval.costs import net_benefit, total_cost
from naveval.costs_assumptions import Array, Assumptions
from naveval.costs_checks import PROGRAMS
from naveval.errors import ParameterError

TOTAL = "Sum"


def mix(a: Assumptions, program_months: Mapping[str, float]) -> pd.DataFrame:
    """Costs and net benefit of the programmes a place uses.

    Effects, prices and durations are those of `a`, the same everywhere: only the composition
    is the place's own.

    Parameters
    ----------
    a
        One evaluation.
    program_months
        Programme name to participant months in a period, or any multiple of them such as
        percent; programmes left out count zero.

    Returns
    -------
    DataFrame
        program, month_share, spell_share, cost and net_benefit (kroner per spell), contribution
        (spell share × net benefit). The last row "Sum" has the means per spell of the mix.

    Raises
    ------
    ParameterError
        For an unknown programme, a negative or missing number, or no months at all.
    """
    months, shares = _weights(a, program_months)
    cost = np.broadcast_to(total_cost(a), (1, len(PROGRAMS)))[0]
    net = net_benefit(a)[0]
    table = pd.DataFrame(
        {
            "program": PROGRAMS,
            "month_share": months / months.sum(),
            "spell_share": shares[0],
            "cost": cost,
            "net_benefit": net,
            "contribution": shares[0] * net,
        }
    )
    total = {
        "program": TOTAL,
        "month_share": 1.0,
        "spell_share": 1.0,
        "cost": shares[0] @ cost,
        "net_benefit": shares[0] @ net,
        "contribution": shares[0] @ net,
    }
    return pd.concat([table, pd.DataFrame([total])], ignore_index=True)


def mean_net_benefit(a: Assumptions, program_months: Mapping[str, float]) -> Array:
    """Net benefit of the mean spell of a mix: shape (draws,)."""
    _, shares = _weights(a, program_months)
    mean: Array = (shares * net_benefit(a)).sum(axis=1)
    return mean


def _weights(a: Assumptions, program_months: Mapping[str, float]) -> tuple[Array, Array]:
    """Months (programmes,) and share of the spells, months over duration (draws, programmes)."""
    unknown = sorted(set(program_months) - set(PROGRAMS))
    if unknown:
        raise ParameterError(
            f"programme mix: unknown programme {', '.join(unknown)}; allowed: {', '.join(PROGRAMS)}"
        )
    months = np.array([float(program_months.get(program, 0)) for program in PROGRAMS])
    if not np.isfinite(months).all() or (months < 0).any() or not months.sum() > 0:
        raise ParameterError("programme mix: months must be finite, not negative, and not all zero")
    spells = months / a.duration
    return months, spells / spells.sum(axis=1, keepdims=True)
