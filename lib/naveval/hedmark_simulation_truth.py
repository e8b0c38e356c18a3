"""What the simulated registers were made with: true effects and expected levels."""

from typing import Any

import numpy as np

from naveval.hedmark_simulation_levels import CONTROLS, MONTHS, START, calendar
from naveval.hedmark_simulation_process import GROUPS, KINDS, Process, Series, evolve


def windows(outcome: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Months before and after (boolean) of the document's comparisons for Hedmark."""
    years, month = calendar()
    t = np.arange(MONTHS)
    before = (years >= 2011) & (t < START)
    after = t > START
    free = {"stock": 13, "inflow": 13, "26-51": 5}.get(outcome, 11)
    found = {"regression": (before, after & (t <= START + free))}
    if outcome == "stock":
        matched = ((t >= START - 47) & (t < START) & (month != 10), after & (t <= START + 11))
        return found | {"unadjusted": (before, after), "matched": matched}
    last = 3 if outcome == "26-51" else 9
    found["matched"] = (before & (month <= last), (years == 2015) & (month <= last))
    return found | ({"unadjusted": (before, after)} if outcome == "inflow" else {})


def series_of(series: Series, outcome: str) -> np.ndarray:
    """One outcome, (kind, county, month)."""
    if outcome in ("stock", "inflow"):
        return np.asarray(getattr(series, outcome))
    return series.duration[..., GROUPS.index(outcome)]


def describe(null: Process, treated: Process, county: str) -> dict[str, Any]:
    """True effects in per cent of the expected level before, and expected levels.

    The effect is the difference in expectation between the county with and without the new
    practice, given the county's shocks. Levels are in per cent of the labour force, pooled
    for the control counties.
    """
    i = null.counties.index(county)
    without, with_practice = evolve(null), evolve(treated)
    control = [null.counties.index(c) for c in CONTROLS]
    effects, levels = [], []
    for outcome in ("stock", "inflow", *GROUPS[1:]):
        for window, (before, after) in windows(outcome).items():
            for k, kind in enumerate(KINDS):
                key = {"outcome": outcome, "group": kind, "window": window}
                rates = [
                    100 * series_of(s, outcome)[k, i] / null.labour_force[i]
                    for s in (without, with_practice)
                ]
                level = float(rates[0][before].mean())
                change = float((rates[1] - rates[0])[after].mean())
                effects.append({**key, "effect": 100 * change / level, "points": change})
                pooled = (
                    100
                    * series_of(without, outcome)[k, control].sum(0)
                    / null.labour_force[control].sum(0)
                )
                levels.append(
                    {
                        **key,
                        "treated_before": level,
                        "treated_after": float(rates[1][after].mean()),
                        "control_before": float(pooled[before].mean()),
                        "control_after": float(pooled[after].mean()),
                    }
                )
    return {"county": county, "effects": effects, "levels": levels}
