"""Simulated registers: files, folders, shocks of the stated size, and truths that cannot be."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.project import catalogue, parameters
from naveval.project.errors import ContractError, ParameterError
from naveval.registers import extracts, simulation


def test_tables_are_written_whole_and_in_parts(tmp_path: Path) -> None:
    code = simulation.coded(np.array([1, 0, 1]), ("a", "b"))
    assert simulation.write_table(tmp_path, "one", {"code": code}) == 3
    for part in ("2014", "2015"):
        simulation.write_table(tmp_path, "many", {"n": [1, 2]}, part=part)
    assert pq.read_table(tmp_path / "one.parquet")["code"].to_pylist() == ["b", "a", "b"]
    assert sorted(file.name for file in (tmp_path / "many").iterdir()) == [
        "2014.parquet",
        "2015.parquet",
    ]


def test_more_names_than_a_byte_holds_keep_their_names() -> None:
    names = [f"n{i}" for i in range(300)]
    assert simulation.coded(np.array([299, 0]), names).to_pylist() == ["n299", "n0"]


def test_truth_is_read_back_and_missing_for_real_registers(tmp_path: Path) -> None:
    assert simulation.read_truth(tmp_path) is None
    simulation.write_truth(tmp_path, {"fylke": "Østfold", "effect": -0.1})
    assert simulation.read_truth(tmp_path) == {"fylke": "Østfold", "effect": -0.1}
    with pytest.raises(ValueError, match="not JSON compliant"):
        simulation.write_truth(tmp_path, {"effect": float("nan")})


@pytest.mark.parametrize(("persistence", "sd"), [(0.0, 1.0), (0.6, 0.5), (0.95, 2.0)])
def test_shocks_have_the_variance_and_autocorrelation_they_are_given(
    persistence: float, sd: float
) -> None:
    made = simulation.autoregressive(np.random.default_rng(3), (20_000, 12), persistence, sd)
    np.testing.assert_allclose(made.std(axis=0), sd, rtol=0.03)
    for lag in (1, 5):
        found = (made[:, lag:] * made[:, :-lag]).mean() / made.var()
        assert found == pytest.approx(persistence**lag, abs=0.02)


@pytest.mark.parametrize(
    ("sd", "persistence"), [(-1.0, 0.5), (50, 0.5), (np.nan, 0.5), (1.0, 1.0), (1.0, -0.1)]
)
def test_shocks_that_cannot_be_are_refused(sd: float, persistence: float) -> None:
    with pytest.raises(ParameterError, match=r"^(sd|persistence): .*expected a number"):
        simulation.autoregressive(np.random.default_rng(1), (3,), persistence, sd)


def test_an_effect_larger_than_the_level_is_refused_by_name() -> None:
    axes = {"group": ("with", "without"), "window": ("short", "long")}
    simulation.require_effect("work", [[-0.1, -0.2], [0.3, 0.0]], 0.2, axes)
    with pytest.raises(ParameterError, match="work, group without, window long: the effect"):
        simulation.require_effect("work", [[0.0, 0.0], [-0.2, -0.3]], 0.2, axes)
    with pytest.raises(ParameterError, match="work: the effect nan"):
        simulation.require_effect("work", float("nan"), 1.0)


def test_more_exits_than_persons_are_refused_by_name() -> None:
    simulation.require_exits("exits", [0.0, 1.0])
    simulation.require_exits("exits", [3, 4], [3, 5])
    with pytest.raises(ParameterError, match="exits, county 04: 6 exits of 5 persons"):
        simulation.require_exits("exits", [3, 6], [3, 5], {"county": ("03", "04")})
    with pytest.raises(ParameterError, match="expected from none"):
        simulation.require_exits("exits", -0.1)


@pytest.mark.parametrize("scale", [0.0, 1e-9, -1.0, 1.1, float("nan"), "0.1", True, None])
def test_scales_outside_are_refused(scale: object) -> None:
    with pytest.raises(ParameterError, match=r"^scale: .*: expected a number from 0.0001 to 1$"):
        simulation.require_draw(scale, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 1.5, float("nan"), "abc", None, True, 2**40])
def test_seeds_that_no_draw_can_be_repeated_with_are_refused(seed: object) -> None:
    with pytest.raises(ParameterError, match=r"^seed: .*: expected a whole number from 0 to"):
        simulation.require_draw(0.1, seed)  # type: ignore[arg-type]
    simulation.require_draw(np.float64(1), np.int64(0))


@pytest.mark.parametrize("given", [("--scale", "1e-9"), ("--seed", "-1")])
def test_what_cannot_be_drawn_leaves_no_folder(tmp_path: Path, given: tuple[str, str]) -> None:
    out = tmp_path / "new"
    done = CliRunner().invoke(cli.main, ["data", "hedmark", *given, "--out", str(out)])
    assert done.exit_code == 2
    assert given[0].removeprefix("--") in done.stderr
    assert not out.exists()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The settings of every simulation; each writes one file."""
    calls: list[dict[str, Any]] = []
    real = catalogue.module

    def simulate(folder: Path, **settings: Any) -> None:
        (folder / "a.csv").write_text(f"{settings['seed']}\n")
        calls.append(settings)

    simulate.__module__ = simulation.__name__  # what the code is remembered by
    wanted = {("hedmark", "simulate"): SimpleNamespace(simulate=simulate)}
    monkeypatch.setattr(catalogue, "module", lambda *of: wanted.get(of) or real(*of))
    monkeypatch.setenv("NAVEVAL_OUT", str(tmp_path / "out"))
    return calls


def test_registers_are_simulated_once_for_the_same_settings(made: list, tmp_path: Path) -> None:
    chosen = parameters.load("hedmark", changes={"seed": 7})
    folder = extracts.folder("hedmark", chosen)
    assert folder.parent == tmp_path / "out" / extracts.FOLDER
    assert folder.name.startswith("hedmark")
    assert (folder / "a.csv").read_text() == "7\n"
    assert extracts.folder("hedmark", chosen) == folder
    assert made == [chosen.simulation()]
    other = extracts.folder("hedmark", parameters.load("hedmark", changes={"seed": 8}))
    assert other != folder
    assert [settings["seed"] for settings in made] == [7, 8]


def test_a_folder_of_extracts_is_taken_as_it_is_and_a_missing_one_named(
    made: list, tmp_path: Path
) -> None:
    chosen = parameters.load("hedmark").model_copy(update={"data": str(tmp_path)})
    assert extracts.folder("hedmark", chosen) == tmp_path
    lost = chosen.model_copy(update={"data": "nowhere/at/all"})
    with pytest.raises(ContractError) as raised:
        extracts.folder("hedmark", lost)
    said = "data: nowhere/at/all: no such folder with register extracts"
    assert str(raised.value) == said
    assert made == []


def test_simulated_registers_go_to_a_new_folder_with_the_changed_settings(
    made: list, tmp_path: Path
) -> None:
    target = tmp_path / "new"
    assert extracts.simulate("hedmark", str(target), seed=9, scale=0.02) == target
    assert [path.name for path in target.iterdir()] == ["a.csv"]
    assert made == [parameters.load("hedmark", changes={"seed": 9, "scale": 0.02}).simulation()]


def by_somebody_else(target: Path) -> Callable[..., None]:
    def simulate(made: Path, **settings: Any) -> None:
        target.mkdir(exist_ok=True)
        (target / "theirs.csv").write_text("1\n")

    return simulate


@pytest.mark.parametrize("before", [True, False])
def test_what_stands_there_already_is_kept_and_named(tmp_path: Path, before: bool) -> None:
    target = tmp_path / "new"
    if before:
        target.mkdir()
        (target / "theirs.csv").write_text("1\n")
    with pytest.raises(ParameterError) as raised:
        extracts.write(by_somebody_else(target), target, {})
    said = f"{target}: exists already; choose another --out or remove it"
    assert str(raised.value) == said
    assert [path.name for path in target.iterdir()] == ["theirs.csv"]
