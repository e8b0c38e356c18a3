"""Confidence intervals by test inversion: the effects a test does not reject."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from naveval.errors import EstimationError
from naveval.one_treated import Array, Setup, fit_residuals, residualise
from naveval.one_treated_tests import Test

GRID = 65
REFINED = 25
START_SPAN, LAST_SPAN = 4.0, 256.0
Accepted = Callable[[Array], Array]


@dataclass(frozen=True)
class Interval:
    """Limits of a confidence interval, infinite where no effect is rejected."""

    low: float
    high: float
    level: float


def invert(
    test: Test, setup: Setup, outcome: Array, *, treated: int = 0, level: float = 0.95
) -> Interval:
    """Smallest interval that holds every effect with p-value above 1 − level.

    Parameters
    ----------
    test
        One of `one_treated_tests.named_tests(...)`, for the same treated unit.
    outcome
        (N, T), one panel.

    Raises
    ------
    EstimationError
        For a level outside (0, 1), or an outcome that is not one panel.
    """
    if not 0 < level < 1:
        raise EstimationError(f"level {level}: expected between 0 and 1")
    residual = residualise(setup, outcome)
    if residual.ndim != 2:
        raise EstimationError("expected one panel (units, periods)")
    effects = fit_residuals(setup, residual).effect
    centre = float(effects[treated])
    others = np.delete(effects, treated)
    unit = float(np.sqrt(np.mean(others**2))) or abs(centre) or 1.0

    def accepted(values: Array) -> Array:
        shifted = residual - values[:, None, None] * setup.direction[treated]
        return np.asarray(test(setup, shifted) > 1 - level + 1e-12)

    low = _edge(accepted, centre, -unit)
    high = _edge(accepted, centre, unit)
    return Interval(low, high, level)


def _edge(accepted: Accepted, centre: float, unit: float) -> float:
    """Farthest accepted value from the centre in the direction of `unit`."""
    span = START_SPAN
    while span <= LAST_SPAN:
        values = centre + unit * np.linspace(0, span, GRID)
        inside = accepted(values)
        if not inside[-1]:
            last = int(np.flatnonzero(inside).max(initial=0))
            return _refine(accepted, values[last], values[last + 1])
        span *= 8
    return float(np.sign(unit)) * np.inf


def _refine(accepted: Accepted, inner: float, outer: float) -> float:
    for _ in range(3):
        values = np.linspace(inner, outer, REFINED)
        inside = accepted(values)
        last = min(int(np.flatnonzero(inside).max(initial=0)), REFINED - 2)
        inner, outer = values[last], values[last + 1]
    return float((inner + outer) / 2)
