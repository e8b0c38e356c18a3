"""Warnings point to the line that called; apart, since mutants are called by another line."""

import warnings

import numpy as np
import pandas as pd
import pytest

import naveval as nv
from naveval.frames import example
from naveval.project.errors import EstimationWarning

COLUMNS = {"outcome": "y", "unit": "unit", "time": "time"}


def panel(treated: int) -> pd.DataFrame:
    frame = pd.DataFrame({"unit": np.repeat(range(8), 6), "time": list(range(6)) * 8})
    frame["start"] = np.where(frame["unit"] < treated, 3.0, np.nan)
    frame["treated"] = (frame["time"] >= frame["start"]).astype(int)
    return frame.assign(y=np.random.default_rng(1).normal(size=48))


@pytest.mark.parametrize("name", ["did", "event_study", "group_time", "one_treated", "att"])
def test_a_warning_points_to_the_line_that_called(name: str, monkeypatch) -> None:
    given = {
        "did": {"treated": "treated"},
        "one_treated": {"treated": 0, "start": 3},
    }.get(name, {"start": "start"})
    frame = panel(1 if name == "one_treated" else 3)
    if name == "att":
        pay = {"outcome": "earnings", "program": "program", "control": "none"}
        programs = example.programs().head(300)
        fitted = nv.cross_fit(programs, **pay, covariates="age", trees=4)
        poor = fitted.table().assign(overlap="poor")
        monkeypatch.setattr(type(fitted), "table", lambda _: poor)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", EstimationWarning)
        if name == "att":
            nv.att(fitted)
        else:
            getattr(nv, name)(frame, **COLUMNS, **given)
    assert {one.filename for one in heard} == {__file__}
