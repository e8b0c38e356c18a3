"""Quantiles of the normal distribution, for intervals and limits."""

from statistics import NormalDist


def reach(level: float) -> float:
    """Standard errors on each side of an estimate that hold a share `level`.

    >>> round(reach(0.95), 2)
    1.96
    """
    return NormalDist().inv_cdf(0.5 + level / 2)


Z95 = reach(0.95)
"""Standard errors on each side of a 95 per cent interval."""
