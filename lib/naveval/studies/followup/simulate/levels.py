"""Means behind the simulated registers: by duration, month, weeks left.

Every mean is a sum of a duration profile, a month profile, a gap between the two groups and
the true effect, so that parallel trends hold exactly unless a pre-trend is asked for.
Profiles follow the shapes the document describes; levels are set so that the target group's
means and the number of observations come out as printed.
"""

from dataclasses import dataclass

import numpy as np

from naveval.project.months import to_code
from naveval.registers import simulation
from naveval.studies.followup import weeks
from naveval.studies.followup.simulate import truth as truths
from naveval.studies.followup.simulate.truth import BREAK, START, Truth

N_PERIODS = 209
LAST_EXIT = N_PERIODS - 3
N_MONTHS = 96
MAX_DURATION = 60
SEPTEMBER = weeks.month_index(201709)
PERIOD_MONTH = np.array([weeks.month_index(weeks.month(2 * t + 1)) for t in range(N_PERIODS)])
HAZARDS = ("work", "other", "health")
OUTCOMES = ("program", "dialogue", *HAZARDS)


@dataclass(frozen=True)
class Levels:
    """Additive parts of each mean.

    Attributes
    ----------
    duration, month
        Outcome to profile: (MAX_DURATION,) and (N_MONTHS,).
    gap
        Outcome to the difference between at most 26 weeks left and more.
    truth
        True effects.
    """

    duration: dict[str, np.ndarray]
    month: dict[str, np.ndarray]
    gap: dict[str, float]
    truth: Truth


def make(truth: Truth) -> Levels:
    """The levels matched to the printed means.

    Raises
    ------
    ParameterError
        For effects larger than the level they change, or more exits than persons.
    """
    k = np.arange(MAX_DURATION, dtype=float)
    after_a_year = 1 / (1 + np.exp(-(k - 28) / 2.5))
    duration = {
        "program": 0.060 + 0.054 * (1 - np.exp(-k / 18)),
        "dialogue": 0.0110 + 0.026 * np.exp(-k / 4) + 0.0100 * after_a_year,
        "work": 0.0180 + 0.058 * np.exp(-k / 7),
        "other": 0.0119 + 0.020 * np.exp(-k / 7),
        "health": 0.00045 + 0.0001 * after_a_year,
    }
    gap = {"program": 0.024, "dialogue": 0.0015, "work": 0.0, "other": 0.0010, "health": 0.0001}
    found = Levels(duration, _months(), gap, truth)
    _require_possible(found)
    return found


def _require_possible(levels: Levels) -> None:
    """Refuse effects that are larger than the level anywhere in the long window, by name."""
    months = np.arange(START, BREAK + 6)
    axes = {
        "weeks left": ["more than 26", "at most 22", "23 to 26"],
        "month": [str(month) for month in to_code(weeks.JANUARY_2015 + months)],
    }
    total = np.zeros((3, months.size))
    for outcome in OUTCOMES:
        change = effect(levels, outcome)[:, truths.half(months)]
        least = levels.duration[outcome].min() + levels.month[outcome][months]
        level = least + levels.gap[outcome] * np.array([[0], [1], [1]])
        simulation.require_effect(outcome, change, level, axes)
        most = level + change + np.ptp(levels.duration[outcome])
        if outcome in HAZARDS:
            total = total + most
        elif outcome == "program":
            simulation.require_exits(outcome, most, 1.0, axes)
    simulation.require_exits("work, other and health together", total, 1.0, axes)


def _months() -> dict[str, np.ndarray]:
    index = np.arange(N_MONTHS)
    season = np.array([-0.1, 0.0, 0.2, 0.3, 0.3, 0.2, -0.2, 0.4, 0.1, -0.2, -0.4, -0.6])[index % 12]
    late = index >= BREAK
    jump = np.zeros(N_MONTHS)
    jump[SEPTEMBER : SEPTEMBER + 4] = (0.0130, 0.0100, 0.0075, 0.0055)
    return {
        "program": 0.0185
        + np.interp(index, (START - 12, START - 3), (-0.024, 0.0))
        + 0.004 * season,
        "dialogue": 0.0012 + jump + np.where(late, -0.0050, 0.0) + 0.001 * season,
        "work": 0.0055 * season + np.where(late, 0.0030, 0.0),
        "other": 0.0012 * season + np.where(late, 0.0095, 0.0),
        "health": 0.0002 + np.where(late, 0.0006, 0.0),
    }


def mean(
    levels: Levels, outcome: str, duration: np.ndarray, month: np.ndarray, left: np.ndarray
) -> np.ndarray:
    """Mean of an outcome per two-week period; `ended` is work and other together.

    Parameters
    ----------
    duration, month, left
        Duration in periods, months since January 2015, weeks left at the period's start.
    """
    if outcome == "ended":
        return mean(levels, "work", duration, month, left) + mean(
            levels, "other", duration, month, left
        )
    target = left <= 26
    found = levels.duration[outcome][duration] + levels.month[outcome][month]
    found = (
        found
        + levels.gap[outcome] * target
        + effect(levels, outcome)[truths.band(left), truths.half(month)]
    )
    if outcome == "program" and levels.truth.pre_trend:
        inside = np.clip(month, START - 12, BREAK + 6) - START
        found = found + levels.truth.pre_trend * inside * target
    return found


def effect(levels: Levels, outcome: str) -> np.ndarray:
    """True effect by band and half-year (3 × 3)."""
    if outcome == "other":
        return levels.truth.effects["ended"] - levels.truth.effects["work"]
    return levels.truth.effects[outcome]
