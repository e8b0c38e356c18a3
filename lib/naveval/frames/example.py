"""The files that the examples of `naveval.frames` read, and the figures they make."""

import contextlib
import doctest
from pathlib import Path

import numpy as np
import pandas as pd

from naveval import frames
from naveval.project.errors import ParameterError


def write(folder: Path) -> list[Path]:
    """Write panel.csv, people.csv and programs.csv, run the examples there, list what is there.

    Raises
    ------
    ParameterError
        When an example does not give what it says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in {"panel": panel(), "people": people(), "programs": programs()}.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    with contextlib.chdir(folder):
        done = doctest.testmod(frames)
    if done.failed:
        raise ParameterError(f"{folder}: {done.failed} of {done.attempted} examples went wrong")
    return sorted(folder.iterdir())


def panel() -> pd.DataFrame:
    """Twenty-one counties in 36 months; Hedmark falls by three from month 25."""
    rng = np.random.default_rng(1)
    names = ["Hedmark", *(f"County {n}" for n in range(1, 21))]
    table = pd.MultiIndex.from_product([names, range(1, 37)], names=["county", "month"])
    frame = table.to_frame(index=False)
    level = np.repeat(rng.normal(50, 6, 21), 36)
    drift = np.cumsum(rng.normal(0, 0.3, (21, 36)), axis=1).ravel()
    hit = (frame["county"] == "Hedmark") & (frame["month"] >= 25)
    return frame.assign(job_seekers=(level + drift - 3.0 * hit).round(2))


def people() -> pd.DataFrame:
    """Three thousand rows of two thousand persons in twelve offices."""
    rng = np.random.default_rng(2)
    person = rng.integers(0, 2000, 3000)
    age, sex = rng.integers(2, 7, 2000)[person], rng.choice(["f", "m"], 2000)[person]
    office = rng.integers(1, 13, 2000)[person]
    hours = 22 - age + 0.3 * (office - 6) * (office > 9) + rng.normal(0, 6, 3000)
    return pd.DataFrame(
        {
            "person": person,
            "office": [f"{code:02d}" for code in office],
            "age": age,
            "sex": sex,
            "hours": hours.round(1),
        }
    )


def programs() -> pd.DataFrame:
    """Two thousand persons; a course is worth two and more often for the young, a subsidy one."""
    rng = np.random.default_rng(3)
    age, education = rng.integers(20, 60, 2000), rng.choice(["primary", "upper"], 2000)
    odds = np.column_stack([np.ones(2000), np.where(age < 40, 0.6, 0.3), np.full(2000, 0.4)])
    chosen = (odds.cumsum(1) / odds.sum(1, keepdims=True) < rng.random((2000, 1))).sum(1)
    gain = np.choose(chosen, [0.0, 2.0, 1.0])
    earnings = age / 10 + (education == "upper") + gain + rng.normal(0, 2, 2000)
    program = np.array(["none", "course", "subsidy"])[chosen]
    table = {"program": program, "age": age, "education": education}
    return pd.DataFrame({**table, "earnings": earnings.round(2)})
