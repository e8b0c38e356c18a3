"""Opening a study checks parameters and registers, also in a notebook run by hand."""

import os
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import naveval as nv
from naveval.exhibits import opening
from naveval.project import parameters
from naveval.project.errors import ContractError, ParameterError
from naveval.studies.hedmark.simulate import registers

ROOT = Path(__file__).parent.parent.parent
CELL = ROOT / "notebooks" / "hedmark.ipynb"


def cell() -> str:
    book = nbformat.read(CELL, as_version=4)
    return next(c.source for c in book.cells if "parameters" in c.metadata.get("tags", []))


class Shell:
    """What IPython knows after these cells."""

    def __init__(self, *sources: str) -> None:
        self.user_ns: dict[str, Any] = {"In": ["", *sources]}
        for source in sources:
            exec(source, self.user_ns)


def read(monkeypatch: pytest.MonkeyPatch, *sources: str) -> dict[str, Any]:
    monkeypatch.setattr(opening, "shell", lambda: Shell(*sources))
    return opening.notebook_parameters("hedmark")


def test_parameters_are_the_names_of_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    later = "smallest = 3.5 + 1\nimport os"
    given = read(monkeypatch, cell(), 'county = "03"', later)
    assert given == {**parameters.model("hedmark")().model_dump(mode="json"), "county": "03"}


def test_unknown_and_missing_names_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = cell().replace("seed = 1", "sed = 1")
    with pytest.raises(ParameterError) as told:
        read(monkeypatch, faulty)
    assert "sed: unknown; allowed: county, data" in str(told.value)
    assert "seed: missing" in str(told.value)


def test_a_misspelt_name_is_forgotten_when_put_right(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "sed" not in read(monkeypatch, cell().replace("seed = 1", "sed = 1"), cell())


def test_injected_unknown_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ParameterError, match="countyy: unknown"):
        read(monkeypatch, cell(), '# Parameters\ncountyy = "03"\n')


def test_without_a_cell_the_defaults_are_changed_by_name(project: Path) -> None:
    opened = nv.open("programs", parts=["costs"], draws=500)
    assert opened.parameters == parameters.load(
        "programs", changes={"parts": ["costs"], "draws": 500}
    )
    assert opened.output.folder == project / "report/_out/programs/hele-landet-interactive"
    with pytest.raises(ParameterError, match="drews: 5: unknown key"):
        nv.open("programs", drews=5)
    with pytest.raises(ParameterError, match=r"parts: .*unknown nope; allowed: participants"):
        nv.open("programs", parts=["nope"])


def test_code_that_lost_its_zero_is_told() -> None:
    with pytest.raises(ParameterError, match='county: 3: expected text in quotes, such as "03"'):
        nv.open("hedmark", county=3)
    with pytest.raises(ParameterError, match=r"control\.0: 1: expected text in quotes"):
        nv.open("hedmark", control=[1, 3, 5])


def test_papermill_that_took_a_code_for_a_number_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "shell", lambda: Shell(cell(), "# Parameters\ncounty = 3\n"))
    with pytest.raises(ParameterError, match=r"county: 3: .*papermill -r county 03"):
        nv.open("hedmark")


def test_package_names_what_it_has() -> None:
    assert {"open", "run"} <= set(dir(nv))
    with pytest.raises(AttributeError, match="naveval has no opne; it has open"):
        nv.opne  # noqa: B018


@pytest.fixture
def doubled(project: Path, tmp_path: Path) -> Path:
    """Registers with every row of one table twice."""
    made = tmp_path / "registers"
    made.mkdir()
    registers.simulate(made, scale=0.03, seed=1)
    file = next(made.rglob("*.parquet"))
    rows = pd.read_parquet(file)
    pd.concat([rows, rows]).to_parquet(file)
    return made


def test_duplicated_rows_are_refused_in_a_notebook_run_by_hand(doubled: Path) -> None:
    book = nbformat.read(CELL, as_version=4)
    book.cells = book.cells[:3]
    book.cells[0].source = book.cells[0].source.replace('data = ""', f'data = "{doubled}"')
    client = NotebookClient(book, kernel_name="python3", timeout=120)
    with pytest.raises(CellExecutionError, match=r"ContractError[\s\S]*expected one row per"):
        client.execute(env=dict(os.environ))
    with pytest.raises(ContractError, match="one row per"):
        nv.open("hedmark", data=str(doubled))
