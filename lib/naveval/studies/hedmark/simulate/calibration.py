"""Solve for the levels of the simulated registers from the document's tables 1 to 3.

Three steps, each a small least-squares problem on the expected series: the control counties
before and after, Hedmark before, and the effects of the new practice. Levels that the
document does not give (durations without benefit beyond a year) are set in ASSUMED.
Run as a module, it prints the numbers kept in `hedmark_simulation_levels.CALIBRATED`.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.optimize import least_squares

from naveval.studies.hedmark.simulate.levels import (
    MONTHS,
    START,
    TREATED,
    Levels,
    build,
    by_duration,
    calendar,
    exposure,
)
from naveval.studies.hedmark.simulate.process import Series, evolve, with_effect

# Stock, inflow, and the groups 26–51, 52–77, 78–103 and 104+ weeks, in per cent of the labour
# force: tables 1 to 4. NaN where the document gives nothing.
NONE = float("nan")
CONTROL_BEFORE = {
    "stock": (2.27, 2.42),
    "inflow": (0.28, 0.42),
    "with": (0.57, 0.33, 0.20, 0.17),
    "without": (0.38, NONE, NONE, 0.50),
}
CONTROL_AFTER = {
    "stock": (2.35, 2.31),
    "inflow": (0.30, 0.42),
    "with": (0.59, 0.35, 0.21, 0.15),
    "without": (0.34, NONE, NONE, 0.50),
}
TREATED_BEFORE = {
    "stock": (2.22, 2.45),
    "inflow": (0.265, 0.375),
    "with": (0.52, 0.32, 0.21, 0.18),
    "without": (0.37, NONE, NONE, 0.50),
}
EFFECT = {"stock": (-11.6, -7.3), "inflow": (-8.6, -9.3), "with": (-6.9, -9.9, -11.5, -12.7)}
PULL = 0.02
FIRST_HAZARD_WITHOUT = 0.68
Target = dict[str, tuple[float, ...]]


def windows(after: bool) -> dict[str, np.ndarray]:
    """Months (boolean) of each target: stock unadjusted, inflow and durations matched."""
    years, month = calendar()
    t = np.arange(MONTHS)
    before = (years >= 2011) & (t < START)
    chosen = t > START if after else before
    january_october = (years == 2015 if after else before) & (month <= 9)
    january_april = january_october & (month <= 3)
    return {
        "stock": chosen,
        "inflow": january_october,
        "year": january_october,
        "spring": january_april,
    }


def means(series: Series, force: np.ndarray, after: bool) -> dict[str, np.ndarray]:
    """Means in per cent of the labour force for the first county, as in the targets."""
    use = windows(after)
    stock = 100 * series.stock[:, 0] / force[0]
    inflow = 100 * series.inflow[:, 0] / force[0]
    duration = 100 * series.duration[:, 0] / force[0][:, None]
    groups = np.stack(
        [duration[:, use["spring" if g == 1 else "year"], g].mean(1) for g in range(1, 5)], -1
    )
    return {
        "stock": stock[:, use["stock"]].mean(1),
        "inflow": inflow[:, use["inflow"]].mean(1),
        "with": groups[0],
        "without": groups[1],
    }


def gaps(found: dict[str, np.ndarray], target: Target) -> np.ndarray:
    """Relative distances from the target."""
    relative = [found[name] / np.asarray(value) - 1 for name, value in target.items()]
    return np.nan_to_num(np.concatenate(relative))


def solve(residuals: Callable[[np.ndarray], np.ndarray], size: int, bound: float) -> np.ndarray:
    """Log factors that minimise the residuals, with a weak pull to zero."""
    found = least_squares(
        lambda x: np.concatenate([residuals(x), PULL * x]), np.zeros(size), bounds=(-bound, bound)
    )
    return found.x


def _hazards(start: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(2, 6) hazards from ten log factors; the first two segments of kind 0 are one."""
    factor = np.exp(np.array([[x[0], *x[0:5]], [0.0, *x[5:10]]]))
    return start * factor


def neutral() -> Levels:
    """A starting point with no differences and no effects."""
    hazard = np.array(
        [
            [0.150, 0.150, 0.075, 0.100, 0.080, 0.130],
            [FIRST_HAZARD_WITHOUT, 0.085, 0.080, 0.070, 0.065, 0.055],
        ]
    )
    one, ones = np.ones(2), np.ones((2, 6))
    return Levels(
        np.array([0.31, 0.38]), hazard, one, ones, one, ones, np.zeros(2), np.zeros((2, 6))
    )


def calibrate() -> Levels:
    """Levels whose expected series match the document."""
    levels = neutral()

    def series(levels: Levels, county: str = "05") -> tuple[Series, np.ndarray]:
        process = build(_single(levels, county), (TREATED,), 1.0)
        return evolve(process), process.labour_force

    def before(x: np.ndarray) -> Levels:
        return replace(
            levels, starts=levels.starts * np.exp(x[:2]), hazard=_hazards(levels.hazard, x[2:])
        )

    x = solve(lambda x: gaps(means(*series(before(x)), False), CONTROL_BEFORE), 12, 3.0)
    levels = before(x)

    def after(x: np.ndarray) -> Levels:
        return replace(
            levels, starts_after=np.exp(x[:2]), hazard_after=_hazards(np.ones((2, 6)), x[2:])
        )

    x = solve(lambda x: gaps(means(*series(after(x)), True), CONTROL_AFTER), 12, 1.0)
    levels = after(x)

    def own(x: np.ndarray) -> Levels:
        return replace(
            levels, starts_treated=np.exp(x[:2]), hazard_treated=_hazards(np.ones((2, 6)), x[2:])
        )

    x = solve(lambda x: gaps(means(*series(own(x), TREATED), False), TREATED_BEFORE), 12, 1.0)
    levels = own(x)
    return _effects(levels)


def _single(levels: Levels, county: str) -> Levels:
    """The control path for TREATED unless the county is TREATED itself."""
    if county == TREATED:
        return levels
    return replace(levels, starts_treated=np.ones(2), hazard_treated=np.ones((2, 6)))


def _effects(levels: Levels) -> Levels:
    """Add the effects on starts and exits that give the printed effects on the stock."""
    control = build(_single(levels, "05"), (TREATED,), 1.0)
    base = build(levels, (TREATED,), 1.0)
    force = base.labour_force
    pre = means(evolve(base), force, False)
    change = {
        name: means(evolve(control), force, True)[name] - means(evolve(control), force, False)[name]
        for name in pre
    }

    def unpack(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        exits = np.expm1(np.array([[x[2], *x[2:7]], [x[7]] * 6]))
        return np.expm1(x[:2]), exits

    def residuals(x: np.ndarray) -> np.ndarray:
        starts, exits = unpack(x)
        process = with_effect(base, TREATED, exposure(), tuple(starts), by_duration(exits))
        post = means(evolve(process), force, True)
        effect = {k: 100 * (post[k] - pre[k] - change[k]) / pre[k] for k in EFFECT}
        return np.concatenate([(effect[k] - np.asarray(v)) / 10 for k, v in EFFECT.items()])

    starts, exits = unpack(solve(residuals, 8, 1.2))
    return replace(levels, effect_starts=starts, effect_hazard=exits)


def check(levels: Levels) -> dict[str, dict[str, np.ndarray]]:
    """Expected means at these levels, and the effects, as in the targets."""
    control = build(_single(levels, "05"), (TREATED,), 1.0)
    base = build(levels, (TREATED,), 1.0)
    force = base.labour_force
    treated = with_effect(
        base, TREATED, exposure(), tuple(levels.effect_starts), by_duration(levels.effect_hazard)
    )
    found = {
        "control_before": means(evolve(control), force, False),
        "control_after": means(evolve(control), force, True),
        "treated_before": means(evolve(base), force, False),
        "treated_after": means(evolve(treated), force, True),
    }
    found["effect"] = {
        k: 100
        * (found["treated_after"][k] - v - found["control_after"][k] + found["control_before"][k])
        / v
        for k, v in found["treated_before"].items()
    }
    return found


if __name__ == "__main__":
    for name, value in vars(calibrate()).items():
        print(f'    "{name}": {np.round(value, 4).tolist()},')
