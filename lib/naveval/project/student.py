"""Student's t: how far an interval reaches, and two-sided p-values.

From `scipy.special`: the same numbers as `scipy.stats`, which takes half a second to import.
"""

from typing import Any

import numpy as np
from scipy import special


def reach(level: float, freedom: Any) -> Any:
    """Standard errors on each side of an estimate that hold a share `level`.

    Parameters
    ----------
    freedom
        Degrees of freedom, one or an array; infinite is the normal distribution.

    >>> round(float(reach(0.95, 10)), 2), round(float(reach(0.95, float("inf"))), 2)
    (2.23, 1.96)
    """
    return special.stdtrit(freedom, 0.5 + level / 2)


def two_sided(t: Any, freedom: Any) -> Any:
    """How probable a t as far from 0 on either side is, with so many degrees of freedom.

    >>> round(float(two_sided(-2.23, 10)), 3)
    0.05
    """
    return 2 * special.stdtr(freedom, -np.abs(t))
