"""A number is written with the decimals that are known of it, and no more."""

from typing import Any

import pytest

from naveval.exhibits.decimals import known
from naveval.exhibits.declare import Exhibit, Value
from naveval.exhibits.protect import Model, Public


def exhibit(protect: Any, **value: Any) -> Exhibit[Any]:
    shown = Value("hundred2_s", se="std_error", low="low", high="high", p="p", **value)
    values = {"effect": shown, "mde": Value("hundred2"), "n": Value("num1")}
    return Exhibit("tbl-1", lambda _: None, ("a",), values, protect)


MODEL = Model(digits=("mde",), points=0.0001)


@pytest.mark.parametrize(
    ("column", "error", "form", "expected"),
    [
        ("effect", 0.0069, "hundred2_s", "hundred1_s"),  # steps of 0.1 percentage point
        ("low", 0.0069, "num2", "num2"),  # two decimals of a share show whole hundredths
        ("high", 0.0069, "pp2", "pp1"),
        ("effect", 0.0030, "hundred2_s", "hundred2_s"),  # steps of 0.05
        ("effect", 0.12, "hundred2_s", "hundred0_s"),  # steps of 2
        ("effect", float("nan"), "hundred2_s", "hundred2_s"),
        ("std_error", 0.0069, "hundred2", "hundred2"),
        ("std_error", 0.012, "hundred2", "hundred1"),
        ("mde", 0.0069, "pp2", "pp1"),
        ("n", 0.0069, "num1", "num1"),
        ("effect", 0.0069, "int", "int"),
    ],
)
def test_decimals_follow_the_step_of_rounding(
    column: str, error: float, form: str, expected: str
) -> None:
    row = {"a": "x", "effect": 0.007, "std_error": error, "low": -0.007, "high": 0.02}
    row |= {"mde": 0.019, "n": 12.0, "p": 0.3}
    assert known(exhibit(MODEL), column, row, form) == expected


def test_numbers_that_nothing_rounds_keep_their_format() -> None:
    row = {"a": "x", "effect": 0.007, "std_error": 0.0069}
    assert known(exhibit(Public("a table")), "effect", row, "hundred2_s") == "hundred2_s"
    printed = exhibit(MODEL, source="published")
    assert known(printed, "effect", row, "hundred2_s") == "hundred2_s"
