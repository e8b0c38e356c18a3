"""When the sample's people start programmes, and where they live (tables 6-1 and 6-6)."""

import numpy as np
import pandas as pd

from naveval.programs_codes import CONTROL, REST
from naveval.programs_sample import Sample, register_rows
from naveval.registers import Registers

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
    """tbl-6-1: percent by months to the first programme and first group.

    Returns
    -------
    One row per bin: months, and per first group n_<group> and <group> (percent).
    """
    wait = waiting(registers, sample).wait.fillna(999).to_numpy()
    bins = pd.Categorical.from_codes(np.digitize(wait, EDGES), categories=BINS)
    table = pd.DataFrame({"months": list(BINS)})
    for group in ("standard", "situational", "special"):
        rows = (sample.frame.first_group == group).to_numpy()
        counts = bins[rows].value_counts().reindex(list(BINS)).to_numpy()
        table[f"n_{group}"] = counts
        table[group] = 100 * counts / max(1, counts.sum())
    return table


def windows(registers: Registers, sample: Sample) -> pd.DataFrame:
    """tbl-6-6: persons who start each programme in months 0–11 and 12–23.

    Programmes merged in the sample are counted as Annet in both.
    """
    first = waiting(registers, sample)
    frame = sample.frame
    early = frame.arm[frame.arm != CONTROL].value_counts()
    names = list(early.index)
    started = first.program[(first.wait >= 12) & (first.wait < 24)]
    late = started.where(started.isin(names), REST).value_counts()
    names = [*names, *({REST} & set(late.index) - set(names))]
    return pd.DataFrame(
        {
            "program": names,
            "early": early.reindex(names).fillna(0).astype(int).to_numpy(),
            "late": late.reindex(names).fillna(0).astype(int).to_numpy(),
        }
    ).sort_values("program", ignore_index=True)


def lives_in(registers: Registers, sample: Sample, county: str) -> pd.Series:
    """True for rows whose person lived in the county in the year of registration."""
    register_rows(registers, sample.frame)
    table = registers.query(
        "SELECT r.row, y.county FROM sample_rows r JOIN person_years y ON y.person = r.person "
        "AND y.year = r.entry // 12 + 2009"
    ).set_index("row")
    return table.county.reindex(range(len(sample.frame))).eq(county)
