"""Norwegian number format."""

import numpy as np
import pandas as pd
import pytest

from naveval.project import formats


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("num1", 1234.56, "1 234,6"),
        ("num0", -1234567, "−1 234 567"),
        ("num0", -0.4, "0"),
        ("num2_s", 0.5, "+0,50"),
        ("num2_s", 0.0, "0,00"),
        ("pct1", 12.34, "12,3 %"),
        ("share1", 0.1234, "12,3 %"),
        ("share0_s", -0.5, "−50 %"),
        ("size", 0.2, "20 %"),
        ("size", 0.0085, "0,85 %"),
        ("pp2", 0.0123, "1,23 prosentpoeng"),
        ("nok", -145_234.4, "−145 234 kr"),
        ("nok1000", -144_500, "−145 000 kr"),
        ("p", 0.0004, "< 0,001"),
        ("p", 0.0454, "0,045"),
        ("month", "2017-07", "juli 2017"),
        ("month", pd.Timestamp("2014-11-01"), "november 2014"),
        ("num1", float("inf"), "∞"),
        ("text", "æøå", "æøå"),
        ("or_none", 0, "ingen"),
        ("Or_none", 0, "Ingen"),
        ("or_none", 18, "18"),
    ],
)
def test_named_format(name: str, value: object, shown: str) -> None:
    spaces = {formats.THIN: " ", formats.NO_BREAK: " "}
    assert formats.FORMATS[name](value).translate(str.maketrans(spaces)) == shown


def test_numbers_do_not_break_across_lines() -> None:
    """Thousands, unit and number stay together: U+202F and U+00A0, never a plain space."""
    assert formats.nok(-1234567) == "\u22121\u202f234\u202f567\u00a0kr"
    assert formats.share(0.5) == "50,0\u00a0%"


@pytest.mark.parametrize("value", [None, float("nan"), np.nan, pd.NA, pd.NaT])
def test_missing_is_two_dots(value: object) -> None:
    assert {formats.FORMATS[name](value) for name in formats.FORMATS} == {".."}


def test_fill_uses_norwegian_names_of_formats() -> None:
    assert formats.fill("{a:nok} av {b}", {"a": 5, "b": "Oslo"}) == "5\u00a0kr av Oslo"


def test_fill_rejects_unknown_format_and_missing_value() -> None:
    with pytest.raises(KeyError, match="unknown number format"):
        formats.fill("{a:.2f}", {"a": 1})
    with pytest.raises(KeyError, match="b"):
        formats.fill("{b:nok}", {"a": 1})


def test_names_as_running_text() -> None:
    told = [formats.listed(["A", "B", "C"][:n]) for n in range(4)]
    assert told == ["", "A", "A og B", "A, B og C"]


def test_rounded_goes_away_from_zero_at_a_half() -> None:
    assert [formats.rounded(x, 1000) for x in (500, -500, 1499, -1501)] == [
        1000,
        -1000,
        1000,
        -2000,
    ]


@pytest.mark.parametrize("meant", ["1,05", "1,15", "1,55", "1,95", "−2,25"])
def test_a_half_goes_away_from_zero_by_the_decimals_that_are_meant(meant: str) -> None:
    value = float(meant.replace(",", ".").replace("−", "-"))
    up = f"{abs(value) + 0.05:.1f}".replace(".", ",")
    assert formats.number(value, 1) == ("−" if value < 0 else "") + up
    assert formats.share(value / 100, 1) == formats.percent(value, 1)
