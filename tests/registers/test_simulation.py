"""Simulated registers: files, shocks of the stated size, and truths that cannot be."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from naveval import cli
from naveval.project.errors import ParameterError
from naveval.registers import simulation


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
