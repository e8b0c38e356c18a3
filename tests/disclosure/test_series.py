"""The step of time of a series."""

import pandas as pd
import pytest

from naveval.disclosure import series


def at(per_month: float, base: float) -> object:
    def frame(step: series.Step) -> pd.DataFrame:
        width = series.MONTHS.get(step, 24)
        return pd.DataFrame({"n": [per_month * width] * 3, "all": [base * width] * 3})

    return frame


@pytest.mark.parametrize(
    ("per_month", "base", "step"),
    [
        (10, 100, "month"),
        (4, 100, "quarter"),
        (2, 100, "half_year"),
        (1, 100, "year"),
        (0.5, 100, "all"),
        (0.1, 100, ""),
        (98, 100, "half_year"),
    ],
)
def test_the_finest_step_with_enough_with_and_without(
    per_month: float, base: float, step: str
) -> None:
    found = series.finest(at(per_month, base), "n", "all")  # type: ignore[arg-type]
    assert (found is None) == (step == "")
    assert found is None or set(found["step"]) == {step}


def test_periods_are_whole_from_the_first_month() -> None:
    months = pd.Series([24172, 24174, 24175, 24184])
    assert series.period(months, "quarter", 24172).tolist() == [24172, 24172, 24175, 24184]
    assert series.period(months, "all", 24172).tolist() == [24172] * 4


@pytest.mark.parametrize(
    ("counts", "of", "told"),
    [
        ([10, 10, 0], 20, True),
        ([10, 9, 0], 20, False),
        ([10, 10, 10], 19, False),  # nine in the median are without
        ([10, 10, 10], 0, True),  # without persons to be part of, only the numerator is asked for
    ],
)
def test_half_of_the_points_have_ten_with_and_ten_without(
    counts: list[int], of: int, told: bool
) -> None:
    frame = pd.DataFrame({"n": counts, "all": of, "of": "b"})
    other = frame.assign(n=100, all=200, of="a")
    asked = ("n", "all") if of else ("n",)
    assert series.enough(frame, *asked) is told
    found = series.enough_in(pd.concat([frame, other]), ["of"], *asked)
    assert found.to_dict() == {"b": told, "a": True}
    assert found.index.tolist() == ["b", "a"]  # in the order of the frame
