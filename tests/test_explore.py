"""Menus that redraw."""

from pathlib import Path
from typing import Any

import pytest

from naveval import explore
from naveval.errors import ParameterError
from naveval.output import Output


def opened(tmp_path: Path) -> Output:
    texts = {"explore": {"county": "Fylke"}}
    return Output("hedmark", "hele-landet", tmp_path, "simulated", texts, "hele landet")


def test_every_choice_redraws_with_its_value(tmp_path: Path) -> None:
    drawn: list[tuple[Any, ...]] = []

    def draw(output: Output, panel: str, *, county: str, months: int) -> str:
        drawn.append((panel, county, months))
        return county

    box = explore.explore(
        opened(tmp_path), draw, "panel",
        choices={"county": {"Oslo": "03", "Hedmark": "04"}, "months": [12, 24]},
    )  # fmt: skip
    county, months = box.children[0].children
    assert county.description == "Fylke"
    assert drawn == [("panel", "03", 12)]
    county.value = "04"
    months.value = 24
    assert drawn[1:] == [("panel", "04", 12), ("panel", "04", 24)]


def test_nothing_to_choose_from_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="nothing to choose from for county"):
        explore.explore(opened(tmp_path), print, choices={"county": []})
