"""Person-periods drawn straight from the simulation, without register files: for many draws."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from naveval.studies.followup import protection
from naveval.studies.followup.panel import Panel
from naveval.studies.followup.parameters import Parameters
from naveval.studies.followup.simulate import levels
from naveval.studies.followup.simulate import periods as drawn
from naveval.studies.followup.simulate import registers as simulation
from naveval.studies.followup.simulate import truth as truths
from naveval.studies.followup.simulate.truth import Effects

LAST_PERIOD = 92


@lru_cache(maxsize=8)
def _levels(effects: str, pre_trend: float) -> levels.Levels:
    return levels.make(truths.make(effects, pre_trend))  # type: ignore[arg-type]


def window(
    scale: float,
    seed: int,
    effects: Effects | Mapping[str, float] = "printed",
    pre_trend: float = 0.0,
) -> pd.DataFrame:
    """What `followup_panel` makes of registers simulated until July 2018."""
    made = (
        _levels(effects, pre_trend)
        if isinstance(effects, str)
        else levels.make(truths.make(effects, pre_trend))
    )
    spells, periods = drawn.simulate(made, scale, np.random.default_rng(seed), LAST_PERIOD)
    use = simulation.in_window(periods)
    index = levels.PERIOD_MONTH[periods.period[use]]
    found = pd.DataFrame(
        {
            "person": spells.person[periods.spell[use]],
            "county": "03",
            "month": (2015 + index // 12) * 100 + index % 12 + 1,
            "duration": periods.duration[use].astype("int16"),
            "weeks_left": periods.left[use],
            "phone": periods.phone[use],
            "meeting": periods.meeting[use],
            "question": periods.question[use],
        }
    )
    return found.assign(**simulation.outcomes(periods, use))


def cells(window: pd.DataFrame, parameters: Parameters) -> dict[str, pd.DataFrame]:
    """Protected means for event studies of drawn person-periods."""
    draw = np.random.default_rng(int(window["person"].max()))
    keys = draw.integers(1, 2**31, int(window["person"].max()) + 1)
    panel = Panel(window, window[:0], window[:0], pd.DataFrame({"record_key": keys}))
    return protection.cells(panel, parameters)
