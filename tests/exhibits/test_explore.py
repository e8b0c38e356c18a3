"""Menus that redraw."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from naveval.exhibits import explore
from naveval.exhibits.output import Output, open_output
from naveval.project import catalogue, notebooks, parameters, paths, places
from naveval.project.errors import ParameterError
from naveval.running import notebook
from naveval.studies.programs.costs.analysis import analyse
from naveval.studies.programs.exhibits import explore as programs_explore
from naveval.studies.programs.results import ProgramResults


def opened(tmp_path: Path) -> Output:
    texts = {"explore": {"county": "Fylke"}}
    return Output("hedmark", places.place(""), tmp_path, "simulated", texts)


def test_every_choice_redraws_with_its_value(tmp_path: Path) -> None:
    drawn: list[tuple[Any, ...]] = []

    def draw(output: Output, panel: str, *, county: str, months: int) -> str:
        drawn.append((panel, county, months))
        return county

    box = explore.explore(
        opened(tmp_path),
        draw,
        "panel",
        choices={"county": {"Oslo": "03", "Hedmark": "04"}, "months": [12, 24]},
    )
    county, months = box.children[0].children
    assert county.description == "Fylke"
    assert drawn == [("panel", "03", 12)]
    county.value = "04"
    months.value = 24
    assert drawn[1:] == [("panel", "04", 12), ("panel", "04", 24)]


def test_what_is_drawn_is_set_and_an_error_stands_in_its_place(tmp_path: Path) -> None:
    def draw(output: Output, *, county: str) -> str:
        if county == "04":
            raise ParameterError("no such county")
        return county

    box = explore.explore(opened(tmp_path), draw, choices={"county": ["03", "04"]})
    menu, shown = box.children[0].children[0], box.children[1]
    assert [one["data"]["text/plain"] for one in shown.outputs] == ["'03'"]
    menu.value = "04"
    assert [one["text"] for one in shown.outputs] == ["no such county"]


def test_nothing_to_choose_from_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="nothing to choose from for county"):
        explore.explore(opened(tmp_path), print, choices={"county": []})


def test_assumptions_of_the_menus_change_the_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVEVAL_RESULT", str(tmp_path))
    chosen = parameters.load("programs", changes={"draws": 100})
    results = ProgramResults(chosen, costs=analyse(chosen))
    output = open_output("programs", chosen)
    used = {"discount_rate": 0.04, "tax_cost": 0.2, "displacement": 0.0}
    file = tmp_path / "figures/fig-composition.csv"
    programs_explore.draw(output, results, **used)
    before = file.read_text()
    for name, value in {"discount_rate": 0.06, "tax_cost": 0.0, "displacement": 0.5}.items():
        programs_explore.draw(output, results, **{**used, name: value})
        assert file.read_text() != before, name


@pytest.mark.parametrize("study", catalogue.names())
def test_notebook_ends_in_menus_that_reports_leave_out(study: str) -> None:
    book = nbformat.read(paths.notebook(study), as_version=4)
    tagged = [cell for cell in book.cells if "explore" in cell.metadata.get("tags", [])]
    assert re.search(r"\.menus\((output|study), ", tagged[-1].source)
    kept = notebook.select_parts(study, parameters.load(study))["cells"]
    assert not [cell for cell in kept if "explore" in notebooks.tags(cell)]
