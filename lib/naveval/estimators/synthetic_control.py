"""Synthetic control and synthetic difference-in-differences for one treated unit.

Both choose weights of the control units (and, for the second, of the periods before) by
least squares on the simplex, then compare. Inference is by placebo: every control unit takes
its turn as the treated one.

Shapes: `treated` (T,), `controls` (T, J), the first `before` periods lie before the start.
Sources: Abadie, Diamond and Hainmueller (2010); Arkhangelsky, Athey, Hirshberg, Imbens and
Wager (2021), sections 2 and 4.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from naveval.project.errors import EstimationError
from naveval.project.given import numbers, require_choice

Array = NDArray[np.floating]
Kind = Literal["synthetic_control", "synthetic_did"]
KINDS: tuple[Kind, ...] = ("synthetic_control", "synthetic_did")
PENALTY = 1e4
TIME_RIDGE = 1e-6


@dataclass(frozen=True)
class Synthetic:
    """A synthetic comparison.

    Attributes
    ----------
    effect
        Mean effect over the periods after.
    gap
        (T,) treated minus synthetic; for synthetic DiD minus the weighted mean gap before.
    unit_weights
        (J,) weights of the controls, summing to one.
    period_weights
        (before,) weights of the periods before; equal for synthetic control.
    rmse_before
        Root mean square of the gap before the start.
    """

    effect: float
    gap: Array
    unit_weights: Array
    period_weights: Array
    rmse_before: float


@dataclass(frozen=True)
class PlaceboInference:
    """Placebo distribution: effects of the controls, their spread, and the exact p-value.

    `p_value` compares sizes of effects and counts the treated unit, so it is at least
    1/(J + 1); `p_value_ratio` compares effects relative to the fit before.
    """

    effects: Array
    std_error: float
    p_value: float
    p_value_ratio: float


def simplex_least_squares(design: Array, target: Array, *, ridge: float = 0.0) -> Array:
    """Weights w ≥ 0 with sum one that minimise |design·w − target|² + ridge·|w|².

    Solved by non-negative least squares with a heavy row for the sum, then exactly on the
    support found.
    """
    design = numbers("weights of a simplex", "design", design, (None, None))
    target = numbers("weights of a simplex", "target", target, (len(design),))
    n = design.shape[1]
    scale = max(float(np.abs(design).max()), float(np.abs(target).max()), 1e-12)
    stacked = np.vstack([design / scale, np.sqrt(ridge) / scale * np.eye(n)])
    goal = np.concatenate([target / scale, np.zeros(n)])
    heavy = np.vstack([stacked, PENALTY * np.ones((1, n))])
    start = nnls(heavy, np.append(goal, PENALTY), maxiter=100 * n)[0]
    return _polish(stacked, goal, start > 1e-9)


def _polish(design: Array, target: Array, support: NDArray[np.bool_]) -> Array:
    """Solve with equality constraint on the support, dropping what turns negative."""
    support = support.copy()
    while True:
        index = np.flatnonzero(support)
        part = design[:, index]
        system = np.zeros((len(index) + 1, len(index) + 1))
        system[:-1, :-1] = part.T @ part
        system[-1, :-1] = system[:-1, -1] = 1
        solved = np.linalg.lstsq(system, np.append(part.T @ target, 1.0), rcond=None)[0][:-1]
        if (solved >= -1e-12).all() or len(index) == 1:
            weights = np.zeros(design.shape[1])
            weights[index] = np.maximum(solved, 0)
            return weights / weights.sum()
        support[index[np.argmin(solved)]] = False


def estimate(treated: Array, controls: Array, before: int, kind: Kind) -> Synthetic:
    """One synthetic comparison.

    Raises
    ------
    EstimationError
        For an unknown kind, fewer than two controls, fewer than two periods before or none
        after, or missing values.
    """
    require_choice("synthetic comparison", KINDS, kind=kind)
    treated, controls = _series(treated, controls)
    if controls.shape[1] < 2:
        raise EstimationError("synthetic comparison: controls: one; expected at least two")
    if not 2 <= before < len(treated):
        raise EstimationError(f"{before} periods before of {len(treated)}; expected two or more")
    if kind == "synthetic_control":
        return _control(treated, controls, before)
    return _did(treated, controls, before)


def _series(treated: Array, controls: Array) -> tuple[Array, Array]:
    treated = numbers("synthetic comparison", "treated", treated)
    shape = (len(treated), None)
    return treated, numbers("synthetic comparison", "controls", controls, shape)


def _control(treated: Array, controls: Array, before: int) -> Synthetic:
    weights = simplex_least_squares(controls[:before], treated[:before])
    gap = treated - controls @ weights
    periods = np.full(before, 1 / before)
    return Synthetic(float(gap[before:].mean()), gap, weights, periods, _rms(gap[:before]))


def _did(treated: Array, controls: Array, before: int) -> Synthetic:
    after = len(treated) - before
    noise = float(np.std(np.diff(controls[:before], axis=0), ddof=1))
    unit_ridge = before * (after**0.25 * noise) ** 2
    time_ridge = controls.shape[1] * (TIME_RIDGE * noise) ** 2
    early = controls[:before]
    units = simplex_least_squares(
        early - early.mean(0), treated[:before] - treated[:before].mean(), ridge=unit_ridge
    )
    late = controls[before:].mean(0)
    periods = simplex_least_squares(
        (early - early.mean(1, keepdims=True)).T, late - late.mean(), ridge=time_ridge
    )
    raw = treated - controls @ units
    gap = raw - periods @ raw[:before]
    return Synthetic(float(gap[before:].mean()), gap, units, periods, _rms(gap[:before]))


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))


def placebo(treated: Array, controls: Array, before: int, kind: Kind) -> PlaceboInference:
    """Let each control be the treated unit.

    For the spread its controls are the other controls. For the p-values the treated unit is
    among them, so that under the null all units are treated alike and the rank is exact.
    """
    treated, controls = _series(treated, controls)
    own = estimate(treated, controls, before, kind)
    units = np.column_stack([treated, controls])
    effects, alike, ratios = [], [], []
    for j in range(controls.shape[1]):
        effects.append(estimate(controls[:, j], np.delete(controls, j, 1), before, kind).effect)
        found = estimate(controls[:, j], np.delete(units, j + 1, 1), before, kind)
        alike.append(abs(found.effect))
        ratios.append(abs(found.effect) / max(found.rmse_before, 1e-300))
    own_ratio = abs(own.effect) / max(own.rmse_before, 1e-300)
    return PlaceboInference(
        np.array(effects),
        float(np.std(effects, ddof=1)),
        _p(np.array(alike), abs(own.effect)),
        _p(np.array(ratios), own_ratio),
    )


def _p(reference: Array, observed: float) -> float:
    return float((1 + (reference >= observed * (1 - 1e-12)).sum()) / (1 + len(reference)))
