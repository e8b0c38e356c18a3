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
        ({"ended": 0.99}, "work, other and health together, weeks left at most 22, month"),
    ],
)
def test_impossible_effects_are_refused_by_name(effects: dict[str, float], named: str) -> None:
    with pytest.raises(ParameterError, match=named):
        levels.make(truth.make(effects))


def test_printed_and_no_effects_and_the_largest_pre_trend_are_possible() -> None:
    for effects in ("printed", "none"):
        for slope in (-truth.LARGEST_PRE_TREND, 0.0, truth.LARGEST_PRE_TREND):
            levels.make(truth.make(effects, slope))  # type: ignore[arg-type]
