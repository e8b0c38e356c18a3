"""Solve for the levels of the simulated registers from the document's tables 1 to 5.

Three steps, each a small least-squares problem on the expected series, all cells of a kind at once:
the control counties, Hedmark before (whose durations are such that Hedmark develops as the control
counties but for the new practice), and the effects of the new practice. What
the document does not give is set here: the total of every control county grows by `GROWTH` through
2015, so that only Hedmark falls; durations without benefit whose levels are missing are as in the
control counties. Run as a module, it prints the numbers kept in `params/simulated_hedmark.yml`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from naveval.studies.hedmark.published import MEANS, printed_means, printed_regression
from naveval.studies.hedmark.simulate.levels import (
    START,
    TREATED,
    Levels,
    build,
    by_duration,
    exposure,
    level_of,
)
from naveval.studies.hedmark.simulate.process import KINDS, Series, evolve, with_effect
from naveval.studies.hedmark.simulate.registers import series_of, windows

GROWTH = 1.10
LONG_WITHOUT = 0.50  # per cent, 104 weeks and more without benefit: from the one printed formula
UNLIKE = 0.1  # weight of durations without printed levels
PARALLEL = 0.03  # weight of what comparisons find without an effect, in per cent
OF_STOCK = 5.0  # weight of the stock, whose areas differ by a fiftieth of its level
PULL = 0.02
FIRST_HAZARD_WITHOUT = 0.68
ELSEWHERE = (("26-51", "with"), ("inflow", "with"))
"""Regression effects that tables 2 and 3 print otherwise: these are met."""
CELL = ["outcome", "group", "season", "cell"]


@dataclass(frozen=True)
class Expected:
    """Expected series of a typical control county, and of Hedmark without and with the effect."""

    control: Series
    null: Series
    treated: Series
    force: np.ndarray


@cache
def targets() -> pd.DataFrame:
    """Printed cells that the levels are solved for: outcome, group, season, cell, value."""
    means = printed_means().dropna(subset=["value"])
    means = means[means["cell"].isin([*MEANS, "effect"])]
    regression = printed_regression()
    regression = regression[regression["model"] == "effect"]
    other = pd.MultiIndex.from_frame(regression[["outcome", "group"]]).isin(ELSEWHERE)
    regression = regression[~other].assign(season="regression", cell="effect")
    found = pd.concat([means[[*CELL, "value"]], regression[[*CELL, "value"]]])
    long = [("104+", "without", "matched", f"{area}_before") for area in ("control", "treated")]
    long.append(("104+", "without", "matched", "control_after"))
    assumed = pd.DataFrame(long, columns=CELL).assign(value=LONG_WITHOUT)
    return pd.concat([found, assumed], ignore_index=True)


def expected(levels: Levels) -> Expected:
    """The series at these levels."""
    plain = replace(levels, starts_treated=np.ones(2), hazard_treated=np.ones((2, 6)))
    control, null = build(plain, ("05",), 1.0), build(levels, (TREATED,), 1.0)
    exits = by_duration(levels.effect_hazard)
    treated = with_effect(null, TREATED, exposure(), tuple(levels.effect_starts), exits)
    # One county stands for all of them: as if it had their pooled level.
    force = np.stack([control.labour_force[0] * level_of("05"), null.labour_force[0]])
    return Expected(evolve(control), evolve(null), evolve(treated), force)


def cell(at: Expected, outcome: str, group: str, season: str, name: str) -> float:
    """One cell of the tables, in per cent of the labour force or of the level before."""
    k = KINDS.index(group)
    before, after = windows(outcome)[season]
    control = 100 * series_of(at.control, outcome)[k, 0] / at.force[0]
    null, treated = (100 * series_of(s, outcome)[k, 0] / at.force[1] for s in (at.null, at.treated))
    found = {
        "control_before": control[before].mean(),
        "control_after": control[after].mean(),
        "treated_before": null[before].mean(),
        "treated_after": treated[after].mean(),
    }
    change = [found[f"{area}_after"] - found[f"{area}_before"] for area in ("treated", "control")]
    found["effect"] = 100 * (change[0] - change[1]) / found["treated_before"]
    return float(found[name])


def distances(levels: Levels, names: tuple[str, ...]) -> np.ndarray:
    """Relative distances from the printed cells of these kinds; of effects in tens of per cent."""
    at, wanted = expected(levels), targets()
    wanted = wanted[wanted["cell"].isin(names)]
    found = np.array([cell(at, *row) for row in wanted[CELL].itertuples(index=False)])
    value = wanted["value"].to_numpy()
    effects = wanted["cell"].eq("effect").to_numpy()
    weight = np.where(wanted["outcome"].eq("stock") & ~effects, OF_STOCK, 1.0)
    return weight * np.where(effects, (found - value) / 10, found / np.where(effects, 1, value) - 1)


def growth(levels: Levels) -> np.ndarray:
    """Growth of each kind's stock from December 2014 to December 2015, less what is wanted."""
    stock = expected(levels).control.stock[:, 0]
    return np.asarray(stock[:, START + 13] / stock[:, START + 1] - GROWTH)


def not_parallel(levels: Levels) -> np.ndarray:
    """What the document's comparisons find for Hedmark without the new practice."""
    at, wanted = expected(levels), targets()
    null, effects = replace(at, treated=at.null), wanted[wanted["cell"] == "effect"]
    found = [cell(null, *row) for row in effects[CELL].itertuples(index=False)]
    return PARALLEL * np.array(found)


def unlike(levels: Levels) -> np.ndarray:
    """How durations without benefit and without printed levels differ from the control county's."""
    at = expected(levels)
    found = [
        [
            cell(at, outcome, "without", "matched", f"{area}_before")
            for area in ("treated", "control")
        ]
        for outcome in ("52-77", "78-103")
    ]
    return np.array([UNLIKE * (own / other - 1) for own, other in found])


def solve(
    residuals: Callable[[np.ndarray], np.ndarray], size: int, bound: float, pull: float = PULL
) -> np.ndarray:
    """Log factors that minimise the residuals, with a weak pull to zero."""
    found = least_squares(
        lambda x: np.concatenate([residuals(x), pull * x]), np.zeros(size), bounds=(-bound, bound)
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
    one, ones, none = np.ones(2), np.ones((2, 6)), np.zeros(2)
    return Levels(
        np.array([0.31, 0.38]), hazard, one, ones, none, one, ones, none, np.zeros((2, 7))
    )


def calibrate() -> Levels:
    """Levels whose expected series come as near the document as they can."""
    levels = neutral()

    def before(x: np.ndarray) -> Levels:
        return replace(
            levels, starts=levels.starts * np.exp(x[:2]), hazard=_hazards(levels.hazard, x[2:])
        )

    def after(x: np.ndarray) -> Levels:
        hazard = _hazards(np.ones((2, 6)), x[4:])
        return replace(before(x[14:]), starts_after=np.exp(x[:2]), tilt=x[2:4], hazard_after=hazard)

    def change(x: np.ndarray) -> np.ndarray:
        at = after(x)
        return np.concatenate([distances(at, ("control_before", "control_after")), growth(at)])

    levels = after(solve(change, 26, 3.0))

    def own(x: np.ndarray) -> Levels:
        return replace(
            levels, starts_treated=np.exp(x[:2]), hazard_treated=_hazards(np.ones((2, 6)), x[2:])
        )

    def difference(x: np.ndarray) -> np.ndarray:
        at = own(x)
        return np.concatenate([distances(at, ("treated_before",)), unlike(at), not_parallel(at)])

    levels = own(solve(difference, 12, 1.0))

    def effects(x: np.ndarray) -> Levels:
        exits = np.expm1(np.array([[x[2], *x[2:8]], [0.0, *x[8:14]]]))
        return replace(levels, effect_starts=np.expm1(x[:2]), effect_hazard=exits)

    return effects(solve(lambda x: distances(effects(x), ("effect", "treated_after")), 14, 1.5))


def check(levels: Levels) -> pd.DataFrame:
    """Every printed cell with the expected one at these levels beside it, as `found`."""
    at, wanted = expected(levels), targets()
    return wanted.assign(found=[cell(at, *row) for row in wanted[CELL].itertuples(index=False)])


if __name__ == "__main__":
    for name, value in vars(calibrate()).items():
        print(f"  {name}: {np.round(value, 4).tolist()}")
