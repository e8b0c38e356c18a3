"""A truth that no register could have is refused by name."""

import pytest

from naveval.project.errors import ParameterError
from naveval.studies.followup.simulate import levels, truth


@pytest.mark.parametrize(
    ("effects", "named"),
    [
        ({"work": -0.05}, "work, weeks left at most 22, month 201707: the effect -0.05"),
        ({"dialogue": -0.02}, "dialogue, weeks left at most 22, month"),
        ({"program": 0.95}, "program, weeks left at most 22, month"),
        ({"dialogue": 5.0}, "effects, dialogue: 5.0: expected a number from -1 to 1"),
        ({"work": float("nan")}, "effects, work: nan"),
        ({"ended": 0.99}, "work, other and health together, weeks left at most 22, month"),
    ],
)
def test_impossible_effects_are_refused_by_name(effects: dict[str, float], named: str) -> None:
    with pytest.raises(ParameterError, match=named):
        levels.make(truth.make(effects))


def test_a_pre_trend_beyond_reason_is_refused_by_name() -> None:
    for slope in (float("nan"), 10.0, -1):
        with pytest.raises(ParameterError, match=f"^pre_trend: {slope}: expected a number"):
            truth.make("none", slope)


def test_printed_and_no_effects_and_the_largest_pre_trend_are_possible() -> None:
    for effects in ("printed", "none"):
        for slope in (-truth.LARGEST_PRE_TREND, 0.0, truth.LARGEST_PRE_TREND):
            levels.make(truth.make(effects, slope))  # type: ignore[arg-type]
