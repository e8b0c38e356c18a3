"""Which counties' curves a reader sees first."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from naveval.publishing.site import curves

WORDS = {"levels": "fig-county-levels"}


@pytest.fixture
def result(tmp_path: Path) -> SimpleNamespace:
    rows = pd.DataFrame(
        {
            "label": "fig-county-levels",
            "county": ["03", "11", "15", "31", "34", "56", ""],
            "estimate": [0.1, 0.1, 0.2, -1.0, 0.1, 2.0, 6.0],
            "ci_low": [-1, -1, -1, -1.1, -1, -1, None],
            "ci_high": [1, 1, 1, -0.9, 1, 5, None],
            "n_persons": [300, 200, 100, 10, 50, 5, None],
        }
    )
    rows.to_csv(tmp_path / "estimates.csv", index=False)
    return SimpleNamespace(folder=tmp_path, withdrawn=False)


def test_the_country_then_the_sure_then_the_largest(result: SimpleNamespace) -> None:
    order = ["", "03", "11", "15", "31", "34", "56"]
    assert curves.shown_first(result, WORDS, order) == ["", "31", "03", "11", "15"]


def test_without_levels_the_first_are_shown(tmp_path: Path) -> None:
    none = SimpleNamespace(folder=tmp_path, withdrawn=False)
    assert curves.shown_first(none, WORDS, ["03", "11"]) == ["03", "11"]
