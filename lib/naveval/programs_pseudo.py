"""Pseudo-starts: when a control would have started, had they started.

Chapter 6.1.3. The month of start among the treated is predicted from the same covariates with
the same learner; each control draws a month from those probabilities and leaves the sample if
not registered with Nav then. Without this, controls who found work quickly would stay in while
comparable people who started a programme had to be unemployed until then.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from naveval import forests
from naveval.errors import EstimationError
from naveval.forests import Floats, ForestOptions
from naveval.programs_codes import CONTROL
from naveval.programs_sample import Sample

SEED_STREAM = 31


def draw_pseudo_starts(
    sample: Sample, x: Floats, window: int, options: ForestOptions, *, seed: int
) -> tuple[Sample, Floats]:
    """Give every control a pseudo-start and drop those no longer registered in that month.

    Parameters
    ----------
    x
        (n, p) covariates, rows as in the sample.
    window
        Months in which a start counts as treatment.

    Returns
    -------
    The sample without the controls who left, and their covariates left out too. The flow gets
    the steps `no_longer_registered` and `controls`.
    """
    frame = sample.frame.copy()
    treated = (frame.arm != CONTROL).to_numpy()
    month = (frame.start - frame.entry).to_numpy()
    probability = forests.probability_forest(
        x[treated], month[treated], window, x[~treated], options, seed=SEED_STREAM
    )
    rng = np.random.default_rng([seed, SEED_STREAM])
    edges = probability.cumsum(axis=1)
    drawn = (rng.random(len(edges))[:, None] * edges[:, -1:] > edges).sum(axis=1)
    frame.loc[~treated, "start"] = frame.entry[~treated] + drawn
    whole = replace(sample, frame=frame)
    keep = treated | (whole.status_at_start() > 0)
    if not (keep & ~treated).any():
        raise EstimationError("pseudo-starts: no control is registered in the month drawn")
    steps = [
        ("no_longer_registered", int((~keep).sum())),
        ("controls", int((keep & ~treated).sum())),
        ("sample", int(keep.sum())),
    ]
    flow = pd.concat([sample.flow, pd.DataFrame(steps, columns=["step", "n"])], ignore_index=True)
    return replace(whole.take(keep), flow=flow), x[keep]
