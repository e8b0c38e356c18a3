"""Pseudo-starts: when a control would have started, had they started.

Chapter 6.1.3. The month of start among the treated is predicted from the same covariates with
the same learner; each control draws a month from those probabilities and leaves the sample if
not registered with Nav then. Without this, controls who found work quickly would stay in while
comparable people who started a programme had to be unemployed until then.

When the sample's people start programmes, and where they live (tables 6-1 and 6-6).
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from naveval.estimators import forests
from naveval.estimators.forests import Floats, ForestOptions
from naveval.project.errors import EstimationError
from naveval.registers.reading import Registers
from naveval.studies.programs.codes import CONTROL, REST
from naveval.studies.programs.sample.persons import Sample, register_rows

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


BINS = ("0-2", "3-5", "6-8", "9-11", "12-14", "15-17", "18-20", "21-23", "24-47", "none")
EDGES = (3, 6, 9, 12, 15, 18, 21, 24, 48)
WINDOWS = ("0-11", "12-23")


def waiting(registers: Registers, sample: Sample) -> pd.DataFrame:
    """Months to the first programme within 48, and that programme, for each row."""
    register_rows(registers, sample.frame)
    first = registers.query(
        """SELECT r.row, s.start - r.entry AS wait, s.program
        FROM sample_rows r JOIN spells s ON s.person = r.person
            AND s.start BETWEEN r.entry AND r.entry + 47
        QUALIFY row_number() OVER (PARTITION BY r.row
            ORDER BY s.start, s.stop DESC, s.program) = 1"""
    ).set_index("row")
    return first.reindex(range(len(sample.frame)))


def time_to_first(registers: Registers, sample: Sample) -> pd.DataFrame:
    """tbl-6-1: person, first group, and months to the first programme in `BINS`."""
    wait = waiting(registers, sample).wait.fillna(999).to_numpy()
    frame = sample.frame[["person", "first_group"]]
    return frame.assign(months=np.array(BINS)[np.digitize(wait, EDGES)])


def windows(registers: Registers, sample: Sample) -> pd.DataFrame:
    """tbl-6-6: person, programme and window of each first start in `WINDOWS`.

    Programmes merged in the sample are counted as Annet in both.
    """
    first, frame = waiting(registers, sample), sample.frame
    early = frame.loc[frame.arm != CONTROL, ["person", "arm"]].rename(columns={"arm": "program"})
    late = ((first.wait >= 12) & (first.wait < 24)).to_numpy()
    known = first.program[late].isin(set(early.program))
    started = first.program[late].where(known, REST).to_numpy()
    second = pd.DataFrame({"person": frame.person[late].to_numpy(), "program": started})
    parts = [early.assign(window=WINDOWS[0]), second.assign(window=WINDOWS[1])]
    return pd.concat(parts, ignore_index=True)


def lives_in(registers: Registers, sample: Sample, county: str) -> pd.Series:
    """True for rows whose person lived in the county in the year of registration."""
    register_rows(registers, sample.frame)
    table = registers.query(
        "SELECT r.row, y.county FROM sample_rows r JOIN person_years y ON y.person = r.person "
        "AND y.year = r.entry // 12 + 2009"
    ).set_index("row")
    return table.county.reindex(range(len(sample.frame))).eq(county)
