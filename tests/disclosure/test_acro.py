"""Frequency and dominance rules beside those of acro (`tests/reference/acro_rules.py`)."""

from pathlib import Path

import numpy as np
import pandas as pd

from naveval.disclosure import counts, magnitudes
from naveval.disclosure.thresholds import thresholds

ACRO = pd.read_csv(Path(__file__).parent.parent / "reference" / "acro_rules.csv")


def test_what_acro_calls_too_few_is_marked_and_nothing_else() -> None:
    marks = counts.marks(ACRO["n"], ACRO["n"], is_count=True)
    assert ((marks == counts.NOISY) == ACRO["count"].str.contains("threshold")).all()


def test_every_sum_that_acro_stops_is_stopped() -> None:
    few = ACRO["n"] < thresholds().sums.least_persons
    dominated = magnitudes.dominated(ACRO["hours"], ACRO["square"])
    stopped = ACRO["sum"] != "ok"
    assert (few | dominated)[stopped].all()
    one_has_most = ACRO["sum"].str.contains("nk-rule")
    np.testing.assert_array_equal(dominated, one_has_most)
    assert (ACRO.loc[~dominated, "largest"] <= thresholds().largest_share).all()
