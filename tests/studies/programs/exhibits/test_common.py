"""What the report says of what simulated registers were made with."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from naveval.exhibits import claims
from naveval.studies.programs.exhibits import common


@pytest.mark.parametrize(
    ("known", "truth", "wanted", "outside"),
    [
        (True, [1.0, 0.0], "all", ""),
        (True, [1.0, 3.0], "some", "aft"),
        (True, [9.0, 3.0], "none", "amo og aft"),
        (False, [1.0, 0.0], "", ""),
    ],
)
def test_intervals_are_held_against_what_was_put_in(
    known: bool, truth: list[float], wanted: str, outside: str
) -> None:
    """Only of those who took part, and nothing of a real register."""
    rows = pd.DataFrame({"estimand": ["att", "att"], "arm": ["AMO", "AFT"], "truth": truth})
    rows = rows.assign(months=[1.2, 0.3], std_error=[0.5, 0.5])
    other = rows.assign(estimand="ate", truth=99.0)
    frame = pd.concat([rows, other])
    reader: Any = SimpleNamespace(
        common=lambda _: known, frame=lambda _: frame, named=lambda _, arm: arm.lower()
    )
    assert claims.recovered(common.built_in(reader)) == wanted
    assert common.BUILT_IN.choose(reader) == wanted
    assert common.BUILT_IN.facts["outside"].get(reader) == outside
