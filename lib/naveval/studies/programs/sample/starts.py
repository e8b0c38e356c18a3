"""When people start programmes, when controls would have, and outcomes from then on.

Pseudo-starts (chapter 6.1.3): the month of start among the treated is predicted from the same
covariates with the same learner; each control draws a month from those probabilities and leaves
the sample if not registered with Nav then. Without this, controls who found work quickly would
stay in while comparable people who started a programme had to be unemployed until then.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naveval.estimators import forests
from naveval.estimators.forests import Floats, ForestOptions
from naveval.project.errors import EstimationError
from naveval.registers.reading import Registers
from naveval.studies.programs import basic_amount
from naveval.studies.programs.codes import CONTROL, REST
from naveval.studies.programs.sample.persons import BEFORE, Sample, register_rows

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


def counties(registers: Registers, sample: Sample) -> pd.Series:
    """Where the person of each row lived in the year of registration."""
    register_rows(registers, sample.frame)
    table = registers.query(
        "SELECT r.row, y.county FROM sample_rows r JOIN person_years y ON y.person = r.person "
        "AND y.year = r.entry // 12 + 2009"
    ).set_index("row")
    return table.county.reindex(range(len(sample.frame)))


PRICE_YEAR = 2022
PLACEBO = (13, 24)


def names(years: int) -> tuple[str, ...]:
    """Names of the outcomes: months in work and earnings by year, work by month."""
    return (
        *(f"months_{year}" for year in range(1, years + 1)),
        *(f"earnings_{year}" for year in range(1, years + 1)),
        *(f"work_{month}" for month in range(1, 12 * years + 1)),
    )


def outcomes(sample: Sample, years: int = 3) -> pd.DataFrame:
    """(n, 14 × years) outcomes from the month after the (pseudo-)start.

    Months in work a year; earnings a year in 2022 kroner; in work in each month.

    Raises
    ------
    EstimationError
        When controls have no pseudo-start yet.
    """
    work, wage = months_after(sample, years)
    offset = _offsets(sample, years)
    price = basic_amount.to_prices_of(PRICE_YEAR)
    factor = np.vectorize(price.__getitem__)(
        2009 + (sample.frame.entry.to_numpy()[:, None] + offset) // 12
    )
    pay = wage * factor
    table = np.hstack(
        [_yearly(work, years), _yearly(pay, years), work],
    )
    return pd.DataFrame(table, columns=list(names(years)))


def months_after(sample: Sample, years: int) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Work and pay in kroner of the time, (n, 12 × years), from the month after the start.

    Raises
    ------
    EstimationError
        When controls have no pseudo-start yet.
    """
    cells = BEFORE + _offsets(sample, years)
    if cells.max() >= sample.work.shape[1]:
        raise EstimationError(f"outcomes: {years} years reach beyond the months in the sample")
    rows = np.arange(len(cells))[:, None]
    return sample.work[rows, cells].astype(float), sample.wage[rows, cells]


def _offsets(sample: Sample, years: int) -> NDArray[np.int64]:
    """Months from registration to each month after the start, (n, 12 × years)."""
    start = sample.frame.start.to_numpy() - sample.frame.entry.to_numpy()
    if (start < 0).any():
        raise EstimationError(f"outcomes: {int((start < 0).sum())} controls lack a pseudo-start")
    return np.asarray(start[:, None] + np.arange(1, 12 * years + 1))


def placebo(sample: Sample) -> pd.DataFrame:
    """(n, 1) months in work 13 to 24 months before registration: no programme can change it."""
    near, far = PLACEBO
    months = sample.work[:, BEFORE - far : BEFORE - near + 1].sum(axis=1)
    return pd.DataFrame({"placebo": months.astype(float)})


def arm_codes(sample: Sample, arms: tuple[str, ...]) -> NDArray[np.int64]:
    """Position of each person's arm; the control is first."""
    codes = pd.Categorical(sample.frame.arm, categories=list(arms)).codes.astype(np.int64)
    if (codes < 0).any():
        raise EstimationError("arms: someone is in an arm that is not estimated")
    return codes


def arms_of(sample: Sample, order: tuple[str, ...]) -> tuple[str, ...]:
    """Control first, then the arms that have people, in the given order."""
    present = set(sample.frame.arm)
    return (CONTROL, *(arm for arm in order if arm in present))


def _yearly(values: NDArray[np.floating], years: int) -> NDArray[np.floating]:
    return values.reshape(len(values), years, 12).sum(axis=2)
