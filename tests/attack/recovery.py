"""The attacker's view of a finished release: can a suppressed count be computed?

Independent of how cells were chosen: it sees only what is published.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from naveval.disclosure.cells import EXACT, matrix
from naveval.disclosure.gate import Released
from naveval.disclosure.rules import numbers
from naveval.disclosure.tables import Column, cells
from naveval.disclosure.thresholds import thresholds


def recoverable(released: Released, counts: Sequence[str], within: float = EXACT) -> pd.DataFrame:
    """Suppressed counts whose value follows from what is published, to less than `within`.

    Parameters
    ----------
    counts
        Count columns of the frame; their equations are those declared at release.
    within
        Width of the range of possible values below which a count is known; default one person.

    Returns
    -------
    Columns row (position), column, low, high; empty when nothing can be recovered.
    """
    n = len(released.frame)
    nothing = np.zeros(n, dtype=bool)
    columns = [
        Column(name, numbers(released.frame, name), released.suppressed[name].to_numpy(), nothing)
        for name in counts
    ]
    table = cells(released.frame, columns, released.structure, thresholds())
    equations = matrix(table)
    steps = np.arange(len(table.x)) >= n * len(columns)
    known = ~np.isnan(table.x) & ~steps
    bounds = [
        (value, value) if fixed else (0, None)
        for value, fixed in zip(np.nan_to_num(table.x), known, strict=True)
    ]
    found = []
    for cell in np.flatnonzero(~known):
        low, high = (_edge(int(cell), sign, equations, bounds) for sign in (1, -1))
        if high - low < within and not (steps[cell] and low >= thresholds().min_cell):
            column = columns[cell // n].name if not steps[cell] else "step"
            if not (steps[cell] and high < EXACT):
                found.append((int(cell % n), column, low, high))
    return pd.DataFrame(found, columns=["row", "column", "low", "high"])


def _edge(
    cell: int, sign: int, equations: sparse.csr_array, bounds: list[tuple[float, float | None]]
) -> float:
    direction = np.zeros(len(bounds))
    direction[cell] = sign
    result = linprog(
        direction, A_eq=equations, b_eq=np.zeros(equations.shape[0]), bounds=bounds, method="highs"
    )
    return sign * result.fun if result.status == 0 else np.inf * -sign
